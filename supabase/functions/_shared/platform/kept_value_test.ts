import assert from "node:assert/strict";
import { keepValue } from "./kept_value.ts";

function keep(answers: readonly (number | Error)[]) {
  const clock = { ms: 0 };
  let calls = 0;
  const value = keepValue(() => {
    const answer = answers[calls++];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }, { freshMs: 10, usableMs: 100, now: () => clock.ms });
  return { clock, get: () => value.get(), calls: () => calls };
}

Deno.test("keepValue() makes a value once for all who ask at the same time", async () => {
  const { get, calls } = keep([1]);
  assert.deepEqual(await Promise.all([get(), get(), get()]), [1, 1, 1]);
  assert.equal(calls(), 1);
});

Deno.test("keepValue() answers with the old value at once while a new one is made", async () => {
  const { get, clock } = keep([1, 2]);
  await get();
  clock.ms = 50;
  assert.equal(await get(), 1);
  assert.equal(await get(), 2);
});

Deno.test("keepValue() keeps the old value when making a new one fails, but not for ever", async () => {
  const failure = new Error("down");
  const { get, clock } = keep([1, failure, failure]);
  await get();
  clock.ms = 50;
  assert.equal(await get(), 1);
  assert.equal(await get(), 1);
  clock.ms = 100;
  await assert.rejects(get(), failure);
});

Deno.test("keepValue() asks again after a failure to make the first value", async () => {
  const { get } = keep([new Error("down"), 2]);
  await assert.rejects(get(), /down/);
  assert.equal(await get(), 2);
});
