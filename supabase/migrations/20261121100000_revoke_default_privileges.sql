-- Nothing is open by default: every grant stands in the migration that creates the object.
alter default privileges in schema public revoke all on tables from public, anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from public, anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from public, anon, authenticated, service_role;
-- `execute` to PUBLIC is a global default that a per-schema revoke does not touch.
alter default privileges revoke execute on functions from public;

create schema private;
comment on schema private is
  'Tables and functions that PostgREST does not expose: the job queue, budgets, payments, secrets access.';
revoke all on schema private from public;
grant usage on schema private to service_role;
