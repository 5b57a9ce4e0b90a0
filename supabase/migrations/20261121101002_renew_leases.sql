create function public.renew_leases(p_worker uuid) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_seconds integer := (select lease_seconds from private.queue_settings);
  v_count integer;
begin
  -- What settles the same jobs meanwhile takes their rows in another order.
  perform private.lock_queue();
  update private.worker_leases
  set expires_at = least(ends_at, now() + make_interval(secs => v_seconds))
  where id = p_worker;
  update private.job_queue
  set lease_expires_at = now() + make_interval(secs => v_seconds)
  where lease_owner = p_worker;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
comment on function public.renew_leases(uuid) is 'Heartbeat of a worker: extends its own lease and those of its jobs; returns how many jobs it holds.';
grant execute on function public.renew_leases to service_role;
