-- Rescoring: who may start it, which requests are refused, and when a new revision is shown.
begin;
select plan(60);

select has_table('public', 'report_revisions', 'revisions have a table');
select has_table('public', 'benchmark_run_scores', 'earlier scores have a table');
select fk_ok('public', 'report_revisions', 'report_id', 'public', 'reports', 'id');
select fk_ok('public', 'benchmark_run_scores', 'report_id', 'public', 'reports', 'id');
select fk_ok('private', 'rescored_runs', 'report_id', 'public', 'reports', 'id');
select col_default_is('public', 'reports', 'revision', 1, 'the first scoring of a report is revision 1');
select results_eq($$select function_name, follow_up from private.job_kinds where kind = 'report_rescoring'$$,
  $$values ('rescore-worker', 'follow_rescorings')$$, 'rescoring runs in a function of its own, apart from paid calls');

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
create function pg_temp.make_report(p_id uuid, p_owner uuid, p_token text, p_status text, p_summary jsonb)
returns void language sql as $$
  alter table public.reports disable trigger reports_check_status;
  insert into public.reports (id, owner_id, status, config_hash, estimated_api_cost, model_count, share_token, paid_at,
    completed_at, recommended_model, rationale, summary)
  values (p_id, p_owner, p_status, p_id::text, 0, 1, p_token, now(), now(), 'm/1', 'M 1 is best.', p_summary);
  alter table public.reports enable trigger reports_check_status;
  insert into public.report_orders (report_id, owner_id, config_snapshot) values (p_id, p_owner,
    '{"prompt": "p", "json_schema": {"type": "object", "properties": {"total": {"type": "number"}}},
      "priorities": ["accuracy", "cost", "speed"], "images": [{"path": "x.png", "expected": {"total": 1}}],
      "models": [{"id": "m/1", "name": "M"}]}');
  insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost, status,
    raw_output, output_json, is_valid_json, exact_match, field_accuracy, field_errors, score, error_kind, error_message)
  values
    (p_id, p_owner, 'm/1', 0, 0, 0, 'complete', '{"total": 1}', '{"total": 1}', true, true, 100, '[]', '{"anls": 100}', null, null),
    (p_id, p_owner, 'm/1', 0, 1, 0, 'complete', 'Total: 1', 'null', false, false, 0, '[{"fieldPath": "total", "expected": 1}]',
      '{"anls": 0}', 'no_json', 'The answer is no JSON.'),
    (p_id, p_owner, 'm/1', 0, 2, 0, 'failed', null, null, null, null, null, null, null, 'outage', 'down');
$$;
select pg_temp.make_report('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a', repeat('a', 64),
  'complete', '{"models": []}');
select pg_temp.make_report('00000000-0000-4000-8000-0000000000e2', '00000000-0000-4000-8000-00000000000b', repeat('b', 64),
  'complete', '{"models": []}');
select pg_temp.make_report('00000000-0000-4000-8000-0000000000e3', '00000000-0000-4000-8000-00000000000a', repeat('c', 64),
  'running', null);
select pg_temp.make_report('00000000-0000-4000-8000-0000000000e4', '00000000-0000-4000-8000-00000000000a', repeat('d', 64),
  'refunded', '{"models": []}');
create function pg_temp.sign_in(p_user text) returns void language sql as $$
  select set_config('request.jwt.claims', json_build_object('role', 'authenticated', 'sub', p_user)::text, true)
$$;
create function pg_temp.schema_with(p_rule jsonb) returns json language sql as $$
  select json_build_object('type', 'object', 'properties', json_build_object('total',
    json_build_object('type', 'number', 'x-compare', p_rule)))
$$;
grant execute on function pg_temp.schema_with(jsonb) to authenticated, service_role;

-- The owner
select pg_temp.sign_in('00000000-0000-4000-8000-00000000000a');
set local role authenticated;
select throws_ok($$select public.rescore_report('00000000-0000-4000-8000-0000000000e2')$$, 'PT404',
  'there is no such finished report', 'a user cannot rescore the report of another user');
select throws_ok($$select public.rescore_report(gen_random_uuid())$$, 'PT404',
  'there is no such finished report', 'an unknown report is refused in the same way');
select throws_ok($$select public.rescore_report('00000000-0000-4000-8000-0000000000e3')$$, 'PT404',
  null, 'a running report cannot be rescored');
select throws_ok($$select public.rescore_report('00000000-0000-4000-8000-0000000000e4')$$, 'PT404',
  null, 'a refunded report cannot be rescored');
select throws_ok($$select public.rescore_report('00000000-0000-4000-8000-0000000000e1', '{"type": "object"}')$$, 'PT422',
  null, 'a schema that differs in more than its rules is refused');
select throws_ok($$select public.rescore_report('00000000-0000-4000-8000-0000000000e1', '[]')$$, 'PT422', null,
  'a value that is no schema is refused');
select is(public.rescore_report('00000000-0000-4000-8000-0000000000e1') - 'scorer_version',
  '{"report_id": "00000000-0000-4000-8000-0000000000e1", "revision": 1, "status": "complete", "is_new": false}',
  'with the same scorer and rules, the shown revision is returned');
select is(public.rescore_report('00000000-0000-4000-8000-0000000000e1',
  '{"type": "object", "properties": {"total": {"type": "number"}}}') ->> 'revision', '1', 'with the ordered schema, the shown revision is returned');
select is(public.rescore_report('00000000-0000-4000-8000-0000000000e1', pg_temp.schema_with('{"ignore": true}'))
  - 'scorer_version',
  '{"report_id": "00000000-0000-4000-8000-0000000000e1", "revision": 2, "status": "scoring", "is_new": true}',
  'other rules begin a new revision');
select is(public.rescore_report('00000000-0000-4000-8000-0000000000e1', pg_temp.schema_with('{"ignore": true}'))
  ->> 'is_new', 'false', 'once');
select throws_ok($$
  select public.rescore_report('00000000-0000-4000-8000-0000000000e1', pg_temp.schema_with('{"type": "number"}'))
$$, 'PT409', null, 'a second set of rules is refused while a revision is being scored');
select results_eq('select revision, status from public.report_revisions order by revision',
  $$values (1, 'complete'), (2, 'scoring')$$, 'the owner sees both revisions');
select throws_ok($$update public.report_revisions set status = 'complete'$$, '42501', null, 'the owner cannot write revisions');
select throws_ok($$insert into public.benchmark_run_scores values
  (gen_random_uuid(), gen_random_uuid(), 1, '00000000-0000-4000-8000-00000000000a', '{}')$$, '42501', null, 'the owner cannot write earlier scores');
select throws_ok($$select private.open_revision('00000000-0000-4000-8000-0000000000e2')$$, '42501', null,
  'customers cannot call the private functions');
select throws_ok($$select public.rescore_reports()$$, '42501', null, 'customers cannot rescore all reports');
select throws_ok($$select public.apply_rescoring('00000000-0000-4000-8000-0000000000e1', 2, null, null, '{}')$$, '42501',
  null, 'customers cannot show a revision');
select throws_ok($$select public.fail_rescoring('00000000-0000-4000-8000-0000000000e1', 2, 'x')$$, '42501', null,
  'customers cannot fail a revision');
select throws_ok($$select public.load_rescoring('00000000-0000-4000-8000-0000000000e1', 2, 1, 1)$$, '42501', null,
  'customers cannot load answers to score');

-- Another customer, and a visitor with the link
reset role;
select pg_temp.sign_in('00000000-0000-4000-8000-00000000000b');
set local role authenticated;
select is_empty('select * from public.report_revisions', 'another customer sees no revision');
reset role;
select set_config('request.jwt.claims', '{"role": "anon"}', true);
select set_config('request.headers', json_build_object('x-share-token', repeat('a', 64))::text, true);
set local role anon;
select throws_ok('select * from public.report_revisions', '42501', null, 'a visitor cannot read the table of revisions');
select throws_ok('select * from public.benchmark_run_scores', '42501', null, 'a visitor cannot read earlier scores');
select throws_ok($$select public.rescore_report('00000000-0000-4000-8000-0000000000e1')$$, '42501', null,
  'a visitor cannot rescore a report');
select is(public.get_shared_report(repeat('a', 64)) -> 'revisions' ->> 1, null, 'a visitor does not see that a report is being rescored');
reset role;

-- The worker
select results_eq($$select kind, group_id, payload from private.job_queue$$,
  $$values ('report_rescoring', null::uuid,
    '{"report_id": "00000000-0000-4000-8000-0000000000e1", "revision": 2}'::jsonb)$$, 'a revision has one job without a budget');
create temporary table job on commit drop as
  select (j.value ->> 'job_id')::bigint as id, (j.value ->> 'attempt')::integer as attempt,
    '00000000-0000-4000-8000-0000000000f1'::uuid as worker
  from jsonb_array_elements(public.advance_jobs('00000000-0000-4000-8000-0000000000f1', array['report_rescoring'], '[]', 5)
    -> 'jobs') as j;
create function pg_temp.answers(p_runs integer, p_characters integer) returns bigint language sql as $$
  select json_array_length(public.load_rescoring('00000000-0000-4000-8000-0000000000e1', 2, p_runs, p_characters) -> 'runs')
$$;
select is(pg_temp.answers(10, 1000), 2::bigint, 'the worker loads answers, and no run without one');
select is(pg_temp.answers(1, 1000), 1::bigint, 'the worker loads at most the given number of answers');
select is(pg_temp.answers(10, 5), 1::bigint, 'the worker loads at most the given number of characters, but at least one answer');
create temporary table scored on commit drop as
  select jsonb_agg(jsonb_build_object('run_id', r.id, 'scores', private.run_scores(r) || case r.repeat_index when 1 then
    '{"output_json": {"total": 1}, "is_valid_json": true, "field_accuracy": 50, "field_errors": [], "error_kind": null,
      "error_message": null}'::jsonb else '{}' end) order by r.repeat_index) as scores
  from public.benchmark_runs r where r.report_id = '00000000-0000-4000-8000-0000000000e1' and r.status = 'complete';
select is(public.advance_rescoring('00000000-0000-4000-8000-0000000000f2', job.id, job.attempt, scored.scores), false,
  'a worker without the lease stores nothing') from job, scored;
select ok(public.advance_rescoring(job.worker, job.id, job.attempt, scored.scores), 'its holder does') from job, scored;
select is(public.advance_rescoring(job.worker, job.id, job.attempt, scored.scores), false, 'once') from job, scored;
select results_eq($$select count(*) from private.rescored_runs$$, array[1::bigint], 'unchanged scores are not stored');
select is(pg_temp.answers(10, 1000), 0::bigint, 'no answer is left to score after the last one');
select results_eq($$select count(*) from private.job_queue where kind = 'report_rescoring' and lease_owner is null$$,
  array[1::bigint], 'one job is left to conclude the revision');
select is(public.get_shared_report(repeat('a', 64)) ->> 'revision', '1', 'the first revision is shown until the new one is complete');
select results_eq($$select accuracy from public.report_model_summaries
  where report_id = '00000000-0000-4000-8000-0000000000e1'$$, array[50::double precision], 'the figures are those of the first revision until then');
select is(jsonb_path_query_array(public.load_rescored('00000000-0000-4000-8000-0000000000e1')::jsonb,
  '$.runs[*].field_accuracy'), '[100, 50, null]', 'the summary is made from the new scores');
select ok(public.apply_rescoring('00000000-0000-4000-8000-0000000000e1', 2, 'm/2', 'M 2 is best.', '{"models": [2]}'),
  'a complete revision is shown');
select is(public.apply_rescoring('00000000-0000-4000-8000-0000000000e1', 2, 'm/3', 'M 3 is best.', '{"models": [3]}'), false,
  'a revision is applied only once');
select is((select jsonb_build_object('revision', v -> 'revision', 'chosen', v #> '{report,recommended_model}', 'accuracy',
    jsonb_path_query_array(v, '$.runs[*].field_accuracy'), 'revisions', jsonb_path_query_array(v, '$.revisions[*].revision'))
  from (select public.get_shared_report(repeat('a', 64))::jsonb as v) x),
  '{"revision": 2, "chosen": "m/2", "accuracy": [100, 50, null], "revisions": [1, 2]}', 'every visitor sees the new revision');
select results_eq($$select accuracy from public.report_model_summaries
  where report_id = '00000000-0000-4000-8000-0000000000e1'$$, array[75::double precision], 'the views have the figures of the new revision');
select is((select jsonb_build_object('revision', v -> 'revision', 'chosen', v #> '{report,recommended_model}', 'accuracy',
    jsonb_path_query_array(v, '$.runs[*].field_accuracy'), 'kinds', jsonb_path_query_array(v, '$.runs[*].error_kind'))
  from (select (public.view_report(repeat('a', 64), null, null, true, 1) -> 'view')::jsonb as v) x),
  '{"revision": 1, "chosen": "m/1", "accuracy": [100, 0, null], "kinds": [null, "no_json", "outage"]}',
  'the first revision stays readable and unchanged');
select is(public.view_report(repeat('a', 64), null, null, true, 3)::text, null, 'an unknown revision is null');

-- Failed revisions, and rescoring of all reports
create function pg_temp.operate() returns jsonb language sql as $$
  select public.rescore_report('00000000-0000-4000-8000-0000000000e1', pg_temp.schema_with('{"type": "number", "tolerance": 1}'))
$$;
grant execute on function pg_temp.operate() to service_role;
set local role service_role;
select is(pg_temp.operate() ->> 'revision', '3', 'an operator can rescore every report');
reset role;
select private.follow_rescorings('dead',
  '[{"payload": {"report_id": "00000000-0000-4000-8000-0000000000e1", "revision": 3}, "reason": "lost"}]');
select results_eq($$select status, error from public.report_revisions where revision = 3$$, $$values ('failed', 'lost')$$,
  'a revision whose job is given up has failed');
select is(public.get_shared_report(repeat('a', 64)) ->> 'revision', '2', 'a report with a failed revision shows the one before');
update public.reports set scorer_version = 0 where id in ('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-0000000000e2');
set local role service_role;
select is(public.rescore_reports(1), 1, 'reports of an older scorer are rescored, up to the limit at once');
reset role;
select is(public.rescore_reports(1), 0, 'no further report is rescored while the limit is reached');
select results_eq($$select count(*) from public.report_revisions where status = 'scoring'$$, array[1::bigint], 'one');
insert into public.report_revisions (report_id, revision, owner_id, status, scorer_version, summary)
select r.id, n, r.owner_id, 'complete', 0, '{}' from public.reports r cross join generate_series(2, 50) n
where r.id = '00000000-0000-4000-8000-0000000000e2' on conflict do nothing;
update public.report_revisions set status = 'failed', error = 'x' where status = 'scoring';
create function pg_temp.rescore_bobs(p_schema json) returns text language sql as $$
  select public.rescore_report('00000000-0000-4000-8000-0000000000e2', p_schema) ->> 'status'
$$;
select throws_ok($$select pg_temp.rescore_bobs(pg_temp.schema_with('{"ignore": true}'))$$, 'PT422', null,
  'a report has at most 50 revisions by other rules');
select is(pg_temp.rescore_bobs(null), 'scoring', 'a newer scorer can still add a revision');
delete from public.reports;
select is_empty('select * from public.report_revisions', 'deleting a report deletes its revisions');
select is_empty('select * from public.benchmark_run_scores', 'deleting a report deletes its earlier scores');

select * from finish();
rollback;
