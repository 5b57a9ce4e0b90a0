import { z } from "zod";
import { type Clock, pause } from "../_shared/platform/clock.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { idempotencyConflict, invalid, notFound } from "../_shared/platform/http/problem.ts";
import { readQuery } from "../_shared/platform/http/read_query.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import {
  serveUsers,
  type UserContext,
  type UserDeps,
} from "../_shared/platform/http/serve_users.ts";
import { hashJson } from "../_shared/platform/json/hash_json.ts";
import { parseJson, writeJson } from "../_shared/platform/json/lossless_json.ts";
import type { RunEstimate } from "../_shared/prompts/estimate_prompt_run.ts";
import { exportComparison } from "../_shared/prompts/export_comparison.ts";
import { EXPORT_FORMATS, MEDIA_TYPES } from "../_shared/prompts/export_formats.ts";
import { exportPromptRun } from "../_shared/prompts/export_prompt_run.ts";
import { checkCeiling, planNewRun, type PlanRunDeps } from "../_shared/prompts/plan_new_run.ts";
import type { RunPage } from "../_shared/prompts/prompt_run.ts";
import { type RunRequest, runRequestSchema } from "../_shared/prompts/run_request.ts";
import type { OpenedRun, PromptRunStore } from "../_shared/prompts/store.ts";

/** Dependencies of the handler. */
export interface PromptRunsDeps extends UserDeps, Omit<PlanRunDeps, "runs"> {
  readonly runs: PromptRunStore;
  readonly clock: Clock;
}

const MAX_BODY_BYTES = 64 * 1024;
const PAGE = 100;
const MAX_PAGE = 1_000;

/** Largest run that `?wait=true` waits for, in cells. */
const WAIT_CELLS = 200;
/** Longest time that `?wait=true` waits. */
const WAIT_MS = 60_000;
const POLL_MS = { first: 50, most: 500 };

const cellsQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(PAGE),
});
const startQuery = z.strictObject({ wait: z.stringbool().default(false) });
const compareQuery = z.strictObject({
  before: z.guid(),
  after: z.guid(),
  format: z.enum(EXPORT_FORMATS).default("json"),
});
const exportQuery = z.strictObject({ format: z.enum(EXPORT_FORMATS).default("csv") });
const resumeSchema = z.strictObject({
  cost_ceiling_usd: z.number().nonnegative().nullable().default(null),
});

/**
 * Runs prompts over datasets for an account. Keys need the scope `run` to start and change runs, and
 * `read` to read them.
 *
 * - `POST /prompt-runs`: starts a run, see `runRequestSchema`. Everything is checked before anything is
 *   spent. 202 `{run_id, is_new, estimate}`. With `?wait=true` it waits up to a minute for the end of a
 *   run of up to 200 calls, and answers 200 with `{run, models, cells, next_after, estimate}`.
 * - `GET /prompt-runs/<id>?after=&limit=`: `{run, models, cells, next_after}`, which are progress,
 *   totals by model and a page of cells. `next_after` is null on the last page.
 * - `POST /prompt-runs/<id>/cancel`, `/resume` (`{cost_ceiling_usd?}`), `/retry` (failed cells).
 * - `GET /prompt-runs/compare?before=&after=&format=json|csv|md`: compares two runs of one dataset.
 * - `GET /prompt-runs/<id>/export?format=csv|json|md`.
 *
 * A repeated start with the same `Idempotency-Key` answers the run that exists, without an estimate and
 * even if the request would no longer be accepted.
 *
 * - 404 `resource.not_found`: no such prompt, dataset or run of this account.
 * - 422 `request.invalid`; `prompt_runs.missing_field` with `field` and `row_index`;
 *   `prompt_runs.over_budget` with `estimate`; `prompt_runs.not_comparable`;
 *   `request.idempotency_conflict`.
 * - 429 `account.budget_reached` with `ceiling_usd`, `used_usd` and `resets_at`.
 * - 400, 413, 415; 503 if the database is unavailable.
 */
export function createHandler(deps: PromptRunsDeps): (request: Request) => Promise<Response> {
  const { runs } = deps;
  return serveUsers("prompt-runs", "run", deps, {
    "/": { POST: (context) => start(deps, context) },
    "/compare": { GET: (context) => compare(deps, context) },
    "/:id": { GET: ofRun((context, runId) => show(deps, context, runId)) },
    "/:id/export": { GET: ofRun((context, runId) => exportRun(deps, context, runId)) },
    "/:id/cancel": {
      POST: ofRun(async ({ caller }, runId) => json(await runs.cancelRun(caller.accountId, runId))),
    },
    "/:id/resume": { POST: ofRun((context, runId) => resume(deps, context, runId)) },
    "/:id/retry": {
      POST: ofRun(async ({ caller }, runId) =>
        json(await runs.retryFailedCells(caller.accountId, runId))
      ),
    },
  });
}

/** Wraps a handler of one run: checks the id in the path and notes it in the log. */
function ofRun(
  handle: (context: UserContext, runId: string) => Promise<Response>,
): (context: UserContext, id?: string) => Promise<Response> {
  return async (context, text) => {
    const id = z.guid().safeParse(text);
    if (!id.success) throw notFound("The run");
    context.note({ run_id: id.data });
    return await handle(context, id.data);
  };
}

async function start(
  deps: PromptRunsDeps,
  { request, readBody, note }: UserContext,
): Promise<Response> {
  const { wait } = readQuery(request, startQuery);
  const key = readIdempotencyKey(request);
  const { body, caller } = await readBody(request, runRequestSchema, MAX_BODY_BYTES);
  const { opened, estimate } = await findOrOpen(deps, caller.accountId, body, key);
  if (opened === "conflict") throw idempotencyConflict();
  const { runId, isNew } = opened;
  note({ run_id: runId, is_new: isNew });
  const estimated = estimate === null ? {} : { estimate };
  const page = wait ? await waitForEnd(deps, caller.accountId, runId, request.signal) : null;
  return page === null
    ? json({ run_id: runId, is_new: isNew, ...estimated }, 202)
    : json({ ...page, next_after: null, ...estimated });
}

async function findOrOpen(
  deps: PromptRunsDeps,
  ownerId: string,
  body: RunRequest,
  key: string | null,
): Promise<{
  readonly opened: OpenedRun | "conflict";
  readonly estimate: RunEstimate | null;
}> {
  const plain = parseJson(writeJson(body));
  const hash = hashJson(plain);
  // Comes before the checks, because a request that was accepted once may fail them now.
  const known = key === null ? null : await deps.runs.findOpened(ownerId, key, hash);
  if (known !== null) return { opened: known, estimate: null };
  const { run, estimate } = await planNewRun(ownerId, body, deps);
  return { opened: await deps.runs.openRun(ownerId, run, key, hash), estimate };
}

/** Returns the run when it has ended; null if it is too large or takes too long to wait for. */
async function waitForEnd(
  { runs, clock }: PromptRunsDeps,
  ownerId: string,
  runId: string,
  signal: AbortSignal,
): Promise<RunPage | null> {
  const deadline = clock.now() + WAIT_MS;
  for (let wait = POLL_MS.first; clock.now() < deadline && !signal.aborted;) {
    const { run } = await runs.getRun(ownerId, runId, 0, 1);
    if (run.cell_count > WAIT_CELLS) return null;
    if (run.completed_at !== null) return await runs.getRun(ownerId, runId, 0, WAIT_CELLS);
    await pause(clock, wait, signal);
    wait = Math.min(2 * wait, POLL_MS.most);
  }
  return null;
}

async function compare(
  { runs }: PromptRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const { before, after, format } = readQuery(request, compareQuery);
  const compared = await runs.compareRuns(caller.accountId, before, after);
  return new Response(exportComparison(format, compared.before, compared.after), {
    headers: { "content-type": MEDIA_TYPES[format] },
  });
}

async function show(
  { runs }: PromptRunsDeps,
  { request, caller }: UserContext,
  runId: string,
): Promise<Response> {
  const { after, limit } = readQuery(request, cellsQuery);
  const page = await runs.getRun(caller.accountId, runId, after, limit);
  return json({ ...page, next_after: nextAfter(page, limit) });
}

function nextAfter({ cells }: RunPage, limit: number): number | null {
  return cells.length < limit ? null : cells.at(-1)?.id ?? null;
}

async function resume(
  { runs, catalogue }: PromptRunsDeps,
  context: UserContext,
  runId: string,
): Promise<Response> {
  const { body: { cost_ceiling_usd }, caller } = context.request.headers.has("content-type")
    ? await context.readBody(context.request, resumeSchema, MAX_BODY_BYTES)
    : { body: { cost_ceiling_usd: null }, caller: context.caller };
  const errors = checkCeiling(cost_ceiling_usd ?? 0, await catalogue.readCeilings());
  if (errors.length > 0) throw invalid(errors);
  return json(await runs.resumeRun(caller.accountId, runId, cost_ceiling_usd));
}

async function exportRun(
  { runs }: PromptRunsDeps,
  { request, caller }: UserContext,
  runId: string,
): Promise<Response> {
  const { format } = readQuery(request, exportQuery);
  const first = await runs.getRun(caller.accountId, runId, 0, MAX_PAGE);
  const pages = async function* () {
    for (let page = first;;) {
      yield page;
      const after = nextAfter(page, MAX_PAGE);
      if (after === null) return;
      page = await runs.getRun(caller.accountId, runId, after, MAX_PAGE);
    }
  };
  const body = ReadableStream.from(exportPromptRun(format, pages()))
    .pipeThrough(new TextEncoderStream());
  return new Response(body, {
    headers: {
      "content-type": MEDIA_TYPES[format],
      "content-disposition": `attachment; filename="run-${runId}.${format}"`,
    },
  });
}
