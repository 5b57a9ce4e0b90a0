create table private.call_cache (
  owner_id uuid not null references public.accounts (id) on delete cascade,
  key text not null check (key ~ '^[0-9a-f]{64}$'),
  repeat private.counter not null,
  output_text text not null,
  latency_ms private.counter,
  tokens_in private.counter,
  tokens_out private.counter,
  tokens_cached private.counter,
  created_at timestamptz not null default now(),
  primary key (owner_id, key, repeat)
);
comment on table private.call_cache is
  'Answers of runs that asked for it, of the last 30 days, for identical calls of the same owner. Never anybody else''s, and a repeat only stands for the same repeat.';
comment on column private.call_cache.key is 'SHA-256, in hexadecimal, of provider, model, parameters and rendered prompt.';
create index call_cache_created_at_idx on private.call_cache (created_at);
alter table private.call_cache enable row level security;
grant select, insert, update, delete on private.call_cache to service_role;
create policy "Workers do everything" on private.call_cache for all to service_role using (true) with check (true);
select cron.schedule('purge-call-cache', '23 3 * * *',
  $$delete from private.call_cache where created_at < now() - interval '30 days'$$);

create function public.lookup_cached_answers(p_run uuid, p_calls jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('key', k.key, 'repeat', k.repeat, 'output_text', k.output_text,
    'latency_ms', k.latency_ms, 'tokens_in', k.tokens_in, 'tokens_out', k.tokens_out, 'tokens_cached', k.tokens_cached)), '[]')
  from public.runs r
  cross join jsonb_to_recordset(p_calls) as x (key text, repeat integer)
  join private.call_cache k on k.owner_id = r.owner_id and k.key = x.key and k.repeat = x.repeat
  where r.id = p_run and r.use_cache
$$;
comment on function public.lookup_cached_answers(uuid, jsonb) is
  'The answers that the owner of this run has got before to calls [{key, repeat}], as far as there are any: [{key, repeat, output_text, latency_ms, tokens_in, tokens_out, tokens_cached}]. Empty for a run that did not ask for the cache. key: SHA-256 in hexadecimal of provider, model, parameters and rendered prompt.';
grant execute on function public.lookup_cached_answers to service_role;
