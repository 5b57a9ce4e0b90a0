import { z } from "zod";
import type { ExportFormat } from "../../supabase/functions/_shared/tracking/formats/export_run.ts";
import { pause } from "../../supabase/functions/_shared/platform/clock.ts";
import { systemClock } from "../../supabase/functions/_shared/platform/system_clock.ts";
import {
  type TestInsights,
  testInsightsSchema,
} from "../../supabase/functions/_shared/tracking/insights/test_insights.ts";
import {
  type ImportCounts,
  importCountsSchema,
  type ImportedIssue,
} from "../../supabase/functions/_shared/tracking/issue_import.ts";
import {
  type TestRunTotals,
  testRunTotalsSchema,
} from "../../supabase/functions/_shared/tracking/test_run.ts";
import type { Destination } from "./destination.ts";
import type { Sent } from "./results_folder.ts";
import type { RunRecord } from "./run_record.ts";

/** Longest wait for an answer, in milliseconds. */
const ANSWER_MS = 120_000;
/** The function accepts 4 MB of JSON. Larger records are sent in batches. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
const MAX_BATCH = 5_000;
/** Each batch may meet an isolate that has stored others: a small one costs little of its CPU time. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** Tries of a request that the function asks to repeat, and the longest wait before one, in seconds. */
const MOST_TRIES = 4;
const LONGEST_WAIT = 15;

/** A run's totals. `isNew` is false if the run was stored before. */
export type Totals = TestRunTotals & { readonly isNew: boolean };

const problemSchema = z.object({
  code: z.string().default(""),
  detail: z.string().default(""),
  title: z.string().default(""),
});

/** Client of the function `test-runs`, with a key of an account. */
export class Tracker {
  constructor(private readonly destination: Destination) {}

  /** Sends a record, in batches if it is large. */
  async send(record: RunRecord): Promise<Sent<Totals>> {
    try {
      return new TextEncoder().encode(record.text).byteLength > MAX_BODY_BYTES
        ? await this.#sendInBatches(record)
        : await this.#ask("/report", record.text, { "idempotency-key": record.key });
    } catch (error) {
      return {
        kind: "unavailable",
        reason: error instanceof Error ? error.message : String(error),
      };
    }
  }

  /** Sends a report in XML as it is. @throws {Error} with the function's answer. */
  async sendReport(query: URLSearchParams, body: string): Promise<TestRunTotals> {
    const headers = { "content-type": "application/xml" };
    const text = await this.#read(`/report?${query}`, { method: "POST", body, headers });
    return testRunTotalsSchema.parse(JSON.parse(text));
  }

  /** Reads from `/test-runs` with the given path and query. @throws {Error} with the function's answer. */
  async read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return schema.parse(JSON.parse(await this.#read(path)));
  }

  /** Downloads a run as a file. @throws {Error} with the function's answer. */
  async export(runId: number, format: ExportFormat): Promise<string> {
    return await this.#read(`/${runId}?format=${format}`);
  }

  /** Downloads the watcher's reviews of a run as a file of `watcher_observations/`. */
  async readReviews(runId: number): Promise<string> {
    const text = await this.#read(`/${runId}/observations`);
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  }

  /** Reads the statistics over a suite's last runs on a branch. */
  async readInsights(suite: string, branch: string): Promise<TestInsights> {
    const query = new URLSearchParams({ suite, branch });
    return await this.read(`/insights?${query}`, testInsightsSchema);
  }

  /** Imports the issues of a checklist. @throws {Error} with the function's answer. */
  async importIssues(suite: string, issues: readonly ImportedIssue[]): Promise<ImportCounts> {
    const body = JSON.stringify({ suite, issues });
    return importCountsSchema.parse(
      JSON.parse(await this.#read("/issues", { method: "POST", body })),
    );
  }

  async #read(path: string, init: RequestInit = {}): Promise<string> {
    const response = await this.#fetch(path, init);
    const text = await response.text();
    if (response.ok) return text;
    throw new Error(describe(response.status, text));
  }

  async #sendInBatches(record: RunRecord): Promise<Sent<Totals>> {
    const { results, ...run } = z.looseObject({ results: z.array(z.unknown()) })
      .parse(JSON.parse(record.text));
    const begun = await this.#ask("", JSON.stringify(run), { "idempotency-key": record.key });
    if (begun.kind !== "accepted") return begun;
    const path = `/${begun.answer.run_id}`;
    let first = 0;
    for (const batch of splitBatches(results)) {
      const added = await this.#ask(
        `${path}/results`,
        `{"first_ordinal": ${first}, "results": [${batch.join(",")}]}`,
      );
      if (added.kind !== "accepted") return added;
      first += batch.length;
    }
    const ended = await this.#ask(`${path}/finish`, "{}");
    return ended.kind === "accepted"
      ? { kind: "accepted", answer: { ...ended.answer, isNew: begun.answer.isNew } }
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
      const totals = testRunTotalsSchema.parse(JSON.parse(text));
      return { kind: "accepted", answer: { ...totals, isNew: response.status === 201 } };
    }
    const reason = describe(response.status, text);
    // These statuses mean that the request itself is wrong. Any other failure may be temporary.
    return [400, 409, 413, 415, 422].includes(response.status)
      ? { kind: "refused", reason }
      : { kind: "unavailable", reason };
  }

  /** Sends a request, again where a busy function names a time: all requests may be repeated. */
  async #fetch(path: string, init: RequestInit): Promise<Response> {
    for (let tries = 1;; tries++) {
      const response = await fetch(`${this.destination.apiUrl}/functions/v1/test-runs${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${this.destination.key}`,
          "content-type": "application/json",
          ...init.headers,
        },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const seconds = Number(response.headers.get("retry-after") ?? NaN);
      const isToRepeat = response.status === 503 && seconds <= LONGEST_WAIT && tries < MOST_TRIES;
      if (!isToRepeat) return response;
      await response.body?.cancel();
      await pause(systemClock, seconds * 1_000);
    }
  }
}

/** Splits results, as JSON, into batches of a size that the function accepts. */
function* splitBatches(results: readonly unknown[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let bytes = 0;
  const encoder = new TextEncoder();
  for (const result of results) {
    const text = JSON.stringify(result);
    const length = encoder.encode(text).byteLength;
    if (batch.length === MAX_BATCH || (batch.length > 0 && bytes + length > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(text);
    bytes += length;
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
