create function private.pick_prefetched(p_worker uuid, p_kinds text[]) returns tid[]
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  -- What waits without a group is to get the next place that becomes free.
  if exists (select from private.waiting_jobs q where q.kind = any (p_kinds) and q.group_id is null
    and q.run_at <= now()) then
    return '{}';
  end if;
  return array(
    with in_flight as materialized (
      select q.group_id, q.lane, q.provider, (count(*) filter (where not q.is_prefetched))::integer as calls,
        -- Our calls without a prefetched job behind them.
        coalesce(sum(case when q.is_prefetched then -1 else 1 end) filter (where q.lease_owner = p_worker), 0) as lacks
      from private.job_queue q
      where q.lease_owner is not null and q.group_id is not null
      group by q.group_id, q.lane, q.provider
    ),
    busy as materialized (
      select i.group_id, sum(i.calls)::integer as calls, max(i.lacks) as lacks from in_flight i group by i.group_id
    ),
    -- A place may pass on only where a claim would give it to the same group: while no other group
    -- waits that has fewer calls in flight. Near a group's end each place goes where most is left.
    groups as materialized (
      select g.* from busy b join private.waiting_groups g on g.id = b.group_id
      where b.lacks > 0 and g.waiting > g.max_in_flight
        and not exists (
          select from private.job_groups o
          where o.waiting > 0 and o.id <> g.id
            and (o.priority, coalesce((select x.calls from busy x where x.group_id = o.id), 0)) < (g.priority, b.calls)
            and private.is_callable(o.id)
        )
    ),
    heads as materialized (
      select g.*, l.provider, head.location, head.id as job_id, head.reservation_usd, head.place <= i.lacks as is_ours,
        coalesce(i.calls, 0) < g.max_in_flight_per_lane as has_room,
        2 * count(*) filter (where head.place = 1) over (partition by g.id) as lead
      from groups g
      join private.job_lanes l on l.group_id = g.id and l.kind = any (p_kinds)
        -- What is tried one call at a time is asked for.
        and not exists (
          select from private.provider_circuits c where c.provider = l.provider and c.lane in ('', l.lane)
        )
      left join in_flight i on i.group_id = l.group_id and i.lane = l.lane
      cross join lateral (
        select x.*, row_number() over () as place from (
          select q.location, q.id, q.reservation_usd, q.run_at from private.waiting_jobs q
          where q.group_id = l.group_id and q.lane = l.lane
          order by q.run_at, q.id
          limit greatest(i.lacks, 1)
        ) x
        where x.run_at <= now()
      ) head
    ),
    -- A lane that is two jobs ahead of one that could take its place lets it go, so that lanes end together.
    level as (
      select h.*, h.committed_usd + sum(h.reservation_usd) over (partition by h.id order by h.job_id) as committed_after
      from heads h
      where h.is_ours and not exists (
        select from heads o
        where o.id = h.id and o.has_room and o.provider = h.provider and o.job_id + h.lead < h.job_id
      )
    )
    select a.location from level a
    where a.committed_after <= a.hard_ceiling_usd and a.committed_after - a.reservation_usd < a.soft_ceiling_usd
  );
end;
$$;
comment on function private.pick_prefetched(uuid, text[]) is
  'Where a job lies for each call of the worker that is in flight without a prefetched job behind it: the next ones of the same lanes, hence within the caps when started as those calls end. The caller holds lock_queue().';
grant execute on function private.pick_prefetched to service_role;
