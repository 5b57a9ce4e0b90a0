-- Requests with their tokens and cost, for telemetry_without_sums.sql. A step without a price is estimated.
create schema bench;
grant usage on schema bench to service_role;
create view bench.price_tiers with (security_invoker = true) as
  select id, long_context_above, false as is_long, input_per_million, cached_input_per_million, output_per_million
  from public.model_prices
  union all
  select id, long_context_above, true, long_context_input_per_million, long_context_cached_input_per_million,
    long_context_output_per_million
  from public.model_prices where long_context_above is not null;
create view bench.telemetry_requests with (security_invoker = true) as
  select l.created_at, l.user_id, l.error_type, l.is_off_topic,
    coalesce(l.sql_input_tokens, 0)::bigint + coalesce(l.response_input_tokens, 0) as input,
    coalesce(l.sql_output_tokens, 0)::bigint + coalesce(l.response_output_tokens, 0) as output,
    coalesce(l.sql_cached_tokens, 0)::bigint + coalesce(l.response_cached_tokens, 0) as cached,
    num_nonnulls(l.sql_input_tokens, l.sql_cached_tokens, l.sql_output_tokens) > 0 and l.sql_price_id is null
      or num_nonnulls(l.response_input_tokens, l.response_cached_tokens, l.response_output_tokens) > 0
        and l.response_price_id is null as is_unpriced,
    case when l.sql_price_id is null then 0 else usd.sql end
      + case when l.response_price_id is null then 0 else usd.response end as known_usd,
    case when l.sql_price_id is null then usd.sql else 0 end
      + case when l.response_price_id is null then usd.response else 0 end as estimated_usd
  from public.chat_telemetry_log l
  cross join (values (0.15, 0.075, 0.60)) f (input, cached_input, output)
  left join bench.price_tiers a on a.id = l.sql_price_id
    and a.is_long = coalesce(l.sql_input_tokens > a.long_context_above, false)
  left join bench.price_tiers b on b.id = l.response_price_id
    and b.is_long = coalesce(l.response_input_tokens > b.long_context_above, false)
  cross join lateral (
    select (
      greatest(coalesce(l.sql_input_tokens, 0) - coalesce(l.sql_cached_tokens, 0), 0)
        * coalesce(a.input_per_million, f.input)
      + coalesce(l.sql_cached_tokens, 0) * coalesce(a.cached_input_per_million, f.cached_input)
      + coalesce(l.sql_output_tokens, 0) * coalesce(a.output_per_million, f.output)
    ) * 0.000001 as sql, (
      greatest(coalesce(l.response_input_tokens, 0) - coalesce(l.response_cached_tokens, 0), 0)
        * coalesce(b.input_per_million, f.input)
      + coalesce(l.response_cached_tokens, 0) * coalesce(b.cached_input_per_million, f.cached_input)
      + coalesce(l.response_output_tokens, 0) * coalesce(b.output_per_million, f.output)
    ) * 0.000001 as response
  ) usd;
grant select on bench.price_tiers, bench.telemetry_requests to service_role;
