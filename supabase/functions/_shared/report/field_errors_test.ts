import assert from "node:assert/strict";
import fc from "fast-check";
import { aggregateErrorPatterns, getModelFieldErrors } from "./field_errors.ts";
import { sampleRun } from "./report_samples.ts";
import type { ReportRun } from "./report_types.ts";

const run = (values: Partial<ReportRun>) => sampleRun("a/mini", values);

Deno.test("mistakes are counted by field, expected and actual value, the commonest first", () => {
  const wrong = { fieldPath: "total", expected: 1, actual: 2 };
  const runs = [
    run({ field_errors: [wrong, { fieldPath: "date", expected: "x" }] }),
    run({ field_errors: [{ ...wrong }] }),
    run({
      field_errors: [{ ...wrong, actual: 3 }, { fieldPath: "date", expected: "x", actual: null }],
    }),
    run({ field_errors: null }),
  ];
  assert.deepEqual(getModelFieldErrors(runs), [
    { ...wrong, occurrences: 2, percentage: 50 },
    { fieldPath: "date", expected: "x", occurrences: 1, percentage: 25 },
    { fieldPath: "date", expected: "x", actual: null, occurrences: 1, percentage: 25 },
    { ...wrong, actual: 3, occurrences: 1, percentage: 25 },
  ]);
  assert.deepEqual(getModelFieldErrors([]), []);
});
