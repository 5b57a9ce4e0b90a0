-- Reports over a million rows must be fast, so they read sums by day. Each statement that changes the log
-- records the added and removed rows in chat_telemetry_changes, in its own transaction and without waiting
-- for others. A job adds these changes to the sums every minute. The reports add the sums and the remaining
-- changes, so they are always exact, whatever the days and the order of the rows.
create table private.chat_telemetry_changes (
  id bigint generated always as identity (cache 50) primary key,
  sign smallint not null check (sign in (-1, 1)),
  -- Columns of the log, with their types.
  created_at timestamptz not null, user_id uuid not null, sql_fingerprint text, error_type text, failed_step text,
  is_off_topic boolean not null, sql_model text, response_model text, result_row_count integer,
  nl_to_sql_duration_ms integer, sql_execution_duration_ms integer, response_generation_duration_ms integer,
  ttfb_ms integer, sql_input_tokens integer, sql_output_tokens integer, sql_cached_tokens integer,
  response_input_tokens integer, response_output_tokens integer, response_cached_tokens integer,
  sql_price_id bigint, response_price_id bigint, cost_usd numeric
)
-- Rows are short-lived: autovacuum should not wait for a fifth of the table.
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
comment on table private.chat_telemetry_changes is
  'Rows added to (sign 1) or removed from (-1) the log since the last fold, with the columns that the sums need.';

create table private.chat_usage_days (
  day date,
  sql_model text,
  response_model text,
  error_type text,
  failed_step text,
  is_off_topic boolean,
  requests bigint not null,
  sql_calls bigint not null,
  sql_input_tokens bigint not null,
  sql_output_tokens bigint not null,
  sql_cached_tokens bigint not null,
  response_calls bigint not null,
  response_input_tokens bigint not null,
  response_output_tokens bigint not null,
  response_cached_tokens bigint not null,
  known_usd numeric not null,
  unpriced_requests bigint not null,
  unpriced_uncached_tokens bigint not null,
  unpriced_output_tokens bigint not null,
  unpriced_cached_tokens bigint not null,
  primary key (day, sql_model, response_model, error_type, failed_step, is_off_topic)
);
comment on table private.chat_usage_days is
  'Tokens and costs of the log by day (UTC), models and outcome, up to the last fold. Null in the log is empty text in the key.';
comment on column private.chat_usage_days.sql_calls is 'Requests whose SQL step has token counts.';
comment on column private.chat_usage_days.known_usd is 'USD of the steps that have a price.';
comment on column private.chat_usage_days.unpriced_uncached_tokens is
  'Input tokens, without cached ones, of steps whose model has no price.';

create table private.chat_window (
  singleton boolean primary key default true check (singleton),
  first_day date not null
);
comment on table private.chat_window is
  'Single row with the first day (UTC) that chat_user_window counts: 29 days before today.';
insert into private.chat_window (first_day) values ((now() at time zone 'UTC')::date - 29);

create table private.chat_user_window (
  user_id uuid primary key,
  requests bigint not null,
  errors bigint not null,
  off_topic bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_tokens bigint not null,
  known_usd numeric not null,
  unpriced_requests bigint not null,
  unpriced_uncached_tokens bigint not null,
  unpriced_output_tokens bigint not null,
  unpriced_cached_tokens bigint not null
);
comment on table private.chat_user_window is
  'Sums of chat_user_days since chat_window.first_day. Adding up the 130,000 rows of 5,000 users over 30 days took 70 ms.';

create table private.chat_user_days (
  day date,
  like private.chat_user_window,
  primary key (day, user_id)
);
comment on table private.chat_user_days is 'The log by day (UTC) and user, up to the last fold.';

create table private.chat_pattern_days (
  day date,
  sql_fingerprint text,
  requests bigint not null,
  timed bigint not null,
  execution_ms bigint not null,
  counted bigint not null,
  result_rows bigint not null,
  primary key (day, sql_fingerprint)
);
comment on table private.chat_pattern_days is 'The log''s statements by day (UTC) and fingerprint, up to the last fold.';
comment on column private.chat_pattern_days.timed is 'Statements whose execution time is known; execution_ms is their sum.';
comment on column private.chat_pattern_days.counted is 'Statements whose number of rows is known; result_rows is their sum.';

create table private.chat_latency_days (
  day date,
  step text,
  model text,
  bucket smallint,
  requests bigint not null,
  primary key (day, step, model, bucket)
);
comment on table private.chat_latency_days is
  'Histogram of the duration of steps of successful requests by day (UTC), step and model, up to the last fold.';
comment on column private.chat_latency_days.model is 'Empty for a step without a model.';
-- Buckets grow by 2 % (as in Masson, Rim and Lee, "DDSketch", 2019): histograms can be added and
-- subtracted, and every percentile is within 1 % of a measured time.
comment on column private.chat_latency_days.bucket is
  'Bucket b holds times over 1.02^(b-1) and up to 1.02^b ms; -1 holds 0. See latency_of_bucket.';

create table private.chat_latency_months (
  month date,
  step text,
  model text,
  bucket smallint,
  requests bigint not null,
  primary key (month, step, model, bucket)
);
comment on table private.chat_latency_months is 'chat_latency_days by month (its first day), for percentiles over all time.';

do $$
declare relation text;
begin
  foreach relation in array array['chat_telemetry_changes', 'chat_usage_days', 'chat_user_days', 'chat_window',
    'chat_user_window', 'chat_pattern_days', 'chat_latency_days', 'chat_latency_months'] loop
    execute format('alter table private.%I enable row level security', relation);
    execute format('grant select, insert, update, delete on private.%I to service_role', relation);
    execute format('create policy "Workers do everything" on private.%I for all to service_role using (true) with check (true)',
      relation);
  end loop;
end;
$$;

create function private.latency_of_bucket(p_bucket smallint) returns double precision
language sql immutable set search_path = '' as $$
  select case when p_bucket < 0 then 0 else 2 * 1.02::double precision ^ p_bucket / 2.02 end
$$;
comment on function private.latency_of_bucket(smallint) is 'Returns the time in ms that is within 1 % of every time in a bucket of chat_latency_days.';

create view private.chat_telemetry_deltas with (security_invoker = true) as
  select c.*, (c.created_at at time zone 'UTC')::date as day,
    coalesce(c.cost_usd, 0) + coalesce(p.known_usd, 0) as known_usd,
    coalesce(p.is_unpriced, false) as is_unpriced,
    coalesce(p.uncached_tokens, 0) as unpriced_uncached_tokens,
    coalesce(p.output_tokens, 0) as unpriced_output_tokens,
    coalesce(p.cached_tokens, 0) as unpriced_cached_tokens
  from private.chat_telemetry_changes c
  -- If the cost is unknown, one of the two steps may still have a price.
  left join lateral (
    select sum(private.price_tokens(m, s.input, s.cached, s.output)) as known_usd,
      count(*) > count(m.id) as is_unpriced,
      sum(greatest(coalesce(s.input, 0) - coalesce(s.cached, 0), 0)) filter (where m.id is null) as uncached_tokens,
      sum(s.output) filter (where m.id is null) as output_tokens,
      sum(s.cached) filter (where m.id is null) as cached_tokens
    from (values
      (c.sql_price_id, c.sql_input_tokens, c.sql_cached_tokens, c.sql_output_tokens),
      (c.response_price_id, c.response_input_tokens, c.response_cached_tokens, c.response_output_tokens)
    ) s (price_id, input, cached, output)
    left join public.model_prices m on m.id = s.price_id
    where c.cost_usd is null and num_nonnulls(s.input, s.cached, s.output) > 0
  ) p on true;
comment on view private.chat_telemetry_deltas is
  'Changes with the cost of the steps that have a price and the tokens of the steps that have none.';
grant select on private.chat_telemetry_deltas to service_role;

create view private.chat_usage_deltas with (security_invoker = true) as
  select day, coalesce(sql_model, '') as sql_model, coalesce(response_model, '') as response_model,
    coalesce(error_type, '') as error_type, coalesce(failed_step, '') as failed_step, is_off_topic,
    sign as requests,
    case when num_nonnulls(sql_input_tokens, sql_output_tokens) > 0 then sign else 0 end as sql_calls,
    sign * coalesce(sql_input_tokens, 0)::bigint as sql_input_tokens,
    sign * coalesce(sql_output_tokens, 0)::bigint as sql_output_tokens,
    sign * coalesce(sql_cached_tokens, 0)::bigint as sql_cached_tokens,
    case when num_nonnulls(response_input_tokens, response_output_tokens) > 0 then sign else 0 end as response_calls,
    sign * coalesce(response_input_tokens, 0)::bigint as response_input_tokens,
    sign * coalesce(response_output_tokens, 0)::bigint as response_output_tokens,
    sign * coalesce(response_cached_tokens, 0)::bigint as response_cached_tokens,
    sign * known_usd as known_usd, case when is_unpriced then sign else 0 end as unpriced_requests,
    sign * unpriced_uncached_tokens as unpriced_uncached_tokens,
    sign * unpriced_output_tokens as unpriced_output_tokens,
    sign * unpriced_cached_tokens as unpriced_cached_tokens
  from private.chat_telemetry_deltas;
comment on view private.chat_usage_deltas is 'Changes as differences to chat_usage_days.';

create view private.chat_user_deltas with (security_invoker = true) as
  select day, user_id, sign as requests,
    case when error_type is not null then sign else 0 end as errors,
    case when is_off_topic then sign else 0 end as off_topic,
    sign * (coalesce(sql_input_tokens, 0)::bigint + coalesce(response_input_tokens, 0)) as input_tokens,
    sign * (coalesce(sql_output_tokens, 0)::bigint + coalesce(response_output_tokens, 0)) as output_tokens,
    sign * (coalesce(sql_cached_tokens, 0)::bigint + coalesce(response_cached_tokens, 0)) as cached_tokens,
    sign * known_usd as known_usd, case when is_unpriced then sign else 0 end as unpriced_requests,
    sign * unpriced_uncached_tokens as unpriced_uncached_tokens,
    sign * unpriced_output_tokens as unpriced_output_tokens,
    sign * unpriced_cached_tokens as unpriced_cached_tokens
  from private.chat_telemetry_deltas;
comment on view private.chat_user_deltas is 'Changes as differences to chat_user_days.';

create view private.chat_pattern_deltas with (security_invoker = true) as
  select (created_at at time zone 'UTC')::date as day, sql_fingerprint, sign as requests,
    case when sql_execution_duration_ms is not null then sign else 0 end as timed,
    sign * coalesce(sql_execution_duration_ms, 0)::bigint as execution_ms,
    case when result_row_count is not null then sign else 0 end as counted,
    sign * coalesce(result_row_count, 0)::bigint as result_rows
  from private.chat_telemetry_changes
  where sql_fingerprint is not null;
comment on view private.chat_pattern_deltas is 'Changes as differences to chat_pattern_days.';

create view private.chat_latency_deltas with (security_invoker = true) as
  select (c.created_at at time zone 'UTC')::date as day, s.step, coalesce(s.model, '') as model,
    case when s.ms > 0 then ceil(ln(s.ms::double precision) / ln(1.02::double precision)) else -1 end::smallint
      as bucket,
    c.sign as requests
  from private.chat_telemetry_changes c
  cross join lateral (values
    ('nl_to_sql', c.sql_model, c.nl_to_sql_duration_ms),
    ('sql_execution', null, c.sql_execution_duration_ms),
    ('response_generation', c.response_model, c.response_generation_duration_ms),
    ('ttfb', null, c.ttfb_ms)
  ) s (step, model, ms)
  where c.error_type is null and s.ms is not null;
comment on view private.chat_latency_deltas is 'Changes as differences to chat_latency_days.';

grant select on private.chat_usage_deltas, private.chat_user_deltas, private.chat_pattern_deltas,
  private.chat_latency_deltas to service_role;

create function private.add_sums(p_sums text, p_keys text, p_deltas text, p_sign integer default 1) returns text
language sql stable set search_path = '' as $$
  select format(
    'insert into private.%I as s select %s, %s from %s group by %2$s on conflict (%2$s) do update set %5$s',
    p_sums, p_keys, string_agg(format('%s * sum(%I)', p_sign, a.attname), ', ' order by a.attnum), p_deltas,
    string_agg(format('%1$I = s.%1$I + excluded.%1$I', a.attname), ', ')
  )
  from pg_catalog.pg_attribute a
  where a.attrelid = ('private.' || p_sums)::regclass and a.attnum > 0
    and a.attname <> all (string_to_array(p_keys, ', '))
$$;
comment on function private.add_sums(text, text, text, integer) is
  'Returns the statement that adds (p_sign 1) or subtracts (-1) p_deltas, the rest of a from clause, to a table of sums. p_keys are the columns of its key, the first ones; all others are sums of the columns of the same name.';

create function private.fold_chat_telemetry(p_today date default (now() at time zone 'UTC')::date) returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_folded bigint;
  v_has_losses boolean;
  v_first_day date;
begin
  -- While another fold runs, the rest can wait for the next one.
  if not pg_try_advisory_xact_lock(hashtextextended('private.chat_telemetry_changes', 0)) then
    return 0;
  end if;
  select first_day into v_first_day from private.chat_window;
  -- One statement has one snapshot: exactly the rows that are read are deleted.
  execute format($fold$
    with folded as (delete from private.chat_telemetry_changes where true returning sign),
    users as materialized (select * from private.chat_user_deltas),
    latencies as materialized (
      select *, date_trunc('month', day)::date as month from private.chat_latency_deltas
    ),
    usage_days as (%s), user_days as (%s), user_window as (%s), pattern_days as (%s), latency_days as (%s),
    latency_months as (%s)
    select count(*), coalesce(bool_or(sign < 0), false) from folded
    $fold$,
    private.add_sums('chat_usage_days', 'day, sql_model, response_model, error_type, failed_step, is_off_topic',
      'private.chat_usage_deltas'),
    private.add_sums('chat_user_days', 'day, user_id', 'users'),
    private.add_sums('chat_user_window', 'user_id', format('users where day >= %L', v_first_day)),
    private.add_sums('chat_pattern_days', 'day, sql_fingerprint', 'private.chat_pattern_deltas'),
    private.add_sums('chat_latency_days', 'day, step, model, bucket', 'latencies'),
    private.add_sums('chat_latency_months', 'month, step, model, bucket', 'latencies')
  ) into v_folded, v_has_losses;
  if v_has_losses then
    delete from private.chat_usage_days where requests = 0;
    delete from private.chat_user_days where requests = 0;
    delete from private.chat_user_window where requests = 0;
    delete from private.chat_pattern_days where requests = 0;
    delete from private.chat_latency_days where requests = 0;
    delete from private.chat_latency_months where requests = 0;
  end if;
  -- On a new day, the days that are now too old leave the window.
  if v_first_day < p_today - 29 then
    execute private.add_sums('chat_user_window', 'user_id',
      format('private.chat_user_days where day >= %L and day < %L', v_first_day, p_today - 29), -1);
    delete from private.chat_user_window where requests = 0;
    update private.chat_window set first_day = p_today - 29 where first_day < p_today - 29;
  end if;
  return v_folded;
end;
$$;
comment on function private.fold_chat_telemetry(date) is
  'Adds the changes of the log to its sums by day, and moves the users'' window to today. Returns the number of changes; 0 also while another fold runs.';
select cron.schedule('fold-chat-telemetry', '* * * * *', 'select private.fold_chat_telemetry()');

-- All three are definer functions: deleting a conversation or a user changes the log through its foreign
-- keys, and the triggers then run as that user, who has no right to these tables.
create function private.note_new_chat_telemetry() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_count bigint;
begin
  insert into private.chat_telemetry_changes (sign,
    created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
    result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms,
    ttfb_ms, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens,
    response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd)
  select 1,
    created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
    result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms,
    ttfb_ms, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens,
    response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd
  from gained;
  get diagnostics v_count = row_count;
  -- A bulk load folds at once, so that no report has to read all its rows until the next fold.
  if v_count >= 20000 then
    perform private.fold_chat_telemetry();
  end if;
  return null;
end;
$$;
comment on function private.note_new_chat_telemetry() is
  'Records the rows that a statement added to the log for the next fold. Definer, because its callers may not write there.';
create trigger chat_telemetry_log_note_new after insert on public.chat_telemetry_log
  referencing new table as gained
  for each statement execute function private.note_new_chat_telemetry();

create function private.note_changed_chat_telemetry() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- By the names of the columns, which takes longer than to list them: such changes are rare.
  insert into private.chat_telemetry_changes overriding user value
  select c.*
  from (values (-1, to_jsonb(old)), (1, to_jsonb(new))) as s (sign, log)
  cross join lateral jsonb_populate_record(
    null::private.chat_telemetry_changes, s.log || jsonb_build_object('sign', s.sign)
  ) c
  where s.sign = -1 or tg_op = 'UPDATE';
  return null;
end;
$$;
comment on function private.note_changed_chat_telemetry() is
  'Records removed and corrected rows of the log for the next fold. Definer, because a user who deletes their data may not write there.';
create trigger chat_telemetry_log_note_changed after delete or update of
  -- generated_sql for its fingerprint, which a trigger sets
  generated_sql, created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
  result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms, ttfb_ms,
  sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens, response_output_tokens,
  response_cached_tokens, sql_price_id, response_price_id, cost_usd
  on public.chat_telemetry_log
  for each row execute function private.note_changed_chat_telemetry();

create function private.forget_chat_telemetry() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  truncate private.chat_telemetry_changes, private.chat_usage_days, private.chat_user_days, private.chat_user_window,
    private.chat_pattern_days, private.chat_latency_days, private.chat_latency_months;
  return null;
end;
$$;
comment on function private.forget_chat_telemetry() is 'Empties the sums when the log is truncated. Definer, because only the owner may truncate.';
create trigger chat_telemetry_log_forget after truncate on public.chat_telemetry_log
  for each statement execute function private.forget_chat_telemetry();

create view private.chat_usage with (security_invoker = true) as
  select day, nullif(sql_model, '') as sql_model, nullif(response_model, '') as response_model,
    nullif(error_type, '') as error_type, nullif(failed_step, '') as failed_step, is_off_topic, requests,
    sql_calls, sql_input_tokens, sql_output_tokens, sql_cached_tokens,
    response_calls, response_input_tokens, response_output_tokens, response_cached_tokens,
    known_usd, unpriced_requests, unpriced_uncached_tokens, unpriced_output_tokens, unpriced_cached_tokens
  from (select * from private.chat_usage_days union all select * from private.chat_usage_deltas) usage;
comment on view private.chat_usage is 'Tokens and costs of the chat by day (UTC), models and outcome, up to now. Sum the rows: a key may occur more than once.';

create function private.chat_users_since(p_from date) returns table (
  user_id uuid, requests bigint, errors bigint, off_topic bigint, input_tokens bigint, output_tokens bigint,
  cached_tokens bigint, known_usd numeric, unpriced_requests bigint, unpriced_uncached_tokens bigint,
  unpriced_output_tokens bigint, unpriced_cached_tokens bigint
)
language sql stable set search_path = '' as $$
  -- The window, plus earlier days that are asked for, minus days of the window that are not, plus unfolded changes.
  select u.user_id, sum(u.sign * u.requests)::bigint, sum(u.sign * u.errors)::bigint,
    sum(u.sign * u.off_topic)::bigint, sum(u.sign * u.input_tokens)::bigint, sum(u.sign * u.output_tokens)::bigint,
    sum(u.sign * u.cached_tokens)::bigint, sum(u.sign * u.known_usd), sum(u.sign * u.unpriced_requests)::bigint,
    sum(u.sign * u.unpriced_uncached_tokens)::bigint, sum(u.sign * u.unpriced_output_tokens)::bigint,
    sum(u.sign * u.unpriced_cached_tokens)::bigint
  from (
    select 1 as sign, null::date as day, w.* from private.chat_user_window w
    union all
    select case when d.day >= p_from then 1 else -1 end, d.*
    from private.chat_window f
    join private.chat_user_days d on d.day >= least(p_from, f.first_day) and d.day < greatest(p_from, f.first_day)
    union all
    select 1, c.* from private.chat_user_deltas c where c.day >= p_from
  ) u
  group by u.user_id
  having sum(u.sign * u.requests) > 0
$$;
comment on function private.chat_users_since(date) is
  'Returns each user''s use of the chat from a day (UTC) until now. The unpriced columns count steps whose model has no price.';
grant execute on function private.latency_of_bucket, private.add_sums, private.fold_chat_telemetry,
  private.chat_users_since to service_role;

create view private.chat_patterns with (security_invoker = true) as
  select * from private.chat_pattern_days union all select * from private.chat_pattern_deltas;
comment on view private.chat_patterns is 'Statements of the chat by day (UTC) and fingerprint, up to now. Sum the rows: a key may occur more than once.';

create view private.chat_latencies with (security_invoker = true) as
  select day, step, nullif(model, '') as model, bucket, requests
  from (select * from private.chat_latency_days union all select * from private.chat_latency_deltas) latencies;
comment on view private.chat_latencies is
  'Histograms of the duration of steps of successful requests by day (UTC), step and model, up to now. Sum the rows by bucket.';

create view private.chat_latencies_by_month with (security_invoker = true) as
  select month, step, nullif(model, '') as model, bucket, requests
  from (
    select * from private.chat_latency_months
    union all
    select date_trunc('month', day)::date, step, model, bucket, requests from private.chat_latency_deltas
  ) latencies;
comment on view private.chat_latencies_by_month is 'chat_latencies by month (its first day), for percentiles over all time.';

grant select on private.chat_usage, private.chat_patterns, private.chat_latencies, private.chat_latencies_by_month
  to service_role;
