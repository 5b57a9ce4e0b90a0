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
      select q.location, q.id, q.kind, q.group_id, q.payload, q.attempts, q.reservation_usd, r.value as result,
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
        select x.ctid as location, x.* from private.job_queue x where x.id = (r.value ->> 'job_id')::bigint offset 0
      ) q
      where q.lease_owner = p_worker and q.attempts = (r.value ->> 'attempt')::integer
        and o.outcome in ('complete', 'failed', 'retry', 'release')
    ),
    -- Leased rows change under the queue's lock alone, so that they still lie where they were found.
    ended as (
      delete from private.job_queue q
      where q.ctid = any (array(select h.location from held h where h.ending in ('complete', 'failed')))
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
    set lease_owner = null, lease_expires_at = null, is_prefetched = false,
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
grant execute on function private.max_attempts, private.settle_jobs to service_role;
