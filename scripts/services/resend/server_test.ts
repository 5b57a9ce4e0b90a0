import assert from "node:assert/strict";
import { join } from "node:path";
import { Resend } from "resend";
import { type ResendService, type ResendServiceOptions, startResendService } from "./server.ts";

interface Fixture {
  readonly service: ResendService;
  readonly resend: Resend;
  readonly outboxDir: string;
  readonly lines: readonly string[];
}

async function withResend(
  use: (fixture: Fixture) => Promise<void>,
  options: Partial<ResendServiceOptions> = {},
): Promise<void> {
  const outboxDir = options.outboxDir ?? await Deno.makeTempDir();
  const lines: string[] = [];
  const service = await startResendService({
    log: (line) => lines.push(line),
    ...options,
    outboxDir,
  });
  try {
    await use({
      service,
      resend: new Resend("re_test", { baseUrl: service.url }),
      outboxDir,
      lines,
    });
  } finally {
    await service.stop();
    if (options.outboxDir === undefined) await Deno.remove(outboxDir, { recursive: true });
  }
}

const message = {
  from: "ModelPick <reports@modelpick.test>",
  to: "ada@example.com",
  subject: "Your Benchmark Report is Ready",
  html: "<p>Done</p>",
  text: "Done",
};

Deno.test("a sent e-mail is in the outbox under a readable name", async () => {
  await withResend(async ({ service, resend, outboxDir, lines }) => {
    const { data, error } = await resend.emails.send(message);
    assert.equal(error, null);
    const [email] = service.emails();
    assert.equal(email?.id, data?.id);
    assert.match(
      email?.file ?? "",
      /^[\dT-]{19}-your-benchmark-report-is-ready-ada-example-com\.html$/,
    );
    assert.equal(await Deno.readTextFile(join(outboxDir, email?.file ?? "")), "<p>Done</p>");
    assert.match(lines[0] ?? "", /^\[email:mock\] ada@example\.com /);
    const found = await resend.emails.get(data?.id ?? "");
    assert.equal(found.data?.subject, message.subject);
  });
});

Deno.test("two equal e-mails in one second get two files", async () => {
  await withResend(async ({ service, resend }) => {
    await resend.emails.send(message);
    await resend.emails.send(message);
    assert.equal(new Set(service.emails().map((email) => email.file)).size, 2);
  });
});

Deno.test("one idempotency key sends one e-mail, across a restart too, and no other", async () => {
  const outboxDir = await Deno.makeTempDir();
  try {
    const idempotencyKey = "report-ready/1";
    let id: string | undefined;
    await withResend(async ({ resend }) => {
      id = (await resend.emails.send(message, { idempotencyKey })).data?.id;
    }, { outboxDir });
    await withResend(async ({ service, resend }) => {
      assert.equal((await resend.emails.send(message, { idempotencyKey })).data?.id, id);
      assert.equal(service.emails().length, 1);
      const other = await resend.emails.send({ ...message, text: "Else" }, { idempotencyKey });
      assert.equal(other.error?.name, "invalid_idempotent_request");
      assert.equal(other.error?.statusCode, 409);
    }, { outboxDir });
  } finally {
    await Deno.remove(outboxDir, { recursive: true });
  }
});

Deno.test("forced failures reach the SDK as errors with their status and Retry-After", async () => {
  const behaviour = { script: [500, 429, 200], retryAfterSeconds: 9 };
  await withResend(async ({ service, resend }) => {
    assert.equal((await resend.emails.send(message)).error?.statusCode, 500);
    const limited = await resend.emails.send(message);
    assert.equal(limited.error?.name, "rate_limit_exceeded");
    assert.equal(limited.headers?.["retry-after"], "9");
    assert.equal((await resend.emails.send(message)).error, null);
    assert.equal(service.emails().length, 1);
  }, { behaviour });
});

Deno.test("a wrong key, a wrong address and an empty e-mail are refused and not written", async () => {
  await withResend(async ({ service, resend }) => {
    const stranger = new Resend("re_other", { baseUrl: service.url });
    assert.equal((await stranger.emails.send(message)).error?.statusCode, 403);
    assert.equal((await resend.emails.send({ ...message, to: "nobody" })).error?.statusCode, 422);
    assert.equal((await resend.emails.send({ ...message, subject: "" })).error?.statusCode, 422);
    assert.equal(service.emails().length, 0);
  }, { apiKey: "re_test" });
});
