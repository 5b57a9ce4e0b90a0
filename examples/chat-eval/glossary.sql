-- Words and a worked question that the evaluated questions are asked with. Bob's house model is another one, which
-- no answer to Ada may follow.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000ada0', 'ada@example.com'),
  ('00000000-0000-4000-8000-000000000b0b', 'bob@example.com')
on conflict (id) do nothing;

insert into private.chat_glossary (term, synonyms, meaning, owner_id) values
  ('green build', '{green run,grüner Build}', 'A test run with status complete and tests_failed = 0.', null),
  ('house model', '{Hausmodell,default model}',
    'GPT-6 Luna: model_id openai/gpt-6-luna in benchmarks, model_label gpt-6-luna in prompt runs.',
    '00000000-0000-4000-8000-00000000ada0'),
  ('house model', '{Hausmodell}', 'GPT-5.4 Nano: model_id openai/gpt-5.4-nano.', '00000000-0000-4000-8000-000000000b0b'),
  ('waste', '{burnt money,wasted money}', 'cost_usd of benchmark_runs whose benchmark has the status failed or refunded.', null)
on conflict (owner_id, lower(term)) do nothing;
insert into private.chat_worked_questions (question, sql, note) values
  ('What did waste come to in each month?',
    'select date_trunc(''month'', r.completed_at) as month, sum(r.cost_usd) as cost_usd from benchmark_runs r join benchmarks b on b.benchmark_id = r.benchmark_id where b.status in (''failed'', ''refunded'') and r.completed_at is not null group by 1 order by 1 limit 100',
    'Costs of the runs of benchmarks that failed or were refunded, by the month in which they ended.')
on conflict (owner_id, lower(question)) do nothing;
