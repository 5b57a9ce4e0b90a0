create function private.revoke_prefetched(p_worker uuid) returns jsonb
-- Without planner settings: those of the calling function hold here, too.
language plpgsql stable set search_path = ''
as $$
begin
  return (
    with busy as materialized (
      select q.group_id, count(*) filter (where not q.is_prefetched) as calls,
        jsonb_agg(q.id) filter (where q.is_prefetched and q.lease_owner = p_worker) as prefetched
      from private.job_queue q where q.lease_owner is not null and q.group_id is not null group by q.group_id
    )
    select coalesce(jsonb_agg(s.id), '[]')
    from busy b join private.job_groups g on g.id = b.group_id
    cross join jsonb_array_elements(b.prefetched) as s (id)
    where g.waiting = 0 or exists (
      select from private.job_groups o
      where o.waiting > 0 and o.id <> g.id
        and (o.priority, coalesce((select x.calls from busy x where x.group_id = o.id), 0)) < (g.priority, b.calls)
        and private.is_callable(o.id)
    )
  );
end;
$$;
comment on function private.revoke_prefetched(uuid) is
  'Ids of jobs that this worker has prefetched and that are of no more use there: nothing waits behind them, or another group waits that a claim would give the place to. The caller holds lock_queue().';
grant execute on function private.revoke_prefetched to service_role;
