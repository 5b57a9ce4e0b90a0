create function private.ms_until_due(p_kinds text[]) returns bigint
language sql stable set search_path = '' as $$
  select greatest(0, ceil(extract(epoch from min(run_at) - now()) * 1000))::bigint from (
    select min(q.run_at) as run_at from private.job_queue q
    where q.kind = any (p_kinds) and q.group_id is null and q.lease_owner is null and q.dead_at is null
    union all
    select min(greatest(head.run_at, l.callable_at)) from (
      select g.id from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds)
      order by g.priority, g.served_at limit 100
    ) g
    join private.callable_lanes l on l.group_id = g.id and l.kind = any (p_kinds)
    cross join lateral (
      select q.run_at from private.job_queue q
      where q.group_id = l.group_id and q.lane = l.lane and q.lease_owner is null and q.dead_at is null
      order by q.run_at, q.id
      limit 1
    ) head
  ) heads
$$;
comment on function private.ms_until_due(text[]) is
  'Milliseconds until a waiting job of these kinds is due and its provider takes calls; 0 where only the caps hold one back.';
grant execute on function private.ms_until_due to service_role;
