import { join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { z } from "zod";
import type { FunctionConfig, StackConfig } from "../../stack/config.ts";
import { importArguments } from "../../stack/functions/function_source.ts";
import { hostedDeno } from "../../support/hosted_deno.ts";
import { whenMissing } from "../../support/when_missing.ts";

/** Size of what is uploaded for a function. */
export interface Bundle {
  readonly megabytes: number;
  readonly compressedMegabytes: number;
  /** npm packages in it by name and version, with their unpacked sizes in bytes. */
  readonly packages: ReadonlyMap<string, number>;
}

/** Quality with which the Supabase CLI compresses a bundle. */
const BROTLI_QUALITY = 6;

const graphSchema = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    local: z.string().nullish(),
    npmPackage: z.string().optional(),
    error: z.string().optional(),
  })),
  npmPackages: z.record(
    z.string(),
    z.object({ name: z.string(), version: z.string(), dependencies: z.array(z.string()) }),
  ),
});

/**
 * Measures a function's bundle: the modules of its import graph, and every file of every npm package
 * that the graph reaches, as the CLI puts them into an eszip and compresses it.
 *
 * @throws {Error} if an import cannot be resolved.
 */
export async function measureBundle(
  config: Pick<StackConfig, "functionsDir" | "rootDir">,
  source: FunctionConfig,
): Promise<Bundle> {
  const { path } = await hostedDeno();
  const options = ["--no-lock", "--node-modules-dir=none"];
  const imports = [...importArguments(source, config), source.entrypoint];
  await run(path, ["cache", "--quiet", ...options, ...imports]);
  const { modules, npmPackages } = graphSchema.parse(
    JSON.parse(await run(path, ["info", "--json", ...options, ...imports])),
  );
  const broken = modules.find(({ error }) => error !== undefined);
  if (broken !== undefined) throw new Error(`${broken.specifier}: ${broken.error}`);

  const cache = await findNpmCache(path);
  const files: File[] = [];
  for (const { local } of modules) {
    if (local) files.push({ name: relative(config.rootDir, local), path: local });
  }
  const packages = new Map<string, number>();
  const reached = new Set<string>();
  const waiting = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const found = npmPackages[id];
    if (found === undefined) throw new Error(`${id} is not among the resolved packages`);
    waiting.push(...found.dependencies);
    const content = await listPackage(cache, found.name, found.version);
    files.push(...content);
    let size = 0;
    for (const { path } of content) size += (await Deno.stat(path)).size;
    packages.set(`${found.name}@${found.version}`, size);
  }
  const parts: Uint8Array[] = [];
  for (const { name, path } of files.sort((a, b) => a.name < b.name ? -1 : 1)) {
    parts.push(new TextEncoder().encode(name), await Deno.readFile(path));
  }
  const whole = new Uint8Array(await new Blob(parts.map((part) => part.slice())).arrayBuffer());
  const compressed = brotliCompressSync(whole, {
    params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
  });
  return {
    megabytes: whole.length / 1e6,
    compressedMegabytes: compressed.length / 1e6,
    packages,
  };
}

interface File {
  readonly name: string;
  readonly path: string;
}

/** Returns the folders of Deno's npm cache, one for each registry. */
async function findNpmCache(deno: string): Promise<string[]> {
  const { npmCache } = z.object({ npmCache: z.string() }).parse(
    JSON.parse(await run(deno, ["info", "--json", "--no-config"])),
  );
  const folders: string[] = [];
  for await (const entry of Deno.readDir(npmCache)) {
    if (entry.isDirectory) folders.push(join(npmCache, entry.name));
  }
  return folders;
}

/** Lists all files of a package. A package of another platform is not downloaded and has none. */
async function listPackage(
  cache: readonly string[],
  name: string,
  version: string,
): Promise<File[]> {
  for (const registry of cache) {
    const folder = join(registry, name, version);
    const isThere = await Deno.stat(folder).catch(whenMissing(null)) !== null;
    if (isThere) return await listFiles(folder, `${name}@${version}`);
  }
  return [];
}

async function listFiles(folder: string, name: string): Promise<File[]> {
  const files: File[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const below = { name: `${name}/${entry.name}`, path: join(folder, entry.name) };
    if (entry.isDirectory) files.push(...await listFiles(below.path, below.name));
    else files.push(below);
  }
  return files;
}

async function run(deno: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(deno, {
    args: [...args],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`deno ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
