/**
 * Returns an error response of the Storage service. Its HTTP status is always 400; the real status
 * is in the body.
 */
export function storageError(statusCode: number, error: string, message: string): Response {
  return Response.json({ statusCode: String(statusCode), error, message }, { status: 400 });
}
