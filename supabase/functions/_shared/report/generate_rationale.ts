import type { Priority } from "../benchmark/configuration.ts";
import { formatTime, formatUsd } from "./format_figures.ts";
import { findMostAccurate } from "./recommend_model.ts";
import type { ModelSummary } from "./model_summary.ts";
import { NOTABLE_SAVING_PERCENT, percentLess } from "./savings.ts";

const CONSISTENT_SPREAD_POINTS = 5;
const CONSISTENT_ACCURACY_PERCENT = 80;

/** One statement of the sentence that recommends a model. */
export type RationaleClaim =
  | { readonly kind: "accuracy"; readonly percent: number }
  | { readonly kind: "cost"; readonly usd: number }
  | { readonly kind: "speed"; readonly milliseconds: number }
  /** Saving in cost or median latency, in percent of the rival's. */
  | Saving<"saves_cost">
  | Saving<"saves_time">
  /** The model is free and the rival is not. */
  | {
    readonly kind: "free";
    readonly rivalId: string;
    readonly rivalName: string;
    readonly rivalUsd: number;
  }
  | { readonly kind: "consistent"; readonly spread: number };

interface Saving<Kind extends string> {
  readonly kind: Kind;
  readonly rivalId: string;
  readonly rivalName: string;
  readonly percent: number;
}

/**
 * Writes the sentence that recommends a model: its figures on the top priority and in accuracy, its
 * saving over the model that a reader would otherwise take (if more than 10 %), and whether its
 * results are consistent (a spread of less than 5 points at an accuracy of 80 % or more).
 *
 * @param candidates Models in the order in which they would be recommended.
 * @example "GPT-6 Luna achieved 97.3% field accuracy, costing 85% less than GPT-6 Sol, with consistent
 * results (±2.1%)."
 */
export function generateRationale(
  recommended: ModelSummary,
  candidates: readonly ModelSummary[],
  priorities: readonly Priority[],
): string {
  return renderRationale(recommended.modelName, claimMerits(recommended, candidates, priorities));
}

/** Returns the merits of a model, as claims about its figures. */
export function claimMerits(
  recommended: ModelSummary,
  candidates: readonly ModelSummary[],
  priorities: readonly Priority[],
): RationaleClaim[] {
  const { costPerRun, medianLatency, spread, imagesCompleted } = recommended;
  const accuracy = recommended.accuracy ?? 0;
  const strength = strengthOf(recommended, priorities);
  const claims: RationaleClaim[] = [];
  if (strength === "cost" && costPerRun !== null) claims.push({ kind: "cost", usd: costPerRun });
  if (strength === "speed" && medianLatency !== null) {
    claims.push({ kind: "speed", milliseconds: medianLatency });
  }
  claims.push({ kind: "accuracy", percent: accuracy });
  const rival = findRival(recommended, candidates);
  if (rival !== null) claims.push(...claimSavings(recommended, rival, strength));
  if (
    spread !== null && spread < CONSISTENT_SPREAD_POINTS && imagesCompleted > 1 &&
    accuracy >= CONSISTENT_ACCURACY_PERCENT
  ) {
    claims.push({ kind: "consistent", spread });
  }
  return claims;
}

/**
 * Returns the model that a reader would otherwise take: the most accurate one or, if none is more
 * accurate than the recommended one, the next candidate.
 */
function findRival(
  recommended: ModelSummary,
  candidates: readonly ModelSummary[],
): ModelSummary | null {
  const others = candidates.filter(({ modelId }) => modelId !== recommended.modelId);
  const best = findMostAccurate(others);
  return best !== null && (best.accuracy ?? 0) > (recommended.accuracy ?? 0)
    ? best
    : others[0] ?? null;
}

/** Returns the highest priority whose figure is known. Accuracy is known of every measured model. */
function strengthOf(
  { medianLatency, costPerRun }: ModelSummary,
  priorities: readonly Priority[],
): Priority {
  const known = { accuracy: true, speed: medianLatency !== null, cost: costPerRun !== null };
  return priorities.find((priority) => known[priority]) ?? "accuracy";
}

function claimSavings(
  model: ModelSummary,
  rival: ModelSummary,
  strength: Priority,
): RationaleClaim[] {
  const { modelId: rivalId, modelName: rivalName, costPerRun: rivalUsd } = rival;
  const claims: RationaleClaim[] = [];
  const time = percentLess(model.medianLatency, rival.medianLatency);
  if (strength === "speed" && time > NOTABLE_SAVING_PERCENT) {
    claims.push({ kind: "saves_time", rivalId, rivalName, percent: time });
  }
  const cost = percentLess(model.costPerRun, rivalUsd);
  if (model.costPerRun === 0 && rivalUsd !== null && rivalUsd > 0) {
    claims.push({ kind: "free", rivalId, rivalName, rivalUsd });
  } else if (cost > NOTABLE_SAVING_PERCENT) {
    claims.push({ kind: "saves_cost", rivalId, rivalName, percent: cost });
  }
  return claims;
}

function renderRationale(name: string, claims: readonly RationaleClaim[]): string {
  const find = <Kind extends RationaleClaim["kind"]>(kind: Kind) =>
    claims.find((claim): claim is RationaleClaim & { readonly kind: Kind } => claim.kind === kind);
  const [cost, speed, accuracy] = [find("cost"), find("speed"), find("accuracy")];
  const [time, money, free] = [find("saves_time"), find("saves_cost"), find("free")];
  const consistent = find("consistent");
  const merits = [
    ...cost === undefined ? [] : [`costs ${formatUsd(cost.usd)} a call`],
    ...speed === undefined ? [] : [`responded in ${formatTime(speed.milliseconds)} median`],
    ...accuracy === undefined ? [] : [`achieved ${round(accuracy.percent)}% field accuracy`],
  ];
  // Rounded down: 99.97 % less is not free.
  const savings = [
    ...time === undefined ? [] : [`taking ${Math.floor(time.percent)}% less time`],
    ...money === undefined ? [] : [`costing ${Math.floor(money.percent)}% less`],
  ];
  const rival = (time ?? money)?.rivalName;
  const parts = [
    `${name} ${merits.join(" and ")}`,
    ...rival === undefined ? [] : [`${savings.join(" and ")} than ${rival}`],
    ...free === undefined ? [] : [
      `${cost === undefined ? "at no cost, " : ""}where ${free.rivalName} costs ` +
      `${formatUsd(free.rivalUsd)} a call`,
    ],
    ...consistent === undefined ? [] : [`with consistent results (±${round(consistent.spread)}%)`],
  ];
  return `${parts.join(", ")}.`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
