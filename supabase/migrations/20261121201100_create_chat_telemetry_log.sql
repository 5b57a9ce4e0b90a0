create table public.chat_telemetry_log (
  log_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  conversation_id uuid references public.chat_conversations (id) on delete set null,
  response_id text,
  created_at timestamptz not null default now(),
  user_question text not null,
  ai_response text,
  generated_sql text,
  sql_fingerprint text,
  result_row_count integer,
  follow_up_suggestions jsonb,
  error_type text check (error_type in
    ('sql_generation', 'sql_validation', 'sql_execution', 'response_generation', 'unexpected')),
  error_message text,
  failed_step text check (failed_step in ('understanding', 'looking_up', 'response')),
  is_off_topic boolean not null default false,
  sql_model text,
  response_model text,
  nl_to_sql_duration_ms integer,
  sql_execution_duration_ms integer,
  response_generation_duration_ms integer,
  ttfb_ms integer,
  sql_input_tokens integer,
  sql_output_tokens integer,
  sql_cached_tokens integer,
  response_input_tokens integer,
  response_output_tokens integer,
  response_cached_tokens integer,
  sql_shape_hash text,
  sql_price_id bigint,
  response_price_id bigint,
  cost_usd numeric
);
comment on table public.chat_telemetry_log is
  'One row for every question asked of the chat, failed, off-topic and aborted ones included. Written by service_role after the answer; what a step did not get to is null.';
comment on column public.chat_telemetry_log.response_id is 'The provider''s id of the answer.';
comment on column public.chat_telemetry_log.sql_fingerprint is
  'md5 of the generated SQL in lower case with its white space collapsed, set on insert.';
comment on column public.chat_telemetry_log.sql_shape_hash is
  'SHA-256 of the parse tree with its constants replaced: the same question of other dates and names has the same one.';
comment on column public.chat_telemetry_log.result_row_count is 'Rows the statement returned, after the cut.';
comment on column public.chat_telemetry_log.nl_to_sql_duration_ms is 'From the question to a statement, a repair included.';
comment on column public.chat_telemetry_log.ttfb_ms is 'From the request to the first byte of the answer''s text.';
comment on column public.chat_telemetry_log.sql_cached_tokens is 'Part of sql_input_tokens.';
comment on column public.chat_telemetry_log.response_cached_tokens is 'Part of response_input_tokens.';
-- No foreign keys to the prices: these are never deleted, and two more indexes would slow every insert.
comment on column public.chat_telemetry_log.sql_price_id is 'The row of model_prices that the SQL step was charged by; null where it has no tokens or no price.';
comment on column public.chat_telemetry_log.response_price_id is 'The row of model_prices that the response step was charged by.';
comment on column public.chat_telemetry_log.cost_usd is
  'Both steps, set on insert. Null where no tokens were counted, and where a step with tokens has no price: unpriced is not free.';

create index idx_chat_telemetry_created_at on public.chat_telemetry_log (created_at desc);
create index idx_chat_telemetry_user_id on public.chat_telemetry_log (user_id, created_at desc);
create index idx_chat_telemetry_error on public.chat_telemetry_log (error_type) where error_type is not null;
create index idx_chat_telemetry_fingerprint on public.chat_telemetry_log (sql_fingerprint)
  where sql_fingerprint is not null;
create index chat_telemetry_log_conversation_id_idx on public.chat_telemetry_log (conversation_id);

create function private.complete_chat_telemetry() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_price public.model_prices;
  v_sql_usd numeric;
  v_response_usd numeric;
  v_has_sql boolean := num_nonnulls(new.sql_input_tokens, new.sql_cached_tokens, new.sql_output_tokens) > 0;
  v_has_response boolean :=
    num_nonnulls(new.response_input_tokens, new.response_cached_tokens, new.response_output_tokens) > 0;
begin
  if new.generated_sql is not null then
    new.sql_fingerprint := md5(lower(regexp_replace(new.generated_sql, '\s+', ' ', 'g')));
  end if;
  new.sql_price_id := null;
  new.response_price_id := null;
  if v_has_sql then
    v_price := private.find_price(new.sql_model, new.created_at);
    new.sql_price_id := v_price.id;
    v_sql_usd := private.price_tokens(v_price, new.sql_input_tokens, new.sql_cached_tokens, new.sql_output_tokens);
  end if;
  if v_has_response then
    if not v_has_sql or new.response_model is distinct from new.sql_model then
      v_price := private.find_price(new.response_model, new.created_at);
    end if;
    new.response_price_id := v_price.id;
    v_response_usd := private.price_tokens(
      v_price, new.response_input_tokens, new.response_cached_tokens, new.response_output_tokens
    );
  end if;
  -- A step without tokens cost nothing that is known of; one without a price makes the sum unknown.
  new.cost_usd := case
    when v_has_sql and v_has_response then v_sql_usd + v_response_usd
    when v_has_sql then v_sql_usd
    else v_response_usd
  end;
  return new;
end;
$$;
comment on function private.complete_chat_telemetry() is
  'Sets what follows from the rest of a row: the fingerprint of its SQL, and its cost with the prices of its moment.';
create trigger chat_telemetry_log_complete before insert on public.chat_telemetry_log
  for each row execute function private.complete_chat_telemetry();
create trigger chat_telemetry_log_complete_correction before update of
    generated_sql, sql_model, response_model, sql_input_tokens, sql_output_tokens, sql_cached_tokens,
    response_input_tokens, response_output_tokens, response_cached_tokens
  on public.chat_telemetry_log
  for each row execute function private.complete_chat_telemetry();

-- For the workers alone, which is what the policy says: row level security without any would read as forgotten.
alter table public.chat_telemetry_log enable row level security;
grant select, insert, update, delete on public.chat_telemetry_log to service_role;
create policy "Workers do everything" on public.chat_telemetry_log
  for all to service_role using (true) with check (true);
