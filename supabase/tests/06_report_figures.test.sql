-- A report's figures follow its runs, whoever writes them, and have the same readers as the report.
begin;
select plan(21);

select triggers_are('public', 'benchmark_runs', array[
  'benchmark_runs_keep_inserted', 'benchmark_runs_keep_updated', 'benchmark_runs_keep_deleted']);
select col_is_pk('public', 'model_figures', array['report_id', 'model_id', 'served_other'],
  'a model has one row per report, and one more for runs that another model answered');
select col_is_pk('public', 'field_error_counts',
  array['report_id', 'model_id', 'served_other', 'path_hash', 'expected_hash', 'actual_hash', 'format_only'], 'each different mistake of a model has one row');

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
alter table public.reports disable trigger reports_check_status;
insert into public.reports (id, owner_id, status, config_hash, estimated_api_cost, model_count, share_token, paid_at)
values ('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a', 'running', 'hash', 0, 1, repeat('a', 64), now());
alter table public.reports enable trigger reports_check_status;

set local role service_role;
insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost)
select '00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-00000000000a', 'm/1', i, 0, 0 from generate_series(0, 4) i;
select is_empty('select * from public.model_figures', 'queued runs have no figures');
update public.benchmark_runs set status = case image_index when 4 then 'failed' else 'complete' end,
  field_accuracy = 50 + image_index, response_time_ms = 100 * (image_index + 1), actual_cost = 0.01,
  field_errors = case when image_index < 3 then
    jsonb_build_array(jsonb_build_object('fieldPath', 'total', 'expected', 1, 'actual', image_index % 2)) else '[]' end;
select results_eq($$
  select accuracy, median_latency, p95_latency::integer, runs_completed, runs_attempted from public.report_model_summaries
$$, $$values (51.5::float8, 250::float8, 400, 4, 5)$$, 'ended runs are in the figures at once');
select results_eq('select actual, occurrences, percentage::integer from public.report_field_errors order by actual', $$
  values ('0'::jsonb, 2, 50), ('1'::jsonb, 1, 25)
$$, 'the mistakes of ended runs are counted at once');
select results_eq('select common_actual, occurrences, percentage::integer from public.report_error_patterns', $$
  values ('0'::jsonb, 3, 75)
$$, 'error patterns follow from the counted mistakes');
update public.benchmark_runs set status = 'queued' where image_index = 0;
select results_eq('select runs_completed, p95_latency::integer from public.report_model_summaries', 'values (3, 400)',
  'a run that is reset leaves the figures');
select results_eq('select actual, occurrences from public.report_field_errors order by actual', $$
  values ('0'::jsonb, 1), ('1'::jsonb, 1)
$$, 'the mistakes of a reset run are not counted');

create function pg_temp.visit(p_role text, p_user text, p_token text) returns void language plpgsql as $$
begin
  perform set_config('request.jwt.claims', json_build_object('role', p_role, 'sub', p_user)::text, true);
  perform set_config('request.headers', json_build_object('x-share-token', p_token)::text, true);
end;
$$;
create function pg_temp.figures_seen() returns bigint[] language sql as $$
  select array[(select count(report_id) from public.model_figures), (select count(*) from public.report_model_summaries)]
$$;
create function pg_temp.rows_seen() returns bigint[] language sql as $$
  select array[(select count(*) from public.model_figures), (select count(*) from public.field_error_counts),
    (select count(*) from public.report_model_summaries), (select count(*) from public.report_field_errors),
    (select count(*) from public.report_error_patterns)]
$$;
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000a', null);
set local role authenticated;
select is(pg_temp.rows_seen(), array[1, 2, 1, 2, 1]::bigint[], 'the owner sees the figures');
select throws_ok('update public.model_figures set exact_matches = 9', '42501', null, 'the owner cannot change figures');
select throws_ok('delete from public.field_error_counts', '42501', null, 'the owner cannot delete mistakes');
reset role;
select pg_temp.visit('authenticated', '00000000-0000-4000-8000-00000000000b', null);
set local role authenticated;
select is(pg_temp.rows_seen(), array[0, 0, 0, 0, 0]::bigint[], 'another customer sees no figures');
reset role;
select pg_temp.visit('anon', null, repeat('a', 64));
set local role anon;
select is(pg_temp.figures_seen(), array[1, 1]::bigint[], 'a visitor with the token sees the figures');
select throws_ok('select count(*) from public.' || r, '42501', null, 'a visitor cannot read ' || r || ', which hold expected values')
from unnest('{field_error_counts,kept_error_patterns,report_field_errors,report_error_patterns}'::text[]) r;
reset role;
select pg_temp.visit('anon', null, repeat('b', 64));
set local role anon;
select is(pg_temp.figures_seen(), array[0, 0]::bigint[], 'a visitor with another token sees no figures');

reset role;
delete from public.reports;
select is_empty('select report_id from public.model_figures', 'deleting a report deletes its figures');
select is_empty('select report_id from public.field_error_counts', 'deleting a report deletes its mistakes');

select * from finish();
rollback;
