import postgres from "postgres";
import { toJson } from "../../supabase/functions/_shared/platform/database.ts";
import type { JsonObject } from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { prepareSystemSchema } from "../stack/gateway/prepare_system_schema.ts";
import { startTestDatabase as startBareDatabase } from "../stack/testing.ts";
import { prepareMigratedData } from "./migrated_data.ts";

/** Separate database without gateway, functions or cron. */
export interface TestDatabase extends AsyncDisposable {
  /** Connection string of the role `postgres`. */
  readonly url: string;
  /** Connection string of the superuser. */
  readonly adminUrl: string;
  /** Connections as `postgres`. */
  readonly sql: postgres.Sql;
  /** Connections as the role `service_role`, which the workers use. */
  readonly workers: postgres.Sql;
}

/** Starts a database and applies the migrations, unless `bare` is set. */
export async function startTestDatabase(options: { bare?: boolean } = {}): Promise<TestDatabase> {
  const database = await startBareDatabase(
    options.bare ? {} : { template: await prepareMigratedData() },
  );
  const { config, dbUrl: url, adminDbUrl: adminUrl, sql } = database;
  if (options.bare) await prepareSystemSchema(config, adminUrl);
  const workers = postgres(url, {
    max: 8,
    onnotice: () => {},
    connection: { options: "-c role=service_role" },
  });
  return {
    url,
    adminUrl,
    sql,
    workers,
    [Symbol.asyncDispose]: async () => {
      await workers.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Contents of a test's order. */
export interface OrderOptions {
  readonly models?: readonly string[];
  readonly images?: number;
  readonly runsPerModel?: number;
  /** Amount that one run reserves, in USD. */
  readonly reservedCost?: number;
  readonly baseUrlKey?: string;
  /** Numbers of images after which a race may stop models. */
  readonly looks?: readonly number[];
  readonly jsonSchema?: JsonObject;
  /** JSON expected from each image; by default each has its own. */
  readonly expected?: JsonObject;
}

/** Connections of a database that is seeded. */
export type Connections = Pick<TestDatabase, "sql" | "workers">;

let orders = 0;

/**
 * Orders a benchmark and records its payment through the SQL functions. Returns the report's id. The
 * e-mail that the order was received is taken out of the queue.
 */
export async function payForReport(db: Connections, options: OrderOptions = {}): Promise<string> {
  const { report, session } = await orderReport(db, options);
  await payReport(db, report, session);
  await db.sql`delete from private.job_queue where dedupe_key = ${`${report}:received`}`;
  return report;
}

/** Orders a benchmark without paying for it. */
export async function orderReport(
  db: Connections,
  options: OrderOptions = {},
): Promise<{ owner: string; report: string; session: string }> {
  const config = {
    version: 1,
    prompt: "Read the receipt.",
    json_schema: options.jsonSchema ?? { type: "object" },
    priorities: ["accuracy", "cost", "speed"],
    runs_per_model: options.runsPerModel ?? 1,
    looks: [...options.looks ?? []],
    max_output_tokens: 500,
    images: Array.from({ length: options.images ?? 4 }, (_, index) => ({
      path: `owner/${index}.png`,
      expected: options.expected ?? { total: index },
    })),
    models: (options.models ?? ["test/a", "test/b"]).map((id) => ({
      id,
      name: id,
      provider: "Test",
      tier: "budget",
      base_url_key: options.baseUrlKey ?? "openrouter",
      input_price: 0,
      output_price: 0,
      cached_input_price: 0,
      image_price: 0,
      context_length: 1000,
      supports_structured_output: true,
      estimated_cost: options.reservedCost ?? 0.01,
      reserved_cost: options.reservedCost ?? 0.01,
    })),
  };
  const number = ++orders;
  const [user] = await db.sql<[{ id: string }]>`
    insert into auth.users (id, email)
    values (gen_random_uuid(), ${`customer${number}@example.com`}) returning id`;
  const [opened] = await db.workers<[{ order: { report_id: string } }]>`
    select public.open_report(${user.id}, null, ${
    JSON.stringify(config)
  }::text::json, ${`hash${number}`}, 0.1,
      ${PRICE.amount}, ${PRICE.currency}, false) as order`;
  const report = opened.order.report_id;
  const session = `cs_test_${number}`;
  await db.workers`select public.await_payment(${report}, ${session}, 'https://pay.example')`;
  return { owner: user.id, report, session };
}

/** Price of a test's orders. */
export const PRICE = { amount: 1900, currency: "usd" } as const;

/** Returns the payload of a session in test mode that was paid at {@link PRICE}. */
export function paymentPayload(): JsonObject {
  const { amount, currency } = PRICE;
  return { livemode: false, data: { object: { amount_total: amount, currency } } };
}

/** Returns the payload of a refund in test mode. By default all is refunded. */
export function refundPayload(refunded: number = PRICE.amount): JsonObject {
  const { amount, currency } = PRICE;
  return { livemode: false, data: { object: { amount, amount_refunded: refunded, currency } } };
}

/** Records the payment of an order. */
export async function payReport(
  db: Connections,
  report: string,
  session: string,
): Promise<{ outcome: string; status: string }> {
  const [row] = await db.workers<[{ result: { outcome: string; status: string } }]>`
    select public.apply_stripe_event(${`evt_${session}`}, 'checkout.session.completed', now(),
      ${report}, ${session}, ${`pi_${session}`}, true, ${
    db.workers.json(toJson(paymentPayload()))
  }) as result`;
  return row.result;
}

/** Job as `advance_benchmark_runs` returns it. */
export interface LeasedJob {
  readonly job_id: number;
  readonly attempt: number;
  readonly kind: string;
  readonly report_id: string;
  readonly run_id: string;
  readonly model_id: string;
  readonly crashes: number;
  readonly tries: number;
  readonly max_tries: number;
  readonly max_costly_tries: number;
  readonly is_probe: boolean;
}

export interface Advance {
  readonly jobs: readonly LeasedJob[];
  readonly rejected: readonly number[];
  readonly waiting: number;
  readonly in_flight: number;
  readonly next_run_at_ms: number | null;
}

export interface JobResult {
  readonly job_id: number;
  readonly attempt: number;
  readonly outcome: string;
  readonly charge?: string;
  readonly actual_cost?: number;
  readonly error_message?: string;
  readonly error_kind?: string;
  readonly run_at_ms?: number;
  readonly field_accuracy?: number;
}

/** Calls the worker's entry point, which records results and leases jobs in one round trip. */
export async function advance(
  db: TestDatabase,
  worker: string,
  results: readonly JobResult[],
  want: number,
): Promise<Advance> {
  const [row] = await db.workers<[{ reply: Advance }]>`
    select public.advance_benchmark_runs(${worker}, ${
    db.workers.json(results.map((result) => ({ ...result })))
  }, ${want}) as reply`;
  return row.reply;
}

/** Returns the result of a successful job. */
export function completed(job: LeasedJob, actualCost = 0.001): JobResult {
  return {
    job_id: job.job_id,
    attempt: job.attempt,
    outcome: "complete",
    actual_cost: actualCost,
    field_accuracy: 100,
  };
}

/** Adds a user who owns nothing. Returns the user's id. */
export async function addUser(db: Connections): Promise<string> {
  const [user] = await db.sql<[{ id: string }]>`
    insert into auth.users (id, email)
    values (gen_random_uuid(), gen_random_uuid() || '@example.com') returning id`;
  return user.id;
}
