import assert from "node:assert/strict";
import { ApiError } from "./api_error.ts";
import { EnginePool, type PooledEngine } from "./engine_pool.ts";
import { ocrModels } from "./models.ts";
import type { Reading } from "./page_layout.ts";

const [model] = ocrModels;
assert.ok(model);
const image = new Uint8Array();
const never = new AbortController().signal;

/** Creates engines that read until they are told to end. `running` counts concurrent reads. */
function manualEngines(count: number) {
  const ends: (() => void)[] = [];
  const state = { running: 0, most: 0 };
  const engine = (): PooledEngine => ({
    read: async () => {
      state.most = Math.max(state.most, ++state.running);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      await promise;
      state.running--;
      return [] satisfies Reading[];
    },
    stop: () => Promise.resolve(),
  });
  return { engines: Array.from({ length: count }, engine), ends, state };
}

Deno.test("EnginePool never reads more images at once than it has engines, and reads all", async () => {
  const { engines, ends, state } = manualEngines(2);
  const pool = new EnginePool(engines, 10);
  let read = 0;
  const all = Array.from({ length: 6 }, () => pool.read(image, model, never).then(() => read++));
  while (read < 6) {
    ends.shift()?.();
    await Promise.resolve();
  }
  await Promise.all(all);
  assert.equal(state.most, 2);
  assert.equal(pool.waiting, 0);
});

Deno.test("EnginePool answers 429 with a time to retry when too many images wait", async () => {
  const { engines, ends } = manualEngines(1);
  const pool = new EnginePool(engines, 1);
  const first = pool.read(image, model, never);
  const second = pool.read(image, model, never);
  await assert.rejects(pool.read(image, model, never), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 429);
    assert.equal(error.toResponse().headers.get("retry-after"), "2");
    return true;
  });
  ends.shift()?.();
  await first;
  ends.shift()?.();
  await second;
});

Deno.test("EnginePool drops a caller who stops waiting and serves the next one", async () => {
  const { engines, ends } = manualEngines(1);
  const pool = new EnginePool(engines, 10);
  const first = pool.read(image, model, never);
  const leaving = new AbortController();
  const second = pool.read(image, model, leaving.signal);
  const third = pool.read(image, model, never);
  leaving.abort(new Error("gone"));
  await assert.rejects(second, /gone/);
  assert.equal(pool.waiting, 1);
  ends.shift()?.();
  await first;
  ends.shift()?.();
  await third;
});
