create function private.join_attempts(p_run bigint) returns void
language sql volatile set search_path = '' as $$
  with repeated as (
    select x.test_key, x.file_path, x.line_number
    from public.test_results x
    where x.run_id = p_run and x.is_counted and x.tool_name <> '(no name)'
    group by x.test_key, x.file_path, x.line_number
    having count(distinct case x.status when 'ERROR' then 'FAIL' else x.status end) > 1
  ), attempts as (
    select x.id, x.status, row_number() over (test order by x.ordinal) as attempt,
      row_number() over (test order by x.status = 'SKIP', x.ordinal desc) = 1 as is_last,
      bool_or(x.status <> 'PASS') over test as has_failed
    from public.test_results x
    join repeated r on r.test_key = x.test_key and r.file_path is not distinct from x.file_path
      and r.line_number is not distinct from x.line_number
    where x.run_id = p_run and x.is_counted
    window test as (partition by x.test_key, x.file_path, x.line_number)
  )
  update public.test_results x
  set attempt = a.attempt, is_counted = a.is_last,
    execution_status = case when a.is_last and a.status = 'PASS' and a.has_failed then 'flaky'
      else x.execution_status end
  from attempts a
  where x.id = a.id
$$;
comment on function private.join_attempts(bigint) is
  'Makes one test with attempts of the results of one name and place that passed and failed in a run, or were skipped in between as TestNG writes attempts. The last one that was not skipped is counted.';
grant execute on function private.join_attempts to service_role;

create function private.conclude_test_run(p_run bigint, p_status text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- Names are unique in JUnit's reports only, but for the rows of a data-driven test that passed or failed alike.
  if (select r.source_format from public.test_runs r where r.id = p_run) = 'junit' then
    perform private.join_attempts(p_run);
  end if;
  update public.test_runs r set status = p_status, completed_at = now() where r.id = p_run;
  perform private.keep_observations(p_run);
  perform private.detect_issues(p_run);
  perform private.enqueue_watcher(p_run);
end;
$$;
comment on function private.conclude_test_run(bigint, text) is
  'Ends a run, detects its issues and enqueues its reviews in one transaction.';

create function public.finish_test_run(p_owner uuid, p_run bigint, p_status text default 'complete') returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.test_runs;
begin
  if p_status is null or p_status not in ('complete', 'aborted') then
    raise exception 'a test run ends as complete or aborted, not %', p_status using errcode = 'invalid_parameter_value';
  end if;
  v_run := private.own_test_run(p_owner, p_run);
  if v_run.status = 'running' then
    perform private.conclude_test_run(p_run, p_status);
  elsif v_run.status <> p_status then
    raise exception 'test run % is % already', p_run, v_run.status using errcode = 'object_not_in_prerequisite_state';
  end if;
  return private.describe_test_run(p_run);
end;
$$;
comment on function public.finish_test_run(uuid, bigint, text) is
  'Ends a run. Ending it again with the same status changes nothing. Raises no_data_found; object_not_in_prerequisite_state if it has ended with the other status.';

-- A report is stored by begin_test_run, add_report_results for each part, and close_test_report, all in one
-- transaction: the run, its results and what follows from them, or nothing of it.
create function public.add_report_results(p_owner uuid, p_run bigint, p_passed jsonb, p_others jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform set_config('tracking.total_at_end', 'on', true);
  perform private.insert_passed_results(p_owner, p_run, p_passed);
  if p_others <> '[]' then
    perform private.insert_test_results(p_owner, p_run, p_others);
  end if;
end;
$$;
comment on function public.add_report_results(uuid, bigint, jsonb, jsonb) is
  'Adds a part of a report: passed tests as an object of columns, the others as an array of objects. Called only in the transaction of begin_test_run.';

create function public.close_test_report(p_owner uuid, p_run bigint, p_fields jsonb, p_amendments jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  perform private.own_test_run(p_owner, p_run);
  update public.test_runs r
  set suite = coalesce(p_fields ->> 'suite', r.suite),
    run_timestamp = coalesce((p_fields ->> 'run_timestamp')::timestamptz, r.run_timestamp),
    branch_name = coalesce(p_fields ->> 'branch_name', r.branch_name),
    commit_hash = coalesce(p_fields ->> 'commit_hash', r.commit_hash),
    watcher_model = coalesce(p_fields ->> 'watcher_model', r.watcher_model),
    notes = coalesce(p_fields ->> 'notes', r.notes),
    warnings = coalesce(p_fields -> 'warnings', r.warnings),
    extra = coalesce(nullif(p_fields -> 'extra', 'null'), r.extra)
  where r.id = p_run;
  perform set_config('tracking.total_at_end', '', true);
  perform private.total_test_runs(array[p_run]);
  if p_amendments <> '[]' then
    update public.test_results x
    set execution_status = a.execution_status, is_counted = a.is_counted
    from jsonb_to_recordset(p_amendments) as a (
      ordinal integer, tool_name text, class_name text, execution_status text, is_counted boolean
    )
    where x.run_id = p_run and x.ordinal = a.ordinal and x.tool_name = a.tool_name and x.class_name = a.class_name;
  end if;
  perform private.conclude_test_run(p_run, 'complete');
  return private.describe_test_run(p_run);
end;
$$;
comment on function public.close_test_report(uuid, bigint, jsonb, jsonb) is
  'Ends a report with what is known only at its end: fields of the run, and [{ordinal, tool_name, class_name, execution_status, is_counted}] of results whose counting a later test decided. Called only in the transaction of begin_test_run.';

grant execute on function private.conclude_test_run, public.finish_test_run, public.add_report_results,
  public.close_test_report to service_role;
