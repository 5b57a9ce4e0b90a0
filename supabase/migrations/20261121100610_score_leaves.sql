alter table public.benchmark_runs
  add column score jsonb,
  add column error_kind text;
comment on column public.benchmark_runs.field_accuracy is
  'Percentage (0-100) of right leaf fields among all expected and all extra ones, relaxed: C / (C + W + M + X).';
comment on column public.benchmark_runs.field_errors is
  '[{"fieldPath", "expected", "actual"}], with "formatOnly": true where the value is right and only written otherwise.';
comment on column public.benchmark_runs.score is
  '{"strict": {"correct", "wrong", "missing", "extra"}, "relaxed": the same, "formatOnly": count, "anls": 0-100}.';
comment on column public.benchmark_runs.error_kind is
  'Of a complete run, why there is no answer (everything is missing): no_json, refusal, filtered, cut_off (at the model''s own limit of tokens), empty, timeout, or rejected where the model cannot take the request. Of a failed one, why there is no result: outage, unavailable (no such model for us), no_access (no valid key or no credit), schema_refused, parameter_refused or image_unreadable (the provider does not take what we sent), cut_by_limit (our limit of tokens ended the answer, also the raised one), fault.';
