import { z } from "zod";

const errorSchema = z.looseObject({ error: z.string() });

/** What hosted Storage calls in `code` what `@supabase/lite` tells in `error` alone. */
const CODES: Readonly<Record<string, string>> = {
  "not_found": "NoSuchKey",
  "Bucket not found": "NoSuchBucket",
};

/**
 * Adds to a response of `@supabase/lite` what storage-js leans on in hosted Storage's: the name that
 * a browser saves a download under, and the code by which a missing object is known as missing.
 */
export async function completeStorageResponse(
  request: Request,
  response: Response,
): Promise<Response> {
  return response.ok ? nameDownload(request, response) : await addCode(response);
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

async function addCode(response: Response): Promise<Response> {
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) return response;
  const text = await response.text();
  const body = errorSchema.safeParse(text === "" ? undefined : JSON.parse(text));
  const code = body.success ? CODES[body.data.error] : undefined;
  const headers = new Headers(response.headers);
  headers.delete("Content-Length");
  return new Response(
    text === "" || code === undefined ? text : JSON.stringify({ code, ...body.data }),
    { status: response.status, headers },
  );
}
