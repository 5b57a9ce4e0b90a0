import assert from "node:assert/strict";
import fc from "fast-check";
import { createLogger, type LogLevel } from "./logger.ts";

function setUp(secrets: readonly string[] = [], level: LogLevel = "info") {
  const lines: string[] = [];
  const log = createLogger({
    name: "checkout",
    secrets,
    level,
    write: (line) => lines.push(line),
    now: () => new Date("2026-11-21T10:00:00Z"),
  });
  return { lines, log };
}

Deno.test("a line is JSON, after the report's prefix where there is a report", () => {
  const { lines, log } = setUp();
  log.info("plain", { count: 2 });
  log.with({ report_id: "r-1" }).with({ request_id: "q" }).warn("late");
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    time: "2026-11-21T10:00:00.000Z",
    level: "info",
    function: "checkout",
    message: "plain",
    count: 2,
  });
  const [, prefix, rest] = /^(\[benchmark:r-1\]) (.*)$/.exec(lines[1] ?? "") ?? [];
  assert.equal(prefix, "[benchmark:r-1]");
  assert.equal(JSON.parse(rest ?? "").request_id, "q");
});

Deno.test("lines below the level are not written", () => {
  const { lines, log } = setUp([], "warn");
  log.debug("no");
  log.info("no");
  log.error("yes");
  assert.equal(lines.length, 1);
});

Deno.test("known secrets are hidden wherever they stand", () => {
  const secret = "correct horse/battery+staple";
  const { lines, log } = setUp([secret]);
  log.error(`message with ${secret}`, {
    nested: [{ deep: `x${secret}y` }],
    error: new Error(`refused ${secret}`, { cause: new Error(`because of ${secret}`) }),
  });
  assert.doesNotMatch(lines.join(""), /horse/);
  assert.match(lines.join(""), /because of \[redacted\]/);
});

Deno.test("what looks like a secret is hidden though nobody named it", () => {
  for (
    const secret of [
      "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz",
      ["sk", "live", "51H8abcdefghijklmnop"].join("_"),
      ["sk", "test", "51H8abcdefghijklmnop"].join("_"),
      ["rk", "live", "51H8abcdefghijklmnop"].join("_"),
      "sk-or-v1-0123456789abcdef0123456789abcdef",
      "sk-proj-0123456789abcdef",
      "whsec_abcdefghijklmnop",
      "re_abcdefgh_12345678",
      "gsk_abcdefghijklmnopqrst",
      "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl",
    ]
  ) {
    const { lines, log } = setUp();
    log.info(`key ${secret}, then more`, { said: `"${secret}"` });
    assert.ok(!lines.join("").includes(secret), secret);
    assert.match(lines.join(""), /then more/);
  }
});

Deno.test("passwords in URLs, tokens in signed URLs and bearer tokens are hidden, the rest of them stays", () => {
  const { lines, log } = setUp();
  log.info("urls", {
    database: "postgresql://postgres:hunter2hunter2@db.example:5432/postgres",
    image: "https://x.example/object/sign/benchmark-images/a.png?token=abc.def&x=1",
    header: "Authorization: Bearer opaque-token",
  });
  const text = lines.join("");
  assert.doesNotMatch(text, /hunter2|abc\.def|opaque-token/);
  assert.match(text, /db\.example:5432/);
  assert.match(text, /a\.png/);
});

Deno.test("fields named like a secret are hidden, token counts and idempotency keys are not", () => {
  const { lines, log } = setUp();
  log.info("fields", {
    apikey: "a1",
    "Stripe-Signature": "a2",
    accessToken: "a3",
    share_token: "a4",
    STRIPE_SECRET_KEY: "a5",
    headers: { authorization: "a6", Cookie: "a7" },
    input_tokens: 17,
    idempotency_key: "b1",
    config_hash: "b2",
  });
  const text = lines.join("");
  assert.doesNotMatch(text, /"a\d"/);
  assert.match(text, /"input_tokens":17/);
  assert.match(text, /b1.*b2/);
});

Deno.test("nothing that is logged can break the log", () => {
  const { lines, log } = setUp();
  const cycle: Record<string, unknown> = { name: "loop" };
  cycle["self"] = cycle;
  const looped = new Error("looped");
  looped.cause = looped;
  log.info("odd", {
    cycle,
    looped,
    big: 10n,
    fn: () => 1,
    bytes: new Uint8Array(9),
    bad: new Date(NaN),
    long: "x".repeat(100_000),
    many: Array.from({ length: 1000 }, (_, index) => index),
    line: "one\ntwo",
  });
  assert.equal(lines.length, 1);
  assert.ok((lines[0] ?? "").length < 12_000);
  assert.ok(!(lines[0] ?? "").includes("\n"));
});

Deno.test("a secret never survives in any field of any shape", () => {
  const secret = "s3cr3t-value-of-the-project";
  fc.assert(
    fc.property(fc.object({ maxDepth: 8 }), fc.string(), fc.string(), (shape, before, after) => {
      const { lines, log } = setUp([secret]);
      const text = `${before}${secret}${after}`;
      log.info(text, { shape, text, nested: { deeper: { list: [text, new Error(text)] } } });
      assert.ok(!lines.join("").includes(secret));
    }),
    { numRuns: 100 },
  );
});
