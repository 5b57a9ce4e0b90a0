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
    -- A run that was skipped may still have the kind of error of an earlier try.
    group by r.status, coalesce(r.skip_reason, r.error_kind)
  ) x
  where x.status <> 'complete';
  update public.reports p
  set status = p_status, recommended_model = p_recommended, rationale = p_rationale, summary = p_summary,
    error = p_error, completed_at = now(), partial = v_reasons is not null, partial_reason = v_reasons,
    total_api_cost = (select g.spent_usd from private.job_groups g where g.id = p.id)
  where p.id = v_report_id and p.status = 'running';
  return found;
end;
$$;
comment on function public.finalize_report(uuid, bigint, integer, text, text, text, jsonb, text) is
  'Ends a report once, with its totals; what follows from that does the trigger reports_follow. False: the lease was lost or the report had ended.';
grant execute on function public.finalize_report to service_role;
