-- Under the provider's name, for each serves its models at prices of its own.
insert into public.model_prices
  (model, valid_from, input_per_million, cached_input_per_million, output_per_million, source)
select provider || '/' || model, '-infinity', input, cached, output, provider || '.com, price list of 2025'
from (values
  ('groq', 'llama-3.1-8b-instant', 0.05, 0.05, 0.08),
  ('groq', 'llama-3.3-70b-versatile', 0.59, 0.59, 0.79),
  ('groq', 'openai/gpt-oss-20b', 0.075, 0.0375, 0.30),
  ('groq', 'openai/gpt-oss-120b', 0.15, 0.075, 0.60),
  ('cerebras', 'llama3.1-8b', 0.10, 0.10, 0.10),
  ('cerebras', 'gpt-oss-120b', 0.35, 0.35, 0.75)
) as seed (provider, model, input, cached, output);
