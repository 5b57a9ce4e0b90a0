import { z } from "zod";
import type { Database } from "../database.ts";
import { isCertainlyUndone, isLastingFault } from "../statement_faults.ts";
import type { WorkerRun } from "./queue_worker.ts";
import type { WorkerLimits, WorkSource } from "./run_worker.ts";

/** Fields of `LeasedJob` that come with a lease; `is_probe` is absent from prefetched jobs. */
export const jobTriesShape = {
  tries: z.number(),
  max_tries: z.number(),
  max_costly_tries: z.number(),
  is_probe: z.boolean().exactOptional(),
} as const;

/** Callback with the name of each function of the database that is called. Counts round trips. */
export type ObserveStatement = (functionName: string) => void;

/** Identity of one invocation of a worker. */
export type WorkerIdentity = Pick<WorkerRun, "id" | "groupId"> & {
  readonly limits: Pick<WorkerLimits, "wallClockMs">;
};

/**
 * Returns all of a {@link WorkSource} that is the same for every kind of job. Each call is one
 * statement.
 *
 * @param functionName name of the edge function
 */
export function createWorkerLeases(
  sql: Database,
  functionName: string,
  { id, groupId, limits: { wallClockMs } }: WorkerIdentity,
  observe: ObserveStatement = () => {},
): Omit<WorkSource<never, never>, "exchange"> {
  const ttlSeconds = Math.ceil(wallClockMs / 1000);
  return {
    async register(unrecordedStarts) {
      observe("register_worker");
      const [row] = await sql<{ lease_seconds: number | null }[]>`
        select public.register_worker(
          ${id}, ${functionName}, ${groupId}, ${ttlSeconds}, ${unrecordedStarts}
        ) as lease_seconds`;
      const seconds = row?.lease_seconds ?? null;
      return seconds === null ? null : seconds * 1000;
    },
    async renew(unrecordedStarts) {
      observe("renew_leases");
      const [row] = await sql<{ held: number | null }[]>`
        select public.renew_leases(${id}, ${unrecordedStarts}) as held`;
      return row?.held ?? null;
    },
    async release(chain) {
      observe("release_worker");
      await sql`select public.release_worker(${id}, ${chain})`;
    },
    changedNothing: isCertainlyUndone,
    isFault: isLastingFault,
  };
}

/** Returns a reply of the database with the names that `run_worker.ts` uses. */
export function toReply<
  Reply extends { readonly in_flight: number; readonly next_run_at_ms: number | null },
>({ in_flight, next_run_at_ms, ...reply }: Reply) {
  return { ...reply, inFlight: in_flight, nextRunAtMs: next_run_at_ms };
}
