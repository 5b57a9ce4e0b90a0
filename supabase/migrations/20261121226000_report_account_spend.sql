create view public.report_account_spend with (security_invoker = true) as
  select x.account_id, x.part, date_trunc('month', x.spent_at at time zone 'UTC')::date as month, sum(x.usd) as usd
  from (
    select r.owner_id as account_id, 'benchmark' as part, coalesce(r.completed_at, r.created_at) as spent_at,
      r.total_api_cost as usd
    from public.reports r
    union all
    select r.owner_id, 'prompts', r.created_at, t.cost_usd + t.grader_cost_usd
    from public.runs r join public.run_model_totals t on t.run_id = r.id
    union all
    select m.owner_id, 'chat', m.created_at, m.cost_usd from public.chat_messages m
    union all
    select r.owner_id, 'reviews', coalesce(r.completed_at, r.created_at), r.watcher_cost_usd from public.test_runs r
  ) x
  where x.usd > 0
  group by x.account_id, x.part, month;
comment on view public.report_account_spend is
  'USD that an account''s calls of models cost, by part (benchmark, prompts, chat, reviews) and month (UTC). A benchmark counts once it has ended, a run of prompts in the month in which it began. What was deleted no longer counts.';
grant select on public.report_account_spend to authenticated, service_role;
