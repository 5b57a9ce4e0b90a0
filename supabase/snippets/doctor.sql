-- What the database can see of its own project. `deno task doctor` also calls the services from outside.
-- Each query stands alone.

-- (1) Checks
-- Everything should be ok. remedy says what to do.
select subject, state, finding, remedy from private.diagnose();

-- (2) Start a worker
-- Returns the number of a request; null means that the vault lacks an entry. (3) shows the answer.
select private.invoke_function('models-sync') as request;

-- (3) Answers of the last hour
-- 202 means that a worker was started. 401: the vault's project_url is another project's. 404: the function is
-- not deployed. 503: it does not start, mostly because a setting is missing.
select r.id, r.status_code, r.error_msg, r.content, r.created
from net._http_response r
where r.created > now() - interval '1 hour'
order by r.created desc
limit 50;

-- (4) Cron jobs
-- Each job with its last run.
select j.jobname, j.schedule, j.active, d.status, d.return_message, d.start_time
from cron.job j
left join lateral (
  select * from cron.job_run_details d where d.jobid = j.jobid order by d.start_time desc limit 1
) d on true
order by j.jobname;
