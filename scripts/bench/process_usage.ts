import type postgres from "postgres";

/** Length of a kernel tick in `/proc`, the same on every common Linux (`getconf CLK_TCK`). */
const TICK_MS = 10;

/** Resources that a process has used so far. */
export interface ProcessUsage {
  /** CPU time of its main thread, which runs the JavaScript, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Peak of the resident memory. */
  readonly peakMegabytes: number;
}

/**
 * Reads the usage of the only process that was started with this argument.
 *
 * @throws {Error} if there is no such process or more than one.
 */
export async function readUsage(argument: string): Promise<ProcessUsage> {
  const pids: number[] = [];
  for (const pid of listProcesses()) {
    const line = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
    if (line.split("\0").includes(argument)) pids.push(pid);
  }
  const [pid] = pids;
  const main = await readStat(`${pid}/task/${pid}`);
  if (main === undefined || pids.length > 1) {
    throw new Error(`${pids.length} processes have the argument ${argument}, expected one`);
  }
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return { cpuSeconds: main.own * TICK_MS / 1000, peakMegabytes: Number(peak) * 1024 / 1e6 };
}

/**
 * Returns the milliseconds of user and system time that a database's server has used in all its
 * processes, past ones included. Returns null without `/proc`.
 */
export async function readPostgresCpu(sql: postgres.Sql): Promise<number | null> {
  const [row] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  const server = (await readStat(row.pid))?.parent;
  if (server === undefined) return null;
  let ticks = 0;
  for (const pid of listProcesses()) {
    const stat = await readStat(pid);
    if (pid === server) ticks += (stat?.own ?? 0) + (stat?.ended ?? 0);
    else if (stat?.parent === server) ticks += stat.own;
  }
  return ticks * TICK_MS;
}

function listProcesses(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Number.isInteger);
}

/**
 * Reads `/proc/<process>/stat`: the parent, and the ticks of the process and of its children that
 * have ended. After the name in parentheses come state and parent, then utime, stime, cutime and
 * cstime; see proc(5). Returns undefined if the process has ended, or without `/proc`.
 */
async function readStat(process: number | string) {
  try {
    const text = await Deno.readTextFile(`/proc/${process}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    const at = (index: number) => fields[index] ?? 0;
    return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (error instanceof Deno.errors.NotFound || isGone) return undefined;
    throw error;
  }
}
