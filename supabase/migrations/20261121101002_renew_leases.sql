create function public.renew_leases(p_worker uuid, p_unrecorded_starts integer default null) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_seconds integer := private.lease_seconds(p_worker);
  v_is_registered boolean;
  v_count integer;
begin
  -- What settles the same jobs meanwhile takes their rows in another order.
  perform private.lock_queue();
  update private.worker_leases w
  set expires_at = least(w.ends_at, now() + make_interval(secs => v_seconds)),
    unrecorded_starts = case when w.unrecorded_starts < p_unrecorded_starts then p_unrecorded_starts
      else w.unrecorded_starts end
  where w.id = p_worker;
  v_is_registered := found;
  update private.job_queue
  set lease_expires_at = now() + make_interval(secs => v_seconds)
  where lease_owner = p_worker;
  get diagnostics v_count = row_count;
  return case when v_is_registered or p_unrecorded_starts is null then v_count end;
end;
$$;
comment on function public.renew_leases(uuid, integer) is
  'Heartbeat of a worker: extends its own lease and those of its jobs; returns how many jobs it holds. With p_unrecorded_starts it may from now on have started that many prefetched jobs without having told so; null: it may not, since it was taken for dead and jobs were taken from it.';
grant execute on function public.renew_leases to service_role;
