import {
  MAX_OUTPUT_CHARACTERS,
  parseOutput,
} from "../../supabase/functions/_shared/models/answers/parse_output.ts";
import { type Benchmark, interleave, type Measure, time } from "./harness.ts";

const GOAL_MS = 30;
const SCHEMA = { type: "object", properties: { total: { type: "number" } } };

/** Texts that are expensive to search, repeated up to the longest text that is searched. */
const HOSTILE: Readonly<Record<string, string>> = {
  "open braces": "{",
  "open lists": "[",
  "broken objects": '{"a":x',
  "broken objects, closed": '{"a":x}',
  "names never ended": '{"',
  "escaped quotes": '{\\"',
  "tags in strings": '["</think>[",',
  "tags": "<think></think>[]",
  "citations": "[1] ",
  "small answers": '{"total":1}',
  "integers past 2^53": "[12345678901234567890]",
  "prose in braces": "{aaaa aaaa ",
  "fences": "```\n1\n```\n",
  "escapes": "\\u0000",
};

/** Benchmark of the time to find a model's JSON answer in a text that is hard to read. */
export const answers: Benchmark = {
  name: "answers",
  summary: "time to find the JSON in hostile answers of 200,000 characters",
  async *run(options) {
    const contenders = Object.entries(HOSTILE).map(([name, unit]): [string, Measure<"ms">] => {
      const text = unit.repeat(Math.floor(MAX_OUTPUT_CHARACTERS / unit.length));
      return [name, async () => ({ ms: await time(() => parseOutput(text, SCHEMA)) })];
    });
    const results = await interleave(Object.fromEntries(contenders), options);
    yield {
      title: "Finding the JSON in hostile answers of 200,000 characters",
      unit: "ms",
      rows: contenders.map(([name]) => results.row(name, "ms", { goal: { atMost: GOAL_MS } })),
    };
  },
};
