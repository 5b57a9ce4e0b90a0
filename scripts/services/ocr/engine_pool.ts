import { ApiError } from "./api_error.ts";
import type { OcrModel } from "./models.ts";
import type { Reading } from "./page_layout.ts";

/** Interface of the engines in a pool; `Engine` implements it. */
export interface PooledEngine {
  read(image: Uint8Array, model: OcrModel, signal: AbortSignal): Promise<Reading[]>;
  stop(): Promise<void>;
}

/** Fixed number of engines that share one first-come, first-served queue. */
export class EnginePool {
  readonly #idle: PooledEngine[];
  readonly #waiting: ((engine: PooledEngine) => void)[] = [];

  constructor(readonly engines: readonly PooledEngine[], readonly maxWaiting: number) {
    this.#idle = [...engines];
  }

  /** Number of images that wait for an engine. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Reads an image when an engine is free.
   *
   * @throws {ApiError} 429 if too many images wait already.
   * @throws the signal's reason if it aborts before the end.
   */
  async read(image: Uint8Array, model: OcrModel, signal: AbortSignal): Promise<Reading[]> {
    const engine = await this.#acquire(signal);
    try {
      return await engine.read(image, model, signal);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(engine);
      else next(engine);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.engines.map((engine) => engine.stop()));
  }

  #acquire(signal: AbortSignal): Promise<PooledEngine> {
    signal.throwIfAborted();
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle);
    if (this.#waiting.length >= this.maxWaiting) {
      throw new ApiError(429, "rate_limit_exceeded", "Too many images wait to be read.", {
        retryAfter: 2,
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<PooledEngine>();
    const turn = (engine: PooledEngine) => {
      signal.removeEventListener("abort", giveUp);
      resolve(engine);
    };
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(turn), 1);
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#waiting.push(turn);
    return promise;
  }
}
