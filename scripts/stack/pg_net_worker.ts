import pLimit from "p-limit";
import type { Sql } from "postgres";
import { pause } from "../support/pause.ts";
import type { NetFaults } from "./config.ts";
import type { Log, Service } from "./service.ts";
import { connectWorker, isExtensionMissing } from "./worker_database.ts";

/** Requests per batch, as in pg_net. */
const BATCH_SIZE = 200;

/** Pause after a database error, in milliseconds. */
const RETRY_MS = 500;

interface QueuedRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: Uint8Array | null;
  readonly timeout_milliseconds: number;
}

interface RecordedResponse {
  readonly status_code: number | null;
  readonly content_type: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly content: string | null;
  readonly timed_out: boolean;
  readonly error_msg: string | null;
}

/** Settings of the worker. By default it delivers every request exactly once. */
export interface DeliveryOptions {
  readonly faults?: NetFaults;
  /** Returns numbers from 0 up to 1 that decide which requests are hit by faults. */
  readonly random?: () => number;
}

/**
 * Does the work of pg_net's background worker: sends the requests in `net.http_request_queue` and
 * records the responses in `net._http_response`.
 *
 * One batch is one transaction and lasts as long as its slowest request, as in pg_net. Nothing else
 * is sent meanwhile. If the worker stops during a batch, the next start sends the whole batch
 * again.
 *
 * @param adminUrl connection string of the superuser, who owns these tables.
 */
export async function startDelivery(
  adminUrl: string,
  { faults = { loseShare: 0, repeatShare: 0 }, random = Math.random }: DeliveryOptions,
  log: Log,
): Promise<Service> {
  const sql = connectWorker(adminUrl, "pg_net");
  const stopping = new AbortController();
  const turns = pLimit(1);

  const wake = () => {
    if (turns.pendingCount === 0) void turns(drain);
  };
  const drain = async () => {
    if (stopping.signal.aborted) return;
    try {
      while (await deliverBatch(sql, { faults, random, stopping: stopping.signal }) > 0);
    } catch (error) {
      if (stopping.signal.aborted || isExtensionMissing(error)) return;
      log("pg_net", `delivery failed: ${error}`);
      await pause(RETRY_MS, stopping.signal);
      wake();
    }
  };
  // Postgres calls this after every connect. It picks up requests that were queued while nothing
  // listened.
  await sql.listen("pg_net_wake", wake, wake);

  return {
    name: "pg_net",
    async stop() {
      stopping.abort();
      // Settles once the running batch has ended.
      await turns(() => sql.end());
    },
  };
}

async function deliverBatch(
  sql: Sql,
  { faults, random, stopping }: {
    readonly faults: NetFaults;
    readonly random: () => number;
    readonly stopping: AbortSignal;
  },
): Promise<number> {
  return await sql.begin(async (transaction) => {
    const requests = await transaction<QueuedRequest[]>`
      delete from net.http_request_queue
      where id in (
        select id from net.http_request_queue order by id limit ${BATCH_SIZE} for update skip locked
      )
      returning id, method, url, headers, body, timeout_milliseconds`;
    if (requests.length === 0) return 0;
    const recorded = await Promise.all(requests.map(async (request) => {
      const roll = random();
      if (roll < faults.loseShare) return [];
      const isRepeated = roll < faults.loseShare + faults.repeatShare;
      const [response] = await Promise.all(
        Array.from({ length: isRepeated ? 2 : 1 }, () => send(request, stopping)),
      );
      if (response === undefined) return [];
      const { headers, ...columns } = response;
      return [{
        id: request.id,
        ...columns,
        headers: headers === null ? null : transaction.json(headers),
      }];
    }));
    // The error rolls the batch back, so its requests stay queued for the next attempt.
    stopping.throwIfAborted();
    const rows = recorded.flat();
    if (rows.length > 0) await transaction`insert into net._http_response ${transaction(rows)}`;
    await transaction`delete from net._http_response where created < now() - interval '6 hours'`;
    return requests.length;
  });
}

async function send(request: QueuedRequest, stopping: AbortSignal): Promise<RecordedResponse> {
  const nothing = { status_code: null, content_type: null, headers: null, content: null };
  const timeout = AbortSignal.timeout(request.timeout_milliseconds);
  try {
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      headers: { "User-Agent": "pg_net/0.20.0", ...request.headers },
      body: request.body === null ? null : new Uint8Array(request.body),
      signal: AbortSignal.any([timeout, stopping]),
    });
    const content = await response.text();
    return {
      status_code: response.status,
      content_type: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      content: content === "" ? null : content,
      timed_out: false,
      error_msg: null,
    };
  } catch (error) {
    const error_msg = timeout.aborted
      ? `Timeout of ${request.timeout_milliseconds} ms reached`
      : String(error);
    return { ...nothing, timed_out: timeout.aborted, error_msg };
  }
}
