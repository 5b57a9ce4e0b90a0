alter table public.benchmark_drafts
  add column strategy text not null default 'full' check (strategy in ('full', 'race'));
comment on column public.benchmark_drafts.strategy is
  'full: every model reads every image. race: in batches of images, and models that fall far behind stop early.';
grant update (strategy) on public.benchmark_drafts to authenticated;

create table private.races (
  report_id uuid primary key references public.reports (id) on delete cascade,
  looks integer[] not null check (cardinality(looks) > 0),
  image_order integer[] not null,
  released_images integer not null,
  held_runs private.counter not null,
  check (released_images between 1 and cardinality(image_order))
);
comment on table private.races is
  'Progress of each paid report that races. Runs of images that are not released yet are queued in benchmark_runs and have no job.';
comment on column private.races.looks is 'Numbers of images after which models may be stopped, ascending.';
comment on column private.races.image_order is
  'Indexes of the images in the order of their release. The order is random, so that images uploaded by kind are mixed, and stored, so that every look sees the same order.';
comment on column private.races.released_images is 'Number of images whose runs have or had jobs: the first of that order.';
comment on column private.races.held_runs is 'Number of runs of the other images that still wait.';
alter table private.races enable row level security;
grant select, insert, update, delete on private.races to service_role;
create policy "Workers do everything" on private.races for all to service_role using (true) with check (true);

create function private.draw_image_order(p_report uuid, p_images integer) returns integer[]
language sql immutable set search_path = '' as $$
  select array_agg(i.index order by md5(p_report || ':' || i.index), i.index)
  from generate_series(0, p_images - 1) as i (index)
$$;
comment on function private.draw_image_order(uuid, integer) is
  'Returns the indexes of a report''s images in an order that a hash of report and image determines.';

create function private.start_race(p_report uuid, p_config json) returns integer[]
language plpgsql volatile set search_path = '' as $$
declare
  v_order integer[] := private.draw_image_order(p_report, json_array_length(p_config -> 'images'));
  v_looks integer[] := array(
    select l.look::integer from json_array_elements_text(coalesce(p_config -> 'looks', '[]')) as l (look) order by 1
  );
begin
  if cardinality(v_looks) = 0 then
    return v_order;
  end if;
  insert into private.races (report_id, looks, image_order, released_images, held_runs)
  values (p_report, v_looks, v_order, v_looks[1],
    (cardinality(v_order) - v_looks[1]) * json_array_length(p_config -> 'models')
      * (p_config ->> 'runs_per_model')::integer);
  return v_order[:v_looks[1]];
end;
$$;
comment on function private.start_race(uuid, json) is
  'Returns the images of a report that are run from the start: all of them, or in a race those before the first look.';

grant execute on function private.draw_image_order, private.start_race to service_role;
