create function public.advance_benchmark_runs(
  p_worker uuid, p_results jsonb, p_want integer, p_group uuid default null, p_ahead boolean default false
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
  v_rejected jsonb := '[]';
  v_jobs jsonb;
  v_standby jsonb := '[]';
  v_claimed integer;
  v_waiting integer;
  v_closed jsonb := '[]';
  -- What becomes of runs, one entry each. They are written together, for a second statement on
  -- benchmark_runs cost more than all its rows.
  v_ended_runs uuid[];
  v_ended_statuses text[];
  v_ended_results jsonb[];
  v_started_runs uuid[];
  v_followed_runs uuid[];
begin
  -- One transaction: results, costs and new leases are written together or not at all. A worker that
  -- dies before the commit leaves its leases to expire; after it, nothing is left to lose.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    if p_results @? '$[*].next_job' then
      v_followed_runs := array(select (s.payload ->> 'run_id')::uuid from private.start_standbys(p_worker, p_results) s);
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

    if cardinality(v_accepted) is distinct from jsonb_array_length(p_results) then
      select coalesce(jsonb_agg(x.job_id), '[]') into v_rejected
      from jsonb_to_recordset(p_results) as x (job_id bigint)
      where x.job_id <> all (coalesce(v_accepted, '{}'));
    end if;
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

  if p_ahead then
    v_standby := (
      select coalesce(jsonb_agg(l.payload || jsonb_build_object(
        'job_id', l.job_id, 'attempt', l.attempt, 'kind', l.kind, 'crashes', l.crashes,
        'tries', l.tries, 'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries
      )), '[]')
      from private.lease_jobs(p_worker, v_kinds, 0, null, true) l
    );
  end if;

  v_waiting := (
      select coalesce(sum(g.waiting), 0) from (
        select x.waiting from private.job_groups x where x.waiting > 0 and x.kind = any (v_kinds) limit 100
      ) g
    )
    + (select count(*) from private.job_queue q
       where q.kind = any (v_kinds) and q.group_id is null and q.lease_owner is null and q.dead_at is null);
  return jsonb_build_object(
    'jobs', v_jobs,
    'standby', v_standby,
    -- Nothing waits behind them any more: they are free for any place, or their report has ended. Or
    -- another report waits that a claim would give the place to.
    'recalled', case when p_ahead then (
      with busy as materialized (
        select q.group_id, count(*) filter (where not q.is_standby) as calls,
          jsonb_agg(q.id) filter (where q.is_standby and q.lease_owner = p_worker) as standbys
        from private.job_queue q where q.lease_owner is not null and q.group_id is not null group by q.group_id
      )
      select coalesce(jsonb_agg(s.id), '[]')
      from busy b join private.job_groups g on g.id = b.group_id
      cross join jsonb_array_elements(b.standbys) as s (id)
      where g.waiting = 0 or exists (
        select from private.job_groups o
        where o.waiting > 0 and o.id <> g.id
          and (o.priority, coalesce((select x.calls from busy x where x.group_id = o.id), 0)) < (g.priority, b.calls)
          and private.is_callable(o.id)
      )
    ) else '[]' end,
    'rejected', v_rejected,
    'closed', v_closed,
    'waiting', v_waiting,
    'in_flight', (select count(*) from private.job_queue q where q.lease_owner is not null and not q.is_standby),
    'next_run_at_ms', case when v_waiting > 0 and v_claimed < p_want then private.ms_until_due(v_kinds) end
  );
end;
$$;
comment on function public.advance_benchmark_runs(uuid, jsonb, integer, uuid, boolean) is
  'The one round trip of the benchmark worker: records what ended (p_results: settle_jobs'' fields and the columns of benchmark_runs), settles the costs, leases up to p_want jobs, and with p_ahead one as standby for each call that the worker has in flight. Standby jobs that were started come as next_job {job_id, attempt} of the result whose place they took; those of no more use are recalled, to be given back with the outcome release. closed: reports that had failed or been refunded and whose last call is back now. {jobs, standby, recalled, rejected, closed, waiting, in_flight, next_run_at_ms}.';

create function private.ms_until_due(p_kinds text[]) returns bigint
language sql stable set search_path = '' as $$
  select greatest(0, ceil(extract(epoch from min(run_at) - now()) * 1000))::bigint from (
    select min(q.run_at) as run_at from private.job_queue q
    where q.kind = any (p_kinds) and q.group_id is null and q.lease_owner is null and q.dead_at is null
    union all
    select min(greatest(head.run_at, l.callable_at)) from (
      select g.id from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds)
      order by g.priority, g.served_at limit 100
    ) g
    join private.callable_lanes l on l.group_id = g.id and l.kind = any (p_kinds)
    cross join lateral (
      select q.run_at from private.job_queue q
      where q.group_id = l.group_id and q.lane = l.lane and q.lease_owner is null and q.dead_at is null
      order by q.run_at, q.id
      limit 1
    ) head
  ) heads
$$;
comment on function private.ms_until_due(text[]) is
  'Milliseconds until a waiting job of these kinds is due and its provider takes calls; 0 where only the caps hold one back.';

create function private.owner_email(p_owner uuid) returns text
language sql stable security definer set search_path = '' as $$
  select email from auth.users where id = p_owner
$$;
comment on function private.owner_email(uuid) is 'Where a customer''s report is sent. Definer, because auth.users is closed to service_role''s own grants.';

create function public.load_report(p_report uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'report_id', r.id, 'owner_id', r.owner_id, 'owner_email', private.owner_email(r.owner_id), 'status', r.status,
    'config_snapshot', o.config_snapshot, 'share_token', r.share_token, 'recommended_model', r.recommended_model,
    'rationale', r.rationale, 'doubt', r.summary ->> 'doubt', 'recommended_figures', (
      select model from jsonb_array_elements(r.summary -> 'models') model where model ->> 'modelId' = r.recommended_model
    ), 'most_accurate', r.summary #>> '{picks,mostAccurate,text}',
    'unmeasured_models', (
      select count(*) from jsonb_array_elements(r.summary -> 'models') model
      where model ->> 'standing' in ('not_measured', 'answered_by_another')
    ), 'no_recommendation', r.summary #>> '{noRecommendation,text}',
    'fitted_images', r.summary #>> '{fittedImages,text}', 'created_at', r.created_at, 'started_at', r.started_at
  ) from public.reports r join public.report_orders o on o.report_id = r.id
  where r.id = p_report
$$;
comment on function public.load_report(uuid) is 'What a worker needs of a report, read once and kept.';

-- Written out as it is read: as jsonb 600 runs took 29 ms instead of 9.
create function public.load_finalization(p_report uuid) returns json
language sql stable set search_path = '' as $$
  select json_build_object(
    'report', public.load_report(p_report),
    'runs', (
      select coalesce(json_agg(x), '[]') from (
        select r.id, r.model_id, r.image_index, r.repeat_index, r.status, r.is_valid_json, r.exact_match,
          r.field_accuracy,
          r.field_errors, r.response_time_ms, r.input_tokens, r.output_tokens, r.cached_tokens, r.reasoning_tokens,
          r.served_model, r.served_other, r.schema_regime, r.actual_cost, r.attempts, r.error_message, r.error_kind,
          r.score, r.skip_reason
        from public.benchmark_runs r where r.report_id = p_report
        order by r.model_id, r.image_index, r.repeat_index
      ) x
    ),
    'predicted_cost_usd', (select p.estimated_api_cost from public.reports p where p.id = p_report),
    'actual_cost_usd', (select g.spent_usd from private.job_groups g where g.id = p_report)
  )
$$;
comment on function public.load_finalization(uuid) is 'A report, all its runs and what it cost, for the job that sums them up.';

create function public.finalize_report(
  p_worker uuid, p_job_id bigint, p_attempt integer, p_status text, p_recommended text, p_rationale text,
  p_summary jsonb, p_error text
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_report_id uuid;
  v_reasons text;
begin
  if p_status not in ('complete', 'failed') then
    raise exception 'a report ends as complete or failed, not %', p_status using errcode = 'invalid_parameter_value';
  end if;
  -- Ending the job and the report in one transaction makes the finalisation happen once: a worker
  -- that lost the lease finds no job and changes nothing.
  perform private.lock_queue();
  select (s.payload ->> 'report_id')::uuid into v_report_id
  from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
  ))) s
  where s.kind = 'report_finalization';
  if v_report_id is null then
    return false;
  end if;
  select string_agg(format('%s of %s runs %s', x.runs, x.total, x.what), '; ' order by x.what) into v_reasons
  from (
    select r.status || coalesce(' (' || coalesce(r.skip_reason, r.error_kind) || ')', '') as what, count(*) as runs,
      sum(count(*)) over () as total,
      r.status
    from public.benchmark_runs r
    -- What a race has spared is not missing.
    where r.report_id = v_report_id and coalesce(r.skip_reason not in ('race', 'race_won'), true)
    group by r.status, r.skip_reason, r.error_kind
  ) x
  where x.status <> 'complete';
  update public.reports p
  set status = p_status, recommended_model = p_recommended, rationale = p_rationale, summary = p_summary,
    error = p_error, completed_at = now(), partial = v_reasons is not null, partial_reason = v_reasons,
    total_api_cost = (select g.spent_usd from private.job_groups g where g.id = p.id)
  where p.id = v_report_id and p.status = 'running';
  if not found then
    return false;
  end if;
  if p_status = 'complete' then
    insert into private.job_queue (kind, payload, dedupe_key)
    values ('report_email', jsonb_build_object('report_id', v_report_id), v_report_id::text)
    on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
    perform private.invoke_function('email-worker', jsonb_build_object('report_id', v_report_id));
  end if;
  return true;
end;
$$;
comment on function public.finalize_report(uuid, bigint, integer, text, text, text, jsonb, text) is
  'Ends a report once, with its totals, and enqueues its e-mail. False: the lease was lost or the report had ended.';

grant execute on function private.ms_until_due(text[]) to service_role;
grant execute on function private.owner_email(uuid) to service_role;
grant execute on function public.advance_benchmark_runs(uuid, jsonb, integer, uuid, boolean) to service_role;
grant execute on function public.load_report(uuid) to service_role;
grant execute on function public.load_finalization(uuid) to service_role;
grant execute on function
  public.finalize_report(uuid, bigint, integer, text, text, text, jsonb, text) to service_role;
