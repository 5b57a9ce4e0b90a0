import assert from "node:assert/strict";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { MAX_COLUMNS, MAX_ROW_CHARACTERS } from "./limits.ts";
import { readFile, refusalOf } from "../testing/read_dataset.ts";

/** Characters that CSV parsers often read wrongly, more frequent than in random text. */
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', ",", ";", "\t", "\n", "\r", " ", "a", "ä", "😀", "'") }),
  fc.string({ unit: "grapheme" }),
).map((text) => text.toWellFormed().replaceAll("\0", ""));
const header = fc.uniqueArray(value.filter((name) => name.trim() !== ""), {
  minLength: 1,
  maxLength: 5,
});
const table = header.chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(fc.array(value, { minLength: columns.length, maxLength: columns.length }), {
      minLength: 1,
      maxLength: 8,
    }),
  })
);
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

Deno.test("any table of a CSV writer is read back unchanged, wherever its bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom(",", ";", "|", "\t"),
      fc.boolean(),
      fc.boolean(),
      sizes,
      async ({ columns, rows }, end, delimiter, isQuoted, hasMark, sizes) => {
        const text = stringify([columns, ...rows], {
          record_delimiter: end,
          delimiter,
          quoted: isQuoted,
          // Else a line break other than its own, which readers take for one, is not quoted.
          quoted_match: /[\r\n]/,
          // In a table of one column an empty line would be no row.
          quoted_empty: true,
          bom: hasMark,
        });
        const read = await readFile(text, "csv", { sizes, delimiter });
        assert.deepEqual(read.columns, columns);
        assert.deepEqual(
          read.rows.map((row) => Object.entries(row as object)).map((entries) =>
            columns.map((name) => Object.fromEntries(entries)[name])
          ),
          rows,
        );
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("a malformed file is refused with the same reason and location, wherever its bytes are cut", async () => {
  const text = fc.string({
    unit: fc.constantFrom('"', ",", "\n", "\r\n", " ", "a", "b", "\0"),
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(text, sizes, async (text, sizes) => {
      const file = `a,b\n${text}`;
      assert.deepEqual(await refusalOf(file, "csv", { sizes }), await refusalOf(file, "csv"));
    }),
    { numRuns: 400 },
  );
});

Deno.test("quoted fields hold quotes, delimiters and line breaks of each kind", async () => {
  const { rows } = await readFile('q,a\n"say ""hi"", you","one\ntwo\r\nthree\rfour"\n', "csv");
  assert.deepEqual(rows, [{ q: 'say "hi", you', a: "one\ntwo\r\nthree\rfour" }]);
});

Deno.test("a quote inside of an unquoted field is an ordinary character", async () => {
  assert.deepEqual((await readFile('a,b\n5" pipe,x"y"\n', "csv")).rows, [{
    a: '5" pipe',
    b: 'x"y"',
  }]);
});

Deno.test("LF, CRLF, both in one file and CR alone end rows", async () => {
  const expected = [{ a: "1", b: "2" }, { a: "3", b: "4" }];
  for (
    const file of [
      "a,b\n1,2\n3,4",
      "a,b\r\n1,2\r\n3,4\r\n",
      'a,b\n1,2\r\n3,"4"\n',
      'a,"b"\r\n1,"2"\n3,4\r\n',
      "a,b\r1,2\r3,4\r",
    ]
  ) {
    for (const sizes of [[1000], [1], [3]]) {
      assert.deepEqual((await readFile(file, "csv", { sizes })).rows, expected, file);
    }
  }
});

Deno.test("a carriage return inside of quotes is kept, even before CRLF", async () => {
  assert.deepEqual((await readFile('a,b\r\n1,"x\r"\r\n2,y\r\n3,"""\r"\r\n', "csv")).rows, [
    { a: "1", b: "x\r" },
    { a: "2", b: "y" },
    { a: "3", b: '"\r' },
  ]);
});

Deno.test("spaces are kept, except between a closing quote and the end of the field", async () => {
  assert.deepEqual(await readFile(' a ,b\n x , y\n"z"  ,"w" \n', "csv"), {
    columns: [" a ", "b"],
    rows: [{ " a ": " x ", b: " y" }, { " a ": "z", b: "w" }],
    lines: ['{" a ":" x ","b":" y"}', '{" a ":"z","b":"w"}'],
  });
});

Deno.test("blank lines are skipped, but not an empty quoted value of a single column", async () => {
  assert.equal((await readFile("\n\na,b\n\n1,2\n\r\n\n3,4\n\n", "csv")).rows.length, 2);
  assert.deepEqual((await readFile('a\n\n""\nx\n\r\n""\r\n', "csv")).rows, [
    { a: "" },
    { a: "x" },
    { a: "" },
  ]);
});

Deno.test("a row with another number of fields than the header is refused with line and field", async () => {
  assert.deepEqual(await refusalOf('a,b,c\n"1\n1",2,3\n4,5\n', "csv"), {
    reason: "ragged_row",
    line: 4,
    column: 3,
    field: "c",
  });
  assert.deepEqual(await refusalOf("a,b\n1,2\n\n4,5,6\n", "csv", { sizes: [4] }), {
    reason: "ragged_row",
    line: 4,
    column: 3,
  });
});

Deno.test("an empty header is refused, and a repeated one with both columns", async () => {
  assert.deepEqual(await refusalOf("a, ,c\n1,2,3\n", "csv"), {
    reason: "empty_header",
    line: 1,
    column: 2,
  });
  assert.deepEqual(await refusalOf("a,b,\n1,2,\n", "csv"), {
    reason: "empty_header",
    line: 1,
    column: 3,
  });
  assert.deepEqual(await refusalOf("\na,b,a\n1,2,3\n", "csv"), {
    reason: "duplicate_header",
    line: 2,
    column: 3,
  });
  await assert.rejects(readFile("a,b,a\n1,2,3\n", "csv"), /columns 1 and 3 are both named "a"/);
  assert.equal((await readFile("a,A,a \n1,2,3\n", "csv")).columns.length, 3);
});

Deno.test("an unclosed quote, or one followed by text, is refused at the beginning of its field", async () => {
  assert.deepEqual(await refusalOf('a,b\n1,2\n3,"4\n5,6\n', "csv"), {
    reason: "malformed_quotes",
    line: 3,
    column: 2,
    field: "b",
  });
  for (const sizes of [[100], [1], [7]]) {
    assert.deepEqual(await refusalOf('a,b\n"x\ny","4"5\n6,7\n', "csv", { sizes }), {
      reason: "malformed_quotes",
      line: 3,
      column: 2,
      field: "b",
    });
  }
});

Deno.test("NUL is refused with line and field", async () => {
  assert.deepEqual(await refusalOf("a,b\n1,2\n3,x\0y\n", "csv"), {
    reason: "nul_character",
    line: 3,
    column: 2,
    field: "b",
  });
});

Deno.test("a file without rows is refused", async () => {
  for (const file of ["", "\n\n", "a,b", "a,b\r\n", "\ufeff"]) {
    assert.equal((await refusalOf(file, "csv"))?.reason, "no_rows", JSON.stringify(file));
  }
});

Deno.test("a field of a megabyte is read, and a row over the limit is refused with its line", async () => {
  const long = "é,\n".repeat(350_000);
  const { rows } = await readFile(`a,b\n1,"${long}"\n2,x\n`, "csv", { sizes: [1000] });
  assert.deepEqual(rows, [{ a: "1", b: long }, { a: "2", b: "x" }]);
  assert.deepEqual(await refusalOf(`a\nb\n"${"x".repeat(2 * MAX_ROW_CHARACTERS)}`, "csv"), {
    reason: "row_too_long",
    line: 3,
    column: 1,
  });
});

Deno.test("more columns than the limit are refused", async () => {
  const names = Array.from({ length: MAX_COLUMNS + 1 }, (_, index) => `c${index}`).join(",");
  assert.equal((await refusalOf(`${names}\n`, "csv"))?.reason, "too_many_columns");
});

Deno.test("the delimiter is found in the header only if `auto` is requested", async () => {
  for (const [header, row] of [["a;b", "1,5;2"], ["a\tb", "1,5\t2"], ["a,b", '"1,5",2']]) {
    const file = `${header}\n${row}\n`;
    const { rows } = await readFile(file, "csv", { delimiter: "auto", sizes: [1] });
    assert.deepEqual(rows, [{ a: "1,5", b: "2" }]);
  }
  assert.deepEqual((await readFile("only\nx\n", "csv", { delimiter: "auto" })).rows, [{
    only: "x",
  }]);
  assert.deepEqual((await readFile("a;b\n1;2\n", "csv")).rows, [{ "a;b": "1;2" }]);
});

Deno.test("TSV is separated by tabs and quoted as in spreadsheets", async () => {
  assert.deepEqual((await readFile('a\tb\n1,5\t"x\ty"\n', "tsv")).rows, [{ a: "1,5", b: "x\ty" }]);
});

Deno.test("a column may have the name of a property of Object", async () => {
  const { lines } = await readFile("__proto__,constructor\n1,2\n", "csv");
  assert.deepEqual(lines, ['{"__proto__":"1","constructor":"2"}']);
});
