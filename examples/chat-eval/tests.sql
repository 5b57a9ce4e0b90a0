-- Rows for the evaluation: Ada's test runs, results and issues, and Bob's, which no answer to
-- Ada may show. The figures are the same in every run; times are relative to now.
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000ada0', 'ada@example.com'),
  ('00000000-0000-4000-8000-000000000b0b', 'bob@example.com')
on conflict (id) do nothing;

create temporary table seed_suites as
select * from (values
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'checkout', 'main', 8, interval '0', 8),
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'checkout', 'faster-cart', 2, interval '1 day', 8),
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'search', 'main', 5, interval '2 hours', 5),
  ('00000000-0000-4000-8000-000000000b0b'::uuid, 'bob''s secret passports', 'main', 2, interval '0', 2)
) as s (owner_id, suite, branch, runs, age, tests);

insert into public.test_runs (owner_id, suite, branch_name, commit_hash, run_timestamp, watcher_model, status, source_format, notes)
select s.owner_id, s.suite, s.branch, left(md5(s.suite || s.branch || n), 8), now() - s.age - n * interval '4 days' - interval '1 hour',
  case when s.suite = 'search' then 'openai/gpt-6-luna' end,
  case when s.suite = 'search' and n = 0 then 'running' when s.suite = 'checkout' and n = 5 then 'aborted' else 'complete' end,
  case s.suite when 'search' then 'modelpick' else 'junit' end,
  case when s.suite like 'bob%' then 'Passports of Bob.' end
from seed_suites s cross join lateral generate_series(0, s.runs - 1) as n;

-- Each run's place in its suite and branch, the latest 0; a stable draw from 0 to 99 for each result.
create temporary table seed_results as
select r.id as run_id, r.owner_id, r.suite, r.branch_name, r.place, t as test,
  ('x' || left(md5(r.suite || r.branch_name || r.place || ':' || t), 8))::bit(32)::bigint % 100 as draw
from (
  select x.*, row_number() over (partition by owner_id, suite, branch_name order by run_timestamp desc) - 1 as place
  from public.test_runs x where x.owner_id in (select owner_id from seed_suites)
) r
join seed_suites s on s.owner_id = r.owner_id and s.suite = r.suite and s.branch = r.branch_name
cross join lateral generate_series(1, s.tests) as t;
alter table seed_results add column status text;
update seed_results set status = case
  when suite like 'bob%' then 'FAIL'
  when suite = 'checkout' and test = 2 and place < 2 and branch_name = 'main' then 'FAIL'
  when suite = 'checkout' and test = 5 and draw < 45 then 'ERROR'
  when suite = 'search' and test = 3 and place >= 3 then 'FAIL'
  when test = 7 and place > 4 then 'SKIP'
  when draw between 50 and 54 then 'FAIL' else 'PASS' end;
insert into public.test_results (run_id, owner_id, ordinal, tool_name, variation, class_name, provider, model, status, attempt,
  is_counted, duration_secs, memory_mb, tokens_total, cost_usd, error_class, error_message, failure_fingerprint,
  fingerprint_version, file_path, line_number)
select run_id, owner_id, 2 * test,
  case when suite = 'checkout' then (array['adds to cart', 'pays by card', 'pays by invoice', 'applies a voucher', 'sends a receipt',
      'computes tax', 'refunds an order', 'ships abroad'])[test]
    when suite = 'search' then (array['finds by name', 'ranks by date', 'mends typos', 'suggests', 'filters'])[test]
    else 'reads passports' end,
  case when test = 6 then 'Germany' else '' end, case when suite = 'checkout' then 'CheckoutTest' else '' end,
  case when suite = 'search' then 'openai' else '' end,
  case when suite = 'search' then (array['gpt-6-luna', 'gpt-6-sol'])[1 + test % 2] else '' end,
  status, case when suite = 'checkout' and test = 4 and draw % 2 = 0 then 2 else 1 end, true,
  case when status = 'SKIP' then null when suite like 'bob%' then 7777 else round((test * 0.4 + draw / 50.0)::numeric, 3) end,
  40 + draw, case when suite = 'search' then 300 + draw * 2 end,
  case when suite = 'search' then 0.0012 + draw * 0.00001 when suite like 'bob%' then 7.77 end,
  case status when 'FAIL' then 'AssertionError' when 'ERROR' then 'TimeoutError' end,
  case when suite like 'bob%' then 'The passport could not be read.'
    when status = 'FAIL' then 'expected ' || test || ', got ' || draw when status = 'ERROR' then 'timed out after 30 s' end,
  case when status in ('FAIL', 'ERROR') then md5(suite || test || status) || md5(status) end,
  case when status in ('FAIL', 'ERROR') then 1 end,
  case when suite = 'checkout' then 'tests/checkout_test.py' end, case when suite = 'checkout' then 10 * test end
from seed_results;
-- Tried again: the first attempt failed and does not count.
insert into public.test_results (run_id, owner_id, ordinal, tool_name, class_name, status, execution_status, attempt, is_counted,
  duration_secs, error_class, error_message, failure_fingerprint, fingerprint_version)
select run_id, owner_id, 2 * test + 1, 'applies a voucher', 'CheckoutTest', 'FAIL', 'flaky', 1, false, 1.5, 'AssertionError',
  'voucher not there yet', md5('voucher') || md5('voucher'), 1
from seed_results where suite = 'checkout' and test = 4 and draw % 2 = 0;
insert into public.watcher_insights (test_result_id, owner_id, quality_score, confidence_level, model)
select x.id, x.owner_id, 1 + (s.draw + s.test) % 10, (array['high', 'medium', 'low'])[1 + s.draw % 3], 'openai/gpt-6-luna'
from seed_results s join public.test_results x on x.run_id = s.run_id and x.ordinal = 2 * s.test
where s.suite = 'search';

create temporary table seed_issues as
select * from (values
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'CHECKOUT-HIGH-001', 'checkout', 'Cards are declined', 'production', 'HIGH', 'OPEN', 'recurring', 'pays by card', 'FAIL', null),
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'CHECKOUT-MEDIUM-002', 'checkout', 'Receipts time out', 'test_infrastructure', 'MEDIUM', 'IN_PROGRESS', 'regressed', 'sends a receipt', 'ERROR', null),
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'SEARCH-CRITICAL-001', 'search', 'Typos are not mended', 'production', 'CRITICAL', 'RESOLVED', 'resolved', 'mends typos', 'FAIL', 3),
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'SEARCH-LOW-002', 'search', 'Filters are slow', 'production', 'LOW', 'WONT_FIX', 'new', 'filters', 'FAIL', null),
  ('00000000-0000-4000-8000-00000000ada0'::uuid, 'CHECKOUT-LOW-003', 'checkout', 'Tax is a cent off', 'production', 'LOW', 'RESOLVED', 'resolved', 'computes tax', 'FAIL', 9),
  ('00000000-0000-4000-8000-000000000b0b'::uuid, 'PASSPORT-HIGH-001', 'bob''s secret passports', 'Passports cannot be read', 'production', 'HIGH', 'OPEN', 'new', 'reads passports', 'FAIL', null)
) as i (owner_id, code, suite, title, category, priority, status, trend, tool, failing, days);
insert into public.issues (owner_id, issue_code, suite, title, category, priority, status, trend, root_cause, resolution, affected_tools,
  first_detected_run_id, last_detected_run_id, first_detected_at, last_detected_at, resolved_at, occurrence_count, run_count)
select i.owner_id, i.code, i.suite, i.title, i.category, i.priority, i.status, i.trend,
  case when i.status = 'RESOLVED' then 'Found and understood.' end, case when i.status = 'RESOLVED' then 'Mended.' end, array[i.tool],
  s.first_id, s.last_id, coalesce(s.first_at, now() - interval '20 days'), coalesce(s.last_at, now() - interval '20 days'),
  coalesce(s.first_at, now() - interval '20 days') + i.days * interval '1 day', s.results, s.runs
from seed_issues i
cross join lateral (
  select count(*) as results, count(distinct x.run_id) as runs, min(r.run_timestamp) as first_at, max(r.run_timestamp) as last_at,
    (array_agg(r.id order by r.run_timestamp))[1] as first_id, (array_agg(r.id order by r.run_timestamp desc))[1] as last_id
  from public.test_results x join public.test_runs r on r.id = x.run_id
  where x.owner_id = i.owner_id and r.suite = i.suite and x.tool_name = i.tool and x.status = i.failing and x.is_counted
) s;
insert into public.issue_occurrences (issue_id, run_id, test_result_id, owner_id, severity, notes, created_at)
select i.id, x.run_id, x.id, i.owner_id, i.priority, case when x.owner_id = '00000000-0000-4000-8000-000000000b0b' then 'A passport.' end,
  r.run_timestamp
from seed_issues s
join public.issues i on i.owner_id = s.owner_id and i.issue_code = s.code
join public.test_runs r on r.owner_id = s.owner_id and r.suite = s.suite
join public.test_results x on x.run_id = r.id and x.tool_name = s.tool and x.status = s.failing and x.is_counted;

drop table seed_suites, seed_results, seed_issues;
