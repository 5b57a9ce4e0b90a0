import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import {
  advance,
  type JobResult,
  type LeasedJob,
  payForReport,
  startTestDatabase,
} from "../scripts/testing/database.ts";
import { lookAtRace } from "../supabase/functions/_shared/benchmark/look_at_race.ts";
import { planLooks } from "../supabase/functions/_shared/statistics/plan_looks.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const MODELS = ["test/a", "test/b", "test/c"];
const IMAGES = 16;
const looks = planLooks(IMAGES);
const WORKERS = Array.from({ length: 3 }, () => crypto.randomUUID());

const raceSchema = z.object({
  looks: z.array(z.number()),
  look: z.number(),
  accuracy_margin: z.number(),
  models: z.array(z.object({
    model_id: z.string(),
    scores: z.array(z.object({
      image_index: z.number(),
      field_accuracy: z.number(),
      error_kind: z.string().nullable(),
      served_other: z.boolean(),
    })),
  })),
});

async function reset(settings: Record<string, number> = {}): Promise<void> {
  await database.sql`delete from public.reports`;
  await database.sql`delete from private.job_queue`;
  await database.sql`delete from private.queue_settings`;
  await database.sql`insert into private.queue_settings ${
    database.sql({ singleton: true, max_crashes: 100, ...settings })
  }`;
}

async function look(worker: string, job: LeasedJob): Promise<boolean> {
  const [row] = await database.workers`select public.load_race(${job.report_id}) as race`;
  const { stopped } = lookAtRace(raceSchema.parse(row?.["race"]));
  const [ended] = await database.workers`
    select public.advance_race(${worker}, ${job.job_id}, ${job.attempt}, ${
    database.workers.array(stopped.map(({ modelId }) => modelId), 1009)
  }) as is_recorded`;
  return ended?.["is_recorded"] === true;
}

/** Possible next steps. The number also picks among the candidates. */
type Step = readonly ["claim" | "end" | "lose", number];

/**
 * Works on a report until it is ready for finalization. Workers claim jobs and end them in any order, or
 * die with them, as `steps` determine. `check` runs after every step.
 */
async function work(
  steps: readonly Step[],
  resultOf: (job: LeasedJob) => JobResult,
  check: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const held: { worker: string; job: LeasedJob }[] = [];
  const deadline = performance.now() + 60_000;
  for (let turn = 0;; turn++) {
    assert.ok(performance.now() < deadline, "the report does not end");
    // Workers stop dying at some point, or no report would end.
    const [what, pick] = turn < 3 * steps.length
      ? steps[turn % steps.length] ?? ["claim", 0]
      : [turn % 2 === 0 ? "claim" : "end", turn] as const;
    const chosen = held.splice(pick % Math.max(1, held.length), what === "claim" ? 0 : 1)[0];
    const worker = WORKERS[pick % WORKERS.length] ?? "";
    if (what === "lose" && chosen !== undefined) {
      await database.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
        where id = ${chosen.job.job_id}`;
    } else if (chosen !== undefined) {
      const { job } = chosen;
      if (job.kind === "race_look") await look(chosen.worker, job);
      else await advance(database, chosen.worker, [resultOf(job)], 0);
    } else {
      const { jobs } = await advance(database, worker, [], 1 + pick % 4);
      if (jobs.some(({ kind }) => kind === "report_finalization")) {
        assert.equal(jobs.length, 1, "the report was put together while others were at work");
        return;
      }
      held.push(...jobs.map((job) => ({ worker, job })));
    }
    await check();
  }
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom("claim", "claim", "end", "end", "end", "lose"), fc.nat(1_000)),
  { minLength: 5, maxLength: 60 },
);

/** Any accuracy of runs by model and rank of the image, the same for every worker and time. */
const accuracies = fc.record({
  levels: fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60)),
  noise: fc.array(fc.nat(30), { minLength: IMAGES, maxLength: 3 * IMAGES }),
}).map(({ levels, noise }) => (job: LeasedJob, rank: number) => {
  const model = MODELS.indexOf(job.model_id);
  return (levels[model] ?? 0) + (noise[(rank * (model + 3)) % noise.length] ?? 0);
});

/** Returns the skipped runs with the rank of their image in the order of its report. */
const skippedRuns = () =>
  database.sql<{ model_id: string; rank: number; skip_reason: string }[]>`
    select model_id, array_position(image_order, image_index::integer) as rank, skip_reason
    from public.benchmark_runs join private.races using (report_id) where status = 'skipped'
    order by model_id, rank`;

async function readImageOrder(report: string): Promise<number[]> {
  const [race] = await database.sql<{ image_order: number[] }[]>`
    select image_order from private.races where report_id = ${report}`;
  return race?.image_order ?? [];
}

Deno.test("a race stops the same models at the same images for any order of runs and lost workers", async () => {
  let stopped = 0;
  await fc.assert(
    fc.asyncProperty(accuracies, steps, async (accuracyOf, steps) => {
      const race = async (steps: readonly Step[]) => {
        await reset();
        const report = await payForReport(database, { models: MODELS, images: IMAGES, looks });
        const order = await readImageOrder(report);
        assert.equal(order.length, IMAGES);
        await work(steps, (job: LeasedJob & { readonly image_index?: number }) => ({
          job_id: job.job_id,
          attempt: job.attempt,
          outcome: "complete",
          actual_cost: 0.001,
          field_accuracy: accuracyOf(job, order.indexOf(job.image_index ?? 0)),
        }));
        const [left] = await database.sql`
          select count(*) filter (where status not in ('complete', 'skipped'))::int as open
          from public.benchmark_runs`;
        assert.equal(left?.open, 0);
        return (await skippedRuns()).map((row) => ({ ...row }));
      };
      const calm = await race([["claim", 3], ["end", 0]]);
      assert.deepEqual(await race(steps), calm);
      stopped += calm.length;
    }),
    { numRuns: 12 },
  );
  assert.ok(stopped > 0, "no race stopped anything");
});

Deno.test("the ceilings of a race hold at every step and every run ends", async () => {
  const endings = fc.array(
    fc.constantFrom<Partial<JobResult>>(
      { outcome: "complete", actual_cost: 0.1, field_accuracy: 50 },
      { outcome: "complete", actual_cost: 0.3, field_accuracy: 90 },
      { outcome: "failed", error_message: "down", charge: "none" },
      { outcome: "failed", error_message: "lost", charge: "unknown" },
    ),
    { minLength: 1, maxLength: 8 },
  );
  let ceilings = 0;
  await fc.assert(
    fc.asyncProperty(
      endings,
      steps,
      fc.integer({ min: 1, max: 12 }),
      async (endings, steps, soft) => {
        await reset({ soft_ceiling_usd: soft, hard_ceiling_usd: soft + 0.5 });
        const report = await payForReport(database, {
          models: MODELS,
          images: IMAGES,
          looks,
          reservedCost: 0.4,
        });
        await work(
          steps,
          (job) => ({
            job_id: job.job_id,
            attempt: job.attempt,
            outcome: "complete",
            ...endings[job.job_id % endings.length],
          }),
          async () => {
            const [group] = await database.sql`
            select reserved_usd + spent_usd + written_off_usd <= hard_ceiling_usd as holds
            from private.job_groups where id = ${report}`;
            assert.equal(group?.holds, true);
          },
        );
        const [end] = await database.sql`
        select (select count(*)::int from public.benchmark_runs
            where status not in ('complete', 'failed', 'skipped')) as open,
          (select held_runs::int from private.races) as held,
          (select reserved_usd::float8 from private.job_groups) as reserved,
          (select count(*)::int from private.job_queue where kind <> 'report_finalization') as jobs`;
        assert.deepEqual({ ...end }, { open: 0, held: 0, reserved: 0, jobs: 0 });
        ceilings += (await skippedRuns())
          .filter(({ skip_reason }) => skip_reason.endsWith("_ceiling")).length;
      },
    ),
    { numRuns: 12 },
  );
  assert.ok(ceilings > 0, "no ceiling was reached");
});

Deno.test("a look whose lease was lost changes nothing", async () => {
  await reset();
  const report = await payForReport(database, { models: MODELS, images: IMAGES, looks });
  const [first = "", second = ""] = WORKERS;
  let pending: JobResult[] = [];
  let lookJob: LeasedJob | undefined;
  while (lookJob === undefined) {
    const { jobs } = await advance(database, first, pending, 10);
    lookJob = jobs.find(({ kind }) => kind === "race_look");
    pending = jobs.map(({ job_id, attempt }) => ({
      job_id,
      attempt,
      outcome: "complete",
      actual_cost: 0,
      field_accuracy: 80,
    }));
  }
  await database.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
    where id = ${lookJob.job_id}`;
  const [again] = (await advance(database, second, [], 1)).jobs;
  assert.equal(again?.job_id, lookJob.job_id);
  const released = async () => {
    const [row] = await database.sql`
      select released_images as images from private.races where report_id = ${report}`;
    return row?.images;
  };
  assert.equal(await look(first, lookJob), false);
  assert.equal(await released(), looks[0]);
  assert.equal(await look(second, again), true);
  assert.equal(await released(), looks[1]);
  assert.equal(await look(second, again), false);
  assert.equal(await released(), looks[1]);
});
