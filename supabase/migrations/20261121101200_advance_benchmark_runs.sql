create function public.advance_benchmark_runs(
  p_worker uuid, p_results jsonb, p_want integer, p_group uuid default null, p_prefetch boolean default false
)
returns jsonb
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set jit = off
as $$
declare
  v_kinds constant text[] := array['benchmark_run', 'report_finalization', 'race_look'];
  v_accepted bigint[];
  v_exhausted bigint[];
  v_groups uuid[];
  v_is_due boolean;
  v_jobs jsonb;
  v_prefetched jsonb := '[]';
  v_claimed integer;
  v_closed jsonb := '[]';
  -- What becomes of runs, one entry each. They are written together, for a second statement on
  -- benchmark_runs cost more than all its rows.
  v_ended_runs uuid[];
  v_ended_statuses text[];
  v_ended_results jsonb[];
  v_started_runs uuid[];
  v_followed bigint[];
  v_followed_runs uuid[];
begin
  -- One transaction: results, costs and new leases are written together or not at all. A worker that
  -- dies before the commit leaves its leases to expire; after it, nothing is left to lose.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    if p_results @? '$[*].next_job' then
      select array_agg(s.job_id), array_agg((s.payload ->> 'run_id')::uuid) into v_followed, v_followed_runs
      from private.start_prefetched(p_worker, p_results) s;
    end if;
    select array_agg(s.job_id), array_agg(s.job_id) filter (where s.ending = 'exhausted'),
      array_agg(distinct s.group_id) filter (where s.group_id is not null),
      bool_or(s.is_group_due),
      array_agg((s.payload ->> 'run_id')::uuid), array_agg(
        case s.ending when 'complete' then 'complete' when 'retry' then 'queued' when 'release' then 'queued'
          else 'failed' end
      ), array_agg(s.result)
    into v_accepted, v_exhausted, v_groups, v_is_due, v_ended_runs, v_ended_statuses, v_ended_results
    from private.settle_jobs(p_worker, p_results) s;

    if v_exhausted is not null then
      perform private.record_dead_jobs(v_exhausted);
    end if;
    if v_is_due then
      perform private.enforce_ceilings(v_groups);
      perform private.end_groups(v_groups);
      v_closed := (
        select coalesce(jsonb_agg(jsonb_build_object('report_id', p.id, 'status', p.status, 'error', p.error,
          'predicted_cost_usd', p.estimated_api_cost, 'actual_cost_usd', p.total_api_cost)), '[]')
        from private.job_groups g join public.reports p on p.id = g.id
        where g.id = any (v_groups) and g.open_jobs = 0 and p.status in ('failed', 'refunded')
      );
    end if;
  end if;

  select coalesce(jsonb_agg(l.payload || jsonb_build_object(
      'job_id', l.job_id, 'attempt', l.attempt, 'kind', l.kind, 'crashes', l.crashes,
      'tries', l.tries, 'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries, 'is_probe', l.is_probe
    )), '[]'), count(*), array_agg(distinct l.group_id),
    array_agg((l.payload ->> 'run_id')::uuid) filter (where l.kind = 'benchmark_run')
  into v_jobs, v_claimed, v_groups, v_started_runs
  from private.lease_jobs(p_worker, v_kinds, p_want, p_group) l;

  update public.benchmark_runs r
  set status = n.status, attempts = r.attempts + n.starts,
    started_at = case when n.status = 'running' then now() when n.status = 'queued' then r.started_at
      else coalesce(r.started_at, now()) end,
    completed_at = case when n.status in ('complete', 'failed') then now() end,
    output_json = n.result -> 'output_json', raw_output = n.result ->> 'raw_output',
    is_valid_json = (n.result ->> 'is_valid_json')::boolean, exact_match = (n.result ->> 'exact_match')::boolean,
    field_accuracy = (n.result ->> 'field_accuracy')::double precision,
    field_errors = nullif(n.result -> 'field_errors', 'null'),
    response_time_ms = (n.result ->> 'response_time_ms')::integer,
    input_tokens = (n.result ->> 'input_tokens')::integer, output_tokens = (n.result ->> 'output_tokens')::integer,
    cached_tokens = (n.result ->> 'cached_tokens')::integer,
    reasoning_tokens = (n.result ->> 'reasoning_tokens')::integer, served_model = n.result ->> 'served_model',
    served_provider = n.result ->> 'served_provider', provider_request_id = n.result ->> 'provider_request_id',
    served_other = coalesce((n.result ->> 'served_other')::boolean, false),
    schema_regime = n.result ->> 'schema_regime', request_change = n.result ->> 'request_change',
    actual_cost = (n.result ->> 'actual_cost')::numeric,
    error_message = n.result ->> 'error_message', error_kind = n.result ->> 'error_kind', score = n.result -> 'score'
  from (
    select u.id, u.status, u.result,
      -- One that took another's place may have ended by the time that this is told. A probe that was not
      -- sent, for its provider could not be reached, was no attempt.
      (u.id = any (coalesce(v_followed_runs, '{}')))::integer
        - (u.status = 'queued' and u.result ->> 'outcome' = 'release' and u.result ? 'failure')::integer as starts
    from unnest(v_ended_runs, v_ended_statuses, v_ended_results) as u (id, status, result)
    where u.id <> all (coalesce(v_started_runs, '{}'))
    union all
    select u.id, 'running', null::jsonb, 1 from unnest(v_started_runs) as u (id)
    union all
    select u.id, 'running', null::jsonb, 1 from unnest(v_followed_runs) as u (id)
    where (u.id = any (v_ended_runs)) is not true
  ) n
  -- What a ceiling or a failure has skipped just now stays skipped.
  where r.id = any (v_ended_runs || v_started_runs || v_followed_runs) and r.id = n.id and r.status <> 'skipped';

  if exists (select from public.reports p where p.id = any (v_groups) and p.status = 'paid') then
    update public.reports p set status = 'running', started_at = now()
    where p.id = any (v_groups) and p.status = 'paid';
  end if;

  if p_prefetch then
    v_prefetched := (
      select coalesce(jsonb_agg(l.payload || jsonb_build_object(
        'job_id', l.job_id, 'attempt', l.attempt, 'kind', l.kind, 'crashes', l.crashes,
        'tries', l.tries, 'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries
      )), '[]')
      from private.lease_jobs(p_worker, v_kinds, 0, null, true) l
    );
  end if;

  return jsonb_build_object(
    'jobs', v_jobs,
    'prefetched', v_prefetched,
    'revoked', case when p_prefetch then private.revoke_prefetched(p_worker) else '[]' end,
    'rejected', private.rejected_results(p_results, v_accepted, v_followed),
    'closed', v_closed
  ) || private.describe_queue(v_kinds, v_claimed < p_want);
end;
$$;
comment on function public.advance_benchmark_runs(uuid, jsonb, integer, uuid, boolean) is
  'The one round trip of the benchmark worker: records what ended (p_results: settle_jobs'' fields and the columns of benchmark_runs), settles the costs, leases up to p_want jobs, and with p_prefetch a prefetched one for each call that the worker has in flight. Prefetched jobs that were started come as next_job {job_id, attempt} of the result whose place they took; those of no more use are revoked, to be given back with the outcome release. closed: reports that had failed or been refunded and whose last call is back now. {jobs, prefetched, revoked, rejected, closed, waiting, in_flight, next_run_at_ms}.';
grant execute on function public.advance_benchmark_runs to service_role;
