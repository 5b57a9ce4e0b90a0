create table private.providers (
  name text primary key check (name ~ '^[a-z]+$'),
  is_configured boolean,
  tried_at timestamptz,
  listed_at timestamptz,
  error text
);
comment on table private.providers is
  'Providers whose endpoints serve models, as in _shared/models/providers.ts, with the state of their lists of models.';
comment on column private.providers.is_configured is
  'True if the functions had its key and address when models-sync last ran; null before its first run.';
comment on column private.providers.tried_at is 'Time of the last attempt to read its list.';
comment on column private.providers.listed_at is 'Time at which its list was last read.';
comment on column private.providers.error is 'Error of the last attempt; null if it succeeded.';
alter table private.providers enable row level security;
grant select, insert, update, delete on private.providers to service_role;
create policy "Workers do everything" on private.providers for all to service_role using (true) with check (true);

insert into private.providers (name) values
  ('openrouter'), ('openai'), ('google'), ('anthropic'), ('mistral'), ('groq'), ('cerebras'), ('local'), ('compatible');

create table public.models (
  id text primary key check (length(id) <= 200 and id ~ '^[a-z0-9.-]+(/[A-Za-z0-9._:@+-]+)+$'),
  name text not null check (name <> ''),
  provider text not null check (provider <> ''),
  tier text not null check (tier in ('budget', 'mid', 'premium')),
  base_url_key text not null references private.providers (name),
  input_price numeric not null check (input_price >= 0),
  output_price numeric not null check (output_price >= 0),
  cached_input_price numeric not null check (cached_input_price >= 0),
  image_price numeric not null default 0 check (image_price >= 0),
  long_context_above integer check (long_context_above > 0),
  long_context_input_price numeric check (long_context_input_price >= 0),
  long_context_cached_input_price numeric check (long_context_cached_input_price >= 0),
  long_context_output_price numeric check (long_context_output_price >= 0),
  context_length integer not null check (context_length > 0),
  max_output_tokens integer check (max_output_tokens > 0),
  input_modalities text[] not null default '{text,image}'
    check (input_modalities <@ '{text,image,file}' and 'text' = any (input_modalities)),
  supports_vision boolean generated always as ('image' = any (input_modalities)) stored,
  supports_structured_output boolean not null default false,
  reasoning text not null default 'none' check (reasoning in ('none', 'optional', 'mandatory')),
  reasoning_efforts text[] not null default '{}'
    check (cardinality(reasoning_efforts) <= 7 and reasoning_efforts <@ '{none,minimal,low,medium,high,xhigh,max}'),
  active boolean not null default true,
  retires_at date,
  successor text check (successor <> id),
  unavailable_since timestamptz,
  orderable boolean not null default false,
  checked_at timestamptz not null default now(),
  source text not null default 'operator' check (source <> ''),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (num_nulls(long_context_above, long_context_input_price, long_context_cached_input_price,
    long_context_output_price) in (0, 4)),
  check (reasoning <> 'none' or reasoning_efforts = '{}'),
  check (reasoning <> 'mandatory' or not 'none' = any (reasoning_efforts))
);
create index models_base_url_key_idx on public.models (base_url_key);
comment on table public.models is
  'Models that can be benchmarked, with the prices that a checkout freezes into its report.';
comment on column public.models.id is 'OpenRouter slug such as openai/gpt-6-luna. For other providers base_url_key, a slash and the name there.';
comment on column public.models.base_url_key is
  'Provider that serves the model. The functions read <KEY>_BASE_URL and <KEY>_API_KEY.';
comment on column public.models.input_price is 'USD per input token.';
comment on column public.models.output_price is 'USD per output token.';
comment on column public.models.cached_input_price is 'USD per input token that the provider served from its cache.';
comment on column public.models.image_price is 'USD per image, charged in addition to the tokens.';
comment on column public.models.long_context_above is
  'Threshold in input tokens, cached ones included. A call above it is charged the long_context prices for all of its tokens. Null if the length does not change the price.';
comment on column public.models.long_context_input_price is 'USD per input token of such a call.';
comment on column public.models.long_context_cached_input_price is
  'USD per input token of such a call that the provider served from its cache.';
comment on column public.models.long_context_output_price is 'USD per output token of such a call.';
comment on column public.models.context_length is 'Largest number of tokens of input and output together.';
comment on column public.models.max_output_tokens is 'Largest number of tokens in one answer, thinking included; null if unknown.';
comment on column public.models.input_modalities is 'Kinds of input that it reads: text, image, file (PDF).';
comment on column public.models.reasoning is
  'Thinking before the answer: none (never), optional (it can be turned off), mandatory (always).';
comment on column public.models.reasoning_efforts is
  'Reasoning efforts that its provider accepts: none, minimal, low, medium, high, xhigh, max.';
comment on column public.models.active is 'True if the operator offers it. Models that models-sync adds start as false.';
comment on column public.models.retires_at is 'Day from which its provider may no longer serve it; null if none is announced.';
comment on column public.models.successor is 'Id of the model to use instead once this one ends.';
comment on column public.models.unavailable_since is
  'Time since which its provider''s list lacks it; null while it is listed.';
comment on column public.models.orderable is
  'True if a report with it can be ordered now; see private.find_hindrance. A trigger keeps it current.';
comment on column public.models.checked_at is 'Time at which this row was last compared with its source.';
comment on column public.models.source is 'Source of the row''s figures.';

alter table public.models enable row level security;
grant select on public.models to anon, authenticated;
grant select, insert, update, delete on public.models to service_role;
create policy "Anybody reads the models" on public.models
  for select to anon, authenticated using (true);

create function private.find_hindrance(p_model public.models) returns text
language sql stable set search_path = '' as $$
  select case
    when not p_model.active then 'inactive'
    when not 'image' = any (p_model.input_modalities) then 'no_vision'
    when p_model.unavailable_since is not null then 'unlisted'
    -- An order can be paid for 24 hours, and its report is complete within a day after that.
    when p_model.retires_at <= (now() at time zone 'UTC')::date + 2 then 'ending'
    when exists (select from private.providers where name = p_model.base_url_key and not is_configured) then 'no_key'
  end
$$;
comment on function private.find_hindrance(public.models) is
  'Returns the reason why no report can be ordered with a model now: inactive, no_vision, unlisted, ending (before a report can be complete), no_key (its provider had none when models-sync last ran). Null if one can.';

create function private.keep_orderable() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.orderable := private.find_hindrance(new) is null;
  return new;
end;
$$;
comment on function private.keep_orderable() is 'Keeps models.orderable.';
create trigger models_keep_orderable before insert or update on public.models
  for each row execute function private.keep_orderable();

create function private.refresh_orderable() returns void
language sql volatile set search_path = '' as $$
  update public.models m set orderable = not orderable
  where orderable is distinct from (private.find_hindrance(m) is null)
$$;
comment on function private.refresh_orderable() is
  'Corrects models.orderable after a date or a provider''s key changed it, which no trigger on models sees.';
select cron.schedule('refresh-orderable-models', '2 * * * *', 'select private.refresh_orderable()');

create function private.follow_configured_providers() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform private.refresh_orderable();
  return null;
end;
$$;
comment on function private.follow_configured_providers() is 'Corrects models.orderable when a provider''s key is added or removed.';
create trigger providers_follow_configured after update of is_configured on private.providers
  for each statement execute function private.follow_configured_providers();

create function private.find_successor(p_id text) returns text
language sql stable set search_path = '' as $$
  with recursive chain (id, place) as (
    select successor, 1 from public.models where id = p_id
    union all
    select m.successor, c.place + 1 from chain c join public.models m on m.id = c.id
    -- Two models may name each other as successor.
    where not m.orderable and c.place < 10
  ),
  named as (
    select m.id from chain c join public.models m on m.id = c.id where m.orderable order by c.place limit 1
  ),
  near as (
    select m.id from public.models m, public.models old
    where old.id = p_id and m.id <> p_id and m.orderable and m.retires_at is null
      and (m.provider = old.provider or m.tier = old.tier)
    order by m.provider <> old.provider,
      abs(ln((3 * m.input_price + m.output_price + 1e-9) / (3 * old.input_price + old.output_price + 1e-9))), m.id
    limit 1
  )
  select coalesce((select id from named), (select id from near))
$$;
comment on function private.find_successor(text) is
  'Returns the id of the model to order instead of another: the orderable end of its chain of successors, or else the model of the same maker with the nearest price, or else the nearest in its tier. Null if there is none.';
grant execute on function private.find_hindrance, private.refresh_orderable, private.find_successor to service_role;

-- Prices: USD per million tokens from the npm package @pydantic/genai-prices 0.1.8, divided to one token.
-- docs/models.md describes how they are kept current.
insert into public.models
  (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length,
   max_output_tokens, input_modalities, supports_structured_output, reasoning, reasoning_efforts, checked_at, source)
select id, name, provider, tier, coalesce(endpoint, 'openrouter'), input / 1e6, output / 1e6, cached / 1e6,
  context_length, max_output, modalities::text[], structured, reasoning, efforts::text[], '2026-11-30',
  'genai-prices 0.1.8, models.dev'
from (values
  ('openai/gpt-6-luna', 'GPT-6 Luna', 'OpenAI', 'budget', null::text, 0.1, 0.5, 0.01, 1050000, null::integer,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh,max}'),
  ('openai/gpt-6-sol', 'GPT-6 Sol', 'OpenAI', 'premium', null, 2, 10, 0.2, 1050000, null,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh,max}'),
  ('openai/gpt-5.6-luna', 'GPT-5.6 Luna', 'OpenAI', 'budget', null, 0.2, 1.2, 0.02, 1050000, null,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh,max}'),
  ('openai/gpt-5.6-terra', 'GPT-5.6 Terra', 'OpenAI', 'premium', null, 2, 12, 0.2, 1050000, null,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh,max}'),
  ('openai/gpt-5.4-mini', 'GPT-5.4 mini', 'OpenAI', 'mid', null, 0.75, 4.5, 0.075, 400000, 128000,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh}'),
  ('openai/gpt-5.4-nano', 'GPT-5.4 nano', 'OpenAI', 'budget', null, 0.2, 1.25, 0.02, 400000, 128000,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh}'),
  ('google/gemini-3.1-flash-lite', 'Gemini 3.1 Flash Lite', 'Google', 'budget', null, 0.25, 1.5, 0.025, 1048576, 65536,
    '{text,image,file}', true, 'mandatory', '{minimal,low,medium,high}'),
  ('google/gemini-3.5-flash', 'Gemini 3.5 Flash', 'Google', 'mid', null, 1.5, 9, 0.15, 1048576, 65536,
    '{text,image,file}', true, 'mandatory', '{minimal,low,medium,high}'),
  ('google/gemini-3.1-pro-preview', 'Gemini 3.1 Pro', 'Google', 'premium', null, 2, 12, 0.2, 1048576, 65536,
    '{text,image,file}', true, 'mandatory', '{low,medium,high}'),
  ('google/gemini-3.5-flash-lite', 'Gemini 3.5 Flash Lite', 'Google', 'budget', 'google', 0.3, 2.5, 0.03, 1048576, 65536,
    '{text,image,file}', true, 'mandatory', '{minimal,low,medium,high}'),
  ('google/gemini-3.8-flash', 'Gemini 3.8 Flash', 'Google', 'mid', 'google', 0.75, 3.75, 0.075, 1048576, 65536,
    '{text,image,file}', true, 'mandatory', '{minimal,low,medium,high}'),
  ('google/gemma-4-31b-it', 'Gemma 4 31B', 'Google', 'budget', null, 0.09, 0.34, 0.05, 262144, 262144,
    '{text,image}', true, 'optional', '{none,low,medium,high}'),
  ('anthropic/claude-haiku-4.5', 'Claude Haiku 4.5', 'Anthropic', 'mid', null, 1, 5, 0.1, 200000, 64000,
    '{text,image,file}', true, 'optional', '{none,low,medium,high}'),
  ('anthropic/claude-sonnet-5', 'Claude Sonnet 5', 'Anthropic', 'premium', null, 2, 10, 0.2, 1000000, 128000,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh,max}'),
  ('anthropic/claude-opus-5.5', 'Claude Opus 5.5', 'Anthropic', 'premium', null, 4, 20, 0.2, 1000000, null,
    '{text,image,file}', true, 'optional', '{none,low,medium,high,xhigh,max}'),
  ('mistralai/ministral-8b-2512', 'Ministral 3 8B', 'Mistral', 'budget', null, 0.15, 0.15, 0.015, 262144, 262144,
    '{text,image}', true, 'none', '{}'),
  ('mistralai/mistral-small-2603', 'Mistral Small 4', 'Mistral', 'budget', null, 0.15, 0.6, 0.015, 262144, 262144,
    '{text,image}', true, 'optional', '{none,high}'),
  ('mistralai/mistral-large-2512', 'Mistral Large 3', 'Mistral', 'budget', null, 0.5, 1.5, 0.05, 262144, 262144,
    '{text,image,file}', true, 'none', '{}'),
  ('mistralai/mistral-medium-3-5', 'Mistral Medium 3.5', 'Mistral', 'mid', null, 1.5, 7.5, 1.5, 262144, 262144,
    '{text,image,file}', true, 'optional', '{none,high}'),
  ('qwen/qwen3-vl-235b-a22b-instruct', 'Qwen3 VL 235B', 'Qwen', 'budget', null, 0.2, 0.88, 0.11, 262144, 16384,
    '{text,image}', true, 'none', '{}'),
  ('qwen/qwen3.7-plus', 'Qwen3.7 Plus', 'Qwen', 'budget', null, 0.4, 1.6, 0.08, 1000000, 65536,
    '{text,image}', true, 'optional', '{none,low,medium,high}'),
  ('x-ai/grok-4.3', 'Grok 4.3', 'xAI', 'mid', null, 1.25, 2.5, 0.2, 1000000, 1000000,
    '{text,image,file}', true, 'optional', '{none,low,medium,high}'),
  ('z-ai/glm-4.6v', 'GLM 4.6V', 'Z.AI', 'budget', null, 0.3, 0.9, 0.05, 131072, null,
    '{text,image}', false, 'optional', '{none,low,medium,high}'),
  ('moonshotai/kimi-k2.6', 'Kimi K2.6', 'Moonshot AI', 'mid', null, 0.68, 3.41, 0.34, 262144, 262144,
    '{text,image}', true, 'optional', '{none,high}'),
  ('amazon/nova-2-lite-v1', 'Nova 2 Lite', 'Amazon', 'budget', null, 0.3, 2.5, 0.3, 1000000, 65535,
    '{text,image,file}', false, 'optional', '{none,low,medium,high}'),
  ('bytedance-seed/seed-2.0-mini', 'Seed 2.0 Mini', 'ByteDance', 'budget', null, 0.1, 0.4, 0.1, 262144, 131072,
    '{text,image}', true, 'mandatory', '{minimal,low,medium,high}')
) as seed (
  id, name, provider, tier, endpoint, input, output, cached, context_length, max_output, modalities, structured,
  reasoning, efforts
);

-- Prices of long inputs, USD per million tokens.
update public.models m set long_context_above = seed.above, long_context_input_price = seed.input / 1e6,
  long_context_cached_input_price = seed.cached / 1e6, long_context_output_price = seed.output / 1e6
from (values
  ('openai/gpt-6-luna', 272000, 0.2, 0.02, 0.75),
  ('openai/gpt-6-sol', 272000, 4, 0.4, 15),
  ('openai/gpt-5.6-luna', 272000, 0.4, 0.04, 1.8),
  ('openai/gpt-5.6-terra', 272000, 4, 0.4, 18)
) as seed (id, above, input, cached, output)
where m.id = seed.id;
