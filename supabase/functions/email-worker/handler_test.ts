import assert from "node:assert/strict";
import { startResendService } from "../../../scripts/services/resend/server.ts";
import { renderReportEmail } from "../_shared/email/report_email.tsx";
import { createResendMailer } from "../_shared/email/resend.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { aNotice, createFakeEmailQueue } from "../_shared/testing/email_queue_fake.ts";
import { createHandler } from "./handler.ts";
import { DEFAULT_EMAIL_LIMITS, sendReportEmails } from "./send_report_emails.ts";

const KEY = "sb_secret_new";

function setUp(work: () => Promise<unknown>) {
  const pending: Promise<unknown>[] = [];
  const handler = createHandler({
    secretKeys: [KEY],
    work,
    waitUntil: (promise) => pending.push(promise),
    log: createLogger({ name: "email-worker", write: () => {} }),
  });
  const call = (headers: Record<string, string>, body: unknown = { report_id: null }) =>
    handler(
      new Request("http://127.0.0.1/email-worker", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
  return { call, pending };
}

Deno.test("a malformed call, or one without the key, sends nothing", async () => {
  const { call, pending } = setUp(() => Promise.resolve());
  assert.equal((await call({ apikey: KEY }, { report: 1 })).status, 422);
  assert.equal((await call({ apikey: KEY }, { report_id: "x" })).status, 422);
  assert.equal((await call({}, { report_id: null })).status, 401);
  assert.equal(pending.length, 0);
});

Deno.test("a call sends each waiting e-mail once, however often it is retried", async () => {
  const outboxDir = await Deno.makeTempDir();
  const service = await startResendService({ outboxDir, apiKey: "re_test", log: () => {} });
  try {
    // At the end of time every retry is due.
    const queue = createFakeEmailQueue({ now: () => Infinity }, [aNotice(1), aNotice(2)]);
    const mailer = createResendMailer({
      apiKey: "re_test",
      baseUrl: service.url,
      from: "ModelPick <reports@modelpick.test>",
      timeoutMs: 5_000,
    });
    const { call, pending } = setUp(() =>
      sendReportEmails({
        queue,
        mailer,
        render: renderReportEmail,
        siteUrl: "https://modelpick.test",
        limits: DEFAULT_EMAIL_LIMITS,
        clock: systemClock,
        random: Math.random,
        log: createLogger({ name: "email-worker", write: () => {} }),
        shutdown: new AbortController().signal,
      })
    );
    queue.completeFault = new Error("connection lost after sending");
    await call({ apikey: KEY });
    await Promise.all(pending);
    assert.deepEqual(queue.jobs.map((job) => job.state), ["done", "done"]);
    assert.equal(queue.jobs[0]?.attempts, 2);
    assert.deepEqual(
      service.emails().map(({ message, idempotency_key }) => [message.to[0], idempotency_key]),
      [aNotice(1), aNotice(2)].map((notice) => [
        notice.recipient,
        `report-ready/${notice.reportId}`,
      ]),
    );
    assert.ok(service.emails()[0]?.message.html?.includes("https://modelpick.test/report/token-1"));
  } finally {
    await service.stop();
    await Deno.remove(outboxDir, { recursive: true });
  }
});
