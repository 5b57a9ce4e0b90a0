create function private.name_area(p_name text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select coalesce(nullif(btrim(left(regexp_replace(upper(w.word), '[^A-Z0-9]+', '-', 'g'), 24), '-'), ''), 'TEST')
  from (
    select regexp_replace(
      -- Takes the last part of a path or a qualified name without the file's extension and the word test.
      regexp_replace(
        regexp_replace(split_part(btrim(p_name), ' > ', 1), '(\.(ts|tsx|js|jsx|mjs|cjs|py|rb|go|rs|java|kt|cs|php|sql|xml))+$', '', 'i'),
        '^.*[/\\.:](?=[^/\\.:]*[A-Za-z0-9])', ''
      ),
      '(^|[_.-])(tests?|specs?|e2e)(?=$|[_.-])|(?<=[a-z0-9])(Tests?|Specs?|TestCase)$|^Test(?=[A-Z])', '', 'g'
    ) as word
  ) w
$$;
comment on function private.name_area(text) is
  'Returns the <AREA> of an issue''s code from the name of a class, file, test or suite: tests/chat_wall_test.ts → CHAT-WALL.';

create function private.read_symptom(p_class text, p_message text) returns text
language sql immutable parallel safe set search_path = '' as $$
  with plain as (
    select regexp_replace(
      regexp_replace(left(p_message, 8000), '(\x1b|\ufffd|#x1B)\[[0-9;]*[A-Za-z]', '', 'g'),
      'Error Trace:[^\n]*\n(\s+\S+\.go:\d+\s*\n)*', '', 'g') as text
  ),
  said as (
    -- The class, four lines before a stack trace or the test's source, and causes and pytest's errors below them.
    select left(concat_ws(e'\n', p_class,
      substring(regexp_replace(p.text,
        '\n(\s+at |\s*(File "|#\d|goroutine |Traceback|stack backtrace|Call log:|>  |def |async def |@)).*', '')
        from '^\s*(?:[^\n]+\n\s*){0,3}[^\n]*'),
      (select string_agg(c.line[1], e'\n')
        from regexp_matches(p.text, '\n(?:\s*(?:Caused by:?|--->)\s+|E {3})([^\n]+)', 'g') c (line))
    ), 2000) as text
    from plain p
  ),
  -- Quoted text is data, except in JSON and repr(): a message or code there is what a service answered.
  answered as (
    select regexp_replace(regexp_replace(regexp_replace(s.text,
      '["''](\w+)["'']\s?:', '\1:', 'g'),
      '\y(code|desc|description|err|error|message|msg|reason|status|type)(\s?[:=]\s?)["'']([^"''\n]*)["'']', '\1\2\3', 'g'),
      '(Error|Exception)\(["'']', '\1(', 'g') as text
    from said s
  ),
  unquoted as (
    select regexp_replace(regexp_replace(regexp_replace(a.text,
      '"[^"\n]*"', '""', 'g'), '`[^`\n]*`', '``', 'g'), '(^|[^\w(])''[^''\n]*''', '\1''''', 'g') as text
    from answered a
  )
  -- What was expected is not what happened, "expected status 401, got 200" is no 401, and a name is no event.
  select regexp_replace(regexp_replace(u.text,
    '\y(?:expected|expecting|expects|expect|wanted|wants|want|should be|should have|should equal|should return|'
      || 'should contain|to be|to equal|to have|to match|to contain|to include|toBe|toEqual|instead of|rather than|'
      || 'did not raise|did not throw)\y[^\n,;]{0,80}?(?=\y(?:but|got|received|actual|found|was|were)\y|[,;\n]|$)',
    '', 'gi'),
    '\S+\s*(?:[!=]==?|<>|\yis not (?:an?|defined|iterable|equal|None|nil|null|true)\y|\ynot in\y)\s*\S*', '', 'gi')
  from unquoted u
$$;
comment on function private.read_symptom(text, text) is
  'Returns what common patterns are searched in: error class, first lines and causes of a message, without quoted texts, expected values and comparisons.';

create function private.find_failures(p_run bigint)
returns table (
  test_result_id bigint, ordinal integer, test_key uuid, tool_name text, detection_key text, title text,
  description text, category text, severity text, area_source text, root_cause text, fingerprint_version smallint,
  error_class text
)
language sql stable set search_path = '' as $$
  with run as materialized (
    select r.id, r.owner_id, r.suite, r.tests_passed, r.tests_failed, r.pass_rate, j.is_outage
    from public.test_runs r join private.judged_runs j on j.run_id = r.id
    where r.id = p_run
  ),
  failing as (
    select x.*, left(concat_ws(': ', x.error_class, x.error_message), 2000) as said
    from run r join public.test_results x on x.run_id = r.id
    where x.status in ('FAIL', 'ERROR') and x.is_counted and not r.is_outage
  ),
  -- Windows instead of joins: the planner has no statistics of rows of this transaction, expects one, and compares
  -- each failure with each other one, which took 40 s for 8,800 failures. Each message is matched once, at the first
  -- of its failures.
  matched as (
    select m.*, case when m.place = 1 then (
      with symptom as materialized (select private.read_symptom(m.error_class, m.error_message) as text)
      select k.id from symptom y cross join public.known_failures k
      where case when k.owner_id is null then y.text ~* k.pattern
        else k.owner_id = m.owner_id and m.said ~* k.pattern end
      -- The owner's patterns come before the common ones, and older ones before newer ones.
      order by k.owner_id is null, k.id limit 1
    ) end as found_id
    from (select f.*, row_number() over (partition by f.said order by f.id) as place from failing f) m
  ),
  recognized as (
    select m.*, max(m.found_id) over (partition by m.said) as known_id from matched m
  ),
  named as (
    select n.*, coalesce(k.is_symptom, true) as by_cause, concat_ws(':', 'known:' || n.known_id,
      case when not k.is_symptom then null
        when n.failure_fingerprint is null then 'test:' || n.test_key
        else concat_ws(':', case when k.id is null then 'failure' end, n.fingerprint_version, n.failure_fingerprint)
      end) as key
    from recognized n left join public.known_failures k on k.id = n.known_id
  ),
  weighed as (
    -- FAIL is MEDIUM, ERROR (outside of assertions) HIGH, and an expected failure that passed LOW. It is one level
    -- higher if at least five tests and a tenth of those that ran have it.
    select n.*, case when min(n.tool_name) over same = max(n.tool_name) over same then n.tool_name end as only_tool,
      greatest(1,
      case when bool_and(n.execution_status is not distinct from 'xpass') over same then 4
        when bool_or(n.status = 'ERROR') over same then 2 else 3 end
      - case when count(*) over same >= greatest(5, 0.1 * (r.tests_passed + r.tests_failed)) then 1 else 0 end
    ) as level
    from named n cross join run r
    window same as (partition by n.key)
  )
  select n.id, n.ordinal, n.test_key, n.tool_name, n.key,
    -- A cause of several tests has no test in its title.
    case when n.by_cause then private.title_failure(coalesce(k.title, n.only_tool), n.error_class, n.error_message)
      else k.title end,
    case when n.by_cause then left(n.error_message, 2000) end,
    coalesce(k.category, 'production'),
    coalesce(k.priority, (array['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'])[n.level]),
    case when n.known_id is not null then r.suite
      else coalesce(nullif(n.class_name, ''), n.file_path, n.tool_name) end,
    k.root_cause, case when n.by_cause then n.fingerprint_version end, n.error_class
  from weighed n cross join run r left join public.known_failures k on k.id = n.known_id
  union all
  select null, 0, '00000000-0000-0000-0000-000000000000', '', 'run:outage', 'Most of a run failed at once',
    'At least the share of private.tracking_settings.outage_share of the tests failed in one run: they count as one failure of the environment, and none gets an issue of its own.',
    'test_infrastructure', 'CRITICAL', r.suite,
    'Something that all tests need was missing or broken, or the change under test breaks everything.', null, null
  from run r where r.is_outage
$$;
comment on function private.find_failures(bigint) is
  'Returns the failures of a run with the issue of each: by a known failure, by its fingerprint, or by both if the known failure is a symptom; without a fingerprint by its test. An outage has one row for the whole run. The priority is the known failure''s; else FAIL is MEDIUM, ERROR is HIGH, an unexpected pass LOW, and one level higher if at least five tests and a tenth of those that ran have it.';

create function private.adopt_issues(p_run bigint) returns void
language sql volatile set search_path = '' as $$
  with strangers as materialized (
    select distinct on (f.detection_key) f.detection_key, f.test_key, f.error_class, f.fingerprint_version,
      r.owner_id, r.suite,
      regexp_replace(lower(private.title_failure(null, y.error_class, y.error_message)), '[^a-z]+', '', 'g') as plain
    from private.find_failures(p_run) f join public.test_runs r on r.id = p_run
    join public.test_results y on y.id = f.test_result_id
    where f.fingerprint_version > 1 and (
      -- Limit makes it one lookup per failure by the whole key, not a join over all issues of the suite.
      select i.id from public.issues i
      where i.owner_id = r.owner_id and i.suite = r.suite and i.detection_key = f.detection_key
      limit 1
    ) is null
    order by f.detection_key, f.ordinal
  ),
  found as (
    select distinct on (m.id) m.id, s.detection_key
    from strangers s
    cross join lateral (
      -- Distinct keeps the planner from joining all issues of the suite with all strangers first, 127 s for 8,800.
      select distinct i.id
      from public.test_results x
      join public.issue_occurrences o on o.test_result_id = x.id
      join public.issues i on i.id = o.issue_id and i.suite = s.suite and i.detection_key ~ '^(failure|known:[0-9]+):'
      where x.owner_id = s.owner_id and x.test_key = s.test_key and x.fingerprint_version < s.fingerprint_version
        and x.error_class is not distinct from s.error_class
        and s.plain = regexp_replace(
          lower(private.title_failure(null, x.error_class, x.error_message)), '[^a-z]+', '', 'g')
    ) m
    order by m.id, s.detection_key
  )
  update public.issues i set detection_key = f.detection_key
  from (select distinct on (f.detection_key) f.* from found f order by f.detection_key, f.id) f
  where i.id = f.id
$$;
comment on function private.adopt_issues(bigint) is
  'Gives issues the new fingerprints of their failures after a change of the masking rules. A failure is the same if its test failed with the same message before.';

create function private.make_occurrences(p_run bigint) returns void
language sql volatile set search_path = '' as $$
  with run as materialized (
    select r.id, r.owner_id, r.suite, r.branch_name, j.run_timestamp, j.tie
    from public.test_runs r join private.judged_runs j on j.run_id = r.id where r.id = p_run
  ),
  failures as materialized (
    select f.*, r.owner_id, r.suite, r.branch_name, r.run_timestamp, r.tie
    from private.find_failures(p_run) f cross join run r
  ),
  fresh as materialized (
    select s.*, row_number() over (partition by s.area, s.severity order by s.ordinal, s.detection_key) as place
    from (
      select distinct on (f.detection_key) f.*, private.name_area(f.area_source) as area
      from failures f
      where not exists (
        select from public.issues i
        where i.owner_id = f.owner_id and i.suite = f.suite and i.detection_key = f.detection_key
      )
      order by f.detection_key, f.ordinal
    ) s
  ),
  counted as (
    insert into private.issue_counters as c (owner_id, area, priority, last_number)
    select f.owner_id, f.area, f.severity, count(*) from fresh f
    group by f.owner_id, f.area, f.severity
    -- A fixed order prevents a deadlock of two runs that need the same counters.
    order by f.owner_id, f.area, f.severity
    on conflict (owner_id, area, priority) do update set last_number = c.last_number + excluded.last_number
    returning c.area, c.priority, c.last_number
  ),
  numbered as (
    select f.*, c.last_number - max(f.place) over (partition by f.area, f.severity) + f.place as number
    from fresh f join counted c on c.area = f.area and c.priority = f.severity
  ),
  made as (
    insert into public.issues (
      owner_id, issue_code, suite, title, description, category, priority, root_cause, detection_key
    )
    select n.owner_id, n.area || '-' || n.severity || '-' || lpad(n.number::text, greatest(3, length(n.number::text)), '0'),
      n.suite, n.title, n.description, n.category, n.severity, n.root_cause, n.detection_key
    from numbered n
    order by n.ordinal
    returning id, detection_key, title, description, priority
  ),
  begun as (
    insert into private.issue_states (issue_id, auto_title, auto_description, auto_priority)
    select m.id, m.title, m.description, m.priority from made m
  ),
  placed as (
    select f.*, coalesce(m.id, i.id) as issue_id
    from failures f
    left join made m on m.detection_key = f.detection_key
    left join public.issues i
      on i.owner_id = f.owner_id and i.suite = f.suite and i.detection_key = f.detection_key
  ),
  tests as (
    insert into private.issue_tests as t (
      issue_id, branch_name, test_key, owner_id, suite, tool_name, first_at, first_tie
    )
    select distinct p.issue_id, p.branch_name, p.test_key, p.owner_id, p.suite, p.tool_name, p.run_timestamp, p.tie
    from placed p
    on conflict (issue_id, branch_name, test_key) do update
    set first_at = excluded.first_at, first_tie = excluded.first_tie
    where (excluded.first_at, excluded.first_tie) < (t.first_at, t.first_tie)
  )
  insert into public.issue_occurrences (issue_id, run_id, test_result_id, owner_id, severity)
  select p.issue_id, p_run, p.test_result_id, p.owner_id, p.severity from placed p
  on conflict (issue_id, run_id, test_result_id) do nothing
$$;
comment on function private.make_occurrences(bigint) is
  'Records the occurrences of a run''s failures, and creates issues with codes for failures that have none.';

create function private.detect_issues(p_run bigint) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_run public.test_runs;
  v_judged private.judged_runs;
  v_is_last boolean;
  v_hit bigint[];
  v_clean bigint[];
  v_touched bigint[];
begin
  select * into v_run from public.test_runs r where r.id = p_run and r.status = 'complete';
  if not found then
    return;
  end if;
  perform private.lock_suite(v_run.owner_id, v_run.suite);
  insert into private.judged_runs (run_id, owner_id, suite, branch_name, run_timestamp, tie, is_whole, is_outage)
  select v_run.id, v_run.owner_id, v_run.suite, v_run.branch_name, v_run.run_timestamp,
    md5(concat_ws(' ', v_run.branch_name, v_run.commit_hash, v_run.idempotency_key, v_run.source_hash, (
      select bit_xor(hashtextextended(x.test_key || x.status || coalesce(x.failure_fingerprint, ''), x.ordinal))
      from public.test_results x where x.run_id = p_run
    ))) || lpad(v_run.id::text, 19, '0'),
    c.ran >= s.outage_tests, c.ran >= s.outage_tests and v_run.tests_failed >= s.outage_share * c.ran
  from private.tracking_settings s cross join (select v_run.tests_passed + v_run.tests_failed as ran) c
  on conflict (run_id) do nothing
  returning * into v_judged;
  v_is_last := found;
  if not v_is_last then
    select * into v_judged from private.judged_runs j where j.run_id = p_run;
  end if;
  v_is_last := v_is_last and not exists (
    select from private.judged_runs j
    where j.owner_id = v_run.owner_id and j.suite = v_run.suite
      and (j.run_timestamp, j.tie) > (v_judged.run_timestamp, v_judged.tie)
  ) and not exists (
    select from private.tracking_horizons h
    where h.owner_id = v_run.owner_id and h.suite = v_run.suite
      and (h.run_timestamp, h.tie) > (v_judged.run_timestamp, v_judged.tie)
  ) and not exists (
    -- A status that the owner set since then applies to the time after this run.
    select from public.issue_status_changes c
    where c.owner_id = v_run.owner_id and c.effective_at >= v_run.run_timestamp and c.changed_by = 'owner'
  );

  if v_run.tests_failed > 0 then
    if exists (select from public.test_results x where x.run_id = p_run and x.fingerprint_version > 1) then
      perform private.adopt_issues(p_run);
    end if;
    perform private.make_occurrences(p_run);
  end if;
  v_hit := array(select distinct o.issue_id from public.issue_occurrences o where o.run_id = p_run);

  -- The run may be clean for issues that one of its passing tests had on the branch and that were not resolved
  -- when it ran.
  if not v_judged.is_outage then
    with passing as materialized (
      select x.test_key from public.test_results x where x.run_id = p_run and x.is_counted and x.status = 'PASS'
      union
      select '00000000-0000-0000-0000-000000000000' where v_judged.is_whole
    ),
    awaited as materialized (
      select t.issue_id, t.test_key
      from private.issue_tests t join private.issue_states s on s.issue_id = t.issue_id
      where t.owner_id = v_run.owner_id and t.suite = v_run.suite and t.branch_name = v_run.branch_name
        and (t.first_at, t.first_tie) < (v_judged.run_timestamp, v_judged.tie)
        and case when v_is_last then s.head -> 'open' ? v_run.branch_name else true end
    )
    select array_agg(distinct a.issue_id) into v_clean
    from (
      -- A window instead of a join, as in find_failures: a join took 11 s for 2,200 issues and 44,000 results.
      select k.issue_id, bool_or(k.issue_id is null) over (partition by k.test_key) as is_passing
      from (
        select null::bigint as issue_id, p.test_key from passing p
        union all
        select t.issue_id, t.test_key from awaited t
      ) k
    ) a
    where a.is_passing and a.issue_id is not null and (v_is_last or exists (
      select from public.issue_status_changes c
      where c.issue_id = a.issue_id and c.new_status <> 'RESOLVED' and c.effective_at <= v_run.run_timestamp
        and c.effective_at >= coalesce((
          select max(d.effective_at) from public.issue_status_changes d
          where d.issue_id = a.issue_id and d.effective_at < v_run.run_timestamp
        ), '-infinity')
    ));
  end if;

  v_touched := array(select unnest(v_hit) union select unnest(v_clean));
  if v_touched = '{}' then
    return;
  end if;
  -- An owner who was setting a status at the same time has committed by now.
  perform from public.issues i where i.id = any (v_touched) order by i.id for update;
  v_is_last := v_is_last and not exists (
    select from public.issue_status_changes c
    where c.issue_id = any (v_touched) and c.effective_at >= v_run.run_timestamp and c.changed_by = 'owner'
  );
  perform private.settle_issues(v_touched, case when v_is_last then p_run end);
end;
$$;
comment on function private.detect_issues(bigint) is
  'Detects the issues of a complete run and updates every issue that it touches. Calling it again changes nothing. Takes the suite''s lock, so that the second of two concurrent runs sees all of the first.';

grant execute on function private.name_area, private.read_symptom, private.find_failures, private.adopt_issues,
  private.make_occurrences, private.detect_issues to service_role;
