create table public.account_budgets (
  account_id uuid primary key references public.accounts (id) on delete cascade,
  prompts_usd_per_month numeric check (prompts_usd_per_month >= 0),
  reviews_usd_per_day numeric check (reviews_usd_per_day >= 0),
  updated_at timestamptz not null default now()
);
comment on table public.account_budgets is
  'Ceilings that admins set for their account, beside those of single runs and of the project.';
comment on column public.account_budgets.prompts_usd_per_month is
  'Most USD that runs of prompts may cost in a month (UTC). A run that may exceed it does not start. Null for no ceiling.';
comment on column public.account_budgets.reviews_usd_per_day is
  'Most USD that reviews of test runs may cost in 24 hours; null for the project''s ceiling, which is never exceeded.';
alter table public.account_budgets enable row level security;
grant select on public.account_budgets to authenticated;
grant select, insert, update, delete on public.account_budgets to service_role;
create policy "Viewers read their accounts' budgets" on public.account_budgets
  for select to authenticated using (account_id = any ((select private.accounts_as('viewer'))::uuid[]));

create function private.keep_account_budgets(
  p_account uuid, p_prompts_usd_per_month numeric, p_reviews_usd_per_day numeric
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_budgets constant jsonb := jsonb_build_object('prompts_usd_per_month', p_prompts_usd_per_month,
    'reviews_usd_per_day', p_reviews_usd_per_day);
begin
  perform private.require_role(p_account, 'admin');
  insert into public.account_budgets as b (account_id, prompts_usd_per_month, reviews_usd_per_day)
  values (p_account, p_prompts_usd_per_month, p_reviews_usd_per_day)
  on conflict (account_id) do update set prompts_usd_per_month = excluded.prompts_usd_per_month,
    reviews_usd_per_day = excluded.reviews_usd_per_day, updated_at = now();
  perform private.write_audit(p_account, 'budgets.changed', p_account::text, v_budgets);
  return v_budgets || jsonb_build_object('account_id', p_account);
end;
$$;
comment on function private.keep_account_budgets(uuid, numeric, numeric) is
  'Implements set_account_budgets. Definer, so that no change of a budget is missing in the audit log.';
create function public.set_account_budgets(
  p_account uuid, p_prompts_usd_per_month numeric, p_reviews_usd_per_day numeric
) returns jsonb
language sql volatile set search_path = '' as $$
  select private.keep_account_budgets(p_account, p_prompts_usd_per_month, p_reviews_usd_per_day)
$$;
comment on function public.set_account_budgets(uuid, numeric, numeric) is
  'Admin: sets the ceilings of an account in USD, null for none. Returns {account_id, prompts_usd_per_month, reviews_usd_per_day}. HTTP 404, 403: as delete_account.';
grant execute on function private.keep_account_budgets, public.set_account_budgets to authenticated, service_role;
