create function private.describe_dataset(p_dataset public.datasets) returns jsonb
language sql immutable set search_path = '' as $$
  select to_jsonb(p_dataset) - 'owner_id'
$$;
comment on function private.describe_dataset(public.datasets) is 'Returns a dataset as the API answers it.';

-- open_dataset, add_dataset_rows and close_dataset are called in one transaction, so that a dataset exists
-- with all of its rows or not at all.
create function public.open_dataset(
  p_owner uuid, p_id uuid, p_name text, p_content_hash text, p_format text, p_delimiter text, p_file_path text,
  p_file_bytes bigint
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_known public.datasets;
begin
  -- If two uploads have the same name, the second one waits here until the first one has ended.
  perform pg_advisory_xact_lock(hashtextextended(p_owner || '/' || p_name, 0));
  select * into v_known from public.datasets d
  where d.owner_id = p_owner and d.name = p_name and d.content_hash = p_content_hash and d.format = p_format
    and d.delimiter is not distinct from p_delimiter;
  if found then
    return private.describe_dataset(v_known);
  end if;
  insert into public.datasets (
    id, owner_id, name, version, content_hash, format, delimiter, file_path, file_bytes, columns, row_count
  ) values (
    p_id, p_owner, p_name,
    (select coalesce(max(d.version), 0) + 1 from public.datasets d where d.owner_id = p_owner and d.name = p_name),
    p_content_hash, p_format, p_delimiter, p_file_path, p_file_bytes, '{}', 0
  );
  return null;
end;
$$;
comment on function public.open_dataset(uuid, uuid, text, text, text, text, text, bigint) is
  'Creates a dataset as the next version of its name and returns null, or returns the existing one with the same bytes, format and delimiter. Other uploads of the name wait until the transaction ends.';

create function public.add_dataset_rows(p_dataset uuid, p_first_index integer, p_lines text) returns void
language sql volatile set search_path = '' as $$
  insert into public.dataset_rows (dataset_id, row_index, data_json)
  select p_dataset, p_first_index + l.place::integer - 1, l.line::jsonb
  from string_to_table(p_lines, e'\n') with ordinality as l (line, place)
$$;
comment on function public.add_dataset_rows(uuid, integer, text) is
  'Adds rows, one JSON object per line, numbered from p_first_index.';

create function public.close_dataset(p_dataset uuid, p_columns text[], p_row_count integer) returns jsonb
language sql volatile set search_path = '' as $$
  update public.datasets d set columns = p_columns, row_count = p_row_count where d.id = p_dataset
  returning private.describe_dataset(d)
$$;
comment on function public.close_dataset(uuid, text[], integer) is
  'Sets the columns and the number of rows. Called only in the transaction of open_dataset.';

create function public.read_dataset(p_owner uuid, p_dataset uuid, p_rows integer, p_characters integer)
returns jsonb
language sql stable set search_path = '' as $$
  select private.describe_dataset(d) || jsonb_build_object('rows', coalesce((
    select jsonb_agg(r.data_json order by r.row_index) from (
      select r.row_index, r.data_json,
        sum(length(r.data_json::text)) over (order by r.row_index) as characters
      from public.dataset_rows r where r.dataset_id = d.id and r.row_index < p_rows
    ) r where r.row_index = 0 or r.characters <= p_characters
  ), '[]'))
  from public.datasets d where d.id = p_dataset and d.owner_id = p_owner
$$;
comment on function public.read_dataset(uuid, uuid, integer, integer) is
  'Returns a dataset with its first rows: at most p_rows, and as many as fit into p_characters, but at least one. Null if it does not exist or is another owner''s.';

-- A file is uploaded before its rows are stored, and stays when its dataset is deleted. So a failure or a
-- deletion leaves at most a file without a dataset.
create function public.list_orphan_dataset_files(p_older_than interval, p_limit integer) returns setof text
language sql stable set search_path = '' as $$
  select o.name from storage.objects o
  where o.bucket_id = 'datasets' and o.created_at < now() - p_older_than
    and not exists (select from public.datasets d where d.file_path = o.name)
  order by o.created_at limit p_limit
$$;
comment on function public.list_orphan_dataset_files(interval, integer) is
  'Returns files of the bucket datasets that belong to no dataset, the oldest first. p_older_than must be longer than any upload takes.';

create function private.sweep_dataset_files() returns void
language sql volatile set search_path = '' as $$
  -- Only the Storage API can remove files, and only an edge function can call it.
  select private.invoke_function('datasets/sweep')
  where exists (select from public.list_orphan_dataset_files('1 hour', 1))
$$;
comment on function private.sweep_dataset_files() is
  'Starts the removal of files that failed uploads and deleted datasets have left in Storage.';
grant execute on function public.open_dataset, public.add_dataset_rows, public.close_dataset, public.read_dataset,
  public.list_orphan_dataset_files, private.describe_dataset, private.sweep_dataset_files to service_role;

select cron.schedule('sweep-dataset-files', '11 * * * *', 'select private.sweep_dataset_files()');
