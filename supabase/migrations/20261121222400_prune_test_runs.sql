create function private.prune_suite(p_owner uuid, p_suite text, p_keep integer) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_horizon private.judged_runs;
  v_folded jsonb;
  v_deleted integer;
begin
  perform private.lock_suite(p_owner, p_suite);
  select * into v_horizon from private.judged_runs j
  where j.owner_id = p_owner and j.suite = p_suite
  order by j.run_timestamp desc, j.tie desc
  offset p_keep limit 1;
  if not found then
    return 0;
  end if;
  perform from public.issues i where i.owner_id = p_owner and i.suite = p_suite order by i.id for update;

  -- Keeps what the deleted runs contribute: states, counts and history.
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') into v_folded
  from private.fold_issues(array(
    select i.id from public.issues i join private.issue_states s on s.issue_id = i.id
    where i.owner_id = p_owner and i.suite = p_suite
  ), null, v_horizon.run_timestamp, v_horizon.tie) f;
  update private.issue_states s set baseline = f.state
  from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
  where s.issue_id = f.issue_id and f.state ->> 'first_at' is not null;
  update public.issues i
  set pruned_occurrences = i.pruned_occurrences + g.occurrences, pruned_runs = i.pruned_runs + g.runs
  from (
    select o.issue_id, count(*) as occurrences, count(distinct o.run_id) as runs
    from private.judged_runs j join public.issue_occurrences o on o.run_id = j.run_id
    where j.owner_id = p_owner and j.suite = p_suite
      and (j.run_timestamp, j.tie) <= (v_horizon.run_timestamp, v_horizon.tie)
    group by o.issue_id
  ) g
  where i.id = g.issue_id;
  update public.issue_status_changes c set is_settled = true
  from private.judged_runs j
  where j.owner_id = p_owner and j.suite = p_suite and c.run_id = j.run_id and c.changed_by = 'detector'
    and (j.run_timestamp, j.tie) <= (v_horizon.run_timestamp, v_horizon.tie);
  update private.issue_tests t set is_settled = true
  where t.owner_id = p_owner and t.suite = p_suite and not t.is_settled
    and (t.first_at, t.first_tie) <= (v_horizon.run_timestamp, v_horizon.tie);

  insert into private.tracking_horizons as h (owner_id, suite, run_timestamp, tie, is_pruning)
  values (p_owner, p_suite, v_horizon.run_timestamp, v_horizon.tie, true)
  on conflict (owner_id, suite) do update
  set is_pruning = true,
    run_timestamp = case when (excluded.run_timestamp, excluded.tie) > (h.run_timestamp, h.tie)
      then excluded.run_timestamp else h.run_timestamp end,
    tie = case when (excluded.run_timestamp, excluded.tie) > (h.run_timestamp, h.tie) then excluded.tie else h.tie end;
  delete from public.test_runs r
  where r.owner_id = p_owner and r.suite = p_suite and (
    exists (
      select from private.judged_runs j
      where j.run_id = r.id and (j.run_timestamp, j.tie) <= (v_horizon.run_timestamp, v_horizon.tie)
    )
    -- A run that has not ended within a week is abandoned.
    or (r.status = 'aborted' or r.status = 'running' and r.created_at < now() - interval '7 days')
      and r.run_timestamp < v_horizon.run_timestamp
  );
  get diagnostics v_deleted = row_count;
  update private.tracking_horizons h set is_pruning = false where h.owner_id = p_owner and h.suite = p_suite;
  return v_deleted;
end;
$$;
comment on function private.prune_suite(uuid, text, integer) is
  'Deletes all but the last runs of a suite. The state of its issues becomes the baseline of later replays, so no issue, count, first or last occurrence or status changes. Returns the number of deleted runs.';

create function private.prune_test_runs() returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_keep constant integer := (select s.keep_runs from private.tracking_settings s);
  v_suite record;
  v_deleted integer := 0;
begin
  for v_suite in
    select j.owner_id, j.suite from private.judged_runs j
    group by j.owner_id, j.suite having count(*) > v_keep
    order by 1, 2
  loop
    v_deleted := v_deleted + private.prune_suite(v_suite.owner_id, v_suite.suite, v_keep);
  end loop;
  return v_deleted;
end;
$$;
comment on function private.prune_test_runs() is
  'Deletes all but the last private.tracking_settings.keep_runs runs of each suite. Runs once a day. Returns the number of deleted runs.';
grant execute on function private.prune_suite, private.prune_test_runs to service_role;

select cron.schedule('prune-test-runs', '41 3 * * *', 'select private.prune_test_runs()');
