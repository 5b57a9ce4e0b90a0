import { Buffer } from "node:buffer";
import { z } from "zod";

/** Protocol version that a client asked for. */
export type Version = "1.0.0" | "2.0.0";

interface Message<Payload> {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: Payload;
}

/** Phoenix message from a client. */
export type ClientMessage = Message<unknown>;

/** Message from the server, with its payload as JSON text. */
export type ServerMessage = Message<string>;

/** Message between clients, or from the database to clients. */
export interface Broadcast {
  readonly event: string;
  readonly encoding: "json" | "binary";
  /** JSON text in UTF-8, or bytes of any kind. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly meta?: { readonly id: string };
}

/** Payload of a broadcast that version 2.0.0 sent as bytes. */
export class BroadcastPayload {
  constructor(readonly broadcast: Broadcast) {}
}

/** One WebSocket message. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** Error of a frame that does not follow the protocol. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const KIND_BROADCAST_PUSH = 3;
const KIND_BROADCAST = 4;
const MAX_FIELD_BYTES = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const ref = z.string().nullable().default(null);

/** Text frames of each version. */
const textFrames = {
  "1.0.0": z.object({
    join_ref: ref,
    ref,
    topic: z.string(),
    event: z.string(),
    payload: z.unknown(),
  }).transform(({ join_ref: joinRef, ...message }) => ({ joinRef, ...message })),
  "2.0.0": z.tuple([ref, ref, z.string(), z.string(), z.unknown()])
    .transform(([joinRef, ref, topic, event, payload]) => ({
      joinRef,
      ref,
      topic,
      event,
      payload,
    })),
};

/**
 * Decodes one frame.
 *
 * @throws {FrameError} if it does not follow the protocol.
 */
export function decodeFrame(version: Version, data: unknown): ClientMessage {
  if (data instanceof ArrayBuffer) return decodeBinary(new Uint8Array(data));
  let json: unknown;
  try {
    json = JSON.parse(String(data));
  } catch (cause) {
    throw new FrameError("not JSON", { cause });
  }
  const { success, data: message } = textFrames[version].safeParse(json);
  if (!success) throw new FrameError(`not a message of version ${version}`);
  return message;
}

/** Decodes a binary frame of kind 3: lengths of five fields, encoding, the fields, the body. */
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
  if (offset > bytes.length) throw new FrameError("truncated binary frame");
  const encoding = bytes[6] === 0 ? "binary" : "json";
  const payload = new BroadcastPayload({ event, encoding, body: bytes.slice(offset) });
  return { joinRef: joinRef || null, ref: ref || null, topic, event: "broadcast", payload };
}

export function encodeFrame(
  version: Version,
  { joinRef, ref, topic, event, payload }: ServerMessage,
): string {
  return version === "2.0.0"
    ? `${JSON.stringify([joinRef, ref, topic, event]).slice(0, -1)},${payload}]`
    : `${
      JSON.stringify({ join_ref: joinRef, ref, topic, event }).slice(0, -1)
    },"payload":${payload}}`;
}

/** Returns whether bytes are JSON text. */
export function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the frame of a broadcast for the members of a topic; undefined if the version cannot
 * carry it: bytes over 1.0.0.
 */
export function encodeBroadcast(
  version: Version,
  topic: string,
  { event, encoding, body, meta }: Broadcast,
): Frame | undefined {
  if (version === "1.0.0") {
    // The client's claim that this is JSON is unchecked, and here it becomes part of the frame.
    if (encoding === "binary" || !isJson(body)) return undefined;
    const head = JSON.stringify({ type: "broadcast", event, meta }).slice(0, -1);
    const payload = `${head},"payload":${decoder.decode(body)}}`;
    return encodeFrame(version, { joinRef: null, ref: null, topic, event: "broadcast", payload });
  }
  const fields = [topic, event, meta === undefined ? "" : JSON.stringify(meta)]
    .map((field) => encoder.encode(field));
  if (fields.some(({ length }) => length > MAX_FIELD_BYTES)) return undefined;
  const lengths = fields.map(({ length }) => length);
  const header = Uint8Array.of(KIND_BROADCAST, ...lengths, encoding === "json" ? 1 : 0);
  return new Uint8Array(Buffer.concat([header, ...fields, body]));
}
