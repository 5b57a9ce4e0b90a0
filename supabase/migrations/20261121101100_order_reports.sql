create table private.stripe_events (
  id text primary key,
  type text not null,
  created timestamptz not null,
  report_id uuid references public.reports (id) on delete set null,
  session_id text,
  payment_intent text,
  is_paid boolean not null,
  outcome text not null check (outcome in ('applied', 'ignored', 'unknown_report', 'mismatched', 'surplus')),
  payload jsonb not null,
  received_at timestamptz not null default now(),
  amount bigint generated always as (coalesce(payload #>> '{data,object,amount_total}',
    payload #>> '{data,object,amount_refunded}', payload #>> '{data,object,amount}')::bigint) stored,
  currency text generated always as (payload #>> '{data,object,currency}') stored,
  livemode boolean generated always as ((payload ->> 'livemode')::boolean) stored
);
comment on table private.stripe_events is
  'Stripe events, each recorded once, with the outcome of applying it. They outlive their reports: the books.';
comment on column private.stripe_events.is_paid is 'True if the event says that the money of a session has arrived.';
comment on column private.stripe_events.outcome is
  'applied: it changed the report''s status; ignored: it did not; unknown_report, mismatched and surplus: money came in that pays for no report.';
comment on column private.stripe_events.amount is
  'What a session cost, has been refunded of a charge so far, or is disputed, in the smallest unit of the currency.';
create index stripe_events_report_id_idx on private.stripe_events (report_id);
create index stripe_events_session_id_idx on private.stripe_events (session_id);
create index stripe_events_payment_intent_idx on private.stripe_events (payment_intent);

alter table private.stripe_events enable row level security;
grant select, insert, update, delete on private.stripe_events to service_role;
create policy "Workers do everything" on private.stripe_events for all to service_role using (true) with check (true);

create function private.enqueue_benchmark(p_report uuid) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_released integer[];
  v_count integer;
begin
  select private.start_race(p_report, o.config_snapshot) into v_released
  from public.report_orders o where o.report_id = p_report;
  with models as materialized (
    select o.report_id, o.owner_id, o.config_snapshot, m.model
    from public.report_orders o cross join json_array_elements(o.config_snapshot -> 'models') as m (model)
    where o.report_id = p_report
  ),
  runs as (
    insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost)
    select m.report_id, m.owner_id, m.model ->> 'id', i.index, r.index, (m.model ->> 'estimated_cost')::numeric
    from models m
    cross join generate_series(0, json_array_length(m.config_snapshot -> 'images') - 1) as i (index)
    cross join generate_series(0, (m.config_snapshot ->> 'runs_per_model')::integer - 1) as r (index)
    returning id, model_id, image_index, repeat_index
  )
  select private.enqueue_jobs('benchmark_run', p_report, 'model_id',
    (select jsonb_object_agg(m.model ->> 'id', jsonb_build_object('provider', m.model -> 'base_url_key',
      'reservation_usd', m.model -> 'reserved_cost')) from models m),
    jsonb_agg(jsonb_build_object('report_id', p_report, 'run_id', r.id, 'model_id', r.model_id,
      'image_index', r.image_index, 'repeat_index', r.repeat_index
    -- This order interleaves the models' ids. A lane that falls behind has the lowest ids and is served first, so
    -- that all lanes end together.
    ) order by r.repeat_index, r.image_index, r.model_id)
  ) into v_count
  from runs r where r.image_index = any (v_released);
  -- Runs that cannot fit under the hard ceiling are skipped here instead of at a later claim.
  perform private.enforce_ceilings(array[p_report]);
  perform private.end_groups(array[p_report]);
  return v_count;
end;
$$;
comment on function private.enqueue_benchmark(uuid) is
  'Creates the runs of a paid report and their jobs; in a race only the jobs of the first images. Returns the number of jobs.';

create function private.mark_paid(p_report uuid) returns public.reports
language plpgsql volatile set search_path = '' as $$
declare
  v_report public.reports;
begin
  update public.reports set status = 'awaiting_payment' where id = p_report and status = 'draft';
  update public.reports
  set status = 'paid', paid_at = now(), error = null,
    share_token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
  where id = p_report
  returning * into strict v_report;
  return v_report;
end;
$$;
comment on function private.mark_paid(uuid) is 'Makes an order paid, with the secret of its link. Returns the report.';

create function private.start_benchmark(p_report uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform private.enqueue_benchmark(p_report);
  perform private.invoke_function('benchmark-worker', jsonb_build_object('group_id', p_report));
end;
$$;
comment on function private.start_benchmark(uuid) is
  'Creates the runs and jobs of a paid report, and starts a worker after the commit.';

create function private.spend_credit(p_report uuid) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_owner uuid := (select r.owner_id from public.reports r where r.id = p_report);
begin
  perform private.lock_credits(v_owner);
  if private.count_credits(v_owner) < 1 then
    return false;
  end if;
  insert into public.credit_entries (owner_id, report_id, change, reason) values (v_owner, p_report, -1, 'spent');
  update public.report_orders set is_paid_by_credit = true, paid_amount = 0 where report_id = p_report;
  perform private.mark_paid(p_report);
  perform private.start_benchmark(p_report);
  return true;
end;
$$;
comment on function private.spend_credit(uuid) is
  'Pays for an open order with a credit of its account and starts it, in the transaction that opens it. False: there is no credit, and nothing changed.';

create function private.withdraw_credits(p_report uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_owner uuid := (select r.owner_id from public.reports r where r.id = p_report);
begin
  perform private.lock_credits(v_owner);
  insert into public.credit_entries (owner_id, report_id, change, reason)
  select v_owner, p_report, -x.credits, 'withdrawn'
  from (
    select least(private.count_credits(v_owner), (
      select sum(c.change) from public.credit_entries c where c.report_id = p_report and c.reason in ('bought', 'returned')
    )) as credits
  ) x
  where x.credits > 0;
end;
$$;
comment on function private.withdraw_credits(uuid) is
  'Takes back what is left of the credits that came with an order, whose payment was refunded.';

create function public.open_report(
  p_owner uuid, p_draft uuid, p_config json, p_config_hash text, p_estimate numeric,
  p_price_amount bigint, p_currency text, p_livemode boolean,
  p_idempotency_key text default null, p_request_hash text default null, p_user uuid default null,
  p_reports integer default 1, p_use_credit boolean default false
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_known private.idempotency_keys;
  v_report public.reports;
  v_order public.report_orders;
  v_superseded jsonb := '[]';
  v_is_new boolean := false;
begin
  -- Concurrent checkouts of one account run one after another, so that they find each other's order.
  perform pg_advisory_xact_lock(hashtextextended('checkout:' || p_owner, 0));
  if p_idempotency_key is not null then
    select * into v_known from private.idempotency_keys
    where owner_id = p_owner and endpoint = 'checkout' and key = p_idempotency_key;
    if v_known.request_hash <> p_request_hash then
      return jsonb_build_object('conflict', true);
    end if;
  end if;

  if v_known.resource_id is not null then
    select * into strict v_report from public.reports where id = v_known.resource_id;
  else
    -- Stripe closes a session after 24 hours. An older order is replaced even if its event was lost.
    select r.* into v_report from public.reports r join public.report_orders o on o.report_id = r.id
    where r.owner_id = p_owner and r.draft_id = p_draft and r.config_hash = p_config_hash
      and (r.status in ('draft', 'awaiting_payment') and r.created_at > now() - interval '23 hours'
        and (o.price_amount, o.currency, o.livemode, o.reports_bought)
          = (p_price_amount, p_currency, p_livemode, p_reports)
        -- A second click must not spend a second credit.
        or p_use_credit and o.is_paid_by_credit and r.status in ('paid', 'running'))
    order by o.is_paid_by_credit
    limit 1;
    if not found then
      with replaced as (
        update public.reports set status = 'expired', error = 'replaced by a newer order'
        where owner_id = p_owner and draft_id = p_draft and status in ('draft', 'awaiting_payment')
        returning id
      )
      select coalesce(jsonb_agg(jsonb_build_object('report_id', r.id, 'stripe_session_id', o.stripe_session_id)), '[]')
      into v_superseded from replaced r join public.report_orders o on o.report_id = r.id;
      insert into public.reports (owner_id, ordered_by, draft_id, config_hash, estimated_api_cost, model_count)
      values (p_owner, p_user, p_draft, p_config_hash, p_estimate, json_array_length(p_config -> 'models'))
      returning * into v_report;
      insert into public.report_orders
        (report_id, owner_id, config_snapshot, price_amount, currency, livemode, reports_bought)
      values (v_report.id, p_owner, p_config, p_price_amount, p_currency, p_livemode, p_reports);
      v_is_new := true;
    end if;
    if p_idempotency_key is not null then
      insert into private.idempotency_keys (owner_id, endpoint, key, request_hash, resource_id)
      values (p_owner, 'checkout', p_idempotency_key, p_request_hash, v_report.id);
    end if;
  end if;
  select * into strict v_order from public.report_orders where report_id = v_report.id;
  if p_use_credit and p_reports = 1 and v_report.status in ('draft', 'awaiting_payment')
    and private.spend_credit(v_report.id)
  then
    -- Nobody should pay at the page that the order had.
    v_superseded := v_superseded || jsonb_build_object('report_id', v_report.id,
      'stripe_session_id', v_order.stripe_session_id);
  end if;
  select * into strict v_report from public.reports where id = v_report.id;
  select * into strict v_order from public.report_orders where report_id = v_report.id;
  return jsonb_build_object(
    'report_id', v_report.id, 'status', v_report.status, 'checkout_url', v_order.checkout_url,
    'stripe_session_id', v_order.stripe_session_id, 'is_new', v_is_new, 'conflict', false,
    'superseded', v_superseded,
    'credit', case when v_order.is_paid_by_credit then json_build_object('share_token', v_report.share_token,
      'credits_left', private.count_credits(p_owner)) end
  );
end;
$$;
comment on function public.open_report(
  uuid, uuid, json, text, numeric, bigint, text, boolean, text, text, uuid, integer, boolean
) is
  'Opens the order of a checkout by a user (p_user; null by a key) for an account (p_owner), or finds the one that has the same draft, configuration and price or the same Idempotency-Key. Other orders of the draft expire. p_reports: how many reports the price pays for. p_use_credit: pays with a credit of the account if there is one, and starts the report. Returns {report_id, status, checkout_url, stripe_session_id, is_new, conflict, superseded: [{report_id, stripe_session_id}], credit: {share_token, credits_left}}; credit is null unless one paid.';

create function public.await_payment(p_report uuid, p_session_id text, p_checkout_url text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.report_orders
  set stripe_session_id = p_session_id, checkout_url = p_checkout_url
  where report_id = p_report and (stripe_session_id is null or stripe_session_id = p_session_id);
  if not found then
    raise exception 'report % has another checkout session', p_report using errcode = 'check_violation';
  end if;
  update public.reports set status = 'awaiting_payment' where id = p_report and status = 'draft';
end;
$$;
comment on function public.await_payment(uuid, text, text) is
  'Stores the checkout session of an order. Safe to repeat, and safe after the webhook applied the payment.';

create function private.tally_payment(p_payment_intent text)
returns table (refunded_amount bigint, disputed_amount bigint, dispute_status text)
language sql stable set search_path = '' as $$
  select coalesce(r.amount, 0), d.amount, d.status
  from (
    select max(e.amount) as amount from private.stripe_events e
    where e.payment_intent = p_payment_intent and e.type = 'charge.refunded'
  ) r
  left join lateral (
    select e.amount, e.payload #>> '{data,object,status}' as status from private.stripe_events e
    where e.payment_intent = p_payment_intent and e.type like 'charge.dispute.%'
    order by e.created desc, e.type = 'charge.dispute.closed' desc, e.type = 'charge.dispute.created', e.id
    limit 1
  ) d on true
$$;
comment on function private.tally_payment(text) is
  'Returns how much of a payment was refunded, and its newest dispute. It reads the recorded events, so the order of their arrival changes nothing.';

create view public.report_payments with (security_invoker = true) as
  select e.created as paid_at, e.outcome, e.report_id, e.session_id, e.payment_intent, e.amount, e.currency, e.livemode,
    t.refunded_amount, t.disputed_amount, t.dispute_status
  from private.stripe_events e cross join lateral private.tally_payment(e.payment_intent) t
  where e.is_paid and e.outcome <> 'ignored';
comment on view public.report_payments is
  'Every payment received, in the smallest unit of its currency, with its refunds and disputes. outcome: applied; unknown_report, mismatched (session, amount, currency or mode differ from the order''s) or surplus (the order was paid already): refund it in Stripe.';
grant select on public.report_payments to service_role;

create function private.compare_payment(p_order public.report_orders, p_event private.stripe_events, p_is_ours boolean)
returns text[]
language sql immutable set search_path = '' as $$
  select array_remove(array[
    case when not p_is_ours then 'session' end,
    -- Taxes are part of the price or come on top of it, as the account has it.
    case when (p_event.amount in (d.due, d.due + d.tax)) is not true then 'amount' end,
    case when p_event.currency is distinct from p_order.currency then 'currency' end,
    case when p_event.livemode is distinct from p_order.livemode then 'livemode' end
  ], null)
  from (
    select p_order.price_amount - coalesce((t.details ->> 'amount_discount')::bigint, 0) as due,
      coalesce((t.details ->> 'amount_tax')::bigint, 0) as tax
    from (select p_event.payload #> '{data,object,total_details}' as details) t
  ) d
$$;
comment on function private.compare_payment(public.report_orders, private.stripe_events, boolean) is
  'Returns what a payment differs in from its order: session, amount, currency, livemode. Empty if it pays for it.';

create function public.apply_stripe_event(
  p_event_id text, p_type text, p_created timestamptz, p_report uuid, p_session_id text, p_payment_intent text,
  p_paid boolean, p_payload jsonb
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_event private.stripe_events;
  v_report public.reports;
  v_order public.report_orders;
  v_is_ours boolean;
  v_differs text[] := '{}';
  v_outcome text := 'ignored';
begin
  insert into private.stripe_events (id, type, created, session_id, payment_intent, is_paid, outcome, payload)
  values (p_event_id, p_type, p_created, p_session_id, p_payment_intent, p_paid, 'ignored', p_payload)
  on conflict (id) do nothing
  returning * into v_event;
  if not found then
    return jsonb_build_object('outcome', 'duplicate');
  end if;
  -- A refund without a report id finds its report by the payment. The two events run one after another, since
  -- each would miss what the other has not committed yet.
  if p_payment_intent is not null then
    perform pg_advisory_xact_lock(hashtextextended('payment:' || p_payment_intent, 0));
  end if;
  -- A refund removes jobs from the queue. It locks the queue before any row, as every function does that locks
  -- both. A payment's jobs are invisible until the commit, so that large orders delay no worker.
  if p_type = 'charge.refunded' then
    perform private.lock_queue();
  end if;
  select r.* into v_report
  from public.report_orders o join public.reports r on r.id = o.report_id
  where o.report_id = p_report or o.stripe_session_id = p_session_id or o.stripe_payment_intent_id = p_payment_intent
  -- The order's own session or payment counts more than an id in metadata, which anybody with a key sets.
  order by (o.stripe_session_id = p_session_id) desc nulls last,
    (o.stripe_payment_intent_id = p_payment_intent) desc nulls last
  limit 1
  for update of r;
  if not found then
    update private.stripe_events set outcome = 'unknown_report' where id = p_event_id;
    return jsonb_build_object('outcome', 'unknown_report');
  end if;
  select * into strict v_order from public.report_orders where report_id = v_report.id;
  -- Refunds and disputes name a payment, all other events a session. A refund of another payment that names the
  -- report, such as a surplus one, is not about this order.
  v_is_ours := coalesce(case when p_session_id is null then p_payment_intent = v_order.stripe_payment_intent_id
    else p_session_id = coalesce(v_order.stripe_session_id, p_session_id)
      and v_report.id = coalesce(p_report, v_report.id) end, false);

  if p_paid then
    v_differs := private.compare_payment(v_order, v_event, v_is_ours);
    v_outcome := case when v_report.paid_at is not null then 'surplus' when v_differs = '{}' then 'applied'
      else 'mismatched' end;
    -- Several events tell of one payment.
    if v_outcome <> 'applied' and exists (
      select from private.stripe_events e
      where e.session_id = p_session_id and e.payment_intent is not distinct from p_payment_intent
        and e.is_paid and e.outcome <> 'ignored'
    ) then
      v_outcome := 'ignored';
    end if;
  end if;

  if p_paid and v_outcome = 'applied' then
    v_report := private.mark_paid(v_report.id);
    update public.report_orders o
    set stripe_session_id = p_session_id, stripe_payment_intent_id = p_payment_intent, paid_amount = v_event.amount,
      refunded_amount = t.refunded_amount, disputed_amount = t.disputed_amount, dispute_status = t.dispute_status
    from private.tally_payment(p_payment_intent) t
    where o.report_id = v_report.id
    returning o.* into v_order;
    -- A refund may arrive before its payment.
    if v_order.refunded_amount > 0 and v_order.refunded_amount >= v_order.paid_amount then
      update public.reports set status = 'refunded', completed_at = now() where id = v_report.id
      returning * into v_report;
    else
      perform private.start_benchmark(v_report.id);
      insert into public.credit_entries (owner_id, report_id, change, reason)
      select v_report.owner_id, v_report.id, v_order.reports_bought - 1, 'bought' where v_order.reports_bought > 1;
    end if;
  elsif v_is_ours and v_event.livemode = v_order.livemode then
    if p_type in ('checkout.session.expired', 'checkout.session.async_payment_failed')
      and v_report.status in ('draft', 'awaiting_payment')
    then
      update public.reports
      set status = 'expired',
        error = case when p_type = 'checkout.session.expired' then 'the checkout session expired'
          else 'the payment failed' end
      where id = v_report.id
      returning * into v_report;
      v_outcome := 'applied';
    elsif p_session_id is null then
      update public.report_orders o
      set refunded_amount = t.refunded_amount, disputed_amount = t.disputed_amount, dispute_status = t.dispute_status
      from private.tally_payment(p_payment_intent) t
      where o.report_id = v_report.id
      returning o.* into v_order;
      if p_type = 'charge.refunded' and v_order.refunded_amount > 0 and v_order.refunded_amount >= v_order.paid_amount
        and v_report.status in ('paid', 'running', 'complete', 'failed')
      then
        perform private.cancel_jobs(v_report.id, 'refunded');
        update public.reports set status = 'refunded', completed_at = coalesce(completed_at, now())
        where id = v_report.id
        returning * into v_report;
        perform private.end_groups(array[v_report.id]);
        perform private.withdraw_credits(v_report.id);
        v_outcome := 'applied';
      end if;
    end if;
  end if;
  update private.stripe_events set outcome = v_outcome, report_id = v_report.id where id = p_event_id;
  return jsonb_build_object('outcome', v_outcome, 'status', v_report.status, 'differs', v_differs);
end;
$$;
comment on function public.apply_stripe_event(text, text, timestamptz, uuid, text, text, boolean, jsonb) is
  'Applies a Stripe event once, in one transaction. A payment of the order''s session with its amount, currency and mode also creates the share token, all runs and their jobs, and invokes the worker after the commit. Refunds and disputes change the order''s amounts; a report is refunded once all that was paid is. Returns {outcome: applied|duplicate|ignored|unknown_report|mismatched|surplus, status, differs: [session|amount|currency|livemode]}.';

-- A deletion cascades to rows that workers change under the queue's lock in another order, which would deadlock.
-- The trigger is one of the statement, since one of a row fires after the row is locked.
create function private.wait_for_queue() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.lock_queue();
  return null;
end;
$$;
comment on function private.wait_for_queue() is
  'Locks the queue before a deletion that cascades to jobs or runs locks its first row. Definer, because roles that delete users have no rights on the queue.';
create trigger reports_wait before delete on public.reports
  for each statement execute function private.wait_for_queue();
create trigger users_wait before delete on auth.users for each statement execute function private.wait_for_queue();
create trigger accounts_wait before delete on public.accounts
  for each statement execute function private.wait_for_queue();

create function private.forget_report() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.job_queue
  -- A refund is owed also for a report that is gone.
  where kind in ('report_finalization', 'report_email')
    and dedupe_key in (old.id::text, old.id || ':received', old.id || ':ready', old.id || ':failed', old.id || ':refunded');
  perform private.delete_group(old.id);
  return null;
end;
$$;
comment on function private.forget_report() is
  'Deletes the jobs and lanes of a deleted report. Its cost stays in the ledger. Definer, because roles that delete users have no rights on the queue.';
grant execute on function private.enqueue_benchmark, private.mark_paid, private.start_benchmark,
  private.spend_credit, private.withdraw_credits, private.tally_payment, private.compare_payment,
  public.open_report, public.await_payment, public.apply_stripe_event, private.forget_report to service_role;
create trigger reports_forget after delete on public.reports for each row execute function private.forget_report();
