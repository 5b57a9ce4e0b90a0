create function private.report_email(p_report uuid) returns text
language sql stable security definer set search_path = '' as $$
  select u.email
  from public.reports r
  join public.memberships m on m.account_id = r.owner_id and (m.user_id = r.ordered_by or m.role = 'owner')
  join auth.users u on u.id = m.user_id
  where r.id = p_report
  order by m.user_id = r.ordered_by desc nulls last, m.created_at, m.user_id
  limit 1
$$;
comment on function private.report_email(uuid) is
  'Returns the address that a report is sent to: of the member who ordered it, or else of the account''s first owner. Null if it has none. Definer, because auth.users is closed to service_role''s own grants.';

create function public.load_report(p_report uuid) returns json
language sql stable set search_path = '' as $$
  select json_build_object(
    'report_id', r.id, 'owner_id', r.owner_id, 'owner_email', private.report_email(r.id), 'status', r.status,
    'config_snapshot', o.config_snapshot, 'share_token', r.share_token, 'recommended_model', r.recommended_model,
    'rationale', r.rationale, 'doubt', r.summary ->> 'doubt', 'recommended_figures', (
      select model from jsonb_array_elements(r.summary -> 'models') model where model ->> 'modelId' = r.recommended_model
    ), 'most_accurate', r.summary #>> '{picks,mostAccurate,text}',
    'unmeasured_models', (
      select count(*) from jsonb_array_elements(r.summary -> 'models') model
      where model ->> 'standing' in ('not_measured', 'answered_by_another')
    ), 'no_recommendation', r.summary #>> '{noRecommendation,text}',
    'fitted_images', r.summary #>> '{fittedImages,text}', 'error', r.error, 'payment', json_build_object(
      'paid_amount', o.paid_amount, 'refunded_amount', o.refunded_amount, 'currency', o.currency,
      'is_refunding', o.refund_requested_at is not null,
      'credits', case when o.is_paid_by_credit or o.reports_bought > 1 then private.count_credits(r.owner_id) end,
      'is_paid_by_credit', o.is_paid_by_credit
    ), 'created_at', r.created_at, 'started_at', r.started_at
  ) from public.reports r join public.report_orders o on o.report_id = r.id
  where r.id = p_report
$$;
comment on function public.load_report(uuid) is 'What a worker needs of a report, read once and kept.';
grant execute on function private.report_email, public.load_report to service_role;
