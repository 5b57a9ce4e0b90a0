create view private.living_workers with (security_invoker = true) as
  select * from private.worker_leases w where w.expires_at >= now();
comment on view private.living_workers is 'Workers that have renewed their leases in time.';

create function private.forget_workers() returns void
language plpgsql volatile set search_path = '' as $$
begin
  delete from private.worker_leases w
  where w.expires_at < now() and not exists (select from private.job_queue q where q.lease_owner = w.id);
end;
$$;
comment on function private.forget_workers() is
  'Deletes workers that have died and hold no job: reap_leases reads of the others how many prefetched jobs they may have started.';
grant select on private.living_workers to service_role;
grant execute on function private.forget_workers to service_role;

create function public.register_worker(
  p_worker uuid, p_function text, p_group uuid, p_ttl_seconds integer, p_unrecorded_starts integer default null
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_settings private.queue_settings;
begin
  perform pg_advisory_xact_lock(hashtextextended('private.worker_leases', 0));
  select * into v_settings from private.queue_settings;
  perform private.forget_workers();
  if (select count(*) from private.living_workers w where w.function_name = p_function) >= v_settings.max_workers
    or exists (
      select from private.living_workers w
      where w.function_name = p_function and w.group_id is not distinct from p_group
    )
  then
    return null;
  end if;
  insert into private.worker_leases
    (id, function_name, group_id, ends_at, expires_at, lease_seconds, unrecorded_starts)
  values (
    p_worker, p_function, p_group, now() + make_interval(secs => p_ttl_seconds),
    now() + make_interval(secs => least(p_ttl_seconds, v_settings.lease_seconds)), v_settings.lease_seconds,
    p_unrecorded_starts
  );
  return v_settings.lease_seconds;
end;
$$;
comment on function public.register_worker(uuid, text, uuid, integer, integer) is
  'A worker invocation announces itself. p_unrecorded_starts: how many prefetched jobs it will at most have started without having told so; null: any number. Returns the seconds after which its leases end unless it renews them; null: its chain runs already (pg_net delivered twice, or the sweep was early) or enough chains run; it should end at once.';
grant execute on function public.register_worker to service_role;
