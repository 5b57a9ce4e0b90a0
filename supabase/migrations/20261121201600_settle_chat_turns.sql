create function private.settle_chat_turn() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_log public.chat_telemetry_log;
begin
  select * into v_log from public.chat_telemetry_log where log_id = old.question_id;
  perform private.move_chat_budget(old.asker_id, old.begun_at, -old.reserved_usd, coalesce(v_log.cost_usd, 0),
    case
      -- Without a row, the user was deleted; without a cost, a model lost its price meanwhile.
      when v_log.log_id is null
        or v_log.cost_usd is null and num_nonnulls(v_log.sql_input_tokens, v_log.response_input_tokens) > 0
        then old.reserved_usd
      else v_log.written_off_usd
    end);
  return null;
end;
$$;
comment on function private.settle_chat_turn() is
  'Replaces what a question reserved by what its telemetry row says it cost. Definer, because the deletion of a user closes their turns, too.';
-- Fires at the end of the statement, which has written the telemetry row by then.
create trigger open_chat_turns_settle after delete on private.open_chat_turns
  for each row execute function private.settle_chat_turn();

create view public.report_chat_budgets with (security_invoker = true) as
  select case when b.is_project then 'project_month' else 'user_day' end as scope,
    case when not b.is_project then b.owner_id end as user_id, b.starts_on,
    case when b.is_project then s.usd_per_month else s.usd_per_user_day end as ceiling_usd,
    b.spent_usd, b.written_off_usd, b.reserved_usd
  from (
    select *, owner_id = '00000000-0000-0000-0000-000000000000' as is_project from private.chat_budgets
  ) b
  cross join private.chat_settings s
  where b.starts_on = case when b.is_project then date_trunc('month', now() at time zone 'UTC')::date
    else (now() at time zone 'UTC')::date end
  order by b.is_project desc, b.spent_usd + b.written_off_usd + b.reserved_usd desc, b.owner_id;
comment on view public.report_chat_budgets is
  'USD of the chat against its ceilings: the project in this month and each user today (UTC).';
grant select on public.report_chat_budgets to service_role;
