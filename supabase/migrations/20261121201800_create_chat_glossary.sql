-- What operators teach the chat, as rows: docs/chat-glossary.md. Private, since no customer reads or writes it.
create table private.chat_glossary (
  id bigint generated always as identity primary key,
  term text not null check (length(btrim(term)) between 1 and 100),
  synonyms text[] not null default '{}' check (
    cardinality(synonyms) <= 20 and length(array_to_string(synonyms, '')) <= 1000
    and array_position(synonyms, null) is null and array_position(synonyms, '') is null
  ),
  meaning text not null check (length(btrim(meaning)) between 1 and 500),
  owner_id uuid references public.accounts (id) on delete cascade,
  created_at timestamptz not null default now()
);
comment on table private.chat_glossary is
  'Words that users of the chat use, and what they mean in the data. A question with a term or synonym has the meaning in its prompt. Operators add rows.';
comment on column private.chat_glossary.term is 'Found in a question whatever its case, accents and plural.';
comment on column private.chat_glossary.synonyms is 'Other words for it, in any language.';
comment on column private.chat_glossary.meaning is 'What it means, in words of the chat''s relations and columns: a test run with status complete and no failed test.';
comment on column private.chat_glossary.owner_id is 'Account whose word it is; null: everybody''s.';
create unique index chat_glossary_owner_id_term_idx on private.chat_glossary (owner_id, lower(term)) nulls not distinct;

create table private.chat_worked_questions (
  id bigint generated always as identity primary key,
  question text not null check (length(btrim(question)) between 1 and 500),
  sql text not null check (length(btrim(sql)) between 1 and 8000),
  note text not null default '' check (length(note) <= 300),
  owner_id uuid references public.accounts (id) on delete cascade,
  created_at timestamptz not null default now()
);
comment on table private.chat_worked_questions is
  'Questions with a right statement each: examples for the model where a question is near, and suggestions for users. A statement that the gate refuses is skipped and logged. Operators add rows.';
comment on column private.chat_worked_questions.sql is 'SELECT over the relations of schema chat, named without a schema. It never filters by user.';
comment on column private.chat_worked_questions.note is 'One sentence for the model: how the statement answers the question.';
comment on column private.chat_worked_questions.owner_id is 'Account to which it is an example; null: everybody.';
create unique index chat_worked_questions_owner_id_question_idx
  on private.chat_worked_questions (owner_id, lower(question)) nulls not distinct;

alter table private.chat_glossary enable row level security;
grant select, insert, update, delete on private.chat_glossary to service_role;
create policy "Workers do everything" on private.chat_glossary for all to service_role using (true) with check (true);
alter table private.chat_worked_questions enable row level security;
grant select, insert, update, delete on private.chat_worked_questions to service_role;
create policy "Workers do everything" on private.chat_worked_questions
  for all to service_role using (true) with check (true);

create function private.load_chat_glossary() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'terms', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'term', t.term, 'synonyms', t.synonyms, 'meaning', t.meaning, 'owner_id', t.owner_id
      ) order by t.owner_id nulls last, t.id), '[]')
      from (select * from private.chat_glossary order by id desc limit 1000) t
    ),
    'questions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', q.id, 'question', q.question, 'sql', q.sql, 'note', q.note, 'owner_id', q.owner_id
      ) order by q.id), '[]')
      from (select * from private.chat_worked_questions order by id desc limit 500) q
    )
  )
$$;
comment on function private.load_chat_glossary() is
  'Returns what operators taught the chat: {terms: [{term, synonyms, meaning, owner_id}], questions: [{id, question, sql, note, owner_id}]}, at most the latest 1,000 terms and 500 questions. Words of one account come before everybody''s.';
grant execute on function private.load_chat_glossary to service_role;
