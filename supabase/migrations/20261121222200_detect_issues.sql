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
  failing as materialized (
    -- Removes expected values: "expected status 401, got 200" is no 401.
    select x.*, regexp_replace(left(concat_ws(': ', x.error_class, x.error_message), 2000),
      '\yexpected[: ].{0,80}?(?=\y(but|got|received|actual|to)\y|[,;\n]|$)', '', 'gi') as said
    from run r join public.test_results x on x.run_id = r.id
    where x.status in ('FAIL', 'ERROR') and x.is_counted and not r.is_outage
  ),
  known as materialized (
    select distinct on (m.said) m.said, k.*
    from (select distinct f.said from failing f) m
    join public.known_failures k on m.said ~* k.pattern
    where k.owner_id is null or k.owner_id = (select r.owner_id from run r)
    -- The owner's patterns come before the common ones, and older ones before newer ones.
    order by m.said, k.owner_id is null, k.id
  ),
  named as (
    select f.*, k.id as known_id, k.title as known_title, k.category as known_category, k.priority as known_priority,
      k.root_cause as known_cause,
      case when k.id is not null then 'known:' || k.id
        when f.failure_fingerprint is not null then 'failure:' || f.fingerprint_version || ':' || f.failure_fingerprint
        else 'test:' || f.test_key end as key
    from failing f left join known k on k.said = f.said
  ),
  weighed as (
    -- FAIL is MEDIUM, ERROR (outside of assertions) HIGH, and an expected failure that passed LOW. It is one level
    -- higher if at least five tests and a tenth of those that ran have it.
    select n.key, greatest(1,
      case when bool_and(n.execution_status is not distinct from 'xpass') then 4
        when bool_or(n.status = 'ERROR') then 2 else 3 end
      - case when count(*) >= greatest(5, 0.1 * max(r.tests_passed + r.tests_failed)) then 1 else 0 end
    ) as place
    from named n cross join run r
    group by n.key
  )
  select n.id, n.ordinal, n.test_key, n.tool_name, n.key,
    coalesce(n.known_title, private.title_failure(n.tool_name, n.error_class, n.error_message)),
    case when n.known_id is null then left(n.error_message, 2000) end,
    coalesce(n.known_category, 'production'),
    coalesce(n.known_priority, (array['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'])[w.place]),
    case when n.known_id is not null then r.suite
      else coalesce(nullif(n.class_name, ''), n.file_path, n.tool_name) end,
    n.known_cause, case when n.known_id is null then n.fingerprint_version end, n.error_class
  from named n join weighed w on w.key = n.key cross join run r
  union all
  select null, 0, '00000000-0000-0000-0000-000000000000', '', 'run:outage', 'Most of a run failed at once',
    'At least the share of private.tracking_settings.outage_share of the tests failed in one run: they count as one failure of the environment, and none gets an issue of its own.',
    'test_infrastructure', 'CRITICAL', r.suite,
    'Something that all tests need was missing or broken, or the change under test breaks everything.', null, null
  from run r where r.is_outage
$$;
comment on function private.find_failures(bigint) is
  'Returns the failures of a run with the issue of each: by a known failure, else by its fingerprint, else by its test. An outage has one row for the whole run. The priority is the known failure''s; else FAIL is MEDIUM, ERROR is HIGH, an unexpected pass LOW, and one level higher if at least five tests and a tenth of those that ran have it.';

create function private.adopt_issues(p_run bigint) returns void
language sql volatile set search_path = '' as $$
  with strangers as (
    select distinct on (f.detection_key) f.detection_key, f.test_key, f.error_class, f.fingerprint_version,
      r.owner_id, r.suite,
      regexp_replace(lower(f.title), '[^a-z]+', '', 'g') as plain
    from private.find_failures(p_run) f join public.test_runs r on r.id = p_run
    where f.fingerprint_version > 1 and not exists (
      select from public.issues i
      where i.owner_id = r.owner_id and i.suite = r.suite and i.detection_key = f.detection_key
    )
    order by f.detection_key, f.ordinal
  ),
  found as (
    select distinct on (i.id) i.id, s.detection_key
    from strangers s
    join public.test_results x on x.owner_id = s.owner_id and x.test_key = s.test_key
      and x.fingerprint_version < s.fingerprint_version and x.error_class is not distinct from s.error_class
    join public.issue_occurrences o on o.test_result_id = x.id
    join public.issues i on i.id = o.issue_id and i.suite = s.suite and i.detection_key like 'failure:%'
    where regexp_replace(lower(private.title_failure(x.tool_name, x.error_class, x.error_message)), '[^a-z]+', '', 'g')
      = s.plain
    order by i.id, s.detection_key
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
    from awaited a join passing p on p.test_key = a.test_key
    where v_is_last or exists (
      select from public.issue_status_changes c
      where c.issue_id = a.issue_id and c.new_status <> 'RESOLVED' and c.effective_at <= v_run.run_timestamp
        and c.effective_at >= coalesce((
          select max(d.effective_at) from public.issue_status_changes d
          where d.issue_id = a.issue_id and d.effective_at < v_run.run_timestamp
        ), '-infinity')
    );
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

grant execute on function private.name_area, private.find_failures, private.adopt_issues, private.make_occurrences,
  private.detect_issues to service_role;
