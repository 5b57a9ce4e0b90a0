-- Seven reports on the chat, for the dashboard's SQL editor. Each is independent: paste the one you need, or
-- read the view with the same figures that its heading names. Change the number of days in its first lines.
-- The reports read daily sums that are stored beside the log, and add newer rows; see
-- private.fold_chat_telemetry. Days are UTC. The last 7 days are today and the six days before.

-- (1) Token cost per day (report_chat_costs)
-- Input and output tokens of the chat's models on each of the last 30 days (UTC), and their cost. known_usd
-- uses the price list. unpriced_requests had a step whose model was in no price list, and estimated_usd is the
-- cost of those steps' tokens with a small model. cost_usd is the sum of both. Cached tokens are part of the
-- input. Steps that did not run, or whose provider reported no tokens, add nothing.
with settings as (select 30 as days),
-- Without a price: that of a small model, 0.15 and 0.60 USD per million tokens, cached input at half.
fallback as (select 0.15 as input, 0.075 as cached_input, 0.60 as output)
select u.day, sum(u.requests)::bigint as requests,
  sum(u.sql_input_tokens + u.response_input_tokens)::bigint as input_tokens,
  sum(u.sql_output_tokens + u.response_output_tokens)::bigint as output_tokens,
  sum(u.sql_cached_tokens + u.response_cached_tokens)::bigint as cached_tokens,
  sum(u.known_usd) + sum(e.usd) as cost_usd, sum(u.known_usd) as known_usd, sum(e.usd) as estimated_usd,
  sum(u.unpriced_requests)::bigint as unpriced_requests
from settings s
cross join fallback f
join private.chat_usage u on u.day > (now() at time zone 'UTC')::date - s.days
cross join lateral (
  select (u.unpriced_uncached_tokens * f.input + u.unpriced_cached_tokens * f.cached_input
    + u.unpriced_output_tokens * f.output) * 0.000001 as usd
) e
group by u.day
having sum(u.requests) > 0
order by u.day desc;

-- (2) Latency per step (report_chat_latencies)
-- Median, 95th and 99th percentile in ms of each step of the successful requests of the last 7 days (UTC). A
-- request without an error is successful. It counts for the steps it took, so an off-topic one has no
-- execution. The histograms have buckets that grow by 2 %, so each figure is within 1 % of the measured time.
-- For all days, read report_chat_latencies_overall.
with settings as not materialized (select 7 as days),
histogram as (
  select l.step, l.bucket, sum(l.requests) as requests
  from settings s
  join private.chat_latencies l on l.day > (now() at time zone 'UTC')::date - s.days
  group by l.step, l.bucket
  having sum(l.requests) > 0
),
running as (
  select step, bucket, sum(requests) over (partition by step order by bucket) as up_to,
    sum(requests) over (partition by step) as total
  from histogram
)
select step, max(total)::bigint as requests,
  round(private.latency_of_bucket(min(bucket) filter (where up_to >= 0.5 * total))::numeric, 1) as p50_ms,
  round(private.latency_of_bucket(min(bucket) filter (where up_to >= 0.95 * total))::numeric, 1) as p95_ms,
  round(private.latency_of_bucket(min(bucket) filter (where up_to >= 0.99 * total))::numeric, 1) as p99_ms
from running
group by step
order by array_position(array['nl_to_sql', 'sql_execution', 'response_generation', 'ttfb'], step);

-- (3) Errors (report_chat_errors)
-- Errors of the last 7 days (UTC), by type and failed step: their number, the number of all requests, and
-- their percentages of all requests and of all errors.
with settings as (select 7 as days),
outcomes as (
  select u.error_type, u.failed_step, sum(u.requests) as requests
  from settings s
  join private.chat_usage u on u.day > (now() at time zone 'UTC')::date - s.days
  group by u.error_type, u.failed_step
),
total as (
  select sum(requests) as requests, sum(requests) filter (where error_type is not null) as errors from outcomes
)
select o.error_type, o.failed_step, o.requests::bigint as errors, t.requests::bigint as requests,
  round(100 * o.requests / nullif(t.requests, 0), 2) as percent_of_requests,
  round(100 * o.requests / nullif(t.errors, 0), 2) as percent_of_errors
from outcomes o
cross join total t
where o.error_type is not null and o.requests > 0
order by o.requests desc, o.error_type, o.failed_step;

-- (4) Users (report_chat_users)
-- Users of the chat in the last 30 days (UTC): requests, tokens, errors, off-topic questions and cost, the
-- highest cost first. Costs are those of (1).
with settings as (select 30 as days),
-- Without a price: that of a small model, 0.15 and 0.60 USD per million tokens, cached input at half.
fallback as (select 0.15 as input, 0.075 as cached_input, 0.60 as output)
select u.user_id, u.requests, u.input_tokens, u.output_tokens, u.cached_tokens, u.errors, u.off_topic,
  u.known_usd + e.usd as cost_usd, u.known_usd, e.usd as estimated_usd, u.unpriced_requests
from settings s
cross join fallback f
cross join private.chat_users_since((now() at time zone 'UTC')::date - s.days + 1) u
cross join lateral (
  select (u.unpriced_uncached_tokens * f.input + u.unpriced_cached_tokens * f.cached_input
    + u.unpriced_output_tokens * f.output) * 0.000001 as usd
) e
order by cost_usd desc, u.user_id;

-- (5) SQL patterns (report_chat_patterns)
-- The 20 most frequently generated statements of the last 7 days (UTC), by fingerprint: their number, an
-- example, and the mean execution time and number of rows of those that ran. Statements that differ only in
-- their constants have different fingerprints and the same sql_shape_hash.
with settings as (select 7 as days),
patterns as (
  select p.sql_fingerprint, sum(p.requests) as requests,
    sum(p.execution_ms) / nullif(sum(p.timed), 0) as mean_execution_ms,
    sum(p.result_rows) / nullif(sum(p.counted), 0) as mean_rows
  from settings s
  join private.chat_patterns p on p.day > (now() at time zone 'UTC')::date - s.days
  group by p.sql_fingerprint
  having sum(p.requests) > 0
  order by requests desc, p.sql_fingerprint
  limit 20
)
select p.sql_fingerprint, example.sql_shape_hash, p.requests::bigint as requests, example.generated_sql as example,
  round(p.mean_execution_ms, 1) as mean_execution_ms, round(p.mean_rows, 1) as mean_rows
from patterns p
left join lateral (
  select l.generated_sql, l.sql_shape_hash from public.chat_telemetry_log l
  where l.sql_fingerprint = p.sql_fingerprint and l.generated_sql is not null
  limit 1
) example on true
order by p.requests desc, p.sql_fingerprint;

-- (6) Off-topic questions per day (report_chat_off_topic)
-- Number and percentage of off-topic questions on each of the last 30 days (UTC).
with settings as (select 30 as days)
select u.day, sum(u.requests)::bigint as requests,
  coalesce(sum(u.requests) filter (where u.is_off_topic), 0)::bigint as off_topic,
  round(100 * coalesce(sum(u.requests) filter (where u.is_off_topic), 0) / nullif(sum(u.requests), 0), 2)
    as percent_off_topic
from settings s
join private.chat_usage u on u.day > (now() at time zone 'UTC')::date - s.days
group by u.day
having sum(u.requests) > 0
order by u.day desc;

-- (7) Models compared (report_chat_models)
-- Each model in each of its two steps over the last 7 days (UTC): the number of requests, the time of the
-- successful ones (ms, within 1 %), and the mean tokens of the requests whose tokens were counted.
with settings as not materialized (select 7 as days),
histogram as (
  select l.step, l.model, l.bucket, sum(l.requests) as requests
  from settings s
  join private.chat_latencies l on l.day > (now() at time zone 'UTC')::date - s.days
  where l.step in ('nl_to_sql', 'response_generation')
  group by l.step, l.model, l.bucket
  having sum(l.requests) > 0
),
running as (
  select step, model, bucket, sum(requests) over (partition by step, model order by bucket) as up_to,
    sum(requests) over (partition by step, model) as total
  from histogram
),
latency as (
  select step, model,
    round(private.latency_of_bucket(min(bucket) filter (where up_to >= 0.5 * total))::numeric, 1) as p50_ms,
    round(private.latency_of_bucket(min(bucket) filter (where up_to >= 0.95 * total))::numeric, 1) as p95_ms
  from running
  group by step, model
),
tokens as (
  select c.step, c.model, sum(u.requests) as requests, sum(c.calls) as calls, sum(c.input_tokens) as input_tokens,
    sum(c.output_tokens) as output_tokens, sum(c.cached_tokens) as cached_tokens
  from settings s
  join private.chat_usage u on u.day > (now() at time zone 'UTC')::date - s.days
  cross join lateral (values
    ('nl_to_sql', u.sql_model, u.sql_calls, u.sql_input_tokens, u.sql_output_tokens, u.sql_cached_tokens),
    ('response_generation', u.response_model, u.response_calls, u.response_input_tokens,
      u.response_output_tokens, u.response_cached_tokens)
  ) c (step, model, calls, input_tokens, output_tokens, cached_tokens)
  where c.model is not null
  group by c.step, c.model
)
select t.step, t.model, t.requests::bigint as requests, l.p50_ms, l.p95_ms,
  round(t.input_tokens / nullif(t.calls, 0), 1) as mean_input_tokens,
  round(t.cached_tokens / nullif(t.calls, 0), 1) as mean_cached_tokens,
  round(t.output_tokens / nullif(t.calls, 0), 1) as mean_output_tokens
from tokens t
left join latency l on l.step = t.step and l.model = t.model
where t.requests > 0
order by t.step, t.requests desc, t.model;
