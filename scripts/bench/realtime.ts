import { SignJWT } from "jose";
import { watchReport } from "../demo/watch_report.ts";
import { TestStack } from "../testing/stack.ts";
import { type Benchmark, interleave } from "./harness.ts";
import { type LineProcess, startLineProcess } from "./line_process.ts";

const SUBSCRIBERS = 1_000;
const ORDER = { images: 10, runsPerModel: 10 };
const MODELS = 2;
/** Median time of a call in milliseconds, as of the fastest models that read images. */
const MODEL_MS = 500;

/** Channel of a report's visitors, with a name that is known before the report is paid. */
const VISITORS = `
  create function public.tell_visitors() returns trigger language plpgsql set search_path = '' as $$
  begin
    perform realtime.send(jsonb_build_object('runs_left', new.open_jobs), 'progress', 'visitors', false);
    return null;
  end $$;
  create trigger job_groups_tell_visitors after update of open_jobs on private.job_groups
    for each row when (new.open_jobs < old.open_jobs) execute function public.tell_visitors();
`;

/** Benchmark of Realtime's cost: runs per second of a worker with and without 1,000 followers. */
export const realtime: Benchmark = {
  name: "realtime",
  summary: "runs per second of a worker while 1,000 clients follow its report",
  async *run(options) {
    await using test = await TestStack.start();
    await test.behave({ medianMs: MODEL_MS });
    await test.sql.unsafe(VISITORS).simple();
    const customer = await test.customer();

    /** Has a report made while its owner follows it as in the demo. */
    const measure = async () => {
      const { report_id: id, checkout_url } = await test.checkout(
        customer,
        await test.draft(customer, ORDER),
      );
      const watched = watchReport(customer.client, id, () => {});
      const begun = performance.now();
      await test.pay(checkout_url);
      await test.ended(id);
      const ended = performance.now();
      await watched;
      return {
        runsPerSecond: ORDER.images * ORDER.runsPerModel * MODELS / ((ended - begun) / 1000),
        lagMs: Math.max(0, performance.now() - ended),
      };
    };
    const measureWith = async (topic: string, tables: readonly string[]) => {
      await using clients = await startClients(test, topic, tables);
      const measured = await measure();
      return { ...measured, events: Number(await clients.ask("count")) };
    };
    const strangers = `and ${SUBSCRIBERS} users without access who subscribe to every change`;
    const visitors = `and ${SUBSCRIBERS} visitors who receive each step`;
    const names = { alone: "its owner alone", strangers, visitors };
    const results = await interleave<"runsPerSecond" | "lagMs" | "events">({
      [names.alone]: async () => ({ ...await measure(), events: 0 }),
      [strangers]: () => measureWith("strangers", ["benchmark_runs", "reports"]),
      [visitors]: () => measureWith("visitors", []),
    }, options);

    const followed = { divisor: names.alone, goal: { atLeast: 0.95 } };
    yield {
      title: "Worker throughput while clients follow a report",
      unit: "runs/s",
      ratio: "÷ alone",
      rows: [
        results.row(names.alone, "runsPerSecond"),
        results.row(strangers, "runsPerSecond", followed),
        results.row(visitors, "runsPerSecond", followed),
      ],
      notes: [
        `Every call of a model takes ${MODEL_MS} ms.`,
        "Postgres, gateway, worker and clients share this machine.",
      ],
    };
    yield {
      title: "What reaches whom",
      unit: "events, ms",
      rows: [
        results.row(strangers, "events", {
          label: "changes that reached a user without access",
          goal: { atMost: 0 },
        }),
        results.row(visitors, "events", { label: "messages that reached visitors" }),
        ...Object.entries(names).map(([short, name]) =>
          results.row(name, "lagMs", {
            label: `ms until the owner has the report and has disconnected: ${short}`,
          })
        ),
      ],
    };
  },
};

/** Signs users up who own nothing, each with a socket and a channel. */
async function startClients(
  { stack }: TestStack,
  topic: string,
  tables: readonly string[],
): Promise<LineProcess> {
  const secret = new TextEncoder().encode(stack.keys.jwtSecret);
  const tokens = await Promise.all(Array.from(
    { length: SUBSCRIBERS },
    () =>
      new SignJWT({ role: "authenticated", sub: crypto.randomUUID() })
        .setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h").sign(secret),
  ));
  const url = new URL("/realtime/v1/websocket?vsn=2.0.0", stack.apiUrl.replace("http", "ws"));
  url.searchParams.set("apikey", stack.keys.publishable);
  const clients = startLineProcess(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("realtime_subscribers.ts", import.meta.url).href],
  });
  const answer = await clients.ask(JSON.stringify({ url: url.href, tokens, topic, tables }));
  if (answer !== "joined") throw new Error(`${SUBSCRIBERS} clients could not join ${topic}`);
  return clients;
}
