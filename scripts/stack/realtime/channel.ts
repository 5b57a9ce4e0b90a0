import { z } from "zod";
import type { TopicPolicies } from "./topic_policies.ts";
import { type Caller, type Callers, TokenError } from "./callers.ts";
import type { ChangeFeed, Follower } from "./change_feed.ts";
import {
  type Broadcast,
  BroadcastPayload,
  type ClientMessage,
  encodeFrame,
  type Frame,
  type Version,
} from "./frames.ts";
import { type ChangeRequest, type JoinPayload, joinSchema } from "./join_payload.ts";
import type { Log } from "../service.ts";
import { type Subscription, SubscriptionError } from "./subscription.ts";
import type { Member, Topics } from "./topics.ts";

/** Services that all channels share. */
export interface ChannelServices {
  readonly callers: Callers;
  readonly policies: TopicPolicies;
  readonly topics: Topics;
  readonly changes: ChangeFeed;
  readonly log: Log;
  /** Settles when every later commit will be received. */
  ready(): Promise<void>;
  /** @throws {SubscriptionError} if the request cannot be served. */
  subscribe(id: number, request: ChangeRequest, caller: Caller): Promise<Subscription>;
}

/** Socket that a channel belongs to. */
export interface ChannelSocket {
  readonly version: Version;
  /** Caller of the connection's API key. */
  readonly caller: Caller;
  send(frame: Frame): void;
}

/** Error of a refused join. The message is sent to the client. */
class JoinError extends Error {}

/**
 * Longest time until a token is checked again, in milliseconds. Hosted also rechecks regularly, and
 * timers are limited to 24 days.
 */
const MAX_TOKEN_CHECK_MS = 5 * 60_000;

const tokenSchema = z.object({ access_token: z.string().nullable() });
const broadcastSchema = z.looseObject({ event: z.string().default(""), payload: z.unknown() });

/** Subscription, without its id, of a binding that cannot be served. */
const NOTHING = { type: "*", schema: "", table: "", filter: "", tests: [] } as const;

let subscriptionIds = 0;

/** One topic that one client has joined or is joining. */
export class Channel implements Member, Follower {
  caller: Caller;
  subscriptions: readonly Subscription[] = [];
  readonly version: Version;
  #token = "";
  #join: JoinPayload = joinSchema.parse({});
  /** Undefined before the first check. */
  #mayWrite: boolean | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(
    /** Name of the topic with the prefix `realtime:`. */
    private readonly topicName: string,
    private readonly joinRef: string | null,
    private readonly line: ChannelSocket,
    private readonly services: ChannelServices,
    /** Called when the server closes the channel. */
    private readonly onClose: () => void,
  ) {
    this.caller = line.caller;
    this.version = line.version;
  }

  /** Joins the topic. Returns whether it succeeded. */
  async join({ ref, payload }: ClientMessage): Promise<boolean> {
    let problems: string[];
    try {
      problems = await this.#prepare(payload);
    } catch (error) {
      if (!(error instanceof JoinError || error instanceof TokenError)) throw error;
      this.#reply(ref, "error", { reason: error.message });
      return false;
    }
    if (this.#isClosed) return false;
    const { config } = this.#join;
    this.services.topics.join(this.topicName, config.private, this);
    this.services.changes.add(this);
    this.#watchExpiry();
    this.#reply(ref, "ok", {
      postgres_changes: config.postgres_changes.map((request, index) => ({
        ...request,
        id: this.subscriptions[index]?.id ?? 0,
      })),
    });
    for (const problem of problems) this.#tell("postgres_changes", "error", problem);
    if (problems.length === 0 && this.subscriptions.length > 0) {
      this.#tell("postgres_changes", "ok", "Subscribed to PostgreSQL");
    }
    if (config.broadcast.replication_ready) {
      this.#tell("system", "ok", "Replication connection established");
    }
    return true;
  }

  /** Handles a message of the client to the joined channel. */
  async receive(message: ClientMessage): Promise<void> {
    switch (message.event) {
      case "broadcast":
        return await this.#broadcast(message);
      case "presence":
        return this.#reply(message.ref, "error", { reason: "the local stack has no presence" });
      case "access_token":
        return await this.#renew(message.payload);
    }
  }

  /** Leaves the topic without telling the client. */
  leave(): void {
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    this.services.changes.remove(this);
    this.services.topics.leave(this.topicName, this.#join.config.private, this);
  }

  /** Closes the channel permanently: the client does not rejoin. */
  close(): void {
    this.leave();
    this.#send("phx_close", this.joinRef, "{}");
  }

  /** Closes the channel after a server fault: the client rejoins. */
  fail(): void {
    this.leave();
    this.#send("phx_error", this.joinRef, "{}");
  }

  send(frame: Frame): void {
    this.line.send(frame);
  }

  deliver(ids: readonly number[], data: string): void {
    if (!this.#isClosed) this.#send("postgres_changes", null, `{"ids":[${ids}],"data":${data}}`);
  }

  /**
   * Does the slow part of a join. Returns the problems of its bindings.
   *
   * @throws {JoinError} if the join is refused.
   * @throws {TokenError} if its token is invalid.
   */
  async #prepare(payload: unknown): Promise<string[]> {
    const { success, data, error } = joinSchema.safeParse(payload);
    if (!success) throw new JoinError(`InvalidJoinPayload: ${z.prettifyError(error)}`);
    this.#join = data;
    const { config, access_token, user_token } = data;
    await this.#identify(access_token ?? user_token ?? null);
    if (config.broadcast.replay !== undefined) {
      throw new JoinError("UnableToReplayMessages: the local stack does not replay messages");
    }
    await this.#authorize();
    await this.services.ready();
    const problems = await this.#subscribe();
    const [problem] = problems;
    if (problem !== undefined && config.postgres_changes_options.wait) {
      throw new JoinError(`RealtimeDisabledForConfiguration: ${problem}`);
    }
    return problems;
  }

  /**
   * Sets the caller from a token.
   *
   * @throws {TokenError} if the token is invalid.
   */
  async #identify(token: string | null): Promise<void> {
    this.#token = token ?? "";
    this.caller = token === null || token.startsWith("sb_")
      ? this.line.caller
      : await this.services.callers.ofToken(token);
  }

  /**
   * Checks access to a private topic.
   *
   * @throws {JoinError} if no policy lets the caller read it.
   */
  async #authorize(): Promise<void> {
    this.#mayWrite = undefined;
    if (!this.#join.config.private) return;
    if (!await this.services.policies.mayRead(this.caller, this.#name)) {
      throw new JoinError(
        `Unauthorized: You do not have permissions to read from this Channel topic: ${this.#name}`,
      );
    }
  }

  /** Subscribes the valid bindings. Returns the problems of the others. */
  async #subscribe(): Promise<string[]> {
    const problems: string[] = [];
    this.subscriptions = await Promise.all(
      this.#join.config.postgres_changes.map(async (request, index) => {
        const id = this.subscriptions[index]?.id ?? ++subscriptionIds;
        try {
          return await this.services.subscribe(id, request, this.caller);
        } catch (error) {
          if (!(error instanceof SubscriptionError)) throw error;
          problems.push(error.message);
          return { id, ...NOTHING };
        }
      }),
    );
    return problems;
  }

  async #broadcast({ ref, payload }: ClientMessage): Promise<void> {
    if (this.#join.config.private) {
      this.#mayWrite ??= await this.services.policies.mayWrite(this.caller, this.#name);
      if (!this.#mayWrite) return;
    }
    const { private: isPrivate, broadcast: { ack, self } } = this.#join.config;
    const message = readBroadcast(payload);
    if (!this.#isClosed) {
      this.services.topics.broadcast(this.topicName, isPrivate, message, self ? undefined : this);
    }
    if (ack) this.#reply(ref, "ok", {});
  }

  /** Replaces the token and repeats all checks. */
  async #renew(payload: unknown): Promise<void> {
    const token = tokenSchema.safeParse(payload).data?.access_token ?? null;
    if (token === null || token.startsWith("sb_") || token === this.#token) return;
    try {
      await this.#identify(token);
      await this.#authorize();
    } catch (error) {
      if (!(error instanceof JoinError || error instanceof TokenError)) throw error;
      this.#shutDown(error.message);
      return;
    }
    for (const problem of await this.#subscribe()) {
      this.#tell("postgres_changes", "error", problem);
    }
    if (!this.#isClosed) this.#watchExpiry();
  }

  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    if (this.caller.expiresAt === Infinity) return;
    const left = this.caller.expiresAt - Date.now();
    if (left > 0) {
      this.#expiry = setTimeout(() => this.#watchExpiry(), Math.min(left, MAX_TOKEN_CHECK_MS));
    } else {
      this.#shutDown(`Token has expired ${Math.floor(-left / 1000)} seconds ago`);
    }
  }

  #shutDown(message: string): void {
    this.#tell("system", "error", message);
    this.close();
    this.onClose();
  }

  /** Name of the topic in policies and SQL. */
  get #name(): string {
    return this.topicName.slice(TOPIC_PREFIX.length);
  }

  #tell(extension: string, status: "ok" | "error", message: string): void {
    this.#send("system", null, JSON.stringify({ extension, status, message, channel: this.#name }));
  }

  #reply(ref: string | null, status: "ok" | "error", response: object): void {
    this.#send("phx_reply", ref, JSON.stringify({ status, response }));
  }

  #send(event: string, ref: string | null, payload: string): void {
    const joinRef = event.startsWith("phx_") ? this.joinRef : null;
    this.line.send(
      encodeFrame(this.version, { joinRef, ref, topic: this.topicName, event, payload }),
    );
  }
}

/** Prefix of every topic name of a client. */
export const TOPIC_PREFIX = "realtime:";

function readBroadcast(payload: unknown): Broadcast {
  if (payload instanceof BroadcastPayload) return payload.broadcast;
  const { event, payload: body } = broadcastSchema.parse(payload);
  return {
    event,
    encoding: "json",
    body: new TextEncoder().encode(JSON.stringify(body ?? {})),
  };
}
