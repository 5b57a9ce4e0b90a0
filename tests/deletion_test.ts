import assert from "node:assert/strict";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const test = await TestStack.start();
Deno.test.afterAll(() => test[Symbol.asyncDispose]());

const MODEL = { models: ["openai/gpt-6-luna"], runsPerModel: 1 };

async function imagesOf(account: string): Promise<number> {
  const [row] = await test.sql<{ images: number }[]>`
    select count(*)::int as images from storage.objects
    where bucket_id = 'benchmark-images' and name like ${`${account}/%`}`;
  return row?.images ?? -1;
}

/** Sweeps as the operator, who may name an age. */
const sweep = (olderThanSeconds?: number) =>
  test.call(
    "checkout/sweep",
    olderThanSeconds === undefined ? {} : { older_than_seconds: olderThanSeconds },
  );

Deno.test("an owner deletes a report with all its content, and the books stay", async () => {
  const owner = await test.customer();
  const id = await test.order(owner, MODEL);
  await test.ended(id);
  assert.equal(await imagesOf(owner.id), 2);
  const [order] = await test.sql<{ session: string }[]>`
    select stripe_session_id as session from public.report_orders where report_id = ${id}`;

  const stranger = await test.customer();
  const denied = await stranger.client.rpc("delete_report", { p_report: id });
  assert.equal(denied.status, 404);

  const { data, error } = await owner.client.rpc("delete_report", { p_report: id });
  assert.equal(error, null);
  assert.equal(data.report_id, id);
  const left = await test.sql`
    select (select count(*) from public.reports where id = ${id}) + (
      select count(*) from public.report_orders where report_id = ${id}) + (
      select count(*) from public.benchmark_runs where report_id = ${id}) + (
      select count(*) from public.benchmark_drafts where id = ${data.draft_id}) as rows`;
  assert.equal(Number(left[0]?.["rows"]), 0);
  await waitFor("the images to be removed", async () => await imagesOf(owner.id) === 0);
  const [books] = await test.sql`
    select (select count(*)::int from private.cost_ledger where group_id = ${id}) as calls,
      (select count(*)::int from private.stripe_events
        where session_id = ${order?.session ?? ""} and report_id is null) as events`;
  assert.ok((books?.["calls"] ?? 0) > 0 && (books?.["events"] ?? 0) > 0, JSON.stringify(books));
  const { data: log } = await owner.client.from("audit_log").select("action,subject")
    .eq("subject", id);
  assert.deepEqual(log, [{ action: "reports.deleted", subject: id }]);
  const again = await owner.client.rpc("delete_report", { p_report: id });
  assert.equal(again.status, 404);
});

Deno.test("a report that runs or can be paid is not deleted, and no member but an owner deletes one", async () => {
  const owner = await test.customer();
  const draft = await test.draft(owner, MODEL);
  const { report_id, checkout_url } = await test.checkout(owner, draft);
  const unpaid = await owner.client.rpc("delete_report", { p_report: report_id });
  assert.deepEqual([unpaid.status, unpaid.error?.details], [409, "report.payable"]);

  await test.behave({ medianMs: 600_000 });
  await test.pay(checkout_url);
  await waitFor(
    "the report to run",
    async () => (await test.report(report_id)).status === "running",
  );
  const running = await owner.client.rpc("delete_report", { p_report: report_id });
  assert.deepEqual([running.status, running.error?.details], [409, "report.running"]);

  const admin = await test.customer();
  await test.sql`insert into public.memberships (account_id, user_id, role)
    values (${owner.id}, ${admin.id}, 'admin')`;
  const tooSmall = await admin.client.rpc("delete_report", { p_report: report_id });
  assert.deepEqual([tooSmall.status, tooSmall.error?.details], [403, "account.role_required"]);
  await test.sql`delete from public.reports where id = ${report_id}`;
  await test.behave({});
});

Deno.test("the sweep removes images that nothing uses, and keeps those of drafts and reports", async () => {
  const owner = await test.customer();
  const bucket = owner.client.storage.from("benchmark-images");
  const upload = async (path: string) => {
    const { error } = await bucket.upload(`${owner.id}/${path}`, Uint8Array.of(1), {
      contentType: "image/png",
    });
    assert.equal(error, null);
  };
  const kept = await test.draft(owner, MODEL);
  const gone = await test.draft(owner, MODEL);
  await upload("unused.png");
  assert.equal(await imagesOf(owner.id), 5);
  // Another account cannot keep an image by naming it in a draft of its own.
  const other = await test.customer();
  const { error } = await other.client.from("benchmark_drafts").insert({
    upload_data: { images: [{ path: `${owner.id}/unused.png`, expected: {} }] },
  });
  assert.equal(error, null);

  await owner.client.from("benchmark_drafts").delete().eq("id", gone);
  assert.equal((await sweep()).status, 202);
  await waitFor("the deleted draft's images to go", async () => await imagesOf(owner.id) === 3);
  assert.equal((await sweep(0)).status, 202);
  await waitFor("the unused image to go", async () => await imagesOf(owner.id) === 2);

  await test.sql`update private.image_settings set image_retention_days = 30`;
  await test.sql`alter table public.benchmark_drafts disable trigger benchmark_drafts_touch`;
  await test.sql`update public.benchmark_drafts set updated_at = now() - interval '29 days'
    where id = ${kept}`;
  const due = async () => [...await test.sql`select public.list_orphan_images('1 day', 10)`].length;
  assert.equal(await due(), 0);
  await test.sql`update public.benchmark_drafts set updated_at = now() - interval '31 days'
    where id = ${kept}`;
  assert.equal(await due(), 2);
  await test.sql`alter table public.benchmark_drafts enable trigger benchmark_drafts_touch`;
  await test.sql`update private.image_settings set image_retention_days = null`;
  assert.equal(await due(), 0);

  await test.sql`delete from auth.users where id = ${owner.id}`;
  assert.equal((await sweep()).status, 202);
  await waitFor("a deleted user's images to go", async () => await imagesOf(owner.id) === 0);
});

Deno.test("an account with as many images as it may have is refused another, by a code", async () => {
  const owner = await test.customer();
  await test.draft(owner, MODEL);
  await test.sql`update private.image_settings set max_files_per_account = 2`;
  try {
    const { error } = await owner.client.storage.from("benchmark-images")
      .upload(`${owner.id}/third.png`, Uint8Array.of(1), { contentType: "image/png" });
    assert.match(error?.message ?? "", /^account\.storage_full: the account has 2 images/);
    assert.equal(error && "statusCode" in error && String(error.statusCode), "403");
    assert.equal(await imagesOf(owner.id), 2);
    const other = await test.customer();
    await test.draft(other, { ...MODEL, images: 1 });
  } finally {
    await test.sql`update private.image_settings set max_files_per_account = 2000`;
  }
});

Deno.test("an order's data policy is sent with each call and stands on the report", async () => {
  const owner = await test.customer();
  const draft = await test.draft(owner, MODEL);
  const { error } = await owner.client.from("benchmark_drafts")
    .update({ data_collection: "deny", zdr: true }).eq("id", draft);
  assert.equal(error, null);
  await test.behave({});
  const { report_id, checkout_url } = await test.checkout(owner, draft);
  await test.pay(checkout_url);
  await test.ended(report_id);
  const requests = await test.inspect("openrouter", "requests");
  assert.ok(Array.isArray(requests));
  const sent = requests.slice(-2).map(({ body }) => body.provider);
  const policy = { data_collection: "deny", zdr: true };
  assert.deepEqual(sent, [1, 2].map(() => ({ ...policy, require_parameters: true })));
  const [row] = await test.sql`
    select summary #>> '{dataPolicy,text}' as text from public.reports where id = ${report_id}`;
  assert.match(row?.["text"] ?? "", /data_collection: deny.*zdr/);

  await owner.client.from("benchmark_drafts").update({ model_ids: ["google/gemini-3.8-flash"] })
    .eq("id", draft);
  const refused = await owner.client.functions.invoke("checkout", { body: { draft_id: draft } });
  const body = await refused.response?.json();
  assert.ok(
    body.errors.some(({ code }: { code: string }) => code === "data_policy" || code === "no_key"),
    JSON.stringify(body),
  );
});
