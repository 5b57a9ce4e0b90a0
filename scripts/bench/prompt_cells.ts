import type { Sql } from "postgres";
import { createPromptRunStore } from "../../supabase/functions/_shared/prompts/store.ts";
import { connectAsWorker, startBenchDatabase } from "./bench_database.ts";
import { type Benchmark, interleave, ratios, seriesOf } from "./harness.ts";

const CELLS = 100_000;
const LARGE = 1_000_000;
const PAGE = 100;
/** Number of pages that are read in a round. */
const SAMPLE = 20;
const MODELS = ["one", "two"];
const ENQUEUE_GOAL_MS = 10_000;
const PAGE_GOAL_MS = 20;

/** Benchmark of large prompt runs: time to create their cells, and to read a page of them. */
export const promptCells: Benchmark = {
  name: "prompt-cells",
  summary: "creating a run of 100,000 cells, and reading a page of 1,000,000",
  async *run(options) {
    await using database = await startBenchDatabase();
    await using worker = ending(connectAsWorker(database.url));
    const { sql } = database;
    const store = createPromptRunStore(worker.sql);
    const { owner, prompt } = await addPrompt(sql);
    const open = async (dataset: string) => {
      const opened = await store.openRun(owner, planOf(prompt, dataset), null, "");
      if (opened === "conflict") {
        throw new Error("a run without an idempotency key cannot conflict");
      }
      return opened.runId;
    };

    await makeBareTables(sql);
    const dataset = await addDataset(sql, owner, CELLS / MODELS.length);
    const opened = await interleave<"ms">([{
      name: "open",
      async measure() {
        const begun = performance.now();
        const run = await open(dataset);
        const ms = performance.now() - begun;
        await sql`delete from public.runs where id = ${run}`;
        return { ms };
      },
    }, {
      name: "bare",
      async measure() {
        await sql`truncate bare_cells, bare_jobs`;
        const begun = performance.now();
        await sql`
          insert into bare_cells (id, run_id, run_model_id, owner_id, row_index, repeat)
          select n, ${owner}, ${owner}, ${owner}, n, 0 from generate_series(1, ${CELLS}) n`;
        await sql`
          insert into bare_jobs (id, kind, group_id, lane, provider, payload)
          select n, 'prompt_cell', ${owner}, ${owner}, 'groq', jsonb_build_object('cell_id', n)
          from generate_series(1, ${CELLS}) n`;
        return { ms: performance.now() - begun };
      },
    }], options);
    const [openMs, bareMs] = [seriesOf(opened, "open", "ms"), seriesOf(opened, "bare", "ms")];
    yield {
      title: `Creating a run of ${CELLS} cells and their jobs in one transaction`,
      unit: "ms",
      ratio: "ours ÷ bare",
      rows: [
        { label: "open_prompt_run", values: openMs, goal: { atMost: ENQUEUE_GOAL_MS } },
        {
          label: "the same rows in plain tables with the same indexes",
          values: bareMs,
          ratios: ratios(openMs, bareMs),
        },
      ],
      notes: ["Plain: no foreign keys, totals, order or call of a worker."],
    };

    options.progress(`seeding a run of ${LARGE} cells, which takes a minute or two`);
    const run = await open(await addDataset(sql, owner, LARGE / MODELS.length));
    await answerAll(sql, run);
    await sql`vacuum analyze`;
    const [{ first }] = await sql<[{ first: number }]>`
      select min(id)::float8 as first from public.run_cells where run_id = ${run}`;
    const afters = Array.from(
      { length: SAMPLE },
      (_, page) => first - 1 + Math.floor((page / SAMPLE) * LARGE),
    );
    const seen = await interleave<"ms">([{
      name: "page",
      async measure() {
        const begun = performance.now();
        for (const after of afters) {
          const { cells, models } = await store.getRun(owner, run, after, PAGE);
          if (cells.length !== PAGE || models.length !== MODELS.length) {
            throw new Error("the page has the wrong size");
          }
        }
        return { ms: (performance.now() - begun) / SAMPLE };
      },
    }, {
      name: "cells",
      async measure() {
        const begun = performance.now();
        for (const after of afters) await selectPage(worker.sql, run, after);
        return { ms: (performance.now() - begun) / SAMPLE };
      },
    }], options);
    const [pageMs, cellsMs] = [seriesOf(seen, "page", "ms"), seriesOf(seen, "cells", "ms")];
    const plan = await worker.sql`
      explain (analyze, costs off, timing off, summary off)
      select * from public.run_cells where run_id = ${run} and id > ${afters[SAMPLE / 2] ?? 0}
      order by id limit ${PAGE}`;
    yield {
      title: `Reading ${PAGE} cells of a run of ${LARGE}, with all totals`,
      unit: "ms",
      ratio: "ours ÷ bare",
      rows: [
        { label: "get_prompt_run", values: pageMs, goal: { atMost: PAGE_GOAL_MS } },
        {
          label: "the same cells without totals",
          values: cellsMs,
          ratios: ratios(pageMs, cellsMs),
        },
      ],
      notes: [
        `Measured at the client, including parsing; ${SAMPLE} pages across the run per round.`,
        ...plan.map((line) => String(line["QUERY PLAN"])),
      ],
    };
  },
};

async function addPrompt(sql: Sql): Promise<{ owner: string; prompt: string }> {
  const [user] = await sql<[{ id: string }]>`
    insert into auth.users (id, email) values (gen_random_uuid(), 'bench@example.com') returning id`;
  await sql`insert into public.prompts (owner_id, name, body) values (${user.id}, 'bench', '{{word}}')`;
  const [version] = await sql<[{ id: string }]>`select id from public.prompt_versions`;
  return { owner: user.id, prompt: version.id };
}

async function addDataset(sql: Sql, owner: string, rows: number): Promise<string> {
  const [dataset] = await sql<[{ id: string }]>`
    insert into public.datasets
      (owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
    values (${owner}, ${`rows ${rows}`}, 1, ${String(rows).padStart(64, "0")}, 'csv',
      ${`${owner}/${rows}.csv`}, 1, '{word}', ${rows})
    returning id`;
  await sql`
    insert into public.dataset_rows
    select ${dataset.id}, n, jsonb_build_object('word', 'word ' || n)
    from generate_series(0, ${rows - 1}) n`;
  return dataset.id;
}

function planOf(prompt: string, dataset: string) {
  return {
    name: "",
    prompt_version_id: prompt,
    dataset_id: dataset,
    grader_version_id: null,
    grader: null,
    parameters: {},
    repeats: 1,
    use_cache: false,
    estimated_cost_usd: null,
    cost_ceiling_usd: 10_000,
    grading_reservation_usd: 0,
    models: MODELS.map((model) => ({
      provider: "groq",
      model,
      label: model,
      input_price: null,
      cached_input_price: null,
      output_price: null,
      long_context: null,
      reservation_usd: 0.001,
    })),
  };
}

async function makeBareTables(sql: Sql): Promise<void> {
  await sql`create table bare_cells (like public.run_cells including defaults including generated including indexes)`;
  await sql`create table bare_jobs (like private.job_queue including defaults including indexes)`;
}

/** Fills in answers and grades, as if all calls had been made. */
async function answerAll(sql: Sql, run: string): Promise<void> {
  await sql`delete from private.job_queue where group_id = ${run}`;
  await sql`
    update public.run_cells set status = 'complete', output_text = repeat('an answer ', 20),
      latency_ms = 200 + id % 3000, tokens_in = 120, tokens_out = 40, cost_usd = 0.0001,
      grader_score = id % 2, grader_reason = 'As it should be.', completed_at = now()
    where run_id = ${run}`;
}

async function selectPage(sql: Sql, run: string, after: number): Promise<void> {
  await sql`
    select * from public.run_cells where run_id = ${run} and id > ${after} order by id limit ${PAGE}`;
}

function ending(sql: Sql): AsyncDisposable & { readonly sql: Sql } {
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}
