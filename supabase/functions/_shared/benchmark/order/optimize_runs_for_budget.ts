/** Requested runs and their costs. */
export interface BudgetRequest {
  readonly imageCount: number;
  readonly runsPerModel: number;
  /** Models with the predicted USD of one run. */
  readonly models: readonly { readonly id: string; readonly estimated_cost: number }[];
}

/** A plan that fits under the ceiling, or the costs that show why none does. All costs in USD. */
export type BudgetFit =
  | {
    readonly fits: true;
    /** Number of times each model reads each image: at least 1, at most as requested. */
    readonly runsPerModel: number;
    readonly estimate: number;
    readonly requestedEstimate: number;
  }
  | {
    readonly fits: false;
    /** Cost of one run of each model on each image, which exceeds the ceiling. */
    readonly minimumEstimate: number;
    readonly requestedEstimate: number;
    /** Each model's share of the minimum, most expensive first. */
    readonly models: readonly { readonly id: string; readonly minimumEstimate: number }[];
  };

/** Tolerance for rounding errors, so that a plan of exactly the ceiling fits. */
const ROUNDING = 1e-9;

/**
 * Lowers the runs per model until the estimate of all runs fits under `ceiling` (USD). All models
 * get the same number, so that they stay comparable.
 */
export function optimizeRunsForBudget(
  { imageCount, runsPerModel, models }: BudgetRequest,
  ceiling: number,
): BudgetFit {
  const minimumEstimate = imageCount * models.reduce((sum, model) => sum + model.estimated_cost, 0);
  const requestedEstimate = minimumEstimate * runsPerModel;
  const limit = ceiling * (1 + ROUNDING);
  if (minimumEstimate > limit) {
    return {
      fits: false,
      minimumEstimate,
      requestedEstimate,
      models: models
        .map(({ id, estimated_cost }) => ({ id, minimumEstimate: imageCount * estimated_cost }))
        .sort((one, other) => other.minimumEstimate - one.minimumEstimate),
    };
  }
  const affordable = minimumEstimate === 0
    ? runsPerModel
    : Math.min(runsPerModel, Math.floor(limit / minimumEstimate));
  return {
    fits: true,
    runsPerModel: affordable,
    estimate: minimumEstimate * affordable,
    requestedEstimate,
  };
}
