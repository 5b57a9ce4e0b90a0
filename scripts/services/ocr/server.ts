import { z } from "zod";
import { listen, type Listening, type ListenOptions } from "../listen.ts";
import { runProcess } from "../run_process.ts";
import { ApiError } from "./api_error.ts";
import { Engine } from "./engine.ts";
import { EnginePool } from "./engine_pool.ts";
import { createOcrHandler } from "./handler.ts";

/** Number of engines. Each takes a core and about 80 MB, with PaddleOCR up to 0.9 GB. */
const engines = 2;
const maxWaiting = 200;
/** Limits of an image; the bytes are the same as at checkout. */
const limits = { maxBytes: 10 * 1024 * 1024, maxPixels: 40_000_000 };
const readSeconds = 60;

/**
 * Starts the local OCR service. Engines start with the first image.
 *
 * @throws {Error} with the code `EADDRINUSE` if the port is taken.
 */
export async function startOcrService(options: ListenOptions = {}): Promise<Listening> {
  const pool = new EnginePool(Array.from({ length: engines }, () => new Engine()), maxWaiting);
  const stopping = new AbortController();
  const handler = createOcrHandler({
    read: (image, model, signal) =>
      pool.read(image, model, AbortSignal.any([signal, stopping.signal])),
    limits,
    readSeconds,
    now: () => new Date(),
  });
  const server = await listen(handler, options);
  return {
    url: server.url,
    stop: async () => {
      stopping.abort(new ApiError(503, "shutting_down", "The service is stopping."));
      await server.stop();
      await pool.stop();
    },
  };
}

if (import.meta.main) await runProcess(z.strictObject({}), startOcrService);
