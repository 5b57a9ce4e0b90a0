-- Rows for the evaluation: benchmarks of Ada, and one of Bob that no answer to Ada may show. The figures
-- are the same in every run; times are relative to now.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000ada0', 'ada@example.com'),
  ('00000000-0000-4000-8000-000000000b0b', 'bob@example.com')
on conflict (id) do nothing;

create temporary table seed_benchmarks as
select gen_random_uuid() as id, gen_random_uuid() as draft_id, gen_random_uuid() as token, b.*
from (values
  ('Receipts', 'ada', 'complete', interval '2 days', 6, 2, 'google/gemini-3.5-flash'),
  ('Invoices', 'ada', 'complete', interval '5 days', 5, 2, 'openai/gpt-5.4-mini'),
  ('Receipts, first try', 'ada', 'complete', interval '20 days', 4, 3, 'openai/gpt-6-luna'),
  ('Bank letters', 'ada', 'failed', interval '10 days', 3, 1, null),
  ('Delivery notes', 'ada', 'running', interval '1 hour', 4, 1, null),
  ('Old forms', 'ada', 'refunded', interval '60 days', 2, 1, 'openai/gpt-6-sol'),
  ('Menus', 'ada', 'awaiting_payment', interval '3 hours', 2, 1, null),
  ('Bob''s secret passports', 'bob', 'complete', interval '3 days', 2, 2, 'openai/gpt-5.4-nano')
) as b (name, owner, status, age, images, repeats, recommended);
alter table seed_benchmarks add column owner_id uuid;
update seed_benchmarks set owner_id = case owner
  when 'ada' then '00000000-0000-4000-8000-00000000ada0'::uuid else '00000000-0000-4000-8000-000000000b0b'::uuid end;

-- quality: share of fields right; price: USD a run.
create temporary table seed_models as
select * from (values
  ('Receipts', 'openai/gpt-6-luna', 0.80, 900, 0.00042),
  ('Receipts', 'openai/gpt-5.4-mini', 0.88, 1100, 0.00097),
  ('Receipts', 'google/gemini-3.5-flash', 0.93, 700, 0.00065),
  ('Receipts', 'anthropic/claude-haiku-4.5', 0.90, 1500, 0.00210),
  ('Invoices', 'openai/gpt-6-sol', 0.91, 1800, 0.00560),
  ('Invoices', 'openai/gpt-5.4-mini', 0.92, 1200, 0.00101),
  ('Invoices', 'google/gemini-3.5-flash', 0.85, 750, 0.00071),
  ('Receipts, first try', 'openai/gpt-6-luna', 0.72, 950, 0.00040),
  ('Receipts, first try', 'google/gemini-3.5-flash', 0.70, 820, 0.00062),
  ('Bank letters', 'anthropic/claude-haiku-4.5', 0.00, 0, 0.00000),
  ('Delivery notes', 'openai/gpt-5.6-luna', 0.95, 2600, 0.00130),
  ('Delivery notes', 'openai/gpt-6-luna', 0.78, 880, 0.00043),
  ('Old forms', 'openai/gpt-6-sol', 0.60, 2100, 0.00580),
  ('Bob''s secret passports', 'openai/gpt-5.4-nano', 0.34, 7777, 7.77000)
) as m (benchmark, model_id, quality, latency, price);

insert into public.benchmark_drafts (id, owner_id, name, prompt, json_schema, model_ids, upload_data, runs_per_model, created_at)
select b.draft_id, b.owner_id, b.name, 'Read the ' || lower(b.name) || '.', '{"type": "object"}',
  array(select model_id from seed_models m where m.benchmark = b.name order by model_id),
  jsonb_build_object('images', (
    select jsonb_agg(jsonb_build_object('path', b.owner_id || '/' || i || '.png', 'expected', '{}'::jsonb))
    from generate_series(1, b.images) as i
  )), b.repeats, now() - b.age - interval '1 hour'
from seed_benchmarks b;

insert into public.reports (id, owner_id, draft_id, config_hash, estimated_api_cost, model_count, created_at)
select b.id, b.owner_id, b.draft_id, md5(b.name),
  coalesce((select sum(m.price) * b.images * b.repeats * 1.2 from seed_models m where m.benchmark = b.name), 0.01),
  greatest(1, (select count(*) from seed_models m where m.benchmark = b.name)), now() - b.age - interval '30 minutes'
from seed_benchmarks b;
insert into public.report_orders (report_id, owner_id, config_snapshot)
select b.id, b.owner_id, jsonb_build_object(
  'images', (select jsonb_agg(jsonb_build_object('path', i)) from generate_series(1, b.images) as i),
  'runs_per_model', b.repeats, 'priorities', '["accuracy", "cost", "speed"]'::jsonb, 'prompt', 'Read it.')
from seed_benchmarks b;

-- A stable draw from 0 to 99 for each run.
create temporary table seed_runs as
select b.id as report_id, b.owner_id, b.status as benchmark_status, b.age, m.*, i as image, r as repeat,
  ('x' || left(md5(m.benchmark || m.model_id || i || ':' || r), 8))::bit(32)::bigint % 100 as draw
from seed_benchmarks b
join seed_models m on m.benchmark = b.name
cross join lateral generate_series(0, b.images - 1) as i
cross join lateral generate_series(0, b.repeats - 1) as r;
alter table seed_runs add column status text, add column correct integer, add column wrong integer, add column missing integer;
update seed_runs set
  status = case when benchmark_status = 'failed' then 'failed'
    when benchmark_status = 'running' and image >= 2 then 'queued'
    when draw = 13 then 'failed' else 'complete' end,
  correct = least(10, greatest(0, round(10 * quality + (draw % 5 - 2) * 0.5)))::integer;
update seed_runs set wrong = (10 - correct + 1) / 2, missing = (10 - correct) / 2;

insert into public.benchmark_runs
  (report_id, owner_id, model_id, image_index, repeat_index, status, output_json, is_valid_json, exact_match,
   field_accuracy, field_errors, score, response_time_ms, input_tokens, output_tokens, cached_tokens, estimated_cost,
   actual_cost, attempts, error_kind, error_message, created_at, started_at, completed_at)
select report_id, owner_id, model_id, image, repeat, status,
  case when status = 'complete' then jsonb_build_object('total', correct) end,
  case when status = 'complete' then draw % 10 <> 7 end,
  case when status = 'complete' then correct = 10 end,
  case when status = 'complete' then correct * 10 end,
  case when status = 'complete' then (
    select coalesce(jsonb_agg(jsonb_build_object('fieldPath', (array['total', 'date', 'merchant', 'tax', 'items[0].price'])[1 + (n * n + image) % 5],
        'expected', 'e' || n) || case when n <= wrong then jsonb_build_object('actual', 'a' || n) else '{}' end), '[]')
    from generate_series(1, wrong + missing) as n
  ) end,
  case when status = 'complete' then jsonb_build_object('relaxed',
    jsonb_build_object('correct', correct, 'wrong', wrong, 'missing', missing, 'extra', 0)) end,
  case when status = 'complete' then latency + draw * 4 end,
  case when status = 'complete' then 1200 + draw end, case when status = 'complete' then 150 + draw % 20 end,
  case when status = 'complete' then case when draw % 3 = 0 then 1000 else 0 end end,
  price * 1.2, case when status in ('complete', 'failed') then case when status = 'complete' then price * (1 + draw / 1000.0) else 0 end end,
  case when status = 'queued' then 0 when status = 'failed' then 3 else 1 end,
  case when status = 'failed' then 'outage' when status = 'complete' and draw % 10 = 7 then 'no_json' end,
  case when status = 'failed' then '503 No instances available.' end,
  now() - age - interval '20 minutes', case when status <> 'queued' then now() - age - interval '10 minutes' end,
  case when status in ('complete', 'failed') then now() - age - interval '1 minute' end
from seed_runs;

-- Through every status on the way, which the database insists on.
update public.reports r set status = 'awaiting_payment' from seed_benchmarks b where b.id = r.id;
update public.reports r set status = 'paid', share_token = replace(b.token::text || b.id::text, '-', ''), paid_at = now() - b.age - interval '20 minutes'
from seed_benchmarks b where b.id = r.id and b.status <> 'awaiting_payment';
update public.reports r set status = 'running', started_at = now() - b.age - interval '10 minutes'
from seed_benchmarks b where b.id = r.id and b.status <> 'awaiting_payment';
update public.reports r set status = case when b.status = 'failed' then 'failed' else 'complete' end,
  completed_at = now() - b.age, recommended_model = b.recommended,
  rationale = 'Best of those compared: ' || b.recommended || '.',
  error = case when b.status = 'failed' then 'No model answered.' end,
  total_api_cost = (select coalesce(sum(actual_cost), 0) from public.benchmark_runs u where u.report_id = r.id)
from seed_benchmarks b where b.id = r.id and b.status in ('complete', 'failed', 'refunded');
update public.reports r set status = 'refunded' from seed_benchmarks b where b.id = r.id and b.status = 'refunded';

drop table seed_benchmarks, seed_models, seed_runs;
