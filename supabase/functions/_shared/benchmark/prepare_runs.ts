import { type FieldRules, readRules } from "../compare/field_rules.ts";
import { type BoundedCache, createBoundedCache } from "../platform/bounded_cache.ts";
import { createWeightedGate } from "../platform/jobs/weighted_gate.ts";
import type { ConfigSnapshot, SnapshotModel } from "./snapshot.ts";
import type { PreparedRun } from "./execute_run.ts";
import { type BenchmarkPrompt, buildPrompt } from "./prompt.ts";
import type { BenchmarkRunJob } from "./run_result.ts";
import type { ImageSource } from "./signed_images.ts";
import type { BenchmarkStore } from "./store.ts";

/** Reports in memory: more than one worker has jobs of. */
const MOST_REPORTS = 20;

/**
 * Characters of `data:` URLs in use at once. A call keeps about four copies of its image (URL,
 * body, sent bytes and the runtime's buffer), and an isolate has 256 MB.
 */
const MOST_HELD_CHARACTERS = 32 * 1024 * 1024;
/** Images that may be read as bytes before there is memory for them. */
const READING_AT_ONCE = 2;

/** Loads everything that runs need. */
export type RunPreparer = ReturnType<typeof createRunPreparer>;

/**
 * The job names a model or image that its report does not have, or its image is gone. For people.
 */
export class UnpreparableError extends Error {
  override readonly name = "UnpreparableError";
}

interface PreparedReport {
  readonly snapshot: ConfigSnapshot;
  readonly prompts: ReadonlyMap<string, { model: SnapshotModel; prompt: BenchmarkPrompt }>;
  readonly rules: FieldRules;
  /** Models whose provider refused the schema. */
  readonly refusedSchema: Set<string>;
  /** URLs by `base_url_key`, in the order of the snapshot's images. */
  readonly imageUrls: BoundedCache<readonly (string | null)[]>;
}

/**
 * Creates the preparer. It loads each report and signs its images once for all of the worker's
 * runs. Images that are sent as bytes are read for each run, as many at once as memory allows.
 */
export function createRunPreparer(deps: {
  readonly store: Pick<BenchmarkStore, "loadReport">;
  readonly images: ImageSource;
  readonly timeoutMs: number;
  /** Default 32 Mi. */
  readonly mostHeldCharacters?: number;
}) {
  const load = async (reportId: string): Promise<PreparedReport> => {
    const { snapshot } = await deps.store.loadReport(reportId);
    const prompts = new Map(
      snapshot.models.map((model) => [model.id, { model, prompt: buildPrompt(snapshot, model) }]),
    );
    const paths = snapshot.images.map(({ path }) => path);
    const openImages = (baseUrlKey: string) => deps.images.openImages(paths, baseUrlKey);
    return {
      snapshot,
      prompts,
      rules: readRules(snapshot.json_schema),
      refusedSchema: new Set(),
      imageUrls: createBoundedCache(snapshot.models.length, openImages),
    };
  };
  const reports = createBoundedCache(MOST_REPORTS, load);

  const reading = createWeightedGate(READING_AT_ONCE);
  const held = createWeightedGate(deps.mostHeldCharacters ?? MOST_HELD_CHARACTERS);

  /** Reads an image and waits until there is memory to keep it. */
  const hold = async (read: () => Promise<string | null>): Promise<HeldImage | null> => {
    const leave = await reading.enter(1);
    try {
      const url = await read();
      return url === null ? null : { url, release: await held.enter(url.length) };
    } finally {
      leave();
    }
  };

  return {
    /** Begins to load a report that is likely to be needed. Never rejects. */
    warm(reportId: string): void {
      reports.get(reportId).then((report) =>
        Promise.all(
          [...new Set(report.snapshot.models.map((model) => model.base_url_key))]
            .filter((baseUrlKey) => !deps.images.wantsBytes(baseUrlKey))
            .map((baseUrlKey) => report.imageUrls.get(baseUrlKey)),
        )
      ).catch(() => {});
    },
    /**
     * Prepares one run.
     *
     * @throws {UnpreparableError} if no later try can succeed; and the errors of store and images.
     */
    async prepare(job: BenchmarkRunJob): Promise<PreparedRun> {
      const report = await reports.get(job.report_id);
      const entry = report.prompts.get(job.model_id);
      const image = report.snapshot.images[job.image_index];
      if (entry === undefined || image === undefined) {
        throw new UnpreparableError(
          `The report holds no model ${job.model_id} or no image ${job.image_index}.`,
        );
      }
      const { base_url_key } = entry.model;
      const { path } = image;
      const opened: HeldImage | null = deps.images.wantsBytes(base_url_key)
        ? await hold(async () => (await deps.images.openImages([path], base_url_key))[0] ?? null)
        : asLink((await report.imageUrls.get(base_url_key))[job.image_index] ?? null);
      if (opened === null) {
        // By its number: visitors with the report's link read this, and the path holds the
        // customer's id.
        throw new UnpreparableError(`Image ${job.image_index + 1} is no longer stored.`);
      }
      const releases = [opened.release];
      return {
        expected: image.expected,
        schema: report.snapshot.json_schema,
        rules: report.rules,
        regime: entry.prompt.regime,
        request: {
          model: entry.model,
          prompt: entry.prompt.prompt,
          structuredOutput: report.refusedSchema.has(entry.model.id)
            ? null
            : entry.prompt.structuredOutput,
          imageUrl: opened.url,
          ...report.snapshot.data_policy === undefined
            ? {}
            : { dataPolicy: report.snapshot.data_policy },
          maxOutputTokens: entry.model.output_limit ?? report.snapshot.max_output_tokens,
          timeoutMs: deps.timeoutMs,
        },
        ...entry.model.raised_limit === undefined ? {} : { raisedLimit: entry.model.raised_limit },
        async readImage() {
          const read = await hold(() => deps.images.readBytes(path));
          if (read !== null) releases.push(read.release);
          return read?.url ?? null;
        },
        noteRefusedSchema: () => report.refusedSchema.add(entry.model.id),
        release: () => releases.forEach((release) => release()),
      };
    },
  };
}

/** An image in a request, which uses memory until it is released. */
interface HeldImage {
  readonly url: string;
  readonly release: () => void;
}

function asLink(url: string | null): HeldImage | null {
  return url === null ? null : { url, release: () => {} };
}
