import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { makeResult } from "../../supabase/functions/_shared/tracking/formats/report_model.ts";
import { ResultsFolder } from "./results_folder.ts";
import { makeRecord, type RunRecord } from "./run_record.ts";
import { listFolder } from "./files.ts";

function recordOf(number: number): RunRecord {
  return makeRecord({
    format: "junit",
    suite: `Suite ${number % 2}`,
    run_timestamp: new Date(Date.UTC(2026, 10, 1, 0, number)).toISOString(),
    branch_name: "main",
    commit_hash: null,
    watcher_model: null,
    notes: null,
    results: [makeResult({ ordinal: 0, tool_name: "a", status: "PASS" })],
    warnings: [],
    extra: null,
  }, { key: `key-${number}` });
}

class Crash extends Error {}

/** Course of the next sending: it works, or the process dies before or after the database stores it. */
type Fate = "sent" | "unavailable" | "dies before" | "dies after";

Deno.test("each run is stored once and in order, however often the process dies", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant("keep" as const), fc.constant("drain" as const)), {
        maxLength: 12,
      }),
      fc.array(fc.constantFrom<Fate>("sent", "unavailable", "dies before", "dies after")),
      async (steps, fates) => {
        const dir = await Deno.makeTempDir();
        try {
          const taken: string[] = [];
          let sendings = 0;
          const drain = async (isHealthy: boolean) => {
            await new ResultsFolder(dir).drain((record) => {
              const fate = isHealthy ? "sent" : fates[sendings++] ?? "sent";
              if (fate === "unavailable") {
                return Promise.resolve({ kind: "unavailable", reason: "no" });
              }
              if (fate === "dies before") throw new Crash();
              if (!taken.includes(record.key)) taken.push(record.key);
              if (fate === "dies after") throw new Crash();
              return Promise.resolve({ kind: "accepted", answer: null });
            }).catch((error) => {
              if (!(error instanceof Crash)) throw error;
            });
          };
          let kept = 0;
          for (const step of steps) {
            if (step === "drain") await drain(false);
            else await new ResultsFolder(dir).keep(recordOf(kept++));
          }
          await drain(true);
          assert.deepEqual(taken, Array.from({ length: kept }, (_, index) => `key-${index}`));
          assert.equal((await listFolder(join(dir, "archive"))).length, kept);
        } finally {
          await Deno.remove(dir, { recursive: true });
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a record that is kept twice stays as it was, and `latest` holds the latest run", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const folder = new ResultsFolder(dir);
    const first = await folder.keep(recordOf(2));
    const again = await folder.keep({ ...recordOf(2), text: "{}" });
    assert.equal(again.text, first.text);
    await folder.keep(recordOf(0));
    assert.equal(await folder.publish(), 2);
    const latest = await Deno.readTextFile(join(dir, "latest/suite-0.json"));
    assert.equal(latest, first.text);
    assert.deepEqual((await folder.archived("Suite 0", 5)).map(({ key }) => key), [
      ...["key-0", "key-2"],
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a file in the spool that is no record is set aside, and the others are sent", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const folder = new ResultsFolder(dir);
    await folder.keep(recordOf(0));
    await Deno.writeTextFile(join(dir, "spool/000000000-x.json"), "{");
    const { sent, waiting } = await folder.drain(() =>
      Promise.resolve({ kind: "accepted", answer: null })
    );
    assert.deepEqual([sent.size, waiting], [1, 0]);
    assert.deepEqual(await listFolder(join(dir, "spool/refused")), [
      ...["000000000-x.json", "000000000-x.json.reason.txt"],
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
