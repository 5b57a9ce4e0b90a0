create view chat.prompts with (security_barrier = true) as
  select p.id as prompt_id, p.name, p.type, p.body, p.placeholders,
    (select max(v.version) from public.prompt_versions v where v.prompt_id = p.id) as version,
    p.created_at, p.updated_at
  from public.prompts p
  where p.owner_id = (select private.chat_user_id());
comment on view chat.prompts is 'The user''s prompts as they stand now.';
comment on column chat.prompts.prompt_id is 'Joins with prompt_versions and prompt_runs.';
comment on column chat.prompts.name is 'Name by the user.';
comment on column chat.prompts.type is 'task: given to models; grader: judges their answers.';
comment on column chat.prompts.body is 'The text, with {{field}} for what is filled in.';
comment on column chat.prompts.placeholders is 'Fields that are filled in.';
comment on column chat.prompts.version is 'Number of the latest version, from 1.';
comment on column chat.prompts.created_at is 'When it was made.';
comment on column chat.prompts.updated_at is 'When it was last saved.';

create view chat.prompt_versions with (security_barrier = true) as
  select v.id as prompt_version_id, v.prompt_id, p.name as prompt_name, v.version, v.body, v.placeholders,
    array(
      select l.label from public.prompt_labels l
      where l.prompt_id = v.prompt_id and l.version = v.version order by l.label
    ) as labels, v.created_at
  from public.prompt_versions v join public.prompts p on p.id = v.prompt_id
  where v.owner_id = (select private.chat_user_id());
comment on view chat.prompt_versions is 'Every version of the user''s prompts.';
comment on column chat.prompt_versions.prompt_version_id is 'Joins with prompt_runs.';
comment on column chat.prompt_versions.prompt_id is 'Joins with prompts.';
comment on column chat.prompt_versions.prompt_name is 'Name of the prompt.';
comment on column chat.prompt_versions.version is 'From 1.';
comment on column chat.prompt_versions.body is 'The text of this version.';
comment on column chat.prompt_versions.placeholders is 'Fields that are filled in.';
comment on column chat.prompt_versions.labels is 'Labels that point here, such as production.';
comment on column chat.prompt_versions.created_at is 'When it was saved.';

create view chat.datasets with (security_barrier = true) as
  select id as dataset_id, name, version, format, columns, row_count::integer as row_count, file_bytes, created_at
  from public.datasets
  where owner_id = (select private.chat_user_id());
comment on view chat.datasets is 'Files of rows that the user uploaded, one row per version.';
comment on column chat.datasets.dataset_id is 'Joins with dataset_rows and prompt_runs.';
comment on column chat.datasets.name is 'Name by the user.';
comment on column chat.datasets.version is 'From 1: another content under the same name is the next version.';
comment on column chat.datasets.format is 'csv, tsv, json or jsonl.';
comment on column chat.datasets.columns is 'Fields of its rows.';
comment on column chat.datasets.row_count is 'Rows.';
comment on column chat.datasets.file_bytes is 'Size of the file in bytes.';
comment on column chat.datasets.created_at is 'When it was uploaded.';

create view chat.dataset_rows with (security_barrier = true) as
  select r.dataset_id, r.row_index::integer as row_index, r.data_json
  from public.dataset_rows r
  where r.dataset_id in (select d.id from public.datasets d where d.owner_id = (select private.chat_user_id()));
comment on view chat.dataset_rows is 'The rows of the user''s datasets.';
comment on column chat.dataset_rows.dataset_id is 'Joins with datasets.';
comment on column chat.dataset_rows.row_index is 'From 0, in the order of the file.';
comment on column chat.dataset_rows.data_json is 'Field to value; data_json ->> ''field'' reads one.';

create view chat.prompt_runs with (security_barrier = true) as
  select r.id as prompt_run_id, r.name, v.prompt_id, r.prompt_version_id, p.name as prompt_name,
    v.version as prompt_version, r.dataset_id, d.name as dataset_name, r.status, r.repeats,
    r.cell_count::integer as call_count, r.grader ->> 'type' as grader_type,
    r.estimated_cost_usd::numeric as estimated_cost_usd, r.cost_ceiling_usd::numeric as cost_ceiling_usd,
    r.error as error_message, r.created_at, r.started_at, r.completed_at
  from public.runs r
  join public.prompt_versions v on v.id = r.prompt_version_id
  join public.prompts p on p.id = v.prompt_id
  left join public.datasets d on d.id = r.dataset_id
  where r.owner_id = (select private.chat_user_id());
comment on view chat.prompt_runs is
  'Runs of a prompt over a dataset on one or more models. Figures per model are in prompt_run_model_results.';
comment on column chat.prompt_runs.prompt_run_id is 'Joins with prompt_run_calls and prompt_run_model_results.';
comment on column chat.prompt_runs.name is 'Name by the user; may be empty.';
comment on column chat.prompt_runs.prompt_id is 'Joins with prompts.';
comment on column chat.prompt_runs.prompt_version_id is 'Joins with prompt_versions.';
comment on column chat.prompt_runs.prompt_name is 'Name of the prompt.';
comment on column chat.prompt_runs.prompt_version is 'Number of the version.';
comment on column chat.prompt_runs.dataset_id is 'Joins with datasets; null: no dataset.';
comment on column chat.prompt_runs.dataset_name is 'Name of the dataset.';
comment on column chat.prompt_runs.status is 'queued, running, complete, failed or cancelled.';
comment on column chat.prompt_runs.repeats is 'Times each model gets each row.';
comment on column chat.prompt_runs.call_count is 'Calls in all: models x rows x repeats.';
comment on column chat.prompt_runs.grader_type is 'prompt (a model grades), exact, contains, regex, json or number; null: not graded.';
comment on column chat.prompt_runs.estimated_cost_usd is 'USD predicted; null where a model has no price.';
comment on column chat.prompt_runs.cost_ceiling_usd is 'USD that it may cost at most.';
comment on column chat.prompt_runs.error_message is 'Why it failed.';
comment on column chat.prompt_runs.created_at is 'When it was asked for.';
comment on column chat.prompt_runs.started_at is 'When its first call started.';
comment on column chat.prompt_runs.completed_at is 'When it ended.';

create view chat.prompt_run_calls with (security_barrier = true) as
  select c.id as call_id, c.run_id as prompt_run_id, m.label as model_label, m.provider,
    split_part(m.model, '#', 1) as model,
    coalesce(nullif(split_part(m.model, '#', 2), ''), 'default') as effort,
    c.row_index::integer as row_index, c.repeat::integer as repeat_index, c.status::text as status, c.output_text,
    c.answer_ending, c.error_text as error_message, c.latency_ms::integer as latency_ms,
    c.tokens_in::integer as input_tokens,
    c.tokens_out::integer as output_tokens, c.tokens_cached::integer as cached_tokens, c.cost_usd::numeric as cost_usd,
    c.grader_cost_usd::numeric as grader_cost_usd, c.is_cached, c.grade_score, c.grade_reason, c.graded_by,
    c.grader_score::double precision as grader_score,
    c.human_score::double precision as human_score, c.grader_error, c.completed_at
  from public.run_cells c join public.run_models m on m.id = c.run_model_id
  where c.owner_id = (select private.chat_user_id());
comment on view chat.prompt_run_calls is
  'Single calls of the user''s prompt runs: a model on a row, once. For figures per model prefer prompt_run_model_results.';
comment on column chat.prompt_run_calls.call_id is 'Identifies the call.';
comment on column chat.prompt_run_calls.prompt_run_id is 'Joins with prompt_runs.';
comment on column chat.prompt_run_calls.model_label is 'The model as the run names it.';
comment on column chat.prompt_run_calls.provider is 'Provider that served it: groq, cerebras, openrouter, …';
comment on column chat.prompt_run_calls.model is 'The provider''s name for the model.';
comment on column chat.prompt_run_calls.effort is 'Reasoning effort; default: none was set.';
comment on column chat.prompt_run_calls.row_index is 'Row of the dataset, from 0; null: no dataset.';
comment on column chat.prompt_run_calls.repeat_index is 'From 0.';
comment on column chat.prompt_run_calls.status is 'queued, running, complete, failed, skipped or cancelled.';
comment on column chat.prompt_run_calls.output_text is 'The answer.';
comment on column chat.prompt_run_calls.answer_ending is 'stop; length: cut off at max_tokens; refusal; filtered. Null: no answer.';
comment on column chat.prompt_run_calls.error_message is 'Why it failed.';
comment on column chat.prompt_run_calls.latency_ms is 'Milliseconds of the call.';
comment on column chat.prompt_run_calls.input_tokens is 'Tokens sent, cached ones included.';
comment on column chat.prompt_run_calls.output_tokens is 'Tokens answered.';
comment on column chat.prompt_run_calls.cached_tokens is 'Part of input_tokens that the provider had in its cache.';
comment on column chat.prompt_run_calls.cost_usd is 'USD; 0 where is_cached, null where the model has no price.';
comment on column chat.prompt_run_calls.grader_cost_usd is 'USD of grading the answer, on top of cost_usd.';
comment on column chat.prompt_run_calls.is_cached is 'Served from an earlier identical call.';
comment on column chat.prompt_run_calls.grade_score is '0-1: the grade that counts, the human''s before the grader''s.';
comment on column chat.prompt_run_calls.grade_reason is 'Why this grade.';
comment on column chat.prompt_run_calls.graded_by is 'grader or human; null: no grade.';
comment on column chat.prompt_run_calls.grader_score is '0-1: grade by the grader.';
comment on column chat.prompt_run_calls.human_score is '0-1: grade by the user, which overrides the grader''s.';
comment on column chat.prompt_run_calls.grader_error is 'Why the grader gave none.';
comment on column chat.prompt_run_calls.completed_at is 'When it ended.';

create view chat.prompt_run_model_results with (security_barrier = true) as
  select c.run_id as prompt_run_id, p.name as prompt_name, v.version as prompt_version, r.status as run_status,
    r.completed_at as run_completed_at, m.label as model_label, m.provider, split_part(m.model, '#', 1) as model,
    coalesce(nullif(split_part(m.model, '#', 2), ''), 'default') as effort,
    count(*) filter (where c.status::text = 'complete') as calls_completed,
    count(*) filter (where c.status::text = 'failed') as calls_failed, count(c.grade_score) as calls_graded,
    avg(c.grade_score) as mean_score, sum(c.tokens_in) as input_tokens, sum(c.tokens_out) as output_tokens,
    sum(c.cost_usd::numeric) as cost_usd, sum(c.grader_cost_usd::numeric) as grader_cost_usd,
    percentile_cont(0.5) within group (order by c.latency_ms) filter (where c.status::text = 'complete' and not c.is_cached)
      as median_latency_ms,
    percentile_cont(0.95) within group (order by c.latency_ms) filter (where c.status::text = 'complete' and not c.is_cached)
      as p95_latency_ms
  from public.run_cells c
  join public.run_models m on m.id = c.run_model_id
  join public.runs r on r.id = c.run_id
  join public.prompt_versions v on v.id = r.prompt_version_id
  join public.prompts p on p.id = v.prompt_id
  where c.owner_id = (select private.chat_user_id())
  group by c.run_id, r.id, p.name, v.version, m.id;
comment on view chat.prompt_run_model_results is
  'Results of each model in each of the user''s prompt runs, one row per run and model, also while it runs.';
comment on column chat.prompt_run_model_results.prompt_run_id is 'Joins with prompt_runs.';
comment on column chat.prompt_run_model_results.prompt_name is 'Name of the prompt.';
comment on column chat.prompt_run_model_results.prompt_version is 'Number of the version.';
comment on column chat.prompt_run_model_results.run_status is 'Same as prompt_runs.status; complete if the figures are final.';
comment on column chat.prompt_run_model_results.run_completed_at is 'When the run ended.';
comment on column chat.prompt_run_model_results.model_label is 'The model as the run names it.';
comment on column chat.prompt_run_model_results.provider is 'Provider that served it.';
comment on column chat.prompt_run_model_results.model is 'The provider''s name for the model.';
comment on column chat.prompt_run_model_results.effort is 'Reasoning effort; default: none was set.';
comment on column chat.prompt_run_model_results.calls_completed is 'Calls with an answer.';
comment on column chat.prompt_run_model_results.calls_failed is 'Calls that failed for good.';
comment on column chat.prompt_run_model_results.calls_graded is 'Answers with a grade.';
comment on column chat.prompt_run_model_results.mean_score is '0-1: mean grade; higher is better.';
comment on column chat.prompt_run_model_results.input_tokens is 'Tokens sent.';
comment on column chat.prompt_run_model_results.output_tokens is 'Tokens answered.';
comment on column chat.prompt_run_model_results.cost_usd is 'USD of its calls; null where the model has no price.';
comment on column chat.prompt_run_model_results.grader_cost_usd is 'USD of the grading, on top of cost_usd.';
comment on column chat.prompt_run_model_results.median_latency_ms is 'Milliseconds, median over completed calls, cached ones aside.';
comment on column chat.prompt_run_model_results.p95_latency_ms is 'Milliseconds that 95 % of completed calls took at most.';

grant select on chat.prompts, chat.prompt_versions, chat.datasets, chat.dataset_rows, chat.prompt_runs,
  chat.prompt_run_calls, chat.prompt_run_model_results to chat_reader;
