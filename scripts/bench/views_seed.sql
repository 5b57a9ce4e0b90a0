-- 500 owners with a report of 2,000 runs each: 10 models, 20 images, 10 repeats. As in production, the runs
-- of a report are stored together. Times, costs and mistakes come from hashes, so they are reproducible.
create temporary table mistakes as
  select array_agg(case when n < 28 then '[]'::jsonb else (
    select jsonb_agg(jsonb_build_object('fieldPath', format('items[%s].price', f), 'expected', 10 * f,
      'actual', (n * f) % 17)) from generate_series(1, n % 4 + 1) f
  ) end order by n) as lists
  from generate_series(1, 64) n;

insert into auth.users (id, email)
select md5('owner' || n)::uuid, format('owner%s@example.com', n) from generate_series(1, 500) n;

insert into public.reports (id, owner_id, config_hash, estimated_api_cost, model_count)
select md5('report' || n)::uuid, md5('owner' || n)::uuid, 'hash' || n, 1, 10 from generate_series(1, 500) n;

insert into public.report_orders (report_id, owner_id, config_snapshot)
select p.id, p.owner_id, jsonb_build_object(
  'version', 1, 'prompt', 'Read the receipt.', 'json_schema', '{"type": "object"}'::jsonb,
  'priorities', '["accuracy", "cost", "speed"]'::jsonb, 'runs_per_model', 10, 'max_output_tokens', 500,
  'images', (select jsonb_agg(jsonb_build_object('path', format('%s/%s.png', p.owner_id, i), 'expected',
    '{"vendor": "Harbor Market", "total": 12.5}'::jsonb)) from generate_series(1, 20) i),
  'models', (select jsonb_agg(jsonb_build_object('id', 'vendor/model-' || m, 'name', 'Model ' || m,
    'provider', 'Vendor', 'tier', 'mid', 'base_url_key', 'openrouter', 'input_price', 0, 'output_price', 0,
    'cached_input_price', 0, 'image_price', 0, 'context_length', 100000, 'supports_structured_output', true,
    'estimated_cost', 0.001, 'reserved_cost', 0.002)) from generate_series(1, 10) m)
)
from public.reports p;

do $$
begin
  for r in 1..500 loop
    insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, status,
      output_json, raw_output, is_valid_json, exact_match, field_accuracy, field_errors, score, response_time_ms,
      input_tokens, output_tokens, cached_tokens, estimated_cost, actual_cost, completed_at)
    select md5('report' || r)::uuid, md5('owner' || r)::uuid, 'vendor/model-' || m, i, k, 'complete',
      '{"vendor": "Harbor Market", "date": "2026-11-21", "currency": "EUR", "total": 12.5, "items": [{"name": "Coffee", "price": 3.5}, {"name": "Sandwich", "price": 9}]}',
      '{"vendor": "Harbor Market", "date": "2026-11-21", "currency": "EUR", "total": 12.5, "items": [{"name": "Coffee", "price": 3.5}, {"name": "Sandwich", "price": 9}]}',
      true, l.list = '[]', greatest(0, 100 - 12.5 * jsonb_array_length(l.list)), l.list,
      jsonb_build_object(
        'strict', jsonb_build_object('correct', 8 - jsonb_array_length(l.list), 'wrong', jsonb_array_length(l.list), 'missing', 0, 'extra', 0),
        'relaxed', jsonb_build_object('correct', 8 - jsonb_array_length(l.list), 'wrong', jsonb_array_length(l.list), 'missing', 0, 'extra', 0),
        'formatOnly', 0, 'anls', 95),
      500 + h.hash % 3000, 1200, 150, 0, 0.001, 0.0005 * m + 0.000001 * (h.hash % 400), now()
    from generate_series(1, 10) m cross join generate_series(0, 19) i
      cross join generate_series(0, 9) k
      cross join lateral (select abs(hashint8(r * 1000003::bigint + m * 10007 + i * 101 + k)::bigint) as hash) h
      cross join mistakes
      cross join lateral (select mistakes.lists[1 + (h.hash % 64)::integer] as list) l;
  end loop;
end;
$$;

-- Views that read the runs.
create view public.naive_model_summaries with (security_invoker = true) as
  select report_id, model_id, avg(field_accuracy) as accuracy, 100.0 * count(*) filter (where exact_match) / count(*),
    avg(actual_cost), percentile_cont(0.5) within group (order by response_time_ms) as median_latency,
    percentile_disc(0.95) within group (order by response_time_ms) as p95_latency, stddev_samp(field_accuracy) as spread,
    count(*) as runs
  from public.benchmark_runs where status = 'complete'
  group by report_id, model_id;
create view public.naive_field_errors with (security_invoker = true) as
  select r.report_id, r.model_id, e.error, count(*) as occurrences
  from public.benchmark_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
  where r.status = 'complete'
  group by r.report_id, r.model_id, e.error;
grant select on public.naive_model_summaries, public.naive_field_errors to authenticated;
