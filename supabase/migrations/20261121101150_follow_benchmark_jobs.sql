-- Benchmarks as kinds of work for the queue: a call of a model for one image is a job of kind benchmark_run.
-- Its group is the report, its lane the model. When a group has no open job left, a job without a group sums
-- the report up, or in a race decides who runs on.
create function private.follow_benchmark_jobs(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_reports uuid[];
begin
  if p_event = 'ended' then
    v_reports := array(select (j.value ->> 'group_id')::uuid from jsonb_array_elements(p_jobs) as j (value));
    update public.reports p set status = 'running', started_at = now()
    where p.id = any (v_reports) and p.status = 'paid';
    insert into private.job_queue (kind, payload, dedupe_key)
    select case when c.report_id is null then 'report_finalization' else 'race_look' end,
      jsonb_build_object('report_id', p.id), p.id || coalesce(':' || c.released_images, '')
    from public.reports p
    left join private.races c on c.report_id = p.id and c.held_runs > 0
    where p.id = any (v_reports) and p.status = 'running'
    on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
    -- A report that failed or was refunded half-way still gets its true cost once the last call is back.
    update public.reports p set total_api_cost = g.spent_usd
    from private.job_groups g
    where g.id = any (v_reports) and p.id = g.id and p.status in ('failed', 'refunded');
    return;
  end if;
  update public.benchmark_runs r
  set status = case p_event when 'returned' then 'queued' when 'skipped' then 'skipped' else 'failed' end,
    skip_reason = case when p_event = 'skipped' then j.reason else r.skip_reason end,
    error_message = case when p_event = 'dead' then j.reason else r.error_message end,
    error_kind = coalesce(j.error_kind, r.error_kind),
    completed_at = case when p_event = 'returned' then r.completed_at else now() end
  from jsonb_to_recordset(p_jobs) as j (kind text, payload jsonb, reason text, error_kind text)
  where j.kind = 'benchmark_run' and r.id = (j.payload ->> 'run_id')::uuid;
  if p_event = 'dead' then
    update public.reports p
    set status = 'failed', error = 'The report could not be put together, because of a fault of ours.',
      completed_at = now()
    from jsonb_to_recordset(p_jobs) as j (kind text, payload jsonb, reason text)
    where j.kind = 'report_finalization' and p.id = (j.payload ->> 'report_id')::uuid and p.status = 'running';
  end if;
end;
$$;
comment on function private.follow_benchmark_jobs(text, jsonb) is
  'What becomes of the runs and reports of jobs that ended or came back without advance_benchmark_runs; see job_kinds. A group that has ended gets its finalisation, or in a race its next look. The caller holds lock_queue().';
grant execute on function private.follow_benchmark_jobs to service_role;

insert into private.job_kinds (kind, function_name, follow_up, advanced_by) values
  ('benchmark_run', 'benchmark-worker', 'follow_benchmark_jobs', 'advance_benchmark_runs'),
  ('report_finalization', 'benchmark-worker', 'follow_benchmark_jobs', 'advance_benchmark_runs');
