import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRules } from "../supabase/functions/_shared/compare/field_rules.ts";
import { scorePairs } from "./score/score_pairs.ts";

const EXAMPLE = fileURLToPath(new URL("../examples/scoring", import.meta.url));

async function score(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL("score.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("the example's scores equal those computed by hand", async () => {
  const { code, stdout } = await score(EXAMPLE, "--json");
  assert.equal(code, 0);
  const { mean, relaxed, strict, exactMatches, noAnswers, formatOnly, fields } = JSON.parse(stdout);
  // invoice: 9 of 11 (one wrong price, one extra); receipt: 4 of 4, two of them relaxed; letter: none.
  assert.deepEqual(mean.accuracy.toFixed(4), ((100 * (9 / 11 + 1 + 0)) / 3).toFixed(4));
  assert.deepEqual(mean.strictAccuracy.toFixed(4), ((100 * (9 / 11 + 2 / 4 + 0)) / 3).toFixed(4));
  // 13 right of 10 + 4 + 2 expected and 1 extra, of 15 given.
  assert.deepEqual(relaxed, {
    accuracy: (100 * 13) / 17,
    recall: (100 * 13) / 16,
    precision: (100 * 13) / 15,
    f1: (100 * 26) / 31,
  });
  assert.equal(strict.recall, (100 * 11) / 16);
  assert.deepEqual([exactMatches, noAnswers, formatOnly], [0, 1, 2]);
  assert.deepEqual(fields, [
    { field: "total", errors: 1, formatOnly: 1 },
    { field: "items[].price", errors: 1, formatOnly: 0 },
    { field: "number", errors: 1, formatOnly: 0 },
    { field: "vat", errors: 1, formatOnly: 0 },
    { field: "date", errors: 0, formatOnly: 1 },
  ]);
});

Deno.test("truths in the format of public data sets are scored with answers from another folder", async () => {
  const wrapped = JSON.parse((await score(join(EXAMPLE, "wrapped"), "--json")).stdout);
  // 8 of 9 fields, the total being wrong; and all of 4.
  assert.deepEqual(wrapped.relaxed.accuracy, (100 * (8 + 4)) / (9 + 4));
  assert.deepEqual(wrapped.fields, [{ field: "total.total_price", errors: 1, formatOnly: 0 }]);
  const flat = await score(
    join(EXAMPLE, "flat/entities"),
    "--predictions",
    join(EXAMPLE, "flat/answers"),
    "--schema",
    join(EXAMPLE, "flat/schema.json"),
    "--json",
  );
  const { relaxed, noAnswers, fields } = JSON.parse(flat.stdout);
  assert.deepEqual([relaxed.accuracy, noAnswers], [(100 * 7) / 8, 0]);
  assert.deepEqual(fields[0], { field: "address", errors: 1, formatOnly: 1 });
});

Deno.test("the tables show the same scores as the JSON, the worst documents first", async () => {
  const { code, stdout } = await score(EXAMPLE);
  assert.equal(code, 0);
  assert.match(stdout, /3 documents, 1 without an answer/);
  assert.match(stdout, /Accuracy, all fields\s+│\s+76\.5 %\s+│\s+64\.7 %/);
  assert.match(stdout, /letter \(no answer\)[^\n]*\n[^\n]*invoice/);
});

Deno.test("a set that cannot be scored ends with a clear message and exit code 1", async () => {
  const { code, stderr } = await score("/nowhere/at/all");
  assert.equal(code, 1);
  assert.equal(stderr, "/nowhere/at/all does not exist.\n");
  const schema = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(schema, '{"x-compare": {"type": "money"}}');
    const refused = await score(EXAMPLE, "--schema", schema);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /json_schema\.x-compare\.type/);
  } finally {
    await Deno.remove(schema);
  }
});

Deno.test("files that cannot be used are listed, and are an error only with --strict", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const rows = Array.from(
      { length: 5_000 },
      (_, row) => Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, row * n])),
    );
    const files = {
      "long.truth.json": JSON.stringify({ rows }),
      "long.prediction.txt": `Here:\n${JSON.stringify({ rows }, null, 2)}`,
      "broken.truth.json": "{",
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    const scored = await score(folder, "--json");
    const { documents, leftOut } = JSON.parse(scored.stdout);
    assert.equal(documents.length, 1);
    assert.deepEqual([documents[0].name, documents[0].exactMatch], ["long", true]);
    const place = join(folder, "broken.truth.json");
    assert.deepEqual(leftOut, [{ place, reason: "is not valid JSON" }]);
    assert.deepEqual([scored.code, scored.stderr], [0, ""]);

    const strict = await score(folder, "--strict", "--progress");
    assert.equal(strict.code, 1);
    assert.match(strict.stdout, /1 documents?, 0 without an answer, 1 left out/);
    assert.ok(strict.stdout.includes(`Left out:\n  ${place}\n    is not valid JSON\n`));
    assert.equal(strict.stderr, "Scored 1 of 1 documents\n");

    const limited = await score(folder, "--max-values", "1000");
    assert.equal(limited.code, 1);
    assert.match(limited.stderr, /Nothing can be scored: .*/);
    assert.match(
      (await score(folder, "--max-values", "few")).stderr,
      /maxValues must be a positive/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a schema's rules decide what is right, and truth scored as prediction is perfect", () => {
  const truth = { total: 10, items: [{ sku: "007", n: 1 }, { sku: "008", n: 2 }] };
  const perfect = scorePairs([{ name: "a", truth, prediction: truth }], readRules({}));
  assert.deepEqual([perfect.mean.accuracy, perfect.strict.f1, perfect.mean.anls], [100, 100, 100]);
  const rules = readRules({
    properties: { total: { "x-compare": { type: "number", tolerance: 1 } } },
  });
  const near = [{ name: "a", truth, prediction: { ...truth, total: 11 } }];
  assert.equal(scorePairs(near, rules).exactMatches, 1);
  assert.equal(scorePairs(near, readRules({})).exactMatches, 0);
});
