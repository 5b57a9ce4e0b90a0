import { glob } from "node:fs/promises";
import { extname, join } from "node:path";
import { npmFile } from "../support/npm_file.ts";
import { pageLibraryFile } from "./page_library.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/app");

/** Content types by extension. Files of other kinds are not served. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** File of a library in its form for browsers. */
type Library = readonly [name: string, path: string];

/** Libraries from the packages that `deno.json` names. */
const LIBRARIES: Readonly<Record<string, Library>> = {
  "vendor/d3.min.js": ["d3", "dist/d3.min.js"],
  "vendor/eventsource-parser/errors.js": ["eventsource-parser", "dist/errors.js"],
  "vendor/eventsource-parser/parse.js": ["eventsource-parser", "dist/parse.js"],
  "vendor/eventsource-parser/stream.js": ["eventsource-parser", "dist/stream.js"],
  "vendor/marked.js": ["marked", "lib/marked.umd.js"],
  "vendor/plot.umd.min.js": ["@observablehq/plot", "dist/plot.umd.min.js"],
  "vendor/supabase.js": ["@supabase/supabase-js", "dist/umd/supabase.js"],
};

/** Libraries that only pages use. They are downloaded when a page is built or first asks for them. */
const PAGE_LIBRARIES: Readonly<Record<string, Library>> = {
  "vendor/purify.js": ["dompurify", "dist/purify.min.js"],
  "vendor/vega.min.js": ["vega", "build/vega.min.js"],
  "vendor/vega-embed.min.js": ["vega-embed", "build/vega-embed.min.js"],
  "vendor/vega-lite.min.js": ["vega-lite", "build/vega-lite.min.js"],
};

/** One file of the app. */
export interface AppFile {
  /** Content type. */
  readonly type: string;
  /** Path on disk. */
  readonly path: string;
}

/** Returns the name of each file of the app below its root, `config.json` excepted, sorted. */
export async function listAppFiles(): Promise<string[]> {
  const names = await Array.fromAsync(glob("**/*", { cwd: FOLDER }));
  const served = names.filter((name) => TYPES[extname(name)] !== undefined);
  return [...Object.keys(LIBRARIES), ...Object.keys(PAGE_LIBRARIES), ...served].sort();
}

/** Returns a file of the app by its name, such as `report/main.js`; null if there is none. */
export async function findAppFile(name: string): Promise<AppFile | null> {
  const type = TYPES[extname(name)];
  if (type === undefined) return null;
  const library = LIBRARIES[name];
  if (library !== undefined) return { type, path: await npmFile(...library) };
  const pageLibrary = PAGE_LIBRARIES[name];
  if (pageLibrary !== undefined) return { type, path: await pageLibraryFile(...pageLibrary) };
  return (await listAppFiles()).includes(name) ? { type, path: join(FOLDER, name) } : null;
}
