-- Prompt runs as work for the queue. A call is a job of kind prompt_cell, and its grading by a model is a job
-- of kind prompt_grade. The group is the run, and the lane of a call is the id of its run_models row.
create function private.follow_prompt_jobs(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_event = 'ended' then
    perform private.end_prompt_runs(array(
      select (j.value ->> 'group_id')::uuid from jsonb_array_elements(p_jobs) as j (value)
    ));
    return;
  end if;
  update public.run_cells c
  set status = case when n.is_grade then c.status::text else n.status end,
    error_text = case when n.is_grade then c.error_text when n.status = 'queued' then null else n.reason end,
    completed_at = case when n.is_grade then c.completed_at when n.status = 'queued' then null else now() end,
    grader_error = case when n.is_grade then n.reason end
  from (
    select (j.value #>> '{payload,cell_id}')::bigint as cell_id, j.value ->> 'kind' = 'prompt_grade' as is_grade,
      j.value ->> 'reason' as reason,
      case p_event when 'returned' then 'queued' when 'dead' then 'failed'
        else case when j.value ->> 'reason' = 'cancelled' then 'cancelled' else 'skipped' end end as status
    from jsonb_array_elements(p_jobs) as j (value)
    where p_event <> 'returned' or j.value ->> 'kind' = 'prompt_cell'
  ) n
  where c.id = n.cell_id;
end;
$$;
comment on function private.follow_prompt_jobs(text, jsonb) is
  'Updates the cells of jobs that ended or returned to the queue outside of advance_prompt_cells; see job_kinds.follow_up.';

-- A call refused for a rate limit counts as an attempt, so prompts get more attempts than benchmark calls.
-- The owner waits for the answers and can retry, so a cell does not wait a day for a provider to accept our account.
insert into private.job_kinds (kind, function_name, max_attempts, follow_up, parked_patience, advanced_by) values
  ('prompt_cell', 'prompt-worker', 20, 'follow_prompt_jobs', '10 minutes', 'advance_prompt_cells'),
  ('prompt_grade', 'prompt-worker', 20, 'follow_prompt_jobs', '10 minutes', 'advance_prompt_cells');

create function private.end_prompt_runs(p_runs uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.runs r
  set status = case
      -- If all calls were under way, cancelling removed nothing, and the run is complete.
      when r.status = 'failed' or r.status = 'cancelled' and t.cancelled + t.grader_failures > 0 then r.status
      when t.complete > 0 then 'complete' else 'failed' end,
    completed_at = coalesce(r.completed_at, now()),
    error = coalesce(r.error, t.shortfall)
  from (
    select x.run_id, sum(x.complete) as complete, sum(x.cancelled) as cancelled,
      sum(x.grader_failures) as grader_failures,
      nullif(concat_ws('; ',
        case when sum(x.failed) > 0 then format('%s of %s calls failed', sum(x.failed), max(n.cell_count)) end,
        case when sum(x.skipped) > 0 then format('%s of %s calls were skipped: %s', sum(x.skipped), max(n.cell_count),
          'the cost ceiling was reached') end,
        case when sum(x.cancelled) > 0 then
          format('%s of %s calls were cancelled', sum(x.cancelled), max(n.cell_count)) end,
        case when sum(x.cut_off) > 0 then
          format('%s of %s answers broke off at max_tokens', sum(x.cut_off), sum(x.complete)) end,
        case when sum(x.grader_failures) > 0 then
          format('%s of %s answers got no grade', sum(x.grader_failures), sum(x.complete)) end
      ), '') as shortfall
    from public.run_model_totals x
    join public.runs n on n.id = x.run_id
    join private.job_groups g on g.id = x.run_id and g.open_jobs = 0
    where x.run_id = any (p_runs)
    group by x.run_id
  ) t
  where r.id = t.run_id and r.completed_at is null;
end;
$$;
comment on function private.end_prompt_runs(uuid[]) is
  'Ends those of the runs that have no open job: complete with at least one answer, otherwise failed. error says how many cells are missing. The caller holds lock_queue().';

create function private.enqueue_cells(p_run uuid, p_cells bigint[] default null) returns integer
language plpgsql volatile set search_path = '' set jit = off as $$
declare
  v_count integer;
begin
  insert into private.job_lanes (group_id, lane, kind, provider)
  select m.run_id, m.id::text, 'prompt_cell', m.provider from public.run_models m where m.run_id = p_run
  on conflict (group_id, lane) do nothing;
  -- Ids of cells alternate between the models, so in this order all models make progress at the same rate.
  insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload)
  select 'prompt_cell', p_run, c.run_model_id::text, m.provider, m.reservation_usd,
    case when r.grader ->> 'type' = 'prompt' then jsonb_build_object('cell_id', c.id, 'is_graded', true)
      else jsonb_build_object('cell_id', c.id) end
  from public.run_cells c
  join public.run_models m on m.id = c.run_model_id
  join public.runs r on r.id = c.run_id
  where c.run_id = p_run and (p_cells is null or c.id = any (p_cells))
  order by c.id;
  get diagnostics v_count = row_count;
  update private.job_groups g
  set waiting = g.waiting + v_count, open_jobs = g.open_jobs + v_count,
    dearest_job_usd = greatest(g.dearest_job_usd, (
      select max(m.reservation_usd) from public.run_models m where m.run_id = p_run
    ))
  where g.id = p_run;
  return v_count;
end;
$$;
comment on function private.enqueue_cells(uuid, bigint[]) is
  'Queues jobs for these cells of a run, or for all its cells, and returns their number.';

create function private.enqueue_grades(p_cells bigint[]) returns integer
language plpgsql volatile set search_path = '' set jit = off as $$
declare
  v_count integer;
begin
  insert into private.job_lanes (group_id, lane, kind, provider)
  select distinct r.id, 'grader', 'prompt_grade', r.grader ->> 'provider'
  from public.run_cells c join public.runs r on r.id = c.run_id
  where c.id = any (p_cells)
  on conflict (group_id, lane) do nothing;
  -- A higher priority than calls, so that grades arrive along with the answers and not after the last one.
  insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload, priority)
  select 'prompt_grade', r.id, 'grader', r.grader ->> 'provider', r.grading_reservation_usd,
    jsonb_build_object('cell_id', c.id), -1
  from public.run_cells c join public.runs r on r.id = c.run_id
  where c.id = any (p_cells)
  order by c.id;
  get diagnostics v_count = row_count;
  update private.job_groups g
  set waiting = g.waiting + s.jobs, open_jobs = g.open_jobs + s.jobs,
    dearest_job_usd = greatest(g.dearest_job_usd, s.reservation_usd)
  from (
    select r.id, count(*)::integer as jobs, max(r.grading_reservation_usd) as reservation_usd
    from public.run_cells c join public.runs r on r.id = c.run_id
    where c.id = any (p_cells)
    group by r.id
  ) s
  where g.id = s.id;
  return v_count;
end;
$$;
comment on function private.enqueue_grades(bigint[]) is
  'Queues jobs that have a model grade these cells, and returns their number. The runs must have such a grader. The caller calls enforce_ceilings() next, because a run may have been stopped in the meantime.';

create function private.check_prompts_budget(p_account uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_ceiling numeric;
  v_used numeric;
  v_month constant timestamptz := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC';
begin
  -- Locked, so that runs that start at the same time share what is left.
  select b.prompts_usd_per_month into v_ceiling from public.account_budgets b where b.account_id = p_account
  for update;
  if v_ceiling is null then
    return;
  end if;
  select sum(case when r.completed_at is null then g.hard_ceiling_usd else g.spent_usd + g.written_off_usd end)
  into v_used
  from public.runs r join private.job_groups g on g.id = r.id
  where r.owner_id = p_account and (r.created_at >= v_month or r.completed_at is null);
  if v_used > v_ceiling then
    raise exception 'the account''s budget for prompts does not allow this run'
      using errcode = 'configuration_limit_exceeded', detail = jsonb_build_object('ceiling_usd', v_ceiling,
        'used_usd', v_used, 'resets_at', v_month + interval '1 month')::text;
  end if;
end;
$$;
comment on function private.check_prompts_budget(uuid) is
  'Raises 53400 (configuration_limit_exceeded) with the detail {ceiling_usd, used_usd, resets_at} if the account''s runs of this month (UTC), open ones with their whole ceiling, exceed account_budgets. used_usd includes the run that was just opened.';

create function public.find_prompt_run(p_owner uuid, p_idempotency_key text, p_request_hash text) returns jsonb
language sql stable set search_path = '' as $$
  select case when k.request_hash is distinct from p_request_hash then jsonb_build_object('conflict', true)
    else jsonb_build_object('run_id', k.resource_id, 'is_new', false, 'conflict', false) end
  from private.idempotency_keys k
  where k.owner_id = p_owner and k.endpoint = 'prompt-runs' and k.key = p_idempotency_key
$$;
comment on function public.find_prompt_run(uuid, text, text) is
  'Returns the run that the owner''s key opened, in the form of open_prompt_run; null if it opened none.';

create function public.open_prompt_run(
  p_owner uuid, p_run jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_known jsonb;
  v_run public.runs;
  v_dataset uuid := (p_run ->> 'dataset_id')::uuid;
  v_grader uuid := (p_run ->> 'grader_version_id')::uuid;
  v_rows integer;
begin
  if p_idempotency_key is not null then
    -- Serializes concurrent requests of one account, so that the second finds the run of the first.
    perform pg_advisory_xact_lock(hashtextextended('prompt-run:' || p_owner, 0));
    v_known := public.find_prompt_run(p_owner, p_idempotency_key, p_request_hash);
    if v_known is not null then
      return v_known;
    end if;
  end if;
  if not exists (
    select from public.prompt_versions v
    where v.id = (p_run ->> 'prompt_version_id')::uuid and v.owner_id = p_owner and v.type = 'task'
  ) then
    raise exception 'no such version of a task prompt'
      using errcode = 'no_data_found', column = 'prompt_version_id';
  end if;
  if v_grader is not null and not exists (
    select from public.prompt_versions v where v.id = v_grader and v.owner_id = p_owner and v.type = 'grader'
  ) then
    raise exception 'no such version of a grader prompt'
      using errcode = 'no_data_found', column = 'grader_version_id';
  end if;
  if v_dataset is not null then
    select d.row_count into v_rows from public.datasets d where d.id = v_dataset and d.owner_id = p_owner;
    if not found then
      raise exception 'no such dataset' using errcode = 'no_data_found', column = 'dataset_id';
    end if;
  end if;

  insert into public.runs (owner_id, name, prompt_version_id, dataset_id, grader_version_id, grader, parameters,
    repeats, use_cache, cell_count, estimated_cost_usd, cost_ceiling_usd, grading_reservation_usd)
  values (
    p_owner, coalesce(p_run ->> 'name', ''), (p_run ->> 'prompt_version_id')::uuid, v_dataset, v_grader,
    nullif(p_run -> 'grader', 'null'), coalesce(p_run -> 'parameters', '{}'),
    coalesce((p_run ->> 'repeats')::integer, 1), coalesce((p_run ->> 'use_cache')::boolean, false),
    jsonb_array_length(p_run -> 'models') * coalesce(v_rows, 1) * coalesce((p_run ->> 'repeats')::integer, 1),
    (p_run ->> 'estimated_cost_usd')::numeric, (p_run ->> 'cost_ceiling_usd')::numeric,
    coalesce((p_run ->> 'grading_reservation_usd')::numeric, 0)
  )
  returning * into v_run;
  if v_run.cell_count = 0 then
    raise exception 'a run needs at least one model and a dataset with at least one row'
      using errcode = 'invalid_parameter_value';
  end if;
  if v_run.grader ->> 'type' = 'prompt'
    and (v_run.grader_version_id is null or v_run.grader ->> 'provider' is null)
  then
    raise exception 'grading by a model needs a grader prompt and a provider' using errcode = 'invalid_parameter_value';
  end if;
  insert into public.run_models
    (run_id, owner_id, provider, model, label, input_price, cached_input_price, output_price, long_context,
     reservation_usd)
  select v_run.id, p_owner, m.provider, m.model, m.label, m.input_price, m.cached_input_price, m.output_price,
    nullif(m.long_context, 'null'), coalesce(m.reservation_usd, 0)
  from jsonb_array_elements(p_run -> 'models') with ordinality as e (model, place)
  cross join lateral jsonb_populate_record(null::public.run_models, e.model) m
  order by e.place;
  insert into public.run_cells (run_id, run_model_id, owner_id, row_index, repeat)
  select v_run.id, m.id, p_owner, case when v_dataset is not null then i.index end, x.index
  from public.run_models m
  cross join generate_series(0, coalesce(v_rows, 1) - 1) as i (index)
  cross join generate_series(0, v_run.repeats - 1) as x (index)
  where m.run_id = v_run.id
  order by x.index, i.index, m.label;
  -- The limits of calls at once come from the caller; the queue's defaults suit a report's many models.
  insert into private.job_groups (id, kind, max_in_flight, max_in_flight_per_lane, soft_ceiling_usd, hard_ceiling_usd)
  select v_run.id, 'prompt_cell', l.calls, l.calls, v_run.cost_ceiling_usd, v_run.cost_ceiling_usd
  from (
    select coalesce((p_run ->> 'max_in_flight')::integer, s.max_in_flight_per_group) as calls
    from private.queue_settings s
  ) l;
  perform private.enqueue_cells(v_run.id);
  -- Skips cells that cannot fit under the ceiling now and not at a later claim.
  perform private.enforce_ceilings(array[v_run.id]);
  perform private.end_groups(array[v_run.id]);
  perform private.check_prompts_budget(p_owner);
  if p_idempotency_key is not null then
    insert into private.idempotency_keys (owner_id, endpoint, key, request_hash, resource_id)
    values (p_owner, 'prompt-runs', p_idempotency_key, coalesce(p_request_hash, ''), v_run.id);
  end if;
  perform private.invoke_function('prompt-worker', jsonb_build_object('group_id', v_run.id));
  return jsonb_build_object('run_id', v_run.id, 'is_new', true, 'conflict', false);
end;
$$;
comment on function public.open_prompt_run(uuid, jsonb, text, text) is
  'Opens a run with all its cells and jobs in one transaction and invokes the worker after commit. Returns {run_id, is_new, conflict}. The same key returns the same run, or {conflict: true} with another hash. p_run: {name, prompt_version_id, dataset_id, grader_version_id, grader, parameters, repeats, use_cache, estimated_cost_usd, cost_ceiling_usd, grading_reservation_usd (highest cost of a grade), max_in_flight (calls at once; default: as for reports), models: [{provider, model, label, input_price, cached_input_price, output_price (USD per token, or null), long_context (as in run_models), reservation_usd (highest cost of a call, 0 without a price)}]}. Raises P0002 (no_data_found) with the field in column if the owner has no such prompt or dataset, 22023 for a run without cells, and 53400 if the account''s budget does not allow it.';

create function public.find_missing_field(p_owner uuid, p_dataset uuid, p_fields text[]) returns jsonb
language sql stable set search_path = '' as $$
  select to_jsonb(x) from (
    select f.field, r.row_index
    from public.datasets d
    cross join unnest(p_fields) with ordinality as f (field, place)
    cross join lateral (
      select r.row_index::integer as row_index from public.dataset_rows r
      where r.dataset_id = d.id and not r.data_json ? f.field
        -- Postgres reads -1 as the last element of a list; renderPrompt() finds nothing there.
        and (f.field ~ '(^|\.)\s*[+-]\d+(\.|$)' or r.data_json #> string_to_array(f.field, '.') is null)
      order by r.row_index
      limit 1
    ) r
    where d.id = p_dataset and d.owner_id = p_owner
    order by f.place
    limit 1
  ) x
$$;
comment on function public.find_missing_field(uuid, uuid, text[]) is
  'Returns the first of these fields (names or dotted paths) that a row of the owner''s dataset lacks, as {field, row_index}; null if no row lacks any. A JSON null is a value.';

create function public.load_prompt_run(p_run uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'run', jsonb_build_object('id', r.id, 'grader', r.grader, 'parameters', r.parameters, 'use_cache', r.use_cache),
    'models', (
      select jsonb_agg(jsonb_build_object('id', m.id, 'provider', m.provider, 'model', m.model,
        'input_price', m.input_price, 'cached_input_price', m.cached_input_price, 'output_price', m.output_price,
        'long_context', m.long_context) order by m.label)
      from public.run_models m where m.run_id = r.id
    ),
    'prompt', jsonb_build_object('body', v.body),
    'grader_prompt', case when g.id is not null then jsonb_build_object('body', g.body) end
  )
  from public.runs r
  join public.prompt_versions v on v.id = r.prompt_version_id
  left join public.prompt_versions g on g.id = r.grader_version_id
  where r.id = p_run
$$;
comment on function public.load_prompt_run(uuid) is
  'Returns what a worker needs of a run: {run: {id, grader, parameters, use_cache}, models: [{id, provider, model, prices}], prompt: {body}, grader_prompt: {body} or null}. Null if the run was deleted.';
grant execute on function private.follow_prompt_jobs, private.end_prompt_runs, private.enqueue_cells,
  private.enqueue_grades, private.check_prompts_budget, public.find_prompt_run, public.open_prompt_run,
  public.find_missing_field, public.load_prompt_run to service_role;

create trigger runs_forget after delete on public.runs for each row execute function private.forget_group('id');
create trigger runs_wait before delete on public.runs for each statement execute function private.wait_for_queue();
