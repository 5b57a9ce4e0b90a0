import { z } from "zod";

const errorSchema = z.object({ statusCode: z.coerce.number() });

/** Error of a request to Storage. */
export interface StorageFailure {
  /** Storage's own status: 404 if there is no such object. */
  readonly status: number;
  readonly text: string;
}

/**
 * Reads a response that is not `ok`. Storage sends most errors as HTTP 400 with the real status in
 * the body: 404 for a missing object, but also 544 for a database that does not answer.
 */
export async function readStorageFailure(response: Response): Promise<StorageFailure> {
  const body = await response.text();
  const text = body.slice(0, 300);
  try {
    return { status: errorSchema.parse(JSON.parse(body)).statusCode, text };
  } catch {
    return { status: response.status, text };
  }
}
