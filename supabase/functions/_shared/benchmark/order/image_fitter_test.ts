import assert from "node:assert/strict";
import { imageLimitsOf } from "../../models/image_limits.ts";
import { Problem } from "../../platform/http/problem.ts";
import { createStorage } from "../../platform/storage.ts";
import type { FitTarget } from "./fit_images.ts";
import { createImageFitter } from "./image_fitter.ts";
import { createImageStore } from "./image_store.ts";

const LIMITS = imageLimitsOf({ provider: "openrouter", model: "anthropic/claude-haiku-4.5" });
const MAX_BYTES = LIMITS.bytes ?? 0;

/** The first bytes of a PNG, padded to a number of bytes. */
function png(width: number, height: number, bytes = 100): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(bytes);
  file.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(file.buffer).setUint32(16, width);
  new DataView(file.buffer).setUint32(20, height);
  file.set([8, 2], 24);
  return file;
}

const WEBP = Uint8Array.from("RIFF    WEBPVP8X          \x63\0\0\x31\0\0", (c) => c.charCodeAt(0));

function target(path = "u/scan 1.png", etag = "one"): FitTarget {
  const sniffed = {
    format: "png",
    mediaType: "image/png",
    size: { width: 9_000, height: 4_500 },
  } as const;
  return { source: { path, bytes: 500, etag, sniffed }, edge: 2_500, limits: LIMITS };
}

interface SetUp {
  /** Answers for an image drawn with so long a side. */
  readonly render?: (edge: number) => Response;
  /** Signs as a project on the free plan. */
  readonly isOff?: boolean;
  /** A file that another request stores just before each upload. */
  readonly faster?: Uint8Array<ArrayBuffer>;
}

/** Stands for Storage: keeps what is uploaded, and counts what is asked of it. */
function setUp({ render, isOff = false, faster }: SetUp = {}) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const edges: number[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, searchParams } = new URL(request.url);
    const path = decodeURIComponent(pathname).replace("/storage/v1/", "");
    if (path === "object/sign/benchmark-images") {
      const { paths } = await request.json() as { paths: string[] };
      return Response.json(paths.map((path) => {
        const signedURL = `/object/sign/benchmark-images/${path}?token=t`;
        return files.has(path)
          ? { path, signedURL, error: null }
          : { path, signedURL: null, error: "Either the object does not exist or …" };
      }));
    }
    const key = path.replace(/^(object|render\/image)\/(sign\/)?benchmark-images\//, "");
    if (path.startsWith("object/sign/") && request.method === "POST") {
      const { transform } = await request.json() as { transform: Record<string, unknown> };
      assert.deepEqual(transform, {
        quality: 90,
        width: transform["width"],
        height: transform["width"],
        resize: "contain",
      });
      const kind = isOff ? "object" : "render/image";
      return Response.json({
        signedURL: `/${kind}/sign/benchmark-images/${key}?token=${transform["width"]}`,
      });
    }
    if (path.startsWith("render/image/sign/")) {
      assert.equal(request.headers.get("accept"), "image/jpeg, image/png");
      const edge = Number(searchParams.get("token"));
      edges.push(edge);
      return render?.(edge) ?? new Response(png(edge, edge / 2));
    }
    if (request.method === "POST") {
      if (faster !== undefined) files.set(key, faster);
      if (files.has(key)) {
        const body = { statusCode: "409", error: "Duplicate", message: "It already exists" };
        return Response.json(body, { status: 400 });
      }
      assert.equal(request.headers.get("content-type"), "image/png");
      files.set(key, new Uint8Array(await request.arrayBuffer()));
      return Response.json({ Id: "1", Key: key });
    }
    return new Response(files.get(key) ?? null);
  };
  const storage = createStorage("http://storage.example", "sb_secret_x", fetch);
  const fitter = createImageFitter(storage, createImageStore(storage, fetch), fetch);
  return { fitter, files, edges };
}

Deno.test("a copy is made once, in the owner's folder, and found by every later call", async () => {
  const { fitter, files, edges } = setUp();
  const first = await fitter.fitImages([target()]);
  const [path] = files.keys();
  assert.match(path ?? "", /^u\/fitted\/[0-9a-f]{64}\/scan 1\.png$/);
  assert.deepEqual(first, [{
    copy: { path, format: "png", bytes: 100, size: { width: 2_500, height: 1_250 } },
  }]);
  assert.deepEqual(await fitter.fitImages([target()]), first);
  assert.deepEqual(edges, [2_500]);
  assert.equal(files.size, 1);
});

Deno.test("new content under the same path gets a new copy", async () => {
  const { fitter, files } = setUp();
  await fitter.fitImages([target("u/a.png", "one"), target("u/a.png", "two"), target("u/b.png")]);
  assert.equal(files.size, 3);
});

Deno.test("a copy with too many bytes is made smaller, and only the one that fits is stored", async () => {
  const { fitter, files, edges } = setUp({
    render: (edge) => new Response(png(edge, edge, edge > 1_500 ? MAX_BYTES + 1 : 200)),
  });
  const [fitting] = await fitter.fitImages([target()]);
  assert.deepEqual(edges, [2_500, 1_750, 1_225]);
  assert.ok(fitting !== undefined && "copy" in fitting && fitting.copy.size.width === 1_225);
  assert.equal(files.size, 1);
});

Deno.test("two concurrent requests use the copy of the faster one", async () => {
  const { fitter } = setUp({ faster: png(2_400, 1_200, 333) });
  const [fitting] = await fitter.fitImages([target()]);
  assert.ok(fitting !== undefined && "copy" in fitting && fitting.copy.bytes === 333);
});

const REFUSED: readonly [string, SetUp, RegExp][] = [
  ["has no transformations", { isOff: true }, /^this project has no image transformations$/],
  [
    "refuses to make it",
    { render: () => Response.json({ message: "feature not enabled" }, { status: 403 }) },
    /^Storage answered 403 \(feature not enabled\)$/,
  ],
  [
    "fails without a word",
    { render: () => new Response("<html>", { status: 500 }) },
    /^Storage answered 500$/,
  ],
  ["answers in WebP", { render: () => new Response(WEBP) }, /WebP images as they are/],
  ["answers with something else", { render: () => new Response("text") }, /no image that can be/],
  [
    "cannot make it small enough",
    { render: (edge) => new Response(png(edge, edge, MAX_BYTES + 1)) },
    /still too large/,
  ],
  ["holds something else there", { faster: WEBP }, /^another file is stored at u\/fitted\//],
];
for (const [what, options, reason] of REFUSED) {
  Deno.test(`a copy is refused with the reason if Storage ${what}`, async () => {
    const { fitter, files } = setUp(options);
    const [fitting] = await fitter.fitImages([target()]);
    assert.ok(fitting !== undefined && "refused" in fitting);
    assert.match(fitting.refused, reason);
    assert.equal(files.size, options.faster === undefined ? 0 : 1);
  });
}

Deno.test("copies that one request has no time for are made by the next, which finds the others", async () => {
  const { fitter, files } = setUp({ render: (edge) => new Response(png(edge, 9, 3_900_000)) });
  const targets = Array.from({ length: 24 }, (_, index) => target(`u/${index}.png`));
  await assert.rejects(
    fitter.fitImages(targets),
    (error) => error instanceof Problem && error.code === "storage.unavailable",
  );
  const made = files.size;
  assert.ok(made >= 17 && made < 24, String(made));
  const fittings = await fitter.fitImages(targets);
  assert.ok(fittings.every((fitting) => "copy" in fitting));
  assert.equal(files.size, 24);
});
