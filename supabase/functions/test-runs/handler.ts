import { createHash } from "node:crypto";
import { z } from "zod";
import { readParts } from "../_shared/platform/http/body.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { idempotencyConflict, notFound, Problem } from "../_shared/platform/http/problem.ts";
import type { LargeBodies } from "../_shared/platform/http/large_bodies.ts";
import { readQuery } from "../_shared/platform/http/read_query.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import {
  serveUsers,
  type UserContext,
  type UserDeps,
} from "../_shared/platform/http/serve_users.ts";
import { hashText } from "../_shared/platform/json/hash_json.ts";
import { writeJson } from "../_shared/platform/json/lossless_json.ts";
import { decodePieces } from "../_shared/tracking/formats/decode_report.ts";
import { EXPORT_FORMATS, exportRun } from "../_shared/tracking/formats/export_run.ts";
import { headFields, runFields, toResults } from "../_shared/tracking/formats/parse_own_json.ts";
import { dateRun } from "../_shared/tracking/formats/run_date.ts";
import { openReport, parseJsonReport } from "../_shared/tracking/formats/parse_report.ts";
import {
  type ParsedReport,
  ReportError,
  type ReportFormat,
  resultSchema,
} from "../_shared/tracking/formats/report_model.ts";
import {
  arriveNow,
  MAX_WARNINGS,
  readPieces,
  type ReportContext,
} from "../_shared/tracking/formats/report_reader.ts";
import { findInsights } from "../_shared/tracking/insights/find_insights.ts";
import { importedIssueSchema } from "../_shared/tracking/issue_import.ts";
import type { OpenedRun, TestRunStore } from "../_shared/tracking/store.ts";
import type { NewTestRun } from "../_shared/tracking/test_run.ts";
import { writeReviewFile } from "../_shared/tracking/watcher/review_file.ts";
import type { RunReportReader } from "../_shared/tracking/run_report_reader.ts";
import { ISSUE_STATUSES } from "../_shared/tracking/run_reports.ts";
import type { ReadReviews } from "../_shared/tracking/watcher/review_store.ts";

/** Dependencies of the function. */
export interface TestRunsDeps extends UserDeps {
  readonly runs: TestRunStore;
  readonly reports: RunReportReader;
  readonly readReviews: ReadReviews;
  readonly largeBodies: LargeBodies;
}

const MAX_REPORT_BYTES = 20 * 1024 * 1024;
/** Limit for JSON, which is parsed as a whole: 4 MB take 0.45 s of CPU time and 100 MB. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;
/** CPU time that a megabyte takes on Deno 2.1.4. */
const MS_PER_MEGABYTE = { xml: 45, json: 115 };
const MAX_BATCH = 5_000;
const MAX_SUITE = 200;

const runSchema = z.strictObject(runFields);
const headSchema = z.strictObject(headFields);
const reportQuery = runSchema.extend({
  utc_offset: z.string().regex(/^[+-]\d{2}:\d{2}$/, "is no offset such as +02:00").exactOptional(),
});
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
const selectionSchema = z.strictObject({
  suite: z.string().max(200).nullable().default(null),
  branch: z.string().max(250).nullable().default(null),
  run_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().default(null),
  latest: z.stringbool().default(false),
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
});
const comparisonQuery = z.strictObject({ before: z.string(), after: z.string() });
const issuesQuery = z.strictObject({
  suite: z.string().max(200).nullable().default(null),
  status: z.enum(ISSUE_STATUSES).nullable().default(null),
});
const runQuery = z.strictObject({ format: z.enum(EXPORT_FORMATS).optional() });
const endSchema = z.strictObject({ status: z.enum(["complete", "aborted"]).default("complete") });
const checklistSchema = z.strictObject({
  suite: runFields.suite.default("default"),
  issues: z.array(importedIssueSchema).max(MAX_BATCH),
});

/**
 * Stores and shows the test runs of an account. Keys need the scope `track` to store, and `read` to read.
 *
 * - `POST /test-runs`: begins a run, `{suite?, run_timestamp?, branch_name?, commit_hash?,
 *   watcher_model?, notes?, source?, extra?}`, the fields of our own JSON → 201 with the run and its totals.
 * - `POST /test-runs/<id>/results`: `{results, first_ordinal?}`, up to 5,000 results and 4 MB, with the
 *   columns of `test_results`. A result without an `ordinal` gets its position in the list, counted from
 *   `first_ordinal`. Results that were sent before are ignored, so a batch may be sent again.
 * - `POST /test-runs/<id>/finish`: `{status?}`, `complete` or `aborted`.
 * - `POST /test-runs/report?suite=…&utc_offset=+02:00`: a whole report, JUnit XML of up to 20 MB, or CTRF JSON or our own
 *   JSON (`{…, results}`) of up to 4 MB; the content decides on the format. Fields of a run in the query override
 *   those of the report. 201, or 200 if the same file was stored before.
 * - `POST /test-runs/issues`: `{suite?, issues}` imports a checklist, by `issue_code`:
 *   `{added, changed, known}`. It resolves issues that are resolved there, and reopens none.
 * - `GET /test-runs?suite=&branch=&run_id=&latest=&limit=`: `{runs}`, complete runs with their change since
 *   the one before, the newest first; with `latest=true` only the last of each suite and branch.
 * - `GET /test-runs/compare?before=&after=`: `{summary, changes}`, two runs test by test.
 * - `GET /test-runs/issues?suite=&status=`: `{issues}`.
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
 * - 404 `resource.not_found`: the run does not exist or is another account's.
 * - 409 `test_runs.finished`: the run has ended, and the request would change it;
 *   `test_runs.ordinal_taken`: the ordinal belongs to another test's result.
 * - 408 `request.too_slow`, 413, 415, 422 `request.invalid`, `request.idempotency_conflict`.
 * - 503 if the database is unavailable; `request.busy` if other requests of more than 1 MB take
 *   long, `request.instance_spent` if the CPU time of the instance is used: repeat it.
 */
export function createHandler(deps: TestRunsDeps): (request: Request) => Promise<Response> {
  /** Large bodies are stored one at a time. */
  const withBody =
    (handle: (deps: TestRunsDeps, context: UserContext, id: number) => Promise<Response>) =>
    (deps: TestRunsDeps, context: UserContext, id = 0) =>
      deps.largeBodies.take(
        context.request,
        (request) => handle(deps, { ...context, request }, id),
      );
  const withId =
    (handle: (deps: TestRunsDeps, context: UserContext, id: number) => Promise<Response>) =>
    async (context: UserContext, text = "") => {
      const id = readId(text);
      context.note({ test_run_id: id });
      return await handle(deps, context, id);
    };
  return serveUsers("test-runs", "track", deps, {
    "/": {
      GET: (context) => listRuns(deps, context),
      POST: (context) => withBody(begin)(deps, context),
    },
    "/report": { POST: (context) => withBody(storeReport)(deps, context) },
    "/issues": {
      GET: (context) => listIssues(deps, context),
      POST: (context) => withBody(importIssues)(deps, context),
    },
    "/compare": { GET: (context) => compareRuns(deps, context) },
    "/insights": { GET: (context) => showInsights(deps, context) },
    "/:id": { GET: withId(showRun) },
    "/:id/results": { POST: withId(withBody(addResults)) },
    "/:id/finish": { POST: withId(finish) },
    "/:id/observations": { GET: withId(showReviews) },
  });
}

/** Returns the milliseconds of CPU time that so many bytes of a request take; 0 for too many. */
export function estimateCost({ headers }: Request, bytes: number): number {
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  if (bytes > (isJson ? MAX_JSON_BYTES : MAX_REPORT_BYTES)) return 0;
  return bytes / 1e6 * (isJson ? MS_PER_MEGABYTE.json : MS_PER_MEGABYTE.xml);
}

function readId(text: string): number {
  const id = Number(text);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(id)) return id;
  throw notFound("The test run");
}

async function begin(
  { runs }: TestRunsDeps,
  { request, readBody }: UserContext,
): Promise<Response> {
  const key = readIdempotencyKey(request);
  const { body, caller } = await readBody(request, headSchema, MAX_JSON_BYTES);
  const { source, extra = null } = body;
  const context = arriveNow();
  for (const warning of source?.warnings ?? []) context.warnings.add(warning);
  const opened = await runs.begin(caller.accountId, {
    ...toRun(trustDate(body, context), context),
    source_format: source?.format ?? "modelpick",
    source_hash: null,
    extra,
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
  const { utc_offset = null, ...given } = readQuery(request, reportQuery);
  const context = arriveNow(utc_offset);
  const hash = createHash("sha256");
  const parts = await readParts(request, MAX_REPORT_BYTES, (part) => hash.update(part));
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const sourceHash = hash.digest("hex");
  const requestHash = hashText(writeJson([given, sourceHash]));
  const said = trustDate(given, context);
  const begin = (format: ReportFormat): NewTestRun => ({
    ...toRun(said, context),
    source_format: format,
    source_hash: sourceHash,
    request_hash: requestHash,
  });
  const runKey = key ?? `report:${requestHash}`;
  try {
    const opened = openReport(decodePieces(parts, context.warnings), context);
    if (opened.syntax === "xml") {
      note({ format: "junit", bytes });
      const { results, end } = readPieces(opened.reader, opened.pieces);
      return answerOpened(
        await runs.ingest(caller.accountId, begin("junit"), {
          results,
          end() {
            const { head, amendments } = end();
            return { run: toRun(said, context, head), amendments };
          },
        }, runKey),
      );
    }
    if (bytes > MAX_JSON_BYTES) throw tooLargeForOne(bytes);
    const { results, ...report } = parseJsonReport([...opened.pieces].join(""), context);
    note({ format: report.format, bytes, results: results.length });
    return answerOpened(
      await runs.ingest(caller.accountId, begin(report.format), {
        results: [results],
        end: () => ({ run: toRun(said, context, report), amendments: [] }),
      }, runKey),
    );
  } catch (error) {
    throw error instanceof ReportError ? toProblem(error) : error;
  }
}

function toProblem({ code, message, position }: ReportError): Problem {
  const location = typeof position === "string"
    ? { field: position }
    : position === null
    ? {}
    : position;
  return new Problem("test_runs.unreadable_report", message, {
    errors: [{ path: typeof position === "string" ? position : "", code, message }],
    members: { reason: code, ...location },
  });
}

/** 413 for a report of JSON, which is parsed as a whole. */
function tooLargeForOne(bytes: number): Problem {
  return new Problem(
    "request.too_large",
    `The report has ${bytes} bytes; as JSON it may have ${MAX_JSON_BYTES} in one request. ` +
      `Begin a run with POST /test-runs, send up to ${MAX_BATCH} results at a time to ` +
      "/test-runs/<id>/results, and end it with /test-runs/<id>/finish. `deno task track` does so by itself.",
    { members: { limit_bytes: MAX_JSON_BYTES } },
  );
}

/** Leaves a date out that cannot be right. */
function trustDate<Given extends { readonly run_timestamp?: string }>(
  { run_timestamp, ...given }: Given,
  context: ReportContext,
) {
  const date = dateRun([run_timestamp], context);
  return date === null ? given : { ...given, run_timestamp: date };
}

/** Merges the fields of the request with those of the report. The request's come first. */
function toRun(
  given: Partial<z.output<typeof runSchema>>,
  context: ReportContext,
  report?: Omit<ParsedReport, "results">,
): Omit<NewTestRun, "source_format" | "source_hash" | "request_hash"> {
  return {
    suite: given.suite ?? report?.suite?.slice(0, MAX_SUITE) ?? null,
    run_timestamp: given.run_timestamp ?? report?.run_timestamp ?? null,
    branch_name: given.branch_name ?? report?.branch_name ?? null,
    commit_hash: given.commit_hash ?? report?.commit_hash ?? null,
    watcher_model: given.watcher_model ?? report?.watcher_model ?? null,
    notes: given.notes ?? report?.notes ?? null,
    warnings: context.warnings.list.slice(0, MAX_WARNINGS),
    extra: report?.extra ?? null,
  };
}

async function addResults(
  { runs }: TestRunsDeps,
  { request, readBody }: UserContext,
  runId: number,
): Promise<Response> {
  const { body, caller } = await readBody(request, batchSchema, MAX_JSON_BYTES);
  const { totals, added, known } = await runs.addResults(
    caller.accountId,
    runId,
    toResults(body.results, body.first_ordinal),
  );
  return json({ ...totals, added, known });
}

async function finish(
  { runs }: TestRunsDeps,
  { request, readBody }: UserContext,
  runId: number,
): Promise<Response> {
  const { body, caller } = await readBody(request, endSchema, 1024);
  return json(await runs.finish(caller.accountId, runId, body.status));
}

async function importIssues(
  { runs }: TestRunsDeps,
  { request, readBody }: UserContext,
): Promise<Response> {
  const { body, caller } = await readBody(request, checklistSchema, MAX_JSON_BYTES);
  return json(await runs.importIssues(caller.accountId, body.suite, body.issues));
}

async function listRuns(
  { reports }: TestRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const { run_id: runId, ...selection } = readQuery(request, selectionSchema);
  return json({ runs: await reports.listRuns(caller, { ...selection, runId }) });
}

async function compareRuns(
  { reports }: TestRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const { before, after } = readQuery(request, comparisonQuery);
  const comparison = await reports.compareRuns(caller, readId(before), readId(after));
  if (comparison === null) throw notFound("The test run");
  return json(comparison);
}

async function listIssues(
  { reports }: TestRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const query = readQuery(request, issuesQuery);
  return json({ issues: await reports.listIssues(caller, query) });
}

async function showInsights(
  { runs }: TestRunsDeps,
  { request, caller }: UserContext,
): Promise<Response> {
  const { suite, branch } = readQuery(request, insightsQuery);
  return json(findInsights(await runs.readHistory(caller.accountId, suite, branch)));
}

async function showRun(
  { runs }: TestRunsDeps,
  { request, caller, note }: UserContext,
  runId: number,
): Promise<Response> {
  const { format } = readQuery(request, runQuery);
  if (format === undefined) return json(await runs.read(caller.accountId, runId));
  note({ format });
  const { text, contentType, extension } = exportRun(
    await runs.readReport(caller.accountId, runId),
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
  const run = await readReviews(caller.accountId, runId);
  if (run === null) throw notFound("The test run");
  return json(writeReviewFile(run));
}
