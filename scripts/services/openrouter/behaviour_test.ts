import assert from "node:assert/strict";
import { behaviourSchema, drawOutcome, mergeBehaviour, traitsOf } from "./behaviour.ts";
import { unlistedModel } from "./catalogue.ts";

const model = unlistedModel("acme/eye");

Deno.test("a model's own setting overrides the one for all models, which overrides its profile", () => {
  assert.equal(traitsOf({}, model).medianMs, model.profile.medianMs);
  assert.equal(traitsOf({ medianMs: 50 }, model).medianMs, 50);
  const both = { medianMs: 50, models: { "acme/eye": { medianMs: 5 } } };
  assert.equal(traitsOf(both, model).medianMs, 5);
});

Deno.test("merging keeps settings that the change does not name, within one model too", () => {
  const merged = mergeBehaviour(
    { seed: 3, models: { "acme/eye": { medianMs: 5, sigma: 0 } } },
    { hangMs: 10, models: { "acme/eye": { medianMs: 9 } } },
  );
  assert.deepEqual(merged, {
    seed: 3,
    hangMs: 10,
    models: { "acme/eye": { medianMs: 9, sigma: 0 } },
  });
});

Deno.test("outcomes occur at the configured rates", () => {
  const seen = { rate_limited: 0, hang: 0, ok: 0 };
  for (let call = 0; call < 4000; call++) {
    const outcome = drawOutcome({ rate_limited: 0.2, hang: 0.1 }, 1, "acme/eye", call);
    assert.ok(outcome === "rate_limited" || outcome === "hang" || outcome === "ok");
    seen[outcome]++;
  }
  assert.ok(Math.abs(seen.rate_limited / 4000 - 0.2) < 0.03);
  assert.ok(Math.abs(seen.hang / 4000 - 0.1) < 0.03);
});

Deno.test("a misspelt setting is refused instead of ignored", () => {
  assert.equal(behaviourSchema.safeParse({ medianMS: 3 }).success, false);
  assert.equal(behaviourSchema.safeParse({ rates: { rate_limit: 1 } }).success, false);
});
