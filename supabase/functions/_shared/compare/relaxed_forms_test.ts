import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonValue } from "../benchmark/json_value.ts";
import type { FieldRule } from "./field_rules.ts";
import { isSameRelaxed, isSameStrictly, keyOfValue } from "./same_value.ts";

type Pair = readonly [one: JsonValue, other: JsonValue];

/** Pairs by what they differ in: those that are the same relaxed, and those that are not. */
const kinds: readonly [kind: string, same: readonly Pair[], different: readonly Pair[]][] = [
  ["white space", [
    ["Rue de Lyon", "Rue de\u00a0Lyon"],
    ["2013 A. MARKWAY", "2013    A. MARKWAY"],
    ["Main St 1 8000 Zurich", "Main St 1\n8000 Zurich"],
    ["Main St 1 8000 Zurich", "Main St 1\r\n 8000 Zurich"],
    ["a b", "a\tb"],
    ["a b", "a\u2003b"],
    ["a b", "a\u2028b"],
    ["a b", "a\u0085b"],
    ["東京 都", "東京\u3000都"],
    ["12 000", "12\u202f000"],
    ["12 000", "12\u2009000"],
    ["note", "\n note \n"],
  ], [
    ["Main St", "MainSt"],
    ["a b", "ab"],
    ["0123 456", "0123456"],
    ["Müller AG", "MüllerAG"],
  ]],
  ["characters that are not seen", [
    ["Total", "To\u200btal"],
    ["Rechnungsnummer", "Rechnungs\u00adnummer"],
    ["שלום", "\u200fשלום"],
    ["abc", "\u202aabc\u202c"],
    ["abc", "\u2066abc\u2069"],
    ["abc", "\ufeffabc"],
    ["می\u200cخواهم", "میخواهم"],
    ["ab", "a\u2060b"],
    ["12.50", "\u200e12.50"],
    [12.5, "\u202d12.50\u202c"],
    [null, "\u200b"],
    ["✔", "✔\ufe0f"],
  ], [
    ["ab", "a b"],
    ["ab", "a\u0301b"],
  ]],
  ["quotes", [
    ["O'Brien", "O’Brien"],
    ["O'Brien", "O‘Brien"],
    ["O'Brien", "O`Brien"],
    ["O'Brien", "O´Brien"],
    ["O'Brien", "OʼBrien"],
    ['The "Inn"', "The “Inn”"],
    ['"Zur Post"', "„Zur Post“"],
    ['"Zur Post"', "»Zur Post«"],
    ['Hotel "Post" am See', "Hotel »Post« am See"],
    ['"Bonjour" dit-il', "« Bonjour » dit-il"],
    ['"Bonjour" dit-il', "«\u00a0Bonjour\u00a0» dit-il"],
    ["5' 10\"", "5′ 10″"],
    ['צה"ל', "צה״ל"],
    ["ג'ורג'", "ג׳ורג׳"],
    ["'quoted'", "‚quoted‘"],
    ["'quoted'", "‹quoted›"],
  ], [
    ["O'Brien", "OBrien"],
    ["O'Brien", 'O"Brien'],
    ["O'Brien", "O Brien"],
    ["'Inn'", '"Inn"'],
  ]],
  ["dashes", [
    ["2020-2021", "2020–2021"],
    ["2020-2021", "2020—2021"],
    ["2020-2021", "2020\u20112021"],
    ["2020-2021", "2020\u20102021"],
    ["2020-2021", "2020\u20122021"],
    ["A - B", "A — B"],
    ["-5", "−5"],
    [-5, "–5"],
    ["תל-אביב", "תל־אביב"],
    ["Jean-Luc", "Jean－Luc"],
  ], [
    ["Jean-Luc", "Jean Luc"],
    ["Jean-Luc", "JeanLuc"],
    ["2020-2021", "2020/2021"],
    ["スーパー", "ス-パ-"],
  ]],
  ["width and ligatures", [
    ["123", "１２３"],
    [1234, "１，２３４"],
    ["ABC-12", "ＡＢＣ－１２"],
    ["(株)山田", "（株）山田"],
    ["(株)山田", "㈱山田"],
    ["ガス", "ｶﾞｽ"],
    ["Office", "Oﬃce"],
    ["Finance flow", "Ｆinance ﬂow"],
    ["￥1,200", "¥1,200"],
    ["wait...", "wait…"],
    ["Ludwig IV", "Ludwig Ⅳ"],
    ["5 kg", "5㎏"],
    ["20 °C", "20℃"],
    ["5 µm", "5 μm"],
    ["straße", "STRASSE"],
    ["bold 12", "𝐛𝐨𝐥𝐝 𝟏𝟐"],
  ], [
    ["Müller", "Muller"],
    ["Müller", "Mueller"],
    ["102", "10²"],
    ["102", "10₂"],
    ["1", "①"],
    ["Acme", "Acme™"],
    ["o", "œ"],
  ]],
  ["powers and fractions", [
    ["12 m2", "12 m²"],
    ["12 m2", "12m²"],
    ["3 cm³", "3 cm3"],
    ["CO2", "CO₂"],
    ["H2O", "H₂O"],
    ["1/2", "½"],
    ["1/2", "1⁄2"],
    ["1 1/2", "1½"],
    ["2 3/4 in", "2¾ in"],
  ], [
    ["x2", "x²"],
    ["11/2", "1½"],
    ["12", "1½"],
    ["1.5", "1½"],
  ]],
  ["HTML entities", [
    ["AT&T", "AT&amp;T"],
    ["AT&T", "AT&amp;amp;T"],
    ["a < b", "a &lt; b"],
    ["O'Brien", "O&#39;Brien"],
    ["O'Brien", "O&#x27;Brien"],
    ["Müller", "M&uuml;ller"],
    ["Rue de Lyon", "Rue&nbsp;de Lyon"],
    [12.5, "&euro;12.50"],
    ["© 2024", "&copy; 2024"],
  ], [
    ["R&D", "R&D;"],
    ["AT&T", "AT&ampT"],
    ["a&b", "a b"],
  ]],
  ["minus", [
    [-7512.52, "(7,512.52)"],
    [-7512.52, "($7,512.52)"],
    [-7512.52, "$(7,512.52)"],
    [-7512.52, "(7.512,52 €)"],
    [-7512.52, "(7,512.52) USD"],
    [-12.5, "12.50-"],
    [-12.5, "12,50- €"],
    [-12.5, "€12.50-"],
    [-1234.5, "1.234,50-"],
    [-12.5, "−12.50"],
    [-12.5, "-$12.50"],
    ["-12.50", "12.50-"],
    ["-7,512.52", "(7,512.52)"],
    ["($12.50)", "-$12.50"],
  ], [
    [7512.52, "(7,512.52)"],
    [12.5, "12.50-"],
    [-5, "(-5)"],
    [-5, "-5-"],
    [-5, "5)"],
    [-5, "5 -"],
    [-12.5, "- 12.50"],
    [-12.5, "12.50 CR"],
    [-12.5, "12.50 DR"],
    ["(1)", "1"],
    ["(1.10)", "(1.1)"],
  ]],
  ["no cents", [
    [12, "12.–"],
    [12, "12.-"],
    [12, "12,-"],
    [12, "12,--"],
    [12, "12.—"],
    [12, "CHF 12.–"],
    [12, "12,- €"],
    [12, "Fr. 12.-"],
    [1200, "1'200.–"],
    [1200, "1.200,-"],
    [1200, "kr 1 200,-"],
    ["CHF 12.–", "CHF 12.00"],
  ], [
    [-12, "12.-"],
    [12, "12.-5"],
    ["€ 12,-", "$12"],
  ]],
  ["numbers from sums in doubles", [
    [59146.869999999995, 59146.87],
    [15.450000000000001, "$15.45"],
    [0.1 + 0.2, 0.3],
    [0.1 + 0.2, "0.30"],
    ["0.30000000000000004", 0.3],
    [1.1 * 3, 3.3],
    [4.35 * 100, 435],
    [-(0.1 + 0.7) * 10, -8],
    [1234567.8900000001, "1,234,567.89"],
    [1.15 * 100, 115],
  ], [
    [59146.87, 59146.88],
    [59146.87, 59146.8701],
    [123456789012345, 123456789012346],
    [9007199254740991, 9007199254740990],
    [0.123456789012345, 0.123456789012346],
    ["9999999999999999.01", "9999999999999999.02"],
    ["12345678901234567890", "12345678901234567891"],
  ]],
  ["blanks before units", [
    ["5%", "5 %"],
    ["12 kg", "12kg"],
    ["12 kg", "12\u00a0KG"],
    ["3 Stück", "3Stück"],
    ["19% VAT", "19 % VAT"],
    ["Flour 500 g pack", "Flour 500g pack"],
    ["2 x 1.5 l", "2 x 1.5l"],
    ["60 Hz", "60Hz"],
    ["20 °C", "20°C"],
    ["12,5 kg", "12.5 kg"],
    ["1,234 kg", "1234kg"],
    ["5,5 %", "5.5%"],
    ["5‰", "5 ‰"],
  ], [
    ["5%", 0.05],
    ["5%", 5],
    ["5%", "5"],
    ["12 kg", "12 g"],
    ["12 kg", 12],
    ["12 kg", "1 2kg"],
    ["1.234 kg", "1234 kg"],
    ["1.10 kg", "1.1 kg"],
    ["Block 5 North", "Block 5North"],
  ]],
  ["times", [
    ["10:30", "10:30:00"],
    ["9:30", "09:30"],
    ["09:30", "9:30:00"],
    ["10:30:00", "10:30:00.000"],
    ["10:30 pm", "10:30pm"],
    ["2:30 PM", "14:30"],
    ["2:30 p.m.", "14:30:00"],
    ["9:05 AM", "09:05"],
    ["23:59:59", "23:59:59.0"],
  ], [
    ["10:30", "10:30:01"],
    ["10:30", "22:30"],
    ["10:30", "10:03"],
    ["10:30", "10.30"],
    ["10:30", 1030],
    ["12:00 AM", "12:00"],
    ["12:00 AM", "00:00"],
    ["24:00", "00:00"],
    ["10:75", "10:75:00"],
    ["10:30", "2024-03-25T10:30"],
  ]],
  ["dates", [
    ["2024-03-03", "3. März 2024"],
    ["2024-03-03", "3 mars 2024"],
    ["2024-03-03", "3 de marzo de 2024"],
    ["2024-03-03", "March 3, 2024"],
    ["2024-03-03", "3 Mar 2024"],
    ["2024-03-01", "1er mars 2024"],
    ["2024-03-01", "1º de março de 2024"],
    ["2024-03-03", "2024年3月3日"],
    ["2024-03-03", "２０２４年３月３日"],
    ["2024-03-03", "2024년 3월 3일"],
    ["2024-03-03", "3 tháng 3, 2024"],
    ["2024-03-03", "ngày 3 tháng 3 năm 2024"],
    ["2024-03-03", "3 marca 2024"],
    ["2024-03-03", "3 marca 2024 r."],
    ["2024-03-03", "3 марта 2024 г."],
    ["2024-11-03", "3 KASIM 2024"],
    ["2024-12-20", "20 Desember 2024"],
    ["2024-01-03", "03-ene-2024"],
    ["2024-03-03", "2024 年 3 月 3 日"],
    ["2024-03-03", "3.März 2024"],
    ["2024-03-03", "le 3 mars 2024"],
    ["2024-03-03", "3 березня 2024 р."],
    ["2024-03-03", "3. března 2024"],
    ["2024-03-03", "3. ožujka 2024."],
    ["2024-03-03", "2024. március 3."],
    ["2024-03-03", "3. maaliskuuta 2024"],
    ["2024-03-03", "3 Mart 2024"],
    ["2024-03-03", "3 Μαρτίου 2024"],
    ["2024-03-03", "3 במרץ 2024"],
    ["2024-03-03", "3 مارس 2024"],
    ["2024-03-03", "3 มีนาคม 2024"],
    ["2024-03-03", "2024 m. kovo 3 d."],
    ["2024-03-03", "2024. gada 3. marts"],
    ["2024-03-03", "3 de març del 2024"],
    ["2024-04-03", "3 d’abril del 2024"],
    ["2024-01-03", "3. Jänner 2024"],
    ["2024-01-03", "3. Januar 2024"],
    ["2024-02-03", "3 févr. 2024"],
    ["2024-08-03", "3 août 2024"],
    ["2024-12-03", "3 DÉCEMBRE 2024"],
    ["2024-12-03", "3-Dez-2024"],
    ["2024-12-03", "3. Dez. 2024"],
    ["2024-05-03", "the 3rd of May 2024"],
    ["3. März 2024", "3 mars 2024"],
  ], [
    ["2024-03-03", "3. Mai 2024"],
    ["2024-03-03", "3 Marzo"],
    ["2024-03-03", "3 March 24"],
    ["2024-03-03", "30 February 2024"],
    ["2024-10-03", "3. listopad 2024"],
    ["2024-11-03", "3. listopad 2024"],
    ["2024-03-04", "03/04/2024"],
    ["2024-04-03", "03/04/2024"],
    ["2024-03-25", "25/03/24"],
    ["2024-03-03", "3 March 2024 or later"],
    ["2024-03-03", "Zürich, 3. März 2024"],
    ["2567-03-03", "3 มีนาคม พ.ศ. 2567"],
    ["2024-03-03", 20240303],
  ]],
  ["a weekday beside a date", [
    ["2024-03-25", "Monday, 25 March 2024"],
    ["2024-03-25", "Mon 25 Mar 2024"],
    ["2024-03-25", "Monday, March 25, 2024"],
    ["2024-03-25", "Montag, 25. März 2024"],
    ["2024-03-25", "Mo., 25.03.2024"],
    ["2024-03-25", "25.03.2024 (Montag)"],
    ["2024-03-25", "lundi 25 mars 2024"],
    ["2024-03-26", "mar. 26 mars 2024"],
    ["2024-03-25", "lunes, 25 de marzo de 2024"],
    ["2024-03-25", "segunda-feira, 25 de março de 2024"],
    ["2024-03-25", "2024年3月25日(月)"],
    ["2024-03-25", "2024年3月25日星期一"],
    ["2024-03-25", "2024년 3월 25일 월요일"],
    ["2024-03-25", "2024. március 25., hétfő"],
    ["2024-03-25", "25 Mart 2024 Pazartesi"],
    ["2024-03-25", "понедельник, 25 марта 2024 г."],
    ["2024-03-25", "Monday 2024-03-25"],
    ["2024-03-25", "2024-03-25 (Mon)"],
    ["2024-03-25", "25 March 2024, Monday"],
    ["2024-03-25", "25/03/2024 Monday"],
    ["2024-03-25", "Montag, den 25. März 2024"],
    ["2024-03-26", "mar 26 mar 2024"],
    ["2024-04-03", "Wed 03/04/2024"],
    ["03/04/2024", "3/4/2024"],
  ], [
    ["2024-03-25", "Tuesday, 25 March 2024"],
    ["2024-03-25", "Montag, 26. März 2024"],
    ["2024-03-04", "Wed 03/04/2024"],
    ["2024-03-25", "Order 25/03/2024"],
  ]],
  ["telephone numbers and IBANs", [
    ["+41 44 123 45 67", "+41441234567"],
    ["+41 (0)44 123 45 67", "+41 44 123 45 67"],
    ["+1 (555) 123-4567", "+1 555 123 4567"],
    ["+49.30.1234567", "+49 30 1234567"],
    ["+33 1 23 45 67 89", "+33-1-23-45-67-89"],
    ["CH93 0076 2011 6238 5295 7", "CH9300762011623852957"],
    ["DE89 3704 0044 0532 0130 00", "de89370400440532013000"],
    ["GB82-WEST-1234-5698-7654-32", "GB82 WEST 1234 5698 7654 32"],
    ["FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"],
  ], [
    ["+41 44 123 45 67", "+41 44 123 45 68"],
    ["+41 44 123 45 67", "044 123 45 67"],
    ["+41 44 123 45 67", 41441234567],
    ["044 123 45 67", "0441234567"],
    ["CH94 0076 2011 6238 5295 7", "CH9400762011623852957"],
    ["CH93 0076 2011 6238 5295 7", "CH93 0076 2011 6238 5295 8"],
    ["AB12 345", "AB12345"],
  ]],
  ["amounts and what only looks like one", [
    ["1,234.50", "1234.50"],
    ["1.234,56", "1,234.56"],
    ["1 234,50", "1234.50"],
    ["1'234.50", "1,234.50"],
    ["US$ 12.50", "USD 12.50"],
    ["12,50 €", "€12.50"],
    ["12,50", "12.50"],
    ["$12.50", "12.5"],
    ["-12.50", "-12.5"],
    [1.1, "1.10"],
    [2, "2.0"],
    [1234, "1 234"],
    [1.234, "1.234"],
  ], [
    ["1.10", "1.1"],
    ["12.50", "12.5"],
    ["2.0", "2"],
    ["v1.10", "v1.1"],
    ["3.1.10", "3.1.1"],
    ["007", "7"],
    ["01234", 1234],
    ["1.234", "1234"],
    ["1.234", 1234],
    ["$5", "€5"],
    [true, "true"],
    [1, true],
  ]],
];

for (const [kind, same, different] of kinds) {
  for (const [one, other] of same) {
    Deno.test(`${kind}: ${JSON.stringify(one)} and ${JSON.stringify(other)} are the same`, () => {
      assert.ok(isSameRelaxed(one, other));
      assert.ok(isSameRelaxed(other, one));
      assert.equal(keyOfValue(one), keyOfValue(other));
      assert.equal(isSameStrictly(one, other), false);
    });
  }
  for (const [one, other] of different) {
    Deno.test(`${kind}: ${JSON.stringify(one)} and ${JSON.stringify(other)} differ`, () => {
      assert.equal(isSameRelaxed(one, other), false);
      assert.equal(isSameRelaxed(other, one), false);
    });
  }
}

const rules: readonly FieldRule[] = [
  {},
  { isNumber: true },
  { type: "number" },
  { type: "date" },
  { type: "date", format: "DD/MM/YYYY" },
  { type: "text" },
  { type: "identifier" },
  { type: "code" },
];
const values = [...new Set(kinds.flatMap(([, same, different]) => [...same, ...different].flat()))];
const written = fc.oneof(
  fc.constantFrom(...values),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.stringMatching(/^[ (+$-]{0,2}[0-9][0-9.,:' /%-]{0,10}[0-9)a-z-]{0,3}$/),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);

Deno.test("by any rule, values are the same as themselves, mutually, and have one key if they are", () => {
  for (const rule of rules) {
    const keys = new Map(values.map((value) => [value, keyOfValue(value, rule)]));
    for (const one of values) {
      assert.ok(isSameRelaxed(one, one, rule));
      for (const other of values) {
        const isSame = isSameRelaxed(one, other, rule);
        assert.equal(isSame, isSameRelaxed(other, one, rule));
        if (isSame) assert.equal(keys.get(one), keys.get(other), `${one} ${other}`);
        if (isSameStrictly(one, other, rule)) assert.ok(isSame);
      }
    }
  }
});

Deno.test("by any rule, this holds for whatever is written like a value", () => {
  fc.assert(
    fc.property(written, written, fc.constantFrom(...rules), (one, other, rule) => {
      assert.ok(isSameRelaxed(one, one, rule));
      const isSame = isSameRelaxed(one, other, rule);
      assert.equal(isSame, isSameRelaxed(other, one, rule));
      if (isSame) assert.equal(keyOfValue(one, rule), keyOfValue(other, rule));
    }),
    { numRuns: 5_000 },
  );
});
