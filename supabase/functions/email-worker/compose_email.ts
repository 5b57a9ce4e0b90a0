import {
  describeFailure,
  describeReceipt,
  describeRefund,
} from "../_shared/email/describe_order.ts";
import { describeResult } from "../_shared/email/describe_result.ts";
import {
  describeParked,
  describeRefundFailure,
  type ParkedProvider,
} from "../_shared/email/describe_trouble.ts";
import type { EmailContent } from "../_shared/email/email_content.ts";
import type { InvitationEmailProps } from "../_shared/email/invitation_email.tsx";
import type { InvitationNotice } from "../_shared/email/invitation_notice.ts";
import type { EmailMessage, RenderedEmail } from "../_shared/email/mailer.ts";
import { reasonForSilence, type ReportNotice } from "../_shared/email/report_notice.ts";
import type { EmailPayload } from "../_shared/email/store.ts";
import { hashText } from "../_shared/platform/json/hash_json.ts";

/** Dependencies of {@link composeEmail}. */
export interface ComposeDeps {
  /** Returns the data of a report's e-mails; null if the report was deleted. */
  readonly loadNotice: (reportId: string) => Promise<ReportNotice | null>;
  /** Returns a provider that refuses our account; null if it accepts it again. */
  readonly loadParked: (provider: string) => Promise<ParkedProvider | null>;
  /**
   * Lets a token open an invitation, and returns the data of its e-mail; null if the invitation is
   * accepted, over or gone.
   */
  readonly openInvitation: (
    invitationId: string,
    tokenHash: string,
  ) => Promise<InvitationNotice | null>;
  readonly render: (content: EmailContent) => Promise<RenderedEmail>;
  readonly renderInvitation: (props: InvitationEmailProps) => Promise<RenderedEmail>;
  /** Origin of the pages, without a trailing slash. */
  readonly siteUrl: string;
  /** Address of the operator; undefined if it is not set. */
  readonly operatorEmail: string | undefined;
}

/** A message with its idempotency key, or the reason why none is sent. */
export type Composed = { readonly message: EmailMessage; readonly key: string } | {
  readonly silence: string;
};

type ReportPayload = Extract<EmailPayload, { report_id: string }>;

/**
 * Writes the e-mail of a job from what is known now.
 *
 * The idempotency key stays the same however often the job is tried. A report is received, ready and
 * refunded once; it may fail again after the operator had it tried again, and a provider may refuse
 * the account again, so those keys have the job's id.
 */
export function composeEmail(
  payload: EmailPayload,
  jobId: number,
  deps: ComposeDeps,
): Promise<Composed> {
  if ("invitation_id" in payload) return composeInvitation(payload.invitation_id, deps);
  if ("provider" in payload) return composeParked(payload.provider, jobId, deps);
  return composeReport(payload, jobId, deps);
}

async function composeReport(
  { report_id: reportId, notice: kind }: ReportPayload,
  jobId: number,
  deps: ComposeDeps,
): Promise<Composed> {
  if (kind === "refund_failed") {
    const content = describeRefundFailure(reportId);
    return await toOperator(deps, content, `operator-refund-failed/${jobId}`);
  }
  const notice = await deps.loadNotice(reportId);
  if (notice === null) return { silence: "the report is gone" };
  const silence = reasonForSilence(notice, kind);
  if (silence !== null) return { silence };
  const describe = {
    received: describeReceipt,
    ready: describeResult,
    failed: describeFailure,
    refunded: describeRefund,
  }[kind];
  const { ownerToken, shareToken } = notice;
  // The owner's token stands behind the #, which is sent to no server.
  const ownLink = ownerToken === null ? shareToken : `#owner=${ownerToken}`;
  const content = describe(notice, `${deps.siteUrl}/report/${ownLink}`);
  const shared = shareToken === null
    ? []
    : [{ label: "To show it to others", text: `${deps.siteUrl}/report/${shareToken}` }];
  const whole = { ...content, remarks: [...content.remarks, ...shared] };
  return {
    message: { to: notice.recipient ?? "", ...await deps.render(whole) },
    key: kind === "failed" ? `report-failed/${reportId}/${jobId}` : `report-${kind}/${reportId}`,
  };
}

async function composeParked(
  provider: string,
  jobId: number,
  deps: ComposeDeps,
): Promise<Composed> {
  const parked = await deps.loadParked(provider);
  if (parked === null) return { silence: "the provider accepts the account again" };
  return await toOperator(deps, describeParked(parked), `operator-parked/${jobId}`);
}

async function toOperator(
  { operatorEmail: to, render }: ComposeDeps,
  content: EmailContent,
  key: string,
): Promise<Composed> {
  if (to === undefined) return { silence: "OPERATOR_EMAIL is not set" };
  return { message: { to, ...await render(content) }, key };
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
