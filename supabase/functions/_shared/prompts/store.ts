import postgres from "postgres";
import { z } from "zod";
import type { LongContextPrices } from "../models/token_prices.ts";
import { type Database, query, TEXT_ARRAY, toJson } from "../platform/database.ts";
import { notFound, Problem } from "../platform/http/problem.ts";
import type { Reply, WorkSource } from "../platform/jobs/run_worker.ts";
import {
  createWorkerLeases,
  toReply,
  type WorkerIdentity,
} from "../platform/jobs/worker_leases.ts";
import type { JsonObject } from "../platform/json/json_value.ts";
import { type CachedAnswer, cachedAnswerSchema, type CachedCall } from "./cached_answers.ts";
import { type PromptJob, type PromptJobResult, promptJobSchema } from "./prompt_job.ts";
import { type LoadedPromptRun, loadedRunSchema } from "./prompt_plan.ts";
import {
  type ComparedRun,
  comparedRunSchema,
  type RunPage,
  runPageSchema,
  runStatusSchema,
} from "./prompt_run.ts";

/** Prompt runs as their owners start, read and control them. Runs of other users are never found. */
export interface PromptRunStore {
  /**
   * Returns the run that the key opened, or null if there is none; `"conflict"` if the key came with
   * another request.
   */
  findOpened(
    ownerId: string,
    idempotencyKey: string,
    requestHash: string,
  ): Promise<OpenedRun | "conflict" | null>;
  /**
   * Opens a run, or returns the one that the same key opened; `"conflict"` if the key came with another
   * request.
   *
   * @throws {Problem} `resource.not_found` if the owner has no such prompt, grader or dataset
   */
  openRun(
    ownerId: string,
    run: NewPromptRun,
    idempotencyKey: string | null,
    requestHash: string,
  ): Promise<OpenedRun | "conflict">;
  /** Returns the first of the fields that a row of the dataset lacks, with the first such row. */
  findMissingField(
    ownerId: string,
    datasetId: string,
    fields: readonly string[],
  ): Promise<MissingField | null>;
  /**
   * Returns a run with a page of its cells.
   *
   * @param after id of the last cell of the page before; 0 for the first page
   * @throws {Problem} `resource.not_found`, as the methods below
   */
  getRun(ownerId: string, runId: string, after: number, limit: number): Promise<RunPage>;
  compareRuns(
    ownerId: string,
    beforeId: string,
    afterId: string,
  ): Promise<{ readonly before: ComparedRun; readonly after: ComparedRun }>;
  /** Removes the run's waiting jobs from the queue. Calls that are under way end and count. */
  cancelRun(ownerId: string, runId: string): Promise<CancelledRun>;
  /**
   * Queues the cells again that were cancelled, or skipped at the cost ceiling.
   *
   * @param costCeilingUsd new ceiling of the whole run; null keeps the present one
   */
  resumeRun(
    ownerId: string,
    runId: string,
    costCeilingUsd: number | null,
  ): Promise<ReopenedRun>;
  /** Queues the failed cells again, and the grades that a grader model failed to give. */
  retryFailedCells(ownerId: string, runId: string): Promise<ReopenedRun>;
}

/** Run to open. */
export interface NewPromptRun {
  readonly name: string;
  readonly prompt_version_id: string;
  /** Null if the prompt has no placeholders: each model is then asked once per repeat. */
  readonly dataset_id: string | null;
  /** Version of the grader prompt; null unless a model grades. */
  readonly grader_version_id: string | null;
  /** Value of `runs.grader`; null for a run that is not graded. */
  readonly grader: JsonObject | null;
  readonly parameters: JsonObject;
  readonly repeats: number;
  readonly use_cache: boolean;
  /** USD; null if a model has no price. */
  readonly estimated_cost_usd: number | null;
  /** USD. At 0 no call is made, not even a free one. */
  readonly cost_ceiling_usd: number;
  /** Highest possible cost of one grade by a model, in USD. */
  readonly grading_reservation_usd: number;
  /** Largest number of calls at once; the default is the queue's for a report. */
  readonly max_in_flight?: number;
  readonly models: readonly NewRunModel[];
}

/** Model of a run to open. */
interface NewRunModel {
  readonly provider: string;
  /** The provider's name for the model. */
  readonly model: string;
  /** Name that is unique within the run. */
  readonly label: string;
  /** USD per token, as the other prices; null if the model has no price. */
  readonly input_price: number | null;
  readonly cached_input_price: number | null;
  readonly output_price: number | null;
  /** Prices of calls with a long input; null if the length does not change the price. */
  readonly long_context: LongContextPrices | null;
  /** Highest possible cost of one call, in USD; 0 if the model has no price. */
  readonly reservation_usd: number;
}

/** Run that was opened now, or earlier with the same key. */
export interface OpenedRun {
  readonly runId: string;
  readonly isNew: boolean;
}

const openedSchema = z.union([
  z.object({ conflict: z.literal(true) }),
  z.object({ conflict: z.literal(false), run_id: z.guid(), is_new: z.boolean() }),
]);

const missingFieldSchema = z.object({
  field: z.string(),
  /** From 0. */
  row_index: z.number(),
});
type MissingField = z.output<typeof missingFieldSchema>;

const cancelledSchema = z.object({
  run_id: z.guid(),
  status: runStatusSchema,
  /** Jobs that were removed from the queue. */
  cancelled: z.number(),
  /** Jobs that are under way. */
  in_flight: z.number(),
});
type CancelledRun = z.output<typeof cancelledSchema>;

const reopenedSchema = z.object({
  run_id: z.guid(),
  status: runStatusSchema,
  /** Cells that are called again. */
  cells: z.number(),
  /** Answers that are graded again. */
  grades: z.number(),
});
type ReopenedRun = z.output<typeof reopenedSchema>;

const comparedSchema = z.object({ before: comparedRunSchema, after: comparedRunSchema });

/** Creates the store on the RPCs that the database grants to `service_role`. Each method is one transaction. */
export function createPromptRunStore(sql: Database): PromptRunStore {
  const ask = async (statement: PromiseLike<readonly postgres.Row[]>): Promise<unknown> => {
    try {
      return (await query(() => statement))[0]?.["result"];
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
      const found = await ask(sql`
          select public.find_prompt_run(
            ${ownerId}::uuid, ${idempotencyKey}::text, ${requestHash}::text
          ) as result`);
      return found === null ? null : toOpened(found);
    },
    async openRun(ownerId, run, idempotencyKey, requestHash) {
      return toOpened(
        await ask(sql`
            select public.open_prompt_run(
              ${ownerId}::uuid, ${sql.json(toJson(run))}::jsonb, ${idempotencyKey}::text,
              ${requestHash}::text
            ) as result`),
      );
    },
    findMissingField: async (ownerId, datasetId, fields) =>
      missingFieldSchema.nullable().parse(
        await ask(sql`
            select public.find_missing_field(
              ${ownerId}::uuid, ${datasetId}::uuid, ${sql.array([...fields], TEXT_ARRAY)}
            ) as result`),
      ),
    getRun: async (ownerId, runId, after, limit) =>
      runPageSchema.parse(
        await ask(sql`
            select public.get_prompt_run(
              ${ownerId}::uuid, ${runId}::uuid, ${after}::bigint, ${limit}::integer
            ) as result`),
      ),
    compareRuns: async (ownerId, beforeId, afterId) =>
      comparedSchema.parse(
        await ask(sql`
            select public.compare_prompt_runs(
              ${ownerId}::uuid, ${beforeId}::uuid, ${afterId}::uuid
            ) as result`),
      ),
    cancelRun: async (ownerId, runId) =>
      cancelledSchema.parse(
        await ask(sql`
            select public.cancel_prompt_run(${ownerId}::uuid, ${runId}::uuid) as result`),
      ),
    resumeRun: async (ownerId, runId, costCeilingUsd) =>
      reopenedSchema.parse(
        await ask(sql`
            select public.resume_prompt_run(
              ${ownerId}::uuid, ${runId}::uuid, ${costCeilingUsd}::numeric
            ) as result`),
      ),
    retryFailedCells: async (ownerId, runId) =>
      reopenedSchema.parse(
        await ask(sql`
            select public.retry_failed_cells(${ownerId}::uuid, ${runId}::uuid) as result`),
      ),
  };
}

/** Prompt runs as a worker reads them. */
export interface PromptRunReader {
  /** Returns null if the run was deleted. */
  loadRun(runId: string): Promise<LoadedPromptRun | null>;
  /** Returns the cached answers among these calls; none if the run does not use the cache. */
  lookUpCached(runId: string, calls: readonly CachedCall[]): Promise<readonly CachedAnswer[]>;
}

export function createPromptRunReader(sql: Database): PromptRunReader {
  return {
    async loadRun(runId) {
      const [row] = await sql`select public.load_prompt_run(${runId}::uuid) as run`;
      return loadedRunSchema.nullable().parse(row?.["run"]);
    },
    async lookUpCached(runId, calls) {
      const [row] = await sql`
        select public.lookup_cached_answers(${runId}::uuid, ${sql.json(toJson(calls))}) as answers`;
      return z.array(cachedAnswerSchema).parse(row?.["answers"]);
    },
  };
}

/** Queue as a prompt worker sees it. */
export interface PromptSource extends WorkSource<PromptJob, PromptJobResult> {
  exchange(
    results: readonly PromptJobResult[],
    want: number,
    prefetch: boolean,
  ): Promise<Reply<PromptJob> & { readonly closed: readonly ClosedPromptRun[] }>;
}

/** Run that ended with the results of an exchange. */
const closedRunSchema = z.object({
  run_id: z.string(),
  status: runStatusSchema,
  error: z.string().nullable(),
  estimated_cost_usd: z.number().nullable(),
  spent_usd: z.number(),
  written_off_usd: z.number(),
});
type ClosedPromptRun = z.output<typeof closedRunSchema>;

const replySchema = z.object({
  jobs: z.array(promptJobSchema),
  prefetched: z.array(promptJobSchema),
  revoked: z.array(z.number()),
  rejected: z.array(z.number()),
  closed: z.array(closedRunSchema),
  waiting: z.number(),
  in_flight: z.number(),
  next_run_at_ms: z.number().nullable(),
});

/** Returns the queue of prompt cells and grades for one worker. Each call is one statement. */
export function createPromptWorkSource(sql: Database, worker: WorkerIdentity): PromptSource {
  return {
    ...createWorkerLeases(sql, "prompt-worker", worker),
    async exchange(results, want, prefetch) {
      const [row] = await sql`
        select public.advance_prompt_cells(
          ${worker.id}, ${sql.json(toJson(results))}, ${want}, ${worker.groupId}, ${prefetch}
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

/** SQLSTATE of a run that the account's budget does not allow. */
const BUDGET_REACHED = "53400";

const budgetSchema = z.object({
  ceiling_usd: z.number(),
  used_usd: z.number(),
  resets_at: z.string(),
});

function budgetReached(error: postgres.PostgresError): Problem {
  const members = budgetSchema.parse(JSON.parse(error.detail ?? ""));
  return new Problem(
    "account.budget_reached",
    "The account's budget for prompts does not allow this run. An admin of the account can change it.",
    { members, cause: error },
  );
}

/** Translates the errors that the database functions raise on purpose. */
function toPromptProblem(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError)) return error;
  if (error.code === BUDGET_REACHED) return budgetReached(error);
  if (error.code !== "P0002") return error;
  return notFound(NAMES[error.column_name ?? ""] ?? "The run");
}
