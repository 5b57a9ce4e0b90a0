import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChatEvent } from "../../supabase/functions/_shared/chat/events.ts";
import { printAnswer } from "./print_answer.ts";

/** Everything but the line feed that a terminal acts on: C0, C1, and marks of direction. */
// The rule is off here because control characters are just what must not be printed.
// deno-lint-ignore no-control-regex
const ACTIVE = /[\0-\t\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const dangerous = fc.array(
  fc.constantFrom(
    ...["\x1b[31m", "\x1b]8;;https://evil.com\x07link\x1b]8;;\x07", "\x9b2J", "\x9d0;title\x9c"],
    ...["\u202etxt.exe", "\u2066", "\r", "\b", "\x7f", "\0", "text", "\n", "é"],
  ),
  { maxLength: 6 },
).map((parts) => parts.join(""));

Deno.test("nothing that a row, a statement or an answer holds steers the terminal", async () => {
  await fc.assert(
    fc.asyncProperty(dangerous, dangerous, async (text, other) => {
      const result = { row_count: 1, truncated: false };
      const events: ChatEvent[] = [
        { event: "sql", data: { sql: `select '${text}'` } },
        {
          event: "rows",
          data: {
            ...result,
            columns: [{ name: text, type: "text" }],
            rows: [[other]],
            chart: null,
          },
        },
        { event: "delta", data: { text } },
        { event: "delta", data: { text: other } },
        { event: "follow_ups", data: { questions: [text] } },
      ];
      let shown = "";
      await printAnswer(ReadableStream.from(events), (part) => shown += part);
      assert.doesNotMatch(shown, ACTIVE);
    }),
    { numRuns: 100 },
  );
});
