create function private.enforce_ceilings(p_groups uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform private.cancel_jobs(g.id, coalesce(g.stopped_for, 'soft_ceiling'))
  from private.job_groups g
  where g.id = any (p_groups) and g.waiting > 0
    and (g.stopped_for is not null or g.spent_usd + g.written_off_usd >= g.soft_ceiling_usd);
  -- With nothing reserved, what does not fit under the hard ceiling now never will.
  perform private.cancel_jobs(g.id, 'hard_ceiling', g.hard_ceiling_usd - g.spent_usd - g.written_off_usd)
  from private.job_groups g
  where g.id = any (p_groups) and g.waiting > 0 and g.reserved_usd = 0
    and g.dearest_job_usd > g.hard_ceiling_usd - g.spent_usd - g.written_off_usd
    and g.spent_usd + g.written_off_usd < g.soft_ceiling_usd;
end;
$$;
comment on function private.enforce_ceilings(uuid[]) is
  'Skips what waits, or came back, in groups that were stopped or whose budget is used up. The caller holds lock_queue().';
grant execute on function private.enforce_ceilings to service_role;
