-- Completes the tables of Auth and Storage, which @supabase/lite creates, to match a hosted project.
-- Runs as the superuser at each start, after the tables exist. Running it again changes nothing.

-- Columns that seeds and policies of hosted projects use.
alter table auth.users add column if not exists instance_id uuid;
alter table auth.users add column if not exists is_super_admin boolean;
alter table storage.buckets add column if not exists avif_autodetection boolean default false;

do $$
declare
  service record;
begin
  for service in
    select c.oid::regclass as table_name, format('supabase_%s_admin', n.nspname) as owner
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('auth', 'storage') and c.relkind in ('r', 'p')
  loop
    execute format('alter table %s owner to %I', service.table_name, service.owner);
    execute format('alter table %s enable row level security', service.table_name);
  end loop;
end
$$;

-- Row level security, not missing grants, separates the callers' objects.
grant all on all tables in schema storage to anon, authenticated, service_role;
grant execute on all functions in schema storage to anon, authenticated, service_role, postgres;

-- Migrations create policies on storage.objects. On hosted projects an extension allows that; here the
-- owner is a member of the tables' role instead.
grant supabase_storage_admin to postgres;

-- The API reloads the schema after each change. The names are those of hosted projects.
create or replace function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql
as $$
begin
  if exists (
    select from pg_event_trigger_ddl_commands() c where c.schema_name is distinct from 'pg_temp'
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

create or replace function extensions.pgrst_drop_watch() returns event_trigger
language plpgsql
as $$
begin
  if exists (select from pg_event_trigger_dropped_objects() d where not d.is_temporary) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

drop event trigger if exists pgrst_ddl_watch;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
drop event trigger if exists pgrst_drop_watch;
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
