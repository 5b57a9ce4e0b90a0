import type { StackConfig } from "../config.ts";
import { listObjects } from "./list_objects.ts";
import { renderImage } from "./render_image.ts";
import { holdBody, MAX_JSON_BYTES } from "./request_body.ts";
import { type Forward, redeem, signMany, signOne, signUpload } from "./signed_urls.ts";
import { normalizeUpload } from "./upload_body.ts";

const OBJECT = /^\/storage\/v1\/object\/(.*)$/;

/**
 * Answers a `/storage/v1` request, correcting differences of `@supabase/lite` from hosted. The
 * response must still be completed.
 */
export async function routeStorage(
  received: Request,
  config: Pick<StackConfig, "keys" | "storage">,
  forward: Forward,
): Promise<Response> {
  const { method } = received;
  const url = new URL(received.url);
  const [, rest] = OBJECT.exec(url.pathname) ?? [];
  const [head = "", ...tail] = rest?.split("/") ?? [];
  const isRedeemedUpload = head === "upload" && method === "PUT";
  const hasFile = isRedeemedUpload || (isUpload(method, head) && tail.length > 0);
  const request = hasFile ? received : await holdBody(received, MAX_JSON_BYTES);
  if (rest === undefined) {
    return await renderImage(request, config, forward) ?? await forward(request);
  }

  if (head === "list" && method === "POST") return await listObjects(request, forward);
  if (head === "authenticated") {
    url.pathname = `/storage/v1/object/${tail.join("/")}`;
    return await forward(new Request(url, request));
  }
  if (head === "sign" && method === "POST") {
    const [bucket = "", ...path] = tail;
    return path.join("") === ""
      ? await signMany(request, bucket, config, forward)
      : await signOne(request, config, forward);
  }
  if (head === "sign") return await redeem(request, config.keys.jwtSecret, forward);
  if (head === "upload" && method === "POST") return await signUpload(request, forward);

  if (hasFile) {
    const key = isRedeemedUpload ? tail.slice(2) : tail;
    const limit = config.storage.fileSizeLimitBytes;
    const upload = await normalizeUpload(request, key.join("/"), limit);
    if (upload instanceof Response) return upload;
    return isRedeemedUpload
      ? await redeem(upload, config.keys.jwtSecret, forward)
      : await forward(upload);
  }
  return await forward(request);
}

const NOT_BUCKETS = new Set(["copy", "move", "info", "public", "upload"]);

function isUpload(method: string, head: string): boolean {
  return (method === "POST" || method === "PUT") && !NOT_BUCKETS.has(head);
}
