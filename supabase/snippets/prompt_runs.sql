-- Prompt runs: totals, cost of versions, reliability of graders, comparison of two runs, failures. For the
-- dashboard's SQL editor, which reads every user's rows. Each query runs alone. Days are UTC.

-- (1) Totals of each run
-- Runs of the last 30 days with totals over all models: progress, mean score, cost.
with settings as (select 30 as days)
select r.run_id, r.prompt_name, r.prompt_version, r.dataset_name, r.dataset_version, r.status, r.error, r.cell_count,
  r.complete, r.failed, r.skipped, r.cancelled, r.graded, round(r.mean_score::numeric, 4) as mean_score,
  r.tokens_in, r.tokens_out, r.cost_usd, r.grader_cost_usd, r.estimated_cost_usd, r.cost_ceiling_usd,
  r.created_at, r.completed_at - r.started_at as took
from settings s
join public.report_prompt_runs r on r.created_at > now() - make_interval(days => s.days)
order by r.created_at desc;

-- (2) Score and cost of each version
-- Versions of all prompts over all their runs: mean score, cost of a completed call, and cost of a point of
-- score. Costs leave out calls without a price.
select p.name as prompt_name, v.version, count(distinct r.id) as runs, count(c.id) as calls,
  round(avg(c.grade_score)::numeric, 4) as mean_score, sum(c.cost_usd) as cost_usd, avg(c.cost_usd) as cost_per_call,
  sum(c.cost_usd) filter (where c.grade_score is not null)
    / nullif(sum(c.grade_score) filter (where c.cost_usd is not null), 0)::numeric as cost_per_point,
  round(avg(c.tokens_in)) as tokens_in_per_call, round(avg(c.tokens_out)) as tokens_out_per_call
from public.prompts p
join public.prompt_versions v on v.prompt_id = p.id
join public.runs r on r.prompt_version_id = v.id
join public.run_cells c on c.run_id = r.id and c.status = 'complete'
group by p.id, p.name, v.version
order by p.name, v.version;

-- (3) Agreement of graders with humans
-- Cells with both a grader's and a human's grade: the share on which they agree (a score above pass_mark is right),
-- and Cohen's kappa. A kappa of 1 is perfect and 0 is chance; null means that both always gave the same verdict. Do
-- not rely on a grader below 0.4 over some dozens of cells. mean_distance is the mean difference of the scores.
with settings as (select 0.5 as pass_mark),
pairs as (
  select coalesce(g.name, r.grader ->> 'type') as grader, gv.version as grader_version, r.grader ->> 'model' as model,
    (c.grader_score > s.pass_mark)::integer as grader_passes, (c.human_score > s.pass_mark)::integer as human_passes,
    abs(c.grader_score - c.human_score) as distance
  from settings s
  join public.run_cells c on c.human_score is not null and c.grader_score is not null
  join public.runs r on r.id = c.run_id
  left join public.prompt_versions gv on gv.id = r.grader_version_id
  left join public.prompts g on g.id = gv.prompt_id
),
shares as (
  select grader, grader_version, model, count(*) as cells, avg((grader_passes = human_passes)::integer) as agreement,
    avg(grader_passes) as grader_share, avg(human_passes) as human_share, avg(distance) as mean_distance
  from pairs
  group by grader, grader_version, model
),
chances as (
  select *, grader_share * human_share + (1 - grader_share) * (1 - human_share) as chance from shares
)
select grader, grader_version, model, cells, round(agreement, 4) as agreement,
  round((agreement - chance) / nullif(1 - chance, 0), 4) as kappa, round(mean_distance::numeric, 4) as mean_distance
from chances
order by kappa nulls last, cells desc;

-- (4) Two runs compared
-- Compares the last two completed runs of different versions of one prompt on one dataset; put two ids into
-- "chosen" to compare others. Rows are paired. Within a row, repeats are averaged first, then the models that both
-- runs graded. GET prompt-runs/compare gives interval and p-value of the difference; here the sign test gives the
-- probability of such an uneven split of the changed rows by chance.
with chosen (before_id, after_id) as (
  select b.id, a.id
  from public.runs a
  join public.prompt_versions av on av.id = a.prompt_version_id
  join public.runs b on b.owner_id = a.owner_id and b.dataset_id = a.dataset_id
    and b.status = 'complete' and b.created_at < a.created_at
  join public.prompt_versions bv on bv.id = b.prompt_version_id
    and bv.prompt_id = av.prompt_id and bv.version <> av.version
  where a.status = 'complete'
  order by a.created_at desc, b.created_at desc
  limit 1
),
scores as (
  select x.before_id, x.after_id, c.row_index, m.label,
    avg(c.grade_score) filter (where c.run_id = x.before_id) as before,
    avg(c.grade_score) filter (where c.run_id = x.after_id) as after
  from chosen x
  join public.run_cells c on c.run_id in (x.before_id, x.after_id) and c.grade_score is not null
  join public.run_models m on m.id = c.run_model_id
  group by x.before_id, x.after_id, c.row_index, m.label
),
paired as (
  select before_id, after_id, row_index, avg(before) as before, avg(after) as after
  from scores
  where before is not null and after is not null
  group by before_id, after_id, row_index
),
compared as (
  select before_id, after_id, count(*) as rows, avg(before) as score_before, avg(after) as score_after,
    avg(after - before) as difference,
    (count(*) filter (where after - before > 1e-9))::integer as better,
    (count(*) filter (where after - before < -1e-9))::integer as worse
  from paired
  group by before_id, after_id
)
select before_id, after_id, rows, round(score_before::numeric, 4) as score_before,
  round(score_after::numeric, 4) as score_after,
  round(difference::numeric, 4) as difference, better, worse, rows - better - worse as unchanged,
  public.mcnemar_exact_p(worse, better) as sign_test_p
from compared;

-- (5) Failures by provider
-- Calls of the last 7 days by provider and model: failures and their most frequent error, answers cut off at
-- max_tokens, answers without a grade, and mean number of attempts.
with settings as (select 7 as days)
select m.provider, m.model, count(*) as calls, count(*) filter (where c.status = 'failed') as failed,
  round(avg((c.status = 'failed')::integer), 4) as failure_rate,
  mode() within group (order by c.error_text) filter (where c.status = 'failed') as usual_error,
  count(*) filter (where c.answer_ending = 'length') as cut_off,
  count(c.grader_error) as ungraded, round(avg(c.attempts), 2) as attempts_per_call,
  percentile_cont(0.5) within group (order by c.latency_ms::integer)
    filter (where c.status = 'complete' and not c.is_cached) as latency_p50_ms,
  percentile_cont(0.95) within group (order by c.latency_ms::integer)
    filter (where c.status = 'complete' and not c.is_cached) as latency_p95_ms
from settings s
join public.runs r on r.created_at > now() - make_interval(days => s.days)
join public.run_models m on m.run_id = r.id
join public.run_cells c on c.run_model_id = m.id and c.status in ('complete', 'failed')
group by m.provider, m.model
order by failed desc, calls desc;
