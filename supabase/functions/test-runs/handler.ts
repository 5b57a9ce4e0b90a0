import { createHash } from "node:crypto";
import { z } from "zod";
import {
  authenticateUser,
  type LookUpUser,
  type User,
} from "../_shared/platform/http/authenticate_user.ts";
import { readBytes, readJson } from "../_shared/platform/http/body.ts";
import { fieldErrorsOf } from "../_shared/platform/http/field_error.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { createPipeline, type RequestContext } from "../_shared/platform/http/pipeline.ts";
import {
  idempotencyConflict,
  invalid,
  methodNotAllowed,
  notFound,
  Problem,
} from "../_shared/platform/http/problem.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import { writeJson } from "../_shared/platform/json/lossless_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { decodeReport } from "../_shared/tracking/decode_report.ts";
import { EXPORT_FORMATS, exportRun } from "../_shared/tracking/export_run.ts";
import { findInsights } from "../_shared/tracking/find_insights.ts";
import {
  type ReadObservations,
  writeObservationFile,
} from "../_shared/tracking/observation_file.ts";
import { parseReport } from "../_shared/tracking/parse_report.ts";
import { resultSchema, runFields, toResults } from "../_shared/tracking/read_json_report.ts";
import { ReportError } from "../_shared/tracking/report_model.ts";
import type { NewTestRun, TestRunStore } from "../_shared/tracking/test_run_store.ts";

/** What test runs are taken in with. */
export interface TestRunsDeps {
  readonly lookUpUser: LookUpUser;
  readonly runs: TestRunStore;
  readonly readObservations: ReadObservations;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

const MAX_REPORT_BYTES = 20 * 1024 * 1024;
const MAX_BATCH = 5_000;

const runSchema = z.strictObject(runFields);
const batchSchema = z.strictObject({
  first_ordinal: z.int().nonnegative().max(2 ** 31 - 1 - MAX_BATCH).default(0),
  results: z.array(resultSchema).min(1).max(MAX_BATCH),
}).superRefine(({ first_ordinal, results }, context) => {
  const places = new Set<number>();
  for (const [index, { ordinal = first_ordinal + index }] of results.entries()) {
    if (places.has(ordinal)) {
      context.addIssue({
        code: "custom",
        path: ["results", index, "ordinal"],
        message: `${ordinal} is taken by another result.`,
      });
    }
    places.add(ordinal);
  }
});
const insightsSchema = z.strictObject({
  suite: z.string().min(1).max(200).default("default"),
  branch: z.string().min(1).max(250).default("main"),
});
const endSchema = z.strictObject({ status: z.enum(["complete", "aborted"]).default("complete") });

const querySchema = z.strictObject({ format: z.enum(EXPORT_FORMATS).optional() });

const text = z.string().max(20_000).optional();
const issueSchema = z.strictObject({
  issue_code: z.string().max(100)
    .regex(/^[A-Z0-9]+(-[A-Z0-9]+)*-(CRITICAL|HIGH|MEDIUM|LOW)-\d{3,}$/, "is no issue code"),
  title: z.string().min(1).max(300),
  description: text,
  category: z.enum(["production", "test_infrastructure"]).optional(),
  priority: z.enum(["CRITICAL", "HIGH", "MEDIUM", "LOW"]).optional(),
  root_cause: text,
  resolution: text,
  is_resolved: z.boolean().optional(),
  affected_tools: z.array(z.string().min(1).max(2000)).max(200).optional(),
});
const checklistSchema = z.strictObject({
  suite: runFields.suite.default("default"),
  issues: z.array(issueSchema).max(MAX_BATCH),
});

type Context = RequestContext<User>;

/**
 * Takes test runs in, signed in.
 *
 * - `POST /test-runs`: begins a run, `{suite?, run_timestamp?, branch_name?, commit_hash?,
 *   watcher_model?, notes?}` → 201 with the run and its totals.
 * - `POST /test-runs/<id>/results`: `{results, first_ordinal?}`, up to 5,000 with the columns of
 *   `test_results`; one without an `ordinal` has its place in the list, counted from
 *   `first_ordinal`. What was sent before is left as it is, so that a batch may be sent again.
 * - `POST /test-runs/<id>/finish`: `{status?}`, `complete` or `aborted`.
 * - `POST /test-runs/report?suite=…`: a whole report, up to 20 MB: JUnit XML, CTRF JSON or our own
 *   (`{…, results}`), told apart by content. The query may say what the fields of a run say, and
 *   then counts. 201, or 200 where the same file was taken in before.
 * - `POST /test-runs/issues`: `{suite?, issues}` takes a checklist over, known by `issue_code`:
 *   `{added, changed, known}`. It resolves what it says is resolved, and reopens nothing.
 * - `GET /test-runs/<id>`: the run and its totals; with `?format=csv|json|md|junit|ctrf` a file with
 *   its results, of which the JSON and both others can be taken in again.
 * - `GET /test-runs/insights?suite=…&branch=…`: what the last 50 runs say beyond each result:
 *   `{flaky, broken, slower, costlier, outliers, drift}`, as {@link findInsights} has it. Suite and
 *   branch are `default` and `main` unless said.
 * - `GET /test-runs/<id>/observations`: what a watcher has said of it, as a file of
 *   `watcher_observations/`.
 *
 * `Idempotency-Key` binds the two that make a run to it; a report without one is known by its bytes.
 *
 * - 400 `request.malformed`, `test_runs.unreadable_report` with `reason` and line and column or the
 *   field: nothing of the report is kept.
 * - 404 `resource.not_found`: no such run, or another's.
 * - 409 `test_runs.finished`: the run has ended and the request would change it;
 *   `test_runs.ordinal_taken`: another test was sent in that place before.
 * - 413, 415, 422 `request.invalid`, `request.idempotency_conflict`; 503 when the database is away.
 */
export function createHandler(deps: TestRunsDeps): (request: Request) => Promise<Response> {
  return createPipeline({
    methods: ["GET", "POST"],
    origins: deps.origins,
    authenticate: authenticateUser(deps.lookUpUser),
    log: deps.log,
    handle: async (context) => {
      const { request, caller, note } = context;
      note({ user_id: caller.id });
      const [id, action, ...rest] = new URL(request.url).pathname.split("/test-runs")[1]
        ?.split("/").filter((part) => part !== "") ?? [];
      if (rest.length > 0) throw notFound("The address");
      if (request.method === "GET") {
        if (id !== undefined && action === "observations") {
          return await answerObservations(deps, caller, readId(id));
        }
        if (id === undefined || action !== undefined) throw methodNotAllowed(["POST"]);
        if (id === "insights") return await readInsights(deps, context);
        return await answerRun(deps, context, readId(id));
      }
      if (id === undefined) return await begin(deps, context);
      if (id === "report" && action === undefined) return await takeReport(deps, context);
      if (id === "issues" && action === undefined) return await importIssues(deps, context);
      const runId = readId(id);
      note({ test_run_id: runId });
      if (action === "results") return await addResults(deps, context, runId);
      if (action === "finish") return await finish(deps, context, runId);
      throw action === undefined ? methodNotAllowed(["GET"]) : notFound("The address");
    },
  });
}

async function readInsights({ runs }: TestRunsDeps, { request, caller }: Context) {
  const asked = insightsSchema.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!asked.success) throw invalid(fieldErrorsOf(asked.error));
  const { suite, branch } = asked.data;
  return json(findInsights(await runs.readHistory(caller.id, suite, branch)));
}

function readId(text: string): number {
  const id = Number(text);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(id)) return id;
  throw notFound("The test run");
}

async function answerRun(
  { runs }: TestRunsDeps,
  { request, caller, note }: Context,
  runId: number,
): Promise<Response> {
  const query = querySchema.safeParse(
    Object.fromEntries(new URL(request.url).searchParams),
  );
  if (!query.success) throw invalid(fieldErrorsOf(query.error));
  const { format } = query.data;
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

async function answerObservations(
  { readObservations }: TestRunsDeps,
  caller: User,
  runId: number,
): Promise<Response> {
  const run = await readObservations(caller.id, runId);
  if (run === null) throw notFound("The test run");
  return json(writeObservationFile(run));
}

async function begin({ runs }: TestRunsDeps, { request, caller }: Context): Promise<Response> {
  const key = readIdempotencyKey(request);
  const body = await readJson(request, runSchema, 64 * 1024);
  const opened = await runs.begin(caller.id, {
    ...toRun(body),
    sourceFormat: "modelpick",
    sourceHash: null,
    warnings: [],
    extra: null,
    requestHash: hash(writeJson(body)),
  }, key);
  if (opened === null) throw idempotencyConflict();
  return json(opened.totals, opened.isNew ? 201 : 200);
}

async function addResults(
  { runs }: TestRunsDeps,
  { request, caller }: Context,
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
  { request, caller }: Context,
  runId: number,
): Promise<Response> {
  const { status } = await readJson(request, endSchema, 1024);
  return json(await runs.finish(caller.id, runId, status));
}

async function importIssues(
  { runs }: TestRunsDeps,
  { request, caller }: Context,
): Promise<Response> {
  const { suite, issues } = await readJson(request, checklistSchema, MAX_REPORT_BYTES);
  return json(await runs.importIssues(caller.id, suite, issues));
}

async function takeReport(
  { runs }: TestRunsDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const key = readIdempotencyKey(request);
  const { searchParams } = new URL(request.url);
  const asked = runSchema.safeParse(Object.fromEntries(searchParams));
  if (!asked.success) {
    await request.body?.cancel();
    throw invalid(fieldErrorsOf(asked.error));
  }
  const { text, report } = readReport(await readBytes(request, MAX_REPORT_BYTES));
  const run = toRun(asked.data);
  const sourceHash = hash(text);
  const requestHash = hash(writeJson([asked.data, sourceHash]));
  note({ format: report.format, results: report.results.length });
  const opened = await runs.ingest(
    caller.id,
    {
      suite: run.suite ?? report.suite?.slice(0, 200) ?? null,
      runTimestamp: run.runTimestamp ?? report.runTimestamp,
      branchName: run.branchName ?? report.branchName,
      commitHash: run.commitHash ?? report.commitHash,
      watcherModel: run.watcherModel ?? report.watcherModel,
      notes: run.notes ?? report.notes,
      sourceFormat: report.format,
      sourceHash,
      warnings: report.warnings.slice(0, 100),
      extra: report.extra,
      requestHash,
    },
    report.results,
    key ?? `report:${requestHash}`,
  );
  if (opened === null) throw idempotencyConflict();
  return json(opened.totals, opened.isNew ? 201 : 200);
}

function readReport(bytes: Uint8Array) {
  try {
    const text = decodeReport(bytes);
    return { text, report: parseReport(text) };
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    const { position } = error;
    const place = typeof position === "string"
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
      members: { reason: error.code, ...place },
    });
  }
}

function toRun(fields: z.output<typeof runSchema>): Pick<
  NewTestRun,
  "suite" | "runTimestamp" | "branchName" | "commitHash" | "watcherModel" | "notes"
> {
  return {
    suite: fields.suite ?? null,
    runTimestamp: fields.run_timestamp ?? null,
    branchName: fields.branch_name ?? null,
    commitHash: fields.commit_hash ?? null,
    watcherModel: fields.watcher_model ?? null,
    notes: fields.notes ?? null,
  };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
