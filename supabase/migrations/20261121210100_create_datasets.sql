insert into storage.buckets (id, name, public, file_size_limit)
values ('datasets', 'datasets', false, 52428800)
on conflict (id) do nothing;

-- Only the function datasets writes files, so that no file stays without its rows for long.
create policy "Viewers read their dataset files" on storage.objects
  for select to authenticated
  using (bucket_id = 'datasets'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('viewer')::text[])::text[]));

create table public.datasets (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.accounts (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  version integer not null check (version > 0),
  content_hash text not null check (content_hash ~ '^[0-9a-f]{64}$'),
  format text not null check (format in ('csv', 'tsv', 'json', 'jsonl')),
  delimiter text check (delimiter in (',', ';', e'\t', '|', 'auto')),
  file_path text not null unique,
  file_bytes bigint not null check (file_bytes >= 0),
  columns text[] not null,
  row_count private.counter not null,
  created_at timestamptz not null default now(),
  unique (owner_id, name, version),
  unique nulls not distinct (owner_id, name, content_hash, format, delimiter)
);
comment on table public.datasets is
  'Uploaded files, one per row. A dataset never changes: other content under the same name is its next version.';
comment on column public.datasets.content_hash is
  'SHA-256 of the file, in hexadecimal. The same file under the same name is the same dataset.';
comment on column public.datasets.delimiter is
  'Delimiter that was requested for csv; auto means that the header decides. The same bytes with another delimiter are another version.';
comment on column public.datasets.file_path is 'Path in the private bucket datasets: <account id>/<dataset id>.<format>.';
comment on column public.datasets.columns is 'Names of the top-level fields, in order of appearance.';

create table public.dataset_rows (
  dataset_id uuid not null references public.datasets (id) on delete cascade,
  row_index private.counter not null,
  data_json jsonb not null check (jsonb_typeof(data_json) = 'object'),
  primary key (dataset_id, row_index)
);
comment on table public.dataset_rows is 'Rows of datasets, numbered from 0 in the order of the file.';
comment on column public.dataset_rows.data_json is 'Values by field. Values of CSV and TSV are text.';

alter table public.datasets enable row level security;
grant select, delete on public.datasets to authenticated;
grant select, insert, update, delete on public.datasets to service_role;
create policy "Viewers read their datasets" on public.datasets
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Owners delete their datasets" on public.datasets
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));

alter table public.dataset_rows enable row level security;
grant select on public.dataset_rows to authenticated;
grant select, insert, update, delete on public.dataset_rows to service_role;
create policy "Viewers read their datasets' rows" on public.dataset_rows
  for select to authenticated
  -- Those that the policy of datasets shows.
  using (dataset_id in (select d.id from public.datasets d));
