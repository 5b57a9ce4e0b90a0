create function public.import_issues(p_owner uuid, p_issues jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_counts jsonb;
begin
  -- Raises the counters, so that the detector never assigns a code of the list again. Locks them first and in
  -- the detector's order, which prevents a deadlock.
  insert into private.issue_counters as c (owner_id, area, priority, last_number)
  select p_owner, n.code[1], n.code[2], max(n.code[3]::integer)
  from jsonb_to_recordset(p_issues) as x (issue_code text)
  cross join lateral regexp_matches(x.issue_code, '^(.+)-(CRITICAL|HIGH|MEDIUM|LOW)-0*([1-9][0-9]{0,8})$') as n (code)
  group by n.code[1], n.code[2]
  order by n.code[1], n.code[2]
  on conflict (owner_id, area, priority) do update
  set last_number = greatest(c.last_number, excluded.last_number);

  with given as (
    select distinct on (x.issue_code) x.issue_code, coalesce(x.suite, 'default') as suite, x.title, x.description,
      x.category, x.priority, x.root_cause, x.resolution, coalesce(x.is_resolved, false) as is_resolved,
      x.affected_tools
    from jsonb_to_recordset(p_issues) as x (
      issue_code text, suite text, title text, description text, category text, priority text, is_resolved boolean,
      affected_tools text[], root_cause text, resolution text
    )
    order by x.issue_code
  ),
  written as (
    insert into public.issues as i (
      owner_id, issue_code, suite, title, description, category, priority, root_cause, resolution, status, trend,
      affected_tools, resolved_at
    )
    select p_owner, g.issue_code, g.suite, g.title, g.description, coalesce(g.category, 'production'),
      coalesce(g.priority, 'MEDIUM'), g.root_cause, g.resolution,
      case when g.is_resolved then 'RESOLVED' else 'OPEN' end,
      case when g.is_resolved then 'resolved' else 'new' end, coalesce(g.affected_tools, '{}'),
      case when g.is_resolved then now() end
    from given g
    on conflict (owner_id, issue_code) do update
    set title = excluded.title, description = coalesce(excluded.description, i.description),
      category = excluded.category, priority = excluded.priority,
      root_cause = coalesce(excluded.root_cause, i.root_cause),
      resolution = coalesce(excluded.resolution, i.resolution),
      affected_tools = case when excluded.affected_tools = '{}' then i.affected_tools else excluded.affected_tools end,
      -- A list may be older than the stored issue, so it may resolve the issue but never reopen it.
      status = case when excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS') then 'RESOLVED'
        else i.status end,
      trend = case when excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS') then 'resolved'
        else i.trend end,
      resolved_at = case when excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS') then now()
        else i.resolved_at end
    where (i.title, i.category, i.priority, i.description, i.root_cause, i.resolution) is distinct from (
        excluded.title, excluded.category, excluded.priority, coalesce(excluded.description, i.description),
        coalesce(excluded.root_cause, i.root_cause), coalesce(excluded.resolution, i.resolution)
      )
      or (excluded.affected_tools <> '{}' and excluded.affected_tools is distinct from i.affected_tools)
      or (excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS'))
    returning i.xmax = 0 as is_new
  )
  select jsonb_build_object(
    'added', count(*) filter (where w.is_new), 'changed', count(*) filter (where not w.is_new),
    'known', (select count(*) from given) - count(*)
  ) into v_counts from written w;
  return v_counts;
end;
$$;
comment on function public.import_issues(uuid, jsonb) is
  'Imports a checklist as a whole or not at all: [{issue_code, suite, title, description, category, priority, root_cause, resolution, is_resolved, affected_tools}], identified by their codes. Returns {added, changed, known}. Resolved issues of the list are resolved here; open ones reopen nothing.';

grant execute on function public.import_issues to service_role;
