import assert from "node:assert/strict";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { TestStack } from "./support/stack.ts";

const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

function visitor(token: string): SupabaseClient {
  return createClient(test.stack.apiUrl, test.stack.keys.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { "x-share-token": token } },
  });
}

async function counts(client: SupabaseClient): Promise<{ reports: number; runs: number }> {
  const [reports, runs] = await Promise.all([
    client.from("reports").select("*"),
    client.from("benchmark_runs").select("*"),
  ]);
  assert.equal(reports.error ?? runs.error, null);
  return { reports: reports.data?.length ?? 0, runs: runs.data?.length ?? 0 };
}

Deno.test("the link opens one report to anybody, through tables and function, until its owner takes it back", async () => {
  const [owner, other] = [await test.customer(), await test.customer()];
  const id = await test.order(owner, { images: 1, runsPerModel: 1 });
  const foreign = await test.order(other, { images: 1, runsPerModel: 1 });
  const token = (await test.ended(id)).share_token ?? "";
  await test.ended(foreign);

  const guest = visitor(token);
  assert.deepEqual(await counts(guest), { reports: 1, runs: 2 });
  const { data: row } = await guest.from("reports").select("*").single();
  assert.equal(row.id, id);
  const { data: shown } = await guest.rpc("get_shared_report", { p_token: token });
  assert.equal(shown.report.id, id);
  assert.equal(shown.runs.length, 2);
  assert.equal(shown.order, null);
  assert.deepEqual(await counts(test.anonymous()), { reports: 0, runs: 0 });

  const { data: renewed, error } = await owner.client.rpc("rotate_share_token", { p_report: id });
  assert.equal(error, null);
  assert.deepEqual(await counts(guest), { reports: 0, runs: 0 });
  const { data: gone } = await guest.rpc("get_shared_report", { p_token: token });
  assert.equal(gone, null);
  assert.deepEqual(await counts(visitor(renewed.share_token)), { reports: 1, runs: 2 });

  const theft = await other.client.rpc("rotate_share_token", { p_report: id });
  assert.notEqual(theft.error, null);
  await owner.client.rpc("revoke_share_token", { p_report: id });
  assert.deepEqual(await counts(visitor(renewed.share_token)), { reports: 0, runs: 0 });
});

Deno.test("a visitor with a link reaches no file of the report's owner", async () => {
  const owner = await test.customer();
  const id = await test.order(owner, { images: 1, runsPerModel: 1 });
  const token = (await test.ended(id)).share_token ?? "";
  const [{ name: path }] = await test.sql<[{ name: string }]>`
    select name from storage.objects where name like ${`${owner.id}/%`} limit 1`;
  const bucket = visitor(token).storage.from("benchmark-images");
  assert.notEqual((await bucket.download(path)).error, null);
  assert.notEqual((await bucket.createSignedUrl(path, 60)).error, null);
  assert.deepEqual((await bucket.list(owner.id)).data ?? [], []);
});
