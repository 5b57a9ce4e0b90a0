-- A kind of job for the benchmark, with a table for its results and a door of its own, as
-- advance_benchmark_runs is the door of benchmark runs: the same lock, settling, ceilings and leasing.
create schema bench;
grant usage on schema bench to service_role;
insert into private.job_kinds (kind, function_name) values ('bench', 'bench');

create table bench.results (job_id bigint primary key, result jsonb not null);
grant select, insert on bench.results to service_role;

create function bench.advance_jobs(p_worker uuid, p_results jsonb, p_want integer) returns jsonb
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_groups uuid[];
begin
  perform private.lock_queue();
  perform private.reap_leases();
  if jsonb_array_length(p_results) > 0 then
    with settled as materialized (
      select * from private.settle_jobs(p_worker, p_results)
    ),
    recorded as (
      insert into bench.results (job_id, result) select s.job_id, s.result -> 'result' from settled s
    )
    select array_agg(distinct s.group_id) into v_groups from settled s;
    if exists (
      select from private.job_groups g
      where g.id = any (v_groups)
        and (g.open_jobs = 0 or g.spent_usd + g.written_off_usd + g.dearest_job_usd > g.hard_ceiling_usd
          or g.spent_usd + g.written_off_usd >= g.soft_ceiling_usd)
    ) then
      perform private.enforce_ceilings(v_groups);
      perform private.end_groups(v_groups);
    end if;
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'job_id', j.id, 'attempt', j.attempts, 'kind', j.kind, 'payload', j.payload
    )), '[]')
    from private.lease_jobs(p_worker, array['bench'], p_want) j
  );
end;
$$;
grant execute on function bench.advance_jobs(uuid, jsonb, integer) to service_role;
