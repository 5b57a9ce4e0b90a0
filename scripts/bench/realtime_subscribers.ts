/**
 * Many clients of Realtime in a process of their own, so that their CPU time is not counted as the
 * server's. Reads {@link inputSchema} as one line of standard input and prints "joined" when all
 * clients have joined. For each further line it prints the number of events that all clients have
 * received together.
 */
import { z } from "zod";
import { readLines } from "../stack/text_lines.ts";

const inputSchema = z.object({
  url: z.string(),
  /** One access token per client. */
  tokens: z.array(z.string()),
  topic: z.string(),
  /** Tables of `public` whose changes each client subscribes to, for rows of any owner. */
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

const lines = readLines(Deno.stdin.readable)[Symbol.asyncIterator]();
const input = inputSchema.parse(JSON.parse((await lines.next()).value ?? ""));
await Promise.all(input.tokens.map((token) => join(input, token)));
console.log("joined");
while (!(await lines.next()).done) console.log(events);
Deno.exit(0);
