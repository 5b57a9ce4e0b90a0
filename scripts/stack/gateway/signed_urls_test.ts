import assert from "node:assert/strict";
import { signMany } from "./signed_urls.ts";

Deno.test("a missing object is null among the signed ones, and a database that is away fails the whole request", async () => {
  const config = { keys: { jwtSecret: "secret" }, storage: { transformsImages: true } };
  const sign = async (statusOfLast: number) =>
    await signMany(
      new Request("http://127.0.0.1/storage/v1/object/sign/files", {
        method: "POST",
        body: JSON.stringify({ expiresIn: 60, paths: ["a.png", "b.png"] }),
      }),
      "files",
      config,
      ({ url }) =>
        Promise.resolve(
          url.endsWith("b.png")
            ? new Response("{}", { status: statusOfLast })
            : Response.json({ signedUrl: "/storage/v1/object/sign/files/a.png?token=t" }),
        ),
    );
  const [signed, missing] = await (await sign(400)).json();
  assert.equal(signed.error, null);
  assert.match(missing.error, /does not exist/);
  assert.equal(missing.signedURL, null);
  assert.equal((await sign(500)).status, 500);
});
