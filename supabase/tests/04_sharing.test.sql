-- A visitor with a token sees its report and nothing else. A visitor without a token, or with a wrong,
-- replaced, revoked or expired one, sees nothing.
begin;
select plan(54);

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');

create function pg_temp.make_report(p_id uuid, p_owner uuid, p_token text) returns void language sql as $$
  alter table public.reports disable trigger reports_check_status;
  insert into public.benchmark_drafts (id, owner_id) values ('00000000-0000-4000-8000-0000000000d1', p_owner)
  on conflict do nothing;
  insert into public.reports (id, owner_id, draft_id, status, config_hash, estimated_api_cost, model_count, share_token,
    paid_at, summary)
  values (p_id, p_owner, '00000000-0000-4000-8000-0000000000d1', 'complete', 'secret hash', 0, 1, p_token, now(),
    '{"fieldErrors": [{"fieldPath": "total", "expected": "secret 1", "actual": "secret 2", "occurrences": 1}],
      "errorPatterns": [{"fieldPath": "total", "commonExpected": "secret 1", "commonActual": "secret 2"}]}');
  alter table public.reports enable trigger reports_check_status;
  insert into public.report_orders (report_id, owner_id, config_snapshot) values (p_id, p_owner,
    '{"prompt": "secret prompt", "json_schema": {}, "priorities": ["accuracy", "cost", "speed"],
      "images": [{"path": "x.png", "expected": {"total": "secret 1"}}], "models": [{"id": "m/1", "name": "M"}]}');
  insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost, status,
    output_json, raw_output, field_errors, error_message)
  values (p_id, p_owner, 'm/1', 0, 0, 0, 'complete', '{"total": "secret 2"}', 'secret 2',
    '[{"fieldPath": "total", "expected": "secret 1", "actual": "secret 2"}, {"fieldPath": "note", "expected": "secret 1"}]',
    'secret 2');
$$;
select pg_temp.make_report('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a', repeat('a', 64));
select pg_temp.make_report('00000000-0000-4000-8000-0000000000e2', '00000000-0000-4000-8000-00000000000b', repeat('b', 64));

create function pg_temp.visit(p_role text, p_user text, p_token text) returns void language plpgsql as $$
begin
  perform set_config('request.jwt.claims', json_build_object('role', p_role, 'sub', p_user)::text, true);
  perform set_config('request.headers', case when p_token is null then '' else
    json_build_object('x-share-token', p_token)::text end, true);
end;
$$;

-- A visitor with the token
select pg_temp.visit('anon', null, repeat('a', 64));
set local role anon;
create function pg_temp.is_kept(p_seen text) returns boolean language sql as $$
  select p_seen !~ 'secret|00000000-0000-4000-8000-00000000000a|00000000-0000-4000-8000-0000000000d1|@example.com|aaaaaaaa|hash'
$$;
select results_eq('select id::text from public.reports', array['00000000-0000-4000-8000-0000000000e1'], 'the token opens its report');
select results_eq('select report_id::text from public.benchmark_runs', array['00000000-0000-4000-8000-0000000000e1'], 'the token opens the runs of its report');
select throws_ok('select * from public.report_orders', '42501', null, 'a visitor cannot read orders');
select throws_ok('update public.reports set rationale = null', '42501', null, 'a visitor cannot change a report');
select is(public.get_shared_report(repeat('a', 64)) #>> '{report,id}', '00000000-0000-4000-8000-0000000000e1', 'get_shared_report() opens the report of the token');
select is(public.get_shared_report(repeat('a', 64)) ->> 'order', null, 'the link does not show the prompt and the expected JSON by default');
select ok(pg_temp.is_kept(public.get_shared_report(repeat('a', 64))::text),
  'the link shows no expected or given value, no account, draft, hash, e-mail address or token');
select is(public.get_shared_report(repeat('a', 64)) #>> '{runs,0,field_errors}',
  '[{"actual": null, "expected": null, "fieldPath": "total"}, {"expected": null, "fieldPath": "note"}]',
  'the link shows which fields are wrong and which are missing');
select throws_ok(format('select %I from public.%I', a.attname, a.attrelid::regclass), '42501', null,
  format('a visitor cannot read %s of %s', a.attname, a.attrelid::regclass))
from pg_attribute a join (values
  ('public.reports'::regclass, '{owner_id,ordered_by,draft_id,config_hash,share_token,share_token_hash,summary}'::text[]),
  ('public.benchmark_runs', '{owner_id,output_json,raw_output,field_errors,error_message}')
) t (relation, columns) on a.attrelid = t.relation and a.attname = any (t.columns);

-- A signed-in visitor
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000b', repeat('a', 64));
set local role authenticated;
select results_eq('select count(*) from public.reports', array[1::bigint], 'a signed-in visitor sees only their own reports');
select is(public.get_shared_report(repeat('a', 64)) #>> '{report,id}', '00000000-0000-4000-8000-0000000000e1', 'and opens the shared one by its token');
select results_eq('select count(*) from public.report_orders', array[1::bigint], 'a signed-in visitor sees only their own order');

-- Wrong tokens
reset role;
create temporary table wrong (token text) on commit drop;
insert into wrong values (null), (''), ('a'), (repeat('c', 64)), (repeat('A', 64)), (repeat('a', 63)), (repeat('a', 65)),
  ('%'), (''' or true --'), (repeat('a', 64) || chr(10));
grant select on wrong to anon;
create function pg_temp.sees_nothing(p_token text) returns boolean language plpgsql as $$
begin
  perform pg_temp.visit('anon', null, p_token);
  return not exists (select id from public.reports) and not exists (select id from public.benchmark_runs)
    and public.get_shared_report(p_token) is null;
end;
$$;
grant execute on function pg_temp.sees_nothing(text), pg_temp.visit(text, text, text) to anon;
set local role anon;
select ok(pg_temp.sees_nothing(token), format('%L opens nothing', token)) from wrong;

-- The owner manages the link
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000a', null);
set local role authenticated;
select throws_ok($$select public.rotate_share_token('00000000-0000-4000-8000-0000000000e2')$$, 'PT404', null, 'a user cannot rotate the link of another user');
select throws_ok($$update public.reports set share_token = null$$, '42501', null, 'an owner cannot write a token directly');
select isnt(public.rotate_share_token('00000000-0000-4000-8000-0000000000e1') ->> 'share_token', repeat('a', 64), 'an owner can rotate the link of a report');
reset role;
set local role anon;
select ok(pg_temp.sees_nothing(repeat('a', 64)), 'the replaced token opens nothing');
reset role;
create temporary table link on commit drop as select share_token from public.reports where id = '00000000-0000-4000-8000-0000000000e1';
grant select on link to anon;
set local role anon;
select isnt((select public.get_shared_report(share_token) ->> 'report' from link), null, 'the new token opens the report');
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000a', null);
set local role authenticated;
select lives_ok($$select public.set_sharing('00000000-0000-4000-8000-0000000000e1', null, true)$$, 'an owner can share the order');
reset role;
set local role anon;
select is((select public.get_shared_report(share_token) #>> '{order,prompt}' from link), 'secret prompt', 'the link shows a shared order');
select is((select public.get_shared_report(share_token) #>> '{runs,0,output_json,total}' from link), 'secret 2', 'and what was read');
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000a', null);
set local role authenticated;
select lives_ok($$select public.set_sharing('00000000-0000-4000-8000-0000000000e1', now() - interval '1 second', false)$$, 'an owner can set when the link expires');
reset role;
set local role anon;
select ok((select pg_temp.sees_nothing(share_token) from link), 'an expired token opens nothing');
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000a', null);
set local role authenticated;
select is(public.revoke_share_token('00000000-0000-4000-8000-0000000000e1') -> 'share_token', 'null'::jsonb, 'an owner can revoke the link');
select results_eq('select count(*) from public.reports', array[1::bigint], 'an owner still sees a report without a link');

-- The owner's link
create temporary table owned on commit drop as
select public.rotate_owner_link('00000000-0000-4000-8000-0000000000e1') ->> 'owner_token' as token;
grant select on owned to service_role, anon;
select throws_ok($$select public.rotate_owner_link('00000000-0000-4000-8000-0000000000e2')$$, 'PT404', null, 'a user cannot replace the owner''s link of another user');
select throws_ok('select public.open_owner_link(token) from owned', '42501', null, 'only the function report asks what an owner''s link opens');
reset role;
set local role anon;
select ok((select pg_temp.sees_nothing(token) from owned), 'an owner''s token is no share token');
reset role;
set local role service_role;
select is((select public.open_owner_link(token) from owned),
  '{"report_id": "00000000-0000-4000-8000-0000000000e1", "owner_id": "00000000-0000-4000-8000-00000000000a"}', 'an owner''s token opens its report');
select is((select private.owner_token('00000000-0000-4000-8000-0000000000e1')), (select token from owned), 'the e-mail gets the same token');
select is((select public.change_sharing_by_link(token, 'rotate', null, null) ->> 'shares_order' from owned), 'false', 'it makes a new link to share');
select is((select count(*) from private.owner_links l, owned where l::text ~ owned.token), 0::bigint, 'no row holds the token');
reset role;
select private.make_owner_link('00000000-0000-4000-8000-0000000000e1');
set local role service_role;
select is((select public.open_owner_link(token) from owned), null, 'a replaced owner''s token opens nothing');
select is((select public.change_sharing_by_link(token, 'revoke', null, null) from owned), null, 'and changes nothing');

reset role;
select * from finish();
rollback;
