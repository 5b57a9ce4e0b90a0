import assert from "node:assert/strict";
import { z } from "zod";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const test = await TestStack.start({
  env: { SLOT_WAIT_SECONDS: "0.2", DEBUG_MOCK_CEREBRAS: "true" },
});
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const MINI = { provider: "openrouter", model: "openai/gpt-6-luna" };
const FLASH = { provider: "openrouter", model: "google/gemini-3.5-flash" };

const cellSchema = z.looseObject({
  id: z.number(),
  run_model_id: z.string(),
  row_index: z.number().nullable(),
  repeat: z.number(),
  status: z.string(),
  output_text: z.string().nullable(),
  error_text: z.string().nullable(),
  cost_usd: z.number().nullable(),
  is_cached: z.boolean(),
  attempts: z.number(),
  grade_score: z.number().nullable(),
  grader_error: z.string().nullable(),
  grader_reason: z.string().nullable(),
});
const pageSchema = z.looseObject({
  run: z.looseObject({
    id: z.string(),
    status: z.string(),
    error: z.string().nullable(),
    spent_usd: z.number(),
    completed_at: z.string().nullable(),
  }),
  models: z.array(z.looseObject({
    label: z.string(),
    cells: z.record(z.string(), z.number()),
    graded: z.number(),
    mean_score: z.number().nullable(),
    cost_usd: z.number().nullable(),
    cached: z.number(),
  })),
  cells: z.array(cellSchema),
  next_after: z.number().nullable(),
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

async function call(
  who: Customer | null,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { data } = await who?.client.auth.getSession() ?? { data: { session: null } };
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/prompt-runs${path}`, {
    method,
    headers: {
      ...data.session === null ? {} : { authorization: `Bearer ${data.session.access_token}` },
      ...body === undefined ? {} : { "content-type": "application/json" },
      ...headers,
    },
    ...body === undefined ? {} : { body: JSON.stringify(body) },
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, text, body: isJson ? JSON.parse(text) : {} };
}

const start = (who: Customer, body: unknown, query = "", headers?: Record<string, string>) =>
  call(who, "POST", query, body, headers);

async function addPrompt({ client, id }: Customer, body: string, type = "task"): Promise<string> {
  const { data, error } = await client.from("prompts")
    .insert({ owner_id: id, name: `p ${crypto.randomUUID()}`, type, body }).select("id").single();
  if (error) throw error;
  return z.object({ id: z.string() }).parse(data).id;
}

async function addDataset({ id }: Customer, rows: Record<string, unknown>[]): Promise<string> {
  const dataset = crypto.randomUUID();
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  await test.sql`
    insert into public.datasets
      (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
    values (${dataset}, ${id}, ${dataset}, 1, ${"0".repeat(64)}, 'json', ${`${id}/${dataset}.json`},
      1, ${columns}, ${rows.length})`;
  for (const [index, row] of rows.entries()) {
    await test.sql`insert into public.dataset_rows (dataset_id, row_index, data_json)
      values (${dataset}, ${index}, ${test.sql.json(JSON.parse(JSON.stringify(row)))})`;
  }
  return dataset;
}

async function show(who: Customer, id: unknown, query = "?limit=1000") {
  const { status, body } = await call(who, "GET", `/${id}${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return pageSchema.parse(body);
}

const ended = (who: Customer, id: unknown) =>
  waitFor(`run ${id} to end`, async () => {
    const page = await show(who, id);
    return page.run.completed_at !== null && page;
  });

const CALLS_SCHEMA = z.looseObject({ calls: z.number() });
const callsSeen = async () => CALLS_SCHEMA.parse(await test.inspect("openrouter", "stats")).calls;

const words = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => ({ word: `word ${index}`, expected: `word ${index}` }),
  );

Deno.test("a run renders the prompt for each row and model, grades by code and totals the results", async () => {
  await test.behave({});
  const owner = await test.customer();
  const prompt_id = await addPrompt(owner, "Say:\n{{word}}");
  const rows = words(3);
  const dataset_id = await addDataset(owner, [...rows, { word: "a {{word}}", expected: "other" }]);
  const { status, body } = await start(owner, {
    prompt_id,
    dataset_id,
    models: [MINI, { ...FLASH, label: "flash" }],
    grader: { type: "exact" },
    repeats: 2,
  });
  assert.equal(status, 202, JSON.stringify(body));
  const { run, models, cells } = await ended(owner, body.run_id);
  assert.equal(run.status, "complete");
  assert.equal(cells.length, 16);
  for (const cell of cells) {
    // Placeholders within inserted text are left alone.
    const word = cell.row_index === 3 ? "a {{word}}" : `word ${cell.row_index}`;
    assert.deepEqual([cell.output_text, cell.grade_score], [word, cell.row_index === 3 ? 0 : 1]);
  }
  assert.deepEqual(models.map(({ label }) => label), ["flash", MINI.model]);
  for (const model of models) {
    assert.deepEqual([model.cells["complete"], model.graded, model.mean_score], [8, 8, 0.75]);
  }
  const total = cells.reduce((sum, { cost_usd }) => sum + (cost_usd ?? NaN), 0);
  assert.ok(Math.abs(total - run.spent_usd) < 1e-9 && total > 0);
  assert.equal(await callsSeen(), 16);
});

Deno.test("a call above the long-context threshold costs long-context prices, one at the threshold does not", async () => {
  await test.behave({});
  const owner = await test.customer();
  await test.sql`
    update public.models set input_price = 0.000001, output_price = 0.000002, long_context_above = 1000,
      long_context_input_price = 0.000002, long_context_cached_input_price = 0.000002,
      long_context_output_price = 0.000003
    where id = 'cerebras/gpt-oss-120b'`;
  const prompt_id = await addPrompt(owner, "{{text}}\nblue");
  // The fake provider counts a token per 3.6 characters, and as Cerebras it states no cost.
  const text = (tokens: number) => ({ text: "x".repeat(3.6 * tokens - "\nblue".length) });
  const dataset_id = await addDataset(owner, [text(1_000), text(1_005)]);
  const { body } = await start(owner, {
    prompt_id,
    dataset_id,
    models: [{ provider: "cerebras", model: "gpt-oss-120b" }],
  });
  const { run, cells } = await ended(owner, body.run_id);
  assert.deepEqual(
    cells.map(({ row_index, tokens_in, tokens_out, cost_usd }) => [
      row_index,
      tokens_in,
      tokens_out,
      cost_usd,
    ]),
    [[0, 1_000, 2, 0.001004], [1, 1_005, 2, 0.002016]],
  );
  assert.equal(run.spent_usd, 0.00302);
});

Deno.test("?wait=true answers when a small run has ended, and a run without a dataset makes one call", async () => {
  await test.behave({});
  const owner = await test.customer();
  const prompt_id = await addPrompt(owner, "Say this.");
  const { status, body } = await start(owner, { prompt_id, models: [MINI] }, "?wait=true");
  assert.equal(status, 200, JSON.stringify(body));
  const page = pageSchema.parse(body);
  assert.deepEqual(
    page.cells.map(({ row_index, output_text, status }) => [row_index, output_text, status]),
    [[null, "Say this.", "complete"]],
  );
});

Deno.test("a model grades answers, and a grade that cannot be read is an error, not a zero", async () => {
  await test.behave({});
  const owner = await test.customer();
  const prompt_id = await addPrompt(owner, "Say:\n{{word}}");
  const grader = await addPrompt(
    owner,
    "Task: {{input}}\nRight: {{expected}}\nAnswer: {{output}}\nGrade in <response> tags.",
    "grader",
  );
  const dataset_id = await addDataset(owner, [
    { word: "blue", colour: "blue" },
    { word: "very green", colour: "green" },
    { word: "red", colour: "white" },
  ]);
  const run = {
    prompt_id,
    dataset_id,
    models: [MINI],
    grader: { type: "prompt", prompt_id: grader, ...FLASH, expected: "colour" },
  };
  const { body } = await start(owner, run);
  const graded = await ended(owner, body.run_id);
  assert.deepEqual(graded.cells.map(({ grade_score }) => grade_score), [1, 0.5, 0]);
  assert.ok(graded.cells.every(({ grader_reason }) => (grader_reason ?? "").length > 10));

  await test.behave({ models: { [FLASH.model]: { rates: { malformed: 1 } } } });
  const failed = await ended(owner, (await start(owner, run)).body.run_id);
  assert.ok(
    failed.cells.every(({ status, grade_score, grader_error }) =>
      status === "complete" && grade_score === null && grader_error !== null
    ),
  );
  assert.equal(failed.models[0]?.mean_score, null);
  await test.behave({});
  const again = await call(owner, "POST", `/${body.run_id}/retry`);
  assert.deepEqual([again.status, again.body.cells, again.body.grades], [200, 0, 0]);
  const retried = await call(owner, "POST", `/${failed.run.id}/retry`);
  assert.deepEqual([retried.body.cells, retried.body.grades], [0, 3]);
  const mended = await ended(owner, failed.run.id);
  assert.deepEqual(mended.cells.map(({ grade_score }) => grade_score), [1, 0.5, 0]);
});

Deno.test("the cache serves an identical call at no cost, but no other repeat and no other user", async () => {
  await test.behave({});
  const [owner, other] = [await test.customer(), await test.customer()];
  const run = async (who: Customer, repeats: number) => {
    const { body } = await start(who, {
      prompt_id: await addPrompt(who, "Say:\n{{word}}"),
      dataset_id: await addDataset(who, words(2)),
      models: [MINI],
      repeats,
      use_cache: true,
    });
    return await ended(who, body.run_id);
  };
  const first = await run(owner, 1);
  assert.ok(first.cells.every(({ is_cached }) => !is_cached));
  const second = await run(owner, 2);
  assert.deepEqual(
    second.cells.map(({ repeat, is_cached, cost_usd }) => [repeat, is_cached, cost_usd === 0]),
    [[0, true, true], [0, true, true], [1, false, false], [1, false, false]],
  );
  assert.deepEqual(
    second.cells.map(({ output_text }) => output_text),
    ["word 0", "word 1", "word 0", "word 1"],
  );
  assert.ok((await run(other, 1)).cells.every(({ is_cached }) => !is_cached));
  assert.equal(await callsSeen(), 6);
});

Deno.test("a killed worker loses no cell and no cell is paid for twice", async () => {
  await test.behave({
    script: Array.from({ length: 30 }, (_, call) => call < 5 ? "ok" : "hang"),
  });
  const owner = await test.customer();
  const { body } = await start(owner, {
    prompt_id: await addPrompt(owner, "Say:\n{{word}}"),
    dataset_id: await addDataset(owner, words(30)),
    models: [MINI],
    grader: { type: "exact" },
  });
  await waitFor("some cells to be complete and some running", async () => {
    const { models: [model] } = await show(owner, body.run_id);
    return (model?.cells["complete"] ?? 0) > 0 && (model?.cells["running"] ?? 0) > 0;
  });
  await test.behave({});
  await test.killWorkers("prompt-worker");
  const page = await waitFor("the run to end", async () => {
    await test.sql`select private.sweep_queue()`;
    const page = await show(owner, body.run_id);
    return page.run.completed_at !== null && page;
  });
  assert.equal(page.run.status, "complete");
  assert.ok(
    page.cells.every(({ status, grade_score }) => status === "complete" && grade_score === 1),
  );
  const costs = page.cells.reduce((sum, { cost_usd }) => sum + (cost_usd ?? NaN), 0);
  assert.ok(Math.abs(costs - page.run.spent_usd) < 1e-9);
  const [group] = await test.sql`select reserved_usd::float8 as reserved from private.job_groups
    where id = ${page.run.id}`;
  assert.ok(group === undefined || group.reserved === 0);
  const settled = await test.sql`
    select job_id from private.cost_ledger where group_id = ${page.run.id} and state = 'settled'
    group by job_id having count(*) > 1`;
  assert.equal(settled.length, 0);
});

Deno.test("a rate-limited provider gets its calls later and fewer at once", async () => {
  await test.behave({
    script: Array.from({ length: 6 }, () => "rate_limited"),
    retryAfterSeconds: 600,
  });
  const owner = await test.customer();
  const { body } = await start(owner, {
    prompt_id: await addPrompt(owner, "Say:\n{{word}}"),
    dataset_id: await addDataset(owner, words(12)),
    models: [MINI],
  });
  await waitFor("the provider to get fewer calls at once", async () => {
    const [pace] = await test.sql`select concurrency::float8 as calls from private.provider_pace
      where provider = 'openrouter'`;
    return pace !== undefined && pace.calls < 10;
  });
  await waitFor(
    "refused calls to wait as long as the provider asked, and the others to end",
    async () => {
      const { models: [model] } = await show(owner, body.run_id);
      const waiting = await test.sql`
      select from private.job_queue where run_at > now() + interval '8 minutes'`;
      return model?.cells["complete"] === 6 && waiting.length === 6;
    },
  );
  await test.sql`update private.job_queue set run_at = now() where run_at > now()`;
  await test.sql`select private.sweep_queue()`;
  const { cells, run } = await ended(owner, body.run_id);
  assert.equal(run.status, "complete");
  assert.ok(cells.every(({ status }) => status === "complete"));
  assert.ok(cells.some(({ attempts }) => attempts > 1), "a long wait returns the job to the queue");
  await test.sql`delete from private.provider_pace`;
});

Deno.test("a cancelled run stops and can be resumed, and its failed cells can be retried", async () => {
  await test.behave({ medianMs: 500 });
  await test.allowCalls(1);
  const owner = await test.customer();
  const { body: { run_id } } = await start(owner, {
    prompt_id: await addPrompt(owner, "Say:\n{{word}}"),
    dataset_id: await addDataset(owner, words(40)),
    models: [MINI],
  });
  await waitFor(
    "calls to be running",
    async () => ((await show(owner, run_id)).models[0]?.cells["running"] ?? 0) > 0,
  );
  const cancelled = await call(owner, "POST", `/${run_id}/cancel`);
  assert.equal(cancelled.status, 200);
  const stopped = await waitFor("running calls to end", async () => {
    const page = await show(owner, run_id);
    return (page.models[0]?.cells["running"] ?? 0) === 0 && page;
  });
  assert.equal(stopped.run.status, "cancelled");
  assert.ok((stopped.models[0]?.cells["cancelled"] ?? 0) > 0);
  await test.allowCalls(60);
  await test.behave({ script: ["forbidden"] });
  const resumed = await call(owner, "POST", `/${run_id}/resume`);
  assert.equal(resumed.body.cells, stopped.models[0]?.cells["cancelled"]);
  const whole = await ended(owner, run_id);
  assert.deepEqual([whole.models[0]?.cells["complete"], whole.models[0]?.cells["failed"]], [39, 1]);
  assert.match(whole.cells.find(({ status }) => status === "failed")?.error_text ?? "", /403/);
  assert.equal((await call(owner, "POST", `/${run_id}/retry`)).body.cells, 1);
  assert.equal((await ended(owner, run_id)).models[0]?.cells["complete"], 40);
});

Deno.test("a run estimated above its cost ceiling is refused with the estimate, and a run that reaches it stops", async () => {
  await test.behave({});
  const owner = await test.customer();
  const run = {
    prompt_id: await addPrompt(owner, "Say:\n{{word}}"),
    dataset_id: await addDataset(owner, words(20)),
    models: [{ ...MINI, model: `${MINI.model}#none` }],
    parameters: { max_tokens: 500 },
  };
  const refused = await start(owner, { ...run, cost_ceiling_usd: 0.0001 });
  assert.deepEqual([refused.status, refused.body.code], [422, "prompt_runs.over_budget"]);
  const estimate = z.looseObject({ total_usd: z.number(), ceiling_usd: z.number() })
    .parse(refused.body.estimate);
  assert.ok(estimate.total_usd > estimate.ceiling_usd);
  const { data } = await owner.client.from("runs").select("id");
  assert.deepEqual(data, []);
  assert.equal(await callsSeen(), 0);
  const high = await start(owner, { ...run, cost_ceiling_usd: 1_000_000 });
  assert.deepEqual([high.status, high.body.code], [422, "request.invalid"]);

  // Answers are ten times as long as estimated.
  const long = await start(owner, {
    ...run,
    dataset_id: await addDataset(owner, words(20).map(() => ({ word: "x".repeat(8_000) }))),
    parameters: { max_tokens: 3_000 },
    cost_ceiling_usd: 0.02,
  });
  assert.equal(long.status, 202, JSON.stringify(long.body));
  const { run: stopped, models: [model] } = await ended(owner, long.body.run_id);
  assert.ok(stopped.spent_usd > 0.01 && stopped.spent_usd <= 0.02, String(stopped.spent_usd));
  assert.ok((model?.cells["skipped"] ?? 0) > 0);
  assert.match(stopped.error ?? "", /ceiling/);
  const beyond = await call(owner, "POST", `/${stopped.id}/resume`, { cost_ceiling_usd: 1_000 });
  assert.deepEqual([beyond.status, beyond.body.code], [422, "request.invalid"]);
});

Deno.test("an incomplete or invalid run is refused before anything is spent", async () => {
  await test.behave({});
  const owner = await test.customer();
  const prompt_id = await addPrompt(owner, "{{user.name}} says {{word}}");
  const dataset_id = await addDataset(owner, [
    { word: "a", user: { name: "Ada" } },
    { word: "b", user: {} },
  ]);
  const missing = await start(owner, { prompt_id, dataset_id, models: [MINI] });
  assert.deepEqual(
    [missing.status, missing.body.code, missing.body.field, missing.body.row_index],
    [422, "prompt_runs.missing_field", "user.name", 1],
  );
  const table: [change: Record<string, unknown>, path: string, code: string][] = [
    [{ dataset_id: undefined }, "dataset_id", "required"],
    [{ models: [{ provider: "groq", model: "x" }] }, "models.0.provider", "not_configured"],
    [{ models: [{ ...MINI, model: "nobody/nothing" }] }, "models.0.model", "not_found"],
    [{ models: [MINI, MINI] }, "models.1.label", "duplicate"],
    [{ repeats: 21 }, "repeats", "too_big"],
    [{ parameters: { heat: 1 } }, "parameters.heat", "unknown_field"],
    [{ prompt: "as well" }, "prompt_id", "custom"],
    [{ grader: { type: "prompt", prompt_id, ...MINI } }, "grader.prompt_id", "wrong_type"],
  ];
  for (const [change, path, code] of table) {
    const { status, body } = await start(owner, {
      prompt_id,
      dataset_id,
      models: [MINI],
      ...change,
    });
    assert.deepEqual([status, body.code], [422, "request.invalid"], JSON.stringify(body));
    const errors = z.array(z.looseObject({ path: z.string(), code: z.string() })).parse(
      body.errors,
    );
    assert.ok(
      errors.some((error) => error.path === path && error.code === code),
      `${path} ${code}: ${JSON.stringify(errors)}`,
    );
  }
  assert.equal(await callsSeen(), 0);
});

Deno.test("an idempotency key starts one run and is refused with another body", async () => {
  await test.behave({});
  const owner = await test.customer();
  const run = { prompt_id: await addPrompt(owner, "Say this."), models: [MINI] };
  const key = { "idempotency-key": "once" };
  const first = await start(owner, run, "", key);
  const second = await start(owner, run, "", key);
  assert.deepEqual([second.body.run_id, second.body.is_new], [first.body.run_id, false]);
  const other = await start(owner, { ...run, repeats: 2 }, "", key);
  assert.deepEqual([other.status, other.body.code], [422, "request.idempotency_conflict"]);
  await ended(owner, first.body.run_id);
  // The prompt changes after the run started.
  await owner.client.from("prompts").update({ body: "Say {{this}}." }).eq("id", run.prompt_id);
  assert.equal((await start(owner, run)).status, 422);
  const third = await start(owner, run, "?wait=true", key);
  assert.deepEqual([third.status, pageSchema.parse(third.body).run.id], [200, first.body.run_id]);
  assert.equal(await callsSeen(), 1);
});

Deno.test("two runs are compared row by row, and a human override counts and measures the grader", async () => {
  await test.behave({});
  const owner = await test.customer();
  const rows = words(12);
  const dataset_id = await addDataset(owner, rows);
  const run = async (body: string) => {
    const started = await start(owner, {
      prompt_id: await addPrompt(owner, body),
      dataset_id,
      models: [MINI],
      grader: { type: "exact" },
    });
    return await ended(owner, started.body.run_id);
  };
  const before = await run("{{word}} it is.");
  const after = await run("Say:\n{{word}}");
  const wrong = after.cells[0]?.id;
  const { error } = await owner.client.from("run_cells")
    .update({ human_score: 0, human_reason: "Too blunt." }).eq("id", wrong);
  assert.equal(error, null);
  const { status, body } = await call(
    owner,
    "GET",
    `/compare?before=${before.run.id}&after=${after.run.id}`,
  );
  assert.equal(status, 200, JSON.stringify(body));
  const comparison = z.looseObject({
    verdict: z.string(),
    difference: z.number(),
    p_value: z.number(),
    better: z.number(),
    worse: z.number(),
    unchanged: z.number(),
    agreement: z.looseObject({
      after: z.looseObject({ cells: z.number(), agreement: z.number() }),
    }),
  }).parse(body);
  assert.deepEqual(
    [comparison.verdict, comparison.better, comparison.worse, comparison.unchanged],
    ["better", 11, 0, 1],
  );
  assert.ok(Math.abs(comparison.difference - 11 / 12) < 1e-9 && comparison.p_value < 0.01);
  assert.deepEqual([comparison.agreement.after.cells, comparison.agreement.after.agreement], [
    1,
    0,
  ]);

  const path = `/compare?before=${before.run.id}&after=${after.run.id}`;
  const [head, ...lines] = (await call(owner, "GET", `${path}&format=csv`)).text.split("\r\n");
  assert.equal(head, "row,score_before,score_after,difference");
  assert.deepEqual(lines.slice(0, 2).map((line) => line.slice(1)), [",0,0,0", ",0,1,1"]);
  assert.equal(lines.length, 13);
  const report = await call(owner, "GET", `${path}&format=md`);
  assert.match(report.text, /^The later run is better\. 12 rows were compared\.$/m);
  assert.match(report.text, /^\| All models +\| +0\.000 \| 0\.917 \|/m);

  const elsewhere = await start(owner, {
    prompt_id: await addPrompt(owner, "Say this."),
    models: [MINI],
  });
  const { body: refused } = await call(
    owner,
    "GET",
    `/compare?before=${before.run.id}&after=${elsewhere.body.run_id}`,
  );
  assert.equal(refused.code, "prompt_runs.not_comparable");
});

Deno.test("a run is exported as JSON, Markdown and CSV that no spreadsheet executes", async () => {
  await test.behave({});
  const owner = await test.customer();
  const { body: { run_id } } = await start(owner, {
    prompt_id: await addPrompt(owner, "Say:\n{{word}}"),
    dataset_id: await addDataset(owner, [
      { word: "=1+1", expected: "x" },
      { word: 'a "quoted", | word', expected: "x" },
    ]),
    models: [MINI],
    grader: { type: "contains" },
  });
  await ended(owner, run_id);
  const csv = await call(owner, "GET", `/${run_id}/export?format=csv`);
  const [head, first, second] = csv.text.split("\r\n");
  assert.match(head ?? "", /^cell_id,model,row,repeat,status,output,/);
  assert.match(first ?? "", /,0,0,complete,'=1\+1,stop,,0,/);
  assert.match(second ?? "", /,1,0,complete,"a ""quoted"", \| word",stop,,0,/);
  const all = await call(owner, "GET", `/${run_id}/export?format=json`);
  assert.deepEqual(
    z.looseObject({ cells: z.array(z.looseObject({ output: z.string() })) }).parse(all.body).cells
      .map(({ output }) => output),
    ["=1+1", 'a "quoted", | word'],
  );
  const md = await call(owner, "GET", `/${run_id}/export?format=md`);
  assert.match(md.text, /\| a "quoted", \\\| word +\|/);
});

Deno.test("another user's prompts, datasets and runs are not found at any endpoint", async () => {
  await test.behave({});
  const [owner, other] = [await test.customer(), await test.customer()];
  const prompt_id = await addPrompt(owner, "Say:\n{{word}}");
  const dataset_id = await addDataset(owner, words(2));
  const { body: { run_id } } = await start(owner, { prompt_id, dataset_id, models: [MINI] });
  const done = await ended(owner, run_id);
  const ownPrompt = await addPrompt(other, "Say:\n{{word}}");
  const ownDataset = await addDataset(other, words(2));
  const own = await start(other, { prompt_id: ownPrompt, dataset_id: ownDataset, models: [MINI] });
  const grader = await addPrompt(owner, "<response> {{output}}", "grader");
  const [version] = await test
    .sql`select id from public.prompt_versions where prompt_id = ${prompt_id}`;
  const answers = [
    await start(other, { prompt_id, dataset_id: ownDataset, models: [MINI] }),
    await start(other, { prompt_version_id: version?.id, dataset_id: ownDataset, models: [MINI] }),
    await start(other, { prompt_id: ownPrompt, dataset_id, models: [MINI] }),
    await start(other, {
      prompt_id: ownPrompt,
      dataset_id: ownDataset,
      models: [MINI],
      grader: { type: "prompt", prompt_id: grader, ...MINI },
    }),
    await call(other, "GET", `/${run_id}`),
    await call(other, "GET", `/${run_id}/export?format=csv`),
    await call(other, "POST", `/${run_id}/cancel`),
    await call(other, "POST", `/${run_id}/resume`, { cost_ceiling_usd: 1 }),
    await call(other, "POST", `/${run_id}/retry`),
    await call(other, "GET", `/compare?before=${run_id}&after=${own.body.run_id}`),
    await call(other, "GET", `/compare?before=${own.body.run_id}&after=${run_id}`),
    await call(other, "GET", "/not-an-id"),
  ];
  for (const { status, body } of answers) {
    assert.deepEqual([status, body.code], [404, "resource.not_found"], JSON.stringify(body));
  }
  for (const table of ["runs", "run_models", "run_cells", "run_model_totals"]) {
    const column = table === "runs" ? "id" : "run_id";
    const { data } = await other.client.from(table).select("*").eq(column, String(run_id));
    assert.deepEqual(data ?? [], [], table);
  }
  await other.client.from("run_cells").update({ human_score: 0 }).eq("run_id", String(run_id));
  assert.deepEqual(await show(owner, run_id), done);
  assert.equal((await call(null, "GET", `/${run_id}`)).status, 401);
  await ended(other, own.body.run_id);
});

Deno.test("the owner follows a run's cells live, and nobody else does", async () => {
  await test.behave({ medianMs: 100 });
  const [owner, other] = [await test.customer(), await test.customer()];
  const seen = new Map<Customer, Record<string, unknown>[]>([[owner, []], [other, []]]);
  for (const [customer, changes] of seen) {
    await new Promise<void>((resolve, reject) => {
      customer.client.channel("cells").on(
        "postgres_changes",
        { event: "UPDATE", schema: "public", table: "run_cells" },
        (change) => changes.push(change.new),
      ).subscribe((status, error) => {
        if (status === "SUBSCRIBED") resolve();
        else if (error !== undefined) reject(error);
      });
    });
  }
  const { body } = await start(owner, {
    prompt_id: await addPrompt(owner, "Say:\n{{word}}"),
    dataset_id: await addDataset(owner, words(3)),
    models: [MINI],
  });
  await ended(owner, body.run_id);
  const completed = () =>
    seen.get(owner)?.filter(({ status, run_id }) => status === "complete" && run_id === body.run_id)
      .length ?? 0;
  await waitFor("the end of each cell to be published", () => Promise.resolve(completed() === 3));
  assert.deepEqual(seen.get(other), []);
  await Promise.all([owner, other].map(({ client }) => client.removeAllChannels()));
});
