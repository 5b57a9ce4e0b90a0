import { join } from "node:path";
import { z } from "zod";
import { hostedDeno } from "../../support/hosted_deno.ts";
import type { FunctionConfig, StackConfig } from "../../stack/config.ts";
import { importArguments } from "../../stack/functions/function_source.ts";
import { launchEnvironment, networkEnvironment } from "../../stack/functions/read_environment.ts";
import { readLines } from "../../stack/text_lines.ts";
import { tryParseJson } from "../../support/try_parse_json.ts";

/** Resources that a piece of work used. Infinite if the isolate died of it. */
export interface Usage {
  /** CPU time of the JavaScript thread in milliseconds. */
  readonly cpuMs: number;
  /** Peak of the process's resident memory, runtime included. */
  readonly peakMegabytes: number;
}

/** CPU time of an isolate as one of its workers estimated it at its end, and as it was. */
interface CpuEstimate {
  /** As the worker logged it. */
  readonly isolate_cpu_ms: number;
  /** From the first import on. */
  readonly measuredMs: number;
}

/** Function that runs alone on the hosted version of Deno. */
export interface HostedIsolate extends AsyncDisposable {
  /** Address of the function, without a slash at the end. */
  readonly url: string;
  /** CPU time in milliseconds from the first import until the function served. */
  readonly evaluationMs: number;
  /** Resident memory when the function served. */
  readonly loadedMegabytes: number;
  /**
   * Measures what `work` adds to the isolate's CPU time, and the memory's peak during it. Errors of
   * `work` are thrown, except if the isolate has died.
   */
  measure(work: () => Promise<void>): Promise<Usage>;
  /** Waits until a worker that had jobs has ended, and returns the estimates of all such so far. */
  workersEnded(): Promise<readonly CpuEstimate[]>;
}

/** Memory of a hosted isolate's JavaScript heap, in megabytes. */
const HEAP_MEGABYTES = 256;
const DIED: Usage = { cpuMs: Infinity, peakMegabytes: Infinity };

const workerEndSchema = z.object({
  message: z.literal("worker ended"),
  claimed: z.number().positive(),
  isolate_cpu_ms: z.number(),
});
const readySchema = z.object({ port: z.int(), evaluationMs: z.number() });

/**
 * Starts a function on Deno 2.1.4, which hosted functions run on. Needs Linux's `/proc`. Without V8's
 * code cache, because a hosted bundle has none.
 *
 * @param env environment of the function
 * @throws {Error} if the function does not serve.
 */
export async function startHostedIsolate(
  config: Pick<StackConfig, "functionsDir">,
  source: FunctionConfig,
  env: Readonly<Record<string, string>>,
): Promise<HostedIsolate> {
  const { path } = await hostedDeno();
  const child = new Deno.Command(path, {
    args: [
      ...["run", "-A", "--quiet", "--no-prompt", "--no-lock", "--node-modules-dir=none"],
      ...["--no-code-cache", `--v8-flags=--max-old-space-size=${HEAP_MEGABYTES}`],
      ...importArguments(source, config),
      join(import.meta.dirname ?? ".", "run_function.ts"),
      `file://${source.entrypoint}`,
    ],
    clearEnv: true,
    env: { ...launchEnvironment(), ...networkEnvironment(), ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let printed = "";
  let base = 0;
  const estimates: CpuEstimate[] = [];
  const workerEnded = Promise.withResolvers<void>();
  const noteWorkerEnd = async (line: string) => {
    // A line about a report begins with the report's id.
    const { data } = workerEndSchema.safeParse(tryParseJson(line.replace(/^\[\S+\] /, "")));
    if (data === undefined) return;
    const cpuMs = await readCpuMs(child.pid).catch(() => undefined);
    if (cpuMs === undefined) return;
    estimates.push({ isolate_cpu_ms: data.isolate_cpu_ms, measuredMs: cpuMs - base });
    workerEnded.resolve();
  };
  const ready = Promise.withResolvers<z.infer<typeof readySchema>>();
  const read = [child.stdout, child.stderr].map(async (stream) => {
    const lines = readLines(stream);
    for await (const line of lines) {
      const message = readySchema.safeParse(tryParseJson(line));
      if (message.success) {
        ready.resolve(message.data);
        continue;
      }
      printed = `${printed}\n${line}`.slice(-4_000);
      await noteWorkerEnd(line);
    }
  });
  let hasEnded = false;
  const ended = Promise.all([child.status, ...read]).then(() => {
    hasEnded = true;
    ready.reject(new Error(`${source.name} ended:${printed}`));
  });
  const process = `/proc/${child.pid}`;
  const { port, evaluationMs } = await ready.promise;
  base = await readCpuMs(child.pid) - evaluationMs;
  return {
    url: `http://127.0.0.1:${port}`,
    evaluationMs,
    loadedMegabytes: await readMegabytes(process, "VmRSS"),
    async measure(work) {
      // Sets the recorded peak back to the memory that is resident now.
      await Deno.writeTextFile(`${process}/clear_refs`, "5");
      const before = await readCpuMs(child.pid);
      try {
        await work();
      } catch (error) {
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
        if (hasEnded) return DIED;
        throw error;
      }
      return {
        cpuMs: await readCpuMs(child.pid) - before,
        peakMegabytes: await readMegabytes(process, "VmHWM"),
      };
    },
    async workersEnded() {
      await workerEnded.promise;
      return estimates;
    },
    async [Symbol.asyncDispose]() {
      if (!hasEnded) child.kill("SIGKILL");
      await ended;
      await child.stdin.close().catch(() => {});
    },
  };
}

/** Reads how long the main thread, which runs the JavaScript, has run. */
async function readCpuMs(pid: number): Promise<number> {
  const [nanoseconds] = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/schedstat`)).split(" ");
  return Number(nanoseconds) / 1e6;
}

async function readMegabytes(process: string, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await Deno.readTextFile(`${process}/status`);
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  return Number(kilobytes) * 1024 / 1e6;
}
