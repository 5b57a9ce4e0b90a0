create function private.cancel_jobs(p_group uuid, p_reason text, p_dearer_than numeric default null)
returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_count integer;
  v_gone jsonb;
begin
  with gone as (
    delete from private.job_queue q
    where q.group_id = p_group and q.lease_owner is null and q.dead_at is null
      and (p_dearer_than is null or q.reservation_usd > p_dearer_than)
    returning q.kind, q.payload
  ),
  balanced as (
    update private.job_groups g
    set waiting = g.waiting - s.jobs, open_jobs = g.open_jobs - s.jobs,
      stopped_for = case when p_dearer_than is null then coalesce(g.stopped_for, p_reason) else g.stopped_for end
    from (select count(*)::integer as jobs from gone) s
    where g.id = p_group
  )
  select count(*), jsonb_agg(jsonb_build_object(
    'kind', gone.kind, 'group_id', p_group, 'payload', gone.payload, 'reason', p_reason
  ))
  into v_count, v_gone from gone;
  perform private.follow_jobs('skipped', v_gone);
  return v_count;
end;
$$;
comment on function private.cancel_jobs(uuid, text, numeric) is
  'Takes a group''s waiting jobs out of the queue and has follow_jobs mark what they stood for as skipped: all of them, and then for good, so that what comes back later is skipped too; or those whose reservation exceeds p_dearer_than USD.';
grant execute on function private.cancel_jobs to service_role;
