-- Living workers and chains of workers. Each query stands alone.

-- (1) Living workers
-- Worker invocations that hold a lease, by function, and how many there may be. Expired ones have died; the next
-- sweep removes them.
select w.function_name, count(*) filter (where w.expires_at >= now()) as alive,
  count(*) filter (where w.expires_at < now()) as expired, s.max_workers,
  now() - min(w.started_at) as oldest
from private.worker_leases w
cross join private.queue_settings s
group by w.function_name, s.max_workers
order by w.function_name;

-- (2) Chain length
-- Invocations per chain over the last 7 days, and the longest time a chain ran. A chain serves one report, or any.
-- It ends when it finds no more work.
with settings as (select 7 as days)
select c.function_name, count(*) as chains, sum(c.invocations)::bigint as invocations,
  round(avg(c.invocations), 1) as mean_length,
  percentile_disc(0.5) within group (order by c.invocations) as median_length,
  percentile_disc(0.95) within group (order by c.invocations) as p95_length,
  max(c.invocations) as longest, max(c.last_seen_at - c.started_at) as longest_time
from settings s
join private.worker_chains c
  on c.last_seen_at >= ((now() at time zone 'UTC')::date - s.days + 1)::timestamp at time zone 'UTC'
group by c.function_name
order by c.function_name;
