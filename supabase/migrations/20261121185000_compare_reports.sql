-- Two reports are compared on the images that both have read. An image is known by the customer's file, also where a
-- copy of it was read.
create function public.list_related_reports(p_report uuid, p_owner uuid) returns jsonb
language sql stable set search_path = '' as $$
  with ordered as (
    select private.image_sources(o.config_snapshot) as images from public.report_orders o
    where o.report_id = p_report and o.owner_id = p_owner
  )
  select coalesce(jsonb_agg(to_jsonb(x) order by x.created_at desc), '[]') from (
    select r.id as report_id, r.created_at, r.completed_at, r.recommended_model, c.images
    from ordered w
    cross join lateral (
      select p.* from public.reports p
      where p.owner_id = p_owner and p.id <> p_report and p.status = 'complete'
      order by p.created_at desc limit 50
    ) r
    join public.report_orders o on o.report_id = r.id
    cross join lateral (
      select count(*)::integer as images from unnest(private.image_sources(o.config_snapshot)) s (path)
      where s.path = any (w.images)
    ) c
    where c.images > 0
  ) x
$$;
comment on function public.list_related_reports(uuid, uuid) is
  'Returns the complete reports of an account that have images in common with one of it, of its latest 50, the newest first: [{report_id, created_at, completed_at, recommended_model, images}], where images is the number in common.';

create function public.draft_again(p_report uuid, p_owner uuid) returns jsonb
language sql volatile set search_path = '' as $$
  with ordered as (
    select o.config_snapshot as config, d.name from public.report_orders o
    join public.reports r on r.id = o.report_id left join public.benchmark_drafts d on d.id = r.draft_id
    where o.report_id = p_report and o.owner_id = p_owner
  ), asked as (
    select m.place, m.model ->> 'id' as id, case when c.orderable then m.model ->> 'id'
      else private.find_successor(split_part(m.model ->> 'id', '#', 1)) end as now_id
    from ordered w cross join lateral json_array_elements(w.config -> 'models') with ordinality as m (model, place)
    left join public.models c on c.id = split_part(m.model ->> 'id', '#', 1)
  ), chosen as (
    select array_agg(x.now_id order by x.place) as ids
    from (select a.now_id, min(a.place) as place from asked a where a.now_id is not null group by a.now_id) x
  ), made as (
    insert into public.benchmark_drafts as b
      (id, owner_id, name, upload_data, prompt, json_schema, model_ids, priorities, runs_per_model, strategy,
       minimum_accuracy, data_collection, zdr)
    -- The same models make the same draft, so that asking twice leaves one.
    select md5('again:' || p_report || ':' || array_to_string(c.ids, ','))::uuid, p_owner,
      left(coalesce(nullif(w.name, ''), 'Benchmark') || ', again', 200),
      jsonb_build_object('images', (
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', i.image -> 'name',
          'path', coalesce(i.image #>> '{fitted,source_path}', i.image ->> 'path')))
          || jsonb_build_object('expected', i.image -> 'expected') order by i.place)
        from json_array_elements(w.config -> 'images') with ordinality as i (image, place)
      )),
      w.config ->> 'prompt', w.config -> 'json_schema', coalesce(c.ids, '{}'),
      array(select json_array_elements_text(w.config -> 'priorities')), (w.config ->> 'runs_per_model')::integer,
      coalesce(w.config ->> 'strategy', 'full'), coalesce((w.config ->> 'minimum_accuracy')::double precision, 50),
      coalesce(w.config #>> '{data_policy,data_collection}', 'allow'),
      coalesce((w.config #>> '{data_policy,zdr}')::boolean, false)
    from ordered w cross join chosen c
    on conflict (id) do update set id = b.id
    returning b.id
  )
  select jsonb_build_object('draft_id', m.id, 'model_ids', c.ids, 'replaced', (
    select coalesce(jsonb_agg(jsonb_build_object('model_id', a.id, 'by', a.now_id) order by a.place), '[]')
    from asked a where a.now_id is distinct from a.id
  ))
  from made m cross join chosen c
$$;
comment on function public.draft_again(uuid, uuid) is
  'Makes a draft of what a report of an account ordered, with models that can be ordered today: the same, and in place of one that cannot the one to order instead. Returns {draft_id, model_ids, replaced: [{model_id, by}]}; null if the account has no such report.';
grant execute on function public.list_related_reports, public.draft_again to service_role;
