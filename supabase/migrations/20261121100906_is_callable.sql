create function private.is_callable(p_group uuid) returns boolean
language sql stable set search_path = '' as $$
  select not exists (select from private.provider_circuits) or exists (
    select from private.callable_lanes l
    cross join lateral (
      select from private.waiting_jobs q where q.group_id = l.group_id and q.lane = l.lane limit 1
    ) head
    where l.group_id = p_group and l.callable_at <= now()
  )
$$;
comment on function private.is_callable(uuid) is
  'Whether one of the group''s waiting jobs is for a provider that takes calls now. A group that only waits for others takes no turn.';
grant execute on function private.is_callable to service_role;
