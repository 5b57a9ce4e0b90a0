import assert from "node:assert/strict";
import { z } from "zod";
import { checkoutEnv, stripeEnv } from "../billing/env.ts";
import { providerEnv } from "../models/provider_env.ts";
import {
  adminKeyOf,
  allowedOrigins,
  EnvError,
  parseEnv,
  platformEnv,
  secretKeysOf,
  secretsIn,
  siteEnv,
  workerEnv,
} from "./env.ts";

const PLATFORM = {
  SUPABASE_URL: "http://127.0.0.1:54321/",
  SUPABASE_DB_URL: "postgresql://postgres:p%40ssword@db.example:5432/postgres",
  SUPABASE_SECRET_KEYS: '{"worker":"sb_secret_w","default":"sb_secret_d"}',
  SUPABASE_SERVICE_ROLE_KEY: "legacy",
};

const platform = z.object(platformEnv);

Deno.test("new keys come before the legacy one, the default first", () => {
  const env = parseEnv(platform, PLATFORM);
  assert.deepEqual(secretKeysOf(env), ["sb_secret_d", "sb_secret_w", "legacy"]);
  assert.equal(adminKeyOf(env), "sb_secret_d");
  assert.equal(env.SUPABASE_URL, "http://127.0.0.1:54321");
});

Deno.test("a project with legacy keys alone works, one without any does not", () => {
  const { SUPABASE_SECRET_KEYS: _, ...legacy } = PLATFORM;
  assert.equal(adminKeyOf(parseEnv(platform, legacy)), "legacy");
  const { SUPABASE_SERVICE_ROLE_KEY: __, ...none } = legacy;
  assert.throws(() => adminKeyOf(parseEnv(platform, none)), EnvError);
});

Deno.test("every wrong or missing variable is named, and no value is", () => {
  assert.throws(
    () =>
      parseEnv(z.object({ ...platformEnv, ...stripeEnv, ...workerEnv }), {
        ...PLATFORM,
        SUPABASE_DB_URL: "mysql://root:hunter2@db",
        SUPABASE_SECRET_KEYS: "sb_secret_bare",
        WORKER_WALL_CLOCK_SECONDS: "751",
        STRIPE_SECRET_KEY: "  ",
      }),
    (error: unknown) => {
      assert.ok(error instanceof EnvError);
      for (
        const name of ["SUPABASE_DB_URL", "SUPABASE_SECRET_KEYS", "WORKER_WALL_CLOCK_SECONDS"]
      ) assert.match(error.message, new RegExp(name));
      assert.match(error.message, /STRIPE_SECRET_KEY is not set/);
      assert.doesNotMatch(error.message, /hunter2|sb_secret_bare/);
      return true;
    },
  );
});

Deno.test("a variable set to nothing leaves the default in place", () => {
  const env = parseEnv(z.object({ ...checkoutEnv, ...workerEnv, ...providerEnv }), {
    REPORT_PRICE_CENTS: "",
    LOCAL_BASE_URL: "",
  });
  assert.equal(env.REPORT_PRICE_CENTS, 1900);
  assert.equal(env.WORKER_WALL_CLOCK_SECONDS, 140);
  assert.equal(env.OPENROUTER_BASE_URL, "https://openrouter.ai/api/v1");
  assert.equal(env.LOCAL_BASE_URL, undefined);
});

Deno.test("the origins that may call are those listed, else the site's own", () => {
  const site = z.object(siteEnv);
  const listed = parseEnv(site, {
    ALLOWED_ORIGINS: "https://a.example/, http://localhost:3000",
    SITE_URL: "https://modelpick.example/app",
  });
  assert.deepEqual(allowedOrigins(listed), ["https://a.example", "http://localhost:3000"]);
  const bare = parseEnv(site, { SITE_URL: "https://modelpick.example/app" });
  assert.deepEqual(allowedOrigins(bare), ["https://modelpick.example"]);
  const SITE_URL = "https://modelpick.example";
  assert.deepEqual(allowedOrigins(parseEnv(site, { ALLOWED_ORIGINS: "*", SITE_URL })), ["*"]);
  assert.throws(() => parseEnv(site, { ALLOWED_ORIGINS: "modelpick", SITE_URL }), EnvError);
  // An address made up in its place would go out in e-mails.
  assert.throws(() => parseEnv(site, {}), EnvError);
});

Deno.test("the logger is told of every key and of the database's password", () => {
  const env = parseEnv(z.object({ ...platformEnv, ...stripeEnv, ...providerEnv }), {
    ...PLATFORM,
    STRIPE_SECRET_KEY: "sk_test_1",
    OPENROUTER_API_KEY: "or-key",
  });
  const secrets = secretsIn(env);
  for (
    const secret of ["sb_secret_d", "sb_secret_w", "legacy", "sk_test_1", "or-key", "p@ssword"]
  ) {
    assert.ok(secrets.includes(secret), secret);
  }
  assert.ok(!secrets.includes("https://openrouter.ai/api/v1"));
});
