create table public.chat_conversations (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.accounts (id) on delete cascade,
  title text not null check (length(title) between 1 and 200),
  created_at timestamptz not null default now(),
  last_message_at timestamptz not null default now(),
  unique (id, owner_id)
);
comment on table public.chat_conversations is
  'Conversations with the chat about the data of an account. The first question creates one.';
comment on column public.chat_conversations.title is 'The first question, shortened, until the owner renames it.';
create index chat_conversations_owner_id_idx on public.chat_conversations (owner_id, last_message_at desc);

create table public.chat_messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null,
  owner_id uuid not null,
  role text not null check (role in ('user', 'assistant')),
  content text not null check (length(content) <= 100000),
  sql text,
  rows jsonb,
  follow_ups jsonb check (jsonb_typeof(follow_ups) = 'array'),
  response_id text,
  cost_usd numeric,
  -- Not the start of the transaction, so that simultaneous turns are ordered as they were written.
  created_at timestamptz not null default clock_timestamp(),
  foreign key (conversation_id, owner_id) references public.chat_conversations (id, owner_id) on delete cascade,
  check (role = 'assistant' or num_nonnulls(sql, rows, follow_ups, response_id, cost_usd) = 0)
);
comment on table public.chat_messages is 'Questions and answers. Only the function chat writes them.';
comment on column public.chat_messages.owner_id is
  'Owner of the conversation, repeated so that the policy needs no join; the foreign key keeps both equal.';
comment on column public.chat_messages.sql is 'Statement that found the rows of the answer; null if nothing was looked up.';
comment on column public.chat_messages.rows is 'Result of the statement as the client received it.';
comment on column public.chat_messages.follow_ups is '["question", …] suggested after the answer.';
comment on column public.chat_messages.response_id is 'The provider''s id of the answer.';
comment on column public.chat_messages.cost_usd is 'USD of the tokens counted for the answer; null if unknown.';
create index chat_messages_conversation_id_idx
  on public.chat_messages (conversation_id, owner_id, created_at);
create index chat_messages_owner_id_idx on public.chat_messages (owner_id, created_at);

alter table public.chat_conversations enable row level security;
grant select, delete, update (title) on public.chat_conversations to authenticated;
grant select, insert, update, delete on public.chat_conversations to service_role;
create policy "Viewers read their conversations" on public.chat_conversations
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
create policy "Members rename their conversations" on public.chat_conversations
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (owner_id = any ((select private.accounts_as('member'))::uuid[]));
create policy "Owners delete their conversations" on public.chat_conversations
  for delete to authenticated using (owner_id = any ((select private.accounts_as('owner'))::uuid[]));

alter table public.chat_messages enable row level security;
grant select on public.chat_messages to authenticated;
grant select, insert, update, delete on public.chat_messages to service_role;
create policy "Viewers read their messages" on public.chat_messages
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
