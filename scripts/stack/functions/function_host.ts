import { answerFailure } from "./runtime_errors.ts";
import { BootError, Isolate, type IsolateOptions } from "./isolate.ts";

/** Options of one function's host. */
export interface FunctionHostOptions {
  /** Returns a hash of the function's files. */
  readonly fingerprint: () => string;
  readonly isolate: Omit<IsolateOptions, "onHalfLife">;
  /** `true` keeps one isolate ready before the first request. */
  readonly keepWarm: boolean;
}

interface Generation {
  readonly isolate: Isolate;
  readonly fingerprint: string;
}

/** Sends the requests of one function to its current isolate, and replaces that isolate when needed. */
export class FunctionHost {
  readonly #options: FunctionHostOptions;
  readonly #alive = new Set<Isolate>();
  #current: Generation | undefined;
  #isEnded = false;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
  }

  /** Starts an isolate if there is none. Settles when it serves or has failed to start. */
  async warm(): Promise<void> {
    if (!this.#isEnded) await isReady(this.#acquire());
  }

  /** Answers a request. A failure to start or to respond becomes an error response. */
  async handle(request: Request, path: string): Promise<Response> {
    if (this.#isEnded) return answerFailure("workerError");
    return await this.#acquire().handle(request, path);
  }

  /** Stops all isolates; the promise settles when they have ended. */
  async stop(): Promise<void> {
    this.#isEnded = true;
    await Promise.all(this.#alive.values().map((isolate) => isolate.stop()));
  }

  /** Kills all isolates, as the kernel does when memory runs out. The next request starts a new one. */
  async crash(): Promise<void> {
    this.#current = undefined;
    await Promise.all(this.#alive.values().map((isolate) => isolate.kill()));
  }

  /** Ends all isolates at once. */
  async kill(): Promise<void> {
    this.#isEnded = true;
    await this.crash();
  }

  #acquire(): Isolate {
    const fingerprint = this.#options.fingerprint();
    const current = this.#current;
    const isUsable = current?.fingerprint === fingerprint && !current.isolate.isRetired;
    if (isUsable) return current.isolate;
    this.#current = this.#start(fingerprint);
    current?.isolate.retire();
    return this.#current.isolate;
  }

  #start(fingerprint: string): Generation {
    const generation: Generation = {
      fingerprint,
      isolate: new Isolate({
        ...this.#options.isolate,
        onHalfLife: () => void this.#replace(generation),
      }),
    };
    const { isolate } = generation;
    this.#alive.add(isolate);
    isolate.ended.finally(() => this.#alive.delete(isolate));
    return generation;
  }

  /** Retires an isolate. If one isolate must stay ready, waits for its successor first. */
  async #replace(old: Generation): Promise<void> {
    if (this.#options.keepWarm && this.#current === old && !this.#isEnded) {
      const next = this.#start(this.#options.fingerprint());
      if (await isReady(next.isolate) && this.#current === old) this.#current = next;
      else next.isolate.retire();
    }
    old.isolate.retire();
  }
}

async function isReady(isolate: Isolate): Promise<boolean> {
  try {
    await isolate.ready();
    return true;
  } catch (error) {
    if (error instanceof BootError) return false;
    throw error;
  }
}
