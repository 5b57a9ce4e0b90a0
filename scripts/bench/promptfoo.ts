import { z } from "zod";
import { installNodePackages } from "./node_packages.ts";

/** Task for promptfoo. */
interface Task {
  readonly body: string;
  readonly models: readonly string[];
  /** Value of `{{word}}` in each case. The answer must equal it. */
  readonly words: readonly string[];
  readonly concurrency: number;
}

/** See {@link installPromptfoo}. */
export type Promptfoo = Awaited<ReturnType<typeof installPromptfoo>>;

const cpuSchema = z.object({ cpuMs: z.number() });

/**
 * Installs promptfoo in a temporary folder (280 MB).
 *
 * @throws {Error} if the npm registry cannot be reached.
 */
export async function installPromptfoo(baseUrl: string) {
  const { folder, run, [Symbol.asyncDispose]: dispose } = await installNodePackages({
    // The platform's database binary is the only optional dependency that it needs here.
    dependencies: { promptfoo: "0.123.1", [sqlitePackage()]: "0.5.29" },
  });
  return {
    /**
     * Runs its command line. Returns milliseconds of processor time that promptfoo used from its
     * first call on.
     *
     * @throws {Error} if an answer was wrong.
     */
    async evaluate({ body, models, words, concurrency }: Task): Promise<number> {
      const config = {
        prompts: [body],
        providers: models.map((model) => ({
          id: `openai:chat:${model}`,
          config: { apiBaseUrl: baseUrl, apiKey: "bench", temperature: 0, max_tokens: 64 },
        })),
        tests: words.map((word) => ({ vars: { word }, assert: [{ type: "equals", value: word }] })),
      };
      await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
      // When it is called from code, promptfoo opens at most four connections, whatever its
      // concurrency.
      await run([
        ...["--import", "./count_cpu.mjs", "node_modules/promptfoo/dist/src/entrypoint.js"],
        ...["eval", "-c", "config.json", "-j", String(concurrency)],
        ...["--no-cache", "--no-table", "--no-progress-bar", "--no-share"],
      ], {
        PROMPTFOO_CONFIG_DIR: `${folder}/home`,
        PROMPTFOO_DISABLE_TELEMETRY: "1",
        PROMPTFOO_DISABLE_UPDATE: "1",
        NO_COLOR: "1",
        CPU_FILE: `${folder}/cpu.json`,
      });
      return cpuSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}/cpu.json`))).cpuMs;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function sqlitePackage(): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  return os === "darwin" ? `@libsql/darwin-${cpu}` : `@libsql/linux-${cpu}-gnu`;
}
