import assert from "node:assert/strict";
import Stripe from "stripe";
import { z } from "zod";
import { listen } from "../scripts/services/listen.ts";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import {
  formatPercent,
  formatTime,
  formatUsd,
} from "../supabase/functions/_shared/report/format_figures.ts";

/** Above 2^53: as doubles the two are the same number. */
const TRACKING = { right: "9400111899223857264999", misread: "9400111899223857264998" };

/** Bodies of the requests to the model `ordered`. */
const orderedBodies: string[] = [];

/**
 * Fake of Ollama and similar services, which takes images only as bytes. Answers with the name that
 * it was called by. The model `tracking` reads the same number from each image, and `ordered` the same
 * fields.
 */
const ollama = await listen(async (request) => {
  const body = await request.text();
  const { model, messages } = z.object({ model: z.string(), messages: z.json() })
    .parse(JSON.parse(body));
  if (model === "ordered") {
    orderedBodies.push(body);
    const content = '{"a": "c", "vat": 2, "total": 1, "reasoning": "y"}';
    return Response.json({ choices: [{ message: { content } }] });
  }
  if (model === "tracking") {
    const content = `The number is {"tracking": ${TRACKING.right}}.`;
    return Response.json({ choices: [{ message: { content } }] });
  }
  const isInline = JSON.stringify(messages).includes('"url":"data:image/png;base64,');
  return isInline
    ? Response.json({ choices: [{ message: { content: JSON.stringify({ model }) } }] })
    : Response.json({ error: { message: "invalid image input" } }, { status: 400 });
});
const test = await TestStack.start({ env: { COMPATIBLE_BASE_URL: `${ollama.url}/v1` } });
Deno.test.afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await ollama.stop();
});

/** Returns the e-mails with this heading that hold this text. */
async function mails(heading: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(test.outbox)) {
    if (!name.endsWith(".html")) continue;
    const html = await Deno.readTextFile(`${test.outbox}/${name}`);
    if (html.includes(heading) && html.includes(text)) found.push(html);
  }
  return found;
}

Deno.test("a customer orders, pays and gets the report, the numbers of the runs and an e-mail for each of the two", async () => {
  const customer = await test.customer();
  const id = await test.order(customer, { images: 3, runsPerModel: 2 });
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  assert.equal(report.partial_reason, null);
  assert.ok(report.recommended_model && report.rationale?.endsWith("."));
  assert.ok((report.share_token ?? "").length >= 32);

  const { data: own } = await customer.client.from("reports").select("*").eq("id", id).single();
  assert.equal(own.summary.models.length, 2);
  const { data: runs } = await customer.client.from("benchmark_runs").select("*")
    .eq("report_id", id);
  assert.equal(runs?.length, 12);
  assert.ok(runs.every(({ status, actual_cost }) => status === "complete" && actual_cost > 0));
  const total = runs.reduce((sum, { actual_cost }) => sum + Number(actual_cost), 0);
  assert.ok(Math.abs(total - (report.total_api_cost ?? 0)) < 1e-9);
  for (const model of own.summary.models) {
    const accuracies = runs.filter(({ model_id }) => model_id === model.modelId)
      .map(({ field_accuracy }) => field_accuracy);
    const mean = accuracies.reduce((a, b) => a + b, 0) / accuracies.length;
    assert.ok(Math.abs(mean - model.accuracy) < 1e-9);
  }

  const link = `/report/${report.share_token}`;
  const [mail] = await waitFor("the e-mail", async () => {
    const found = await mails("Your Benchmark Report is Ready", link);
    return found.length > 0 && found;
  });
  assert.ok(mail);
  const chosen = own.summary.models.find((model: { modelId: string }) =>
    model.modelId === report.recommended_model
  );
  const seen = mail.replaceAll(/<[^>]*>/g, "").replaceAll("&#x27;", "'");
  for (
    const said of [
      `Field accuracy: ${formatPercent(chosen.accuracy)}`,
      `Cost of a call: ${formatUsd(chosen.costPerRun)}`,
      `Median time: ${formatTime(chosen.medianLatency)}`,
      own.summary.doubt ?? own.summary.picks.mostAccurate.text,
    ]
  ) assert.ok(seen.includes(said), said);
  // Later calls of the e-mail worker find nothing to send.
  assert.equal((await test.call("email-worker", {})).status, 202);
  await waitFor("the queue to be empty", async () => {
    const [row] = await test.sql`select count(*)::int as jobs from private.job_queue`;
    return row?.jobs === 0;
  });
  for (const heading of ["We Received Your Order", "Your Benchmark Report is Ready"]) {
    assert.equal((await mails(heading, link)).length, 1, heading);
  }
  assert.equal((await mails("", link)).length, 2, "and no other");
});

Deno.test("the local OCR models read the images free of charge and differ in accuracy", async () => {
  const models = ["local/tesseract-fast", "local/tesseract-sparse"];
  const customer = await test.customer();
  const id = await test.order(customer, { models, images: 2, runsPerModel: 1 });
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  assert.equal(report.total_api_cost, 0);
  const { data: runs } = await customer.client.from("benchmark_runs")
    .select("model_id,image_index,output_json,field_accuracy,field_errors").eq("report_id", id)
    .order("image_index");
  const accuracies = models.map((model) =>
    runs?.filter(({ model_id }) => model_id === model).map(({ field_accuracy }) => field_accuracy)
  );
  assert.ok(accuracies.flat().every((accuracy) => accuracy > 50), JSON.stringify(runs));
  assert.notDeepEqual(accuracies[0], accuracies[1]);
});

Deno.test("a model of any OpenAI-compatible endpoint gets the images, also if its name is a path", async () => {
  const model = "compatible/Qwen/Qwen2.5-VL-7B-Instruct";
  await test.sql`insert into public.models
    (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length)
    values (${model}, 'Qwen2.5 VL', 'Qwen', 'budget', 'compatible', 0, 0, 0, 32768)`;
  const customer = await test.customer();
  const id = await test.order(customer, { models: [model], images: 1, runsPerModel: 1 });
  assert.equal((await test.ended(id)).status, "complete");
  const { data: runs } = await customer.client.from("benchmark_runs")
    .select("output_json,error_message").eq("report_id", id);
  assert.deepEqual(runs, [
    { output_json: { model: "Qwen/Qwen2.5-VL-7B-Instruct" }, error_message: null },
  ]);
});

Deno.test("a tracking number of 22 digits is compared and shown to its last digit", async () => {
  const model = "compatible/tracking";
  await test.sql`insert into public.models
    (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length)
    values (${model}, 'Tracking', 'Test', 'budget', 'compatible', 0, 0, 0, 32768)`;
  const customer = await test.customer();
  await test.draft(customer, { images: 2 });
  const stored = await test.sql<{ name: string }[]>`
    select name from storage.objects where name like ${`${customer.id}/%`} order by name`;
  const { data } = await customer.client.auth.getSession();
  const headers = {
    authorization: `Bearer ${data.session?.access_token}`,
    "content-type": "application/json",
  };
  const images = stored.map(({ name }, index) =>
    `{"path": "${name}", "expected": {"tracking": ${Object.values(TRACKING)[index]}}}`
  );
  const ordered = await fetch(`${test.stack.apiUrl}/functions/v1/checkout`, {
    method: "POST",
    headers,
    body: `{"configuration": {
      "prompt": "Read the tracking number.",
      "json_schema": {
        "type": "object",
        "properties": {"tracking": {"type": "integer", "maximum": 9999999999999999999999}}
      },
      "images": [${images}], "model_ids": ["${model}"], "runs_per_model": 1,
      "priorities": ["accuracy", "cost", "speed"]
    }}`,
  });
  const order = z.object({ report_id: z.string(), checkout_url: z.string() })
    .parse(await ordered.json());
  await test.pay(order.checkout_url);
  assert.equal((await test.ended(order.report_id)).status, "complete");

  const runs = await test.sql`
    select field_accuracy::float8 as accuracy, exact_match, output_json ->> 'tracking' as output,
      field_errors #>> '{0,expected}' as expected, field_errors #>> '{0,actual}' as actual
    from public.benchmark_runs where report_id = ${order.report_id} order by image_index`;
  const { right, misread } = TRACKING;
  assert.deepEqual([...runs], [
    { accuracy: 100, exact_match: true, output: right, expected: null, actual: null },
    { accuracy: 0, exact_match: false, output: right, expected: misread, actual: right },
  ]);
  for (const format of ["json", "csv&table=runs"]) {
    const report = await fetch(
      `${test.stack.apiUrl}/functions/v1/report?report_id=${order.report_id}&format=${format}`,
      { headers },
    );
    assert.match(await report.text(), new RegExp(`tracking"+:${right}`));
  }
});

Deno.test("the fields of a schema keep their order from the draft to the provider, the report and its rescoring", async () => {
  const model = "compatible/ordered";
  await test.sql`insert into public.models
    (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length,
     supports_structured_output)
    values (${model}, 'Ordered', 'Test', 'budget', 'compatible', 0, 0, 0, 32768, true)`;
  const customer = await test.customer();
  await test.draft(customer, { images: 1 });
  const [{ path }] = await test.sql<[{ path: string }]>`
    select name as path from storage.objects where name like ${`${customer.id}/%`}`;
  const { data } = await customer.client.auth.getSession();
  const headers = {
    authorization: `Bearer ${data.session?.access_token}`,
    apikey: test.stack.keys.publishable,
    "content-type": "application/json",
  };
  /** Calls the API. Returns the text of its answer. */
  const call = async (place: string, body?: string, more: Record<string, string> = {}) => {
    const response = await fetch(`${test.stack.apiUrl}/${place}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, ...more },
      ...body === undefined ? {} : { body },
    });
    const text = await response.text();
    assert.ok(response.ok, text);
    return text;
  };
  const schema = '{"type":"object","properties":{"reasoning":{"type":"string"},' +
    '"total":{"type":"number","maximum":9999999999999999999999},"vat":{"type":"number"},' +
    '"a":{"type":"string"}},"required":["reasoning","total","vat","a"],' +
    '"additionalProperties":false}';
  const draft = `{"upload_data": {"images": [
      {"path": "${path}", "expected": {"a": "b", "vat": 2, "total": 1, "reasoning": "x"}}
    ]}, "prompt": "Read it.", "json_schema": ${schema}, "model_ids": ["${model}"], "runs_per_model": 1}`;
  const created = await call("rest/v1/benchmark_drafts", draft, {
    prefer: "return=representation",
  });
  const [{ id }] = z.tuple([z.object({ id: z.string() })]).parse(JSON.parse(created));
  const order = z.object({ report_id: z.string(), checkout_url: z.string() })
    .parse(JSON.parse(await call("functions/v1/checkout", JSON.stringify({ draft_id: id }))));
  await test.pay(order.checkout_url);
  assert.equal((await test.ended(order.report_id)).status, "complete");

  const [body = "", ...more] = orderedBodies;
  assert.deepEqual(more, []);
  assert.ok(body.includes(`"schema":${schema}`), body);
  assert.ok(body.includes(JSON.stringify(schema).slice(1, -1)), "the prompt holds it, too");

  const read = (format: string) =>
    call(`functions/v1/report?report_id=${order.report_id}&format=${format}`);
  const report = await read("json");
  assert.ok(report.includes(`"json_schema":${schema}`));
  assert.ok(report.includes('"expected":[{"reasoning":"x","total":1,"vat":2,"a":"b"}]'));
  assert.ok(report.includes('"output_json":{"reasoning":"y","total":1,"vat":2,"a":"c"}'));
  const table = await read("csv&table=runs");
  assert.match(table, /reasoning\W+a\b.*""reasoning"":""y"",""total"":1,""vat"":2,""a"":""c""/);

  const rescored = schema.replace('"a":{', '"a":{"x-compare":{"ignore":true},');
  const scored = `{"report_id": "${order.report_id}", "json_schema": ${rescored}}`;
  await call("functions/v1/report/rescore", scored);
  const second = await waitFor("the second scoring", async () => {
    const text = await read("json");
    return JSON.parse(text).revision === 2 && text;
  });
  assert.ok(second.includes(`"json_schema":${rescored}`));
  assert.ok(second.includes('"output_json":{"reasoning":"y","total":1,"vat":2,"a":"c"}'));
});

Deno.test("another customer and a visitor cannot read a report", async () => {
  const [owner, other] = [await test.customer(), await test.customer()];
  const id = await test.order(owner, { images: 1, runsPerModel: 1 });
  await test.ended(id);
  const [{ name: path }] = await test.sql<[{ name: string }]>`
    select name from storage.objects where name like ${`${owner.id}/%`} limit 1`;
  for (const stranger of [other.client, test.anonymous()]) {
    for (const table of ["benchmark_drafts", "reports", "benchmark_runs"]) {
      const { data } = await stranger.from(table).select("*");
      assert.deepEqual(data ?? [], [], table);
    }
    const file = await stranger.storage.from("benchmark-images").download(path);
    assert.notEqual(file.error, null);
    const signed = await stranger.storage.from("benchmark-images").createSignedUrl(path, 60);
    assert.notEqual(signed.error, null);
    const planted = await stranger.storage.from("benchmark-images")
      .upload(`${owner.id}/planted.png`, new Blob(["x"]), { contentType: "image/png" });
    assert.notEqual(planted.error, null);
    await stranger.storage.from("benchmark-images").remove([path]);
    const call = await stranger.rpc("advance_jobs", {
      p_worker: crypto.randomUUID(),
      p_kinds: ["benchmark_run"],
      p_results: [],
      p_want: 1,
    });
    assert.notEqual(call.error, null);
  }
  const { data: kept } = await owner.client.storage.from("benchmark-images").download(path);
  assert.ok(kept !== null && kept.size > 0);
});

Deno.test("the same draft gives the same order and pay page until its content changes", async () => {
  const customer = await test.customer();
  const draft = await test.draft(customer, { images: 1, runsPerModel: 1 });
  const first = await test.checkout(customer, draft);
  const second = await test.checkout(customer, draft);
  assert.deepEqual(
    [second.report_id, second.checkout_url],
    [first.report_id, first.checkout_url],
  );
  await customer.client.from("benchmark_drafts").update({ runs_per_model: 2 }).eq("id", draft);
  const third = await test.checkout(customer, draft);
  assert.notEqual(third.report_id, first.report_id);
  assert.equal((await test.report(first.report_id)).status, "expired");
});

Deno.test("a wrong order is refused field by field and stores nothing", async () => {
  const customer = await test.customer();
  const draft = await test.draft(customer, { images: 1, runsPerModel: 1 });
  const { error } = await customer.client.from("benchmark_drafts").update({
    model_ids: ["openai/gpt-6-luna", "nobody/nothing"],
    upload_data: {
      images: [{ path: `${customer.id}/missing.png`, expected: { total: "much" } }],
    },
  }).eq("id", draft);
  assert.equal(error, null);
  const { error: refused } = await customer.client.functions.invoke("checkout", {
    body: { draft_id: draft },
  });
  assert.ok(refused?.context instanceof Response);
  assert.equal(refused.context.status, 422);
  assert.equal(refused.context.headers.get("content-type"), "application/problem+json");
  const problem = await refused.context.json();
  const paths = problem.errors.map(({ path }: { path: string }) => path);
  for (
    const path of [
      "configuration.model_ids.1",
      "configuration.images.0.path",
      "configuration.images.0.expected.total",
    ]
  ) assert.ok(paths.includes(path), `${path} in ${paths}`);
  const { data } = await customer.client.from("reports").select("id");
  assert.deepEqual(data, []);
});

Deno.test("an order with another customer's image is refused without showing that it exists", async () => {
  const [owner, thief] = [await test.customer(), await test.customer()];
  await test.draft(owner, { images: 1 });
  const [{ name: path }] = await test.sql<[{ name: string }]>`
    select name from storage.objects where name like ${`${owner.id}/%`} limit 1`;
  const draft = await test.draft(thief, { images: 1 });
  const codes = await Promise.all([path, `${owner.id}/nothing.png`].map(async (stolen) => {
    await thief.client.from("benchmark_drafts")
      .update({ upload_data: { images: [{ path: stolen, expected: {} }] } }).eq("id", draft);
    const { error } = await thief.client.functions.invoke("checkout", {
      body: { draft_id: draft },
    });
    assert.ok(error?.context instanceof Response);
    const problem = await error.context.json();
    return [error.context.status, problem.errors[0].code];
  }));
  assert.deepEqual(codes, [[422, "not_owned"], [422, "not_owned"]]);
});

Deno.test("an event with a forged signature is refused and leaves no trace", async () => {
  const customer = await test.customer();
  const { report_id } = await test.checkout(
    customer,
    await test.draft(customer, { images: 1, runsPerModel: 1 }),
  );
  const [{ stripe_session_id: session }] = await test.sql<[{ stripe_session_id: string }]>`
    select stripe_session_id from public.report_orders where report_id = ${report_id}`;
  const payload = JSON.stringify({
    id: "evt_forged",
    object: "event",
    type: "checkout.session.completed",
    created: Math.floor(Date.now() / 1000),
    data: {
      object: {
        id: session,
        object: "checkout.session",
        payment_status: "paid",
        client_reference_id: report_id,
        metadata: { report_id },
      },
    },
  });
  const signature = await new Stripe("sk_test_x").webhooks.generateTestHeaderStringAsync({
    payload,
    secret: "whsec_guessed",
  });
  for (const header of [signature, "", "t=1,v1=00"]) {
    const response = await fetch(`${test.stack.apiUrl}/functions/v1/webhook`, {
      method: "POST",
      headers: { "stripe-signature": header },
      body: payload,
    });
    assert.equal(response.status, 400);
    await response.body?.cancel();
  }
  assert.equal((await test.report(report_id)).status, "awaiting_payment");
  const events = await test.sql`select id from private.stripe_events where id = 'evt_forged'`;
  assert.equal(events.length, 0);
});

Deno.test("a payment that Stripe reports five times is applied once", async () => {
  await test.control("stripe", "deliveries", { copies: 5 });
  try {
    const customer = await test.customer();
    const id = await test.order(customer, { images: 1, runsPerModel: 3 });
    assert.equal((await test.ended(id)).status, "complete");
    assert.deepEqual(await test.runs(id), { complete: 6 });
    const calls = await test.sql<{ attempts: number }[]>`
      select attempts from public.benchmark_runs where report_id = ${id}`;
    assert.ok(calls.every(({ attempts }) => attempts === 1));
  } finally {
    await test.control("stripe", "deliveries", { copies: 1 });
  }
});

Deno.test("events in reverse order end in the same state as in order", async () => {
  const customer = await test.customer();
  /** Pays while Stripe's events are held back, then delivers them in reverse order. */
  const orderReversed = async (happen: (session: string, id: string) => Promise<void>) => {
    const { report_id, checkout_url } = await test.checkout(
      customer,
      await test.draft(customer, { images: 1, runsPerModel: 1 }),
    );
    const session = new URL(checkout_url).pathname.split("/").at(-1) ?? "";
    await test.control("stripe", "deliveries", { hold: true });
    try {
      await happen(session, report_id);
      assert.equal((await test.report(report_id)).status, "awaiting_payment");
    } finally {
      await test.control("stripe", "deliveries/release", { order: "reversed" });
    }
    return report_id;
  };

  const delayed = await orderReversed(async (session) => {
    await test.control("stripe", `sessions/${session}/pay`, { method: "delayed" });
    await test.control("stripe", `sessions/${session}/settle`, { outcome: "succeeded" });
  });
  assert.equal((await test.ended(delayed)).status, "complete");
  assert.deepEqual(await test.runs(delayed), { complete: 2 });

  const refunded = await orderReversed(async (session) => {
    const paid = z.object({ payment_intent: z.string() }).parse(
      await test.control("stripe", `sessions/${session}/pay`, {}),
    );
    await test.control("stripe", `payment_intents/${paid.payment_intent}/refund`, {});
  });
  assert.equal((await test.report(refunded)).status, "refunded");
  assert.deepEqual(await test.runs(refunded), {}, "what was refunded first is never run");
});

Deno.test("an order above the budget is lowered to what fits, or refused with its costs", async () => {
  // Prices in USD per token, so that a run costs about 2 and 20 USD.
  const dear = [{ id: "compatible/dear", input_price: 1e-3 }, {
    id: "compatible/ruinous",
    input_price: 1e-2,
  }];
  for (const { id, input_price } of dear) {
    await test.sql`insert into public.models
      (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length)
      values (${id}, ${id}, 'Test', 'premium', 'compatible', ${input_price}, 0, 0, 128000)`;
  }
  const customer = await test.customer();
  const order = async (model: string) =>
    await customer.client.functions.invoke("checkout", {
      body: {
        draft_id: await test.draft(customer, { models: [model], images: 1, runsPerModel: 10 }),
      },
    });
  const { data: lowered } = await order("compatible/dear");
  const { runs_per_model, requested_runs_per_model, total_usd, requested_total_usd } =
    lowered.estimate;
  assert.equal(requested_runs_per_model, 10);
  assert.ok(runs_per_model >= 1 && runs_per_model < 10, `${runs_per_model} runs`);
  assert.ok(total_usd <= 7 && requested_total_usd > 7);
  const [kept] = await test.sql`
    select config_snapshot -> 'runs_per_model' as runs from public.report_orders
    where report_id = ${lowered.report_id}`;
  assert.equal(kept?.runs, runs_per_model);

  await test.sql`update private.queue_settings set soft_ceiling_usd = 3`;
  try {
    const { data: tighter } = await order("compatible/dear");
    assert.equal(tighter.estimate.ceiling_usd, 3);
    assert.ok(tighter.estimate.runs_per_model < runs_per_model);
  } finally {
    await test.sql`update private.queue_settings set soft_ceiling_usd = 7`;
  }

  const { error } = await order("compatible/ruinous");
  assert.ok(error?.context instanceof Response);
  assert.equal(error.context.status, 422);
  const problem = await error.context.json();
  assert.equal(problem.code, "checkout.over_budget");
  assert.equal(problem.estimate.ceiling_usd, 7);
  assert.ok(problem.estimate.minimum_total_usd > 7);
  assert.deepEqual(
    problem.estimate.per_model.map(({ model_id }: { model_id: string }) => model_id),
    ["compatible/ruinous"],
  );
});

Deno.test("a worker cannot be started without the secret key", async () => {
  for (const name of ["benchmark-worker", "email-worker"]) {
    for (const key of ["", "sb_secret_guess", test.stack.keys.publishable]) {
      assert.equal((await test.call(name, { group_id: null }, key)).status, 401, `${name} ${key}`);
    }
  }
});

Deno.test("every function answers a caller without a session with 401 that a page can read", async () => {
  const origin = test.stack.apiUrl;
  for (const name of ["chat", "checkout", "datasets", "mcp", "prompt-runs", "test-runs"]) {
    for (const token of [null, "ended", test.stack.keys.anonJwt]) {
      const response = await fetch(`${origin}/functions/v1/${name}`, {
        method: "POST",
        headers: {
          origin,
          "content-type": "application/json",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: "{}",
      });
      const problem = await response.json();
      assert.equal(response.status, 401, name);
      assert.equal(problem.code, token === null ? "auth.required" : "auth.invalid", name);
      assert.equal(problem.request_id, response.headers.get("x-request-id"));
      assert.equal(response.headers.get("access-control-allow-origin"), origin, name);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
    }
  }
});
