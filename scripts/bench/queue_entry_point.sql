-- A job kind for the benchmark, with a table for its results and an entry point like
-- advance_benchmark_runs, the entry point of benchmark runs: the same lock, settling, limits and leasing.
create schema bench;
grant usage on schema bench to service_role;
insert into private.job_kinds (kind, function_name) values ('bench', 'bench');

create table bench.results (job_id bigint primary key, result jsonb not null);
grant select, insert on bench.results to service_role;

create function bench.advance_jobs(p_worker uuid, p_results jsonb, p_want integer) returns json
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_groups uuid[];
begin
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    with settled as materialized (
      select * from private.settle_jobs(p_worker, p_results)
    ),
    recorded as (
      insert into bench.results (job_id, result) select s.job_id, s.result -> 'result' from settled s
    )
    select array_agg(distinct s.group_id) filter (where s.is_group_due) into v_groups from settled s;
    if v_groups is not null then
      perform private.enforce_ceilings(v_groups);
      perform private.end_groups(v_groups);
    end if;
  end if;
  return (
    select coalesce(json_agg(json_build_object(
      'job_id', j.job_id, 'attempt', j.attempt, 'kind', j.kind, 'payload', j.payload
    )), '[]')
    from private.lease_jobs(p_worker, array['bench'], p_want) j
  );
end;
$$;
grant execute on function bench.advance_jobs(uuid, jsonb, integer) to service_role;
