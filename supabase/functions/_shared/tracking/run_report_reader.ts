import { actAs } from "../platform/act_as.ts";
import type { Database } from "../platform/database.ts";
import type { Member } from "../platform/http/authenticate_member.ts";
import {
  type RunComparison,
  runComparisonSchema,
  type TrackedIssue,
  trackedIssueSchema,
  type TrackedRun,
  trackedRunSchema,
} from "./run_reports.ts";

/** Selection of complete runs. Null selects all. */
export interface RunSelection {
  readonly suite: string | null;
  readonly branch: string | null;
  readonly runId: number | null;
  /** Whether only the last run of each suite and branch is selected. */
  readonly latest: boolean;
  readonly limit: number;
}

/** Reads the report views of test tracking with the rights of a member. */
export type RunReportReader = ReturnType<typeof createRunReportReader>;

/** Largest number of changed tests or issues in an answer: PostgREST's. */
const MOST_ROWS = 1_000;

/** Creates {@link RunReportReader}. */
export function createRunReportReader(sql: Database) {
  return {
    /** Returns runs, the newest first. */
    listRuns: async (member: Member, selection: RunSelection): Promise<TrackedRun[]> => {
      const { suite, branch, runId, latest, limit } = selection;
      const rows = await actAs(sql, member, (sql) =>
        sql<{ run: unknown }[]>`
          select to_jsonb(r) as run from public.report_test_runs r
          where r.owner_id = ${member.accountId}::uuid
            and (${suite}::text is null or r.suite = ${suite}::text)
            and (${branch}::text is null or r.branch_name = ${branch}::text)
            and (${runId}::bigint is null or r.run_id = ${runId}::bigint)
            and (not ${latest}::boolean or r.run_id in (
              select l.run_id from public.report_latest_test_runs l
              where l.owner_id = ${member.accountId}::uuid
            ))
          order by r.run_timestamp desc, r.run_id desc
          limit ${limit}::integer`);
      return rows.map(({ run }) => trackedRunSchema.parse(run));
    },
    /** Compares two runs test by test. Returns null unless both are the account's. */
    compareRuns: async (
      member: Member,
      before: number,
      after: number,
    ): Promise<RunComparison | null> => {
      const [row] = await actAs(sql, member, (sql) =>
        sql<{ comparison: unknown }[]>`
          select jsonb_build_object(
            'summary', (
              select to_jsonb(s)
              from public.summarize_test_run_comparison(${before}::bigint, ${after}::bigint) s
            ),
            'changes', (
              select coalesce(jsonb_agg(to_jsonb(c)), '[]') from (
                select * from public.compare_test_runs(${before}::bigint, ${after}::bigint)
                limit ${MOST_ROWS}::integer
              ) c
            )
          ) as comparison
          where 2 = (
            select count(*) from (values (${before}::bigint), (${after}::bigint)) as asked (id)
            join public.test_runs r on r.id = asked.id
            where r.owner_id = ${member.accountId}::uuid
          )`);
      return row === undefined ? null : runComparisonSchema.parse(row.comparison);
    },
    /** Returns issues, the newest first. */
    listIssues: async (
      member: Member,
      { suite, status }: { readonly suite: string | null; readonly status: string | null },
    ): Promise<TrackedIssue[]> => {
      const rows = await actAs(sql, member, (sql) =>
        sql<{ issue: unknown }[]>`
          select to_jsonb(i) as issue from public.report_issue_resolution i
          where i.owner_id = ${member.accountId}::uuid
            and (${suite}::text is null or i.suite = ${suite}::text)
            and (${status}::text is null or i.status = ${status}::text)
          order by i.issue_id desc
          limit ${MOST_ROWS}::integer`);
      return rows.map(({ issue }) => trackedIssueSchema.parse(issue));
    },
  };
}
