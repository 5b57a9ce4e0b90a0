-- Models that accept only text. Their ids begin with the provider's name, because several providers serve the
-- same model at different prices.
insert into public.models
  (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length,
   max_output_tokens, input_modalities, supports_structured_output, reasoning, reasoning_efforts, checked_at, source)
select id, name, vendor, tier, endpoint, input / 1e6, output / 1e6, cached / 1e6, 131072, max_output, '{text}', true,
  reasoning, efforts::text[], '2026-11-30', 'genai-prices 0.1.8, models.dev'
from (values
  ('groq/openai/gpt-oss-20b', 'GPT OSS 20B', 'OpenAI', 'budget', 'groq',
    0.075, 0.30, 0.0375, 65536, 'mandatory', '{low,medium,high}'),
  ('groq/openai/gpt-oss-120b', 'GPT OSS 120B', 'OpenAI', 'budget', 'groq',
    0.15, 0.60, 0.075, 65536, 'mandatory', '{low,medium,high}'),
  ('cerebras/gpt-oss-120b', 'GPT OSS 120B', 'OpenAI', 'budget', 'cerebras',
    0.35, 0.75, 0.35, 40960, 'mandatory', '{low,medium,high}'),
  ('cerebras/gemma-4-31b', 'Gemma 4 31B', 'Google', 'mid', 'cerebras',
    0.99, 1.49, 0.99, null, 'none', '{}'),
  ('openai/gpt-oss-120b', 'GPT OSS 120B', 'OpenAI', 'budget', 'openrouter',
    0.039, 0.18, 0.039, 131072, 'mandatory', '{low,medium,high}')
) as seed (id, name, vendor, tier, endpoint, input, output, cached, max_output, reasoning, efforts);
