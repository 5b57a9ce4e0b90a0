create table public.benchmark_drafts (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default private.acting_account() references public.accounts (id) on delete cascade,
  name text not null default '' check (length(name) <= 200),
  upload_data jsonb not null default '{"images": []}'
    check (jsonb_typeof(upload_data -> 'images') is not distinct from 'array'),
  prompt text not null default '' check (length(prompt) <= 20000),
  json_schema json not null default '{}' check (json_typeof(json_schema) = 'object'),
  model_ids text[] not null default '{}' check (cardinality(model_ids) <= 12),
  priorities text[] not null default array['accuracy', 'cost', 'speed']
    check (priorities @> array['accuracy', 'cost', 'speed'] and array_length(priorities, 1) = 3),
  runs_per_model integer not null default 3 check (runs_per_model between 1 and 10),
  minimum_accuracy double precision not null default 50 check (minimum_accuracy between 0 and 100),
  data_collection text not null default 'allow' check (data_collection in ('allow', 'deny')),
  zdr boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.benchmark_drafts is
  'Benchmarks that customers prepare: images, expected JSON, prompt, schema, models, priorities. Editable; checkout freezes a copy.';
comment on column public.benchmark_drafts.upload_data is
  '{"images": [{"path": "<account id>/…", "name": "…", "expected": {…}}]}; paths in the bucket benchmark-images. name is optional: what the report calls the image instead of its file''s name.';
comment on column public.benchmark_drafts.json_schema is
  'As the customer wrote it. It is json, because jsonb sorts the keys, and models write the fields in the order of the schema.';
comment on column public.benchmark_drafts.model_ids is
  'Contestants: ids of models, each with or without # and a reasoning effort, such as openai/gpt-6-luna#high.';
comment on column public.benchmark_drafts.priorities is 'accuracy, cost and speed, most important first.';
comment on column public.benchmark_drafts.minimum_accuracy is
  'Percent of the fields. A model is recommended only if it reads more of them correctly; at 100, all of them.';
comment on column public.benchmark_drafts.data_collection is
  'deny: OpenRouter sends the images only to endpoints that do not collect data.';
comment on column public.benchmark_drafts.zdr is
  'True: OpenRouter sends the images only to endpoints with zero data retention.';
create index benchmark_drafts_owner_id_idx on public.benchmark_drafts (owner_id, created_at desc);

create function private.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end;
$$;
comment on function private.touch_updated_at() is 'Sets updated_at on every update.';
grant execute on function private.touch_updated_at to authenticated, service_role;
create trigger benchmark_drafts_touch before update on public.benchmark_drafts
  for each row execute function private.touch_updated_at();
create trigger models_touch before update on public.models for each row execute function private.touch_updated_at();

alter table public.benchmark_drafts enable row level security;
-- A draft stays in its account.
grant select, insert, delete,
  update (name, upload_data, prompt, json_schema, model_ids, priorities, runs_per_model, minimum_accuracy,
    data_collection, zdr)
  on public.benchmark_drafts to authenticated;
grant select, insert, update, delete on public.benchmark_drafts to service_role;
create policy "Viewers read their drafts" on public.benchmark_drafts
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Members add drafts" on public.benchmark_drafts
  for insert to authenticated with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Members change their drafts" on public.benchmark_drafts
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Owners delete their drafts" on public.benchmark_drafts
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));
