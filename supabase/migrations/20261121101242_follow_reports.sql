-- What follows when a report is paid, ends or is refunded: e-mails, and the refund of one that failed. The jobs are
-- written by the transaction that moves the report. A report makes each move once, so each is done once, whatever
-- crashes; the queue repeats what is not recorded as done, with a key that the mail service and Stripe remember.
insert into private.job_kinds (kind, function_name, follow_up) values
  ('report_email', 'email-worker', null),
  ('report_refund', 'refund-worker', 'follow_refunds');

create function private.enqueue_email(p_payload jsonb, p_key text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- One that was given up would keep this one out.
  delete from private.job_queue q where q.kind = 'report_email' and q.dedupe_key = p_key and q.dead_at is not null;
  insert into private.job_queue (kind, payload, dedupe_key) values ('report_email', p_payload, p_key)
  on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
  perform private.invoke_function('email-worker');
end;
$$;
comment on function private.enqueue_email(jsonb, text) is
  'Has an e-mail sent after the commit: {report_id, notice: received|ready|failed|refunded} to the customer, {provider, notice: parked} or {report_id, notice: refund_failed} to the operator.';

create function private.settle_failed_report(p_report uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_order public.report_orders;
begin
  select * into v_order from public.report_orders where report_id = p_report for update;
  if v_order.is_paid_by_credit or v_order.reports_bought > 1 then
    perform private.lock_credits(v_order.owner_id);
    insert into public.credit_entries (owner_id, report_id, change, reason)
    values (v_order.owner_id, p_report, 1, 'returned');
  elsif v_order.paid_amount > v_order.refunded_amount and v_order.stripe_payment_intent_id is not null
    and (select s.auto_refund from private.billing_settings s)
  then
    insert into private.job_queue (kind, payload, dedupe_key)
    values ('report_refund', jsonb_build_object('report_id', p_report, 'payment_intent', v_order.stripe_payment_intent_id),
      p_report::text)
    on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
    update public.report_orders set refund_requested_at = now() where report_id = p_report;
    perform private.invoke_function('refund-worker');
  end if;
end;
$$;
comment on function private.settle_failed_report(uuid) is
  'Gives the customer of a failed report back what it cost: a credit, or the money as a job that asks Stripe, if billing_settings.auto_refund says so.';

create function private.follow_report() returns trigger
language plpgsql volatile set search_path = '' as $$
declare
  v_notice text := case new.status
    when 'paid' then 'received' when 'complete' then 'ready' when 'failed' then 'failed' when 'refunded' then 'refunded'
  end;
begin
  if new.status = 'failed' then
    perform private.settle_failed_report(new.id);
  elsif new.status = 'refunded' and old.status = 'failed' and exists (
    select from public.report_orders o where o.report_id = new.id and o.refund_requested_at is not null
  ) then
    -- The e-mail about the failure has announced it.
    return null;
  end if;
  if v_notice is not null then
    perform private.enqueue_email(
      jsonb_build_object('report_id', new.id, 'notice', v_notice), new.id || ':' || v_notice
    );
  end if;
  return null;
end;
$$;
comment on function private.follow_report() is
  'Has the customer told that an order was received, that a report is ready or failed, or that it was refunded, and gives back what a failed one cost. In the transaction that moves the report.';

create function public.is_refund_owed(p_report uuid) returns boolean
language sql stable set search_path = '' as $$
  select coalesce((
    select r.status = 'failed' and o.refund_requested_at is not null and o.refunded_amount < o.paid_amount
    from public.reports r join public.report_orders o on o.report_id = r.id
    where r.id = p_report
  ), true)
$$;
comment on function public.is_refund_owed(uuid) is
  'Tells whether the payment of a failed report is still to be refunded: not once it was, or once the report is tried again. A report that was deleted meanwhile owes it.';

create function private.follow_refunds(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_event = 'dead' then
    perform private.enqueue_email(
      jsonb_build_object('report_id', j.payload -> 'report_id', 'notice', 'refund_failed'),
      j.payload ->> 'report_id' || ':refund_failed'
    )
    from jsonb_to_recordset(p_jobs) as j (payload jsonb);
  end if;
end;
$$;
comment on function private.follow_refunds(text, jsonb) is
  'Has the operator told of a refund that Stripe refused again and again. The caller holds lock_queue().';

create view public.report_refunds with (security_invoker = true) as
  select r.id as report_id, r.completed_at as failed_at, o.paid_amount - o.refunded_amount as owed_amount, o.currency,
    o.livemode, o.stripe_payment_intent_id as payment_intent, o.refund_requested_at,
    case when q.dead_at is not null then 'refused' when q.id is not null then 'waiting'
      when o.refund_requested_at is not null then 'sent' else 'by hand' end as state,
    q.last_error, r.error
  from public.reports r
  join public.report_orders o on o.report_id = r.id
  left join private.job_queue q on q.kind = 'report_refund' and q.dedupe_key = r.id::text
  where r.status = 'failed' and o.paid_amount > o.refunded_amount and o.reports_bought = 1;
comment on view public.report_refunds is
  'For the operator: failed reports whose money is not back yet, in the smallest unit of the currency. state: waiting (its job is about to ask Stripe), sent (Stripe took it, and its event is on the way), refused (again and again: see last_error), by hand (auto_refund was off: refund it in Stripe).';
grant select on public.report_refunds to service_role;
grant execute on function private.enqueue_email, private.settle_failed_report, private.follow_report,
  public.is_refund_owed, private.follow_refunds to service_role;

create trigger reports_follow after update of status on public.reports
  for each row when (new.status is distinct from old.status) execute function private.follow_report();

-- The operator is told once about a provider that refuses the account, by the transaction that parks it.
create table private.operator_notices (
  provider text primary key,
  noticed_at timestamptz not null default now()
);
comment on table private.operator_notices is
  'When the operator was last told that a provider refuses the account. Within a day, or while that lasts, nothing more is sent.';
alter table private.operator_notices enable row level security;
grant select, insert, update, delete on private.operator_notices to service_role;
create policy "Workers do everything" on private.operator_notices
  for all to service_role using (true) with check (true);

create function private.tell_operator() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  insert into private.operator_notices as n (provider) values (new.provider)
  on conflict (provider) do update set noticed_at = now()
  where n.noticed_at < now() - interval '1 day';
  if found then
    perform private.enqueue_email(
      jsonb_build_object('provider', new.provider, 'notice', 'parked'), 'parked:' || new.provider
    );
  end if;
  return null;
end;
$$;
comment on function private.tell_operator() is
  'Has the operator told that a provider refuses the account: once a day at most, however many calls were refused.';
create trigger provider_circuits_tell_insert after insert on private.provider_circuits
  for each row when (new.is_parked) execute function private.tell_operator();
create trigger provider_circuits_tell_update after update of is_parked on private.provider_circuits
  for each row when (new.is_parked and not old.is_parked) execute function private.tell_operator();

create function public.load_parked(p_provider text) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('provider', p.provider, 'since', p.since, 'until', p.until, 'reason', p.reason,
    'reports', p.groups_waiting, 'jobs', p.jobs_waiting, 'next_try_at', p.next_try_at)
  from public.report_parked p
  where p.provider = p_provider and p.lane is null and p.state = 'parked'
$$;
comment on function public.load_parked(text) is
  'Returns {provider, since, until, reason, reports, jobs, next_try_at} of a parked provider, for the e-mail to the operator. Null: it is not parked any more.';
grant execute on function private.tell_operator, public.load_parked to service_role;
