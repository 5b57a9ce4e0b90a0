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

-- Visitors read figures here. What the owner may keep private (expected values, answers, texts made of them) and what
-- names the account is not theirs to select: they get it by get_shared_report() and the function report, which ask
-- whether the order is shared. Rights on columns belong to a role, so a visitor who is signed in sends no user's token.
grant select (id, status, recommended_model, rationale, model_count, partial, partial_reason, error, total_api_cost,
  revision, scorer_version, created_at, started_at, completed_at) on public.reports to anon;
grant select (id, report_id, model_id, image_index, repeat_index, status, is_valid_json, exact_match, field_accuracy,
  response_time_ms, input_tokens, output_tokens, cached_tokens, reasoning_tokens, served_model, served_provider,
  served_other, schema_regime, request_change, actual_cost, skip_reason, created_at, started_at, completed_at)
  on public.benchmark_runs to anon;
create policy "Visitors with its token read a report" on public.reports
  for select to anon using (id = (select private.presented_report()));
create policy "Visitors with its token read a report's runs" on public.benchmark_runs
  for select to anon using (report_id = (select private.presented_report()));

create function private.mask_values(p_errors jsonb) returns jsonb
language sql immutable strict set search_path = '' as $$
  select coalesce(jsonb_agg((
    select jsonb_object_agg(m.key,
      case when m.key in ('expected', 'actual', 'commonExpected', 'commonActual') then 'null' else m.value end)
    from jsonb_each(x.error) m
  ) order by x.place), '[]')
  from jsonb_array_elements(p_errors) with ordinality x (error, place)
$$;
comment on function private.mask_values(jsonb) is
  'Returns a list of mistakes with null for each expected or given value. A value that is absent stays absent, so that missing and extra fields can be told from wrong ones.';

create function private.mask_summary(p_summary jsonb) returns jsonb
language sql immutable strict set search_path = '' as $$
  select p_summary || jsonb_build_object('fieldErrors', coalesce(private.mask_values(p_summary -> 'fieldErrors'), '[]'),
    'errorPatterns', coalesce(private.mask_values(p_summary -> 'errorPatterns'), '[]'))
$$;
comment on function private.mask_summary(jsonb) is 'Returns a report''s summary without expected and given values.';

create function private.read_earlier_runs(p_report uuid, p_revision integer, p_shows_values boolean) returns json
language sql stable set search_path = '' as $$
  select coalesce(json_agg(case when p_shows_values then v.run else v.run || jsonb_build_object('output_json', null,
      'field_errors', private.mask_values(nullif(v.run -> 'field_errors', 'null')), 'error_message', null) end
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
  cross join lateral (select (to_jsonb(x) - 'id') || coalesce(s.scores, '{}') as run) v
$$;
comment on function private.read_earlier_runs(uuid, integer, boolean) is
  'Returns the runs of a report with the scores of an earlier revision; unless p_shows_values, without expected and given values.';

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
      'summary', case when s.shows_values then s.summary else private.mask_summary(s.summary) end,
      'model_count', r.model_count, 'partial', r.partial, 'partial_reason', r.partial_reason,
      'error', r.error, 'total_api_cost', r.total_api_cost, 'created_at', r.created_at, 'started_at', r.started_at,
      'completed_at', r.completed_at,
      'paused_since', case when r.status in ('paid', 'running') then private.paused_since(r.id) end
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
          case when s.shows_values then b.field_errors else private.mask_values(b.field_errors) end as field_errors,
          case when s.shows_values then b.output_json end as output_json,
          b.response_time_ms, b.input_tokens, b.output_tokens, b.cached_tokens,
          b.reasoning_tokens, b.served_model, b.served_provider, b.served_other, b.provider_request_id, b.schema_regime,
          b.request_change, b.actual_cost,
          case when s.shows_values then b.error_message end as error_message,
          b.error_kind, b.score, b.skip_reason
        from public.benchmark_runs b where b.report_id = r.id
        order by b.model_id, b.image_index, b.repeat_index
      ) x
    ) when p_with_runs then private.read_earlier_runs(r.id, p_revision, s.shows_values) end,
    'run_count', (select count(*) from public.benchmark_runs b where b.report_id = r.id),
    'models', (
      select json_agg(json_build_object('id', m ->> 'id', 'model_id', split_part(m ->> 'id', '#', 1),
        'effort', nullif(split_part(m ->> 'id', '#', 2), ''), 'name', m ->> 'name', 'provider', m ->> 'provider',
        'tier', m ->> 'tier') order by ordinal)
      from json_array_elements(o.config_snapshot -> 'models') with ordinality as x (m, ordinal)
    ),
    'priorities', o.config_snapshot -> 'priorities',
    'image_count', json_array_length(o.config_snapshot -> 'images'),
    'runs_per_model', o.config_snapshot -> 'runs_per_model',
    'strategy', coalesce(o.config_snapshot ->> 'strategy', 'full'),
    'payment', case when p_with_order and r.paid_at is not null then json_build_object(
      'paid_amount', o.paid_amount, 'refunded_amount', o.refunded_amount, 'currency', o.currency,
      'disputed_amount', o.disputed_amount, 'dispute_status', o.dispute_status
    ) end,
    'sharing', case when p_with_order then json_build_object('share_token', r.share_token,
      'share_expires_at', r.share_expires_at, 'shares_order', r.shares_order) end,
    'order', case when s.shows_values then json_build_object(
      'prompt', o.config_snapshot -> 'prompt',
      'json_schema', coalesce(v.json_schema, o.config_snapshot -> 'json_schema'),
      'expected', (
        select json_agg(i.image -> 'expected' order by i.place)
        from json_array_elements(o.config_snapshot -> 'images') with ordinality as i (image, place)
      ),
      'image_names', (
        select json_agg(coalesce(i.image ->> 'name', regexp_replace(
          coalesce(i.image #>> '{fitted,source_path}', i.image ->> 'path'), '^.*/', '')) order by i.place)
        from json_array_elements(o.config_snapshot -> 'images') with ordinality as i (image, place)
      )
    ) end
  )
  from public.reports r join public.report_orders o on o.report_id = r.id
  left join lateral (
    select x.*, x.revision <> r.revision as is_earlier from public.report_revisions x
    where x.report_id = r.id and x.revision = coalesce(p_revision, r.revision) and x.status = 'complete'
  ) v on true
  cross join lateral (
    select p_with_order or r.shares_order as shows_values,
      case when v.is_earlier then v.summary else r.summary end as summary
  ) s
  where r.id = p_report and (p_revision is null or p_revision = r.revision or v.is_earlier)
$$;
comment on function private.read_shared_report(uuid, boolean, boolean, integer) is
  'Returns everything that a viewer of a report sees: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, runs_per_model, strategy, payment, sharing, order}. runs is null if not asked for. Unless the order is asked for or shared by the owner, order is null, and so is every expected or given value in summary and runs; payment and sharing are null unless the order is asked for. p_revision defaults to the newest complete revision; the result is null for an unknown one. Definer, because visitors reach report_orders only through it. The caller must have checked the token or the owner.';
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
  'Returns the report that the link with this token opens: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, runs_per_model, strategy, payment, sharing, order}. Null for a wrong, replaced or expired token.';
grant execute on function private.find_shared_report, private.presented_report, private.open_shared_report,
  public.get_shared_report to anon, authenticated, service_role;
grant execute on function private.mask_values, private.mask_summary to service_role;

create function public.find_checkout(p_session text) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('report_id', r.id, 'status', r.status, 'share_token',
    case when r.share_expires_at is null or r.share_expires_at > now() then r.share_token end)
  from public.report_orders o join public.reports r on r.id = o.report_id
  where o.stripe_session_id = p_session and coalesce(r.paid_at, r.created_at) > now() - interval '1 day'
$$;
comment on function public.find_checkout(text) is
  'Returns {report_id, status, share_token} of the order that a Stripe session pays for, so that the payer lands on the live report. Only the payer knows the session''s id, and for a day only: later the link is in the e-mail. Null: there is none.';
grant execute on function public.find_checkout to service_role;

create function private.apply_sharing(p_report uuid, p_change text, p_expires_at timestamptz, p_shares_order boolean)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_report public.reports;
begin
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
comment on function private.apply_sharing(uuid, text, timestamptz, boolean) is
  'Changes the sharing of a paid report. The caller must have checked the right to it. Definer, because customers may not write to reports.';

create function private.require_paid_report(p_report uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_owner constant uuid := (select r.owner_id from public.reports r where r.id = p_report and r.paid_at is not null);
begin
  if private.account_role(v_owner) is null then
    raise exception 'you have no paid report with this id' using errcode = 'PT404';
  end if;
  perform private.require_role(v_owner, 'admin');
end;
$$;
comment on function private.require_paid_report(uuid) is
  'Raises PT404 unless the caller''s account has this paid report, and PT403 unless the caller is an admin of it. Definer, because the caller may not see the report.';

create function private.change_sharing(p_report uuid, p_change text, p_expires_at timestamptz, p_shares_order boolean)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.require_paid_report(p_report);
  return private.apply_sharing(p_report, p_change, p_expires_at, p_shares_order);
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
grant execute on function private.apply_sharing to service_role;
grant execute on function private.change_sharing, public.rotate_share_token, public.revoke_share_token,
  public.set_sharing to authenticated;

-- The owner's link is a second secret: who holds it may do with this report what an admin of its account may. It is
-- sent to the customer alone. Its token is computed from a key in the vault, and only its hash is stored: neither a row
-- nor a dump of the tables tells it.
create table private.owner_links (
  report_id uuid primary key references public.reports (id) on delete cascade,
  version integer not null check (version > 0),
  token_hash bytea not null unique
);
comment on table private.owner_links is 'The owner''s link of each paid report.';
comment on column private.owner_links.version is 'Number of this link, from 1. A new one replaces the earlier ones.';
comment on column private.owner_links.token_hash is 'SHA-256 of the token''s bytes, by which a presented token is looked up.';
alter table private.owner_links enable row level security;
grant select, insert, update, delete on private.owner_links to service_role;
create policy "Workers do everything" on private.owner_links for all to service_role using (true) with check (true);

create function private.derive_owner_token(p_report uuid, p_version integer) returns text
language sql stable security definer set search_path = '' as $$
  -- The key twice, as in HMAC.
  select encode(sha256(k.key || sha256(k.key || convert_to(p_report || ':' || p_version, 'utf8'))), 'hex')
  from (
    select decode(s.decrypted_secret, 'hex') as key from vault.decrypted_secrets s where s.name = 'owner_link_key'
  ) k
$$;
comment on function private.derive_owner_token(uuid, integer) is
  'Returns the token of a version of a report''s owner''s link; null if the vault lacks the key. Definer, because only its owner may read the vault.';

create function private.owner_token(p_report uuid) returns text
language sql stable security definer set search_path = '' as $$
  select d.token from private.owner_links l
  cross join lateral private.derive_owner_token(l.report_id, l.version) d (token)
  where l.report_id = p_report and l.token_hash = sha256(decode(d.token, 'hex'))
$$;
comment on function private.owner_token(uuid) is
  'Returns the token of a report''s owner''s link; null if it has none. Definer, for the same reason as derive_owner_token.';

create function private.make_owner_link(p_report uuid) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_version integer := 1 + coalesce((select l.version from private.owner_links l where l.report_id = p_report), 0);
  v_token text;
begin
  -- A database that was restored from a dump lacks the key: dumps leave the vault out.
  if not exists (select from vault.secrets s where s.name = 'owner_link_key') then
    perform private.keep_vault_secret('owner_link_key', private.make_share_token(),
      'Makes the owners'' links of reports.');
  end if;
  v_token := private.derive_owner_token(p_report, v_version);
  insert into private.owner_links (report_id, version, token_hash)
  values (p_report, v_version, sha256(decode(v_token, 'hex')))
  on conflict (report_id) do update set version = excluded.version, token_hash = excluded.token_hash;
  return v_token;
end;
$$;
comment on function private.make_owner_link(uuid) is
  'Gives a report an owner''s link, in place of an earlier one, and returns its token. Definer, because only its owner may use the vault.';

create function private.link_paid_report() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform private.make_owner_link(new.id);
  return null;
end;
$$;
comment on function private.link_paid_report() is 'Gives a report its owner''s link in the transaction that records the payment.';
create trigger reports_link_owner after update of paid_at on public.reports
  for each row when (old.paid_at is null and new.paid_at is not null) execute function private.link_paid_report();

create function private.find_owned_report(p_token text) returns uuid
language sql stable strict set search_path = '' as $$
  select l.report_id from private.owner_links l
  where l.token_hash = case when p_token ~ '^[0-9a-f]{64}$' then sha256(decode(p_token, 'hex')) end
$$;
comment on function private.find_owned_report(text) is 'Returns the report that an owner''s token opens, or null.';

create function public.open_owner_link(p_token text) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('report_id', r.id, 'owner_id', r.owner_id)
  from public.reports r where r.id = private.find_owned_report(p_token)
$$;
comment on function public.open_owner_link(text) is
  'Returns the report that an owner''s token opens and its account: {report_id, owner_id}. Null for a wrong or replaced token.';

create function public.change_sharing_by_link(
  p_token text, p_change text, p_expires_at timestamptz, p_shares_order boolean
) returns jsonb
language sql volatile set search_path = '' as $$
  select private.apply_sharing(r.id, p_change, p_expires_at, p_shares_order)
  from public.reports r where r.id = private.find_owned_report(p_token)
$$;
comment on function public.change_sharing_by_link(text, text, timestamptz, boolean) is
  'Does what rotate_share_token (p_change: rotate), revoke_share_token (revoke) and set_sharing (set) do, for the holder of an owner''s token. Null for a wrong or replaced token.';
grant execute on function private.derive_owner_token, private.owner_token, private.make_owner_link,
  private.link_paid_report, private.find_owned_report, public.open_owner_link, public.change_sharing_by_link
  to service_role;

create function private.replace_owner_link(p_report uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.require_paid_report(p_report);
  perform private.write_audit((select r.owner_id from public.reports r where r.id = p_report), 'owner_link.rotated',
    p_report::text);
  return jsonb_build_object('report_id', p_report, 'owner_token', private.make_owner_link(p_report));
end;
$$;
comment on function private.replace_owner_link(uuid) is
  'Implements rotate_owner_link. Definer, because customers may not write links.';
create function public.rotate_owner_link(p_report uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select private.replace_owner_link(p_report)
$$;
comment on function public.rotate_owner_link(uuid) is
  'Admin: gives a report a new owner''s link, {report_id, owner_token}. The one in earlier e-mails stops working.';
grant execute on function private.replace_owner_link, public.rotate_owner_link to authenticated;
