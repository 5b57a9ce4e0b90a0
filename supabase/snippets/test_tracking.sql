-- Test tracking: questions about suites, for the dashboard's SQL editor, which sees every team's rows. Add "and
-- owner_id = '…'" for one team. Simpler questions have views: report_latest_test_runs, report_test_runs (each run
-- beside the one before), report_failing_tests, report_issue_resolution and report_flaky_tests. The views are also
-- at /rest/v1 with each user's own rights. Times are UTC. Results of unfinished runs are left out.

-- (1) The last two runs of each suite and branch test by test: number of tests in each bucket, and how likely such
-- an uneven split is by chance (McNemar's exact p).
select l.suite, l.branch_name, r.previous_run_id, l.run_id, s.*
from public.report_latest_test_runs l
join public.report_test_runs r on r.run_id = l.run_id
cross join lateral public.summarize_test_run_comparison(r.previous_run_id, l.run_id) s
where r.previous_run_id is not null
order by l.run_timestamp desc
limit 20;

-- (2) The same with one row for each changed test. Replace the two subqueries by run ids to compare others.
select *
from public.compare_test_runs(
  (select previous_run_id from public.report_test_runs order by run_timestamp desc limit 1),
  (select run_id from public.report_test_runs order by run_timestamp desc limit 1)
);

-- (3) Issues detected, regressed and resolved, for each of the last 12 weeks.
select suite, week, sum(detected) as detected, sum(regressed) as regressed, sum(resolved) as resolved
from public.report_issue_flow
where week > current_date - 84
group by suite, week
order by suite, week desc;

-- (4) Issues by trend and status, for each suite.
select suite, count(*) filter (where trend = 'new') as new, count(*) filter (where trend = 'recurring') as recurring,
  count(*) filter (where trend = 'regressed') as regressed, count(*) filter (where status = 'RESOLVED') as resolved,
  round(avg(days_to_resolve), 1) as mean_days_to_resolve
from public.report_issue_resolution
group by suite
order by suite;

-- (5) Cost of the tests of the last 30 days, by tool and model. Results without a cost are counted separately.
select tool_name, provider, model, sum(results) as results, sum(cost_usd) as cost_usd, sum(tokens) as tokens,
  sum(results_without_cost) as results_without_cost, sum(duration_secs) as duration_secs
from public.report_test_costs
where day > current_date - 30
group by tool_name, provider, model
order by cost_usd desc nulls last
limit 100;

-- (6) Tests that got slower or more expensive, the worst first: medians of the last 5 passing runs and of up to 20
-- before.
select suite, branch_name, tool_name, variation, class_name, runs, duration_before_secs, duration_now_secs,
  duration_ratio, cost_before_usd, cost_now_usd, cost_ratio
from public.report_slowing_tests
where duration_now_secs > duration_before_secs + 0.05 or cost_now_usd > cost_before_usd
order by duration_ratio desc nulls last
limit 100;

-- (7) Status changes of one issue since its detection. Replace the subquery by an issue code.
select c.effective_at, c.old_status, c.new_status, c.trend, c.changed_by, r.branch_name, r.commit_hash
from public.issue_status_changes c
join public.issues i on i.id = c.issue_id
left join public.test_runs r on r.id = c.run_id
where i.issue_code = (select issue_code from public.issues order by last_detected_at desc nulls last limit 1)
order by c.effective_at, c.id;
