-- Schema of the views that the chat may query. SQL that a model wrote runs as chat_reader, which has no
-- other right.
--
-- How to add a table to the chat:
--   1. In a new migration: create view chat.<plural noun> with (security_barrier = true) as
--        select … from public.<table> where owner_id = (select private.chat_account_id());
--      Filter every table that belongs to an account. Written as a sub-select, it is computed once a
--      query and the index on owner_id is used. A table that belongs to nobody, such as a catalogue, has
--      `where (select private.chat_account_id()) is not null`. Name keys after what they identify
--      (<thing>_id), put units into names (_ms, _usd, _percent), cast domains to their base types, and
--      show no account's id. The gate assumes sizes: where no check of the table bounds them, cut names by
--      left(x, 250), and other texts, lists and JSON by private.shorten(). Comment on the view and every
--      column: the model reads the comments. Then grant select on chat.<name> to chat_reader.
--   2. In supabase/tests/10_chat.test.sql: insert a row of the table for each of the two accounts.
--   3. In supabase/functions/_shared/testing/chat_corpus/chat_schema_sample.ts: add the view, for the tests
--      of the gate that use no database.
--   4. In supabase/functions/_shared/chat/examples/: add a few-shot example that reads the view.
--   5. For a new subject only, in supabase/functions/_shared/chat/examples.ts: list its new file.
-- Checks that name a view whose step is missing: 10_chat.test.sql for 1 and 2, tests/chat_gate_test.ts for
-- 3, examples_test.ts beside examples.ts for 4 and 5.
do $$
begin
  -- A role survives the reset of its database.
  if not exists (select from pg_catalog.pg_roles where rolname = 'chat_reader') then
    create role chat_reader nologin noinherit;
  end if;
end;
$$;
comment on role chat_reader is 'Role that SQL of the chat runs as. It reads the views of schema chat and has no other right.';

create schema chat;
comment on schema chat is 'Views that the chat may query, each with the rows of one account. Not exposed by PostgREST.';
grant usage on schema chat to chat_reader;

-- The account of a query is a row that run_chat_query inserts and rolls back. It is neither a setting, which
-- SQL could change, nor a token, which SQL could read. The key is the id of the transaction, which is never
-- used again, and chat_reader has no right to the table.
create unlogged table private.chat_identities (
  transaction_id xid8 primary key default pg_current_xact_id(),
  account_id uuid not null,
  user_id uuid
);
comment on table private.chat_identities is
  'Account whose rows the running chat query reads, and the user who asks (null by a key). Rows are never committed, so other sessions always see an empty table.';
alter table private.chat_identities enable row level security;
grant select, insert, update, delete on private.chat_identities to service_role;
create policy "Workers do everything" on private.chat_identities for all to service_role using (true) with check (true);

create function private.chat_account_id() returns uuid
language sql stable security definer set search_path = '' as $$
  select account_id from private.chat_identities where transaction_id = pg_current_xact_id_if_assigned()
$$;
comment on function private.chat_account_id() is
  'Returns the account whose rows the views of schema chat show in this transaction; null, and so no rows, unless run_chat_query runs. Definer, because chat_reader must not reach the table itself.';
-- A view calls its functions with the rights of its reader. Without a right to schema private, chat_reader
-- cannot call this one by name.
grant execute on function private.chat_account_id() to chat_reader, service_role;

-- The views show no value that is larger than the gate assumes: 10 kB, and 1 kB for a name.
create function private.shorten(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when octet_length(p_text) <= 10000 then p_text
    when octet_length(left(p_text, 10000)) <= 10000 then left(p_text, 10000)
    -- A character has up to four bytes.
    else left(p_text, 2500) end;
end;
$$;
comment on function private.shorten(text) is
  'Returns a text, or its beginning, so that it has at most 10,000 bytes.';

create function private.shorten(p_list text[]) returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when octet_length(p_list::text) <= 10000 then p_list
    else array(select left(v.word, 250) from unnest(p_list[1:9]) with ordinality v (word, place) order by v.place) end;
end;
$$;
comment on function private.shorten(text[]) is
  'Returns a list that takes at most 10,000 bytes as a text: the beginning of a longer one.';

create function private.shorten(p_json jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Each test bounds what the next one takes: a number such as 1e-16383 is written in 16 kB.
  return case when pg_column_size(p_json) > 50000 then null
    when jsonb_path_exists(p_json, 'strict $.** ? (@ > 1e309 || @ < -1e309 || (@ > -1e-309 && @ < 1e-309 && @ != 0))')
      then null
    when octet_length(p_json::text) <= 10000 then p_json
    when jsonb_typeof(p_json) = 'object' then (
      select jsonb_object_agg(f.key, f.value)
      from (
        select key, value from jsonb_each(p_json)
        where octet_length(key) <= 60 and octet_length(value::text) <= 250
        order by key limit 30
      ) f
    ) end;
end;
$$;
comment on function private.shorten(jsonb) is
  'Returns JSON that takes at most 10,000 bytes as a text: up to 30 short fields of a longer object, null for other long values.';
grant execute on function private.shorten(text), private.shorten(text[]), private.shorten(jsonb)
  to chat_reader, service_role;
