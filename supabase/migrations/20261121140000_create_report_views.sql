-- Figures are updated as runs end. Reading them from 2,000 runs took 2 to 9 ms by a covering index, because the
-- rows of a running report are seldom vacuumed, and reading their mistakes took 17 ms.
create table public.model_figures (
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  served_other boolean not null,
  runs_completed private.counter not null,
  runs_rejected private.counter not null,
  runs_failed private.counter not null,
  exact_matches private.counter not null,
  accuracy_sum numeric not null,
  accuracy_squares numeric not null,
  cost_sum numeric not null,
  costs_known private.counter not null,
  times integer[] not null,
  primary key (report_id, model_id, served_other)
)
with (fillfactor = 50);
create table public.field_error_counts (
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null,
  model_id text not null,
  served_other boolean not null,
  field_path text,
  expected jsonb,
  actual jsonb,
  format_only boolean not null,
  occurrences private.counter not null,
  path_hash bigint generated always as (coalesce(hashtextextended(field_path, 0), 0)) stored,
  expected_hash bigint generated always as (coalesce(jsonb_hash_extended(expected, 0), 0)) stored,
  actual_hash bigint generated always as (coalesce(jsonb_hash_extended(actual, 0), 0)) stored,
  -- Hashes, because an index cannot hold long values.
  primary key (report_id, model_id, served_other, path_hash, expected_hash, actual_hash, format_only)
)
with (fillfactor = 80);
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
create index kept_error_patterns_report_id_idx on public.kept_error_patterns (report_id);
comment on table public.model_figures is
  'Sums over the ended runs of each model of a report, read through report_model_summaries. Costs in USD, accuracies 0-100.';
comment on column public.model_figures.served_other is
  'True for the runs that another model answered. The row for the other runs always exists.';
comment on column public.field_error_counts.served_other is 'True for mistakes in runs that another model answered.';
comment on column public.model_figures.accuracy_squares is 'Sum of the squared accuracies, for their standard deviation.';
comment on column public.model_figures.times is 'Milliseconds of each completed run, in the order in which they ended.';
comment on table public.field_error_counts is
  'Number of occurrences of each different mistake of a model in a report, read through report_field_errors.';
comment on table public.kept_error_patterns is 'Stored rows of report_error_patterns for completed reports. The view reads them.';

do $$
declare figures text;
begin
  foreach figures in array array['model_figures', 'field_error_counts', 'kept_error_patterns'] loop
    execute format('comment on column public.%I.owner_id is %L', figures, 'Owner of the report, so that the policy needs no join.');
    execute format('alter table public.%I enable row level security', figures);
    execute format('grant select on public.%I to authenticated', figures);
    execute format('grant select, insert, update, delete on public.%I to service_role', figures);
    execute format('create policy "Viewers read their reports'' figures" on public.%I
      for select to authenticated using (owner_id = any ((select private.accounts_as(''viewer''))::uuid[]))', figures);
  end loop;
end;
$$;
-- Visitors read figures. Mistakes hold expected values, which the function report shows if the order is shared.
grant select (report_id, model_id, served_other, runs_completed, runs_rejected, runs_failed, exact_matches,
  accuracy_sum, accuracy_squares, cost_sum, costs_known, times) on public.model_figures to anon;
create policy "Visitors with its token read a report's figures" on public.model_figures
  for select to anon using (report_id = (select private.presented_report()));

create function private.keep_figures() returns trigger
language plpgsql security definer set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
declare
  v_runs uuid[] := '{}';
begin
  if tg_op <> 'DELETE' then
    v_runs := array(select r.id from new_rows r where r.status in ('complete', 'failed'));
  end if;
  if tg_op <> 'INSERT' then
    -- Workers end a run once. If an ended run is changed or deleted later, its model's figures are computed again.
    if exists (select from old_rows r where r.status in ('complete', 'failed')) then
      perform from public.model_figures f
      where (f.report_id, f.model_id) in (
        select r.report_id, r.model_id from old_rows r where r.status in ('complete', 'failed'))
      order by f.report_id, f.model_id, f.served_other for update;
      delete from public.field_error_counts c
      where (c.report_id, c.model_id) in (
        select r.report_id, r.model_id from old_rows r where r.status in ('complete', 'failed'));
      delete from public.model_figures f
      where (f.report_id, f.model_id) in (
        select r.report_id, r.model_id from old_rows r where r.status in ('complete', 'failed'));
      v_runs := array(
        select r.id from public.benchmark_runs r
        where r.status in ('complete', 'failed') and (r.report_id, r.model_id) in (
          select o.report_id, o.model_id from old_rows o where o.status in ('complete', 'failed'))
        union
        select unnest(v_runs)
      );
    end if;
  end if;
  if cardinality(v_runs) = 0 then
    return null;
  end if;
  -- The first row of a model locks its figures. All transactions take these locks in the same order.
  insert into public.model_figures as f (report_id, owner_id, model_id, served_other, runs_completed, runs_rejected,
    runs_failed, exact_matches, accuracy_sum, accuracy_squares, cost_sum, costs_known, times)
  select r.report_id, any_value(r.owner_id), r.model_id, r.served_other, count(*) filter (where r.is_complete),
    count(*) filter (where r.is_complete and r.error_kind = 'rejected'),
    count(*) filter (where not r.is_complete), count(*) filter (where r.is_complete and r.exact_match),
    coalesce(sum(r.accuracy) filter (where r.is_complete), 0),
    coalesce(sum(r.accuracy * r.accuracy) filter (where r.is_complete), 0),
    coalesce(sum(r.actual_cost) filter (where r.is_complete), 0),
    count(r.actual_cost) filter (where r.is_complete),
    coalesce(array_agg(r.response_time_ms) filter (where r.is_complete and r.response_time_ms is not null), '{}')
  from (
    select x.report_id, x.owner_id, x.model_id, x.status = 'complete' and x.served_other as served_other,
      x.status = 'complete' as is_complete, x.error_kind, x.exact_match,
      coalesce(x.field_accuracy, 0)::numeric as accuracy, x.actual_cost, x.response_time_ms::integer
    from public.benchmark_runs x where x.id = any (v_runs)
    union all
    select distinct x.report_id, x.owner_id, x.model_id, false, null::boolean, null, null::boolean, null::numeric,
      null::numeric, null::integer
    from public.benchmark_runs x where x.id = any (v_runs) and x.status = 'complete' and x.served_other
  ) r
  group by r.report_id, r.model_id, r.served_other order by r.report_id, r.model_id, r.served_other
  on conflict (report_id, model_id, served_other) do update set
    runs_completed = f.runs_completed + excluded.runs_completed,
    runs_rejected = f.runs_rejected + excluded.runs_rejected, runs_failed = f.runs_failed + excluded.runs_failed,
    exact_matches = f.exact_matches + excluded.exact_matches,
    accuracy_sum = f.accuracy_sum + excluded.accuracy_sum,
    accuracy_squares = f.accuracy_squares + excluded.accuracy_squares,
    cost_sum = f.cost_sum + excluded.cost_sum, costs_known = f.costs_known + excluded.costs_known,
    times = f.times || excluded.times;
  insert into public.field_error_counts as c
    (report_id, owner_id, model_id, served_other, field_path, expected, actual, format_only, occurrences)
  select m.report_id, any_value(m.owner_id), m.model_id, m.served_other, any_value(m.field_path), any_value(m.expected),
    any_value(m.actual), m.format_only, count(*)
  from (
    select r.report_id, r.owner_id, r.model_id, r.served_other, e.error ->> 'fieldPath' as field_path,
      e.error -> 'expected' as expected, e.error -> 'actual' as actual, e.error ? 'formatOnly' as format_only
    from public.benchmark_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
    where r.id = any (v_runs) and r.status = 'complete'
  ) m
  group by m.report_id, m.model_id, m.served_other, coalesce(hashtextextended(m.field_path, 0), 0),
    coalesce(jsonb_hash_extended(m.expected, 0), 0), coalesce(jsonb_hash_extended(m.actual, 0), 0), m.format_only
  on conflict (report_id, model_id, served_other, path_hash, expected_hash, actual_hash, format_only)
    do update set occurrences = c.occurrences + excluded.occurrences;
  return null;
end;
$$;
comment on function private.keep_figures() is
  'Updates model_figures and field_error_counts in the statement that writes the runs. Definer, because deleting a user reaches runs only through cascades.';
create trigger benchmark_runs_keep_inserted after insert on public.benchmark_runs
  referencing new table as new_rows for each statement execute function private.keep_figures();
create trigger benchmark_runs_keep_updated after update on public.benchmark_runs
  referencing old table as old_rows new table as new_rows for each statement execute function private.keep_figures();
create trigger benchmark_runs_keep_deleted after delete on public.benchmark_runs
  referencing old table as old_rows for each statement execute function private.keep_figures();

create view public.report_counted_figures with (security_invoker = true) as
  select x.report_id, x.model_id, x.served_other, x.runs_attempted, x.exact_matches, x.accuracy_sum, x.accuracy_squares,
    case when x.answers > 0 then x.runs_completed else 0 end::integer as runs_completed, x.cost_sum,
    case when x.answers > 0 then x.costs_known else 0 end as costs_known,
    case when x.answers > 0 then x.times else '{}' end as times
  from (
    -- Each column by name, because visitors may not select them all.
    select f.report_id, f.model_id, f.served_other, f.runs_completed, f.exact_matches, f.accuracy_sum,
      f.accuracy_squares, f.cost_sum, f.costs_known, f.times, f.runs_completed - f.runs_rejected as answers,
      sum(f.runs_completed + f.runs_failed) over model as runs_attempted,
      coalesce(sum(f.runs_completed - f.runs_rejected) filter (where f.served_other) over model
        >= greatest(1, sum(f.runs_completed - f.runs_rejected) filter (where not f.served_other) over model), false)
        as is_answered_by_another
    from public.model_figures f
    window model as (partition by f.report_id, f.model_id)
  ) x
  where x.served_other = x.is_answered_by_another;
comment on view public.report_counted_figures is
  'model_figures of the runs that count: those that a model answered itself, or, where these are half of the answers or more, those that another answered in its place; none where all were rejected. The rule of count_runs.ts.';

create view public.report_model_summaries with (security_invoker = true) as
  select f.report_id, f.model_id, (f.accuracy_sum / nullif(f.runs_completed, 0))::double precision as accuracy,
    100.0 * f.exact_matches / nullif(f.runs_completed, 0) as exact_match_rate,
    f.cost_sum / nullif(f.costs_known, 0) as cost_per_run,
    (t.times[(t.count + 1) / 2] + t.times[t.count / 2 + 1]) / 2.0::double precision as median_latency,
    t.times[ceil(95 * t.count / 100.0)::integer] as p95_latency,
    case when f.runs_completed > 1 then
      -- The quotient is rounded, and may be a hair too large.
      sqrt(greatest(0, f.accuracy_squares - f.accuracy_sum * f.accuracy_sum / f.runs_completed)
        / (f.runs_completed - 1))::double precision
    end as spread,
    f.runs_completed, f.runs_attempted::integer
  from public.report_counted_figures f
  cross join lateral (
    select array_agg(x.time order by x.time) as times, count(*)::integer as count from unnest(f.times) as x (time)
  ) t;
comment on view public.report_model_summaries is
  'Figures of each model of a report, also while it runs. Means are over the runs that count: not those that another model answered, and none if all were rejected. accuracy and exact_match_rate are 0-100, cost_per_run is in USD, latencies are in ms, spread is the sample standard deviation. The figures equal those in reports.summary, without intervals.';

create view public.report_field_errors with (security_invoker = true) as
  select f.report_id, f.model_id, c.field_path, c.expected, c.actual, c.format_only, c.occurrences::integer,
    100.0 * c.occurrences / f.runs_completed as percentage
  from public.report_counted_figures f
  join public.field_error_counts c on c.report_id = f.report_id and c.model_id = f.model_id
    and c.served_other = f.served_other
  where f.runs_completed > 0;
comment on view public.report_field_errors is
  'Each different mistake of a model with its number of occurrences and their percentage of its completed runs. An absent value is null, and the JSON value null is ''null''. format_only: the value is right but in another format than expected.';

-- Computing patterns reads all mistakes, so they are stored once the mistakes no longer change.
alter table public.reports add column has_kept_patterns boolean not null default false;
comment on column public.reports.has_kept_patterns is
  'True once the report is complete: its error patterns are in kept_error_patterns and are not computed again.';

-- Stored patterns, and computed ones for other reports. The lateral join keeps the mistakes of reports with
-- stored patterns from being read.
create view public.report_error_patterns with (security_invoker = true) as
  select report_id, model_id, field_path, format_only, occurrences, percentage, common_expected, common_actual
  from public.kept_error_patterns
  union all
  select p.id, f.model_id, m.field_path, m.format_only, m.occurrences, 100.0 * m.occurrences / f.runs_completed,
    m.common_expected, m.common_actual
  from public.reports p
  join public.report_counted_figures f on f.report_id = p.id and f.runs_completed > 0
  cross join lateral (
    select c.field_path, c.format_only, sum(c.occurrences)::integer as occurrences,
      -- Ties are broken by the JSON, as in the functions.
      (array_agg(c.expected order by c.occurrences desc,
        format('[[%s],[%s]]', c.expected, c.actual) collate "C"))[1] as common_expected,
      (array_agg(c.actual order by c.occurrences desc,
        format('[[%s],[%s]]', c.expected, c.actual) collate "C"))[1] as common_actual
    from public.field_error_counts c
    where c.report_id = f.report_id and c.model_id = f.model_id
      and c.served_other = f.served_other
    group by c.field_path, c.format_only
    having 10 * sum(c.occurrences) >= f.runs_completed
  ) m
  where not p.has_kept_patterns;
comment on view public.report_error_patterns is
  'Fields that a model gets wrong in at least a tenth of its completed runs, with its most frequent mistake there. Values that are right but in another format are a pattern of their own.';

grant select on public.report_counted_figures, public.report_model_summaries, public.report_field_errors,
  public.report_error_patterns to authenticated, service_role;
grant select on public.report_counted_figures, public.report_model_summaries to anon;

create function private.keep_patterns() returns trigger
language plpgsql set search_path = '' as $$
begin
  insert into public.kept_error_patterns (owner_id, report_id, model_id, field_path, format_only, occurrences,
    percentage, common_expected, common_actual)
  select new.owner_id, v.* from public.report_error_patterns v where v.report_id = new.id;
  -- Without patterns nothing is stored, and later ones are computed by the view.
  new.has_kept_patterns := found;
  return new;
end;
$$;
comment on function private.keep_patterns() is
  'Stores the error patterns of a report when it completes, because its runs no longer change.';
grant execute on function private.keep_figures, private.keep_patterns to service_role;
create trigger reports_keep_patterns before update of status on public.reports
  for each row when (new.status = 'complete' and not old.has_kept_patterns) execute function private.keep_patterns();
