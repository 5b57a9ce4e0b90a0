/**
 * The local OCR service. As a process of its own:
 *
 *     deno run -A scripts/services/ocr/server.ts --port 54330 [--host 127.0.0.1] [--die-with-parent]
 *
 * It prints `ocr listening on <base URL>` when ready. With `--die-with-parent` it ends when its
 * standard input does.
 */
import { parseArgs } from "node:util";
import { listen } from "../listen.ts";
import { ApiError } from "./api_error.ts";
import { Engine } from "./engine.ts";
import { EnginePool } from "./engine_pool.ts";
import { createOcrHandler } from "./handler.ts";

/** Running service. */
export interface OcrService {
  /** Base URL for an OpenAI client, `/v1` included. */
  url: string;
  /** Cancels all readings and frees the port. */
  stop(): Promise<void>;
}

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
export async function startOcrService(
  options: { port?: number; host?: string } = {},
): Promise<OcrService> {
  const { port = 0, host = "127.0.0.1" } = options;
  const pool = new EnginePool(Array.from({ length: engines }, () => new Engine()), maxWaiting);
  const stopping = new AbortController();
  const handler = createOcrHandler({
    read: (image, model, signal) =>
      pool.read(image, model, AbortSignal.any([signal, stopping.signal])),
    limits,
    readSeconds,
    now: () => new Date(),
  });
  const server = await listen(handler, { port, hostname: host });
  return {
    url: `${server.url}/v1`,
    stop: async () => {
      stopping.abort(new ApiError(503, "shutting_down", "The service is stopping."));
      await server.stop();
      await pool.stop();
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      "die-with-parent": { type: "boolean", default: false },
    },
  });
  const service = await startOcrService({ port: Number(values.port), host: values.host });
  console.log(`ocr listening on ${service.url}`);
  if (values["die-with-parent"]) {
    await Deno.stdin.readable.pipeTo(new WritableStream());
    Deno.exit(0);
  }
}
