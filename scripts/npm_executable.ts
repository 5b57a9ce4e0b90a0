import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * The path of an executable that an npm package carries for one platform; downloads the package on
 * the first call.
 *
 * The package that chooses among the platforms is passed by, since it would bring all of them.
 *
 * @param name such as `@deno/linux-x64-glibc`
 * @param path of the executable inside the package
 */
export async function npmExecutable(name: string, version: string, path: string): Promise<string> {
  // Not a literal, so that nothing is downloaded until it is asked for.
  const manifest = `npm:${name}@${version}/package.json`;
  await import(manifest, { with: { type: "json" } });
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const executable = join(folder, path);
  await Deno.chmod(executable, 0o755);
  return executable;
}
