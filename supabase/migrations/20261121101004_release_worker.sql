create function public.release_worker(p_worker uuid, p_chain boolean) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_worker private.worker_leases;
  v_held jsonb;
  v_groups uuid[];
  v_returned jsonb;
begin
  perform private.lock_queue();
  select coalesce(jsonb_agg(jsonb_build_object('job_id', id, 'attempt', attempts, 'outcome', 'release')), '[]')
  into v_held from private.job_queue where lease_owner = p_worker;
  with released as materialized (
    select * from private.settle_jobs(p_worker, v_held)
  )
  select array_agg(s.group_id) filter (where s.is_group_due),
    jsonb_agg(jsonb_build_object('kind', s.kind, 'group_id', s.group_id, 'payload', s.payload))
  into v_groups, v_returned from released s;
  perform private.follow_jobs('returned', v_returned);
  perform private.enforce_ceilings(v_groups);
  perform private.end_groups(v_groups);
  delete from private.worker_leases where id = p_worker returning * into v_worker;
  -- The successor is called by this transaction's commit, or not at all: then the sweep does it.
  if p_chain and v_worker.id is not null and private.has_due_jobs(v_worker.function_name, interval '1 minute') then
    perform private.invoke_function(v_worker.function_name, jsonb_build_object('group_id', v_worker.group_id));
  end if;
end;
$$;
comment on function public.release_worker(uuid, boolean) is
  'A worker ends: what it still holds goes back unstarted, and with p_chain its successor is invoked where work is left.';
grant execute on function public.release_worker to service_role;
