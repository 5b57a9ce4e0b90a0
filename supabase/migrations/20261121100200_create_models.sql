create table public.models (
  id text primary key check (id ~ '^[a-z0-9.-]+(/[A-Za-z0-9._:@+-]+)+$'),
  name text not null check (name <> ''),
  provider text not null check (provider <> ''),
  tier text not null check (tier in ('budget', 'mid', 'premium')),
  base_url_key text not null
    check (base_url_key in ('openrouter', 'openai', 'groq', 'cerebras', 'local', 'compatible')),
  input_price numeric not null check (input_price >= 0),
  output_price numeric not null check (output_price >= 0),
  cached_input_price numeric not null check (cached_input_price >= 0),
  image_price numeric not null default 0 check (image_price >= 0),
  context_length integer not null check (context_length > 0),
  supports_vision boolean not null default true,
  supports_structured_output boolean not null default false,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.models is
  'Models that can be benchmarked, with the prices a checkout freezes into its report.';
comment on column public.models.id is 'OpenRouter slug such as openai/gpt-4o-mini; for another endpoint base_url_key, a slash and its own name there.';
comment on column public.models.base_url_key is
  'Whose endpoint and key serve the model: the functions read <KEY>_BASE_URL and <KEY>_API_KEY.';
comment on column public.models.input_price is 'USD per input token.';
comment on column public.models.output_price is 'USD per output token.';
comment on column public.models.cached_input_price is 'USD per input token that the provider served from its cache.';
comment on column public.models.image_price is 'USD per image, where the provider charges one beside the tokens.';

alter table public.models enable row level security;
grant select on public.models to anon, authenticated;
grant select, insert, update, delete on public.models to service_role;
create policy "Anybody reads the models" on public.models
  for select to anon, authenticated using (true);

-- Prices: USD per million tokens as the providers listed them in November 2026, divided to a token.
insert into public.models
  (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price,
   context_length, supports_structured_output)
select id, name, provider, tier, 'openrouter', input / 1e6, output / 1e6, cached / 1e6, context_length, structured
from (values
  ('openai/gpt-4o-mini', 'GPT-4o mini', 'OpenAI', 'budget', 0.15, 0.60, 0.075, 128000, true),
  ('openai/gpt-4o', 'GPT-4o', 'OpenAI', 'premium', 2.50, 10.00, 1.25, 128000, true),
  ('openai/gpt-4.1-mini', 'GPT-4.1 mini', 'OpenAI', 'mid', 0.40, 1.60, 0.10, 1047576, true),
  ('openai/gpt-4.1', 'GPT-4.1', 'OpenAI', 'premium', 2.00, 8.00, 0.50, 1047576, true),
  ('openai/gpt-5-mini', 'GPT-5 mini', 'OpenAI', 'mid', 0.25, 2.00, 0.025, 400000, true),
  ('openai/gpt-5', 'GPT-5', 'OpenAI', 'premium', 1.25, 10.00, 0.125, 400000, true),
  ('google/gemini-2.5-flash-lite', 'Gemini 2.5 Flash Lite', 'Google', 'budget', 0.10, 0.40, 0.025, 1048576, true),
  ('google/gemini-2.5-flash', 'Gemini 2.5 Flash', 'Google', 'mid', 0.30, 2.50, 0.075, 1048576, true),
  ('google/gemini-2.5-pro', 'Gemini 2.5 Pro', 'Google', 'premium', 1.25, 10.00, 0.31, 1048576, true),
  ('anthropic/claude-haiku-4.5', 'Claude Haiku 4.5', 'Anthropic', 'mid', 1.00, 5.00, 0.10, 200000, false),
  ('anthropic/claude-sonnet-4.5', 'Claude Sonnet 4.5', 'Anthropic', 'premium', 3.00, 15.00, 0.30, 200000, false),
  ('mistralai/pixtral-12b', 'Pixtral 12B', 'Mistral', 'budget', 0.10, 0.10, 0.10, 32768, false),
  ('qwen/qwen2.5-vl-72b-instruct', 'Qwen2.5 VL 72B', 'Qwen', 'mid', 0.25, 0.75, 0.25, 32768, false),
  ('meta-llama/llama-4-maverick', 'Llama 4 Maverick', 'Meta', 'budget', 0.15, 0.60, 0.15, 1048576, false)
) as seed (id, name, provider, tier, input, output, cached, context_length, structured);
