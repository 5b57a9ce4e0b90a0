import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Priority } from "../benchmark/configuration.ts";
import type { SnapshotModel } from "../benchmark/snapshot.ts";
import type { NoAnswer, NoResult } from "../benchmark/run_result.ts";
import type { ReportRun } from "../report/report_run.ts";
import {
  type ReportData,
  type ReportRow,
  transformRunsToReport,
} from "../report/transform_runs_to_report.ts";
import { sampleModel, sampleRun } from "./report_samples.ts";

/** A model of a crafted report. */
export interface CraftedModel {
  readonly name: string;
  /** Probability that a field is right, 0 to 1, or the score by image, 0 to 100. */
  readonly skill: number | ((image: number) => number);
  /** Cost of a call. */
  readonly usd: number | null;
  /** Mean time of a call. */
  readonly milliseconds: number;
  /** Tells whether the calls on an image were lost to an outage. */
  readonly isLost?: (image: number) => boolean;
  /** Reason why no call has an answer, if the model caused it. */
  readonly unanswered?: NoAnswer;
  /** Reason why every call failed, if it says nothing about the model. */
  readonly failed?: NoResult | "cut_by_limit";
  /** Index of the first image without runs. */
  readonly end?: number;
  /** True if the race stopped it there, and not a budget. */
  readonly isRaced?: boolean;
  /** Name of another model that answered in its place. */
  readonly served?: string;
  /** Day on which its provider retires it, such as `2027-01-20`. */
  readonly endsOn?: string;
}

export const large: CraftedModel = { name: "Large", skill: 0.97, usd: 0.02, milliseconds: 6_000 };
export const medium: CraftedModel = {
  name: "Medium",
  skill: 0.94,
  usd: 0.004,
  milliseconds: 2_500,
};
export const mini: CraftedModel = { name: "Mini", skill: 0.9, usd: 0.0004, milliseconds: 900 };
export const free: CraftedModel = { name: "Free", skill: 0.35, usd: 0, milliseconds: 300 };

/** Two measured models, and one for each other outcome that a report distinguishes. */
export const everyOutcome: readonly CraftedModel[] = [
  large,
  mini,
  { ...medium, name: "Rerouted", served: "acme/successor" },
  { ...medium, name: "Retired", failed: "unavailable" },
  { ...medium, name: "Parked", failed: "no_access" },
  { ...medium, name: "Cut", failed: "cut_by_limit" },
  { ...medium, name: "Schemaless", failed: "schema_refused" },
  { ...medium, name: "Down", failed: "outage" },
  { ...medium, name: "Flaky", isLost: (image) => image % 4 === 0 },
  { ...medium, name: "Rejected", unanswered: "rejected" },
  { ...medium, name: "Filtered", unanswered: "filtered" },
];

/** Settings of a crafted report. */
export interface CraftedOptions {
  /** Calls of each model on each image. Default: 2. */
  readonly repeats?: number;
  /** Minimum accuracy in percent. Default: 50. */
  readonly minimum?: number;
}

/** Crafts a report for tests. The same models and settings give the same runs. */
export function craft(
  models: readonly CraftedModel[],
  images: number,
  priorities: readonly Priority[],
  options: CraftedOptions = {},
): ReportData {
  return transformRunsToReport(
    craftRow(models, images, priorities, options),
    craftRuns(models, images, options),
  );
}

/** Crafts the row of a report with these models that has not ended. */
export function craftRow(
  models: readonly CraftedModel[],
  images: number,
  priorities: readonly Priority[],
  { minimum = 50 }: CraftedOptions = {},
): ReportRow {
  return {
    id: "crafted",
    config_snapshot: {
      models: models.map(snapshotModel),
      images: Array.from({ length: images }, (_, image) => ({
        path: `o/${image}.png`,
        expected: {},
      })),
      priorities: [...priorities],
      minimum_accuracy: minimum,
    },
  };
}

function snapshotModel({ name, endsOn }: CraftedModel): SnapshotModel {
  const ending = endsOn === undefined ? {} : { retires_at: endsOn };
  return sampleModel(name, { name, provider: "Acme", ...ending });
}

/** Crafts the runs of a report whose images differ in how hard they are. */
export function craftRuns(
  models: readonly CraftedModel[],
  images: number,
  { repeats = 2 }: CraftedOptions = {},
): ReportRun[] {
  const generator = xoroshiro128plus(7);
  const uniform = () => uniformFloat64(generator);
  const difficulty = Array.from({ length: images }, () => 0.12 * (uniform() - 0.5));
  return models.flatMap((model) =>
    difficulty.flatMap((harder, image_index) =>
      Array.from({ length: repeats }, (): ReportRun => {
        const { skill, usd, milliseconds, end = Infinity } = model;
        const none = {
          image_index,
          field_accuracy: null,
          response_time_ms: null,
          actual_cost: null,
        };
        if (image_index >= end) {
          const skip_reason = model.isRaced === true ? "race" : "soft_ceiling";
          return sampleRun(model.name, { ...none, status: "skipped", skip_reason });
        }
        const failure = model.isLost?.(image_index) === true ? "outage" : model.failed;
        if (failure !== undefined) {
          return sampleRun(model.name, {
            ...none,
            status: "failed",
            error_kind: failure,
            schema_regime: failure === "no_access" ? null : "strict",
            exact_match: null,
          });
        }
        let right = 0;
        for (let field = 0; field < 12; field++) {
          right += typeof skill === "number" && uniform() < skill + harder ? 1 : 0;
        }
        const score = typeof skill === "number" ? (100 * right) / 12 : skill(image_index);
        const field_accuracy = model.unanswered === undefined ? score : 0;
        return sampleRun(model.name, {
          image_index,
          field_accuracy,
          exact_match: field_accuracy === 100,
          error_kind: model.unanswered ?? null,
          schema_regime: "strict",
          response_time_ms: milliseconds * (0.8 + 0.4 * uniform()),
          actual_cost: usd,
          served_model: model.served ?? null,
          served_other: model.served !== undefined,
        });
      })
    )
  );
}
