create function public.get_prompt_run(p_owner uuid, p_run uuid, p_after bigint default 0, p_limit integer default 100)
returns json
language plpgsql stable set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_run json;
begin
  select json_build_object('id', r.id, 'name', r.name, 'status', r.status, 'error', r.error,
    'prompt_version_id', r.prompt_version_id, 'dataset_id', r.dataset_id, 'grader_version_id', r.grader_version_id,
    'grader', r.grader, 'parameters', r.parameters, 'repeats', r.repeats, 'use_cache', r.use_cache,
    'cell_count', r.cell_count, 'estimated_cost_usd', r.estimated_cost_usd, 'cost_ceiling_usd', r.cost_ceiling_usd,
    'spent_usd', g.spent_usd, 'written_off_usd', g.written_off_usd,
    'created_at', r.created_at, 'started_at', r.started_at, 'completed_at', r.completed_at)
  into v_run
  from public.runs r left join private.job_groups g on g.id = r.id
  where r.id = p_run and r.owner_id = p_owner;
  if not found then
    raise exception 'no such run' using errcode = 'no_data_found', column = 'run_id';
  end if;
  return json_build_object(
    'run', v_run,
    'models', (
      select json_agg(json_build_object('id', m.id, 'label', m.label, 'provider', m.provider, 'model', m.model,
        'cells', json_build_object('queued', t.queued, 'running', t.running, 'complete', t.complete, 'failed', t.failed,
          'skipped', t.skipped, 'cancelled', t.cancelled),
        'cut_off', t.cut_off, 'cached', t.cached, 'graded', t.graded, 'overridden', t.overridden,
        'grader_failures', t.grader_failures,
        'mean_score', (t.score_sum / nullif(t.graded::integer, 0))::double precision,
        'tokens_in', t.tokens_in, 'tokens_out', t.tokens_out, 'tokens_cached', t.tokens_cached,
        'cost_usd', case when t.priced > 0 then t.cost_usd end, 'grader_cost_usd', t.grader_cost_usd,
        'latency_p50_ms', private.bucket_latency(l.p50),
        'latency_p95_ms', private.bucket_latency(l.p95)) order by m.label)
      from public.run_models m join public.run_model_totals t on t.run_model_id = m.id
      cross join lateral (
        select min(b.bucket) filter (where b.up_to >= 0.5 * b.calls) as p50,
          min(b.bucket) filter (where b.up_to >= 0.95 * b.calls) as p95
        from (
          select x.bucket, sum(x.calls) over (order by x.bucket) as up_to, sum(x.calls) over () as calls
          from private.run_model_latencies x where x.run_model_id = m.id and x.calls > 0
        ) b
      ) l
      where m.run_id = p_run
    ),
    'cells', (
      select coalesce(json_agg(c order by c.id), '[]')
      from (
        select x.id, x.run_model_id, x.row_index, x.repeat, x.status, x.output_text, x.answer_ending, x.error_text,
          x.latency_ms, x.tokens_in, x.tokens_out, x.tokens_cached, x.cost_usd, x.is_cached, x.attempts,
          x.grade_score, x.grade_reason, x.graded_by, x.grader_score, x.grader_reason, x.grader_error,
          x.grader_cost_usd, x.human_score, x.human_reason, x.started_at, x.completed_at
        from public.run_cells x where x.run_id = p_run and x.id > p_after
        order by x.id limit p_limit
      ) c
    )
  );
end;
$$;
comment on function public.get_prompt_run(uuid, uuid, bigint, integer) is
  'Returns the owner''s run with the totals of its models and a page of its cells, which have an id above p_after: {run, models: [{id, label, provider, model, cells: {status: count}, cut_off, cached, graded, overridden, grader_failures, mean_score 0-1, tokens_in, tokens_out, tokens_cached, cost_usd (null without a price), grader_cost_usd, latency_p50_ms, latency_p95_ms (accurate to 1 %)}], cells: [columns of run_cells]}. Raises P0002 if the owner has no such run.';

create function public.compare_prompt_runs(p_owner uuid, p_before uuid, p_after uuid) returns json
language plpgsql stable set search_path = '' as $$
begin
  if (select count(*) from public.runs r where r.id in (p_before, p_after) and r.owner_id = p_owner)
    <> (case when p_before = p_after then 1 else 2 end)
  then
    raise exception 'no such run' using errcode = 'no_data_found', column = 'run_id';
  end if;
  return (
    select json_object_agg(s.side, json_build_object(
      'run', (
        select json_build_object('id', r.id, 'name', r.name, 'status', r.status, 'dataset_id', r.dataset_id,
          'prompt_version_id', r.prompt_version_id, 'prompt_name', p.name, 'prompt_version', v.version)
        from public.runs r
        join public.prompt_versions v on v.id = r.prompt_version_id
        join public.prompts p on p.id = v.prompt_id
        where r.id = s.run_id
      ),
      'cells', (
        select coalesce(json_agg(json_build_object('row_index', c.row_index, 'model_label', m.label,
          'grade_score', c.grade_score, 'grader_score', c.grader_score, 'human_score', c.human_score,
          'latency_ms', c.latency_ms, 'tokens', c.tokens_in + c.tokens_out, 'cost_usd', c.cost_usd,
          'is_cached', c.is_cached) order by c.id), '[]')
        from public.run_cells c join public.run_models m on m.id = c.run_model_id
        where c.run_id = s.run_id and c.status in ('complete', 'failed')
      )
    ))
    from (values ('before', p_before), ('after', p_after)) as s (side, run_id)
  );
end;
$$;
comment on function public.compare_prompt_runs(uuid, uuid, uuid) is
  'Returns the answered and failed cells of two of the owner''s runs, which the statistics pair by row_index: {before, after: {run: {id, name, status, dataset_id, prompt_version_id, prompt_name, prompt_version}, cells: [{row_index, model_label, grade_score, grader_score, human_score, latency_ms, tokens, cost_usd, is_cached}]}}. Raises P0002 if the owner has not both.';
grant execute on function public.get_prompt_run, public.compare_prompt_runs to service_role;
