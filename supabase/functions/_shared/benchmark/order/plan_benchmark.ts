import { createFieldOrder } from "../../compare/order_fields.ts";
import { dataPolicyOf } from "../../models/data_policy.ts";
import type { ImageSize } from "../../models/image.ts";
import type { SchemaRegime } from "../../models/schemas/fit_schema.ts";
import { Problem } from "../../platform/http/problem.ts";
import { planLooks } from "../../statistics/plan_looks.ts";
import { accuracyToleranceOf, type Configuration, type Strategy } from "../configuration.ts";
import type { ConfigSnapshot, RunLimits, SnapshotImage, SnapshotModel } from "../snapshot.ts";
import { endsSoon } from "./check_models.ts";
import { chooseMaxOutputTokens, estimateRunCost } from "./estimate.ts";
import type { CatalogueModel } from "./model_catalogue.ts";
import { type BudgetFit, optimizeRunsForBudget } from "./optimize_runs_for_budget.ts";
import type { SchemaPlan } from "./plan_schema.ts";

/** Predicted cost of a benchmark, in USD except for the price, and its predicted time. */
export interface Estimate {
  /** Predicted cost of all runs. A race costs at most this much, and less if models stop early. */
  readonly total_usd: number;
  readonly strategy: Strategy;
  /**
   * Number of times each model reads each image: as requested, or as many as fit under the ceiling.
   */
  readonly runs_per_model: number;
  readonly requested_runs_per_model: number;
  /** Cost of the requested runs. */
  readonly requested_total_usd: number;
  readonly ceiling_usd: number;
  /** Number of calls of models, at most: a race makes fewer if models stop early. */
  readonly calls: number;
  /** Predicted time from the payment to the report, without a queue before it. */
  readonly duration_seconds: number;
  readonly per_model: readonly {
    readonly model_id: string;
    readonly name: string;
    /** Mean over the images. */
    readonly usd_per_run: number;
    readonly total_usd: number;
    /** Enforcement of the schema for this model; see `fit_schema.ts`. */
    readonly schema_regime: SchemaRegime;
  }[];
  /** Price for the customer before discounts and taxes, in the smallest unit of the currency. */
  readonly price_cents: number;
  /** Three lower-case letters of ISO 4217. */
  readonly currency: string;
}

/** A benchmark as it is ordered. */
export interface Plan {
  readonly snapshot: ConfigSnapshot;
  readonly estimate: Estimate;
}

/**
 * Freezes everything that a benchmark depends on, with as many runs as fit under the ceiling.
 *
 * @param configuration with the images that the models read, copies included.
 * @param sizes of the images in pixels, in the same order.
 * @throws {Problem} `checkout.over_budget` with the costs, if one run of each model exceeds the
 * ceiling.
 */
export function planBenchmark(
  configuration: Omit<Configuration, "images"> & { readonly images: SnapshotImage[] },
  models: readonly CatalogueModel[],
  sizes: readonly (ImageSize | null)[],
  { price, limits, regimes, now }: {
    readonly price: { readonly amount: number; readonly currency: string };
    readonly limits: RunLimits;
    /** Enforcement of the schema for each model, by the model's id. */
    readonly regimes: SchemaPlan["regimes"];
    readonly now: Date;
  },
): Plan {
  const { prompt, json_schema, priorities, strategy, minimum_accuracy } = configuration;
  const dataPolicy = dataPolicyOf(configuration);
  const orderFields = createFieldOrder(json_schema);
  const run = {
    prompt,
    json_schema,
    max_output_tokens: chooseMaxOutputTokens(configuration.images.map(({ expected }) => expected)),
    images: configuration.images.map(({ expected }, index) => ({
      expected,
      size: sizes[index] ?? null,
    })),
  };
  const seconds: number[] = [];
  const priced = models.map((model): SnapshotModel => {
    const {
      hindrance: _hindrance,
      reasoning_efforts: _efforts,
      max_output_tokens,
      retires_at,
      successor,
      ...known
    } = model;
    const frozen = { ...known, schema_regime: regimes.get(model.id) ?? "prompt" };
    const cost = estimateRunCost({ ...frozen, max_output_tokens }, run);
    seconds.push(cost.seconds);
    return {
      ...frozen,
      ...retires_at === null || !endsSoon(model, now) ? {} : {
        retires_at,
        ...successor === null ? {} : { successor: successor.name },
      },
      output_limit: cost.outputLimit,
      raised_limit: cost.raisedLimit,
      estimated_cost: cost.predicted,
      reserved_cost: cost.upperBound,
    };
  });
  const imageCount = configuration.images.length;
  const fit = optimizeRunsForBudget({
    imageCount,
    runsPerModel: configuration.runs_per_model,
    models: priced,
  }, limits.soft);
  if (!fit.fits) throw overBudget(fit, configuration.runs_per_model, limits.soft, priced);
  refuseUnreservable(priced, limits.hard);
  const callsOfModel = imageCount * fit.runsPerModel;

  return {
    snapshot: {
      version: 1,
      prompt,
      json_schema,
      priorities,
      runs_per_model: fit.runsPerModel,
      strategy,
      // A race needs at least two models.
      looks: strategy === "race" && models.length > 1 ? planLooks(imageCount) : [],
      minimum_accuracy,
      ...accuracyToleranceOf(priorities),
      ...dataPolicy === undefined ? {} : { data_policy: dataPolicy },
      max_output_tokens: run.max_output_tokens,
      // A report lists the fields of an image in the order of the schema.
      images: configuration.images.map((image) => ({
        ...image,
        expected: orderFields(image.expected),
      })),
      models: priced,
    },
    estimate: {
      total_usd: roundEstimate(fit.estimate),
      strategy,
      runs_per_model: fit.runsPerModel,
      requested_runs_per_model: configuration.runs_per_model,
      requested_total_usd: roundEstimate(fit.requestedEstimate),
      ceiling_usd: limits.soft,
      calls: callsOfModel * models.length,
      duration_seconds: predictDuration(seconds, callsOfModel, limits),
      per_model: priced.map(({ id, name, estimated_cost, schema_regime = "prompt" }) => ({
        model_id: id,
        name,
        usd_per_run: roundEstimate(estimated_cost),
        total_usd: roundEstimate(estimated_cost * callsOfModel),
        schema_regime,
      })),
      price_cents: price.amount,
      currency: price.currency,
    },
  };
}

/** Seconds until a worker has started, and to sum the report up. */
const OVERHEAD_SECONDS = 5;

/**
 * Returns the predicted seconds of a report: those of its slowest model, or of all calls together
 * if their number at once is what holds them up.
 *
 * @param seconds of one call of each model.
 */
function predictDuration(
  seconds: readonly number[],
  callsOfModel: number,
  { callsPerModel, callsAtOnce }: RunLimits,
): number {
  const slowest = Math.max(...seconds) * Math.ceil(callsOfModel / callsPerModel);
  const together = seconds.reduce((sum, one) => sum + one) * callsOfModel / callsAtOnce;
  return Math.ceil(OVERHEAD_SECONDS + Math.max(slowest, together));
}

function overBudget(
  fit: Extract<BudgetFit, { fits: false }>,
  requestedRuns: number,
  ceiling: number,
  models: readonly SnapshotModel[],
): Problem {
  const minimum = fit.minimumEstimate.toFixed(2);
  const names = new Map(models.map(({ id, name }) => [id, name]));
  return new Problem(
    "checkout.over_budget",
    `One run of each model on each image would cost about ${minimum} USD; ` +
      `at most ${ceiling} USD are allowed. Choose fewer or cheaper models, or fewer images.`,
    {
      errors: [{
        path: "configuration.model_ids",
        code: "over_budget",
        message: `About ${minimum} USD at one run per model, of ${ceiling} USD allowed.`,
      }],
      members: {
        estimate: {
          minimum_total_usd: roundEstimate(fit.minimumEstimate),
          requested_total_usd: roundEstimate(fit.requestedEstimate),
          requested_runs_per_model: requestedRuns,
          ceiling_usd: ceiling,
          per_model: fit.models.map(({ id, minimumEstimate }) => ({
            model_id: id,
            name: names.get(id) ?? id,
            minimum_usd: roundEstimate(minimumEstimate),
          })),
        },
      },
    },
  );
}

/**
 * Refuses models whose reservation alone exceeds the hard ceiling: their runs would be paid and
 * never start.
 */
function refuseUnreservable(models: readonly SnapshotModel[], ceiling: number): void {
  const errors = models.flatMap(({ name, reserved_cost }, index) =>
    reserved_cost <= ceiling ? [] : [{
      path: `configuration.model_ids.${index}`,
      code: "over_budget",
      message: `One run of ${name} may cost up to ${reserved_cost.toFixed(2)} USD.`,
    }]
  );
  if (errors.length > 0) {
    throw new Problem(
      "checkout.over_budget",
      `A single run may cost more than ${ceiling} USD.`,
      { errors, members: { estimate: { ceiling_usd: ceiling } } },
    );
  }
}

/** Rounds to a hundred-millionth of a USD. */
function roundEstimate(usd: number): number {
  return Math.round(usd * 1e8) / 1e8;
}
