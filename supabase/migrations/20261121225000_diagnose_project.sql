-- What `deno task doctor` asks the database. The rest of its checks calls the services from outside.
create function private.diagnose() returns table (subject text, state text, finding text, remedy text)
language sql stable set search_path = '' as $$
  with expected (jobname) as (
    values ('fold-chat-telemetry'), ('log-lost-chat-turns'), ('models-sync'), ('prune-test-runs'), ('purge-call-cache'),
      ('purge-cron-history'), ('purge-watched-runs'), ('refresh-orderable-models'), ('sweep-dataset-files'),
      ('sweep-queue')
  ),
  jobs as (
    select e.jobname, j.jobid, j.active, last.status, last.return_message
    from expected e
    left join cron.job j on j.jobname = e.jobname
    left join lateral (
      select d.status, d.return_message from cron.job_run_details d
      where d.jobid = j.jobid and d.status in ('succeeded', 'failed')
      order by d.start_time desc limit 1
    ) last on true
  ),
  sweep as (
    select max(d.start_time) as started_at
    from cron.job j join cron.job_run_details d on d.jobid = j.jobid
    where j.jobname = 'sweep-queue' and d.status in ('succeeded', 'failed')
  ),
  queue as (
    select count(*) filter (where q.dead_at is not null) as dead,
      now() - min(q.run_at) filter (where q.dead_at is null and q.lease_owner is null and q.group_id is null) as late
    from private.job_queue q
  ),
  findings (rank, subject, state, finding, remedy) as (
    select 1, 'extensions', 'failed', x.name || ' is not installed', 'Deploy the migrations: deno task deploy'
    from (values ('pg_net'), ('pg_cron'), ('supabase_vault')) x (name)
    where not exists (select from pg_catalog.pg_extension e where e.extname = x.name)

    union all
    select 2, 'vault', 'failed',
      case when s.id is null then x.name || ' is missing, so Postgres starts no worker'
        else x.name || ' cannot be read, so Postgres starts no worker' end,
      'deno task deploy writes it'
    from (values ('project_url'), ('worker_token')) x (name)
    left join vault.decrypted_secrets s on s.name = x.name
    where s.decrypted_secret is null

    union all
    select 3, 'cron', 'failed', jobname || ' does not exist', 'Deploy the migrations: deno task deploy'
    from jobs where jobid is null
    union all
    select 3, 'cron', 'failed', jobname || ' is switched off',
      format('Switch it on under Integrations, Cron, or: select cron.alter_job(%s, active => true)', jobid)
    from jobs where not active
    union all
    select 3, 'cron', 'failed', format('%s failed: %s', jobname, left(return_message, 200)),
      'Read the message; it runs again by itself'
    from jobs where active and status = 'failed'
    union all
    select 3, 'cron', case when s.started_at is null then 'warning' else 'failed' end,
      case when s.started_at is null then 'sweep-queue has not run yet'
        else 'sweep-queue last ran at ' || to_char(s.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') end,
      'It runs every 15 seconds. If it does not, restart the database under Settings, General'
    from sweep s join jobs j on j.jobname = 'sweep-queue'
    where j.active and (s.started_at is null or s.started_at < now() - interval '2 minutes')

    union all
    select 4, 'pg_net', 'warning',
      format('%s of %s calls of the last hour failed, such as with %s', x.failed, x.calls, x.example),
      'If it goes on, read the logs of the functions'
    from (
      select count(*) as calls, count(*) filter (where r.status_code is distinct from 202) as failed,
        max(coalesce('status ' || r.status_code, left(r.error_msg, 100)))
          filter (where r.status_code is distinct from 202) as example
      from net._http_response r where r.created > now() - interval '1 hour'
    ) x
    where x.failed > 0

    union all
    select 5, 'providers', 'warning', 'their lists of models have not been read yet',
      'models-sync reads them within a minute of the deployment'
    where not exists (select from private.providers where tried_at is not null)
    union all
    select 5, 'providers', 'failed', 'no provider has a key, so no model can be run',
      'Set one such as OPENROUTER_API_KEY and deploy again'
    where exists (select from private.providers where tried_at is not null)
      and not exists (select from private.providers where is_configured)
    union all
    select 5, 'providers', 'warning', format('the list of %s could not be read: %s', name, left(error, 200)),
      'Check its key and address; it is tried again in an hour'
    from private.providers where is_configured and error is not null

    union all
    select 6, 'queue', 'warning', format('a job has been due for %s', date_trunc('second', late)),
      'See supabase/snippets/job_queue.sql (1)'
    from queue where late > interval '1 minute'
    union all
    select 6, 'queue', 'warning', format('%s jobs ended as dead letters', dead),
      'See docs/operations.md, Dead letters'
    from queue where dead > 0
    union all
    select 6, 'queue', 'warning', format('%s is %s: %s', provider, p.state, left(reason, 200)),
      case when p.state = 'parked' then 'Top up its credit or replace its key, then: deno task operate resume ' || provider
        else 'Nothing: it is tried again by itself' end
    from public.report_parked p

    union all
    select 7, 'payments', 'failed', format('%s payments pay for no report', count(*)),
      'Refund them: see docs/operations.md, Refunds by hand'
    from public.report_payments p
    where p.outcome <> 'applied' and p.report_id is not null and p.refunded_amount < p.amount
    having count(*) > 0
    union all
    select 7, 'payments', 'failed', format('%s disputes wait for an answer', count(*)),
      'Answer them in Stripe''s dashboard'
    from public.report_payments p where p.dispute_status in ('needs_response', 'warning_needs_response')
    having count(*) > 0

    union all
    select 8, 'bucket', 'failed', 'the bucket benchmark-images is missing', 'Deploy the migrations: deno task deploy'
    where not exists (select from storage.buckets where id = 'benchmark-images')
  )
  select f.subject, f.state, f.finding, f.remedy
  from (
    select * from findings
    union all
    select x.rank, x.subject, 'ok', x.finding, null
    from (values
      (1, 'extensions', 'pg_net, pg_cron and supabase_vault are installed'),
      (2, 'vault', 'project_url and worker_token can be read'),
      (3, 'cron', '10 jobs are on and run'),
      (4, 'pg_net', 'no call of the last hour failed'),
      (5, 'providers', (select string_agg(name, ', ' order by name) from private.providers where is_configured)),
      (6, 'queue', 'nothing is late, dead or parked'),
      (7, 'payments', 'none is mismatched, surplus or disputed'),
      (8, 'bucket', 'benchmark-images exists')
    ) x (rank, subject, finding)
    where not exists (select from findings g where g.subject = x.subject)
  ) f
  order by f.rank, f.subject, f.finding
$$;
comment on function private.diagnose() is
  'Checks what the database can see of its own project. state is ok, warning or failed; remedy says what to do. Only reads.';
