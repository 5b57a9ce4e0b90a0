-- Allows equality of text and overlap of ranges in one exclusion constraint.
create extension if not exists btree_gist with schema extensions;

create table public.model_prices (
  id bigint generated always as identity primary key,
  model text not null check (model <> ''),
  valid_from timestamptz not null default now(),
  valid_to timestamptz,
  input_per_million numeric not null check (input_per_million >= 0),
  cached_input_per_million numeric not null check (cached_input_per_million >= 0),
  output_per_million numeric not null check (output_per_million >= 0),
  long_context_above integer check (long_context_above > 0),
  long_context_input_per_million numeric check (long_context_input_per_million >= 0),
  long_context_cached_input_per_million numeric check (long_context_cached_input_per_million >= 0),
  long_context_output_per_million numeric check (long_context_output_per_million >= 0),
  source text not null check (source <> ''),
  created_at timestamptz not null default now(),
  check (valid_to > valid_from),
  check (num_nulls(long_context_above, long_context_input_per_million, long_context_cached_input_per_million,
    long_context_output_per_million) in (0, 4)),
  constraint model_prices_never_overlap
    exclude using gist (model extensions.gist_text_ops with =, tstzrange(valid_from, valid_to) with &&)
);
comment on table public.model_prices is
  'Prices of models over time. A new price is a new row, and at any moment a model has at most one price. Benchmarks, prompt runs and the chat are charged by it.';
comment on column public.model_prices.model is 'Name as calls use it: an id of models, or a provider''s own name such as gpt-6-luna.';
comment on column public.model_prices.valid_from is 'Inclusive; -infinity if no earlier price is known.';
comment on column public.model_prices.valid_to is 'Exclusive; null while the price holds.';
comment on column public.model_prices.input_per_million is 'USD per million input tokens that did not come from the provider''s cache.';
comment on column public.model_prices.cached_input_per_million is 'USD per million input tokens that the provider served from its cache.';
comment on column public.model_prices.output_per_million is 'USD per million output tokens.';
comment on column public.model_prices.long_context_above is
  'Threshold in input tokens, cached ones included. A call above it is charged the long_context prices for all of its tokens. Null if the length does not change the price.';
comment on column public.model_prices.long_context_input_per_million is 'USD per million input tokens of such a call.';
comment on column public.model_prices.long_context_cached_input_per_million is
  'USD per million input tokens of such a call that the provider served from its cache.';
comment on column public.model_prices.long_context_output_per_million is 'USD per million output tokens of such a call.';
comment on column public.model_prices.source is 'Source of the price.';
create index model_prices_model_idx on public.model_prices (model, valid_from desc);

alter table public.model_prices enable row level security;
-- Logged costs refer to the rows they were computed from, so that no row is deleted.
grant select, insert, update on public.model_prices to service_role;
create policy "Workers do everything" on public.model_prices
  for all to service_role using (true) with check (true);

create function private.set_model_price(
  p_model text, p_input numeric, p_cached_input numeric, p_output numeric, p_source text,
  p_from timestamptz default now(), p_long_context_above integer default null,
  p_long_context_input numeric default null, p_long_context_cached_input numeric default null,
  p_long_context_output numeric default null
) returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_until timestamptz;
  v_id bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('model_prices:' || p_model, 0));
  -- The next price ends this one, and this one ends the price before.
  select min(valid_from) into v_until from public.model_prices where model = p_model and valid_from > p_from;
  update public.model_prices set valid_to = p_from
  where model = p_model and valid_from < p_from and (valid_to is null or valid_to > p_from);
  insert into public.model_prices
    (model, valid_from, valid_to, input_per_million, cached_input_per_million, output_per_million, source,
     long_context_above, long_context_input_per_million, long_context_cached_input_per_million,
     long_context_output_per_million)
  values (p_model, p_from, v_until, p_input, p_cached_input, p_output, p_source, p_long_context_above,
    p_long_context_input, p_long_context_cached_input, p_long_context_output)
  returning id into v_id;
  return v_id;
end;
$$;
comment on function private.set_model_price is
  'Sets a model''s price (USD per million tokens) from a moment, past or future, until the next price in the history. A price of long inputs needs all four p_long_context arguments. Returns the row''s id. Raises 23P01 if a price begins at the same moment. The price of a model in the table models is changed there instead.';

create function private.find_price(p_model text, p_at timestamptz) returns public.model_prices
language sql stable set search_path = '' as $$
  select p from public.model_prices p
  where p.model = split_part(p_model, '#', 1) and p.valid_from <= p_at and (p.valid_to is null or p.valid_to > p_at)
$$;
comment on function private.find_price(text, timestamptz) is
  'Returns the row of model_prices for a model, with or without # and an effort, at a moment; null if it has no price then.';

create function private.price_tokens(
  p_price public.model_prices, p_input_tokens bigint, p_cached_tokens bigint, p_output_tokens bigint
) returns numeric
language sql immutable set search_path = '' as $$
  select case when p_input_tokens > p_price.long_context_above then
    greatest(p_input_tokens - coalesce(p_cached_tokens, 0), 0) * p_price.long_context_input_per_million
    + coalesce(p_cached_tokens, 0) * p_price.long_context_cached_input_per_million
    + coalesce(p_output_tokens, 0) * p_price.long_context_output_per_million
  else
    greatest(coalesce(p_input_tokens, 0) - coalesce(p_cached_tokens, 0), 0) * p_price.input_per_million
    + coalesce(p_cached_tokens, 0) * p_price.cached_input_per_million
    + coalesce(p_output_tokens, 0) * p_price.output_per_million
  end * 0.000001
$$;
comment on function private.price_tokens(public.model_prices, bigint, bigint, bigint) is
  'Returns the USD of one model call. Cached tokens are part of the input tokens and have their own price. All input tokens together decide whether the call is charged as a long one. A missing count is 0; a missing price makes the result null.';

create function private.describe_price(p_price public.model_prices) returns jsonb
language sql immutable strict set search_path = '' as $$
  select jsonb_build_object(
    'input', p_price.input_per_million * 0.000001,
    'cached_input', p_price.cached_input_per_million * 0.000001,
    'output', p_price.output_per_million * 0.000001,
    'long_context', case when p_price.long_context_above is not null then jsonb_build_object(
      'above', p_price.long_context_above,
      'input', p_price.long_context_input_per_million * 0.000001,
      'cached_input', p_price.long_context_cached_input_per_million * 0.000001,
      'output', p_price.long_context_output_per_million * 0.000001) end
  )
$$;
comment on function private.describe_price(public.model_prices) is
  'Returns a price in USD per token, in the form of TokenPrices in token_prices.ts.';
grant execute on function private.set_model_price, private.find_price, private.price_tokens, private.describe_price
  to service_role;

-- The table models is the source of a benchmark's prices; this is their history.
create function private.record_model_price() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_last timestamptz := (select max(valid_from) from public.model_prices where model = new.id);
begin
  perform private.set_model_price(
    new.id, trim_scale(new.input_price * 1000000), trim_scale(new.cached_input_price * 1000000),
    trim_scale(new.output_price * 1000000), new.source,
    -- A model's first price also holds for the time before. A transaction that began before the last price was
    -- set, or that set it, still has to begin after it.
    case when v_last is null then '-infinity' when v_last < now() then now() else clock_timestamp() end,
    new.long_context_above, trim_scale(new.long_context_input_price * 1000000),
    trim_scale(new.long_context_cached_input_price * 1000000), trim_scale(new.long_context_output_price * 1000000)
  );
  return null;
end;
$$;
comment on function private.record_model_price() is 'Records a changed price of models in the history of prices.';
create trigger models_record_new_price after insert on public.models
  for each row execute function private.record_model_price();
create trigger models_record_price
  after update of input_price, cached_input_price, output_price, long_context_above, long_context_input_price,
    long_context_cached_input_price, long_context_output_price on public.models
  for each row when (
    (old.input_price, old.cached_input_price, old.output_price, old.long_context_above, old.long_context_input_price,
      old.long_context_cached_input_price, old.long_context_output_price)
    is distinct from
    (new.input_price, new.cached_input_price, new.output_price, new.long_context_above, new.long_context_input_price,
      new.long_context_cached_input_price, new.long_context_output_price)
  )
  execute function private.record_model_price();

insert into public.model_prices
  (model, valid_from, input_per_million, cached_input_per_million, output_per_million, source, long_context_above,
   long_context_input_per_million, long_context_cached_input_per_million, long_context_output_per_million)
select id, '-infinity'::timestamptz, trim_scale(input_price * 1000000), trim_scale(cached_input_price * 1000000),
  trim_scale(output_price * 1000000), source, long_context_above, trim_scale(long_context_input_price * 1000000),
  trim_scale(long_context_cached_input_price * 1000000), trim_scale(long_context_output_price * 1000000)
from public.models
union all
select model, '-infinity', input, cached, output, 'genai-prices 0.1.8', above, long_input, long_cached, long_output
from (values
  ('gpt-6-luna', 0.10, 0.01, 0.50, 272000, 0.20, 0.02, 0.75),
  ('gpt-6-sol', 2.00, 0.20, 10.00, 272000, 4.00, 0.40, 15.00),
  -- Holds from 272,000 tokens on; the others begin above their threshold.
  ('gpt-5.6-luna', 0.20, 0.02, 1.20, 271999, 0.40, 0.04, 1.80),
  ('gpt-5.6-terra', 2.00, 0.20, 12.00, 271999, 4.00, 0.40, 18.00),
  ('gpt-5.4-mini', 0.75, 0.075, 4.50, null, null, null, null),
  ('gpt-5.4-nano', 0.20, 0.02, 1.25, null, null, null, null)
) as seed (model, input, cached, output, above, long_input, long_cached, long_output);
