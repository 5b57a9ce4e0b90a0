/** How many runs are wanted, and what one costs. */
export interface BudgetRequest {
  readonly imageCount: number;
  readonly runsPerModel: number;
  /** The predicted USD of one run, for each model. */
  readonly models: readonly { readonly id: string; readonly estimated_cost: number }[];
}

/** A plan that fits the ceiling, or the numbers of why none does. All costs in USD. */
export type BudgetFit =
  | {
    readonly fits: true;
    /** How often each model reads each image: at least 1, at most what was wanted. */
    readonly runsPerModel: number;
    readonly requestedRunsPerModel: number;
    readonly estimate: number;
    readonly requestedEstimate: number;
    readonly ceiling: number;
  }
  | {
    readonly fits: false;
    readonly requestedRunsPerModel: number;
    /** What one run of each model on each image would cost: more than the ceiling. */
    readonly minimumEstimate: number;
    readonly requestedEstimate: number;
    readonly ceiling: number;
    /** Each model's part in the minimum, dearest first. */
    readonly models: readonly { readonly id: string; readonly minimumEstimate: number }[];
  };

// Sums of prices such as 2.5e-6 are a hair off; a plan of exactly the ceiling fits.
const ROUNDING = 1e-9;

/**
 * Lowers the runs per model, for all models alike so that they stay comparable, until the estimate
 * of all runs fits under `ceiling` (USD).
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
      requestedRunsPerModel: runsPerModel,
      minimumEstimate,
      requestedEstimate,
      ceiling,
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
    requestedRunsPerModel: runsPerModel,
    estimate: minimumEstimate * affordable,
    requestedEstimate,
    ceiling,
  };
}
