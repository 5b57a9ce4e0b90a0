-- Actor by actor, denials included.
begin;
select plan(62);

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
insert into public.benchmark_drafts (id, owner_id, name) values
  ('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-00000000000a', 'Ada''s');
insert into public.reports (id, owner_id, draft_id, config_hash, estimated_api_cost, model_count)
values ('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a',
  '00000000-0000-4000-8000-0000000000d1', 'h', 0, 1);
insert into public.report_orders (report_id, owner_id, config_snapshot) values
  ('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a', '{}');
insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost)
values ('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a', 'm/1', 0, 0, 0);

-- The owner
select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select results_eq('select count(*) from public.benchmark_drafts', array[1::bigint], 'the owner sees the draft');
select results_eq('select count(*) from public.reports', array[1::bigint], 'the owner sees the report');
select results_eq('select count(*) from public.benchmark_runs', array[1::bigint], 'the owner sees the runs');
select results_eq('select count(*) from public.report_orders', array[1::bigint], 'the owner sees the order');
select lives_ok($$update public.benchmark_drafts set name = 'renamed'$$, 'the owner edits a draft');
select results_eq('select name from public.benchmark_drafts', array['renamed'], 'and the edit is there');
select throws_ok($$update public.reports set status = 'paid'$$, '42501', null, 'the owner cannot mark a report paid');
select throws_ok($$update public.benchmark_runs set field_accuracy = 100$$, '42501', null, 'the owner cannot improve a run');
select throws_ok($$delete from public.reports$$, '42501', null, 'the owner cannot delete a report');
select throws_ok($$
  insert into public.benchmark_drafts (owner_id, name) values ('00000000-0000-4000-8000-00000000000b', 'forged')
$$, '42501', null, 'nobody makes a draft in another''s name');
select throws_ok($$
  update public.benchmark_drafts set owner_id = '00000000-0000-4000-8000-00000000000b'
$$, '42501', null, 'nobody gives a draft away');
select throws_ok($$
  update public.benchmark_drafts set priorities = '{{speed,cost,accuracy}}'
$$, '23514', null, 'priorities are a list, not a list of lists');
select col_default_is('public', 'benchmark_drafts', 'minimum_accuracy', '50'::double precision,
  'a draft asks for more than half of the fields unless it says otherwise');
select throws_ok('update public.benchmark_drafts set minimum_accuracy = 100.5', '23514', null, 'nobody asks for more than all');
select throws_ok('update public.benchmark_drafts set minimum_accuracy = -1', '23514', null, 'nor for less than nothing');
select lives_ok($$
  insert into storage.objects (bucket_id, name) values ('benchmark-images', '00000000-0000-4000-8000-00000000000a/own.png')
$$, 'the owner stores an image');
select throws_ok($$
  insert into storage.objects (bucket_id, name) values ('benchmark-images', '00000000-0000-4000-8000-00000000000b/planted.png')
$$, '42501', null, 'nobody stores an image in another''s folder');
select throws_ok($$insert into public.credit_entries (owner_id, change, reason)
  values ('00000000-0000-4000-8000-00000000000a', 5, 'granted')$$, '42501', null, 'customers grant themselves no credits');
select throws_ok($$select public.retry_report('00000000-0000-4000-8000-0000000000e1')$$, '42501', null,
  'customers do not run failed reports again');
select throws_ok($$select public.find_checkout('s')$$, '42501', null, 'nor ask for a link past the function');
select throws_ok($$insert into public.prices (id, name, amount, currency) values ('free', 'Free', 1, 'usd')$$, '42501', null,
  'customers set no prices of reports');
select throws_ok($$update public.models set input_price = 0$$, '42501', null, 'customers do not set prices');
select throws_ok($$select * from public.model_prices$$, '42501', null, 'prices of the chat''s models are the operator''s');
select throws_ok('select * from private.chat_glossary', '42501', null, 'customers read no glossary of the chat');
select throws_ok('select private.load_chat_glossary()', '42501', null, 'not even through the workers'' function');
select throws_ok($$insert into private.chat_worked_questions (question, sql) values ('q', 'select 1')$$, '42501', null,
  'customers teach the chat nothing');
select throws_ok($$select * from private.job_queue$$, '42501', null, 'the queue is closed to customers');
select throws_ok($$select public.advance_jobs(gen_random_uuid(), array['benchmark_run'], '[]', 1)$$, '42501', null, 'customers claim no jobs');
select throws_ok($$
  select public.apply_stripe_event('e', 'checkout.session.completed', now(), '00000000-0000-4000-8000-0000000000e1', 's', 'p', true, '{}')
$$, '42501', null, 'customers do not declare a payment');
select throws_ok($$select private.invoke_function('benchmark-worker', '{}')$$, '42501', null, 'customers do not start workers');
select throws_ok($$select * from public.report_dead_letters$$, '42501', null, 'dead letters are for the operator');
select throws_ok($$select * from public.report_parked$$, '42501', null, 'so are parked providers');
select throws_ok($$select * from public.report_payments$$, '42501', null, 'so are payments');
select throws_ok($$select public.resume_provider('openrouter')$$, '42501', null, 'customers resume no provider');

-- Another customer
reset role;
select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}', true);
set local role authenticated;
select is_empty('select * from public.benchmark_drafts', 'another customer sees no draft');
select is_empty('select * from public.reports', 'another customer sees no report');
select is_empty('select * from public.report_orders', 'another customer sees no order');
select is_empty('select * from public.benchmark_runs', 'another customer sees no run');
select is_empty($$update public.benchmark_drafts set name = 'mine' returning id$$, 'another customer changes no draft');
select is_empty($$delete from public.benchmark_drafts returning id$$, 'another customer deletes no draft');
select isnt_empty('select * from public.models', 'any customer sees the models');

-- A visitor
reset role;
select set_config('request.jwt.claims', '{"role": "anon"}', true);
set local role anon;
select isnt_empty('select * from public.models', 'a visitor sees the models');
select throws_ok('select * from public.benchmark_drafts', '42501', null, 'a visitor sees no drafts');
select is_empty('select id from public.reports', 'a visitor sees no reports');
select throws_ok('select * from public.report_orders', '42501', null, 'a visitor sees no orders');
select is_empty('select id from public.benchmark_runs', 'a visitor sees no runs');
select throws_ok($$insert into public.models (id) values ('x/y')$$, '42501', null, 'a visitor adds no model');

-- The workers
reset role;
set local role service_role;
select lives_ok($$select public.advance_jobs(gen_random_uuid(), array['benchmark_run'], '[]', 1)$$, 'a worker claims jobs');
select lives_ok($$select public.load_finalization('00000000-0000-4000-8000-0000000000e1')$$, 'a worker reads a report');

-- Whoever reaches the database reads pg_net's queue
reset role;
select private.invoke_function('benchmark-worker');
set local role anon;
select results_eq($$
  select k from net.http_request_queue q cross join lateral jsonb_object_keys(q.headers) k where q.url ~ 'benchmark-worker$' order by 1
$$, array['Content-Type', 'x-worker-token'], 'a request to a worker carries the token of workers and no key');
reset role;
create temp table used_token as
select headers ->> 'x-worker-token' as token from net.http_request_queue where url ~ 'benchmark-worker$';
grant select on used_token to service_role;
set local role service_role;
select is((select encode(sha256(token::bytea), 'hex') from used_token), private.worker_token_digest(),
  'workers know the token by its digest');
reset role;
select lives_ok('select private.rotate_worker_token()', 'the operator rotates it');
select isnt((select encode(sha256(token::bytea), 'hex') from used_token), private.worker_token_digest(),
  'one call replaces the token');

-- What a deployment writes
select lives_ok($$select private.prepare_vault('https://first.supabase.co')$$, 'a deployment says where the functions are');
create temp table token_before as select private.worker_token_digest() as digest;
select lives_ok($$select private.prepare_vault('https://second.supabase.co')$$, 'and says so again for a project that moved');
select results_eq(
  $$select decrypted_secret from vault.decrypted_secrets where name = 'project_url'$$,
  $$values ('https://second.supabase.co')$$, 'the new address replaces the old one'
);
select is(private.worker_token_digest(), (select digest from token_before), 'and leaves the token as it is');
select throws_ok($$select private.prepare_vault('https://second.supabase.co/')$$, '22023', null,
  'an address with a path is refused: the paths of functions are added to it');
delete from vault.secrets where name = 'worker_token';
select ok(exists (
  select from private.diagnose() where subject = 'vault' and state = 'failed' and finding ~ '^worker_token is missing'
), 'a vault without its token is diagnosed');
select private.prepare_vault('https://second.supabase.co');
select isnt(private.worker_token_digest(), null, 'a deployment makes the token that a restored database lacks');
set local role authenticated;
select throws_ok($$select private.prepare_vault('https://evil.example')$$, '42501', null, 'no customer redirects the workers');
set local role service_role;
select throws_ok($$select private.prepare_vault('https://evil.example')$$, '42501', null, 'nor do the functions');
reset role;
select * from finish();
rollback;
