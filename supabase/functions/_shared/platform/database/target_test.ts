import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { EnvError, parseEnv, platformEnv, secretsIn } from "../env.ts";
import { SUPABASE_ROOT_CA } from "./supabase_root_ca.ts";
import { readDatabaseTarget } from "./target.ts";

const URL_OF_PROJECT = "postgresql://postgres:pass@db.example:6543/postgres";
const PEM = "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----";

const environment = z.object({
  SUPABASE_DB_URL: platformEnv.SUPABASE_DB_URL,
  DATABASE_URL: platformEnv.DATABASE_URL,
  DATABASE_SSL: platformEnv.DATABASE_SSL,
  DATABASE_CA_CERT: platformEnv.DATABASE_CA_CERT,
});

function targetOf(given: Record<string, string>) {
  return readDatabaseTarget(parseEnv(environment, { SUPABASE_DB_URL: URL_OF_PROJECT, ...given }));
}

Deno.test("by default a connection is encrypted where it can be, under Supabase's own authority", () => {
  assert.deepEqual(targetOf({}), {
    url: URL_OF_PROJECT,
    hostname: "db.example",
    port: 6543,
    tls: "prefer",
    authorities: [SUPABASE_ROOT_CA],
  });
});

Deno.test("all modes of libpq that verify are one: Deno always verifies", () => {
  const modes = ["disable", "allow", "prefer", "require", "verify-ca", "VERIFY-FULL"];
  assert.deepEqual(modes.map((mode) => targetOf({ DATABASE_SSL: mode }).tls), [
    "disable",
    "prefer",
    "prefer",
    "require",
    "require",
    "require",
  ]);
});

Deno.test("the connection string's sslmode wins, and no client's parameter reaches Postgres", () => {
  const target = targetOf({
    DATABASE_SSL: "disable",
    DATABASE_URL:
      "postgres://u:p@[::1]/app?sslmode=require&pgbouncer=true&sslrootcert=x&application_name=a",
  });
  assert.equal(target.tls, "require");
  assert.equal(target.url, "postgres://u:p@[::1]/app?application_name=a");
  assert.deepEqual([target.hostname, target.port], ["::1", 5432]);
  assert.throws(() => targetOf({ DATABASE_URL: `${URL_OF_PROJECT}?sslmode=on` }), /sslmode.*on/);
});

Deno.test("an authority may be written on one line, and nothing but a certificate is taken", () => {
  assert.deepEqual(targetOf({ DATABASE_CA_CERT: PEM.replaceAll("\n", "\\n") }).authorities, [PEM]);
  for (const given of [{ DATABASE_CA_CERT: "MIID" }, { DATABASE_SSL: "yes" }]) {
    assert.throws(() => targetOf(given), EnvError);
  }
});

Deno.test("the password of DATABASE_URL is a secret too", () => {
  const secrets = secretsIn({ DATABASE_URL: "postgres://u:hunter2@pooler/app" });
  assert.ok(secrets.includes("hunter2"));
});

Deno.test("the authority that is built in is the one that Supabase publishes", () => {
  const certificate = new X509Certificate(SUPABASE_ROOT_CA);
  assert.match(certificate.subject, /CN=Supabase Root 2021 CA/);
  assert.equal(
    certificate.fingerprint256,
    "80:70:25:AD:50:D4:ED:21:9D:2C:9C:7D:29:9C:00:4F:82:4E:B0:0C:F7:F6:5A:FE:F6:07:D0:7B:72:E6:CA:FA",
  );
});
