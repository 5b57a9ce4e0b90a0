-- Who sees what a watcher thinks, and what the watcher may do.
begin;
select plan(28);

select has_column('private', 'tracking_settings', 'watch', 'the settings have the results to review');
select col_default_is('private', 'tracking_settings', 'watch', 'changed', 'by default only changed results are reviewed');
select throws_ok($$update private.tracking_settings set watch = 'some'$$, '23514', null, 'an unknown value of watch is refused');
select throws_ok($$update private.tracking_settings set watch_ceiling_usd = -1$$, '23514', null, 'a negative ceiling is refused');
select results_eq($$select function_name, follow_up from private.job_kinds where kind = 'watcher_judgement'$$,
  $$values ('watcher-worker', 'follow_watcher_jobs')$$, 'reviews have their worker function and their follow-up');
select has_function('private', 'follow_watcher_jobs', array['text', 'jsonb'], 'the follow-up function exists');
select col_is_unique('public', 'watcher_insights', 'test_result_id', 'a result has at most one review');
select isnt_empty($$select from cron.job where jobname = 'purge-watched-runs'$$, 'a cron job purges the cost of deleted runs');

-- A watcher model has its own name or one of the catalogue, and must have a price.
select results_eq($$select provider, is_structured from private.find_watcher('gpt-6-luna')$$,
  $$values ('openai', true)$$, 'a model of OpenAI is found by its own name');
select results_eq($$select provider from private.find_watcher('openai/gpt-6-luna')$$, array['openrouter'],
  'a model of the catalogue is found with its provider');
select is((select reservation_usd from private.find_watcher('gpt-6-luna')), (2 * 16000 * 0.1 + 3 * (2000 + 8192) * 0.5) / 1000000,
  'the reservation covers the longest prompt, the answer with its reasoning, and a second call with twice the limit');
select results_eq($$
    select p.reservation_usd from unnest(array['none', 'low', 'max']) with ordinality as e (effort, place)
    cross join private.find_watcher('openai/gpt-6-luna#' || e.effort) p order by e.place
  $$, $$select (2 * 16000 * 0.1 + 3 * (2000 + room) * 0.5) / 1000000 from unnest(array[0, 4096, 65536]::numeric[]) room$$,
  'the reservation grows with the reasoning effort, at the price of the model');
select is((select price_id from private.find_watcher('no-such-model')), null, 'an unknown model is not found');
update public.models set active = false where id = 'openai/gpt-6-luna';
select is((select price_id from private.find_watcher('openai/gpt-6-luna')), null, 'an inactive model is not found');

-- What results bring along of a watcher becomes insights.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
set local role service_role;
create temporary table stored on commit drop as
select '00000000-0000-4000-8000-00000000000a'::uuid as owner, (
  public.begin_test_run('00000000-0000-4000-8000-00000000000a',
    '{"suite": "s", "source_format": "observations", "watcher_model": "gpt-6-luna"}', 'k') ->> 'run_id'
)::bigint as run;
select public.add_report_results(owner, run, '{}',
  '[{"ordinal": 0, "tool_name": "a", "status": "FAIL", "watcher_quality": 4, "watcher_observations":
      {"tool": "a", "strengths": "one", "weaknesses": ["w", 1, "x"], "anomalies": {}, "confidence_level": "HIGH"}},
    {"ordinal": 1, "tool_name": "b", "status": "FAIL"}]')
from stored;
select lives_ok($$select public.close_test_report(owner, run, '{}', '[]') from stored$$,
  'a run with a watcher''s reviews is stored');
select results_eq($$
  select quality_score::integer, strengths, weaknesses, anomalies, confidence_level, model, is_malformed
  from public.watcher_insights
$$, $$values (4, array['one'], array['w', 'x'], '{}'::text[], 'high', 'gpt-6-luna', false)$$,
  'imported reviews are stored with the fields that can be read');
select is_empty($$select from private.watched_runs$$, 'imported reviews are not enqueued for another review');
select is((public.read_watcher_observations('00000000-0000-4000-8000-00000000000a', (select max(id) from public.test_runs))
  #>> '{observed,0,insight,raw_observation,tool}'), 'a', 'an owner reads imported reviews unchanged');
select is(public.read_watcher_observations('00000000-0000-4000-8000-00000000000b', (select max(id) from public.test_runs)),
  null, 'another owner reads no reviews of the run');
select lives_ok($$select public.advance_watcher(gen_random_uuid(), '[]', 1)$$, 'a worker asks for jobs');
reset role;

select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select results_eq('select count(*) from public.watcher_insights', array[1::bigint], 'an owner sees the review of a result');
select throws_ok($$update public.watcher_insights set quality_score = 10$$, '42501', null, 'an owner cannot change a review');
select throws_ok($$delete from public.watcher_insights$$, '42501', null, 'an owner cannot delete a review');
select throws_ok($$select public.advance_watcher(gen_random_uuid(), '[]', 1)$$, '42501', null, 'a user cannot take the watcher''s jobs');
select throws_ok($$select * from private.watched_runs$$, '42501', null, 'a user cannot read the cost of other owners'' reviews');
reset role;

select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}', true);
set local role authenticated;
select is_empty('select * from public.watcher_insights', 'another user sees no review');
reset role;

set local role anon;
select throws_ok('select * from public.watcher_insights', '42501', null, 'an anonymous visitor sees no review');
reset role;

delete from auth.users where id = '00000000-0000-4000-8000-00000000000a';
select is_empty('select * from public.watcher_insights', 'reviews are deleted with their owner');

select * from finish();
rollback;
