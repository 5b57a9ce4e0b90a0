-- As in the other views of the schema, each view filters by chat_account_id() and every column has a comment.
create view chat.prompts with (security_barrier = true) as
  select p.id as prompt_id, p.name, p.type, private.shorten(p.body) as body,
    private.shorten(p.placeholders) as placeholders,
    (select max(v.version) from public.prompt_versions v where v.prompt_id = p.id) as version,
    p.created_at, p.updated_at
  from public.prompts p
  where p.owner_id = (select private.chat_account_id());
comment on view chat.prompts is 'The user''s prompts as they are now.';
comment on column chat.prompts.prompt_id is 'Joins with prompt_versions and prompt_runs.';
comment on column chat.prompts.name is 'Name of the prompt.';
comment on column chat.prompts.type is 'task: sent to models; grader: grades answers.';
comment on column chat.prompts.body is 'Text with {{field}} for values of a row.';
comment on column chat.prompts.placeholders is 'Fields named in body.';
comment on column chat.prompts.version is 'Number of the latest version, from 1.';
comment on column chat.prompts.created_at is 'Creation time.';
comment on column chat.prompts.updated_at is 'Last save.';

create view chat.prompt_versions with (security_barrier = true) as
  select v.id as prompt_version_id, v.prompt_id, p.name as prompt_name, v.version,
    private.shorten(v.body) as body, private.shorten(v.placeholders) as placeholders,
    private.shorten(array(
      select l.label from public.prompt_labels l
      where l.prompt_id = v.prompt_id and l.version = v.version order by l.label
    )) as labels, v.created_at
  from public.prompt_versions v join public.prompts p on p.id = v.prompt_id
  where v.owner_id = (select private.chat_account_id());
comment on view chat.prompt_versions is 'All versions of the user''s prompts.';
comment on column chat.prompt_versions.prompt_version_id is 'Joins with prompt_runs.';
comment on column chat.prompt_versions.prompt_id is 'Joins with prompts.';
comment on column chat.prompt_versions.prompt_name is 'Name of the prompt.';
comment on column chat.prompt_versions.version is 'From 1.';
comment on column chat.prompt_versions.body is 'Text of this version.';
comment on column chat.prompt_versions.placeholders is 'Fields named in body.';
comment on column chat.prompt_versions.labels is 'Labels of this version, such as production.';
comment on column chat.prompt_versions.created_at is 'Time of saving.';

create view chat.datasets with (security_barrier = true) as
  select id as dataset_id, name, version, format, private.shorten(columns) as columns,
    row_count::integer as row_count, file_bytes, created_at
  from public.datasets
  where owner_id = (select private.chat_account_id());
comment on view chat.datasets is 'The user''s datasets, one row per version.';
comment on column chat.datasets.dataset_id is 'Joins with dataset_rows and prompt_runs.';
comment on column chat.datasets.name is 'Name of the dataset.';
comment on column chat.datasets.version is 'From 1; other content under the same name is the next version.';
comment on column chat.datasets.format is 'csv, tsv, json or jsonl.';
comment on column chat.datasets.columns is 'Fields of its rows.';
comment on column chat.datasets.row_count is 'Number of rows.';
comment on column chat.datasets.file_bytes is 'Size of the file in bytes.';
comment on column chat.datasets.created_at is 'Upload time.';

create view chat.dataset_rows with (security_barrier = true) as
  select r.dataset_id, r.row_index::integer as row_index,
    private.shorten(r.data_json) as data_json
  from public.dataset_rows r
  where r.dataset_id in (select d.id from public.datasets d where d.owner_id = (select private.chat_account_id()));
comment on view chat.dataset_rows is 'Rows of the user''s datasets.';
comment on column chat.dataset_rows.dataset_id is 'Joins with datasets.';
comment on column chat.dataset_rows.row_index is 'From 0, in the order of the file.';
comment on column chat.dataset_rows.data_json is 'Values by field; data_json ->> ''field'' reads one. Only short fields of a row over 10 kB.';

create view chat.prompt_runs with (security_barrier = true) as
  select r.id as prompt_run_id, r.name, v.prompt_id, r.prompt_version_id, p.name as prompt_name,
    v.version as prompt_version, r.dataset_id, d.name as dataset_name, r.status, r.repeats,
    r.cell_count::integer as call_count, left(r.grader ->> 'type', 250) as grader_type,
    r.estimated_cost_usd::numeric as estimated_cost_usd, r.cost_ceiling_usd::numeric as cost_ceiling_usd,
    private.shorten(r.error) as error_message, r.created_at, r.started_at, r.completed_at
  from public.runs r
  join public.prompt_versions v on v.id = r.prompt_version_id
  join public.prompts p on p.id = v.prompt_id
  left join public.datasets d on d.id = r.dataset_id
  where r.owner_id = (select private.chat_account_id());
comment on view chat.prompt_runs is
  'Runs of a prompt over a dataset on one or more models. Results by model: prompt_run_model_results.';
comment on column chat.prompt_runs.prompt_run_id is 'Joins with prompt_run_calls and prompt_run_model_results.';
comment on column chat.prompt_runs.name is 'Name of the run; may be empty.';
comment on column chat.prompt_runs.prompt_id is 'Joins with prompts.';
comment on column chat.prompt_runs.prompt_version_id is 'Joins with prompt_versions.';
comment on column chat.prompt_runs.prompt_name is 'Name of the prompt.';
comment on column chat.prompt_runs.prompt_version is 'Version of the prompt.';
comment on column chat.prompt_runs.dataset_id is 'Joins with datasets; null: no dataset.';
comment on column chat.prompt_runs.dataset_name is 'Name of the dataset.';
comment on column chat.prompt_runs.status is 'queued, running, complete, failed or cancelled.';
comment on column chat.prompt_runs.repeats is 'Calls per model and row.';
comment on column chat.prompt_runs.call_count is 'Calls: models x rows x repeats.';
comment on column chat.prompt_runs.grader_type is 'prompt (a model grades), exact, contains, regex, json or number; null: not graded.';
comment on column chat.prompt_runs.estimated_cost_usd is 'Predicted USD; null if a model has no price.';
comment on column chat.prompt_runs.cost_ceiling_usd is 'Highest total cost, USD.';
comment on column chat.prompt_runs.error_message is 'Why it failed or what is missing.';
comment on column chat.prompt_runs.created_at is 'Request time.';
comment on column chat.prompt_runs.started_at is 'Start of the first call.';
comment on column chat.prompt_runs.completed_at is 'End of the run.';

create view chat.prompt_run_calls with (security_barrier = true) as
  select c.id as call_id, c.run_id as prompt_run_id, left(m.label, 250) as model_label,
    left(m.provider, 250) as provider, left(split_part(m.model, '#', 1), 250) as model,
    coalesce(left(nullif(split_part(m.model, '#', 2), ''), 250), 'default') as effort,
    c.row_index::integer as row_index, c.repeat::integer as repeat_index, c.status::text as status,
    private.shorten(c.output_text) as output_text, c.answer_ending, private.shorten(c.error_text) as error_message,
    c.latency_ms::integer as latency_ms,
    c.tokens_in::integer as input_tokens,
    c.tokens_out::integer as output_tokens, c.tokens_cached::integer as cached_tokens, c.cost_usd::numeric as cost_usd,
    c.grader_cost_usd::numeric as grader_cost_usd, c.is_cached, c.grade_score,
    private.shorten(c.grade_reason) as grade_reason, c.graded_by,
    c.grader_score::double precision as grader_score,
    c.human_score::double precision as human_score, private.shorten(c.grader_error) as grader_error, c.completed_at
  from public.run_cells c join public.run_models m on m.id = c.run_model_id
  where c.owner_id = (select private.chat_account_id());
comment on view chat.prompt_run_calls is
  'Single calls of prompt runs: one model, row and repeat. For results by model prefer prompt_run_model_results.';
comment on column chat.prompt_run_calls.call_id is 'Call id.';
comment on column chat.prompt_run_calls.prompt_run_id is 'Joins with prompt_runs.';
comment on column chat.prompt_run_calls.model_label is 'Label of the model.';
comment on column chat.prompt_run_calls.provider is 'Provider of the endpoint: groq, cerebras, openrouter, …';
comment on column chat.prompt_run_calls.model is 'The provider''s name for the model.';
comment on column chat.prompt_run_calls.effort is 'Requested reasoning effort; default if none.';
comment on column chat.prompt_run_calls.row_index is 'Row of the dataset, from 0; null: no dataset.';
comment on column chat.prompt_run_calls.repeat_index is 'From 0.';
comment on column chat.prompt_run_calls.status is 'queued, running, complete, failed, skipped or cancelled.';
comment on column chat.prompt_run_calls.output_text is 'The answer.';
comment on column chat.prompt_run_calls.answer_ending is 'stop; length: cut off at max_tokens; refusal; filtered. Null: no answer.';
comment on column chat.prompt_run_calls.error_message is 'Why it failed.';
comment on column chat.prompt_run_calls.latency_ms is 'Milliseconds.';
comment on column chat.prompt_run_calls.input_tokens is 'Input tokens, cached ones included.';
comment on column chat.prompt_run_calls.output_tokens is 'Output tokens.';
comment on column chat.prompt_run_calls.cached_tokens is 'Part of input_tokens from the provider''s cache.';
comment on column chat.prompt_run_calls.cost_usd is 'USD; 0 if is_cached, null if the model has no price.';
comment on column chat.prompt_run_calls.grader_cost_usd is 'USD of grading, not part of cost_usd.';
comment on column chat.prompt_run_calls.is_cached is 'Answer of an earlier identical call.';
comment on column chat.prompt_run_calls.grade_score is '0-1, the grade that counts: the human''s, else the grader''s.';
comment on column chat.prompt_run_calls.grade_reason is 'Reason for the grade.';
comment on column chat.prompt_run_calls.graded_by is 'grader or human; null: no grade.';
comment on column chat.prompt_run_calls.grader_score is 'Grader''s grade, 0-1.';
comment on column chat.prompt_run_calls.human_score is 'User''s override, 0-1.';
comment on column chat.prompt_run_calls.grader_error is 'Why the grader gave none.';
comment on column chat.prompt_run_calls.completed_at is 'End of the call.';

create view chat.prompt_run_model_results with (security_barrier = true) as
  select c.run_id as prompt_run_id, p.name as prompt_name, v.version as prompt_version, r.status as run_status,
    r.completed_at as run_completed_at, left(m.label, 250) as model_label, left(m.provider, 250) as provider,
    left(split_part(m.model, '#', 1), 250) as model,
    coalesce(left(nullif(split_part(m.model, '#', 2), ''), 250), 'default') as effort,
    count(*) filter (where c.status::text = 'complete') as calls_completed,
    count(*) filter (where c.status::text = 'failed') as calls_failed, count(c.grade_score) as calls_graded,
    avg(c.grade_score) as mean_score, sum(c.tokens_in) as input_tokens, sum(c.tokens_out) as output_tokens,
    sum(c.cost_usd::numeric) as cost_usd, sum(c.grader_cost_usd::numeric) as grader_cost_usd,
    percentile_cont(0.5) within group (order by c.latency_ms)
      filter (where c.status::text = 'complete' and not c.is_cached) as median_latency_ms,
    percentile_cont(0.95) within group (order by c.latency_ms)
      filter (where c.status::text = 'complete' and not c.is_cached) as p95_latency_ms
  from public.run_cells c
  join public.run_models m on m.id = c.run_model_id
  join public.runs r on r.id = c.run_id
  join public.prompt_versions v on v.id = r.prompt_version_id
  join public.prompts p on p.id = v.prompt_id
  where c.owner_id = (select private.chat_account_id())
  group by c.run_id, r.id, p.name, v.version, m.id;
comment on view chat.prompt_run_model_results is
  'Results of the user''s prompt runs, one row per run and model, also of runs under way.';
comment on column chat.prompt_run_model_results.prompt_run_id is 'Joins with prompt_runs.';
comment on column chat.prompt_run_model_results.prompt_name is 'Name of the prompt.';
comment on column chat.prompt_run_model_results.prompt_version is 'Version of the prompt.';
comment on column chat.prompt_run_model_results.run_status is 'As prompt_runs.status; results are final once complete.';
comment on column chat.prompt_run_model_results.run_completed_at is 'End of the run.';
comment on column chat.prompt_run_model_results.model_label is 'Label of the model.';
comment on column chat.prompt_run_model_results.provider is 'Provider of the endpoint.';
comment on column chat.prompt_run_model_results.model is 'The provider''s name for the model.';
comment on column chat.prompt_run_model_results.effort is 'Requested reasoning effort; default if none.';
comment on column chat.prompt_run_model_results.calls_completed is 'Calls with an answer.';
comment on column chat.prompt_run_model_results.calls_failed is 'Failed calls.';
comment on column chat.prompt_run_model_results.calls_graded is 'Answers with a grade.';
comment on column chat.prompt_run_model_results.mean_score is 'Mean grade, 0-1; higher is better.';
comment on column chat.prompt_run_model_results.input_tokens is 'Input tokens.';
comment on column chat.prompt_run_model_results.output_tokens is 'Output tokens.';
comment on column chat.prompt_run_model_results.cost_usd is 'USD of the calls; null if the model has no price.';
comment on column chat.prompt_run_model_results.grader_cost_usd is 'USD of grading, not part of cost_usd.';
comment on column chat.prompt_run_model_results.median_latency_ms is 'Median milliseconds of completed calls, cached ones excluded.';
comment on column chat.prompt_run_model_results.p95_latency_ms is '95th percentile of the same latencies, in milliseconds.';

grant select on chat.prompts, chat.prompt_versions, chat.datasets, chat.dataset_rows, chat.prompt_runs,
  chat.prompt_run_calls, chat.prompt_run_model_results to chat_reader;
