import { z } from "zod";
import { readLines } from "../text_lines.ts";

const helloSchema = z.object({ token: z.string() });

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), port: z.int() }),
  z.object({ type: z.literal("retired") }),
  z.object({ type: z.literal("unloaded") }),
]);

/** Message from an isolate's prelude. */
export type IsolateMessage = z.infer<typeof messageSchema>;

/** Command to an isolate's prelude. */
export type IsolateCommand =
  | { readonly type: "retire" }
  | { readonly type: "unload"; readonly reason: string };

/** Server that isolates connect to. An isolate ends itself when this connection closes. */
export interface ControlServer {
  readonly port: number;
  /** Registers the isolate that will present `token`. Commands sent before it connects are queued. */
  expect(token: string, onMessage: (message: IsolateMessage) => void): IsolateChannel;
  close(): void;
}

/** The runtime's end of one isolate's connection. */
export interface IsolateChannel {
  send(command: IsolateCommand): void;
  close(): void;
}

/** Opens the port that the isolates of one runtime connect to. */
export function openControlServer(): ControlServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const expected = new Map<string, (connection: Deno.Conn) => (line: string) => void>();

  const greet = async (connection: Deno.Conn) => {
    let take: ((line: string) => void) | undefined;
    const lines = readLines(connection.readable);
    for await (const line of lines) {
      if (take !== undefined) {
        take(line);
        continue;
      }
      const hello = helloSchema.safeParse(JSON.parse(line));
      take = hello.success ? expected.get(hello.data.token)?.(connection) : undefined;
      if (take === undefined) return;
    }
  };
  (async () => {
    for await (const connection of listener) {
      // A broken connection means that the isolate ended; the exit of its process reports that as
      // well.
      greet(connection).catch(() => {});
    }
  })();

  return {
    port: listener.addr.port,
    expect: (token, onMessage) => {
      const connected = Promise.withResolvers<Deno.Conn>();
      expected.set(token, (connection) => {
        expected.delete(token);
        connected.resolve(connection);
        return (line) => onMessage(messageSchema.parse(JSON.parse(line)));
      });
      let lastWrite = Promise.resolve();
      return {
        send: (command) => {
          const line = new TextEncoder().encode(JSON.stringify(command) + "\n");
          lastWrite = lastWrite.then(async () => {
            await (await connected.promise).write(line);
          }).catch(() => {});
        },
        close: () => {
          expected.delete(token);
          connected.promise.then((connection) => connection.close()).catch(() => {});
        },
      };
    },
    close: () => listener.close(),
  };
}
