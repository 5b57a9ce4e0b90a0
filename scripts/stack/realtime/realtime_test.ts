import assert from "node:assert/strict";
import {
  createClient,
  type RealtimePostgresChangesPayload,
  type SupabaseClient,
} from "@supabase/supabase-js";
import { SignJWT } from "jose";
import { startTestGateway, type TestGateway } from "../gateway/testing.ts";
import { disconnect, Heard, subscribe, subscribed } from "./testing.ts";

interface Note {
  readonly id: number;
  readonly owner: string;
  readonly text: string;
  readonly length: number;
}

type NoteChange = RealtimePostgresChangesPayload<Note & { [column: string]: unknown }>;

const SCHEMA = `
create table public.notes (
  id int primary key,
  owner uuid not null,
  text text,
  length numeric,
  tags int[],
  facts jsonb,
  made_at timestamptz not null default '2026-01-02 03:04:05.678901+00'
);
alter table public.notes enable row level security;
grant select on public.notes to anon, authenticated;
create policy "Owners read" on public.notes for select to authenticated
  using (owner = (select auth.uid()));
create table public.secrets (id int primary key);
create table public.hidden (id int primary key);
create table public.fragile (id int primary key);
alter table public.fragile enable row level security;
grant select on public.fragile to authenticated;
create policy "Fails for some" on public.fragile for select to authenticated
  using (case auth.jwt() ->> 'mood' when 'bad' then 1 / (id - id) = 1 else true end);
create table public.partly (id int primary key, shown text, kept text);
grant select (id, shown) on public.partly to anon;
alter publication supabase_realtime
  add table public.notes, public.secrets, public.fragile, public.partly;

create policy "Members hear their room" on realtime.messages for select to authenticated
  using (extension = 'broadcast' and (select realtime.topic()) = 'room:' || (select auth.uid()));
create policy "Members speak in their room" on realtime.messages for insert to authenticated
  with check (extension = 'broadcast' and (select realtime.topic()) = 'room:' || (select auth.uid()));
create policy "Visitors hear a share" on realtime.messages for select to anon
  using (extension = 'broadcast' and (select realtime.topic()) = 'share:right-token');
`;

const gateway: TestGateway = await startTestGateway({
  handle: () => Promise.resolve(new Response()),
});
await gateway.sql.unsafe(SCHEMA).simple();
Deno.test.afterAll(async () => await gateway[Symbol.asyncDispose]());

/** Clients of one test, disconnected at its end. */
class Clients implements AsyncDisposable {
  readonly #all: SupabaseClient[] = [];

  anonymous(): SupabaseClient {
    return this.keep(gateway.client());
  }

  async signUp() {
    const user = await gateway.signUp();
    this.keep(user.client);
    return user;
  }

  keep(client: SupabaseClient): SupabaseClient {
    this.#all.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disconnect(...this.#all);
  }
}

let noteIds = 0;

async function insertNote(owner: string, text = "hello"): Promise<number> {
  const id = ++noteIds;
  await gateway.sql`
    insert into public.notes (id, owner, text, length, tags, facts)
    values (${id}, ${owner}, ${text}, ${text.length}, '{1,2}', '{"a": [1]}')`;
  return id;
}

/** Subscribes to the notes and returns the changes that the client receives. */
async function followNotes(
  client: SupabaseClient,
  filter?: string,
  event: "*" | "INSERT" | "UPDATE" | "DELETE" = "*",
): Promise<Heard<NoteChange>> {
  const heard = new Heard<NoteChange>();
  const wanted = { schema: "public", table: "notes", ...filter === undefined ? {} : { filter } };
  const channel = client.channel(`notes ${crypto.randomUUID()}`);
  // The client's overloads accept one event name each.
  if (event === "INSERT") channel.on("postgres_changes", { event, ...wanted }, heard.add);
  else if (event === "UPDATE") channel.on("postgres_changes", { event, ...wanted }, heard.add);
  else if (event === "DELETE") channel.on("postgres_changes", { event, ...wanted }, heard.add);
  else channel.on("postgres_changes", { event, ...wanted }, heard.add);
  await subscribed(channel);
  return heard;
}

/** Inserts a row that every follower of the notes receives last. */
async function insertMarker(...owners: readonly string[]): Promise<void> {
  for (const owner of owners) await insertNote(owner, "marker");
}

const isMarker = ({ new: row }: NoteChange) => "text" in row && row.text === "marker";

async function signToken(claims: Record<string, unknown>, seconds: number): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(gateway.config.keys.jwtSecret));
}

Deno.test("an owner receives own rows as to_jsonb writes them, and nobody else does", async () => {
  await using clients = new Clients();
  const [owner, other] = [await clients.signUp(), await clients.signUp()];
  const [own, others, anonymous] = await Promise.all(
    [owner.client, other.client, clients.anonymous()].map((client) => followNotes(client)),
  );
  const id = await insertNote(owner.id);
  await gateway.sql`update public.notes set text = 'changed' where id = ${id}`;
  await insertMarker(owner.id, other.id);
  await own?.first("the owner's marker", isMarker);
  await others?.first("the other's marker", isMarker);

  const row = {
    id,
    owner: owner.id,
    text: "hello",
    length: 5,
    tags: [1, 2],
    facts: { a: [1] },
    made_at: "2026-01-02T03:04:05.678901+00:00",
  };
  const [inserted, updated] = own?.all ?? [];
  const { commit_timestamp, ...rest } = inserted ?? assert.fail();
  assert.match(commit_timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    schema: "public",
    table: "notes",
    eventType: "INSERT",
    new: row,
    old: {},
    errors: null,
  });
  assert.equal(updated?.eventType, "UPDATE");
  assert.deepEqual(updated?.new, { ...row, text: "changed" });
  assert.deepEqual(updated?.old, { id });
  assert.ok(others?.all.every(isMarker));
  assert.deepEqual(anonymous?.all, []);
});

Deno.test("a deleted row is sent with only its key, to every follower", async () => {
  await using clients = new Clients();
  const [owner, other] = [await clients.signUp(), await clients.signUp()];
  const id = await insertNote(owner.id);
  const [heard, filtered] = await Promise.all([
    followNotes(other.client, undefined, "DELETE"),
    followNotes(owner.client, `owner=eq.${owner.id}`),
  ]);
  await gateway.sql`delete from public.notes where id = ${id}`;
  const { old, new: row } = await heard.first("the deletion");
  assert.deepEqual({ old, row }, { old: { id }, row: {} });
  await insertMarker(owner.id);
  await filtered.first("the marker", isMarker);
  assert.equal(filtered.all.length, 1, "a filter on what is not known holds for nothing");
});

Deno.test("a row that is no longer visible when it is delivered is not sent", async () => {
  await using clients = new Clients();
  const [owner, other] = [await clients.signUp(), await clients.signUp()];
  const heard = await followNotes(owner.client);
  await gateway.sql.begin(async (transaction) => {
    await transaction`insert into public.notes (id, owner, text) values (${++noteIds}, ${owner.id}, 'mine')`;
    await transaction`update public.notes set owner = ${other.id} where id = ${noteIds}`;
  });
  await insertMarker(owner.id);
  await heard.first("the marker", isMarker);
  assert.equal(heard.all.length, 1);
});

Deno.test("a failing policy shows nothing and does not affect other callers", async () => {
  await using clients = new Clients();
  const [bad, good] = await Promise.all(["bad", "good"].map(async (mood) => {
    const token = await signToken({ role: "authenticated", sub: crypto.randomUUID(), mood }, 60);
    const client = clients.anonymous();
    await client.realtime.setAuth(token);
    const heard = new Heard<unknown>();
    await subscribed(
      client.channel("fragile").on(
        "postgres_changes",
        { event: "*", schema: "public", table: "fragile" },
        heard.add,
      ),
    );
    return heard;
  }));
  await gateway.sql`insert into public.fragile values (1)`;
  await good?.first("the row");
  await gateway.sql`delete from public.fragile`;
  await bad?.first("the deletion");
  assert.equal(bad?.all.length, 1);
});

Deno.test("columns that a role may not read, or did not ask for, are left out", async () => {
  await using clients = new Clients();
  const heard = new Heard<{ columns: number; row: unknown }>();
  const add = (columns: number) => ({ new: row }: { new: unknown }) => heard.add({ columns, row });
  const wanted = { event: "INSERT", schema: "public", table: "partly" } as const;
  await subscribed(
    clients.anonymous().channel("partly")
      .on("postgres_changes", wanted, add(2))
      .on("postgres_changes", { ...wanted, select: ["id"] }, add(1))
      .on("postgres_changes", { event: "INSERT", schema: "*" }, add(0)),
  );
  await gateway.sql`insert into public.partly values (1, 'a', 'b')`;
  await heard.first("all three", () => heard.all.length === 3);
  const rows = new Map(heard.all.map(({ columns, row }) => [columns, row]));
  assert.deepEqual(rows.get(2), { id: 1, shown: "a" });
  assert.deepEqual(rows.get(1), { id: 1 });
  assert.deepEqual(rows.get(0), { id: 1, shown: "a" });
});

Deno.test("filters select by value, and events by type", async () => {
  await using clients = new Clients();
  const owner = await clients.signUp();
  const filters = [
    "text=eq.b",
    "text=neq.b",
    "length=gt.1.50",
    "length=lte.1",
    "text=in.(a,b)",
    "text=not.in.(a,b)",
    'text=in.("with,comma",a)',
    "text=like.%comma",
    'length=gt.1,text=neq."with,comma"',
    "facts=is.null",
  ];
  const heard = await Promise.all(filters.map((filter) => followNotes(owner.client, filter)));
  const updates = await followNotes(owner.client, undefined, "UPDATE");
  for (const text of ["a", "b", "cc", "with,comma"]) await insertNote(owner.id, text);
  await gateway.sql`
    insert into public.notes (id, owner, text, length) values (${++noteIds}, ${owner.id}, 'end', 0)`;
  await gateway.sql`update public.notes set length = 1000 where id = ${noteIds}`;
  await updates.first("the update");
  await Promise.all(
    [heard[2], heard[8]].map((one) =>
      one?.first("the update", ({ new: row }) => "length" in row && row.length === 1000)
    ),
  );
  const texts = (index: number) =>
    heard[index]?.all.filter(({ eventType }) => eventType === "INSERT")
      .map(({ new: row }) => "text" in row ? row.text : undefined);
  assert.deepEqual(texts(0), ["b"]);
  assert.deepEqual(texts(1), ["a", "cc", "with,comma", "end"]);
  assert.deepEqual(texts(2), ["cc", "with,comma"]);
  assert.deepEqual(texts(3), ["a", "b", "end"]);
  assert.deepEqual(texts(4), ["a", "b"]);
  assert.deepEqual(texts(5), ["cc", "with,comma", "end"]);
  assert.deepEqual(texts(6), ["a", "with,comma"]);
  assert.deepEqual(texts(7), ["with,comma"]);
  assert.deepEqual(texts(8), ["cc"]);
  assert.deepEqual(texts(9), ["end"]);
  assert.deepEqual(updates.all.map(({ eventType }) => eventType), ["UPDATE"]);
});

Deno.test("bindings that cannot be served are refused with a reason", async () => {
  await using clients = new Clients();
  const { client } = await clients.signUp();
  const wrong = [
    { table: "hidden", reason: /enabled for the given connect parameters/ },
    { table: "secrets", reason: /No column of it may be read/ },
    { table: "notes", filter: "nothing=eq.1", reason: /invalid column for filter nothing/ },
    { table: "notes", filter: "id=eq.one", reason: /invalid input syntax for type integer/ },
    { table: "notes", filter: "id=near.1", reason: /Error parsing `filter` params/ },
  ];
  for (const { table, filter, reason } of wrong) {
    const wanted = { event: "*", schema: "public", table } as const;
    const channel = client.channel(`wrong ${table} ${filter}`, {
      config: { postgres_changes_options: { wait: true } },
    }).on("postgres_changes", { ...wanted, ...filter === undefined ? {} : { filter } }, () => {});
    assert.match(await subscribe(channel).first("a refusal"), reason);
    await client.removeChannel(channel);
  }
});

Deno.test("clients receive each other's messages over both protocol versions, and their own only on request", async () => {
  await using clients = new Clients();
  const old = clients.keep(createClient(gateway.url, gateway.config.keys.publishable, {
    realtime: { vsn: "1.0.0" },
    auth: { persistSession: false, autoRefreshToken: false },
  }));
  const members = [
    { client: clients.anonymous(), self: true },
    { client: clients.anonymous(), self: false },
    { client: old, self: true },
  ];
  const joined = await Promise.all(members.map(async ({ client, self }) => {
    const heard = new Heard<unknown>();
    const channel = client.channel("talk", { config: { broadcast: { self, ack: true } } })
      .on("broadcast", { event: "said" }, ({ payload }) => heard.add(payload));
    return { heard, channel: await subscribed(channel) };
  }));
  for (const [place, { channel }] of joined.entries()) {
    const payload = { from: place, text: "Grüße 👋" };
    assert.equal(await channel.send({ type: "broadcast", event: "said", payload }), "ok");
  }
  const [first] = joined;
  assert.deepEqual(await first?.channel.httpSend("said", { from: "http" }), { success: true });
  for (const { heard } of joined) {
    await heard.first(
      "the message over HTTP",
      (payload) => JSON.stringify(payload).includes("http"),
    );
  }
  const from = joined.map(({ heard }) =>
    heard.all.map((payload) => JSON.stringify(payload)).filter((text) => text.includes("👋")).length
  );
  assert.deepEqual(from, [3, 2, 3]);
});

Deno.test("only callers that the policies allow join a private channel and send to it", async () => {
  await using clients = new Clients();
  const [member, stranger] = [await clients.signUp(), await clients.signUp()];
  const room = `room:${member.id}`;
  const config = { config: { private: true, broadcast: { ack: true, self: true } } };
  const heard = new Heard<unknown>();
  const channel = await subscribed(
    member.client.channel(room, config).on("broadcast", { event: "*" }, heard.add),
  );
  assert.equal(await channel.send({ type: "broadcast", event: "hi", payload: { n: 1 } }), "ok");
  await heard.first("the own message");

  for (const client of [stranger.client, clients.anonymous()]) {
    const status = await subscribe(client.channel(room, config)).first("a refusal");
    assert.match(status, /CHANNEL_ERROR: Unauthorized: You do not have permissions to read/);
    const sent = client.channel(room, config).httpSend("hi", { n: 2 });
    await assert.rejects(sent, /Unauthorized/);
    await client.removeAllChannels();
  }
  // The public channel with that name is a different one.
  const open = await subscribed(
    stranger.client.channel(room, { config: { broadcast: { ack: true } } }),
  );
  assert.equal(await open.send({ type: "broadcast", event: "hi", payload: { n: 3 } }), "ok");
  assert.deepEqual(await channel.httpSend("bye", { n: 4 }), { success: true });
  await heard.first("the last message", (message) => JSON.stringify(message).includes('"n":4'));
  assert.equal(heard.all.length, 2);
});

Deno.test("a visitor with the token receives what SQL sends after its commit, and cannot send", async () => {
  await using clients = new Clients();
  const visitor = clients.anonymous();
  const config = { config: { private: true, broadcast: { ack: true } } };
  const wrong = visitor.channel("share:wrong-token", config);
  assert.match(await subscribe(wrong).first("a refusal"), /Unauthorized/);
  await visitor.removeChannel(wrong);

  const heard = new Heard<{ event: string; payload: Record<string, unknown> }>();
  const channel = await subscribed(
    visitor.channel("share:right-token", config).on<Record<string, unknown>>(
      "broadcast",
      { event: "*" },
      ({ event, payload }) => heard.add({ event, payload }),
    ),
  );
  const { sql } = gateway;
  const send = (event: string) =>
    sql`select realtime.send(${sql.json({ event })}, ${event}, 'share:right-token')`;
  await assert.rejects(
    sql.begin(async (transaction) => {
      await transaction`select realtime.send('{}', 'undone', 'share:right-token', true)`;
      throw new Error("undone");
    }),
    /undone/,
  );
  await sql`select realtime.send('{}', 'public', 'share:right-token', false)`;
  await send("done");
  const { payload } = await heard.first("the message", ({ event }) => event === "done");
  assert.equal(payload["event"], "done");
  assert.equal(typeof payload["id"], "string");
  await assert.rejects(channel.httpSend("forged", { n: 1 }), /Unauthorized/);
  const sent = channel.send({ type: "broadcast", event: "forged", payload: {} }, { timeout: 300 });
  assert.equal(await sent, "timed out");
  await send("last");
  await heard.first("the last message", ({ event }) => event === "last");
  assert.deepEqual(heard.all.map(({ event }) => event), ["done", "last"]);
  const kept = await sql`select from realtime.messages where event in ('forged', 'undone')`;
  assert.equal(kept.length, 0);
});

Deno.test("a channel ends when its token expires, unless a newer one has arrived", async () => {
  await using clients = new Clients();
  const owner = crypto.randomUUID();
  const claims = { role: "authenticated", sub: owner };
  const make = async (accessToken: () => Promise<string>) => {
    const { keys } = gateway.config;
    const client = clients.keep(createClient(gateway.url, keys.publishable, { accessToken }));
    // A join that the client sends before it has the token is anonymous.
    await client.realtime.setAuth();
    return client;
  };
  // Long enough to join on a busy machine.
  const brief = await signToken(claims, 8);
  const ending = await make(() => Promise.resolve(brief));
  const system = new Heard<{ message: string }>();
  const channel = ending.channel("ending").on("system", {}, system.add);
  const statuses = subscribe(channel);

  let token = await signToken({ ...claims, nth: 1 }, 8);
  const staying = await make(() => Promise.resolve(token));
  const heard = await followNotes(staying);
  token = await signToken({ ...claims, nth: 2 }, 60);
  await staying.realtime.setAuth();

  await statuses.first("SUBSCRIBED", (status) => status === "SUBSCRIBED");
  await statuses.first("CLOSED", (status) => status === "CLOSED");
  await system.first("the reason", ({ message }) => /Token has expired/.test(message));
  await insertMarker(owner);
  await heard.first("a change after the first token's end", isMarker);

  const late = await make(() => Promise.resolve(brief));
  assert.match(await subscribe(late.channel("late")).first("a refusal"), /Token has expired/);
  const forged = await make(async () =>
    await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h")
      .sign(new TextEncoder().encode("another secret that is long enough to sign"))
  );
  assert.match(await subscribe(forged.channel("forged")).first("a refusal"), /JwtSignatureError/);
});

Deno.test("a key of another project opens no socket", async () => {
  for (const key of ["sb_publishable_guess", "", "ey.ey.ey"]) {
    const response = await fetch(`${gateway.url}/realtime/v1/websocket?apikey=${key}&vsn=2.0.0`, {
      headers: { connection: "upgrade", upgrade: "websocket" },
    });
    await response.body?.cancel();
    assert.equal(response.status, 401);
  }
});

Deno.test("clients rejoin by themselves when changes may have been missed", async () => {
  await using clients = new Clients();
  const owner = await clients.signUp();
  const heard = new Heard<NoteChange>();
  const channel = owner.client.channel("lasting").on(
    "postgres_changes",
    { event: "*", schema: "public", table: "notes" },
    heard.add,
  );
  const statuses = subscribe(channel);
  await statuses.first("SUBSCRIBED", (status) => status === "SUBSCRIBED");
  await gateway.admin`
    select pg_terminate_backend(pid) from pg_stat_replication
    where application_name = 'realtime-replication'`;
  await statuses.first("an error", (status) => status.startsWith("CHANNEL_ERROR"));
  await statuses.first(
    "SUBSCRIBED again",
    () => statuses.all.filter((status) => status === "SUBSCRIBED").length === 2,
  );
  await insertMarker(owner.id);
  await heard.first("a change after the gap", isMarker);
});
