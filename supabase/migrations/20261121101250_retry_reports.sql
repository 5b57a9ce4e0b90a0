create function public.resume_report(p_report uuid) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_provider text;
begin
  perform private.lock_queue();
  for v_provider in select distinct s.provider from private.stuck_lanes s where s.group_id = p_report loop
    perform public.resume_provider(v_provider);
  end loop;
  perform private.invoke_function('benchmark-worker', jsonb_build_object('group_id', p_report));
  return coalesce((select g.waiting from private.job_groups g where g.id = p_report), 0);
end;
$$;
comment on function public.resume_report(uuid) is
  'Lets a report that waits for refusing or failing providers go on where it stopped, for an operator who has topped an account up or replaced a key: one call to each provider is made next, and the rest follow when it is answered. Returns how many jobs wait.';

create function public.retry_report(p_report uuid) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_report public.reports;
  v_order public.report_orders;
  v_count integer;
begin
  perform private.lock_queue();
  select * into v_report from public.reports where id = p_report for update;
  if v_report.status is distinct from 'failed' then
    raise exception 'only a failed report can be tried again, and this one is %', coalesce(v_report.status, 'unknown')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into strict v_order from public.report_orders where report_id = p_report for update;
  if v_order.is_paid_by_credit or v_order.reports_bought > 1 then
    -- The credit that came back when it failed.
    perform private.lock_credits(v_report.owner_id);
    if private.count_credits(v_report.owner_id) < 1 then
      raise exception 'the credit that paid for this report was spent on another one'
        using errcode = 'object_not_in_prerequisite_state';
    end if;
    insert into public.credit_entries (owner_id, report_id, change, reason)
    values (v_report.owner_id, p_report, -1, 'spent');
  else
    delete from private.job_queue q
    where q.kind = 'report_refund' and q.dedupe_key = p_report::text and (q.attempts = 0 or q.dead_at is not null);
    if v_order.refunded_amount > 0 or not found and v_order.refund_requested_at is not null then
      raise exception 'the payment of this report is being refunded' using errcode = 'object_not_in_prerequisite_state',
        hint = 'The customer can order again.';
    end if;
    update public.report_orders set refund_requested_at = null where report_id = p_report;
  end if;
  -- What is dead would keep its successor out: at most one job for each key.
  delete from private.job_queue q where q.group_id = p_report and q.dead_at is not null;
  delete from private.job_queue q
  where q.group_id is null and q.dead_at is not null and q.payload ->> 'report_id' = p_report::text;
  delete from private.job_queue q
  where q.kind = 'report_email' and q.dedupe_key = p_report || ':failed' and q.lease_owner is null;

  update public.reports
  set status = 'running', error = null, summary = null, completed_at = null, partial = false, partial_reason = null,
    total_api_cost = null
  where id = p_report;
  -- What a race had decided stands; nothing else is spared.
  delete from private.races c where c.report_id = p_report;
  update private.job_groups g set stopped_for = null, created_at = now() where g.id = p_report;
  with models as materialized (
    select m.model from json_array_elements(v_order.config_snapshot -> 'models') as m (model)
  ),
  runs as (
    update public.benchmark_runs r
    set status = 'queued', skip_reason = null, error_message = null, error_kind = null, completed_at = null
    where r.report_id = p_report and r.status in ('failed', 'skipped')
      and coalesce(r.skip_reason not in ('race', 'race_won'), true)
    returning r.id, r.model_id, r.image_index, r.repeat_index
  )
  select private.enqueue_jobs('benchmark_run', p_report, 'model_id',
    (select jsonb_object_agg(m.model ->> 'id', jsonb_build_object('provider', m.model -> 'base_url_key',
      'reservation_usd', m.model -> 'reserved_cost')) from models m),
    coalesce(jsonb_agg(jsonb_build_object('report_id', p_report, 'run_id', r.id, 'model_id', r.model_id,
      'image_index', r.image_index, 'repeat_index', r.repeat_index
    ) order by r.repeat_index, r.image_index, r.model_id), '[]')
  ) into v_count
  from runs r;
  perform private.enforce_ceilings(array[p_report]);
  -- Without a run to repeat the report is only put together again.
  perform private.end_groups(array[p_report]);
  perform private.invoke_function('benchmark-worker', jsonb_build_object('group_id', p_report));
  return v_count;
end;
$$;
comment on function public.retry_report(uuid) is
  'Runs the failed and skipped calls of a failed report again, for the operator, and puts it together; calls that were answered are kept. Takes back a refund that no worker has begun, and the credit that the failure returned. Refuses a report whose refund was sent. Returns how many calls are made.';
grant execute on function public.resume_report, public.retry_report to service_role;
