import type { CatalogueModel } from "../benchmark/order/model_catalogue.ts";

/** Returns a model of the catalogue for tests, where only some values matter. */
export function sampleModel(id: string, overrides: Partial<CatalogueModel> = {}): CatalogueModel {
  return {
    id,
    name: id.toUpperCase(),
    base_url_key: "openrouter",
    provider: "P",
    tier: "budget",
    input_price: 0,
    output_price: 0,
    cached_input_price: 0,
    image_price: 0,
    context_length: 1_000,
    supports_structured_output: true,
    hindrance: null,
    retires_at: null,
    successor: null,
    reasoning: "none",
    reasoning_efforts: [],
    max_output_tokens: null,
    ...overrides,
  };
}
