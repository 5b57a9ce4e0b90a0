create function private.log_lost_chat_turns(p_after interval default '10 minutes') returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_lost integer;
begin
  with lost as (
    delete from private.open_chat_turns where begun_at < now() - p_after returning *
  )
  insert into public.chat_telemetry_log
    (log_id, user_id, conversation_id, created_at, user_question, error_type, error_message, written_off_usd)
  select t.question_id, t.asker_id, t.conversation_id, t.begun_at, coalesce(m.content, ''),
    'unexpected', 'The function ended before its answer did.', t.reserved_usd
  from lost t
  left join public.chat_messages m on m.id = t.question_id
  on conflict (log_id) do nothing;
  get diagnostics v_lost = row_count;
  return v_lost;
end;
$$;
comment on function private.log_lost_chat_turns(interval) is
  'Writes a telemetry row for every question whose function was killed, and returns their number. What the question may have cost is written off. No isolate lives as long as p_after. The step is unknown, so failed_step is null.';
grant execute on function private.log_lost_chat_turns to service_role;
select cron.schedule('log-lost-chat-turns', '* * * * *', 'select private.log_lost_chat_turns()');
