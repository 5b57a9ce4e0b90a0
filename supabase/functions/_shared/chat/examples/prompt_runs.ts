import type { Subject } from "./subject.ts";

/** Subject of prompts, datasets and the runs of prompts over them. */
export const PROMPT_RUNS: Subject = {
  description:
    "Prompts: a version of a prompt is run over the rows of a dataset on several models (prompt_runs), and the answers (prompt_run_calls) are graded.",
  examples: [
    {
      question: "Which model did best in my latest prompt run?",
      sql:
        `select prompt_name, prompt_version, model_label, mean_score, calls_graded, cost_usd, median_latency_ms
from prompt_run_model_results
where prompt_run_id = (
  select prompt_run_id from prompt_runs where status = 'complete' order by completed_at desc, prompt_run_id limit 1
)
order by mean_score desc nulls last, model_label
limit 50`,
      reason: "One row a model of the prompt run that was completed last, the best grades first.",
    },
    {
      question: "Did the scores of my prompts get better from version to version?",
      sql: `with versions as (
  select prompt_name, prompt_version, sum(mean_score * calls_graded) / nullif(sum(calls_graded), 0) as mean_score
  from prompt_run_model_results
  where run_status = 'complete'
  group by prompt_name, prompt_version
)
select prompt_name, prompt_version, mean_score,
  mean_score - lag(mean_score) over (partition by prompt_name order by prompt_version) as change
from versions
order by prompt_name, prompt_version
limit 100`,
      reason:
        "Means weighed by graded answers, each beside its difference from the version before.",
    },
    {
      question: "How much did each prompt cost me, calls and grading together?",
      sql:
        `select prompt_name, sum(cost_usd) as calls_usd, sum(grader_cost_usd) as grading_usd, sum(coalesce(cost_usd, 0) + coalesce(grader_cost_usd, 0)) as cost_usd
from prompt_run_model_results
group by prompt_name
order by cost_usd desc, prompt_name
limit 50`,
      reason: "Calls and grading summed over all runs of each prompt, the dearest first.",
    },
    {
      question: "Which rows of the dataset do the models get wrong most often?",
      sql:
        `select r.dataset_name, c.row_index, d.data_json, avg(c.grade_score) as mean_score, count(c.grade_score) as answers_graded
from prompt_run_calls c
join prompt_runs r on r.prompt_run_id = c.prompt_run_id
join dataset_rows d on d.dataset_id = r.dataset_id and d.row_index = c.row_index
where c.grade_score is not null
group by r.dataset_id, r.dataset_name, c.row_index, d.data_json
order by mean_score, r.dataset_name, c.row_index
limit 10`,
      reason: "The rows with the lowest mean grade over all runs, each with its fields.",
    },
    {
      question: "Which prompts do I have, and which version is in production?",
      sql:
        `select p.name as prompt_name, p.type, p.version as latest_version, v.version as production_version, p.updated_at
from prompts p
left join prompt_versions v on v.prompt_id = p.prompt_id and 'production' = any (v.labels)
order by p.updated_at desc, p.name
limit 100`,
      reason: "Every prompt with its latest version and the one that the label points at, if any.",
    },
    {
      question: "What datasets do I have, and how many rows are in each?",
      sql: `select name as dataset_name, version, format, row_count, columns, created_at
from datasets
order by name, version desc
limit 100`,
      reason: "One row a version of each dataset, the latest version first.",
    },
    {
      question: "How many rows of the dataset have each value of the field label?",
      sql: `select r.data_json ->> 'label' as label, count(*) as rows
from dataset_rows r
where r.dataset_id = (
  select dataset_id from datasets where 'label' = any (columns) order by created_at desc, dataset_id limit 1
)
group by 1
order by rows desc, label
limit 50`,
      reason: "A field is read from data_json; of several datasets the one uploaded last.",
    },
    {
      question: "Why did calls of my prompt runs fail?",
      sql: `select provider, model_label, error_message, count(*) as calls
from prompt_run_calls
where status = 'failed'
group by provider, model_label, error_message
order by calls desc, model_label, error_message
limit 20`,
      reason: "Failed calls by model and error, the most frequent first.",
    },
    {
      question: "For which answers did I override the grade?",
      sql:
        `select r.prompt_name, c.model_label, c.row_index, c.grader_score, c.human_score, c.grade_reason, c.output_text
from prompt_run_calls c join prompt_runs r on r.prompt_run_id = c.prompt_run_id
where c.human_score is not null and c.human_score is distinct from c.grader_score
order by c.completed_at desc, c.call_id
limit 50`,
      reason: "Answers whose grade by the user differs from the grader's, the latest first.",
    },
    {
      question: "How long do answers to my prompts take with each provider?",
      sql:
        `select provider, percentile_cont(0.5) within group (order by latency_ms) as median_latency_ms,
  percentile_cont(0.95) within group (order by latency_ms) as p95_latency_ms, count(*) as calls
from prompt_run_calls
where status = 'complete' and not is_cached
group by provider
order by median_latency_ms, provider
limit 20`,
      reason: "Over completed calls that were really made, by provider, the fastest first.",
    },
  ],
};
