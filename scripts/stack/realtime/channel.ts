import { z } from "zod";
import type { TopicPolicies } from "./authorize_topic.ts";
import { type Caller, type Callers, TokenError } from "./callers.ts";
import type { ChangeFeed, Follower } from "./change_feed.ts";
import {
  type Broadcast,
  type ClientMessage,
  encodeFrame,
  type Frame,
  isBroadcastPayload,
  type Version,
} from "./frames.ts";
import { type JoinPayload, joinSchema } from "./join_payload.ts";
import type { Log } from "../types.ts";
import { type Subscription, SubscriptionError } from "./subscription.ts";
import type { Member, Topic, Topics } from "./topics.ts";
import type { ChangeRequest } from "./join_payload.ts";

/** What channels share. */
export interface ChannelServices {
  readonly callers: Callers;
  readonly policies: TopicPolicies;
  readonly topics: Topics;
  readonly changes: ChangeFeed;
  readonly log: Log;
  /** Settles once nothing that is committed from now on is missed. */
  ready(): Promise<void>;
  /** @throws {SubscriptionError} when it cannot be served. */
  subscribe(id: number, request: ChangeRequest, caller: Caller): Promise<Subscription>;
}

/** The socket under a channel. */
export interface Line {
  readonly version: Version;
  /** Whom the API key of the connection stands for. */
  readonly caller: Caller;
  send(frame: Frame): void;
}

/** A join that is refused; the message is for the client. */
class JoinError extends Error {}

/** Timers take 24 days at most; and a token is looked at again now and then, as hosted. */
const MAX_TOKEN_CHECK_MS = 5 * 60_000;

const tokenSchema = z.object({ access_token: z.string().nullable() });
const broadcastSchema = z.looseObject({ event: z.string().default(""), payload: z.unknown() });

let subscriptionIds = 0;

/** One topic that one client has joined, or is about to. */
export class Channel implements Member, Follower {
  caller: Caller;
  subscriptions: readonly Subscription[] = [];
  readonly version: Version;
  #token = "";
  #join: JoinPayload = joinSchema.parse({});
  #topic: Topic | undefined;
  /** Not asked yet if undefined. */
  #mayWrite: boolean | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(
    /** With `realtime:` in front. */
    private readonly topicName: string,
    private readonly joinRef: string | null,
    private readonly line: Line,
    private readonly services: ChannelServices,
    /** Called when the server ends it. */
    private readonly onClose: () => void,
  ) {
    this.caller = line.caller;
    this.version = line.version;
  }

  /** Joins, and answers whether that went well. */
  async join({ ref, payload }: ClientMessage): Promise<boolean> {
    let problems: string[];
    try {
      problems = await this.#prepare(payload);
    } catch (error) {
      if (!(error instanceof JoinError || error instanceof TokenError)) throw error;
      this.#reply(ref, "error", { reason: error.message });
      this.leave();
      return false;
    }
    if (this.#isClosed) return false;
    const { config } = this.#join;
    this.#topic = this.services.topics.join(this.topicName, config.private, this);
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

  /** Takes what the client sends to the joined channel. */
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

  /** Leaves the topic without a word to the client. */
  leave(): void {
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    this.services.changes.remove(this);
    if (this.#topic !== undefined) {
      this.services.topics.leave(this.#topic, this.#join.config.private, this);
    }
    this.#topic = undefined;
  }

  /** Ends it for good: the client does not join again by itself. */
  close(): void {
    this.leave();
    this.#send("phx_close", this.joinRef, "{}");
  }

  /** Ends it because of a fault here: the client joins again. */
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
   * All of a join that takes time; returns what is wrong with its bindings.
   *
   * @throws {JoinError} when it is refused.
   * @throws {TokenError} when its token is.
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

  /** @throws {TokenError} */
  async #identify(token: string | null): Promise<void> {
    this.#token = token ?? "";
    this.caller = token === null || token.startsWith("sb_")
      ? this.line.caller
      : await this.services.callers.ofToken(token);
  }

  /** @throws {JoinError} when no policy lets the caller hear anything of a private topic. */
  async #authorize(): Promise<void> {
    this.#mayWrite = undefined;
    if (!this.#join.config.private) return;
    if (!await this.services.policies.mayRead(this.caller, this.#name)) {
      throw new JoinError(
        `Unauthorized: You do not have permissions to read from this Channel topic: ${this.#name}`,
      );
    }
  }

  /** Returns what is wrong with the bindings; those that are right are served. */
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
          return {
            id,
            type: "*",
            schema: "",
            table: "",
            filter: "",
            tests: [],
            select: undefined,
          } as const;
        }
      }),
    );
    return problems;
  }

  async #broadcast({ ref, payload }: ClientMessage): Promise<void> {
    if (!await this.#writes()) return;
    const { ack, self } = this.#join.config.broadcast;
    this.#topic?.broadcast(readBroadcast(payload), self ? undefined : this);
    if (ack) this.#reply(ref, "ok", {});
  }

  async #writes(): Promise<boolean> {
    if (!this.#join.config.private) return true;
    this.#mayWrite ??= await this.services.policies.mayWrite(this.caller, this.#name);
    return this.#mayWrite;
  }

  /** Takes a new token, under which everything is asked again. */
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

  /** The topic as policies and SQL know it. */
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
    const isPush = event !== "phx_reply" && event !== "phx_close" && event !== "phx_error";
    const joinRef = isPush ? null : this.joinRef;
    this.line.send(
      encodeFrame(this.version, { joinRef, ref, topic: this.topicName, event, payload }),
    );
  }
}

/** What every topic of a client begins with. */
export const TOPIC_PREFIX = "realtime:";

function readBroadcast(payload: unknown): Broadcast {
  if (isBroadcastPayload(payload)) return payload.broadcast;
  const { event, payload: body } = broadcastSchema.parse(payload);
  return {
    event,
    encoding: "json",
    body: new TextEncoder().encode(JSON.stringify(body ?? {})),
  };
}
