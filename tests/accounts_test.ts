// Accounts, teams and keys as their members, former members, strangers and programs see them, over HTTP.
import assert from "node:assert/strict";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { createKey } from "../scripts/support/create_key.ts";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import type { Scope } from "../supabase/functions/_shared/platform/http/authenticate_member.ts";

const REQUESTS_PER_MINUTE = 60;
const QUESTION = "How many of my benchmarks are complete?";
const lines: string[] = [];
const test = await TestStack.start({
  env: {
    ACCOUNT_KEY_REQUESTS_PER_MINUTE: String(REQUESTS_PER_MINUTE),
    CHAT_MAX_QUESTIONS_PER_MINUTE: "1000",
    DEBUG_MOCK_OPENAI: "true",
  },
  log: (_source, line) => lines.push(line),
});
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());
await test.control("openai", "behaviour", { firstTokenMs: 0, tokenMs: 0 });

/** A person with an address, and a token that outlives changes of their memberships. */
interface Person extends Customer {
  readonly email: string;
  readonly token: string;
}

async function addPerson(): Promise<Person> {
  const { client, id } = await test.customer();
  const { data: { session } } = await client.auth.getSession();
  return { client, id, email: session?.user.email ?? "", token: session?.access_token ?? "" };
}

/** Returns the person as they act for an account. */
function actFor(account: string, { token }: Person): Customer {
  const client = createClient(test.stack.apiUrl, test.stack.keys.publishable, {
    accessToken: () => Promise.resolve(token),
    global: { headers: { "x-account-id": account } },
  });
  return { client, id: account };
}

async function rpc(client: SupabaseClient, name: string, args: Record<string, unknown>) {
  const { data, error } = await client.rpc(name, args);
  assert.equal(error, null, `${name}: ${error?.message}`);
  return z.record(z.string(), z.unknown()).nullable().parse(data) ?? {};
}

/** Makes a team, and adds people to it by invitation. */
async function addTeam(owner: Person, people: readonly (readonly [Person, string])[] = []) {
  const { account_id } = await rpc(owner.client, "create_account", { p_name: "Team" });
  const team = String(account_id);
  for (const [person, role] of people) {
    const invitation = { p_account: team, p_email: person.email, p_role: role };
    const { token } = await rpc(owner.client, "invite_member", invitation);
    await rpc(person.client, "accept_invitation", { p_token: token });
  }
  return team;
}

interface Answer {
  readonly status: number;
  readonly code: unknown;
  readonly text: string;
  readonly headers: Headers;
}

/** Calls a function with a person's token or a key, for the account if one is given. */
async function call(
  token: string,
  method: string,
  path: string,
  { body, account, type = "application/json" }: {
    readonly body?: unknown;
    readonly account?: string;
    readonly type?: string;
  } = {},
): Promise<Answer> {
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...body === undefined ? {} : { "content-type": type },
      ...account === undefined ? {} : { "x-account-id": account },
      accept: "application/json, text/event-stream",
    },
    ...body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) },
  });
  const text = await response.text();
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  const { status, headers } = response;
  return { status, code: isProblem ? JSON.parse(text).code : undefined, text, headers };
}

const JUNIT = `<testsuites name="web"><testsuite name="a"><testcase name="one" classname="a"/>
  <testcase name="two" classname="a"><failure message="Error: no route"/></testcase></testsuite></testsuites>`;

/** Everything of a team that a request can ask for. */
interface Possessions {
  readonly report: string;
  readonly image: string;
  readonly cell: number;
  readonly promptRun: string;
  readonly dataset: string;
  readonly testRun: number;
  readonly conversation: string;
}

/** Orders, runs, uploads, tracks and asks for an account. */
async function fill(as: Customer, { token }: Person): Promise<Possessions> {
  const account = as.id;
  const report = await test.order(as, { images: 1, runsPerModel: 1 });
  const post = async (path: string, body: unknown, type?: string) => {
    const answer = await call(token, "POST", path, { body, account, ...type ? { type } : {} });
    assert.ok(answer.status < 300, `${path}: ${answer.text}`);
    return answer.text;
  };
  const { data: prompt, error } = await as.client.from("prompts")
    .insert({ owner_id: account, name: "Greeting", type: "task", body: "Say hello." })
    .select("id").single();
  assert.equal(error, null);
  const page = z.object({
    run: z.object({ id: z.string() }),
    cells: z.array(z.object({ id: z.number() })),
  }).parse(JSON.parse(
    await post("prompt-runs?wait=true", {
      prompt_id: prompt?.id,
      models: [{ provider: "openrouter", model: "openai/gpt-6-luna" }],
      grader: { type: "regex", pattern: "hello" },
    }),
  ));
  const dataset = z.object({ id: z.string() }).parse(
    JSON.parse(await post("datasets?name=words&format=csv", "word\nalpha\n", "text/csv")),
  );
  const run = z.object({ run_id: z.number() }).parse(
    JSON.parse(await post("test-runs/report?suite=web", JUNIT, "application/xml")),
  );
  await test.ended(report);
  const answer = await post("chat", { question: QUESTION });
  const conversation = /"conversation_id":"([0-9a-f-]{36})"/.exec(answer)?.[1] ?? "";
  await waitFor("the question's telemetry, which is written after the answer", async () => {
    const rows = await test.sql`select from public.chat_telemetry_log
      where conversation_id = ${conversation}`;
    return rows.length === 1;
  });
  const [image] = await test.sql<{ name: string }[]>`
    select name from storage.objects where bucket_id = 'benchmark-images' and name like ${
    account + "/%"
  }
    limit 1`;
  return {
    report,
    image: image?.name ?? "",
    cell: page.cells[0]?.id ?? 0,
    promptRun: page.run.id,
    dataset: dataset.id,
    testRun: run.run_id,
    conversation,
  };
}

/** Returns what somebody sees of an account, by every way there is. */
async function look(
  { client }: Customer,
  token: string,
  account: string,
  has: Possessions,
): Promise<Record<string, boolean>> {
  const rows = async (table: string) => {
    const { data } = await client.from(table).select("*").eq("owner_id", account);
    return (data ?? []).length > 0;
  };
  const answers = async (path: string, method = "GET", body?: unknown) => {
    const { status, text } = await call(token, method, path, { account, body });
    return status === 200 && !/event: error|"isError":true/.test(text);
  };
  const tables = [
    ...["reports", "benchmark_runs", "report_orders", "benchmark_drafts", "prompts", "datasets"],
    ...["runs", "run_cells", "test_runs", "issues", "chat_conversations", "chat_messages"],
    ...["report_test_runs", "model_figures"],
  ];
  const bucket = client.storage.from("benchmark-images");
  return {
    ...Object.fromEntries(
      await Promise.all(tables.map(async (table) => [table, await rows(table)])),
    ),
    accounts:
      ((await client.from("accounts").select("id").eq("id", account)).data ?? []).length > 0,
    "report": await answers(`report?report_id=${has.report}`),
    "report/images": await answers(`report/images?report_id=${has.report}`),
    "prompt-runs": await answers(`prompt-runs/${has.promptRun}`),
    "datasets": await answers(`datasets/${has.dataset}`),
    "test-runs": await answers(`test-runs/${has.testRun}`),
    "chat": await answers("chat", "POST", {
      question: QUESTION,
      conversation_id: has.conversation,
    }),
    "mcp": await answers("mcp", "POST", {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "list_reports", arguments: {} },
    }),
    "storage download": (await bucket.download(has.image)).error === null,
    "storage list": ((await bucket.list(has.image.replace(/\/[^/]*$/, ""))).data ?? []).length > 0,
    "storage link": (await bucket.createSignedUrl(has.image, 60)).error === null,
  };
}

/** Collects the ids of reports that Realtime tells of. */
async function listen({ client }: Customer): Promise<string[]> {
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    const channel = client.channel("reports").on(
      "postgres_changes",
      { event: "INSERT", schema: "public", table: "reports" },
      ({ new: row }) => heard.push(String(row["id"])),
    );
    channel.on("system", {}, ({ extension, status }) => {
      if (extension === "postgres_changes" && status === "ok") resolve();
    });
    channel.subscribe();
  });
  return heard;
}

Deno.test("two people share a team: one orders, the other reads and overrides a grade until removed", async () => {
  const [ada, ben] = [await addPerson(), await addPerson()];
  const team = await addTeam(ada, [[ben, "member"]]);
  const [asTeam, benForTeam] = [actFor(team, ada), actFor(team, ben)];
  const heard = await listen(ben);
  try {
    const has = await fill(asTeam, ada);
    const [order] = await test.sql`
      select owner_id, ordered_by from public.reports where id = ${has.report}`;
    assert.deepEqual([order?.["owner_id"], order?.["ordered_by"]], [team, ada.id]);

    const seen = await look(benForTeam, ben.token, team, has);
    assert.deepEqual(Object.keys(seen).filter((way) => !seen[way]), [], "a member sees everything");
    await waitFor("news of the order", () => Promise.resolve(heard.includes(has.report)));

    const overridden = await ben.client.from("run_cells")
      .update({ human_score: 1, human_reason: "Friendly enough." }).eq("id", has.cell)
      .select("grade_score, grade_reason");
    assert.deepEqual(overridden.data, [{ grade_score: 1, grade_reason: "Friendly enough." }]);

    const price = await ben.client.from("model_prices").update({ input_per_million: 0 })
      .neq("model", "").select("model");
    assert.equal(price.error?.code, "42501");
    for (const change of [{ estimated_api_cost: 0 }, { status: "refunded" }]) {
      assert.equal(
        (await ben.client.from("reports").update(change).eq("id", has.report)).error?.code,
        "42501",
      );
    }
    const draft = await test.draft(benForTeam, { images: 1 });
    const order2 = await call(ben.token, "POST", "checkout", {
      body: { draft_id: draft },
      account: team,
    });
    assert.deepEqual([order2.status, order2.code], [403, "account.role_required"]);
    assert.equal(JSON.parse(order2.text).required_role, "owner");
    const invited = await ben.client.rpc("invite_member", {
      p_account: team,
      p_email: "eve@example.com",
      p_role: "viewer",
    });
    assert.notEqual(invited.error, null);

    await rpc(ada.client, "remove_member", { p_account: team, p_user: ben.id });
    const left = await look(benForTeam, ben.token, team, has);
    assert.deepEqual(
      Object.keys(left).filter((way) => left[way]),
      [],
      "who was removed sees nothing",
    );
    const late = await ben.client.from("run_cells").update({ human_score: 0 }).eq("id", has.cell)
      .select("id");
    assert.deepEqual(late.data, []);
    // Changes arrive in commit order: after news of his own order, none of the team's can follow.
    const { report_id: theirs } = await test.checkout(
      asTeam,
      await test.draft(asTeam, { images: 1 }),
    );
    const { report_id: own } = await test.checkout(ben, await test.draft(ben, { images: 1 }));
    await waitFor("news of his own order", () => Promise.resolve(heard.includes(own)));
    assert.ok(!heard.includes(theirs));
    assert.ok(Object.values(await look(asTeam, ada.token, team, has)).every((isSeen) => isSeen));
  } finally {
    for (const client of [ben.client, asTeam.client, benForTeam.client]) {
      await client.removeAllChannels();
    }
  }
});

Deno.test("an invitation is e-mailed once, also after the mail service was down, and its link opens it", async () => {
  const [ada, ben] = [await addPerson(), await addPerson()];
  const team = await addTeam(ada);
  await test.control("resend", "behaviour", { failureRate: 1, status: 500 });
  const answer = await call(ada.token, "POST", "accounts/invitations", {
    body: { email: ben.email, role: "viewer" },
    account: team,
  });
  assert.equal(answer.status, 201);
  const { invitation_id: id, token: shown } = JSON.parse(answer.text);
  const findJob = async () => {
    const [job] = await test.sql`
      select j::text as job, last_error from private.job_queue j
      where kind = 'invitation_email' and payload ->> 'invitation_id' = ${id}`;
    return job;
  };
  const failed = await waitFor("the first try to fail", async () => {
    const job = await findJob();
    return job?.["last_error"] && job;
  });
  await test.control("resend", "behaviour", { failureRate: 0 });
  await test.sql`update private.job_queue set run_at = now() where kind = 'invitation_email'`;
  await test.sql`select private.sweep_queue()`;
  const mails = await test.mailsTo(ben.email);
  assert.equal(mails.length, 1);
  const [, token = ""] = /\/invitation\/#([0-9a-f]{64})\s/.exec(mails[0] ?? "") ?? [];
  assert.ok(mails[0]?.includes(`${test.stack.apiUrl}/invitation/#${token}`));
  assert.ok(mails[0]?.includes(`${ada.email} invites you`));
  assert.notEqual(token, shown);
  const [stored] = await test.sql`
    select jsonb_agg(t)::text || coalesce((select jsonb_agg(i)::text from public.invitations i), '') as text
    from private.invitation_tokens t`;
  for (const secret of [token, shown]) {
    assert.ok(
      !String(stored?.["text"]).includes(secret) && !String(failed["job"]).includes(secret),
    );
    assert.ok(!lines.some((line) => line.includes(secret)), "logs hold no token");
  }
  await waitFor("the end of the job", async () => await findJob() === undefined);

  const { role } = await rpc(ben.client, "accept_invitation", { p_token: token });
  assert.equal(role, "viewer");
  const again = await ben.client.rpc("accept_invitation", { p_token: shown });
  assert.equal(again.error?.code, "PT404");
});

Deno.test("functions act for the account that the body or the query names", async () => {
  const [ada, ben] = [await addPerson(), await addPerson()];
  const team = await addTeam(ada, [[ben, "viewer"]]);
  const ownersOf = async (table: string) => {
    const { data } = await ada.client.from(table).select("owner_id").eq("owner_id", team);
    return (data ?? []).length;
  };
  const inBody = { account_id: team };
  const rows = [{ word: "alpha" }];
  const made = [
    await call(ada.token, "POST", "datasets", { body: { name: "words", rows, ...inBody } }),
    await call(ada.token, "POST", `datasets?name=more&format=csv&account_id=${team}`, {
      body: "word\nbeta\n",
      type: "text/csv",
    }),
    await call(ada.token, "POST", "test-runs", { body: { suite: "nightly", ...inBody } }),
    await call(ada.token, "POST", `test-runs/report?suite=web&account_id=${team}`, {
      body: JUNIT,
      type: "application/xml",
    }),
    await call(ada.token, "POST", "chat", { body: { question: QUESTION, ...inBody } }),
  ];
  assert.deepEqual(made.map(({ status }) => status), [201, 201, 201, 201, 200]);
  assert.deepEqual(
    await Promise.all(["datasets", "test_runs", "chat_conversations"].map(ownersOf)),
    [2, 2, 1],
  );
  const draft = await test.draft(actFor(team, ada), { images: 1 });
  const refused = await call(ben.token, "POST", "checkout", {
    body: { draft_id: draft, ...inBody },
  });
  assert.deepEqual([refused.status, refused.code], [403, "account.role_required"]);
  const ordered = await call(ada.token, "POST", "checkout", {
    body: { draft_id: draft, ...inBody },
  });
  const { report_id: report } = JSON.parse(ordered.text);
  const read = await call(ben.token, "GET", `report?report_id=${report}&account_id=${team}`);
  assert.deepEqual([ordered.status, read.status], [200, 200]);
  const listed = await call(ben.token, "GET", `test-runs?latest=true&account_id=${team}`);
  assert.equal(JSON.parse(listed.text).runs.length, 1);
  const differing = await call(ada.token, "POST", "chat", {
    body: { question: QUESTION, ...inBody },
    account: ada.id,
  });
  assert.deepEqual(
    [differing.status, JSON.parse(differing.text).errors],
    [422, [{
      path: "account_id",
      code: "account_mismatch",
      message: "The request names two accounts: name one.",
    }]],
  );
});

/** Requests to functions by what they need. They reach the handler, which may then find nothing. */
const REQUESTS: Readonly<Record<Scope | "pay", readonly (readonly [string, string, unknown?])[]>> =
  {
    read: [
      ["GET", "test-runs?limit=1"],
      ["GET", "accounts"],
      ["GET", "accounts/audit"],
      ["GET", "test-runs/insights"],
      ["GET", "test-runs/issues"],
      ["GET", "test-runs/compare?before=1&after=2"],
      ["GET", "test-runs/7"],
      ["GET", `datasets/${crypto.randomUUID()}`],
      ["GET", `prompt-runs/${crypto.randomUUID()}`],
      ["GET", `report?report_id=${crypto.randomUUID()}`],
      ["GET", `report/progress?report_id=${crypto.randomUUID()}`],
      ["POST", "mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" }],
    ],
    track: [
      ["POST", "test-runs", { suite: "nightly" }],
      ["POST", "test-runs/report?suite=nightly", JUNIT],
      ["POST", "test-runs/7/finish", {}],
      ["POST", "test-runs/issues", { issues: [] }],
    ],
    run: [
      ["POST", "datasets", { name: "words", rows: [{ word: "alpha" }] }],
      ["POST", "prompt-runs", {}],
      ["POST", `prompt-runs/${crypto.randomUUID()}/cancel`, {}],
      ["POST", "report/rescore", { report_id: crypto.randomUUID() }],
      ["POST", "chat", { question: QUESTION }],
    ],
    admin: [
      ["POST", "accounts/invitations", { email: "eve@example.com" }],
      ["POST", `accounts/members/${crypto.randomUUID()}`, { role: "viewer" }],
      ["POST", "accounts/keys", { name: "next", scopes: ["read"] }],
      ["POST", `accounts/keys/${crypto.randomUUID()}/revoke`],
    ],
    pay: [["POST", "checkout", { draft_id: crypto.randomUUID() }]],
  };

Deno.test("a key reaches the functions of its scopes, of its own account alone, and never pays", async () => {
  const ada = await addPerson();
  const team = await addTeam(ada);
  const allowed: Record<Scope, readonly (Scope | "pay")[]> = {
    read: ["read"],
    track: ["track"],
    run: ["read", "track", "run"],
    admin: ["read", "track", "run", "admin"],
  };
  for (const [scope, needs] of Object.entries(allowed) as [Scope, readonly string[]][]) {
    const key = await createKey(ada.client, team, scope, [scope]);
    for (const [need, requests] of Object.entries(REQUESTS)) {
      for (const [method, path, body] of requests) {
        const { status, code } = await call(key, method, path, { body });
        const what = `${scope} for ${method} ${path}: ${status} ${code}`;
        if (needs.includes(need)) assert.ok(![401, 403, 500].includes(status), what);
        else assert.deepEqual([status, code], [403, "key.scope_required"], what);
      }
    }
    const elsewhere = await call(key, "GET", "test-runs?limit=1", { account: ada.id });
    assert.deepEqual([elsewhere.status, elsewhere.code], [404, "account.not_found"]);
    const { data, error } = await actForKey(key).from("test_runs").select("id");
    assert.ok(error !== null || data.length === 0, "REST takes no keys");
  }
  const [owned] = await test.sql<{ runs: number; owners: number }[]>`
    select count(*)::int as runs, count(distinct owner_id)::int as owners from public.test_runs
    where owner_id in (${team}, ${ada.id})`;
  assert.ok((owned?.runs ?? 0) > 0);
  assert.equal(owned?.owners, 1, "what keys store is the team's");
});

function actForKey(key: string): SupabaseClient {
  return createClient(test.stack.apiUrl, test.stack.keys.publishable, {
    accessToken: () => Promise.resolve(key),
  });
}

Deno.test("a key ends when it is revoked, when it expires and when its creator leaves; too many requests wait", async () => {
  const [ada, ben] = [await addPerson(), await addPerson()];
  const team = await addTeam(ada, [[ben, "admin"]]);
  const isTaken = async (key: string) => (await call(key, "GET", "test-runs?limit=1")).status;

  const made = await rpc(ada.client, "create_account_key", {
    p_account: team,
    p_name: "CI",
    p_scopes: ["read"],
  });
  const key = String(made["key"]);
  assert.equal(await isTaken(key), 200);
  const { data: shown } = await ada.client.from("account_keys")
    .select("id, name, prefix, scopes, last_used_at, revoked_at").eq("account_id", team);
  assert.equal(shown?.length, 1);
  assert.ok(key.startsWith(shown?.[0]?.prefix));
  assert.notEqual(shown?.[0]?.last_used_at, null);
  assert.ok(!JSON.stringify(shown).includes(key));
  await rpc(ada.client, "revoke_account_key", { p_key: made["key_id"] });
  assert.equal(await isTaken(key), 401);

  const short = await rpc(ada.client, "create_account_key", {
    p_account: team,
    p_name: "short",
    p_scopes: ["read"],
    p_expires_at: new Date(Date.now() + 60_000).toISOString(),
  });
  assert.equal(await isTaken(String(short["key"])), 200);
  await test.sql`update public.account_keys set expires_at = now() where id = ${
    String(short["key_id"])
  }`;
  assert.equal(await isTaken(String(short["key"])), 401);

  const bens = await createKey(ben.client, team, "ben's", ["read"]);
  assert.equal(await isTaken(bens), 200);
  await rpc(ada.client, "remove_member", { p_account: team, p_user: ben.id });
  assert.equal(await isTaken(bens), 401);

  const busy = await createKey(ada.client, team, "busy", ["read"]);
  let answer = await call(busy, "GET", "test-runs?limit=1");
  // The minute may turn once on the way.
  for (let asked = 1; asked <= 2 * REQUESTS_PER_MINUTE && answer.status === 200; asked++) {
    answer = await call(busy, "GET", "test-runs?limit=1");
  }
  assert.deepEqual([answer.status, answer.code], [429, "request.rate_limited"]);
  const wait = Number(answer.headers.get("retry-after"));
  assert.ok(wait >= 1 && wait <= 60, String(wait));
});

Deno.test("a key with the scope admin manages people, keys and budgets, and the audit log names it", async () => {
  const [ada, ben] = [await addPerson(), await addPerson()];
  const team = await addTeam(ada, [[ben, "viewer"]]);
  const { key_id, key } = await rpc(ada.client, "create_account_key", {
    p_account: team,
    p_name: "ops",
    p_scopes: ["admin"],
  });
  const ask = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await call(String(key), method, path, { body });
    return { status, body: text === "" ? {} : JSON.parse(text) };
  };
  assert.equal((await ask("POST", `accounts/members/${ben.id}`, { role: "owner" })).status, 403);
  assert.equal((await ask("POST", `accounts/members/${ben.id}`, { role: "member" })).status, 200);
  const next = await ask("POST", "accounts/keys", { name: "next", scopes: ["run"] });
  assert.equal(next.status, 201);
  assert.equal((await call(next.body.key, "GET", "accounts")).status, 200);
  assert.equal((await ask("POST", `accounts/keys/${next.body.key_id}/revoke`)).status, 204);
  assert.equal((await call(next.body.key, "GET", "accounts")).status, 401);

  await ask("POST", "accounts/budgets", { prompts_usd_per_month: 0, reviews_usd_per_day: null });
  const prompt = { owner_id: team, name: "Greeting", type: "task", body: "Say hello." };
  assert.equal((await ben.client.from("prompts").insert(prompt)).error, null);
  const run = await ask("POST", "prompt-runs", {
    prompt: "Greeting",
    models: [{ provider: "openrouter", model: "openai/gpt-6-luna" }],
  });
  assert.deepEqual([run.status, run.body.code, run.body.ceiling_usd], [
    ...[429, "account.budget_reached", 0],
  ]);

  const { body: shown } = await ask("GET", "accounts");
  assert.deepEqual([shown.account.role, shown.members.length, shown.keys.length], ["admin", 2, 2]);
  assert.doesNotMatch(JSON.stringify(shown), /hash/);
  const { body: log } = await ask("GET", "accounts/audit");
  const entries = z.array(z.object({ action: z.string(), key_id: z.string().nullable() }))
    .parse(log.entries);
  assert.deepEqual(
    entries.filter((entry) => entry.key_id === key_id).map(({ action }) => action),
    ["budgets.changed", "key.revoked", "key.created", "member.role_changed"],
  );
  // A viewer of the log sees as much of it as row level security shows: nothing.
  assert.deepEqual(
    (await ben.client.from("audit_log").select("id").eq("account_id", team)).data,
    [],
  );
});

Deno.test("no key reaches a log, and one in a URL is refused", async () => {
  const ada = await addPerson();
  const key = await createKey(ada.client, ada.id, "CI", ["read", "run"]);
  const before = lines.length;
  const inUrl = await call(key, "GET", `test-runs?limit=1&key=${key}`);
  assert.deepEqual([inUrl.status, inUrl.code], [400, "key.in_url"]);
  await call(key, "GET", "test-runs?limit=1");
  await call(key, "GET", `test-runs/${key}`);
  await call(key, "POST", "chat", { body: { question: `What is ${key}?` } });
  await call(`${key}x`, "GET", "test-runs?limit=1");
  await waitFor(
    "the lines of the function",
    () => Promise.resolve(lines.slice(before).filter((line) => line.includes("key_id")).length > 0),
  );
  assert.ok(!lines.join("\n").includes(key));
  const stored = await test.sql`
    select to_jsonb(k) as row from public.account_keys k
    union all select to_jsonb(a) from public.audit_log a`;
  assert.ok(!JSON.stringify(stored).includes(key.slice("mp_12345678".length)));
});

/** A relation of schema public as the catalog has it. */
interface Relation {
  readonly name: string;
  readonly isTable: boolean;
  readonly columns: readonly Named[];
}

/** Column of a relation, or argument of a function. */
interface Named {
  readonly name: string;
  readonly type: string;
}

async function listRelations(): Promise<readonly Relation[]> {
  return await test.sql<Relation[]>`
    select c.relname as name, c.relkind = 'r' as "isTable", jsonb_agg(jsonb_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and a.attnum > 0
      and not a.attisdropped
    group by c.relname, c.relkind order by c.relname`;
}

async function listRpcs(): Promise<readonly { readonly name: string; readonly args: Named[] }[]> {
  return await test.sql<{ name: string; args: Named[] }[]>`
    select p.proname as name, coalesce(jsonb_agg(jsonb_build_object('name', p.proargnames[a.place],
      'type', format_type(a.type, null)) order by a.place) filter (where a.place is not null), '[]') as args
    from pg_proc p left join unnest(p.proargtypes) with ordinality as a (type, place) on true
    where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
    group by p.oid, p.proname order by p.proname`;
}

/** Column that says whose a row is. */
const ownerOf = ({ columns }: Relation) =>
  columns.find(({ name }) => name === "owner_id" || name === "account_id")?.name;

/** Returns a digest of an account's rows, and of the rows of nobody, by table; and of its files. */
async function digest(account: string, relations: readonly Relation[]) {
  const digests: Record<string, string> = {};
  // Models are refreshed every day by cron.
  for (const relation of relations.filter(({ isTable, name }) => isTable && name !== "models")) {
    const owner = relation.name === "accounts" ? "id" : ownerOf(relation);
    const [row] = await test.sql<{ digest: string }[]>`
      select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as digest
      from public.${test.sql(relation.name)} t
      ${owner === undefined ? test.sql`` : test.sql`where ${test.sql(owner)} = ${account}`}`;
    digests[relation.name] = row?.digest ?? "";
  }
  const [files] = await test.sql<{ digest: string }[]>`
    select count(*) || ' ' || coalesce(md5(string_agg(bucket_id || name || version, ',' order by name)), '')
      as digest
    from storage.objects where name like ${account + "/%"}`;
  return { ...digests, files: files?.digest ?? "" };
}

/** Returns a value that a request may send for a column or argument; ids are the given one. */
function sampleOf({ name, type }: Named, id: string): unknown {
  if (type.endsWith("[]")) return [];
  if (type === "uuid") return id;
  if (type.startsWith("json")) return { x: 1 };
  if (/int|numeric|double|usd|score/.test(type)) return 1;
  if (type === "boolean") return true;
  if (type.startsWith("timestamp")) return "2020-01-01T00:00:00Z";
  return name === "p_role" ? "owner" : "x";
}

/** Returns arguments that name what the team has. */
function argumentsFor(args: readonly Named[], team: string, person: string, has: Possessions) {
  const idOf = (name: string) => {
    if (name.includes("report")) return has.report;
    if (name.includes("dataset")) return has.dataset;
    if (name.includes("conversation")) return has.conversation;
    if (/run|before|after/.test(name)) return has.promptRun;
    return name === "p_user" ? person : team;
  };
  return Object.fromEntries(args.map((arg) => [
    arg.name,
    arg.type === "bigint" && /run|before|after/.test(arg.name)
      ? has.testRun
      : sampleOf(arg, idOf(arg.name)),
  ]));
}

Deno.test("no relation, RPC, function or file of a team is read or changed by whoever may not", async () => {
  const people = await Promise.all(Array.from({ length: 5 }, addPerson));
  const [ada, viewer, member, former, stranger] = people;
  assert.ok(ada && viewer && member && former && stranger);
  const team = await addTeam(ada, [[viewer, "viewer"], [member, "member"], [former, "admin"]]);
  const has = await fill(actFor(team, ada), ada);
  await createKey(ada.client, team, "CI", ["read"]);
  await rpc(ada.client, "remove_member", { p_account: team, p_user: former.id });
  const foreignKey = await createKey(stranger.client, await addTeam(stranger), "CI", ["admin"]);
  const claims = { sub: ada.id, role: "authenticated", aud: "authenticated", exp: 4_102_444_800 };
  const forged = [{ alg: "none" }, claims, ""].map((part) =>
    part === "" ? "" : btoa(JSON.stringify(part)).replaceAll("=", "")
  ).join(".");
  // Whose token, whether they may read, and what they try to change over REST.
  const actors = [
    ["viewer", viewer.token, true, "columns"],
    ["member", member.token, true, "nothing"],
    ["former admin", former.token, false, "rows"],
    ["stranger", stranger.token, false, "rows"],
    ["anonymous", null, false, "rows"],
    ["forged", forged, false, "nothing"],
    ["foreign key", foreignKey, false, "nothing"],
  ] as const;

  const [relations, rpcs] = [await listRelations(), await listRpcs()];
  const ids = [team, has.report, has.promptRun, has.dataset, has.conversation];
  const found: string[] = [];
  const start = await digest(team, relations);
  for (const [actor, token, mayRead, changes] of actors) {
    const work: (() => Promise<void>)[] = [];
    const ask = (
      method: string,
      path: string,
      body?: unknown,
      judge = (text: string) => !mayRead && ids.some((id) => text.includes(id)),
    ) =>
      work.push(async () => {
        const response = await fetch(`${test.stack.apiUrl}/${path}`, {
          method,
          headers: {
            apikey: test.stack.keys.publishable,
            "x-account-id": team,
            ...token === null ? {} : { authorization: `Bearer ${token}` },
            ...body === undefined ? {} : { "content-type": "application/json" },
          },
          ...body === undefined ? {} : { body: JSON.stringify(body) },
        });
        const text = await response.text();
        // 55000: a view that nobody can change.
        const isBroken = response.status >= 500 && !text.includes('"code":"55000"');
        // Class 23: a constraint kept the change from a row that the right to change it has reached.
        const isReached = method === "PATCH" && text.includes('"code":"23');
        if (isBroken || isReached || response.ok && judge(text)) {
          found.push(`${actor}: ${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
        }
      });

    for (const relation of relations) {
      const { name, columns } = relation;
      const path = `rest/v1/${name}`;
      ask("GET", `${path}?select=*&limit=1000`);
      if (changes === "nothing") continue;
      const owner = ownerOf(relation);
      const filter = owner === undefined
        ? `${columns[0]?.name}=not.is.null`
        : `${owner}=eq.${team}`;
      ask("DELETE", `${path}?${filter}`);
      ask(
        "POST",
        path,
        Object.fromEntries(
          columns.map((column) => [column.name, sampleOf(column, team)]),
        ),
      );
      // Column by column where a right may be that of one column.
      for (
        const column of changes === "columns" && relation.isTable ? columns : columns.slice(0, 1)
      ) {
        ask("PATCH", `${path}?${filter}`, { [column.name]: sampleOf(column, stranger.id) });
      }
    }
    if (changes !== "nothing") {
      for (const { name, args } of rpcs) {
        ask("POST", `rest/v1/rpc/${name}`, argumentsFor(args, team, member.id, has));
      }
    }
    const isRefused = () => true;
    for (const [need, requests] of Object.entries(REQUESTS)) {
      const isAllowed = need === "read"
        ? mayRead
        : actor === "member" && need !== "admin" && need !== "pay";
      if (isAllowed) continue;
      for (const [method, path, body] of requests) {
        ask(method, `functions/v1/${path}`, body, isRefused);
      }
    }
    const image = `benchmark-images/${has.image}`;
    if (!mayRead) {
      for (
        const path of [
          `functions/v1/report?report_id=${has.report}`,
          `functions/v1/report/images?report_id=${has.report}`,
          `functions/v1/prompt-runs/${has.promptRun}`,
          `functions/v1/datasets/${has.dataset}`,
          `functions/v1/test-runs/${has.testRun}`,
          `storage/v1/object/authenticated/${image}`,
        ]
      ) ask("GET", path, undefined, isRefused);
      ask("POST", `storage/v1/object/sign/${image}`, { expiresIn: 60 }, isRefused);
    }
    if (actor !== "member") {
      ask("DELETE", `storage/v1/object/${image}`, undefined, isRefused);
      ask("POST", "storage/v1/object/move", {
        bucketId: "benchmark-images",
        sourceKey: has.image,
        destinationKey: `${stranger.id}/stolen.png`,
      }, isRefused);
    }

    const queue = work.values();
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (const request of queue) await request();
    }));
    const end: Record<string, string> = await digest(team, relations);
    for (const [name, before] of Object.entries(start)) {
      if (end[name] !== before) found.push(`${actor} changed ${name}: ${before} → ${end[name]}`);
    }
  }
  assert.deepEqual(found, []);
});
