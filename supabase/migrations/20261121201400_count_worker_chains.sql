-- A lease is deleted as its worker ends: without a count nobody could say how long chains become.
create table private.worker_chains (
  id bigint generated always as identity primary key,
  function_name text not null,
  group_id uuid,
  worker_id uuid not null unique,
  invocations integer not null default 1 check (invocations > 0),
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);
comment on table private.worker_chains is
  'Worker invocations that followed one another, of the last 30 days: each invoked by the one before, or by the sweep where that one had died.';
comment on column private.worker_chains.group_id is 'The report the chain serves; null where it serves any.';
comment on column private.worker_chains.worker_id is 'The invocation that came last.';
create index worker_chains_last_seen_at_idx on private.worker_chains (last_seen_at);

alter table private.worker_chains enable row level security;
grant select, insert, update, delete on private.worker_chains to service_role;
create policy "Workers do everything" on private.worker_chains for all to service_role using (true) with check (true);

create function private.count_worker() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    update private.worker_chains set last_seen_at = least(now(), old.expires_at) where worker_id = old.id;
    return null;
  end if;
  -- What a dead worker left behind is taken up within a minute: after two, nobody had work for the chain.
  update private.worker_chains
  set invocations = invocations + 1, worker_id = new.id, last_seen_at = now()
  where id = (
    select c.id from private.worker_chains c
    where c.function_name = new.function_name and c.group_id is not distinct from new.group_id
      and coalesce((select w.expires_at from private.worker_leases w where w.id = c.worker_id), c.last_seen_at)
        > now() - interval '2 minutes'
    order by c.last_seen_at desc
    limit 1
  );
  if not found then
    insert into private.worker_chains (function_name, group_id, worker_id)
    values (new.function_name, new.group_id, new.id);
    delete from private.worker_chains where last_seen_at < now() - interval '30 days';
  end if;
  return null;
end;
$$;
comment on function private.count_worker() is 'Adds an invocation to its chain, and notes when it was last alive.';
create trigger worker_leases_count after insert or delete on private.worker_leases
  for each row execute function private.count_worker();
