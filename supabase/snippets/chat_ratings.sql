-- What users think of the chat's answers, for the dashboard's SQL editor. Each query is independent: paste the
-- one you need. Ratings of deleted conversations are gone.

-- (1) Ratings by model
-- Thumbs up and down of the last 30 days (UTC), by the models that wrote the statement and the answer. Beside
-- them: the number of all questions to these models, and the mean cost (USD) and the median time to the first
-- text (ms) of the rated answers.
select * from public.report_chat_ratings;

-- (2) Rated answers and reasons
-- The 200 newest rated answers of the last 30 days (UTC): rating (1 or -1), reason, question, answer and
-- statement, with the cost (USD) and the time to the first text (ms).
select * from public.report_chat_rated_answers;
