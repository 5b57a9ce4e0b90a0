create table private.stripe_events (
  id text primary key,
  type text not null,
  created timestamptz not null,
  report_id uuid references public.reports (id) on delete set null,
  payment_intent text,
  outcome text not null,
  payload jsonb not null,
  received_at timestamptz not null default now()
);
comment on table private.stripe_events is 'Stripe events, each recorded once, with the outcome of applying it.';
create index stripe_events_report_id_idx on private.stripe_events (report_id);
create index stripe_events_refund_idx on private.stripe_events (payment_intent) where type = 'charge.refunded';

alter table private.stripe_events enable row level security;
grant select, insert, update, delete on private.stripe_events to service_role;
create policy "Workers do everything" on private.stripe_events for all to service_role using (true) with check (true);

create function public.open_report(
  p_owner uuid, p_draft uuid, p_config jsonb, p_config_hash text, p_estimate numeric,
  p_idempotency_key text default null, p_request_hash text default null, p_user uuid default null
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
    select * into v_report from public.reports
    where owner_id = p_owner and draft_id = p_draft and config_hash = p_config_hash
      and status in ('draft', 'awaiting_payment') and created_at > now() - interval '23 hours';
    if not found then
      with replaced as (
        update public.reports set status = 'expired', error = 'replaced by a newer order'
        where owner_id = p_owner and draft_id = p_draft and status in ('draft', 'awaiting_payment')
        returning id
      )
      select coalesce(jsonb_agg(jsonb_build_object('report_id', r.id, 'stripe_session_id', o.stripe_session_id)), '[]')
      into v_superseded from replaced r join public.report_orders o on o.report_id = r.id;
      insert into public.reports (owner_id, ordered_by, draft_id, config_hash, estimated_api_cost, model_count)
      values (p_owner, p_user, p_draft, p_config_hash, p_estimate, jsonb_array_length(p_config -> 'models'))
      returning * into v_report;
      insert into public.report_orders (report_id, owner_id, config_snapshot)
      values (v_report.id, p_owner, p_config);
      v_is_new := true;
    end if;
    if p_idempotency_key is not null then
      insert into private.idempotency_keys (owner_id, endpoint, key, request_hash, resource_id)
      values (p_owner, 'checkout', p_idempotency_key, p_request_hash, v_report.id);
    end if;
  end if;
  select * into strict v_order from public.report_orders where report_id = v_report.id;
  return jsonb_build_object(
    'report_id', v_report.id, 'status', v_report.status, 'checkout_url', v_order.checkout_url,
    'stripe_session_id', v_order.stripe_session_id, 'is_new', v_is_new, 'conflict', false,
    'superseded', v_superseded
  );
end;
$$;
comment on function public.open_report(uuid, uuid, jsonb, text, numeric, text, text, uuid) is
  'Opens the order of a checkout by a user (p_user; null by a key) for an account (p_owner), or finds the one that has the same draft and configuration or the same Idempotency-Key. Orders of the draft with another configuration expire. Returns {report_id, status, checkout_url, stripe_session_id, is_new, conflict, superseded}.';

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
    from public.report_orders o cross join jsonb_array_elements(o.config_snapshot -> 'models') as m (model)
    where o.report_id = p_report
  ),
  runs as (
    insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost)
    select m.report_id, m.owner_id, m.model ->> 'id', i.index, r.index, (m.model ->> 'estimated_cost')::numeric
    from models m
    cross join generate_series(0, jsonb_array_length(m.config_snapshot -> 'images') - 1) as i (index)
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

create function public.apply_stripe_event(
  p_event_id text, p_type text, p_created timestamptz, p_report uuid, p_session_id text, p_payment_intent text,
  p_paid boolean, p_payload jsonb
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_report public.reports;
  v_outcome text := 'ignored';
begin
  insert into private.stripe_events (id, type, created, payment_intent, outcome, payload)
  values (p_event_id, p_type, p_created, p_payment_intent, 'ignored', p_payload)
  on conflict (id) do nothing;
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
  order by (o.report_id = p_report) desc nulls last
  limit 1
  for update of r;
  if not found then
    update private.stripe_events set outcome = 'unknown_report' where id = p_event_id;
    return jsonb_build_object('outcome', 'unknown_report');
  end if;

  if p_type in ('checkout.session.completed', 'checkout.session.async_payment_succeeded') and p_paid
    and v_report.status in ('draft', 'awaiting_payment', 'expired')
  then
    if v_report.status = 'draft' then
      update public.reports set status = 'awaiting_payment' where id = v_report.id;
    end if;
    update public.reports
    set status = 'paid', paid_at = now(), error = null,
      share_token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
    where id = v_report.id
    returning * into v_report;
    update public.report_orders
    set stripe_session_id = coalesce(stripe_session_id, p_session_id), stripe_payment_intent_id = p_payment_intent
    where report_id = v_report.id;
    -- A refund may arrive before its payment.
    if exists (
      select from private.stripe_events e
      where e.type = 'charge.refunded' and e.payment_intent = p_payment_intent and e.id <> p_event_id
        and e.outcome in ('unknown_report', 'ignored')
        and coalesce((e.payload #>> '{data,object,refunded}')::boolean, true)
    ) then
      update public.reports set status = 'refunded', completed_at = now() where id = v_report.id
      returning * into v_report;
    else
      perform private.enqueue_benchmark(v_report.id);
      perform private.invoke_function('benchmark-worker', jsonb_build_object('group_id', v_report.id));
    end if;
    v_outcome := 'applied';
  elsif p_type in ('checkout.session.expired', 'checkout.session.async_payment_failed')
    and v_report.status in ('draft', 'awaiting_payment')
  then
    update public.reports
    set status = 'expired',
      error = case when p_type = 'checkout.session.expired' then 'the checkout session expired' else 'the payment failed' end
    where id = v_report.id
    returning * into v_report;
    v_outcome := 'applied';
  elsif p_type = 'charge.refunded' and v_report.status in ('paid', 'running', 'complete', 'failed')
    and coalesce((p_payload #>> '{data,object,refunded}')::boolean, true)
  then
    perform private.cancel_jobs(v_report.id, 'refunded');
    update public.reports set status = 'refunded', completed_at = coalesce(completed_at, now())
    where id = v_report.id
    returning * into v_report;
    perform private.end_groups(array[v_report.id]);
    v_outcome := 'applied';
  end if;
  update private.stripe_events set outcome = v_outcome, report_id = v_report.id where id = p_event_id;
  return jsonb_build_object('outcome', v_outcome, 'status', v_report.status);
end;
$$;
comment on function public.apply_stripe_event(text, text, timestamptz, uuid, text, text, boolean, jsonb) is
  'Applies a Stripe event once, in one transaction. A payment also creates the share token, all runs and their jobs, and invokes the worker after the commit. Returns {outcome: applied|duplicate|ignored|unknown_report, status}.';

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
  where kind in ('report_finalization', 'report_email') and dedupe_key = old.id::text;
  perform private.delete_group(old.id);
  return null;
end;
$$;
comment on function private.forget_report() is
  'Deletes the jobs and lanes of a deleted report. Its cost stays in the ledger. Definer, because roles that delete users have no rights on the queue.';
grant execute on function private.enqueue_benchmark, public.open_report, public.await_payment,
  public.apply_stripe_event, private.forget_report to service_role;
create trigger reports_forget after delete on public.reports for each row execute function private.forget_report();
