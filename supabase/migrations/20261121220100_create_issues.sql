create table public.known_failures (
  id bigint generated always as identity primary key,
  owner_id uuid default private.acting_account() references public.accounts (id) on delete cascade,
  name text not null check (length(name) between 1 and 100),
  pattern text not null check (length(pattern) between 1 and 1000)
    -- The last condition compiles the pattern, so that an invalid one is refused here and not during a run.
    check (pattern !~ '\\[1-9]|\(\?[=!<]') check (('' ~* pattern) is not null),
  category text not null check (category in ('production', 'test_infrastructure')),
  priority text not null check (priority in ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')),
  title text not null check (length(title) between 1 and 300),
  root_cause text,
  is_symptom boolean not null default false,
  created_at timestamptz not null default now(),
  unique nulls not distinct (owner_id, name)
);
comment on table public.known_failures is
  'Patterns of known failures. A failure whose message matches belongs to that issue, whatever its fingerprint. Rows without an owner apply to all owners.';
comment on column public.known_failures.pattern is
  'A regular expression of linear-time syntax (no look-around, no back-references). Ignores case unless it begins with (?c). An owner''s is searched in the error class and message, a common one only where those tell what failed, see read_symptom().';
comment on column public.known_failures.is_symptom is
  'True if many causes show it, as a timeout: each fingerprint among its failures is an issue of its own.';

create table public.issues (
  id bigint generated always as identity primary key,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  issue_code text not null check (issue_code ~ '^[A-Z0-9]+(-[A-Z0-9]+)*-(CRITICAL|HIGH|MEDIUM|LOW)-[0-9]{3,}$'),
  suite text not null,
  title text not null check (length(title) between 1 and 300),
  description text,
  category text not null default 'production' check (category in ('production', 'test_infrastructure')),
  priority text not null default 'MEDIUM' check (priority in ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')),
  status text not null default 'OPEN' check (status in ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'WONT_FIX')),
  trend text not null default 'new' check (trend in ('new', 'recurring', 'regressed', 'resolved')),
  root_cause text,
  resolution text,
  affected_tools text[] not null default '{}',
  detection_key text check (length(detection_key) between 1 and 200),
  first_detected_run_id bigint references public.test_runs (id) on delete set null,
  last_detected_run_id bigint references public.test_runs (id) on delete set null,
  resolved_run_id bigint references public.test_runs (id) on delete set null,
  first_detected_at timestamptz,
  last_detected_at timestamptz,
  occurrence_count private.counter not null default 0,
  run_count private.counter not null default 0,
  pruned_occurrences private.counter not null default 0,
  pruned_runs private.counter not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  resolved_at timestamptz,
  unique (owner_id, issue_code),
  unique (owner_id, suite, detection_key)
);
comment on table public.issues is 'Problems that runs have shown, from detection to resolution.';
comment on column public.issues.issue_code is 'Code of the form <AREA>-<PRIORITY>-NNN, unique per owner.';
comment on column public.issues.trend is
  'Verdict of the last runs: new (seen in one run), recurring, regressed (came back after it was resolved), resolved.';
comment on column public.issues.detection_key is
  'Identifies the cause for the detector: a fingerprint, a known failure, or an outage. Null if a person created the issue.';
comment on column public.issues.first_detected_at is 'run_timestamp of the first run with the issue. Stays when that run is pruned.';
comment on column public.issues.occurrence_count is 'Number of results with the issue, including pruned ones.';
create index issues_status_idx on public.issues (owner_id, status, priority, last_detected_at desc);
create index issues_first_detected_run_id_idx on public.issues (first_detected_run_id);
create index issues_last_detected_run_id_idx on public.issues (last_detected_run_id);
create index issues_resolved_run_id_idx on public.issues (resolved_run_id);

create table public.issue_occurrences (
  id bigint generated always as identity primary key,
  issue_id bigint not null references public.issues (id) on delete cascade,
  run_id bigint not null references public.test_runs (id) on delete cascade,
  test_result_id bigint references public.test_results (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  severity text not null check (severity in ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')),
  notes text,
  created_at timestamptz not null default now(),
  unique nulls not distinct (issue_id, run_id, test_result_id)
);
comment on table public.issue_occurrences is 'Occurrences of issues: the run and the result.';
create index issue_occurrences_run_id_idx on public.issue_occurrences (run_id);
create index issue_occurrences_test_result_id_idx on public.issue_occurrences (test_result_id);
create index issue_occurrences_owner_id_idx on public.issue_occurrences (owner_id);

create table public.issue_status_changes (
  id bigint generated always as identity primary key,
  issue_id bigint not null references public.issues (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  old_status text,
  new_status text not null check (new_status in ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'WONT_FIX')),
  trend text,
  run_id bigint references public.test_runs (id) on delete set null,
  effective_at timestamptz not null default now(),
  is_settled boolean not null default false,
  changed_by text not null check (changed_by in ('detector', 'owner')),
  created_at timestamptz not null default now()
);
comment on table public.issue_status_changes is 'History of the statuses of issues.';
comment on column public.issue_status_changes.effective_at is
  'Time of the change. A change by the detector has the run''s timestamp, so that a late run is inserted at its time.';
comment on column public.issue_status_changes.is_settled is
  'True if the change follows from runs that retention has deleted. A late run does not alter it.';
create index issue_status_changes_issue_idx on public.issue_status_changes (issue_id, effective_at, id);
create index issue_status_changes_run_id_idx on public.issue_status_changes (run_id);
create index issue_status_changes_owner_id_idx on public.issue_status_changes (owner_id, effective_at);

do $$
declare relation text;
begin
  foreach relation in array array['known_failures', 'issues', 'issue_occurrences', 'issue_status_changes'] loop
    execute format('alter table public.%I enable row level security', relation);
    execute format('grant select on public.%I to authenticated, test_reporter', relation);
    execute format('grant select, insert, update, delete on public.%I to service_role', relation);
    execute format('create policy "Reporters read all %s" on public.%I for select to test_reporter using (true)',
      replace(relation, '_', ' '), relation);
  end loop;
  foreach relation in array array['issues', 'issue_occurrences', 'issue_status_changes'] loop
    execute format('create policy "Viewers read their %s" on public.%I for select to authenticated
      using (owner_id = any ((select private.accounts_as(''viewer''))::uuid[]))', replace(relation, '_', ' '), relation);
  end loop;
end;
$$;
create policy "Users read common known failures and their own" on public.known_failures
  for select to authenticated
  using (owner_id is null or owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
grant insert (owner_id, name, pattern, category, priority, title, root_cause),
  update (name, pattern, category, priority, title, root_cause), delete on public.known_failures to authenticated;
create policy "Members add known failures" on public.known_failures
  for insert to authenticated with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Members change their known failures" on public.known_failures
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Owners delete their known failures" on public.known_failures
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));
grant update (title, description, category, priority, status, root_cause, resolution), delete
  on public.issues to authenticated;
create policy "Members work on their issues" on public.issues
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Owners delete their issues" on public.issues
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));
create trigger issues_touch before update on public.issues for each row execute function private.touch_updated_at();
