-- Every pair of statuses: allowed transitions of a report pass, and all others are refused.
begin;
select plan(67);

insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000a', 'ada@example.com');

create function pg_temp.move(p_from text, p_to text) returns boolean language plpgsql as $$
declare v_id uuid;
begin
  insert into public.reports (owner_id, config_hash, estimated_api_cost, model_count)
  values ('00000000-0000-4000-8000-00000000000a', p_from || p_to, 0, 1) returning id into v_id;
  -- Only the move that is looked at goes through the trigger.
  alter table public.reports disable trigger reports_check_status;
  update public.reports set status = p_from where id = v_id;
  alter table public.reports enable trigger reports_check_status;
  update public.reports set status = p_to where id = v_id;
  return true;
exception when check_violation then
  return false;
end;
$$;

with statuses (status) as (
  values ('draft'), ('awaiting_payment'), ('paid'), ('running'), ('complete'), ('failed'), ('refunded'), ('expired')
),
arrows (a, b) as (
  values ('draft', 'awaiting_payment'), ('draft', 'expired'), ('awaiting_payment', 'paid'),
    ('awaiting_payment', 'expired'), ('expired', 'paid'), ('paid', 'running'), ('paid', 'failed'),
    ('paid', 'refunded'), ('running', 'complete'), ('running', 'failed'), ('running', 'refunded'),
    ('complete', 'refunded'), ('failed', 'refunded'), ('failed', 'running')
)
select is(
  pg_temp.move(f.status, t.status),
  f.status = t.status or (f.status, t.status) in (select a, b from arrows),
  f.status || ' to ' || t.status
)
from statuses f cross join statuses t;

select throws_ok($$
  insert into public.reports (owner_id, status, config_hash, estimated_api_cost, model_count)
  values ('00000000-0000-4000-8000-00000000000a', 'complete', 'x', 0, 1)
$$, '23514', null, 'a report cannot be inserted as complete');
insert into public.report_orders (report_id, owner_id, config_snapshot)
select id, owner_id, '{}' from public.reports limit 1;
select throws_ok($$update public.report_orders set config_snapshot = '{"prompt": "other"}'$$, '23514', null,
  'a paid order cannot be changed');
select throws_ok($$update public.reports set share_token = 'c0ffee'$$, '23514', null, 'a short share token is refused');

select * from finish();
rollback;
