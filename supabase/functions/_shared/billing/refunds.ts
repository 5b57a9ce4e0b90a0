import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { createPlainSource, type PlainSource } from "../platform/jobs/job_source.ts";
import type { WorkerIdentity } from "../platform/jobs/worker_leases.ts";

const payloadSchema = z.object({ report_id: z.string(), payment_intent: z.string() });

/** Queue of refunds for one worker. */
export type RefundSource = PlainSource<z.infer<typeof payloadSchema>>;

/** Creates {@link RefundSource}. Each call is one statement. */
export function createRefundSource(sql: Database, worker: WorkerIdentity): RefundSource {
  const names = { functionName: "refund-worker", kinds: ["report_refund"] };
  return createPlainSource(sql, names, payloadSchema, worker);
}

/** Tells whether the payment of a failed report is still to be refunded. */
export async function isRefundOwed(sql: Database, reportId: string): Promise<boolean> {
  const [row] = await query(() => sql`select public.is_refund_owed(${reportId}::uuid) as owed`);
  return row?.["owed"] === true;
}
