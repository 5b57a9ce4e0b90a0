import { Buffer } from "node:buffer";
import postgres from "postgres";
import { bearerToken } from "../gateway/api_keys.ts";
import { authenticatorUrl } from "../gateway/gateway_connection.ts";
import type { StackKeys } from "../keys.ts";
import type { Log, Service } from "../service.ts";
import { renewedSql, SteadyPool } from "../steady_pool.ts";
import { TopicPolicies } from "./topic_policies.ts";
import { type Caller, Callers, TokenError } from "./callers.ts";
import { ChangeFeed } from "./change_feed.ts";
import { type ChannelServices, TOPIC_PREFIX } from "./channel.ts";
import { broadcastBatch, broadcastOne } from "./http_broadcast.ts";
import { type Change, Replication } from "./replication.ts";
import { Socket } from "./socket.ts";
import { compileSubscription } from "./subscription.ts";
import { Tables } from "./table_facts.ts";
import { Topics } from "./topics.ts";

/** Handler of requests to `/realtime/v1`. */
export interface RealtimeHandler {
  /**
   * Answers a request.
   *
   * @param path the part after `/realtime/v1`.
   */
  handle(request: Request, path: string): Promise<Response>;
}

/** Options of {@link startRealtime}. */
export interface RealtimeOptions {
  readonly keys: StackKeys;
  /** Connection string of the superuser, which reads the publications. */
  readonly dbUrl: string;
}

/** Publication that a project's migrations add their tables to. */
const CHANGES_PUBLICATION = "supabase_realtime";
const MESSAGES_PUBLICATION = "supabase_realtime_messages_publication";

/** Topics whose policies are asked at the same time. */
const MAX_PROBES = 2;

/** Serves the protocol of Supabase Realtime. The first join connects to the database. */
export function startRealtime(
  { keys, dbUrl }: RealtimeOptions,
  log: Log = () => {},
): RealtimeHandler & Service {
  const open = (max: number) => (onclose: () => void) =>
    postgres(authenticatorUrl(dbUrl), {
      max,
      max_lifetime: null,
      onnotice: () => {},
      onclose,
      connection: { application_name: "realtime", TimeZone: "UTC", DateStyle: "ISO" },
    });
  // Row policies know only role and claims, so no setting of another check may remain.
  const [questions, checks] = [renewedSql(open(1)), renewedSql(open(1))];
  const probes = new SteadyPool(open(1), MAX_PROBES);
  const callers = new Callers(keys);
  const policies = new TopicPolicies(probes, log);
  const topics = new Topics();
  const tables = new Tables(questions);
  const sockets = new Set<Socket>();
  const onGap = () => {
    changes.clear();
    for (const socket of sockets) socket.failChannels();
  };
  const changes = new ChangeFeed({ sql: checks, tables, onLoss: onGap, log });
  const replication = new Replication({
    dbUrl,
    publications: [CHANGES_PUBLICATION, MESSAGES_PUBLICATION],
    wants: (relation) => isMessages(relation) || changes.wants(relation),
    onRelation: ({ schema, name }) => tables.forget(schema, name),
    onTransaction: async (transaction) => {
      const { true: sent = [], false: changed = [] } = Object.groupBy(
        transaction.changes,
        ({ relation }) => isMessages(relation) ? "true" : "false",
      );
      for (const message of sent) sendMessage(message, topics);
      if (changed.length > 0) await changes.push({ ...transaction, changes: changed });
    },
    onGap,
    log,
  });
  const services: ChannelServices = {
    callers,
    policies,
    topics,
    changes,
    log,
    ready: () => replication.ready(),
    subscribe: (id, request, caller) =>
      compileSubscription(id, request, caller, {
        sql: questions,
        tables,
        publication: CHANGES_PUBLICATION,
      }),
  };

  const openSocket = (request: Request, caller: Caller): Response => {
    const version = new URL(request.url).searchParams.get("vsn") === "1.0.0" ? "1.0.0" : "2.0.0";
    const { socket: connection, response } = Deno.upgradeWebSocket(request);
    const socket = new Socket(connection, version, caller, services);
    sockets.add(socket);
    connection.addEventListener("close", () => sockets.delete(socket));
    return response;
  };

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    for (const socket of sockets) socket.close();
    await Promise.all([replication.stop(), changes.stop()]);
    await Promise.all([
      ...[questions, checks].map((sql) => sql.end({ timeout: 1 })),
      probes.end(1),
    ]);
  };
  return {
    name: "realtime",
    stop: () => stopped ??= stop(),
    handle: async (request, path) => {
      const single = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/.exec(path);
      const isSocket = path === "/websocket";
      if (!isSocket && single === null && path !== "/api/broadcast") {
        return Response.json({ message: "not found" }, { status: 404 });
      }
      const [method, isUpgrade] = [request.method, request.headers.get("upgrade") !== null];
      if (isSocket ? !isUpgrade : method !== "POST") {
        return Response.json({ message: "method not allowed" }, { status: 405 });
      }
      let caller: Caller;
      try {
        caller = await identify(request, callers, isSocket);
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        return Response.json({ error: error.message }, { status: 401 });
      }
      if (isSocket) return openSocket(request, caller);
      if (single === null) return await broadcastBatch(request, caller, { topics, policies });
      const [topic = "", event = ""] = single.slice(1).map(decodeURIComponent);
      return await broadcastOne(request, [topic, event], caller, { topics, policies });
    },
  };
}

/**
 * Identifies the caller of a request. A WebSocket carries its key in the query, because browsers
 * cannot set headers on it.
 */
async function identify(request: Request, callers: Callers, isSocket: boolean): Promise<Caller> {
  const key = request.headers.get("apikey") ?? new URL(request.url).searchParams.get("apikey");
  const bearer = isSocket ? undefined : bearerToken(request.headers);
  const token = bearer ?? key;
  if (token === null) throw new TokenError("API key is missing");
  return await callers.ofKey(token);
}

function isMessages({ schema, name }: Change["relation"]): boolean {
  return schema === "realtime" && name === "messages";
}

/** Sends what `realtime.send` wrote. */
function sendMessage({ row = {} }: Change, topics: Topics): void {
  const { topic, event, id, payload, binary_payload: bytes } = row;
  if (!topic || !event || !id || !(payload || bytes)) return;
  topics.broadcast(TOPIC_PREFIX + topic, row.private === "t", {
    event,
    encoding: bytes ? "binary" : "json",
    body: bytes
      ? new Uint8Array(Buffer.from(bytes.slice(2), "hex"))
      : new TextEncoder().encode(payload ?? ""),
    meta: { id },
  });
}
