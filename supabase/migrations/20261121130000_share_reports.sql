-- Visitors present a report's token and see that report. A policy that only checks whether a report has a token
-- would show all customers' reports to everybody with the public key.
alter table public.reports drop constraint reports_check;
alter table public.reports
  add column share_token_hash bytea generated always as (sha256(decode(share_token, 'hex'))) stored,
  add column share_expires_at timestamptz,
  add column shares_order boolean not null default false;
comment on column public.reports.share_token is
  'Secret of the link to the report: 244 random bits, created on payment. The owner can replace or revoke it.';
comment on column public.reports.share_token_hash is
  'Hash by which a presented token is looked up. The timing of an index over hashes reveals nothing about tokens.';
comment on column public.reports.share_expires_at is 'Time at which the link expires; null for never.';
comment on column public.reports.shares_order is 'True if visitors see the prompt, the schema and the expected JSON.';
create unique index reports_share_token_hash_idx on public.reports (share_token_hash);

create function private.make_share_token() returns text
language sql volatile set search_path = '' as $$
  select replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
$$;
comment on function private.make_share_token() is 'Returns a token of 64 hexadecimal digits with 244 random bits.';

create function private.find_shared_report(p_token text) returns uuid
language sql stable strict security definer set search_path = '' as $$
  select id from public.reports
  where share_token_hash = case when p_token ~ '^[0-9a-f]{64}$' then sha256(decode(p_token, 'hex')) end
    and (share_expires_at is null or share_expires_at > now())
$$;
comment on function private.find_shared_report(text) is
  'Returns the report that a share token opens, or null. Definer, because visitors may see no report before that.';

create function private.presented_report() returns uuid
language sql stable set search_path = '' as $$
  select private.find_shared_report(
    nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-share-token'
  )
$$;
comment on function private.presented_report() is 'Returns the report that the request''s x-share-token header opens, or null.';

grant usage on schema private to anon, authenticated;

grant select on public.reports, public.benchmark_runs to anon;
drop policy "Viewers read their reports" on public.reports;
drop policy "Viewers read their runs" on public.benchmark_runs;
create policy "Viewers, and visitors with its token, read a report" on public.reports
  for select to authenticated
  using (owner_id = any ((select private.accounts_as('viewer'))::uuid[])
    or id = (select private.presented_report()));
create policy "Visitors with its token read a report" on public.reports
  for select to anon using (id = (select private.presented_report()));
create policy "Viewers, and visitors with its token, read a report's runs" on public.benchmark_runs
  for select to authenticated
  using (owner_id = any ((select private.accounts_as('viewer'))::uuid[])
    or report_id = (select private.presented_report()));
create policy "Visitors with its token read a report's runs" on public.benchmark_runs
  for select to anon using (report_id = (select private.presented_report()));

create function private.read_earlier_runs(p_report uuid, p_revision integer) returns json
language sql stable set search_path = '' as $$
  select coalesce(json_agg((to_jsonb(x) - 'id') || coalesce(s.scores, '{}')
    order by x.model_id, x.image_index, x.repeat_index), '[]')
  from (
    select b.id, b.model_id, split_part(b.model_id, '#', 1) as base_model_id,
      nullif(split_part(b.model_id, '#', 2), '') as effort,
      b.image_index, b.repeat_index, b.status, b.is_valid_json, b.exact_match, b.field_accuracy,
      b.field_errors, b.output_json, b.response_time_ms, b.input_tokens, b.output_tokens, b.cached_tokens,
      b.reasoning_tokens, b.served_model, b.served_provider, b.served_other, b.provider_request_id, b.schema_regime,
      b.request_change, b.actual_cost, b.error_message, b.error_kind, b.score, b.skip_reason
    from public.benchmark_runs b where b.report_id = p_report
  ) x
  -- A run without a row was not changed by later revisions, and has its scores of then in benchmark_runs.
  left join lateral (
    select e.scores from public.benchmark_run_scores e
    where e.report_id = p_report and e.run_id = x.id and e.revision >= p_revision
    order by e.revision limit 1
  ) s on true
$$;
comment on function private.read_earlier_runs(uuid, integer) is
  'Returns the runs of a report with the scores of an earlier revision.';

-- json and not jsonb, because it is only written: for 2,000 runs it takes a fifth of the time.
create function private.read_shared_report(
  p_report uuid, p_with_order boolean, p_with_runs boolean, p_revision integer default null
) returns json
language sql stable security definer set search_path = '' as $$
  select json_build_object(
    'report', json_build_object(
      'id', r.id, 'status', r.status,
      'recommended_model', case when v.is_earlier then v.recommended_model else r.recommended_model end,
      'rationale', case when v.is_earlier then v.rationale else r.rationale end,
      'summary', case when v.is_earlier then v.summary else r.summary end,
      'model_count', r.model_count, 'partial', r.partial, 'partial_reason', r.partial_reason,
      'error', r.error, 'total_api_cost', r.total_api_cost, 'created_at', r.created_at, 'started_at', r.started_at,
      'completed_at', r.completed_at
    ),
    'revision', coalesce(p_revision, r.revision),
    'scorer_version', coalesce(v.scorer_version, r.scorer_version),
    'revisions', coalesce((
      select json_agg(json_build_object('revision', x.revision, 'status', x.status, 'scorer_version', x.scorer_version,
        'created_at', x.created_at, 'completed_at', x.completed_at, 'error', x.error) order by x.revision)
      from public.report_revisions x
      -- Only the owner sees revisions that are being scored or failed.
      where x.report_id = r.id and (p_with_order or x.status = 'complete')
    ), case when r.summary is null then '[]' else json_build_array(json_build_object('revision', r.revision,
      'status', 'complete', 'scorer_version', r.scorer_version, 'created_at', coalesce(r.completed_at, r.created_at),
      'completed_at', r.completed_at, 'error', null)) end),
    'runs', case when p_with_runs and not coalesce(v.is_earlier, false) then (
      select coalesce(json_agg(x), '[]') from (
        select b.model_id, split_part(b.model_id, '#', 1) as base_model_id,
          nullif(split_part(b.model_id, '#', 2), '') as effort,
          b.image_index, b.repeat_index, b.status, b.is_valid_json, b.exact_match, b.field_accuracy,
          b.field_errors, b.output_json, b.response_time_ms, b.input_tokens, b.output_tokens, b.cached_tokens,
          b.reasoning_tokens, b.served_model, b.served_provider, b.served_other, b.provider_request_id, b.schema_regime,
          b.request_change, b.actual_cost, b.error_message, b.error_kind, b.score, b.skip_reason
        from public.benchmark_runs b where b.report_id = r.id
        order by b.model_id, b.image_index, b.repeat_index
      ) x
    ) when p_with_runs then private.read_earlier_runs(r.id, p_revision) end,
    'run_count', (select count(*) from public.benchmark_runs b where b.report_id = r.id),
    'models', (
      select json_agg(json_build_object('id', m ->> 'id', 'model_id', split_part(m ->> 'id', '#', 1),
        'effort', nullif(split_part(m ->> 'id', '#', 2), ''), 'name', m ->> 'name', 'provider', m ->> 'provider',
        'tier', m ->> 'tier') order by ordinal)
      from json_array_elements(o.config_snapshot -> 'models') with ordinality as x (m, ordinal)
    ),
    'priorities', o.config_snapshot -> 'priorities',
    'image_count', json_array_length(o.config_snapshot -> 'images'),
    'payment', case when p_with_order and r.paid_at is not null then json_build_object(
      'paid_amount', o.paid_amount, 'refunded_amount', o.refunded_amount, 'currency', o.currency,
      'disputed_amount', o.disputed_amount, 'dispute_status', o.dispute_status
    ) end,
    'order', case when p_with_order or r.shares_order then json_build_object(
      'prompt', o.config_snapshot -> 'prompt',
      'json_schema', coalesce(v.json_schema, o.config_snapshot -> 'json_schema'),
      'expected', (
        select json_agg(i.image -> 'expected' order by i.place)
        from json_array_elements(o.config_snapshot -> 'images') with ordinality as i (image, place)
      )
    ) end
  )
  from public.reports r join public.report_orders o on o.report_id = r.id
  left join lateral (
    select x.*, x.revision <> r.revision as is_earlier from public.report_revisions x
    where x.report_id = r.id and x.revision = coalesce(p_revision, r.revision) and x.status = 'complete'
  ) v on true
  where r.id = p_report and (p_revision is null or p_revision = r.revision or v.is_earlier)
$$;
comment on function private.read_shared_report(uuid, boolean, boolean, integer) is
  'Returns everything that a viewer of a report sees: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, payment, order}. runs is null if not asked for, order is null unless asked for or shared by the owner; payment is null unless the order is asked for. p_revision defaults to the newest complete revision; the result is null for an unknown one. Definer, because visitors reach report_orders only through it. The caller must have checked the token or the owner.';
grant execute on function private.make_share_token, private.read_earlier_runs, private.read_shared_report
  to service_role;

create function private.open_shared_report(p_token text) returns json
language sql stable security definer set search_path = '' as $$
  select private.read_shared_report(private.find_shared_report(p_token), false, true)
$$;
comment on function private.open_shared_report(text) is
  'Returns the report that a share token opens, or null. Definer, so that visitors need no right to read a report by its id.';

create function public.get_shared_report(p_token text) returns json
language sql stable set search_path = '' as $$
  select private.open_shared_report(p_token)
$$;
comment on function public.get_shared_report(text) is
  'Returns the report that the link with this token opens: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, payment, order}. Null for a wrong, replaced or expired token.';
grant execute on function private.find_shared_report, private.presented_report, private.open_shared_report,
  public.get_shared_report to anon, authenticated, service_role;

create function private.change_sharing(p_report uuid, p_change text, p_expires_at timestamptz, p_shares_order boolean)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_report public.reports;
begin
  select * into v_report from public.reports where id = p_report and paid_at is not null;
  if private.account_role(v_report.owner_id) is null then
    raise exception 'you have no paid report with this id' using errcode = 'PT404';
  end if;
  perform private.require_role(v_report.owner_id, 'admin');
  update public.reports
  set share_token = case p_change
      when 'rotate' then private.make_share_token() when 'revoke' then null else share_token end,
    share_expires_at = case when p_change = 'set' then p_expires_at else share_expires_at end,
    shares_order = case when p_change = 'set' then coalesce(p_shares_order, shares_order) else shares_order end
  where id = p_report
  returning * into v_report;
  perform private.write_audit(v_report.owner_id,
    case p_change when 'set' then 'sharing.changed' else 'sharing.' || p_change || 'd' end, p_report::text,
    jsonb_build_object('expires_at', v_report.share_expires_at, 'shares_order', v_report.shares_order));
  return jsonb_build_object('report_id', v_report.id, 'share_token', v_report.share_token,
    'share_expires_at', v_report.share_expires_at, 'shares_order', v_report.shares_order);
end;
$$;
comment on function private.change_sharing(uuid, text, timestamptz, boolean) is
  'Changes the sharing of a report for an admin of its account. Definer, because customers may not write to reports.';

create function public.rotate_share_token(p_report uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select private.change_sharing(p_report, 'rotate', null, null)
$$;
comment on function public.rotate_share_token(uuid) is 'Admin: gives a report a new link. The old link stops working.';
create function public.revoke_share_token(p_report uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select private.change_sharing(p_report, 'revoke', null, null)
$$;
comment on function public.revoke_share_token(uuid) is 'Admin: revokes the link of a report.';
create function public.set_sharing(p_report uuid, p_expires_at timestamptz, p_shares_order boolean) returns jsonb
language sql volatile set search_path = '' as $$
  select private.change_sharing(p_report, 'set', p_expires_at, p_shares_order)
$$;
comment on function public.set_sharing(uuid, timestamptz, boolean) is
  'Admin: sets when the link expires (null: never) and whether it shows prompt, schema and expected JSON (null: unchanged).';
grant execute on function private.change_sharing, public.rotate_share_token, public.revoke_share_token,
  public.set_sharing to authenticated;
