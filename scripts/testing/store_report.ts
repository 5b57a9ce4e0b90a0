import type { JSONValue, Sql } from "postgres";

/** Columns of a passed test that says nothing else. */
const PLAIN = ["ordinal", "tool_name", "class_name", "duration_secs"] as const;

/** Columns of a row of `test_results`. */
export type ReportRow = { readonly [column: string]: JSONValue | undefined };

/**
 * Stores a report with the statements of the function `test-runs`: the whole in one transaction.
 * Returns the run's totals with `is_new` and `conflict`. A known key stores nothing.
 */
export async function storeReport<Totals>(
  sql: Sql,
  owner: string,
  run: { readonly [field: string]: JSONValue | undefined },
  rows: readonly ReportRow[],
  key: string,
): Promise<Totals> {
  const stored = await sql.begin(async (sql) => {
    const [begun] = await sql<[{ totals: { run_id: number; is_new: boolean } }]>`
      select public.begin_test_run(${owner}, ${sql.json(run)}, ${key}) as totals`;
    const { run_id: id, is_new } = begun.totals;
    if (!is_new) return begun.totals;
    const isPlain = (row: ReportRow) =>
      row["status"] === "PASS" &&
      Object.keys(row).every((column) =>
        column === "status" || PLAIN.some((one) => one === column)
      );
    const passed = Object.fromEntries(
      PLAIN.map((
        column,
      ) => [column, rows.filter(isPlain).map((row) => row[column] ?? blank(column))]),
    );
    await sql`
      select public.add_report_results(${owner}, ${id}, ${sql.json(passed)}, ${
      sql.json(rows.filter((row) => !isPlain(row)))
    })`;
    const [closed] = await sql<[{ totals: object }]>`
      select public.close_test_report(${owner}, ${id}, '{}', '[]') as totals`;
    return { ...closed.totals, is_new, conflict: false };
  });
  return stored as Totals;
}

function blank(column: (typeof PLAIN)[number]): JSONValue {
  return column === "class_name" ? "" : null;
}
