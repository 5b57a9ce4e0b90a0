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
    set lease_owner = null, lease_expires_at = null, is_prefetched = false, crashes = q.crashes + 1,
      last_error = format('lost with its worker %s times', q.crashes + 1),
      dead_at = case when e.dies then now() end
    from expired e where q.id = e.id
  ),
  ledger as (
    insert into private.cost_ledger (group_id, job_id, attempt, reserved_usd, state)
    select e.group_id, e.id, e.attempts, e.reservation_usd, 'written_off'
    from expired e where e.group_id is not null and e.reservation_usd > 0
  ),
  balanced as (
    update private.job_groups g
    set reserved_usd = g.reserved_usd - s.usd, written_off_usd = g.written_off_usd + s.usd,
      -- A crash of ours must not use up what the customer has paid for: upper bounds are often ten times
      -- the cost, and prefetched jobs are mostly lost before they start. The hard ceiling stays.
      soft_ceiling_usd = least(g.soft_ceiling_usd + s.usd, g.hard_ceiling_usd),
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
  'Makes jobs claimable whose worker stopped renewing; what their calls may have cost is written off against the hard ceiling, and the soft one rises by as much; the third loss of a worker is the job''s last. Until it runs, with the sweep or a claim that came up short, a lease that has expired still holds. The caller holds lock_queue().';
grant execute on function private.reap_leases to service_role;
