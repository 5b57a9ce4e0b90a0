create function public.advance_jobs(p_worker uuid, p_kinds text[], p_results jsonb, p_want integer) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_settled bigint[];
  v_exhausted bigint[];
  v_jobs jsonb;
begin
  -- One transaction: results and new leases are written together or not at all. A worker that dies before
  -- the commit leaves its leases to expire; after it, nothing is left to lose.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    select array_agg(s.job_id), array_agg(s.job_id) filter (where s.ending = 'exhausted')
    into v_settled, v_exhausted
    from private.settle_jobs(p_worker, p_results) s;
    if v_exhausted is not null then
      perform private.record_dead_jobs(v_exhausted);
    end if;
  end if;
  v_jobs := (
    select coalesce(jsonb_agg(jsonb_build_object(
      'job_id', l.job_id, 'attempt', l.attempt, 'kind', l.kind, 'payload', l.payload, 'tries', l.tries,
      'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries
    )), '[]')
    from private.lease_jobs(p_worker, p_kinds, p_want) l
  );
  return jsonb_build_object(
    'jobs', v_jobs,
    'rejected', private.rejected_results(p_results, v_settled)
  ) || private.describe_queue(p_kinds, jsonb_array_length(v_jobs) < p_want);
end;
$$;
comment on function public.advance_jobs(uuid, text[], jsonb, integer) is
  'The one round trip of a worker whose jobs have no group, such as e-mails: records results (p_results: the fields of settle_jobs) and leases up to p_want jobs of these kinds. {jobs: [{job_id, attempt, kind, payload, tries, max_tries, max_costly_tries}], rejected: ids whose lease was lost, waiting, in_flight, next_run_at_ms}.';
grant execute on function public.advance_jobs to service_role;
