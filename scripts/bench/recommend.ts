import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { mean } from "simple-statistics";
import type { Priority } from "../../supabase/functions/_shared/benchmark/configuration.ts";
import {
  chooseModel,
  type Criteria,
  criteriaOf,
  findMostAccurate,
  rankModels,
} from "../../supabase/functions/_shared/report/recommend_model.ts";
import { sampleSummary } from "../../supabase/functions/_shared/testing/report_samples.ts";
import type { Benchmark, BenchmarkOptions, Goal, Row, Section } from "./harness.ts";

/** Model with known true figures. */
interface TrueModel {
  readonly name: string;
  /** Probability that a field of an ordinary image is right. */
  readonly share: number;
  /** Share of images that are hard, 0 to 1. On these, 30 % of the fields are right. */
  readonly hard?: number;
  readonly usd: number;
  readonly milliseconds: number;
}

const REPORTS_A_ROUND = 200;
const REPEATS = 2;
const FIELDS = 12;
const HARD_SHARE = 0.3;
/** Largest change of an image's difficulty, for all models alike. */
const DIFFICULTY = 0.06;
const SIZES = [5, 8, 12, 20, 50];
/** Variation between rounds of the mean over one round's reports, in percentage points. */
const NOISE = 0.5;

interface Order {
  readonly label: string;
  readonly criteria: Criteria;
}

function orderOf(...priorities: Priority[]): Order {
  return { label: priorities.join(" > "), criteria: criteriaOf({ priorities }) };
}

const ORDERS: readonly [Order, Order, Order] = [
  orderOf("accuracy", "cost", "speed"),
  orderOf("cost", "accuracy", "speed"),
  orderOf("speed", "cost", "accuracy"),
];
const COST_FIRST = 1;
const SPEED_FIRST = 2;

const USD = [0.02, 0.006, 0.002, 0.0005];
const MILLISECONDS = [6_000, 3_500, 2_000, 900];

/** Returns models that cost more and are slower the better they are: A costs forty times D. */
function fieldOf(shares: readonly number[], hard: readonly number[] = []): TrueModel[] {
  return shares.map((share, index) => ({
    name: "ABCD"[index] ?? "?",
    share,
    hard: hard[index] ?? 0,
    usd: USD[index] ?? 0,
    milliseconds: MILLISECONDS[index] ?? 0,
  }));
}

const MAIN_FIELD = fieldOf([0.97, 0.94, 0.9, 0.84]);
interface LabelledField {
  readonly label: string;
  readonly field: readonly TrueModel[];
}

const EQUAL: LabelledField = {
  label: "all equal (95 %)",
  field: fieldOf([0.95, 0.95, 0.95, 0.95]),
};
const FAILING_RIVALS: LabelledField = {
  label: "rivals that fail on 5, 10 and 20 % of the images",
  field: fieldOf([0.97, 0.97, 0.97, 0.95], [0, 0.05, 0.1, 0.2]),
};
const OTHER_FIELDS: readonly LabelledField[] = [
  {
    label: "small differences (97, 96, 95.5, 94 %)",
    field: fieldOf([0.97, 0.96, 0.955, 0.94]),
  },
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
    const sizes = SIZES.map((images) => ({
      images,
      rounds: simulate(MAIN_FIELD, images, options),
    }));
    yield givenUp(sizes);
    yield growth(sizes);
    yield paid(sizes);
    yield shares(sizes);
    for (const { label, field } of OTHER_FIELDS) yield otherField(label, field, options);
    yield otherMargins(options);
    yield otherConfidences(EQUAL, options);
    yield otherConfidences(FAILING_RIVALS, options);
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

type Sizes = readonly { readonly images: number; readonly rounds: readonly Round[] }[];

function simulate(
  field: readonly TrueModel[],
  images: number,
  { rounds, progress }: BenchmarkOptions,
  orders: readonly Order[] = ORDERS,
): Round[] {
  progress(`${field.map(({ share }) => share).join(" ")}, ${images} images`);
  return Array.from({ length: rounds }, (_, round) => {
    const reports = Array.from(
      { length: REPORTS_A_ROUND },
      (_, index) =>
        recommendFor(field, images, 1_000_000 * images + REPORTS_A_ROUND * round + index, orders),
    );
    return {
      orders: orders.map(({ criteria }, order) =>
        sumUp(field, criteria, reports.map(({ picks }) => picks[order]))
      ),
      differing: percent(reports, ({ picks }) => new Set(picks).size === orders.length),
      leastPoints: mean(
        reports.map(({ mostAccurate }) =>
          Math.max(...field.map(trueAccuracy)) -
          Math.max(...field.filter(({ name }) => name === mostAccurate).map(trueAccuracy))
        ),
      ),
    };
  });
}

/** Returns the recommendation for each order of priorities, and the model that measured best. */
function recommendFor(
  field: readonly TrueModel[],
  images: number,
  seed: number,
  orders: readonly Order[],
) {
  const generator = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(generator);
  const difficulties = Array.from({ length: images }, () => DIFFICULTY * (2 * uniform() - 1));
  const scores = field.map(({ name, share, hard = 0 }) => ({
    modelId: name,
    byImage: new Map(difficulties.map((difficulty, image): [number, number[]] => {
      const chance = (uniform() < hard ? HARD_SHARE : share) + difficulty;
      const score = () => {
        let right = 0;
        for (let index = 0; index < FIELDS; index++) right += uniform() < chance ? 1 : 0;
        return (100 * right) / FIELDS;
      };
      return [image, Array.from({ length: REPEATS }, score)];
    })),
  }));
  const models = field.map(({ name, usd, milliseconds }, index) =>
    sampleSummary(name, {
      accuracy: mean([...scores[index]?.byImage.values() ?? []].flat()),
      costPerRun: usd,
      medianLatency: milliseconds,
      imagesCompleted: images,
    })
  );
  const picks = orders.map(({ criteria }) =>
    chooseModel(models, scores, criteria).goodEnough[0]?.model.modelId
  );
  return { picks, mostAccurate: findMostAccurate(models)?.modelId };
}

function trueAccuracy({ share, hard = 0 }: TrueModel): number {
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
      model: sampleSummary(model.name, {
        accuracy: trueAccuracy(model),
        costPerRun: model.usd,
        medianLatency: model.milliseconds,
      }),
      difference: -behind(model),
    })),
    priorities,
  )[0]?.model.modelId;
  const chosen = picks.flatMap((name) => field.filter((model) => model.name === name));
  return {
    points: mean(chosen.map(behind)),
    usd: mean(chosen.map(({ usd }) => usd)),
    milliseconds: mean(chosen.map(({ milliseconds }) => milliseconds)),
    right: percent(chosen, ({ name }) => name === right),
    outside: percent(chosen, (model) => behind(model) >= margin),
    picks: new Map(field.map(({ name }) => [name, percent(picks, (pick) => pick === name)])),
  };
}

function percent<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return (100 * items.filter(holds).length) / items.length;
}

/** Returns a row for each order of priorities and number of images. */
function rowsOf(
  sizes: Sizes,
  read: (outcome: Outcome) => number,
  goalOf: (order: number, images: number) => Goal | undefined = () => undefined,
  orders: readonly Order[] = ORDERS,
): Row[] {
  return orders.flatMap(({ label }, order) =>
    sizes.map(({ images, rounds }): Row => {
      const goal = goalOf(order, images);
      return {
        label: `${label}, ${images} images`,
        values: rounds.flatMap(({ orders }) => orders.slice(order, order + 1).map(read)),
        ...goal === undefined ? {} : { goal },
      };
    })
  );
}

/**
 * Returns the largest loss of true accuracy allowed, in points. With accuracy first it depends on
 * the number of images, and is undefined below 8. For other orders it is their accuracy margin.
 */
function mostGivenUp(order: number, images: number): Goal | undefined {
  if (order > 0) return { atMost: ORDERS[order]?.criteria.accuracyMargin ?? NaN };
  return images < 8 ? undefined : { atMost: images < 20 ? 1.5 : 1 };
}

function givenUp(sizes: Sizes): Section {
  return {
    title: "True accuracy given up (A 97, B 94, C 90, D 84 %)",
    unit: "points",
    rows: rowsOf(sizes, ({ points }) => points, mostGivenUp),
    notes: [
      `${REPORTS_A_ROUND} simulated reports per round, ${REPEATS} runs per image. Recommendations:`,
      ...ORDERS.flatMap(({ label }, order) =>
        sizes.map(({ images, rounds }) => {
          const shares = MAIN_FIELD.map(({ name }) =>
            `${name} ${
              mean(rounds.map(({ orders }) => orders[order]?.picks.get(name) ?? 0)).toFixed(0)
            } %`
          );
          return `${label}, ${images} images: ${shares.join(", ")}`;
        })
      ),
    ],
  };
}

function growth(sizes: Sizes): Section {
  const meanOf = (rounds: readonly Round[], order: number) =>
    mean(rounds.map(({ orders }) => orders[order]?.points ?? NaN));
  return {
    title: "Largest increase of the loss with more images",
    unit: "points",
    rows: ORDERS.map(({ label }, order) => {
      const steps = sizes.map(({ rounds }) => meanOf(rounds, order));
      const worst = Math.max(
        ...steps.flatMap((few, index) => steps.slice(index + 1).map((more) => more - few)),
      );
      return { label, values: [worst], goal: { atMost: NOISE } };
    }),
    notes: ["Over all pairs of sizes. Below zero, more images always gave better recommendations."],
  };
}

function paid(sizes: Sizes): Section {
  const half = (images: number): Goal | undefined => images < 20 ? undefined : { atMost: 0.5 };
  const row = (
    order: 1 | 2,
    what: "usd" | "milliseconds",
    images: number,
    rounds: readonly Round[],
  ): Row => {
    const goal = half(images);
    return {
      label: `${ORDERS[order]?.label}, ${images} images: ${what === "usd" ? "USD" : "time"}`,
      values: rounds.map(({ orders }) =>
        (orders[order]?.[what] ?? NaN) / (orders[0]?.[what] ?? NaN)
      ),
      ...goal === undefined ? {} : { goal },
    };
  };
  return {
    title: "Cost and time of a call, relative to those with accuracy first",
    unit: "ratio",
    rows: sizes.flatMap(({ images, rounds }) => [
      row(COST_FIRST, "usd", images, rounds),
      row(SPEED_FIRST, "milliseconds", images, rounds),
    ]),
    notes: rowsOf(sizes, ({ usd }) => usd).map(({ label, values }, index) => {
      const times = rowsOf(sizes, ({ milliseconds }) => milliseconds)[index]?.values ?? [];
      return `${label}: $${mean([...values]).toFixed(4)} and ${
        mean([...times]).toFixed(0)
      } ms a call`;
    }),
  };
}

function shares(sizes: Sizes): Section {
  return {
    title: "Reports with the truly right recommendation, and reports in which all orders differ",
    unit: "% of reports",
    rows: [
      ...rowsOf(sizes, ({ right }) => right),
      ...sizes.map(({ images, rounds }): Row => ({
        label: `three different models, ${images} images`,
        values: rounds.map(({ differing }) => differing),
        ...images < 20 ? {} : { goal: { atLeast: 80 } },
      })),
    ],
  };
}

function otherField(
  label: string,
  field: readonly TrueModel[],
  options: BenchmarkOptions,
): Section {
  const sizes = [8, 20, 50].map((images) => ({ images, rounds: simulate(field, images, options) }));
  return {
    title: `True accuracy given up: ${label}`,
    unit: "points",
    rows: [
      ...sizes.map(({ images, rounds }): Row => ({
        label: `always the best measured model, ${images} images`,
        values: rounds.map(({ leastPoints }) => leastPoints),
      })),
      ...rowsOf(
        sizes,
        ({ points }) => points,
        (order, images) => order === 0 ? undefined : mostGivenUp(order, images),
      ),
    ],
    notes: rowsOf(sizes, ({ outside }) => outside).map(({ label, values }) =>
      `${label}: truly behind by more than the margin in ${
        mean([...values]).toFixed(0)
      } % of reports`
    ),
  };
}

/** Compares the same orders with margins and confidences that were considered. */
function compareOrders(
  title: string,
  field: readonly TrueModel[],
  orders: readonly Order[],
  options: BenchmarkOptions,
): Section {
  const sizes = [8, 20, 50].map((images) => ({
    images,
    rounds: simulate(field, images, options, orders),
  }));
  const none = () => undefined;
  const outside = rowsOf(sizes, ({ outside }) => outside, none, orders);
  const cheapest = rowsOf(sizes, ({ picks }) => picks.get("D") ?? 0, none, orders);
  return {
    title,
    unit: "points",
    rows: rowsOf(sizes, ({ points }) => points, none, orders),
    notes: outside.map(({ label, values }, index) =>
      `${label}: truly behind by more than the margin in ${mean([...values]).toFixed(0)} %, ` +
      `the cheapest model in ${mean([...cheapest[index]?.values ?? []]).toFixed(0)} % of reports`
    ),
  };
}

function otherMargins(options: BenchmarkOptions): Section {
  const { label, criteria } = ORDERS[COST_FIRST];
  const orders = [10, 11, 12].map((accuracyMargin) => ({
    label: `${label}, margin ${accuracyMargin}`,
    criteria: { ...criteria, accuracyMargin },
  }));
  return compareOrders("True accuracy given up with other margins", MAIN_FIELD, orders, options);
}

function otherConfidences(
  { label, field }: LabelledField,
  options: BenchmarkOptions,
): Section {
  const [{ label: order, criteria }] = ORDERS;
  const orders = [75, 80, 90].map((accuracyConfidence) => ({
    label: `${order}, ${accuracyConfidence} %`,
    criteria: { ...criteria, accuracyConfidence },
  }));
  return compareOrders(
    `True accuracy given up with other confidences: ${label}`,
    field,
    orders,
    options,
  );
}
