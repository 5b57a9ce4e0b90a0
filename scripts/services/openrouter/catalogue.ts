import { parse } from "csv-parse/sync";
import { z } from "zod";

/** Default behaviour of a simulated model. */
const profileSchema = z.object({
  /** Median time to answer in milliseconds. */
  medianMs: z.number().nonnegative(),
  /** Share of the expected leaf fields that it gets wrong. */
  fieldErrorRate: z.number().min(0).max(1),
  /** `true` if it wraps JSON in a code fence unless structured output is requested. */
  fences: z.boolean(),
});

/** Simulated model. Prices are in USD per token and per image; context is in tokens. */
export const fakeModelSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  provider: z.string().min(1),
  contextLength: z.int().positive(),
  inputPrice: z.number().nonnegative(),
  outputPrice: z.number().nonnegative(),
  cachedInputPrice: z.number().nonnegative(),
  imagePrice: z.number().nonnegative(),
  /** Prices of a whole call with more prompt tokens than `above`. Null if there are none. */
  longContext: z.object({
    above: z.int().positive(),
    inputPrice: z.number().nonnegative(),
    cachedInputPrice: z.number().nonnegative(),
    outputPrice: z.number().nonnegative(),
  }).nullable().default(null),
  /** Prompt tokens one image counts for. */
  imageTokens: z.int().nonnegative(),
  structuredOutput: z.boolean(),
  /** Largest number of tokens in one answer. Null if the list does not give it. */
  maxOutputTokens: z.int().positive().nullable().default(null),
  inputModalities: z.array(z.enum(["text", "image", "file"])).default(["text", "image"]),
  reasoning: z.enum(["none", "optional", "mandatory"]).default("none"),
  reasoningEfforts: z.array(z.string()).default([]),
  /** Announced date of removal. Null if none is announced. */
  expirationDate: z.iso.date().nullable().default(null),
  /** Model that Mistral's list names as the successor of a retiring one. Null if there is none. */
  replacement: z.string().nullable().default(null),
  profile: profileSchema,
});

export type FakeModel = z.infer<typeof fakeModelSchema>;

const words = z.string().transform((text) => text.split(" ").filter((word) => word !== ""));
const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  context_length: z.coerce.number(),
  /** Prices: USD per million tokens. */
  input_usd: z.coerce.number(),
  cached_input_usd: z.coerce.number(),
  output_usd: z.coerce.number(),
  /** Empty if long calls have the same prices. */
  long_context_above: z.string(),
  long_input_usd: z.coerce.number(),
  long_cached_input_usd: z.coerce.number(),
  long_output_usd: z.coerce.number(),
  max_output_tokens: z.string().transform((text) => text === "" ? null : Number(text)),
  input_modalities: words,
  structured_output: flag,
  reasoning: z.string(),
  reasoning_efforts: words,
  image_tokens: z.coerce.number(),
  median_ms: z.coerce.number(),
  field_error_rate: z.coerce.number(),
  fences: flag,
}).transform((row) =>
  fakeModelSchema.parse({
    id: row.id,
    name: row.name,
    provider: row.vendor,
    contextLength: row.context_length,
    inputPrice: row.input_usd / 1e6,
    cachedInputPrice: row.cached_input_usd / 1e6,
    outputPrice: row.output_usd / 1e6,
    imagePrice: 0,
    longContext: row.long_context_above === "" ? null : {
      above: Number(row.long_context_above),
      inputPrice: row.long_input_usd / 1e6,
      cachedInputPrice: row.long_cached_input_usd / 1e6,
      outputPrice: row.long_output_usd / 1e6,
    },
    imageTokens: row.image_tokens,
    structuredOutput: row.structured_output,
    maxOutputTokens: row.max_output_tokens,
    inputModalities: row.input_modalities,
    reasoning: row.reasoning,
    reasoningEfforts: row.reasoning_efforts,
    profile: {
      medianMs: row.median_ms,
      fieldErrorRate: row.field_error_rate,
      fences: row.fences,
    },
  })
);

/**
 * Built-in models. Facts are those with which a migration seeds `models` (a test compares them);
 * the behaviour is invented.
 */
export const defaultModels: readonly FakeModel[] = z.array(rowSchema).parse(
  parse(Deno.readTextFileSync(new URL("catalogue.csv", import.meta.url)), { columns: true }),
);

/** Models of Groq and Cerebras with the names used there. They read no images. */
export const textModels: readonly FakeModel[] = ([
  ["openai/gpt-oss-20b", "Groq", 0.075, 0.3, 220, 0.14],
  ["openai/gpt-oss-120b", "Groq", 0.15, 0.6, 380, 0.05],
  ["gpt-oss-120b", "Cerebras", 0.35, 0.75, 250, 0.04],
  ["gemma-4-31b", "Cerebras", 0.99, 1.49, 120, 0.14],
] as const).map(([id, provider, input, output, medianMs, fieldErrorRate]) => ({
  ...unlistedModel(id),
  provider,
  inputPrice: input / 1e6,
  cachedInputPrice: input / 1e6,
  outputPrice: output / 1e6,
  inputModalities: ["text"],
  profile: { medianMs, fieldErrorRate, fences: false },
}));

/** Returns the model for an id outside the catalogue: plain, average and cheap. */
export function unlistedModel(id: string): FakeModel {
  return {
    id,
    name: id,
    provider: "Unlisted",
    contextLength: 131_072,
    inputPrice: 0.2 / 1e6,
    cachedInputPrice: 0.2 / 1e6,
    outputPrice: 0.8 / 1e6,
    imagePrice: 0,
    longContext: null,
    imageTokens: 1000,
    structuredOutput: true,
    maxOutputTokens: null,
    inputModalities: ["text", "image"],
    reasoning: "none",
    reasoningEfforts: [],
    expirationDate: null,
    replacement: null,
    profile: { medianMs: 1200, fieldErrorRate: 0.06, fences: false },
  };
}
