-- Reads the rights of chat_reader from the catalog, and queries every view as two users. Views are found in
-- the catalog, so a new view is tested without being listed here. It needs rows of both users below.
begin;
select plan(63);
set local statement_timeout = '5s';

-- The role
select is_empty($$
  select rolname from pg_roles
  where rolname = 'chat_reader' and (rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb
    or rolreplication or rolinherit)
$$, 'chat_reader cannot sign in and has no special attribute');
select is_empty($$select roleid::regrole from pg_auth_members where member = 'chat_reader'::regrole$$,
  'chat_reader is a member of no role');
select is_empty($$
  select member::regrole from pg_auth_members where roleid = 'chat_reader'::regrole and member <> 'postgres'::regrole
$$, 'only the owner of the project can become chat_reader');
select results_eq($$
  select oid::regnamespace::text from pg_namespace
  where has_schema_privilege('chat_reader', oid, 'usage') and nspname not in ('tap', 'pg_catalog', 'information_schema', 'net')
    and nspname !~ '^pg_(toast|temp)'
  order by 1
$$, array['chat', 'chat_aggregates', 'public'], 'chat_reader can use its two schemas, and public and pg_net''s like every role');
select is_empty($$select nspname from pg_namespace where has_schema_privilege('chat_reader', oid, 'create')
  and nspname !~ '^pg_temp'$$,
  'chat_reader can create nothing in any schema');
select is_empty($$
  select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where has_function_privilege('chat_reader', p.oid, 'execute') and has_schema_privilege('chat_reader', n.oid, 'usage')
    and n.nspname not in ('tap', 'chat', 'chat_aggregates', 'pg_catalog', 'information_schema', 'net')
    and n.nspname !~ '^pg_temp'
$$, 'chat_reader can call no function but those of Postgres, pg_net and its two schemas');
select results_eq($$
  select p.oid::regprocedure::text from pg_proc p
  where has_function_privilege('chat_reader', p.oid, 'execute')
    and p.pronamespace::regnamespace::text in ('chat', 'private', 'public')
  order by 1
$$, array['chat.similarity(text,text)', 'chat.strict_word_similarity(text,text)', 'chat.word_similarity(text,text)',
  'private.chat_account_id()', 'private.shorten(jsonb)', 'private.shorten(text)', 'private.shorten(text[])'
], 'of our functions chat_reader may execute only those that filter and cut in the views and those that compare texts');
select is_empty($$
  select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('tap', 'pg_catalog', 'information_schema', 'pg_toast', 'net') and n.nspname !~ '^pg_temp'
    and has_schema_privilege('chat_reader', n.oid, 'usage')
    and case when c.relkind = 'S' then has_sequence_privilege('chat_reader', c.oid, 'usage, select, update')
      when c.relkind in ('r', 'p', 'f', 'm') or n.nspname <> 'chat'
        then has_any_column_privilege('chat_reader', c.oid, 'select, insert, update, references')
      else has_table_privilege('chat_reader', c.oid, 'insert, update, delete, truncate, references, trigger, maintain') end
$$, 'chat_reader can use no table and no sequence, and can only read the views');
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relnamespace = 'chat'::regnamespace
    and (c.relkind <> 'v' or not has_table_privilege('chat_reader', c.oid, 'select'))
$$, 'the relations of schema chat are views, and chat_reader is granted select on each');
select is_empty($$
  select oid::regprocedure from pg_proc
  where pronamespace = 'chat'::regnamespace and (prosecdef or provolatile <> 'i' or proname !~ 'similarity$')
$$, 'the functions of schema chat compute the similarity of texts, with the rights of their caller');
select is_empty($$
  select n.nspname, a.grantee::regrole from pg_namespace n cross join aclexplode(n.nspacl) a
  where n.nspname = 'chat' and a.grantee not in (n.nspowner, 'chat_reader'::regrole)
$$, 'no other role has a right to schema chat');
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relnamespace = 'chat'::regnamespace
    and (not coalesce('security_barrier=true' = any (c.reloptions), false) or c.reloptions::text ~ 'security_invoker')
$$, 'every view is a security barrier and not a security invoker');
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relnamespace = 'chat'::regnamespace and not exists (
    select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
    where r.ev_class = c.oid and d.refclassid = 'pg_proc'::regclass and d.refobjid = 'private.chat_account_id'::regproc
  )
$$, 'every view filters by chat_account_id()');
select is_empty($$
  select c.oid::regclass, a.attname from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'chat'::regnamespace
    and (obj_description(c.oid, 'pg_class') is null or col_description(c.oid, a.attnum) is null)
$$, 'every view and every column has a comment, which is all that the model is told');
select is_empty($$
  select a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a
  join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
  where c.relnamespace = 'chat'::regnamespace and a.attnum > 0
    and (t.typnamespace <> 'pg_catalog'::regnamespace or a.attname in ('user_id', 'owner_id'))
$$, 'columns have types of pg_catalog, and none is a user''s id');

-- The executor
select results_eq($$
  select p.oid::regproc::text, p.proowner::regrole::text, p.prosecdef, a.grantee::regrole::text
  from pg_proc p cross join aclexplode(p.proacl) a
  where p.proname in ('read_as_chat_reader', 'run_chat_query') and a.grantee <> 'postgres'::regrole order by 1
$$, $$values ('private.read_as_chat_reader', 'chat_reader', true, 'service_role'),
  ('run_chat_query', 'postgres', false, 'service_role')$$,
  'chat_reader owns the executor, and only service_role runs it');
select is(
  (select count(*) from jsonb_array_elements(public.chat_schema() -> 'relations')),
  (select count(*) from pg_class where relnamespace = 'chat'::regnamespace),
  'chat_schema() lists every view'
);
select is(
  jsonb_path_query_first(public.chat_schema(), '$.relations[*] ? (@.name == "conversations").columns[1]'),
  '{"name": "title", "type": "text", "comment": "First question, or the name the user gave it."}',
  'chat_schema() lists each column with its type and comment'
);

-- Two users with rows of every kind. Every text and every id of Bob's contains b0b.
insert into auth.users (id, email) values
  ('ada0ada0-0000-4000-8000-00000000ada0', 'ada@example.com'),
  ('b0b0b0b0-0000-4000-8000-00000000b0b0', 'b0b@example.com'),
  ('c0c0c0c0-0000-4000-8000-00000000c0c0', 'nothing@example.com');
insert into public.benchmark_drafts (id, owner_id, name, prompt) values
  ('ada0ada0-0000-4000-8000-0000000000d1', 'ada0ada0-0000-4000-8000-00000000ada0', 'ada''s', 'ada'),
  ('b0b0b0b0-0000-4000-8000-0000000000d1', 'b0b0b0b0-0000-4000-8000-00000000b0b0', 'b0b''s', 'b0b');
insert into public.reports (id, owner_id, draft_id, config_hash, estimated_api_cost, model_count, rationale)
select id::uuid, owner_id, id::uuid, name, 1, 1, name from public.benchmark_drafts;
insert into public.report_orders (report_id, owner_id, config_snapshot)
select id, owner_id, jsonb_build_object('images', '[{}]'::jsonb, 'priorities', '["cost"]'::jsonb, 'runs_per_model', 1,
  'prompt', rationale) from public.reports;
insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost, status,
  actual_cost, field_accuracy, field_errors, score, response_time_ms)
select id, owner_id, rationale, 0, 0, 1, 'complete', 0.5, 50,
  jsonb_build_array(jsonb_build_object('fieldPath', 'total', 'expected', rationale)),
  '{"relaxed": {"correct": 1, "wrong": 0, "missing": 1, "extra": 0}}', 100
from public.reports;
insert into public.chat_conversations (id, owner_id, title)
select id, owner_id, rationale from public.reports;
insert into public.chat_messages (conversation_id, owner_id, role, content, sql)
select id, owner_id, 'assistant', title, 'select' from public.chat_conversations;
insert into public.prompts (id, owner_id, name, body) select id, owner_id, rationale, rationale from public.reports;
insert into public.datasets (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
select id, owner_id, rationale, 1, repeat('0', 64), 'csv', rationale, 1, array[rationale], 1 from public.reports;
insert into public.dataset_rows (dataset_id, row_index, data_json) select id, 0, jsonb_build_object(name, 1) from public.datasets;
insert into public.runs (id, owner_id, name, prompt_version_id, dataset_id, cell_count, cost_ceiling_usd)
select v.prompt_id, v.owner_id, v.body, v.id, v.prompt_id, 1, 1 from public.prompt_versions v;
insert into public.run_models (id, run_id, owner_id, provider, model, label)
select id, id, owner_id, 'groq', name, name from public.runs;
insert into public.run_cells (run_id, run_model_id, owner_id, row_index, status, output_text, grader_score, latency_ms)
select id, id, owner_id, 0, 'complete', name, 1, 1 from public.runs;
insert into public.test_runs (owner_id, suite) select owner_id, rationale from public.reports;
insert into public.test_results (run_id, owner_id, ordinal, tool_name, status)
select id, owner_id, 0, suite, 'FAIL' from public.test_runs;
insert into public.issues (owner_id, issue_code, suite, title)
select owner_id, upper(left(suite, 3)) || '-HIGH-001', suite, suite from public.test_runs;
insert into public.issue_occurrences (issue_id, run_id, owner_id, severity, notes)
select i.id, r.id, i.owner_id, 'HIGH', i.title from public.issues i join public.test_runs r using (owner_id);

create temp table answers (relation text, who text, answer jsonb);
grant all on answers to service_role;
set local role service_role;
insert into answers
select r ->> 'name', u.who,
  public.run_chat_query(u.id, format('select v.*, v::text as whole_row from chat.%I v', r ->> 'name'))
from jsonb_array_elements(public.chat_schema() -> 'relations') r
cross join (values ('ada', 'ada0ada0-0000-4000-8000-00000000ada0'::uuid),
  ('bob', 'b0b0b0b0-0000-4000-8000-00000000b0b0'), ('nobody', 'c0c0c0c0-0000-4000-8000-00000000c0c0')) u (who, id);
select is_empty($$select relation from answers where who = 'ada' and answer ->> 'row_count' = '0'$$,
  'every view shows the owner''s rows: insert a row for each user above');
select is_empty($$select relation, answer from answers where who <> 'bob' and answer::text ~ '\mb0b(0b0b0|\M)'$$,
  'no view shows Bob''s rows to anybody else');
select is_empty($$select relation, answer from answers where who <> 'ada' and answer::text ~ '\mada(0ada0|\M)'$$,
  'no view shows Ada''s rows to anybody else');
select is_empty($$
  select relation from answers where who = 'bob' and answer::text !~ '\mb0b(0b0b0|\M)' and relation <> 'models'
$$, 'every view shows Bob''s mark to Bob, so that the tests above can fail');
select is_empty($$
  select relation from answers where who = 'nobody' and answer ->> 'row_count' <> '0' and relation <> 'models'
$$, 'a user without rows sees nothing but the catalogue');
select is_empty($$
  select r ->> 'name' from jsonb_array_elements(public.chat_schema() -> 'relations') r
  where public.run_chat_query('ada0ada0-0000-4000-8000-00000000ada0', format('select v::text from chat.%I v', r ->> 'name'),
    p_user => 'b0b0b0b0-0000-4000-8000-00000000b0b0')::text ~ '\mb0b(0b0b0|\M)'
$$, 'a question about one account shows no rows of another account of whoever asks');
select is_empty('select * from private.chat_identities', 'no query leaves its identity behind');
reset role;
create function pg_temp.count_unidentified() returns setof text language plpgsql as $$
declare
  v_relation regclass;
  v_count bigint;
begin
  for v_relation in
    select c.oid from pg_class c
    -- A view without the grant fails a test of its own above.
    where c.relnamespace = 'chat'::regnamespace and has_table_privilege('chat_reader', c.oid, 'select')
  loop
    set local role chat_reader;
    execute format('select count(*) from %s', v_relation) into v_count;
    reset role;
    if v_count > 0 then
      return next v_relation;
    end if;
  end loop;
end;
$$;
select is_empty('select pg_temp.count_unidentified()', 'without a user every view is empty, even the catalogue');

create function pg_temp.list_filters() returns table (relation text, line text) language plpgsql as $$
declare
  v_relation regclass;
begin
  for v_relation in select c.oid from pg_class c where c.relnamespace = 'chat'::regnamespace loop
    for line in execute format('explain select * from %s', v_relation) loop
      relation := v_relation;
      return next;
    end loop;
  end loop;
end;
$$;
select is_empty($$select * from pg_temp.list_filters() where line ~ 'chat_account_id'$$,
  'the user is computed once a query, not once a row');

-- Refusals of the database, without the gate
set local role service_role;
create function pg_temp.ask(p_sql text) returns jsonb language sql as $$
  select public.run_chat_query('ada0ada0-0000-4000-8000-00000000ada0', p_sql)
$$;
select throws_ok($$select pg_temp.ask('select set_config(''role'', ''postgres'', true)')$$, '42501',
  'cannot set parameter "role" within security-definer function', 'the role cannot be changed');
select throws_ok($$select pg_temp.ask('select 1; select 2')$$, '42P11', null, 'a second statement is refused');
select throws_ok($$select pg_temp.ask('delete from chat.benchmarks')$$, '42P11', null, 'a statement that is not a query is refused');
select throws_ok($$select pg_temp.ask('/* a */ explain select * from chat.models')$$, '42P11', null,
  'explain is refused');
select throws_ok($$select pg_temp.ask('with gone as (delete from public.reports returning 1) select * from gone')$$,
  null, null, 'a deletion inside a query is refused');
select throws_ok($$select pg_temp.ask('select * from public.reports')$$, '42501', null, 'tables cannot be read');
select throws_ok($$select pg_temp.ask('select private.chat_account_id()')$$, '42501', null, 'functions of schema private cannot be called');
-- pg_net grants its tables to every role.
select throws_ok($$select pg_temp.ask('select headers::text::int from net._http_response')$$, '42501',
  'only views of schema chat may be read, not net._http_response', 'tables that an extension grants to everybody cannot be read');
select throws_ok($$
  select pg_temp.ask('select query_to_xml(''select * from net.http_request_queue'', true, false, '''')')
$$, '42501', 'only views of schema chat may be read, not net.http_request_queue', 'nor within a function');
select is(pg_temp.ask('select 1 as a, ''x''::text as a where false') -> 'columns',
  '[{"name": "a", "type": "integer"}, {"name": "a", "type": "text"}]', 'columns are listed for an empty result, also if two have the same name');
select is(pg_temp.ask('select generate_series(1, 501)') - 'rows' - 'columns' - 'duration_ms',
  '{"row_count": 500, "truncated": true}', 'a result is cut at 500 rows and marked as truncated');
select is(pg_temp.ask('select generate_series(1, 500)') ->> 'truncated', 'false', 'a result of 500 rows is not marked as truncated');
select cmp_ok(octet_length((pg_temp.ask('select repeat(''x'', 1000) from generate_series(1, 400)') -> 'rows')::text), '<=',
  262144, 'a result is cut at 256 kB');
select is(pg_temp.ask('select ''[1.5e29, {"a": -1e-29}]''::jsonb -> 1 as a, jsonb ''{}'' as b, array[''1'']::jsonb[] as c') -> 'columns',
  '[{"name": "a", "type": "jsonb"}, {"name": "b", "type": "jsonb"}, {"name": "c", "type": "jsonb[]"}]',
  'a query reads JSON from texts');
select throws_ok(format($$select pg_temp.ask('select (content || '']'')::jsonb from (select ''[%s'' as content) t')$$, number), '23514',
  null, 'it reads no number that would be written in many more digits: ' || number)
from unnest(array['1e31', '1e-16000']) number;
select throws_ok($$select pg_temp.ask('select (repeat(''['', 101) || repeat('']'', 101))::json::jsonb')$$, '23514', null,
  'nor JSON that is a hundred levels deep');
set local statement_timeout = 0;
select throws_ok($$select pg_temp.ask('select 1')$$, '55000', null, 'no query runs without a timeout');
set local statement_timeout = '5s';

-- Conversations
select matches(public.begin_chat_turn('c0c0c0c0-0000-4000-8000-00000000c0c0', null,
  'Which  of my ' || repeat('very ', 30) || 'old benchmarks?', 2, 0.5) ->> 'conversation_id', '.', 'a first question creates a conversation');
select is((select title from public.chat_conversations where owner_id = 'c0c0c0c0-0000-4000-8000-00000000c0c0'),
  'Which of my very very very very very very very very very very very very very ve…', 'the title of a conversation is the shortened question');
select lives_ok($$
  select public.finish_chat_turn(owner_id, id, 'That one.', 'select 1', '{}', '["And now?"]', 'r', 0.25)
  from public.chat_conversations where owner_id = 'c0c0c0c0-0000-4000-8000-00000000c0c0'
$$, 'an answer is stored');
select results_eq($$
  select jsonb_path_query_array(public.begin_chat_turn(owner_id, id, 'And?', 2, 0.5) -> 'history', '$[*].role')
  from public.chat_conversations where owner_id = 'c0c0c0c0-0000-4000-8000-00000000c0c0'
$$, array['["user", "assistant"]'::jsonb], 'the next question gets the history, the oldest message first');
select throws_ok($$
  select public.begin_chat_turn('c0c0c0c0-0000-4000-8000-00000000c0c0', 'b0b0b0b0-0000-4000-8000-0000000000d1', 'Mine?', 9, 0)
$$, 'P0002', null, 'a user cannot ask in another''s conversation');

-- Budgets: two questions are being answered, and each reserved 0.50 USD.
update private.chat_settings set usd_per_user_day = 1.2, usd_per_month = 100;
select is(public.begin_chat_turn('c0c0c0c0-0000-4000-8000-00000000c0c0', null, 'Third?', 9, 0.3) -> 'over_budget' ->> 'scope',
  'user_day', 'a question that may exceed the user''s ceiling is refused');
select is(public.begin_chat_turn('c0c0c0c0-0000-4000-8000-00000000c0c0', null, 'Third?', 9, null) -> 'over_budget',
  '{"scope": "unpriced"}', 'under a ceiling a model without a price is refused');
select results_eq($$select scope, reserved_usd, (select count(*) from private.open_chat_turns) from public.report_chat_budgets$$,
  $$values ('project_month', 1.0, 2::bigint), ('user_day', 1.0, 2::bigint)$$, 'a refused question reserves nothing');
update private.chat_settings set usd_per_month = 1;
select is(public.begin_chat_turn('ada0ada0-0000-4000-8000-00000000ada0', null, 'First?', 9, 0.1) -> 'over_budget' ->> 'scope',
  'project_month', 'the project''s ceiling holds for all users together');
update private.chat_settings set usd_per_user_day = null, usd_per_month = null;

-- Connections
select is(pg_temp.ask('select current_setting(''work_mem''), current_setting(''hash_mem_multiplier''),
  current_setting(''max_parallel_workers_per_gather''), current_setting(''jit'')') -> 'rows', '[["64kB", "1", "0", "off"]]',
  'a query runs in one process with little memory');
select isnt(current_setting('work_mem') || current_setting('max_parallel_workers_per_gather'), '64kB0',
  'other statements keep their settings');

reset role;
select set_config('request.jwt.claims', '{"sub": "c0c0c0c0-0000-4000-8000-00000000c0c0", "role": "authenticated"}', true);
set local role authenticated;
select results_eq($$select count(*) from public.chat_messages m join public.chat_conversations c on c.id = m.conversation_id$$,
  array[3::bigint], 'owners read their own messages only');
select throws_ok($$update public.chat_messages set content = 'I never said so'$$, '42501', null, 'users cannot change messages');
select results_eq($$update public.chat_conversations set title = 'Old ones' returning title$$, array['Old ones'],
  'owners rename their own conversations only');
delete from public.chat_conversations;
reset role;
select results_eq($$
  select (select count(*) from public.chat_messages where owner_id = 'c0c0c0c0-0000-4000-8000-00000000c0c0'),
    (select count(*) from public.chat_conversations),
    (public.begin_chat_turn('c0c0c0c0-0000-4000-8000-00000000c0c0', null, 'Again?', 2, 0) ->> 'retry_after_seconds')::int
      between 1 and 60
$$, $$values (0::bigint, 2::bigint, true)$$,
  'deleting a conversation deletes its messages only, and does not reset the limit');
select results_eq($$
  with taken as materialized (
    select public.take_asking('c0c0c0c0-0000-4000-8000-00000000c0c0', 'query', 2) as wait from generate_series(1, 3)
  )
  select wait between 1 and 60 from taken
$$, array[null, null, true], 'queries have a limit of their own beside the questions');

-- A contestant is a model and an effort, in separate columns.
update public.benchmark_runs set model_id = 'openai/gpt-6-luna#high', reasoning_tokens = 900, output_tokens = 1000
where owner_id = 'ada0ada0-0000-4000-8000-00000000ada0';
insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost, status,
  field_accuracy, field_errors)
select report_id, owner_id, 'openai/gpt-6-luna', 0, 0, 1, 'complete', 40, field_errors from public.benchmark_runs
where owner_id = 'ada0ada0-0000-4000-8000-00000000ada0';
update public.reports set recommended_model = 'openai/gpt-6-luna#high'
where owner_id = 'ada0ada0-0000-4000-8000-00000000ada0';
set local role service_role;
select is(public.run_chat_query('ada0ada0-0000-4000-8000-00000000ada0', $$
  select r.model_id, r.effort, m.name, r.is_recommended, r.reasoning_tokens, e.occurrences
  from benchmark_model_results r join models m on m.model_id = r.model_id
  join benchmark_field_errors e on (e.benchmark_id, e.model_id, e.effort) = (r.benchmark_id, r.model_id, r.effort)
  order by r.effort
$$) -> 'rows', '[
  ["openai/gpt-6-luna", "default", "GPT-6 Luna", false, null, 1],
  ["openai/gpt-6-luna", "high", "GPT-6 Luna", true, 900, 1]
]', 'a model at two efforts has two rows, and both join with the model');
select is(public.run_chat_query('ada0ada0-0000-4000-8000-00000000ada0', $$
  select recommended_model_id, recommended_effort from benchmarks
$$) -> 'rows', '[["openai/gpt-6-luna", "high"]]', 'the recommended effort has its own column');
reset role;

select * from finish();
rollback;
