create view public.report_dead_letters with (security_invoker = true) as
  select id as job_id, kind, payload, attempts, crashes, last_error, created_at, dead_at
  from private.job_queue where dead_at is not null;
comment on view public.report_dead_letters is 'Jobs that were given up, with the error of their last attempt.';
grant select on public.report_dead_letters to service_role;
