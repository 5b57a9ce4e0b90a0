-- Visitors follow a running report on the private channel share:<token>. Policies of the tables do not
-- reach them there, for Realtime sees no request headers: so they get counts, sent from here, and no rows.
create function private.broadcast_progress(p_report uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_report public.reports;
  v_open integer;
begin
  select * into v_report from public.reports
  where id = p_report and share_token is not null and (share_expires_at is null or share_expires_at > now());
  if not found then
    return;
  end if;
  select g.open_jobs into v_open from private.job_groups g where g.id = p_report;
  perform realtime.send(
    jsonb_build_object('status', v_report.status, 'runs_left', coalesce(v_open, 0)),
    'progress', 'share:' || v_report.share_token, true
  );
end;
$$;
comment on function private.broadcast_progress(uuid) is
  'Tells the visitors of a report''s link its status and how many runs are left. Definer, because only its owner may send on these channels.';
grant execute on function private.broadcast_progress(uuid) to service_role;

create function private.broadcast_group_progress() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform private.broadcast_progress(new.id);
  return null;
end;
$$;
comment on function private.broadcast_group_progress() is 'Once for each batch of results, for they end in one update of the group.';
grant execute on function private.broadcast_group_progress() to service_role;
create trigger job_groups_broadcast after update of open_jobs on private.job_groups
  for each row when (new.open_jobs < old.open_jobs) execute function private.broadcast_group_progress();

create function private.broadcast_report_status() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform private.broadcast_progress(new.id);
  return null;
end;
$$;
comment on function private.broadcast_report_status() is 'Tells the link''s visitors of every move of their report.';
grant execute on function private.broadcast_report_status() to authenticated, service_role;
create trigger reports_broadcast after update of status on public.reports
  for each row when (new.status is distinct from old.status) execute function private.broadcast_report_status();

-- Reading only: with no policy for insert, nobody sends.
create policy "Visitors with its token follow a report" on realtime.messages
  for select to anon, authenticated
  using (
    extension = 'broadcast' and (select realtime.topic()) like 'share:%'
    and (select private.find_shared_report(substr(realtime.topic(), 7))) is not null
  );
