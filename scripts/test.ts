/**
 * Runs all tests. The last line is `N passed, N failed`.
 *
 * 1. All tests on this Deno: units, functions, the stack, the whole flow, pgTAP.
 * 2. The pure parts of the functions once more on Deno 2.1.4, the hosted runtime's version.
 * 3. Some tests of the stack once more through PgBouncer, if it is installed. With `STACK_POOLER=pgbouncer`
 *    all of part 1 runs through it instead.
 *
 * `deno task test [path …]` runs only those files of part 1. Each part writes a JUnit report to
 * `results/own-suite/`. With `--track` the reports are recorded in a separate stack and the changes since
 * the last run are printed; a failure of that does not fail the tests.
 */
import { join } from "node:path";
import { findPgBouncer } from "./stack/pooler.ts";
import { whenMissing } from "./support/when_missing.ts";
import { hostedDeno } from "./support/hosted_deno.ts";
import { type OwnReport, trackOwnSuite } from "./track/track_own_suite.ts";

const RESULTS = join(import.meta.dirname ?? ".", "../results/own-suite");

/** Tests of orders, streams, prompts and reports: workers, roles and transactions of several statements. */
const POOLED_TESTS = ["flow", "chat", "prompt_runs", "test_runs"]
  .map((name) => `tests/${name}_test.ts`);

interface Tally {
  passed: number;
  failed: number;
  ignored: number;
}

/** Reads the counts of `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
function readSummary(output: string): Tally | undefined {
  const line = output.split("\n").findLast((text) => /\| \d+ passed.*\| \d+ failed/.test(text));
  if (line === undefined) return undefined;
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

/** Certificate authority of the network. Deno 2.1 knows only the older of these variables. */
const AUTHORITY = Deno.env.get("DENO_CERT") ?? Deno.env.get("NODE_EXTRA_CA_CERTS");

/** Runs `deno test`, shows its output as it arrives, and returns its counts. */
async function runTests(
  deno: string,
  report: OwnReport,
  args: string[],
  env: Record<string, string> = {},
): Promise<Tally> {
  // A report of an earlier run must not be taken for this run's.
  await Deno.remove(report.path).catch(whenMissing(undefined));
  const child = new Deno.Command(deno, {
    args: ["test", `--junit-path=${report.path}`, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1", ...AUTHORITY === undefined ? {} : { DENO_CERT: AUTHORITY }, ...env },
  }).spawn();
  const decoder = new TextDecoder();
  let tail = "";
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4_000);
  }
  const { code } = await child.status;
  const tally = readSummary(tail) ?? { passed: 0, failed: 1, ignored: 0 };
  // A file that does not load makes the run fail without a failed test.
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

function reportOf(suite: string, file: string): OwnReport {
  return { suite, path: join(RESULTS, "reports", file), startedAt: new Date() };
}

if (import.meta.main) {
  const isTracked = Deno.args.includes("--track");
  const paths = Deno.args.filter((argument) => argument !== "--track");
  await Deno.mkdir(join(RESULTS, "reports"), { recursive: true });
  // Results of some files are a suite of their own: they must not be compared with runs of all
  // files.
  const name = paths.length === 0 ? "modelpick" : "modelpick, some files";
  const whole = reportOf(name, "this_deno.xml");
  const reports = [whole];
  const tallies = [
    await runTests(Deno.execPath(), whole, ["-A", "--no-check", "--parallel", ...paths]),
  ];
  if (paths.length === 0) {
    const hosted = await hostedDeno();
    const { version } = hosted;
    console.log(`\nPure parts of the functions on Deno ${version}`);
    const report = reportOf(`modelpick, pure parts on Deno ${version}`, "hosted_deno.xml");
    reports.push(report);
    tallies.push(
      await runTests(hosted.path, report, [
        "--no-check",
        "--no-lock",
        "--parallel",
        ...hosted.pureTests,
      ]),
    );
    if (Deno.env.get("STACK_POOLER") === undefined) {
      if (findPgBouncer() === undefined) {
        console.log("\nPgBouncer is not installed: no test runs through it");
      } else {
        console.log("\nTests of the stack through PgBouncer");
        const pooled = reportOf("modelpick, through PgBouncer", "pooled.xml");
        reports.push(pooled);
        const args = ["-A", "--no-check", "--parallel", ...POOLED_TESTS];
        tallies.push(
          await runTests(Deno.execPath(), pooled, args, { STACK_POOLER: "pgbouncer" }),
        );
      }
    }
  }
  if (isTracked) {
    try {
      await trackOwnSuite(reports, RESULTS);
    } catch (error) {
      console.log(
        `\nThe results were not tracked: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  const skipped = sum("ignored") > 0 ? `, ${sum("ignored")} skipped` : "";
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
  Deno.exit(sum("failed") === 0 ? 0 : 1);
}
