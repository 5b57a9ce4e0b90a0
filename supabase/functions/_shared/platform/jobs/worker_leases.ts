import { z } from "zod";
import type { Database } from "../database.ts";
import { isCertainlyUndone, isLastingFault } from "../statement_faults.ts";
import type { WorkSource } from "./run_worker.ts";

/** The fields of `LeasedJob` that come with a lease; `is_probe` is absent from standby jobs. */
export const jobTriesShape = {
  tries: z.number(),
  max_tries: z.number(),
  max_costly_tries: z.number(),
  is_probe: z.boolean().exactOptional(),
} as const;

/** Told of each statement that was sent: for counting round trips. */
export type ObserveStatement = (door: string) => void;

/** One invocation of a worker. */
export interface WorkerInvocation {
  readonly id: string;
  readonly functionName: string;
  /** The group of jobs whose chain this is; null for the chain that serves any. */
  readonly groupId: string | null;
  readonly wallClockMs: number;
}

/** All of a {@link WorkSource} that is the same whatever the jobs are: each call is one statement. */
export function createWorkerLeases(
  sql: Database,
  { id, functionName, groupId, wallClockMs }: WorkerInvocation,
  observe: ObserveStatement = () => {},
): Omit<WorkSource<never, never>, "exchange"> {
  const ttlSeconds = Math.ceil(wallClockMs / 1000);
  return {
    async register() {
      observe("register_worker");
      const [row] = await sql`
        select public.register_worker(${id}, ${functionName}, ${groupId}, ${ttlSeconds}) as is_welcome`;
      return row?.["is_welcome"] === true;
    },
    async renew() {
      observe("renew_leases");
      const [row] = await sql`select public.renew_leases(${id}) as held`;
      return Number(row?.["held"]);
    },
    async release(chain) {
      observe("release_worker");
      await sql`select public.release_worker(${id}, ${chain})`;
    },
    changedNothing: isCertainlyUndone,
    isFault: isLastingFault,
  };
}

/** A door's reply in the names of `run_worker.ts`. */
export function toReply<
  Reply extends { readonly in_flight: number; readonly next_run_at_ms: number | null },
>({ in_flight, next_run_at_ms, ...reply }: Reply) {
  return { ...reply, inFlight: in_flight, nextRunAtMs: next_run_at_ms };
}
