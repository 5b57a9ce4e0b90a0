/**
 * Many clients of Realtime: a process of its own, so that what they cost is not taken for what serving
 * them costs. Reads what {@link inputSchema} says as one line of its standard input and says "joined"
 * when all have; for each line after that, how many events have reached all of them together.
 */
import { z } from "zod";
import { TextLineStream } from "../stack/text_lines.ts";

const inputSchema = z.object({
  url: z.string(),
  /** One client each. */
  tokens: z.array(z.string()),
  topic: z.string(),
  /** Of `public`, whose changes each asks for, whoever's they are. */
  tables: z.array(z.string()),
});

const HEARTBEAT_MS = 25_000;
const BROADCAST = 4;

let events = 0;

async function join(
  { url, topic, tables }: z.infer<typeof inputSchema>,
  token: string,
): Promise<void> {
  const joined = Promise.withResolvers<void>();
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    const config = {
      postgres_changes: tables.map((table) => ({ event: "*", schema: "public", table })),
      postgres_changes_options: { wait: true },
    };
    const payload = { config, access_token: token };
    socket.send(JSON.stringify(["1", "1", `realtime:${topic}`, "phx_join", payload]));
    const heartbeat = JSON.stringify([null, "2", "phoenix", "heartbeat", {}]);
    setInterval(() => socket.send(heartbeat), HEARTBEAT_MS);
  });
  socket.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) {
      if (new Uint8Array(data)[0] === BROADCAST) events++;
      return;
    }
    const [, , , event, payload] = JSON.parse(data);
    if (event === "postgres_changes") events++;
    if (event === "phx_reply" && payload.status === "error") joined.reject(new Error(data));
    if (event === "phx_reply") joined.resolve();
  });
  socket.addEventListener("close", ({ code }) => joined.reject(new Error(`closed: ${code}`)));
  await joined.promise;
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream())[Symbol.asyncIterator]();
const input = inputSchema.parse(JSON.parse((await lines.next()).value ?? ""));
await Promise.all(input.tokens.map((token) => join(input, token)));
console.log("joined");
while (!(await lines.next()).done) console.log(events);
Deno.exit(0);
