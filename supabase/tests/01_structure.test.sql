-- What holds for every object, now and later: asked from the catalog, so that a new table or
-- function that breaks a rule fails here without anybody having listed it.
begin;
select plan(15);

select tables_are('public', array[
  'accounts', 'memberships', 'invitations', 'audit_log', 'account_keys', 'account_budgets', 'stripe_customers',
  'models', 'benchmark_drafts', 'reports', 'report_orders', 'benchmark_runs', 'report_revisions', 'benchmark_run_scores', 'model_figures',
  'field_error_counts', 'kept_error_patterns', 'chat_conversations', 'chat_messages', 'chat_ratings',
  'prompts', 'prompt_versions', 'prompt_labels', 'datasets', 'dataset_rows', 'runs', 'run_models', 'run_cells',
  'run_model_totals',
  'test_runs', 'test_results', 'watcher_insights', 'known_failures', 'issues', 'issue_occurrences', 'issue_status_changes',
  'model_prices', 'chat_telemetry_log', 'prices', 'credit_entries']);
select tables_are('private', array[
  'invitation_tokens', 'invitation_days', 'key_minutes', 'image_settings', 'image_uses', 'billing_settings',
  'operator_notices',
  'queue_settings', 'provider_limits', 'provider_pace', 'provider_circuits', 'job_kinds', 'job_groups', 'job_lanes',
  'job_queue', 'cost_ledger', 'providers', 'model_changes', 'worker_leases', 'idempotency_keys', 'stripe_events', 'races',
  'rescored_runs', 'owner_links', 'askings', 'chat_budgets', 'chat_settings', 'open_chat_turns', 'chat_identities',
  'chat_telemetry_changes', 'chat_usage_days', 'chat_user_days', 'chat_window', 'chat_user_window', 'chat_pattern_days',
  'chat_latency_days', 'chat_latency_months', 'chat_glossary', 'chat_worked_questions', 'worker_chains', 'run_model_latencies', 'call_cache',
  'tracking_settings', 'judged_runs', 'issue_tests', 'issue_states', 'tracking_horizons', 'issue_counters', 'watched_runs'
]);
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not c.relrowsecurity
$$, 'row level security is on for every table');
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
$$, 'every table has a primary key');
select is_empty($$
  select p.oid::regprocedure from pg_proc p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not coalesce('search_path=""' = any (p.proconfig), false)
$$, 'every function pins an empty search_path');
select is_empty($$
  select p.oid::regprocedure from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prosecdef
$$, 'no function that PostgREST exposes runs with its owner''s rights');
select is_empty($$
  select p.oid::regprocedure, r.role from pg_proc p cross join (values ('anon'), ('authenticated')) r (role)
  where p.pronamespace = 'public'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')
    and (r.role, p.proname) not in (
      ('anon', 'get_shared_report'), ('authenticated', 'get_shared_report'),
      ('authenticated', 'rotate_share_token'), ('authenticated', 'revoke_share_token'), ('authenticated', 'set_sharing'),
      ('authenticated', 'rotate_owner_link'),
      ('authenticated', 'rescore_report'), ('authenticated', 'delete_report'),
      ('authenticated', 'compare_test_runs'), ('authenticated', 'summarize_test_run_comparison'),
      ('authenticated', 'mcnemar_exact_p'),
      ('authenticated', 'create_account'), ('authenticated', 'delete_account'), ('authenticated', 'invite_member'),
      ('authenticated', 'accept_invitation'), ('authenticated', 'revoke_invitation'),
      ('authenticated', 'set_member_role'), ('authenticated', 'remove_member'),
      ('authenticated', 'create_account_key'), ('authenticated', 'revoke_account_key'),
      ('authenticated', 'set_account_budgets')
    )
$$, 'anon and authenticated may call the doors meant for them and no other function');
select is_empty($$
  select p.oid::regprocedure from pg_proc p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prorettype <> 'trigger'::regtype
    and not has_function_privilege('service_role', p.oid, 'execute')
    -- What acts as the signed-in owner has no sense without one.
    and p.proname not in ('change_sharing', 'rotate_share_token', 'revoke_share_token', 'set_sharing',
      'require_paid_report', 'replace_owner_link', 'rotate_owner_link', 'remove_report', 'delete_report')
    -- What writes or examines the vault is for its owner, who deploys.
    and p.proname not in ('keep_vault_secret', 'prepare_vault', 'diagnose')
$$, 'the workers'' role may call every function that needs no user');
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relkind = 'v' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not coalesce('security_invoker=true' = any (c.reloptions), false)
$$, 'every view reads with its caller''s rights');
select is_empty($$
  select c.oid::regclass from pg_class c
  where c.relkind in ('r', 'v') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and obj_description(c.oid) is null
$$, 'every table and view says what it is');
select is_empty($$
  select p.oid::regprocedure from pg_proc p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and obj_description(p.oid, 'pg_proc') is null
$$, 'every function says what it does');
select is_empty($$
  select k.conrelid::regclass, k.conname from pg_constraint k
  where k.contype = 'f' and k.connamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (
      select from pg_index i
      where i.indrelid = k.conrelid and i.indpred is null
        and (string_to_array(i.indkey::text, ' ')::smallint[])[1:cardinality(k.conkey)] @> k.conkey
    )
$$, 'every foreign key is indexed');
select is_empty($$
  select t.role, c.oid::regclass from pg_class c cross join (values ('anon'), ('authenticated')) t (role)
  where c.relnamespace = 'private'::regnamespace and c.relkind in ('r', 'v')
    and has_table_privilege(t.role, c.oid, 'select, insert, update, delete')
$$, 'nobody but the workers touches a private table');
select is_empty($$
  select a.attrelid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and a.atttypid = 'timestamp'::regtype and a.attnum > 0 and not a.attisdropped
$$, 'every time has its zone');
select cmp_ok((select count(*) from public.models where active and supports_vision and base_url_key <> 'local'),
  '>=', 16::bigint, 'sixteen models that see images are seeded');

select * from finish();
rollback;
