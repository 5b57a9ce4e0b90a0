create function public.register_worker(p_worker uuid, p_function text, p_group uuid, p_ttl_seconds integer)
returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_settings private.queue_settings;
begin
  perform pg_advisory_xact_lock(hashtextextended('private.worker_leases', 0));
  select * into v_settings from private.queue_settings;
  delete from private.worker_leases where expires_at < now();
  if (select count(*) from private.worker_leases where function_name = p_function) >= v_settings.max_workers
    or exists (
      select from private.worker_leases
      where function_name = p_function and group_id is not distinct from p_group
    )
  then
    return false;
  end if;
  insert into private.worker_leases (id, function_name, group_id, ends_at, expires_at)
  values (
    p_worker, p_function, p_group, now() + make_interval(secs => p_ttl_seconds),
    now() + make_interval(secs => least(p_ttl_seconds, v_settings.lease_seconds))
  );
  return true;
end;
$$;
comment on function public.register_worker(uuid, text, uuid, integer) is
  'A worker invocation announces itself. False: its chain runs already (pg_net delivered twice, or the sweep was early) or enough chains run; it should end at once.';

create function public.renew_leases(p_worker uuid) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_seconds integer := (select lease_seconds from private.queue_settings);
  v_count integer;
begin
  -- What settles the same jobs meanwhile takes their rows in another order.
  perform private.lock_queue();
  update private.worker_leases
  set expires_at = least(ends_at, now() + make_interval(secs => v_seconds))
  where id = p_worker;
  update private.job_queue
  set lease_expires_at = now() + make_interval(secs => v_seconds)
  where lease_owner = p_worker;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
comment on function public.renew_leases(uuid) is 'Heartbeat of a worker: extends its own lease and those of its jobs; returns how many jobs it holds.';

create function public.release_worker(p_worker uuid, p_chain boolean) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_worker private.worker_leases;
  v_held jsonb;
  v_groups uuid[];
  v_returned jsonb;
begin
  perform private.lock_queue();
  select coalesce(jsonb_agg(jsonb_build_object('job_id', id, 'attempt', attempts, 'outcome', 'release')), '[]')
  into v_held from private.job_queue where lease_owner = p_worker;
  with released as materialized (
    select * from private.settle_jobs(p_worker, v_held)
  ),
  requeued as (
    update public.benchmark_runs r set status = 'queued'
    from released s
    where s.kind = 'benchmark_run' and r.id = (s.payload ->> 'run_id')::uuid
  )
  select array_agg(s.group_id) filter (where s.is_group_due),
    jsonb_agg(jsonb_build_object('kind', s.kind, 'group_id', s.group_id, 'payload', s.payload))
      filter (where s.kind <> 'benchmark_run')
  into v_groups, v_returned from released s;
  perform private.follow_jobs('returned', v_returned);
  perform private.enforce_ceilings(v_groups);
  perform private.end_groups(v_groups);
  delete from private.worker_leases where id = p_worker returning * into v_worker;
  -- The successor is called by this transaction's commit, or not at all: then the sweep does it.
  if p_chain and v_worker.id is not null and private.has_due_jobs(v_worker.function_name, interval '1 minute') then
    perform private.invoke_function(v_worker.function_name, jsonb_build_object('report_id', v_worker.group_id));
  end if;
end;
$$;
comment on function public.release_worker(uuid, boolean) is
  'A worker ends: what it still holds goes back unstarted, and with p_chain its successor is invoked where work is left.';

create function private.sweep_queue() returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_function text;
begin
  perform private.lock_queue();
  perform private.reap_leases();
  perform private.give_up_stuck_jobs();
  delete from private.worker_leases where expires_at < now();
  for v_function in
    select distinct k.function_name from private.job_kinds k
    where private.has_due_jobs(k.function_name, interval '0')
  loop
    -- One chain for each report that waits and has none, as far as chains are left; one for the rest.
    perform private.invoke_function(v_function, jsonb_build_object('report_id', missing.id))
    from (
      select g.id from private.job_groups g
      where g.waiting > 0
        and exists (
          select from private.job_lanes l join private.job_kinds k on k.kind = l.kind
          where l.group_id = g.id and k.function_name = v_function
        )
        and private.is_callable(g.id)
        and not exists (
          select from private.worker_leases w where w.function_name = v_function and w.group_id = g.id
        )
      order by g.priority, g.served_at
      limit greatest(0, (select s.max_workers from private.queue_settings s)
        - (select count(*) from private.worker_leases w where w.function_name = v_function))
    ) missing;
    if not found and not exists (select from private.worker_leases w where w.function_name = v_function) then
      perform private.invoke_function(v_function, jsonb_build_object('report_id', null));
    end if;
  end loop;
end;
$$;
comment on function private.sweep_queue() is
  'Runs four times a minute: frees the jobs of dead workers, ends what has waited too long for a provider, and starts chains for work that nobody does, so that a lost pg_net request or a killed isolate costs a minute and nothing else.';

-- A lease of 45 seconds and a sweep of 15: a killed isolate costs no more than the minute.
select cron.schedule('sweep-queue', '15 seconds', 'select private.sweep_queue()');
-- pg_cron keeps a row for each run and forgets none.
select cron.schedule('purge-cron-history', '17 3 * * *',
  $$delete from cron.job_run_details where end_time < now() - interval '1 day'$$);

create function public.claim_jobs(p_worker uuid, p_kinds text[], p_want integer) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  perform private.lock_queue();
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'job_id', j.job_id, 'attempt', j.attempt, 'kind', j.kind, 'payload', j.payload
    )), '[]')
    from private.lease_jobs(p_worker, p_kinds, p_want) j
  );
end;
$$;
comment on function public.claim_jobs(uuid, text[], integer) is
  'Leases up to p_want jobs of these kinds: [{job_id, attempt, kind, payload}].';

create function public.complete_job(p_worker uuid, p_job_id bigint, p_attempt integer) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  perform private.lock_queue();
  return exists (
    select from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
      'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
    )))
  );
end;
$$;
comment on function public.complete_job(uuid, bigint, integer) is 'Ends a job that costs nothing. False: the lease was lost.';

create function public.retry_job(
  p_worker uuid, p_job_id bigint, p_attempt integer, p_delay_seconds integer, p_error text
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_ending text;
begin
  perform private.lock_queue();
  select s.ending into v_ending from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'retry', 'charge', 'none',
    'run_at_ms', p_delay_seconds::bigint * 1000, 'error_message', p_error
  ))) s;
  if v_ending = 'exhausted' then
    perform private.record_dead_jobs(array[p_job_id]);
  end if;
  return v_ending is not null;
end;
$$;
comment on function public.retry_job(uuid, bigint, integer, integer, text) is
  'Gives a job back to be tried again after a delay; after its kind''s last attempt it is dead-lettered. False: the lease was lost.';

create view public.report_dead_letters with (security_invoker = true) as
  select id as job_id, kind, payload, attempts, crashes, last_error, created_at, dead_at
  from private.job_queue where dead_at is not null;
comment on view public.report_dead_letters is 'Jobs that were given up, with the error of their last attempt.';
grant select on public.report_dead_letters to service_role;

do $$
declare signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure from pg_proc p
    where (p.pronamespace = 'public'::regnamespace and p.proname in ('register_worker', 'renew_leases',
      'release_worker', 'claim_jobs', 'complete_job', 'retry_job'))
      or (p.pronamespace = 'private'::regnamespace and p.proname = 'sweep_queue')
  loop
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end;
$$;
