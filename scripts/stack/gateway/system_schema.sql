-- What a hosted project has around the tables of Auth and Storage that @supabase/lite makes.
-- Run as the superuser at each start, after the tables are there; repeating it changes nothing.

-- Columns that seeds and policies written for hosted projects name.
alter table auth.users add column if not exists instance_id uuid;
alter table auth.users add column if not exists is_super_admin boolean;
alter table storage.buckets add column if not exists avif_autodetection boolean default false;

do $$
declare
  name regclass;
begin
  for name in
    select c.oid::regclass from pg_catalog.pg_class c
    where c.relnamespace = 'auth'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table %s owner to supabase_auth_admin', name);
    execute format('alter table %s enable row level security', name);
  end loop;
  for name in
    select c.oid::regclass from pg_catalog.pg_class c
    where c.relnamespace = 'storage'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table %s owner to supabase_storage_admin', name);
    execute format('alter table %s enable row level security', name);
  end loop;
end
$$;

-- Row level security, not the lack of a grant, keeps callers from each other's objects.
grant all on all tables in schema storage to anon, authenticated, service_role;
grant execute on all functions in schema storage to anon, authenticated, service_role, postgres;

-- Policies on storage.objects come with the project's migrations. Hosted lets its owner make them
-- through an extension that we do not have; here membership of the tables' owner does.
grant supabase_storage_admin to postgres;

-- The API reads the schema anew after each change of it. Named as on hosted projects.
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

do $$
begin
  if not exists (select from pg_catalog.pg_event_trigger where evtname = 'pgrst_ddl_watch') then
    create event trigger pgrst_ddl_watch on ddl_command_end
      execute function extensions.pgrst_ddl_watch();
  end if;
  if not exists (select from pg_catalog.pg_event_trigger where evtname = 'pgrst_drop_watch') then
    create event trigger pgrst_drop_watch on sql_drop
      execute function extensions.pgrst_drop_watch();
  end if;
end
$$;
