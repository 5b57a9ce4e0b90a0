import assert from "node:assert/strict";
import fc from "fast-check";
import { compareCells, comparePromptRuns } from "./compare_prompt_runs.ts";
import type { ComparedCell, ComparedRun } from "./prompt_run.ts";

function cell(row_index: number | null, grade_score: number | null, more = {}): ComparedCell {
  return {
    model_label: "small",
    row_index,
    grade_score,
    grader_score: grade_score,
    human_score: null,
    latency_ms: 100,
    tokens: 10,
    cost_usd: 0.01,
    is_cached: false,
    ...more,
  };
}

function isClose(one: number | null | undefined, other: number): boolean {
  return one !== null && one !== undefined && Math.abs(one - other) < 1e-6;
}

Deno.test("compareCells() finds the same mean difference, interval and p as R", () => {
  const before = [0.2, 0.4, 0.5, 0.3, 0.6, 0.1, 0.5, 0.4].map((score, row) => cell(row, score));
  const after = [0.5, 0.6, 0.4, 0.7, 0.9, 0.3, 0.8, 0.5].map((score, row) => cell(row, score));
  const compared = compareCells(before, after);
  assert.deepEqual([compared.rows, compared.better, compared.worse, compared.unchanged], [
    8,
    7,
    1,
    0,
  ]);
  assert.ok(isClose(compared.difference, 0.2125));
  // t.test(after - before)$conf.int, R 4.
  assert.ok(isClose(compared.interval?.low, 0.0826954), JSON.stringify(compared.interval));
  assert.ok(isClose(compared.interval?.high, 0.3423046), JSON.stringify(compared.interval));
  // Of the 256 assignments of signs 6 have a sum at least as far out, counted one by one.
  assert.ok(isClose(compared.p_value, 6 / 256), String(compared.p_value));
  assert.equal(compared.verdict, "better");
  assert.deepEqual(compared.changes[0], { row_index: 2, before: 0.5, after: 0.4 });
});

Deno.test("compareCells() averages repeats within a row and skips rows without a grade", () => {
  const compared = compareCells(
    [cell(0, 0), cell(0, 1), cell(1, 1), cell(2, null), cell(3, 1)],
    [cell(0, 0.5), cell(1, 0.5), cell(2, 1), cell(4, 0, { cost_usd: null, is_cached: true })],
  );
  assert.deepEqual([compared.rows, compared.worse, compared.unchanged], [2, 1, 1]);
  assert.equal(compared.verdict, "too_few_rows");
  assert.ok(isClose(compared.before.mean_score, (0.5 + 1 + 1) / 3));
  assert.ok(isClose(compared.after.cost_usd, 0.03));
  assert.deepEqual([compared.before.tokens, compared.before.latency_p95_ms], [50, 100]);
});

Deno.test("compareCells() compares each model with itself, so that a failed model changes no difference", () => {
  const rows = Array.from({ length: 8 }, (_, row) => row);
  const strong = rows.map((row) => cell(row, 1, { model_label: "strong" }));
  const weak = rows.map((row) => cell(row, row % 2, { model_label: "weak" }));
  const compared = compareCells([...strong, ...weak], [...strong, ...weak.slice(0, 2)]);
  assert.deepEqual([compared.rows, compared.difference, compared.p_value], [8, 0, 1]);
  assert.equal(compared.interval, null);
  // Without a common model the runs are compared as wholes.
  assert.equal(compareCells(strong, weak).difference, -0.5);
});

Deno.test("comparePromptRuns() gives no model a verdict that one of several may get by chance", () => {
  const run = (id: string, scores: (model: number, row: number) => number): ComparedRun => ({
    run: {
      id,
      name: "",
      status: "complete",
      dataset_id: id.slice(0, 1),
      prompt_version_id: id,
      prompt_name: "p",
      prompt_version: 1,
    },
    cells: [0, 1, 2].flatMap((model) =>
      Array.from(
        { length: 6 },
        (_, row) => cell(row, scores(model, row), { model_label: `m${model}` }),
      )
    ),
  });
  // One of three models is better on each of six rows: p is 2/64, and by Holm 6/64.
  const { models } = comparePromptRuns(
    run("d1", () => 0),
    run("d2", (model, row) => model === 0 ? 0.1 * (row + 1) : 0),
  );
  assert.deepEqual(
    models.map((model) => [model.label, model.p_value, model.adjusted_p_value, model.verdict]),
    [
      ["m0", 2 / 64, 6 / 64, "indistinguishable"],
      ["m1", 1, 1, "indistinguishable"],
      ["m2", 1, 1, "indistinguishable"],
    ],
  );
});

Deno.test("compareCells() gives the opposite verdict when the runs are swapped", () => {
  const cells = fc.array(
    fc.record({ row: fc.nat({ max: 12 }), score: fc.integer({ min: 0, max: 4 }) }),
    { maxLength: 40 },
  ).map((rows) => rows.map(({ row, score }) => cell(row, score / 4)));
  fc.assert(fc.property(cells, cells, (one, other) => {
    const [there, back] = [compareCells(one, other), compareCells(other, one)];
    assert.deepEqual([there.better, there.worse], [back.worse, back.better]);
    assert.ok(there.difference === null || isClose(back.difference, -there.difference));
    assert.ok(there.p_value === null || isClose(back.p_value, there.p_value));
    const opposite = { better: "worse", worse: "better" } as const;
    assert.equal(
      back.verdict,
      there.verdict === "better" || there.verdict === "worse"
        ? opposite[there.verdict]
        : there.verdict,
    );
  }));
});
