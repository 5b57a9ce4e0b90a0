begin;
select plan(30);

insert into auth.users (id, email) values
  ('21000000-0000-4000-8000-000000000001', 'owner21@example.com'),
  ('21000000-0000-4000-8000-000000000002', 'stranger21@example.com');

-- Structure
select col_is_pk('public', 'dataset_rows', array['dataset_id', 'row_index'], 'a dataset has at most one row per index');
select col_is_unique('public', 'datasets', array['owner_id', 'name', 'version'], 'a name has at most one dataset per version');
select col_is_unique('public', 'datasets', array['owner_id', 'name', 'content_hash', 'format', 'delimiter'],
  'the same bytes with the same format and delimiter are one version');
select results_eq(
  $$select public, file_size_limit from storage.buckets where id = 'datasets'$$,
  $$values (false, 52428800::bigint)$$, 'the bucket is private and accepts files of 50 MB');
select is_empty($$
  select p.oid::regprocedure from pg_proc p
  where p.proname in ('open_dataset', 'add_dataset_rows', 'close_dataset', 'read_dataset', 'list_orphan_dataset_files')
    and (p.prosecdef or has_function_privilege('anon', p.oid, 'execute')
      or has_function_privilege('authenticated', p.oid, 'execute')
      or not has_function_privilege('service_role', p.oid, 'execute'))
$$, 'only service_role can call the functions, which run with its rights');
select is((select schedule from cron.job where jobname = 'sweep-dataset-files'), '11 * * * *', 'a cron job sweeps orphaned files every hour');

-- As the function
set local role service_role;
select is(public.open_dataset('21000000-0000-4000-8000-000000000001', '21000000-0000-4000-8000-0000000000a1', 'd',
  repeat('a', 64), 'csv', ',', 'o/a1.csv', 8), null, 'new content creates a dataset');
select lives_ok($$select public.add_dataset_rows('21000000-0000-4000-8000-0000000000a1', 0,
  e'{"a":"1"}\n{"a":"x\\ny"}')$$, 'rows are added one per line');
select lives_ok($$select public.add_dataset_rows('21000000-0000-4000-8000-0000000000a1', 2, '{"a":12345678901234567890.10}')$$,
  'rows are added in batches');
select is(
  public.close_dataset('21000000-0000-4000-8000-0000000000a1', '{a}', 3) - '{created_at,id}'::text[],
  jsonb_build_object('name', 'd', 'version', 1, 'format', 'csv', 'delimiter', ',', 'content_hash', repeat('a', 64),
    'file_path', 'o/a1.csv', 'file_bytes', 8, 'columns', array['a'], 'row_count', 3),
  'closing a dataset returns it with its columns and rows');
select is(
  public.open_dataset('21000000-0000-4000-8000-000000000001', gen_random_uuid(), 'd', repeat('a', 64), 'csv', ',',
    'o/a2.csv', 8) ->> 'id',
  '21000000-0000-4000-8000-0000000000a1', 'the same content finds the existing dataset');
select is(
  public.open_dataset('21000000-0000-4000-8000-000000000001', '21000000-0000-4000-8000-0000000000a3', 'd', repeat('b', 64),
    'json', null, 'o/a3.json', 8), null, 'other content creates another version');
select is(
  public.open_dataset('21000000-0000-4000-8000-000000000001', gen_random_uuid(), 'd', repeat('b', 64), 'json', null,
    'o/a4.json', 8) ->> 'version', '2', 'a dataset without a delimiter is found by its content');
select is(
  public.open_dataset('21000000-0000-4000-8000-000000000002', '21000000-0000-4000-8000-0000000000b1', 'd', repeat('a', 64),
    'csv', ',', 'o/b1.csv', 8), null, 'the names of two owners are independent');
select is((select version from public.datasets where id = '21000000-0000-4000-8000-0000000000b1'), 1, 'each owner''s name has its own versions');
select throws_ok($$select public.add_dataset_rows('21000000-0000-4000-8000-0000000000b1', 0, '[1]')$$, '23514', null,
  'a row that is not an object is refused');
select throws_ok($$select public.add_dataset_rows('21000000-0000-4000-8000-0000000000a1', 2, '{}')$$, '23505', null,
  'an existing row cannot be replaced');
select is(
  public.read_dataset('21000000-0000-4000-8000-000000000001', '21000000-0000-4000-8000-0000000000a1', 100, 1000) -> 'rows',
  '[{"a": "1"}, {"a": "x\ny"}, {"a": 12345678901234567890.10}]'::jsonb, 'a dataset is read with its rows in order and all digits');
select is(
  public.read_dataset('21000000-0000-4000-8000-000000000001', '21000000-0000-4000-8000-0000000000a1', 2, 1000) -> 'rows',
  '[{"a": "1"}, {"a": "x\ny"}]'::jsonb, 'reading returns at most the requested number of rows');
select is(
  public.read_dataset('21000000-0000-4000-8000-000000000001', '21000000-0000-4000-8000-0000000000a1', 100, 1) -> 'rows',
  '[{"a": "1"}]'::jsonb, 'reading returns the rows that fit, but at least one');
select is(public.read_dataset('21000000-0000-4000-8000-000000000002', '21000000-0000-4000-8000-0000000000a1', 100, 1000),
  null, 'another owner''s dataset is read as null');
reset role;

-- Orphans
insert into storage.objects (bucket_id, name, created_at) values
  ('datasets', 'o/a1.csv', now() - interval '1 day'),
  ('datasets', 'o/gone.csv', now() - interval '2 hours'),
  ('datasets', 'o/older.csv', now() - interval '3 hours'),
  ('datasets', 'o/young.csv', now()),
  ('benchmark-images', 'o/image.png', now() - interval '1 day');
set local role service_role;
select results_eq($$select public.list_orphan_dataset_files('1 hour', 10)$$, array['o/older.csv', 'o/gone.csv'],
  'old files of the bucket without a dataset are orphans, the oldest first');
select results_eq($$select public.list_orphan_dataset_files('1 hour', 1)$$, array['o/older.csv'], 'at most the requested number of orphans is returned');
reset role;

-- As customers
select set_config('request.jwt.claims', '{"sub": "21000000-0000-4000-8000-000000000002", "role": "authenticated"}', true);
set local role authenticated;
select results_eq('select id::text from public.datasets', array['21000000-0000-4000-8000-0000000000b1'],
  'users see only their own datasets');
select is_empty('select * from public.dataset_rows', 'users see no rows of other owners');
select throws_ok($$insert into public.dataset_rows values ('21000000-0000-4000-8000-0000000000b1', 0, '{}')$$, '42501', null,
  'users cannot write rows');
select throws_ok($$update public.datasets set row_count = 7$$, '42501', null, 'users cannot change a dataset');
select throws_ok($$select public.read_dataset('21000000-0000-4000-8000-000000000001',
  '21000000-0000-4000-8000-0000000000a1', 1, 1)$$, '42501', null, 'users cannot call the functions');
select lives_ok('delete from public.datasets', 'users delete their own datasets');
reset role;
select is((select count(*)::int from public.datasets where owner_id = '21000000-0000-4000-8000-000000000001'), 2,
  'deleting one owner''s datasets keeps those of others');

select * from finish();
rollback;
