import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { decodeName } from "./rewrite_schema.ts";
import { block } from "./schema_loss.ts";
import type { SchemaSubset } from "./schema_subset.ts";

/**
 * Checks a schema against the provider's limits on size and recursion.
 *
 * @param sent the schema as it would be sent.
 * @throws {Unenforceable} if it exceeds one.
 */
export function checkSize(sent: JsonObject, subset: SchemaSubset): void {
  const { limits, name } = subset;
  const counts = { properties: 0, enumValues: 0, nameCharacters: 0 };
  const definitions = isJsonObject(sent["$defs"]) ? sent["$defs"] : {};
  const depths = new Map<string, number>();
  const open = new Set<string>();

  const depthOf = (schema: JsonValue | undefined): number => {
    if (!isJsonObject(schema)) return 0;
    const { $ref, anyOf, properties, items } = schema;
    if (typeof $ref === "string") return depthOfReference($ref);
    if (Array.isArray(anyOf)) return Math.max(...anyOf.map(depthOf));
    const children = [
      ...isJsonObject(properties) ? Object.values(properties) : [],
      ...items === undefined ? [] : [items],
    ];
    return 1 + children.reduce<number>((deepest, child) => Math.max(deepest, depthOf(child)), 0);
  };
  const depthOfReference = (ref: string): number => {
    const known = depths.get(ref);
    if (known !== undefined) return known;
    // A definition that refers to itself counts its levels once.
    if (open.has(ref) || ref === "#") {
      if (!subset.takesRecursion) {
        block(["json_schema", "$defs"], "enforces no definition within itself", "$ref");
      }
      return 0;
    }
    open.add(ref);
    const depth = depthOf(definitions[decodeName(ref.slice("#/$defs/".length)) ?? ""]);
    open.delete(ref);
    depths.set(ref, depth);
    return depth;
  };
  const count = (schema: JsonValue): void => {
    if (!isJsonObject(schema)) return;
    const { enum: choices, const: only, properties, items, anyOf } = schema;
    const values = [...Array.isArray(choices) ? choices : [], ...only === undefined ? [] : [only]];
    counts.enumValues += values.length;
    let characters = 0;
    for (const value of values) characters += typeof value === "string" ? value.length : 0;
    counts.nameCharacters += characters;
    if (values.length > 250 && characters > 15_000) {
      block(
        ["json_schema"],
        "takes at most 15,000 characters in an enum of more than 250 values",
        "enum",
      );
    }
    if (isJsonObject(properties)) {
      for (const [property, child] of Object.entries(properties)) {
        counts.properties++;
        counts.nameCharacters += property.length;
        count(child);
      }
    }
    if (items !== undefined) count(items);
    if (Array.isArray(anyOf)) anyOf.forEach(count);
  };
  count(sent);
  for (const [definition, schema] of Object.entries(definitions)) {
    counts.nameCharacters += definition.length;
    count(schema);
  }
  const depth = Math.max(
    depthOf(sent),
    ...Object.values(definitions).map((schema) => 1 + depthOf(schema)),
  );
  const check = (size: number, most: number, what: string) => {
    if (size <= most) return;
    const limit = `${most.toLocaleString("en-US")} ${what}`;
    block(["json_schema"], `takes schemas with up to ${limit} alone`, "");
  };
  check(depth, limits.depth, "levels");
  check(counts.properties, limits.properties, "properties");
  check(counts.enumValues, limits.enumValues, "enum values");
  check(counts.nameCharacters, limits.nameCharacters, "characters of names and values");
  check(writeJson(sent).length, limits.characters, `characters (${name})`);
}
