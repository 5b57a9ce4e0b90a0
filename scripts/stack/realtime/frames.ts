import { z } from "zod";

/** Version of the protocol that a client asked for. */
export type Version = "1.0.0" | "2.0.0";

/** What a client sends: Phoenix's message. */
export interface ClientMessage {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: unknown;
}

/** What the server sends. */
export interface ServerMessage {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  /** The payload as JSON text. */
  readonly payload: string;
}

/** One message between clients, or from the database to them. */
export interface Broadcast {
  readonly event: string;
  readonly encoding: "json" | "binary";
  /** JSON text in UTF-8, or whatever the sender's bytes mean. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly meta?: { readonly id: string };
}

/** The payload of a broadcast, which version 2.0.0 sends as bytes. */
export type BroadcastPayload = { readonly broadcast: Broadcast };

/** What goes over a WebSocket in one piece. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** A frame that is no message of the protocol. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const KIND_BROADCAST_PUSH = 3;
const KIND_BROADCAST = 4;
const MAX_FIELD_BYTES = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const ref = z.string().nullable().default(null);
const textV1 = z.object({
  join_ref: ref,
  ref,
  topic: z.string(),
  event: z.string(),
  payload: z.unknown(),
});
const textV2 = z.tuple([ref, ref, z.string(), z.string(), z.unknown()]);

/**
 * Reads one frame.
 *
 * @throws {FrameError} when it is none of the protocol.
 */
export function decodeFrame(version: Version, data: unknown): ClientMessage {
  if (data instanceof ArrayBuffer) return decodeBinary(new Uint8Array(data));
  let json: unknown;
  try {
    json = JSON.parse(String(data));
  } catch (cause) {
    throw new FrameError("not JSON", { cause });
  }
  if (version === "1.0.0") {
    const { success, data: message } = textV1.safeParse(json);
    if (!success) throw new FrameError("not a message of version 1.0.0");
    const { join_ref: joinRef, ref, topic, event, payload } = message;
    return { joinRef, ref, topic, event, payload };
  }
  const { success, data: message } = textV2.safeParse(json);
  if (!success) throw new FrameError("not a message of version 2.0.0");
  const [joinRef, ref, topic, event, payload] = message;
  return { joinRef, ref, topic, event, payload };
}

/** Kind 3: lengths of five fields, encoding, the fields, the body. */
function decodeBinary(bytes: Uint8Array<ArrayBuffer>): ClientMessage {
  if (bytes[0] !== KIND_BROADCAST_PUSH || bytes.length < 7) {
    throw new FrameError(`unknown kind of binary frame: ${bytes[0]}`);
  }
  let offset = 7;
  const field = (length = 0) => decoder.decode(bytes.subarray(offset, offset += length));
  const joinRef = field(bytes[1]);
  const ref = field(bytes[2]);
  const topic = field(bytes[3]);
  const event = field(bytes[4]);
  field(bytes[5]);
  if (offset > bytes.length) throw new FrameError("a binary frame that is cut short");
  const payload: BroadcastPayload = {
    broadcast: {
      event,
      encoding: bytes[6] === 0 ? "binary" : "json",
      body: bytes.slice(offset),
    },
  };
  return { joinRef: joinRef || null, ref: ref || null, topic, event: "broadcast", payload };
}

/** Whether a payload came, or is to go, as bytes. */
export function isBroadcastPayload(payload: unknown): payload is BroadcastPayload {
  return typeof payload === "object" && payload !== null && "broadcast" in payload &&
    typeof payload.broadcast === "object" && payload.broadcast !== null &&
    "body" in payload.broadcast && payload.broadcast.body instanceof Uint8Array;
}

export function encodeFrame(version: Version, message: ServerMessage): string {
  const [joinRef, ref, topic, event] = [
    message.joinRef,
    message.ref,
    message.topic,
    message.event,
  ].map((field) => JSON.stringify(field));
  return version === "2.0.0"
    ? `[${joinRef},${ref},${topic},${event},${message.payload}]`
    : `{"join_ref":${joinRef},"ref":${ref},"topic":${topic},"event":${event},` +
      `"payload":${message.payload}}`;
}

/** Whether bytes are JSON text. */
export function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/**
 * The frame that carries a broadcast to the members of a topic; `undefined` where the version cannot
 * carry it: bytes over 1.0.0.
 */
export function encodeBroadcast(
  version: Version,
  topic: string,
  { event, encoding, body, meta }: Broadcast,
): Frame | undefined {
  if (version === "1.0.0") {
    // Nobody has checked what a client says is JSON, and here it becomes a part of the frame.
    if (encoding === "binary" || !isJson(body)) return undefined;
    const payload = `{"type":"broadcast","event":${JSON.stringify(event)},` +
      `"payload":${decoder.decode(body)}` +
      (meta === undefined ? "}" : `,"meta":${JSON.stringify(meta)}}`);
    return encodeFrame(version, { joinRef: null, ref: null, topic, event: "broadcast", payload });
  }
  const fields = [topic, event, meta === undefined ? "" : JSON.stringify(meta)]
    .map((field) => encoder.encode(field));
  if (fields.some(({ length }) => length > MAX_FIELD_BYTES)) return undefined;
  const header = Uint8Array.of(
    KIND_BROADCAST,
    ...fields.map(({ length }) => length),
    encoding === "json" ? 1 : 0,
  );
  const frame = new Uint8Array(
    [header, ...fields, body].reduce((length, part) => length + part.length, 0),
  );
  let offset = 0;
  for (const part of [header, ...fields, body]) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}
