import assert from "node:assert/strict";
import fc from "fast-check";
import { readChecklist } from "./read_checklist.ts";

Deno.test("every line of an item becomes a field or part of the description", () => {
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

Deno.test("a line that is no issue is reported with its number", () => {
  const { issues, unknown } = readChecklist(
    "# T\n\nword\n\n- [ ] A-LOW-001 one\n- [ ] no code\n- A-LOW-002 no task\n- [x] A-LOW-001 again\n\n| a |\n| - |\n",
  );
  assert.deepEqual(issues.map(({ issue_code }) => issue_code), ["A-LOW-001"]);
  assert.deepEqual(unknown.map(({ line, reason }) => [line, reason]), [
    [3, "not part of a task"],
    [6, "no issue code"],
    [7, "not a task"],
    [8, "A-LOW-001 is in the list twice"],
    [10, "not part of a task"],
  ]);
});

Deno.test("every task of a list becomes an issue or is reported, whatever its text", () => {
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
