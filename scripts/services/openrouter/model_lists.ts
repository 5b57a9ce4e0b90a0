import { type FakeModel, textModels } from "./catalogue.ts";

/** Provider and format of a list of models. */
export interface ListKind {
  readonly provider: string;
  readonly format: "openrouter" | "openai" | "google" | "anthropic" | "mistral";
}

/** Id prefixes of the models that a vendor serves itself. */
const VENDOR_PREFIX: Readonly<Record<string, string>> = {
  openai: "openai/",
  google: "google/",
  anthropic: "anthropic/",
  mistral: "mistralai/",
};

/** Returns the body of `GET /models` as the real providers write it. */
export function listModels({ provider, format }: ListKind, models: readonly FakeModel[]): unknown {
  if (format === "openrouter") return { data: models.map(writeForOpenRouter) };
  const served = servedBy(provider, models);
  if (format === "anthropic") {
    const data = served.map(writeForAnthropic);
    const [first_id, last_id] = [data.at(0)?.id ?? null, data.at(-1)?.id ?? null];
    return { data, has_more: false, first_id, last_id };
  }
  const prefix = format === "google" ? "models/" : "";
  const data = served.map((model) =>
    format === "mistral" ? writeForMistral(model) : writeForOpenAi(model, prefix)
  );
  return { object: "list", data };
}

/** Returns the models of one provider, with the names used there. */
function servedBy(provider: string, models: readonly FakeModel[]): FakeModel[] {
  const prefix = VENDOR_PREFIX[provider];
  if (prefix !== undefined) {
    return models.filter(({ id }) => id.startsWith(prefix)).map((model) => {
      const name = model.id.slice(prefix.length);
      return { ...model, id: provider === "anthropic" ? name.replaceAll(".", "-") : name };
    });
  }
  const own = textModels.filter((model) => model.provider.toLowerCase() === provider);
  return own.length > 0 ? own : [...models, ...textModels];
}

function writeForOpenRouter(model: FakeModel) {
  const thinks = model.reasoning !== "none";
  return {
    id: model.id,
    canonical_slug: model.id,
    name: `${model.provider}: ${model.name}`,
    created: 0,
    context_length: model.contextLength,
    architecture: {
      modality: `${model.inputModalities.join("+")}->text`,
      input_modalities: model.inputModalities,
      output_modalities: ["text"],
    },
    pricing: {
      prompt: decimal(model.inputPrice),
      completion: decimal(model.outputPrice),
      input_cache_read: decimal(model.cachedInputPrice),
      image: decimal(model.imagePrice),
      request: "0",
      ...(model.longContext === null ? {} : {
        overrides: [{
          min_prompt_tokens: model.longContext.above,
          prompt: decimal(model.longContext.inputPrice),
          completion: decimal(model.longContext.outputPrice),
          input_cache_read: decimal(model.longContext.cachedInputPrice),
        }],
      }),
    },
    top_provider: {
      context_length: model.contextLength,
      max_completion_tokens: model.maxOutputTokens,
      is_moderated: false,
    },
    supported_parameters: [
      "max_tokens",
      "temperature",
      "seed",
      ...(thinks ? ["reasoning", "include_reasoning"] : []),
      ...(model.structuredOutput ? ["response_format", "structured_outputs"] : []),
    ],
    ...(thinks
      ? {
        reasoning: {
          mandatory: model.reasoning === "mandatory",
          // Highest first.
          supported_efforts: [...model.reasoningEfforts].reverse(),
        },
      }
      : {}),
    expiration_date: model.expirationDate,
  };
}

function writeForOpenAi(model: FakeModel, prefix: string) {
  return {
    id: `${prefix}${model.id}`,
    object: "model",
    created: 0,
    owned_by: model.provider.toLowerCase(),
  };
}

function writeForAnthropic(model: FakeModel) {
  return {
    type: "model",
    id: model.id,
    display_name: model.name,
    created_at: "2026-01-01T00:00:00Z",
    max_input_tokens: model.contextLength,
    max_tokens: model.maxOutputTokens,
    capabilities: {
      image_input: { supported: model.inputModalities.includes("image") },
      pdf_input: { supported: model.inputModalities.includes("file") },
      structured_outputs: { supported: model.structuredOutput },
    },
  };
}

function writeForMistral(model: FakeModel) {
  return {
    id: model.id,
    object: "model",
    created: 0,
    owned_by: "mistralai",
    capabilities: {
      completion_chat: true,
      function_calling: true,
      vision: model.inputModalities.includes("image"),
    },
    name: model.id,
    description: model.name,
    max_context_length: model.contextLength,
    aliases: [],
    deprecation: model.expirationDate === null ? null : `${model.expirationDate}T12:00:00Z`,
    deprecation_replacement_model: model.replacement,
    type: "base",
  };
}

/** Formats a price as the real list does: a plain decimal, never `1e-7`. */
function decimal(price: number): string {
  return price.toFixed(12).replace(/\.?0+$/, "");
}
