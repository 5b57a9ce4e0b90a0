import type { z } from "zod";

export type JsonValue = z.core.util.JSONType;

/** Unchecked JSON schema: anything in it may be missing or of another type. */
export type JsonSchema = { readonly [key: string]: unknown };

const types = ["string", "number", "integer", "boolean", "object", "array"] as const;

/** Field that the schema asks for. */
export interface Field {
  name: string;
  /** Names from the root to the field in plain words: `vendor.taxId` is `vendor tax id`. */
  path: string;
  description: string;
  type: typeof types[number];
  nullable: boolean;
  required: boolean;
  format: string;
  /** Allowed values without null. Empty if any value is allowed. */
  choices: JsonValue[];
  properties: Field[];
  items: Field | null;
}

const maxDepth = 6;
/** Largest number of fields, because a schema that refers to itself is infinite. */
const maxFields = 500;

/** Returns the fields of a JSON schema. Follows `$ref` inside the schema and unions with null. */
export function readFields(root: JsonSchema): Field {
  let fields = 0;
  const read = (
    raw: JsonSchema,
    name: string,
    path: string,
    required: boolean,
    depth = 0,
  ): Field => {
    const { schema, nullable } = resolve(raw, root);
    const given = schema.const === undefined ? [] : [schema.const];
    const choices = Array.isArray(schema.enum) ? schema.enum : given;
    const names = typeof schema.type === "string" ? [schema.type] : asArray(schema.type);
    const requiredNames = asArray(schema.required);
    const texts = [schema.title, schema.description].filter((text) => typeof text === "string");
    const deeper = depth < maxDepth && ++fields < maxFields;
    const properties = deeper && isSchema(schema.properties) ? schema.properties : {};
    return {
      name,
      path,
      description: texts.join(" "),
      type: fieldType(names.find((candidate) => candidate !== "null"), schema),
      nullable: nullable || names.includes("null") || choices.includes(null),
      required,
      format: typeof schema.format === "string" ? schema.format : "",
      choices: choices.filter((choice): choice is JsonValue => choice !== null && isScalar(choice)),
      properties: Object.entries(properties).flatMap(([key, value]) => {
        if (!isSchema(value)) return [];
        const keyPath = `${path} ${plainWords(key)}`.trim();
        return [read(value, key, keyPath, requiredNames.includes(key), depth + 1)];
      }),
      items: deeper && isSchema(schema.items)
        ? read(schema.items, name, path, true, depth + 1)
        : null,
    };
  };
  return read(root, "", "", true);
}

function resolve(raw: JsonSchema, root: JsonSchema): { schema: JsonSchema; nullable: boolean } {
  let schema = raw;
  let nullable = false;
  for (let step = 0; step < maxDepth; step++) {
    if (typeof schema.$ref === "string") {
      const target = follow(schema.$ref, root);
      if (target === null) break;
      const { $ref: _, ...own } = schema;
      schema = { ...target, ...own };
      continue;
    }
    const { anyOf, oneOf, ...own } = schema;
    const union = [...asArray(anyOf), ...asArray(oneOf)].filter(isSchema);
    const chosen = union.find((option) => option.type !== "null");
    if (chosen === undefined) break;
    nullable ||= union.some((option) => option.type === "null");
    schema = { ...own, ...chosen };
  }
  return { schema, nullable };
}

function follow(reference: string, root: JsonSchema): JsonSchema | null {
  if (!reference.startsWith("#/")) return null;
  let place: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    if (!isSchema(place)) return null;
    place = place[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return isSchema(place) ? place : null;
}

function fieldType(type: unknown, schema: JsonSchema): Field["type"] {
  const known = types.find((candidate) => candidate === type);
  if (known !== undefined) return known;
  if (isSchema(schema.properties)) return "object";
  return isSchema(schema.items) ? "array" : "string";
}

/** Converts `invoiceNumber`, `invoice_number` and `invoice-number` to `invoice number`. */
function plainWords(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll(/[_\-.\s]+/g, " ").toLowerCase()
    .trim();
}

/** Returns whether a value is an object that can be read as a JSON schema. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is JsonValue {
  return ["string", "number", "boolean"].includes(typeof value);
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
