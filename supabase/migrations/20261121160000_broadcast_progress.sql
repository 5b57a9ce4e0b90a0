-- Visitors follow a running report on the private channel share:<token>. Policies of the tables do not
-- reach them there, for Realtime sees no request headers: so they get counts, sent from here, and no rows.
create function private.broadcast_progress(p_report uuid, p_runs_left integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_report public.reports;
begin
  select * into v_report from public.reports
  where id = p_report and share_token is not null and (share_expires_at is null or share_expires_at > now());
  if not found then
    return;
  end if;
  perform realtime.send(
    private.read_progress(v_report.id) - 'report_id' || jsonb_build_object('runs_left',
      -- Beside those that have jobs, what a race holds back.
      p_runs_left + coalesce((select c.held_runs from private.races c where c.report_id = p_report), 0)),
    'progress', 'share:' || v_report.share_token, true
  );
end;
$$;
comment on function private.broadcast_progress(uuid, integer) is
  'Tells the visitors of a report''s link {status, started_at, runs_left, models: [{model_id, name, queued, running, complete, failed, skipped, accuracy, cost_per_run}], waiting_for: [{provider, since, next_try_at}], paused_since}; what ends with the batch that is being written is counted in runs_left first, in models with the next message. Definer, because only its owner may send on these channels.';

-- Once a second at most, for it is on the way of every batch of results, and the more seldom the more there is
-- to count (1 to 3 ms for 1,000 runs). What is held back comes with the next batch, or with the report's last
-- status.
alter table private.job_groups add column announce_from timestamptz not null default '-infinity';
comment on column private.job_groups.announce_from is 'From then on visitors are told again how many jobs are left.';

create function private.announce_progress() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.open_jobs < old.open_jobs then
    new.announce_from := clock_timestamp() + greatest(1, old.open_jobs / 1000.0) * interval '1 second';
    perform private.broadcast_progress(new.id, new.open_jobs);
  end if;
  return new;
end;
$$;
comment on function private.announce_progress() is 'Tells of a batch of results; the condition of its trigger keeps it from doing so too often.';
grant execute on function private.broadcast_progress, private.announce_progress to service_role;
create trigger job_groups_announce before update of open_jobs on private.job_groups
  -- A short condition, for each statement that writes there parses it anew.
  for each row when (old.announce_from < clock_timestamp())
  execute function private.announce_progress();

create function private.broadcast_report_status() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform private.broadcast_progress(
    new.id, coalesce((select g.open_jobs from private.job_groups g where g.id = new.id), 0)
  );
  return null;
end;
$$;
comment on function private.broadcast_report_status() is 'Tells the link''s visitors of every move of their report.';
grant execute on function private.broadcast_report_status to authenticated, service_role;
create trigger reports_broadcast after update of status on public.reports
  for each row when (new.status is distinct from old.status) execute function private.broadcast_report_status();

create function private.broadcast_pause() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  perform private.broadcast_progress(g.id, g.open_jobs)
  from private.job_groups g
  where g.open_jobs > 0 and exists (
    select from private.job_lanes l where l.group_id = g.id and l.provider = coalesce(new.provider, old.provider)
  );
  return null;
end;
$$;
comment on function private.broadcast_pause() is
  'Tells the links'' visitors of reports that begin to wait for a provider that refuses our account, or go on.';
grant execute on function private.broadcast_pause to service_role;
create trigger provider_circuits_broadcast_insert after insert on private.provider_circuits
  for each row when (new.is_parked) execute function private.broadcast_pause();
create trigger provider_circuits_broadcast_update after update of is_parked on private.provider_circuits
  for each row when (new.is_parked is distinct from old.is_parked) execute function private.broadcast_pause();
create trigger provider_circuits_broadcast_delete after delete on private.provider_circuits
  for each row when (old.is_parked) execute function private.broadcast_pause();

-- Reading only: with no policy for insert, nobody sends.
create policy "Visitors with its token follow a report" on realtime.messages
  for select to anon, authenticated
  using (
    extension = 'broadcast' and (select realtime.topic()) like 'share:%'
    and (select private.find_shared_report(substr(realtime.topic(), 7))) is not null
  );
