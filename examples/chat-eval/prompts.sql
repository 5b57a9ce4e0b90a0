-- Rows for the evaluation: Ada's prompts, datasets and runs, and Bob's, which no answer to
-- Ada may show. The figures are the same in every run; times are relative to now.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000ada0', 'ada@example.com'),
  ('00000000-0000-4000-8000-000000000b0b', 'bob@example.com')
on conflict (id) do nothing;

create temporary table seed_owners as
select * from (values
  ('ada', '00000000-0000-4000-8000-00000000ada0'::uuid),
  ('bob', '00000000-0000-4000-8000-000000000b0b'::uuid)
) as o (owner, owner_id);

insert into public.prompts (owner_id, name, type, body, created_at)
select o.owner_id, p.name, p.type, p.body, now() - p.age
from (values
  ('ada', 'Classify tickets', 'task', 'Which kind of ticket is this? {{text}}', interval '40 days'),
  ('ada', 'Extract invoice fields', 'task', 'Number, date and total of: {{document}}', interval '15 days'),
  ('ada', 'Judge of answers', 'grader', 'Is {{output}} what {{expected}} says? 0 to 1.', interval '30 days'),
  ('bob', 'Bob''s secret passports', 'task', 'Read the passport: {{scan}}', interval '9 days')
) as p (owner, name, type, body, age) join seed_owners o using (owner);
-- Saved again, which makes the next version each time.
update public.prompts p set body = 'Answer with billing, bug or question, and nothing else: {{text}}'
from seed_owners o where o.owner = 'ada' and p.owner_id = o.owner_id and p.name = 'Classify tickets';
update public.prompts p set body = 'You sort tickets of {{product}}. Answer with billing, bug or question: {{text}}'
from seed_owners o where o.owner = 'ada' and p.owner_id = o.owner_id and p.name = 'Classify tickets';
insert into public.prompt_labels (prompt_id, owner_id, label, version)
select p.id, p.owner_id, l.label, l.version
from (values ('Classify tickets', 'production', 2), ('Classify tickets', 'staging', 3), ('Judge of answers', 'production', 1))
  as l (name, label, version)
join public.prompts p using (name) join seed_owners o on o.owner_id = p.owner_id and o.owner = 'ada';

create temporary table seed_datasets as
select gen_random_uuid() as id, o.owner_id, d.*
from (values
  ('ada', 'tickets', 1, 'csv', 6, interval '35 days', array['text', 'label', 'product']),
  ('ada', 'tickets', 2, 'csv', 10, interval '8 days', array['text', 'label', 'product']),
  ('ada', 'invoices', 1, 'jsonl', 4, interval '14 days', array['document', 'total', 'customer']),
  ('bob', 'Bob''s secret passports', 1, 'json', 3, interval '9 days', array['scan'])
) as d (owner, name, version, format, size, age, columns) join seed_owners o using (owner);
insert into public.datasets (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count, created_at)
select id, owner_id, name, version, md5(name || version) || md5(owner), format, owner_id || '/' || id || '.' || format,
  size * 120, columns, size, now() - age
from seed_datasets;
insert into public.dataset_rows (dataset_id, row_index, data_json)
select d.id, i, case d.name
  when 'tickets' then jsonb_build_object(
    'text', 'Ticket number ' || i,
    'label', (array['billing', 'bug', 'question', 'bug', 'billing', 'bug', 'bug', 'question', 'bug', 'billing'])[i + 1],
    'product', (array['web', 'app'])[1 + i % 2])
  when 'invoices' then jsonb_build_object(
    'document', 'Invoice ' || i,
    'total', (array[120.5, 80, 2410.25, 15])[i + 1],
    'customer', jsonb_build_object('name', (array['Marlow', 'Quill', 'Marlow', 'Tern'])[i + 1], 'country', 'NL'))
  else jsonb_build_object('scan', 'passport of Bob, number ' || i) end
from seed_datasets d cross join lateral generate_series(0, d.size - 1) as i;

create temporary table seed_runs as
select gen_random_uuid() as id, o.owner_id, r.*
from (values
  ('ada', 'First try', 'Classify tickets', 1, 'tickets', 1, 2, 'complete', interval '30 days', 'exact', null),
  ('ada', 'Short answers', 'Classify tickets', 2, 'tickets', 2, 2, 'complete', interval '4 days', 'prompt', null),
  ('ada', 'With the product', 'Classify tickets', 3, 'tickets', 2, 1, 'complete', interval '1 day', 'prompt', null),
  ('ada', 'Invoices of May', 'Extract invoice fields', 1, 'invoices', 1, 1, 'running', interval '2 hours', 'json', null),
  ('ada', 'Too dear', 'Extract invoice fields', 1, 'invoices', 1, 3, 'failed', interval '6 days', null, 'The ceiling of $0.01 was reached.'),
  ('ada', 'Wrong prompt', 'Classify tickets', 3, 'tickets', 2, 1, 'cancelled', interval '5 days', null, null),
  ('bob', 'Bob''s secret passports', 'Bob''s secret passports', 1, 'Bob''s secret passports', 1, 1, 'complete', interval '3 days', 'exact', null)
) as r (owner, name, prompt, version, dataset, dataset_version, repeats, status, age, grader, error) join seed_owners o using (owner);

-- quality: share of grades that are 1; price: USD a call.
create temporary table seed_models as
select gen_random_uuid() as id, m.*
from (values
  ('First try', 'openai', 'gpt-6-luna', 0.60, 700, 0.000120),
  ('First try', 'groq', 'openai/gpt-oss-120b', 0.50, 240, 0.000300),
  ('Short answers', 'openai', 'gpt-6-luna', 0.75, 650, 0.000110),
  ('Short answers', 'groq', 'openai/gpt-oss-120b', 0.70, 210, 0.000280),
  ('Short answers', 'cerebras', 'gpt-oss-120b', 0.85, 150, 0.000210),
  ('With the product', 'openai', 'gpt-6-luna', 0.90, 720, 0.000140),
  ('With the product', 'cerebras', 'gpt-oss-120b', 0.80, 160, 0.000230),
  ('Invoices of May', 'openai', 'gpt-6-sol', 0.95, 1500, 0.004000),
  ('Invoices of May', 'local', 'qwen3-8b', 0.40, 2600, null),
  ('Too dear', 'openai', 'gpt-6-sol', 0.95, 1600, 0.004200),
  ('Wrong prompt', 'openai', 'gpt-6-luna', 0.90, 700, 0.000130),
  ('Bob''s secret passports', 'openai', 'gpt-6-sol', 0.34, 7777, 7.77)
) as m (run, provider, model, quality, latency, price);

insert into public.runs (id, owner_id, name, prompt_version_id, dataset_id, grader_version_id, grader, repeats, status, cell_count,
  estimated_cost_usd, cost_ceiling_usd, error, created_at, started_at, completed_at)
select r.id, r.owner_id, r.name, v.id, d.id,
  case when r.grader = 'prompt' then (
    select g.id from public.prompt_versions g join public.prompts q on q.id = g.prompt_id
    where q.owner_id = r.owner_id and q.name = 'Judge of answers' and g.version = 1
  ) end,
  case when r.grader is not null then jsonb_build_object('type', r.grader) end, r.repeats, r.status,
  d.size * r.repeats * (select count(*) from seed_models m where m.run = r.name),
  (select case when count(*) = count(m.price) then sum(m.price) * 1.2 * d.size * r.repeats end from seed_models m where m.run = r.name),
  case when r.error is null then 1 else 0.01 end, r.error, now() - r.age, now() - r.age + interval '1 minute',
  case when r.status in ('complete', 'failed', 'cancelled') then now() - r.age + interval '10 minutes' end
from seed_runs r
join public.prompts p on p.owner_id = r.owner_id and p.name = r.prompt
join public.prompt_versions v on v.prompt_id = p.id and v.version = r.version
join seed_datasets d on d.owner_id = r.owner_id and d.name = r.dataset and d.version = r.dataset_version;
insert into public.run_models (id, run_id, owner_id, provider, model, label, input_price)
select m.id, r.id, r.owner_id, m.provider, m.model, m.model, m.price / 200 from seed_models m join seed_runs r on r.name = m.run;

-- As they are made, then as they ended: the totals of a run follow its cells.
insert into public.run_cells (run_id, run_model_id, owner_id, row_index, repeat)
select r.id, m.id, r.owner_id, i, n
from seed_runs r
join seed_models m on m.run = r.name
join seed_datasets d on d.owner_id = r.owner_id and d.name = r.dataset and d.version = r.dataset_version
cross join lateral generate_series(0, d.size - 1) as i
cross join lateral generate_series(0, r.repeats - 1) as n;
update public.run_cells c set
  status = e.status,
  output_text = case when e.status = 'complete' then 'Answer ' || e.draw end,
  error_text = case when e.status = 'failed' then (array['503 No instances available.', 'The answer was cut off.'])[1 + e.draw % 2] end,
  latency_ms = case when e.status = 'complete' then case when e.is_cached then 0 else e.latency + e.draw * 3 end end,
  tokens_in = case when e.status = 'complete' then 180 + e.draw end,
  tokens_out = case when e.status = 'complete' then 4 + e.draw % 7 end,
  tokens_cached = case when e.status = 'complete' then case when e.draw % 4 = 0 then 128 else 0 end end,
  cost_usd = case when e.status = 'complete' then case when e.is_cached then 0 else e.price * (1 + e.draw / 1000.0) end end,
  is_cached = e.status = 'complete' and e.is_cached,
  attempts = case when e.status in ('complete', 'failed') then 1 + e.draw % 2 else 0 end,
  grader_score = case when e.is_graded then (e.draw < 100 * e.quality)::integer end,
  grader_reason = case when e.is_graded then 'As expected or not.' end,
  grader_cost_usd = case when e.is_graded and e.grader = 'prompt' then 0.00005 end,
  grader_error = case when e.status = 'complete' and e.grader is not null and not e.is_graded then 'The grade could not be read.' end,
  human_score = case when e.is_graded and e.draw in (61, 62, 63, 77, 78) then 0.5 end,
  human_reason = case when e.is_graded and e.draw in (61, 62, 63, 77, 78) then 'Half right.' end,
  completed_at = case when e.status in ('complete', 'failed') then e.ended_at end
from (
  select x.*, x.status = 'complete' and x.grader is not null and x.draw % 29 <> 0 as is_graded
  from (
    select c.id, m.quality, m.latency, m.price, r.grader, w.draw, w.draw % 10 = 3 as is_cached,
      now() - r.age + interval '5 minutes' as ended_at,
      case when r.status = 'cancelled' then 'cancelled'
        when r.status = 'failed' and c.repeat > 0 then 'skipped'
        when r.status = 'running' and c.row_index >= 2 then 'queued'
        when w.draw % 17 = 5 then 'failed' else 'complete' end as status
    from public.run_cells c
    join seed_models m on m.id = c.run_model_id
    join seed_runs r on r.id = c.run_id
    -- A stable draw from 0 to 99 for each call.
    cross join lateral (
      select ('x' || left(md5(r.name || m.model || c.row_index || ':' || c.repeat), 8))::bit(32)::bigint % 100 as draw
    ) w
  ) x
) e
where e.id = c.id;

drop table seed_owners, seed_datasets, seed_runs, seed_models;
