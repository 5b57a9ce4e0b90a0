insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('benchmark-images', 'benchmark-images', false, 10485760, array['image/png', 'image/jpeg', 'image/webp'])
on conflict (id) do nothing;

-- The first folder of a path is its account's id. There is no update policy, so that an image of a paid report is
-- never overwritten.
create policy "Viewers read their benchmark images" on storage.objects
  for select to authenticated
  using (bucket_id = 'benchmark-images'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('viewer')::text[])::text[]));
create policy "Members upload benchmark images" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'benchmark-images'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('member')::text[])::text[]));
create policy "Owners delete their benchmark images" on storage.objects
  for delete to authenticated
  using (bucket_id = 'benchmark-images'
    and (storage.foldername(name))[1] = any ((select private.accounts_as('owner')::text[])::text[]));
