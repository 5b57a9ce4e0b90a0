import type postgres from "postgres";
import { median } from "simple-statistics";
import { z } from "zod";
import type { BenchDatabase } from "./bench_database.ts";
import {
  type BenchmarkOptions,
  interleave,
  type Measure,
  repeat,
  type Section,
} from "./harness.ts";

/** Accounts with a report that is complete and a run of prompts. */
const ACCOUNTS = 40;
/** Number of accounts whose rows are read in a round. */
const SAMPLE = 40;
const GOAL = 1.05;

/**
 * Who reads: a user with 50 accounts whose request names the account (`named`) or none (`member`), or
 * its only owner under policies that compare with the user.
 */
type Actor = "named" | "member" | "owner";

/** What is read, as SQL with the number of the account as `$1`. */
const READS = {
  ...Object.fromEntries(
    ["report_model_summaries", "report_field_errors", "report_error_patterns"].map((view) => [
      view,
      `select * from public.${view} where report_id = md5('report' || $1)::uuid`,
    ]),
  ),
  "reports of an account": `select * from public.reports where owner_id = md5('owner' || $1)::uuid
    order by created_at desc limit 20`,
  "a page of 100 runs": `select * from public.benchmark_runs
    where report_id = md5('report' || $1)::uuid order by model_id, image_index, repeat_index limit 100`,
  "a page of 100 cells": `select * from public.run_cells
    where run_id = md5('prompt' || $1)::uuid and id > 0 order by id limit 100`,
};

const planSchema = z.tuple([z.object({
  "QUERY PLAN": z.tuple([
    z.object({ "Planning Time": z.number(), "Execution Time": z.number() }),
  ]),
})]).transform(([{ "QUERY PLAN": [plan] }]) => plan["Planning Time"] + plan["Execution Time"]);

/** Measures reading by a user with 50 accounts beside reading under policies that compare with the user. */
export async function comparePolicies(
  { sql }: BenchDatabase,
  options: BenchmarkOptions,
): Promise<Section> {
  await sql.file(new URL("account_policies_seed.sql", import.meta.url).pathname).simple();
  await sql`vacuum analyze`;
  const contenders: Record<string, Measure<"ms">> = {};
  for (const [name, read] of Object.entries(READS)) {
    for (const actor of ["member", "named", "owner"] as const) {
      contenders[`${actor}: ${name}`] = async () => ({
        ms: median(await repeat(SAMPLE, (index) => timeRead(sql, actor, read, index))),
      });
    }
  }
  const results = await interleave(contenders, options);
  const rows = (actor: Actor, text: string) =>
    Object.keys(READS).map((name) =>
      results.row(`${actor}: ${name}`, "ms", {
        label: `${name}${text}`,
        divisor: `owner: ${name}`,
        goal: { atMost: GOAL },
      })
    );
  return {
    title: "Rows of one account, read by a user with 50 accounts",
    unit: "ms in Postgres",
    ratio: "÷ owner_id = auth.uid()",
    rows: [...rows("named", ""), ...rows("member", ", no account named")],
    notes: [
      `Planning and execution time of explain (analyze, timing off), median of ${SAMPLE} reads per round. The other side reads the same rows as their only owner.`,
    ],
  };
}

/** Returns the milliseconds that Postgres plans and executes a statement, read as a member or as the owner. */
async function timeRead(
  sql: postgres.Sql,
  actor: Actor,
  read: string,
  index: number,
): Promise<number> {
  const number = 1 + index % ACCOUNTS;
  const user = actor === "owner" ? `owner${number}` : "colleague";
  return await sql.begin(async (own) => {
    await own`select set_config('request.jwt.claims', jsonb_build_object(
      'sub', md5(${user})::uuid, 'role', 'authenticated')::text, true)`;
    if (actor === "named") {
      await own`select set_config('request.headers', jsonb_build_object(
        'x-account-id', md5(${`owner${number}`})::uuid)::text, true)`;
    }
    await own`set local role ${own(actor === "owner" ? "plain_owner" : "authenticated")}`;
    const statement = read.replaceAll("$1", String(number));
    const plan = await own.unsafe(`explain (analyze, timing off, format json) ${statement}`);
    return planSchema.parse([...plan]);
  });
}
