create domain private.cell_status as text
  check (value in ('queued', 'running', 'complete', 'failed', 'skipped', 'cancelled'));
comment on domain private.cell_status is 'Status of one call of a prompt run.';
create domain private.score as double precision check (value between 0 and 1);
comment on domain private.score is 'Grade from 0 (wrong) to 1 (right).';

create table public.runs (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.accounts (id) on delete cascade,
  name text not null default '' check (length(name) <= 200),
  prompt_version_id uuid not null references public.prompt_versions (id),
  dataset_id uuid references public.datasets (id),
  grader_version_id uuid references public.prompt_versions (id),
  grader jsonb check (jsonb_typeof(grader) = 'object'),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  repeats integer not null default 1 check (repeats between 1 and 20),
  use_cache boolean not null default false,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'complete', 'failed', 'cancelled')),
  cell_count private.counter not null,
  estimated_cost_usd private.usd,
  cost_ceiling_usd private.usd not null,
  grading_reservation_usd private.usd not null default 0,
  error text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz,
  check (grader_version_id is null or grader is not null)
);
comment on table public.runs is
  'Runs of a prompt: each of one or more models is asked about each row of a dataset, repeats times. A prompt without placeholders needs no dataset.';
comment on column public.runs.dataset_id is 'Dataset in one version: each upload is a row of datasets.';
comment on column public.runs.grader is
  'Grader of the answers: {"type": "prompt", "provider", "model", …} with grader_version_id if a model grades, otherwise the type of a code grader and its settings. Null: answers are not graded.';
comment on column public.runs.parameters is 'Parameters of the calls: temperature, top_p, max_tokens, seed.';
comment on column public.runs.use_cache is 'True if the answer to an earlier identical call of the same owner may be used again, at no cost.';
comment on column public.runs.estimated_cost_usd is 'Predicted cost in USD when the run started; null if a model has no price.';
comment on column public.runs.cost_ceiling_usd is 'Highest total cost in USD. A call whose reservation would exceed it is skipped.';
comment on column public.runs.grading_reservation_usd is
  'Highest possible cost of one grade by a model, in USD; 0 if code grades or the model has no price.';
create index runs_owner_id_idx on public.runs (owner_id, created_at desc);
create index runs_prompt_version_id_idx on public.runs (prompt_version_id);
create index runs_dataset_id_idx on public.runs (dataset_id);
create index runs_grader_version_id_idx on public.runs (grader_version_id);

create table public.run_models (
  id uuid primary key default gen_random_uuid(),
  run_id uuid not null references public.runs (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  provider text not null references private.providers (name),
  model text not null check (model <> ''),
  label text not null check (label <> ''),
  input_price private.usd,
  cached_input_price private.usd,
  output_price private.usd,
  long_context jsonb check (jsonb_typeof(long_context) = 'object'),
  reservation_usd private.usd not null default 0,
  unique (run_id, label)
);
comment on table public.run_models is 'Models of a run, with their prices when the run started.';
comment on column public.run_models.provider is 'Provider whose endpoint and key serve the model, as in models.base_url_key.';
comment on column public.run_models.model is 'The provider''s name for the model.';
comment on column public.run_models.input_price is 'USD per token; null if the model has no price. The cost of its calls is then null too.';
comment on column public.run_models.long_context is
  'USD per token of calls with more than above input tokens: {"above", "input", "cached_input", "output"}. Null if the length does not change the price.';
comment on column public.run_models.reservation_usd is
  'Highest possible cost of one call in USD, reserved while it runs; 0 if the model has no price.';
create index run_models_owner_id_idx on public.run_models (owner_id);
create index run_models_provider_idx on public.run_models (provider);

create table public.run_cells (
  id bigint generated always as identity (cache 50) primary key,
  run_id uuid not null references public.runs (id) on delete cascade,
  run_model_id uuid not null references public.run_models (id) on delete cascade,
  owner_id uuid not null,
  row_index private.counter,
  repeat private.counter not null default 0,
  status private.cell_status not null default 'queued',
  output_text text,
  answer_ending text check (answer_ending in ('stop', 'length', 'refusal', 'filtered')),
  error_text text,
  latency_ms private.counter,
  tokens_in private.counter,
  tokens_out private.counter,
  tokens_cached private.counter,
  served_model text,
  served_other boolean not null default false,
  provider_request_id text,
  cost_usd private.usd,
  is_cached boolean not null default false,
  attempts private.counter not null default 0,
  grader_score private.score,
  grader_reason text,
  grader_error text,
  grader_cost_usd private.usd,
  human_score private.score,
  human_reason text check (length(human_reason) <= 10000),
  grade_score double precision generated always as (coalesce(human_score, grader_score)) stored,
  grade_reason text generated always as (case when human_score is null then grader_reason else human_reason end) stored,
  graded_by text generated always as (
    case when human_score is not null then 'human' when grader_score is not null then 'grader' end
  ) stored,
  started_at timestamptz,
  completed_at timestamptz,
  unique nulls not distinct (run_model_id, row_index, repeat)
) with (fillfactor = 60);
comment on table public.run_cells is
  'Cells of runs. A cell is one call to a model about one row of the dataset. The transaction that settles its cost writes its result.';
comment on column public.run_cells.owner_id is
  'Owner of the run, kept here so that the policy needs no join. Not a foreign key: a cell is deleted with its run, and the check took a quarter of the time to open a run of 100,000 cells.';
comment on column public.run_cells.row_index is 'Row of dataset_rows, from 0; null if the run has no dataset.';
comment on column public.run_cells.repeat is 'Number of the repeat, from 0.';
comment on column public.run_cells.answer_ending is
  'stop: the answer is whole; length: cut off at max_tokens; refusal: refused by the model; filtered: withheld by a content filter. Null without an answer.';
comment on column public.run_cells.is_cached is 'True if the answer is that of an earlier identical call, at no cost.';
comment on column public.run_cells.tokens_cached is 'Part of tokens_in that the provider read from its own cache.';
comment on column public.run_cells.served_model is
  'Model that answered, as named in the answer; null if the provider names none or is_cached.';
comment on column public.run_cells.served_other is 'True if a model other than the requested one answered.';
comment on column public.run_cells.provider_request_id is 'Id of the last call, which the provider''s support asks for.';
comment on column public.run_cells.grader_error is 'Reason why there is no grade: the grader failed, or its grade could not be read.';
comment on column public.run_cells.human_score is 'Grade by the owner, which overrides the grader''s; grader_score keeps the latter.';
comment on column public.run_cells.grade_score is 'Grade that counts, 0-1: human_score if set, otherwise grader_score.';
create index run_cells_run_id_idx on public.run_cells (run_id, id);
create index run_cells_owner_id_idx on public.run_cells (owner_id);

alter table public.runs enable row level security;
grant select, delete, update (name) on public.runs to authenticated;
grant select, insert, update, delete on public.runs to service_role;
create policy "Viewers read their runs of prompts" on public.runs
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Members rename their runs of prompts" on public.runs
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Owners delete their runs of prompts" on public.runs
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));

alter table public.run_models enable row level security;
grant select on public.run_models to authenticated;
grant select, insert, update, delete on public.run_models to service_role;
create policy "Viewers read their runs' models" on public.run_models
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));

alter table public.run_cells enable row level security;
grant select, update (human_score, human_reason) on public.run_cells to authenticated;
grant select, insert, update, delete on public.run_cells to service_role;
create policy "Viewers read their runs' cells" on public.run_cells
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Members override grades" on public.run_cells
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));

-- Owners follow the progress live. These policies apply to what they receive.
alter publication supabase_realtime add table public.runs, public.run_cells;
