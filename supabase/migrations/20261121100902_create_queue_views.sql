-- The functions of the queue name their planner settings, for a connection keeps its plans while the queue
-- goes from empty to a million rows: a plan made on the empty one read the whole queue for each batch
-- (12,000 jobs: 32 ms instead of 2.7 ms). Rows are looked up by any(array(…)) or a lateral offset 0 for
-- the same reason: a plain join was turned around, and 100 results then read 100 leases each (12.6 ms
-- instead of 7). What the time goes to is setting plans up: it grows with their nodes, so that statements
-- that are rarely needed stand apart, and the most frequent claim, by the group that waits alone, has a
-- plan of its own. Also tried: a ledger row written at the lease, tied to its group by a foreign key, and
-- updated at the end (a seventh of a call). Counters of calls in flight would save 10 µs of counting
-- and cost an update of each lane, twice.

create view private.calls_in_flight with (security_invoker = true) as
  select q.group_id, q.lane, q.provider, count(*)::integer as calls
  from private.job_queue q
  where q.lease_owner is not null and q.group_id is not null and not q.is_prefetched
  group by q.group_id, q.lane, q.provider;
comment on view private.calls_in_flight is 'What caps count: leased jobs by group, lane and provider, except prefetched ones.';

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
  select q.ctid as location, q.id, q.kind, q.group_id, q.lane, q.priority, q.run_at, q.reservation_usd
  from private.job_queue q
  where q.lease_owner is null and q.dead_at is null;
comment on view private.waiting_jobs is
  'What may be leased from run_at on. location: where the row lies in the table, for the statement that leases it.';

create view private.paced_providers with (security_invoker = true) as
  select p.provider, case when p.paused_until > now() then 0 else floor(p.concurrency) end as max_in_flight
  from private.provider_pace p
  where p.changed_at > now() - interval '5 minutes';
comment on view private.paced_providers is
  'Calls at once that providers take at the moment; one without a row takes as many as its fixed limit allows.';

grant select on private.calls_in_flight, private.waiting_groups, private.waiting_jobs,
  private.paced_providers to service_role;
