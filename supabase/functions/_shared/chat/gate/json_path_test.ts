import assert from "node:assert/strict";
import { isPlainJsonPath } from "./json_path.ts";

Deno.test("isPlainJsonPath() accepts the usual paths into answers", () => {
  for (
    const path of [
      "$",
      "$.items[*].name",
      "strict $.items[0].price",
      '$."unit price"',
      "$.größe",
      "$.*[last].total.string()",
      "$.items.size()",
      "$.items[*] ? (@.price > 10)",
      '$.items[*] ? (@.name == "tea" || @.price <= -1.5).price',
      '$.items[*] ? (@.name starts with "t" && exists(@.price)) ? (@.price != null)',
      '$.items[*] ? (@.name like_regex "^te?a" flag "i")',
    ]
  ) assert.ok(isPlainJsonPath(path), path);
});

Deno.test("isPlainJsonPath() refuses paths that multiply their result, and arithmetic", () => {
  for (
    const path of [
      "$.**",
      "$.**{2 to last}",
      "$./**/**",
      "$[0,0][0,0]",
      "$[0 to last]",
      "$.keyvalue().keyvalue()",
      String.raw`$.\u006beyvalue()`,
      String.raw`$."\u006beyvalue"`,
      "$.KEYVALUE()",
      "$.a * $.a",
      "$ ? (@.a * @.a > 0)",
      "$ ? (@.a > @.a)",
      "$ ? (@.a > $x)",
      "-$.a",
      "$.a.decimal(5,2)",
      // Text of a few characters becomes a number of hundreds of digits.
      "$.a.double()",
      "$.a[*].number()",
      '$ ? (@ like_regex "((a{1,200}){1,200}){1,200}")',
      "$ ? (exists(@ ? (@.a > 1)))",
      "$ ? (!(@.a > 1))",
      '"a"',
      "$.a; drop",
      "",
    ]
  ) assert.equal(isPlainJsonPath(path), false, path);
});
