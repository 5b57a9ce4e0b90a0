create function private.empty_chat_telemetry() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.user_question := '';
  new.ai_response := null;
  new.generated_sql := null;
  new.follow_up_suggestions := null;
  new.error_message := null;
  new.response_id := null;
  return new;
end;
$$;
comment on function private.empty_chat_telemetry() is
  'Empties the texts of a row whose texts_deleted_at is set. Costs, times and hashes stay, so no report changes.';
-- Its name sorts after chat_telemetry_log_complete, which computes the hash of the SQL before that goes.
create trigger chat_telemetry_log_empty before insert or update of texts_deleted_at on public.chat_telemetry_log
  for each row when (new.texts_deleted_at is not null) execute function private.empty_chat_telemetry();

create function private.forget_chat_conversation() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.chat_telemetry_log set texts_deleted_at = now()
  where conversation_id = old.id and texts_deleted_at is null;
  return old;
end;
$$;
comment on function private.forget_chat_conversation() is
  'Empties the telemetry of a conversation that is deleted. Definer, because its owner has no right to telemetry.';
create trigger chat_conversations_forget before delete on public.chat_conversations
  for each row execute function private.forget_chat_conversation();

create index chat_telemetry_log_texts_idx on public.chat_telemetry_log (created_at) where texts_deleted_at is null;

create function private.expire_chat_texts(p_limit integer default 20000) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_expired integer;
begin
  update public.chat_telemetry_log l set texts_deleted_at = now()
  where l.log_id = any (array(
    select x.log_id from public.chat_telemetry_log x
    cross join private.chat_settings s
    where x.texts_deleted_at is null and x.created_at < now() - s.telemetry_retention_days * interval '1 day'
    order by x.created_at
    limit p_limit
  ));
  get diagnostics v_expired = row_count;
  -- A ceiling of a day looks at that day alone, and the costs by user and day are in the log.
  delete from private.chat_budgets
  where owner_id <> '00000000-0000-0000-0000-000000000000' and starts_on < (now() at time zone 'UTC')::date - 31
    and reserved_usd = 0;
  return v_expired;
end;
$$;
comment on function private.expire_chat_texts(integer) is
  'Empties the texts of telemetry that is older than chat_settings.telemetry_retention_days, p_limit rows at most, and deletes budgets of users'' days over a month old. Runs once an hour. Returns the number of rows emptied.';
grant execute on function private.expire_chat_texts to service_role;
select cron.schedule('expire-chat-texts', '23 * * * *', 'select private.expire_chat_texts()');
