import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { z } from "zod";

/** Root folder of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder of the functions. */
export const FUNCTIONS = join(ROOT, "supabase/functions");

/** A function that `supabase/config.toml` lists. Paths are absolute. */
export interface DeployedFunction {
  readonly name: string;
  readonly entrypoint: string;
  /** Path of its `deno.json`. */
  readonly importMap: string;
  /** Its section of the file, such as `verify_jwt`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const tomlSchema = z.object({
  project_id: z.string(),
  functions: z.record(
    z.string(),
    z.looseObject({ entrypoint: z.string(), import_map: z.string() }),
  ),
});

/** Reads `supabase/config.toml`. */
export async function readDeployedFunctions(): Promise<
  { readonly projectId: string; readonly functions: readonly DeployedFunction[] }
> {
  const folder = join(ROOT, "supabase");
  const text = await Deno.readTextFile(join(folder, "config.toml"));
  const { project_id, functions } = tomlSchema.parse(parse(text));
  return {
    projectId: project_id,
    functions: Object.entries(functions).map(([name, settings]) => ({
      name,
      entrypoint: resolve(folder, settings.entrypoint),
      importMap: resolve(folder, settings.import_map),
      settings,
    })),
  };
}
