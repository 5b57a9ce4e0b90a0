import assert from "node:assert/strict";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import { Engine } from "./engine.ts";
import { findModel, ocrModels } from "./models.ts";
import { UnreadableImageError } from "./page_layout.ts";

const image = await Deno.readFile(
  new URL("../../../examples/receipts/06-taxi-meter.png", import.meta.url),
);
const never = new AbortController().signal;

Deno.test("Engine.read() stops at once when its caller gives up, and the engine reads the next image", async () => {
  const engine = new Engine();
  const best = findModel("tesseract-best");
  const fast = findModel("tesseract-fast");
  assert.ok(best !== null && fast !== null);
  // The thread has started after this read, so the next abort interrupts the reading of a page.
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
  for (const model of ocrModels) {
    const readings = await engine.read(image, model, never);
    assert.equal(readings.length, model.engine === "paddle" ? 1 : model.passes.length);
    seen.add(JSON.stringify(readings));
  }
  assert.equal(seen.size, ocrModels.length);
  await engine.stop();
});

Deno.test("PaddleOCR reads the same from PNG, JPEG and WebP, refuses a broken file, and can be stopped in the middle", async () => {
  const engine = new Engine();
  const model = findModel("paddleocr");
  assert.ok(model !== null);
  const head = createCanvas(480, 160);
  head.getContext("2d").drawImage(await loadImage(image), 0, 0);
  const files = [
    head.toBuffer("image/png"),
    head.toBuffer("image/jpeg"),
    head.toBuffer("image/webp"),
  ];
  for (const file of files) {
    const [reading] = await engine.read(file, model, never);
    assert.ok(reading?.words.some((word) => word.text.includes("SHINAGAWA")), String(file.length));
  }
  await assert.rejects(engine.read(image.subarray(0, 400), model, never), UnreadableImageError);
  const leaving = new AbortController();
  const abandoned = engine.read(image, model, leaving.signal);
  leaving.abort(new Error("gone"));
  await assert.rejects(abandoned, /gone/);
  const [reading] = await engine.read(head.toBuffer("image/png"), model, never);
  assert.ok(reading !== undefined && reading.words.length > 0);
  await engine.stop();
});
