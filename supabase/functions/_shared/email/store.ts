import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { createPlainSource, type PlainSource } from "../platform/jobs/job_source.ts";
import type { WorkerIdentity } from "../platform/jobs/worker_leases.ts";
import { type ParkedProvider, parkedProviderSchema } from "./describe_trouble.ts";
import { type InvitationNotice, invitationNoticeSchema } from "./invitation_notice.ts";
import { type ReportNotice, reportNoticeSchema } from "./report_notice.ts";

const emailPayloadSchema = z.union([
  z.object({
    report_id: z.string(),
    notice: z.enum(["received", "ready", "failed", "refunded", "refund_failed"]),
  }),
  z.object({ provider: z.string(), notice: z.literal("parked") }),
  z.object({ invitation_id: z.string() }),
]);

/** What an e-mail is about. */
export type EmailPayload = z.infer<typeof emailPayloadSchema>;

/** Queue of e-mails for one worker. */
export type EmailSource = PlainSource<EmailPayload>;

/** Returns the queue of e-mails for one worker. Each call is one statement. */
export function createEmailSource(sql: Database, worker: WorkerIdentity): EmailSource {
  const names = { functionName: "email-worker", kinds: ["report_email", "invitation_email"] };
  return createPlainSource(sql, names, emailPayloadSchema, worker);
}

/** Returns the data of a report's e-mail; null if the report was deleted. */
export async function loadNotice(sql: Database, reportId: string): Promise<ReportNotice | null> {
  const [row] = await query(() =>
    sql`
      select public.load_report(${reportId})::jsonb
        || jsonb_build_object('owner_token', private.owner_token(${reportId})) as report`
  );
  return reportNoticeSchema.nullable().parse(row?.["report"]);
}

/**
 * Lets the token with this SHA-256 in hexadecimal open an invitation, and returns the data of its e-mail;
 * null if it is accepted, over or gone.
 */
export async function openInvitation(
  sql: Database,
  invitationId: string,
  tokenHash: string,
): Promise<InvitationNotice | null> {
  const [row] = await query(() =>
    sql`select private.open_invitation(${invitationId}::uuid, ${tokenHash}::text) as invitation`
  );
  return invitationNoticeSchema.nullable().parse(row?.["invitation"]);
}

/** Returns a provider that refuses our account; null if it accepts it again. */
export async function loadParked(sql: Database, provider: string): Promise<ParkedProvider | null> {
  const [row] = await query(() => sql`select public.load_parked(${provider}) as parked`);
  return parkedProviderSchema.nullable().parse(row?.["parked"]);
}
