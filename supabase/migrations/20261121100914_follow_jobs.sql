create function private.follow_jobs(p_event text, p_jobs jsonb) returns void
language plpgsql volatile strict set search_path = '' as $$
declare
  v_follow_up text;
  v_jobs jsonb;
begin
  for v_follow_up, v_jobs in
    select k.follow_up, jsonb_agg(j.value)
    from jsonb_array_elements(p_jobs) as j (value) join private.job_kinds k on k.kind = j.value ->> 'kind'
    where k.follow_up is not null
    group by k.follow_up
  loop
    execute format('select private.%I($1, $2)', v_follow_up) using p_event, v_jobs;
  end loop;
end;
$$;
comment on function private.follow_jobs(text, jsonb) is
  'Has each kind''s follow_up write down what became of its jobs, [{kind, group_id, payload, reason, error_kind}], outside its own advance function: returned, skipped, dead, or ended for groups. error_kind: no_access or outage, if they waited too long for a provider. Null: there are none. The caller holds lock_queue().';
grant execute on function private.follow_jobs to service_role;
