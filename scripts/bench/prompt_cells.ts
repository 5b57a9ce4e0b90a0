import type { Sql } from "postgres";
import { mean } from "simple-statistics";
import { createPromptRunStore } from "../../supabase/functions/_shared/prompts/store.ts";
import { addUser } from "../testing/database.ts";
import { openRun, planRun } from "../testing/prompts.ts";
import { startBenchDatabase } from "./bench_database.ts";
import { type Benchmark, interleave, repeat, time } from "./harness.ts";

const CELLS = 100_000;
const LARGE = 1_000_000;
const PAGE = 100;
/** Number of pages that are read in a round. */
const SAMPLE = 20;
const MODELS = ["one", "two"];
const ENQUEUE_GOAL_MS = 10_000;
const PAGE_GOAL_MS = 20;
const BARE_ROWS = "the same rows in plain tables with the same indexes";
const BARE_PAGE = "the same cells without totals";

/** Benchmark of large prompt runs: time to create their cells, and to read a page of them. */
export const promptCells: Benchmark = {
  name: "prompt-cells",
  summary: "creating a run of 100,000 cells, and reading a page of 1,000,000",
  async *run(options) {
    await using database = await startBenchDatabase();
    const { sql, workers } = database;
    const store = createPromptRunStore(workers);
    const owner = await addUser(database);
    const planCells = async (cells: number) => {
      const rows = cells / MODELS.length;
      const limits = { reservation: 0.001, gradeReservation: 0, ceiling: 10_000 };
      return await planRun(database, owner, { models: MODELS, rows, ...limits });
    };

    await makeBareTables(sql);
    const plan = await planCells(CELLS);
    const opened = await interleave<"ms">({
      async open_prompt_run() {
        let run = "";
        const ms = await time(async () => run = await openRun(store, owner, plan));
        await sql`delete from public.runs where id = ${run}`;
        return { ms };
      },
      async [BARE_ROWS]() {
        await sql`truncate bare_cells, bare_jobs`;
        return { ms: await time(() => insertBareRows(sql, owner)) };
      },
    }, options);
    yield {
      title: `Creating a run of ${CELLS} cells and their jobs in one transaction`,
      unit: "ms",
      ratio: "ours ÷ bare",
      rows: [
        opened.row("open_prompt_run", "ms", { goal: { atMost: ENQUEUE_GOAL_MS } }),
        opened.row(BARE_ROWS, "ms", { dividend: "open_prompt_run" }),
      ],
      notes: ["Plain: no foreign keys, totals, order or call of a worker."],
    };

    options.progress(`seeding a run of ${LARGE} cells, which takes a minute or two`);
    const run = await openRun(store, owner, await planCells(LARGE));
    await answerAll(sql, run);
    await sql`vacuum analyze`;
    const [{ first }] = await sql<[{ first: number }]>`
      select min(id)::float8 as first from public.run_cells where run_id = ${run}`;
    const afters = Array.from(
      { length: SAMPLE },
      (_, page) => first - 1 + Math.floor((page / SAMPLE) * LARGE),
    );
    const timePages = (read: (after: number) => Promise<unknown>) => async () => ({
      ms: mean(await repeat(SAMPLE, (page) => time(() => read(afters[page] ?? NaN)))),
    });
    const seen = await interleave<"ms">({
      get_prompt_run: timePages(async (after) => {
        const { cells, models } = await store.getRun(owner, run, after, PAGE);
        if (cells.length !== PAGE || models.length !== MODELS.length) {
          throw new Error("the page has the wrong size");
        }
      }),
      [BARE_PAGE]: timePages((after) => selectPage(workers, run, after)),
    }, options);
    const explained = await workers`
      explain (analyze, costs off, timing off, summary off)
      select * from public.run_cells where run_id = ${run} and id > ${afters[SAMPLE / 2] ?? 0}
      order by id limit ${PAGE}`;
    yield {
      title: `Reading ${PAGE} cells of a run of ${LARGE}, with all totals`,
      unit: "ms",
      ratio: "ours ÷ bare",
      rows: [
        seen.row("get_prompt_run", "ms", { goal: { atMost: PAGE_GOAL_MS } }),
        seen.row(BARE_PAGE, "ms", { dividend: "get_prompt_run" }),
      ],
      notes: [
        `Measured at the client, including parsing; ${SAMPLE} pages across the run per round.`,
        ...explained.map((line) => String(line["QUERY PLAN"])),
      ],
    };
  },
};

async function makeBareTables(sql: Sql): Promise<void> {
  await sql`create table bare_cells (like public.run_cells including defaults including generated including indexes)`;
  await sql`create table bare_jobs (like private.job_queue including defaults including indexes)`;
}

async function insertBareRows(sql: Sql, owner: string): Promise<void> {
  await sql`
    insert into bare_cells (id, run_id, run_model_id, owner_id, row_index, repeat)
    select n, ${owner}, ${owner}, ${owner}, n, 0 from generate_series(1, ${CELLS}) n`;
  await sql`
    insert into bare_jobs (id, kind, group_id, lane, provider, payload)
    select n, 'prompt_cell', ${owner}, ${owner}, 'groq', jsonb_build_object('cell_id', n)
    from generate_series(1, ${CELLS}) n`;
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
