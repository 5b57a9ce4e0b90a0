create function private.read_as_chat_reader(p_sql text, p_max_rows integer, p_max_bytes integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_cursor refcursor;
  v_record record;
  v_names text[];
  v_types text[];
  v_row text;
  v_rows jsonb[] := '{}';
  v_bytes bigint := 0;
  v_truncated boolean := false;
  v_is_ended boolean := false;
  v_foreign text;
  -- Asks the function behind pg_locks, since reading the view would lock it.
  v_locked constant oid[] := array(
    select relation from pg_lock_status() where pid = pg_backend_pid() and locktype = 'relation'
  );
begin
  -- A cursor also accepts EXPLAIN, whose estimates depend on all users' rows, and SHOW.
  if p_sql !~* '^(\s|--[^\n\r]*[\n\r]|/\*([^*/]|\*(?!/)|/(?!\*))*\*/)*(select|with|values|table|\()' then
    raise exception 'only a query can be run' using errcode = 'invalid_cursor_definition';
  end if;
  perform
    -- Unqualified names are those of the views, and of the aggregates that bound what they collect.
    set_config('search_path', 'chat, chat_aggregates, pg_catalog, pg_temp', true),
    set_config('transaction_read_only', 'on', true),
    set_config('lock_timeout', '1s', true),
    -- Most queries aggregate: plan for all rows, and do not compile a query that takes a second.
    set_config('cursor_tuple_fraction', '1', true),
    set_config('jit', 'off', true),
    -- For a sort of one column Postgres 17 counts 24 bytes a row, and not its value: this keeps 2,730 rows at most.
    set_config('work_mem', '64kB', true),
    set_config('hash_mem_multiplier', '1', true),
    set_config('max_parallel_workers_per_gather', '0', true),
    -- Hash tables of equal keys, and of groups that collect values, grow beyond work_mem.
    set_config('enable_hashjoin', 'off', true),
    set_config('enable_hashagg', 'off', true),
    set_config('enable_memoize', 'off', true),
    -- Trying all orders of 7 relations with 150 conditions took 257 MB and 3.6 s, which no timeout ends.
    set_config('geqo_threshold', '6', true),
    set_config('geqo_effort', '2', true);
  -- Only a superuser may set it, or grant that: "grant set on parameter temp_file_limit to chat_reader".
  if has_parameter_privilege('temp_file_limit', 'set') then
    perform set_config('temp_file_limit', '256MB', true);
  end if;
  -- Opening a cursor refuses a second statement and anything that writes.
  open v_cursor no scroll for execute p_sql;
  -- The only way to read the types of a query without running it again. Elements are in the order of the
  -- columns, and only attribute values contain quotation marks.
  select array_agg(coalesce(format_type(to_regtype(t.name), null), t.name) order by e.place) into v_types
  from regexp_matches(
    split_part(cursor_to_xmlschema(v_cursor, false, false, '')::text, '<xsd:complexType name="RowType">', 2),
    '<xsd:element name="[^"]*" type="([^"]*)" minOccurs="0">', 'g'
  ) with ordinality as e (match, place)
  cross join lateral (
    select case when e.match[1] ~ '^(UDT|Domain)\.' then regexp_replace(e.match[1], '^\w+\.[^.]*\.(pg_catalog\.)?', '')
      else replace(replace(lower(e.match[1]), '_wtz', 'tz'), 'double', 'double precision') end as name
  ) t;
  loop
    -- Extensions grant tables to every role, pg_net its queue for one. What a query reads is locked from its
    -- opening on, so this refuses it before an error can quote a row; a function may read more until the end.
    if v_names is null or v_is_ended then
      select string_agg(r.identity, ', ' order by r.identity) into v_foreign
      from pg_lock_status() l cross join lateral pg_identify_object('pg_class'::regclass, l.relation, 0) r
      where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.relation <> all (v_locked)
        -- Views of chat read public and private, where chat_reader has no right of its own.
        and r.type <> 'index' and r.schema not in ('chat', 'public', 'private', 'pg_toast');
      if v_foreign is not null then
        raise exception 'only views of schema chat may be read, not %', v_foreign using errcode = 'insufficient_privilege';
      end if;
    end if;
    exit when v_is_ended;
    fetch v_cursor into v_record;
    v_is_ended := not found;
    if v_names is null then
      v_names := array(select json_object_keys(row_to_json(v_record)));
    end if;
    continue when v_is_ended;
    v_truncated := cardinality(v_rows) >= p_max_rows or v_bytes + pg_column_size(v_record) > p_max_bytes;
    if not v_truncated then
      v_row := row_to_json(v_record)::text;
      v_bytes := v_bytes + octet_length(v_row);
      v_truncated := v_bytes > p_max_bytes;
    end if;
    v_is_ended := v_truncated;
    continue when v_is_ended;
    v_rows := v_rows || (
      select coalesce(jsonb_agg(c.value order by c.place), '[]')
      from json_each(v_row::json) with ordinality as c (name, value, place)
    );
  end loop;
  return jsonb_build_object(
    'columns', (
      select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'type', c.type)), '[]')
      from unnest(v_names, v_types) as c (name, type)
    ),
    'rows', to_jsonb(v_rows), 'row_count', cardinality(v_rows), 'truncated', v_truncated
  );
end;
$$;
comment on function private.read_as_chat_reader(text, integer, integer) is
  'Runs one query and returns {columns: [{name, type}], rows: [[value]], row_count, truncated}. Definer, owned by chat_reader: the query has the rights of that role, and Postgres allows no change of role inside a definer''s function. Only run_chat_query calls it, and undoes whatever it did.';
-- Not even its owner may call it, so that no query runs inside a query.
revoke execute on function private.read_as_chat_reader(text, integer, integer) from current_user;
-- To change the owner of a function, one must be a member of the new owner, which needs create on the schema.
grant chat_reader to current_user;
grant create on schema private to chat_reader;
alter function private.read_as_chat_reader(text, integer, integer) owner to chat_reader;
revoke create on schema private from chat_reader;

create function private.reset_chat_session() returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_unlock_all(),
    setseed(('x' || left(replace(gen_random_uuid()::text, '-', ''), 8))::bit(32)::integer / 2147483648.0)
$$;
comment on function private.reset_chat_session() is
  'Releases the session''s advisory locks and sets the state of random(), which no rollback undoes. Nor does one undo a logical message in the write-ahead log, which nothing here reads.';

create function public.run_chat_query(
  p_account uuid, p_sql text, p_max_rows integer default 500, p_max_bytes integer default 262144,
  p_timeout_ms integer default 5000, p_user uuid default null
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_started_at constant timestamptz := clock_timestamp();
  v_timeout_ms constant numeric := 1000 * extract(epoch from current_setting('statement_timeout')::interval);
  v_result jsonb;
begin
  -- A timeout that is set here would not apply to the statement that is already running.
  if v_timeout_ms = 0 or v_timeout_ms > p_timeout_ms then
    raise exception 'statement_timeout must be set to % ms or less before the statement', p_timeout_ms
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if octet_length(p_sql) > 8192 then
    raise exception 'a query has at most 8 kB' using errcode = 'program_limit_exceeded';
  end if;
  begin
    begin
      insert into private.chat_identities (account_id, user_id) values (p_account, p_user);
      v_result := private.read_as_chat_reader(p_sql, least(p_max_rows, 500), least(p_max_bytes, 262144));
      -- Undoes the identity, settings, notifications and whatever else the query did.
      raise exception using errcode = 'MP001';
    exception when query_canceled or assert_failure or others then
      perform private.reset_chat_session();
      if sqlstate <> 'MP001' or v_result is null then
        raise;
      end if;
    end;
  exception when query_canceled then
    -- Who cancels signals the process and its group, and so the process twice. On a busy machine the second
    -- signal comes while the first is handled above.
    perform private.reset_chat_session();
    raise;
  end;
  return v_result || jsonb_build_object('duration_ms',
    ceil(1000 * extract(epoch from clock_timestamp() - v_started_at))::integer);
end;
$$;
comment on function public.run_chat_query(uuid, text, integer, integer, integer, uuid) is
  'Runs a query that a model wrote over the views of schema chat, for an account in which the caller has authenticated the user (p_user; null for a key). Returns {columns: [{name, type}], rows: [[value]], row_count, truncated, duration_ms}: at most 500 rows and 256 kB; truncated is true if there were more. Whatever else the query does is undone. The caller must set statement_timeout to at most p_timeout_ms in a statement before this one or for its session; otherwise 55000 is raised. Needs a transaction that may write, and releases the session''s advisory locks. A query can end its own session (exit_on_error, transaction_timeout), so callers must reconnect. Errors keep their SQLSTATE; their messages may quote rows.';
grant execute on function private.read_as_chat_reader, private.reset_chat_session, public.run_chat_query
  to service_role;
