import { createHash } from "node:crypto";
import { finished } from "node:stream/promises";
import type { Sql } from "postgres";
import { loadConfig } from "../stack/config.ts";
import { freeStackPorts } from "../stack/free_ports.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import type { Customer } from "../testing/stack.ts";
import { StackClient } from "../testing/stack.ts";
import { type Benchmark, type Contender, interleave, ratios, seriesOf } from "./harness.ts";
import { readUsage } from "./process_usage.ts";

const ROWS = 100_000;
/** Number of rows of a file of the largest allowed size. */
const MOST_ROWS = 490_000;
const GOAL_SECONDS = 20;
/** CPU limit of one request to a hosted function, in seconds. */
const HOSTED_CPU_SECONDS = 2;

type Metric = "seconds" | "cpu" | "peak";

/** Benchmark of an upload: time until its rows are stored, and the function's CPU and memory. */
export const datasets: Benchmark = {
  name: "datasets",
  summary: "upload of 100,000 rows beside a plain COPY; memory at 10 and 50 MB",
  async *run(options) {
    await using bench = await startBench();
    const rows = Array.from({ length: ROWS }, (_, index) => makeRow(index));
    const copied = rows.map((row, index) => `${index}\t${JSON.stringify(row)}\n`);
    const files = [
      { name: "CSV", format: "csv", text: writeCsv(ROWS) },
      {
        name: "JSON Lines",
        format: "jsonl",
        text: rows.map((row) => JSON.stringify(row)).join("\n"),
      },
      { name: "JSON", format: "json", text: JSON.stringify(rows) },
    ];
    const contenders: Contender<Metric>[] = files.map(({ name, format, text }) => ({
      name,
      measure: () => bench.upload(format, text),
    }));
    const large = writeCsv(MOST_ROWS);
    const results = await interleave<Metric>([
      ...contenders,
      { name: "large", measure: () => bench.upload("csv", large) },
      {
        name: "copy",
        async measure() {
          const begun = performance.now();
          await copyRows(bench.client.sql, copied);
          return { seconds: (performance.now() - begun) / 1000, cpu: 0, peak: 0 };
        },
      },
    ], options);

    const series = (name: string, metric: Metric) => seriesOf(results, name, metric);
    const bound = series("copy", "seconds");
    const megabytes = (text: string) => `${(text.length / 1e6).toFixed(0)} MB`;
    yield {
      title: `Upload of ${ROWS} rows, from the first byte to the commit`,
      unit: "s",
      ratio: "CSV ÷ bare",
      rows: [
        ...files.map(({ name, text }) => ({
          label: `${name}, ${megabytes(text)}`,
          values: series(name, "seconds"),
          goal: { atMost: GOAL_SECONDS },
        })),
        {
          label: "COPY of the same rows into a plain copy of the table",
          values: bound,
          ratios: ratios(series("CSV", "seconds"), bound),
        },
      ],
      notes: [
        "Ours includes the upload, writing to and reading from Storage, parsing and the foreign key.",
      ],
    };
    yield {
      title: "Peak memory of the function's process",
      unit: "MB",
      ratio: "÷ the small file's",
      rows: [
        { label: `CSV, ${megabytes(writeCsv(ROWS))}`, values: series("CSV", "peak") },
        {
          label: `CSV, ${megabytes(large)}`,
          values: series("large", "peak"),
          ratios: ratios(series("large", "peak"), series("CSV", "peak")),
          goal: { atMost: 1.5 },
        },
      ],
      notes: [
        "Resident memory, including about 60 MB of the runtime. A hosted function has 256 MB.",
      ],
    };
    yield {
      title: "CPU time of one request, in the function's JavaScript thread",
      unit: "s",
      rows: [
        ...files.map(({ name }) => ({
          label: `${name}, ${ROWS} rows`,
          values: series(name, "cpu"),
          goal: { atMost: HOSTED_CPU_SECONDS },
        })),
        {
          label: `CSV, ${MOST_ROWS} rows, ${megabytes(large)}`,
          values: series("large", "cpu"),
          goal: { atMost: HOSTED_CPU_SECONDS },
        },
      ],
      notes: [
        "A hosted isolate is limited to 2 s.",
      ],
    };
  },
};

interface Bench extends AsyncDisposable {
  readonly client: StackClient;
  upload(format: string, file: string): Promise<Record<Metric, number>>;
}

async function startBench(): Promise<Bench> {
  const stackDir = await Deno.makeTempDir({ prefix: "modelpick-bench-" });
  const stack = await startStack(await loadConfig({ stackDir, ports: freeStackPorts() }));
  await stack.warm();
  const client = new StackClient({
    apiUrl: stack.apiUrl,
    dbUrl: stack.dbUrl,
    publishableKey: stack.keys.publishable,
    secretKey: stack.keys.secret,
    localServices: stack.localServices,
  });
  const owner = await client.customer();
  await client.sql`create table public.bare_rows (like public.dataset_rows including all)`;
  return {
    client,
    async upload(format, file) {
      // Each file gets its own process, so that the measured peak belongs to this file.
      await stack.crashFunction("datasets");
      await send(stack, owner, "csv", `a\n${crypto.randomUUID()}\n`);
      const marker = `--lock=${stackDir}/functions/datasets.lock`;
      const before = await readUsage(marker);
      const begun = performance.now();
      await send(stack, owner, format, file);
      const seconds = (performance.now() - begun) / 1000;
      const after = await readUsage(marker);
      await client.sql`delete from public.datasets`;
      await client.sql`vacuum public.dataset_rows`;
      return {
        seconds,
        cpu: after.cpuSeconds - before.cpuSeconds,
        peak: after.peakMegabytes,
      };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await stack.stop();
      await Deno.remove(stackDir, { recursive: true });
    },
  };
}

async function send(stack: Stack, owner: Customer, format: string, file: string): Promise<void> {
  const { data } = await owner.client.auth.getSession();
  const name = createHash("sha256").update(file).digest("hex");
  const url = `${stack.apiUrl}/functions/v1/datasets?name=${name}&format=${format}`;
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${data.session?.access_token}` },
    body: file,
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${text}`);
}

async function copyRows(sql: Sql, lines: readonly string[]): Promise<void> {
  const id = crypto.randomUUID();
  // As CSV with a quote character that JSON cannot contain, so that nothing needs escaping.
  const stream = await sql`
    copy public.bare_rows from stdin with (format csv, delimiter e'\\t', quote e'\\x01')`
    .writable();
  for (let from = 0; from < lines.length; from += 4_000) {
    const block = lines.slice(from, from + 4_000).map((line) => `${id}\t${line}`).join("");
    if (!stream.write(block)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
  await finished(stream);
  await sql`truncate public.bare_rows`;
}

function makeRow(index: number) {
  return {
    id: String(index),
    question: `What is the total of invoice ${index}, and who pays?`,
    expected: `${index * 37 % 1000}.50`,
    category: `category ${index % 7}`,
    notes: index % 5 === 0 ? 'with "quotes" and\na line break' : "a few plain words",
  };
}

function writeCsv(rows: number): string {
  const quote = (text: string) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = [Object.keys(makeRow(0)).join(",")];
  for (let index = 0; index < rows; index++) {
    lines.push(Object.values(makeRow(index)).map(quote).join(","));
  }
  return lines.join("\n") + "\n";
}
