-- The seven reports of supabase/snippets/observability_reports.sql, computed from the log and its indexes
-- alone, with the view of telemetry_requests.sql. The sums by day must give the same results and are measured
-- against these queries.

-- (1) Token cost per day
select (created_at at time zone 'UTC')::date as day, count(*) as requests, sum(input)::bigint as input_tokens,
  sum(output)::bigint as output_tokens, sum(cached)::bigint as cached_tokens,
  sum(known_usd) + sum(estimated_usd) as cost_usd, sum(known_usd) as known_usd, sum(estimated_usd) as estimated_usd,
  count(*) filter (where is_unpriced) as unpriced_requests
from bench.telemetry_requests
where created_at >= ((now() at time zone 'UTC')::date - 29)::timestamp at time zone 'UTC'
group by day
order by day desc;

-- (2) Latency per step
select s.step, count(s.ms) as requests,
  percentile_disc(0.5) within group (order by s.ms) as p50_ms,
  percentile_disc(0.95) within group (order by s.ms) as p95_ms,
  percentile_disc(0.99) within group (order by s.ms) as p99_ms
from public.chat_telemetry_log l
cross join lateral (values
  (1, 'nl_to_sql', l.nl_to_sql_duration_ms), (2, 'sql_execution', l.sql_execution_duration_ms),
  (3, 'response_generation', l.response_generation_duration_ms), (4, 'ttfb', l.ttfb_ms)
) s (place, step, ms)
where l.created_at >= ((now() at time zone 'UTC')::date - 6)::timestamp at time zone 'UTC'
  and l.error_type is null and s.ms is not null
group by s.place, s.step
order by s.place;

-- (3) Errors
with recent as (
  select error_type, failed_step from public.chat_telemetry_log
  where created_at >= ((now() at time zone 'UTC')::date - 6)::timestamp at time zone 'UTC'
)
select error_type, failed_step, count(*) as errors, (select count(*) from recent) as requests,
  round(100.0 * count(*) / (select count(*) from recent), 2) as percent_of_requests,
  round(100.0 * count(*) / (select count(error_type) from recent), 2) as percent_of_errors
from recent
where error_type is not null
group by error_type, failed_step
order by errors desc, error_type, failed_step;

-- (4) Users
select user_id, count(*) as requests, sum(input)::bigint as input_tokens, sum(output)::bigint as output_tokens,
  sum(cached)::bigint as cached_tokens, count(error_type) as errors, count(*) filter (where is_off_topic) as off_topic,
  sum(known_usd) + sum(estimated_usd) as cost_usd, sum(known_usd) as known_usd, sum(estimated_usd) as estimated_usd,
  count(*) filter (where is_unpriced) as unpriced_requests
from bench.telemetry_requests
where created_at >= ((now() at time zone 'UTC')::date - 29)::timestamp at time zone 'UTC'
group by user_id
order by cost_usd desc, user_id;

-- (5) SQL patterns
select sql_fingerprint, max(sql_shape_hash) as sql_shape_hash, count(*) as requests, min(generated_sql) as example,
  round(avg(sql_execution_duration_ms), 1) as mean_execution_ms, round(avg(result_row_count), 1) as mean_rows
from public.chat_telemetry_log
where created_at >= ((now() at time zone 'UTC')::date - 6)::timestamp at time zone 'UTC'
  and sql_fingerprint is not null
group by sql_fingerprint
order by requests desc, sql_fingerprint
limit 20;

-- (6) Off-topic questions per day
select (created_at at time zone 'UTC')::date as day, count(*) as requests,
  count(*) filter (where is_off_topic) as off_topic,
  round(100.0 * count(*) filter (where is_off_topic) / count(*), 2) as percent_off_topic
from public.chat_telemetry_log
where created_at >= ((now() at time zone 'UTC')::date - 29)::timestamp at time zone 'UTC'
group by day
order by day desc;

-- (7) Models compared
select s.step, s.model, count(*) as requests,
  percentile_disc(0.5) within group (order by s.ms) filter (where l.error_type is null) as p50_ms,
  percentile_disc(0.95) within group (order by s.ms) filter (where l.error_type is null) as p95_ms,
  round(coalesce(sum(s.input), 0)::numeric / nullif(count(*) filter (where num_nonnulls(s.input, s.output) > 0), 0), 1)
    as mean_input_tokens,
  round(coalesce(sum(s.cached), 0)::numeric / nullif(count(*) filter (where num_nonnulls(s.input, s.output) > 0), 0), 1)
    as mean_cached_tokens,
  round(coalesce(sum(s.output), 0)::numeric / nullif(count(*) filter (where num_nonnulls(s.input, s.output) > 0), 0), 1)
    as mean_output_tokens
from public.chat_telemetry_log l
cross join lateral (values
  ('nl_to_sql', l.sql_model, l.nl_to_sql_duration_ms, l.sql_input_tokens, l.sql_cached_tokens, l.sql_output_tokens),
  ('response_generation', l.response_model, l.response_generation_duration_ms, l.response_input_tokens,
    l.response_cached_tokens, l.response_output_tokens)
) s (step, model, ms, input, cached, output)
where l.created_at >= ((now() at time zone 'UTC')::date - 6)::timestamp at time zone 'UTC' and s.model is not null
group by s.step, s.model
order by s.step, requests desc, s.model;
