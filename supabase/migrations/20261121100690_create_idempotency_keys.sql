create table private.idempotency_keys (
  owner_id uuid not null references public.accounts (id) on delete cascade,
  endpoint text not null check (endpoint in ('checkout', 'prompt-runs')),
  key text not null check (length(key) between 1 and 255),
  request_hash text not null,
  resource_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (owner_id, endpoint, key)
);
comment on table private.idempotency_keys is
  'Idempotency-Key headers, each with the hash of its request and the report or prompt run that it opened.';
comment on column private.idempotency_keys.resource_id is 'Deleted with the report or prompt run of this id.';
create index idempotency_keys_resource_id_idx on private.idempotency_keys (resource_id);
alter table private.idempotency_keys enable row level security;
grant select, insert, update, delete on private.idempotency_keys to service_role;
create policy "Workers do everything" on private.idempotency_keys
  for all to service_role using (true) with check (true);
