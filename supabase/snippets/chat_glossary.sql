-- What the chat has been taught: words and worked questions. Each statement stands alone. A change is used
-- within a minute. docs/chat-glossary.md says what makes a good entry.

-- (1) Add a term, or change what it means
-- Put in your own. The synonyms may be none: '{}'.
insert into private.chat_glossary (term, synonyms, meaning)
values ('green build', array['green run', 'grüner Build'], 'A test run with status complete and tests_failed = 0.')
on conflict (owner_id, lower(term)) do update set synonyms = excluded.synonyms, meaning = excluded.meaning
returning id, term, synonyms, meaning;

-- (2) Add a worked question
-- Check it afterwards: deno task operate check-questions. What the gate refuses is not used.
insert into private.chat_worked_questions (question, sql, note)
values ('How many green builds did each suite have?',
  'select suite, count(*) as green_builds from test_runs where status = ''complete'' and tests_failed = 0 group by suite',
  'Complete test runs without a failed test, by suite.')
on conflict (owner_id, lower(question)) do update set sql = excluded.sql, note = excluded.note
returning id, question;

-- (3) All terms and worked questions
-- One account's have its name, or its user's e-mail address.
select 'term' as kind, t.id, t.term as entry, array_to_string(t.synonyms, ', ') as synonyms, t.meaning as content,
  coalesce(u.email, a.name) as whose
from private.chat_glossary t left join public.accounts a on a.id = t.owner_id left join auth.users u on u.id = a.user_id
union all
select 'question', q.id, q.question, null, q.sql, coalesce(u.email, a.name)
from private.chat_worked_questions q left join public.accounts a on a.id = q.owner_id left join auth.users u on u.id = a.user_id
order by kind, entry;
