import assert from "node:assert/strict";
import { createCpuMeter, shareCpu } from "./cpu_meter.ts";

/** Returns a meter whose clock only work moves on. */
function meter(startMs = 0) {
  let now = 0;
  const cpu = createCpuMeter(startMs, () => now);
  const spend = (ms: number) => () => void (now += ms);
  return {
    cpu,
    measure: (ms: number, weight?: number) => cpu.measure(spend(ms), weight),
    calls(count: number, ms: number) {
      for (let call = 0; call < count; call++) {
        cpu.calibrate(spend(ms));
        cpu.countJob();
      }
    },
  };
}

Deno.test("measured work counts by its duration and weight, also if it throws", () => {
  const { cpu, measure } = meter(40);
  measure(10);
  measure(10, 2);
  assert.throws(() => cpu.measure(() => JSON.parse("{")));
  assert.equal(cpu.usedMs, 70);
});

/** Fails unless the values are equal within 5 %: the meter's running median moves in steps of 2 %. */
function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual / expected - 1) < 0.05, `${actual} is not about ${expected}`);
}

Deno.test("jobs count more on a slower machine, and from then on", () => {
  const isolate = meter();
  const used = [0.2, 0.5, 0.2].map((callMs) => {
    // The meter needs some calls to see how slow the machine is.
    isolate.calls(100, callMs);
    const before = isolate.cpu.usedMs;
    isolate.calls(100, callMs);
    return isolate.cpu.usedMs - before;
  });
  const [usual = 0, slow = 0, usualAgain = 0] = used;
  assert.ok(usual > 0);
  assertClose(slow, usual * 2.5);
  assertClose(usualAgain, usual);
});

Deno.test("time during which other processes had the processor does not count", () => {
  const [alone, crowded] = [meter(), meter()];
  alone.calls(300, 0.2);
  // Two of three calls are not held up; the mean of all is five times as long.
  for (let round = 0; round < 100; round++) {
    crowded.calls(2, 0.2);
    crowded.calls(1, 2.6);
  }
  alone.measure(100);
  crowded.measure(500);
  assertClose(crowded.cpu.usedMs, alone.cpu.usedMs);
});

Deno.test("a worker stops at half of the isolate's CPU time, earlier work included", () => {
  const isolate = meter(300);
  isolate.measure(200);
  const share = shareCpu(isolate.cpu, 2_000);
  isolate.measure(499);
  assert.equal(share.isSpent, false);
  isolate.measure(1);
  assert.equal(share.isSpent, true);
});

Deno.test("a worker that starts in a used isolate may use a quarter of its CPU time, so that chains go on", () => {
  const isolate = meter(1_500);
  const share = shareCpu(isolate.cpu, 2_000);
  isolate.measure(499);
  assert.equal(share.isSpent, false);
  isolate.measure(1);
  assert.equal(share.isSpent, true);
});
