-- pg_net grants its queue to every role, so whoever reaches the database reads the headers of requests.
-- This token therefore starts workers and can do nothing else: not even that twice, see register_worker.
create function private.keep_vault_secret(p_name text, p_secret text, p_description text) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_id uuid := (select id from vault.secrets where name = p_name);
begin
  if v_id is null then
    perform vault.create_secret(p_secret, p_name, p_description);
  else
    perform vault.update_secret(v_id, p_secret);
  end if;
end;
$$;
comment on function private.keep_vault_secret(text, text, text) is 'Stores a secret in the vault under a name, in place of an earlier one.';

create function private.rotate_worker_token() returns void
language sql volatile security definer set search_path = '' as $$
  select private.keep_vault_secret(
    'worker_token', translate(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
    'Starts workers and can do nothing else. Rotate it with private.rotate_worker_token().'
  )
$$;
comment on function private.rotate_worker_token() is
  'Replaces the token that starts workers, or makes it. Functions refuse the old one within a minute; requests that carry it are sent again by the sweep. Definer, because only its owner may write the vault.';
grant execute on function private.rotate_worker_token() to service_role;

select private.rotate_worker_token()
where not exists (select from vault.secrets where name = 'worker_token');

create function private.worker_token_digest() returns text
language sql stable security definer set search_path = '' as $$
  select encode(sha256(convert_to(decrypted_secret, 'UTF8')), 'hex')
  from vault.decrypted_secrets where name = 'worker_token'
$$;
comment on function private.worker_token_digest() is
  'Returns the SHA-256 digest of the worker token in hexadecimal. Functions compare it with what a caller sends. Definer, because only its owner may read the vault.';
grant execute on function private.worker_token_digest() to service_role;

create function private.prepare_vault(p_project_url text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_project_url !~ '^https?://[^/]+$' then
    raise exception 'the project''s URL is an address without a path: %', p_project_url using errcode = '22023';
  end if;
  if (select decrypted_secret from vault.decrypted_secrets where name = 'project_url') is distinct from p_project_url then
    perform private.keep_vault_secret('project_url', p_project_url, 'Where Postgres calls the edge functions.');
  end if;
  -- A database that was restored from a dump lacks the token: dumps leave the vault out.
  if (select decrypted_secret from vault.decrypted_secrets where name = 'worker_token') is null then
    perform private.rotate_worker_token();
  end if;
end;
$$;
comment on function private.prepare_vault(text) is
  'Makes the vault hold this project''s URL and a worker token, so that Postgres can start workers. Changes nothing if it does. For its owner, who deploys.';

create function private.invoke_function(p_function text, p_body jsonb default '{}') returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  v_url text := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url');
  v_token text := (select decrypted_secret from vault.decrypted_secrets where name = 'worker_token');
begin
  if v_url is null or v_token is null then
    raise warning 'vault lacks project_url or worker_token: % is not invoked', p_function;
    return null;
  end if;
  return net.http_post(
    url := v_url || '/functions/v1/' || p_function,
    body := p_body,
    headers := jsonb_build_object('Content-Type', 'application/json', 'x-worker-token', v_token)
  );
end;
$$;
comment on function private.invoke_function(text, jsonb) is
  'Calls an edge function through pg_net once the transaction commits. May be lost or delivered twice: the sweep and register_worker make both harmless. Definer, because only its owner may read the vault.';

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
grant execute on function private.invoke_function, private.has_due_jobs to service_role;
