import { type AnswerLimit, limitAnswer, limitGrade } from "../models/calls/token_limit.ts";
import type { RunParameters } from "../models/calls/parameters.ts";
import { predictThinking } from "../models/calls/reasoning.ts";
import { boundTextTokens } from "../models/count_text_tokens.ts";
import { boundTokenCost, priceTokens, type TokenPrices } from "../models/token_prices.ts";
import type { FieldSize } from "./prompt_catalogue.ts";
import { splitTemplate } from "./render_prompt.ts";

/** Run to estimate. */
export interface EstimatedRun {
  readonly body: string;
  readonly rows: number;
  readonly repeats: number;
  readonly models: readonly {
    readonly label: string;
    /** The provider's name for the model, with its effort: `gpt-oss-20b#high`. */
    readonly model: string;
    readonly prices: TokenPrices | null;
  }[];
  readonly parameters: RunParameters;
  /** Lengths of the values by placeholder. */
  readonly fields: ReadonlyMap<string, FieldSize>;
  /** Grader prompt, model and prices; null unless a model grades. */
  readonly grader: {
    readonly body: string;
    readonly model: string;
    readonly prices: TokenPrices | null;
  } | null;
}

/** Predicted cost of a run in USD. Amounts are null if a model has no price. */
export interface RunEstimate {
  readonly total_usd: number | null;
  readonly cells: number;
  readonly ceiling_usd: number;
  readonly grading_usd: number | null;
  readonly per_model: readonly {
    readonly label: string;
    readonly usd_per_call: number | null;
    readonly total_usd: number | null;
  }[];
}

/** Estimate of a run and the reservation of each call. */
interface PricedRun {
  readonly estimate: RunEstimate;
  /** Highest possible cost of a call in USD, in the order of the models; 0 without a price. */
  readonly reservations: readonly number[];
  readonly gradingReservation: number;
}

/** Tokens of roles and separators around a prompt. */
const ENVELOPE_TOKENS = 10;
const CHARACTERS_PER_TOKEN = 4;
/** Assumed lengths of an answer and of a grade. */
const ANSWER_TOKENS = 200;
const USUAL_GRADE_TOKENS = 60;

/**
 * Estimates the cost of a run and the reservation of each call.
 *
 * The estimate assumes four characters per token, and an answer of 200 tokens after the usual thinking,
 * or the token limit if it is lower. The reservation is an upper bound: one token per byte of the
 * longest values, and an answer up to the token limit. If the limit is ours and not the caller's, it
 * includes a second call with the raised limit.
 */
export function estimatePromptRun(run: EstimatedRun, ceilingUsd: number): PricedRun {
  const { rows, repeats, parameters, grader } = run;
  const calls = rows * repeats;
  const task = measure(run.body, run.fields);
  const answer = Math.min(ANSWER_TOKENS, parameters.max_tokens ?? Infinity);
  const models = run.models.map(({ label, model, prices }) => {
    const { limit, raised } = limitAnswer(model, parameters);
    const output = Math.min(limit, answer + predictThinking({ id: model }));
    const usd_per_call = prices === null ? null : price(prices, task.mean, output);
    return {
      label,
      usd_per_call,
      total_usd: usd_per_call === null ? null : usd_per_call * calls,
      limit,
      reservation: prices === null ? 0 : bound(prices, task.most, { limit, raised }),
    };
  });
  let grading: number | null = 0;
  let gradingReservation = 0;
  if (grader !== null) {
    const given = measure(
      grader.body,
      new Map([
        ...run.fields,
        ["input", toSize(task)],
        [
          "output",
          {
            mean: answer * CHARACTERS_PER_TOKEN,
            most: Math.max(...models.map(({ limit }) => limit)) * CHARACTERS_PER_TOKEN,
          },
        ],
      ]),
    );
    const { prices } = grader;
    grading = prices === null
      ? null
      : price(prices, given.mean, USUAL_GRADE_TOKENS) * calls * models.length;
    gradingReservation = prices === null ? 0 : bound(prices, given.most, limitGrade(grader.model));
  }
  return {
    estimate: {
      total_usd: sum([...models.map(({ total_usd }) => total_usd), grading]),
      cells: calls * models.length,
      ceiling_usd: ceilingUsd,
      grading_usd: grading,
      per_model: models.map(({ label, usd_per_call, total_usd }) => ({
        label,
        usd_per_call,
        total_usd,
      })),
    },
    reservations: models.map(({ reservation }) => reservation),
    gradingReservation,
  };
}

interface Tokens {
  readonly mean: number;
  readonly most: number;
}

function measure(body: string, fields: ReadonlyMap<string, FieldSize>): Tokens {
  const { text, names } = splitTemplate(body);
  let mean = text.length;
  let most = boundTextTokens(text);
  for (const name of names) {
    const size = fields.get(name);
    mean += size?.mean ?? 0;
    most += size?.most ?? 0;
  }
  return {
    mean: ENVELOPE_TOKENS + Math.ceil(mean / CHARACTERS_PER_TOKEN),
    most: 4 * ENVELOPE_TOKENS + most,
  };
}

function toSize({ mean, most }: Tokens): FieldSize {
  return { mean: mean * CHARACTERS_PER_TOKEN, most };
}

/** Returns the highest possible cost of a call and of the second one after our limit cut it off. */
function bound(prices: TokenPrices, input: number, { limit, raised }: AnswerLimit): number {
  const boundOf = (outputTokens: number) =>
    boundTokenCost({ inputTokens: input, outputTokens }, prices);
  return boundOf(limit) + (raised === null ? 0 : boundOf(raised));
}

function price(prices: TokenPrices, inputTokens: number, outputTokens: number): number {
  return priceTokens({ inputTokens, cachedTokens: 0, outputTokens }, prices);
}

function sum(amounts: readonly (number | null)[]): number | null {
  return amounts.reduce<number | null>(
    (total, amount) => total === null || amount === null ? null : total + amount,
    0,
  );
}
