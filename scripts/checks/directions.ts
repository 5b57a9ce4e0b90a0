/**
 * Checks that code under `supabase/functions` depends in one direction only:
 * `index.ts → handler → domain`, with adapters implementing the domain's ports. The domain imports
 * no adapter, no SDK, nothing of the runtime's, and does not touch `Deno`.
 *
 * Prints every offence with its file and line, and exits 1 if there is one.
 *
 *     deno run -A scripts/checks/directions.ts
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";

/** One file, and what it imports, types included. */
export interface SourceFile {
  /** Below `supabase/functions`: `_shared/compare/compare.ts`. */
  readonly path: string;
  readonly imports: readonly {
    /** A path like the file's own, or the specifier of a package: `openai`, `node:crypto`. */
    readonly target: string;
    /** From 1. */
    readonly line: number;
  }[];
  readonly source: string;
}

/** A line that depends on what its file must not depend on. */
export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

type Layer = "composition" | "handler" | "domain" | "http" | "adapter" | "environment";

/** Files of a function that tie adapters to its environment. */
const COMPOSITION = ["index.ts", "telemetry.ts"];

/** Packages that compute and do nothing else. Whatever has an effect is an adapter's to import. */
const PURE_PACKAGES = [
  "@cfworker/json-schema",
  "@observablehq/plot",
  "@pydantic/genai-prices",
  "csv-stringify",
  "entities",
  "fastest-levenshtein",
  "image-dimensions",
  "jsonc-parser",
  "libpg-query",
  "linkedom",
  "fast-xml-builder",
  "markdown-table",
  "multipasta",
  "node:crypto",
  "node:util",
  "jstat",
  "munkres",
  "papaparse",
  "pure-rand",
  "re2js",
  "react",
  "@react-email/body",
  "@react-email/button",
  "@react-email/container",
  "@react-email/head",
  "@react-email/heading",
  "@react-email/hr",
  "@react-email/html",
  "@react-email/preview",
  "@react-email/render",
  "@react-email/section",
  "@react-email/text",
  "simple-statistics",
  "saxes",
  "zod",
];

interface Rule {
  readonly layers: readonly Layer[];
  /** Packages allowed; `null` for any. */
  readonly packages: readonly string[] | null;
  readonly mayUseDeno: boolean;
}

const RULES: Readonly<Record<Layer, Rule>> = {
  composition: {
    layers: ["composition", "handler", "domain", "http", "adapter", "environment"],
    packages: null,
    mayUseDeno: true,
  },
  handler: { layers: ["handler", "domain", "http"], packages: PURE_PACKAGES, mayUseDeno: false },
  // The shapes of problems and log lines are part of what the domain says.
  domain: { layers: ["domain", "http"], packages: PURE_PACKAGES, mayUseDeno: false },
  http: {
    layers: ["domain", "http"],
    packages: [...PURE_PACKAGES, "jose"],
    mayUseDeno: false,
  },
  adapter: {
    layers: ["domain", "http", "adapter", "environment"],
    packages: null,
    mayUseDeno: true,
  },
  environment: { layers: ["domain", "environment"], packages: PURE_PACKAGES, mayUseDeno: true },
};

/** Every offence in `files`, in their order. Tests may import what they like. */
export function findOffences(files: readonly SourceFile[]): Offence[] {
  return files.filter(({ path }) => !isTest(path)).flatMap(({ path, imports, source }) => {
    const layer = layerOf(path);
    const rule = RULES[layer];
    const offences: Offence[] = [];
    for (const { target, line } of imports) {
      const isFile = target.endsWith(".ts") || target.endsWith(".tsx");
      if (isFile) {
        const targetLayer = layerOf(target);
        const isForeign = !target.startsWith("_shared/") && folderOf(target) !== folderOf(path);
        if (isForeign) {
          offences.push({ path, line, message: `imports ${target}, of another function` });
        } else if (isTest(target)) {
          offences.push({ path, line, message: `imports the test ${target}` });
        } else if (!rule.layers.includes(targetLayer)) {
          offences.push({ path, line, message: `${layer} imports ${targetLayer} ${target}` });
        }
      } else if (rule.packages !== null && !rule.packages.includes(packageOf(target))) {
        offences.push({ path, line, message: `${layer} imports the package ${target}` });
      }
    }
    if (!rule.mayUseDeno) {
      for (const line of linesUsingDeno(source)) {
        offences.push({ path, line, message: `${layer} uses Deno` });
      }
    }
    return offences;
  });
}

function layerOf(path: string): Layer {
  if (!path.startsWith("_shared/")) {
    return COMPOSITION.some((file) => path.endsWith(`/${file}`)) ? "composition" : "handler";
  }
  const [, folder = "", file] = path.split("/");
  if (file === undefined) return "environment";
  if (folder === "adapters") return "adapter";
  return folder === "http" ? "http" : "domain";
}

function folderOf(path: string): string {
  return path.split("/", 1)[0] ?? "";
}

function isTest(path: string): boolean {
  return /_test\.tsx?$/.test(path) || path.startsWith("_shared/testing/");
}

/** `zod/v4` and `npm:zod@4.6.7` are of the package `zod`; `node:fs` is its own. */
function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const [, name] = /^(?:npm:)?((?:@[^/]+\/)?[^/@]+)/.exec(specifier) ?? [];
  return name ?? specifier;
}

/** Comments and plain strings are passed over; a template may hold code, so it is not. */
function linesUsingDeno(source: string): number[] {
  const passedOver = /\/\*.*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gs;
  return source
    .replace(passedOver, (text) => text.replace(/[^\n]/g, " "))
    .split("\n")
    .flatMap((line, index) => /\bDeno\b/.test(line) ? [index + 1] : []);
}

const resolvedSchema = z.object({
  span: z.object({ start: z.object({ line: z.number() }) }).optional(),
  specifier: z.string().optional(),
});
const infoSchema = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    dependencies: z.array(z.object({
      specifier: z.string(),
      code: resolvedSchema.optional(),
      type: resolvedSchema.optional(),
    })).default([]),
  })),
});

/** Reads every file below `root` and what it imports, by the compiler's own parser (`deno info`). */
export async function readSourceFiles(root: URL): Promise<SourceFile[]> {
  const paths = (await listScripts(root)).sort();
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = paths.map((path) => `import ${JSON.stringify(new URL(path, root).href)};`);
    await Deno.writeTextFile(entry, imports.join("\n"));
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", config, pathToFileURL(entry).href],
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`deno info failed: ${decoder.decode(stderr)}`);
    const { modules } = infoSchema.parse(JSON.parse(decoder.decode(stdout)));
    const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
    return await Promise.all(paths.map(async (path): Promise<SourceFile> => {
      const module = bySpecifier.get(new URL(path, root).href);
      if (module === undefined) throw new Error(`deno info does not know ${path}`);
      return {
        path,
        source: await Deno.readTextFile(new URL(path, root)),
        imports: module.dependencies.map(({ specifier, code, type }) => {
          const resolved = code ?? type;
          const isBelow = resolved?.specifier?.startsWith(root.href) === true;
          return {
            target: isBelow ? resolved?.specifier?.slice(root.href.length) ?? "" : specifier,
            line: (resolved?.span?.start.line ?? 0) + 1,
          };
        }),
      };
    }));
  } finally {
    await Deno.remove(entry);
  }
}

async function listScripts(root: URL, folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) found.push(...await listScripts(root, `${folder}${name}/`));
    else if (/\.tsx?$/.test(name)) found.push(folder + name);
  }
  return found;
}

if (import.meta.main) {
  const files = await readSourceFiles(new URL("../../supabase/functions/", import.meta.url));
  const offences = findOffences(files);
  for (const { path, line, message } of offences) {
    console.error(`supabase/functions/${path}:${line}: ${message}`);
  }
  if (offences.length > 0) Deno.exit(1);
  console.log(`${files.length} files depend in the right direction.`);
}
