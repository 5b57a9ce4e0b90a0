import postgres from "postgres";
import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { notFound, Problem } from "../platform/http/problem.ts";
import { jsonObjectWithin, type JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { fingerprintFailure } from "./fingerprint.ts";
import { REPORT_LIMITS, resultSchema, toResults } from "./read_json_report.ts";
import type { ParsedReport, ParsedResult } from "./report_model.ts";
import type { TestHistory } from "./test_history.ts";
import type { ImportedIssue, NewTestRun, TestRunStore } from "./test_run_store.ts";

const totalsSchema = z.object({
  run_id: z.number(),
  suite: z.string(),
  branch_name: z.string(),
  commit_hash: z.string().nullable(),
  run_timestamp: z.string(),
  status: z.enum(["running", "complete", "aborted"]),
  total_tests: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
  pass_rate: z.number().nullable(),
  avg_watcher_quality: z.number().nullable(),
  total_duration_secs: z.number(),
  total_cost_usd: z.number(),
  watcher_cost_usd: z.number(),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })),
});

const historySchema = z.object({
  runs: z.array(z.object({
    run_id: z.number(),
    commit_hash: z.string().nullable(),
    tests_passed: z.number(),
    tests_failed: z.number(),
  })),
  tests: z.array(z.object({
    tool_name: z.string(),
    variation: z.string(),
    class_name: z.string(),
    provider: z.string(),
    model: z.string(),
    places: z.array(z.number()),
    outcomes: z.string(),
    durations: z.array(z.number().nullable()).nullable(),
    costs: z.array(z.number().nullable()).nullable(),
  })),
});

const openedSchema = z.object({ is_new: z.boolean(), conflict: z.boolean() });
const importedSchema = z.object({ added: z.number(), changed: z.number(), known: z.number() });
const addedSchema = z.object({ added: z.number(), known: z.number() });

/** Columns that say nothing outside of the database. */
const NOT_EXPORTED = [
  ...["id", "run_id", "owner_id", "test_key", "created_at"],
  ...["failure_fingerprint", "fingerprint_version"],
];

const storedSchema = z.object({
  suite: z.string(),
  run_timestamp: z.string(),
  branch_name: z.string(),
  commit_hash: z.string().nullable(),
  watcher_model: z.string().nullable(),
  notes: z.string().nullable(),
  source_format: z.enum(["junit", "ctrf", "modelpick", "observations"]).catch("modelpick"),
  warnings: totalsSchema.shape.warnings,
  extra: jsonObjectWithin(REPORT_LIMITS).nullable(),
  results: z.array(resultSchema),
});

function toReport(stored: z.output<typeof storedSchema>): ParsedReport {
  return {
    format: stored.source_format,
    suite: stored.suite,
    runTimestamp: new Date(stored.run_timestamp).toISOString(),
    branchName: stored.branch_name,
    commitHash: stored.commit_hash,
    watcherModel: stored.watcher_model,
    notes: stored.notes,
    results: toResults(stored.results, 0),
    warnings: stored.warnings,
    extra: stored.extra,
  };
}

/** Test runs behind the doors that the database opens to `service_role`. */
export function createTestRunStore(sql: Database): TestRunStore {
  const ask = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) => {
    try {
      return (await query(statement))[0]?.result;
    } catch (error) {
      throw toTrackingProblem(error);
    }
  };
  const opened = (result: unknown) => {
    const { is_new, conflict } = openedSchema.parse(result);
    return conflict ? null : { totals: totalsSchema.parse(result), isNew: is_new };
  };
  return {
    begin: async (ownerId, run, key) =>
      opened(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.begin_test_run(
              ${ownerId}::uuid, ${storableJson(toColumns(run))}::text::jsonb, ${key}::text
            ) as result`
        ),
      ),
    addResults: async (ownerId, runId, results) => {
      const result = await ask(() =>
        sql<{ result: unknown }[]>`
          select public.add_test_results(
            ${ownerId}::uuid, ${runId}::bigint, ${storableJson(results.map(toRow))}::text::jsonb
          ) as result`
      );
      return { totals: totalsSchema.parse(result), ...addedSchema.parse(result) };
    },
    finish: async (ownerId, runId, status) =>
      totalsSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.finish_test_run(${ownerId}::uuid, ${runId}::bigint, ${status}) as result`
        ),
      ),
    ingest: async (ownerId, run, results, key) =>
      opened(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.ingest_test_report(
              ${ownerId}::uuid, ${storableJson(toColumns(run))}::text::jsonb, ${
            storableJson(results.map(toRow))
          }::text::jsonb, ${key}::text
            ) as result`
        ),
      ),
    read: async (ownerId, runId) => {
      const result = await ask(() =>
        sql<{ result: unknown }[]>`
          select public.read_test_run(${ownerId}::uuid, ${runId}::bigint) as result`
      );
      if (result === null) throw notFound("The test run");
      return totalsSchema.parse(result);
    },
    readHistory: async (ownerId, suite, branch) =>
      toHistory(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.read_test_history(${ownerId}::uuid, ${suite}, ${branch}) as result`
        ),
      ),
    importIssues: async (ownerId, suite, issues) =>
      importedSchema.parse(
        await ask(() =>
          sql<{ result: unknown }[]>`
            select public.import_issues(${ownerId}::uuid, ${
            storableJson(issues.map((issue) => toIssueRow(suite, issue)))
          }::text::jsonb) as result`
        ),
      ),
    readReport: async (ownerId, runId) => {
      // One statement sees one state, however the run is being filled meanwhile.
      const result = await ask(() =>
        sql<{ result: unknown }[]>`
          select (
            select jsonb_build_object(
              'suite', r.suite, 'run_timestamp', r.run_timestamp, 'branch_name', r.branch_name,
              'commit_hash', r.commit_hash, 'watcher_model', r.watcher_model, 'notes', r.notes,
              'source_format', r.source_format, 'warnings', r.warnings, 'extra', r.extra,
              'results', coalesce((
                select jsonb_agg(to_jsonb(x) - ${NOT_EXPORTED}::text[] order by x.ordinal)
                from public.test_results x where x.run_id = r.id
              ), '[]')
            ) from public.test_runs r where r.id = ${runId}::bigint and r.owner_id = ${ownerId}::uuid
          ) as result`
      );
      if (result === null) throw notFound("The test run");
      return toReport(storedSchema.parse(result));
    },
  };
}

function toHistory(result: unknown): TestHistory {
  const { runs, tests } = historySchema.parse(result);
  return {
    runs: runs.map(({ run_id, tests_passed, tests_failed }) => ({
      runId: run_id,
      passed: tests_passed,
      failed: tests_failed,
    })),
    tests: tests.map((test) => ({
      toolName: test.tool_name,
      variation: test.variation,
      className: test.class_name,
      provider: test.provider,
      model: test.model,
      points: test.places.flatMap((place, index) => {
        const run = runs[place];
        if (run === undefined) return [];
        const letter = test.outcomes[index];
        return [{
          runId: run.run_id,
          commitHash: run.commit_hash,
          outcome: letter === "F" ? "failed" : letter === "R" ? "retried" : "passed",
          durationSecs: test.durations?.[index] ?? null,
          costUsd: test.costs?.[index] ?? null,
        }];
      }),
    })),
  };
}

function toColumns(run: NewTestRun): JsonValue {
  return {
    suite: run.suite,
    run_timestamp: run.runTimestamp,
    branch_name: run.branchName,
    commit_hash: run.commitHash,
    watcher_model: run.watcherModel,
    notes: run.notes,
    source_format: run.sourceFormat,
    source_hash: run.sourceHash,
    warnings: run.warnings.map((warning) => ({ ...warning })),
    request_hash: run.requestHash,
    extra: run.extra,
  };
}

function toIssueRow(suite: string, issue: ImportedIssue): JsonValue {
  return {
    issue_code: issue.issue_code,
    suite,
    title: issue.title,
    description: issue.description ?? null,
    category: issue.category ?? null,
    priority: issue.priority ?? null,
    root_cause: issue.root_cause ?? null,
    resolution: issue.resolution ?? null,
    is_resolved: issue.is_resolved ?? false,
    affected_tools: issue.affected_tools === undefined ? null : [...issue.affected_tools],
  };
}

function toRow(result: ParsedResult): JsonValue {
  const failed = result.status === "FAIL" || result.status === "ERROR";
  const print = failed ? fingerprintFailure(result) : null;
  return {
    ordinal: result.ordinal,
    tool_name: result.toolName,
    variation: result.variation,
    provider: result.provider,
    model: result.model,
    class_name: result.className,
    status: result.status,
    execution_status: result.executionStatus,
    attempt: result.attempt,
    is_counted: result.isCounted,
    duration_secs: result.durationSecs,
    memory_mb: result.memoryMb,
    cpu_percent: result.cpuPercent,
    tokens_total: result.tokensTotal,
    cost_usd: result.costUsd,
    watcher_quality: result.watcherQuality,
    watcher_observations: result.watcherObservations,
    error_message: result.errorMessage,
    error_class: result.errorClass,
    failure_fingerprint: print?.fingerprint ?? null,
    fingerprint_version: print?.version ?? null,
    file_path: result.filePath,
    line_number: result.lineNumber,
    extra: result.extra,
  };
}

/** JSON as `jsonb` takes it: U+0000 and unpaired surrogates become U+FFFD. */
function storableJson(value: JsonValue): string {
  return writeJson(value).replace(
    /\\(?:u(?:0000|d[\da-f]{3})|.)/g,
    (escape) => escape.length > 2 ? "\\ufffd" : escape,
  );
}

/** What the doors refuse, in a client's words. */
function toTrackingProblem(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError)) return error;
  if (error.code === "P0002") return notFound("The test run");
  if (error.code === "55000") {
    return new Problem("test_runs.finished", "The test run has ended: it takes nothing new.", {
      cause: error,
    });
  }
  if (error.code === "23505" && error.constraint_name === "test_results_run_id_ordinal_key") {
    return new Problem(
      "test_runs.ordinal_taken",
      "The run has another result in that place: count on with first_ordinal.",
      { cause: error },
    );
  }
  // A value that the reader let through and a column does not take.
  if (/^22|^23514/.test(error.code)) {
    return new Problem("request.invalid", "A value of the report does not fit its column.", {
      errors: [{
        path: error.column_name ?? error.constraint_name ?? "",
        code: "out_of_range",
        message: "The database does not take it.",
      }],
      cause: error,
    });
  }
  return error;
}
