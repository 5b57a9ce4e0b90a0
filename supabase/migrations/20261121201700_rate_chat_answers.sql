create table public.chat_ratings (
  message_id uuid primary key references public.chat_messages (id) on delete cascade,
  owner_id uuid not null default private.acting_account() references public.accounts (id) on delete cascade,
  rating smallint not null check (rating in (-1, 1)),
  reason text check (length(reason) between 1 and 1000),
  created_at timestamptz not null default now()
);
comment on table public.chat_ratings is
  'Thumbs up (1) or down (-1) for an answer of the chat. The account''s members give, change and withdraw it; it is deleted with its conversation.';
comment on column public.chat_ratings.message_id is 'The answer: a message of role assistant.';
create index chat_ratings_owner_id_idx on public.chat_ratings (owner_id);
create index chat_ratings_created_at_idx on public.chat_ratings (created_at desc);

alter table public.chat_ratings enable row level security;
grant select, delete on public.chat_ratings to authenticated;
-- Not the owner and the time, which the database sets. An upsert also sets the key.
grant insert (message_id, rating, reason), update (message_id, rating, reason) on public.chat_ratings to authenticated;
grant select, insert, update, delete on public.chat_ratings to service_role;
create policy "Viewers read their ratings" on public.chat_ratings
  for select to authenticated using (owner_id = any ((select private.accounts_as('viewer'))::uuid[]));
-- The messages are filtered by their own policy: users see and rate only theirs. Whoever may rate may withdraw.
create policy "Members rate answers to them" on public.chat_ratings
  for insert to authenticated with check (
    owner_id = any ((select private.accounts_as('member'))::uuid[])
    and exists (
      select from public.chat_messages m
      where m.id = message_id and m.owner_id = chat_ratings.owner_id and m.role = 'assistant'
    )
  );
create policy "Members change their ratings" on public.chat_ratings
  for update to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]))
  with check (
    owner_id = any ((select private.accounts_as('member'))::uuid[])
    and exists (
      select from public.chat_messages m
      where m.id = message_id and m.owner_id = chat_ratings.owner_id and m.role = 'assistant'
    )
  );
create policy "Members withdraw their ratings" on public.chat_ratings
  for delete to authenticated using (owner_id = any ((select private.accounts_as('member'))::uuid[]));

-- The log is found by its conversation, so that it needs no index on answers.
create view public.report_chat_ratings with (security_invoker = true) as
  with settings as (select 30 as days),
  rated as (
    select l.sql_model, l.response_model, count(*) as rated, count(*) filter (where r.rating = 1) as up,
      count(*) filter (where r.rating = -1) as down, avg(l.cost_usd) as mean_cost_usd,
      percentile_cont(0.5) within group (order by l.ttfb_ms) as p50_ttfb_ms
    from settings s
    join public.chat_ratings r on (r.created_at at time zone 'UTC')::date > (now() at time zone 'UTC')::date - s.days
    join public.chat_messages m on m.id = r.message_id
    join public.chat_telemetry_log l on l.conversation_id = m.conversation_id and l.answer_id = m.id
    group by l.sql_model, l.response_model
  ),
  asked as (
    select u.sql_model, u.response_model, sum(u.requests) as requests
    from settings s
    join private.chat_usage u on u.day > (now() at time zone 'UTC')::date - s.days
    group by u.sql_model, u.response_model
  )
  select r.sql_model, r.response_model, a.requests::bigint as requests, r.rated, r.up, r.down,
    round(100.0 * r.up / r.rated, 2) as percent_up, round(r.mean_cost_usd, 6) as mean_cost_usd,
    round(r.p50_ttfb_ms::numeric, 1) as p50_ttfb_ms
  from rated r
  left join asked a on a.sql_model is not distinct from r.sql_model
    and a.response_model is not distinct from r.response_model
  order by r.rated desc, r.sql_model, r.response_model;
comment on view public.report_chat_ratings is
  'Ratings of the last 30 days (UTC) by the models that answered: thumbs up and down, beside the mean cost and the median time to the first text of the rated answers. requests: all questions to these models.';

create view public.report_chat_rated_answers with (security_invoker = true) as
  with settings as (select 30 as days)
  select r.created_at as rated_at, r.rating, r.reason, l.user_question, l.ai_response, l.generated_sql,
    l.error_type, l.sql_model, l.response_model, l.cost_usd, l.ttfb_ms, l.log_id
  from settings s
  join public.chat_ratings r on (r.created_at at time zone 'UTC')::date > (now() at time zone 'UTC')::date - s.days
  join public.chat_messages m on m.id = r.message_id
  join public.chat_telemetry_log l on l.conversation_id = m.conversation_id and l.answer_id = m.id
  order by r.created_at desc, r.message_id
  limit 200;
comment on view public.report_chat_rated_answers is
  'The 200 newest rated answers of the last 30 days (UTC), each with the reason, the question, the statement, its cost and its time to the first text.';
grant select on public.report_chat_ratings, public.report_chat_rated_answers to service_role;
