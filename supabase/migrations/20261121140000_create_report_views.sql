-- A report's figures are read from this index alone, without its runs' wide rows. A run enters it once, when
-- it ends.
create index benchmark_runs_figures_idx on public.benchmark_runs (report_id, model_id)
  include (owner_id, status, field_accuracy, exact_match, actual_cost, response_time_ms)
  where status in ('complete', 'failed');

create view public.report_model_summaries with (security_invoker = true) as
  select report_id, model_id,
    avg(field_accuracy) filter (where status = 'complete') as accuracy,
    100.0 * count(*) filter (where status = 'complete' and exact_match)
      / nullif(count(*) filter (where status = 'complete'), 0) as exact_match_rate,
    avg(actual_cost) filter (where status = 'complete') as cost_per_run,
    percentile_cont(0.5) within group (order by response_time_ms)
      filter (where status = 'complete') as median_latency,
    (array_agg(response_time_ms order by response_time_ms) filter (where status = 'complete'))[
      ceil(95 * count(response_time_ms) filter (where status = 'complete') / 100.0)::integer
    ] as p95_latency,
    stddev_samp(field_accuracy) filter (where status = 'complete') as spread,
    (count(*) filter (where status = 'complete'))::integer as runs_completed,
    count(*)::integer as runs_attempted
  from public.benchmark_runs
  where status in ('complete', 'failed')
  group by report_id, model_id;
comment on view public.report_model_summaries is
  'How each model of a report does, also while it runs: means over completed runs, accuracy and exact_match_rate 0-100, cost_per_run in USD, latencies in ms, spread as sample standard deviation. The same figures as reports.summary, without intervals.';

create view public.report_field_errors with (security_invoker = true) as
  select mistakes.*, 100.0 * mistakes.occurrences / completed.runs as percentage
  from (
    select r.report_id, r.model_id, e.error ->> 'fieldPath' as field_path, e.error -> 'expected' as expected,
      e.error -> 'actual' as actual, e.error ? 'formatOnly' as format_only, count(*)::integer as occurrences
    from public.benchmark_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
    where r.status = 'complete' and r.field_errors <> '[]'
    group by r.report_id, r.model_id, field_path, expected, actual, format_only
  ) mistakes
  join (
    select report_id, model_id, count(*) as runs from public.benchmark_runs where status = 'complete'
    group by report_id, model_id
  ) completed on completed.report_id = mistakes.report_id and completed.model_id = mistakes.model_id;
comment on view public.report_field_errors is
  'Every different mistake of a model with how often it was made and in how many percent of its completed runs. An absent value is null here, JSON''s null is ''null''. format_only: right, and only written otherwise.';

create view public.report_error_patterns with (security_invoker = true) as
  select report_id, model_id, field_path, format_only, sum(occurrences)::integer as occurrences, sum(percentage) as percentage,
    (array_agg(expected order by occurrences desc, expected, actual))[1] as common_expected,
    (array_agg(actual order by occurrences desc, expected, actual))[1] as common_actual
  from public.report_field_errors
  group by report_id, model_id, field_path, format_only
  having sum(percentage) >= 10;
comment on view public.report_error_patterns is
  'What a model gets wrong in at least a tenth of its completed runs, with the mistake it makes there most. What is right but for its format is a pattern of its own.';

grant select on public.report_model_summaries, public.report_field_errors, public.report_error_patterns
  to anon, authenticated, service_role;
