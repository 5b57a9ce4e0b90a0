import { join } from "node:path";
import { stringify } from "smol-toml";
import { whenMissing } from "../support/when_missing.ts";
import { type Bundle, bundleFunctions } from "./bundle_functions.ts";
import { readDeployedFunctions } from "./deployed_functions.ts";

/**
 * Bundles every function of `supabase/config.toml` into a folder from which the Supabase CLI deploys
 * them: `supabase functions deploy --workdir <folder> --use-api`. Each is one JavaScript file.
 * Functions that were built there before are removed.
 *
 * ```
 * <folder>/supabase/config.toml
 * <folder>/supabase/functions/<name>/index.js, index.js.map, deno.json
 * ```
 *
 * The source map is not deployed; it translates positions in logged stack traces.
 *
 * @throws {Error} if an import cannot be resolved.
 */
export async function buildFunctions(folder: string): Promise<Bundle[]> {
  const { projectId, functions } = await readDeployedFunctions();
  const bundles = await bundleFunctions(
    functions.map(({ name, entrypoint }) => ({ name, path: entrypoint })),
  );
  const target = join(folder, "supabase");
  await Deno.remove(join(target, "functions"), { recursive: true }).catch(whenMissing(undefined));
  for (const { name, code, sourceMap } of bundles) {
    const path = join(target, "functions", name);
    await Deno.mkdir(path, { recursive: true });
    await Deno.writeFile(join(path, "index.js"), code);
    await Deno.writeFile(join(path, "index.js.map"), sourceMap);
    // Without one of its own, a function gets the import map of a folder above.
    await Deno.writeTextFile(join(path, "deno.json"), "{}\n");
  }
  const sections = functions.map(({ name, settings }) => [name, {
    ...settings,
    entrypoint: `./functions/${name}/index.js`,
    import_map: `./functions/${name}/deno.json`,
  }]);
  const config = { project_id: projectId, functions: Object.fromEntries(sections) };
  await Deno.writeTextFile(join(target, "config.toml"), stringify(config));
  return bundles;
}
