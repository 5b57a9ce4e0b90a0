import type { Provider } from "../providers.ts";
import type { ListedModel, ListedPrices } from "./read_model_list.ts";
import { isSameModel } from "./same_model.ts";

/**
 * Data of one model from a provider's list, as `private.apply_model_list` takes it; it ignores the
 * other members. The name is the one for people, and the successor an id in the catalogue. A field
 * is null if the list does not give it.
 */
export interface ListEntry extends Omit<ListedModel, "prices"> {
  /** Id in the catalogue. */
  readonly id: string;
  readonly input_price: string | null;
  readonly cached_input_price: string | null;
  readonly output_price: string | null;
  readonly long_context_above: number | null;
  readonly long_context_input_price: string | null;
  readonly long_context_cached_input_price: string | null;
  readonly long_context_output_price: string | null;
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
    !taken.has(model) && isWorthOffering(model) && (model.retires_at ?? "9999") > today
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
  return model.writes_text && model.context_length !== null && !MOVING_NAME.test(model.name) &&
    model.input_modalities?.includes("image") === true;
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
  { prices: listed, ...model }: ListedModel,
  { findPrices, now }: MatchOptions,
): ListEntry {
  const found = listed === null && provider.pricesAt !== null
    ? findPrices?.(provider.pricesAt, model.name, now) ?? null
    : null;
  const prices = listed ?? found;
  return {
    ...model,
    id,
    name: model.title ?? model.name,
    input_price: prices?.input ?? null,
    cached_input_price: prices?.cachedInput ?? null,
    output_price: prices?.output ?? null,
    long_context_above: prices?.longContext?.above ?? null,
    long_context_input_price: prices?.longContext?.input ?? null,
    long_context_cached_input_price: prices?.longContext?.cachedInput ?? null,
    long_context_output_price: prices?.longContext?.output ?? null,
    successor: model.successor === null ? null : idOf(provider, model.successor),
    source: found === null ? `models of ${provider.name}` : "genai-prices",
  };
}
