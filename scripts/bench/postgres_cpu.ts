import type postgres from "postgres";

/** Length of a kernel tick in `/proc`, the same on every common Linux. */
const TICK_MS = 10;

/**
 * Returns the milliseconds of user and system time that a database's server has used in all its
 * processes, past ones included. Returns null without `/proc`.
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
  /** Ticks of the process and of its children that have ended. */
  readonly own: number;
  readonly ended: number;
}

/**
 * Reads `/proc/<pid>/stat`. After the name in parentheses come state and parent, then utime, stime,
 * cutime and cstime; see proc(5).
 */
async function readStat(pid: number): Promise<Stat | undefined> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    const at = (index: number) => fields[index] ?? 0;
    return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
  } catch (error) {
    // The process has ended, or this system has no `/proc`.
    if (error instanceof Deno.errors.NotFound || isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
