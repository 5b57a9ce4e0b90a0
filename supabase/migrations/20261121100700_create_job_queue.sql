-- The job queue. Everything that works in the background is a row of job_queue, see docs/queue.md.
--
-- How to add a kind of job (8 files; a step that is forgotten fails the check in brackets):
--
-- 1. supabase/migrations/…_<kind>.sql, after the queue's own files:
--    - `insert into private.job_kinds`: kind, edge function, tries, its functions [tests/job_kinds_test.ts];
--    - the follow_up, private.<name>(event text, jobs jsonb), if anything is to be written down when jobs end
--      in other hands [supabase/tests/09_job_kinds.test.sql]. Events: returned (the jobs wait again, because
--      their worker left or died), skipped (taken out of the queue, "reason" says why), dead (given up,
--      "reason" is the last error), each with [{kind, group_id, payload, reason}]; and ended (groups without
--      an open job, each time the last one ends) with [{kind, group_id}];
--    - jobs without a group are inserted into job_queue and use advance_jobs. Jobs with limits and a budget
--      are enqueued with enqueue_jobs, and need a function of their own in advanced_by
--      [supabase/tests/09_job_kinds.test.sql]: it takes lock_queue(), ends
--      jobs with settle_jobs, writes to its own table, calls enforce_ceilings and end_groups if settle_jobs
--      says so, and takes new jobs from lease_jobs, all in one transaction. See advance_watcher, the shortest.
-- 2. supabase/tests/…_<kind>.test.sql: what its functions do.
-- 3. supabase/functions/_shared/<part>/…: its source, createPlainSource or one like watcher_source.ts.
-- 4. supabase/functions/<function>/work_on_<kind>.ts: handle, recover, replaceResult, handover for workOnQueue.
-- 5. supabase/functions/<function>/work_on_<kind>_test.ts.
-- 6. supabase/functions/<function>/index.ts: serveQueueWorker [tests/job_kinds_test.ts].
-- 7. supabase/functions/<function>/deno.json: the packages that it reaches [deno task check].
-- 8. supabase/config.toml: [functions.<function>] with verify_jwt = false [tests/job_kinds_test.ts].
create table private.queue_settings (
  singleton boolean primary key default true check (singleton),
  max_in_flight_per_lane integer not null default 3 check (max_in_flight_per_lane > 0),
  max_in_flight_per_group integer not null default 10 check (max_in_flight_per_group > 0),
  max_in_flight_per_provider integer not null default 60 check (max_in_flight_per_provider > 0),
  max_workers integer not null default 8 check (max_workers > 0),
  lease_seconds integer not null default 45,
  max_crashes integer not null default 3 check (max_crashes > 0),
  soft_ceiling_usd numeric not null default 7 check (soft_ceiling_usd >= 0),
  hard_ceiling_usd numeric not null default 15 check (hard_ceiling_usd >= soft_ceiling_usd)
);
comment on table private.queue_settings is
  'The one row of limits. A group copies its limits and ceilings when it is enqueued; the rest is read at every claim.';
comment on column private.queue_settings.max_in_flight_per_lane is 'Calls at once of one group in one lane: of one report to one model.';
comment on column private.queue_settings.max_in_flight_per_group is 'Calls at once of one group: one report, or one run of a prompt.';
comment on column private.queue_settings.max_in_flight_per_provider is
  'Calls at once to one provider over all groups, if provider_limits has no row for it.';
comment on column private.queue_settings.max_workers is 'Chains of worker invocations of one function side by side. Each may hold a connection to the database.';
comment on column private.queue_settings.lease_seconds is
  'How long a job stays with a worker that has stopped renewing. A worker is told when it registers, and renews every third of it; a change applies to workers that register later.';
comment on column private.queue_settings.max_crashes is 'A job that lost this many workers is dead-lettered.';
create function private.check_lease_seconds() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Shorter ones end while the database is slow for a moment, and the calls are paid twice. Longer ones keep a
  -- dead worker's jobs for minutes.
  if new.lease_seconds not between 5 and 300 then
    raise exception 'lease_seconds must be from 5 to 300, not %', new.lease_seconds using errcode = 'check_violation',
      hint = 'Workers renew their leases every third of it.';
  end if;
  return new;
end;
$$;
comment on function private.check_lease_seconds() is 'Refuses leases that a worker''s heartbeat could not keep.';
grant execute on function private.check_lease_seconds to service_role;
create trigger queue_settings_check_lease before insert or update of lease_seconds on private.queue_settings
  for each row execute function private.check_lease_seconds();
insert into private.queue_settings default values;
alter table private.queue_settings enable row level security;
grant select, insert, update, delete on private.queue_settings to service_role;
create policy "Workers do everything" on private.queue_settings
  for all to service_role using (true) with check (true);

create table private.provider_limits (
  provider text primary key,
  max_in_flight integer not null check (max_in_flight > 0)
);
comment on table private.provider_limits is 'Calls at once to one provider (base_url_key of models) over all groups.';
-- Our own OCR service has two engines: more calls would only wait there, and count as slow.
insert into private.provider_limits values ('local', 2);
alter table private.provider_limits enable row level security;
grant select, insert, update, delete on private.provider_limits to service_role;
create policy "Workers do everything" on private.provider_limits
  for all to service_role using (true) with check (true);

create table private.provider_pace (
  provider text primary key,
  concurrency numeric not null check (concurrency >= 1),
  paused_until timestamptz not null default '-infinity',
  lowered_at timestamptz not null default '-infinity',
  changed_at timestamptz not null default now()
);
comment on table private.provider_pace is
  'What providers that turned calls away take at the moment, below their fixed limit. A provider that takes all has no row.';
comment on column private.provider_pace.concurrency is 'Calls at once, rounded down.';
comment on column private.provider_pace.paused_until is 'It asked to be left alone until then.';
comment on column private.provider_pace.lowered_at is 'When the concurrency was last halved: calls that were under way then are turned away together.';
comment on column private.provider_pace.changed_at is 'After five minutes without a call that tells anything the row counts no more.';
alter table private.provider_pace enable row level security;
grant select, insert, update, delete on private.provider_pace to service_role;
create policy "Workers do everything" on private.provider_pace
  for all to service_role using (true) with check (true);

create table private.provider_circuits (
  provider text not null,
  lane text not null default '',
  failures integer not null check (failures > 0),
  failed_lanes text[] not null default '{}',
  is_open boolean not null,
  is_parked boolean not null default false,
  is_costly boolean not null default false,
  pauses integer not null default 0 check (pauses >= 0),
  paused_until timestamptz not null default '-infinity',
  since timestamptz not null default now(),
  failed_at timestamptz not null default now(),
  reason text not null,
  primary key (provider, lane)
);
comment on table private.provider_circuits is
  'Circuit breakers: providers, and single models of theirs, whose last calls failed. What answers has no row. Maintained by note_calls.';
comment on column private.provider_circuits.lane is
  'The model (lane of job_lanes) that fails; empty for the provider as a whole.';
comment on column private.provider_circuits.failures is 'Failures since the last answer.';
comment on column private.provider_circuits.failed_lanes is 'Of a whole provider: the lanes that failed since its last answer.';
comment on column private.provider_circuits.is_open is
  'It may be paused. A provider as a whole opens when a connection fails or two of its models do; a model at once. Either gets one new call at a time even before, until one call is answered.';
comment on column private.provider_circuits.is_parked is
  'The provider refuses our account: pauses are minutes and hours instead of seconds.';
comment on column private.provider_circuits.is_costly is
  'A connection broke, or a failure may have been billed: the first pause comes at once, and only the answer to a call that began later closes the circuit.';
comment on column private.provider_circuits.pauses is 'How many pauses there were: each is twice as long as the one before.';
comment on column private.provider_circuits.paused_until is 'No call before; then one at a time until one is answered.';
comment on column private.provider_circuits.since is 'When the first of these failures came in: what the kind''s patience counts from.';
comment on column private.provider_circuits.reason is 'Message of the last failure.';
alter table private.provider_circuits enable row level security;
grant select, insert, update, delete on private.provider_circuits to service_role;
create policy "Workers do everything" on private.provider_circuits
  for all to service_role using (true) with check (true);

create table private.job_kinds (
  kind text primary key,
  function_name text not null,
  max_attempts integer not null default 8 check (max_attempts > 0),
  follow_up text,
  max_costly_attempts integer not null default 3 check (max_costly_attempts > 0),
  outage_patience interval not null default '30 minutes' check (outage_patience >= '0'),
  parked_patience interval not null default '24 hours' check (parked_patience >= '0'),
  advanced_by text not null default 'advance_jobs'
);
comment on table private.job_kinds is
  'Which edge function works on which kind of job, how often a job may be tried, and how long it waits for a provider.';
comment on column private.job_kinds.max_attempts is 'Tries of one job that fail without saying anything about the model, or without cost.';
comment on column private.job_kinds.max_costly_attempts is
  'Tries of one job that may each have cost money and brought nothing, such as a model''s timeouts.';
comment on column private.job_kinds.outage_patience is 'How long jobs wait for a provider or model that is down.';
comment on column private.job_kinds.parked_patience is 'How long jobs wait for a provider that refuses our account.';
comment on column private.job_kinds.advanced_by is
  'Function of schema public that the kind''s worker calls: it records results and leases jobs, in one transaction.';
comment on column private.job_kinds.follow_up is
  'Function of this schema that follow_jobs calls with (event text, jobs jsonb) when jobs end or come back outside the kind''s own advance function. Null: nothing follows.';
alter table private.job_kinds enable row level security;
grant select, insert, update, delete on private.job_kinds to service_role;
create policy "Workers do everything" on private.job_kinds
  for all to service_role using (true) with check (true);

create table private.job_groups (
  id uuid primary key,
  kind text not null,
  priority smallint not null default 0,
  max_in_flight private.cap not null,
  max_in_flight_per_lane private.cap not null,
  soft_ceiling_usd private.usd not null,
  hard_ceiling_usd private.usd not null,
  reserved_usd private.usd not null default 0,
  spent_usd private.usd not null default 0,
  written_off_usd private.usd not null default 0,
  dearest_job_usd private.usd not null default 0,
  waiting private.counter not null default 0,
  open_jobs private.counter not null default 0,
  stopped_for text,
  served_at timestamptz not null default now(),
  created_at timestamptz not null default now()
) with (fillfactor = 50);
comment on table private.job_groups is
  'Jobs that share limits, a budget and a fair turn: those of one report, or run of a prompt (its id is the group''s).';
-- Neither here nor in job_queue and cost_ledger are there checks over several columns: a table's checks
-- are parsed again by each statement that writes there, a thirteenth of a worker's call. What they would
-- say (open_jobs >= waiting; owner and expiry together, and neither in a dead job; an actual cost in what
-- is settled) the tests ask of every state that random workers leave behind.
comment on column private.job_groups.kind is 'That of its jobs, or of most: workers look only at groups of a kind of theirs.';
comment on column private.job_groups.soft_ceiling_usd is
  'No job starts once so much is spent, written off or reserved. What lost workers write off raises it, up to the hard ceiling.';
comment on column private.job_groups.reserved_usd is 'Upper bounds of the calls in flight.';
comment on column private.job_groups.spent_usd is 'What providers charged, as they said.';
comment on column private.job_groups.written_off_usd is
  'Upper bounds of calls whose worker or connection was lost: they may have been charged, so they count against the ceilings.';
comment on column private.job_groups.dearest_job_usd is
  'The largest reservation among its jobs: while it fits, no job needs a look for one that does not.';
comment on column private.job_groups.waiting is 'Jobs neither leased nor dead.';
comment on column private.job_groups.open_jobs is 'Jobs that have not ended: waiting or leased.';
comment on column private.job_groups.stopped_for is
  'Why its waiting jobs were all cancelled, if they were: what comes back later is skipped for the same reason.';
comment on column private.job_groups.served_at is 'When the group last got a lease: the longest unserved is asked first.';
create index job_groups_turn_idx on private.job_groups (priority, served_at) where waiting > 0;
alter table private.job_groups enable row level security;
grant select, insert, update, delete on private.job_groups to service_role;
create policy "Workers do everything" on private.job_groups
  for all to service_role using (true) with check (true);

create table private.job_lanes (
  group_id uuid not null references private.job_groups (id) on delete cascade,
  lane text not null,
  kind text not null references private.job_kinds (kind),
  provider text not null,
  primary key (group_id, lane)
);
comment on table private.job_lanes is
  'The distinct lanes (models) of a group, so that a claim asks each lane for its head instead of sorting the backlog.';
create index job_lanes_kind_idx on private.job_lanes (kind);
alter table private.job_lanes enable row level security;
grant select, insert, update, delete on private.job_lanes to service_role;
create policy "Workers do everything" on private.job_lanes
  for all to service_role using (true) with check (true);

create table private.job_queue (
  id bigint generated always as identity (cache 50) primary key,
  kind text not null,
  group_id uuid,
  lane text,
  provider text,
  payload jsonb not null default '{}',
  priority smallint not null default 0,
  run_at timestamptz not null default now(),
  reservation_usd private.usd not null default 0,
  attempts private.counter not null default 0,
  releases private.counter not null default 0,
  crashes private.counter not null default 0,
  lease_owner uuid,
  lease_expires_at timestamptz,
  is_prefetched boolean not null default false,
  is_probe boolean not null default false,
  last_error text,
  dead_at timestamptz,
  dedupe_key text,
  created_at timestamptz not null default now()
)
-- Leasing rewrites the row and deleting follows soon: autovacuum should not wait for a fifth of the table.
-- No room is left on its pages: a lease changes an indexed column, so that its row gains nothing by staying.
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
comment on table private.job_queue is
  'Work to do: a row is waiting, leased to a worker, or dead (given up, kept to be looked at). Work that has ended is deleted.';
-- No foreign keys: a check for each row would cost the enqueuing of thousands a third of its time, and
-- only the queue's functions write here. What goes with a report goes by the trigger reports_forget.
comment on column private.job_queue.lane is 'Within the group: jobs that count against the same limit, such as those for one model.';
comment on column private.job_queue.priority is
  'Lower ones first: among jobs without a group, and among the lanes of a group, whose own jobs go by run_at.';
comment on column private.job_queue.reservation_usd is 'Upper bound of one attempt''s cost, set aside while it is leased.';
comment on column private.job_queue.attempts is 'Leases so far; with the owner it is the fencing token of complete and fail.';
comment on column private.job_queue.releases is
  'Leases that do not count against the attempts that its kind allows: given back unstarted, or lost to an outage of the provider.';
comment on column private.job_queue.is_prefetched is
  'Prefetched: leased, but not started until a call of the same worker in the same lane ends. No cap counts it until then; its cost is reserved.';
comment on column private.job_queue.is_probe is
  'Last leased while its provider or model was failing: the one call that finds out whether that is over.';
comment on column private.job_queue.crashes is 'Leases that expired: the worker died or hung.';
comment on column private.job_queue.dedupe_key is 'At most one living job per kind and key.';
create index job_queue_waiting_idx on private.job_queue (group_id, lane, run_at, id)
  where lease_owner is null and dead_at is null and group_id is not null;
create index job_queue_ungrouped_idx on private.job_queue (kind, priority, run_at, id)
  where lease_owner is null and dead_at is null and group_id is null;
-- By owner, so that new leases reuse the space of old ones: by expiry, what had ended piled up at one
-- end, and counting what is in flight read 170 pages after 3,000 jobs.
create index job_queue_leased_idx on private.job_queue (lease_owner)
  include (group_id, lane, provider, lease_expires_at, is_prefetched, is_probe) where lease_owner is not null;
create index job_queue_dead_idx on private.job_queue (dead_at) where dead_at is not null;
create unique index job_queue_dedupe_idx on private.job_queue (kind, dedupe_key) where dedupe_key is not null;
alter table private.job_queue enable row level security;
grant select, insert, update, delete on private.job_queue to service_role;
create policy "Workers do everything" on private.job_queue
  for all to service_role using (true) with check (true);

create table private.cost_ledger (
  group_id uuid not null,
  job_id bigint not null,
  attempt integer not null,
  state private.ledger_state not null,
  reserved_usd private.usd not null,
  actual_usd private.usd,
  settled_at timestamptz not null default now(),
  primary key (group_id, job_id, attempt)
);
comment on table private.cost_ledger is
  'One row per attempt that could cost, written by the transaction that takes the lease back. Until then the leased job is the reservation. The sums stand in job_groups; what was spent stays on the books when its report is deleted.';
alter table private.cost_ledger enable row level security;
grant select, insert, update, delete on private.cost_ledger to service_role;
create policy "Workers do everything" on private.cost_ledger
  for all to service_role using (true) with check (true);

create table private.worker_leases (
  id uuid primary key,
  function_name text not null,
  group_id uuid,
  started_at timestamptz not null default now(),
  ends_at timestamptz not null,
  expires_at timestamptz not null,
  lease_seconds integer not null,
  unrecorded_starts private.counter
);
comment on table private.worker_leases is
  'Worker invocations that are alive: they renew expires_at, never past ends_at. One that has died keeps its row until the jobs are taken from it that it held.';
comment on column private.worker_leases.lease_seconds is
  'Lease of the worker and of its jobs, as the settings were when it registered. Its heartbeat follows it.';
comment on column private.worker_leases.unrecorded_starts is
  'How many prefetched jobs it may have started that are still is_prefetched; null: all of them.';
alter table private.worker_leases enable row level security;
grant select, insert, update, delete on private.worker_leases to service_role;
create policy "Workers do everything" on private.worker_leases
  for all to service_role using (true) with check (true);
