import { join, relative } from "node:path";
import { z } from "zod";
import { whenMissing } from "../support/when_missing.ts";
import { compressedSize } from "./compressed_size.ts";
import { type DeployedFunction, ROOT } from "./deployed_functions.ts";

/** Size of a function that is deployed as it stands in the repository. */
export interface SourceSize {
  readonly megabytes: number;
  readonly compressedMegabytes: number;
  /** Compressed bytes by npm package, such as `zod@4.6.7`; the repository's own are under `source`. */
  readonly packages: ReadonlyMap<string, number>;
}

interface Size {
  readonly bytes: number;
  readonly compressed: number;
}

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
 * Measures the sources of functions: the modules of a function's import graph, and every file of every
 * npm package that the graph reaches, as the CLI puts them into an eszip. Each package is compressed
 * by itself.
 *
 * @throws {Error} if an import cannot be resolved.
 */
export async function measureSources(
  functions: readonly DeployedFunction[],
): Promise<Map<string, SourceSize>> {
  const cache = await findNpmCache();
  const known = new Map<string, Size>();
  const sizes = new Map<string, SourceSize>();
  for (const deployed of functions) {
    const { files, packages } = await readGraph(deployed);
    const parts = new Map([["source", await measureFiles(files)]]);
    for (const { name, version } of packages) {
      const id = `${name}@${version}`;
      const size = known.get(id) ?? await measureFiles(await listPackage(cache, name, version));
      known.set(id, size);
      parts.set(id, size);
    }
    const sum = (read: (size: Size) => number) =>
      [...parts.values()].reduce((total, size) => total + read(size), 0) / 1e6;
    sizes.set(deployed.name, {
      megabytes: sum(({ bytes }) => bytes),
      compressedMegabytes: sum(({ compressed }) => compressed),
      packages: new Map([...parts].map(([id, { compressed }]) => [id, compressed])),
    });
  }
  return sizes;
}

interface Graph {
  readonly files: readonly File[];
  readonly packages: readonly { readonly name: string; readonly version: string }[];
}

async function readGraph({ entrypoint, importMap }: DeployedFunction): Promise<Graph> {
  const options = ["--no-lock", "--node-modules-dir=none"];
  const imports = [`--config=${importMap}`, entrypoint];
  await runDeno("cache", "--quiet", ...options, ...imports);
  const { modules, npmPackages } = graphSchema.parse(
    JSON.parse(await runDeno("info", "--json", ...options, ...imports)),
  );
  const broken = modules.find(({ error }) => error !== undefined);
  if (broken !== undefined) throw new Error(`${broken.specifier}: ${broken.error}`);
  const reached = new Map<string, z.infer<typeof graphSchema>["npmPackages"][string]>();
  const waiting = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    const found = npmPackages[id];
    if (found === undefined) throw new Error(`${id} is not among the resolved packages`);
    reached.set(id, found);
    waiting.push(...found.dependencies);
  }
  return {
    files: modules.flatMap(({ local }) =>
      local ? [{ name: relative(ROOT, local), path: local }] : []
    ),
    packages: [...reached.values()],
  };
}

async function measureFiles(files: readonly File[]): Promise<Size> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const { name, path } of files.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
    parts.push(new TextEncoder().encode(name), await Deno.readFile(path));
  }
  const whole = await new Blob(parts).bytes();
  return { bytes: whole.length, compressed: compressedSize(whole) };
}

interface File {
  readonly name: string;
  readonly path: string;
}

/** Returns the folders of Deno's npm cache, one for each registry. */
async function findNpmCache(): Promise<string[]> {
  const { npmCache } = z.object({ npmCache: z.string() }).parse(
    JSON.parse(await runDeno("info", "--json", "--no-config")),
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

async function runDeno(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`deno ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
