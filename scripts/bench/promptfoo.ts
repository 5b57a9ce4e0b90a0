import { z } from "zod";
import { npmExecutable } from "../support/npm_download.ts";
import { findNode } from "./peers.ts";

const NPM_VERSION = "11.6.2";

/** Package of promptfoo with the platform's database binary, its only optional dependency here. */
const MANIFEST = {
  private: true,
  type: "module",
  dependencies: { promptfoo: "0.123.1", [sqlitePackage()]: "0.5.29" },
};

/** Task for promptfoo. */
export interface PromptfooTask {
  readonly body: string;
  readonly models: readonly string[];
  /** Variables of each case. The answer must equal `expected`. */
  readonly cases: readonly Readonly<Record<string, string>>[];
  readonly concurrency: number;
}

/** Installed promptfoo. */
export interface Promptfoo extends AsyncDisposable {
  /**
   * Runs its command line.
   *
   * @returns milliseconds of processor time that promptfoo used from its first call on.
   * @throws {Error} if an answer was wrong.
   */
  evaluate(task: PromptfooTask): Promise<number>;
}

const cpuSchema = z.object({ cpuMs: z.number() });

/**
 * Installs promptfoo in a temporary folder (280 MB). npm itself does it, because some of
 * promptfoo's optional dependencies are not available and none is needed.
 *
 * @throws {Error} if the npm registry cannot be reached.
 */
export async function installPromptfoo(baseUrl: string): Promise<Promptfoo> {
  const node = await findNode();
  const npm = await npmExecutable("npm", NPM_VERSION, "bin/npm-cli.js");
  const folder = await Deno.makeTempDir({ prefix: "modelpick-promptfoo-" });
  const run = async (args: readonly string[]) => {
    const { success, stdout, stderr } = await new Deno.Command(node, {
      args: [...args],
      cwd: folder,
      env: {
        PROMPTFOO_CONFIG_DIR: `${folder}/home`,
        PROMPTFOO_DISABLE_TELEMETRY: "1",
        PROMPTFOO_DISABLE_UPDATE: "1",
        NO_COLOR: "1",
        CPU_FILE: `${folder}/cpu.json`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (success) return;
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
    throw new Error(`promptfoo failed: ${said.slice(-2_000)}`);
  };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(MANIFEST));
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    await run([
      ...[npm, "install", "--omit=optional", "--ignore-scripts"],
      ...["--no-audit", "--no-fund", "--loglevel=error"],
    ]);
  } catch (error) {
    await remove();
    throw error;
  }
  await Deno.copyFile(`${import.meta.dirname}/peers/count_cpu.mjs`, `${folder}/count_cpu.mjs`);
  return {
    async evaluate({ body, models, cases, concurrency }) {
      await Deno.writeTextFile(
        `${folder}/config.json`,
        JSON.stringify({
          prompts: [body],
          providers: models.map((model) => ({
            id: `openai:chat:${model}`,
            config: { apiBaseUrl: baseUrl, apiKey: "bench", temperature: 0, max_tokens: 64 },
          })),
          tests: cases.map((vars) => ({
            vars,
            assert: [{ type: "equals", value: vars["expected"] }],
          })),
        }),
      );
      // When it is called from code, promptfoo opens at most four connections, whatever its
      // concurrency.
      await run([
        ...["--import", "./count_cpu.mjs", "node_modules/promptfoo/dist/src/entrypoint.js"],
        ...["eval", "-c", "config.json", "-j", String(concurrency)],
        ...["--no-cache", "--no-table", "--no-progress-bar", "--no-share"],
      ]);
      return cpuSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}/cpu.json`))).cpuMs;
    },
    [Symbol.asyncDispose]: remove,
  };
}

function sqlitePackage(): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  return os === "darwin" ? `@libsql/darwin-${cpu}` : `@libsql/linux-${cpu}-gnu`;
}
