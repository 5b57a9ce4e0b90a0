import assert from "node:assert/strict";
import fc from "fast-check";
import { isDateFormat, readDateAs } from "./date_format.ts";

const read: [string, string, string | null][] = [
  ["03/04/2024", "DD/MM/YYYY", "2024-04-03"],
  ["03/04/2024", "MM/DD/YYYY", "2024-03-04"],
  ["3/4/2024", "DD/MM/YYYY", "2024-04-03"],
  ["03.04.24", "DD.MM.YY", "2024-04-03"],
  ["03.04.70", "DD.MM.YY", "1970-04-03"],
  ["03.04.68", "DD.MM.YY", "2068-04-03"],
  ["20240403", "YYYYMMDD", "2024-04-03"],
  ["3-4-2024", "D-M-YYYY", "2024-04-03"],
  [" 2024年4月3日 ", "YYYY年M月D日", "2024-04-03"],
  ["31/04/2024", "DD/MM/YYYY", null],
  ["03.04.2024", "DD/MM/YYYY", null],
  ["03/04/24", "DD/MM/YYYY", null],
  ["2024-04-03", "DD/MM/YYYY", null],
  ["2024043", "YYYYMMDD", null],
];
for (const [text, format, date] of read) {
  Deno.test(`${JSON.stringify(text)} written as ${format} is ${date ?? "no date"}`, () => {
    assert.equal(readDateAs(text, format), date);
  });
}

Deno.test("a format has year, month and day once each, and no other letters", () => {
  for (const format of ["DD/MM/YYYY", "YYYY-MM-DD", "M.D.YY", "YYYYMMDD", "D (M) YYYY"]) {
    assert.ok(isDateFormat(format), format);
  }
  for (
    const format of [
      "",
      "DD/MM",
      "DD/MM/YYYY HH",
      "DD/DD/YYYY",
      "dd/mm/yyyy",
      "MMM D, YYYY",
      "YYY/M/D",
    ]
  ) {
    assert.equal(isDateFormat(format), false, format);
  }
});

Deno.test("every date is read back from any format it is written in", () => {
  const format = fc.constantFrom(
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "YYYY.MM.DD",
    "DDMMYYYY",
    "[DD] MM+YYYY",
  );
  const date = fc.date({
    min: new Date("1000-01-01"),
    max: new Date("9999-12-31"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(date, format, (date, format) => {
    const iso = date.toISOString().slice(0, 10);
    const [year = "", month = "", day = ""] = iso.split("-");
    const written = format.replace("YYYY", year).replace("MM", month).replace("DD", day);
    assert.equal(readDateAs(written, format), iso);
  }));
});
