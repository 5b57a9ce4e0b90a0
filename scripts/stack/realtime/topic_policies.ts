import postgres from "postgres";
import type { Log } from "../service.ts";
import type { SteadyClient, SteadyPool } from "../steady_pool.ts";
import type { Caller } from "./callers.ts";

/** Checks on `realtime.messages` who may read from and send to a private topic. */
export class TopicPolicies {
  /** @param pool connections as `authenticator`, which switches to the caller's role. */
  constructor(private readonly pool: SteadyPool, private readonly log: Log) {}

  /** Returns whether the caller may receive a topic's broadcasts. */
  async mayRead(caller: Caller, topic: string): Promise<boolean> {
    return await this.#rolledBack(caller, topic, async (client, become) => {
      const [probe] = await client.unsafe<{ id: string }>(
        "select realtime.insert_probe($1) as id",
        [topic],
      );
      await become();
      const seen = await client.unsafe(
        "select from realtime.messages where id = $1",
        [probe?.id],
      );
      return seen.length > 0;
    }) ?? false;
  }

  /** Returns whether the caller may broadcast to a topic. */
  async mayWrite(caller: Caller, topic: string): Promise<boolean> {
    return await this.#rolledBack(caller, topic, async (client, become) => {
      await become();
      await client.unsafe(
        "insert into realtime.messages (topic, extension) values ($1, 'broadcast')",
        [topic],
      );
      return true;
    }) ?? false;
  }

  /** Runs in a transaction that is rolled back. Returns undefined if Postgres refuses. */
  async #rolledBack<T>(
    caller: Caller,
    topic: string,
    run: (client: SteadyClient, become: () => Promise<unknown>) => Promise<T>,
  ): Promise<T | undefined> {
    const client = await this.pool.reserve();
    try {
      await client.unsafe("begin");
      return await run(client, () =>
        client.unsafe(
          `select set_config('role', $1, true),
             set_config('realtime.topic', $2, true),
             set_config('request.jwt.claims', $3, true),
             set_config('request.jwt.claim.sub', $4, true),
             set_config('request.jwt.claim.role', $1, true),
             set_config('request.headers', '{}', true)`,
          [caller.role, topic, caller.claims, caller.subject],
        ));
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error;
      if (error.code !== INSUFFICIENT_PRIVILEGE) {
        this.log("realtime", `a policy on realtime.messages failed: ${error.message}`);
      }
      return undefined;
    } finally {
      // A lost connection has rolled back, and its pool drops it.
      await client.unsafe("rollback").catch(() => {});
      client.release();
    }
  }
}

const INSUFFICIENT_PRIVILEGE = "42501";
