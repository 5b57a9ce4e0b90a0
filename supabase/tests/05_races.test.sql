-- Races: images that have jobs, the effect of a look, and the end of runs without jobs.
begin;
select plan(27);

select col_default_is('public', 'benchmark_drafts', 'strategy', 'full', 'a draft''s default strategy is the full run');
select throws_ok($$insert into public.benchmark_drafts (owner_id, strategy) values (gen_random_uuid(), 'sprint')$$,
  '23514', null, 'other strategies are refused');
select fk_ok('private', 'races', 'report_id', 'public', 'reports', 'id');
select results_eq($$select function_name from private.job_kinds where kind = 'race_look'$$, array['benchmark-worker'],
  'the benchmark worker looks at races');

insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000a', 'ada@example.com');
create temporary table orders (name text primary key, report uuid);
create function pg_temp.order_race(p_name text, p_looks jsonb, p_config jsonb default '{}') returns void language plpgsql as $$
declare
  v_report uuid;
begin
  v_report := (public.open_report('00000000-0000-4000-8000-00000000000a', null, (jsonb_build_object(
    'images', (select jsonb_agg('{}'::jsonb) from generate_series(1, 20)), 'runs_per_model', 2, 'looks', p_looks,
    'models', (select jsonb_agg(jsonb_build_object('id', 'm/' || m, 'base_url_key', 'openrouter',
      'estimated_cost', 0.01, 'reserved_cost', 0.01)) from generate_series(1, 3) m)
  ) || p_config)::json, p_name, 0.1, 1900, 'usd', false) ->> 'report_id')::uuid;
  perform public.await_payment(v_report, 'cs_' || p_name, 'https://pay.example');
  perform public.apply_stripe_event('evt_' || p_name, 'checkout.session.completed', now(), v_report, 'cs_' || p_name,
    'pi_' || p_name, true, '{"livemode": false, "data": {"object": {"amount_total": 1900, "currency": "usd"}}}');
  insert into orders values (p_name, v_report);
end;
$$;
create function pg_temp.report_of(p_name text) returns uuid language sql as $$
  select report from orders where name = p_name
$$;

select pg_temp.order_race('full', '[]');
select pg_temp.order_race('race', '[8, 12]', '{"accuracy_margin": 11}');
select is((select count(*) from private.job_queue where group_id = pg_temp.report_of('full')), 120::bigint,
  'a full run has all its jobs from the start');
select is_empty($$select * from private.races where report_id = pg_temp.report_of('full')$$,
  'a full run has no row in races');
select is((select count(*) from public.benchmark_runs where report_id = pg_temp.report_of('race')), 120::bigint,
  'a race has all its runs from the start');
create function pg_temp.images_at_work(p_name text) returns integer[] language sql as $$
  select array(
    select distinct (q.payload ->> 'image_index')::integer from private.job_queue q
    where q.group_id = pg_temp.report_of(p_name) order by 1
  )
$$;
create function pg_temp.images_in_order(p_name text, p_from integer, p_to integer) returns integer[] language sql as $$
  select array(
    select unnest(c.image_order[p_from:p_to]) from private.races c where c.report_id = pg_temp.report_of(p_name) order by 1
  )
$$;
select is((select count(*) from private.job_queue where group_id = pg_temp.report_of('race')), 48::bigint,
  'a race has jobs only for the images before the first look');
select is(pg_temp.images_at_work('race'), pg_temp.images_in_order('race', 1, 8),
  'those are the first eight images of its order');
select results_eq($$
  select released_images, held_runs::integer from private.races where report_id = pg_temp.report_of('race')
$$, $$values (8, 72)$$, 'the others are held back');
select is((select image_order from private.races where report_id = pg_temp.report_of('race')),
  private.draw_image_order(pg_temp.report_of('race'), 20), 'the order of a report''s images is the same at every draw');

-- Of reports with these ids, and 20 images of which the first ten are of one kind.
create temporary view drawn as
select d.report, private.draw_image_order(d.report, 20) as image_order
from generate_series(1, 500) as i (n)
cross join lateral (select ('00000000-0000-4000-8000-' || lpad(i.n::text, 12, '0'))::uuid as report) d;
select is_empty($$
  select * from drawn where array(select unnest(image_order) order by 1) <> array(select generate_series(0, 19))
$$, 'every order holds every image once');
select ok((
  select count(*) filter (where kinds between 1 and 7) >= 495 and abs(avg(kinds) - 4) < 0.2
  from (select (select count(*) from unnest(image_order[:8]) as o (index) where o.index < 10) as kinds from drawn) x
), 'the first batch mixes images that were uploaded by kind');

-- Ends a batch as if all of its runs had completed.
create function pg_temp.end_batch(p_name text) returns void language plpgsql as $$
begin
  update public.benchmark_runs r set status = 'complete', field_accuracy = 50
  from private.job_queue q
  where q.group_id = pg_temp.report_of(p_name) and r.id = (q.payload ->> 'run_id')::uuid;
  delete from private.job_queue where group_id = pg_temp.report_of(p_name);
  update private.job_groups set waiting = 0, open_jobs = 0 where id = pg_temp.report_of(p_name);
  perform private.end_groups(array[pg_temp.report_of(p_name)]);
end;
$$;
select pg_temp.end_batch('race');
select results_eq($$select kind from private.job_queue where payload ->> 'report_id' = pg_temp.report_of('race')::text
  and kind <> 'report_email'$$,
  array['race_look'], 'the end of a batch queues a look');
select is(jsonb_path_query_array(public.load_race(pg_temp.report_of('race')), '$.models[*].model_id'),
  '["m/1", "m/2", "m/3"]', 'a look loads the scores of all models that still run');
select is(public.load_race(pg_temp.report_of('race')) -> 'accuracy_margin', '11',
  'a look loads the margin of the order');
select private.end_groups(array[pg_temp.report_of('race')]);
select is((select count(*) from private.job_queue where kind = 'race_look'), 1::bigint,
  'the end of a batch queues one look');
delete from private.job_queue where kind = 'race_look';
select private.release_images(pg_temp.report_of('race'), array['m/2']);
select results_eq($$
  select q.lane, count(*)::integer
  from private.job_queue q where q.group_id = pg_temp.report_of('race') group by q.lane order by q.lane
$$, $$values ('m/1', 8), ('m/3', 8)$$, 'after a look the other models run up to the next one');
select is(pg_temp.images_at_work('race'), pg_temp.images_in_order('race', 9, 12),
  'they run on the next four images of the order');
select results_eq($$
  select status::text, skip_reason, count(*)::integer from public.benchmark_runs
  where report_id = pg_temp.report_of('race') and model_id = 'm/2' group by 1, 2 order by 1
$$, $$values ('complete', null, 16), ('skipped', 'race', 24)$$, 'the rest of a stopped model is skipped');

select pg_temp.end_batch('race');
delete from private.job_queue where kind = 'race_look';
select private.release_images(pg_temp.report_of('race'), array['m/3']);
select results_eq($$
  select skip_reason, count(*)::integer from public.benchmark_runs
  where report_id = pg_temp.report_of('race') and status = 'skipped' group by 1 order by 1
$$, $$values ('race', 40), ('race_won', 16)$$, 'the last model left has won and its rest is skipped');
select results_eq($$select kind from private.job_queue where payload ->> 'report_id' = pg_temp.report_of('race')::text
  and kind <> 'report_email'$$,
  array['report_finalization'], 'a won race queues the report''s finalization');

-- Looks that are given up, and refunds
select pg_temp.order_race('dead', '[8]');
select is(public.load_race(pg_temp.report_of('dead')) -> 'accuracy_margin', '0',
  'the margin is 0 if the order has none');
select pg_temp.end_batch('dead');
update private.job_queue set dead_at = now(), last_error = 'lost' where kind = 'race_look';
select private.record_dead_jobs(array(select id from private.job_queue where kind = 'race_look'));
select is((select count(*) from private.job_queue where group_id = pg_temp.report_of('dead')), 72::bigint,
  'after a look that is given up every model continues');
select pg_temp.order_race('refunded', '[8]');
update public.reports set status = 'refunded' where id = pg_temp.report_of('refunded');
select results_eq($$
  select skip_reason, count(*)::integer from public.benchmark_runs
  where report_id = pg_temp.report_of('refunded') and status = 'skipped' group by 1
$$, $$values ('refunded', 72)$$, 'a refund also skips the runs without jobs');
select private.release_images(pg_temp.report_of('refunded'), '{}');
select is((select count(*) from private.job_queue where group_id = pg_temp.report_of('refunded')), 48::bigint,
  'a look after a refund releases nothing');
select throws_ok($$
  set local role authenticated;
  select public.advance_race(gen_random_uuid(), 1, 1, '{}')
$$, '42501', null, 'customers stop no models');

select * from finish();
rollback;
