import postgres from "postgres";
import {
  type ChatSchema,
  chatSchemaSchema,
} from "../../supabase/functions/_shared/chat/chat_schema.ts";
import { checkQuery } from "../../supabase/functions/_shared/chat/gate/check_query.ts";
import { drawsOf } from "../../supabase/functions/_shared/testing/simulated_fields.ts";
import { type BenchDatabase, startBenchDatabase } from "./bench_database.ts";
import { type Growth, growth, type Pick } from "./gate_statements.ts";
import type { Benchmark } from "./harness.ts";

const USER_ID = "ada0ada0-0000-4000-8000-00000000ada0";
const MAX_CHARACTERS = 8_000;
const STATEMENT_TIMEOUT_MS = 5_000;
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
 * Benchmark of the gate: searches for accepted statements that take much memory or time. Each random
 * kind of growth is run at about the largest size that the gate accepts, and at a random smaller one.
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
    const search = async (seed: number) => {
      const { uniform: draw } = drawsOf(seed);
      const pick: Pick = (items) => {
        const item = items[Math.floor(draw() * items.length)];
        if (item === undefined) throw new Error("nothing to pick from");
        return item;
      };
      while (Date.now() < ends) {
        const kind = growth(pick);
        for (const size of await sizes(kind, schema, draw, counts)) {
          const taken = await take(database, kind.at(size));
          all.push(taken);
          if (taken.megabytes > GOAL_MEGABYTES || taken.seconds > GOAL_SECONDS) {
            progress(`${kind.name}: ${describe(taken)}`);
          }
        }
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
  schema: ChatSchema,
  draw: () => number,
  counts: { tried: number; accepted: number },
): Promise<readonly number[]> {
  const isAccepted = async (size: number) => {
    const sql = kind.at(size);
    if (sql.length > MAX_CHARACTERS) return false;
    counts.tried++;
    const { ok } = await checkQuery(sql, schema);
    if (ok) counts.accepted++;
    return ok;
  };
  let [least, most] = [0, 1];
  while (await isAccepted(most)) [least, most] = [most, 2 * most];
  while (most - least > 1) {
    const middle = (least + most) >> 1;
    if (await isAccepted(middle)) least = middle;
    else most = middle;
  }
  const smaller = 1 + Math.floor(draw() * least);
  return smaller < least ? [least, smaller] : least === 0 ? [] : [least];
}

/** Runs a statement in a session of its own, and watches its memory. */
async function take(database: BenchDatabase, sql: string): Promise<Taken> {
  const session = postgres(database.url, {
    max: 1,
    onnotice: () => {},
    connection: { options: `-c role=service_role -c statement_timeout=${STATEMENT_TIMEOUT_MS}` },
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
