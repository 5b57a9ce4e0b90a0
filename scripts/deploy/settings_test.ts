import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { checkSettings, formatEnvFile, parseSender } from "./settings.ts";

const COMPLETE = {
  SITE_URL: "https://app.example.com",
  STRIPE_SECRET_KEY: "sk_live_1",
  STRIPE_WEBHOOK_SECRET: "whsec_1",
  OPENAI_API_KEY: "sk-1",
  RESEND_API_KEY: "re_1",
  EMAIL_FROM: "Reports <reports@example.com>",
};

const problemsOf = (settings: Record<string, string>) =>
  checkSettings(settings).filter(({ state }) => state !== "ok")
    .map(({ state, finding }) => `${state}: ${finding}`);

Deno.test("complete settings have no problem, and each one that is left out or empty has", () => {
  assert.deepEqual(problemsOf(COMPLETE), []);
  for (const name of Object.keys(COMPLETE)) {
    const { [name as keyof typeof COMPLETE]: _, ...others } = COMPLETE;
    assert.notDeepEqual(problemsOf(others), [], name);
    assert.notDeepEqual(problemsOf({ ...COMPLETE, [name]: " " }), [], name);
  }
});

for (
  const [settings, problem] of [
    [{ SITE_URL: "http://app.example.com" }, "failed: SITE_URL is http://app.example.com"],
    [{ SITE_URL: "https://10.0.0.1" }, "failed: SITE_URL is https://10.0.0.1: only your own"],
    [{ STRIPE_API_URL: "http://127.0.0.1:54333" }, "failed: STRIPE_API_URL is http://127.0.0.1"],
    [{ STRIPE_SECRET_KEY: "sk_test_1" }, "warning: STRIPE_SECRET_KEY is a test key"],
    [{ STRIPE_WEBHOOK_SECRET: "we_1" }, "failed: STRIPE_WEBHOOK_SECRET is no signing secret"],
    [{ EMAIL_FROM: "Reports" }, "failed: EMAIL_FROM is no sender"],
    [{ WORKER_SLOTS: "many" }, "failed: WORKER_SLOTS: "],
    [{ CHAT_PROVIDER: "groq" }, "warning: GROQ_API_KEY is not set: the chat"],
    [{ DEBUG_MOCK_EMAIL: "true" }, "failed: DEBUG_MOCK_EMAIL is for the local stack only"],
    [{ CHAT_SQL_MODEL: "'\"`" }, "failed: CHAT_SQL_MODEL contains all three kinds of quotes"],
  ] as const
) {
  Deno.test(`${JSON.stringify(settings)} is named as a problem, and nothing else is`, () => {
    const problems = problemsOf({ ...COMPLETE, ...settings });
    assert.equal(problems.length, 1, String(problems));
    assert.ok(problems[0]?.startsWith(problem), problems[0]);
  });
}

Deno.test("a sender has an address, with or without a name", () => {
  assert.deepEqual(parseSender("Reports <reports@example.com>"), {
    name: "Reports",
    address: "reports@example.com",
  });
  assert.deepEqual(parseSender('"Ada, Reports" <a@example.com>'), {
    name: "Ada, Reports",
    address: "a@example.com",
  });
  assert.deepEqual(parseSender("a@example.com"), { name: "ModelPick", address: "a@example.com" });
  for (const text of ["", "Reports", "Reports <reports>", "<a@example.com"]) {
    assert.equal(parseSender(text), null, text);
  }
});

Deno.test("every value survives a .env file, unless it contains all three kinds of quotes", () => {
  const value = fc.string({ unit: fc.constantFrom(..."ab $#=\\ '\"`<>{}") })
    .filter((text) => !["'", '"', "`"].every((quote) => text.includes(quote)));
  fc.assert(fc.property(value, (text) => {
    assert.equal(parseEnv(formatEnvFile({ NAME: text, OTHER: "x" })).NAME, text);
  }));
});
