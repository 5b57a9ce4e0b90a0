import { npmExecutable } from "../npm_executable.ts";
import { findNode, type Peer, startPeer } from "./peers.ts";

const NPM_VERSION = "11.6.2";
const SCRIPTS = `${import.meta.dirname}/peers`;

/** Its database comes as a binary for the platform; of its other options it needs none here. */
const MANIFEST = {
  private: true,
  type: "module",
  dependencies: { promptfoo: "0.123.1", [sqlitePackage()]: "0.5.29" },
};

/**
 * Installs promptfoo in a temporary folder, 280 MB, and starts it. npm itself does it, since of
 * promptfoo's optional dependencies some cannot be had and none is wanted.
 *
 * @throws when the npm registry cannot be reached.
 */
export async function startPromptfoo(baseUrl: string): Promise<Peer> {
  const node = await findNode();
  const npm = await npmExecutable("npm", NPM_VERSION, "bin/npm-cli.js");
  const folder = await Deno.makeTempDir({ prefix: "modelpick-promptfoo-" });
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(MANIFEST));
  const { success, stderr } = await new Deno.Command(node, {
    args: [
      ...[npm, "install", "--omit=optional", "--ignore-scripts"],
      ...["--no-audit", "--no-fund", "--loglevel=error"],
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    await Deno.remove(folder, { recursive: true });
    throw new Error(`promptfoo could not be installed: ${new TextDecoder().decode(stderr)}`);
  }
  for (const file of ["promptfoo.mjs", "serve.mjs"]) {
    await Deno.copyFile(`${SCRIPTS}/${file}`, `${folder}/${file}`);
  }
  const peer = await startPeer(node, folder, "promptfoo.mjs", baseUrl, {
    PROMPTFOO_CONFIG_DIR: `${folder}/home`,
    PROMPTFOO_DISABLE_TELEMETRY: "1",
    PROMPTFOO_DISABLE_UPDATE: "1",
    LOG_LEVEL: "error",
  });
  return {
    call: (command, options) => peer.call(command, options),
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function sqlitePackage(): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  return os === "darwin" ? `@libsql/darwin-${cpu}` : `@libsql/linux-${cpu}-gnu`;
}
