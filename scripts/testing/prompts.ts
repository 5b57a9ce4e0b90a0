import type {
  AnsweredCell,
  AnsweredGrade,
  PromptJob,
} from "../../supabase/functions/_shared/prompts/prompt_job.ts";
import {
  createPromptRunStore,
  type NewPromptRun,
  type PromptRunStore,
} from "../../supabase/functions/_shared/prompts/store.ts";
import { addUser, type Connections } from "./database.ts";

/** Shape of a test's run. */
export interface RunOptions {
  readonly owner?: string;
  /** Text of the prompt. */
  readonly body?: string;
  readonly models?: readonly string[];
  readonly rows?: number;
  readonly provider?: string;
  /** USD that each call reserves. */
  readonly reservation?: number;
  /** Provider whose model grades; absent for a run that is not graded. */
  readonly graderProvider?: string;
  readonly gradeReservation?: number;
  readonly ceiling?: number;
  readonly repeats?: number;
  readonly useCache?: boolean;
  readonly maxInFlight?: number;
}

let made = 0;

/** Saves a prompt; returns the id of its first version. */
async function savePrompt(
  db: Connections,
  owner: string,
  type: "task" | "grader",
  body: string,
): Promise<string> {
  const [version] = await db.sql<[{ id: string }]>`
    with saved as (
      insert into public.prompts (owner_id, name, type, body)
      values (${owner}, ${`prompt ${++made}`}, ${type}, ${body}) returning id
    )
    select id from saved`;
  const [first] = await db.sql<[{ id: string }]>`
    select id from public.prompt_versions where prompt_id = ${version.id}`;
  return first.id;
}

/** Adds a dataset of rows `{word}`. */
export async function addDataset(db: Connections, owner: string, rows: number): Promise<string> {
  const number = ++made;
  const [dataset] = await db.sql<[{ id: string }]>`
    insert into public.datasets
      (owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
    values (${owner}, ${`dataset ${number}`}, 1, ${String(number).padStart(64, "0")}, 'csv',
      ${`${owner}/${number}.csv`}, 1, '{word}', ${rows}) returning id`;
  await db.sql`
    insert into public.dataset_rows
    select ${dataset.id}, i, jsonb_build_object('word', 'word ' || i)
    from generate_series(0, ${rows - 1}) i`;
  return dataset.id;
}

/** Returns the run that {@link RunOptions} describe, with a new prompt and dataset. */
export async function planRun(
  db: Connections,
  owner: string,
  options: RunOptions = {},
): Promise<NewPromptRun> {
  const { graderProvider, maxInFlight } = options;
  return {
    name: "",
    prompt_version_id: await savePrompt(db, owner, "task", options.body ?? "Spell {{word}}."),
    dataset_id: await addDataset(db, owner, options.rows ?? 3),
    grader_version_id: graderProvider === undefined
      ? null
      : await savePrompt(db, owner, "grader", "Is {{output}} right?"),
    grader: graderProvider === undefined
      ? null
      : { type: "prompt", provider: graderProvider, model: "judge" },
    parameters: { temperature: 0 },
    repeats: options.repeats ?? 1,
    use_cache: options.useCache ?? false,
    estimated_cost_usd: null,
    cost_ceiling_usd: options.ceiling ?? 100,
    grading_reservation_usd: options.gradeReservation ?? 0.01,
    ...maxInFlight === undefined ? {} : { max_in_flight: maxInFlight },
    models: (options.models ?? ["a", "b"]).map((model) => ({
      provider: options.provider ?? "groq",
      model,
      label: model,
      input_price: null,
      cached_input_price: null,
      output_price: null,
      long_context: null,
      reservation_usd: options.reservation ?? 0.01,
    })),
  };
}

/** Starts a run; returns its id and owner. */
export async function startRun(
  db: Connections,
  options: RunOptions = {},
): Promise<{ readonly run: string; readonly owner: string }> {
  const owner = options.owner ?? await addUser(db);
  const plan = await planRun(db, owner, options);
  return { run: await openRun(createPromptRunStore(db.workers), owner, plan), owner };
}

/** Starts a run as planned; returns its id. */
export async function openRun(
  store: Pick<PromptRunStore, "openRun">,
  owner: string,
  plan: NewPromptRun,
): Promise<string> {
  const opened = await store.openRun(owner, plan, null, "");
  if (opened === "conflict") throw new Error("A run without a key has no conflict.");
  return opened.runId;
}

/** Returns the result of a successful job; `cost` is USD, or null without a price. */
export function answered(
  job: PromptJob,
  cost: number | null = 0.001,
): AnsweredCell | AnsweredGrade {
  const { job_id, attempt } = job;
  const lease = {
    job_id,
    attempt,
    outcome: "complete",
    actual_cost: cost,
    charge: "none",
  } as const;
  return job.kind === "prompt_grade"
    ? { ...lease, grader_score: 0.5, grader_reason: "Half right.", grader_error: null }
    : {
      ...lease,
      output_text: `answer ${job.cell_id}`,
      answer_ending: "stop",
      latency_ms: 100 + job.cell_id % 7,
      tokens_in: 10,
      tokens_out: 5,
      tokens_cached: 0,
    };
}
