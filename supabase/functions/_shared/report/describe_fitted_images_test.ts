import assert from "node:assert/strict";
import type { SnapshotImage } from "../benchmark/snapshot.ts";
import { describeFittedImages } from "./describe_fitted_images.ts";

type Image = Pick<SnapshotImage, "fitted">;

function copy(format: "png" | "jpeg", width: number, height: number, is_shrunk: boolean): Image {
  return { fitted: { source_path: "u/a", format, width, height, is_shrunk } };
}

const small = copy("jpeg", 1_568, 900, true);

const CASES: readonly [readonly Image[], string | undefined][] = [
  [[{}, {}], undefined],
  [
    [small, {}, copy("jpeg", 600, 1_200, true)],
    "2 of 3 images were shrunk to at most 1568 pixels a side (JPEG), for every model alike.",
  ],
  [[copy("png", 10, 10, false)], "1 of 1 image was converted to PNG, for every model alike."],
  [
    [small, copy("png", 20, 10, true), copy("jpeg", 10, 10, false), {}],
    "2 of 4 images were shrunk to at most 1568 pixels a side (JPEG or PNG) and " +
    "1 of 4 images was converted to JPEG, for every model alike.",
  ],
];

Deno.test("a report says how many images were shrunk or converted, to which format, and that it was for all models", () => {
  for (const [images, text] of CASES) assert.equal(describeFittedImages(images)?.text, text);
});
