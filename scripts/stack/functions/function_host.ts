import { answerFailure } from "./runtime_errors.ts";
import { Isolate, type IsolateOptions } from "./isolate.ts";

/** Options of one function's host. */
export interface FunctionHostOptions {
  /** Returns a hash of the function's files. */
  readonly fingerprint: () => string;
  readonly isolate: Omit<IsolateOptions, "fingerprint" | "onHalfLife" | "onHalfCpu">;
  /** `true` keeps one isolate ready before the first request. */
  readonly keepWarm: boolean;
}

/** Sends the requests of one function to its current isolate, and replaces that isolate when needed. */
export class FunctionHost {
  readonly #alive = new Set<Isolate>();
  #current: Isolate | undefined;
  #isEnded = false;

  constructor(private readonly options: FunctionHostOptions) {}

  /** Starts an isolate if there is none. Settles when it serves or has failed to start. */
  async warm(): Promise<void> {
    if (!this.#isEnded) await this.#acquire().ready();
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
    const fingerprint = this.options.fingerprint();
    const current = this.#current;
    if (current?.isUsable(fingerprint)) return current;
    this.#current = this.#start(fingerprint);
    current?.retire();
    return this.#current;
  }

  #start(fingerprint: string): Isolate {
    const onHalfLife = () => void this.#replace(isolate);
    const onHalfCpu = () => this.#replaceAtOnce(isolate);
    const isolate: Isolate = new Isolate({
      ...this.options.isolate,
      fingerprint,
      onHalfLife,
      onHalfCpu,
    });
    this.#alive.add(isolate);
    isolate.ended.finally(() => this.#alive.delete(isolate));
    return isolate;
  }

  /** Retires an isolate that a further request might push over its limit of CPU time. */
  #replaceAtOnce(old: Isolate): void {
    if (this.options.keepWarm && this.#current === old && !this.#isEnded) {
      this.#current = this.#start(this.options.fingerprint());
    }
    old.retire();
  }

  /** Retires an isolate. If one isolate must stay ready, waits for its successor first. */
  async #replace(old: Isolate): Promise<void> {
    if (this.options.keepWarm && this.#current === old && !this.#isEnded) {
      const next = this.#start(this.options.fingerprint());
      if (await next.ready() && this.#current === old) this.#current = next;
      else next.retire();
    }
    old.retire();
  }
}
