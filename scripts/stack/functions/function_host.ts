import { answerFailure } from "./errors.ts";
import { BootError, Isolate, type IsolateOptions } from "./isolate.ts";

/** How one function is kept running. */
export interface FunctionHostOptions {
  /** Sums up the files it is made of. */
  readonly fingerprint: () => string;
  readonly isolate: Omit<IsolateOptions, "onHalfLife">;
  /** Whether an isolate stands ready before there is a request. */
  readonly keepWarm: boolean;
}

interface Generation {
  readonly isolate: Isolate;
  readonly fingerprint: string;
}

/** Sends one function's requests to its current isolate, and sees that there is one. */
export class FunctionHost {
  readonly #options: FunctionHostOptions;
  readonly #alive = new Set<Isolate>();
  #current: Generation | undefined;
  #isEnded = false;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
  }

  /** Starts an isolate if there is none, and waits until it serves or has failed to. */
  async warm(): Promise<void> {
    if (!this.#isEnded) await isReady(this.#acquire());
  }

  /** Answers a request; what keeps the function from doing so is answered too. */
  async handle(request: Request, path: string): Promise<Response> {
    if (this.#isEnded) return answerFailure("workerError");
    return await this.#acquire().handle(request, path);
  }

  /** Ends all isolates. */
  async stop(): Promise<void> {
    this.#isEnded = true;
    await Promise.all([...this.#alive].map((isolate) => isolate.stop()));
  }

  /** Kills all isolates as the kernel does when memory runs out; the next request gets a new one. */
  async crash(): Promise<void> {
    this.#current = undefined;
    await Promise.all([...this.#alive].map((isolate) => isolate.kill()));
  }

  /** Ends all isolates at once. */
  async kill(): Promise<void> {
    this.#isEnded = true;
    await Promise.all([...this.#alive].map((isolate) => isolate.kill()));
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

  /** Retires an isolate; where one is to stand ready, only once the next does. */
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
