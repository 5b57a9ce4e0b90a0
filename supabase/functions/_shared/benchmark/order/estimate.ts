import { predictThinking, roomFor } from "../../models/calls/reasoning.ts";
import {
  boundImageTokens,
  boundTextTokens,
  predictImageTokens,
  predictTextTokens,
} from "../../models/count_tokens.ts";
import type { ImageSize } from "../../models/image.ts";
import { type ModelPrices, tokenPricesOf } from "../../models/model_prices.ts";
import { boundTokenCost, priceTokens } from "../../models/token_prices.ts";
import type { JsonValue } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { roundUsd } from "../../platform/round_usd.ts";
import type { ConfigSnapshot, SnapshotModel } from "../snapshot.ts";
import { buildPrompt } from "../prompt.ts";

/** What of a model decides the cost of a run: prices in USD a token and USD an image. */
export type PricedModel =
  & ModelPrices
  & Pick<SnapshotModel, "id" | "context_length" | "supports_structured_output">
  & Partial<Pick<SnapshotModel, "base_url_key" | "schema_regime" | "reasoning">>
  & {
    /** Most tokens of one answer, thinking included; null or absent where nobody says. */
    readonly max_output_tokens?: number | null;
  };

/** What of a benchmark decides the cost of a run. */
export interface EstimatedRun extends Pick<ConfigSnapshot, "prompt" | "json_schema"> {
  /** Room for the answer, without thinking. */
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
  /** Tokens that the first call may write, thinking included. */
  readonly outputLimit: number;
  /** Tokens of a second call, where that limit ended the first; null where it is the model's own. */
  readonly raisedLimit: number | null;
}

// Roles, separators and how a provider introduces a schema.
const ENVELOPE_TOKENS = 50;
const FEWEST_OUTPUT_TOKENS = 2_048;
const MOST_OUTPUT_TOKENS = 16_384;

/**
 * Estimates one run of a model.
 *
 * Predicted: prompt and schema at four characters a token, the image as its family of
 * models counts it, an answer as long as the expected one at three characters a token (JSON is
 * denser than prose), and the thinking that is usual for the effort. Caching is not counted on.
 *
 * Upper bound: a token a byte of text, twice the image's tokens, and the output limit written in full,
 * within the model's context length; and the same once more with the raised limit, since a call that our
 * limit ended is repeated. Both are reserved, so that the second never has to be left out.
 */
export function estimateRunCost(model: PricedModel, run: EstimatedRun): RunCost {
  const { prompt, structuredOutput } = buildPrompt(run, model);
  const text = structuredOutput === null ? prompt : prompt + writeJson(structuredOutput.schema);
  const predictedText = ENVELOPE_TOKENS + predictTextTokens(text);
  const boundText = 4 * ENVELOPE_TOKENS + boundTextTokens(text);
  const images = run.images.map(({ size, expected }) => ({
    expected,
    predictedInput: predictedText + predictImageTokens(model.id, size),
    boundInput: Math.min(model.context_length, boundText + boundImageTokens(model.id, size)),
  }));
  const longestInput = Math.max(...images.map(({ predictedInput }) => predictedInput));
  const limits = limitOutput(model, run.max_output_tokens, longestInput);

  const thinking = predictThinking(model);
  const prices = tokenPricesOf(model);
  let predicted = 0;
  let upperBound = 0;
  for (const { expected, predictedInput, boundInput } of images) {
    const output = Math.min(limits.outputLimit, predictOutputTokens(expected) + thinking);
    predicted += model.image_price +
      priceTokens({ inputTokens: predictedInput, cachedTokens: 0, outputTokens: output }, prices);
    const bounds = [limits.outputLimit, limits.raisedLimit].map((limit) =>
      limit === null ? 0 : model.image_price +
        boundTokenCost({ inputTokens: boundInput, outputTokens: limit }, prices)
    );
    upperBound = Math.max(upperBound, bounds.reduce((sum, bound) => sum + bound));
  }
  predicted /= images.length;
  return {
    predicted: roundUsd(predicted),
    upperBound: roundUsd(Math.max(predicted, upperBound)),
    ...limits,
  };
}

/** Room for the answer and for thinking, then twice as much, as far as the model goes. */
function limitOutput(
  model: PricedModel,
  answerTokens: number,
  inputTokens: number,
): Pick<RunCost, "outputLimit" | "raisedLimit"> {
  const most = Math.min(
    model.max_output_tokens ?? Infinity,
    // The input is only predicted: twice as much leaves the answer within the context.
    Math.max(FEWEST_OUTPUT_TOKENS, model.context_length - 2 * inputTokens),
  );
  const outputLimit = Math.min(most, roomFor(model, answerTokens));
  return {
    outputLimit,
    raisedLimit: outputLimit < most ? Math.min(most, 2 * outputLimit) : null,
  };
}

/**
 * Returns the largest number of tokens in an answer, thinking excluded. It is four times the
 * predicted tokens of the longest expected answer, but at least 2,048 and at most 16,384. The
 * factor leaves room for white space and other tokenizers.
 */
export function chooseMaxOutputTokens(expected: readonly JsonValue[]): number {
  const longest = Math.max(0, ...expected.map(predictOutputTokens));
  return Math.min(MOST_OUTPUT_TOKENS, Math.max(FEWEST_OUTPUT_TOKENS, 4 * longest));
}

function predictOutputTokens(expected: JsonValue): number {
  return Math.ceil(writeJson(expected).length / 3);
}
