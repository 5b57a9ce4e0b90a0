import postgres from "postgres";
import { chatSchemaSchema } from "../../supabase/functions/_shared/chat/chat_schema.ts";
import { checkQuery } from "../../supabase/functions/_shared/chat/gate/check_query.ts";
import { drawsOf } from "../../supabase/functions/_shared/testing/simulated_fields.ts";
import { type BenchDatabase, startBenchDatabase } from "./bench_database.ts";
import { changeQuery, growQuery, type Query, randomQuery, writeQuery } from "./gate_queries.ts";
import { type Growth, growth, type Pick } from "./gate_statements.ts";
import type { Benchmark } from "./harness.ts";

const USER_ID = "ada0ada0-0000-4000-8000-00000000ada0";
const MAX_CHARACTERS = 8_000;
const STATEMENT_TIMEOUT_MS = 5_000;
/** Time that a query gets while it grows: memory that grows with time shows early. */
const GROWING_TIMEOUT_MS = 1_000;
/** Random kinds of growth between two queries that grow. */
const KINDS = 10;
/** Refusals after which a query is about as large as the gate accepts. */
const REFUSALS = 4;
/** Random queries of which the worst one grows. */
const ROOTS = 8;
/** Changes without a worse query after which another one grows. */
const PATIENCE = 12;
const GOAL_MEGABYTES = 256;
const GOAL_SECONDS = 6;
/** Size at which a session is ended, so that the machine survives what the gate let through. */
const KILLED_MEGABYTES = 1_500;
const KILLED_SECONDS = 30;
/** Searches at the same time. */
const SEARCHES = 2;

/** What one statement took. */
interface Taken {
  readonly sql: string;
  readonly megabytes: number;
  readonly seconds: number;
  /** SQLSTATE if it failed. */
  readonly code: string | undefined;
}

/**
 * Benchmark of the gate: searches for accepted statements that take much memory or time, in two ways
 * by turns. Random kinds of growth are run at about the largest size that the gate accepts, and at a
 * random smaller one. And random queries grow until the gate refuses more; the worst of them is changed
 * for as long as it gets worse.
 */
export const gate: Benchmark = {
  name: "gate",
  summary: "statements that the chat's gate accepts: memory and time at their worst (--minutes)",
  async *run({ minutes = 1, progress }) {
    await using database = await startBenchDatabase();
    await database.sql.file(new URL("gate_seed.sql", import.meta.url).pathname).simple();
    const [row] = await database.workers`select public.chat_schema() as schema`;
    const schema = chatSchemaSchema.parse(row?.["schema"]);
    const ends = Date.now() + minutes * 60_000;
    const all: Taken[] = [];
    const counts = { tried: 0, accepted: 0 };
    const isAccepted = async (sql: string) => {
      if (sql.length > MAX_CHARACTERS) return false;
      counts.tried++;
      const { ok } = await checkQuery(sql, schema);
      if (ok) counts.accepted++;
      return ok;
    };
    const measure = async (name: string, sql: string, timeoutMs = STATEMENT_TIMEOUT_MS) => {
      const taken = await take(database, sql, timeoutMs);
      all.push(taken);
      if (taken.megabytes > GOAL_MEGABYTES || taken.seconds > GOAL_SECONDS) {
        progress(`${name}: ${describe(taken)}`);
      }
      return taken;
    };
    /** Returns the query, or a larger one that the gate accepts; undefined if it refuses even that. */
    const fill = async (query: Query, pick: Pick) => {
      let accepted: Query | undefined;
      for (let refusals = 0, next = query; refusals < REFUSALS; next = growQuery(accepted, pick)) {
        if (await isAccepted(writeQuery(next, schema))) accepted = next;
        else if (accepted === undefined) return undefined;
        else refusals++;
      }
      return accepted;
    };
    /** Changes and grows the worst of some random queries for as long as it gets worse. */
    const grow = async (pick: Pick) => {
      let worst: { query: Query; sql: string; badness: number } | undefined;
      for (let misses = 0, tries = 0; misses < PATIENCE && Date.now() < ends; tries++) {
        const changed = worst === undefined || tries < ROOTS
          ? randomQuery(pick)
          : pick([changeQuery, growQuery])(worst.query, pick);
        const query = await fill(changed, pick);
        if (query === undefined) continue;
        const sql = writeQuery(query, schema);
        const badness = badnessOf(await measure("grown query", sql, GROWING_TIMEOUT_MS));
        misses = badness > 1.02 * (worst?.badness ?? 0) ? 0 : misses + 1;
        if (badness >= (worst?.badness ?? 0)) worst = { query, sql, badness };
      }
      if (worst !== undefined && worst.badness > 0.25) await measure("grown query", worst.sql);
    };
    const search = async (seed: number) => {
      const { uniform: draw } = drawsOf(seed);
      const pick: Pick = (items) => {
        const item = items[Math.floor(draw() * items.length)];
        if (item === undefined) throw new Error("nothing to pick from");
        return item;
      };
      while (Date.now() < ends) {
        for (let kinds = 0; kinds < KINDS; kinds++) {
          const kind = growth(pick);
          for (const size of await sizes(kind, isAccepted, draw)) {
            await measure(kind.name, kind.at(size));
          }
        }
        await grow(pick);
      }
    };
    const first = Date.now();
    progress(`searching for ${minutes} minutes, from seed ${first}`);
    await Promise.all(Array.from({ length: SEARCHES }, (_, index) => search(first + index)));
    const [largest] = all.toSorted((a, b) => b.megabytes - a.megabytes);
    const [longest] = all.toSorted((a, b) => b.seconds - a.seconds);
    if (largest === undefined || longest === undefined) {
      throw new Error("no statement was accepted");
    }
    yield {
      title: `Worst of ${all.length} accepted statements`,
      unit: "MB or s",
      rows: [
        {
          label: "peak memory of the session, MB",
          values: [largest.megabytes],
          goal: { atMost: GOAL_MEGABYTES },
        },
        { label: "time, s", values: [longest.seconds], goal: { atMost: GOAL_SECONDS } },
      ],
      notes: [
        `The gate was asked ${counts.tried} times and accepted ${counts.accepted}. ${
          all.filter(({ code }) => code === undefined).length
        } statements returned rows, ${
          all.filter(({ code }) => code === "57014").length
        } timed out.`,
        `Largest: ${describe(largest)}`,
        `Longest: ${describe(longest)}`,
      ],
    };
  },
};

/** Returns about the largest size that the gate accepts, and a random smaller one. */
async function sizes(
  kind: Growth,
  isAccepted: (sql: string) => Promise<boolean>,
  draw: () => number,
): Promise<readonly number[]> {
  let [least, most] = [0, 1];
  while (await isAccepted(kind.at(most))) [least, most] = [most, 2 * most];
  while (most - least > 1) {
    const middle = (least + most) >> 1;
    if (await isAccepted(kind.at(middle))) least = middle;
    else most = middle;
  }
  const smaller = 1 + Math.floor(draw() * least);
  return smaller < least ? [least, smaller] : least === 0 ? [] : [least];
}

/** Returns how near a statement that was still growing is to a goal: memory, or time beyond its timeout. */
function badnessOf({ megabytes, seconds }: Taken): number {
  const late = seconds - GROWING_TIMEOUT_MS / 1_000;
  return Math.max(megabytes / GOAL_MEGABYTES, late / (GOAL_SECONDS - STATEMENT_TIMEOUT_MS / 1_000));
}

/** Runs a statement in a session of its own, and watches its memory. */
async function take(database: BenchDatabase, sql: string, timeoutMs: number): Promise<Taken> {
  const session = postgres(database.url, {
    max: 1,
    onnotice: () => {},
    connection: { options: `-c role=service_role -c statement_timeout=${timeoutMs}` },
  });
  let watch: ReturnType<typeof setInterval> | undefined;
  let peak = 0;
  try {
    const [{ pid }] = await session<[{ pid: number }]>`select pg_backend_pid() as pid`;
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1_000;
    watch = setInterval(() => {
      peak = Math.max(peak, peakMegabytes(pid));
      if (peak > KILLED_MEGABYTES || seconds() > KILLED_SECONDS) Deno.kill(pid, "SIGKILL");
    }, 20);
    const code = await session`select public.run_chat_query(${USER_ID}, ${sql})`
      .then(() => undefined, (error) => String(Reflect.get(Object(error), "code")));
    const took = seconds();
    return { sql, megabytes: Math.max(peak, peakMegabytes(pid)), seconds: took, code };
  } finally {
    clearInterval(watch);
    await session.end({ timeout: 1 });
  }
}

/** Returns the most memory that a process has had; 0 if it has ended. */
function peakMegabytes(pid: number): number {
  try {
    const [, kilobytes = 0] =
      /^VmHWM:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
    return Number(kilobytes) / 1_024;
  } catch {
    return 0;
  }
}

function describe({ sql, megabytes, seconds, code = "ok" }: Taken): string {
  return `${Math.round(megabytes)} MB, ${seconds.toFixed(1)} s, ${code}: ${sql.slice(0, 1_000)}`;
}
