import type { ImageSize } from "../benchmark/image.ts";
import type { ConfigSnapshot, ModelPrices, SnapshotModel } from "../benchmark/config.ts";
import type { JsonValue } from "../benchmark/json_value.ts";
import { buildPrompt } from "../benchmark/prompt.ts";
import {
  boundImageTokens,
  boundTextTokens,
  predictImageTokens,
  predictTextTokens,
} from "./count_tokens.ts";
import { roundUsd } from "./round_usd.ts";
import { writeJson } from "../benchmark/lossless_json.ts";

/** What of a model decides the cost of a run: prices in USD a token and USD an image. */
export type PricedModel =
  & ModelPrices
  & Pick<SnapshotModel, "id" | "context_length" | "supports_structured_output">
  & Partial<Pick<SnapshotModel, "base_url_key" | "schema_regime">>;

/** What of a benchmark decides the cost of a run. */
export interface EstimatedRun extends Pick<ConfigSnapshot, "prompt" | "json_schema"> {
  readonly max_output_tokens: number;
  readonly images: readonly EstimatedImage[];
}

/** A sample image; its size in pixels is null where it could not be read. */
export interface EstimatedImage {
  readonly size: ImageSize | null;
  readonly expected: JsonValue;
}

/** USD for one run of one model. */
export interface RunCost {
  /** What a run is predicted to cost, the mean over the images. */
  readonly predicted: number;
  /** What no run should exceed, whatever image it reads: the reservation before a call. */
  readonly upperBound: number;
}

// Roles, separators and how a provider introduces a schema.
const ENVELOPE_TOKENS = 50;
const FEWEST_OUTPUT_TOKENS = 2_048;
const MOST_OUTPUT_TOKENS = 16_384;

/**
 * Estimates one run of a model.
 *
 * Predicted: prompt and schema at four characters a token, the image as its family of
 * models counts it, and an answer as long as the expected one at three characters a token (JSON is
 * denser than prose). Caching is not counted on. Upper bound: a token a byte of text, twice the
 * image's tokens, `max_output_tokens` written in full, within the model's context length.
 */
export function estimateRunCost(model: PricedModel, run: EstimatedRun): RunCost {
  const { prompt, structuredOutput } = buildPrompt(run, model);
  const text = structuredOutput === null ? prompt : prompt + writeJson(structuredOutput.schema);
  const predictedText = ENVELOPE_TOKENS + predictTextTokens(text);
  const boundText = 4 * ENVELOPE_TOKENS + boundTextTokens(text);

  let predicted = 0;
  let upperBound = 0;
  for (const { size, expected } of run.images) {
    predicted += price(
      model,
      predictedText + predictImageTokens(model.id, size),
      Math.min(run.max_output_tokens, predictOutputTokens(expected)),
    );
    const boundInput = Math.min(
      model.context_length,
      boundText + boundImageTokens(model.id, size),
    );
    upperBound = Math.max(upperBound, price(model, boundInput, run.max_output_tokens));
  }
  predicted /= run.images.length;
  return {
    predicted: roundUsd(predicted),
    upperBound: roundUsd(Math.max(predicted, upperBound)),
  };
}

/**
 * How many tokens a model may write: four times the longest expected answer, so that white space
 * and a different tokenizer cut nothing off, from 2,048 (which leaves room to think) to 16,384.
 */
export function chooseMaxOutputTokens(expected: readonly JsonValue[]): number {
  const longest = Math.max(0, ...expected.map(predictOutputTokens));
  return Math.min(MOST_OUTPUT_TOKENS, Math.max(FEWEST_OUTPUT_TOKENS, 4 * longest));
}

function predictOutputTokens(expected: JsonValue): number {
  return Math.ceil(writeJson(expected).length / 3);
}

function price(model: ModelPrices, inputTokens: number, outputTokens: number): number {
  return inputTokens * model.input_price + outputTokens * model.output_price + model.image_price;
}
