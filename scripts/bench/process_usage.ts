/** Resources that a process has used so far. */
export interface ProcessUsage {
  /** CPU time of its main thread, which runs the JavaScript, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Peak of the resident memory. */
  readonly peakMegabytes: number;
}

/** Unit of CPU time in `/proc`, the same on every Linux (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/**
 * Reads the usage of the only process that was started with this argument.
 *
 * @throws {Error} if there is no such process or more than one.
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
    throw new Error(`${pids.length} processes have the argument ${argument}, expected one`);
  }
  const stat = await Deno.readTextFile(`/proc/${pid}/task/${pid}/stat`);
  // The command's name, in parentheses, may contain spaces. The fields after it are counted.
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13)
    .map(Number);
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return {
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    peakMegabytes: Number(peak) * 1024 / 1e6,
  };
}
