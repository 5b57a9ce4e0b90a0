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
grant execute on function private.describe_prompt_jobs to service_role;
