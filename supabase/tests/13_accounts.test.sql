-- Every relation that PostgREST exposes, found in the catalog, read and written by every kind of actor. A new
-- relation needs rows of the team below.
begin;
select plan(146);

-- What holds for every policy
select is_empty($$
  select schemaname, tablename, policyname from pg_policies
  where concat(qual, with_check) ~ 'auth\.|accounts_as'
    and regexp_replace(concat(qual, with_check),
      '\( SELECT \(?private\.accounts_as\(''\w+''::text\)(\)::text\[\])? AS accounts_as\)', '', 'g') ~ 'auth\.|accounts_as'
    -- Users always list their accounts.
    and tablename not in ('accounts', 'memberships')
$$, 'policies ask for the accounts of the caller once a statement, and for nothing else about the caller');
select is_empty($$
  select k.conrelid::regclass from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
  where k.contype = 'f' and a.attname = 'owner_id' and cardinality(k.conkey) = 1
    and k.confrelid <> 'public.accounts'::regclass
$$, 'owners are accounts');

-- The people: the team 7ea7 has one of each role. The outsider owns another team.
create function pg_temp.person(p_name text) returns uuid language sql immutable as $$
  select (case p_name when 'viewer' then '00000000-0000-4000-8000-000000000001'
    when 'member' then '00000000-0000-4000-8000-000000000002' when 'admin' then '00000000-0000-4000-8000-000000000003'
    when 'owner' then '00000000-0000-4000-8000-000000000004' when 'outsider' then '00000000-0000-4000-8000-000000000005'
  end)::uuid
$$;
grant execute on function pg_temp.person to authenticated;
insert into auth.users (id, email)
select pg_temp.person(n), n || '@example.com' from unnest('{viewer,member,admin,owner,outsider}'::text[]) n;
select results_eq($$
  select a.personal, m.role::text from public.accounts a join public.memberships m on m.account_id = a.id
  where a.id = pg_temp.person('viewer') and m.user_id = a.id
$$, $$values (true, 'owner')$$, 'a new user owns a personal account of their own id');
insert into public.accounts (id, name) values
  ('7ea70000-0000-4000-8000-000000000000', 'Team'), ('0de40000-0000-4000-8000-000000000000', 'Other');
insert into public.memberships (account_id, user_id, role)
select '7ea70000-0000-4000-8000-000000000000', pg_temp.person(n), n::public.account_role
from unnest('{viewer,member,admin,owner}'::text[]) n;
insert into public.memberships (account_id, user_id, role)
values ('0de40000-0000-4000-8000-000000000000', pg_temp.person('outsider'), 'owner');

-- Rows of the team in every relation: each holds 7ea7.
create temp table team as select '7ea70000-0000-4000-8000-000000000000'::uuid as id;
insert into public.benchmark_drafts (id, owner_id, name) select id, id, 'draft' from team;
alter table public.reports disable trigger reports_check_status;
insert into public.reports (id, owner_id, draft_id, config_hash, estimated_api_cost, model_count, status, share_token,
  paid_at, total_api_cost)
select id, id, id, 'h', 1, 1, 'running', repeat('a', 64), now(), 1 from team;
alter table public.reports enable trigger reports_check_status;
insert into public.report_orders (report_id, owner_id, config_snapshot) select id, id, '{"images": [], "models": []}' from team;
insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost, status,
  field_errors)
select id, id, 'm/1', 0, 0, 1, 'complete', '[{"fieldPath": "total", "expected": 1}]' from team;
insert into public.report_revisions (report_id, revision, owner_id, scorer_version) select id, 2, id, 1 from team;
insert into public.benchmark_run_scores (report_id, run_id, revision, owner_id, scores) select id, id, 1, id, '{}' from team;
insert into public.kept_error_patterns (report_id, owner_id, model_id, format_only, occurrences, percentage)
select id, id, 'm/1', false, 1, 100 from team;
insert into public.chat_conversations (id, owner_id, title) select id, id, 'Team' from team;
insert into public.chat_messages (id, conversation_id, owner_id, role, content, cost_usd)
select id, id, id, 'assistant', 'A', 1 from team;
insert into public.chat_ratings (message_id, owner_id, rating) select id, id, 1 from team;
insert into public.prompts (id, owner_id, name, body) select id, id, 'p', 'p' from team;
insert into public.prompt_labels (prompt_id, label, version, owner_id) select id, 'live', 1, id from team;
insert into public.datasets (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
select id, id, 'd', 1, repeat('0', 64), 'csv', 'd', 1, '{a}', 1 from team;
insert into public.dataset_rows (dataset_id, row_index, data_json) select id, 0, '{}' from team;
insert into public.runs (id, owner_id, prompt_version_id, dataset_id, cell_count, cost_ceiling_usd)
select v.owner_id, v.owner_id, v.id, v.owner_id, 1, 1 from public.prompt_versions v;
insert into public.run_models (id, run_id, owner_id, provider, model, label) select id, id, id, 'groq', 'm', 'm' from team;
insert into public.run_cells (run_id, run_model_id, owner_id) select id, id, id from team;
update public.run_model_totals set cost_usd = 1, priced = 1;
insert into public.test_runs (owner_id, suite, status, pass_rate, watcher_cost_usd)
select id, 's', 'complete', 50, 1 from team cross join generate_series(1, 12);
insert into public.test_results (run_id, owner_id, ordinal, tool_name, status, duration_secs)
select r.id, r.owner_id, x.ordinal, x.name, x.status, r.id from public.test_runs r
cross join (values (0, 'failing', 'FAIL'), (1, 'passing', 'PASS')) as x (ordinal, name, status);
insert into public.watcher_insights (test_result_id, owner_id) select id, owner_id from public.test_results;
insert into public.known_failures (owner_id, name, pattern, category, priority, title)
select id, 'k', 'x', 'production', 'LOW', 'K' from team;
insert into public.issues (owner_id, issue_code, suite, title) select id, 'S-LOW-001', 's', 'I' from team;
insert into public.issue_occurrences (issue_id, run_id, owner_id, severity)
select i.id, r.id, i.owner_id, 'LOW' from public.issues i cross join public.test_runs r;
insert into public.invitations (account_id, email, role) select id, 'new@example.com', 'member' from team;
insert into public.stripe_customers (account_id, livemode, name) select id, false, 'Team' from team;
insert into public.account_keys (id, account_id, name, prefix, hash, scopes)
select md5(s)::uuid, t.id, s, 'mp_', sha256(s::bytea), array[s] from team t cross join unnest('{read,track,run,admin}'::text[]) s;
insert into public.account_keys (id, account_id, name, prefix, hash, scopes, expires_at, revoked_at)
select md5(x.name)::uuid, t.id, x.name, 'mp_', sha256(x.name::bytea), '{admin}', x.expires_at, x.revoked_at
from team t cross join (values ('expired', now() - interval '1 second', null), ('revoked', null, now()))
  as x (name, expires_at, revoked_at);
insert into public.account_budgets (account_id) select id from team;
insert into public.credit_entries (owner_id, report_id, change, reason) select id, id, 1, 'bought' from team;

create temp table actors (name text, role text, claims jsonb, headers jsonb default '{}');
insert into actors (name, role, claims)
select n, 'authenticated', jsonb_build_object('role', 'authenticated', 'sub', pg_temp.person(n))
from unnest('{viewer,member,admin,owner,outsider}'::text[]) n
union all
select 'key ' || n, 'authenticated',
  jsonb_build_object('role', 'authenticated', 'key_id', md5(n)::uuid, 'account_id', t.id)
from team t cross join unnest('{read,track,run,admin,expired,revoked,unknown}'::text[]) n
union all
select 'key of another account', 'authenticated', jsonb_build_object('role', 'authenticated', 'key_id', md5('admin')::uuid,
  'account_id', '0de40000-0000-4000-8000-000000000000')
union all
select 'user with the claims of a key', 'authenticated', jsonb_build_object('role', 'authenticated',
  'sub', pg_temp.person('outsider'), 'key_id', md5('admin')::uuid, 'account_id', t.id) from team t
union all
select 'nobody', 'authenticated', '{"role": "authenticated"}'
union all
select 'anonymous', 'anon', '{"role": "anon"}';
insert into actors (name, role, claims, headers) values
  ('link holder', 'anon', '{"role": "anon"}', jsonb_build_object('x-share-token', repeat('a', 64))),
  ('outsider who names the team', 'authenticated',
    jsonb_build_object('role', 'authenticated', 'sub', pg_temp.person('outsider')),
    '{"x-account-id": "7ea70000-0000-4000-8000-000000000000"}');

-- Runs a statement as somebody, undoes it, and returns the number of rows; null if it is not allowed. A row that
-- others refer to counts as deleted.
create function pg_temp.try(p_actor actors, p_sql text) returns bigint language plpgsql as $$
declare
  v_rows bigint;
begin
  perform set_config('request.jwt.claims', p_actor.claims::text, true);
  perform set_config('request.headers', p_actor.headers::text, true);
  execute format('set local role %I', p_actor.role);
  begin
    execute p_sql;
    get diagnostics v_rows = row_count;
    raise exception using errcode = 'MP001';
  exception when insufficient_privilege then v_rows := null;
    when foreign_key_violation then v_rows := 1;
    when sqlstate 'MP001' then null;
  end;
  reset role;
  perform set_config('request.jwt.claims', '', true);
  perform set_config('request.headers', '', true);
  return v_rows;
end;
$$;
create temp table relations as
select c.oid, c.relname::text collate "default" as name, c.relkind as kind, (
  select string_agg(quote_ident(a.attname), ', ') from pg_attribute a
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and has_column_privilege('authenticated', c.oid, a.attnum, 'select')
) as columns, (
  select min(a.attname) from pg_attribute a
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and has_column_privilege('authenticated', c.oid, a.attnum, 'update')
) as writable
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
  and has_any_column_privilege('authenticated', c.oid, 'select');
create temp table tries as
select a.name as actor, 'read' as verb, r.name as relation,
  pg_temp.try(a, format('select * from (select %s from public.%I) x where x::text ~ ''7ea7''', r.columns, r.name)) as rows
from actors a cross join relations r
union all
select a.name, 'update', r.name, pg_temp.try(a, format('update public.%1$I x set %2$I = %2$I where x::text ~ ''7ea7''', r.name, r.writable))
from actors a cross join relations r where r.writable is not null
union all
select a.name, 'delete', r.name, pg_temp.try(a, format('delete from public.%I x where x::text ~ ''7ea7''', r.name))
from actors a cross join relations r where r.kind = 'r' and has_table_privilege('authenticated', r.oid, 'delete');
create function pg_temp.relations_of(p_actor text, p_verb text) returns text[] language sql as $$
  select array(select relation from tries where actor = p_actor and verb = p_verb and rows > 0 order by 1)
$$;
create temp table expected as
select array(select name from relations where name not in ('models', 'prices') order by 1) as every_relation,
  '{account_keys,audit_log,invitations}'::text[] as for_admins, '{stripe_customers}'::text[] as for_owners,
  '{benchmark_drafts,chat_conversations,chat_ratings,issues,known_failures,prompt_labels,prompts,run_cells,runs}'::text[]
    as written_by_members;

-- Readers
select is(pg_temp.relations_of('owner', 'read'), every_relation,
  'an owner reads every relation: insert a row of the team above') from expected;
select is(pg_temp.relations_of(n, 'read'), array(select r from unnest(every_relation) r where r <> all (for_owners)),
  format('%s reads all but what is for owners', n))
from expected, unnest('{admin,key admin}'::text[]) n;
select is(pg_temp.relations_of(n, 'read'), 
  array(select r from unnest(every_relation) r where r <> all (for_admins || for_owners)),
  format('%s reads all but what is for admins and owners', n))
from expected, unnest('{viewer,member,key read,key run}'::text[]) n;
select is(pg_temp.relations_of(n, 'read'), '{}'::text[], format('%s reads nothing of the team', n))
from unnest('{outsider,key track,key expired,key revoked,key unknown,key of another account,nobody,anonymous,
  user with the claims of a key,outsider who names the team}'::text[]) n;
-- Whole rows, that is: of a report and its runs a link shows chosen columns.
select is(pg_temp.relations_of('link holder', 'read'), '{report_counted_figures,report_model_summaries}'::text[],
  'who holds the link reads the figures of models');

-- Writers
select is(pg_temp.relations_of(n, 'update'), written_by_members, format('%s updates what members may', n))
from expected, unnest('{member,key run}'::text[]) n;
select is(pg_temp.relations_of(n, 'update'), array['accounts'] || written_by_members, format('%s also renames the account', n))
from expected, unnest('{admin,owner,key admin}'::text[]) n;
select is(pg_temp.relations_of('owner', 'delete'), '{benchmark_drafts,chat_conversations,chat_ratings,datasets,issues,
  known_failures,prompt_labels,prompts,runs,test_runs}'::text[], 'owners delete');
select is(pg_temp.relations_of(n, 'delete'), '{chat_ratings,prompt_labels}'::text[],
  format('%s deletes only labels and ratings', n))
from unnest('{member,admin,key run,key admin}'::text[]) n;
select is(pg_temp.relations_of(n, v) , '{}'::text[], format('%s: %s changes nothing', n, v))
from unnest('{viewer,outsider,key read,key track,key expired,key revoked,key unknown,key of another account,nobody,
    anonymous,link holder,user with the claims of a key,outsider who names the team}'::text[]) n,
  unnest('{update,delete}'::text[]) v;

-- New rows
select results_eq($$
  select name from relations where has_any_column_privilege('authenticated', oid, 'insert') order by 1
$$, array['benchmark_drafts', 'chat_ratings', 'known_failures', 'prompt_labels', 'prompts'],
  'these are all the tables to which customers add rows over REST: try a new one below');
create temp table statements (sql text);
insert into statements
select format(s, t.id) from team t cross join unnest(array[
  'insert into public.benchmark_drafts (owner_id) values (%L)',
  'insert into public.known_failures (owner_id, name, pattern, category, priority, title) values (%L, ''n'', ''x'', ''production'', ''LOW'', ''N'')',
  'insert into public.prompts (owner_id, name, body) values (%L, ''n'', ''n'')',
  'insert into public.prompt_labels (prompt_id, label, version, owner_id) values (%1$L, ''new'', 1, %1$L)',
  'insert into storage.objects (bucket_id, name) values (''benchmark-images'', ''%s/new.png'')'
]) s;
delete from public.chat_ratings;
insert into statements
select format('insert into public.chat_ratings (message_id, rating) values (%L, 1)', id) from team;
update actors set headers = headers || '{"x-account-id": "7ea70000-0000-4000-8000-000000000000"}';
select is((select count(*) from statements s where pg_temp.try(a, s.sql) = 1),
  case when a.name in ('member', 'admin', 'owner', 'key run', 'key admin') then 6 else 0 end::bigint,
  format('%s: adds rows to the team only as a member', a.name))
from actors a;
update actors set headers = headers - 'x-account-id';
select is(pg_temp.try(a, $$insert into public.prompts (name, body) values ('personal', 'p') returning owner_id$$), 1::bigint,
  'a row without an account belongs to the personal one') from actors a where a.name = 'viewer';
select is((
  select pg_temp.try(a, $$insert into public.prompt_labels (prompt_id, label, version, owner_id)
    select id, 'stolen', 1, auth.uid() from public.prompts$$) from actors a where a.name = 'member'
), null, 'a label belongs to the account of its prompt');
select is((
  select pg_temp.try(a, $$update public.benchmark_drafts set owner_id = auth.uid()$$) from actors a where a.name = 'owner'
), null, 'a draft stays in its account');

insert into public.prompts (owner_id, name, body) values (pg_temp.person('member'), 'own', 'p');
create function pg_temp.count_named(p_account text, p_relation text) returns bigint language sql as $$
  select pg_temp.try(jsonb_populate_record(a, jsonb_build_object('headers', jsonb_build_object('x-account-id', p_account))),
    format('select * from public.%I', p_relation)) from actors a where a.name = 'member'
$$;
select results_eq($$select pg_temp.try(a, 'select * from public.prompts') from actors a where a.name = 'member'$$,
  array[2::bigint], 'a request that names no account reads those of all');
select results_eq($$select pg_temp.count_named(n, 'prompts') from unnest(array[
    (select id::text from team), pg_temp.person('member')::text, pg_temp.person('owner')::text, '']) with ordinality u (n, place)
    order by place$$,
  array[1::bigint, 1, 0, 2], 'one that names an account reads that one');
select results_eq($$select pg_temp.count_named((select id::text from team), r) from unnest('{accounts,memberships}'::text[]) r$$,
  array[2::bigint, 5], 'and still lists all accounts of its user');

-- Files
insert into storage.objects (bucket_id, name)
select b, t.id || '/f.png' from team t cross join unnest('{benchmark-images,datasets}'::text[]) b;
select results_eq($$
  select a.name, pg_temp.try(a, $q$select * from storage.objects where name ~ '^7ea7'$q$),
    pg_temp.try(a, $q$delete from storage.objects where name ~ '^7ea7'$q$)
  from actors a
  where pg_temp.try(a, $q$select * from storage.objects where name ~ '^7ea7'$q$) > 0 order by 1
$$, $$values ('admin', 2::bigint, 0::bigint), ('key admin', 2, 0), ('key read', 2, 0), ('key run', 2, 0),
  ('member', 2, 0), ('owner', 2, 1), ('viewer', 2, 0)$$, 'the account''s people read its files, and its owners delete images');

-- People
create function pg_temp.act(p_name text, p_sql text) returns jsonb language plpgsql as $$
declare
  v_result jsonb;
begin
  perform set_config('request.jwt.claims',
    (select claims from actors where name = p_name)::text, true);
  set local role authenticated;
  execute p_sql into v_result;
  reset role;
  perform set_config('request.jwt.claims', '', true);
  return v_result;
exception when others then
  reset role;
  perform set_config('request.jwt.claims', '', true);
  raise;
end;
$$;
create function pg_temp.state_of(p_actor text, p_call text) returns text language plpgsql as $$
begin
  perform pg_temp.act(p_actor, 'select to_jsonb(x) from (select ' || p_call || ') x');
  raise exception using errcode = 'MP001';
exception when others then
  return case sqlstate when 'MP001' then 'done' else sqlstate end;
end;
$$;
insert into auth.users (id, email) values ('00000000-0000-4000-8000-000000000006', 'New@example.com');
insert into actors (name, role, claims) values ('newcomer', 'authenticated',
  '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000006"}');
create temp table invited as
select pg_temp.act('admin', $$select public.invite_member('7ea70000-0000-4000-8000-000000000000', ' NEW@example.com ', 'member')$$) as first;
alter table invited add column second jsonb;
update invited set second =
  pg_temp.act('admin', $$select public.invite_member('7ea70000-0000-4000-8000-000000000000', 'new@example.com', 'viewer')$$);
select is((select count(*) from public.invitations where email = 'new@example.com'), 1::bigint,
  'an address has one open invitation to a team');
select is_empty($$
  select from private.job_queue j, private.invitation_tokens t, invited i
  where j::text || t::text ~ (i.first ->> 'token') or j::text || t::text ~ (i.second ->> 'token')
$$, 'the tokens of invitations are not stored');
select results_eq($$
  select j.payload ->> 'invitation_id' from private.job_queue j, invited i
  where j.kind = 'invitation_email' and j.payload ->> 'invitation_id' in (i.first ->> 'invitation_id', i.second ->> 'invitation_id')
  order by j.payload ->> 'invitation_id' = i.second ->> 'invitation_id'
$$, 'select unnest(array[first ->> ''invitation_id'', second ->> ''invitation_id'']) from invited', 'each invitation has an e-mail');
select is(private.open_invitation((first ->> 'invitation_id')::uuid, encode(sha256('mail'), 'hex')), null,
  'that of a replaced one is not sent') from invited;
select is(private.open_invitation((second ->> 'invitation_id')::uuid, encode(sha256(n::bytea), 'hex')) - 'expires_at' - 'invitation_id',
  jsonb_build_object('email', 'new@example.com', 'role', 'viewer', 'account_name', a.name, 'inviter', u.email),
  format('the %s of the other one says who invites whom', n))
from invited, team t join public.accounts a on a.id = t.id, auth.users u, unnest('{first try,second try}'::text[]) n
where u.id = pg_temp.person('admin');
select is(pg_temp.state_of('newcomer', format('public.accept_invitation(%L)', n)), 'done', format('the token of its %s opens it', n))
from unnest('{first try,second try}'::text[]) n;
select is(pg_temp.state_of('newcomer', format('public.accept_invitation(%L)', first ->> 'token')), 'PT404',
  'the token of an earlier invitation no longer opens it') from invited;
select is(pg_temp.state_of('outsider', format('public.accept_invitation(%L)', second ->> 'token')), 'PT404',
  'a token opens nothing for another address') from invited;
select is(pg_temp.state_of('key admin', format('public.accept_invitation(%L)', second ->> 'token')), 'PT403',
  'a key accepts no invitation') from invited;
select is(pg_temp.act('newcomer', format('select public.accept_invitation(%L)', second ->> 'token')) ->> 'role', 'viewer',
  'the invited user becomes a member in the role that was offered') from invited;
select is(pg_temp.state_of('newcomer', format('public.accept_invitation(%L)', second ->> 'token')), 'PT404',
  'an invitation is accepted once') from invited;
select is(private.open_invitation((second ->> 'invitation_id')::uuid, encode(sha256('late mail'), 'hex')), null,
  'an accepted invitation is not e-mailed') from invited;
update private.invitation_days set invitations = 49 where sender_id = pg_temp.person('admin');
select is(pg_temp.act('admin', format('select public.invite_member(%L, ''fifty@example.com'')', id)) ->> 'email', 'fifty@example.com',
  'somebody may invite fifty addresses a day') from team;
select is(pg_temp.state_of('admin', format('public.invite_member(%L, ''more@example.com'')', id)), 'PT429', 'and no more') from team;
update private.invitation_days set day = day - 1 where sender_id = pg_temp.person('admin');
select is(pg_temp.state_of('admin', format('public.invite_member(%L, ''more@example.com'')', id)), 'done', 'until the next day') from team;
select is(pg_temp.state_of('admin', format('public.invite_member(%L, ''new@example.com'')', id)), 'PT409',
  'a member is not invited again') from team;
insert into public.invitations (account_id, email, role, created_at, expires_at)
select id, 'outsider@example.com', 'viewer', now() - interval '8 days', now() - interval '1 day' from team;
insert into private.invitation_tokens select sha256('late'), id from public.invitations where email = 'outsider@example.com';
select is(pg_temp.state_of('outsider', 'public.accept_invitation(''late'')'), 'PT404', 'an invitation ends after a week');
create temp table calls (call text, needs text);
insert into calls
select format(x.call, t.id, (select id from auth.users where email = 'New@example.com'), i.id, md5('run')::uuid), x.needs
from team t join public.invitations i on i.account_id = t.id and i.email = 'outsider@example.com'
cross join (values
  ('public.invite_member(%1$L, ''x@example.com'', ''admin'')', 'admin'),
  ('public.invite_member(%1$L, ''x@example.com'', ''owner'')', 'owner'),
  ('public.revoke_invitation(%3$L)', 'admin'),
  ('public.set_member_role(%1$L, %2$L, ''admin'')', 'admin'),
  ('public.set_member_role(%1$L, %2$L, ''owner'')', 'owner'),
  ('public.remove_member(%1$L, %2$L)', 'admin'),
  ('public.create_account_key(%1$L, ''ci'', ''{run}'')', 'admin'),
  ('public.revoke_account_key(%4$L)', 'admin'),
  ('public.set_account_budgets(%1$L, 1, 1)', 'admin'),
  ('public.rotate_share_token(%1$L)', 'admin'),
  ('public.revoke_share_token(%1$L)', 'admin'),
  ('public.set_sharing(%1$L, null, true)', 'admin'),
  ('public.rotate_owner_link(%1$L)', 'admin'),
  ('public.delete_account(%1$L)', 'owner')
) as x (call, needs);
select is_empty(format($$
  select c.call, pg_temp.state_of(%1$L, c.call) from calls c
  where pg_temp.state_of(%1$L, c.call) <> case when %2$L >= c.needs::public.account_role then 'done' else 'PT403' end
$$, a.name, a.role), format('%s: calls answer by the role', a.name))
from (values ('viewer', 'viewer'), ('member', 'member'), ('admin', 'admin'), ('owner', 'owner'), ('key read', 'viewer'),
  ('key run', 'member'), ('key admin', 'admin')) as a (name, role);
select is_empty(format($$
  select c.call, pg_temp.state_of(%1$L, c.call) from calls c where pg_temp.state_of(%1$L, c.call) <> 'PT404'
$$, n), format('%s: no call finds the team', n))
from unnest('{outsider,key track,key expired,key revoked,key unknown,key of another account,nobody,
  user with the claims of a key}'::text[]) n;
select is(pg_temp.state_of('owner', format('public.remove_member(%L, pg_temp.person(''owner''))', id)), 'PT409',
  'the last owner cannot leave') from team;
select is(pg_temp.state_of('owner', format('public.set_member_role(%L, pg_temp.person(''owner''), ''admin'')', id)), 'PT409',
  'nor become less') from team;
select is(pg_temp.state_of('viewer', format('public.remove_member(%L, pg_temp.person(''viewer''))', id)), 'done',
  'everybody else may leave') from team;
select is(pg_temp.state_of('viewer', $$public.invite_member(pg_temp.person('viewer'), 'x@example.com')$$), 'PT409',
  'a personal account has one member');
select is(pg_temp.state_of('viewer', $$public.delete_account(pg_temp.person('viewer'))$$), 'PT409',
  'and ends with its user only');

-- Keys
create temp table made as
select pg_temp.act('admin', format('select public.create_account_key(%L, ''ci'', ''{run,read}'')', id)) as key from team;
select matches(key ->> 'key', '^mp_[0-9a-f]{64}$', 'a key is shown when it is created') from made;
select is_empty($$select k from public.account_keys k, made m where k::text ~ (m.key ->> 'key')$$, 'and is not stored');
create function pg_temp.use(p_limit integer) returns jsonb language sql as $$
  select private.use_account_key(encode(sha256((m.key ->> 'key')::bytea), 'hex'), p_limit) from made m
$$;
grant select on made to service_role;
select is(pg_temp.use(2) - 'key_id', '{"account_id": "7ea70000-0000-4000-8000-000000000000", "scopes": ["run", "read"], "role": "member"}',
  'a key opens its account');
select isnt((select k.last_used_at from public.account_keys k, made m where k.id = (m.key ->> 'key_id')::uuid), null,
  'its use is noted');
select is(pg_temp.use(2) ->> 'role', 'member', 'it may be used as often as the limit says');
select ok((pg_temp.use(2) ->> 'retry_after_seconds')::integer between 1 and 60, 'and then has to wait for the next minute');
update private.key_minutes set minute = minute - interval '1 minute';
select is(pg_temp.use(1) ->> 'role', 'member', 'in which it counts from the start');
select is(private.use_account_key(encode(sha256('unknown'), 'hex'), 9), null, 'an unknown key opens nothing');
select is(private.use_account_key(encode(sha256(n::bytea), 'hex'), 9), null, format('nor does a key that is %s', n))
from unnest('{expired,revoked}'::text[]) n;
select is(pg_temp.state_of('owner', format('public.create_account_key(%L, ''ci'', ''{everything}'')', id)), '23514',
  'there are no other scopes') from team;
select pg_temp.act('owner', format('select to_jsonb(public.set_member_role(%L, pg_temp.person(''admin''), ''member''))', id)) from team;
select is(pg_temp.use(9), null, 'the keys of somebody who is no longer an admin are revoked');
select pg_temp.act('owner', format('select to_jsonb(public.set_member_role(%L, pg_temp.person(''admin''), ''admin''))', id)) from team;
update made set key = pg_temp.act('admin', format('select public.create_account_key(%L, ''ci'', ''{run}'')', (select id from team)));
select pg_temp.act('owner', format('select public.set_member_role(%L, pg_temp.person(''admin''), ''member'', true)', id)) from team;
select is(pg_temp.use(9) ->> 'role', 'member', 'unless an owner keeps them');
update public.account_keys set created_by = pg_temp.person('admin') where id = md5('admin')::uuid;
update made set key = pg_temp.act('key admin', format('select public.create_account_key(%L, ''ci'', ''{run}'')', (select id from team)));
select is(k.created_by, pg_temp.person('admin'), 'who created a key answers for those that it creates')
from public.account_keys k, made m where k.id = (m.key ->> 'key_id')::uuid;
update public.account_keys set created_by = null where id = md5('admin')::uuid;

-- Money
select results_eq($$
  select part, usd from public.report_account_spend where account_id = '7ea70000-0000-4000-8000-000000000000' order by 1
$$, $$values ('benchmark', 1::numeric), ('chat', 1), ('prompts', 1), ('reviews', 12)$$, 'an account sees what each part cost');
update public.account_budgets set reviews_usd_per_day = 0.25;
select is(private.watch_budget('7ea70000-0000-4000-8000-000000000000'), 0.25, 'an account lowers its ceiling of reviews');
select is(private.watch_budget(pg_temp.person('owner')), 1::numeric, 'for itself');

-- The log
select results_eq($$
  select distinct action from public.audit_log where account_id = '7ea70000-0000-4000-8000-000000000000' order by 1
$$, array['invitation.accepted', 'invitation.created', 'key.created', 'key.revoked', 'member.role_changed'],
  'changes of people and keys are logged, and undone ones are not');
select pg_temp.act('owner', 'delete from public.chat_conversations returning null::jsonb');
select results_eq($$select user_id, subject, details from public.audit_log where action = 'chat_conversations.deleted'$$,
  $$select pg_temp.person('owner'), id::text, '{}'::jsonb from team$$, 'deletions are logged with who did them');
select pg_temp.act('key admin', format('select public.set_account_budgets(%L, 1, null)', id)) from team;
select results_eq($$select key_id, user_id, details from public.audit_log where action = 'budgets.changed'$$,
  $$values (md5('admin')::uuid, null::uuid, '{"prompts_usd_per_month": 1, "reviews_usd_per_day": null}'::jsonb)$$,
  'budgets are logged with the key');

-- The end
select pg_temp.act('owner', format('select to_jsonb(public.remove_member(%L, pg_temp.person(''member'')))', id)) from team;
select is((
  select count(*) from relations r where pg_temp.try(a, format(
    'select * from (select %s from public.%I) x where x::text ~ ''7ea7''', r.columns, r.name)) > 0
), 0::bigint, 'a removed member sees nothing from then on') from actors a where a.name = 'member';
delete from auth.users where id = pg_temp.person('owner');
select results_eq($$select count(*) from public.reports where owner_id = '7ea70000-0000-4000-8000-000000000000'$$,
  array[1::bigint], 'a team keeps its rows when a user is deleted');
select is_empty($$select from public.accounts where id = pg_temp.person('owner')$$, 'the personal account goes with its user');
insert into public.memberships select id, pg_temp.person('outsider'), 'owner'::public.account_role from team;
select pg_temp.act('outsider', format('select to_jsonb(public.delete_account(%L))', id)) from team;
create function pg_temp.list_rest() returns setof text language plpgsql as $$
declare
  v_name text;
begin
  for v_name in select name from relations where kind = 'r' loop
    execute format('select %1$L from public.%1$I x where x::text ~ ''7ea7'' limit 1', v_name) into v_name;
    if v_name is not null then
      return next v_name;
    end if;
  end loop;
end;
$$;
select is_empty('select pg_temp.list_rest()', 'deleting a team deletes all of its rows');

select * from finish();
rollback;
