create table private.billing_settings (
  singleton boolean primary key default true check (singleton),
  auto_refund boolean not null default true
);
comment on table private.billing_settings is 'The one row of settings about payments.';
comment on column private.billing_settings.auto_refund is
  'True: the payment of a report that fails is refunded through Stripe by itself. False: the operator refunds, and a snippet lists what is owed.';
insert into private.billing_settings default values;
alter table private.billing_settings enable row level security;
grant select, insert, update, delete on private.billing_settings to service_role;
create policy "Workers do everything" on private.billing_settings
  for all to service_role using (true) with check (true);

create table public.prices (
  id text primary key check (id ~ '^[a-z0-9_-]{1,50}$'),
  name text not null check (length(btrim(name)) between 1 and 200),
  reports integer not null default 1 check (reports between 1 and 1000),
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  active boolean not null default true,
  created_at timestamptz not null default now()
);
comment on table public.prices is
  'What customers can buy: single reports, and packs. Without an active price of one report the price is REPORT_PRICE_CENTS.';
comment on column public.prices.name is 'What the pay page calls it.';
comment on column public.prices.reports is
  'Reports that it pays for: the ordered one, and the others as credits of the account.';
comment on column public.prices.amount is
  'Before discounts and taxes, in the smallest unit of the currency, such as cents or yen.';
comment on column public.prices.active is 'False: new orders cannot name it. Orders keep their price.';

alter table public.prices enable row level security;
grant select on public.prices to anon, authenticated;
grant select, insert, update, delete on public.prices to service_role;
create policy "Everybody reads active prices" on public.prices
  for select to anon, authenticated using (active);
