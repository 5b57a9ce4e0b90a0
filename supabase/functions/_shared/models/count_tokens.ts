import type { ImageSize } from "./image.ts";
import { bareName } from "./vendor.ts";

/**
 * Size of an A4 page scanned at 200 dots per inch, about that of a photographed receipt or invoice.
 */
const TYPICAL_SIZE: ImageSize = { width: 1654, height: 2339 };

type CountTokens = (size: ImageSize) => number;

/**
 * Formulas by which families of models count an image, by the model's id without its provider. The
 * first match counts. Vendors change these without notice, so they are estimates. Sources, read in
 * November 2026:
 * - OpenAI, "Images and vision": 512-pixel tiles or 32-pixel patches, by model. Since gpt-5.4 there
 *   are 2,500 patches at `high` and 10,000 at `original`, and the default differs by model: 5,000
 *   are within a factor of 2 of both. For gpt-5.4-mini and -nano the guide and bills differ (1.62
 *   and 2.46 against 1.2 tokens per patch);
 * - Anthropic, "Vision": width × height / 750, scaled down to 4,784 tokens (older models 1,600);
 * - Google, "Understand and count tokens": 258 a tile of two thirds of the short side, 256 to 768
 *   pixels; Gemini 3 spends 1,120 an image, Gemma 4 from 280 to 1,120;
 * - Qwen's model cards: one token for 28 × 28 pixels (Qwen 2), 32 × 32 (Qwen 3), at most 16,384;
 *   hosted models (plus, flash, max) 2,560 unless asked for more;
 * - xAI, "Image understanding": 256 a 448-pixel tile of at most six, and once more;
 * - Moonshot's and Meta's processors: 28-pixel patches up to 4,096, and 7 to 17 tiles of 144;
 * - Mistral, "Vision": a token for 16 × 16 pixels of at most 1024 × 1024 (28 × 28 of 1540 since
 *   3.1).
 */
const FAMILIES: readonly (readonly [RegExp, CountTokens])[] = [
  [/^gpt-4o-mini/, countTiles(2_833, 5_667)],
  [/^gpt-4\.1-mini|^gpt-5-mini/, countCappedPatches(1.62)],
  [/^gpt-4\.1-nano|^gpt-5-nano/, countCappedPatches(2.46)],
  [/^o4-mini/, countCappedPatches(1.72)],
  [/^gpt-4|^chatgpt-4/, countTiles(85, 170)],
  [/^gpt-5\.\d+-mini/, countCappedPatches(1.2)],
  [/^gpt-5\.\d+-nano/, countCappedPatches(1.7)],
  [/^gpt-(?:5\.|[6-9])/, (size) => Math.ceil(1.2 * Math.min(5_000, countPatches(size, 32)))],
  [/^gpt-5/, countTiles(70, 140)],
  [/^o[13]/, countTiles(75, 150)],
  [
    /^claude-(?:3|haiku-4|(?:sonnet|opus)-4(?![.-]?[7-9](?!\d)))/,
    (size) => Math.min(1_600, Math.ceil(area(size) / 750)),
  ],
  [/^claude/, (size) => Math.min(4_784, Math.ceil(area(size) / 750))],
  [/^gemini-[12]/, countGeminiTiles],
  [/^gemini/, () => 1_120],
  [/^gemma/, () => 560],
  [/^qwen-?2|^qwen-vl/, (size) => Math.min(16_384, countPatches(size, 28))],
  [/^qwen.*-(?:plus|flash|max)/, (size) => Math.min(5_120, countPatches(size, 32))],
  [/^qwen/, (size) => Math.min(16_384, countPatches(size, 32))],
  [/^pixtral/, (size) => countPatches(fitLongSide(size, 1_024), 16)],
  [/^grok/, (size) => 256 * (1 + Math.min(6, countPatches(size, 448)))],
  [/^kimi/, (size) => Math.min(4_096, countPatches(size, 28))],
  [/^llama/, () => 1_500],
  [/^(?:mistral|ministral)/, (size) => countPatches(fitLongSide(size, 1_540), 28)],
];

/**
 * Predicts the input tokens of an image for a model. For an unknown family it assumes 32-pixel
 * patches of 1.2 tokens, as the newest models count, up to 16,384; for an image of unknown size it
 * assumes a scanned page.
 */
export function predictImageTokens(modelId: string, size: ImageSize | null): number {
  const name = bareName(modelId);
  const family = FAMILIES.find(([pattern]) => pattern.test(name));
  return (family?.[1] ?? countUnknown)(size ?? TYPICAL_SIZE);
}

/** Returns the most tokens that an image is assumed to cost: twice the highest prediction. */
export function boundImageTokens(modelId: string, size: ImageSize | null): number {
  return 2 * Math.max(predictImageTokens(modelId, size), countUnknown(size ?? TYPICAL_SIZE));
}

function countUnknown(size: ImageSize): number {
  return Math.min(16_384, Math.ceil(1.2 * countPatches(size, 32)));
}

function area({ width, height }: ImageSize): number {
  return width * height;
}

function countPatches({ width, height }: ImageSize, side: number): number {
  return Math.ceil(width / side) * Math.ceil(height / side);
}

function countCappedPatches(tokensPerPatch: number): CountTokens {
  return (size) => Math.ceil(tokensPerPatch * Math.min(1_536, countPatches(size, 32)));
}

/**
 * Counts tiles of 512 pixels, after the image was fitted into 2048 × 2048 and its short side into
 * 768.
 */
function countTiles(base: number, perTile: number): CountTokens {
  return (size) => {
    const fitted = fitLongSide(size, 2_048);
    const scale = Math.min(1, 768 / Math.min(fitted.width, fitted.height));
    return base + perTile * countPatches(scaled(fitted, scale), 512);
  };
}

function countGeminiTiles(size: ImageSize): number {
  if (size.width <= 384 && size.height <= 384) return 258;
  const side = Math.floor(Math.min(size.width, size.height) / 1.5);
  return 258 * countPatches(size, Math.min(768, Math.max(256, side)));
}

function fitLongSide(size: ImageSize, longest: number): ImageSize {
  return scaled(size, Math.min(1, longest / Math.max(size.width, size.height)));
}

function scaled({ width, height }: ImageSize, scale: number): ImageSize {
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
