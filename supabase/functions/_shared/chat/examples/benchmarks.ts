import type { Subject } from "./subject.ts";

/** Subject of benchmarks and the models they compare. */
export const BENCHMARKS: Subject = {
  description:
    "Benchmarks: several models read several images several times (benchmark_runs), and every field of every answer is scored.",
  examples: [
    {
      question: "Which model was cheapest per correct field last week?",
      sql:
        `select model_id, model_name, sum(cost_usd) / nullif(sum(correct_fields), 0) as cost_per_correct_field_usd,
  sum(correct_fields) as correct_fields, sum(cost_usd) as cost_usd
from benchmark_model_results
where benchmark_status = 'complete' and benchmark_completed_at >= now() - interval '7 days'
group by model_id, model_name
having sum(correct_fields) > 0
order by cost_per_correct_field_usd, model_id
limit 10`,
      reason: "Over several benchmarks the sums are divided, the cheapest first.",
    },
    {
      question: "Which model does my latest benchmark recommend, and why?",
      sql:
        `select b.name as benchmark_name, b.recommended_model_id, m.name as model_name, b.rationale, b.completed_at
from benchmarks b left join models m on m.model_id = b.recommended_model_id
where b.status = 'complete'
order by b.completed_at desc, b.benchmark_id
limit 1`,
      reason: "The benchmark that was completed last, with its recommendation and its reasons.",
    },
    {
      question: "How do the models of my latest benchmark compare on accuracy, cost and speed?",
      sql:
        `select model_id, model_name, accuracy_percent, cost_per_run_usd, median_response_ms, is_recommended
from benchmark_model_results
where benchmark_id = (
  select benchmark_id from benchmarks where status = 'complete' order by completed_at desc, benchmark_id limit 1
)
order by accuracy_percent desc nulls last, model_id
limit 100`,
      reason: "One row a model of the benchmark that was completed last, the most accurate first.",
    },
    {
      question: "Which fields are most often wrong?",
      sql: `select field_path, sum(occurrences) as mistakes
from benchmark_field_errors
where kind <> 'format'
group by field_path
order by mistakes desc, field_path
limit 10`,
      reason: "Mistakes summed by field; what is only written otherwise is no mistake.",
    },
    {
      question: "How much did I spend on model calls this month?",
      sql: `select sum(cost_usd) as cost_usd, count(*) as runs
from benchmark_runs
where completed_at >= date_trunc('month', now())`,
      reason: "What providers charged for the runs that ended since the month began.",
    },
    {
      question: "Which model is the fastest?",
      sql:
        `select model_id, percentile_cont(0.5) within group (order by response_time_ms) as median_response_ms, count(*) as runs
from benchmark_runs
where status = 'complete'
group by model_id
order by median_response_ms, model_id
limit 10`,
      reason: "The median over all completed runs, the fastest first.",
    },
    {
      question: "Which model is the most accurate over all my benchmarks?",
      sql: `select model_id, avg(accuracy_percent) as accuracy_percent, count(*) as runs
from benchmark_runs
where status = 'complete'
group by model_id
order by accuracy_percent desc nulls last, model_id
limit 10`,
      reason: "The mean over all completed runs, so that larger benchmarks weigh more.",
    },
    {
      question: "Which model failed most often, and how?",
      sql: `select model_id, coalesce(error_kind, 'unknown') as error_kind, count(*) as runs
from benchmark_runs
where status = 'failed' or (status = 'complete' and error_kind is not null)
group by 1, 2
order by runs desc, model_id, error_kind
limit 20`,
      reason: "Runs that failed for good, and those whose answer could not be used, by kind.",
    },
    {
      question: "What did each benchmark cost, and what was estimated?",
      sql: `select benchmark_id, name, completed_at, estimated_cost_usd, cost_usd
from benchmarks
where cost_usd is not null
order by completed_at desc, benchmark_id
limit 50`,
      reason: "Estimate and charge of every benchmark that has ended, the latest first.",
    },
    {
      question: "How has the accuracy of each model changed from week to week?",
      sql: `with weekly as (
  select model_id, date_trunc('week', completed_at) as week, avg(accuracy_percent) as accuracy_percent
  from benchmark_runs
  where status = 'complete'
  group by model_id, date_trunc('week', completed_at)
)
select model_id, week, accuracy_percent,
  accuracy_percent - lag(accuracy_percent) over (partition by model_id order by week) as change_points
from weekly
order by model_id, week
limit 100`,
      reason: "Means by calendar week, each beside its difference from the one before.",
    },
    {
      question: "Which images are the hardest?",
      sql:
        `select b.name as benchmark_name, r.image_index, avg(r.accuracy_percent) as accuracy_percent, count(*) as runs
from benchmark_runs r join benchmarks b on b.benchmark_id = r.benchmark_id
where r.status = 'complete'
group by b.benchmark_id, b.name, r.image_index
order by accuracy_percent, benchmark_name, r.image_index
limit 10`,
      reason: "The images on which all models together were right least.",
    },
    {
      question: "What share of each model's answers was valid JSON?",
      sql:
        `select model_id, 100.0 * count(*) filter (where is_valid_json) / nullif(count(*), 0) as valid_json_percent, count(*) as runs
from benchmark_runs
where status = 'complete'
group by model_id
order by valid_json_percent desc, model_id
limit 50`,
      reason: "Completed runs whose answer was JSON, in percent of the model's completed runs.",
    },
    {
      question: "How many benchmarks do I have in each status?",
      sql: `select status, count(*) as benchmarks
from benchmarks
group by status
order by benchmarks desc, status`,
      reason: "A count a status.",
    },
    {
      question: "What does each model charge for a million tokens?",
      sql:
        `select model_id, name, input_usd_per_million_tokens, cached_input_usd_per_million_tokens, output_usd_per_million_tokens
from models
where is_offered
order by input_usd_per_million_tokens, model_id
limit 100`,
      reason: "Today's prices of the models that are offered, the cheapest input first.",
    },
    {
      question: "Which benchmarks did I prepare, and how large is each?",
      sql:
        `select name, cardinality(model_ids) as models, image_count, runs_per_image, created_at, updated_at
from benchmark_drafts
order by updated_at desc, draft_id
limit 50`,
      reason: "Every draft with its number of models, images and runs, the last changed first.",
    },
    {
      question: "Which questions did I ask in this chat last week?",
      sql: `select c.title as conversation, m.content as question, m.created_at
from messages m join conversations c on c.conversation_id = m.conversation_id
where m.role = 'user' and m.created_at >= now() - interval '7 days'
order by m.created_at desc, m.message_id
limit 50`,
      reason:
        "The user's own messages of the last seven days with their conversations, the latest first.",
    },
  ],
};
