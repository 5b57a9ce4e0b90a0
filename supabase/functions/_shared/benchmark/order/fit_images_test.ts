import assert from "node:assert/strict";
import type { ImageFormat } from "../../models/image.ts";
import { sampleModel } from "../../testing/catalogue_model_sample.ts";
import { findMisfits, offerCopy } from "./fit_images.ts";
import type { CheckedImage } from "./check_images.ts";
import type { CatalogueModel } from "./model_catalogue.ts";

function model(id: string, name: string, base_url_key = "openrouter"): CatalogueModel {
  return sampleModel(id, { name, base_url_key });
}

function image(bytes: number, width: number, height: number, format: ImageFormat): CheckedImage {
  const sniffed = { format, mediaType: `image/${format}`, size: { width, height } } as const;
  return { path: "u/invoice.x", bytes, sniffed };
}

const haiku = model("anthropic/claude-haiku-4.5", "Claude Haiku");
const opus = model("anthropic/claude-opus-5", "Claude Opus");
const grok = model("x-ai/grok-4.3", "Grok");
const scout = model("meta-llama/llama-4-scout", "Scout", "groq");
const luna = model("openai/gpt-6-luna", "Luna");

Deno.test("an image that every model takes is no misfit", () => {
  const models = [haiku, grok, scout, luna, model("acme/m", "M")];
  assert.deepEqual(findMisfits([image(3_000_000, 8_000, 4_000, "png"), null], models), []);
});

const CASES: readonly [string, CheckedImage, readonly CatalogueModel[], RegExp][] = [
  [
    "sides that are too long",
    image(1_000_000, 9_000, 4_500, "png"),
    [haiku, opus, luna],
    /^invoice\.x is a PNG of 9000 x 4500 pixels and 1\.0 MB; Claude Haiku and Claude Opus take at most 8000 pixels a side\. Upload it with at most 8000 x 4000 pixels, so/,
  ],
  [
    "too many bytes",
    image(8_000_000, 4_000, 3_000, "jpeg"),
    [haiku, luna],
    /Claude Haiku takes at most 3\.9 MB\. Upload it with at most 2523 x 1892 pixels/,
  ],
  [
    "a format that a model does not know",
    image(1_000, 10, 10, "webp"),
    [grok, luna],
    /^invoice\.x is a WebP .*; Grok takes no WebP\. Upload it as PNG or JPEG, so/,
  ],
  [
    "too many pixels",
    image(1_000_000, 7_900, 7_900, "jpeg"),
    [scout],
    /Scout takes at most 33\.1 megapixels|Scout takes at most 33\.2 megapixels/,
  ],
  [
    "several faults, by what all models take",
    image(1_000_000, 12_000, 6_000, "webp"),
    [haiku, grok],
    /Upload it as PNG or JPEG with at most 8000 x 4000 pixels/,
  ],
];
for (const [what, given, models, message] of CASES) {
  Deno.test(`an image with ${what} is refused with the models and advice on what to upload`, () => {
    const errors = findMisfits([null, given], models).map(({ error }) => error);
    assert.equal(errors.length, 1);
    assert.equal(errors[0]?.path, "images.1.path");
    assert.equal(errors[0]?.code, "model_limit");
    assert.match(errors[0]?.message ?? "", message);
  });
}

Deno.test("an image of the advised size is taken by every model", () => {
  const first = image(30_000_000, 14_000, 9_000, "png");
  const models = [haiku, scout, luna];
  const error = findMisfits([first], models)[0]?.error;
  const [, width, height] = /at most (\d+) x (\d+) pixels, so/.exec(error?.message ?? "") ?? [];
  const scale = (Number(width) * Number(height)) / (14_000 * 9_000);
  const second = image(30_000_000 * scale, Number(width), Number(height), "png");
  assert.deepEqual(findMisfits([second], models), []);
});

const OFFERS: readonly [string, CheckedImage, readonly CatalogueModel[], string][] = [
  [
    "no larger than Storage makes them",
    image(1_000_000, 9_000, 4_500, "png"),
    [haiku],
    "a PNG of at most 2500 x 1250 pixels.",
  ],
  [
    "smaller where there are too many bytes",
    image(8_000_000, 3_000, 1_500, "jpeg"),
    [haiku, luna],
    "a JPEG of at most 1892 x 946 pixels.",
  ],
  [
    "of the same size where only the format is wrong",
    image(1_000, 4_000, 3_000, "webp"),
    [grok, luna],
    "a JPEG, or a PNG if it has transparency, of the same size.",
  ],
];
for (const [what, given, models, offer] of OFFERS) {
  Deno.test(`the error offers a copy ${what}`, () => {
    const [misfit] = findMisfits([given], models);
    assert.ok(misfit?.target);
    const { message } = offerCopy(misfit);
    assert.ok(
      message.endsWith(
        `send "fit_images": true, and all models read the same copy of it: ${offer}`,
      ),
      message,
    );
  });
}

Deno.test("no copy is offered of an image that Storage cannot shrink", () => {
  const [misfit] = findMisfits([image(4_000_000, 9_000, 6_000, "jpeg")], [haiku]);
  assert.ok(misfit);
  assert.equal(misfit.target, null);
  assert.match(offerCopy(misfit).message, /cannot be made: the image has more than 50 megapixels/);
});
