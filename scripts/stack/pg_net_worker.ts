import { pause } from "../support/pause.ts";
import type { NetFaults } from "./config.ts";
import type { Log, Service } from "./service.ts";
import { isExtensionMissing, type Session, startWorker } from "./worker_session.ts";

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
  const worker = startWorker({
    dbUrl: adminUrl,
    name: "pg_net",
    channel: "pg_net_wake",
    // Begins with what was queued while nothing listened.
    work: async (session) => {
      while (!session.over.aborted) {
        if (await drain(session, { faults, random }, log)) await session.notified();
      }
    },
    log,
  });
  await worker.ready;
  return { name: "pg_net", stop: worker.stop };
}

/** Delivers until the queue is empty. Returns `false` if it should be tried again at once. */
async function drain(
  session: Session,
  options: Required<DeliveryOptions>,
  log: Log,
): Promise<boolean> {
  try {
    while (await deliverBatch(session, options) > 0);
    return true;
  } catch (error) {
    if (isExtensionMissing(error)) return true;
    if (!session.over.aborted) log("pg_net", `delivery failed: ${error}`);
    await pause(RETRY_MS, session.over);
    return false;
  }
}

async function deliverBatch(
  { query, over }: Session,
  { faults, random }: Required<DeliveryOptions>,
): Promise<number> {
  await query("begin");
  try {
    const requests = await query<QueuedRequest>(
      `delete from net.http_request_queue
       where id in (
         select id from net.http_request_queue order by id limit $1 for update skip locked
       )
       returning id, method, url, headers, body, timeout_milliseconds`,
      [BATCH_SIZE],
    );
    const recorded = await Promise.all(requests.map(async (request) => {
      const roll = random();
      if (roll < faults.loseShare) return [];
      const isRepeated = roll < faults.loseShare + faults.repeatShare;
      const [response] = await Promise.all(
        Array.from({ length: isRepeated ? 2 : 1 }, () => send(request, over)),
      );
      return response === undefined ? [] : [{ id: request.id, ...response }];
    }));
    // The error rolls the batch back, so its requests stay queued for the next attempt.
    over.throwIfAborted();
    if (requests.length > 0) {
      await query(
        `insert into net._http_response
           (id, status_code, content_type, headers, content, timed_out, error_msg)
         select id, status_code, content_type, headers, content, timed_out, error_msg
         from json_to_recordset($1) r (id bigint, status_code int, content_type text,
           headers jsonb, content text, timed_out bool, error_msg text)`,
        [JSON.stringify(recorded.flat())],
      );
      await query("delete from net._http_response where created < now() - interval '6 hours'");
    }
    await query("commit");
    return requests.length;
  } catch (error) {
    await query("rollback").catch(() => {});
    throw error;
  }
}

async function send(request: QueuedRequest, over: AbortSignal): Promise<RecordedResponse> {
  const nothing = { status_code: null, content_type: null, headers: null, content: null };
  const timeout = AbortSignal.timeout(request.timeout_milliseconds);
  try {
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      headers: { "User-Agent": "pg_net/0.20.0", ...request.headers },
      body: request.body === null ? null : new Uint8Array(request.body),
      signal: AbortSignal.any([timeout, over]),
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
