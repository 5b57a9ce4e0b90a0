create function private.pick_jobs(p_kinds text[], p_want integer, p_prefer uuid) returns tid[]
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_locations tid[];
  v_asked integer;
  v_examined constant integer := 100;
begin
  -- As many groups as jobs are wanted mostly have them; the others are asked only where jobs are still short.
  foreach v_asked in array array[p_want, v_examined] loop
    v_locations := array(
      with in_flight as materialized (
        select * from private.calls_in_flight
      ),
      turn_takers as materialized (
        select t.*, least(p_want, t.max_in_flight - t.busy, t.affordable) as room
        from (
          select g.*, b.busy
          from private.waiting_groups g
          cross join lateral (
            select coalesce(sum(i.calls), 0)::integer as busy from in_flight i where i.group_id = g.id
          ) b
          where b.busy < g.max_in_flight and g.kind = any (p_kinds)
          order by g.priority, g.served_at
          limit v_examined
        ) t
        order by t.priority, t.busy, (t.id = p_prefer) desc, t.served_at
        limit v_asked + 1
      ),
      -- The heads of each lane, as many as lane, group and worker have room for: the cost of a claim
      -- follows the number of lanes looked at and not the backlog behind them.
      candidates as (
        select c.location, c.id, c.provider_room, g.id as group_id, g.priority, g.busy + c.place as turn, g.served_at,
          row_number() over (partition by c.provider order by g.priority, g.busy + c.place, g.served_at, c.id)
            as provider_turn
        from turn_takers g
        cross join lateral (
          select head.location, head.id, l.provider, p.room as provider_room, head.reservation_usd,
            row_number() over (order by head.priority, head.id) as place
          from private.job_lanes l
          cross join lateral (
            select least(
              least(coalesce(
                (select x.max_in_flight from private.provider_limits x where x.provider = l.provider),
                (select s.max_in_flight_per_provider from private.queue_settings s)
              ), (select x.max_in_flight from private.paced_providers x where x.provider = l.provider))
              - coalesce((select sum(i.calls) from in_flight i where i.provider = l.provider), 0),
              (select x.room from private.circuit_rooms x where x.provider = l.provider and x.lane = '')
            ) as room
            offset 0
          ) p
          cross join lateral (
            select h.location, h.id, h.priority, h.reservation_usd
            from (
              select * from private.waiting_jobs q
              where q.group_id = l.group_id and q.lane = l.lane
              order by q.run_at, q.id
              limit greatest(least(g.room, p.room, g.max_in_flight_per_lane - coalesce((
                select i.calls from in_flight i where i.group_id = l.group_id and i.lane = l.lane
              ), 0), (select x.room from private.circuit_rooms x where x.provider = l.provider and x.lane = l.lane)), 0)
            ) h
            where h.run_at <= now()
          ) head
          where l.group_id = g.id and l.kind = any (p_kinds)
          order by head.priority, head.id
          limit g.room
        ) c
        where g.committed_usd + c.reservation_usd <= g.hard_ceiling_usd
          -- Where groups are left unasked, no turn is taken before one that these have a right to.
          and g.busy + c.place <= coalesce((
            select max(x.busy) + 1 from turn_takers x having count(*) > v_asked and min(x.priority) = max(x.priority)
          ), 2147483647)
      )
      -- A group's n-th call in flight competes with the n-th of the others: max-min fairness.
      select c.location from candidates c
      where c.provider_turn <= c.provider_room
      order by c.priority, c.turn, (c.group_id = p_prefer) desc, c.served_at, c.id
      limit p_want
    );
    exit when cardinality(v_locations) = p_want
      or not exists (select from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds) offset v_asked);
    -- Groups that cannot be served now (delayed, provider full) must not hide the ones behind them.
    if v_asked = v_examined then
      update private.job_groups g set served_at = clock_timestamp()
      where g.id = any (array(
        select x.id from private.job_groups x where x.waiting > 0 and x.kind = any (p_kinds)
        order by x.priority, x.served_at limit v_examined
      ));
    end if;
  end loop;
  return v_locations;
end;
$$;
comment on function private.pick_jobs(text[], integer, uuid) is
  'Where the jobs lie that are next among all groups, up to p_want, within the caps per lane, group and provider and the cost ceilings. p_prefer: the group that wins a tie. The caller holds lock_queue().';
grant execute on function private.pick_jobs to service_role;
