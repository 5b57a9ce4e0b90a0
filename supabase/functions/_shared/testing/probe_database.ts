// Uses the database as a function does and prints what happened as one line of JSON. A program of its own,
// so that tests can run it on the Deno of hosted functions, and because an error outside any promise ends it.
import { connectDatabase, isDatabaseUnavailable } from "../platform/database.ts";
import { parseEnv, platformEnv } from "../platform/env.ts";
import { z } from "zod";

const env = parseEnv(
  z.object({ ...platformEnv, PROBE_ROUNDS: z.coerce.number().default(0) }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env, { name: "probe", statementTimeoutMs: 7_000 });

/** Outcome of the probe. */
export interface ProbeOutcome {
  readonly deno: string;
  /** Message of the error that ended it. */
  readonly error?: string;
  readonly role?: string;
  readonly timeout?: string;
  /** Rounds that ended well, and those that ended with a passing error. */
  readonly rounds?: { readonly done: number; readonly lost: number };
}

async function useOnce(): Promise<void> {
  const text = "ä".repeat(300_000);
  const [row] = await sql`
    select ${sql.json({ id: "9007199254740993", text })}::jsonb as json,
      ${sql.array(["a", 'b"'], 1009)}::text[] as texts, 12345678901234567890::numeric as amount`;
  check(row?.["json"].text === text, "JSON comes back as it was");
  check(row?.["texts"].join() === 'a,b"', "so does a list");
  check(row?.["amount"] === "12345678901234567890", "a numeric keeps its digits");
  const rows = await Promise.all(
    Array.from({ length: 20 }, (_, n) => sql<{ n: number }[]>`select ${n}::integer as n`),
  );
  check(rows.every(([one], n) => one?.n === n), "statements side by side get their own rows");
}

/** One statement, two beside it, and a transaction. */
async function endure(): Promise<void> {
  const settled = await Promise.allSettled([
    sql`select ${"x".repeat(100)}::text as text`,
    sql`select 1`,
    sql.begin(async (own) => {
      const [row] = await own<{ total: number }[]>`select ${1}::integer + 1 as total`;
      check(row?.total === 2, "a transaction reads its rows");
      try {
        await own`select ${"y".repeat(2_000)}::text from pg_sleep(0.005)`;
      } finally {
        // Comes after the connection has ended, if it has.
        await own`select 2`;
      }
    }),
  ]);
  for (const one of settled) if (one.status === "rejected") throw one.reason;
}

async function probe(): Promise<ProbeOutcome> {
  let done = 0;
  let lost = 0;
  for (let round = 0; round < env.PROBE_ROUNDS; round++) {
    try {
      await endure();
      done++;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      lost++;
    }
  }
  await useOnce();
  const [session] = await sql<{ role: string; timeout: string }[]>`
    select current_user::text as role, current_setting('statement_timeout') as timeout`;
  return { deno: Deno.version.deno, ...session, rounds: { done, lost } };
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}

try {
  console.log(JSON.stringify(await probe()));
} catch (error) {
  const outcome: ProbeOutcome = { deno: Deno.version.deno, error: String(error) };
  console.log(JSON.stringify(outcome));
} finally {
  await sql.end({ timeout: 5 });
}
