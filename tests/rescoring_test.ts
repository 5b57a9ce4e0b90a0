import assert from "node:assert/strict";
import { payForReport, startTestDatabase } from "../scripts/testing/database.ts";
import { scoreNothing, scoreText } from "../supabase/functions/_shared/benchmark/score_answer.ts";
import { readRules } from "../supabase/functions/_shared/compare/field_rules.ts";
import { SCORER_VERSION } from "../supabase/functions/_shared/compare/scorer_version.ts";
import { createCpuMeter, shareCpu } from "../supabase/functions/_shared/platform/cpu_meter.ts";
import { toJson } from "../supabase/functions/_shared/platform/database.ts";
import type { JsonObject } from "../supabase/functions/_shared/platform/json/json_value.ts";
import { writeJson } from "../supabase/functions/_shared/platform/json/lossless_json.ts";
import { createLogger } from "../supabase/functions/_shared/platform/logger.ts";
import { systemClock } from "../supabase/functions/_shared/platform/system_clock.ts";
import { concludeReport } from "../supabase/functions/_shared/report/conclude_report.ts";
import { reportRunSchema } from "../supabase/functions/_shared/report/report_run.ts";
import {
  createRescoringQueue,
  type RescoringQueue,
} from "../supabase/functions/_shared/report/rescoring_queue.ts";
import {
  DEFAULT_RESCORING_LIMITS,
  rescoreReports,
  type RescoringLimits,
} from "../supabase/functions/rescore-worker/rescore_reports.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());
const { sql, workers } = database;

const MODELS = ["test/a", "test/b"];
const IMAGES = 2;

function schemaWith(rule?: JsonObject): JsonObject {
  const total: JsonObject = { type: "number" };
  if (rule !== undefined) total["x-compare"] = rule;
  return { type: "object", properties: { total } };
}

/**
 * Returns a model's answer for an image. Each total of the first model is 0.4 too high. The second
 * model refuses the first image.
 */
function answerOf(model: string, image: number): { text: string; isRefused: boolean } {
  const off = model === MODELS[0] ? 0.4 : 0;
  return {
    text: JSON.stringify({ total: image + off }),
    isRefused: model === MODELS[1] && image === 0,
  };
}

/** Creates a complete report that is scored as by its worker. */
async function finishedReport(): Promise<string> {
  const id = await payForReport(database, {
    models: MODELS,
    images: IMAGES,
    jsonSchema: schemaWith(),
  });
  await sql`delete from private.job_queue`;
  await sql`delete from net.http_request_queue`;
  const rules = readRules(schemaWith());
  for (const model of MODELS) {
    for (let image = 0; image < IMAGES; image++) {
      const key = { expected: { total: image }, schema: {}, rules };
      const { text, isRefused } = answerOf(model, image);
      const scores = isRefused
        ? scoreNothing("refusal", "The model refused to answer.", key)
        : scoreText(text, key);
      await sql`
        update public.benchmark_runs set status = 'complete', raw_output = ${text},
          output_json = ${
        sql.json(toJson(scores.output_json))
      }, is_valid_json = ${scores.is_valid_json},
          exact_match = ${scores.exact_match}, field_accuracy = ${scores.field_accuracy},
          field_errors = ${sql.json(toJson(scores.field_errors))},
          score = ${sql.json({ ...scores.score } as never)}, error_kind = ${scores.error_kind},
          error_message = ${scores.error_message}, actual_cost = 0.001, response_time_ms = 100
        where report_id = ${id} and model_id = ${model} and image_index = ${image}`;
    }
  }
  const { summary, recommendedModelId, rationale } = await conclude(id);
  await sql`update public.reports set status = 'running' where id = ${id}`;
  await sql`
    update public.reports set status = 'complete', completed_at = now(),
      recommended_model = ${recommendedModelId}, rationale = ${rationale},
      summary = ${sql.json(summary as never)}
    where id = ${id}`;
  // The e-mail that it is ready is not what these tests are about.
  await sql`delete from private.job_queue where dedupe_key = ${`${id}:ready`}`;
  return id;
}

/** Computes the report's conclusion from its runs as they are stored now. */
async function conclude(id: string) {
  const [row] = await sql<[{ finished: { report: { config_snapshot: never }; runs: unknown[] } }]>`
    select public.load_finalization(${id}) as finished`;
  const { report, runs } = row.finished;
  return concludeReport(
    { reportId: id, snapshot: report.config_snapshot },
    runs.map((run) => reportRunSchema.parse(run)),
  );
}

interface Opened {
  readonly revision: number;
  readonly status: string;
  readonly is_new: boolean;
}

async function open(id: string, schema: JsonObject | null): Promise<Opened> {
  const [row] = await workers<[{ opened: Opened }]>`
    select public.rescore_report(${id}, ${
    schema === null ? null : writeJson(schema)
  }::text::json) as opened`;
  return row.opened;
}

/** Limits with one answer per job, so that a small report takes many jobs. */
const BY_ONE: RescoringLimits = { ...DEFAULT_RESCORING_LIMITS, sliceMs: 0 };

function work(
  change: (queue: RescoringQueue) => RescoringQueue = (queue) => queue,
  cpuLimitMs = Infinity,
) {
  const lines: string[] = [];
  const id = crypto.randomUUID();
  return rescoreReports({
    queue: change(createRescoringQueue(workers, { id, groupId: null, limits: BY_ONE })),
    limits: BY_ONE,
    clock: systemClock,
    cpu: shareCpu(createCpuMeter(0), cpuLimitMs),
    random: () => 0,
    log: createLogger({ name: "test", write: (line) => lines.push(line) }),
    shutdown: new AbortController().signal,
  });
}

/**
 * Returns what a report shows its owner: the revision, the recommendation, and the accuracy of each
 * run and model. If `revision` is null, it is the newest complete one.
 */
async function shown(id: string, revision: number | null = null) {
  const [row] = await sql<[{ view: ShownView }]>`
    select public.view_report(null, ${id}, owner_id, true, ${revision}) -> 'view' as view
    from public.reports where id = ${id}`;
  const { report, runs, revision: number } = row.view;
  return {
    revision: number,
    recommended: report.recommended_model,
    rationale: report.rationale,
    runs: runs.map(({ field_accuracy, error_kind }) => [field_accuracy, error_kind]),
    summary: report.summary.models.map(({ modelId, accuracy }) => [modelId, accuracy]).toSorted(),
  };
}

interface ShownView {
  readonly revision: number;
  readonly report: {
    readonly recommended_model: string | null;
    readonly rationale: string | null;
    readonly summary: { readonly models: { modelId: string; accuracy: number }[] };
  };
  readonly runs: { readonly field_accuracy: number; readonly error_kind: string | null }[];
}

async function viewed(id: string) {
  return (await sql<{ model_id: string; accuracy: number }[]>`
    select model_id, accuracy from public.report_model_summaries where report_id = ${id}
    order by model_id`).map(({ model_id, accuracy }) => [model_id, accuracy]);
}

async function patterns(id: string): Promise<number> {
  const [row] = await sql<[{ patterns: number }]>`
    select count(*)::int as patterns from public.report_error_patterns where report_id = ${id}`;
  return row.patterns;
}

Deno.test("functions and database have the same scorer version", async () => {
  const [row] = await sql<[{ version: number }]>`select private.scorer_version() as version`;
  assert.equal(row.version, SCORER_VERSION);
});

Deno.test("other rules create another revision with its own figures, and the first stays readable", async () => {
  const id = await finishedReport();
  const first = await shown(id);
  assert.deepEqual(first.runs, [[0, null], [0, null], [0, "refusal"], [100, null]]);
  assert.equal(first.recommended, null, "50 % is not above the minimum");
  assert.equal(await patterns(id), 2);
  const books = () => sql`select * from private.cost_ledger`;
  const group = () => sql`select * from private.job_groups where id = ${id}`;
  const before = [await books(), await group()];

  const tolerant = schemaWith({ type: "number", tolerance: 0.5 });
  assert.equal((await open(id, tolerant)).revision, 2);
  assert.deepEqual(await work(), { jobs: 5, answers: 4, revisions: 1 });
  const second = await shown(id);
  assert.equal(second.revision, 2);
  assert.deepEqual(second.runs, [[100, null], [100, null], [0, "refusal"], [100, null]]);
  assert.equal(second.recommended, "test/a");
  assert.deepEqual(await viewed(id), [["test/a", 100], ["test/b", 50]]);
  assert.deepEqual(second.summary, await viewed(id));
  assert.equal(await patterns(id), 1, "patterns follow");
  assert.deepEqual(await shown(id, 1), first);
  const [stored] = await sql`select summary from public.reports where id = ${id}`;
  assert.deepEqual(stored?.["summary"], JSON.parse(JSON.stringify((await conclude(id)).summary)));

  assert.deepEqual([await books(), await group()], before, "no money moves");
  const mails = await sql`select from private.job_queue where kind = 'report_email'`;
  assert.equal(mails.length, 0, "no e-mail is sent again");

  const again = await open(id, tolerant);
  assert.deepEqual([again.revision, again.status, again.is_new], [2, "complete", false]);
  assert.equal(
    (await open(id, null)).revision,
    2,
    "without rules those of the shown revision stay",
  );
  assert.deepEqual(await work(), { jobs: 0, answers: 0, revisions: 0 });

  assert.equal((await open(id, schemaWith())).revision, 3, "back to the ordered rules");
  await work();
  assert.deepEqual(await shown(id), { ...first, revision: 3 });
  assert.deepEqual(await shown(id, 2), second);
  assert.deepEqual(await shown(id, 1), first);
});

class Crash extends Error {}

/** Creates a worker that dies at its `at`-th call, before or after the database has executed it. */
function dieAt(at: number, moment: "before" | "after"): (queue: RescoringQueue) => RescoringQueue {
  let calls = 0;
  return (queue) =>
    new Proxy(queue, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== "function") return call;
        return async (...args: unknown[]) => {
          calls++;
          if (calls > at || (calls === at && moment === "before")) throw new Crash();
          const result: unknown = await Reflect.apply(call, target, args);
          if (calls === at) throw new Crash();
          return result;
        };
      },
    });
}

Deno.test("wherever a worker dies, one complete revision is shown, and the next worker completes the new one", async () => {
  const id = await finishedReport();
  const rules = [schemaWith({ type: "number", tolerance: 0.5 }), schemaWith()];
  const crashes = { before: 0, after: 0 };
  let revision = 1;
  for (const moment of ["before", "after"] as const) {
    for (let at = 1;; at++) {
      const old = await shown(id);
      const schema = rules[(revision + 1) % 2] ?? null;
      revision++;
      assert.equal((await open(id, schema)).revision, revision);
      const isDead = await work(dieAt(at, moment)).then(() => false, (error: unknown) => {
        assert.ok(error instanceof Crash);
        return true;
      });
      const now = await shown(id);
      assert.deepEqual(await viewed(id), now.summary, "figures and runs are of one revision");
      if (now.revision !== revision) assert.deepEqual(now, old);

      await sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
        where lease_owner is not null`;
      await sql`delete from private.worker_leases`;
      await work();
      const done = await shown(id);
      assert.equal(done.revision, revision);
      const isTolerant = schema === rules[0];
      assert.deepEqual(
        done.runs.map(([accuracy]) => accuracy),
        isTolerant ? [100, 100, 0, 100] : [0, 0, 0, 100],
      );
      assert.deepEqual(await viewed(id), done.summary);
      const left = await sql`select from private.job_queue where kind = 'report_rescoring'`;
      const staged = await sql`select from private.rescored_runs`;
      assert.deepEqual([left.length, staged.length], [0, 0]);
      if (!isDead) break;
      crashes[moment]++;
    }
  }
  // register, (claim, load, report, advance) for the first answer, (claim, load, advance) for each
  // other, (claim, load, load all, apply, complete), claim, release
  const calls = 1 + 4 + 3 * 3 + 5 + 1 + 1;
  assert.deepEqual(crashes, { before: calls, after: calls });
});

Deno.test("rules that were not checked before fail the revision with their path, and the report is unchanged", async () => {
  const id = await finishedReport();
  const first = await shown(id);
  await open(id, schemaWith({ type: "colour" }));
  await work();
  const [failed] = await sql`
    select status, error from public.report_revisions where report_id = ${id} and revision = 2`;
  assert.equal(failed?.["status"], "failed");
  assert.match(failed?.["error"], /json_schema\.properties\.total\.x-compare\.type/);
  assert.deepEqual(await shown(id), first);
  assert.equal((await open(id, schemaWith({ type: "number", tolerance: 1 }))).revision, 3);
  await work();
  assert.equal((await shown(id)).revision, 3);
});

Deno.test("a worker of another scorer version scores nothing and leaves the job in the queue", async () => {
  const id = await finishedReport();
  await open(id, schemaWith({ type: "number", tolerance: 0.5 }));
  await sql`update public.report_revisions set scorer_version = ${
    SCORER_VERSION + 1
  } where status = 'scoring'`;
  assert.deepEqual(await work(), { jobs: 1, answers: 0, revisions: 0 });
  const [job] = await sql`
    select last_error, run_at > now() as waits, dead_at from private.job_queue
    where kind = 'report_rescoring'`;
  assert.match(job?.["last_error"], /deploy migrations and functions together/);
  assert.deepEqual([job?.["waits"], job?.["dead_at"]], [true, null]);
  assert.equal((await shown(id)).revision, 1);
  await sql`update public.report_revisions set scorer_version = ${SCORER_VERSION} where status = 'scoring'`;
  await sql`update private.job_queue set run_at = now()`;
  await work();
  assert.equal((await shown(id)).revision, 2);
});

Deno.test("a worker stops when its share of the CPU time is used, and its successor continues", async () => {
  const id = await finishedReport();
  await open(id, schemaWith({ type: "number", tolerance: 0.5 }));
  await sql`delete from net.http_request_queue`;
  // Scoring one answer takes longer.
  const cpuLimitMs = 1e-6;
  assert.deepEqual(await work(undefined, cpuLimitMs), { jobs: 1, answers: 1, revisions: 0 });
  const calls = await sql<{ url: string }[]>`select url from net.http_request_queue`;
  assert.deepEqual(calls.map(({ url }) => url.split("/").at(-1)), ["rescore-worker"]);
  assert.deepEqual(await work(), { jobs: 4, answers: 3, revisions: 1 });
});

Deno.test("a report deleted while it is rescored leaves no rows behind", async () => {
  const id = await finishedReport();
  await open(id, schemaWith({ type: "number", tolerance: 0.5 }));
  await work(dieAt(6, "after")).catch(() => {});
  await sql`delete from public.reports where id = ${id}`;
  await sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
    where lease_owner is not null`;
  await sql`delete from private.worker_leases`;
  await work();
  for (const table of ["private.rescored_runs", "public.report_revisions", "private.job_queue"]) {
    const rows = await sql.unsafe(`select from ${table} t where t::text like '%${id}%'`);
    assert.equal(rows.length, 0, table);
  }
});
