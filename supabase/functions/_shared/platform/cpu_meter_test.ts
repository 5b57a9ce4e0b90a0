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

Deno.test("jobs count more on a slower machine", () => {
  const [usual, slow] = [meter(), meter()];
  usual.calls(100, 0.2);
  slow.calls(100, 0.5);
  assert.ok(usual.cpu.usedMs > 0);
  assert.ok(Math.abs(slow.cpu.usedMs / usual.cpu.usedMs - 2.5) < 1e-9);
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
  assert.ok(Math.abs(crowded.cpu.usedMs - alone.cpu.usedMs) < 1e-6);
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
