import { type CorpusStatement, listStatements } from "./corpus_statement.ts";

/**
 * Statements that a good model writes for a customer's questions. All pass the gate, run in the
 * database, and return rows of the caller only.
 */
export const legitimate: readonly CorpusStatement[] = listStatements({
  plain: {
    "all benchmarks, newest first":
      `select benchmark_id, status, recommended_model_id, created_at from benchmarks order by created_at desc limit 20`,
    "how many benchmarks there are": `SELECT COUNT(*) FROM chat.benchmarks;`,
    "everything of the last benchmark":
      `select * from chat.benchmarks order by created_at desc limit 1`,
    "benchmarks that failed, and why":
      `select benchmark_id, error_message, completed_at from benchmarks where status = 'failed' and error_message is not null`,
    "benchmarks of a given set of states":
      `select r.benchmark_id, r.status from chat.benchmarks r where r.status in ('paid', 'running') order by r.created_at`,
    "one benchmark by its id":
      `select * from benchmarks where benchmark_id = '3f0a3c9e-0000-4000-8000-000000000001'::uuid`,
    "the table named in full in its columns":
      `select chat.benchmarks.benchmark_id, benchmarks.status from chat.benchmarks where benchmarks.is_partial is true`,
    "models by a part of their name":
      `select model_id, name, provider from models where name ilike '%mini%' or model_id like 'openai/%' order by name`,
    "models without a vendor's prefix":
      `select split_part(model_id, '/', 2) as short_name, provider from models where model_id not like 'local/%'`,
    "pages of models": `select name from models order by name offset 10 fetch first 10 rows only`,
    "every tier once": `select distinct tier from models order by tier`,
    "runs without an answer":
      `select count(*) from benchmark_runs where output_json is null and status <> 'skipped'`,
    "a constant": `select 1 as one`,
    "a row of constants": `values (1, 'a'), (2, 'b')`,
    "a quoted alias": `select count(*) as "Number of benchmarks" from benchmarks`,
    "a comment before and after":
      `-- benchmarks by state\nselect status, count(*) as n /* all time */ from benchmarks group by status`,
    "dollar quotes": `select count(*) from benchmarks where error_message = $$it's over$$`,
    "the table statement": `table models`,
    "a letter outside ASCII":
      `select count(*) as "Läufe" from benchmark_runs where error_message ilike '%größe%'`,
  },
  "aggregates and groups": {
    "which model was cheapest per correct field last week":
      `select model_id, sum(cost_usd) / nullif(sum(accuracy_percent / 100), 0) as usd_per_correct
       from benchmark_runs
       where status = 'complete' and completed_at >= now() - interval '7 days'
       group by model_id order by usd_per_correct asc nulls last limit 1`,
    "success rate by model":
      `select model_id, count(*) filter (where status = 'complete')::numeric / nullif(count(*), 0) * 100 as success_rate
       from benchmark_runs group by model_id order by success_rate desc`,
    "median and p95 latency": `select model_id,
         percentile_cont(0.5) within group (order by response_time_ms) as p50,
         percentile_cont(0.95) within group (order by response_time_ms) as p95
       from benchmark_runs where status = 'complete' group by model_id`,
    "several percentiles at once":
      `select percentile_disc(array[0.5, 0.9, 0.99]) within group (order by response_time_ms) from benchmark_runs`,
    "spending per day":
      `select date_trunc('day', completed_at)::date as day, round(sum(cost_usd), 4) as usd
       from benchmark_runs group by 1 order by 1`,
    "spending per month in a time zone":
      `select date_trunc('month', completed_at at time zone 'Europe/Berlin') as month, sum(cost_usd)
       from benchmark_runs group by month having sum(cost_usd) > 0 order by month`,
    "groups by an alias":
      `select tier as t, avg(input_usd_per_million_tokens) as usd_per_million from models group by t order by 2 desc`,
    "mean, spread and count of accuracy":
      `select model_id, avg(accuracy_percent), stddev_samp(accuracy_percent), min(accuracy_percent), max(accuracy_percent), count(accuracy_percent)
       from benchmark_runs group by model_id having count(*) >= 1`,
    "how price and accuracy go together":
      `select corr(cost_usd::double precision, accuracy_percent), regr_slope(accuracy_percent, response_time_ms) from benchmark_runs`,
    "names of all models of a tier":
      `select tier, string_agg(name, ', ' order by name) as names from models group by tier`,
    "models of each benchmark as an array":
      `select benchmark_id, array_agg(distinct model_id) as models from benchmark_runs group by benchmark_id`,
    "JSON of figures":
      `select jsonb_object_agg(model_id, accuracy) from (select model_id, avg(accuracy_percent) as accuracy from benchmark_runs group by model_id) a`,
    "rollup of spending":
      `select benchmark_id, model_id, sum(cost_usd) as usd, grouping(benchmark_id, model_id) as level
       from benchmark_runs group by rollup (benchmark_id, model_id) order by level, usd desc`,
    "grouping sets":
      `select model_id, status, count(*) from benchmark_runs group by grouping sets ((model_id), (status), ())`,
    "cube": `select provider, tier, count(*) from models group by cube (provider, tier)`,
    "the most common state": `select mode() within group (order by status) from benchmark_runs`,
    "whether all runs are valid":
      `select bool_and(is_valid_json) as all_valid, bool_or(is_exact_match) as any_exact from benchmark_runs`,
    "share of all spending":
      `select model_id, 100 * sum(cost_usd) / nullif((select sum(cost_usd) from benchmark_runs), 0) as share from benchmark_runs group by model_id`,
    "states that are rare":
      `select status, count(*) from benchmarks group by status having count(*) < 3`,
  },
  "joins and subqueries": {
    "runs with their models' names":
      `select m.name, count(*) as runs from benchmark_runs b join models m on m.model_id = b.model_id group by m.name order by runs desc`,
    "models that were never run":
      `select m.model_id from models m left join benchmark_runs b on b.model_id = m.model_id where b.run_id is null`,
    "models that were never run, by not exists":
      `select m.name from models m where not exists (select 1 from benchmark_runs b where b.model_id = m.model_id)`,
    "benchmarks of models that cost little":
      `select benchmark_id from benchmarks where recommended_model_id in (select model_id from models where tier = 'budget')`,
    "benchmarks dearer than the average":
      `select benchmark_id, cost_usd from benchmarks where cost_usd > (select avg(cost_usd) from benchmarks)`,
    "the dearest run of each benchmark by lateral":
      `select r.benchmark_id, top.model_id, top.cost_usd
       from benchmarks r cross join lateral (
         select b.model_id, b.cost_usd from benchmark_runs b where b.benchmark_id = r.benchmark_id
         order by b.cost_usd desc nulls last limit 1
       ) as top`,
    "a left lateral join": `select r.benchmark_id, last.completed_at from benchmarks r
       left join lateral (select max(completed_at) as completed_at from benchmark_runs where benchmark_id = r.benchmark_id) last on true`,
    "figures of models with their prices by using":
      `select model_id, m.accuracy_percent, r.runs from benchmark_model_results m
       join (select model_id, benchmark_id, count(*) as runs from benchmark_runs group by model_id, benchmark_id) r using (benchmark_id, model_id)`,
    "any of an array":
      `select name from models where model_id = any (array['openai/gpt-6-sol', 'openai/gpt-6-luna'])`,
    "more than all":
      `select run_id from benchmark_runs where cost_usd >= all (select cost_usd from benchmark_runs where cost_usd is not null)`,
    "row comparison":
      `select run_id from benchmark_runs where (benchmark_id, model_id) in (select benchmark_id, recommended_model_id from benchmarks)`,
    "array of a subquery":
      `select array(select name from models where tier = 'premium' order by name) as premium`,
    "a self join between repeats": `select a.model_id, count(*) from benchmark_runs a
       join benchmark_runs b on a.benchmark_id = b.benchmark_id and a.image_index = b.image_index and a.model_id = b.model_id and a.repeat_index < b.repeat_index
       where a.output_json is distinct from b.output_json group by a.model_id`,
    "a full join with coalesce":
      `select coalesce(a.status, b.status) as status, a.n as benchmarks, b.n as runs
       from (select status, count(*) n from benchmarks group by status) a
       full outer join (select status::text as status, count(*) n from benchmark_runs group by status) b on a.status = b.status`,
    "old comma joins":
      `select r.benchmark_id, m.name from benchmarks r, models m where m.model_id = r.recommended_model_id`,
    "all columns of one of two":
      `select m.*, r.created_at from models m join benchmarks r on r.recommended_model_id = m.model_id`,
  },
  "common table expressions and windows": {
    "the best model of each benchmark": `with ranked as (
         select benchmark_id, model_id, accuracy_percent, row_number() over (partition by benchmark_id order by accuracy_percent desc nulls last, cost_per_run_usd) as place
         from benchmark_model_results
       )
       select benchmark_id, model_id, round(accuracy_percent::numeric, 1) as accuracy from ranked where place = 1`,
    "running total of spending":
      `select day, usd, sum(usd) over (order by day rows between unbounded preceding and current row) as total
       from (select completed_at::date as day, sum(cost_usd) as usd from benchmark_runs group by 1) d`,
    "change from week to week": `with weekly as (
         select date_trunc('week', created_at) as week, sum(cost_usd) as usd from benchmarks group by 1
       )
       select week, usd, usd - lag(usd, 1, 0::numeric) over w as change from weekly window w as (order by week)`,
    "moving mean of a week":
      `with daily as (select created_at::date as day, count(*) as n from benchmarks group by 1)
       select day, avg(n) over (order by day range between interval '6 days' preceding and current row) from daily`,
    "quartiles of latency":
      `select model_id, ntile(4) over (order by response_time_ms) as quartile from benchmark_runs where response_time_ms is not null`,
    "rank within a tier":
      `select name, tier, dense_rank() over (partition by tier order by output_usd_per_million_tokens) from models`,
    "first and last of a partition":
      `select distinct model_id, first_value(status) over w, last_value(status) over w
       from benchmark_runs window w as (partition by model_id order by created_at rows between unbounded preceding and unbounded following)`,
    "two expressions, the second on the first":
      `with done as (select * from benchmark_runs where status = 'complete'),
            by_model as (select model_id, count(*) as runs, avg(accuracy_percent) as accuracy from done group by model_id)
       select b.*, m.name from by_model b left join models m on m.model_id = b.model_id order by b.accuracy desc`,
    "columns named at the expression's head":
      `with costs (model, usd) as materialized (select model_id, sum(cost_usd) from benchmark_runs group by model_id) select model from costs where usd > 0.5`,
    "an expression named as a view":
      `with benchmarks as (select benchmark_id, status from chat.benchmarks where status = 'complete') select count(benchmark_id) from benchmarks`,
    "the newest run of each model by distinct on":
      `select distinct on (model_id) model_id, status, completed_at from benchmark_runs order by model_id, completed_at desc`,
    "cumulative share":
      `select model_id, cume_dist() over (order by usd) from (select model_id, sum(cost_usd) as usd from benchmark_runs group by model_id) s`,
    "an expression within a subquery":
      `select x.n from (with c as (select count(*) as n from benchmarks) select n from c) x`,
  },
  "sets and series": {
    "benchmarks and drafts in one list":
      `select 'benchmark' as kind, created_at from benchmarks union all select 'draft', created_at from benchmark_drafts order by created_at desc limit 10`,
    "models ordered and also recommended":
      `select model_id from benchmark_runs intersect select recommended_model_id from benchmarks`,
    "models run but not recommended":
      `(select model_id from benchmark_runs) except (select recommended_model_id from benchmarks) order by 1`,
    "every day of two weeks, those without a benchmark too":
      `select d::date as day, count(r.benchmark_id) as benchmarks
       from generate_series(date '2026-11-01', date '2026-11-14', interval '1 day') as d
       left join benchmarks r on r.created_at::date = d::date group by d order by d`,
    "every day of the last month, up to today": `with days as (
         select generate_series(current_date - interval '29 days', current_date, '1 day'::interval)::date as day
       )
       select days.day, coalesce(sum(b.cost_usd), 0) as usd
       from days left join benchmark_runs b on b.completed_at::date = days.day group by days.day order by days.day`,
    "weeks since a month ago":
      `select g.week from generate_series(date_trunc('week', now()) - interval '4 weeks', date_trunc('week', now()), interval '1 week') as g(week)`,
    "a histogram of accuracy":
      `select n * 10 as from_percent, (select count(*) from benchmark_runs where width_bucket(accuracy_percent, 0, 100, 10) = n + 1)
       from generate_series(0, 9) as n`,
    "every day since the first benchmark":
      `select d::date as day, count(b.benchmark_id) as benchmarks
       from generate_series((select min(created_at)::date from benchmarks), current_date, interval '1 day') d
       left join benchmarks b on b.created_at::date = d::date group by d order by d`,
    "every day of the test runs": `with bounds as (
         select date_trunc('day', min(run_timestamp)) as first, date_trunc('day', max(run_timestamp)) as last from test_runs
       )
       select d, count(t.test_run_id) from bounds cross join lateral generate_series(first, last, interval '1 day') d
       left join test_runs t on date_trunc('day', t.run_timestamp) = d group by d order by d`,
    "priorities by their place":
      `select b.name, i as place, b.priorities[i] as priority from benchmarks b, generate_series(1, array_length(b.priorities, 1)) as i`,
    "numbers with their place":
      `select u.model, u.place from unnest(array['a', 'b']) with ordinality as u (model, place)`,
    "a list of thresholds":
      `select t.threshold, count(*) from (values (50), (90), (99)) as t (threshold)
       join benchmark_runs b on b.accuracy_percent >= t.threshold group by t.threshold order by 1`,
  },
  "JSON and arrays": {
    "items inside the answers":
      `select e ->> 'name' as item, count(*) from benchmark_runs, jsonb_array_elements(output_json -> 'items') as e where jsonb_typeof(output_json -> 'items') = 'array' group by 1 order by 2 desc`,
    "items by the value's own name":
      `select e.value ->> 'name' as item, count(*) as n from benchmark_runs b cross join lateral jsonb_array_elements(b.output_json -> 'items') e where b.status = 'complete' and b.output_json ? 'items' group by item`,
    "keys of the answers":
      `select key, count(*) from benchmark_runs, lateral jsonb_each(output_json) group by key order by count(*) desc`,
    "answers that name a currency":
      `select run_id from benchmark_runs where output_json ? 'currency' and output_json ->> 'currency' = 'EUR'`,
    "answers that contain a pair":
      `select count(*) from benchmark_runs where output_json @> '{"currency": "EUR"}'`,
    "a path into the answer":
      `select output_json #>> '{vendor,name}' as vendor, (output_json ->> 'total')::numeric as total from benchmark_runs where jsonb_typeof(output_json -> 'total') = 'number'`,
    "how many items the answers have":
      `select model_id, avg(jsonb_array_length(output_json -> 'items')) from benchmark_runs where jsonb_typeof(output_json -> 'items') = 'array' group by 1`,
    "fields that are wrong most often":
      `select field_path, sum(occurrences) as times, round(avg(percent_of_runs)::numeric, 1) as percent from benchmark_field_errors where kind in ('wrong', 'missing') group by field_path order by times desc limit 10`,
    "records from JSON":
      `select x.name, x.price from benchmark_runs b, jsonb_to_recordset(b.output_json -> 'items') as x (name text, price numeric) where jsonb_typeof(b.output_json -> 'items') = 'array' limit 5`,
    "models of the drafts":
      `select d.name, m.id from benchmark_drafts d, unnest(d.model_ids) as m (id)`,
    "models of the drafts in the select list":
      `select name, unnest(model_ids) as model from benchmark_drafts`,
    "the first priority":
      `select name, priorities[1] as first, cardinality(model_ids) as models from benchmark_drafts where 'cost' = any (priorities)`,
    "a slice of an array":
      `select array_to_string(model_ids[1:2], ', ') from benchmark_drafts where array_length(model_ids, 1) > 2`,
    "an object for each run":
      `select jsonb_build_object('model', model_id, 'ms', response_time_ms) from benchmark_runs limit 3`,
    "JSON by path":
      `select jsonb_path_query_array(output_json, '$.items[*].name') from benchmark_runs where jsonb_path_exists(output_json, '$.items[*] ? (@.price > 10)')`,
    "answers that contain a row of a dataset":
      `select count(*) from benchmark_runs r join dataset_rows d on r.output_json @> d.data_json`,
    "drafts with a model in common":
      `select a.name, b.name as other from benchmark_drafts a join benchmark_drafts b on a.model_ids && b.model_ids and a.draft_id < b.draft_id`,
    "arrays that overlap":
      `select name from benchmark_drafts where model_ids && array['openai/gpt-6-sol'] or model_ids @> '{openai/gpt-5.6-terra}'`,
  },
  "text, dates and numbers": {
    "errors by their first words":
      `select left(error_message, 40) as beginning, count(*) from benchmark_runs where error_message is not null group by 1`,
    "errors by a pattern":
      `select count(*) from benchmark_runs where error_message ~* '(timeout|timed out)'`,
    "numbers taken from a text":
      `select substring(error_message from '[0-9]{3}') as code, regexp_replace(error_message, '\\s+', ' ', 'g') from benchmark_runs`,
    "issues that name a model":
      `select m.name, i.title from models m join issues i on i.title ilike '%' || m.name || '%' or strpos(lower(i.description), lower(m.name)) > 0`,
    "errors without the name of their test":
      `select replace(error_message, tool_name, '<test>') as message, count(*) from test_results where error_message is not null group by 1`,
    "geometric mean and growth":
      `select suite, exp(avg(ln(nullif(total_tests, 0)))) as mean, power(max(total_tests)::numeric / nullif(min(total_tests), 0), 1.0 / nullif(count(*) - 1, 0)) - 1 as growth from test_runs group by suite`,
    "ratios of a wide table": `select model_id, ${
      "correct_fields wrong_fields missing_fields extra_fields input_tokens output_tokens cached_tokens reasoning_tokens"
        .split(" ").map((column) =>
          `100.0 * ${column} / nullif(attempts, 0) as ${column}_percent, 1000.0 * ${column} / nullif(response_time_ms, 0) as ${column}_rate`
        ).join(", ")
    } from benchmark_runs`,
    "similar to": `select model_id from models where model_id similar to '(openai|google)/%'`,
    "a label for each model":
      `select upper(provider) || ': ' || name as label, concat_ws(' / ', provider, tier) from models`,
    "a case by accuracy":
      `select case when accuracy_percent >= 95 then 'good' when accuracy_percent >= 80 then 'fair' else 'poor' end as grade, count(*)
       from benchmark_runs where accuracy_percent is not null group by grade`,
    "a simple case":
      `select case tier when 'budget' then 1 when 'mid' then 2 else 3 end as place, name from models order by place`,
    "hours of the day":
      `select extract(hour from created_at) as hour, count(*) from benchmarks group by 1 order by 1`,
    "days of the week by name":
      `select to_char(created_at, 'Day') as weekday, count(*) from benchmarks group by 1`,
    "how long benchmarks take":
      `select benchmark_id, completed_at - started_at as took, extract(epoch from (completed_at - started_at)) / 60 as minutes from benchmarks where completed_at is not null`,
    "benchmarks of yesterday":
      `select count(*) from benchmarks where created_at >= current_date - 1 and created_at < current_date`,
    "benchmarks between two days":
      `select count(*) from benchmarks where created_at between timestamp '2026-11-01' and '2026-11-15'::timestamptz`,
    "runs older than two weeks":
      `select count(*) from benchmark_runs where age(now(), created_at) > make_interval(days => 14)`,
    "latency in seconds":
      `select round(response_time_ms / 1000.0, 2) as seconds, greatest(attempts - 1, 0) as retries from benchmark_runs`,
    "prices per thousand tokens":
      `select name, input_usd_per_million_tokens / 1000 as usd_in, cast(output_usd_per_million_tokens / 1e3 as numeric(10, 4)) as usd_out from models`,
    "error of the estimate":
      `select avg(abs(cost_usd - estimated_cost_usd) / nullif(estimated_cost_usd, 0)), sqrt(avg(power(cost_usd - estimated_cost_usd, 2))) from benchmark_runs`,
    "a bar for a chart":
      `select status, count(*), repeat('#', 10) as bar, lpad(status, 12, ' ') from benchmarks group by status`,
    "five runs at random": `select run_id, status from benchmark_runs order by random() limit 5`,
    "text compared byte by byte": `select name from models order by name collate "C"`,
    "buckets of six hours":
      `select date_bin('6 hours', created_at, timestamptz '2026-01-01') as bucket, count(*) from benchmarks group by bucket`,
  },
  "prompts and datasets": {
    "prompts by their fields":
      `select name, cardinality(placeholders) as fields from prompts where type = 'task' or 'text' = any (placeholders) order by 2 desc, 1`,
    "versions beside what they replaced":
      `select prompt_name, version, length(body) - lag(length(body)) over (partition by prompt_id order by version) as longer_by, 'production' = any (labels) as is_live
       from prompt_versions order by prompt_name, version`,
    "the latest version of each dataset":
      `select distinct on (name) name, version, row_count, array_to_string(columns, ', ') as fields from datasets order by name, version desc`,
    "values of a field of a dataset":
      `select coalesce(r.data_json ->> 'label', 'none') as label, count(*), count(*) * 100.0 / sum(count(*)) over () as percent
       from dataset_rows r join datasets d using (dataset_id) where d.version = 1 group by 1 order by 2 desc`,
    "fields of the rows of a dataset":
      `select key, count(*), count(*) filter (where jsonb_typeof(value) = 'number') as numbers from dataset_rows, jsonb_each(data_json) group by key`,
    "prompt runs and what became of the estimate":
      `select r.name, r.call_count, r.estimated_cost_usd, (select sum(c.cost_usd) from prompt_run_calls c where c.prompt_run_id = r.prompt_run_id) as cost_usd
       from prompt_runs r where r.created_at > now() - interval '90 days' order by r.created_at desc`,
    "answers that two models grade differently":
      `select a.row_index, a.model_label as one, b.model_label as other, a.grade_score - b.grade_score as difference
       from prompt_run_calls a join prompt_run_calls b on b.prompt_run_id = a.prompt_run_id and b.row_index = a.row_index and b.repeat_index = a.repeat_index and a.model_label < b.model_label
       where a.grade_score is distinct from b.grade_score`,
    "grades in steps of a tenth":
      `select width_bucket(grade_score, 0, 1, 10) as step, count(*) from prompt_run_calls where grade_score is not null group by 1`,
    "the best model of each prompt by score for its cost": `with ranked as (
         select prompt_name, model_label, mean_score, cost_usd, rank() over (partition by prompt_name order by mean_score desc nulls last, cost_usd) as place
         from prompt_run_model_results where calls_graded > 0 or run_status = 'queued'
       ) select * from ranked where place = 1`,
  },
  "tests and issues": {
    "pass rate of the last runs as a moving mean":
      `select suite, run_timestamp, avg(pass_rate_percent) over (partition by suite, branch_name order by run_timestamp rows between 4 preceding and current row) as moving
       from test_runs where status <> 'aborted'`,
    "tests that began to fail": `select * from (
         select suite, tool_name, status, lag(status) over (partition by suite, tool_name, variation, class_name, provider, model order by run_timestamp) as before, run_timestamp
         from test_results where is_counted
       ) t where status in ('FAIL', 'ERROR') and before is distinct from status`,
    "failures with the same cause":
      `select failure_fingerprint, min(error_message) as example, count(*), array_agg(distinct tool_name) as tests from test_results where status in ('FAIL', 'ERROR') group by 1`,
    "the share of failures of each provider and of all":
      `select coalesce(provider, 'all') as provider, 100.0 * count(*) filter (where status in ('FAIL', 'ERROR')) / nullif(count(*), 0) as percent
       from test_results where is_counted and status <> 'SKIP' group by rollup (provider)`,
    "days on which nothing was tested":
      `select d::date as day from generate_series(now() - interval '14 days', now(), interval '1 day') d
       where not exists (select 1 from test_runs r where r.run_timestamp::date = d::date)`,
    "issues by age":
      `select issue_code, title, extract(day from now() - first_detected_at) as days from issues where resolved_at is null order by first_detected_at nulls last`,
    "issues and the tests they touch":
      `select i.issue_code, t.tool from issues i left join lateral unnest(i.affected_tools) as t (tool) on true`,
    "occurrences by severity and suite":
      `select i.suite, o.severity, count(*), count(distinct o.test_run_id) as runs from issue_occurrences o join issues i using (issue_id) group by cube (i.suite, o.severity)`,
    "where an issue was seen last":
      `select i.issue_code, r.branch_name, r.commit_hash, x.file_path || ':' || x.line_number as place
       from issue_occurrences o join issues i using (issue_id) join test_runs r using (test_run_id) left join test_results x using (test_result_id)
       order by o.created_at desc limit 20`,
  },
  "as other models write them": {
    "a calendar in a CTE with the schema and a semicolon":
      `WITH days AS (SELECT generate_series(CURRENT_DATE - INTERVAL '29 days', CURRENT_DATE, INTERVAL '1 day')::date AS day) SELECT days.day, COALESCE(COUNT(br.run_id), 0) AS runs FROM days LEFT JOIN chat.benchmark_runs AS br ON br.completed_at::date = days.day GROUP BY days.day ORDER BY days.day;`,
    "whole rows as JSON without two long columns":
      `select to_jsonb(b) - 'prompt' - 'rationale' as benchmark from benchmarks b order by b.created_at desc limit 5`,
    "JSON of a derived table's rows":
      `select json_agg(t) from (select model_id, count(*) as n from benchmark_runs group by model_id order by n desc limit 3) t`,
    "JSON of rows, or an empty list":
      `select coalesce(json_agg(row_to_json(x)), '[]'::json) from (select name, tier from models limit 2) as x`,
    "columns of a row as rows":
      `select e.key, e.value from models m cross join lateral jsonb_each_text(to_jsonb(m)) as e(key, value) where m.model_id = 'openai/gpt-6-sol'`,
    "keys and values by field selection of a call":
      `select model_id, (jsonb_each(output_json)).key as field, (jsonb_each(output_json)).value from benchmark_runs where jsonb_typeof(output_json) = 'object' limit 20`,
    "models without runs, by a null row":
      `select m.name from models m left join benchmark_runs r on r.model_id = m.model_id where r is null`,
    "rows that a left join found, by a star":
      `select count(*) from models m left join benchmark_runs r on r.model_id = m.model_id where r.* is not null`,
    "distinct whole rows": `select count(distinct b) from benchmarks b`,
    "rows of a left join counted under a condition":
      `select p.name, count(v) filter (where 'production' = any (v.labels)) from prompts p left join prompt_versions v using (prompt_id) group by p.name`,
    "a hash of a whole row":
      `select md5(r::text) as fingerprint, count(*) from (select model_id, status from benchmark_runs) r group by 1 order by 2 desc`,
    "pairs of rows that differ anywhere":
      `select a.test_result_id from test_results a join test_results b on a.tool_name = b.tool_name and a.test_run_id < b.test_run_id where a is distinct from b limit 10`,
    "row constructors compared":
      `select * from benchmark_runs where row(model_id, status) = row('openai/gpt-6-sol', 'complete') limit 1`,
    "the next page by a row comparison":
      `select run_id, created_at from benchmark_runs where (created_at, run_id) < (now(), '00000000-0000-0000-0000-000000000000'::uuid) order by created_at desc, run_id desc limit 10`,
    "between symmetric bounds":
      `select count(*) from benchmark_runs where accuracy_percent between symmetric 100 and 80`,
    "one of several percentiles":
      `select (percentile_cont(array[0.25, 0.5, 0.75]) within group (order by cost_usd))[2] from benchmark_runs`,
    "hypothetical-set aggregates":
      `select rank(0.01) within group (order by cost_usd), percent_rank(0.01) within group (order by cost_usd), cume_dist(0.01) within group (order by cost_usd desc), dense_rank(0.01) within group (order by cost_usd) from benchmark_runs`,
    "regression and correlation":
      `select mode() within group (order by model_id), regr_slope(accuracy_percent, cost_usd), regr_intercept(accuracy_percent, cost_usd), regr_r2(accuracy_percent, cost_usd), regr_sxy(accuracy_percent, cost_usd), corr(accuracy_percent, response_time_ms), variance(cost_usd), covar_pop(accuracy_percent, response_time_ms) from benchmark_runs`,
    "runs far from the mean":
      `with s as (select avg(cost_usd) as m, stddev_pop(cost_usd) as sd from benchmark_runs) select r.run_id, (r.cost_usd - s.m) / nullif(s.sd, 0) as z from benchmark_runs r cross join s where abs((r.cost_usd - s.m) / nullif(s.sd, 0)) > 2`,
    "the first three with ties":
      `select model_id, count(*) as n from benchmark_runs group by model_id order by n desc fetch first 3 rows with ties`,
    "two arrays unnested side by side":
      `select d.name, u.model, u.priority from benchmark_drafts d, unnest(d.model_ids, d.priorities) as u(model, priority)`,
    "first and last elements of arrays":
      `select name, priorities[1] as first_priority, model_ids[array_upper(model_ids, 1)] as last_model, (string_to_array(name, ' '))[1] as first_word from benchmark_drafts`,
    "the latest and the three largest of each group":
      `select model_id, (array_agg(status order by created_at desc))[1] as latest, (array_agg(cost_usd order by cost_usd desc nulls last))[1:3] as top3 from benchmark_runs group by model_id`,
    "JSON by subscripts":
      `select output_json['total'] as total, output_json['items'][0] from benchmark_runs where output_json is not null limit 5`,
    "SQL/JSON query functions":
      `select json_value(output_json, '$.total' returning numeric null on empty null on error) as total, json_query(output_json, '$.items' with wrapper), json_exists(output_json, '$.vendor') from benchmark_runs limit 5`,
    "a default of JSON_VALUE":
      `select coalesce(json_value(output_json, '$.currency' default 'EUR' on empty default 'EUR' on error), 'none') as currency, count(*) from benchmark_runs group by 1`,
    "texts that are JSON":
      `select count(*) filter (where output_text is json object) as objects, count(*) filter (where output_text is json array) as arrays, count(*) filter (where output_text is not json) as texts from prompt_run_calls`,
    "a cast to JSON only where it is JSON":
      `select case when output_text is json then (output_text::jsonb) ->> 'label' end as label, count(*) from prompt_run_calls group by 1`,
    "an answer with its model, indented":
      `select jsonb_pretty(jsonb_set(coalesce(output_json, '{}'), '{model}', to_jsonb(model_id))) from benchmark_runs limit 1`,
    "paths with a cast and in strict mode":
      `select jsonb_path_exists(output_json, '$.total'::jsonpath), jsonb_path_query_array(output_json, 'strict $.items[*]') from benchmark_runs where jsonb_typeof(output_json -> 'items') = 'array' limit 3`,
    "JSON without a path and without keys":
      `select output_json #- '{items,0}', output_json - array['a','b'], output_json || '{"x": 1}' from benchmark_runs limit 1`,
    "columns joined by tabs": `select concat_ws(chr(9), name, tier, provider) from models`,
    "months and money as texts":
      `SELECT TO_CHAR(DATE_TRUNC('month', created_at), 'YYYY-MM') AS month, TO_CHAR(SUM(cost_usd), 'FM$999,990.00') AS spend FROM benchmarks GROUP BY 1 ORDER BY 1`,
    "ages and intervals made of numbers":
      `select age(make_date(2026, 12, 31), created_at::date), make_interval(hours => 2), justify_interval(now() - created_at) from benchmarks limit 2`,
    "times of the statement and the transaction":
      `select count(*) from test_runs where run_timestamp >= statement_timestamp() - interval '24 hours' and run_timestamp < transaction_timestamp()`,
    "pass rate by day of the week":
      `select extract(isodow from run_timestamp)::int as dow, to_char(run_timestamp, 'Dy') as label, avg(pass_rate_percent)::numeric(5,2) from test_runs group by 1, 2 order by 1`,
    "benchmarks that overlap in time":
      `select a.name, b.name from benchmarks a join benchmarks b on a.benchmark_id < b.benchmark_id where (a.started_at, a.completed_at) overlaps (b.started_at, b.completed_at)`,
    "streaks of failures":
      `with marked as (select suite, tool_name, run_timestamp, status, row_number() over (partition by suite, tool_name order by run_timestamp) - row_number() over (partition by suite, tool_name, status order by run_timestamp) as grp from test_results where is_counted) select suite, tool_name, status, min(run_timestamp), max(run_timestamp), count(*) as streak from marked where status = 'FAIL' group by suite, tool_name, status, grp having count(*) >= 2 order by streak desc limit 20`,
    "a frame of groups without the current row":
      `select day, usd, avg(usd) over (order by day groups between 2 preceding and current row exclude current row) from (select date_trunc('day', completed_at) as day, sum(cost_usd) as usd from benchmark_runs group by 1) d`,
    "shares by a window over an aggregate":
      `select model_id, sum(cost_usd) as usd, round(100 * sum(cost_usd) / sum(sum(cost_usd)) over (), 2) as pct from benchmark_runs group by model_id order by usd desc nulls last`,
    "labels from a list of values":
      `select v.label, count(r.run_id) from (values ('complete', 'Done'), ('failed', 'Failed'), ('skipped', 'Skipped')) as v(status, label) left join benchmark_runs r on r.status = v.status group by v.label`,
    "in a list of values": `select name from models where tier in (values ('budget'), ('mid'))`,
    "two kinds of things in one list":
      `(select 'benchmark' as kind, name, created_at from benchmarks) union all (select 'prompt run', name, created_at from prompt_runs) order by created_at desc limit 20`,
    "any of several patterns":
      `select tool_name, error_message from test_results where error_message ilike any (array['%timeout%', '%timed out%'])`,
    "words of error messages":
      `select word, count(*) from benchmark_runs cross join lateral string_to_table(lower(error_message), ' ') as word where length(word) > 3 group by word order by 2 desc limit 20`,
    "a histogram with empty steps":
      `select g.n * 10 as from_percent, count(r.run_id) from generate_series(0, 9) as g(n) left join benchmark_runs r on r.accuracy_percent >= g.n * 10 and r.accuracy_percent < (g.n + 1) * 10 group by g.n order by g.n`,
    "types of columns":
      `select pg_typeof(cost_usd), pg_typeof(created_at)::text from benchmarks limit 1`,
    "a star with the schema before it":
      `select chat.models.* from chat.models where chat.models.is_offered is true`,
    "quoted identifiers throughout":
      `SELECT "m"."name" AS "Model Name", "m"."tier" FROM "chat"."models" AS "m" ORDER BY "Model Name"`,
    "comments within and a semicolon at the end":
      `-- Top failing tests\nSELECT tool_name, COUNT(*) AS failures /* all */ FROM test_results WHERE status IN ('FAIL', 'ERROR') -- both\nGROUP BY tool_name ORDER BY failures DESC LIMIT 10;`,
    "the two dearest runs of each model":
      `select m.name, x.* from models m left join lateral (select r.run_id, r.cost_usd from benchmark_runs r where r.model_id = m.model_id order by r.cost_usd desc nulls last limit 2) x on true`,
    "issues with similar titles":
      `select a.title, b.title, similarity(a.title, b.title) as alike from issues a join issues b on a.issue_id < b.issue_id where similarity(a.title, b.title) > 0.3 order by alike desc`,
    "titles like a text, by the operator of similarity":
      `select title from issues where title % 'login timeout' order by similarity(title, 'login timeout') desc`,
    "descriptions with words like a text":
      `select title, word_similarity('timeout', description) from issues order by 2 desc nulls last limit 5`,
    "arithmetic with intervals":
      `select avg(completed_at - started_at) as mean, max(completed_at - started_at) * 2, interval '1 hour' / 4, interval '7' day from prompt_runs`,
    "parts of texts replaced by position":
      `select overlay(name placing '***' from 2 for 3), strpos(name, ' '), position('a' in name), left(name, 3), right(name, 2), initcap(name) from models limit 3`,
    "casts in every spelling":
      `select cast(cost_usd as decimal(12,4)), cost_usd::float8, cast(created_at as date), created_at::timestamp(0), '2026-01-01'::date, date '2026-01-01' from benchmarks limit 1`,
    "an expression within an expression":
      `with a as (with b as (select * from test_runs) select * from b where status <> 'aborted') select suite, count(*) from a group by suite`,
    "runs of each benchmark as JSON":
      `select b.name, x.runs from benchmarks b cross join lateral (select jsonb_agg(to_jsonb(r) - 'output_json' order by r.created_at) as runs from benchmark_runs r where r.benchmark_id = b.benchmark_id) x`,
    "a row within an object":
      `select jsonb_build_object('model', m, 'runs', (select count(*) from benchmark_runs r where r.model_id = m.model_id)) from models m limit 1`,
    "as dear as all others":
      `select name from benchmarks where cost_usd >= all (select b2.cost_usd from benchmarks b2 where b2.cost_usd is not null)`,
    "an order by a case":
      `select priority, count(*) from issues group by priority order by case priority when 'critical' then 1 when 'high' then 2 else 3 end`,
    "runs by the time of day":
      `select run_timestamp::time, extract(hour from run_timestamp), date_part('dow', run_timestamp), make_time(8, 0, 0) from test_runs where run_timestamp::time between '08:00' and '18:00'`,
    "functions of arrays":
      `select array_position(priorities, 'cost'), array_remove(priorities, 'speed'), array_to_string(priorities, ', ', '-'), array_to_json(priorities), array_append(priorities, 'x') from benchmarks`,
    "places of an array's elements":
      `select b.name, i, b.priorities[i] from benchmarks b, generate_subscripts(b.priorities, 1) as i order by 1, 2`,
    "means of the numbers in the answers":
      `select key, avg((value #>> '{}')::numeric) from benchmark_runs, jsonb_each(output_json) where jsonb_typeof(output_json) = 'object' and jsonb_typeof(value) = 'number' group by key`,
    "a row of a common table expression as JSON":
      `with best as (select model_name, accuracy_percent from benchmark_model_results order by 2 desc nulls last limit 1) select to_json(best) from best`,
    "an alias that is also a column's name": `select count(status) from benchmarks status`,
    "a subquery within a subquery":
      `select b.name from benchmarks b where exists (select 1 from benchmark_runs r where r.benchmark_id = b.benchmark_id and r.cost_usd > (select avg(x.cost_usd) from benchmark_runs x where x.benchmark_id = b.benchmark_id))`,
    "outliers by quartiles":
      `with q as (select percentile_cont(0.25) within group (order by response_time_ms) q1, percentile_cont(0.75) within group (order by response_time_ms) q3 from benchmark_runs) select r.run_id, r.response_time_ms from benchmark_runs r, q where r.response_time_ms > q.q3 + 1.5 * (q.q3 - q.q1)`,
    "wins of each model over all prompt runs":
      `with per_run as (select prompt_run_id, model_label, avg(grade_score) as s from prompt_run_calls group by 1, 2), ranked as (select *, rank() over (partition by prompt_run_id order by s desc nulls last) as r from per_run) select model_label, count(*) filter (where r = 1) as wins from ranked group by model_label order by wins desc`,
    "how many of two columns are set":
      `select num_nonnulls(error_message, skip_reason), count(*) from benchmark_runs group by 1`,
    "a subquery without an alias": `select * from (select count(*) from models)`,
    "a hash of each answer":
      `SELECT md5(output_text) AS answer_hash, count(*) FROM prompt_run_calls GROUP BY 1`,
    "a row as JSON by its star": `select row_to_json(r.*) from chat.benchmarks r`,
    "rows as one JSON list": `select jsonb_agg(r) from chat.benchmarks r`,
    "a row as text": `select r::text from chat.benchmarks r`,
    "whole rows compared": `select 1 from chat.benchmarks a, chat.benchmarks b where a = b`,
    "whole rows counted": `select count(r) from chat.benchmarks r`,
  },
  "more in the habits of Postgres": {
    "a value in FROM":
      `select d::date as today, count(b.benchmark_id) from date_trunc('day', now()) as d left join benchmarks b on b.created_at >= d group by d`,
    "a frame by time":
      `select sum(cost_usd) over (order by completed_at range between interval '7 days' preceding and current row) from benchmark_runs`,
    "a sum of sums":
      `select sum(sum(cost_usd)) over (order by date_trunc('day', created_at)) from benchmarks group by date_trunc('day', created_at)`,
    "rows of a subquery as its columns":
      `select model_id, latest.* from models cross join lateral (select created_at, status from benchmark_runs br where br.model_id = models.model_id order by created_at desc limit 1) as latest`,
    "a difference between two weeks":
      `select suite, avg(duration_seconds) filter (where run_timestamp > now() - interval '7 days') - avg(duration_seconds) filter (where run_timestamp <= now() - interval '7 days') as delta from test_runs group by suite`,
    "numbers in texts":
      `select nullif(regexp_replace(output_text, '[^0-9.]', '', 'g'), '')::numeric from prompt_run_calls where output_text ~ '[0-9]' limit 5`,
    "a query without FROM":
      `select current_date - 7, localtimestamp, 'yesterday'::date, round(random()::numeric, 2)`,
    "a table in exists": `select 1 where exists (table models)`,
    "JSON of counts within JSON":
      `select json_build_object('total', count(*), 'by_status', (select json_object_agg(status, c) from (select status, count(*) c from benchmarks group by status) s)) from benchmarks`,
  },
  "the chat's own": {
    "how many questions were asked": `select count(*) from messages where role = 'user'`,
    "the last conversations":
      `select c.title, max(m.created_at) as last from conversations c join messages m on m.conversation_id = c.conversation_id group by c.conversation_id, c.title order by last desc limit 5`,
  },
});
