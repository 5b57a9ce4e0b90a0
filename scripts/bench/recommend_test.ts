import assert from "node:assert/strict";
import { isMet } from "./harness.ts";
import { recommend } from "./recommend.ts";

Deno.test("no order of priorities loses more accuracy than the benchmark allows", async () => {
  let bounded = 0;
  for await (const { title, rows } of recommend.run({ rounds: 1, progress: () => {} })) {
    for (const row of rows) {
      assert.notEqual(isMet(row), false, `${title}: ${row.label} came to ${row.values}`);
      bounded += isMet(row) === true ? 1 : 0;
    }
  }
  assert.ok(bounded > 20);
});
