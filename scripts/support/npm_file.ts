import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { whenMissing } from "./when_missing.ts";

/**
 * Returns the path of a file inside an npm package of `deno.json`, exported or not. Downloads the
 * package on the first call.
 *
 * @param path such as `dist/d3.min.js`
 */
export async function npmFile(name: string, path: string): Promise<string> {
  // Deno's `require` finds a package only after it has been imported.
  await import(name);
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!await isFile(join(folder, "package.json"))) {
    if (dirname(folder) === folder) throw new Error(`${name} has no package.json`);
    folder = dirname(folder);
  }
  return join(folder, path);
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(whenMissing(null)))?.isFile === true;
}
