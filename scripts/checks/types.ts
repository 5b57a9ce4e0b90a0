import { glob } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const FUNCTIONS = "supabase/functions";
const manifestSchema = z.object({ imports: z.record(z.string(), z.string()).default({}) });

/** Checks the types of every TypeScript file. Returns the compiler's errors. */
export function checkTypes(): Promise<string[]> {
  return denoCheck();
}

/** Checks the types of the example app's JavaScript, which browsers run without a build. */
export async function checkAppTypes(): Promise<string[]> {
  const files = await Array.fromAsync(glob("examples/app/**/*.js"));
  return await denoCheck("--no-lock", "--config", "scripts/app/check.json", ...files);
}

/**
 * Checks each edge function as it is deployed: with the imports of its own `deno.json`. Their versions
 * must be those of the repository's `deno.json`.
 */
export async function checkFunctions(): Promise<string[]> {
  const expected = await readImports("deno.json");
  const names = Array.from(Deno.readDirSync(FUNCTIONS))
    .filter(({ isDirectory, name }) => isDirectory && /^[a-z]/.test(name))
    .map(({ name }) => name).sort();
  const problems: string[] = [];
  for (const name of names) {
    const manifest = join(FUNCTIONS, name, "deno.json");
    for (const [specifier, target] of Object.entries(await readImports(manifest))) {
      if (expected[specifier] === target) continue;
      problems.push(
        `${manifest}: ${specifier} is ${target}, but ${expected[specifier]} in deno.json`,
      );
    }
    problems.push(
      ...await denoCheck("--no-lock", "--config", manifest, join(FUNCTIONS, name, "index.ts")),
    );
  }
  return problems;
}

async function readImports(file: string): Promise<Record<string, string>> {
  return manifestSchema.parse(JSON.parse(await Deno.readTextFile(file))).imports;
}

async function denoCheck(...args: string[]): Promise<string[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", ...args],
  }).output();
  return success ? [] : [new TextDecoder().decode(stderr).trimEnd()];
}
