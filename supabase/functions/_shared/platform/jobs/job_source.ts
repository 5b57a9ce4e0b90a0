import { z } from "zod";
import { type Database, TEXT_ARRAY, toJson } from "../database.ts";
import type { WorkSource } from "./run_worker.ts";
import {
  createWorkerLeases,
  jobTriesShape,
  toReply,
  type WorkerIdentity,
} from "./worker_leases.ts";

/** Identity of a lease. */
interface JobLease {
  readonly job_id: number;
  /** Number of this lease, from 1; with the worker's id it proves that the lease is still held. */
  readonly attempt: number;
}

/** Leased job of a kind that has no groups and costs nothing, such as an e-mail. */
export interface PlainJob<Payload> extends JobLease {
  readonly payload: Payload;
  /** Number of claims that count, this one included; at least 1. */
  readonly tries: number;
}

/** Result of a {@link PlainJob}. After its kind's last try, a `retry` makes the job dead. */
export type PlainResult =
  | JobLease & { readonly outcome: "complete" | "release" }
  | JobLease & {
    readonly outcome: "retry";
    readonly error_message: string;
    /** Milliseconds from now. */
    readonly run_at_ms: number;
  };

/** Queue of plain jobs. */
export type PlainSource<Payload> = WorkSource<PlainJob<Payload>, PlainResult>;

/**
 * Returns the queue of plain jobs of one or more kinds for one worker. Each call is one statement.
 *
 * @param names the jobs' kinds, and the edge function that works on them
 * @param payload shape of a job's payload
 */
export function createPlainSource<Payload>(
  sql: Database,
  names: { readonly functionName: string; readonly kinds: readonly string[] },
  payload: z.ZodType<Payload>,
  worker: WorkerIdentity,
): PlainSource<Payload> {
  const replySchema = z.object({
    jobs: z.array(z.object({
      job_id: z.number(),
      attempt: z.number(),
      tries: jobTriesShape.tries,
      payload,
    })),
    rejected: z.array(z.number()),
    waiting: z.number(),
    in_flight: z.number(),
    next_run_at_ms: z.number().nullable(),
  });
  return {
    ...createWorkerLeases(sql, names.functionName, worker),
    async exchange(results, want) {
      const charged = results.map((result) => ({ ...result, charge: "none" }));
      const [row] = await sql`
        select public.advance_jobs(
          ${worker.id}, ${sql.array([...names.kinds], TEXT_ARRAY)}, ${
        sql.json(toJson(charged))
      }, ${want}
        ) as reply`;
      return { ...toReply(replySchema.parse(row?.["reply"])), prefetched: [], revoked: [] };
    },
  };
}
