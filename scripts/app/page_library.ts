import { join } from "node:path";
import { z } from "zod";
import { npmModule } from "../support/npm_download.ts";
import { packageFolder } from "../support/npm_file.ts";
import manifest from "./check.json" with { type: "json" };

const importsSchema = z.record(z.string(), z.string());

/**
 * Returns the exact version in `check.json` of a package that only pages use. It is not in
 * `deno.json`, so that the lock file, of which Deno downloads every package, does not name it.
 */
export function pageLibraryVersion(name: string): string {
  const start = `npm:${name}@`;
  const target = Object.values(importsSchema.parse(manifest.imports))
    .find((target) => target.startsWith(start));
  if (target === undefined) throw new Error(`${name} is not in scripts/app/check.json`);
  return target.slice(start.length);
}

/**
 * Returns the path of a file in a package that only pages use. Downloads the package on the first
 * call.
 *
 * @param path such as `build/vega.min.js`
 */
export async function pageLibraryFile(name: string, path: string): Promise<string> {
  return join(await packageFolder(await npmModule(name, pageLibraryVersion(name))), path);
}
