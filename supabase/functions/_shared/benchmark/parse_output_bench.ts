import { MAX_OUTPUT_CHARACTERS, parseOutput } from "./parse_output.ts";

const full = (unit: string) => unit.repeat(Math.floor(MAX_OUTPUT_CHARACTERS / unit.length));
const schema = { type: "object", properties: { total: { type: "number" } } };

/** Texts of full length, made to cost as much as they can. */
const hostile: Readonly<Record<string, string>> = {
  "open braces": full("{"),
  "open lists": full("["),
  "broken objects": full('{"a":x'),
  "broken objects, closed": full('{"a":x}'),
  "names never ended": full('{"'),
  "escaped quotes": full('{\\"'),
  "strings that swap in and out": full('[",'),
  "tags in strings": full('["</think>[",'),
  "tags": full("<think></think>[]"),
  "citations": full("[1] "),
  "small answers": full('{"total":1}'),
  "digits past 2^53": full("[12345678901234567890]"),
  "names without a colon": full("{aaaa aaaa "),
  "spaces": full("{" + " ".repeat(5_000)),
  "fences": full("```\n1\n```\n"),
  "escapes": full("\\u0000"),
};
for (const [name, text] of Object.entries(hostile)) {
  Deno.bench(`200,000 characters of ${name}`, () => {
    parseOutput(text, schema);
  });
}
