import { type Database, query } from "../platform/database.ts";
import { type FailingTest, type FailingTestQuery, failingTestSchema } from "./failure_list.ts";

/** Lists the tests of an owner that fail now, by suite, branch and name. */
export type ListFailingTests = (
  ownerId: string,
  query: FailingTestQuery,
) => Promise<FailingTest[]>;

/** Creates {@link ListFailingTests}. */
export function createFailingTests(sql: Database): ListFailingTests {
  return async (ownerId, { suite, branch, limit }) => {
    const rows = await query(() =>
      sql<{ test: unknown }[]>`
        select jsonb_build_object(
          'suite', f.suite, 'branch', f.branch_name, 'test', f.tool_name,
          'variation', f.variation, 'class_name', f.class_name, 'model', f.model, 'status', f.status,
          'error_message', left(f.error_message, 2000), 'file_path', f.file_path,
          'line_number', f.line_number, 'failed_at', f.run_timestamp,
          'failing_since', coalesce(failed.since, f.run_timestamp),
          'failed_runs', greatest(failed.runs, 1), 'issue_code', f.issue_code,
          'issue_title', f.issue_title, 'issue_trend', f.issue_trend
        ) as test
        from (
          select v.*, x.test_key from public.report_failing_tests v
          join public.test_results x on x.id = v.test_result_id
          where v.owner_id = ${ownerId}::uuid
            and (${suite}::text is null or v.suite = ${suite}::text)
            and (${branch}::text is null or v.branch_name = ${branch}::text)
          order by v.suite, v.branch_name, v.tool_name, v.test_result_id
          limit ${limit}::integer
        ) f
        left join lateral (
          select r.run_timestamp, r.id
          from public.test_results y join public.test_runs r on r.id = y.run_id
          where y.owner_id = f.owner_id and y.test_key = f.test_key and y.is_counted
            and y.status = 'PASS' and r.suite = f.suite and r.branch_name = f.branch_name
            and r.status = 'complete'
          order by r.run_timestamp desc, r.id desc limit 1
        ) passed on true
        cross join lateral (
          select min(r.run_timestamp) as since, count(distinct r.id) as runs
          from public.test_results y join public.test_runs r on r.id = y.run_id
          where y.owner_id = f.owner_id and y.test_key = f.test_key and y.is_counted
            and y.status in ('FAIL', 'ERROR') and r.suite = f.suite
            and r.branch_name = f.branch_name and r.status = 'complete'
            and (passed.id is null or (r.run_timestamp, r.id) > (passed.run_timestamp, passed.id))
        ) failed
        order by f.suite, f.branch_name, f.tool_name, f.test_result_id`
    );
    return rows.map(({ test }) => failingTestSchema.parse(test));
  };
}
