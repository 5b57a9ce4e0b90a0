create function private.lock_queue() returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('private.job_queue', 0));
end;
$$;
comment on function private.lock_queue() is
  'Serialises until commit whatever counts leases or moves a budget: that makes caps and ceilings exact over any number of workers, and gives all of them one lock order.';
grant execute on function private.lock_queue to service_role;
