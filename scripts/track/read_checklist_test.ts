import assert from "node:assert/strict";
import fc from "fast-check";
import { readChecklist } from "./read_checklist.ts";

Deno.test("an item's lines are its fields or its description, none is lost", () => {
  const { issues, unknown } = readChecklist(
    [
      "# Nightly",
      "## Test infrastructure",
      "- [X] **AREA-HIGH-002**: A <b> & `c` (HIGH)",
      "  went on a second line",
      "  - Tools: a, b; c",
      "  - Priority: low",
      "  - seen: often",
      "    - even twice",
      "",
      "  ```",
      "  trace",
      "  ```",
    ].join("\n"),
  );
  assert.deepEqual(unknown, []);
  assert.deepEqual(issues, [{
    issue_code: "AREA-HIGH-002",
    title: "A <b> & c (HIGH)",
    priority: "LOW",
    category: "test_infrastructure",
    is_resolved: true,
    description: "went on a second line\nseen: often\neven twice\ntrace",
    affected_tools: ["a", "b", "c"],
  }]);
});

Deno.test("what no issue is made of is told with its line", () => {
  const { issues, unknown } = readChecklist(
    "# T\n\nword\n\n- [ ] A-LOW-001 one\n- [ ] no code\n- A-LOW-002 no task\n- [x] A-LOW-001 again\n\n| a |\n| - |\n",
  );
  assert.deepEqual(issues.map(({ issue_code }) => issue_code), ["A-LOW-001"]);
  assert.deepEqual(unknown.map(({ line, reason }) => [line, reason]), [
    [3, "not part of a task"],
    [6, "no issue code"],
    [7, "not a task"],
    [8, "A-LOW-001 stands in the list twice"],
    [10, "not part of a task"],
  ]);
});

Deno.test("as many tasks as a list holds are issues or told of, whatever they are called", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.string({ unit: "grapheme-ascii" }))),
    (items) => {
      const list = items.map(([isDone, hasCode, title], index) =>
        `- [${isDone ? "x" : " "}] ${hasCode ? `X-LOW-${100 + index}: ` : "plain "}${
          title.replace(/[^a-z ]/gi, "")
        }`
      ).join("\n");
      const { issues, unknown } = readChecklist(list);
      assert.equal(issues.length, items.filter(([, hasCode]) => hasCode).length);
      assert.equal(issues.length + unknown.length, items.length);
      assert.equal(
        issues.filter(({ is_resolved }) => is_resolved).length,
        items.filter(([isDone, hasCode]) => isDone && hasCode).length,
      );
    },
  ));
});
