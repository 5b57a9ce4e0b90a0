import assert from "node:assert/strict";
import { ReportError } from "../../supabase/functions/_shared/tracking/formats/report_model.ts";
import { readReviewFile } from "./read_review_file.ts";

const one = { tool_name: "a", status: "PASS", quality_score: 7, note: "kept" };

Deno.test("a list, an object with a list, an object by name and a single review are read the same", () => {
  for (
    const document of [
      [one],
      { observations: [one] },
      { watcher_observations: { a: one } },
      { a: { status: "ok", quality: 7 } },
      one,
    ]
  ) {
    const { results } = readReviewFile(JSON.stringify(document));
    assert.deepEqual(
      results.map(({ tool_name, status, watcher_quality }) => [tool_name, status, watcher_quality]),
      [["a", "PASS", 7]],
      JSON.stringify(document),
    );
  }
});

Deno.test("a review is kept unchanged, and missing fields are not guessed", () => {
  const { results, warnings } = readReviewFile(JSON.stringify([one, { remark: "x", score: 42 }]));
  assert.deepEqual(results[0]?.watcher_observations, one);
  assert.deepEqual(
    [results[1]?.status, results[1]?.execution_status, results[1]?.watcher_quality],
    ["SKIP", "observed", null],
  );
  assert.deepEqual(warnings.map(({ code }) => code), [
    ...["observations.nameless", "observations.no_status", "observations.bad_quality"],
  ]);
});

Deno.test("a file without a review is refused", () => {
  for (const text of ["[]", "{}", "3", "{"]) {
    assert.throws(() => readReviewFile(text), ReportError, text);
  }
});
