import { createHash } from "node:crypto";
import { finished } from "node:stream/promises";
import { stringify } from "csv-stringify/sync";
import type { Sql } from "postgres";
import { type Customer, TestStack } from "../testing/stack.ts";
import { type Benchmark, interleave, type Measure, time } from "./harness.ts";
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
    await using stack = await TestStack.start({ fsync: true });
    const owner = await stack.customer();
    await stack.sql`create table public.bare_rows (like public.dataset_rows including all)`;
    const rows = Array.from({ length: ROWS }, (_, index) => makeRow(index));
    const copied = rows.map((row, index) => `${index}\t${JSON.stringify(row)}\n`);
    const files = {
      CSV: { format: "csv", text: writeCsv(ROWS) },
      "JSON Lines": {
        format: "jsonl",
        text: rows.map((row) => JSON.stringify(row)).join("\n"),
      },
      JSON: { format: "json", text: JSON.stringify(rows) },
    };
    const large = writeCsv(MOST_ROWS);
    const upload = (format: string, text: string): Measure<Metric> => () =>
      measureUpload(stack, owner, format, text);
    const results = await interleave<Metric>({
      CSV: upload("csv", files.CSV.text),
      "JSON Lines": upload("jsonl", files["JSON Lines"].text),
      JSON: upload("json", files.JSON.text),
      large: upload("csv", large),
      async copy() {
        const milliseconds = await time(() => copyRows(stack.sql, copied));
        return { seconds: milliseconds / 1000, cpu: 0, peak: 0 };
      },
    }, options);

    const megabytes = (text: string) => `${(text.length / 1e6).toFixed(0)} MB`;
    const cpuGoal = { atMost: HOSTED_CPU_SECONDS };
    yield {
      title: `Upload of ${ROWS} rows, from the first byte to the commit`,
      unit: "s",
      ratio: "CSV ÷ bare",
      rows: [
        ...Object.entries(files).map(([name, { text }]) =>
          results.row(name, "seconds", {
            label: `${name}, ${megabytes(text)}`,
            goal: { atMost: GOAL_SECONDS },
          })
        ),
        results.row("copy", "seconds", {
          label: "COPY of the same rows into a plain copy of the table",
          dividend: "CSV",
        }),
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
        results.row("CSV", "peak", { label: `CSV, ${megabytes(files.CSV.text)}` }),
        results.row("large", "peak", {
          label: `CSV, ${megabytes(large)}`,
          divisor: "CSV",
          goal: { atMost: 1.5 },
        }),
      ],
      notes: [
        "Resident memory, including about 60 MB of the runtime. A hosted function has 256 MB.",
      ],
    };
    yield {
      title: "CPU time of one request, in the function's JavaScript thread",
      unit: "s",
      rows: [
        ...Object.keys(files).map((name) =>
          results.row(name, "cpu", { label: `${name}, ${ROWS} rows`, goal: cpuGoal })
        ),
        results.row("large", "cpu", {
          label: `CSV, ${MOST_ROWS} rows, ${megabytes(large)}`,
          goal: cpuGoal,
        }),
      ],
      notes: ["A hosted isolate is limited to 2 s."],
    };
  },
};

async function measureUpload(
  test: TestStack,
  owner: Customer,
  format: string,
  file: string,
): Promise<Record<Metric, number>> {
  // Each file gets its own process, so that the measured peak belongs to this file.
  await test.stack.crashFunction("datasets");
  await send(test, owner, "csv", `a\n${crypto.randomUUID()}\n`);
  const marker = `--lock=${test.stack.config.stackDir}/functions/datasets.lock`;
  const before = await readUsage(marker);
  const seconds = await time(() => send(test, owner, format, file)) / 1000;
  const { cpuSeconds, peakMegabytes } = await readUsage(marker);
  await test.sql`delete from public.datasets`;
  await test.sql`vacuum public.dataset_rows`;
  return { seconds, cpu: cpuSeconds - before.cpuSeconds, peak: peakMegabytes };
}

async function send(
  { stack }: TestStack,
  owner: Customer,
  format: string,
  file: string,
): Promise<void> {
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
  return stringify(Array.from({ length: rows }, (_, index) => makeRow(index)), { header: true });
}
