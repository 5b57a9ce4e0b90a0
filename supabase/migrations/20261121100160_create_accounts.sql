-- Every row that belongs to somebody belongs to an account. A user has a personal account of the same id, and may
-- share others, the teams.
create type public.account_role as enum ('viewer', 'member', 'admin', 'owner');
comment on type public.account_role is
  'Role of a user in an account. Each may also do what the roles before it may: viewers read; members write, run and spend; admins manage people, keys, budgets and sharing; owners delete and pay.';

create table public.accounts (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(btrim(name)) between 1 and 200),
  personal boolean not null default false,
  user_id uuid unique generated always as (case when personal then id end) stored
    references auth.users (id) on delete cascade,
  created_at timestamptz not null default now()
);
comment on table public.accounts is
  'What owns rows, keys and budgets: the personal account of a user, or a team. owner_id everywhere is the id of an account.';
comment on column public.accounts.personal is 'True for the account of a single user, whose id it has. It has no other members.';
comment on column public.accounts.user_id is 'User whose personal account it is, and with whom it is deleted; null for a team.';

create table public.memberships (
  account_id uuid not null references public.accounts (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role public.account_role not null,
  created_at timestamptz not null default now(),
  primary key (account_id, user_id)
);
comment on table public.memberships is 'Users of accounts with their roles. A user owns their personal account.';
-- Read by every policy, once a statement.
create index memberships_user_id_idx on public.memberships (user_id, role) include (account_id);

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  email text not null check (email = lower(email) and email like '%_@_%' and length(email) <= 320),
  role public.account_role not null,
  invited_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  accepted_by uuid,
  check ((accepted_at is null) = (accepted_by is null))
);
comment on table public.invitations is
  'Invitations to teams, each for one address. Accepted once, by the user with that address who presents the token.';
comment on column public.invitations.invited_by is 'User who invited; null if a key did. No foreign key, so that it outlives the user.';
comment on column public.invitations.accepted_by is 'User who accepted. No foreign key, so that it outlives the user.';
create unique index invitations_open_idx on public.invitations (account_id, email) where accepted_at is null;
create index invitations_account_id_idx on public.invitations (account_id, created_at desc);

create table private.invitation_tokens (
  hash bytea primary key,
  invitation_id uuid not null references public.invitations (id) on delete cascade
);
comment on table private.invitation_tokens is
  'SHA-256 of the tokens that open an invitation: the one that whoever invites is shown once, and that of each try to e-mail it.';
create index invitation_tokens_invitation_id_idx on private.invitation_tokens (invitation_id);

create table private.invitation_days (
  sender_id uuid primary key references public.accounts (id) on delete cascade,
  day date not null,
  invitations integer not null
);
comment on table private.invitation_days is
  'How many addresses somebody invited on the last day (UTC) on which they did: invitations are e-mailed to whoever they name.';
comment on column private.invitation_days.sender_id is
  'The user, by the id of their personal account, or the account whose key invited, if nobody answers for the key.';

create table public.audit_log (
  id bigint generated always as identity primary key,
  account_id uuid not null references public.accounts (id) on delete cascade,
  at timestamptz not null default now(),
  user_id uuid,
  key_id uuid,
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
  subject text not null,
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object')
);
comment on table public.audit_log is
  'Changes of an account''s people, keys, sharing and budgets, and deletions: who, when, and by which key. Never changed.';
comment on column public.audit_log.user_id is 'User who did it; null for a key and for the operator. No foreign key, so that it outlives the user.';
comment on column public.audit_log.key_id is 'Account key by which it was done.';
comment on column public.audit_log.action is 'What was done, as subject.verb: member.removed, key.revoked, prompts.deleted.';
comment on column public.audit_log.subject is 'Id of what it was done to.';
create index audit_log_account_id_idx on public.audit_log (account_id, at desc, id desc);

create function private.write_audit(p_account uuid, p_action text, p_subject text, p_details jsonb default '{}')
returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.audit_log (account_id, user_id, key_id, action, subject, details)
  select p_account, auth.uid(),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'key_id')::uuid,
    p_action, p_subject, p_details
  -- The log of an account is deleted with it, also while its rows are.
  where exists (select from public.accounts a where a.id = p_account)
$$;
comment on function private.write_audit(uuid, text, text, jsonb) is
  'Adds a row to the audit log, by the user or the key of the current claims. Definer, because nobody may write the log otherwise.';

create function private.open_personal_account() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.accounts (id, name, personal) values (new.id, 'Personal', true);
  insert into public.memberships (account_id, user_id, role) values (new.id, new.id, 'owner');
  return null;
end;
$$;
comment on function private.open_personal_account() is
  'Gives a new user a personal account. Definer, because the auth service has no right to accounts.';
grant execute on function private.write_audit, private.open_personal_account to service_role;
create trigger users_open_account after insert on auth.users
  for each row execute function private.open_personal_account();
insert into public.accounts (id, name, personal) select id, 'Personal', true from auth.users;
insert into public.memberships (account_id, user_id, role) select id, id, 'owner' from auth.users;

do $$
declare relation text;
begin
  foreach relation in array array['accounts', 'memberships', 'invitations', 'audit_log'] loop
    execute format('alter table public.%I enable row level security', relation);
    execute format('grant select, insert, update, delete on public.%I to service_role', relation);
  end loop;
end;
$$;
alter table private.invitation_tokens enable row level security;
grant select, insert, update, delete on private.invitation_tokens to service_role;
create policy "Workers do everything" on private.invitation_tokens
  for all to service_role using (true) with check (true);
alter table private.invitation_days enable row level security;
grant select, insert, update, delete on private.invitation_days to service_role;
create policy "Workers do everything" on private.invitation_days
  for all to service_role using (true) with check (true);
