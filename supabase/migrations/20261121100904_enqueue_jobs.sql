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
grant execute on function private.enqueue_jobs to service_role;
