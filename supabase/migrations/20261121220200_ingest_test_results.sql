create function private.total_test_runs(p_runs bigint[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- Locks first and counts in a second statement, whose snapshot includes what the writer before has
  -- committed. So the later one of two concurrent batches counts both.
  perform from public.test_runs r where r.id = any (p_runs) order by r.id for update;
  update public.test_runs r
  set total_tests = t.total, tests_passed = t.passed, tests_failed = t.failed, tests_skipped = t.skipped,
    pass_rate = round(100.0 * t.passed / nullif(t.passed + t.failed, 0), 2),
    avg_watcher_quality = t.quality, total_duration_secs = t.duration, total_cost_usd = t.cost
  from (
    select r.id,
      (count(x.id) filter (where x.is_counted))::integer as total,
      (count(*) filter (where x.is_counted and x.status = 'PASS'))::integer as passed,
      (count(*) filter (where x.is_counted and x.status in ('FAIL', 'ERROR')))::integer as failed,
      (count(*) filter (where x.is_counted and x.status = 'SKIP'))::integer as skipped,
      round(avg(x.watcher_quality), 2) as quality,
      coalesce(sum(x.duration_secs), 0) as duration, coalesce(sum(x.cost_usd), 0) as cost
    from public.test_runs r left join public.test_results x on x.run_id = r.id
    where r.id = any (p_runs)
    group by r.id
  ) t
  where r.id = t.id;
end;
$$;
comment on function private.total_test_runs(bigint[]) is 'Recomputes the totals of runs from their results.';

create function private.total_changed_test_runs() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    -- Set by add_report_results: counting after each of many parts takes longer than inserting them.
    if coalesce(current_setting('tracking.total_at_end', true), '') = 'on' then
      return null;
    end if;
    perform private.total_test_runs(array(select distinct n.run_id from new_rows n));
  elsif tg_op = 'DELETE' then
    perform private.total_test_runs(array(select distinct o.run_id from old_rows o));
  else
    perform private.total_test_runs(array(
      select n.run_id from new_rows n union select o.run_id from old_rows o
    ));
  end if;
  return null;
end;
$$;
comment on function private.total_changed_test_runs() is
  'Updates the totals of test_runs once per statement. Definer, because no role may write totals, but owners delete results with their runs.';
create trigger test_results_total_inserted after insert on public.test_results
  referencing new table as new_rows for each statement execute function private.total_changed_test_runs();
create trigger test_results_total_updated after update on public.test_results
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.total_changed_test_runs();
create trigger test_results_total_deleted after delete on public.test_results
  referencing old table as old_rows for each statement execute function private.total_changed_test_runs();

create function private.insert_test_results(p_owner uuid, p_run bigint, p_results jsonb) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_added integer;
begin
  insert into public.test_results (
    run_id, owner_id, ordinal, tool_name, variation, provider, model, class_name, status, execution_status,
    attempt, is_counted, duration_secs, memory_mb, cpu_percent, tokens_total, cost_usd, watcher_quality,
    watcher_observations, error_message, error_class, failure_fingerprint, fingerprint_version, file_path,
    line_number, extra
  )
  select p_run, p_owner, x.ordinal, x.tool_name, coalesce(x.variation, ''), coalesce(x.provider, ''),
    coalesce(x.model, ''), coalesce(x.class_name, ''), x.status, x.execution_status, coalesce(x.attempt, 1),
    coalesce(x.is_counted, true), x.duration_secs, x.memory_mb, x.cpu_percent, x.tokens_total, x.cost_usd,
    x.watcher_quality, nullif(x.watcher_observations, 'null'), x.error_message, x.error_class,
    x.failure_fingerprint, x.fingerprint_version, x.file_path, x.line_number, nullif(x.extra, 'null')
  from jsonb_to_recordset(p_results) as x (
    ordinal integer, tool_name text, variation text, provider text, model text, class_name text, status text,
    execution_status text, attempt integer, is_counted boolean, duration_secs numeric, memory_mb double precision,
    cpu_percent numeric, tokens_total bigint, cost_usd numeric, watcher_quality smallint,
    watcher_observations jsonb, error_message text, error_class text, failure_fingerprint text,
    fingerprint_version smallint, file_path text, line_number integer, extra jsonb
  )
  -- Ignores results that were sent before.
  on conflict (run_id, ordinal) do nothing;
  get diagnostics v_added = row_count;
  return v_added;
end;
$$;
comment on function private.insert_test_results(uuid, bigint, jsonb) is
  'Inserts results, an array of objects with the names of the columns. Returns the number of new ones.';

create function private.insert_passed_results(p_owner uuid, p_run bigint, p_columns jsonb) returns void
language sql volatile set search_path = '' as $$
  insert into public.test_results (
    run_id, owner_id, ordinal, tool_name, class_name, status, duration_secs, file_path, line_number
  )
  select p_run, p_owner, c.ordinal::integer, c.tool_name, c.class_name, 'PASS', c.duration_secs::numeric, c.file_path,
    c.line_number::integer
  from rows from (
    jsonb_array_elements_text(p_columns -> 'ordinal'), jsonb_array_elements_text(p_columns -> 'tool_name'),
    jsonb_array_elements_text(p_columns -> 'class_name'), jsonb_array_elements_text(p_columns -> 'duration_secs'),
    jsonb_array_elements_text(p_columns -> 'file_path'), jsonb_array_elements_text(p_columns -> 'line_number')
  ) as c (ordinal, tool_name, class_name, duration_secs, file_path, line_number)
$$;
comment on function private.insert_passed_results(uuid, bigint, jsonb) is
  'Inserts results of passed tests from an object of columns, each an array. file_path and line_number may be missing. An edge function writes columns in half the CPU time of rows.';

create function private.own_test_run(p_owner uuid, p_run bigint) returns public.test_runs
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.test_runs;
begin
  select * into v_run from public.test_runs r where r.id = p_run and r.owner_id = p_owner for update;
  if v_run.id is null then
    raise exception 'this owner has no test run %', p_run using errcode = 'no_data_found';
  end if;
  return v_run;
end;
$$;
comment on function private.own_test_run(uuid, bigint) is
  'Returns a run and locks it until commit. Raises no_data_found if it does not exist or is another owner''s.';

create function private.describe_test_run(p_run bigint) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'run_id', r.id, 'suite', r.suite, 'branch_name', r.branch_name, 'commit_hash', r.commit_hash,
    'run_timestamp', r.run_timestamp, 'status', r.status, 'total_tests', r.total_tests,
    'tests_passed', r.tests_passed, 'tests_failed', r.tests_failed, 'tests_skipped', r.tests_skipped,
    'pass_rate', r.pass_rate, 'avg_watcher_quality', r.avg_watcher_quality,
    'total_duration_secs', r.total_duration_secs, 'total_cost_usd', r.total_cost_usd,
    'watcher_cost_usd', r.watcher_cost_usd, 'warnings', r.warnings
  ) from public.test_runs r where r.id = p_run
$$;
comment on function private.describe_test_run(bigint) is 'Returns a run and its totals, as the API answers them.';

create function public.begin_test_run(p_owner uuid, p_run jsonb, p_idempotency_key text default null)
returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_run_id bigint;
  v_known public.test_runs;
begin
  insert into public.test_runs (
    owner_id, suite, run_timestamp, branch_name, commit_hash, watcher_model, notes, source_format, source_hash,
    warnings, extra, idempotency_key, request_hash
  ) values (
    p_owner, coalesce(p_run ->> 'suite', 'default'), coalesce((p_run ->> 'run_timestamp')::timestamptz, now()),
    coalesce(p_run ->> 'branch_name', 'main'), p_run ->> 'commit_hash', p_run ->> 'watcher_model', p_run ->> 'notes',
    coalesce(p_run ->> 'source_format', 'modelpick'), p_run ->> 'source_hash', coalesce(p_run -> 'warnings', '[]'),
    nullif(p_run -> 'extra', 'null'), p_idempotency_key, p_run ->> 'request_hash'
  )
  on conflict (owner_id, idempotency_key) do nothing
  returning id into v_run_id;
  if v_run_id is not null then
    return private.describe_test_run(v_run_id) || '{"is_new": true, "conflict": false}';
  end if;
  select * into v_known from public.test_runs r
  where r.owner_id = p_owner and r.idempotency_key = p_idempotency_key;
  return private.describe_test_run(v_known.id)
    || jsonb_build_object('is_new', false, 'conflict', v_known.request_hash is distinct from p_run ->> 'request_hash');
end;
$$;
comment on function public.begin_test_run(uuid, jsonb, text) is
  'Creates a run from {suite, run_timestamp, branch_name, commit_hash, watcher_model, notes, source_format, source_hash, request_hash, warnings, extra}, each optional. Returns its totals with is_new and conflict: the idempotency key was used for another request.';

create function public.add_test_results(p_owner uuid, p_run bigint, p_results jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.test_runs;
  v_taken integer;
  v_added integer;
begin
  v_run := private.own_test_run(p_owner, p_run);
  if v_run.status <> 'running' and exists (
    select from jsonb_to_recordset(p_results) as x (ordinal integer)
    where not exists (select from public.test_results t where t.run_id = p_run and t.ordinal = x.ordinal)
  ) then
    raise exception 'test run % is %', p_run, v_run.status using errcode = 'object_not_in_prerequisite_state';
  end if;
  -- A client that numbers each batch from 0 would otherwise lose all but the first one without an error.
  select min(t.ordinal) into v_taken
  from jsonb_to_recordset(p_results) as x (
    ordinal integer, tool_name text, variation text, provider text, model text, class_name text, attempt integer
  )
  join public.test_results t on t.run_id = p_run and t.ordinal = x.ordinal
  where (t.tool_name, t.variation, t.provider, t.model, t.class_name, t.attempt)
    <> (x.tool_name, coalesce(x.variation, ''), coalesce(x.provider, ''), coalesce(x.model, ''),
      coalesce(x.class_name, ''), coalesce(x.attempt, 1));
  if v_taken is not null then
    raise exception 'ordinal % of test run % belongs to another result', v_taken, p_run
      using errcode = 'unique_violation', constraint = 'test_results_run_id_ordinal_key';
  end if;
  v_added := private.insert_test_results(p_owner, p_run, p_results);
  return private.describe_test_run(p_run)
    || jsonb_build_object('added', v_added, 'known', jsonb_array_length(p_results) - v_added);
end;
$$;
comment on function public.add_test_results(uuid, bigint, jsonb) is
  'Adds results to a running run and ignores those that it has. Raises no_data_found; object_not_in_prerequisite_state if the run has ended and a result is new; unique_violation if an ordinal belongs to another test.';

create function public.read_test_run(p_owner uuid, p_run bigint) returns jsonb
language sql stable set search_path = '' as $$
  select private.describe_test_run(r.id) from public.test_runs r where r.id = p_run and r.owner_id = p_owner
$$;
comment on function public.read_test_run(uuid, bigint) is 'Returns a run and its totals; null if it does not exist or is another owner''s.';

grant execute on function private.total_test_runs, private.insert_test_results,
  private.insert_passed_results, private.own_test_run,
  private.describe_test_run, public.begin_test_run, public.add_test_results,
  public.read_test_run to service_role;
