import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { authenticateWorker } from "./authenticate_worker.ts";
import { unavailable } from "./problem.ts";

const request = (headers: Record<string, string> = {}) =>
  new Request("http://localhost/", { headers });
const hash = (token: string) => createHash("sha256").update(token).digest("hex");

Deno.test("any of the project's secret keys is the operator's, and nothing like one is", async () => {
  const check = authenticateWorker({
    secretKeys: ["sb_secret_one", "legacy.jwt.key", ""],
    readTokenDigest: () => Promise.resolve(null),
  });
  assert.equal(await check(request({ apikey: "sb_secret_one" })), "operator");
  assert.equal(await check(request({ apikey: "legacy.jwt.key" })), "operator");
  for (const wrong of ["", "sb_secret_on", "sb_secret_one_", "SB_SECRET_ONE", "other"]) {
    await assert.rejects(check(request({ apikey: wrong })), { code: "auth.invalid" });
    await assert.rejects(check(request({ "x-worker-token": wrong })), { code: "auth.invalid" });
  }
  await assert.rejects(check(request()), { code: "auth.required" });
});

Deno.test("the vault's token is Postgres's, also after a rotation, and wrong ones are not looked up each time", async () => {
  const stored = { digest: hash("first"), reads: 0 };
  const check = authenticateWorker({
    secretKeys: [],
    readTokenDigest: () => {
      stored.reads++;
      return Promise.resolve(stored.digest);
    },
  });
  for (let call = 0; call < 3; call++) {
    assert.equal(await check(request({ "x-worker-token": "first" })), "postgres");
  }
  for (let call = 0; call < 50; call++) {
    await assert.rejects(check(request({ "x-worker-token": `wrong ${call}` })), {
      code: "auth.invalid",
    });
  }
  assert.ok(stored.reads < 50, `${stored.reads} reads`);
  await assert.rejects(check(request({ apikey: "first" })), { code: "auth.invalid" });
});

Deno.test("a database that is away is no wrong token: the caller may try again", async () => {
  const check = authenticateWorker({
    secretKeys: [],
    readTokenDigest: () => Promise.reject(unavailable("database.unavailable", new Error("away"))),
  });
  await assert.rejects(check(request({ "x-worker-token": "any" })), {
    code: "database.unavailable",
  });
});
