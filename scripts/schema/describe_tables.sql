-- The tables of the schemas public and private with their columns, keys and comments, and where their
-- foreign keys point. One row: tables and foreign_keys, each an array of JSON.
with
  tables as (
    select c.oid, c.relname as name, n.nspname as schema, obj_description(c.oid, 'pg_class') as comment
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p')
  ),
  keys as (
    select k.conrelid, k.contype, k.conkey, k.confrelid,
      -- Null in a column of the key: there is a row without the other.
      bool_or(not a.attnotnull) as is_optional,
      string_agg(a.attname, ', ' order by array_position(k.conkey, a.attnum)) as columns,
      exists (
        select from pg_index i
        where i.indrelid = k.conrelid and i.indisunique and i.indpred is null
          and i.indkey::int2[] <@ k.conkey and k.conkey @> i.indkey::int2[]
      ) as is_unique
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
    where k.contype in ('p', 'f', 'u')
    group by k.oid, k.conrelid, k.contype, k.conkey, k.confrelid
  ),
  columns as (
    select a.attrelid, json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, null),
      'keys', array(
        select distinct case k.contype when 'p' then 'PK' when 'f' then 'FK' else 'UK' end
        from keys k where k.conrelid = a.attrelid and a.attnum = any (k.conkey)
          and (k.contype <> 'u' or cardinality(k.conkey) = 1)
        order by 1 desc
      )
    ) order by a.attnum) as columns
    from pg_attribute a
    where a.attnum > 0 and not a.attisdropped
    group by a.attrelid
  )
select
  (
    select json_agg(json_build_object(
      'schema', t.schema, 'name', t.name, 'comment', t.comment, 'columns', c.columns
    ) order by t.name)
    from tables t join columns c on c.attrelid = t.oid
  ) as tables,
  (
    select json_agg(json_build_object(
      'from', t.name, 'to', r.name, 'columns', k.columns, 'is_optional', k.is_optional, 'is_unique', k.is_unique
    ) order by t.name, r.name, k.columns)
    from keys k
    join tables t on t.oid = k.conrelid
    join tables r on r.oid = k.confrelid
    where k.contype = 'f'
  ) as foreign_keys
