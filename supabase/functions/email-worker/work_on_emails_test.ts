import assert from "node:assert/strict";
import { startResendService } from "../../../scripts/services/resend/server.ts";
import { type EmailMessage, MailError } from "../_shared/email/mailer.ts";
import { renderInvitationEmail } from "../_shared/email/invitation_email.tsx";
import type { InvitationNotice } from "../_shared/email/invitation_notice.ts";
import { renderEmail } from "../_shared/email/render_email.tsx";
import type { ParkedProvider } from "../_shared/email/describe_trouble.ts";
import type { ReportNotice } from "../_shared/email/report_notice.ts";
import { createResendMailer } from "../_shared/email/resend.ts";
import { DEFAULT_WORKER_LIMITS, type WorkerSummary } from "../_shared/platform/jobs/run_worker.ts";
import { hashText } from "../_shared/platform/json/hash_json.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import {
  anInvitation,
  aNotice,
  createFakeEmailQueue,
  type FakeEmailQueue,
} from "../_shared/testing/email_queue_fake.ts";
import { createVirtualClock, type VirtualClock } from "../_shared/testing/virtual_clock.ts";
import { aWorkerRun } from "../_shared/testing/worker_run.ts";
import { EMAIL_LIMITS, workOnEmails } from "./work_on_emails.ts";

const LIMITS = { ...DEFAULT_WORKER_LIMITS, ...EMAIL_LIMITS };

interface Fixture {
  readonly queue: FakeEmailQueue;
  readonly clock: VirtualClock;
  readonly sent: { readonly message: EmailMessage; readonly key: string }[];
  readonly lines: string[];
  readonly shutdown: AbortController;
  /** Errors of the next sends; none once they are used up. */
  readonly faults: Error[];
  /** Runs one worker to its end. */
  work(): Promise<WorkerSummary>;
  states(): string[];
}

function setUp(notices: readonly ReportNotice[], options: {
  readonly sendMs?: number;
  readonly parked?: ReadonlyMap<string, ParkedProvider>;
  readonly operatorEmail?: string;
} = {}): Fixture {
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
  const run = aWorkerRun({
    limits: LIMITS,
    clock,
    random: () => 0,
    log: createLogger({ name: "email-worker", write: (line) => lines.push(line) }),
    shutdown: shutdown.signal,
  });
  const work = () =>
    clock.run(workOnEmails(run, {
      source: queue.source,
      loadNotice: (reportId) => Promise.resolve(queue.notices.get(reportId) ?? null),
      mailer: { send },
      openInvitation: () => Promise.resolve(null),
      // Rendering for real takes real time, which a virtual clock would run away from.
      loadParked: (provider) => Promise.resolve(options.parked?.get(provider) ?? null),
      render: ({ heading, button }) =>
        Promise.resolve({ subject: heading, html: button?.url ?? "", text: "" }),
      renderInvitation: () => Promise.reject(new Error("no invitation is queued")),
      siteUrl: "https://modelpick.test",
      operatorEmail: options.operatorEmail,
    }));
  const states = () => queue.jobs.map(({ state }) => state);
  return { queue, clock, sent, lines, shutdown, faults, work, states };
}

Deno.test("the customer of each complete report gets its link, with the report's idempotency key", async () => {
  const { queue, sent, work, states } = setUp([aNotice(1), aNotice(2)]);
  assert.equal((await work()).ending, "drained");
  assert.deepEqual(
    sent.map(({ message, key }) => [message.to, key]),
    [
      ["customer1@example.com", `report-ready/${aNotice(1).reportId}`],
      ["customer2@example.com", `report-ready/${aNotice(2).reportId}`],
    ],
  );
  assert.equal(sent[0]?.message.html, "https://modelpick.test/report/#owner=owner-1");
  assert.deepEqual(states(), ["done", "done"]);
  assert.equal(queue.calls.at(-1), "release true");
});

Deno.test("a failed e-mail delays no other and is retried later each time until it is given up", async () => {
  const { queue, clock, faults, sent, lines, work, states } = setUp([aNotice(1), aNotice(2)]);
  faults.push(new MailError("Resend: down", 500, null));
  await work();
  assert.deepEqual(states(), ["waiting", "done"]);
  assert.equal(sent.length, 1);
  const [job] = queue.jobs;
  assert.ok(job);
  assert.ok(lines.some((line) => line.startsWith(`[benchmark:${aNotice(1).reportId}]`)));

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
  await short.work();
  assert.deepEqual([short.states(), short.clock.now()], [["done"], 2000]);
  assert.equal(short.queue.jobs[0]?.tries, 1);

  const long = setUp([aNotice()]);
  long.faults.push(new MailError("slow down", 429, 600_000));
  assert.equal((await long.work()).ending, "nothing_due");
  assert.equal(long.queue.jobs[0]?.runAtMs, 600_000);
  assert.equal(long.queue.calls.at(-1), "release false");
});

Deno.test("an e-mail is sent once although the database is away when it is recorded", async () => {
  const { queue, sent, work, states } = setUp([aNotice()]);
  queue.fault = new Error("connection lost");
  await work();
  assert.deepEqual([sent.length, states()], [1, ["done"]]);
});

Deno.test("an e-mail is sent again with the same key after its worker died before recording it", async () => {
  const { queue, sent, work, states } = setUp([aNotice()]);
  queue.fault = new Error("the end of this worker");
  queue.isLasting = true;
  assert.equal((await work()).ending, "faulty");
  assert.deepEqual(states(), ["leased"]);
  queue.expire();
  queue.isLasting = false;
  await work();
  assert.deepEqual([sent.length, new Set(sent.map(({ key }) => key)).size], [2, 1]);
  assert.deepEqual(states(), ["done"]);
});

Deno.test("no e-mail is sent for a report that is refunded, deleted or without a recipient", async () => {
  const notices = [
    aNotice(1, { status: "refunded" }),
    aNotice(2, { recipient: null }),
    aNotice(3, { shareToken: null, ownerToken: null }),
    aNotice(4),
  ];
  const { queue, sent, work, states } = setUp(notices);
  queue.notices.delete(aNotice(4).reportId);
  await work();
  assert.equal(sent.length, 0);
  assert.ok(states().every((state) => state === "done"));
});

/** Sends the e-mails of these kinds about one report. Returns their subjects and keys. */
async function tell(
  kinds: readonly ("received" | "ready" | "failed" | "refunded" | "refund_failed")[],
  status: string,
  operatorEmail?: string,
) {
  const notice = aNotice(1, { status });
  const { queue, sent, lines, work } = setUp([notice], operatorEmail ? { operatorEmail } : {});
  const [ready] = queue.jobs;
  assert.ok(ready);
  queue.jobs.splice(
    0,
    1,
    ...kinds.map((kind) => ({ ...ready, payload: { report_id: notice.reportId, notice: kind } })),
  );
  await work();
  return { sent: sent.map(({ message, key }) => [message.to, message.subject, key]), lines };
}

Deno.test("each move of a report is told in an e-mail of its own", async () => {
  const to = "customer1@example.com";
  const { reportId } = aNotice(1);
  assert.deepEqual((await tell(["received"], "paid")).sent, [
    [to, "We Received Your Order", `report-received/${reportId}`],
  ]);
  assert.deepEqual((await tell(["failed", "refunded"], "refunded")).sent, [
    [to, "Your Benchmark Could Not Be Finished", `report-failed/${reportId}/0`],
    [to, "Your Payment Was Refunded", `report-refunded/${reportId}`],
  ]);
});

Deno.test("an e-mail whose news is no longer so is not sent", async () => {
  const kinds = ["received", "ready", "failed", "refunded"] as const;
  for (
    const [status, left] of [
      ["running", ["We Received Your Order"]],
      ["failed", ["Your Benchmark Could Not Be Finished"]],
      ["expired", []],
    ] as const
  ) {
    assert.deepEqual((await tell(kinds, status)).sent.map(([, subject]) => subject), left, status);
  }
});

Deno.test("the operator is told of a refused refund, or of the setting that is missing", async () => {
  assert.deepEqual((await tell(["refund_failed"], "failed", "ops@example.com")).sent, [
    ["ops@example.com", "A Refund Failed", "operator-refund-failed/0"],
  ]);
  const { sent, lines } = await tell(["refund_failed"], "failed");
  assert.deepEqual(sent, []);
  assert.ok(lines.some((line) => line.includes("OPERATOR_EMAIL is not set")));
});

Deno.test("the operator is told of a provider that refuses the account while it does", async () => {
  for (const isParked of [true, false]) {
    const parked = new Map(
      isParked
        ? [["openrouter", {
          provider: "openrouter",
          since: "2026-11-30T12:00:00Z",
          until: "2026-12-01T12:00:00Z",
          reason: "402 Insufficient credits",
          reports: 2,
          jobs: 40,
          next_try_at: "2026-11-30T12:01:00Z",
        }]]
        : [],
    );
    const { queue, sent, work } = setUp([aNotice()], { parked, operatorEmail: "ops@example.com" });
    const [ready] = queue.jobs;
    assert.ok(ready);
    const payload = { provider: "openrouter", notice: "parked" as const };
    queue.jobs.splice(0, 1, { ...ready, payload });
    await work();
    assert.deepEqual(
      sent.map(({ message, key }) => [message.to, message.subject, key]),
      isParked ? [["ops@example.com", "openrouter Refuses Your Account", "operator-parked/0"]] : [],
    );
  }
});

Deno.test("a worker that cannot register claims nothing", async () => {
  const { queue, work } = setUp([aNotice()]);
  queue.isWelcome = false;
  assert.equal((await work()).ending, "refused");
  assert.deepEqual(queue.calls, ["register"]);
});

Deno.test("near the end of its time a worker begins no e-mail and starts a successor", async () => {
  const notices = Array.from({ length: 30 }, (_, number) => aNotice(number));
  const { queue, clock, sent, work, states } = setUp(notices, { sendMs: 9_000 });
  await work();
  assert.ok(sent.length > 0 && sent.length < 30);
  assert.ok(clock.now() <= LIMITS.wallClockMs);
  assert.equal(states().filter((state) => state === "done").length, sent.length);
  assert.equal(states().filter((state) => state === "waiting").length, 30 - sent.length);
  assert.equal(queue.calls.at(-1), "release true");
  assert.ok(queue.calls.includes("renew"), "leases were kept alive");
});

Deno.test("a shutdown stops the worker after the current e-mail", async () => {
  const { clock, shutdown, sent, work, states } = setUp([aNotice(1), aNotice(2)], { sendMs: 100 });
  clock.after(50, () => shutdown.abort());
  assert.equal((await work()).ending, "shut_down");
  assert.deepEqual([sent.length, states()], [1, ["done", "waiting"]]);
});

/** Lets a worker die after its first e-mail and another one finish. Returns what Resend sent. */
async function sendAfterDeath(
  queue: FakeEmailQueue,
  openInvitation: (id: string, tokenHash: string) => Promise<InvitationNotice | null>,
) {
  const outboxDir = await Deno.makeTempDir();
  const service = await startResendService({ outboxDir, apiKey: "re_test", log: () => {} });
  try {
    const mailer = createResendMailer({
      apiKey: "re_test",
      baseUrl: service.url,
      from: "ModelPick <reports@modelpick.test>",
      timeoutMs: 5_000,
    });
    const work = () =>
      workOnEmails(aWorkerRun({ limits: LIMITS }), {
        source: queue.source,
        loadNotice: (reportId) => Promise.resolve(queue.notices.get(reportId) ?? null),
        openInvitation,
        mailer,
        loadParked: () => Promise.resolve(null),
        render: renderEmail,
        renderInvitation: renderInvitationEmail,
        siteUrl: "https://modelpick.test",
        operatorEmail: undefined,
      });
    queue.fault = new Error("the end of this worker");
    queue.isLasting = true;
    await work();
    queue.expire();
    queue.isLasting = false;
    await work();
    assert.ok(queue.jobs.every(({ state }) => state === "done"));
    assert.equal(queue.jobs[0]?.tries, 2);
    return service.emails();
  } finally {
    await service.stop();
    await Deno.remove(outboxDir, { recursive: true });
  }
}

Deno.test("Resend gets one e-mail a report, however often the worker tries", async () => {
  const queue = createFakeEmailQueue({ now: () => 0 }, [aNotice(1), aNotice(2)]);
  const emails = await sendAfterDeath(queue, () => Promise.resolve(null));
  assert.deepEqual(
    emails.map(({ message, idempotency_key }) => [message.to[0], idempotency_key]),
    [aNotice(1), aNotice(2)].map((notice) => [notice.recipient, `report-ready/${notice.reportId}`]),
  );
  assert.ok(emails[0]?.message.html?.includes("https://modelpick.test/report/#owner=owner-1"));
});

Deno.test("an invitation is e-mailed once, with the token of one try, which opens it like that of the other", async () => {
  const queue = createFakeEmailQueue({ now: () => 0 }, [], ["invitation-1"]);
  const hashes: string[] = [];
  const emails = await sendAfterDeath(queue, (_id, tokenHash) => {
    hashes.push(tokenHash);
    return Promise.resolve(anInvitation());
  });
  assert.deepEqual(
    emails.map(({ message, idempotency_key }) => [message.to[0], idempotency_key]),
    [["ben@example.com", "invitation/invitation-1"]],
  );
  assert.equal(new Set(hashes).size, 2);
  const link = /https:\/\/modelpick\.test\/invitation\/#([0-9a-f]{64})/;
  for (const part of [emails[0]?.message.html, emails[0]?.message.text]) {
    assert.equal(hashText(link.exec(part ?? "")?.[1] ?? ""), hashes[0]);
  }
});

Deno.test("no e-mail is sent for an invitation that is no longer open", async () => {
  const queue = createFakeEmailQueue({ now: () => 0 }, [], ["invitation-1"]);
  assert.deepEqual(await sendAfterDeath(queue, () => Promise.resolve(null)), []);
});
