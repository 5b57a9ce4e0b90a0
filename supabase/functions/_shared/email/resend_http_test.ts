import assert from "node:assert/strict";
import {
  type ResendService,
  type ResendServiceOptions,
  startResendService,
} from "../../../../scripts/services/resend/server.ts";
import { createLogger } from "../platform/logger.ts";
import { type Mailer, MailError } from "./mailer.ts";
import { createLogMailer, createResendMailer } from "./resend.ts";

const message = {
  to: "ada@example.com",
  subject: "Your Benchmark Report is Ready",
  html: "<p>Done</p>",
  text: "Done",
};

async function withMailer(
  use: (mailer: Mailer, service: ResendService) => Promise<void>,
  options: Partial<ResendServiceOptions> & { timeoutMs?: number } = {},
): Promise<void> {
  const outboxDir = await Deno.makeTempDir();
  const service = await startResendService({ log: () => {}, ...options, outboxDir });
  try {
    const mailer = createResendMailer({
      apiKey: "re_test",
      baseUrl: service.url,
      from: "ModelPick <reports@modelpick.test>",
      timeoutMs: options.timeoutMs ?? 5_000,
    });
    await use(mailer, service);
  } finally {
    await service.stop();
    await Deno.remove(outboxDir, { recursive: true });
  }
}

Deno.test("an e-mail goes out with both parts, the sender's address and its key", async () => {
  await withMailer(async (mailer, service) => {
    await mailer.send(message, "report-ready/1");
    const [email] = service.emails();
    assert.equal(email?.idempotency_key, "report-ready/1");
    assert.deepEqual(email?.message, {
      ...message,
      to: ["ada@example.com"],
      from: "ModelPick <reports@modelpick.test>",
    });
  });
});

Deno.test("a key sends once, even if the text has changed since", async () => {
  await withMailer(async (mailer, service) => {
    await mailer.send(message, "report-ready/1");
    await mailer.send(message, "report-ready/1");
    await mailer.send({ ...message, text: "Worded anew" }, "report-ready/1");
    assert.deepEqual(service.emails().map((email) => email.message.text), ["Done"]);
  });
});

Deno.test("a refusal is thrown with its status and the wait it asks for", async () => {
  const behaviour = { script: [429, 500], retryAfterSeconds: 2 };
  await withMailer(async (mailer) => {
    await assert.rejects(mailer.send(message, "a"), (error) => {
      assert.ok(error instanceof MailError);
      assert.deepEqual([error.status, error.retryAfterMs], [429, 2000]);
      return true;
    });
    await assert.rejects(mailer.send(message, "a"), { status: 500, retryAfterMs: null });
  }, { behaviour });
});

Deno.test("a service that does not answer in time or at all is a failure without a status", async () => {
  await withMailer(async (mailer, service) => {
    await assert.rejects(mailer.send(message, "a"), { name: "MailError", status: null });
    await service.stop();
    await assert.rejects(mailer.send(message, "a"), { name: "MailError", status: null });
  }, { behaviour: { latencyMs: 60_000 }, timeoutMs: 50 });
});

Deno.test("without a mail service the e-mail is logged and counts as sent", async () => {
  const lines: string[] = [];
  const log = createLogger({ name: "email-worker", write: (line) => lines.push(line) });
  await createLogMailer(log).send(message, "report-ready/1");
  assert.match(lines[0] ?? "", /\[email:mock\]/);
});
