-- Structure and rights of issues and the detector's tables.
begin;
select plan(39);

select columns_are('public', 'issues', array[
  'id', 'owner_id', 'issue_code', 'suite', 'title', 'description', 'category', 'priority', 'status', 'trend',
  'root_cause', 'resolution', 'affected_tools', 'detection_key', 'first_detected_run_id', 'last_detected_run_id',
  'resolved_run_id', 'first_detected_at', 'last_detected_at', 'occurrence_count', 'run_count', 'pruned_occurrences',
  'pruned_runs', 'created_at', 'updated_at', 'resolved_at'
]);
select columns_are('public', 'issue_occurrences', array[
  'id', 'issue_id', 'run_id', 'test_result_id', 'owner_id', 'severity', 'notes', 'created_at'
]);
select columns_are('public', 'issue_status_changes', array[
  'id', 'issue_id', 'owner_id', 'old_status', 'new_status', 'trend', 'run_id', 'effective_at', 'is_settled',
  'changed_by', 'created_at'
]);
select col_is_unique('public', 'issues', array['owner_id', 'issue_code'], 'an issue code is unique per owner');
select col_is_unique('public', 'issues', array['owner_id', 'suite', 'detection_key'], 'a suite has one issue per cause');
select col_is_unique('public', 'issue_occurrences', array['issue_id', 'run_id', 'test_result_id'], 'an occurrence is recorded once');
select fk_ok('public', 'issue_occurrences', 'issue_id', 'public', 'issues', 'id');
select fk_ok('public', 'issue_occurrences', 'run_id', 'public', 'test_runs', 'id');
select fk_ok('public', 'issue_occurrences', 'test_result_id', 'public', 'test_results', 'id');
select fk_ok('public', 'issues', 'resolved_run_id', 'public', 'test_runs', 'id');
select is((select count(*) from private.tracking_settings), 1::bigint, 'there is one row of settings');
select throws_ok('insert into private.tracking_settings default values', '23505', null, 'a second row of settings is refused');
select results_eq(
  'select keep_runs, clean_runs, outage_share from private.tracking_settings', 'values (100, 5, 0.8)',
  'by default 100 runs are kept, 5 clean runs resolve an issue, and 80 % failures are an outage'
);
select is((select count(*) from cron.job where jobname = 'prune-test-runs' and active), 1::bigint, 'a cron job prunes runs');
select cmp_ok((select count(*) from public.known_failures where owner_id is null), '>=', 12::bigint, 'common failures are predefined');
select is_empty($$
  select p.oid::regprocedure from pg_proc p
  where p.pronamespace = 'private'::regnamespace
    and p.proname in ('detect_issues', 'settle_issues', 'fold_issues', 'prune_suite', 'prune_test_runs', 'make_occurrences')
    and (p.prosecdef or has_function_privilege('authenticated', p.oid, 'execute'))
$$, 'the detector runs with its caller''s rights, and users cannot call it');

-- What each common pattern finds
select results_eq($$
  select (select k.name from public.known_failures k where k.owner_id is null and m.said ~* k.pattern order by k.id limit 1)
  from (values
    (1, 'connect ECONNREFUSED 127.0.0.1:5432'), (2, 'Error: connect ECONNREFUSED 127.0.0.1:8080'),
    (3, 'getaddrinfo ENOTFOUND api.example'), (4, 'read ECONNRESET'), (5, 'self-signed certificate in certificate chain'),
    (6, 'status: 429'), (7, 'You exceeded your current quota'), (8, 'HTTP 503'), (9, 'JavaScript heap out of memory'),
    (10, 'write ENOSPC'), (11, 'deadlock detected'), (12, 'HTTP 401 Unauthorized'),
    (13, 'new row violates row-level security policy'), (14, 'Unexpected end of JSON input'),
    (15, 'Cannot find module ''x'''), (16, 'Timed out after 30000 ms'), (17, 'expected 429 rows, got 401'),
    (18, 'TimeoutError: page.click'), (19, 'AssertionError: 503 is not 502')
  ) m (place, said) order by m.place
$$, $$ values ('database-down'), ('connection-refused'), ('name-resolution'), ('connection-lost'), ('certificate'),
  ('rate-limit'), ('quota'), ('overloaded'), ('out-of-memory'), ('disk-full'), ('deadlock'), ('unauthorized'),
  ('forbidden'), ('json-parse'), ('missing-module'), ('timeout'), (null), ('timeout'), (null)
$$, 'each common failure matches its typical message, and numbers alone match none');

-- Two owners
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-0000000000a1', 'ada@example.com'), ('00000000-0000-4000-8000-0000000000b1', 'bob@example.com');
set local role service_role;
create temporary table stored on commit drop as
select u.id::uuid as owner, (public.begin_test_run(u.id::uuid,
  '{"suite": "web", "run_timestamp": "2026-11-01T00:00:00Z"}', 'first') ->> 'run_id')::bigint as run
from (values ('00000000-0000-4000-8000-0000000000a1'), ('00000000-0000-4000-8000-0000000000b1')) u (id);
select public.add_report_results(owner, run, '{"ordinal": [1], "tool_name": ["b"], "class_name": [""], "duration_secs": [null]}',
  '[{"ordinal": 0, "tool_name": "a", "status": "FAIL", "error_message": "wrong page"}]')
from stored;
select public.close_test_report(owner, run, '{}', '[]') from stored;
reset role;
select is((select count(*) from public.issues where issue_code = 'A-MEDIUM-001'), 2::bigint, 'each owner''s codes are numbered from 001');

set local role authenticated;
set local request.jwt.claims to '{"sub": "00000000-0000-4000-8000-0000000000a1", "role": "authenticated"}';
select is((select count(*) from public.issues), 1::bigint, 'an owner reads only their issues');
select is((select count(*) from public.issue_occurrences), 1::bigint, 'an owner reads the occurrences of their issues');
select is((select count(*) from public.issue_status_changes), 1::bigint, 'an owner reads the status history of their issues');
select lives_ok($$update public.issues set status = 'IN_PROGRESS', resolution = 'on it'$$, 'an owner changes status and resolution of an issue');
select is((select count(*) from public.issue_status_changes where changed_by = 'owner' and old_status = 'OPEN'
  and new_status = 'IN_PROGRESS'), 1::bigint, 'a status change by the owner is in the history');
select throws_ok($$update public.issues set occurrence_count = 0$$, '42501', null, 'an owner cannot change the counts of an issue');
select throws_ok($$update public.issues set trend = 'resolved'$$, '42501', null, 'an owner cannot change the trend of an issue');
select throws_ok($$insert into public.issue_status_changes (issue_id, owner_id, new_status, changed_by)
  select id, owner_id, 'OPEN', 'owner' from public.issues$$, '42501', null, 'an owner cannot write the history');
select throws_ok($$select private.prune_test_runs()$$, '42501', null, 'a user cannot prune runs');
select throws_ok($$select public.read_test_history('00000000-0000-4000-8000-0000000000b1', 'web', 'main')$$, '42501', null,
  'a user cannot read another owner''s test history');
select lives_ok($$insert into public.known_failures (name, pattern, category, priority, title)
  values ('wrong page', 'wrong\s+page', 'production', 'HIGH', 'Wrong page')$$, 'an owner adds a known failure');
select throws_ok($$insert into public.known_failures (name, pattern, category, priority, title)
  values ('bad', '(', 'production', 'HIGH', 'Bad')$$, '2201B', null, 'a pattern that is no regular expression is refused');
select is((select count(*) from public.known_failures where owner_id is not null), 1::bigint, 'an owner reads their known failure');
update public.known_failures set title = 'mine now' where owner_id is null;
select is((select count(*) from public.known_failures where title = 'mine now'), 0::bigint, 'no user can change a common known failure');

set local request.jwt.claims to '{"sub": "00000000-0000-4000-8000-0000000000b1", "role": "authenticated"}';
update public.issues set status = 'WONT_FIX' where owner_id <> '00000000-0000-4000-8000-0000000000b1';
select is((select count(*) from public.issues where status = 'OPEN'), 1::bigint, 'another owner can neither see nor change the issue');
select is((select count(*) from public.known_failures where owner_id is not null), 0::bigint, 'another owner does not see the known failure');

reset role;
grant test_reporter to postgres with set true;
set local role test_reporter;
select is((select count(*) from public.issues), 2::bigint, 'the reporting role reads every owner''s issues');
select throws_ok($$update public.issues set status = 'RESOLVED'$$, '42501', null, 'the reporting role cannot change an issue');
select lives_ok($$select * from public.compare_test_runs(1, 2)$$, 'the reporting role compares runs');
select lives_ok($$select * from public.summarize_test_run_comparison(1, 2)$$, 'the reporting role summarises a comparison');
select throws_ok($$select * from private.judged_runs$$, '42501', null, 'the reporting role cannot read private tables');

reset role;
select * from finish();
rollback;
