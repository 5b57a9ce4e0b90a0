create function public.register_worker(p_worker uuid, p_function text, p_group uuid, p_ttl_seconds integer)
returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_settings private.queue_settings;
begin
  perform pg_advisory_xact_lock(hashtextextended('private.worker_leases', 0));
  select * into v_settings from private.queue_settings;
  delete from private.worker_leases where expires_at < now();
  if (select count(*) from private.worker_leases where function_name = p_function) >= v_settings.max_workers
    or exists (
      select from private.worker_leases
      where function_name = p_function and group_id is not distinct from p_group
    )
  then
    return false;
  end if;
  insert into private.worker_leases (id, function_name, group_id, ends_at, expires_at)
  values (
    p_worker, p_function, p_group, now() + make_interval(secs => p_ttl_seconds),
    now() + make_interval(secs => least(p_ttl_seconds, v_settings.lease_seconds))
  );
  return true;
end;
$$;
comment on function public.register_worker(uuid, text, uuid, integer) is
  'A worker invocation announces itself. False: its chain runs already (pg_net delivered twice, or the sweep was early) or enough chains run; it should end at once.';
grant execute on function public.register_worker to service_role;
