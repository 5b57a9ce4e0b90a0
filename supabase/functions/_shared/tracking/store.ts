import postgres from "postgres";
import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { notFound, Problem } from "../platform/http/problem.ts";
import { jsonObjectWithin } from "../platform/json/json_value.ts";
import { toResults } from "./formats/parse_own_json.ts";
import {
  type ParsedReport,
  type ParsedResult,
  REPORT_FORMATS,
  REPORT_LIMITS,
  reportWarningSchema,
  resultSchema,
} from "./formats/report_model.ts";
import type { Amendment } from "./formats/report_reader.ts";
import type { TestHistory } from "./insights/test_history.ts";
import { testName } from "./insights/test_insights.ts";
import { type ImportCounts, importCountsSchema, type ImportedIssue } from "./issue_import.ts";
import { ResultBatch, storableJson, toRow } from "./result_batch.ts";
import { type NewTestRun, type TestRunTotals, testRunTotalsSchema } from "./test_run.ts";

/** A run that was created, or found by its idempotency key. */
export interface OpenedRun {
  readonly totals: TestRunTotals;
  readonly isNew: boolean;
}

/**
 * Stores test runs. Each method is one transaction and sees only the owner's runs.
 *
 * @throws {Problem} `resource.not_found` for a run that does not exist or is another owner's;
 * `test_runs.finished`; `test_runs.ordinal_taken`; `request.invalid` for a value that does not fit
 * its column.
 */
export interface TestRunStore {
  /** Creates a run. @returns null if the key was used for another request. */
  begin(ownerId: string, run: NewTestRun, key: string | null): Promise<OpenedRun | null>;
  /** Adds results. Results that were sent before are ignored and counted in `known`. */
  addResults(
    ownerId: string,
    runId: number,
    results: readonly ParsedResult[],
  ): Promise<{ readonly totals: TestRunTotals; readonly added: number; readonly known: number }>;
  finish(ownerId: string, runId: number, status: "complete" | "aborted"): Promise<TestRunTotals>;
  /**
   * Stores a report while it is read: the whole or nothing. A known key reads nothing of it.
   *
   * @param run what is known before the report is read.
   * @throws {ReportError} from `report`.
   * @returns null as {@link TestRunStore.begin}.
   */
  ingest(
    ownerId: string,
    run: NewTestRun,
    report: ReportSource,
    key: string,
  ): Promise<OpenedRun | null>;
  read(ownerId: string, runId: number): Promise<TestRunTotals>;
  /** Reads the last runs of a suite on a branch, at most 50. Empty if there are none. */
  readHistory(ownerId: string, suite: string, branch: string): Promise<TestHistory>;
  /** Adds or updates all issues or none. An open issue of the import does not reopen a stored one. */
  importIssues(
    ownerId: string,
    suite: string,
    issues: readonly ImportedIssue[],
  ): Promise<ImportCounts>;
  /** Reads a run with all of its results in their order. */
  readReport(ownerId: string, runId: number): Promise<ParsedReport>;
}

/** A report that is read piece by piece. */
export interface ReportSource {
  /** Yields the results in their order. Iterated over at most once. */
  readonly results: Iterable<readonly ParsedResult[]>;
  /** Returns what the end of the report says. Called after the last result. */
  readonly end: () => ReportClosing;
}

/** What the end of a report says. */
export interface ReportClosing {
  /** Replaces what is known of the run. Null changes nothing. */
  readonly run: Omit<NewTestRun, "source_format" | "source_hash" | "request_hash">;
  readonly amendments: readonly Amendment[];
}

const historySchema = z.object({
  runs: z.array(z.object({
    run_id: z.number(),
    commit_hash: z.string().nullable(),
    tests_passed: z.number(),
    tests_failed: z.number(),
  })),
  tests: z.array(z.object({
    ...testName,
    places: z.array(z.number()),
    outcomes: z.string(),
    durations: z.array(z.number().nullable()).nullable(),
    costs: z.array(z.number().nullable()).nullable(),
  })),
});

const openedSchema = z.object({ is_new: z.boolean(), conflict: z.boolean() });
const addedSchema = importCountsSchema.pick({ added: true, known: true });

/** Columns that mean nothing outside of the database. */
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
  source_format: z.enum(REPORT_FORMATS).catch("modelpick"),
  warnings: z.array(reportWarningSchema),
  extra: jsonObjectWithin(REPORT_LIMITS).nullable(),
  results: z.array(resultSchema),
});

/** Makes the store. It calls functions of the database that are for `service_role`. */
export function createTestRunStore(sql: Database): TestRunStore {
  const translate = async <Result>(statement: () => PromiseLike<Result>): Promise<Result> => {
    try {
      return await query(statement);
    } catch (error) {
      throw toTrackingProblem(error);
    }
  };
  const ask = async (statement: PromiseLike<readonly postgres.Row[]>): Promise<unknown> =>
    (await translate(() => statement))[0]?.["result"];
  const opened = (result: unknown) => {
    const { is_new, conflict } = openedSchema.parse(result);
    return conflict ? null : { totals: testRunTotalsSchema.parse(result), isNew: is_new };
  };
  return {
    begin: async (ownerId, run, key) =>
      opened(
        await ask(sql`
            select public.begin_test_run(
              ${ownerId}::uuid, ${storableJson(run)}::text::jsonb, ${key}::text
            ) as result`),
      ),
    addResults: async (ownerId, runId, results) => {
      const result = await ask(sql`
          select public.add_test_results(
            ${ownerId}::uuid, ${runId}::bigint, ${storableJson(results.map(toRow))}::text::jsonb
          ) as result`);
      return { totals: testRunTotalsSchema.parse(result), ...addedSchema.parse(result) };
    },
    finish: async (ownerId, runId, status) =>
      testRunTotalsSchema.parse(
        await ask(sql`
            select public.finish_test_run(${ownerId}::uuid, ${runId}::bigint, ${status}) as result`),
      ),
    ingest: async (ownerId, run, { results, end }, key) =>
      await translate(() =>
        sql.begin(async (sql) => {
          const [begun] = await sql<{ result: unknown }[]>`
            select public.begin_test_run(
              ${ownerId}::uuid, ${storableJson(run)}::text::jsonb, ${key}::text
            ) as result`;
          const known = opened(begun?.result);
          if (known === null || !known.isNew) return known;
          const { run_id: id } = known.totals;
          let batch = new ResultBatch();
          let writing: Promise<unknown> = Promise.resolve();
          // One batch is written while the next is read.
          const flush = async () => {
            await writing;
            const { passed, others } = batch.take();
            const statement = sql`
              select public.add_report_results(
                ${ownerId}::uuid, ${id}::bigint, ${passed}::text::jsonb, ${others}::text::jsonb
              )`;
            writing = statement.execute();
            // The next `await writing` throws its error; until then it must not count as unhandled.
            writing.catch(() => {});
            batch = new ResultBatch();
          };
          for (const completed of results) {
            for (const result of completed) {
              batch.add(result);
              if (batch.isFull) await flush();
            }
          }
          if (!batch.isEmpty) await flush();
          await writing;
          const { run: said, amendments } = end();
          const [closed] = await sql<{ result: unknown }[]>`
            select public.close_test_report(
              ${ownerId}::uuid, ${id}::bigint, ${storableJson(said)}::text::jsonb,
              ${storableJson(amendments)}::text::jsonb
            ) as result`;
          return { totals: testRunTotalsSchema.parse(closed?.result), isNew: true };
        })
      ),
    read: async (ownerId, runId) => {
      const result = await ask(sql`
          select public.read_test_run(${ownerId}::uuid, ${runId}::bigint) as result`);
      if (result === null) throw notFound("The test run");
      return testRunTotalsSchema.parse(result);
    },
    readHistory: async (ownerId, suite, branch) =>
      toHistory(
        await ask(sql`
            select public.read_test_history(${ownerId}::uuid, ${suite}, ${branch}) as result`),
      ),
    importIssues: async (ownerId, suite, issues) =>
      importCountsSchema.parse(
        await ask(sql`
            select public.import_issues(${ownerId}::uuid, ${
          storableJson(issues.map((issue) => ({ suite, ...issue })))
        }::text::jsonb) as result`),
      ),
    readReport: async (ownerId, runId) => {
      // One statement sees one snapshot, even while results are being added.
      const result = await ask(sql`
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
          ) as result`);
      if (result === null) throw notFound("The test run");
      return toReport(storedSchema.parse(result));
    },
  };
}

function toReport(stored: z.output<typeof storedSchema>): ParsedReport {
  const { source_format: format, ...said } = stored;
  const run_timestamp = new Date(stored.run_timestamp).toISOString();
  return { ...said, format, run_timestamp, results: toResults(stored.results, 0) };
}

function toHistory(result: unknown): TestHistory {
  const { runs, tests } = historySchema.parse(result);
  return {
    runs,
    tests: tests.map(({ places, outcomes, durations, costs, ...name }) => ({
      ...name,
      points: places.flatMap((place, index) => {
        const run = runs[place];
        if (run === undefined) return [];
        const letter = outcomes[index];
        return [{
          run_id: run.run_id,
          commit_hash: run.commit_hash,
          outcome: letter === "F" ? "failed" : letter === "R" ? "retried" : "passed",
          duration_secs: durations?.[index] ?? null,
          cost_usd: costs?.[index] ?? null,
        }];
      }),
    })),
  };
}

/** Translates the errors that the database functions raise on purpose. */
function toTrackingProblem(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError)) return error;
  if (error.code === "P0002") return notFound("The test run");
  if (error.code === "55000") {
    return new Problem("test_runs.finished", "The test run has ended and accepts no new results.", {
      cause: error,
    });
  }
  if (error.code === "23505" && error.constraint_name === "test_results_run_id_ordinal_key") {
    return new Problem(
      "test_runs.ordinal_taken",
      "The ordinal belongs to another result of the run: number each batch on with first_ordinal.",
      { cause: error },
    );
  }
  // The reader accepted a value that its column does not.
  if (/^22|^23514/.test(error.code)) {
    return new Problem("request.invalid", "A value of the report does not fit its column.", {
      errors: [{
        path: error.column_name ?? error.constraint_name ?? "",
        code: "out_of_range",
        message: "The value is out of the column's range.",
      }],
      cause: error,
    });
  }
  return error;
}
