import assert from "node:assert/strict";
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { pageLibraryVersion } from "../scripts/app/page_library.ts";
import { npmModule } from "../scripts/support/npm_download.ts";
import { chooseChart } from "../supabase/functions/_shared/chat/chart/choose_chart.ts";
import type { Chart } from "../supabase/functions/_shared/chat/chart/vega_lite.ts";
import type { QueryResult } from "../supabase/functions/_shared/chat/query_result.ts";

/** Draws a list of specifications as Vega's own viewer does, and writes the list of images. */
const DRAW = `
  import { Error as LOG_ERROR, parse, View } from "npm:vega@${pageLibraryVersion("vega")}";
  import { compile } from "npm:vega-lite@${pageLibraryVersion("vega-lite")}";
  const complaints = [];
  const complain = (...words) => { complaints.push(words.join(" ")); return logger; };
  const silent = () => logger;
  const logger = { level: () => logger, error: complain, warn: complain, info: silent, debug: silent };
  const specs = JSON.parse(await new Response(Deno.stdin.readable).text());
  const images = [];
  for (const spec of specs) {
    const { spec: vega } = compile({ ...spec, width: 600 }, { logger });
    images.push(await new View(parse(vega), { renderer: "none", logger }).toSVG());
  }
  console.log(JSON.stringify({ images, complaints }));`;

async function draw(specs: readonly Chart[]): Promise<{ images: string[]; complaints: string[] }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-config", "--no-lock", DRAW],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(specs)));
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await output).stdout));
}

const name = fc.oneof(
  fc.constantFrom("cost_usd", "a.b[0]", "datum['x']", "p95_ms", "model_id", "day", "version"),
  fc.string({ maxLength: 12 }),
);
const word = fc.oneof(
  fc.constantFrom("low", "high", "google/gemini-3.5-flash", "", "<b>"),
  fc.string(),
);
const column = fc.tuple(
  name,
  fc.oneof(
    fc.record({
      type: fc.constant("numeric"),
      value: fc.constant(fc.oneof(fc.double(), fc.nat(9))),
    }),
    fc.record({ type: fc.constant("bigint"), value: fc.constant(fc.integer()) }),
    fc.record({
      type: fc.constantFrom("date", "timestamp with time zone"),
      value: fc.constant(fc.date({ noInvalidDate: true }).map((date) => date.toISOString())),
    }),
    fc.record({ type: fc.constantFrom("text", ""), value: fc.constant(word) }),
    fc.record({ type: fc.constant("boolean"), value: fc.constant(fc.boolean()) }),
    fc.record({ type: fc.constantFrom("jsonb", ""), value: fc.constant(fc.jsonValue()) }),
  ),
);

/** A result as the database returns it: its values are JSON. */
const anyResult: fc.Arbitrary<QueryResult> = fc.array(column, { minLength: 1, maxLength: 5 })
  .chain((columns) => {
    const row = fc.tuple(...columns.map(([, { value }]) => fc.option(value, { freq: 8 })));
    return fc.record({
      columns: fc.constant(columns.map(([name, { type }]) => ({ name, type }))),
      rows: fc.array(row, { maxLength: 40 }).map((rows) => JSON.parse(JSON.stringify(rows))),
      truncated: fc.boolean(),
    });
  })
  .map((result) => ({ ...result, row_count: result.rows.length }));

Deno.test("every chart is valid by Vega-Lite's schema, and Vega draws it with its title and a mark for each value", async () => {
  const schemaFile = await npmModule(
    "vega-lite",
    pageLibraryVersion("vega-lite"),
    "/vega-lite-schema.json",
  );
  const schema = JSON.parse(await Deno.readTextFile(schemaFile));
  const validator = new Validator(schema, "7");
  const charts = fc.sample(anyResult, { numRuns: 400, seed: 16 })
    .map(chooseChart).filter((chart) => chart !== null);
  const kinds = new Set(charts.map(({ mark }) => mark["type"]));
  assert.deepEqual([...kinds].sort(), ["bar", "line", "point"]);
  for (const chart of charts) {
    const { valid, errors } = validator.validate(JSON.parse(JSON.stringify(chart)));
    assert.ok(valid, `${JSON.stringify(chart)}\n${JSON.stringify(errors.slice(0, 5))}`);
  }
  const { images, complaints } = await draw(charts);
  assert.deepEqual(complaints, []);
  assert.equal(images.length, charts.length);
  for (const [index, chart] of charts.entries()) {
    const image = images[index] ?? "";
    const drawn = image.match(/aria-roledescription="(bar|point)"/g)?.length;
    const dots = chart.mark["type"] !== "line" || chart.mark["point"] === true;
    if (dots) assert.equal(drawn, chart.data.values.length, JSON.stringify(chart));
  }
});
