-- The answers of an ended report are scored again without a call: by a newer scorer, by other x-compare rules, or
-- both. A separate edge function does this, because the hosted limit on CPU time ends an isolate with all its
-- work, and a paid call that is under way in it would be lost.
insert into private.job_kinds (kind, function_name, follow_up)
values ('report_rescoring', 'rescore-worker', 'follow_rescorings');

create function private.without_rules(p_schema jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return case jsonb_typeof(p_schema)
    when 'object' then (
      select coalesce(jsonb_object_agg(p.key, private.without_rules(p.value)), '{}')
      from jsonb_each(p_schema) p where p.key <> 'x-compare'
    )
    when 'array' then (
      select coalesce(jsonb_agg(private.without_rules(e.value) order by e.ordinality), '[]')
      from jsonb_array_elements(p_schema) with ordinality e
    )
    else p_schema
  end;
end;
$$;
comment on function private.without_rules(jsonb) is
  'Returns a JSON schema without its x-compare members. Two schemas that are then equal differ only in their rules.';

create function private.open_revision(p_report uuid, p_json_schema json default null) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_report public.reports;
  v_ordered json;
  v_schema json;
  v_revision public.report_revisions;
  v_is_new boolean := false;
begin
  -- The lock makes concurrent requests take turns, so that the second finds the revision of the first.
  select r.* into v_report from public.reports r
  where r.id = p_report and r.status in ('complete', 'failed') and r.summary is not null
  for update;
  if not found then
    raise exception 'there is no such finished report' using errcode = 'PT404';
  end if;
  select o.config_snapshot -> 'json_schema' into v_ordered from public.report_orders o where o.report_id = p_report;
  if private.without_rules(p_json_schema::jsonb) <> private.without_rules(v_ordered::jsonb) then
    raise exception 'the schema differs from the ordered one in more than its x-compare rules' using errcode = 'PT422';
  end if;
  -- Without new rules, those of the shown revision apply.
  select r.json_schema into v_schema from public.report_revisions r
  where r.report_id = p_report and r.revision = v_report.revision;
  if p_json_schema is not null then
    v_schema := case when p_json_schema::jsonb <> v_ordered::jsonb then p_json_schema end;
  end if;

  select * into v_revision from public.report_revisions r where r.report_id = p_report and r.status = 'scoring';
  if found and (v_revision.scorer_version, v_revision.json_schema::jsonb)
    is distinct from (private.scorer_version(), v_schema::jsonb)
  then
    raise exception 'the report is being scored as revision %: try again once that has ended', v_revision.revision
      using errcode = 'PT409';
  end if;
  if v_revision.report_id is null then
    insert into public.report_revisions (report_id, revision, owner_id, status, scorer_version, recommended_model,
      rationale, summary, created_at, completed_at)
    values (p_report, 1, v_report.owner_id, 'complete', v_report.scorer_version, v_report.recommended_model,
      v_report.rationale, v_report.summary, coalesce(v_report.completed_at, v_report.created_at), v_report.completed_at)
    on conflict do nothing;
    select * into v_revision from public.report_revisions r
    where r.report_id = p_report and r.revision = v_report.revision
      and r.scorer_version = private.scorer_version() and r.json_schema::jsonb is not distinct from v_schema::jsonb;
  end if;
  if v_revision.report_id is null then
    -- Each revision may take as much space as all scores of the report.
    if p_json_schema is not null and 50 <= (
      select count(*) from public.report_revisions r where r.report_id = p_report
    ) then
      raise exception 'a report has at most 50 revisions by rules of its owner' using errcode = 'PT422';
    end if;
    insert into public.report_revisions (report_id, revision, owner_id, scorer_version, json_schema)
    select p_report, max(r.revision) + 1, v_report.owner_id, private.scorer_version(), v_schema
    from public.report_revisions r where r.report_id = p_report
    returning * into v_revision;
    -- Without a group, because there is no budget to reserve.
    insert into private.job_queue (kind, payload, dedupe_key)
    values ('report_rescoring', jsonb_build_object('report_id', p_report, 'revision', v_revision.revision),
      p_report || ':' || v_revision.revision);
    perform private.invoke_function('rescore-worker');
    v_is_new := true;
  end if;
  return jsonb_build_object('report_id', p_report, 'revision', v_revision.revision, 'status', v_revision.status,
    'scorer_version', v_revision.scorer_version, 'is_new', v_is_new);
end;
$$;
comment on function private.open_revision(uuid, json) is
  'Starts rescoring the answers of a finished report; see rescore_report.';

create function private.rescore_own_report(p_report uuid, p_json_schema json) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_owner constant uuid := (select r.owner_id from public.reports r where r.id = p_report);
begin
  if private.account_role(v_owner) is null then
    raise exception 'there is no such finished report' using errcode = 'PT404';
  end if;
  perform private.require_role(v_owner, 'member');
  return private.open_revision(p_report, p_json_schema);
end;
$$;
comment on function private.rescore_own_report(uuid, json) is
  'Implements rescore_report for members. Definer, because customers may write neither revisions nor jobs.';

create function public.rescore_report(p_report uuid, p_json_schema json default null) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  -- The local stack's REST service passes JSON as text.
  if json_typeof(p_json_schema) = 'string' then
    p_json_schema := (p_json_schema #>> '{}')::json;
  end if;
  if current_user = 'authenticated' then
    return private.rescore_own_report(p_report, p_json_schema);
  end if;
  return private.open_revision(p_report, p_json_schema);
end;
$$;
comment on function public.rescore_report(uuid, json) is
  'Member, and service_role for every report: scores the stored answers of a finished report again, without a call, as a new revision. The report shows it once it is complete. p_json_schema is the ordered schema with other x-compare rules; null keeps the rules of the shown revision. If the shown revision, or the one being scored, has the same scorer and rules, nothing is done and it is returned. Returns {report_id, revision, status, scorer_version, is_new}. HTTP 404: no such finished report; 409: it is being scored by other rules; 422: the schema differs in more than its rules, or the report has 50 revisions. Invalid rules fail the revision; POST /functions/v1/report/rescore refuses them at once.';

create function public.rescore_reports(p_limit integer default 20) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_report uuid;
  v_count integer := 0;
begin
  for v_report in
    select r.id from public.reports r
    where r.status = 'complete' and r.summary is not null and r.scorer_version < private.scorer_version()
      -- Reports that this scorer failed on or is scoring are not begun again.
      and not exists (
        select from public.report_revisions x
        where x.report_id = r.id and x.revision > r.revision
          and (x.status = 'scoring' or x.scorer_version = private.scorer_version())
      )
    order by r.completed_at desc
    limit greatest(0, p_limit - (select count(*) from public.report_revisions x where x.status = 'scoring'))
  loop
    perform private.open_revision(v_report);
    v_count := v_count + 1;
  end loop;
  return v_count;
end;
$$;
comment on function public.rescore_reports(integer) is
  'Operator: starts rescoring complete reports of an older scorer, the newest first, so that at most p_limit are being scored. Returns the number started; repeat until it is 0.';

create function public.load_rescoring(p_report uuid, p_revision integer, p_most_runs integer, p_most_characters integer)
returns json
language sql stable set search_path = '' as $$
  select json_build_object(
    'scorer_version', v.scorer_version, 'json_schema', v.json_schema, 'scored_runs', v.scored_runs,
    'runs', (
      select coalesce(json_agg(json_build_object('run_id', b.id, 'image_index', b.image_index,
        'raw_output', b.raw_output, 'error_kind', b.error_kind, 'error_message', b.error_message)
        order by b.place), '[]')
      from (
        select x.*, row_number() over w as place, sum(length(x.raw_output)) over w as characters
        from (
          select r.id, r.model_id, r.image_index, r.repeat_index, r.raw_output, r.error_kind, r.error_message
          from public.benchmark_runs r
          where r.report_id = p_report and r.status = 'complete' and r.raw_output is not null
          order by r.model_id, r.image_index, r.repeat_index
          offset v.scored_runs limit p_most_runs
        ) x
        window w as (order by x.model_id, x.image_index, x.repeat_index)
      ) b
      where b.place = 1 or b.characters <= p_most_characters
    )
  )
  from public.report_revisions v
  where v.report_id = p_report and v.revision = p_revision and v.status = 'scoring'
$$;
comment on function public.load_rescoring(uuid, integer, integer, integer) is
  'Returns the next answers to score for a revision, at least one and up to p_most_runs and p_most_characters: {scorer_version, json_schema, scored_runs, runs: [{run_id, image_index, raw_output, error_kind, error_message}]}. runs is empty if none are left. Null if the revision is not being scored.';

create function public.advance_rescoring(
  p_worker uuid, p_job_id bigint, p_attempt integer, p_scores jsonb
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_payload jsonb;
  v_report uuid;
  v_revision integer;
begin
  -- The scores, the progress of the revision, the end of this job and the next job are one transaction. If a
  -- worker dies before the commit, nothing is stored and another worker repeats the job.
  perform private.lock_queue();
  select s.payload into v_payload
  from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
  ))) s
  where s.kind = 'report_rescoring';
  if v_payload is null then
    return false;
  end if;
  v_report := (v_payload ->> 'report_id')::uuid;
  v_revision := (v_payload ->> 'revision')::integer;
  update public.report_revisions r
  set scored_runs = r.scored_runs + jsonb_array_length(p_scores)
  where r.report_id = v_report and r.revision = v_revision and r.status = 'scoring';
  if not found then
    return false;
  end if;
  insert into private.rescored_runs (report_id, run_id, scores)
  select v_report, r.id, s.value -> 'scores'
  from jsonb_array_elements(p_scores) as s (value)
  join public.benchmark_runs r on r.id = (s.value ->> 'run_id')::uuid and r.report_id = v_report
  where private.run_scores(r) <> s.value -> 'scores';
  insert into private.job_queue (kind, payload, dedupe_key)
  values ('report_rescoring', v_payload, v_report || ':' || v_revision);
  return true;
end;
$$;
comment on function public.advance_rescoring(uuid, bigint, integer, jsonb) is
  'Stores the scores of the next answers of a revision, ends the job and enqueues the next one. p_scores is [{run_id, scores}] for the first of the answers that load_rescoring returned, with the columns of benchmark_run_scores.scores. The scores are not shown yet. Returns false if the lease was lost or the revision is not being scored.';

create function private.run_scores(p_run public.benchmark_runs) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('output_json', coalesce(p_run.output_json, 'null'), 'is_valid_json', p_run.is_valid_json,
    'exact_match', p_run.exact_match, 'field_accuracy', p_run.field_accuracy, 'field_errors', p_run.field_errors,
    'score', p_run.score, 'error_kind', p_run.error_kind, 'error_message', p_run.error_message)
$$;
comment on function private.run_scores(public.benchmark_runs) is
  'Returns the columns of a run that scoring writes, in the format of benchmark_run_scores.';

create function public.load_rescored(p_report uuid) returns json
language sql stable set search_path = '' as $$
  select json_build_object(
    'report', public.load_report(p_report),
    'runs', (
      select coalesce(json_agg(to_jsonb(r) - 'output_json' - 'raw_output' || coalesce(s.scores - 'output_json', '{}')
        order by r.model_id, r.image_index, r.repeat_index), '[]')
      from public.benchmark_runs r
      left join private.rescored_runs s on s.report_id = r.report_id and s.run_id = r.id
      where r.report_id = p_report
    )
  )
$$;
comment on function public.load_rescored(uuid) is
  'Returns a report and all its runs with the new scores of the revision that is being scored: {report, runs} in the format of load_finalization.';

create function public.apply_rescoring(
  p_report uuid, p_revision integer, p_recommended text, p_rationale text, p_summary jsonb
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_report public.reports;
  v_scorer_version integer;
begin
  -- One transaction shows a revision: it stores the earlier scores, replaces them by the new ones with the figures
  -- and the recommendation, and sets reports.revision. Before its commit every reader sees the earlier revision,
  -- and after it the new one. It takes no lock of the queue, which it would hold while thousands of runs are
  -- written. The revision's status guarantees that it happens once.
  select r.* into v_report from public.reports r where r.id = p_report for update;
  update public.report_revisions r
  set status = 'complete', recommended_model = p_recommended, rationale = p_rationale, summary = p_summary,
    completed_at = now()
  where r.report_id = p_report and r.revision = p_revision and r.status = 'scoring'
  returning r.scorer_version into v_scorer_version;
  if not found then
    return false;
  end if;
  insert into public.benchmark_run_scores (report_id, run_id, revision, owner_id, scores)
  select r.report_id, r.id, v_report.revision, r.owner_id, private.run_scores(r)
  from private.rescored_runs s join public.benchmark_runs r on r.id = s.run_id
  where s.report_id = p_report;
  update public.benchmark_runs r
  set output_json = s.scores -> 'output_json', is_valid_json = (s.scores -> 'is_valid_json')::boolean,
    exact_match = (s.scores -> 'exact_match')::boolean,
    field_accuracy = (s.scores -> 'field_accuracy')::double precision,
    field_errors = nullif(s.scores -> 'field_errors', 'null'), score = s.scores -> 'score',
    error_kind = s.scores ->> 'error_kind', error_message = s.scores ->> 'error_message'
  from private.rescored_runs s
  where s.report_id = p_report and r.report_id = p_report and r.id = s.run_id;
  delete from private.rescored_runs s where s.report_id = p_report;
  delete from public.kept_error_patterns k where k.report_id = p_report;
  update public.reports r set has_kept_patterns = false where r.id = p_report;
  update public.reports r
  set revision = p_revision, scorer_version = v_scorer_version, recommended_model = p_recommended,
    rationale = p_rationale, summary = p_summary
  where r.id = p_report;
  return true;
end;
$$;
comment on function public.apply_rescoring(uuid, integer, text, text, jsonb) is
  'Shows a revision whose answers are all scored, with its summary. Returns false, and changes nothing, if it is not being scored.';

create trigger reports_keep_patterns_of_revision before update of revision on public.reports
  for each row when (new.status = 'complete' and new.revision <> old.revision)
  execute function private.keep_patterns();

create function public.fail_rescoring(p_report uuid, p_revision integer, p_error text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update public.report_revisions r
  set status = 'failed', error = p_error, completed_at = now()
  where r.report_id = p_report and r.revision = p_revision and r.status = 'scoring';
  if found then
    delete from private.rescored_runs s where s.report_id = p_report;
  end if;
end;
$$;
comment on function public.fail_rescoring(uuid, integer, text) is
  'Fails a revision. The report keeps showing the earlier one.';

create function private.follow_rescorings(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_event = 'dead' then
    perform public.fail_rescoring((j.value #>> '{payload,report_id}')::uuid,
      (j.value #>> '{payload,revision}')::integer, coalesce(j.value ->> 'reason', 'given up'))
    from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$$;
comment on function private.follow_rescorings(text, jsonb) is
  'Fails the revisions of jobs that were given up. The caller holds lock_queue().';

grant execute on function private.without_rules, private.open_revision, private.rescore_own_report,
  private.run_scores, private.follow_rescorings, public.rescore_report, public.rescore_reports, public.load_rescoring,
  public.advance_rescoring, public.load_rescored, public.apply_rescoring, public.fail_rescoring to service_role;
grant execute on function private.rescore_own_report, public.rescore_report to authenticated;
