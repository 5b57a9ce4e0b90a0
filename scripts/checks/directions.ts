/**
 * Checks that imports under `supabase/functions` follow {@link ARROWS}: a function uses the parts of
 * the product, a part uses models, comparison and statistics, and all use the platform. Also checks that
 * `scripts/` does not import `tests/`.
 */
import { glob } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";

/**
 * Folders of `_shared`, each with the folders that it may import from. To allow a new arrow, add it
 * here with its reason. Circles are always refused.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  statistics: ["platform"],
  compare: ["platform"],
  // The JSON of an answer is chosen by the schema's comparison rules.
  models: ["compare", "platform"],
  accounts: ["platform"],
  datasets: ["platform"],
  benchmark: ["models", "compare", "statistics", "platform"],
  // An order is a benchmark's frozen configuration and its price.
  billing: ["benchmark", "platform"],
  report: ["benchmark", "models", "compare", "statistics", "platform"],
  email: ["report", "platform"],
  prompts: ["models", "compare", "statistics", "platform"],
  // Reports of tests are decoded like datasets, with the same errors.
  tracking: ["datasets", "models", "statistics", "platform"],
  chat: ["models", "platform"],
};

/** Folder for tests and scripts only. */
const TESTING = "testing";

/**
 * Files of `_shared` that use the database, the network or the clock. Only they may import packages
 * with such effects. Only they and a function's entry file may import their values, so that the
 * rest can be tested without any of these.
 */
const OUTWARD: Readonly<Record<string, readonly string[]>> = {
  platform: [
    "account_access",
    "act_as",
    "database",
    "database/connect",
    "database/session",
    "database/socket",
    "edge_runtime",
    "jobs/job_source",
    "jobs/serve_queue_worker",
    "otlp_exporter",
    "storage",
    "system_clock",
    "user_lookup",
    "worker_token",
  ],
  models: [
    "calls/endpoint_client",
    "calls/model_client",
    "errors/provider_errors",
    "answers/read_completion",
    "catalogue/fetch_model_list",
    "catalogue/model_lists",
    "catalogue/model_sync",
  ],
  benchmark: [
    "store",
    "signed_images",
    "order/draft_store",
    "order/image_store",
    "order/image_fitter",
    "order/model_catalogue",
    "order/orphan_images",
  ],
  billing: ["refunds", "store", "stripe"],
  report: ["store", "rescoring", "rescoring_queue"],
  email: ["store", "resend"],
  prompts: ["store", "prompt_catalogue", "prompt_reader"],
  accounts: ["store"],
  datasets: ["store"],
  tracking: [
    "store",
    "failing_tests",
    "run_report_reader",
    "watcher/review_store",
    "watcher/watcher_source",
  ],
  chat: [
    "store",
    "chat_model",
    "compose_chat",
    "persist_telemetry",
    "telemetry_log",
    "trace_model",
  ],
};

/** Files of a function that connect the rules to the outside world. */
const COMPOSITION = /^[^_/][^/]*\/(index|telemetry)\.ts$/;

/** Packages that only compute; a scope stands for all of its packages. */
const PURE_PACKAGES = [
  "@cfworker/json-schema",
  // Speaks HTTP through the requests and responses that it is given.
  "@modelcontextprotocol/server",
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
  "hono",
  "jose",
  "markdown-table",
  "multipasta",
  "node:crypto",
  "node:util",
  "jstat",
  "munkres",
  "papaparse",
  "pure-rand",
  "re2js",
  "simple-statistics",
  "saxes",
  "zod",
];

/** File with its imports, including type imports. */
export interface SourceFile {
  /** Path below `supabase/functions`: `_shared/compare/compare.ts`. */
  readonly path: string;
  readonly imports: readonly {
    /** Path like the file's own, or the specifier of a package: `openai`, `node:crypto`. */
    readonly target: string;
    /** Line number from 1. */
    readonly line: number;
    readonly isType: boolean;
  }[];
  readonly source: string;
}

/** Line with a forbidden dependency. */
export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Returns a line of text for every offence in the repository. */
export async function checkDirections(): Promise<string[]> {
  const files = await readSourceFiles(new URL("../../supabase/functions/", import.meta.url));
  return [
    ...findOffences(files).map(({ path, line, message }) =>
      `supabase/functions/${path}:${line}: ${message}`
    ),
    ...await findScriptOffences(new URL("../", import.meta.url)),
  ];
}

/** Returns every offence in `files`, in their order. Tests may import everything. */
export function findOffences(files: readonly SourceFile[]): Offence[] {
  const product = files.filter(({ path }) => !isForTests(path));
  return [...product.flatMap(findOwnOffences), ...findCircles(product)];
}

function findOwnOffences({ path, imports, source }: SourceFile): Offence[] {
  const reachesOut = isOutward(path) || COMPOSITION.test(path);
  const offences = imports.flatMap(({ target, line, isType }) => {
    const message = /\.tsx?$/.test(target)
      ? refuseFile(path, target, isType || reachesOut)
      : refusePackage(target, isType || reachesOut);
    return message === null ? [] : [{ path, line, message }];
  });
  if (reachesOut) return offences;
  const lines = linesUsingDeno(source);
  return [...offences, ...lines.map((line) => ({ path, line, message: "uses Deno" }))];
}

function refuseFile(path: string, target: string, mayReachOut: boolean): string | null {
  if (isForTests(target)) return `imports ${target}, which is for tests`;
  if (!target.startsWith("_shared/")) {
    const [folder] = target.split("/", 1);
    return path.startsWith(`${folder}/`) ? null : `imports ${target}, of another function`;
  }
  const [from, to] = [partOf(path), partOf(target)];
  if (from !== null && to !== null && from !== to && ARROWS[from]?.includes(to) !== true) {
    return `imports ${target}: no arrow leads from ${from} to ${to}`;
  }
  return isOutward(target) && !mayReachOut ? `imports ${target}, which reaches outside` : null;
}

function refusePackage(target: string, mayReachOut: boolean): string | null {
  const isPure = PURE_PACKAGES.some((name) => target === name || target.startsWith(`${name}/`));
  return mayReachOut || isPure ? null : `imports the package ${target}, which may reach outside`;
}

/** Returns an offence for each file that imports itself through other files. */
function findCircles(files: readonly SourceFile[]): Offence[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const offences: Offence[] = [];
  const visit = ({ path, imports }: SourceFile, way: readonly string[]) => {
    if (done.has(path)) return;
    const here = [...way, path];
    for (const { target, line } of imports) {
      const next = byPath.get(target);
      if (next === undefined) continue;
      if (!here.includes(target)) visit(next, here);
      else {
        const circle = [...here.slice(here.indexOf(target)), target].join(" → ");
        offences.push({ path, line, message: `closes the circle ${circle}` });
      }
    }
    done.add(path);
  };
  for (const file of files) visit(file, []);
  return offences;
}

/** Returns the folder below `_shared`; null for a file of a function. */
function partOf(path: string): string | null {
  return /^_shared\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function isOutward(path: string): boolean {
  const [, part = "", name = ""] = /^_shared\/([^/]+)\/(.+)\.tsx?$/.exec(path) ?? [];
  return OUTWARD[part]?.includes(name) === true;
}

function isForTests(path: string): boolean {
  return /_test\.tsx?$/.test(path) || partOf(path) === TESTING;
}

/** Returns the lines that use `Deno` outside comments and plain strings. Templates may contain code. */
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

/** Reads every file below `root` and its imports, with the compiler's own parser (`deno info`). */
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
            isType: code === undefined,
          };
        }),
      };
    }));
  } finally {
    await Deno.remove(entry);
  }
}

async function listScripts(root: URL): Promise<string[]> {
  return await Array.fromAsync(glob("**/*.{ts,tsx}", { cwd: fileURLToPath(root) }));
}

/** Returns the files below `scripts/` that import from `tests/`: a command works without them. */
async function findScriptOffences(root: URL): Promise<string[]> {
  const paths = (await listScripts(root)).filter((path) => !isForTests(path));
  const offences = await Promise.all(paths.map(async (path) => {
    const source = await Deno.readTextFile(new URL(path, root));
    return /from "[./]*\/tests\//.test(source) ? [`scripts/${path}: imports from tests/`] : [];
  }));
  return offences.flat();
}
