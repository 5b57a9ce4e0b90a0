-- Sets up a database as Supabase does before a project's owner first connects.
-- Runs once in a new cluster as the superuser supabase_admin. The result is kept as a template.

-- Role of the owner, not a superuser, as on hosted Supabase.
create role postgres with login createdb createrole replication bypassrls password 'postgres';

-- Roles of the API.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator with login noinherit password 'postgres';
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend, pg_checkpoint, pg_create_subscription
  to postgres with admin option;
-- As supautils allows. Restoring data without its triggers needs it.
grant set on parameter session_replication_role to postgres;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

-- Roles of the services. One server does the work of all of them here, but SQL may name them.
create role supabase_auth_admin with login noinherit createrole password 'postgres';
create role supabase_storage_admin with login noinherit createrole password 'postgres';
create role supabase_functions_admin with login noinherit createrole password 'postgres';
create role supabase_realtime_admin nologin noinherit;
create role supabase_replication_admin with login replication password 'postgres';
create role supabase_read_only_user with login bypassrls password 'postgres';
create role dashboard_user nologin createdb createrole replication;
grant pg_read_all_data to supabase_read_only_user;
grant anon, authenticated, service_role to supabase_storage_admin;

alter database postgres owner to postgres;
alter database postgres set search_path to "$user", public, extensions;
alter role supabase_admin set search_path to public, extensions;
alter role supabase_auth_admin set search_path to auth;
alter role supabase_storage_admin set search_path to storage;

grant usage on schema public to postgres, anon, authenticated, service_role;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

create schema vault;
create extension if not exists supabase_vault with schema vault;

create schema auth authorization supabase_auth_admin;
grant usage on schema auth to postgres with grant option;
grant usage on schema auth to anon, authenticated, service_role;

create schema storage authorization supabase_storage_admin;
grant usage on schema storage to postgres with grant option;
grant usage on schema storage to anon, authenticated, service_role;

create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;
