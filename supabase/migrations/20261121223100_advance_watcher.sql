create function private.lease_watcher_jobs(p_worker uuid, p_want integer, p_group uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'job_id', l.job_id, 'attempt', l.attempt, 'tries', l.tries, 'max_tries', l.max_tries,
      'max_costly_tries', l.max_costly_tries, 'is_probe', l.is_probe, 'provider', w.provider, 'model', w.model,
      'is_structured', w.is_structured,
      'prices', private.describe_price(p),
      'run', jsonb_build_object('suite', r.suite, 'branch_name', r.branch_name, 'commit_hash', r.commit_hash,
        'run_timestamp', r.run_timestamp, 'total_tests', r.total_tests, 'tests_failed', r.tests_failed),
      'result', jsonb_build_object('tool_name', t.tool_name, 'variation', t.variation, 'class_name', t.class_name,
        'provider', t.provider, 'model', t.model, 'status', t.status, 'execution_status', t.execution_status,
        'duration_secs', t.duration_secs, 'memory_mb', t.memory_mb, 'cpu_percent', t.cpu_percent,
        'tokens_total', t.tokens_total, 'cost_usd', t.cost_usd, 'error_class', t.error_class,
        'error_message', t.error_message, 'file_path', t.file_path, 'line_number', t.line_number,
        'extra', left(t.extra::text, 4000)),
      'history', (
        select coalesce(jsonb_agg(jsonb_build_object('run_timestamp', h.run_timestamp, 'commit_hash', h.commit_hash,
          'status', h.status, 'duration_secs', h.duration_secs, 'error_message', left(h.error_message, 1000),
          'watcher_quality', h.watcher_quality, 'observation', left(h.watcher_observations::text, 2000)
        ) order by h.place), '[]')
        from (
          select b.place, x.run_timestamp, x.commit_hash, o.status, o.duration_secs, o.error_message,
            o.watcher_quality, o.watcher_observations
          from unnest(private.runs_before(r.id)) with ordinality as b (run_id, place)
          join public.test_results o on o.run_id = b.run_id and o.owner_id = t.owner_id and o.test_key = t.test_key
            and o.is_counted
          join public.test_runs x on x.id = b.run_id
          order by b.place
          limit 5
        ) h
      )
    )), '[]')
    from private.lease_jobs(p_worker, array['watcher_judgement'], p_want, p_group) l
    join private.watched_runs w on w.group_id = l.group_id
    join public.model_prices p on p.id = w.price_id
    join public.test_runs r on r.id = w.run_id
    join public.test_results t on t.id = (l.payload ->> 'test_result_id')::bigint
  );
end;
$$;
comment on function private.lease_watcher_jobs(uuid, integer, uuid) is
  'Leases reviews, each with the result, the run, up to five earlier results of the same test, and prices in USD per token. The caller holds lock_queue().';

create function public.advance_watcher(p_worker uuid, p_results jsonb, p_want integer, p_group uuid default null)
returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_kinds constant text[] := array['watcher_judgement'];
  v_settled jsonb;
  v_groups uuid[];
  v_is_due boolean;
  v_jobs jsonb;
begin
  -- One transaction, as in advance_benchmark_runs: a review and its cost are written together or not at all,
  -- even if the worker dies.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    -- Locks the runs first, in the order of a deletion, because their totals are written below.
    perform from public.test_runs r
    where r.id = any (array(
      select w.run_id from jsonb_to_recordset(p_results) as x (job_id bigint)
      join private.job_queue q on q.id = x.job_id join private.watched_runs w on w.group_id = q.group_id
    ))
    order by r.id for update;
    select coalesce(jsonb_agg(to_jsonb(s)), '[]'), array_agg(distinct s.group_id), bool_or(s.is_group_due)
    into v_settled, v_groups, v_is_due
    from private.settle_jobs(p_worker, p_results) s;

    with reviewed as (
      insert into public.watcher_insights (
        test_result_id, owner_id, quality_score, strengths, weaknesses, anomalies, recommendations,
        confidence_level, raw_observation, is_malformed, model, cost_usd
      )
      select t.id, t.owner_id, i.quality_score, coalesce(i.strengths, '{}'), coalesce(i.weaknesses, '{}'),
        coalesce(i.anomalies, '{}'), coalesce(i.recommendations, '{}'), i.confidence_level, i.raw_observation,
        i.is_malformed, w.model, (s.value #>> '{result,actual_cost}')::numeric
      from jsonb_array_elements(v_settled) as s (value)
      join private.watched_runs w on w.group_id = (s.value ->> 'group_id')::uuid
      join public.test_results t on t.id = (s.value #>> '{payload,test_result_id}')::bigint
      cross join lateral jsonb_to_record(s.value #> '{result,insight}') as i (
        quality_score smallint, strengths text[], weaknesses text[], anomalies text[], recommendations text[],
        confidence_level text, raw_observation jsonb, is_malformed boolean
      )
      where s.value ->> 'ending' = 'complete'
      on conflict (test_result_id) do nothing
      returning test_result_id, quality_score, raw_observation, is_malformed
    )
    update public.test_results t
    set watcher_quality = j.quality_score, watcher_observations = coalesce(t.watcher_observations, j.raw_observation)
    from reviewed j
    where t.id = j.test_result_id and not j.is_malformed;

    -- Includes the charges for lost and unreadable answers.
    update public.test_runs r set watcher_cost_usd = round(g.spent_usd, 6)
    from private.watched_runs w join private.job_groups g on g.id = w.group_id
    where w.group_id = any (v_groups) and r.id = w.run_id and r.watcher_cost_usd <> round(g.spent_usd, 6);

    perform private.record_dead_jobs(array(
      select (s.value ->> 'job_id')::bigint from jsonb_array_elements(v_settled) as s (value)
      where s.value ->> 'ending' = 'exhausted'
    ));
    perform private.count_unjudged(array_agg((s.value ->> 'group_id')::uuid), array_agg(s.value #>> '{result,error_message}'))
    from jsonb_array_elements(v_settled) as s (value)
    where s.value ->> 'ending' = 'failed';
    if p_results @? '$[*] ? (@.rate_limited == true)' or exists (select from private.provider_pace) then
      perform private.pace_providers((
        select jsonb_agg(jsonb_build_object('provider', w.provider,
          'is_limited', coalesce((s.value #>> '{result,rate_limited}')::boolean, false),
          'pause_ms', s.value #> '{result,pause_ms}'))
        from jsonb_array_elements(v_settled) as s (value)
        join private.watched_runs w on w.group_id = (s.value ->> 'group_id')::uuid
        where (s.value #>> '{result,rate_limited}')::boolean or s.value ->> 'ending' in ('complete', 'failed')
      ));
    end if;
    if v_is_due then
      perform private.enforce_ceilings(v_groups);
      perform private.end_groups(v_groups);
    end if;
  end if;

  v_jobs := private.lease_watcher_jobs(p_worker, p_want, p_group);
  return jsonb_build_object(
    'jobs', v_jobs,
    'rejected', private.rejected_results(p_results, array(
      select (x.value ->> 'job_id')::bigint from jsonb_array_elements(v_settled) as x (value)
    ))
  ) || private.describe_queue(v_kinds, jsonb_array_length(v_jobs) < p_want);
end;
$$;
comment on function public.advance_watcher(uuid, jsonb, integer, uuid) is
  'Exchanges results for jobs in one round trip of the watcher''s worker: records results, settles their costs and leases up to p_want jobs, those of p_group first if no other group''s turn is earlier. p_results: the fields of settle_jobs; rate_limited, with pause_ms for the pause that the provider asks for; and, if complete, insight {quality_score, strengths, weaknesses, anomalies, recommendations, confidence_level, raw_observation, is_malformed}. A result has one review: a second one is ignored. fatal makes the job wait until the provider accepts our account again. Returns {jobs, rejected, waiting, in_flight, next_run_at_ms}.';

grant execute on function private.lease_watcher_jobs, public.advance_watcher to service_role;
