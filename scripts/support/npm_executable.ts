import { dirname, join } from "node:path";

/**
 * Returns the path of an executable in a platform's npm package. Downloads the package on the first
 * call.
 *
 * The package that selects the platform is not used, because it would download all platforms. The
 * download runs in a process without the repository's lock file: Deno downloads every package that
 * a lock file names, so the first `deno task` would download these packages, up to 139 MB each.
 *
 * @param name such as `@deno/linux-x64-glibc`
 * @param path path of the executable inside the package
 * @throws {Error} if the package cannot be downloaded.
 */
export async function npmExecutable(name: string, version: string, path: string): Promise<string> {
  const program = `
    import { createRequire } from "node:module";
    await import("npm:${name}@${version}/package.json", { with: { type: "json" } });
    console.log(createRequire(import.meta.url).resolve("${name}/package.json"));`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-config", "--no-lock", program],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${name} could not be downloaded: ${text.decode(stderr)}`);
  const executable = join(dirname(text.decode(stdout).trim()), path);
  await Deno.chmod(executable, 0o755);
  return executable;
}
