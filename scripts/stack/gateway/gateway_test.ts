import { equal, notEqual, ok, rejects } from "node:assert/strict";
import { startTestFunctions } from "../functions/testing.ts";
import { waitUntil } from "../processes.ts";
import { startGateway } from "./gateway.ts";
import { startTestGateway } from "./testing.ts";

Deno.test("stopping does not wait for a function that never answers", async () => {
  await using functions = await startTestFunctions({
    "endless/index.ts": `Deno.serve(() => {
      console.log("asked");
      return new Promise(() => setInterval(() => {}, 1000));
    });`,
  });
  const gateway = await startTestGateway(functions.runtime);
  const call = fetch(`${gateway.url}/functions/v1/endless`);
  await functions.printedLine("asked");
  await gateway[Symbol.asyncDispose]();
  await functions.runtime.stop();
  const response = await call;
  equal(response.status, 500);
  await response.body?.cancel();
});

Deno.test("stopping does not wait for a statement that never ends", async () => {
  const gateway = await startTestGateway({ handle: () => Promise.resolve(new Response()) });
  const { admin } = gateway;
  await gateway
    .sql`create function public.sleep() returns void language sql as 'select pg_sleep(600)'`;
  await gateway.sql`grant execute on function public.sleep() to anon`;
  const leaving = new AbortController();
  const call = gateway.client().rpc("sleep").abortSignal(leaving.signal).then(({ error }) => error);
  const isAsleep = async () =>
    (await admin`select from pg_stat_activity where wait_event = 'PgSleep'`).length > 0;
  ok(await waitUntil(isAsleep, 60_000));
  await gateway[Symbol.asyncDispose]();
  leaving.abort();
  notEqual(await call, null);
});

Deno.test("a start on a taken port fails and leaves nothing open", async () => {
  const functions = { handle: () => Promise.resolve(new Response()) };
  await using gateway = await startTestGateway(functions);
  const { config } = gateway;
  const dbUrl = "postgresql://nobody:none@127.0.0.1:1/none";
  const realtime = { handle: functions.handle };
  await rejects(startGateway({ config, dbUrl, functions, realtime }), Deno.errors.AddrInUse);
  equal((await fetch(`${gateway.url}/functions/v1/any`)).status, 200);
});
