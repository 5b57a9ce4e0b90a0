import { join } from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { callControl } from "../services/call_control.ts";
import type { StackConfig } from "../stack/config.ts";
import type { Log } from "../stack/service.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { loadTestConfig } from "../stack/testing.ts";
import { prepareMigratedData } from "./migrated_data.ts";
import { explainError } from "../support/explain_error.ts";
import { waitFor } from "./wait_for.ts";

const RECEIPTS = join(import.meta.dirname ?? ".", "../../examples/receipts");
const FILES = ["01-grocery-till", "02-software-invoice", "03-cafe-slip", "06-taxi-meter"];

export interface TestStackOptions {
  /** Settings of the functions. */
  readonly env?: Readonly<Record<string, string>>;
  /** Age in seconds at which an isolate is killed. */
  readonly wallClockSeconds?: number;
  readonly netFaults?: Partial<StackConfig["netFaults"]>;
  /** `true` for a database as durable as that of `deno task start`. */
  readonly fsync?: boolean;
  /** `true` starts all functions first: pg_net waits 5 s, in which a busy machine does not start them all. */
  readonly isWarm?: boolean;
  /** Takes the lines that the stack's parts write. */
  readonly log?: Log;
}

export interface Customer {
  readonly client: SupabaseClient;
  /** Account that owns what they order: their own, or a team. */
  readonly id: string;
}

export interface OrderOptions {
  readonly models?: readonly string[];
  readonly images?: number;
  readonly runsPerModel?: number;
  readonly strategy?: "full" | "race";
}

/** Part of a row of `reports` that tests check. */
export interface ReportRow {
  readonly id: string;
  readonly status: string;
  readonly share_token: string | null;
  readonly recommended_model: string | null;
  readonly rationale: string | null;
  readonly error: string | null;
  readonly partial_reason: string | null;
  readonly total_api_cost: number | null;
}

/** Addresses and keys of a running stack. */
interface StackPlace {
  readonly apiUrl: string;
  readonly dbUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly localServices: Readonly<Record<string, string>>;
}

/** Client of a running stack, with the actions of customers, Postgres and tests. */
export class StackClient {
  /** Connections as `postgres`. */
  readonly sql: postgres.Sql;
  readonly #place: StackPlace;

  constructor(place: StackPlace) {
    this.#place = place;
    this.sql = postgres(place.dbUrl, { max: 4, onnotice: () => {} });
  }

  async close(): Promise<void> {
    await this.sql.end({ timeout: 1 });
  }

  /** Tells the simulated models the correct values of the receipts. */
  async teach(): Promise<void> {
    await this.control("openrouter", "truths", { truths: await readTruths() });
  }

  /** Changes the behaviour of the simulated models. By default they answer after 20 ms. */
  async behave(behaviour: Record<string, unknown>): Promise<void> {
    await this.control("openrouter", "reset", {});
    await this.control("openrouter", "behaviour", { medianMs: 20, sigma: 0, ...behaviour });
  }

  /** Sends a command to a local service. Returns its answer. */
  async control(service: string, path: string, body: unknown): Promise<unknown> {
    return await callControl(this.#url(service), path, body);
  }

  /** Reads what a local service has recorded. */
  async inspect(service: string, path: string): Promise<unknown> {
    return await callControl(this.#url(service), path);
  }

  #url(service: string): string {
    const url = this.#place.localServices[service];
    if (url === undefined) throw new Error(`the stack does not run the local service ${service}`);
    return url;
  }

  /** Calls a function with the secret key, as Postgres does. */
  async call(name: string, body: unknown, apikey: string = this.#place.secretKey) {
    const response = await fetch(`${this.#place.apiUrl}/functions/v1/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", apikey },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  anonymous(): SupabaseClient {
    return createClient(this.#place.apiUrl, this.#place.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
  }

  async customer(): Promise<Customer> {
    const client = this.anonymous();
    const { data, error } = await client.auth.signUp({
      email: `${crypto.randomUUID()}@example.com`,
      password: "correct horse battery staple",
    });
    if (error || data.user === null) throw error ?? new Error("no user");
    return { client, id: data.user.id };
  }

  /** Uploads images and saves a draft; returns its id. */
  async draft(customer: Customer, options: OrderOptions = {}): Promise<string> {
    const files = Array.from(
      { length: options.images ?? 2 },
      (_, index) => FILES[index % FILES.length] ?? "",
    );
    const folder = `${customer.id}/${crypto.randomUUID()}`;
    const images = await Promise.all(files.map(async (file, index) => {
      // The simulated models recognise an image by the end of its path.
      const path = `${folder}/${index}/${file}.png`;
      // An order's images must all differ. Bytes after the end of a PNG do not change the picture.
      const png = [...await Deno.readFile(join(RECEIPTS, `${file}.png`)), index];
      const { error } = await customer.client.storage.from("benchmark-images")
        .upload(path, Uint8Array.from(png), {
          contentType: "image/png",
        });
      if (error) throw error;
      return { path, expected: await readJson(`${file}.json`) };
    }));
    const { data, error } = await customer.client.from("benchmark_drafts").insert({
      owner_id: customer.id,
      upload_data: { images },
      prompt: await Deno.readTextFile(join(RECEIPTS, "prompt.txt")),
      json_schema: await readJson("schema.json"),
      model_ids: options.models ?? ["openai/gpt-6-luna", "google/gemini-3.5-flash"],
      runs_per_model: options.runsPerModel ?? 2,
      strategy: options.strategy ?? "full",
    }).select("id").single<{ id: string }>();
    if (error) throw error;
    return data.id;
  }

  /** Calls checkout for a draft. Returns the function's answer. */
  async checkout(
    customer: Customer,
    draft: string,
  ): Promise<{ report_id: string; checkout_url: string }> {
    const { data, error } = await customer.client.functions.invoke<
      { report_id: string; checkout_url: string }
    >("checkout", { body: { draft_id: draft } });
    if (error || data === null) throw new Error(await explainError(error));
    return data;
  }

  /** Pays as the form of the payment page does. */
  async pay(checkoutUrl: string): Promise<void> {
    const response = await fetch(checkoutUrl, {
      method: "POST",
      body: new URLSearchParams({ action: "pay", email: "customer@example.com" }),
      redirect: "manual",
    });
    await response.body?.cancel();
    if (response.status >= 400) throw new Error(`paying failed: ${response.status}`);
  }

  /** Orders and pays. Returns the report's id. */
  async order(customer: Customer, options: OrderOptions = {}): Promise<string> {
    const { report_id, checkout_url } = await this.checkout(
      customer,
      await this.draft(customer, options),
    );
    await this.pay(checkout_url);
    return report_id;
  }

  async report(id: string): Promise<ReportRow> {
    const [row] = await this.sql<[ReportRow]>`
      select id, status, share_token, recommended_model, rationale, error, partial_reason,
        total_api_cost::float8 as total_api_cost
      from public.reports where id = ${id}`;
    return row;
  }

  /** Waits until a report has ended. */
  async ended(id: string, deadlineMs?: number): Promise<ReportRow> {
    return await waitFor(`report ${id} to end`, async () => {
      const report = await this.report(id);
      return ["complete", "failed", "refunded"].includes(report.status) && report;
    }, deadlineMs);
  }

  /** Makes pg_cron run the job that sweeps the queue every second instead of every minute. */
  async sweepEachSecond(): Promise<void> {
    await this.sql`select cron.alter_job(jobid, schedule => '1 second') from cron.job
      where jobname = 'sweep-queue'`;
  }

  /**
   * Sets how many calls a provider gets at once; the default is 60. With one, work lasts long
   * enough for a test on a busy machine to observe it.
   */
  async allowCalls(atOnce: number): Promise<void> {
    await this.sql`update private.queue_settings set max_in_flight_per_provider = ${atOnce}`;
  }

  /** Returns the ids of a function's workers that hold leases now. */
  async workers(name: string): Promise<string[]> {
    const rows = await this.sql<{ id: string }[]>`
      select id from private.worker_leases where function_name = ${name}`;
    return rows.map(({ id }) => id);
  }

  /** Expires the leases of dead workers at once. Otherwise they last 45 seconds. */
  async expireLeases(workers: readonly string[]): Promise<void> {
    await this.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
      where lease_owner = any(${[...workers]}::uuid[])`;
    await this.sql`update private.worker_leases set expires_at = now() - interval '1 second'
      where id = any(${[...workers]}::uuid[])`;
  }

  /** Returns the number of a report's runs by status. */
  async runs(id: string): Promise<Record<string, number>> {
    const rows = await this.sql<{ status: string; runs: number }[]>`
      select status, count(*)::int as runs from public.benchmark_runs where report_id = ${id}
      group by status`;
    return Object.fromEntries(rows.map(({ status, runs }) => [status, runs]));
  }
}

/** Complete stack on free ports in a temporary directory, with local services for all outside ones. */
export class TestStack extends StackClient implements AsyncDisposable {
  readonly outbox: string;

  private constructor(readonly stack: Stack) {
    super({
      apiUrl: stack.apiUrl,
      dbUrl: stack.dbUrl,
      publishableKey: stack.keys.publishable,
      secretKey: stack.keys.secret,
      localServices: stack.localServices,
    });
    this.outbox = join(stack.config.stackDir, "outbox");
  }

  static async start(options: TestStackOptions = {}): Promise<TestStack> {
    const stackDir = await Deno.makeTempDir({ prefix: "modelpick-test-" });
    const config = await loadTestConfig(stackDir, {
      env: { DEBUG_MOCK_OPENROUTER: "true", ...options.env },
      ...options.wallClockSeconds === undefined
        ? {}
        : { wallClockSeconds: options.wallClockSeconds },
      ...options.netFaults === undefined ? {} : { netFaults: options.netFaults },
      fsync: options.fsync ?? false,
      // A test calls a few functions, and a process for each of the others takes half a second of CPU time.
      keepWarm: options.isWarm ?? false,
    });
    const template = await prepareMigratedData();
    const stack = await startStack({ ...config, template }, options.log);
    if (options.isWarm) await stack.warm();
    const test = new TestStack(stack);
    await test.teach();
    await test.behave({});
    return test;
  }

  /** Waits for an e-mail to this address, and returns the texts of all that were sent to it. */
  mailsTo(address: string): Promise<readonly string[]> {
    return waitFor(`an e-mail to ${address}`, async () => {
      const texts: string[] = [];
      for await (const { name } of Deno.readDir(this.outbox)) {
        if (!name.endsWith(".json")) continue;
        const { message } = JSON.parse(await Deno.readTextFile(join(this.outbox, name)));
        if (message.to.includes(address)) texts.push(message.text);
      }
      return texts.length > 0 && texts;
    });
  }

  /** Kills a function's workers during their work and expires their leases at once. */
  async killWorkers(name: string): Promise<void> {
    const dead = await this.workers(name);
    await this.stack.crashFunction(name);
    await this.expireLeases(dead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.stack.stop();
    await Deno.remove(this.stack.config.stackDir, { recursive: true });
  }
}

async function readTruths(): Promise<Record<string, unknown>> {
  return Object.fromEntries(
    await Promise.all(FILES.map(async (file) => [`${file}.png`, await readJson(`${file}.json`)])),
  );
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(join(RECEIPTS, file)));
}
