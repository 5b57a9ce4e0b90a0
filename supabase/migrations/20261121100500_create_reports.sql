create table public.reports (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.accounts (id) on delete cascade,
  ordered_by uuid references auth.users (id) on delete set null,
  draft_id uuid references public.benchmark_drafts (id) on delete set null,
  status text not null default 'draft' check (
    status in ('draft', 'awaiting_payment', 'paid', 'running', 'complete', 'failed', 'refunded', 'expired')
  ),
  config_hash text not null,
  share_token text unique check (length(share_token) >= 32),
  recommended_model text,
  rationale text,
  summary jsonb,
  estimated_api_cost numeric not null check (estimated_api_cost >= 0),
  total_api_cost numeric check (total_api_cost >= 0),
  model_count integer not null check (model_count between 1 and 12),
  partial boolean not null default false,
  partial_reason text,
  error text,
  created_at timestamptz not null default now(),
  paid_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  check ((share_token is null) = (paid_at is null)),
  check (partial = (partial_reason is not null))
);
comment on table public.reports is
  'One ordered benchmark from checkout to its result. Holds what a visitor with the link may see; report_orders holds the rest.';
comment on column public.reports.ordered_by is
  'User who ordered it, and gets its e-mail; null for an order by key, and once the user is deleted.';
comment on column public.reports.config_hash is 'SHA-256 of the ordered configuration.';
comment on column public.reports.share_token is 'Secret of the link to the report: 244 random bits, set when paid.';
comment on column public.reports.summary is 'Figures per model as the report shows them, computed once at the end.';
comment on column public.reports.total_api_cost is
  'USD that providers charged for this report, as far as they stated it. The cost ledger has what they may have charged for lost calls.';

create index reports_owner_id_idx on public.reports (owner_id, created_at desc);
create index reports_ordered_by_idx on public.reports (ordered_by);
create index reports_draft_id_idx on public.reports (draft_id);
-- One open order per draft and configuration: a second checkout finds it instead of creating another.
create unique index reports_open_order_idx on public.reports (draft_id, config_hash)
  where status in ('draft', 'awaiting_payment');

create function private.check_report_status() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'draft' then
      raise exception 'a report starts as draft, not %', new.status using errcode = 'check_violation';
    end if;
  elsif new.status <> old.status and not (old.status, new.status) in (
    ('draft', 'awaiting_payment'), ('draft', 'expired'),
    ('awaiting_payment', 'paid'), ('awaiting_payment', 'expired'),
    -- A customer may pay at the moment an order is replaced: a payment that arrived counts.
    ('expired', 'paid'),
    ('paid', 'running'), ('paid', 'failed'), ('paid', 'refunded'),
    ('running', 'complete'), ('running', 'failed'), ('running', 'refunded'),
    ('complete', 'refunded'), ('failed', 'refunded'),
    -- By retry_report only.
    ('failed', 'running')
  ) then
    raise exception 'a report cannot move from % to %', old.status, new.status
      using errcode = 'check_violation', hint = 'See the status machine in the README.';
  end if;
  return new;
end;
$$;
comment on function private.check_report_status() is
  'Refuses changes of status that are not in the report''s life cycle.';
create trigger reports_check_status before insert or update on public.reports
  for each row execute function private.check_report_status();

alter table public.reports enable row level security;
grant select on public.reports to authenticated;
grant select, insert, update, delete on public.reports to service_role;
create policy "Viewers read their reports" on public.reports
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));

create table public.report_orders (
  report_id uuid primary key references public.reports (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  config_snapshot json not null,
  price_amount bigint check (price_amount > 0),
  currency text check (currency ~ '^[a-z]{3}$'),
  livemode boolean,
  stripe_session_id text unique,
  stripe_payment_intent_id text,
  checkout_url text,
  paid_amount bigint check (paid_amount >= 0),
  refunded_amount bigint not null default 0 check (refunded_amount >= 0),
  disputed_amount bigint check (disputed_amount >= 0),
  dispute_status text,
  refund_requested_at timestamptz,
  reports_bought integer not null default 1 check (reports_bought between 1 and 1000),
  is_paid_by_credit boolean not null default false
);
comment on table public.report_orders is
  'Configuration and payment of a report. Only its account reads it, since the link to a report does not show prompt and expected JSON unless its account chooses so.';
comment on column public.report_orders.config_snapshot is
  'Everything that the runs depend on, frozen at checkout: models with their prices, prompt, schema, image paths, expected JSON, priorities, runs per model. It is json, which keeps the order of the schema''s keys.';
comment on column public.report_orders.price_amount is
  'Price before discounts and taxes. All amounts are in the smallest unit of the currency, such as cents or yen.';
comment on column public.report_orders.livemode is
  'True if real money is asked for, false with a test key. A payment of the other mode does not count.';
comment on column public.report_orders.paid_amount is 'What the customer paid; null before the payment.';
comment on column public.report_orders.refunded_amount is
  'Sum of all refunds. The report is refunded once it reaches paid_amount.';
comment on column public.report_orders.dispute_status is
  'Status of the newest dispute of the payment in Stripe''s words, such as needs_response, won or lost; null without one.';
comment on column public.report_orders.refund_requested_at is
  'When the report failed and its refund became a job; null if it did not, or has been withdrawn.';
comment on column public.report_orders.reports_bought is
  'Reports that price_amount pays for: this one, and the others as credits of the account.';
comment on column public.report_orders.is_paid_by_credit is
  'True if a credit of the account paid for it: paid_amount is 0 then, and Stripe was not asked.';
create index report_orders_owner_id_idx on public.report_orders (owner_id);
create index report_orders_stripe_payment_intent_id_idx on public.report_orders (stripe_payment_intent_id);

create function private.keep_snapshot() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'the configuration of a report is frozen' using errcode = 'check_violation';
end;
$$;
comment on function private.keep_snapshot() is 'Refuses any change to the ordered configuration.';
grant execute on function private.check_report_status, private.keep_snapshot to service_role;
create trigger report_orders_keep_snapshot before update on public.report_orders
  for each row when (old.config_snapshot::text is distinct from new.config_snapshot::text)
  execute function private.keep_snapshot();

alter table public.report_orders enable row level security;
grant select on public.report_orders to authenticated;
grant select, insert, update, delete on public.report_orders to service_role;
create policy "Viewers read their orders" on public.report_orders
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
