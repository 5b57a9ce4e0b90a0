import type { Reasoning } from "../calls/reasoning.ts";
import type { Effort } from "../contestant.ts";
import type { Provider } from "../providers.ts";
import type { ListedModel, ListedPrices, Modality } from "./read_model_list.ts";
import { isSameModel } from "./same_model.ts";

/**
 * Data of one model from a provider's list, as `private.apply_model_list` takes it. A field is null
 * if the list does not give it.
 */
export interface ListEntry {
  /** Id in the catalogue. */
  readonly id: string;
  readonly name: string;
  readonly vendor: string | null;
  readonly input_modalities: readonly Modality[] | null;
  readonly input_price: string | null;
  readonly cached_input_price: string | null;
  readonly output_price: string | null;
  readonly long_context_above: number | null;
  readonly long_context_input_price: string | null;
  readonly long_context_cached_input_price: string | null;
  readonly long_context_output_price: string | null;
  readonly context_length: number | null;
  readonly max_output_tokens: number | null;
  readonly supports_structured_output: boolean | null;
  readonly reasoning: Reasoning | null;
  readonly reasoning_efforts: readonly Effort[] | null;
  readonly tells_ends: boolean;
  readonly retires_at: string | null;
  readonly successor: string | null;
  /** Source of its prices. */
  readonly source: string;
}

/** Returns a model's prices at a moment, for providers whose lists give none; null if unknown. */
export type FindPrices = (provider: string, model: string, at: Date) => ListedPrices | null;

/** Sources of {@link matchModels} for data that a list does not give. */
export interface MatchOptions {
  /** Source of prices that the list omits. Without it, models keep their prices. */
  readonly findPrices?: FindPrices | undefined;
  readonly now: Date;
}

/** Form of the ids in `models`. */
const MODEL_ID = /^[a-z0-9.-]+(\/[A-Za-z0-9._:@+-]+)+$/;

/** Names that may mean another model next month. */
const MOVING_NAME = /^~|-latest$|^openrouter\/|:/;

/**
 * Matches a provider's list with the models that the catalogue has of it. Returns an entry for each
 * of those that is listed, and one for each listed model that reads images, writes text, has a
 * price and is new.
 */
export function matchModels(
  provider: Provider,
  knownIds: readonly string[],
  listed: readonly ListedModel[],
  options: MatchOptions,
): ListEntry[] {
  const names = indexNames(listed);
  const matched = knownIds.flatMap((id) => {
    const model = findListed(provider, id, listed, names);
    return model === undefined ? [] : [{ id, model }];
  });
  const today = options.now.toISOString().slice(0, 10);
  const taken = new Set(matched.map(({ model }) => model));
  const known = new Set(knownIds);
  const fresh = listed.filter((model) =>
    !taken.has(model) && isWorthOffering(model) && (model.retiresOn ?? "9999") > today
  ).map((model) => ({ id: idOf(provider, model.name), model }))
    .filter(({ id }) => MODEL_ID.test(id) && !known.has(id));
  return [
    ...matched.map(({ id, model }) => toEntry(provider, id, model, options)),
    ...fresh.map(({ id, model }) => toEntry(provider, id, model, options))
      .filter(({ input_price }) => input_price !== null),
  ];
}

/**
 * Returns true if a provider lists a model, by the model's name there or its id in the catalogue.
 */
export function isListed(
  provider: Provider,
  name: string,
  listed: readonly ListedModel[],
): boolean {
  return findListed(provider, name, listed, indexNames(listed)) !== undefined;
}

function isWorthOffering(model: ListedModel): boolean {
  return model.writesText && model.contextLength !== null && !MOVING_NAME.test(model.name) &&
    model.inputModalities?.includes("image") === true;
}

function indexNames(listed: readonly ListedModel[]): ReadonlyMap<string, ListedModel> {
  return new Map([
    ...listed.flatMap((model) => model.aliases.map((alias) => [alias, model] as const)),
    // Last, so that a model's own name wins over another's alias.
    ...listed.map((model) => [model.name, model] as const),
  ]);
}

function findListed(
  provider: Provider,
  id: string,
  listed: readonly ListedModel[],
  names: ReadonlyMap<string, ListedModel>,
): ListedModel | undefined {
  const prefix = `${provider.name}/`;
  const name = provider.slug === "bare" && id.startsWith(prefix) ? id.slice(prefix.length) : id;
  // OpenRouter takes `:free`, `:nitro` and the like after any name, and only names that it lists.
  if (provider.list === "openrouter") {
    return names.get(name) ?? names.get(name.replace(/:[a-z]+$/, ""));
  }
  return names.get(name) ?? listed.find((model) => isSameModel(name, model.name));
}

function idOf(provider: Provider, name: string): string {
  return provider.slug === "whole" ? name : `${provider.name}/${name}`;
}

function toEntry(
  provider: Provider,
  id: string,
  model: ListedModel,
  { findPrices, now }: MatchOptions,
): ListEntry {
  const found = model.prices === null && provider.pricesAt !== null
    ? findPrices?.(provider.pricesAt, model.name, now) ?? null
    : null;
  const prices: ListedPrices | null = model.prices ?? found;
  return {
    id,
    name: model.title ?? model.name,
    vendor: model.vendor,
    input_modalities: model.inputModalities,
    input_price: prices?.input ?? null,
    cached_input_price: prices?.cachedInput ?? null,
    output_price: prices?.output ?? null,
    long_context_above: prices?.longContext?.above ?? null,
    long_context_input_price: prices?.longContext?.input ?? null,
    long_context_cached_input_price: prices?.longContext?.cachedInput ?? null,
    long_context_output_price: prices?.longContext?.output ?? null,
    context_length: model.contextLength,
    max_output_tokens: model.maxOutputTokens,
    supports_structured_output: model.structuredOutput,
    reasoning: model.reasoning?.kind ?? null,
    reasoning_efforts: model.reasoning?.efforts ?? null,
    tells_ends: model.tellsEnds,
    retires_at: model.retiresOn,
    successor: model.replacement === null ? null : idOf(provider, model.replacement),
    source: found === null ? `models of ${provider.name}` : "genai-prices",
  };
}
