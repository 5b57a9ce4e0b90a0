create function public.read_test_history(p_owner uuid, p_suite text, p_branch text, p_runs integer default 50)
returns jsonb
language sql stable set search_path = '' as $$
  with runs as materialized (
    select r.id, r.run_timestamp, r.commit_hash, r.tests_passed, r.tests_failed, j.is_outage,
      (row_number() over (order by j.run_timestamp, j.tie) - 1)::integer as place
    from (
      select j.* from private.judged_runs j
      where j.owner_id = p_owner and j.suite = p_suite and j.branch_name = p_branch
      order by j.run_timestamp desc, j.tie desc
      limit least(greatest(p_runs, 1), 500)
    ) j
    join public.test_runs r on r.id = j.run_id
  ),
  results as (
    select x.test_key, r.place, min(x.id) as id,
      case when bool_or(x.is_counted and x.status in ('FAIL', 'ERROR')) then 'F'
        when bool_or(x.status in ('FAIL', 'ERROR')) then 'R' else 'P' end as outcome,
      round(avg(x.duration_secs) filter (where x.is_counted and x.status = 'PASS'), 3) as duration,
      round(avg(x.cost_usd) filter (where x.is_counted and x.status = 'PASS'), 6) as cost
    from runs r join public.test_results x on x.run_id = r.id
    where x.status <> 'SKIP' and not r.is_outage
    group by x.test_key, r.place
    having bool_or(x.is_counted)
  ),
  tests as (
    select max(s.id) as id, jsonb_agg(s.place order by s.place) as places,
      string_agg(s.outcome, '' order by s.place) as outcomes,
      case when count(s.duration) > 0 then jsonb_agg(s.duration order by s.place) end as durations,
      case when count(s.cost) > 0 then jsonb_agg(s.cost order by s.place) end as costs
    from results s group by s.test_key
  )
  select jsonb_build_object(
    'runs', (
      select coalesce(jsonb_agg(jsonb_build_object('run_id', r.id, 'run_timestamp', r.run_timestamp,
        'commit_hash', r.commit_hash, 'tests_passed', r.tests_passed, 'tests_failed', r.tests_failed,
        'is_outage', r.is_outage) order by r.place), '[]')
      from runs r
    ),
    'tests', (
      select coalesce(jsonb_agg(jsonb_build_object('tool_name', x.tool_name, 'variation', x.variation,
        'class_name', x.class_name, 'provider', x.provider, 'model', x.model, 'places', t.places,
        'outcomes', t.outcomes, 'durations', t.durations, 'costs', t.costs) order by x.tool_name, x.test_key), '[]')
      from tests t join public.test_results x on x.id = t.id
    )
  )
$$;
comment on function public.read_test_history(uuid, text, text, integer) is
  'Returns the last complete runs of a suite on a branch (1-500), the oldest first, and each test''s series over them: indexes into runs, outcomes as one letter each (P passed, R passed after failed attempts, F failed), seconds and USD (null unless it passed; null as a whole if it never reported any). Skipped tests and outages are left out of the series.';

create view public.report_flaky_tests with (security_invoker = true) as
  with recent as (
    select r.* from (
      select r.id, r.owner_id, r.suite, r.branch_name, r.run_timestamp, r.commit_hash,
        row_number() over (partition by r.owner_id, r.suite, r.branch_name order by r.run_timestamp desc, r.id desc)
        as age
      from public.test_runs r
      -- An outage says nothing about single tests.
      where r.status = 'complete' and not coalesce(r.pass_rate <= 20 and r.tests_passed + r.tests_failed >= 5, false)
    ) r
    where r.age <= 20
  ),
  outcomes as (
    select r.owner_id, r.suite, r.branch_name, r.age, r.commit_hash, x.test_key, max(x.id) as id,
      bool_or(x.is_counted and x.status in ('FAIL', 'ERROR')) as failed,
      bool_or(x.status in ('FAIL', 'ERROR')) and bool_and(x.status = 'PASS' or not x.is_counted) as was_retried
    from recent r join public.test_results x on x.run_id = r.id
    where x.status <> 'SKIP'
    group by r.owner_id, r.suite, r.branch_name, r.age, r.commit_hash, x.test_key
  ),
  turns as (
    select o.*, o.failed <> lag(o.failed) over (
        partition by o.owner_id, o.suite, o.branch_name, o.test_key order by o.age desc
      ) as turned,
      o.commit_hash is not null and bool_or(o.failed) over same_commit and not bool_and(o.failed) over same_commit
      as is_mixed
    from outcomes o
    window same_commit as (partition by o.owner_id, o.suite, o.branch_name, o.test_key, o.commit_hash)
  ),
  scored as (
    select t.owner_id, t.suite, t.branch_name, max(t.id) as id, count(*) as runs,
      count(*) filter (where t.failed) as failures, count(*) filter (where t.turned) as transitions,
      count(*) filter (where t.was_retried) as retried_runs,
      count(distinct t.commit_hash) filter (where t.is_mixed) as mixed_commits
    from turns t
    group by t.owner_id, t.suite, t.branch_name, t.test_key
  )
  select s.owner_id, s.suite, s.branch_name, x.tool_name, x.variation, x.class_name, x.provider, x.model, s.runs,
    s.failures, s.transitions, round(s.transitions::numeric / nullif(s.runs - 1, 0), 3) as transition_score,
    s.mixed_commits, s.retried_runs, s.failures = s.runs as is_broken
  from scored s join public.test_results x on x.id = s.id
  where s.mixed_commits > 0 or s.retried_runs > 0 or s.transitions > 1 or s.failures = s.runs and s.runs >= 3;
comment on view public.report_flaky_tests is
  'Unreliable tests in the last 20 complete runs of each suite and branch: the number of failures, the share of steps from run to run with another outcome (transition_score, 0-1), the number of commits on which it passed and failed, and of runs in which it passed only on a retry. is_broken: it always failed.';

create view public.report_slowing_tests with (security_invoker = true) as
  with recent as (
    select r.* from (
      select r.id, r.owner_id, r.suite, r.branch_name,
        row_number() over (partition by r.owner_id, r.suite, r.branch_name order by r.run_timestamp desc, r.id desc)
        as age
      from public.test_runs r where r.status = 'complete'
    ) r
    where r.age <= 40
  ),
  passing as (
    select r.owner_id, r.suite, r.branch_name, x.id, x.test_key, x.duration_secs, x.cost_usd,
      row_number() over (partition by r.owner_id, r.suite, r.branch_name, x.test_key order by r.age, x.ordinal) as place
    from recent r join public.test_results x on x.run_id = r.id
    where x.is_counted and x.status = 'PASS'
  ),
  medians as (
    select p.owner_id, p.suite, p.branch_name, max(p.id) as id, count(*) as runs,
      percentile_cont(0.5) within group (order by p.duration_secs) filter (where p.place <= 5) as duration_now,
      percentile_cont(0.5) within group (order by p.duration_secs) filter (where p.place > 5) as duration_before,
      percentile_cont(0.5) within group (order by p.cost_usd) filter (where p.place <= 5) as cost_now,
      percentile_cont(0.5) within group (order by p.cost_usd) filter (where p.place > 5) as cost_before
    from passing p
    where p.place <= 25
    group by p.owner_id, p.suite, p.branch_name, p.test_key
    having count(*) >= 10
  )
  select m.owner_id, m.suite, m.branch_name, x.tool_name, x.variation, x.class_name, x.provider, x.model, m.runs,
    round(m.duration_before::numeric, 3) as duration_before_secs,
    round(m.duration_now::numeric, 3) as duration_now_secs,
    round((m.duration_now / nullif(m.duration_before, 0))::numeric, 2) as duration_ratio,
    round(m.cost_before::numeric, 6) as cost_before_usd, round(m.cost_now::numeric, 6) as cost_now_usd,
    round((m.cost_now / nullif(m.cost_before, 0))::numeric, 2) as cost_ratio
  from medians m join public.test_results x on x.id = m.id
  where m.duration_now > m.duration_before or m.cost_now > m.cost_before;
comment on view public.report_slowing_tests is
  'Tests that became slower or more expensive: medians of the last 5 passing runs and of up to 20 before, among the last 40 complete runs of each suite and branch. GET /test-runs/insights tells if the change is more than noise.';

grant select on public.report_flaky_tests, public.report_slowing_tests to authenticated, service_role, test_reporter;
grant execute on function public.read_test_history to service_role;
