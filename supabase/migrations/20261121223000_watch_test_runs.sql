alter table private.tracking_settings
  add column watch text not null default 'changed' check (watch in ('changed', 'all', 'none')),
  add column watch_ceiling_usd numeric not null default 1 check (watch_ceiling_usd >= 0),
  add column watch_daily_ceiling_usd numeric not null default 10 check (watch_daily_ceiling_usd >= 0);
comment on column private.tracking_settings.watch is
  'Results that the watcher reviews: changed (failed, or another status than in the run before on the branch), all or none.';
comment on column private.tracking_settings.watch_ceiling_usd is 'USD that the watcher may spend on one run of tests.';
comment on column private.tracking_settings.watch_daily_ceiling_usd is
  'USD that the watcher may spend on one account in 24 hours. Accounts choose the model, but the project pays for it.';

create table private.watched_runs (
  group_id uuid primary key default gen_random_uuid(),
  run_id bigint unique references public.test_runs (id) on delete set null,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  provider text not null,
  model text not null,
  is_structured boolean not null,
  price_id bigint not null references public.model_prices (id),
  unjudged private.counter not null default 0,
  unjudged_for text,
  created_at timestamptz not null default now()
);
comment on table private.watched_runs is
  'Runs with reviews by a watcher, each with its group of jobs. Rows outlive their runs, so that deleting runs does not raise the daily ceiling.';
comment on column private.watched_runs.provider is 'Name of the providers endpoint that serves the model: base_url_key of models.';
comment on column private.watched_runs.is_structured is 'True if the models answer can be constrained to a schema.';
comment on column private.watched_runs.price_id is 'Price of the model when the run ended.';
comment on column private.watched_runs.unjudged is 'Number of results that will not get a review although they should.';
comment on column private.watched_runs.unjudged_for is 'Reason for the last one of them.';
create index watched_runs_owner_id_idx on private.watched_runs (owner_id, created_at desc);
create index watched_runs_price_id_idx on private.watched_runs (price_id);
alter table private.watched_runs enable row level security;
grant select, insert, update, delete on private.watched_runs to service_role;
create policy "Workers do everything" on private.watched_runs for all to service_role using (true) with check (true);
select cron.schedule('purge-watched-runs', '41 3 * * *',
  $$delete from private.watched_runs where run_id is null and created_at < now() - interval '2 days'$$);

create trigger watched_runs_forget after update of run_id on private.watched_runs
  for each row when (old.run_id is not null and new.run_id is null) execute function private.forget_group('group_id');
create trigger watched_runs_forget_all after delete on private.watched_runs
  for each row execute function private.forget_group('group_id');

create function private.note_unjudged(p_groups uuid[]) returns void
language sql volatile set search_path = '' as $$
  update public.test_runs r
  set warnings = jsonb_path_query_array(r.warnings, '$[*] ? (@.code != "watcher.incomplete")')
    || jsonb_build_object('code', 'watcher.incomplete', 'detail', format('%s results were not reviewed: %s.', w.unjudged, w.unjudged_for))
  from private.watched_runs w
  where w.group_id = any (p_groups) and w.unjudged > 0 and r.id = w.run_id
$$;
comment on function private.note_unjudged(uuid[]) is
  'Adds a warning to the runs of these groups with the number of results without a review and the reason.';

create function private.count_unjudged(p_groups uuid[], p_reasons text[]) returns void
language sql volatile set search_path = '' as $$
  update private.watched_runs w
  set unjudged = w.unjudged + x.results,
    unjudged_for = case x.reason
      when 'soft_ceiling' then 'the budget of the watcher is used up'
      when 'hard_ceiling' then 'the budget of the watcher is used up'
      else coalesce(rtrim(left(x.reason, 500), '. '), 'the watcher gave no answer') end
  from (
    select j.group_id, count(*) as results, max(j.reason) as reason
    from unnest(p_groups, p_reasons) as j (group_id, reason) group by j.group_id
  ) x
  where w.group_id = x.group_id
$$;
comment on function private.count_unjudged(uuid[], text[]) is
  'Counts results that will not get a review, given the group and the reason of each. The caller holds lock_queue().';

create function private.follow_watcher_jobs(p_event text, p_jobs jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- A job that has come back only waits again.
  if p_event in ('skipped', 'dead') then
    perform private.count_unjudged(array_agg((j.value ->> 'group_id')::uuid), array_agg(j.value ->> 'reason'))
    from jsonb_array_elements(p_jobs) as j (value);
  elsif p_event = 'ended' then
    perform private.note_unjudged(array_agg((j.value ->> 'group_id')::uuid)) from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$$;
comment on function private.follow_watcher_jobs(text, jsonb) is
  'Handles the watcher''s jobs that ended outside of advance_watcher, see job_kinds.';

-- A call that is refused for its rate counts as an attempt.
insert into private.job_kinds (kind, function_name, max_attempts, follow_up, advanced_by)
values ('watcher_judgement', 'watcher-worker', 20, 'follow_watcher_jobs', 'advance_watcher');

create function private.find_watcher(
  p_model text, out provider text, out is_structured boolean, out price_id bigint, out reservation_usd numeric
)
language sql stable set search_path = '' as $$
  select x.provider, x.is_structured, (x.price).id,
    -- The longest prompt (MAX_PROMPT_CHARACTERS of review_prompt.ts) has 16,000 characters of at most one token
    -- each. The answer has its own limit and the reasoning tokens of models/calls/reasoning.ts. If the limit ends
    -- the answer, a second call has twice the limit.
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
  'Finds the provider and the price of a watcher model: one of models, or one of OpenAI''s by its own name (gpt-6-luna). reservation_usd: largest cost of one review. Nulls if the model is unknown or has no price.';

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
  'Returns the last 20 complete runs of the suite on the branch before this one, the latest first. A test that none of them has is new.';

create function private.watch_budget(p_owner uuid) returns numeric
language sql stable set search_path = '' as $$
  select least(s.watch_ceiling_usd, least(s.watch_daily_ceiling_usd, b.reviews_usd_per_day) - coalesce((
    select sum(coalesce(
      case when g.open_jobs > 0 then g.hard_ceiling_usd else g.spent_usd + g.written_off_usd end::numeric,
      -- The run and its group were deleted.
      (select sum(coalesce(l.actual_usd::numeric, l.reserved_usd::numeric)) from private.cost_ledger l
        where l.group_id = w.group_id and l.state <> 'returned'), 0))
    from private.watched_runs w left join private.job_groups g on g.id = w.group_id
    where w.owner_id = p_owner and w.created_at > now() - interval '24 hours'
  ), 0))
  from private.tracking_settings s left join public.account_budgets b on b.account_id = p_owner
$$;
comment on function private.watch_budget(uuid) is
  'Returns the USD that the watcher may spend on the account''s next run: the rest of the daily ceiling (the project''s, or a smaller one of the account), from which open runs take their whole ceiling, but at most the ceiling of one run.';

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
    -- These formats already have reviews.
    or v_run.source_format in ('observations', 'checklist')
  then
    return 0;
  end if;
  v_before := private.runs_before(p_run);
  -- Uses a window, because a join with the runs before was planned as a nested loop on tables without
  -- statistics: 5 s for 4,000 tests.
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
  -- Serialised per account, so that runs that end at the same time share the rest of the days ceiling.
  perform pg_advisory_xact_lock(hashtextextended('watcher:' || v_run.owner_id, 0));
  v_budget := private.watch_budget(v_run.owner_id);
  v_warning := case
    when v_watcher.provider is null then jsonb_build_object('code', 'watcher.unknown_model',
      'detail', 'No result was reviewed: the watcher''s model is unknown or has no price.')
    when v_budget < v_watcher.reservation_usd then jsonb_build_object('code', 'watcher.no_budget',
      'detail', 'No result was reviewed: the budget of the watcher is used up.')
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
  perform private.invoke_function('watcher-worker', jsonb_build_object('group_id', v_group));
  return jsonb_array_length(v_payloads);
end;
$$;
comment on function private.enqueue_watcher(bigint) is
  'Enqueues the reviews of a run that has just ended by the model that it names. tracking_settings.watch chooses the results. Returns their number. If none can be reviewed, the run gets a warning with the reason.';

grant execute on function private.note_unjudged, private.count_unjudged, private.follow_watcher_jobs,
  private.find_watcher, private.runs_before, private.watch_budget, private.enqueue_watcher to service_role;
