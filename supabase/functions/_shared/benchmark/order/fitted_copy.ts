import type { ImageSize, SniffedImage } from "../../models/image.ts";
import type { ImageLimits } from "../../models/image_limits.ts";

/** An image that was found and understood. */
export interface CheckedImage {
  readonly path: string;
  readonly bytes: number;
  readonly etag?: string;
  readonly sniffed: SniffedImage;
}

/** An image to copy so that all chosen models take the copy. */
export interface FitTarget {
  readonly source: CheckedImage;
  /** Longest side of the copy in pixels; null keeps the size. */
  readonly edge: number | null;
  /** What all chosen models take. */
  readonly limits: ImageLimits;
}

/** A copy that all chosen models take. */
export interface FittedCopy {
  readonly path: string;
  readonly format: "png" | "jpeg";
  readonly bytes: number;
  readonly size: ImageSize;
}

/** A copy, or the reason why there is none, worded to follow a colon. */
export type Fitting = { readonly copy: FittedCopy } | { readonly refused: string };

/** Where images are shrunk and converted. */
export interface ImageFitter {
  /**
   * Makes and stores a copy of each image, in the order of the targets. The same source and target
   * have one copy, however often it is asked for.
   *
   * @throws {Problem} `storage.unavailable` if Storage failed or the time of one request was up; the
   * copies made so far are found by the next call.
   */
  fitImages(targets: readonly FitTarget[]): Promise<readonly Fitting[]>;
}
