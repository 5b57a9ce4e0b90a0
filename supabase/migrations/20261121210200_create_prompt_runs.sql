create domain private.cell_status as text
  check (value in ('queued', 'running', 'complete', 'failed', 'skipped', 'cancelled'));
comment on domain private.cell_status is 'Where one call of a prompt run stands.';
create domain private.score as double precision check (value between 0 and 1);
comment on domain private.score is 'A grade: 0 wrong, 1 right.';

create table public.runs (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
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
  'A prompt over the rows of a dataset, on one or more models, repeats times each; a prompt without placeholders needs no dataset.';
comment on column public.runs.dataset_id is 'The version of the dataset: each upload is a dataset of its own.';
comment on column public.runs.grader is
  'How answers are graded: {"type": "prompt", "provider", "model"} with grader_version_id, or one of code: {"type": "exact" | "contains" | "regex" | "json" | "number", …}. Null: not at all.';
comment on column public.runs.parameters is 'Passed to the models: temperature, top_p, max_tokens, seed.';
comment on column public.runs.use_cache is 'Whether an identical call of the same owner may be served from earlier answers, at no cost.';
comment on column public.runs.estimated_cost_usd is 'Predicted at the start; null where a model has no price.';
comment on column public.runs.cost_ceiling_usd is 'Nothing is reserved past it.';
comment on column public.runs.grading_reservation_usd is
  'Upper bound of what a model takes for one grade; 0 where code grades, or the model has no price.';
create index runs_owner_id_idx on public.runs (owner_id, created_at desc);
create index runs_prompt_version_id_idx on public.runs (prompt_version_id);
create index runs_dataset_id_idx on public.runs (dataset_id);
create index runs_grader_version_id_idx on public.runs (grader_version_id);

create table public.run_models (
  id uuid primary key default gen_random_uuid(),
  run_id uuid not null references public.runs (id) on delete cascade,
  owner_id uuid not null references auth.users (id) on delete cascade,
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
comment on table public.run_models is 'The models of a run, with the prices it was started under.';
comment on column public.run_models.provider is 'Whose endpoint and key serve the model, as base_url_key of models.';
comment on column public.run_models.model is 'The provider''s name for it.';
comment on column public.run_models.input_price is 'USD per token; null where the model has no price, and then its cost is null too.';
comment on column public.run_models.long_context is
  'USD per token of calls with more input tokens than above: {"above", "input", "cached_input", "output"}. Null where the length does not change the price.';
comment on column public.run_models.reservation_usd is
  'Upper bound of what one call takes, set aside while it runs; 0 where the model has no price.';
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
  'One call each: a model of the run on a row of its dataset, once. Written by the transaction that settles its cost.';
comment on column public.run_cells.owner_id is
  'The run''s owner, so that the policy needs no join. No reference: a cell goes with its run, and to check each took a quarter of the time that opening a run of 100,000 takes.';
comment on column public.run_cells.row_index is 'Of dataset_rows; null where the prompt has no dataset.';
comment on column public.run_cells.repeat is 'From 0.';
comment on column public.run_cells.answer_ending is
  'stop: by itself; length: cut off at max_tokens; refusal; filtered: by a content filter. Null without an answer.';
comment on column public.run_cells.is_cached is 'Served from an earlier identical call, at no cost.';
comment on column public.run_cells.tokens_cached is 'Part of tokens_in that the provider served from its own cache.';
comment on column public.run_cells.served_model is
  'Model that answered, by the name that the answer gave it; null where the provider did not say, or from the cache.';
comment on column public.run_cells.served_other is 'Whether a model other than the one asked for answered.';
comment on column public.run_cells.provider_request_id is 'The provider''s id of the last call, for its support.';
comment on column public.run_cells.grader_error is 'Why there is no grade: what the grader wrote could not be read, or it failed.';
comment on column public.run_cells.human_score is 'The owner''s override; the grader''s grade stays beside it.';
comment on column public.run_cells.grade_score is 'The grade that counts, 0-1: the human''s where there is one, else the grader''s.';
create index run_cells_run_id_idx on public.run_cells (run_id, id);
create index run_cells_owner_id_idx on public.run_cells (owner_id);

alter table public.runs enable row level security;
grant select, delete, update (name) on public.runs to authenticated;
grant select, insert, update, delete on public.runs to service_role;
create policy "Owners read their runs of prompts" on public.runs
  for select to authenticated using (owner_id = (select auth.uid()));
create policy "Owners rename their runs of prompts" on public.runs
  for update to authenticated using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy "Owners delete their runs of prompts" on public.runs
  for delete to authenticated using (owner_id = (select auth.uid()));

alter table public.run_models enable row level security;
grant select on public.run_models to authenticated;
grant select, insert, update, delete on public.run_models to service_role;
create policy "Owners read their runs' models" on public.run_models
  for select to authenticated using (owner_id = (select auth.uid()));

alter table public.run_cells enable row level security;
grant select, update (human_score, human_reason) on public.run_cells to authenticated;
grant select, insert, update, delete on public.run_cells to service_role;
create policy "Owners read their runs' cells" on public.run_cells
  for select to authenticated using (owner_id = (select auth.uid()));
create policy "Owners override grades" on public.run_cells
  for update to authenticated using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));

-- Progress is followed live under these policies, as that of benchmarks is.
alter publication supabase_realtime add table public.runs, public.run_cells;
