import assert from "node:assert/strict";
import { type Customer, TestStack } from "./support/stack.ts";

const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

function get(path: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${test.stack.apiUrl}/functions/v1/report${path}`, { headers });
}

async function signedIn({ client }: Customer): Promise<Record<string, string>> {
  const { data } = await client.auth.getSession();
  return { authorization: `Bearer ${data.session?.access_token}` };
}

async function statusOf(path: string, headers: Record<string, string>): Promise<number> {
  const response = await get(path, headers);
  await response.body?.cancel();
  return response.status;
}

async function refusal(path: string, token: string) {
  const response = await get(path, { "x-share-token": token });
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const { request_id: _, ...problem } = await response.json();
  return { ...problem, status: response.status };
}

async function finishedReport(): Promise<{ owner: Customer; id: string; token: string }> {
  const owner = await test.customer();
  const id = await test.order(owner, { images: 2, runsPerModel: 1 });
  return { owner, id, token: (await test.ended(id)).share_token ?? "" };
}

Deno.test("a link's token reads the database's numbers in every format, and its owner does by id", async () => {
  const { owner, id, token } = await finishedReport();
  const headers = { "x-share-token": token };
  const shared = await (await get("", headers)).json();
  const [{ summary }] = await test.sql<[{ summary: { models: { accuracy: number }[] } }]>`
    select summary from public.reports where id = ${id}`;
  assert.deepEqual(shared.report.summary, summary);
  assert.equal(shared.runs.length, 4);
  assert.equal(shared.order, null);

  const models = (await (await get("?format=csv", headers)).text()).trim().split("\r\n");
  assert.equal(models.length, 1 + summary.models.length);
  assert.ok(models[1]?.includes(String(summary.models[0]?.accuracy)));
  const runs = (await (await get("?format=csv&table=runs", headers)).text()).trim().split("\r\n");
  assert.equal(runs.length, 1 + 4);
  const text = await (await get("?format=md", headers)).text();
  assert.ok(text.includes(`${summary.models[0]?.accuracy.toFixed(1)} %`));
  const picture = await get("?format=svg", headers);
  assert.equal(picture.headers.get("content-type"), "image/svg+xml; charset=utf-8");
  assert.match(await picture.text(), /^<svg [^>]*xmlns=/);

  const own = await (await get(`?report_id=${id}`, await signedIn(owner))).json();
  assert.deepEqual(own.report, shared.report);
  assert.equal(own.order.expected.length, 2);
  assert.match(own.order.prompt, /\S/);
});

Deno.test("a finished report is not sent twice to whom it has not changed", async () => {
  const { owner, id, token } = await finishedReport();
  const first = await get("", { "x-share-token": token });
  const tag = first.headers.get("etag") ?? "";
  assert.match(first.headers.get("cache-control") ?? "", /private.*must-revalidate/);
  await first.body?.cancel();
  assert.equal(await statusOf("", { "x-share-token": token, "if-none-match": tag }), 304);
  await owner.client.rpc("set_sharing", {
    p_report: id,
    p_expires_at: null,
    p_shares_order: true,
  });
  assert.equal(await statusOf("", { "x-share-token": token, "if-none-match": tag }), 200);
});

Deno.test("wrong, replaced, revoked and expired tokens are told the same, and another's owner too", async () => {
  const { owner, id, token } = await finishedReport();
  const other = await finishedReport();
  const paths = ["", "?format=csv", "/progress", "/images"];
  const wrong = "0".repeat(64);
  const isRefused = async (gone: string) => {
    for (const path of paths) {
      assert.deepEqual(await refusal(path, gone), await refusal(path, wrong));
    }
    assert.equal((await refusal("", gone)).status, 404);
  };
  const { data: renewed } = await owner.client.rpc("rotate_share_token", { p_report: id });
  await isRefused(token);
  assert.equal(await statusOf("", { "x-share-token": renewed.share_token }), 200);
  await owner.client.rpc("set_sharing", {
    p_report: id,
    p_expires_at: new Date(Date.now() - 1_000).toISOString(),
    p_shares_order: null,
  });
  await isRefused(renewed.share_token);
  await owner.client.rpc("set_sharing", {
    p_report: id,
    p_expires_at: null,
    p_shares_order: null,
  });
  assert.equal(await statusOf("", { "x-share-token": renewed.share_token }), 200);
  await owner.client.rpc("revoke_share_token", { p_report: id });
  await isRefused(renewed.share_token);

  assert.equal(await statusOf(`?report_id=${other.id}`, await signedIn(owner)), 404);
  assert.equal(await statusOf(`/images?report_id=${other.id}`, await signedIn(owner)), 404);
  assert.equal(await statusOf(`?report_id=${id}`, await signedIn(owner)), 200);
  assert.equal(await statusOf("", {}), 401);
  const publishable = { authorization: `Bearer ${test.stack.keys.publishable}` };
  assert.equal(await statusOf(`?report_id=${id}`, publishable), 401);
});

Deno.test("images open for the owner, and for a visitor only once the order is shared", async () => {
  const { owner, id, token } = await finishedReport();
  const headers = { "x-share-token": token };
  const fetchImages = async (path: string, headers: Record<string, string>) => {
    const { images } = await (await get(path, headers)).json();
    return await Promise.all(images.map(async ({ url }: { url: string }) => {
      const response = await fetch(url);
      await response.body?.cancel();
      return response.headers.get("content-type");
    }));
  };
  assert.equal(await statusOf("/images", headers), 404);
  const own = await fetchImages(`/images?report_id=${id}`, await signedIn(owner));
  assert.deepEqual(own, ["image/png", "image/png"]);
  await owner.client.rpc("set_sharing", { p_report: id, p_expires_at: null, p_shares_order: true });
  assert.deepEqual(await fetchImages("/images", headers), ["image/png", "image/png"]);
  const { order } = await (await get("", headers)).json();
  assert.equal(order.expected.length, 2);
  await owner.client.rpc("set_sharing", {
    p_report: id,
    p_expires_at: null,
    p_shares_order: false,
  });
  assert.equal(await statusOf("/images", headers), 404);
});

Deno.test("no log of the stack shows a token that was presented", async () => {
  const { token } = await finishedReport();
  await statusOf("", { "x-share-token": token });
  await statusOf(`?token=${token}`, {});
  await statusOf("?format=pdf", { "x-share-token": token });
  const logs = `${test.stack.config.stackDir}/logs/functions/report.log`;
  const text = await Deno.readTextFile(logs);
  assert.match(text, /"path":"\/report"/);
  assert.ok(!text.includes(token));
});

Deno.test("the stack serves the page and its own files alone, without letting on which tokens there are", async () => {
  const load = async (path: string, method = "GET") => {
    const response = await fetch(`${test.stack.apiUrl}/report/${path}`, { method });
    const { status, headers } = response;
    return { status, type: headers.get("content-type"), headers, text: await response.text() };
  };
  const { token } = await finishedReport();
  const [page, other] = [await load(token), await load("0".repeat(64))];
  assert.equal(page.type, "text/html; charset=utf-8");
  assert.equal(page.headers.get("referrer-policy"), "no-referrer");
  assert.match(page.headers.get("x-robots-tag") ?? "", /noindex/);
  assert.equal(page.text, other.text);
  assert.equal((await load("vendor/plot.umd.min.js")).type, "text/javascript; charset=utf-8");
  assert.deepEqual(JSON.parse((await load("config.json")).text), {
    apiUrl: test.stack.apiUrl,
    publishableKey: test.stack.keys.publishable,
  });
  for (
    const path of ["README.md", "figures_test.ts", "..%2f..%2fdeno.json", "vendor/x.js", "x.js"]
  ) {
    assert.equal((await load(path)).status, 404, path);
  }
  assert.equal((await load(token, "POST")).status, 405);
});
