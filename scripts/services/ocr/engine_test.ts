import assert from "node:assert/strict";
import { Engine } from "./engine.ts";
import { findModel } from "./models.ts";

const image = await Deno.readFile(
  new URL("../../../examples/receipts/06-taxi-meter.png", import.meta.url),
);
const never = new AbortController().signal;

Deno.test("Engine.read() stops at once when its caller gives up, and the engine reads the next image", async () => {
  const engine = new Engine();
  const best = findModel("tesseract-best");
  const fast = findModel("tesseract-fast");
  assert.ok(best !== null && fast !== null);
  // The thread is up after this, so that the next abort meets it in the middle of a page.
  await engine.read(image, fast, never);
  const leaving = new AbortController();
  const abandoned = engine.read(image, best, leaving.signal);
  leaving.abort(new Error("gone"));
  await assert.rejects(abandoned, /gone/);
  const starting = new AbortController();
  const early = engine.read(image, best, starting.signal);
  starting.abort(new Error("gone before it began"));
  await assert.rejects(early, /before it began/);
  const [reading] = await engine.read(image, fast, never);
  assert.ok(reading?.words.some((word) => word.text === "SHINAGAWA"));
  await engine.stop();
});

Deno.test("each model reads in its own way: no two see the same words", async () => {
  const engine = new Engine();
  const seen = new Set<string>();
  for (const name of ["fast", "sparse", "best", "legacy"]) {
    const model = findModel(`tesseract-${name}`);
    assert.ok(model !== null);
    const readings = await engine.read(image, model, never);
    assert.equal(readings.length, model.passes.length);
    seen.add(JSON.stringify(readings));
  }
  assert.equal(seen.size, 4);
  await engine.stop();
});
