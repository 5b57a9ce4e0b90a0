import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { createPlainSource, type PlainSource } from "../platform/jobs/job_source.ts";
import type { WorkerIdentity } from "../platform/jobs/worker_leases.ts";
import { type ReportNotice, reportNoticeSchema } from "./report_notice.ts";

const emailPayloadSchema = z.object({ report_id: z.string() });

/** Queue of e-mails for one worker. */
export type EmailSource = PlainSource<z.infer<typeof emailPayloadSchema>>;

/** Returns the queue of e-mails for one worker. Each call is one statement. */
export function createEmailSource(sql: Database, worker: WorkerIdentity): EmailSource {
  const names = { functionName: "email-worker", kind: "report_email" };
  return createPlainSource(sql, names, emailPayloadSchema, worker);
}

/** Returns the data of a report's e-mail; null if the report was deleted. */
export async function loadNotice(sql: Database, reportId: string): Promise<ReportNotice | null> {
  const [row] = await query(() => sql`select public.load_report(${reportId}) as report`);
  return reportNoticeSchema.nullable().parse(row?.["report"]);
}
