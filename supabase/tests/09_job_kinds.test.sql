-- Kinds of jobs: how to add one stands at the head of the migration create_job_queue.
begin;
select plan(5);

select is_empty($$
  select k.kind, k.follow_up from private.job_kinds k
  where k.follow_up is not null and to_regprocedure(format('private.%I(text, jsonb)', k.follow_up)) is null
$$, 'each kind''s follow_up is a function of schema private that takes an event and jobs');
select is_empty($$
  select k.kind, k.follow_up from private.job_kinds k
  where k.follow_up is not null
    and not has_function_privilege('service_role',
      to_regprocedure(format('private.%I(text, jsonb)', k.follow_up))::oid, 'execute')
$$, 'workers may call each kind''s follow_up');

select is_empty($$
  select k.kind, k.advanced_by from private.job_kinds k
  left join pg_proc p on p.pronamespace = 'public'::regnamespace and p.proname = k.advanced_by
  where p.oid is null or not has_function_privilege('service_role', p.oid, 'execute')
    or has_function_privilege('authenticated', p.oid, 'execute')
$$, 'workers alone may call the function that records and leases each kind''s jobs');

-- Events of jobs reach the function of their kind, whatever the kind.
insert into private.job_kinds (kind, function_name, follow_up) values
  ('pgtap_plain', 'pgtap-worker', null), ('pgtap_followed', 'pgtap-worker', 'follow_pgtap');
create temporary table followed (event text, jobs jsonb) on commit drop;
create function private.follow_pgtap(p_event text, p_jobs jsonb) returns void language sql as $$
  insert into pg_temp.followed values (p_event, p_jobs)
$$;
select private.follow_jobs('dead', '[{"kind": "pgtap_plain"}, {"kind": "pgtap_followed", "reason": "lost"}]');
select results_eq('select event, jobs from followed',
  $$values ('dead', '[{"kind": "pgtap_followed", "reason": "lost"}]'::jsonb)$$,
  'jobs of a kind are told to the function of that kind, and to no other');
select lives_ok($$select private.follow_jobs('dead', null)$$, 'without jobs nobody is told');

select * from finish();
rollback;
