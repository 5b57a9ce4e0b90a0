import { expandSchemas, withoutRules } from "../../compare/field_rules.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";

type Kind = "object" | "array" | "scalar";

/** Part of a JSON schema that distinguishes an answer from other JSON. */
export interface AnswerShape {
  /** Kinds of value that the schema allows; null if it does not say. */
  readonly kinds: ReadonlySet<Kind> | null;
  /** Kinds of an array's elements. */
  readonly elementKinds: ReadonlySet<Kind> | null;
  /** Properties of the answer, or of its elements, with the kinds each may have. */
  readonly properties: ReadonlyMap<string, ReadonlySet<Kind> | null>;
  /** The schema as a model is shown it. */
  readonly schema: string;
}

const shapes = new WeakMap<JsonObject, AnswerShape>();

/** Returns the shape of answers to `schema`, read once for each schema. */
export function shapeOf(schema: JsonObject): AnswerShape {
  let shape = shapes.get(schema);
  if (shape === undefined) {
    shape = readShape(schema);
    shapes.set(schema, shape);
  }
  return shape;
}

function readShape(root: JsonObject): AnswerShape {
  const own = expandSchemas(root, [root]);
  const elements = expandSchemas(
    root,
    own.flatMap(({ items, prefixItems }) => [
      items,
      ...Array.isArray(prefixItems) ? prefixItems : [],
    ]),
  );
  const described = own.some(({ properties }) => isJsonObject(properties)) ? own : elements;
  const subschemas = new Map<string, JsonValue[]>();
  for (const { properties } of described) {
    if (!isJsonObject(properties)) continue;
    for (const [name, subschema] of Object.entries(properties)) {
      subschemas.set(name, [...subschemas.get(name) ?? [], subschema]);
    }
  }
  return {
    kinds: kindsOf(own),
    elementKinds: kindsOf(elements),
    properties: new Map(
      [...subschemas].map(([name, schemas]) => [name, kindsOf(expandSchemas(root, schemas))]),
    ),
    schema: writeJson(withoutRules(root)),
  };
}

function kindsOf(schemas: readonly JsonObject[]): ReadonlySet<Kind> | null {
  const kinds = new Set<Kind>();
  for (const { type, properties, items, prefixItems, enum: values } of schemas) {
    for (const name of Array.isArray(type) ? type : [type]) {
      if (name === "object" || name === "array") kinds.add(name);
      else if (typeof name === "string") kinds.add("scalar");
    }
    if (type !== undefined) continue;
    if (properties !== undefined) kinds.add("object");
    if (items !== undefined || prefixItems !== undefined) kinds.add("array");
    if (Array.isArray(values)) { for (const value of values) kinds.add(kindOf(value)); }
  }
  return kinds.size === 0 ? null : kinds;
}

/** Returns the kind of a value. */
export function kindOf(value: JsonValue): Kind {
  return Array.isArray(value) ? "array" : isJsonObject(value) ? "object" : "scalar";
}

/** Checks the type of a value, and for a filled array that of its elements, against the schema. */
export function hasKind(value: JsonValue, { kinds, elementKinds }: AnswerShape): boolean {
  if (kinds !== null && !kinds.has(kindOf(value))) return false;
  return !Array.isArray(value) || value.length === 0 || elementKinds === null ||
    value.some((element) => elementKinds.has(kindOf(element)));
}

/**
 * Returns the number of the schema's properties that the value has, less the properties that the
 * schema does not have; at least 0. A property of another type, as in an echo of the schema's
 * `properties`, does not count.
 */
export function countShared(value: JsonValue, { properties }: AnswerShape): number {
  const shared = new Set<string>();
  const others = new Set<string>();
  for (const object of Array.isArray(value) ? value : [value]) {
    if (!isJsonObject(object)) continue;
    for (const [name, member] of Object.entries(object)) {
      const kinds = properties.get(name);
      if (kinds === undefined) others.add(name);
      else if (kinds === null || member === null || kinds.has(kindOf(member))) shared.add(name);
    }
  }
  return Math.max(0, shared.size - others.size);
}

/**
 * Returns true for the JSON schema that the model was shown, and for an object that looks like a
 * schema by keywords that are not properties of the answer.
 */
export function isEchoedSchema(value: JsonValue, shape: AnswerShape | null): boolean {
  if (!isJsonObject(value)) return false;
  if (shape !== null && writeJson(value) === shape.schema) return true;
  const isKeyword = (name: string) => Object.hasOwn(value, name) && !shape?.properties.has(name);
  const { type, properties, required, items } = value;
  if (isKeyword("$schema")) return true;
  if (isKeyword("properties") && isJsonObject(properties)) {
    return typeof type === "string" || Array.isArray(required);
  }
  return isKeyword("items") && isJsonObject(items) && type === "array";
}
