import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PairsError, readPairs } from "./read_pairs.ts";

/** Runs `test` on a folder that holds `files`, and removes it. */
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
  Deno.test(`pairs are read from ${what}, sorted, with what is no answer left out`, async () => {
    await withFiles(files, async (folder) => {
      assert.deepEqual(await readPairs(folder), expected);
    });
  });
}

Deno.test("a line without an id is named by its file and number", async () => {
  await withFiles({ "x.jsonl": '\n{"truth":1,"prediction":null}' }, async (folder) => {
    assert.deepEqual(await readPairs(join(folder, "x.jsonl")), [
      { name: "x.jsonl:2", truth: 1, prediction: null },
    ]);
  });
});

Deno.test("truths and answers are read from two places, whatever form each has", async () => {
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
      assert.deepEqual(await readPairs(join(folder, "truths"), join(folder, answers)), expected);
    }
  });
});

const faults: [string, Readonly<Record<string, string>>, RegExp][] = [
  ["a truth that is no JSON", { "a.truth.json": "{" }, /a\.truth\.json is no JSON/],
  ["a prediction without a truth", {
    "a.truth.json": "1",
    "b.prediction.json": "1",
  }, /b\.prediction\.json has no truth/],
  ["a line without a truth", { "a.jsonl": '{"prediction":1}' }, /a\.jsonl:1: There is no truth/],
  ["a line with two answers", { "a.jsonl": '{"truth":1,"prediction":1,"output":"1"}' }, /not both/],
  [
    "a second truth",
    { "a.jsonl": '{"id":1,"truth":1}\n{"id":1,"truth":2}' },
    /a\.jsonl:2 is a second/,
  ],
  ["a second answer", {
    "a.jsonl": '{"id":1,"truth":1,"prediction":1}\n{"id":1,"prediction":2}',
  }, /a\.jsonl:2 is a second prediction of 1/],
  ["an answer to no truth", {
    "a.jsonl": '{"id":1,"truth":1}\n{"id":2,"prediction":2}',
  }, /a\.jsonl:2 has no truth/],
  ["a wrapped truth that is no JSON", {
    "a.jsonl": '{"id":1,"ground_truth":"{"}',
  }, /a\.jsonl:1 is no JSON/],
  ["a line of something else", { "a.jsonl": '{"truth":1,"answer":1}' }, /a\.jsonl:1/],
  ["a truth out of all bounds", {
    "a.truth.json": "[".repeat(40) + "]".repeat(40),
  }, /nested deeper/],
  ["a folder without pairs", { "readme.md": "" }, /holds no/],
];
for (const [what, files, message] of faults) {
  Deno.test(`${what} is refused with its place`, async () => {
    await withFiles(files, async (folder) => {
      await assert.rejects(readPairs(folder), (error) => {
        assert.ok(error instanceof PairsError);
        assert.match(error.message, message);
        return true;
      });
    });
  });
}

Deno.test("a path that does not exist is refused", async () => {
  await assert.rejects(readPairs("/nowhere/at/all"), PairsError);
});
