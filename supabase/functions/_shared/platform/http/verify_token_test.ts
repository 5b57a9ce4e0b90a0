import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { User } from "./authenticate_member.ts";
import { verifyTokens } from "./verify_token.ts";

const ADA: User = { id: "7d2c9a3f-1b1e-4b0a-9a55-2f0e3d4c5b66", email: "ada@example.com" };
const { privateKey, publicKey } = await generateKeyPair("ES256");
const other = await generateKeyPair("ES256");
const KEYS = [{ ...await exportJWK(publicKey), kty: "EC", kid: "one", alg: "ES256" }];
const NOW = Date.UTC(2026, 10, 21);

function sign(key = privateKey, claims: Record<string, unknown> = {}, lifeSeconds = 3600) {
  return new SignJWT({ email: ADA.email, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "one" })
    .setSubject(ADA.id)
    .setAudience(typeof claims["aud"] === "string" ? claims["aud"] : "authenticated")
    .setExpirationTime(NOW / 1000 + lifeSeconds)
    .sign(key);
}

function signLegacy(lifeSeconds = 3600) {
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(NOW / 1000 + lifeSeconds)
    .sign(new TextEncoder().encode("a secret that the function does not know"));
}

function verifier(answer: () => Promise<User | null> = () => Promise.resolve(ADA), keys = KEYS) {
  const clock = { ms: NOW };
  let asked = 0;
  const lookUpUser = verifyTokens({
    keys,
    lookUpUser: () => {
      asked++;
      return answer();
    },
    now: () => clock.ms,
  });
  return { clock, lookUpUser, asked: () => asked };
}

Deno.test("a token signed with the project's key is verified without a round trip", async () => {
  const { lookUpUser, asked } = verifier();
  assert.deepEqual(await lookUpUser(await sign()), ADA);
  assert.equal(asked(), 0);
});

Deno.test("a token of another key, audience or time is nobody's", async () => {
  const { lookUpUser, clock, asked } = verifier();
  assert.equal(await lookUpUser(await sign(other.privateKey)), null);
  assert.equal(await lookUpUser(await sign(privateKey, { aud: "elsewhere" })), null);
  const token = await sign();
  clock.ms += 3601_000;
  assert.equal(await lookUpUser(token), null);
  assert.equal(await lookUpUser("no token"), null);
  assert.equal(asked(), 0);
});

Deno.test("a token that claims not to be signed is nobody's", async () => {
  const [, body] = (await sign()).split(".");
  const header = btoa(JSON.stringify({ alg: "none" })).replaceAll("=", "");
  assert.equal(await verifier().lookUpUser(`${header}.${body}.`), null);
});

Deno.test("Auth is asked about a legacy token once a minute", async () => {
  const { lookUpUser, clock, asked } = verifier();
  const token = await signLegacy();
  assert.deepEqual(await Promise.all([lookUpUser(token), lookUpUser(token)]), [ADA, ADA]);
  assert.equal(asked(), 1);
  clock.ms += 59_000;
  await lookUpUser(token);
  assert.equal(asked(), 1);
  clock.ms += 2_000;
  await lookUpUser(token);
  assert.equal(asked(), 2);
});

Deno.test("a legacy token is not believed past its own end", async () => {
  const { lookUpUser, clock, asked } = verifier();
  const token = await signLegacy(10);
  await lookUpUser(token);
  clock.ms += 11_000;
  await lookUpUser(token);
  assert.equal(asked(), 2);
});

Deno.test("neither a refusal nor an outage of Auth is remembered", async () => {
  const answers = [Promise.resolve(null), Promise.reject(new Error("down")), Promise.resolve(ADA)];
  answers.forEach((answer) => answer.catch(() => {}));
  const { lookUpUser } = verifier(() => answers.shift() ?? Promise.resolve(null));
  const token = await signLegacy();
  assert.equal(await lookUpUser(token), null);
  await assert.rejects(lookUpUser(token), /down/);
  assert.deepEqual(await lookUpUser(token), ADA);
});

Deno.test("a project that lists no keys has Auth asked about every token", async () => {
  const { lookUpUser, asked } = verifier(() => Promise.resolve(ADA), []);
  assert.deepEqual(await lookUpUser(await sign()), ADA);
  assert.equal(asked(), 1);
});
