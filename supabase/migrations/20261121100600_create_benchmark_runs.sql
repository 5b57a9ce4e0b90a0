create table public.benchmark_runs (
  id uuid primary key default gen_random_uuid(),
  report_id uuid not null references public.reports (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  model_id text not null,
  image_index private.counter not null,
  repeat_index private.counter not null,
  status private.run_status not null default 'queued',
  output_json jsonb,
  raw_output text,
  is_valid_json boolean,
  exact_match boolean,
  field_accuracy private.percentage,
  field_errors jsonb check (jsonb_typeof(field_errors) = 'array'),
  response_time_ms private.counter,
  input_tokens private.counter,
  output_tokens private.counter,
  cached_tokens private.counter,
  reasoning_tokens private.counter,
  served_model text,
  served_provider text,
  provider_request_id text,
  served_other boolean not null default false,
  schema_regime text check (schema_regime in ('strict', 'reduced', 'prompt')),
  request_change text check (request_change in
    ('schema_in_prompt', 'lower_limit', 'higher_limit', 'renamed_limit', 'image_as_bytes')),
  estimated_cost private.usd not null,
  actual_cost private.usd,
  attempts private.counter not null default 0,
  error_message text,
  skip_reason text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz,
  unique (report_id, model_id, image_index, repeat_index),
  check ((status = 'skipped') = (skip_reason is not null))
)
-- A run's row is updated twice. Free space on the page keeps the runs of a report next to each other.
with (fillfactor = 60);
comment on table public.benchmark_runs is
  'One reading of one image by one model. Results are written by the transaction that also settles the cost.';
comment on column public.benchmark_runs.owner_id is 'Owner of the report, repeated here so that the policy needs no join.';
comment on column public.benchmark_runs.model_id is 'Contestant as in the report''s snapshot: a model''s id, with or without # and a reasoning effort. No foreign key, since a model may be removed later.';
comment on column public.benchmark_runs.field_accuracy is 'Percentage (0-100) of the expected leaf fields that are correct.';
comment on column public.benchmark_runs.field_errors is '[{"fieldPath", "expected", "actual"}].';
comment on column public.benchmark_runs.reasoning_tokens is 'Part of output_tokens that was spent on thinking; null if the provider does not say.';
comment on column public.benchmark_runs.served_model is 'Model that answered, by the name that the answer gave it.';
comment on column public.benchmark_runs.served_provider is 'Company behind an aggregator such as OpenRouter that ran the model.';
comment on column public.benchmark_runs.provider_request_id is 'The provider''s id of the last call, for its support.';
comment on column public.benchmark_runs.served_other is 'True if a model other than the requested one answered: the run is not a result of model_id.';
comment on column public.benchmark_runs.schema_regime is
  'Enforcement of the schema: strict (the provider enforces all of it), reduced (a part), prompt (only the prompt states it, as it does in every case).';
comment on column public.benchmark_runs.request_change is
  'Change to the request after the provider refused it or our token limit ended the answer: schema_in_prompt (only the prompt states the schema), lower_limit, higher_limit or renamed_limit (token limit), image_as_bytes.';
comment on column public.benchmark_runs.estimated_cost is 'USD predicted at checkout.';
comment on column public.benchmark_runs.actual_cost is 'USD of the call that ended the run, as the provider reported it, or else from its tokens and the frozen prices. Includes the call before it if our token limit ended that one. The cost of other calls is only part of the report''s total.';
create index benchmark_runs_owner_id_idx on public.benchmark_runs (owner_id);

alter table public.benchmark_runs enable row level security;
grant select on public.benchmark_runs to authenticated;
grant select, insert, update, delete on public.benchmark_runs to service_role;
create policy "Viewers read their runs" on public.benchmark_runs
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
