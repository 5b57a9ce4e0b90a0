-- A visitor with a token sees its report and nothing else. A visitor without a token, or with a wrong,
-- replaced, revoked or expired one, sees nothing.
begin;
select plan(30);

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');

create function pg_temp.make_report(p_id uuid, p_owner uuid, p_token text) returns void language sql as $$
  alter table public.reports disable trigger reports_check_status;
  insert into public.reports (id, owner_id, status, config_hash, estimated_api_cost, model_count, share_token, paid_at)
  values (p_id, p_owner, 'complete', p_id::text, 0, 1, p_token, now());
  alter table public.reports enable trigger reports_check_status;
  insert into public.report_orders (report_id, owner_id, config_snapshot) values (p_id, p_owner,
    '{"prompt": "secret prompt", "json_schema": {}, "priorities": ["accuracy", "cost", "speed"],
      "images": [{"path": "x.png", "expected": {"total": 1}}], "models": [{"id": "m/1", "name": "M"}]}');
  insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost)
  values (p_id, p_owner, 'm/1', 0, 0, 0);
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
select results_eq('select id::text from public.reports', array['00000000-0000-4000-8000-0000000000e1'], 'the token opens its report');
select results_eq('select report_id::text from public.benchmark_runs', array['00000000-0000-4000-8000-0000000000e1'], 'the token opens the runs of its report');
select throws_ok('select * from public.report_orders', '42501', null, 'a visitor cannot read orders');
select throws_ok('update public.reports set rationale = null', '42501', null, 'a visitor cannot change a report');
select is(public.get_shared_report(repeat('a', 64)) #>> '{report,id}', '00000000-0000-4000-8000-0000000000e1', 'get_shared_report() opens the report of the token');
select is(public.get_shared_report(repeat('a', 64)) ->> 'order', null, 'the link does not show the prompt and the expected JSON by default');
select ok(public.get_shared_report(repeat('a', 64))::text !~ 'secret prompt|ada@example.com|share_token|expected"', 'the link shows no e-mail address and no token');

-- A signed-in visitor
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000b', repeat('a', 64));
set local role authenticated;
select results_eq('select count(*) from public.reports', array[2::bigint], 'a signed-in visitor sees the shared report and their own');
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
  return not exists (select from public.reports) and not exists (select from public.benchmark_runs)
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

reset role;
select * from finish();
rollback;
