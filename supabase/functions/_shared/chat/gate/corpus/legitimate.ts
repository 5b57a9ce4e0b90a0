import { type CorpusStatement, listStatements } from "./corpus_statement.ts";

/**
 * What a good model writes for a customer's questions. All of it passes the gate and runs in the
 * database, and brings rows of the caller's alone.
 */
export const legitimate: readonly CorpusStatement[] = listStatements({
  plain: {
    "all reports, newest first":
      `select id, status, recommended_model, created_at from reports order by created_at desc limit 20`,
    "how many reports there are": `SELECT COUNT(*) FROM chat.reports;`,
    "everything of the last report": `select * from chat.reports order by created_at desc limit 1`,
    "reports that failed, and why":
      `select id, error, completed_at from reports where status = 'failed' and error is not null`,
    "reports of a given set of states":
      `select r.id, r.status from chat.reports r where r.status in ('paid', 'running') order by r.created_at`,
    "one report by its id":
      `select * from reports where id = '3f0a3c9e-0000-4000-8000-000000000001'::uuid`,
    "the table named in full in its columns":
      `select chat.reports.id, reports.status from chat.reports where reports.partial is true`,
    "models by a part of their name":
      `select id, name, provider from models where name ilike '%mini%' or id like 'openai/%' order by name`,
    "models without a vendor's prefix":
      `select split_part(id, '/', 2) as short_name, provider from models where id not like 'local/%'`,
    "pages of models": `select name from models order by name offset 10 fetch first 10 rows only`,
    "every tier once": `select distinct tier from models order by tier`,
    "runs without an answer":
      `select count(*) from benchmark_runs where output_json is null and status <> 'skipped'`,
    "a constant": `select 1 as one`,
    "a row of constants": `values (1, 'a'), (2, 'b')`,
    "a quoted alias": `select count(*) as "Number of reports" from reports`,
    "a comment before and after":
      `-- reports by state\nselect status, count(*) as n /* all time */ from reports group by status`,
    "dollar quotes": `select count(*) from reports where error = $$it's over$$`,
    "the table statement": `table models`,
    "a letter outside ASCII":
      `select count(*) as "Läufe" from benchmark_runs where error_message ilike '%größe%'`,
  },
  "aggregates and groups": {
    "which model was cheapest per correct field last week":
      `select model_id, sum(actual_cost) / nullif(sum(field_accuracy / 100), 0) as usd_per_correct
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
      `select date_trunc('day', completed_at)::date as day, round(sum(actual_cost), 4) as usd
       from benchmark_runs group by 1 order by 1`,
    "spending per month in a time zone":
      `select date_trunc('month', completed_at at time zone 'Europe/Berlin') as month, sum(actual_cost)
       from benchmark_runs group by month having sum(actual_cost) > 0 order by month`,
    "groups by an alias":
      `select tier as t, avg(input_price) * 1e6 as usd_per_million from models group by t order by 2 desc`,
    "mean, spread and count of accuracy":
      `select model_id, avg(field_accuracy), stddev_samp(field_accuracy), min(field_accuracy), max(field_accuracy), count(field_accuracy)
       from benchmark_runs group by model_id having count(*) >= 1`,
    "how price and accuracy go together":
      `select corr(actual_cost::double precision, field_accuracy), regr_slope(field_accuracy, response_time_ms) from benchmark_runs`,
    "names of all models of a tier":
      `select tier, string_agg(name, ', ' order by name) as names from models group by tier`,
    "models of each report as an array":
      `select report_id, array_agg(distinct model_id) as models from benchmark_runs group by report_id`,
    "JSON of figures":
      `select jsonb_object_agg(model_id, accuracy) from (select model_id, avg(field_accuracy) as accuracy from benchmark_runs group by model_id) a`,
    "rollup of spending":
      `select report_id, model_id, sum(actual_cost) as usd, grouping(report_id, model_id) as level
       from benchmark_runs group by rollup (report_id, model_id) order by level, usd desc`,
    "grouping sets":
      `select model_id, status, count(*) from benchmark_runs group by grouping sets ((model_id), (status), ())`,
    "cube": `select provider, tier, count(*) from models group by cube (provider, tier)`,
    "the most common state": `select mode() within group (order by status) from benchmark_runs`,
    "whether all runs are valid":
      `select bool_and(is_valid_json) as all_valid, bool_or(exact_match) as any_exact from benchmark_runs`,
    "share of all spending":
      `select model_id, 100 * sum(actual_cost) / nullif((select sum(actual_cost) from benchmark_runs), 0) as share from benchmark_runs group by model_id`,
    "states that are rare":
      `select status, count(*) from reports group by status having count(*) < 3`,
  },
  "joins and subqueries": {
    "runs with their models' names":
      `select m.name, count(*) as runs from benchmark_runs b join models m on m.id = b.model_id group by m.name order by runs desc`,
    "models that were never run":
      `select m.id from models m left join benchmark_runs b on b.model_id = m.id where b.id is null`,
    "models that were never run, by not exists":
      `select m.name from models m where not exists (select 1 from benchmark_runs b where b.model_id = m.id)`,
    "reports of models that cost little":
      `select id from reports where recommended_model in (select id from models where tier = 'budget')`,
    "reports dearer than the average":
      `select id, total_api_cost from reports where total_api_cost > (select avg(total_api_cost) from reports)`,
    "the dearest run of each report by lateral": `select r.id, top.model_id, top.actual_cost
       from reports r cross join lateral (
         select b.model_id, b.actual_cost from benchmark_runs b where b.report_id = r.id
         order by b.actual_cost desc nulls last limit 1
       ) as top`,
    "a left lateral join": `select r.id, last.completed_at from reports r
       left join lateral (select max(completed_at) as completed_at from benchmark_runs where report_id = r.id) last on true`,
    "figures of models with their prices by using":
      `select model_id, m.accuracy, r.runs from report_models m
       join (select model_id, report_id, count(*) as runs from benchmark_runs group by model_id, report_id) r using (report_id, model_id)`,
    "any of an array":
      `select name from models where id = any (array['openai/gpt-4o', 'openai/gpt-4o-mini'])`,
    "more than all":
      `select id from benchmark_runs where actual_cost >= all (select actual_cost from benchmark_runs where actual_cost is not null)`,
    "row comparison":
      `select id from benchmark_runs where (report_id, model_id) in (select id, recommended_model from reports)`,
    "array of a subquery":
      `select array(select name from models where tier = 'premium' order by name) as premium`,
    "a self join between repeats": `select a.model_id, count(*) from benchmark_runs a
       join benchmark_runs b on a.report_id = b.report_id and a.image_index = b.image_index and a.model_id = b.model_id and a.repeat_index < b.repeat_index
       where a.output_json is distinct from b.output_json group by a.model_id`,
    "a full join with coalesce":
      `select coalesce(a.status, b.status) as status, a.n as reports, b.n as runs
       from (select status, count(*) n from reports group by status) a
       full outer join (select status::text as status, count(*) n from benchmark_runs group by status) b on a.status = b.status`,
    "old comma joins":
      `select r.id, m.name from reports r, models m where m.id = r.recommended_model`,
    "all columns of one of two":
      `select m.*, r.created_at from models m join reports r on r.recommended_model = m.id`,
  },
  "common table expressions and windows": {
    "the best model of each report": `with ranked as (
         select report_id, model_id, accuracy, row_number() over (partition by report_id order by accuracy desc nulls last, cost_per_run) as place
         from report_models
       )
       select report_id, model_id, round(accuracy::numeric, 1) as accuracy from ranked where place = 1`,
    "running total of spending":
      `select day, usd, sum(usd) over (order by day rows between unbounded preceding and current row) as total
       from (select completed_at::date as day, sum(actual_cost) as usd from benchmark_runs group by 1) d`,
    "change from week to week": `with weekly as (
         select date_trunc('week', created_at) as week, sum(total_api_cost) as usd from reports group by 1
       )
       select week, usd, usd - lag(usd, 1, 0::numeric) over w as change from weekly window w as (order by week)`,
    "moving mean of a week":
      `with daily as (select created_at::date as day, count(*) as n from reports group by 1)
       select day, avg(n) over (order by day range between interval '6 days' preceding and current row) from daily`,
    "quartiles of latency":
      `select model_id, ntile(4) over (order by response_time_ms) as quartile from benchmark_runs where response_time_ms is not null`,
    "rank within a tier":
      `select name, tier, dense_rank() over (partition by tier order by output_price) from models`,
    "first and last of a partition":
      `select distinct model_id, first_value(status) over w, last_value(status) over w
       from benchmark_runs window w as (partition by model_id order by created_at rows between unbounded preceding and unbounded following)`,
    "two expressions, the second on the first":
      `with done as (select * from benchmark_runs where status = 'complete'),
            by_model as (select model_id, count(*) as runs, avg(field_accuracy) as accuracy from done group by model_id)
       select b.*, m.name from by_model b left join models m on m.id = b.model_id order by b.accuracy desc`,
    "columns named at the expression's head":
      `with costs (model, usd) as materialized (select model_id, sum(actual_cost) from benchmark_runs group by model_id) select model from costs where usd > 0.5`,
    "an expression named as a view":
      `with reports as (select id, status from chat.reports where status = 'complete') select count(id) from reports`,
    "the newest run of each model by distinct on":
      `select distinct on (model_id) model_id, status, completed_at from benchmark_runs order by model_id, completed_at desc`,
    "cumulative share":
      `select model_id, cume_dist() over (order by usd) from (select model_id, sum(actual_cost) as usd from benchmark_runs group by model_id) s`,
    "an expression within a subquery":
      `select x.n from (with c as (select count(*) as n from reports) select n from c) x`,
  },
  "sets and series": {
    "reports and drafts in one list":
      `select 'report' as kind, created_at from reports union all select 'draft', created_at from benchmark_drafts order by created_at desc limit 10`,
    "models ordered and also recommended":
      `select model_id from benchmark_runs intersect select recommended_model from reports`,
    "models run but not recommended":
      `(select model_id from benchmark_runs) except (select recommended_model from reports) order by 1`,
    "every day of two weeks, those without a report too":
      `select d::date as day, count(r.id) as reports
       from generate_series(date '2026-11-01', date '2026-11-14', interval '1 day') as d
       left join reports r on r.created_at::date = d::date group by d order by d`,
    "every day of the last month, up to today": `with days as (
         select generate_series(current_date - interval '29 days', current_date, '1 day'::interval)::date as day
       )
       select days.day, coalesce(sum(b.actual_cost), 0) as usd
       from days left join benchmark_runs b on b.completed_at::date = days.day group by days.day order by days.day`,
    "weeks since a month ago":
      `select g.week from generate_series(date_trunc('week', now()) - interval '4 weeks', date_trunc('week', now()), interval '1 week') as g(week)`,
    "a histogram of accuracy":
      `select n * 10 as from_percent, (select count(*) from benchmark_runs where width_bucket(field_accuracy, 0, 100, 10) = n + 1)
       from generate_series(0, 9) as n`,
    "numbers with their place":
      `select u.model, u.place from unnest(array['a', 'b']) with ordinality as u (model, place)`,
    "a list of thresholds":
      `select t.threshold, count(*) from (values (50), (90), (99)) as t (threshold)
       join benchmark_runs b on b.field_accuracy >= t.threshold group by t.threshold order by 1`,
  },
  "JSON and arrays": {
    "mistakes inside the runs":
      `select e ->> 'fieldPath' as field, count(*) from benchmark_runs, jsonb_array_elements(field_errors) as e group by 1 order by 2 desc`,
    "mistakes by the value's own name":
      `select e.value ->> 'fieldPath' as field, count(*) as n from benchmark_runs b cross join lateral jsonb_array_elements(b.field_errors) e where b.status = 'complete' group by field`,
    "keys of the answers":
      `select key, count(*) from benchmark_runs, lateral jsonb_each(output_json) group by key order by count(*) desc`,
    "answers that name a currency":
      `select id from benchmark_runs where output_json ? 'currency' and output_json ->> 'currency' = 'EUR'`,
    "answers that contain a pair":
      `select count(*) from benchmark_runs where output_json @> '{"currency": "EUR"}'`,
    "a path into the answer":
      `select output_json #>> '{vendor,name}' as vendor, (output_json ->> 'total')::numeric as total from benchmark_runs where output_json -> 'total' is not null`,
    "length of the mistakes":
      `select model_id, avg(jsonb_array_length(field_errors)) from benchmark_runs where jsonb_typeof(field_errors) = 'array' group by 1`,
    "figures from the summary":
      `select m ->> 'modelName' as model, (m ->> 'accuracy')::float as accuracy from reports r, jsonb_array_elements(r.summary -> 'models') as m where r.id is not null`,
    "records from JSON":
      `select x.field, x.actual from benchmark_runs b, jsonb_to_recordset(b.field_errors) as x (field text, actual jsonb) limit 5`,
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
      `select jsonb_path_query_array(field_errors, '$[*].fieldPath') from benchmark_runs where jsonb_path_exists(field_errors, '$[*] ? (@.fieldPath == "total")')`,
    "arrays that overlap":
      `select name from benchmark_drafts where model_ids && array['openai/gpt-4o'] or model_ids @> '{openai/gpt-5}'`,
  },
  "text, dates and numbers": {
    "errors by their first words":
      `select left(error_message, 40) as beginning, count(*) from benchmark_runs where error_message is not null group by 1`,
    "errors by a pattern":
      `select count(*) from benchmark_runs where error_message ~* '(timeout|timed out)'`,
    "numbers taken from a text":
      `select substring(error_message from '[0-9]{3}') as code, regexp_replace(error_message, '\\s+', ' ', 'g') from benchmark_runs`,
    "similar to": `select id from models where id similar to '(openai|google)/%'`,
    "a label for each model":
      `select upper(provider) || ': ' || name as label, concat_ws(' / ', provider, tier) from models`,
    "a case by accuracy":
      `select case when field_accuracy >= 95 then 'good' when field_accuracy >= 80 then 'fair' else 'poor' end as grade, count(*)
       from benchmark_runs where field_accuracy is not null group by grade`,
    "a simple case":
      `select case tier when 'budget' then 1 when 'mid' then 2 else 3 end as place, name from models order by place`,
    "hours of the day":
      `select extract(hour from created_at) as hour, count(*) from reports group by 1 order by 1`,
    "days of the week by name":
      `select to_char(created_at, 'Day') as weekday, count(*) from reports group by 1`,
    "how long reports take":
      `select id, completed_at - started_at as took, extract(epoch from (completed_at - started_at)) / 60 as minutes from reports where completed_at is not null`,
    "reports of yesterday":
      `select count(*) from reports where created_at >= current_date - 1 and created_at < current_date`,
    "reports between two days":
      `select count(*) from reports where created_at between timestamp '2026-11-01' and '2026-11-15'::timestamptz`,
    "runs older than two weeks":
      `select count(*) from benchmark_runs where age(now(), created_at) > make_interval(days => 14)`,
    "latency in seconds":
      `select round(response_time_ms / 1000.0, 2) as seconds, greatest(attempts - 1, 0) as retries from benchmark_runs`,
    "prices per million tokens":
      `select name, input_price * 1000000 as usd_in, cast(output_price * 1e6 as numeric(10, 2)) as usd_out from models`,
    "error of the estimate":
      `select avg(abs(actual_cost - estimated_cost) / nullif(estimated_cost, 0)), sqrt(avg(power(actual_cost - estimated_cost, 2))) from benchmark_runs`,
    "a bar for a chart":
      `select status, count(*), repeat('#', 10) as bar, lpad(status, 12, ' ') from reports group by status`,
    "five runs at random": `select id, status from benchmark_runs order by random() limit 5`,
    "text compared byte by byte": `select name from models order by name collate "C"`,
    "buckets of six hours":
      `select date_bin('6 hours', created_at, timestamptz '2026-01-01') as bucket, count(*) from reports group by bucket`,
  },
  "the chat's own": {
    "how many questions were asked": `select count(*) from messages where role = 'user'`,
    "the last conversations":
      `select c.title, max(m.created_at) as last from conversations c join messages m on m.conversation_id = c.id group by c.id, c.title order by last desc limit 5`,
  },
});
