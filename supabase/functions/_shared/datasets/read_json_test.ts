import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_COLUMNS, MAX_DEPTH, MAX_ROW_CHARACTERS } from "./limits.ts";
import { readFile, refusalOf } from "../testing/read_dataset.ts";
import { parsesBack } from "../testing/parses_back.ts";

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
const jsonText = fc.string({ unit: "grapheme" }).map((text) =>
  text.toWellFormed().replaceAll("\0", "")
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    jsonText,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(jsonText, tie("value"), { maxKeys: 3 }),
  ),
}));
const rows = fc.array(fc.dictionary(jsonText, value, { maxKeys: 4 }), {
  minLength: 1,
  maxLength: 6,
}).filter(parsesBack);

Deno.test("any rows written as an array or as lines are read back unchanged, wherever the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom("", " ", "\t", "  "),
      fc.constantFrom("\n", "\r\n"),
      sizes,
      async (rows, indent, end, sizes) => {
        const expected = JSON.parse(JSON.stringify(rows));
        const array = JSON.stringify(rows, null, indent).replaceAll("\n", end);
        assert.deepEqual((await readFile(array, "json", { sizes })).rows, expected);
        const lines = rows.map((row) => JSON.stringify(row)).join(end + end);
        const read = await readFile(lines, "jsonl", { sizes });
        assert.deepEqual(read.rows, expected);
        assert.ok(read.lines.every((line) => !/\p{Cc}/u.test(line.replace(/[\x7f-\x9f]/g, ""))));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("any text that is no array of objects is refused at the same location, wherever it is cut", async () => {
  const text = fc.string({
    unit: fc.constantFrom("[", "]", "{", "}", '"', ":", ",", "1", "a", "\\", " ", "\n", "null"),
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(text, text.map((text) => `[${text}]`), text.map((text) => `[{"a":1},${text}`)),
      sizes,
      async (file, sizes) => {
        const refusal = await refusalOf(file, "json");
        assert.deepEqual(await refusalOf(file, "json", { sizes }), refusal);
        if (refusal === null) assert.ok(Array.isArray(JSON.parse(file)));
        else if (refusal.reason === "not_json") assert.throws(() => JSON.parse(file));
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("nested values, escapes and every digit of a number are kept", async () => {
  const row = '{"id": 12345678901234567890.10, "n": {"list": [1, {"x": null}]}, "t": "\\u00e9\\n"}';
  for (const [file, format] of [[`[\n ${row}\n]`, "json"], [`${row}\n`, "jsonl"]] as const) {
    assert.deepEqual((await readFile(file, format)).lines, [row]);
  }
});

Deno.test("columns are the fields of all rows in order of appearance", async () => {
  const { columns } = await readFile('{"b": 1}\n{"a": 1, "b": 2}\n{}\n{"c": {"d": 1}}', "jsonl");
  assert.deepEqual(columns, ["b", "a", "c"]);
});

Deno.test("a row that is no object is refused with its location", async () => {
  assert.deepEqual(await refusalOf('[{"a": 1},\n  [1]]', "json"), {
    reason: "not_an_object",
    line: 2,
    column: 3,
  });
  assert.deepEqual(await refusalOf('{"a": 1}\n\n "x"\n', "jsonl"), {
    reason: "not_an_object",
    line: 3,
    column: 2,
  });
  assert.equal((await refusalOf("[null]", "json"))?.reason, "not_an_object");
});

Deno.test("invalid JSON is refused at the position of the error", async () => {
  const cases: readonly (readonly [string, "json" | "jsonl", number, number])[] = [
    ['[{"a": 1},\n {"b": 01}]', "json", 2, 9],
    ['[{"a": 1}\n {"b": 2}]', "json", 2, 2],
    ['[{"a": 1},]', "json", 1, 11],
    ['[,{"a": 1}]', "json", 1, 2],
    ['[{"a": 1}', "json", 1, 10],
    ['[{"a": "x\n"}]', "json", 1, 8],
    ['[{"a": 1}] x', "json", 1, 12],
    ["[{'a': 1}]", "json", 1, 3],
    ['{"a": 1}\n{"a": 1,}\n', "jsonl", 2, 9],
    ['{"a": 1} {"a": 2}\n', "jsonl", 1, 10],
    ['{"a": 1}\n{"a":', "jsonl", 2, 6],
  ];
  for (const [file, format, line, column] of cases) {
    assert.deepEqual(await refusalOf(file, format), { reason: "not_json", line, column }, file);
  }
});

Deno.test("a file that is no array is refused, and one without rows", async () => {
  assert.deepEqual(await refusalOf('\n {"a": 1}', "json"), {
    reason: "not_an_array",
    line: 2,
    column: 2,
  });
  assert.equal((await refusalOf("", "json"))?.reason, "not_an_array");
  assert.equal((await refusalOf(" [ ] ", "json"))?.reason, "no_rows");
  assert.equal((await refusalOf("\n", "jsonl"))?.reason, "no_rows");
});

Deno.test("a repeated key of an object is refused at any depth and with any escapes", async () => {
  assert.deepEqual(await refusalOf('[{"a": 1,\n "b": 2, "a": 3}]', "json"), {
    reason: "duplicate_key",
    line: 2,
    column: 10,
    field: "a",
  });
  assert.deepEqual(await refusalOf('{"x": [{"a": 1, "\\u0061": 2}]}', "jsonl"), {
    reason: "duplicate_key",
    line: 1,
    column: 17,
    field: "a",
  });
  assert.equal(await refusalOf('{"a": {"a": ":"}, "b": [{"a": 1}, {"a": 1}]}', "jsonl"), null);
});

Deno.test("escapes of NUL and of lone surrogates are refused, and escaped backslashes are not", async () => {
  assert.deepEqual(await refusalOf('{"a": ["x\\u0000"]}', "jsonl"), {
    reason: "nul_character",
    line: 1,
    column: 1,
    field: "a",
  });
  assert.equal((await refusalOf('[{"a\\u0000": 1}]', "json"))?.reason, "nul_character");
  assert.equal((await refusalOf('[{"a": "\\ud83d"}]', "json"))?.reason, "lone_surrogate");
  assert.equal((await refusalOf('[{"a": {"\\uDE00": 1}}]', "json"))?.reason, "lone_surrogate");
  assert.equal(await refusalOf('[{"a": "\\\\u0000 \\ud83d\\ude00"}]', "json"), null);
});

Deno.test("numbers that Postgres or a double cannot hold are refused at their position", async () => {
  assert.deepEqual(await refusalOf('[{"a": 1,\n "b": [1e999]}]', "json"), {
    reason: "number_out_of_range",
    line: 2,
    column: 8,
    field: "b",
  });
  const decimals = (count: number) => `{"a": 0.${"1".repeat(count)}}`;
  for (const file of ['{"a": -1E-16384}', '{"a": 0.1e-16383}', decimals(16_384)]) {
    assert.equal((await refusalOf(file, "jsonl"))?.reason, "number_out_of_range", file);
  }
  for (const file of ['{"a": 1e308, "b": "1e999"}', '{"a": 1e-16383}', decimals(16_383)]) {
    assert.equal(await refusalOf(file, "jsonl"), null, file);
  }
});

Deno.test("rows over the limits of depth, columns or length are refused", async () => {
  const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
  assert.equal(await refusalOf(nested(MAX_DEPTH), "jsonl"), null);
  assert.equal((await refusalOf(nested(MAX_DEPTH + 1), "jsonl"))?.reason, "too_deep");
  assert.equal((await refusalOf(`[${nested(100_000)}]`, "json"))?.reason, "too_deep");
  const row = (from: number) => ({
    ...Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`c${from + index}`, 1])),
  });
  const wide = [row(0), row(MAX_COLUMNS - 599)].map((row) => JSON.stringify(row)).join("\n");
  assert.deepEqual(await refusalOf(wide, "jsonl"), {
    reason: "too_many_columns",
    line: 2,
    column: 1,
    field: `c${MAX_COLUMNS}`,
  });
  const long = `{"a": "${"x".repeat(MAX_ROW_CHARACTERS)}"}`;
  assert.equal((await refusalOf(`[${long}]`, "json"))?.reason, "row_too_long");
  assert.equal((await refusalOf(long, "jsonl"))?.reason, "row_too_long");
});
