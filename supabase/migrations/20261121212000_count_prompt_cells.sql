-- Every request for a run shows its totals. To sum them over a million cells took seconds, so each statement
-- that writes cells adds the difference here.
create table public.run_model_totals (
  run_model_id uuid primary key references public.run_models (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  owner_id uuid not null references public.accounts (id) on delete cascade,
  queued private.counter not null default 0,
  running private.counter not null default 0,
  complete private.counter not null default 0,
  failed private.counter not null default 0,
  skipped private.counter not null default 0,
  cancelled private.counter not null default 0,
  cut_off private.counter not null default 0,
  cached private.counter not null default 0,
  graded private.counter not null default 0,
  overridden private.counter not null default 0,
  grader_failures private.counter not null default 0,
  score_sum numeric not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  tokens_cached bigint not null default 0,
  priced private.counter not null default 0,
  cost_usd numeric not null default 0,
  grader_cost_usd numeric not null default 0
) with (fillfactor = 50);
comment on table public.run_model_totals is
  'Progress and totals of each model of a run, always equal to the sums over its cells. Clients that follow a run live get one change per batch of results.';
comment on column public.run_model_totals.queued is 'Number of queued cells; the other statuses likewise.';
comment on column public.run_model_totals.cut_off is 'Completed cells whose answer was cut off at max_tokens.';
comment on column public.run_model_totals.cached is 'Completed cells with the answer of an earlier identical call.';
comment on column public.run_model_totals.graded is 'Cells with a grade, the grader''s or the human''s.';
comment on column public.run_model_totals.overridden is 'Cells with a human''s grade.';
comment on column public.run_model_totals.grader_failures is 'Cells whose grader failed or gave no readable grade.';
comment on column public.run_model_totals.score_sum is 'Sum of grade_score. Divided by graded it is the mean, 0-1.';
comment on column public.run_model_totals.tokens_cached is 'Part of tokens_in that providers read from their own cache.';
comment on column public.run_model_totals.priced is 'Cells with a known cost.';
comment on column public.run_model_totals.cost_usd is 'Cost of these cells'' calls in USD.';
comment on column public.run_model_totals.grader_cost_usd is 'Cost of the grading in USD.';
create index run_model_totals_run_id_idx on public.run_model_totals (run_id);
create index run_model_totals_owner_id_idx on public.run_model_totals (owner_id);

create table private.run_model_latencies (
  run_model_id uuid not null references public.run_models (id) on delete cascade,
  bucket smallint not null,
  calls integer not null,
  primary key (run_model_id, bucket)
) with (fillfactor = 70);
comment on table private.run_model_latencies is
  'Histogram of latencies of a run''s model over completed calls that were not cached. It gives percentiles, accurate to 1 %, without reading the cells.';
comment on column private.run_model_latencies.bucket is 'Bucket n holds latencies above e^((n - 1) / 50) ms and up to e^(n / 50) ms.';

create function private.latency_bucket(p_ms integer) returns smallint
language sql immutable parallel safe set search_path = '' as $$
  select ceil(50 * ln(greatest(p_ms, 1)))::smallint
$$;
comment on function private.latency_bucket(integer) is 'Returns the bucket of run_model_latencies for a latency in milliseconds.';

create function private.bucket_latency(p_bucket smallint) returns integer
language sql immutable parallel safe set search_path = '' as $$
  select case p_bucket when 0 then 1 else round(exp((p_bucket - 0.5) / 50))::integer end
$$;
comment on function private.bucket_latency(smallint) is
  'Returns the middle of a bucket of run_model_latencies in milliseconds. Every latency in the bucket is within 1 % or half a millisecond of it.';

create function private.count_new_cells() returns trigger
language plpgsql set search_path = '' as $$
begin
  insert into public.run_model_totals as t (run_model_id, run_id, owner_id, queued)
  select a.run_model_id, a.run_id, a.owner_id, count(*) from after a group by a.run_model_id, a.run_id, a.owner_id
  on conflict (run_model_id) do update set queued = t.queued + excluded.queued;
  return null;
end;
$$;
comment on function private.count_new_cells() is 'Adds new cells, which are queued, to the totals of their models.';

create function private.count_changed_cells() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.run_model_totals t
  set queued = t.queued + d.queued, running = t.running + d.running, complete = t.complete + d.complete,
    failed = t.failed + d.failed, skipped = t.skipped + d.skipped, cancelled = t.cancelled + d.cancelled,
    cut_off = t.cut_off + d.cut_off, cached = t.cached + d.cached, graded = t.graded + d.graded,
    overridden = t.overridden + d.overridden,
    grader_failures = t.grader_failures + d.grader_failures, score_sum = t.score_sum + d.score_sum,
    tokens_in = t.tokens_in + d.tokens_in, tokens_out = t.tokens_out + d.tokens_out,
    tokens_cached = t.tokens_cached + d.tokens_cached, priced = t.priced + d.priced,
    cost_usd = t.cost_usd + d.cost_usd, grader_cost_usd = t.grader_cost_usd + d.grader_cost_usd
  from (
    select x.run_model_id,
      sum(case x.status when 'queued' then x.sign else 0 end) as queued,
      sum(case x.status when 'running' then x.sign else 0 end) as running,
      sum(case x.status when 'complete' then x.sign else 0 end) as complete,
      sum(case x.status when 'failed' then x.sign else 0 end) as failed,
      sum(case x.status when 'skipped' then x.sign else 0 end) as skipped,
      sum(case x.status when 'cancelled' then x.sign else 0 end) as cancelled,
      sum(case x.answer_ending when 'length' then x.sign else 0 end) as cut_off,
      sum(case when x.is_cached then x.sign else 0 end) as cached,
      sum(case when x.grade_score is null then 0 else x.sign end) as graded,
      sum(case when x.human_score is null then 0 else x.sign end) as overridden,
      sum(case when x.grader_error is null then 0 else x.sign end) as grader_failures,
      sum(x.sign * coalesce(x.grade_score, 0)::numeric) as score_sum,
      sum(x.sign * coalesce(x.tokens_in, 0)) as tokens_in,
      sum(x.sign * coalesce(x.tokens_out, 0)) as tokens_out,
      sum(x.sign * coalesce(x.tokens_cached, 0)) as tokens_cached,
      sum(case when x.cost_usd is null then 0 else x.sign end) as priced,
      sum(x.sign * coalesce(x.cost_usd, 0)) as cost_usd,
      sum(x.sign * coalesce(x.grader_cost_usd, 0)) as grader_cost_usd
    from (select 1 as sign, a.* from after a union all select -1, b.* from before b) x
    group by x.run_model_id
  ) d
  where t.run_model_id = d.run_model_id;
  insert into private.run_model_latencies as l (run_model_id, bucket, calls)
  select x.run_model_id, private.latency_bucket(x.latency_ms), sum(x.sign)
  from (select 1 as sign, a.* from after a union all select -1, b.* from before b) x
  where x.status = 'complete' and not x.is_cached and x.latency_ms is not null
  group by 1, 2
  having sum(x.sign) <> 0
  on conflict (run_model_id, bucket) do update set calls = l.calls + excluded.calls;
  return null;
end;
$$;
comment on function private.count_changed_cells() is
  'Adds the difference that a statement made to the totals. Definer, because owners who override a grade may not write totals.';
create trigger run_cells_count_new after insert on public.run_cells
  referencing new table as after for each statement execute function private.count_new_cells();
create trigger run_cells_count_changed after update on public.run_cells
  referencing old table as before new table as after for each statement execute function private.count_changed_cells();
grant execute on function private.latency_bucket, private.bucket_latency, private.count_new_cells to service_role;

alter table public.run_model_totals enable row level security;
grant select on public.run_model_totals to authenticated;
grant select, insert, update, delete on public.run_model_totals to service_role;
create policy "Viewers read their runs' totals" on public.run_model_totals
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
alter table private.run_model_latencies enable row level security;
grant select, insert, update, delete on private.run_model_latencies to service_role;
create policy "Workers do everything" on private.run_model_latencies
  for all to service_role using (true) with check (true);

alter publication supabase_realtime add table public.run_model_totals;
