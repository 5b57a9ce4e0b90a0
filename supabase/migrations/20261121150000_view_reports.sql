-- RPCs that the function `report` reads with, one round trip each. A viewer presents a token, or acts for the account
-- that owns the report: p_viewer is that account.
create function private.image_sources(p_snapshot json) returns text[]
language sql immutable set search_path = '' as $$
  select array_agg(coalesce(i.image #>> '{fitted,source_path}', i.image ->> 'path') order by i.place)
  from json_array_elements(p_snapshot -> 'images') with ordinality as i (image, place)
$$;
comment on function private.image_sources(json) is
  'Returns the paths of the images that a customer uploaded for an order, in their order.';

create function private.find_viewed_report(p_token text, p_report uuid, p_viewer uuid) returns uuid
language sql stable set search_path = '' as $$
  select case when p_token is not null then private.find_shared_report(p_token)
    else (select id from public.reports where id = p_report and owner_id = p_viewer) end
$$;
comment on function private.find_viewed_report(text, uuid, uuid) is
  'Returns the report that a token opens or, without a token, that belongs to the viewer''s account; null if there is none.';

create function public.view_report(
  p_token text, p_report uuid, p_viewer uuid, p_with_runs boolean, p_revision integer default null
) returns json
language sql stable set search_path = '' as $$
  select json_build_object('json_schema', o.config_snapshot -> 'json_schema', 'view', v.view)
  from public.report_orders o
  cross join lateral private.read_shared_report(o.report_id, p_token is null, p_with_runs, p_revision) as v (view)
  where o.report_id = private.find_viewed_report(p_token, p_report, p_viewer) and v.view is not null
$$;
comment on function public.view_report(text, uuid, uuid, boolean, integer) is
  'Returns the ordered schema, which the viewer may not see, and a report in its newest complete revision or the given one: {json_schema, view: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, runs_per_model, strategy, payment, sharing, order}}. runs is null if not asked for. The result is null if the viewer may see nothing. The owner always sees the order and the incomplete revisions, and alone sees the payment and the sharing.';

create function private.read_progress(p_report uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('report_id', r.id, 'status', r.status, 'started_at', r.started_at, 'models', (
    select coalesce(jsonb_agg(jsonb_build_object('model_id', c.model_id, 'name', coalesce(m.name || case split_part(c.model_id, '#', 2)
      when '' then '' when 'none' then ' (no thinking)' else ' (' || split_part(c.model_id, '#', 2) || ')' end, c.model_id),
      'queued', c.queued, 'running', c.running, 'complete', c.complete, 'failed', c.failed, 'skipped', c.skipped,
      'accuracy', (f.accuracy_sum / nullif(f.runs_completed, 0))::double precision,
      'cost_per_run', f.cost_sum / nullif(f.costs_known, 0)
    ) order by c.model_id), '[]')
    from (
      select b.model_id, count(*) filter (where b.status = 'queued') as queued,
        count(*) filter (where b.status = 'running') as running,
        count(*) filter (where b.status = 'complete') as complete,
        count(*) filter (where b.status = 'failed') as failed,
        count(*) filter (where b.status = 'skipped') as skipped
      from public.benchmark_runs b where b.report_id = r.id group by b.model_id
    ) c left join public.models m on m.id = split_part(c.model_id, '#', 1)
    left join public.model_figures f on f.report_id = r.id and f.model_id = c.model_id and not f.served_other
  ), 'waiting_for', (
    select coalesce(jsonb_agg(w.entry order by w.provider), '[]') from (
      select s.provider, jsonb_build_object('provider', s.provider, 'since', min(s.since),
        'next_try_at', nullif(max(s.paused_until), '-infinity')) as entry
      from private.stuck_lanes s where s.group_id = r.id and s.paused_until > now()
      group by s.provider
    ) w
  ), 'paused_since', private.paused_since(r.id))
  from public.reports r where r.id = p_report
$$;
comment on function private.read_progress(uuid) is
  'Returns the progress of a report: {report_id, status, started_at, models: [{model_id, name, queued, running, complete, failed, skipped, accuracy, cost_per_run}], waiting_for: [{provider, since, next_try_at}], paused_since}. waiting_for lists the providers that are down or refuse our account; paused_since is set if nothing else is left to do and all of them refuse it: the report goes on where it stopped once they take it again. accuracy and cost_per_run are means so far.';

create function public.view_report_progress(p_token text, p_report uuid, p_viewer uuid) returns jsonb
language sql stable set search_path = '' as $$
  select private.read_progress(private.find_viewed_report(p_token, p_report, p_viewer))
$$;
comment on function public.view_report_progress(text, uuid, uuid) is
  'Returns the result of read_progress for a report; null if the viewer may see nothing.';

create function public.view_report_images(p_token text, p_report uuid, p_viewer uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('report_id', r.id,
    'paths', jsonb_path_query_array(o.config_snapshot::jsonb, '$.images[*].path'),
    'sources', private.image_sources(o.config_snapshot))
  from public.reports r join public.report_orders o on o.report_id = r.id
  where r.id = private.find_viewed_report(p_token, p_report, p_viewer) and (p_token is null or r.shares_order)
$$;
comment on function public.view_report_images(text, uuid, uuid) is
  'Returns the storage paths of the images: {report_id, paths, sources}, where sources are the customer''s own files, of which paths may have copies; null if the viewer may see nothing or the owner does not share the order.';

grant execute on function private.image_sources, private.find_viewed_report, private.read_progress, public.view_report,
  public.view_report_progress, public.view_report_images to service_role;
