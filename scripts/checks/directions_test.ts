import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { findOffences, readSourceFiles } from "./directions.ts";

function offences(path: string, targets: string[], source = ""): string[] {
  const imports = targets.map((target, index) => ({ target, line: index + 1 }));
  return findOffences([{ path, imports, source }]).map(({ message }) => message);
}

const allowed: [string, string[]][] = [
  ["checkout/index.ts", ["checkout/handler.ts", "_shared/billing/stripe.ts", "stripe"]],
  ["chat/index.ts", ["chat/telemetry.ts"]],
  ["chat/telemetry.ts", ["_shared/chat/telemetry_log.ts", "_shared/platform/env.ts"]],
  ["checkout/handler.ts", [
    "_shared/benchmark/order/estimate.ts",
    "_shared/platform/http/problem.ts",
    "zod",
  ]],
  ["_shared/report/a.ts", [
    "_shared/compare/compare.ts",
    "_shared/platform/http/problem.ts",
    "zod/v4",
  ]],
  ["_shared/adapters/a.ts", ["_shared/jobs/ports.ts", "postgres", "node:fs"]],
  ["_shared/http/a.ts", ["node:crypto", "jose"]],
  ["_shared/report/a_test.ts", ["fast-check", "node:assert/strict", "_shared/adapters/a.ts"]],
  ["_shared/testing/a.ts", ["fast-check", "_shared/report/a.ts"]],
];
for (const [path, targets] of allowed) {
  Deno.test(`${path} may import ${targets.join(", ")}`, () => {
    assert.deepEqual(offences(path, targets), []);
  });
}

const forbidden: [string, string][] = [
  ["_shared/report/a.ts", "_shared/billing/stripe.ts"],
  ["_shared/report/a.ts", "_shared/platform/env.ts"],
  ["_shared/report/a.ts", "checkout/handler.ts"],
  ["_shared/report/a.ts", "stripe"],
  ["_shared/report/a.ts", "@supabase/supabase-js"],
  ["_shared/report/a.ts", "npm:openai@7.57.0"],
  ["_shared/report/a.ts", "node:fs"],
  ["_shared/report/a.ts", "_shared/report/b_test.ts"],
  ["_shared/report/a.ts", "_shared/testing/a.ts"],
  ["_shared/http/a.ts", "_shared/platform/supabase.ts"],
  ["_shared/adapters/a.ts", "checkout/handler.ts"],
  ["checkout/handler.ts", "_shared/billing/stripe.ts"],
  ["checkout/handler.ts", "checkout/index.ts"],
  ["checkout/handler.ts", "webhook/handler.ts"],
  ["chat/handler.ts", "chat/telemetry.ts"],
  ["checkout/index.ts", "webhook/handler.ts"],
];
for (const [path, target] of forbidden) {
  Deno.test(`${path} may not import ${target}`, () => {
    assert.equal(offences(path, [target]).length, 1);
  });
}

Deno.test("Deno is for adapters, the environment and composition, and its name may be written anywhere", () => {
  const uses = "const a = 1;\nconst b = Deno.env;";
  assert.deepEqual(offences("_shared/report/a.ts", [], uses), ["domain uses Deno"]);
  assert.deepEqual(offences("checkout/handler.ts", [], uses), ["handler uses Deno"]);
  assert.deepEqual(offences("_shared/adapters/a.ts", [], uses), []);
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
    await write("_shared/adapters/a.ts", "export type A = 1;\nexport const a = 1;\n");
    await write(
      "_shared/report/b.ts",
      [
        '// import "nothing";',
        'import type { A } from "../adapters/a.ts";',
        'export { a } from "../adapters/a.ts";',
        "export type B = A;",
      ].join("\n"),
    );
    await write("_shared/report/c.ts", '\nexport const c = () => import("../adapters/a.ts");\n');
    const found = findOffences(await readSourceFiles(root));
    assert.deepEqual(found.map(({ path, message }) => `${path} ${message}`), [
      "_shared/report/b.ts domain imports adapter _shared/adapters/a.ts",
      "_shared/report/c.ts domain imports adapter _shared/adapters/a.ts",
    ]);
    assert.deepEqual(found.map(({ line }) => line), [3, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
