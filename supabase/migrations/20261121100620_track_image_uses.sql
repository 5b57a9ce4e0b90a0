create table private.image_uses (
  id bigint generated always as identity primary key,
  path text not null,
  draft_id uuid references public.benchmark_drafts (id) on delete set null,
  report_id uuid references public.reports (id) on delete set null
);
comment on table private.image_uses is
  'Which drafts and reports use an image, by its path in the bucket benchmark-images. A row without either is a use that has ended: its draft or report was deleted. The sweep removes images that nothing uses.';
create index image_uses_path_idx on private.image_uses (path);
create index image_uses_draft_id_idx on private.image_uses (draft_id);
create index image_uses_report_id_idx on private.image_uses (report_id);
alter table private.image_uses enable row level security;
grant select, insert, update, delete on private.image_uses to service_role;
create policy "Workers do everything" on private.image_uses for all to service_role using (true) with check (true);

create function private.note_draft_images() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.image_uses where draft_id = new.id;
  insert into private.image_uses (path, draft_id)
  select distinct i.image ->> 'path', new.id
  from jsonb_array_elements(new.upload_data -> 'images') as i (image)
  -- A draft may name any path, and keeps only its own account's images.
  where split_part(i.image ->> 'path', '/', 1) = new.owner_id::text;
  return null;
end;
$$;
comment on function private.note_draft_images() is
  'Notes which images a draft uses. Definer, because customers write drafts and see no uses.';
create trigger benchmark_drafts_note_images after insert or update of upload_data on public.benchmark_drafts
  for each row execute function private.note_draft_images();

create function private.note_report_images() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.image_uses (path, report_id)
  select distinct p.path, new.report_id
  from json_array_elements(new.config_snapshot -> 'images') as i (image)
  cross join lateral (values (i.image ->> 'path'), (i.image #>> '{fitted,source_path}')) as p (path)
  where split_part(p.path, '/', 1) = new.owner_id::text;
  return null;
end;
$$;
comment on function private.note_report_images() is
  'Notes which images a report uses: those that models read, and those that were replaced by copies. Definer, like note_draft_images.';
create trigger report_orders_note_images after insert on public.report_orders
  for each row execute function private.note_report_images();
grant execute on function private.note_draft_images, private.note_report_images to service_role;
