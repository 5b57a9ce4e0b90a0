-- RPCs of accounts. The functions of schema private are definers, because nobody may write these tables, and check
-- the caller's role; those of schema public pass calls on.
create function private.follow_memberships() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    perform private.write_audit(old.account_id, 'member.removed', old.user_id::text,
      jsonb_build_object('role', old.role));
  else
    perform private.write_audit(old.account_id, 'member.role_changed', old.user_id::text,
      jsonb_build_object('from', old.role, 'to', new.role));
  end if;
  -- Whoever may no longer manage keys has seen theirs, and would keep the rights of the account by them.
  if tg_op = 'DELETE' or new.role < 'admin' then
    update public.account_keys k set revoked_at = now()
    where k.account_id = old.account_id and k.created_by = old.user_id and k.revoked_at is null
      and coalesce(current_setting('modelpick.keep_keys', true), '') <> 'on';
  end if;
  return null;
end;
$$;
comment on function private.follow_memberships() is
  'Logs changes of memberships, and revokes the keys that somebody created who is no longer an admin, unless modelpick.keep_keys is on. Definer, because deleting a user reaches memberships only through cascades.';
create trigger memberships_follow after update of role or delete on public.memberships
  for each row execute function private.follow_memberships();

create function private.follow_account_keys() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    perform private.write_audit(new.account_id, 'key.created', new.id::text,
      jsonb_build_object('name', new.name, 'prefix', new.prefix, 'scopes', new.scopes, 'expires_at', new.expires_at));
  else
    perform private.write_audit(new.account_id, 'key.revoked', new.id::text,
      jsonb_build_object('name', new.name, 'prefix', new.prefix));
  end if;
  return null;
end;
$$;
comment on function private.follow_account_keys() is
  'Logs new and revoked keys. Definer, for the same reason as follow_memberships.';
create trigger account_keys_log_created after insert on public.account_keys
  for each row execute function private.follow_account_keys();
create trigger account_keys_log_revoked after update of revoked_at on public.account_keys
  for each row when (old.revoked_at is null and new.revoked_at is not null)
  execute function private.follow_account_keys();

create function private.follow_account_names() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.write_audit(new.id, 'account.renamed', new.id::text,
    jsonb_build_object('from', old.name, 'to', new.name));
  return null;
end;
$$;
comment on function private.follow_account_names() is 'Logs renamed accounts. Definer, because nobody may write the log.';
create trigger accounts_log_renamed after update of name on public.accounts
  for each row when (old.name <> new.name) execute function private.follow_account_names();
grant execute on function private.follow_memberships, private.follow_account_keys, private.follow_account_names
  to service_role;

create function private.require_person() returns uuid
language plpgsql stable set search_path = '' as $$
begin
  if auth.uid() is null then
    raise exception 'only a signed-in user may do this' using errcode = 'PT403', detail = 'auth.user_required';
  end if;
  return auth.uid();
end;
$$;
comment on function private.require_person() is 'Returns the user of the current claims. Raises PT403 for a key.';

create function private.lock_team(p_account uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_account public.accounts;
begin
  select * into v_account from public.accounts a where a.id = p_account for no key update;
  if v_account.personal then
    raise exception 'a personal account has one member' using errcode = 'PT409', detail = 'account.personal';
  end if;
end;
$$;
comment on function private.lock_team(uuid) is
  'Locks a team, so that changes of its people take turns and one owner remains. Raises PT409 for a personal account.';

create function private.check_last_owner(p_account uuid, p_user uuid) returns void
language plpgsql stable set search_path = '' as $$
begin
  if not exists (
    select from public.memberships m where m.account_id = p_account and m.role = 'owner' and m.user_id <> p_user
  ) then
    raise exception 'an account keeps an owner: make somebody else one first'
      using errcode = 'PT409', detail = 'account.last_owner';
  end if;
end;
$$;
comment on function private.check_last_owner(uuid, uuid) is
  'Raises PT409 if the account has no other owner than this user. The caller holds lock_team().';

create function private.open_team(p_name text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user constant uuid := private.require_person();
  v_account public.accounts;
begin
  insert into public.accounts (name) values (p_name) returning * into v_account;
  insert into public.memberships (account_id, user_id, role) values (v_account.id, v_user, 'owner');
  perform private.write_audit(v_account.id, 'account.created', v_account.id::text,
    jsonb_build_object('name', v_account.name));
  return jsonb_build_object('account_id', v_account.id, 'name', v_account.name, 'role', 'owner');
end;
$$;
comment on function private.open_team(text) is 'Implements create_account. Definer, as all functions here.';
create function public.create_account(p_name text) returns jsonb
language sql volatile set search_path = '' as $$
  select private.open_team(p_name)
$$;
comment on function public.create_account(text) is
  'Makes a team whose owner is the caller. Returns {account_id, name, role}.';

create function private.close_team(p_account uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.require_role(p_account, 'owner');
  perform private.lock_team(p_account);
  delete from public.accounts a where a.id = p_account;
end;
$$;
comment on function private.close_team(uuid) is 'Implements delete_account.';
create function public.delete_account(p_account uuid) returns void
language sql volatile set search_path = '' as $$
  select private.close_team(p_account)
$$;
comment on function public.delete_account(uuid) is
  'Owner: deletes a team with all that it owns. HTTP 404: the caller is no member; 403: no owner; 409: a personal account, which is deleted with its user.';

create function private.count_invitation(p_account uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_most constant integer := 50;
  -- Also for a team that is made and deleted each time.
  v_sender constant uuid := coalesce(auth.uid(), (
    select u.id from public.account_keys k join auth.users u on u.id = k.created_by
    where k.id = (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'key_id')::uuid
  ), p_account);
begin
  insert into private.invitation_days as d (sender_id, day, invitations)
  values (v_sender, (now() at time zone 'UTC')::date, 1)
  on conflict (sender_id) do update
  set day = excluded.day, invitations = case when d.day = excluded.day then d.invitations + 1 else 1 end
  where d.day <> excluded.day or d.invitations < v_most;
  if not found then
    raise exception 'you may invite % addresses a day', v_most
      using errcode = 'PT429', detail = 'request.rate_limited', hint = 'The day starts at midnight UTC.';
  end if;
end;
$$;
comment on function private.count_invitation(uuid) is
  'Counts an invitation by the caller, or whoever answers for the key that calls. Raises PT429 after 50 on one day (UTC), so that nobody floods strangers with our e-mails.';

create function private.invite(p_account uuid, p_email text, p_role text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_token constant text := translate(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  v_email constant text := lower(btrim(p_email));
  v_invitation public.invitations;
begin
  -- Nobody gives more than they have.
  perform private.require_role(p_account, greatest(p_role::public.account_role, 'admin')::text);
  perform private.lock_team(p_account);
  if exists (
    select from public.memberships m join auth.users u on u.id = m.user_id
    where m.account_id = p_account and lower(u.email) = v_email
  ) then
    raise exception 'this address belongs to a member' using errcode = 'PT409', detail = 'account.already_member';
  end if;
  perform private.count_invitation(p_account);
  -- A new row, and not the old one changed: the e-mail of each invitation is sent once.
  delete from public.invitations i where i.account_id = p_account and i.email = v_email and i.accepted_at is null;
  insert into public.invitations (account_id, email, role, invited_by)
  values (p_account, v_email, p_role::public.account_role, auth.uid())
  returning * into v_invitation;
  insert into private.invitation_tokens values (sha256(convert_to(v_token, 'UTF8')), v_invitation.id);
  perform private.write_audit(p_account, 'invitation.created', v_invitation.id::text,
    jsonb_build_object('email', v_invitation.email, 'role', v_invitation.role));
  return jsonb_build_object('invitation_id', v_invitation.id, 'account_id', p_account, 'email', v_invitation.email,
    'role', v_invitation.role, 'expires_at', v_invitation.expires_at, 'token', v_token);
end;
$$;
comment on function private.invite(uuid, text, text) is 'Implements invite_member.';
create function public.invite_member(p_account uuid, p_email text, p_role text default 'member') returns jsonb
language sql volatile set search_path = '' as $$
  select private.invite(p_account, p_email, p_role)
$$;
comment on function public.invite_member(uuid, text, text) is
  'Admin, and for an owner an owner: invites an address to a team for 7 days, in place of an open invitation of that address, and e-mails it a link. Returns {invitation_id, account_id, email, role, expires_at, token}. The token is not shown again. HTTP 404, 403: as delete_account; 409: a personal account, or the address of a member; 429: 50 invitations on one day.';

create function private.accept(p_token text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user constant uuid := private.require_person();
  v_invitation public.invitations;
begin
  update public.invitations i set accepted_at = now(), accepted_by = v_user
  where i.id = (select t.invitation_id from private.invitation_tokens t where t.hash = sha256(convert_to(p_token, 'UTF8')))
    and i.accepted_at is null and i.expires_at > now()
    and i.email = (select lower(u.email) from auth.users u where u.id = v_user)
  returning * into v_invitation;
  if not found then
    raise exception 'there is no such open invitation for your address'
      using errcode = 'PT404', detail = 'invitation.not_found';
  end if;
  insert into public.memberships (account_id, user_id, role)
  values (v_invitation.account_id, v_user, v_invitation.role)
  on conflict (account_id, user_id) do nothing;
  perform private.write_audit(v_invitation.account_id, 'invitation.accepted', v_invitation.id::text,
    jsonb_build_object('email', v_invitation.email, 'role', v_invitation.role));
  return jsonb_build_object('account_id', v_invitation.account_id, 'role',
    private.account_role_of(v_invitation.account_id, v_user));
end;
$$;
comment on function private.accept(text) is 'Implements accept_invitation.';
create function public.accept_invitation(p_token text) returns jsonb
language sql volatile set search_path = '' as $$
  select private.accept(p_token)
$$;
comment on function public.accept_invitation(text) is
  'Makes the caller a member of the team that invited their address. Returns {account_id, role}. HTTP 404: the token is unknown, used, revoked, over or for another address.';

create function private.withdraw_invitation(p_invitation uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  select * into v_invitation from public.invitations i where i.id = p_invitation;
  perform private.require_role(v_invitation.account_id, 'admin');
  delete from public.invitations i where i.id = p_invitation and i.accepted_at is null;
  if found then
    perform private.write_audit(v_invitation.account_id, 'invitation.revoked', p_invitation::text,
      jsonb_build_object('email', v_invitation.email));
  end if;
end;
$$;
comment on function private.withdraw_invitation(uuid) is 'Implements revoke_invitation.';
create function public.revoke_invitation(p_invitation uuid) returns void
language sql volatile set search_path = '' as $$
  select private.withdraw_invitation(p_invitation)
$$;
comment on function public.revoke_invitation(uuid) is
  'Admin: deletes an open invitation. An accepted one stays. HTTP 404, 403: as delete_account.';

create function private.change_role(p_account uuid, p_user uuid, p_role text, p_keep_keys boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.account_role;
begin
  -- Without a new role the member is removed. Everybody may leave.
  perform private.require_role(p_account, case when p_role is null and p_user = auth.uid() then 'viewer' else 'admin' end);
  perform private.lock_team(p_account);
  v_role := private.account_role_of(p_account, p_user);
  if v_role is null then
    raise exception 'this user is no member' using errcode = 'PT404', detail = 'member.not_found';
  end if;
  if 'owner' in (v_role::text, p_role) then
    perform private.require_role(p_account, 'owner');
  end if;
  if v_role = 'owner' and p_role is distinct from 'owner' then
    perform private.check_last_owner(p_account, p_user);
  end if;
  perform set_config('modelpick.keep_keys', case when p_keep_keys then 'on' else 'off' end, true);
  if p_role is null then
    delete from public.memberships m where m.account_id = p_account and m.user_id = p_user;
  else
    update public.memberships m set role = p_role::public.account_role
    where m.account_id = p_account and m.user_id = p_user and m.role <> p_role::public.account_role;
  end if;
  perform set_config('modelpick.keep_keys', 'off', true);
  return jsonb_build_object('account_id', p_account, 'user_id', p_user, 'role', p_role);
end;
$$;
comment on function private.change_role(uuid, uuid, text, boolean) is 'Implements set_member_role and remove_member.';
create function public.set_member_role(p_account uuid, p_user uuid, p_role text, p_keep_keys boolean default false)
returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  if p_role is null then
    raise exception 'p_role is missing' using errcode = 'null_value_not_allowed';
  end if;
  return private.change_role(p_account, p_user, p_role, p_keep_keys);
end;
$$;
comment on function public.set_member_role(uuid, uuid, text, boolean) is
  'Admin, and where an owner is concerned an owner: changes a member''s role. Returns {account_id, user_id, role}. Below admin, the keys that the member created are revoked unless p_keep_keys. HTTP 404, 403: as delete_account; 404 also if the user is no member; 409: the last owner, or a personal account.';
create function public.remove_member(p_account uuid, p_user uuid, p_keep_keys boolean default false) returns void
language sql volatile set search_path = '' as $$
  select private.change_role(p_account, p_user, null, p_keep_keys)
$$;
comment on function public.remove_member(uuid, uuid, boolean) is
  'Admin, and for an owner an owner: removes a member. Everybody may leave. The keys that the member created are revoked unless p_keep_keys. HTTP statuses: as set_member_role.';

create function private.open_account_key(p_account uuid, p_name text, p_scopes text[], p_expires_at timestamptz)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_secret constant text := 'mp_' || translate(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  v_key public.account_keys;
begin
  perform private.require_role(p_account, 'admin');
  insert into public.account_keys (account_id, name, prefix, hash, scopes, expires_at, created_by)
  values (p_account, p_name, left(v_secret, 11), sha256(convert_to(v_secret, 'UTF8')), p_scopes, p_expires_at,
    -- Who made a key answers for those that it makes, or they would outlast that person's rights.
    coalesce(auth.uid(), (
      select k.created_by from public.account_keys k
      where k.id = (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'key_id')::uuid
    )))
  returning * into v_key;
  return jsonb_build_object('key_id', v_key.id, 'account_id', p_account, 'name', v_key.name, 'prefix', v_key.prefix,
    'scopes', v_key.scopes, 'expires_at', v_key.expires_at, 'key', v_secret);
end;
$$;
comment on function private.open_account_key(uuid, text, text[], timestamptz) is 'Implements create_account_key.';
create function public.create_account_key(
  p_account uuid, p_name text, p_scopes text[], p_expires_at timestamptz default null
) returns jsonb
language sql volatile set search_path = '' as $$
  select private.open_account_key(p_account, p_name, p_scopes, p_expires_at)
$$;
comment on function public.create_account_key(uuid, text, text[], timestamptz) is
  'Admin: creates a key of an account, which ends at p_expires_at (null: never). Returns {key_id, account_id, name, prefix, scopes, expires_at, key}. The key is not shown again. HTTP 404, 403: as delete_account; 400: scopes other than read, track, run, admin.';

create function private.close_account_key(p_key uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.require_role((select k.account_id from public.account_keys k where k.id = p_key), 'admin');
  update public.account_keys k set revoked_at = now() where k.id = p_key and k.revoked_at is null;
end;
$$;
comment on function private.close_account_key(uuid) is 'Implements revoke_account_key.';
create function public.revoke_account_key(p_key uuid) returns void
language sql volatile set search_path = '' as $$
  select private.close_account_key(p_key)
$$;
comment on function public.revoke_account_key(uuid) is
  'Admin: revokes a key. Its next request is refused. HTTP 404, 403: as delete_account.';

grant execute on function private.open_team, private.close_team, private.invite, private.accept,
  private.withdraw_invitation, private.change_role, private.open_account_key, private.close_account_key,
  public.create_account, public.delete_account, public.invite_member, public.accept_invitation,
  public.revoke_invitation, public.set_member_role, public.remove_member, public.create_account_key,
  public.revoke_account_key to authenticated, service_role;
grant execute on function private.require_person, private.lock_team, private.check_last_owner, private.count_invitation
  to service_role;
