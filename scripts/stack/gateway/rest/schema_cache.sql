-- Everything of the exposed schemas that requests need to know, as one JSON value. Names of types and
-- defaults are qualified, because the caller empties the search path. $1: exposed schemas.
with relations as (
  select c.oid, n.nspname, c.relname, c.relkind, pg_catalog.obj_description(c.oid, 'pg_class') as description,
    pg_catalog.pg_relation_is_updatable(c.oid, true) as events
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
),
columns as (
  select a.attrelid, pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', a.attname,
    'number', a.attnum,
    'description', d.description,
    'type', case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, null)
      when tn.nspname = 'pg_catalog' then pg_catalog.format_type(a.atttypid, null)
      else pg_catalog.format_type(a.atttypid, a.atttypmod) end,
    'nominalType', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'isNullable', not (a.attnotnull or (t.typtype = 'd' and t.typnotnull)),
    'isComposite', t.typtype = 'c' or t.typcategory = 'A',
    'maxLength', case when t.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then a.atttypmod - 4 end,
    'default', case
      when a.attidentity = 'd' then pg_catalog.format('nextval(%s)', pg_catalog.quote_literal(
        pg_catalog.pg_get_serial_sequence(pg_catalog.format('%I.%I', r.nspname, r.relname), a.attname)))
      when a.attgenerated = '' then coalesce(pg_catalog.pg_get_expr(f.adbin, f.adrelid), t.typdefault) end,
    'enum', (select pg_catalog.json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e
      where e.enumtypid = coalesce(nullif(t.typbasetype, 0), t.oid))
  ) order by a.attnum) as list
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
  left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
  left join pg_catalog.pg_description d
    on d.objoid = a.attrelid and d.objsubid = a.attnum and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
  group by a.attrelid
),
keys as (
  select k.conrelid, k.contype, k.conname, k.confrelid, k.conkey, k.confkey,
    (select pg_catalog.json_agg(a.attname order by u.position)
      from unnest(k.conkey) with ordinality u(attnum, position)
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum) as columns,
    (select pg_catalog.json_agg(a.attname order by u.position)
      from unnest(k.confkey) with ordinality u(attnum, position)
      join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum) as referenced
  from pg_catalog.pg_constraint k
  where k.contype in ('p', 'u', 'f') and k.conparentid = 0
)
select pg_catalog.json_build_object(
  'tables', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'oid', r.oid::bigint,
      'schema', r.nspname,
      'name', r.relname,
      'description', r.description,
      'isView', r.relkind in ('v', 'm'),
      'definition', case when r.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(r.oid) end,
      'isInsertable', r.events & 8 = 8,
      'isUpdatable', r.events & 4 = 4,
      'isDeletable', r.events & 16 = 16,
      'columns', coalesce(c.list, '[]'),
      'primaryKey', coalesce((select k.columns from keys k where k.conrelid = r.oid and k.contype = 'p'), '[]')
    ) order by r.nspname, r.relname), '[]')
    from relations r left join columns c on c.attrelid = r.oid),
  'keys', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', k.conname,
      'oid', k.conrelid::bigint,
      'schema', n.nspname,
      'table', c.relname,
      'columns', k.columns,
      'numbers', k.conkey,
      'foreign', case when k.contype = 'f' then pg_catalog.json_build_object(
        'oid', k.confrelid::bigint,
        'schema', fn.nspname,
        'table', fc.relname,
        'columns', k.referenced,
        'numbers', k.confkey) end,
      'isUnique', exists (
        select from keys u where u.conrelid = k.conrelid and u.contype in ('p', 'u')
          and u.conkey @> k.conkey and k.conkey @> u.conkey)
    ) order by k.conname), '[]')
    from keys k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_class fc on fc.oid = k.confrelid
    left join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
    where k.contype in ('p', 'f')),
  'functions', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'oid', p.oid::bigint,
      'schema', n.nspname,
      'name', p.proname,
      'description', pg_catalog.obj_description(p.oid, 'pg_proc'),
      'volatility', p.provolatile,
      'isSet', p.proretset,
      'isVoid', t.typname = 'void',
      'isComposite', t.typtype = 'c' or coalesce(b.typtype = 'c', false)
        or coalesce(p.proargmodes::text[] && '{t,b,o}', false) and t.typname = 'record',
      'table', case when coalesce(bc.relkind, tc.relkind) is not null
        then pg_catalog.json_build_array(coalesce(bn.nspname, tn.nspname), coalesce(bc.relname, tc.relname)) end,
      'params', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
          'name', coalesce(a.name, ''),
          'type', pg_catalog.format_type(a.type, null),
          'isRequired', a.position <= p.pronargs - p.pronargdefaults,
          'isVariadic', coalesce(a.mode = 'v', false)
        ) order by a.position), '[]')
        from (
          select x.type, x.name, x.mode, row_number() over (order by x.ordinal) as position
          from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
            with ordinality x(type, name, mode, ordinal)
          where coalesce(x.mode, 'i') in ('i', 'b', 'v')
        ) a)
    ) order by n.nspname, p.proname, p.oid), '[]')
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_type t on t.oid = p.prorettype
    left join pg_catalog.pg_type b on b.oid = t.typbasetype
    left join pg_catalog.pg_class tc on tc.oid = t.typrelid
    left join pg_catalog.pg_namespace tn on tn.oid = tc.relnamespace
    left join pg_catalog.pg_class bc on bc.oid = b.typrelid
    left join pg_catalog.pg_namespace bn on bn.oid = bc.relnamespace
    where n.nspname = any($1) and p.prokind = 'f' and t.typname not in ('trigger', 'event_trigger'))
)::text as cache
