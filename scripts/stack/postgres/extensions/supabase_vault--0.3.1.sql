-- The SQL interface of supabase_vault 0.3.1. The real extension keeps its key outside the database. Here
-- the key is in a table that only the security definer functions can read. That hides secrets from a plain
-- `select`, but not from somebody with the data directory: these are the keys of a local stack.

create table vault._key (key bytea not null);
insert into vault._key (key) values (extensions.gen_random_bytes(32));

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea not null,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create function vault._encrypt(secret text, nonce bytea) returns text
language sql stable strict security definer
set search_path = ''
as $$
  select encode(extensions.encrypt_iv(convert_to(secret, 'UTF8'), key, nonce, 'aes'), 'base64')
  from vault._key
$$;

create function vault._decrypt(secret text, nonce bytea) returns text
language sql stable strict security definer
set search_path = ''
as $$
  select convert_from(extensions.decrypt_iv(decode(secret, 'base64'), key, nonce, 'aes'), 'UTF8')
  from vault._key
$$;

create view vault.decrypted_secrets as
select
  id,
  name,
  description,
  secret,
  vault._decrypt(secret, nonce) as decrypted_secret,
  key_id,
  nonce,
  created_at,
  updated_at
from vault.secrets;

create function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  new_key_id uuid default null
) returns uuid
language sql security definer
set search_path = ''
as $$
  insert into vault.secrets (secret, nonce, name, description, key_id)
  select vault._encrypt(new_secret, fresh.nonce), fresh.nonce, new_name, new_description, new_key_id
  from (select extensions.gen_random_bytes(16) as nonce) as fresh
  returning id
$$;

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
) returns void
language sql security definer
set search_path = ''
as $$
  update vault.secrets as kept
  set
    secret = coalesce(vault._encrypt(new_secret, fresh.nonce), kept.secret),
    nonce = case when new_secret is null then kept.nonce else fresh.nonce end,
    name = coalesce(new_name, kept.name),
    description = coalesce(new_description, kept.description),
    key_id = coalesce(new_key_id, kept.key_id),
    updated_at = now()
  from (select extensions.gen_random_bytes(16) as nonce) as fresh
  where kept.id = secret_id
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant execute on function vault.create_secret, vault.update_secret, vault._decrypt
  to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret, vault.update_secret, vault._decrypt to service_role;
