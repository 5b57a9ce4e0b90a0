create function private.find_placeholders(p_body text) returns text[]
language sql immutable strict parallel safe set search_path = '' as $$
  select coalesce(array_agg(f.name order by f.place), '{}')
  from (
    select m.match[1] as name, min(m.place) as place
    -- Lists white space itself, because \s depends on the database's locale and the functions must agree.
    from regexp_matches(p_body, replace('\{\{[_]*([^{}_](?:[^{}]*[^{}_])?)[_]*\}\}', '_',
      '\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'), 'g')
      with ordinality as m (match, place)
    group by m.match[1]
  ) f
$$;
comment on function private.find_placeholders(text) is
  'Returns the fields that a prompt names as {{field}} or {{path.to.field}}, each once, in order of appearance.';
-- Generated columns are computed with the rights of the role that writes the row.
grant execute on function private.find_placeholders(text) to authenticated, service_role;

create table public.prompts (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default private.acting_account() references public.accounts (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  type text not null default 'task' check (type in ('task', 'grader')),
  body text not null check (length(body) between 1 and 100000),
  placeholders text[] not null generated always as (private.find_placeholders(body)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner_id, name)
);
comment on table public.prompts is
  'Prompts of accounts in their current state. Each changed body or type is kept as a row of prompt_versions.';
comment on column public.prompts.type is
  'task: sent to models. grader: used to grade their answers, with {{input}}, {{output}} and {{expected}} in addition to the fields of the row.';
comment on column public.prompts.placeholders is 'Fields named in the body as {{field}}, computed by the database.';

create table public.prompt_versions (
  id uuid primary key default gen_random_uuid(),
  prompt_id uuid not null references public.prompts (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  version integer not null check (version > 0),
  type text not null check (type in ('task', 'grader')),
  body text not null,
  placeholders text[] not null generated always as (private.find_placeholders(body)) stored,
  created_at timestamptz not null default now(),
  unique (prompt_id, version)
);
comment on table public.prompt_versions is
  'All versions of prompts, numbered from 1. They never change, because runs refer to them.';
create index prompt_versions_owner_id_idx on public.prompt_versions (owner_id, created_at desc);

create table public.prompt_labels (
  prompt_id uuid not null references public.prompts (id) on delete cascade,
  label text not null check (label ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  version integer not null,
  owner_id uuid not null default private.acting_account() references public.accounts (id) on delete cascade,
  updated_at timestamptz not null default now(),
  primary key (prompt_id, label),
  foreign key (prompt_id, version) references public.prompt_versions (prompt_id, version) on delete cascade
);
comment on table public.prompt_labels is
  'Names that point to one version of a prompt, such as production and staging. An update moves a label.';
create index prompt_labels_version_idx on public.prompt_labels (prompt_id, version);
create index prompt_labels_owner_id_idx on public.prompt_labels (owner_id);

create function private.keep_prompt_version() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Concurrent saves are serialized by the lock on the prompt's row, which the triggering statement holds.
  insert into public.prompt_versions (prompt_id, owner_id, version, type, body)
  select new.id, new.owner_id,
    coalesce((select max(v.version) from public.prompt_versions v where v.prompt_id = new.id), 0) + 1,
    new.type, new.body;
  return null;
end;
$$;
comment on function private.keep_prompt_version() is
  'Adds the next version of a saved prompt. Definer, because users may not write versions.';
create trigger prompts_keep_first_version after insert on public.prompts
  for each row execute function private.keep_prompt_version();
create trigger prompts_keep_version after update on public.prompts
  for each row when (new.body is distinct from old.body or new.type is distinct from old.type)
  execute function private.keep_prompt_version();
create trigger prompts_touch before update on public.prompts for each row execute function private.touch_updated_at();
create trigger prompt_labels_touch before update on public.prompt_labels
  for each row execute function private.touch_updated_at();

alter table public.prompts enable row level security;
grant select, delete on public.prompts to authenticated;
grant insert (id, owner_id, name, type, body), update (name, type, body) on public.prompts to authenticated;
grant select, insert, update, delete on public.prompts to service_role;
create policy "Viewers read their prompts" on public.prompts
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Members add prompts" on public.prompts
  for insert to authenticated with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Members change their prompts" on public.prompts
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Owners delete their prompts" on public.prompts
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));

alter table public.prompt_versions enable row level security;
grant select on public.prompt_versions to authenticated;
grant select, insert, delete on public.prompt_versions to service_role;
create policy "Viewers read their prompts' versions" on public.prompt_versions
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));

alter table public.prompt_labels enable row level security;
grant select, delete on public.prompt_labels to authenticated;
-- Includes the key columns, because an upsert updates every column that it sends.
grant insert (prompt_id, label, version, owner_id), update (prompt_id, label, version, owner_id)
  on public.prompt_labels to authenticated;
grant select, insert, update, delete on public.prompt_labels to service_role;
create policy "Viewers read their labels" on public.prompt_labels
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
-- The foreign key check bypasses row level security, so the policies check the prompt's owner.
-- Whoever may move a label may remove it.
create policy "Members label their prompts" on public.prompt_labels
  for insert to authenticated with check (
    owner_id = any ((select private.accounts_as('member'))::uuid[])
    and exists (select from public.prompts p where p.id = prompt_id and p.owner_id = prompt_labels.owner_id)
  );
create policy "Members move their labels" on public.prompt_labels
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (
    owner_id = any ((select private.accounts_as('member'))::uuid[])
    and exists (select from public.prompts p where p.id = prompt_id and p.owner_id = prompt_labels.owner_id)
  );
create policy "Members remove their labels" on public.prompt_labels
  for delete to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]));
