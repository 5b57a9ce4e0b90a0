import { mean } from "simple-statistics";
import {
  chooseModel,
  type Criteria,
} from "../../supabase/functions/_shared/report/recommend_model.ts";
import type { ModelScores } from "../../supabase/functions/_shared/statistics/model_scores.ts";
import { planLooks } from "../../supabase/functions/_shared/statistics/plan_looks.ts";
import { decideRace } from "../../supabase/functions/_shared/statistics/race.ts";
import { wilsonInterval } from "../../supabase/functions/_shared/statistics/wilson.ts";
import {
  drawRivals,
  drawsOf,
  fieldBehind,
  RIVAL_FIELDS,
} from "../../supabase/functions/_shared/testing/simulated_fields.ts";
import { average, type Benchmark, type Row, type Section } from "./harness.ts";
import { listOrders } from "./priorities.ts";
import { drawField, type FieldShape, type SimulatedModel, summarizeField } from "./race_field.ts";

/** First seed of the simulated fields. No parameter was tuned on these seeds. */
const FIRST_SEED = 20_000_000;
const FIELDS_A_ROUND = 200;
const GOAL_SAVED_PERCENT = 30;
const GOAL_DISAGREEMENT_PERCENT = 2;
const GOAL_STOPPED_PERCENT = 5;

const twelve = { models: 12, images: 50, repeats: 2, skillSpread: 1, tied: 1 };
const KINDS: readonly { label: string; shape: FieldShape }[] = [
  { label: "12 models, 50 images", shape: twelve },
  { label: "the same, heavy tails", shape: { ...twelve, isHeavyTailed: true } },
  { label: "one far ahead", shape: { ...twelve, skillSpread: 0.3, lead: 2 } },
  { label: "one dominated, the others close", shape: { ...twelve, skillSpread: 0.3, lag: 2 } },
  { label: "the best three equal", shape: { ...twelve, tied: 3 } },
  { label: "all close together", shape: { ...twelve, skillSpread: 0.3 } },
  { label: "all equal", shape: { ...twelve, tied: 12 } },
  { label: "5 models, 30 images", shape: { ...twelve, models: 5, images: 30 } },
  { label: "12 models, 12 images", shape: { ...twelve, images: 12 } },
  { label: "5 models, 12 images", shape: { ...twelve, models: 5, images: 12 } },
];

const ORDERS = listOrders(([first]) => `${first} first`);
const [ACCURACY_FIRST] = ORDERS;

/** Benchmark of races: calls saved, and how often a race recommends another model than the full run. */
export const race: Benchmark = {
  name: "race",
  summary: "calls saved by stopping models early, and changed recommendations",
  async *run({ rounds, progress }) {
    const saved: Row[] = [];
    const differing: Row[] = [];
    const notes: string[] = [];
    for (const { label: kind, shape } of KINDS) {
      progress(kind);
      const results = Array.from({ length: rounds }, (_, round) => simulateRound(shape, round));
      for (const [index, order] of ORDERS.entries()) {
        const label = `${kind}, ${order.label}`;
        const own = results.flatMap((outcomes) => outcomes.slice(index, index + 1));
        const meanOf = (metric: keyof Round) => mean(own.map((round) => round[metric]));
        // Models that hardly differ cannot be stopped early. The goals for savings use the other
        // fields.
        const isGoal = shape === twelve && order === ACCURACY_FIRST;
        saved.push({
          label,
          values: own.map(({ saved }) => saved),
          goal: isGoal ? { atLeast: GOAL_SAVED_PERCENT } : undefined,
        });
        differing.push({
          label,
          values: own.map(({ others }) => others),
          goal: { atMost: GOAL_DISAGREEMENT_PERCENT },
        });
        const { low, high } = wilsonInterval(meanOf("others") / 100, rounds * FIELDS_A_ROUND);
        notes.push(
          `${label}: ${meanOf("others").toFixed(1)} % ` +
            `(95 %: ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}); without a margin ` +
            `${meanOf("strict").toFixed(1)} %, saving ${meanOf("strictSaved").toFixed(1)} % of ` +
            `the calls; two full runs on different images differ in ` +
            `${meanOf("reruns").toFixed(1)} %.`,
        );
      }
    }
    yield {
      title: "Calls saved by racing",
      unit: "% of calls",
      rows: saved,
      notes: [
        `${FIELDS_A_ROUND} simulated fields per round, two runs per image, seeds from ${FIRST_SEED}.`,
        "Models that cannot be distinguished run to the end, which saves nothing.",
      ],
    };
    yield {
      title: "Recommendations that differ from the full run on the same images",
      unit: "% of fields",
      rows: differing,
      notes: [`Over all ${rounds * FIELDS_A_ROUND} fields of each kind:`, ...notes],
    };
    yield* raceRivals(rounds, progress);
  },
};

const IMAGES = 50;
const BEHIND = ([10, 15, 20, 30, 50] as const).map(fieldBehind);

/**
 * Measures races whose other models fail on rare pages: the share of races that stop the best
 * model, and the share of calls saved.
 */
function* raceRivals(rounds: number, progress: (message: string) => void): Iterable<Section> {
  const stopped: Row[] = [];
  const saved: Row[] = [];
  for (const field of [...RIVAL_FIELDS, ...BEHIND]) {
    for (const models of [2, 12]) {
      const label = `${models} models: ${field.label}`;
      progress(label);
      const results = Array.from({ length: rounds }, (_, round) => {
        const draws = drawsOf(FIRST_SEED + round);
        const shape = { models, images: IMAGES };
        return average(Array.from({ length: FIELDS_A_ROUND }, () => {
          const drawn = drawRivals(field, shape, draws);
          const race = runRace(drawn, shape, ACCURACY_FIRST.criteria.accuracyMargin);
          return {
            stopped: race.survivors[0]?.modelId === "m00" ? 0 : 100,
            saved: 100 * (1 - race.callShare),
          };
        }));
      });
      const goal = { atMost: GOAL_STOPPED_PERCENT };
      stopped.push({ label, values: results.map((result) => result.stopped), goal });
      saved.push({ label, values: results.map((result) => result.saved) });
    }
  }
  const notes = [
    `${FIELDS_A_ROUND} races per round, ${IMAGES} images in random order, accuracy first.`,
  ];
  yield { title: "Races that stop the best model", unit: "% of races", rows: stopped, notes };
  yield { title: "Calls saved in the same races", unit: "% of calls", rows: saved };
}

/** Result of one order of priorities, in percent of the calls or of the fields. */
type Round = {
  /** Calls saved by the race, and by a race with margin 0, which stops every model surely behind. */
  readonly saved: number;
  readonly strictSaved: number;
  /** Fields in which the race recommends another model than the full run. */
  readonly others: number;
  /** The same for the race with margin 0. */
  readonly strict: number;
  /** The same for a full run of the same models on other images. */
  readonly reruns: number;
};

/** Returns the result of each order of priorities. */
function simulateRound(shape: FieldShape, round: number): Round[] {
  const fields = Array.from({ length: FIELDS_A_ROUND }, (_, index) => {
    const seed = FIRST_SEED + round * FIELDS_A_ROUND + index;
    const field = drawField(shape, seed);
    const again = drawField(shape, seed, FIRST_SEED + seed);
    return { field, again, strict: runRace(field, shape, 0) };
  });
  return ORDERS.map(({ criteria }) =>
    average(fields.map(({ field, again, strict }): Round => {
      const { survivors, callShare } = runRace(field, shape, criteria.accuracyMargin);
      const recommended = recommend(field, criteria);
      const differs = (models: readonly SimulatedModel[]) =>
        recommend(models, criteria) === recommended ? 0 : 100;
      return {
        saved: 100 * (1 - callShare),
        strictSaved: 100 * (1 - strict.callShare),
        others: differs(survivors),
        strict: differs(strict.survivors),
        reruns: differs(again),
      };
    }))
  );
}

/** Runs a race to its end. `callShare` is the share of a full run's calls. */
function runRace<Model extends ModelScores>(
  field: readonly Model[],
  { images, models }: Pick<FieldShape, "images" | "models">,
  margin: number,
): { survivors: Model[]; callShare: number } {
  const looks = planLooks(images);
  let running = [...field];
  let calls = 0;
  let seen = 0;
  for (const look of looks) {
    calls += (look - seen) * running.length;
    seen = look;
    const soFar = running.map((model) => upTo(model, seen));
    const survivors = new Set(decideRace(soFar, { looks, look, margin }).survivors);
    running = running.filter(({ modelId }) => survivors.has(modelId));
    if (running.length === 1) break;
  }
  if (running.length > 1) calls += (images - seen) * running.length;
  return { survivors: running, callShare: calls / (images * models) };
}

function upTo<Model extends ModelScores>(model: Model, images: number): Model {
  return { ...model, byImage: new Map([...model.byImage].filter(([image]) => image < images)) };
}

/** Recommends a model as the report would. */
function recommend(field: readonly SimulatedModel[], criteria: Criteria): string | undefined {
  return chooseModel(summarizeField(field), field, criteria).goodEnough[0]?.model.modelId;
}
