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

-- Codes have case and stand alone: ENOTFOUND is no part of FileNotFoundError, and 57014 none of 157014.
insert into public.known_failures (owner_id, name, is_symptom, pattern, category, priority, title, root_cause) values
  (null, 'database-down', false,
    '\yECONNREFUSED\y[^\n]*:(5432|3306)\y|(127\.0\.0\.1|localhost|\[::1\]):(5432|3306)\y[^\n]*\yrefused\y|\ythe database system is (starting up|shutting down|in recovery)|\yterminating connection due to administrator command\y|\yCommunications link failure\y|\ycan''t connect to (local )?(mysql )?server\y',
    'test_infrastructure', 'HIGH', 'The database is not reachable', 'The database was down or restarting while the tests ran.'),
  (null, 'database-full', false,
    '\yremaining connection slots\y|\ytoo many clients already\y|\yToo many connections\y|\ymax client connections reached\y',
    'test_infrastructure', 'HIGH', 'The database accepts no more connections', 'The tests open more connections than the database allows, or do not close them.'),
  (null, 'connection-refused', true,
    '\yECONNREFUSED\y|\yERR_CONNECTION_REFUSED\y|\yconnection refused\y|\yconnect: refused\y|\yConnectionRefused(Error|Exception)?\y|\yactively refused it\y',
    'test_infrastructure', 'HIGH', 'A connection was refused', 'A service that the tests need was not running, or listens on another address.'),
  (null, 'name-resolution', true,
    '\y(getaddrinfo|queryA) (ENOTFOUND|EAI_AGAIN)\y|\yEAI_AGAIN\y|\ygaierror\y|\ycould not resolve host\y|\yname or service not known\y|\ytemporary failure in name resolution\y|\yno such host\y|\yUnknownHostException\y|\yERR_NAME_NOT_RESOLVED\y|\yfailed to lookup address\y',
    'test_infrastructure', 'HIGH', 'A host name was not resolved', 'DNS was not reachable from where the tests ran, or the name is wrong.'),
  (null, 'connection-lost', true,
    '\yECONNRESET\y|\y(write|read) EPIPE\y|\yEPIPE:|\yConnectionResetError\y|\yBrokenPipeError\y|\yconnection reset( by peer)?($|[^\w ])|\ysocket hang up\y|\ybroken pipe\y|\yconnection (was )?(closed|terminated) (unexpectedly|by (the )?(peer|remote|server))|\yconnection closed before (the )?(message|request|response)|\yforcibly closed by the remote host\y|\yRemoteDisconnected\y',
    'test_infrastructure', 'MEDIUM', 'A connection broke', 'The other side closed the connection during a call.'),
  (null, 'certificate', true,
    '\yself[- ]signed certificate\y|\yunable to verify the first certificate\y|\ycertificate (has expired|verify failed|signed by unknown authority)|\yCERT_HAS_EXPIRED\y|\yUnknownIssuer\y|\yPKIX path building failed\y|\yx509: certificate\y',
    'test_infrastructure', 'HIGH', 'A certificate was not accepted', 'It has expired, or its issuer is not trusted where the tests ran.'),
  (null, 'rate-limit', false,
    '\y(HTTP(/[0-9.]+)?|status|code|error|response)\W{0,5}429\y|\y429 (Client Error|Too Many Requests)|\ytoo many requests($|[^\w ]| (for|from|in|to) )|\yrate[ _-]?limit (was |has been |is )?(exceeded|reached)\y|\yrate_limit_(exceeded|error)\y|\yrate limited($|[^\w ])|\yRateLimit(Error|Exception)\y',
    'test_infrastructure', 'MEDIUM', 'A provider''s rate limit was reached (429)', 'More calls a minute than the account may make.'),
  (null, 'disk-full', false,
    '\yENOSPC\y|\yno space left on device\y|\ydisk quota exceeded\y|\ynot enough space on the disk\y|\ydatabase or disk is full\y',
    'test_infrastructure', 'HIGH', 'The disk is full', 'The machine that ran the tests has no space left.'),
  (null, 'quota', false,
    '\yinsufficient_quota\y|\yquota (was |has been )?exceeded\y|\yexceeded your current quota\y|\y(HTTP(/[0-9.]+)?|status|code|error|response)\W{0,5}402\y|\y402 Payment Required\y|\ypayment required($|[^\w ])',
    'test_infrastructure', 'HIGH', 'A provider''s quota is used up', 'The account has no credit left.'),
  (null, 'overloaded', true,
    '\y(HTTP(/[0-9.]+)?|status|code|error|response)\W{0,5}(502|503|504|529)\y|\y50[234] (Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)|\yservice (is )?(temporarily )?unavailable($|[^\w ])|\ybad gateway($|[^\w ])|\ygateway time-?out($|[^\w ])|\yoverloaded_error\y|\ycode = Unavailable\y',
    'test_infrastructure', 'MEDIUM', 'A service was overloaded or unavailable', 'The upstream answered with 502, 503, 504 or an overload error.'),
  (null, 'out-of-memory', true,
    '(?c)\yOutOfMemory(Error|Exception)\y|\yENOMEM\y|\yMemoryError\y|\yOOMKilled\y|\y[Hh]eap out of memory\y|\y[Hh]eap limit\y|\y[Oo]ut of memory($|[^\w ])|\y[Cc]annot allocate memory\y|\yAllowed memory size of \d+ bytes exhausted\y|\ystd::bad_alloc\y|\ymemory allocation of \d+ bytes failed\y',
    'production', 'CRITICAL', 'Memory ran out', 'The process needed more memory than its limit.'),
  (null, 'deadlock', true,
    '\ydeadlock detected\y|\y(SQLSTATE|code)\W{0,5}40P01\y|^40P01\y|\ydeadlock found when trying to get lock\y|\yORA-00060\y|\ywas deadlocked on lock\y',
    'production', 'HIGH', 'Transactions deadlocked', 'Two transactions take the same locks in different order.'),
  (null, 'unauthorized', true,
    '\y(HTTP(/[0-9.]+)?|status|code|error|response)\W{0,5}401\y|\y401 (Client Error|Unauthorized)|(^|[:(\n] ?)unauthorized($|[^\w ])|\yinvalid[ _.-]api[ _.-]key\y|\yincorrect api key\y|\yAuthenticationError\y|\yJWT (has )?expired\y|\yAuthentication failed for user\y|\ypassword authentication failed\y',
    'production', 'HIGH', 'A call was not authenticated (401)', 'The key or token is missing, wrong or expired.'),
  (null, 'forbidden', true,
    '\y(HTTP(/[0-9.]+)?|status|code|error|response)\W{0,5}403\y|\y403 (Client Error|Forbidden)|(^|[:(\n] ?)forbidden($|[^\w ])|\ypermission denied for (table|schema|relation|function|sequence|database|view|column)\y|\yInsufficientPrivilege\y|\yrow-level security\y|\yAccessDenied(Exception)?\y|\ycode = PermissionDenied\y',
    'production', 'HIGH', 'A call was not allowed (403)', 'The caller lacks the right: a role, a grant or a policy.'),
  (null, 'json-parse', true,
    '\yJSON\.parse: |\yin JSON at position\y|\yunexpected end of JSON\y|\yis not valid JSON\y|\yJSONDecodeError\y|\yinvalid input syntax for type jsonb?\y|\yJson(Parse|Reader|Syntax|Mapping)?Exception\y|\yJSON::ParserError\y|\ylooking for beginning of value\y|\yEOF while parsing a value\y|\ymalformed JSON\y',
    'production', 'MEDIUM', 'An answer was not valid JSON', 'A model or service answered with something other than the requested JSON.'),
  (null, 'missing-module', true,
    '\yModuleNotFoundError\y|\y(ERR_)?MODULE_NOT_FOUND\y|\yno module named\y|\ycannot find (module|package)\y|\ymodule not found\y|\yClassNotFoundException\y|\yNoClassDefFoundError\y|\ycannot load such file\y|\ycould not load file or assembly\y|\yno required module provides package\y|\yunresolved import\y',
    'test_infrastructure', 'HIGH', 'A module is missing', 'A dependency is not installed, or an import has a wrong name.'),
  (null, 'timeout', true,
    '\ytimed out($|[^\w ]| (after|for|in|retrying|to|trying|waiting|when|while) )|\yETIMEDOUT\y|\y\w*Timeout(Error|Exception)\y|\y(Read|Connect|Request|Socket)Timeout\y|\ydeadline exceeded\y|\yDeadlineExceeded\y|\yDEADLINE_EXCEEDED\y|\yexceeded timeout\y|\ytimeout (of )?[0-9.]+ ?(ms|s|seconds) exceeded\y|\ystatement timeout\y|\ylock timeout\y|\y(SQLSTATE|code)\W{0,5}57014\y',
    'production', 'MEDIUM', 'Something exceeded its time limit', 'A call or a test ran into its time limit.');
