alter table public.benchmark_runs
  add column score jsonb,
  add column error_kind text;
comment on column public.benchmark_runs.field_accuracy is
  'Percentage (0-100) of correct leaf fields among all expected and all extra ones, by the relaxed comparison: correct / (correct + wrong + missing + extra).';
comment on column public.benchmark_runs.field_errors is
  '[{"fieldPath", "expected", "actual"}], with "formatOnly": true if the value is correct and only its notation differs.';
comment on column public.benchmark_runs.score is
  '{"strict": {"correct", "wrong", "missing", "extra"}, "relaxed": the same, "formatOnly": count, "anls": 0-100}.';
comment on column public.benchmark_runs.error_kind is
  'Reason for a run without an answer. A complete run counts as missing every field: no_json, refusal, filtered, cut_off (at the model''s own token limit), empty, timeout, rejected (the model cannot take the request). A failed run does not count: outage, unavailable (the model is not open to us), no_access (no valid key or no credit), schema_refused, parameter_refused, image_unreadable (the provider does not take what we sent), cut_by_limit (our raised token limit ended the answer too), fault (ours).';
