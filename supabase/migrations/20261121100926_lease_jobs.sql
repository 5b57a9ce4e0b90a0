create function private.lease_seconds(p_worker uuid) returns integer
language sql stable set search_path = '' as $$
  select coalesce((select w.lease_seconds from private.worker_leases w where w.id = p_worker), s.lease_seconds)
  from private.queue_settings s
$$;
comment on function private.lease_seconds(uuid) is
  'Returns how long a job stays with a worker that does not renew: what it was told when it registered.';
grant execute on function private.lease_seconds to service_role;

create function private.lease_jobs(
  p_worker uuid, p_kinds text[], p_want integer, p_prefer uuid default null, p_prefetch boolean default false
) returns table (
  job_id bigint, attempt integer, kind text, group_id uuid, payload jsonb, crashes integer,
  tries integer, max_tries integer, max_costly_tries integer, is_probe boolean
)
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_wanted constant integer := p_want;
  v_locations tid[];
  v_groups uuid[];
  v_heads tid[];
  v_is_tight boolean;
  v_is_troubled boolean not null default false;
begin
  if p_prefetch then
    v_locations := private.pick_prefetched(p_worker, p_kinds);
  elsif p_want > 0 then
    -- Jobs without a group (finalisations, e-mails) are few, short and free: they come first.
    select
      array(
        select q.location from private.waiting_jobs q
        where q.kind = any (p_kinds) and q.group_id is null and q.run_at <= now()
        order by q.priority, q.run_at, q.id
        limit p_want
      ),
      array(select g.id from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds) limit 2),
      exists (select from private.provider_circuits)
    into v_locations, v_groups, v_is_troubled;
    p_want := p_want - cardinality(v_locations);
    if p_want > 0 and cardinality(v_groups) = 1 and not v_is_troubled then
      -- Who waits alone has its turn always, which is most of what a claim has to find out.
      -- run_at is looked at behind the limit, here as elsewhere: a scan compares all entries of the page it
      -- begins on with the whole of its condition, which was half of the time that the lanes' heads took.
      with in_flight as materialized (
        select * from private.calls_in_flight
      )
      select array_agg(c.location), bool_or(c.provider_room < p_want) into v_heads, v_is_tight
      from private.waiting_groups g
      cross join lateral (
        select head.location, head.reservation_usd, p.provider_room
        from private.job_lanes l
        cross join lateral (
          select least(coalesce(
              (select x.max_in_flight from private.provider_limits x where x.provider = l.provider),
              (select s.max_in_flight_per_provider from private.queue_settings s)
            ), (select x.max_in_flight from private.paced_providers x where x.provider = l.provider))
            - coalesce((select sum(i.calls) from in_flight i where i.provider = l.provider), 0) as provider_room
          offset 0
        ) p
        cross join lateral (
          select h.location, h.id, h.priority, h.reservation_usd
          from (
            select * from private.waiting_jobs q
            where q.group_id = l.group_id and q.lane = l.lane
            order by q.run_at, q.id
            limit greatest(least(p_want, p.provider_room, g.max_in_flight_per_lane - coalesce((
              select i.calls from in_flight i where i.group_id = l.group_id and i.lane = l.lane
            ), 0)), 0)
          ) h
          where h.run_at <= now()
        ) head
        where l.group_id = g.id and l.kind = any (p_kinds)
        order by head.priority, head.id
        limit greatest(least(p_want, g.affordable, g.max_in_flight - coalesce((
          select sum(i.calls) from in_flight i where i.group_id = g.id
        ), 0)), 0)
      ) c
      where g.id = v_groups[1] and g.committed_usd + c.reservation_usd <= g.hard_ceiling_usd;
      -- Lanes of one provider may together have more heads than it has room for.
      if v_is_tight then
        v_heads := private.pick_jobs(p_kinds, p_want, p_prefer);
      end if;
      v_locations := v_locations || v_heads;
    elsif p_want > 0 and cardinality(v_groups) > 0 then
      v_locations := v_locations || private.pick_jobs(p_kinds, p_want, p_prefer);
    end if;
  end if;
  -- Lanes of several groups were looked at one by one: of what is tried one call at a time one is kept.
  if v_is_troubled and cardinality(v_locations) > 1 then
    v_locations := array(
      select s.location from (
        select x.location, x.place, q.provider, q.lane,
          row_number() over (partition by q.provider, q.lane order by x.place) as turn
        from unnest(v_locations) with ordinality as x (location, place)
        join private.job_queue q on q.ctid = x.location
      ) s
      where s.turn = 1 or not exists (
        select from private.provider_circuits c where c.provider = s.provider and c.lane = s.lane
      )
      order by s.place
    );
  end if;
  if cardinality(v_locations) < v_wanted and private.reap_leases() > 0 then
    -- What dead workers held is free again.
    return query select * from private.lease_jobs(p_worker, p_kinds, v_wanted, p_prefer);
  elsif cardinality(v_locations) > 0 then
    return query
      -- By their places in the table, which stay theirs while they are locked: no index is asked again.
      with leased as (
        update private.job_queue j
        set lease_owner = p_worker, is_prefetched = p_prefetch, attempts = j.attempts + 1,
          is_probe = v_is_troubled and private.is_failing(j.provider, j.lane),
          lease_expires_at = now() + make_interval(secs => private.lease_seconds(p_worker))
        where j.ctid = any (array(
          -- Only workers wait for the queue's lock; whoever else holds a row must not stop them.
          select q.ctid from private.job_queue q
          where q.ctid = any (v_locations) and q.lease_owner is null and q.dead_at is null
          for update skip locked
        ))
        returning j.id, j.attempts, j.releases, j.kind, j.group_id, j.payload, j.crashes, j.reservation_usd,
          j.is_probe
      ),
      served as (
        update private.job_groups g
        set waiting = g.waiting - l.jobs, reserved_usd = g.reserved_usd + l.usd, served_at = clock_timestamp()
        from (
          select x.group_id, count(*)::integer as jobs, sum(x.reservation_usd) as usd from leased x group by x.group_id
        ) l
        where g.id = any (array(select x.group_id from leased x)) and g.id = l.group_id
      )
      select l.id, l.attempts::integer, l.kind, l.group_id, l.payload, l.crashes::integer, l.attempts - l.releases,
        k.max_attempts, k.max_costly_attempts, l.is_probe
      from leased l cross join lateral (
        select x.max_attempts, x.max_costly_attempts from private.job_kinds x where x.kind = l.kind offset 0
      ) k;
  end if;
end;
$$;
comment on function private.lease_jobs(uuid, text[], integer, uuid, boolean) is
  'Leases up to p_want jobs to a worker within the caps per lane, group and provider and the cost ceilings, reserving each one''s upper bound in the same statement. p_prefer: the group that wins a tie. With p_prefetch it leases, instead, a prefetched job for each call that the worker has in flight, of the same lane, reserving its cost: the worker starts it the moment that call ends and says so with the result, so that no place stays empty for the length of a round trip. tries: which try of the job this is, from 1, without those that do not count; it is given up after max_tries, or after max_costly_tries that were the model''s own doing. is_probe: the provider or model is failing, and is asked for its list of models before the call. The caller holds lock_queue().';
grant execute on function private.lease_jobs to service_role;
