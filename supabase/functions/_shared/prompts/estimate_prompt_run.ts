import { type AnswerLimit, limitAnswer, limitGrade } from "../models/answers/limit_answer.ts";
import type { RunParameters } from "../models/calls/parameters.ts";
import { predictThinking } from "../models/calls/reasoning.ts";
import { boundTextTokens } from "../models/count_tokens.ts";
import { boundTokenCost, priceTokens, type TokenPrices } from "../models/token_prices.ts";
import type { FieldSize } from "./catalogue.ts";
import { splitTemplate } from "./render_prompt.ts";

/** What a run is priced by. */
export interface EstimatedRun {
  readonly body: string;
  readonly rows: number;
  readonly repeats: number;
  readonly models: readonly {
    readonly label: string;
    /** The contestant's name at its provider. */
    readonly model: string;
    readonly prices: TokenPrices | null;
  }[];
  readonly parameters: RunParameters;
  /** By the name of the placeholder. */
  readonly fields: ReadonlyMap<string, FieldSize>;
  /** Where a model grades: what it is given, its name, and its prices. */
  readonly grader: {
    readonly body: string;
    readonly model: string;
    readonly prices: TokenPrices | null;
  } | null;
}

/** What a run is predicted to cost, in USD; null where a model has no price. */
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

/** An estimate and what is set aside for each call. */
export interface PricedRun {
  readonly estimate: RunEstimate;
  /** USD a call takes at most, in the order of the models; 0 for one without a price. */
  readonly reservations: readonly number[];
  readonly gradingReservation: number;
}

/** Roles and separators. */
const ENVELOPE_TOKENS = 10;
const CHARACTERS_PER_TOKEN = 4;
/** What an answer and a grade are taken to be, where nothing is known of them. */
const ANSWER_TOKENS = 200;
const USUAL_GRADE_TOKENS = 60;

/**
 * Predicted: four characters a token, an answer of 200 tokens and the thinking before it, or what is
 * allowed. Upper bound: a token a byte of the longest values, and all that is allowed written; and where
 * the limit is ours, the same once more with the raised one.
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

/** The most that a call costs, and the one after it where our limit ends its answer. */
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
