import { z } from "zod";

/**
 * Any value that JSON can hold. A `bigint` is an integer that a double would write with other digits,
 * see `parseJson()`; every other number is a `number`. `JSON.stringify` refuses it: use `writeJson()`.
 */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | JsonObject;

/** A JSON object. Its own keys alone count: `__proto__` is a key like another and never followed. */
export type JsonObject = { [key: string]: JsonValue };

/** Size limits of a JSON value. Every walk over a value is linear in `nodes`. */
export interface JsonLimits {
  /** Levels of objects and arrays; a scalar has depth 0. */
  readonly depth: number;
  /** Objects, arrays and scalars together. */
  readonly nodes: number;
  /** UTF-16 units over all keys and strings. */
  readonly characters: number;
}

/** Limits of an expected answer, a JSON schema and a model's answer. */
export const JSON_LIMITS: JsonLimits = { depth: 32, nodes: 10_000, characters: 200_000 };

/** Tells whether `value` is an object: neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Says why `value` is no JSON value within `limits`, or null if it is one.
 *
 * Walks with a stack of its own, so that no nesting can overflow the call stack.
 */
export function findJsonProblem(value: unknown, limits: JsonLimits = JSON_LIMITS): string | null {
  const pending: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  let nodes = 0;
  let characters = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    nodes++;
    if (nodes > limits.nodes) return `has more than ${limits.nodes} values`;
    const node = next.value;
    if (typeof node === "string") {
      characters += node.length;
    } else if (typeof node === "number") {
      if (!Number.isFinite(node)) return "holds a number that JSON cannot write";
    } else if (typeof node === "bigint") {
      if (!Number.isFinite(Number(node))) return "holds a number past every double";
    } else if (typeof node === "object" && node !== null) {
      const depth = next.depth + 1;
      if (depth > limits.depth) return `is nested deeper than ${limits.depth} levels`;
      if (Array.isArray(node)) {
        for (const element of node) pending.push({ value: element, depth });
      } else {
        for (const [key, element] of Object.entries(node)) {
          characters += key.length;
          pending.push({ value: element, depth });
        }
      }
      if (nodes + pending.length > limits.nodes) return `has more than ${limits.nodes} values`;
    } else if (typeof node !== "boolean" && node !== null) {
      return `holds a ${typeof node}, which JSON cannot write`;
    }
    if (characters > limits.characters) return `has more than ${limits.characters} characters`;
  }
  return null;
}

/**
 * Accepts any JSON value within `limits`; the value is passed on as it came, uncopied. Zod's own
 * `json()` and `record()` leave a key `__proto__` out.
 */
export function jsonWithin(limits: JsonLimits): z.ZodType<JsonValue> {
  return z.custom<JsonValue>().superRefine(refuseBeyond(limits));
}

/** Accepts a JSON object within `limits`, as {@link jsonWithin}. */
export function jsonObjectWithin(limits: JsonLimits): z.ZodType<JsonObject> {
  return z.custom<JsonObject>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    { error: "Expected a JSON object.", abort: true },
  ).superRefine(refuseBeyond(limits));
}

function refuseBeyond(limits: JsonLimits) {
  return (value: unknown, context: z.RefinementCtx): void => {
    const problem = findJsonProblem(value, limits);
    if (problem !== null) context.addIssue({ code: "custom", message: `The JSON ${problem}.` });
  };
}

/** Any JSON value within {@link JSON_LIMITS}. */
export const jsonValueSchema: z.ZodType<JsonValue> = jsonWithin(JSON_LIMITS);

/** A JSON object within {@link JSON_LIMITS}. */
export const jsonObjectSchema: z.ZodType<JsonObject> = jsonObjectWithin(JSON_LIMITS);
