create table public.test_runs (
  id bigint generated always as identity primary key,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  suite text not null default 'default' check (length(suite) between 1 and 200),
  run_timestamp timestamptz(3) not null default now(),
  branch_name text not null default 'main' check (length(branch_name) between 1 and 250),
  commit_hash text check (commit_hash ~ '^[0-9A-Za-z._-]{4,64}$'),
  watcher_model text,
  status text not null default 'running' check (status in ('running', 'complete', 'aborted')),
  total_tests private.counter not null default 0,
  tests_passed private.counter not null default 0,
  tests_failed private.counter not null default 0,
  tests_skipped private.counter not null default 0,
  pass_rate numeric(5, 2) check (pass_rate between 0 and 100),
  avg_watcher_quality numeric(4, 2) check (avg_watcher_quality between 1 and 10),
  total_duration_secs numeric(12, 3) not null default 0 check (total_duration_secs >= 0),
  total_cost_usd numeric(10, 4) not null default 0 check (total_cost_usd >= 0),
  watcher_cost_usd numeric(10, 6) not null default 0 check (watcher_cost_usd >= 0),
  notes text check (length(notes) <= 20000),
  source_format text not null default 'modelpick'
    check (source_format in ('modelpick', 'junit', 'ctrf', 'observations', 'checklist')),
  source_hash text,
  warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
  extra jsonb check (jsonb_typeof(extra) = 'object'),
  idempotency_key text check (length(idempotency_key) between 1 and 255),
  request_hash text,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  unique (owner_id, idempotency_key)
);
comment on table public.test_runs is 'Executions of a test suite. The database computes the totals from test_results.';
comment on column public.test_runs.run_timestamp is 'Start of the suite. Runs may arrive late and in any order.';
comment on column public.test_runs.total_tests is 'Number of tests. A test is counted once, even if it has several rows.';
comment on column public.test_runs.tests_failed is 'Number of tests that ended with FAIL or ERROR.';
comment on column public.test_runs.pass_rate is 'Percentage (0-100) of passed tests among those that ran, without skipped ones; null if none ran.';
comment on column public.test_runs.total_duration_secs is 'Sum over the results, in seconds. A parallel suite takes less time than that.';
comment on column public.test_runs.total_cost_usd is
  'USD that the tests cost, summed over the results. Excludes watcher_cost_usd, so that a watcher does not make tests look more expensive.';
comment on column public.test_runs.watcher_cost_usd is 'USD that the watcher''s calls for the run cost.';
comment on column public.test_runs.avg_watcher_quality is 'Mean of the watcher''s scores, 1-10; null if there are none.';
comment on column public.test_runs.source_hash is 'SHA-256 of the file that the run was read from.';
comment on column public.test_runs.request_hash is
  'Hash of the request that created the run. The idempotency key cannot be used for another request.';
comment on column public.test_runs.warnings is 'Recoverable problems in the report: [{"code", "detail"}].';
comment on column public.test_runs.extra is 'Everything else that the report says of the run.';
create index test_runs_suite_idx on public.test_runs (owner_id, suite, branch_name, run_timestamp desc, id desc);

-- Not partitioned by month. At 5 million results of 5,000 runs reading one run took 0.3-1.1 ms here and
-- 0.8-5.8 ms over nine partitions, the last 30 results of a test 0.3 and 0.7 ms, comparing two runs 4 ms
-- in both, deleting a run 20-30 ms with its totals and 10-15 ms. Every report selects by run or by test, so
-- partitions by month do not narrow it down, and retention deletes runs of a suite, not months. Partitions
-- would also require the month in every unique and foreign key.
create table public.test_results (
  id bigint generated always as identity (cache 50) primary key,
  run_id bigint not null references public.test_runs (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  ordinal private.counter not null,
  tool_name text not null check (tool_name <> ''),
  variation text not null default '',
  provider text not null default '',
  model text not null default '',
  class_name text not null default '',
  test_key uuid not null generated always as (
    md5(tool_name || e'\x1f' || variation || e'\x1f' || class_name || e'\x1f' || provider || e'\x1f' || model)::uuid
  ) stored,
  status text not null check (status in ('PASS', 'FAIL', 'SKIP', 'ERROR')),
  execution_status text,
  attempt integer not null default 1 check (attempt > 0),
  is_counted boolean not null default true,
  duration_secs numeric(10, 3) check (duration_secs >= 0),
  memory_mb double precision check (memory_mb >= 0),
  cpu_percent numeric(5, 2) check (cpu_percent >= 0),
  tokens_total bigint check (tokens_total >= 0),
  cost_usd numeric(10, 6) check (cost_usd >= 0),
  watcher_quality smallint check (watcher_quality between 1 and 10),
  watcher_observations jsonb,
  error_message text,
  error_class text,
  failure_fingerprint text check (failure_fingerprint ~ '^[0-9a-f]{64}$'),
  fingerprint_version smallint,
  file_path text,
  line_number integer check (line_number > 0),
  extra jsonb,
  created_at timestamptz not null default now(),
  unique (run_id, ordinal),
  check ((failure_fingerprint is null) = (fingerprint_version is null))
);
comment on table public.test_results is
  'Results of tests in runs. A test has several rows in a run if it was retried or if its teardown failed too.';
comment on column public.test_results.ordinal is
  'Position in the report, from 0. It identifies a result, because names are not unique; a result that is sent again is ignored.';
comment on column public.test_results.test_key is
  'Identity of the test across runs: tool, variation, class, provider and model.';
comment on column public.test_results.execution_status is
  'The runner''s own term if it says more than status: xfail, xpass, flaky, timeout, disabled.';
comment on column public.test_results.is_counted is 'True for the row by which its test is counted in the run''s totals.';
comment on column public.test_results.failure_fingerprint is
  'SHA-256 of the masked failure. Failures of the same cause have the same value, even if numbers and names in them differ.';
comment on column public.test_results.fingerprint_version is 'Version of the masking rules.';
comment on column public.test_results.extra is 'Everything else that the report says of the result.';
create index test_results_test_idx on public.test_results (owner_id, test_key, run_id desc);
create index test_results_failures_idx on public.test_results (run_id) where status in ('FAIL', 'ERROR');
create index test_results_fingerprint_idx on public.test_results (owner_id, failure_fingerprint)
  where failure_fingerprint is not null;

create table public.watcher_insights (
  id bigint generated always as identity primary key,
  test_result_id bigint not null unique references public.test_results (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  quality_score smallint check (quality_score between 1 and 10),
  strengths text[] not null default '{}',
  weaknesses text[] not null default '{}',
  anomalies text[] not null default '{}',
  recommendations text[] not null default '{}',
  confidence_level text check (confidence_level in ('high', 'medium', 'low')),
  raw_observation jsonb,
  is_malformed boolean not null default false,
  model text,
  cost_usd private.usd,
  created_at timestamptz not null default now()
);
comment on table public.watcher_insights is 'The watcher''s reviews: what a model says of a result.';
comment on column public.watcher_insights.is_malformed is
  'True if the answer could not be read. raw_observation then has its text.';
create index watcher_insights_owner_id_idx on public.watcher_insights (owner_id);

do $$
begin
  if not exists (select from pg_roles where rolname = 'test_reporter') then
    create role test_reporter nologin;
  end if;
end;
$$;
comment on role test_reporter is 'Reads every team''s test tracking and nothing else. For internal dashboards.';
-- The schema private is needed for the pairing of results behind compare_test_runs, and for nothing else.
grant usage on schema public, private to test_reporter;

do $$
declare relation text;
begin
  foreach relation in array array['test_runs', 'test_results', 'watcher_insights'] loop
    execute format('alter table public.%I enable row level security', relation);
    execute format('grant select on public.%I to authenticated, test_reporter', relation);
    execute format('grant select, insert, update, delete on public.%I to service_role', relation);
    execute format('create policy "Viewers read their %s" on public.%I for select to authenticated
      using (owner_id = any ((select private.accounts_as(''viewer''))::uuid[]))', replace(relation, '_', ' '), relation);
    execute format('create policy "Reporters read all %s" on public.%I for select to test_reporter using (true)',
      replace(relation, '_', ' '), relation);
  end loop;
end;
$$;
grant delete on public.test_runs to authenticated;
create policy "Owners delete their test runs" on public.test_runs
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));
