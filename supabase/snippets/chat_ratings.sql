-- What users think of the chat's answers, for the dashboard's SQL editor. Each query is independent: paste the
-- one you need, or read the view with the same figures that its heading names. Change the number of days in
-- its first line. Ratings of deleted conversations are gone.

-- (1) Ratings by model (report_chat_ratings)
-- Thumbs up and down of the last 30 days (UTC), by the models that wrote the statement and the answer. Beside
-- them: the number of all questions to these models, and the mean cost (USD) and the median time to the first
-- text (ms) of the rated answers.
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

-- (2) Rated answers and reasons (report_chat_rated_answers)
-- The 200 newest rated answers of the last 30 days (UTC): rating (1 or -1), reason, question, answer and
-- statement, with the cost (USD) and the time to the first text (ms).
with settings as (select 30 as days)
select r.created_at as rated_at, r.rating, r.reason, l.user_question, l.ai_response, l.generated_sql,
  l.error_type, l.sql_model, l.response_model, l.cost_usd, l.ttfb_ms, l.log_id
from settings s
join public.chat_ratings r on (r.created_at at time zone 'UTC')::date > (now() at time zone 'UTC')::date - s.days
join public.chat_messages m on m.id = r.message_id
join public.chat_telemetry_log l on l.conversation_id = m.conversation_id and l.answer_id = m.id
order by r.created_at desc, r.message_id
limit 200;
