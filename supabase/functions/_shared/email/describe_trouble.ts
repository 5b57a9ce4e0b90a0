import { z } from "zod";
import { count } from "../report/format_figures.ts";
import type { EmailContent } from "./email_content.ts";

/** A provider that refuses the operator's account, in the JSON of `load_parked`. */
export const parkedProviderSchema = z.object({
  provider: z.string(),
  since: z.string(),
  /** Time at which the first waiting report gives up; null if none waits. */
  until: z.string().nullable(),
  /** Message of the last refusal. */
  reason: z.string(),
  /** Number of reports and prompt runs that wait. */
  reports: z.number(),
  jobs: z.number(),
  next_try_at: z.string(),
});
export type ParkedProvider = z.infer<typeof parkedProviderSchema>;

const FOOTER =
  "You received this e-mail because OPERATOR_EMAIL of this ModelPick project is your address.";

/** Returns the e-mail to the operator that a provider refuses the account. */
export function describeParked(parked: ParkedProvider): EmailContent {
  const { provider, reason, reports, jobs, until, next_try_at } = parked;
  return {
    heading: `${provider} Refuses Your Account`,
    preview: `${count(jobs, "call")} of models wait. Nothing is lost yet.`,
    summary:
      `The provider ${provider} turned calls away because of the account, its credit or its key. ` +
      "All calls to it wait, and other providers go on. Nothing is lost yet.",
    label: "What it said",
    result: provider,
    reason,
    figures: [
      ["Waiting", `${count(jobs, "call")} of ${count(reports, "report")} or prompt runs`],
      ...until === null ? [] : [["Until", formatInstant(until)] as const],
      ["Next attempt", formatInstant(next_try_at)],
    ],
    remarks: [
      {
        label: "What to do",
        text: "Top up the account or replace its key, then go on at once with: " +
          `deno task operate resume ${provider}`,
      },
      {
        label: "Otherwise",
        text: "One call is tried again at growing intervals. What still waits after a day ends " +
          "without a result: reports that cannot be finished fail, their customers are told, and " +
          "their payments are refunded unless billing_settings.auto_refund is off.",
      },
    ],
    button: null,
    footer: FOOTER,
  };
}

/** Returns the e-mail to the operator that Stripe took no refund for a failed report. */
export function describeRefundFailure(reportId: string): EmailContent {
  return {
    heading: "A Refund Failed",
    preview: "Stripe refused it again and again: refund it in the dashboard.",
    summary: "A report failed, its customer was promised the money back, and Stripe refused the " +
      "refund again and again.",
    label: "Report",
    result: reportId,
    reason: "The view report_refunds has its payment and Stripe's last answer.",
    figures: [],
    remarks: [{ label: "What to do", text: "Refund the payment in Stripe's dashboard." }],
    button: null,
    footer: FOOTER,
  };
}

/** Formats a time for people who may be anywhere: `1 Dec 2026, 14:05 UTC`. */
function formatInstant(text: string): string {
  const date = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${date.format(new Date(text))} UTC`;
}
