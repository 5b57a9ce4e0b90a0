insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('benchmark-images', 'benchmark-images', false, 10485760, array['image/png', 'image/jpeg', 'image/webp'])
on conflict (id) do nothing;

create table private.image_settings (
  singleton boolean primary key default true check (singleton),
  image_retention_days integer check (image_retention_days between 2 and 3650),
  max_files_per_account integer not null default 2000 check (max_files_per_account > 0),
  max_bytes_per_account bigint not null default 5368709120 check (max_bytes_per_account > 0)
);
comment on table private.image_settings is 'How long images are kept, and how many an account may have. One row.';
comment on column private.image_settings.image_retention_days is
  'Days after the end of its last report, or the last change of its draft, after which an image is removed. Null: kept until both are deleted.';
comment on column private.image_settings.max_files_per_account is
  'Files that an account may have in the bucket benchmark-images. At this number further uploads are refused.';
comment on column private.image_settings.max_bytes_per_account is
  'Bytes that an account may have there. Once it has as many, further uploads are refused.';
insert into private.image_settings default values;
alter table private.image_settings enable row level security;
grant select, update on private.image_settings to service_role;
create policy "Workers do everything" on private.image_settings
  for all to service_role using (true) with check (true);

create function private.require_image_room(p_account text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  v_settings private.image_settings;
  v_files bigint;
  v_bytes numeric;
begin
  select * into strict v_settings from private.image_settings;
  -- These operators use Storage's index for prefixes, whatever the collation of the database.
  select count(*), coalesce(sum((o.metadata ->> 'size')::bigint), 0) into v_files, v_bytes
  from storage.objects o
  where o.bucket_id = 'benchmark-images'
    and o.name operator(pg_catalog.~>=~) (p_account || '/') and o.name operator(pg_catalog.~<~) (p_account || '0');
  if v_files >= v_settings.max_files_per_account or v_bytes >= v_settings.max_bytes_per_account then
    -- Storage answers 403 with this message.
    raise exception 'account.storage_full: the account has % images with % bytes, of % and % allowed; delete reports or drafts',
      v_files, v_bytes, v_settings.max_files_per_account, v_settings.max_bytes_per_account using errcode = '42501';
  end if;
  return true;
end;
$$;
comment on function private.require_image_room(text) is
  'Raises 42501 with the code account.storage_full if an account has as many images as it may. Storage asks before an upload, so that parallel ones may exceed the limit by what is under way. Definer, because members need not see the whole folder.';
grant execute on function private.require_image_room(text) to authenticated, service_role;

-- The first folder of a path is its account's id. There is no update policy, so that an image of a paid report is
-- never overwritten.
create policy "Viewers read their benchmark images" on storage.objects
  for select to authenticated
  using (bucket_id = 'benchmark-images'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('viewer')::text[])::text[]));
create policy "Members upload benchmark images" on storage.objects
  for insert to authenticated
  with check (case when bucket_id = 'benchmark-images'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('member')::text[])::text[])
    then private.require_image_room((storage.foldername(name))[1]) else false end);
create policy "Owners delete their benchmark images" on storage.objects
  for delete to authenticated
  using (bucket_id = 'benchmark-images'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('owner')::text[])::text[]));
