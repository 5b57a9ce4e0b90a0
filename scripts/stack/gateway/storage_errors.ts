/** The error body of the Storage service, whose HTTP status is 400 whatever the status inside. */
export function storageError(statusCode: number, error: string, message: string): Response {
  return Response.json({ statusCode: String(statusCode), error, message }, { status: 400 });
}
