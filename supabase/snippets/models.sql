-- The catalogue of models: what changed, what waits for approval, what ends. Each query stands alone.
-- To read the providers' lists now: select private.invoke_function('models-sync');

-- (1) What models-sync changed in the last 30 days
-- Prices are USD per million tokens: input, cached input, output. long_context has the threshold and the prices of
-- inputs above it. For a listing, null means that the model is back in its provider's list.
select c.created_at, c.model_id, c.kind,
  case c.kind
    when 'price' then concat_ws(' / ', trim_scale((c.old ->> 'input_price')::numeric * 1e6),
      trim_scale((c.old ->> 'cached_input_price')::numeric * 1e6), trim_scale((c.old ->> 'output_price')::numeric * 1e6))
    when 'long_context' then concat_ws(' / ', 'above ' || (c.old ->> 'long_context_above') || ' tokens',
      trim_scale((c.old ->> 'long_context_input_price')::numeric * 1e6),
      trim_scale((c.old ->> 'long_context_cached_input_price')::numeric * 1e6),
      trim_scale((c.old ->> 'long_context_output_price')::numeric * 1e6))
    when 'end' then c.old ->> 'retires_at'
    when 'successor' then c.old ->> 'successor'
    when 'listing' then c.old ->> 'unavailable_since'
    else c.old::text
  end as was,
  case c.kind
    when 'price' then concat_ws(' / ', trim_scale((c.new ->> 'input_price')::numeric * 1e6),
      trim_scale((c.new ->> 'cached_input_price')::numeric * 1e6), trim_scale((c.new ->> 'output_price')::numeric * 1e6))
    when 'long_context' then concat_ws(' / ', 'above ' || (c.new ->> 'long_context_above') || ' tokens',
      trim_scale((c.new ->> 'long_context_input_price')::numeric * 1e6),
      trim_scale((c.new ->> 'long_context_cached_input_price')::numeric * 1e6),
      trim_scale((c.new ->> 'long_context_output_price')::numeric * 1e6))
    when 'end' then c.new ->> 'retires_at'
    when 'successor' then c.new ->> 'successor'
    when 'listing' then c.new ->> 'unavailable_since'
    else c.new::text
  end as is_now,
  c.source
from public.report_model_changes c
where c.created_at > now() - interval '30 days'
order by c.created_at desc, c.model_id, c.kind;

-- (2) Models that wait for approval
-- Models found in a provider's list that read images, the cheapest first. To offer one:
-- update public.models set active = true where id = '…';
select m.id, m.name, m.provider, m.tier, trim_scale(m.input_price * 1e6) as input_usd_per_million,
  trim_scale(m.output_price * 1e6) as output_usd_per_million, m.reasoning, m.created_at
from public.models m
where not m.active and m.supports_vision and m.unavailable_since is null
  and coalesce(m.retires_at > (now() at time zone 'UTC')::date + 60, true)
order by 3 * m.input_price + m.output_price, m.id;

-- (3) Offered models that end or cannot be ordered
-- hindrance says why a report with the model cannot be ordered now. It is null if it can.
select m.id, private.find_hindrance(m) as hindrance, m.retires_at, m.unavailable_since,
  private.find_successor(m.id) as successor
from public.models m
where m.active and m.supports_vision and (not m.orderable or m.retires_at is not null)
order by m.retires_at nulls last, m.id;

-- (4) When each provider's list was last read
select p.name, p.is_configured, p.listed_at, p.tried_at, p.error,
  (select count(*) from public.models m where m.base_url_key = p.name and m.active) as models_offered
from private.providers p
order by p.name;
