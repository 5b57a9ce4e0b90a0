import assert from "node:assert/strict";
import { startResendService } from "../../../scripts/services/resend/server.ts";
import { createResendMailer } from "../_shared/adapters/resend.ts";
import { systemClock } from "../_shared/adapters/system_clock.ts";
import { aNotice, createFakeEmailQueue } from "../_shared/email/email_queue_fake.ts";
import { renderReportEmail } from "../_shared/email/report_email.tsx";
import { DEFAULT_EMAIL_LIMITS, sendReportEmails } from "../_shared/email/send_report_emails.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { createHandler } from "./handler.ts";

const KEY = "sb_secret_new";
const LEGACY_KEY = "legacy.service.role";

function setUp(work: () => Promise<unknown>) {
  const lines: string[] = [];
  const pending: Promise<unknown>[] = [];
  const handler = createHandler({
    secretKeys: [KEY, LEGACY_KEY],
    work,
    waitUntil: (promise) => pending.push(promise),
    log: createLogger({ name: "email-worker", write: (line) => lines.push(line) }),
  });
  const call = (headers: Record<string, string>, body: unknown = { report_id: null }) =>
    handler(
      new Request("http://127.0.0.1/email-worker", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
  return { call, lines, pending };
}

Deno.test("the new secret key and the legacy one start the work, others and none do not", async () => {
  let started = 0;
  const { call, pending } = setUp(() => Promise.resolve(started++));
  assert.equal((await call({ apikey: KEY })).status, 202);
  assert.equal((await call({ apikey: LEGACY_KEY })).status, 202);
  await Promise.all(pending);
  assert.equal(started, 2);
  assert.equal((await call({ apikey: `${KEY}x` })).status, 401);
  const refused = await call({ authorization: `Bearer ${KEY}` });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  assert.equal(started, 2);
});

Deno.test("it answers before the work ends and keeps the isolate for it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { call, pending } = setUp(() => promise);
  const report_id = aNotice().reportId;
  assert.equal((await call({ apikey: KEY }, { report_id })).status, 202);
  assert.equal(pending.length, 1);
  resolve();
  await pending[0];
});

Deno.test("work that fails is logged and harms nothing else", async () => {
  const { call, pending, lines } = setUp(() => Promise.reject(new Error("no database")));
  assert.equal((await call({ apikey: KEY })).status, 202);
  await Promise.all(pending);
  assert.ok(lines.some((line) => line.includes("worker failed") && line.includes("no database")));
});

Deno.test("a body of another shape is refused", async () => {
  const { call, pending } = setUp(() => Promise.resolve());
  assert.equal((await call({ apikey: KEY }, { report: 1 })).status, 422);
  assert.equal((await call({ apikey: KEY }, { report_id: "x" })).status, 422);
  assert.equal(pending.length, 0);
});

Deno.test("a call sends the e-mails that wait, and one each however often they are tried", async () => {
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
