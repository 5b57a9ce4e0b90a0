/**
 * Type-checks each edge function as it is deployed: with the imports of its own `deno.json`. Their
 * versions must be those of the repository's `deno.json`.
 */
import { join } from "node:path";
import { z } from "zod";

const manifestSchema = z.object({ imports: z.record(z.string(), z.string()).default({}) });
const FUNCTIONS = "supabase/functions";

async function readImports(file: string): Promise<Record<string, string>> {
  return manifestSchema.parse(JSON.parse(await Deno.readTextFile(file))).imports;
}

const expected = await readImports("deno.json");
const names = Array.from(Deno.readDirSync(FUNCTIONS))
  .filter(({ isDirectory, name }) => isDirectory && /^[a-z]/.test(name))
  .map(({ name }) => name).sort();
let faults = 0;
for (const name of names) {
  const manifest = join(FUNCTIONS, name, "deno.json");
  for (const [specifier, target] of Object.entries(await readImports(manifest))) {
    if (expected[specifier] === target) continue;
    console.error(`${manifest}: ${specifier} is ${target}, deno.json has ${expected[specifier]}`);
    faults++;
  }
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--no-lock", "--config", manifest, join(FUNCTIONS, name, "index.ts")],
  }).spawn().status;
  if (!success) faults++;
}
console.log(`${names.length} functions checked, ${faults} faults`);
Deno.exit(faults === 0 ? 0 : 1);
