import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { z } from "zod";
import { createLogger } from "../logger.ts";
import {
  type AccountAccess,
  type Permission,
  type Role,
  ROLES,
  type Scope,
  SCOPES,
} from "./authenticate_member.ts";
import { json } from "./serve_json.ts";
import { serveUsers, type UserContext } from "./serve_users.ts";

const ADA = "7d2c9a3f-1b1e-4b0a-9a55-2f0e3d4c5b66";
const TEAM = "11111111-2222-4333-8444-555555555555";
const KEY_ID = "99999999-2222-4333-8444-555555555555";
const KEY = `mp_${"k3y".repeat(14)}`;

/** A function that says for whom it was called, and the lines that it logged. */
function serve(
  permission: Permission,
  { role = null, scopes = null, retryAfterSeconds }: {
    readonly role?: Role | null;
    readonly scopes?: readonly Scope[] | null;
    readonly retryAfterSeconds?: number;
  } = {},
) {
  const lines: string[] = [];
  const hashes: string[] = [];
  const accounts: AccountAccess = {
    findRole: (userId, accountId) =>
      Promise.resolve(userId === ADA && accountId === TEAM ? role : null),
    takeKey: (keyHash) => {
      hashes.push(keyHash);
      if (retryAfterSeconds !== undefined) return Promise.resolve({ retryAfterSeconds });
      return Promise.resolve(scopes && { accountId: TEAM, keyId: KEY_ID, scopes, role: null });
    },
  };
  const whoAmI = async ({ request, caller, readBody }: UserContext) =>
    json(request.body === null ? caller : (await readBody(request, nameSchema, 1024)).caller);
  const handler = serveUsers("things", permission, {
    lookUpUser: (token) => Promise.resolve(token === "ada" ? { id: ADA, email: "a@x.y" } : null),
    accounts,
    origins: [],
    log: createLogger({ name: "things", write: (line) => lines.push(line) }),
  }, { "/": { GET: whoAmI, POST: whoAmI } });
  const send = async (
    method: string,
    headers: Record<string, string>,
    query = "",
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> => {
    const response = await handler(
      new Request(`https://project.example/things${query}`, {
        method,
        headers: { ...headers, "content-type": "application/json" },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
      }),
    );
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  return { send, lines, hashes };
}

const nameSchema = z.strictObject({ name: z.string() });

const asAda = { authorization: "Bearer ada" };
const asKey = { authorization: `Bearer ${KEY}` };
const forTeam = { "x-account-id": TEAM };

Deno.test("a person acts for their own account unless they name another that they are in", async () => {
  const { send, lines } = serve("run", { role: "member" });
  const own = { accountId: ADA, userId: ADA, keyId: null, role: "owner", scopes: null };
  assert.deepEqual((await send("POST", asAda)).body, { ...own, email: "a@x.y" });
  const named = { ...asAda, "x-account-id": ADA.toUpperCase() };
  assert.equal((await send("POST", named)).body["accountId"], ADA);
  const team = await send("POST", { ...asAda, ...forTeam });
  assert.deepEqual([team.body["accountId"], team.body["role"]], [TEAM, "member"]);
  const { account_id, user_id } = JSON.parse(lines.at(-1) ?? "");
  assert.deepEqual([account_id, user_id], [TEAM, ADA]);
});

Deno.test("an account that the person is not in is not found, whether there is one or not", async () => {
  const { send } = serve("read");
  for (const account of [TEAM, crypto.randomUUID(), "no-uuid", "", `${ADA}' or true`]) {
    const { status, body } = await send("GET", { ...asAda, "x-account-id": account });
    assert.deepEqual([status, body["code"]], [404, "account.not_found"], account);
  }
});

Deno.test("query and body name an account like the header, and all that name one name the same", async () => {
  const { send, lines } = serve("run", { role: "member" });
  const name = "n";
  const inBody = { name, account_id: TEAM };
  for (
    const [headers, query, body] of [
      [{}, `?account_id=${TEAM}`, undefined],
      [{}, `?account_id=${TEAM.toUpperCase()}`, { name }],
      [{}, "", inBody],
      [forTeam, "", inBody],
      [{}, `?account_id=${TEAM}`, inBody],
      [forTeam, `?account_id=${TEAM}`, { name, account_id: ` ${TEAM}` }],
    ] as const
  ) {
    const { body: member } = await send("POST", { ...asAda, ...headers }, query, body);
    assert.deepEqual([member["accountId"], member["role"]], [TEAM, "member"]);
    assert.equal(JSON.parse(lines.at(-1) ?? "").account_id, TEAM);
  }
  assert.equal((await send("POST", asAda, "", { name, account_id: ADA })).body["accountId"], ADA);
  for (
    const [headers, query, body, code] of [
      [{ "x-account-id": ADA }, `?account_id=${TEAM}`, undefined, "account_mismatch"],
      [{}, `?account_id=${TEAM}&account_id=${ADA}`, undefined, "account_mismatch"],
      [{ "x-account-id": ADA }, "", inBody, "account_mismatch"],
      [{}, `?account_id=${ADA}`, inBody, "account_mismatch"],
      [{}, "", { name, account_id: 7 }, "invalid_type"],
      [{}, "", { name, account_id: null }, "invalid_type"],
    ] as const
  ) {
    const refused = await send("POST", { ...asAda, ...headers }, query, body);
    assert.deepEqual([refused.status, refused.body["code"]], [422, "request.invalid"]);
    const errors = z.array(z.object({ path: z.string(), code: z.string() }))
      .parse(refused.body["errors"]);
    assert.deepEqual(errors, [{ path: "account_id", code }]);
  }
});

Deno.test("an account in a body is checked like one in the header", async () => {
  const body = { name: "n", account_id: TEAM };
  const viewer = await serve("run", { role: "viewer" }).send("POST", asAda, "", body);
  assert.deepEqual([viewer.status, viewer.body["code"]], [403, "account.role_required"]);
  const stranger = await serve("run").send("POST", asAda, "", body);
  assert.deepEqual([stranger.status, stranger.body["code"]], [404, "account.not_found"]);
  const { send } = serve("run", { scopes: ["run"] });
  assert.equal((await send("POST", asKey, "", body)).body["accountId"], TEAM);
  const foreign = await send("POST", asKey, "", { name: "n", account_id: ADA });
  assert.deepEqual([foreign.status, foreign.body["code"]], [404, "account.not_found"]);
});

Deno.test("a role may do what it may and nothing above it", async () => {
  const least: Record<Permission, Role> = {
    read: "viewer",
    track: "member",
    run: "member",
    admin: "admin",
    pay: "owner",
  };
  for (const [permission, needed] of Object.entries(least) as [Permission, Role][]) {
    for (const role of ROLES) {
      const { status, body } = await serve(permission, { role })
        .send("POST", { ...asAda, ...forTeam });
      const isEnough = ROLES.indexOf(role) >= ROLES.indexOf(needed);
      assert.equal(status, isEnough ? 200 : 403, `${role} for ${permission}`);
      if (!isEnough) {
        assert.equal(body["code"], "account.role_required");
        assert.equal(body["required_role"], needed);
      }
    }
  }
  assert.equal(
    (await serve("admin", { role: "viewer" }).send("GET", { ...asAda, ...forTeam })).status,
    200,
  );
});

Deno.test("a key does what its scopes allow, for its own account alone, and never pays", async () => {
  const enough: Record<Permission, readonly Scope[]> = {
    read: ["read", "run", "admin"],
    track: ["track", "run", "admin"],
    run: ["run", "admin"],
    admin: ["admin"],
    pay: [],
  };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(enough) as Permission[]),
      fc.uniqueArray(fc.constantFrom(...SCOPES)),
      async (permission, scopes) => {
        const { status, body } = await serve(permission, { scopes }).send("POST", asKey);
        const mayCall = scopes.some((scope) => enough[permission].includes(scope));
        assert.deepEqual(
          [status, body["code"], body["keyId"]],
          mayCall ? [200, undefined, KEY_ID] : [403, "key.scope_required", undefined],
        );
      },
    ),
  );
  const { send, hashes, lines } = serve("run", { scopes: ["run"] });
  assert.equal((await send("POST", { ...asKey, ...forTeam })).body["accountId"], TEAM);
  const other = await send("POST", { ...asKey, "x-account-id": ADA });
  assert.deepEqual([other.status, other.body["code"]], [404, "account.not_found"]);
  assert.equal(hashes[0], createHash("sha256").update(KEY).digest("hex"));
  const { account_id, key_id, user_id } = JSON.parse(lines[0] ?? "");
  assert.deepEqual([account_id, key_id, user_id], [TEAM, KEY_ID, undefined]);
});

Deno.test("an unknown, revoked or expired key is refused like a wrong token", async () => {
  for (const headers of [asKey, { authorization: "Bearer mp_" }, { authorization: "Bearer bob" }]) {
    const { status, body, headers: answered } = await serve("read").send("GET", headers);
    assert.deepEqual([status, body["code"]], [401, "auth.invalid"]);
    assert.match(answered.get("www-authenticate") ?? "", /invalid_token/);
  }
  assert.equal((await serve("read").send("GET", {})).body["code"], "auth.required");
});

Deno.test("a key that is used too often is told when to come back", async () => {
  const { send } = serve("read", { retryAfterSeconds: 17 });
  const { status, body, headers } = await send("GET", asKey);
  assert.deepEqual([status, body["code"]], [429, "request.rate_limited"]);
  assert.equal(headers.get("retry-after"), "17");
});

Deno.test("a key in the URL is refused, even beside a good one in the header", async () => {
  const { send, hashes } = serve("read", { scopes: ["read"] });
  for (const query of [`?key=${KEY}`, `?x=1&${KEY}`, `/${KEY}`, `?key=MP_${KEY.slice(3)}`]) {
    const { status, body } = await send("GET", asKey, query);
    assert.deepEqual([status, body["code"]], [400, "key.in_url"], query);
  }
  assert.deepEqual(hashes, []);
  assert.equal((await send("GET", asKey, "?suite=mp_nightly")).status, 200);
});

Deno.test("no line of the log holds a key, wherever the caller put it", async () => {
  const { send, lines } = serve("read", { scopes: ["read"] });
  await send("GET", { ...asKey, "x-request-id": KEY, "x-account-id": KEY });
  await send("GET", asKey, `/${KEY}?key=${KEY}`);
  await send("GET", { authorization: `Basic ${KEY}` });
  await send("DELETE", asKey);
  await send("GET", asKey);
  assert.equal(lines.length, 5);
  assert.doesNotMatch(lines.join("\n"), new RegExp(KEY, "i"));
});
