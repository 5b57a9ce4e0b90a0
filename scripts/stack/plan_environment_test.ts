import assert from "node:assert/strict";
import { join } from "node:path";
import { readEnvFile } from "./env_file.ts";
import { describeOutside, pickSettings, planEnvironment } from "./plan_environment.ts";
import { generateKeys } from "./keys.ts";
import { makeScratchDirectory } from "./testing.ts";

const config = {
  stackDir: "/stack",
  keys: await generateKeys(),
  ports: {
    api: 1,
    db: 2,
    pooler: 29,
    ocr: 3,
    openrouter: 4,
    stripe: 5,
    resend: 6,
    openai: 7,
    groq: 8,
  },
};

function namesOf(given: Record<string, string>): string[] {
  return planEnvironment(config, given).localServices.map(({ name }) => name);
}

Deno.test("without any key OCR, Stripe, Resend and OpenAI are local services", () => {
  const { localServices, env } = planEnvironment(config, {});
  assert.deepEqual(localServices.map(({ name }) => name), ["ocr", "stripe", "resend", "openai"]);
  assert.equal(env.SITE_URL, "http://127.0.0.1:1");
  assert.equal(env.LOCAL_BASE_URL, "http://127.0.0.1:3/v1");
  assert.equal(env.STRIPE_API_URL, "http://127.0.0.1:5");
  assert.equal(env.RESEND_BASE_URL, "http://127.0.0.1:6");
  assert.equal(env.OPENROUTER_BASE_URL, undefined);
  assert.equal(env.OPENAI_BASE_URL, "http://127.0.0.1:7/v1");
});

Deno.test("the chat's models are simulated unless a key, a URL or another provider is set", () => {
  const isPlayed = (given: Record<string, string>) => namesOf(given).includes("openai");
  assert.equal(isPlayed({ OPENAI_API_KEY: "sk-real" }), false);
  assert.equal(isPlayed({ OPENAI_BASE_URL: "http://ollama:11434/v1" }), false);
  assert.equal(isPlayed({ CHAT_PROVIDER: "groq", GROQ_API_KEY: "gsk" }), false);
  assert.equal(isPlayed({ CHAT_PROVIDER: "openai" }), true);
  const { env } = planEnvironment(config, {
    OPENAI_API_KEY: "sk-real",
    DEBUG_MOCK_OPENAI: "true",
  });
  assert.equal(env.OPENAI_BASE_URL, "http://127.0.0.1:7/v1");
  assert.notEqual(env.OPENAI_API_KEY, "sk-real", "a real key does not reach a local service");
});

Deno.test("the simulated Stripe signs with the secret that the functions verify with", () => {
  const { localServices, env } = planEnvironment(config, {});
  assert.deepEqual(localServices.find(({ name }) => name === "stripe")?.options, {
    webhook: { url: "http://127.0.0.1:1/functions/v1/webhook", secret: env.STRIPE_WEBHOOK_SECRET },
    secretKey: env.STRIPE_SECRET_KEY,
    stateFile: "/stack/stripe.json",
  });
  assert.equal(
    planEnvironment(config, {}).env.STRIPE_WEBHOOK_SECRET,
    env.STRIPE_WEBHOOK_SECRET,
    "what was signed before a restart has to hold after it",
  );
});

Deno.test("a real key is used as it is, and nothing plays its service", () => {
  const given = {
    STRIPE_SECRET_KEY: "sk_live_1",
    STRIPE_WEBHOOK_SECRET: "whsec_1",
    RESEND_API_KEY: "re_1",
    OPENAI_API_KEY: "sk-1",
    LOCAL_BASE_URL: "http://ollama:11434/v1",
    SITE_URL: "https://modelpick.example",
  };
  const { localServices, env } = planEnvironment(config, given);
  assert.deepEqual(localServices, []);
  assert.deepEqual(env, given);
});

Deno.test("a real Stripe account without a webhook of its own has its events fetched", () => {
  const alone = planEnvironment(config, { STRIPE_SECRET_KEY: "sk_test_1" });
  assert.equal(alone.relaysStripe, true);
  assert.match(alone.env.STRIPE_WEBHOOK_SECRET ?? "", /^whsec_/);
  const complete = { STRIPE_SECRET_KEY: "sk_test_1", STRIPE_WEBHOOK_SECRET: "whsec_1" };
  assert.equal(planEnvironment(config, complete).relaysStripe, false);
  assert.equal(planEnvironment(config, {}).relaysStripe, false);
});

Deno.test("an empty setting counts as unset", () => {
  assert.deepEqual(namesOf({ STRIPE_SECRET_KEY: " " }), ["ocr", "stripe", "resend", "openai"]);
});

Deno.test("the debug settings replace a service by its local one, with or without a key", () => {
  const given = {
    OPENROUTER_API_KEY: "sk-or-real",
    RESEND_API_KEY: "re_real",
    DEBUG_MOCK_OPENROUTER: "true",
    DEBUG_MOCK_EMAIL: "true",
    DEBUG_MOCK_GROQ: "true",
    DEBUG_MOCK_CEREBRAS: "true",
    CEREBRAS_API_KEY: "csk-real",
    MISTRAL_API_KEY: "real",
  };
  const { localServices, env } = planEnvironment(config, given);
  assert.deepEqual(localServices.map(({ name }) => name), [
    "ocr",
    "stripe",
    "resend",
    "openrouter",
    "groq",
    "openai",
  ]);
  assert.equal(env.GROQ_BASE_URL, "http://127.0.0.1:8/groq/v1");
  assert.equal(env.CEREBRAS_BASE_URL, "http://127.0.0.1:8/cerebras/v1");
  assert.equal(env.MISTRAL_BASE_URL, undefined);
  assert.notEqual(env.CEREBRAS_API_KEY, "csk-real", "a real key does not reach a local service");
  assert.equal(env.OPENROUTER_BASE_URL, "http://127.0.0.1:4/api/v1");
  assert.notEqual(
    env.OPENROUTER_API_KEY,
    "sk-or-real",
    "a real key does not reach a local service",
  );
  assert.notEqual(env.RESEND_API_KEY, "re_real", "a real key does not reach a local service");
  assert.ok(!namesOf({ DEBUG_MOCK_OPENROUTER: "false" }).includes("openrouter"));
});

Deno.test("pickSettings() takes from a shell what functions read and nothing else", () => {
  assert.deepEqual(
    pickSettings({
      HOME: "/root",
      PATH: "/bin",
      AWS_SECRET_ACCESS_KEY: "x",
      SUPABASE_URL: "https://elsewhere",
      OPENROUTER_API_KEY: "k",
      DEBUG_MOCK_EMAIL: "true",
      SITE_URL: "http://site",
      INLINE_IMAGE_PROVIDERS: "none",
      SLOT_WAIT_SECONDS: "1",
    }),
    {
      OPENROUTER_API_KEY: "k",
      DEBUG_MOCK_EMAIL: "true",
      SITE_URL: "http://site",
      INLINE_IMAGE_PROVIDERS: "none",
      SLOT_WAIT_SECONDS: "1",
    },
  );
});

Deno.test("readEnvFile() reads quotes and comments, and not what is Supabase's to set", async () => {
  await using scratch = await makeScratchDirectory();
  const file = join(scratch.path, ".env");
  assert.deepEqual(readEnvFile(file), {});
  await Deno.writeTextFile(
    file,
    "# keys\nSITE_URL=\"http://a b\" # why\nexport EMAIL_FROM='Me <me@x>'\nSUPABASE_URL=x\n",
  );
  assert.deepEqual(readEnvFile(file), { SITE_URL: "http://a b", EMAIL_FROM: "Me <me@x>" });
});

Deno.test("describeOutside() tells keys, simulations and missing keys apart", () => {
  const outside = describeOutside({
    STRIPE_SECRET_KEY: "sk_test_given",
    OPENROUTER_API_KEY: "sk-or-given",
    DEBUG_MOCK_OPENROUTER: "true",
    DEBUG_MOCK_GROQ: "true",
    MISTRAL_API_KEY: "given",
    COMPATIBLE_BASE_URL: "http://127.0.0.1:11434/v1",
  }, config);
  assert.deepEqual(outside, {
    stripe: "real",
    resend: "simulated",
    openrouter: "simulated",
    openai: "simulated",
    google: "missing",
    anthropic: "missing",
    mistral: "real",
    groq: "simulated",
    cerebras: "missing",
    compatible: "real",
  });
});
