import { mean } from "simple-statistics";
import {
  chooseModel,
  type Criteria,
  findMostAccurate,
  rankModels,
} from "../../supabase/functions/_shared/report/recommend_model.ts";
import { sampleSummary } from "../../supabase/functions/_shared/testing/report_samples.ts";
import {
  drawsOf,
  readDocument,
} from "../../supabase/functions/_shared/testing/simulated_fields.ts";
import type { Benchmark, BenchmarkOptions, Goal, Row, Section } from "./harness.ts";
import { listOrders, type Order } from "./priorities.ts";
import { type SimulatedModel, summarizeField } from "./race_field.ts";

/** Model with known true figures. */
interface TrueModel extends Omit<SimulatedModel, "byImage"> {
  /** Probability that a field of an ordinary image is right. */
  readonly share: number;
  /** Share of images that are hard, 0 to 1. On these, 30 % of the fields are right. */
  readonly hard: number;
}

const REPORTS_A_ROUND = 200;
const REPEATS = 2;
const HARD_SHARE = 0.3;
/** Largest change of an image's difficulty, for all models alike. */
const DIFFICULTY = 0.06;
const SIZES = [5, 8, 12, 20, 50];
const FEW_SIZES = [8, 20, 50];
/** Variation between rounds of the mean over one round's reports, in percentage points. */
const NOISE = 0.5;

const ORDERS = listOrders((priorities) => priorities.join(" > "));
const COST_FIRST = 1;
const SPEED_FIRST = 2;

const OTHER_MARGINS: readonly Order[] = [10, 11, 12].map((accuracyMargin) => ({
  label: `${ORDERS[COST_FIRST].label}, margin ${accuracyMargin}`,
  criteria: { ...ORDERS[COST_FIRST].criteria, accuracyMargin },
}));
const OTHER_CONFIDENCES: readonly Order[] = [75, 80, 90].map((accuracyConfidence) => ({
  label: `${ORDERS[0].label}, ${accuracyConfidence} %`,
  criteria: { ...ORDERS[0].criteria, accuracyConfidence },
}));

const USD = [0.02, 0.006, 0.002, 0.0005];
const MILLISECONDS = [6_000, 3_500, 2_000, 900];

/** Returns models that cost more and are slower the better they are: A costs forty times D. */
function fieldOf(shares: readonly number[], hard: readonly number[] = []): TrueModel[] {
  return shares.map((share, index) => ({
    modelId: "ABCD"[index] ?? "?",
    share,
    hard: hard[index] ?? 0,
    cost: USD[index] ?? 0,
    milliseconds: MILLISECONDS[index] ?? 0,
  }));
}

const MAIN_FIELD = fieldOf([0.97, 0.94, 0.9, 0.84]);
const EQUAL = { label: "all equal (95 %)", field: fieldOf([0.95, 0.95, 0.95, 0.95]) };
const FAILING_RIVALS = {
  label: "rivals that fail on 5, 10 and 20 % of the images",
  field: fieldOf([0.97, 0.97, 0.97, 0.95], [0, 0.05, 0.1, 0.2]),
};
const OTHER_FIELDS = [
  { label: "small differences (97, 96, 95.5, 94 %)", field: fieldOf([0.97, 0.96, 0.955, 0.94]) },
  EQUAL,
  { label: "the cheapest is as good as the best", field: fieldOf([0.97, 0.94, 0.9, 0.97]) },
  FAILING_RIVALS,
  {
    label: "all of which fail on 10 % of the images",
    field: fieldOf([0.9, 0.86, 0.8, 0.75], [0.1, 0.1, 0.1, 0.1]),
  },
];

/** Benchmark of the true accuracy that recommendations give up, among models of known accuracy. */
export const recommend: Benchmark = {
  name: "recommend",
  summary: "recommendations by priorities, and the true accuracy that they give up",
  async *run(options) {
    const main = simulate(MAIN_FIELD, SIZES, options);
    yield givenUp(main);
    yield growth(main);
    yield paid(main);
    yield shares(main);
    for (const { label, field } of OTHER_FIELDS) {
      yield otherField(label, simulate(field, FEW_SIZES, options));
    }
    yield compareOrders(
      "True accuracy given up with other margins",
      simulate(MAIN_FIELD, FEW_SIZES, options, OTHER_MARGINS),
    );
    for (const { label, field } of [EQUAL, FAILING_RIVALS]) {
      yield compareOrders(
        `True accuracy given up with other confidences: ${label}`,
        simulate(field, FEW_SIZES, options, OTHER_CONFIDENCES),
      );
    }
  },
};

/** Result of one order of priorities in a round: means over its reports. */
interface Outcome {
  /** Points of true accuracy below the best model. */
  readonly points: number;
  readonly usd: number;
  readonly milliseconds: number;
  /** Percent of the reports that recommend the model which the true figures would recommend. */
  readonly right: number;
  /** Percent of the reports that recommend a model which is truly further behind than the margin. */
  readonly outside: number;
  /** Percent of the reports that recommend each model. */
  readonly picks: ReadonlyMap<string, number>;
}

interface Round {
  readonly orders: readonly Outcome[];
  /** Percent of the reports in which the orders of priorities give three different models. */
  readonly differing: number;
  /** Points given up by always taking the model that measured best. */
  readonly leastPoints: number;
}

/** Rounds of reports by number of images, with the orders of priorities that they compare. */
interface Simulation {
  readonly orders: readonly Order[];
  readonly sizes: readonly { readonly images: number; readonly rounds: readonly Round[] }[];
}

function simulate(
  field: readonly TrueModel[],
  sizes: readonly number[],
  options: BenchmarkOptions,
  orders: readonly Order[] = ORDERS,
): Simulation {
  return {
    orders,
    sizes: sizes.map((images) => {
      options.progress(`${field.map(({ share }) => share).join(" ")}, ${images} images`);
      const rounds = Array.from({ length: options.rounds }, (_, round) => {
        const seed = 1_000_000 * images + REPORTS_A_ROUND * round;
        return simulateRound(field, images, seed, orders);
      });
      return { images, rounds };
    }),
  };
}

function simulateRound(
  field: readonly TrueModel[],
  images: number,
  firstSeed: number,
  orders: readonly Order[],
): Round {
  const reports = Array.from({ length: REPORTS_A_ROUND }, (_, index) => {
    const scores = drawScores(field, images, firstSeed + index);
    const models = summarizeField(scores);
    return {
      picks: orders.map(({ criteria }) =>
        chooseModel(models, scores, criteria).goodEnough[0]?.model.modelId
      ),
      mostAccurate: findMostAccurate(models)?.modelId,
    };
  });
  const best = Math.max(...field.map(trueAccuracy));
  return {
    orders: orders.map(({ criteria }, order) =>
      sumUp(field, criteria, reports.map(({ picks }) => picks[order]))
    ),
    differing: percent(reports, ({ picks }) => new Set(picks).size === orders.length),
    leastPoints: mean(
      reports.map(({ mostAccurate }) =>
        best -
        Math.max(...field.filter(({ modelId }) => modelId === mostAccurate).map(trueAccuracy))
      ),
    ),
  };
}

/** Draws what each model scores on the same images. */
function drawScores(field: readonly TrueModel[], images: number, seed: number): SimulatedModel[] {
  const { uniform } = drawsOf(seed);
  const difficulties = Array.from({ length: images }, () => DIFFICULTY * (2 * uniform() - 1));
  return field.map(({ share, hard, ...model }) => ({
    ...model,
    byImage: new Map(difficulties.map((difficulty, image): [number, number[]] => {
      const chance = (uniform() < hard ? HARD_SHARE : share) + difficulty;
      return [image, Array.from({ length: REPEATS }, () => readDocument({ uniform }, chance))];
    })),
  }));
}

function trueAccuracy({ share, hard }: TrueModel): number {
  return 100 * ((1 - hard) * share + hard * HARD_SHARE);
}

function sumUp(
  field: readonly TrueModel[],
  { priorities, accuracyMargin: margin }: Criteria,
  picks: readonly (string | undefined)[],
): Outcome {
  const best = Math.max(...field.map(trueAccuracy));
  const behind = (model: TrueModel) => best - trueAccuracy(model);
  const right = rankModels(
    field.filter((model) => behind(model) < margin).map((model) => ({
      model: sampleSummary(model.modelId, {
        accuracy: trueAccuracy(model),
        costPerRun: model.cost,
        medianLatency: model.milliseconds,
      }),
      difference: -behind(model),
    })),
    priorities,
  )[0]?.model.modelId;
  const chosen = picks.flatMap((pick) => field.filter(({ modelId }) => modelId === pick));
  return {
    points: mean(chosen.map(behind)),
    usd: mean(chosen.map(({ cost }) => cost)),
    milliseconds: mean(chosen.map(({ milliseconds }) => milliseconds)),
    right: percent(chosen, ({ modelId }) => modelId === right),
    outside: percent(chosen, (model) => behind(model) >= margin),
    picks: new Map(
      field.map(({ modelId }) => [modelId, percent(picks, (pick) => pick === modelId)]),
    ),
  };
}

function percent<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return (100 * items.filter(holds).length) / items.length;
}

/** Returns a row for each order of priorities and number of images. */
function rowsOf(
  { orders, sizes }: Simulation,
  read: (outcome: Outcome) => number,
  goalOf: (order: number, images: number) => Goal | undefined = () => undefined,
): Row[] {
  return orders.flatMap(({ label }, order) =>
    sizes.map(({ images, rounds }): Row => ({
      label: `${label}, ${images} images`,
      values: rounds.flatMap(({ orders }) => orders.slice(order, order + 1).map(read)),
      goal: goalOf(order, images),
    }))
  );
}

/** Returns the mean of each row, with this number of decimals. */
function meansOf(rows: readonly Row[], decimals = 0): string[] {
  return rows.map(({ values }) => mean([...values]).toFixed(decimals));
}

/**
 * Returns the largest loss of true accuracy allowed, in points. With accuracy first it depends on
 * the number of images, and is undefined below 8. For other orders it is their accuracy margin.
 */
function mostGivenUp(order: number, images: number): Goal | undefined {
  if (order > 0) return { atMost: ORDERS[order]?.criteria.accuracyMargin ?? NaN };
  return images < 8 ? undefined : { atMost: images < 20 ? 1.5 : 1 };
}

function givenUp(main: Simulation): Section {
  const shares = MAIN_FIELD.map(({ modelId }) =>
    meansOf(rowsOf(main, ({ picks }) => picks.get(modelId) ?? 0))
      .map((share) => `${modelId} ${share} %`)
  );
  const rows = rowsOf(main, ({ points }) => points, mostGivenUp);
  return {
    title: "True accuracy given up (A 97, B 94, C 90, D 84 %)",
    unit: "points",
    rows,
    notes: [
      `${REPORTS_A_ROUND} simulated reports per round, ${REPEATS} runs per image. Recommendations:`,
      ...rows.map(({ label }, row) => `${label}: ${shares.map((share) => share[row]).join(", ")}`),
    ],
  };
}

function growth({ sizes }: Simulation): Section {
  return {
    title: "Largest increase of the loss with more images",
    unit: "points",
    rows: ORDERS.map(({ label }, order) => {
      const steps = sizes.map(({ rounds }) =>
        mean(rounds.map(({ orders }) => orders[order]?.points ?? NaN))
      );
      const worst = Math.max(
        ...steps.flatMap((few, index) => steps.slice(index + 1).map((more) => more - few)),
      );
      return { label, values: [worst], goal: { atMost: NOISE } };
    }),
    notes: ["Over all pairs of sizes. Below zero, more images always gave better recommendations."],
  };
}

function paid(main: Simulation): Section {
  const kinds = [
    { order: COST_FIRST, metric: "usd", what: "USD" },
    { order: SPEED_FIRST, metric: "milliseconds", what: "time" },
  ] as const;
  const costs = rowsOf(main, ({ usd }) => usd);
  const times = meansOf(rowsOf(main, ({ milliseconds }) => milliseconds));
  return {
    title: "Cost and time of a call, relative to those with accuracy first",
    unit: "ratio",
    rows: main.sizes.flatMap(({ images, rounds }) =>
      kinds.map(({ order, metric, what }): Row => ({
        label: `${ORDERS[order].label}, ${images} images: ${what}`,
        values: rounds.map(({ orders }) =>
          (orders[order]?.[metric] ?? NaN) / (orders[0]?.[metric] ?? NaN)
        ),
        goal: images < 20 ? undefined : { atMost: 0.5 },
      }))
    ),
    notes: meansOf(costs, 4).map((usd, row) =>
      `${costs[row]?.label}: $${usd} and ${times[row]} ms a call`
    ),
  };
}

function shares(main: Simulation): Section {
  return {
    title: "Reports with the truly right recommendation, and reports in which all orders differ",
    unit: "% of reports",
    rows: [
      ...rowsOf(main, ({ right }) => right),
      ...main.sizes.map(({ images, rounds }): Row => ({
        label: `three different models, ${images} images`,
        values: rounds.map(({ differing }) => differing),
        goal: images < 20 ? undefined : { atLeast: 80 },
      })),
    ],
  };
}

function otherField(label: string, simulation: Simulation): Section {
  const outside = rowsOf(simulation, ({ outside }) => outside);
  return {
    title: `True accuracy given up: ${label}`,
    unit: "points",
    rows: [
      ...simulation.sizes.map(({ images, rounds }): Row => ({
        label: `always the best measured model, ${images} images`,
        values: rounds.map(({ leastPoints }) => leastPoints),
      })),
      ...rowsOf(
        simulation,
        ({ points }) => points,
        (order, images) => order === 0 ? undefined : mostGivenUp(order, images),
      ),
    ],
    notes: meansOf(outside).map((share, row) =>
      `${outside[row]?.label}: truly behind by more than the margin in ${share} % of reports`
    ),
  };
}

/** Compares the same order with margins or confidences that were considered. */
function compareOrders(title: string, simulation: Simulation): Section {
  const rows = rowsOf(simulation, ({ points }) => points);
  const outside = meansOf(rowsOf(simulation, ({ outside }) => outside));
  const cheapest = meansOf(rowsOf(simulation, ({ picks }) => picks.get("D") ?? 0));
  return {
    title,
    unit: "points",
    rows,
    notes: rows.map(({ label }, row) =>
      `${label}: truly behind by more than the margin in ${outside[row]} %, ` +
      `the cheapest model in ${cheapest[row]} % of reports`
    ),
  };
}
