import assert from "node:assert/strict";
import fc from "fast-check";
import { foldCase, foldMarks } from "./fold_text.ts";

const SPECIAL = [
  ..." \u00a0\u2009\u3000\t\n\u0085\u200b\u00ad\u200f\ufeff'\"`´’“„«»‹›″׳״-–—−־½⅓²₂ﬁＡ１µ℃…Ⅳ&;#",
  ...[
    "&amp;",
    "&lt;",
    "&nbsp;",
    "&#39;",
    "''",
    "« ",
    " »",
    "m²",
    "e\u0301",
    "ŉ",
    "ß",
    "İ",
    "Σ",
    "1½",
  ],
];
const text = fc.array(
  fc.oneof(fc.constantFrom(...SPECIAL), fc.string({ unit: "grapheme", maxLength: 3 })),
  { maxLength: 12 },
).map((parts) => parts.join(""));

Deno.test("folding a folded text changes nothing", () => {
  fc.assert(
    fc.property(text.filter((text) => !/&/.test(text)), (text) => {
      assert.equal(foldMarks(foldMarks(text)), foldMarks(text));
      assert.equal(foldCase(foldCase(foldMarks(text))), foldCase(foldMarks(text)));
    }),
    { numRuns: 3_000, examples: [["ʹm²"]] },
  );
});

Deno.test("a folded text has single inner blanks only, and no invisible character", () => {
  fc.assert(fc.property(text, (text) => {
    const folded = foldMarks(text);
    assert.doesNotMatch(folded, /^ | $| {2}|[^\S ]|\p{Default_Ignorable_Code_Point}/u);
  }));
});

Deno.test("letters, digits, marks and accents stay as they are", () => {
  for (
    const text of [
      "Zürich, Genève & Łódź",
      "10² + x² = 5",
      "№ 5 ™ ® ©",
      "① ②",
      "スーパー 「東京」",
      "١٢٣ १२३",
      "x_y~z^2 {a} [b] <c> \\d",
    ]
  ) {
    assert.equal(foldMarks(text), text.normalize("NFC"));
  }
});

Deno.test("an entity that was escaped fifty thousand times is decoded", () => {
  assert.equal(foldMarks(`&${"amp;".repeat(50_000)}lt;`), "<");
});
