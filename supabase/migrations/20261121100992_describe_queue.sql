create function private.describe_queue(p_kinds text[], p_is_short boolean) returns jsonb
-- Without planner settings: those of the calling function hold here, too.
language plpgsql stable set search_path = ''
as $$
declare
  v_waiting bigint := (
      select coalesce(sum(g.waiting), 0) from (
        select x.waiting from private.job_groups x where x.waiting > 0 and x.kind = any (p_kinds) limit 100
      ) g
    )
    + (select count(*) from private.job_queue q
       where q.kind = any (p_kinds) and q.group_id is null and q.lease_owner is null and q.dead_at is null);
begin
  return jsonb_build_object(
    'waiting', v_waiting,
    'in_flight', (select count(*) from private.job_queue q where q.lease_owner is not null and not q.is_prefetched),
    'next_run_at_ms', case when v_waiting > 0 and p_is_short then private.ms_until_due(p_kinds) end
  );
end;
$$;
comment on function private.describe_queue(text[], boolean) is
  'What a worker of these kinds is told of the queue: {waiting: jobs that nobody has claimed, of the first 100 groups; in_flight: leased jobs of all kinds without prefetched ones; next_run_at_ms: if p_is_short, because the worker got fewer jobs than it wanted, the milliseconds until the next is due}.';

create function private.rejected_results(p_results jsonb, p_accepted bigint[], p_started bigint[] default null)
returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  if coalesce(cardinality(p_accepted), 0) = jsonb_array_length(p_results)
    and coalesce(cardinality(p_started), 0) = jsonb_array_length(jsonb_path_query_array(p_results, '$[*].next_job'))
  then
    return '[]';
  end if;
  return (
    select coalesce(jsonb_agg(x.job_id), '[]') from (
      select r.job_id from jsonb_to_recordset(p_results) as r (job_id bigint)
      where r.job_id <> all (coalesce(p_accepted, '{}'))
      union
      select n.job_id from jsonb_path_query(p_results, '$[*].next_job') as j (value)
      cross join lateral (select (j.value ->> 'job_id')::bigint) as n (job_id)
      where n.job_id <> all (coalesce(p_started, '{}'))
    ) x
  );
end;
$$;
comment on function private.rejected_results(jsonb, bigint[], bigint[]) is
  'Ids of the jobs whose results, or starts, do not count, because their lease had passed to another worker. p_accepted: those of settle_jobs; p_started: those of start_prefetched.';
grant execute on function private.describe_queue, private.rejected_results to service_role;
