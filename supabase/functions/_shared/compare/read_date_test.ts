import assert from "node:assert/strict";
import fc from "fast-check";
import { readDate } from "./read_date.ts";

const readings: [text: string, date: string | null][] = [
  ["2024-03-25", "2024-03-25"],
  ["2024/3/5", "2024-03-05"],
  ["2024.03.05", "2024-03-05"],
  ["25/03/2024", "2024-03-25"],
  ["03/25/2024", "2024-03-25"],
  ["25.03.2024", "2024-03-25"],
  ["05-05-2024", "2024-05-05"],
  ["25 March 2024", "2024-03-25"],
  ["25. March 2024", "2024-03-25"],
  ["1st Sept 2024", "2024-09-01"],
  ["25-MAR-2024", "2024-03-25"],
  ["March 25, 2024", "2024-03-25"],
  ["Mar. 2nd 2024", "2024-03-02"],
  [" may 1, 2024 ", "2024-05-01"],
  ["29 Feb 2024", "2024-02-29"],
  ["March 25 , 2024", "2024-03-25"],
  ["MAR 25,2024", "2024-03-25"],
  ["25 March , 2024", "2024-03-25"],
  ["25/Mar/2024", "2024-03-25"],
  ["25 - Mar - 2024", "2024-03-25"],
  ["25 / 03 / 2024", "2024-03-25"],
  ["2024 - 03 - 25", "2024-03-25"],
  ["03 / 04 / 2024", "either 3/4/2024"],
  ["2024-03-25T10:00:00Z", "instant 1711360800."],
  ["2024-03-25T12:00:00.500+02:00", "instant 1711360800.5"],
  ["2024-03-25 10:00", "2024-03-25T10:00:00."],
  ["03/04/2024", "either 3/4/2024"],
  ["3/4/2024", "either 3/4/2024"],
  ["03.04.2024", "either 3.4.2024"],
  ["March, 25 2024", "2024-03-25"],
  ["Mon, 25 Mar 2024", "2024-03-25"],
  ["3. M\u00e4rz 2024", "2024-03-03"],
  ["Tue, 25 Mar 2024", null],
  ["29 Feb 2023", null],
  ["2024-02-30", null],
  ["2024-13-01", null],
  ["31/04/2024", null],
  ["2024-03/25", null],
  ["25 03 2024", null],
  ["25/03/24", null],
  ["20240325", null],
  ["March 2024", null],
  ["25 Marchember 2024", null],
  ["2024-03-25T24:00:00Z", null],
  ["yesterday", null],
  ["2024-03-25 and then some more words of text", null],
];
for (const [text, date] of readings) {
  Deno.test(`the text ${JSON.stringify(text)} is read as ${date ?? "no date"}`, () => {
    assert.equal(readDate(text), date);
  });
}

Deno.test("every day is the same day in every unambiguous notation", () => {
  const days = fc.date({
    min: new Date("1000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T00:00:00Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(days, (day) => {
    const iso = day.toISOString().slice(0, 10);
    const format = (options: Intl.DateTimeFormatOptions, locale: string) =>
      new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(day);
    const long = { day: "numeric", month: "long", year: "numeric" } as const;
    assert.equal(readDate(iso), iso);
    assert.equal(readDate(iso.replaceAll("-", "/")), iso);
    assert.equal(readDate(format(long, "en-US")), iso);
    assert.equal(readDate(format(long, "en-GB")), iso);
  }));
});

Deno.test("a day is never read as another in any language that Intl writes, and in most it is read", () => {
  const languages = Intl.DateTimeFormat.supportedLocalesOf(
    "ar bg ca cs da de el en es et fi fr he hi hr hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv th tr uk vi zh"
      .split(" "),
  );
  let [read, written] = [0, 0];
  for (const language of languages) {
    for (const dateStyle of ["long", "full"] as const) {
      const format = new Intl.DateTimeFormat(`${language}-u-ca-gregory-nu-latn`, {
        dateStyle,
        timeZone: "UTC",
      });
      for (let day = 0; day < 366; day += 11) {
        const time = Date.UTC(2024, 0, 1 + day);
        const date = readDate(format.format(time));
        written++;
        if (date === null) continue;
        assert.equal(date, new Date(time).toISOString().slice(0, 10), format.format(time));
        read++;
      }
    }
  }
  assert.ok(read > 0.95 * written, `${read} of ${written}`);
});

Deno.test("day and month are never swapped if both orders make a date", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1000, max: 9999 }),
    (first, second, year) => {
      fc.pre(first !== second);
      assert.notEqual(
        readDate(`${first}/${second}/${year}`),
        readDate(`${second}/${first}/${year}`),
      );
    },
  ));
});
