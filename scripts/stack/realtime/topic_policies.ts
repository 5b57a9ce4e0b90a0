import postgres from "postgres";
import { RolledBack } from "../gateway/gateway_connection.ts";
import type { Log } from "../service.ts";
import type { Caller } from "./callers.ts";

/** Checks on `realtime.messages` who may read from and send to a private topic. */
export class TopicPolicies {
  /** @param sql connections as `authenticator`, which switches to the caller's role. */
  constructor(private readonly sql: postgres.Sql, private readonly log: Log) {}

  /** Returns whether the caller may receive a topic's broadcasts. */
  async mayRead(caller: Caller, topic: string): Promise<boolean> {
    return await this.#rolledBack(caller, topic, async (transaction, become) => {
      const [probe] = await transaction<[{ id: string }]>`
        select realtime.insert_probe(${topic}) as id`;
      await become();
      const seen = await transaction`select from realtime.messages where id = ${probe.id}`;
      return seen.length > 0;
    }) ?? false;
  }

  /** Returns whether the caller may broadcast to a topic. */
  async mayWrite(caller: Caller, topic: string): Promise<boolean> {
    return await this.#rolledBack(caller, topic, async (transaction, become) => {
      await become();
      await transaction`
        insert into realtime.messages (topic, extension) values (${topic}, 'broadcast')`;
      return true;
    }) ?? false;
  }

  /** Runs in a transaction that is rolled back. Returns undefined if Postgres refuses. */
  async #rolledBack<T>(
    caller: Caller,
    topic: string,
    run: (
      transaction: postgres.TransactionSql,
      become: () => Promise<unknown>,
    ) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      await this.sql.begin(async (transaction) => {
        const result = await run(transaction, () =>
          transaction`
            select set_config('role', ${caller.role}, true),
              set_config('realtime.topic', ${topic}, true),
              set_config('request.jwt.claims', ${caller.claims}, true),
              set_config('request.jwt.claim.sub', ${caller.subject}, true),
              set_config('request.jwt.claim.role', ${caller.role}, true),
              set_config('request.headers', '{}', true)`);
        throw new RolledBack(result);
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.result;
      if (!(error instanceof postgres.PostgresError)) throw error;
      if (error.code !== INSUFFICIENT_PRIVILEGE) {
        this.log("realtime", `a policy on realtime.messages failed: ${error.message}`);
      }
    }
    return undefined;
  }
}

const INSUFFICIENT_PRIVILEGE = "42501";
