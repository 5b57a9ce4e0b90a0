create function private.sweep_queue() returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_function text;
begin
  perform private.lock_queue();
  perform private.reap_leases();
  perform private.give_up_stuck_jobs();
  perform private.forget_workers();
  for v_function in
    select distinct k.function_name from private.job_kinds k
    where private.has_due_jobs(k.function_name, interval '0')
  loop
    -- One chain for each report that waits and has none, as far as chains are left; one for the rest.
    perform private.invoke_function(v_function, jsonb_build_object('group_id', missing.id))
    from (
      select g.id from private.job_groups g
      where g.waiting > 0
        and exists (
          select from private.job_lanes l join private.job_kinds k on k.kind = l.kind
          where l.group_id = g.id and k.function_name = v_function
        )
        and private.is_callable(g.id)
        and not exists (
          select from private.living_workers w where w.function_name = v_function and w.group_id = g.id
        )
      order by g.priority, g.served_at
      limit greatest(0, (select s.max_workers from private.queue_settings s)
        - (select count(*) from private.living_workers w where w.function_name = v_function))
    ) missing;
    if not found and not exists (select from private.living_workers w where w.function_name = v_function) then
      perform private.invoke_function(v_function, jsonb_build_object('group_id', null));
    end if;
  end loop;
end;
$$;
comment on function private.sweep_queue() is
  'Runs four times a minute: frees the jobs of dead workers, ends what has waited too long for a provider, and starts chains for work that nobody does, so that a lost pg_net request or a killed isolate costs a minute and nothing else.';
grant execute on function private.sweep_queue to service_role;

-- A lease of 45 seconds and a sweep of 15: a killed isolate costs no more than the minute.
select cron.schedule('sweep-queue', '15 seconds', 'select private.sweep_queue()');
-- pg_cron keeps a row for each run and forgets none.
select cron.schedule('purge-cron-history', '17 3 * * *',
  $$delete from cron.job_run_details where end_time < now() - interval '1 day'$$);
