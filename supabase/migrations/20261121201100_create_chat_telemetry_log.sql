create table public.chat_telemetry_log (
  log_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.accounts (id) on delete cascade,
  conversation_id uuid references public.chat_conversations (id) on delete set null,
  answer_id uuid,
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
  cost_usd numeric,
  written_off_usd numeric not null default 0,
  texts_deleted_at timestamptz
);
comment on table public.chat_telemetry_log is
  'One row per question to the chat, including failed, off-topic and aborted ones. service_role writes it after the answer. Columns of steps that were not reached are null.';
comment on column public.chat_telemetry_log.user_id is
  'The user, by the id of their personal account, or the account whose key asked. Deleted with them.';
comment on column public.chat_telemetry_log.answer_id is
  'Message with the answer, to find its rating; null if none was stored. No foreign key: the message goes with its conversation.';
comment on column public.chat_telemetry_log.response_id is 'The provider''s id of the answer.';
comment on column public.chat_telemetry_log.sql_fingerprint is
  'md5 of the generated SQL in lower case with its white space collapsed, set on insert.';
comment on column public.chat_telemetry_log.sql_shape_hash is
  'SHA-256 of the parse tree without constants: equal for the same question about other dates and names.';
comment on column public.chat_telemetry_log.result_row_count is 'Rows of the result after it was cut to the limits.';
comment on column public.chat_telemetry_log.nl_to_sql_duration_ms is 'Time of the calls that wrote the statement, including a second attempt.';
comment on column public.chat_telemetry_log.ttfb_ms is 'From the request to the first byte of the answer''s text.';
comment on column public.chat_telemetry_log.sql_cached_tokens is 'Part of sql_input_tokens.';
comment on column public.chat_telemetry_log.response_cached_tokens is 'Part of response_input_tokens.';
-- No foreign keys to the prices: they are never deleted, and two more indexes would slow down every insert.
comment on column public.chat_telemetry_log.sql_price_id is 'Row of model_prices for the SQL step; null if it has no tokens or its model has no price.';
comment on column public.chat_telemetry_log.response_price_id is 'Row of model_prices for the response step; null if it has no tokens or its model has no price.';
comment on column public.chat_telemetry_log.written_off_usd is
  'Upper bound in USD of the calls whose tokens nobody counted, beside cost_usd.';
comment on column public.chat_telemetry_log.texts_deleted_at is
  'When the texts were emptied: with their conversation, or after chat_settings.telemetry_retention_days. Figures stay.';
comment on column public.chat_telemetry_log.cost_usd is
  'USD of both steps, set on insert. Null if no tokens were counted or a step with tokens has no price: an unknown cost is not zero.';

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
  -- Also of a question that was still being answered when its conversation was deleted, nothing is kept.
  if tg_op = 'INSERT' and new.conversation_id is not null then
    perform from public.chat_conversations where id = new.conversation_id for key share;
    if not found then
      new.conversation_id := null;
      new.texts_deleted_at := now();
    end if;
  end if;
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
  -- A step without tokens adds nothing. A step without a price makes the sum unknown.
  new.cost_usd := case
    when v_has_sql and v_has_response then v_sql_usd + v_response_usd
    when v_has_sql then v_sql_usd
    else v_response_usd
  end;
  return new;
end;
$$;
comment on function private.complete_chat_telemetry() is
  'Sets the fingerprint of a row''s SQL, and its cost at the prices of its created_at. A conversation that was deleted meanwhile becomes null.';
create trigger chat_telemetry_log_complete before insert on public.chat_telemetry_log
  for each row execute function private.complete_chat_telemetry();
create trigger chat_telemetry_log_complete_correction before update of
    generated_sql, sql_model, response_model, sql_input_tokens, sql_output_tokens, sql_cached_tokens,
    response_input_tokens, response_output_tokens, response_cached_tokens
  on public.chat_telemetry_log
  for each row execute function private.complete_chat_telemetry();

-- The policy states that the table is for workers only: row level security without one looks forgotten.
alter table public.chat_telemetry_log enable row level security;
grant select, insert, update, delete on public.chat_telemetry_log to service_role;
create policy "Workers do everything" on public.chat_telemetry_log
  for all to service_role using (true) with check (true);
