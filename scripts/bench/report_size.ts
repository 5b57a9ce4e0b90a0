import { TestStack } from "../testing/stack.ts";
import type { Benchmark } from "./harness.ts";

const IMAGES = 20;
const MODELS = 4;
const RUNS_PER_MODEL = 3;
const RUNS = IMAGES * MODELS * RUNS_PER_MODEL;

interface Use {
  readonly databaseBytes: number;
  readonly invocations: number;
  readonly messages: number;
}

/** Benchmark of what a report costs a hosted project: disk, function calls and Realtime messages. */
export const reportSize: Benchmark = {
  name: "report-size",
  summary: `what a report of ${RUNS} runs uses of a hosted plan`,
  async *run({ rounds, progress }) {
    await using stack = await TestStack.start();
    const customer = await stack.customer();
    const models = (await stack.sql<{ id: string }[]>`
      select id from public.models where orderable and base_url_key = 'openrouter'
      order by input_price limit ${MODELS}`).map(({ id }) => id);
    const order = async () => {
      const report = await stack.order(customer, {
        images: IMAGES,
        models,
        runsPerModel: RUNS_PER_MODEL,
      });
      await stack.ended(report);
    };
    const measure = async (): Promise<Use> => {
      const [use] = await stack.sql<[Use]>`
        select
          (select sum(pg_total_relation_size(c.oid)) from pg_class c
            where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('public', 'private', 'storage'))::float8
            as "databaseBytes",
          (select count(*)::int from net._http_response) as invocations,
          (select count(*)::int from realtime.messages) as messages`;
      return use;
    };
    // The first order fills tables that stay as large as they are.
    await order();
    const uses = [await measure()];
    for (let round = 1; round <= rounds; round++) {
      progress(`report ${round} of ${rounds}`);
      await order();
      uses.push(await measure());
    }
    const grown = (metric: keyof Use, divisor = 1) =>
      uses.slice(1).map((use, index) => (use[metric] - (uses[index]?.[metric] ?? 0)) / divisor);
    yield {
      title: `A report of ${IMAGES} images, ${MODELS} models, ${RUNS_PER_MODEL} runs each`,
      unit: "each report",
      rows: [
        { label: "database, kB", values: grown("databaseBytes", 1000) },
        { label: "database, kB a run", values: grown("databaseBytes", 1000 * RUNS) },
        { label: "functions that Postgres started", values: grown("invocations") },
        { label: "messages to a link's visitors", values: grown("messages") },
      ],
      notes: [
        "The disk of all tables and indexes, as it is before vacuum. Images are in Storage.",
      ],
    };
  },
};
