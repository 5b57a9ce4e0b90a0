import assert from "node:assert/strict";
import fc from "fast-check";
import { readSnippet } from "../scripts/support/read_snippet.ts";
import {
  addUser,
  advance,
  completed,
  payForReport,
  startTestDatabase,
} from "../scripts/testing/database.ts";
import { addDataset, answered, planRun, startRun } from "../scripts/testing/prompts.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { Problem } from "../supabase/functions/_shared/platform/http/problem.ts";
import { comparePromptRuns } from "../supabase/functions/_shared/prompts/compare_prompt_runs.ts";
import { measureAgreement } from "../supabase/functions/_shared/prompts/grader_agreement.ts";
import type {
  PromptJob,
  PromptJobResult,
} from "../supabase/functions/_shared/prompts/prompt_job.ts";
import type { CellStatus } from "../supabase/functions/_shared/prompts/prompt_run.ts";
import {
  createPromptRunReader,
  createPromptRunStore,
  createPromptWorkSource,
  type PromptSource,
} from "../supabase/functions/_shared/prompts/store.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());
const { sql, workers } = database;
const store = createPromptRunStore(workers);
const reader = createPromptRunReader(workers);

/** Empties queue and runs between tests, and puts the settings back. */
async function reset(settings: Record<string, number> = {}): Promise<void> {
  await sql`truncate public.runs, public.reports, private.job_queue, private.job_groups,
    private.cost_ledger, private.worker_leases, private.provider_pace, private.call_cache cascade`;
  await sql`delete from net.http_request_queue`;
  await sql`delete from private.provider_circuits`;
  await sql`delete from private.queue_settings`;
  await sql`insert into private.queue_settings ${sql({ singleton: true, ...settings })}`;
}

function work(run: string | null = null): PromptSource & { readonly id: string } {
  const id = crypto.randomUUID();
  return {
    id,
    ...createPromptWorkSource(workers, { id, groupId: run, limits: { wallClockMs: 60_000 } }),
  };
}

/** Works until nothing is left; returns what was done. */
async function drain(
  toResult: (job: PromptJob) => PromptJobResult = (job) => answered(job),
): Promise<PromptJob[]> {
  const source = work();
  const done: PromptJob[] = [];
  let pending: PromptJobResult[] = [];
  while (true) {
    const { jobs, rejected } = await source.exchange(pending, 10, false);
    assert.deepEqual(rejected, []);
    if (jobs.length === 0) return done;
    done.push(...jobs);
    pending = jobs.map(toResult);
  }
}

async function cellsByStatus(run: string): Promise<Partial<Record<CellStatus, number>>> {
  const rows = await sql<{ status: CellStatus; cells: number }[]>`
    select status, count(*)::int as cells from public.run_cells where run_id = ${run} group by status`;
  return Object.fromEntries(rows.map(({ status, cells }) => [status, cells]));
}

async function runOf(run: string) {
  const [row] = await sql<[{ status: string; error: string | null; is_over: boolean }]>`
    select status, error, completed_at is not null as is_over from public.runs where id = ${run}`;
  return row;
}

async function budgetOf(run: string) {
  const [row] = await sql<
    [{ reserved: number; spent: number; lost: number; waiting: number; open: number }]
  >`select reserved_usd::float8 as reserved, spent_usd::float8 as spent, written_off_usd::float8 as lost,
      waiting::int as waiting, open_jobs::int as open from private.job_groups where id = ${run}`;
  return row;
}

async function expireLeases(worker: string): Promise<void> {
  await sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
    where lease_owner = ${worker}`;
}

/** Totals that differ from what their cells say. */
async function wrongTotals(): Promise<unknown[]> {
  return [
    ...await sql`
    select t.*, c.* from public.run_model_totals t
    cross join lateral (
      select count(*) filter (where x.status = 'queued') as c_queued,
        count(*) filter (where x.status = 'running') as c_running,
        count(*) filter (where x.status = 'complete') as c_complete,
        count(*) filter (where x.status = 'failed') as c_failed,
        count(*) filter (where x.status = 'skipped') as c_skipped,
        count(*) filter (where x.status = 'cancelled') as c_cancelled,
        count(*) filter (where x.answer_ending = 'length') as c_cut_off, count(x.grade_score) as c_graded, coalesce(sum(x.grade_score::numeric), 0) as c_score,
        coalesce(sum(x.cost_usd), 0) as c_cost, coalesce(sum(x.grader_cost_usd), 0) as c_grader_cost,
        count(x.grader_error) as c_failures, coalesce(sum(x.tokens_out), 0) as c_tokens,
        count(x.latency_ms) filter (where x.status = 'complete' and not x.is_cached) as c_latencies
      from public.run_cells x where x.run_model_id = t.run_model_id
    ) c
    where (queued, running, complete, failed, skipped, cancelled, cut_off, graded, score_sum, cost_usd, grader_cost_usd,
        grader_failures, tokens_out)
      is distinct from (c_queued, c_running, c_complete, c_failed, c_skipped, c_cancelled, c_cut_off, c_graded, c_score, c_cost,
        c_grader_cost, c_failures, c_tokens)
      or c_latencies <> (select coalesce(sum(l.calls), 0) from private.run_model_latencies l
        where l.run_model_id = t.run_model_id)`,
  ];
}

Deno.test("with several workers, some of which die, no cell is lost or paid for twice, and caps and ceiling hold", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        perRun: fc.integer({ min: 1, max: 8 }),
        perProvider: fc.integer({ min: 2, max: 8 }),
        runs: fc.integer({ min: 1, max: 2 }),
        models: fc.integer({ min: 1, max: 3 }),
        rows: fc.integer({ min: 1, max: 5 }),
        repeats: fc.integer({ min: 1, max: 2 }),
        isGraded: fc.boolean(),
        ceiling: fc.constantFrom(0.05, 0.2, 100),
        reservation: fc.constantFrom(0, 0.03),
        ahead: fc.boolean(),
        /** Outcome of each job, in the order in which they end. */
        fates: fc.array(
          fc.constantFrom("answer", "answer", "answer", "fail", "retry", "limited", "die"),
          { minLength: 5, maxLength: 30 },
        ),
      }),
      async (plan) => {
        await reset({ max_in_flight_per_provider: plan.perProvider });
        const runs: string[] = [];
        while (runs.length < plan.runs) {
          const { run } = await startRun(database, {
            models: Array.from({ length: plan.models }, (_, index) => `model ${index}`),
            rows: plan.rows,
            repeats: plan.repeats,
            ceiling: plan.ceiling,
            reservation: plan.reservation,
            maxInFlight: plan.perRun,
            ...plan.isGraded ? { graderProvider: "groq" } : {},
          });
          runs.push(run);
        }
        /** Answers that were accepted, by kind and cell. */
        const accepted = new Map<string, number>();
        let paid = 0;
        let ended = 0;
        const check = async () => {
          // One statement, hence one snapshot of what all workers hold.
          const [row] = await sql<[{ run: number; provider: number; over: number; wrong: number }]>`
            with leased as (
              select * from private.job_queue where lease_owner is not null and not is_prefetched
            )
            select
              coalesce((select max(n) from (select count(*) n from leased group by group_id) x), 0)::int as run,
              coalesce((select max(n) from (select count(*) n from leased group by provider) x), 0)::int as provider,
              (select count(*) from private.job_groups
                where reserved_usd + spent_usd + written_off_usd > hard_ceiling_usd)::int as over,
              (select count(*) from private.job_groups g
                where g.waiting <> (select count(*) from private.job_queue q
                    where q.group_id = g.id and q.lease_owner is null and q.dead_at is null)
                  or g.open_jobs <> (select count(*) from private.job_queue q
                    where q.group_id = g.id and q.dead_at is null)
                  or g.reserved_usd <> (select coalesce(sum(q.reservation_usd), 0) from private.job_queue q
                    where q.group_id = g.id and q.lease_owner is not null))::int as wrong`;
          assert.ok(row.run <= plan.perRun && row.provider <= plan.perProvider);
          assert.deepEqual({ over: row.over, wrong: row.wrong }, { over: 0, wrong: 0 });
          assert.deepEqual(await wrongTotals(), []);
        };
        const labor = async (index: number) => {
          let source = work(runs[index % runs.length] ?? null);
          let held: PromptJob[] = [];
          for (let turn = 0; turn < 400; turn++) {
            const results: PromptJobResult[] = [];
            const told: { key: string; cost: number }[] = [];
            let hasDied = false;
            for (const job of held) {
              const fate = plan.fates[ended++ % plan.fates.length];
              const { job_id, attempt } = job;
              const failure = {
                job_id,
                attempt,
                error_message: fate ?? "",
                charge: "none",
                actual_cost: null,
              } as const;
              if (fate === "die" && ended < 3 * plan.fates.length) hasDied = true;
              else if (fate === "fail") results.push({ ...failure, outcome: "failed" });
              else if (ended < 3 * plan.fates.length && (fate === "retry" || fate === "limited")) {
                results.push({
                  ...failure,
                  outcome: "retry",
                  run_at_ms: 0,
                  ...fate === "limited" ? { rate_limited: true } : {},
                });
              } else {
                const cost = plan.reservation === 0 ? null : 0.01;
                results.push(answered(job, cost));
                told.push({ key: `${job.kind} ${job.cell_id}`, cost: cost ?? 0 });
              }
            }
            held = [];
            if (hasDied) {
              await expireLeases(source.id);
              source = work(runs[index % runs.length] ?? null);
              continue;
            }
            const reply = await source.exchange(results, 1 + index, plan.ahead && index === 0);
            assert.deepEqual(reply.rejected, []);
            for (const { key, cost } of told) {
              accepted.set(key, (accepted.get(key) ?? 0) + 1);
              paid += cost;
            }
            await check();
            held = [...reply.jobs];
            const [prefetched] = reply.prefetched;
            if (prefetched !== undefined) {
              await source.exchange(
                reply.prefetched.map(({ job_id, attempt }) => ({
                  job_id,
                  attempt,
                  outcome: "release",
                })),
                0,
                false,
              );
            }
            if (held.length === 0 && reply.waiting === 0 && reply.inFlight === 0) return;
          }
          throw new Error("The runs do not end.");
        };
        await Promise.all([0, 1, 2].map(labor));

        assert.ok([...accepted.values()].every((times) => times === 1), "an answer counted twice");
        let spent = 0;
        for (const run of runs) {
          const { status, is_over } = await runOf(run);
          const cells = await cellsByStatus(run);
          assert.ok(is_over && status === (cells.complete === undefined ? "failed" : "complete"));
          assert.deepEqual([cells.queued, cells.running], [undefined, undefined]);
          const total = Object.values(cells).reduce((sum, count) => sum + count, 0);
          assert.equal(total, plan.models * plan.rows * plan.repeats);
          const budget = await budgetOf(run);
          assert.deepEqual([budget.open, budget.waiting, budget.reserved], [0, 0, 0]);
          assert.ok(budget.spent + budget.lost <= plan.ceiling + 1e-9);
          spent += budget.spent;
          const [{ ungraded, cost }] = await sql<[{ ungraded: number; cost: number }]>`
            select count(*) filter (where status = 'complete' and grader_score is null and grader_error is null)::int
                as ungraded, (coalesce(sum(cost_usd), 0) + coalesce(sum(grader_cost_usd), 0))::float8 as cost
            from public.run_cells where run_id = ${run}`;
          assert.ok(Math.abs(cost - budget.spent) < 1e-9, "cells and ledger disagree");
          if (plan.isGraded) assert.equal(ungraded, 0);
        }
        assert.ok(Math.abs(paid - spent) < 1e-9);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a worker that leaves or dies gives its cells back, and the next one gets them", async () => {
  await reset();
  const { run } = await startRun(database, { models: ["a"], rows: 4 });
  const leaver = work(run);
  assert.equal(await leaver.register(2), 45_000);
  assert.equal((await leaver.exchange([], 2, false)).jobs.length, 2);
  assert.deepEqual(await cellsByStatus(run), { queued: 2, running: 2 });
  await leaver.release(true);
  assert.deepEqual(await cellsByStatus(run), { queued: 4 });
  const dying = work(run);
  const { jobs } = await dying.exchange([], 3, false);
  await expireLeases(dying.id);
  await sql`select private.sweep_queue()`;
  assert.deepEqual(await cellsByStatus(run), { queued: 4 });
  const [late] = jobs;
  assert.ok(late);
  assert.deepEqual((await dying.exchange([answered(late)], 0, false)).rejected, [late.job_id]);
  assert.equal((await drain()).length, 4);
  assert.deepEqual(await cellsByStatus(run), { complete: 4 });
  const { lost, spent } = await budgetOf(run);
  assert.ok(Math.abs(lost - 0.03) < 1e-9 && Math.abs(spent - 0.004) < 1e-9);
});

Deno.test("a cell that has lost three workers fails, and its run ends all the same", async () => {
  await reset();
  const { run } = await startRun(database, { models: ["a"], rows: 1 });
  for (let loss = 0; loss < 3; loss++) {
    const dying = work();
    assert.equal((await dying.exchange([], 1, false)).jobs.length, 1);
    await expireLeases(dying.id);
  }
  assert.equal((await work().exchange([], 1, false)).jobs.length, 0);
  assert.deepEqual(await cellsByStatus(run), { failed: 1 });
  const { status, error } = await runOf(run);
  assert.deepEqual({ status, error }, { status: "failed", error: "1 of 1 calls failed" });
});

Deno.test("each answer is graded by a job of its own that has the answer and the row", async () => {
  await reset();
  const { run, owner } = await startRun(database, {
    models: ["a"],
    rows: 3,
    graderProvider: "cerebras",
  });
  const done = await drain((job) => {
    const { job_id, attempt } = job;
    if (job.kind === "prompt_cell" || job.row_index !== 1) return answered(job);
    return {
      job_id,
      attempt,
      outcome: "complete",
      actual_cost: 0.002,
      grader_score: null,
      grader_reason: null,
      grader_error: "No score could be read.",
    };
  });
  const grades = done.filter((job) => job.kind === "prompt_grade");
  assert.equal(grades.length, 3);
  for (const grade of grades) {
    assert.equal(grade.output_text, `answer ${grade.cell_id}`);
    assert.deepEqual(grade.data, { word: `word ${grade.row_index}` });
  }
  const page = await store.getRun(owner, run, 0, 10);
  assert.equal(page.run.status, "complete");
  assert.equal(page.run.error, "1 of 3 answers got no grade");
  assert.deepEqual(
    page.cells.map((cell) => [cell.grade_score, cell.graded_by, cell.grader_error]),
    [
      [0.5, "grader", null],
      [null, null, "No score could be read."],
      [0.5, "grader", null],
    ],
  );
  const [totals] = page.models;
  assert.deepEqual(
    [totals?.graded, totals?.grader_failures, totals?.mean_score, totals?.cost_usd],
    [2, 1, 0.5, 0.003],
  );

  assert.deepEqual(await store.retryFailedCells(owner, run), {
    run_id: run,
    status: "running",
    cells: 0,
    grades: 1,
  });
  assert.deepEqual((await drain()).map(({ kind }) => kind), ["prompt_grade"]);
  const again = await store.getRun(owner, run, 0, 10);
  assert.deepEqual([again.run.status, again.run.error, again.models[0]?.graded], [
    "complete",
    null,
    3,
  ]);
  assert.deepEqual(await wrongTotals(), []);
});

Deno.test("a cancelled run's waiting cells end, those under way count, and resuming does the rest once", async () => {
  await reset();
  const { run, owner } = await startRun(database, {
    models: ["a"],
    rows: 5,
    graderProvider: "groq",
  });
  const source = work(run);
  const { jobs } = await source.exchange([], 2, false);
  const [first, second] = jobs;
  assert.ok(first && second);
  assert.deepEqual(await store.cancelRun(owner, run), {
    run_id: run,
    status: "cancelled",
    cancelled: 3,
    in_flight: 2,
  });
  assert.deepEqual(await cellsByStatus(run), { cancelled: 3, running: 2 });
  const { job_id, attempt } = second;
  const last = await source.exchange(
    [
      answered(first),
      {
        job_id,
        attempt,
        outcome: "retry",
        error_message: "busy",
        charge: "none",
        actual_cost: null,
        run_at_ms: 0,
      },
    ],
    5,
    false,
  );
  assert.deepEqual(last.jobs, []);
  assert.deepEqual(await cellsByStatus(run), { cancelled: 4, complete: 1 });
  assert.equal((await runOf(run)).status, "cancelled");
  assert.equal((await runOf(run)).is_over, true);
  assert.equal((await store.cancelRun(owner, run)).cancelled, 0);

  assert.deepEqual(await store.resumeRun(owner, run, null), {
    run_id: run,
    status: "running",
    cells: 4,
    grades: 1,
  });
  const done = await drain();
  assert.equal(new Set(done.map((job) => `${job.kind} ${job.cell_id}`)).size, 9);
  assert.equal(done.length, 9);
  assert.deepEqual(await cellsByStatus(run), { complete: 5 });
  assert.equal((await runOf(run)).status, "complete");
  assert.equal((await store.resumeRun(owner, run, null)).cells, 0);
  assert.equal((await runOf(run)).status, "complete");
});

Deno.test("a run cancelled when all its calls are under way is whole, and resumed then it is graded too", async () => {
  await reset();
  for (const isResumed of [false, true]) {
    const { run, owner } = await startRun(database, {
      models: ["a"],
      rows: 2,
      ...isResumed ? { graderProvider: "groq" } : {},
    });
    const source = work(run);
    const { jobs } = await source.exchange([], 2, false);
    assert.equal((await store.cancelRun(owner, run)).cancelled, 0);
    if (isResumed) {
      assert.equal((await store.retryFailedCells(owner, run)).status, "cancelled");
      assert.equal((await store.resumeRun(owner, run, null)).status, "running");
    }
    await source.exchange(jobs.map((job) => answered(job)), 0, false);
    assert.equal((await drain()).length, isResumed ? 2 : 0);
    assert.deepEqual(await runOf(run), { status: "complete", error: null, is_over: true });
  }
});

Deno.test("what of a cancelled run failed can be called again alone, and the run says what it still lacks", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 3 });
  const source = work(run);
  const { jobs: [job] } = await source.exchange([], 1, false);
  assert.ok(job);
  await store.cancelRun(owner, run);
  const { job_id, attempt } = job;
  const failure = { charge: "none", actual_cost: null, error_message: "refused" } as const;
  await source.exchange([{ job_id, attempt, outcome: "failed", ...failure }], 0, false);
  await sql`update public.run_cells set human_score = 0, human_reason = 'No answer.'
    where run_id = ${run} and status = 'failed'`;
  assert.equal((await store.retryFailedCells(owner, run)).cells, 1);
  assert.equal((await drain()).length, 1);
  assert.deepEqual(await runOf(run), {
    status: "complete",
    error: "2 of 3 calls were cancelled",
    is_over: true,
  });
  const { cells } = await store.getRun(owner, run, 0, 10);
  // A human's grade of one answer is none of the next.
  assert.ok(cells.every(({ human_score, grade_score }) => (human_score ?? grade_score) === null));
  assert.deepEqual(await wrongTotals(), []);
});

Deno.test("an answer that max_tokens broke off is complete and counted as cut off", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 3 });
  await drain((job) => {
    const result = answered(job);
    return job.row_index === 1 ? { ...result, answer_ending: "length" } : result;
  });
  const { run: { status, error }, models, cells } = await store.getRun(owner, run, 0, 10);
  assert.deepEqual([status, error], ["complete", "1 of 3 answers broke off at max_tokens"]);
  assert.equal(models[0]?.cut_off, 1);
  assert.deepEqual(
    cells.map(({ answer_ending }) => answer_ending).toSorted(),
    ["length", "stop", "stop"],
  );
  assert.deepEqual(await wrongTotals(), []);
});

Deno.test("who answered a cell is kept with it, and grading it changes nothing of that", async () => {
  await reset();
  const { run } = await startRun(database, {
    models: ["a"],
    rows: 2,
    graderProvider: "cerebras",
  });
  const served = { served_model: "b", served_other: true, provider_request_id: "req-1" };
  await drain((job) => {
    const result = answered(job);
    return job.row_index === 1 && job.kind === "prompt_cell" ? { ...result, ...served } : result;
  });
  const rows = await sql`
    select served_model, served_other, provider_request_id from public.run_cells
    where run_id = ${run} order by row_index`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { served_model: null, served_other: false, provider_request_id: null },
    served,
  ]);
});

Deno.test("what failed is tried again on demand, the dead included, and nothing else", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 3 });
  await drain((job) => {
    const { job_id, attempt } = job;
    if (job.row_index === 0) return answered(job);
    const failure = { job_id, attempt, charge: "none", actual_cost: null } as const;
    return job.row_index === 1
      ? { ...failure, outcome: "failed", error_message: "refused" }
      // Until its attempts are used up.
      : { ...failure, outcome: "retry", error_message: "busy", run_at_ms: 0 };
  });
  assert.deepEqual(await cellsByStatus(run), { complete: 1, failed: 2 });
  const { error } = await runOf(run);
  assert.equal(error, "2 of 3 calls failed");
  assert.equal((await store.retryFailedCells(owner, run)).cells, 2);
  assert.deepEqual((await drain()).map((job) => job.row_index), [1, 2]);
  assert.deepEqual(await cellsByStatus(run), { complete: 3 });
  assert.deepEqual(await runOf(run), { status: "complete", error: null, is_over: true });
  const [{ dead }] = await sql<
    [{ dead: number }]
  >`select count(*)::int as dead from private.job_queue`;
  assert.equal(dead, 0);
});

Deno.test("a run stops at its ceiling, says so, and goes on under a higher one", async () => {
  await reset();
  const { run, owner } = await startRun(database, {
    models: ["a"],
    rows: 10,
    ceiling: 0.05,
    reservation: 0.02,
  });
  await drain((job) => answered(job, 0.02));
  assert.deepEqual(await cellsByStatus(run), { complete: 2, skipped: 8 });
  assert.deepEqual(await runOf(run), {
    status: "complete",
    error: "8 of 10 calls were skipped: the cost ceiling was reached",
    is_over: true,
  });
  assert.equal((await store.resumeRun(owner, run, 1)).cells, 8);
  await drain((job) => answered(job, 0.02));
  assert.deepEqual(await cellsByStatus(run), { complete: 10 });
});

Deno.test("calls without a price reserve nothing and have no cost, not one of zero", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 2, reservation: 0 });
  await drain((job) => answered(job, null));
  const { cells, models, run: { spent_usd } } = await store.getRun(owner, run, 0, 10);
  assert.deepEqual(cells.map(({ cost_usd }) => cost_usd), [null, null]);
  assert.deepEqual([models[0]?.cost_usd, spent_usd], [null, 0]);
});

Deno.test("a provider that turns calls away gets half as many at once, and more again as it takes them", async () => {
  await reset({ max_in_flight_per_provider: 8 });
  await startRun(database, { models: ["a"], rows: 60, maxInFlight: 8 });
  const source = work();
  const paced = async () =>
    (await sql<{ calls: number; paused: boolean }[]>`
      select floor(concurrency)::int as calls, paused_until > now() as paused from private.provider_pace`)[
      0
    ];
  const { jobs } = await source.exchange([], 8, false);
  assert.equal(jobs.length, 8);
  const turnedAway = jobs.map(({ job_id, attempt }): PromptJobResult => ({
    job_id,
    attempt,
    outcome: "retry",
    error_message: "429",
    charge: "none",
    actual_cost: null,
    run_at_ms: 0,
    rate_limited: true,
    pause_ms: 60_000,
  }));
  // Paused: nothing at all.
  assert.deepEqual((await source.exchange(turnedAway, 8, false)).jobs, []);
  assert.deepEqual(await paced(), { calls: 4, paused: true });
  await sql`update private.provider_pace set paused_until = now()`;
  let held = (await source.exchange([], 8, false)).jobs;
  assert.equal(held.length, 4);
  const atOnce: number[] = [];
  while (await paced() !== undefined) {
    held = (await source.exchange(held.map((job) => answered(job)), 8, false)).jobs;
    atOnce.push(held.length);
    assert.ok(atOnce.length < 20, "the pace never recovers");
  }
  assert.deepEqual(atOnce, atOnce.toSorted((one, other) => one - other));
  assert.equal(atOnce.at(-1), 8);
  await drain();
});

Deno.test("prompts and benchmarks share a provider's limit, and neither worker waits for the other's jobs", async () => {
  await reset({ max_in_flight_per_provider: 4, max_in_flight_per_lane: 10 });
  const report = await payForReport(database, { models: ["test/a"], images: 3 });
  const { run } = await startRun(database, { models: ["a"], rows: 3, provider: "openrouter" });
  const benchmarks = crypto.randomUUID();
  const first = await advance(database, benchmarks, [], 10);
  assert.equal(first.jobs.length, 3);
  assert.ok(first.jobs.every((job) => job.kind === "benchmark_run" && job.report_id === report));
  assert.equal(first.waiting, 0);
  const source = work(run);
  const { jobs } = await source.exchange([], 10, false);
  assert.deepEqual(jobs.map((job) => job.kind), ["prompt_cell"]);
  await advance(database, benchmarks, first.jobs.map((job) => completed(job)), 0);
  assert.equal((await source.exchange(jobs.map((job) => answered(job)), 10, false)).jobs.length, 2);
});

Deno.test("a prefetched cell starts in the place of the one that ended, and is counted once", async () => {
  await reset();
  const { run } = await startRun(database, { models: ["a"], rows: 20, maxInFlight: 2 });
  const source = work(run);
  const { jobs, prefetched } = await source.exchange([], 2, true);
  const [first] = jobs;
  const [next] = prefetched;
  assert.ok(first && next && prefetched.length === 2);
  assert.deepEqual(await cellsByStatus(run), { queued: 18, running: 2 });
  const reply = await source.exchange(
    [{
      ...answered(first),
      next_job: { job_id: next.job_id, attempt: next.attempt },
    }],
    0,
    false,
  );
  assert.deepEqual(reply.rejected, []);
  assert.deepEqual(await cellsByStatus(run), { complete: 1, queued: 17, running: 2 });
  const [{ attempts }] = await sql<[{ attempts: number }]>`
    select attempts::int as attempts from public.run_cells where id = ${next.cell_id}`;
  assert.equal(attempts, 1);
  assert.deepEqual(await wrongTotals(), []);
});

Deno.test("an answer is served again to its owner alone, in runs that ask for it, and never to another repeat", async () => {
  await reset();
  const key = "c".repeat(64);
  const { run, owner } = await startRun(database, {
    models: ["a"],
    rows: 1,
    repeats: 2,
    useCache: true,
  });
  await drain((job) => ({ ...answered(job), ...job.repeat === 0 ? { cache_key: key } : {} }));
  const calls = [{ key, repeat: 0 }, { key, repeat: 1 }];
  const found = await reader.lookUpCached(run, calls);
  assert.deepEqual(found.map(({ repeat, tokens_in }) => ({ repeat, tokens_in })), [{
    repeat: 0,
    tokens_in: 10,
  }]);
  const { run: plain } = await startRun(database, { owner, models: ["a"], rows: 1 });
  assert.deepEqual(await reader.lookUpCached(plain, calls), []);
  const { run: foreign } = await startRun(database, { models: ["a"], rows: 1, useCache: true });
  assert.deepEqual(await reader.lookUpCached(foreign, calls), []);
  await drain((job) => ({ ...answered(job, 0), is_cached: true, cache_key: "d".repeat(64) }));
  const page = await store.getRun(owner, plain, 0, 10);
  assert.deepEqual(
    [page.models[0]?.cached, page.models[0]?.cost_usd, page.models[0]?.latency_p50_ms],
    [1, 0, null],
  );
  const [{ kept }] = await sql<
    [{ kept: number }]
  >`select count(*)::int as kept from private.call_cache`;
  assert.equal(kept, 1);
});

Deno.test("of another user's things no door sees, changes or counts any", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 2 });
  const stranger = await addUser(database);
  const isNotFound = (error: unknown) =>
    error instanceof Problem && error.code === "resource.not_found";
  const before = JSON.stringify(await store.getRun(owner, run, 0, 10));
  const own = await planRun(database, stranger, { models: ["a"], rows: 1 });
  const theirs = await planRun(database, owner, { models: ["a"], graderProvider: "groq" });
  const attempts = [
    () => store.getRun(stranger, run, 0, 10),
    () => store.cancelRun(stranger, run),
    () => store.resumeRun(stranger, run, 100),
    () => store.retryFailedCells(stranger, run),
    () => store.compareRuns(stranger, run, run),
    () => store.openRun(stranger, theirs, null, ""),
    () => store.openRun(stranger, { ...own, dataset_id: theirs.dataset_id }, null, ""),
    () =>
      store.openRun(
        stranger,
        { ...own, grader: theirs.grader, grader_version_id: theirs.grader_version_id },
        null,
        "",
      ),
    () => store.getRun(owner, crypto.randomUUID(), 0, 10),
  ];
  for (const attempt of attempts) await assert.rejects(attempt, isNotFound);
  assert.equal(await store.findMissingField(stranger, theirs.dataset_id ?? "", ["none"]), null);
  assert.equal(JSON.stringify(await store.getRun(owner, run, 0, 10)), before);
  const [{ runs }] = await sql<[{ runs: number }]>`select count(*)::int as runs from public.runs`;
  assert.equal(runs, 1);
});

Deno.test("the same key opens one run, however often and at once it is sent", async () => {
  await reset();
  const owner = await addUser(database);
  const plan = await planRun(database, owner);
  const opened = await Promise.all(
    Array.from({ length: 4 }, () => store.openRun(owner, plan, "key", "hash")),
  );
  const ids = new Set(opened.map((one) => one === "conflict" ? "conflict" : one.runId));
  assert.equal(ids.size, 1);
  assert.equal(opened.filter((one) => one !== "conflict" && one.isNew).length, 1);
  assert.equal(await store.openRun(owner, plan, "key", "other"), "conflict");
  const [{ calls }] = await sql<[{ calls: number }]>`
    select count(*)::int as calls from net.http_request_queue where url like '%/prompt-worker'`;
  assert.equal(calls, 1);
});

Deno.test("a run that is deleted leaves no job, lane, total or key behind, and a late result is refused", async () => {
  await reset();
  const { run } = await startRun(database, { models: ["a"], rows: 3 });
  const source = work(run);
  const { jobs } = await source.exchange([], 2, false);
  await sql`delete from public.runs where id = ${run}`;
  const [left] = await sql`
    select (select count(*) from private.job_queue)::int as jobs,
      (select count(*) from private.job_groups)::int as groups, (select count(*) from private.job_lanes)::int as lanes,
      (select count(*) from public.run_cells)::int as cells,
      (select count(*) from public.run_model_totals)::int as totals`;
  assert.deepEqual(left, { jobs: 0, groups: 0, lanes: 0, cells: 0, totals: 0 });
  const reply = await source.exchange(jobs.map((job) => answered(job)), 5, false);
  assert.equal(reply.rejected.length, 2);
});

Deno.test("a run's deletion waits for a worker's transaction before it takes a cell, so that neither waits for ever", async () => {
  await reset();
  const { run } = await startRun(database, { rows: 3 });
  let isDeleted = false;
  let deletion: Promise<void> = Promise.resolve();
  await workers.begin(async (worker) => {
    // As each exchange of a worker begins.
    await worker`select private.lock_queue()`;
    deletion = sql`delete from public.runs where id = ${run}`.then(() => {
      isDeleted = true;
    });
    await waitFor("the deletion to wait or to be done", async () => {
      const waiting = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
          and query like 'delete from public.runs%'`;
      return isDeleted || waiting.length > 0;
    });
    const cells =
      await worker`select id from public.run_cells where run_id = ${run} for update nowait`;
    assert.equal(cells.length, 6);
  });
  await deletion;
  assert.deepEqual([...await sql`select id from public.run_cells`], []);
});

Deno.test("an account that takes no call has the run wait ten minutes, and resuming works when it does", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 4 });
  const source = work(run);
  const [job] = (await source.exchange([], 1, false)).jobs;
  assert.ok(job);
  const { job_id, attempt } = job;
  const refused = {
    job_id,
    attempt,
    outcome: "fatal",
    error_message: "no credit",
    charge: "none",
    actual_cost: null,
  } as const;
  assert.equal((await source.exchange([refused], 5, false)).jobs.length, 0);
  assert.deepEqual(await cellsByStatus(run), { queued: 4 });
  await sql`update private.provider_circuits set since = since - interval '10 minutes'`;
  await sql`update private.job_groups set created_at = created_at - interval '10 minutes'`;
  await sql`select private.sweep_queue()`;
  assert.deepEqual(await cellsByStatus(run), { failed: 4 });
  const [cell] = await sql`select error_text from public.run_cells where run_id = ${run} limit 1`;
  assert.equal(cell?.["error_text"], "no credit");
  assert.equal((await runOf(run)).status, "failed");
  await database.workers`select public.resume_provider(provider) from private.provider_circuits`;
  await store.retryFailedCells(owner, run);
  await drain();
  assert.deepEqual(await cellsByStatus(run), { complete: 4 });
  assert.equal((await runOf(run)).status, "complete");
});

Deno.test("an owner's override counts in the totals, beside the grader's grade, and agrees with the views", async () => {
  await reset();
  const { run, owner } = await startRun(database, {
    models: ["a"],
    rows: 2,
    graderProvider: "groq",
  });
  await drain();
  await sql.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${
      JSON.stringify({ sub: owner, role: "authenticated" })
    }, true)`;
    await transaction`set local role authenticated`;
    await transaction`update public.run_cells set human_score = 1, human_reason = 'Fine.' where row_index = 0`;
  });
  const { cells: [cell], models: [totals] } = await store.getRun(owner, run, 0, 1);
  assert.deepEqual([cell?.grade_score, cell?.grader_score, cell?.graded_by], [1, 0.5, "human"]);
  assert.deepEqual([totals?.overridden, totals?.mean_score], [1, 0.75]);
  assert.deepEqual(await wrongTotals(), []);
  const { before } = await store.compareRuns(owner, run, run);
  assert.deepEqual(before.cells.map(({ grade_score }) => grade_score), [1, 0.5]);
});

Deno.test("the first row that lacks a field is found, by name and by path, and null is a value", async () => {
  await reset();
  const owner = await addUser(database);
  const dataset = await addDataset(database, owner, 3);
  await sql`update public.dataset_rows set data_json = ${
    sql.json({ word: null, "a.b": 1, list: [{ name: "x" }] })
  } where dataset_id = ${dataset} and row_index < 2`;
  const lacking = (...fields: string[]) => store.findMissingField(owner, dataset, fields);
  assert.equal(await lacking("word"), null);
  assert.deepEqual(await lacking("word", "a.b"), { field: "a.b", row_index: 2 });
  assert.deepEqual(await lacking("list.0.name"), { field: "list.0.name", row_index: 2 });
  assert.deepEqual(await lacking("list.1.name"), { field: "list.1.name", row_index: 0 });
});

Deno.test("percentiles of the totals are within one percent of the calls' own", async () => {
  await reset();
  const { run, owner } = await startRun(database, { models: ["a"], rows: 1 });
  const [{ model }] = await sql<[{ model: string }]>`
    select id as model from public.run_models where run_id = ${run}`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 1, maxLength: 60 }),
      async (times) => {
        await sql`delete from private.run_model_latencies`;
        await sql`
          insert into private.run_model_latencies (run_model_id, bucket, calls)
          select ${model}, private.latency_bucket(t), count(*)
          from unnest(${sql.array(times)}::integer[]) t group by 2`;
        const { models: [totals] } = await store.getRun(owner, run, 0, 1);
        const sorted = times.toSorted((one, other) => one - other);
        const near = (share: number, ms: number | null | undefined) => {
          const exact = Math.max(1, sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
          assert.ok(
            Math.abs((ms ?? 0) - exact) <= 0.0101 * exact + 0.5,
            `${ms} instead of ${exact}`,
          );
        };
        near(0.5, totals?.latency_p50_ms);
        near(0.95, totals?.latency_p95_ms);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("the operator's queries agree with the statistics that users are shown", async () => {
  await reset();
  const queries = readSnippet(
    await Deno.readTextFile(new URL("../supabase/snippets/prompt_runs.sql", import.meta.url)),
  );
  assert.equal(queries.length, 5);
  const ask = async (
    number: number,
  ) => [...await sql.unsafe(queries.find((query) => query.number === number)?.sql ?? "")];
  const owner = await addUser(database);
  const plan = await planRun(database, owner, { rows: 12, graderProvider: "groq" });
  const open = async (version: string) => {
    const opened = await store.openRun(owner, { ...plan, prompt_version_id: version }, null, "");
    assert.notEqual(opened, "conflict");
    return opened === "conflict" ? "" : opened.runId;
  };
  const before = await open(plan.prompt_version_id);
  const scores = [0, 0.3, 0.7, 1, 0.6];
  let graded = 0;
  const grade = (job: PromptJob): PromptJobResult =>
    job.kind === "prompt_cell"
      ? answered(job)
      : { ...answered(job), grader_score: scores[graded++ % 5] ?? 0 };
  await drain((job) =>
    job.kind === "prompt_cell" && job.row_index === 11
      ? {
        job_id: job.job_id,
        attempt: job.attempt,
        outcome: "failed",
        error_message: "refused",
        charge: "none",
        actual_cost: null,
      }
      : grade(job)
  );
  await sql`update public.prompts set body = 'Spell {{word}} well.' where type = 'task' and owner_id = ${owner}`;
  const [second] = await sql<[{ id: string }]>`
    select id from public.prompt_versions where owner_id = ${owner} and type = 'task' and version = 2`;
  const after = await open(second.id);
  await drain(grade);
  await sql`update public.run_cells set human_score = (id * 7 % 3) / 2.0 where id % 2 = 0`;

  const compared = await store.compareRuns(owner, before, after);
  const comparison = comparePromptRuns(compared.before, compared.after);
  const [figures] = await ask(4);
  assert.deepEqual(
    [
      figures?.["before_id"],
      figures?.["after_id"],
      Number(figures?.["rows"]),
      figures?.["better"],
      figures?.["worse"],
      Number(figures?.["unchanged"]),
    ],
    [before, after, comparison.rows, comparison.better, comparison.worse, comparison.unchanged],
  );
  assert.ok(comparison.rows >= 11 && comparison.better > 0 && comparison.worse > 0);
  assert.ok(Math.abs(Number(figures?.["difference"]) - (comparison.difference ?? NaN)) < 1e-4);

  const agreement = measureAgreement([...compared.before.cells, ...compared.after.cells]);
  const [grader] = await ask(3);
  assert.deepEqual(Number(grader?.["cells"]), agreement.cells);
  assert.ok(Math.abs(Number(grader?.["agreement"]) - (agreement.agreement ?? NaN)) < 1e-4);
  assert.ok(Math.abs(Number(grader?.["kappa"]) - (agreement.kappa ?? NaN)) < 1e-4);

  const [latest, first] = await ask(1);
  assert.deepEqual([latest?.["run_id"], latest?.["complete"], first?.["failed"]], [
    after,
    "24",
    "2",
  ]);
  assert.ok(Math.abs(Number(latest?.["cost_usd"]) - 0.024) < 1e-9);
  const versions = await ask(2);
  assert.deepEqual(versions.map(({ version, calls }) => [version, calls]), [[1, "22"], [2, "24"]]);
  const failures = await ask(5);
  assert.deepEqual(
    failures.map(({ model, failed, usual_error }) => [model, failed, usual_error]).toSorted(),
    [
      ["a", "1", "refused"],
      ["b", "1", "refused"],
    ],
  );
});
