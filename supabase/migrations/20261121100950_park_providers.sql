-- What waits for a provider that is down, or that refuses our account, waits no longer than its kind's
-- patience. The sweep ends it then, so that reports end with what the other providers answered.
create view private.stuck_lanes with (security_invoker = true) as
  select c.provider, c.lane as circuit_lane, c.is_parked, c.reason, c.since, c.paused_until, l.group_id, l.lane, l.kind,
    greatest(c.since, g.created_at) + case when c.is_parked then k.parked_patience else k.outage_patience end
    as gives_up_at
  from private.provider_circuits c
  join private.job_lanes l on l.provider = c.provider and c.lane in ('', l.lane)
  join private.job_groups g on g.id = l.group_id and g.waiting > 0
  join private.job_kinds k on k.kind = l.kind
  where c.is_open and exists (
    select from private.waiting_jobs q where q.group_id = l.group_id and q.lane = l.lane
  );
comment on view private.stuck_lanes is
  'Lanes with jobs that wait for an open circuit, and until when they do: their kind''s patience, counted from the failure or, where it came later, from the group''s own beginning.';

create function private.give_up_stuck_jobs() returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_groups uuid[];
  v_count integer;
  v_gone jsonb;
begin
  delete from private.provider_circuits c
  where greatest(c.failed_at, c.paused_until) < now() - interval '1 hour'
    and not exists (select from private.stuck_lanes s where s.provider = c.provider and s.circuit_lane = c.lane);
  if not exists (select from private.stuck_lanes s where s.gives_up_at <= now()) then
    return 0;
  end if;
  with stuck as materialized (
    select distinct on (s.group_id, s.lane) s.group_id, s.lane, s.reason, s.is_parked
    from private.stuck_lanes s
    where s.gives_up_at <= now()
    order by s.group_id, s.lane, s.is_parked desc
  ),
  gone as (
    delete from private.job_queue q using stuck s
    where q.group_id = s.group_id and q.lane = s.lane and q.lease_owner is null and q.dead_at is null
    returning q.kind, q.group_id, q.payload, s.reason, s.is_parked
  ),
  balanced as (
    update private.job_groups g set waiting = g.waiting - x.jobs, open_jobs = g.open_jobs - x.jobs
    from (select gone.group_id, count(*)::integer as jobs from gone group by gone.group_id) x
    where g.id = x.group_id
  )
  select count(*), array_agg(distinct gone.group_id), jsonb_agg(jsonb_build_object(
    'kind', gone.kind, 'group_id', gone.group_id, 'payload', gone.payload, 'reason', gone.reason,
    'error_kind', case when gone.is_parked then 'no_access' else 'outage' end
  ))
  into v_count, v_groups, v_gone from gone;
  perform private.follow_jobs('dead', v_gone);
  perform private.end_groups(v_groups);
  return v_count;
end;
$$;
comment on function private.give_up_stuck_jobs() is
  'Fails what has waited for a provider for as long as its kind''s patience, as no_access or outage, and forgets circuits that nothing has asked about for an hour. Returns how many jobs. The caller holds lock_queue().';

create function public.resume_provider(p_provider text) returns integer
language plpgsql volatile set search_path = '' as $$
begin
  perform private.lock_queue();
  update private.provider_circuits c set pauses = 0, paused_until = '-infinity', since = now()
  where c.provider = p_provider and c.is_open;
  return (
    select count(*) from private.waiting_jobs q
    where exists (
      select from private.stuck_lanes s
      where s.provider = p_provider and s.group_id = q.group_id and s.lane = q.lane
    )
  );
end;
$$;
comment on function public.resume_provider(text) is
  'Ends a provider''s pause, for an operator who has topped an account up or replaced a key: one call is made next, and the rest follow when it is answered. The next sweep starts the workers. Returns how many jobs wait for the provider.';

create function private.paused_since(p_group uuid) returns timestamptz
language sql stable set search_path = '' as $$
  select max(c.since)
  from private.job_lanes l
  join private.provider_circuits c on c.provider = l.provider and c.lane = '' and c.is_open and c.is_parked
  where l.group_id = p_group
    and exists (select from private.job_groups g where g.id = p_group and g.open_jobs > 0)
    and not exists (
      select from private.job_lanes o
      where o.group_id = p_group and not exists (
        select from private.provider_circuits x
        where x.provider = o.provider and x.lane = '' and x.is_open and x.is_parked
      ) and (
        exists (select from private.waiting_jobs q where q.group_id = o.group_id and q.lane = o.lane)
        or exists (
          select from private.job_queue q
          where q.lease_owner is not null and q.group_id = o.group_id and q.lane = o.lane
        )
      )
    )
$$;
comment on function private.paused_since(uuid) is
  'Returns since when all that is left of a group waits for providers that refuse our account; null if something else goes on or nothing is left.';

create view public.report_parked with (security_invoker = true) as
  select c.provider, nullif(c.lane, '') as lane, case when c.is_parked then 'parked' else 'paused' end as state,
    c.since, s.until, c.reason, c.failures, coalesce(s.groups, 0)::integer as groups_waiting,
    coalesce(s.jobs, 0)::integer as jobs_waiting, greatest(c.paused_until, c.failed_at) as next_try_at
  from private.provider_circuits c
  left join lateral (
    select min(x.gives_up_at) as until, count(distinct x.group_id) as groups, sum((
      select count(*) from private.waiting_jobs q where q.group_id = x.group_id and q.lane = x.lane
    )) as jobs
    from private.stuck_lanes x where x.provider = c.provider and x.circuit_lane = c.lane
  ) s on true
  where c.is_open;
comment on view public.report_parked is
  'For the operator: providers (lane null), and single models of theirs, that are called one at a time or not at all, and what waits for them. parked: the provider refuses our account; resume_provider(provider) tries it at once. paused: it is down. until: when the first of the waiting groups (reports, runs of prompts) gives up.';
grant select on private.stuck_lanes, public.report_parked to service_role;
grant execute on function private.give_up_stuck_jobs, private.paused_since, public.resume_provider to service_role;
