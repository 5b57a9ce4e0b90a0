import { dirname, join } from "node:path";

/** This machine in the names of npm packages: `linux-x64`. */
export const NPM_PLATFORM = `${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;

/**
 * Returns the path of an executable in a platform's npm package. Downloads the package on the first
 * call. The package that selects the platform is not used, because it would download all platforms.
 *
 * @param name such as `@deno/linux-x64-glibc`
 * @param path path of the executable inside the package
 * @throws {Error} if the package cannot be downloaded.
 */
export async function npmExecutable(name: string, version: string, path: string): Promise<string> {
  const executable = join(dirname(await npmModule(name, version, "/package.json")), path);
  await Deno.chmod(executable, 0o755);
  return executable;
}

/**
 * Returns the path of a module in an npm package that `deno.json` does not name. Downloads the package
 * on the first call.
 *
 * The download runs in a process without the repository's lock file: Deno downloads every package that
 * a lock file names, so the first `deno task` would download these packages, up to 139 MB each.
 *
 * @param subpath such as `/package.json`; empty for the main module
 * @throws {Error} if the package cannot be downloaded.
 */
export async function npmModule(name: string, version: string, subpath = ""): Promise<string> {
  const attributes = subpath.endsWith(".json") ? '{ with: { type: "json" } }' : "{}";
  const program = `
    import { createRequire } from "node:module";
    await import("npm:${name}@${version}${subpath}", ${attributes});
    console.log(createRequire(import.meta.url).resolve("${name}${subpath}"));`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-config", "--no-lock", program],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${name} could not be downloaded: ${text.decode(stderr)}`);
  return text.decode(stdout).trim();
}
