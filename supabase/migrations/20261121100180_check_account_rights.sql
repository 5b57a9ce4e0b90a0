-- The one rule for rights. A policy says: an account where the caller is at least this role.
create function private.key_accounts(p_role text) returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select k.account_id from public.account_keys k
    cross join (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as claims) c
    where k.id = (c.claims ->> 'key_id')::uuid and k.account_id = (c.claims ->> 'account_id')::uuid
      and private.role_of_scopes(k.scopes) >= p_role::public.account_role
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
  )
$$;
comment on function private.key_accounts(text) is
  'Returns the account of the key in the claims {key_id, account_id} if its scopes give it at least this role. Definer, because keys are not for their callers to read.';

-- In PL/pgSQL, as what follows: it keeps its plans over the statements of a session, and SQL plans again for each.
create function private.named_account() returns uuid
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(
    nullif(current_setting('modelpick.account_id', true), ''),
    -- Most requests name none: do not parse their headers.
    case when current_setting('request.headers', true) like '%"x-account-id"%' then
      nullif(current_setting('request.headers', true)::jsonb ->> 'x-account-id', '')
    end
  )::uuid;
end;
$$;
comment on function private.named_account() is
  'Returns the account that the transaction''s setting modelpick.account_id or the header x-account-id names; null for none.';

-- Runs once for each table of a statement. The first run takes 65 us (85 when it called named_account()), most of
-- them to prepare the function and its query, a further one 15; auth.uid() takes 60 and 15, most of them in planning.
-- Keeping the array in a setting of the transaction was slower, as parsing 50 ids takes 20 us. A table with one array
-- for each user saved 10 us, and would be a second truth about rights.
create function private.accounts_as(p_role text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user constant uuid := auth.uid();
  v_named text;
  v_accounts uuid[];
begin
  if v_user is null then
    return private.key_accounts(p_role);
  end if;
  -- As named_account().
  v_named := nullif(current_setting('modelpick.account_id', true), '');
  if v_named is null and current_setting('request.headers', true) like '%"x-account-id"%' then
    v_named := nullif(current_setting('request.headers', true)::jsonb ->> 'x-account-id', '');
  end if;
  if v_named is null then
    select array_agg(m.account_id) into v_accounts from public.memberships m
    where m.user_id = v_user and m.role >= p_role::public.account_role;
  else
    select array[m.account_id] into v_accounts from public.memberships m
    where m.account_id = v_named::uuid and m.user_id = v_user and m.role >= p_role::public.account_role;
  end if;
  return coalesce(v_accounts, '{}');
end;
$$;
comment on function private.accounts_as(text) is
  'Returns the accounts in which the caller is at least this role: those of the user of the claims, or only the one that the request names, or else that of the key. Policies call it as (select private.accounts_as(…))::uuid[], so that it runs once a statement. Definer, because memberships are read under a policy that calls it.';

create function private.account_role_of(p_account uuid, p_user uuid) returns text
language sql stable set search_path = '' as $$
  select m.role::text from public.memberships m where m.account_id = p_account and m.user_id = p_user
$$;
comment on function private.account_role_of(uuid, uuid) is
  'Returns the role of a user in an account; null if the user is no member or there is no such account.';

create function private.account_role(p_account uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  if auth.uid() is not null then
    return private.account_role_of(p_account, auth.uid());
  end if;
  return (
    select max(r.role)::text from unnest('{viewer,member,admin}'::public.account_role[]) as r (role)
    where p_account = any (private.key_accounts(r.role::text))
  );
end;
$$;
comment on function private.account_role(uuid) is
  'Returns the role of the caller, a user or a key, in an account; null for none. Definer, for the same reason as accounts_as.';

create function private.require_role(p_account uuid, p_role text) returns void
language plpgsql stable set search_path = '' as $$
declare
  v_role constant public.account_role := private.account_role(p_account);
begin
  if v_role is null then
    raise exception 'there is no such account' using errcode = 'PT404', detail = 'account.not_found';
  end if;
  if v_role < p_role::public.account_role then
    raise exception 'only an account''s % may do this', case p_role when 'owner' then 'owners' else p_role || 's' end
      using errcode = 'PT403', detail = 'account.role_required';
  end if;
end;
$$;
comment on function private.require_role(uuid, text) is
  'Raises PT404 if the caller is no member of the account, and PT403 if their role in it is smaller than p_role. The detail is the code of the problem: account.not_found, account.role_required.';

create function private.acting_account() returns uuid
language sql stable set search_path = '' as $$
  select coalesce(
    private.named_account(),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'account_id')::uuid,
    auth.uid()
  )
$$;
comment on function private.acting_account() is
  'Returns the account for which the caller acts: the one that the request names, that of the key, or else the personal one. A default only: policies check the right to it.';
grant execute on function private.key_accounts, private.named_account, private.accounts_as, private.account_role,
  private.require_role, private.acting_account to authenticated, service_role;
grant execute on function private.account_role_of to service_role;
-- Of the schema private, customers use what policies and defaults call.
grant usage on schema private to authenticated;

-- Also a request that names an account lists all that its user may name.
grant select on public.memberships to authenticated;
create policy "Users read their memberships, viewers those of others" on public.memberships
  for select to authenticated
  using (user_id = (select auth.uid()) or account_id = any ((select private.accounts_as('viewer'))::uuid[]));

grant select, update (name) on public.accounts to authenticated;
create policy "Users and keys read their accounts" on public.accounts
  for select to authenticated
  using (
    id = any ((select private.accounts_as('viewer'))::uuid[])
    or id in (select m.account_id from public.memberships m where m.user_id = (select auth.uid()))
  );
create policy "Admins rename their accounts" on public.accounts
  for update to authenticated using (id = any ((select private.accounts_as('admin'))::uuid[]))
  with check (id = any ((select private.accounts_as('admin'))::uuid[]));

grant select on public.invitations to authenticated;
create policy "Admins read their accounts' invitations" on public.invitations
  for select to authenticated using (account_id = any ((select private.accounts_as('admin'))::uuid[]));

grant select on public.audit_log to authenticated;
create policy "Admins read their accounts' audit log" on public.audit_log
  for select to authenticated using (account_id = any ((select private.accounts_as('admin'))::uuid[]));

-- Not the hash.
grant select (id, account_id, name, prefix, scopes, expires_at, revoked_at, last_used_at, created_by, created_at)
  on public.account_keys to authenticated;
create policy "Admins read their accounts' keys" on public.account_keys
  for select to authenticated using (account_id = any ((select private.accounts_as('admin'))::uuid[]));
