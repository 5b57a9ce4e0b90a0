import { Command } from "commander";
import type { z } from "zod";
import type { Listening, ListenOptions } from "./listen.ts";

interface Flags {
  port: string;
  host: string;
  options: string;
  dieWithParent?: boolean;
}

/**
 * Runs a local service as a process of its own.
 *
 * Options: `--port` (0 = any), `--host`, `--options <json>` (options of the service's `start…`
 * function), `--die-with-parent` (exit when stdin ends, so that a killed parent leaves no process
 * behind). Once the service listens it prints one line, `ready <url>`. It stops cleanly on SIGINT
 * and SIGTERM.
 */
export async function runProcess<Options>(
  name: string,
  schema: z.ZodType<Options>,
  start: (options: Options & ListenOptions) => Promise<Listening>,
): Promise<void> {
  const command = new Command(name)
    .option("--port <number>", "port to listen on, 0 for any free one", "0")
    .option("--host <address>", "address to bind", "127.0.0.1")
    .option("--options <json>", "the service's options as a JSON object", "{}")
    .option("--die-with-parent", "exit when standard input ends");
  const flags = command.parse(Deno.args, { from: "user" }).opts<Flags>();
  const options = schema.parse(JSON.parse(flags.options));

  const service = await start({ ...options, port: Number(flags.port), hostname: flags.host });
  console.log(`ready ${service.url}`);

  const end = async () => {
    await service.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", end);
  Deno.addSignalListener("SIGTERM", end);
  if (flags.dieWithParent) {
    for await (const _ of Deno.stdin.readable) {
      // Only the end of the stream matters.
    }
    await end();
  }
}
