import { z } from "zod";
import type { JsonValue } from "../platform/json/json_value.ts";
import { leafCountsSchema } from "./leaf_counts.ts";

/** JSON value read from our own database, which was checked when it was stored. */
export const storedJsonSchema = z.custom<JsonValue>((value) => value !== undefined);

/**
 * One field that is not as expected.
 *
 * `expected` is absent for an extra field and `actual` for a missing one. They are absent and not
 * null, because null is an answer.
 */
export const fieldErrorSchema = z.object({
  /**
   * Path such as `items[0].price`; `$` is the whole answer. Indices are those of the expected array;
   * extra elements are numbered after its own. No two errors of an answer have the same path.
   */
  fieldPath: z.string(),
  expected: storedJsonSchema.exactOptional(),
  actual: storedJsonSchema.exactOptional(),
  /** Present if only the format is wrong: wrong in strict comparison, right in relaxed. */
  formatOnly: z.literal(true).exactOptional(),
});
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** Counts of leaves by outcome, as stored in `benchmark_runs.score`. */
export const scoreDetailSchema = z.object({
  strict: leafCountsSchema,
  relaxed: leafCountsSchema,
  /** Number of leaves that are not right strictly but are right, or not counted, relaxed. */
  formatOnly: z.number(),
  /** 0 to 100; see `scoreAnls()`. */
  anls: z.number(),
});
export type ScoreDetail = z.infer<typeof scoreDetailSchema>;

/** Score of one answer, as `benchmark_runs` stores it. */
export interface OutputScore {
  /** True if nothing is wrong, missing or extra in strict comparison. */
  exactMatch: boolean;
  /** 0 to 100, in relaxed comparison; see `calculateFieldAccuracy()`. */
  fieldAccuracy: number;
  /** Fields that are wrong, missing or extra strictly, marked if they are right relaxed. */
  fieldErrors: FieldError[];
  detail: ScoreDetail;
}
