import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { build, type Metafile, type Plugin, stop } from "esbuild";
import { z } from "zod";
import { FUNCTIONS, ROOT } from "./deployed_functions.ts";

/** Module to bundle. */
export interface Entry {
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
}

/** A module with everything that it imports, in one file. */
export interface Bundle {
  readonly name: string;
  /** JavaScript module. All that it imports are modules of Node.js, as `node:…`. */
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
  /** Bytes of the code by package, such as `zod@4.6.7`; the repository's own are under `source`. */
  readonly packages: ReadonlyMap<string, number>;
}

const importsSchema = z.object({ imports: z.record(z.string(), z.string()).default({}) });
const jsxSchema = z.object({
  compilerOptions: z.object({ jsx: z.literal("react-jsx"), jsxImportSource: z.string() }),
});

/** Variables of Node.js that Deno 2.1 has inside npm packages, and not in a module of one's own. */
const BANNER = [
  'import { Buffer } from "node:buffer";',
  'import { createRequire } from "node:module";',
  'import process from "node:process";',
  'import { clearImmediate, setImmediate } from "node:timers";',
  "const require = createRequire(import.meta.url), global = globalThis;",
  'const __dirname = ".", __filename = "./index.js";',
].join("");

/**
 * Bundles modules with their packages: those of the functions' `deno.json`, in the versions of the
 * repository's lock file. Identifiers keep their names, so that a stack trace can be read.
 *
 * @throws {Error} if an import cannot be resolved.
 */
export async function bundleFunctions(entries: readonly Entry[]): Promise<Bundle[]> {
  const { compilerOptions } = jsxSchema.parse(await readJson(join(ROOT, "deno.json")));
  const folder = await Deno.makeTempDir({ prefix: "modelpick-functions-" });
  try {
    const nodeModules = await installPackages(folder);
    return await Promise.all(entries.map(async ({ name, path }): Promise<Bundle> => {
      const { outputFiles, metafile } = await build({
        entryPoints: [path],
        outfile: join(folder, name, "index.js"),
        absWorkingDir: ROOT,
        bundle: true,
        write: false,
        metafile: true,
        format: "esm",
        target: "es2023",
        platform: "node",
        // As Deno chooses among a package's files.
        conditions: ["deno", "node"],
        // esbuild cannot follow the imports of packages whose `main` is UMD.
        mainFields: ["module", "main"],
        nodePaths: [nodeModules],
        plugins: [prefixBuiltins, inlineWasm, shakeZod, leaveOutAjv],
        loader: { ".wasm": "binary" },
        banner: { js: BANNER },
        minifySyntax: true,
        minifyWhitespace: true,
        sourcemap: "external",
        sourcesContent: false,
        legalComments: "none",
        logLevel: "silent",
        tsconfigRaw: { compilerOptions },
      });
      const read = (ending: string) => {
        const file = outputFiles.find(({ path }) => path.endsWith(ending));
        if (file === undefined) throw new Error(`esbuild wrote no ${ending} for ${name}`);
        return file.contents;
      };
      return {
        name,
        code: read(".js"),
        sourceMap: read(".js.map"),
        packages: sumPackages(metafile),
      };
    }));
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes a `node_modules` with the functions' packages from Deno's cache. Returns its path. */
async function installPackages(folder: string): Promise<string> {
  const imports: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(FUNCTIONS)) {
    if (!isDirectory || name.startsWith("_")) continue;
    const manifest = await readJson(join(FUNCTIONS, name, "deno.json"));
    Object.assign(imports, importsSchema.parse(manifest).imports);
  }
  const config = JSON.stringify({ nodeModulesDir: "auto", imports });
  await Deno.writeTextFile(join(folder, "deno.json"), config);
  await Deno.copyFile(join(ROOT, "deno.lock"), join(folder, "deno.lock"));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: folder,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`deno install: ${new TextDecoder().decode(stderr)}`);
  return join(folder, "node_modules");
}

/** Writes `node:` before the names of Node.js modules, without which Deno does not find them. */
const prefixBuiltins: Plugin = {
  name: "prefix-builtins",
  setup({ onResolve }) {
    onResolve({ filter: /^[a-z0-9_/:]+$/ }, ({ path }) => {
      if (!isBuiltin(path)) return null;
      return { path: path.startsWith("node:") ? path : `node:${path}`, external: true };
    });
  },
};

/** Puts the SQL parser's WASM into the code, since no other file of a function is deployed. */
const inlineWasm: Plugin = {
  name: "inline-wasm",
  setup({ onResolve, onLoad, resolve }) {
    const parser = "libpg-query/wasm/libpg-query.js";
    onResolve({ filter: /^libpg-query\/wasm\/libpg-query\.js$/ }, async (found) => {
      if (found.pluginData === inlineWasm) return null;
      const { kind, resolveDir } = found;
      const { path, errors } = await resolve(parser, { kind, resolveDir, pluginData: inlineWasm });
      return errors.length > 0 ? { errors } : { path, namespace: inlineWasm.name };
    });
    onLoad({ filter: /./, namespace: inlineWasm.name }, ({ path }) => ({
      contents: `import start from ${JSON.stringify(path)};
        import wasmBinary from ${JSON.stringify(path.replace(/\.js$/, ".wasm"))};
        export default (options) => start({ ...options, wasmBinary });`,
      resolveDir: ROOT,
    }));
  },
};

/**
 * Lets esbuild leave out what is unused of zod: three quarters of it, 50 languages among them, and
 * 15 ms of evaluation. It cannot do so through the object `z`.
 */
const shakeZod: Plugin = {
  name: "shake-zod",
  setup({ onLoad }) {
    onLoad({ filter: /\/supabase\/functions\/.*\.tsx?$/ }, async ({ path }) => ({
      contents: (await Deno.readTextFile(path))
        .replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";'),
      loader: path.endsWith("x") ? "tsx" : "ts",
    }));
  },
};

/**
 * Takes the MCP server's form for browsers, which checks JSON Schema with another package than Ajv: 9 ms
 * of evaluation. Our tools state their schemas in zod.
 */
const leaveOutAjv: Plugin = {
  name: "leave-out-ajv",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^@modelcontextprotocol\/server\/_shims$/ }, async (found) => {
      const { path, errors } = await resolve("@modelcontextprotocol/server", {
        kind: found.kind,
        resolveDir: found.resolveDir,
      });
      return errors.length > 0 ? { errors } : { path: join(dirname(path), "shimsBrowser.mjs") };
    });
  },
};

function sumPackages({ outputs }: Metafile): Map<string, number> {
  const packages = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, folder] = /node_modules\/\.deno\/([^/]+)\//.exec(path) ?? [];
      const name = folder?.replaceAll("+", "/") ?? "source";
      packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
    }
  }
  return packages;
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(path));
}
