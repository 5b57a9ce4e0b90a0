create view chat.models with (security_barrier = true) as
  select id as model_id, left(name, 250) as name, left(provider, 250) as provider, tier,
    trim_scale(input_price * 1000000) as input_usd_per_million_tokens,
    trim_scale(cached_input_price * 1000000) as cached_input_usd_per_million_tokens,
    trim_scale(output_price * 1000000) as output_usd_per_million_tokens,
    image_price as usd_per_image, context_length, supports_vision, reasoning, reasoning_efforts as efforts,
    orderable as is_offered
  from public.models
  where (select private.chat_account_id()) is not null;
comment on view chat.models is 'The catalogue of models, the same for everybody, with their prices of today.';
comment on column chat.models.model_id is 'Such as openai/gpt-6-luna; joins with model_id everywhere.';
comment on column chat.models.name is 'Display name: GPT-6 Luna.';
comment on column chat.models.provider is 'OpenAI, Google, Anthropic, …';
comment on column chat.models.tier is 'budget, mid or premium.';
comment on column chat.models.input_usd_per_million_tokens is 'USD per million input tokens.';
comment on column chat.models.cached_input_usd_per_million_tokens is 'USD per million input tokens from the provider''s cache.';
comment on column chat.models.output_usd_per_million_tokens is 'USD per million output tokens.';
comment on column chat.models.usd_per_image is 'USD per image beside the tokens; mostly 0.';
comment on column chat.models.context_length is 'Tokens that fit.';
comment on column chat.models.supports_vision is 'True if it reads images.';
comment on column chat.models.reasoning is 'Reasoning before the answer: none, optional or mandatory.';
comment on column chat.models.efforts is 'Reasoning efforts it accepts: none, minimal, low, medium, high, xhigh, max.';
comment on column chat.models.is_offered is 'True if it can be chosen now.';

create view chat.benchmarks with (security_barrier = true) as
  select r.id as benchmark_id, d.name, r.status,
    left(split_part(r.recommended_model, '#', 1), 250) as recommended_model_id,
    case when r.recommended_model is not null
      then coalesce(left(nullif(split_part(r.recommended_model, '#', 2), ''), 250), 'default')
    end as recommended_effort, private.shorten(r.rationale) as rationale,
    r.model_count, json_array_length(o.config_snapshot -> 'images') as image_count,
    (o.config_snapshot ->> 'runs_per_model')::integer as runs_per_image,
    private.shorten(array(select json_array_elements_text(o.config_snapshot -> 'priorities'))) as priorities,
    private.shorten(o.config_snapshot ->> 'prompt') as prompt,
    r.estimated_api_cost as estimated_cost_usd, r.total_api_cost as cost_usd,
    r.partial as is_partial, private.shorten(r.partial_reason) as partial_reason,
    private.shorten(r.error) as error_message,
    r.created_at, r.paid_at, r.started_at, r.completed_at,
    extract(epoch from r.completed_at - r.started_at)::double precision as duration_seconds
  from public.reports r
  left join public.report_orders o on o.report_id = r.id
  left join public.benchmark_drafts d on d.id = r.draft_id and d.owner_id = r.owner_id
  where r.owner_id = (select private.chat_account_id());
comment on view chat.benchmarks is
  'Benchmarks the user ordered, one row each: every chosen model reads every image several times. Figures per model are in benchmark_model_results.';
comment on column chat.benchmarks.benchmark_id is 'Joins with benchmark_id everywhere.';
comment on column chat.benchmarks.name is 'Name by the user; may be empty or null.';
comment on column chat.benchmarks.status is
  'draft, awaiting_payment, paid, running, complete, failed, refunded or expired. Only complete ones have a recommendation.';
comment on column chat.benchmarks.recommended_model_id is 'The model to pick; null unless complete.';
comment on column chat.benchmarks.recommended_effort is
  'Reasoning effort of that model; default: none was set. Null unless complete.';
comment on column chat.benchmarks.rationale is 'Reasons for the recommendation, in sentences.';
comment on column chat.benchmarks.model_count is 'Models compared.';
comment on column chat.benchmarks.image_count is 'Images that each model reads.';
comment on column chat.benchmarks.runs_per_image is 'Times each model reads each image.';
comment on column chat.benchmarks.priorities is 'accuracy, cost and speed, the most important first.';
comment on column chat.benchmarks.prompt is 'Instructions for the models.';
comment on column chat.benchmarks.estimated_cost_usd is 'USD of model calls predicted at checkout.';
comment on column chat.benchmarks.cost_usd is 'USD that the providers charged; null until it has ended.';
comment on column chat.benchmarks.is_partial is 'True if some runs are missing.';
comment on column chat.benchmarks.partial_reason is 'Why runs are missing.';
comment on column chat.benchmarks.error_message is 'Why it failed.';
comment on column chat.benchmarks.created_at is 'When it was ordered.';
comment on column chat.benchmarks.paid_at is 'When it was paid; null: not yet.';
comment on column chat.benchmarks.started_at is 'When its first run started.';
comment on column chat.benchmarks.completed_at is 'When it ended, complete or failed.';
comment on column chat.benchmarks.duration_seconds is 'Seconds from started_at to completed_at.';

create view chat.benchmark_runs with (security_barrier = true) as
  select id as run_id, report_id as benchmark_id, left(split_part(model_id, '#', 1), 250) as model_id,
    coalesce(left(nullif(split_part(model_id, '#', 2), ''), 250), 'default') as effort,
    image_index::integer as image_index,
    repeat_index::integer as repeat_index, status::text as status, is_valid_json, exact_match as is_exact_match,
    field_accuracy::double precision as accuracy_percent,
    (score #>> '{relaxed,correct}')::integer as correct_fields,
    (score #>> '{relaxed,wrong}')::integer as wrong_fields,
    (score #>> '{relaxed,missing}')::integer as missing_fields,
    (score #>> '{relaxed,extra}')::integer as extra_fields,
    private.shorten(output_json) as output_json,
    response_time_ms::integer as response_time_ms, input_tokens::integer as input_tokens,
    output_tokens::integer as output_tokens, cached_tokens::integer as cached_tokens,
    reasoning_tokens::integer as reasoning_tokens,
    estimated_cost::numeric as estimated_cost_usd, actual_cost::numeric as cost_usd, attempts::integer as attempts,
    left(error_kind, 250) as error_kind, private.shorten(error_message) as error_message,
    private.shorten(skip_reason) as skip_reason,
    created_at, started_at, completed_at
  from public.benchmark_runs
  where owner_id = (select private.chat_account_id());
comment on view chat.benchmark_runs is
  'One row per model, image and repeat of the user''s benchmarks: single calls of a model. For figures per model prefer benchmark_model_results.';
comment on column chat.benchmark_runs.run_id is 'Identifies the run.';
comment on column chat.benchmark_runs.benchmark_id is 'Joins with benchmarks.';
comment on column chat.benchmark_runs.model_id is 'Joins with models.';
comment on column chat.benchmark_runs.effort is
  'Reasoning effort: none, minimal, low, medium, high, xhigh, max; default: none was set. A model at two efforts is two in a benchmark.';
comment on column chat.benchmark_runs.image_index is 'Number of the image, from 0.';
comment on column chat.benchmark_runs.repeat_index is 'Number of the repeat on that image, from 0.';
comment on column chat.benchmark_runs.status is
  'queued, running, complete, failed or skipped. Take complete ones for accuracy and times.';
comment on column chat.benchmark_runs.is_valid_json is 'True if the answer was JSON.';
comment on column chat.benchmark_runs.is_exact_match is 'True if the answer was exactly as expected.';
comment on column chat.benchmark_runs.accuracy_percent is '0-100: share of fields that are right.';
comment on column chat.benchmark_runs.correct_fields is 'Fields that are right.';
comment on column chat.benchmark_runs.wrong_fields is 'Fields with another value than expected.';
comment on column chat.benchmark_runs.missing_fields is 'Expected fields that were not given.';
comment on column chat.benchmark_runs.extra_fields is 'Fields given that were not expected.';
comment on column chat.benchmark_runs.output_json is 'The answer, where it was JSON; short fields of a long one.';
comment on column chat.benchmark_runs.response_time_ms is 'Milliseconds of the call.';
comment on column chat.benchmark_runs.input_tokens is 'Tokens sent, cached ones included.';
comment on column chat.benchmark_runs.output_tokens is 'Tokens answered, thinking included.';
comment on column chat.benchmark_runs.cached_tokens is 'Part of input_tokens that the provider had in its cache.';
comment on column chat.benchmark_runs.reasoning_tokens is 'Part of output_tokens that was thinking; null where unknown.';
comment on column chat.benchmark_runs.estimated_cost_usd is 'USD predicted at checkout.';
comment on column chat.benchmark_runs.cost_usd is 'USD charged; null where unknown or not ended.';
comment on column chat.benchmark_runs.attempts is 'Number of attempts.';
comment on column chat.benchmark_runs.error_kind is
  'Reason why a complete run has no answer: no_json, refusal, filtered, cut_off, empty, timeout, rejected. Reason why a run failed: outage, unavailable, no_access, schema_refused, parameter_refused, image_unreadable, cut_by_limit (our limit of tokens), fault.';
comment on column chat.benchmark_runs.error_message is 'Error message.';
comment on column chat.benchmark_runs.skip_reason is 'Why a skipped run was not made.';
comment on column chat.benchmark_runs.created_at is 'When it was queued.';
comment on column chat.benchmark_runs.started_at is 'When it started.';
comment on column chat.benchmark_runs.completed_at is 'When it ended.';

create view chat.benchmark_model_results with (security_barrier = true) as
  select f.report_id as benchmark_id, d.name as benchmark_name, b.status as benchmark_status,
    b.completed_at as benchmark_completed_at, left(split_part(f.model_id, '#', 1), 250) as model_id,
    coalesce(left(nullif(split_part(f.model_id, '#', 2), ''), 250), 'default') as effort,
    left(coalesce(m.name, split_part(f.model_id, '#', 1)), 250) as model_name,
    left(m.provider, 250) as provider, m.tier,
    coalesce(b.recommended_model = f.model_id, false) as is_recommended,
    f.accuracy as accuracy_percent, f.spread as accuracy_spread, f.exact_match_rate as exact_match_percent,
    f.correct_fields, f.cost as cost_usd, f.cost_per_run as cost_per_run_usd,
    f.cost / nullif(f.correct_fields, 0) as cost_per_correct_field_usd,
    f.median_latency as median_response_ms, f.p95_latency as p95_response_ms,
    f.input_tokens, f.output_tokens, f.reasoning_tokens, f.runs_completed, f.runs_failed
  from (
    select report_id, model_id,
      avg(field_accuracy) filter (where status = 'complete') as accuracy,
      stddev_samp(field_accuracy) filter (where status = 'complete') as spread,
      100.0::double precision * count(*) filter (where status = 'complete' and exact_match)
        / nullif(count(*) filter (where status = 'complete'), 0) as exact_match_rate,
      (sum((score #>> '{relaxed,correct}')::integer) filter (where status = 'complete'))::bigint as correct_fields,
      sum(actual_cost::numeric) as cost,
      avg(actual_cost::numeric) filter (where status = 'complete') as cost_per_run,
      percentile_cont(0.5) within group (order by response_time_ms)
        filter (where status = 'complete') as median_latency,
      percentile_disc(0.95) within group (order by response_time_ms::integer)
        filter (where status = 'complete') as p95_latency,
      sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
      sum(reasoning_tokens) as reasoning_tokens,
      count(*) filter (where status = 'complete') as runs_completed,
      count(*) filter (where status = 'failed') as runs_failed
    from public.benchmark_runs
    where owner_id = (select private.chat_account_id()) and status in ('complete', 'failed')
    group by report_id, model_id
  ) f
  join public.reports b on b.id = f.report_id and b.owner_id = (select private.chat_account_id())
  left join public.benchmark_drafts d on d.id = b.draft_id and d.owner_id = b.owner_id
  left join public.models m on m.id = split_part(f.model_id, '#', 1);
comment on view chat.benchmark_model_results is
  'Results of each model in each of the user''s benchmarks, one row per benchmark, model and effort, also while it runs. Means and times are over completed runs.';
comment on column chat.benchmark_model_results.benchmark_id is 'Joins with benchmarks.';
comment on column chat.benchmark_model_results.benchmark_name is 'Name of the benchmark by the user; may be empty or null.';
comment on column chat.benchmark_model_results.benchmark_status is 'Same as benchmarks.status; complete if the figures are final.';
comment on column chat.benchmark_model_results.benchmark_completed_at is 'When the benchmark ended; null while it runs.';
comment on column chat.benchmark_model_results.model_id is 'Joins with models.';
comment on column chat.benchmark_model_results.effort is
  'Reasoning effort; default: none was set. Tells rows of one model apart.';
comment on column chat.benchmark_model_results.model_name is 'Display name of the model.';
comment on column chat.benchmark_model_results.provider is 'OpenAI, Google, …';
comment on column chat.benchmark_model_results.tier is 'budget, mid or premium.';
comment on column chat.benchmark_model_results.is_recommended is 'True if the benchmark recommends this model.';
comment on column chat.benchmark_model_results.accuracy_percent is '0-100: mean share of right fields; higher is better.';
comment on column chat.benchmark_model_results.accuracy_spread is 'Standard deviation of accuracy over runs, in points.';
comment on column chat.benchmark_model_results.exact_match_percent is '0-100: share of answers exactly as expected.';
comment on column chat.benchmark_model_results.correct_fields is 'Right fields over all completed runs.';
comment on column chat.benchmark_model_results.cost_usd is 'USD of all its runs.';
comment on column chat.benchmark_model_results.cost_per_run_usd is 'Mean USD a completed run (one image once).';
comment on column chat.benchmark_model_results.cost_per_correct_field_usd is
  'cost_usd / correct_fields; null without a right field. Over several benchmarks divide the sums.';
comment on column chat.benchmark_model_results.median_response_ms is 'Milliseconds, median over completed runs.';
comment on column chat.benchmark_model_results.p95_response_ms is 'Milliseconds that 95 % of completed runs took at most.';
comment on column chat.benchmark_model_results.input_tokens is 'Tokens sent in all its runs.';
comment on column chat.benchmark_model_results.output_tokens is 'Tokens answered in all its runs, thinking included.';
comment on column chat.benchmark_model_results.reasoning_tokens is 'Part of output_tokens that was thinking; null where unknown.';
comment on column chat.benchmark_model_results.runs_completed is 'Runs with a result.';
comment on column chat.benchmark_model_results.runs_failed is 'Runs that failed for good.';

create view chat.benchmark_field_errors with (security_barrier = true) as
  select mistakes.benchmark_id, left(split_part(mistakes.model_id, '#', 1), 250) as model_id,
    coalesce(left(nullif(split_part(mistakes.model_id, '#', 2), ''), 250), 'default') as effort, mistakes.field_path,
    mistakes.kind, mistakes.expected,
    mistakes.actual, mistakes.occurrences, 100.0::double precision * mistakes.occurrences / c.runs as percent_of_runs
  from (
    select r.report_id as benchmark_id, r.model_id, left(e.error ->> 'fieldPath', 250) as field_path,
      case when e.error ? 'formatOnly' then 'format' when not e.error ? 'actual' then 'missing'
        when not e.error ? 'expected' then 'extra' else 'wrong' end as kind,
      private.shorten(e.error ->> 'expected') as expected, private.shorten(e.error ->> 'actual') as actual,
      count(*) as occurrences
    from public.benchmark_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
    where r.owner_id = (select private.chat_account_id()) and r.status = 'complete' and r.field_errors <> '[]'
    group by 1, 2, 3, 4, 5, 6
  ) mistakes
  join (
    select report_id, model_id, count(*) as runs from public.benchmark_runs
    where owner_id = (select private.chat_account_id()) and status = 'complete'
    group by report_id, model_id
  ) c on c.report_id = mistakes.benchmark_id and c.model_id = mistakes.model_id;
comment on view chat.benchmark_field_errors is
  'Mistakes of models in the user''s benchmarks: one row per benchmark, model and different mistake, with its number.';
comment on column chat.benchmark_field_errors.benchmark_id is 'Joins with benchmarks.';
comment on column chat.benchmark_field_errors.model_id is 'Joins with models.';
comment on column chat.benchmark_field_errors.effort is 'Reasoning effort; default: none was set.';
comment on column chat.benchmark_field_errors.field_path is 'Path of the field, such as items[0].price.';
comment on column chat.benchmark_field_errors.kind is
  'wrong, missing, extra, or format (right, only written otherwise).';
comment on column chat.benchmark_field_errors.expected is 'Expected value as text; null: nothing.';
comment on column chat.benchmark_field_errors.actual is 'Value in the answer as text; null: nothing.';
comment on column chat.benchmark_field_errors.occurrences is 'Number of completed runs with it.';
comment on column chat.benchmark_field_errors.percent_of_runs is '0-100: share of the model''s completed runs in that benchmark.';

create view chat.benchmark_drafts with (security_barrier = true) as
  select id as draft_id, name, private.shorten(prompt) as prompt, private.shorten(model_ids) as model_ids,
    jsonb_array_length(upload_data -> 'images') as image_count,
    priorities, runs_per_model as runs_per_image, created_at, updated_at
  from public.benchmark_drafts
  where owner_id = (select private.chat_account_id());
comment on view chat.benchmark_drafts is 'Benchmarks the user prepared, ordered or not.';
comment on column chat.benchmark_drafts.draft_id is 'Identifies the draft.';
comment on column chat.benchmark_drafts.name is 'Name by the user; may be empty.';
comment on column chat.benchmark_drafts.prompt is 'Instructions for the models.';
comment on column chat.benchmark_drafts.model_ids is 'Models chosen, some with # and an effort behind: split_part(id, ''#'', 1) joins with models.';
comment on column chat.benchmark_drafts.image_count is 'Images uploaded.';
comment on column chat.benchmark_drafts.priorities is 'accuracy, cost and speed, the most important first.';
comment on column chat.benchmark_drafts.runs_per_image is 'Times each model is to read each image.';
comment on column chat.benchmark_drafts.created_at is 'When it was begun.';
comment on column chat.benchmark_drafts.updated_at is 'When it was last changed.';

create view chat.conversations with (security_barrier = true) as
  select id as conversation_id, title, created_at, last_message_at
  from public.chat_conversations
  where owner_id = (select private.chat_account_id());
comment on view chat.conversations is 'The user''s conversations with this chat.';
comment on column chat.conversations.conversation_id is 'Joins with messages.';
comment on column chat.conversations.title is 'First question, or the name the user gave it.';
comment on column chat.conversations.created_at is 'When it began.';
comment on column chat.conversations.last_message_at is 'When something was last said.';

create view chat.messages with (security_barrier = true) as
  select id as message_id, conversation_id, role, private.shorten(content) as content, private.shorten(sql) as sql,
    created_at
  from public.chat_messages
  where owner_id = (select private.chat_account_id());
comment on view chat.messages is 'Messages of the user''s conversations with this chat, one row per question or answer.';
comment on column chat.messages.message_id is 'Identifies the message.';
comment on column chat.messages.conversation_id is 'Joins with conversations.';
comment on column chat.messages.role is 'user for a question, assistant for an answer.';
comment on column chat.messages.content is 'The text.';
comment on column chat.messages.sql is 'Statement that an answer was found with.';
comment on column chat.messages.created_at is 'When it was written.';

grant select on chat.models, chat.benchmarks, chat.benchmark_runs, chat.benchmark_model_results,
  chat.benchmark_field_errors, chat.benchmark_drafts, chat.conversations, chat.messages to chat_reader;
