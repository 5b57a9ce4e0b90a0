import { findDrift } from "./drift.ts";
import { judgeReliability } from "./flaky.ts";
import { findGrowth, findOutlier } from "./slower.ts";
import type { TestHistory } from "./test_history.ts";
import type { TestInsights } from "./test_insights.ts";

/** Smallest differences that are reported, whatever the ratio. */
const FLOORS = { duration_secs: 0.05, cost_usd: 0.0005 } as const;
type Measure = keyof typeof FLOORS;

/** Judges each test by its series, and the suite by its pass rate. Each list begins with the worst. */
export function findInsights({ runs, tests }: TestHistory): TestInsights {
  const lastRun = runs.at(-1)?.run_id;
  const judged = tests.map(({ points, ...name }) => ({
    name,
    reliability: judgeReliability(points),
    duration_secs: points.flatMap((point) => point.duration_secs ?? []),
    cost_usd: points.flatMap((point) => point.cost_usd ?? []),
    last: points.findLast(({ run_id }) => run_id === lastRun) ?? null,
  }));
  const grown = (measure: Measure) =>
    judged.flatMap((test) => {
      const growth = findGrowth(test[measure], FLOORS[measure]);
      return growth === null ? [] : [{ ...test.name, ...growth }];
    }).toSorted((a, b) => ratioOf(b) - ratioOf(a) || a.p - b.p);
  const outlying = (measure: Measure) =>
    judged.flatMap((test) => {
      if (test.last === null || test.last[measure] === null) return [];
      // Already reported as growth.
      if (findGrowth(test[measure], FLOORS[measure]) !== null) return [];
      const outlier = findOutlier(test[measure], FLOORS[measure]);
      return outlier === null ? [] : [{ ...test.name, measure, ...outlier }];
    }).toSorted((a, b) => b.value / b.limit - a.value / a.limit);
  return {
    flaky: judged.flatMap(({ name, reliability }) =>
      reliability.kind === "flaky"
        ? [{ ...name, reason: reliability.reason, score: reliability.score }]
        : []
    ).toSorted((a, b) => b.score - a.score),
    broken: judged.flatMap(({ name, reliability }) =>
      reliability.kind === "broken" ? [{ ...name, failures: reliability.failures }] : []
    ).toSorted((a, b) => b.failures - a.failures),
    slower: grown("duration_secs"),
    costlier: grown("cost_usd"),
    outliers: [...outlying("duration_secs"), ...outlying("cost_usd")],
    drift: findDrift(runs),
  };
}

/** Puts growth from 0 first. */
function ratioOf({ ratio }: { readonly ratio: number | null }): number {
  return ratio ?? Number.MAX_VALUE;
}
