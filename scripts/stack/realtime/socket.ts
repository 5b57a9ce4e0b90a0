import { Channel, type ChannelServices, type ChannelSocket, TOPIC_PREFIX } from "./channel.ts";
import type { Caller } from "./callers.ts";
import {
  type ClientMessage,
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameError,
  type Version,
} from "./frames.ts";

/** Unsent bytes at which a client that does not read is disconnected. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const MAX_CHANNELS = 100;
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;

/** Connection of one client with the channels joined over it. */
export class Socket implements ChannelSocket {
  readonly #channels = new Map<string, Channel>();
  /** Pending work by topic. Messages to one topic are handled one after the other. */
  readonly #work = new Map<string, Promise<void>>();

  constructor(
    private readonly connection: WebSocket,
    readonly version: Version,
    readonly caller: Caller,
    private readonly services: ChannelServices,
  ) {
    connection.binaryType = "arraybuffer";
    connection.addEventListener("message", ({ data }) => this.#receive(data));
    connection.addEventListener("close", () => this.#forget());
  }

  send(frame: Frame): void {
    if (this.connection.readyState !== WebSocket.OPEN) return;
    if (this.connection.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.connection.close(TRY_AGAIN_LATER, "too slow");
      return;
    }
    this.connection.send(frame);
  }

  /** Makes the client rejoin every channel, because changes were missed. */
  failChannels(): void {
    for (const channel of this.#channels.values()) channel.fail();
    this.#channels.clear();
  }

  close(): void {
    this.#forget();
    if (this.connection.readyState === WebSocket.OPEN) this.connection.close(GOING_AWAY);
  }

  #receive(data: unknown): void {
    let message: ClientMessage;
    try {
      message = decodeFrame(this.version, data);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.services.log("realtime", error.message);
      return;
    }
    const { topic } = message;
    const work = (this.#work.get(topic) ?? Promise.resolve())
      .then(() => this.#handle(message))
      .catch((error) => {
        this.services.log("realtime", `${message.event} of ${topic}: ${error}`);
        this.#reply(message, "error", { reason: "Unknown Error on Channel" });
      })
      .finally(() => {
        if (this.#work.get(topic) === work) this.#work.delete(topic);
      });
    this.#work.set(topic, work);
  }

  async #handle(message: ClientMessage): Promise<void> {
    const { topic, event } = message;
    if (topic === "phoenix") {
      if (event === "heartbeat") this.#reply(message, "ok", {});
      return;
    }
    if (event === "phx_join") return await this.#join(message);
    const channel = this.#channels.get(topic);
    if (channel === undefined) {
      this.#reply(message, event === "phx_leave" ? "ok" : "error", { reason: "unmatched topic" });
    } else if (event === "phx_leave") {
      this.#channels.delete(topic);
      this.#reply(message, "ok", {});
      channel.close();
    } else {
      await channel.receive(message);
    }
  }

  async #join(message: ClientMessage): Promise<void> {
    const { topic, joinRef } = message;
    const refuse = (reason: string) => this.#reply(message, "error", { reason });
    if (!topic.startsWith(TOPIC_PREFIX)) return refuse("unmatched topic");
    if (topic === TOPIC_PREFIX) {
      return refuse("TopicNameRequired: You must provide a topic name");
    }
    this.#channels.get(topic)?.close();
    this.#channels.delete(topic);
    if (this.#channels.size >= MAX_CHANNELS) {
      return refuse("ChannelRateLimitReached: Too many channels");
    }
    const channel = new Channel(topic, joinRef, this, this.services, () => {
      if (this.#channels.get(topic) === channel) this.#channels.delete(topic);
    });
    this.#channels.set(topic, channel);
    let isJoined = false;
    try {
      isJoined = await channel.join(message);
    } finally {
      if (!isJoined) {
        channel.leave();
        this.#channels.delete(topic);
      }
    }
  }

  #forget(): void {
    for (const channel of this.#channels.values()) channel.leave();
    this.#channels.clear();
  }

  #reply(
    { joinRef, ref, topic }: ClientMessage,
    status: "ok" | "error",
    response: object,
  ): void {
    const payload = JSON.stringify({ status, response });
    this.send(encodeFrame(this.version, { joinRef, ref, topic, event: "phx_reply", payload }));
  }
}
