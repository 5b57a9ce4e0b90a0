create function private.owner_email(p_owner uuid) returns text
language sql stable security definer set search_path = '' as $$
  select email from auth.users where id = p_owner
$$;
comment on function private.owner_email(uuid) is 'Where a customer''s report is sent. Definer, because auth.users is closed to service_role''s own grants.';

create function public.load_report(p_report uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'report_id', r.id, 'owner_id', r.owner_id, 'owner_email', private.owner_email(r.owner_id), 'status', r.status,
    'config_snapshot', o.config_snapshot, 'share_token', r.share_token, 'recommended_model', r.recommended_model,
    'rationale', r.rationale, 'doubt', r.summary ->> 'doubt', 'recommended_figures', (
      select model from jsonb_array_elements(r.summary -> 'models') model where model ->> 'modelId' = r.recommended_model
    ), 'most_accurate', r.summary #>> '{picks,mostAccurate,text}',
    'unmeasured_models', (
      select count(*) from jsonb_array_elements(r.summary -> 'models') model
      where model ->> 'standing' in ('not_measured', 'answered_by_another')
    ), 'no_recommendation', r.summary #>> '{noRecommendation,text}',
    'fitted_images', r.summary #>> '{fittedImages,text}', 'created_at', r.created_at, 'started_at', r.started_at
  ) from public.reports r join public.report_orders o on o.report_id = r.id
  where r.id = p_report
$$;
comment on function public.load_report(uuid) is 'What a worker needs of a report, read once and kept.';
grant execute on function private.owner_email, public.load_report to service_role;
