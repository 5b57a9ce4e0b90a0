create function public.mcnemar_exact_p(p_worse integer, p_better integer) returns double precision
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_total constant integer := p_worse + p_better;
  v_least constant integer := least(p_worse, p_better);
  -- Uses logarithms, because 0.5 ^ 1000 underflows double precision.
  v_log_term double precision := v_total * ln(0.5::double precision);
  v_sum double precision := 0;
begin
  if p_worse < 0 or p_better < 0 then
    raise exception 'counts must not be negative' using errcode = 'invalid_parameter_value';
  end if;
  if p_worse = p_better then
    return 1;
  end if;
  for k in 0..v_least loop
    if k > 0 then
      v_log_term := v_log_term + ln((v_total - k + 1)::double precision / k);
    end if;
    if v_log_term > -700 then
      v_sum := v_sum + exp(v_log_term);
    end if;
  end loop;
  return least(1, 2 * v_sum);
end;
$$;
comment on function public.mcnemar_exact_p(integer, integer) is
  'Returns the two-sided exact p of McNemar''s test: the probability of a split this uneven if both changes were equally likely. p_worse: tests that passed before and failed after; p_better: the reverse. Values below 1e-300 are 0.';

create function private.pair_test_results(p_before bigint, p_after bigint)
returns table (
  test_key uuid, tool_name text, variation text, class_name text, provider text, model text,
  before_status text, after_status text, before_duration_secs numeric, after_duration_secs numeric,
  error_message text, bucket text
)
language sql stable set search_path = '' as $$
  with before as materialized (
    select x.*, row_number() over (partition by x.test_key order by x.ordinal) as place
    from public.test_results x where x.run_id = p_before and x.is_counted
  ),
  after as materialized (
    select x.*, row_number() over (partition by x.test_key order by x.ordinal) as place
    from public.test_results x where x.run_id = p_after and x.is_counted
  )
  select coalesce(a.test_key, b.test_key), coalesce(a.tool_name, b.tool_name), coalesce(a.variation, b.variation),
    coalesce(a.class_name, b.class_name), coalesce(a.provider, b.provider), coalesce(a.model, b.model),
    b.status, a.status, b.duration_secs, a.duration_secs, coalesce(a.error_message, b.error_message),
    case
      when a.status in ('FAIL', 'ERROR') then case
        when b.status in ('FAIL', 'ERROR') then 'recurring' when b.status = 'PASS' then 'regressed' else 'new' end
      when a.status = 'PASS' then case
        when b.status in ('FAIL', 'ERROR') then 'fixed' when b.status = 'PASS' then 'passing' end
      when b.status in ('PASS', 'FAIL', 'ERROR') then 'not_run'
    end
  from before b full join after a on a.test_key = b.test_key and a.place = b.place
$$;
comment on function private.pair_test_results(bigint, bigint) is
  'Pairs the results of two runs by test. Tests of the same name are paired in their order. Null if a run does not have the test. bucket: as in compare_test_runs, or passing if it passes in both; null if no run tells anything.';

create function public.compare_test_runs(p_before bigint, p_after bigint)
returns table (
  bucket text, tool_name text, variation text, class_name text, provider text, model text,
  before_status text, after_status text, before_duration_secs numeric, after_duration_secs numeric,
  error_message text
)
language sql stable set search_path = '' as $$
  select p.bucket, p.tool_name, p.variation, p.class_name, p.provider, p.model, p.before_status, p.after_status,
    p.before_duration_secs, p.after_duration_secs, p.error_message
  from private.pair_test_results(p_before, p_after) p
  where p.bucket <> 'passing'
  order by array_position(array['regressed', 'new', 'recurring', 'fixed', 'not_run'], p.bucket),
    p.tool_name, p.variation, p.class_name, p.provider, p.model
$$;
comment on function public.compare_test_runs(bigint, bigint) is
  'Compares two runs test by test: regressed (passed, fails now), new (fails now, did not run before), recurring (fails in both), fixed (failed, passes now), not_run (ran before, is absent or skipped now). Tests that pass in both are left out.';

create function public.summarize_test_run_comparison(p_before bigint, p_after bigint)
returns table (
  regressed bigint, new bigint, recurring bigint, fixed bigint, not_run bigint, passing bigint, in_both bigint,
  mcnemar_p double precision
)
language sql stable set search_path = '' as $$
  select c.*, public.mcnemar_exact_p(c.regressed::integer, c.fixed::integer)
  from (
    select count(*) filter (where p.bucket = 'regressed') as regressed,
      count(*) filter (where p.bucket = 'new') as new,
      count(*) filter (where p.bucket = 'recurring') as recurring,
      count(*) filter (where p.bucket = 'fixed') as fixed,
      count(*) filter (where p.bucket = 'not_run') as not_run,
      count(*) filter (where p.bucket = 'passing') as passing,
      count(*) filter (where p.before_status <> 'SKIP' and p.after_status <> 'SKIP') as in_both
    from private.pair_test_results(p_before, p_after) p
  ) c
$$;
comment on function public.summarize_test_run_comparison(bigint, bigint) is
  'Counts the tests in each bucket of compare_test_runs, those that pass in both runs and those that ran in both, with the exact p of McNemar''s test on the latter.';

create view public.report_test_runs with (security_invoker = true) as
  select r.id as run_id, r.owner_id, r.suite, r.branch_name, r.commit_hash, r.run_timestamp, r.status, r.total_tests,
    r.tests_passed, r.tests_failed, r.tests_skipped, r.pass_rate, r.avg_watcher_quality, r.total_duration_secs,
    r.total_cost_usd, r.watcher_cost_usd, lag(r.id) over earlier as previous_run_id,
    r.pass_rate - lag(r.pass_rate) over earlier as pass_rate_change,
    r.tests_failed - lag(r.tests_failed) over earlier as tests_failed_change,
    r.total_duration_secs - lag(r.total_duration_secs) over earlier as duration_change_secs,
    r.total_cost_usd - lag(r.total_cost_usd) over earlier as cost_change_usd,
    r.avg_watcher_quality - lag(r.avg_watcher_quality) over earlier as quality_change
  from public.test_runs r
  where r.status = 'complete'
  window earlier as (partition by r.owner_id, r.suite, r.branch_name order by r.run_timestamp, r.id);
comment on view public.report_test_runs is
  'Every complete run beside the one before it on the same branch: the trend of pass rate, duration, cost and watcher quality.';

create view public.report_latest_test_runs with (security_invoker = true) as
  select distinct on (r.owner_id, r.suite, r.branch_name)
    r.id as run_id, r.owner_id, r.suite, r.branch_name, r.commit_hash, r.run_timestamp, r.total_tests, r.tests_passed,
    r.tests_failed, r.tests_skipped, r.pass_rate, r.avg_watcher_quality, r.total_duration_secs, r.total_cost_usd,
    r.watcher_cost_usd
  from public.test_runs r
  where r.status = 'complete'
  order by r.owner_id, r.suite, r.branch_name, r.run_timestamp desc, r.id desc;
comment on view public.report_latest_test_runs is 'The last complete run of each suite and branch.';

create view public.report_failing_tests with (security_invoker = true) as
  select r.run_id, r.owner_id, r.suite, r.branch_name, r.run_timestamp, x.id as test_result_id, x.tool_name,
    x.variation, x.class_name, x.provider, x.model, x.status, x.error_class, x.error_message, x.file_path,
    x.line_number, x.duration_secs, coalesce(w.quality_score, x.watcher_quality) as watcher_quality, w.confidence_level,
    w.weaknesses, w.recommendations, i.issue_code, i.title as issue_title, i.trend as issue_trend
  from public.report_latest_test_runs r
  join public.test_results x on x.run_id = r.run_id and x.status in ('FAIL', 'ERROR') and x.is_counted
  left join public.watcher_insights w on w.test_result_id = x.id
  left join lateral (
    select y.issue_code, y.title, y.trend
    from public.issue_occurrences o join public.issues y on y.id = o.issue_id
    where o.test_result_id = x.id
    order by array_position(array['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'], y.priority), y.id
    limit 1
  ) i on true;
comment on view public.report_failing_tests is
  'Failures of the last complete run of each suite and branch, with the watcher''s score (1-10) and the issue.';

create view public.report_issue_resolution with (security_invoker = true) as
  select i.id as issue_id, i.owner_id, i.suite, i.issue_code, i.title, i.category, i.priority, i.status, i.trend,
    i.affected_tools, i.occurrence_count, i.run_count, i.first_detected_at, i.last_detected_at, i.resolved_at,
    i.resolved_run_id,
    round(extract(epoch from i.resolved_at - i.first_detected_at) / 86400, 2) as days_to_resolve,
    (select count(*) from public.issue_status_changes c
      where c.issue_id = i.id and c.trend = 'regressed' and c.changed_by = 'detector') as regressions
  from public.issues i;
comment on view public.report_issue_resolution is
  'Issues with the number of their occurrences and runs, and the days until they were resolved.';

create view public.report_issue_flow with (security_invoker = true) as
  select c.owner_id, i.suite, (date_trunc('week', c.effective_at at time zone 'utc'))::date as week,
    -- A status that the owner sets does not change the trend and is no detection.
    count(*) filter (where c.trend = 'new' and c.old_status is null) as detected,
    count(*) filter (where c.trend = 'regressed' and c.changed_by = 'detector') as regressed,
    count(*) filter (where c.new_status = 'RESOLVED') as resolved
  from public.issue_status_changes c join public.issues i on i.id = c.issue_id
  where c.changed_by = 'detector' or c.old_status is null or c.new_status = 'RESOLVED'
  group by c.owner_id, i.suite, week;
comment on view public.report_issue_flow is
  'Number of issues that were detected, came back and were resolved, by week (Monday, UTC).';

create view public.report_test_costs with (security_invoker = true) as
  select r.owner_id, r.suite, x.tool_name, x.provider, x.model,
    (date_trunc('day', r.run_timestamp at time zone 'utc'))::date as day,
    count(*) as results, sum(x.cost_usd) as cost_usd, sum(x.tokens_total) as tokens,
    count(*) filter (where x.cost_usd is null) as results_without_cost, sum(x.duration_secs) as duration_secs
  from public.test_runs r join public.test_results x on x.run_id = r.id
  group by r.owner_id, r.suite, x.tool_name, x.provider, x.model, day;
comment on view public.report_test_costs is 'Cost of tests by day, tool and model, in USD, tokens and seconds.';

grant select on public.report_test_runs, public.report_latest_test_runs, public.report_failing_tests,
  public.report_issue_resolution, public.report_issue_flow, public.report_test_costs
  to authenticated, service_role, test_reporter;
grant execute on function public.mcnemar_exact_p, private.pair_test_results, public.compare_test_runs,
  public.summarize_test_run_comparison to authenticated, service_role, test_reporter;
