import { z } from "zod";
import type { Reasoning } from "../calls/reasoning.ts";
import { type Effort, EFFORTS } from "../contestant.ts";
import type { ListFormat } from "../providers.ts";
import { flattenTiers, type ListedRates, type LongContextRates } from "./flatten_tiers.ts";

/** Kind of input that a model reads. */
export type Modality = "text" | "image" | "file";

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
  readonly input_modalities: readonly Modality[] | null;
  readonly writes_text: boolean;
  readonly prices: ListedPrices | null;
  readonly context_length: number | null;
  readonly max_output_tokens: number | null;
  readonly supports_structured_output: boolean | null;
  readonly reasoning: Reasoning | null;
  /** Efforts that the model takes. */
  readonly reasoning_efforts: readonly Effort[] | null;
  /** True if the list gives dates of retirement. */
  readonly tells_ends: boolean;
  /** First day on which the model may be unavailable, such as `2027-01-14`; null for none. */
  readonly retires_at: string | null;
  /** Name of the model that the list recommends instead; null for none. */
  readonly successor: string | null;
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
  const read = entries.map((entry) => ENTRIES[format].safeParse(entry).data);
  const unread = read.filter((entry) => entry === undefined).length;
  if (unread * 10 > entries.length) {
    throw new UnreadableListError(`${unread} of ${entries.length} models cannot be read`);
  }
  const models = read.filter((entry) => entry !== undefined && entry !== null);
  if (models.length === 0) throw new UnreadableListError("the list holds no model");
  return models;
}

const listSchema = z.object({ data: z.array(z.unknown()) });

const UNSAID: Omit<ListedModel, "name"> = {
  aliases: [],
  title: null,
  vendor: null,
  input_modalities: null,
  writes_text: true,
  prices: null,
  context_length: null,
  max_output_tokens: null,
  supports_structured_output: null,
  reasoning: null,
  reasoning_efforts: null,
  tells_ends: false,
  retires_at: null,
  successor: null,
};

/** Reads a member as null if it is absent or cannot be read. */
const known = <T>(schema: z.ZodType<T>) => schema.nullable().catch(null);

const name = z.string().min(1).max(200);
const tokens = known(z.int().positive());
const day = known(
  z.string().regex(/^\d{4}-\d{2}-\d{2}/).transform((text) => text.slice(0, 10)),
);
/** USD per token: `"0.0000001"`. A negative one means that the price depends on the call. */
const usd = z.string().regex(/^\d+(\.\d+)?(e-?\d+)?$/i);
const price = usd.optional().catch(undefined);

/** Prices that hold if all conditions do. A price that is absent is that of other calls. */
const overrideSchema = known(z.object({
  min_prompt_tokens: z.int().positive(),
  /** Hours and days at which it holds: a price that names them is skipped. */
  utc_start: z.never().optional(),
  utc_end: z.never().optional(),
  utc_days: z.never().optional(),
  prompt: price,
  completion: price,
  input_cache_read: price,
}));
const openRouterPricingSchema = z.object({
  prompt: usd,
  completion: usd,
  input_cache_read: price,
  overrides: known(z.array(overrideSchema)),
});

const openRouterSchema = z.object({
  id: name,
  canonical_slug: known(name),
  name: known(z.string()),
  context_length: tokens,
  architecture: known(z.object({
    input_modalities: z.array(z.string()).nullish(),
    output_modalities: z.array(z.string()).nullish(),
  })),
  pricing: known(openRouterPricingSchema),
  top_provider: known(z.object({ max_completion_tokens: tokens })),
  supported_parameters: known(z.array(z.string())),
  /** Absent for models that take no effort. */
  reasoning: known(z.object({
    mandatory: z.boolean().catch(false),
    /** Null: all efforts that OpenRouter knows. */
    supported_efforts: z.array(z.string().nullable()).nullish(),
  })),
  expiration_date: day,
}).transform((data): ListedModel => {
  const { name, pricing, architecture, supported_parameters: parameters } = data;
  const [, vendor = null, title = name] = /^([^:]+): (.+)$/.exec(name ?? "") ?? [];
  return {
    ...UNSAID,
    name: data.id,
    aliases: data.canonical_slug === null ? [] : [data.canonical_slug],
    title,
    vendor,
    input_modalities: readModalities(architecture?.input_modalities),
    writes_text: architecture?.output_modalities?.includes("text") ?? true,
    prices: pricing === null ? null : readOpenRouterPrices(pricing),
    context_length: data.context_length,
    max_output_tokens: data.top_provider?.max_completion_tokens ?? null,
    supports_structured_output: parameters?.includes("structured_outputs") ?? null,
    ...readOpenRouterReasoning(data.reasoning, parameters),
    tells_ends: true,
    retires_at: data.expiration_date,
  };
});

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
  said: { mandatory: boolean; supported_efforts?: (string | null)[] | null | undefined } | null,
  parameters: readonly string[] | null,
): Partial<Pick<ListedModel, "reasoning" | "reasoning_efforts">> {
  if (said === null) {
    if (parameters === null) return {};
    // A model with the parameter thinks, and takes no effort.
    const reasoning = parameters.includes("reasoning") ? "optional" : "none";
    return { reasoning, reasoning_efforts: [] };
  }
  const { mandatory, supported_efforts: supported } = said;
  const efforts = EFFORTS.filter((effort) =>
    (supported == null || supported.includes(effort)) && !(mandatory && effort === "none")
  );
  return { reasoning: mandatory ? "mandatory" : "optional", reasoning_efforts: efforts };
}

const openAiSchema = z.object({
  id: name,
  // Groq's, and vLLM's name for the first.
  context_window: tokens,
  max_model_len: tokens,
  max_completion_tokens: tokens,
  active: known(z.boolean()),
}).transform((data): ListedModel | null =>
  data.active === false ? null : {
    ...UNSAID,
    name: data.id,
    context_length: data.context_window ?? data.max_model_len,
    max_output_tokens: data.max_completion_tokens,
  }
);

const googleSchema = openAiSchema.transform((model) =>
  model && { ...model, name: model.name.replace(/^models\//, "") }
);

const supported = known(z.object({ supported: z.boolean() }));
const anthropicSchema = z.object({
  id: name,
  display_name: known(z.string()),
  max_input_tokens: tokens,
  max_tokens: tokens,
  capabilities: known(z.object({
    image_input: supported,
    pdf_input: supported,
    structured_outputs: supported,
  })),
}).transform((data): ListedModel => {
  const { image_input = null, pdf_input, structured_outputs } = data.capabilities ?? {};
  return {
    ...UNSAID,
    name: data.id,
    title: data.display_name,
    vendor: "Anthropic",
    input_modalities: image_input === null ? null : readModalities([
      ...image_input.supported ? ["image"] : [],
      ...pdf_input?.supported === true ? ["file"] : [],
    ]),
    context_length: data.max_input_tokens,
    max_output_tokens: data.max_tokens,
    supports_structured_output: structured_outputs?.supported ?? null,
  };
});

const mistralSchema = z.object({
  id: name,
  name: known(z.string()),
  aliases: known(z.array(z.string())),
  max_context_length: tokens,
  capabilities: known(z.object({
    completion_chat: z.boolean().nullish(),
    vision: z.boolean().nullish(),
  })),
  deprecation: day,
  deprecation_replacement_model: known(name),
}).transform((data): ListedModel => {
  const { vision = null, completion_chat } = data.capabilities ?? {};
  return {
    ...UNSAID,
    name: data.id,
    aliases: data.aliases ?? [],
    title: data.name,
    vendor: "Mistral",
    input_modalities: vision === null ? null : vision ? ["text", "image"] : ["text"],
    writes_text: completion_chat ?? true,
    context_length: data.max_context_length,
    tells_ends: true,
    retires_at: data.deprecation,
    successor: data.deprecation_replacement_model,
  };
});

/** Entries of each format. They are read as null if the provider does not serve the model. */
const ENTRIES: Readonly<Record<ListFormat, z.ZodType<ListedModel | null>>> = {
  openrouter: openRouterSchema,
  openai: openAiSchema,
  google: googleSchema,
  anthropic: anthropicSchema,
  mistral: mistralSchema,
};

/** Returns the known ones of the modalities that a list names. Every model reads text. */
function readModalities(said: readonly string[] | null | undefined): readonly Modality[] | null {
  if (said == null) return null;
  const modalities: readonly Modality[] = ["text", "image", "file"];
  return modalities.filter((modality) => modality === "text" || said.includes(modality));
}
