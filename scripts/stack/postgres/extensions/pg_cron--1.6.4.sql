-- The SQL interface of pg_cron 1.6. scripts/stack/pg_cron_worker.ts runs the jobs. A NOTIFY informs it of
-- every change of cron.job.

create schema if not exists cron;

create sequence cron.jobid_seq;
create sequence cron.runid_seq;

create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default current_setting('port')::int,
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);

create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

alter table cron.job enable row level security;
create policy cron_job_policy on cron.job
  using (username = current_user)
  with check (username = current_user);

alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details
  using (username = current_user)
  with check (username = current_user);

create function cron._announce_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('pg_cron_change', '');
  return null;
end
$$;

create trigger announce_change
after insert or update or delete or truncate on cron.job
for each statement execute function cron._announce_change();

-- One of the five fields of a schedule: a list of "*", numbers, names or ranges, each with an optional step.
create function cron._is_field(field text, lowest int, highest int, names text) returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(bool_and(
    element ~* format('^(\*|(\d{1,2}|%1$s)(-(\d{1,2}|%1$s))?)(/[1-9]\d*)?$', names)
    and not exists (
      select from regexp_matches(split_part(element, '/', 1), '\d+', 'g') as numbers
      where numbers[1]::int not between lowest and highest
    )
  ), false)
  from string_to_table(field, ',') as element
$$;

-- Accepts what pg_cron accepts: five fields, '<1-59> seconds' or an @-name.
create function cron._check_schedule(schedule text) returns void
language plpgsql immutable
set search_path = ''
as $$
declare
  fields text[] := regexp_split_to_array(btrim(schedule, E' \t'), '[ \t]+');
begin
  if schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$'
    or schedule ~* '^\s*@(yearly|annually|monthly|weekly|daily|midnight|hourly)\s*$'
    or cardinality(fields) = 5
    and cron._is_field(fields[1], 0, 59, '\d{1,2}')
    and cron._is_field(fields[2], 0, 23, '\d{1,2}')
    and cron._is_field(fields[3], 1, 31, '\$')
    and cron._is_field(
      fields[4], 1, 12, 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'
    )
    and cron._is_field(fields[5], 0, 7, 'sun|mon|tue|wed|thu|fri|sat')
  then
    return;
  end if;
  raise exception 'invalid schedule: %', schedule
    using hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end
$$;

-- Security definer, like pg_cron's C functions, so that the tables need no grants for writing. The caller
-- passes its current role.
create function cron._put_job(
  job_name text, schedule text, command text, caller text
) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  put_id bigint;
begin
  perform cron._check_schedule(schedule);
  insert into cron.job (schedule, command, username, jobname)
  values (_put_job.schedule, _put_job.command, caller, job_name)
  on conflict on constraint jobname_username_uniq do update
    set schedule = excluded.schedule, command = excluded.command
  returning jobid into put_id;
  return put_id;
end
$$;

create function cron._remove_job(job_id bigint, job_name text, caller text) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from cron.job
  where username = caller and (jobid = job_id or jobname = job_name);
  if not found then
    raise exception 'could not find valid entry for job %', coalesce(quote_literal(job_name), job_id::text);
  end if;
  return true;
end
$$;

create function cron.schedule(schedule text, command text) returns bigint
language sql
set search_path = ''
as $$ select cron._put_job(null, schedule, command, current_user::text) $$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language sql
set search_path = ''
as $$ select cron._put_job(job_name, schedule, command, current_user::text) $$;

create function cron.unschedule(job_id bigint) returns boolean
language sql
set search_path = ''
as $$ select cron._remove_job(job_id, null, current_user::text) $$;

create function cron.unschedule(job_name text) returns boolean
language sql
set search_path = ''
as $$ select cron._remove_job(null, job_name, current_user::text) $$;

create function cron._alter_job(
  job_id bigint, schedule text, command text, active boolean, caller text
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if schedule is not null then
    perform cron._check_schedule(schedule);
  end if;
  update cron.job as job
  set
    schedule = coalesce(_alter_job.schedule, job.schedule),
    command = coalesce(_alter_job.command, job.command),
    active = coalesce(_alter_job.active, job.active)
  where job.jobid = job_id and job.username = caller;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id;
  end if;
end
$$;

-- Accepts only the job's current database and user, because the stack has one of each.
create function cron.alter_job(
  job_id bigint,
  schedule text default null,
  command text default null,
  database text default null,
  username text default null,
  active boolean default null
) returns void
language plpgsql
set search_path = ''
as $$
begin
  if coalesce(username, current_user::text) <> current_user::text then
    raise exception 'must be superuser to alter username';
  end if;
  if coalesce(database, current_database()) <> current_database() then
    raise exception 'the local stack runs jobs in % alone', current_database();
  end if;
  perform cron._alter_job(job_id, schedule, command, active, current_user::text);
end
$$;

-- Grants of hosted Supabase: the owner reads the jobs and calls the functions that write them.
revoke all on all functions in schema cron from public;
grant usage on schema cron to postgres with grant option;
grant select on cron.job to postgres with grant option;
grant select, delete on cron.job_run_details to postgres with grant option;
grant execute on all functions in schema cron to postgres with grant option;
