import assert from "node:assert/strict";
import { SqlSyntaxError, startPgQuery, StatementParser } from "./parse_statement.ts";

Deno.test("a statement that overflows the parser's stack breaks no later statement", async () => {
  let starts = 0;
  let isBroken = false;
  const parser = new StatementParser(async () => {
    starts++;
    const instance = await startPgQuery();
    return Object.create(instance, {
      _wasm_parse_query_raw: {
        value: (text: number) => {
          if (isBroken) throw new RangeError("Maximum call stack size exceeded");
          return instance._wasm_parse_query_raw(text);
        },
      },
    });
  });
  await parser.parse("select 1");
  isBroken = true;
  await assert.rejects(parser.parse("select 1"), RangeError);
  isBroken = false;
  assert.ok("stmts" in await parser.parse("select 1"));
  assert.equal(starts, 2);
});

Deno.test("a syntax error does not restart the parser", async () => {
  let starts = 0;
  const parser = new StatementParser(() => {
    starts++;
    return startPgQuery();
  });
  await assert.rejects(parser.parse("select from where"), SqlSyntaxError);
  await assert.rejects(parser.parse("'"), SqlSyntaxError);
  assert.ok("stmts" in await parser.parse("select 1"));
  assert.equal(starts, 1);
});

Deno.test("the parser works after the deepest statements of 8 kB", async () => {
  const parser = new StatementParser();
  for (
    const sql of [
      `select ${"f(".repeat(2_700)}1${")".repeat(2_700)}`,
      `select ${"not ".repeat(2_000)}true`,
      `select 1${"+1".repeat(4_000)}`,
      `select ${"a[".repeat(2_700)}1${"]".repeat(2_700)}`,
      `select ${"(".repeat(4_000)}1${")".repeat(4_000)}`,
    ]
  ) {
    // The depth at which the stack overflows depends on the machine.
    await parser.parse(sql).catch(() => {});
    assert.ok("stmts" in await parser.parse("select 1"), sql.slice(0, 20));
  }
});
