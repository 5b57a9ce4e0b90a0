import assert from "node:assert/strict";
import fc from "fast-check";
import { optimizeRunsForBudget } from "./optimize_runs_for_budget.ts";

const cost = fc.double({ min: 0, max: 0.2, noNaN: true });
const request = fc.record({
  imageCount: fc.integer({ min: 1, max: 50 }),
  runsPerModel: fc.integer({ min: 1, max: 10 }),
  models: fc.array(cost, { minLength: 1, maxLength: 12 }).map((costs) =>
    costs.map((estimated_cost, index) => ({ id: `m${index}`, estimated_cost }))
  ),
});
const ceiling = fc.double({ min: 0.01, max: 20, noNaN: true });

Deno.test("the plan fits under the ceiling, and one run more would not or was not requested", () => {
  fc.assert(fc.property(request, ceiling, (request, ceiling) => {
    const fit = optimizeRunsForBudget(request, ceiling);
    const tolerance = ceiling * 1e-6;
    if (!fit.fits) {
      assert.ok(fit.minimumEstimate > ceiling);
      return;
    }
    assert.ok(fit.runsPerModel >= 1 && fit.runsPerModel <= request.runsPerModel);
    assert.ok(fit.estimate <= ceiling + tolerance);
    const onceMore = (fit.estimate / fit.runsPerModel) * (fit.runsPerModel + 1);
    assert.ok(fit.runsPerModel === request.runsPerModel || onceMore > ceiling - tolerance);
  }));
});

Deno.test("a higher ceiling never gives fewer runs", () => {
  fc.assert(fc.property(request, ceiling, ceiling, (request, one, other) => {
    const runs = (ceiling: number) => {
      const fit = optimizeRunsForBudget(request, ceiling);
      return fit.fits ? fit.runsPerModel : 0;
    };
    assert.ok(runs(Math.min(one, other)) <= runs(Math.max(one, other)));
  }));
});

Deno.test("a request that fits is left as it is", () => {
  assert.deepEqual(
    optimizeRunsForBudget({
      imageCount: 10,
      runsPerModel: 3,
      models: [{ id: "a", estimated_cost: 0.01 }],
    }, 7),
    {
      fits: true,
      runsPerModel: 3,
      estimate: 0.30000000000000004,
      requestedEstimate: 0.30000000000000004,
    },
  );
});

Deno.test("a plan of exactly the ceiling fits despite rounding errors", () => {
  const models = Array.from(
    { length: 10 },
    (_, index) => ({ id: `${index}`, estimated_cost: 0.1 }),
  );
  const fit = optimizeRunsForBudget({ imageCount: 1, runsPerModel: 10, models }, 7);
  assert.equal(fit.fits && fit.runsPerModel, 7);
});

Deno.test("free models run as often as requested", () => {
  const models = [{ id: "local/free", estimated_cost: 0 }];
  const fit = optimizeRunsForBudget({ imageCount: 50, runsPerModel: 10, models }, 0);
  assert.equal(fit.fits && fit.runsPerModel, 10);
});

Deno.test("a plan that exceeds the ceiling at one run each names its cost and that of each model", () => {
  const models = [{ id: "cheap", estimated_cost: 0.01 }, { id: "dear", estimated_cost: 0.5 }];
  assert.deepEqual(optimizeRunsForBudget({ imageCount: 20, runsPerModel: 2, models }, 7), {
    fits: false,
    minimumEstimate: 10.2,
    requestedEstimate: 20.4,
    models: [{ id: "dear", minimumEstimate: 10 }, { id: "cheap", minimumEstimate: 0.2 }],
  });
});
