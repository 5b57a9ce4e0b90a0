create function private.end_groups(p_groups uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if not exists (select from private.job_groups g where g.id = any (p_groups) and g.open_jobs = 0) then
    return;
  end if;
  perform private.follow_jobs('ended', (
    select jsonb_agg(jsonb_build_object('kind', g.kind, 'group_id', g.id))
    from private.job_groups g where g.id = any (p_groups) and g.open_jobs = 0
  ));
end;
$$;
comment on function private.end_groups(uuid[]) is
  'Has the kinds of those of these groups that have no open job left end them. The caller holds lock_queue(), so exactly one transaction sees the last job end.';
grant execute on function private.end_groups to service_role;
