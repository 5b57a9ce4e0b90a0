import { dirname, join } from "node:path";
import type { FunctionConfig, StackConfig } from "../config.ts";
import { waitUntil } from "../processes.ts";
import { loadTestConfig, makeScratchDirectory } from "../testing.ts";
import { type FunctionsOptions, type FunctionsRuntime, startFunctions } from "./runtime.ts";

/** Functions runtime over a temporary folder, behind a real HTTP server. */
export interface TestFunctions extends AsyncDisposable {
  readonly config: StackConfig;
  readonly runtime: FunctionsRuntime;
  /** Sends a request to `/functions/v1<path>`. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** Writes a file below the functions' folder. */
  write(path: string, text: string): Promise<void>;
  /** Lines that all functions have printed. */
  readonly printed: string[];
  /** Waits until a line that contains `text` was printed. */
  printedLine(text: string): Promise<void>;
}

/** Starts a runtime for the given files, such as `<function>/index.ts`, without `verify_jwt`. */
export async function startTestFunctions(
  files: Readonly<Record<string, string>>,
  { wallClockSeconds = 400, limits, functions, ...options }: {
    readonly wallClockSeconds?: number;
    readonly limits?: StackConfig["limits"];
    readonly functions?: readonly (Pick<FunctionConfig, "name"> & Partial<FunctionConfig>)[];
  } & Omit<FunctionsOptions, "config" | "log"> = {},
): Promise<TestFunctions> {
  const scratch = await makeScratchDirectory();
  const base = await loadTestConfig(scratch.path, {
    functionsDir: join(scratch.path, "functions"),
  });
  const names = Object.keys(files).filter((path) => path.endsWith("/index.ts")).map(dirname);
  const config: StackConfig = {
    ...base,
    wallClockSeconds,
    limits: limits === undefined ? base.limits : limits,
    functions: (functions ?? names.map((name) => ({ name }))).map((entry) => ({
      enabled: true,
      verifyJwt: false,
      entrypoint: join(base.functionsDir, entry.name, "index.ts"),
      importMap: undefined,
      ...entry,
    })),
  };
  const write = async (path: string, text: string) => {
    const place = join(config.functionsDir, path);
    await Deno.mkdir(dirname(place), { recursive: true });
    await Deno.writeTextFile(place, text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);

  const printed: string[] = [];
  const log = (_source: string, line: string) => printed.push(line);
  const runtime = startFunctions({ keepWarm: false, ...options, config, log });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const name = new URL(request.url).pathname.split("/")[3] ?? "";
    return runtime.handle(name, request);
  });
  return {
    config,
    runtime,
    write,
    printed,
    call: (path, init) => fetch(`http://127.0.0.1:${server.addr.port}/functions/v1${path}`, init),
    printedLine: async (text) => {
      const isPrinted = () => printed.some((line) => line.includes(text));
      if (!await waitUntil(isPrinted, 60_000)) {
        throw new Error(`expected output: ${text}\nactual output:\n${printed.join("\n")}`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await runtime.stop();
      await server.shutdown();
      await scratch[Symbol.asyncDispose]();
    },
  };
}
