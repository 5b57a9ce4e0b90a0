import assert from "node:assert/strict";
import { createImageSource, type ImageSourceOptions } from "./signed_images.ts";

interface Call {
  readonly url: string;
  readonly init: RequestInit | undefined;
}

function sourceFor(
  respond: (url: string) => Response,
  change: Partial<ImageSourceOptions> = {},
  calls: Call[] = [],
) {
  return createImageSource({
    supabaseUrl: "https://project.supabase.co",
    key: "sb_secret_test",
    baseUrls: { openrouter: "https://openrouter.ai/api/v1", local: "http://127.0.0.1:54331/v1" },
    inlineOnly: new Set(),
    fetch: (input, init) => {
      calls.push({ url: String(input), init });
      return Promise.resolve(respond(String(input)));
    },
    ...change,
  });
}
const signAll = () =>
  Response.json([
    { error: null, path: "u/a.png", signedURL: "/object/sign/benchmark-images/u/a.png?token=1" },
    { error: null, path: "u/b.png", signedURL: "/object/sign/benchmark-images/u/b.png?token=2" },
  ]);
const png = () =>
  new Response(new Uint8Array([1, 2, 3]), { headers: { "content-type": "image/png" } });

Deno.test("all images of a report are signed in one request, in order", async () => {
  const calls: Call[] = [];
  const source = sourceFor(signAll, {}, calls);
  assert.deepEqual(await source.openImages(["u/a.png", "u/b.png"], "openrouter"), [
    "https://project.supabase.co/storage/v1/object/sign/benchmark-images/u/a.png?token=1",
    "https://project.supabase.co/storage/v1/object/sign/benchmark-images/u/b.png?token=2",
  ]);
  const [call] = calls;
  assert.ok(call !== undefined && calls.length === 1);
  assert.equal(call.url, "https://project.supabase.co/storage/v1/object/sign/benchmark-images");
  const headers = new Headers(call.init?.headers);
  assert.equal(headers.get("apikey"), "sb_secret_test");
  assert.equal(headers.get("authorization"), "Bearer sb_secret_test");
  assert.deepEqual(JSON.parse(String(call.init?.body)), {
    expiresIn: 3600,
    paths: ["u/a.png", "u/b.png"],
  });
});

Deno.test("a path that Storage cannot sign is a missing image, and the others are signed", async () => {
  const source = sourceFor(() =>
    Response.json([
      { error: "Either the object does not exist", path: "u/a.png", signedURL: null },
      { error: null, path: "u/b.png", signedURL: "/object/sign/benchmark-images/u/b.png?token=2" },
    ])
  );
  const [missing, present] = await source.openImages(["u/a.png", "u/b.png"], "openrouter");
  assert.equal(missing, null);
  assert.match(present ?? "", /token=2$/);
});

Deno.test("an outage of Storage is an error, not a missing image", async () => {
  const source = sourceFor(() => new Response("upstream down", { status: 503 }));
  await assert.rejects(source.openImages(["u/a.png"], "openrouter"), /503/);
});

Deno.test("a provider on the internet gets bytes of images in a private project", async () => {
  const calls: Call[] = [];
  const source = sourceFor(png, { supabaseUrl: "http://127.0.0.1:54321" }, calls);
  assert.deepEqual(await source.openImages(["u/a b.png"], "openrouter"), [
    "data:image/png;base64,AQID",
  ]);
  assert.equal(
    calls[0]?.url,
    "http://127.0.0.1:54321/storage/v1/object/authenticated/benchmark-images/u/a%20b.png",
  );
});

Deno.test("a provider on the same private network gets a URL", async () => {
  const source = sourceFor(signAll, { supabaseUrl: "http://127.0.0.1:54321" });
  const [url] = await source.openImages(["u/a.png"], "local");
  assert.match(url ?? "", /^http:\/\/127\.0\.0\.1:54321\/storage\/v1\/object\/sign\//);
});

Deno.test("a provider that takes no URLs always gets bytes", async () => {
  const source = sourceFor(png, { inlineOnly: new Set(["compatible"]) });
  assert.deepEqual(await source.openImages(["u/a.png"], "compatible"), [
    "data:image/png;base64,AQID",
  ]);
});

Deno.test("a missing image is null as bytes, too, and a database that does not answer Storage is an error", async () => {
  const answer = (statusCode: string, error: string) => () =>
    Response.json({ statusCode, error, message: error }, { status: 400 });
  const inlineOnly = new Set(["compatible"]);
  const missing = sourceFor(answer("404", "not_found"), { inlineOnly });
  assert.deepEqual(await missing.openImages(["u/a.png"], "compatible"), [null]);
  const down = sourceFor(answer("544", "DatabaseTimeout"), { inlineOnly });
  await assert.rejects(down.openImages(["u/a.png"], "compatible"), /544.*DatabaseTimeout/);
});

Deno.test("readBytes() gives any provider the bytes, and few images are read at a time", async () => {
  let reading = 0;
  let most = 0;
  const source = createImageSource({
    supabaseUrl: "https://project.supabase.co",
    key: "sb_secret_test",
    baseUrls: {},
    inlineOnly: new Set(["compatible"]),
    fetch: async () => {
      most = Math.max(most, ++reading);
      await Promise.resolve();
      reading--;
      return new Response(new Uint8Array(3 * 1024 * 1024), {
        headers: { "content-type": "image/webp" },
      });
    },
  });
  assert.match(await source.readBytes("u/a.webp") ?? "", /^data:image\/webp;base64,A/);
  assert.ok(source.wantsBytes("compatible") && !source.wantsBytes("openai"));
  const paths = Array.from({ length: 20 }, (_, index) => `u/${index}.webp`);
  const urls = await source.openImages(paths, "compatible");
  assert.ok(urls.every((url) => url !== null && url.length > 4 * 1024 * 1024));
  assert.ok(most <= 2, `${most} at once`);
});
