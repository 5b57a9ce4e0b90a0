-- Upkeep of the catalogue of models.
begin;
select plan(24);

-- USD of one model call at the price of that moment.
create function pg_temp.token_cost(p_model text, p_at timestamptz, p_input bigint, p_cached bigint, p_output bigint)
returns numeric language sql as $$
  select private.price_tokens(private.find_price(p_model, p_at), p_input, p_cached, p_output)
$$;

select has_column('public', 'models', 'orderable', 'models has the column orderable');
select is((select count(*) from public.models m where orderable is distinct from (private.find_hindrance(m) is null)),
  0::bigint, 'a model is orderable exactly if it has no hindrance');

insert into public.models (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length)
select 'test/' || n, n, 'Test', 'budget', 'openrouter', price, price, price, 1000
from (values ('a', 0.000001), ('b', 0.000002), ('c', 0.00001)) m (n, price);
select ok((select orderable from public.models where id = 'test/a'), 'a new model can be ordered at once');

-- Hindrances
update public.models set retires_at = (now() at time zone 'UTC')::date + 3 where id = 'test/a';
select ok((select orderable from public.models where id = 'test/a'), 'a model with three days left can be ordered');
update public.models set retires_at = (now() at time zone 'UTC')::date + 2 where id = 'test/a';
select is((select private.find_hindrance(m) from public.models m where id = 'test/a'), 'ending',
  'a model that may end before its report is complete cannot be ordered');
select is(private.find_successor('test/a'), 'test/b', 'the successor is the maker''s model with the nearest price');
update public.models set successor = 'test/c' where id = 'test/a';
select is(private.find_successor('test/a'), 'test/c', 'a named successor comes first');
update public.models set active = false, successor = 'test/a' where id = 'test/c';
select is(private.find_successor('test/a'), 'test/b', 'two models that name each other lead to a third');
update private.providers set is_configured = false where name = 'openrouter';
select is((select array[orderable::text, private.find_hindrance(m)] from public.models m where id = 'test/b'),
  array['false', 'no_key'], 'a model whose provider has no key cannot be ordered');
update private.providers set is_configured = true where name = 'openrouter';
select ok((select orderable from public.models where id = 'test/b'),
  'a model can be ordered again once its provider has a key');

-- Lists
select is(private.apply_model_list('openrouter', array['test/a', 'test/b'],
  '[{"id": "test/a", "input_price": "0.000005", "tells_ends": true, "source": "test"}]'),
  '{"price": 1, "listing": 1, "successor": 1}'::jsonb, 'a list changes prices and marks the models that it lacks');
select isnt((select retires_at from public.models where id = 'test/a'), null,
  'a list does not remove an end that the operator set');
select is((select orderable from public.models where id = 'test/b'), false,
  'a model that its list lacks cannot be ordered');
select is(pg_temp.token_cost('test/a', 'infinity', 1000000, 0, 0), 5::numeric, 'the history has the new price');
select lives_ok($$
  select private.apply_model_list('openrouter', '{test/b}',
    '[{"id": "test/b", "tells_ends": true, "retires_at": "2099-01-01", "source": "test"}]')
$$, 'a list may set an end');
select is(private.apply_model_list('openrouter', '{test/b}', '[{"id": "test/b", "tells_ends": true, "source": "test"}]') - 'listing'
  - 'successor' - 'price', '{"end": 2}'::jsonb, 'a list may remove an end that a list set');
select private.apply_model_list('openrouter', '{test/b}', '[{"id": "test/b", "input_price": "0.000002", "tells_ends": true,
  "long_context_above": 1000, "long_context_input_price": "0.000004", "long_context_cached_input_price": "0.000003",
  "long_context_output_price": "0.000005", "source": "test"}]');
select is(pg_temp.token_cost('test/b', 'infinity', 1001, 1000, 100), 0.003504,
  'prices of long inputs from a list are in the history');
select is(pg_temp.token_cost('test/b', 'infinity', 1000, 0, 100), 0.0022,
  'prices of long inputs hold only above their threshold');
select is(private.apply_model_list('openrouter', '{test/b}',
    '[{"id": "test/b", "input_price": "0.000002", "tells_ends": true, "source": "test"}]') ->> 'long_context', '2',
  'a list without prices of long inputs removes those of a list');
update public.models set long_context_above = 1000, long_context_input_price = 0.000004,
  long_context_cached_input_price = 0.000003, long_context_output_price = 0.000006 where id = 'test/b';
select private.apply_model_list('openrouter', '{test/b}',
  '[{"id": "test/b", "input_price": "0.0000025", "tells_ends": true, "source": "test"}]');
select is((select long_context_output_price from public.models where id = 'test/b'), 0.000006,
  'prices of long inputs that the operator set stay');
select throws_ok($$update public.models set long_context_above = null where id = 'test/b'$$, '23514', null,
  'the columns of long inputs are set together or not at all');
select is((select array_agg(base_url_key) from public.models where id like 'test/%' and unavailable_since is not null),
  null, 'models outside p_known stay as they are');

-- Rights
set local role authenticated;
select throws_ok('select * from private.providers', '42501', null, 'customers cannot read private.providers');
select throws_ok('select * from public.report_model_changes', '42501', null,
  'customers cannot read report_model_changes');
reset role;

select * from finish();
rollback;
