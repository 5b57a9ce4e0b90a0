insert into private.job_kinds (kind, function_name) values ('invitation_email', 'email-worker');

create function private.email_invitation() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- In the transaction of the invitation: both exist or neither does. The job holds no token, see open_invitation.
  insert into private.job_queue (kind, payload, dedupe_key)
  values ('invitation_email', jsonb_build_object('invitation_id', new.id), new.id::text);
  perform private.invoke_function('email-worker');
  return null;
end;
$$;
comment on function private.email_invitation() is
  'Queues the e-mail of a new invitation. Definer, because roles that write invitations have no rights on the queue.';
create trigger invitations_email after insert on public.invitations
  for each row execute function private.email_invitation();

create function private.open_invitation(p_invitation uuid, p_token_hash text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  -- A replaced or revoked invitation waits here until it is gone.
  select * into v_invitation from public.invitations i
  where i.id = p_invitation and i.accepted_at is null and i.expires_at > now()
  for no key update;
  if not found then
    return null;
  end if;
  insert into private.invitation_tokens values (decode(p_token_hash, 'hex'), p_invitation);
  return jsonb_build_object(
    'invitation_id', v_invitation.id, 'email', v_invitation.email, 'role', v_invitation.role,
    'expires_at', v_invitation.expires_at,
    'account_name', (select a.name from public.accounts a where a.id = v_invitation.account_id),
    'inviter', (select u.email from auth.users u where u.id = v_invitation.invited_by)
  );
end;
$$;
comment on function private.open_invitation(uuid, text) is
  'Lets one more token, of which it is given the SHA-256 in hexadecimal, open an invitation, and returns {invitation_id, email, role, expires_at, account_name, inviter} for the e-mail that holds the token; null if the invitation is accepted, over or gone. The e-mail worker makes a token for each try, so that none is stored; any of them may be in the e-mail that arrives. Definer, because auth.users is closed to service_role''s own grants.';
grant execute on function private.email_invitation, private.open_invitation to service_role;
