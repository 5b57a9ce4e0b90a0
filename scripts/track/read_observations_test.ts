import assert from "node:assert/strict";
import { ReportError } from "../../supabase/functions/_shared/tracking/report_model.ts";
import { readObservations } from "./read_observations.ts";

const one = { tool_name: "a", status: "PASS", quality_score: 7, note: "kept" };

Deno.test("a list, an object with a list, an object by name and a single observation read alike", () => {
  for (
    const document of [
      [one],
      { observations: [one] },
      { watcher_observations: { a: one } },
      { a: { status: "ok", quality: 7 } },
      one,
    ]
  ) {
    const { results } = readObservations(JSON.stringify(document));
    assert.deepEqual(
      results.map(({ toolName, status, watcherQuality }) => [toolName, status, watcherQuality]),
      [["a", "PASS", 7]],
      JSON.stringify(document),
    );
  }
});

Deno.test("an observation is kept as it came, and what it does not say is not guessed", () => {
  const { results, warnings } = readObservations(JSON.stringify([one, { remark: "x", score: 42 }]));
  assert.deepEqual(results[0]?.watcherObservations, one);
  assert.deepEqual(
    [results[1]?.status, results[1]?.executionStatus, results[1]?.watcherQuality],
    ["SKIP", "observed", null],
  );
  assert.deepEqual(warnings.map(({ code }) => code), [
    ...["observations.nameless", "observations.no_status", "observations.bad_quality"],
  ]);
});

Deno.test("a file without an observation is refused", () => {
  for (const text of ["[]", "{}", "3", "{"]) {
    assert.throws(() => readObservations(text), ReportError, text);
  }
});
