import { findDrift } from "./drift.ts";
import { judgeReliability } from "./flaky.ts";
import { findGrowth, findOutlier } from "./slower.ts";
import type { TestHistory, TestSeries } from "./test_history.ts";
import type { TestInsights, TestName } from "./test_insights.ts";

/** Smallest differences that are reported, whatever the ratio. */
const FLOORS = { durationSecs: 0.05, costUsd: 0.0005 } as const;
type Measure = keyof typeof FLOORS;

/** Judges each test by its series, and the suite by its pass rate. Each list begins with the worst. */
export function findInsights({ runs, tests }: TestHistory): TestInsights {
  const lastRun = runs.at(-1)?.runId;
  const judged = tests.map((test) => ({
    name: nameOf(test),
    reliability: judgeReliability(test.points),
    durationSecs: valuesOf(test, "durationSecs"),
    costUsd: valuesOf(test, "costUsd"),
    last: test.points.findLast(({ runId }) => runId === lastRun) ?? null,
  }));
  const grown = (measure: Measure) =>
    judged.flatMap((test) => {
      const growth = findGrowth(test[measure], FLOORS[measure]);
      return growth === null ? [] : [{ ...test.name, ...growth }];
    }).toSorted((a, b) => ratioOf(b) - ratioOf(a) || a.p - b.p);
  const outlying = <Label extends string>(measure: Measure, label: Label) =>
    judged.flatMap((test) => {
      if (test.last === null || test.last[measure] === null) return [];
      // Already reported as growth.
      if (findGrowth(test[measure], FLOORS[measure]) !== null) return [];
      const outlier = findOutlier(test[measure], FLOORS[measure]);
      return outlier === null ? [] : [{ ...test.name, measure: label, ...outlier }];
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
    slower: grown("durationSecs"),
    costlier: grown("costUsd"),
    outliers: [...outlying("durationSecs", "duration_secs"), ...outlying("costUsd", "cost_usd")],
    drift: findDrift(runs),
  };
}

/** Puts growth from 0 first. */
function ratioOf({ ratio }: { readonly ratio: number | null }): number {
  return ratio ?? Number.MAX_VALUE;
}

function nameOf(test: TestSeries): TestName {
  return {
    tool_name: test.toolName,
    variation: test.variation,
    class_name: test.className,
    provider: test.provider,
    model: test.model,
  };
}

function valuesOf({ points }: TestSeries, measure: Measure): number[] {
  return points.flatMap((point) => point[measure] ?? []);
}
