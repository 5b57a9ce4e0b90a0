create view public.report_prompt_runs with (security_invoker = true) as
  select r.id as run_id, r.owner_id, r.name, p.id as prompt_id, p.name as prompt_name, v.version as prompt_version,
    d.name as dataset_name, d.version as dataset_version, r.status, r.error, r.repeats, r.cell_count,
    coalesce(r.grader ->> 'type', 'none') as grader_type, t.complete, t.failed, t.skipped, t.cancelled, t.cut_off,
    t.graded, t.mean_score, t.tokens_in, t.tokens_out, t.cost_usd, t.grader_cost_usd, r.estimated_cost_usd,
    r.cost_ceiling_usd, r.created_at, r.started_at, r.completed_at
  from public.runs r
  join public.prompt_versions v on v.id = r.prompt_version_id
  join public.prompts p on p.id = v.prompt_id
  left join public.datasets d on d.id = r.dataset_id
  cross join lateral (
    select sum(x.complete) as complete, sum(x.failed) as failed, sum(x.skipped) as skipped,
      sum(x.cancelled) as cancelled, sum(x.cut_off) as cut_off, sum(x.graded) as graded,
      (sum(x.score_sum) / nullif(sum(x.graded), 0))::double precision as mean_score,
      sum(x.tokens_in) as tokens_in, sum(x.tokens_out) as tokens_out,
      case when sum(x.priced) > 0 then sum(x.cost_usd) end as cost_usd, sum(x.grader_cost_usd) as grader_cost_usd
    from public.run_model_totals x where x.run_id = r.id
  ) t;
comment on view public.report_prompt_runs is
  'Prompt runs that the caller may see, with their totals. mean_score is 0-1 over all graded cells. cut_off counts answers that were cut off at max_tokens. Costs are USD, null without a price.';

create view public.report_prompt_run_models with (security_invoker = true) as
  select m.run_id, m.id as run_model_id, m.owner_id, m.label, m.provider, m.model,
    t.queued, t.running, t.complete, t.failed, t.skipped, t.cancelled, t.cut_off, t.cached, t.graded, t.overridden,
    t.grader_failures, (t.score_sum / nullif(t.graded::integer, 0))::double precision as mean_score,
    t.tokens_in, t.tokens_out, t.tokens_cached, case when t.priced > 0 then t.cost_usd end as cost_usd,
    t.grader_cost_usd, l.latency_p50_ms, l.latency_p95_ms
  from public.run_models m
  join public.run_model_totals t on t.run_model_id = m.id
  cross join lateral (
    select percentile_cont(0.5) within group (order by c.latency_ms::integer) as latency_p50_ms,
      percentile_cont(0.95) within group (order by c.latency_ms::integer) as latency_p95_ms
    from public.run_cells c
    where c.run_model_id = m.id and c.status = 'complete' and not c.is_cached
  ) l;
comment on view public.report_prompt_run_models is
  'Models of prompt runs that the caller may see: cells by status, mean_score (0-1), tokens, USD (null without a price), and exact latencies in milliseconds of completed calls that were not cached.';
grant select on public.report_prompt_runs, public.report_prompt_run_models to authenticated, service_role;
