import { RE2JS } from "re2js";
import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";

/** Checking answers against the schema takes more steps than allowed. */
export class TooManyStepsError extends Error {
  override readonly name = "TooManyStepsError";
}

/** A schema that counts the steps of the validator that reads it. */
export interface BoundSchema {
  /** Validates as the schema itself does. Throws {@link TooManyStepsError} from any read. */
  readonly schema: JsonObject;
  /** Must be called before `value` is validated. */
  readonly prepareFor: (value: JsonValue) => void;
}

// Steps of about 0.1 µs.
const EVALUATION_STEPS = 20;
const COMPILED_INSTRUCTION_STEPS = 200;
const CHARACTER_STEPS = 30;
/** Work that the validator does in the time of one step. */
const CHARACTERS_READ = 16;
const ELEMENTS_COMPARED = 8;

const MAX_PATTERN_CHARACTERS = 1_000;

/** Keywords whose value maps the customer's names to schemas. */
const MAPS = new Set([
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);

/**
 * Bounds the work of validation. A few lines of references can require more evaluations than there
 * is time, and so can a pattern with nested repetitions. Nothing could interrupt either.
 *
 * Each part of the schema that the validator reads is charged to `steps`. RE2 matches the patterns
 * here in linear time. The validator gets patterns instead that match exactly the texts that RE2
 * found.
 */
export function boundSchema(schema: JsonObject, steps: number): BoundSchema {
  let left = steps;
  const spend = (cost: number) => {
    left -= cost;
    if (left < 0) throw new TooManyStepsError("too many steps");
  };

  const matchers = new Map<string, (text: string) => boolean>();
  let texts: ReadonlySet<string> | null = null;
  let longestText = 0;
  let longestArray = 0;
  let sources = new Map<string, string>();

  const compile = (pattern: string): (text: string) => boolean => {
    if (pattern.length > MAX_PATTERN_CHARACTERS) throw new TooManyStepsError("a long pattern");
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    const size = compiled.programSize();
    spend(COMPILED_INSTRUCTION_STEPS * size);
    // Answers to several images have the same names, and often the same values.
    const known = new Map<string, boolean>();
    return (text) => {
      let matches = known.get(text);
      if (matches === undefined) {
        spend((size + CHARACTER_STEPS) * (text.length + 1));
        matches = compiled.matcher(text).find();
        known.set(text, matches);
      }
      return matches;
    };
  };

  const sourceOf = (pattern: string): string => {
    const known = sources.get(pattern);
    if (known !== undefined) return known;
    const matches = matchers.get(pattern) ?? compile(pattern);
    matchers.set(pattern, matches);
    const matching = [...texts ?? []].filter(matches).map(escapePattern);
    const source = matching.length === 0 ? "(?!)" : `^(?:${matching.join("|")})$`;
    spend((texts?.size ?? 0) + source.length / CHARACTERS_READ);
    sources.set(pattern, source);
    return source;
  };

  /** Merges patterns that match the same texts. */
  const matchProperties = (byPattern: JsonObject): JsonObject => {
    const bySource = new Map<string, JsonValue[]>();
    for (const [pattern, value] of Object.entries(byPattern)) {
      const source = sourceOf(pattern);
      bySource.set(source, [...(bySource.get(source) ?? []), boundAny(value)]);
    }
    return Object.fromEntries(
      [...bySource].map(([source, values]) => {
        spend(source.length / CHARACTERS_READ + values.length);
        return [source, values.length === 1 ? values[0] ?? true : { allOf: values }];
      }),
    );
  };

  const proxies = new WeakMap<object, JsonObject>();
  const proxied = (
    target: JsonObject,
    read: (key: string, value: JsonValue | undefined) => unknown,
  ): JsonObject => {
    const known = proxies.get(target);
    if (known !== undefined) return known;
    const proxy = new Proxy(target, {
      get: (_target, key) => {
        const value: JsonValue | undefined = Reflect.get(target, key);
        return typeof key === "string" ? read(key, value) : value;
      },
    });
    proxies.set(target, proxy);
    return proxy;
  };

  const boundAny = (value: JsonValue): JsonValue => isJsonObject(value) ? boundOne(value) : value;
  const boundEach = (map: JsonObject): JsonObject =>
    proxied(map, (_key, value) => isJsonObject(value) ? boundOne(value) : value);
  const boundOne = (one: JsonObject): JsonObject =>
    proxied(one, (key, value) => {
      // The validator reads it once in each evaluation, even if it is absent.
      if (key === "$ref") spend(EVALUATION_STEPS);
      if (value === undefined) return value;
      switch (key) {
        case "const":
        case "enum":
          spend(countValues(value));
          return value;
        case "uniqueItems":
          if (value !== false) spend(longestArray ** 2 / ELEMENTS_COMPARED);
          return value;
        case "format":
        case "maxLength":
        case "minLength":
          spend(longestText / CHARACTERS_READ);
          return value;
        case "pattern": {
          if (typeof value !== "string" || texts === null) return value;
          const source = sourceOf(value);
          spend(source.length / CHARACTERS_READ);
          return source;
        }
      }
      if (Array.isArray(value)) {
        spend(value.length);
        return value.map(boundAny);
      }
      if (!isJsonObject(value)) return value;
      spend(Object.keys(value).length);
      if (!MAPS.has(key)) return boundOne(value);
      return key === "patternProperties" && texts !== null
        ? matchProperties(value)
        : boundEach(value);
    });

  return {
    schema: boundOne(schema),
    prepareFor: (value) => {
      const found = new Set<string>();
      longestArray = 0;
      const pending: JsonValue[] = [value];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        if (typeof next === "string") found.add(next);
        else if (Array.isArray(next)) {
          longestArray = Math.max(longestArray, next.length);
          pending.push(...next);
        } else if (isJsonObject(next)) {
          for (const [key, member] of Object.entries(next)) {
            found.add(key);
            pending.push(member);
          }
        }
      }
      texts = found;
      longestText = Math.max(0, ...Array.from(found, ({ length }) => length));
      sources = new Map();
    },
  };
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function countValues(value: JsonValue): number {
  let count = 0;
  const pending: JsonValue[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    count++;
    if (typeof next === "object" && next !== null) pending.push(...Object.values(next));
  }
  return count;
}
