import { type Drift, findDrift } from "./drift.ts";
import { judgeReliability } from "./flaky.ts";
import { findGrowth, findOutlier, type Growth, type Outlier } from "./slower.ts";
import type { TestHistory, TestSeries } from "./test_history.ts";

/** Which test, as `test_results` names it. */
export interface TestName {
  readonly tool_name: string;
  readonly variation: string;
  readonly class_name: string;
  readonly provider: string;
  readonly model: string;
}

/** What the last runs of a suite on a branch say beyond each one's result. */
export interface TestInsights {
  readonly flaky: readonly (TestName & { reason: "same_commit" | "turning"; score: number })[];
  /** Tests that only fail, and in how many runs, up to now. */
  readonly broken: readonly (TestName & { failures: number })[];
  /** Seconds. */
  readonly slower: readonly (TestName & Growth)[];
  /** USD. */
  readonly costlier: readonly (TestName & Growth)[];
  /** What one test did in the last run, against its own history: seconds or USD. */
  readonly outliers: readonly (TestName & Outlier & { measure: "duration_secs" | "cost_usd" })[];
  /** Of the pass rate; null where it is what it was. */
  readonly drift: Drift | null;
}

/** Differences below which nobody minds, whatever the ratio. */
const FLOORS = { durationSecs: 0.05, costUsd: 0.0005 } as const;
type Measure = keyof typeof FLOORS;

/** Judges each test by its series, and the suite by its pass rate. The worst of each kind first. */
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
    }).toSorted((a, b) => b.ratio - a.ratio || a.p - b.p);
  const outlying = <Label extends string>(measure: Measure, label: Label) =>
    judged.flatMap((test) => {
      if (test.last === null || test.last[measure] === null) return [];
      // Already said: the last run is one of several.
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
