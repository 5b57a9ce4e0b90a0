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
grant execute on function public.load_finalization to service_role;
