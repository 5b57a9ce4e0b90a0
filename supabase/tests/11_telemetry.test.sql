-- Telemetry of the chat, its prices, and the rights to both.
begin;
select plan(47);

-- USD of one model call at the price of that moment.
create function pg_temp.token_cost(p_model text, p_at timestamptz, p_input bigint, p_cached bigint, p_output bigint)
returns numeric language sql as $$
  select private.price_tokens(private.find_price(p_model, p_at), p_input, p_cached, p_output)
$$;

select columns_are('public', 'chat_telemetry_log', array[
  'log_id', 'user_id', 'conversation_id', 'answer_id', 'response_id', 'created_at', 'user_question', 'ai_response',
  'generated_sql', 'sql_fingerprint', 'result_row_count', 'follow_up_suggestions', 'error_type', 'error_message',
  'failed_step', 'is_off_topic', 'sql_model', 'response_model', 'nl_to_sql_duration_ms',
  'sql_execution_duration_ms', 'response_generation_duration_ms', 'ttfb_ms', 'sql_input_tokens',
  'sql_output_tokens', 'sql_cached_tokens', 'response_input_tokens', 'response_output_tokens',
  'response_cached_tokens', 'sql_shape_hash', 'sql_price_id', 'response_price_id', 'cost_usd',
  'written_off_usd', 'texts_deleted_at'
]);
select col_default_is('public', 'chat_telemetry_log', 'log_id', 'gen_random_uuid()', 'log_id has a default');
select fk_ok('public', 'chat_telemetry_log', 'user_id', 'public', 'accounts', 'id');
select fk_ok('public', 'chat_telemetry_log', 'conversation_id', 'public', 'chat_conversations', 'id');
select has_index('public', 'chat_telemetry_log', 'idx_chat_telemetry_created_at', 'created_at desc has an index');
select results_eq($$
  select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
  where i.indrelid = 'public.chat_telemetry_log'::regclass and i.indexrelid::regclass::text like 'idx_%' order by 1
$$, $$ values
  ('idx_chat_telemetry_created_at', 'CREATE INDEX idx_chat_telemetry_created_at ON public.chat_telemetry_log USING btree (created_at DESC)'),
  ('idx_chat_telemetry_error', 'CREATE INDEX idx_chat_telemetry_error ON public.chat_telemetry_log USING btree (error_type) WHERE (error_type IS NOT NULL)'),
  ('idx_chat_telemetry_fingerprint', 'CREATE INDEX idx_chat_telemetry_fingerprint ON public.chat_telemetry_log USING btree (sql_fingerprint) WHERE (sql_fingerprint IS NOT NULL)'),
  ('idx_chat_telemetry_user_id', 'CREATE INDEX idx_chat_telemetry_user_id ON public.chat_telemetry_log USING btree (user_id, created_at DESC)')
$$, 'the indexes are as specified');
select is_empty($$
  select p.polname from pg_policy p
  where p.polrelid = 'public.chat_telemetry_log'::regclass and p.polroles <> array['service_role'::regrole::oid]
$$, 'the log has no policy for users');
select is_empty($$
  select r.role, c.relname from pg_class c cross join (values ('anon'), ('authenticated')) r (role)
  where c.relnamespace = 'public'::regnamespace and (c.relname = 'chat_telemetry_log' or c.relname like 'report\_chat\_%')
    and has_table_privilege(r.role, c.oid, 'select, insert, update, delete')
$$, 'users have no right to the log and its reports');
select is((
  select count(*) from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relname like 'report\_chat\_%' and c.relkind = 'v'
    and has_table_privilege('service_role', c.oid, 'select')
), 11::bigint, 'the operator reads the ten reports and the percentiles over all time');

-- Prices
select is(pg_temp.token_cost('gpt-6-luna', now(), 100000, 0, 0), 0.01, 'a hundred thousand input tokens cost the list price');
select is(pg_temp.token_cost('gpt-6-luna', now(), 1000, 400, 100), 0.000114,
  'cached tokens are part of the input and have their own price');
select is(pg_temp.token_cost('no-such-model', now(), 1000, 0, 0), null, 'an unpriced model costs null, not zero');
select is((select count(*) from (values ('gpt-6-luna'), ('gpt-6-sol'), ('gpt-5.4-mini'), ('gpt-5.4-nano'), ('gpt-5.6-luna'), ('gpt-5.6-terra')) m (model)
  where pg_temp.token_cost(model, now(), 1, 0, 0) > 0), 6::bigint, 'the six text models have prices');
select throws_ok($$
  insert into public.model_prices (model, valid_from, input_per_million, cached_input_per_million, output_per_million, source)
  values ('gpt-5.6-terra', now(), 1, 1, 1, 'test')
$$, '23P01', null, 'a model has one price at a time');
select private.set_model_price('test-model', 2, 1, 4, 'test', '2026-03-01');
select private.set_model_price('test-model', 3, 1, 4, 'test', '2026-05-01');
select private.set_model_price('test-model', 9, 1, 4, 'test', '2026-04-01');
select is(pg_temp.token_cost('test-model', '2026-02-01', 1000000, 0, 0), null, 'there is no price before the first');
select is(pg_temp.token_cost('test-model', '2026-03-15', 1000000, 0, 0), 2::numeric, 'a price is valid until the next');
select is(pg_temp.token_cost('test-model', '2026-04-15', 1000000, 0, 0), 9::numeric, 'a price can be inserted between two others');
select is(pg_temp.token_cost('test-model', '2026-05-01', 1000000, 0, 0), 3::numeric, 'a price is valid from its first moment');
select throws_ok($$select private.set_model_price('test-model', 8, 1, 4, 'test', '2026-05-01')$$, '23P01', null,
  'an existing price cannot be overwritten');
select is(pg_temp.token_cost('gpt-6-luna', now(), 272000, 1000, 100), 0.02716, 'an input up to the threshold costs the base price');
select is(pg_temp.token_cost('gpt-6-luna', now(), 272001, 1000, 100), 0.0542952, 'above the threshold the whole call costs more');
select private.set_model_price('test-long', 1, 1, 1, 'test', '2026-03-01', 1000, 2, 2, 2);
select is(pg_temp.token_cost('test-long', now(), 1001, 0, 0), 0.002002, 'the operator may set such a price');

-- Benchmarks share them
select results_eq(
  'select input_price, cached_input_price, output_price from public.models where active order by id',
  $$select pg_temp.token_cost(id, now(), 1, 0, 0), pg_temp.token_cost(id, now(), 1, 1, 0), pg_temp.token_cost(id, now(), 0, 0, 1)
    from public.models where active order by id$$, 'the prices of models equal the list');
insert into public.models (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length)
values ('test/new', 'New', 'Test', 'budget', 'openrouter', 0.000001, 0.000002, 0.0000005, 1000);
select is(pg_temp.token_cost('test/new', '2020-01-01', 1000000, 0, 0), 1::numeric, 'the first price of a new model is valid for all time before');
update public.models set name = 'Renamed', input_price = 0.000001 where id = 'test/new';
select is((select count(*) from public.model_prices where model = 'test/new'), 1::bigint, 'an update without a price change adds no price');
update public.models set input_price = 0.000003 where id = 'test/new';
update public.models set input_price = 0.000004 where id = 'test/new';
select is(pg_temp.token_cost('test/new', now() - interval '1 minute', 1000000, 0, 0), 1::numeric, 'earlier calls are charged at the old price');
select is(pg_temp.token_cost('test/new', 'infinity', 1000000, 0, 0), 4::numeric, 'later calls are charged at the new price');
select is((select count(*) from public.model_prices where model = 'test/new'), 3::bigint, 'each change of a price adds a row');

-- The trigger
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'), ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
insert into public.chat_conversations (id, owner_id, title)
values ('00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-00000000000a', 'A question');
set local role service_role;
insert into public.chat_telemetry_log
  (log_id, user_id, conversation_id, user_question, generated_sql, sql_model, response_model,
   sql_input_tokens, sql_cached_tokens, sql_output_tokens, response_input_tokens, response_output_tokens)
values
  ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-0000000000c1',
    'q', E'SELECT\n  1  ', 'gpt-6-luna', 'gpt-6-sol', 1000, 400, 100, 2000, 300),
  ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-00000000000a', null,
    'q', null, 'gpt-6-luna', 'no-such-model', 1000, 0, 100, 2000, 300),
  ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-00000000000a', null, 'q', null, 'gpt-6-luna', null, null, null, null, null, null);
select is(sql_fingerprint, md5('select 1 '), 'the fingerprint ignores case and white space')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000001';
select is(cost_usd, 0.000114 + 0.007, 'each step is charged at its own model''s price')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000001';
select is(l.response_price_id, p.id, 'a row refers to the price it was charged at')
from public.chat_telemetry_log l, public.model_prices p
where log_id = '00000000-0000-4000-8000-000000000001' and p.model = 'gpt-6-sol';
select ok(cost_usd is null and sql_price_id is not null and response_price_id is null,
  'a step without a price makes the cost unknown')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000002';
select ok(cost_usd is null and sql_price_id is null and sql_fingerprint is null, 'a step that was not reached has no cost')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000003';
select throws_ok($$
  insert into public.chat_telemetry_log (user_id, user_question, error_type)
  values ('00000000-0000-4000-8000-00000000000a', 'q', 'other')
$$, '23514', null, 'other error types are refused');
select lives_ok('select * from public.report_chat_costs', 'the operator reads the reports');
select is(private.log_lost_chat_turns(), 0, 'a worker may log questions whose function was killed');
reset role;

-- Deleting reaches the log as whoever deletes
select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select throws_ok('select * from public.chat_telemetry_log', '42501', null, 'customers cannot read the log, not even their own rows');
select throws_ok('select * from public.report_chat_users', '42501', null, 'customers cannot read the reports');
select lives_ok($$delete from public.chat_conversations where id = '00000000-0000-4000-8000-0000000000c1'$$,
  'an owner can delete a conversation that was logged');
reset role;
select is(conversation_id, null, 'the log keeps the row without the conversation')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000001';
select is(user_question || coalesce(ai_response, '') || coalesce(generated_sql, '') || coalesce(error_message, '')
  || coalesce(response_id, '') || coalesce(follow_up_suggestions::text, ''), '', 'the texts of a deleted conversation are emptied')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000001';
select ok(cost_usd = 0.007114 and sql_fingerprint = md5('select 1 ') and sql_input_tokens = 1000, 'its figures stay')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000001';
set local role service_role;
insert into public.chat_telemetry_log (log_id, user_id, conversation_id, user_question, generated_sql, created_at) values
  ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-0000000000c1',
    'asked before the deletion', 'select 4', now()),
  ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-00000000000b', null, 'old', 'select 5', now() - interval '91 days');
select is(user_question || coalesce(generated_sql, ''), '', 'a question whose conversation is gone leaves no text')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000004';
select is(private.expire_chat_texts(), 1, 'only texts older than telemetry_retention_days expire');
select is(user_question, '', 'an expired question is empty')
from public.chat_telemetry_log where log_id = '00000000-0000-4000-8000-000000000005';
delete from public.chat_telemetry_log where user_id = '00000000-0000-4000-8000-00000000000b';
reset role;
select is((select sum(requests) from public.report_chat_users), 3::numeric, 'the reports count three requests');
delete from auth.users where id = '00000000-0000-4000-8000-00000000000a';
select is_empty('select * from public.report_chat_users', 'deleting a user removes their requests from the reports');

select * from finish();
rollback;
