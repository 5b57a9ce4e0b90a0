create table private.chat_settings (
  singleton boolean primary key default true check (singleton),
  usd_per_user_day numeric default 2 check (usd_per_user_day >= 0),
  usd_per_month numeric default 100 check (usd_per_month >= 0),
  telemetry_retention_days integer default 90 check (telemetry_retention_days > 0)
);
comment on table private.chat_settings is 'Settings of the chat, in one row. A change applies to the next question.';
comment on column private.chat_settings.usd_per_user_day is
  'Most USD that the questions of one user may cost in a day (UTC); null for no ceiling.';
comment on column private.chat_settings.usd_per_month is
  'Most USD that all questions may cost in a month (UTC); null for no ceiling.';
comment on column private.chat_settings.telemetry_retention_days is
  'Days after which the texts of chat_telemetry_log are emptied; null to keep them as long as their conversation.';
insert into private.chat_settings default values;

create table private.chat_budgets (
  owner_id uuid not null,
  starts_on date not null,
  reserved_usd numeric not null default 0,
  spent_usd numeric not null default 0,
  written_off_usd numeric not null default 0,
  primary key (owner_id, starts_on)
);
comment on table private.chat_budgets is
  'What questions cost: a row for each month of the project, and one for each day of a user. What was spent stays on the books when a conversation or a user is deleted.';
comment on column private.chat_budgets.owner_id is 'The user, by the id of their personal account, or the account whose key asked; the zero id stands for the project.';
comment on column private.chat_budgets.starts_on is 'First day of the period (UTC).';
comment on column private.chat_budgets.reserved_usd is 'Upper bounds of the questions that are being answered.';
comment on column private.chat_budgets.spent_usd is 'Cost of the tokens that providers counted.';
comment on column private.chat_budgets.written_off_usd is
  'Upper bounds of calls whose tokens nobody counted: they may have been charged, so they count against the ceilings.';

do $$
declare relation text;
begin
  foreach relation in array array['chat_settings', 'chat_budgets'] loop
    execute format('alter table private.%I enable row level security', relation);
    execute format('grant select, insert, update, delete on private.%I to service_role', relation);
    execute format('create policy "Workers do everything" on private.%I for all to service_role using (true) with check (true)',
      relation);
  end loop;
end;
$$;

create function private.move_chat_budget(
  p_owner uuid, p_at timestamptz, p_reserved_usd numeric, p_spent_usd numeric default 0,
  p_written_off_usd numeric default 0
) returns setof private.chat_budgets
language sql volatile set search_path = '' as $$
  insert into private.chat_budgets as b (owner_id, starts_on, reserved_usd, spent_usd, written_off_usd)
  select p.owner_id, p.starts_on, p_reserved_usd, p_spent_usd, p_written_off_usd
  -- The month first: only who holds its lock changes one of its days, so that no two can wait for each other.
  from (values
    (1, '00000000-0000-0000-0000-000000000000'::uuid, date_trunc('month', p_at at time zone 'UTC')::date),
    (2, p_owner, (p_at at time zone 'UTC')::date)
  ) as p (place, owner_id, starts_on)
  order by p.place
  on conflict (owner_id, starts_on) do update
  set reserved_usd = b.reserved_usd + excluded.reserved_usd, spent_usd = b.spent_usd + excluded.spent_usd,
    written_off_usd = b.written_off_usd + excluded.written_off_usd
  returning b.*
$$;
comment on function private.move_chat_budget(uuid, timestamptz, numeric, numeric, numeric) is
  'Adds USD to the project''s month and the user''s day, and returns both rows.';

create function private.reserve_chat_budget(p_owner uuid, p_at timestamptz, p_bound_usd numeric) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_settings private.chat_settings;
  v_refusal jsonb;
begin
  select * into strict v_settings from private.chat_settings;
  if p_bound_usd is null and num_nonnulls(v_settings.usd_per_user_day, v_settings.usd_per_month) > 0 then
    return '{"scope": "unpriced"}';
  end if;
  select jsonb_build_object('scope', p.scope, 'ceiling_usd', p.ceiling_usd, 'used_usd', p.used_usd,
    'bound_usd', p_bound_usd, 'resets_at', p.resets_at, 'retry_after_seconds',
    -- What questions under way hold is free again within seconds.
    case when p.used_usd + p_bound_usd <= p.ceiling_usd then 10
      else ceil(extract(epoch from p.resets_at - p_at))::integer end)
  into v_refusal
  from private.move_chat_budget(p_owner, p_at, coalesce(p_bound_usd, 0)) b
  cross join lateral (
    select case when b.owner_id = p_owner then 'user_day' else 'project_month' end as scope,
      case when b.owner_id = p_owner then v_settings.usd_per_user_day else v_settings.usd_per_month end as ceiling_usd,
      (b.starts_on + case when b.owner_id = p_owner then interval '1 day' else interval '1 month' end)
        at time zone 'UTC' as resets_at,
      b.spent_usd + b.written_off_usd as used_usd
  ) p
  where p.used_usd + b.reserved_usd > p.ceiling_usd
  order by p.resets_at desc
  limit 1;
  if v_refusal is not null then
    perform private.move_chat_budget(p_owner, p_at, -p_bound_usd);
  end if;
  return v_refusal;
end;
$$;
comment on function private.reserve_chat_budget(uuid, timestamptz, numeric) is
  'Reserves the most that a question can cost, and returns null. If that does not fit under a ceiling, reserves nothing and returns {scope: user_day|project_month, ceiling_usd, used_usd, bound_usd, resets_at, retry_after_seconds}. p_bound_usd is null if a model has no price; while there is a ceiling, such a question is refused with {scope: unpriced}.';
grant execute on function private.move_chat_budget, private.reserve_chat_budget to service_role;
