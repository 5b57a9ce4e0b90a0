import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { StackConfig } from "../config.ts";
import type { Forward } from "./signed_urls.ts";
import { storageError } from "./storage_errors.ts";

const RENDER = /^\/storage\/v1\/render\/image\/(authenticated|public|sign)\/(.+)$/;

/** Longest edge in pixels that hosted Storage produces. Larger values are silently reduced to it. */
const MAX_EDGE = 2_500;
const MAX_SOURCE_PIXELS = 50_000_000;
const DEFAULT_QUALITY = 80;

const side = z.coerce.number().int().nonnegative();

/** Options of a transformation, in a query or in a signing request. */
const transformSchema = z.object({
  width: side.optional(),
  height: side.optional(),
  resize: z.enum(["cover", "contain", "fill"]).default("cover"),
  quality: z.coerce.number().int().min(20).max(100).optional(),
  format: z.literal("origin").optional(),
});
type Transform = z.infer<typeof transformSchema>;

const signBodySchema = z.object({
  expiresIn: z.number(),
  transform: transformSchema.optional(),
});

/** Configuration for {@link signRendering} and {@link renderImage}. */
export interface RenderConfig {
  readonly keys: Pick<StackConfig["keys"], "jwtSecret">;
  readonly storage: Pick<StackConfig["storage"], "transformsImages">;
}

/**
 * Adds the transformation that a signing request asks for to its signed URL. As in hosted Storage,
 * the URL is that of the object itself if no transformation is asked for or transformations are
 * off.
 *
 * @param signedUrl path with its token.
 * @throws {z.ZodError} where hosted Storage answers 400.
 */
export async function signRendering(
  body: unknown,
  signedUrl: string,
  config: RenderConfig,
): Promise<string> {
  const { transform } = signBodySchema.parse(body);
  const { width, height, resize, quality } = transform ?? {};
  const isResized = width !== undefined || height !== undefined;
  const asked = Object.entries({ height, width, resize: isResized ? resize : undefined, quality })
    .filter(([, value]) => value !== undefined);
  if (asked.length === 0 || !config.storage.transformsImages) return signedUrl;
  const url = new URL(signedUrl, "http://localhost");
  const key = secretOf(config);
  const { payload } = await jwtVerify(url.searchParams.get("token") ?? "", key);
  const transformations = asked.map(([name, value]) => `${name}:${value}`).join(",");
  const token = await new SignJWT({ ...payload, transformations })
    .setProtectedHeader({ alg: "HS256" }).sign(key);
  return `${url.pathname.replace("/object/", "/render/image/")}?token=${token}`;
}

/**
 * Answers `/render/image/…` as hosted Storage does with imgproxy. Returns null for any other path.
 * The format stays that of the source, except WebP: it becomes JPEG, or PNG if it has transparency,
 * unless `Accept` names `image/webp`.
 */
export async function renderImage(
  request: Request,
  config: RenderConfig,
  forward: Forward,
): Promise<Response | null> {
  const url = new URL(request.url);
  const [, access = "", object = ""] = RENDER.exec(url.pathname) ?? [];
  if (access === "" || request.method !== "GET") return null;
  if (!config.storage.transformsImages) {
    const message = "feature not enabled for this tenant";
    return Response.json({ statusCode: "403", error: "FeatureNotEnabled", message }, {
      status: 403,
    });
  }
  let transform: Transform;
  try {
    transform = transformSchema.parse(
      access === "sign"
        ? await readToken(url.searchParams.get("token") ?? "", config)
        : Object.fromEntries(url.searchParams),
    );
  } catch (error) {
    return storageError(400, "InvalidRequest", error instanceof Error ? error.message : "invalid");
  }
  const source = new URL(url);
  source.pathname = access === "authenticated"
    ? `/storage/v1/object/${object}`
    : `/storage/v1/object/${access}/${object}`;
  source.search = access === "sign" ? url.search : "";
  const response = await forward(new Request(source, request));
  if (!response.ok) return response;
  const acceptsWebp = transform.format !== "origin" &&
    (request.headers.get("accept") ?? "").includes("image/webp");
  return await transformImage(response, transform, acceptsWebp);
}

async function readToken(token: string, config: RenderConfig): Promise<Record<string, string>> {
  const { payload } = await jwtVerify(token, secretOf(config), { algorithms: ["HS256"] });
  const transformations = z.string().default("").parse(payload["transformations"]);
  const parts = transformations.split(",").filter((part) => part !== "");
  return Object.fromEntries(parts.map((part) => part.split(":")));
}

async function transformImage(
  source: Response,
  transform: Transform,
  acceptsWebp: boolean,
): Promise<Response> {
  // Loaded on first use, so that the stack starts without the codec.
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  const type = source.headers.get("content-type");
  let image;
  try {
    image = await loadImage(new Uint8Array(await source.arrayBuffer()));
  } catch {
    const message = "The source image is invalid or unsupported for rendering";
    return storageError(400, "InvalidRequest", message);
  }
  if (image.width * image.height > MAX_SOURCE_PIXELS) {
    const message = "The source image resolution is too large to process";
    return storageError(400, "InvalidRequest", message);
  }
  const { canvas: [width, height], drawn } = layOut(image, transform);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, ...drawn);
  const isOpaque = () => {
    const { data } = context.getImageData(0, 0, width, height);
    return data.every((value, index) => index % 4 !== 3 || value === 255);
  };
  const isJpeg = type === "image/jpeg" || (type === "image/webp" && !acceptsWebp && isOpaque());
  const format = acceptsWebp ? "webp" : isJpeg ? "jpeg" : "png";
  const bytes = format === "png"
    ? await canvas.encode("png")
    : await canvas.encode(format, transform.quality ?? DEFAULT_QUALITY);
  const headers = {
    "content-type": `image/${format}`,
    "content-length": String(bytes.byteLength),
  };
  return new Response(new Uint8Array(bytes), { headers });
}

interface Layout {
  readonly canvas: readonly [width: number, height: number];
  /** Position and size of the image on the canvas, in pixels. */
  readonly drawn: [x: number, y: number, width: number, height: number];
}

/** Places an image as imgproxy does, which never enlarges one. */
function layOut(image: { width: number; height: number }, transform: Transform): Layout {
  const asked = {
    width: Math.min(transform.width || 0, MAX_EDGE),
    height: Math.min(transform.height || 0, MAX_EDGE),
  };
  const ratios = [asked.width / image.width, asked.height / image.height]
    .filter((ratio) => ratio > 0);
  if (transform.resize === "fill") {
    const [width, height] = [asked.width || image.width, asked.height || image.height];
    return { canvas: [width, height], drawn: [0, 0, width, height] };
  }
  const isContained = transform.resize === "contain" || ratios.length === 0;
  const scale = Math.min(1, isContained ? Math.min(...ratios) : Math.max(...ratios));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  if (isContained) return { canvas: [width, height], drawn: [0, 0, width, height] };
  const cut = [
    Math.min(width, asked.width || width),
    Math.min(height, asked.height || height),
  ] as const;
  return { canvas: cut, drawn: [(cut[0] - width) / 2, (cut[1] - height) / 2, width, height] };
}

function secretOf({ keys }: RenderConfig): Uint8Array {
  return new TextEncoder().encode(keys.jwtSecret);
}
