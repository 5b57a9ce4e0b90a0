import { z } from "zod";
import { npmExecutable } from "../support/npm_executable.ts";
import { findNode } from "./peers.ts";

const NPM_VERSION = "11.6.2";

/** Its database comes as a binary for the platform; of its other options it needs none here. */
const MANIFEST = {
  private: true,
  type: "module",
  dependencies: { promptfoo: "0.123.1", [sqlitePackage()]: "0.5.29" },
};

/** What it is to do. */
export interface PromptfooTask {
  readonly body: string;
  readonly models: readonly string[];
  /** With what the answer has to be as `expected`. */
  readonly cases: readonly Readonly<Record<string, string>>[];
  readonly concurrency: number;
}

/** promptfoo, installed. */
export interface Promptfoo extends AsyncDisposable {
  /**
   * Runs its command line.
   *
   * @returns milliseconds of processor time since its first call.
   * @throws where an answer was not right
   */
  evaluate(task: PromptfooTask): Promise<number>;
}

const cpuSchema = z.object({ cpuMs: z.number() });

/**
 * Installs promptfoo in a temporary folder, 280 MB. npm itself does it, since of promptfoo's optional
 * dependencies some cannot be had and none is wanted.
 *
 * @throws when the npm registry cannot be reached.
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
      // From code, it opens four connections at most, whatever its concurrency.
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
