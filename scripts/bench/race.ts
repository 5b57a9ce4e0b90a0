import { mean } from "simple-statistics";
import { recommendModel } from "../../supabase/functions/_shared/report/recommend_model.ts";
import { sampleSummary } from "../../supabase/functions/_shared/report/report_samples.ts";
import { compareModels } from "../../supabase/functions/_shared/statistics/compare_models.ts";
import { planLooks } from "../../supabase/functions/_shared/statistics/plan_looks.ts";
import { decideRace } from "../../supabase/functions/_shared/statistics/race.ts";
import type { Benchmark, Row } from "./harness.ts";
import { drawField, type FieldShape, type SimulatedModel } from "./race_field.ts";

const FIELDS_A_ROUND = 200;
const GOAL_SAVED_PERCENT = 50;
const GOAL_DISAGREEMENT_PERCENT = 2;

const full = { models: 12, images: 50, repeats: 2, tied: 1 };
const SHAPES: readonly { label: string; shape: FieldShape; isGoal: boolean }[] = [
  { label: "12 models, 50 images", shape: { ...full, skillSpread: 1 }, isGoal: true },
  { label: "the best three equal", shape: { ...full, skillSpread: 1, tied: 3 }, isGoal: false },
  { label: "all close together", shape: { ...full, skillSpread: 0.3 }, isGoal: false },
  {
    label: "5 models, 30 images",
    shape: { ...full, models: 5, images: 30, skillSpread: 1 },
    isGoal: false,
  },
];

/** What racing saves, and how often it would have recommended another model than the full run. */
export const race: Benchmark = {
  name: "race",
  summary: "calls saved by stopping models early, and how often the recommendation changes",
  async *run({ rounds, progress }) {
    const saved: Row[] = [];
    const disagreeing: Row[] = [];
    for (const { label, shape, isGoal } of SHAPES) {
      progress(label);
      const results = Array.from({ length: rounds }, (_, round) => simulateRound(shape, round));
      saved.push({
        label,
        values: results.map((result) => result.savedPercent),
        ...isGoal ? { goal: { atLeast: GOAL_SAVED_PERCENT } } : {},
      });
      disagreeing.push({
        label,
        values: results.map((result) => result.disagreementPercent),
        ...isGoal ? { goal: { atMost: GOAL_DISAGREEMENT_PERCENT } } : {},
      });
    }
    const notes = [`${FIELDS_A_ROUND} simulated fields a round, two runs an image.`];
    yield { title: "Calls saved by racing", unit: "% of calls", rows: saved, notes };
    yield {
      title: "Another model recommended than by the full run",
      unit: "% of fields",
      rows: disagreeing,
    };
  },
};

function simulateRound(shape: FieldShape, round: number) {
  const outcomes = Array.from({ length: FIELDS_A_ROUND }, (_, index) => {
    const field = drawField(shape, round * FIELDS_A_ROUND + index + 1);
    const { survivors, callShare } = runRace(field, shape);
    return { callShare, isOther: recommend(survivors) !== recommend(field) };
  });
  const share = (values: number[]) => 100 * mean(values);
  return {
    savedPercent: share(outcomes.map(({ callShare }) => 1 - callShare)),
    disagreementPercent: share(outcomes.map(({ isOther }) => isOther ? 1 : 0)),
  };
}

/** Runs a race to its end; `callShare` is of the calls of a full run. */
export function runRace(
  field: readonly SimulatedModel[],
  { images, models }: Pick<FieldShape, "images" | "models">,
): { survivors: SimulatedModel[]; callShare: number } {
  const looks = planLooks(images);
  let running = [...field];
  let calls = 0;
  let seen = 0;
  for (const look of looks) {
    calls += (look - seen) * running.length;
    seen = look;
    const soFar = running.map((model) => upTo(model, seen));
    const survivors = new Set(decideRace(soFar, { looks: looks.length }).survivors);
    running = running.filter(({ modelId }) => survivors.has(modelId));
    if (running.length === 1) break;
  }
  if (running.length > 1) calls += (images - seen) * running.length;
  return { survivors: running, callShare: calls / (images * models) };
}

function upTo(model: SimulatedModel, images: number): SimulatedModel {
  return { ...model, byImage: new Map([...model.byImage].filter(([image]) => image < images)) };
}

/** As the report would, all models being equally fast. */
function recommend(field: readonly SimulatedModel[]): string | undefined {
  const summaries = field.map((model) => {
    const scores = [...model.byImage.values()].flat();
    return sampleSummary(model.modelId, {
      accuracy: mean(scores),
      costPerRun: model.cost,
      runsCompleted: scores.length,
      runsAttempted: scores.length,
    });
  });
  return recommendModel(summaries, ["accuracy", "cost", "speed"], compareModels(field))?.modelId;
}
