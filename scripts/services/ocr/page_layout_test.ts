import assert from "node:assert/strict";
import fc from "fast-check";
import { layOutPage } from "./page_layout.ts";
import { wordsOfText } from "./_test_util.ts";

const page = `HARBOR MARKET
Receipt # 004-71832          Lane 04
SUBTOTAL                       40.91
TOTAL                         $42.21`;

const cellsOf = (words: ReturnType<typeof wordsOfText>, slope: number) =>
  layOutPage(words, slope).map((row) => row.cells.map((cell) => cell.text));

const expected = [
  ["HARBOR MARKET"],
  ["Receipt # 004-71832", "Lane 04"],
  ["SUBTOTAL", "40.91"],
  ["TOTAL", "$42.21"],
];

Deno.test("layOutPage() joins labels and amounts that an engine reports in any order", () => {
  const words = wordsOfText(page);
  fc.assert(fc.property(fc.shuffledSubarray(words, { minLength: words.length }), (shuffled) => {
    assert.deepEqual(cellsOf(shuffled, 0), expected);
  }));
});

Deno.test("layOutPage() keeps the rows of a crooked page", () => {
  for (const slope of [-0.06, -0.02, 0.02, 0.06]) {
    assert.deepEqual(cellsOf(wordsOfText(page, slope), slope), expected, String(slope));
  }
});

Deno.test("layOutPage() drops specks that were read as quotes and strokes", () => {
  const words = [
    ...wordsOfText("TOTAL   42.21"),
    { text: "'", confidence: 20, x0: 5, y0: 4, x1: 7, y1: 8 },
    { text: "|", confidence: 30, x0: 300, y0: 0, x1: 302, y1: 40 },
  ];
  assert.deepEqual(cellsOf(words, 0), [["TOTAL", "42.21"]]);
});
