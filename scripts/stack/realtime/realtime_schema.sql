-- Objects of Realtime on a hosted project: messages that SQL sends, functions for policies on them, and
-- publications. The bootstrap creates the publication `supabase_realtime`.
-- Runs as the superuser at each start. Running it again changes nothing.

create schema if not exists realtime;
grant usage on schema realtime to postgres with grant option;
grant usage on schema realtime to anon, authenticated, service_role, authenticator;
grant usage, create on schema realtime to supabase_realtime_admin;

create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,
  primary key (id, inserted_at)
);
alter table realtime.messages owner to supabase_realtime_admin;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;
create index if not exists messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
  where extension = 'broadcast' and private;

-- Hosted drops the day's partitions after three days.
delete from realtime.messages where inserted_at < now() - interval '3 days';

-- Migrations create policies on realtime.messages. On hosted projects an extension allows that; here the
-- owner is a member of the table's role instead.
grant supabase_realtime_admin to postgres;

create or replace function realtime.topic() returns text
language sql stable
as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;
comment on function realtime.topic() is 'Topic whose channel is being joined or sent to.';

create or replace function realtime.send(
  payload jsonb, event text, topic text, private boolean default true
) returns void
language plpgsql
as $$
declare
  message_id uuid := gen_random_uuid();
begin
  -- A message that cannot be sent must not roll back the work that it reports.
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (
      message_id,
      case when payload ? 'id' then payload else jsonb_set(payload, '{id}', to_jsonb(message_id)) end,
      event, topic, private, 'broadcast'
    );
  exception when others then
    raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;
comment on function realtime.send(jsonb, text, text, boolean) is
  'Sends a message to the channels of a topic when the transaction commits.';

create or replace function realtime.send_binary(
  payload bytea, event text, topic text, private boolean default true
) returns void
language plpgsql
as $$
begin
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (binary_payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW'
) returns void
language plpgsql
as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  elsif operation not in ('INSERT', 'UPDATE', 'DELETE') then
    raise exception 'Unexpected operation type: %', operation;
  end if;
  perform realtime.send(
    jsonb_build_object(
      'old_record', old, 'record', new, 'operation', operation,
      'table', table_name, 'schema', table_schema
    ),
    event_name, topic_name
  );
end
$$;

-- The rest exists only in this server.

create or replace function realtime.insert_probe(topic text) returns uuid
language sql security definer set search_path = ''
as $$
  insert into realtime.messages (topic, extension) values (topic, 'broadcast') returning id
$$;
comment on function realtime.insert_probe(text) is
  'Inserts a message that the caller then reads with the rights of a joining client and rolls back.';

create or replace function realtime.list_visible_rows(entity regclass, keys jsonb, callers jsonb)
returns table (caller integer, visible integer[], problem text)
language plpgsql
as $$
declare
  qualified_name text;
  key_names text;
  key_matches text;
  candidates text;
  asking record;
begin
  select format('%I.%I', n.nspname, c.relname) into strict qualified_name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.oid = entity;
  select
    string_agg(format('k%s', k.place), ', ' order by k.place),
    string_agg(
      format('t.%I = c.k%s::%s', a.attname, k.place, format_type(a.atttypid, null)), ' and ' order by k.place
    )
  into key_names, key_matches
  from pg_catalog.pg_constraint p
  cross join unnest(p.conkey) with ordinality k (attnum, place)
  join pg_catalog.pg_attribute a on a.attrelid = entity and a.attnum = k.attnum
  where p.conrelid = entity and p.contype = 'p';
  select string_agg(format('(%s, %s)', r.place - 1, v.literals), ', ') into candidates
  from jsonb_array_elements(keys) with ordinality r (key, place)
  cross join lateral (
    select string_agg(quote_literal(value), ', ' order by place) as literals
    from jsonb_array_elements_text(r.key) with ordinality e (value, place)
  ) v;

  if exists (select from pg_catalog.pg_prepared_statements where name = 'list_visible_rows') then
    deallocate list_visible_rows;
  end if;
  -- Planned once for all callers of a role, because only claims and places differ. `offset 0` makes
  -- Postgres look the rows up by key first; otherwise it checks the policies on every row of a small table.
  perform set_config('plan_cache_mode', 'force_generic_plan', true);
  execute format(
    'prepare list_visible_rows (integer[]) as
       select array_agg(c.place) from (values %s) c (place, %s)
       cross join lateral (select from %s t where %s offset 0) r
       where $1 is null or c.place = any ($1)',
    candidates, key_names, qualified_name, key_matches
  );
  for asking in
    select number, role, claims, places
    from jsonb_to_recordset(callers) as c (number integer, role text, claims text, places integer[])
    order by role
  loop
    caller := asking.number;
    problem := null;
    begin
      perform set_config('request.jwt.claims', asking.claims, true),
        set_config('role', asking.role, true);
      execute format('execute list_visible_rows (%L)', asking.places) into visible;
    exception when others then
      visible := null;
      problem := sqlerrm;
    end;
    perform set_config('role', 'none', true);
    if visible is not null or problem is not null then
      return next;
    end if;
  end loop;
end
$$;
comment on function realtime.list_visible_rows(regclass, jsonb, jsonb) is
  'Returns for each caller which of the rows with these primary keys are visible now. Runs as authenticator, '
  'so that a caller can only get a role of the API. A policy that fails shows nothing.';

do $$
declare
  name regprocedure;
begin
  for name in
    select p.oid::regprocedure from pg_catalog.pg_proc p where p.pronamespace = 'realtime'::regnamespace
  loop
    execute format('alter function %s owner to supabase_realtime_admin', name);
  end loop;
  if not exists (
    select from pg_catalog.pg_publication where pubname = 'supabase_realtime_messages_publication'
  ) then
    create publication supabase_realtime_messages_publication for table realtime.messages
      with (publish = 'insert');
  end if;
end
$$;

revoke execute on function realtime.insert_probe(text),
  realtime.list_visible_rows(regclass, jsonb, jsonb) from public;
grant execute on function realtime.insert_probe(text),
  realtime.list_visible_rows(regclass, jsonb, jsonb) to authenticator;
