create function public.chat_schema() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('relations', coalesce(jsonb_agg(jsonb_build_object(
    'name', c.relname, 'comment', obj_description(c.oid, 'pg_class'), 'columns', (
      select jsonb_agg(jsonb_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'comment', col_description(c.oid, a.attnum)
      ) order by a.attnum)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    )
  ) order by c.relname), '[]'))
  from pg_catalog.pg_class c
  where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'chat')
    and c.relkind = 'v' and has_table_privilege('chat_reader', c.oid, 'select')
$$;
comment on function public.chat_schema() is
  'Returns the relations that the chat may query, with their comments: {relations: [{name, comment, columns: [{name, type, comment}]}]}.';
grant execute on function public.chat_schema to service_role;
