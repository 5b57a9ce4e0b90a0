-- What the chat may ask. SQL that a model wrote runs as chat_reader, which has no other right anywhere.
--
-- How a later migration adds a relation:
--   1. create view chat.<plural noun a person would say> with (security_barrier = true) as
--        select … from public.<table> where owner_id = (select private.chat_user_id());
--      The filter stands in every table of the view that belongs to a user, as a sub-select, so that it
--      is computed once a query and serves the index on owner_id. What belongs to nobody, such as a
--      catalogue, has `where (select private.chat_user_id()) is not null`.
--   2. Keys are named after what they identify (<thing>_id) wherever they stand, units are in the names
--      (_ms, _usd, _percent), domains are cast to their base types. Nobody's user id is shown.
--   3. comment on the view and on each column: they are what the model is told.
--   4. grant select on chat.<name> to chat_reader;
--   5. rows for both users in supabase/tests/10_chat.test.sql, which finds every view in the catalog and
--      fails for one that shows another's rows, or has none to show.
do $$
begin
  -- Roles outlive a database that is reset.
  if not exists (select from pg_catalog.pg_roles where rolname = 'chat_reader') then
    create role chat_reader nologin noinherit;
  end if;
end;
$$;
comment on role chat_reader is 'Whom SQL of the chat runs as: it reads the views of schema chat and has no other right.';

create schema chat;
comment on schema chat is
  'Views of what the chat may be asked, each of one user''s rows. Not exposed by PostgREST.';
grant usage on schema chat to chat_reader;

-- Whose rows a query sees is neither a setting, which SQL could change, nor a token, which it could read:
-- it is a row that run_chat_query writes and takes back. Under the transaction's own number nobody else
-- sees it, chat_reader has no right to the table, and no number ever comes again.
create unlogged table private.chat_identities (
  transaction_id xid8 primary key default pg_current_xact_id(),
  user_id uuid not null
);
comment on table private.chat_identities is
  'As whom the running chat query reads. Never committed: to everybody else the table is always empty.';
alter table private.chat_identities enable row level security;
grant select, insert, update, delete on private.chat_identities to service_role;
create policy "Workers do everything" on private.chat_identities
  for all to service_role using (true) with check (true);

create function private.chat_user_id() returns uuid
language sql stable security definer set search_path = '' as $$
  select user_id from private.chat_identities where transaction_id = pg_current_xact_id_if_assigned()
$$;
comment on function private.chat_user_id() is
  'Whose rows the views of schema chat show in this transaction; null, and so none, unless run_chat_query runs. Definer, for chat_reader must not reach the table itself.';
-- A view's functions are called with the rights of whoever reads it; without a right to the schema
-- chat_reader cannot call it by its name.
grant execute on function private.chat_user_id() to chat_reader, service_role;
