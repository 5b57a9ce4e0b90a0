-- Ratings of the chat's answers: who may give, change and withdraw them, and what is left of them.
begin;
select plan(22);

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'), ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
insert into public.chat_conversations (id, owner_id, title) values
  ('00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-00000000000a', 'Ada''s'),
  ('00000000-0000-4000-8000-0000000000c2', '00000000-0000-4000-8000-00000000000b', 'Bob''s');
insert into public.chat_messages (id, conversation_id, owner_id, role, content) values
  ('00000000-0000-4000-8000-0000000000f0', '00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-00000000000a', 'user', 'Q'),
  ('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-00000000000a', 'assistant', 'A'),
  ('00000000-0000-4000-8000-0000000000f2', '00000000-0000-4000-8000-0000000000c2', '00000000-0000-4000-8000-00000000000b', 'assistant', 'B');
insert into public.chat_telemetry_log
  (log_id, user_id, conversation_id, answer_id, user_question, sql_model, response_model, sql_input_tokens, sql_output_tokens, ttfb_ms)
values ('00000000-0000-4000-8000-0000000000f0', '00000000-0000-4000-8000-00000000000a',
  '00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-0000000000f1', 'Q', 'gpt-6-luna', 'gpt-6-sol', 1000, 100, 150);

-- The owner
select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select lives_ok($$
  insert into public.chat_ratings (message_id, rating, reason) values ('00000000-0000-4000-8000-0000000000f1', -1, 'Wrong.')
$$, 'an owner rates an answer of theirs');
select results_eq('select owner_id, rating::int, reason from public.chat_ratings',
  $$values ('00000000-0000-4000-8000-00000000000a'::uuid, -1, 'Wrong.')$$, 'and reads the rating');
select throws_ok($$
  insert into public.chat_ratings (message_id, rating) values ('00000000-0000-4000-8000-0000000000f1', 1)
$$, '23505', null, 'an answer has one rating');
select throws_ok($$
  insert into public.chat_ratings (message_id, rating) values ('00000000-0000-4000-8000-0000000000f0', 1)
$$, '42501', null, 'a question cannot be rated');
select throws_ok($$
  insert into public.chat_ratings (message_id, rating) values ('00000000-0000-4000-8000-0000000000f2', 1)
$$, '42501', null, 'nobody rates another user''s answer');
select throws_ok($$
  insert into public.chat_ratings (message_id, owner_id, rating)
  values ('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-00000000000b', 1)
$$, '42501', null, 'nobody rates in another''s name');
select throws_ok($$update public.chat_ratings set rating = 0$$, '23514', null, 'a rating is up or down');
select throws_ok($$update public.chat_ratings set reason = repeat('x', 1001)$$, '23514', null, 'a reason has at most 1,000 characters');
select throws_ok($$update public.chat_ratings set reason = ''$$, '23514', null, 'no reason is null, not empty');
select throws_ok($$update public.chat_ratings set owner_id = '00000000-0000-4000-8000-00000000000b'$$, '42501', null,
  'nobody gives a rating away');
select throws_ok($$update public.chat_ratings set message_id = '00000000-0000-4000-8000-0000000000f2'$$, '42501', null,
  'nobody moves a rating to another user''s answer');
select lives_ok($$
  insert into public.chat_ratings (message_id, rating, reason) values ('00000000-0000-4000-8000-0000000000f1', 1, null)
  on conflict (message_id) do update set message_id = excluded.message_id, rating = excluded.rating, reason = excluded.reason
$$, 'an owner changes the rating');
select results_eq('select rating::int, reason from public.chat_ratings', $$values (1, null::text)$$, 'and the old reason is gone');

-- Another user, and one who has not signed in
select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}', true);
select is_empty('select * from public.chat_ratings', 'another user does not see it');
select is_empty('update public.chat_ratings set rating = -1 returning 1', 'nor changes it');
select is_empty('delete from public.chat_ratings returning 1', 'nor withdraws it');
select throws_ok('select * from public.report_chat_rated_answers', '42501', null, 'customers cannot read the reports');
set local role anon;
select throws_ok('select * from public.chat_ratings', '42501', null, 'nobody reads ratings without signing in');

-- The operator
set local role service_role;
select results_eq('select up, down, percent_up, mean_cost_usd, p50_ttfb_ms from public.report_chat_ratings',
  $$values (1::bigint, 0::bigint, 100.00, 0.000150, 150.0)$$, 'ratings stand beside cost and latency');
select results_eq('select rating::int, reason, user_question from public.report_chat_rated_answers',
  $$values (1, null::text, 'Q')$$, 'and each beside its question');

-- The end
set local role authenticated;
select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
delete from public.chat_conversations;
select is_empty('select * from public.chat_ratings', 'deleting a conversation deletes its ratings and their reasons');
reset role;
select is_empty('select * from public.report_chat_ratings', 'and the reports no longer count them');

select * from finish();
rollback;
