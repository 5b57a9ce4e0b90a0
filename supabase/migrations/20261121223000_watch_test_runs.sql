alter table private.tracking_settings
  add column watch text not null default 'changed' check (watch in ('changed', 'all', 'none')),
  add column watch_ceiling_usd numeric not null default 1 check (watch_ceiling_usd >= 0),
  add column watch_daily_ceiling_usd numeric not null default 10 check (watch_daily_ceiling_usd >= 0);
comment on column private.tracking_settings.watch is
  'Which results the watcher judges: changed (failed, or ended otherwise than the time before on the branch), all or none.';
comment on column private.tracking_settings.watch_ceiling_usd is 'USD that the watcher may cost in one run of tests.';
comment on column private.tracking_settings.watch_daily_ceiling_usd is
  'USD that the watcher may cost one owner in 24 hours: whoever sends runs names the model, and the house pays for it.';

create table private.watched_runs (
  group_id uuid primary key default gen_random_uuid(),
  run_id bigint unique references public.test_runs (id) on delete set null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  provider text not null,
  model text not null,
  is_structured boolean not null,
  price_id bigint not null references public.model_prices (id),
  unjudged private.counter not null default 0,
  unjudged_for text,
  created_at timestamptz not null default now()
);
comment on table private.watched_runs is
  'Runs of tests that a watcher judges, each with its group of jobs. Outlives its run for the daily ceiling, which deleting runs must not lift.';
comment on column private.watched_runs.provider is 'Whose endpoint serves the model, as base_url_key of models.';
comment on column private.watched_runs.is_structured is 'Whether the model can be held to a schema.';
comment on column private.watched_runs.price_id is 'The price that it was started under.';
comment on column private.watched_runs.unjudged is 'Results that were to be judged and will not be.';
comment on column private.watched_runs.unjudged_for is 'Why, of the last of them.';
create index watched_runs_owner_id_idx on private.watched_runs (owner_id, created_at desc);
create index watched_runs_price_id_idx on private.watched_runs (price_id);
alter table private.watched_runs enable row level security;
grant select, insert, update, delete on private.watched_runs to service_role;
create policy "Workers do everything" on private.watched_runs
  for all to service_role using (true) with check (true);
select cron.schedule('purge-watched-runs', '41 3 * * *',
  $$delete from private.watched_runs where run_id is null and created_at < now() - interval '2 days'$$);

create function private.forget_watched_run() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- In two steps, each by a partial index.
  delete from private.job_queue where group_id = old.group_id and lease_owner is null and dead_at is null;
  delete from private.job_queue where group_id = old.group_id and (lease_owner is not null or dead_at is not null);
  delete from private.job_groups where id = old.group_id;
  return null;
end;
$$;
comment on function private.forget_watched_run() is
  'A run of tests that goes takes the watcher''s jobs with it; what they have cost stays in the ledger. Definer, because owners delete their runs and may not reach the queue.';
create trigger watched_runs_forget after update of run_id on private.watched_runs
  for each row when (old.run_id is not null and new.run_id is null) execute function private.forget_watched_run();
create trigger watched_runs_forget_all after delete on private.watched_runs
  for each row execute function private.forget_watched_run();

create function private.note_unjudged(p_groups uuid[]) returns void
language sql volatile set search_path = '' as $$
  update public.test_runs r
  set warnings = jsonb_path_query_array(r.warnings, '$[*] ? (@.code != "watcher.incomplete")')
    || jsonb_build_object('code', 'watcher.incomplete', 'detail', format('%s results were not judged: %s.', w.unjudged, w.unjudged_for))
  from private.watched_runs w
  where w.group_id = any (p_groups) and w.unjudged > 0 and r.id = w.run_id
$$;
comment on function private.note_unjudged(uuid[]) is
  'Says among the warnings of these groups'' runs how many results the watcher has left out, and why.';

create function private.count_unjudged(p_groups uuid[], p_reasons text[]) returns void
language sql volatile set search_path = '' as $$
  update private.watched_runs w
  set unjudged = w.unjudged + x.results,
    unjudged_for = case x.reason
      when 'soft_ceiling' then 'the ceiling of what the watcher may cost was reached'
      when 'hard_ceiling' then 'the ceiling of what the watcher may cost was reached'
      else coalesce(rtrim(left(x.reason, 500), '. '), 'the watcher gave no answer') end
  from (
    select j.group_id, count(*) as results, max(j.reason) as reason
    from unnest(p_groups, p_reasons) as j (group_id, reason) group by j.group_id
  ) x
  where w.group_id = x.group_id
$$;
comment on function private.count_unjudged(uuid[], text[]) is
  'Counts results that will not be judged: for each its group and the reason. The caller holds lock_queue().';

create function private.follow_watcher_jobs(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- What has come back only waits again.
  if p_event in ('skipped', 'dead') then
    perform private.count_unjudged(array_agg((j.value ->> 'group_id')::uuid), array_agg(j.value ->> 'reason'))
    from jsonb_array_elements(p_jobs) as j (value);
  elsif p_event = 'ended' then
    perform private.note_unjudged(array_agg((j.value ->> 'group_id')::uuid)) from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$$;
comment on function private.follow_watcher_jobs(text, jsonb) is
  'What becomes of the watcher''s jobs that ended without advance_watcher; see job_kinds.';

-- Being turned away counts as an attempt.
insert into private.job_kinds (kind, function_name, max_attempts, follow_up)
values ('watcher_judgement', 'watcher-worker', 20, 'follow_watcher_jobs');

create function private.find_watcher(
  p_model text, out provider text, out is_structured boolean, out price_id bigint, out reservation_usd numeric
)
language sql stable set search_path = '' as $$
  select x.provider, x.is_structured, (x.price).id,
    -- The longest prompt has 16,000 characters, none of which is more than a token; see watcher.ts.
    -- What an answer may have, and the room to think of models/calls/reasoning.ts; once more with twice the limit, for
    -- where that ends the answer.
    private.price_tokens(x.price, 2 * 16000, 0, 3 * (2000 + case
      when x.reasoning = 'none' then 0
      else coalesce(('{"none": 0, "minimal": 1024, "low": 4096, "high": 16384, "xhigh": 32768, "max": 65536}'::jsonb
        ->> nullif(split_part(p_model, '#', 2), ''))::bigint, 8192)
    end))
  from (
    select coalesce(m.base_url_key, 'openai') as provider, coalesce(m.supports_structured_output, true) as is_structured,
      m.reasoning,
      private.find_price(p_model, now()) as price
    from (select) one left join public.models m on m.id = split_part(p_model, '#', 1)
    where coalesce(m.active, p_model !~ '/')
  ) x
  where (x.price).id is not null
$$;
comment on function private.find_watcher(text) is
  'How a model is reached that is to watch: one of models, or by its own name (gpt-6-luna) one of OpenAI''s that has a price. reservation_usd: the most that one judgement takes. Nulls where nothing is known of it.';

create function private.runs_before(p_run bigint) returns bigint[]
language sql stable set search_path = '' as $$
  select array(
    select r.id
    from public.test_runs x
    join public.test_runs r on r.owner_id = x.owner_id and r.suite = x.suite and r.branch_name = x.branch_name
    where x.id = p_run and r.status = 'complete' and (r.run_timestamp, r.id) < (x.run_timestamp, x.id)
    order by r.run_timestamp desc, r.id desc
    limit 20
  )
$$;
comment on function private.runs_before(bigint) is
  'The last 20 complete runs of the suite on the branch before this one, latest first. A test that none of them knows is new.';

create function private.watch_budget(p_owner uuid) returns numeric
language sql stable set search_path = '' as $$
  select least(s.watch_ceiling_usd, s.watch_daily_ceiling_usd - coalesce((
    select sum(coalesce(
      case when g.open_jobs > 0 then g.hard_ceiling_usd else g.spent_usd + g.written_off_usd end::numeric,
      -- Its run was deleted, and its group with it.
      (select sum(coalesce(l.actual_usd::numeric, l.reserved_usd::numeric)) from private.cost_ledger l
        where l.group_id = w.group_id and l.state <> 'returned'), 0))
    from private.watched_runs w left join private.job_groups g on g.id = w.group_id
    where w.owner_id = p_owner and w.created_at > now() - interval '24 hours'
  ), 0))
  from private.tracking_settings s
$$;
comment on function private.watch_budget(uuid) is
  'USD that the watcher may cost in the owner''s next run: what is left of the day, where open runs count with all they may cost, and no more than a run''s ceiling.';

create function private.enqueue_watcher(p_run bigint) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.test_runs;
  v_watch text := (select s.watch from private.tracking_settings s);
  v_before bigint[];
  v_payloads jsonb;
  v_watcher record;
  v_budget numeric;
  v_group uuid;
  v_warning jsonb;
begin
  select * into v_run from public.test_runs r where r.id = p_run;
  if v_watch = 'none' or v_run.watcher_model is null or v_run.status <> 'complete'
    -- These tell what a watcher or a person has said already.
    or v_run.source_format in ('observations', 'checklist')
  then
    return 0;
  end if;
  v_before := private.runs_before(p_run);
  -- By a window and not by a join of the run with those before, which before the tables are analysed was
  -- planned as a nested loop: 5 s for 4,000 tests.
  v_payloads := (
    select jsonb_agg(jsonb_build_object('test_result_id', x.id, 'model', v_run.watcher_model) order by x.ordinal)
    from (
      select t.id, t.ordinal, t.status, t.watcher_quality, b.place,
        first_value(t.status) over (
          partition by t.test_key order by b.place groups between 1 following and 1 following
        ) as status_before
      from unnest(p_run || v_before) with ordinality as b (run_id, place)
      join public.test_results t on t.run_id = b.run_id and t.is_counted
    ) x
    where x.place = 1 and x.watcher_quality is null
      and (v_watch = 'all' or x.status in ('FAIL', 'ERROR') or x.status_before <> x.status)
  );
  if v_payloads is null then
    return 0;
  end if;
  select * into v_watcher from private.find_watcher(v_run.watcher_model);
  -- One after the other, so that runs that end at once share what is left of the day.
  perform pg_advisory_xact_lock(hashtextextended('watcher:' || v_run.owner_id, 0));
  v_budget := private.watch_budget(v_run.owner_id);
  v_warning := case
    when v_watcher.provider is null then jsonb_build_object('code', 'watcher.unknown_model',
      'detail', 'No result was judged: the watcher''s model has no price or cannot be reached.')
    when v_budget < v_watcher.reservation_usd then jsonb_build_object('code', 'watcher.no_budget',
      'detail', 'No result was judged: the ceiling of what the watcher may cost was reached.')
  end;
  if v_warning is not null then
    update public.test_runs r set warnings = r.warnings || v_warning where r.id = p_run;
    return 0;
  end if;
  insert into private.watched_runs (run_id, owner_id, provider, model, is_structured, price_id)
  values (p_run, v_run.owner_id, v_watcher.provider, v_run.watcher_model, v_watcher.is_structured, v_watcher.price_id)
  returning group_id into v_group;
  insert into private.job_groups (id, kind, max_in_flight, max_in_flight_per_lane, soft_ceiling_usd, hard_ceiling_usd)
  select v_group, 'watcher_judgement', s.max_in_flight_per_group, s.max_in_flight_per_lane, v_budget, v_budget
  from private.queue_settings s;
  perform private.enqueue_jobs('watcher_judgement', v_group, 'model', jsonb_build_object(v_run.watcher_model,
    jsonb_build_object('provider', v_watcher.provider, 'reservation_usd', v_watcher.reservation_usd)), v_payloads);
  perform private.invoke_function('watcher-worker', jsonb_build_object('report_id', v_group));
  return jsonb_array_length(v_payloads);
end;
$$;
comment on function private.enqueue_watcher(bigint) is
  'Has a run that has just ended judged by the model that it names: its failures and what ended otherwise than before on the branch, by tracking_settings. Returns how many results. What keeps the watcher from it stands among the run''s warnings.';

do $$
declare signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure from pg_proc p
    where p.pronamespace = 'private'::regnamespace
      and p.proname in ('note_unjudged', 'count_unjudged', 'follow_watcher_jobs', 'find_watcher', 'runs_before',
        'watch_budget', 'enqueue_watcher')
  loop
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end;
$$;
