import { z } from "zod";
import { readBytes, readJson } from "../_shared/platform/http/body.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { idempotencyConflict, notFound, Problem } from "../_shared/platform/http/problem.ts";
import { readQuery } from "../_shared/platform/http/read_query.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import {
  serveUsers,
  type UserContext,
  type UserDeps,
} from "../_shared/platform/http/serve_users.ts";
import { hashText } from "../_shared/platform/json/hash_json.ts";
import { writeJson } from "../_shared/platform/json/lossless_json.ts";
import { decodeReport } from "../_shared/tracking/formats/decode_report.ts";
import { EXPORT_FORMATS, exportRun } from "../_shared/tracking/formats/export_run.ts";
import { runFields, toResults } from "../_shared/tracking/formats/parse_own_json.ts";
import { parseReport } from "../_shared/tracking/formats/parse_report.ts";
import {
  type ParsedReport,
  ReportError,
  resultSchema,
} from "../_shared/tracking/formats/report_model.ts";
import { findInsights } from "../_shared/tracking/insights/find_insights.ts";
import { importedIssueSchema } from "../_shared/tracking/issue_import.ts";
import type { OpenedRun, TestRunStore } from "../_shared/tracking/store.ts";
import type { NewTestRun } from "../_shared/tracking/test_run.ts";
import { writeReviewFile } from "../_shared/tracking/watcher/review_file.ts";
import type { ReadReviews } from "../_shared/tracking/watcher/review_store.ts";

/** Dependencies of the function. */
export interface TestRunsDeps extends UserDeps {
  readonly runs: TestRunStore;
  readonly readReviews: ReadReviews;
}

const MAX_REPORT_BYTES = 20 * 1024 * 1024;
const MAX_BATCH = 5_000;
const MAX_SUITE = 200;
/** Warnings of one report that are stored. */
const MAX_WARNINGS = 100;

const runSchema = z.strictObject(runFields);
const batchSchema = z.strictObject({
  first_ordinal: z.int().nonnegative().max(2 ** 31 - 1 - MAX_BATCH).default(0),
  results: z.array(resultSchema).min(1).max(MAX_BATCH),
}).superRefine(({ first_ordinal, results }, context) => {
  const ordinals = new Set<number>();
  for (const [index, { ordinal = first_ordinal + index }] of results.entries()) {
    if (ordinals.has(ordinal)) {
      context.addIssue({
        code: "custom",
        path: ["results", index, "ordinal"],
        message: `${ordinal} is the ordinal of another result.`,
      });
    }
    ordinals.add(ordinal);
  }
});
const insightsQuery = z.strictObject({
  suite: z.string().min(1).max(200).default("default"),
  branch: z.string().min(1).max(250).default("main"),
});
const runQuery = z.strictObject({ format: z.enum(EXPORT_FORMATS).optional() });
const endSchema = z.strictObject({ status: z.enum(["complete", "aborted"]).default("complete") });
const checklistSchema = z.strictObject({
  suite: runFields.suite.default("default"),
  issues: z.array(importedIssueSchema).max(MAX_BATCH),
});

/**
 * Stores and shows the test runs of a signed-in user.
 *
 * - `POST /test-runs`: begins a run, `{suite?, run_timestamp?, branch_name?, commit_hash?,
 *   watcher_model?, notes?}` → 201 with the run and its totals.
 * - `POST /test-runs/<id>/results`: `{results, first_ordinal?}`, up to 5,000 results with the columns
 *   of `test_results`. A result without an `ordinal` gets its position in the list, counted from
 *   `first_ordinal`. Results that were sent before are ignored, so a batch may be sent again.
 * - `POST /test-runs/<id>/finish`: `{status?}`, `complete` or `aborted`.
 * - `POST /test-runs/report?suite=…`: a whole report of up to 20 MB in JUnit XML, CTRF JSON or our own
 *   JSON (`{…, results}`); the content decides on the format. Fields of a run in the query override
 *   those of the report. 201, or 200 if the same file was stored before.
 * - `POST /test-runs/issues`: `{suite?, issues}` imports a checklist, by `issue_code`:
 *   `{added, changed, known}`. It resolves issues that are resolved there, and reopens none.
 * - `GET /test-runs/<id>`: the run and its totals; with `?format=csv|json|md|junit|ctrf` a file of its
 *   results. The formats `json`, `junit` and `ctrf` can be stored again.
 * - `GET /test-runs/insights?suite=…&branch=…`: statistics over the last 50 runs, `{flaky, broken,
 *   slower, costlier, outliers, drift}`, see `testInsightsSchema`. The defaults are `default` and
 *   `main`.
 * - `GET /test-runs/<id>/observations`: the watcher's reviews of the run, as a file of
 *   `watcher_observations/`.
 *
 * `Idempotency-Key` applies to the two requests that create a run. A report without one is identified
 * by its bytes and its query.
 *
 * - 400 `request.malformed`; `test_runs.unreadable_report` with `reason` and either line and column or
 *   the field. Nothing of the report is stored.
 * - 404 `resource.not_found`: the run does not exist or is another user's.
 * - 409 `test_runs.finished`: the run has ended, and the request would change it;
 *   `test_runs.ordinal_taken`: the ordinal belongs to another test's result.
 * - 413, 415, 422 `request.invalid`, `request.idempotency_conflict`; 503 if the database is unavailable.
 */
export function createHandler(deps: TestRunsDeps): (request: Request) => Promise<Response> {
  const withId =
    (handle: (deps: TestRunsDeps, context: UserContext, id: number) => Promise<Response>) =>
    async (context: UserContext, text = "") => {
      const id = readId(text);
      context.note({ test_run_id: id });
      return await handle(deps, context, id);
    };
  return serveUsers("test-runs", deps, {
    "/": { POST: (context) => begin(deps, context) },
    "/report": { POST: (context) => storeReport(deps, context) },
    "/issues": { POST: (context) => importIssues(deps, context) },
    "/insights": { GET: (context) => showInsights(deps, context) },
    "/:id": { GET: withId(showRun) },
    "/:id/results": { POST: withId(addResults) },
    "/:id/finish": { POST: withId(finish) },
    "/:id/observations": { GET: withId(showReviews) },
  });
}

function readId(text: string): number {
  const id = Number(text);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(id)) return id;
  throw notFound("The test run");
}

async function begin({ runs }: TestRunsDeps, { request, caller }: UserContext): Promise<Response> {
  const key = readIdempotencyKey(request);
  const body = await readJson(request, runSchema, 64 * 1024);
  const opened = await runs.begin(caller.id, {
    ...toRun(body),
    source_format: "modelpick",
    source_hash: null,
    warnings: [],
    extra: null,
    request_hash: hashText(writeJson(body)),
  }, key);
  return answerOpened(opened);
}

/** @throws {Problem} `request.idempotency_conflict` for null. */
function answerOpened(opened: OpenedRun | null): Response {
  if (opened === null) throw idempotencyConflict();
  return json(opened.totals, opened.isNew ? 201 : 200);
}

async function storeReport(
  { runs }: TestRunsDeps,
  { request, caller, note }: UserContext,
): Promise<Response> {
  const key = readIdempotencyKey(request);
  const given = readQuery(request, runSchema);
  const { text, report } = readReport(await readBytes(request, MAX_REPORT_BYTES));
  const sourceHash = hashText(text);
  const requestHash = hashText(writeJson([given, sourceHash]));
  note({ format: report.format, results: report.results.length });
  const opened = await runs.ingest(
    caller.id,
    {
      ...toRun(given, report),
      source_format: report.format,
      source_hash: sourceHash,
      warnings: report.warnings.slice(0, MAX_WARNINGS),
      extra: report.extra,
      request_hash: requestHash,
    },
    report.results,
    key ?? `report:${requestHash}`,
  );
  return answerOpened(opened);
}

function readReport(bytes: Uint8Array) {
  try {
    const text = decodeReport(bytes);
    return { text, report: parseReport(text) };
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    const { position } = error;
    const location = typeof position === "string"
      ? { field: position }
      : position === null
      ? {}
      : position;
    throw new Problem("test_runs.unreadable_report", error.message, {
      errors: [{
        path: typeof position === "string" ? position : "",
        code: error.code,
        message: error.message,
      }],
      members: { reason: error.code, ...location },
    });
  }
}

/** Merges the fields of the request with those of the report. The request's come first. */
function toRun(given: z.output<typeof runSchema>, report?: ParsedReport): Pick<
  NewTestRun,
  "suite" | "run_timestamp" | "branch_name" | "commit_hash" | "watcher_model" | "notes"
> {
  return {
    suite: given.suite ?? report?.suite?.slice(0, MAX_SUITE) ?? null,
    run_timestamp: given.run_timestamp ?? report?.run_timestamp ?? null,
    branch_name: given.branch_name ?? report?.branch_name ?? null,
    commit_hash: given.commit_hash ?? report?.commit_hash ?? null,
    watcher_model: given.watcher_model ?? report?.watcher_model ?? null,
    notes: given.notes ?? report?.notes ?? null,
  };
}

async function addResults(
  { runs }: TestRunsDeps,
  { request, caller }: UserContext,
  runId: number,
): Promise<Response> {
  const { results, first_ordinal } = await readJson(request, batchSchema, MAX_REPORT_BYTES);
  const { totals, added, known } = await runs.addResults(
    caller.id,
    runId,
    toResults(results, first_ordinal),
  );
  return json({ ...totals, added, known });
}

async function finish(
  { runs }: TestRunsDeps,
  { request, caller }: UserContext,
  runId: number,
): Promise<Response> {
  const { status } = await readJson(request, endSchema, 1024);
  return json(await runs.finish(caller.id, runId, status));
}

async function importIssues(
  { runs }: TestRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const { suite, issues } = await readJson(request, checklistSchema, MAX_REPORT_BYTES);
  return json(await runs.importIssues(caller.id, suite, issues));
}

async function showInsights(
  { runs }: TestRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const { suite, branch } = readQuery(request, insightsQuery);
  return json(findInsights(await runs.readHistory(caller.id, suite, branch)));
}

async function showRun(
  { runs }: TestRunsDeps,
  { request, caller, note }: UserContext,
  runId: number,
): Promise<Response> {
  const { format } = readQuery(request, runQuery);
  if (format === undefined) return json(await runs.read(caller.id, runId));
  note({ format });
  const { text, contentType, extension } = exportRun(
    await runs.readReport(caller.id, runId),
    format,
  );
  return new Response(text, {
    headers: {
      "content-type": contentType,
      "content-disposition": `attachment; filename="test-run-${runId}${extension}"`,
      "cache-control": "private, no-store",
    },
  });
}

async function showReviews(
  { readReviews }: TestRunsDeps,
  { caller }: UserContext,
  runId: number,
): Promise<Response> {
  const run = await readReviews(caller.id, runId);
  if (run === null) throw notFound("The test run");
  return json(writeReviewFile(run));
}
