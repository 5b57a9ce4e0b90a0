import { accuracyInterval } from "../../supabase/functions/_shared/statistics/accuracy_interval.ts";
import { clusteredMean } from "../../supabase/functions/_shared/statistics/clustered_mean.ts";
import { intervalAround } from "../../supabase/functions/_shared/statistics/interval.ts";
import {
  ACCURACY_FIELDS,
  type AccuracyField,
  drawAccuracies,
  drawsOf,
  SYMMETRIC,
} from "../../supabase/functions/_shared/testing/simulated_fields.ts";
import { average, type Benchmark, type Row } from "./harness.ts";

const FIRST_SEED = 30_000_000;
const REPORTS_A_ROUND = 2_000;
const GOAL_COVERAGE_PERCENT = 93.5;
const GOAL_WIDTH_RATIO = 1.1;

/** Benchmark of the 95 % interval of accuracy: share that contain the true value, and width. */
export const coverage: Benchmark = {
  name: "coverage",
  summary: "share of accuracy intervals that contain the true value, and their width",
  async *run({ rounds, progress }) {
    const held: Row[] = [];
    const widths: Row[] = [];
    for (const field of ACCURACY_FIELDS) {
      progress(field.label);
      for (const images of [6, 12, 20, 50]) {
        const label = `${field.label}: ${images} images`;
        const results = Array.from(
          { length: rounds },
          (_, round) => simulate(field, images, round),
        );
        held.push({
          label,
          values: results.map((result) => result.held),
          goal: { atLeast: GOAL_COVERAGE_PERCENT },
        });
        widths.push({
          label,
          values: results.map(({ width }) => width),
          ratios: results.map(({ width, tWidth }) => width / tWidth),
          goal: field === SYMMETRIC ? { atMost: GOAL_WIDTH_RATIO } : undefined,
        });
      }
    }
    yield {
      title: "Share of accuracy intervals that contain the true value",
      unit: "% of reports",
      rows: held,
      notes: [
        `${REPORTS_A_ROUND} reports per round, 12 fields per image, three runs, four fifths of them identical.`,
      ],
    };
    yield {
      title: "Mean width of the interval",
      unit: "points",
      ratio: "÷ t interval cut at 0 and 100",
      rows: widths,
    };
  },
};

function simulate(field: AccuracyField, images: number, round: number) {
  const draws = drawsOf(FIRST_SEED + round);
  return average(Array.from({ length: REPORTS_A_ROUND }, () => {
    const drawn = drawAccuracies(field, images, draws);
    const { low, high } = accuracyInterval(drawn) ?? { low: 0, high: 0 };
    const { mean, margin } = clusteredMean(drawn) ?? { mean: 0, margin: null };
    const t = intervalAround(mean, mean - (margin ?? 0), mean + (margin ?? 0), [0, 100]);
    const isHeld = low <= field.truth && field.truth <= high;
    return { held: isHeld ? 100 : 0, width: high - low, tWidth: t.high - t.low };
  }));
}
