import { commandOf, waitUntil } from "./processes.ts";

/** Time in milliseconds that the processes of a killed stack may need to notice it and end. */
const PATIENCE_MS = 1500;

/** Error of a port that the stack needs and another process uses. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";

  constructor(
    readonly port: number,
    readonly purpose: string,
    readonly holder: string | undefined,
  ) {
    super(
      `port ${port}, which the stack's ${purpose} needs, is taken` +
        (holder === undefined ? "" : ` by ${holder}`) +
        ": end that, or start with other ports, such as --port-base 20000",
    );
  }
}

/**
 * Checks that nothing listens on a port of 127.0.0.1.
 *
 * @throws {PortTakenError} naming the listening process if it can be found.
 */
export async function assertPortFree(port: number, purpose: string): Promise<void> {
  if (await waitUntil(() => isPortFree(port), PATIENCE_MS)) return;
  throw new PortTakenError(port, purpose, await findHolder(port).catch(() => undefined));
}

function isPortFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/**
 * Describes the process that uses a port, such as `process 4711 (node server.js)`. It may listen
 * there, or the port is one of those that the system gives to outgoing connections.
 */
async function findHolder(port: number): Promise<string | undefined> {
  const pid = Deno.build.os === "linux" ? await findInProc(port) : await askLsof(port);
  if (pid === undefined) return undefined;
  const command = await commandOf(pid);
  return `process ${pid}` + (command === undefined ? "" : ` (${command.slice(0, 120)})`);
}

async function findInProc(port: number): Promise<number | undefined> {
  const sockets = new Set<string>();
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await Deno.readTextFile(table).catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix)) sockets.add(`socket:[${fields[9]}]`);
    }
  }
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      for await (const descriptor of Deno.readDir(`/proc/${name}/fd`)) {
        const target = await Deno.readLink(`/proc/${name}/fd/${descriptor.name}`).catch(() => "");
        if (sockets.has(target)) return Number(name);
      }
    } catch {
      // The process has ended, or belongs to another user.
    }
  }
  return undefined;
}

async function askLsof(port: number): Promise<number | undefined> {
  const { stdout } = await new Deno.Command("lsof", {
    args: ["-nP", `-iTCP:${port}`, "-t"],
    stderr: "null",
  }).output();
  const pid = Number.parseInt(new TextDecoder().decode(stdout), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
