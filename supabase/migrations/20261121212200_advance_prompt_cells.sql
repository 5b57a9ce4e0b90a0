create function public.advance_prompt_cells(
  p_worker uuid, p_results jsonb, p_want integer, p_group uuid default null, p_prefetch boolean default false
) returns jsonb
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_kinds constant text[] := array['prompt_cell', 'prompt_grade'];
  v_accepted bigint[];
  v_exhausted bigint[];
  v_groups uuid[];
  v_is_due boolean;
  v_ended_cells bigint[];
  v_ended_kinds text[];
  v_endings text[];
  v_ended_results jsonb[];
  v_to_grade bigint[];
  v_followed bigint[];
  v_followed_cells bigint[];
  v_started_cells bigint[];
  v_started_runs uuid[];
  v_leased jsonb;
  v_prefetched jsonb := '[]';
  v_claimed integer;
  v_closed jsonb := '[]';
begin
  -- One transaction, as in advance_benchmark_runs: answers, grades, costs and new leases are written
  -- together or not at all.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    if p_results @? '$[*].next_job' then
      select array_agg(s.job_id), array_agg((s.payload ->> 'cell_id')::bigint) filter (where s.kind = 'prompt_cell')
      into v_followed, v_followed_cells
      from private.start_prefetched(p_worker, p_results) s;
    end if;
    select array_agg(s.job_id), array_agg(s.job_id) filter (where s.ending = 'exhausted'),
      array_agg(distinct s.group_id), bool_or(s.is_group_due),
      array_agg((s.payload ->> 'cell_id')::bigint), array_agg(s.kind), array_agg(s.ending), array_agg(s.result),
      array_agg((s.payload ->> 'cell_id')::bigint) filter (where s.ending = 'complete' and s.payload ? 'is_graded')
    into v_accepted, v_exhausted, v_groups, v_is_due,
      v_ended_cells, v_ended_kinds, v_endings, v_ended_results, v_to_grade
    from private.settle_jobs(p_worker, p_results) s;

    if v_exhausted is not null then
      perform private.record_dead_jobs(v_exhausted);
    end if;
    if p_results @? '$[*] ? (@.rate_limited == true)' or exists (select from private.provider_pace) then
      perform private.pace_providers((
        select jsonb_agg(jsonb_build_object(
          'provider', case u.kind when 'prompt_grade' then r.grader ->> 'provider' else m.provider end,
          'is_limited', coalesce((u.result ->> 'rate_limited')::boolean, false), 'pause_ms', u.result -> 'pause_ms'
        ))
        from unnest(v_ended_cells, v_ended_kinds, v_endings, v_ended_results) as u (cell_id, kind, ending, result)
        join public.run_cells c on c.id = u.cell_id
        join public.run_models m on m.id = c.run_model_id
        join public.runs r on r.id = c.run_id
        where (u.result ->> 'rate_limited')::boolean
          or u.ending in ('complete', 'failed') and not coalesce((u.result ->> 'is_cached')::boolean, false)
      ));
    end if;
    if v_to_grade is not null then
      perform private.enqueue_grades(v_to_grade);
    end if;
    if v_is_due or v_to_grade is not null then
      perform private.enforce_ceilings(v_groups);
    end if;
    if p_results @? '$[*].cache_key' then
      insert into private.call_cache
        (owner_id, key, repeat, output_text, latency_ms, tokens_in, tokens_out, tokens_cached)
      select distinct on (c.owner_id, u.result ->> 'cache_key', c.repeat) c.owner_id, u.result ->> 'cache_key', c.repeat,
        u.result ->> 'output_text', (u.result ->> 'latency_ms')::integer, (u.result ->> 'tokens_in')::integer,
        (u.result ->> 'tokens_out')::integer, (u.result ->> 'tokens_cached')::integer
      from unnest(v_ended_cells, v_ended_kinds, v_endings, v_ended_results) as u (cell_id, kind, ending, result)
      join public.run_cells c on c.id = u.cell_id
      join public.runs r on r.id = c.run_id and r.use_cache
      where u.kind = 'prompt_cell' and u.ending = 'complete' and u.result ->> 'cache_key' is not null
        and u.result ->> 'output_text' is not null and not coalesce((u.result ->> 'is_cached')::boolean, false)
      on conflict (owner_id, key, repeat) do nothing;
    end if;
  end if;

  select jsonb_agg(to_jsonb(l)), count(*), array_agg(distinct l.group_id),
    array_agg((l.payload ->> 'cell_id')::bigint) filter (where l.kind = 'prompt_cell')
  into v_leased, v_claimed, v_started_runs, v_started_cells
  from private.lease_jobs(p_worker, v_kinds, p_want, p_group) l;

  if v_ended_cells is not null or v_started_cells is not null then
    update public.run_cells c
    set status = case n.what when 'grade' then c.status::text else n.what end,
      attempts = c.attempts + n.starts,
      started_at = case when n.what in ('queued', 'grade') then c.started_at when n.what = 'running' then now()
        else coalesce(c.started_at, now()) end,
      completed_at = case n.what when 'grade' then c.completed_at when 'queued' then null when 'running' then null else now() end,
      output_text = case n.what when 'grade' then c.output_text else n.result ->> 'output_text' end,
      answer_ending = case n.what when 'grade' then c.answer_ending else n.result ->> 'answer_ending' end,
      error_text = case n.what when 'grade' then c.error_text when 'complete' then null else n.result ->> 'error_message' end,
      latency_ms = case n.what when 'grade' then c.latency_ms else (n.result ->> 'latency_ms')::integer end,
      tokens_in = case n.what when 'grade' then c.tokens_in else (n.result ->> 'tokens_in')::integer end,
      tokens_out = case n.what when 'grade' then c.tokens_out else (n.result ->> 'tokens_out')::integer end,
      tokens_cached = case n.what when 'grade' then c.tokens_cached else (n.result ->> 'tokens_cached')::integer end,
      served_model = case n.what when 'grade' then c.served_model else n.result ->> 'served_model' end,
      served_other = case n.what when 'grade' then c.served_other
        else coalesce((n.result ->> 'served_other')::boolean, false) end,
      provider_request_id = case n.what when 'grade' then c.provider_request_id
        else n.result ->> 'provider_request_id' end,
      cost_usd = case n.what when 'grade' then c.cost_usd else (n.result ->> 'actual_cost')::numeric end,
      is_cached = case n.what when 'grade' then c.is_cached else coalesce((n.result ->> 'is_cached')::boolean, false) end,
      grader_score = (n.result ->> 'grader_score')::double precision,
      grader_reason = n.result ->> 'grader_reason',
      -- The grading of an answer may have been taken out before it is written.
      grader_error = coalesce(n.result ->> 'grader_error',
        case n.what when 'grade' then n.result ->> 'error_message' else c.grader_error end),
      -- A grade that is tried again has cost twice.
      grader_cost_usd = case n.what when 'grade' then coalesce(
        c.grader_cost_usd::numeric + (n.result ->> 'actual_cost')::numeric, (n.result ->> 'actual_cost')::numeric, c.grader_cost_usd::numeric
      ) end
    from (
      select u.cell_id,
        case when u.kind = 'prompt_grade' then 'grade' when u.ending = 'complete' then 'complete'
          when u.ending in ('retry', 'release') then 'queued' else 'failed' end as what,
        u.result, (u.kind = 'prompt_cell' and u.cell_id = any (coalesce(v_followed_cells, '{}')))::integer
          -- A probe that was not sent was no attempt.
          - (u.ending = 'release' and u.result ? 'failure')::integer as starts
      from unnest(v_ended_cells, v_ended_kinds, v_endings, v_ended_results) as u (cell_id, kind, ending, result)
      -- A grade that comes back is as it was.
      where not (u.kind = 'prompt_grade' and u.ending in ('retry', 'release'))
        and u.cell_id <> all (coalesce(v_started_cells, '{}'))
      union all
      select u.id, 'running', null::jsonb, 1 from unnest(v_started_cells) as u (id)
      union all
      select u.id, 'running', null::jsonb, 1 from unnest(v_followed_cells) as u (id)
      where (u.id = any (v_ended_cells)) is not true
    ) n
    -- What a ceiling or a cancelling has taken out just now stays out.
    where c.id = any (v_ended_cells || v_started_cells || v_followed_cells) and c.id = n.cell_id
      and c.status not in ('skipped', 'cancelled');
  end if;

  if exists (select from public.runs r where r.id = any (v_started_runs) and r.status = 'queued') then
    update public.runs r set status = 'running', started_at = coalesce(r.started_at, now())
    where r.id = any (v_started_runs) and r.status = 'queued';
  end if;

  -- Only now, for a run's ending counts its cells.
  if v_is_due or v_to_grade is not null then
    perform private.end_groups(v_groups);
    v_closed := (
      select coalesce(jsonb_agg(jsonb_build_object('run_id', r.id, 'status', r.status, 'error', r.error,
        'estimated_cost_usd', r.estimated_cost_usd, 'spent_usd', g.spent_usd, 'written_off_usd', g.written_off_usd)), '[]')
      from private.job_groups g join public.runs r on r.id = g.id
      where g.id = any (v_groups) and g.open_jobs = 0
    );
  end if;

  if p_prefetch then
    v_prefetched := private.describe_prompt_jobs((
      select jsonb_agg(to_jsonb(l)) from private.lease_jobs(p_worker, v_kinds, 0, null, true) l
    ));
  end if;

  return jsonb_build_object(
    -- After its answer is written, for the grading of it may be among them.
    'jobs', case when v_claimed > 0 then private.describe_prompt_jobs(v_leased) else '[]' end,
    'prefetched', v_prefetched,
    'revoked', case when p_prefetch then private.revoke_prefetched(p_worker) else '[]' end,
    'rejected', private.rejected_results(p_results, v_accepted, v_followed),
    'closed', v_closed
  ) || private.describe_queue(v_kinds, v_claimed < p_want);
end;
$$;
comment on function public.advance_prompt_cells(uuid, jsonb, integer, uuid, boolean) is
  'The one round trip of the prompt worker: records what ended, settles the costs, enqueues the grading of what was answered, ends runs with their last job, and leases up to p_want jobs, with p_prefetch a prefetched one for each call that the worker has in flight. p_results: the fields of settle_jobs; of a cell also output_text, answer_ending, latency_ms, tokens_in, tokens_out, tokens_cached, served_model, served_other, provider_request_id, is_cached, cache_key (to keep the answer by, see lookup_cached_answers) and where code grades grader_score, grader_reason, grader_error; of a grade grader_score and grader_reason, or grader_error; of both rate_limited, with pause_ms for how long the provider wants to be left alone, and next_job. actual_cost null with charge none is a call without a price; with outcome fatal, the call waits until the provider takes our account again. Jobs are {kind: prompt_cell|prompt_grade, job_id, attempt, crashes, run_id, cell_id, run_model_id, row_index, repeat, data: the row}, of a grade with output_text. {jobs, prefetched, revoked, rejected, closed: runs that ended, waiting, in_flight, next_run_at_ms}.';
grant execute on function public.advance_prompt_cells to service_role;
