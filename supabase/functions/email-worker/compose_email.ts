import type { InvitationEmailProps } from "../_shared/email/invitation_email.tsx";
import type { InvitationNotice } from "../_shared/email/invitation_notice.ts";
import type { EmailMessage, RenderedEmail } from "../_shared/email/mailer.ts";
import type { ReportEmailProps } from "../_shared/email/report_email.tsx";
import { reasonForSilence, type ReportNotice } from "../_shared/email/report_notice.ts";
import type { EmailPayload } from "../_shared/email/store.ts";
import { hashText } from "../_shared/platform/json/hash_json.ts";

/** Dependencies of {@link composeEmail}. */
export interface ComposeDeps {
  /** Returns the data of a report's e-mail; null if the report was deleted. */
  readonly loadNotice: (reportId: string) => Promise<ReportNotice | null>;
  /**
   * Lets a token open an invitation, and returns the data of its e-mail; null if the invitation is
   * accepted, over or gone.
   */
  readonly openInvitation: (
    invitationId: string,
    tokenHash: string,
  ) => Promise<InvitationNotice | null>;
  readonly renderReport: (props: ReportEmailProps) => Promise<RenderedEmail>;
  readonly renderInvitation: (props: InvitationEmailProps) => Promise<RenderedEmail>;
  /** Origin of the pages, without a trailing slash. */
  readonly siteUrl: string;
}

/** A message with its idempotency key, or the reason why none is sent. */
export type Composed = { readonly message: EmailMessage; readonly key: string } | {
  readonly silence: string;
};

/** Writes the e-mail of a job. */
export function composeEmail(payload: EmailPayload, deps: ComposeDeps): Promise<Composed> {
  return "report_id" in payload
    ? composeReport(payload.report_id, deps)
    : composeInvitation(payload.invitation_id, deps);
}

async function composeReport(
  reportId: string,
  { loadNotice, renderReport, siteUrl }: ComposeDeps,
): Promise<Composed> {
  const notice = await loadNotice(reportId);
  if (notice === null) return { silence: "the report is gone" };
  const silence = reasonForSilence(notice);
  if (silence !== null) return { silence };
  const email = await renderReport({
    ...notice,
    reportUrl: `${siteUrl}/report/${notice.shareToken}`,
  });
  return {
    message: { to: notice.recipient ?? "", ...email },
    key: `report-ready/${reportId}`,
  };
}

/**
 * Each try makes a token of its own, of which only the hash is stored, before the e-mail leaves: so no
 * token is ever kept, also not while the mail service is down. Under the invitation's one idempotency
 * key the service delivers the e-mail of one try, whose token opens the invitation like all others.
 */
async function composeInvitation(
  invitationId: string,
  { openInvitation, renderInvitation, siteUrl }: ComposeDeps,
): Promise<Composed> {
  const token = (crypto.randomUUID() + crypto.randomUUID()).replaceAll("-", "");
  const notice = await openInvitation(invitationId, hashText(token));
  if (notice === null) return { silence: "the invitation is accepted, over, replaced or revoked" };
  const { recipient, ...props } = notice;
  // After the #, which browsers send to no server: the token is in no log of the site.
  const email = await renderInvitation({
    ...props,
    invitationUrl: `${siteUrl}/invitation/#${token}`,
  });
  return { message: { to: recipient, ...email }, key: `invitation/${invitationId}` };
}
