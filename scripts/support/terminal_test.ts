import assert from "node:assert/strict";
import fc from "fast-check";
import { renderTable, WordWrapper, wrap } from "./terminal.ts";

const words = fc.array(fc.stringMatching(/^[a-z/_-]{1,30}$/), { minLength: 1, maxLength: 12 });

Deno.test("a table of any texts fits the width, and loses no character", () => {
  fc.assert(fc.property(
    fc.array(words.map((list) => list.join(" ")), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 60, max: 120 }),
    (row, width) => {
      const lines = renderTable(row.map((_, index) => `c${index}`), [row], { width }).split("\n");
      for (const line of lines) assert.ok(line.length <= width, line);
      const cells = lines.slice(3, -1).map((line) => line.slice(1, -1).split("│"));
      row.forEach((text, index) => {
        const shown = cells.map((line) => line[index]?.trim()).join("");
        assert.equal(shown.replaceAll(" ", ""), text.replaceAll(" ", ""));
      });
    },
  ));
});

Deno.test("a model's id is broken where it can be read", () => {
  assert.equal(wrap("anthropic/claude-haiku-4.5", 17), "anthropic/claude-\nhaiku-4.5");
});

Deno.test("an escape sequence in a cell does not reach the terminal", () => {
  assert.ok(!renderTable(["name"], [["\u001b[31mred"]]).includes("\u001b"));
});

Deno.test("streamed text keeps its words whole, however it arrives in pieces", () => {
  fc.assert(fc.property(words, fc.integer({ min: 1, max: 7 }), (list, size) => {
    const text = list.join(" ");
    let shown = "";
    const wrapper = new WordWrapper((part) => shown += part, 40);
    for (let at = 0; at < text.length; at += size) wrapper.push(text.slice(at, at + size));
    wrapper.flush();
    assert.deepEqual(shown.split(/\s+/), list);
    for (const line of shown.split("\n")) assert.ok(line.trimEnd().length <= 40, line);
  }));
});
