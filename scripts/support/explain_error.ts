/** Returns the body of a failed function call of supabase-js; for other errors their message. */
export async function explainError(error: unknown): Promise<string> {
  const context = error instanceof Error && "context" in error ? error.context : undefined;
  return context instanceof Response ? await context.text() : String(error);
}
