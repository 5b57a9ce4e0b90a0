import type { TransactionSql } from "postgres";
import type { TestDatabase } from "../../scripts/testing/database.ts";
import { storeReport } from "../../scripts/testing/store_report.ts";

/** One result: columns of `test_results`. */
export interface ResultRow {
  readonly ordinal: number;
  readonly tool_name: string;
  readonly status: "PASS" | "FAIL" | "SKIP" | "ERROR";
  readonly variation?: string;
  readonly class_name?: string;
  readonly attempt?: number;
  readonly is_counted?: boolean;
  readonly duration_secs?: number;
  readonly cost_usd?: number;
  readonly watcher_quality?: number;
  readonly error_message?: string;
  readonly error_class?: string;
  readonly failure_fingerprint?: string;
  readonly fingerprint_version?: number;
}

/** Fields of a run, as `begin_test_run` takes them. */
export interface RunFields {
  readonly suite?: string;
  readonly branch_name?: string;
  readonly commit_hash?: string;
  /** ISO 8601. */
  readonly run_timestamp?: string;
  readonly request_hash?: string;
  readonly watcher_model?: string;
  readonly source_format?: string;
}

/** A run's totals, as the database functions return them. */
export interface RunTotals {
  readonly run_id: number;
  readonly is_new: boolean;
  readonly conflict: boolean;
  readonly status: string;
  readonly added: number;
  readonly known: number;
  readonly total_tests: number;
  readonly tests_passed: number;
  readonly tests_failed: number;
  readonly tests_skipped: number;
  readonly pass_rate: number | null;
  readonly avg_watcher_quality: number | null;
  readonly total_duration_secs: number;
  readonly total_cost_usd: number;
}

/** Calls `begin_test_run`. */
export async function beginRun(
  db: TestDatabase,
  owner: string,
  run: RunFields = {},
  key: string | null = null,
): Promise<RunTotals> {
  const [row] = await db.workers<[{ totals: RunTotals }]>`
    select public.begin_test_run(${owner}, ${db.workers.json({ ...run })}, ${key}) as totals`;
  return row.totals;
}

/** Calls `add_test_results`. */
export async function addResults(
  db: TestDatabase,
  owner: string,
  run: number,
  results: readonly ResultRow[],
): Promise<RunTotals> {
  const [row] = await db.workers<[{ totals: RunTotals }]>`
    select public.add_test_results(${owner}, ${run}, ${
    db.workers.json(results.map((result) => ({ ...result })))
  }) as totals`;
  return row.totals;
}

/** Calls `finish_test_run`. */
export async function finishRun(
  db: TestDatabase,
  owner: string,
  run: number,
  status = "complete",
): Promise<RunTotals> {
  const [row] = await db.workers<[{ totals: RunTotals }]>`
    select public.finish_test_run(${owner}, ${run}, ${status}) as totals`;
  return row.totals;
}

/** Stores a whole run as a report: in one transaction, and only once for a key. */
export async function ingestRun(
  db: TestDatabase,
  owner: string,
  run: RunFields,
  results: readonly ResultRow[],
  key: string = crypto.randomUUID(),
): Promise<RunTotals> {
  const rows = results.map((result) => ({ ...result }));
  return await storeReport<RunTotals>(db.workers, owner, { ...run }, rows, key);
}

/** Runs statements with the rights of a signed-in user, as PostgREST does. */
export async function asUser<T>(
  db: TestDatabase,
  user: string,
  action: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const result = await db.sql.begin(async (sql) => {
    const claims = JSON.stringify({ sub: user, role: "authenticated" });
    await sql`select set_config('request.jwt.claims', ${claims}, true)`;
    await sql`set local role authenticated`;
    return { value: await action(sql) };
  });
  return result.value;
}
