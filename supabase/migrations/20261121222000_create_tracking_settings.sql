create table private.tracking_settings (
  singleton boolean primary key default true check (singleton),
  keep_runs integer not null default 100 check (keep_runs > 0),
  clean_runs integer not null default 5 check (clean_runs > 0),
  outage_share numeric not null default 0.8 check (outage_share > 0 and outage_share <= 1),
  outage_tests integer not null default 5 check (outage_tests > 0)
);
comment on table private.tracking_settings is
  'Settings of test tracking, in one row. A change applies to runs that arrive from then on. A late run replays its issues with the new settings.';
comment on column private.tracking_settings.keep_runs is 'Number of runs of a suite that retention keeps.';
comment on column private.tracking_settings.clean_runs is
  'Number of consecutive runs of a branch without an issue after which it is resolved there.';
comment on column private.tracking_settings.outage_share is
  'Share of failures (0-1) among the tests that ran from which a run is an outage: one issue instead of one per failure.';
comment on column private.tracking_settings.outage_tests is
  'Smallest number of tests that ran for a run to be an outage.';
insert into private.tracking_settings default values;

create table private.judged_runs (
  run_id bigint primary key references public.test_runs (id) on delete cascade,
  owner_id uuid not null,
  suite text not null,
  branch_name text not null,
  run_timestamp timestamptz not null,
  tie text collate "C" not null,
  is_whole boolean not null,
  is_outage boolean not null
);
comment on table private.judged_runs is
  'Complete runs, which the issue detector has processed. It replays them in the order of (run_timestamp, tie), whatever order they arrived in.';
comment on column private.judged_runs.tie is
  'Orders runs of the same time by their content, so that the order does not depend on their arrival. It ends with the id, which decides only between equal runs.';
comment on column private.judged_runs.is_whole is 'True if enough tests ran to decide on an outage.';
comment on column private.judged_runs.is_outage is
  'True if the run is an outage. Its results then count for no other issue.';
create index judged_runs_order_idx on private.judged_runs (owner_id, suite, run_timestamp, tie);
create index judged_runs_branch_idx on private.judged_runs (owner_id, suite, branch_name, run_timestamp, tie);

create table private.issue_tests (
  issue_id bigint not null references public.issues (id) on delete cascade,
  branch_name text not null,
  test_key uuid not null,
  owner_id uuid not null,
  suite text not null,
  tool_name text not null,
  first_at timestamptz not null,
  first_tie text collate "C" not null,
  is_settled boolean not null default false,
  primary key (issue_id, branch_name, test_key)
);
comment on table private.issue_tests is
  'Tests that had an issue, by branch, with the first run. An issue is gone once these tests pass. The zero key stands for a whole run.';
comment on column private.issue_tests.is_settled is 'True if retention has deleted the run.';
create index issue_tests_test_idx on private.issue_tests (owner_id, suite, branch_name, test_key);

create table private.issue_states (
  issue_id bigint primary key references public.issues (id) on delete cascade,
  head jsonb not null default '{}',
  baseline jsonb,
  auto_title text not null,
  auto_description text,
  auto_priority text not null
);
comment on table private.issue_states is 'States of issues as the replay has computed them, see step_issue.';
comment on column private.issue_states.head is 'State after the last processed run. A run that is next in order is one step from here.';
comment on column private.issue_states.baseline is
  'State after the last run that retention has deleted (tracking_horizons). A replay begins here. Null if none of those runs had the issue.';
comment on column private.issue_states.auto_title is 'Title that the detector wrote last. If issues has another one, the owner wrote it, and it stays.';

create table private.tracking_horizons (
  owner_id uuid not null references public.accounts (id) on delete cascade,
  suite text not null,
  run_timestamp timestamptz not null,
  tie text collate "C" not null,
  is_pruning boolean not null default false,
  primary key (owner_id, suite)
);
comment on table private.tracking_horizons is 'Last run of each suite that retention has deleted.';
comment on column private.tracking_horizons.is_pruning is
  'True while retention deletes runs in this transaction, whose effect the baselines already have. Never true for other transactions.';

create table private.issue_counters (
  owner_id uuid not null references public.accounts (id) on delete cascade,
  area text not null,
  priority text not null,
  last_number integer not null check (last_number > 0),
  primary key (owner_id, area, priority)
);
comment on table private.issue_counters is
  'Last number NNN of each owner''s <AREA>-<PRIORITY>. It is counted in the transaction that creates the issue, so there are no gaps and no duplicates.';

do $$
declare relation text;
begin
  foreach relation in array array[
    'tracking_settings', 'judged_runs', 'issue_tests', 'issue_states', 'tracking_horizons', 'issue_counters'
  ] loop
    execute format('alter table private.%I enable row level security', relation);
    execute format('grant select, insert, update, delete on private.%I to service_role', relation);
    execute format('create policy "Workers do everything" on private.%I for all to service_role using (true) with check (true)',
      relation);
  end loop;
end;
$$;

insert into public.known_failures (owner_id, name, pattern, category, priority, title, root_cause) values
  (null, 'database-down', 'ECONNREFUSED[^\n]*:5432|the database system is (starting up|shutting down|in recovery)|terminating connection due to administrator command|remaining connection slots',
    'test_infrastructure', 'HIGH', 'The database is not reachable', 'The database was down, restarting or out of connections while the tests ran.'),
  (null, 'connection-refused', 'ECONNREFUSED|connection refused|connect: refused', 'test_infrastructure', 'HIGH',
    'A connection was refused', 'A service that the tests need was not running, or listens on another address.'),
  (null, 'name-resolution', 'ENOTFOUND|EAI_AGAIN|getaddrinfo|could not resolve host|name or service not known|temporary failure in name resolution',
    'test_infrastructure', 'HIGH', 'A host name was not resolved', 'DNS was not reachable from where the tests ran, or the name is wrong.'),
  (null, 'connection-lost', 'ECONNRESET|EPIPE|connection reset|socket hang up|broken pipe|connection closed before',
    'test_infrastructure', 'MEDIUM', 'A connection broke', 'The other side closed the connection during a call.'),
  (null, 'certificate', 'self.signed certificate|unable to verify the first certificate|certificate (has expired|verify failed)|CERT_HAS_EXPIRED|UnknownIssuer',
    'test_infrastructure', 'HIGH', 'A certificate was not accepted', 'It has expired, or its issuer is not trusted where the tests ran.'),
  (null, 'rate-limit', '(HTTP|status|code|\yerror)\W{0,5}429\y|too many requests|rate.?limit(ed| exceeded| reached)|RateLimitError',
    'test_infrastructure', 'MEDIUM', 'A provider''s rate limit was reached (429)', 'More calls a minute than the account may make.'),
  (null, 'quota', 'insufficient_quota|quota exceeded|exceeded your current quota|(HTTP|status|code|\yerror)\W{0,5}402\y|payment required',
    'test_infrastructure', 'HIGH', 'A provider''s quota is used up', 'The account has no credit left.'),
  (null, 'overloaded', '(HTTP|status|code|\yerror)\W{0,5}(502|503|504|529)\y|service unavailable|bad gateway|gateway time-?out|overloaded_error',
    'test_infrastructure', 'MEDIUM', 'A service was overloaded or unavailable', 'The upstream answered with 502, 503, 504 or an overload error.'),
  (null, 'out-of-memory', 'out of memory|OutOfMemoryError|ENOMEM|heap limit|MemoryError|OOMKilled|cannot allocate memory',
    'production', 'CRITICAL', 'Memory ran out', 'The process needed more memory than its limit.'),
  (null, 'disk-full', 'ENOSPC|no space left on device|disk quota exceeded', 'test_infrastructure', 'HIGH',
    'The disk is full', 'The machine that ran the tests has no space left.'),
  (null, 'deadlock', 'deadlock detected|40P01', 'production', 'HIGH', 'Transactions deadlocked',
    'Two transactions take the same locks in different order.'),
  (null, 'unauthorized', '(HTTP|status|code|\yerror)\W{0,5}401\y|unauthorized|invalid.api.key|AuthenticationError|JWT (has )?expired',
    'production', 'HIGH', 'A call was not authenticated (401)', 'The key or token is missing, wrong or expired.'),
  (null, 'forbidden', '(HTTP|status|code|\yerror)\W{0,5}403\y|\yforbidden\y|permission denied|row-level security', 'production', 'HIGH',
    'A call was not allowed (403)', 'The caller lacks the right: a role, a grant or a policy.'),
  (null, 'json-parse', 'JSON\.parse|in JSON at position|unexpected end of JSON|is not valid JSON|JSONDecodeError|invalid input syntax for type json',
    'production', 'MEDIUM', 'An answer was not valid JSON', 'A model or service answered with something other than the requested JSON.'),
  (null, 'missing-module', 'module not found|cannot find module|ModuleNotFoundError|ERR_MODULE_NOT_FOUND|no module named',
    'test_infrastructure', 'HIGH', 'A module is missing', 'A dependency is not installed, or an import has a wrong name.'),
  (null, 'timeout', 'timed? ?out|ETIMEDOUT|TimeoutError|deadline exceeded|exceeded timeout|57014',
    'production', 'MEDIUM', 'Something exceeded its time limit', 'A call or a test ran into its time limit.');
