import { z } from "zod";
import type { Caller } from "./callers.ts";
import { type ChannelServices, TOPIC_PREFIX } from "./channel.ts";
import { type Broadcast, isJson } from "./frames.ts";

type HttpBroadcastServices = Pick<ChannelServices, "topics" | "policies">;

const batchSchema = z.object({
  messages: z.array(z.object({
    topic: z.string().min(1),
    event: z.string().min(1),
    payload: z.record(z.string(), z.unknown()),
    private: z.boolean().default(false),
  })),
});

/** Handles `POST /api/broadcast`: several messages. Silently drops what a policy forbids. */
export async function broadcastBatch(
  request: Request,
  caller: Caller,
  services: HttpBroadcastServices,
): Promise<Response> {
  const { success, data, error } = batchSchema.safeParse(await request.json().catch(() => null));
  if (!success) return refuse(z.prettifyError(error));
  for (const message of data.messages) {
    await broadcast(message.topic, message.private, caller, services, {
      event: message.event,
      encoding: "json",
      body: new TextEncoder().encode(JSON.stringify(message.payload)),
    });
  }
  return new Response(null, { status: 202 });
}

/** Handles `POST /api/broadcast/:topic/events/:event`: one message, JSON or bytes. */
export async function broadcastOne(
  request: Request,
  [topic, event]: readonly [topic: string, event: string],
  caller: Caller,
  services: HttpBroadcastServices,
): Promise<Response> {
  const url = new URL(request.url);
  if ([...url.searchParams.keys()].some((name) => name.startsWith("persist"))) {
    return refuse("the local stack does not store messages for replay");
  }
  const isBinary = request.headers.get("content-type") === "application/octet-stream";
  const body = new Uint8Array(await request.arrayBuffer());
  if (!isBinary && !isJson(body)) return refuse("the body is no JSON");
  const message: Broadcast = { event, encoding: isBinary ? "binary" : "json", body };
  const isPrivate = url.searchParams.get("private") === "true";
  const isSent = await broadcast(topic, isPrivate, caller, services, message);
  return isSent
    ? new Response(null, { status: 202 })
    : Response.json({ message: "Unauthorized" }, { status: 401 });
}

async function broadcast(
  topic: string,
  isPrivate: boolean,
  caller: Caller,
  { topics, policies }: HttpBroadcastServices,
  message: Broadcast,
): Promise<boolean> {
  if (isPrivate && !await policies.mayWrite(caller, topic)) return false;
  topics.broadcast(TOPIC_PREFIX + topic, isPrivate, message);
  return true;
}

function refuse(message: string): Response {
  return Response.json({ message }, { status: 422 });
}
