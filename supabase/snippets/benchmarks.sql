-- Revenue and cost of benchmarks, and failures of providers. Each query stands alone. Days are UTC; the last 7
-- days are today and the six days before.

-- (1) Spend and margin per day
-- For each of the last 30 days and each currency, the reports paid on it: revenue and refunds in the smallest unit of
-- the currency, such as cents, and cost of their calls. spent_usd is what providers charged. written_off_usd is the
-- upper bound of calls whose answer was lost; they may have been charged too. The margin counts what was written off
-- as spent, leaves out Stripe's fees, and is only known for US dollars.
with settings as (select 30 as days),
paid as (
  select r.id, (r.paid_at at time zone 'UTC')::date as day, o.currency, o.livemode, o.paid_amount, o.refunded_amount
  from settings s
  join public.reports r on r.paid_at >= ((now() at time zone 'UTC')::date - s.days + 1)::timestamp at time zone 'UTC'
  join public.report_orders o on o.report_id = r.id
),
spending as (
  select p.id, sum(l.actual_usd) filter (where l.state = 'settled') as spent_usd,
    sum(l.reserved_usd) filter (where l.state = 'written_off') as written_off_usd
  from paid p
  left join private.cost_ledger l on l.group_id = p.id
  group by p.id
),
days as (
  select p.day, p.currency, p.livemode, count(*) as reports, sum(p.paid_amount) as revenue,
    sum(p.refunded_amount) as refunded, coalesce(sum(s.spent_usd), 0) as spent_usd,
    coalesce(sum(s.written_off_usd), 0) as written_off_usd
  from paid p
  join spending s on s.id = p.id
  group by p.day, p.currency, p.livemode
)
select *, case when currency = 'usd' then (revenue - refunded) / 100 - spent_usd - written_off_usd end as margin_usd
from days
order by day desc, currency, livemode;

-- (2) Failures by provider
-- Runs of the last 7 days that failed (the provider gave no result), or whose answer counts as missing (no JSON, a
-- refusal, a timeout), by provider and kind, with their share of the provider's runs. A model that was removed
-- since then has no provider.
with settings as (select 7 as days),
runs as (
  select coalesce(m.base_url_key, 'withdrawn') as provider, r.status::text as status, r.error_kind, count(*) as runs
  from settings s
  join public.benchmark_runs r
    on r.completed_at >= ((now() at time zone 'UTC')::date - s.days + 1)::timestamp at time zone 'UTC'
  left join public.models m on m.id = split_part(r.model_id, '#', 1)
  where r.status in ('complete', 'failed')
  group by 1, 2, 3
)
select r.provider, r.status, r.error_kind, r.runs::bigint as runs, t.runs::bigint as of_runs,
  round(100 * r.runs / t.runs, 2) as percent
from runs r
join (select provider, sum(runs) as runs from runs group by provider) t on t.provider = r.provider
where r.status = 'failed' or r.error_kind is not null
order by r.provider, r.runs desc, r.status, r.error_kind;

-- (3) Reports that an older scorer scored
-- Number of complete reports by the scorer version of their scores, and how many of them are being scored again by
-- the current version, or could not be. `select public.rescore_reports(20)` scores the newest 20 of the older ones
-- again, without calling a model. Repeat it until it returns 0.
select r.scorer_version, private.scorer_version() as current_version, count(*) as reports,
  count(*) filter (where v.status = 'scoring') as being_scored, count(*) filter (where v.status = 'failed') as given_up
from public.reports r
left join lateral (
  select x.status from public.report_revisions x
  where x.report_id = r.id and x.revision > r.revision and x.scorer_version = private.scorer_version()
  order by x.revision desc limit 1
) v on true
where r.status = 'complete'
group by r.scorer_version
order by r.scorer_version;

-- (4) Money that came in and pays for no report
-- unknown_report: the order is gone, for example because its user was deleted. mismatched: the payment differs from
-- its order in session, amount, currency or mode. surplus: the report was paid already by another payment. Refund it
-- in Stripe's dashboard; it leaves this list once all of it is refunded. Amounts are in the smallest unit of the
-- currency.
select paid_at, outcome, report_id, session_id, payment_intent, amount, refunded_amount, currency, livemode
from public.report_payments
where outcome <> 'applied' and refunded_amount < amount
order by paid_at desc;

-- (5) Failed reports whose payment is not back yet
-- state: waiting and sent end by themselves. refused (Stripe refused the refund again and again, see last_error) and
-- by hand (billing_settings.auto_refund was off): refund the payment in Stripe's dashboard. Amounts are in the smallest
-- unit of the currency.
select failed_at, state, owed_amount, currency, livemode, payment_intent, report_id, error, last_error
from public.report_refunds
order by state in ('refused', 'by hand') desc, failed_at desc;

-- (6) Disputed payments
-- The newest dispute of each payment. Answer those with needs_response in Stripe's dashboard.
select paid_at, dispute_status, disputed_amount, amount, refunded_amount, currency, report_id, payment_intent
from public.report_payments
where dispute_status is not null
order by dispute_status like '%needs_response' desc, paid_at desc;
