import assert from "node:assert/strict";
import { stopDetached } from "../stack/control.ts";
import { freeStackPorts } from "../stack/free_ports.ts";
import { findRunningStack } from "../stack/state_file.ts";
import { makeScratchDirectory } from "../stack/testing.ts";
import { startDemoStack } from "./start_stack.ts";

Deno.test("the demo restarts a running stack that lacks the services it needs", async () => {
  await using scratch = await makeScratchDirectory();
  const place = {
    stackDir: scratch.path,
    migrationsDir: "/nonexistent",
    seedFile: "/nonexistent.sql",
    keepWarm: false,
  };
  const ports = freeStackPorts();
  const start = (mock: boolean, environment: Record<string, string>) =>
    startDemoStack({ mock, place, environment });
  try {
    const first = await startDemoStack({
      mock: true,
      place: { ...place, ports },
      environment: {},
    });
    assert.deepEqual([first.hasPaidModels, first.isOpenRouterSimulated], [true, true]);
    const again = await start(true, {});
    assert.equal(again.wasRunning, true);
    const plain = await start(false, {});
    assert.equal(plain.hasPaidModels, false, "no simulated answers were requested");
    assert.equal(plain.apiUrl, first.apiUrl, "it starts again where it was");

    const keys = { OPENROUTER_API_KEY: "sk-or-1", STRIPE_SECRET_KEY: "sk_test_1" };
    const real = await start(false, { ...keys, STRIPE_WEBHOOK_SECRET: "whsec_1" });
    assert.deepEqual([real.hasPaidModels, real.isOpenRouterSimulated], [true, false]);
    assert.equal(real.hasLocalStripe, false);
    const { settings } = await findRunningStack(scratch.path) ?? {};
    assert.equal(settings?.["OPENROUTER_API_KEY"], "sk-or-1");
  } finally {
    await stopDetached(place);
  }
});
