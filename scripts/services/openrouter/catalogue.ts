import { parse } from "csv-parse/sync";
import { z } from "zod";

const price = z.number().nonnegative();

/** Simulated model. Prices are in USD per token and per image; context is in tokens. */
export const fakeModelSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  provider: z.string().min(1),
  contextLength: z.int().positive(),
  inputPrice: price,
  outputPrice: price,
  cachedInputPrice: price,
  imagePrice: price,
  /** Prices of a whole call with more prompt tokens than `above`. Null if there are none. */
  longContext: z.object({
    above: z.int().positive(),
    inputPrice: price,
    cachedInputPrice: price,
    outputPrice: price,
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
  /** Default behaviour. */
  profile: z.object({
    /** Median time to answer in milliseconds. */
    medianMs: z.number().nonnegative(),
    /** Share of the expected leaf fields that it gets wrong. */
    fieldErrorRate: z.number().min(0).max(1),
    /** `true` if it wraps JSON in a code fence unless structured output is requested. */
    fences: z.boolean(),
  }),
});

export type FakeModel = z.infer<typeof fakeModelSchema>;

/** Reads a cell: USD per million tokens, a list of words, a flag, a number or a text. */
function readCell(text: string, { column }: { readonly column: string | number }): unknown {
  const name = String(column);
  if (name.endsWith("Price")) return Number(text) / 1e6;
  if (name === "inputModalities" || name === "reasoningEfforts") return text.match(/\w+/g) ?? [];
  if (text === "") return null;
  return /^(true|false|[\d.]+)$/.test(text) ? JSON.parse(text) : text;
}

/**
 * Built-in models. Facts are those with which a migration seeds `models` (a test compares them);
 * the behaviour is invented.
 */
export const defaultModels: readonly FakeModel[] = z.array(fakeModelSchema).parse(
  parse<Record<string, unknown>>(
    Deno.readTextFileSync(new URL("catalogue.csv", import.meta.url)),
    { columns: true, cast: readCell },
  ).map((row) => ({
    ...row,
    imagePrice: 0,
    longContext: row.longAbove === null ? null : {
      above: row.longAbove,
      inputPrice: row.longInputPrice,
      cachedInputPrice: row.longCachedInputPrice,
      outputPrice: row.longOutputPrice,
    },
    profile: row,
  })),
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
  return fakeModelSchema.parse({
    id,
    name: id,
    provider: "Unlisted",
    contextLength: 131_072,
    inputPrice: 0.2 / 1e6,
    cachedInputPrice: 0.2 / 1e6,
    outputPrice: 0.8 / 1e6,
    imagePrice: 0,
    imageTokens: 1000,
    structuredOutput: true,
    profile: { medianMs: 1200, fieldErrorRate: 0.06, fences: false },
  });
}
