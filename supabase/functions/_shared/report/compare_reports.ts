import { mean, median } from "simple-statistics";
import { countRuns, scoresByImage } from "../benchmark/count_runs.ts";
import { compareModels } from "../statistics/compare_models.ts";
import { count, formatPoints, formatUsd } from "./format_figures.ts";
import type {
  AccuracyChange,
  CommonFigures,
  ReportComparison,
  ReportHead,
} from "./report_comparison.ts";
import type { ReportView, ViewedRun } from "./report_view.ts";

/** A report and its images. */
export interface ComparedReport {
  readonly view: ReportView;
  /** Paths of the customer's images, in the report's order. */
  readonly images: readonly string[];
}

/** Compares two reports on their common images; null if they have none in common. */
export function compareReports(
  before: ComparedReport,
  after: ComparedReport,
): ReportComparison | null {
  const common = after.images.filter((path) => before.images.includes(path));
  if (common.length === 0) return null;
  const then = measure(before, common);
  const now = measure(after, common);
  const names = new Map(
    [...before.view.models, ...after.view.models].map(({ id, name }) => [id, name]),
  );
  const ids = [...names.keys()].sort((one, other) =>
    Number(then.has(other) && now.has(other)) - Number(then.has(one) && now.has(one)) ||
    Number(now.has(other)) - Number(now.has(one))
  );
  return {
    before: headOf(before.view),
    after: headOf(after.view),
    images: common.length,
    differs: findDifferences(before.view, after.view),
    models: ids.map((id) => {
      const [old, current] = [then.get(id), now.get(id)];
      return {
        model_id: id,
        name: names.get(id) ?? id,
        before: old?.figures ?? null,
        after: current?.figures ?? null,
        change: old === undefined || current === undefined ? null : changeOf(old, current),
      };
    }),
    recommended: compareRecommended(before.view, after.view, then, now, names),
  };
}

/** What one model of one report did on the common images. */
interface Measured {
  readonly figures: CommonFigures;
  /** Scores by the place among the common images. */
  readonly byImage: ReadonlyMap<number, readonly number[]>;
}

function measure(
  { view, images }: ComparedReport,
  common: readonly string[],
): Map<string, Measured> {
  const placeOf = new Map(images.map((path, index) => [index, common.indexOf(path)]));
  const completed = (view.runs ?? []).flatMap((run) => {
    const place = placeOf.get(run.image_index) ?? -1;
    return run.status !== "complete" || place < 0 ? [] : [{ ...run, image_index: place }];
  });
  return new Map(
    [...Map.groupBy(completed, ({ model_id }) => model_id)].flatMap(([id, own]) => {
      const { runs } = countRuns(own);
      return runs.length === 0 ? [] : [[id, measureRuns(runs)] as const];
    }),
  );
}

function measureRuns(runs: readonly ViewedRun[]): Measured {
  const byImage = scoresByImage(runs);
  const costs = runs.flatMap(({ actual_cost }) => actual_cost ?? []);
  const times = runs.flatMap(({ response_time_ms }) => response_time_ms ?? []);
  return {
    byImage,
    figures: {
      accuracy: mean([...byImage.values()].map((scores) => mean(scores))),
      cost_per_run: costs.length === 0 ? null : mean(costs),
      median_latency: times.length === 0 ? null : median(times),
    },
  };
}

function changeOf(before: Measured, after: Measured): AccuracyChange {
  const models = [{ modelId: "before", byImage: before.byImage }, {
    modelId: "after",
    byImage: after.byImage,
  }];
  const [pair] = compareModels(models, "before").comparisons;
  if (pair === undefined) {
    return { images: 0, points: null, interval: null, verdict: "too_few_images" };
  }
  const { images, difference: points, interval } = pair;
  const verdict = pair.verdict === "indistinguishable" && (interval?.low ?? 0) > 0
    ? "better"
    : pair.verdict;
  return { images, points, interval, verdict };
}

function compareRecommended(
  before: ReportView,
  after: ReportView,
  then: ReadonlyMap<string, Measured>,
  now: ReadonlyMap<string, Measured>,
  names: ReadonlyMap<string, string>,
): ReportComparison["recommended"] {
  const [oldId, newId] = [before.report.recommended_model, after.report.recommended_model];
  const [old, current] = [then.get(oldId ?? ""), now.get(newId ?? "")];
  if (oldId === null || newId === null || old === undefined || current === undefined) return null;
  const change = changeOf(old, current);
  const name = names.get(newId) ?? newId;
  const rival = oldId === newId ? "then" : `${names.get(oldId) ?? oldId}, recommended then,`;
  return {
    ...change,
    text: `${describeChange(name, rival, change)} ${describeCosts(old, current)}`,
  };
}

function describeChange(name: string, rival: string, { points, verdict, images }: AccuracyChange) {
  const where = `on ${count(images, "common image")}`;
  if (points === null) return `${name} and ${rival} read no image in common.`;
  const size = formatPoints(Math.abs(points));
  const than = points === 0
    ? `as many fields as ${rival}`
    : points > 0
    ? `${size} more than ${rival}`
    : `${size} less than ${rival}`;
  const sure = {
    better: "Chance hardly explains it.",
    worse: "Chance hardly explains it.",
    indistinguishable: points === 0 ? "" : "Chance may explain it.",
    too_few_images: "These are too few images to tell it from chance.",
  }[verdict];
  return `${name} read ${than} ${where}. ${sure}`.trim();
}

function describeCosts({ figures: old }: Measured, { figures: current }: Measured): string {
  const [then, now] = [old.cost_per_run, current.cost_per_run];
  if (then === null || now === null) return "The cost is not known.";
  return `1,000 documents cost ${formatUsd(1000 * now)} now and ${formatUsd(1000 * then)} then.`;
}

function headOf({ report: { id, created_at, recommended_model } }: ReportView): ReportHead {
  return { report_id: id, created_at, recommended_model };
}

function findDifferences(before: ReportView, after: ReportView): ReportComparison["differs"] {
  const text = (value: unknown) => JSON.stringify(value);
  return [
    ...before.order?.prompt === after.order?.prompt ? [] : ["prompt" as const],
    ...text(before.order?.json_schema) === text(after.order?.json_schema)
      ? []
      : ["schema" as const],
    ...before.scorer_version === after.scorer_version ? [] : ["scorer" as const],
  ];
}
