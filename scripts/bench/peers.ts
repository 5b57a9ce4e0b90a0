import { z } from "zod";
import { startLineProcess } from "./line_process.ts";
import { installNodePackages } from "./node_packages.ts";
import type { Timed } from "./queue_contender.ts";

/** Process of a peer. It runs one command at a time. */
export interface Peer extends AsyncDisposable {
  call(command: string, options: Readonly<Record<string, unknown>>): Promise<Timed>;
}

const answerSchema = z.object({ jobs: z.number(), milliseconds: z.number() });

/**
 * Installs the peers and Node.
 *
 * @throws {Error} if the npm registry cannot be reached.
 */
export async function installPeers() {
  const { folder, node, [Symbol.asyncDispose]: dispose } = await installNodePackages({
    dependencies: { "graphile-worker": "0.18.0", pg: "8.23.1", "pg-boss": "12.38.0" },
    // The version that pg-boss 12.38 depends on is not available.
    overrides: { "rrule-temporal": "2.2.7" },
  });
  return {
    /** Starts one of `peers/*.mjs` against a database. */
    async start(script: string, databaseUrl: string): Promise<Peer> {
      const child = startLineProcess(node, {
        args: [script, databaseUrl],
        cwd: folder,
        // Otherwise graphile-worker formats a line for each job, even if it is not printed.
        env: { NO_LOG_SUCCESS: "1", NODE_ENV: "production" },
      });
      await child.read();
      return {
        async call(command, options) {
          const answer = await child.ask(JSON.stringify({ do: command, ...options }));
          return answerSchema.parse(JSON.parse(answer));
        },
        [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: dispose,
  };
}
