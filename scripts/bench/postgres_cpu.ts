import type postgres from "postgres";

/** Of `/proc`: what the kernel counts time in, the same on every Linux that matters. */
const TICK_MS = 10;

/**
 * Milliseconds of user and system time that a database's server has used, with all the processes it
 * has had. Null where there is no `/proc`.
 */
export async function readPostgresCpu(sql: postgres.Sql): Promise<number | null> {
  const [row] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  const server = (await readStat(row.pid))?.parent;
  if (server === undefined) return null;
  let ticks = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readStat(Number(name));
    if (stat === undefined) continue;
    if (Number(name) === server) ticks += stat.own + stat.ended;
    else if (stat.parent === server) ticks += stat.own;
  }
  return ticks * TICK_MS;
}

interface Stat {
  readonly parent: number;
  /** Ticks of the process, and of its children that have ended. */
  readonly own: number;
  readonly ended: number;
}

/** proc(5): after the name in parentheses state and parent; utime, stime, cutime and cstime later. */
async function readStat(pid: number): Promise<Stat | undefined> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    const at = (index: number) => fields[index] ?? 0;
    return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
  } catch (error) {
    // It has ended meanwhile, or there is no such file system.
    if (error instanceof Deno.errors.NotFound || isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
