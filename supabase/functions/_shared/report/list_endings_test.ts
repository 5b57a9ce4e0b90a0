import assert from "node:assert/strict";
import { listEndings } from "./list_endings.ts";

Deno.test("a report names models that end soon, the earliest first, with their successors", () => {
  assert.deepEqual(
    listEndings([
      { id: "a/later", name: "Later", retires_at: "2027-01-14" },
      { id: "a/stays", name: "Stays" },
      { id: "a/soon", name: "Soon", retires_at: "2026-12-11", successor: "Next" },
    ]).map(({ modelId, text }) => [modelId, text]),
    [
      ["a/soon", "Soon ends on 2026-12-11. Next follows it."],
      ["a/later", "Later ends on 2027-01-14."],
    ],
  );
});
