import assert from "node:assert/strict";
import { writePath } from "./leaf_path.ts";

Deno.test("a path is written so that it can be read back", () => {
  const at = (...steps: (string | number)[]) =>
    writePath(
      steps.reduce<Parameters<typeof writePath>[0]>((parent, step) => ({ parent, step }), null),
    );
  assert.equal(at(), "$");
  assert.equal(at("items", 0, "price"), "items[0].price");
  assert.equal(at(2, 3), "[2][3]");
  assert.deepEqual([at("$"), at("$", "$"), at("a", "$")], ['["$"]', '["$"].$', "a.$"]);
  assert.equal(at("straße", "über-all", "_x1"), "straße.über-all._x1");
  assert.equal(
    at("unit price", "a.b", 'say "hi"', "0"),
    '["unit price"]["a.b"]["say \\"hi\\""]["0"]',
  );
});
