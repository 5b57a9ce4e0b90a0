import { extname, join } from "node:path";
import { npmFile } from "../support/npm_file.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/report-page");

/** What the page is served as; files of other kinds are none of the page's. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Libraries as browsers take them, from the packages that `deno.json` names. */
const LIBRARIES: Readonly<Record<string, readonly [name: string, path: string]>> = {
  "vendor/d3.min.js": ["d3", "dist/d3.min.js"],
  "vendor/plot.umd.min.js": ["@observablehq/plot", "dist/plot.umd.min.js"],
  "vendor/supabase.js": ["@supabase/supabase-js", "dist/umd/supabase.js"],
};

/** One file of the report page. */
export interface PageFile {
  readonly type: string;
  /** Where it lies. */
  readonly path: string;
}

/** The name, below the page's folder, of each file it consists of, `config.json` aside. */
export async function listPageFiles(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(FOLDER)) {
    if (isFile && TYPES[extname(name)] !== undefined) names.push(name);
  }
  return [...names, ...Object.keys(LIBRARIES)].sort();
}

/** A file of the page by its name; null for a name that is none. */
export async function findPageFile(name: string): Promise<PageFile | null> {
  const type = TYPES[extname(name)];
  if (type === undefined) return null;
  const library = LIBRARIES[name];
  if (library !== undefined) return { type, path: await npmFile(...library) };
  return (await listPageFiles()).includes(name) ? { type, path: join(FOLDER, name) } : null;
}
