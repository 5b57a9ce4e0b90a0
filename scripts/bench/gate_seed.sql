-- A user with rows that are awkward to compute with: texts of one letter, long numbers, nested JSON.
insert into auth.users (id, email) values ('ada0ada0-0000-4000-8000-00000000ada0', 'ada@example.com');

insert into public.chat_conversations (id, owner_id, title)
values ('ada0ada0-0000-4000-8000-0000000000f1', 'ada0ada0-0000-4000-8000-00000000ada0', 'Costs');
insert into public.chat_messages (conversation_id, owner_id, role, content)
select 'ada0ada0-0000-4000-8000-0000000000f1', 'ada0ada0-0000-4000-8000-00000000ada0', 'user',
  case n % 4 when 0 then repeat('a', 50000) || 'b' when 1 then repeat('ab', 50000) when 2 then repeat('7', 90000)
    else repeat(E'"\\\n', 30000) end
from generate_series(1, 40) n;

with run as (
  insert into public.test_runs (owner_id, suite) values ('ada0ada0-0000-4000-8000-00000000ada0', 'web') returning id
)
insert into public.test_results (run_id, owner_id, ordinal, tool_name, status, duration_secs, error_message)
select run.id, 'ada0ada0-0000-4000-8000-00000000ada0', n, 'test ' || n, case n % 3 when 0 then 'FAIL' else 'PASS' end,
  n % 100, case n % 3 when 0 then repeat('a', n) when 1 then '1e' || n % 1000 else repeat('9', 1 + n % 2000) end
from run, generate_series(1, 5000) n;

insert into public.datasets (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
values ('ada0ada0-0000-4000-8000-0000000000d1', 'ada0ada0-0000-4000-8000-00000000ada0', 'receipts', 1, repeat('0', 64),
  'jsonl', 'receipts.jsonl', 1, array['n'], 2000);
insert into public.dataset_rows (dataset_id, row_index, data_json)
select 'ada0ada0-0000-4000-8000-0000000000d1', n, jsonb_build_object('n', n, 't', repeat('a', n % 1000),
  'list', (select jsonb_agg(i) from generate_series(1, n % 1000) i), 'big', repeat('7', 1 + n % 2000)::numeric)
from generate_series(1, 2000) n;

-- More rows than a sort keeps, all different and as long as the views show them.
insert into public.test_results (run_id, owner_id, ordinal, tool_name, status, error_message)
select r.id, r.owner_id, 5000 + n, repeat(chr(97 + n % 26), 240) || n, 'FAIL', n || repeat(chr(97 + n % 26), 9900)
from public.test_runs r, generate_series(1, 4000) n;
insert into public.dataset_rows (dataset_id, row_index, data_json)
select 'ada0ada0-0000-4000-8000-0000000000d1', 2000 + n, jsonb_build_object('n', n, 't', n || repeat('a', 9900))
from generate_series(1, 4000) n;
analyze public.chat_messages, public.test_results, public.dataset_rows;
