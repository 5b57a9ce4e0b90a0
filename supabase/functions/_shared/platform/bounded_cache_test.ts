import assert from "node:assert/strict";
import { createBoundedCache } from "./bounded_cache.ts";

Deno.test("a value is made once, also for those who ask while it is being made", async () => {
  let made = 0;
  const cache = createBoundedCache(2, (key) => Promise.resolve(`${key}${++made}`));
  assert.deepEqual(await Promise.all([cache.get("a"), cache.get("a")]), ["a1", "a1"]);
  assert.equal(await cache.get("a"), "a1");
});

Deno.test("a failure is told to those who wait and not kept", async () => {
  let tries = 0;
  const cache = createBoundedCache(2, () => {
    tries++;
    return tries === 1 ? Promise.reject(new Error("down")) : Promise.resolve("up");
  });
  const waiting = await Promise.allSettled([cache.get("a"), cache.get("a")]);
  assert.deepEqual(waiting.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(await cache.get("a"), "up");
  assert.equal(tries, 2);
});

Deno.test("what was used longest ago is dropped first", async () => {
  const made: string[] = [];
  const cache = createBoundedCache(2, (key) => {
    made.push(key);
    return Promise.resolve(key);
  });
  for (const key of ["a", "b", "a", "c", "a", "b"]) await cache.get(key);
  assert.deepEqual(made, ["a", "b", "c", "b"]);
});
