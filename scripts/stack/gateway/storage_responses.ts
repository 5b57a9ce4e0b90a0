import { z } from "zod";

const errorSchema = z.looseObject({ error: z.string() });

/** Values of `code` in hosted Storage, by the `error` of `@supabase/lite`. */
const CODES: Readonly<Record<string, string>> = {
  "not_found": "NoSuchKey",
  "Bucket not found": "NoSuchBucket",
};

/**
 * Adds to a response of `@supabase/lite` what storage-js expects from hosted Storage: the file name
 * of a download, and the `code` that identifies a missing object.
 *
 * @param refusal message of our SQL that refused the request for lack of rights.
 */
export async function completeStorageResponse(
  request: Request,
  response: Response,
  refusal?: string,
): Promise<Response> {
  return response.ok ? nameDownload(request, response) : await completeError(response, refusal);
}

function nameDownload(request: Request, response: Response): Response {
  const name = new URL(request.url).searchParams.get("download");
  if (name === null || request.method !== "GET") return response;
  const headers = new Headers(response.headers);
  const encoded = encodeURIComponent(name);
  headers.set(
    "Content-Disposition",
    name === "" ? "attachment;" : `attachment; filename=${encoded}; filename*=UTF-8''${encoded};`,
  );
  return new Response(response.body, { status: response.status, headers });
}

async function completeError(response: Response, refusal?: string): Promise<Response> {
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) return response;
  const text = await response.text();
  const body = errorSchema.safeParse(text === "" ? undefined : JSON.parse(text));
  const code = body.success ? CODES[body.data.error] : undefined;
  const headers = new Headers(response.headers);
  headers.delete("Content-Length");
  const { status } = response;
  if (!body.success || (code === undefined && refusal === undefined)) {
    return new Response(text, { status, headers });
  }
  const completed = {
    ...code === undefined ? {} : { code },
    ...body.data,
    ...refusal === undefined ? {} : { message: refusal },
  };
  return new Response(JSON.stringify(completed), { status, headers });
}
