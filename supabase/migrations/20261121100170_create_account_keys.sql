-- Keys of accounts, for pipelines: they act as their account under the same policies as its members.
create table public.account_keys (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 200),
  prefix text not null,
  hash bytea not null unique,
  scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ '{read,track,run,admin}'),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now()
);
comment on table public.account_keys is
  'Keys of accounts, mp_ and 64 hexadecimal digits. A key is shown once, when it is created.';
comment on column public.account_keys.prefix is 'Beginning of the key, to recognise it by.';
comment on column public.account_keys.hash is 'SHA-256 of the key.';
comment on column public.account_keys.scopes is
  'What the key may do: read (as a viewer), track (add results of tests), run (as a member), admin (as an admin).';
comment on column public.account_keys.expires_at is 'Time from which it is refused; null for never.';
comment on column public.account_keys.last_used_at is 'Time of its last use, accurate to a minute; null before the first.';
comment on column public.account_keys.created_by is
  'User who created it, or the key by which it was created. No foreign key, so that it outlives the user.';
create index account_keys_account_id_idx on public.account_keys (account_id, created_at desc);
alter table public.account_keys enable row level security;
grant select, insert, update, delete on public.account_keys to service_role;

create table private.key_minutes (
  key_id uuid primary key references public.account_keys (id) on delete cascade,
  minute timestamptz not null,
  requests integer not null
) with (fillfactor = 50);
comment on table private.key_minutes is 'Number of requests by each key in the last minute in which it was used.';
alter table private.key_minutes enable row level security;
grant select, insert, update, delete on private.key_minutes to service_role;
create policy "Workers do everything" on private.key_minutes for all to service_role using (true) with check (true);

create function private.role_of_scopes(p_scopes text[]) returns public.account_role
language sql immutable set search_path = '' as $$
  select (case when 'admin' = any (p_scopes) then 'admin' when 'run' = any (p_scopes) then 'member'
    when 'read' = any (p_scopes) then 'viewer' end)::public.account_role
$$;
comment on function private.role_of_scopes(text[]) is
  'Returns the role in its account that a key with these scopes acts in; null for none. A key is never an owner.';

create function private.use_account_key(p_hash text, p_requests_per_minute integer) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_key public.account_keys;
begin
  select * into v_key from public.account_keys k
  where k.hash = decode(p_hash, 'hex') and k.revoked_at is null and (k.expires_at is null or k.expires_at > v_now);
  if not found then
    return null;
  end if;
  insert into private.key_minutes as m (key_id, minute, requests) values (v_key.id, date_trunc('minute', v_now), 1)
  on conflict (key_id) do update
  set minute = excluded.minute, requests = case when m.minute = excluded.minute then m.requests + 1 else 1 end
  where m.minute <> excluded.minute or m.requests < p_requests_per_minute;
  if not found then
    return jsonb_build_object('retry_after_seconds', ceil(60 - extract(second from v_now))::integer);
  end if;
  update public.account_keys k set last_used_at = v_now
  where k.id = v_key.id and (k.last_used_at is null or k.last_used_at < v_now - interval '1 minute');
  return jsonb_build_object('account_id', v_key.account_id, 'key_id', v_key.id, 'scopes', v_key.scopes,
    'role', private.role_of_scopes(v_key.scopes));
end;
$$;
comment on function private.use_account_key(text, integer) is
  'Counts a request by the key with this hash (SHA-256 in hexadecimal) and returns {account_id, key_id, scopes, role}; role is null for a key that only tracks. Returns null if there is no such key or it has expired or was revoked, and {retry_after_seconds} if it made p_requests_per_minute in this minute.';
grant execute on function private.role_of_scopes, private.use_account_key to service_role;
