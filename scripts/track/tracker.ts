import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { ExportFormat } from "../../supabase/functions/_shared/tracking/export_run.ts";
import type { Place } from "./place.ts";
import type { ListedIssue } from "./read_checklist.ts";
import type { Sent } from "./results_folder.ts";
import type { RunRecord } from "./run_record.ts";

const ANSWER_MS = 120_000;
/** The function takes 20 MB; what is larger goes in batches. */
const MAX_BODY_BYTES = 18 * 1024 * 1024;
const MAX_BATCH = 5_000;
const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024;

const totalsSchema = z.object({
  run_id: z.number(),
  suite: z.string(),
  branch_name: z.string(),
  commit_hash: z.string().nullable(),
  run_timestamp: z.string(),
  total_tests: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
  pass_rate: z.number().nullable(),
  total_duration_secs: z.number(),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })),
});

/** A run's totals, as the database counted them. */
export type Totals = z.output<typeof totalsSchema> & { readonly isNew: boolean };

const importedSchema = z.object({ added: z.number(), changed: z.number(), known: z.number() });
type ImportCounts = z.output<typeof importedSchema>;

const name = {
  tool_name: z.string(),
  variation: z.string(),
  class_name: z.string(),
  provider: z.string(),
  model: z.string(),
};
const growthSchema = z.object({
  ...name,
  before: z.number(),
  now: z.number(),
  ratio: z.number(),
  p: z.number(),
});
const insightsSchema = z.object({
  flaky: z.array(z.object({ ...name, reason: z.string(), score: z.number() })),
  broken: z.array(z.object({ ...name, failures: z.number() })),
  slower: z.array(growthSchema),
  costlier: z.array(growthSchema),
});

/** Tests that are flaky, broken, slower (seconds) or costlier (USD) than they were. */
export type Insights = z.output<typeof insightsSchema>;

const problemSchema = z.object({
  code: z.string().default(""),
  detail: z.string().default(""),
  title: z.string().default(""),
});

/** The database is away, or does not let this account in. */
export class AwayError extends Error {
  override readonly name = "AwayError";
}

/** Somebody signed in at a place. */
export class Tracker {
  /** With the account's rights. */
  readonly client: SupabaseClient;
  readonly #place: Place;
  readonly #token: string;

  private constructor(place: Place, client: SupabaseClient, token: string) {
    this.#place = place;
    this.client = client;
    this.#token = token;
  }

  /** Signs in, and up where that is allowed. @throws {AwayError} */
  static async connect(place: Place): Promise<Tracker> {
    const client = createClient(place.apiUrl, place.key, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const { email, password } = place;
    let { data, error } = await client.auth.signInWithPassword({ email, password });
    if (error !== null && place.maySignUp && error.status === 400) {
      const signedUp = await client.auth.signUp({ email, password });
      error = signedUp.error;
      if (signedUp.data.session !== null && signedUp.data.user !== null) {
        const { session, user } = signedUp.data;
        data = { session, user };
      } else ({ data, error } = await client.auth.signInWithPassword({ email, password }));
    }
    if (error !== null || data.session === null) {
      throw new AwayError(`${place.apiUrl}: ${error?.message ?? "no session"}`);
    }
    return new Tracker(place, client, data.session.access_token);
  }

  /** Sends a record; see {@link Sent}. */
  async send(record: RunRecord): Promise<Sent<Totals>> {
    try {
      return new TextEncoder().encode(record.text).byteLength > MAX_BODY_BYTES
        ? await this.#sendInBatches(record)
        : await this.#ask("/report", record.text, { "idempotency-key": record.key });
    } catch (error) {
      return { kind: "away", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A run as a file. @throws {Error} in the function's words. */
  async export(runId: number, format: ExportFormat): Promise<string> {
    const response = await this.#fetch(`/${runId}?format=${format}`, {});
    const text = await response.text();
    if (response.ok) return text;
    throw new Error(describe(response.status, text));
  }

  /** What a watcher has said of a run, as a file of `watcher_observations/`. */
  async readObservations(runId: number): Promise<string> {
    const response = await this.#fetch(`/${runId}/observations`, {});
    const text = await response.text();
    if (!response.ok) throw new Error(describe(response.status, text));
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  }

  /** What a suite's last runs on a branch say beyond each result. */
  async readInsights(suite: string, branch: string): Promise<Insights> {
    const query = new URLSearchParams({ suite, branch });
    const response = await this.#fetch(`/insights?${query}`, {});
    const text = await response.text();
    if (!response.ok) throw new Error(describe(response.status, text));
    return insightsSchema.parse(JSON.parse(text));
  }

  /** Takes a checklist's issues over. @throws {Error} in the function's words. */
  async importIssues(suite: string, issues: readonly ListedIssue[]): Promise<ImportCounts> {
    const response = await this.#fetch("/issues", {
      method: "POST",
      body: JSON.stringify({ suite, issues }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(describe(response.status, text));
    return importedSchema.parse(JSON.parse(text));
  }

  async #sendInBatches(record: RunRecord): Promise<Sent<Totals>> {
    const { source: _, results, ...run } = z.looseObject({ results: z.array(z.unknown()) })
      .parse(JSON.parse(record.text));
    const begun = await this.#ask("", JSON.stringify(run), { "idempotency-key": record.key });
    if (begun.kind !== "taken") return begun;
    const path = `/${begun.answer.run_id}`;
    let first = 0;
    for (const batch of splitBatches(results)) {
      const added = await this.#ask(
        `${path}/results`,
        `{"first_ordinal": ${first}, "results": [${batch.join(",")}]}`,
      );
      if (added.kind !== "taken") return added;
      first += batch.length;
    }
    const ended = await this.#ask(`${path}/finish`, "{}");
    return ended.kind === "taken"
      ? { kind: "taken", answer: { ...ended.answer, isNew: begun.answer.isNew } }
      : ended;
  }

  async #ask(
    path: string,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Sent<Totals>> {
    const response = await this.#fetch(path, { method: "POST", body, headers });
    const text = await response.text();
    if (response.ok) {
      const totals = totalsSchema.parse(JSON.parse(text));
      return { kind: "taken", answer: { ...totals, isNew: response.status === 201 } };
    }
    const reason = describe(response.status, text);
    // These say that the request itself will never do; all else may pass.
    return [400, 409, 413, 415, 422].includes(response.status)
      ? { kind: "refused", reason }
      : { kind: "away", reason };
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(`${this.#place.apiUrl}/functions/v1/test-runs${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${this.#token}`,
        apikey: this.#place.key,
        "content-type": "application/json",
        ...init.headers,
      },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  }
}

/** Results as JSON, in batches that the function takes. */
function* splitBatches(results: readonly unknown[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const result of results) {
    const text = JSON.stringify(result);
    if (
      batch.length === MAX_BATCH ||
      (batch.length > 0 && characters + text.length > MAX_BATCH_CHARACTERS)
    ) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) yield batch;
}

function describe(status: number, text: string): string {
  try {
    const { code, detail, title } = problemSchema.parse(JSON.parse(text));
    return `${status} ${code}: ${detail === "" ? title : detail}`;
  } catch {
    return `${status}: ${text.slice(0, 200)}`;
  }
}
