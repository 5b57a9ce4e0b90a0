-- What the migrations make, written by `deno task schema`. Not applied: for reading and reviews.
-- One section an object, each after what it needs. Roles, buckets and rows are not part of it.

-- chat/schema.sql
CREATE SCHEMA "chat";

GRANT USAGE ON SCHEMA "chat" TO "chat_reader";

COMMENT ON SCHEMA "chat" IS 'Views that the chat may query, each with the rows of one user. Not exposed by PostgREST.';

-- private/schema.sql
CREATE SCHEMA "private";

GRANT USAGE ON SCHEMA "private" TO "anon", "authenticated", "service_role", "test_reporter";

COMMENT ON SCHEMA "private" IS 'Tables and functions that PostgREST does not expose: the job queue, budgets, payments, secrets access.';

-- public/schema.sql
COMMENT ON SCHEMA "public" IS 'standard public schema';

REVOKE ALL ON SCHEMA "public" FROM PUBLIC;

GRANT USAGE ON SCHEMA "public" TO PUBLIC;

REVOKE ALL ON SCHEMA "public" FROM "anon";

GRANT USAGE ON SCHEMA "public" TO "anon";

REVOKE ALL ON SCHEMA "public" FROM "authenticated";

GRANT USAGE ON SCHEMA "public" TO "authenticated";

REVOKE ALL ON SCHEMA "public" FROM "pg_database_owner";

GRANT CREATE, USAGE ON SCHEMA "public" TO "pg_database_owner";

REVOKE ALL ON SCHEMA "public" FROM "service_role";

GRANT USAGE ON SCHEMA "public" TO "service_role";

REVOKE ALL ON SCHEMA "public" FROM "test_reporter";

GRANT USAGE ON SCHEMA "public" TO "test_reporter";

-- public/adp_wipes.sql
-- Clears assumed destination defaults before creating objects.
-- Safe to load on a project that does not have those defaults.

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON SEQUENCES FROM "anon";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON SEQUENCES FROM "authenticated";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON SEQUENCES FROM "service_role";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON FUNCTIONS FROM "anon";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON FUNCTIONS FROM "authenticated";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON FUNCTIONS FROM "service_role";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON TABLES FROM "anon";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON TABLES FROM "authenticated";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" REVOKE ALL ON TABLES FROM "service_role";

-- _cluster/extensions/btree_gist.sql
CREATE EXTENSION "btree_gist" SCHEMA "extensions";

-- _cluster/extensions/pg_cron.sql
CREATE EXTENSION "pg_cron";

-- _cluster/extensions/pg_net.sql
CREATE EXTENSION "pg_net" SCHEMA "extensions";

-- _cluster/extensions/pgcrypto.sql
CREATE EXTENSION "pgcrypto" SCHEMA "extensions";

-- _cluster/extensions/uuid-ossp.sql
CREATE EXTENSION "uuid-ossp" SCHEMA "extensions";

-- private/domains/cap.sql
CREATE DOMAIN "private"."cap" AS integer CONSTRAINT "cap_check"
  CHECK ((VALUE > 0));

COMMENT ON DOMAIN "private"."cap" IS 'How many at once.';

-- private/domains/cell_status.sql
CREATE DOMAIN "private"."cell_status" AS text CONSTRAINT "cell_status_check"
  CHECK ((VALUE = ANY (ARRAY['queued'::text, 'running'::text, 'complete'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text])));

COMMENT ON DOMAIN "private"."cell_status" IS 'Status of one call of a prompt run.';

-- private/domains/counter.sql
CREATE DOMAIN "private"."counter" AS integer CONSTRAINT "counter_check"
  CHECK ((VALUE >= 0));

-- private/domains/ledger_state.sql
CREATE DOMAIN "private"."ledger_state" AS text CONSTRAINT "ledger_state_check"
  CHECK ((VALUE = ANY (ARRAY['settled'::text, 'written_off'::text, 'returned'::text])));

-- private/domains/percentage.sql
CREATE DOMAIN "private"."percentage" AS double precision CONSTRAINT "percentage_check"
  CHECK (((VALUE >= (0)::double precision) AND (VALUE <= (100)::double precision)));

COMMENT ON DOMAIN "private"."percentage" IS '0-100.';

-- private/domains/run_status.sql
CREATE DOMAIN "private"."run_status" AS text CONSTRAINT "run_status_check"
  CHECK ((VALUE = ANY (ARRAY['queued'::text, 'running'::text, 'complete'::text, 'failed'::text, 'skipped'::text])));

-- private/domains/score.sql
CREATE DOMAIN "private"."score" AS double precision CONSTRAINT "score_check"
  CHECK (((VALUE >= (0)::double precision) AND (VALUE <= (1)::double precision)));

COMMENT ON DOMAIN "private"."score" IS 'Grade from 0 (wrong) to 1 (right).';

-- private/domains/usd.sql
CREATE DOMAIN "private"."usd" AS numeric CONSTRAINT "usd_check"
  CHECK ((VALUE >= (0)::numeric));

COMMENT ON DOMAIN "private"."usd" IS 'An amount of US dollars.';

-- auth/tables/users.sql
CREATE TRIGGER users_wait
  BEFORE DELETE ON auth.users
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.wait_for_queue();

-- private/tables/call_cache.sql
CREATE TABLE "private"."call_cache" (
  "owner_id" uuid NOT NULL,
  "key"      text NOT NULL,
  CONSTRAINT "call_cache_key_check" CHECK ((key ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT "call_cache_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE
);

ALTER TABLE "private"."call_cache"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "repeat" private.counter NOT NULL;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "output_text" text NOT NULL;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "latency_ms" private.counter;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "tokens_in" private.counter;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "tokens_out" private.counter;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "tokens_cached" private.counter;

ALTER TABLE "private"."call_cache"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "private"."call_cache"
  ADD CONSTRAINT "call_cache_pkey" PRIMARY KEY (owner_id, key, repeat);

CREATE INDEX call_cache_created_at_idx ON private.call_cache USING btree (created_at);

CREATE POLICY "Workers do everything" ON "private"."call_cache"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."call_cache" TO "service_role";

COMMENT ON COLUMN "private"."call_cache"."key" IS 'SHA-256, in hexadecimal, of provider, model, parameters and rendered prompt.';

COMMENT ON TABLE "private"."call_cache" IS 'Answers of runs that asked for it, of the last 30 days, for identical calls of the same owner. Never anybody else''s, and a repeat only stands for the same repeat.';

-- private/tables/chat_askings.sql
CREATE TABLE "private"."chat_askings" (
  "owner_id" uuid                       NOT NULL,
  "asked_at" timestamp with time zone[] NOT NULL,
  CONSTRAINT "chat_askings_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "chat_askings_pkey" PRIMARY KEY (owner_id)
);

ALTER TABLE "private"."chat_askings"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_askings"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_askings" TO "service_role";

COMMENT ON TABLE "private"."chat_askings" IS 'Times of each user''s questions within the last minute, the oldest first.';

-- private/tables/chat_identities.sql
CREATE UNLOGGED TABLE "private"."chat_identities" (
  "transaction_id" xid8 NOT NULL DEFAULT pg_current_xact_id(),
  "user_id"        uuid NOT NULL,
  CONSTRAINT "chat_identities_pkey" PRIMARY KEY (transaction_id)
);

ALTER TABLE "private"."chat_identities"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_identities"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_identities" TO "service_role";

COMMENT ON TABLE "private"."chat_identities" IS 'User whose rows the running chat query reads. Rows are never committed, so other sessions always see an empty table.';

-- private/tables/chat_latency_days.sql
CREATE TABLE "private"."chat_latency_days" (
  "day"      date     NOT NULL,
  "step"     text     NOT NULL,
  "model"    text     NOT NULL,
  "bucket"   smallint NOT NULL,
  "requests" bigint   NOT NULL,
  CONSTRAINT "chat_latency_days_pkey" PRIMARY KEY (day, step, model, bucket)
);

ALTER TABLE "private"."chat_latency_days"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_latency_days"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_latency_days" TO "service_role";

COMMENT ON COLUMN "private"."chat_latency_days"."bucket" IS 'Bucket b holds times over 1.02^(b-1) and up to 1.02^b ms; -1 holds 0. See latency_of_bucket.';

COMMENT ON COLUMN "private"."chat_latency_days"."model" IS 'Empty for a step without a model.';

COMMENT ON TABLE "private"."chat_latency_days" IS 'Histogram of the duration of steps of successful requests by day (UTC), step and model, up to the last fold.';

-- private/tables/chat_latency_months.sql
CREATE TABLE "private"."chat_latency_months" (
  "month"    date     NOT NULL,
  "step"     text     NOT NULL,
  "model"    text     NOT NULL,
  "bucket"   smallint NOT NULL,
  "requests" bigint   NOT NULL,
  CONSTRAINT "chat_latency_months_pkey" PRIMARY KEY (month, step, model, bucket)
);

ALTER TABLE "private"."chat_latency_months"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_latency_months"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_latency_months" TO "service_role";

COMMENT ON TABLE "private"."chat_latency_months" IS 'chat_latency_days by month (its first day), for percentiles over all time.';

-- private/tables/chat_pattern_days.sql
CREATE TABLE "private"."chat_pattern_days" (
  "day"             date   NOT NULL,
  "sql_fingerprint" text   NOT NULL,
  "requests"        bigint NOT NULL,
  "timed"           bigint NOT NULL,
  "execution_ms"    bigint NOT NULL,
  "counted"         bigint NOT NULL,
  "result_rows"     bigint NOT NULL,
  CONSTRAINT "chat_pattern_days_pkey" PRIMARY KEY (day, sql_fingerprint)
);

ALTER TABLE "private"."chat_pattern_days"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_pattern_days"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_pattern_days" TO "service_role";

COMMENT ON COLUMN "private"."chat_pattern_days"."counted" IS 'Statements whose number of rows is known; result_rows is their sum.';

COMMENT ON COLUMN "private"."chat_pattern_days"."timed" IS 'Statements whose execution time is known; execution_ms is their sum.';

COMMENT ON TABLE "private"."chat_pattern_days" IS 'The log''s statements by day (UTC) and fingerprint, up to the last fold.';

-- private/tables/chat_telemetry_changes.sql
CREATE TABLE "private"."chat_telemetry_changes" (
  "id"                              bigint                   GENERATED ALWAYS AS IDENTITY (INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 50 NO CYCLE)
    NOT NULL,
  "sign"                            smallint                 NOT NULL,
  "created_at"                      timestamp with time zone NOT NULL,
  "user_id"                         uuid                     NOT NULL,
  "sql_fingerprint"                 text,
  "error_type"                      text,
  "failed_step"                     text,
  "is_off_topic"                    boolean                  NOT NULL,
  "sql_model"                       text,
  "response_model"                  text,
  "result_row_count"                integer,
  "nl_to_sql_duration_ms"           integer,
  "sql_execution_duration_ms"       integer,
  "response_generation_duration_ms" integer,
  "ttfb_ms"                         integer,
  "sql_input_tokens"                integer,
  "sql_output_tokens"               integer,
  "sql_cached_tokens"               integer,
  "response_input_tokens"           integer,
  "response_output_tokens"          integer,
  "response_cached_tokens"          integer,
  "sql_price_id"                    bigint,
  "response_price_id"               bigint,
  "cost_usd"                        numeric,
  CONSTRAINT "chat_telemetry_changes_pkey" PRIMARY KEY (id),
  CONSTRAINT "chat_telemetry_changes_sign_check" CHECK ((sign = ANY (ARRAY['-1'::integer, 1])))
);

ALTER TABLE "private"."chat_telemetry_changes"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."chat_telemetry_changes"
  SET (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);

CREATE POLICY "Workers do everything" ON "private"."chat_telemetry_changes"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_telemetry_changes" TO "service_role";

COMMENT ON TABLE "private"."chat_telemetry_changes" IS 'Rows added to (sign 1) or removed from (-1) the log since the last fold, with the columns that the sums need.';

-- private/tables/chat_usage_days.sql
CREATE TABLE "private"."chat_usage_days" (
  "day"                      date    NOT NULL,
  "sql_model"                text    NOT NULL,
  "response_model"           text    NOT NULL,
  "error_type"               text    NOT NULL,
  "failed_step"              text    NOT NULL,
  "is_off_topic"             boolean NOT NULL,
  "requests"                 bigint  NOT NULL,
  "sql_calls"                bigint  NOT NULL,
  "sql_input_tokens"         bigint  NOT NULL,
  "sql_output_tokens"        bigint  NOT NULL,
  "sql_cached_tokens"        bigint  NOT NULL,
  "response_calls"           bigint  NOT NULL,
  "response_input_tokens"    bigint  NOT NULL,
  "response_output_tokens"   bigint  NOT NULL,
  "response_cached_tokens"   bigint  NOT NULL,
  "known_usd"                numeric NOT NULL,
  "unpriced_requests"        bigint  NOT NULL,
  "unpriced_uncached_tokens" bigint  NOT NULL,
  "unpriced_output_tokens"   bigint  NOT NULL,
  "unpriced_cached_tokens"   bigint  NOT NULL,
  CONSTRAINT "chat_usage_days_pkey" PRIMARY KEY (day, sql_model, response_model, error_type, failed_step, is_off_topic)
);

ALTER TABLE "private"."chat_usage_days"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_usage_days"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_usage_days" TO "service_role";

COMMENT ON COLUMN "private"."chat_usage_days"."known_usd" IS 'USD of the steps that have a price.';

COMMENT ON COLUMN "private"."chat_usage_days"."sql_calls" IS 'Requests whose SQL step has token counts.';

COMMENT ON COLUMN "private"."chat_usage_days"."unpriced_uncached_tokens" IS 'Input tokens, without cached ones, of steps whose model has no price.';

COMMENT ON TABLE "private"."chat_usage_days" IS 'Tokens and costs of the log by day (UTC), models and outcome, up to the last fold. Null in the log is empty text in the key.';

-- private/tables/chat_user_days.sql
CREATE TABLE "private"."chat_user_days" (
  "day"                      date    NOT NULL,
  "user_id"                  uuid    NOT NULL,
  "requests"                 bigint  NOT NULL,
  "errors"                   bigint  NOT NULL,
  "off_topic"                bigint  NOT NULL,
  "input_tokens"             bigint  NOT NULL,
  "output_tokens"            bigint  NOT NULL,
  "cached_tokens"            bigint  NOT NULL,
  "known_usd"                numeric NOT NULL,
  "unpriced_requests"        bigint  NOT NULL,
  "unpriced_uncached_tokens" bigint  NOT NULL,
  "unpriced_output_tokens"   bigint  NOT NULL,
  "unpriced_cached_tokens"   bigint  NOT NULL,
  CONSTRAINT "chat_user_days_pkey" PRIMARY KEY (day, user_id)
);

ALTER TABLE "private"."chat_user_days"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_user_days"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_user_days" TO "service_role";

COMMENT ON TABLE "private"."chat_user_days" IS 'The log by day (UTC) and user, up to the last fold.';

-- private/tables/chat_user_window.sql
CREATE TABLE "private"."chat_user_window" (
  "user_id"                  uuid    NOT NULL,
  "requests"                 bigint  NOT NULL,
  "errors"                   bigint  NOT NULL,
  "off_topic"                bigint  NOT NULL,
  "input_tokens"             bigint  NOT NULL,
  "output_tokens"            bigint  NOT NULL,
  "cached_tokens"            bigint  NOT NULL,
  "known_usd"                numeric NOT NULL,
  "unpriced_requests"        bigint  NOT NULL,
  "unpriced_uncached_tokens" bigint  NOT NULL,
  "unpriced_output_tokens"   bigint  NOT NULL,
  "unpriced_cached_tokens"   bigint  NOT NULL,
  CONSTRAINT "chat_user_window_pkey" PRIMARY KEY (user_id)
);

ALTER TABLE "private"."chat_user_window"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_user_window"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_user_window" TO "service_role";

COMMENT ON TABLE "private"."chat_user_window" IS 'Sums of chat_user_days since chat_window.first_day. Adding up the 130,000 rows of 5,000 users over 30 days took 70 ms.';

-- private/tables/chat_window.sql
CREATE TABLE "private"."chat_window" (
  "singleton" boolean NOT NULL DEFAULT true,
  "first_day" date    NOT NULL,
  CONSTRAINT "chat_window_pkey" PRIMARY KEY (singleton),
  CONSTRAINT "chat_window_singleton_check" CHECK (singleton)
);

ALTER TABLE "private"."chat_window"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."chat_window"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."chat_window" TO "service_role";

COMMENT ON TABLE "private"."chat_window" IS 'Single row with the first day (UTC) that chat_user_window counts: 29 days before today.';

-- private/tables/cost_ledger.sql
CREATE TABLE "private"."cost_ledger" (
  "group_id" uuid    NOT NULL,
  "job_id"   bigint  NOT NULL,
  "attempt"  integer NOT NULL,
  CONSTRAINT "cost_ledger_pkey" PRIMARY KEY (group_id, job_id, attempt)
);

ALTER TABLE "private"."cost_ledger"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."cost_ledger"
  ADD COLUMN "state" private.ledger_state NOT NULL;

ALTER TABLE "private"."cost_ledger"
  ADD COLUMN "reserved_usd" private.usd NOT NULL;

ALTER TABLE "private"."cost_ledger"
  ADD COLUMN "actual_usd" private.usd;

ALTER TABLE "private"."cost_ledger"
  ADD COLUMN "settled_at" timestamp WITH time zone NOT NULL DEFAULT now();

CREATE POLICY "Workers do everything" ON "private"."cost_ledger"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."cost_ledger" TO "service_role";

COMMENT ON TABLE "private"."cost_ledger" IS 'One row per attempt that could cost, written by the transaction that takes the lease back. Until then the leased job is the reservation. The sums stand in job_groups; what was spent stays on the books when its report is deleted.';

-- private/tables/idempotency_keys.sql
CREATE TABLE "private"."idempotency_keys" (
  "owner_id"     uuid                     NOT NULL,
  "key"          text                     NOT NULL,
  "request_hash" text                     NOT NULL,
  "report_id"    uuid                     NOT NULL,
  "created_at"   timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "idempotency_keys_key_check" CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  CONSTRAINT "idempotency_keys_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY (owner_id, key),
  CONSTRAINT "idempotency_keys_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "private"."idempotency_keys"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX idempotency_keys_report_id_idx ON private.idempotency_keys USING btree (report_id);

CREATE POLICY "Workers do everything" ON "private"."idempotency_keys"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."idempotency_keys" TO "service_role";

COMMENT ON TABLE "private"."idempotency_keys" IS 'Idempotency-Key headers of checkout, the hash of the body each came with, and the order it made.';

-- private/tables/issue_counters.sql
CREATE TABLE "private"."issue_counters" (
  "owner_id"    uuid    NOT NULL,
  "area"        text    NOT NULL,
  "priority"    text    NOT NULL,
  "last_number" integer NOT NULL,
  CONSTRAINT "issue_counters_last_number_check" CHECK ((last_number > 0)),
  CONSTRAINT "issue_counters_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "issue_counters_pkey" PRIMARY KEY (owner_id, area, priority)
);

ALTER TABLE "private"."issue_counters"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."issue_counters"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."issue_counters" TO "service_role";

COMMENT ON TABLE "private"."issue_counters" IS 'Last number NNN of each owner''s <AREA>-<PRIORITY>. It is counted in the transaction that creates the issue, so there are no gaps and no duplicates.';

-- private/tables/issue_states.sql
CREATE TABLE "private"."issue_states" (
  "issue_id"         bigint NOT NULL,
  "head"             jsonb  NOT NULL DEFAULT '{}'::jsonb,
  "baseline"         jsonb,
  "auto_title"       text   NOT NULL,
  "auto_description" text,
  "auto_priority"    text   NOT NULL,
  CONSTRAINT "issue_states_pkey" PRIMARY KEY (issue_id),
  CONSTRAINT "issue_states_issue_id_fkey" FOREIGN KEY (issue_id) REFERENCES public.issues(id) ON DELETE CASCADE
);

ALTER TABLE "private"."issue_states"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."issue_states"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."issue_states" TO "service_role";

COMMENT ON COLUMN "private"."issue_states"."auto_title" IS 'Title that the detector wrote last. If issues has another one, the owner wrote it, and it stays.';

COMMENT ON COLUMN "private"."issue_states"."baseline" IS 'State after the last run that retention has deleted (tracking_horizons). A replay begins here. Null if none of those runs had the issue.';

COMMENT ON COLUMN "private"."issue_states"."head" IS 'State after the last processed run. A run that is next in order is one step from here.';

COMMENT ON TABLE "private"."issue_states" IS 'States of issues as the replay has computed them, see step_issue.';

-- private/tables/issue_tests.sql
CREATE TABLE "private"."issue_tests" (
  "issue_id"    bigint                   NOT NULL,
  "branch_name" text                     NOT NULL,
  "test_key"    uuid                     NOT NULL,
  "owner_id"    uuid                     NOT NULL,
  "suite"       text                     NOT NULL,
  "tool_name"   text                     NOT NULL,
  "first_at"    timestamp with time zone NOT NULL,
  "first_tie"   text                     COLLATE pg_catalog."C" NOT NULL,
  "is_settled"  boolean                  NOT NULL DEFAULT false,
  CONSTRAINT "issue_tests_pkey" PRIMARY KEY (issue_id, branch_name, test_key),
  CONSTRAINT "issue_tests_issue_id_fkey" FOREIGN KEY (issue_id) REFERENCES public.issues(id) ON DELETE CASCADE
);

ALTER TABLE "private"."issue_tests"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX issue_tests_test_idx ON private.issue_tests USING btree (owner_id, suite, branch_name, test_key);

CREATE POLICY "Workers do everything" ON "private"."issue_tests"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."issue_tests" TO "service_role";

COMMENT ON COLUMN "private"."issue_tests"."is_settled" IS 'True if retention has deleted the run.';

COMMENT ON TABLE "private"."issue_tests" IS 'Tests that had an issue, by branch, with the first run. An issue is gone once these tests pass. The zero key stands for a whole run.';

-- private/tables/job_groups.sql
CREATE TABLE "private"."job_groups" (
  "id"       uuid     NOT NULL,
  "kind"     text     NOT NULL,
  "priority" smallint NOT NULL DEFAULT 0,
  CONSTRAINT "job_groups_pkey" PRIMARY KEY (id)
);

ALTER TABLE "private"."job_groups"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."job_groups"
  SET (fillfactor=50);

ALTER TABLE "private"."job_groups"
  ADD COLUMN "max_in_flight" private.cap NOT NULL;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "max_in_flight_per_lane" private.cap NOT NULL;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "soft_ceiling_usd" private.usd NOT NULL;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "hard_ceiling_usd" private.usd NOT NULL;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "reserved_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "spent_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "written_off_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "dearest_job_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "waiting" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "open_jobs" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "stopped_for" text;

ALTER TABLE "private"."job_groups"
  ADD COLUMN "served_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "private"."job_groups"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "private"."job_groups"
  ADD COLUMN "announce_from" timestamp WITH time zone NOT NULL DEFAULT '-infinity'::timestamp WITH time zone;

CREATE INDEX job_groups_turn_idx ON private.job_groups USING btree (priority, served_at)
  WHERE ((waiting)::integer > 0);

CREATE TRIGGER job_groups_announce
  BEFORE UPDATE OF open_jobs ON private.job_groups
  FOR EACH ROW
  WHEN ((old.announce_from < clock_timestamp()))
  EXECUTE FUNCTION private.announce_progress();

CREATE POLICY "Workers do everything" ON "private"."job_groups"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."job_groups" TO "service_role";

COMMENT ON COLUMN "private"."job_groups"."announce_from" IS 'From then on visitors are told again how many jobs are left.';

COMMENT ON COLUMN "private"."job_groups"."dearest_job_usd" IS 'The largest reservation among its jobs: while it fits, no job needs a look for one that does not.';

COMMENT ON COLUMN "private"."job_groups"."kind" IS 'That of its jobs, or of most: workers look only at groups of a kind of theirs.';

COMMENT ON COLUMN "private"."job_groups"."open_jobs" IS 'Jobs that have not ended: waiting or leased.';

COMMENT ON COLUMN "private"."job_groups"."reserved_usd" IS 'Upper bounds of the calls in flight.';

COMMENT ON COLUMN "private"."job_groups"."served_at" IS 'When the group last got a lease: the longest unserved is asked first.';

COMMENT ON COLUMN "private"."job_groups"."spent_usd" IS 'What providers charged, as they said.';

COMMENT ON COLUMN "private"."job_groups"."stopped_for" IS 'Why its waiting jobs were all cancelled, if they were: what comes back later is skipped for the same reason.';

COMMENT ON COLUMN "private"."job_groups"."waiting" IS 'Jobs neither leased nor dead.';

COMMENT ON COLUMN "private"."job_groups"."written_off_usd" IS 'Upper bounds of calls whose worker or connection was lost: they may have been charged, so they count against the ceilings.';

COMMENT ON TABLE "private"."job_groups" IS 'Jobs that share limits, a budget and a fair turn: those of one report, or run of a prompt (its id is the group''s).';

-- private/tables/job_kinds.sql
CREATE TABLE "private"."job_kinds" (
  "kind"                text     NOT NULL,
  "function_name"       text     NOT NULL,
  "max_attempts"        integer  NOT NULL DEFAULT 8,
  "follow_up"           text,
  "max_costly_attempts" integer  NOT NULL DEFAULT 3,
  "outage_patience"     interval NOT NULL DEFAULT '00:30:00'::interval,
  "parked_patience"     interval NOT NULL DEFAULT '24:00:00'::interval,
  CONSTRAINT "job_kinds_max_attempts_check" CHECK ((max_attempts > 0)),
  CONSTRAINT "job_kinds_max_costly_attempts_check" CHECK ((max_costly_attempts > 0)),
  CONSTRAINT "job_kinds_outage_patience_check" CHECK ((outage_patience >= '00:00:00'::interval)),
  CONSTRAINT "job_kinds_parked_patience_check" CHECK ((parked_patience >= '00:00:00'::interval)),
  CONSTRAINT "job_kinds_pkey" PRIMARY KEY (kind)
);

ALTER TABLE "private"."job_kinds"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."job_kinds"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."job_kinds" TO "service_role";

COMMENT ON COLUMN "private"."job_kinds"."follow_up" IS 'Function of this schema that follow_jobs calls with (event text, jobs jsonb) where jobs end or come back without their own door.';

COMMENT ON COLUMN "private"."job_kinds"."max_attempts" IS 'Tries of one job that fail without saying anything about the model, or without cost.';

COMMENT ON COLUMN "private"."job_kinds"."max_costly_attempts" IS 'Tries of one job that may each have cost money and brought nothing, such as a model''s timeouts.';

COMMENT ON COLUMN "private"."job_kinds"."outage_patience" IS 'How long jobs wait for a provider or model that is down.';

COMMENT ON COLUMN "private"."job_kinds"."parked_patience" IS 'How long jobs wait for a provider that refuses our account.';

COMMENT ON TABLE "private"."job_kinds" IS 'Which edge function works on which kind of job, how often a job may be tried, and how long it waits for a provider.';

-- private/tables/job_lanes.sql
CREATE TABLE "private"."job_lanes" (
  "group_id" uuid NOT NULL,
  "lane"     text NOT NULL,
  "kind"     text NOT NULL,
  "provider" text NOT NULL,
  CONSTRAINT "job_lanes_group_id_fkey" FOREIGN KEY (group_id) REFERENCES private.job_groups(id) ON DELETE CASCADE,
  CONSTRAINT "job_lanes_kind_fkey" FOREIGN KEY (kind) REFERENCES private.job_kinds(kind),
  CONSTRAINT "job_lanes_pkey" PRIMARY KEY (group_id, lane)
);

ALTER TABLE "private"."job_lanes"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX job_lanes_kind_idx ON private.job_lanes USING btree (kind);

CREATE POLICY "Workers do everything" ON "private"."job_lanes"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."job_lanes" TO "service_role";

COMMENT ON TABLE "private"."job_lanes" IS 'The distinct lanes (models) of a group, so that a claim asks each lane for its head instead of sorting the backlog.';

-- private/tables/job_queue.sql
CREATE TABLE "private"."job_queue" (
  "id"       bigint                   GENERATED ALWAYS AS IDENTITY (INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 50 NO CYCLE) NOT NULL,
  "kind"     text                     NOT NULL,
  "group_id" uuid,
  "lane"     text,
  "provider" text,
  "payload"  jsonb                    NOT NULL DEFAULT '{}'::jsonb,
  "priority" smallint                 NOT NULL DEFAULT 0,
  "run_at"   timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "job_queue_pkey" PRIMARY KEY (id)
);

ALTER TABLE "private"."job_queue"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."job_queue"
  SET (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);

ALTER TABLE "private"."job_queue"
  ADD COLUMN "reservation_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "attempts" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "releases" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "crashes" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "lease_owner" uuid;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "lease_expires_at" timestamp WITH time zone;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "is_standby" boolean NOT NULL DEFAULT false;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "is_probe" boolean NOT NULL DEFAULT false;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "last_error" text;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "dead_at" timestamp WITH time zone;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "dedupe_key" text;

ALTER TABLE "private"."job_queue"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

CREATE INDEX job_queue_dead_idx ON private.job_queue USING btree (dead_at)
  WHERE (dead_at IS NOT NULL);

CREATE UNIQUE INDEX job_queue_dedupe_idx ON private.job_queue USING btree (kind, dedupe_key)
  WHERE (dedupe_key IS NOT NULL);

CREATE INDEX job_queue_leased_idx ON private.job_queue USING btree (lease_owner) INCLUDE (group_id, lane, PROVIDER, lease_expires_at, is_standby, is_probe)
  WHERE (lease_owner IS NOT NULL);

CREATE INDEX job_queue_ungrouped_idx ON private.job_queue USING btree (kind, priority, run_at, id)
  WHERE ((lease_owner IS NULL) AND (dead_at IS NULL) AND (group_id IS NULL));

CREATE INDEX job_queue_waiting_idx ON private.job_queue USING btree (group_id, lane, run_at, id)
  WHERE ((lease_owner IS NULL) AND (dead_at IS NULL) AND (group_id IS NOT NULL));

CREATE POLICY "Workers do everything" ON "private"."job_queue"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."job_queue" TO "service_role";

COMMENT ON COLUMN "private"."job_queue"."attempts" IS 'Leases so far; with the owner it is the fencing token of complete and fail.';

COMMENT ON COLUMN "private"."job_queue"."crashes" IS 'Leases that expired: the worker died or hung.';

COMMENT ON COLUMN "private"."job_queue"."dedupe_key" IS 'At most one living job per kind and key.';

COMMENT ON COLUMN "private"."job_queue"."is_probe" IS 'Last leased while its provider or model was failing: the one call that finds out whether that is over.';

COMMENT ON COLUMN "private"."job_queue"."is_standby" IS 'Leased ahead: not started, and so counted by no cap, until a call of the same worker in the same lane ends and its place passes on. Its cost is reserved.';

COMMENT ON COLUMN "private"."job_queue"."lane" IS 'Within the group: jobs that compete for the same model.';

COMMENT ON COLUMN "private"."job_queue"."priority" IS 'Lower ones first: among jobs without a group, and among the lanes of a group, whose own jobs go by run_at.';

COMMENT ON COLUMN "private"."job_queue"."releases" IS 'Leases that do not count against the attempts that its kind allows: given back unstarted, or lost to an outage of the provider.';

COMMENT ON COLUMN "private"."job_queue"."reservation_usd" IS 'Upper bound of one attempt''s cost, set aside while it is leased.';

COMMENT ON TABLE "private"."job_queue" IS 'Work to do: a row is waiting, leased to a worker, or dead (given up, kept to be looked at). Work that has ended is deleted.';

-- private/tables/judged_runs.sql
CREATE TABLE "private"."judged_runs" (
  "run_id"        bigint                   NOT NULL,
  "owner_id"      uuid                     NOT NULL,
  "suite"         text                     NOT NULL,
  "branch_name"   text                     NOT NULL,
  "run_timestamp" timestamp with time zone NOT NULL,
  "tie"           text                     COLLATE pg_catalog."C" NOT NULL,
  "is_whole"      boolean                  NOT NULL,
  "is_outage"     boolean                  NOT NULL,
  CONSTRAINT "judged_runs_pkey" PRIMARY KEY (run_id),
  CONSTRAINT "judged_runs_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.test_runs(id) ON DELETE CASCADE
);

ALTER TABLE "private"."judged_runs"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX judged_runs_branch_idx ON private.judged_runs USING btree (owner_id, suite, branch_name, run_timestamp, tie);

CREATE INDEX judged_runs_order_idx ON private.judged_runs USING btree (owner_id, suite, run_timestamp, tie);

CREATE POLICY "Workers do everything" ON "private"."judged_runs"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."judged_runs" TO "service_role";

COMMENT ON COLUMN "private"."judged_runs"."is_outage" IS 'True if the run is an outage. Its results then count for no other issue.';

COMMENT ON COLUMN "private"."judged_runs"."is_whole" IS 'True if enough tests ran to decide on an outage.';

COMMENT ON COLUMN "private"."judged_runs"."tie" IS 'Orders runs of the same time by their content, so that the order does not depend on their arrival. It ends with the id, which decides only between equal runs.';

COMMENT ON TABLE "private"."judged_runs" IS 'Complete runs, which the issue detector has processed. It replays them in the order of (run_timestamp, tie), whatever order they arrived in.';

-- private/tables/model_changes.sql
CREATE TABLE "private"."model_changes" (
  "id"         bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "model_id"   text                     NOT NULL,
  "provider"   text                     NOT NULL,
  "kind"       text                     NOT NULL,
  "old"        jsonb,
  "new"        jsonb                    NOT NULL,
  "source"     text                     NOT NULL,
  "created_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "model_changes_kind_check"
    CHECK ((kind = ANY (ARRAY['added'::text, 'price'::text, 'long_context'::text, 'end'::text, 'successor'::text, 'listing'::text, 'facts'::text]))),
  CONSTRAINT "model_changes_pkey" PRIMARY KEY (id),
  CONSTRAINT "model_changes_provider_fkey" FOREIGN KEY (PROVIDER) REFERENCES private.providers(name)
);

ALTER TABLE "private"."model_changes"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX model_changes_created_at_idx ON private.model_changes USING btree (created_at);

CREATE INDEX model_changes_model_id_idx ON private.model_changes USING btree (model_id);

CREATE INDEX model_changes_provider_idx ON private.model_changes USING btree (PROVIDER);

CREATE POLICY "Workers do everything" ON "private"."model_changes"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT INSERT, SELECT ON TABLE "private"."model_changes" TO "service_role";

COMMENT ON COLUMN "private"."model_changes"."kind" IS 'added (waits for approval), price, long_context (price of long inputs), end (retires_at), successor, listing (whether its provider lists it), facts (all else).';

COMMENT ON COLUMN "private"."model_changes"."new" IS 'The same columns after. Prices are USD per token.';

COMMENT ON COLUMN "private"."model_changes"."old" IS 'The columns of models before; null for a model that was added.';

COMMENT ON TABLE "private"."model_changes" IS 'What models-sync changed in models, one row for each model and kind of change.';

-- private/tables/open_chat_turns.sql
CREATE TABLE "private"."open_chat_turns" (
  "question_id"     uuid                     NOT NULL,
  "owner_id"        uuid                     NOT NULL,
  "conversation_id" uuid                     NOT NULL,
  "question"        text                     NOT NULL,
  "begun_at"        timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "open_chat_turns_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "open_chat_turns_pkey" PRIMARY KEY (question_id)
);

ALTER TABLE "private"."open_chat_turns"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX open_chat_turns_owner_id_idx ON private.open_chat_turns USING btree (owner_id);

CREATE POLICY "Workers do everything" ON "private"."open_chat_turns"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT ON TABLE "private"."open_chat_turns" TO "service_role";

COMMENT ON TABLE "private"."open_chat_turns" IS 'Questions without telemetry yet. A row that stays belongs to a question whose function was killed.';

-- private/tables/prompt_run_keys.sql
CREATE TABLE "private"."prompt_run_keys" (
  "owner_id"     uuid                     NOT NULL,
  "key"          text                     NOT NULL,
  "request_hash" text                     NOT NULL,
  "run_id"       uuid                     NOT NULL,
  "created_at"   timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "prompt_run_keys_key_check" CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  CONSTRAINT "prompt_run_keys_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "prompt_run_keys_pkey" PRIMARY KEY (owner_id, key),
  CONSTRAINT "prompt_run_keys_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE
);

ALTER TABLE "private"."prompt_run_keys"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX prompt_run_keys_run_id_idx ON private.prompt_run_keys USING btree (run_id);

CREATE POLICY "Workers do everything" ON "private"."prompt_run_keys"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."prompt_run_keys" TO "service_role";

COMMENT ON TABLE "private"."prompt_run_keys" IS 'Idempotency-Key headers of prompt runs, with the hash of the request body and the run that it opened.';

-- private/tables/provider_circuits.sql
CREATE TABLE "private"."provider_circuits" (
  "provider"     text                     NOT NULL,
  "lane"         text                     NOT NULL DEFAULT ''::text,
  "failures"     integer                  NOT NULL,
  "failed_lanes" text[]                   NOT NULL DEFAULT '{}'::text[],
  "is_open"      boolean                  NOT NULL,
  "is_parked"    boolean                  NOT NULL DEFAULT false,
  "is_costly"    boolean                  NOT NULL DEFAULT false,
  "pauses"       integer                  NOT NULL DEFAULT 0,
  "paused_until" timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp WITH time zone,
  "since"        timestamp with time zone NOT NULL DEFAULT now(),
  "failed_at"    timestamp with time zone NOT NULL DEFAULT now(),
  "reason"       text                     NOT NULL,
  CONSTRAINT "provider_circuits_failures_check" CHECK ((failures > 0)),
  CONSTRAINT "provider_circuits_pauses_check" CHECK ((pauses >= 0)),
  CONSTRAINT "provider_circuits_pkey" PRIMARY KEY (PROVIDER, lane)
);

ALTER TABLE "private"."provider_circuits"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."provider_circuits"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."provider_circuits" TO "service_role";

COMMENT ON COLUMN "private"."provider_circuits"."failed_lanes" IS 'Of a whole provider: the lanes that failed since its last answer.';

COMMENT ON COLUMN "private"."provider_circuits"."failures" IS 'Failures since the last answer.';

COMMENT ON COLUMN "private"."provider_circuits"."is_costly" IS 'A connection broke, or a failure may have been billed: the first pause comes at once, and only the answer to a call that began later closes the circuit.';

COMMENT ON COLUMN "private"."provider_circuits"."is_open" IS 'It may be paused. A provider as a whole opens when a connection fails or two of its models do; a model at once. Either gets one new call at a time even before, until one call is answered.';

COMMENT ON COLUMN "private"."provider_circuits"."is_parked" IS 'The provider refuses our account: pauses are minutes and hours instead of seconds.';

COMMENT ON COLUMN "private"."provider_circuits"."lane" IS 'The model (lane of job_lanes) that fails; empty for the provider as a whole.';

COMMENT ON COLUMN "private"."provider_circuits"."paused_until" IS 'No call before; then one at a time until one is answered.';

COMMENT ON COLUMN "private"."provider_circuits"."pauses" IS 'How many pauses there were: each is twice as long as the one before.';

COMMENT ON COLUMN "private"."provider_circuits"."reason" IS 'Message of the last failure.';

COMMENT ON COLUMN "private"."provider_circuits"."since" IS 'When the first of these failures came in: what a report''s patience counts from.';

COMMENT ON TABLE "private"."provider_circuits" IS 'Circuit breakers: providers, and single models of theirs, whose last calls failed. What answers has no row. Maintained by note_calls.';

-- private/tables/provider_limits.sql
CREATE TABLE "private"."provider_limits" (
  "provider"      text    NOT NULL,
  "max_in_flight" integer NOT NULL,
  CONSTRAINT "provider_limits_max_in_flight_check" CHECK ((max_in_flight > 0)),
  CONSTRAINT "provider_limits_pkey" PRIMARY KEY (PROVIDER)
);

ALTER TABLE "private"."provider_limits"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."provider_limits"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."provider_limits" TO "service_role";

COMMENT ON TABLE "private"."provider_limits" IS 'Calls at once to one provider (base_url_key of models) over all reports.';

-- private/tables/provider_pace.sql
CREATE TABLE "private"."provider_pace" (
  "provider"     text                     NOT NULL,
  "concurrency"  numeric                  NOT NULL,
  "paused_until" timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp WITH time zone,
  "lowered_at"   timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp WITH time zone,
  "changed_at"   timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "provider_pace_concurrency_check" CHECK ((concurrency >= (1)::numeric)),
  CONSTRAINT "provider_pace_pkey" PRIMARY KEY (PROVIDER)
);

ALTER TABLE "private"."provider_pace"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."provider_pace"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."provider_pace" TO "service_role";

COMMENT ON COLUMN "private"."provider_pace"."changed_at" IS 'After five minutes without a call that tells anything the row counts no more.';

COMMENT ON COLUMN "private"."provider_pace"."concurrency" IS 'Calls at once, rounded down.';

COMMENT ON COLUMN "private"."provider_pace"."lowered_at" IS 'When the concurrency was last halved: calls that were under way then are turned away together.';

COMMENT ON COLUMN "private"."provider_pace"."paused_until" IS 'It asked to be left alone until then.';

COMMENT ON TABLE "private"."provider_pace" IS 'What providers that turned calls away take at the moment, below their fixed limit. A provider that takes all has no row.';

-- private/tables/providers.sql
CREATE TABLE "private"."providers" (
  "name"          text                     NOT NULL,
  "is_configured" boolean,
  "tried_at"      timestamp with time zone,
  "listed_at"     timestamp with time zone,
  "error"         text,
  CONSTRAINT "providers_name_check" CHECK ((name ~ '^[a-z]+$'::text)),
  CONSTRAINT "providers_pkey" PRIMARY KEY (name)
);

ALTER TABLE "private"."providers"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER providers_follow_configured
  AFTER UPDATE OF is_configured ON private.providers
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.follow_configured_providers();

CREATE POLICY "Workers do everything" ON "private"."providers"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."providers" TO "service_role";

COMMENT ON COLUMN "private"."providers"."error" IS 'Why it did not answer the last time; null where it did.';

COMMENT ON COLUMN "private"."providers"."is_configured" IS 'Whether the functions have its key and address, as models-sync last saw it; null before its first look.';

COMMENT ON COLUMN "private"."providers"."listed_at" IS 'When it last answered with its list.';

COMMENT ON COLUMN "private"."providers"."tried_at" IS 'When its list was last asked for.';

COMMENT ON TABLE "private"."providers" IS 'Whose endpoints serve models: the list of _shared/models/providers.ts, and when models-sync last read each one''s list of models.';

-- private/tables/queue_settings.sql
CREATE TABLE "private"."queue_settings" (
  "singleton"                  boolean NOT NULL DEFAULT true,
  "max_in_flight_per_lane"     integer NOT NULL DEFAULT 3,
  "max_in_flight_per_group"    integer NOT NULL DEFAULT 10,
  "max_in_flight_per_provider" integer NOT NULL DEFAULT 60,
  "max_workers"                integer NOT NULL DEFAULT 16,
  "lease_seconds"              integer NOT NULL DEFAULT 45,
  "max_crashes"                integer NOT NULL DEFAULT 3,
  "soft_ceiling_usd"           numeric NOT NULL DEFAULT 7,
  "hard_ceiling_usd"           numeric NOT NULL DEFAULT 15,
  CONSTRAINT "queue_settings_check" CHECK ((hard_ceiling_usd >= soft_ceiling_usd)),
  CONSTRAINT "queue_settings_lease_seconds_check" CHECK ((lease_seconds > 0)),
  CONSTRAINT "queue_settings_max_crashes_check" CHECK ((max_crashes > 0)),
  CONSTRAINT "queue_settings_max_in_flight_per_group_check" CHECK ((max_in_flight_per_group > 0)),
  CONSTRAINT "queue_settings_max_in_flight_per_lane_check" CHECK ((max_in_flight_per_lane > 0)),
  CONSTRAINT "queue_settings_max_in_flight_per_provider_check" CHECK ((max_in_flight_per_provider > 0)),
  CONSTRAINT "queue_settings_max_workers_check" CHECK ((max_workers > 0)),
  CONSTRAINT "queue_settings_pkey" PRIMARY KEY (singleton),
  CONSTRAINT "queue_settings_singleton_check" CHECK (singleton),
  CONSTRAINT "queue_settings_soft_ceiling_usd_check" CHECK ((soft_ceiling_usd >= (0)::numeric))
);

ALTER TABLE "private"."queue_settings"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."queue_settings"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."queue_settings" TO "service_role";

COMMENT ON COLUMN "private"."queue_settings"."lease_seconds" IS 'How long a job stays with a worker that has stopped renewing: workers renew every third of it.';

COMMENT ON COLUMN "private"."queue_settings"."max_crashes" IS 'A job that lost this many workers is dead-lettered.';

COMMENT ON COLUMN "private"."queue_settings"."max_in_flight_per_group" IS 'Calls at once of one report.';

COMMENT ON COLUMN "private"."queue_settings"."max_in_flight_per_lane" IS 'Calls at once of one report to one model.';

COMMENT ON COLUMN "private"."queue_settings"."max_in_flight_per_provider" IS 'Calls at once to one provider over all reports, where provider_limits has no row for it.';

COMMENT ON COLUMN "private"."queue_settings"."max_workers" IS 'Chains of worker invocations side by side.';

COMMENT ON TABLE "private"."queue_settings" IS 'The one row of limits. A group copies its limits and ceilings when it is enqueued; the rest is read at every claim.';

-- private/tables/races.sql
CREATE TABLE "private"."races" (
  "report_id"       uuid      NOT NULL,
  "looks"           integer[] NOT NULL,
  "image_order"     integer[] NOT NULL,
  "released_images" integer   NOT NULL,
  CONSTRAINT "races_check" CHECK (((released_images >= 1) AND (released_images <= cardinality(image_order)))),
  CONSTRAINT "races_looks_check" CHECK ((cardinality(looks) > 0)),
  CONSTRAINT "races_pkey" PRIMARY KEY (report_id),
  CONSTRAINT "races_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "private"."races"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."races"
  ADD COLUMN "held_runs" private.counter NOT NULL;

CREATE POLICY "Workers do everything" ON "private"."races"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."races" TO "service_role";

COMMENT ON COLUMN "private"."races"."held_runs" IS 'Runs of the other images that still wait.';

COMMENT ON COLUMN "private"."races"."image_order" IS 'The images'' indexes in the order in which they are released. Drawn by chance, so that images uploaded by kind come mixed; stored, so that every look sees the same order.';

COMMENT ON COLUMN "private"."races"."looks" IS 'After how many images models may be stopped, ascending.';

COMMENT ON COLUMN "private"."races"."released_images" IS 'Runs of so many images, the first of that order, have or had jobs.';

COMMENT ON TABLE "private"."races" IS 'One row for each paid report that races: how far its images are released. Runs of later images are queued in benchmark_runs and have no job yet.';

-- private/tables/rescored_runs.sql
CREATE TABLE "private"."rescored_runs" (
  "report_id" uuid  NOT NULL,
  "run_id"    uuid  NOT NULL,
  "scores"    jsonb NOT NULL,
  CONSTRAINT "rescored_runs_pkey" PRIMARY KEY (report_id, run_id),
  CONSTRAINT "rescored_runs_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "private"."rescored_runs"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."rescored_runs"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."rescored_runs" TO "service_role";

COMMENT ON TABLE "private"."rescored_runs" IS 'New scores of runs whose scores change, for a report that is being rescored. They are not shown until the revision is complete and they move to benchmark_runs.';

-- private/tables/run_model_latencies.sql
CREATE TABLE "private"."run_model_latencies" (
  "run_model_id" uuid     NOT NULL,
  "bucket"       smallint NOT NULL,
  "calls"        integer  NOT NULL,
  CONSTRAINT "run_model_latencies_pkey" PRIMARY KEY (run_model_id, bucket),
  CONSTRAINT "run_model_latencies_run_model_id_fkey" FOREIGN KEY (run_model_id) REFERENCES public.run_models(id) ON DELETE CASCADE
);

ALTER TABLE "private"."run_model_latencies"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."run_model_latencies"
  SET (fillfactor=70);

CREATE POLICY "Workers do everything" ON "private"."run_model_latencies"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."run_model_latencies" TO "service_role";

COMMENT ON COLUMN "private"."run_model_latencies"."bucket" IS 'Bucket n holds latencies above e^((n - 1) / 50) ms and up to e^(n / 50) ms.';

COMMENT ON TABLE "private"."run_model_latencies" IS 'Histogram of latencies of a run''s model over completed calls that were not cached. It gives percentiles, accurate to 1 %, without reading the cells.';

-- private/tables/stripe_events.sql
CREATE TABLE "private"."stripe_events" (
  "id"             text                     NOT NULL,
  "type"           text                     NOT NULL,
  "created"        timestamp with time zone NOT NULL,
  "report_id"      uuid,
  "payment_intent" text,
  "outcome"        text                     NOT NULL,
  "payload"        jsonb                    NOT NULL,
  "received_at"    timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "stripe_events_pkey" PRIMARY KEY (id),
  CONSTRAINT "stripe_events_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE SET NULL
);

ALTER TABLE "private"."stripe_events"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX stripe_events_refund_idx ON private.stripe_events USING btree (payment_intent)
  WHERE (TYPE = 'charge.refunded'::text);

CREATE INDEX stripe_events_report_id_idx ON private.stripe_events USING btree (report_id);

CREATE POLICY "Workers do everything" ON "private"."stripe_events"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."stripe_events" TO "service_role";

COMMENT ON TABLE "private"."stripe_events" IS 'Each Stripe event once, with what was done about it.';

-- private/tables/tracking_horizons.sql
CREATE TABLE "private"."tracking_horizons" (
  "owner_id"      uuid                     NOT NULL,
  "suite"         text                     NOT NULL,
  "run_timestamp" timestamp with time zone NOT NULL,
  "tie"           text                     COLLATE pg_catalog."C" NOT NULL,
  "is_pruning"    boolean                  NOT NULL DEFAULT false,
  CONSTRAINT "tracking_horizons_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "tracking_horizons_pkey" PRIMARY KEY (owner_id, suite)
);

ALTER TABLE "private"."tracking_horizons"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."tracking_horizons"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."tracking_horizons" TO "service_role";

COMMENT ON COLUMN "private"."tracking_horizons"."is_pruning" IS 'True while retention deletes runs in this transaction, whose effect the baselines already have. Never true for other transactions.';

COMMENT ON TABLE "private"."tracking_horizons" IS 'Last run of each suite that retention has deleted.';

-- private/tables/tracking_settings.sql
CREATE TABLE "private"."tracking_settings" (
  "singleton"               boolean NOT NULL DEFAULT true,
  "keep_runs"               integer NOT NULL DEFAULT 100,
  "clean_runs"              integer NOT NULL DEFAULT 5,
  "outage_share"            numeric NOT NULL DEFAULT 0.8,
  "outage_tests"            integer NOT NULL DEFAULT 5,
  "watch"                   text    NOT NULL DEFAULT 'changed'::text,
  "watch_ceiling_usd"       numeric NOT NULL DEFAULT 1,
  "watch_daily_ceiling_usd" numeric NOT NULL DEFAULT 10,
  CONSTRAINT "tracking_settings_clean_runs_check" CHECK ((clean_runs > 0)),
  CONSTRAINT "tracking_settings_keep_runs_check" CHECK ((keep_runs > 0)),
  CONSTRAINT "tracking_settings_outage_share_check" CHECK (((outage_share > (0)::numeric) AND (outage_share <= (1)::numeric))),
  CONSTRAINT "tracking_settings_outage_tests_check" CHECK ((outage_tests > 0)),
  CONSTRAINT "tracking_settings_pkey" PRIMARY KEY (singleton),
  CONSTRAINT "tracking_settings_singleton_check" CHECK (singleton),
  CONSTRAINT "tracking_settings_watch_ceiling_usd_check" CHECK ((watch_ceiling_usd >= (0)::numeric)),
  CONSTRAINT "tracking_settings_watch_check" CHECK ((watch = ANY (ARRAY['changed'::text, 'all'::text, 'none'::text]))),
  CONSTRAINT "tracking_settings_watch_daily_ceiling_usd_check" CHECK ((watch_daily_ceiling_usd >= (0)::numeric))
);

ALTER TABLE "private"."tracking_settings"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Workers do everything" ON "private"."tracking_settings"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."tracking_settings" TO "service_role";

COMMENT ON COLUMN "private"."tracking_settings"."clean_runs" IS 'Number of consecutive runs of a branch without an issue after which it is resolved there.';

COMMENT ON COLUMN "private"."tracking_settings"."keep_runs" IS 'Number of runs of a suite that retention keeps.';

COMMENT ON COLUMN "private"."tracking_settings"."outage_share" IS 'Share of failures (0-1) among the tests that ran from which a run is an outage: one issue instead of one per failure.';

COMMENT ON COLUMN "private"."tracking_settings"."outage_tests" IS 'Smallest number of tests that ran for a run to be an outage.';

COMMENT ON COLUMN "private"."tracking_settings"."watch" IS 'Results that the watcher reviews: changed (failed, or another status than in the run before on the branch), all or none.';

COMMENT ON COLUMN "private"."tracking_settings"."watch_ceiling_usd" IS 'USD that the watcher may spend on one run of tests.';

COMMENT ON COLUMN "private"."tracking_settings"."watch_daily_ceiling_usd" IS 'USD that the watcher may spend on one owner in 24 hours. Owners choose the model, but the project pays for it.';

COMMENT ON TABLE "private"."tracking_settings" IS 'Settings of test tracking, in one row. A change applies to runs that arrive from then on. A late run replays its issues with the new settings.';

-- private/tables/watched_runs.sql
CREATE TABLE "private"."watched_runs" (
  "group_id"      uuid    NOT NULL DEFAULT gen_random_uuid(),
  "run_id"        bigint,
  "owner_id"      uuid    NOT NULL,
  "provider"      text    NOT NULL,
  "model"         text    NOT NULL,
  "is_structured" boolean NOT NULL,
  "price_id"      bigint  NOT NULL,
  CONSTRAINT "watched_runs_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "watched_runs_pkey" PRIMARY KEY (group_id),
  CONSTRAINT "watched_runs_run_id_key" UNIQUE (run_id),
  CONSTRAINT "watched_runs_price_id_fkey" FOREIGN KEY (price_id) REFERENCES public.model_prices(id),
  CONSTRAINT "watched_runs_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.test_runs(id) ON DELETE SET NULL
);

ALTER TABLE "private"."watched_runs"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."watched_runs"
  ADD COLUMN "unjudged" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "private"."watched_runs"
  ADD COLUMN "unjudged_for" text;

ALTER TABLE "private"."watched_runs"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

CREATE INDEX watched_runs_owner_id_idx ON private.watched_runs USING btree (owner_id, created_at DESC);

CREATE INDEX watched_runs_price_id_idx ON private.watched_runs USING btree (price_id);

CREATE TRIGGER watched_runs_forget_all
  AFTER DELETE ON private.watched_runs
  FOR EACH ROW
  EXECUTE FUNCTION private.forget_watched_run();

CREATE TRIGGER watched_runs_forget
  AFTER UPDATE OF run_id ON private.watched_runs
  FOR EACH ROW
  WHEN (((old.run_id IS NOT NULL) AND (new.run_id IS NULL)))
  EXECUTE FUNCTION private.forget_watched_run();

CREATE POLICY "Workers do everything" ON "private"."watched_runs"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."watched_runs" TO "service_role";

COMMENT ON COLUMN "private"."watched_runs"."is_structured" IS 'True if the models answer can be constrained to a schema.';

COMMENT ON COLUMN "private"."watched_runs"."price_id" IS 'Price of the model when the run ended.';

COMMENT ON COLUMN "private"."watched_runs"."provider" IS 'Name of the providers endpoint that serves the model: base_url_key of models.';

COMMENT ON COLUMN "private"."watched_runs"."unjudged" IS 'Number of results that will not get a review although they should.';

COMMENT ON COLUMN "private"."watched_runs"."unjudged_for" IS 'Reason for the last one of them.';

COMMENT ON TABLE "private"."watched_runs" IS 'Runs with reviews by a watcher, each with its group of jobs. Rows outlive their runs, so that deleting runs does not raise the daily ceiling.';

-- private/tables/worker_chains.sql
CREATE TABLE "private"."worker_chains" (
  "id"            bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "function_name" text                     NOT NULL,
  "group_id"      uuid,
  "worker_id"     uuid                     NOT NULL,
  "invocations"   integer                  NOT NULL DEFAULT 1,
  "started_at"    timestamp with time zone NOT NULL DEFAULT now(),
  "last_seen_at"  timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "worker_chains_invocations_check" CHECK ((invocations > 0)),
  CONSTRAINT "worker_chains_pkey" PRIMARY KEY (id),
  CONSTRAINT "worker_chains_worker_id_key" UNIQUE (worker_id)
);

ALTER TABLE "private"."worker_chains"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX worker_chains_last_seen_at_idx ON private.worker_chains USING btree (last_seen_at);

CREATE POLICY "Workers do everything" ON "private"."worker_chains"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."worker_chains" TO "service_role";

COMMENT ON COLUMN "private"."worker_chains"."group_id" IS 'The report the chain serves; null where it serves any.';

COMMENT ON COLUMN "private"."worker_chains"."worker_id" IS 'The invocation that came last.';

COMMENT ON TABLE "private"."worker_chains" IS 'Worker invocations that followed one another, of the last 30 days: each invoked by the one before, or by the sweep where that one had died.';

-- private/tables/worker_leases.sql
CREATE TABLE "private"."worker_leases" (
  "id"            uuid                     NOT NULL,
  "function_name" text                     NOT NULL,
  "group_id"      uuid,
  "started_at"    timestamp with time zone NOT NULL DEFAULT now(),
  "ends_at"       timestamp with time zone NOT NULL,
  "expires_at"    timestamp with time zone NOT NULL,
  CONSTRAINT "worker_leases_pkey" PRIMARY KEY (id)
);

ALTER TABLE "private"."worker_leases"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER worker_leases_count
  AFTER INSERT OR DELETE ON private.worker_leases
  FOR EACH ROW
  EXECUTE FUNCTION private.count_worker();

CREATE POLICY "Workers do everything" ON "private"."worker_leases"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."worker_leases" TO "service_role";

COMMENT ON TABLE "private"."worker_leases" IS 'Worker invocations that are alive: they renew expires_at, never past ends_at.';

-- public/tables/benchmark_drafts.sql
CREATE TABLE "public"."benchmark_drafts" (
  "id"               uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "name"             text                     NOT NULL DEFAULT ''::text,
  "upload_data"      jsonb                    NOT NULL DEFAULT '{"images": []}'::jsonb,
  "prompt"           text                     NOT NULL DEFAULT ''::text,
  "json_schema"      jsonb                    NOT NULL DEFAULT '{}'::jsonb,
  "model_ids"        text[]                   NOT NULL DEFAULT '{}'::text[],
  "priorities"       text[]                   NOT NULL DEFAULT ARRAY['accuracy'::text,
  'cost'::text,
  'speed'::text],
  "runs_per_model"   integer                  NOT NULL DEFAULT 3,
  "minimum_accuracy" double precision         NOT NULL DEFAULT 50,
  "created_at"       timestamp with time zone NOT NULL DEFAULT now(),
  "updated_at"       timestamp with time zone NOT NULL DEFAULT now(),
  "strategy"         text                     NOT NULL DEFAULT 'full'::text,
  CONSTRAINT "benchmark_drafts_json_schema_check" CHECK ((jsonb_typeof(json_schema) = 'object'::text)),
  CONSTRAINT "benchmark_drafts_minimum_accuracy_check" CHECK (((minimum_accuracy >= (0)::double precision) AND (minimum_accuracy <= (100)::double precision))),
  CONSTRAINT "benchmark_drafts_model_ids_check" CHECK ((cardinality(model_ids) <= 12)),
  CONSTRAINT "benchmark_drafts_name_check" CHECK ((length(name) <= 200)),
  CONSTRAINT "benchmark_drafts_pkey" PRIMARY KEY (id),
  CONSTRAINT "benchmark_drafts_priorities_check" CHECK (((priorities @> ARRAY['accuracy'::text, 'cost'::text, 'speed'::text]) AND (array_length(priorities, 1) = 3))),
  CONSTRAINT "benchmark_drafts_prompt_check" CHECK ((length(prompt) <= 20000)),
  CONSTRAINT "benchmark_drafts_runs_per_model_check" CHECK (((runs_per_model >= 1) AND (runs_per_model <= 10))),
  CONSTRAINT "benchmark_drafts_strategy_check" CHECK ((strategy = ANY (ARRAY['full'::text, 'race'::text]))),
  CONSTRAINT "benchmark_drafts_upload_data_check" CHECK ((NOT (jsonb_typeof((upload_data -> 'images'::text)) IS DISTINCT FROM 'array'::text))),
  "owner_id"         uuid                     NOT NULL DEFAULT auth.uid(),
  CONSTRAINT "benchmark_drafts_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE
);

ALTER TABLE "public"."benchmark_drafts"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER benchmark_drafts_touch
  BEFORE UPDATE ON public.benchmark_drafts
  FOR EACH ROW
  EXECUTE FUNCTION private.touch_updated_at();

CREATE INDEX benchmark_drafts_owner_id_idx ON public.benchmark_drafts USING btree (owner_id, created_at DESC);

CREATE POLICY "Owners add drafts" ON "public"."benchmark_drafts"
  FOR INSERT
  TO "authenticated"
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners change their drafts" ON "public"."benchmark_drafts"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners delete their drafts" ON "public"."benchmark_drafts"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their drafts" ON "public"."benchmark_drafts"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."benchmark_drafts"."minimum_accuracy" IS 'Percent of the fields. A model is recommended only if it read more of them right; at 100, all of them.';

COMMENT ON COLUMN "public"."benchmark_drafts"."model_ids" IS 'Contestants: ids of models, each alone or with # and the effort to think with, as openai/gpt-6-luna#high.';

COMMENT ON COLUMN "public"."benchmark_drafts"."priorities" IS 'accuracy, cost and speed, the most important first.';

COMMENT ON COLUMN "public"."benchmark_drafts"."strategy" IS 'full: every model reads every image. race: in batches of images, and models that fall far behind stop early.';

COMMENT ON COLUMN "public"."benchmark_drafts"."upload_data" IS '{"images": [{"path": "<owner id>/…", "expected": {…}}]}; paths in the bucket benchmark-images.';

COMMENT ON TABLE "public"."benchmark_drafts" IS 'What a customer is about to order: images, expected JSON, prompt, schema, models, priorities. Editable until checkout freezes a copy.';

REVOKE ALL ON TABLE "public"."benchmark_drafts" FROM "authenticated";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."benchmark_drafts" TO "authenticated";

REVOKE ALL ON TABLE "public"."benchmark_drafts" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."benchmark_drafts" TO "service_role";

REVOKE ALL ON TABLE "public"."benchmark_drafts" FROM "anon";

-- public/tables/benchmark_run_scores.sql
CREATE TABLE "public"."benchmark_run_scores" (
  "report_id" uuid    NOT NULL,
  "run_id"    uuid    NOT NULL,
  "revision"  integer NOT NULL,
  "owner_id"  uuid    NOT NULL,
  "scores"    jsonb   NOT NULL,
  CONSTRAINT "benchmark_run_scores_pkey" PRIMARY KEY (report_id, run_id, revision),
  CONSTRAINT "benchmark_run_scores_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."benchmark_run_scores"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX benchmark_run_scores_owner_id_idx ON public.benchmark_run_scores USING btree (owner_id);

CREATE POLICY "Owners read their runs' earlier scores" ON "public"."benchmark_run_scores"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."benchmark_run_scores"."owner_id" IS 'Owner of the report, repeated here so that the policy needs no join.';

COMMENT ON COLUMN "public"."benchmark_run_scores"."scores" IS 'Columns of benchmark_runs that scoring writes: output_json, is_valid_json, exact_match, field_accuracy, field_errors, score, error_kind, error_message.';

COMMENT ON TABLE "public"."benchmark_run_scores" IS 'Earlier scores of runs. A row holds the scores of its revision and of earlier ones, back to the next older row. Only scores that a later revision changed have a row, so that unchanged ones take no space.';

REVOKE ALL ON TABLE "public"."benchmark_run_scores" FROM "authenticated";

GRANT SELECT ON TABLE "public"."benchmark_run_scores" TO "authenticated";

REVOKE ALL ON TABLE "public"."benchmark_run_scores" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."benchmark_run_scores" TO "service_role";

REVOKE ALL ON TABLE "public"."benchmark_run_scores" FROM "anon";

-- public/tables/benchmark_runs.sql
CREATE TABLE "public"."benchmark_runs" (
  "id"        uuid NOT NULL DEFAULT gen_random_uuid(),
  "report_id" uuid NOT NULL,
  "owner_id"  uuid NOT NULL,
  "model_id"  text NOT NULL,
  CONSTRAINT "benchmark_runs_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "benchmark_runs_pkey" PRIMARY KEY (id),
  CONSTRAINT "benchmark_runs_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."benchmark_runs"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."benchmark_runs"
  SET (fillfactor=60);

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "image_index" private.counter NOT NULL;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "repeat_index" private.counter NOT NULL;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "status" private.run_status NOT NULL DEFAULT 'queued'::text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "output_json" jsonb;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "raw_output" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "is_valid_json" boolean;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "exact_match" boolean;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "field_accuracy" private.percentage;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "field_errors" jsonb;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "response_time_ms" private.counter;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "input_tokens" private.counter;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "output_tokens" private.counter;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "cached_tokens" private.counter;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "reasoning_tokens" private.counter;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "served_model" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "served_provider" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "provider_request_id" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "served_other" boolean NOT NULL DEFAULT false;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "schema_regime" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "request_change" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "estimated_cost" private.usd NOT NULL;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "actual_cost" private.usd;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "attempts" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "error_message" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "skip_reason" text;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "started_at" timestamp WITH time zone;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "completed_at" timestamp WITH time zone;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "score" jsonb;

ALTER TABLE "public"."benchmark_runs"
  ADD COLUMN "error_kind" text;

ALTER TABLE "public"."benchmark_runs"
  ADD CONSTRAINT "benchmark_runs_check" CHECK ((((status)::text = 'skipped'::text) = (skip_reason IS NOT NULL)));

ALTER TABLE "public"."benchmark_runs"
  ADD CONSTRAINT "benchmark_runs_field_errors_check" CHECK ((jsonb_typeof(field_errors) = 'array'::text));

ALTER TABLE "public"."benchmark_runs"
  ADD CONSTRAINT "benchmark_runs_report_id_model_id_image_index_repeat_index_key" UNIQUE (report_id, model_id, image_index, repeat_index);

ALTER TABLE "public"."benchmark_runs"
  ADD CONSTRAINT "benchmark_runs_request_change_check"
    CHECK ((request_change = ANY (ARRAY['schema_in_prompt'::text, 'lower_limit'::text, 'higher_limit'::text, 'renamed_limit'::text, 'image_as_bytes'::text])));

ALTER TABLE "public"."benchmark_runs"
  ADD CONSTRAINT "benchmark_runs_schema_regime_check" CHECK ((schema_regime = ANY (ARRAY['strict'::text, 'reduced'::text, 'prompt'::text])));

CREATE INDEX benchmark_runs_owner_id_idx ON public.benchmark_runs USING btree (owner_id);

CREATE TRIGGER benchmark_runs_keep_deleted
  AFTER DELETE ON public.benchmark_runs REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.keep_figures();

CREATE TRIGGER benchmark_runs_keep_inserted
  AFTER INSERT ON public.benchmark_runs REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.keep_figures();

CREATE TRIGGER benchmark_runs_keep_updated
  AFTER UPDATE ON public.benchmark_runs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.keep_figures();

CREATE POLICY "Owners, and visitors with its token, read a report's runs" ON "public"."benchmark_runs"
  FOR SELECT
  TO "authenticated"
  USING (((owner_id = ( SELECT auth.uid() AS uid)) OR (report_id = ( SELECT private.presented_report() AS presented_report))));

CREATE POLICY "Visitors with its token read a report's runs" ON "public"."benchmark_runs"
  FOR SELECT
  TO "anon"
  USING ((report_id = ( SELECT private.presented_report() AS presented_report)));

COMMENT ON COLUMN "public"."benchmark_runs"."actual_cost" IS 'USD of the call that ended the run, as the provider reported it, or from its tokens and the frozen prices; with that of the call before it where our token limit ended that one. What other calls of the run cost stands in the report''s total alone.';

COMMENT ON COLUMN "public"."benchmark_runs"."error_kind" IS 'Of a complete run, why there is no answer (everything is missing): no_json, refusal, filtered, cut_off (at the model''s own limit of tokens), empty, timeout, or rejected where the model cannot take the request. Of a failed one, why there is no result: outage, unavailable (no such model for us), no_access (no valid key or no credit), schema_refused, parameter_refused or image_unreadable (the provider does not take what we sent), cut_by_limit (our limit of tokens ended the answer, also the raised one), fault.';

COMMENT ON COLUMN "public"."benchmark_runs"."estimated_cost" IS 'USD predicted at checkout.';

COMMENT ON COLUMN "public"."benchmark_runs"."field_accuracy" IS 'Percentage (0-100) of right leaf fields among all expected and all extra ones, relaxed: C / (C + W + M + X).';

COMMENT ON COLUMN "public"."benchmark_runs"."field_errors" IS '[{"fieldPath", "expected", "actual"}], with "formatOnly": true where the value is right and only written otherwise.';

COMMENT ON COLUMN "public"."benchmark_runs"."model_id" IS 'The contestant, as in the report''s snapshot: a model''s id, or one with # and an effort behind it. No foreign key, for a model may be withdrawn later.';

COMMENT ON COLUMN "public"."benchmark_runs"."owner_id" IS 'Owner of the report, repeated here so that the policy needs no join.';

COMMENT ON COLUMN "public"."benchmark_runs"."provider_request_id" IS 'The provider''s id of the last call, for its support.';

COMMENT ON COLUMN "public"."benchmark_runs"."reasoning_tokens" IS 'Part of output_tokens, spent on thinking; null where the provider does not say.';

COMMENT ON COLUMN "public"."benchmark_runs"."request_change" IS 'What was changed in the request since the provider refused it, or our limit ended the answer: the schema went into the prompt alone, the token limit was lowered to what is allowed, raised or called by its other name, or the image was sent as bytes.';

COMMENT ON COLUMN "public"."benchmark_runs"."schema_regime" IS 'How the model was held to the schema: strict, the provider enforces all of it; reduced, a part; prompt, it only stands in the prompt, as it does in every case.';

COMMENT ON COLUMN "public"."benchmark_runs"."score" IS '{"strict": {"correct", "wrong", "missing", "extra"}, "relaxed": the same, "formatOnly": count, "anls": 0-100}.';

COMMENT ON COLUMN "public"."benchmark_runs"."served_model" IS 'Model that answered, by the name that the answer gave it.';

COMMENT ON COLUMN "public"."benchmark_runs"."served_other" IS 'Whether a model other than the one asked for answered: the run is no result of model_id.';

COMMENT ON COLUMN "public"."benchmark_runs"."served_provider" IS 'Company behind an aggregator such as OpenRouter that ran the model.';

COMMENT ON TABLE "public"."benchmark_runs" IS 'One model on one image once. Written as the run ends, by the transaction that also settles its cost.';

REVOKE ALL ON TABLE "public"."benchmark_runs" FROM "anon";

GRANT SELECT ON TABLE "public"."benchmark_runs" TO "anon";

REVOKE ALL ON TABLE "public"."benchmark_runs" FROM "authenticated";

GRANT SELECT ON TABLE "public"."benchmark_runs" TO "authenticated";

REVOKE ALL ON TABLE "public"."benchmark_runs" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."benchmark_runs" TO "service_role";

-- public/tables/chat_conversations.sql
CREATE TABLE "public"."chat_conversations" (
  "id"              uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "owner_id"        uuid                     NOT NULL,
  "title"           text                     NOT NULL,
  "created_at"      timestamp with time zone NOT NULL DEFAULT now(),
  "last_message_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "chat_conversations_id_owner_id_key" UNIQUE (id, owner_id),
  CONSTRAINT "chat_conversations_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "chat_conversations_pkey" PRIMARY KEY (id),
  CONSTRAINT "chat_conversations_title_check" CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);

ALTER TABLE "public"."chat_conversations"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX chat_conversations_owner_id_idx ON public.chat_conversations USING btree (owner_id, last_message_at DESC);

CREATE POLICY "Owners delete their conversations" ON "public"."chat_conversations"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their conversations" ON "public"."chat_conversations"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners rename their conversations" ON "public"."chat_conversations"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."chat_conversations"."title" IS 'The first question, shortened, until the owner renames it.';

COMMENT ON TABLE "public"."chat_conversations" IS 'Conversations of users with the chat about their own data. The first question creates one; owners list, rename and delete them.';

REVOKE ALL ON TABLE "public"."chat_conversations" FROM "authenticated";

REVOKE ALL ("title") ON TABLE "public"."chat_conversations" FROM "authenticated";

GRANT UPDATE ("title") ON TABLE "public"."chat_conversations" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."chat_conversations" TO "authenticated";

REVOKE ALL ON TABLE "public"."chat_conversations" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."chat_conversations" TO "service_role";

REVOKE ALL ON TABLE "public"."chat_conversations" FROM "anon";

-- public/tables/chat_messages.sql
CREATE TABLE "public"."chat_messages" (
  "id"              uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "conversation_id" uuid                     NOT NULL,
  "owner_id"        uuid                     NOT NULL,
  "role"            text                     NOT NULL,
  "content"         text                     NOT NULL,
  "sql"             text,
  "rows"            jsonb,
  "follow_ups"      jsonb,
  "response_id"     text,
  "created_at"      timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "chat_messages_check" CHECK (((role = 'assistant'::text) OR (num_nonnulls(sql, rows, follow_ups, response_id) = 0))),
  CONSTRAINT "chat_messages_content_check" CHECK ((length(content) <= 100000)),
  CONSTRAINT "chat_messages_conversation_id_owner_id_fkey" FOREIGN KEY (conversation_id, owner_id) REFERENCES public.chat_conversations(id, owner_id) ON DELETE CASCADE,
  CONSTRAINT "chat_messages_follow_ups_check" CHECK ((jsonb_typeof(follow_ups) = 'array'::text)),
  CONSTRAINT "chat_messages_pkey" PRIMARY KEY (id),
  CONSTRAINT "chat_messages_role_check" CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text])))
);

ALTER TABLE "public"."chat_messages"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX chat_messages_conversation_id_idx ON public.chat_messages USING btree (conversation_id, owner_id, created_at);

CREATE INDEX chat_messages_owner_id_idx ON public.chat_messages USING btree (owner_id, created_at);

CREATE POLICY "Owners read their messages" ON "public"."chat_messages"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."chat_messages"."follow_ups" IS '["question", …] suggested after the answer.';

COMMENT ON COLUMN "public"."chat_messages"."owner_id" IS 'Owner of the conversation, repeated so that the policy needs no join; the foreign key keeps both equal.';

COMMENT ON COLUMN "public"."chat_messages"."response_id" IS 'The provider''s id of the answer.';

COMMENT ON COLUMN "public"."chat_messages"."rows" IS 'Result of the statement as the client received it.';

COMMENT ON COLUMN "public"."chat_messages"."sql" IS 'Statement that found the rows of the answer; null if nothing was looked up.';

COMMENT ON TABLE "public"."chat_messages" IS 'Questions and answers. Only the function chat writes them.';

REVOKE ALL ON TABLE "public"."chat_messages" FROM "authenticated";

GRANT SELECT ON TABLE "public"."chat_messages" TO "authenticated";

REVOKE ALL ON TABLE "public"."chat_messages" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."chat_messages" TO "service_role";

REVOKE ALL ON TABLE "public"."chat_messages" FROM "anon";

-- public/tables/chat_telemetry_log.sql
CREATE TABLE "public"."chat_telemetry_log" (
  "log_id"                          uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "user_id"                         uuid                     NOT NULL,
  "conversation_id"                 uuid,
  "response_id"                     text,
  "created_at"                      timestamp with time zone NOT NULL DEFAULT now(),
  "user_question"                   text                     NOT NULL,
  "ai_response"                     text,
  "generated_sql"                   text,
  "sql_fingerprint"                 text,
  "result_row_count"                integer,
  "follow_up_suggestions"           jsonb,
  "error_type"                      text,
  "error_message"                   text,
  "failed_step"                     text,
  "is_off_topic"                    boolean                  NOT NULL DEFAULT false,
  "sql_model"                       text,
  "response_model"                  text,
  "nl_to_sql_duration_ms"           integer,
  "sql_execution_duration_ms"       integer,
  "response_generation_duration_ms" integer,
  "ttfb_ms"                         integer,
  "sql_input_tokens"                integer,
  "sql_output_tokens"               integer,
  "sql_cached_tokens"               integer,
  "response_input_tokens"           integer,
  "response_output_tokens"          integer,
  "response_cached_tokens"          integer,
  "sql_shape_hash"                  text,
  "sql_price_id"                    bigint,
  "response_price_id"               bigint,
  "cost_usd"                        numeric,
  CONSTRAINT "chat_telemetry_log_conversation_id_fkey" FOREIGN KEY (conversation_id) REFERENCES public.chat_conversations(id) ON DELETE SET NULL,
  CONSTRAINT "chat_telemetry_log_error_type_check"
    CHECK ((error_type = ANY (ARRAY['sql_generation'::text, 'sql_validation'::text, 'sql_execution'::text, 'response_generation'::text, 'unexpected'::text]))),
  CONSTRAINT "chat_telemetry_log_failed_step_check" CHECK ((failed_step = ANY (ARRAY['understanding'::text, 'looking_up'::text, 'response'::text]))),
  CONSTRAINT "chat_telemetry_log_pkey" PRIMARY KEY (log_id),
  CONSTRAINT "chat_telemetry_log_user_id_fkey" FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
);

ALTER TABLE "public"."chat_telemetry_log"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX chat_telemetry_log_conversation_id_idx ON public.chat_telemetry_log USING btree (conversation_id);

CREATE INDEX idx_chat_telemetry_created_at ON public.chat_telemetry_log USING btree (created_at DESC);

CREATE INDEX idx_chat_telemetry_error ON public.chat_telemetry_log USING btree (error_type)
  WHERE (error_type IS NOT NULL);

CREATE INDEX idx_chat_telemetry_fingerprint ON public.chat_telemetry_log USING btree (sql_fingerprint)
  WHERE (sql_fingerprint IS NOT NULL);

CREATE INDEX idx_chat_telemetry_user_id ON public.chat_telemetry_log USING btree (user_id, created_at DESC);

CREATE TRIGGER chat_telemetry_log_complete_correction
  BEFORE UPDATE OF generated_sql,
    sql_model,
    response_model, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens, response_output_tokens, response_cached_tokens ON public.chat_telemetry_log
  FOR EACH ROW
  EXECUTE FUNCTION private.complete_chat_telemetry();

CREATE TRIGGER chat_telemetry_log_complete
  BEFORE INSERT ON public.chat_telemetry_log
  FOR EACH ROW
  EXECUTE FUNCTION private.complete_chat_telemetry();

CREATE TRIGGER chat_telemetry_log_forget
  AFTER TRUNCATE ON public.chat_telemetry_log
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.forget_chat_telemetry();

CREATE TRIGGER chat_telemetry_log_note_changed
  AFTER DELETE OR UPDATE OF generated_sql,
    created_at,
    user_id,
    sql_fingerprint,
    error_type,
    failed_step,
    is_off_topic,
    sql_model,
    response_model,
    result_row_count,
    nl_to_sql_duration_ms,
    sql_execution_duration_ms,
    response_generation_duration_ms,
    ttfb_ms,
    sql_input_tokens,
    sql_output_tokens,
    sql_cached_tokens, response_input_tokens, response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd ON public.chat_telemetry_log
  FOR EACH ROW
  EXECUTE FUNCTION private.note_changed_chat_telemetry();

CREATE TRIGGER chat_telemetry_log_note_new
  AFTER INSERT ON public.chat_telemetry_log REFERENCING NEW TABLE AS gained
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.note_new_chat_telemetry();

CREATE POLICY "Workers do everything" ON "public"."chat_telemetry_log"
  FOR ALL
  TO "service_role"
  USING (true)
  WITH CHECK (true);

COMMENT ON COLUMN "public"."chat_telemetry_log"."cost_usd" IS 'USD of both steps, set on insert. Null if no tokens were counted or a step with tokens has no price: an unknown cost is not zero.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."nl_to_sql_duration_ms" IS 'Time of the calls that wrote the statement, including a second attempt.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."response_cached_tokens" IS 'Part of response_input_tokens.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."response_id" IS 'The provider''s id of the answer.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."response_price_id" IS 'Row of model_prices for the response step; null if it has no tokens or its model has no price.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."result_row_count" IS 'Rows of the result after it was cut to the limits.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."sql_cached_tokens" IS 'Part of sql_input_tokens.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."sql_fingerprint" IS 'md5 of the generated SQL in lower case with its white space collapsed, set on insert.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."sql_price_id" IS 'Row of model_prices for the SQL step; null if it has no tokens or its model has no price.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."sql_shape_hash" IS 'SHA-256 of the parse tree without constants: equal for the same question about other dates and names.';

COMMENT ON COLUMN "public"."chat_telemetry_log"."ttfb_ms" IS 'From the request to the first byte of the answer''s text.';

COMMENT ON TABLE "public"."chat_telemetry_log" IS 'One row per question to the chat, including failed, off-topic and aborted ones. service_role writes it after the answer. Columns of steps that were not reached are null.';

REVOKE ALL ON TABLE "public"."chat_telemetry_log" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."chat_telemetry_log" TO "service_role";

REVOKE ALL ON TABLE "public"."chat_telemetry_log" FROM "anon", "authenticated";

-- public/tables/dataset_rows.sql
CREATE TABLE "public"."dataset_rows" (
  "dataset_id" uuid NOT NULL,
  CONSTRAINT "dataset_rows_dataset_id_fkey" FOREIGN KEY (dataset_id) REFERENCES public.datasets(id) ON DELETE CASCADE
);

ALTER TABLE "public"."dataset_rows"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."dataset_rows"
  ADD COLUMN "row_index" private.counter NOT NULL;

ALTER TABLE "public"."dataset_rows"
  ADD COLUMN "data_json" jsonb NOT NULL;

ALTER TABLE "public"."dataset_rows"
  ADD CONSTRAINT "dataset_rows_data_json_check" CHECK ((jsonb_typeof(data_json) = 'object'::text));

ALTER TABLE "public"."dataset_rows"
  ADD CONSTRAINT "dataset_rows_pkey" PRIMARY KEY (dataset_id, row_index);

CREATE POLICY "Owners read their datasets' rows" ON "public"."dataset_rows"
  FOR SELECT
  TO "authenticated"
  USING ((dataset_id IN ( SELECT d.id
   FROM public.datasets d
  WHERE (d.owner_id = ( SELECT auth.uid() AS uid)))));

COMMENT ON COLUMN "public"."dataset_rows"."data_json" IS 'Values by field. Values of CSV and TSV are text.';

COMMENT ON TABLE "public"."dataset_rows" IS 'Rows of datasets, numbered from 0 in the order of the file.';

REVOKE ALL ON TABLE "public"."dataset_rows" FROM "authenticated";

GRANT SELECT ON TABLE "public"."dataset_rows" TO "authenticated";

REVOKE ALL ON TABLE "public"."dataset_rows" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."dataset_rows" TO "service_role";

REVOKE ALL ON TABLE "public"."dataset_rows" FROM "anon";

-- public/tables/datasets.sql
CREATE TABLE "public"."datasets" (
  "id"           uuid    NOT NULL DEFAULT gen_random_uuid(),
  "owner_id"     uuid    NOT NULL,
  "name"         text    NOT NULL,
  "version"      integer NOT NULL,
  "content_hash" text    NOT NULL,
  "format"       text    NOT NULL,
  "delimiter"    text,
  "file_path"    text    NOT NULL,
  "file_bytes"   bigint  NOT NULL,
  "columns"      text[]  NOT NULL,
  CONSTRAINT "datasets_content_hash_check" CHECK ((content_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT "datasets_delimiter_check" CHECK ((delimiter = ANY (ARRAY[','::text, ';'::text, '	'::text, '|'::text, 'auto'::text]))),
  CONSTRAINT "datasets_file_bytes_check" CHECK ((file_bytes >= 0)),
  CONSTRAINT "datasets_file_path_key" UNIQUE (file_path),
  CONSTRAINT "datasets_format_check" CHECK ((format = ANY (ARRAY['csv'::text, 'tsv'::text, 'json'::text, 'jsonl'::text]))),
  CONSTRAINT "datasets_name_check" CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT "datasets_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "datasets_owner_id_name_content_hash_format_delimiter_key" UNIQUE NULLS NOT DISTINCT (owner_id, name, content_hash, format, delimiter),
  CONSTRAINT "datasets_owner_id_name_version_key" UNIQUE (owner_id, name, VERSION),
  CONSTRAINT "datasets_pkey" PRIMARY KEY (id),
  CONSTRAINT "datasets_version_check" CHECK ((version > 0))
);

ALTER TABLE "public"."datasets"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."datasets"
  ADD COLUMN "row_count" private.counter NOT NULL;

ALTER TABLE "public"."datasets"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

CREATE POLICY "Owners delete their datasets" ON "public"."datasets"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their datasets" ON "public"."datasets"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."datasets"."columns" IS 'Names of the top-level fields, in order of appearance.';

COMMENT ON COLUMN "public"."datasets"."content_hash" IS 'SHA-256 of the file, in hexadecimal. The same file under the same name is the same dataset.';

COMMENT ON COLUMN "public"."datasets"."delimiter" IS 'Delimiter that was requested for csv; auto means that the header decides. The same bytes with another delimiter are another version.';

COMMENT ON COLUMN "public"."datasets"."file_path" IS 'Path in the private bucket datasets: <owner id>/<dataset id>.<format>.';

COMMENT ON TABLE "public"."datasets" IS 'Uploaded files, one per row. A dataset never changes: other content under the same name is its next version.';

REVOKE ALL ON TABLE "public"."datasets" FROM "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."datasets" TO "authenticated";

REVOKE ALL ON TABLE "public"."datasets" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."datasets" TO "service_role";

REVOKE ALL ON TABLE "public"."datasets" FROM "anon";

-- public/tables/field_error_counts.sql
CREATE TABLE "public"."field_error_counts" (
  "report_id"    uuid    NOT NULL,
  "owner_id"     uuid    NOT NULL,
  "model_id"     text    NOT NULL,
  "served_other" boolean NOT NULL,
  "field_path"   text,
  "expected"     jsonb,
  "actual"       jsonb,
  "format_only"  boolean NOT NULL,
  CONSTRAINT "field_error_counts_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."field_error_counts"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."field_error_counts"
  SET (fillfactor=80);

ALTER TABLE "public"."field_error_counts"
  ADD COLUMN "occurrences" private.counter NOT NULL;

ALTER TABLE "public"."field_error_counts"
  ADD COLUMN "path_hash" bigint GENERATED ALWAYS AS (COALESCE(hashtextextended(field_path, (0)::bigint), (0)::bigint)) STORED NOT NULL;

ALTER TABLE "public"."field_error_counts"
  ADD COLUMN "expected_hash" bigint GENERATED ALWAYS AS (COALESCE(jsonb_hash_extended(expected, (0)::bigint), (0)::bigint)) STORED NOT NULL;

ALTER TABLE "public"."field_error_counts"
  ADD COLUMN "actual_hash" bigint GENERATED ALWAYS AS (COALESCE(jsonb_hash_extended(actual, (0)::bigint), (0)::bigint)) STORED NOT NULL;

ALTER TABLE "public"."field_error_counts"
  ADD CONSTRAINT "field_error_counts_pkey" PRIMARY KEY (report_id, model_id, served_other, path_hash, expected_hash, actual_hash, format_only);

CREATE POLICY "Owners, and visitors with its token, read a report's figures" ON "public"."field_error_counts"
  FOR SELECT
  TO "authenticated"
  USING (((owner_id = ( SELECT auth.uid() AS uid)) OR (report_id = ( SELECT private.presented_report() AS presented_report))));

CREATE POLICY "Visitors with its token read a report's figures" ON "public"."field_error_counts"
  FOR SELECT
  TO "anon"
  USING ((report_id = ( SELECT private.presented_report() AS presented_report)));

COMMENT ON COLUMN "public"."field_error_counts"."owner_id" IS 'Owner of the report, so that the policy needs no join.';

COMMENT ON COLUMN "public"."field_error_counts"."served_other" IS 'True for mistakes in runs that another model answered.';

COMMENT ON TABLE "public"."field_error_counts" IS 'Number of occurrences of each different mistake of a model in a report, read through report_field_errors.';

REVOKE ALL ON TABLE "public"."field_error_counts" FROM "anon";

GRANT SELECT ON TABLE "public"."field_error_counts" TO "anon";

REVOKE ALL ON TABLE "public"."field_error_counts" FROM "authenticated";

GRANT SELECT ON TABLE "public"."field_error_counts" TO "authenticated";

REVOKE ALL ON TABLE "public"."field_error_counts" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."field_error_counts" TO "service_role";

-- public/tables/issue_occurrences.sql
CREATE TABLE "public"."issue_occurrences" (
  "id"             bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "issue_id"       bigint                   NOT NULL,
  "run_id"         bigint                   NOT NULL,
  "test_result_id" bigint,
  "owner_id"       uuid                     NOT NULL,
  "severity"       text                     NOT NULL,
  "notes"          text,
  "created_at"     timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "issue_occurrences_issue_id_run_id_test_result_id_key" UNIQUE NULLS NOT DISTINCT (issue_id, run_id, test_result_id),
  CONSTRAINT "issue_occurrences_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "issue_occurrences_pkey" PRIMARY KEY (id),
  CONSTRAINT "issue_occurrences_severity_check" CHECK ((severity = ANY (ARRAY['CRITICAL'::text, 'HIGH'::text, 'MEDIUM'::text, 'LOW'::text]))),
  CONSTRAINT "issue_occurrences_issue_id_fkey" FOREIGN KEY (issue_id) REFERENCES public.issues(id) ON DELETE CASCADE,
  CONSTRAINT "issue_occurrences_test_result_id_fkey" FOREIGN KEY (test_result_id) REFERENCES public.test_results(id) ON DELETE CASCADE,
  CONSTRAINT "issue_occurrences_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.test_runs(id) ON DELETE CASCADE
);

ALTER TABLE "public"."issue_occurrences"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX issue_occurrences_owner_id_idx ON public.issue_occurrences USING btree (owner_id);

CREATE INDEX issue_occurrences_run_id_idx ON public.issue_occurrences USING btree (run_id);

CREATE INDEX issue_occurrences_test_result_id_idx ON public.issue_occurrences USING btree (test_result_id);

CREATE POLICY "Owners read their issue occurrences" ON "public"."issue_occurrences"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Reporters read all issue occurrences" ON "public"."issue_occurrences"
  FOR SELECT
  TO "test_reporter"
  USING (true);

GRANT SELECT ON TABLE "public"."issue_occurrences" TO "test_reporter";

COMMENT ON TABLE "public"."issue_occurrences" IS 'Occurrences of issues: the run and the result.';

REVOKE ALL ON TABLE "public"."issue_occurrences" FROM "authenticated";

GRANT SELECT ON TABLE "public"."issue_occurrences" TO "authenticated";

REVOKE ALL ON TABLE "public"."issue_occurrences" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."issue_occurrences" TO "service_role";

REVOKE ALL ON TABLE "public"."issue_occurrences" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."issue_occurrences_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."issue_occurrences_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."issue_occurrences_id_seq" FROM "service_role";

-- public/tables/issue_status_changes.sql
CREATE TABLE "public"."issue_status_changes" (
  "id"           bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "issue_id"     bigint                   NOT NULL,
  "owner_id"     uuid                     NOT NULL,
  "old_status"   text,
  "new_status"   text                     NOT NULL,
  "trend"        text,
  "run_id"       bigint,
  "effective_at" timestamp with time zone NOT NULL DEFAULT now(),
  "is_settled"   boolean                  NOT NULL DEFAULT false,
  "changed_by"   text                     NOT NULL,
  "created_at"   timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "issue_status_changes_changed_by_check" CHECK ((changed_by = ANY (ARRAY['detector'::text, 'owner'::text]))),
  CONSTRAINT "issue_status_changes_new_status_check" CHECK ((new_status = ANY (ARRAY['OPEN'::text, 'IN_PROGRESS'::text, 'RESOLVED'::text, 'WONT_FIX'::text]))),
  CONSTRAINT "issue_status_changes_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "issue_status_changes_pkey" PRIMARY KEY (id),
  CONSTRAINT "issue_status_changes_issue_id_fkey" FOREIGN KEY (issue_id) REFERENCES public.issues(id) ON DELETE CASCADE,
  CONSTRAINT "issue_status_changes_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.test_runs(id) ON DELETE SET NULL
);

ALTER TABLE "public"."issue_status_changes"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX issue_status_changes_issue_idx ON public.issue_status_changes USING btree (issue_id, effective_at, id);

CREATE INDEX issue_status_changes_owner_id_idx ON public.issue_status_changes USING btree (owner_id, effective_at);

CREATE INDEX issue_status_changes_run_id_idx ON public.issue_status_changes USING btree (run_id);

CREATE POLICY "Owners read their issue status changes" ON "public"."issue_status_changes"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Reporters read all issue status changes" ON "public"."issue_status_changes"
  FOR SELECT
  TO "test_reporter"
  USING (true);

GRANT SELECT ON TABLE "public"."issue_status_changes" TO "test_reporter";

COMMENT ON COLUMN "public"."issue_status_changes"."effective_at" IS 'Time of the change. A change by the detector has the run''s timestamp, so that a late run is inserted at its time.';

COMMENT ON COLUMN "public"."issue_status_changes"."is_settled" IS 'True if the change follows from runs that retention has deleted. A late run does not alter it.';

COMMENT ON TABLE "public"."issue_status_changes" IS 'History of the statuses of issues.';

REVOKE ALL ON TABLE "public"."issue_status_changes" FROM "authenticated";

GRANT SELECT ON TABLE "public"."issue_status_changes" TO "authenticated";

REVOKE ALL ON TABLE "public"."issue_status_changes" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."issue_status_changes" TO "service_role";

REVOKE ALL ON TABLE "public"."issue_status_changes" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."issue_status_changes_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."issue_status_changes_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."issue_status_changes_id_seq" FROM "service_role";

-- public/tables/issues.sql
CREATE TABLE "public"."issues" (
  "id"                    bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "owner_id"              uuid                     NOT NULL,
  "issue_code"            text                     NOT NULL,
  "suite"                 text                     NOT NULL,
  "title"                 text                     NOT NULL,
  "description"           text,
  "category"              text                     NOT NULL DEFAULT 'production'::text,
  "priority"              text                     NOT NULL DEFAULT 'MEDIUM'::text,
  "status"                text                     NOT NULL DEFAULT 'OPEN'::text,
  "trend"                 text                     NOT NULL DEFAULT 'new'::text,
  "root_cause"            text,
  "resolution"            text,
  "affected_tools"        text[]                   NOT NULL DEFAULT '{}'::text[],
  "detection_key"         text,
  "first_detected_run_id" bigint,
  "last_detected_run_id"  bigint,
  "resolved_run_id"       bigint,
  "first_detected_at"     timestamp with time zone,
  "last_detected_at"      timestamp with time zone,
  CONSTRAINT "issues_category_check" CHECK ((category = ANY (ARRAY['production'::text, 'test_infrastructure'::text]))),
  CONSTRAINT "issues_detection_key_check" CHECK (((length(detection_key) >= 1) AND (length(detection_key) <= 200))),
  CONSTRAINT "issues_issue_code_check" CHECK ((issue_code ~ '^[A-Z0-9]+(-[A-Z0-9]+)*-(CRITICAL|HIGH|MEDIUM|LOW)-[0-9]{3,}$'::text)),
  CONSTRAINT "issues_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "issues_owner_id_issue_code_key" UNIQUE (owner_id, issue_code),
  CONSTRAINT "issues_owner_id_suite_detection_key_key" UNIQUE (owner_id, suite, detection_key),
  CONSTRAINT "issues_pkey" PRIMARY KEY (id),
  CONSTRAINT "issues_priority_check" CHECK ((priority = ANY (ARRAY['CRITICAL'::text, 'HIGH'::text, 'MEDIUM'::text, 'LOW'::text]))),
  CONSTRAINT "issues_status_check" CHECK ((status = ANY (ARRAY['OPEN'::text, 'IN_PROGRESS'::text, 'RESOLVED'::text, 'WONT_FIX'::text]))),
  CONSTRAINT "issues_title_check" CHECK (((length(title) >= 1) AND (length(title) <= 300))),
  CONSTRAINT "issues_trend_check" CHECK ((trend = ANY (ARRAY['new'::text, 'recurring'::text, 'regressed'::text, 'resolved'::text]))),
  CONSTRAINT "issues_first_detected_run_id_fkey" FOREIGN KEY (first_detected_run_id) REFERENCES public.test_runs(id) ON DELETE SET NULL,
  CONSTRAINT "issues_last_detected_run_id_fkey" FOREIGN KEY (last_detected_run_id) REFERENCES public.test_runs(id) ON DELETE SET NULL,
  CONSTRAINT "issues_resolved_run_id_fkey" FOREIGN KEY (resolved_run_id) REFERENCES public.test_runs(id) ON DELETE SET NULL
);

ALTER TABLE "public"."issues"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."issues"
  ADD COLUMN "occurrence_count" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."issues"
  ADD COLUMN "run_count" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."issues"
  ADD COLUMN "pruned_occurrences" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."issues"
  ADD COLUMN "pruned_runs" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."issues"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."issues"
  ADD COLUMN "updated_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."issues"
  ADD COLUMN "resolved_at" timestamp WITH time zone;

CREATE INDEX issues_first_detected_run_id_idx ON public.issues USING btree (first_detected_run_id);

CREATE INDEX issues_last_detected_run_id_idx ON public.issues USING btree (last_detected_run_id);

CREATE INDEX issues_resolved_run_id_idx ON public.issues USING btree (resolved_run_id);

CREATE INDEX issues_status_idx ON public.issues USING btree (owner_id, status, priority, last_detected_at DESC);

CREATE TRIGGER issues_follow_owner
  BEFORE UPDATE OF status ON public.issues
  FOR EACH ROW
  WHEN ((old.status IS DISTINCT FROM new.status))
  EXECUTE FUNCTION private.follow_owner_status();

CREATE TRIGGER issues_record_written
  AFTER INSERT ON public.issues
  FOR EACH ROW
  WHEN ((new.detection_key IS NULL))
  EXECUTE FUNCTION private.record_written_issue();

CREATE TRIGGER issues_touch
  BEFORE UPDATE ON public.issues
  FOR EACH ROW
  EXECUTE FUNCTION private.touch_updated_at();

CREATE POLICY "Owners delete their issues" ON "public"."issues"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their issues" ON "public"."issues"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners work on their issues" ON "public"."issues"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Reporters read all issues" ON "public"."issues"
  FOR SELECT
  TO "test_reporter"
  USING (true);

REVOKE ALL ON TABLE "public"."issues" FROM "authenticated";

GRANT SELECT ON TABLE "public"."issues" TO "test_reporter";

COMMENT ON COLUMN "public"."issues"."detection_key" IS 'Identifies the cause for the detector: a fingerprint, a known failure, or an outage. Null if a person created the issue.';

COMMENT ON COLUMN "public"."issues"."first_detected_at" IS 'run_timestamp of the first run with the issue. Stays when that run is pruned.';

COMMENT ON COLUMN "public"."issues"."issue_code" IS 'Code of the form <AREA>-<PRIORITY>-NNN, unique per owner.';

COMMENT ON COLUMN "public"."issues"."occurrence_count" IS 'Number of results with the issue, including pruned ones.';

COMMENT ON COLUMN "public"."issues"."trend" IS 'Verdict of the last runs: new (seen in one run), recurring, regressed (came back after it was resolved), resolved.';

COMMENT ON TABLE "public"."issues" IS 'Problems that runs have shown, from detection to resolution.';

REVOKE ALL ("category") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("category") ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ("description") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("description") ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ("priority") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("priority") ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ("resolution") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("resolution") ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ("root_cause") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("root_cause") ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ("status") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("status") ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ("title") ON TABLE "public"."issues" FROM "authenticated";

GRANT UPDATE ("title") ON TABLE "public"."issues" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."issues" TO "authenticated";

REVOKE ALL ON TABLE "public"."issues" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."issues" TO "service_role";

REVOKE ALL ON TABLE "public"."issues" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."issues_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."issues_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."issues_id_seq" FROM "service_role";

-- public/tables/kept_error_patterns.sql
CREATE TABLE "public"."kept_error_patterns" (
  "id"          bigint  GENERATED ALWAYS AS IDENTITY NOT NULL,
  "report_id"   uuid    NOT NULL,
  "owner_id"    uuid    NOT NULL,
  "model_id"    text    NOT NULL,
  "field_path"  text,
  "format_only" boolean NOT NULL,
  CONSTRAINT "kept_error_patterns_pkey" PRIMARY KEY (id),
  CONSTRAINT "kept_error_patterns_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."kept_error_patterns"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."kept_error_patterns"
  ADD COLUMN "occurrences" private.counter NOT NULL;

ALTER TABLE "public"."kept_error_patterns"
  ADD COLUMN "percentage" numeric NOT NULL;

ALTER TABLE "public"."kept_error_patterns"
  ADD COLUMN "common_expected" jsonb;

ALTER TABLE "public"."kept_error_patterns"
  ADD COLUMN "common_actual" jsonb;

CREATE INDEX kept_error_patterns_report_id_idx ON public.kept_error_patterns USING btree (report_id);

CREATE POLICY "Owners, and visitors with its token, read a report's figures" ON "public"."kept_error_patterns"
  FOR SELECT
  TO "authenticated"
  USING (((owner_id = ( SELECT auth.uid() AS uid)) OR (report_id = ( SELECT private.presented_report() AS presented_report))));

CREATE POLICY "Visitors with its token read a report's figures" ON "public"."kept_error_patterns"
  FOR SELECT
  TO "anon"
  USING ((report_id = ( SELECT private.presented_report() AS presented_report)));

COMMENT ON COLUMN "public"."kept_error_patterns"."owner_id" IS 'Owner of the report, so that the policy needs no join.';

COMMENT ON TABLE "public"."kept_error_patterns" IS 'Stored rows of report_error_patterns for completed reports. The view reads them.';

REVOKE ALL ON TABLE "public"."kept_error_patterns" FROM "anon";

GRANT SELECT ON TABLE "public"."kept_error_patterns" TO "anon";

REVOKE ALL ON TABLE "public"."kept_error_patterns" FROM "authenticated";

GRANT SELECT ON TABLE "public"."kept_error_patterns" TO "authenticated";

REVOKE ALL ON TABLE "public"."kept_error_patterns" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."kept_error_patterns" TO "service_role";

REVOKE ALL ON SEQUENCE "public"."kept_error_patterns_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."kept_error_patterns_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."kept_error_patterns_id_seq" FROM "service_role";

-- public/tables/known_failures.sql
CREATE TABLE "public"."known_failures" (
  "id"         bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "name"       text                     NOT NULL,
  "pattern"    text                     NOT NULL,
  "category"   text                     NOT NULL,
  "priority"   text                     NOT NULL,
  "title"      text                     NOT NULL,
  "root_cause" text,
  "created_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "known_failures_category_check" CHECK ((category = ANY (ARRAY['production'::text, 'test_infrastructure'::text]))),
  CONSTRAINT "known_failures_name_check" CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  CONSTRAINT "known_failures_pattern_check1" CHECK ((pattern !~ '\\[1-9]|\(\?[=!<]'::text)),
  CONSTRAINT "known_failures_pattern_check2" CHECK (((''::text ~* pattern) IS NOT NULL)),
  CONSTRAINT "known_failures_pattern_check" CHECK (((length(pattern) >= 1) AND (length(pattern) <= 1000))),
  CONSTRAINT "known_failures_pkey" PRIMARY KEY (id),
  CONSTRAINT "known_failures_priority_check" CHECK ((priority = ANY (ARRAY['CRITICAL'::text, 'HIGH'::text, 'MEDIUM'::text, 'LOW'::text]))),
  CONSTRAINT "known_failures_title_check" CHECK (((length(title) >= 1) AND (length(title) <= 300))),
  "owner_id"   uuid                     DEFAULT auth.uid(),
  CONSTRAINT "known_failures_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "known_failures_owner_id_name_key" UNIQUE NULLS NOT DISTINCT (owner_id, name)
);

ALTER TABLE "public"."known_failures"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Reporters read all known failures" ON "public"."known_failures"
  FOR SELECT
  TO "test_reporter"
  USING (true);

REVOKE ALL ON TABLE "public"."known_failures" FROM "authenticated";

GRANT SELECT ON TABLE "public"."known_failures" TO "test_reporter";

CREATE POLICY "Owners add known failures" ON "public"."known_failures"
  FOR INSERT
  TO "authenticated"
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners change their known failures" ON "public"."known_failures"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners delete their known failures" ON "public"."known_failures"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Users read common known failures and their own" ON "public"."known_failures"
  FOR SELECT
  TO "authenticated"
  USING (((owner_id IS NULL) OR (owner_id = ( SELECT auth.uid() AS uid))));

COMMENT ON COLUMN "public"."known_failures"."pattern" IS 'A regular expression of linear-time syntax (no look-around, no back-references), searched in the error message.';

COMMENT ON TABLE "public"."known_failures" IS 'Patterns of known failures. A failure whose message matches belongs to that issue, whatever its fingerprint. Rows without an owner apply to all owners.';

REVOKE ALL ("category") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("category"), UPDATE ("category") ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ("name") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("name"), UPDATE ("name") ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ("pattern") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("pattern"), UPDATE ("pattern") ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ("priority") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("priority"), UPDATE ("priority") ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ("root_cause") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("root_cause"), UPDATE ("root_cause") ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ("title") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("title"), UPDATE ("title") ON TABLE "public"."known_failures" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ON TABLE "public"."known_failures" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."known_failures" TO "service_role";

REVOKE ALL ("owner_id") ON TABLE "public"."known_failures" FROM "authenticated";

GRANT INSERT ("owner_id") ON TABLE "public"."known_failures" TO "authenticated";

REVOKE ALL ON TABLE "public"."known_failures" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."known_failures_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."known_failures_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."known_failures_id_seq" FROM "service_role";

-- public/tables/model_figures.sql
CREATE TABLE "public"."model_figures" (
  "report_id"    uuid    NOT NULL,
  "owner_id"     uuid    NOT NULL,
  "model_id"     text    NOT NULL,
  "served_other" boolean NOT NULL,
  CONSTRAINT "model_figures_pkey" PRIMARY KEY (report_id, model_id, served_other),
  CONSTRAINT "model_figures_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."model_figures"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."model_figures"
  SET (fillfactor=50);

ALTER TABLE "public"."model_figures"
  ADD COLUMN "runs_completed" private.counter NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "runs_rejected" private.counter NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "runs_failed" private.counter NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "exact_matches" private.counter NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "accuracy_sum" numeric NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "accuracy_squares" numeric NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "cost_sum" numeric NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "costs_known" private.counter NOT NULL;

ALTER TABLE "public"."model_figures"
  ADD COLUMN "times" integer[] NOT NULL;

CREATE POLICY "Owners, and visitors with its token, read a report's figures" ON "public"."model_figures"
  FOR SELECT
  TO "authenticated"
  USING (((owner_id = ( SELECT auth.uid() AS uid)) OR (report_id = ( SELECT private.presented_report() AS presented_report))));

CREATE POLICY "Visitors with its token read a report's figures" ON "public"."model_figures"
  FOR SELECT
  TO "anon"
  USING ((report_id = ( SELECT private.presented_report() AS presented_report)));

COMMENT ON COLUMN "public"."model_figures"."accuracy_squares" IS 'Sum of the squared accuracies, for their standard deviation.';

COMMENT ON COLUMN "public"."model_figures"."owner_id" IS 'Owner of the report, so that the policy needs no join.';

COMMENT ON COLUMN "public"."model_figures"."served_other" IS 'True for the runs that another model answered. The row for the other runs always exists.';

COMMENT ON COLUMN "public"."model_figures"."times" IS 'Milliseconds of each completed run, in the order in which they ended.';

COMMENT ON TABLE "public"."model_figures" IS 'Sums over the ended runs of each model of a report, read through report_model_summaries. Costs in USD, accuracies 0-100.';

REVOKE ALL ON TABLE "public"."model_figures" FROM "anon";

GRANT SELECT ON TABLE "public"."model_figures" TO "anon";

REVOKE ALL ON TABLE "public"."model_figures" FROM "authenticated";

GRANT SELECT ON TABLE "public"."model_figures" TO "authenticated";

REVOKE ALL ON TABLE "public"."model_figures" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."model_figures" TO "service_role";

-- public/tables/model_prices.sql
CREATE TABLE "public"."model_prices" (
  "id"                                    bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "model"                                 text                     NOT NULL,
  "valid_from"                            timestamp with time zone NOT NULL DEFAULT now(),
  "valid_to"                              timestamp with time zone,
  "input_per_million"                     numeric                  NOT NULL,
  "cached_input_per_million"              numeric                  NOT NULL,
  "output_per_million"                    numeric                  NOT NULL,
  "long_context_above"                    integer,
  "long_context_input_per_million"        numeric,
  "long_context_cached_input_per_million" numeric,
  "long_context_output_per_million"       numeric,
  "source"                                text                     NOT NULL,
  "created_at"                            timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "model_prices_cached_input_per_million_check" CHECK ((cached_input_per_million >= (0)::numeric)),
  CONSTRAINT "model_prices_check1"
    CHECK ((num_nulls(long_context_above, long_context_input_per_million, long_context_cached_input_per_million, long_context_output_per_million) = ANY (ARRAY[0, 4]))),
  CONSTRAINT "model_prices_check" CHECK ((valid_to > valid_from)),
  CONSTRAINT "model_prices_input_per_million_check" CHECK ((input_per_million >= (0)::numeric)),
  CONSTRAINT "model_prices_long_context_above_check" CHECK ((long_context_above > 0)),
  CONSTRAINT "model_prices_long_context_cached_input_per_million_check" CHECK ((long_context_cached_input_per_million >= (0)::numeric)),
  CONSTRAINT "model_prices_long_context_input_per_million_check" CHECK ((long_context_input_per_million >= (0)::numeric)),
  CONSTRAINT "model_prices_long_context_output_per_million_check" CHECK ((long_context_output_per_million >= (0)::numeric)),
  CONSTRAINT "model_prices_model_check" CHECK ((model <> ''::text)),
  CONSTRAINT "model_prices_never_overlap" EXCLUDE USING gist (model WITH =, tstzrange(valid_from, valid_to) WITH &&),
  CONSTRAINT "model_prices_output_per_million_check" CHECK ((output_per_million >= (0)::numeric)),
  CONSTRAINT "model_prices_pkey" PRIMARY KEY (id),
  CONSTRAINT "model_prices_source_check" CHECK ((source <> ''::text))
);

ALTER TABLE "public"."model_prices"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX model_prices_model_idx ON public.model_prices USING btree (model, valid_from DESC);

CREATE POLICY "Anybody reads the prices" ON "public"."model_prices"
  FOR SELECT
  TO "anon", "authenticated"
  USING (true);

COMMENT ON COLUMN "public"."model_prices"."cached_input_per_million" IS 'USD per million input tokens that the provider served from its cache.';

COMMENT ON COLUMN "public"."model_prices"."input_per_million" IS 'USD per million input tokens that did not come from the provider''s cache.';

COMMENT ON COLUMN "public"."model_prices"."long_context_above" IS 'A call with more input tokens than this, cached ones included, is charged the long_context prices for all of its tokens. Null where the length does not change the price.';

COMMENT ON COLUMN "public"."model_prices"."long_context_cached_input_per_million" IS 'USD per million input tokens of such a call that the provider served from its cache.';

COMMENT ON COLUMN "public"."model_prices"."long_context_input_per_million" IS 'USD per million input tokens of such a call.';

COMMENT ON COLUMN "public"."model_prices"."long_context_output_per_million" IS 'USD per million output tokens of such a call.';

COMMENT ON COLUMN "public"."model_prices"."model" IS 'As the calls name it: a slug of models, or a provider''s own name such as gpt-6-luna.';

COMMENT ON COLUMN "public"."model_prices"."output_per_million" IS 'USD per million output tokens.';

COMMENT ON COLUMN "public"."model_prices"."source" IS 'Where the price is from.';

COMMENT ON COLUMN "public"."model_prices"."valid_from" IS 'Inclusive; -infinity where nothing is known of an earlier price.';

COMMENT ON COLUMN "public"."model_prices"."valid_to" IS 'Exclusive; null while the price holds.';

COMMENT ON TABLE "public"."model_prices" IS 'What models cost, and since when: a new price is a new row, and at any moment a model has one price or none. Benchmarks, prompt runs and the chat are charged by it.';

REVOKE ALL ON TABLE "public"."model_prices" FROM "anon";

GRANT SELECT ON TABLE "public"."model_prices" TO "anon";

REVOKE ALL ON TABLE "public"."model_prices" FROM "authenticated";

GRANT SELECT ON TABLE "public"."model_prices" TO "authenticated";

REVOKE ALL ON TABLE "public"."model_prices" FROM "service_role";

GRANT INSERT, SELECT, UPDATE ON TABLE "public"."model_prices" TO "service_role";

REVOKE ALL ON SEQUENCE "public"."model_prices_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."model_prices_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."model_prices_id_seq" FROM "service_role";

-- public/tables/models.sql
CREATE TABLE "public"."models" (
  "id"                              text                     NOT NULL,
  "name"                            text                     NOT NULL,
  "provider"                        text                     NOT NULL,
  "tier"                            text                     NOT NULL,
  "base_url_key"                    text                     NOT NULL,
  "input_price"                     numeric                  NOT NULL,
  "output_price"                    numeric                  NOT NULL,
  "cached_input_price"              numeric                  NOT NULL,
  "image_price"                     numeric                  NOT NULL DEFAULT 0,
  "long_context_above"              integer,
  "long_context_input_price"        numeric,
  "long_context_cached_input_price" numeric,
  "long_context_output_price"       numeric,
  "context_length"                  integer                  NOT NULL,
  "max_output_tokens"               integer,
  "input_modalities"                text[]                   NOT NULL DEFAULT '{text,image}'::text[],
  "supports_vision"                 boolean                  GENERATED ALWAYS AS (('image'::text = ANY (input_modalities))) STORED,
  "supports_structured_output"      boolean                  NOT NULL DEFAULT false,
  "reasoning"                       text                     NOT NULL DEFAULT 'none'::text,
  "reasoning_efforts"               text[]                   NOT NULL DEFAULT '{}'::text[],
  "active"                          boolean                  NOT NULL DEFAULT true,
  "retires_at"                      date,
  "successor"                       text,
  "unavailable_since"               timestamp with time zone,
  "orderable"                       boolean                  NOT NULL DEFAULT false,
  "checked_at"                      timestamp with time zone NOT NULL DEFAULT now(),
  "source"                          text                     NOT NULL DEFAULT 'operator'::text,
  "created_at"                      timestamp with time zone NOT NULL DEFAULT now(),
  "updated_at"                      timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "models_base_url_key_fkey" FOREIGN KEY (base_url_key) REFERENCES private.providers(name),
  CONSTRAINT "models_cached_input_price_check" CHECK ((cached_input_price >= (0)::numeric)),
  CONSTRAINT "models_check1" CHECK ((num_nulls(long_context_above, long_context_input_price, long_context_cached_input_price, long_context_output_price) = ANY (ARRAY[0, 4]))),
  CONSTRAINT "models_check2" CHECK (((reasoning <> 'none'::text) OR (reasoning_efforts = '{}'::text[]))),
  CONSTRAINT "models_check3" CHECK (((reasoning <> 'mandatory'::text) OR (NOT ('none'::text = ANY (reasoning_efforts))))),
  CONSTRAINT "models_check" CHECK ((successor <> id)),
  CONSTRAINT "models_context_length_check" CHECK ((context_length > 0)),
  CONSTRAINT "models_id_check" CHECK ((id ~ '^[a-z0-9.-]+(/[A-Za-z0-9._:@+-]+)+$'::text)),
  CONSTRAINT "models_image_price_check" CHECK ((image_price >= (0)::numeric)),
  CONSTRAINT "models_input_modalities_check" CHECK (((input_modalities <@ '{text,image,file}'::text[]) AND ('text'::text = ANY (input_modalities)))),
  CONSTRAINT "models_input_price_check" CHECK ((input_price >= (0)::numeric)),
  CONSTRAINT "models_long_context_above_check" CHECK ((long_context_above > 0)),
  CONSTRAINT "models_long_context_cached_input_price_check" CHECK ((long_context_cached_input_price >= (0)::numeric)),
  CONSTRAINT "models_long_context_input_price_check" CHECK ((long_context_input_price >= (0)::numeric)),
  CONSTRAINT "models_long_context_output_price_check" CHECK ((long_context_output_price >= (0)::numeric)),
  CONSTRAINT "models_max_output_tokens_check" CHECK ((max_output_tokens > 0)),
  CONSTRAINT "models_name_check" CHECK ((name <> ''::text)),
  CONSTRAINT "models_output_price_check" CHECK ((output_price >= (0)::numeric)),
  CONSTRAINT "models_pkey" PRIMARY KEY (id),
  CONSTRAINT "models_provider_check" CHECK ((provider <> ''::text)),
  CONSTRAINT "models_reasoning_check" CHECK ((reasoning = ANY (ARRAY['none'::text, 'optional'::text, 'mandatory'::text]))),
  CONSTRAINT "models_reasoning_efforts_check" CHECK ((reasoning_efforts <@ '{none,minimal,low,medium,high,xhigh,max}'::text[])),
  CONSTRAINT "models_source_check" CHECK ((source <> ''::text)),
  CONSTRAINT "models_tier_check" CHECK ((tier = ANY (ARRAY['budget'::text, 'mid'::text, 'premium'::text])))
);

ALTER TABLE "public"."models"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX models_base_url_key_idx ON public.models USING btree (base_url_key);

CREATE TRIGGER models_keep_orderable
  BEFORE INSERT OR UPDATE ON public.models
  FOR EACH ROW
  EXECUTE FUNCTION private.keep_orderable();

CREATE TRIGGER models_record_new_price
  AFTER INSERT ON public.models
  FOR EACH ROW
  EXECUTE FUNCTION private.record_model_price();

CREATE TRIGGER models_record_price
  AFTER UPDATE OF input_price,
    cached_input_price, output_price, long_context_above, long_context_input_price, long_context_cached_input_price, long_context_output_price ON public.models
  FOR EACH ROW
  WHEN
    ((((((((old.input_price IS DISTINCT FROM new.input_price) OR (old.cached_input_price IS DISTINCT FROM new.cached_input_price)) OR (old.output_price IS DISTINCT FROM
    new.output_price)) OR (old.long_context_above IS DISTINCT FROM new.long_context_above)) OR (old.long_context_input_price IS DISTINCT FROM new.long_context_input_price)) OR
    (old.long_context_cached_input_price IS DISTINCT FROM new.long_context_cached_input_price)) OR (old.long_context_output_price IS DISTINCT FROM new.long_context_output_price)))
  EXECUTE FUNCTION private.record_model_price();

CREATE TRIGGER models_touch
  BEFORE UPDATE ON public.models
  FOR EACH ROW
  EXECUTE FUNCTION private.touch_updated_at();

CREATE POLICY "Anybody reads the models" ON "public"."models"
  FOR SELECT
  TO "anon", "authenticated"
  USING (true);

COMMENT ON COLUMN "public"."models"."active" IS 'Whether the operator offers it. Models that models-sync finds wait here as false.';

COMMENT ON COLUMN "public"."models"."base_url_key" IS 'Whose endpoint and key serve the model: the functions read <KEY>_BASE_URL and <KEY>_API_KEY.';

COMMENT ON COLUMN "public"."models"."cached_input_price" IS 'USD per input token that the provider served from its cache.';

COMMENT ON COLUMN "public"."models"."checked_at" IS 'When this row was last compared with its source.';

COMMENT ON COLUMN "public"."models"."context_length" IS 'Tokens of input and output that fit together.';

COMMENT ON COLUMN "public"."models"."id" IS 'OpenRouter slug such as openai/gpt-6-luna; for another endpoint base_url_key, a slash and its own name there.';

COMMENT ON COLUMN "public"."models"."image_price" IS 'USD per image, where the provider charges one beside the tokens.';

COMMENT ON COLUMN "public"."models"."input_modalities" IS 'What it reads: text, image, file (PDF).';

COMMENT ON COLUMN "public"."models"."input_price" IS 'USD per input token.';

COMMENT ON COLUMN "public"."models"."long_context_above" IS 'A call with more input tokens than this, cached ones included, is charged the long_context prices for all of its tokens. Null where the length does not change the price.';

COMMENT ON COLUMN "public"."models"."long_context_cached_input_price" IS 'USD per input token of such a call that the provider served from its cache.';

COMMENT ON COLUMN "public"."models"."long_context_input_price" IS 'USD per input token of such a call.';

COMMENT ON COLUMN "public"."models"."long_context_output_price" IS 'USD per output token of such a call.';

COMMENT ON COLUMN "public"."models"."max_output_tokens" IS 'Most tokens of one answer, thinking included; null where nobody says.';

COMMENT ON COLUMN "public"."models"."orderable" IS 'Whether a report with it can be ordered now; see private.find_hindrance. Kept by a trigger.';

COMMENT ON COLUMN "public"."models"."output_price" IS 'USD per output token.';

COMMENT ON COLUMN "public"."models"."reasoning" IS 'Whether it thinks before it answers: none (never), optional (it can be told not to), mandatory (always).';

COMMENT ON COLUMN "public"."models"."reasoning_efforts" IS 'How hard it can be told to think, as its provider takes it: none, minimal, low, medium, high, xhigh, max.';

COMMENT ON COLUMN "public"."models"."retires_at" IS 'Day from which its provider may no longer serve it; null where none is announced.';

COMMENT ON COLUMN "public"."models"."source" IS 'Where the row''s figures are from.';

COMMENT ON COLUMN "public"."models"."successor" IS 'Id of the model to take instead once this one ends.';

COMMENT ON COLUMN "public"."models"."unavailable_since" IS 'Since when its provider''s list lacks it; null while it is listed.';

COMMENT ON TABLE "public"."models" IS 'Models that can be benchmarked, with the prices a checkout freezes into its report.';

REVOKE ALL ON TABLE "public"."models" FROM "anon";

GRANT SELECT ON TABLE "public"."models" TO "anon";

REVOKE ALL ON TABLE "public"."models" FROM "authenticated";

GRANT SELECT ON TABLE "public"."models" TO "authenticated";

REVOKE ALL ON TABLE "public"."models" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."models" TO "service_role";

-- public/tables/prompt_labels.sql
CREATE TABLE "public"."prompt_labels" (
  "prompt_id"  uuid                     NOT NULL,
  "label"      text                     NOT NULL,
  "version"    integer                  NOT NULL,
  "updated_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "prompt_labels_label_check" CHECK ((label ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  CONSTRAINT "prompt_labels_pkey" PRIMARY KEY (prompt_id, label),
  CONSTRAINT "prompt_labels_prompt_id_version_fkey" FOREIGN KEY (prompt_id, VERSION) REFERENCES public.prompt_versions(prompt_id, VERSION) ON DELETE CASCADE,
  CONSTRAINT "prompt_labels_prompt_id_fkey" FOREIGN KEY (prompt_id) REFERENCES public.prompts(id) ON DELETE CASCADE,
  "owner_id"   uuid                     NOT NULL DEFAULT auth.uid(),
  CONSTRAINT "prompt_labels_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE
);

ALTER TABLE "public"."prompt_labels"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX prompt_labels_version_idx ON public.prompt_labels USING btree (prompt_id, VERSION);

CREATE TRIGGER prompt_labels_touch
  BEFORE UPDATE ON public.prompt_labels
  FOR EACH ROW
  EXECUTE FUNCTION private.touch_updated_at();

REVOKE ALL ON TABLE "public"."prompt_labels" FROM "authenticated";

CREATE INDEX prompt_labels_owner_id_idx ON public.prompt_labels USING btree (owner_id);

CREATE POLICY "Owners read their labels" ON "public"."prompt_labels"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners remove their labels" ON "public"."prompt_labels"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners label their prompts" ON "public"."prompt_labels"
  FOR INSERT
  TO "authenticated"
  WITH CHECK (((owner_id = ( SELECT auth.uid() AS uid)) AND (EXISTS ( SELECT
   FROM public.prompts p
  WHERE ((p.id = prompt_labels.prompt_id) AND (p.owner_id = ( SELECT auth.uid() AS uid)))))));

CREATE POLICY "Owners move their labels" ON "public"."prompt_labels"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK (((owner_id = ( SELECT auth.uid() AS uid)) AND (EXISTS ( SELECT
   FROM public.prompts p
  WHERE ((p.id = prompt_labels.prompt_id) AND (p.owner_id = ( SELECT auth.uid() AS uid)))))));

COMMENT ON TABLE "public"."prompt_labels" IS 'Names that point to one version of a prompt, such as production and staging. An update moves a label.';

REVOKE ALL ("label") ON TABLE "public"."prompt_labels" FROM "authenticated";

GRANT INSERT ("label"), UPDATE ("label") ON TABLE "public"."prompt_labels" TO "authenticated";

REVOKE ALL ("prompt_id") ON TABLE "public"."prompt_labels" FROM "authenticated";

GRANT INSERT ("prompt_id"), UPDATE ("prompt_id") ON TABLE "public"."prompt_labels" TO "authenticated";

REVOKE ALL ("version") ON TABLE "public"."prompt_labels" FROM "authenticated";

GRANT INSERT ("version"), UPDATE ("version") ON TABLE "public"."prompt_labels" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."prompt_labels" TO "authenticated";

REVOKE ALL ON TABLE "public"."prompt_labels" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."prompt_labels" TO "service_role";

REVOKE ALL ("owner_id") ON TABLE "public"."prompt_labels" FROM "authenticated";

GRANT INSERT ("owner_id"), UPDATE ("owner_id") ON TABLE "public"."prompt_labels" TO "authenticated";

REVOKE ALL ON TABLE "public"."prompt_labels" FROM "anon";

-- public/tables/prompt_versions.sql
CREATE TABLE "public"."prompt_versions" (
  "id"        uuid    NOT NULL DEFAULT gen_random_uuid(),
  "prompt_id" uuid    NOT NULL,
  "owner_id"  uuid    NOT NULL,
  "version"   integer NOT NULL,
  "type"      text    NOT NULL,
  "body"      text    NOT NULL,
  CONSTRAINT "prompt_versions_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "prompt_versions_pkey" PRIMARY KEY (id),
  CONSTRAINT "prompt_versions_prompt_id_version_key" UNIQUE (prompt_id, VERSION),
  CONSTRAINT "prompt_versions_type_check" CHECK ((type = ANY (ARRAY['task'::text, 'grader'::text]))),
  CONSTRAINT "prompt_versions_version_check" CHECK ((version > 0)),
  CONSTRAINT "prompt_versions_prompt_id_fkey" FOREIGN KEY (prompt_id) REFERENCES public.prompts(id) ON DELETE CASCADE
);

ALTER TABLE "public"."prompt_versions"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Owners read their prompts' versions" ON "public"."prompt_versions"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

ALTER TABLE "public"."prompt_versions"
  ADD COLUMN "placeholders" text[] GENERATED ALWAYS AS (private.find_placeholders(body)) STORED NOT NULL;

ALTER TABLE "public"."prompt_versions"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

CREATE INDEX prompt_versions_owner_id_idx ON public.prompt_versions USING btree (owner_id, created_at DESC);

COMMENT ON TABLE "public"."prompt_versions" IS 'All versions of prompts, numbered from 1. They never change, because runs refer to them.';

REVOKE ALL ON TABLE "public"."prompt_versions" FROM "authenticated";

GRANT SELECT ON TABLE "public"."prompt_versions" TO "authenticated";

REVOKE ALL ON TABLE "public"."prompt_versions" FROM "service_role";

GRANT DELETE, INSERT, SELECT ON TABLE "public"."prompt_versions" TO "service_role";

REVOKE ALL ON TABLE "public"."prompt_versions" FROM "anon";

-- public/tables/prompts.sql
CREATE TABLE "public"."prompts" (
  "id"       uuid NOT NULL DEFAULT gen_random_uuid(),
  "name"     text NOT NULL,
  "type"     text NOT NULL DEFAULT 'task'::text,
  "body"     text NOT NULL,
  CONSTRAINT "prompts_body_check" CHECK (((length(body) >= 1) AND (length(body) <= 100000))),
  CONSTRAINT "prompts_name_check" CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT "prompts_pkey" PRIMARY KEY (id),
  CONSTRAINT "prompts_type_check" CHECK ((type = ANY (ARRAY['task'::text, 'grader'::text]))),
  "owner_id" uuid NOT NULL DEFAULT auth.uid(),
  CONSTRAINT "prompts_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "prompts_owner_id_name_key" UNIQUE (owner_id, name)
);

ALTER TABLE "public"."prompts"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER prompts_keep_first_version
  AFTER INSERT ON public.prompts
  FOR EACH ROW
  EXECUTE FUNCTION private.keep_prompt_version();

CREATE TRIGGER prompts_keep_version
  AFTER UPDATE ON public.prompts
  FOR EACH ROW
  WHEN (((new.body IS DISTINCT FROM old.body) OR (new.type IS DISTINCT FROM old.type)))
  EXECUTE FUNCTION private.keep_prompt_version();

CREATE TRIGGER prompts_touch
  BEFORE UPDATE ON public.prompts
  FOR EACH ROW
  EXECUTE FUNCTION private.touch_updated_at();

REVOKE ALL ON TABLE "public"."prompts" FROM "authenticated";

CREATE POLICY "Owners add prompts" ON "public"."prompts"
  FOR INSERT
  TO "authenticated"
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners change their prompts" ON "public"."prompts"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners delete their prompts" ON "public"."prompts"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their prompts" ON "public"."prompts"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

ALTER TABLE "public"."prompts"
  ADD COLUMN "placeholders" text[] GENERATED ALWAYS AS (private.find_placeholders(body)) STORED NOT NULL;

ALTER TABLE "public"."prompts"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."prompts"
  ADD COLUMN "updated_at" timestamp WITH time zone NOT NULL DEFAULT now();

COMMENT ON COLUMN "public"."prompts"."type" IS 'task: sent to models. grader: used to grade their answers, with {{input}}, {{output}} and {{expected}} in addition to the fields of the row.';

COMMENT ON TABLE "public"."prompts" IS 'Prompts of users in their current state. Each changed body or type is kept as a row of prompt_versions.';

COMMENT ON COLUMN "public"."prompts"."placeholders" IS 'Fields named in the body as {{field}}, computed by the database.';

REVOKE ALL ("body") ON TABLE "public"."prompts" FROM "authenticated";

GRANT INSERT ("body"), UPDATE ("body") ON TABLE "public"."prompts" TO "authenticated";

REVOKE ALL ("id") ON TABLE "public"."prompts" FROM "authenticated";

GRANT INSERT ("id") ON TABLE "public"."prompts" TO "authenticated";

REVOKE ALL ("name") ON TABLE "public"."prompts" FROM "authenticated";

GRANT INSERT ("name"), UPDATE ("name") ON TABLE "public"."prompts" TO "authenticated";

REVOKE ALL ("type") ON TABLE "public"."prompts" FROM "authenticated";

GRANT INSERT ("type"), UPDATE ("type") ON TABLE "public"."prompts" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."prompts" TO "authenticated";

REVOKE ALL ON TABLE "public"."prompts" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."prompts" TO "service_role";

REVOKE ALL ("owner_id") ON TABLE "public"."prompts" FROM "authenticated";

GRANT INSERT ("owner_id") ON TABLE "public"."prompts" TO "authenticated";

REVOKE ALL ON TABLE "public"."prompts" FROM "anon";

-- public/tables/report_orders.sql
CREATE TABLE "public"."report_orders" (
  "report_id"                uuid  NOT NULL,
  "owner_id"                 uuid  NOT NULL,
  "config_snapshot"          jsonb NOT NULL,
  "stripe_session_id"        text,
  "stripe_payment_intent_id" text,
  "checkout_url"             text,
  CONSTRAINT "report_orders_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "report_orders_pkey" PRIMARY KEY (report_id),
  CONSTRAINT "report_orders_stripe_session_id_key" UNIQUE (stripe_session_id),
  CONSTRAINT "report_orders_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."report_orders"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX report_orders_owner_id_idx ON public.report_orders USING btree (owner_id);

CREATE INDEX report_orders_stripe_payment_intent_id_idx ON public.report_orders USING btree (stripe_payment_intent_id);

CREATE TRIGGER report_orders_keep_snapshot
  BEFORE UPDATE ON public.report_orders
  FOR EACH ROW
  WHEN ((old.config_snapshot IS DISTINCT FROM new.config_snapshot))
  EXECUTE FUNCTION private.keep_snapshot();

CREATE POLICY "Owners read their orders" ON "public"."report_orders"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."report_orders"."config_snapshot" IS 'All that the runs depend on, frozen at checkout: models with their prices, prompt, schema, image paths, expected JSON, priorities, runs per model.';

COMMENT ON TABLE "public"."report_orders" IS 'What was ordered and how it is paid: for the owner alone, as the link to a report shows neither prompt nor expected JSON unasked.';

REVOKE ALL ON TABLE "public"."report_orders" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_orders" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_orders" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."report_orders" TO "service_role";

REVOKE ALL ON TABLE "public"."report_orders" FROM "anon";

-- public/tables/report_revisions.sql
CREATE TABLE "public"."report_revisions" (
  "report_id"      uuid    NOT NULL,
  "revision"       integer NOT NULL,
  "owner_id"       uuid    NOT NULL,
  "status"         text    NOT NULL DEFAULT 'scoring'::text,
  "scorer_version" integer NOT NULL,
  "json_schema"    jsonb,
  CONSTRAINT "report_revisions_json_schema_check" CHECK ((jsonb_typeof(json_schema) = 'object'::text)),
  CONSTRAINT "report_revisions_pkey" PRIMARY KEY (report_id, revision),
  CONSTRAINT "report_revisions_revision_check" CHECK ((revision > 0)),
  CONSTRAINT "report_revisions_status_check" CHECK ((status = ANY (ARRAY['scoring'::text, 'complete'::text, 'failed'::text]))),
  CONSTRAINT "report_revisions_report_id_fkey" FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE
);

ALTER TABLE "public"."report_revisions"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "scored_runs" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "recommended_model" text;

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "rationale" text;

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "summary" jsonb;

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "error" text;

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."report_revisions"
  ADD COLUMN "completed_at" timestamp WITH time zone;

ALTER TABLE "public"."report_revisions"
  ADD CONSTRAINT "report_revisions_check1" CHECK (((status = 'failed'::text) = (error IS NOT NULL)));

ALTER TABLE "public"."report_revisions"
  ADD CONSTRAINT "report_revisions_check" CHECK (((status = 'complete'::text) = (summary IS NOT NULL)));

CREATE INDEX report_revisions_owner_id_idx ON public.report_revisions USING btree (owner_id);

CREATE UNIQUE INDEX report_revisions_scoring_idx ON public.report_revisions USING btree (report_id)
  WHERE (status = 'scoring'::text);

CREATE POLICY "Owners read their reports' revisions" ON "public"."report_revisions"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."report_revisions"."json_schema" IS 'Schema with the x-compare rules that the answers were compared by; null for the ordered schema.';

COMMENT ON COLUMN "public"."report_revisions"."owner_id" IS 'Owner of the report, repeated here so that the policy needs no join.';

COMMENT ON COLUMN "public"."report_revisions"."scored_runs" IS 'Number of answers that have been scored so far.';

COMMENT ON COLUMN "public"."report_revisions"."status" IS 'scoring: answers are being scored, and the report shows an earlier revision. failed: the report was not changed.';

COMMENT ON COLUMN "public"."report_revisions"."summary" IS 'Summary of this revision, like reports.summary.';

COMMENT ON TABLE "public"."report_revisions" IS 'Scorings of reports whose answers were scored more than once. reports.revision is the shown one; earlier ones stay readable.';

REVOKE ALL ON TABLE "public"."report_revisions" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_revisions" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_revisions" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."report_revisions" TO "service_role";

REVOKE ALL ON TABLE "public"."report_revisions" FROM "anon";

-- public/tables/reports.sql
CREATE TABLE "public"."reports" (
  "id"                 uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "owner_id"           uuid                     NOT NULL,
  "draft_id"           uuid,
  "status"             text                     NOT NULL DEFAULT 'draft'::text,
  "config_hash"        text                     NOT NULL,
  "share_token"        text,
  "recommended_model"  text,
  "rationale"          text,
  "summary"            jsonb,
  "estimated_api_cost" numeric                  NOT NULL,
  "total_api_cost"     numeric,
  "model_count"        integer                  NOT NULL,
  "partial"            boolean                  NOT NULL DEFAULT false,
  "partial_reason"     text,
  "error"              text,
  "created_at"         timestamp with time zone NOT NULL DEFAULT now(),
  "paid_at"            timestamp with time zone,
  "started_at"         timestamp with time zone,
  "completed_at"       timestamp with time zone,
  "revision"           integer                  NOT NULL DEFAULT 1,
  "share_token_hash"   bytea                    GENERATED ALWAYS AS (sha256(decode(share_token, 'hex'::text))) STORED,
  "share_expires_at"   timestamp with time zone,
  "shares_order"       boolean                  NOT NULL DEFAULT false,
  "has_kept_patterns"  boolean                  NOT NULL DEFAULT false,
  CONSTRAINT "reports_check1" CHECK ((partial = (partial_reason IS NOT NULL))),
  CONSTRAINT "reports_draft_id_fkey" FOREIGN KEY (draft_id) REFERENCES public.benchmark_drafts(id) ON DELETE SET NULL,
  CONSTRAINT "reports_estimated_api_cost_check" CHECK ((estimated_api_cost >= (0)::numeric)),
  CONSTRAINT "reports_model_count_check" CHECK (((model_count >= 1) AND (model_count <= 12))),
  CONSTRAINT "reports_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "reports_pkey" PRIMARY KEY (id),
  CONSTRAINT "reports_revision_check" CHECK ((revision > 0)),
  CONSTRAINT "reports_share_token_check" CHECK ((length(share_token) >= 32)),
  CONSTRAINT "reports_share_token_key" UNIQUE (share_token),
  CONSTRAINT "reports_status_check"
    CHECK ((status = ANY (ARRAY['draft'::text, 'awaiting_payment'::text, 'paid'::text, 'running'::text, 'complete'::text, 'failed'::text, 'refunded'::text, 'expired'::text]))),
  CONSTRAINT "reports_total_api_cost_check" CHECK ((total_api_cost >= (0)::numeric))
);

ALTER TABLE "public"."reports"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX reports_draft_id_idx ON public.reports USING btree (draft_id);

CREATE UNIQUE INDEX reports_open_order_idx ON public.reports USING btree (draft_id, config_hash)
  WHERE (status = ANY (ARRAY['draft'::text, 'awaiting_payment'::text]));

CREATE INDEX reports_owner_id_idx ON public.reports USING btree (owner_id, created_at DESC);

CREATE UNIQUE INDEX reports_share_token_hash_idx ON public.reports USING btree (share_token_hash);

CREATE TRIGGER reports_broadcast
  AFTER UPDATE OF status ON public.reports
  FOR EACH ROW
  WHEN ((new.status IS DISTINCT FROM old.status))
  EXECUTE FUNCTION private.broadcast_report_status();

CREATE TRIGGER reports_check_status
  BEFORE INSERT OR UPDATE ON public.reports
  FOR EACH ROW
  EXECUTE FUNCTION private.check_report_status();

CREATE TRIGGER reports_forget
  AFTER DELETE ON public.reports
  FOR EACH ROW
  EXECUTE FUNCTION private.forget_report();

CREATE TRIGGER reports_keep_patterns_of_revision
  BEFORE UPDATE OF revision ON public.reports
  FOR EACH ROW
  WHEN (((new.status = 'complete'::text) AND (new.revision <> old.revision)))
  EXECUTE FUNCTION private.keep_patterns();

CREATE TRIGGER reports_keep_patterns
  BEFORE UPDATE OF status ON public.reports
  FOR EACH ROW
  WHEN (((new.status = 'complete'::text) AND (NOT old.has_kept_patterns)))
  EXECUTE FUNCTION private.keep_patterns();

CREATE TRIGGER reports_stop_race
  AFTER UPDATE OF status ON public.reports
  FOR EACH ROW
  WHEN (((new.status = ANY (ARRAY['failed'::text, 'refunded'::text])) AND (new.status IS DISTINCT FROM old.status)))
  EXECUTE FUNCTION private.stop_race();

CREATE TRIGGER reports_wait
  BEFORE DELETE ON public.reports
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.wait_for_queue();

CREATE POLICY "Owners, and visitors with its token, read a report" ON "public"."reports"
  FOR SELECT
  TO "authenticated"
  USING (((owner_id = ( SELECT auth.uid() AS uid)) OR (id = ( SELECT private.presented_report() AS presented_report))));

CREATE POLICY "Visitors with its token read a report" ON "public"."reports"
  FOR SELECT
  TO "anon"
  USING ((id = ( SELECT private.presented_report() AS presented_report)));

ALTER TABLE "public"."reports"
  ADD COLUMN "scorer_version" integer NOT NULL DEFAULT private.scorer_version();

COMMENT ON COLUMN "public"."reports"."config_hash" IS 'SHA-256 of the ordered configuration.';

COMMENT ON COLUMN "public"."reports"."has_kept_patterns" IS 'True once the report is complete: its error patterns are in kept_error_patterns and are not computed again.';

COMMENT ON COLUMN "public"."reports"."revision" IS 'Number of the shown scoring of the answers. 1 is the first; see report_revisions for the others.';

COMMENT ON COLUMN "public"."reports"."share_expires_at" IS 'Time at which the link expires; null for never.';

COMMENT ON COLUMN "public"."reports"."share_token" IS 'Secret of the link to the report: 244 random bits, created on payment. The owner can replace or revoke it.';

COMMENT ON COLUMN "public"."reports"."share_token_hash" IS 'Hash by which a presented token is looked up. The timing of an index over hashes reveals nothing about tokens.';

COMMENT ON COLUMN "public"."reports"."shares_order" IS 'True if visitors see the prompt, the schema and the expected JSON.';

COMMENT ON COLUMN "public"."reports"."summary" IS 'Figures per model as the report prints them, computed once at the end.';

COMMENT ON COLUMN "public"."reports"."total_api_cost" IS 'USD that providers charged for this report as far as they said; what they may have charged for lost calls stands in the cost ledger.';

COMMENT ON TABLE "public"."reports" IS 'One ordered benchmark from checkout to its result: what a visitor with the link may see of it. The rest stands in report_orders.';

COMMENT ON COLUMN "public"."reports"."scorer_version" IS 'Oldest scorer version that the shown scores may come from.';

REVOKE ALL ON TABLE "public"."reports" FROM "anon";

GRANT SELECT ON TABLE "public"."reports" TO "anon";

REVOKE ALL ON TABLE "public"."reports" FROM "authenticated";

GRANT SELECT ON TABLE "public"."reports" TO "authenticated";

REVOKE ALL ON TABLE "public"."reports" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."reports" TO "service_role";

-- public/tables/run_cells.sql
CREATE TABLE "public"."run_cells" (
  "id"           bigint GENERATED ALWAYS AS IDENTITY (INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 50 NO CYCLE) NOT NULL,
  "run_id"       uuid   NOT NULL,
  "run_model_id" uuid   NOT NULL,
  "owner_id"     uuid   NOT NULL,
  CONSTRAINT "run_cells_pkey" PRIMARY KEY (id),
  CONSTRAINT "run_cells_run_model_id_fkey" FOREIGN KEY (run_model_id) REFERENCES public.run_models(id) ON DELETE CASCADE,
  CONSTRAINT "run_cells_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE
);

ALTER TABLE "public"."run_cells"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."run_cells"
  SET (fillfactor=60);

ALTER TABLE "public"."run_cells"
  ADD COLUMN "row_index" private.counter;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "repeat" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "status" private.cell_status NOT NULL DEFAULT 'queued'::text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "output_text" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "answer_ending" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "error_text" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "latency_ms" private.counter;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "tokens_in" private.counter;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "tokens_out" private.counter;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "tokens_cached" private.counter;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "served_model" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "served_other" boolean NOT NULL DEFAULT false;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "provider_request_id" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "cost_usd" private.usd;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "is_cached" boolean NOT NULL DEFAULT false;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "attempts" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "grader_score" private.score;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "grader_reason" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "grader_error" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "grader_cost_usd" private.usd;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "human_score" private.score;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "human_reason" text;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "grade_score" double precision GENERATED ALWAYS AS (COALESCE(human_score, grader_score)) STORED;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "grade_reason" text GENERATED ALWAYS AS (
CASE
    WHEN (human_score IS NULL) THEN grader_reason
    ELSE human_reason
END) STORED;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "graded_by" text GENERATED ALWAYS AS (
CASE
    WHEN (human_score IS NOT NULL) THEN 'human'::text
    WHEN (grader_score IS NOT NULL) THEN 'grader'::text
    ELSE NULL::text
END) STORED;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "started_at" timestamp WITH time zone;

ALTER TABLE "public"."run_cells"
  ADD COLUMN "completed_at" timestamp WITH time zone;

ALTER TABLE "public"."run_cells"
  ADD CONSTRAINT "run_cells_answer_ending_check" CHECK ((answer_ending = ANY (ARRAY['stop'::text, 'length'::text, 'refusal'::text, 'filtered'::text])));

ALTER TABLE "public"."run_cells"
  ADD CONSTRAINT "run_cells_human_reason_check" CHECK ((length(human_reason) <= 10000));

ALTER TABLE "public"."run_cells"
  ADD CONSTRAINT "run_cells_run_model_id_row_index_repeat_key" UNIQUE NULLS NOT DISTINCT (run_model_id, row_index, repeat);

CREATE INDEX run_cells_owner_id_idx ON public.run_cells USING btree (owner_id);

CREATE INDEX run_cells_run_id_idx ON public.run_cells USING btree (run_id, id);

CREATE TRIGGER run_cells_count_changed
  AFTER UPDATE ON public.run_cells REFERENCING OLD TABLE AS
  BEFORE NEW TABLE AS
  AFTER
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.count_changed_cells();

CREATE TRIGGER run_cells_count_new
  AFTER INSERT ON public.run_cells REFERENCING NEW TABLE AS
  AFTER
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.count_new_cells();

CREATE POLICY "Owners override grades" ON "public"."run_cells"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their runs' cells" ON "public"."run_cells"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."run_cells"."answer_ending" IS 'stop: the answer is whole; length: cut off at max_tokens; refusal: refused by the model; filtered: withheld by a content filter. Null without an answer.';

COMMENT ON COLUMN "public"."run_cells"."grade_score" IS 'Grade that counts, 0-1: human_score if set, otherwise grader_score.';

COMMENT ON COLUMN "public"."run_cells"."grader_error" IS 'Reason why there is no grade: the grader failed, or its grade could not be read.';

COMMENT ON COLUMN "public"."run_cells"."human_score" IS 'Grade by the owner, which overrides the grader''s; grader_score keeps the latter.';

COMMENT ON COLUMN "public"."run_cells"."is_cached" IS 'True if the answer is that of an earlier identical call, at no cost.';

COMMENT ON COLUMN "public"."run_cells"."owner_id" IS 'Owner of the run, kept here so that the policy needs no join. Not a foreign key: a cell is deleted with its run, and the check took a quarter of the time to open a run of 100,000 cells.';

COMMENT ON COLUMN "public"."run_cells"."provider_request_id" IS 'Id of the last call, which the provider''s support asks for.';

COMMENT ON COLUMN "public"."run_cells"."repeat" IS 'Number of the repeat, from 0.';

COMMENT ON COLUMN "public"."run_cells"."row_index" IS 'Row of dataset_rows, from 0; null if the run has no dataset.';

COMMENT ON COLUMN "public"."run_cells"."served_model" IS 'Model that answered, as named in the answer; null if the provider names none or is_cached.';

COMMENT ON COLUMN "public"."run_cells"."served_other" IS 'True if a model other than the requested one answered.';

COMMENT ON COLUMN "public"."run_cells"."tokens_cached" IS 'Part of tokens_in that the provider read from its own cache.';

COMMENT ON TABLE "public"."run_cells" IS 'Cells of runs. A cell is one call to a model about one row of the dataset. The transaction that settles its cost writes its result.';

REVOKE ALL ON TABLE "public"."run_cells" FROM "authenticated";

REVOKE ALL ("human_reason") ON TABLE "public"."run_cells" FROM "authenticated";

GRANT UPDATE ("human_reason") ON TABLE "public"."run_cells" TO "authenticated";

REVOKE ALL ("human_score") ON TABLE "public"."run_cells" FROM "authenticated";

GRANT UPDATE ("human_score") ON TABLE "public"."run_cells" TO "authenticated";

GRANT SELECT ON TABLE "public"."run_cells" TO "authenticated";

REVOKE ALL ON TABLE "public"."run_cells" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."run_cells" TO "service_role";

REVOKE ALL ON TABLE "public"."run_cells" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."run_cells_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."run_cells_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."run_cells_id_seq" FROM "service_role";

-- public/tables/run_model_totals.sql
CREATE TABLE "public"."run_model_totals" (
  "run_model_id" uuid NOT NULL,
  "run_id"       uuid NOT NULL,
  "owner_id"     uuid NOT NULL,
  CONSTRAINT "run_model_totals_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "run_model_totals_pkey" PRIMARY KEY (run_model_id),
  CONSTRAINT "run_model_totals_run_model_id_fkey" FOREIGN KEY (run_model_id) REFERENCES public.run_models(id) ON DELETE CASCADE,
  CONSTRAINT "run_model_totals_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE
);

ALTER TABLE "public"."run_model_totals"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."run_model_totals"
  SET (fillfactor=50);

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "queued" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "running" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "complete" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "failed" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "skipped" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "cancelled" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "cut_off" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "cached" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "graded" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "overridden" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "grader_failures" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "score_sum" numeric NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "tokens_in" bigint NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "tokens_out" bigint NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "tokens_cached" bigint NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "priced" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "cost_usd" numeric NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_model_totals"
  ADD COLUMN "grader_cost_usd" numeric NOT NULL DEFAULT 0;

CREATE INDEX run_model_totals_owner_id_idx ON public.run_model_totals USING btree (owner_id);

CREATE INDEX run_model_totals_run_id_idx ON public.run_model_totals USING btree (run_id);

CREATE POLICY "Owners read their runs' totals" ON "public"."run_model_totals"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."run_model_totals"."cached" IS 'Completed cells with the answer of an earlier identical call.';

COMMENT ON COLUMN "public"."run_model_totals"."cost_usd" IS 'Cost of these cells'' calls in USD.';

COMMENT ON COLUMN "public"."run_model_totals"."cut_off" IS 'Completed cells whose answer was cut off at max_tokens.';

COMMENT ON COLUMN "public"."run_model_totals"."graded" IS 'Cells with a grade, the grader''s or the human''s.';

COMMENT ON COLUMN "public"."run_model_totals"."grader_cost_usd" IS 'Cost of the grading in USD.';

COMMENT ON COLUMN "public"."run_model_totals"."grader_failures" IS 'Cells whose grader failed or gave no readable grade.';

COMMENT ON COLUMN "public"."run_model_totals"."overridden" IS 'Cells with a human''s grade.';

COMMENT ON COLUMN "public"."run_model_totals"."priced" IS 'Cells with a known cost.';

COMMENT ON COLUMN "public"."run_model_totals"."queued" IS 'Number of queued cells; the other statuses likewise.';

COMMENT ON COLUMN "public"."run_model_totals"."score_sum" IS 'Sum of grade_score. Divided by graded it is the mean, 0-1.';

COMMENT ON COLUMN "public"."run_model_totals"."tokens_cached" IS 'Part of tokens_in that providers read from their own cache.';

COMMENT ON TABLE "public"."run_model_totals" IS 'Progress and totals of each model of a run, always equal to the sums over its cells. Clients that follow a run live get one change per batch of results.';

REVOKE ALL ON TABLE "public"."run_model_totals" FROM "authenticated";

GRANT SELECT ON TABLE "public"."run_model_totals" TO "authenticated";

REVOKE ALL ON TABLE "public"."run_model_totals" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."run_model_totals" TO "service_role";

REVOKE ALL ON TABLE "public"."run_model_totals" FROM "anon";

-- public/tables/run_models.sql
CREATE TABLE "public"."run_models" (
  "id"       uuid NOT NULL DEFAULT gen_random_uuid(),
  "run_id"   uuid NOT NULL,
  "owner_id" uuid NOT NULL,
  "provider" text NOT NULL,
  "model"    text NOT NULL,
  "label"    text NOT NULL,
  CONSTRAINT "run_models_label_check" CHECK ((label <> ''::text)),
  CONSTRAINT "run_models_model_check" CHECK ((model <> ''::text)),
  CONSTRAINT "run_models_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "run_models_pkey" PRIMARY KEY (id),
  CONSTRAINT "run_models_provider_fkey" FOREIGN KEY (PROVIDER) REFERENCES private.providers(name),
  CONSTRAINT "run_models_run_id_label_key" UNIQUE (run_id, label),
  CONSTRAINT "run_models_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE
);

ALTER TABLE "public"."run_models"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."run_models"
  ADD COLUMN "input_price" private.usd;

ALTER TABLE "public"."run_models"
  ADD COLUMN "cached_input_price" private.usd;

ALTER TABLE "public"."run_models"
  ADD COLUMN "output_price" private.usd;

ALTER TABLE "public"."run_models"
  ADD COLUMN "long_context" jsonb;

ALTER TABLE "public"."run_models"
  ADD COLUMN "reservation_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "public"."run_models"
  ADD CONSTRAINT "run_models_long_context_check" CHECK ((jsonb_typeof(long_context) = 'object'::text));

CREATE INDEX run_models_owner_id_idx ON public.run_models USING btree (owner_id);

CREATE INDEX run_models_provider_idx ON public.run_models USING btree (PROVIDER);

CREATE POLICY "Owners read their runs' models" ON "public"."run_models"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."run_models"."input_price" IS 'USD per token; null if the model has no price. The cost of its calls is then null too.';

COMMENT ON COLUMN "public"."run_models"."long_context" IS 'USD per token of calls with more than above input tokens: {"above", "input", "cached_input", "output"}. Null if the length does not change the price.';

COMMENT ON COLUMN "public"."run_models"."model" IS 'The provider''s name for the model.';

COMMENT ON COLUMN "public"."run_models"."provider" IS 'Provider whose endpoint and key serve the model, as in models.base_url_key.';

COMMENT ON COLUMN "public"."run_models"."reservation_usd" IS 'Highest possible cost of one call in USD, reserved while it runs; 0 if the model has no price.';

COMMENT ON TABLE "public"."run_models" IS 'Models of a run, with their prices when the run started.';

REVOKE ALL ON TABLE "public"."run_models" FROM "authenticated";

GRANT SELECT ON TABLE "public"."run_models" TO "authenticated";

REVOKE ALL ON TABLE "public"."run_models" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."run_models" TO "service_role";

REVOKE ALL ON TABLE "public"."run_models" FROM "anon";

-- public/tables/runs.sql
CREATE TABLE "public"."runs" (
  "id"                uuid    NOT NULL DEFAULT gen_random_uuid(),
  "owner_id"          uuid    NOT NULL,
  "name"              text    NOT NULL DEFAULT ''::text,
  "prompt_version_id" uuid    NOT NULL,
  "dataset_id"        uuid,
  "grader_version_id" uuid,
  "grader"            jsonb,
  "parameters"        jsonb   NOT NULL DEFAULT '{}'::jsonb,
  "repeats"           integer NOT NULL DEFAULT 1,
  "use_cache"         boolean NOT NULL DEFAULT false,
  "status"            text    NOT NULL DEFAULT 'queued'::text,
  CONSTRAINT "runs_check" CHECK (((grader_version_id IS NULL) OR (grader IS NOT NULL))),
  CONSTRAINT "runs_dataset_id_fkey" FOREIGN KEY (dataset_id) REFERENCES public.datasets(id),
  CONSTRAINT "runs_grader_check" CHECK ((jsonb_typeof(grader) = 'object'::text)),
  CONSTRAINT "runs_grader_version_id_fkey" FOREIGN KEY (grader_version_id) REFERENCES public.prompt_versions(id),
  CONSTRAINT "runs_name_check" CHECK ((length(name) <= 200)),
  CONSTRAINT "runs_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "runs_parameters_check" CHECK ((jsonb_typeof(parameters) = 'object'::text)),
  CONSTRAINT "runs_pkey" PRIMARY KEY (id),
  CONSTRAINT "runs_prompt_version_id_fkey" FOREIGN KEY (prompt_version_id) REFERENCES public.prompt_versions(id),
  CONSTRAINT "runs_repeats_check" CHECK (((repeats >= 1) AND (repeats <= 20))),
  CONSTRAINT "runs_status_check" CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'complete'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE "public"."runs"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."runs"
  ADD COLUMN "cell_count" private.counter NOT NULL;

ALTER TABLE "public"."runs"
  ADD COLUMN "estimated_cost_usd" private.usd;

ALTER TABLE "public"."runs"
  ADD COLUMN "cost_ceiling_usd" private.usd NOT NULL;

ALTER TABLE "public"."runs"
  ADD COLUMN "grading_reservation_usd" private.usd NOT NULL DEFAULT 0;

ALTER TABLE "public"."runs"
  ADD COLUMN "error" text;

ALTER TABLE "public"."runs"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."runs"
  ADD COLUMN "started_at" timestamp WITH time zone;

ALTER TABLE "public"."runs"
  ADD COLUMN "completed_at" timestamp WITH time zone;

CREATE INDEX runs_dataset_id_idx ON public.runs USING btree (dataset_id);

CREATE INDEX runs_grader_version_id_idx ON public.runs USING btree (grader_version_id);

CREATE INDEX runs_owner_id_idx ON public.runs USING btree (owner_id, created_at DESC);

CREATE INDEX runs_prompt_version_id_idx ON public.runs USING btree (prompt_version_id);

CREATE TRIGGER runs_forget
  AFTER DELETE ON public.runs
  FOR EACH ROW
  EXECUTE FUNCTION private.forget_prompt_run();

CREATE TRIGGER runs_wait
  BEFORE DELETE ON public.runs
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.wait_for_queue();

CREATE POLICY "Owners delete their runs of prompts" ON "public"."runs"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their runs of prompts" ON "public"."runs"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners rename their runs of prompts" ON "public"."runs"
  FOR UPDATE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)))
  WITH CHECK ((owner_id = ( SELECT auth.uid() AS uid)));

COMMENT ON COLUMN "public"."runs"."cost_ceiling_usd" IS 'Highest total cost in USD. A call whose reservation would exceed it is skipped.';

COMMENT ON COLUMN "public"."runs"."dataset_id" IS 'Dataset in one version: each upload is a row of datasets.';

COMMENT ON COLUMN "public"."runs"."estimated_cost_usd" IS 'Predicted cost in USD when the run started; null if a model has no price.';

COMMENT ON COLUMN "public"."runs"."grader" IS 'Grader of the answers: {"type": "prompt", "provider", "model", …} with grader_version_id if a model grades, otherwise the type of a code grader and its settings. Null: answers are not graded.';

COMMENT ON COLUMN "public"."runs"."grading_reservation_usd" IS 'Highest possible cost of one grade by a model, in USD; 0 if code grades or the model has no price.';

COMMENT ON COLUMN "public"."runs"."parameters" IS 'Parameters of the calls: temperature, top_p, max_tokens, seed.';

COMMENT ON COLUMN "public"."runs"."use_cache" IS 'True if the answer to an earlier identical call of the same owner may be used again, at no cost.';

COMMENT ON TABLE "public"."runs" IS 'Runs of a prompt: each of one or more models is asked about each row of a dataset, repeats times. A prompt without placeholders needs no dataset.';

REVOKE ALL ON TABLE "public"."runs" FROM "authenticated";

REVOKE ALL ("name") ON TABLE "public"."runs" FROM "authenticated";

GRANT UPDATE ("name") ON TABLE "public"."runs" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."runs" TO "authenticated";

REVOKE ALL ON TABLE "public"."runs" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."runs" TO "service_role";

REVOKE ALL ON TABLE "public"."runs" FROM "anon";

-- public/tables/test_results.sql
CREATE TABLE "public"."test_results" (
  "id"       bigint GENERATED ALWAYS AS IDENTITY (INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 50 NO CYCLE) NOT NULL,
  "run_id"   bigint NOT NULL,
  "owner_id" uuid   NOT NULL,
  CONSTRAINT "test_results_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "test_results_pkey" PRIMARY KEY (id),
  CONSTRAINT "test_results_run_id_fkey" FOREIGN KEY (run_id) REFERENCES public.test_runs(id) ON DELETE CASCADE
);

ALTER TABLE "public"."test_results"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."test_results"
  ADD COLUMN "ordinal" private.counter NOT NULL;

ALTER TABLE "public"."test_results"
  ADD COLUMN "tool_name" text NOT NULL;

ALTER TABLE "public"."test_results"
  ADD COLUMN "variation" text NOT NULL DEFAULT ''::text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "provider" text NOT NULL DEFAULT ''::text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "model" text NOT NULL DEFAULT ''::text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "class_name" text NOT NULL DEFAULT ''::text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "test_key" uuid GENERATED ALWAYS AS
    ((md5(((((((((tool_name || ''::text) || variation) || ''::text) || class_name) || ''::text) || PROVIDER) || ''::text) || model)))::uuid) STORED NOT NULL;

ALTER TABLE "public"."test_results"
  ADD COLUMN "status" text NOT NULL;

ALTER TABLE "public"."test_results"
  ADD COLUMN "execution_status" text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "attempt" integer NOT NULL DEFAULT 1;

ALTER TABLE "public"."test_results"
  ADD COLUMN "is_counted" boolean NOT NULL DEFAULT true;

ALTER TABLE "public"."test_results"
  ADD COLUMN "duration_secs" numeric(10,3);

ALTER TABLE "public"."test_results"
  ADD COLUMN "memory_mb" double precision;

ALTER TABLE "public"."test_results"
  ADD COLUMN "cpu_percent" numeric(5,2);

ALTER TABLE "public"."test_results"
  ADD COLUMN "tokens_total" bigint;

ALTER TABLE "public"."test_results"
  ADD COLUMN "cost_usd" numeric(10,6);

ALTER TABLE "public"."test_results"
  ADD COLUMN "watcher_quality" smallint;

ALTER TABLE "public"."test_results"
  ADD COLUMN "watcher_observations" jsonb;

ALTER TABLE "public"."test_results"
  ADD COLUMN "error_message" text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "error_class" text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "failure_fingerprint" text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "fingerprint_version" smallint;

ALTER TABLE "public"."test_results"
  ADD COLUMN "file_path" text;

ALTER TABLE "public"."test_results"
  ADD COLUMN "line_number" integer;

ALTER TABLE "public"."test_results"
  ADD COLUMN "extra" jsonb;

ALTER TABLE "public"."test_results"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_attempt_check" CHECK ((attempt > 0));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_check" CHECK (((failure_fingerprint IS NULL) = (fingerprint_version IS NULL)));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_cost_usd_check" CHECK ((cost_usd >= (0)::numeric));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_cpu_percent_check" CHECK ((cpu_percent >= (0)::numeric));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_duration_secs_check" CHECK ((duration_secs >= (0)::numeric));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_failure_fingerprint_check" CHECK ((failure_fingerprint ~ '^[0-9a-f]{64}$'::text));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_line_number_check" CHECK ((line_number > 0));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_memory_mb_check" CHECK ((memory_mb >= (0)::double precision));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_run_id_ordinal_key" UNIQUE (run_id, ordinal);

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_status_check" CHECK ((status = ANY (ARRAY['PASS'::text, 'FAIL'::text, 'SKIP'::text, 'ERROR'::text])));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_tokens_total_check" CHECK ((tokens_total >= 0));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_tool_name_check" CHECK ((tool_name <> ''::text));

ALTER TABLE "public"."test_results"
  ADD CONSTRAINT "test_results_watcher_quality_check" CHECK (((watcher_quality >= 1) AND (watcher_quality <= 10)));

CREATE INDEX test_results_failures_idx ON public.test_results USING btree (run_id)
  WHERE (status = ANY (ARRAY['FAIL'::text, 'ERROR'::text]));

CREATE INDEX test_results_fingerprint_idx ON public.test_results USING btree (owner_id, failure_fingerprint)
  WHERE (failure_fingerprint IS NOT NULL);

CREATE INDEX test_results_test_idx ON public.test_results USING btree (owner_id, test_key, run_id DESC);

CREATE TRIGGER test_results_total_deleted
  AFTER DELETE ON public.test_results REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.total_changed_test_runs();

CREATE TRIGGER test_results_total_inserted
  AFTER INSERT ON public.test_results REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.total_changed_test_runs();

CREATE TRIGGER test_results_total_updated
  AFTER UPDATE ON public.test_results REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.total_changed_test_runs();

CREATE POLICY "Owners read their test results" ON "public"."test_results"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Reporters read all test results" ON "public"."test_results"
  FOR SELECT
  TO "test_reporter"
  USING (true);

GRANT SELECT ON TABLE "public"."test_results" TO "test_reporter";

COMMENT ON COLUMN "public"."test_results"."execution_status" IS 'The runner''s own term if it says more than status: xfail, xpass, flaky, timeout, disabled.';

COMMENT ON COLUMN "public"."test_results"."extra" IS 'Everything else that the report says of the result.';

COMMENT ON COLUMN "public"."test_results"."failure_fingerprint" IS 'SHA-256 of the masked failure. Failures of the same cause have the same value, even if numbers and names in them differ.';

COMMENT ON COLUMN "public"."test_results"."fingerprint_version" IS 'Version of the masking rules.';

COMMENT ON COLUMN "public"."test_results"."is_counted" IS 'True for the row by which its test is counted in the run''s totals.';

COMMENT ON COLUMN "public"."test_results"."ordinal" IS 'Position in the report, from 0. It identifies a result, because names are not unique; a result that is sent again is ignored.';

COMMENT ON COLUMN "public"."test_results"."test_key" IS 'Identity of the test across runs: tool, variation, class, provider and model.';

COMMENT ON TABLE "public"."test_results" IS 'Results of tests in runs. A test has several rows in a run if it was retried or if its teardown failed too.';

REVOKE ALL ON TABLE "public"."test_results" FROM "authenticated";

GRANT SELECT ON TABLE "public"."test_results" TO "authenticated";

REVOKE ALL ON TABLE "public"."test_results" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."test_results" TO "service_role";

REVOKE ALL ON TABLE "public"."test_results" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."test_results_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."test_results_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."test_results_id_seq" FROM "service_role";

-- public/tables/test_runs.sql
CREATE TABLE "public"."test_runs" (
  "id"            bigint                      GENERATED ALWAYS AS IDENTITY NOT NULL,
  "owner_id"      uuid                        NOT NULL,
  "suite"         text                        NOT NULL DEFAULT 'default'::text,
  "run_timestamp" timestamp(3) with time zone NOT NULL DEFAULT now(),
  "branch_name"   text                        NOT NULL DEFAULT 'main'::text,
  "commit_hash"   text,
  "watcher_model" text,
  "status"        text                        NOT NULL DEFAULT 'running'::text,
  CONSTRAINT "test_runs_branch_name_check" CHECK (((length(branch_name) >= 1) AND (length(branch_name) <= 250))),
  CONSTRAINT "test_runs_commit_hash_check" CHECK ((commit_hash ~ '^[0-9A-Za-z._-]{4,64}$'::text)),
  CONSTRAINT "test_runs_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "test_runs_pkey" PRIMARY KEY (id),
  CONSTRAINT "test_runs_status_check" CHECK ((status = ANY (ARRAY['running'::text, 'complete'::text, 'aborted'::text]))),
  CONSTRAINT "test_runs_suite_check" CHECK (((length(suite) >= 1) AND (length(suite) <= 200)))
);

ALTER TABLE "public"."test_runs"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "total_tests" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "tests_passed" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "tests_failed" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "tests_skipped" private.counter NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "pass_rate" numeric(5,2);

ALTER TABLE "public"."test_runs"
  ADD COLUMN "avg_watcher_quality" numeric(4,2);

ALTER TABLE "public"."test_runs"
  ADD COLUMN "total_duration_secs" numeric(12,3) NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "total_cost_usd" numeric(10,4) NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "watcher_cost_usd" numeric(10,6) NOT NULL DEFAULT 0;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "notes" text;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "source_format" text NOT NULL DEFAULT 'modelpick'::text;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "source_hash" text;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "warnings" jsonb NOT NULL DEFAULT '[]'::jsonb;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "extra" jsonb;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "idempotency_key" text;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "request_hash" text;

ALTER TABLE "public"."test_runs"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

ALTER TABLE "public"."test_runs"
  ADD COLUMN "completed_at" timestamp WITH time zone;

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_avg_watcher_quality_check" CHECK (((avg_watcher_quality >= (1)::numeric) AND (avg_watcher_quality <= (10)::numeric)));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_extra_check" CHECK ((jsonb_typeof(extra) = 'object'::text));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_idempotency_key_check" CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255)));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_notes_check" CHECK ((length(notes) <= 20000));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_owner_id_idempotency_key_key" UNIQUE (owner_id, idempotency_key);

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_pass_rate_check" CHECK (((pass_rate >= (0)::numeric) AND (pass_rate <= (100)::numeric)));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_source_format_check" CHECK ((source_format = ANY (ARRAY['modelpick'::text, 'junit'::text, 'ctrf'::text, 'observations'::text, 'checklist'::text])));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_total_cost_usd_check" CHECK ((total_cost_usd >= (0)::numeric));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_total_duration_secs_check" CHECK ((total_duration_secs >= (0)::numeric));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_warnings_check" CHECK ((jsonb_typeof(warnings) = 'array'::text));

ALTER TABLE "public"."test_runs"
  ADD CONSTRAINT "test_runs_watcher_cost_usd_check" CHECK ((watcher_cost_usd >= (0)::numeric));

CREATE INDEX test_runs_suite_idx ON public.test_runs USING btree (owner_id, suite, branch_name, run_timestamp DESC, id DESC);

CREATE TRIGGER test_runs_forget
  AFTER DELETE ON public.test_runs REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.forget_test_runs();

CREATE POLICY "Owners delete their test runs" ON "public"."test_runs"
  FOR DELETE
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Owners read their test runs" ON "public"."test_runs"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Reporters read all test runs" ON "public"."test_runs"
  FOR SELECT
  TO "test_reporter"
  USING (true);

GRANT SELECT ON TABLE "public"."test_runs" TO "test_reporter";

COMMENT ON COLUMN "public"."test_runs"."avg_watcher_quality" IS 'Mean of the watcher''s scores, 1-10; null if there are none.';

COMMENT ON COLUMN "public"."test_runs"."extra" IS 'Everything else that the report says of the run.';

COMMENT ON COLUMN "public"."test_runs"."pass_rate" IS 'Percentage (0-100) of passed tests among those that ran, without skipped ones; null if none ran.';

COMMENT ON COLUMN "public"."test_runs"."request_hash" IS 'Hash of the request that created the run. The idempotency key cannot be used for another request.';

COMMENT ON COLUMN "public"."test_runs"."run_timestamp" IS 'Start of the suite. Runs may arrive late and in any order.';

COMMENT ON COLUMN "public"."test_runs"."source_hash" IS 'SHA-256 of the file that the run was read from.';

COMMENT ON COLUMN "public"."test_runs"."tests_failed" IS 'Number of tests that ended with FAIL or ERROR.';

COMMENT ON COLUMN "public"."test_runs"."total_cost_usd" IS 'USD that the tests cost, summed over the results. Excludes watcher_cost_usd, so that a watcher does not make tests look more expensive.';

COMMENT ON COLUMN "public"."test_runs"."total_duration_secs" IS 'Sum over the results, in seconds. A parallel suite takes less time than that.';

COMMENT ON COLUMN "public"."test_runs"."total_tests" IS 'Number of tests. A test is counted once, even if it has several rows.';

COMMENT ON COLUMN "public"."test_runs"."warnings" IS 'Recoverable problems in the report: [{"code", "detail"}].';

COMMENT ON COLUMN "public"."test_runs"."watcher_cost_usd" IS 'USD that the watcher''s calls for the run cost.';

COMMENT ON TABLE "public"."test_runs" IS 'Executions of a test suite. The database computes the totals from test_results.';

REVOKE ALL ON TABLE "public"."test_runs" FROM "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."test_runs" TO "authenticated";

REVOKE ALL ON TABLE "public"."test_runs" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."test_runs" TO "service_role";

REVOKE ALL ON TABLE "public"."test_runs" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."test_runs_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."test_runs_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."test_runs_id_seq" FROM "service_role";

-- public/tables/watcher_insights.sql
CREATE TABLE "public"."watcher_insights" (
  "id"               bigint   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "test_result_id"   bigint   NOT NULL,
  "owner_id"         uuid     NOT NULL,
  "quality_score"    smallint,
  "strengths"        text[]   NOT NULL DEFAULT '{}'::text[],
  "weaknesses"       text[]   NOT NULL DEFAULT '{}'::text[],
  "anomalies"        text[]   NOT NULL DEFAULT '{}'::text[],
  "recommendations"  text[]   NOT NULL DEFAULT '{}'::text[],
  "confidence_level" text,
  "raw_observation"  jsonb,
  "is_malformed"     boolean  NOT NULL DEFAULT false,
  "model"            text,
  CONSTRAINT "watcher_insights_confidence_level_check" CHECK ((confidence_level = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text]))),
  CONSTRAINT "watcher_insights_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE,
  CONSTRAINT "watcher_insights_pkey" PRIMARY KEY (id),
  CONSTRAINT "watcher_insights_quality_score_check" CHECK (((quality_score >= 1) AND (quality_score <= 10))),
  CONSTRAINT "watcher_insights_test_result_id_fkey" FOREIGN KEY (test_result_id) REFERENCES public.test_results(id) ON DELETE CASCADE,
  CONSTRAINT "watcher_insights_test_result_id_key" UNIQUE (test_result_id)
);

ALTER TABLE "public"."watcher_insights"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."watcher_insights"
  ADD COLUMN "cost_usd" private.usd;

ALTER TABLE "public"."watcher_insights"
  ADD COLUMN "created_at" timestamp WITH time zone NOT NULL DEFAULT now();

CREATE INDEX watcher_insights_owner_id_idx ON public.watcher_insights USING btree (owner_id);

CREATE POLICY "Owners read their watcher insights" ON "public"."watcher_insights"
  FOR SELECT
  TO "authenticated"
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "Reporters read all watcher insights" ON "public"."watcher_insights"
  FOR SELECT
  TO "test_reporter"
  USING (true);

GRANT SELECT ON TABLE "public"."watcher_insights" TO "test_reporter";

COMMENT ON COLUMN "public"."watcher_insights"."is_malformed" IS 'True if the answer could not be read. raw_observation then has its text.';

COMMENT ON TABLE "public"."watcher_insights" IS 'The watcher''s reviews: what a model says of a result.';

REVOKE ALL ON TABLE "public"."watcher_insights" FROM "authenticated";

GRANT SELECT ON TABLE "public"."watcher_insights" TO "authenticated";

REVOKE ALL ON TABLE "public"."watcher_insights" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."watcher_insights" TO "service_role";

REVOKE ALL ON TABLE "public"."watcher_insights" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."watcher_insights_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."watcher_insights_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."watcher_insights_id_seq" FROM "service_role";

-- realtime/tables/messages.sql
CREATE POLICY "Visitors with its token follow a report" ON "realtime"."messages"
  FOR SELECT
  TO "anon", "authenticated"
  USING
    (((EXTENSION = 'broadcast'::text) AND (( SELECT realtime.topic() AS topic) ~~ 'share:%'::text) AND (( SELECT private.find_shared_report(substr(realtime.topic(), 7)) AS
    find_shared_report) IS NOT NULL)));

-- storage/tables/objects.sql
CREATE POLICY "Owners delete their benchmark images" ON "storage"."objects"
  FOR DELETE
  TO "authenticated"
  USING (((bucket_id = 'benchmark-images'::text) AND ((storage.foldername(name))[1] = (( SELECT auth.uid() AS uid))::text)));

CREATE POLICY "Owners read their benchmark images" ON "storage"."objects"
  FOR SELECT
  TO "authenticated"
  USING (((bucket_id = 'benchmark-images'::text) AND ((storage.foldername(name))[1] = (( SELECT auth.uid() AS uid))::text)));

CREATE POLICY "Owners read their dataset files" ON "storage"."objects"
  FOR SELECT
  TO "authenticated"
  USING (((bucket_id = 'datasets'::text) AND ((storage.foldername(name))[1] = (( SELECT auth.uid() AS uid))::text)));

CREATE POLICY "Owners upload benchmark images" ON "storage"."objects"
  FOR INSERT
  TO "authenticated"
  WITH CHECK (((bucket_id = 'benchmark-images'::text) AND ((storage.foldername(name))[1] = (( SELECT auth.uid() AS uid))::text)));

-- chat/views/benchmark_drafts.sql
CREATE VIEW "chat"."benchmark_drafts" WITH (security_barrier=true) AS  SELECT id AS draft_id,
    name,
    prompt,
    model_ids,
    jsonb_array_length((upload_data -> 'images'::text)) AS image_count,
    priorities,
    runs_per_model AS runs_per_image,
    created_at,
    updated_at
   FROM public.benchmark_drafts
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."benchmark_drafts" TO "chat_reader";

COMMENT ON VIEW "chat"."benchmark_drafts" IS 'Benchmarks the user prepared, ordered or not.';

-- chat/views/benchmark_field_errors.sql
CREATE VIEW "chat"."benchmark_field_errors" WITH (security_barrier=true) AS  SELECT mistakes.benchmark_id,
    split_part(mistakes.model_id, '#'::text, 1) AS model_id,
    COALESCE(NULLIF(split_part(mistakes.model_id, '#'::text, 2), ''::text), 'default'::text) AS effort,
    mistakes.field_path,
    mistakes.kind,
    mistakes.expected,
    mistakes.actual,
    mistakes.occurrences,
    (((100.0)::double precision * (mistakes.occurrences)::double precision) / (c.runs)::double precision) AS percent_of_runs
   FROM (( SELECT r.report_id AS benchmark_id,
            r.model_id,
            (e.error ->> 'fieldPath'::text) AS field_path,
                CASE
                    WHEN (e.error ? 'formatOnly'::text) THEN 'format'::text
                    WHEN (NOT (e.error ? 'actual'::text)) THEN 'missing'::text
                    WHEN (NOT (e.error ? 'expected'::text)) THEN 'extra'::text
                    ELSE 'wrong'::text
                END AS kind,
            (e.error ->> 'expected'::text) AS expected,
            (e.error ->> 'actual'::text) AS actual,
            count(*) AS occurrences
           FROM (public.benchmark_runs r
             CROSS JOIN LATERAL jsonb_array_elements(r.field_errors) e(error))
          WHERE ((r.owner_id = ( SELECT private.chat_user_id() AS chat_user_id)) AND ((r.status)::text = 'complete'::text) AND (r.field_errors <> '[]'::jsonb))
          GROUP BY r.report_id, r.model_id, (e.error ->> 'fieldPath'::text),
                CASE
                    WHEN (e.error ? 'formatOnly'::text) THEN 'format'::text
                    WHEN (NOT (e.error ? 'actual'::text)) THEN 'missing'::text
                    WHEN (NOT (e.error ? 'expected'::text)) THEN 'extra'::text
                    ELSE 'wrong'::text
                END, (e.error ->> 'expected'::text), (e.error ->> 'actual'::text)) mistakes
     JOIN ( SELECT benchmark_runs.report_id,
            benchmark_runs.model_id,
            count(*) AS runs
           FROM public.benchmark_runs
          WHERE ((benchmark_runs.owner_id = ( SELECT private.chat_user_id() AS chat_user_id)) AND ((benchmark_runs.status)::text = 'complete'::text))
          GROUP BY benchmark_runs.report_id, benchmark_runs.model_id) c ON (((c.report_id = mistakes.benchmark_id) AND (c.model_id = mistakes.model_id))));

GRANT SELECT ON TABLE "chat"."benchmark_field_errors" TO "chat_reader";

COMMENT ON VIEW "chat"."benchmark_field_errors" IS 'Mistakes of models in the user''s benchmarks: one row per benchmark, model and different mistake, with its number.';

-- chat/views/benchmark_model_results.sql
CREATE VIEW "chat"."benchmark_model_results" WITH (security_barrier=true) AS  SELECT f.report_id AS benchmark_id,
    d.name AS benchmark_name,
    b.status AS benchmark_status,
    b.completed_at AS benchmark_completed_at,
    split_part(f.model_id, '#'::text, 1) AS model_id,
    COALESCE(NULLIF(split_part(f.model_id, '#'::text, 2), ''::text), 'default'::text) AS effort,
    COALESCE(m.name, split_part(f.model_id, '#'::text, 1)) AS model_name,
    m.provider,
    m.tier,
    COALESCE((b.recommended_model = f.model_id), false) AS is_recommended,
    f.accuracy AS accuracy_percent,
    f.spread AS accuracy_spread,
    f.exact_match_rate AS exact_match_percent,
    f.correct_fields,
    f.cost AS cost_usd,
    f.cost_per_run AS cost_per_run_usd,
    (f.cost / (NULLIF(f.correct_fields, 0))::numeric) AS cost_per_correct_field_usd,
    f.median_latency AS median_response_ms,
    f.p95_latency AS p95_response_ms,
    f.input_tokens,
    f.output_tokens,
    f.reasoning_tokens,
    f.runs_completed,
    f.runs_failed
   FROM (((( SELECT benchmark_runs.report_id,
            benchmark_runs.model_id,
            avg((benchmark_runs.field_accuracy)::double precision) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS accuracy,
            stddev_samp((benchmark_runs.field_accuracy)::double precision) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS spread,
            (((100.0)::double precision * (count(*) FILTER (WHERE (((benchmark_runs.status)::text = 'complete'::text) AND benchmark_runs.exact_match)))::double precision) / (NULLIF(count(*) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)), 0))::double precision) AS exact_match_rate,
            sum(((benchmark_runs.score #>> '{relaxed,correct}'::text[]))::integer) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS correct_fields,
            sum((benchmark_runs.actual_cost)::numeric) AS cost,
            avg((benchmark_runs.actual_cost)::numeric) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS cost_per_run,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((benchmark_runs.response_time_ms)::double precision)) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS median_latency,
            percentile_disc((0.95)::double precision) WITHIN GROUP (ORDER BY (benchmark_runs.response_time_ms)::integer) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS p95_latency,
            sum((benchmark_runs.input_tokens)::integer) AS input_tokens,
            sum((benchmark_runs.output_tokens)::integer) AS output_tokens,
            sum((benchmark_runs.reasoning_tokens)::integer) AS reasoning_tokens,
            count(*) FILTER (WHERE ((benchmark_runs.status)::text = 'complete'::text)) AS runs_completed,
            count(*) FILTER (WHERE ((benchmark_runs.status)::text = 'failed'::text)) AS runs_failed
           FROM public.benchmark_runs
          WHERE ((benchmark_runs.owner_id = ( SELECT private.chat_user_id() AS chat_user_id)) AND ((benchmark_runs.status)::text = ANY (ARRAY['complete'::text, 'failed'::text])))
          GROUP BY benchmark_runs.report_id, benchmark_runs.model_id) f
     JOIN public.reports b ON (((b.id = f.report_id) AND (b.owner_id = ( SELECT private.chat_user_id() AS chat_user_id)))))
     LEFT JOIN public.benchmark_drafts d ON (((d.id = b.draft_id) AND (d.owner_id = b.owner_id))))
     LEFT JOIN public.models m ON ((m.id = split_part(f.model_id, '#'::text, 1))));

GRANT SELECT ON TABLE "chat"."benchmark_model_results" TO "chat_reader";

COMMENT ON VIEW "chat"."benchmark_model_results" IS 'Results of each model in each of the user''s benchmarks, one row per benchmark, model and effort, also while it runs. Means and times are over completed runs.';

-- chat/views/benchmark_runs.sql
CREATE VIEW "chat"."benchmark_runs" WITH (security_barrier=true) AS  SELECT id AS run_id,
    report_id AS benchmark_id,
    split_part(model_id, '#'::text, 1) AS model_id,
    COALESCE(NULLIF(split_part(model_id, '#'::text, 2), ''::text), 'default'::text) AS effort,
    (image_index)::integer AS image_index,
    (repeat_index)::integer AS repeat_index,
    (status)::text AS status,
    is_valid_json,
    exact_match AS is_exact_match,
    (field_accuracy)::double precision AS accuracy_percent,
    ((score #>> '{relaxed,correct}'::text[]))::integer AS correct_fields,
    ((score #>> '{relaxed,wrong}'::text[]))::integer AS wrong_fields,
    ((score #>> '{relaxed,missing}'::text[]))::integer AS missing_fields,
    ((score #>> '{relaxed,extra}'::text[]))::integer AS extra_fields,
    output_json,
    (response_time_ms)::integer AS response_time_ms,
    (input_tokens)::integer AS input_tokens,
    (output_tokens)::integer AS output_tokens,
    (cached_tokens)::integer AS cached_tokens,
    (reasoning_tokens)::integer AS reasoning_tokens,
    (estimated_cost)::numeric AS estimated_cost_usd,
    (actual_cost)::numeric AS cost_usd,
    (attempts)::integer AS attempts,
    error_kind,
    error_message,
    skip_reason,
    created_at,
    started_at,
    completed_at
   FROM public.benchmark_runs
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."benchmark_runs" TO "chat_reader";

COMMENT ON VIEW "chat"."benchmark_runs" IS 'One row per model, image and repeat of the user''s benchmarks: single calls of a model. For figures per model prefer benchmark_model_results.';

-- chat/views/benchmarks.sql
CREATE VIEW "chat"."benchmarks" WITH (security_barrier=true) AS  SELECT r.id AS benchmark_id,
    d.name,
    r.status,
    split_part(r.recommended_model, '#'::text, 1) AS recommended_model_id,
        CASE
            WHEN (r.recommended_model IS NOT NULL) THEN COALESCE(NULLIF(split_part(r.recommended_model, '#'::text, 2), ''::text), 'default'::text)
            ELSE NULL::text
        END AS recommended_effort,
    r.rationale,
    r.model_count,
    jsonb_array_length((o.config_snapshot -> 'images'::text)) AS image_count,
    ((o.config_snapshot ->> 'runs_per_model'::text))::integer AS runs_per_image,
    ARRAY( SELECT jsonb_array_elements_text((o.config_snapshot -> 'priorities'::text)) AS jsonb_array_elements_text) AS priorities,
    (o.config_snapshot ->> 'prompt'::text) AS prompt,
    r.estimated_api_cost AS estimated_cost_usd,
    r.total_api_cost AS cost_usd,
    r.partial AS is_partial,
    r.partial_reason,
    r.error AS error_message,
    r.created_at,
    r.paid_at,
    r.started_at,
    r.completed_at,
    (EXTRACT(epoch FROM (r.completed_at - r.started_at)))::double precision AS duration_seconds
   FROM ((public.reports r
     LEFT JOIN public.report_orders o ON ((o.report_id = r.id)))
     LEFT JOIN public.benchmark_drafts d ON (((d.id = r.draft_id) AND (d.owner_id = r.owner_id))))
  WHERE (r.owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."benchmarks" TO "chat_reader";

COMMENT ON VIEW "chat"."benchmarks" IS 'Benchmarks the user ordered, one row each: every chosen model reads every image several times. Figures per model are in benchmark_model_results.';

-- chat/views/conversations.sql
CREATE VIEW "chat"."conversations" WITH (security_barrier=true) AS  SELECT id AS conversation_id,
    title,
    created_at,
    last_message_at
   FROM public.chat_conversations
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."conversations" TO "chat_reader";

COMMENT ON VIEW "chat"."conversations" IS 'The user''s conversations with this chat.';

-- chat/views/dataset_rows.sql
CREATE VIEW "chat"."dataset_rows" WITH (security_barrier=true) AS  SELECT dataset_id,
    (row_index)::integer AS row_index,
    data_json
   FROM public.dataset_rows r
  WHERE (dataset_id IN ( SELECT d.id
           FROM public.datasets d
          WHERE (d.owner_id = ( SELECT private.chat_user_id() AS chat_user_id))));

GRANT SELECT ON TABLE "chat"."dataset_rows" TO "chat_reader";

COMMENT ON VIEW "chat"."dataset_rows" IS 'Rows of the user''s datasets.';

-- chat/views/datasets.sql
CREATE VIEW "chat"."datasets" WITH (security_barrier=true) AS  SELECT id AS dataset_id,
    name,
    version,
    format,
    columns,
    (row_count)::integer AS row_count,
    file_bytes,
    created_at
   FROM public.datasets
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."datasets" TO "chat_reader";

COMMENT ON VIEW "chat"."datasets" IS 'The user''s datasets, one row per version.';

-- chat/views/issue_occurrences.sql
CREATE VIEW "chat"."issue_occurrences" WITH (security_barrier=true) AS  SELECT issue_id,
    run_id AS test_run_id,
    test_result_id,
    severity,
    notes,
    created_at
   FROM public.issue_occurrences
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."issue_occurrences" TO "chat_reader";

COMMENT ON VIEW "chat"."issue_occurrences" IS 'Occurrences of issues: one row per issue and test result.';

-- chat/views/issues.sql
CREATE VIEW "chat"."issues" WITH (security_barrier=true) AS  SELECT id AS issue_id,
    issue_code,
    suite,
    title,
    description,
    category,
    priority,
    status,
    trend,
    root_cause,
    resolution,
    affected_tools,
    (occurrence_count)::integer AS occurrence_count,
    (run_count)::integer AS run_count,
    first_detected_run_id AS first_test_run_id,
    last_detected_run_id AS last_test_run_id,
    resolved_run_id AS resolved_test_run_id,
    first_detected_at,
    last_detected_at,
    resolved_at,
    ((EXTRACT(epoch FROM (resolved_at - first_detected_at)) / (86400)::numeric))::double precision AS days_to_resolve
   FROM public.issues
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."issues" TO "chat_reader";

COMMENT ON VIEW "chat"."issues" IS 'Problems that the user''s test runs showed, from detection to resolution.';

-- chat/views/messages.sql
CREATE VIEW "chat"."messages" WITH (security_barrier=true) AS  SELECT id AS message_id,
    conversation_id,
    role,
    content,
    sql,
    created_at
   FROM public.chat_messages
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."messages" TO "chat_reader";

COMMENT ON VIEW "chat"."messages" IS 'Messages of the user''s conversations with this chat, one row per question or answer.';

-- chat/views/models.sql
CREATE VIEW "chat"."models" WITH (security_barrier=true) AS  SELECT id AS model_id,
    name,
    provider,
    tier,
    trim_scale((input_price * (1000000)::numeric)) AS input_usd_per_million_tokens,
    trim_scale((cached_input_price * (1000000)::numeric)) AS cached_input_usd_per_million_tokens,
    trim_scale((output_price * (1000000)::numeric)) AS output_usd_per_million_tokens,
    image_price AS usd_per_image,
    context_length,
    supports_vision,
    reasoning,
    reasoning_efforts AS efforts,
    orderable AS is_offered
   FROM public.models
  WHERE (( SELECT private.chat_user_id() AS chat_user_id) IS NOT NULL);

GRANT SELECT ON TABLE "chat"."models" TO "chat_reader";

COMMENT ON VIEW "chat"."models" IS 'The catalogue of models, the same for everybody, with their prices of today.';

-- chat/views/prompt_run_calls.sql
CREATE VIEW "chat"."prompt_run_calls" WITH (security_barrier=true) AS  SELECT c.id AS call_id,
    c.run_id AS prompt_run_id,
    m.label AS model_label,
    m.provider,
    split_part(m.model, '#'::text, 1) AS model,
    COALESCE(NULLIF(split_part(m.model, '#'::text, 2), ''::text), 'default'::text) AS effort,
    (c.row_index)::integer AS row_index,
    (c.repeat)::integer AS repeat_index,
    (c.status)::text AS status,
    c.output_text,
    c.answer_ending,
    c.error_text AS error_message,
    (c.latency_ms)::integer AS latency_ms,
    (c.tokens_in)::integer AS input_tokens,
    (c.tokens_out)::integer AS output_tokens,
    (c.tokens_cached)::integer AS cached_tokens,
    (c.cost_usd)::numeric AS cost_usd,
    (c.grader_cost_usd)::numeric AS grader_cost_usd,
    c.is_cached,
    c.grade_score,
    c.grade_reason,
    c.graded_by,
    (c.grader_score)::double precision AS grader_score,
    (c.human_score)::double precision AS human_score,
    c.grader_error,
    c.completed_at
   FROM (public.run_cells c
     JOIN public.run_models m ON ((m.id = c.run_model_id)))
  WHERE (c.owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."prompt_run_calls" TO "chat_reader";

COMMENT ON VIEW "chat"."prompt_run_calls" IS 'Single calls of prompt runs: one model, row and repeat. For results by model prefer prompt_run_model_results.';

-- chat/views/prompt_run_model_results.sql
CREATE VIEW "chat"."prompt_run_model_results" WITH (security_barrier=true) AS  SELECT c.run_id AS prompt_run_id,
    p.name AS prompt_name,
    v.version AS prompt_version,
    r.status AS run_status,
    r.completed_at AS run_completed_at,
    m.label AS model_label,
    m.provider,
    split_part(m.model, '#'::text, 1) AS model,
    COALESCE(NULLIF(split_part(m.model, '#'::text, 2), ''::text), 'default'::text) AS effort,
    count(*) FILTER (WHERE ((c.status)::text = 'complete'::text)) AS calls_completed,
    count(*) FILTER (WHERE ((c.status)::text = 'failed'::text)) AS calls_failed,
    count(c.grade_score) AS calls_graded,
    avg(c.grade_score) AS mean_score,
    sum((c.tokens_in)::integer) AS input_tokens,
    sum((c.tokens_out)::integer) AS output_tokens,
    sum((c.cost_usd)::numeric) AS cost_usd,
    sum((c.grader_cost_usd)::numeric) AS grader_cost_usd,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((c.latency_ms)::double precision)) FILTER (WHERE (((c.status)::text = 'complete'::text) AND (NOT c.is_cached))) AS median_latency_ms,
    percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY ((c.latency_ms)::double precision)) FILTER (WHERE (((c.status)::text = 'complete'::text) AND (NOT c.is_cached))) AS p95_latency_ms
   FROM ((((public.run_cells c
     JOIN public.run_models m ON ((m.id = c.run_model_id)))
     JOIN public.runs r ON ((r.id = c.run_id)))
     JOIN public.prompt_versions v ON ((v.id = r.prompt_version_id)))
     JOIN public.prompts p ON ((p.id = v.prompt_id)))
  WHERE (c.owner_id = ( SELECT private.chat_user_id() AS chat_user_id))
  GROUP BY c.run_id, r.id, p.name, v.version, m.id;

GRANT SELECT ON TABLE "chat"."prompt_run_model_results" TO "chat_reader";

COMMENT ON VIEW "chat"."prompt_run_model_results" IS 'Results of the user''s prompt runs, one row per run and model, also of runs under way.';

-- chat/views/prompt_runs.sql
CREATE VIEW "chat"."prompt_runs" WITH (security_barrier=true) AS  SELECT r.id AS prompt_run_id,
    r.name,
    v.prompt_id,
    r.prompt_version_id,
    p.name AS prompt_name,
    v.version AS prompt_version,
    r.dataset_id,
    d.name AS dataset_name,
    r.status,
    r.repeats,
    (r.cell_count)::integer AS call_count,
    (r.grader ->> 'type'::text) AS grader_type,
    (r.estimated_cost_usd)::numeric AS estimated_cost_usd,
    (r.cost_ceiling_usd)::numeric AS cost_ceiling_usd,
    r.error AS error_message,
    r.created_at,
    r.started_at,
    r.completed_at
   FROM (((public.runs r
     JOIN public.prompt_versions v ON ((v.id = r.prompt_version_id)))
     JOIN public.prompts p ON ((p.id = v.prompt_id)))
     LEFT JOIN public.datasets d ON ((d.id = r.dataset_id)))
  WHERE (r.owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."prompt_runs" TO "chat_reader";

COMMENT ON VIEW "chat"."prompt_runs" IS 'Runs of a prompt over a dataset on one or more models. Results by model: prompt_run_model_results.';

-- chat/views/prompt_versions.sql
CREATE VIEW "chat"."prompt_versions" WITH (security_barrier=true) AS  SELECT v.id AS prompt_version_id,
    v.prompt_id,
    p.name AS prompt_name,
    v.version,
    v.body,
    v.placeholders,
    ARRAY( SELECT l.label
           FROM public.prompt_labels l
          WHERE ((l.prompt_id = v.prompt_id) AND (l.version = v.version))
          ORDER BY l.label) AS labels,
    v.created_at
   FROM (public.prompt_versions v
     JOIN public.prompts p ON ((p.id = v.prompt_id)))
  WHERE (v.owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."prompt_versions" TO "chat_reader";

COMMENT ON VIEW "chat"."prompt_versions" IS 'All versions of the user''s prompts.';

-- chat/views/prompts.sql
CREATE VIEW "chat"."prompts" WITH (security_barrier=true) AS  SELECT id AS prompt_id,
    name,
    type,
    body,
    placeholders,
    ( SELECT max(v.version) AS max
           FROM public.prompt_versions v
          WHERE (v.prompt_id = p.id)) AS version,
    created_at,
    updated_at
   FROM public.prompts p
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."prompts" TO "chat_reader";

COMMENT ON VIEW "chat"."prompts" IS 'The user''s prompts as they are now.';

-- chat/views/test_results.sql
CREATE VIEW "chat"."test_results" WITH (security_barrier=true) AS  SELECT x.id AS test_result_id,
    x.run_id AS test_run_id,
    r.suite,
    r.branch_name,
    r.run_timestamp,
    x.tool_name,
    x.variation,
    x.class_name,
    x.provider,
    x.model,
    x.status,
    x.execution_status,
    x.attempt,
    x.is_counted,
    x.duration_secs AS duration_seconds,
    x.memory_mb,
    x.cpu_percent,
    x.tokens_total,
    x.cost_usd,
    (COALESCE(w.quality_score, x.watcher_quality))::integer AS watcher_quality,
    w.confidence_level AS watcher_confidence,
    x.error_class,
    x.error_message,
    x.failure_fingerprint,
    x.file_path,
    x.line_number
   FROM ((public.test_results x
     JOIN public.test_runs r ON (((r.id = x.run_id) AND (r.owner_id = ( SELECT private.chat_user_id() AS chat_user_id)))))
     LEFT JOIN public.watcher_insights w ON (((w.test_result_id = x.id) AND (w.owner_id = ( SELECT private.chat_user_id() AS chat_user_id)))))
  WHERE (x.owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."test_results" TO "chat_reader";

COMMENT ON VIEW "chat"."test_results" IS 'Result of each test in each test run. Count a test once with is_counted: attempts before the last have rows too.';

-- chat/views/test_runs.sql
CREATE VIEW "chat"."test_runs" WITH (security_barrier=true) AS  SELECT id AS test_run_id,
    suite,
    branch_name,
    commit_hash,
    run_timestamp,
    status,
    (total_tests)::integer AS total_tests,
    (tests_passed)::integer AS tests_passed,
    (tests_failed)::integer AS tests_failed,
    (tests_skipped)::integer AS tests_skipped,
    pass_rate AS pass_rate_percent,
    avg_watcher_quality,
    total_duration_secs AS duration_seconds,
    total_cost_usd AS cost_usd,
    watcher_model,
    notes,
    source_format
   FROM public.test_runs
  WHERE (owner_id = ( SELECT private.chat_user_id() AS chat_user_id));

GRANT SELECT ON TABLE "chat"."test_runs" TO "chat_reader";

COMMENT ON VIEW "chat"."test_runs" IS 'Executions of the user''s test suites, one row each.';

-- private/views/callable_lanes.sql
CREATE VIEW "private"."callable_lanes" WITH (security_invoker=true) AS  SELECT group_id,
    lane,
    kind,
    provider,
    COALESCE(( SELECT max(c.paused_until) AS max
           FROM private.provider_circuits c
          WHERE ((c.provider = l.provider) AND (c.lane = ANY (ARRAY[''::text, l.lane])) AND c.is_open)), '-infinity'::timestamp with time zone) AS callable_at
   FROM private.job_lanes l;

GRANT SELECT ON TABLE "private"."callable_lanes" TO "service_role";

COMMENT ON VIEW "private"."callable_lanes" IS 'job_lanes, each with the time from which its provider may be called.';

-- private/views/calls_in_flight.sql
CREATE VIEW "private"."calls_in_flight" WITH (security_invoker=true) AS  SELECT group_id,
    lane,
    provider,
    (count(*))::integer AS calls
   FROM private.job_queue q
  WHERE ((lease_owner IS NOT NULL) AND (group_id IS NOT NULL) AND (NOT is_standby))
  GROUP BY group_id, lane, provider;

GRANT SELECT ON TABLE "private"."calls_in_flight" TO "service_role";

COMMENT ON VIEW "private"."calls_in_flight" IS 'What caps count: leased jobs by group, lane and provider, but for those on standby.';

-- private/views/chat_latencies_by_month.sql
CREATE VIEW "private"."chat_latencies_by_month" WITH (security_invoker=true) AS  SELECT month,
    step,
    NULLIF(model, ''::text) AS model,
    bucket,
    requests
   FROM ( SELECT chat_latency_months.month,
            chat_latency_months.step,
            chat_latency_months.model,
            chat_latency_months.bucket,
            chat_latency_months.requests
           FROM private.chat_latency_months
        UNION ALL
         SELECT (date_trunc('month'::text, (chat_latency_deltas.day)::timestamp with time zone))::date AS date_trunc,
            chat_latency_deltas.step,
            chat_latency_deltas.model,
            chat_latency_deltas.bucket,
            chat_latency_deltas.requests
           FROM private.chat_latency_deltas) latencies;

GRANT SELECT ON TABLE "private"."chat_latencies_by_month" TO "service_role";

COMMENT ON VIEW "private"."chat_latencies_by_month" IS 'chat_latencies by month (its first day), for percentiles over all time.';

-- private/views/chat_latencies.sql
CREATE VIEW "private"."chat_latencies" WITH (security_invoker=true) AS  SELECT day,
    step,
    NULLIF(model, ''::text) AS model,
    bucket,
    requests
   FROM ( SELECT chat_latency_days.day,
            chat_latency_days.step,
            chat_latency_days.model,
            chat_latency_days.bucket,
            chat_latency_days.requests
           FROM private.chat_latency_days
        UNION ALL
         SELECT chat_latency_deltas.day,
            chat_latency_deltas.step,
            chat_latency_deltas.model,
            chat_latency_deltas.bucket,
            chat_latency_deltas.requests
           FROM private.chat_latency_deltas) latencies;

GRANT SELECT ON TABLE "private"."chat_latencies" TO "service_role";

COMMENT ON VIEW "private"."chat_latencies" IS 'Histograms of the duration of steps of successful requests by day (UTC), step and model, up to now. Sum the rows by bucket.';

-- private/views/chat_latency_deltas.sql
CREATE VIEW "private"."chat_latency_deltas" WITH (security_invoker=true) AS  SELECT ((c.created_at AT TIME ZONE 'UTC'::text))::date AS day,
    s.step,
    COALESCE(s.model, ''::text) AS model,
    (
        CASE
            WHEN (s.ms > 0) THEN ceil((ln((s.ms)::double precision) / ln((1.02)::double precision)))
            ELSE ('-1'::integer)::double precision
        END)::smallint AS bucket,
    c.sign AS requests
   FROM (private.chat_telemetry_changes c
     CROSS JOIN LATERAL ( VALUES ('nl_to_sql'::text,c.sql_model,c.nl_to_sql_duration_ms), ('sql_execution'::text,NULL::text,c.sql_execution_duration_ms), ('response_generation'::text,c.response_model,c.response_generation_duration_ms), ('ttfb'::text,NULL::text,c.ttfb_ms)) s(step, model, ms))
  WHERE ((c.error_type IS NULL) AND (s.ms IS NOT NULL));

GRANT SELECT ON TABLE "private"."chat_latency_deltas" TO "service_role";

COMMENT ON VIEW "private"."chat_latency_deltas" IS 'Changes as differences to chat_latency_days.';

-- private/views/chat_pattern_deltas.sql
CREATE VIEW "private"."chat_pattern_deltas" WITH (security_invoker=true) AS  SELECT ((created_at AT TIME ZONE 'UTC'::text))::date AS day,
    sql_fingerprint,
    sign AS requests,
        CASE
            WHEN (sql_execution_duration_ms IS NOT NULL) THEN (sign)::integer
            ELSE 0
        END AS timed,
    (sign * (COALESCE(sql_execution_duration_ms, 0))::bigint) AS execution_ms,
        CASE
            WHEN (result_row_count IS NOT NULL) THEN (sign)::integer
            ELSE 0
        END AS counted,
    (sign * (COALESCE(result_row_count, 0))::bigint) AS result_rows
   FROM private.chat_telemetry_changes
  WHERE (sql_fingerprint IS NOT NULL);

GRANT SELECT ON TABLE "private"."chat_pattern_deltas" TO "service_role";

COMMENT ON VIEW "private"."chat_pattern_deltas" IS 'Changes as differences to chat_pattern_days.';

-- private/views/chat_patterns.sql
CREATE VIEW "private"."chat_patterns" WITH (security_invoker=true) AS  SELECT chat_pattern_days.day,
    chat_pattern_days.sql_fingerprint,
    chat_pattern_days.requests,
    chat_pattern_days.timed,
    chat_pattern_days.execution_ms,
    chat_pattern_days.counted,
    chat_pattern_days.result_rows
   FROM private.chat_pattern_days
UNION ALL
 SELECT chat_pattern_deltas.day,
    chat_pattern_deltas.sql_fingerprint,
    chat_pattern_deltas.requests,
    chat_pattern_deltas.timed,
    chat_pattern_deltas.execution_ms,
    chat_pattern_deltas.counted,
    chat_pattern_deltas.result_rows
   FROM private.chat_pattern_deltas;

GRANT SELECT ON TABLE "private"."chat_patterns" TO "service_role";

COMMENT ON VIEW "private"."chat_patterns" IS 'Statements of the chat by day (UTC) and fingerprint, up to now. Sum the rows: a key may occur more than once.';

-- private/views/chat_telemetry_deltas.sql
CREATE VIEW "private"."chat_telemetry_deltas" WITH (security_invoker=true) AS  SELECT c.id,
    c.sign,
    c.created_at,
    c.user_id,
    c.sql_fingerprint,
    c.error_type,
    c.failed_step,
    c.is_off_topic,
    c.sql_model,
    c.response_model,
    c.result_row_count,
    c.nl_to_sql_duration_ms,
    c.sql_execution_duration_ms,
    c.response_generation_duration_ms,
    c.ttfb_ms,
    c.sql_input_tokens,
    c.sql_output_tokens,
    c.sql_cached_tokens,
    c.response_input_tokens,
    c.response_output_tokens,
    c.response_cached_tokens,
    c.sql_price_id,
    c.response_price_id,
    c.cost_usd,
    ((c.created_at AT TIME ZONE 'UTC'::text))::date AS day,
    (COALESCE(c.cost_usd, (0)::numeric) + COALESCE(p.known_usd, (0)::numeric)) AS known_usd,
    COALESCE(p.is_unpriced, false) AS is_unpriced,
    COALESCE(p.uncached_tokens, (0)::bigint) AS unpriced_uncached_tokens,
    COALESCE(p.output_tokens, (0)::bigint) AS unpriced_output_tokens,
    COALESCE(p.cached_tokens, (0)::bigint) AS unpriced_cached_tokens
   FROM (private.chat_telemetry_changes c
     LEFT JOIN LATERAL ( SELECT sum(private.price_tokens(m.*, (s.input)::bigint, (s.cached)::bigint, (s.output)::bigint)) AS known_usd,
            (count(*) > count(m.id)) AS is_unpriced,
            sum(GREATEST((COALESCE(s.input, 0) - COALESCE(s.cached, 0)), 0)) FILTER (WHERE (m.id IS NULL)) AS uncached_tokens,
            sum(s.output) FILTER (WHERE (m.id IS NULL)) AS output_tokens,
            sum(s.cached) FILTER (WHERE (m.id IS NULL)) AS cached_tokens
           FROM (( VALUES (c.sql_price_id,c.sql_input_tokens,c.sql_cached_tokens,c.sql_output_tokens), (c.response_price_id,c.response_input_tokens,c.response_cached_tokens,c.response_output_tokens)) s(price_id, input, cached, output)
             LEFT JOIN public.model_prices m ON ((m.id = s.price_id)))
          WHERE ((c.cost_usd IS NULL) AND (num_nonnulls(s.input, s.cached, s.output) > 0))) p ON (true));

GRANT SELECT ON TABLE "private"."chat_telemetry_deltas" TO "service_role";

COMMENT ON VIEW "private"."chat_telemetry_deltas" IS 'Changes with the cost of the steps that have a price and the tokens of the steps that have none.';

-- private/views/chat_usage_deltas.sql
CREATE VIEW "private"."chat_usage_deltas" WITH (security_invoker=true) AS  SELECT day,
    COALESCE(sql_model, ''::text) AS sql_model,
    COALESCE(response_model, ''::text) AS response_model,
    COALESCE(error_type, ''::text) AS error_type,
    COALESCE(failed_step, ''::text) AS failed_step,
    is_off_topic,
    sign AS requests,
        CASE
            WHEN (num_nonnulls(sql_input_tokens, sql_output_tokens) > 0) THEN (sign)::integer
            ELSE 0
        END AS sql_calls,
    (sign * (COALESCE(sql_input_tokens, 0))::bigint) AS sql_input_tokens,
    (sign * (COALESCE(sql_output_tokens, 0))::bigint) AS sql_output_tokens,
    (sign * (COALESCE(sql_cached_tokens, 0))::bigint) AS sql_cached_tokens,
        CASE
            WHEN (num_nonnulls(response_input_tokens, response_output_tokens) > 0) THEN (sign)::integer
            ELSE 0
        END AS response_calls,
    (sign * (COALESCE(response_input_tokens, 0))::bigint) AS response_input_tokens,
    (sign * (COALESCE(response_output_tokens, 0))::bigint) AS response_output_tokens,
    (sign * (COALESCE(response_cached_tokens, 0))::bigint) AS response_cached_tokens,
    ((sign)::numeric * known_usd) AS known_usd,
        CASE
            WHEN is_unpriced THEN (sign)::integer
            ELSE 0
        END AS unpriced_requests,
    (sign * unpriced_uncached_tokens) AS unpriced_uncached_tokens,
    (sign * unpriced_output_tokens) AS unpriced_output_tokens,
    (sign * unpriced_cached_tokens) AS unpriced_cached_tokens
   FROM private.chat_telemetry_deltas;

GRANT SELECT ON TABLE "private"."chat_usage_deltas" TO "service_role";

COMMENT ON VIEW "private"."chat_usage_deltas" IS 'Changes as differences to chat_usage_days.';

-- private/views/chat_usage.sql
CREATE VIEW "private"."chat_usage" WITH (security_invoker=true) AS  SELECT day,
    NULLIF(sql_model, ''::text) AS sql_model,
    NULLIF(response_model, ''::text) AS response_model,
    NULLIF(error_type, ''::text) AS error_type,
    NULLIF(failed_step, ''::text) AS failed_step,
    is_off_topic,
    requests,
    sql_calls,
    sql_input_tokens,
    sql_output_tokens,
    sql_cached_tokens,
    response_calls,
    response_input_tokens,
    response_output_tokens,
    response_cached_tokens,
    known_usd,
    unpriced_requests,
    unpriced_uncached_tokens,
    unpriced_output_tokens,
    unpriced_cached_tokens
   FROM ( SELECT chat_usage_days.day,
            chat_usage_days.sql_model,
            chat_usage_days.response_model,
            chat_usage_days.error_type,
            chat_usage_days.failed_step,
            chat_usage_days.is_off_topic,
            chat_usage_days.requests,
            chat_usage_days.sql_calls,
            chat_usage_days.sql_input_tokens,
            chat_usage_days.sql_output_tokens,
            chat_usage_days.sql_cached_tokens,
            chat_usage_days.response_calls,
            chat_usage_days.response_input_tokens,
            chat_usage_days.response_output_tokens,
            chat_usage_days.response_cached_tokens,
            chat_usage_days.known_usd,
            chat_usage_days.unpriced_requests,
            chat_usage_days.unpriced_uncached_tokens,
            chat_usage_days.unpriced_output_tokens,
            chat_usage_days.unpriced_cached_tokens
           FROM private.chat_usage_days
        UNION ALL
         SELECT chat_usage_deltas.day,
            chat_usage_deltas.sql_model,
            chat_usage_deltas.response_model,
            chat_usage_deltas.error_type,
            chat_usage_deltas.failed_step,
            chat_usage_deltas.is_off_topic,
            chat_usage_deltas.requests,
            chat_usage_deltas.sql_calls,
            chat_usage_deltas.sql_input_tokens,
            chat_usage_deltas.sql_output_tokens,
            chat_usage_deltas.sql_cached_tokens,
            chat_usage_deltas.response_calls,
            chat_usage_deltas.response_input_tokens,
            chat_usage_deltas.response_output_tokens,
            chat_usage_deltas.response_cached_tokens,
            chat_usage_deltas.known_usd,
            chat_usage_deltas.unpriced_requests,
            chat_usage_deltas.unpriced_uncached_tokens,
            chat_usage_deltas.unpriced_output_tokens,
            chat_usage_deltas.unpriced_cached_tokens
           FROM private.chat_usage_deltas) usage;

GRANT SELECT ON TABLE "private"."chat_usage" TO "service_role";

COMMENT ON VIEW "private"."chat_usage" IS 'Tokens and costs of the chat by day (UTC), models and outcome, up to now. Sum the rows: a key may occur more than once.';

-- private/views/chat_user_deltas.sql
CREATE VIEW "private"."chat_user_deltas" WITH (security_invoker=true) AS  SELECT day,
    user_id,
    sign AS requests,
        CASE
            WHEN (error_type IS NOT NULL) THEN (sign)::integer
            ELSE 0
        END AS errors,
        CASE
            WHEN is_off_topic THEN (sign)::integer
            ELSE 0
        END AS off_topic,
    (sign * ((COALESCE(sql_input_tokens, 0))::bigint + COALESCE(response_input_tokens, 0))) AS input_tokens,
    (sign * ((COALESCE(sql_output_tokens, 0))::bigint + COALESCE(response_output_tokens, 0))) AS output_tokens,
    (sign * ((COALESCE(sql_cached_tokens, 0))::bigint + COALESCE(response_cached_tokens, 0))) AS cached_tokens,
    ((sign)::numeric * known_usd) AS known_usd,
        CASE
            WHEN is_unpriced THEN (sign)::integer
            ELSE 0
        END AS unpriced_requests,
    (sign * unpriced_uncached_tokens) AS unpriced_uncached_tokens,
    (sign * unpriced_output_tokens) AS unpriced_output_tokens,
    (sign * unpriced_cached_tokens) AS unpriced_cached_tokens
   FROM private.chat_telemetry_deltas;

GRANT SELECT ON TABLE "private"."chat_user_deltas" TO "service_role";

COMMENT ON VIEW "private"."chat_user_deltas" IS 'Changes as differences to chat_user_days.';

-- private/views/circuit_rooms.sql
CREATE VIEW "private"."circuit_rooms" WITH (security_invoker=true) AS  SELECT provider,
    lane,
        CASE
            WHEN (paused_until > now()) THEN 0
            ELSE (1 - ( SELECT (count(*))::integer AS count
               FROM private.job_queue q
              WHERE ((q.lease_owner IS NOT NULL) AND q.is_probe AND (q.provider = c.provider) AND ((c.lane = ''::text) OR (c.lane = q.lane)))))
        END AS room
   FROM private.provider_circuits c;

GRANT SELECT ON TABLE "private"."circuit_rooms" TO "service_role";

COMMENT ON VIEW "private"."circuit_rooms" IS 'How many calls may be started to what fails: one at a time over all workers and groups, none during a pause.';

-- private/views/paced_providers.sql
CREATE VIEW "private"."paced_providers" WITH (security_invoker=true) AS  SELECT provider,
        CASE
            WHEN (paused_until > now()) THEN (0)::numeric
            ELSE floor(concurrency)
        END AS max_in_flight
   FROM private.provider_pace p
  WHERE (changed_at > (now() - '00:05:00'::interval));

GRANT SELECT ON TABLE "private"."paced_providers" TO "service_role";

COMMENT ON VIEW "private"."paced_providers" IS 'Calls at once that providers take at the moment; one without a row takes as many as its fixed limit allows.';

-- private/views/stuck_lanes.sql
CREATE VIEW "private"."stuck_lanes" WITH (security_invoker=true) AS  SELECT c.provider,
    c.lane AS circuit_lane,
    c.is_parked,
    c.reason,
    c.since,
    c.paused_until,
    l.group_id,
    l.lane,
    l.kind,
    (GREATEST(c.since, g.created_at) +
        CASE
            WHEN c.is_parked THEN k.parked_patience
            ELSE k.outage_patience
        END) AS gives_up_at
   FROM (((private.provider_circuits c
     JOIN private.job_lanes l ON (((l.provider = c.provider) AND ((c.lane = ''::text) OR (c.lane = l.lane)))))
     JOIN private.job_groups g ON (((g.id = l.group_id) AND ((g.waiting)::integer > 0))))
     JOIN private.job_kinds k ON ((k.kind = l.kind)))
  WHERE (c.is_open AND (EXISTS ( SELECT
           FROM private.waiting_jobs q
          WHERE ((q.group_id = l.group_id) AND (q.lane = l.lane)))));

GRANT SELECT ON TABLE "private"."stuck_lanes" TO "service_role";

COMMENT ON VIEW "private"."stuck_lanes" IS 'Lanes with jobs that wait for an open circuit, and until when they do: their kind''s patience, counted from the failure or, where it came later, from the group''s own beginning.';

-- private/views/waiting_groups.sql
CREATE VIEW "private"."waiting_groups" WITH (security_invoker=true) AS  SELECT id,
    kind,
    priority,
    served_at,
    waiting,
    max_in_flight,
    max_in_flight_per_lane,
    committed_usd,
    soft_ceiling_usd,
    hard_ceiling_usd,
    LEAST(ceil((((soft_ceiling_usd)::numeric - committed_usd) / dearest_usd)),
        CASE
            WHEN (dearest_usd > (0)::numeric) THEN GREATEST((1)::numeric, floor((((hard_ceiling_usd)::numeric - committed_usd) / dearest_usd)))
            ELSE NULL::numeric
        END) AS affordable
   FROM ( SELECT x.id,
            x.kind,
            x.priority,
            x.max_in_flight,
            x.max_in_flight_per_lane,
            x.soft_ceiling_usd,
            x.hard_ceiling_usd,
            x.reserved_usd,
            x.spent_usd,
            x.written_off_usd,
            x.dearest_job_usd,
            x.waiting,
            x.open_jobs,
            x.stopped_for,
            x.served_at,
            x.created_at,
            NULLIF((x.dearest_job_usd)::numeric, (0)::numeric) AS dearest_usd,
            (((x.reserved_usd)::numeric + (x.spent_usd)::numeric) + (x.written_off_usd)::numeric) AS committed_usd
           FROM private.job_groups x) g
  WHERE (((waiting)::integer > 0) AND (committed_usd < (soft_ceiling_usd)::numeric));

GRANT SELECT ON TABLE "private"."waiting_groups" TO "service_role";

COMMENT ON VIEW "private"."waiting_groups" IS 'Groups below their soft ceiling with jobs that wait. affordable: how many of these fit under the ceilings for certain, one at least where it may fit; null where they are free.';

-- private/views/waiting_jobs.sql
CREATE VIEW "private"."waiting_jobs" WITH (security_invoker=true) AS  SELECT ctid AS spot,
    id,
    kind,
    group_id,
    lane,
    priority,
    run_at,
    reservation_usd
   FROM private.job_queue q
  WHERE ((lease_owner IS NULL) AND (dead_at IS NULL));

GRANT SELECT ON TABLE "private"."waiting_jobs" TO "service_role";

COMMENT ON VIEW "private"."waiting_jobs" IS 'What may be leased from run_at on. spot: where the row lies in the table, for the statement that leases it.';

-- public/views/report_chat_costs.sql
CREATE VIEW "public"."report_chat_costs" WITH (security_invoker=true) AS  WITH settings AS (
         SELECT 30 AS days
        ), fallback AS (
         SELECT 0.15 AS input,
            0.075 AS cached_input,
            0.60 AS output
        )
 SELECT u.day,
    (sum(u.requests))::bigint AS requests,
    (sum((u.sql_input_tokens + u.response_input_tokens)))::bigint AS input_tokens,
    (sum((u.sql_output_tokens + u.response_output_tokens)))::bigint AS output_tokens,
    (sum((u.sql_cached_tokens + u.response_cached_tokens)))::bigint AS cached_tokens,
    (sum(u.known_usd) + sum(e.usd)) AS cost_usd,
    sum(u.known_usd) AS known_usd,
    sum(e.usd) AS estimated_usd,
    (sum(u.unpriced_requests))::bigint AS unpriced_requests
   FROM (((settings s
     CROSS JOIN fallback f)
     JOIN private.chat_usage u ON ((u.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
     CROSS JOIN LATERAL ( SELECT (((((u.unpriced_uncached_tokens)::numeric * f.input) + ((u.unpriced_cached_tokens)::numeric * f.cached_input)) + ((u.unpriced_output_tokens)::numeric * f.output)) * 0.000001) AS usd) e)
  GROUP BY u.day
 HAVING (sum(u.requests) > (0)::numeric)
  ORDER BY u.day DESC;

COMMENT ON VIEW "public"."report_chat_costs" IS 'Tokens and USD by day (UTC) of the last 30 days. estimated_usd: cost of the tokens of unpriced models at 0.15 and 0.60 USD per million, cached input at half; cost_usd: known and estimated cost together.';

REVOKE ALL ON TABLE "public"."report_chat_costs" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_costs" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_costs" FROM "anon", "authenticated";

-- public/views/report_chat_errors.sql
CREATE VIEW "public"."report_chat_errors" WITH (security_invoker=true) AS  WITH settings AS (
         SELECT 7 AS days
        ), outcomes AS (
         SELECT u.error_type,
            u.failed_step,
            sum(u.requests) AS requests
           FROM (settings s
             JOIN private.chat_usage u ON ((u.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
          GROUP BY u.error_type, u.failed_step
        ), total AS (
         SELECT sum(outcomes.requests) AS requests,
            sum(outcomes.requests) FILTER (WHERE (outcomes.error_type IS NOT NULL)) AS errors
           FROM outcomes
        )
 SELECT o.error_type,
    o.failed_step,
    (o.requests)::bigint AS errors,
    (t.requests)::bigint AS requests,
    round((((100)::numeric * o.requests) / NULLIF(t.requests, (0)::numeric)), 2) AS percent_of_requests,
    round((((100)::numeric * o.requests) / NULLIF(t.errors, (0)::numeric)), 2) AS percent_of_errors
   FROM (outcomes o
     CROSS JOIN total t)
  WHERE ((o.error_type IS NOT NULL) AND (o.requests > (0)::numeric))
  ORDER BY o.requests DESC, o.error_type, o.failed_step;

COMMENT ON VIEW "public"."report_chat_errors" IS 'Failed requests of the last 7 days (UTC) by kind and step, and their share of all requests and of all errors.';

REVOKE ALL ON TABLE "public"."report_chat_errors" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_errors" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_errors" FROM "anon", "authenticated";

-- public/views/report_chat_latencies_overall.sql
CREATE VIEW "public"."report_chat_latencies_overall" WITH (security_invoker=true) AS  WITH histogram AS (
         SELECT chat_latencies_by_month.step,
            chat_latencies_by_month.bucket,
            sum(chat_latencies_by_month.requests) AS requests
           FROM private.chat_latencies_by_month
          GROUP BY chat_latencies_by_month.step, chat_latencies_by_month.bucket
         HAVING (sum(chat_latencies_by_month.requests) > (0)::numeric)
        ), running AS (
         SELECT histogram.step,
            histogram.bucket,
            sum(histogram.requests) OVER (PARTITION BY histogram.step ORDER BY histogram.bucket) AS up_to,
            sum(histogram.requests) OVER (PARTITION BY histogram.step) AS total
           FROM histogram
        )
 SELECT step,
    (max(total))::bigint AS requests,
    round((private.latency_of_bucket(min(bucket) FILTER (WHERE (up_to >= (0.5 * total)))))::numeric, 1) AS p50_ms,
    round((private.latency_of_bucket(min(bucket) FILTER (WHERE (up_to >= (0.95 * total)))))::numeric, 1) AS p95_ms,
    round((private.latency_of_bucket(min(bucket) FILTER (WHERE (up_to >= (0.99 * total)))))::numeric, 1) AS p99_ms
   FROM running
  GROUP BY step
  ORDER BY (array_position(ARRAY['nl_to_sql'::text, 'sql_execution'::text, 'response_generation'::text, 'ttfb'::text], step));

COMMENT ON VIEW "public"."report_chat_latencies_overall" IS 'Percentiles of report_chat_latencies over all time.';

REVOKE ALL ON TABLE "public"."report_chat_latencies_overall" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_latencies_overall" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_latencies_overall" FROM "anon", "authenticated";

-- public/views/report_chat_latencies.sql
CREATE VIEW "public"."report_chat_latencies" WITH (security_invoker=true) AS  WITH settings AS NOT MATERIALIZED (
         SELECT 7 AS days
        ), histogram AS (
         SELECT l.step,
            l.bucket,
            sum(l.requests) AS requests
           FROM (settings s
             JOIN private.chat_latencies l ON ((l.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
          GROUP BY l.step, l.bucket
         HAVING (sum(l.requests) > (0)::numeric)
        ), running AS (
         SELECT histogram.step,
            histogram.bucket,
            sum(histogram.requests) OVER (PARTITION BY histogram.step ORDER BY histogram.bucket) AS up_to,
            sum(histogram.requests) OVER (PARTITION BY histogram.step) AS total
           FROM histogram
        )
 SELECT step,
    (max(total))::bigint AS requests,
    round((private.latency_of_bucket(min(bucket) FILTER (WHERE (up_to >= (0.5 * total)))))::numeric, 1) AS p50_ms,
    round((private.latency_of_bucket(min(bucket) FILTER (WHERE (up_to >= (0.95 * total)))))::numeric, 1) AS p95_ms,
    round((private.latency_of_bucket(min(bucket) FILTER (WHERE (up_to >= (0.99 * total)))))::numeric, 1) AS p99_ms
   FROM running
  GROUP BY step
  ORDER BY (array_position(ARRAY['nl_to_sql'::text, 'sql_execution'::text, 'response_generation'::text, 'ttfb'::text], step));

COMMENT ON VIEW "public"."report_chat_latencies" IS 'Percentiles in ms of each step of the successful requests of the last 7 days (UTC), each within 1 % of a measured time.';

REVOKE ALL ON TABLE "public"."report_chat_latencies" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_latencies" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_latencies" FROM "anon", "authenticated";

-- public/views/report_chat_models.sql
CREATE VIEW "public"."report_chat_models" WITH (security_invoker=true) AS  WITH settings AS NOT MATERIALIZED (
         SELECT 7 AS days
        ), histogram AS (
         SELECT l_1.step,
            l_1.model,
            l_1.bucket,
            sum(l_1.requests) AS requests
           FROM (settings s
             JOIN private.chat_latencies l_1 ON ((l_1.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
          WHERE (l_1.step = ANY (ARRAY['nl_to_sql'::text, 'response_generation'::text]))
          GROUP BY l_1.step, l_1.model, l_1.bucket
         HAVING (sum(l_1.requests) > (0)::numeric)
        ), running AS (
         SELECT histogram.step,
            histogram.model,
            histogram.bucket,
            sum(histogram.requests) OVER (PARTITION BY histogram.step, histogram.model ORDER BY histogram.bucket) AS up_to,
            sum(histogram.requests) OVER (PARTITION BY histogram.step, histogram.model) AS total
           FROM histogram
        ), latency AS (
         SELECT running.step,
            running.model,
            round((private.latency_of_bucket(min(running.bucket) FILTER (WHERE (running.up_to >= (0.5 * running.total)))))::numeric, 1) AS p50_ms,
            round((private.latency_of_bucket(min(running.bucket) FILTER (WHERE (running.up_to >= (0.95 * running.total)))))::numeric, 1) AS p95_ms
           FROM running
          GROUP BY running.step, running.model
        ), tokens AS (
         SELECT c.step,
            c.model,
            sum(u.requests) AS requests,
            sum(c.calls) AS calls,
            sum(c.input_tokens) AS input_tokens,
            sum(c.output_tokens) AS output_tokens,
            sum(c.cached_tokens) AS cached_tokens
           FROM ((settings s
             JOIN private.chat_usage u ON ((u.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
             CROSS JOIN LATERAL ( VALUES ('nl_to_sql'::text,u.sql_model,u.sql_calls,u.sql_input_tokens,u.sql_output_tokens,u.sql_cached_tokens), ('response_generation'::text,u.response_model,u.response_calls,u.response_input_tokens,u.response_output_tokens,u.response_cached_tokens)) c(step, model, calls, input_tokens, output_tokens, cached_tokens))
          WHERE (c.model IS NOT NULL)
          GROUP BY c.step, c.model
        )
 SELECT t.step,
    t.model,
    (t.requests)::bigint AS requests,
    l.p50_ms,
    l.p95_ms,
    round((t.input_tokens / NULLIF(t.calls, (0)::numeric)), 1) AS mean_input_tokens,
    round((t.cached_tokens / NULLIF(t.calls, (0)::numeric)), 1) AS mean_cached_tokens,
    round((t.output_tokens / NULLIF(t.calls, (0)::numeric)), 1) AS mean_output_tokens
   FROM (tokens t
     LEFT JOIN latency l ON (((l.step = t.step) AND (l.model = t.model))))
  WHERE (t.requests > (0)::numeric)
  ORDER BY t.step, t.requests DESC, t.model;

COMMENT ON VIEW "public"."report_chat_models" IS 'Models by step over the last 7 days (UTC): percentiles in ms of successful requests, mean tokens of counted requests.';

REVOKE ALL ON TABLE "public"."report_chat_models" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_models" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_models" FROM "anon", "authenticated";

-- public/views/report_chat_off_topic.sql
CREATE VIEW "public"."report_chat_off_topic" WITH (security_invoker=true) AS  WITH settings AS (
         SELECT 30 AS days
        )
 SELECT u.day,
    (sum(u.requests))::bigint AS requests,
    (COALESCE(sum(u.requests) FILTER (WHERE u.is_off_topic), (0)::numeric))::bigint AS off_topic,
    round((((100)::numeric * COALESCE(sum(u.requests) FILTER (WHERE u.is_off_topic), (0)::numeric)) / NULLIF(sum(u.requests), (0)::numeric)), 2) AS percent_off_topic
   FROM (settings s
     JOIN private.chat_usage u ON ((u.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
  GROUP BY u.day
 HAVING (sum(u.requests) > (0)::numeric)
  ORDER BY u.day DESC;

COMMENT ON VIEW "public"."report_chat_off_topic" IS 'Number of questions and of off-topic questions by day (UTC) of the last 30 days.';

REVOKE ALL ON TABLE "public"."report_chat_off_topic" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_off_topic" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_off_topic" FROM "anon", "authenticated";

-- public/views/report_chat_patterns.sql
CREATE VIEW "public"."report_chat_patterns" WITH (security_invoker=true) AS  WITH settings AS (
         SELECT 7 AS days
        ), patterns AS (
         SELECT p_1.sql_fingerprint,
            sum(p_1.requests) AS requests,
            (sum(p_1.execution_ms) / NULLIF(sum(p_1.timed), (0)::numeric)) AS mean_execution_ms,
            (sum(p_1.result_rows) / NULLIF(sum(p_1.counted), (0)::numeric)) AS mean_rows
           FROM (settings s
             JOIN private.chat_patterns p_1 ON ((p_1.day > (((now() AT TIME ZONE 'UTC'::text))::date - s.days))))
          GROUP BY p_1.sql_fingerprint
         HAVING (sum(p_1.requests) > (0)::numeric)
          ORDER BY (sum(p_1.requests)) DESC, p_1.sql_fingerprint
         LIMIT 20
        )
 SELECT p.sql_fingerprint,
    example.sql_shape_hash,
    (p.requests)::bigint AS requests,
    example.generated_sql AS example,
    round(p.mean_execution_ms, 1) AS mean_execution_ms,
    round(p.mean_rows, 1) AS mean_rows
   FROM (patterns p
     LEFT JOIN LATERAL ( SELECT l.generated_sql,
            l.sql_shape_hash
           FROM public.chat_telemetry_log l
          WHERE (l.sql_fingerprint = p.sql_fingerprint)
         LIMIT 1) example ON (true))
  ORDER BY p.requests DESC, p.sql_fingerprint;

COMMENT ON VIEW "public"."report_chat_patterns" IS 'The 20 most frequent generated statements of the last 7 days (UTC), each with one example. Means are over statements that ran.';

REVOKE ALL ON TABLE "public"."report_chat_patterns" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_patterns" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_patterns" FROM "anon", "authenticated";

-- public/views/report_chat_users.sql
CREATE VIEW "public"."report_chat_users" WITH (security_invoker=true) AS  WITH settings AS (
         SELECT 30 AS days
        ), fallback AS (
         SELECT 0.15 AS input,
            0.075 AS cached_input,
            0.60 AS output
        )
 SELECT u.user_id,
    u.requests,
    u.input_tokens,
    u.output_tokens,
    u.cached_tokens,
    u.errors,
    u.off_topic,
    (u.known_usd + e.usd) AS cost_usd,
    u.known_usd,
    e.usd AS estimated_usd,
    u.unpriced_requests
   FROM (((settings s
     CROSS JOIN fallback f)
     CROSS JOIN LATERAL private.chat_users_since(((((now() AT TIME ZONE 'UTC'::text))::date - s.days) + 1)) u(user_id, requests, errors, off_topic, input_tokens, output_tokens, cached_tokens, known_usd, unpriced_requests, unpriced_uncached_tokens, unpriced_output_tokens, unpriced_cached_tokens))
     CROSS JOIN LATERAL ( SELECT (((((u.unpriced_uncached_tokens)::numeric * f.input) + ((u.unpriced_cached_tokens)::numeric * f.cached_input)) + ((u.unpriced_output_tokens)::numeric * f.output)) * 0.000001) AS usd) e)
  ORDER BY (u.known_usd + e.usd) DESC, u.user_id;

COMMENT ON VIEW "public"."report_chat_users" IS 'Users of the chat of the last 30 days (UTC), the most expensive first. Costs as in report_chat_costs.';

REVOKE ALL ON TABLE "public"."report_chat_users" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_chat_users" TO "service_role";

REVOKE ALL ON TABLE "public"."report_chat_users" FROM "anon", "authenticated";

-- public/views/report_counted_figures.sql
CREATE VIEW "public"."report_counted_figures" WITH (security_invoker=true) AS  SELECT report_id,
    model_id,
    served_other,
    runs_attempted,
    exact_matches,
    accuracy_sum,
    accuracy_squares,
        CASE
            WHEN (answers > 0) THEN (runs_completed)::integer
            ELSE 0
        END AS runs_completed,
    cost_sum,
        CASE
            WHEN (answers > 0) THEN (costs_known)::integer
            ELSE 0
        END AS costs_known,
        CASE
            WHEN (answers > 0) THEN times
            ELSE '{}'::integer[]
        END AS times
   FROM ( SELECT f.report_id,
            f.owner_id,
            f.model_id,
            f.served_other,
            f.runs_completed,
            f.runs_rejected,
            f.runs_failed,
            f.exact_matches,
            f.accuracy_sum,
            f.accuracy_squares,
            f.cost_sum,
            f.costs_known,
            f.times,
            ((f.runs_completed)::integer - (f.runs_rejected)::integer) AS answers,
            sum(((f.runs_completed)::integer + (f.runs_failed)::integer)) OVER model AS runs_attempted,
            COALESCE((sum(((f.runs_completed)::integer - (f.runs_rejected)::integer)) FILTER (WHERE f.served_other) OVER model >= GREATEST((1)::bigint, sum(((f.runs_completed)::integer - (f.runs_rejected)::integer)) FILTER (WHERE (NOT f.served_other)) OVER model)), false) AS is_answered_by_another
           FROM public.model_figures f
          WINDOW model AS (PARTITION BY f.report_id, f.model_id)) x
  WHERE (served_other = is_answered_by_another);

COMMENT ON VIEW "public"."report_counted_figures" IS 'model_figures of the runs that count: those that a model answered itself, or, where these are half of the answers or more, those that another answered in its place; none where all were rejected. The rule of count_runs.ts.';

REVOKE ALL ON TABLE "public"."report_counted_figures" FROM "anon";

GRANT SELECT ON TABLE "public"."report_counted_figures" TO "anon";

REVOKE ALL ON TABLE "public"."report_counted_figures" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_counted_figures" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_counted_figures" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_counted_figures" TO "service_role";

-- public/views/report_dead_letters.sql
CREATE VIEW "public"."report_dead_letters" WITH (security_invoker=true) AS  SELECT id AS job_id,
    kind,
    payload,
    attempts,
    crashes,
    last_error,
    created_at,
    dead_at
   FROM private.job_queue
  WHERE (dead_at IS NOT NULL);

COMMENT ON VIEW "public"."report_dead_letters" IS 'Jobs that were given up, with the error of their last attempt.';

REVOKE ALL ON TABLE "public"."report_dead_letters" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_dead_letters" TO "service_role";

REVOKE ALL ON TABLE "public"."report_dead_letters" FROM "anon", "authenticated";

-- public/views/report_error_patterns.sql
CREATE VIEW "public"."report_error_patterns" WITH (security_invoker=true) AS  SELECT kept_error_patterns.report_id,
    kept_error_patterns.model_id,
    kept_error_patterns.field_path,
    kept_error_patterns.format_only,
    kept_error_patterns.occurrences,
    kept_error_patterns.percentage,
    kept_error_patterns.common_expected,
    kept_error_patterns.common_actual
   FROM public.kept_error_patterns
UNION ALL
 SELECT p.id AS report_id,
    f.model_id,
    m.field_path,
    m.format_only,
    m.occurrences,
    ((100.0 * (m.occurrences)::numeric) / (f.runs_completed)::numeric) AS percentage,
    m.common_expected,
    m.common_actual
   FROM ((public.reports p
     JOIN public.report_counted_figures f ON (((f.report_id = p.id) AND (f.runs_completed > 0))))
     CROSS JOIN LATERAL ( SELECT c.field_path,
            c.format_only,
            (sum((c.occurrences)::integer))::integer AS occurrences,
            (array_agg(c.expected ORDER BY c.occurrences DESC, (format('[[%s],[%s]]'::text, c.expected, c.actual) COLLATE "C")))[1] AS common_expected,
            (array_agg(c.actual ORDER BY c.occurrences DESC, (format('[[%s],[%s]]'::text, c.expected, c.actual) COLLATE "C")))[1] AS common_actual
           FROM public.field_error_counts c
          WHERE ((c.report_id = f.report_id) AND (c.model_id = f.model_id) AND (c.served_other = f.served_other))
          GROUP BY c.field_path, c.format_only
         HAVING ((10 * sum((c.occurrences)::integer)) >= f.runs_completed)) m)
  WHERE (NOT p.has_kept_patterns);

COMMENT ON VIEW "public"."report_error_patterns" IS 'Fields that a model gets wrong in at least a tenth of its completed runs, with its most frequent mistake there. Values that are right but in another format are a pattern of their own.';

REVOKE ALL ON TABLE "public"."report_error_patterns" FROM "anon";

GRANT SELECT ON TABLE "public"."report_error_patterns" TO "anon";

REVOKE ALL ON TABLE "public"."report_error_patterns" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_error_patterns" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_error_patterns" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_error_patterns" TO "service_role";

-- public/views/report_failing_tests.sql
CREATE VIEW "public"."report_failing_tests" WITH (security_invoker=true) AS  SELECT r.run_id,
    r.owner_id,
    r.suite,
    r.branch_name,
    r.run_timestamp,
    x.id AS test_result_id,
    x.tool_name,
    x.variation,
    x.class_name,
    x.provider,
    x.model,
    x.status,
    x.error_class,
    x.error_message,
    x.file_path,
    x.line_number,
    x.duration_secs,
    COALESCE(w.quality_score, x.watcher_quality) AS watcher_quality,
    w.confidence_level,
    w.weaknesses,
    w.recommendations,
    i.issue_code,
    i.title AS issue_title,
    i.trend AS issue_trend
   FROM (((public.report_latest_test_runs r
     JOIN public.test_results x ON (((x.run_id = r.run_id) AND (x.status = ANY (ARRAY['FAIL'::text, 'ERROR'::text])) AND x.is_counted)))
     LEFT JOIN public.watcher_insights w ON ((w.test_result_id = x.id)))
     LEFT JOIN LATERAL ( SELECT y.issue_code,
            y.title,
            y.trend
           FROM (public.issue_occurrences o
             JOIN public.issues y ON ((y.id = o.issue_id)))
          WHERE (o.test_result_id = x.id)
          ORDER BY (array_position(ARRAY['CRITICAL'::text, 'HIGH'::text, 'MEDIUM'::text, 'LOW'::text], y.priority)), y.id
         LIMIT 1) i ON (true));

GRANT SELECT ON TABLE "public"."report_failing_tests" TO "test_reporter";

COMMENT ON VIEW "public"."report_failing_tests" IS 'Failures of the last complete run of each suite and branch, with the watcher''s score (1-10) and the issue.';

REVOKE ALL ON TABLE "public"."report_failing_tests" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_failing_tests" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_failing_tests" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_failing_tests" TO "service_role";

REVOKE ALL ON TABLE "public"."report_failing_tests" FROM "anon";

-- public/views/report_field_errors.sql
CREATE VIEW "public"."report_field_errors" WITH (security_invoker=true) AS  SELECT f.report_id,
    f.model_id,
    c.field_path,
    c.expected,
    c.actual,
    c.format_only,
    (c.occurrences)::integer AS occurrences,
    ((100.0 * (c.occurrences)::numeric) / (f.runs_completed)::numeric) AS percentage
   FROM (public.report_counted_figures f
     JOIN public.field_error_counts c ON (((c.report_id = f.report_id) AND (c.model_id = f.model_id) AND (c.served_other = f.served_other))))
  WHERE (f.runs_completed > 0);

COMMENT ON VIEW "public"."report_field_errors" IS 'Each different mistake of a model with its number of occurrences and their percentage of its completed runs. An absent value is null, and the JSON value null is ''null''. format_only: the value is right but in another format than expected.';

REVOKE ALL ON TABLE "public"."report_field_errors" FROM "anon";

GRANT SELECT ON TABLE "public"."report_field_errors" TO "anon";

REVOKE ALL ON TABLE "public"."report_field_errors" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_field_errors" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_field_errors" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_field_errors" TO "service_role";

-- public/views/report_flaky_tests.sql
CREATE VIEW "public"."report_flaky_tests" WITH (security_invoker=true) AS  WITH recent AS (
         SELECT r.id,
            r.owner_id,
            r.suite,
            r.branch_name,
            r.run_timestamp,
            r.commit_hash,
            r.age
           FROM ( SELECT r_1.id,
                    r_1.owner_id,
                    r_1.suite,
                    r_1.branch_name,
                    r_1.run_timestamp,
                    r_1.commit_hash,
                    row_number() OVER (PARTITION BY r_1.owner_id, r_1.suite, r_1.branch_name ORDER BY r_1.run_timestamp DESC, r_1.id DESC) AS age
                   FROM public.test_runs r_1
                  WHERE ((r_1.status = 'complete'::text) AND (NOT COALESCE(((r_1.pass_rate <= (20)::numeric) AND (((r_1.tests_passed)::integer + (r_1.tests_failed)::integer) >= 5)), false)))) r
          WHERE (r.age <= 20)
        ), outcomes AS (
         SELECT r.owner_id,
            r.suite,
            r.branch_name,
            r.age,
            r.commit_hash,
            x_1.test_key,
            max(x_1.id) AS id,
            bool_or((x_1.is_counted AND (x_1.status = ANY (ARRAY['FAIL'::text, 'ERROR'::text])))) AS failed,
            (bool_or((x_1.status = ANY (ARRAY['FAIL'::text, 'ERROR'::text]))) AND bool_and(((x_1.status = 'PASS'::text) OR (NOT x_1.is_counted)))) AS was_retried
           FROM (recent r
             JOIN public.test_results x_1 ON ((x_1.run_id = r.id)))
          WHERE (x_1.status <> 'SKIP'::text)
          GROUP BY r.owner_id, r.suite, r.branch_name, r.age, r.commit_hash, x_1.test_key
        ), turns AS (
         SELECT o.owner_id,
            o.suite,
            o.branch_name,
            o.age,
            o.commit_hash,
            o.test_key,
            o.id,
            o.failed,
            o.was_retried,
            (o.failed <> lag(o.failed) OVER (PARTITION BY o.owner_id, o.suite, o.branch_name, o.test_key ORDER BY o.age DESC)) AS turned,
            ((o.commit_hash IS NOT NULL) AND bool_or(o.failed) OVER same_commit AND (NOT bool_and(o.failed) OVER same_commit)) AS is_mixed
           FROM outcomes o
          WINDOW same_commit AS (PARTITION BY o.owner_id, o.suite, o.branch_name, o.test_key, o.commit_hash)
        ), scored AS (
         SELECT t.owner_id,
            t.suite,
            t.branch_name,
            max(t.id) AS id,
            count(*) AS runs,
            count(*) FILTER (WHERE t.failed) AS failures,
            count(*) FILTER (WHERE t.turned) AS transitions,
            count(*) FILTER (WHERE t.was_retried) AS retried_runs,
            count(DISTINCT t.commit_hash) FILTER (WHERE t.is_mixed) AS mixed_commits
           FROM turns t
          GROUP BY t.owner_id, t.suite, t.branch_name, t.test_key
        )
 SELECT s.owner_id,
    s.suite,
    s.branch_name,
    x.tool_name,
    x.variation,
    x.class_name,
    x.provider,
    x.model,
    s.runs,
    s.failures,
    s.transitions,
    round(((s.transitions)::numeric / (NULLIF((s.runs - 1), 0))::numeric), 3) AS transition_score,
    s.mixed_commits,
    s.retried_runs,
    (s.failures = s.runs) AS is_broken
   FROM (scored s
     JOIN public.test_results x ON ((x.id = s.id)))
  WHERE ((s.mixed_commits > 0) OR (s.retried_runs > 0) OR (s.transitions > 1) OR ((s.failures = s.runs) AND (s.runs >= 3)));

GRANT SELECT ON TABLE "public"."report_flaky_tests" TO "test_reporter";

COMMENT ON VIEW "public"."report_flaky_tests" IS 'Unreliable tests in the last 20 complete runs of each suite and branch: the number of failures, the share of steps from run to run with another outcome (transition_score, 0-1), the number of commits on which it passed and failed, and of runs in which it passed only on a retry. is_broken: it always failed.';

REVOKE ALL ON TABLE "public"."report_flaky_tests" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_flaky_tests" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_flaky_tests" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_flaky_tests" TO "service_role";

REVOKE ALL ON TABLE "public"."report_flaky_tests" FROM "anon";

-- public/views/report_issue_flow.sql
CREATE VIEW "public"."report_issue_flow" WITH (security_invoker=true) AS  SELECT c.owner_id,
    i.suite,
    (date_trunc('week'::text, (c.effective_at AT TIME ZONE 'utc'::text)))::date AS week,
    count(*) FILTER (WHERE ((c.trend = 'new'::text) AND (c.old_status IS NULL))) AS detected,
    count(*) FILTER (WHERE ((c.trend = 'regressed'::text) AND (c.changed_by = 'detector'::text))) AS regressed,
    count(*) FILTER (WHERE (c.new_status = 'RESOLVED'::text)) AS resolved
   FROM (public.issue_status_changes c
     JOIN public.issues i ON ((i.id = c.issue_id)))
  WHERE ((c.changed_by = 'detector'::text) OR (c.old_status IS NULL) OR (c.new_status = 'RESOLVED'::text))
  GROUP BY c.owner_id, i.suite, ((date_trunc('week'::text, (c.effective_at AT TIME ZONE 'utc'::text)))::date);

GRANT SELECT ON TABLE "public"."report_issue_flow" TO "test_reporter";

COMMENT ON VIEW "public"."report_issue_flow" IS 'Number of issues that were detected, came back and were resolved, by week (Monday, UTC).';

REVOKE ALL ON TABLE "public"."report_issue_flow" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_issue_flow" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_issue_flow" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_issue_flow" TO "service_role";

REVOKE ALL ON TABLE "public"."report_issue_flow" FROM "anon";

-- public/views/report_issue_resolution.sql
CREATE VIEW "public"."report_issue_resolution" WITH (security_invoker=true) AS  SELECT id AS issue_id,
    owner_id,
    suite,
    issue_code,
    title,
    category,
    priority,
    status,
    trend,
    affected_tools,
    occurrence_count,
    run_count,
    first_detected_at,
    last_detected_at,
    resolved_at,
    resolved_run_id,
    round((EXTRACT(epoch FROM (resolved_at - first_detected_at)) / (86400)::numeric), 2) AS days_to_resolve,
    ( SELECT count(*) AS count
           FROM public.issue_status_changes c
          WHERE ((c.issue_id = i.id) AND (c.trend = 'regressed'::text) AND (c.changed_by = 'detector'::text))) AS regressions
   FROM public.issues i;

GRANT SELECT ON TABLE "public"."report_issue_resolution" TO "test_reporter";

COMMENT ON VIEW "public"."report_issue_resolution" IS 'Issues with the number of their occurrences and runs, and the days until they were resolved.';

REVOKE ALL ON TABLE "public"."report_issue_resolution" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_issue_resolution" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_issue_resolution" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_issue_resolution" TO "service_role";

REVOKE ALL ON TABLE "public"."report_issue_resolution" FROM "anon";

-- public/views/report_latest_test_runs.sql
CREATE VIEW "public"."report_latest_test_runs" WITH (security_invoker=true) AS  SELECT DISTINCT ON (owner_id, suite, branch_name) id AS run_id,
    owner_id,
    suite,
    branch_name,
    commit_hash,
    run_timestamp,
    total_tests,
    tests_passed,
    tests_failed,
    tests_skipped,
    pass_rate,
    avg_watcher_quality,
    total_duration_secs,
    total_cost_usd,
    watcher_cost_usd
   FROM public.test_runs r
  WHERE (status = 'complete'::text)
  ORDER BY owner_id, suite, branch_name, run_timestamp DESC, id DESC;

GRANT SELECT ON TABLE "public"."report_latest_test_runs" TO "test_reporter";

COMMENT ON VIEW "public"."report_latest_test_runs" IS 'The last complete run of each suite and branch.';

REVOKE ALL ON TABLE "public"."report_latest_test_runs" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_latest_test_runs" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_latest_test_runs" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_latest_test_runs" TO "service_role";

REVOKE ALL ON TABLE "public"."report_latest_test_runs" FROM "anon";

-- public/views/report_model_changes.sql
CREATE VIEW "public"."report_model_changes" WITH (security_invoker=true) AS  SELECT created_at,
    model_id,
    provider,
    kind,
    old,
    new,
    source
   FROM private.model_changes;

COMMENT ON VIEW "public"."report_model_changes" IS 'What models-sync changed in the catalogue of models, for the operator.';

REVOKE ALL ON TABLE "public"."report_model_changes" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_model_changes" TO "service_role";

REVOKE ALL ON TABLE "public"."report_model_changes" FROM "anon", "authenticated";

-- public/views/report_model_summaries.sql
CREATE VIEW "public"."report_model_summaries" WITH (security_invoker=true) AS  SELECT f.report_id,
    f.model_id,
    ((f.accuracy_sum / (NULLIF(f.runs_completed, 0))::numeric))::double precision AS accuracy,
    ((100.0 * (f.exact_matches)::numeric) / (NULLIF(f.runs_completed, 0))::numeric) AS exact_match_rate,
    (f.cost_sum / (NULLIF(f.costs_known, 0))::numeric) AS cost_per_run,
    (((t.times[((t.count + 1) / 2)] + t.times[((t.count / 2) + 1)]))::double precision / (2.0)::double precision) AS median_latency,
    t.times[(ceil((((95 * t.count))::numeric / 100.0)))::integer] AS p95_latency,
        CASE
            WHEN (f.runs_completed > 1) THEN (sqrt((GREATEST((0)::numeric, (f.accuracy_squares - ((f.accuracy_sum * f.accuracy_sum) / (f.runs_completed)::numeric))) / ((f.runs_completed - 1))::numeric)))::double precision
            ELSE NULL::double precision
        END AS spread,
    f.runs_completed,
    (f.runs_attempted)::integer AS runs_attempted
   FROM (public.report_counted_figures f
     CROSS JOIN LATERAL ( SELECT array_agg(x."time" ORDER BY x."time") AS times,
            (count(*))::integer AS count
           FROM unnest(f.times) x("time")) t);

COMMENT ON VIEW "public"."report_model_summaries" IS 'Figures of each model of a report, also while it runs. Means are over the runs that count: not those that another model answered, and none if all were rejected. accuracy and exact_match_rate are 0-100, cost_per_run is in USD, latencies are in ms, spread is the sample standard deviation. The figures equal those in reports.summary, without intervals.';

REVOKE ALL ON TABLE "public"."report_model_summaries" FROM "anon";

GRANT SELECT ON TABLE "public"."report_model_summaries" TO "anon";

REVOKE ALL ON TABLE "public"."report_model_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_model_summaries" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_model_summaries" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_model_summaries" TO "service_role";

-- public/views/report_parked.sql
CREATE VIEW "public"."report_parked" WITH (security_invoker=true) AS  SELECT c.provider,
    NULLIF(c.lane, ''::text) AS lane,
        CASE
            WHEN c.is_parked THEN 'parked'::text
            ELSE 'paused'::text
        END AS state,
    c.since,
    s.until,
    c.reason,
    c.failures,
    (COALESCE(s.groups, (0)::bigint))::integer AS groups_waiting,
    (COALESCE(s.jobs, (0)::numeric))::integer AS jobs_waiting,
    GREATEST(c.paused_until, c.failed_at) AS next_try_at
   FROM (private.provider_circuits c
     LEFT JOIN LATERAL ( SELECT min(x.gives_up_at) AS until,
            count(DISTINCT x.group_id) AS groups,
            sum(( SELECT count(*) AS count
                   FROM private.waiting_jobs q
                  WHERE ((q.group_id = x.group_id) AND (q.lane = x.lane)))) AS jobs
           FROM private.stuck_lanes x
          WHERE ((x.provider = c.provider) AND (x.circuit_lane = c.lane))) s ON (true))
  WHERE c.is_open;

COMMENT ON VIEW "public"."report_parked" IS 'For the operator: providers (lane null), and single models of theirs, that are called one at a time or not at all, and what waits for them. parked: the provider refuses our account; resume_provider(provider) tries it at once. paused: it is down. until: when the first of the waiting groups (reports, runs of prompts) gives up.';

REVOKE ALL ON TABLE "public"."report_parked" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_parked" TO "service_role";

REVOKE ALL ON TABLE "public"."report_parked" FROM "anon", "authenticated";

-- public/views/report_prompt_run_models.sql
CREATE VIEW "public"."report_prompt_run_models" WITH (security_invoker=true) AS  SELECT m.run_id,
    m.id AS run_model_id,
    m.owner_id,
    m.label,
    m.provider,
    m.model,
    t.queued,
    t.running,
    t.complete,
    t.failed,
    t.skipped,
    t.cancelled,
    t.cut_off,
    t.cached,
    t.graded,
    t.overridden,
    t.grader_failures,
    ((t.score_sum / (NULLIF((t.graded)::integer, 0))::numeric))::double precision AS mean_score,
    t.tokens_in,
    t.tokens_out,
    t.tokens_cached,
        CASE
            WHEN ((t.priced)::integer > 0) THEN t.cost_usd
            ELSE NULL::numeric
        END AS cost_usd,
    t.grader_cost_usd,
    l.latency_p50_ms,
    l.latency_p95_ms
   FROM ((public.run_models m
     JOIN public.run_model_totals t ON ((t.run_model_id = m.id)))
     CROSS JOIN LATERAL ( SELECT percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (((c.latency_ms)::integer)::double precision)) AS latency_p50_ms,
            percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY (((c.latency_ms)::integer)::double precision)) AS latency_p95_ms
           FROM public.run_cells c
          WHERE ((c.run_model_id = m.id) AND ((c.status)::text = 'complete'::text) AND (NOT c.is_cached))) l);

COMMENT ON VIEW "public"."report_prompt_run_models" IS 'Models of prompt runs that the caller may see: cells by status, mean_score (0-1), tokens, USD (null without a price), and exact latencies in milliseconds of completed calls that were not cached.';

REVOKE ALL ON TABLE "public"."report_prompt_run_models" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_prompt_run_models" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_prompt_run_models" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_prompt_run_models" TO "service_role";

REVOKE ALL ON TABLE "public"."report_prompt_run_models" FROM "anon";

-- public/views/report_prompt_runs.sql
CREATE VIEW "public"."report_prompt_runs" WITH (security_invoker=true) AS  SELECT r.id AS run_id,
    r.owner_id,
    r.name,
    p.id AS prompt_id,
    p.name AS prompt_name,
    v.version AS prompt_version,
    d.name AS dataset_name,
    d.version AS dataset_version,
    r.status,
    r.error,
    r.repeats,
    r.cell_count,
    COALESCE((r.grader ->> 'type'::text), 'none'::text) AS grader_type,
    t.complete,
    t.failed,
    t.skipped,
    t.cancelled,
    t.cut_off,
    t.graded,
    t.mean_score,
    t.tokens_in,
    t.tokens_out,
    t.cost_usd,
    t.grader_cost_usd,
    r.estimated_cost_usd,
    r.cost_ceiling_usd,
    r.created_at,
    r.started_at,
    r.completed_at
   FROM ((((public.runs r
     JOIN public.prompt_versions v ON ((v.id = r.prompt_version_id)))
     JOIN public.prompts p ON ((p.id = v.prompt_id)))
     LEFT JOIN public.datasets d ON ((d.id = r.dataset_id)))
     CROSS JOIN LATERAL ( SELECT sum((x.complete)::integer) AS complete,
            sum((x.failed)::integer) AS failed,
            sum((x.skipped)::integer) AS skipped,
            sum((x.cancelled)::integer) AS cancelled,
            sum((x.cut_off)::integer) AS cut_off,
            sum((x.graded)::integer) AS graded,
            ((sum(x.score_sum) / (NULLIF(sum((x.graded)::integer), 0))::numeric))::double precision AS mean_score,
            sum(x.tokens_in) AS tokens_in,
            sum(x.tokens_out) AS tokens_out,
                CASE
                    WHEN (sum((x.priced)::integer) > 0) THEN sum(x.cost_usd)
                    ELSE NULL::numeric
                END AS cost_usd,
            sum(x.grader_cost_usd) AS grader_cost_usd
           FROM public.run_model_totals x
          WHERE (x.run_id = r.id)) t);

COMMENT ON VIEW "public"."report_prompt_runs" IS 'Prompt runs that the caller may see, with their totals. mean_score is 0-1 over all graded cells. cut_off counts answers that were cut off at max_tokens. Costs are USD, null without a price.';

REVOKE ALL ON TABLE "public"."report_prompt_runs" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_prompt_runs" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_prompt_runs" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_prompt_runs" TO "service_role";

REVOKE ALL ON TABLE "public"."report_prompt_runs" FROM "anon";

-- public/views/report_slowing_tests.sql
CREATE VIEW "public"."report_slowing_tests" WITH (security_invoker=true) AS  WITH recent AS (
         SELECT r.id,
            r.owner_id,
            r.suite,
            r.branch_name,
            r.age
           FROM ( SELECT r_1.id,
                    r_1.owner_id,
                    r_1.suite,
                    r_1.branch_name,
                    row_number() OVER (PARTITION BY r_1.owner_id, r_1.suite, r_1.branch_name ORDER BY r_1.run_timestamp DESC, r_1.id DESC) AS age
                   FROM public.test_runs r_1
                  WHERE (r_1.status = 'complete'::text)) r
          WHERE (r.age <= 40)
        ), passing AS (
         SELECT r.owner_id,
            r.suite,
            r.branch_name,
            x_1.id,
            x_1.test_key,
            x_1.duration_secs,
            x_1.cost_usd,
            row_number() OVER (PARTITION BY r.owner_id, r.suite, r.branch_name, x_1.test_key ORDER BY r.age, x_1.ordinal) AS place
           FROM (recent r
             JOIN public.test_results x_1 ON ((x_1.run_id = r.id)))
          WHERE (x_1.is_counted AND (x_1.status = 'PASS'::text))
        ), medians AS (
         SELECT p.owner_id,
            p.suite,
            p.branch_name,
            max(p.id) AS id,
            count(*) AS runs,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((p.duration_secs)::double precision)) FILTER (WHERE (p.place <= 5)) AS duration_now,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((p.duration_secs)::double precision)) FILTER (WHERE (p.place > 5)) AS duration_before,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((p.cost_usd)::double precision)) FILTER (WHERE (p.place <= 5)) AS cost_now,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((p.cost_usd)::double precision)) FILTER (WHERE (p.place > 5)) AS cost_before
           FROM passing p
          WHERE (p.place <= 25)
          GROUP BY p.owner_id, p.suite, p.branch_name, p.test_key
         HAVING (count(*) >= 10)
        )
 SELECT m.owner_id,
    m.suite,
    m.branch_name,
    x.tool_name,
    x.variation,
    x.class_name,
    x.provider,
    x.model,
    m.runs,
    round((m.duration_before)::numeric, 3) AS duration_before_secs,
    round((m.duration_now)::numeric, 3) AS duration_now_secs,
    round(((m.duration_now / NULLIF(m.duration_before, (0)::double precision)))::numeric, 2) AS duration_ratio,
    round((m.cost_before)::numeric, 6) AS cost_before_usd,
    round((m.cost_now)::numeric, 6) AS cost_now_usd,
    round(((m.cost_now / NULLIF(m.cost_before, (0)::double precision)))::numeric, 2) AS cost_ratio
   FROM (medians m
     JOIN public.test_results x ON ((x.id = m.id)))
  WHERE ((m.duration_now > m.duration_before) OR (m.cost_now > m.cost_before));

GRANT SELECT ON TABLE "public"."report_slowing_tests" TO "test_reporter";

COMMENT ON VIEW "public"."report_slowing_tests" IS 'Tests that became slower or more expensive: medians of the last 5 passing runs and of up to 20 before, among the last 40 complete runs of each suite and branch. GET /test-runs/insights tells if the change is more than noise.';

REVOKE ALL ON TABLE "public"."report_slowing_tests" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_slowing_tests" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_slowing_tests" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_slowing_tests" TO "service_role";

REVOKE ALL ON TABLE "public"."report_slowing_tests" FROM "anon";

-- public/views/report_test_costs.sql
CREATE VIEW "public"."report_test_costs" WITH (security_invoker=true) AS  SELECT r.owner_id,
    r.suite,
    x.tool_name,
    x.provider,
    x.model,
    (date_trunc('day'::text, (r.run_timestamp AT TIME ZONE 'utc'::text)))::date AS day,
    count(*) AS results,
    sum(x.cost_usd) AS cost_usd,
    sum(x.tokens_total) AS tokens,
    count(*) FILTER (WHERE (x.cost_usd IS NULL)) AS results_without_cost,
    sum(x.duration_secs) AS duration_secs
   FROM (public.test_runs r
     JOIN public.test_results x ON ((x.run_id = r.id)))
  GROUP BY r.owner_id, r.suite, x.tool_name, x.provider, x.model, ((date_trunc('day'::text, (r.run_timestamp AT TIME ZONE 'utc'::text)))::date);

GRANT SELECT ON TABLE "public"."report_test_costs" TO "test_reporter";

COMMENT ON VIEW "public"."report_test_costs" IS 'Cost of tests by day, tool and model, in USD, tokens and seconds.';

REVOKE ALL ON TABLE "public"."report_test_costs" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_test_costs" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_test_costs" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_test_costs" TO "service_role";

REVOKE ALL ON TABLE "public"."report_test_costs" FROM "anon";

-- public/views/report_test_runs.sql
CREATE VIEW "public"."report_test_runs" WITH (security_invoker=true) AS  SELECT id AS run_id,
    owner_id,
    suite,
    branch_name,
    commit_hash,
    run_timestamp,
    status,
    total_tests,
    tests_passed,
    tests_failed,
    tests_skipped,
    pass_rate,
    avg_watcher_quality,
    total_duration_secs,
    total_cost_usd,
    watcher_cost_usd,
    lag(id) OVER earlier AS previous_run_id,
    (pass_rate - lag(pass_rate) OVER earlier) AS pass_rate_change,
    ((tests_failed)::integer - (lag(tests_failed) OVER earlier)::integer) AS tests_failed_change,
    (total_duration_secs - lag(total_duration_secs) OVER earlier) AS duration_change_secs,
    (total_cost_usd - lag(total_cost_usd) OVER earlier) AS cost_change_usd,
    (avg_watcher_quality - lag(avg_watcher_quality) OVER earlier) AS quality_change
   FROM public.test_runs r
  WHERE (status = 'complete'::text)
  WINDOW earlier AS (PARTITION BY owner_id, suite, branch_name ORDER BY run_timestamp, id);

GRANT SELECT ON TABLE "public"."report_test_runs" TO "test_reporter";

COMMENT ON VIEW "public"."report_test_runs" IS 'Every complete run beside the one before it on the same branch: the trend of pass rate, duration, cost and watcher quality.';

REVOKE ALL ON TABLE "public"."report_test_runs" FROM "authenticated";

GRANT SELECT ON TABLE "public"."report_test_runs" TO "authenticated";

REVOKE ALL ON TABLE "public"."report_test_runs" FROM "service_role";

GRANT SELECT ON TABLE "public"."report_test_runs" TO "service_role";

REVOKE ALL ON TABLE "public"."report_test_runs" FROM "anon";

-- private/functions/adopt_issues.sql
CREATE OR REPLACE FUNCTION private.adopt_issues (
  p_run bigint
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  with strangers as (
    select distinct on (f.detection_key) f.detection_key, f.test_key, f.error_class, f.fingerprint_version,
      r.owner_id, r.suite,
      regexp_replace(lower(f.title), '[^a-z]+', '', 'g') as plain
    from private.find_failures(p_run) f join public.test_runs r on r.id = p_run
    where f.fingerprint_version > 1 and not exists (
      select from public.issues i
      where i.owner_id = r.owner_id and i.suite = r.suite and i.detection_key = f.detection_key
    )
    order by f.detection_key, f.ordinal
  ),
  found as (
    select distinct on (i.id) i.id, s.detection_key
    from strangers s
    join public.test_results x on x.owner_id = s.owner_id and x.test_key = s.test_key
      and x.fingerprint_version < s.fingerprint_version and x.error_class is not distinct from s.error_class
    join public.issue_occurrences o on o.test_result_id = x.id
    join public.issues i on i.id = o.issue_id and i.suite = s.suite and i.detection_key like 'failure:%'
    where regexp_replace(lower(private.title_failure(x.tool_name, x.error_class, x.error_message)), '[^a-z]+', '', 'g')
      = s.plain
    order by i.id, s.detection_key
  )
  update public.issues i set detection_key = f.detection_key
  from (select distinct on (f.detection_key) f.* from found f order by f.detection_key, f.id) f
  where i.id = f.id
$function$;

GRANT EXECUTE ON FUNCTION "private"."adopt_issues"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."adopt_issues"(bigint) IS 'Gives issues the new fingerprints of their failures after a change of the masking rules. A failure is the same if its test failed with the same message before.';

REVOKE ALL ON FUNCTION "private"."adopt_issues"(bigint) FROM PUBLIC;

-- private/functions/announce_progress.sql
CREATE OR REPLACE FUNCTION private.announce_progress()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if new.open_jobs < old.open_jobs then
    new.announce_from := clock_timestamp() + greatest(1, old.open_jobs / 1000.0) * interval '1 second';
    perform private.broadcast_progress(new.id, new.open_jobs);
  end if;
  return new;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."announce_progress"() TO "service_role";

COMMENT ON FUNCTION "private"."announce_progress"() IS 'Tells of a batch of results; the condition of its trigger keeps it from doing so too often.';

REVOKE ALL ON FUNCTION "private"."announce_progress"() FROM PUBLIC;

-- private/functions/apply_model_list.sql
CREATE OR REPLACE FUNCTION private.apply_model_list (
  p_provider text,
  p_known    text[],
  p_entries  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_before public.models[];
  v_changes jsonb;
begin
  -- One at a time: a checkout may refresh the list while models-sync does.
  update private.providers set tried_at = now(), listed_at = now(), error = null, is_configured = true
  where name = p_provider;
  v_before := array(select m from public.models m where base_url_key = p_provider);

  update public.models m set
    input_price = coalesce(e.input_price, m.input_price),
    cached_input_price = coalesce(e.cached_input_price, m.cached_input_price),
    output_price = coalesce(e.output_price, m.output_price),
    -- As with ends: what the operator has set stays until a list names another, what a list has set goes with it.
    (long_context_above, long_context_input_price, long_context_cached_input_price, long_context_output_price) = (
      select e.long_context_above, e.long_context_input_price, e.long_context_cached_input_price,
        e.long_context_output_price
      where e.long_context_above is not null
      union all
      select m.long_context_above, m.long_context_input_price, m.long_context_cached_input_price,
        m.long_context_output_price
      where e.long_context_above is null and (e.input_price is null or not exists (
        select from private.model_changes c
        where c.model_id = m.id and c.kind in ('added', 'long_context')
          and c.new @> private.describe_listing(m, 'long_context')
      ))
    ),
    context_length = coalesce(e.context_length, m.context_length),
    max_output_tokens = coalesce(e.max_output_tokens, m.max_output_tokens),
    input_modalities = coalesce(e.input_modalities, m.input_modalities),
    supports_structured_output = coalesce(e.supports_structured_output, m.supports_structured_output),
    reasoning = coalesce(e.reasoning, m.reasoning),
    reasoning_efforts = coalesce(e.reasoning_efforts, m.reasoning_efforts),
    -- An end that the operator knows of is lifted by no list, only one that a list has set.
    retires_at = case
      when e.retires_at is not null then e.retires_at
      when e.tells_ends and exists (
        select from private.model_changes c
        where c.model_id = m.id and c.kind = 'end' and c.new ->> 'retires_at' = to_jsonb(m.retires_at) #>> '{}'
      ) then null
      else m.retires_at
    end,
    successor = coalesce(nullif(e.successor, m.id), m.successor),
    unavailable_since = null, checked_at = now(), source = e.source
  from jsonb_to_recordset(p_entries) as e (id text, input_price numeric, cached_input_price numeric,
    output_price numeric, long_context_above integer, long_context_input_price numeric,
    long_context_cached_input_price numeric, long_context_output_price numeric, context_length integer,
    max_output_tokens integer, input_modalities text[], supports_structured_output boolean, reasoning text,
    reasoning_efforts text[], tells_ends boolean, retires_at date, successor text, source text)
  where m.id = e.id and m.base_url_key = p_provider;

  update public.models m set unavailable_since = now(), checked_at = now()
  where m.base_url_key = p_provider and m.id = any (p_known) and m.unavailable_since is null
    and not exists (select from jsonb_to_recordset(p_entries) as e (id text) where e.id = m.id);

  with added as (
    insert into public.models
      (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, long_context_above,
       long_context_input_price, long_context_cached_input_price, long_context_output_price, context_length,
       max_output_tokens, input_modalities, supports_structured_output, reasoning, reasoning_efforts, active,
       retires_at, successor, source)
    select e.id, e.name, coalesce(e.vendor, initcap(p_provider)), private.tier_of(e.input_price, e.output_price),
      p_provider, e.input_price, e.output_price, e.cached_input_price, e.long_context_above,
      e.long_context_input_price, e.long_context_cached_input_price, e.long_context_output_price, e.context_length,
      e.max_output_tokens,
      e.input_modalities, coalesce(e.supports_structured_output, false), coalesce(e.reasoning, 'none'),
      coalesce(e.reasoning_efforts, '{}'), false, e.retires_at, nullif(e.successor, e.id), e.source
    from jsonb_to_recordset(p_entries) as e (id text, name text, vendor text, input_price numeric,
      cached_input_price numeric, output_price numeric, long_context_above integer, long_context_input_price numeric,
      long_context_cached_input_price numeric, long_context_output_price numeric, context_length integer,
      max_output_tokens integer, input_modalities text[], supports_structured_output boolean, reasoning text,
      reasoning_efforts text[], retires_at date, successor text, source text)
    where not e.id = any (p_known)
    on conflict (id) do nothing
    returning models.*
  )
  insert into private.model_changes (model_id, provider, kind, new, source)
  select id, p_provider, 'added',
    jsonb_build_object('name', name, 'tier', tier) || private.describe_listing(added::public.models, 'price')
      || private.describe_listing(added::public.models, 'long_context'), source
  from added;

  update public.models m set successor = private.find_successor(m.id)
  where m.base_url_key = p_provider and m.successor is null
    and (m.retires_at is not null or m.unavailable_since is not null) and private.find_successor(m.id) is not null;

  insert into private.model_changes (model_id, provider, kind, old, new, source)
  select m.id, p_provider, k.kind, private.describe_listing(b, k.kind), private.describe_listing(m, k.kind), m.source
  from unnest(v_before) b
  join public.models m on m.id = b.id
  cross join (values ('price'), ('long_context'), ('end'), ('successor'), ('listing'), ('facts')) k (kind)
  where private.describe_listing(b, k.kind) <> private.describe_listing(m, k.kind);

  select coalesce(jsonb_object_agg(kind, n), '{}') into v_changes
  from (
    select kind, count(*) as n from private.model_changes
    where provider = p_provider and created_at = now() group by kind
  ) x;
  return v_changes;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."apply_model_list"(text, text[], jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."apply_model_list"(text, text[], jsonb) IS 'Takes over what a provider''s list says (see ListEntry in match_models.ts), all of it or nothing: prices, ends, facts; models of p_known that it lacks become unavailable, new ones are added as inactive, and what ends gets a successor. Returns how many changes of each kind were logged.';

REVOKE ALL ON FUNCTION "private"."apply_model_list"(text, text[], jsonb) FROM PUBLIC;

-- private/functions/broadcast_progress.sql
CREATE OR REPLACE FUNCTION private.broadcast_progress (
  p_report    uuid,
  p_runs_left integer
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_report public.reports;
begin
  select * into v_report from public.reports
  where id = p_report and share_token is not null and (share_expires_at is null or share_expires_at > now());
  if not found then
    return;
  end if;
  perform realtime.send(
    private.read_progress(v_report.id) - 'report_id' || jsonb_build_object('runs_left',
      -- Beside those that have jobs, what a race holds back.
      p_runs_left + coalesce((select c.held_runs from private.races c where c.report_id = p_report), 0)),
    'progress', 'share:' || v_report.share_token, true
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."broadcast_progress"(uuid, integer) TO "service_role";

COMMENT ON FUNCTION "private"."broadcast_progress"(uuid, integer) IS 'Tells the visitors of a report''s link {status, runs_left, models: [{model_id, name, queued, running, complete, failed, skipped}], waiting_for: [{provider, since, next_try_at}]}; what ends with the batch that is being written is counted in runs_left first, in models with the next message. Definer, because only its owner may send on these channels.';

REVOKE ALL ON FUNCTION "private"."broadcast_progress"(uuid, integer) FROM PUBLIC;

-- private/functions/broadcast_report_status.sql
CREATE OR REPLACE FUNCTION private.broadcast_report_status()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform private.broadcast_progress(
    new.id, coalesce((select g.open_jobs from private.job_groups g where g.id = new.id), 0)
  );
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."broadcast_report_status"() TO "authenticated";

GRANT EXECUTE ON FUNCTION "private"."broadcast_report_status"() TO "service_role";

COMMENT ON FUNCTION "private"."broadcast_report_status"() IS 'Tells the link''s visitors of every move of their report.';

REVOKE ALL ON FUNCTION "private"."broadcast_report_status"() FROM PUBLIC;

-- private/functions/bucket_latency.sql
CREATE OR REPLACE FUNCTION private.bucket_latency (
  p_bucket smallint
)
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select case p_bucket when 0 then 1 else round(exp((p_bucket - 0.5) / 50))::integer end
$function$;

GRANT EXECUTE ON FUNCTION "private"."bucket_latency"(smallint) TO "service_role";

COMMENT ON FUNCTION "private"."bucket_latency"(smallint) IS 'Returns the middle of a bucket of run_model_latencies in milliseconds. Every latency in the bucket is within 1 % or half a millisecond of it.';

REVOKE ALL ON FUNCTION "private"."bucket_latency"(smallint) FROM PUBLIC;

-- private/functions/cancel_jobs.sql
CREATE OR REPLACE FUNCTION private.cancel_jobs (
  p_group       uuid,
  p_reason      text,
  p_dearer_than numeric DEFAULT NULL::numeric
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_count integer;
  v_others jsonb;
begin
  with gone as (
    delete from private.job_queue q
    where q.group_id = p_group and q.lease_owner is null and q.dead_at is null
      and (p_dearer_than is null or q.reservation_usd > p_dearer_than)
    returning q.kind, q.payload
  ),
  balanced as (
    update private.job_groups g
    set waiting = g.waiting - s.jobs, open_jobs = g.open_jobs - s.jobs,
      stopped_for = case when p_dearer_than is null then coalesce(g.stopped_for, p_reason) else g.stopped_for end
    from (select count(*)::integer as jobs from gone) s
    where g.id = p_group
  ),
  skipped as (
    update public.benchmark_runs r
    set status = 'skipped', skip_reason = p_reason, completed_at = now()
    from gone
    where gone.kind = 'benchmark_run' and r.id = (gone.payload ->> 'run_id')::uuid
  )
  select count(*), jsonb_agg(jsonb_build_object(
    'kind', gone.kind, 'group_id', p_group, 'payload', gone.payload, 'reason', p_reason
  )) filter (where gone.kind <> 'benchmark_run')
  into v_count, v_others from gone;
  perform private.follow_jobs('skipped', v_others);
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."cancel_jobs"(uuid, text, numeric) TO "service_role";

COMMENT ON FUNCTION "private"."cancel_jobs"(uuid, text, numeric) IS 'Takes a group''s waiting jobs out of the queue and marks what they stood for as skipped: all of them, and then for good, so that what comes back later is skipped too; or those whose reservation exceeds p_dearer_than USD.';

REVOKE ALL ON FUNCTION "private"."cancel_jobs"(uuid, text, numeric) FROM PUBLIC;

-- private/functions/change_sharing.sql
CREATE OR REPLACE FUNCTION private.change_sharing (
  p_report       uuid,
  p_change       text,
  p_expires_at   timestamp with time zone,
  p_shares_order boolean
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_report public.reports;
begin
  update public.reports
  set share_token = case p_change
      when 'rotate' then private.make_share_token() when 'revoke' then null else share_token end,
    share_expires_at = case when p_change = 'set' then p_expires_at else share_expires_at end,
    shares_order = case when p_change = 'set' then coalesce(p_shares_order, shares_order) else shares_order end
  where id = p_report and owner_id = auth.uid() and paid_at is not null
  returning * into v_report;
  if not found then
    raise exception 'you own no paid report with this id' using errcode = 'no_data_found';
  end if;
  return jsonb_build_object('report_id', v_report.id, 'share_token', v_report.share_token,
    'share_expires_at', v_report.share_expires_at, 'shares_order', v_report.shares_order);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."change_sharing"(uuid, text, timestamp WITH time zone, boolean) TO "authenticated";

COMMENT ON FUNCTION "private"."change_sharing"(uuid, text, timestamp with time zone, boolean) IS 'Changes the sharing of a report of the caller. Definer, because owners may not write to reports.';

REVOKE ALL ON FUNCTION "private"."change_sharing"(uuid, text, timestamp WITH time zone, boolean) FROM PUBLIC;

-- private/functions/chat_user_id.sql
CREATE OR REPLACE FUNCTION private.chat_user_id()
  RETURNS uuid
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
  select user_id from private.chat_identities where transaction_id = pg_current_xact_id_if_assigned()
$function$;

GRANT EXECUTE ON FUNCTION "private"."chat_user_id"() TO "chat_reader";

GRANT EXECUTE ON FUNCTION "private"."chat_user_id"() TO "service_role";

COMMENT ON FUNCTION "private"."chat_user_id"() IS 'Returns the user whose rows the views of schema chat show in this transaction; null, and so no rows, unless run_chat_query runs. Definer, because chat_reader must not reach the table itself.';

REVOKE ALL ON FUNCTION "private"."chat_user_id"() FROM PUBLIC;

-- private/functions/chat_users_since.sql
CREATE OR REPLACE FUNCTION private.chat_users_since (
  p_from date
)
  RETURNS TABLE (
    user_id                  uuid,
    requests                 bigint,
    errors                   bigint,
    off_topic                bigint,
    input_tokens             bigint,
    output_tokens            bigint,
    cached_tokens            bigint,
    known_usd                numeric,
    unpriced_requests        bigint,
    unpriced_uncached_tokens bigint,
    unpriced_output_tokens   bigint,
    unpriced_cached_tokens   bigint
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  -- The window, plus earlier days that are asked for, minus days of the window that are not, plus unfolded changes.
  select u.user_id,
    sum(u.requests)::bigint, sum(u.errors)::bigint, sum(u.off_topic)::bigint, sum(u.input_tokens)::bigint,
    sum(u.output_tokens)::bigint, sum(u.cached_tokens)::bigint, sum(u.known_usd),
    sum(u.unpriced_requests)::bigint, sum(u.unpriced_uncached_tokens)::bigint,
    sum(u.unpriced_output_tokens)::bigint, sum(u.unpriced_cached_tokens)::bigint
  from (
    select w.* from private.chat_user_window w
    union all
    select d.user_id,
      d.requests, d.errors, d.off_topic, d.input_tokens, d.output_tokens, d.cached_tokens, d.known_usd,
      d.unpriced_requests, d.unpriced_uncached_tokens, d.unpriced_output_tokens, d.unpriced_cached_tokens
    from private.chat_user_days d
    where d.day >= p_from and d.day < (select first_day from private.chat_window)
    union all
    select d.user_id,
      -d.requests, -d.errors, -d.off_topic, -d.input_tokens, -d.output_tokens, -d.cached_tokens, -d.known_usd,
      -d.unpriced_requests, -d.unpriced_uncached_tokens, -d.unpriced_output_tokens, -d.unpriced_cached_tokens
    from private.chat_user_days d
    where d.day < p_from and d.day >= (select first_day from private.chat_window)
    union all
    select c.user_id,
      c.requests, c.errors, c.off_topic, c.input_tokens, c.output_tokens, c.cached_tokens, c.known_usd,
      c.unpriced_requests, c.unpriced_uncached_tokens, c.unpriced_output_tokens, c.unpriced_cached_tokens
    from private.chat_user_deltas c
    where c.day >= p_from
  ) u
  group by u.user_id
  having sum(u.requests) > 0
$function$;

GRANT EXECUTE ON FUNCTION "private"."chat_users_since"(date) TO "service_role";

COMMENT ON FUNCTION "private"."chat_users_since"(date) IS 'Returns each user''s use of the chat from a day (UTC) until now. The unpriced columns count steps whose model has no price.';

REVOKE ALL ON FUNCTION "private"."chat_users_since"(date) FROM PUBLIC;

-- private/functions/check_report_status.sql
CREATE OR REPLACE FUNCTION private.check_report_status()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'draft' then
      raise exception 'a report starts as draft, not %', new.status using errcode = 'check_violation';
    end if;
  elsif new.status <> old.status and not (old.status, new.status) in (
    ('draft', 'awaiting_payment'), ('draft', 'expired'),
    ('awaiting_payment', 'paid'), ('awaiting_payment', 'expired'),
    -- A customer may pay in the very moment an order is replaced: money that came in is honoured.
    ('expired', 'paid'),
    ('paid', 'running'), ('paid', 'failed'), ('paid', 'refunded'),
    ('running', 'complete'), ('running', 'failed'), ('running', 'refunded'),
    ('complete', 'refunded'), ('failed', 'refunded')
  ) then
    raise exception 'a report cannot move from % to %', old.status, new.status
      using errcode = 'check_violation', hint = 'See the status machine in the README.';
  end if;
  return new;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."check_report_status"() TO "service_role";

COMMENT ON FUNCTION "private"."check_report_status"() IS 'Refuses every status move but those of the report''s life.';

REVOKE ALL ON FUNCTION "private"."check_report_status"() FROM PUBLIC;

-- private/functions/complete_chat_telemetry.sql
CREATE OR REPLACE FUNCTION private.complete_chat_telemetry()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_price public.model_prices;
  v_sql_usd numeric;
  v_response_usd numeric;
  v_has_sql boolean := num_nonnulls(new.sql_input_tokens, new.sql_cached_tokens, new.sql_output_tokens) > 0;
  v_has_response boolean :=
    num_nonnulls(new.response_input_tokens, new.response_cached_tokens, new.response_output_tokens) > 0;
begin
  if new.generated_sql is not null then
    new.sql_fingerprint := md5(lower(regexp_replace(new.generated_sql, '\s+', ' ', 'g')));
  end if;
  new.sql_price_id := null;
  new.response_price_id := null;
  if v_has_sql then
    v_price := private.find_price(new.sql_model, new.created_at);
    new.sql_price_id := v_price.id;
    v_sql_usd := private.price_tokens(v_price, new.sql_input_tokens, new.sql_cached_tokens, new.sql_output_tokens);
  end if;
  if v_has_response then
    if not v_has_sql or new.response_model is distinct from new.sql_model then
      v_price := private.find_price(new.response_model, new.created_at);
    end if;
    new.response_price_id := v_price.id;
    v_response_usd := private.price_tokens(
      v_price, new.response_input_tokens, new.response_cached_tokens, new.response_output_tokens
    );
  end if;
  -- A step without tokens adds nothing. A step without a price makes the sum unknown.
  new.cost_usd := case
    when v_has_sql and v_has_response then v_sql_usd + v_response_usd
    when v_has_sql then v_sql_usd
    else v_response_usd
  end;
  return new;
end;
$function$;

COMMENT ON FUNCTION "private"."complete_chat_telemetry"() IS 'Sets the fingerprint of a row''s SQL, and its cost at the prices of its created_at.';

REVOKE ALL ON FUNCTION "private"."complete_chat_telemetry"() FROM PUBLIC;

-- private/functions/conclude_test_run.sql
CREATE OR REPLACE FUNCTION private.conclude_test_run (
  p_run    bigint,
  p_status text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  update public.test_runs r set status = p_status, completed_at = now() where r.id = p_run;
  perform private.keep_observations(p_run);
  perform private.detect_issues(p_run);
  perform private.enqueue_watcher(p_run);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."conclude_test_run"(bigint, text) TO "service_role";

COMMENT ON FUNCTION "private"."conclude_test_run"(bigint, text) IS 'Ends a run, detects its issues and enqueues its reviews in one transaction.';

REVOKE ALL ON FUNCTION "private"."conclude_test_run"(bigint, text) FROM PUBLIC;

-- private/functions/count_changed_cells.sql
CREATE OR REPLACE FUNCTION private.count_changed_cells()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  update public.run_model_totals t
  set queued = t.queued + d.queued, running = t.running + d.running, complete = t.complete + d.complete,
    failed = t.failed + d.failed, skipped = t.skipped + d.skipped, cancelled = t.cancelled + d.cancelled,
    cut_off = t.cut_off + d.cut_off, cached = t.cached + d.cached, graded = t.graded + d.graded,
    overridden = t.overridden + d.overridden,
    grader_failures = t.grader_failures + d.grader_failures, score_sum = t.score_sum + d.score_sum,
    tokens_in = t.tokens_in + d.tokens_in, tokens_out = t.tokens_out + d.tokens_out,
    tokens_cached = t.tokens_cached + d.tokens_cached, priced = t.priced + d.priced,
    cost_usd = t.cost_usd + d.cost_usd, grader_cost_usd = t.grader_cost_usd + d.grader_cost_usd
  from (
    select x.run_model_id,
      sum(case x.status when 'queued' then x.sign else 0 end) as queued,
      sum(case x.status when 'running' then x.sign else 0 end) as running,
      sum(case x.status when 'complete' then x.sign else 0 end) as complete,
      sum(case x.status when 'failed' then x.sign else 0 end) as failed,
      sum(case x.status when 'skipped' then x.sign else 0 end) as skipped,
      sum(case x.status when 'cancelled' then x.sign else 0 end) as cancelled,
      sum(case x.answer_ending when 'length' then x.sign else 0 end) as cut_off,
      sum(case when x.is_cached then x.sign else 0 end) as cached,
      sum(case when x.grade_score is null then 0 else x.sign end) as graded,
      sum(case when x.human_score is null then 0 else x.sign end) as overridden,
      sum(case when x.grader_error is null then 0 else x.sign end) as grader_failures,
      sum(x.sign * coalesce(x.grade_score, 0)::numeric) as score_sum,
      sum(x.sign * coalesce(x.tokens_in, 0)) as tokens_in,
      sum(x.sign * coalesce(x.tokens_out, 0)) as tokens_out,
      sum(x.sign * coalesce(x.tokens_cached, 0)) as tokens_cached,
      sum(case when x.cost_usd is null then 0 else x.sign end) as priced,
      sum(x.sign * coalesce(x.cost_usd, 0)) as cost_usd,
      sum(x.sign * coalesce(x.grader_cost_usd, 0)) as grader_cost_usd
    from (select 1 as sign, a.* from after a union all select -1, b.* from before b) x
    group by x.run_model_id
  ) d
  where t.run_model_id = d.run_model_id;
  insert into private.run_model_latencies as l (run_model_id, bucket, calls)
  select x.run_model_id, private.latency_bucket(x.latency_ms), sum(x.sign)
  from (select 1 as sign, a.* from after a union all select -1, b.* from before b) x
  where x.status = 'complete' and not x.is_cached and x.latency_ms is not null
  group by 1, 2
  having sum(x.sign) <> 0
  on conflict (run_model_id, bucket) do update set calls = l.calls + excluded.calls;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."count_changed_cells"() IS 'Adds the difference that a statement made to the totals. Definer, because owners who override a grade may not write totals.';

REVOKE ALL ON FUNCTION "private"."count_changed_cells"() FROM PUBLIC;

-- private/functions/count_new_cells.sql
CREATE OR REPLACE FUNCTION private.count_new_cells()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  insert into public.run_model_totals as t (run_model_id, run_id, owner_id, queued)
  select a.run_model_id, a.run_id, a.owner_id, count(*) from after a group by a.run_model_id, a.run_id, a.owner_id
  on conflict (run_model_id) do update set queued = t.queued + excluded.queued;
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."count_new_cells"() TO "service_role";

COMMENT ON FUNCTION "private"."count_new_cells"() IS 'Adds new cells, which are queued, to the totals of their models.';

REVOKE ALL ON FUNCTION "private"."count_new_cells"() FROM PUBLIC;

-- private/functions/count_unjudged.sql
CREATE OR REPLACE FUNCTION private.count_unjudged (
  p_groups  uuid[],
  p_reasons text[]
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update private.watched_runs w
  set unjudged = w.unjudged + x.results,
    unjudged_for = case x.reason
      when 'soft_ceiling' then 'the budget of the watcher is used up'
      when 'hard_ceiling' then 'the budget of the watcher is used up'
      else coalesce(rtrim(left(x.reason, 500), '. '), 'the watcher gave no answer') end
  from (
    select j.group_id, count(*) as results, max(j.reason) as reason
    from unnest(p_groups, p_reasons) as j (group_id, reason) group by j.group_id
  ) x
  where w.group_id = x.group_id
$function$;

GRANT EXECUTE ON FUNCTION "private"."count_unjudged"(uuid[], text[]) TO "service_role";

COMMENT ON FUNCTION "private"."count_unjudged"(uuid[], text[]) IS 'Counts results that will not get a review, given the group and the reason of each. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."count_unjudged"(uuid[], text[]) FROM PUBLIC;

-- private/functions/count_worker.sql
CREATE OR REPLACE FUNCTION private.count_worker()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if tg_op = 'DELETE' then
    update private.worker_chains set last_seen_at = least(now(), old.expires_at) where worker_id = old.id;
    return null;
  end if;
  -- What a dead worker left behind is taken up within a minute: after two, nobody had work for the chain.
  update private.worker_chains
  set invocations = invocations + 1, worker_id = new.id, last_seen_at = now()
  where id = (
    select c.id from private.worker_chains c
    where c.function_name = new.function_name and c.group_id is not distinct from new.group_id
      and c.last_seen_at > now() - interval '2 minutes'
    order by c.last_seen_at desc
    limit 1
  );
  if not found then
    insert into private.worker_chains (function_name, group_id, worker_id)
    values (new.function_name, new.group_id, new.id);
    delete from private.worker_chains where last_seen_at < now() - interval '30 days';
  end if;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."count_worker"() IS 'Adds an invocation to its chain, and notes when it was last alive.';

REVOKE ALL ON FUNCTION "private"."count_worker"() FROM PUBLIC;

-- private/functions/describe_dataset.sql
CREATE OR REPLACE FUNCTION private.describe_dataset (
  p_dataset public.datasets
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'id', p_dataset.id, 'name', p_dataset.name, 'version', p_dataset.version, 'format', p_dataset.format,
    'delimiter', p_dataset.delimiter, 'content_hash', p_dataset.content_hash, 'file_path', p_dataset.file_path,
    'file_bytes', p_dataset.file_bytes, 'columns', p_dataset.columns, 'row_count', p_dataset.row_count,
    'created_at', p_dataset.created_at
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."describe_dataset"(public.datasets) TO "service_role";

COMMENT ON FUNCTION "private"."describe_dataset"(public.datasets) IS 'Returns a dataset as the API answers it.';

REVOKE ALL ON FUNCTION "private"."describe_dataset"(public.datasets) FROM PUBLIC;

-- private/functions/describe_listing.sql
CREATE OR REPLACE FUNCTION private.describe_listing (
  p_model public.models,
  p_kind  text
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select case p_kind
    when 'price' then jsonb_build_object('input_price', p_model.input_price,
      'cached_input_price', p_model.cached_input_price, 'output_price', p_model.output_price)
    when 'long_context' then jsonb_build_object('long_context_above', p_model.long_context_above,
      'long_context_input_price', p_model.long_context_input_price,
      'long_context_cached_input_price', p_model.long_context_cached_input_price,
      'long_context_output_price', p_model.long_context_output_price)
    when 'end' then jsonb_build_object('retires_at', p_model.retires_at)
    when 'successor' then jsonb_build_object('successor', p_model.successor)
    when 'listing' then jsonb_build_object('unavailable_since', p_model.unavailable_since)
    else jsonb_build_object('context_length', p_model.context_length, 'max_output_tokens', p_model.max_output_tokens,
      'input_modalities', p_model.input_modalities, 'supports_structured_output', p_model.supports_structured_output,
      'reasoning', p_model.reasoning, 'reasoning_efforts', p_model.reasoning_efforts)
  end
$function$;

GRANT EXECUTE ON FUNCTION "private"."describe_listing"(public.models, text) TO "service_role";

COMMENT ON FUNCTION "private"."describe_listing"(public.models, text) IS 'The columns of a model that a kind of change is about.';

REVOKE ALL ON FUNCTION "private"."describe_listing"(public.models, text) FROM PUBLIC;

-- private/functions/describe_price.sql
CREATE OR REPLACE FUNCTION private.describe_price (
  p_price public.model_prices
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  STRICT
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'input', p_price.input_per_million * 0.000001,
    'cached_input', p_price.cached_input_per_million * 0.000001,
    'output', p_price.output_per_million * 0.000001,
    'long_context', case when p_price.long_context_above is not null then jsonb_build_object(
      'above', p_price.long_context_above,
      'input', p_price.long_context_input_per_million * 0.000001,
      'cached_input', p_price.long_context_cached_input_per_million * 0.000001,
      'output', p_price.long_context_output_per_million * 0.000001) end
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."describe_price"(public.model_prices) TO "service_role";

COMMENT ON FUNCTION "private"."describe_price"(public.model_prices) IS 'A price in USD per token, as the functions charge by it; see TokenPrices in token_prices.ts.';

REVOKE ALL ON FUNCTION "private"."describe_price"(public.model_prices) FROM PUBLIC;

-- private/functions/describe_prompt_jobs.sql
CREATE OR REPLACE FUNCTION private.describe_prompt_jobs (
  p_leased jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'kind', l.kind, 'job_id', l.job_id, 'attempt', l.attempt, 'crashes', l.crashes, 'tries', l.tries,
        'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries, 'is_probe', l.is_probe, 'run_id', c.run_id,
        'cell_id', c.id, 'run_model_id', c.run_model_id, 'row_index', c.row_index, 'repeat', c.repeat,
        'data', (
          select d.data_json from public.dataset_rows d
          where d.dataset_id = r.dataset_id and d.row_index = c.row_index
        )
      ) || case when l.kind = 'prompt_grade' then jsonb_build_object('output_text', c.output_text) else '{}' end), '[]')
    from jsonb_to_recordset(p_leased) as l (job_id bigint, attempt integer, kind text, payload jsonb, crashes integer,
      tries integer, max_tries integer, max_costly_tries integer, is_probe boolean)
    join public.run_cells c on c.id = (l.payload ->> 'cell_id')::bigint
    join public.runs r on r.id = c.run_id
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."describe_prompt_jobs"(jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."describe_prompt_jobs"(jsonb) IS 'What lease_jobs gave, [{job_id, attempt, kind, payload, crashes, tries, max_tries, max_costly_tries, is_probe}], with all that each job needs of its cell and row.';

REVOKE ALL ON FUNCTION "private"."describe_prompt_jobs"(jsonb) FROM PUBLIC;

-- private/functions/describe_test_run.sql
CREATE OR REPLACE FUNCTION private.describe_test_run (
  p_run bigint
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'run_id', r.id, 'suite', r.suite, 'branch_name', r.branch_name, 'commit_hash', r.commit_hash,
    'run_timestamp', r.run_timestamp, 'status', r.status, 'total_tests', r.total_tests,
    'tests_passed', r.tests_passed, 'tests_failed', r.tests_failed, 'tests_skipped', r.tests_skipped,
    'pass_rate', r.pass_rate, 'avg_watcher_quality', r.avg_watcher_quality,
    'total_duration_secs', r.total_duration_secs, 'total_cost_usd', r.total_cost_usd,
    'watcher_cost_usd', r.watcher_cost_usd, 'warnings', r.warnings
  ) from public.test_runs r where r.id = p_run
$function$;

GRANT EXECUTE ON FUNCTION "private"."describe_test_run"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."describe_test_run"(bigint) IS 'Returns a run and its totals, as the API answers them.';

REVOKE ALL ON FUNCTION "private"."describe_test_run"(bigint) FROM PUBLIC;

-- private/functions/detect_issues.sql
CREATE OR REPLACE FUNCTION private.detect_issues (
  p_run bigint
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.test_runs;
  v_judged private.judged_runs;
  v_is_last boolean;
  v_hit bigint[];
  v_clean bigint[];
  v_touched bigint[];
begin
  select * into v_run from public.test_runs r where r.id = p_run and r.status = 'complete';
  if not found then
    return;
  end if;
  perform private.lock_suite(v_run.owner_id, v_run.suite);
  insert into private.judged_runs (run_id, owner_id, suite, branch_name, run_timestamp, tie, is_whole, is_outage)
  select v_run.id, v_run.owner_id, v_run.suite, v_run.branch_name, v_run.run_timestamp,
    md5(concat_ws(' ', v_run.branch_name, v_run.commit_hash, v_run.idempotency_key, v_run.source_hash, (
      select bit_xor(hashtextextended(x.test_key || x.status || coalesce(x.failure_fingerprint, ''), x.ordinal))
      from public.test_results x where x.run_id = p_run
    ))) || lpad(v_run.id::text, 19, '0'),
    c.ran >= s.outage_tests, c.ran >= s.outage_tests and v_run.tests_failed >= s.outage_share * c.ran
  from private.tracking_settings s cross join (select v_run.tests_passed + v_run.tests_failed as ran) c
  on conflict (run_id) do nothing
  returning * into v_judged;
  v_is_last := found;
  if not v_is_last then
    select * into v_judged from private.judged_runs j where j.run_id = p_run;
  end if;
  v_is_last := v_is_last and not exists (
    select from private.judged_runs j
    where j.owner_id = v_run.owner_id and j.suite = v_run.suite
      and (j.run_timestamp, j.tie) > (v_judged.run_timestamp, v_judged.tie)
  ) and not exists (
    select from private.tracking_horizons h
    where h.owner_id = v_run.owner_id and h.suite = v_run.suite
      and (h.run_timestamp, h.tie) > (v_judged.run_timestamp, v_judged.tie)
  ) and not exists (
    -- A status that the owner set since then applies to the time after this run.
    select from public.issue_status_changes c
    where c.owner_id = v_run.owner_id and c.effective_at >= v_run.run_timestamp and c.changed_by = 'owner'
  );

  if v_run.tests_failed > 0 then
    if exists (select from public.test_results x where x.run_id = p_run and x.fingerprint_version > 1) then
      perform private.adopt_issues(p_run);
    end if;
    perform private.make_occurrences(p_run);
  end if;
  v_hit := array(select distinct o.issue_id from public.issue_occurrences o where o.run_id = p_run);

  -- The run may be clean for issues that one of its passing tests had on the branch and that were not resolved
  -- when it ran.
  if not v_judged.is_outage then
    with passing as materialized (
      select x.test_key from public.test_results x where x.run_id = p_run and x.is_counted and x.status = 'PASS'
      union
      select '00000000-0000-0000-0000-000000000000' where v_judged.is_whole
    ),
    awaited as materialized (
      select t.issue_id, t.test_key
      from private.issue_tests t join private.issue_states s on s.issue_id = t.issue_id
      where t.owner_id = v_run.owner_id and t.suite = v_run.suite and t.branch_name = v_run.branch_name
        and (t.first_at, t.first_tie) < (v_judged.run_timestamp, v_judged.tie)
        and case when v_is_last then s.head -> 'open' ? v_run.branch_name else true end
    )
    select array_agg(distinct a.issue_id) into v_clean
    from awaited a join passing p on p.test_key = a.test_key
    where v_is_last or exists (
      select from public.issue_status_changes c
      where c.issue_id = a.issue_id and c.new_status <> 'RESOLVED' and c.effective_at <= v_run.run_timestamp
        and c.effective_at >= coalesce((
          select max(d.effective_at) from public.issue_status_changes d
          where d.issue_id = a.issue_id and d.effective_at < v_run.run_timestamp
        ), '-infinity')
    );
  end if;

  v_touched := array(select unnest(v_hit) union select unnest(v_clean));
  if v_touched = '{}' then
    return;
  end if;
  -- An owner who was setting a status at the same time has committed by now.
  perform from public.issues i where i.id = any (v_touched) order by i.id for update;
  v_is_last := v_is_last and not exists (
    select from public.issue_status_changes c
    where c.issue_id = any (v_touched) and c.effective_at >= v_run.run_timestamp and c.changed_by = 'owner'
  );
  perform private.settle_issues(v_touched, case when v_is_last then p_run end);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."detect_issues"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."detect_issues"(bigint) IS 'Detects the issues of a complete run and updates every issue that it touches. Calling it again changes nothing. Takes the suite''s lock, so that the second of two concurrent runs sees all of the first.';

REVOKE ALL ON FUNCTION "private"."detect_issues"(bigint) FROM PUBLIC;

-- private/functions/draw_image_order.sql
CREATE OR REPLACE FUNCTION private.draw_image_order (
  p_report uuid,
  p_images integer
)
  RETURNS integer[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select array_agg(i.index order by md5(p_report || ':' || i.index), i.index)
  from generate_series(0, p_images - 1) as i (index)
$function$;

GRANT EXECUTE ON FUNCTION "private"."draw_image_order"(uuid, integer) TO "service_role";

COMMENT ON FUNCTION "private"."draw_image_order"(uuid, integer) IS 'The indexes of a report''s images in an order of its own, drawn by a hash of report and image.';

REVOKE ALL ON FUNCTION "private"."draw_image_order"(uuid, integer) FROM PUBLIC;

-- private/functions/end_groups.sql
CREATE OR REPLACE FUNCTION private.end_groups (
  p_groups uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if not exists (select from private.job_groups g where g.id = any (p_groups) and g.open_jobs = 0) then
    return;
  end if;
  update public.reports p set status = 'running', started_at = now()
  from private.job_groups g
  where g.id = any (p_groups) and g.open_jobs = 0 and p.id = g.id and p.status = 'paid';
  insert into private.job_queue (kind, payload, dedupe_key)
  select case when c.report_id is null then 'report_finalization' else 'race_look' end,
    jsonb_build_object('report_id', g.id), g.id || coalesce(':' || c.released_images, '')
  from private.job_groups g join public.reports p on p.id = g.id
  left join private.races c on c.report_id = g.id and c.held_runs > 0
  where g.id = any (p_groups) and g.open_jobs = 0 and p.status = 'running'
  on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
  -- A report that failed or was refunded half-way still gets its true cost once the last call is back.
  update public.reports p set total_api_cost = g.spent_usd
  from private.job_groups g
  where g.id = any (p_groups) and g.open_jobs = 0 and p.id = g.id and p.status in ('failed', 'refunded');
  perform private.follow_jobs('ended', (
    select jsonb_agg(jsonb_build_object('kind', g.kind, 'group_id', g.id))
    from private.job_groups g where g.id = any (p_groups) and g.open_jobs = 0 and g.kind <> 'benchmark_run'
  ));
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."end_groups"(uuid[]) TO "service_role";

COMMENT ON FUNCTION "private"."end_groups"(uuid[]) IS 'Enqueues the finalisation, or in a race the next look, of each of these reports that has no open job left, and has groups of other kinds ended as theirs are. The caller holds lock_queue(), so exactly one transaction sees the last job end.';

REVOKE ALL ON FUNCTION "private"."end_groups"(uuid[]) FROM PUBLIC;

-- private/functions/end_prompt_runs.sql
CREATE OR REPLACE FUNCTION private.end_prompt_runs (
  p_runs uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  update public.runs r
  set status = case
      -- If all calls were under way, cancelling removed nothing, and the run is complete.
      when r.status = 'failed' or r.status = 'cancelled' and t.cancelled + t.grader_failures > 0 then r.status
      when t.complete > 0 then 'complete' else 'failed' end,
    completed_at = coalesce(r.completed_at, now()),
    error = coalesce(r.error, t.shortfall)
  from (
    select x.run_id, sum(x.complete) as complete, sum(x.cancelled) as cancelled,
      sum(x.grader_failures) as grader_failures,
      nullif(concat_ws('; ',
        case when sum(x.failed) > 0 then format('%s of %s calls failed', sum(x.failed), max(n.cell_count)) end,
        case when sum(x.skipped) > 0 then format('%s of %s calls were skipped: %s', sum(x.skipped), max(n.cell_count),
          'the cost ceiling was reached') end,
        case when sum(x.cancelled) > 0 then
          format('%s of %s calls were cancelled', sum(x.cancelled), max(n.cell_count)) end,
        case when sum(x.cut_off) > 0 then
          format('%s of %s answers broke off at max_tokens', sum(x.cut_off), sum(x.complete)) end,
        case when sum(x.grader_failures) > 0 then
          format('%s of %s answers got no grade', sum(x.grader_failures), sum(x.complete)) end
      ), '') as shortfall
    from public.run_model_totals x
    join public.runs n on n.id = x.run_id
    join private.job_groups g on g.id = x.run_id and g.open_jobs = 0
    where x.run_id = any (p_runs)
    group by x.run_id
  ) t
  where r.id = t.run_id and r.completed_at is null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."end_prompt_runs"(uuid[]) TO "service_role";

COMMENT ON FUNCTION "private"."end_prompt_runs"(uuid[]) IS 'Ends those of the runs that have no open job: complete with at least one answer, otherwise failed. error says how many cells are missing. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."end_prompt_runs"(uuid[]) FROM PUBLIC;

-- private/functions/enforce_ceilings.sql
CREATE OR REPLACE FUNCTION private.enforce_ceilings (
  p_groups uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."enforce_ceilings"(uuid[]) TO "service_role";

COMMENT ON FUNCTION "private"."enforce_ceilings"(uuid[]) IS 'Skips what waits, or came back, in groups that were stopped or whose budget is used up. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."enforce_ceilings"(uuid[]) FROM PUBLIC;

-- private/functions/enqueue_benchmark.sql
CREATE OR REPLACE FUNCTION private.enqueue_benchmark (
  p_report uuid
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_released integer[];
  v_count integer;
begin
  select private.start_race(p_report, o.config_snapshot) into v_released
  from public.report_orders o where o.report_id = p_report;
  with models as materialized (
    select o.report_id, o.owner_id, o.config_snapshot, m.model
    from public.report_orders o cross join jsonb_array_elements(o.config_snapshot -> 'models') as m (model)
    where o.report_id = p_report
  ),
  runs as (
    insert into public.benchmark_runs (report_id, owner_id, model_id, image_index, repeat_index, estimated_cost)
    select m.report_id, m.owner_id, m.model ->> 'id', i.index, r.index, (m.model ->> 'estimated_cost')::numeric
    from models m
    cross join generate_series(0, jsonb_array_length(m.config_snapshot -> 'images') - 1) as i (index)
    cross join generate_series(0, (m.config_snapshot ->> 'runs_per_model')::integer - 1) as r (index)
    returning id, model_id, image_index, repeat_index
  )
  select private.enqueue_jobs('benchmark_run', p_report, 'model_id',
    (select jsonb_object_agg(m.model ->> 'id', jsonb_build_object('provider', m.model -> 'base_url_key',
      'reservation_usd', m.model -> 'reserved_cost')) from models m),
    jsonb_agg(jsonb_build_object('report_id', p_report, 'run_id', r.id, 'model_id', r.model_id,
      'image_index', r.image_index, 'repeat_index', r.repeat_index
    -- In this order ids rise over all models alike: a lane that falls behind holds the lowest ids
    -- and is served first, so that the lanes end together.
    ) order by r.repeat_index, r.image_index, r.model_id)
  ) into v_count
  from runs r where r.image_index = any (v_released);
  -- What cannot fit under the hard ceiling from the outset is skipped here, not at some later claim.
  perform private.enforce_ceilings(array[p_report]);
  perform private.end_groups(array[p_report]);
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."enqueue_benchmark"(uuid) TO "service_role";

COMMENT ON FUNCTION "private"."enqueue_benchmark"(uuid) IS 'Writes every run of a paid report and its job, of a race only the first images'' jobs; returns how many of these.';

REVOKE ALL ON FUNCTION "private"."enqueue_benchmark"(uuid) FROM PUBLIC;

-- private/functions/enqueue_cells.sql
CREATE OR REPLACE FUNCTION private.enqueue_cells (
  p_run   uuid,
  p_cells bigint[] DEFAULT NULL::bigint[]
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  v_count integer;
begin
  insert into private.job_lanes (group_id, lane, kind, provider)
  select m.run_id, m.id::text, 'prompt_cell', m.provider from public.run_models m where m.run_id = p_run
  on conflict (group_id, lane) do nothing;
  -- Ids of cells alternate between the models, so in this order all models make progress at the same rate.
  insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload)
  select 'prompt_cell', p_run, c.run_model_id::text, m.provider, m.reservation_usd,
    case when r.grader ->> 'type' = 'prompt' then jsonb_build_object('cell_id', c.id, 'is_graded', true)
      else jsonb_build_object('cell_id', c.id) end
  from public.run_cells c
  join public.run_models m on m.id = c.run_model_id
  join public.runs r on r.id = c.run_id
  where c.run_id = p_run and (p_cells is null or c.id = any (p_cells))
  order by c.id;
  get diagnostics v_count = row_count;
  update private.job_groups g
  set waiting = g.waiting + v_count, open_jobs = g.open_jobs + v_count,
    dearest_job_usd = greatest(g.dearest_job_usd, (
      select max(m.reservation_usd) from public.run_models m where m.run_id = p_run
    ))
  where g.id = p_run;
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."enqueue_cells"(uuid, bigint[]) TO "service_role";

COMMENT ON FUNCTION "private"."enqueue_cells"(uuid, bigint[]) IS 'Queues jobs for these cells of a run, or for all its cells, and returns their number.';

REVOKE ALL ON FUNCTION "private"."enqueue_cells"(uuid, bigint[]) FROM PUBLIC;

-- private/functions/enqueue_grades.sql
CREATE OR REPLACE FUNCTION private.enqueue_grades (
  p_cells bigint[]
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  v_count integer;
begin
  insert into private.job_lanes (group_id, lane, kind, provider)
  select distinct r.id, 'grader', 'prompt_grade', r.grader ->> 'provider'
  from public.run_cells c join public.runs r on r.id = c.run_id
  where c.id = any (p_cells)
  on conflict (group_id, lane) do nothing;
  -- A higher priority than calls, so that grades arrive along with the answers and not after the last one.
  insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload, priority)
  select 'prompt_grade', r.id, 'grader', r.grader ->> 'provider', r.grading_reservation_usd,
    jsonb_build_object('cell_id', c.id), -1
  from public.run_cells c join public.runs r on r.id = c.run_id
  where c.id = any (p_cells)
  order by c.id;
  get diagnostics v_count = row_count;
  update private.job_groups g
  set waiting = g.waiting + s.jobs, open_jobs = g.open_jobs + s.jobs,
    dearest_job_usd = greatest(g.dearest_job_usd, s.reservation_usd)
  from (
    select r.id, count(*)::integer as jobs, max(r.grading_reservation_usd) as reservation_usd
    from public.run_cells c join public.runs r on r.id = c.run_id
    where c.id = any (p_cells)
    group by r.id
  ) s
  where g.id = s.id;
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."enqueue_grades"(bigint[]) TO "service_role";

COMMENT ON FUNCTION "private"."enqueue_grades"(bigint[]) IS 'Queues jobs that have a model grade these cells, and returns their number. The runs must have such a grader. The caller calls enforce_ceilings() next, because a run may have been stopped in the meantime.';

REVOKE ALL ON FUNCTION "private"."enqueue_grades"(bigint[]) FROM PUBLIC;

-- private/functions/enqueue_jobs.sql
CREATE OR REPLACE FUNCTION private.enqueue_jobs (
  p_kind     text,
  p_group    uuid,
  p_lane_key text,
  p_lanes    jsonb,
  p_payloads jsonb
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_count integer;
  v_lanes text[];
  v_providers text[];
  v_reservations numeric[];
begin
  insert into private.job_groups
    (id, kind, max_in_flight, max_in_flight_per_lane, soft_ceiling_usd, hard_ceiling_usd)
  select p_group, p_kind, s.max_in_flight_per_group, s.max_in_flight_per_lane, s.soft_ceiling_usd, s.hard_ceiling_usd
  from private.queue_settings s
  on conflict (id) do nothing;
  insert into private.job_lanes (group_id, lane, kind, provider)
  select p_group, l.key, p_kind, l.value ->> 'provider' from jsonb_each(p_lanes) l
  on conflict (group_id, lane) do nothing;
  select array_agg(l.key), array_agg(l.value ->> 'provider'), array_agg((l.value -> 'reservation_usd')::numeric)
  into v_lanes, v_providers, v_reservations from jsonb_each(p_lanes) l;
  -- Nothing but the insert: returning what was added took as long as one of its indexes, and what is the
  -- same for all of a lane's jobs longer to read from each than to look up. A join might lose the order.
  insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload)
  select p_kind, p_group, j.lane, v_providers[j.place], v_reservations[j.place], j.payload
  from (
    select x.payload, l.lane, array_position(v_lanes, l.lane) as place
    from jsonb_array_elements(p_payloads) as x (payload)
    cross join lateral (select x.payload ->> p_lane_key as lane offset 0) l
    offset 0
  ) j;
  get diagnostics v_count = row_count;
  -- Last, for a worker that is about to serve the group waits for this row.
  update private.job_groups g
  set waiting = g.waiting + v_count, open_jobs = g.open_jobs + v_count,
    dearest_job_usd = greatest(g.dearest_job_usd, (
      select max((l.value -> 'reservation_usd')::numeric) from jsonb_each(p_lanes) l
    ))
  where g.id = p_group;
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."enqueue_jobs"(text, uuid, text, jsonb, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."enqueue_jobs"(text, uuid, text, jsonb, jsonb) IS 'Adds a job of one kind for each payload to a group, which is made with the limits of queue_settings where it is new. p_lane_key: the payload''s key that names its lane; p_lanes: {lane: {provider, reservation_usd}}. Ids rise in the order given. Returns how many were added.';

REVOKE ALL ON FUNCTION "private"."enqueue_jobs"(text, uuid, text, jsonb, jsonb) FROM PUBLIC;

-- private/functions/enqueue_watcher.sql
CREATE OR REPLACE FUNCTION private.enqueue_watcher (
  p_run bigint
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.test_runs;
  v_watch text := (select s.watch from private.tracking_settings s);
  v_before bigint[];
  v_payloads jsonb;
  v_watcher record;
  v_budget numeric;
  v_group uuid;
  v_warning jsonb;
begin
  select * into v_run from public.test_runs r where r.id = p_run;
  if v_watch = 'none' or v_run.watcher_model is null or v_run.status <> 'complete'
    -- These formats already have reviews.
    or v_run.source_format in ('observations', 'checklist')
  then
    return 0;
  end if;
  v_before := private.runs_before(p_run);
  -- Uses a window, because a join with the runs before was planned as a nested loop on tables without
  -- statistics: 5 s for 4,000 tests.
  v_payloads := (
    select jsonb_agg(jsonb_build_object('test_result_id', x.id, 'model', v_run.watcher_model) order by x.ordinal)
    from (
      select t.id, t.ordinal, t.status, t.watcher_quality, b.place,
        first_value(t.status) over (
          partition by t.test_key order by b.place groups between 1 following and 1 following
        ) as status_before
      from unnest(p_run || v_before) with ordinality as b (run_id, place)
      join public.test_results t on t.run_id = b.run_id and t.is_counted
    ) x
    where x.place = 1 and x.watcher_quality is null
      and (v_watch = 'all' or x.status in ('FAIL', 'ERROR') or x.status_before <> x.status)
  );
  if v_payloads is null then
    return 0;
  end if;
  select * into v_watcher from private.find_watcher(v_run.watcher_model);
  -- Serialised per owner, so that runs that end at the same time share the rest of the days ceiling.
  perform pg_advisory_xact_lock(hashtextextended('watcher:' || v_run.owner_id, 0));
  v_budget := private.watch_budget(v_run.owner_id);
  v_warning := case
    when v_watcher.provider is null then jsonb_build_object('code', 'watcher.unknown_model',
      'detail', 'No result was reviewed: the watcher''s model is unknown or has no price.')
    when v_budget < v_watcher.reservation_usd then jsonb_build_object('code', 'watcher.no_budget',
      'detail', 'No result was reviewed: the budget of the watcher is used up.')
  end;
  if v_warning is not null then
    update public.test_runs r set warnings = r.warnings || v_warning where r.id = p_run;
    return 0;
  end if;
  insert into private.watched_runs (run_id, owner_id, provider, model, is_structured, price_id)
  values (p_run, v_run.owner_id, v_watcher.provider, v_run.watcher_model, v_watcher.is_structured, v_watcher.price_id)
  returning group_id into v_group;
  insert into private.job_groups (id, kind, max_in_flight, max_in_flight_per_lane, soft_ceiling_usd, hard_ceiling_usd)
  select v_group, 'watcher_judgement', s.max_in_flight_per_group, s.max_in_flight_per_lane, v_budget, v_budget
  from private.queue_settings s;
  perform private.enqueue_jobs('watcher_judgement', v_group, 'model', jsonb_build_object(v_run.watcher_model,
    jsonb_build_object('provider', v_watcher.provider, 'reservation_usd', v_watcher.reservation_usd)), v_payloads);
  perform private.invoke_function('watcher-worker', jsonb_build_object('report_id', v_group));
  return jsonb_array_length(v_payloads);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."enqueue_watcher"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."enqueue_watcher"(bigint) IS 'Enqueues the reviews of a run that has just ended by the model that it names. tracking_settings.watch chooses the results. Returns their number. If none can be reviewed, the run gets a warning with the reason.';

REVOKE ALL ON FUNCTION "private"."enqueue_watcher"(bigint) FROM PUBLIC;

-- private/functions/find_failures.sql
CREATE OR REPLACE FUNCTION private.find_failures (
  p_run bigint
)
  RETURNS TABLE (
    test_result_id      bigint,
    ordinal             integer,
    test_key            uuid,
    tool_name           text,
    detection_key       text,
    title               text,
    description         text,
    category            text,
    severity            text,
    area_source         text,
    root_cause          text,
    fingerprint_version smallint,
    error_class         text
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  with run as materialized (
    select r.id, r.owner_id, r.suite, r.tests_passed, r.tests_failed, r.pass_rate, j.is_outage
    from public.test_runs r join private.judged_runs j on j.run_id = r.id
    where r.id = p_run
  ),
  failing as materialized (
    -- Removes expected values: "expected status 401, got 200" is no 401.
    select x.*, regexp_replace(left(concat_ws(': ', x.error_class, x.error_message), 2000),
      '\yexpected[: ].{0,80}?(?=\y(but|got|received|actual|to)\y|[,;\n]|$)', '', 'gi') as said
    from run r join public.test_results x on x.run_id = r.id
    where x.status in ('FAIL', 'ERROR') and x.is_counted and not r.is_outage
  ),
  known as materialized (
    select distinct on (m.said) m.said, k.*
    from (select distinct f.said from failing f) m
    join public.known_failures k on m.said ~* k.pattern
    where k.owner_id is null or k.owner_id = (select r.owner_id from run r)
    -- The owner's patterns come before the common ones, and older ones before newer ones.
    order by m.said, k.owner_id is null, k.id
  ),
  named as (
    select f.*, k.id as known_id, k.title as known_title, k.category as known_category, k.priority as known_priority,
      k.root_cause as known_cause,
      case when k.id is not null then 'known:' || k.id
        when f.failure_fingerprint is not null then 'failure:' || f.fingerprint_version || ':' || f.failure_fingerprint
        else 'test:' || f.test_key end as key
    from failing f left join known k on k.said = f.said
  ),
  weighed as (
    -- FAIL is MEDIUM, ERROR (outside of assertions) HIGH, and an expected failure that passed LOW. It is one level
    -- higher if at least five tests and a tenth of those that ran have it.
    select n.key, greatest(1,
      case when bool_and(n.execution_status is not distinct from 'xpass') then 4
        when bool_or(n.status = 'ERROR') then 2 else 3 end
      - case when count(*) >= greatest(5, 0.1 * max(r.tests_passed + r.tests_failed)) then 1 else 0 end
    ) as place
    from named n cross join run r
    group by n.key
  )
  select n.id, n.ordinal, n.test_key, n.tool_name, n.key,
    coalesce(n.known_title, private.title_failure(n.tool_name, n.error_class, n.error_message)),
    case when n.known_id is null then left(n.error_message, 2000) end,
    coalesce(n.known_category, 'production'),
    coalesce(n.known_priority, (array['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'])[w.place]),
    case when n.known_id is not null then r.suite
      else coalesce(nullif(n.class_name, ''), n.file_path, n.tool_name) end,
    n.known_cause, case when n.known_id is null then n.fingerprint_version end, n.error_class
  from named n join weighed w on w.key = n.key cross join run r
  union all
  select null, 0, '00000000-0000-0000-0000-000000000000', '', 'run:outage', 'Most of a run failed at once',
    'At least the share of private.tracking_settings.outage_share of the tests failed in one run: they count as one failure of the environment, and none gets an issue of its own.',
    'test_infrastructure', 'CRITICAL', r.suite,
    'Something that all tests need was missing or broken, or the change under test breaks everything.', null, null
  from run r where r.is_outage
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_failures"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."find_failures"(bigint) IS 'Returns the failures of a run with the issue of each: by a known failure, else by its fingerprint, else by its test. An outage has one row for the whole run. The priority is the known failure''s; else FAIL is MEDIUM, ERROR is HIGH, an unexpected pass LOW, and one level higher if at least five tests and a tenth of those that ran have it.';

REVOKE ALL ON FUNCTION "private"."find_failures"(bigint) FROM PUBLIC;

-- private/functions/find_hindrance.sql
CREATE OR REPLACE FUNCTION private.find_hindrance (
  p_model public.models
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select case
    when not p_model.active then 'inactive'
    when not 'image' = any (p_model.input_modalities) then 'no_vision'
    when p_model.unavailable_since is not null then 'unlisted'
    -- A page can be paid for 24 hours, and a report is done within a day of that.
    when p_model.retires_at <= (now() at time zone 'UTC')::date + 2 then 'ending'
    when exists (select from private.providers where name = p_model.base_url_key and not is_configured) then 'no_key'
  end
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_hindrance"(public.models) TO "service_role";

COMMENT ON FUNCTION "private"."find_hindrance"(public.models) IS 'Why no report can be ordered with a model now: inactive, no_vision, unlisted, ending (before the report can be done), no_key (of its provider, as models-sync last saw it). Null where one can.';

REVOKE ALL ON FUNCTION "private"."find_hindrance"(public.models) FROM PUBLIC;

-- private/functions/find_placeholders.sql
CREATE OR REPLACE FUNCTION private.find_placeholders (
  p_body text
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  STRICT
  SET search_path TO ''
  AS $function$
  select coalesce(array_agg(f.name order by f.place), '{}')
  from (
    select m.match[1] as name, min(m.place) as place
    -- Lists white space itself, because \s depends on the database's locale and the functions must agree.
    from regexp_matches(p_body, replace('\{\{[_]*([^{}_](?:[^{}]*[^{}_])?)[_]*\}\}', '_',
      '\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'), 'g')
      with ordinality as m (match, place)
    group by m.match[1]
  ) f
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_placeholders"(text) TO "authenticated";

GRANT EXECUTE ON FUNCTION "private"."find_placeholders"(text) TO "service_role";

COMMENT ON FUNCTION "private"."find_placeholders"(text) IS 'Returns the fields that a prompt names as {{field}} or {{path.to.field}}, each once, in order of appearance.';

REVOKE ALL ON FUNCTION "private"."find_placeholders"(text) FROM PUBLIC;

-- private/functions/find_price.sql
CREATE OR REPLACE FUNCTION private.find_price (
  p_model text,
  p_at    timestamp with time zone
)
  RETURNS public.model_prices
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select p from public.model_prices p
  where p.model = split_part(p_model, '#', 1) and p.valid_from <= p_at and (p.valid_to is null or p.valid_to > p_at)
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_price"(text, timestamp WITH time zone) TO "service_role";

COMMENT ON FUNCTION "private"."find_price"(text, timestamp with time zone) IS 'The row of model_prices that holds for a model, with or without # and an effort, at a moment; null where it has no price then.';

REVOKE ALL ON FUNCTION "private"."find_price"(text, timestamp WITH time zone) FROM PUBLIC;

-- private/functions/find_shared_report.sql
CREATE OR REPLACE FUNCTION private.find_shared_report (
  p_token text
)
  RETURNS uuid
  LANGUAGE sql
  STABLE
  STRICT
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
  select id from public.reports
  where share_token_hash = case when p_token ~ '^[0-9a-f]{64}$' then sha256(decode(p_token, 'hex')) end
    and (share_expires_at is null or share_expires_at > now())
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_shared_report"(text) TO "anon", "authenticated";

GRANT EXECUTE ON FUNCTION "private"."find_shared_report"(text) TO "service_role";

COMMENT ON FUNCTION "private"."find_shared_report"(text) IS 'Returns the report that a share token opens, or null. Definer, because visitors may see no report before that.';

REVOKE ALL ON FUNCTION "private"."find_shared_report"(text) FROM PUBLIC;

-- private/functions/find_successor.sql
CREATE OR REPLACE FUNCTION private.find_successor (
  p_id text
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  with recursive chain (id, place) as (
    select successor, 1 from public.models where id = p_id
    union all
    select m.successor, c.place + 1 from chain c join public.models m on m.id = c.id
    -- Two models may name each other.
    where not m.orderable and c.place < 10
  ),
  named as (
    select m.id from chain c join public.models m on m.id = c.id where m.orderable order by c.place limit 1
  ),
  near as (
    select m.id from public.models m, public.models old
    where old.id = p_id and m.id <> p_id and m.orderable and m.retires_at is null
      and (m.provider = old.provider or m.tier = old.tier)
    order by m.provider <> old.provider,
      abs(ln((3 * m.input_price + m.output_price + 1e-9) / (3 * old.input_price + old.output_price + 1e-9))), m.id
    limit 1
  )
  select coalesce((select id from named), (select id from near))
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_successor"(text) TO "service_role";

COMMENT ON FUNCTION "private"."find_successor"(text) IS 'Id of the model to order instead of one: the one that its successors lead to, else of its maker''s the one of the nearest price, else the nearest of its tier. Null where there is none.';

REVOKE ALL ON FUNCTION "private"."find_successor"(text) FROM PUBLIC;

-- private/functions/find_viewed_report.sql
CREATE OR REPLACE FUNCTION private.find_viewed_report (
  p_token  text,
  p_report uuid,
  p_viewer uuid
)
  RETURNS uuid
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select case when p_token is not null then private.find_shared_report(p_token)
    else (select id from public.reports where id = p_report and owner_id = p_viewer) end
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_viewed_report"(text, uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "private"."find_viewed_report"(text, uuid, uuid) IS 'Returns the report that a token opens or, without a token, that belongs to the viewer; null if there is none.';

REVOKE ALL ON FUNCTION "private"."find_viewed_report"(text, uuid, uuid) FROM PUBLIC;

-- private/functions/find_watcher.sql
CREATE OR REPLACE FUNCTION private.find_watcher (
  p_model text,
  OUT     provider text,
  OUT     is_structured boolean,
  OUT     price_id bigint,
  OUT     reservation_usd numeric
)
  RETURNS record
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select x.provider, x.is_structured, (x.price).id,
    -- The longest prompt (MAX_PROMPT_CHARACTERS of review_prompt.ts) has 16,000 characters of at most one token
    -- each. The answer has its own limit and the reasoning tokens of models/calls/reasoning.ts. If the limit ends
    -- the answer, a second call has twice the limit.
    private.price_tokens(x.price, 2 * 16000, 0, 3 * (2000 + case
      when x.reasoning = 'none' then 0
      else coalesce(('{"none": 0, "minimal": 1024, "low": 4096, "high": 16384, "xhigh": 32768, "max": 65536}'::jsonb
        ->> nullif(split_part(p_model, '#', 2), ''))::bigint, 8192)
    end))
  from (
    select coalesce(m.base_url_key, 'openai') as provider, coalesce(m.supports_structured_output, true) as is_structured,
      m.reasoning,
      private.find_price(p_model, now()) as price
    from (select) one left join public.models m on m.id = split_part(p_model, '#', 1)
    where coalesce(m.active, p_model !~ '/')
  ) x
  where (x.price).id is not null
$function$;

GRANT EXECUTE ON FUNCTION "private"."find_watcher"(text) TO "service_role";

COMMENT ON FUNCTION "private"."find_watcher"(text) IS 'Finds the provider and the price of a watcher model: one of models, or one of OpenAI''s by its own name (gpt-6-luna). reservation_usd: largest cost of one review. Nulls if the model is unknown or has no price.';

REVOKE ALL ON FUNCTION "private"."find_watcher"(text) FROM PUBLIC;

-- private/functions/fold_chat_telemetry.sql
CREATE OR REPLACE FUNCTION private.fold_chat_telemetry (
  p_today date DEFAULT ((now() AT TIME ZONE 'UTC'::text))::date
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_folded bigint;
  v_has_losses boolean;
  v_first_day date := p_today - 29;
begin
  -- While another fold runs, the rest can wait for the next one.
  if not pg_try_advisory_xact_lock(hashtextextended('private.chat_telemetry_changes', 0)) then
    return 0;
  end if;
  -- One statement has one snapshot: exactly the rows that are read are deleted.
  with folded as (
    delete from private.chat_telemetry_changes returning sign
  ),
  usage as (
    insert into private.chat_usage_days as u
    select day, sql_model, response_model, error_type, failed_step, is_off_topic, sum(requests),
      sum(sql_calls), sum(sql_input_tokens), sum(sql_output_tokens), sum(sql_cached_tokens),
      sum(response_calls), sum(response_input_tokens), sum(response_output_tokens), sum(response_cached_tokens),
      sum(known_usd), sum(unpriced_requests), sum(unpriced_uncached_tokens), sum(unpriced_output_tokens),
      sum(unpriced_cached_tokens)
    from private.chat_usage_deltas
    group by day, sql_model, response_model, error_type, failed_step, is_off_topic
    on conflict (day, sql_model, response_model, error_type, failed_step, is_off_topic) do update set
      requests = u.requests + excluded.requests,
      sql_calls = u.sql_calls + excluded.sql_calls,
      sql_input_tokens = u.sql_input_tokens + excluded.sql_input_tokens,
      sql_output_tokens = u.sql_output_tokens + excluded.sql_output_tokens,
      sql_cached_tokens = u.sql_cached_tokens + excluded.sql_cached_tokens,
      response_calls = u.response_calls + excluded.response_calls,
      response_input_tokens = u.response_input_tokens + excluded.response_input_tokens,
      response_output_tokens = u.response_output_tokens + excluded.response_output_tokens,
      response_cached_tokens = u.response_cached_tokens + excluded.response_cached_tokens,
      known_usd = u.known_usd + excluded.known_usd,
      unpriced_requests = u.unpriced_requests + excluded.unpriced_requests,
      unpriced_uncached_tokens = u.unpriced_uncached_tokens + excluded.unpriced_uncached_tokens,
      unpriced_output_tokens = u.unpriced_output_tokens + excluded.unpriced_output_tokens,
      unpriced_cached_tokens = u.unpriced_cached_tokens + excluded.unpriced_cached_tokens
  ),
  users as materialized (
    select day, user_id, sum(requests) as requests, sum(errors) as errors, sum(off_topic) as off_topic,
      sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(cached_tokens) as cached_tokens,
      sum(known_usd) as known_usd, sum(unpriced_requests) as unpriced_requests,
      sum(unpriced_uncached_tokens) as unpriced_uncached_tokens, sum(unpriced_output_tokens) as unpriced_output_tokens,
      sum(unpriced_cached_tokens) as unpriced_cached_tokens
    from private.chat_user_deltas
    group by day, user_id
  ),
  user_days as (
    insert into private.chat_user_days as u
    select * from users
    on conflict (day, user_id) do update set
      requests = u.requests + excluded.requests,
      errors = u.errors + excluded.errors,
      off_topic = u.off_topic + excluded.off_topic,
      input_tokens = u.input_tokens + excluded.input_tokens,
      output_tokens = u.output_tokens + excluded.output_tokens,
      cached_tokens = u.cached_tokens + excluded.cached_tokens,
      known_usd = u.known_usd + excluded.known_usd,
      unpriced_requests = u.unpriced_requests + excluded.unpriced_requests,
      unpriced_uncached_tokens = u.unpriced_uncached_tokens + excluded.unpriced_uncached_tokens,
      unpriced_output_tokens = u.unpriced_output_tokens + excluded.unpriced_output_tokens,
      unpriced_cached_tokens = u.unpriced_cached_tokens + excluded.unpriced_cached_tokens
  ),
  user_window as (
    insert into private.chat_user_window as u
    select user_id,
      sum(requests), sum(errors), sum(off_topic), sum(input_tokens), sum(output_tokens), sum(cached_tokens),
      sum(known_usd), sum(unpriced_requests), sum(unpriced_uncached_tokens), sum(unpriced_output_tokens),
      sum(unpriced_cached_tokens)
    from users
    where day >= (select first_day from private.chat_window)
    group by user_id
    on conflict (user_id) do update set
      requests = u.requests + excluded.requests,
      errors = u.errors + excluded.errors,
      off_topic = u.off_topic + excluded.off_topic,
      input_tokens = u.input_tokens + excluded.input_tokens,
      output_tokens = u.output_tokens + excluded.output_tokens,
      cached_tokens = u.cached_tokens + excluded.cached_tokens,
      known_usd = u.known_usd + excluded.known_usd,
      unpriced_requests = u.unpriced_requests + excluded.unpriced_requests,
      unpriced_uncached_tokens = u.unpriced_uncached_tokens + excluded.unpriced_uncached_tokens,
      unpriced_output_tokens = u.unpriced_output_tokens + excluded.unpriced_output_tokens,
      unpriced_cached_tokens = u.unpriced_cached_tokens + excluded.unpriced_cached_tokens
  ),
  patterns as (
    insert into private.chat_pattern_days as p
    select day, sql_fingerprint, sum(requests), sum(timed), sum(execution_ms), sum(counted), sum(result_rows)
    from private.chat_pattern_deltas
    group by day, sql_fingerprint
    on conflict (day, sql_fingerprint) do update set
      requests = p.requests + excluded.requests,
      timed = p.timed + excluded.timed,
      execution_ms = p.execution_ms + excluded.execution_ms,
      counted = p.counted + excluded.counted,
      result_rows = p.result_rows + excluded.result_rows
  ),
  latencies as materialized (
    select day, step, model, bucket, sum(requests) as requests
    from private.chat_latency_deltas
    group by day, step, model, bucket
  ),
  latency_days as (
    insert into private.chat_latency_days as l
    select day, step, model, bucket, requests from latencies
    on conflict (day, step, model, bucket) do update set requests = l.requests + excluded.requests
  ),
  latency_months as (
    insert into private.chat_latency_months as l
    select date_trunc('month', day)::date, step, model, bucket, sum(requests) from latencies
    group by 1, 2, 3, 4
    on conflict (month, step, model, bucket) do update set requests = l.requests + excluded.requests
  )
  select count(*), coalesce(bool_or(sign < 0), false) into v_folded, v_has_losses from folded;
  if v_has_losses then
    delete from private.chat_usage_days where requests = 0;
    delete from private.chat_user_days where requests = 0;
    delete from private.chat_user_window where requests = 0;
    delete from private.chat_pattern_days where requests = 0;
    delete from private.chat_latency_days where requests = 0;
    delete from private.chat_latency_months where requests = 0;
  end if;
  -- On a new day, the days that are now too old leave the window.
  if (select first_day from private.chat_window) < v_first_day then
    update private.chat_user_window u set
      requests = u.requests - gone.requests,
      errors = u.errors - gone.errors,
      off_topic = u.off_topic - gone.off_topic,
      input_tokens = u.input_tokens - gone.input_tokens,
      output_tokens = u.output_tokens - gone.output_tokens,
      cached_tokens = u.cached_tokens - gone.cached_tokens,
      known_usd = u.known_usd - gone.known_usd,
      unpriced_requests = u.unpriced_requests - gone.unpriced_requests,
      unpriced_uncached_tokens = u.unpriced_uncached_tokens - gone.unpriced_uncached_tokens,
      unpriced_output_tokens = u.unpriced_output_tokens - gone.unpriced_output_tokens,
      unpriced_cached_tokens = u.unpriced_cached_tokens - gone.unpriced_cached_tokens
    from (
      select d.user_id,
        sum(d.requests) as requests, sum(d.errors) as errors, sum(d.off_topic) as off_topic,
        sum(d.input_tokens) as input_tokens, sum(d.output_tokens) as output_tokens,
        sum(d.cached_tokens) as cached_tokens, sum(d.known_usd) as known_usd,
        sum(d.unpriced_requests) as unpriced_requests,
        sum(d.unpriced_uncached_tokens) as unpriced_uncached_tokens,
        sum(d.unpriced_output_tokens) as unpriced_output_tokens,
        sum(d.unpriced_cached_tokens) as unpriced_cached_tokens
      from private.chat_user_days d
      where d.day >= (select first_day from private.chat_window) and d.day < v_first_day
      group by d.user_id
    ) gone
    where gone.user_id = u.user_id;
    delete from private.chat_user_window where requests = 0;
    update private.chat_window set first_day = v_first_day;
  end if;
  return v_folded;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."fold_chat_telemetry"(date) TO "service_role";

COMMENT ON FUNCTION "private"."fold_chat_telemetry"(date) IS 'Adds the changes of the log to its sums by day, and moves the users'' window to today. Returns the number of changes; 0 also while another fold runs.';

REVOKE ALL ON FUNCTION "private"."fold_chat_telemetry"(date) FROM PUBLIC;

-- private/functions/fold_issues.sql
CREATE OR REPLACE FUNCTION private.fold_issues (
  p_issues    bigint[],
  p_run       bigint,
  p_until_at  timestamp with time zone,
  p_until_tie text
)
  RETURNS TABLE (
    issue_id bigint,
    state    jsonb,
    changes  jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  v_clean_runs constant integer := (select t.clean_runs from private.tracking_settings t);
  v_events refcursor;
  e record;
  v_before text;
begin
  if p_run is null then
    open v_events for
      select s.issue_id as issue, coalesce(s.baseline, '{}') as begun, v.*
      from private.issue_states s
      left join private.list_issue_events(p_issues, p_until_at, p_until_tie) v on v.issue_id = s.issue_id
      where s.issue_id = any (p_issues)
      order by s.issue_id, v.happened_at, v.tie collate "C";
  else
    open v_events for
      select s.issue_id as issue, s.head as begun, s.issue_id, j.run_timestamp as happened_at, j.tie,
        case when o.severity is null then 'clean' else 'hit' end as kind, j.run_id, j.branch_name, o.severity as word
      from private.issue_states s
      join private.judged_runs j on j.run_id = p_run
      left join lateral (
        select o.severity from public.issue_occurrences o where o.issue_id = s.issue_id and o.run_id = p_run limit 1
      ) o on true
      where s.issue_id = any (p_issues)
      order by s.issue_id;
  end if;
  loop
    fetch v_events into e;
    if issue_id is distinct from e.issue then
      if issue_id is not null then
        return next;
      end if;
      exit when e.issue is null;
      issue_id := e.issue;
      state := e.begun;
      changes := '[]';
    end if;
    exit when e.issue is null;
    continue when e.kind is null;
    v_before := state ->> 'status';
    state := private.step_issue(state, e.kind, e.happened_at, e.tie, e.run_id, e.branch_name, e.word, v_clean_runs);
    if e.kind <> 'owner' and state ->> 'status' is distinct from v_before then
      changes := changes || jsonb_build_object('old_status', v_before, 'new_status', state ->> 'status',
        'trend', state ->> 'trend', 'run_id', e.run_id, 'effective_at', e.happened_at);
    end if;
  end loop;
  close v_events;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."fold_issues"(bigint[], bigint, timestamp WITH time zone, text) TO "service_role";

COMMENT ON FUNCTION "private"."fold_issues"(bigint[], bigint, timestamp with time zone, text) IS 'Computes the states of issues and their changes of status. With a run it takes one step from the head; without one it replays from the baseline up to a position in the order of runs.';

REVOKE ALL ON FUNCTION "private"."fold_issues"(bigint[], bigint, timestamp WITH time zone, text) FROM PUBLIC;

-- private/functions/follow_configured_providers.sql
CREATE OR REPLACE FUNCTION private.follow_configured_providers()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform private.refresh_orderable();
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."follow_configured_providers"() IS 'Corrects models.orderable when a provider''s key comes or goes.';

REVOKE ALL ON FUNCTION "private"."follow_configured_providers"() FROM PUBLIC;

-- private/functions/follow_jobs.sql
CREATE OR REPLACE FUNCTION private.follow_jobs (
  p_event text,
  p_jobs  jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  STRICT
  SET search_path TO ''
  AS $function$
declare
  v_follow_up text;
  v_jobs jsonb;
begin
  for v_follow_up, v_jobs in
    select k.follow_up, jsonb_agg(j.value)
    from jsonb_array_elements(p_jobs) as j (value) join private.job_kinds k on k.kind = j.value ->> 'kind'
    where k.follow_up is not null
    group by k.follow_up
  loop
    execute format('select private.%I($1, $2)', v_follow_up) using p_event, v_jobs;
  end loop;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_jobs"(text, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."follow_jobs"(text, jsonb) IS 'Has other kinds of work than benchmarks write down what became of their jobs, [{kind, group_id, payload, reason}], in hands other than their door''s: returned, skipped, dead, or ended for groups. Null: there are none. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."follow_jobs"(text, jsonb) FROM PUBLIC;

-- private/functions/follow_owner_status.sql
CREATE OR REPLACE FUNCTION private.follow_owner_status()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_head jsonb;
  v_at timestamptz;
begin
  select s.head into v_head from private.issue_states s where s.issue_id = new.id;
  if v_head ->> 'status' = new.status then
    return new;
  end if;
  -- Later than every processed run, even if a clock is ahead: the owner decides on what is known now.
  v_at := greatest(clock_timestamp(), (
    select max(j.run_timestamp) from private.judged_runs j where j.owner_id = new.owner_id and j.suite = new.suite
  ));
  if v_head is null then
    new.resolved_at := case when new.status = 'RESOLVED' then v_at end;
    new.resolved_run_id := null;
    new.trend := case when new.status = 'RESOLVED' then 'resolved'
      when old.status = 'RESOLVED' and new.status <> 'WONT_FIX' then 'recurring' else new.trend end;
  else
    v_head := private.step_issue(v_head, 'owner', v_at, '~', null, null, new.status, 1);
    update private.issue_states s set head = v_head where s.issue_id = new.id;
    new.trend := v_head ->> 'trend';
    new.resolved_at := (v_head ->> 'resolved_at')::timestamptz;
    new.resolved_run_id := null;
  end if;
  insert into public.issue_status_changes (issue_id, owner_id, old_status, new_status, trend, effective_at, changed_by)
  values (new.id, new.owner_id, old.status, new.status, new.trend, v_at, 'owner');
  return new;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_owner_status"() TO "service_role";

COMMENT ON FUNCTION "private"."follow_owner_status"() IS 'Writes a status that the owner sets to the history, which every replay reads, and to the state. Definer, because owners may change a status but not the history.';

REVOKE ALL ON FUNCTION "private"."follow_owner_status"() FROM PUBLIC;

-- private/functions/follow_prompt_jobs.sql
CREATE OR REPLACE FUNCTION private.follow_prompt_jobs (
  p_event text,
  p_jobs  jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if p_event = 'ended' then
    perform private.end_prompt_runs(array(
      select (j.value ->> 'group_id')::uuid from jsonb_array_elements(p_jobs) as j (value)
    ));
    return;
  end if;
  update public.run_cells c
  set status = case when n.is_grade then c.status::text else n.status end,
    error_text = case when n.is_grade then c.error_text when n.status = 'queued' then null else n.reason end,
    completed_at = case when n.is_grade then c.completed_at when n.status = 'queued' then null else now() end,
    grader_error = case when n.is_grade then n.reason end
  from (
    select (j.value #>> '{payload,cell_id}')::bigint as cell_id, j.value ->> 'kind' = 'prompt_grade' as is_grade,
      j.value ->> 'reason' as reason,
      case p_event when 'returned' then 'queued' when 'dead' then 'failed'
        else case when j.value ->> 'reason' = 'cancelled' then 'cancelled' else 'skipped' end end as status
    from jsonb_array_elements(p_jobs) as j (value)
    where p_event <> 'returned' or j.value ->> 'kind' = 'prompt_cell'
  ) n
  where c.id = n.cell_id;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_prompt_jobs"(text, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."follow_prompt_jobs"(text, jsonb) IS 'Updates the cells of jobs that ended or returned to the queue outside of advance_prompt_cells; see job_kinds.follow_up.';

REVOKE ALL ON FUNCTION "private"."follow_prompt_jobs"(text, jsonb) FROM PUBLIC;

-- private/functions/follow_race_looks.sql
CREATE OR REPLACE FUNCTION private.follow_race_looks (
  p_event text,
  p_jobs  jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if p_event = 'dead' then
    perform private.release_images((j.value -> 'payload' ->> 'report_id')::uuid, '{}')
    from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_race_looks"(text, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."follow_race_looks"(text, jsonb) IS 'Lets a race go on with all its models after a look that was given up; see job_kinds.';

REVOKE ALL ON FUNCTION "private"."follow_race_looks"(text, jsonb) FROM PUBLIC;

-- private/functions/follow_rescorings.sql
CREATE OR REPLACE FUNCTION private.follow_rescorings (
  p_event text,
  p_jobs  jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if p_event = 'dead' then
    perform public.fail_rescoring((j.value #>> '{payload,report_id}')::uuid,
      (j.value #>> '{payload,revision}')::integer, coalesce(j.value ->> 'reason', 'given up'))
    from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_rescorings"(text, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."follow_rescorings"(text, jsonb) IS 'Fails the revisions of jobs that were given up. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."follow_rescorings"(text, jsonb) FROM PUBLIC;

-- private/functions/follow_watcher_jobs.sql
CREATE OR REPLACE FUNCTION private.follow_watcher_jobs (
  p_event text,
  p_jobs  jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  -- A job that has come back only waits again.
  if p_event in ('skipped', 'dead') then
    perform private.count_unjudged(array_agg((j.value ->> 'group_id')::uuid), array_agg(j.value ->> 'reason'))
    from jsonb_array_elements(p_jobs) as j (value);
  elsif p_event = 'ended' then
    perform private.note_unjudged(array_agg((j.value ->> 'group_id')::uuid)) from jsonb_array_elements(p_jobs) as j (value);
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_watcher_jobs"(text, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."follow_watcher_jobs"(text, jsonb) IS 'Handles the watcher''s jobs that ended outside of advance_watcher, see job_kinds.';

REVOKE ALL ON FUNCTION "private"."follow_watcher_jobs"(text, jsonb) FROM PUBLIC;

-- private/functions/forget_chat_telemetry.sql
CREATE OR REPLACE FUNCTION private.forget_chat_telemetry()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  truncate private.chat_telemetry_changes, private.chat_usage_days, private.chat_user_days, private.chat_user_window,
    private.chat_pattern_days, private.chat_latency_days, private.chat_latency_months;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."forget_chat_telemetry"() IS 'Empties the sums when the log is truncated. Definer, because only the owner may truncate.';

REVOKE ALL ON FUNCTION "private"."forget_chat_telemetry"() FROM PUBLIC;

-- private/functions/forget_prompt_run.sql
CREATE OR REPLACE FUNCTION private.forget_prompt_run()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  -- Two statements, because each can use a partial index.
  delete from private.job_queue where group_id = old.id and lease_owner is null and dead_at is null;
  delete from private.job_queue where group_id = old.id and (lease_owner is not null or dead_at is not null);
  delete from private.job_groups where id = old.id;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."forget_prompt_run"() IS 'Deletes the jobs and lanes of a deleted run. Definer, because owners may delete runs but have no access to the queue.';

REVOKE ALL ON FUNCTION "private"."forget_prompt_run"() FROM PUBLIC;

-- private/functions/forget_report.sql
CREATE OR REPLACE FUNCTION private.forget_report()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  -- In three steps, each by an index.
  delete from private.job_queue where group_id = old.id and lease_owner is null and dead_at is null;
  delete from private.job_queue
  where group_id = old.id and (lease_owner is not null or dead_at is not null);
  delete from private.job_queue
  where kind in ('report_finalization', 'report_email') and dedupe_key = old.id::text;
  delete from private.job_groups where id = old.id;
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."forget_report"() TO "service_role";

COMMENT ON FUNCTION "private"."forget_report"() IS 'A report that goes takes its jobs and lanes with it; what it has cost stays in the ledger. Definer, because those who delete users may not reach the queue.';

REVOKE ALL ON FUNCTION "private"."forget_report"() FROM PUBLIC;

-- private/functions/forget_test_runs.sql
CREATE OR REPLACE FUNCTION private.forget_test_runs()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_suite record;
  v_issues bigint[];
begin
  for v_suite in
    select distinct o.owner_id, o.suite from old_rows o
    -- Not if retention deletes runs, nor if the account and its issues are deleted.
    where exists (select from auth.users u where u.id = o.owner_id)
      and not exists (
        select from private.tracking_horizons h
        where h.owner_id = o.owner_id and h.suite = o.suite and h.is_pruning
      )
    order by 1, 2
  loop
    perform private.lock_suite(v_suite.owner_id, v_suite.suite);
    -- The first run of each test with an issue follows from the remaining runs.
    delete from private.issue_tests t
    where t.owner_id = v_suite.owner_id and t.suite = v_suite.suite and not t.is_settled;
    insert into private.issue_tests (issue_id, branch_name, test_key, owner_id, suite, tool_name, first_at, first_tie)
    select distinct on (o.issue_id, j.branch_name, coalesce(x.test_key, '00000000-0000-0000-0000-000000000000'))
      o.issue_id, j.branch_name, coalesce(x.test_key, '00000000-0000-0000-0000-000000000000'), o.owner_id, j.suite,
      coalesce(x.tool_name, ''), j.run_timestamp, j.tie
    from private.judged_runs j
    join public.issue_occurrences o on o.run_id = j.run_id
    left join public.test_results x on x.id = o.test_result_id
    where j.owner_id = v_suite.owner_id and j.suite = v_suite.suite
    order by o.issue_id, j.branch_name, coalesce(x.test_key, '00000000-0000-0000-0000-000000000000'),
      j.run_timestamp, j.tie
    on conflict (issue_id, branch_name, test_key) do nothing;

    delete from public.issues i
    where i.owner_id = v_suite.owner_id and i.suite = v_suite.suite and i.detection_key is not null
      and i.pruned_occurrences = 0
      and not exists (select from public.issue_occurrences o where o.issue_id = i.id)
      and not exists (
        select from public.issue_status_changes c where c.issue_id = i.id and c.changed_by = 'owner'
      );
    v_issues := array(
      select i.id from public.issues i join private.issue_states s on s.issue_id = i.id
      where i.owner_id = v_suite.owner_id and i.suite = v_suite.suite
    );
    perform private.settle_issues(v_issues, null);
  end loop;
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."forget_test_runs"() TO "service_role";

COMMENT ON FUNCTION "private"."forget_test_runs"() IS 'Recomputes the issues of a suite from the remaining runs after its owner has deleted some. Deletes issues that only deleted runs had and that the owner never changed. Definer, because owners may delete runs but not what is derived from them.';

REVOKE ALL ON FUNCTION "private"."forget_test_runs"() FROM PUBLIC;

-- private/functions/forget_watched_run.sql
CREATE OR REPLACE FUNCTION private.forget_watched_run()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  -- Two statements, so that each uses a partial index.
  delete from private.job_queue where group_id = old.group_id and lease_owner is null and dead_at is null;
  delete from private.job_queue where group_id = old.group_id and (lease_owner is not null or dead_at is not null);
  delete from private.job_groups where id = old.group_id;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."forget_watched_run"() IS 'Deletes the watcher''s jobs of a deleted run. Their cost stays in the ledger. Definer, because owners delete runs but have no access to the queue.';

REVOKE ALL ON FUNCTION "private"."forget_watched_run"() FROM PUBLIC;

-- private/functions/give_up_stuck_jobs.sql
CREATE OR REPLACE FUNCTION private.give_up_stuck_jobs()
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_groups uuid[];
  v_count integer;
  v_others jsonb;
begin
  delete from private.provider_circuits c
  where greatest(c.failed_at, c.paused_until) < now() - interval '1 hour'
    and not exists (select from private.stuck_lanes s where s.provider = c.provider and s.circuit_lane = c.lane);
  if not exists (select from private.stuck_lanes s where s.gives_up_at <= now()) then
    return 0;
  end if;
  with stuck as materialized (
    select distinct on (s.group_id, s.lane) s.group_id, s.lane, s.reason, s.is_parked
    from private.stuck_lanes s
    where s.gives_up_at <= now()
    order by s.group_id, s.lane, s.is_parked desc
  ),
  gone as (
    delete from private.job_queue q using stuck s
    where q.group_id = s.group_id and q.lane = s.lane and q.lease_owner is null and q.dead_at is null
    returning q.kind, q.group_id, q.payload, s.reason, s.is_parked
  ),
  balanced as (
    update private.job_groups g set waiting = g.waiting - x.jobs, open_jobs = g.open_jobs - x.jobs
    from (select gone.group_id, count(*)::integer as jobs from gone group by gone.group_id) x
    where g.id = x.group_id
  ),
  failed as (
    update public.benchmark_runs r
    set status = 'failed', error_message = gone.reason, completed_at = now(),
      error_kind = case when gone.is_parked then 'no_access' else 'outage' end
    from gone
    where gone.kind = 'benchmark_run' and r.id = (gone.payload ->> 'run_id')::uuid
  )
  select count(*), array_agg(distinct gone.group_id), jsonb_agg(jsonb_build_object(
    'kind', gone.kind, 'group_id', gone.group_id, 'payload', gone.payload, 'reason', gone.reason
  )) filter (where gone.kind <> 'benchmark_run')
  into v_count, v_groups, v_others from gone;
  perform private.follow_jobs('dead', v_others);
  perform private.end_groups(v_groups);
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."give_up_stuck_jobs"() TO "service_role";

COMMENT ON FUNCTION "private"."give_up_stuck_jobs"() IS 'Fails what has waited for a provider for as long as its kind''s patience, as no_access or outage, and forgets circuits that nothing has asked about for an hour. Returns how many jobs. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."give_up_stuck_jobs"() FROM PUBLIC;

-- private/functions/has_due_jobs.sql
CREATE OR REPLACE FUNCTION private.has_due_jobs (
  p_function text,
  p_within   interval
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select exists (
    select from private.job_queue j join private.job_kinds k on k.kind = j.kind
    where k.function_name = p_function and j.group_id is null
      and j.lease_owner is null and j.dead_at is null and j.run_at <= now() + p_within
  ) or exists (
    select from private.job_groups g
    join private.callable_lanes l on l.group_id = g.id and l.callable_at <= now() + p_within
    join private.job_kinds k on k.kind = l.kind
    cross join lateral (
      select from private.job_queue j
      where j.group_id = l.group_id and j.lane = l.lane
        and j.lease_owner is null and j.dead_at is null and j.run_at <= now() + p_within
      limit 1
    ) head
    where g.waiting > 0 and k.function_name = p_function
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."has_due_jobs"(text, interval) TO "service_role";

COMMENT ON FUNCTION "private"."has_due_jobs"(text, interval) IS 'Whether a job of this function waits and is due within that time, and its provider takes calls by then.';

REVOKE ALL ON FUNCTION "private"."has_due_jobs"(text, interval) FROM PUBLIC;

-- private/functions/insert_test_results.sql
CREATE OR REPLACE FUNCTION private.insert_test_results (
  p_owner   uuid,
  p_run     bigint,
  p_results jsonb
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_added integer;
begin
  insert into public.test_results (
    run_id, owner_id, ordinal, tool_name, variation, provider, model, class_name, status, execution_status,
    attempt, is_counted, duration_secs, memory_mb, cpu_percent, tokens_total, cost_usd, watcher_quality,
    watcher_observations, error_message, error_class, failure_fingerprint, fingerprint_version, file_path,
    line_number, extra
  )
  select p_run, p_owner, x.ordinal, x.tool_name, coalesce(x.variation, ''), coalesce(x.provider, ''),
    coalesce(x.model, ''), coalesce(x.class_name, ''), x.status, x.execution_status, coalesce(x.attempt, 1),
    coalesce(x.is_counted, true), x.duration_secs, x.memory_mb, x.cpu_percent, x.tokens_total, x.cost_usd,
    x.watcher_quality, nullif(x.watcher_observations, 'null'), x.error_message, x.error_class,
    x.failure_fingerprint, x.fingerprint_version, x.file_path, x.line_number, nullif(x.extra, 'null')
  from jsonb_to_recordset(p_results) as x (
    ordinal integer, tool_name text, variation text, provider text, model text, class_name text, status text,
    execution_status text, attempt integer, is_counted boolean, duration_secs numeric, memory_mb double precision,
    cpu_percent numeric, tokens_total bigint, cost_usd numeric, watcher_quality smallint,
    watcher_observations jsonb, error_message text, error_class text, failure_fingerprint text,
    fingerprint_version smallint, file_path text, line_number integer, extra jsonb
  )
  -- Ignores results that were sent before.
  on conflict (run_id, ordinal) do nothing;
  get diagnostics v_added = row_count;
  return v_added;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."insert_test_results"(uuid, bigint, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."insert_test_results"(uuid, bigint, jsonb) IS 'Inserts results, an array of objects with the names of the columns. Returns the number of new ones.';

REVOKE ALL ON FUNCTION "private"."insert_test_results"(uuid, bigint, jsonb) FROM PUBLIC;

-- private/functions/invoke_function.sql
CREATE OR REPLACE FUNCTION private.invoke_function (
  p_function text,
  p_body     jsonb DEFAULT '{}'::jsonb
)
  RETURNS bigint
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_url text := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url');
  v_key text := (select decrypted_secret from vault.decrypted_secrets where name = 'service_secret_key');
begin
  if v_url is null or v_key is null then
    raise warning 'vault lacks project_url or service_secret_key: % is not invoked', p_function;
    return null;
  end if;
  return net.http_post(
    url := v_url || '/functions/v1/' || p_function,
    body := p_body,
    headers := jsonb_build_object('Content-Type', 'application/json', 'apikey', v_key)
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."invoke_function"(text, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."invoke_function"(text, jsonb) IS 'Calls an edge function through pg_net once the transaction commits. May be lost or delivered twice: the sweep and register_worker make both harmless. Definer, because only its owner may read the vault.';

REVOKE ALL ON FUNCTION "private"."invoke_function"(text, jsonb) FROM PUBLIC;

-- private/functions/is_callable.sql
CREATE OR REPLACE FUNCTION private.is_callable (
  p_group uuid
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select not exists (select from private.provider_circuits) or exists (
    select from private.callable_lanes l
    cross join lateral (
      select from private.waiting_jobs q where q.group_id = l.group_id and q.lane = l.lane limit 1
    ) head
    where l.group_id = p_group and l.callable_at <= now()
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."is_callable"(uuid) TO "service_role";

COMMENT ON FUNCTION "private"."is_callable"(uuid) IS 'Whether one of the group''s waiting jobs is for a provider that takes calls now. A group that only waits for others takes no turn.';

REVOKE ALL ON FUNCTION "private"."is_callable"(uuid) FROM PUBLIC;

-- private/functions/is_failing.sql
CREATE OR REPLACE FUNCTION private.is_failing (
  p_provider text,
  p_lane     text
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select exists (select from private.provider_circuits c where c.provider = p_provider and c.lane in ('', p_lane))
$function$;

GRANT EXECUTE ON FUNCTION "private"."is_failing"(text, text) TO "service_role";

COMMENT ON FUNCTION "private"."is_failing"(text, text) IS 'Tells whether the last calls to this provider, or to this model (lane) of it, failed, so that the next call is a probe.';

REVOKE ALL ON FUNCTION "private"."is_failing"(text, text) FROM PUBLIC;

-- private/functions/keep_figures.sql
CREATE OR REPLACE FUNCTION private.keep_figures()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_runs uuid[] := '{}';
begin
  if tg_op <> 'DELETE' then
    v_runs := array(select r.id from new_rows r where r.status in ('complete', 'failed'));
  end if;
  if tg_op <> 'INSERT' then
    -- Workers end a run once. If an ended run is changed or deleted later, its model's figures are computed again.
    if exists (select from old_rows r where r.status in ('complete', 'failed')) then
      perform from public.model_figures f
      where (f.report_id, f.model_id) in (
        select r.report_id, r.model_id from old_rows r where r.status in ('complete', 'failed'))
      order by f.report_id, f.model_id, f.served_other for update;
      delete from public.field_error_counts c
      where (c.report_id, c.model_id) in (
        select r.report_id, r.model_id from old_rows r where r.status in ('complete', 'failed'));
      delete from public.model_figures f
      where (f.report_id, f.model_id) in (
        select r.report_id, r.model_id from old_rows r where r.status in ('complete', 'failed'));
      v_runs := array(
        select r.id from public.benchmark_runs r
        where r.status in ('complete', 'failed') and (r.report_id, r.model_id) in (
          select o.report_id, o.model_id from old_rows o where o.status in ('complete', 'failed'))
        union
        select unnest(v_runs)
      );
    end if;
  end if;
  if cardinality(v_runs) = 0 then
    return null;
  end if;
  -- The first row of a model locks its figures. All transactions take these locks in the same order.
  insert into public.model_figures as f (report_id, owner_id, model_id, served_other, runs_completed, runs_rejected,
    runs_failed, exact_matches, accuracy_sum, accuracy_squares, cost_sum, costs_known, times)
  select r.report_id, any_value(r.owner_id), r.model_id, r.served_other, count(*) filter (where r.is_complete),
    count(*) filter (where r.is_complete and r.error_kind = 'rejected'),
    count(*) filter (where not r.is_complete), count(*) filter (where r.is_complete and r.exact_match),
    coalesce(sum(r.accuracy) filter (where r.is_complete), 0),
    coalesce(sum(r.accuracy * r.accuracy) filter (where r.is_complete), 0),
    coalesce(sum(r.actual_cost) filter (where r.is_complete), 0),
    count(r.actual_cost) filter (where r.is_complete),
    coalesce(array_agg(r.response_time_ms) filter (where r.is_complete and r.response_time_ms is not null), '{}')
  from (
    select x.report_id, x.owner_id, x.model_id, x.status = 'complete' and x.served_other as served_other,
      x.status = 'complete' as is_complete, x.error_kind, x.exact_match,
      coalesce(x.field_accuracy, 0)::numeric as accuracy, x.actual_cost, x.response_time_ms::integer
    from public.benchmark_runs x where x.id = any (v_runs)
    union all
    select distinct x.report_id, x.owner_id, x.model_id, false, null::boolean, null, null::boolean, null::numeric,
      null::numeric, null::integer
    from public.benchmark_runs x where x.id = any (v_runs) and x.status = 'complete' and x.served_other
  ) r
  group by r.report_id, r.model_id, r.served_other order by r.report_id, r.model_id, r.served_other
  on conflict (report_id, model_id, served_other) do update set
    runs_completed = f.runs_completed + excluded.runs_completed,
    runs_rejected = f.runs_rejected + excluded.runs_rejected, runs_failed = f.runs_failed + excluded.runs_failed,
    exact_matches = f.exact_matches + excluded.exact_matches,
    accuracy_sum = f.accuracy_sum + excluded.accuracy_sum,
    accuracy_squares = f.accuracy_squares + excluded.accuracy_squares,
    cost_sum = f.cost_sum + excluded.cost_sum, costs_known = f.costs_known + excluded.costs_known,
    times = f.times || excluded.times;
  insert into public.field_error_counts as c
    (report_id, owner_id, model_id, served_other, field_path, expected, actual, format_only, occurrences)
  select m.report_id, any_value(m.owner_id), m.model_id, m.served_other, any_value(m.field_path), any_value(m.expected),
    any_value(m.actual), m.format_only, count(*)
  from (
    select r.report_id, r.owner_id, r.model_id, r.served_other, e.error ->> 'fieldPath' as field_path,
      e.error -> 'expected' as expected, e.error -> 'actual' as actual, e.error ? 'formatOnly' as format_only
    from public.benchmark_runs r cross join lateral jsonb_array_elements(r.field_errors) as e (error)
    where r.id = any (v_runs) and r.status = 'complete'
  ) m
  group by m.report_id, m.model_id, m.served_other, coalesce(hashtextextended(m.field_path, 0), 0),
    coalesce(jsonb_hash_extended(m.expected, 0), 0), coalesce(jsonb_hash_extended(m.actual, 0), 0), m.format_only
  on conflict (report_id, model_id, served_other, path_hash, expected_hash, actual_hash, format_only)
    do update set occurrences = c.occurrences + excluded.occurrences;
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."keep_figures"() TO "service_role";

COMMENT ON FUNCTION "private"."keep_figures"() IS 'Updates model_figures and field_error_counts in the statement that writes the runs. Definer, because deleting a user reaches runs only through cascades.';

REVOKE ALL ON FUNCTION "private"."keep_figures"() FROM PUBLIC;

-- private/functions/keep_observations.sql
CREATE OR REPLACE FUNCTION private.keep_observations (
  p_run bigint
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  insert into public.watcher_insights (
    test_result_id, owner_id, quality_score, strengths, weaknesses, anomalies, recommendations, confidence_level,
    raw_observation, model
  )
  select t.id, t.owner_id, t.watcher_quality,
    private.text_items(t.watcher_observations -> 'strengths'), private.text_items(t.watcher_observations -> 'weaknesses'),
    private.text_items(t.watcher_observations -> 'anomalies'),
    private.text_items(t.watcher_observations -> 'recommendations'),
    case when lower(t.watcher_observations ->> 'confidence_level') in ('high', 'medium', 'low')
      then lower(t.watcher_observations ->> 'confidence_level') end,
    t.watcher_observations, r.watcher_model
  from public.test_results t join public.test_runs r on r.id = t.run_id
  where t.run_id = p_run and jsonb_typeof(t.watcher_observations) = 'object'
  on conflict (test_result_id) do nothing
$function$;

GRANT EXECUTE ON FUNCTION "private"."keep_observations"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."keep_observations"(bigint) IS 'Stores the reviews that came with a run''s results.';

REVOKE ALL ON FUNCTION "private"."keep_observations"(bigint) FROM PUBLIC;

-- private/functions/keep_orderable.sql
CREATE OR REPLACE FUNCTION private.keep_orderable()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  new.orderable := private.find_hindrance(new) is null;
  return new;
end;
$function$;

COMMENT ON FUNCTION "private"."keep_orderable"() IS 'Keeps models.orderable.';

REVOKE ALL ON FUNCTION "private"."keep_orderable"() FROM PUBLIC;

-- private/functions/keep_patterns.sql
CREATE OR REPLACE FUNCTION private.keep_patterns()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  insert into public.kept_error_patterns (owner_id, report_id, model_id, field_path, format_only, occurrences,
    percentage, common_expected, common_actual)
  select new.owner_id, v.* from public.report_error_patterns v where v.report_id = new.id;
  -- Without patterns nothing is stored, and later ones are computed by the view.
  new.has_kept_patterns := found;
  return new;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."keep_patterns"() TO "service_role";

COMMENT ON FUNCTION "private"."keep_patterns"() IS 'Stores the error patterns of a report when it completes, because its runs no longer change.';

REVOKE ALL ON FUNCTION "private"."keep_patterns"() FROM PUBLIC;

-- private/functions/keep_prompt_version.sql
CREATE OR REPLACE FUNCTION private.keep_prompt_version()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  -- Concurrent saves are serialized by the lock on the prompt's row, which the triggering statement holds.
  insert into public.prompt_versions (prompt_id, owner_id, version, type, body)
  select new.id, new.owner_id,
    coalesce((select max(v.version) from public.prompt_versions v where v.prompt_id = new.id), 0) + 1,
    new.type, new.body;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."keep_prompt_version"() IS 'Adds the next version of a saved prompt. Definer, because users may not write versions.';

REVOKE ALL ON FUNCTION "private"."keep_prompt_version"() FROM PUBLIC;

-- private/functions/keep_snapshot.sql
CREATE OR REPLACE FUNCTION private.keep_snapshot()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  raise exception 'the configuration of a report is frozen' using errcode = 'check_violation';
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."keep_snapshot"() TO "service_role";

COMMENT ON FUNCTION "private"."keep_snapshot"() IS 'Refuses any change of what was ordered.';

REVOKE ALL ON FUNCTION "private"."keep_snapshot"() FROM PUBLIC;

-- private/functions/latency_bucket.sql
CREATE OR REPLACE FUNCTION private.latency_bucket (
  p_ms integer
)
  RETURNS smallint
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select ceil(50 * ln(greatest(p_ms, 1)))::smallint
$function$;

GRANT EXECUTE ON FUNCTION "private"."latency_bucket"(integer) TO "service_role";

COMMENT ON FUNCTION "private"."latency_bucket"(integer) IS 'Returns the bucket of run_model_latencies for a latency in milliseconds.';

REVOKE ALL ON FUNCTION "private"."latency_bucket"(integer) FROM PUBLIC;

-- private/functions/latency_of_bucket.sql
CREATE OR REPLACE FUNCTION private.latency_of_bucket (
  p_bucket smallint
)
  RETURNS double precision
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when p_bucket < 0 then 0 else 2 * 1.02::double precision ^ p_bucket / 2.02 end
$function$;

GRANT EXECUTE ON FUNCTION "private"."latency_of_bucket"(smallint) TO "service_role";

COMMENT ON FUNCTION "private"."latency_of_bucket"(smallint) IS 'Returns the time in ms that is within 1 % of every time in a bucket of chat_latency_days.';

REVOKE ALL ON FUNCTION "private"."latency_of_bucket"(smallint) FROM PUBLIC;

-- private/functions/lease_jobs.sql
CREATE OR REPLACE FUNCTION private.lease_jobs (
  p_worker uuid,
  p_kinds  text[],
  p_want   integer,
  p_prefer uuid    DEFAULT NULL::uuid,
  p_ahead  boolean DEFAULT false
)
  RETURNS TABLE (
    job_id           bigint,
    attempt          integer,
    kind             text,
    group_id         uuid,
    payload          jsonb,
    crashes          integer,
    tries            integer,
    max_tries        integer,
    max_costly_tries integer,
    is_probe         boolean
  )
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_wanted constant integer := p_want;
  v_spots tid[];
  v_groups uuid[];
  v_heads tid[];
  v_is_tight boolean;
  v_is_troubled boolean not null default false;
begin
  if p_ahead then
    v_spots := private.pick_ahead(p_worker, p_kinds);
  elsif p_want > 0 then
    -- Jobs without a group (finalisations, e-mails) are few, short and free: they come first.
    select
      array(
        select q.spot from private.waiting_jobs q
        where q.kind = any (p_kinds) and q.group_id is null and q.run_at <= now()
        order by q.priority, q.run_at, q.id
        limit p_want
      ),
      array(select g.id from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds) limit 2),
      exists (select from private.provider_circuits)
    into v_spots, v_groups, v_is_troubled;
    p_want := p_want - cardinality(v_spots);
    if p_want > 0 and cardinality(v_groups) = 1 and not v_is_troubled then
      -- Who waits alone has its turn always, which is most of what a claim has to find out.
      -- run_at is looked at behind the limit, here as elsewhere: a scan compares all entries of the page it
      -- begins on with the whole of its condition, which was half of the time that the lanes' heads took.
      with in_flight as materialized (
        select * from private.calls_in_flight
      )
      select array_agg(c.spot), bool_or(c.provider_room < p_want) into v_heads, v_is_tight
      from private.waiting_groups g
      cross join lateral (
        select head.spot, head.reservation_usd, p.provider_room
        from private.job_lanes l
        cross join lateral (
          select least(coalesce(
              (select x.max_in_flight from private.provider_limits x where x.provider = l.provider),
              (select s.max_in_flight_per_provider from private.queue_settings s)
            ), (select x.max_in_flight from private.paced_providers x where x.provider = l.provider))
            - coalesce((select sum(i.calls) from in_flight i where i.provider = l.provider), 0) as provider_room
          offset 0
        ) p
        cross join lateral (
          select h.spot, h.id, h.priority, h.reservation_usd
          from (
            select * from private.waiting_jobs q
            where q.group_id = l.group_id and q.lane = l.lane
            order by q.run_at, q.id
            limit greatest(least(p_want, p.provider_room, g.max_in_flight_per_lane - coalesce((
              select i.calls from in_flight i where i.group_id = l.group_id and i.lane = l.lane
            ), 0)), 0)
          ) h
          where h.run_at <= now()
        ) head
        where l.group_id = g.id and l.kind = any (p_kinds)
        order by head.priority, head.id
        limit greatest(least(p_want, g.affordable, g.max_in_flight - coalesce((
          select sum(i.calls) from in_flight i where i.group_id = g.id
        ), 0)), 0)
      ) c
      where g.id = v_groups[1] and g.committed_usd + c.reservation_usd <= g.hard_ceiling_usd;
      -- Lanes of one provider may together have more heads than it has room for.
      if v_is_tight then
        v_heads := private.pick_jobs(p_kinds, p_want, p_prefer);
      end if;
      v_spots := v_spots || v_heads;
    elsif p_want > 0 and cardinality(v_groups) > 0 then
      v_spots := v_spots || private.pick_jobs(p_kinds, p_want, p_prefer);
    end if;
  end if;
  -- Lanes of several groups were looked at one by one: of what is tried one call at a time one is kept.
  if v_is_troubled and cardinality(v_spots) > 1 then
    v_spots := array(
      select s.spot from (
        select x.spot, x.place, q.provider, q.lane,
          row_number() over (partition by q.provider, q.lane order by x.place) as turn
        from unnest(v_spots) with ordinality as x (spot, place)
        join private.job_queue q on q.ctid = x.spot
      ) s
      where s.turn = 1 or not exists (
        select from private.provider_circuits c where c.provider = s.provider and c.lane = s.lane
      )
      order by s.place
    );
  end if;
  if cardinality(v_spots) < v_wanted and private.reap_leases() > 0 then
    -- What dead workers held is free again.
    return query select * from private.lease_jobs(p_worker, p_kinds, v_wanted, p_prefer);
  elsif cardinality(v_spots) > 0 then
    return query
      -- By their places in the table, which stay theirs while they are locked: no index is asked again.
      with leased as (
        update private.job_queue j
        set lease_owner = p_worker, is_standby = p_ahead, attempts = j.attempts + 1,
          is_probe = v_is_troubled and private.is_failing(j.provider, j.lane),
          lease_expires_at = now() + make_interval(secs => (select s.lease_seconds from private.queue_settings s))
        where j.ctid = any (array(
          -- Only workers wait for the queue's lock; whoever else holds a row must not stop them.
          select q.ctid from private.job_queue q
          where q.ctid = any (v_spots) and q.lease_owner is null and q.dead_at is null
          for update skip locked
        ))
        returning j.id, j.attempts, j.releases, j.kind, j.group_id, j.payload, j.crashes, j.reservation_usd,
          j.is_probe
      ),
      served as (
        update private.job_groups g
        set waiting = g.waiting - l.jobs, reserved_usd = g.reserved_usd + l.usd, served_at = clock_timestamp()
        from (
          select x.group_id, count(*)::integer as jobs, sum(x.reservation_usd) as usd from leased x group by x.group_id
        ) l
        where g.id = any (array(select x.group_id from leased x)) and g.id = l.group_id
      )
      select l.id, l.attempts::integer, l.kind, l.group_id, l.payload, l.crashes::integer, l.attempts - l.releases,
        k.max_attempts, k.max_costly_attempts, l.is_probe
      from leased l cross join lateral (
        select x.max_attempts, x.max_costly_attempts from private.job_kinds x where x.kind = l.kind offset 0
      ) k;
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."lease_jobs"(uuid, text[], integer, uuid, boolean) TO "service_role";

COMMENT ON FUNCTION "private"."lease_jobs"(uuid, text[], integer, uuid, boolean) IS 'Leases up to p_want jobs to a worker within the caps per lane, group and provider and the cost ceilings, reserving each one''s upper bound in the same statement. p_prefer: the group that wins a tie. With p_ahead it leases, instead, a job as standby for each call that the worker has in flight, of the same lane, reserving its cost: the worker starts it the moment that call ends and says so with the result, so that no place stays empty for the length of a round trip. tries: which try of the job this is, from 1, without those that do not count; it is given up after max_tries, or after max_costly_tries that were the model''s own doing. is_probe: the provider or model is failing, and is asked for its list of models before the call. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."lease_jobs"(uuid, text[], integer, uuid, boolean) FROM PUBLIC;

-- private/functions/lease_watcher_jobs.sql
CREATE OR REPLACE FUNCTION private.lease_watcher_jobs (
  p_worker uuid,
  p_want   integer,
  p_group  uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'job_id', l.job_id, 'attempt', l.attempt, 'tries', l.tries, 'max_tries', l.max_tries,
      'max_costly_tries', l.max_costly_tries, 'is_probe', l.is_probe, 'provider', w.provider, 'model', w.model,
      'is_structured', w.is_structured,
      'prices', private.describe_price(p),
      'run', jsonb_build_object('suite', r.suite, 'branch_name', r.branch_name, 'commit_hash', r.commit_hash,
        'run_timestamp', r.run_timestamp, 'total_tests', r.total_tests, 'tests_failed', r.tests_failed),
      'result', jsonb_build_object('tool_name', t.tool_name, 'variation', t.variation, 'class_name', t.class_name,
        'provider', t.provider, 'model', t.model, 'status', t.status, 'execution_status', t.execution_status,
        'duration_secs', t.duration_secs, 'memory_mb', t.memory_mb, 'cpu_percent', t.cpu_percent,
        'tokens_total', t.tokens_total, 'cost_usd', t.cost_usd, 'error_class', t.error_class,
        'error_message', t.error_message, 'file_path', t.file_path, 'line_number', t.line_number,
        'extra', left(t.extra::text, 4000)),
      'history', (
        select coalesce(jsonb_agg(jsonb_build_object('run_timestamp', h.run_timestamp, 'commit_hash', h.commit_hash,
          'status', h.status, 'duration_secs', h.duration_secs, 'error_message', left(h.error_message, 1000),
          'watcher_quality', h.watcher_quality, 'observation', left(h.watcher_observations::text, 2000)
        ) order by h.place), '[]')
        from (
          select b.place, x.run_timestamp, x.commit_hash, o.status, o.duration_secs, o.error_message,
            o.watcher_quality, o.watcher_observations
          from unnest(private.runs_before(r.id)) with ordinality as b (run_id, place)
          join public.test_results o on o.run_id = b.run_id and o.owner_id = t.owner_id and o.test_key = t.test_key
            and o.is_counted
          join public.test_runs x on x.id = b.run_id
          order by b.place
          limit 5
        ) h
      )
    )), '[]')
    from private.lease_jobs(p_worker, array['watcher_judgement'], p_want, p_group) l
    join private.watched_runs w on w.group_id = l.group_id
    join public.model_prices p on p.id = w.price_id
    join public.test_runs r on r.id = w.run_id
    join public.test_results t on t.id = (l.payload ->> 'test_result_id')::bigint
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."lease_watcher_jobs"(uuid, integer, uuid) TO "service_role";

COMMENT ON FUNCTION "private"."lease_watcher_jobs"(uuid, integer, uuid) IS 'Leases reviews, each with the result, the run, up to five earlier results of the same test, and prices in USD per token. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."lease_watcher_jobs"(uuid, integer, uuid) FROM PUBLIC;

-- private/functions/list_issue_events.sql
CREATE OR REPLACE FUNCTION private.list_issue_events (
  p_issues    bigint[],
  p_until_at  timestamp with time zone,
  p_until_tie text
)
  RETURNS TABLE (
    issue_id    bigint,
    happened_at timestamp with time zone,
    tie         text,
    kind        text,
    run_id      bigint,
    branch_name text,
    word        text
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  with chosen as materialized (
    select i.id, i.owner_id, i.suite, s.baseline, t.clean_runs,
      case when s.baseline is null then '-infinity' else coalesce(h.run_timestamp, '-infinity') end as from_at,
      coalesce(h.tie, '') as from_tie
    from public.issues i
    join private.issue_states s on s.issue_id = i.id
    left join private.tracking_horizons h on h.owner_id = i.owner_id and h.suite = i.suite
    cross join private.tracking_settings t
    where i.id = any (p_issues)
  ),
  hits as materialized (
    select distinct on (o.issue_id, o.run_id) o.issue_id, j.run_timestamp, j.tie, o.run_id, j.branch_name, o.severity,
      (j.run_timestamp, j.tie) > (c.from_at, c.from_tie) as is_live
    from chosen c
    join public.issue_occurrences o on o.issue_id = c.id
    join private.judged_runs j on j.run_id = o.run_id
    where (j.run_timestamp, j.tie) <= (p_until_at, p_until_tie)
    order by o.issue_id, o.run_id
  ),
  words as materialized (
    select c.id as issue_id, w.effective_at, '~' || lpad(w.id::text, 19, '0') as tie, w.new_status
    from chosen c
    join public.issue_status_changes w on w.issue_id = c.id and w.changed_by = 'owner'
    where (w.effective_at, '~'::text) > (c.from_at, c.from_tie)
      and (w.effective_at, '~'::text) <= (p_until_at, p_until_tie)
  ),
  -- Clean runs of a branch are counted from here, at most as many as resolve the issue and only up to the next
  -- start. Later ones have no effect.
  starts as (
    select h.issue_id, h.branch_name, h.run_timestamp as from_at, h.tie as from_tie from hits h where h.is_live
    union
    select w.issue_id, b.branch_name, w.effective_at, w.tie
    from words w
    cross join lateral (select distinct t.branch_name from private.issue_tests t where t.issue_id = w.issue_id) b
    union
    select c.id, b.branch_name, c.from_at, c.from_tie
    from chosen c cross join lateral jsonb_object_keys(c.baseline -> 'open') b (branch_name)
  ),
  spans as (
    select s.*, lead(s.from_at) over upwards as to_at, lead(s.from_tie) over upwards as to_tie
    from starts s
    window upwards as (partition by s.issue_id, s.branch_name order by s.from_at, s.from_tie)
  )
  select h.issue_id, h.run_timestamp, h.tie, case when h.is_live then 'hit' else 'old hit' end, h.run_id, h.branch_name,
    h.severity
  from hits h
  union all
  select w.issue_id, w.effective_at, w.tie, 'owner', null, null, w.new_status from words w
  union all
  select s.issue_id, r.run_timestamp, r.tie, 'clean', r.run_id, s.branch_name, null
  from spans s
  join chosen c on c.id = s.issue_id
  cross join lateral (
    select j.run_timestamp, j.tie, j.run_id
    from private.judged_runs j
    where j.owner_id = c.owner_id and j.suite = c.suite and j.branch_name = s.branch_name and not j.is_outage
      and (j.run_timestamp, j.tie) > (s.from_at, s.from_tie)
      and (j.run_timestamp, j.tie) < (coalesce(s.to_at, 'infinity'), coalesce(s.to_tie, ''))
      and (j.run_timestamp, j.tie) <= (p_until_at, p_until_tie)
      and exists (
        select from private.issue_tests t
        where t.issue_id = s.issue_id and t.branch_name = s.branch_name
          and (t.first_at, t.first_tie) < (j.run_timestamp, j.tie)
          and case when t.test_key = '00000000-0000-0000-0000-000000000000' then j.is_whole
            else exists (
              select from public.test_results x
              where x.owner_id = c.owner_id and x.test_key = t.test_key and x.run_id = j.run_id
                and x.is_counted and x.status = 'PASS'
            ) end
      )
    order by j.run_timestamp, j.tie
    limit c.clean_runs
  ) r
$function$;

GRANT EXECUTE ON FUNCTION "private"."list_issue_events"(bigint[], timestamp WITH time zone, text) TO "service_role";

COMMENT ON FUNCTION "private"."list_issue_events"(bigint[], timestamp with time zone, text) IS 'Returns the events of issues from their baselines up to a position in the order of runs: hits, statuses that the owner set, and relevant clean runs. A clean run is relevant if a test that had the issue on the branch ran and passed.';

REVOKE ALL ON FUNCTION "private"."list_issue_events"(bigint[], timestamp WITH time zone, text) FROM PUBLIC;

-- private/functions/lock_prompt_run.sql
CREATE OR REPLACE FUNCTION private.lock_prompt_run (
  p_owner uuid,
  p_run   uuid
)
  RETURNS public.runs
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.runs;
begin
  -- Every function locks the queue before a row, which prevents deadlocks.
  perform private.lock_queue();
  select * into v_run from public.runs r where r.id = p_run and r.owner_id = p_owner for update;
  if not found then
    raise exception 'no such run' using errcode = 'no_data_found', column = 'run_id';
  end if;
  return v_run;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."lock_prompt_run"(uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "private"."lock_prompt_run"(uuid, uuid) IS 'Locks the queue and then the owner''s run. Raises P0002 (no_data_found) if the owner has no such run.';

REVOKE ALL ON FUNCTION "private"."lock_prompt_run"(uuid, uuid) FROM PUBLIC;

-- private/functions/lock_queue.sql
CREATE OR REPLACE FUNCTION private.lock_queue()
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('private.job_queue', 0));
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."lock_queue"() TO "service_role";

COMMENT ON FUNCTION "private"."lock_queue"() IS 'Serialises until commit whatever counts leases or moves a budget: that makes caps and ceilings exact over any number of workers, and gives all of them one lock order.';

REVOKE ALL ON FUNCTION "private"."lock_queue"() FROM PUBLIC;

-- private/functions/lock_suite.sql
CREATE OR REPLACE FUNCTION private.lock_suite (
  p_owner uuid,
  p_suite text
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select pg_advisory_xact_lock(hashtextextended(p_owner::text || ' ' || p_suite, 220621))
$function$;

GRANT EXECUTE ON FUNCTION "private"."lock_suite"(uuid, text) TO "service_role";

COMMENT ON FUNCTION "private"."lock_suite"(uuid, text) IS 'Locks a suite until commit: no other transaction processes or deletes its runs. A transaction that waited sees what the one before has committed.';

REVOKE ALL ON FUNCTION "private"."lock_suite"(uuid, text) FROM PUBLIC;

-- private/functions/log_lost_chat_turns.sql
CREATE OR REPLACE FUNCTION private.log_lost_chat_turns (
  p_after interval DEFAULT '00:10:00'::interval
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_lost integer;
begin
  with lost as (
    delete from private.open_chat_turns where begun_at < now() - p_after returning *
  )
  insert into public.chat_telemetry_log
    (log_id, user_id, conversation_id, created_at, user_question, error_type, error_message)
  select t.question_id, t.owner_id,
    (select c.id from public.chat_conversations c where c.id = t.conversation_id), t.begun_at, t.question,
    'unexpected', 'The function ended before its answer did.'
  from lost t
  on conflict (log_id) do nothing;
  get diagnostics v_lost = row_count;
  return v_lost;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."log_lost_chat_turns"(interval) TO "service_role";

COMMENT ON FUNCTION "private"."log_lost_chat_turns"(interval) IS 'Writes a telemetry row for every question whose function was killed, and returns their number. No isolate lives as long as p_after. The step is unknown, so failed_step is null.';

REVOKE ALL ON FUNCTION "private"."log_lost_chat_turns"(interval) FROM PUBLIC;

-- private/functions/make_occurrences.sql
CREATE OR REPLACE FUNCTION private.make_occurrences (
  p_run bigint
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  with run as materialized (
    select r.id, r.owner_id, r.suite, r.branch_name, j.run_timestamp, j.tie
    from public.test_runs r join private.judged_runs j on j.run_id = r.id where r.id = p_run
  ),
  failures as materialized (
    select f.*, r.owner_id, r.suite, r.branch_name, r.run_timestamp, r.tie
    from private.find_failures(p_run) f cross join run r
  ),
  fresh as materialized (
    select s.*, row_number() over (partition by s.area, s.severity order by s.ordinal, s.detection_key) as place
    from (
      select distinct on (f.detection_key) f.*, private.name_area(f.area_source) as area
      from failures f
      where not exists (
        select from public.issues i
        where i.owner_id = f.owner_id and i.suite = f.suite and i.detection_key = f.detection_key
      )
      order by f.detection_key, f.ordinal
    ) s
  ),
  counted as (
    insert into private.issue_counters as c (owner_id, area, priority, last_number)
    select f.owner_id, f.area, f.severity, count(*) from fresh f
    group by f.owner_id, f.area, f.severity
    -- A fixed order prevents a deadlock of two runs that need the same counters.
    order by f.owner_id, f.area, f.severity
    on conflict (owner_id, area, priority) do update set last_number = c.last_number + excluded.last_number
    returning c.area, c.priority, c.last_number
  ),
  numbered as (
    select f.*, c.last_number - max(f.place) over (partition by f.area, f.severity) + f.place as number
    from fresh f join counted c on c.area = f.area and c.priority = f.severity
  ),
  made as (
    insert into public.issues (
      owner_id, issue_code, suite, title, description, category, priority, root_cause, detection_key
    )
    select n.owner_id, n.area || '-' || n.severity || '-' || lpad(n.number::text, greatest(3, length(n.number::text)), '0'),
      n.suite, n.title, n.description, n.category, n.severity, n.root_cause, n.detection_key
    from numbered n
    order by n.ordinal
    returning id, detection_key, title, description, priority
  ),
  begun as (
    insert into private.issue_states (issue_id, auto_title, auto_description, auto_priority)
    select m.id, m.title, m.description, m.priority from made m
  ),
  placed as (
    select f.*, coalesce(m.id, i.id) as issue_id
    from failures f
    left join made m on m.detection_key = f.detection_key
    left join public.issues i
      on i.owner_id = f.owner_id and i.suite = f.suite and i.detection_key = f.detection_key
  ),
  tests as (
    insert into private.issue_tests as t (
      issue_id, branch_name, test_key, owner_id, suite, tool_name, first_at, first_tie
    )
    select distinct p.issue_id, p.branch_name, p.test_key, p.owner_id, p.suite, p.tool_name, p.run_timestamp, p.tie
    from placed p
    on conflict (issue_id, branch_name, test_key) do update
    set first_at = excluded.first_at, first_tie = excluded.first_tie
    where (excluded.first_at, excluded.first_tie) < (t.first_at, t.first_tie)
  )
  insert into public.issue_occurrences (issue_id, run_id, test_result_id, owner_id, severity)
  select p.issue_id, p_run, p.test_result_id, p.owner_id, p.severity from placed p
  on conflict (issue_id, run_id, test_result_id) do nothing
$function$;

GRANT EXECUTE ON FUNCTION "private"."make_occurrences"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."make_occurrences"(bigint) IS 'Records the occurrences of a run''s failures, and creates issues with codes for failures that have none.';

REVOKE ALL ON FUNCTION "private"."make_occurrences"(bigint) FROM PUBLIC;

-- private/functions/make_share_token.sql
CREATE OR REPLACE FUNCTION private.make_share_token()
  RETURNS text
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
$function$;

GRANT EXECUTE ON FUNCTION "private"."make_share_token"() TO "service_role";

COMMENT ON FUNCTION "private"."make_share_token"() IS 'Returns a token of 64 hexadecimal digits with 244 random bits.';

REVOKE ALL ON FUNCTION "private"."make_share_token"() FROM PUBLIC;

-- private/functions/max_attempts.sql
CREATE OR REPLACE FUNCTION private.max_attempts (
  p_kind text
)
  RETURNS integer
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select k.max_attempts from private.job_kinds k where k.kind = p_kind
$function$;

GRANT EXECUTE ON FUNCTION "private"."max_attempts"(text) TO "service_role";

COMMENT ON FUNCTION "private"."max_attempts"(text) IS 'How often a job of this kind may be started.';

REVOKE ALL ON FUNCTION "private"."max_attempts"(text) FROM PUBLIC;

-- private/functions/ms_until_due.sql
CREATE OR REPLACE FUNCTION private.ms_until_due (
  p_kinds text[]
)
  RETURNS bigint
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select greatest(0, ceil(extract(epoch from min(run_at) - now()) * 1000))::bigint from (
    select min(q.run_at) as run_at from private.job_queue q
    where q.kind = any (p_kinds) and q.group_id is null and q.lease_owner is null and q.dead_at is null
    union all
    select min(greatest(head.run_at, l.callable_at)) from (
      select g.id from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds)
      order by g.priority, g.served_at limit 100
    ) g
    join private.callable_lanes l on l.group_id = g.id and l.kind = any (p_kinds)
    cross join lateral (
      select q.run_at from private.job_queue q
      where q.group_id = l.group_id and q.lane = l.lane and q.lease_owner is null and q.dead_at is null
      order by q.run_at, q.id
      limit 1
    ) head
  ) heads
$function$;

GRANT EXECUTE ON FUNCTION "private"."ms_until_due"(text[]) TO "service_role";

COMMENT ON FUNCTION "private"."ms_until_due"(text[]) IS 'Milliseconds until a waiting job of these kinds is due and its provider takes calls; 0 where only the caps hold one back.';

REVOKE ALL ON FUNCTION "private"."ms_until_due"(text[]) FROM PUBLIC;

-- private/functions/name_area.sql
CREATE OR REPLACE FUNCTION private.name_area (
  p_name text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select coalesce(nullif(btrim(left(regexp_replace(upper(w.word), '[^A-Z0-9]+', '-', 'g'), 24), '-'), ''), 'TEST')
  from (
    select regexp_replace(
      -- Takes the last part of a path or a qualified name without the file's extension and the word test.
      regexp_replace(
        regexp_replace(split_part(btrim(p_name), ' > ', 1), '(\.(ts|tsx|js|jsx|mjs|cjs|py|rb|go|rs|java|kt|cs|php|sql|xml))+$', '', 'i'),
        '^.*[/\\.:](?=[^/\\.:]*[A-Za-z0-9])', ''
      ),
      '(^|[_.-])(tests?|specs?|e2e)(?=$|[_.-])|(?<=[a-z0-9])(Tests?|Specs?|TestCase)$|^Test(?=[A-Z])', '', 'g'
    ) as word
  ) w
$function$;

GRANT EXECUTE ON FUNCTION "private"."name_area"(text) TO "service_role";

COMMENT ON FUNCTION "private"."name_area"(text) IS 'Returns the <AREA> of an issue''s code from the name of a class, file, test or suite: tests/chat_wall_test.ts → CHAT-WALL.';

REVOKE ALL ON FUNCTION "private"."name_area"(text) FROM PUBLIC;

-- private/functions/note_calls.sql
CREATE OR REPLACE FUNCTION private.note_calls (
  p_worker  uuid,
  p_results jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_call record;
begin
  for v_call in
    select r.value ->> 'outcome' as outcome, r.value ->> 'failure' as failure, q.provider, q.lane,
      coalesce(r.value ->> 'error_message', 'no answer') as message,
      coalesce((r.value ->> 'is_cached')::boolean, false) as is_cached,
      r.value ->> 'failure' = 'network' or r.value ->> 'failure' = 'server' and r.value ->> 'charge' = 'unknown'
        as is_costly,
      now() - coalesce(r.value ->> 'response_time_ms', r.value ->> 'latency_ms', '0')::double precision
        * interval '1 millisecond' as began_at,
      to_timestamp((r.value ->> 'retry_at_ms')::double precision / 1000) as retry_at
    from jsonb_array_elements(p_results) with ordinality as r (value, place)
    join private.job_queue q on q.id = (r.value ->> 'job_id')::bigint
    where q.lease_owner = p_worker and q.attempts = (r.value ->> 'attempt')::integer and q.provider is not null
    order by r.place
  loop
    if v_call.outcome = 'fatal' then
      insert into private.provider_circuits as c (provider, failures, is_open, is_parked, reason)
      values (v_call.provider, 1, true, true, v_call.message)
      on conflict (provider, lane) do update
      set failures = c.failures + 1, is_open = true, reason = excluded.reason, failed_at = now(),
        -- A pause of seconds that was under way ends, and the minutes begin.
        since = case when c.is_parked then c.since else now() end,
        pauses = case when c.is_parked then c.pauses else 0 end,
        paused_until = case when c.is_parked then c.paused_until else '-infinity' end, is_parked = true;
      perform private.pause_circuits(v_call.provider, '');
      update private.provider_circuits c
      set paused_until = least(v_call.retry_at, now() + interval '24 hours')
      where c.provider = v_call.provider and c.lane = '' and v_call.retry_at > now();
    elsif v_call.failure in ('network', 'server', 'timeout') then
      insert into private.provider_circuits as c (provider, failures, failed_lanes, is_open, is_costly, reason)
      values (v_call.provider, 1, array[v_call.lane], v_call.failure = 'network', v_call.is_costly, v_call.message)
      on conflict (provider, lane) do update
      set failures = c.failures + 1, is_costly = c.is_costly or excluded.is_costly, reason = excluded.reason,
        failed_at = now(),
        failed_lanes = case when c.failed_lanes @> excluded.failed_lanes then c.failed_lanes
          else c.failed_lanes || excluded.failed_lanes end,
        is_open = c.is_open or excluded.is_open or not c.failed_lanes <@ excluded.failed_lanes;
      if v_call.failure <> 'network' then
        insert into private.provider_circuits as c (provider, lane, failures, is_open, is_costly, reason)
        values (v_call.provider, v_call.lane, 1, true, v_call.is_costly, v_call.message)
        on conflict (provider, lane) do update
        set failures = c.failures + 1, is_costly = c.is_costly or excluded.is_costly, reason = excluded.reason,
          failed_at = now();
      end if;
      perform private.pause_circuits(v_call.provider, v_call.lane);
    elsif v_call.outcome = 'complete' and v_call.failure is null and not v_call.is_cached then
      -- After several failures, or one that may have been billed, an answer to a call from before proves nothing.
      delete from private.provider_circuits c
      where c.provider = v_call.provider and c.lane in ('', v_call.lane)
        and (c.failures < 3 and not c.is_parked and not c.is_costly or v_call.began_at >= c.since);
    end if;
  end loop;
  return (
    select jsonb_agg(case
      when x.is_excused then r.value || '{"outcome": "retry", "is_excused": true}'
      else r.value end order by r.place)
    from jsonb_array_elements(p_results) with ordinality as r (value, place)
    left join private.job_queue q on q.id = (r.value ->> 'job_id')::bigint
    cross join lateral (
      select q.provider is not null and (r.value ->> 'outcome' = 'fatal'
        or r.value ->> 'outcome' in ('retry', 'failed') and exists (
          select from private.provider_circuits c
          where c.provider = q.provider and c.is_open and (c.failures >= 3 or c.is_parked)
            and case r.value ->> 'failure'
              when 'network' then c.lane = '' when 'server' then c.lane in ('', q.lane)
              -- Alone it may be the model that is slow: then the try counts.
              when 'timeout' then c.lane = '' and r.value ->> 'outcome' = 'retry' else false end
        )) as is_excused
    ) x
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."note_calls"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."note_calls"(uuid, jsonb) IS 'Counts how calls ended, opens and closes provider_circuits accordingly, and returns p_results (as of settle_jobs) with what was lost to an outage or a refused account as {outcome: retry, is_excused: true}: such a try is made again and does not count. A released job with a failure is a probe that was not sent, for its provider could not be reached. The caller holds lock_queue() and settles what is returned in the same transaction.';

REVOKE ALL ON FUNCTION "private"."note_calls"(uuid, jsonb) FROM PUBLIC;

-- private/functions/note_changed_chat_telemetry.sql
CREATE OR REPLACE FUNCTION private.note_changed_chat_telemetry()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  insert into private.chat_telemetry_changes (sign,
    created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
    result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms,
    ttfb_ms, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens,
    response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd)
  values (-1,
    old.created_at, old.user_id, old.sql_fingerprint, old.error_type, old.failed_step, old.is_off_topic,
    old.sql_model, old.response_model, old.result_row_count, old.nl_to_sql_duration_ms,
    old.sql_execution_duration_ms, old.response_generation_duration_ms, old.ttfb_ms, old.sql_input_tokens,
    old.sql_output_tokens, old.sql_cached_tokens, old.response_input_tokens, old.response_output_tokens,
    old.response_cached_tokens, old.sql_price_id, old.response_price_id, old.cost_usd);
  if tg_op = 'UPDATE' then
    insert into private.chat_telemetry_changes (sign,
      created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
      result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms,
      ttfb_ms, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens,
      response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd)
    values (1,
      new.created_at, new.user_id, new.sql_fingerprint, new.error_type, new.failed_step, new.is_off_topic,
      new.sql_model, new.response_model, new.result_row_count, new.nl_to_sql_duration_ms,
      new.sql_execution_duration_ms, new.response_generation_duration_ms, new.ttfb_ms, new.sql_input_tokens,
      new.sql_output_tokens, new.sql_cached_tokens, new.response_input_tokens, new.response_output_tokens,
      new.response_cached_tokens, new.sql_price_id, new.response_price_id, new.cost_usd);
  end if;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."note_changed_chat_telemetry"() IS 'Records removed and corrected rows of the log for the next fold. Definer, because a user who deletes their data may not write there.';

REVOKE ALL ON FUNCTION "private"."note_changed_chat_telemetry"() FROM PUBLIC;

-- private/functions/note_new_chat_telemetry.sql
CREATE OR REPLACE FUNCTION private.note_new_chat_telemetry()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_count bigint;
begin
  insert into private.chat_telemetry_changes (sign,
    created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
    result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms,
    ttfb_ms, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens,
    response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd)
  select 1,
    created_at, user_id, sql_fingerprint, error_type, failed_step, is_off_topic, sql_model, response_model,
    result_row_count, nl_to_sql_duration_ms, sql_execution_duration_ms, response_generation_duration_ms,
    ttfb_ms, sql_input_tokens, sql_output_tokens, sql_cached_tokens, response_input_tokens,
    response_output_tokens, response_cached_tokens, sql_price_id, response_price_id, cost_usd
  from gained;
  get diagnostics v_count = row_count;
  -- A bulk load folds at once, so that no report has to read all its rows until the next fold.
  if v_count >= 20000 then
    perform private.fold_chat_telemetry();
  end if;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."note_new_chat_telemetry"() IS 'Records the rows that a statement added to the log for the next fold. Definer, because its callers may not write there.';

REVOKE ALL ON FUNCTION "private"."note_new_chat_telemetry"() FROM PUBLIC;

-- private/functions/note_provider.sql
CREATE OR REPLACE FUNCTION private.note_provider (
  p_provider      text,
  p_is_configured boolean,
  p_error         text
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update private.providers set tried_at = now(), error = p_error, is_configured = p_is_configured
  where name = p_provider
$function$;

GRANT EXECUTE ON FUNCTION "private"."note_provider"(text, boolean, text) TO "service_role";

COMMENT ON FUNCTION "private"."note_provider"(text, boolean, text) IS 'Notes that a provider has no key here, or why it did not answer with its list.';

REVOKE ALL ON FUNCTION "private"."note_provider"(text, boolean, text) FROM PUBLIC;

-- private/functions/note_unjudged.sql
CREATE OR REPLACE FUNCTION private.note_unjudged (
  p_groups uuid[]
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update public.test_runs r
  set warnings = jsonb_path_query_array(r.warnings, '$[*] ? (@.code != "watcher.incomplete")')
    || jsonb_build_object('code', 'watcher.incomplete', 'detail', format('%s results were not reviewed: %s.', w.unjudged, w.unjudged_for))
  from private.watched_runs w
  where w.group_id = any (p_groups) and w.unjudged > 0 and r.id = w.run_id
$function$;

GRANT EXECUTE ON FUNCTION "private"."note_unjudged"(uuid[]) TO "service_role";

COMMENT ON FUNCTION "private"."note_unjudged"(uuid[]) IS 'Adds a warning to the runs of these groups with the number of results without a review and the reason.';

REVOKE ALL ON FUNCTION "private"."note_unjudged"(uuid[]) FROM PUBLIC;

-- private/functions/open_revision.sql
CREATE OR REPLACE FUNCTION private.open_revision (
  p_report      uuid,
  p_json_schema jsonb DEFAULT NULL::jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_report public.reports;
  v_ordered jsonb;
  v_schema jsonb;
  v_revision public.report_revisions;
  v_is_new boolean := false;
begin
  -- The lock makes concurrent requests take turns, so that the second finds the revision of the first.
  select r.* into v_report from public.reports r
  where r.id = p_report and r.status in ('complete', 'failed') and r.summary is not null
  for update;
  if not found then
    raise exception 'there is no such finished report' using errcode = 'PT404';
  end if;
  select o.config_snapshot -> 'json_schema' into v_ordered from public.report_orders o where o.report_id = p_report;
  if private.without_rules(p_json_schema) <> private.without_rules(v_ordered) then
    raise exception 'the schema differs from the ordered one in more than its x-compare rules' using errcode = 'PT422';
  end if;
  -- Without new rules, those of the shown revision apply.
  select r.json_schema into v_schema from public.report_revisions r
  where r.report_id = p_report and r.revision = v_report.revision;
  if p_json_schema is not null then
    v_schema := nullif(p_json_schema, v_ordered);
  end if;

  select * into v_revision from public.report_revisions r where r.report_id = p_report and r.status = 'scoring';
  if found and (v_revision.scorer_version, v_revision.json_schema)
    is distinct from (private.scorer_version(), v_schema)
  then
    raise exception 'the report is being scored as revision %: try again once that has ended', v_revision.revision
      using errcode = 'PT409';
  end if;
  if v_revision.report_id is null then
    insert into public.report_revisions (report_id, revision, owner_id, status, scorer_version, recommended_model,
      rationale, summary, created_at, completed_at)
    values (p_report, 1, v_report.owner_id, 'complete', v_report.scorer_version, v_report.recommended_model,
      v_report.rationale, v_report.summary, coalesce(v_report.completed_at, v_report.created_at), v_report.completed_at)
    on conflict do nothing;
    select * into v_revision from public.report_revisions r
    where r.report_id = p_report and r.revision = v_report.revision
      and r.scorer_version = private.scorer_version() and r.json_schema is not distinct from v_schema;
  end if;
  if v_revision.report_id is null then
    -- Each revision may take as much space as all scores of the report.
    if p_json_schema is not null and 50 <= (
      select count(*) from public.report_revisions r where r.report_id = p_report
    ) then
      raise exception 'a report has at most 50 revisions by rules of its owner' using errcode = 'PT422';
    end if;
    insert into public.report_revisions (report_id, revision, owner_id, scorer_version, json_schema)
    select p_report, max(r.revision) + 1, v_report.owner_id, private.scorer_version(), v_schema
    from public.report_revisions r where r.report_id = p_report
    returning * into v_revision;
    -- Without a group, because there is no budget to reserve.
    insert into private.job_queue (kind, payload, dedupe_key)
    values ('report_rescoring', jsonb_build_object('report_id', p_report, 'revision', v_revision.revision),
      p_report || ':' || v_revision.revision);
    perform private.invoke_function('rescore-worker', jsonb_build_object('report_id', p_report));
    v_is_new := true;
  end if;
  return jsonb_build_object('report_id', p_report, 'revision', v_revision.revision, 'status', v_revision.status,
    'scorer_version', v_revision.scorer_version, 'is_new', v_is_new);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."open_revision"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."open_revision"(uuid, jsonb) IS 'Starts rescoring the answers of a finished report; see rescore_report.';

REVOKE ALL ON FUNCTION "private"."open_revision"(uuid, jsonb) FROM PUBLIC;

-- private/functions/open_shared_report.sql
CREATE OR REPLACE FUNCTION private.open_shared_report (
  p_token text
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
  select private.read_shared_report(private.find_shared_report(p_token), false, true)
$function$;

GRANT EXECUTE ON FUNCTION "private"."open_shared_report"(text) TO "anon", "authenticated";

GRANT EXECUTE ON FUNCTION "private"."open_shared_report"(text) TO "service_role";

COMMENT ON FUNCTION "private"."open_shared_report"(text) IS 'Returns the report that a share token opens, or null. Definer, so that visitors need no right to read a report by its id.';

REVOKE ALL ON FUNCTION "private"."open_shared_report"(text) FROM PUBLIC;

-- private/functions/open_test_run.sql
CREATE OR REPLACE FUNCTION private.open_test_run (
  p_owner           uuid,
  p_run             jsonb,
  p_idempotency_key text,
  OUT               run_id bigint,
  OUT               is_new boolean,
  OUT               is_conflict boolean
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_known public.test_runs;
begin
  insert into public.test_runs (
    owner_id, suite, run_timestamp, branch_name, commit_hash, watcher_model, notes, source_format, source_hash,
    warnings, extra, idempotency_key, request_hash
  ) values (
    p_owner, coalesce(p_run ->> 'suite', 'default'), coalesce((p_run ->> 'run_timestamp')::timestamptz, now()),
    coalesce(p_run ->> 'branch_name', 'main'), p_run ->> 'commit_hash', p_run ->> 'watcher_model', p_run ->> 'notes',
    coalesce(p_run ->> 'source_format', 'modelpick'), p_run ->> 'source_hash', coalesce(p_run -> 'warnings', '[]'),
    nullif(p_run -> 'extra', 'null'), p_idempotency_key, p_run ->> 'request_hash'
  )
  on conflict (owner_id, idempotency_key) do nothing
  returning id into run_id;
  is_new := run_id is not null;
  is_conflict := false;
  if not is_new then
    select * into v_known from public.test_runs r
    where r.owner_id = p_owner and r.idempotency_key = p_idempotency_key;
    run_id := v_known.id;
    is_conflict := v_known.request_hash is distinct from p_run ->> 'request_hash';
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."open_test_run"(uuid, jsonb, text) TO "service_role";

COMMENT ON FUNCTION "private"."open_test_run"(uuid, jsonb, text) IS 'Creates a run, or finds the one that this idempotency key has created. is_conflict: the key was used for another request.';

REVOKE ALL ON FUNCTION "private"."open_test_run"(uuid, jsonb, text) FROM PUBLIC;

-- private/functions/own_test_run.sql
CREATE OR REPLACE FUNCTION private.own_test_run (
  p_owner uuid,
  p_run   bigint
)
  RETURNS public.test_runs
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.test_runs;
begin
  select * into v_run from public.test_runs r where r.id = p_run and r.owner_id = p_owner for update;
  if v_run.id is null then
    raise exception 'this owner has no test run %', p_run using errcode = 'no_data_found';
  end if;
  return v_run;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."own_test_run"(uuid, bigint) TO "service_role";

COMMENT ON FUNCTION "private"."own_test_run"(uuid, bigint) IS 'Returns a run and locks it until commit. Raises no_data_found if it does not exist or is another owner''s.';

REVOKE ALL ON FUNCTION "private"."own_test_run"(uuid, bigint) FROM PUBLIC;

-- private/functions/owner_email.sql
CREATE OR REPLACE FUNCTION private.owner_email (
  p_owner uuid
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
  select email from auth.users where id = p_owner
$function$;

GRANT EXECUTE ON FUNCTION "private"."owner_email"(uuid) TO "service_role";

COMMENT ON FUNCTION "private"."owner_email"(uuid) IS 'Where a customer''s report is sent. Definer, because auth.users is closed to service_role''s own grants.';

REVOKE ALL ON FUNCTION "private"."owner_email"(uuid) FROM PUBLIC;

-- private/functions/pace_providers.sql
CREATE OR REPLACE FUNCTION private.pace_providers (
  p_calls jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  delete from private.provider_pace where changed_at < now() - interval '5 minutes';
  insert into private.provider_pace as p (provider, concurrency, paused_until, lowered_at)
  select x.provider,
    -- Half of what was under way, this batch included.
    greatest(1, (x.calls + coalesce((
      select sum(i.calls) from private.calls_in_flight i where i.provider = x.provider
    ), 0)) / 2.0),
    x.paused_until, now()
  from (
    select c.provider, count(*) as calls, bool_or(c.is_limited) as is_limited,
      -- least() passes nulls over, and would make no pause the longest one.
      coalesce(max(case when c.pause_ms > 0 then now() + least(c.pause_ms, 60000) * interval '1 millisecond' end), '-infinity')
        as paused_until
    from jsonb_to_recordset(p_calls) as c (provider text, is_limited boolean, pause_ms bigint)
    group by c.provider
  ) x
  where x.is_limited
  on conflict (provider) do update
  set concurrency = case
      when p.lowered_at < now() - interval '1 second' then greatest(1, p.concurrency / 2)
      else p.concurrency
    end,
    lowered_at = case when p.lowered_at < now() - interval '1 second' then now() else p.lowered_at end,
    paused_until = greatest(p.paused_until, excluded.paused_until), changed_at = now();
  -- One more for each round of calls that all went well.
  update private.provider_pace p
  set concurrency = p.concurrency + x.calls / p.concurrency, changed_at = now()
  from (
    select c.provider, count(*) as calls
    from jsonb_to_recordset(p_calls) as c (provider text, is_limited boolean)
    group by c.provider
    having not bool_or(c.is_limited)
  ) x
  where p.provider = x.provider;
  delete from private.provider_pace p
  where p.concurrency >= coalesce(
    (select l.max_in_flight from private.provider_limits l where l.provider = p.provider),
    (select s.max_in_flight_per_provider from private.queue_settings s)
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."pace_providers"(jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."pace_providers"(jsonb) IS 'Adapts how many calls providers get at once to how calls ended, [{provider, is_limited, pause_ms}]: half as many where one turned a call away, once a second at most, and none for pause_ms (a minute at most); one more per round of calls that it took, until its fixed limit. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."pace_providers"(jsonb) FROM PUBLIC;

-- private/functions/pair_test_results.sql
CREATE OR REPLACE FUNCTION private.pair_test_results (
  p_before bigint,
  p_after  bigint
)
  RETURNS TABLE (
    test_key             uuid,
    tool_name            text,
    variation            text,
    class_name           text,
    provider             text,
    model                text,
    before_status        text,
    after_status         text,
    before_duration_secs numeric,
    after_duration_secs  numeric,
    before_error         text,
    after_error          text
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  with before as materialized (
    select x.*, row_number() over (partition by x.test_key order by x.ordinal) as place
    from public.test_results x where x.run_id = p_before and x.is_counted
  ),
  after as materialized (
    select x.*, row_number() over (partition by x.test_key order by x.ordinal) as place
    from public.test_results x where x.run_id = p_after and x.is_counted
  )
  select coalesce(a.test_key, b.test_key), coalesce(a.tool_name, b.tool_name), coalesce(a.variation, b.variation),
    coalesce(a.class_name, b.class_name), coalesce(a.provider, b.provider), coalesce(a.model, b.model),
    b.status, a.status, b.duration_secs, a.duration_secs, b.error_message, a.error_message
  from before b full join after a on a.test_key = b.test_key and a.place = b.place
$function$;

GRANT EXECUTE ON FUNCTION "private"."pair_test_results"(bigint, bigint) TO "authenticated";

GRANT EXECUTE ON FUNCTION "private"."pair_test_results"(bigint, bigint) TO "service_role", "test_reporter";

COMMENT ON FUNCTION "private"."pair_test_results"(bigint, bigint) IS 'Pairs the results of two runs by test. Tests of the same name are paired in their order. Null if a run does not have the test.';

REVOKE ALL ON FUNCTION "private"."pair_test_results"(bigint, bigint) FROM PUBLIC;

-- private/functions/pause_circuits.sql
CREATE OR REPLACE FUNCTION private.pause_circuits (
  p_provider text,
  p_lane     text
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update private.provider_circuits c
  set pauses = c.pauses + 1, paused_until = now() + case
    when c.is_parked then least(interval '2 hours', interval '1 minute' * 2 ^ least(c.pauses, 10))
    else least(interval '60 seconds', interval '1 second' * 2 ^ least(c.pauses, 10)) end
  where c.provider = p_provider and c.lane in ('', p_lane) and c.is_open
    and (c.failures >= 3 or c.is_parked or c.is_costly)
    -- Calls that were under way when the pause began fail together: they do not lengthen it.
    and c.paused_until <= now()
$function$;

GRANT EXECUTE ON FUNCTION "private"."pause_circuits"(text, text) TO "service_role";

COMMENT ON FUNCTION "private"."pause_circuits"(text, text) IS 'Pauses a provider, or this lane of it, after three failures in a row, or after the first that may have been billed: 1, 2, 4 … 60 seconds; a parked provider after the first: 1, 2, 4 … 120 minutes.';

REVOKE ALL ON FUNCTION "private"."pause_circuits"(text, text) FROM PUBLIC;

-- private/functions/pick_ahead.sql
CREATE OR REPLACE FUNCTION private.pick_ahead (
  p_worker uuid,
  p_kinds  text[]
)
  RETURNS tid[]
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  -- What waits without a group is to get the next place that becomes free.
  if exists (select from private.waiting_jobs q where q.kind = any (p_kinds) and q.group_id is null
    and q.run_at <= now()) then
    return '{}';
  end if;
  return array(
    with in_flight as materialized (
      select q.group_id, q.lane, q.provider, (count(*) filter (where not q.is_standby))::integer as calls,
        -- Our calls that none stands by for.
        coalesce(sum(case when q.is_standby then -1 else 1 end) filter (where q.lease_owner = p_worker), 0) as lacks
      from private.job_queue q
      where q.lease_owner is not null and q.group_id is not null
      group by q.group_id, q.lane, q.provider
    ),
    busy as materialized (
      select i.group_id, sum(i.calls)::integer as calls, max(i.lacks) as lacks from in_flight i group by i.group_id
    ),
    -- A place may pass on only where a claim would give it to the same group: while no other group
    -- waits that has fewer calls in flight. Near a group's end each place goes where most is left.
    groups as materialized (
      select g.* from busy b join private.waiting_groups g on g.id = b.group_id
      where b.lacks > 0 and g.waiting > g.max_in_flight
        and not exists (
          select from private.job_groups o
          where o.waiting > 0 and o.id <> g.id
            and (o.priority, coalesce((select x.calls from busy x where x.group_id = o.id), 0)) < (g.priority, b.calls)
            and private.is_callable(o.id)
        )
    ),
    heads as materialized (
      select g.*, l.provider, head.spot, head.id as job_id, head.reservation_usd, head.place <= i.lacks as is_ours,
        coalesce(i.calls, 0) < g.max_in_flight_per_lane as has_room,
        2 * count(*) filter (where head.place = 1) over (partition by g.id) as lead
      from groups g
      join private.job_lanes l on l.group_id = g.id and l.kind = any (p_kinds)
        -- What is tried one call at a time is asked for.
        and not exists (
          select from private.provider_circuits c where c.provider = l.provider and c.lane in ('', l.lane)
        )
      left join in_flight i on i.group_id = l.group_id and i.lane = l.lane
      cross join lateral (
        select x.*, row_number() over () as place from (
          select q.spot, q.id, q.reservation_usd, q.run_at from private.waiting_jobs q
          where q.group_id = l.group_id and q.lane = l.lane
          order by q.run_at, q.id
          limit greatest(i.lacks, 1)
        ) x
        where x.run_at <= now()
      ) head
    ),
    -- A lane that is two jobs ahead of one that could take its place lets it go, so that lanes end together.
    level as (
      select h.*, h.committed_usd + sum(h.reservation_usd) over (partition by h.id order by h.job_id) as committed_after
      from heads h
      where h.is_ours and not exists (
        select from heads o
        where o.id = h.id and o.has_room and o.provider = h.provider and o.job_id + h.lead < h.job_id
      )
    )
    select a.spot from level a
    where a.committed_after <= a.hard_ceiling_usd and a.committed_after - a.reservation_usd < a.soft_ceiling_usd
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."pick_ahead"(uuid, text[]) TO "service_role";

COMMENT ON FUNCTION "private"."pick_ahead"(uuid, text[]) IS 'Where a job lies for each call that the worker has in flight and none stands by for: the next ones of the same lanes, hence within the caps when started as those calls end. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."pick_ahead"(uuid, text[]) FROM PUBLIC;

-- private/functions/pick_jobs.sql
CREATE OR REPLACE FUNCTION private.pick_jobs (
  p_kinds  text[],
  p_want   integer,
  p_prefer uuid
)
  RETURNS tid[]
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_spots tid[];
  v_asked integer;
  v_examined constant integer := 100;
begin
  -- As many groups as jobs are wanted mostly have them; the others are asked only where jobs are still short.
  foreach v_asked in array array[p_want, v_examined] loop
    v_spots := array(
      with in_flight as materialized (
        select * from private.calls_in_flight
      ),
      turn_takers as materialized (
        select t.*, least(p_want, t.max_in_flight - t.busy, t.affordable) as room
        from (
          select g.*, b.busy
          from private.waiting_groups g
          cross join lateral (
            select coalesce(sum(i.calls), 0)::integer as busy from in_flight i where i.group_id = g.id
          ) b
          where b.busy < g.max_in_flight and g.kind = any (p_kinds)
          order by g.priority, g.served_at
          limit v_examined
        ) t
        order by t.priority, t.busy, (t.id = p_prefer) desc, t.served_at
        limit v_asked + 1
      ),
      -- The heads of each lane, as many as lane, group and worker have room for: the cost of a claim
      -- follows the number of lanes looked at and not the backlog behind them.
      candidates as (
        select c.spot, c.id, c.provider_room, g.id as group_id, g.priority, g.busy + c.place as turn, g.served_at,
          row_number() over (partition by c.provider order by g.priority, g.busy + c.place, g.served_at, c.id)
            as provider_turn
        from turn_takers g
        cross join lateral (
          select head.spot, head.id, l.provider, p.room as provider_room, head.reservation_usd,
            row_number() over (order by head.priority, head.id) as place
          from private.job_lanes l
          cross join lateral (
            select least(
              least(coalesce(
                (select x.max_in_flight from private.provider_limits x where x.provider = l.provider),
                (select s.max_in_flight_per_provider from private.queue_settings s)
              ), (select x.max_in_flight from private.paced_providers x where x.provider = l.provider))
              - coalesce((select sum(i.calls) from in_flight i where i.provider = l.provider), 0),
              (select x.room from private.circuit_rooms x where x.provider = l.provider and x.lane = '')
            ) as room
            offset 0
          ) p
          cross join lateral (
            select h.spot, h.id, h.priority, h.reservation_usd
            from (
              select * from private.waiting_jobs q
              where q.group_id = l.group_id and q.lane = l.lane
              order by q.run_at, q.id
              limit greatest(least(g.room, p.room, g.max_in_flight_per_lane - coalesce((
                select i.calls from in_flight i where i.group_id = l.group_id and i.lane = l.lane
              ), 0), (select x.room from private.circuit_rooms x where x.provider = l.provider and x.lane = l.lane)), 0)
            ) h
            where h.run_at <= now()
          ) head
          where l.group_id = g.id and l.kind = any (p_kinds)
          order by head.priority, head.id
          limit g.room
        ) c
        where g.committed_usd + c.reservation_usd <= g.hard_ceiling_usd
          -- Where groups are left unasked, no turn is taken before one that these have a right to.
          and g.busy + c.place <= coalesce((
            select max(x.busy) + 1 from turn_takers x having count(*) > v_asked and min(x.priority) = max(x.priority)
          ), 2147483647)
      )
      -- A group's n-th call in flight competes with the n-th of the others: max-min fairness.
      select c.spot from candidates c
      where c.provider_turn <= c.provider_room
      order by c.priority, c.turn, (c.group_id = p_prefer) desc, c.served_at, c.id
      limit p_want
    );
    exit when cardinality(v_spots) = p_want
      or not exists (select from private.job_groups g where g.waiting > 0 and g.kind = any (p_kinds) offset v_asked);
    -- Groups that cannot be served now (delayed, provider full) must not hide the ones behind them.
    if v_asked = v_examined then
      update private.job_groups g set served_at = clock_timestamp()
      where g.id = any (array(
        select x.id from private.job_groups x where x.waiting > 0 and x.kind = any (p_kinds)
        order by x.priority, x.served_at limit v_examined
      ));
    end if;
  end loop;
  return v_spots;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."pick_jobs"(text[], integer, uuid) TO "service_role";

COMMENT ON FUNCTION "private"."pick_jobs"(text[], integer, uuid) IS 'Where the jobs lie that are next among all groups, up to p_want, within the caps per lane, group and provider and the cost ceilings. p_prefer: the group that wins a tie. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."pick_jobs"(text[], integer, uuid) FROM PUBLIC;

-- private/functions/presented_report.sql
CREATE OR REPLACE FUNCTION private.presented_report()
  RETURNS uuid
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.find_shared_report(
    nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-share-token'
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."presented_report"() TO "anon", "authenticated";

GRANT EXECUTE ON FUNCTION "private"."presented_report"() TO "service_role";

COMMENT ON FUNCTION "private"."presented_report"() IS 'Returns the report that the request''s x-share-token header opens, or null.';

REVOKE ALL ON FUNCTION "private"."presented_report"() FROM PUBLIC;

-- private/functions/price_tokens.sql
CREATE OR REPLACE FUNCTION private.price_tokens (
  p_price         public.model_prices,
  p_input_tokens  bigint,
  p_cached_tokens bigint,
  p_output_tokens bigint
)
  RETURNS numeric
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when p_input_tokens > p_price.long_context_above then
    greatest(p_input_tokens - coalesce(p_cached_tokens, 0), 0) * p_price.long_context_input_per_million
    + coalesce(p_cached_tokens, 0) * p_price.long_context_cached_input_per_million
    + coalesce(p_output_tokens, 0) * p_price.long_context_output_per_million
  else
    greatest(coalesce(p_input_tokens, 0) - coalesce(p_cached_tokens, 0), 0) * p_price.input_per_million
    + coalesce(p_cached_tokens, 0) * p_price.cached_input_per_million
    + coalesce(p_output_tokens, 0) * p_price.output_per_million
  end * 0.000001
$function$;

GRANT EXECUTE ON FUNCTION "private"."price_tokens"(public.model_prices, bigint, bigint, bigint) TO "service_role";

COMMENT ON FUNCTION "private"."price_tokens"(public.model_prices, bigint, bigint, bigint) IS 'USD of one model call at a price: cached tokens are part of the input tokens and have their own price, and all input tokens together decide whether the call is charged as a long one. A count that is missing is 0; a price that is missing makes it null.';

REVOKE ALL ON FUNCTION "private"."price_tokens"(public.model_prices, bigint, bigint, bigint) FROM PUBLIC;

-- private/functions/prune_suite.sql
CREATE OR REPLACE FUNCTION private.prune_suite (
  p_owner uuid,
  p_suite text,
  p_keep  integer
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_horizon private.judged_runs;
  v_folded jsonb;
  v_deleted integer;
begin
  perform private.lock_suite(p_owner, p_suite);
  select * into v_horizon from private.judged_runs j
  where j.owner_id = p_owner and j.suite = p_suite
  order by j.run_timestamp desc, j.tie desc
  offset p_keep limit 1;
  if not found then
    return 0;
  end if;
  perform from public.issues i where i.owner_id = p_owner and i.suite = p_suite order by i.id for update;

  -- Keeps what the deleted runs contribute: states, counts and history.
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') into v_folded
  from private.fold_issues(array(
    select i.id from public.issues i join private.issue_states s on s.issue_id = i.id
    where i.owner_id = p_owner and i.suite = p_suite
  ), null, v_horizon.run_timestamp, v_horizon.tie) f;
  update private.issue_states s set baseline = f.state
  from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
  where s.issue_id = f.issue_id and f.state ->> 'first_at' is not null;
  update public.issues i
  set pruned_occurrences = i.pruned_occurrences + g.occurrences, pruned_runs = i.pruned_runs + g.runs
  from (
    select o.issue_id, count(*) as occurrences, count(distinct o.run_id) as runs
    from private.judged_runs j join public.issue_occurrences o on o.run_id = j.run_id
    where j.owner_id = p_owner and j.suite = p_suite
      and (j.run_timestamp, j.tie) <= (v_horizon.run_timestamp, v_horizon.tie)
    group by o.issue_id
  ) g
  where i.id = g.issue_id;
  update public.issue_status_changes c set is_settled = true
  from private.judged_runs j
  where j.owner_id = p_owner and j.suite = p_suite and c.run_id = j.run_id and c.changed_by = 'detector'
    and (j.run_timestamp, j.tie) <= (v_horizon.run_timestamp, v_horizon.tie);
  update private.issue_tests t set is_settled = true
  where t.owner_id = p_owner and t.suite = p_suite and not t.is_settled
    and (t.first_at, t.first_tie) <= (v_horizon.run_timestamp, v_horizon.tie);

  insert into private.tracking_horizons as h (owner_id, suite, run_timestamp, tie, is_pruning)
  values (p_owner, p_suite, v_horizon.run_timestamp, v_horizon.tie, true)
  on conflict (owner_id, suite) do update
  set is_pruning = true,
    run_timestamp = case when (excluded.run_timestamp, excluded.tie) > (h.run_timestamp, h.tie)
      then excluded.run_timestamp else h.run_timestamp end,
    tie = case when (excluded.run_timestamp, excluded.tie) > (h.run_timestamp, h.tie) then excluded.tie else h.tie end;
  delete from public.test_runs r
  where r.owner_id = p_owner and r.suite = p_suite and (
    exists (
      select from private.judged_runs j
      where j.run_id = r.id and (j.run_timestamp, j.tie) <= (v_horizon.run_timestamp, v_horizon.tie)
    )
    -- A run that has not ended within a week is abandoned.
    or (r.status = 'aborted' or r.status = 'running' and r.created_at < now() - interval '7 days')
      and r.run_timestamp < v_horizon.run_timestamp
  );
  get diagnostics v_deleted = row_count;
  update private.tracking_horizons h set is_pruning = false where h.owner_id = p_owner and h.suite = p_suite;
  return v_deleted;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."prune_suite"(uuid, text, integer) TO "service_role";

COMMENT ON FUNCTION "private"."prune_suite"(uuid, text, integer) IS 'Deletes all but the last runs of a suite. The state of its issues becomes the baseline of later replays, so no issue, count, first or last occurrence or status changes. Returns the number of deleted runs.';

REVOKE ALL ON FUNCTION "private"."prune_suite"(uuid, text, integer) FROM PUBLIC;

-- private/functions/prune_test_runs.sql
CREATE OR REPLACE FUNCTION private.prune_test_runs()
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_keep constant integer := (select s.keep_runs from private.tracking_settings s);
  v_suite record;
  v_deleted integer := 0;
begin
  for v_suite in
    select j.owner_id, j.suite from private.judged_runs j
    group by j.owner_id, j.suite having count(*) > v_keep
    order by 1, 2
  loop
    v_deleted := v_deleted + private.prune_suite(v_suite.owner_id, v_suite.suite, v_keep);
  end loop;
  return v_deleted;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."prune_test_runs"() TO "service_role";

COMMENT ON FUNCTION "private"."prune_test_runs"() IS 'Deletes all but the last private.tracking_settings.keep_runs runs of each suite. Runs once a day. Returns the number of deleted runs.';

REVOKE ALL ON FUNCTION "private"."prune_test_runs"() FROM PUBLIC;

-- private/functions/read_as_chat_reader.sql
CREATE OR REPLACE FUNCTION private.read_as_chat_reader (
  p_sql       text,
  p_max_rows  integer,
  p_max_bytes integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  v_cursor refcursor;
  v_record record;
  v_names text[];
  v_types text[];
  v_row text;
  v_rows jsonb[] := '{}';
  v_bytes bigint := 0;
  v_truncated boolean := false;
begin
  -- A cursor also accepts EXPLAIN, whose estimates depend on all users' rows, and SHOW.
  if p_sql !~* '^(\s|--[^\n\r]*[\n\r]|/\*([^*/]|\*(?!/)|/(?!\*))*\*/)*(select|with|values|table|\()' then
    raise exception 'only a query can be run' using errcode = 'invalid_cursor_definition';
  end if;
  perform
    -- Unqualified names are those of the views.
    set_config('search_path', 'chat, pg_temp', true),
    set_config('transaction_read_only', 'on', true),
    set_config('lock_timeout', '1s', true),
    -- Most queries aggregate: plan for all rows, and do not compile a query that takes a second.
    set_config('cursor_tuple_fraction', '1', true),
    set_config('jit', 'off', true);
  -- Opening a cursor refuses a second statement and anything that writes.
  open v_cursor no scroll for execute p_sql;
  -- The only way to read the types of a query without running it again. Elements are in the order of the
  -- columns, and only attribute values contain quotation marks.
  select array_agg(coalesce(format_type(to_regtype(t.name), null), t.name) order by e.place) into v_types
  from regexp_matches(
    split_part(cursor_to_xmlschema(v_cursor, false, false, '')::text, '<xsd:complexType name="RowType">', 2),
    '<xsd:element name="[^"]*" type="([^"]*)" minOccurs="0">', 'g'
  ) with ordinality as e (match, place)
  cross join lateral (
    select case when e.match[1] ~ '^(UDT|Domain)\.' then regexp_replace(e.match[1], '^\w+\.[^.]*\.(pg_catalog\.)?', '')
      else replace(replace(lower(e.match[1]), '_wtz', 'tz'), 'double', 'double precision') end as name
  ) t;
  loop
    fetch v_cursor into v_record;
    if v_names is null then
      v_names := array(select json_object_keys(row_to_json(v_record)));
    end if;
    exit when not found;
    v_truncated := cardinality(v_rows) >= p_max_rows or v_bytes + pg_column_size(v_record) > p_max_bytes;
    exit when v_truncated;
    v_row := row_to_json(v_record)::text;
    v_bytes := v_bytes + octet_length(v_row);
    v_truncated := v_bytes > p_max_bytes;
    exit when v_truncated;
    v_rows := v_rows || (
      select coalesce(jsonb_agg(c.value order by c.place), '[]')
      from json_each(v_row::json) with ordinality as c (name, value, place)
    );
  end loop;
  return jsonb_build_object(
    'columns', (
      select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'type', c.type)), '[]')
      from unnest(v_names, v_types) as c (name, type)
    ),
    'rows', to_jsonb(v_rows), 'row_count', cardinality(v_rows), 'truncated', v_truncated
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."read_as_chat_reader"(text, integer, integer) TO "service_role";

COMMENT ON FUNCTION "private"."read_as_chat_reader"(text, integer, integer) IS 'Runs one query and returns {columns: [{name, type}], rows: [[value]], row_count, truncated}. Definer, owned by chat_reader: the query has the rights of that role, and Postgres allows no change of role inside a definer''s function. Only run_chat_query calls it, and undoes whatever it did.';

REVOKE ALL ON FUNCTION "private"."read_as_chat_reader"(text, integer, integer) FROM PUBLIC, "chat_reader";

ALTER FUNCTION "private"."read_as_chat_reader"(text, integer, integer) OWNER TO "chat_reader";

-- private/functions/read_earlier_runs.sql
CREATE OR REPLACE FUNCTION private.read_earlier_runs (
  p_report   uuid,
  p_revision integer
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(json_agg((to_jsonb(x) - 'id') || coalesce(s.scores, '{}')
    order by x.model_id, x.image_index, x.repeat_index), '[]')
  from (
    select b.id, b.model_id, split_part(b.model_id, '#', 1) as base_model_id,
      nullif(split_part(b.model_id, '#', 2), '') as effort,
      b.image_index, b.repeat_index, b.status, b.is_valid_json, b.exact_match, b.field_accuracy,
      b.field_errors, b.output_json, b.response_time_ms, b.input_tokens, b.output_tokens, b.cached_tokens,
      b.reasoning_tokens, b.served_model, b.served_provider, b.served_other, b.provider_request_id, b.schema_regime,
      b.request_change, b.actual_cost, b.error_message, b.error_kind, b.score, b.skip_reason
    from public.benchmark_runs b where b.report_id = p_report
  ) x
  -- A run without a row was not changed by later revisions, and has its scores of then in benchmark_runs.
  left join lateral (
    select e.scores from public.benchmark_run_scores e
    where e.report_id = p_report and e.run_id = x.id and e.revision >= p_revision
    order by e.revision limit 1
  ) s on true
$function$;

GRANT EXECUTE ON FUNCTION "private"."read_earlier_runs"(uuid, integer) TO "service_role";

COMMENT ON FUNCTION "private"."read_earlier_runs"(uuid, integer) IS 'Returns the runs of a report with the scores of an earlier revision.';

REVOKE ALL ON FUNCTION "private"."read_earlier_runs"(uuid, integer) FROM PUBLIC;

-- private/functions/read_progress.sql
CREATE OR REPLACE FUNCTION private.read_progress (
  p_report uuid
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object('report_id', r.id, 'status', r.status, 'models', (
    select coalesce(jsonb_agg(jsonb_build_object('model_id', c.model_id, 'name', coalesce(m.name || case split_part(c.model_id, '#', 2)
      when '' then '' when 'none' then ' (no thinking)' else ' (' || split_part(c.model_id, '#', 2) || ')' end, c.model_id),
      'queued', c.queued, 'running', c.running, 'complete', c.complete, 'failed', c.failed, 'skipped', c.skipped
    ) order by c.model_id), '[]')
    from (
      select b.model_id, count(*) filter (where b.status = 'queued') as queued,
        count(*) filter (where b.status = 'running') as running,
        count(*) filter (where b.status = 'complete') as complete,
        count(*) filter (where b.status = 'failed') as failed,
        count(*) filter (where b.status = 'skipped') as skipped
      from public.benchmark_runs b where b.report_id = r.id group by b.model_id
    ) c left join public.models m on m.id = split_part(c.model_id, '#', 1)
  ), 'waiting_for', (
    select coalesce(jsonb_agg(w.entry order by w.provider), '[]') from (
      select s.provider, jsonb_build_object('provider', s.provider, 'since', min(s.since),
        'next_try_at', nullif(max(s.paused_until), '-infinity')) as entry
      from private.stuck_lanes s where s.group_id = r.id and s.paused_until > now()
      group by s.provider
    ) w
  ))
  from public.reports r where r.id = p_report
$function$;

GRANT EXECUTE ON FUNCTION "private"."read_progress"(uuid) TO "service_role";

COMMENT ON FUNCTION "private"."read_progress"(uuid) IS 'Returns the progress of a report: {report_id, status, models: [{model_id, name, queued, running, complete, failed, skipped}], waiting_for: [{provider, since, next_try_at}]}. waiting_for lists the providers that are down or refuse our account.';

REVOKE ALL ON FUNCTION "private"."read_progress"(uuid) FROM PUBLIC;

-- private/functions/read_shared_report.sql
CREATE OR REPLACE FUNCTION private.read_shared_report (
  p_report     uuid,
  p_with_order boolean,
  p_with_runs  boolean,
  p_revision   integer DEFAULT NULL::integer
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
  select json_build_object(
    'report', json_build_object(
      'id', r.id, 'status', r.status,
      'recommended_model', case when v.is_earlier then v.recommended_model else r.recommended_model end,
      'rationale', case when v.is_earlier then v.rationale else r.rationale end,
      'summary', case when v.is_earlier then v.summary else r.summary end,
      'model_count', r.model_count, 'partial', r.partial, 'partial_reason', r.partial_reason,
      'error', r.error, 'total_api_cost', r.total_api_cost, 'created_at', r.created_at, 'started_at', r.started_at,
      'completed_at', r.completed_at
    ),
    'revision', coalesce(p_revision, r.revision),
    'scorer_version', coalesce(v.scorer_version, r.scorer_version),
    'revisions', coalesce((
      select json_agg(json_build_object('revision', x.revision, 'status', x.status, 'scorer_version', x.scorer_version,
        'created_at', x.created_at, 'completed_at', x.completed_at, 'error', x.error) order by x.revision)
      from public.report_revisions x
      -- Only the owner sees revisions that are being scored or failed.
      where x.report_id = r.id and (p_with_order or x.status = 'complete')
    ), case when r.summary is null then '[]' else json_build_array(json_build_object('revision', r.revision,
      'status', 'complete', 'scorer_version', r.scorer_version, 'created_at', coalesce(r.completed_at, r.created_at),
      'completed_at', r.completed_at, 'error', null)) end),
    'runs', case when p_with_runs and not coalesce(v.is_earlier, false) then (
      select coalesce(json_agg(x), '[]') from (
        select b.model_id, split_part(b.model_id, '#', 1) as base_model_id,
          nullif(split_part(b.model_id, '#', 2), '') as effort,
          b.image_index, b.repeat_index, b.status, b.is_valid_json, b.exact_match, b.field_accuracy,
          b.field_errors, b.output_json, b.response_time_ms, b.input_tokens, b.output_tokens, b.cached_tokens,
          b.reasoning_tokens, b.served_model, b.served_provider, b.served_other, b.provider_request_id, b.schema_regime,
          b.request_change, b.actual_cost, b.error_message, b.error_kind, b.score, b.skip_reason
        from public.benchmark_runs b where b.report_id = r.id
        order by b.model_id, b.image_index, b.repeat_index
      ) x
    ) when p_with_runs then private.read_earlier_runs(r.id, p_revision) end,
    'run_count', (select count(*) from public.benchmark_runs b where b.report_id = r.id),
    'models', (
      select json_agg(json_build_object('id', m ->> 'id', 'model_id', split_part(m ->> 'id', '#', 1),
        'effort', nullif(split_part(m ->> 'id', '#', 2), ''), 'name', m ->> 'name', 'provider', m ->> 'provider',
        'tier', m ->> 'tier') order by ordinal)
      from jsonb_array_elements(o.config_snapshot -> 'models') with ordinality as x (m, ordinal)
    ),
    'priorities', o.config_snapshot -> 'priorities',
    'image_count', jsonb_array_length(o.config_snapshot -> 'images'),
    'order', case when p_with_order or r.shares_order then json_build_object(
      'prompt', o.config_snapshot -> 'prompt',
      'json_schema', coalesce(v.json_schema, o.config_snapshot -> 'json_schema'),
      'expected', jsonb_path_query_array(o.config_snapshot, '$.images[*].expected')
    ) end
  )
  from public.reports r join public.report_orders o on o.report_id = r.id
  left join lateral (
    select x.*, x.revision <> r.revision as is_earlier from public.report_revisions x
    where x.report_id = r.id and x.revision = coalesce(p_revision, r.revision) and x.status = 'complete'
  ) v on true
  where r.id = p_report and (p_revision is null or p_revision = r.revision or v.is_earlier)
$function$;

GRANT EXECUTE ON FUNCTION "private"."read_shared_report"(uuid, boolean, boolean, integer) TO "service_role";

COMMENT ON FUNCTION "private"."read_shared_report"(uuid, boolean, boolean, integer) IS 'Returns everything that a viewer of a report sees: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, order}. runs is null if not asked for, order is null unless asked for or shared by the owner. p_revision defaults to the newest complete revision; the result is null for an unknown one. Definer, because visitors reach report_orders only through it. The caller must have checked the token or the owner.';

REVOKE ALL ON FUNCTION "private"."read_shared_report"(uuid, boolean, boolean, integer) FROM PUBLIC;

-- private/functions/reap_leases.sql
CREATE OR REPLACE FUNCTION private.reap_leases()
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  AS $function$
declare
  v_jobs bigint[];
  v_groups uuid[];
  v_returned jsonb;
begin
  if not exists (
    select from private.job_queue q where q.lease_owner is not null and q.lease_expires_at < now()
  ) then
    return 0;
  end if;
  with expired as materialized (
    select q.id, q.group_id, q.kind, q.payload, q.attempts, q.reservation_usd,
      q.crashes + 1 >= s.max_crashes as dies
    from private.job_queue q cross join private.queue_settings s
    where q.lease_owner is not null and q.lease_expires_at < now()
    for update of q skip locked
  ),
  returned as (
    update private.job_queue q
    set lease_owner = null, lease_expires_at = null, is_standby = false, crashes = q.crashes + 1,
      last_error = format('lost with its worker %s times', q.crashes + 1),
      dead_at = case when e.dies then now() end
    from expired e where q.id = e.id
  ),
  requeued as (
    update public.benchmark_runs r set status = 'queued'
    from expired e
    where e.kind = 'benchmark_run' and not e.dies and r.id = (e.payload ->> 'run_id')::uuid
  ),
  ledger as (
    insert into private.cost_ledger (group_id, job_id, attempt, reserved_usd, state)
    select e.group_id, e.id, e.attempts, e.reservation_usd, 'written_off'
    from expired e where e.group_id is not null and e.reservation_usd > 0
  ),
  balanced as (
    update private.job_groups g
    set reserved_usd = g.reserved_usd - s.usd, written_off_usd = g.written_off_usd + s.usd,
      waiting = g.waiting + s.back, open_jobs = g.open_jobs - s.dead
    from (
      select e.group_id, sum(e.reservation_usd) as usd,
        (count(*) filter (where not e.dies))::integer as back, (count(*) filter (where e.dies))::integer as dead
      from expired e where e.group_id is not null group by e.group_id
    ) s
    where g.id = s.group_id
  )
  select array_agg(e.id), array_agg(distinct e.group_id) filter (where e.group_id is not null),
    jsonb_agg(jsonb_build_object('kind', e.kind, 'group_id', e.group_id, 'payload', e.payload))
      filter (where not e.dies and e.kind <> 'benchmark_run')
  into v_jobs, v_groups, v_returned from expired e;
  perform private.follow_jobs('returned', v_returned);
  perform private.record_dead_jobs(v_jobs);
  perform private.enforce_ceilings(v_groups);
  perform private.end_groups(v_groups);
  return coalesce(cardinality(v_jobs), 0);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."reap_leases"() TO "service_role";

COMMENT ON FUNCTION "private"."reap_leases"() IS 'Makes jobs claimable whose worker stopped renewing; what their calls may have cost is written off against the budget; the third loss of a worker is the job''s last. Until it runs, with the sweep or a claim that came up short, a lease that has expired still holds. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."reap_leases"() FROM PUBLIC;

-- private/functions/recall_standbys.sql
CREATE OR REPLACE FUNCTION private.recall_standbys (
  p_worker uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return (
    with busy as materialized (
      select q.group_id, count(*) filter (where not q.is_standby) as calls,
        jsonb_agg(q.id) filter (where q.is_standby and q.lease_owner = p_worker) as standbys
      from private.job_queue q where q.lease_owner is not null and q.group_id is not null group by q.group_id
    )
    select coalesce(jsonb_agg(s.id), '[]')
    from busy b join private.job_groups g on g.id = b.group_id
    cross join jsonb_array_elements(b.standbys) as s (id)
    where g.waiting = 0 or exists (
      select from private.job_groups o
      where o.waiting > 0 and o.id <> g.id
        and (o.priority, coalesce((select x.calls from busy x where x.group_id = o.id), 0)) < (g.priority, b.calls)
        and private.is_callable(o.id)
    )
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."recall_standbys"(uuid) TO "service_role";

COMMENT ON FUNCTION "private"."recall_standbys"(uuid) IS 'Ids of jobs that this worker keeps on standby and that are of no more use there: nothing waits behind them, or another group waits that a claim would give the place to. advance_benchmark_runs says the same in a statement of its own. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."recall_standbys"(uuid) FROM PUBLIC;

-- private/functions/record_dead_jobs.sql
CREATE OR REPLACE FUNCTION private.record_dead_jobs (
  p_jobs bigint[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  update public.benchmark_runs r
  set status = 'failed', error_message = q.last_error, completed_at = now()
  from private.job_queue q
  where q.id = any (p_jobs) and q.dead_at is not null and q.kind = 'benchmark_run'
    and r.id = (q.payload ->> 'run_id')::uuid;
  update public.reports p
  set status = 'failed', error = 'the report could not be put together: ' || q.last_error, completed_at = now()
  from private.job_queue q
  where q.id = any (p_jobs) and q.dead_at is not null and q.kind = 'report_finalization'
    and p.id = (q.payload ->> 'report_id')::uuid and p.status = 'running';
  perform private.follow_jobs('dead', (
    select jsonb_agg(jsonb_build_object('kind', q.kind, 'group_id', q.group_id, 'payload', q.payload, 'reason', q.last_error))
    from private.job_queue q
    where q.id = any (p_jobs) and q.dead_at is not null and q.kind not in ('benchmark_run', 'report_finalization')
  ));
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."record_dead_jobs"(bigint[]) TO "service_role";

COMMENT ON FUNCTION "private"."record_dead_jobs"(bigint[]) IS 'What follows from jobs that were given up: their runs fail, or their report does, and jobs of other kinds are followed up as their kind says. A dead e-mail changes nothing. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."record_dead_jobs"(bigint[]) FROM PUBLIC;

-- private/functions/record_model_price.sql
CREATE OR REPLACE FUNCTION private.record_model_price()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_last timestamptz := (select max(valid_from) from public.model_prices where model = new.id);
begin
  perform private.set_model_price(
    new.id, trim_scale(new.input_price * 1000000), trim_scale(new.cached_input_price * 1000000),
    trim_scale(new.output_price * 1000000), new.source,
    -- A first price is all that is known of the time before it. A transaction that began before the
    -- last price did, or set it, has to come after it all the same.
    case when v_last is null then '-infinity' when v_last < now() then now() else clock_timestamp() end,
    new.long_context_above, trim_scale(new.long_context_input_price * 1000000),
    trim_scale(new.long_context_cached_input_price * 1000000), trim_scale(new.long_context_output_price * 1000000)
  );
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."record_model_price"() IS 'Writes a price that models was given into the history of prices.';

REVOKE ALL ON FUNCTION "private"."record_model_price"() FROM PUBLIC;

-- private/functions/record_written_issue.sql
CREATE OR REPLACE FUNCTION private.record_written_issue()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  insert into public.issue_status_changes (issue_id, owner_id, new_status, trend, effective_at, changed_by)
  values (new.id, new.owner_id, new.status, new.trend, coalesce(new.first_detected_at, new.created_at), 'owner');
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."record_written_issue"() TO "service_role";

COMMENT ON FUNCTION "private"."record_written_issue"() IS 'Begins the history of an issue that a person created. Definer, because no role may write the history.';

REVOKE ALL ON FUNCTION "private"."record_written_issue"() FROM PUBLIC;

-- private/functions/refresh_orderable.sql
CREATE OR REPLACE FUNCTION private.refresh_orderable()
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update public.models m set orderable = not orderable
  where orderable is distinct from (private.find_hindrance(m) is null)
$function$;

GRANT EXECUTE ON FUNCTION "private"."refresh_orderable"() TO "service_role";

COMMENT ON FUNCTION "private"."refresh_orderable"() IS 'Corrects models.orderable where the time or a provider''s key changed it, which no trigger on models sees.';

REVOKE ALL ON FUNCTION "private"."refresh_orderable"() FROM PUBLIC;

-- private/functions/release_images.sql
CREATE OR REPLACE FUNCTION private.release_images (
  p_report  uuid,
  p_stopped text[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_race private.races;
  v_next integer;
  v_models text[];
begin
  select * into v_race from private.races c where c.report_id = p_report and c.held_runs > 0 for update;
  -- It was refunded, or failed, and holds nothing any more.
  if not found then
    return;
  end if;
  perform private.skip_held_runs(p_report, p_stopped, 'race');
  v_models := array(
    select distinct r.model_id from public.benchmark_runs r
    where r.report_id = p_report and r.image_index <> all (v_race.image_order[:v_race.released_images])
      and r.status = 'queued'
  );
  if cardinality(v_models) < 2 then
    -- Nobody is left to race against.
    perform private.skip_held_runs(p_report, null, 'race_won');
  else
    v_next := coalesce((select min(l) from unnest(v_race.looks) l where l > v_race.released_images),
      cardinality(v_race.image_order));
    perform private.enqueue_jobs('benchmark_run', p_report, 'model_id',
      (
        select jsonb_object_agg(m ->> 'id', jsonb_build_object('provider', m -> 'base_url_key',
          'reservation_usd', m -> 'reserved_cost'))
        from public.report_orders o cross join jsonb_array_elements(o.config_snapshot -> 'models') m
        where o.report_id = p_report and m ->> 'id' = any (v_models)
      ),
      (
        select jsonb_agg(jsonb_build_object('report_id', p_report, 'run_id', r.id, 'model_id', r.model_id,
          'image_index', r.image_index, 'repeat_index', r.repeat_index
        ) order by r.repeat_index, r.image_index, r.model_id)
        from public.benchmark_runs r
        where r.report_id = p_report and r.status = 'queued'
          and r.image_index = any (v_race.image_order[v_race.released_images + 1:v_next])
      )
    );
    update private.races c
    set released_images = v_next, held_runs = (
      select count(*) from public.benchmark_runs r
      where r.report_id = p_report and r.image_index <> all (v_race.image_order[:v_next]) and r.status = 'queued'
    )
    where c.report_id = p_report;
  end if;
  -- The budget may have been used up meanwhile, and then nothing of this batch is started.
  perform private.enforce_ceilings(array[p_report]);
  perform private.end_groups(array[p_report]);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."release_images"(uuid, text[]) TO "service_role";

COMMENT ON FUNCTION "private"."release_images"(uuid, text[]) IS 'After a look: the stopped models run no more, and the others'' next batch of images gets its jobs, until the next look or the end. With a single model left the race is over. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."release_images"(uuid, text[]) FROM PUBLIC;

-- private/functions/reopen_prompt_run.sql
CREATE OR REPLACE FUNCTION private.reopen_prompt_run (
  p_run        uuid,
  p_cells      bigint[],
  p_grades     bigint[],
  p_is_resumed boolean
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if p_cells = '{}' and p_grades = '{}' and not (p_is_resumed and exists (
    select from public.runs r where r.id = p_run and r.completed_at is null
  )) then
    return (select jsonb_build_object('run_id', r.id, 'status', r.status, 'cells', 0, 'grades', 0)
      from public.runs r where r.id = p_run);
  end if;
  -- New jobs replace those that were given up.
  delete from private.job_queue q
  where q.group_id = p_run and q.dead_at is not null and (q.payload ->> 'cell_id')::bigint = any (p_cells || p_grades);
  update public.run_cells c
  set status = case when c.id = any (p_cells) then 'queued' else c.status::text end,
    error_text = case when c.id = any (p_cells) then null else c.error_text end,
    completed_at = case when c.id = any (p_cells) then null else c.completed_at end,
    grader_error = null,
    -- The human's grade was for the answer that is replaced.
    human_score = case when c.id = any (p_cells) then null else c.human_score::double precision end,
    human_reason = case when c.id = any (p_cells) then null else c.human_reason end
  where c.id = any (p_cells || p_grades);
  update private.job_groups g set stopped_for = null where g.id = p_run;
  update public.runs r
  set status = case when r.started_at is null then 'queued' else 'running' end, completed_at = null, error = null
  where r.id = p_run;
  perform private.enqueue_cells(p_run, p_cells);
  perform private.enqueue_grades(p_grades);
  perform private.enforce_ceilings(array[p_run]);
  perform private.end_groups(array[p_run]);
  perform private.invoke_function('prompt-worker', jsonb_build_object('report_id', p_run));
  return (select jsonb_build_object('run_id', r.id, 'status', r.status, 'cells', cardinality(p_cells),
    'grades', cardinality(p_grades)) from public.runs r where r.id = p_run);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."reopen_prompt_run"(uuid, bigint[], bigint[], boolean) TO "service_role";

COMMENT ON FUNCTION "private"."reopen_prompt_run"(uuid, bigint[], bigint[], boolean) IS 'Queues these cells for another call and those for another grading, and continues the run. Without any, it only continues a run that is resumed before its last call has ended. Returns {run_id, status, cells, grades}. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."reopen_prompt_run"(uuid, bigint[], bigint[], boolean) FROM PUBLIC;

-- private/functions/request_models_sync.sql
CREATE OR REPLACE FUNCTION private.request_models_sync()
  RETURNS bigint
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select private.invoke_function('models-sync')
  where exists (
    select from private.providers
    where tried_at is null or tried_at < now() - case when error is null then interval '1 day' else interval '1 hour' end
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."request_models_sync"() TO "service_role";

COMMENT ON FUNCTION "private"."request_models_sync"() IS 'Has models-sync read the providers'' lists when a list is a day old, or an hour after a provider did not answer.';

REVOKE ALL ON FUNCTION "private"."request_models_sync"() FROM PUBLIC;

-- private/functions/rescore_own_report.sql
CREATE OR REPLACE FUNCTION private.rescore_own_report (
  p_report      uuid,
  p_json_schema jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  if not exists (select from public.reports r where r.id = p_report and r.owner_id = auth.uid()) then
    raise exception 'there is no such finished report' using errcode = 'PT404';
  end if;
  return private.open_revision(p_report, p_json_schema);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."rescore_own_report"(uuid, jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "private"."rescore_own_report"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."rescore_own_report"(uuid, jsonb) IS 'Implements rescore_report for the owner. Definer, because owners may write neither revisions nor jobs.';

REVOKE ALL ON FUNCTION "private"."rescore_own_report"(uuid, jsonb) FROM PUBLIC;

-- private/functions/resume_provider.sql
CREATE OR REPLACE FUNCTION private.resume_provider (
  p_provider text
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform private.lock_queue();
  update private.provider_circuits c set pauses = 0, paused_until = '-infinity', since = now()
  where c.provider = p_provider and c.is_open;
  return (
    select count(*) from private.waiting_jobs q
    where exists (
      select from private.stuck_lanes s
      where s.provider = p_provider and s.group_id = q.group_id and s.lane = q.lane
    )
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."resume_provider"(text) TO "service_role";

COMMENT ON FUNCTION "private"."resume_provider"(text) IS 'Ends a provider''s pause, for an operator who has topped an account up or replaced a key: one call is made next, and the rest follow when it is answered. The next sweep starts the workers. Returns how many jobs wait for the provider.';

REVOKE ALL ON FUNCTION "private"."resume_provider"(text) FROM PUBLIC;

-- private/functions/run_scores.sql
CREATE OR REPLACE FUNCTION private.run_scores (
  p_run public.benchmark_runs
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object('output_json', coalesce(p_run.output_json, 'null'), 'is_valid_json', p_run.is_valid_json,
    'exact_match', p_run.exact_match, 'field_accuracy', p_run.field_accuracy, 'field_errors', p_run.field_errors,
    'score', p_run.score, 'error_kind', p_run.error_kind, 'error_message', p_run.error_message)
$function$;

GRANT EXECUTE ON FUNCTION "private"."run_scores"(public.benchmark_runs) TO "service_role";

COMMENT ON FUNCTION "private"."run_scores"(public.benchmark_runs) IS 'Returns the columns of a run that scoring writes, in the format of benchmark_run_scores.';

REVOKE ALL ON FUNCTION "private"."run_scores"(public.benchmark_runs) FROM PUBLIC;

-- private/functions/runs_before.sql
CREATE OR REPLACE FUNCTION private.runs_before (
  p_run bigint
)
  RETURNS bigint[]
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select array(
    select r.id
    from public.test_runs x
    join public.test_runs r on r.owner_id = x.owner_id and r.suite = x.suite and r.branch_name = x.branch_name
    where x.id = p_run and r.status = 'complete' and (r.run_timestamp, r.id) < (x.run_timestamp, x.id)
    order by r.run_timestamp desc, r.id desc
    limit 20
  )
$function$;

GRANT EXECUTE ON FUNCTION "private"."runs_before"(bigint) TO "service_role";

COMMENT ON FUNCTION "private"."runs_before"(bigint) IS 'Returns the last 20 complete runs of the suite on the branch before this one, the latest first. A test that none of them has is new.';

REVOKE ALL ON FUNCTION "private"."runs_before"(bigint) FROM PUBLIC;

-- private/functions/scorer_version.sql
CREATE OR REPLACE FUNCTION private.scorer_version()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select 1
$function$;

GRANT EXECUTE ON FUNCTION "private"."scorer_version"() TO "service_role";

COMMENT ON FUNCTION "private"."scorer_version"() IS 'Version of the code that reads and scores answers. It equals SCORER_VERSION of the functions: raise both together, and deploy the functions first.';

REVOKE ALL ON FUNCTION "private"."scorer_version"() FROM PUBLIC;

-- private/functions/set_model_price.sql
CREATE OR REPLACE FUNCTION private.set_model_price (
  p_model                     text,
  p_input                     numeric,
  p_cached_input              numeric,
  p_output                    numeric,
  p_source                    text,
  p_from                      timestamp with time zone DEFAULT now(),
  p_long_context_above        integer                  DEFAULT NULL::integer,
  p_long_context_input        numeric                  DEFAULT NULL::numeric,
  p_long_context_cached_input numeric                  DEFAULT NULL::numeric,
  p_long_context_output       numeric                  DEFAULT NULL::numeric
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_until timestamptz;
  v_id bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('model_prices:' || p_model, 0));
  -- The first price that begins later ends this one; the one before it ends here.
  select min(valid_from) into v_until from public.model_prices where model = p_model and valid_from > p_from;
  update public.model_prices set valid_to = p_from
  where model = p_model and valid_from < p_from and (valid_to is null or valid_to > p_from);
  insert into public.model_prices
    (model, valid_from, valid_to, input_per_million, cached_input_per_million, output_per_million, source,
     long_context_above, long_context_input_per_million, long_context_cached_input_per_million,
     long_context_output_per_million)
  values (p_model, p_from, v_until, p_input, p_cached_input, p_output, p_source, p_long_context_above,
    p_long_context_input, p_long_context_cached_input, p_long_context_output)
  returning id into v_id;
  return v_id;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."set_model_price"(text, numeric, numeric, numeric, text, timestamp WITH time zone, integer, numeric, numeric, numeric) TO "service_role";

COMMENT ON FUNCTION "private"."set_model_price"(text, numeric, numeric, numeric, text, timestamp with time zone, integer, numeric, numeric, numeric) IS 'Gives a model a price (USD per million tokens) from a moment on, which may be past or to come, until the next price in the history. A price of long inputs takes all four p_long_context arguments. Returns the row''s id. Raises 23P01 where a price begins at that very moment. The price of a model that stands in models is changed there.';

REVOKE ALL ON FUNCTION "private"."set_model_price"(text, numeric, numeric, numeric, text, timestamp WITH time zone, integer, numeric, numeric, numeric) FROM PUBLIC;

-- private/functions/settle_issues.sql
CREATE OR REPLACE FUNCTION private.settle_issues (
  p_issues bigint[],
  p_run    bigint
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_folded jsonb;
begin
  -- Locks the issues, so that an owner sets a status before or after this, not in between.
  perform from public.issues i where i.id = any (p_issues) order by i.id for update;
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') into v_folded
  from private.fold_issues(p_issues, p_run, 'infinity', '') f;

  if p_run is null then
    -- The first occurrence may have changed, and title and priority with it.
    with described as (
      select f.issue_id, f.state ->> 'severity' as priority, d.title, d.description
      from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
      join private.issue_states s on s.issue_id = f.issue_id
        and s.head -> 'first_run' is distinct from f.state -> 'first_run'
      join public.issues i on i.id = f.issue_id
      left join lateral (
        select private.title_failure(x.tool_name, x.error_class, x.error_message) as title,
          left(x.error_message, 2000) as description
        from public.issue_occurrences o join public.test_results x on x.id = o.test_result_id
        where o.issue_id = f.issue_id and o.run_id = (f.state ->> 'first_run')::bigint
          and i.detection_key !~ '^(known|run):'
        order by x.ordinal limit 1
      ) d on true
    ),
    renamed as (
      update public.issues i
      set title = case when i.title = s.auto_title then coalesce(d.title, i.title) else i.title end,
        description = case when i.description is not distinct from s.auto_description and d.title is not null
          then d.description else i.description end,
        priority = case when i.priority = s.auto_priority then coalesce(d.priority, i.priority) else i.priority end
      from described d join private.issue_states s on s.issue_id = d.issue_id
      where i.id = d.issue_id
    )
    update private.issue_states s
    set auto_title = coalesce(d.title, s.auto_title),
      auto_description = case when d.title is null then s.auto_description else d.description end,
      auto_priority = coalesce(d.priority, s.auto_priority)
    from described d
    where s.issue_id = d.issue_id;

    delete from public.issue_status_changes c
    using jsonb_to_recordset(v_folded) as f (issue_id bigint, changes jsonb)
    where c.issue_id = f.issue_id and c.changed_by = 'detector' and not c.is_settled
      and not f.changes @> jsonb_build_array(jsonb_build_object(
        'old_status', c.old_status, 'new_status', c.new_status, 'trend', c.trend, 'run_id', c.run_id));
  end if;

  insert into public.issue_status_changes (
    issue_id, owner_id, old_status, new_status, trend, run_id, effective_at, changed_by
  )
  select f.issue_id, i.owner_id, n.old_status, n.new_status, n.trend, n.run_id, n.effective_at, 'detector'
  from jsonb_to_recordset(v_folded) as f (issue_id bigint, changes jsonb)
  join public.issues i on i.id = f.issue_id
  cross join lateral jsonb_to_recordset(f.changes) as n (
    old_status text, new_status text, trend text, run_id bigint, effective_at timestamptz
  )
  where not exists (
    select from public.issue_status_changes c
    where c.issue_id = f.issue_id and c.changed_by = 'detector' and not c.is_settled and c.run_id = n.run_id
      and c.new_status = n.new_status
  );

  -- Written before issues, whose trigger takes a status that differs from the head's as set by the owner.
  update private.issue_states s set head = f.state
  from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
  where s.issue_id = f.issue_id and s.head <> f.state;

  update public.issues i
  set status = n.status, trend = n.trend, first_detected_at = n.first_at, last_detected_at = n.last_at,
    first_detected_run_id = n.first_run, last_detected_run_id = n.last_run, resolved_at = n.resolved_at,
    resolved_run_id = n.resolved_run, occurrence_count = n.occurrences, run_count = n.runs, affected_tools = n.tools
  from (
    select f.issue_id, x.*, o.occurrences, o.runs, t.tools,
      (select r.id from public.test_runs r where r.id = x.first_run_id) as first_run,
      (select r.id from public.test_runs r where r.id = x.last_run_id) as last_run,
      (select r.id from public.test_runs r where r.id = x.resolved_run_id) as resolved_run
    from jsonb_to_recordset(v_folded) as f (issue_id bigint, state jsonb)
    join public.issues i on i.id = f.issue_id
    cross join lateral (
      select coalesce(f.state ->> 'status', i.status) as status, coalesce(f.state ->> 'trend', i.trend) as trend,
        (f.state ->> 'first_at')::timestamptz as first_at, (f.state ->> 'last_at')::timestamptz as last_at,
        (f.state ->> 'first_run')::bigint as first_run_id, (f.state ->> 'last_run')::bigint as last_run_id,
        (f.state ->> 'resolved_run')::bigint as resolved_run_id, (f.state ->> 'resolved_at')::timestamptz as resolved_at
    ) x
    cross join lateral (
      select count(*) + i.pruned_occurrences as occurrences, count(distinct o.run_id) + i.pruned_runs as runs
      from public.issue_occurrences o where o.issue_id = f.issue_id
    ) o
    cross join lateral (
      select coalesce(array_agg(distinct t.tool_name order by t.tool_name) filter (where t.tool_name <> ''), '{}') as tools
      from private.issue_tests t where t.issue_id = f.issue_id
    ) t
  ) n
  where i.id = n.issue_id
    and (i.status, i.trend, i.first_detected_at, i.last_detected_at, i.first_detected_run_id, i.last_detected_run_id,
      i.resolved_at, i.resolved_run_id, i.occurrence_count, i.run_count, i.affected_tools)
    is distinct from (n.status, n.trend, n.first_at, n.last_at, n.first_run, n.last_run, n.resolved_at, n.resolved_run,
      n.occurrences, n.runs, n.tools);
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."settle_issues"(bigint[], bigint) TO "service_role";

COMMENT ON FUNCTION "private"."settle_issues"(bigint[], bigint) IS 'Updates issues to the state that follows from their events: by one step for a run after all others, or by a replay (null). The caller holds the suite''s lock.';

REVOKE ALL ON FUNCTION "private"."settle_issues"(bigint[], bigint) FROM PUBLIC;

-- private/functions/settle_jobs.sql
CREATE OR REPLACE FUNCTION private.settle_jobs (
  p_worker  uuid,
  p_results jsonb
)
  RETURNS TABLE (
    job_id       bigint,
    kind         text,
    group_id     uuid,
    payload      jsonb,
    ending       text,
    result       jsonb,
    is_group_due boolean
  )
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  if p_results @? '$[*] ? (exists (@.failure) || @.outcome == "fatal")' or exists (select from private.provider_circuits) then
    p_results := private.note_calls(p_worker, p_results);
  end if;
  return query
    with held as materialized (
      select q.spot, q.id, q.kind, q.group_id, q.payload, q.attempts, q.reservation_usd, r.value as result,
        case when o.outcome = 'retry' and q.attempts - q.releases >= private.max_attempts(q.kind) and not r.value ? 'is_excused'
          then 'exhausted' else o.outcome end as ending,
        case
          when o.outcome = 'release' then 'returned'
          when o.actual_cost is not null then 'settled'
          when r.value ->> 'charge' = 'none' then 'returned'
          else 'written_off'
        end as state,
        case when o.outcome <> 'release' then o.actual_cost end as actual_usd
      from jsonb_array_elements(p_results) as r (value)
      cross join lateral (
        select r.value ->> 'outcome' as outcome, (r.value ->> 'actual_cost')::numeric as actual_cost
      ) o
      cross join lateral (
        select x.ctid as spot, x.* from private.job_queue x where x.id = (r.value ->> 'job_id')::bigint offset 0
      ) q
      where q.lease_owner = p_worker and q.attempts = (r.value ->> 'attempt')::integer
        and o.outcome in ('complete', 'failed', 'retry', 'release')
    ),
    -- Leased rows change under the queue's lock alone, so that they still lie where they were found.
    ended as (
      delete from private.job_queue q
      where q.ctid = any (array(select h.spot from held h where h.ending in ('complete', 'failed')))
    ),
    ledger as (
      insert into private.cost_ledger (job_id, attempt, group_id, reserved_usd, state, actual_usd)
      select h.id, h.attempts, h.group_id, h.reservation_usd, h.state, h.actual_usd
      from held h
      where h.group_id is not null and (h.reservation_usd > 0 or h.actual_usd > 0)
    ),
    balanced as (
      update private.job_groups g
      set reserved_usd = g.reserved_usd - s.reserved, spent_usd = g.spent_usd + s.spent,
        written_off_usd = g.written_off_usd + s.written_off,
        waiting = g.waiting + s.back, open_jobs = g.open_jobs - s.ended
      from (
        select h.group_id, sum(h.reservation_usd) as reserved, coalesce(sum(h.actual_usd), 0) as spent,
          sum(case when h.state = 'written_off' then h.reservation_usd else 0 end) as written_off,
          (count(*) filter (where h.ending in ('retry', 'release')))::integer as back,
          (count(*) filter (where h.ending not in ('retry', 'release')))::integer as ended
        from held h where h.group_id is not null group by h.group_id
      ) s
      where g.id = any (array(select h.group_id from held h)) and g.id = s.group_id
      returning g.open_jobs = 0 or g.waiting > 0 and (
        g.stopped_for is not null or g.spent_usd + g.written_off_usd >= g.soft_ceiling_usd
        or g.spent_usd + g.written_off_usd + g.dearest_job_usd > g.hard_ceiling_usd
      ) as is_due
    )
    select h.id, h.kind, h.group_id, h.payload, h.ending, h.result, (select bool_or(b.is_due) from balanced b)
    from held h;
  -- Apart, for it is rare: a statement that may change the queue twice takes a tenth longer to set up.
  if p_results @? '$[*] ? (@.outcome == "retry" || @.outcome == "release")' then
    update private.job_queue q
    set lease_owner = null, lease_expires_at = null, is_standby = false,
      run_at = case r.outcome when 'retry' then now() + coalesce(r.run_at_ms, 0) * interval '1 millisecond' else q.run_at end,
      releases = q.releases + (r.outcome = 'release' or r.is_excused is not null)::integer,
      last_error = coalesce(r.error_message, q.last_error),
      dead_at = case when r.outcome = 'retry' and q.attempts - q.releases >= private.max_attempts(q.kind)
        and r.is_excused is null then now() end
    from jsonb_to_recordset(p_results)
      as r (job_id bigint, attempt integer, outcome text, run_at_ms bigint, error_message text, is_excused boolean)
    where q.id = any (array(select (x.value ->> 'job_id')::bigint from jsonb_array_elements(p_results) as x (value)))
      and q.id = r.job_id and q.lease_owner = p_worker and q.attempts = r.attempt
      and r.outcome in ('retry', 'release');
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."settle_jobs"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."settle_jobs"(uuid, jsonb) IS 'Ends leases: p_results is [{job_id, attempt, outcome: complete|failed|fatal|retry|release, charge: none|unknown, actual_cost USD, run_at_ms delay, error_message, failure: why no answer came (network|server|timeout|…), retry_at_ms: when a fatal one may pass, in ms since 1970}]. fatal: the provider refuses our account, the job waits. A try that was lost to an outage does not count, see note_calls; ending and result say what became of each. A row counts only where owner and attempt still hold the lease; those rows are returned, and with each whether any of their groups is due for enforce_ceilings() and end_groups(). Queue, ledger and budget move in this one statement. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."settle_jobs"(uuid, jsonb) FROM PUBLIC;

-- private/functions/skip_held_runs.sql
CREATE OR REPLACE FUNCTION private.skip_held_runs (
  p_report uuid,
  p_models text[],
  p_reason text
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_count integer;
begin
  update public.benchmark_runs r
  set status = 'skipped', skip_reason = p_reason, completed_at = now()
  from private.races c
  where c.report_id = p_report and r.report_id = p_report and r.image_index <> all (c.image_order[:c.released_images])
    and r.status = 'queued' and r.model_id = any (coalesce(p_models, array[r.model_id]));
  get diagnostics v_count = row_count;
  update private.races set held_runs = held_runs - v_count where report_id = p_report and v_count > 0;
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."skip_held_runs"(uuid, text[], text) TO "service_role";

COMMENT ON FUNCTION "private"."skip_held_runs"(uuid, text[], text) IS 'Skips for good what these models (null: all) would run on images that are not released yet. It has no jobs and reserved nothing, so nothing is settled. The caller holds lock_queue().';

REVOKE ALL ON FUNCTION "private"."skip_held_runs"(uuid, text[], text) FROM PUBLIC;

-- private/functions/start_race.sql
CREATE OR REPLACE FUNCTION private.start_race (
  p_report uuid,
  p_config jsonb
)
  RETURNS integer[]
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_order integer[] := private.draw_image_order(p_report, jsonb_array_length(p_config -> 'images'));
  v_looks integer[] := array(
    select l.look::integer from jsonb_array_elements_text(coalesce(p_config -> 'looks', '[]')) as l (look) order by 1
  );
begin
  if cardinality(v_looks) = 0 then
    return v_order;
  end if;
  insert into private.races (report_id, looks, image_order, released_images, held_runs)
  values (p_report, v_looks, v_order, v_looks[1],
    (cardinality(v_order) - v_looks[1]) * jsonb_array_length(p_config -> 'models')
      * (p_config ->> 'runs_per_model')::integer);
  return v_order[:v_looks[1]];
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."start_race"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."start_race"(uuid, jsonb) IS 'Which images of a report are worked on from the start: all of them, or of a race the first of its order, up to its first look.';

REVOKE ALL ON FUNCTION "private"."start_race"(uuid, jsonb) FROM PUBLIC;

-- private/functions/start_standbys.sql
CREATE OR REPLACE FUNCTION private.start_standbys (
  p_worker  uuid,
  p_results jsonb
)
  RETURNS TABLE (
    kind    text,
    payload jsonb
  )
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return query
    update private.job_queue q set is_standby = false
    from jsonb_array_elements(p_results) as r (value)
    where q.id = (r.value #>> '{next_job,job_id}')::bigint and q.lease_owner = p_worker and q.is_standby
      and q.attempts = (r.value #>> '{next_job,attempt}')::integer
    returning q.kind, q.payload;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."start_standbys"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."start_standbys"(uuid, jsonb) IS 'Counts from now on the standby jobs that p_results name as next_job {job_id, attempt}: they run since the job whose result it is has ended. Returns what they stand for. The caller holds lock_queue() and settles p_results in the same transaction.';

REVOKE ALL ON FUNCTION "private"."start_standbys"(uuid, jsonb) FROM PUBLIC;

-- private/functions/step_issue.sql
CREATE OR REPLACE FUNCTION private.step_issue (
  p_state      jsonb,
  p_kind       text,
  p_at         timestamp with time zone,
  p_tie        text,
  p_run        bigint,
  p_branch     text,
  p_word       text,
  p_clean_runs integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
declare
  v_status constant text := p_state ->> 'status';
  v_open jsonb := coalesce(p_state -> 'open', '{}');
  v_state jsonb := p_state;
begin
  if p_kind in ('hit', 'old hit') then
    if p_state ->> 'first_at' is null
      or (p_at, p_tie collate "C") < ((p_state ->> 'first_at')::timestamptz, p_state ->> 'first_tie' collate "C")
    then
      v_state := v_state || jsonb_build_object(
        'first_at', p_at, 'first_tie', p_tie, 'first_run', p_run, 'severity', p_word);
    end if;
    if p_state ->> 'last_at' is null
      or (p_at, p_tie collate "C") > ((p_state ->> 'last_at')::timestamptz, p_state ->> 'last_tie' collate "C")
    then
      v_state := v_state || jsonb_build_object('last_at', p_at, 'last_tie', p_tie, 'last_run', p_run);
    end if;
    if p_kind = 'old hit' then
      return v_state;
    end if;
    v_state := v_state || jsonb_build_object('branch', p_branch, 'open', v_open || jsonb_build_object(p_branch, 0));
    if v_status is null then
      return v_state || '{"status": "OPEN", "trend": "new"}';
    elsif v_status = 'RESOLVED' then
      return v_state || '{"status": "OPEN", "trend": "regressed", "resolved_at": null, "resolved_run": null}';
    end if;
    return v_state || jsonb_build_object('trend', case when p_state ->> 'last_at' is null then 'new' else 'recurring' end);
  end if;

  if p_kind = 'clean' then
    if not v_open ? p_branch then
      return p_state;
    elsif (v_open ->> p_branch)::integer + 1 < p_clean_runs then
      return p_state || jsonb_build_object('open',
        v_open || jsonb_build_object(p_branch, (v_open ->> p_branch)::integer + 1));
    end if;
    v_open := v_open - p_branch;
    v_state := p_state || jsonb_build_object('open', v_open);
    if v_open = '{}' and v_status in ('OPEN', 'IN_PROGRESS') then
      v_state := v_state || jsonb_build_object(
        'status', 'RESOLVED', 'trend', 'resolved', 'resolved_at', p_at, 'resolved_run', p_run);
    end if;
    return v_state;
  end if;

  -- A status that the owner set.
  if p_word is not distinct from v_status then
    return p_state;
  elsif p_word = 'RESOLVED' then
    return p_state || jsonb_build_object('status', p_word, 'trend', 'resolved', 'resolved_at', p_at,
      'resolved_run', null, 'open', '{}'::jsonb);
  end if;
  v_state := p_state || jsonb_build_object('status', p_word, 'resolved_at', null, 'resolved_run', null);
  if v_status = 'RESOLVED' and p_word <> 'WONT_FIX' then
    v_state := v_state || '{"trend": "recurring"}';
  end if;
  -- The owner reopened it: clean runs of the branch where it was seen last are counted from here.
  if p_word <> 'WONT_FIX' and v_open = '{}' and p_state ->> 'branch' is not null then
    v_state := v_state || jsonb_build_object('open', jsonb_build_object(p_state ->> 'branch', 0));
  end if;
  return v_state;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."step_issue"(jsonb, text, timestamp WITH time zone, text, bigint, text, text, integer) TO "service_role";

COMMENT ON FUNCTION "private"."step_issue"(jsonb, text, timestamp with time zone, text, bigint, text, text, integer) IS 'Returns an issue''s state after one more event. State: {status, trend, open: {branch: clean runs so far}, branch (of the last hit), severity (of the first hit), first_at, first_tie, first_run, last_at, last_tie, last_run, resolved_at, resolved_run}; {} at the beginning. Kinds: hit (word: its severity), old hit (from before the baseline: counts as an occurrence, changes no status), clean, owner (word: the status).';

REVOKE ALL ON FUNCTION "private"."step_issue"(jsonb, text, timestamp WITH time zone, text, bigint, text, text, integer) FROM PUBLIC;

-- private/functions/stop_race.sql
CREATE OR REPLACE FUNCTION private.stop_race()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform private.skip_held_runs(new.id, null, case new.status when 'failed' then 'report_failed' else new.status end);
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."stop_race"() TO "service_role";

COMMENT ON FUNCTION "private"."stop_race"() IS 'Skips what a race still holds back when its report fails or is refunded.';

REVOKE ALL ON FUNCTION "private"."stop_race"() FROM PUBLIC;

-- private/functions/sweep_dataset_files.sql
CREATE OR REPLACE FUNCTION private.sweep_dataset_files()
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  -- Only the Storage API can remove files, and only an edge function can call it.
  select private.invoke_function('datasets/sweep')
  where exists (select from public.list_orphan_dataset_files('1 hour', 1))
$function$;

GRANT EXECUTE ON FUNCTION "private"."sweep_dataset_files"() TO "service_role";

COMMENT ON FUNCTION "private"."sweep_dataset_files"() IS 'Starts the removal of files that failed uploads and deleted datasets have left in Storage.';

REVOKE ALL ON FUNCTION "private"."sweep_dataset_files"() FROM PUBLIC;

-- private/functions/sweep_queue.sql
CREATE OR REPLACE FUNCTION private.sweep_queue()
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_function text;
begin
  perform private.lock_queue();
  perform private.reap_leases();
  perform private.give_up_stuck_jobs();
  delete from private.worker_leases where expires_at < now();
  for v_function in
    select distinct k.function_name from private.job_kinds k
    where private.has_due_jobs(k.function_name, interval '0')
  loop
    -- One chain for each report that waits and has none, as far as chains are left; one for the rest.
    perform private.invoke_function(v_function, jsonb_build_object('report_id', missing.id))
    from (
      select g.id from private.job_groups g
      where g.waiting > 0
        and exists (
          select from private.job_lanes l join private.job_kinds k on k.kind = l.kind
          where l.group_id = g.id and k.function_name = v_function
        )
        and private.is_callable(g.id)
        and not exists (
          select from private.worker_leases w where w.function_name = v_function and w.group_id = g.id
        )
      order by g.priority, g.served_at
      limit greatest(0, (select s.max_workers from private.queue_settings s)
        - (select count(*) from private.worker_leases w where w.function_name = v_function))
    ) missing;
    if not found and not exists (select from private.worker_leases w where w.function_name = v_function) then
      perform private.invoke_function(v_function, jsonb_build_object('report_id', null));
    end if;
  end loop;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."sweep_queue"() TO "service_role";

COMMENT ON FUNCTION "private"."sweep_queue"() IS 'Runs four times a minute: frees the jobs of dead workers, ends what has waited too long for a provider, and starts chains for work that nobody does, so that a lost pg_net request or a killed isolate costs a minute and nothing else.';

REVOKE ALL ON FUNCTION "private"."sweep_queue"() FROM PUBLIC;

-- private/functions/text_items.sql
CREATE OR REPLACE FUNCTION private.text_items (
  p_list jsonb
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select case jsonb_typeof(p_list)
    when 'array' then array(
      select x.value #>> '{}' from jsonb_array_elements(p_list) as x (value) where jsonb_typeof(x.value) = 'string'
    )
    when 'string' then array[p_list #>> '{}']
    else '{}'
  end
$function$;

GRANT EXECUTE ON FUNCTION "private"."text_items"(jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."text_items"(jsonb) IS 'Returns the strings of a JSON array. A single string counts as an array of one.';

REVOKE ALL ON FUNCTION "private"."text_items"(jsonb) FROM PUBLIC;

-- private/functions/tier_of.sql
CREATE OR REPLACE FUNCTION private.tier_of (
  p_input_price  numeric,
  p_output_price numeric
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when usd < 1 then 'budget' when usd < 4 then 'mid' else 'premium' end
  from (select (3 * p_input_price + p_output_price) / 4 * 1000000 as usd) x
$function$;

GRANT EXECUTE ON FUNCTION "private"."tier_of"(numeric, numeric) TO "service_role";

COMMENT ON FUNCTION "private"."tier_of"(numeric, numeric) IS 'The tier of a model by its prices (USD per token): what a million tokens cost, three of input to one of output.';

REVOKE ALL ON FUNCTION "private"."tier_of"(numeric, numeric) FROM PUBLIC;

-- private/functions/title_failure.sql
CREATE OR REPLACE FUNCTION private.title_failure (
  p_tool    text,
  p_class   text,
  p_message text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select left(p_tool || ': ' || coalesce(
    nullif(regexp_replace(btrim(substring(
      regexp_replace(coalesce(left(p_message, 2000), ''), '\x1b\[[0-9;]*[A-Za-z]', '', 'g') from '[^\s][^\n]*'
    )), '\s+', ' ', 'g'), ''),
    nullif(p_class, ''), 'fails without a message'
  ), 300)
$function$;

GRANT EXECUTE ON FUNCTION "private"."title_failure"(text, text, text) TO "service_role";

COMMENT ON FUNCTION "private"."title_failure"(text, text, text) IS 'Returns a title for a failure: the tool and the first line of its message that is not blank.';

REVOKE ALL ON FUNCTION "private"."title_failure"(text, text, text) FROM PUBLIC;

-- private/functions/token_cost.sql
CREATE OR REPLACE FUNCTION private.token_cost (
  p_model         text,
  p_at            timestamp with time zone,
  p_input_tokens  bigint,
  p_cached_tokens bigint,
  p_output_tokens bigint
)
  RETURNS numeric
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.price_tokens(private.find_price(p_model, p_at), p_input_tokens, p_cached_tokens, p_output_tokens)
$function$;

GRANT EXECUTE ON FUNCTION "private"."token_cost"(text, timestamp WITH time zone, bigint, bigint, bigint) TO "service_role";

COMMENT ON FUNCTION "private"."token_cost"(text, timestamp with time zone, bigint, bigint, bigint) IS 'USD of one model call at the price of that moment. Null, never 0, where the model has no price then.';

REVOKE ALL ON FUNCTION "private"."token_cost"(text, timestamp WITH time zone, bigint, bigint, bigint) FROM PUBLIC;

-- private/functions/total_changed_test_runs.sql
CREATE OR REPLACE FUNCTION private.total_changed_test_runs()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  if tg_op = 'INSERT' then
    perform private.total_test_runs(array(select distinct n.run_id from new_rows n));
  elsif tg_op = 'DELETE' then
    perform private.total_test_runs(array(select distinct o.run_id from old_rows o));
  else
    perform private.total_test_runs(array(
      select n.run_id from new_rows n union select o.run_id from old_rows o
    ));
  end if;
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."total_changed_test_runs"() IS 'Updates the totals of test_runs once per statement. Definer, because no role may write totals, but owners delete results with their runs.';

REVOKE ALL ON FUNCTION "private"."total_changed_test_runs"() FROM PUBLIC;

-- private/functions/total_test_runs.sql
CREATE OR REPLACE FUNCTION private.total_test_runs (
  p_runs bigint[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  -- Locks first and counts in a second statement, whose snapshot includes what the writer before has
  -- committed. So the later one of two concurrent batches counts both.
  perform from public.test_runs r where r.id = any (p_runs) order by r.id for update;
  update public.test_runs r
  set total_tests = t.total, tests_passed = t.passed, tests_failed = t.failed, tests_skipped = t.skipped,
    pass_rate = round(100.0 * t.passed / nullif(t.passed + t.failed, 0), 2),
    avg_watcher_quality = t.quality, total_duration_secs = t.duration, total_cost_usd = t.cost
  from (
    select r.id,
      (count(x.id) filter (where x.is_counted))::integer as total,
      (count(*) filter (where x.is_counted and x.status = 'PASS'))::integer as passed,
      (count(*) filter (where x.is_counted and x.status in ('FAIL', 'ERROR')))::integer as failed,
      (count(*) filter (where x.is_counted and x.status = 'SKIP'))::integer as skipped,
      round(avg(x.watcher_quality), 2) as quality,
      coalesce(sum(x.duration_secs), 0) as duration, coalesce(sum(x.cost_usd), 0) as cost
    from public.test_runs r left join public.test_results x on x.run_id = r.id
    where r.id = any (p_runs)
    group by r.id
  ) t
  where r.id = t.id;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."total_test_runs"(bigint[]) TO "service_role";

COMMENT ON FUNCTION "private"."total_test_runs"(bigint[]) IS 'Recomputes the totals of runs from their results.';

REVOKE ALL ON FUNCTION "private"."total_test_runs"(bigint[]) FROM PUBLIC;

-- private/functions/touch_updated_at.sql
CREATE OR REPLACE FUNCTION private.touch_updated_at()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  new.updated_at := now();
  return new;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."touch_updated_at"() TO "authenticated";

GRANT EXECUTE ON FUNCTION "private"."touch_updated_at"() TO "service_role";

COMMENT ON FUNCTION "private"."touch_updated_at"() IS 'Keeps updated_at true on every update.';

REVOKE ALL ON FUNCTION "private"."touch_updated_at"() FROM PUBLIC;

-- private/functions/wait_for_queue.sql
CREATE OR REPLACE FUNCTION private.wait_for_queue()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
begin
  perform private.lock_queue();
  return null;
end;
$function$;

COMMENT ON FUNCTION "private"."wait_for_queue"() IS 'Takes the queue''s lock before a deletion whose cascade reaches jobs or runs takes its first row. Definer, because those who delete users may not reach the queue.';

REVOKE ALL ON FUNCTION "private"."wait_for_queue"() FROM PUBLIC;

-- private/functions/watch_budget.sql
CREATE OR REPLACE FUNCTION private.watch_budget (
  p_owner uuid
)
  RETURNS numeric
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select least(s.watch_ceiling_usd, s.watch_daily_ceiling_usd - coalesce((
    select sum(coalesce(
      case when g.open_jobs > 0 then g.hard_ceiling_usd else g.spent_usd + g.written_off_usd end::numeric,
      -- The run and its group were deleted.
      (select sum(coalesce(l.actual_usd::numeric, l.reserved_usd::numeric)) from private.cost_ledger l
        where l.group_id = w.group_id and l.state <> 'returned'), 0))
    from private.watched_runs w left join private.job_groups g on g.id = w.group_id
    where w.owner_id = p_owner and w.created_at > now() - interval '24 hours'
  ), 0))
  from private.tracking_settings s
$function$;

GRANT EXECUTE ON FUNCTION "private"."watch_budget"(uuid) TO "service_role";

COMMENT ON FUNCTION "private"."watch_budget"(uuid) IS 'Returns the USD that the watcher may spend on the owner''s next run: the rest of the daily ceiling, from which open runs take their whole ceiling, but at most the ceiling of one run.';

REVOKE ALL ON FUNCTION "private"."watch_budget"(uuid) FROM PUBLIC;

-- private/functions/without_rules.sql
CREATE OR REPLACE FUNCTION private.without_rules (
  p_schema jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return case jsonb_typeof(p_schema)
    when 'object' then (
      select coalesce(jsonb_object_agg(p.key, private.without_rules(p.value)), '{}')
      from jsonb_each(p_schema) p where p.key <> 'x-compare'
    )
    when 'array' then (
      select coalesce(jsonb_agg(private.without_rules(e.value) order by e.ordinality), '[]')
      from jsonb_array_elements(p_schema) with ordinality e
    )
    else p_schema
  end;
end;
$function$;

GRANT EXECUTE ON FUNCTION "private"."without_rules"(jsonb) TO "service_role";

COMMENT ON FUNCTION "private"."without_rules"(jsonb) IS 'Returns a JSON schema without its x-compare members. Two schemas that are then equal differ only in their rules.';

REVOKE ALL ON FUNCTION "private"."without_rules"(jsonb) FROM PUBLIC;

-- public/functions/add_dataset_rows.sql
CREATE OR REPLACE FUNCTION public.add_dataset_rows (
  p_dataset     uuid,
  p_first_index integer,
  p_lines       text
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  insert into public.dataset_rows (dataset_id, row_index, data_json)
  select p_dataset, p_first_index + l.place::integer - 1, l.line::jsonb
  from string_to_table(p_lines, e'\n') with ordinality as l (line, place)
$function$;

GRANT EXECUTE ON FUNCTION "public"."add_dataset_rows"(uuid, integer, text) TO "service_role";

COMMENT ON FUNCTION "public"."add_dataset_rows"(uuid, integer, text) IS 'Adds rows, one JSON object per line, numbered from p_first_index.';

REVOKE ALL ON FUNCTION "public"."add_dataset_rows"(uuid, integer, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/add_test_results.sql
CREATE OR REPLACE FUNCTION public.add_test_results (
  p_owner   uuid,
  p_run     bigint,
  p_results jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.test_runs;
  v_taken integer;
  v_added integer;
begin
  v_run := private.own_test_run(p_owner, p_run);
  if v_run.status <> 'running' and exists (
    select from jsonb_to_recordset(p_results) as x (ordinal integer)
    where not exists (select from public.test_results t where t.run_id = p_run and t.ordinal = x.ordinal)
  ) then
    raise exception 'test run % is %', p_run, v_run.status using errcode = 'object_not_in_prerequisite_state';
  end if;
  -- A client that numbers each batch from 0 would otherwise lose all but the first one without an error.
  select min(t.ordinal) into v_taken
  from jsonb_to_recordset(p_results) as x (
    ordinal integer, tool_name text, variation text, provider text, model text, class_name text, attempt integer
  )
  join public.test_results t on t.run_id = p_run and t.ordinal = x.ordinal
  where (t.tool_name, t.variation, t.provider, t.model, t.class_name, t.attempt)
    <> (x.tool_name, coalesce(x.variation, ''), coalesce(x.provider, ''), coalesce(x.model, ''),
      coalesce(x.class_name, ''), coalesce(x.attempt, 1));
  if v_taken is not null then
    raise exception 'ordinal % of test run % belongs to another result', v_taken, p_run
      using errcode = 'unique_violation', constraint = 'test_results_run_id_ordinal_key';
  end if;
  v_added := private.insert_test_results(p_owner, p_run, p_results);
  return private.describe_test_run(p_run)
    || jsonb_build_object('added', v_added, 'known', jsonb_array_length(p_results) - v_added);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."add_test_results"(uuid, bigint, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."add_test_results"(uuid, bigint, jsonb) IS 'Adds results to a running run and ignores those that it has. Raises no_data_found; object_not_in_prerequisite_state if the run has ended and a result is new; unique_violation if an ordinal belongs to another test.';

REVOKE ALL ON FUNCTION "public"."add_test_results"(uuid, bigint, jsonb) FROM PUBLIC, "anon", "authenticated";

-- public/functions/advance_benchmark_runs.sql
CREATE OR REPLACE FUNCTION public.advance_benchmark_runs (
  p_worker  uuid,
  p_results jsonb,
  p_want    integer,
  p_group   uuid    DEFAULT NULL::uuid,
  p_ahead   boolean DEFAULT false
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_kinds constant text[] := array['benchmark_run', 'report_finalization', 'race_look'];
  v_accepted bigint[];
  v_exhausted bigint[];
  v_groups uuid[];
  v_is_due boolean;
  v_rejected jsonb := '[]';
  v_jobs jsonb;
  v_standby jsonb := '[]';
  v_claimed integer;
  v_waiting integer;
  v_closed jsonb := '[]';
  -- What becomes of runs, one entry each. They are written together, for a second statement on
  -- benchmark_runs cost more than all its rows.
  v_ended_runs uuid[];
  v_ended_statuses text[];
  v_ended_results jsonb[];
  v_started_runs uuid[];
  v_followed_runs uuid[];
begin
  -- One transaction: results, costs and new leases are written together or not at all. A worker that
  -- dies before the commit leaves its leases to expire; after it, nothing is left to lose.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    if p_results @? '$[*].next_job' then
      v_followed_runs := array(select (s.payload ->> 'run_id')::uuid from private.start_standbys(p_worker, p_results) s);
    end if;
    select array_agg(s.job_id), array_agg(s.job_id) filter (where s.ending = 'exhausted'),
      array_agg(distinct s.group_id) filter (where s.group_id is not null),
      bool_or(s.is_group_due),
      array_agg((s.payload ->> 'run_id')::uuid), array_agg(
        case s.ending when 'complete' then 'complete' when 'retry' then 'queued' when 'release' then 'queued'
          else 'failed' end
      ), array_agg(s.result)
    into v_accepted, v_exhausted, v_groups, v_is_due, v_ended_runs, v_ended_statuses, v_ended_results
    from private.settle_jobs(p_worker, p_results) s;

    if cardinality(v_accepted) is distinct from jsonb_array_length(p_results) then
      select coalesce(jsonb_agg(x.job_id), '[]') into v_rejected
      from jsonb_to_recordset(p_results) as x (job_id bigint)
      where x.job_id <> all (coalesce(v_accepted, '{}'));
    end if;
    if v_exhausted is not null then
      perform private.record_dead_jobs(v_exhausted);
    end if;
    if v_is_due then
      perform private.enforce_ceilings(v_groups);
      perform private.end_groups(v_groups);
      v_closed := (
        select coalesce(jsonb_agg(jsonb_build_object('report_id', p.id, 'status', p.status, 'error', p.error,
          'predicted_cost_usd', p.estimated_api_cost, 'actual_cost_usd', p.total_api_cost)), '[]')
        from private.job_groups g join public.reports p on p.id = g.id
        where g.id = any (v_groups) and g.open_jobs = 0 and p.status in ('failed', 'refunded')
      );
    end if;
  end if;

  select coalesce(jsonb_agg(l.payload || jsonb_build_object(
      'job_id', l.job_id, 'attempt', l.attempt, 'kind', l.kind, 'crashes', l.crashes,
      'tries', l.tries, 'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries, 'is_probe', l.is_probe
    )), '[]'), count(*), array_agg(distinct l.group_id),
    array_agg((l.payload ->> 'run_id')::uuid) filter (where l.kind = 'benchmark_run')
  into v_jobs, v_claimed, v_groups, v_started_runs
  from private.lease_jobs(p_worker, v_kinds, p_want, p_group) l;

  update public.benchmark_runs r
  set status = n.status, attempts = r.attempts + n.starts,
    started_at = case when n.status = 'running' then now() when n.status = 'queued' then r.started_at
      else coalesce(r.started_at, now()) end,
    completed_at = case when n.status in ('complete', 'failed') then now() end,
    output_json = n.result -> 'output_json', raw_output = n.result ->> 'raw_output',
    is_valid_json = (n.result ->> 'is_valid_json')::boolean, exact_match = (n.result ->> 'exact_match')::boolean,
    field_accuracy = (n.result ->> 'field_accuracy')::double precision,
    field_errors = nullif(n.result -> 'field_errors', 'null'),
    response_time_ms = (n.result ->> 'response_time_ms')::integer,
    input_tokens = (n.result ->> 'input_tokens')::integer, output_tokens = (n.result ->> 'output_tokens')::integer,
    cached_tokens = (n.result ->> 'cached_tokens')::integer,
    reasoning_tokens = (n.result ->> 'reasoning_tokens')::integer, served_model = n.result ->> 'served_model',
    served_provider = n.result ->> 'served_provider', provider_request_id = n.result ->> 'provider_request_id',
    served_other = coalesce((n.result ->> 'served_other')::boolean, false),
    schema_regime = n.result ->> 'schema_regime', request_change = n.result ->> 'request_change',
    actual_cost = (n.result ->> 'actual_cost')::numeric,
    error_message = n.result ->> 'error_message', error_kind = n.result ->> 'error_kind', score = n.result -> 'score'
  from (
    select u.id, u.status, u.result,
      -- One that took another's place may have ended by the time that this is told. A probe that was not
      -- sent, for its provider could not be reached, was no attempt.
      (u.id = any (coalesce(v_followed_runs, '{}')))::integer
        - (u.status = 'queued' and u.result ->> 'outcome' = 'release' and u.result ? 'failure')::integer as starts
    from unnest(v_ended_runs, v_ended_statuses, v_ended_results) as u (id, status, result)
    where u.id <> all (coalesce(v_started_runs, '{}'))
    union all
    select u.id, 'running', null::jsonb, 1 from unnest(v_started_runs) as u (id)
    union all
    select u.id, 'running', null::jsonb, 1 from unnest(v_followed_runs) as u (id)
    where (u.id = any (v_ended_runs)) is not true
  ) n
  -- What a ceiling or a failure has skipped just now stays skipped.
  where r.id = any (v_ended_runs || v_started_runs || v_followed_runs) and r.id = n.id and r.status <> 'skipped';

  if exists (select from public.reports p where p.id = any (v_groups) and p.status = 'paid') then
    update public.reports p set status = 'running', started_at = now()
    where p.id = any (v_groups) and p.status = 'paid';
  end if;

  if p_ahead then
    v_standby := (
      select coalesce(jsonb_agg(l.payload || jsonb_build_object(
        'job_id', l.job_id, 'attempt', l.attempt, 'kind', l.kind, 'crashes', l.crashes,
        'tries', l.tries, 'max_tries', l.max_tries, 'max_costly_tries', l.max_costly_tries
      )), '[]')
      from private.lease_jobs(p_worker, v_kinds, 0, null, true) l
    );
  end if;

  v_waiting := (
      select coalesce(sum(g.waiting), 0) from (
        select x.waiting from private.job_groups x where x.waiting > 0 and x.kind = any (v_kinds) limit 100
      ) g
    )
    + (select count(*) from private.job_queue q
       where q.kind = any (v_kinds) and q.group_id is null and q.lease_owner is null and q.dead_at is null);
  return jsonb_build_object(
    'jobs', v_jobs,
    'standby', v_standby,
    -- Nothing waits behind them any more: they are free for any place, or their report has ended. Or
    -- another report waits that a claim would give the place to.
    'recalled', case when p_ahead then (
      with busy as materialized (
        select q.group_id, count(*) filter (where not q.is_standby) as calls,
          jsonb_agg(q.id) filter (where q.is_standby and q.lease_owner = p_worker) as standbys
        from private.job_queue q where q.lease_owner is not null and q.group_id is not null group by q.group_id
      )
      select coalesce(jsonb_agg(s.id), '[]')
      from busy b join private.job_groups g on g.id = b.group_id
      cross join jsonb_array_elements(b.standbys) as s (id)
      where g.waiting = 0 or exists (
        select from private.job_groups o
        where o.waiting > 0 and o.id <> g.id
          and (o.priority, coalesce((select x.calls from busy x where x.group_id = o.id), 0)) < (g.priority, b.calls)
          and private.is_callable(o.id)
      )
    ) else '[]' end,
    'rejected', v_rejected,
    'closed', v_closed,
    'waiting', v_waiting,
    'in_flight', (select count(*) from private.job_queue q where q.lease_owner is not null and not q.is_standby),
    'next_run_at_ms', case when v_waiting > 0 and v_claimed < p_want then private.ms_until_due(v_kinds) end
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."advance_benchmark_runs"(uuid, jsonb, integer, uuid, boolean) TO "service_role";

COMMENT ON FUNCTION "public"."advance_benchmark_runs"(uuid, jsonb, integer, uuid, boolean) IS 'The one round trip of the benchmark worker: records what ended (p_results: settle_jobs'' fields and the columns of benchmark_runs), settles the costs, leases up to p_want jobs, and with p_ahead one as standby for each call that the worker has in flight. Standby jobs that were started come as next_job {job_id, attempt} of the result whose place they took; those of no more use are recalled, to be given back with the outcome release. closed: reports that had failed or been refunded and whose last call is back now. {jobs, standby, recalled, rejected, closed, waiting, in_flight, next_run_at_ms}.';

REVOKE ALL ON FUNCTION "public"."advance_benchmark_runs"(uuid, jsonb, integer, uuid, boolean) FROM PUBLIC, "anon", "authenticated";

-- public/functions/advance_prompt_cells.sql
CREATE OR REPLACE FUNCTION public.advance_prompt_cells (
  p_worker  uuid,
  p_results jsonb,
  p_want    integer,
  p_group   uuid    DEFAULT NULL::uuid,
  p_ahead   boolean DEFAULT false
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_kinds constant text[] := array['prompt_cell', 'prompt_grade'];
  v_accepted bigint[];
  v_exhausted bigint[];
  v_groups uuid[];
  v_is_due boolean;
  v_rejected jsonb := '[]';
  v_ended_cells bigint[];
  v_ended_kinds text[];
  v_endings text[];
  v_ended_results jsonb[];
  v_to_grade bigint[];
  v_followed_cells bigint[];
  v_started_cells bigint[];
  v_started_runs uuid[];
  v_leased jsonb;
  v_standby jsonb := '[]';
  v_claimed integer;
  v_waiting integer;
  v_closed jsonb := '[]';
begin
  -- One transaction, as in advance_benchmark_runs: answers, grades, costs and new leases are written
  -- together or not at all.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    if p_results @? '$[*].next_job' then
      v_followed_cells := array(
        select (s.payload ->> 'cell_id')::bigint from private.start_standbys(p_worker, p_results) s
        where s.kind = 'prompt_cell'
      );
    end if;
    select array_agg(s.job_id), array_agg(s.job_id) filter (where s.ending = 'exhausted'),
      array_agg(distinct s.group_id), bool_or(s.is_group_due),
      array_agg((s.payload ->> 'cell_id')::bigint), array_agg(s.kind), array_agg(s.ending), array_agg(s.result),
      array_agg((s.payload ->> 'cell_id')::bigint) filter (where s.ending = 'complete' and s.payload ? 'is_graded')
    into v_accepted, v_exhausted, v_groups, v_is_due,
      v_ended_cells, v_ended_kinds, v_endings, v_ended_results, v_to_grade
    from private.settle_jobs(p_worker, p_results) s;

    if cardinality(v_accepted) is distinct from jsonb_array_length(p_results) then
      select coalesce(jsonb_agg(x.job_id), '[]') into v_rejected
      from jsonb_to_recordset(p_results) as x (job_id bigint)
      where x.job_id <> all (coalesce(v_accepted, '{}'));
    end if;
    if v_exhausted is not null then
      perform private.record_dead_jobs(v_exhausted);
    end if;
    if p_results @? '$[*] ? (@.rate_limited == true)' or exists (select from private.provider_pace) then
      perform private.pace_providers((
        select jsonb_agg(jsonb_build_object(
          'provider', case u.kind when 'prompt_grade' then r.grader ->> 'provider' else m.provider end,
          'is_limited', coalesce((u.result ->> 'rate_limited')::boolean, false), 'pause_ms', u.result -> 'pause_ms'
        ))
        from unnest(v_ended_cells, v_ended_kinds, v_endings, v_ended_results) as u (cell_id, kind, ending, result)
        join public.run_cells c on c.id = u.cell_id
        join public.run_models m on m.id = c.run_model_id
        join public.runs r on r.id = c.run_id
        where (u.result ->> 'rate_limited')::boolean
          or u.ending in ('complete', 'failed') and not coalesce((u.result ->> 'is_cached')::boolean, false)
      ));
    end if;
    if v_to_grade is not null then
      perform private.enqueue_grades(v_to_grade);
    end if;
    if v_is_due or v_to_grade is not null then
      perform private.enforce_ceilings(v_groups);
    end if;
    if p_results @? '$[*].cache_key' then
      insert into private.call_cache
        (owner_id, key, repeat, output_text, latency_ms, tokens_in, tokens_out, tokens_cached)
      select distinct on (c.owner_id, u.result ->> 'cache_key', c.repeat) c.owner_id, u.result ->> 'cache_key', c.repeat,
        u.result ->> 'output_text', (u.result ->> 'latency_ms')::integer, (u.result ->> 'tokens_in')::integer,
        (u.result ->> 'tokens_out')::integer, (u.result ->> 'tokens_cached')::integer
      from unnest(v_ended_cells, v_ended_kinds, v_endings, v_ended_results) as u (cell_id, kind, ending, result)
      join public.run_cells c on c.id = u.cell_id
      join public.runs r on r.id = c.run_id and r.use_cache
      where u.kind = 'prompt_cell' and u.ending = 'complete' and u.result ->> 'cache_key' is not null
        and u.result ->> 'output_text' is not null and not coalesce((u.result ->> 'is_cached')::boolean, false)
      on conflict (owner_id, key, repeat) do nothing;
    end if;
  end if;

  select jsonb_agg(to_jsonb(l)), count(*), array_agg(distinct l.group_id),
    array_agg((l.payload ->> 'cell_id')::bigint) filter (where l.kind = 'prompt_cell')
  into v_leased, v_claimed, v_started_runs, v_started_cells
  from private.lease_jobs(p_worker, v_kinds, p_want, p_group) l;

  if v_ended_cells is not null or v_started_cells is not null then
    update public.run_cells c
    set status = case n.what when 'grade' then c.status::text else n.what end,
      attempts = c.attempts + n.starts,
      started_at = case when n.what in ('queued', 'grade') then c.started_at when n.what = 'running' then now()
        else coalesce(c.started_at, now()) end,
      completed_at = case n.what when 'grade' then c.completed_at when 'queued' then null when 'running' then null else now() end,
      output_text = case n.what when 'grade' then c.output_text else n.result ->> 'output_text' end,
      answer_ending = case n.what when 'grade' then c.answer_ending else n.result ->> 'answer_ending' end,
      error_text = case n.what when 'grade' then c.error_text when 'complete' then null else n.result ->> 'error_message' end,
      latency_ms = case n.what when 'grade' then c.latency_ms else (n.result ->> 'latency_ms')::integer end,
      tokens_in = case n.what when 'grade' then c.tokens_in else (n.result ->> 'tokens_in')::integer end,
      tokens_out = case n.what when 'grade' then c.tokens_out else (n.result ->> 'tokens_out')::integer end,
      tokens_cached = case n.what when 'grade' then c.tokens_cached else (n.result ->> 'tokens_cached')::integer end,
      served_model = case n.what when 'grade' then c.served_model else n.result ->> 'served_model' end,
      served_other = case n.what when 'grade' then c.served_other
        else coalesce((n.result ->> 'served_other')::boolean, false) end,
      provider_request_id = case n.what when 'grade' then c.provider_request_id
        else n.result ->> 'provider_request_id' end,
      cost_usd = case n.what when 'grade' then c.cost_usd else (n.result ->> 'actual_cost')::numeric end,
      is_cached = case n.what when 'grade' then c.is_cached else coalesce((n.result ->> 'is_cached')::boolean, false) end,
      grader_score = (n.result ->> 'grader_score')::double precision,
      grader_reason = n.result ->> 'grader_reason',
      -- The grading of an answer may have been taken out before it is written.
      grader_error = coalesce(n.result ->> 'grader_error',
        case n.what when 'grade' then n.result ->> 'error_message' else c.grader_error end),
      -- A grade that is tried again has cost twice.
      grader_cost_usd = case n.what when 'grade' then coalesce(
        c.grader_cost_usd::numeric + (n.result ->> 'actual_cost')::numeric, (n.result ->> 'actual_cost')::numeric, c.grader_cost_usd::numeric
      ) end
    from (
      select u.cell_id,
        case when u.kind = 'prompt_grade' then 'grade' when u.ending = 'complete' then 'complete'
          when u.ending in ('retry', 'release') then 'queued' else 'failed' end as what,
        u.result, (u.kind = 'prompt_cell' and u.cell_id = any (coalesce(v_followed_cells, '{}')))::integer
          -- A probe that was not sent was no attempt.
          - (u.ending = 'release' and u.result ? 'failure')::integer as starts
      from unnest(v_ended_cells, v_ended_kinds, v_endings, v_ended_results) as u (cell_id, kind, ending, result)
      -- A grade that comes back is as it was.
      where not (u.kind = 'prompt_grade' and u.ending in ('retry', 'release'))
        and u.cell_id <> all (coalesce(v_started_cells, '{}'))
      union all
      select u.id, 'running', null::jsonb, 1 from unnest(v_started_cells) as u (id)
      union all
      select u.id, 'running', null::jsonb, 1 from unnest(v_followed_cells) as u (id)
      where (u.id = any (v_ended_cells)) is not true
    ) n
    -- What a ceiling or a cancelling has taken out just now stays out.
    where c.id = any (v_ended_cells || v_started_cells || v_followed_cells) and c.id = n.cell_id
      and c.status not in ('skipped', 'cancelled');
  end if;

  if exists (select from public.runs r where r.id = any (v_started_runs) and r.status = 'queued') then
    update public.runs r set status = 'running', started_at = coalesce(r.started_at, now())
    where r.id = any (v_started_runs) and r.status = 'queued';
  end if;

  -- Only now, for a run's ending counts its cells.
  if v_is_due or v_to_grade is not null then
    perform private.end_groups(v_groups);
    v_closed := (
      select coalesce(jsonb_agg(jsonb_build_object('run_id', r.id, 'status', r.status, 'error', r.error,
        'estimated_cost_usd', r.estimated_cost_usd, 'spent_usd', g.spent_usd, 'written_off_usd', g.written_off_usd)), '[]')
      from private.job_groups g join public.runs r on r.id = g.id
      where g.id = any (v_groups) and g.open_jobs = 0
    );
  end if;

  if p_ahead then
    v_standby := private.describe_prompt_jobs((
      select jsonb_agg(to_jsonb(l)) from private.lease_jobs(p_worker, v_kinds, 0, null, true) l
    ));
  end if;

  v_waiting := (
    select coalesce(sum(g.waiting), 0) from (
      select x.waiting from private.job_groups x where x.waiting > 0 and x.kind = any (v_kinds) limit 100
    ) g
  );
  return jsonb_build_object(
    -- After its answer is written, for the grading of it may be among them.
    'jobs', case when v_claimed > 0 then private.describe_prompt_jobs(v_leased) else '[]' end,
    'standby', v_standby,
    'recalled', case when p_ahead then private.recall_standbys(p_worker) else '[]' end,
    'rejected', v_rejected,
    'closed', v_closed,
    'waiting', v_waiting,
    'in_flight', (select count(*) from private.job_queue q where q.lease_owner is not null and not q.is_standby),
    'next_run_at_ms', case when v_waiting > 0 and v_claimed < p_want then private.ms_until_due(v_kinds) end
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."advance_prompt_cells"(uuid, jsonb, integer, uuid, boolean) TO "service_role";

COMMENT ON FUNCTION "public"."advance_prompt_cells"(uuid, jsonb, integer, uuid, boolean) IS 'The one round trip of the prompt worker: records what ended, settles the costs, enqueues the grading of what was answered, ends runs with their last job, and leases up to p_want jobs, with p_ahead one more as standby for each call that the worker has in flight. p_results: the fields of settle_jobs; of a cell also output_text, answer_ending, latency_ms, tokens_in, tokens_out, tokens_cached, served_model, served_other, provider_request_id, is_cached, cache_key (to keep the answer by, see lookup_cached_answers) and where code grades grader_score, grader_reason, grader_error; of a grade grader_score and grader_reason, or grader_error; of both rate_limited, with pause_ms for how long the provider wants to be left alone, and next_job. actual_cost null with charge none is a call without a price; with outcome fatal, the call waits until the provider takes our account again. Jobs are {kind: prompt_cell|prompt_grade, job_id, attempt, crashes, run_id, cell_id, run_model_id, row_index, repeat, data: the row}, of a grade with output_text. {jobs, standby, recalled, rejected, closed: runs that ended, waiting, in_flight, next_run_at_ms}.';

REVOKE ALL ON FUNCTION "public"."advance_prompt_cells"(uuid, jsonb, integer, uuid, boolean) FROM PUBLIC, "anon", "authenticated";

-- public/functions/advance_race.sql
CREATE OR REPLACE FUNCTION public.advance_race (
  p_worker  uuid,
  p_job_id  bigint,
  p_attempt integer,
  p_stopped text[]
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_report uuid;
begin
  -- Ending the look, skipping the stopped models' runs and making the next batch's jobs is one
  -- transaction: a worker that dies before the commit leaves a look that another does over, from the
  -- same ended runs; after it, the look is gone, so that no batch is released twice.
  perform private.lock_queue();
  select (s.payload ->> 'report_id')::uuid into v_report
  from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
  ))) s
  where s.kind = 'race_look';
  if v_report is null then
    return false;
  end if;
  perform private.release_images(v_report, p_stopped);
  return true;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."advance_race"(uuid, bigint, integer, text[]) TO "service_role";

COMMENT ON FUNCTION "public"."advance_race"(uuid, bigint, integer, text[]) IS 'Ends a look: stops these models and releases the next batch of images to the others. False: the lease was lost, and nothing is changed.';

REVOKE ALL ON FUNCTION "public"."advance_race"(uuid, bigint, integer, text[]) FROM PUBLIC, "anon", "authenticated";

-- public/functions/advance_rescoring.sql
CREATE OR REPLACE FUNCTION public.advance_rescoring (
  p_worker  uuid,
  p_job_id  bigint,
  p_attempt integer,
  p_scores  jsonb
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_payload jsonb;
  v_report uuid;
  v_revision integer;
begin
  -- The scores, the progress of the revision, the end of this job and the next job are one transaction. If a
  -- worker dies before the commit, nothing is stored and another worker repeats the job.
  perform private.lock_queue();
  select s.payload into v_payload
  from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
  ))) s
  where s.kind = 'report_rescoring';
  if v_payload is null then
    return false;
  end if;
  v_report := (v_payload ->> 'report_id')::uuid;
  v_revision := (v_payload ->> 'revision')::integer;
  update public.report_revisions r
  set scored_runs = r.scored_runs + jsonb_array_length(p_scores)
  where r.report_id = v_report and r.revision = v_revision and r.status = 'scoring';
  if not found then
    return false;
  end if;
  insert into private.rescored_runs (report_id, run_id, scores)
  select v_report, r.id, s.value -> 'scores'
  from jsonb_array_elements(p_scores) as s (value)
  join public.benchmark_runs r on r.id = (s.value ->> 'run_id')::uuid and r.report_id = v_report
  where private.run_scores(r) <> s.value -> 'scores';
  insert into private.job_queue (kind, payload, dedupe_key)
  values ('report_rescoring', v_payload, v_report || ':' || v_revision);
  return true;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."advance_rescoring"(uuid, bigint, integer, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."advance_rescoring"(uuid, bigint, integer, jsonb) IS 'Stores the scores of the next answers of a revision, ends the job and enqueues the next one. p_scores is [{run_id, scores}] for the first of the answers that load_rescoring returned, with the columns of benchmark_run_scores.scores. The scores are not shown yet. Returns false if the lease was lost or the revision is not being scored.';

REVOKE ALL ON FUNCTION "public"."advance_rescoring"(uuid, bigint, integer, jsonb) FROM PUBLIC, "anon", "authenticated";

-- public/functions/advance_watcher.sql
CREATE OR REPLACE FUNCTION public.advance_watcher (
  p_worker  uuid,
  p_results jsonb,
  p_want    integer,
  p_group   uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_kinds constant text[] := array['watcher_judgement'];
  v_settled jsonb;
  v_groups uuid[];
  v_is_due boolean;
  v_jobs jsonb;
  v_waiting integer;
begin
  -- One transaction, as in advance_benchmark_runs: a review and its cost are written together or not at all,
  -- even if the worker dies.
  perform private.lock_queue();
  if jsonb_array_length(p_results) > 0 then
    -- Locks the runs first, in the order of a deletion, because their totals are written below.
    perform from public.test_runs r
    where r.id = any (array(
      select w.run_id from jsonb_to_recordset(p_results) as x (job_id bigint)
      join private.job_queue q on q.id = x.job_id join private.watched_runs w on w.group_id = q.group_id
    ))
    order by r.id for update;
    select coalesce(jsonb_agg(to_jsonb(s)), '[]'), array_agg(distinct s.group_id), bool_or(s.is_group_due)
    into v_settled, v_groups, v_is_due
    from private.settle_jobs(p_worker, p_results) s;

    with reviewed as (
      insert into public.watcher_insights (
        test_result_id, owner_id, quality_score, strengths, weaknesses, anomalies, recommendations,
        confidence_level, raw_observation, is_malformed, model, cost_usd
      )
      select t.id, t.owner_id, i.quality_score, coalesce(i.strengths, '{}'), coalesce(i.weaknesses, '{}'),
        coalesce(i.anomalies, '{}'), coalesce(i.recommendations, '{}'), i.confidence_level, i.raw_observation,
        i.is_malformed, w.model, (s.value #>> '{result,actual_cost}')::numeric
      from jsonb_array_elements(v_settled) as s (value)
      join private.watched_runs w on w.group_id = (s.value ->> 'group_id')::uuid
      join public.test_results t on t.id = (s.value #>> '{payload,test_result_id}')::bigint
      cross join lateral jsonb_to_record(s.value #> '{result,insight}') as i (
        quality_score smallint, strengths text[], weaknesses text[], anomalies text[], recommendations text[],
        confidence_level text, raw_observation jsonb, is_malformed boolean
      )
      where s.value ->> 'ending' = 'complete'
      on conflict (test_result_id) do nothing
      returning test_result_id, quality_score, raw_observation, is_malformed
    )
    update public.test_results t
    set watcher_quality = j.quality_score, watcher_observations = coalesce(t.watcher_observations, j.raw_observation)
    from reviewed j
    where t.id = j.test_result_id and not j.is_malformed;

    -- Includes the charges for lost and unreadable answers.
    update public.test_runs r set watcher_cost_usd = round(g.spent_usd, 6)
    from private.watched_runs w join private.job_groups g on g.id = w.group_id
    where w.group_id = any (v_groups) and r.id = w.run_id and r.watcher_cost_usd <> round(g.spent_usd, 6);

    perform private.record_dead_jobs(array(
      select (s.value ->> 'job_id')::bigint from jsonb_array_elements(v_settled) as s (value)
      where s.value ->> 'ending' = 'exhausted'
    ));
    perform private.count_unjudged(array_agg((s.value ->> 'group_id')::uuid), array_agg(s.value #>> '{result,error_message}'))
    from jsonb_array_elements(v_settled) as s (value)
    where s.value ->> 'ending' = 'failed';
    if p_results @? '$[*] ? (@.rate_limited == true)' or exists (select from private.provider_pace) then
      perform private.pace_providers((
        select jsonb_agg(jsonb_build_object('provider', w.provider,
          'is_limited', coalesce((s.value #>> '{result,rate_limited}')::boolean, false),
          'pause_ms', s.value #> '{result,pause_ms}'))
        from jsonb_array_elements(v_settled) as s (value)
        join private.watched_runs w on w.group_id = (s.value ->> 'group_id')::uuid
        where (s.value #>> '{result,rate_limited}')::boolean or s.value ->> 'ending' in ('complete', 'failed')
      ));
    end if;
    if v_is_due then
      perform private.enforce_ceilings(v_groups);
      perform private.end_groups(v_groups);
    end if;
  end if;

  v_jobs := private.lease_watcher_jobs(p_worker, p_want, p_group);
  v_waiting := (
    select coalesce(sum(g.waiting), 0) from (
      select x.waiting from private.job_groups x where x.waiting > 0 and x.kind = any (v_kinds) limit 100
    ) g
  );
  return jsonb_build_object(
    'jobs', v_jobs,
    'rejected', (
      select coalesce(jsonb_agg(x.job_id), '[]') from jsonb_to_recordset(p_results) as x (job_id bigint)
      where not coalesce(v_settled, '[]') @> jsonb_build_array(jsonb_build_object('job_id', x.job_id))
    ),
    'waiting', v_waiting,
    'in_flight', (select count(*) from private.job_queue q where q.lease_owner is not null and not q.is_standby),
    'next_run_at_ms', case when v_waiting > 0 and jsonb_array_length(v_jobs) < p_want
      then private.ms_until_due(v_kinds) end
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."advance_watcher"(uuid, jsonb, integer, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."advance_watcher"(uuid, jsonb, integer, uuid) IS 'Exchanges results for jobs in one round trip of the watcher''s worker: records results, settles their costs and leases up to p_want jobs, those of p_group first if no other group''s turn is earlier. p_results: the fields of settle_jobs; rate_limited, with pause_ms for the pause that the provider asks for; and, if complete, insight {quality_score, strengths, weaknesses, anomalies, recommendations, confidence_level, raw_observation, is_malformed}. A result has one review: a second one is ignored. fatal makes the job wait until the provider accepts our account again. Returns {jobs, rejected, waiting, in_flight, next_run_at_ms}.';

REVOKE ALL ON FUNCTION "public"."advance_watcher"(uuid, jsonb, integer, uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/apply_rescoring.sql
CREATE OR REPLACE FUNCTION public.apply_rescoring (
  p_report      uuid,
  p_revision    integer,
  p_recommended text,
  p_rationale   text,
  p_summary     jsonb
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_report public.reports;
  v_scorer_version integer;
begin
  -- One transaction shows a revision: it stores the earlier scores, replaces them by the new ones with the figures
  -- and the recommendation, and sets reports.revision. Before its commit every reader sees the earlier revision,
  -- and after it the new one. It takes no lock of the queue, which it would hold while thousands of runs are
  -- written. The revision's status guarantees that it happens once.
  select r.* into v_report from public.reports r where r.id = p_report for update;
  update public.report_revisions r
  set status = 'complete', recommended_model = p_recommended, rationale = p_rationale, summary = p_summary,
    completed_at = now()
  where r.report_id = p_report and r.revision = p_revision and r.status = 'scoring'
  returning r.scorer_version into v_scorer_version;
  if not found then
    return false;
  end if;
  insert into public.benchmark_run_scores (report_id, run_id, revision, owner_id, scores)
  select r.report_id, r.id, v_report.revision, r.owner_id, private.run_scores(r)
  from private.rescored_runs s join public.benchmark_runs r on r.id = s.run_id
  where s.report_id = p_report;
  update public.benchmark_runs r
  set output_json = s.scores -> 'output_json', is_valid_json = (s.scores -> 'is_valid_json')::boolean,
    exact_match = (s.scores -> 'exact_match')::boolean,
    field_accuracy = (s.scores -> 'field_accuracy')::double precision,
    field_errors = nullif(s.scores -> 'field_errors', 'null'), score = s.scores -> 'score',
    error_kind = s.scores ->> 'error_kind', error_message = s.scores ->> 'error_message'
  from private.rescored_runs s
  where s.report_id = p_report and r.report_id = p_report and r.id = s.run_id;
  delete from private.rescored_runs s where s.report_id = p_report;
  delete from public.kept_error_patterns k where k.report_id = p_report;
  update public.reports r set has_kept_patterns = false where r.id = p_report;
  update public.reports r
  set revision = p_revision, scorer_version = v_scorer_version, recommended_model = p_recommended,
    rationale = p_rationale, summary = p_summary
  where r.id = p_report;
  return true;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."apply_rescoring"(uuid, integer, text, text, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."apply_rescoring"(uuid, integer, text, text, jsonb) IS 'Shows a revision whose answers are all scored, with its summary. Returns false, and changes nothing, if it is not being scored.';

REVOKE ALL ON FUNCTION "public"."apply_rescoring"(uuid, integer, text, text, jsonb) FROM PUBLIC, "anon", "authenticated";

-- public/functions/apply_stripe_event.sql
CREATE OR REPLACE FUNCTION public.apply_stripe_event (
  p_event_id       text,
  p_type           text,
  p_created        timestamp with time zone,
  p_report         uuid,
  p_session_id     text,
  p_payment_intent text,
  p_paid           boolean,
  p_payload        jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_report public.reports;
  v_outcome text := 'ignored';
begin
  insert into private.stripe_events (id, type, created, payment_intent, outcome, payload)
  values (p_event_id, p_type, p_created, p_payment_intent, 'ignored', p_payload)
  on conflict (id) do nothing;
  if not found then
    return jsonb_build_object('outcome', 'duplicate');
  end if;
  -- A refund that carries no report finds it by the payment, so the two take turns: at once, each
  -- would miss what the other has not committed yet.
  if p_payment_intent is not null then
    perform pg_advisory_xact_lock(hashtextextended('payment:' || p_payment_intent, 0));
  end if;
  -- A refund takes jobs out of the queue: its lock comes before any row, as in every function that
  -- takes both. A payment's jobs are nobody else's until the commit, so large orders stall no worker.
  if p_type = 'charge.refunded' then
    perform private.lock_queue();
  end if;
  select r.* into v_report
  from public.report_orders o join public.reports r on r.id = o.report_id
  where o.report_id = p_report or o.stripe_session_id = p_session_id or o.stripe_payment_intent_id = p_payment_intent
  order by (o.report_id = p_report) desc nulls last
  limit 1
  for update of r;
  if not found then
    update private.stripe_events set outcome = 'unknown_report' where id = p_event_id;
    return jsonb_build_object('outcome', 'unknown_report');
  end if;

  if p_type in ('checkout.session.completed', 'checkout.session.async_payment_succeeded') and p_paid
    and v_report.status in ('draft', 'awaiting_payment', 'expired')
  then
    if v_report.status = 'draft' then
      update public.reports set status = 'awaiting_payment' where id = v_report.id;
    end if;
    update public.reports
    set status = 'paid', paid_at = now(), error = null,
      share_token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
    where id = v_report.id
    returning * into v_report;
    update public.report_orders
    set stripe_session_id = coalesce(stripe_session_id, p_session_id), stripe_payment_intent_id = p_payment_intent
    where report_id = v_report.id;
    -- A refund may arrive before the payment it takes back.
    if exists (
      select from private.stripe_events e
      where e.type = 'charge.refunded' and e.payment_intent = p_payment_intent and e.id <> p_event_id
        and e.outcome in ('unknown_report', 'ignored')
        and coalesce((e.payload #>> '{data,object,refunded}')::boolean, true)
    ) then
      update public.reports set status = 'refunded', completed_at = now() where id = v_report.id
      returning * into v_report;
    else
      perform private.enqueue_benchmark(v_report.id);
      perform private.invoke_function('benchmark-worker', jsonb_build_object('report_id', v_report.id));
    end if;
    v_outcome := 'applied';
  elsif p_type in ('checkout.session.expired', 'checkout.session.async_payment_failed')
    and v_report.status in ('draft', 'awaiting_payment')
  then
    update public.reports
    set status = 'expired',
      error = case when p_type = 'checkout.session.expired' then 'the checkout session expired' else 'the payment failed' end
    where id = v_report.id
    returning * into v_report;
    v_outcome := 'applied';
  elsif p_type = 'charge.refunded' and v_report.status in ('paid', 'running', 'complete', 'failed')
    and coalesce((p_payload #>> '{data,object,refunded}')::boolean, true)
  then
    perform private.cancel_jobs(v_report.id, 'refunded');
    update public.reports set status = 'refunded', completed_at = coalesce(completed_at, now())
    where id = v_report.id
    returning * into v_report;
    perform private.end_groups(array[v_report.id]);
    v_outcome := 'applied';
  end if;
  update private.stripe_events set outcome = v_outcome, report_id = v_report.id where id = p_event_id;
  return jsonb_build_object('outcome', v_outcome, 'status', v_report.status);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."apply_stripe_event"(text, text, timestamp WITH time zone, uuid, text, text, boolean, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."apply_stripe_event"(text, text, timestamp with time zone, uuid, text, text, boolean, jsonb) IS 'Acts on a Stripe event once, in one transaction: a payment also makes the share token, all runs and their jobs, and invokes the worker after commit. {outcome: applied|duplicate|ignored|unknown_report, status}.';

REVOKE ALL ON FUNCTION "public"."apply_stripe_event"(text, text, timestamp WITH time zone, uuid, text, text, boolean, jsonb) FROM PUBLIC, "anon", "authenticated";

-- public/functions/await_payment.sql
CREATE OR REPLACE FUNCTION public.await_payment (
  p_report       uuid,
  p_session_id   text,
  p_checkout_url text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  update public.report_orders
  set stripe_session_id = p_session_id, checkout_url = p_checkout_url
  where report_id = p_report and (stripe_session_id is null or stripe_session_id = p_session_id);
  if not found then
    raise exception 'report % has another checkout session', p_report using errcode = 'check_violation';
  end if;
  update public.reports set status = 'awaiting_payment' where id = p_report and status = 'draft';
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."await_payment"(uuid, text, text) TO "service_role";

COMMENT ON FUNCTION "public"."await_payment"(uuid, text, text) IS 'Stores the checkout session of an order. Harmless when repeated, and when the webhook was faster.';

REVOKE ALL ON FUNCTION "public"."await_payment"(uuid, text, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/begin_chat_turn.sql
CREATE OR REPLACE FUNCTION public.begin_chat_turn (
  p_user             uuid,
  p_conversation     uuid,
  p_question         text,
  p_limit_per_minute integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_conversation uuid := p_conversation;
  v_words text := coalesce(nullif(btrim(regexp_replace(p_question, '\s+', ' ', 'g')), ''), '…');
  v_now timestamptz;
  v_asked timestamptz[];
  v_history jsonb;
  v_message uuid;
begin
  if p_conversation is not null then
    perform from public.chat_conversations where id = p_conversation and owner_id = p_user for no key update;
    if not found then
      raise exception 'conversation not found for this user' using errcode = 'no_data_found';
    end if;
  end if;

  -- Locks the row, so that simultaneous questions are counted one after the other.
  insert into private.chat_askings as a (owner_id, asked_at) values (p_user, '{}')
  on conflict (owner_id) do update set asked_at = a.asked_at
  returning asked_at into v_asked;
  v_now := clock_timestamp();
  v_asked := array(select t from unnest(v_asked) as t where t > v_now - interval '1 minute' order by t);
  if cardinality(v_asked) >= p_limit_per_minute then
    return jsonb_build_object('conversation_id', null, 'message_id', null, 'history', '[]'::jsonb,
      'retry_after_seconds', greatest(1, ceil(extract(epoch from
        coalesce(v_asked[cardinality(v_asked) - p_limit_per_minute + 1], v_now) + interval '1 minute' - v_now))));
  end if;
  update private.chat_askings set asked_at = v_asked || v_now where owner_id = p_user;

  if v_conversation is null then
    insert into public.chat_conversations (owner_id, title)
    values (p_user, case when length(v_words) <= 80 then v_words else left(v_words, 79) || '…' end)
    returning id into v_conversation;
  else
    update public.chat_conversations set last_message_at = v_now where id = v_conversation;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content, 'sql', m.sql)
    order by m.created_at, m.id), '[]')
  into v_history
  from (
    select id, role, content, sql, created_at from public.chat_messages
    where conversation_id = v_conversation and owner_id = p_user order by created_at desc, id desc limit 6
  ) m;
  insert into public.chat_messages (conversation_id, owner_id, role, content)
  values (v_conversation, p_user, 'user', p_question) returning id into v_message;
  insert into private.open_chat_turns (question_id, owner_id, conversation_id, question)
  values (v_message, p_user, v_conversation, p_question);
  return jsonb_build_object('conversation_id', v_conversation, 'message_id', v_message, 'history', v_history,
    'retry_after_seconds', null);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."begin_chat_turn"(uuid, uuid, text, integer) TO "service_role";

COMMENT ON FUNCTION "public"."begin_chat_turn"(uuid, uuid, text, integer) IS 'Stores a question, in a new conversation if p_conversation is null, and returns {conversation_id, message_id, history: [{role, content, sql}] (the last six messages before it, oldest first), retry_after_seconds}. If the user has asked p_limit_per_minute questions within a minute, nothing is stored, the ids are null, and retry_after_seconds is the time to wait. Raises P0002 for a conversation that is not the user''s.';

REVOKE ALL ON FUNCTION "public"."begin_chat_turn"(uuid, uuid, text, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/begin_test_run.sql
CREATE OR REPLACE FUNCTION public.begin_test_run (
  p_owner           uuid,
  p_run             jsonb,
  p_idempotency_key text  DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_opened record;
begin
  select * into v_opened from private.open_test_run(p_owner, p_run, p_idempotency_key);
  return private.describe_test_run(v_opened.run_id)
    || jsonb_build_object('is_new', v_opened.is_new, 'conflict', v_opened.is_conflict);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."begin_test_run"(uuid, jsonb, text) TO "service_role";

COMMENT ON FUNCTION "public"."begin_test_run"(uuid, jsonb, text) IS 'Creates a run from {suite, run_timestamp, branch_name, commit_hash, watcher_model, notes, source_format, source_hash, request_hash, warnings, extra}, each optional. Returns its totals with is_new and conflict.';

REVOKE ALL ON FUNCTION "public"."begin_test_run"(uuid, jsonb, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/cancel_prompt_run.sql
CREATE OR REPLACE FUNCTION public.cancel_prompt_run (
  p_owner uuid,
  p_run   uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.runs := private.lock_prompt_run(p_owner, p_run);
  v_jobs integer := 0;
begin
  if v_run.status in ('queued', 'running') then
    v_jobs := private.cancel_jobs(p_run, 'cancelled');
    update public.runs r set status = 'cancelled' where r.id = p_run;
    perform private.end_groups(array[p_run]);
  end if;
  return (
    select jsonb_build_object('run_id', r.id, 'status', r.status, 'cancelled', v_jobs, 'in_flight', g.open_jobs)
    from public.runs r join private.job_groups g on g.id = r.id where r.id = p_run
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."cancel_prompt_run"(uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."cancel_prompt_run"(uuid, uuid) IS 'Removes the waiting jobs of the owner''s run from the queue. Calls under way end and count. A run that has ended is not changed. Returns {run_id, status, cancelled: jobs, in_flight: jobs}. Raises P0002 if the owner has no such run.';

REVOKE ALL ON FUNCTION "public"."cancel_prompt_run"(uuid, uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/chat_schema.sql
CREATE OR REPLACE FUNCTION public.chat_schema()
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object('relations', coalesce(jsonb_agg(jsonb_build_object(
    'name', c.relname, 'comment', obj_description(c.oid, 'pg_class'), 'columns', (
      select jsonb_agg(jsonb_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'comment', col_description(c.oid, a.attnum)
      ) order by a.attnum)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    )
  ) order by c.relname), '[]'))
  from pg_catalog.pg_class c
  where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'chat')
    and c.relkind = 'v' and has_table_privilege('chat_reader', c.oid, 'select')
$function$;

GRANT EXECUTE ON FUNCTION "public"."chat_schema"() TO "service_role";

COMMENT ON FUNCTION "public"."chat_schema"() IS 'Returns the relations that the chat may query, with their comments: {relations: [{name, comment, columns: [{name, type, comment}]}]}.';

REVOKE ALL ON FUNCTION "public"."chat_schema"() FROM PUBLIC, "anon", "authenticated";

-- public/functions/claim_jobs.sql
CREATE OR REPLACE FUNCTION public.claim_jobs (
  p_worker uuid,
  p_kinds  text[],
  p_want   integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform private.lock_queue();
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'job_id', j.job_id, 'attempt', j.attempt, 'kind', j.kind, 'payload', j.payload
    )), '[]')
    from private.lease_jobs(p_worker, p_kinds, p_want) j
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."claim_jobs"(uuid, text[], integer) TO "service_role";

COMMENT ON FUNCTION "public"."claim_jobs"(uuid, text[], integer) IS 'Leases up to p_want jobs of these kinds: [{job_id, attempt, kind, payload}].';

REVOKE ALL ON FUNCTION "public"."claim_jobs"(uuid, text[], integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/close_dataset.sql
CREATE OR REPLACE FUNCTION public.close_dataset (
  p_dataset   uuid,
  p_columns   text[],
  p_row_count integer
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update public.datasets d set columns = p_columns, row_count = p_row_count where d.id = p_dataset
  returning private.describe_dataset(d)
$function$;

GRANT EXECUTE ON FUNCTION "public"."close_dataset"(uuid, text[], integer) TO "service_role";

COMMENT ON FUNCTION "public"."close_dataset"(uuid, text[], integer) IS 'Sets the columns and the number of rows. Called only in the transaction of open_dataset.';

REVOKE ALL ON FUNCTION "public"."close_dataset"(uuid, text[], integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/compare_prompt_runs.sql
CREATE OR REPLACE FUNCTION public.compare_prompt_runs (
  p_owner  uuid,
  p_before uuid,
  p_after  uuid
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if (select count(*) from public.runs r where r.id in (p_before, p_after) and r.owner_id = p_owner)
    <> (case when p_before = p_after then 1 else 2 end)
  then
    raise exception 'no such run' using errcode = 'no_data_found', column = 'run_id';
  end if;
  return (
    select json_object_agg(s.side, json_build_object(
      'run', (
        select json_build_object('id', r.id, 'name', r.name, 'status', r.status, 'dataset_id', r.dataset_id,
          'prompt_version_id', r.prompt_version_id, 'prompt_name', p.name, 'prompt_version', v.version)
        from public.runs r
        join public.prompt_versions v on v.id = r.prompt_version_id
        join public.prompts p on p.id = v.prompt_id
        where r.id = s.run_id
      ),
      'cells', (
        select coalesce(json_agg(json_build_object('row_index', c.row_index, 'model_label', m.label,
          'grade_score', c.grade_score, 'grader_score', c.grader_score, 'human_score', c.human_score,
          'latency_ms', c.latency_ms, 'tokens', c.tokens_in + c.tokens_out, 'cost_usd', c.cost_usd,
          'is_cached', c.is_cached) order by c.id), '[]')
        from public.run_cells c join public.run_models m on m.id = c.run_model_id
        where c.run_id = s.run_id and c.status in ('complete', 'failed')
      )
    ))
    from (values ('before', p_before), ('after', p_after)) as s (side, run_id)
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."compare_prompt_runs"(uuid, uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."compare_prompt_runs"(uuid, uuid, uuid) IS 'Returns the answered and failed cells of two of the owner''s runs, which the statistics pair by row_index: {before, after: {run: {id, name, status, dataset_id, prompt_version_id, prompt_name, prompt_version}, cells: [{row_index, model_label, grade_score, grader_score, human_score, latency_ms, tokens, cost_usd, is_cached}]}}. Raises P0002 if the owner has not both.';

REVOKE ALL ON FUNCTION "public"."compare_prompt_runs"(uuid, uuid, uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/compare_test_runs.sql
CREATE OR REPLACE FUNCTION public.compare_test_runs (
  p_before bigint,
  p_after  bigint
)
  RETURNS TABLE (
    bucket               text,
    tool_name            text,
    variation            text,
    class_name           text,
    provider             text,
    model                text,
    before_status        text,
    after_status         text,
    before_duration_secs numeric,
    after_duration_secs  numeric,
    error_message        text
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select s.bucket, s.tool_name, s.variation, s.class_name, s.provider, s.model, s.before_status, s.after_status,
    s.before_duration_secs, s.after_duration_secs, coalesce(s.after_error, s.before_error)
  from (
    select p.*, case
        when p.after_status in ('FAIL', 'ERROR') then
          case when p.before_status in ('FAIL', 'ERROR') then 'recurring'
            when p.before_status = 'PASS' then 'regressed' else 'new' end
        when p.after_status = 'PASS' and p.before_status in ('FAIL', 'ERROR') then 'fixed'
        when p.before_status in ('PASS', 'FAIL', 'ERROR') and p.after_status is distinct from 'PASS' then 'not_run'
      end as bucket
    from private.pair_test_results(p_before, p_after) p
  ) s
  where s.bucket is not null
  order by array_position(array['regressed', 'new', 'recurring', 'fixed', 'not_run'], s.bucket),
    s.tool_name, s.variation, s.class_name, s.provider, s.model
$function$;

GRANT EXECUTE ON FUNCTION "public"."compare_test_runs"(bigint, bigint) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."compare_test_runs"(bigint, bigint) TO "service_role", "test_reporter";

COMMENT ON FUNCTION "public"."compare_test_runs"(bigint, bigint) IS 'Compares two runs test by test: regressed (passed, fails now), new (fails now, did not run before), recurring (fails in both), fixed (failed, passes now), not_run (ran before, is absent or skipped now). Tests that pass in both are left out.';

REVOKE ALL ON FUNCTION "public"."compare_test_runs"(bigint, bigint) FROM PUBLIC, "anon";

-- public/functions/complete_job.sql
CREATE OR REPLACE FUNCTION public.complete_job (
  p_worker  uuid,
  p_job_id  bigint,
  p_attempt integer
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform private.lock_queue();
  return exists (
    select from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
      'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
    )))
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."complete_job"(uuid, bigint, integer) TO "service_role";

COMMENT ON FUNCTION "public"."complete_job"(uuid, bigint, integer) IS 'Ends a job that costs nothing. False: the lease was lost.';

REVOKE ALL ON FUNCTION "public"."complete_job"(uuid, bigint, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/fail_rescoring.sql
CREATE OR REPLACE FUNCTION public.fail_rescoring (
  p_report   uuid,
  p_revision integer,
  p_error    text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  update public.report_revisions r
  set status = 'failed', error = p_error, completed_at = now()
  where r.report_id = p_report and r.revision = p_revision and r.status = 'scoring';
  if found then
    delete from private.rescored_runs s where s.report_id = p_report;
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."fail_rescoring"(uuid, integer, text) TO "service_role";

COMMENT ON FUNCTION "public"."fail_rescoring"(uuid, integer, text) IS 'Fails a revision. The report keeps showing the earlier one.';

REVOKE ALL ON FUNCTION "public"."fail_rescoring"(uuid, integer, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/finalize_report.sql
CREATE OR REPLACE FUNCTION public.finalize_report (
  p_worker      uuid,
  p_job_id      bigint,
  p_attempt     integer,
  p_status      text,
  p_recommended text,
  p_rationale   text,
  p_summary     jsonb,
  p_error       text
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_report_id uuid;
  v_reasons text;
begin
  if p_status not in ('complete', 'failed') then
    raise exception 'a report ends as complete or failed, not %', p_status using errcode = 'invalid_parameter_value';
  end if;
  -- Ending the job and the report in one transaction makes the finalisation happen once: a worker
  -- that lost the lease finds no job and changes nothing.
  perform private.lock_queue();
  select (s.payload ->> 'report_id')::uuid into v_report_id
  from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'complete', 'charge', 'none'
  ))) s
  where s.kind = 'report_finalization';
  if v_report_id is null then
    return false;
  end if;
  select string_agg(format('%s of %s runs %s', x.runs, x.total, x.what), '; ' order by x.what) into v_reasons
  from (
    select r.status || coalesce(' (' || coalesce(r.skip_reason, r.error_kind) || ')', '') as what, count(*) as runs,
      sum(count(*)) over () as total,
      r.status
    from public.benchmark_runs r
    -- What a race has spared is not missing.
    where r.report_id = v_report_id and coalesce(r.skip_reason not in ('race', 'race_won'), true)
    group by r.status, r.skip_reason, r.error_kind
  ) x
  where x.status <> 'complete';
  update public.reports p
  set status = p_status, recommended_model = p_recommended, rationale = p_rationale, summary = p_summary,
    error = p_error, completed_at = now(), partial = v_reasons is not null, partial_reason = v_reasons,
    total_api_cost = (select g.spent_usd from private.job_groups g where g.id = p.id)
  where p.id = v_report_id and p.status = 'running';
  if not found then
    return false;
  end if;
  if p_status = 'complete' then
    insert into private.job_queue (kind, payload, dedupe_key)
    values ('report_email', jsonb_build_object('report_id', v_report_id), v_report_id::text)
    on conflict (kind, dedupe_key) where dedupe_key is not null do nothing;
    perform private.invoke_function('email-worker', jsonb_build_object('report_id', v_report_id));
  end if;
  return true;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."finalize_report"(uuid, bigint, integer, text, text, text, jsonb, text) TO "service_role";

COMMENT ON FUNCTION "public"."finalize_report"(uuid, bigint, integer, text, text, text, jsonb, text) IS 'Ends a report once, with its totals, and enqueues its e-mail. False: the lease was lost or the report had ended.';

REVOKE ALL ON FUNCTION "public"."finalize_report"(uuid, bigint, integer, text, text, text, jsonb, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/find_missing_field.sql
CREATE OR REPLACE FUNCTION public.find_missing_field (
  p_owner   uuid,
  p_dataset uuid,
  p_fields  text[]
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select to_jsonb(x) from (
    select f.field, r.row_index
    from public.datasets d
    cross join unnest(p_fields) with ordinality as f (field, place)
    cross join lateral (
      select r.row_index::integer as row_index from public.dataset_rows r
      where r.dataset_id = d.id and not r.data_json ? f.field
        -- Postgres reads -1 as the last element of a list; renderPrompt() finds nothing there.
        and (f.field ~ '(^|\.)\s*[+-]\d+(\.|$)' or r.data_json #> string_to_array(f.field, '.') is null)
      order by r.row_index
      limit 1
    ) r
    where d.id = p_dataset and d.owner_id = p_owner
    order by f.place
    limit 1
  ) x
$function$;

GRANT EXECUTE ON FUNCTION "public"."find_missing_field"(uuid, uuid, text[]) TO "service_role";

COMMENT ON FUNCTION "public"."find_missing_field"(uuid, uuid, text[]) IS 'Returns the first of these fields (names or dotted paths) that a row of the owner''s dataset lacks, as {field, row_index}; null if no row lacks any. A JSON null is a value.';

REVOKE ALL ON FUNCTION "public"."find_missing_field"(uuid, uuid, text[]) FROM PUBLIC, "anon", "authenticated";

-- public/functions/find_prompt_run.sql
CREATE OR REPLACE FUNCTION public.find_prompt_run (
  p_owner           uuid,
  p_idempotency_key text,
  p_request_hash    text
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select case when k.request_hash is distinct from p_request_hash then jsonb_build_object('conflict', true)
    else jsonb_build_object('run_id', k.run_id, 'is_new', false, 'conflict', false) end
  from private.prompt_run_keys k
  where k.owner_id = p_owner and k.key = p_idempotency_key
$function$;

GRANT EXECUTE ON FUNCTION "public"."find_prompt_run"(uuid, text, text) TO "service_role";

COMMENT ON FUNCTION "public"."find_prompt_run"(uuid, text, text) IS 'Returns the run that the owner''s key opened, in the form of open_prompt_run; null if it opened none.';

REVOKE ALL ON FUNCTION "public"."find_prompt_run"(uuid, text, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/finish_chat_turn.sql
CREATE OR REPLACE FUNCTION public.finish_chat_turn (
  p_user         uuid,
  p_conversation uuid,
  p_content      text,
  p_sql          text,
  p_rows         jsonb,
  p_follow_ups   jsonb,
  p_response_id  text
)
  RETURNS uuid
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_message uuid;
begin
  update public.chat_conversations set last_message_at = now() where id = p_conversation and owner_id = p_user;
  if not found then
    raise exception 'conversation not found for this user' using errcode = 'no_data_found';
  end if;
  insert into public.chat_messages (conversation_id, owner_id, role, content, sql, rows, follow_ups, response_id)
  values (p_conversation, p_user, 'assistant', p_content, p_sql, p_rows, p_follow_ups, p_response_id)
  returning id into v_message;
  return v_message;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."finish_chat_turn"(uuid, uuid, text, text, jsonb, jsonb, text) TO "service_role";

COMMENT ON FUNCTION "public"."finish_chat_turn"(uuid, uuid, text, text, jsonb, jsonb, text) IS 'Stores an answer and returns its id. Raises P0002 if the conversation was deleted or is not the user''s.';

REVOKE ALL ON FUNCTION "public"."finish_chat_turn"(uuid, uuid, text, text, jsonb, jsonb, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/finish_test_run.sql
CREATE OR REPLACE FUNCTION public.finish_test_run (
  p_owner  uuid,
  p_run    bigint,
  p_status text   DEFAULT 'complete'::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.test_runs;
begin
  if p_status is null or p_status not in ('complete', 'aborted') then
    raise exception 'a test run ends as complete or aborted, not %', p_status using errcode = 'invalid_parameter_value';
  end if;
  v_run := private.own_test_run(p_owner, p_run);
  if v_run.status = 'running' then
    perform private.conclude_test_run(p_run, p_status);
  elsif v_run.status <> p_status then
    raise exception 'test run % is % already', p_run, v_run.status using errcode = 'object_not_in_prerequisite_state';
  end if;
  return private.describe_test_run(p_run);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."finish_test_run"(uuid, bigint, text) TO "service_role";

COMMENT ON FUNCTION "public"."finish_test_run"(uuid, bigint, text) IS 'Ends a run. Ending it again with the same status changes nothing. Raises no_data_found; object_not_in_prerequisite_state if it has ended with the other status.';

REVOKE ALL ON FUNCTION "public"."finish_test_run"(uuid, bigint, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/get_prompt_run.sql
CREATE OR REPLACE FUNCTION public.get_prompt_run (
  p_owner uuid,
  p_run   uuid,
  p_after bigint  DEFAULT 0,
  p_limit integer DEFAULT 100
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  v_run json;
begin
  select json_build_object('id', r.id, 'name', r.name, 'status', r.status, 'error', r.error,
    'prompt_version_id', r.prompt_version_id, 'dataset_id', r.dataset_id, 'grader_version_id', r.grader_version_id,
    'grader', r.grader, 'parameters', r.parameters, 'repeats', r.repeats, 'use_cache', r.use_cache,
    'cell_count', r.cell_count, 'estimated_cost_usd', r.estimated_cost_usd, 'cost_ceiling_usd', r.cost_ceiling_usd,
    'spent_usd', g.spent_usd, 'written_off_usd', g.written_off_usd,
    'created_at', r.created_at, 'started_at', r.started_at, 'completed_at', r.completed_at)
  into v_run
  from public.runs r left join private.job_groups g on g.id = r.id
  where r.id = p_run and r.owner_id = p_owner;
  if not found then
    raise exception 'no such run' using errcode = 'no_data_found', column = 'run_id';
  end if;
  return json_build_object(
    'run', v_run,
    'models', (
      select json_agg(json_build_object('id', m.id, 'label', m.label, 'provider', m.provider, 'model', m.model,
        'cells', json_build_object('queued', t.queued, 'running', t.running, 'complete', t.complete, 'failed', t.failed,
          'skipped', t.skipped, 'cancelled', t.cancelled),
        'cut_off', t.cut_off, 'cached', t.cached, 'graded', t.graded, 'overridden', t.overridden,
        'grader_failures', t.grader_failures,
        'mean_score', (t.score_sum / nullif(t.graded::integer, 0))::double precision,
        'tokens_in', t.tokens_in, 'tokens_out', t.tokens_out, 'tokens_cached', t.tokens_cached,
        'cost_usd', case when t.priced > 0 then t.cost_usd end, 'grader_cost_usd', t.grader_cost_usd,
        'latency_p50_ms', private.bucket_latency(l.p50),
        'latency_p95_ms', private.bucket_latency(l.p95)) order by m.label)
      from public.run_models m join public.run_model_totals t on t.run_model_id = m.id
      cross join lateral (
        select min(b.bucket) filter (where b.up_to >= 0.5 * b.calls) as p50,
          min(b.bucket) filter (where b.up_to >= 0.95 * b.calls) as p95
        from (
          select x.bucket, sum(x.calls) over (order by x.bucket) as up_to, sum(x.calls) over () as calls
          from private.run_model_latencies x where x.run_model_id = m.id and x.calls > 0
        ) b
      ) l
      where m.run_id = p_run
    ),
    'cells', (
      select coalesce(json_agg(c order by c.id), '[]')
      from (
        select x.id, x.run_model_id, x.row_index, x.repeat, x.status, x.output_text, x.answer_ending, x.error_text,
          x.latency_ms, x.tokens_in, x.tokens_out, x.tokens_cached, x.cost_usd, x.is_cached, x.attempts,
          x.grade_score, x.grade_reason, x.graded_by, x.grader_score, x.grader_reason, x.grader_error,
          x.grader_cost_usd, x.human_score, x.human_reason, x.started_at, x.completed_at
        from public.run_cells x where x.run_id = p_run and x.id > p_after
        order by x.id limit p_limit
      ) c
    )
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."get_prompt_run"(uuid, uuid, bigint, integer) TO "service_role";

COMMENT ON FUNCTION "public"."get_prompt_run"(uuid, uuid, bigint, integer) IS 'Returns the owner''s run with the totals of its models and a page of its cells, which have an id above p_after: {run, models: [{id, label, provider, model, cells: {status: count}, cut_off, cached, graded, overridden, grader_failures, mean_score 0-1, tokens_in, tokens_out, tokens_cached, cost_usd (null without a price), grader_cost_usd, latency_p50_ms, latency_p95_ms (accurate to 1 %)}], cells: [columns of run_cells]}. Raises P0002 if the owner has no such run.';

REVOKE ALL ON FUNCTION "public"."get_prompt_run"(uuid, uuid, bigint, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/get_shared_report.sql
CREATE OR REPLACE FUNCTION public.get_shared_report (
  p_token text
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.open_shared_report(p_token)
$function$;

GRANT EXECUTE ON FUNCTION "public"."get_shared_report"(text) TO "anon", "authenticated";

GRANT EXECUTE ON FUNCTION "public"."get_shared_report"(text) TO "service_role";

COMMENT ON FUNCTION "public"."get_shared_report"(text) IS 'Returns the report that the link with this token opens: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, order}. Null for a wrong, replaced or expired token.';

REVOKE ALL ON FUNCTION "public"."get_shared_report"(text) FROM PUBLIC;

-- public/functions/import_issues.sql
CREATE OR REPLACE FUNCTION public.import_issues (
  p_owner  uuid,
  p_issues jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_counts jsonb;
begin
  -- Raises the counters, so that the detector never assigns a code of the list again. Locks them first and in
  -- the detector's order, which prevents a deadlock.
  insert into private.issue_counters as c (owner_id, area, priority, last_number)
  select p_owner, n.code[1], n.code[2], max(n.code[3]::integer)
  from jsonb_to_recordset(p_issues) as x (issue_code text)
  cross join lateral regexp_matches(x.issue_code, '^(.+)-(CRITICAL|HIGH|MEDIUM|LOW)-0*([1-9][0-9]{0,8})$') as n (code)
  group by n.code[1], n.code[2]
  order by n.code[1], n.code[2]
  on conflict (owner_id, area, priority) do update
  set last_number = greatest(c.last_number, excluded.last_number);

  with given as (
    select distinct on (x.issue_code) x.issue_code, coalesce(x.suite, 'default') as suite, x.title, x.description,
      x.category, x.priority, x.root_cause, x.resolution, coalesce(x.is_resolved, false) as is_resolved,
      x.affected_tools
    from jsonb_to_recordset(p_issues) as x (
      issue_code text, suite text, title text, description text, category text, priority text, is_resolved boolean,
      affected_tools text[], root_cause text, resolution text
    )
    order by x.issue_code
  ),
  written as (
    insert into public.issues as i (
      owner_id, issue_code, suite, title, description, category, priority, root_cause, resolution, status, trend,
      affected_tools, resolved_at
    )
    select p_owner, g.issue_code, g.suite, g.title, g.description, coalesce(g.category, 'production'),
      coalesce(g.priority, 'MEDIUM'), g.root_cause, g.resolution,
      case when g.is_resolved then 'RESOLVED' else 'OPEN' end,
      case when g.is_resolved then 'resolved' else 'new' end, coalesce(g.affected_tools, '{}'),
      case when g.is_resolved then now() end
    from given g
    on conflict (owner_id, issue_code) do update
    set title = excluded.title, description = coalesce(excluded.description, i.description),
      category = excluded.category, priority = excluded.priority,
      root_cause = coalesce(excluded.root_cause, i.root_cause),
      resolution = coalesce(excluded.resolution, i.resolution),
      affected_tools = case when excluded.affected_tools = '{}' then i.affected_tools else excluded.affected_tools end,
      -- A list may be older than the stored issue, so it may resolve the issue but never reopen it.
      status = case when excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS') then 'RESOLVED'
        else i.status end,
      trend = case when excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS') then 'resolved'
        else i.trend end,
      resolved_at = case when excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS') then now()
        else i.resolved_at end
    where (i.title, i.category, i.priority, i.description, i.root_cause, i.resolution) is distinct from (
        excluded.title, excluded.category, excluded.priority, coalesce(excluded.description, i.description),
        coalesce(excluded.root_cause, i.root_cause), coalesce(excluded.resolution, i.resolution)
      )
      or (excluded.affected_tools <> '{}' and excluded.affected_tools is distinct from i.affected_tools)
      or (excluded.status = 'RESOLVED' and i.status in ('OPEN', 'IN_PROGRESS'))
    returning i.xmax = 0 as is_new
  )
  select jsonb_build_object(
    'added', count(*) filter (where w.is_new), 'changed', count(*) filter (where not w.is_new),
    'known', (select count(*) from given) - count(*)
  ) into v_counts from written w;
  return v_counts;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."import_issues"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."import_issues"(uuid, jsonb) IS 'Imports a checklist as a whole or not at all: [{issue_code, suite, title, description, category, priority, root_cause, resolution, is_resolved, affected_tools}], identified by their codes. Returns {added, changed, known}. Resolved issues of the list are resolved here; open ones reopen nothing.';

REVOKE ALL ON FUNCTION "public"."import_issues"(uuid, jsonb) FROM PUBLIC, "anon", "authenticated";

-- public/functions/ingest_test_report.sql
CREATE OR REPLACE FUNCTION public.ingest_test_report (
  p_owner           uuid,
  p_run             jsonb,
  p_results         jsonb,
  p_idempotency_key text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_opened record;
begin
  -- One transaction: the run, its results and what follows from them, or nothing of it.
  select * into v_opened from private.open_test_run(p_owner, p_run, p_idempotency_key);
  if v_opened.is_new then
    perform private.insert_test_results(p_owner, v_opened.run_id, p_results);
    perform private.conclude_test_run(v_opened.run_id, 'complete');
  end if;
  return private.describe_test_run(v_opened.run_id)
    || jsonb_build_object('is_new', v_opened.is_new, 'conflict', v_opened.is_conflict);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."ingest_test_report"(uuid, jsonb, jsonb, text) TO "service_role";

COMMENT ON FUNCTION "public"."ingest_test_report"(uuid, jsonb, jsonb, text) IS 'Stores a whole report: begin_test_run, add_test_results and finish_test_run in one transaction. A known idempotency key finds the existing run.';

REVOKE ALL ON FUNCTION "public"."ingest_test_report"(uuid, jsonb, jsonb, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/list_orphan_dataset_files.sql
CREATE OR REPLACE FUNCTION public.list_orphan_dataset_files (
  p_older_than interval,
  p_limit      integer
)
  RETURNS SETOF text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select o.name from storage.objects o
  where o.bucket_id = 'datasets' and o.created_at < now() - p_older_than
    and not exists (select from public.datasets d where d.file_path = o.name)
  order by o.created_at limit p_limit
$function$;

GRANT EXECUTE ON FUNCTION "public"."list_orphan_dataset_files"(interval, integer) TO "service_role";

COMMENT ON FUNCTION "public"."list_orphan_dataset_files"(interval, integer) IS 'Returns files of the bucket datasets that belong to no dataset, the oldest first. p_older_than must be longer than any upload takes.';

REVOKE ALL ON FUNCTION "public"."list_orphan_dataset_files"(interval, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/load_finalization.sql
CREATE OR REPLACE FUNCTION public.load_finalization (
  p_report uuid
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select json_build_object(
    'report', public.load_report(p_report),
    'runs', (
      select coalesce(json_agg(x), '[]') from (
        select r.id, r.model_id, r.image_index, r.repeat_index, r.status, r.is_valid_json, r.exact_match,
          r.field_accuracy,
          r.field_errors, r.response_time_ms, r.input_tokens, r.output_tokens, r.cached_tokens, r.reasoning_tokens,
          r.served_model, r.served_other, r.schema_regime, r.actual_cost, r.attempts, r.error_message, r.error_kind,
          r.score, r.skip_reason
        from public.benchmark_runs r where r.report_id = p_report
        order by r.model_id, r.image_index, r.repeat_index
      ) x
    ),
    'predicted_cost_usd', (select p.estimated_api_cost from public.reports p where p.id = p_report),
    'actual_cost_usd', (select g.spent_usd from private.job_groups g where g.id = p_report)
  )
$function$;

GRANT EXECUTE ON FUNCTION "public"."load_finalization"(uuid) TO "service_role";

COMMENT ON FUNCTION "public"."load_finalization"(uuid) IS 'A report, all its runs and what it cost, for the job that sums them up.';

REVOKE ALL ON FUNCTION "public"."load_finalization"(uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/load_prompt_run.sql
CREATE OR REPLACE FUNCTION public.load_prompt_run (
  p_run uuid
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'run', jsonb_build_object('id', r.id, 'grader', r.grader, 'parameters', r.parameters, 'use_cache', r.use_cache),
    'models', (
      select jsonb_agg(jsonb_build_object('id', m.id, 'provider', m.provider, 'model', m.model,
        'input_price', m.input_price, 'cached_input_price', m.cached_input_price, 'output_price', m.output_price,
        'long_context', m.long_context) order by m.label)
      from public.run_models m where m.run_id = r.id
    ),
    'prompt', jsonb_build_object('body', v.body),
    'grader_prompt', case when g.id is not null then jsonb_build_object('body', g.body) end
  )
  from public.runs r
  join public.prompt_versions v on v.id = r.prompt_version_id
  left join public.prompt_versions g on g.id = r.grader_version_id
  where r.id = p_run
$function$;

GRANT EXECUTE ON FUNCTION "public"."load_prompt_run"(uuid) TO "service_role";

COMMENT ON FUNCTION "public"."load_prompt_run"(uuid) IS 'Returns what a worker needs of a run: {run: {id, grader, parameters, use_cache}, models: [{id, provider, model, prices}], prompt: {body}, grader_prompt: {body} or null}. Null if the run was deleted.';

REVOKE ALL ON FUNCTION "public"."load_prompt_run"(uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/load_race.sql
CREATE OR REPLACE FUNCTION public.load_race (
  p_report uuid
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'looks', to_jsonb(c.looks), 'look', c.released_images,
    'accuracy_margin', coalesce(o.config_snapshot -> 'accuracy_margin', '0'),
    'models', (
      select coalesce(jsonb_agg(m.model order by m.model ->> 'model_id'), '[]')
      from (
        select jsonb_build_object('model_id', r.model_id, 'scores', coalesce(jsonb_agg(jsonb_build_object(
            'image_index', r.image_index, 'field_accuracy', r.field_accuracy, 'error_kind', r.error_kind,
            'served_other', r.served_other
          ) order by r.image_index, r.repeat_index) filter (where r.status = 'complete'), '[]')) as model
        from public.benchmark_runs r where r.report_id = p_report
        group by r.model_id
        having bool_or(r.status = 'queued' and r.image_index <> all (c.image_order[:c.released_images]))
      ) m
    )
  )
  from private.races c join public.report_orders o using (report_id) where c.report_id = p_report
$function$;

GRANT EXECUTE ON FUNCTION "public"."load_race"(uuid) TO "service_role";

COMMENT ON FUNCTION "public"."load_race"(uuid) IS 'What a look decides by: {looks: after how many images in all, look: which of them it is, accuracy_margin: by how many points the order lets a recommended model be behind, models: [{model_id, scores: [{image_index, field_accuracy, error_kind, served_other}]}]}, of the models still running, from their completed runs; a run that failed says nothing about its model. Null where there is no race.';

REVOKE ALL ON FUNCTION "public"."load_race"(uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/load_report.sql
CREATE OR REPLACE FUNCTION public.load_report (
  p_report uuid
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'report_id', r.id, 'owner_id', r.owner_id, 'owner_email', private.owner_email(r.owner_id), 'status', r.status,
    'config_snapshot', o.config_snapshot, 'share_token', r.share_token, 'recommended_model', r.recommended_model,
    'rationale', r.rationale, 'doubt', r.summary ->> 'doubt', 'recommended_figures', (
      select model from jsonb_array_elements(r.summary -> 'models') model where model ->> 'modelId' = r.recommended_model
    ), 'most_accurate', r.summary #>> '{picks,mostAccurate,text}',
    'unmeasured_models', (
      select count(*) from jsonb_array_elements(r.summary -> 'models') model
      where model ->> 'standing' in ('not_measured', 'answered_by_another')
    ), 'no_recommendation', r.summary #>> '{noRecommendation,text}',
    'fitted_images', r.summary #>> '{fittedImages,text}', 'created_at', r.created_at, 'started_at', r.started_at
  ) from public.reports r join public.report_orders o on o.report_id = r.id
  where r.id = p_report
$function$;

GRANT EXECUTE ON FUNCTION "public"."load_report"(uuid) TO "service_role";

COMMENT ON FUNCTION "public"."load_report"(uuid) IS 'What a worker needs of a report, read once and kept.';

REVOKE ALL ON FUNCTION "public"."load_report"(uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/load_rescored.sql
CREATE OR REPLACE FUNCTION public.load_rescored (
  p_report uuid
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select json_build_object(
    'report', public.load_report(p_report),
    'runs', (
      select coalesce(json_agg(to_jsonb(r) - 'output_json' - 'raw_output' || coalesce(s.scores - 'output_json', '{}')
        order by r.model_id, r.image_index, r.repeat_index), '[]')
      from public.benchmark_runs r
      left join private.rescored_runs s on s.report_id = r.report_id and s.run_id = r.id
      where r.report_id = p_report
    )
  )
$function$;

GRANT EXECUTE ON FUNCTION "public"."load_rescored"(uuid) TO "service_role";

COMMENT ON FUNCTION "public"."load_rescored"(uuid) IS 'Returns a report and all its runs with the new scores of the revision that is being scored: {report, runs} in the format of load_finalization.';

REVOKE ALL ON FUNCTION "public"."load_rescored"(uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/load_rescoring.sql
CREATE OR REPLACE FUNCTION public.load_rescoring (
  p_report          uuid,
  p_revision        integer,
  p_most_runs       integer,
  p_most_characters integer
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select json_build_object(
    'scorer_version', v.scorer_version, 'json_schema', v.json_schema, 'scored_runs', v.scored_runs,
    'runs', (
      select coalesce(json_agg(json_build_object('run_id', b.id, 'image_index', b.image_index,
        'raw_output', b.raw_output, 'error_kind', b.error_kind, 'error_message', b.error_message)
        order by b.place), '[]')
      from (
        select x.*, row_number() over w as place, sum(length(x.raw_output)) over w as characters
        from (
          select r.id, r.model_id, r.image_index, r.repeat_index, r.raw_output, r.error_kind, r.error_message
          from public.benchmark_runs r
          where r.report_id = p_report and r.status = 'complete' and r.raw_output is not null
          order by r.model_id, r.image_index, r.repeat_index
          offset v.scored_runs limit p_most_runs
        ) x
        window w as (order by x.model_id, x.image_index, x.repeat_index)
      ) b
      where b.place = 1 or b.characters <= p_most_characters
    )
  )
  from public.report_revisions v
  where v.report_id = p_report and v.revision = p_revision and v.status = 'scoring'
$function$;

GRANT EXECUTE ON FUNCTION "public"."load_rescoring"(uuid, integer, integer, integer) TO "service_role";

COMMENT ON FUNCTION "public"."load_rescoring"(uuid, integer, integer, integer) IS 'Returns the next answers to score for a revision, at least one and up to p_most_runs and p_most_characters: {scorer_version, json_schema, scored_runs, runs: [{run_id, image_index, raw_output, error_kind, error_message}]}. runs is empty if none are left. Null if the revision is not being scored.';

REVOKE ALL ON FUNCTION "public"."load_rescoring"(uuid, integer, integer, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/lookup_cached_answers.sql
CREATE OR REPLACE FUNCTION public.lookup_cached_answers (
  p_run   uuid,
  p_calls jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('key', k.key, 'repeat', k.repeat, 'output_text', k.output_text,
    'latency_ms', k.latency_ms, 'tokens_in', k.tokens_in, 'tokens_out', k.tokens_out, 'tokens_cached', k.tokens_cached)), '[]')
  from public.runs r
  cross join jsonb_to_recordset(p_calls) as x (key text, repeat integer)
  join private.call_cache k on k.owner_id = r.owner_id and k.key = x.key and k.repeat = x.repeat
  where r.id = p_run and r.use_cache
$function$;

GRANT EXECUTE ON FUNCTION "public"."lookup_cached_answers"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."lookup_cached_answers"(uuid, jsonb) IS 'The answers that the owner of this run has got before to calls [{key, repeat}], as far as there are any: [{key, repeat, output_text, latency_ms, tokens_in, tokens_out, tokens_cached}]. Empty for a run that did not ask for the cache. key: SHA-256 in hexadecimal of provider, model, parameters and rendered prompt.';

REVOKE ALL ON FUNCTION "public"."lookup_cached_answers"(uuid, jsonb) FROM PUBLIC, "anon", "authenticated";

-- public/functions/mcnemar_exact_p.sql
CREATE OR REPLACE FUNCTION public.mcnemar_exact_p (
  p_worse  integer,
  p_better integer
)
  RETURNS double precision
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  STRICT
  SET search_path TO ''
  AS $function$
declare
  v_total constant integer := p_worse + p_better;
  v_least constant integer := least(p_worse, p_better);
  -- Uses logarithms, because 0.5 ^ 1000 underflows double precision.
  v_log_term double precision := v_total * ln(0.5::double precision);
  v_sum double precision := 0;
begin
  if p_worse < 0 or p_better < 0 then
    raise exception 'counts must not be negative' using errcode = 'invalid_parameter_value';
  end if;
  if p_worse = p_better then
    return 1;
  end if;
  for k in 0..v_least loop
    if k > 0 then
      v_log_term := v_log_term + ln((v_total - k + 1)::double precision / k);
    end if;
    if v_log_term > -700 then
      v_sum := v_sum + exp(v_log_term);
    end if;
  end loop;
  return least(1, 2 * v_sum);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."mcnemar_exact_p"(integer, integer) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."mcnemar_exact_p"(integer, integer) TO "service_role", "test_reporter";

COMMENT ON FUNCTION "public"."mcnemar_exact_p"(integer, integer) IS 'Returns the two-sided exact p of McNemar''s test: the probability of a split this uneven if both changes were equally likely. p_worse: tests that passed before and failed after; p_better: the reverse. Values below 1e-300 are 0.';

REVOKE ALL ON FUNCTION "public"."mcnemar_exact_p"(integer, integer) FROM PUBLIC, "anon";

-- public/functions/open_dataset.sql
CREATE OR REPLACE FUNCTION public.open_dataset (
  p_owner        uuid,
  p_id           uuid,
  p_name         text,
  p_content_hash text,
  p_format       text,
  p_delimiter    text,
  p_file_path    text,
  p_file_bytes   bigint
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_known public.datasets;
begin
  -- If two uploads have the same name, the second one waits here until the first one has ended.
  perform pg_advisory_xact_lock(hashtextextended(p_owner || '/' || p_name, 0));
  select * into v_known from public.datasets d
  where d.owner_id = p_owner and d.name = p_name and d.content_hash = p_content_hash and d.format = p_format
    and d.delimiter is not distinct from p_delimiter;
  if found then
    return private.describe_dataset(v_known);
  end if;
  insert into public.datasets (
    id, owner_id, name, version, content_hash, format, delimiter, file_path, file_bytes, columns, row_count
  ) values (
    p_id, p_owner, p_name,
    (select coalesce(max(d.version), 0) + 1 from public.datasets d where d.owner_id = p_owner and d.name = p_name),
    p_content_hash, p_format, p_delimiter, p_file_path, p_file_bytes, '{}', 0
  );
  return null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."open_dataset"(uuid, uuid, text, text, text, text, text, bigint) TO "service_role";

COMMENT ON FUNCTION "public"."open_dataset"(uuid, uuid, text, text, text, text, text, bigint) IS 'Creates a dataset as the next version of its name and returns null, or returns the existing one with the same bytes, format and delimiter. Other uploads of the name wait until the transaction ends.';

REVOKE ALL ON FUNCTION "public"."open_dataset"(uuid, uuid, text, text, text, text, text, bigint) FROM PUBLIC, "anon", "authenticated";

-- public/functions/open_prompt_run.sql
CREATE OR REPLACE FUNCTION public.open_prompt_run (
  p_owner           uuid,
  p_run             jsonb,
  p_idempotency_key text  DEFAULT NULL::text,
  p_request_hash    text  DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_known jsonb;
  v_run public.runs;
  v_dataset uuid := (p_run ->> 'dataset_id')::uuid;
  v_grader uuid := (p_run ->> 'grader_version_id')::uuid;
  v_rows integer;
begin
  if p_idempotency_key is not null then
    -- Serializes concurrent requests of one user, so that the second finds the run of the first.
    perform pg_advisory_xact_lock(hashtextextended('prompt-run:' || p_owner, 0));
    v_known := public.find_prompt_run(p_owner, p_idempotency_key, p_request_hash);
    if v_known is not null then
      return v_known;
    end if;
  end if;
  if not exists (
    select from public.prompt_versions v
    where v.id = (p_run ->> 'prompt_version_id')::uuid and v.owner_id = p_owner and v.type = 'task'
  ) then
    raise exception 'no such version of a task prompt'
      using errcode = 'no_data_found', column = 'prompt_version_id';
  end if;
  if v_grader is not null and not exists (
    select from public.prompt_versions v where v.id = v_grader and v.owner_id = p_owner and v.type = 'grader'
  ) then
    raise exception 'no such version of a grader prompt'
      using errcode = 'no_data_found', column = 'grader_version_id';
  end if;
  if v_dataset is not null then
    select d.row_count into v_rows from public.datasets d where d.id = v_dataset and d.owner_id = p_owner;
    if not found then
      raise exception 'no such dataset' using errcode = 'no_data_found', column = 'dataset_id';
    end if;
  end if;

  insert into public.runs (owner_id, name, prompt_version_id, dataset_id, grader_version_id, grader, parameters,
    repeats, use_cache, cell_count, estimated_cost_usd, cost_ceiling_usd, grading_reservation_usd)
  values (
    p_owner, coalesce(p_run ->> 'name', ''), (p_run ->> 'prompt_version_id')::uuid, v_dataset, v_grader,
    nullif(p_run -> 'grader', 'null'), coalesce(p_run -> 'parameters', '{}'),
    coalesce((p_run ->> 'repeats')::integer, 1), coalesce((p_run ->> 'use_cache')::boolean, false),
    jsonb_array_length(p_run -> 'models') * coalesce(v_rows, 1) * coalesce((p_run ->> 'repeats')::integer, 1),
    (p_run ->> 'estimated_cost_usd')::numeric, (p_run ->> 'cost_ceiling_usd')::numeric,
    coalesce((p_run ->> 'grading_reservation_usd')::numeric, 0)
  )
  returning * into v_run;
  if v_run.cell_count = 0 then
    raise exception 'a run needs at least one model and a dataset with at least one row'
      using errcode = 'invalid_parameter_value';
  end if;
  if v_run.grader ->> 'type' = 'prompt'
    and (v_run.grader_version_id is null or v_run.grader ->> 'provider' is null)
  then
    raise exception 'grading by a model needs a grader prompt and a provider' using errcode = 'invalid_parameter_value';
  end if;
  insert into public.run_models
    (run_id, owner_id, provider, model, label, input_price, cached_input_price, output_price, long_context,
     reservation_usd)
  select v_run.id, p_owner, m.provider, m.model, m.label, m.input_price, m.cached_input_price, m.output_price,
    nullif(m.long_context, 'null'), coalesce(m.reservation_usd, 0)
  from rows from (jsonb_to_recordset(p_run -> 'models') as (
    provider text, model text, label text, input_price numeric, cached_input_price numeric, output_price numeric,
    long_context jsonb, reservation_usd numeric
  )) with ordinality as m (provider, model, label, input_price, cached_input_price, output_price, long_context,
    reservation_usd, place)
  order by m.place;
  insert into public.run_cells (run_id, run_model_id, owner_id, row_index, repeat)
  select v_run.id, m.id, p_owner, case when v_dataset is not null then i.index end, x.index
  from public.run_models m
  cross join generate_series(0, coalesce(v_rows, 1) - 1) as i (index)
  cross join generate_series(0, v_run.repeats - 1) as x (index)
  where m.run_id = v_run.id
  order by x.index, i.index, m.label;
  -- The limits of calls at once come from the caller; the queue's defaults suit a report's many models.
  insert into private.job_groups (id, kind, max_in_flight, max_in_flight_per_lane, soft_ceiling_usd, hard_ceiling_usd)
  select v_run.id, 'prompt_cell', l.calls, l.calls, v_run.cost_ceiling_usd, v_run.cost_ceiling_usd
  from (
    select coalesce((p_run ->> 'max_in_flight')::integer, s.max_in_flight_per_group) as calls
    from private.queue_settings s
  ) l;
  perform private.enqueue_cells(v_run.id);
  -- Skips cells that cannot fit under the ceiling now and not at a later claim.
  perform private.enforce_ceilings(array[v_run.id]);
  perform private.end_groups(array[v_run.id]);
  if p_idempotency_key is not null then
    insert into private.prompt_run_keys (owner_id, key, request_hash, run_id)
    values (p_owner, p_idempotency_key, coalesce(p_request_hash, ''), v_run.id);
  end if;
  perform private.invoke_function('prompt-worker', jsonb_build_object('report_id', v_run.id));
  return jsonb_build_object('run_id', v_run.id, 'is_new', true, 'conflict', false);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."open_prompt_run"(uuid, jsonb, text, text) TO "service_role";

COMMENT ON FUNCTION "public"."open_prompt_run"(uuid, jsonb, text, text) IS 'Opens a run with all its cells and jobs in one transaction and invokes the worker after commit. Returns {run_id, is_new, conflict}. The same key returns the same run, or {conflict: true} with another hash. p_run: {name, prompt_version_id, dataset_id, grader_version_id, grader, parameters, repeats, use_cache, estimated_cost_usd, cost_ceiling_usd, grading_reservation_usd (highest cost of a grade), max_in_flight (calls at once; default: as for reports), models: [{provider, model, label, input_price, cached_input_price, output_price (USD per token, or null), long_context (as in run_models), reservation_usd (highest cost of a call, 0 without a price)}]}. Raises P0002 (no_data_found) with the field in column if the owner has no such prompt or dataset, and 22023 for a run without cells.';

REVOKE ALL ON FUNCTION "public"."open_prompt_run"(uuid, jsonb, text, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/open_report.sql
CREATE OR REPLACE FUNCTION public.open_report (
  p_owner           uuid,
  p_draft           uuid,
  p_config          jsonb,
  p_config_hash     text,
  p_estimate        numeric,
  p_idempotency_key text    DEFAULT NULL::text,
  p_request_hash    text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_known private.idempotency_keys;
  v_report public.reports;
  v_order public.report_orders;
  v_superseded jsonb := '[]';
  v_is_new boolean := false;
begin
  -- Two checkouts of one customer at once take turns, so that they find each other's order.
  perform pg_advisory_xact_lock(hashtextextended('checkout:' || p_owner, 0));
  if p_idempotency_key is not null then
    select * into v_known from private.idempotency_keys
    where owner_id = p_owner and key = p_idempotency_key;
    if v_known.request_hash <> p_request_hash then
      return jsonb_build_object('conflict', true);
    end if;
  end if;

  if v_known.report_id is not null then
    select * into strict v_report from public.reports where id = v_known.report_id;
  else
    -- Stripe closes a session after 24 hours; an older order is replaced even where its event got lost.
    select * into v_report from public.reports
    where owner_id = p_owner and draft_id = p_draft and config_hash = p_config_hash
      and status in ('draft', 'awaiting_payment') and created_at > now() - interval '23 hours';
    if not found then
      with replaced as (
        update public.reports set status = 'expired', error = 'replaced by a newer order'
        where owner_id = p_owner and draft_id = p_draft and status in ('draft', 'awaiting_payment')
        returning id
      )
      select coalesce(jsonb_agg(jsonb_build_object('report_id', r.id, 'stripe_session_id', o.stripe_session_id)), '[]')
      into v_superseded from replaced r join public.report_orders o on o.report_id = r.id;
      insert into public.reports (owner_id, draft_id, config_hash, estimated_api_cost, model_count)
      values (p_owner, p_draft, p_config_hash, p_estimate, jsonb_array_length(p_config -> 'models'))
      returning * into v_report;
      insert into public.report_orders (report_id, owner_id, config_snapshot)
      values (v_report.id, p_owner, p_config);
      v_is_new := true;
    end if;
    if p_idempotency_key is not null then
      insert into private.idempotency_keys (owner_id, key, request_hash, report_id)
      values (p_owner, p_idempotency_key, p_request_hash, v_report.id);
    end if;
  end if;
  select * into strict v_order from public.report_orders where report_id = v_report.id;
  return jsonb_build_object(
    'report_id', v_report.id, 'status', v_report.status, 'checkout_url', v_order.checkout_url,
    'stripe_session_id', v_order.stripe_session_id, 'is_new', v_is_new, 'conflict', false,
    'superseded', v_superseded
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."open_report"(uuid, uuid, jsonb, text, numeric, text, text) TO "service_role";

COMMENT ON FUNCTION "public"."open_report"(uuid, uuid, jsonb, text, numeric, text, text) IS 'Makes the order of a checkout, or finds the one that the same draft and configuration, or the same Idempotency-Key, made before. Orders of the draft with another configuration expire: {report_id, status, checkout_url, stripe_session_id, is_new, conflict, superseded}.';

REVOKE ALL ON FUNCTION "public"."open_report"(uuid, uuid, jsonb, text, numeric, text, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/read_dataset.sql
CREATE OR REPLACE FUNCTION public.read_dataset (
  p_owner      uuid,
  p_dataset    uuid,
  p_rows       integer,
  p_characters integer
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.describe_dataset(d) || jsonb_build_object('rows', coalesce((
    select jsonb_agg(r.data_json order by r.row_index) from (
      select r.row_index, r.data_json,
        sum(length(r.data_json::text)) over (order by r.row_index) as characters
      from public.dataset_rows r where r.dataset_id = d.id and r.row_index < p_rows
    ) r where r.row_index = 0 or r.characters <= p_characters
  ), '[]'))
  from public.datasets d where d.id = p_dataset and d.owner_id = p_owner
$function$;

GRANT EXECUTE ON FUNCTION "public"."read_dataset"(uuid, uuid, integer, integer) TO "service_role";

COMMENT ON FUNCTION "public"."read_dataset"(uuid, uuid, integer, integer) IS 'Returns a dataset with its first rows: at most p_rows, and as many as fit into p_characters, but at least one. Null if it does not exist or is another owner''s.';

REVOKE ALL ON FUNCTION "public"."read_dataset"(uuid, uuid, integer, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/read_test_history.sql
CREATE OR REPLACE FUNCTION public.read_test_history (
  p_owner  uuid,
  p_suite  text,
  p_branch text,
  p_runs   integer DEFAULT 50
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  with runs as materialized (
    select r.id, r.run_timestamp, r.commit_hash, r.tests_passed, r.tests_failed, j.is_outage,
      (row_number() over (order by j.run_timestamp, j.tie) - 1)::integer as place
    from (
      select j.* from private.judged_runs j
      where j.owner_id = p_owner and j.suite = p_suite and j.branch_name = p_branch
      order by j.run_timestamp desc, j.tie desc
      limit least(greatest(p_runs, 1), 500)
    ) j
    join public.test_runs r on r.id = j.run_id
  ),
  results as (
    select x.test_key, r.place, min(x.id) as id,
      case when bool_or(x.is_counted and x.status in ('FAIL', 'ERROR')) then 'F'
        when bool_or(x.status in ('FAIL', 'ERROR')) then 'R' else 'P' end as outcome,
      round(avg(x.duration_secs) filter (where x.is_counted and x.status = 'PASS'), 3) as duration,
      round(avg(x.cost_usd) filter (where x.is_counted and x.status = 'PASS'), 6) as cost
    from runs r join public.test_results x on x.run_id = r.id
    where x.status <> 'SKIP' and not r.is_outage
    group by x.test_key, r.place
    having bool_or(x.is_counted)
  ),
  tests as (
    select max(s.id) as id, jsonb_agg(s.place order by s.place) as places,
      string_agg(s.outcome, '' order by s.place) as outcomes,
      case when count(s.duration) > 0 then jsonb_agg(s.duration order by s.place) end as durations,
      case when count(s.cost) > 0 then jsonb_agg(s.cost order by s.place) end as costs
    from results s group by s.test_key
  )
  select jsonb_build_object(
    'runs', (
      select coalesce(jsonb_agg(jsonb_build_object('run_id', r.id, 'run_timestamp', r.run_timestamp,
        'commit_hash', r.commit_hash, 'tests_passed', r.tests_passed, 'tests_failed', r.tests_failed,
        'is_outage', r.is_outage) order by r.place), '[]')
      from runs r
    ),
    'tests', (
      select coalesce(jsonb_agg(jsonb_build_object('tool_name', x.tool_name, 'variation', x.variation,
        'class_name', x.class_name, 'provider', x.provider, 'model', x.model, 'places', t.places,
        'outcomes', t.outcomes, 'durations', t.durations, 'costs', t.costs) order by x.tool_name, x.test_key), '[]')
      from tests t join public.test_results x on x.id = t.id
    )
  )
$function$;

GRANT EXECUTE ON FUNCTION "public"."read_test_history"(uuid, text, text, integer) TO "service_role";

COMMENT ON FUNCTION "public"."read_test_history"(uuid, text, text, integer) IS 'Returns the last complete runs of a suite on a branch (1-500), the oldest first, and each test''s series over them: indexes into runs, outcomes as one letter each (P passed, R passed after failed attempts, F failed), seconds and USD (null unless it passed; null as a whole if it never reported any). Skipped tests and outages are left out of the series.';

REVOKE ALL ON FUNCTION "public"."read_test_history"(uuid, text, text, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/read_test_run.sql
CREATE OR REPLACE FUNCTION public.read_test_run (
  p_owner uuid,
  p_run   bigint
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.describe_test_run(r.id) from public.test_runs r where r.id = p_run and r.owner_id = p_owner
$function$;

GRANT EXECUTE ON FUNCTION "public"."read_test_run"(uuid, bigint) TO "service_role";

COMMENT ON FUNCTION "public"."read_test_run"(uuid, bigint) IS 'Returns a run and its totals; null if it does not exist or is another owner''s.';

REVOKE ALL ON FUNCTION "public"."read_test_run"(uuid, bigint) FROM PUBLIC, "anon", "authenticated";

-- public/functions/read_watcher_observations.sql
CREATE OR REPLACE FUNCTION public.read_watcher_observations (
  p_owner uuid,
  p_run   bigint
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'suite', r.suite, 'run_timestamp', r.run_timestamp, 'branch_name', r.branch_name, 'commit_hash', r.commit_hash,
    'watcher_model', r.watcher_model,
    'observed', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'tool_name', t.tool_name, 'variation', t.variation, 'provider', t.provider, 'model', t.model,
        'status', t.status, 'duration_secs', t.duration_secs, 'cost_usd', t.cost_usd, 'tokens_total', t.tokens_total,
        'error_message', t.error_message,
        'insight', jsonb_build_object('quality_score', i.quality_score, 'strengths', i.strengths,
          'weaknesses', i.weaknesses, 'anomalies', i.anomalies, 'recommendations', i.recommendations,
          'confidence_level', i.confidence_level, 'raw_observation', i.raw_observation, 'is_malformed', i.is_malformed)
      ) order by t.ordinal), '[]')
      from public.test_results t join public.watcher_insights i on i.test_result_id = t.id
      where t.run_id = r.id
    )
  )
  from public.test_runs r where r.id = p_run and r.owner_id = p_owner
$function$;

GRANT EXECUTE ON FUNCTION "public"."read_watcher_observations"(uuid, bigint) TO "service_role";

COMMENT ON FUNCTION "public"."read_watcher_observations"(uuid, bigint) IS 'Returns the watcher''s reviews of a run in the order of its results; null if the run does not exist or is another owner''s.';

REVOKE ALL ON FUNCTION "public"."read_watcher_observations"(uuid, bigint) FROM PUBLIC, "anon", "authenticated";

-- public/functions/register_worker.sql
CREATE OR REPLACE FUNCTION public.register_worker (
  p_worker      uuid,
  p_function    text,
  p_group       uuid,
  p_ttl_seconds integer
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_settings private.queue_settings;
begin
  perform pg_advisory_xact_lock(hashtextextended('private.worker_leases', 0));
  select * into v_settings from private.queue_settings;
  delete from private.worker_leases where expires_at < now();
  if (select count(*) from private.worker_leases where function_name = p_function) >= v_settings.max_workers
    or exists (
      select from private.worker_leases
      where function_name = p_function and group_id is not distinct from p_group
    )
  then
    return false;
  end if;
  insert into private.worker_leases (id, function_name, group_id, ends_at, expires_at)
  values (
    p_worker, p_function, p_group, now() + make_interval(secs => p_ttl_seconds),
    now() + make_interval(secs => least(p_ttl_seconds, v_settings.lease_seconds))
  );
  return true;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."register_worker"(uuid, text, uuid, integer) TO "service_role";

COMMENT ON FUNCTION "public"."register_worker"(uuid, text, uuid, integer) IS 'A worker invocation announces itself. False: its chain runs already (pg_net delivered twice, or the sweep was early) or enough chains run; it should end at once.';

REVOKE ALL ON FUNCTION "public"."register_worker"(uuid, text, uuid, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/release_worker.sql
CREATE OR REPLACE FUNCTION public.release_worker (
  p_worker uuid,
  p_chain  boolean
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_worker private.worker_leases;
  v_held jsonb;
  v_groups uuid[];
  v_returned jsonb;
begin
  perform private.lock_queue();
  select coalesce(jsonb_agg(jsonb_build_object('job_id', id, 'attempt', attempts, 'outcome', 'release')), '[]')
  into v_held from private.job_queue where lease_owner = p_worker;
  with released as materialized (
    select * from private.settle_jobs(p_worker, v_held)
  ),
  requeued as (
    update public.benchmark_runs r set status = 'queued'
    from released s
    where s.kind = 'benchmark_run' and r.id = (s.payload ->> 'run_id')::uuid
  )
  select array_agg(s.group_id) filter (where s.is_group_due),
    jsonb_agg(jsonb_build_object('kind', s.kind, 'group_id', s.group_id, 'payload', s.payload))
      filter (where s.kind <> 'benchmark_run')
  into v_groups, v_returned from released s;
  perform private.follow_jobs('returned', v_returned);
  perform private.enforce_ceilings(v_groups);
  perform private.end_groups(v_groups);
  delete from private.worker_leases where id = p_worker returning * into v_worker;
  -- The successor is called by this transaction's commit, or not at all: then the sweep does it.
  if p_chain and v_worker.id is not null and private.has_due_jobs(v_worker.function_name, interval '1 minute') then
    perform private.invoke_function(v_worker.function_name, jsonb_build_object('report_id', v_worker.group_id));
  end if;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."release_worker"(uuid, boolean) TO "service_role";

COMMENT ON FUNCTION "public"."release_worker"(uuid, boolean) IS 'A worker ends: what it still holds goes back unstarted, and with p_chain its successor is invoked where work is left.';

REVOKE ALL ON FUNCTION "public"."release_worker"(uuid, boolean) FROM PUBLIC, "anon", "authenticated";

-- public/functions/renew_leases.sql
CREATE OR REPLACE FUNCTION public.renew_leases (
  p_worker uuid
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_seconds integer := (select lease_seconds from private.queue_settings);
  v_count integer;
begin
  -- What settles the same jobs meanwhile takes their rows in another order.
  perform private.lock_queue();
  update private.worker_leases
  set expires_at = least(ends_at, now() + make_interval(secs => v_seconds))
  where id = p_worker;
  update private.job_queue
  set lease_expires_at = now() + make_interval(secs => v_seconds)
  where lease_owner = p_worker;
  get diagnostics v_count = row_count;
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."renew_leases"(uuid) TO "service_role";

COMMENT ON FUNCTION "public"."renew_leases"(uuid) IS 'Heartbeat of a worker: extends its own lease and those of its jobs; returns how many jobs it holds.';

REVOKE ALL ON FUNCTION "public"."renew_leases"(uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/rescore_report.sql
CREATE OR REPLACE FUNCTION public.rescore_report (
  p_report      uuid,
  p_json_schema jsonb DEFAULT NULL::jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  -- The local stack's REST service passes JSON as text.
  if jsonb_typeof(p_json_schema) = 'string' then
    p_json_schema := (p_json_schema #>> '{}')::jsonb;
  end if;
  if current_user = 'authenticated' then
    return private.rescore_own_report(p_report, p_json_schema);
  end if;
  return private.open_revision(p_report, p_json_schema);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."rescore_report"(uuid, jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."rescore_report"(uuid, jsonb) TO "service_role";

COMMENT ON FUNCTION "public"."rescore_report"(uuid, jsonb) IS 'Owner, and service_role for every report: scores the stored answers of a finished report again, without a call, as a new revision. The report shows it once it is complete. p_json_schema is the ordered schema with other x-compare rules; null keeps the rules of the shown revision. If the shown revision, or the one being scored, has the same scorer and rules, nothing is done and it is returned. Returns {report_id, revision, status, scorer_version, is_new}. HTTP 404: no such finished report; 409: it is being scored by other rules; 422: the schema differs in more than its rules, or the report has 50 revisions. Invalid rules fail the revision; POST /functions/v1/report/rescore refuses them at once.';

REVOKE ALL ON FUNCTION "public"."rescore_report"(uuid, jsonb) FROM PUBLIC, "anon";

-- public/functions/rescore_reports.sql
CREATE OR REPLACE FUNCTION public.rescore_reports (
  p_limit integer DEFAULT 20
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_report uuid;
  v_count integer := 0;
begin
  for v_report in
    select r.id from public.reports r
    where r.status = 'complete' and r.summary is not null and r.scorer_version < private.scorer_version()
      -- Reports that this scorer failed on or is scoring are not begun again.
      and not exists (
        select from public.report_revisions x
        where x.report_id = r.id and x.revision > r.revision
          and (x.status = 'scoring' or x.scorer_version = private.scorer_version())
      )
    order by r.completed_at desc
    limit greatest(0, p_limit - (select count(*) from public.report_revisions x where x.status = 'scoring'))
  loop
    perform private.open_revision(v_report);
    v_count := v_count + 1;
  end loop;
  return v_count;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."rescore_reports"(integer) TO "service_role";

COMMENT ON FUNCTION "public"."rescore_reports"(integer) IS 'Operator: starts rescoring complete reports of an older scorer, the newest first, so that at most p_limit are being scored. Returns the number started; repeat until it is 0.';

REVOKE ALL ON FUNCTION "public"."rescore_reports"(integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/resume_prompt_run.sql
CREATE OR REPLACE FUNCTION public.resume_prompt_run (
  p_owner            uuid,
  p_run              uuid,
  p_cost_ceiling_usd numeric DEFAULT NULL::numeric
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.runs := private.lock_prompt_run(p_owner, p_run);
begin
  if p_cost_ceiling_usd is not null then
    update public.runs r set cost_ceiling_usd = p_cost_ceiling_usd where r.id = p_run;
    update private.job_groups g set soft_ceiling_usd = p_cost_ceiling_usd, hard_ceiling_usd = p_cost_ceiling_usd
    where g.id = p_run;
  end if;
  return private.reopen_prompt_run(
    p_run,
    array(
      select c.id from public.run_cells c
      where c.run_id = p_run and c.status in ('skipped', 'cancelled')
      order by c.id
    ),
    -- Answers whose grading was cancelled or skipped.
    case when v_run.grader ->> 'type' = 'prompt' then array(
      select c.id from public.run_cells c
      where c.run_id = p_run and c.status = 'complete'
        and c.grader_error in ('cancelled', 'soft_ceiling', 'hard_ceiling')
      order by c.id
    ) else '{}' end,
    true
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."resume_prompt_run"(uuid, uuid, numeric) TO "service_role";

COMMENT ON FUNCTION "public"."resume_prompt_run"(uuid, uuid, numeric) IS 'Queues the cells of the owner''s run again that were cancelled or skipped at the cost ceiling. p_cost_ceiling_usd sets a new ceiling for the whole run. Returns {run_id, status, cells, grades} with the numbers of cells and grades that were queued. Raises P0002 if the owner has no such run.';

REVOKE ALL ON FUNCTION "public"."resume_prompt_run"(uuid, uuid, numeric) FROM PUBLIC, "anon", "authenticated";

-- public/functions/resume_provider.sql
CREATE OR REPLACE FUNCTION public.resume_provider (
  p_provider text
)
  RETURNS integer
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select private.resume_provider(p_provider)
$function$;

GRANT EXECUTE ON FUNCTION "public"."resume_provider"(text) TO "service_role";

COMMENT ON FUNCTION "public"."resume_provider"(text) IS 'private.resume_provider, for the service role''s requests.';

REVOKE ALL ON FUNCTION "public"."resume_provider"(text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/retry_failed_cells.sql
CREATE OR REPLACE FUNCTION public.retry_failed_cells (
  p_owner uuid,
  p_run   uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_run public.runs := private.lock_prompt_run(p_owner, p_run);
begin
  return private.reopen_prompt_run(
    p_run,
    array(select c.id from public.run_cells c where c.run_id = p_run and c.status = 'failed' order by c.id),
    case when v_run.grader ->> 'type' = 'prompt' then array(
      select c.id from public.run_cells c
      where c.run_id = p_run and c.status = 'complete' and c.grader_error is not null
      order by c.id
    ) else '{}' end,
    false
  );
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."retry_failed_cells"(uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."retry_failed_cells"(uuid, uuid) IS 'Queues the failed cells of the owner''s run again and removes their human grades; also queues the answers again that a grader model failed to grade. Returns {run_id, status, cells, grades} with the numbers of both. Raises P0002 if the owner has no such run.';

REVOKE ALL ON FUNCTION "public"."retry_failed_cells"(uuid, uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/retry_job.sql
CREATE OR REPLACE FUNCTION public.retry_job (
  p_worker        uuid,
  p_job_id        bigint,
  p_attempt       integer,
  p_delay_seconds integer,
  p_error         text
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_ending text;
begin
  perform private.lock_queue();
  select s.ending into v_ending from private.settle_jobs(p_worker, jsonb_build_array(jsonb_build_object(
    'job_id', p_job_id, 'attempt', p_attempt, 'outcome', 'retry', 'charge', 'none',
    'run_at_ms', p_delay_seconds::bigint * 1000, 'error_message', p_error
  ))) s;
  if v_ending = 'exhausted' then
    perform private.record_dead_jobs(array[p_job_id]);
  end if;
  return v_ending is not null;
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."retry_job"(uuid, bigint, integer, integer, text) TO "service_role";

COMMENT ON FUNCTION "public"."retry_job"(uuid, bigint, integer, integer, text) IS 'Gives a job back to be tried again after a delay; after its kind''s last attempt it is dead-lettered. False: the lease was lost.';

REVOKE ALL ON FUNCTION "public"."retry_job"(uuid, bigint, integer, integer, text) FROM PUBLIC, "anon", "authenticated";

-- public/functions/revoke_share_token.sql
CREATE OR REPLACE FUNCTION public.revoke_share_token (
  p_report uuid
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select private.change_sharing(p_report, 'revoke', null, null)
$function$;

GRANT EXECUTE ON FUNCTION "public"."revoke_share_token"(uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."revoke_share_token"(uuid) IS 'Owner: revokes the link of a report.';

REVOKE ALL ON FUNCTION "public"."revoke_share_token"(uuid) FROM PUBLIC, "anon", "service_role";

-- public/functions/rotate_share_token.sql
CREATE OR REPLACE FUNCTION public.rotate_share_token (
  p_report uuid
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select private.change_sharing(p_report, 'rotate', null, null)
$function$;

GRANT EXECUTE ON FUNCTION "public"."rotate_share_token"(uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."rotate_share_token"(uuid) IS 'Owner: gives a report a new link. The old link stops working.';

REVOKE ALL ON FUNCTION "public"."rotate_share_token"(uuid) FROM PUBLIC, "anon", "service_role";

-- public/functions/run_chat_query.sql
CREATE OR REPLACE FUNCTION public.run_chat_query (
  p_user       uuid,
  p_sql        text,
  p_max_rows   integer DEFAULT 500,
  p_max_bytes  integer DEFAULT 262144,
  p_timeout_ms integer DEFAULT 5000
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  v_started_at constant timestamptz := clock_timestamp();
  v_timeout_ms constant numeric := 1000 * extract(epoch from current_setting('statement_timeout')::interval);
  v_result jsonb;
begin
  -- A timeout that is set here would not apply to the statement that is already running.
  if v_timeout_ms = 0 or v_timeout_ms > p_timeout_ms then
    raise exception 'statement_timeout must be set to % ms or less before the statement', p_timeout_ms
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if octet_length(p_sql) > 8192 then
    raise exception 'a query has at most 8 kB' using errcode = 'program_limit_exceeded';
  end if;
  begin
    insert into private.chat_identities (user_id) values (p_user);
    v_result := private.read_as_chat_reader(p_sql, least(p_max_rows, 500), least(p_max_bytes, 262144));
    -- Undoes the identity, settings, notifications and whatever else the query did.
    raise exception using errcode = 'MP001';
  exception when query_canceled or assert_failure or others then
    -- A rollback undoes neither session locks nor the state of random(). Nor does it undo a logical message
    -- in the write-ahead log, which nothing here reads.
    perform pg_advisory_unlock_all(),
      setseed(('x' || left(replace(gen_random_uuid()::text, '-', ''), 8))::bit(32)::integer / 2147483648.0);
    if sqlstate <> 'MP001' or v_result is null then
      raise;
    end if;
  end;
  return v_result || jsonb_build_object('duration_ms',
    ceil(1000 * extract(epoch from clock_timestamp() - v_started_at))::integer);
end;
$function$;

GRANT EXECUTE ON FUNCTION "public"."run_chat_query"(uuid, text, integer, integer, integer) TO "service_role";

COMMENT ON FUNCTION "public"."run_chat_query"(uuid, text, integer, integer, integer) IS 'Runs a query that a model wrote over the views of schema chat, for a user whom the caller has authenticated. Returns {columns: [{name, type}], rows: [[value]], row_count, truncated, duration_ms}: at most 500 rows and 256 kB; truncated is true if there were more. Whatever else the query does is undone. The caller must set statement_timeout to at most p_timeout_ms in a statement before this one or for its session; otherwise 55000 is raised. Needs a transaction that may write, and releases the session''s advisory locks. A query can end its own session (exit_on_error, transaction_timeout), so callers must reconnect. Errors keep their SQLSTATE; their messages may quote rows.';

REVOKE ALL ON FUNCTION "public"."run_chat_query"(uuid, text, integer, integer, integer) FROM PUBLIC, "anon", "authenticated";

-- public/functions/set_sharing.sql
CREATE OR REPLACE FUNCTION public.set_sharing (
  p_report       uuid,
  p_expires_at   timestamp with time zone,
  p_shares_order boolean
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  select private.change_sharing(p_report, 'set', p_expires_at, p_shares_order)
$function$;

GRANT EXECUTE ON FUNCTION "public"."set_sharing"(uuid, timestamp WITH time zone, boolean) TO "authenticated";

COMMENT ON FUNCTION "public"."set_sharing"(uuid, timestamp with time zone, boolean) IS 'Owner: sets when the link expires (null: never) and whether it shows prompt, schema and expected JSON (null: unchanged).';

REVOKE ALL ON FUNCTION "public"."set_sharing"(uuid, timestamp WITH time zone, boolean) FROM PUBLIC, "anon", "service_role";

-- public/functions/summarize_test_run_comparison.sql
CREATE OR REPLACE FUNCTION public.summarize_test_run_comparison (
  p_before bigint,
  p_after  bigint
)
  RETURNS TABLE (
    regressed bigint,
    new       bigint,
    recurring bigint,
    fixed     bigint,
    not_run   bigint,
    passing   bigint,
    in_both   bigint,
    mcnemar_p double precision
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select c.*, public.mcnemar_exact_p(c.regressed::integer, c.fixed::integer)
  from (
    select count(*) filter (where p.after_fails and p.before_status = 'PASS') as regressed,
      count(*) filter (where p.after_fails and not p.before_ran) as new,
      count(*) filter (where p.after_fails and p.before_fails) as recurring,
      count(*) filter (where p.after_status = 'PASS' and p.before_fails) as fixed,
      count(*) filter (where p.before_ran and not p.after_ran) as not_run,
      count(*) filter (where p.after_status = 'PASS' and p.before_status = 'PASS') as passing,
      count(*) filter (where p.before_ran and p.after_ran) as in_both
    from (
      select x.*, coalesce(x.after_status in ('FAIL', 'ERROR'), false) as after_fails,
        coalesce(x.before_status in ('FAIL', 'ERROR'), false) as before_fails,
        coalesce(x.before_status <> 'SKIP', false) as before_ran, coalesce(x.after_status <> 'SKIP', false) as after_ran
      from private.pair_test_results(p_before, p_after) x
    ) p
  ) c
$function$;

GRANT EXECUTE ON FUNCTION "public"."summarize_test_run_comparison"(bigint, bigint) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."summarize_test_run_comparison"(bigint, bigint) TO "service_role", "test_reporter";

COMMENT ON FUNCTION "public"."summarize_test_run_comparison"(bigint, bigint) IS 'Counts the tests in each bucket of compare_test_runs, those that pass in both runs and those that ran in both, with the exact p of McNemar''s test on the latter.';

REVOKE ALL ON FUNCTION "public"."summarize_test_run_comparison"(bigint, bigint) FROM PUBLIC, "anon";

-- public/functions/view_report_images.sql
CREATE OR REPLACE FUNCTION public.view_report_images (
  p_token  text,
  p_report uuid,
  p_viewer uuid
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object('report_id', r.id,
    'paths', jsonb_path_query_array(o.config_snapshot, '$.images[*].path'))
  from public.reports r join public.report_orders o on o.report_id = r.id
  where r.id = private.find_viewed_report(p_token, p_report, p_viewer) and (p_token is null or r.shares_order)
$function$;

GRANT EXECUTE ON FUNCTION "public"."view_report_images"(text, uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."view_report_images"(text, uuid, uuid) IS 'Returns the storage paths of the images: {report_id, paths}; null if the viewer may see nothing or the owner does not share the order.';

REVOKE ALL ON FUNCTION "public"."view_report_images"(text, uuid, uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/view_report_progress.sql
CREATE OR REPLACE FUNCTION public.view_report_progress (
  p_token  text,
  p_report uuid,
  p_viewer uuid
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.read_progress(private.find_viewed_report(p_token, p_report, p_viewer))
$function$;

GRANT EXECUTE ON FUNCTION "public"."view_report_progress"(text, uuid, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."view_report_progress"(text, uuid, uuid) IS 'Returns the result of read_progress for a report; null if the viewer may see nothing.';

REVOKE ALL ON FUNCTION "public"."view_report_progress"(text, uuid, uuid) FROM PUBLIC, "anon", "authenticated";

-- public/functions/view_report.sql
CREATE OR REPLACE FUNCTION public.view_report (
  p_token     text,
  p_report    uuid,
  p_viewer    uuid,
  p_with_runs boolean,
  p_revision  integer DEFAULT NULL::integer
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select private.read_shared_report(
    private.find_viewed_report(p_token, p_report, p_viewer), p_token is null, p_with_runs, p_revision
  )
$function$;

GRANT EXECUTE ON FUNCTION "public"."view_report"(text, uuid, uuid, boolean, integer) TO "service_role";

COMMENT ON FUNCTION "public"."view_report"(text, uuid, uuid, boolean, integer) IS 'Returns a report in its newest complete revision or the given one: {report, revision, scorer_version, revisions, runs, run_count, models, priorities, image_count, order}. runs is null if not asked for. The result is null if the viewer may see nothing. The owner always sees the order and the incomplete revisions.';

REVOKE ALL ON FUNCTION "public"."view_report"(text, uuid, uuid, boolean, integer) FROM PUBLIC, "anon", "authenticated";

-- _cluster/publications.sql
ALTER PUBLICATION "supabase_realtime" ADD TABLE "public"."benchmark_runs";

ALTER PUBLICATION "supabase_realtime" ADD TABLE "public"."reports";

ALTER PUBLICATION "supabase_realtime" ADD TABLE "public"."run_cells";

ALTER PUBLICATION "supabase_realtime" ADD TABLE "public"."run_model_totals";

ALTER PUBLICATION "supabase_realtime" ADD TABLE "public"."runs";

-- _cluster/default_privileges.sql
ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" REVOKE ALL ON FUNCTIONS FROM PUBLIC;

-- _cluster/misc.sql
SELECT cron.schedule_in_database('fold-chat-telemetry', '* * * * *', 'select private.fold_chat_telemetry()', 'postgres', NULL, true);

SELECT cron.schedule_in_database('log-lost-chat-turns', '* * * * *', 'select private.log_lost_chat_turns()', 'postgres', NULL, true);

SELECT cron.schedule_in_database('models-sync', '* * * * *', 'select private.request_models_sync()', 'postgres', NULL, true);

SELECT cron.schedule_in_database('prune-test-runs', '41 3 * * *', 'select private.prune_test_runs()', 'postgres', NULL, true);

SELECT cron.schedule_in_database('purge-call-cache', '23 3 * * *', 'delete from private.call_cache where created_at < now() - interval ''30 days''', 'postgres', NULL, true);

SELECT cron.schedule_in_database('purge-cron-history', '17 3 * * *', 'delete from cron.job_run_details where end_time < now() - interval ''1 day''', 'postgres', NULL, true);

SELECT
  cron.schedule_in_database('purge-watched-runs', '41 3 * * *', 'delete from private.watched_runs where run_id is null and created_at < now() - interval ''2 days''', 'postgres',
  NULL, true);

SELECT cron.schedule_in_database('refresh-orderable-models', '2 * * * *', 'select private.refresh_orderable()', 'postgres', NULL, true);

SELECT cron.schedule_in_database('sweep-dataset-files', '11 * * * *', 'select private.sweep_dataset_files()', 'postgres', NULL, true);

SELECT cron.schedule_in_database('sweep-queue', '15 seconds', 'select private.sweep_queue()', 'postgres', NULL, true);
