-- Aggregates that put the values of many rows into one. Postgres' own keep all of them in memory, which
-- neither work_mem nor a timeout bounds: ten million rows take a gigabyte in two seconds. These hide them
-- from queries of the chat, whose search_path has them before pg_catalog, and collect no more than an answer
-- may hold. Results are those of Postgres' own. They are collected as text, because only a superuser may
-- create an aggregate with an internal state, and copying a text for each row is cheap up to this size:
-- 30,000 rows take 0.2 s.
create schema chat_aggregates;
comment on schema chat_aggregates is
  'Aggregates, and a type jsonb, that queries of the chat use instead of Postgres'' own. Not exposed by PostgREST.';
grant usage on schema chat_aggregates to chat_reader;

-- Postgres writes all digits of a number: 1e131000, 8 bytes in a text, takes 131 kB when JSON that was read from
-- it is written. The gate counts 7 bytes for each byte that is read, and 4 for each of 100 levels in jsonb_pretty.
create domain chat_aggregates.jsonb as pg_catalog.jsonb check (
  not jsonb_path_exists(value, 'strict $.** ? (@ > 1e30 || @ < -1e30 || (@ > -1e-30 && @ < 1e-30 && @ != 0))')
  and not jsonb_path_exists(value, 'strict $.**{100}')
);
comment on domain chat_aggregates.jsonb is
  'JSON that a query of the chat reads from a text: its numbers lie between 1e-30 and 1e30, and it is at most 99 levels deep.';

create function chat_aggregates.refuse() returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'one value collects at most 256 kB: filter or limit the rows, or shorten their texts by left()'
    using errcode = 'program_limit_exceeded';
end;
$$;
comment on function chat_aggregates.refuse() is 'Raises 54000: a value has collected more than 256 kB.';

-- Each row copies what is collected three times: as it grows, out of the function and into the aggregate.
-- The common functions call no other to collect, which would copy it once more and take 1.7 times as long.
create function chat_aggregates.collect_text(p_state text, p_value text, p_separator text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if octet_length(p_state) > 262144 then
    perform chat_aggregates.refuse();
  end if;
  return coalesce(p_state || coalesce(p_separator || p_value, p_value), p_state, p_value);
end;
$$;
comment on function chat_aggregates.collect_text(text, text, text) is 'Adds a text to those of string_agg.';

create function chat_aggregates.collect_element(p_state text, p_value anynonarray) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_element constant text := coalesce('"' || replace(replace(p_value::text, '\', '\\'), '"', '\"') || '"', 'NULL');
begin
  if octet_length(p_state) > 262144 then
    perform chat_aggregates.refuse();
  end if;
  return coalesce(p_state || (',' || v_element), v_element);
end;
$$;
comment on function chat_aggregates.collect_element(text, anynonarray) is 'Adds an element to those of array_agg.';

create function chat_aggregates.collect_array(p_state text, p_value anyarray) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if cardinality(p_value) > 0 then
    return chat_aggregates.collect_text(p_state, p_value::text, ',');
  end if;
  raise exception 'cannot accumulate null or empty arrays' using errcode = 'array_subscript_error';
end;
$$;
comment on function chat_aggregates.collect_array(text, anyarray) is 'Adds an array to those of array_agg.';

create function chat_aggregates.collect_json(p_state text, p_value anyelement) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_element constant text := coalesce(to_json(p_value)::text, 'null');
begin
  if octet_length(p_state) > 262144 then
    perform chat_aggregates.refuse();
  end if;
  return coalesce(p_state || (', ' || v_element), v_element);
end;
$$;
comment on function chat_aggregates.collect_json(text, anyelement) is 'Adds a value to those of json_agg and jsonb_agg.';

create function chat_aggregates.collect_json_strict(p_state text, p_value anyelement) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case when p_value is null then p_state else chat_aggregates.collect_json(p_state, p_value) end;
end;
$$;
comment on function chat_aggregates.collect_json_strict(text, anyelement) is 'Adds a value unless it is null.';

create function chat_aggregates.collect_member(p_state text, p_key text, p_value anyelement) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if p_key is null then
    raise exception 'field name must not be null' using errcode = 'null_value_not_allowed';
  end if;
  return chat_aggregates.collect_text(p_state,
    to_json(p_key)::text || ' : ' || coalesce(to_json(p_value)::text, 'null'), ', ');
end;
$$;
comment on function chat_aggregates.collect_member(text, text, anyelement) is
  'Adds a member to those of json_object_agg and jsonb_object_agg.';

create function chat_aggregates.elements(p_state text, p_value anynonarray) returns anyarray
language plpgsql immutable set search_path = '' as $$
begin
  return '{' || p_state || '}';
end;
$$;
comment on function chat_aggregates.elements(text, anynonarray) is 'Returns what array_agg collected.';
create function chat_aggregates.arrays(p_state text, p_value anyarray) returns anyarray
language plpgsql immutable set search_path = '' as $$
begin
  return '{' || p_state || '}';
end;
$$;
comment on function chat_aggregates.arrays(text, anyarray) is 'Returns the arrays that array_agg collected.';
create function chat_aggregates.json_list(p_state text) returns json
language sql immutable set search_path = '' return ('[' || p_state || ']')::json;
comment on function chat_aggregates.json_list(text) is 'Returns what json_agg collected.';
create function chat_aggregates.jsonb_list(p_state text) returns jsonb
language sql immutable set search_path = '' return ('[' || p_state || ']')::jsonb;
comment on function chat_aggregates.jsonb_list(text) is 'Returns what jsonb_agg collected.';
create function chat_aggregates.json_members(p_state text) returns json
language sql immutable set search_path = '' return ('{ ' || p_state || ' }')::json;
comment on function chat_aggregates.json_members(text) is 'Returns what json_object_agg collected.';
create function chat_aggregates.jsonb_members(p_state text) returns jsonb
language sql immutable set search_path = '' return ('{' || p_state || '}')::jsonb;
comment on function chat_aggregates.jsonb_members(text) is 'Returns what jsonb_object_agg collected.';

create aggregate chat_aggregates.string_agg(text, text) (sfunc = chat_aggregates.collect_text, stype = text);
create aggregate chat_aggregates.array_agg(anynonarray)
  (sfunc = chat_aggregates.collect_element, stype = text, finalfunc = chat_aggregates.elements, finalfunc_extra);
create aggregate chat_aggregates.array_agg(anyarray)
  (sfunc = chat_aggregates.collect_array, stype = text, finalfunc = chat_aggregates.arrays, finalfunc_extra);
create aggregate chat_aggregates.json_agg(anyelement)
  (sfunc = chat_aggregates.collect_json, stype = text, finalfunc = chat_aggregates.json_list);
create aggregate chat_aggregates.jsonb_agg(anyelement)
  (sfunc = chat_aggregates.collect_json, stype = text, finalfunc = chat_aggregates.jsonb_list);
create aggregate chat_aggregates.json_agg_strict(anyelement)
  (sfunc = chat_aggregates.collect_json_strict, stype = text, finalfunc = chat_aggregates.json_list);
create aggregate chat_aggregates.jsonb_agg_strict(anyelement)
  (sfunc = chat_aggregates.collect_json_strict, stype = text, finalfunc = chat_aggregates.jsonb_list);
create aggregate chat_aggregates.json_object_agg(text, anyelement)
  (sfunc = chat_aggregates.collect_member, stype = text, finalfunc = chat_aggregates.json_members);
create aggregate chat_aggregates.jsonb_object_agg(text, anyelement)
  (sfunc = chat_aggregates.collect_member, stype = text, finalfunc = chat_aggregates.jsonb_members);

grant execute on all functions in schema chat_aggregates to chat_reader;
