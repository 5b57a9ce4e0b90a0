-- A report's figures are read from this index alone, without its runs' wide rows, and its times in their
-- order, without a sort. A run enters it once, when it ends.
create index benchmark_runs_figures_idx on public.benchmark_runs (report_id, model_id, response_time_ms)
  include (owner_id, status, field_accuracy, exact_match, actual_cost)
  where status in ('complete', 'failed');

-- To count the mistakes of 2,000 runs takes 17 ms, which is why figures are kept once no run changes any more.
alter table public.reports add column has_kept_figures boolean not null default false;
comment on column public.reports.has_kept_figures is
  'Set as the report is completed: its figures are in kept_… and not worked out again.';

create table public.kept_model_summaries (
  id bigint generated always as identity primary key,
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  accuracy double precision,
  exact_match_rate numeric,
  cost_per_run numeric,
  median_latency double precision,
  p95_latency integer,
  spread double precision,
  runs_completed private.counter not null,
  runs_attempted private.counter not null
);
create table public.kept_field_errors (
  id bigint generated always as identity primary key,
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  field_path text,
  expected jsonb,
  actual jsonb,
  format_only boolean not null,
  occurrences private.counter not null,
  percentage numeric not null
);
create table public.kept_error_patterns (
  id bigint generated always as identity primary key,
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  field_path text,
  format_only boolean not null,
  occurrences private.counter not null,
  percentage numeric not null,
  common_expected jsonb,
  common_actual jsonb
);
comment on table public.kept_model_summaries is 'The rows of report_model_summaries of completed reports, which read it.';
comment on table public.kept_field_errors is 'The rows of report_field_errors of completed reports, which read it.';
comment on table public.kept_error_patterns is 'The rows of report_error_patterns of completed reports, which read it.';

do $$
declare kept text;
begin
  foreach kept in array array['kept_model_summaries', 'kept_field_errors', 'kept_error_patterns'] loop
    execute format('create index %s_report_id_idx on public.%I (report_id)', kept, kept);
    execute format('comment on column public.%I.owner_id is %L', kept, 'Owner of the report, so that the policy needs no join.');
    execute format('alter table public.%I enable row level security', kept);
    execute format('grant select on public.%I to anon, authenticated', kept);
    execute format('grant select, insert, update, delete on public.%I to service_role', kept);
    execute format('create policy "Owners, and visitors with its token, read a report''s figures" on public.%I
      for select to authenticated
      using (owner_id = (select auth.uid()) or report_id = (select private.presented_report()))', kept);
    execute format('create policy "Visitors with its token read a report''s figures" on public.%I
      for select to anon using (report_id = (select private.presented_report()))', kept);
  end loop;
end;
$$;

-- Each view is what is kept and, lateral, so that the runs of a report whose figures are kept are not looked
-- at, what the runs of any other come to now.
create view public.report_model_summaries with (security_invoker = true) as
  select report_id, model_id, accuracy, exact_match_rate, cost_per_run, median_latency, p95_latency, spread,
    runs_completed, runs_attempted
  from public.kept_model_summaries
  union all
  select p.id, f.model_id, f.accuracy, 100.0 * f.exact_matches / nullif(f.runs_completed, 0), f.cost_per_run,
    (f.times[(f.time_count + 1) / 2] + f.times[f.time_count / 2 + 1]) / 2.0::double precision,
    f.times[ceil(95 * f.time_count / 100.0)::integer], f.spread, f.runs_completed, f.runs_attempted
  from public.reports p
  cross join lateral (
    select r.model_id,
      avg(r.field_accuracy) filter (where r.status = 'complete') as accuracy,
      count(*) filter (where r.status = 'complete' and r.exact_match) as exact_matches,
      avg(r.actual_cost) filter (where r.status = 'complete') as cost_per_run,
      array_agg(r.response_time_ms::integer order by r.response_time_ms) filter (where r.status = 'complete') as times,
      (count(r.response_time_ms) filter (where r.status = 'complete'))::integer as time_count,
      stddev_samp(r.field_accuracy) filter (where r.status = 'complete') as spread,
      (count(*) filter (where r.status = 'complete'))::integer as runs_completed,
      count(*)::integer as runs_attempted
    from public.benchmark_runs r
    where r.report_id = p.id and r.status in ('complete', 'failed')
    group by r.model_id
  ) f
  where not p.has_kept_figures;
comment on view public.report_model_summaries is
  'How each model of a report does, also while it runs: means over completed runs, accuracy and exact_match_rate 0-100, cost_per_run in USD, latencies in ms, spread as sample standard deviation. The same figures as reports.summary, without intervals.';

create view public.report_field_errors with (security_invoker = true) as
  select report_id, model_id, field_path, expected, actual, format_only, occurrences, percentage
  from public.kept_field_errors
  union all
  select p.id, m.model_id, m.field_path, m.expected, m.actual, m.format_only, m.occurrences,
    100.0 * m.occurrences / completed.runs
  from public.reports p
  cross join lateral (
    select r.model_id, e.error ->> 'fieldPath' as field_path, e.error -> 'expected' as expected,
      e.error -> 'actual' as actual, e.error ? 'formatOnly' as format_only, count(*)::integer as occurrences
    from public.benchmark_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
    where r.report_id = p.id and r.status = 'complete'
    group by r.model_id, field_path, expected, actual, format_only
  ) m
  join lateral (
    select r.model_id, count(*) as runs from public.benchmark_runs r
    where r.report_id = p.id and r.status = 'complete'
    group by r.model_id
  ) completed on completed.model_id = m.model_id
  where not p.has_kept_figures;
comment on view public.report_field_errors is
  'Every different mistake of a model with how often it was made and in how many percent of its completed runs. An absent value is null here, JSON''s null is ''null''. format_only: right, and only written otherwise.';

create view public.report_error_patterns with (security_invoker = true) as
  select report_id, model_id, field_path, format_only, occurrences, percentage, common_expected, common_actual
  from public.kept_error_patterns
  union all
  select p.id, m.model_id, m.field_path, m.format_only, m.occurrences, m.percentage, m.common_expected,
    m.common_actual
  from public.reports p
  cross join lateral (
    select e.model_id, e.field_path, e.format_only, sum(e.occurrences)::integer as occurrences,
      sum(e.percentage) as percentage,
      (array_agg(e.expected order by e.occurrences desc, e.expected, e.actual))[1] as common_expected,
      (array_agg(e.actual order by e.occurrences desc, e.expected, e.actual))[1] as common_actual
    from public.report_field_errors e
    where e.report_id = p.id
    group by e.model_id, e.field_path, e.format_only
    having sum(e.percentage) >= 10
  ) m
  where not p.has_kept_figures;
comment on view public.report_error_patterns is
  'What a model gets wrong in at least a tenth of its completed runs, with the mistake it makes there most. What is right but for its format is a pattern of its own.';

grant select on public.report_model_summaries, public.report_field_errors, public.report_error_patterns
  to anon, authenticated, service_role;

create function private.keep_figures() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- What depends on what is kept comes first: the views still work it out.
  insert into public.kept_error_patterns (owner_id, report_id, model_id, field_path, format_only, occurrences,
    percentage, common_expected, common_actual)
  select new.owner_id, v.* from public.report_error_patterns v where v.report_id = new.id;
  insert into public.kept_field_errors (owner_id, report_id, model_id, field_path, expected, actual, format_only,
    occurrences, percentage)
  select new.owner_id, v.* from public.report_field_errors v where v.report_id = new.id;
  insert into public.kept_model_summaries (owner_id, report_id, model_id, accuracy, exact_match_rate, cost_per_run,
    median_latency, p95_latency, spread, runs_completed, runs_attempted)
  select new.owner_id, v.* from public.report_model_summaries v where v.report_id = new.id;
  -- Without a run there is nothing to keep, and what comes later is still worked out.
  new.has_kept_figures := found;
  return new;
end;
$$;
comment on function private.keep_figures() is
  'Keeps a report''s figures as it is completed: its runs have all ended then, and change no more.';
grant execute on function private.keep_figures() to service_role;
create trigger reports_keep_figures before update of status on public.reports
  for each row when (new.status = 'complete' and not old.has_kept_figures) execute function private.keep_figures();
