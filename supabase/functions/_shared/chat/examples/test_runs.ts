import type { Subject } from "./subject.ts";

/** Subject of test runs, their results and the issues that they showed. */
export const TEST_RUNS: Subject = {
  description:
    "Tests: runs of test suites (test_runs) with their results and the issues that they showed.",
  examples: [
    {
      question: "Which tests failed in the latest test run, and why?",
      sql: `select tool_name, variation, class_name, status, error_class, error_message
from test_results
where test_run_id = (
  select test_run_id from test_runs where status = 'complete' order by run_timestamp desc, test_run_id desc limit 1
) and is_counted and status in ('FAIL', 'ERROR')
order by tool_name, variation, class_name
limit 100`,
      reason: "Failures and errors of the complete test run that is the latest by its own time.",
    },
    {
      question: "How has the pass rate of each suite changed from week to week?",
      sql:
        `select suite, date_trunc('week', run_timestamp) as week, 100.0 * sum(tests_passed) / nullif(sum(tests_passed + tests_failed), 0) as pass_rate_percent,
  count(*) as test_runs
from test_runs
where status = 'complete'
group by suite, date_trunc('week', run_timestamp)
order by suite, week
limit 100`,
      reason: "Passed of those that ran, summed over the complete test runs of a calendar week.",
    },
    {
      question: "Which issues are open, the most important first?",
      sql:
        `select issue_code, title, priority, status, trend, suite, occurrence_count, last_detected_at
from issues
where status in ('OPEN', 'IN_PROGRESS')
order by case priority when 'CRITICAL' then 1 when 'HIGH' then 2 when 'MEDIUM' then 3 else 4 end,
  last_detected_at desc nulls last, issue_code
limit 50`,
      reason: "What is neither resolved nor given up, by priority, the last seen first.",
    },
    {
      question: "Which tests are flaky?",
      sql:
        `select suite, tool_name, variation, count(*) filter (where status = 'PASS') as passed, count(*) filter (where status in ('FAIL', 'ERROR')) as failed
from test_results
where run_timestamp >= now() - interval '30 days' and status <> 'SKIP'
group by suite, tool_name, variation, class_name, provider, model
having count(*) filter (where status = 'PASS') > 0 and count(*) filter (where status in ('FAIL', 'ERROR')) > 0
order by failed desc, suite, tool_name, variation
limit 20`,
      reason:
        "Tests that both passed and failed in thirty days, attempts before the last included.",
    },
    {
      question: "Which tests fail most often?",
      sql:
        `select suite, tool_name, count(*) filter (where status in ('FAIL', 'ERROR')) as failures, count(*) as times_run,
  100.0 * count(*) filter (where status in ('FAIL', 'ERROR')) / nullif(count(*), 0) as failure_percent
from test_results
where is_counted and status <> 'SKIP'
group by suite, tool_name
having count(*) filter (where status in ('FAIL', 'ERROR')) > 0
order by failures desc, suite, tool_name
limit 20`,
      reason: "Each test is counted once a run; those that were skipped did not run.",
    },
    {
      question: "Which issues came back after they were resolved?",
      sql:
        `select issue_code, title, priority, suite, run_count, first_detected_at, last_detected_at
from issues
where trend = 'regressed'
order by last_detected_at desc nulls last, issue_code
limit 50`,
      reason: "The trend says that an issue came back; the last seen first.",
    },
    {
      question: "How long does it take to resolve issues, by priority?",
      sql:
        `select priority, avg(days_to_resolve) as mean_days_to_resolve, percentile_cont(0.5) within group (order by days_to_resolve) as median_days_to_resolve, count(*) as issues
from issues
where status = 'RESOLVED'
group by priority
order by mean_days_to_resolve desc nulls last, priority`,
      reason: "From detection to resolution, over the issues that are resolved.",
    },
    {
      question: "Which tests showed the most serious issues, and in which test run first?",
      sql:
        `select i.issue_code, i.title, i.priority, x.tool_name, min(r.run_timestamp) as first_seen_at, count(*) as occurrences
from issue_occurrences o
join issues i on i.issue_id = o.issue_id
join test_runs r on r.test_run_id = o.test_run_id
left join test_results x on x.test_result_id = o.test_result_id
where i.priority in ('CRITICAL', 'HIGH')
group by i.issue_id, i.issue_code, i.title, i.priority, x.tool_name
order by i.priority, occurrences desc, i.issue_code, x.tool_name
limit 50`,
      reason:
        "Occurrences joined with their issue, test run and result; CRITICAL sorts before HIGH.",
    },
    {
      question: "Which tests are the slowest?",
      sql:
        `select suite, tool_name, avg(duration_seconds) as mean_seconds, max(duration_seconds) as longest_seconds, count(*) as times_run
from test_results
where is_counted and duration_seconds is not null
group by suite, tool_name
order by mean_seconds desc, suite, tool_name
limit 20`,
      reason: "Mean seconds over all test runs, the slowest first.",
    },
    {
      question: "How does the watcher judge the models under test?",
      sql:
        `select provider, model, avg(watcher_quality) as mean_quality_of_10, count(watcher_quality) as marks, sum(cost_usd) as cost_usd
from test_results
where model <> '' and is_counted
group by provider, model
order by mean_quality_of_10 desc nulls last, provider, model
limit 50`,
      reason: "Mean of the watcher's marks, 1-10, by model under test, the best first.",
    },
  ],
};
