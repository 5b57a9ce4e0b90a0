/** What a process has taken so far. */
export interface ProcessUsage {
  /** Of its main thread, which runs the JavaScript, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Resident memory at its highest. */
  readonly peakMegabytes: number;
}

/** Linux counts them so whatever the machine (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/**
 * Asks Linux about the one process that was started with this argument.
 *
 * @throws {Error} when there is none, or more than one.
 */
export async function readUsage(argument: string): Promise<ProcessUsage> {
  const pids: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.split("\0").includes(argument)) pids.push(name);
  }
  const [pid] = pids;
  if (pid === undefined || pids.length > 1) {
    throw new Error(`${pids.length} processes have the argument ${argument}`);
  }
  const stat = await Deno.readTextFile(`/proc/${pid}/task/${pid}/stat`);
  // The command's name, in parentheses, may hold spaces; what is counted comes after it.
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13)
    .map(Number);
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return {
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    peakMegabytes: Number(peak) * 1024 / 1e6,
  };
}
