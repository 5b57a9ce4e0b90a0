import { compareModels } from "../../supabase/functions/_shared/statistics/compare_models.ts";
import {
  drawRivals,
  drawsOf,
  fieldBehind,
  RIVAL_FIELDS,
  type RivalField,
} from "../../supabase/functions/_shared/testing/simulated_fields.ts";
import { average, type Benchmark, type Row } from "./harness.ts";

const FIRST_SEED = 40_000_000;
const REPORTS_A_ROUND = 100;
const GOAL_ERROR_PERCENT = 5;
const SHAPES = [2, 12].flatMap((models) => [12, 20, 50].map((images) => ({ models, images })));

/** Benchmark of verdicts: how often the best model, or a truly worse one, is called worse. */
export const verdict: Benchmark = {
  name: "verdict",
  summary: "share of reports that call the best model worse, and of worse models detected",
  async *run({ rounds, progress }) {
    const measure = (fields: readonly RivalField[], read: (called: CalledWorse) => number) =>
      fields.flatMap((field) => {
        progress(field.label);
        return SHAPES.map((shape): Row => ({
          label: `${shape.models} models, ${shape.images} images: ${field.label}`,
          values: Array.from({ length: rounds }, (_, round) => read(simulate(field, shape, round))),
        }));
      });
    yield {
      title: "Reports that call the best model worse",
      unit: "% of reports",
      rows: measure(RIVAL_FIELDS, ({ best }) => best)
        .map((row) => ({ ...row, goal: { atMost: GOAL_ERROR_PERCENT } })),
      notes: [`${REPORTS_A_ROUND} reports per round.`],
    };
    yield {
      title: "Truly worse rivals that are called worse",
      unit: "% of rivals",
      rows: measure(([5, 10, 15, 20, 30] as const).map(fieldBehind), ({ rivals }) => rivals),
    };
  },
};

/** Percentages: of the reports, and of all rivals in all reports. */
type CalledWorse = Readonly<Record<"best" | "rivals", number>>;

function simulate(
  field: RivalField,
  shape: { readonly models: number; readonly images: number },
  round: number,
): CalledWorse {
  const draws = drawsOf(FIRST_SEED + round);
  return average(Array.from({ length: REPORTS_A_ROUND }, (): CalledWorse => {
    const worse = compareModels(drawRivals(field, shape, draws)).comparisons
      .filter((comparison) => comparison.verdict === "worse");
    const isBestWorse = worse.some(({ modelId }) => modelId === "m00");
    const rivals = worse.length - (isBestWorse ? 1 : 0);
    return { best: isBestWorse ? 100 : 0, rivals: 100 * rivals / (shape.models - 1) };
  }));
}
