create table public.credit_entries (
  id bigint generated always as identity primary key,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  report_id uuid references public.reports (id) on delete set null,
  change integer not null check (change <> 0),
  reason text not null check (reason in ('bought', 'spent', 'returned', 'withdrawn', 'granted')),
  created_at timestamptz not null default now()
);
comment on table public.credit_entries is
  'Reports that accounts have paid for and not ordered yet: every change, never changed itself. Its sum is the balance.';
comment on column public.credit_entries.report_id is
  'Order that bought a pack, or that was paid by a credit; null if it is deleted or the operator granted the credit.';
comment on column public.credit_entries.reason is
  'bought: with a pack; spent: on an order; returned: that order failed; withdrawn: the pack was refunded; granted: by the operator.';
create index credit_entries_owner_id_idx on public.credit_entries (owner_id);
create index credit_entries_report_id_idx on public.credit_entries (report_id);

alter table public.credit_entries enable row level security;
grant select on public.credit_entries to authenticated;
grant select, insert, update, delete on public.credit_entries to service_role;
create policy "Viewers read their credits" on public.credit_entries
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));

create function private.count_credits(p_owner uuid) returns integer
language sql stable set search_path = '' as $$
  select coalesce(sum(c.change), 0)::integer from public.credit_entries c where c.owner_id = p_owner
$$;
comment on function private.count_credits(uuid) is 'Returns how many reports an account may order without paying.';

create function private.lock_credits(p_owner uuid) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('credits:' || p_owner, 0))
$$;
comment on function private.lock_credits(uuid) is
  'Makes changes of an account''s credits run one after another until the end of the transaction, so that none is spent twice.';
grant execute on function private.count_credits, private.lock_credits to service_role;
