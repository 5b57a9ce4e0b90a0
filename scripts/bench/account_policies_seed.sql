-- A user in 50 accounts: those of the first 49 owners, who have reports, and the personal one.
insert into auth.users (id, email) values (md5('colleague')::uuid, 'colleague@example.com');
insert into public.memberships (account_id, user_id, role)
select md5('owner' || n)::uuid, md5('colleague')::uuid, 'member' from generate_series(1, 49) n;

-- A run of 2,000 cells of each of the 49.
insert into public.prompts (id, owner_id, name, body)
select md5('prompt' || n)::uuid, md5('owner' || n)::uuid, 'Prompt', 'Say {{word}}.' from generate_series(1, 49) n;
insert into public.runs (id, owner_id, prompt_version_id, cell_count, cost_ceiling_usd)
select v.prompt_id, v.owner_id, v.id, 2000, 1 from public.prompt_versions v;
insert into public.run_models (id, run_id, owner_id, provider, model, label)
select id, id, owner_id, 'groq', 'vendor/model', 'Model' from public.runs;
insert into public.run_cells (run_id, run_model_id, owner_id, row_index, status, output_text, grader_score)
select r.id, r.id, r.owner_id, n, 'complete', repeat('an answer ', 20), n % 2
from public.runs r cross join generate_series(0, 1999) n
order by r.id, n;

-- A role under policies that are otherwise the same.
create role plain_owner nologin;
grant plain_owner to current_user;
grant usage on schema auth, public, private to plain_owner;
grant execute on function private.presented_report, private.find_shared_report to plain_owner;
do $$
declare v_policy pg_policies;
begin
  for v_policy in
    select * from pg_policies
    where schemaname = 'public' and cmd = 'SELECT' and 'authenticated' = any (roles) and qual ~ 'owner_id = ANY'
  loop
    execute format('create policy %I on public.%I for select to plain_owner using (%s)',
      v_policy.policyname || ', by user', v_policy.tablename,
      regexp_replace(v_policy.qual, 'owner_id = ANY \(\(+ ?SELECT private\.accounts_as[^)]*\) AS accounts_as\)+::uuid\[\]\)',
        'owner_id = (select auth.uid())'));
  end loop;
end;
$$;
grant select on all tables in schema public to plain_owner;
