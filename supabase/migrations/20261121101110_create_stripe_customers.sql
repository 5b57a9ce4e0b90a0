create table public.stripe_customers (
  account_id uuid not null references public.accounts (id) on delete cascade,
  livemode boolean not null,
  customer_id text unique check (customer_id ~ '^cus_'),
  name text not null,
  email text,
  attempt integer not null default 1 check (attempt > 0),
  primary key (account_id, livemode)
);
comment on table public.stripe_customers is
  'Customers of accounts at Stripe, in test mode and with real money. The first order creates one, and each later order is paid by it.';
comment on column public.stripe_customers.livemode is 'True if it pays with real money.';
comment on column public.stripe_customers.customer_id is
  'Stripe''s id, cus_…; null until Stripe''s answer is recorded.';
comment on column public.stripe_customers.name is 'Name that it was created with.';
comment on column public.stripe_customers.email is 'Address that it was created with: that of whoever ordered first.';
comment on column public.stripe_customers.attempt is
  'Number of customers that were asked for: Stripe no longer knows the ones before. Part of the idempotency key.';
alter table public.stripe_customers enable row level security;
grant select on public.stripe_customers to authenticated;
grant select, insert, update, delete on public.stripe_customers to service_role;
create policy "Owners read their accounts' customers" on public.stripe_customers
  for select to authenticated using (account_id = any ((select private.accounts_as('owner'))::uuid[]));

create function public.claim_customer(p_account uuid, p_livemode boolean, p_email text, p_lost text) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_customer public.stripe_customers;
begin
  insert into public.stripe_customers (account_id, livemode, name, email)
  select a.id, p_livemode, a.name, p_email from public.accounts a where a.id = p_account
  on conflict (account_id, livemode) do nothing;
  update public.stripe_customers c set customer_id = null, attempt = c.attempt + 1
  where c.account_id = p_account and c.livemode = p_livemode and c.customer_id = p_lost;
  select * into strict v_customer from public.stripe_customers c
  where c.account_id = p_account and c.livemode = p_livemode;
  return jsonb_build_object('customer_id', v_customer.customer_id, 'name', v_customer.name, 'email', v_customer.email,
    'attempt', v_customer.attempt);
end;
$$;
comment on function public.claim_customer(uuid, boolean, text, text) is
  'Returns {customer_id, name, email, attempt} of an account''s customer at Stripe. While customer_id is null, it is to be created with these values: they are written before Stripe is asked, so that parallel orders, and one after a crash, ask for the same under the same key. p_lost: the customer that Stripe does not know (any more), which a new one replaces.';

create function public.keep_customer(p_account uuid, p_livemode boolean, p_attempt integer, p_customer text)
returns text
language plpgsql volatile set search_path = '' as $$
begin
  update public.stripe_customers c set customer_id = p_customer
  where c.account_id = p_account and c.livemode = p_livemode and c.attempt = p_attempt and c.customer_id is null;
  return (
    select c.customer_id from public.stripe_customers c where c.account_id = p_account and c.livemode = p_livemode
  );
end;
$$;
comment on function public.keep_customer(uuid, boolean, integer, text) is
  'Records the customer that Stripe created, unless another order did so first. Returns the one to use.';
grant execute on function public.claim_customer, public.keep_customer to service_role;
