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
  return join(await packageFolder(createRequire(import.meta.url).resolve(name)), path);
}

/** Returns the folder of the package that a file belongs to. */
export async function packageFolder(file: string): Promise<string> {
  let folder = dirname(file);
  while (!await isFile(join(folder, "package.json"))) {
    if (dirname(folder) === folder) throw new Error(`${file} is in no package`);
    folder = dirname(folder);
  }
  return folder;
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(whenMissing(null)))?.isFile === true;
}
