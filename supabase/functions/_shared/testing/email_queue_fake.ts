import type { InvitationNotice } from "../email/invitation_notice.ts";
import type { ReportNotice } from "../email/report_notice.ts";
import type { EmailPayload } from "../email/store.ts";
import type { Clock } from "../platform/clock.ts";
import { createFakePlainQueue, type FakePlainQueue } from "./plain_queue_fake.ts";

/** Queue of e-mails in memory, and what they are about. */
export interface FakeEmailQueue extends FakePlainQueue<EmailPayload> {
  readonly notices: Map<string, ReportNotice>;
}

/** Creates a queue with the e-mail that each report is ready, and one for each invitation. */
export function createFakeEmailQueue(
  clock: Pick<Clock, "now">,
  notices: readonly ReportNotice[],
  invitationIds: readonly string[] = [],
): FakeEmailQueue {
  const payloads: EmailPayload[] = [
    ...notices.map(({ reportId }) => ({ report_id: reportId, notice: "ready" as const })),
    ...invitationIds.map((id) => ({ invitation_id: id })),
  ];
  return Object.assign(createFakePlainQueue(clock, payloads), {
    notices: new Map(notices.map((notice) => [notice.reportId, notice])),
  });
}

/** Returns the notice of a complete report, which is identified by its number. */
export function aNotice(number = 1, change: Partial<ReportNotice> = {}): ReportNotice {
  return {
    reportId: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    status: "complete",
    recipient: `customer${number}@example.com`,
    shareToken: `token-${number}`,
    ownerToken: `owner-${number}`,
    modelCount: 3,
    unmeasuredCount: 0,
    imageCount: 12,
    fittedImages: null,
    recommendation: {
      modelName: "Tesseract best",
      rationale: "It read most fields.",
      figures: null,
      doubt: null,
      runnerUp: null,
    },
    noRecommendation: null,
    runsPerModel: 2,
    isRace: false,
    error: null,
    payment: {
      amount: 1900,
      currency: "usd",
      isRefunding: false,
      isPaidByCredit: false,
      credits: null,
    },
    ...change,
  };
}

/** Returns the notice of an open invitation. */
export function anInvitation(change: Partial<InvitationNotice> = {}): InvitationNotice {
  return {
    recipient: "ben@example.com",
    role: "member",
    expiresAt: new Date("2026-12-08T12:00:00Z"),
    accountName: "Web shop",
    inviter: "ada@example.com",
    ...change,
  };
}
