-- Who sees what a watcher thinks, and what the watcher may do.
begin;
select plan(28);

select has_column('private', 'tracking_settings', 'watch', 'what is watched is a setting');
select col_default_is('private', 'tracking_settings', 'watch', 'changed', 'only what changed is watched by default');
select throws_ok($$update private.tracking_settings set watch = 'some'$$, '23514', null, 'no other setting is taken');
select throws_ok($$update private.tracking_settings set watch_ceiling_usd = -1$$, '23514', null, 'no ceiling is below 0');
select results_eq($$select function_name, follow_up from private.job_kinds where kind = 'watcher_judgement'$$,
  $$values ('watcher-worker', 'follow_watcher_jobs')$$, 'the queue knows who judges, and who follows up');
select has_function('private', 'follow_watcher_jobs', array['text', 'jsonb'], 'what follows up is there');
select col_is_unique('public', 'watcher_insights', 'test_result_id', 'a result has one insight');
select isnt_empty($$select from cron.job where jobname = 'purge-watched-runs'$$, 'what a deleted run cost is forgotten in time');

-- A model is reached by its own name or the catalogue's, and only where its price is known.
select results_eq($$select provider, is_structured from private.find_watcher('gpt-6-luna')$$,
  $$values ('openai', true)$$, 'OpenAI''s models go by their own names');
select results_eq($$select provider from private.find_watcher('openai/gpt-6-luna')$$, array['openrouter'],
  'models of the catalogue have their provider');
select is((select reservation_usd from private.find_watcher('gpt-6-luna')), (2 * 16000 * 0.1 + 3 * (2000 + 8192) * 0.5) / 1000000,
  'the longest prompt, answer and usual thinking are reserved, and a second call with twice the limit');
select results_eq($$
    select p.reservation_usd from unnest(array['none', 'low', 'max']) with ordinality as e (effort, place)
    cross join private.find_watcher('openai/gpt-6-luna#' || e.effort) p order by e.place
  $$, $$select (2 * 16000 * 0.1 + 3 * (2000 + room) * 0.5) / 1000000 from unnest(array[0, 4096, 65536]::numeric[]) room$$,
  'an effort has its room, at the price of its model');
select is((select price_id from private.find_watcher('no-such-model')), null, 'an unknown model is none');
update public.models set active = false where id = 'openai/gpt-6-luna';
select is((select price_id from private.find_watcher('openai/gpt-6-luna')), null, 'nor is one that was taken out');

-- What results bring along of a watcher becomes insights.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
set local role service_role;
select lives_ok($$
  select public.ingest_test_report('00000000-0000-4000-8000-00000000000a',
    '{"suite": "s", "source_format": "observations", "watcher_model": "gpt-6-luna"}',
    '[{"ordinal": 0, "tool_name": "a", "status": "FAIL", "watcher_quality": 4, "watcher_observations":
        {"tool": "a", "strengths": "one", "weaknesses": ["w", 1, "x"], "anomalies": {}, "confidence_level": "HIGH"}},
      {"ordinal": 1, "tool_name": "b", "status": "FAIL"}]', 'k')
$$, 'a watcher''s file is taken in');
select results_eq($$
  select quality_score::integer, strengths, weaknesses, anomalies, confidence_level, model, is_malformed
  from public.watcher_insights
$$, $$values (4, array['one'], array['w', 'x'], '{}'::text[], 'high', 'gpt-6-luna', false)$$,
  'and its observations are insights, as far as they can be read');
select is_empty($$select from private.watched_runs$$, 'which nobody judges again');
select is((public.read_watcher_observations('00000000-0000-4000-8000-00000000000a', (select max(id) from public.test_runs))
  #>> '{observed,0,insight,raw_observation,tool}'), 'a', 'the owner gets them back as they came');
select is(public.read_watcher_observations('00000000-0000-4000-8000-00000000000b', (select max(id) from public.test_runs)),
  null, 'and nobody else');
select lives_ok($$select public.advance_watcher(gen_random_uuid(), '[]', 1)$$, 'a worker asks for work');
reset role;

select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select results_eq('select count(*) from public.watcher_insights', array[1::bigint], 'the owner sees the insight');
select throws_ok($$update public.watcher_insights set quality_score = 10$$, '42501', null, 'and does not better it');
select throws_ok($$delete from public.watcher_insights$$, '42501', null, 'nor remove it');
select throws_ok($$select public.advance_watcher(gen_random_uuid(), '[]', 1)$$, '42501', null, 'nor take the watcher''s work');
select throws_ok($$select * from private.watched_runs$$, '42501', null, 'nor see what others'' watching costs');
reset role;

select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}', true);
set local role authenticated;
select is_empty('select * from public.watcher_insights', 'another user sees no insight');
reset role;

set local role anon;
select throws_ok('select * from public.watcher_insights', '42501', null, 'a visitor sees none');
reset role;

delete from auth.users where id = '00000000-0000-4000-8000-00000000000a';
select is_empty('select * from public.watcher_insights', 'insights go with their owner');

select * from finish();
rollback;
