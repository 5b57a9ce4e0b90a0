create table private.call_cache (
  owner_id uuid not null references auth.users (id) on delete cascade,
  key text not null check (key ~ '^[0-9a-f]{64}$'),
  repeat private.counter not null,
  output_text text not null,
  latency_ms private.counter,
  tokens_in private.counter,
  tokens_out private.counter,
  tokens_cached private.counter,
  created_at timestamptz not null default now(),
  primary key (owner_id, key, repeat)
);
comment on table private.call_cache is
  'Answers of runs that asked for it, of the last 30 days, for identical calls of the same owner. Never anybody else''s, and a repeat only stands for the same repeat.';
comment on column private.call_cache.key is 'SHA-256, in hexadecimal, of provider, model, parameters and rendered prompt.';
create index call_cache_created_at_idx on private.call_cache (created_at);
alter table private.call_cache enable row level security;
grant select, insert, update, delete on private.call_cache to service_role;
create policy "Workers do everything" on private.call_cache
  for all to service_role using (true) with check (true);
select cron.schedule('purge-call-cache', '23 3 * * *',
  $$delete from private.call_cache where created_at < now() - interval '30 days'$$);

create function public.lookup_cached_answers(p_run uuid, p_calls jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('key', k.key, 'repeat', k.repeat, 'output_text', k.output_text,
    'latency_ms', k.latency_ms, 'tokens_in', k.tokens_in, 'tokens_out', k.tokens_out, 'tokens_cached', k.tokens_cached)), '[]')
  from public.runs r
  cross join jsonb_to_recordset(p_calls) as x (key text, repeat integer)
  join private.call_cache k on k.owner_id = r.owner_id and k.key = x.key and k.repeat = x.repeat
  where r.id = p_run and r.use_cache
$$;
comment on function public.lookup_cached_answers(uuid, jsonb) is
  'The answers that the owner of this run has got before to calls [{key, repeat}], as far as there are any: [{key, repeat, output_text, latency_ms, tokens_in, tokens_out, tokens_cached}]. Empty for a run that did not ask for the cache. key: SHA-256 in hexadecimal of provider, model, parameters and rendered prompt.';
grant execute on function public.lookup_cached_answers(uuid, jsonb) to service_role;

create function private.pace_providers(p_calls jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  delete from private.provider_pace where changed_at < now() - interval '5 minutes';
  insert into private.provider_pace as p (provider, concurrency, paused_until, lowered_at)
  select x.provider,
    -- Half of what was under way, this batch included.
    greatest(1, (x.calls + coalesce((
      select sum(i.calls) from private.calls_in_flight i where i.provider = x.provider
    ), 0)) / 2.0),
    x.paused_until, now()
  from (
    select c.provider, count(*) as calls, bool_or(c.is_limited) as is_limited,
      -- least() passes nulls over, and would make no pause the longest one.
      coalesce(max(case when c.pause_ms > 0 then now() + least(c.pause_ms, 60000) * interval '1 millisecond' end), '-infinity')
        as paused_until
    from jsonb_to_recordset(p_calls) as c (provider text, is_limited boolean, pause_ms bigint)
    group by c.provider
  ) x
  where x.is_limited
  on conflict (provider) do update
  set concurrency = case
      when p.lowered_at < now() - interval '1 second' then greatest(1, p.concurrency / 2)
      else p.concurrency
    end,
    lowered_at = case when p.lowered_at < now() - interval '1 second' then now() else p.lowered_at end,
    paused_until = greatest(p.paused_until, excluded.paused_until), changed_at = now();
  -- One more for each round of calls that all went well.
  update private.provider_pace p
  set concurrency = p.concurrency + x.calls / p.concurrency, changed_at = now()
  from (
    select c.provider, count(*) as calls
    from jsonb_to_recordset(p_calls) as c (provider text, is_limited boolean)
    group by c.provider
    having not bool_or(c.is_limited)
  ) x
  where p.provider = x.provider;
  delete from private.provider_pace p
  where p.concurrency >= coalesce(
    (select l.max_in_flight from private.provider_limits l where l.provider = p.provider),
    (select s.max_in_flight_per_provider from private.queue_settings s)
  );
end;
$$;
comment on function private.pace_providers(jsonb) is
  'Adapts how many calls providers get at once to how calls ended, [{provider, is_limited, pause_ms}]: half as many where one turned a call away, once a second at most, and none for pause_ms (a minute at most); one more per round of calls that it took, until its fixed limit. The caller holds lock_queue().';
grant execute on function private.pace_providers(jsonb) to service_role;

create function private.describe_prompt_jobs(p_leased jsonb) returns jsonb
language plpgsql stable set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'kind', l.kind, 'job_id', l.job_id, 'attempt', l.attempt, 'crashes', l.crashes, 'tries', l.tries,
        'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries, 'is_probe', l.is_probe, 'run_id', c.run_id,
        'cell_id', c.id, 'run_model_id', c.run_model_id, 'row_index', c.row_index, 'repeat', c.repeat,
        'data', (
          select d.data_json from public.dataset_rows d
          where d.dataset_id = r.dataset_id and d.row_index = c.row_index
        )
      ) || case when l.kind = 'prompt_grade' then jsonb_build_object('output_text', c.output_text) else '{}' end), '[]')
    from jsonb_to_recordset(p_leased) as l (job_id bigint, attempt integer, kind text, payload jsonb, crashes integer,
      tries integer, max_tries integer, max_costly_tries integer, is_probe boolean)
    join public.run_cells c on c.id = (l.payload ->> 'cell_id')::bigint
    join public.runs r on r.id = c.run_id
  );
end;
$$;
comment on function private.describe_prompt_jobs(jsonb) is
  'What lease_jobs gave, [{job_id, attempt, kind, payload, crashes, tries, max_tries, max_costly_tries, is_probe}], with all that each job needs of its cell and row.';
grant execute on function private.describe_prompt_jobs(jsonb) to service_role;

create function private.recall_standbys(p_worker uuid) returns jsonb
language plpgsql stable set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
begin
  return (
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
  );
end;
$$;
comment on function private.recall_standbys(uuid) is
  'Ids of jobs that this worker keeps on standby and that are of no more use there: nothing waits behind them, or another group waits that a claim would give the place to. advance_benchmark_runs says the same in a statement of its own. The caller holds lock_queue().';
grant execute on function private.recall_standbys(uuid) to service_role;

create function public.advance_prompt_cells(
  p_worker uuid, p_results jsonb, p_want integer, p_group uuid default null, p_ahead boolean default false
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
  v_rejected jsonb := '[]';
  v_ended_cells bigint[];
  v_ended_kinds text[];
  v_endings text[];
  v_ended_results jsonb[];
  v_to_grade bigint[];
  v_followed_cells bigint[];
  v_started_cells bigint[];
  v_started_runs uuid[];
  v_leased jsonb;
  v_standby jsonb := '[]';
  v_claimed integer;
  v_waiting integer;
  v_closed jsonb := '[]';
begin
  -- One transaction, as in advance_benchmark_runs: answers, grades, costs and new leases are written
  -- together or not at all.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    if p_results @? '$[*].next_job' then
      v_followed_cells := array(
        select (s.payload ->> 'cell_id')::bigint from private.start_standbys(p_worker, p_results) s
        where s.kind = 'prompt_cell'
      );
    end if;
    select array_agg(s.job_id), array_agg(s.job_id) filter (where s.ending = 'exhausted'),
      array_agg(distinct s.group_id), bool_or(s.is_group_due),
      array_agg((s.payload ->> 'cell_id')::bigint), array_agg(s.kind), array_agg(s.ending), array_agg(s.result),
      array_agg((s.payload ->> 'cell_id')::bigint) filter (where s.ending = 'complete' and s.payload ? 'is_graded')
    into v_accepted, v_exhausted, v_groups, v_is_due,
      v_ended_cells, v_ended_kinds, v_endings, v_ended_results, v_to_grade
    from private.settle_jobs(p_worker, p_results) s;

    if cardinality(v_accepted) is distinct from jsonb_array_length(p_results) then
      select coalesce(jsonb_agg(x.job_id), '[]') into v_rejected
      from jsonb_to_recordset(p_results) as x (job_id bigint)
      where x.job_id <> all (coalesce(v_accepted, '{}'));
    end if;
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

  if p_ahead then
    v_standby := private.describe_prompt_jobs((
      select jsonb_agg(to_jsonb(l)) from private.lease_jobs(p_worker, v_kinds, 0, null, true) l
    ));
  end if;

  v_waiting := (
    select coalesce(sum(g.waiting), 0) from (
      select x.waiting from private.job_groups x where x.waiting > 0 and x.kind = any (v_kinds) limit 100
    ) g
  );
  return jsonb_build_object(
    -- After its answer is written, for the grading of it may be among them.
    'jobs', case when v_claimed > 0 then private.describe_prompt_jobs(v_leased) else '[]' end,
    'standby', v_standby,
    'recalled', case when p_ahead then private.recall_standbys(p_worker) else '[]' end,
    'rejected', v_rejected,
    'closed', v_closed,
    'waiting', v_waiting,
    'in_flight', (select count(*) from private.job_queue q where q.lease_owner is not null and not q.is_standby),
    'next_run_at_ms', case when v_waiting > 0 and v_claimed < p_want then private.ms_until_due(v_kinds) end
  );
end;
$$;
comment on function public.advance_prompt_cells(uuid, jsonb, integer, uuid, boolean) is
  'The one round trip of the prompt worker: records what ended, settles the costs, enqueues the grading of what was answered, ends runs with their last job, and leases up to p_want jobs, with p_ahead one more as standby for each call that the worker has in flight. p_results: the fields of settle_jobs; of a cell also output_text, answer_ending, latency_ms, tokens_in, tokens_out, tokens_cached, served_model, served_other, provider_request_id, is_cached, cache_key (to keep the answer by, see lookup_cached_answers) and where code grades grader_score, grader_reason, grader_error; of a grade grader_score and grader_reason, or grader_error; of both rate_limited, with pause_ms for how long the provider wants to be left alone, and next_job. actual_cost null with charge none is a call without a price; with outcome fatal, the call waits until the provider takes our account again. Jobs are {kind: prompt_cell|prompt_grade, job_id, attempt, crashes, run_id, cell_id, run_model_id, row_index, repeat, data: the row}, of a grade with output_text. {jobs, standby, recalled, rejected, closed: runs that ended, waiting, in_flight, next_run_at_ms}.';
grant execute on function public.advance_prompt_cells(uuid, jsonb, integer, uuid, boolean) to service_role;
