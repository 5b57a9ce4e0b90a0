import { splitWords } from "../../platform/split_words.ts";
import type { ModelName } from "../model_name.ts";
import { type Vendor, vendorOf } from "../vendor.ts";

/** Part of JSON Schema that a provider enforces. */
export interface SchemaSubset {
  /** Name of the provider, for people. */
  readonly name: string;
  /** Keywords that it enforces among those that narrow down what a type allows. */
  readonly keywords: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
  /** True if every object needs `additionalProperties: false`; else the keyword is unsupported. */
  readonly wantsClosed: boolean;
  /** True if every property must be listed in `required`. */
  readonly wantsRequired: boolean;
  readonly takesConst: boolean;
  /** True if `type` may be a list. */
  readonly takesTypeLists: boolean;
  /** True if a definition may refer to itself. */
  readonly takesRecursion: boolean;
  readonly limits: SchemaLimits;
}

/** Largest size of a schema. */
export interface SchemaLimits {
  /** Number of levels, the root included. */
  readonly depth: number;
  readonly properties: number;
  /** Number of values in all enumerations together. */
  readonly enumValues: number;
  /** Characters in names of properties and definitions, and in values of `enum` and `const`. */
  readonly nameCharacters: number;
  /** Characters of the whole schema as JSON. */
  readonly characters: number;
}

/**
 * Support of a provider for a schema: it guarantees answers that match, tries to follow the schema,
 * or ignores it.
 */
export type SchemaSupport =
  | { readonly kind: "guarantees"; readonly subset: SchemaSubset }
  | { readonly kind: "tries"; readonly name: string }
  | { readonly kind: "ignores"; readonly name: string };

const RANGES = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const LENGTHS = ["minLength", "maxLength"];
const COUNTS = ["minItems", "maxItems"];

/** Guide "Structured model outputs", supported schemas. */
const OPENAI: SchemaSubset = {
  name: "OpenAI",
  keywords: new Set([...RANGES, ...LENGTHS, ...COUNTS, "pattern", "format"]),
  formats: new Set(splitWords("date-time time date duration email hostname ipv4 ipv6 uuid")),
  wantsClosed: true,
  wantsRequired: true,
  takesConst: true,
  takesTypeLists: true,
  takesRecursion: true,
  limits: {
    depth: 10,
    properties: 5_000,
    enumValues: 1_000,
    nameCharacters: 120_000,
    characters: 500_000,
  },
};

/** Structured outputs of the Messages API, which OpenRouter translates to. */
const ANTHROPIC: SchemaSubset = {
  ...OPENAI,
  name: "Anthropic",
  keywords: new Set(["format"]),
  formats: new Set([...OPENAI.formats, "uri"]),
  wantsRequired: false,
  takesRecursion: false,
};

/**
 * Structured output, JSON Schema support. Its compatible endpoint refuses `additionalProperties`.
 */
const GOOGLE: SchemaSubset = {
  ...OPENAI,
  name: "Google",
  keywords: new Set(["minimum", "maximum", ...COUNTS, "format"]),
  formats: new Set(["date-time", "date", "time"]),
  wantsClosed: false,
  wantsRequired: false,
  takesConst: false,
};

const XAI: SchemaSubset = {
  ...OPENAI,
  name: "xAI",
  keywords: new Set([...RANGES, "pattern", "format"]),
};

/** Structured outputs, schema limits in strict mode. Unions with null are written with `anyOf`. */
const CEREBRAS: SchemaSubset = {
  ...OPENAI,
  name: "Cerebras",
  keywords: new Set(),
  formats: new Set(),
  takesTypeLists: false,
  takesRecursion: false,
  limits: {
    depth: 10,
    properties: 500,
    enumValues: 500,
    nameCharacters: 5_000,
    characters: 5_000,
  },
};

const BY_VENDOR: Readonly<Record<Vendor, SchemaSubset>> = {
  openai: OPENAI,
  anthropic: ANTHROPIC,
  google: GOOGLE,
  mistral: { ...OPENAI, name: "Mistral" },
  xai: XAI,
  // The smallest common subset, which every provider with support for schemas takes.
  other: { ...OPENAI, name: "The provider" },
};

/** Returns an endpoint's support for schemas, for one of its models that takes them. */
export function schemaSupportOf({ provider, model }: ModelName): SchemaSupport {
  switch (provider) {
    // The documentation of its endpoint for OpenAI's API says that schemas are ignored.
    case "anthropic":
      return { kind: "ignores", name: "Anthropic's compatible endpoint" };
    case "groq":
      // Constrained decoding for gpt-oss only. Answers of other models are checked after they are
      // written.
      return /gpt-oss/.test(model)
        ? { kind: "guarantees", subset: { ...OPENAI, name: "Groq" } }
        : { kind: "tries", name: "Groq" };
    case "local":
      return { kind: "tries", name: "The local service" };
    case "cerebras":
      return { kind: "guarantees", subset: CEREBRAS };
    default:
      return { kind: "guarantees", subset: BY_VENDOR[vendorOf(model)] };
  }
}
