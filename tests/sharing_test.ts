import assert from "node:assert/strict";
import { createClient, type RealtimeChannel, type SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const progressSchema = z.object({ status: z.string(), runs_left: z.int() });
type Progress = z.infer<typeof progressSchema>;

function visitor(token: string): SupabaseClient {
  return createClient(test.stack.apiUrl, test.stack.keys.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { "x-share-token": token } },
  });
}

async function counts(client: SupabaseClient): Promise<{ reports: number; runs: number }> {
  const [reports, runs] = await Promise.all([
    client.from("reports").select("id"),
    client.from("benchmark_runs").select("id"),
  ]);
  assert.equal(reports.error ?? runs.error, null);
  return { reports: reports.data?.length ?? 0, runs: runs.data?.length ?? 0 };
}

Deno.test("a link opens one report to everyone, through tables and function, until the owner revokes it", async () => {
  const [owner, other] = [await test.customer(), await test.customer()];
  const id = await test.order(owner, { images: 1, runsPerModel: 1 });
  const foreign = await test.order(other, { images: 1, runsPerModel: 1 });
  const token = (await test.ended(id)).share_token ?? "";
  await test.ended(foreign);

  const guest = visitor(token);
  assert.deepEqual(await counts(guest), { reports: 1, runs: 2 });
  const { data: row } = await guest.from("reports").select("id, status, rationale").single();
  assert.equal(row?.id, id);
  // What would tell the account or expected values is not for visitors, by whatever name they ask.
  for (const hidden of ["*", "owner_id", "draft_id", "config_hash", "share_token", "summary"]) {
    assert.equal((await guest.from("reports").select(hidden)).error?.code, "42501", hidden);
  }
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

Deno.test("a visitor with a link cannot read files of the report's owner", async () => {
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

/** Joins a report's channel; undefined if that is refused. */
async function follow(
  client: SupabaseClient,
  token: string,
  onNews: (news: Progress) => void,
): Promise<RealtimeChannel | undefined> {
  const channel = client.channel(`share:${token}`, { config: { private: true } })
    .on("broadcast", { event: "progress" }, ({ payload }) => onNews(progressSchema.parse(payload)));
  const joined = await new Promise<boolean>((resolve) => {
    channel.subscribe((status) => {
      if (status === "SUBSCRIBED") resolve(true);
      else if (status === "CHANNEL_ERROR" || status === "TIMED_OUT") resolve(false);
    });
  });
  if (joined) return channel;
  await client.removeAllChannels();
  return undefined;
}

Deno.test("visitors with the token receive progress; others cannot join the channel, and nobody can send", async () => {
  await test.behave({ medianMs: 400 });
  await test.allowCalls(1);
  const owner = await test.customer();
  const id = await test.order(owner, { images: 2, runsPerModel: 10 });
  const token = await waitFor("the payment", async () => (await test.report(id)).share_token);
  const guest = test.anonymous();
  const news: Progress[] = [];
  const channel = await follow(guest, token, (progress) => news.push(progress));
  assert.ok(channel, "the token opens its channel");
  const strangers = [test.anonymous(), test.anonymous(), (await test.customer()).client];
  try {
    const [first, second, third] = strangers;
    assert.ok(first && second && third);
    assert.equal(await follow(first, "f".repeat(64), () => {}), undefined, "a wrong token");
    assert.equal(await follow(second, id, () => {}), undefined, "the report's id");
    // Subscriptions of strangers, signed in or not, receive no rows of others.
    const rows: unknown[] = [];
    await new Promise<void>((resolve) => {
      third.channel("rows").on(
        "postgres_changes",
        { event: "*", schema: "public", table: "benchmark_runs" },
        (change) => rows.push(change),
      ).subscribe((status) => {
        if (status === "SUBSCRIBED") resolve();
      });
    });
    await channel.send({
      type: "broadcast",
      event: "progress",
      payload: { status: "forged", runs_left: 7 },
    });
    await test.allowCalls(60);
    assert.equal((await test.ended(id)).status, "complete");
    await waitFor("the last news", () => Promise.resolve(news.at(-1)?.status === "complete"));
    assert.ok(news.length >= 3, `${news.length} messages`);
    assert.ok(news.every(({ status }) => status !== "forged"));
    const left = news.map(({ runs_left }) => runs_left);
    assert.deepEqual(left, left.toSorted((one, other) => other - one), "fewer and fewer are left");
    assert.deepEqual(rows, []);
  } finally {
    await test.allowCalls(60);
    for (const client of [guest, ...strangers]) await client.removeAllChannels();
  }
});

/** Returns the response of each entry point to a visitor with `token`, or without a token. */
async function knock(token: string | null, id: string, path: string): Promise<string[]> {
  const client = token === null ? test.anonymous() : visitor(token);
  const presented = token ?? "";
  const tables = await Promise.all([
    ["reports", "id"],
    ["benchmark_runs", "report_id"],
    ["report_model_summaries", "report_id"],
    ["report_field_errors", "report_id"],
    ["report_error_patterns", "report_id"],
    ["model_figures", "report_id"],
    ["field_error_counts", "report_id"],
    ["kept_error_patterns", "report_id"],
    ["report_orders", "report_id"],
  ].map(async ([table = "", column = ""]) => {
    const { data } = await client.from(table).select(column).eq(column, id);
    return (data ?? []).length > 0 ? [table] : [];
  }));
  const { data: shared } = await client.rpc("get_shared_report", { p_token: presented });
  const answers = await Promise.all(["", "/progress", "/images", "?format=csv"].map(
    async (part) => {
      const response = await fetch(`${test.stack.apiUrl}/functions/v1/report${part}`, {
        headers: token === null ? {} : { "x-share-token": token },
      });
      const text = await response.text() + response.headers.get("content-disposition");
      return { part, isOpen: response.ok && text.includes(id) };
    },
  ));
  const { data: file } = await client.storage.from("benchmark-images").download(path);
  const channel = await follow(client, presented, () => {});
  await client.removeAllChannels();
  return [
    ...tables.flat(),
    ...shared?.report.id === id ? ["get_shared_report"] : [],
    ...answers.filter(({ isOpen }) => isOpen).map(({ part }) => `report${part}`),
    ...file === null ? [] : ["storage"],
    ...channel === undefined ? [] : ["realtime"],
  ];
}

Deno.test("a missing, wrong, revoked, expired or other report's token opens no entry point of a report", async () => {
  // Makes every entry point have something to return.
  await test.behave({ fieldErrorRate: 1 });
  const owner = await test.customer();
  const [id, revoked, expired] = await Promise.all(
    [1, 2, 3].map(() => test.order(owner, { images: 1, runsPerModel: 1 })),
  );
  assert.ok(id && revoked && expired);
  const token = (await test.ended(id)).share_token ?? "";
  const revokedToken = (await test.ended(revoked)).share_token ?? "";
  const expiredToken = (await test.ended(expired)).share_token ?? "";
  await owner.client.rpc("revoke_share_token", { p_report: revoked });
  await owner.client.rpc("set_sharing", {
    p_report: expired,
    p_expires_at: new Date(Date.now() - 1_000).toISOString(),
    p_shares_order: true,
  });
  const [{ name: path }] = await test.sql<[{ name: string }]>`
    select name from storage.objects where name like ${`${owner.id}/%`} limit 1`;
  assert.deepEqual(await knock(token, id, path), [
    "reports",
    "benchmark_runs",
    "report_model_summaries",
    "model_figures",
    "get_shared_report",
    "report",
    "report/progress",
    "report?format=csv",
    "realtime",
  ]);
  assert.deepEqual(await knock(null, id, path), []);
  assert.deepEqual(await knock("e".repeat(64), id, path), []);
  assert.deepEqual(await knock(revokedToken, revoked, path), []);
  assert.deepEqual(await knock(expiredToken, expired, path), []);
  // The channel belongs to one report.
  assert.deepEqual(await knock(token, revoked, path), ["realtime"]);
});

Deno.test("users who may not see a report receive no change of it, not even its deletion", async () => {
  const [owner, stranger] = [await test.customer(), await test.customer()];
  const guest = test.anonymous();
  const heard: { readonly by: string; readonly table: string; readonly event: string }[] = [];
  const listen = (by: string, client: SupabaseClient) =>
    Promise.all(["reports", "benchmark_runs"].map((table) =>
      new Promise<void>((resolve) => {
        const channel = client.channel(`all ${table}`).on(
          "postgres_changes",
          { event: "*", schema: "public", table },
          ({ eventType: event }) => heard.push({ by, table, event }),
        );
        channel.on("system", {}, ({ extension, status }) => {
          if (extension === "postgres_changes" && status === "ok") resolve();
        });
        channel.subscribe();
      })
    ));
  try {
    await Promise.all([listen("guest", guest), listen("stranger", stranger.client)]);
    const id = await test.order(owner, { images: 1, runsPerModel: 1 });
    await test.ended(id);
    await test.sql`delete from public.reports where id = ${id}`;
    // Changes arrive in commit order, so after this one all earlier ones have arrived.
    await test.checkout(stranger, await test.draft(stranger, { images: 1 }));
    await waitFor(
      "the stranger's own report",
      () => Promise.resolve(heard.some(({ by }) => by === "stranger")),
    );
    assert.deepEqual(
      heard.filter(({ by, event, table }) =>
        by === "guest" || event === "DELETE" || table !== "reports"
      ),
      [],
    );
  } finally {
    await guest.removeAllChannels();
    await stranger.client.removeAllChannels();
  }
});
