import { join } from "node:path";
import { afterResponse } from "../after_response.ts";
import { settlesWithin } from "../../support/settles_within.ts";
import { ISOLATE_MEGABYTES, RETIRE_AT, type StackLimits, WARN_AT } from "../limits.ts";
import { readLines } from "../text_lines.ts";
import type { ControlServer, IsolateChannel, IsolateMessage } from "./control_server.ts";
import { launchEnvironment, networkEnvironment } from "./read_environment.ts";
import { answerFailure } from "./runtime_errors.ts";
import type { Usage, UsageWatch } from "./usage_watch.ts";

/** Options of one process that runs a function. */
export interface IsolateOptions {
  readonly control: ControlServer;
  readonly entrypoint: string;
  /** Arguments with which Deno resolves the function's imports. */
  readonly importArguments: readonly string[];
  /** Hash of the function's files at this start. */
  readonly fingerprint: string;
  /** Returns the variables of an isolate that starts now. */
  readonly readEnv: () => Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Age in milliseconds at which the isolate is killed. */
  readonly wallClockMs: number;
  /** Longest time from a request to the headers of its response, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Limits of CPU time and memory; null enforces only the size of V8's heap. */
  readonly limits: StackLimits | null;
  readonly usage: UsageWatch;
  /** Called at half of the isolate's life, when it stops receiving requests, as on hosted. */
  readonly onHalfLife: () => void;
  /** Called at half of its CPU time, when it stops receiving requests at once. */
  readonly onHalfCpu: () => void;
}

/** Longest start, in milliseconds. Only a first start, which downloads its imports, takes long. */
const BOOT_MS = 60_000;

/** Time for `beforeunload` handlers when the stack stops, in milliseconds. */
const GOODBYE_MS = 300;

/** Longest time between a broken connection and the exit of the process, in milliseconds. */
const END_MS = 1_000;

/** Signals with which V8 ends a process whose heap is full. */
const OUT_OF_MEMORY: readonly (Deno.Signal | null)[] = ["SIGABRT", "SIGILL", "SIGTRAP"];

/** Error of a function whose process ended before it served. */
class BootError extends Error {
  override readonly name = "BootError";
}

/** Process that runs a function. It answers any number of requests at the same time. */
export class Isolate {
  readonly #child: Deno.ChildProcess;
  readonly #channel: IsolateChannel;
  readonly #port = Promise.withResolvers<number>();
  readonly #unloaded = Promise.withResolvers<void>();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #inFlight = 0;
  #isRetired = false;
  #isServing = false;
  #isToldToRetire = false;
  /** `true` if a signal ended the process: V8 or the kernel found it using too much memory. */
  #wasAborted = false;
  #killedBy: "limit" | "other" | undefined;
  #isAtHalfCpu = false;
  #isWarned = false;
  /** Settles when the process has ended and everything it printed is logged. */
  readonly ended: Promise<void>;

  constructor(private readonly options: IsolateOptions) {
    const token = crypto.randomUUID();
    const env = {
      ...networkEnvironment(),
      ...options.readEnv(),
      SB_EXECUTION_ID: crypto.randomUUID(),
    };
    const boot = { port: options.control.port, token, visible: Object.keys(env) };
    this.#channel = options.control.expect(token, (message) => this.#hear(message));
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--node-modules-dir=none"],
        ...["--allow-net", "--allow-env", "--allow-read", "--allow-sys", "--allow-write=/tmp"],
        "--allow-import",
        `--v8-flags=--max-old-space-size=${ISOLATE_MEGABYTES}`,
        ...options.importArguments,
        `--preload=${join(import.meta.dirname ?? ".", "prelude.ts")}`,
        options.entrypoint,
      ],
      clearEnv: true,
      env: { ...launchEnvironment(), ...env, STACK_ISOLATE: JSON.stringify(boot) },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#port.promise.catch(() => {});
    this.ended = this.#watchProcess();
    this.#after(BOOT_MS, () => this.#giveUpBoot());
    this.#after(options.wallClockMs * RETIRE_AT, options.onHalfLife);
    this.#after(options.wallClockMs * WARN_AT, () => {
      this.#warn("wall_clock");
    });
    this.#after(options.wallClockMs, () => {
      this.#exceed(`wall clock limit reached (${options.wallClockMs / 1000} s)`);
    });
  }

  /** Returns whether new requests can go to this isolate while the function's files have this hash. */
  isUsable(fingerprint: string): boolean {
    return !this.#isRetired && this.options.fingerprint === fingerprint;
  }

  /** Returns `true` once the function serves; `false` if its process ends before that. */
  async ready(): Promise<boolean> {
    return await this.#port.promise.then(() => true, () => false);
  }

  /**
   * Passes a request on and streams both bodies.
   *
   * @param path path that the function sees.
   */
  async handle(request: Request, path: string): Promise<Response> {
    this.#inFlight++;
    const late = new AbortController();
    const timeout = setTimeout(() => late.abort(new IdleTimeout()), this.options.requestTimeoutMs);
    const settle = () => {
      this.#inFlight--;
      this.#retireWhenIdle();
    };
    try {
      const port = await this.#port.promise;
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: request.method,
        headers: describeHop(request),
        body: request.body,
        redirect: "manual",
        signal: AbortSignal.any([request.signal, late.signal]),
      });
      return afterResponse(response, settle);
    } catch (error) {
      settle();
      if (error instanceof BootError) return answerFailure("bootError");
      if (error instanceof IdleTimeout) return answerFailure("idleTimeout");
      if (request.signal.aborted) return answerFailure("callerGone");
      return answerFailure(await this.#ranIntoLimit() ? "workerLimit" : "workerError");
    } finally {
      clearTimeout(timeout);
    }
  }

  /** Lets running requests and `waitUntil` work finish, then ends the process. */
  retire(): void {
    this.#isRetired = true;
    this.#retireWhenIdle();
  }

  /** Ends the process after a short time for its `beforeunload` handlers. */
  async stop(): Promise<void> {
    this.#isRetired = true;
    this.#channel.send({ type: "unload", reason: "termination" });
    await settlesWithin(Promise.race([this.#unloaded.promise, this.ended]), GOODBYE_MS);
    await this.kill();
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#isRetired = true;
    this.#kill("other");
    await this.ended;
  }

  /**
   * Returns whether the process ended because it reached a limit. A broken connection is the first
   * sign of that.
   */
  async #ranIntoLimit(): Promise<boolean> {
    await settlesWithin(this.ended, END_MS);
    return this.#killedBy === "limit" || (this.#killedBy === undefined && this.#wasAborted);
  }

  #hear(message: IsolateMessage): void {
    switch (message.type) {
      case "ready":
        this.#isServing = true;
        this.#port.resolve(message.port);
        this.#enforceLimits();
        break;
      case "unloaded":
        this.#unloaded.resolve();
        break;
      case "retired":
        this.#kill("other");
        break;
    }
  }

  #retireWhenIdle(): void {
    if (!this.#isRetired || this.#inFlight > 0 || this.#isToldToRetire) return;
    this.#isToldToRetire = true;
    // Only the process itself knows what `waitUntil` still holds.
    this.#channel.send({ type: "retire" });
  }

  #giveUpBoot(): void {
    if (this.#isServing) return;
    this.options.log("[isolate] killed: did not serve in time");
    this.#kill("other");
  }

  /**
   * Enforces CPU and memory limits from now on. What the process has used until it serves does not
   * count: Deno starts and compiles TypeScript then, which hosted does once for each deploy.
   */
  #enforceLimits(): void {
    const { limits, usage } = this.options;
    if (limits === null) return;
    let base: number | undefined;
    usage.watch(this.#child.pid, ({ cpuMs, residentMegabytes }: Usage) => {
      base ??= cpuMs;
      this.#judge(limits, cpuMs - base, residentMegabytes);
    });
  }

  #judge(limits: StackLimits, cpuMs: number, residentMegabytes: number): void {
    if (this.#killedBy !== undefined) return;
    const used = `${Math.round(cpuMs)} of ${limits.cpuMs} ms`;
    if (cpuMs >= limits.cpuMs) return this.#exceed(`CPU limit reached (${used})`);
    if (residentMegabytes > limits.residentMegabytes) {
      const resident = `${Math.round(residentMegabytes)} of ${limits.residentMegabytes} MB`;
      return this.#exceed(`memory limit reached (${resident})`);
    }
    if (cpuMs >= limits.cpuMs * RETIRE_AT && !this.#isAtHalfCpu) {
      this.#isAtHalfCpu = true;
      this.options.log(`[isolate] gets no new requests: half of its CPU time is used (${used})`);
      this.options.onHalfCpu();
    }
    if (cpuMs >= limits.cpuMs * WARN_AT) this.#warn("cpu");
    else if (residentMegabytes >= limits.residentMegabytes * WARN_AT) this.#warn("memory");
  }

  /** Lets the process call its `beforeunload` handlers, once. */
  #warn(reason: "cpu" | "memory" | "wall_clock"): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    this.#channel.send({ type: "unload", reason });
  }

  #exceed(limit: string): void {
    if (this.#killedBy !== undefined) return;
    this.options.log(`[isolate] killed: ${limit}`);
    this.#kill("limit");
  }

  #kill(by: "limit" | "other"): void {
    if (this.#killedBy !== undefined) return;
    this.#killedBy = by;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process had already ended.
    }
  }

  async #watchProcess(): Promise<void> {
    const printed = [this.#child.stdout, this.#child.stderr].map(async (stream) => {
      for await (const line of readLines(stream)) this.options.log(line);
    });
    const { code, signal } = await this.#child.status;
    this.#wasAborted = signal !== null;
    for (const timer of this.#timers) clearTimeout(timer);
    this.options.usage.unwatch(this.#child.pid);
    this.#channel.close();
    await Promise.all(printed);
    this.#port.reject(new BootError(`ended with ${signal ?? `code ${code}`}`));
    if (this.#killedBy === undefined) {
      this.options.log(
        OUT_OF_MEMORY.includes(signal)
          ? `[isolate] killed: memory limit reached (V8's heap of ${ISOLATE_MEGABYTES} MB is full)`
          : `[isolate] ended by itself with ${signal ?? `code ${code}`}`,
      );
    }
    this.#isRetired = true;
  }

  #after(milliseconds: number, run: () => void): void {
    this.#timers.push(setTimeout(run, milliseconds));
  }
}

/** Error of a response whose headers did not arrive in time. */
class IdleTimeout extends Error {}

function describeHop(request: Request): Headers {
  const headers = new Headers(request.headers);
  const url = new URL(request.url);
  headers.set("X-Forwarded-Host", url.hostname);
  headers.set("X-Forwarded-Port", url.port);
  headers.set("X-Forwarded-Proto", url.protocol.slice(0, -1));
  if (!headers.has("X-Forwarded-For")) headers.set("X-Forwarded-For", "127.0.0.1");
  // The gateway compresses the response for the caller, so it must not be compressed here too.
  headers.set("Accept-Encoding", "identity");
  return headers;
}
