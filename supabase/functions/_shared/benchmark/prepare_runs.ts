import { type FieldRules, readRules } from "../compare/field_rules.ts";
import { createBoundedCache } from "../jobs/bounded_cache.ts";
import type { ConfigSnapshot, SnapshotModel } from "./config.ts";
import type { PreparedRun } from "./execute_run.ts";
import type { BenchmarkStore, ImageSource } from "./ports.ts";
import { type BenchmarkPrompt, buildPrompt } from "./prompt.ts";
import type { BenchmarkRunJob } from "./run_result.ts";

/** Reports kept ready at once: more than one worker has jobs of. */
const MOST_REPORTS = 20;

/** Makes runs ready to be made. */
export interface RunPreparer {
  /** Begins to load a report that is likely to be asked for. Never rejects. */
  warm(reportId: string): void;
  /**
   * @throws {UnpreparableError} when no later try can do better; and whatever store and images throw.
   */
  prepare(job: BenchmarkRunJob): Promise<PreparedRun>;
}

/** The job names what its report's snapshot does not hold, or its image is gone. For people. */
export class UnpreparableError extends Error {
  override readonly name = "UnpreparableError";
}

interface PreparedReport {
  readonly snapshot: ConfigSnapshot;
  readonly prompts: ReadonlyMap<string, { model: SnapshotModel; prompt: BenchmarkPrompt }>;
  readonly rules: FieldRules;
  /** By `base_url_key`, in the order of the snapshot's images. */
  readonly imageUrls: Map<string, Promise<readonly (string | null)[]>>;
}

/** Loads each report, and signs its images, once for all of its runs that this worker makes. */
export function createRunPreparer(deps: {
  readonly store: Pick<BenchmarkStore, "loadReport">;
  readonly images: ImageSource;
  readonly timeoutMs: number;
}): RunPreparer {
  const load = async (reportId: string): Promise<PreparedReport> => {
    const { snapshot } = await deps.store.loadReport(reportId);
    const prompts = new Map(
      snapshot.models.map((model) => [model.id, { model, prompt: buildPrompt(snapshot, model) }]),
    );
    return { snapshot, prompts, rules: readRules(snapshot.json_schema), imageUrls: new Map() };
  };
  const reports = createBoundedCache(MOST_REPORTS, load);

  const openImages = (
    report: PreparedReport,
    baseUrlKey: string,
  ): Promise<readonly (string | null)[]> => {
    const known = report.imageUrls.get(baseUrlKey);
    if (known !== undefined) return known;
    const paths = report.snapshot.images.map(({ path }) => path);
    const opened = deps.images.openImages(paths, baseUrlKey);
    report.imageUrls.set(baseUrlKey, opened);
    // A failure is not kept: the next run asks again.
    opened.catch(() => report.imageUrls.delete(baseUrlKey));
    return opened;
  };

  return {
    warm(reportId) {
      reports.get(reportId).then((report) =>
        Promise.all(
          [...new Set(report.snapshot.models.map((model) => model.base_url_key))]
            .map((baseUrlKey) => openImages(report, baseUrlKey)),
        )
      ).catch(() => {});
    },
    async prepare(job) {
      const report = await reports.get(job.report_id);
      const entry = report.prompts.get(job.model_id);
      const image = report.snapshot.images[job.image_index];
      if (entry === undefined || image === undefined) {
        throw new UnpreparableError(
          `The report holds no model ${job.model_id} or no image ${job.image_index}.`,
        );
      }
      const urls = await openImages(report, entry.model.base_url_key);
      const imageUrl = urls[job.image_index];
      if (imageUrl == null) {
        // By its number: whoever has the report's link reads this, and the path names the customer.
        throw new UnpreparableError(`Image ${job.image_index + 1} is no longer stored.`);
      }
      return {
        expected: image.expected,
        schema: report.snapshot.json_schema,
        rules: report.rules,
        request: {
          model: entry.model,
          ...entry.prompt,
          imageUrl,
          maxOutputTokens: report.snapshot.max_output_tokens,
          timeoutMs: deps.timeoutMs,
        },
      };
    },
  };
}
