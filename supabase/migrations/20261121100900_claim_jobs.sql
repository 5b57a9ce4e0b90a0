create function private.lock_queue() returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('private.job_queue', 0));
end;
$$;
comment on function private.lock_queue() is
  'Serialises until commit whatever counts leases or moves a budget: that makes caps and ceilings exact over any number of workers, and gives all of them one lock order.';

-- The functions below name their planner settings, for a connection keeps its plans while the queue
-- goes from empty to a million rows: a plan made on the empty one read the whole queue for each batch
-- (12,000 jobs: 32 ms instead of 2.7 ms). Rows are looked up by any(array(…)) or a lateral offset 0 for
-- the same reason: a plain join was turned around, and 100 results then read 100 leases each (12.6 ms
-- instead of 7). What the time goes to is setting plans up: it grows with their nodes, so that statements
-- that are rarely needed stand apart, and the most frequent claim, by the group that waits alone, has a
-- plan of its own. Also tried: a ledger row written at the lease, tied to its group by a foreign key, and
-- updated at the end (a seventh of a call). Counters of calls in flight would save 10 µs of counting
-- and cost an update of each lane, twice.
create function private.enqueue_jobs(p_kind text, p_group uuid, p_lane_key text, p_lanes jsonb, p_payloads jsonb)
returns integer
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
as $$
declare
  v_count integer;
  v_lanes text[];
  v_providers text[];
  v_reservations numeric[];
begin
  insert into private.job_groups
    (id, kind, max_in_flight, max_in_flight_per_lane, soft_ceiling_usd, hard_ceiling_usd)
  select p_group, p_kind, s.max_in_flight_per_group, s.max_in_flight_per_lane, s.soft_ceiling_usd, s.hard_ceiling_usd
  from private.queue_settings s
  on conflict (id) do nothing;
  insert into private.job_lanes (group_id, lane, kind, provider)
  select p_group, l.key, p_kind, l.value ->> 'provider' from jsonb_each(p_lanes) l
  on conflict (group_id, lane) do nothing;
  select array_agg(l.key), array_agg(l.value ->> 'provider'), array_agg((l.value -> 'reservation_usd')::numeric)
  into v_lanes, v_providers, v_reservations from jsonb_each(p_lanes) l;
  -- Nothing but the insert: returning what was added took as long as one of its indexes, and what is the
  -- same for all of a lane's jobs longer to read from each than to look up. A join might lose the order.
  insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload)
  select p_kind, p_group, j.lane, v_providers[j.place], v_reservations[j.place], j.payload
  from (
    select x.payload, l.lane, array_position(v_lanes, l.lane) as place
    from jsonb_array_elements(p_payloads) as x (payload)
    cross join lateral (select x.payload ->> p_lane_key as lane offset 0) l
    offset 0
  ) j;
  get diagnostics v_count = row_count;
  -- Last, for a worker that is about to serve the group waits for this row.
  update private.job_groups g
  set waiting = g.waiting + v_count, open_jobs = g.open_jobs + v_count,
    dearest_job_usd = greatest(g.dearest_job_usd, (
      select max((l.value -> 'reservation_usd')::numeric) from jsonb_each(p_lanes) l
    ))
  where g.id = p_group;
  return v_count;
end;
$$;
comment on function private.enqueue_jobs(text, uuid, text, jsonb, jsonb) is
  'Adds a job of one kind for each payload to a group, which is made with the limits of queue_settings where it is new. p_lane_key: the payload''s key that names its lane; p_lanes: {lane: {provider, reservation_usd}}. Ids rise in the order given. Returns how many were added.';

create view private.calls_in_flight with (security_invoker = true) as
  select q.group_id, q.lane, q.provider, count(*)::integer as calls
  from private.job_queue q
  where q.lease_owner is not null and q.group_id is not null and not q.is_standby
  group by q.group_id, q.lane, q.provider;
comment on view private.calls_in_flight is 'What caps count: leased jobs by group, lane and provider, but for those on standby.';

create view private.waiting_groups with (security_invoker = true) as
  select g.id, g.kind, g.priority, g.served_at, g.waiting, g.max_in_flight, g.max_in_flight_per_lane,
    g.committed_usd, g.soft_ceiling_usd, g.hard_ceiling_usd,
    -- As if each job were the group's dearest; the first is looked at itself.
    least(ceil((g.soft_ceiling_usd - g.committed_usd) / g.dearest_usd), case when g.dearest_usd > 0 then
      greatest(1, floor((g.hard_ceiling_usd - g.committed_usd) / g.dearest_usd))
    end) as affordable
  from (
    select x.*, nullif(x.dearest_job_usd, 0) as dearest_usd,
      x.reserved_usd + x.spent_usd + x.written_off_usd as committed_usd
    from private.job_groups x
  ) g
  where g.waiting > 0 and g.committed_usd < g.soft_ceiling_usd;
comment on view private.waiting_groups is
  'Groups below their soft ceiling with jobs that wait. affordable: how many of these fit under the ceilings for certain, one at least where it may fit; null where they are free.';

create view private.waiting_jobs with (security_invoker = true) as
  select q.ctid as spot, q.id, q.kind, q.group_id, q.lane, q.priority, q.run_at, q.reservation_usd
  from private.job_queue q
  where q.lease_owner is null and q.dead_at is null;
comment on view private.waiting_jobs is
  'What may be leased from run_at on. spot: where the row lies in the table, for the statement that leases it.';

create view private.paced_providers with (security_invoker = true) as
  select p.provider, case when p.paused_until > now() then 0 else floor(p.concurrency) end as max_in_flight
  from private.provider_pace p
  where p.changed_at > now() - interval '5 minutes';
comment on view private.paced_providers is
  'Calls at once that providers take at the moment; one without a row takes as many as its fixed limit allows.';
grant select on private.calls_in_flight, private.waiting_groups, private.waiting_jobs,
  private.paced_providers to service_role;

create function private.is_callable(p_group uuid) returns boolean
language sql stable set search_path = '' as $$
  select not exists (select from private.provider_circuits) or exists (
    select from private.callable_lanes l
    cross join lateral (
      select from private.waiting_jobs q where q.group_id = l.group_id and q.lane = l.lane limit 1
    ) head
    where l.group_id = p_group and l.callable_at <= now()
  )
$$;
comment on function private.is_callable(uuid) is
  'Whether one of the group''s waiting jobs is for a provider that takes calls now. A group that only waits for others takes no turn.';

create function private.pick_jobs(p_kinds text[], p_want integer, p_prefer uuid) returns tid[]
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_spots tid[];
  v_asked integer;
  v_examined constant integer := 100;
begin
  -- As many groups as jobs are wanted mostly have them; the others are asked only where jobs are still short.
  foreach v_asked in array array[p_want, v_examined] loop
    v_spots := array(
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
        select c.spot, c.id, c.provider_room, g.id as group_id, g.priority, g.busy + c.place as turn, g.served_at,
          row_number() over (partition by c.provider order by g.priority, g.busy + c.place, g.served_at, c.id)
            as provider_turn
        from turn_takers g
        cross join lateral (
          select head.spot, head.id, l.provider, p.room as provider_room, head.reservation_usd,
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
            select h.spot, h.id, h.priority, h.reservation_usd
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
      select c.spot from candidates c
      where c.provider_turn <= c.provider_room
      order by c.priority, c.turn, (c.group_id = p_prefer) desc, c.served_at, c.id
      limit p_want
    );
    exit when cardinality(v_spots) = p_want
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
  return v_spots;
end;
$$;
comment on function private.pick_jobs(text[], integer, uuid) is
  'Where the jobs lie that are next among all groups, up to p_want, within the caps per lane, group and provider and the cost ceilings. p_prefer: the group that wins a tie. The caller holds lock_queue().';

create function private.pick_ahead(p_worker uuid, p_kinds text[]) returns tid[]
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
      select q.group_id, q.lane, q.provider, (count(*) filter (where not q.is_standby))::integer as calls,
        -- Our calls that none stands by for.
        coalesce(sum(case when q.is_standby then -1 else 1 end) filter (where q.lease_owner = p_worker), 0) as lacks
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
      select g.*, l.provider, head.spot, head.id as job_id, head.reservation_usd, head.place <= i.lacks as is_ours,
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
          select q.spot, q.id, q.reservation_usd, q.run_at from private.waiting_jobs q
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
    select a.spot from level a
    where a.committed_after <= a.hard_ceiling_usd and a.committed_after - a.reservation_usd < a.soft_ceiling_usd
  );
end;
$$;
comment on function private.pick_ahead(uuid, text[]) is
  'Where a job lies for each call that the worker has in flight and none stands by for: the next ones of the same lanes, hence within the caps when started as those calls end. The caller holds lock_queue().';

create function private.lease_jobs(
  p_worker uuid, p_kinds text[], p_want integer, p_prefer uuid default null, p_ahead boolean default false
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
  v_spots tid[];
  v_groups uuid[];
  v_heads tid[];
  v_is_tight boolean;
  v_is_troubled boolean not null default false;
begin
  if p_ahead then
    v_spots := private.pick_ahead(p_worker, p_kinds);
  elsif p_want > 0 then
    -- Jobs without a group (finalisations, e-mails) are few, short and free: they come first.
    select
      array(
        select q.spot from private.waiting_jobs q
        where q.kind = any (p_kinds) and q.group_id is null and q.run_at <= now()
        order by q.priority, q.run_at, q.id
        limit p_want
      ),
      array(select g.id from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds) limit 2),
      exists (select from private.provider_circuits)
    into v_spots, v_groups, v_is_troubled;
    p_want := p_want - cardinality(v_spots);
    if p_want > 0 and cardinality(v_groups) = 1 and not v_is_troubled then
      -- Who waits alone has its turn always, which is most of what a claim has to find out.
      -- run_at is looked at behind the limit, here as elsewhere: a scan compares all entries of the page it
      -- begins on with the whole of its condition, which was half of the time that the lanes' heads took.
      with in_flight as materialized (
        select * from private.calls_in_flight
      )
      select array_agg(c.spot), bool_or(c.provider_room < p_want) into v_heads, v_is_tight
      from private.waiting_groups g
      cross join lateral (
        select head.spot, head.reservation_usd, p.provider_room
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
          select h.spot, h.id, h.priority, h.reservation_usd
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
      v_spots := v_spots || v_heads;
    elsif p_want > 0 and cardinality(v_groups) > 0 then
      v_spots := v_spots || private.pick_jobs(p_kinds, p_want, p_prefer);
    end if;
  end if;
  -- Lanes of several groups were looked at one by one: of what is tried one call at a time one is kept.
  if v_is_troubled and cardinality(v_spots) > 1 then
    v_spots := array(
      select s.spot from (
        select x.spot, x.place, q.provider, q.lane,
          row_number() over (partition by q.provider, q.lane order by x.place) as turn
        from unnest(v_spots) with ordinality as x (spot, place)
        join private.job_queue q on q.ctid = x.spot
      ) s
      where s.turn = 1 or not exists (
        select from private.provider_circuits c where c.provider = s.provider and c.lane = s.lane
      )
      order by s.place
    );
  end if;
  if cardinality(v_spots) < v_wanted and private.reap_leases() > 0 then
    -- What dead workers held is free again.
    return query select * from private.lease_jobs(p_worker, p_kinds, v_wanted, p_prefer);
  elsif cardinality(v_spots) > 0 then
    return query
      -- By their places in the table, which stay theirs while they are locked: no index is asked again.
      with leased as (
        update private.job_queue j
        set lease_owner = p_worker, is_standby = p_ahead, attempts = j.attempts + 1,
          is_probe = v_is_troubled and private.is_failing(j.provider, j.lane),
          lease_expires_at = now() + make_interval(secs => (select s.lease_seconds from private.queue_settings s))
        where j.ctid = any (array(
          -- Only workers wait for the queue's lock; whoever else holds a row must not stop them.
          select q.ctid from private.job_queue q
          where q.ctid = any (v_spots) and q.lease_owner is null and q.dead_at is null
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
  'Leases up to p_want jobs to a worker within the caps per lane, group and provider and the cost ceilings, reserving each one''s upper bound in the same statement. p_prefer: the group that wins a tie. With p_ahead it leases, instead, a job as standby for each call that the worker has in flight, of the same lane, reserving its cost: the worker starts it the moment that call ends and says so with the result, so that no place stays empty for the length of a round trip. tries: which try of the job this is, from 1, without those that do not count; it is given up after max_tries, or after max_costly_tries that were the model''s own doing. is_probe: the provider or model is failing, and is asked for its list of models before the call. The caller holds lock_queue().';

create function private.start_standbys(p_worker uuid, p_results jsonb)
returns table (kind text, payload jsonb)
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  return query
    update private.job_queue q set is_standby = false
    from jsonb_array_elements(p_results) as r (value)
    where q.id = (r.value #>> '{next_job,job_id}')::bigint and q.lease_owner = p_worker and q.is_standby
      and q.attempts = (r.value #>> '{next_job,attempt}')::integer
    returning q.kind, q.payload;
end;
$$;
comment on function private.start_standbys(uuid, jsonb) is
  'Counts from now on the standby jobs that p_results name as next_job {job_id, attempt}: they run since the job whose result it is has ended. Returns what they stand for. The caller holds lock_queue() and settles p_results in the same transaction.';

create function private.max_attempts(p_kind text) returns integer
language sql stable set search_path = '' as $$
  select k.max_attempts from private.job_kinds k where k.kind = p_kind
$$;
comment on function private.max_attempts(text) is 'How often a job of this kind may be started.';

create function private.settle_jobs(p_worker uuid, p_results jsonb)
returns table (job_id bigint, kind text, group_id uuid, payload jsonb, ending text, result jsonb, is_group_due boolean)
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  if p_results @? '$[*] ? (exists (@.failure) || @.outcome == "fatal")' or exists (select from private.provider_circuits) then
    p_results := private.note_calls(p_worker, p_results);
  end if;
  return query
    with held as materialized (
      select q.spot, q.id, q.kind, q.group_id, q.payload, q.attempts, q.reservation_usd, r.value as result,
        case when o.outcome = 'retry' and q.attempts - q.releases >= private.max_attempts(q.kind) and not r.value ? 'is_excused'
          then 'exhausted' else o.outcome end as ending,
        case
          when o.outcome = 'release' then 'returned'
          when o.actual_cost is not null then 'settled'
          when r.value ->> 'charge' = 'none' then 'returned'
          else 'written_off'
        end as state,
        case when o.outcome <> 'release' then o.actual_cost end as actual_usd
      from jsonb_array_elements(p_results) as r (value)
      cross join lateral (
        select r.value ->> 'outcome' as outcome, (r.value ->> 'actual_cost')::numeric as actual_cost
      ) o
      cross join lateral (
        select x.ctid as spot, x.* from private.job_queue x where x.id = (r.value ->> 'job_id')::bigint offset 0
      ) q
      where q.lease_owner = p_worker and q.attempts = (r.value ->> 'attempt')::integer
        and o.outcome in ('complete', 'failed', 'retry', 'release')
    ),
    -- Leased rows change under the queue's lock alone, so that they still lie where they were found.
    ended as (
      delete from private.job_queue q
      where q.ctid = any (array(select h.spot from held h where h.ending in ('complete', 'failed')))
    ),
    ledger as (
      insert into private.cost_ledger (job_id, attempt, group_id, reserved_usd, state, actual_usd)
      select h.id, h.attempts, h.group_id, h.reservation_usd, h.state, h.actual_usd
      from held h
      where h.group_id is not null and (h.reservation_usd > 0 or h.actual_usd > 0)
    ),
    balanced as (
      update private.job_groups g
      set reserved_usd = g.reserved_usd - s.reserved, spent_usd = g.spent_usd + s.spent,
        written_off_usd = g.written_off_usd + s.written_off,
        waiting = g.waiting + s.back, open_jobs = g.open_jobs - s.ended
      from (
        select h.group_id, sum(h.reservation_usd) as reserved, coalesce(sum(h.actual_usd), 0) as spent,
          sum(case when h.state = 'written_off' then h.reservation_usd else 0 end) as written_off,
          (count(*) filter (where h.ending in ('retry', 'release')))::integer as back,
          (count(*) filter (where h.ending not in ('retry', 'release')))::integer as ended
        from held h where h.group_id is not null group by h.group_id
      ) s
      where g.id = any (array(select h.group_id from held h)) and g.id = s.group_id
      returning g.open_jobs = 0 or g.waiting > 0 and (
        g.stopped_for is not null or g.spent_usd + g.written_off_usd >= g.soft_ceiling_usd
        or g.spent_usd + g.written_off_usd + g.dearest_job_usd > g.hard_ceiling_usd
      ) as is_due
    )
    select h.id, h.kind, h.group_id, h.payload, h.ending, h.result, (select bool_or(b.is_due) from balanced b)
    from held h;
  -- Apart, for it is rare: a statement that may change the queue twice takes a tenth longer to set up.
  if p_results @? '$[*] ? (@.outcome == "retry" || @.outcome == "release")' then
    update private.job_queue q
    set lease_owner = null, lease_expires_at = null, is_standby = false,
      run_at = case r.outcome when 'retry' then now() + coalesce(r.run_at_ms, 0) * interval '1 millisecond' else q.run_at end,
      releases = q.releases + (r.outcome = 'release' or r.is_excused is not null)::integer,
      last_error = coalesce(r.error_message, q.last_error),
      dead_at = case when r.outcome = 'retry' and q.attempts - q.releases >= private.max_attempts(q.kind)
        and r.is_excused is null then now() end
    from jsonb_to_recordset(p_results)
      as r (job_id bigint, attempt integer, outcome text, run_at_ms bigint, error_message text, is_excused boolean)
    where q.id = any (array(select (x.value ->> 'job_id')::bigint from jsonb_array_elements(p_results) as x (value)))
      and q.id = r.job_id and q.lease_owner = p_worker and q.attempts = r.attempt
      and r.outcome in ('retry', 'release');
  end if;
end;
$$;
comment on function private.settle_jobs(uuid, jsonb) is
  'Ends leases: p_results is [{job_id, attempt, outcome: complete|failed|fatal|retry|release, charge: none|unknown, actual_cost USD, run_at_ms delay, error_message, failure: why no answer came (network|server|timeout|…), retry_at_ms: when a fatal one may pass, in ms since 1970}]. fatal: the provider refuses our account, the job waits. A try that was lost to an outage does not count, see note_calls; ending and result say what became of each. A row counts only where owner and attempt still hold the lease; those rows are returned, and with each whether any of their groups is due for enforce_ceilings() and end_groups(). Queue, ledger and budget move in this one statement. The caller holds lock_queue().';

create function private.follow_jobs(p_event text, p_jobs jsonb) returns void
language plpgsql volatile strict set search_path = '' as $$
declare
  v_follow_up text;
  v_jobs jsonb;
begin
  for v_follow_up, v_jobs in
    select k.follow_up, jsonb_agg(j.value)
    from jsonb_array_elements(p_jobs) as j (value) join private.job_kinds k on k.kind = j.value ->> 'kind'
    where k.follow_up is not null
    group by k.follow_up
  loop
    execute format('select private.%I($1, $2)', v_follow_up) using p_event, v_jobs;
  end loop;
end;
$$;
comment on function private.follow_jobs(text, jsonb) is
  'Has other kinds of work than benchmarks write down what became of their jobs, [{kind, group_id, payload, reason}], in hands other than their door''s: returned, skipped, dead, or ended for groups. Null: there are none. The caller holds lock_queue().';

create function private.cancel_jobs(p_group uuid, p_reason text, p_dearer_than numeric default null)
returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_count integer;
  v_others jsonb;
begin
  with gone as (
    delete from private.job_queue q
    where q.group_id = p_group and q.lease_owner is null and q.dead_at is null
      and (p_dearer_than is null or q.reservation_usd > p_dearer_than)
    returning q.kind, q.payload
  ),
  balanced as (
    update private.job_groups g
    set waiting = g.waiting - s.jobs, open_jobs = g.open_jobs - s.jobs,
      stopped_for = case when p_dearer_than is null then coalesce(g.stopped_for, p_reason) else g.stopped_for end
    from (select count(*)::integer as jobs from gone) s
    where g.id = p_group
  ),
  skipped as (
    update public.benchmark_runs r
    set status = 'skipped', skip_reason = p_reason, completed_at = now()
    from gone
    where gone.kind = 'benchmark_run' and r.id = (gone.payload ->> 'run_id')::uuid
  )
  select count(*), jsonb_agg(jsonb_build_object(
    'kind', gone.kind, 'group_id', p_group, 'payload', gone.payload, 'reason', p_reason
  )) filter (where gone.kind <> 'benchmark_run')
  into v_count, v_others from gone;
  perform private.follow_jobs('skipped', v_others);
  return v_count;
end;
$$;
comment on function private.cancel_jobs(uuid, text, numeric) is
  'Takes a group''s waiting jobs out of the queue and marks what they stood for as skipped: all of them, and then for good, so that what comes back later is skipped too; or those whose reservation exceeds p_dearer_than USD.';

create function private.record_dead_jobs(p_jobs bigint[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.benchmark_runs r
  set status = 'failed', error_message = q.last_error, completed_at = now()
  from private.job_queue q
  where q.id = any (p_jobs) and q.dead_at is not null and q.kind = 'benchmark_run'
    and r.id = (q.payload ->> 'run_id')::uuid;
  update public.reports p
  set status = 'failed', error = 'the report could not be put together: ' || q.last_error, completed_at = now()
  from private.job_queue q
  where q.id = any (p_jobs) and q.dead_at is not null and q.kind = 'report_finalization'
    and p.id = (q.payload ->> 'report_id')::uuid and p.status = 'running';
  perform private.follow_jobs('dead', (
    select jsonb_agg(jsonb_build_object('kind', q.kind, 'group_id', q.group_id, 'payload', q.payload, 'reason', q.last_error))
    from private.job_queue q
    where q.id = any (p_jobs) and q.dead_at is not null and q.kind not in ('benchmark_run', 'report_finalization')
  ));
end;
$$;
comment on function private.record_dead_jobs(bigint[]) is
  'What follows from jobs that were given up: their runs fail, or their report does, and jobs of other kinds are followed up as their kind says. A dead e-mail changes nothing. The caller holds lock_queue().';

create function private.end_groups(p_groups uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if not exists (select from private.job_groups g where g.id = any (p_groups) and g.open_jobs = 0) then
    return;
  end if;
  update public.reports p set status = 'running', started_at = now()
  from private.job_groups g
  where g.id = any (p_groups) and g.open_jobs = 0 and p.id = g.id and p.status = 'paid';
  insert into private.job_queue (kind, payload, dedupe_key)
  select case when c.report_id is null then 'report_finalization' else 'race_look' end,
    jsonb_build_object('report_id', g.id), g.id || coalesce(':' || c.released_images, '')
  from private.job_groups g join public.reports p on p.id = g.id
  left join private.races c on c.report_id = g.id and c.held_runs > 0
  where g.id = any (p_groups) and g.open_jobs = 0 and p.status = 'running'
  on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
  -- A report that failed or was refunded half-way still gets its true cost once the last call is back.
  update public.reports p set total_api_cost = g.spent_usd
  from private.job_groups g
  where g.id = any (p_groups) and g.open_jobs = 0 and p.id = g.id and p.status in ('failed', 'refunded');
  perform private.follow_jobs('ended', (
    select jsonb_agg(jsonb_build_object('kind', g.kind, 'group_id', g.id))
    from private.job_groups g where g.id = any (p_groups) and g.open_jobs = 0 and g.kind <> 'benchmark_run'
  ));
end;
$$;
comment on function private.end_groups(uuid[]) is
  'Enqueues the finalisation, or in a race the next look, of each of these reports that has no open job left, and has groups of other kinds ended as theirs are. The caller holds lock_queue(), so exactly one transaction sees the last job end.';

create function private.reap_leases() returns integer
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  v_jobs bigint[];
  v_groups uuid[];
  v_returned jsonb;
begin
  if not exists (
    select from private.job_queue q where q.lease_owner is not null and q.lease_expires_at < now()
  ) then
    return 0;
  end if;
  with expired as materialized (
    select q.id, q.group_id, q.kind, q.payload, q.attempts, q.reservation_usd,
      q.crashes + 1 >= s.max_crashes as dies
    from private.job_queue q cross join private.queue_settings s
    where q.lease_owner is not null and q.lease_expires_at < now()
    for update of q skip locked
  ),
  returned as (
    update private.job_queue q
    set lease_owner = null, lease_expires_at = null, is_standby = false, crashes = q.crashes + 1,
      last_error = format('lost with its worker %s times', q.crashes + 1),
      dead_at = case when e.dies then now() end
    from expired e where q.id = e.id
  ),
  requeued as (
    update public.benchmark_runs r set status = 'queued'
    from expired e
    where e.kind = 'benchmark_run' and not e.dies and r.id = (e.payload ->> 'run_id')::uuid
  ),
  ledger as (
    insert into private.cost_ledger (group_id, job_id, attempt, reserved_usd, state)
    select e.group_id, e.id, e.attempts, e.reservation_usd, 'written_off'
    from expired e where e.group_id is not null and e.reservation_usd > 0
  ),
  balanced as (
    update private.job_groups g
    set reserved_usd = g.reserved_usd - s.usd, written_off_usd = g.written_off_usd + s.usd,
      waiting = g.waiting + s.back, open_jobs = g.open_jobs - s.dead
    from (
      select e.group_id, sum(e.reservation_usd) as usd,
        (count(*) filter (where not e.dies))::integer as back, (count(*) filter (where e.dies))::integer as dead
      from expired e where e.group_id is not null group by e.group_id
    ) s
    where g.id = s.group_id
  )
  select array_agg(e.id), array_agg(distinct e.group_id) filter (where e.group_id is not null),
    jsonb_agg(jsonb_build_object('kind', e.kind, 'group_id', e.group_id, 'payload', e.payload))
      filter (where not e.dies and e.kind <> 'benchmark_run')
  into v_jobs, v_groups, v_returned from expired e;
  perform private.follow_jobs('returned', v_returned);
  perform private.record_dead_jobs(v_jobs);
  perform private.enforce_ceilings(v_groups);
  perform private.end_groups(v_groups);
  return coalesce(cardinality(v_jobs), 0);
end;
$$;
comment on function private.reap_leases() is
  'Makes jobs claimable whose worker stopped renewing; what their calls may have cost is written off against the budget; the third loss of a worker is the job''s last. Until it runs, with the sweep or a claim that came up short, a lease that has expired still holds. The caller holds lock_queue().';

create function private.enforce_ceilings(p_groups uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform private.cancel_jobs(g.id, coalesce(g.stopped_for, 'soft_ceiling'))
  from private.job_groups g
  where g.id = any (p_groups) and g.waiting > 0
    and (g.stopped_for is not null or g.spent_usd + g.written_off_usd >= g.soft_ceiling_usd);
  -- With nothing reserved, what does not fit under the hard ceiling now never will.
  perform private.cancel_jobs(g.id, 'hard_ceiling', g.hard_ceiling_usd - g.spent_usd - g.written_off_usd)
  from private.job_groups g
  where g.id = any (p_groups) and g.waiting > 0 and g.reserved_usd = 0
    and g.dearest_job_usd > g.hard_ceiling_usd - g.spent_usd - g.written_off_usd
    and g.spent_usd + g.written_off_usd < g.soft_ceiling_usd;
end;
$$;
comment on function private.enforce_ceilings(uuid[]) is
  'Skips what waits, or came back, in groups that were stopped or whose budget is used up. The caller holds lock_queue().';

do $$
declare signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure from pg_proc p
    where p.pronamespace = 'private'::regnamespace
      and p.proname in ('lock_queue', 'enqueue_jobs', 'max_attempts', 'pick_jobs', 'pick_ahead', 'lease_jobs', 'is_callable',
        'start_standbys', 'settle_jobs', 'follow_jobs', 'cancel_jobs', 'record_dead_jobs', 'end_groups',
        'reap_leases', 'enforce_ceilings')
  loop
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end;
$$;
