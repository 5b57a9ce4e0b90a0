/**
 * Checks the types, the sizes of functions, the direction of imports and the migrations. Prints one line per check, the problems
 * of those that fail, and exits 1 if there are any.
 *
 *     deno task check
 */
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import { checkDirections } from "./checks/directions.ts";
import { checkFunctionSizes } from "./checks/function_sizes.ts";
import { checkMigrations } from "./checks/migrations.ts";
import { checkAppTypes, checkFunctions, checkTypes } from "./checks/types.ts";

/** Longest first, so that the others run beside it. */
const CHECKS: readonly (readonly [name: string, check: () => Promise<string[]>])[] = [
  ["types of all TypeScript", checkTypes],
  ["types of each function with its own imports", checkFunctions],
  ["sizes of functions", checkFunctionSizes],
  ["types of the example app", checkAppTypes],
  ["directions of imports", checkDirections],
  ["migrations", checkMigrations],
];

Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
const limit = pLimit(2);
const results = await Promise.all(CHECKS.map(([name, check]) =>
  limit(async () => {
    const begun = performance.now();
    const problems = await check();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${problems.length === 0 ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
    for (const problem of problems) console.error(problem);
    return problems.length === 0;
  })
));
if (!results.every(Boolean)) Deno.exitCode = 1;
