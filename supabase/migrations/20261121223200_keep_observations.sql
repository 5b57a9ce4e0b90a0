create function private.text_items(p_list jsonb) returns text[]
language sql immutable parallel safe set search_path = '' as $$
  select case jsonb_typeof(p_list)
    when 'array' then array(
      select x.value #>> '{}' from jsonb_array_elements(p_list) as x (value) where jsonb_typeof(x.value) = 'string'
    )
    when 'string' then array[p_list #>> '{}']
    else '{}'
  end
$$;
comment on function private.text_items(jsonb) is 'Returns the strings of a JSON array. A single string counts as an array of one.';

create function private.keep_observations(p_run bigint) returns void
language sql volatile set search_path = '' as $$
  insert into public.watcher_insights (
    test_result_id, owner_id, quality_score, strengths, weaknesses, anomalies, recommendations, confidence_level,
    raw_observation, model
  )
  select t.id, t.owner_id, t.watcher_quality,
    private.text_items(t.watcher_observations -> 'strengths'), private.text_items(t.watcher_observations -> 'weaknesses'),
    private.text_items(t.watcher_observations -> 'anomalies'),
    private.text_items(t.watcher_observations -> 'recommendations'),
    case when lower(t.watcher_observations ->> 'confidence_level') in ('high', 'medium', 'low')
      then lower(t.watcher_observations ->> 'confidence_level') end,
    t.watcher_observations, r.watcher_model
  from public.test_results t join public.test_runs r on r.id = t.run_id
  where t.run_id = p_run and jsonb_typeof(t.watcher_observations) = 'object'
  on conflict (test_result_id) do nothing
$$;
comment on function private.keep_observations(bigint) is 'Stores the reviews that came with a run''s results.';

create function public.read_watcher_observations(p_owner uuid, p_run bigint) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'suite', r.suite, 'run_timestamp', r.run_timestamp, 'branch_name', r.branch_name, 'commit_hash', r.commit_hash,
    'watcher_model', r.watcher_model,
    'observed', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'tool_name', t.tool_name, 'variation', t.variation, 'provider', t.provider, 'model', t.model,
        'status', t.status, 'duration_secs', t.duration_secs, 'cost_usd', t.cost_usd, 'tokens_total', t.tokens_total,
        'error_message', t.error_message,
        'insight', jsonb_build_object('quality_score', i.quality_score, 'strengths', i.strengths,
          'weaknesses', i.weaknesses, 'anomalies', i.anomalies, 'recommendations', i.recommendations,
          'confidence_level', i.confidence_level, 'raw_observation', i.raw_observation, 'is_malformed', i.is_malformed)
      ) order by t.ordinal), '[]')
      from public.test_results t join public.watcher_insights i on i.test_result_id = t.id
      where t.run_id = r.id
    )
  )
  from public.test_runs r where r.id = p_run and r.owner_id = p_owner
$$;
comment on function public.read_watcher_observations(uuid, bigint) is
  'Returns the watcher''s reviews of a run in the order of its results; null if the run does not exist or is another owner''s.';

grant execute on function private.text_items, private.keep_observations, public.read_watcher_observations
  to service_role;
