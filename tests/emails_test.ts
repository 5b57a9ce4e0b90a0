/** What the e-mails look like in a browser, as wide as a phone and as a mail program's pane. */
import assert from "node:assert/strict";
import {
  describeFailure,
  describeReceipt,
  describeRefund,
} from "../supabase/functions/_shared/email/describe_order.ts";
import { describeResult } from "../supabase/functions/_shared/email/describe_result.ts";
import {
  describeParked,
  describeRefundFailure,
} from "../supabase/functions/_shared/email/describe_trouble.ts";
import type { EmailContent } from "../supabase/functions/_shared/email/email_content.ts";
import { renderEmail } from "../supabase/functions/_shared/email/render_email.tsx";
import { aNotice } from "../supabase/functions/_shared/testing/email_queue_fake.ts";
import { findChromium, findObstacles, launchChromium, visit } from "./support/browser.ts";

const LINK = "https://modelpick.test/report/" + "0123456789abcdef".repeat(4);

const order = aNotice(1);
const paid = (change: Partial<typeof order.payment>) => ({
  ...order,
  payment: { ...order.payment, ...change },
});

const result = aNotice(1, {
  unmeasuredCount: 1,
  fittedImages: "3 of 12 images were shrunk to at most 1568 pixels a side (JPEG).",
  recommendation: {
    modelName: "a-provider/with-a-very-long-model-name-of-one-word-20261130-preview-high",
    rationale: "It read most fields right, and costs a tenth of the most accurate model.",
    figures: {
      accuracy: 97.25,
      accuracyInterval: { low: 91.04, high: 99.96 },
      costPerRun: 0.00421,
      medianLatency: 2_400,
    },
    doubt: "12 images are few: chance may explain its lead over Large.",
    runnerUp: "Large read 98.1 % of the fields right, 0.9 points more.",
  },
});

const EMAILS: Readonly<
  Record<string, { readonly content: EmailContent; readonly says: string[] }>
> = {
  received: {
    content: describeReceipt(order, LINK),
    says: ["You may also close the page", "3 models, 12 images", "2 times", "$19.00"],
  },
  "received for a credit": {
    content: describeReceipt(paid({ amount: 0, isPaidByCredit: true, credits: 3 }), LINK),
    says: ["with a credit of your account; 3 left"],
  },
  ready: {
    content: describeResult(result, LINK),
    says: [
      "97.3 % (95 % interval: 91.0 to 100.0 %)",
      "$0.00421",
      "2.4 s",
      "12 images are few",
      "0.9 points more",
    ],
  },
  "ready without a recommendation": {
    content: describeResult(aNotice(1, { recommendation: null }), LINK),
    says: ["No model can be recommended"],
  },
  "failed and refunded": {
    content: describeFailure(
      { ...paid({ isRefunding: true }), error: "No call of any model was completed." },
      LINK,
    ),
    says: ["No call of any model was completed.", "refunding all of it, $19.00", "5 to 10 days"],
  },
  "failed with a credit": {
    content: describeFailure(paid({ amount: 0, isPaidByCredit: true, credits: 4 }), LINK),
    says: ["The credit is back in your account"],
  },
  "failed and not refunded by itself": {
    content: describeFailure(paid({ amount: 1900, currency: "jpy" }), LINK),
    says: ["You paid ¥1,900. We will write to you about it"],
  },
  "failed and free": {
    content: describeFailure(paid({ amount: 0 }), LINK),
    says: ["There is no result"],
  },
  refunded: { content: describeRefund(order, LINK), says: ["We refunded", "$19.00"] },
  parked: {
    content: describeParked({
      provider: "openrouter",
      since: "2026-11-30T12:00:00Z",
      until: "2026-12-01T12:00:00Z",
      reason: '402 {"error":{"message":"Insufficient credits","code":402}}',
      reports: 2,
      jobs: 40,
      next_try_at: "2026-11-30T12:01:00Z",
    }),
    says: [
      "Insufficient credits",
      "40 calls of 2 reports",
      "1 Dec 2026, 12:00 UTC",
      "deno task operate resume openrouter",
    ],
  },
  "refund failed": {
    content: describeRefundFailure(order.reportId),
    says: [order.reportId, "Stripe's dashboard"],
  },
};

/** Rules of axe about the landmarks of a page, which a mail program has around the e-mail. */
const OF_PAGES = /^(region|landmark-one-main|page-has-heading-one):/;

const executable = findChromium();

Deno.test({
  name: "every e-mail reads well at 390 and 640 pixels, and its button leads to the report",
  ignore: executable === undefined,
  fn: async () => {
    const browser = await launchChromium(executable ?? "");
    try {
      for (const width of [390, 640]) {
        await using at = await visit(browser, "about:blank", { viewport: { width, height: 900 } });
        const { page } = at;
        for (const [name, { content, says }] of Object.entries(EMAILS)) {
          const { html, text, subject } = await renderEmail(content);
          await page.setContent(html);
          const what = `${name} at ${width}`;
          assert.equal(await page.innerText("h1"), subject, what);
          const shown = (await page.innerText("body")).replaceAll(/\s+/g, " ");
          for (const words of says) {
            assert.ok(shown.includes(words), `${what} lacks "${words}": ${shown}`);
            assert.ok(text.replaceAll(/\s+/g, " ").includes(words), `the text of ${name}`);
          }
          const { preview, button } = content;
          assert.ok(!shown.includes(preview), "only lists of e-mails show the preview");
          const overflow = await page.evaluate<number>(
            "document.documentElement.scrollWidth - innerWidth",
          );
          assert.ok(overflow <= 0, `${what} is ${overflow} pixels too wide`);
          const links = await page.evaluate<string[]>(
            "[...document.links].map(({ href }) => href)",
          );
          assert.deepEqual(links, button === null ? [] : [LINK], what);
          // What axe examines is the same at both widths.
          const obstacles = width === 390 ? await findObstacles(page) : [];
          assert.deepEqual(obstacles.filter((one) => !OF_PAGES.test(one)), [], what);
          assert.deepEqual(at.complaints, []);
        }
      }
    } finally {
      await browser.close();
    }
  },
});
