import postgres from "postgres";
import { z } from "zod";
import { longContextSchema } from "../models/token_prices.ts";
import { type Database, query, TEXT_ARRAY, toJson } from "../platform/database.ts";
import { notFound } from "../platform/http/problem.ts";
import {
  createWorkerLeases,
  jobTriesShape,
  type ObserveStatement,
  toReply,
} from "../platform/jobs/worker_leases.ts";
import { jsonObjectSchema } from "../platform/json/json_value.ts";
import type {
  CachedAnswer,
  CancelledRun,
  ComparedRun,
  LackingRow,
  LoadedPromptRun,
  OpenedRun,
  PromptJob,
  PromptRunReader,
  PromptRunStore,
  PromptSource,
  ReopenedRun,
  RunPage,
} from "./ports.ts";

/** What was checked as it was stored is not measured again: rows may be larger than answers. */
const storedObject = z.custom<z.output<typeof jsonObjectSchema>>((value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
);
const runStatus = z.enum(["queued", "running", "complete", "failed", "cancelled"]);
const cellStatus = z.enum(["queued", "running", "complete", "failed", "skipped", "cancelled"]);

const answerEnding = z.enum(["stop", "length", "refusal", "filtered"]);

const openedSchema = z.union([
  z.object({ conflict: z.literal(true) }),
  z.object({ conflict: z.literal(false), run_id: z.guid(), is_new: z.boolean() }),
]);

const lackingSchema: z.ZodType<LackingRow | null> = z.object({
  field: z.string(),
  row_index: z.number(),
}).nullable();

const cancelledSchema: z.ZodType<CancelledRun> = z.object({
  run_id: z.guid(),
  status: runStatus,
  cancelled: z.number(),
  in_flight: z.number(),
});

const reopenedSchema: z.ZodType<ReopenedRun> = z.object({
  run_id: z.guid(),
  status: runStatus,
  cells: z.number(),
  grades: z.number(),
});

const pageSchema: z.ZodType<RunPage> = z.object({
  run: z.object({
    id: z.guid(),
    name: z.string(),
    status: runStatus,
    error: z.string().nullable(),
    prompt_version_id: z.guid(),
    dataset_id: z.guid().nullable(),
    grader_version_id: z.guid().nullable(),
    grader: storedObject.nullable(),
    parameters: storedObject,
    repeats: z.number(),
    use_cache: z.boolean(),
    cell_count: z.number(),
    estimated_cost_usd: z.number().nullable(),
    cost_ceiling_usd: z.number(),
    spent_usd: z.number(),
    written_off_usd: z.number(),
    created_at: z.string(),
    started_at: z.string().nullable(),
    completed_at: z.string().nullable(),
  }),
  models: z.array(z.object({
    id: z.guid(),
    label: z.string(),
    provider: z.string(),
    model: z.string(),
    cells: z.record(cellStatus, z.number()),
    cut_off: z.number(),
    cached: z.number(),
    graded: z.number(),
    overridden: z.number(),
    grader_failures: z.number(),
    mean_score: z.number().nullable(),
    tokens_in: z.number(),
    tokens_out: z.number(),
    tokens_cached: z.number(),
    cost_usd: z.number().nullable(),
    grader_cost_usd: z.number(),
    latency_p50_ms: z.number().nullable(),
    latency_p95_ms: z.number().nullable(),
  })),
  cells: z.array(z.object({
    id: z.number(),
    run_model_id: z.guid(),
    row_index: z.number().nullable(),
    repeat: z.number(),
    status: cellStatus,
    output_text: z.string().nullable(),
    answer_ending: answerEnding.nullable(),
    error_text: z.string().nullable(),
    latency_ms: z.number().nullable(),
    tokens_in: z.number().nullable(),
    tokens_out: z.number().nullable(),
    tokens_cached: z.number().nullable(),
    cost_usd: z.number().nullable(),
    is_cached: z.boolean(),
    attempts: z.number(),
    grade_score: z.number().nullable(),
    grade_reason: z.string().nullable(),
    graded_by: z.enum(["grader", "human"]).nullable(),
    grader_score: z.number().nullable(),
    grader_reason: z.string().nullable(),
    grader_error: z.string().nullable(),
    grader_cost_usd: z.number().nullable(),
    human_score: z.number().nullable(),
    human_reason: z.string().nullable(),
    started_at: z.string().nullable(),
    completed_at: z.string().nullable(),
  })),
});

const comparedRunSchema: z.ZodType<ComparedRun> = z.object({
  run: z.object({
    id: z.guid(),
    name: z.string(),
    status: runStatus,
    dataset_id: z.guid().nullable(),
    prompt_version_id: z.guid(),
    prompt_name: z.string(),
    prompt_version: z.number(),
  }),
  cells: z.array(
    z.object({
      row_index: z.number().nullable(),
      model_label: z.string(),
      grade_score: z.number().nullable(),
      grader_score: z.number().nullable(),
      human_score: z.number().nullable(),
      latency_ms: z.number().nullable(),
      tokens: z.number().nullable(),
      cost_usd: z.number().nullable(),
      is_cached: z.boolean(),
    }).transform((cell) => ({
      rowIndex: cell.row_index,
      modelLabel: cell.model_label,
      gradeScore: cell.grade_score,
      graderScore: cell.grader_score,
      humanScore: cell.human_score,
      latencyMs: cell.latency_ms,
      tokens: cell.tokens,
      costUsd: cell.cost_usd,
      isCached: cell.is_cached,
    })),
  ),
});
const comparedSchema = z.object({ before: comparedRunSchema, after: comparedRunSchema });

const promptSchema = z.object({
  version_id: z.guid(),
  body: z.string(),
  placeholders: z.array(z.string()),
});

const loadedSchema: z.ZodType<LoadedPromptRun | null> = z.object({
  run: z.object({
    id: z.guid(),
    owner_id: z.guid(),
    name: z.string(),
    status: runStatus,
    dataset_id: z.guid().nullable(),
    grader: storedObject.nullable(),
    parameters: storedObject,
    repeats: z.number(),
    use_cache: z.boolean(),
    grading_reservation_usd: z.number(),
  }),
  models: z.array(z.object({
    id: z.guid(),
    provider: z.string(),
    model: z.string(),
    label: z.string(),
    input_price: z.number().nullable(),
    cached_input_price: z.number().nullable(),
    output_price: z.number().nullable(),
    long_context: longContextSchema.nullable(),
    reservation_usd: z.number(),
  })),
  prompt: promptSchema,
  grader_prompt: promptSchema.nullable(),
}).nullable();

const cachedSchema: z.ZodType<readonly CachedAnswer[]> = z.array(z.object({
  key: z.string(),
  repeat: z.number(),
  output_text: z.string(),
  latency_ms: z.number().nullable(),
  tokens_in: z.number().nullable(),
  tokens_out: z.number().nullable(),
  tokens_cached: z.number().nullable(),
}));

const cellOfJob = {
  job_id: z.number(),
  attempt: z.number(),
  ...jobTriesShape,
  crashes: z.number(),
  run_id: z.string(),
  cell_id: z.number(),
  run_model_id: z.string(),
  row_index: z.number().nullable(),
  repeat: z.number(),
  data: storedObject.nullable(),
};

const jobSchema: z.ZodType<PromptJob> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("prompt_cell"), ...cellOfJob }),
  z.object({ kind: z.literal("prompt_grade"), ...cellOfJob, output_text: z.string() }),
]);

const replySchema = z.object({
  jobs: z.array(jobSchema),
  standby: z.array(jobSchema),
  recalled: z.array(z.number()),
  rejected: z.array(z.number()),
  closed: z.array(z.object({
    run_id: z.string(),
    status: runStatus,
    error: z.string().nullable(),
    estimated_cost_usd: z.number().nullable(),
    spent_usd: z.number(),
    written_off_usd: z.number(),
  })),
  waiting: z.number(),
  in_flight: z.number(),
  next_run_at_ms: z.number().nullable(),
});

/** Runs behind the doors that the database opens to `service_role`; each method is one transaction. */
export function createPromptRunStore(sql: Database): PromptRunStore {
  const ask = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) => {
    try {
      return (await query(statement))[0]?.result;
    } catch (error) {
      throw toPromptProblem(error);
    }
  };
  const toOpened = (result: unknown): OpenedRun | "conflict" => {
    const opened = openedSchema.parse(result);
    return opened.conflict ? "conflict" : { runId: opened.run_id, isNew: opened.is_new };
  };
  return {
    async findOpened(ownerId, idempotencyKey, requestHash) {
      const found = await ask(() =>
        sql<{ result: unknown }[]>`
          select public.find_prompt_run(
            ${ownerId}::uuid, ${idempotencyKey}::text, ${requestHash}::text
          ) as result`
      );
      return found === null ? null : toOpened(found);
    },
    async openRun(ownerId, run, idempotencyKey, requestHash) {
      return toOpened(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.open_prompt_run(
              ${ownerId}::uuid, ${sql.json(toJson(run))}::jsonb, ${idempotencyKey}::text,
              ${requestHash}::text
            ) as result`
        ),
      );
    },
    findLackingRow: async (ownerId, datasetId, fields) =>
      lackingSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.find_missing_field(
              ${ownerId}::uuid, ${datasetId}::uuid, ${sql.array([...fields], TEXT_ARRAY)}
            ) as result`
        ),
      ),
    getRun: async (ownerId, runId, after, limit) =>
      pageSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.get_prompt_run(
              ${ownerId}::uuid, ${runId}::uuid, ${after}::bigint, ${limit}::integer
            ) as result`
        ),
      ),
    compareRuns: async (ownerId, beforeId, afterId) =>
      comparedSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.compare_prompt_runs(
              ${ownerId}::uuid, ${beforeId}::uuid, ${afterId}::uuid
            ) as result`
        ),
      ),
    cancelRun: async (ownerId, runId) =>
      cancelledSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.cancel_prompt_run(${ownerId}::uuid, ${runId}::uuid) as result`
        ),
      ),
    resumeRun: async (ownerId, runId, costCeilingUsd) =>
      reopenedSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.resume_prompt_run(
              ${ownerId}::uuid, ${runId}::uuid, ${costCeilingUsd}::numeric
            ) as result`
        ),
      ),
    retryFailedCells: async (ownerId, runId) =>
      reopenedSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.retry_failed_cells(${ownerId}::uuid, ${runId}::uuid) as result`
        ),
      ),
  };
}

/** Runs as a worker reads them. */
export function createPromptRunReader(
  sql: Database,
  observe: ObserveStatement = () => {},
): PromptRunReader {
  return {
    async loadRun(runId) {
      observe("load_prompt_run");
      const [row] = await sql`select public.load_prompt_run(${runId}::uuid) as run`;
      return loadedSchema.parse(row?.["run"]);
    },
    async lookUpCached(runId, calls) {
      observe("lookup_cached_answers");
      const [row] = await sql`
        select public.lookup_cached_answers(${runId}::uuid, ${sql.json(toJson(calls))}) as answers`;
      return cachedSchema.parse(row?.["answers"]);
    },
  };
}

/** The queue as one prompt worker sees it, each call one statement of `advance_prompt_cells` and its kin. */
export function createPromptWorkSource(
  sql: Database,
  worker: {
    readonly id: string;
    /** The run whose chain this is; null for the chain that serves any. */
    readonly runId: string | null;
    readonly wallClockMs: number;
  },
  observe: ObserveStatement = () => {},
): PromptSource {
  const { id, runId } = worker;
  return {
    ...createWorkerLeases(
      sql,
      { ...worker, functionName: "prompt-worker", groupId: runId },
      observe,
    ),
    async exchange(results, want, ahead) {
      observe("advance_prompt_cells");
      const [row] = await sql`
        select public.advance_prompt_cells(
          ${id}, ${sql.json(toJson(results))}, ${want}, ${runId}, ${ahead}
        ) as reply`;
      return toReply(replySchema.parse(row?.["reply"]));
    },
  };
}

const NAMES: Readonly<Record<string, string>> = {
  prompt_version_id: "The prompt version",
  grader_version_id: "The grader version",
  dataset_id: "The dataset",
};

/** What the doors refuse, in a client's words. */
function toPromptProblem(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError) || error.code !== "P0002") return error;
  return notFound(NAMES[error.column_name ?? ""] ?? "The run");
}
