create function private.scorer_version() returns integer
language sql immutable set search_path = '' as $$
  select 1
$$;
comment on function private.scorer_version() is
  'Version of the code that reads and scores answers. It equals SCORER_VERSION of the functions: raise both together, and deploy the functions first.';
grant execute on function private.scorer_version to service_role;

alter table public.reports
  add column revision integer not null default 1 check (revision > 0),
  -- The version at the time of the order, before the first answer. If a newer scorer is deployed while a report
  -- runs, it scores some of the answers, and the report counts as scored by the older one.
  add column scorer_version integer not null default private.scorer_version();
comment on column public.reports.revision is
  'Number of the shown scoring of the answers. 1 is the first; see report_revisions for the others.';
comment on column public.reports.scorer_version is 'Oldest scorer version that the shown scores may come from.';

create table public.report_revisions (
  report_id uuid not null references public.reports (id) on delete cascade,
  revision integer not null check (revision > 0),
  owner_id uuid not null,
  status text not null default 'scoring' check (status in ('scoring', 'complete', 'failed')),
  scorer_version integer not null,
  json_schema json check (json_typeof(json_schema) = 'object'),
  scored_runs private.counter not null default 0,
  recommended_model text,
  rationale text,
  summary jsonb,
  error text,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  primary key (report_id, revision),
  check ((status = 'complete') = (summary is not null)),
  check ((status = 'failed') = (error is not null))
);
comment on table public.report_revisions is
  'Scorings of reports whose answers were scored more than once. reports.revision is the shown one; earlier ones stay readable.';
comment on column public.report_revisions.owner_id is 'Owner of the report, repeated here so that the policy needs no join.';
comment on column public.report_revisions.status is
  'scoring: answers are being scored, and the report shows an earlier revision. failed: the report was not changed.';
comment on column public.report_revisions.json_schema is
  'Schema with the x-compare rules that the answers were compared by; null for the ordered schema.';
comment on column public.report_revisions.scored_runs is 'Number of answers that have been scored so far.';
comment on column public.report_revisions.summary is 'Summary of this revision, like reports.summary.';
create index report_revisions_owner_id_idx on public.report_revisions (owner_id);
-- A report is scored by one revision at a time.
create unique index report_revisions_scoring_idx on public.report_revisions (report_id) where status = 'scoring';

-- No foreign key to runs, because every update of a run would check it. Runs are only deleted with their report.
create table public.benchmark_run_scores (
  report_id uuid not null references public.reports (id) on delete cascade,
  run_id uuid not null,
  revision integer not null,
  owner_id uuid not null,
  scores jsonb not null,
  primary key (report_id, run_id, revision)
);
comment on table public.benchmark_run_scores is
  'Earlier scores of runs. A row holds the scores of its revision and of earlier ones, back to the next older row. Only scores that a later revision changed have a row, so that unchanged ones take no space.';
comment on column public.benchmark_run_scores.scores is
  'Columns of benchmark_runs that scoring writes: output_json, is_valid_json, exact_match, field_accuracy, field_errors, score, error_kind, error_message.';
comment on column public.benchmark_run_scores.owner_id is 'Owner of the report, repeated here so that the policy needs no join.';
create index benchmark_run_scores_owner_id_idx on public.benchmark_run_scores (owner_id);

create table private.rescored_runs (
  report_id uuid not null references public.reports (id) on delete cascade,
  run_id uuid not null,
  scores jsonb not null,
  primary key (report_id, run_id)
);
comment on table private.rescored_runs is
  'New scores of runs whose scores change, for a report that is being rescored. They are not shown until the revision is complete and they move to benchmark_runs.';

alter table public.report_revisions enable row level security;
alter table public.benchmark_run_scores enable row level security;
alter table private.rescored_runs enable row level security;
grant select on public.report_revisions, public.benchmark_run_scores to authenticated;
grant select, insert, update, delete on public.report_revisions, public.benchmark_run_scores, private.rescored_runs
  to service_role;
create policy "Viewers read their reports' revisions" on public.report_revisions
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Viewers read their runs' earlier scores" on public.benchmark_run_scores
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Workers do everything" on private.rescored_runs for all to service_role using (true) with check (true);
