create function private.invoke_function(p_function text, p_body jsonb default '{}') returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  v_url text := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url');
  v_key text := (select decrypted_secret from vault.decrypted_secrets where name = 'service_secret_key');
begin
  if v_url is null or v_key is null then
    raise warning 'vault lacks project_url or service_secret_key: % is not invoked', p_function;
    return null;
  end if;
  return net.http_post(
    url := v_url || '/functions/v1/' || p_function,
    body := p_body,
    headers := jsonb_build_object('Content-Type', 'application/json', 'apikey', v_key)
  );
end;
$$;
comment on function private.invoke_function(text, jsonb) is
  'Calls an edge function through pg_net once the transaction commits. May be lost or delivered twice: the sweep and register_worker make both harmless. Definer, because only its owner may read the vault.';
grant execute on function private.invoke_function(text, jsonb) to service_role;

create function private.has_due_jobs(p_function text, p_within interval) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from private.job_queue j join private.job_kinds k on k.kind = j.kind
    where k.function_name = p_function and j.group_id is null
      and j.lease_owner is null and j.dead_at is null and j.run_at <= now() + p_within
  ) or exists (
    select from private.job_groups g
    join private.callable_lanes l on l.group_id = g.id and l.callable_at <= now() + p_within
    join private.job_kinds k on k.kind = l.kind
    cross join lateral (
      select from private.job_queue j
      where j.group_id = l.group_id and j.lane = l.lane
        and j.lease_owner is null and j.dead_at is null and j.run_at <= now() + p_within
      limit 1
    ) head
    where g.waiting > 0 and k.function_name = p_function
  )
$$;
comment on function private.has_due_jobs(text, interval) is
  'Whether a job of this function waits and is due within that time, and its provider takes calls by then.';
grant execute on function private.has_due_jobs(text, interval) to service_role;
