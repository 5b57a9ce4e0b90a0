-- The state of an issue is a fold over its events in the order of the runs' timestamps: hits, clean runs, and
-- statuses that its owner set. The latest run of a suite is one step from the state before. A late run replays
-- the issues that it touches. In both cases the state depends only on the set of runs.

create function private.step_issue(
  p_state jsonb, p_kind text, p_at timestamptz, p_tie text, p_run bigint, p_branch text, p_word text,
  p_clean_runs integer
) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_status constant text := p_state ->> 'status';
  v_open jsonb := coalesce(p_state -> 'open', '{}');
  v_state jsonb := p_state;
begin
  if p_kind in ('hit', 'old hit') then
    if p_state ->> 'first_at' is null
      or (p_at, p_tie collate "C") < ((p_state ->> 'first_at')::timestamptz, p_state ->> 'first_tie' collate "C")
    then
      v_state := v_state || jsonb_build_object(
        'first_at', p_at, 'first_tie', p_tie, 'first_run', p_run, 'severity', p_word);
    end if;
    if p_state ->> 'last_at' is null
      or (p_at, p_tie collate "C") > ((p_state ->> 'last_at')::timestamptz, p_state ->> 'last_tie' collate "C")
    then
      v_state := v_state || jsonb_build_object('last_at', p_at, 'last_tie', p_tie, 'last_run', p_run);
    end if;
    if p_kind = 'old hit' then
      return v_state;
    end if;
    v_state := v_state || jsonb_build_object('branch', p_branch, 'open', v_open || jsonb_build_object(p_branch, 0));
    if v_status is null then
      return v_state || '{"status": "OPEN", "trend": "new"}';
    elsif v_status = 'RESOLVED' then
      return v_state || '{"status": "OPEN", "trend": "regressed", "resolved_at": null, "resolved_run": null}';
    end if;
    return v_state || jsonb_build_object('trend', case when p_state ->> 'last_at' is null then 'new' else 'recurring' end);
  end if;

  if p_kind = 'clean' then
    if not v_open ? p_branch then
      return p_state;
    elsif (v_open ->> p_branch)::integer + 1 < p_clean_runs then
      return p_state || jsonb_build_object('open',
        v_open || jsonb_build_object(p_branch, (v_open ->> p_branch)::integer + 1));
    end if;
    v_open := v_open - p_branch;
    v_state := p_state || jsonb_build_object('open', v_open);
    if v_open = '{}' and v_status in ('OPEN', 'IN_PROGRESS') then
      v_state := v_state || jsonb_build_object(
        'status', 'RESOLVED', 'trend', 'resolved', 'resolved_at', p_at, 'resolved_run', p_run);
    end if;
    return v_state;
  end if;

  -- A status that the owner set.
  if p_word is not distinct from v_status then
    return p_state;
  elsif p_word = 'RESOLVED' then
    return p_state || jsonb_build_object('status', p_word, 'trend', 'resolved', 'resolved_at', p_at,
      'resolved_run', null, 'open', '{}'::jsonb);
  end if;
  v_state := p_state || jsonb_build_object('status', p_word, 'resolved_at', null, 'resolved_run', null);
  if v_status = 'RESOLVED' and p_word <> 'WONT_FIX' then
    v_state := v_state || '{"trend": "recurring"}';
  end if;
  -- The owner reopened it: clean runs of the branch where it was seen last are counted from here.
  if p_word <> 'WONT_FIX' and v_open = '{}' and p_state ->> 'branch' is not null then
    v_state := v_state || jsonb_build_object('open', jsonb_build_object(p_state ->> 'branch', 0));
  end if;
  return v_state;
end;
$$;
comment on function private.step_issue(jsonb, text, timestamptz, text, bigint, text, text, integer) is
  'Returns an issue''s state after one more event. State: {status, trend, open: {branch: clean runs so far}, branch (of the last hit), severity (of the first hit), first_at, first_tie, first_run, last_at, last_tie, last_run, resolved_at, resolved_run}; {} at the beginning. Kinds: hit (word: its severity), old hit (from before the baseline: counts as an occurrence, changes no status), clean, owner (word: the status).';

create function private.list_issue_events(p_issues bigint[], p_until_at timestamptz, p_until_tie text)
returns table (
  issue_id bigint, happened_at timestamptz, tie text, kind text, run_id bigint, branch_name text, word text
)
language sql stable set search_path = '' as $$
  with chosen as materialized (
    select i.id, i.owner_id, i.suite, s.baseline, t.clean_runs,
      case when s.baseline is null then '-infinity' else coalesce(h.run_timestamp, '-infinity') end as from_at,
      coalesce(h.tie, '') as from_tie
    from public.issues i
    join private.issue_states s on s.issue_id = i.id
    left join private.tracking_horizons h on h.owner_id = i.owner_id and h.suite = i.suite
    cross join private.tracking_settings t
    where i.id = any (p_issues)
  ),
  hits as materialized (
    select distinct on (o.issue_id, o.run_id) o.issue_id, j.run_timestamp, j.tie, o.run_id, j.branch_name, o.severity,
      (j.run_timestamp, j.tie) > (c.from_at, c.from_tie) as is_live
    from chosen c
    join public.issue_occurrences o on o.issue_id = c.id
    join private.judged_runs j on j.run_id = o.run_id
    where (j.run_timestamp, j.tie) <= (p_until_at, p_until_tie)
    order by o.issue_id, o.run_id
  ),
  words as materialized (
    select c.id as issue_id, w.effective_at, '~' || lpad(w.id::text, 19, '0') as tie, w.new_status
    from chosen c
    join public.issue_status_changes w on w.issue_id = c.id and w.changed_by = 'owner'
    where (w.effective_at, '~'::text) > (c.from_at, c.from_tie)
      and (w.effective_at, '~'::text) <= (p_until_at, p_until_tie)
  ),
  -- Clean runs of a branch are counted from here, at most as many as resolve the issue and only up to the next
  -- start. Later ones have no effect.
  starts as (
    select h.issue_id, h.branch_name, h.run_timestamp as from_at, h.tie as from_tie from hits h where h.is_live
    union
    select w.issue_id, b.branch_name, w.effective_at, w.tie
    from words w
    cross join lateral (select distinct t.branch_name from private.issue_tests t where t.issue_id = w.issue_id) b
    union
    select c.id, b.branch_name, c.from_at, c.from_tie
    from chosen c cross join lateral jsonb_object_keys(c.baseline -> 'open') b (branch_name)
  ),
  spans as (
    select s.*, lead(s.from_at) over upwards as to_at, lead(s.from_tie) over upwards as to_tie
    from starts s
    window upwards as (partition by s.issue_id, s.branch_name order by s.from_at, s.from_tie)
  )
  select h.issue_id, h.run_timestamp, h.tie, case when h.is_live then 'hit' else 'old hit' end, h.run_id, h.branch_name,
    h.severity
  from hits h
  union all
  select w.issue_id, w.effective_at, w.tie, 'owner', null, null, w.new_status from words w
  union all
  select s.issue_id, r.run_timestamp, r.tie, 'clean', r.run_id, s.branch_name, null
  from spans s
  join chosen c on c.id = s.issue_id
  cross join lateral (
    select j.run_timestamp, j.tie, j.run_id
    from private.judged_runs j
    where j.owner_id = c.owner_id and j.suite = c.suite and j.branch_name = s.branch_name and not j.is_outage
      and (j.run_timestamp, j.tie) > (s.from_at, s.from_tie)
      and (j.run_timestamp, j.tie) < (coalesce(s.to_at, 'infinity'), coalesce(s.to_tie, ''))
      and (j.run_timestamp, j.tie) <= (p_until_at, p_until_tie)
      and exists (
        select from private.issue_tests t
        where t.issue_id = s.issue_id and t.branch_name = s.branch_name
          and (t.first_at, t.first_tie) < (j.run_timestamp, j.tie)
          and case when t.test_key = '00000000-0000-0000-0000-000000000000' then j.is_whole
            else exists (
              select from public.test_results x
              where x.owner_id = c.owner_id and x.test_key = t.test_key and x.run_id = j.run_id
                and x.is_counted and x.status = 'PASS'
            ) end
      )
    order by j.run_timestamp, j.tie
    limit c.clean_runs
  ) r
$$;
comment on function private.list_issue_events(bigint[], timestamptz, text) is
  'Returns the events of issues from their baselines up to a position in the order of runs: hits, statuses that the owner set, and relevant clean runs. A clean run is relevant if a test that had the issue on the branch ran and passed.';

create function private.fold_issues(p_issues bigint[], p_run bigint, p_until_at timestamptz, p_until_tie text)
returns table (issue_id bigint, state jsonb, changes jsonb)
language plpgsql stable set search_path = '' as $$
declare
  v_clean_runs constant integer := (select t.clean_runs from private.tracking_settings t);
  v_events refcursor;
  e record;
  v_before text;
begin
  if p_run is null then
    open v_events for
      select s.issue_id as issue, coalesce(s.baseline, '{}') as begun, v.*
      from private.issue_states s
      left join private.list_issue_events(p_issues, p_until_at, p_until_tie) v on v.issue_id = s.issue_id
      where s.issue_id = any (p_issues)
      order by s.issue_id, v.happened_at, v.tie collate "C";
  else
    open v_events for
      select h.issue_id as issue, h.head as begun, h.issue_id, j.run_timestamp as happened_at, j.tie,
        case when h.severity is null then 'clean' else 'hit' end as kind, j.run_id, j.branch_name, h.severity as word
      from (
        -- A union instead of a join: statistics from before this run say that it has no occurrences, and the planner
        -- then reads all of them for each issue.
        select u.issue_id, (array_agg(u.head) filter (where u.head is not null))[1] as head, min(u.severity) as severity
        from (
          select s.issue_id, s.head, null as severity from private.issue_states s where s.issue_id = any (p_issues)
          union all
          select o.issue_id, null, o.severity from public.issue_occurrences o where o.run_id = p_run
        ) u
        group by u.issue_id
      ) h
      join private.judged_runs j on j.run_id = p_run
      where h.head is not null
      order by h.issue_id;
  end if;
  loop
    fetch v_events into e;
    if issue_id is distinct from e.issue then
      if issue_id is not null then
        return next;
      end if;
      exit when e.issue is null;
      issue_id := e.issue;
      state := e.begun;
      changes := '[]';
    end if;
    exit when e.issue is null;
    continue when e.kind is null;
    v_before := state ->> 'status';
    state := private.step_issue(state, e.kind, e.happened_at, e.tie, e.run_id, e.branch_name, e.word, v_clean_runs);
    if e.kind <> 'owner' and state ->> 'status' is distinct from v_before then
      changes := changes || jsonb_build_object('old_status', v_before, 'new_status', state ->> 'status',
        'trend', state ->> 'trend', 'run_id', e.run_id, 'effective_at', e.happened_at);
    end if;
  end loop;
  close v_events;
end;
$$;
comment on function private.fold_issues(bigint[], bigint, timestamptz, text) is
  'Computes the states of issues and their changes of status. With a run it takes one step from the head; without one it replays from the baseline up to a position in the order of runs.';

create function private.title_failure(p_about text, p_class text, p_message text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select left(concat_ws(': ', p_about, coalesce(
    nullif(regexp_replace(btrim(substring(
      regexp_replace(
        regexp_replace(left(p_message, 2000), '(\x1b|\ufffd|#x1B\y)(\[[0-9;]*[A-Za-z])?', '', 'g'),
        '^(\s*(=+|● [^\n]*|Error Trace:[^\n]*|\S+\.go:\d+|Failure/Error:[^\n]*)\s*\n)+\s*(Error:\s\s+)?', ''
      ) from '[^\s][^\n]*'
    )), '\s+', ' ', 'g'), ''),
    nullif(p_class, ''), 'fails without a message'
  )), 300)
$$;
comment on function private.title_failure(text, text, text) is
  'Returns a title for a failure: what it is about, if one word says it, and the first line of the message that says what failed.';

create function private.settle_issues(p_issues bigint[], p_run bigint) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_folded jsonb;
begin
  -- Locks the issues, so that an owner sets a status before or after this, not in between.
  perform from public.issues i where i.id = any (p_issues) order by i.id for update;
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') into v_folded
  from private.fold_issues(p_issues, p_run, 'infinity', '') f;

  if p_run is null then
    -- The first occurrence may have changed, and title and priority with it.
    with described as (
      select f.issue_id, f.state ->> 'severity' as priority, d.title, d.description
      from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
      join private.issue_states s on s.issue_id = f.issue_id
        and s.head -> 'first_run' is distinct from f.state -> 'first_run'
      join public.issues i on i.id = f.issue_id
      left join lateral (
        select private.title_failure(
            case when min(x.tool_name) over () = max(x.tool_name) over () then x.tool_name end,
            x.error_class, x.error_message
          ) as title, left(x.error_message, 2000) as description
        from public.issue_occurrences o join public.test_results x on x.id = o.test_result_id
        where o.issue_id = f.issue_id and o.run_id = (f.state ->> 'first_run')::bigint
          and i.detection_key !~ '^(known|run):'
        order by x.ordinal limit 1
      ) d on true
    ),
    renamed as (
      update public.issues i
      set title = case when i.title = s.auto_title then coalesce(d.title, i.title) else i.title end,
        description = case when i.description is not distinct from s.auto_description and d.title is not null
          then d.description else i.description end,
        priority = case when i.priority = s.auto_priority then coalesce(d.priority, i.priority) else i.priority end
      from described d join private.issue_states s on s.issue_id = d.issue_id
      where i.id = d.issue_id
    )
    update private.issue_states s
    set auto_title = coalesce(d.title, s.auto_title),
      auto_description = case when d.title is null then s.auto_description else d.description end,
      auto_priority = coalesce(d.priority, s.auto_priority)
    from described d
    where s.issue_id = d.issue_id;

    delete from public.issue_status_changes c
    using jsonb_to_recordset(v_folded) as f (issue_id bigint, changes jsonb)
    where c.issue_id = f.issue_id and c.changed_by = 'detector' and not c.is_settled
      and not f.changes @> jsonb_build_array(jsonb_build_object(
        'old_status', c.old_status, 'new_status', c.new_status, 'trend', c.trend, 'run_id', c.run_id));
  end if;

  insert into public.issue_status_changes (
    issue_id, owner_id, old_status, new_status, trend, run_id, effective_at, changed_by
  )
  select f.issue_id, i.owner_id, n.old_status, n.new_status, n.trend, n.run_id, n.effective_at, 'detector'
  from jsonb_to_recordset(v_folded) as f (issue_id bigint, changes jsonb)
  join public.issues i on i.id = f.issue_id
  cross join lateral jsonb_to_recordset(f.changes) as n (
    old_status text, new_status text, trend text, run_id bigint, effective_at timestamptz
  )
  where not exists (
    select from public.issue_status_changes c
    where c.issue_id = f.issue_id and c.changed_by = 'detector' and not c.is_settled and c.run_id = n.run_id
      and c.new_status = n.new_status
  );

  -- Written before issues, whose trigger takes a status that differs from the head's as set by the owner.
  update private.issue_states s set head = f.state
  from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
  where s.issue_id = f.issue_id and s.head <> f.state;

  update public.issues i
  set status = n.status, trend = n.trend, first_detected_at = n.first_at, last_detected_at = n.last_at,
    first_detected_run_id = n.first_run, last_detected_run_id = n.last_run, resolved_at = n.resolved_at,
    resolved_run_id = n.resolved_run, occurrence_count = n.occurrences, run_count = n.runs, affected_tools = n.tools
  from (
    select f.issue_id, x.*, o.occurrences, o.runs, t.tools,
      (select r.id from public.test_runs r where r.id = x.first_run_id) as first_run,
      (select r.id from public.test_runs r where r.id = x.last_run_id) as last_run,
      (select r.id from public.test_runs r where r.id = x.resolved_run_id) as resolved_run
    from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
    join public.issues i on i.id = f.issue_id
    cross join lateral (
      select coalesce(f.state ->> 'status', i.status) as status, coalesce(f.state ->> 'trend', i.trend) as trend,
        (f.state ->> 'first_at')::timestamptz as first_at, (f.state ->> 'last_at')::timestamptz as last_at,
        (f.state ->> 'first_run')::bigint as first_run_id, (f.state ->> 'last_run')::bigint as last_run_id,
        (f.state ->> 'resolved_run')::bigint as resolved_run_id, (f.state ->> 'resolved_at')::timestamptz as resolved_at
    ) x
    cross join lateral (
      select count(*) + i.pruned_occurrences as occurrences, count(distinct o.run_id) + i.pruned_runs as runs
      from public.issue_occurrences o where o.issue_id = f.issue_id
    ) o
    cross join lateral (
      select coalesce(array_agg(distinct t.tool_name order by t.tool_name) filter (where t.tool_name <> ''), '{}') as tools
      from private.issue_tests t where t.issue_id = f.issue_id
    ) t
  ) n
  where i.id = n.issue_id
    and (i.status, i.trend, i.first_detected_at, i.last_detected_at, i.first_detected_run_id, i.last_detected_run_id,
      i.resolved_at, i.resolved_run_id, i.occurrence_count, i.run_count, i.affected_tools)
    is distinct from (n.status, n.trend, n.first_at, n.last_at, n.first_run, n.last_run, n.resolved_at, n.resolved_run,
      n.occurrences, n.runs, n.tools);
end;
$$;
comment on function private.settle_issues(bigint[], bigint) is
  'Updates issues to the state that follows from their events: by one step for a run after all others, or by a replay (null). The caller holds the suite''s lock.';

create function private.lock_suite(p_owner uuid, p_suite text) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended(p_owner::text || ' ' || p_suite, 220621))
$$;
comment on function private.lock_suite(uuid, text) is
  'Locks a suite until commit: no other transaction processes or deletes its runs. A transaction that waited sees what the one before has committed.';

grant execute on function private.step_issue, private.list_issue_events, private.fold_issues, private.title_failure,
  private.settle_issues, private.lock_suite to service_role;
