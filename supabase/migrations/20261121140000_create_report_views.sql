-- A report's figures are read from this index alone, without its runs' wide rows, and its times in their
-- order, without a sort. A run enters it once, when it ends.
create index benchmark_runs_figures_idx on public.benchmark_runs (report_id, model_id, response_time_ms)
  include (owner_id, status, field_accuracy, exact_match, actual_cost)
  where status in ('complete', 'failed');

-- Mistakes are counted as runs end: of 2,000 runs it takes 17 ms to count them when they are asked for.
create table public.model_run_counts (
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  runs_completed private.counter not null,
  primary key (report_id, model_id)
)
with (fillfactor = 50);
create table public.field_error_counts (
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  field_path text,
  expected jsonb,
  actual jsonb,
  format_only boolean not null,
  occurrences private.counter not null,
  path_hash bigint generated always as (coalesce(hashtextextended(field_path, 0), 0)) stored,
  expected_hash bigint generated always as (coalesce(jsonb_hash_extended(expected, 0), 0)) stored,
  actual_hash bigint generated always as (coalesce(jsonb_hash_extended(actual, 0), 0)) stored,
  -- Of hashes, for an index takes no long values.
  primary key (report_id, model_id, path_hash, expected_hash, actual_hash, format_only)
)
with (fillfactor = 80);
comment on table public.model_run_counts is 'How many runs of each model of a report are completed by now.';
comment on table public.field_error_counts is
  'Every different mistake of a model in a report with how often it was made by now. Read it as report_field_errors.';

create function private.count_mistakes() returns trigger
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set jit = off as $$
begin
  -- The workers complete a run once: this is for whoever changes or deletes it afterwards.
  if tg_op <> 'INSERT' then
    if exists (select from old_runs r where r.status = 'complete') then
      perform from public.model_run_counts c
      where (c.report_id, c.model_id) in (select r.report_id, r.model_id from old_runs r where r.status = 'complete')
      order by c.report_id, c.model_id for update;
      update public.model_run_counts c set runs_completed = c.runs_completed - m.runs
      from (
        select r.report_id, r.model_id, count(*) as runs from old_runs r where r.status = 'complete'
        group by r.report_id, r.model_id
      ) m
      where c.report_id = m.report_id and c.model_id = m.model_id;
      update public.field_error_counts c set occurrences = c.occurrences - m.occurrences
      from (
        select r.report_id, r.model_id, coalesce(hashtextextended(e.error ->> 'fieldPath', 0), 0) as path,
          coalesce(jsonb_hash_extended(e.error -> 'expected', 0), 0) as expected,
          coalesce(jsonb_hash_extended(e.error -> 'actual', 0), 0) as actual, e.error ? 'formatOnly' as format_only,
          count(*) as occurrences
        from old_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
        where r.status = 'complete'
        group by 1, 2, 3, 4, 5, 6
      ) m
      where c.report_id = m.report_id and c.model_id = m.model_id and c.path_hash = m.path
        and c.expected_hash = m.expected and c.actual_hash = m.actual and c.format_only = m.format_only;
      delete from public.field_error_counts c using old_runs r
      where c.report_id = r.report_id and c.model_id = r.model_id and c.occurrences = 0;
    end if;
  end if;
  if tg_op <> 'DELETE' then
    -- The counts of a report's model belong to whoever holds its row here, taken in one order by all.
    insert into public.model_run_counts as c (report_id, owner_id, model_id, runs_completed)
    select r.report_id, any_value(r.owner_id), r.model_id, count(*)
    from new_runs r where r.status = 'complete'
    group by r.report_id, r.model_id order by r.report_id, r.model_id
    on conflict (report_id, model_id) do update set runs_completed = c.runs_completed + excluded.runs_completed;
    if found then
      insert into public.field_error_counts as c
        (report_id, owner_id, model_id, field_path, expected, actual, format_only, occurrences)
      select m.report_id, any_value(m.owner_id), m.model_id, any_value(m.field_path), any_value(m.expected),
        any_value(m.actual), m.format_only, count(*)
      from (
        select r.report_id, r.owner_id, r.model_id, e.error ->> 'fieldPath' as field_path,
          e.error -> 'expected' as expected, e.error -> 'actual' as actual, e.error ? 'formatOnly' as format_only
        from new_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
        where r.status = 'complete'
      ) m
      group by m.report_id, m.model_id, hashtextextended(m.field_path, 0), jsonb_hash_extended(m.expected, 0),
        jsonb_hash_extended(m.actual, 0), m.format_only
      on conflict (report_id, model_id, path_hash, expected_hash, actual_hash, format_only)
        do update set occurrences = c.occurrences + excluded.occurrences;
    end if;
  end if;
  return null;
end;
$$;
comment on function private.count_mistakes() is
  'Keeps model_run_counts and field_error_counts in step with the completed runs, in the statement that writes these.';
grant execute on function private.count_mistakes() to service_role;
create trigger benchmark_runs_count_inserted after insert on public.benchmark_runs
  referencing new table as new_runs for each statement execute function private.count_mistakes();
create trigger benchmark_runs_count_updated after update on public.benchmark_runs
  referencing old table as old_runs new table as new_runs for each statement execute function private.count_mistakes();
create trigger benchmark_runs_count_deleted after delete on public.benchmark_runs
  referencing old table as old_runs for each statement execute function private.count_mistakes();

-- What else is dear to work out is kept once no run changes any more.
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
comment on table public.kept_error_patterns is 'The rows of report_error_patterns of completed reports, which read it.';

do $$
declare figures text;
begin
  foreach figures in array array['model_run_counts', 'field_error_counts', 'kept_model_summaries', 'kept_error_patterns'] loop
    execute format('comment on column public.%I.owner_id is %L', figures, 'Owner of the report, so that the policy needs no join.');
    execute format('alter table public.%I enable row level security', figures);
    execute format('grant select on public.%I to anon, authenticated', figures);
    execute format('grant select, insert, update, delete on public.%I to service_role', figures);
    execute format('create policy "Owners, and visitors with its token, read a report''s figures" on public.%I
      for select to authenticated
      using (owner_id = (select auth.uid()) or report_id = (select private.presented_report()))', figures);
    execute format('create policy "Visitors with its token read a report''s figures" on public.%I
      for select to anon using (report_id = (select private.presented_report()))', figures);
  end loop;
end;
$$;
create index kept_model_summaries_report_id_idx on public.kept_model_summaries (report_id);
create index kept_error_patterns_report_id_idx on public.kept_error_patterns (report_id);

-- Two views are what is kept and, lateral, so that the runs of a report whose figures are kept are not looked
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
      avg(coalesce(r.field_accuracy, 0)) filter (where r.status = 'complete') as accuracy,
      count(*) filter (where r.status = 'complete' and r.exact_match) as exact_matches,
      avg(r.actual_cost) filter (where r.status = 'complete') as cost_per_run,
      array_agg(r.response_time_ms::integer order by r.response_time_ms) filter (where r.status = 'complete') as times,
      (count(r.response_time_ms) filter (where r.status = 'complete'))::integer as time_count,
      stddev_samp(coalesce(r.field_accuracy, 0)) filter (where r.status = 'complete') as spread,
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
  select c.report_id, c.model_id, e.field_path, e.expected, e.actual, e.format_only, e.occurrences,
    100.0 * e.occurrences / c.runs_completed as percentage
  from public.model_run_counts c
  join public.field_error_counts e on e.report_id = c.report_id and e.model_id = c.model_id;
comment on view public.report_field_errors is
  'Every different mistake of a model with how often it was made and in how many percent of its completed runs. An absent value is null here, JSON''s null is ''null''. format_only: right, and only written otherwise.';

create view public.report_error_patterns with (security_invoker = true) as
  select report_id, model_id, field_path, format_only, occurrences, percentage, common_expected, common_actual
  from public.kept_error_patterns
  union all
  select p.id, c.model_id, m.field_path, m.format_only, m.occurrences, 100.0 * m.occurrences / c.runs_completed,
    m.common_expected, m.common_actual
  from public.reports p
  join public.model_run_counts c on c.report_id = p.id
  cross join lateral (
    select e.field_path, e.format_only, sum(e.occurrences)::integer as occurrences,
      -- Equals go by their JSON, as the functions have it.
      (array_agg(e.expected order by e.occurrences desc,
        format('[[%s],[%s]]', e.expected, e.actual) collate "C"))[1] as common_expected,
      (array_agg(e.actual order by e.occurrences desc,
        format('[[%s],[%s]]', e.expected, e.actual) collate "C"))[1] as common_actual
    from public.field_error_counts e
    where e.report_id = c.report_id and e.model_id = c.model_id
    group by e.field_path, e.format_only
    having 10 * sum(e.occurrences) >= c.runs_completed
  ) m
  where not p.has_kept_figures;
comment on view public.report_error_patterns is
  'What a model gets wrong in at least a tenth of its completed runs, with the mistake it makes there most. What is right but for its format is a pattern of its own.';

grant select on public.report_model_summaries, public.report_field_errors, public.report_error_patterns
  to anon, authenticated, service_role;

create function private.keep_figures() returns trigger
language plpgsql set search_path = '' as $$
begin
  insert into public.kept_error_patterns (owner_id, report_id, model_id, field_path, format_only, occurrences,
    percentage, common_expected, common_actual)
  select new.owner_id, v.* from public.report_error_patterns v where v.report_id = new.id;
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
