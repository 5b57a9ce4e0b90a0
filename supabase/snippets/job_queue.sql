-- The job queue: what waits, what is tried again, what was given up. Each query stands alone.

-- (1) Depth and age
-- Jobs by kind: due now, delayed (a retry), leased to a worker, prefetched, and dead. oldest_due says
-- how long the oldest job has been due; more than a minute means that no worker comes.
select kind,
  count(*) filter (where lease_owner is null and dead_at is null and run_at <= now()) as due,
  count(*) filter (where lease_owner is null and dead_at is null and run_at > now()) as delayed,
  count(*) filter (where lease_owner is not null and not is_prefetched) as leased,
  count(*) filter (where is_prefetched) as prefetched,
  count(*) filter (where dead_at is not null) as dead,
  now() - min(run_at) filter (where lease_owner is null and dead_at is null and run_at <= now()) as oldest_due,
  now() - min(created_at) filter (where dead_at is null) as oldest_living
from private.job_queue
group by kind
order by kind;

-- (2) Retries
-- Jobs that were tried before and are not dead, by kind and number of attempts, with the number of lost workers
-- and one of the errors.
select kind, attempts, count(*) as jobs, sum(crashes)::bigint as crashes, min(run_at) as next_run_at,
  max(left(last_error, 200)) as an_error
from private.job_queue
where dead_at is null and (attempts > 1 or (attempts = 1 and lease_owner is null))
group by kind, attempts
order by kind, attempts;

-- (3) Dead letters
-- Jobs that were given up, by kind and error, the most frequent first. The view report_dead_letters has the jobs.
select kind, left(last_error, 200) as error, count(*) as jobs, max(attempts) as most_attempts, max(crashes) as most_crashes,
  min(dead_at) as first_dead_at, max(dead_at) as last_dead_at, (array_agg(job_id order by dead_at desc))[1] as newest_job_id
from public.report_dead_letters
group by kind, left(last_error, 200)
order by jobs desc, kind, error;

-- (4) Parked and paused providers
-- Providers (lane null), and single models of theirs, that are called one at a time or not at all, and how much
-- waits for them. parked: the provider refuses the account (credit, billing, key). After you have fixed that,
--   deno task operate resume openrouter
-- tries it at once instead of at next_try_at. Otherwise the waiting jobs fail at until, without a score.
select provider, lane, state, reason, now() - since as for_how_long, next_try_at, groups_waiting, jobs_waiting, until
from public.report_parked
order by state, jobs_waiting desc, provider;

-- (5) Dead letters one by one
-- After you have fixed the cause, an e-mail is sent again with: deno task operate retry-email <job_id>
select job_id, kind, payload, attempts, crashes, last_error, dead_at
from public.report_dead_letters order by dead_at desc;
