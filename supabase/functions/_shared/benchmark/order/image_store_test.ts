import assert from "node:assert/strict";
import { createStorage } from "../../platform/storage.ts";
import { createImageStore } from "./image_store.ts";

const FILE = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
const LOOK = { headerBytes: 16, maxBytes: 100 };

interface SetUp {
  /** Paths that cannot be signed. */
  readonly unsigned?: readonly string[];
  /** Response of a signed URL. */
  readonly answer?: (path: string, range: string | null) => Response;
  readonly sign?: () => Response;
}

function setUp({ unsigned = [], answer, sign }: SetUp) {
  let running = 0;
  let peak = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (request.method === "POST") {
      assert.equal(url.pathname, "/storage/v1/object/sign/benchmark-images");
      if (sign !== undefined) return sign();
      const { paths } = await request.json() as { paths: string[] };
      // Not in the order asked for: nothing promises it.
      return Response.json(
        paths.toReversed().map((path) =>
          unsigned.includes(path)
            ? { path, signedURL: null, error: "Either the object does not exist or …" }
            : { path, signedURL: `/object/sign/benchmark-images/${path}?token=t`, error: null }
        ),
      );
    }
    peak = Math.max(peak, ++running);
    await new Promise((resolve) => setTimeout(resolve, 0));
    running--;
    assert.equal(url.searchParams.get("token"), "t");
    const path = decodeURI(url.pathname).replace("/storage/v1/object/sign/benchmark-images/", "");
    return answer?.(path, request.headers.get("range")) ?? partial(FILE);
  };
  const storage = createStorage("http://storage.example", "sb_secret_x", fetch);
  return { store: createImageStore(storage, fetch), peak: () => peak };
}

function partial(file: Uint8Array): Response {
  return new Response(file.slice(0, 16), {
    status: 206,
    headers: { "content-range": `bytes 0-15/${file.length}` },
  });
}

Deno.test("an image is inspected by its first bytes, with its size from Content-Range", async () => {
  const ranges: (string | null)[] = [];
  const { store } = setUp({
    answer: (_path, range) => {
      ranges.push(range);
      return partial(FILE);
    },
  });
  assert.deepEqual(await store.inspectImages(["u/a b.png"], LOOK), [
    { bytes: 300, header: FILE.slice(0, 16) },
  ]);
  assert.deepEqual(ranges, ["bytes=0-15"]);
});

Deno.test("a response with the whole file is cancelled after the first bytes", async () => {
  let cancelled = false;
  const { store } = setUp({
    answer: () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(FILE.slice(0, 10)),
          cancel: () => {
            cancelled = true;
          },
        }),
        { headers: { "content-length": "5000000" } },
      ),
  });
  const [image] = await store.inspectImages(["u/a.png"], LOOK);
  assert.equal(image?.bytes, 5_000_000);
  assert.equal(image?.header.byteLength, 16);
  assert.ok(cancelled);
});

Deno.test("bytes are counted up to the largest allowed size if Storage gives none", async () => {
  const stream = (total: number) => {
    let left = total;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const size = Math.min(left, 10);
        left -= size;
        if (size > 0) controller.enqueue(FILE.slice(0, size));
        else controller.close();
      },
    });
  };
  const { store } = setUp({
    answer: (path) => new Response(stream(path === "u/small.png" ? 57 : 1e9)),
  });
  const [small, huge] = await store.inspectImages(["u/small.png", "u/huge.png"], LOOK);
  assert.equal(small?.bytes, 57);
  assert.ok((huge?.bytes ?? 0) > LOOK.maxBytes);
});

/** Storage's answer to a request that fails, with its own status in the body. */
const refuse = (statusCode: string, error: string) =>
  Response.json({ statusCode, error, message: error }, { status: 400 });

Deno.test("a missing image is null, an empty one has 0 bytes", async () => {
  const { store } = setUp({
    unsigned: ["u/1.png"],
    answer: (path) => {
      if (path === "u/2.png") return refuse("404", "not_found");
      if (path === "u/3.png") return new Response(null, { status: 404 });
      if (path === "u/4.png") return new Response(null, { status: 416 });
      if (path === "u/5.png") {
        return new Response(new Uint8Array(3), { headers: { "content-length": "3" } });
      }
      return partial(FILE);
    },
  });
  const paths = ["u/0.png", "u/1.png", "u/2.png", "u/3.png", "u/4.png", "u/5.png"];
  const images = await store.inspectImages(paths, LOOK);
  assert.deepEqual(images.map((image) => image?.bytes ?? null), [300, null, null, null, 0, 3]);
});

Deno.test("fifty images are inspected in order, at most eight at once", async () => {
  const { store, peak } = setUp({
    answer: (path) => partial(FILE.slice(0, 100 + Number(path.slice(2)))),
  });
  const paths = Array.from({ length: 50 }, (_, index) => `u/${index}`);
  const images = await store.inspectImages(paths, LOOK);
  assert.deepEqual(images.map((image) => image?.bytes), paths.map((_, index) => 100 + index));
  assert.equal(peak(), 8);
});

Deno.test("hashImage() returns the SHA-256 of the whole file, or null if it is missing", async () => {
  const ranges: (string | null)[] = [];
  const { store } = setUp({
    unsigned: ["u/b.png"],
    answer: (_path, range) => {
      ranges.push(range);
      return new Response("abc");
    },
  });
  // FIPS 180-4, the example "abc".
  assert.equal(
    await store.hashImage("u/a.png"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.equal(await store.hashImage("u/b.png"), null);
  assert.deepEqual(ranges, [null]);
});

Deno.test("a failure of Storage is storage.unavailable, in signing and in reading", async () => {
  for (
    const broken of [
      { sign: () => Response.json({ message: "down" }, { status: 503 }) },
      { answer: () => new Response("down", { status: 502 }) },
      { answer: () => refuse("544", "DatabaseTimeout") },
    ]
  ) {
    const { store } = setUp(broken);
    const failure = { code: "storage.unavailable" };
    await assert.rejects(store.inspectImages(["u/a.png"], LOOK), failure);
    await assert.rejects(store.hashImage("u/a.png"), failure);
  }
});

Deno.test("signUrls() keeps the order and returns null for paths that cannot be signed", async () => {
  const { store } = setUp({ unsigned: ["u/b.png"] });
  const [a, b, c] = await store.signUrls(["u/a.png", "u/b.png", "u/c.png"], 60);
  assert.match(
    a ?? "",
    /^http:\/\/storage\.example\/storage\/v1\/object\/sign\/.*a\.png\?token=t$/,
  );
  assert.equal(b, null);
  assert.match(c ?? "", /c\.png/);
  assert.deepEqual(await store.signUrls([], 60), []);
});
