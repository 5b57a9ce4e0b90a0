create function private.follow_owner_status() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_head jsonb;
  v_at timestamptz;
begin
  select s.head into v_head from private.issue_states s where s.issue_id = new.id;
  if v_head ->> 'status' = new.status then
    return new;
  end if;
  -- Later than every processed run, even if a clock is ahead: the owner decides on what is known now.
  v_at := greatest(clock_timestamp(), (
    select max(j.run_timestamp) from private.judged_runs j where j.owner_id = new.owner_id and j.suite = new.suite
  ));
  if v_head is null then
    new.resolved_at := case when new.status = 'RESOLVED' then v_at end;
    new.resolved_run_id := null;
    new.trend := case when new.status = 'RESOLVED' then 'resolved'
      when old.status = 'RESOLVED' and new.status <> 'WONT_FIX' then 'recurring' else new.trend end;
  else
    v_head := private.step_issue(v_head, 'owner', v_at, '~', null, null, new.status, 1);
    update private.issue_states s set head = v_head where s.issue_id = new.id;
    new.trend := v_head ->> 'trend';
    new.resolved_at := (v_head ->> 'resolved_at')::timestamptz;
    new.resolved_run_id := null;
  end if;
  insert into public.issue_status_changes (issue_id, owner_id, old_status, new_status, trend, effective_at, changed_by)
  values (new.id, new.owner_id, old.status, new.status, new.trend, v_at, 'owner');
  return new;
end;
$$;
comment on function private.follow_owner_status() is
  'Writes a status that the owner sets to the history, which every replay reads, and to the state. Definer, because owners may change a status but not the history.';
create trigger issues_follow_owner before update of status on public.issues
  for each row when (old.status is distinct from new.status) execute function private.follow_owner_status();

create function private.record_written_issue() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.issue_status_changes (issue_id, owner_id, new_status, trend, effective_at, changed_by)
  values (new.id, new.owner_id, new.status, new.trend, coalesce(new.first_detected_at, new.created_at), 'owner');
  return null;
end;
$$;
comment on function private.record_written_issue() is
  'Begins the history of an issue that a person created. Definer, because no role may write the history.';
create trigger issues_record_written after insert on public.issues
  for each row when (new.detection_key is null) execute function private.record_written_issue();

create function private.forget_test_runs() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_suite record;
  v_issues bigint[];
begin
  for v_suite in
    select distinct o.owner_id, o.suite from old_rows o
    -- Not if retention deletes runs, nor if the account and its issues are deleted.
    where exists (select from public.accounts a where a.id = o.owner_id)
      and not exists (
        select from private.tracking_horizons h
        where h.owner_id = o.owner_id and h.suite = o.suite and h.is_pruning
      )
    order by 1, 2
  loop
    perform private.lock_suite(v_suite.owner_id, v_suite.suite);
    -- The first run of each test with an issue follows from the remaining runs.
    delete from private.issue_tests t
    where t.owner_id = v_suite.owner_id and t.suite = v_suite.suite and not t.is_settled;
    insert into private.issue_tests (issue_id, branch_name, test_key, owner_id, suite, tool_name, first_at, first_tie)
    select distinct on (o.issue_id, j.branch_name, coalesce(x.test_key, '00000000-0000-0000-0000-000000000000'))
      o.issue_id, j.branch_name, coalesce(x.test_key, '00000000-0000-0000-0000-000000000000'), o.owner_id, j.suite,
      coalesce(x.tool_name, ''), j.run_timestamp, j.tie
    from private.judged_runs j
    join public.issue_occurrences o on o.run_id = j.run_id
    left join public.test_results x on x.id = o.test_result_id
    where j.owner_id = v_suite.owner_id and j.suite = v_suite.suite
    order by o.issue_id, j.branch_name, coalesce(x.test_key, '00000000-0000-0000-0000-000000000000'),
      j.run_timestamp, j.tie
    on conflict (issue_id, branch_name, test_key) do nothing;

    delete from public.issues i
    where i.owner_id = v_suite.owner_id and i.suite = v_suite.suite and i.detection_key is not null
      and i.pruned_occurrences = 0
      and not exists (select from public.issue_occurrences o where o.issue_id = i.id)
      and not exists (
        select from public.issue_status_changes c where c.issue_id = i.id and c.changed_by = 'owner'
      );
    v_issues := array(
      select i.id from public.issues i join private.issue_states s on s.issue_id = i.id
      where i.owner_id = v_suite.owner_id and i.suite = v_suite.suite
    );
    perform private.settle_issues(v_issues, null);
  end loop;
  return null;
end;
$$;
comment on function private.forget_test_runs() is
  'Recomputes the issues of a suite from the remaining runs after its owner has deleted some. Deletes issues that only deleted runs had and that the owner never changed. Definer, because owners may delete runs but not what is derived from them.';
create trigger test_runs_forget after delete on public.test_runs
  referencing old table as old_rows for each statement execute function private.forget_test_runs();

grant execute on function private.follow_owner_status, private.record_written_issue, private.forget_test_runs
  to service_role;
