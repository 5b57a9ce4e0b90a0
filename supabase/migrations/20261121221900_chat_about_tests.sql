create view chat.test_runs with (security_barrier = true) as
  select id as test_run_id, suite, branch_name, commit_hash, run_timestamp, status, total_tests::integer as total_tests,
    tests_passed::integer as tests_passed, tests_failed::integer as tests_failed,
    tests_skipped::integer as tests_skipped,
    pass_rate as pass_rate_percent, avg_watcher_quality, total_duration_secs as duration_seconds,
    total_cost_usd as cost_usd, left(watcher_model, 250) as watcher_model, private.shorten(notes) as notes,
    source_format
  from public.test_runs
  where owner_id = (select private.chat_account_id());
comment on view chat.test_runs is 'Executions of the user''s test suites, one row each.';
comment on column chat.test_runs.test_run_id is 'Joins with test_run_id everywhere.';
comment on column chat.test_runs.suite is 'Name of the suite.';
comment on column chat.test_runs.branch_name is 'Git branch it ran on.';
comment on column chat.test_runs.commit_hash is 'Git commit it ran on; may be null.';
comment on column chat.test_runs.run_timestamp is 'When it ran.';
comment on column chat.test_runs.status is 'running, complete or aborted. Take complete ones for trends.';
comment on column chat.test_runs.total_tests is 'Tests, the skipped included.';
comment on column chat.test_runs.tests_passed is 'Tests that passed.';
comment on column chat.test_runs.tests_failed is 'Tests that failed or ended in an error.';
comment on column chat.test_runs.tests_skipped is 'Tests that did not run.';
comment on column chat.test_runs.pass_rate_percent is '0-100, of the tests that ran; null if none ran.';
comment on column chat.test_runs.avg_watcher_quality is '1-10: mean mark by the watcher; null without.';
comment on column chat.test_runs.duration_seconds is 'Seconds, summed over the tests.';
comment on column chat.test_runs.cost_usd is 'USD, summed over the tests.';
comment on column chat.test_runs.watcher_model is 'Model that reviewed the results.';
comment on column chat.test_runs.notes is 'Free text.';
comment on column chat.test_runs.source_format is 'junit, ctrf, modelpick, observations or checklist.';

create view chat.test_results with (security_barrier = true) as
  select x.id as test_result_id, x.run_id as test_run_id, r.suite, r.branch_name, r.run_timestamp,
    left(x.tool_name, 250) as tool_name,
    left(x.variation, 250) as variation, left(x.class_name, 250) as class_name, left(x.provider, 250) as provider,
    left(x.model, 250) as model, x.status, left(x.execution_status, 250) as execution_status, x.attempt, x.is_counted,
    x.duration_secs as duration_seconds, x.memory_mb, x.cpu_percent, x.tokens_total, x.cost_usd,
    coalesce(w.quality_score, x.watcher_quality)::integer as watcher_quality, w.confidence_level as watcher_confidence,
    left(x.error_class, 250) as error_class, private.shorten(x.error_message) as error_message, x.failure_fingerprint,
    left(x.file_path, 250) as file_path, x.line_number
  from public.test_results x
  join public.test_runs r on r.id = x.run_id and r.owner_id = (select private.chat_account_id())
  left join public.watcher_insights w on w.test_result_id = x.id and w.owner_id = (select private.chat_account_id())
  where x.owner_id = (select private.chat_account_id());
comment on view chat.test_results is
  'Result of each test in each test run. Count a test once with is_counted: attempts before the last have rows too.';
comment on column chat.test_results.test_result_id is 'Joins with issue_occurrences.';
comment on column chat.test_results.test_run_id is 'Joins with test_runs.';
comment on column chat.test_results.suite is 'Suite of the run.';
comment on column chat.test_results.branch_name is 'Git branch of the run.';
comment on column chat.test_results.run_timestamp is 'When the run was.';
comment on column chat.test_results.tool_name is 'Name of the test.';
comment on column chat.test_results.variation is 'Variant of the test; may be empty.';
comment on column chat.test_results.class_name is 'Class or file the test belongs to; may be empty.';
comment on column chat.test_results.provider is 'Provider of the model under test; may be empty.';
comment on column chat.test_results.model is 'Model under test; may be empty.';
comment on column chat.test_results.status is 'PASS, FAIL, ERROR or SKIP.';
comment on column chat.test_results.execution_status is 'The runner''s own word: xfail, xpass, flaky, timeout, disabled; mostly null.';
comment on column chat.test_results.attempt is 'From 1.';
comment on column chat.test_results.is_counted is 'True if this row counts for the test.';
comment on column chat.test_results.duration_seconds is 'Seconds.';
comment on column chat.test_results.memory_mb is 'Megabytes.';
comment on column chat.test_results.cpu_percent is 'Percent of one core.';
comment on column chat.test_results.tokens_total is 'Tokens used by the test.';
comment on column chat.test_results.cost_usd is 'USD of the test''s model calls.';
comment on column chat.test_results.watcher_quality is '1-10: the watcher''s score.';
comment on column chat.test_results.watcher_confidence is 'high, medium or low.';
comment on column chat.test_results.error_class is 'Class of the error, such as AssertionError.';
comment on column chat.test_results.error_message is 'Error message.';
comment on column chat.test_results.failure_fingerprint is 'The same for the same cause.';
comment on column chat.test_results.file_path is 'File of the test.';
comment on column chat.test_results.line_number is 'Line in file_path.';

create view chat.issues with (security_barrier = true) as
  select id as issue_id, issue_code, left(suite, 250) as suite, left(title, 250) as title,
    private.shorten(description) as description, category, priority, status, trend,
    private.shorten(root_cause) as root_cause, private.shorten(resolution) as resolution,
    private.shorten(affected_tools) as affected_tools,
    occurrence_count::integer as occurrence_count, run_count::integer as run_count,
    first_detected_run_id as first_test_run_id, last_detected_run_id as last_test_run_id,
    resolved_run_id as resolved_test_run_id, first_detected_at, last_detected_at, resolved_at,
    (extract(epoch from resolved_at - first_detected_at) / 86400)::double precision as days_to_resolve
  from public.issues
  where owner_id = (select private.chat_account_id());
comment on view chat.issues is 'Problems that the user''s test runs showed, from detection to resolution.';
comment on column chat.issues.issue_id is 'Joins with issue_occurrences.';
comment on column chat.issues.issue_code is 'Readable code: AUTH-HIGH-001.';
comment on column chat.issues.suite is 'Suite it was seen in.';
comment on column chat.issues.title is 'Summary in one line.';
comment on column chat.issues.description is 'Description in more detail.';
comment on column chat.issues.category is 'production or test_infrastructure.';
comment on column chat.issues.priority is 'CRITICAL, HIGH, MEDIUM or LOW.';
comment on column chat.issues.status is 'OPEN, IN_PROGRESS, RESOLVED or WONT_FIX.';
comment on column chat.issues.trend is 'new, recurring, regressed (came back after it was resolved) or resolved.';
comment on column chat.issues.root_cause is 'Cause, if known.';
comment on column chat.issues.resolution is 'Measure that was taken.';
comment on column chat.issues.affected_tools is 'Tests it was seen in.';
comment on column chat.issues.occurrence_count is 'Results that had it.';
comment on column chat.issues.run_count is 'Test runs that had it.';
comment on column chat.issues.first_test_run_id is 'First run that had it; joins with test_runs.';
comment on column chat.issues.last_test_run_id is 'Last run that had it.';
comment on column chat.issues.resolved_test_run_id is 'Run by which it counted as resolved.';
comment on column chat.issues.first_detected_at is 'When it was first seen.';
comment on column chat.issues.last_detected_at is 'When it was last seen.';
comment on column chat.issues.resolved_at is 'When it was resolved; null: it is not.';
comment on column chat.issues.days_to_resolve is 'Days from first_detected_at to resolved_at.';

create view chat.issue_occurrences with (security_barrier = true) as
  select issue_id, run_id as test_run_id, test_result_id, severity, private.shorten(notes) as notes, created_at
  from public.issue_occurrences
  where owner_id = (select private.chat_account_id());
comment on view chat.issue_occurrences is 'Occurrences of issues: one row per issue and test result.';
comment on column chat.issue_occurrences.issue_id is 'Joins with issues.';
comment on column chat.issue_occurrences.test_run_id is 'Joins with test_runs.';
comment on column chat.issue_occurrences.test_result_id is 'Joins with test_results; null: the run as a whole.';
comment on column chat.issue_occurrences.severity is 'CRITICAL, HIGH, MEDIUM or LOW.';
comment on column chat.issue_occurrences.notes is 'Free text.';
comment on column chat.issue_occurrences.created_at is 'When it was recorded.';

grant select on chat.test_runs, chat.test_results, chat.issues, chat.issue_occurrences to chat_reader;
