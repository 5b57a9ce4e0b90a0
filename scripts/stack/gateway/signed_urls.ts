import { jwtVerify } from "jose";
import { z } from "zod";
import { type RenderConfig, signRendering } from "./render_image.ts";
import { storageError } from "./storage_errors.ts";

/** Function that passes a request on to `@supabase/lite`. */
export type Forward = (request: Request) => Promise<Response>;

const STORAGE_PREFIX = "/storage/v1";
const signedSchema = z.object({ signedUrl: z.string() });
const uploadSchema = signedSchema.extend({ token: z.string() });
const manySchema = z.object({
  expiresIn: z.number().positive(),
  paths: z.array(z.string()).min(1).max(1000),
});

/** Signs a download of one object or its rendering. Adds the field that storage-js reads. */
export async function signOne(
  request: Request,
  config: RenderConfig,
  forward: Forward,
): Promise<Response> {
  const body: unknown = await request.clone().json().catch(() => undefined);
  const response = await forward(request);
  if (!response.ok) return response;
  const { signedUrl } = signedSchema.parse(await response.json());
  try {
    return Response.json({
      signedURL: await signRendering(body, withoutPrefix(signedUrl), config),
    });
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return storageError(400, "InvalidRequest", z.prettifyError(error));
  }
}

/**
 * Signs downloads of many objects of a bucket. The caller's rights are checked for each object. If
 * the database does not answer for one, the whole request fails, as on hosted.
 */
export async function signMany(
  request: Request,
  bucket: string,
  config: RenderConfig,
  forward: Forward,
): Promise<Response> {
  const body = manySchema.safeParse(await request.json().catch(() => undefined));
  if (!body.success) return storageError(400, "InvalidRequest", z.prettifyError(body.error));
  const { expiresIn, paths } = body.data;
  const headers = new Headers(request.headers);
  headers.delete("Content-Length");
  const responses = await Promise.all(paths.map(async (path) => {
    const url = new URL(`${STORAGE_PREFIX}/object/sign/${bucket}/`, request.url);
    url.pathname += path.split("/").map(encodeURIComponent).join("/");
    const one = new Request(url, { method: "POST", headers, body: JSON.stringify({ expiresIn }) });
    return { path, response: await signOne(one, config, forward) };
  }));
  const failed = responses.find(({ response }) => response.status >= 500);
  if (failed !== undefined) return failed.response;
  const signed = await Promise.all(responses.map(async ({ path, response }) => {
    if (response.ok) {
      const { signedURL } = z.object({ signedURL: z.string() }).parse(await response.json());
      return { error: null, path, signedURL };
    }
    await response.body?.cancel();
    return {
      error: "Either the object does not exist or you do not have access to it",
      path,
      signedURL: null,
    };
  }));
  return Response.json(signed);
}

/** Signs an upload. Adds the response fields that storage-js reads. */
export async function signUpload(request: Request, forward: Forward): Promise<Response> {
  const response = await forward(request);
  if (!response.ok) return response;
  const { signedUrl, token } = uploadSchema.parse(await response.json());
  return Response.json({ url: withoutPrefix(signedUrl), token });
}

/** Passes on a request with a valid `token`. For an invalid one `@supabase/lite` would answer 500. */
export async function redeem(
  request: Request,
  jwtSecret: string,
  forward: Forward,
): Promise<Response> {
  const token = new URL(request.url).searchParams.get("token") ?? "";
  try {
    await jwtVerify(token, new TextEncoder().encode(jwtSecret), { algorithms: ["HS256"] });
  } catch (error) {
    const message = error instanceof Error ? error.message : "jwt malformed";
    return storageError(400, "InvalidJWT", message);
  }
  return await forward(request);
}

function withoutPrefix(path: string): string {
  return path.startsWith(STORAGE_PREFIX) ? path.slice(STORAGE_PREFIX.length) : path;
}
