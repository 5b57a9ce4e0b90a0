import assert from "node:assert/strict";
import { dataPolicyOf, describeDataPolicy } from "./data_policy.ts";

Deno.test("an order's choice becomes OpenRouter's parameters, and a sentence that names them", () => {
  assert.equal(dataPolicyOf({ data_collection: "allow", zdr: false }), undefined);
  const deny = dataPolicyOf({ data_collection: "deny", zdr: false }) ?? {};
  assert.deepEqual(deny, { data_collection: "deny" });
  assert.match(describeDataPolicy(deny), /that do not collect data \(data_collection: deny\)\.$/);
  const both = dataPolicyOf({ data_collection: "deny", zdr: true }) ?? {};
  assert.deepEqual(both, { data_collection: "deny", zdr: true });
  assert.match(describeDataPolicy(both), /deny\) and retain no data \(zdr\)\.$/);
});
