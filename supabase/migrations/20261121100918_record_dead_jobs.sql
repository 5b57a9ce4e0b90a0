create function private.record_dead_jobs(p_jobs bigint[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform private.follow_jobs('dead', (
    select jsonb_agg(jsonb_build_object('kind', q.kind, 'group_id', q.group_id, 'payload', q.payload, 'reason', q.last_error))
    from private.job_queue q
    where q.id = any (p_jobs) and q.dead_at is not null
  ));
end;
$$;
comment on function private.record_dead_jobs(bigint[]) is
  'Has the kinds of jobs that were given up write down what follows from it. The caller holds lock_queue().';
grant execute on function private.record_dead_jobs to service_role;
