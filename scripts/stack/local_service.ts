import { join } from "node:path";
import { OPTIONS_VARIABLE } from "../services/run_process.ts";
import type { StackConfig } from "./config.ts";
import type { LocalService } from "./plan_environment.ts";
import { assertPortFree } from "./assert_port_free.ts";
import { signal } from "./processes.ts";
import { readLines } from "./text_lines.ts";
import type { HttpService, Log } from "./service.ts";

/**
 * Starts a service of `scripts/services` in its own process, so that OCR, which uses a whole
 * processor, does not block the stack. The service ends with this process, however that ends: its
 * standard input is a pipe held here.
 *
 * @throws {PortTakenError} if another process uses its port.
 */
export async function startLocalService(
  config: Pick<StackConfig, "rootDir" | "ports">,
  { name, folder = name, options }: LocalService,
  log: Log,
): Promise<HttpService> {
  const port = config.ports[name];
  await assertPortFree(port, `${name} service`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", join(config.rootDir, "scripts", "services", folder, "server.ts")],
      ...["--port", String(port), "--die-with-parent"],
    ],
    cwd: config.rootDir,
    env: { [OPTIONS_VARIABLE]: JSON.stringify(options) },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const ready = Promise.withResolvers<string | undefined>();
  const copy = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of readLines(stream)) {
      log(name, line);
      const url = /^ready (http\S+)$/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(new URL(url).origin);
    }
  };
  const copied = Promise.all([copy(child.stdout), copy(child.stderr)]);
  let isStopping = false;
  let hasEnded = false;
  const ended = child.status.then(async ({ code }) => {
    hasEnded = true;
    await copied;
    ready.resolve(undefined);
    await child.stdin.close().catch(() => {});
    if (!isStopping) log(name, `ended with ${code}`);
  });
  const end = async (how: Deno.Signal) => {
    isStopping = true;
    if (!hasEnded) signal(child.pid, how);
    await ended;
  };
  const url = await ready.promise;
  if (url === undefined) throw new Error(`the local service ${name} did not start: see its log`);
  return { name, url, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
