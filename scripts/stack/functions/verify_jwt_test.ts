import { equal } from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startTestFunctions } from "./testing.ts";

Deno.test("verify_jwt lets tokens of the project through and nothing else", async (t) => {
  const [es256, rs256, foreign] = await Promise.all([
    generateKeyPair("ES256", { extractable: true }),
    generateKeyPair("RS256", { extractable: true }),
    generateKeyPair("ES256", { extractable: true }),
  ]);
  const keys = [
    { ...await exportJWK(es256.publicKey), kid: "one", alg: "ES256" },
    { ...await exportJWK(rs256.publicKey), kid: "two", alg: "RS256" },
  ];
  const SERVE = `Deno.serve(() => new Response("through"));`;
  await using functions = await startTestFunctions({
    "closed/index.ts": SERVE,
    "open/index.ts": SERVE,
  }, {
    env: { SUPABASE_JWKS: JSON.stringify({ keys }) },
    functions: [{ name: "closed", verifyJwt: true }, { name: "open", verifyJwt: false }],
  });
  const project = functions.config.keys;
  const sign = (alg: string, key: CryptoKey | Uint8Array, expires = "1h", kid?: string) =>
    new SignJWT({ role: "authenticated" })
      .setProtectedHeader({ alg, ...kid === undefined ? {} : { kid } })
      .setExpirationTime(expires)
      .sign(key);
  const secret = new TextEncoder().encode(project.jwtSecret);
  const unsigned = (await sign("HS256", secret)).split(".");
  unsigned[0] = btoa(JSON.stringify({ alg: "none" })).replaceAll("=", "");

  const cases: Record<string, readonly [authorization: string | undefined, status: number]> = {
    "a user's HS256 token": [`Bearer ${await sign("HS256", secret)}`, 200],
    "the legacy anon key": [`Bearer ${project.anonJwt}`, 200],
    "the legacy service key": [`Bearer ${project.serviceRoleJwt}`, 200],
    "an ES256 token": [`Bearer ${await sign("ES256", es256.privateKey, "1h", "one")}`, 200],
    "an RS256 token": [`Bearer ${await sign("RS256", rs256.privateKey, "1h", "two")}`, 200],
    "no token": [undefined, 401],
    "the publishable key": [`Bearer ${project.publishable}`, 401],
    "the secret key": [`Bearer ${project.secret}`, 401],
    "an expired token": [`Bearer ${await sign("HS256", secret, "-1s")}`, 401],
    "another secret": [
      `Bearer ${await sign("HS256", new TextEncoder().encode("x".repeat(40)))}`,
      401,
    ],
    "another key": [`Bearer ${await sign("ES256", foreign.privateKey, "1h", "one")}`, 401],
    "no signature": [`Bearer ${unsigned[0]}.${unsigned[1]}.`, 401],
    "another scheme": [`Basic ${project.anonJwt}`, 401],
  };
  for (const [name, [authorization, status]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const headers: HeadersInit = authorization === undefined
        ? {}
        : { Authorization: authorization };
      const response = await functions.call("/closed", { headers });
      equal(response.status, status);
      equal(await response.text(), status === 200 ? "through" : `{"msg":"Invalid JWT"}`);
    });
  }
  await t.step("preflights need no token", async () => {
    const response = await functions.call("/closed", { method: "OPTIONS" });
    equal(await response.text(), "through");
  });
  await t.step("without verify_jwt no token is needed", async () => {
    equal(await (await functions.call("/open")).text(), "through");
  });
});
