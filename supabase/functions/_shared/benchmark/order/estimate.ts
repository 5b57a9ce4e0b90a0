import { predictThinking, roomFor } from "../../models/calls/reasoning.ts";
import { boundTextTokens, predictTextTokens } from "../../models/count_text_tokens.ts";
import { boundImageTokens, predictImageTokens } from "../../models/count_tokens.ts";
import type { ImageSize } from "../../models/image.ts";
import { type ModelPrices, tokenPricesOf } from "../../models/model_prices.ts";
import { boundTokenCost, priceTokens } from "../../models/token_prices.ts";
import type { JsonValue } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { roundUsd } from "../../platform/round_usd.ts";
import type { ConfigSnapshot, SnapshotModel } from "../snapshot.ts";
import { buildPrompt } from "../prompt.ts";

/** Properties of a model that determine the cost of a run: USD per token, USD per image, limits. */
export type PricedModel =
  & ModelPrices
  & Pick<SnapshotModel, "id" | "context_length" | "supports_structured_output">
  & Partial<Pick<SnapshotModel, "base_url_key" | "schema_regime" | "reasoning">>
  & {
    /** Largest number of tokens in one answer, thinking included; null or absent if unknown. */
    readonly max_output_tokens?: number | null;
  };

/** Properties of a benchmark that determine the cost of a run. */
export interface EstimatedRun extends Pick<ConfigSnapshot, "prompt" | "json_schema"> {
  /** Largest number of tokens in an answer, without thinking. */
  readonly max_output_tokens: number;
  /** Sample images. A size in pixels is null if it could not be read. */
  readonly images: readonly { readonly size: ImageSize | null; readonly expected: JsonValue }[];
}

/** Costs in USD of one run of one model, and its token limits. */
export interface RunCost {
  /** Predicted cost of a run, the mean over the images. */
  readonly predicted: number;
  /** Highest cost of a run with any of the images. It is reserved before a call. */
  readonly upperBound: number;
  /** Predicted time of one call in seconds, the mean over the images. */
  readonly seconds: number;
  /** Token limit of the first call, thinking included. */
  readonly outputLimit: number;
  /**
   * Token limit of a second call if the first was cut off; null if the first limit is the model's
   * own.
   */
  readonly raisedLimit: number | null;
}

/** Tokens for roles, separators and the provider's introduction of a schema. */
const ENVELOPE_TOKENS = 50;
const FEWEST_OUTPUT_TOKENS = 2_048;
const MOST_OUTPUT_TOKENS = 16_384;

/** Usual time until the first token of an answer about an image, in seconds. */
const SECONDS_TO_START = 2;
/** Usual speed of vision models. Faster ones only end earlier than predicted. */
const TOKENS_PER_SECOND = 60;

/**
 * Estimates one run of a model.
 *
 * Predicted: prompt and schema at four characters per token, the image as its family of models
 * counts it, an answer as long as the expected one at three characters per token (JSON is denser
 * than prose), and the thinking that is usual for the effort. Caching is not assumed.
 *
 * Upper bound: one token per byte of text, twice the image's tokens, and an answer of the whole
 * output limit, within the model's context length. The same is added with the raised limit, since a
 * call that our limit ended is repeated. Both calls are reserved, so that there is always budget
 * for the second.
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
  let outputTokens = 0;
  for (const { expected, predictedInput, boundInput } of images) {
    const output = Math.min(limits.outputLimit, predictOutputTokens(expected) + thinking);
    outputTokens += output;
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
    seconds: SECONDS_TO_START + outputTokens / images.length / TOKENS_PER_SECOND,
    ...limits,
  };
}

/**
 * Returns a limit with room for the answer and thinking, and twice that limit, within the model's
 * own.
 */
function limitOutput(
  model: PricedModel,
  answerTokens: number,
  inputTokens: number,
): Pick<RunCost, "outputLimit" | "raisedLimit"> {
  const most = Math.min(
    model.max_output_tokens ?? Infinity,
    // The input is only a prediction, so twice as much is left for it in the context.
    Math.max(FEWEST_OUTPUT_TOKENS, model.context_length - 2 * inputTokens),
  );
  const outputLimit = Math.min(most, roomFor(model, answerTokens));
  return { outputLimit, raisedLimit: outputLimit < most ? Math.min(most, 2 * outputLimit) : null };
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
