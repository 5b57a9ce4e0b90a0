import assert from "node:assert/strict";
import fc from "fast-check";
import { renderTable, toPrintable, WordWrapper, wrap } from "./terminal.ts";

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

Deno.test("a text keeps its lines, and loses what steers a terminal", () => {
  assert.equal(toPrintable("a\r\nb\tc\n"), "a\nb\tc\n");
  assert.equal(toPrintable("\x1b[31mred\x9b0m\u202e"), "\ufffd[31mred\ufffd0m\ufffd");
});

Deno.test("commands print what others wrote through these functions alone", async () => {
  const commands = ["benchmark", "chat", "demo", "doctor", "logs", "operate", "score", "track"];
  const scripts = new URL("../", import.meta.url);
  for (const command of commands) {
    const files = await Array.fromAsync(Deno.readDir(new URL(command, scripts)))
      .then((entries) =>
        entries.flatMap(({ isFile, name }) => isFile ? [`${command}/${name}`] : [])
      );
    for (const file of [`${command}.ts`, ...files.filter((name) => !name.endsWith("_test.ts"))]) {
      assert.doesNotMatch(await Deno.readTextFile(new URL(file, scripts)), /\bconsole\./, file);
    }
  }
});
