import { count, formatMoney } from "../report/format_figures.ts";
import { CUSTOMER_FOOTER, type EmailContent, type Remark } from "./email_content.ts";
import type { OrderPayment, ReportNotice } from "./report_notice.ts";

/** Data of the e-mails about an order. */
export type OrderNotice = Pick<
  ReportNotice,
  "reportId" | "modelCount" | "imageCount" | "runsPerModel" | "isRace" | "error" | "payment"
>;

/** What banks promise for refunds to cards, as Stripe documents it. */
const BANKS = "Banks usually show it within 5 to 10 days.";

/** Returns the e-mail that an order was received and has started. */
export function describeReceipt(notice: OrderNotice, reportUrl: string): EmailContent {
  const { modelCount, imageCount, runsPerModel, isRace } = notice;
  const often = runsPerModel === 1 ? "once" : `${runsPerModel} times`;
  return {
    heading: "We Received Your Order",
    preview: "Your benchmark has started. Watch it live, or wait for our next e-mail.",
    summary:
      `Thank you for your order. The benchmark of ${
        nameParts(notice)
      } has started. You can watch it live. ` +
      "You may also close the page: we write again when your report is ready.",
    label: "Your order",
    result: `${count(modelCount, "model")}, ${count(imageCount, "image")}`,
    reason: isRace
      ? `Each model reads each image up to ${often}. Models that fall far behind stop early.`
      : `Each model reads each image ${often}.`,
    figures: [
      ["Paid", describePayment(notice.payment)],
      ["Order", notice.reportId],
    ],
    remarks: [],
    button: { label: "Watch it live", url: reportUrl },
    footer: CUSTOMER_FOOTER,
  };
}

/** Returns the e-mail that a report could not be finished, and what becomes of the money. */
export function describeFailure(notice: OrderNotice, reportUrl: string): EmailContent {
  return {
    heading: "Your Benchmark Could Not Be Finished",
    preview: "We are sorry. See what happened, and what becomes of your payment.",
    summary: `We are sorry: the benchmark of ${nameParts(notice)} could not be finished.`,
    label: "What happened",
    result: "There is no result",
    reason: notice.error ?? "The report could not be put together.",
    figures: [["Order", notice.reportId]],
    remarks: describeReturn(notice.payment),
    button: { label: "View the report", url: reportUrl },
    footer: CUSTOMER_FOOTER,
  };
}

/** Returns the e-mail that an order was refunded in full. */
export function describeRefund(notice: OrderNotice, reportUrl: string): EmailContent {
  const amount = formatPaid(notice.payment);
  return {
    heading: "Your Payment Was Refunded",
    preview: `We refunded ${amount}. ${BANKS}`,
    summary: `We refunded your payment for the benchmark of ${nameParts(notice)}. ${BANKS}`,
    label: "Refunded",
    result: amount,
    reason: "You need not do anything.",
    figures: [["Order", notice.reportId]],
    remarks: [],
    button: { label: "View the report", url: reportUrl },
    footer: CUSTOMER_FOOTER,
  };
}

function nameParts({ modelCount, imageCount }: OrderNotice): string {
  return `${count(modelCount, "vision model")} on your ${count(imageCount, "sample image")}`;
}

function describePayment(payment: OrderPayment): string {
  if (!payment.isPaidByCredit) return formatPaid(payment);
  return `with a credit of your account; ${payment.credits ?? 0} left`;
}

function describeReturn(payment: OrderPayment): Remark[] {
  const { amount, isRefunding, credits } = payment;
  const label = "Your payment";
  if (credits !== null) {
    return [{
      label,
      text: "The credit is back in your account: you can order another benchmark with it.",
    }];
  }
  if (amount === 0) return [];
  return [{
    label,
    text: isRefunding
      ? `We are refunding all of it, ${formatPaid(payment)}. ${BANKS} You need not do anything.`
      : `You paid ${formatPaid(payment)}. We will write to you about it; you can also reply to ` +
        "this e-mail.",
  }];
}

function formatPaid({ amount, currency }: OrderPayment): string {
  return formatMoney(amount, currency);
}
