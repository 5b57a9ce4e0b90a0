-- Circuit breakers. Behind one provider may stand many (OpenRouter), so a failing model is paused alone;
-- the whole provider is, for all workers, when nothing says that the rest of it works: a connection failed,
-- or two models did and none has answered since. From the first failure on, before it is known which, no
-- place that becomes free is filled; one call at a time, the probe, finds out whether the failure is over.
-- Before it sends a probe, the worker asks for the provider's list of models, which is free. So an outage
-- of a whole provider is paid for once, with the calls that were in flight when it began. One that leaves
-- the list intact (inference alone is down) costs one more call at each of the growing intervals.
create view private.callable_lanes with (security_invoker = true) as
  select l.group_id, l.lane, l.kind, l.provider, coalesce((
    select max(c.paused_until) from private.provider_circuits c
    where c.provider = l.provider and c.lane in ('', l.lane) and c.is_open
  ), '-infinity') as callable_at
  from private.job_lanes l;
comment on view private.callable_lanes is 'job_lanes, each with the time from which its provider may be called.';

create view private.circuit_rooms with (security_invoker = true) as
  select c.provider, c.lane, case when c.paused_until > now() then 0 else 1 - (
    select count(*)::integer from private.job_queue q
    where q.lease_owner is not null and q.is_probe and q.provider = c.provider and c.lane in ('', q.lane)
  ) end as room
  from private.provider_circuits c;
comment on view private.circuit_rooms is
  'How many calls may be started to what fails: one at a time over all workers and groups, none during a pause.';
grant select on private.callable_lanes, private.circuit_rooms to service_role;

create function private.is_failing(p_provider text, p_lane text) returns boolean
language sql stable set search_path = '' as $$
  select exists (select from private.provider_circuits c where c.provider = p_provider and c.lane in ('', p_lane))
$$;
comment on function private.is_failing(text, text) is
  'Tells whether the last calls to this provider, or to this model (lane) of it, failed, so that the next call is a probe.';

create function private.pause_circuits(p_provider text, p_lane text) returns void
language sql volatile set search_path = '' as $$
  update private.provider_circuits c
  set pauses = c.pauses + 1, paused_until = now() + case
    when c.is_parked then least(interval '2 hours', interval '1 minute' * 2 ^ least(c.pauses, 10))
    else least(interval '60 seconds', interval '1 second' * 2 ^ least(c.pauses, 10)) end
  where c.provider = p_provider and c.lane in ('', p_lane) and c.is_open
    and (c.failures >= 3 or c.is_parked or c.is_costly)
    -- Calls that were under way when the pause began fail together: they do not lengthen it.
    and c.paused_until <= now()
$$;
comment on function private.pause_circuits(text, text) is
  'Pauses a provider, or this lane of it, after three failures in a row, or after the first that may have been billed: 1, 2, 4 … 60 seconds; a parked provider after the first: 1, 2, 4 … 120 minutes.';

create function private.note_calls(p_worker uuid, p_results jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_call record;
begin
  for v_call in
    select r.value ->> 'outcome' as outcome, r.value ->> 'failure' as failure, q.provider, q.lane,
      coalesce(r.value ->> 'error_message', 'no answer') as message,
      coalesce((r.value ->> 'is_cached')::boolean, false) as is_cached,
      r.value ->> 'failure' = 'network' or r.value ->> 'failure' = 'server' and r.value ->> 'charge' = 'unknown'
        as is_costly,
      now() - coalesce(r.value ->> 'response_time_ms', r.value ->> 'latency_ms', '0')::double precision
        * interval '1 millisecond' as began_at,
      to_timestamp((r.value ->> 'retry_at_ms')::double precision / 1000) as retry_at
    from jsonb_array_elements(p_results) with ordinality as r (value, place)
    join private.job_queue q on q.id = (r.value ->> 'job_id')::bigint
    where q.lease_owner = p_worker and q.attempts = (r.value ->> 'attempt')::integer and q.provider is not null
    order by r.place
  loop
    if v_call.outcome = 'fatal' then
      insert into private.provider_circuits as c (provider, failures, is_open, is_parked, reason)
      values (v_call.provider, 1, true, true, v_call.message)
      on conflict (provider, lane) do update
      set failures = c.failures + 1, is_open = true, reason = excluded.reason, failed_at = now(),
        -- A pause of seconds that was under way ends, and the minutes begin.
        since = case when c.is_parked then c.since else now() end,
        pauses = case when c.is_parked then c.pauses else 0 end,
        paused_until = case when c.is_parked then c.paused_until else '-infinity' end, is_parked = true;
      perform private.pause_circuits(v_call.provider, '');
      update private.provider_circuits c
      set paused_until = least(v_call.retry_at, now() + interval '24 hours')
      where c.provider = v_call.provider and c.lane = '' and v_call.retry_at > now();
    elsif v_call.failure in ('network', 'server', 'timeout') then
      insert into private.provider_circuits as c (provider, failures, failed_lanes, is_open, is_costly, reason)
      values (v_call.provider, 1, array[v_call.lane], v_call.failure = 'network', v_call.is_costly, v_call.message)
      on conflict (provider, lane) do update
      set failures = c.failures + 1, is_costly = c.is_costly or excluded.is_costly, reason = excluded.reason,
        failed_at = now(),
        failed_lanes = case when c.failed_lanes @> excluded.failed_lanes then c.failed_lanes
          else c.failed_lanes || excluded.failed_lanes end,
        is_open = c.is_open or excluded.is_open or not c.failed_lanes <@ excluded.failed_lanes;
      if v_call.failure <> 'network' then
        insert into private.provider_circuits as c (provider, lane, failures, is_open, is_costly, reason)
        values (v_call.provider, v_call.lane, 1, true, v_call.is_costly, v_call.message)
        on conflict (provider, lane) do update
        set failures = c.failures + 1, is_costly = c.is_costly or excluded.is_costly, reason = excluded.reason,
          failed_at = now();
      end if;
      perform private.pause_circuits(v_call.provider, v_call.lane);
    elsif v_call.outcome = 'complete' and v_call.failure is null and not v_call.is_cached then
      -- After several failures, or one that may have been billed, an answer to a call from before proves nothing.
      delete from private.provider_circuits c
      where c.provider = v_call.provider and c.lane in ('', v_call.lane)
        and (c.failures < 3 and not c.is_parked and not c.is_costly or v_call.began_at >= c.since);
    end if;
  end loop;
  return (
    select jsonb_agg(case
      when x.is_excused then r.value || '{"outcome": "retry", "is_excused": true}'
      else r.value end order by r.place)
    from jsonb_array_elements(p_results) with ordinality as r (value, place)
    left join private.job_queue q on q.id = (r.value ->> 'job_id')::bigint
    cross join lateral (
      select q.provider is not null and (r.value ->> 'outcome' = 'fatal'
        or r.value ->> 'outcome' in ('retry', 'failed') and exists (
          select from private.provider_circuits c
          where c.provider = q.provider and c.is_open and (c.failures >= 3 or c.is_parked)
            and case r.value ->> 'failure'
              when 'network' then c.lane = '' when 'server' then c.lane in ('', q.lane)
              -- Alone it may be the model that is slow: then the try counts.
              when 'timeout' then c.lane = '' and r.value ->> 'outcome' = 'retry' else false end
        )) as is_excused
    ) x
  );
end;
$$;
comment on function private.note_calls(uuid, jsonb) is
  'Counts how calls ended, opens and closes provider_circuits accordingly, and returns p_results (as of settle_jobs) with what was lost to an outage or a refused account as {outcome: retry, is_excused: true}: such a try is made again and does not count. A released job with a failure is a probe that was not sent, for its provider could not be reached. The caller holds lock_queue() and settles what is returned in the same transaction.';
grant execute on function private.is_failing, private.pause_circuits, private.note_calls to service_role;
