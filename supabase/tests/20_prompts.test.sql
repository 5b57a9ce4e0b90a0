-- Prompts, datasets and runs: structure, the rights of each actor, and what triggers keep up to date.
begin;
select plan(58);

-- Structure
select col_is_fk('public', 'prompt_versions', 'prompt_id', 'prompt_versions.prompt_id is a foreign key');
select col_is_unique('public', 'prompt_versions', array['prompt_id', 'version'],
  'a prompt has each version number once');
select col_is_unique('public', 'run_models', array['run_id', 'label'], 'a run has each label once');
select has_index('public', 'run_cells', 'run_cells_run_id_idx', array['run_id', 'id'],
  'an index serves the pages of cells');
select results_eq($$select kind, function_name, follow_up from private.job_kinds where kind like 'prompt%' order by 1$$,
  $$values ('prompt_cell', 'prompt-worker', 'follow_prompt_jobs'),
    ('prompt_grade', 'prompt-worker', 'follow_prompt_jobs')$$,
  'the prompt worker runs the jobs of calls and grades');
select set_eq($$
  select tablename::text from pg_publication_tables
  where pubname = 'supabase_realtime' and tablename like 'run%'
$$, array['runs', 'run_cells', 'run_model_totals'], 'Realtime publishes a run''s status, cells and totals');
select is_empty($$
  select p.oid::regprocedure from pg_proc p cross join (values ('anon'), ('authenticated')) as r (name)
  where p.pronamespace = 'public'::regnamespace
    and p.proname in ('open_prompt_run', 'load_prompt_run', 'advance_prompt_cells', 'cancel_prompt_run',
      'resume_prompt_run', 'retry_failed_cells', 'get_prompt_run', 'find_prompt_run', 'compare_prompt_runs',
      'lookup_cached_answers', 'find_missing_field')
    and has_function_privilege(r.name, p.oid, 'execute')
$$, 'clients may not execute the RPCs of the functions');
select is((
  select count(*) from pg_proc p
  where p.pronamespace = 'public'::regnamespace
    and p.proname in ('open_prompt_run', 'load_prompt_run', 'advance_prompt_cells', 'cancel_prompt_run',
      'resume_prompt_run', 'retry_failed_cells', 'get_prompt_run', 'find_prompt_run', 'compare_prompt_runs',
      'lookup_cached_answers', 'find_missing_field')
    and has_function_privilege('service_role', p.oid, 'execute')
), 11::bigint, 'service_role may execute them');

-- Placeholders
select is(private.find_placeholders('Hi {{ name }}, {{a.b}} {{name}} {{}} {{ }} {x} {{{y}}}'),
  array['name', 'a.b', 'y'], 'placeholders are returned once each, in order');
select is(private.find_placeholders('none'), '{}'::text[], 'a body without placeholders has none');
select is(private.find_placeholders(e'{{\u00a0a\ufeff}} {{\u0085b c\u2028}}'), array['a', 'b c'],
  'white space around placeholders is ignored');
select ok(not has_table_privilege('service_role', 'public.prompt_versions', 'update'),
  'service_role may not update versions');

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'ada@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');

-- The owner writes prompts
select set_config('request.jwt.claims',
  '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select lives_ok($$insert into public.prompts (name, body) values ('greeting', 'Hi {{name}}')$$,
  'an owner saves a prompt');
select lives_ok($$update public.prompts set body = 'Hello {{name}}'$$, 'an owner saves another body');
select lives_ok($$update public.prompts set name = 'welcome'$$, 'an owner renames a prompt');
select results_eq($$select version, body, placeholders from public.prompt_versions order by version$$,
  $$values (1, 'Hi {{name}}', array['name']), (2, 'Hello {{name}}', array['name'])$$,
  'each body is kept as a version, and a rename makes none');
select throws_ok($$update public.prompt_versions set body = 'forged'$$, '42501', null,
  'an owner may not update versions');
select throws_ok($$delete from public.prompt_versions$$, '42501', null, 'an owner may not delete versions');
select throws_ok($$insert into public.prompts (name, body, owner_id)
  values ('x', 'y', '00000000-0000-4000-8000-00000000000b')$$, '42501', null,
  'a user may not save a prompt for another user');
select lives_ok($$insert into public.prompt_labels (prompt_id, label, version)
  select id, 'production', 1 from public.prompts$$, 'an owner labels a version');
select lives_ok($$update public.prompt_labels set version = 2$$, 'an owner moves a label');
select lives_ok($$
  insert into public.prompt_labels (prompt_id, label, version) select id, 'production', 1 from public.prompts
  on conflict (prompt_id, label) do update
  set prompt_id = excluded.prompt_id, label = excluded.label, version = excluded.version
$$, 'an owner moves a label by an upsert');
select throws_ok($$update public.prompt_labels set version = 3$$, '23503', null,
  'a label cannot point to a version that does not exist');
select throws_ok($$insert into public.runs (owner_id, prompt_version_id, cell_count, cost_ceiling_usd)
  select owner_id, id, 1, 1 from public.prompt_versions$$, '42501', null, 'a user may not insert a run');
select throws_ok($$insert into public.datasets (owner_id) values (auth.uid())$$, '42501', null,
  'a user may not insert a dataset');

-- A run of two rows on one model
reset role;
insert into public.datasets
  (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
values ('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-00000000000a', 'people', 1,
  repeat('0', 64), 'csv',
  'a/d1.csv', 10, '{name}', 2);
insert into public.dataset_rows values
  ('00000000-0000-4000-8000-0000000000d1', 0, '{"name": "Ada"}'),
  ('00000000-0000-4000-8000-0000000000d1', 1, '{"name": "Bob"}');
create temporary table opened (run uuid);
grant select on opened to authenticated, anon;
insert into opened
select (public.open_prompt_run('00000000-0000-4000-8000-00000000000a', jsonb_build_object(
  'prompt_version_id', v.id, 'dataset_id', '00000000-0000-4000-8000-0000000000d1', 'cost_ceiling_usd', 1,
  'models', '[{"provider": "groq", "model": "m", "label": "m", "reservation_usd": 0.01}]'::jsonb
)) ->> 'run_id')::uuid
from public.prompt_versions v where v.version = 2;
select is((select count(*) from public.run_cells), 2::bigint, 'a run has a cell for each row');
select is((select count(*) from private.job_queue where kind = 'prompt_cell'), 2::bigint,
  'a run has a job for each cell');
select results_eq('select queued::integer, complete::integer from public.run_model_totals', 'values (2, 0)',
  'the totals count the queued cells');
select results_eq($$select soft_ceiling_usd::numeric, hard_ceiling_usd::numeric from private.job_groups$$,
  'values (1::numeric, 1::numeric)', 'the run''s cost ceiling limits its jobs');
select throws_ok($$
  select public.open_prompt_run('00000000-0000-4000-8000-00000000000b', jsonb_build_object('prompt_version_id',
    (select id from public.prompt_versions where version = 1), 'cost_ceiling_usd', 1, 'models', '[{}]'::jsonb))
$$, 'P0002', null, 'a run of another user''s prompt is refused');
select throws_ok($$
  select public.open_prompt_run('00000000-0000-4000-8000-00000000000a', jsonb_build_object('prompt_version_id',
    (select id from public.prompt_versions where version = 1), 'cost_ceiling_usd', 1, 'models', '[]'::jsonb))
$$, '22023', null, 'a run without a model is refused');
select throws_ok($$
  select public.open_prompt_run('00000000-0000-4000-8000-00000000000a', jsonb_build_object('prompt_version_id',
    (select id from public.prompt_versions where version = 1), 'cost_ceiling_usd', 1,
    'models', '[{"provider": "elsewhere", "model": "m", "label": "m"}]'::jsonb))
$$, '23503', null, 'a run at an unknown provider is refused');
insert into public.account_budgets (account_id, prompts_usd_per_month)
values ('00000000-0000-4000-8000-00000000000a', 1.5);
select throws_ok($$
  select public.open_prompt_run('00000000-0000-4000-8000-00000000000a', jsonb_build_object('prompt_version_id',
    (select id from public.prompt_versions where version = 1), 'cost_ceiling_usd', 0.51,
    'models', '[{"provider": "groq", "model": "m", "label": "m"}]'::jsonb))
$$, '53400', null, 'a run that may exceed the account''s budget together with open ones is refused');
select throws_ok($$select public.resume_prompt_run('00000000-0000-4000-8000-00000000000a', run, 1.51) from opened$$,
  '53400', null, 'so is a higher ceiling of an open run');
select lives_ok($$select public.resume_prompt_run('00000000-0000-4000-8000-00000000000a', run, 1) from opened$$,
  'what fits under the budget is allowed');
delete from public.account_budgets;
update public.run_cells
set status = 'complete', output_text = 'Hello Ada', latency_ms = 100, grader_score = 0.25, grader_reason = 'cold'
where row_index = 0;

-- The owner reads and overrides
set local role authenticated;
select results_eq('select count(*) from public.run_cells', array[2::bigint], 'the owner reads the cells');
select results_eq('select count(*) from public.run_models', array[1::bigint], 'the owner reads the models');
select results_eq('select complete::integer from public.run_model_totals', array[1], 'the owner reads the totals');
select results_eq($$select prompt_name, complete, mean_score from public.report_prompt_runs$$,
  $$values ('welcome'::text, 1::bigint, 0.25::double precision)$$, 'the owner reads the report of runs');
select results_eq($$select label, complete::integer, latency_p50_ms from public.report_prompt_run_models$$,
  $$values ('m'::text, 1, 100::double precision)$$, 'the owner reads the report of models');
select lives_ok($$update public.run_cells set human_score = 1, human_reason = 'warm' where row_index = 0$$,
  'the owner overrides a grade');
select results_eq($$select grade_score, grade_reason, graded_by, grader_score::double precision, grader_reason
  from public.run_cells where row_index = 0$$,
  $$values (1::double precision, 'warm'::text, 'human'::text, 0.25::double precision, 'cold'::text)$$,
  'an override counts, and the grader''s grade is kept');
select results_eq('select overridden::integer, score_sum from public.run_model_totals', 'values (1, 1::numeric)',
  'the totals include the override');
select throws_ok($$update public.run_cells set human_score = 2$$, '23514', null, 'a grade above 1 is refused');
select throws_ok($$update public.run_cells set grader_score = 1$$, '42501', null,
  'the owner may not change the grader''s grade');
select throws_ok($$update public.runs set status = 'complete'$$, '42501', null,
  'the owner may not change a run''s status');
select throws_ok($$update public.run_model_totals set score_sum = 9$$, '42501', null,
  'the owner may not change totals');
select throws_ok($$select * from private.call_cache$$, '42501', null, 'the owner may not read the cache of answers');

-- Another user, and anon
reset role;
select set_config('request.jwt.claims',
  '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}', true);
set local role authenticated;
select is_empty($$
  select 1 from public.prompts union all select 1 from public.prompt_versions
  union all select 1 from public.prompt_labels
  union all select 1 from public.datasets union all select 1 from public.dataset_rows
  union all select 1 from public.runs
  union all select 1 from public.run_models union all select 1 from public.run_cells
  union all select 1 from public.run_model_totals
  union all select 1 from public.report_prompt_runs union all select 1 from public.report_prompt_run_models
$$, 'another user reads nothing');
select is_empty($$update public.run_cells set human_score = 0 returning id$$, 'another user overrides no grade');
select is_empty($$delete from public.runs returning id$$, 'another user deletes no run');
select throws_ok($$insert into public.prompt_labels (prompt_id, label, version)
  values ((select v.prompt_id from public.prompt_versions v limit 1), 'mine', 1)$$, null, null,
  'another user labels no version');
reset role;
set local role anon;
select throws_ok('select * from public.prompts', '42501', null, 'anon may not read prompts');
select throws_ok('select * from public.run_cells', '42501', null, 'anon may not read cells');
select throws_ok('select * from public.run_model_totals', '42501', null, 'anon may not read totals');

-- Deletion
reset role;
select set_config('request.jwt.claims',
  '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}', true);
set local role authenticated;
select throws_ok($$delete from public.datasets$$, '23503', null, 'a dataset with a run cannot be deleted');
select lives_ok($$delete from public.runs$$, 'the owner deletes a run');
reset role;
select is((select count(*) from private.job_queue where kind = 'prompt_cell'), 0::bigint,
  'the jobs of a deleted run are deleted');

select * from finish();
rollback;
