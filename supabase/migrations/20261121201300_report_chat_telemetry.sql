-- The queries of snippets/observability_reports.sql as views, for dashboards; a test compares the two.
create view public.report_chat_costs with (security_invoker = true) as
  with settings as (select 30 as days),
  -- No price: as if by a small model, 0.15 and 0.60 USD per million tokens, cached input at half.
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
comment on view public.report_chat_costs is
  'Tokens and USD by day (UTC) of the last 30 days. estimated_usd: cost of the tokens of unpriced models at 0.15 and 0.60 USD per million, cached input at half; cost_usd: known and estimated cost together.';

create view public.report_chat_latencies with (security_invoker = true) as
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
comment on view public.report_chat_latencies is
  'Percentiles in ms of each step of the successful requests of the last 7 days (UTC), each within 1 % of a measured time.';

create view public.report_chat_errors with (security_invoker = true) as
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
comment on view public.report_chat_errors is
  'Failed requests of the last 7 days (UTC) by kind and step, and their share of all requests and of all errors.';

create view public.report_chat_users with (security_invoker = true) as
  with settings as (select 30 as days),
  -- No price: as if by a small model, 0.15 and 0.60 USD per million tokens, cached input at half.
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
comment on view public.report_chat_users is
  'Users of the chat of the last 30 days (UTC), the most expensive first. Costs as in report_chat_costs.';

create view public.report_chat_patterns with (security_invoker = true) as
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
comment on view public.report_chat_patterns is
  'The 20 most frequent generated statements of the last 7 days (UTC), each with one example. Means are over statements that ran.';

create view public.report_chat_off_topic with (security_invoker = true) as
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
comment on view public.report_chat_off_topic is
  'Number of questions and of off-topic questions by day (UTC) of the last 30 days.';

create view public.report_chat_models with (security_invoker = true) as
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
comment on view public.report_chat_models is
  'Models by step over the last 7 days (UTC): percentiles in ms of successful requests, mean tokens of counted requests.';

create view public.report_chat_latencies_overall with (security_invoker = true) as
  with histogram as (
    select step, bucket, sum(requests) as requests from private.chat_latencies_by_month
    group by step, bucket
    having sum(requests) > 0
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
comment on view public.report_chat_latencies_overall is 'Percentiles of report_chat_latencies over all time.';

grant select on public.report_chat_costs, public.report_chat_latencies, public.report_chat_errors,
  public.report_chat_users, public.report_chat_patterns, public.report_chat_off_topic,
  public.report_chat_models, public.report_chat_latencies_overall to service_role;
