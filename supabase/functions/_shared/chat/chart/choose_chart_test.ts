import assert from "node:assert/strict";
import type { QueryResult } from "../query_result.ts";
import { chooseChart } from "./choose_chart.ts";

/** Returns a result with columns such as `model_id text`. */
function result(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  truncated = false,
): QueryResult {
  return {
    columns: columns.map((column) => {
      const [, name = "", type = ""] = /^(\S+) (.*)$/.exec(column) ?? [];
      return { name, type };
    }),
    rows,
    row_count: rows.length,
    truncated,
  };
}

/** Returns a chart's kind, title, channels by title, and marks. */
function draw(...parameters: Parameters<typeof result>) {
  const chart = chooseChart(result(...parameters));
  if (chart === null) return null;
  const titles = Object.entries(chart.encoding)
    .flatMap(([name, channel]) => "field" in channel ? [[name, channel["title"]]] : []);
  return {
    mark: chart.mark["type"],
    title: chart.title.text,
    note: chart.title.subtitle ?? null,
    channels: Object.fromEntries(titles),
    values: chart.data.values.map(({ x, y, series }) =>
      series === undefined ? [x, y] : [x, y, series]
    ),
    description: chart.description,
  };
}

Deno.test("a time and a measure make a line, in UTC", () => {
  const drawn = draw(["day timestamp with time zone", "runs bigint"], [
    ["2026-11-01T00:00:00+00:00", 3],
    ["2026-11-02T02:00:00+02:00", 5],
  ]);
  assert.deepEqual(drawn, {
    mark: "line",
    title: "Runs by day",
    note: null,
    channels: { x: "Day, 2026", y: "Runs" },
    values: [["2026-11-01T00:00:00.000Z", 3], ["2026-11-02T00:00:00.000Z", 5]],
    description: "Runs by day. 2 points, from 3 (2026-11-01) to 5 (2026-11-02).",
  });
  const times = [["2026-11-01T23:30:00", 1.5], ["2026-11-02T00:10:00", 2]];
  const unzoned = draw(["at timestamp without time zone", "mean_ms double precision"], times);
  assert.deepEqual(unzoned?.channels, { x: "At (UTC)", y: "Mean (ms)" });
  assert.equal(unzoned?.values[0]?.[0], "2026-11-01T23:30:00.000Z");
});

Deno.test("months written as text are times", () => {
  const drawn = draw(["month text", "cost_usd numeric"], [["2026-10", 1.25], ["2026-11", 2.5]]);
  assert.equal(drawn?.mark, "line");
  assert.deepEqual(drawn?.values, [
    ["2026-10-01T00:00:00.000Z", 1.25],
    ["2026-11-01T00:00:00.000Z", 2.5],
  ]);
});

Deno.test("a category beside a time makes one line for each of its values", () => {
  const drawn = draw(["day date", "suite text", "pass_rate_percent numeric"], [
    ["2026-11-01", "checkout", 90],
    ["2026-11-01", "search", 80],
    ["2026-11-02", "checkout", 95],
    ["2026-11-02", "search", null],
  ]);
  assert.equal(drawn?.mark, "line");
  assert.equal(drawn?.title, "Pass rate (%) by day and suite");
  assert.equal(drawn?.channels["color"], "Suite");
  assert.equal(drawn?.values.length, 3, "an unknown value is not drawn as zero");
});

Deno.test("a chart with too many lines keeps the highest and says so", () => {
  const rows = Array.from({ length: 24 }, (_, index) => {
    const day = `2026-11-0${1 + Math.floor(index / 12)}`;
    return [day, `suite ${index % 12}`, index % 12];
  });
  const drawn = draw(["day date", "suite text", "runs bigint"], rows);
  assert.equal(new Set(drawn?.values.map(([, , series]) => series)).size, 8);
  assert.equal(drawn?.note, "The 8 with the highest values, of 12 (suite).");
});

Deno.test("several rows at the same time make points instead of a zigzag", () => {
  const rows = [["2026-11-01", 1], ["2026-11-01", 9], ["2026-11-02", 4]];
  assert.equal(draw(["day date", "cost_usd numeric"], rows)?.mark, "point");
});

Deno.test("measures of the same unit become series; of other units only the first is drawn", () => {
  const days = ["2026-11-01", "2026-11-02", "2026-11-03"];
  const same = draw(
    ["day date", "tests_passed bigint", "tests_failed bigint"],
    days.map((day, index) => [day, [5, 9, 7][index], [2, 0, 1][index]]),
  );
  assert.equal(same?.title, "Tests passed and tests failed by day");
  assert.equal(same?.values.length, 6);
  const other = draw(
    ["day date", "cost_usd numeric", "p95_ms double precision"],
    days.map((day, index) => [day, [0.5, 0.1, 0.2][index], [100, 300, 200][index]]),
  );
  assert.equal(other?.title, "Cost (USD) by day");
});

Deno.test("a category and a measure make bars, the highest first unless the rows are in order", () => {
  const columns = ["status text", "runs bigint"];
  const values = (rows: readonly (readonly unknown[])[]) => draw(columns, rows)?.values;
  assert.deepEqual(values([["a", 2], ["b", 7], ["c", 5]]), [["b", 7], ["c", 5], ["a", 2]]);
  const rising = [["a", 2], ["b", 5], ["c", 7]];
  assert.deepEqual(values(rising), rising);
});

Deno.test("integers that a double cannot hold are rounded, not left out", () => {
  const rows = [["a", 9007199254740993n], ["b", 2]];
  const drawn = draw(["status text", "tokens bigint"], rows);
  assert.deepEqual(drawn?.values, [["a", 9007199254740992], ["b", 2]]);
});

Deno.test("names that are missing or empty have a label", () => {
  const drawn = draw(["kind text", "runs bigint"], [[null, 3], ["", 2], ["timeout", 1]]);
  assert.deepEqual(drawn?.values, [["(none)", 3], ["(empty)", 2], ["timeout", 1]]);
});

Deno.test("bars lie down if their names are long or many", () => {
  const axesOf = (rows: readonly (readonly unknown[])[]) =>
    draw(["model_id text", "cost_usd numeric"], rows)?.channels;
  const upright = { x: null, y: "Cost (USD)" };
  const lying = { y: null, x: "Cost (USD)" };
  assert.deepEqual(axesOf([["a", 1], ["b", 2]]), upright);
  assert.deepEqual(axesOf([["google/gemini-3.5-flash", 1], ["b", 2]]), lying);
  assert.deepEqual(axesOf(Array.from({ length: 9 }, (_, index) => [`m${index}`, index])), lying);
});

Deno.test("too many bars are cut to the highest, which the chart states", () => {
  const rows = Array.from({ length: 57 }, (_, index) => [`test ${index}`, index % 19 + index]);
  const drawn = draw(["tool_name text", "failures bigint"], rows, true);
  assert.equal(drawn?.values.length, 20);
  assert.equal(
    drawn?.note,
    "The 20 with the highest values, of 57 (tool name). Only the first 57 rows: the result was cut.",
  );
  const least = Math.min(...drawn.values.map(([, y]) => Number(y)));
  assert.equal(rows.filter(([, y]) => Number(y) > least).length, 19);
});

Deno.test("numbers that name something stay in their order", () => {
  const drawn = draw(["prompt_version integer", "mean_score double precision"], [
    [10, 0.9],
    [9, 0.5],
    [11, 0.7],
  ]);
  assert.deepEqual(drawn?.values, [[9, 0.5], [10, 0.9], [11, 0.7]]);
  assert.equal(drawn?.title, "Mean score by prompt version");
});

Deno.test("two categories that name each row together make groups of bars", () => {
  const drawn = draw(["effort text", "model_id text", "accuracy_percent double precision"], [
    ["low", "luna", 81],
    ["high", "luna", 90],
    ["low", "sol", 84],
    ["high", "sol", 95],
    ["low", "terra", 70],
    ["high", "terra", 71],
  ]);
  assert.equal(drawn?.title, "Accuracy (%) by model and effort");
  assert.deepEqual(drawn?.values.map(([x]) => x), [
    ...["sol", "sol", "luna", "luna", "terra", "terra"],
  ]);
});

Deno.test("two measures of different units make points, and a count beside a quantity none", () => {
  const columns = ["model_id text", "accuracy_percent double precision"];
  const rows = [["luna", 91.5], ["sol", 95.1], ["terra", 80.2]];
  const points = draw([...columns, "cost_usd numeric"], rows.map((row, i) => [...row, i / 7]));
  assert.equal(points?.mark, "point");
  assert.equal(points?.title, "Cost (USD) and accuracy (%) by model");
  assert.deepEqual(points?.values[1], [95.1, 1 / 7, "sol"]);
  const bars = draw([...columns, "runs bigint"], rows.map((row, index) => [...row, index]));
  assert.equal(bars?.mark, "bar");
  assert.equal(bars?.title, "Accuracy (%) by model");
  const unnamed = draw(["input_tokens integer", "response_time_ms integer"], [
    [900, 400],
    [100, 310],
    [500, 350],
  ]);
  assert.equal(unnamed, null, "tokens are whole numbers without a unit");
  const named = draw(["cost_usd numeric", "response_time_ms integer"], [[3, 4], [1, 3], [5, 9]]);
  assert.equal(named?.mark, "point");
});

Deno.test("a list with a date for each thing makes bars of the things", () => {
  const drawn = draw(["name text", "completed_at timestamp with time zone", "cost_usd numeric"], [
    ["Receipts", "2026-11-02T10:00:00+00:00", 3],
    ["Invoices", "2026-11-01T10:00:00+00:00", 5],
  ]);
  assert.equal(drawn?.title, "Cost (USD) by name");
});

Deno.test("no chart is drawn where none says more than the rows", () => {
  const none: readonly Parameters<typeof result>[] = [
    [["cost_usd numeric"], [[3.5]]],
    [["model_id text", "runs bigint"], [["a", 1]]],
    [["model_id text", "runs bigint"], []],
    [["name text", "status text"], [["a", "x"], ["b", "y"]]],
    [["cost_usd numeric"], [[1], [2], [3]]],
    // Rows of one model that nothing tells apart.
    [["model_id text", "runs bigint"], [["a", 1], ["a", 2]]],
    [["model_id text", "runs bigint"], [["a", null], ["b", null]]],
    [["message_id uuid", "runs bigint"], [["11111111", 1], ["22222222", 2]]],
    [["answer text", "runs bigint"], [["x".repeat(500), 1], ["y".repeat(500), 2]]],
    [["priorities text[]", "runs bigint"], [[["a"], 1], [["b"], 2]].map(([a, b]) => [a, b])],
    [["at timestamp with time zone", "runs bigint"], [["infinity", 1], ["-infinity", 2]]],
    [["model_id text", "score numeric"], [["a", "NaN"], ["b", "Infinity"]]],
  ];
  for (const parameters of none) assert.equal(draw(...parameters), null, parameters[0].join());
});

Deno.test("a unit is what the last word of a name says, unless it is what the number is divided by", () => {
  const titleOf = (name: string) =>
    draw(["model_id text", `${name} numeric`], [["a", 1.5], ["b", 2]])?.title;
  assert.equal(titleOf("cost_per_run_usd"), "Cost per run (USD) by model");
  assert.equal(titleOf("mean_duration_seconds"), "Mean duration (s) by model");
  assert.equal(titleOf("percent_per_usd"), "Percent per USD by model");
  assert.equal(titleOf("usd"), "USD by model");
});

Deno.test("nothing in a column's name is taken for a path or an expression", () => {
  const columns = ["a.b[0] text", `x\\"+alert(1)+"'\u0001 bigint`];
  const chart = chooseChart(result(columns, [["p", 1], ["q", 2]]));
  assert.deepEqual(Object.keys(chart?.data.values[0] ?? {}), ["x", "y"]);
  assert.equal(chart?.title.text, "X  +alert(1)+ by a.b[0]");
});
