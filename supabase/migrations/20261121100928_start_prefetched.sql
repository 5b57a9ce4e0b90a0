create function private.start_prefetched(p_worker uuid, p_results jsonb)
returns table (job_id bigint, kind text, payload jsonb)
language plpgsql volatile set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  return query
    update private.job_queue q set is_prefetched = false
    from jsonb_array_elements(p_results) as r (value)
    where q.id = (r.value #>> '{next_job,job_id}')::bigint and q.lease_owner = p_worker and q.is_prefetched
      and q.attempts = (r.value #>> '{next_job,attempt}')::integer
    returning q.id, q.kind, q.payload;
end;
$$;
comment on function private.start_prefetched(uuid, jsonb) is
  'Counts from now on the prefetched jobs that p_results name as next_job {job_id, attempt}: they run since the job whose result it is has ended. Returns those that the worker still held. The caller holds lock_queue() and settles p_results in the same transaction.';
grant execute on function private.start_prefetched to service_role;
