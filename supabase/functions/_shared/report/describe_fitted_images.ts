import type { SnapshotImage } from "../benchmark/snapshot.ts";
import type { FittedImagesNote } from "./report_summary.ts";

/**
 * Describes how many images were shrunk or converted before any model read them; null if none was.
 *
 * @example
 * describeFittedImages(images)?.text
 * // "3 of 12 images were shrunk to at most 1568 pixels a side (JPEG), for every model alike."
 */
export function describeFittedImages(
  images: readonly Pick<SnapshotImage, "fitted">[],
): FittedImagesNote | null {
  const fitted = images.flatMap((image) => image.fitted ?? []);
  if (fitted.length === 0) return null;
  const shrunk = fitted.filter(({ is_shrunk }) => is_shrunk);
  const converted = fitted.filter(({ is_shrunk }) => !is_shrunk);
  const edge = Math.max(...shrunk.map(({ width, height }) => Math.max(width, height)));
  const of = `of ${images.length} image${images.length === 1 ? "" : "s"}`;
  const parts = [
    [shrunk, (formats: string) => `shrunk to at most ${edge} pixels a side (${formats})`],
    [converted, (formats: string) => `converted to ${formats}`],
  ] as const;
  const said = parts.flatMap(([group, write]) => {
    if (group.length === 0) return [];
    const formats = [...new Set(group.map(({ format }) => format.toUpperCase()))].sort();
    const verb = group.length === 1 ? "was" : "were";
    return [`${group.length} ${of} ${verb} ${write(formats.join(" or "))}`];
  });
  return { images: fitted.length, text: `${said.join(" and ")}, for every model alike.` };
}
