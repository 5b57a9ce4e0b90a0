import assert from "node:assert/strict";
import fc from "fast-check";
import { type ComparedCell, comparePromptRuns, measureAgreement } from "./compare_prompt_runs.ts";
import { describeComparison } from "./describe_comparison.ts";
import type { ComparedRun } from "./ports.ts";

function cell(rowIndex: number | null, gradeScore: number | null, more = {}): ComparedCell {
  return {
    modelLabel: "small",
    rowIndex,
    gradeScore,
    graderScore: gradeScore,
    humanScore: null,
    latencyMs: 100,
    tokens: 10,
    costUsd: 0.01,
    isCached: false,
    ...more,
  };
}

function isClose(one: number | null | undefined, other: number): boolean {
  return one !== null && one !== undefined && Math.abs(one - other) < 1e-6;
}

Deno.test("comparePromptRuns() finds mean difference, interval and p as R does", () => {
  const before = [0.2, 0.4, 0.5, 0.3, 0.6, 0.1, 0.5, 0.4].map((score, row) => cell(row, score));
  const after = [0.5, 0.6, 0.4, 0.7, 0.9, 0.3, 0.8, 0.5].map((score, row) => cell(row, score));
  const compared = comparePromptRuns(before, after);
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
  assert.ok(isClose(compared.pValue, 6 / 256), String(compared.pValue));
  assert.equal(compared.verdict, "better");
  assert.deepEqual(compared.changes[0], { rowIndex: 2, before: 0.5, after: 0.4 });
});

Deno.test("comparePromptRuns() averages repeats within a row and leaves out rows without a grade", () => {
  const compared = comparePromptRuns(
    [cell(0, 0), cell(0, 1), cell(1, 1), cell(2, null), cell(3, 1)],
    [cell(0, 0.5), cell(1, 0.5), cell(2, 1), cell(4, 0, { costUsd: null, isCached: true })],
  );
  assert.deepEqual([compared.rows, compared.worse, compared.unchanged], [2, 1, 1]);
  assert.equal(compared.verdict, "too_few_rows");
  assert.ok(isClose(compared.before.meanScore, (0.5 + 1 + 1) / 3));
  assert.ok(isClose(compared.after.costUsd, 0.03));
  assert.deepEqual([compared.before.tokens, compared.before.latencyP95], [50, 100]);
});

Deno.test("comparePromptRuns() compares each model with itself, so that one that fails moves nothing", () => {
  const rows = Array.from({ length: 8 }, (_, row) => row);
  const strong = rows.map((row) => cell(row, 1, { modelLabel: "strong" }));
  const weak = rows.map((row) => cell(row, row % 2, { modelLabel: "weak" }));
  const compared = comparePromptRuns([...strong, ...weak], [...strong, ...weak.slice(0, 2)]);
  assert.deepEqual([compared.rows, compared.difference, compared.pValue], [8, 0, 1]);
  assert.equal(compared.interval, null);
  // Nothing is shared: as wholes.
  assert.equal(comparePromptRuns(strong, weak).difference, -0.5);
});

Deno.test("of several models none is called better by a p that one of so many may have by chance", () => {
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
        (_, row) => cell(row, scores(model, row), { modelLabel: `m${model}` }),
      )
    ),
  });
  // One of three models is better on each of six rows: p is 2/64, and by Holm 6/64.
  const { models } = describeComparison(
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

Deno.test("comparePromptRuns() says the opposite when the runs are swapped", () => {
  const cells = fc.array(
    fc.record({ row: fc.nat({ max: 12 }), score: fc.integer({ min: 0, max: 4 }) }),
    { maxLength: 40 },
  ).map((rows) => rows.map(({ row, score }) => cell(row, score / 4)));
  fc.assert(fc.property(cells, cells, (one, other) => {
    const [there, back] = [comparePromptRuns(one, other), comparePromptRuns(other, one)];
    assert.deepEqual([there.better, there.worse], [back.worse, back.better]);
    assert.ok(there.difference === null || isClose(back.difference, -there.difference));
    assert.ok(there.pValue === null || isClose(back.pValue, there.pValue));
    const opposite = { better: "worse", worse: "better" } as const;
    assert.equal(
      back.verdict,
      there.verdict === "better" || there.verdict === "worse"
        ? opposite[there.verdict]
        : there.verdict,
    );
  }));
});

Deno.test("measureAgreement() is Cohen's kappa on right and wrong", () => {
  const pairs = (count: number, graderScore: number, humanScore: number) =>
    Array.from({ length: count }, () => ({ graderScore, humanScore }));
  // The table 20, 5 / 10, 15: observed 0.7, by chance 0.5, kappa 0.4.
  const { cells, agreement, kappa } = measureAgreement([
    ...pairs(20, 1, 0.9),
    ...pairs(5, 0.6, 0.1),
    ...pairs(10, 0, 1),
    ...pairs(15, 0.2, 0.4),
    { graderScore: null, humanScore: 1 },
    { graderScore: 1, humanScore: null },
  ]);
  // Half right is not right.
  assert.equal(measureAgreement(pairs(1, 0.5, 1)).agreement, 0);
  assert.equal(measureAgreement(pairs(1, 0.5, 1)).meanDistance, 0.5);
  assert.equal(cells, 50);
  assert.ok(isClose(agreement, 0.7) && isClose(kappa, 0.4));
  assert.deepEqual(measureAgreement(pairs(3, 1, 1)), {
    cells: 3,
    agreement: 1,
    kappa: null,
    meanDistance: 0,
  });
  assert.equal(measureAgreement([]).agreement, null);
});
