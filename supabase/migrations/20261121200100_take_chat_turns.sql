-- Separate from the messages, so that deleting a conversation does not reset the limit.
create table private.askings (
  asker_id uuid not null references public.accounts (id) on delete cascade,
  kind text not null check (kind in ('question', 'query', 'estimate')),
  asked_at timestamptz[] not null,
  primary key (asker_id, kind)
);
comment on table private.askings is
  'Times of each user''s questions, of queries that they wrote themselves, and of each account''s estimates of orders, within the last minute, the oldest first.';
comment on column private.askings.asker_id is
  'The user, by the id of their personal account, or the account whose key asked.';
alter table private.askings enable row level security;
grant select, insert, update, delete on private.askings to service_role;
create policy "Workers do everything" on private.askings for all to service_role using (true) with check (true);

-- An isolate can be killed at any moment, before it has written telemetry.
create table private.open_chat_turns (
  question_id uuid primary key,
  asker_id uuid not null references public.accounts (id) on delete cascade,
  conversation_id uuid not null,
  reserved_usd numeric not null,
  begun_at timestamptz not null
);
comment on table private.open_chat_turns is
  'Questions without telemetry yet. A row that stays belongs to a question whose function was killed.';
comment on column private.open_chat_turns.asker_id is 'Whose day in chat_budgets holds what it reserved.';
comment on column private.open_chat_turns.reserved_usd is 'The most that its calls can cost; held in chat_budgets.';
create index open_chat_turns_asker_id_idx on private.open_chat_turns (asker_id);
alter table private.open_chat_turns enable row level security;
grant select, insert, delete on private.open_chat_turns to service_role;
create policy "Workers do everything" on private.open_chat_turns for all to service_role using (true) with check (true);

create function public.take_asking(p_asker uuid, p_kind text, p_limit_per_minute integer) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_now timestamptz;
  v_asked timestamptz[];
begin
  -- Locks the row, so that simultaneous askings are counted one after the other.
  insert into private.askings as a (asker_id, kind, asked_at) values (p_asker, p_kind, '{}')
  on conflict (asker_id, kind) do update set asked_at = a.asked_at
  returning asked_at into v_asked;
  v_now := clock_timestamp();
  v_asked := array(select t from unnest(v_asked) as t where t > v_now - interval '1 minute' order by t);
  if cardinality(v_asked) >= p_limit_per_minute then
    return greatest(1, ceil(extract(epoch from
      coalesce(v_asked[cardinality(v_asked) - p_limit_per_minute + 1], v_now) + interval '1 minute' - v_now)));
  end if;
  update private.askings set asked_at = v_asked || v_now where asker_id = p_asker and kind = p_kind;
  return null;
end;
$$;
comment on function public.take_asking(uuid, text, integer) is
  'Counts a question or a query (p_kind: question, query) of a user, or of an account by key, or an estimate of an order of an account (p_kind: estimate). p_asker: the id of the user or the account. If there were p_limit_per_minute of the kind within a minute, it counts nothing and returns the seconds to wait, otherwise null.';

create function public.begin_chat_turn(
  p_account uuid, p_conversation uuid, p_question text, p_limit_per_minute integer, p_bound_usd numeric,
  p_user uuid default null
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_asker constant uuid := coalesce(p_user, p_account);
  v_conversation uuid := p_conversation;
  v_words text := coalesce(nullif(btrim(regexp_replace(p_question, '\s+', ' ', 'g')), ''), '…');
  v_wait integer;
  v_now timestamptz;
  v_refusal jsonb;
  v_history jsonb;
  v_message uuid;
begin
  if p_conversation is not null then
    perform from public.chat_conversations where id = p_conversation and owner_id = p_account for no key update;
    if not found then
      raise exception 'conversation not found in this account' using errcode = 'no_data_found';
    end if;
  end if;

  v_wait := public.take_asking(v_asker, 'question', p_limit_per_minute);
  if v_wait is not null then
    return jsonb_build_object('conversation_id', null, 'message_id', null, 'history', '[]'::jsonb,
      'retry_after_seconds', v_wait);
  end if;
  v_now := clock_timestamp();
  v_refusal := private.reserve_chat_budget(v_asker, v_now, p_bound_usd);
  if v_refusal is not null then
    return jsonb_build_object('over_budget', v_refusal);
  end if;

  if v_conversation is null then
    insert into public.chat_conversations (owner_id, title)
    values (p_account, case when length(v_words) <= 80 then v_words else left(v_words, 79) || '…' end)
    returning id into v_conversation;
  else
    update public.chat_conversations set last_message_at = clock_timestamp() where id = v_conversation;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content, 'sql', m.sql)
    order by m.created_at, m.id), '[]')
  into v_history
  from (
    select id, role, content, sql, created_at from public.chat_messages
    where conversation_id = v_conversation and owner_id = p_account order by created_at desc, id desc limit 6
  ) m;
  insert into public.chat_messages (conversation_id, owner_id, role, content)
  values (v_conversation, p_account, 'user', p_question) returning id into v_message;
  insert into private.open_chat_turns (question_id, asker_id, conversation_id, reserved_usd, begun_at)
  values (v_message, v_asker, v_conversation, coalesce(p_bound_usd, 0), v_now);
  return jsonb_build_object('conversation_id', v_conversation, 'message_id', v_message, 'history', v_history,
    'retry_after_seconds', null);
end;
$$;
comment on function public.begin_chat_turn(uuid, uuid, text, integer, numeric, uuid) is
  'Stores a question of a user (p_user; null by a key) about an account, in a new conversation if p_conversation is null, and returns {conversation_id, message_id, history: [{role, content, sql}] (the last six messages before it, oldest first), retry_after_seconds}. If the user has asked p_limit_per_minute questions within a minute, nothing is stored, the ids are null, and retry_after_seconds is the time to wait. p_bound_usd, the most that its calls can cost, is reserved until the turn is closed; if it does not fit under a ceiling, nothing is stored and {over_budget} is returned, see reserve_chat_budget. The limits are the user''s, or by a key the account''s. Raises P0002 for a conversation that is not the account''s.';

create function public.finish_chat_turn(
  p_account uuid, p_conversation uuid, p_content text, p_sql text, p_rows jsonb, p_follow_ups jsonb, p_response_id text,
  p_cost_usd numeric
) returns uuid
language plpgsql volatile set search_path = '' as $$
declare
  v_message uuid;
begin
  update public.chat_conversations set last_message_at = now() where id = p_conversation and owner_id = p_account;
  if not found then
    raise exception 'conversation not found in this account' using errcode = 'no_data_found';
  end if;
  insert into public.chat_messages (conversation_id, owner_id, role, content, sql, rows, follow_ups, response_id,
    cost_usd)
  values (p_conversation, p_account, 'assistant', p_content, p_sql, p_rows, p_follow_ups, p_response_id, p_cost_usd)
  returning id into v_message;
  return v_message;
end;
$$;
comment on function public.finish_chat_turn(uuid, uuid, text, text, jsonb, jsonb, text, numeric) is
  'Stores an answer and returns its id. Raises P0002 if the conversation was deleted or is not the account''s.';

grant execute on function public.take_asking, public.begin_chat_turn, public.finish_chat_turn to service_role;
