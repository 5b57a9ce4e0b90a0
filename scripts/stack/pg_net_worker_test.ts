import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { startDelivery } from "./pg_net_worker.ts";
import { waitUntil } from "./processes.ts";
import { startTestDatabase, type TestDatabase } from "./testing.ts";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Headers;
}

/** Starts an HTTP server that keeps every request it receives. */
function startReceiver(respond: (request: Request) => Response | Promise<Response>) {
  const received: Received[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      received.push({
        method: request.method,
        path: pathname + search,
        body: await request.text(),
        headers: request.headers,
      });
      return await respond(request);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    received,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function startDatabaseWithPgNet(): Promise<TestDatabase> {
  const database = await startTestDatabase();
  await database.sql`create extension pg_net with schema extensions`;
  return database;
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await waitUntil(isDone, 60_000), "not in time");
}

async function countResponses(sql: Sql): Promise<number> {
  const [row] = await sql`select count(*)::int as n from net._http_response`;
  return row?.n ?? 0;
}

const noLog = () => {};

Deno.test("a request is sent after its commit, and what was answered is recorded", async () => {
  await using database = await startDatabaseWithPgNet();
  await using receiver = startReceiver(() =>
    new Response("thanks", {
      status: 202,
      headers: { "x-mark": "1", "content-type": "text/plain" },
    })
  );
  const delivery = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    const id = await database.sql.begin(async (sql) => {
      const [row] = await sql`
        select net.http_post(
          ${receiver.url + "/hook"}, '{"a": 1}', '{"q": "x y"}',
          '{"Content-Type": "application/json", "apikey": "k"}'
        ) as id`;
      await sql`select pg_sleep(0.1)`;
      assert.equal(receiver.received.length, 0);
      return row?.id;
    });
    await until(async () => await countResponses(database.sql) === 1);
    const [sent] = receiver.received;
    assert.deepEqual(
      {
        method: sent?.method,
        path: sent?.path,
        body: sent?.body,
        key: sent?.headers.get("apikey"),
      },
      { method: "POST", path: "/hook?q=x%20y", body: '{"a": 1}', key: "k" },
    );
    const [response] = await database.sql`select * from net._http_response`;
    assert.equal(response?.id, id);
    assert.equal(response?.status_code, 202);
    assert.equal(response?.content, "thanks");
    assert.equal(response?.content_type, "text/plain");
    assert.equal(response?.headers["x-mark"], "1");
    assert.equal(response?.timed_out, false);
  } finally {
    await delivery.stop();
  }
});

Deno.test("a transaction that is rolled back sends nothing", async () => {
  await using database = await startDatabaseWithPgNet();
  await using receiver = startReceiver(() => new Response());
  const delivery = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    await assert.rejects(database.sql.begin(async (sql) => {
      await sql`select net.http_get(${receiver.url + "/rolled-back"})`;
      throw new Error("no");
    }));
    // Requests are sent in order: once the later one has arrived, the earlier one will not.
    await database.sql`select net.http_get(${receiver.url + "/committed"})`;
    await until(async () => await countResponses(database.sql) === 1);
    assert.deepEqual(receiver.received.map(({ path }) => path), ["/committed"]);
  } finally {
    await delivery.stop();
  }
});

Deno.test("what was queued while no worker ran is sent when one starts", async () => {
  await using database = await startDatabaseWithPgNet();
  await using receiver = startReceiver(() => new Response());
  await database.sql`select net.http_delete(${receiver.url + "/early"})`;
  const delivery = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    await until(() => receiver.received.length === 1);
    assert.equal(receiver.received[0]?.method, "DELETE");
  } finally {
    await delivery.stop();
  }
});

Deno.test("the worker runs before its extension is there, and serves it once it is", async () => {
  await using database = await startTestDatabase();
  await using receiver = startReceiver(() => new Response());
  const delivery = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    await database.sql`create extension pg_net with schema extensions`;
    await database.sql`select net.http_get(${receiver.url})`;
    await until(() => receiver.received.length === 1);
  } finally {
    await delivery.stop();
  }
});

Deno.test("one slow request holds up everything queued after its batch", async () => {
  await using database = await startDatabaseWithPgNet();
  const slow = Promise.withResolvers<void>();
  await using receiver = startReceiver(async (request) => {
    if (request.url.endsWith("/slow")) await slow.promise;
    return new Response();
  });
  const delivery = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    await database.sql`select net.http_get(${receiver.url + "/slow"})`;
    await until(() => receiver.received.length === 1);
    await database.sql`select net.http_get(${receiver.url + "/next"})`;
    await database.sql`select pg_sleep(0.2)`;
    assert.equal(receiver.received.length, 1);
    slow.resolve();
    await until(() => receiver.received.length === 2);
  } finally {
    slow.resolve();
    await delivery.stop();
  }
});

Deno.test("a timeout and a refused connection are recorded as such", async () => {
  await using database = await startDatabaseWithPgNet();
  const never = Promise.withResolvers<Response>();
  await using receiver = startReceiver(() => never.promise);
  const delivery = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    await database.sql`select net.http_get(${receiver.url}, timeout_milliseconds => 50)`;
    await database.sql`select net.http_get('http://127.0.0.1:1/')`;
    await until(async () => await countResponses(database.sql) === 2);
    const rows = await database.sql`
      select status_code, timed_out, error_msg from net._http_response order by id`;
    assert.deepEqual(rows.map((row) => [row.status_code, row.timed_out]), [
      [null, true],
      [null, false],
    ]);
    assert.match(rows[0]?.error_msg, /^Timeout of 50 ms reached/);
    assert.notEqual(rows[1]?.error_msg, null);
  } finally {
    never.resolve(new Response());
    await delivery.stop();
  }
});

Deno.test("a batch that the worker did not finish is sent again by the next", async () => {
  await using database = await startDatabaseWithPgNet();
  const first = Promise.withResolvers<Response>();
  let calls = 0;
  await using receiver = startReceiver(() => ++calls === 1 ? first.promise : new Response());
  const stopped = await startDelivery(database.adminDbUrl, {}, noLog);
  await database.sql`select net.http_get(${receiver.url + "/twice"})`;
  await until(() => receiver.received.length === 1);
  await stopped.stop();
  first.resolve(new Response());
  assert.equal(await countResponses(database.sql), 0);

  const next = await startDelivery(database.adminDbUrl, {}, noLog);
  try {
    await until(async () => await countResponses(database.sql) === 1);
    assert.deepEqual(receiver.received.map(({ path }) => path), ["/twice", "/twice"]);
  } finally {
    await next.stop();
  }
});

Deno.test("faults lose and repeat as large a share of the requests as they are told to", async () => {
  await using database = await startDatabaseWithPgNet();
  await using receiver = startReceiver(() => new Response());
  const rolls = [0.1, 0.3, 0.9, 0.19, 0.5];
  const delivery = await startDelivery(database.adminDbUrl, {
    faults: { loseShare: 0.2, repeatShare: 0.3 },
    random: () => rolls.shift() ?? 1,
  }, noLog);
  try {
    await database.sql`
      select net.http_get(${receiver.url} || '/' || n) from generate_series(1, 5) as n`;
    await until(async () => await countResponses(database.sql) === 3);
    assert.deepEqual(receiver.received.map(({ path }) => path).sort(), ["/2", "/2", "/3", "/5"]);
    const [left] = await database.sql`select count(*)::int as n from net.http_request_queue`;
    assert.equal(left?.n, 0);
  } finally {
    await delivery.stop();
  }
});

Deno.test("http_post refuses another content type, as pg_net does", async () => {
  await using database = await startDatabaseWithPgNet();
  await assert.rejects(
    database.sql`select net.http_post('http://x', '{}', '{}', '{"content-type": "text/plain"}')`,
    /Content-Type header must be "application\/json"/,
  );
});
