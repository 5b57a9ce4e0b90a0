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

Deno.test("a function that refuses an endless upload answers, also at its first request", async () => {
  await using functions = await startTestFunctions({
    "refuse/index.ts": `Deno.serve(() => new Response("no", { status: 401 }));`,
  });
  await using gateway = await startTestGateway(functions.runtime);
  let sentBytes = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sentBytes += 65_536;
      // Without an early answer the upload ends here, and the test fails.
      if (sentBytes > END_BYTES) controller.close();
      else controller.enqueue(new Uint8Array(65_536));
    },
  });
  const url = `${gateway.url}/functions/v1/refuse`;
  const response = await fetch(url, { method: "POST", body: endless });
  equal(response.status, 401);
  ok(sentBytes < END_BYTES / 2, `${sentBytes} bytes were sent`);
  await response.text();
});

const END_BYTES = 90_000_000;
