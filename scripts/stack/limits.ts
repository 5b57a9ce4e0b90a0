/** Limits of a hosted project that the stack enforces. */
export interface StackLimits {
  /** CPU time that an isolate may use over its life, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory of an isolate's process, in megabytes. */
  readonly residentMegabytes: number;
  /** Connections that Postgres accepts. */
  readonly connections: number;
}

/** Memory of a hosted isolate, in megabytes: its heap and what lives outside the heap. */
export const ISOLATE_MEGABYTES = 256;

/**
 * Megabytes that Deno occupies itself before a function loads anything. Hosted does not count them,
 * because its isolates share one process.
 */
const DENO_MEGABYTES = 64;

/** Limits of edge-runtime's policy `per_worker`, and of a project on the smallest machine. */
const HOSTED: StackLimits = {
  cpuMs: 2_000,
  residentMegabytes: ISOLATE_MEGABYTES + DENO_MEGABYTES,
  connections: 60,
};

/** Shares of a limit at which an isolate gets no new requests, and at which it is warned. */
export const RETIRE_AT = 0.5;
export const WARN_AT = 0.9;

/**
 * Returns the limits for a value of `STACK_LIMITS`: `on` (the default), `off`, or a factor by which
 * the CPU limit is multiplied on a machine that is slower than hosted ones.
 *
 * @throws {Error} for any other value.
 */
export function readLimits(setting = "on"): StackLimits | null {
  if (setting === "off") return null;
  const factor = setting === "on" ? 1 : Number(setting);
  if (!(factor >= 1 && factor <= 100)) {
    throw new Error(`STACK_LIMITS must be on, off or a number from 1 to 100, not ${setting}`);
  }
  return { ...HOSTED, cpuMs: HOSTED.cpuMs * factor };
}
