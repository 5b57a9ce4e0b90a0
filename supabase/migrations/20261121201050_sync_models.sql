create table private.model_changes (
  id bigint generated always as identity primary key,
  model_id text not null,
  provider text not null references private.providers (name),
  kind text not null check (kind in ('added', 'price', 'long_context', 'end', 'successor', 'listing', 'facts')),
  old jsonb,
  new jsonb not null,
  source text not null,
  created_at timestamptz not null default now()
);
comment on table private.model_changes is
  'Changes that models-sync made to models, one row for each model and kind of change.';
comment on column private.model_changes.kind is
  'added (waits for approval), price, long_context (price of long inputs), end (retires_at), successor, listing (its provider added or removed it), facts (all other columns).';
comment on column private.model_changes.old is 'Columns of models before the change; null for a model that was added.';
comment on column private.model_changes.new is 'The same columns after the change. Prices are USD per token.';
create index model_changes_created_at_idx on private.model_changes (created_at);
create index model_changes_model_id_idx on private.model_changes (model_id);
create index model_changes_provider_idx on private.model_changes (provider);
alter table private.model_changes enable row level security;
grant select, insert on private.model_changes to service_role;
create policy "Workers do everything" on private.model_changes for all to service_role using (true) with check (true);

create view public.report_model_changes with (security_invoker = true) as
  select created_at, model_id, provider, kind, old, new, source from private.model_changes;
comment on view public.report_model_changes is 'Changes that models-sync made to the catalogue of models, for the operator.';
grant select on public.report_model_changes to service_role;

create function private.tier_of(p_input_price numeric, p_output_price numeric) returns text
language sql immutable set search_path = '' as $$
  select case when usd < 1 then 'budget' when usd < 4 then 'mid' else 'premium' end
  from (select (3 * p_input_price + p_output_price) / 4 * 1000000 as usd) x
$$;
comment on function private.tier_of(numeric, numeric) is
  'Returns the tier of a model by its prices (USD per token), mixed from three parts of input and one part of output.';

create function private.describe_listing(p_model public.models, p_kind text) returns jsonb
language sql stable set search_path = '' as $$
  select case p_kind
    when 'price' then jsonb_build_object('input_price', p_model.input_price,
      'cached_input_price', p_model.cached_input_price, 'output_price', p_model.output_price)
    when 'long_context' then jsonb_build_object('long_context_above', p_model.long_context_above,
      'long_context_input_price', p_model.long_context_input_price,
      'long_context_cached_input_price', p_model.long_context_cached_input_price,
      'long_context_output_price', p_model.long_context_output_price)
    when 'end' then jsonb_build_object('retires_at', p_model.retires_at)
    when 'successor' then jsonb_build_object('successor', p_model.successor)
    when 'listing' then jsonb_build_object('unavailable_since', p_model.unavailable_since)
    else jsonb_build_object('context_length', p_model.context_length, 'max_output_tokens', p_model.max_output_tokens,
      'input_modalities', p_model.input_modalities, 'supports_structured_output', p_model.supports_structured_output,
      'reasoning', p_model.reasoning, 'reasoning_efforts', p_model.reasoning_efforts)
  end
$$;
comment on function private.describe_listing(public.models, text) is 'Returns the columns of a model that a kind of change concerns.';

create function private.apply_model_list(p_provider text, p_known text[], p_entries jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_before public.models[];
  v_changes jsonb;
begin
  -- One at a time: a checkout may read the list at the same time as models-sync.
  update private.providers set tried_at = now(), listed_at = now(), error = null, is_configured = true
  where name = p_provider;
  v_before := array(select m from public.models m where base_url_key = p_provider);

  update public.models m set
    input_price = coalesce(e.input_price, m.input_price),
    cached_input_price = coalesce(e.cached_input_price, m.cached_input_price),
    output_price = coalesce(e.output_price, m.output_price),
    -- As with ends: an operator's successor stays until a list names another, and a list's goes when the list drops it.
    (long_context_above, long_context_input_price, long_context_cached_input_price, long_context_output_price) = (
      select e.long_context_above, e.long_context_input_price, e.long_context_cached_input_price,
        e.long_context_output_price
      where e.long_context_above is not null
      union all
      select m.long_context_above, m.long_context_input_price, m.long_context_cached_input_price,
        m.long_context_output_price
      where e.long_context_above is null and (e.input_price is null or not exists (
        select from private.model_changes c
        where c.model_id = m.id and c.kind in ('added', 'long_context')
          and c.new @> private.describe_listing(m, 'long_context')
      ))
    ),
    context_length = coalesce(e.context_length, m.context_length),
    max_output_tokens = coalesce(e.max_output_tokens, m.max_output_tokens),
    input_modalities = coalesce(e.input_modalities, m.input_modalities),
    supports_structured_output = coalesce(e.supports_structured_output, m.supports_structured_output),
    reasoning = coalesce(e.reasoning, m.reasoning),
    reasoning_efforts = coalesce(e.reasoning_efforts, m.reasoning_efforts),
    -- A list only removes an end that a list has set, not one that the operator has set.
    retires_at = case
      when e.retires_at is not null then e.retires_at
      when (x.entry ->> 'tells_ends')::boolean and exists (
        select from private.model_changes c
        where c.model_id = m.id and c.kind = 'end' and c.new ->> 'retires_at' = to_jsonb(m.retires_at) #>> '{}'
      ) then null
      else m.retires_at
    end,
    successor = coalesce(nullif(e.successor, m.id), m.successor),
    unavailable_since = null, checked_at = now(), source = e.source
  from jsonb_array_elements(p_entries) as x (entry)
  cross join lateral jsonb_populate_record(null::public.models, x.entry) e
  where m.id = e.id and m.base_url_key = p_provider;

  update public.models m set unavailable_since = now(), checked_at = now()
  where m.base_url_key = p_provider and m.id = any (p_known) and m.unavailable_since is null
    and not exists (select from jsonb_to_recordset(p_entries) as e (id text) where e.id = m.id);

  with added as (
    insert into public.models
      (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, long_context_above,
       long_context_input_price, long_context_cached_input_price, long_context_output_price, context_length,
       max_output_tokens, input_modalities, supports_structured_output, reasoning, reasoning_efforts, active,
       retires_at, successor, source)
    select e.id, e.name, coalesce(x.entry ->> 'vendor', initcap(p_provider)), private.tier_of(e.input_price, e.output_price),
      p_provider, e.input_price, e.output_price, e.cached_input_price, e.long_context_above,
      e.long_context_input_price, e.long_context_cached_input_price, e.long_context_output_price, e.context_length,
      e.max_output_tokens,
      e.input_modalities, coalesce(e.supports_structured_output, false), coalesce(e.reasoning, 'none'),
      coalesce(e.reasoning_efforts, '{}'), false, e.retires_at, nullif(e.successor, e.id), e.source
    from jsonb_array_elements(p_entries) as x (entry)
    cross join lateral jsonb_populate_record(null::public.models, x.entry) e
    where not e.id = any (p_known)
    on conflict (id) do nothing
    returning models.*
  )
  insert into private.model_changes (model_id, provider, kind, new, source)
  select id, p_provider, 'added',
    jsonb_build_object('name', name, 'tier', tier) || private.describe_listing(added::public.models, 'price')
      || private.describe_listing(added::public.models, 'long_context'), source
  from added;

  update public.models m set successor = private.find_successor(m.id)
  where m.base_url_key = p_provider and m.successor is null
    and (m.retires_at is not null or m.unavailable_since is not null) and private.find_successor(m.id) is not null;

  insert into private.model_changes (model_id, provider, kind, old, new, source)
  select m.id, p_provider, k.kind, private.describe_listing(b, k.kind), private.describe_listing(m, k.kind), m.source
  from unnest(v_before) b
  join public.models m on m.id = b.id
  cross join (values ('price'), ('long_context'), ('end'), ('successor'), ('listing'), ('facts')) k (kind)
  where private.describe_listing(b, k.kind) <> private.describe_listing(m, k.kind);

  select coalesce(jsonb_object_agg(kind, n), '{}') into v_changes
  from (
    select kind, count(*) as n from private.model_changes
    where provider = p_provider and created_at = now() group by kind
  ) x;
  return v_changes;
end;
$$;
comment on function private.apply_model_list(text, text[], jsonb) is
  'Applies a provider''s list (see ListEntry in match_models.ts) to models in one transaction: prices, ends, facts. Models of p_known that it lacks become unavailable, new models are added as inactive, and models that end get a successor. Returns the number of logged changes of each kind.';

create function private.note_provider(p_provider text, p_is_configured boolean, p_error text) returns void
language sql volatile set search_path = '' as $$
  update private.providers set tried_at = now(), error = p_error, is_configured = p_is_configured
  where name = p_provider
$$;
comment on function private.note_provider(text, boolean, text) is
  'Records that a provider has no key here, or the error of reading its list.';

create function private.request_models_sync() returns bigint
language sql volatile set search_path = '' as $$
  select private.invoke_function('models-sync')
  where exists (
    select from private.providers
    where tried_at is null or tried_at < now() - case when error is null then interval '1 day' else interval '1 hour' end
  )
$$;
comment on function private.request_models_sync() is
  'Calls models-sync if a provider''s list is a day old, or an hour after it could not be read.';
grant execute on function private.tier_of, private.describe_listing, private.apply_model_list, private.note_provider,
  private.request_models_sync to service_role;
select cron.schedule('models-sync', '* * * * *', 'select private.request_models_sync()');
