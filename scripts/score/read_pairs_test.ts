import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { JSON_LIMITS } from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { PairsError, readPairs } from "./read_pairs.ts";

const options = { limits: JSON_LIMITS };

/** Runs `test` on a temporary folder that contains `files`. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const expected = [
  { name: "a", truth: { total: 1 }, prediction: { total: 2 } },
  { name: "b", truth: { total: 3 }, prediction: undefined },
  { name: "c", truth: [4], prediction: { fenced: true } },
];

const layouts: [string, Readonly<Record<string, string>>][] = [
  ["files side by side", {
    "c.truth.json": "[4]",
    "c.prediction.txt": 'Here it is:\n```json\n{"fenced": true}\n```',
    "a.truth.json": '{"total": 1}',
    "a.prediction.json": '{"total": 2}',
    "b.truth.json": '{"total": 3}',
    "schema.json": "{}",
  }],
  ["two folders", {
    "truth/a.json": '{"total": 1}',
    "truth/b.json": '{"total": 3}',
    "truth/c.json": "[4]",
    "prediction/a.json": '{"total": 2}',
    "prediction/b.json": "I cannot read this.",
    "prediction/c.txt": '```\n{"fenced": true}\n```',
  }],
  ["JSON Lines", {
    "one.jsonl": '{"id":"c","truth":[4],"output":"```json\\n{\\"fenced\\":true}\\n```"}\n\n' +
      '{"id":"a","truth":{"total":1},"prediction":{"total":2}}\n',
    "two.jsonl": '{"id":"b","truth":{"total":3}}',
  }],
  ["JSON Lines of truths, wrapped as public sets do, and of answers", {
    "answers.jsonl": '{"file_name":"a","prediction":{"total":2}}\n' +
      '{"file_name":"c","output":"{\\"fenced\\":true}"}',
    "metadata.jsonl": '{"file_name":"a","ground_truth":"{\\"gt_parse\\":{\\"total\\":1}}"}\n' +
      '{"file_name":"b","ground_truth":{"gt_parse":{"total":3},"meta":{}}}\n' +
      '{"file_name":"c","ground_truth":[4]}',
  }],
];
for (const [what, files] of layouts) {
  Deno.test(`pairs are read from ${what} and sorted, without what is not an answer`, async () => {
    await withFiles(files, async (folder) => {
      assert.deepEqual(await readPairs(folder, options), { pairs: expected, leftOut: [] });
    });
  });
}

Deno.test("a line without an id is named by its file and number", async () => {
  await withFiles({ "x.jsonl": '\n{"truth":1,"prediction":null}' }, async (folder) => {
    const { pairs } = await readPairs(join(folder, "x.jsonl"), options);
    assert.deepEqual(pairs, [{ name: "x.jsonl:2", truth: 1, prediction: null }]);
  });
});

Deno.test("truths and answers are read from two places in any combination of forms", async () => {
  const files = {
    "truths/a.txt": '{"total": 1}',
    "truths/b.json": '{"ground_truth": "{\\"total\\": 3}"}',
    "truths/c.json": "[4]",
    "truths/schema.json": "{}",
    "answers/c.json": '{"fenced": true}',
    "answers/a.txt": '{"total": 2}',
    "answers.jsonl":
      '{"id":"c","prediction":{"fenced":true}}\n{"id":"a","output":"{\\"total\\":2}"}',
  };
  await withFiles(files, async (folder) => {
    for (const answers of ["answers", "answers.jsonl"]) {
      const predictions = join(folder, answers);
      const { pairs } = await readPairs(join(folder, "truths"), { ...options, predictions });
      assert.deepEqual(pairs, expected);
    }
  });
});

Deno.test("an answer is found by the schema, and long integers keep their digits", async () => {
  const files = {
    "a.truth.json": '\uFEFF{"n": 9007199254740993}',
    "a.prediction.txt": 'So {"n": 9007199254740992} [1] {"confidence": 0.9}',
    "b.jsonl": "",
  };
  const schema = { properties: { n: { type: "integer" } } };
  await withFiles(files, async (folder) => {
    assert.deepEqual((await readPairs(folder, { ...options, schema })).pairs, [
      { name: "a", truth: { n: 9007199254740993n }, prediction: { n: 2 ** 53 } },
    ]);
  });
});

const deep = "[".repeat(40) + "]".repeat(40);
const faults: [string, Readonly<Record<string, string>>, string, RegExp][] = [
  ["a truth that is not JSON", { "a.truth.json": "{" }, "a.truth.json", /^is not valid JSON$/],
  ["a truth out of all bounds", { "a.truth.json": deep }, "a.truth.json", /^is nested deeper/],
  [
    "a truth with too many values",
    { "a.truth.json": JSON.stringify(Array(20_000).fill(1)) },
    "a.truth.json",
    /^has more than 10000 values$/,
  ],
  [
    "an answer out of all bounds",
    { "a.truth.json": "1", "a.prediction.txt": `So ${deep}` },
    "a.prediction.txt",
    /32 levels/,
  ],
  [
    "an answer that is too long",
    { "a.truth.json": "1", "a.prediction.txt": "x".repeat(300_000) },
    "a.prediction.txt",
    /^has more than 200000 characters$/,
  ],
  [
    "a prediction without a truth",
    { "b.prediction.json": "1" },
    "b.prediction.json",
    /^has no truth$/,
  ],
  [
    "a line without a truth",
    { "a.jsonl": '{"prediction":1}' },
    "a.jsonl:1",
    /^has neither a truth nor/,
  ],
  ["a line that is not JSON", { "a.jsonl": "{" }, "a.jsonl:1", /^is not valid JSON$/],
  [
    "a line with two answers",
    { "a.jsonl": '{"truth":1,"prediction":1,"output":"1"}' },
    "a.jsonl:1",
    /^has both/,
  ],
  [
    "a second truth",
    { "a.jsonl": '{"id":"ok","truth":1,"prediction":1}\n{"id":"ok","truth":2}' },
    "a.jsonl:2",
    /^is a second truth of ok$/,
  ],
  [
    "a second answer",
    { "a.jsonl": '{"id":"ok","truth":1,"prediction":1}\n{"id":"ok","prediction":2}' },
    "a.jsonl:2",
    /^is a second prediction of ok$/,
  ],
  [
    "an answer to no truth",
    { "a.jsonl": '{"id":2,"prediction":2}' },
    "a.jsonl:1",
    /^has no truth$/,
  ],
  [
    "a wrapped truth that is not JSON",
    { "a.jsonl": '{"id":1,"ground_truth":"{"}' },
    "a.jsonl:1",
    /^is not valid JSON$/,
  ],
  [
    "a line of something else",
    { "a.jsonl": '{"truth":1,"answer":1}' },
    "a.jsonl:1",
    /^is not a pair: .*"answer"/,
  ],
];
for (const [what, files, place, reason] of faults) {
  Deno.test(`${what} is left out with its place, and the others are read`, async () => {
    const isLines = Object.keys(files).some((name) => name.endsWith(".jsonl"));
    const other: Record<string, string> = isLines
      ? { "ok.jsonl": '{"id":"ok","truth":1,"prediction":1}' }
      : { "ok.truth.json": "1", "ok.prediction.json": "1" };
    const known = Object.values(files).some((text) => text.includes('"id":"ok"'));
    await withFiles(known ? files : { ...files, ...other }, async (folder) => {
      const { pairs, leftOut } = await readPairs(folder, options);
      assert.deepEqual(pairs, [{ name: "ok", truth: 1, prediction: 1 }]);
      assert.deepEqual(leftOut.map((one) => one.place), [join(folder, place)]);
      assert.match(leftOut[0]?.reason ?? "", reason);
    });
  });
}

Deno.test("a set without a pair to score is refused with the first reason", async () => {
  const empty: [Readonly<Record<string, string>>, RegExp][] = [
    [{ "readme.md": "" }, /contains no/],
    [{ "a.truth.json": "{" }, /Nothing can be scored: .*a\.truth\.json is not valid JSON\./],
  ];
  for (const [files, message] of empty) {
    await withFiles(files, async (folder) => {
      await assert.rejects(readPairs(folder, options), (error) => {
        assert.ok(error instanceof PairsError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
  await assert.rejects(readPairs("/nowhere/at/all", options), PairsError);
});
