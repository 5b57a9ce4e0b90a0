import { z } from "zod";
import type { Reasoning } from "../calls/reasoning.ts";
import { type Effort, EFFORTS } from "../contestant.ts";
import type { ListFormat } from "../providers.ts";
import { flattenTiers, type ListedRates, type LongContextRates } from "./flatten_tiers.ts";

/** Kind of input that a model reads. */
export type Modality = "text" | "image" | "file";

/** Reasoning of a model as its provider's list describes it. */
export interface ListedReasoning {
  readonly kind: Reasoning;
  /** Efforts that the model takes. */
  readonly efforts: readonly Effort[];
}

/** Prices of a model. */
export interface ListedPrices extends ListedRates {
  /** Null where the list names none. */
  readonly longContext: LongContextRates | null;
}

/** A model as its provider lists it. A field is null if the list does not give it. */
export interface ListedModel {
  /** Its name at the provider. */
  readonly name: string;
  /** Other names that the provider takes for it. */
  readonly aliases: readonly string[];
  /** For people. */
  readonly title: string | null;
  /** The company that made it. */
  readonly vendor: string | null;
  readonly inputModalities: readonly Modality[] | null;
  readonly writesText: boolean;
  readonly prices: ListedPrices | null;
  readonly contextLength: number | null;
  readonly maxOutputTokens: number | null;
  readonly structuredOutput: boolean | null;
  readonly reasoning: ListedReasoning | null;
  /** True if the list gives dates of retirement. */
  readonly tellsEnds: boolean;
  /** First day on which the model may be unavailable, such as `2027-01-14`; null for none. */
  readonly retiresOn: string | null;
  /** Name of the model that the list recommends instead; null for none. */
  readonly replacement: string | null;
}

/** The answer is not a list of models, or an empty one. */
export class UnreadableListError extends Error {
  override readonly name = "UnreadableListError";
}

/**
 * Reads a provider's answer to `GET /models`. Skips single entries that cannot be read.
 *
 * @throws {UnreadableListError} if the answer is not a list, holds no model, or more than a tenth
 * of it cannot be read: models that were not understood must not count as gone.
 */
export function readModelList(format: ListFormat, body: unknown): ListedModel[] {
  const list = listSchema.safeParse(body);
  if (!list.success) throw new UnreadableListError("the answer is not a list of models");
  const entries = list.data.data;
  const read = entries.map(READERS[format]);
  const unread = read.filter((entry) => entry === null).length;
  if (unread * 10 > entries.length) {
    throw new UnreadableListError(`${unread} of ${entries.length} models cannot be read`);
  }
  const models = read.filter((entry) => entry !== null && entry !== "inactive");
  if (models.length === 0) throw new UnreadableListError("the list holds no model");
  return models;
}

const listSchema = z.object({ data: z.array(z.unknown()) });

const UNSAID = {
  aliases: [],
  title: null,
  vendor: null,
  inputModalities: null,
  writesText: true,
  prices: null,
  contextLength: null,
  maxOutputTokens: null,
  structuredOutput: null,
  reasoning: null,
  tellsEnds: false,
  retiresOn: null,
  replacement: null,
} as const satisfies Omit<ListedModel, "name">;

const name = z.string().min(1).max(200);
const tokens = z.int().positive().nullish().catch(null);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}/).transform((text) => text.slice(0, 10))
  .nullish().catch(null);
/** USD per token: `"0.0000001"`. A negative one means that the price depends on the call. */
const usd = z.string().regex(/^\d+(\.\d+)?(e-?\d+)?$/i);

/**
 * Reads an entry. Null if it cannot be read, `inactive` if the provider does not serve the model.
 */
type Reader = (entry: unknown) => ListedModel | "inactive" | null;

const READERS: Readonly<Record<ListFormat, Reader>> = {
  openrouter: readOpenRouter,
  openai: readOpenAi,
  google: (entry) => {
    const read = readOpenAi(entry);
    return read === null || read === "inactive"
      ? read
      : { ...read, name: read.name.replace(/^models\//, "") };
  },
  anthropic: readAnthropic,
  mistral: readMistral,
};

const price = usd.optional().catch(undefined);
/** Prices that hold if all conditions do. A price that is absent is that of other calls. */
const overrideSchema = z.object({
  min_prompt_tokens: z.int().positive(),
  /** Hours and days at which it holds: a price that names them is skipped. */
  utc_start: z.never().optional(),
  utc_end: z.never().optional(),
  utc_days: z.never().optional(),
  prompt: price,
  completion: price,
  input_cache_read: price,
}).nullable().catch(null);
const openRouterPricingSchema = z.object({
  prompt: usd,
  completion: usd,
  input_cache_read: price,
  overrides: z.array(overrideSchema).nullish().catch(null),
});

const openRouterSchema = z.object({
  id: name,
  canonical_slug: name.nullish().catch(null),
  name: z.string().nullish().catch(null),
  context_length: tokens,
  architecture: z.object({
    input_modalities: z.array(z.string()).nullish(),
    output_modalities: z.array(z.string()).nullish(),
  }).nullish().catch(null),
  pricing: openRouterPricingSchema.nullish().catch(null),
  top_provider: z.object({ max_completion_tokens: tokens }).nullish().catch(null),
  supported_parameters: z.array(z.string()).nullish().catch(null),
  /** Absent for models that take no effort. */
  reasoning: z.object({
    mandatory: z.boolean().catch(false),
    /** Null: all efforts that OpenRouter knows. */
    supported_efforts: z.array(z.string().nullable()).nullish(),
  }).nullish().catch(null),
  expiration_date: day,
});

function readOpenRouter(entry: unknown): ListedModel | null {
  const parsed = openRouterSchema.safeParse(entry);
  if (!parsed.success) return null;
  const { data } = parsed;
  const parameters = data.supported_parameters;
  const [, vendor = null, title = data.name ?? null] = /^([^:]+): (.+)$/.exec(data.name ?? "") ??
    [];
  const { pricing } = data;
  return {
    ...UNSAID,
    name: data.id,
    aliases: data.canonical_slug == null ? [] : [data.canonical_slug],
    title,
    vendor,
    inputModalities: readModalities(data.architecture?.input_modalities),
    writesText: data.architecture?.output_modalities?.includes("text") ?? true,
    prices: pricing == null ? null : readOpenRouterPrices(pricing),
    contextLength: data.context_length ?? null,
    maxOutputTokens: data.top_provider?.max_completion_tokens ?? null,
    structuredOutput: parameters?.includes("structured_outputs") ?? null,
    reasoning: readOpenRouterReasoning(data.reasoning ?? null, parameters ?? null),
    tellsEnds: true,
    retiresOn: data.expiration_date ?? null,
  };
}

function readOpenRouterPrices(said: z.output<typeof openRouterPricingSchema>): ListedPrices {
  const { prompt, completion, input_cache_read, overrides } = said;
  const base = { input: prompt, cachedInput: input_cache_read ?? prompt, output: completion };
  const tiers = (overrides ?? []).filter((override) => override !== null).map((override) => ({
    // Read as genai-prices does. A call of exactly so many tokens may already be long; OpenRouter
    // states its cost.
    above: override.min_prompt_tokens,
    input: override.prompt ?? base.input,
    cachedInput: override.input_cache_read ?? input_cache_read ?? override.prompt ?? base.input,
    output: override.completion ?? base.output,
  }));
  return { ...base, longContext: flattenTiers(base, tiers) };
}

function readOpenRouterReasoning(
  said: z.output<typeof openRouterSchema>["reasoning"],
  parameters: readonly string[] | null,
): ListedReasoning | null {
  if (said == null) {
    if (parameters === null) return null;
    // It thinks, and takes no effort.
    return { kind: parameters.includes("reasoning") ? "optional" : "none", efforts: [] };
  }
  const { mandatory, supported_efforts } = said;
  const efforts = EFFORTS.filter((effort) =>
    (supported_efforts == null || supported_efforts.includes(effort)) &&
    !(mandatory && effort === "none")
  );
  return { kind: mandatory ? "mandatory" : "optional", efforts };
}

const openAiSchema = z.object({
  id: name,
  // Groq's, and vLLM's name for the first.
  context_window: tokens,
  max_model_len: tokens,
  max_completion_tokens: tokens,
  active: z.boolean().nullish().catch(null),
});

function readOpenAi(entry: unknown): ListedModel | "inactive" | null {
  const parsed = openAiSchema.safeParse(entry);
  if (!parsed.success) return null;
  if (parsed.data.active === false) return "inactive";
  const { data } = parsed;
  return {
    ...UNSAID,
    name: data.id,
    contextLength: data.context_window ?? data.max_model_len ?? null,
    maxOutputTokens: data.max_completion_tokens ?? null,
  };
}

const supported = z.object({ supported: z.boolean() }).nullish().catch(null);
const anthropicSchema = z.object({
  id: name,
  display_name: z.string().nullish().catch(null),
  max_input_tokens: tokens,
  max_tokens: tokens,
  capabilities: z.object({
    image_input: supported,
    pdf_input: supported,
    structured_outputs: supported,
  }).nullish().catch(null),
});

function readAnthropic(entry: unknown): ListedModel | null {
  const parsed = anthropicSchema.safeParse(entry);
  if (!parsed.success) return null;
  const { data } = parsed;
  const { image_input, pdf_input, structured_outputs } = data.capabilities ?? {};
  return {
    ...UNSAID,
    name: data.id,
    title: data.display_name ?? null,
    vendor: "Anthropic",
    inputModalities: image_input == null ? null : readModalities([
      "text",
      ...image_input.supported ? ["image"] : [],
      ...pdf_input?.supported === true ? ["file"] : [],
    ]),
    contextLength: data.max_input_tokens ?? null,
    maxOutputTokens: data.max_tokens ?? null,
    structuredOutput: structured_outputs?.supported ?? null,
  };
}

const mistralSchema = z.object({
  id: name,
  name: z.string().nullish().catch(null),
  aliases: z.array(z.string()).nullish().catch(null),
  max_context_length: tokens,
  capabilities: z.object({
    completion_chat: z.boolean().nullish(),
    vision: z.boolean().nullish(),
  }).nullish().catch(null),
  deprecation: day,
  deprecation_replacement_model: name.nullish().catch(null),
});

function readMistral(entry: unknown): ListedModel | null {
  const parsed = mistralSchema.safeParse(entry);
  if (!parsed.success) return null;
  const { data } = parsed;
  const vision = data.capabilities?.vision;
  return {
    ...UNSAID,
    name: data.id,
    aliases: data.aliases ?? [],
    title: data.name ?? null,
    vendor: "Mistral",
    inputModalities: vision == null ? null : vision ? ["text", "image"] : ["text"],
    writesText: data.capabilities?.completion_chat ?? true,
    contextLength: data.max_context_length ?? null,
    tellsEnds: true,
    retiresOn: data.deprecation ?? null,
    replacement: data.deprecation_replacement_model ?? null,
  };
}

function readModalities(said: readonly string[] | null | undefined): readonly Modality[] | null {
  if (said == null) return null;
  const known: readonly Modality[] = ["text", "image", "file"];
  return known.filter((modality) => modality === "text" || said.includes(modality));
}
