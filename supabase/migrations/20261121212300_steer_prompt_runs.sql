create function private.lock_prompt_run(p_owner uuid, p_run uuid) returns public.runs
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.runs;
begin
  -- Every function locks the queue before a row, which prevents deadlocks.
  perform private.lock_queue();
  select * into v_run from public.runs r where r.id = p_run and r.owner_id = p_owner for update;
  if not found then
    raise exception 'no such run' using errcode = 'no_data_found', column = 'run_id';
  end if;
  return v_run;
end;
$$;
comment on function private.lock_prompt_run(uuid, uuid) is
  'Locks the queue and then the owner''s run. Raises P0002 (no_data_found) if the owner has no such run.';

create function private.reopen_prompt_run(p_run uuid, p_cells bigint[], p_grades bigint[], p_is_resumed boolean)
returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  if p_cells = '{}' and p_grades = '{}' and not (p_is_resumed and exists (
    select from public.runs r where r.id = p_run and r.completed_at is null
  )) then
    return (select jsonb_build_object('run_id', r.id, 'status', r.status, 'cells', 0, 'grades', 0)
      from public.runs r where r.id = p_run);
  end if;
  -- New jobs replace those that were given up.
  delete from private.job_queue q
  where q.group_id = p_run and q.dead_at is not null and (q.payload ->> 'cell_id')::bigint = any (p_cells || p_grades);
  update public.run_cells c
  set status = case when c.id = any (p_cells) then 'queued' else c.status::text end,
    error_text = case when c.id = any (p_cells) then null else c.error_text end,
    completed_at = case when c.id = any (p_cells) then null else c.completed_at end,
    grader_error = null,
    -- The human's grade was for the answer that is replaced.
    human_score = case when c.id = any (p_cells) then null else c.human_score::double precision end,
    human_reason = case when c.id = any (p_cells) then null else c.human_reason end
  where c.id = any (p_cells || p_grades);
  update private.job_groups g set stopped_for = null where g.id = p_run;
  update public.runs r
  set status = case when r.started_at is null then 'queued' else 'running' end, completed_at = null, error = null
  where r.id = p_run;
  perform private.enqueue_cells(p_run, p_cells);
  perform private.enqueue_grades(p_grades);
  perform private.enforce_ceilings(array[p_run]);
  perform private.end_groups(array[p_run]);
  perform private.check_prompts_budget((select r.owner_id from public.runs r where r.id = p_run));
  perform private.invoke_function('prompt-worker', jsonb_build_object('group_id', p_run));
  return (select jsonb_build_object('run_id', r.id, 'status', r.status, 'cells', cardinality(p_cells),
    'grades', cardinality(p_grades)) from public.runs r where r.id = p_run);
end;
$$;
comment on function private.reopen_prompt_run(uuid, bigint[], bigint[], boolean) is
  'Queues these cells for another call and those for another grading, and continues the run. Without any, it only continues a run that is resumed before its last call has ended. Returns {run_id, status, cells, grades}. Raises 53400 if the account''s budget does not allow it. The caller holds lock_queue().';

create function public.cancel_prompt_run(p_owner uuid, p_run uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.runs := private.lock_prompt_run(p_owner, p_run);
  v_jobs integer := 0;
begin
  if v_run.status in ('queued', 'running') then
    v_jobs := private.cancel_jobs(p_run, 'cancelled');
    update public.runs r set status = 'cancelled' where r.id = p_run;
    perform private.end_groups(array[p_run]);
  end if;
  return (
    select jsonb_build_object('run_id', r.id, 'status', r.status, 'cancelled', v_jobs, 'in_flight', g.open_jobs)
    from public.runs r join private.job_groups g on g.id = r.id where r.id = p_run
  );
end;
$$;
comment on function public.cancel_prompt_run(uuid, uuid) is
  'Removes the waiting jobs of the owner''s run from the queue. Calls under way end and count. A run that has ended is not changed. Returns {run_id, status, cancelled: jobs, in_flight: jobs}. Raises P0002 if the owner has no such run.';

create function public.resume_prompt_run(p_owner uuid, p_run uuid, p_cost_ceiling_usd numeric default null)
returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.runs := private.lock_prompt_run(p_owner, p_run);
begin
  if p_cost_ceiling_usd is not null then
    update public.runs r set cost_ceiling_usd = p_cost_ceiling_usd where r.id = p_run;
    update private.job_groups g set soft_ceiling_usd = p_cost_ceiling_usd, hard_ceiling_usd = p_cost_ceiling_usd
    where g.id = p_run;
  end if;
  return private.reopen_prompt_run(
    p_run,
    array(
      select c.id from public.run_cells c
      where c.run_id = p_run and c.status in ('skipped', 'cancelled')
      order by c.id
    ),
    -- Answers whose grading was cancelled or skipped.
    case when v_run.grader ->> 'type' = 'prompt' then array(
      select c.id from public.run_cells c
      where c.run_id = p_run and c.status = 'complete'
        and c.grader_error in ('cancelled', 'soft_ceiling', 'hard_ceiling')
      order by c.id
    ) else '{}' end,
    true
  );
end;
$$;
comment on function public.resume_prompt_run(uuid, uuid, numeric) is
  'Queues the cells of the owner''s run again that were cancelled or skipped at the cost ceiling. p_cost_ceiling_usd sets a new ceiling for the whole run. Returns {run_id, status, cells, grades} with the numbers of cells and grades that were queued. Raises P0002 if the owner has no such run.';

create function public.retry_failed_cells(p_owner uuid, p_run uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.runs := private.lock_prompt_run(p_owner, p_run);
begin
  return private.reopen_prompt_run(
    p_run,
    array(select c.id from public.run_cells c where c.run_id = p_run and c.status = 'failed' order by c.id),
    case when v_run.grader ->> 'type' = 'prompt' then array(
      select c.id from public.run_cells c
      where c.run_id = p_run and c.status = 'complete' and c.grader_error is not null
      order by c.id
    ) else '{}' end,
    false
  );
end;
$$;
comment on function public.retry_failed_cells(uuid, uuid) is
  'Queues the failed cells of the owner''s run again and removes their human grades; also queues the answers again that a grader model failed to grade. Returns {run_id, status, cells, grades} with the numbers of both. Raises P0002 if the owner has no such run.';

grant execute on function private.lock_prompt_run, private.reopen_prompt_run, public.cancel_prompt_run,
  public.resume_prompt_run, public.retry_failed_cells to service_role;
