import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { findOffences, readSourceFiles } from "./directions.ts";

function offences(path: string, targets: string[], source = ""): string[] {
  const imports = targets.map((target, index) => ({ target, line: index + 1, isType: false }));
  return findOffences([{ path, imports, source }]).map(({ message }) => message);
}

const allowed: [string, string[]][] = [
  ["checkout/index.ts", ["checkout/handler.ts", "_shared/billing/stripe.ts", "stripe"]],
  ["chat/index.ts", ["chat/telemetry.ts"]],
  ["chat/telemetry.ts", ["_shared/chat/telemetry_log.ts", "_shared/platform/env.ts"]],
  ["checkout/handler.ts", ["_shared/benchmark/order/estimate.ts", "zod"]],
  ["_shared/report/a.ts", ["_shared/compare/a.ts", "_shared/platform/http/problem.ts", "zod/v4"]],
  ["_shared/billing/stripe.ts", ["stripe", "_shared/platform/database.ts"]],
  ["_shared/platform/http/a.ts", ["node:crypto", "jose"]],
  ["_shared/report/a_test.ts", ["fast-check", "_shared/testing/a.ts", "_shared/report/store.ts"]],
];
for (const [path, targets] of allowed) {
  Deno.test(`${path} may import ${targets.join(", ")}`, () => {
    assert.deepEqual(offences(path, targets), []);
  });
}

const forbidden: [string, string][] = [
  ["_shared/platform/a.ts", "_shared/report/a.ts"],
  ["_shared/models/a.ts", "_shared/prompts/a.ts"],
  ["_shared/benchmark/a.ts", "_shared/report/a.ts"],
  ["_shared/report/a.ts", "_shared/new_part/a.ts"],
  ["_shared/report/a.ts", "_shared/report/store.ts"],
  ["_shared/report/a.ts", "_shared/testing/a.ts"],
  ["_shared/report/a.ts", "_shared/report/b_test.ts"],
  ["_shared/report/a.ts", "checkout/handler.ts"],
  ["_shared/report/a.ts", "stripe"],
  ["_shared/report/a.ts", "@supabase/supabase-js"],
  ["_shared/report/a.ts", "npm:openai@7.57.0"],
  ["_shared/report/a.ts", "node:fs"],
  ["_shared/billing/stripe.ts", "checkout/handler.ts"],
  ["checkout/handler.ts", "_shared/billing/stripe.ts"],
  ["checkout/handler.ts", "webhook/handler.ts"],
  ["checkout/index.ts", "webhook/handler.ts"],
  ["checkout/index.ts", "_shared/testing/a.ts"],
];
for (const [path, target] of forbidden) {
  Deno.test(`${path} may not import ${target}`, () => {
    assert.equal(offences(path, [target]).length, 1);
  });
}

Deno.test("a type of an outward file may be imported where its values may not", () => {
  const importOf = (isType: boolean) => [{ target: "_shared/report/store.ts", line: 1, isType }];
  const found = (isType: boolean) =>
    findOffences([{ path: "_shared/report/a.ts", imports: importOf(isType), source: "" }]);
  assert.deepEqual(found(true), []);
  assert.equal(found(false).length, 1);
});

Deno.test("a circle of files is named file by file, also one of types alone", () => {
  const file = (path: string, target: string) => ({
    path,
    imports: [{ target, line: 1, isType: true }],
    source: "",
  });
  const [a, b, c] = ["_shared/chat/a.ts", "_shared/chat/b.ts", "_shared/chat/c.ts"] as const;
  const found = findOffences([file(a, b), file(b, c), file(c, a)]);
  assert.deepEqual(found, [{
    path: c,
    line: 1,
    message: `closes the circle ${[a, b, c, a].join(" → ")}`,
  }]);
});

Deno.test("only entry files and outward files may use Deno; its name may occur in any text", () => {
  const uses = "const a = 1;\nconst b = Deno.env;";
  assert.deepEqual(offences("_shared/report/a.ts", [], uses), ["uses Deno"]);
  assert.deepEqual(offences("checkout/handler.ts", [], uses), ["uses Deno"]);
  assert.deepEqual(offences("_shared/platform/database.ts", [], uses), []);
  assert.deepEqual(offences("checkout/index.ts", [], uses), []);
  const mentions = '/* Deno.env\n */ const a = "Deno"; // Deno\nconst b = denoise(Denominator);';
  assert.deepEqual(offences("_shared/report/a.ts", [], mentions), []);
});

Deno.test("imports of types, re-exports and dynamic imports are found, each with its line", async () => {
  const folder = await Deno.makeTempDir();
  const root = pathToFileURL(`${folder}/`);
  const write = async (path: string, source: string) => {
    await Deno.mkdir(new URL("./", new URL(path, root)), { recursive: true });
    await Deno.writeTextFile(new URL(path, root), source);
  };
  try {
    await write("_shared/chat/a.ts", "export type A = 1;\nexport const a = 1;\n");
    await write(
      "_shared/report/b.ts",
      [
        '// import "nothing";',
        'import type { A } from "../chat/a.ts";',
        'export { a } from "../chat/a.ts";',
        "export type B = A;",
      ].join("\n"),
    );
    await write("_shared/report/c.ts", '\nexport const c = () => import("../chat/a.ts");\n');
    const found = findOffences(await readSourceFiles(root));
    assert.deepEqual(found.map(({ path, message }) => `${path} ${message}`), [
      "_shared/report/b.ts imports _shared/chat/a.ts: no arrow leads from report to chat",
      "_shared/report/c.ts imports _shared/chat/a.ts: no arrow leads from report to chat",
    ]);
    assert.deepEqual(found.map(({ line }) => line), [3, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
