create function private.is_image_needed(p_use private.image_uses, p_retention_days integer) returns boolean
language sql stable set search_path = '' as $$
  select case when p_use.report_id is not null then (
      select p_retention_days is null or r.status in ('paid', 'running')
        or coalesce(r.completed_at, r.created_at) > now() - make_interval(days => p_retention_days)
      from public.reports r where r.id = p_use.report_id)
    when p_use.draft_id is not null then (
      select p_retention_days is null or d.updated_at > now() - make_interval(days => p_retention_days)
      from public.benchmark_drafts d where d.id = p_use.draft_id)
    else false end
$$;
comment on function private.is_image_needed(private.image_uses, integer) is
  'Returns true while a draft or report needs an image: always, or with image_retention_days so long after its last change or its end.';

create function public.list_orphan_images(p_older_than interval, p_limit integer) returns setof text
language sql stable set search_path = '' as $$
  select o.name
  from storage.objects o cross join private.image_settings s
  where o.bucket_id = 'benchmark-images'
    and not exists (
      select from private.image_uses u
      where u.path = o.name and private.is_image_needed(u, s.image_retention_days)
    )
    -- An image is uploaded before its draft is saved.
    and (o.created_at < now() - p_older_than
      or exists (select from private.image_uses u where u.path = o.name)
      or not exists (select from public.accounts a where a.id::text = split_part(o.name, '/', 1)))
  order by o.created_at limit p_limit
$$;
comment on function public.list_orphan_images(interval, integer) is
  'Returns images of the bucket benchmark-images that no draft or report needs, the oldest first. One that none has used yet counts only once it is older than p_older_than, which leaves customers time to save their draft.';

create function private.sweep_images() returns void
language sql volatile security definer set search_path = '' as $$
  delete from private.image_uses u
  where u.draft_id is null and u.report_id is null
    and not exists (select from storage.objects o where o.bucket_id = 'benchmark-images' and o.name = u.path);
  -- Only the Storage API can remove files, and only an edge function can call it.
  select private.invoke_function('checkout/sweep') where exists (select from public.list_orphan_images('1 day', 1));
$$;
comment on function private.sweep_images() is
  'Starts the removal of images that no draft or report needs, and forgets the uses of those that are gone. Definer, because whoever deletes a report has no rights on Storage''s tables.';
grant execute on function private.is_image_needed, public.list_orphan_images, private.sweep_images to service_role;
select cron.schedule('sweep-images', '41 * * * *', 'select private.sweep_images()');

create function private.remove_report(p_report uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_report public.reports;
  v_draft uuid;
begin
  select * into v_report from public.reports where id = p_report;
  if private.account_role(v_report.owner_id) is null then
    raise exception 'you have no report with this id' using errcode = 'PT404', detail = 'resource.not_found';
  end if;
  perform private.require_role(v_report.owner_id, 'owner');
  -- The queue before the row, as every function does that locks both.
  perform private.lock_queue();
  select * into v_report from public.reports where id = p_report for update;
  if v_report.status in ('paid', 'running') then
    raise exception 'the report is running: delete it once it has ended'
      using errcode = 'PT409', detail = 'report.running';
  end if;
  -- A payment that arrived for a deleted report would have to be refunded by hand. Stripe closes its page after a day.
  if v_report.status in ('draft', 'awaiting_payment') and v_report.created_at > now() - interval '25 hours' then
    raise exception 'the report can still be paid: delete it a day after its order, when its payment page has closed'
      using errcode = 'PT409', detail = 'report.payable';
  end if;
  delete from public.reports where id = p_report;
  delete from public.benchmark_drafts d
  where d.id = v_report.draft_id and not exists (select from public.reports r where r.draft_id = d.id)
  returning d.id into v_draft;
  perform private.sweep_images();
  return jsonb_build_object('report_id', p_report, 'draft_id', v_draft);
end;
$$;
comment on function private.remove_report(uuid) is
  'Deletes a report for an owner of its account. Definer, because customers may not write to reports.';
create function public.delete_report(p_report uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select private.remove_report(p_report)
$$;
comment on function public.delete_report(uuid) is
  'Owner: deletes a report that has ended, with its answers, expected values and images, and its draft unless another report was ordered from it. Stripe''s events and the cost ledger stay, without content. Returns {report_id, draft_id}; draft_id is null if the draft stays. Raises PT404, PT403, and PT409 with the detail report.running or report.payable.';
grant execute on function private.remove_report, public.delete_report to authenticated;
