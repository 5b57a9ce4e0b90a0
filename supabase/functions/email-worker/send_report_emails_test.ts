import assert from "node:assert/strict";
import { type EmailMessage, MailError } from "../_shared/email/mailer.ts";
import type { ReportNotice } from "../_shared/email/report_notice.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import {
  aNotice,
  createFakeEmailQueue,
  type FakeEmailQueue,
} from "../_shared/testing/email_queue_fake.ts";
import { createVirtualClock, type VirtualClock } from "../_shared/testing/virtual_clock.ts";
import { DEFAULT_EMAIL_LIMITS, sendReportEmails, type SendSummary } from "./send_report_emails.ts";

interface Fixture {
  readonly queue: FakeEmailQueue;
  readonly clock: VirtualClock;
  readonly sent: { readonly message: EmailMessage; readonly key: string }[];
  readonly lines: string[];
  readonly shutdown: AbortController;
  /** Errors of the next sends; none once they are used up. */
  readonly faults: Error[];
  work(): Promise<SendSummary>;
}

function setUp(notices: readonly ReportNotice[], options: { sendMs?: number } = {}): Fixture {
  const clock = createVirtualClock();
  const queue = createFakeEmailQueue(clock, notices);
  const sent: Fixture["sent"] = [];
  const lines: string[] = [];
  const faults: Error[] = [];
  const shutdown = new AbortController();
  const send = async (message: EmailMessage, key: string) => {
    if (options.sendMs !== undefined) {
      await new Promise<void>((resolve) => clock.after(options.sendMs ?? 0, resolve));
    }
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    sent.push({ message, key });
  };
  const work = () =>
    sendReportEmails({
      queue,
      mailer: { send },
      // Rendering for real takes real time, which a virtual clock would run away from.
      render: ({ reportUrl }) =>
        Promise.resolve({ subject: "Ready", html: reportUrl, text: reportUrl }),
      siteUrl: "https://modelpick.test",
      limits: DEFAULT_EMAIL_LIMITS,
      clock,
      random: () => 0,
      log: createLogger({ name: "email-worker", write: (line) => lines.push(line) }),
      shutdown: shutdown.signal,
    });
  return { queue, clock, sent, lines, shutdown, faults, work };
}

Deno.test("the customer of each complete report gets its link, with the report's idempotency key", async () => {
  const { queue, sent, work } = setUp([aNotice(1), aNotice(2)]);
  assert.deepEqual(await work(), { sent: 2, skipped: 0, failed: 0 });
  assert.deepEqual(
    sent.map(({ message, key }) => [message.to, key]),
    [
      ["customer1@example.com", `report-ready/${aNotice(1).reportId}`],
      ["customer2@example.com", `report-ready/${aNotice(2).reportId}`],
    ],
  );
  assert.equal(sent[0]?.message.html, "https://modelpick.test/report/token-1");
  assert.deepEqual(queue.jobs.map((job) => job.state), ["done", "done"]);
  assert.equal(queue.calls.at(-1), "release true");
});

Deno.test("a failed e-mail delays no other and is retried later each time until it is given up", async () => {
  const { queue, clock, faults, lines, work } = setUp([aNotice(1), aNotice(2)]);
  faults.push(new MailError("Resend: down", 500, null));
  assert.deepEqual(await work(), { sent: 1, skipped: 0, failed: 1 });
  const [job] = queue.jobs;
  assert.ok(job);
  assert.ok(lines.some((line) => line.startsWith(`[benchmark:${job.reportId}]`)));

  const delays = [job.runAtMs];
  while (job.state === "waiting") {
    await clock.run(
      new Promise<void>((resolve) => clock.after(job.runAtMs - clock.now(), resolve)),
    );
    faults.push(new MailError("Resend: down", 500, null));
    const before = clock.now();
    await work();
    delays.push(job.runAtMs - before);
  }
  assert.equal(job.state, "dead");
  assert.deepEqual(delays, [15, 30, 60, 120, 240, 480, 960, 1800].map((seconds) => seconds * 1000));
  assert.deepEqual(new Set(job.errors), new Set(["Resend: down"]));
  const day = 24 * 3_600_000;
  assert.ok(delays.reduce((sum, delay) => sum + 2 * delay, 0) < day, "the key is still known");
});

Deno.test("a worker waits out a short delay of the mail service and requeues the job for a long one", async () => {
  const short = setUp([aNotice()]);
  short.faults.push(new MailError("slow down", 429, 1000), new MailError("slow down", 429, 1000));
  assert.equal((await short.clock.run(short.work())).sent, 1);
  assert.equal(short.clock.now(), 2000);

  const long = setUp([aNotice()]);
  long.faults.push(new MailError("slow down", 429, 600_000));
  assert.equal((await long.clock.run(long.work())).failed, 1);
  assert.equal(long.queue.jobs[0]?.runAtMs, 600_000);
});

Deno.test("an error while recording requeues the job with the same key", async () => {
  const { queue, sent, clock, work } = setUp([aNotice()]);
  queue.completeFault = new Error("connection lost");
  assert.equal((await work()).failed, 1);
  await clock.run(new Promise<void>((resolve) => clock.after(60_000, resolve)));
  assert.equal((await work()).sent, 1);
  assert.equal(new Set(sent.map(({ key }) => key)).size, 1);
  assert.equal(queue.jobs[0]?.state, "done");
});

Deno.test("no e-mail is sent for a report that is refunded, deleted or without a recipient", async () => {
  const notices = [
    aNotice(1, { status: "refunded" }),
    aNotice(2, { recipient: null }),
    aNotice(3, { shareToken: null }),
    aNotice(4),
  ];
  const { queue, sent, work } = setUp(notices);
  queue.notices.delete(aNotice(4).reportId);
  assert.deepEqual(await work(), { sent: 0, skipped: 4, failed: 0 });
  assert.equal(sent.length, 0);
  assert.ok(queue.jobs.every((job) => job.state === "done"));
});

Deno.test("a worker that finds nothing due starts no successor", async () => {
  const { queue, work } = setUp([]);
  await work();
  assert.deepEqual(queue.calls, ["register", "claim", "release false"]);
});

Deno.test("a worker that cannot register claims nothing", async () => {
  const { queue, work } = setUp([aNotice()]);
  queue.isWelcome = false;
  assert.deepEqual(await work(), { sent: 0, skipped: 0, failed: 0 });
  assert.deepEqual(queue.calls, ["register"]);
});

Deno.test("near the end of its time a worker releases jobs it has not begun and starts a successor", async () => {
  const notices = Array.from({ length: 30 }, (_, number) => aNotice(number));
  const { queue, clock, work } = setUp(notices, { sendMs: 9_000 });
  const { sent } = await clock.run(work());
  assert.ok(sent > 0 && sent < 30);
  assert.ok(clock.now() <= DEFAULT_EMAIL_LIMITS.wallClockMs);
  assert.equal(queue.jobs.filter((job) => job.state === "done").length, sent);
  assert.equal(queue.jobs.filter((job) => job.state === "waiting").length, 30 - sent);
  assert.equal(queue.calls.at(-1), "release true");
  assert.ok(queue.calls.includes("renew"), "leases were kept alive");
});

Deno.test("a shutdown stops the worker after the current e-mail", async () => {
  const { queue, clock, shutdown, work } = setUp([aNotice(1), aNotice(2)], { sendMs: 100 });
  clock.after(50, () => shutdown.abort());
  assert.equal((await clock.run(work())).sent, 1);
  assert.deepEqual(queue.jobs.map((job) => job.state), ["done", "waiting"]);
});
