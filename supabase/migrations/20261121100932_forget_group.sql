create function private.delete_group(p_group uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
  -- Two statements, because each can use a partial index.
  delete from private.job_queue where group_id = p_group and lease_owner is null and dead_at is null;
  delete from private.job_queue where group_id = p_group and (lease_owner is not null or dead_at is not null);
  delete from private.job_groups where id = p_group;
  delete from private.idempotency_keys where resource_id = p_group;
end;
$$;
comment on function private.delete_group(uuid) is
  'Deletes a group with its jobs, its lanes and the idempotency keys that opened it. What it has cost stays in the ledger. The caller holds lock_queue().';
grant execute on function private.delete_group to service_role;

create function private.forget_group() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.delete_group((to_jsonb(old) ->> tg_argv[0])::uuid);
  return null;
end;
$$;
comment on function private.forget_group() is
  'Deletes the group whose id stands in a column of the deleted row; the trigger names the column. Definer, because owners delete their runs but have no access to the queue.';
