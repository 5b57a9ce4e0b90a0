create function private.skip_held_runs(p_report uuid, p_models text[], p_reason text) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_count integer;
begin
  update public.benchmark_runs r
  set status = 'skipped', skip_reason = p_reason, completed_at = now()
  from private.races c
  where c.report_id = p_report and r.report_id = p_report and r.image_index <> all (c.image_order[:c.released_images])
    and r.status = 'queued' and r.model_id = any (coalesce(p_models, array[r.model_id]));
  get diagnostics v_count = row_count;
  update private.races set held_runs = held_runs - v_count where report_id = p_report and v_count > 0;
  return v_count;
end;
$$;
comment on function private.skip_held_runs(uuid, text[], text) is
  'Skips the runs of these models (null: all) on images that are not released yet. Such runs have no jobs and no reservation, so nothing is settled. The caller holds lock_queue().';

create function private.release_images(p_report uuid, p_stopped text[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_race private.races;
  v_next integer;
  v_models text[];
begin
  select * into v_race from private.races c where c.report_id = p_report and c.held_runs > 0 for update;
  -- The report was refunded or failed, and no runs wait.
  if not found then
    return;
  end if;
  perform private.skip_held_runs(p_report, p_stopped, 'race');
  v_models := array(
    select distinct r.model_id from public.benchmark_runs r
    where r.report_id = p_report and r.image_index <> all (v_race.image_order[:v_race.released_images])
      and r.status = 'queued'
  );
  if cardinality(v_models) < 2 then
    -- A single model is left.
    perform private.skip_held_runs(p_report, null, 'race_won');
  else
    v_next := coalesce((select min(l) from unnest(v_race.looks) l where l > v_race.released_images),
      cardinality(v_race.image_order));
    perform private.enqueue_jobs('benchmark_run', p_report, 'model_id',
      (
        select jsonb_object_agg(m ->> 'id', jsonb_build_object('provider', m -> 'base_url_key',
          'reservation_usd', m -> 'reserved_cost'))
        from public.report_orders o cross join json_array_elements(o.config_snapshot -> 'models') m
        where o.report_id = p_report and m ->> 'id' = any (v_models)
      ),
      (
        select jsonb_agg(jsonb_build_object('report_id', p_report, 'run_id', r.id, 'model_id', r.model_id,
          'image_index', r.image_index, 'repeat_index', r.repeat_index
        ) order by r.repeat_index, r.image_index, r.model_id)
        from public.benchmark_runs r
        where r.report_id = p_report and r.status = 'queued'
          and r.image_index = any (v_race.image_order[v_race.released_images + 1:v_next])
      )
    );
    update private.races c
    set released_images = v_next, held_runs = (
      select count(*) from public.benchmark_runs r
      where r.report_id = p_report and r.image_index <> all (v_race.image_order[:v_next]) and r.status = 'queued'
    )
    where c.report_id = p_report;
  end if;
  -- If the budget was used up in the meantime, nothing of this batch starts.
  perform private.enforce_ceilings(array[p_report]);
  perform private.end_groups(array[p_report]);
end;
$$;
comment on function private.release_images(uuid, text[]) is
  'Applies the decision of a look: skips the rest of the stopped models and creates the jobs of the next batch of images for the others. With a single model left the race is over. The caller holds lock_queue().';

create function private.follow_race_looks(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_event = 'dead' then
    perform private.release_images((j.value -> 'payload' ->> 'report_id')::uuid, '{}')
    from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$$;
comment on function private.follow_race_looks(text, jsonb) is
  'Continues a race with all its models after a look that was given up; see job_kinds.';

insert into private.job_kinds (kind, function_name, follow_up, advanced_by)
values ('race_look', 'benchmark-worker', 'follow_race_looks', 'advance_benchmark_runs');

create function public.load_race(p_report uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'looks', to_jsonb(c.looks), 'look', c.released_images,
    'accuracy_margin', coalesce(o.config_snapshot -> 'accuracy_margin', '0'::json),
    'models', (
      select coalesce(jsonb_agg(m.model order by m.model ->> 'model_id'), '[]')
      from (
        select jsonb_build_object('model_id', r.model_id, 'scores', coalesce(jsonb_agg(jsonb_build_object(
            'image_index', r.image_index, 'field_accuracy', r.field_accuracy, 'error_kind', r.error_kind,
            'served_other', r.served_other
          ) order by r.image_index, r.repeat_index) filter (where r.status = 'complete'), '[]')) as model
        from public.benchmark_runs r where r.report_id = p_report
        group by r.model_id
        having bool_or(r.status = 'queued' and r.image_index <> all (c.image_order[:c.released_images]))
      ) m
    )
  )
  from private.races c join public.report_orders o using (report_id) where c.report_id = p_report
$$;
comment on function public.load_race(uuid) is
  'Returns the data of a look: {looks: numbers of images of all looks, look: the number of this one, accuracy_margin: points that a recommended model may be behind, models: [{model_id, scores: [{image_index, field_accuracy, error_kind, served_other}]}]}. Holds the models that still run and their completed runs; failed runs say nothing about a model. Null if the report does not race.';

create function public.advance_race(p_worker uuid, p_job_id bigint, p_attempt integer, p_stopped text[])
returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  v_report uuid;
begin
  -- One transaction ends the look, skips the stopped models' runs and creates the jobs of the next batch. If the
  -- worker dies before the commit, another repeats the look from the same runs. After the commit the look is gone,
  -- so that no batch is released twice.
  perform private.lock_queue();
  select (s.payload ->> 'report_id')::uuid into v_report
  from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
  ))) s
  where s.kind = 'race_look';
  if v_report is null then
    return false;
  end if;
  perform private.release_images(v_report, p_stopped);
  return true;
end;
$$;
comment on function public.advance_race(uuid, bigint, integer, text[]) is
  'Ends a look: stops these models and releases the next batch of images to the others. Returns false and changes nothing if the lease was lost.';

-- Jobs of a report that fails or is refunded are removed elsewhere; this skips the runs without a job.
create function private.stop_race() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform private.skip_held_runs(new.id, null, case new.status when 'failed' then 'report_failed' else new.status end);
  return null;
end;
$$;
comment on function private.stop_race() is 'Skips the runs that a race has not released when its report fails or is refunded.';
create trigger reports_stop_race after update of status on public.reports
  for each row when (new.status in ('failed', 'refunded') and new.status is distinct from old.status)
  execute function private.stop_race();

grant execute on function private.skip_held_runs, private.release_images, private.follow_race_looks,
  private.stop_race, public.load_race, public.advance_race to service_role;
