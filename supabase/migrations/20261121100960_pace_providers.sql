create function private.pace_providers(p_calls jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  delete from private.provider_pace where changed_at < now() - interval '5 minutes';
  insert into private.provider_pace as p (provider, concurrency, paused_until, lowered_at)
  select x.provider,
    -- Half of what was under way, this batch included.
    greatest(1, (x.calls + coalesce((
      select sum(i.calls) from private.calls_in_flight i where i.provider = x.provider
    ), 0)) / 2.0),
    x.paused_until, now()
  from (
    select c.provider, count(*) as calls, bool_or(c.is_limited) as is_limited,
      -- least() passes nulls over, and would make no pause the longest one.
      coalesce(max(case when c.pause_ms > 0 then now() + least(c.pause_ms, 60000) * interval '1 millisecond' end), '-infinity')
        as paused_until
    from jsonb_to_recordset(p_calls) as c (provider text, is_limited boolean, pause_ms bigint)
    group by c.provider
  ) x
  where x.is_limited
  on conflict (provider) do update
  set concurrency = case
      when p.lowered_at < now() - interval '1 second' then greatest(1, p.concurrency / 2)
      else p.concurrency
    end,
    lowered_at = case when p.lowered_at < now() - interval '1 second' then now() else p.lowered_at end,
    paused_until = greatest(p.paused_until, excluded.paused_until), changed_at = now();
  -- One more for each round of calls that all went well.
  update private.provider_pace p
  set concurrency = p.concurrency + x.calls / p.concurrency, changed_at = now()
  from (
    select c.provider, count(*) as calls
    from jsonb_to_recordset(p_calls) as c (provider text, is_limited boolean)
    group by c.provider
    having not bool_or(c.is_limited)
  ) x
  where p.provider = x.provider;
  delete from private.provider_pace p
  where p.concurrency >= coalesce(
    (select l.max_in_flight from private.provider_limits l where l.provider = p.provider),
    (select s.max_in_flight_per_provider from private.queue_settings s)
  );
end;
$$;
comment on function private.pace_providers(jsonb) is
  'Adapts how many calls providers get at once to how calls ended, [{provider, is_limited, pause_ms}]: half as many where one turned a call away, once a second at most, and none for pause_ms (a minute at most); one more per round of calls that it took, until its fixed limit. The caller holds lock_queue().';
grant execute on function private.pace_providers to service_role;
