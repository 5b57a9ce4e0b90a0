import assert from "node:assert/strict";
import fc from "fast-check";
import { decideRetry, DEFAULT_RETRY_POLICY as policy, type FailedTry } from "./retry_policy.ts";

const base: FailedTry = {
  charge: "none",
  retryAfterMs: null,
  tries: 1,
  jobTries: 1,
  maxJobTries: 8,
  timeLeftMs: 60_000,
};

const failedTry = fc.record({
  charge: fc.constantFrom("none" as const, "unknown" as const),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 86_400_000 })),
  tries: fc.integer({ min: 1, max: 5 }),
  jobTries: fc.integer({ min: 1, max: 20 }),
  maxJobTries: fc.integer({ min: 1, max: 20 }),
  timeLeftMs: fc.integer({ min: -1000, max: 120_000 }),
});
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("a try that may have cost money is never repeated under the same reservation", () => {
  fc.assert(fc.property(failedTry, draw, (failed, random) => {
    const decision = decideRetry({ ...failed, charge: "unknown" }, policy, random);
    assert.notEqual(decision.action, "wait");
  }));
});

Deno.test("no wait in a slot exceeds the slot's limit or the worker's time", () => {
  fc.assert(fc.property(failedTry, draw, (failed, random) => {
    const decision = decideRetry(failed, policy, random);
    if (decision.action !== "wait") return;
    assert.ok(decision.ms <= policy.slotWaitMs && decision.ms < failed.timeLeftMs);
  }));
});

Deno.test("nobody is asked again before the time it named", () => {
  fc.assert(fc.property(failedTry, draw, (failed, random) => {
    const decision = decideRetry(failed, policy, random);
    const named = failed.retryAfterMs ?? 0;
    if (decision.action === "wait") assert.ok(decision.ms >= named);
    if (decision.action === "requeue") assert.ok(decision.runAtMs >= named);
  }));
});

Deno.test("a job is given up with the last try that the queue allows it, and not before", () => {
  fc.assert(fc.property(failedTry, draw, (failed, random) => {
    const spent = { ...failed, tries: policy.triesPerClaim };
    assert.equal(
      decideRetry(spent, policy, random).action,
      failed.jobTries < failed.maxJobTries ? "requeue" : "give_up",
    );
  }));
});

Deno.test("Retry-After of a second is waited in the slot, of a minute in the queue", () => {
  assert.deepEqual(decideRetry({ ...base, retryAfterMs: 1_000 }, policy, 0.5), {
    action: "wait",
    ms: 1_000,
  });
  assert.deepEqual(decideRetry({ ...base, retryAfterMs: 60_000 }, policy, 0.5), {
    action: "requeue",
    runAtMs: 60_000,
  });
});
