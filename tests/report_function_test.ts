import assert from "node:assert/strict";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { SCORER_VERSION } from "../supabase/functions/_shared/compare/scorer_version.ts";

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

Deno.test("a token reads the stored figures in every format, and the owner reads them by the report's id", async () => {
  const { owner, id, token } = await finishedReport();
  const headers = { "x-share-token": token };
  const shared = await (await get("", headers)).json();
  const [{ summary }] = await test.sql<[{ summary: { models: { accuracy: number }[] } }]>`
    select summary from public.reports where id = ${id}`;
  assert.deepEqual(shared.report.summary.models, summary.models);
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
  assert.deepEqual(own.report.summary, summary);
  assert.equal(own.order.expected.length, 2);
  assert.match(own.order.prompt, /\S/);
});

/** Returns every text in a JSON value, names of fields excepted. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** Returns the owner's token, which only its e-mail holds. */
async function ownerTokenOf(id: string): Promise<string> {
  const [{ token }] = await test.sql<
    [{ token: string }]
  >`select private.owner_token(${id}) as token`;
  return token;
}

Deno.test("the owner's link shows all, shares, renews and revokes the link and rescores, and the link to share shows no value", async () => {
  await test.behave({ fieldErrorRate: 0.5 });
  const { owner, id, token } = await finishedReport();
  await test.behave({});
  const mine = { "x-owner-token": await ownerTokenOf(id), "content-type": "application/json" };
  const post = async (path: string, body: unknown, headers: Record<string, string> = mine) => {
    const response = await fetch(`${test.stack.apiUrl}/functions/v1/report${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const full = await (await get("", mine)).json();
  const { share_token, shares_order } = full.sharing;
  assert.deepEqual([full.report.id, share_token, shares_order], [id, token, false]);
  const read = await (await get(`?report_id=${id}`, await signedIn(owner))).json();
  assert.deepEqual(full, read, "as its owner sees it");
  assert.equal((await (await get("/images", mine)).json()).images.length, 2);
  assert.equal((await (await get("/progress", mine)).json()).status, "complete");
  assert.equal(await statusOf("", { "x-owner-token": token }), 404, "a share token owns nothing");
  const ownerToken = mine["x-owner-token"];
  assert.equal(await statusOf("", { "x-share-token": ownerToken }), 404);

  const outputs = full.runs.map(({ output_json }: { output_json: unknown }) => output_json);
  // Those long enough to be no part of anything else.
  const values = textsOf([full.order.expected, outputs]).filter(({ length }) => length > 5);
  assert.ok(values.length > 10);
  const secrets = [...values, owner.id, token, ownerToken];
  const leaks = async (headers: Record<string, string>) => {
    const paths = ["", "?format=csv", "?format=csv&table=runs", "?format=md", "?format=svg"];
    const texts = await Promise.all(
      paths.map(async (path) => await (await get(path, headers)).text()),
    );
    return secrets.filter((secret) => texts.join().includes(secret));
  };
  assert.deepEqual(await leaks({ "x-share-token": token }), []);

  const shared = await post("/sharing", { change: "set", expires_at: null, shares_order: true });
  assert.deepEqual([shared.status, shared.body.shares_order], [200, true]);
  assert.ok((await leaks({ "x-share-token": token })).length > 10);
  await post("/sharing", { change: "set", expires_at: null, shares_order: false });
  const { body: renewed } = await post("/sharing", { change: "rotate" });
  assert.equal(await statusOf("", { "x-share-token": token }), 404);
  const guest = { "x-share-token": renewed.share_token, "content-type": "application/json" };
  assert.equal(await statusOf("", guest), 200);

  const begun = await post("/rescore", {
    json_schema: {
      ...full.order.json_schema,
      properties: {
        ...full.order.json_schema.properties,
        vendor: { ...full.order.json_schema.properties.vendor, "x-compare": { ignore: true } },
      },
    },
  });
  assert.deepEqual([begun.status, begun.body.revision], [202, 2]);
  await waitFor(
    "the new revision",
    async () => (await (await get("", mine)).json()).revision === 2,
  );
  assert.deepEqual(await leaks(guest), []);
  const earlier = await (await get("?revision=1", guest)).text();
  assert.deepEqual(values.filter((value) => earlier.includes(value)), []);

  assert.equal((await post("/sharing", { change: "revoke" }, guest)).status, 401);
  assert.equal((await post("/sharing", { change: "burn" })).status, 422);
  assert.equal((await post("/sharing", { change: "revoke" })).body.share_token, null);
  assert.equal(await statusOf("", guest), 404);
  assert.equal(await statusOf("", mine), 200, "the owner's link stays");
  const { data: link } = await owner.client.rpc("rotate_owner_link", { p_report: id });
  assert.equal(await statusOf("", mine), 404, "until it is replaced");
  assert.equal(await statusOf("", { "x-owner-token": link.owner_token }), 200);
});

Deno.test("a finished report is not sent again if it has not changed", async () => {
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

Deno.test("an owner can rescore a report by other rules without a call, and the first scoring stays readable", async () => {
  await test.behave({ fieldErrorRate: 0.5 });
  const { owner, id, token } = await finishedReport();
  await test.behave({});
  const headers = { "x-share-token": token };
  const first = await get("", headers);
  const tag = first.headers.get("etag") ?? "";
  const before = await first.json();
  assert.deepEqual([before.revision, before.scorer_version], [1, SCORER_VERSION]);
  assert.equal(before.revisions.length, 1);
  const books = async () => [
    await test.sql`select * from private.cost_ledger where group_id = ${id}`,
    await test.sql`select * from private.job_groups where id = ${id}`,
    (await Array.fromAsync(Deno.readDir(test.outbox))).length,
    await test.inspect("openrouter", "stats"),
  ];
  await waitFor(
    "the reports' e-mails",
    async () =>
      (await test.sql`select from private.job_queue where kind = 'report_email'`).length === 0,
  );
  const booksBefore = await books();

  const signed = { ...await signedIn(owner), "content-type": "application/json" };
  const rescore = async (body: unknown, headers: Record<string, string> = signed) => {
    const response = await fetch(`${test.stack.apiUrl}/functions/v1/report/rescore`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const { json_schema: schema } = (await (await get(`?report_id=${id}`, signed)).json()).order;
  for (const [name, property] of Object.entries<Record<string, unknown>>(schema.properties)) {
    if (name !== "vendor") property["x-compare"] = { ignore: true };
  }
  const ofVendorAlone = before.runs.map((
    { field_errors }: { field_errors: { fieldPath: string; formatOnly?: true }[] },
  ) => field_errors.some((error) => error.fieldPath === "vendor" && !error.formatOnly) ? 0 : 100);

  const stranger = { ...await signedIn(await test.customer()), "content-type": "application/json" };
  const request = { report_id: id, json_schema: schema };
  assert.equal((await rescore(request, stranger)).status, 404);
  assert.equal(
    (await rescore(request, { ...headers, "content-type": "application/json" })).status,
    401,
  );
  const broken = structuredClone(schema);
  broken.properties.vendor["x-compare"] = { type: "colour" };
  const refused = await rescore({ report_id: id, json_schema: broken });
  assert.equal(refused.status, 422);
  assert.equal(refused.body.errors[0].path, "json_schema.properties.vendor.x-compare.type");
  assert.equal(await statusOf("", { ...headers, "if-none-match": tag }), 304, "nothing changed");

  const begun = await rescore(request);
  assert.equal(begun.status, 202);
  assert.equal(begun.body.revision, 2);
  const after = await waitFor("the new revision", async () => {
    const shown = await (await get("", headers)).json();
    return shown.revision === 2 && shown;
  });
  const accuracies = ({ runs }: { runs: { field_accuracy: number }[] }) =>
    runs.map((run) => run.field_accuracy);
  assert.deepEqual(accuracies(after), ofVendorAlone);
  assert.notDeepEqual(accuracies(after), accuracies(before));
  assert.notDeepEqual(after.report.summary, before.report.summary);
  assert.deepEqual(
    after.revisions.map(({ revision }: { revision: number }) => revision),
    [1, 2],
  );
  assert.equal(await statusOf("", { ...headers, "if-none-match": tag }), 200);
  const earlier = await (await get("?revision=1", headers)).json();
  assert.deepEqual(earlier.report, before.report);
  assert.deepEqual(earlier.runs, before.runs);
  assert.equal(await statusOf("?revision=3", headers), 404);
  assert.match(await (await get("?format=csv&revision=1", headers)).text(), /acme|openai|google/);

  const again = await rescore(request);
  assert.deepEqual([again.status, again.body.revision, again.body.status], [200, 2, "complete"]);
  const plain = await owner.client.rpc("rescore_report", { p_report: id });
  assert.equal(plain.data.revision, 2, "the RPC finds it too, and keeps its rules");
  const foreign = await (await test.customer()).client.rpc("rescore_report", { p_report: id });
  assert.equal(foreign.status, 404);
  assert.deepEqual(await books(), booksBefore, "no call, no cost, no e-mail");
});

Deno.test("wrong, replaced, revoked and expired tokens and other users get the same response", async () => {
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

Deno.test("the owner can open the images, and a visitor only once the order is shared", async () => {
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

Deno.test("no log of the stack contains a presented token", async () => {
  const { token } = await finishedReport();
  await statusOf("", { "x-share-token": token });
  await statusOf(`?token=${token}`, {});
  await statusOf("?format=pdf", { "x-share-token": token });
  const logs = `${test.stack.config.stackDir}/logs/functions/report.log`;
  const text = await Deno.readTextFile(logs);
  assert.match(text, /"path":"\/report"/);
  assert.ok(!text.includes(token));
});

Deno.test("the stack serves only the page and its files, and does not reveal which tokens exist", async () => {
  const load = async (path: string, method = "GET") => {
    const response = await fetch(`${test.stack.apiUrl}/${path}`, { method });
    const { status, headers } = response;
    return { status, type: headers.get("content-type"), headers, text: await response.text() };
  };
  const { token } = await finishedReport();
  const [page, other] = [await load(`report/${token}`), await load(`report/${"0".repeat(64)}`)];
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
    const path of [
      "report/README.md",
      "report/figures_test.ts",
      "report/..%2f..%2f..%2fdeno.json",
      "vendor/x.js",
      "shared/x.js",
      "report/x.js",
    ]
  ) {
    assert.equal((await load(path)).status, 404, path);
  }
  assert.equal((await load(`report/${token}`, "POST")).status, 405);
});

Deno.test("a model at two efforts is two rows of a report in every format, and a model retired since checkout is not measured", async () => {
  await test.behave({ models: { "mistralai/mistral-small-2603": { rates: { retired: 1 } } } });
  const owner = await test.customer();
  const efforts = ["low", "high"];
  const id = await test.order(owner, {
    models: [
      ...efforts.map((effort) => `openai/gpt-6-luna#${effort}`),
      "google/gemini-3.5-flash",
      "mistralai/mistral-small-2603",
    ],
    images: 2,
    runsPerModel: 1,
  });
  const headers = { "x-share-token": (await test.ended(id)).share_token ?? "" };
  await test.behave({});
  const { models, report, runs } = await (await get("", headers)).json();
  const luna = { model_id: "openai/gpt-6-luna", provider: "OpenAI", tier: "budget" };
  assert.deepEqual(
    models.slice(0, 2),
    efforts.map((effort) => ({
      id: `openai/gpt-6-luna#${effort}`,
      name: `GPT-6 Luna (${effort})`,
      effort,
      ...luna,
    })),
  );
  const rowOf = new Map<string, Record<string, unknown>>(
    report.summary.models.map((row: { modelId: string }) => [row.modelId, row]),
  );
  const [low, high] = efforts.map((effort) => rowOf.get(`openai/gpt-6-luna#${effort}`));
  assert.deepEqual([low?.["baseModelId"], low?.["effort"]], ["openai/gpt-6-luna", "low"]);
  assert.ok(Number(high?.["reasoningTokens"]) > 2 * Number(low?.["reasoningTokens"]));
  assert.ok(Number(high?.["costPerRun"]) > Number(low?.["costPerRun"]));
  assert.ok(Number(rowOf.get("google/gemini-3.5-flash")?.["reasoningTokens"]) > 0);
  const gone = rowOf.get("mistralai/mistral-small-2603");
  assert.deepEqual([gone?.["standing"], gone?.["accuracy"]], ["not_measured", null]);
  assert.deepEqual(
    new Set(
      runs.map(({ base_model_id, effort, error_kind }: Record<string, string | null>) =>
        `${base_model_id} ${effort} ${error_kind}`
      ),
    ),
    new Set([
      "openai/gpt-6-luna low null",
      "openai/gpt-6-luna high null",
      "google/gemini-3.5-flash null null",
      "mistralai/mistral-small-2603 null unavailable",
    ]),
  );
  const csv = await (await get("?format=csv", headers)).text();
  for (const effort of efforts) {
    assert.match(csv, new RegExp(`openai/gpt-6-luna,${effort},GPT-6 Luna \\(${effort}\\),`));
  }
  assert.match(await (await get("?format=md", headers)).text(), /GPT-6 Luna \(high\)/);

  const progress = await (await get("/progress", headers)).json();
  assert.ok(
    progress.models.some(({ name }: { name: string }) => name === "GPT-6 Luna (high)"),
    JSON.stringify(progress),
  );
});
