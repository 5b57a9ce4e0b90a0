import type { FieldComparison } from "../statistics/field_comparison.ts";
import type { Interval } from "../statistics/interval.ts";
import { testOf } from "./choice_claims.ts";
import { describeCertainty } from "./explain_choice.ts";
import {
  count,
  formatPercent,
  formatPoints,
  formatTime,
  formatUsd,
  onCommonImages,
} from "./format_figures.ts";
import type { Choice, RatedModel } from "./recommend_model.ts";
import type { ModelSummary } from "./model_summary.ts";
import type { NamedPick, Picks } from "./report_summary.ts";
import { formatSavingPercent, percentLess } from "./savings.ts";

/** Names the most accurate, cheapest and fastest model and compares each with the second. */
export function namePicks(choice: Choice, comparison: FieldComparison): Picks {
  return {
    mostAccurate: pickMostAccurate(choice, comparison),
    cheapestGoodEnough: pickLowest(choice, comparison, {
      valueOf: ({ costPerRun }) => costPerRun,
      intervalOf: ({ costInterval }) => costInterval,
      describe: (value) => `costs ${formatUsd(value)} a call`,
      format: formatUsd,
      less: "less",
      next: "the next cheapest model that is good enough",
      even: "as much as",
      nothing: "cost",
    }),
    fastestGoodEnough: pickLowest(choice, comparison, {
      valueOf: ({ medianLatency }) => medianLatency,
      intervalOf: ({ medianLatencyInterval }) => medianLatencyInterval,
      describe: (value) => `answers in ${formatTime(value)} (median)`,
      format: formatTime,
      less: "less time",
      next: "the next fastest model that is good enough",
      even: "as fast as",
      nothing: "time",
    }),
  };
}

function pickMostAccurate(
  { best, rated, isBestOfAll }: Choice,
  comparison: FieldComparison,
): NamedPick | null {
  if (best === null) return null;
  const among = isBestOfAll ? "" : " and is the most accurate that can be compared";
  const measured = `${best.modelName} read ${
    formatPercent(best.accuracy)
  } of the fields right${among}`;
  const second = rated[1];
  if (second === undefined) {
    return {
      modelId: best.modelId,
      runnerUpId: null,
      difference: null,
      certain: null,
      text: `${measured}; no other model can be compared with it.`,
    };
  }
  const test = testOf(second, comparison);
  const { modelName, modelId } = second.model;
  return {
    modelId: best.modelId,
    runnerUpId: modelId,
    difference: -test.difference,
    certain: test.verdict === "too_few_images" ? null : test.verdict === "worse",
    text: `${measured}, ${describeAhead(test, modelName)}`,
  };
}

function describeAhead(test: ReturnType<typeof testOf>, second: string): string {
  const { difference, isPaired } = test;
  const points = formatPoints(Math.abs(difference));
  const where = isPaired ? onCommonImages(test.images) : "mostly on other images";
  if (difference === 0) return `the same as ${second}, the second, ${where}.`;
  if (!isPaired) return `${points} more than ${second}, the second, ${where}.`;
  const said = difference > 0
    ? `though ${second}, the second, scored ${points} more`
    : `${points} more than ${second}, the second,`;
  return `${said} ${where}${describeCertainty(test)}.`;
}

/** Respect in which less is better, with the words of its sentence. */
interface Respect {
  readonly valueOf: (model: ModelSummary) => number | null;
  readonly intervalOf: (model: ModelSummary) => Interval | null;
  readonly describe: (value: number) => string;
  readonly format: (value: number) => string;
  readonly less: string;
  readonly next: string;
  readonly even: string;
  readonly nothing: string;
}

function pickLowest(
  { goodEnough }: Choice,
  { enoughImages }: FieldComparison,
  respect: Respect,
): NamedPick | null {
  const known = goodEnough.flatMap(({ model }: RatedModel) => {
    const value = respect.valueOf(model);
    return value === null ? [] : [{ model, value }];
  }).toSorted((one, other) => one.value - other.value);
  const [first, second] = known;
  if (first === undefined) return null;
  const unknown = goodEnough.length - known.length;
  const but = unknown === 0
    ? ""
    : ` The ${respect.nothing} of ${count(unknown, "other model")} that ${
      unknown === 1 ? "is" : "are"
    } good enough is not known.`;
  const { model, value } = first;
  const own = `${model.modelName} ${respect.describe(value)}`;
  if (second === undefined) {
    const text = unknown === 0 ? `${own}; no other model is good enough.` : `${own}.${but}`;
    return { modelId: model.modelId, runnerUpId: null, difference: null, certain: null, text };
  }
  const difference = second.value - value;
  const [one, other] = [respect.intervalOf(model), respect.intervalOf(second.model)];
  const certain = one === null || other === null ? null : one.high < other.low;
  const beside = `${second.model.modelName} (${respect.format(second.value)}), ${respect.next}`;
  return {
    modelId: model.modelId,
    runnerUpId: second.model.modelId,
    difference,
    certain: difference === 0 && certain !== null ? false : certain,
    text: difference === 0
      ? `${own}, ${respect.even} ${second.model.modelName}.${but}`
      : `${own}, ${
        formatSavingPercent(percentLess(value, second.value))
      } ${respect.less} than ${beside}${
        certain === null
          ? enoughImages ? "; too few images to tell that from chance" : ""
          : certain
          ? "; their 95 % intervals do not overlap"
          : "; their 95 % intervals overlap, so that chance may explain it"
      }.${but}`,
  };
}
