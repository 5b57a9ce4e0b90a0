import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import english from "@tesseract.js-data/eng";
import { createWorker, OEM, type Page, type Worker } from "tesseract.js";
import type { OcrModel, ReadingPass, TesseractModel } from "./models.ts";
import { PaddleReader } from "./paddle_reader.ts";
import { medianSlope, type PageWord, type Reading, UnreadableImageError } from "./page_layout.ts";

/** Folders of the traineddata files of each engine. Importing the package downloads them from npm. */
const folders: Record<TesseractModel["engine"], string> = {
  lstm: join(dirname(english.langPath), "4.0.0_best_int"),
  legacy: english.langPath,
};

/**
 * One OCR thread for each of Tesseract's engines and one for PaddleOCR, started when first needed.
 * It reads one image at a time; `EnginePool` reads several.
 */
export class Engine {
  readonly #workers = new Map<TesseractModel["engine"], Worker>();
  readonly #paddle = new PaddleReader();

  /**
   * Reads an image file (PNG, JPEG or WebP): once for each pass of a Tesseract model, once with
   * PaddleOCR.
   *
   * @throws {UnreadableImageError} if the engine cannot decode the image.
   * @throws the signal's reason as soon as it aborts; the thread is then stopped.
   */
  async read(image: Uint8Array, model: OcrModel, signal: AbortSignal): Promise<Reading[]> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      const reading = model.engine === "paddle"
        ? this.#paddle.read(image).then((page) => [page])
        : this.#readPasses(image, model, signal);
      return await Promise.race([reading, aborted.promise]);
    } catch (error) {
      // The state of an interrupted or failed thread is unknown, so the next image gets a new
      // thread.
      await this.#stop(model.engine);
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Stops all threads. */
  async stop(): Promise<void> {
    const engines: OcrModel["engine"][] = [...this.#workers.keys(), "paddle"];
    await Promise.all(engines.map((engine) => this.#stop(engine)));
  }

  async #readPasses(
    image: Uint8Array,
    model: TesseractModel,
    signal: AbortSignal,
  ): Promise<Reading[]> {
    const worker = await this.#worker(model.engine, signal);
    const readings: Reading[] = [];
    for (const pass of model.passes) {
      signal.throwIfAborted();
      const { lines, words } = contentOf(await recognize(worker, image, pass));
      readings.push({ words, slope: medianSlope(lines.map(({ baseline }) => baseline)) });
    }
    return readings;
  }

  async #worker(engine: TesseractModel["engine"], signal: AbortSignal): Promise<Worker> {
    const running = this.#workers.get(engine);
    if (running !== undefined) return running;
    const legacy = engine === "legacy";
    const worker = await createWorker("eng", legacy ? OEM.TESSERACT_ONLY : OEM.LSTM_ONLY, {
      legacyCore: legacy,
      legacyLang: legacy,
      langPath: folders[engine],
      cacheMethod: "none",
      gzip: true,
      // Without a handler the library throws where nobody can catch it.
      errorHandler: () => {},
    });
    if (signal.aborted) {
      await worker.terminate();
      signal.throwIfAborted();
    }
    // Without this the engine writes its progress to standard error.
    await worker.setParameters({ debug_file: "/dev/null" });
    this.#workers.set(engine, worker);
    return worker;
  }

  async #stop(engine: OcrModel["engine"]): Promise<void> {
    if (engine === "paddle") return await this.#paddle.stop();
    const worker = this.#workers.get(engine);
    this.#workers.delete(engine);
    await worker?.terminate();
  }
}

async function recognize(worker: Worker, image: Uint8Array, pass: ReadingPass): Promise<Page> {
  try {
    await worker.setParameters({ tessedit_pageseg_mode: pass.mode });
    // The library's types want a Buffer, but it reads any Uint8Array.
    const buffer = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
    const options = { rotateAuto: pass.deskew };
    return (await worker.recognize(buffer, options, { blocks: true, text: false })).data;
  } catch (error) {
    throw new UnreadableImageError("The image could not be read", { cause: error });
  }
}

/** Returns the lines of a page and the words of all lines. */
function contentOf(page: Page) {
  const paragraphs = (page.blocks ?? []).flatMap((block) => block.paragraphs);
  const lines = paragraphs.flatMap((paragraph) => paragraph.lines);
  const words = lines.flatMap((line) => line.words)
    .map(({ text, confidence, bbox }): PageWord => ({ text, confidence, ...bbox }));
  return { lines, words };
}
