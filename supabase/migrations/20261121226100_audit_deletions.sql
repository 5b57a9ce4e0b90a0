create function private.log_deletions() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Retention, workers and the deletion of a user delete rows without claims.
  if nullif(current_setting('request.jwt.claims', true), '')::jsonb ?| '{sub,key_id}' then
    perform private.write_audit(o.owner_id, tg_table_name || '.deleted', o.id::text) from old_rows o;
  end if;
  return null;
end;
$$;
comment on function private.log_deletions() is
  'Logs what a user or a key has deleted, without its content. Definer, because nobody may write the log otherwise.';
grant execute on function private.log_deletions to service_role;

do $$
declare relation text;
begin
  foreach relation in array array[
    'benchmark_drafts', 'reports', 'prompts', 'datasets', 'runs', 'test_runs', 'issues', 'known_failures', 'chat_conversations'
  ] loop
    execute format('create trigger %I after delete on public.%I referencing old table as old_rows
      for each statement execute function private.log_deletions()', relation || '_log_deleted', relation);
  end loop;
end;
$$;
