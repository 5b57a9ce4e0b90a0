create function private.reap_leases() returns integer
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
  v_jobs bigint[];
  v_groups uuid[];
  v_returned jsonb;
begin
  -- The calls of a dead worker may have been billed. So may its prefetched jobs that had started, and how
  -- many these are is bounded: start_prefetched records a start in the transaction that records the result
  -- whose place the job has taken, and the worker has at most unrecorded_starts others. It was granted them
  -- by register_worker or renew_leases, committed before it made use of them. Those that it starts after
  -- this transaction count, too: the next results that it sends name at least one that it lost, and the
  -- reply makes it give back the rest. So of its prefetched jobs the dearest are written off, that many in
  -- each group; which of them had started is not known.
  if not exists (
    select from private.job_queue q where q.lease_owner is not null and q.lease_expires_at < now()
  ) then
    return 0;
  end if;
  with expired as materialized (
    select q.id, q.group_id, q.kind, q.payload, q.attempts, q.reservation_usd, q.lease_owner, q.is_prefetched,
      q.crashes + 1 >= s.max_crashes as dies
    from private.job_queue q cross join private.queue_settings s
    where q.lease_owner is not null and q.lease_expires_at < now()
    for update of q skip locked
  ),
  -- Once its row is gone the worker is not granted more unrecorded starts.
  dead as (
    delete from private.worker_leases w
    where w.id = any (array(select e.lease_owner from expired e))
    returning w.id, w.unrecorded_starts
  ),
  charged as materialized (
    select e.*, case when not e.is_prefetched or d.unrecorded_starts is null or row_number() over (
        partition by e.lease_owner, e.group_id, e.is_prefetched order by e.reservation_usd desc
      ) <= d.unrecorded_starts then e.reservation_usd else 0 end as lost_usd
    from expired e left join dead d on d.id = e.lease_owner
  ),
  returned as (
    update private.job_queue q
    set lease_owner = null, lease_expires_at = null, is_prefetched = false, crashes = q.crashes + 1,
      last_error = format('lost with its worker %s times', q.crashes + 1),
      dead_at = case when e.dies then now() end
    from expired e where q.id = e.id
  ),
  ledger as (
    insert into private.cost_ledger (group_id, job_id, attempt, reserved_usd, state)
    select c.group_id, c.id, c.attempts, c.reservation_usd,
      case when c.lost_usd > 0 then 'written_off' else 'returned' end
    from charged c where c.group_id is not null and c.reservation_usd > 0
  ),
  balanced as (
    update private.job_groups g
    set reserved_usd = g.reserved_usd - s.usd, written_off_usd = g.written_off_usd + s.lost_usd,
      -- A crash of ours must not use up what the customer has paid for: upper bounds are often ten times
      -- the cost. The hard ceiling stays.
      soft_ceiling_usd = least(g.soft_ceiling_usd + s.lost_usd, g.hard_ceiling_usd),
      waiting = g.waiting + s.back, open_jobs = g.open_jobs - s.dead
    from (
      select c.group_id, sum(c.reservation_usd) as usd, sum(c.lost_usd) as lost_usd,
        (count(*) filter (where not c.dies))::integer as back, (count(*) filter (where c.dies))::integer as dead
      from charged c where c.group_id is not null group by c.group_id
    ) s
    where g.id = s.group_id
  )
  select array_agg(e.id), array_agg(distinct e.group_id) filter (where e.group_id is not null),
    jsonb_agg(jsonb_build_object('kind', e.kind, 'group_id', e.group_id, 'payload', e.payload))
      filter (where not e.dies)
  into v_jobs, v_groups, v_returned from expired e;
  perform private.follow_jobs('returned', v_returned);
  perform private.record_dead_jobs(v_jobs);
  perform private.enforce_ceilings(v_groups);
  perform private.end_groups(v_groups);
  return coalesce(cardinality(v_jobs), 0);
end;
$$;
comment on function private.reap_leases() is
  'Makes jobs claimable whose worker stopped renewing; what their calls, and the prefetched jobs that they may have started, may have cost is written off against the hard ceiling, and the soft one rises by as much; the third loss of a worker is the job''s last. Until it runs, with the sweep or a claim that came up short, a lease that has expired still holds. The caller holds lock_queue().';
grant execute on function private.reap_leases to service_role;
