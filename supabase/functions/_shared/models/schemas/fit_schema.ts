import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { checkSize } from "./check_size.ts";
import {
  allowNull,
  decodeName,
  encodeName,
  inferTypes,
  isPlainPattern,
  pick,
  splitTypes,
  takesNull,
} from "./rewrite_schema.ts";
import { NARROWING, STRUCTURE, UNENFORCED, UNEXPRESSED } from "./schema_keywords.ts";
import { block, lossAt, type Path, type SchemaLoss, Unenforceable } from "./schema_loss.ts";
import type { SchemaSubset, SchemaSupport } from "./schema_subset.ts";

/**
 * Degrees to which a provider enforces the schema. The schema stands in the prompt in every case.
 * - `strict`: the provider enforces all of it.
 * - `reduced`: the provider enforces a part of it, or tries to.
 * - `prompt`: nobody enforces it.
 */
export const SCHEMA_REGIMES = ["strict", "reduced", "prompt"] as const;
export type SchemaRegime = (typeof SCHEMA_REGIMES)[number];

/** A schema as a provider takes it. */
export interface FittedSchema {
  readonly regime: SchemaRegime;
  /** Schema sent as a parameter of the request; null for `prompt`. */
  readonly schema: JsonObject | null;
  /** Losses in the order of the schema. For `prompt`, the one that prevents sending a schema. */
  readonly losses: readonly SchemaLoss[];
  /** True if the sent schema allows fewer answers than the original one. */
  readonly isNarrower: boolean;
}

/** Limits on the schemas that are fitted: more than anyone writes by hand. */
const MOST_NODES = 20_000;
const DEEPEST = 100;

const TYPES = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);
const DEFINITIONS = ["$defs", "definitions"] as const;

/**
 * Returns a schema as a provider takes it.
 *
 * Keywords that only narrow answers down and are not enforced are left out. A part that can be
 * neither enforced nor left out means that no schema is sent (`prompt`). If the provider requires
 * every property, optional ones become required and may be null; null then counts as absent.
 * Annotations are left out, since models read them in the prompt.
 */
export function fitSchema(root: JsonObject, support: SchemaSupport): FittedSchema {
  switch (support.kind) {
    case "ignores":
      return inPrompt(lossAt(["json_schema"], "ignores schemas", ""));
    case "tries":
      return root["type"] === "object"
        ? {
          regime: "reduced",
          schema: root,
          losses: [lossAt(["json_schema"], "tries to follow schemas", "")],
          isNarrower: false,
        }
        : inPrompt(NO_OBJECT);
    case "guarantees":
      return fitToSubset(root, support.subset);
  }
}

const NO_OBJECT = lossAt(["json_schema", "type"], "enforces schemas of objects alone");

function inPrompt(loss: SchemaLoss): FittedSchema {
  return { regime: "prompt", schema: null, losses: [loss], isNarrower: false };
}

function fitToSubset(root: JsonObject, subset: SchemaSubset): FittedSchema {
  try {
    return new Fitting(root, subset).run();
  } catch (error) {
    if (error instanceof Unenforceable) return inPrompt(error.loss);
    throw error;
  }
}

/** Fits one schema to one provider. */
class Fitting {
  readonly #losses: SchemaLoss[] = [];
  readonly #used = new Map<string, JsonObject>();
  #isNarrower = false;
  #nodes = 0;

  constructor(readonly root: JsonObject, readonly subset: SchemaSubset) {}

  run(): FittedSchema {
    const { schema, path } = this.#openRoot();
    const fitted = this.#fit(schema, path, true);
    if (fitted["type"] !== "object") throw new Unenforceable(NO_OBJECT);
    const definitions = this.#fitDefinitions();
    const names = Object.keys(definitions);
    for (const key of DEFINITIONS) {
      const given = this.root[key];
      if (!isJsonObject(given)) continue;
      for (const name of Object.keys(given)) {
        if (!names.includes(name)) {
          this.#lose(["json_schema", key, name], "is not sent what nothing refers to", key);
        }
      }
    }
    const sent = names.length === 0 ? fitted : { ...fitted, $defs: definitions };
    checkSize(sent, this.subset);
    return {
      regime: this.#losses.length === 0 ? "strict" : "reduced",
      schema: sent,
      losses: this.#losses,
      isNarrower: this.#isNarrower,
    };
  }

  /** Returns what the root refers to: pydantic and zod write roots that are references. */
  #openRoot(): { schema: JsonObject; path: Path } {
    let schema = this.root;
    let path: Path = ["json_schema"];
    for (let hops = 0; typeof schema["$ref"] === "string"; hops++) {
      const found = this.#resolve(schema["$ref"], path);
      if (hops > 10 || found === null) {
        block([...path, "$ref"], "enforces no endless references");
      }
      this.#lose([...path, "$ref"], "takes no reference at the root; what it refers to is sent");
      this.#loseSiblings(schema, path);
      schema = found.schema;
      path = found.path;
    }
    return { schema, path };
  }

  #fitDefinitions(): JsonObject {
    const fitted = new Map<string, JsonObject>();
    // Also reaches the definitions that are added while one is fitted.
    for (const [name, schema] of this.#used) {
      const key = DEFINITIONS.find((key) => {
        const given = this.root[key];
        return isJsonObject(given) && Object.hasOwn(given, name);
      }) ?? "$defs";
      fitted.set(name, this.#fit(schema, ["json_schema", key, name], false));
    }
    return Object.fromEntries(fitted);
  }

  #lose(path: Path, reason: string, keyword?: string): void {
    this.#losses.push(lossAt(path, reason, keyword));
  }

  /** Resolves a reference; null for the root itself. */
  #resolve(ref: string, path: Path): { name: string; schema: JsonObject; path: Path } | null {
    if (ref === "#") return null;
    const [, key = "", encoded = ""] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(ref) ?? [];
    const definitions = this.root[key];
    const name = decodeName(encoded);
    const schema = name !== null && isJsonObject(definitions) && Object.hasOwn(definitions, name)
      ? definitions[name]
      : undefined;
    if (name === null || !isJsonObject(schema)) {
      block([...path, "$ref"], `enforces no reference like ${ref}`);
    }
    return { name, schema, path: ["json_schema", key, name] };
  }

  /**
   * Drops the keywords beside a `$ref` and records them as losses. Keywords of structure cannot be
   * dropped without changing the answers, so that no schema is sent then.
   */
  #loseSiblings(schema: JsonObject, path: Path): void {
    for (const keyword of Object.keys(schema)) {
      if (keyword === "$ref" || DEFINITIONS.some((key) => key === keyword)) continue;
      if (STRUCTURE.has(keyword)) {
        block([...path, keyword], "enforces nothing beside a reference");
      }
      this.#lose([...path, keyword], "takes nothing beside a reference");
    }
  }

  #fit(value: JsonValue | undefined, path: Path, isRoot: boolean): JsonObject {
    if (++this.#nodes > MOST_NODES || path.length > 2 * DEEPEST) {
      block(["json_schema"], "enforces no schema of this size", "");
    }
    if (!isJsonObject(value)) block(path, "enforces no place where anything is right", "");
    const schema = this.#mergeAllOf(value, path);
    if (typeof schema["$ref"] === "string") return this.#fitReference(schema, schema["$ref"], path);
    for (const keyword of UNEXPRESSED) {
      if (schema[keyword] !== undefined) {
        block([...path, keyword], `does not take ${keyword}`);
      }
    }
    for (const keyword of UNENFORCED) {
      if (schema[keyword] !== undefined) {
        this.#lose([...path, keyword], `does not enforce ${keyword}`);
      }
    }
    const branches = this.#fitBranches(schema, path, isRoot);
    if (branches !== null) return branches;

    const types = this.#typesOf(schema, path);
    const fitted = pick(schema, ["description"]);
    const values = this.#valuesOf(schema, types, path);
    fitted["type"] = types.length === 1 ? types[0] ?? null : [...types];
    Object.assign(fitted, values);
    if (types.includes("object")) this.#fitObject(schema, fitted, path);
    if (types.includes("array")) this.#fitArray(schema, fitted, path);
    this.#narrow(schema, fitted, path);
    return types.length > 1 && !this.subset.takesTypeLists ? splitTypes(fitted, types) : fitted;
  }

  #fitReference(schema: JsonObject, ref: string, path: Path): JsonObject {
    this.#loseSiblings(schema, path);
    const found = this.#resolve(ref, path);
    if (found === null) {
      if (typeof this.root["$ref"] === "string") {
        block([...path, "$ref"], "enforces no endless references");
      }
      if (!this.subset.takesRecursion) {
        block([...path, "$ref"], "enforces no schema within itself");
      }
      return { $ref: "#" };
    }
    const known = this.#used.get(found.name);
    if (known !== undefined && known !== found.schema) {
      block([...path, "$ref"], "takes one definition of a name");
    }
    this.#used.set(found.name, found.schema);
    return { $ref: `#/$defs/${encodeName(found.name)}` };
  }

  /**
   * Fits a schema that consists of alternatives alone; null if it has other keywords, or no
   * alternatives.
   */
  #fitBranches(schema: JsonObject, path: Path, isRoot: boolean): JsonObject | null {
    for (const keyword of ["anyOf", "oneOf"]) {
      const given = schema[keyword];
      if (given === undefined) continue;
      const at = [...path, keyword];
      if (!Array.isArray(given) || given.length === 0) {
        block(at, `does not take this ${keyword}`);
      }
      const isAlone = !isRoot && schema["properties"] === undefined &&
        schema["items"] === undefined &&
        schema["enum"] === undefined && schema["const"] === undefined &&
        (schema["type"] === undefined || schema["type"] === "object" || schema["type"] === "array");
      if (!isAlone) {
        this.#loseBranches(schema, given, at, keyword);
        continue;
      }
      if (schema["anyOf"] !== undefined && schema["oneOf"] !== undefined) {
        block(at, "does not take anyOf beside oneOf");
      }
      for (const narrowing of [...NARROWING, "required", "additionalProperties"]) {
        if (schema[narrowing] !== undefined) {
          this.#lose([...path, narrowing], `does not enforce ${narrowing} beside ${keyword}`);
        }
      }
      if (schema["type"] !== undefined) {
        this.#lose([...path, "type"], `takes no type beside ${keyword}`);
      }
      if (keyword === "oneOf") {
        this.#lose(at, "enforces any of the alternatives, not one alone");
      }
      const anyOf = given.map((branch, index) => this.#fit(branch, [...at, String(index)], false));
      if (schema["nullable"] === true && !anyOf.some(takesNull)) anyOf.push({ type: "null" });
      return { ...pick(schema, ["description"]), anyOf };
    }
    return null;
  }

  /**
   * Leaves out alternatives that narrow down the keywords beside them. Those that add properties
   * block.
   */
  #loseBranches(
    schema: JsonObject,
    branches: readonly JsonValue[],
    at: Path,
    keyword: string,
  ): void {
    const own = isJsonObject(schema["properties"]) ? schema["properties"] : {};
    const isAdding = branches.some((branch) => {
      if (!isJsonObject(branch) || branch["$ref"] !== undefined || branch["allOf"] !== undefined) {
        return true;
      }
      const { properties } = branch;
      return isJsonObject(properties) &&
        Object.keys(properties).some((name) => !Object.hasOwn(own, name));
    });
    if (isAdding) block(at, `does not enforce ${keyword} beside other keywords`);
    this.#lose(at, `does not enforce ${keyword} beside other keywords`);
  }

  /** Merges the objects of `allOf` into one with all properties. Other schemas cannot be merged. */
  #mergeAllOf(schema: JsonObject, path: Path): JsonObject {
    const { allOf, ...own } = schema;
    if (allOf === undefined) return schema;
    const at = [...path, "allOf"];
    if (!Array.isArray(allOf) || allOf.length === 0) block(at, "does not take this allOf");
    this.#lose(at, "does not take allOf; its parts are sent as one");
    const [only] = allOf;
    const isBare = !Object.keys(own).some((keyword) =>
      STRUCTURE.has(keyword) || NARROWING.includes(keyword)
    );
    if (allOf.length === 1 && isBare) {
      if (!isJsonObject(only)) block(at, "does not take this allOf");
      return only;
    }
    const properties = new Map<string, JsonValue>();
    const required: JsonValue[] = [];
    for (const part of [own, ...allOf]) {
      if (!isJsonObject(part)) block(at, "does not take this allOf");
      const resolved = typeof part["$ref"] === "string" && Object.keys(part).length === 1
        ? this.#resolve(part["$ref"], at)?.schema ?? part
        : part;
      for (const [keyword, value] of Object.entries(resolved)) {
        if (keyword === "type" && value === "object") continue;
        if (keyword === "properties" && isJsonObject(value)) {
          for (const [name, property] of Object.entries(value)) {
            if (properties.has(name)) block(at, "does not take one property twice");
            properties.set(name, property);
          }
        } else if (keyword === "required" && Array.isArray(value)) {
          required.push(...value);
        } else if (
          STRUCTURE.has(keyword) || NARROWING.includes(keyword) || UNENFORCED.includes(keyword)
        ) {
          block(at, `cannot be sent ${keyword} within allOf`);
        }
      }
    }
    return {
      type: "object",
      ...pick(own, ["description"]),
      properties: Object.fromEntries(properties),
      required,
    };
  }

  #typesOf(schema: JsonObject, path: Path): string[] {
    const { type, nullable } = schema;
    let types = (Array.isArray(type) ? type : type === undefined ? [] : [type]).map(String);
    if (types.some((name) => !TYPES.has(name))) {
      block([...path, "type"], "does not know this type");
    }
    if (types.length === 0) {
      types = inferTypes(schema);
      if (types.length === 0) block([...path, "type"], "enforces no place without a type");
      if (schema["enum"] === undefined && schema["const"] === undefined) this.#isNarrower = true;
      this.#lose([...path, "type"], `wants a type; ${types.join(" or ")} is sent`);
    }
    if (nullable === true && !types.includes("null")) {
      this.#lose([...path, "nullable"], "takes the type null instead of nullable");
      types.push("null");
    }
    return [...new Set(types)];
  }

  /** Returns `enum` or `const`. Its values must be texts, numbers, true, false or null. */
  #valuesOf(schema: JsonObject, types: readonly string[], path: Path): JsonObject {
    const keyword = schema["enum"] !== undefined ? "enum" : "const";
    const given = schema[keyword];
    if (given === undefined) return {};
    const at = [...path, keyword];
    const values = keyword === "enum" ? given : [given];
    if (!Array.isArray(values) || values.length === 0) {
      block(at, `does not take this ${keyword}`);
    }
    if (values.some((value) => typeof value === "object" && value !== null)) {
      block(at, "takes no objects and lists as values");
    }
    if (keyword === "const" && this.subset.takesConst && schema["nullable"] !== true) {
      return { const: given };
    }
    return {
      enum: types.includes("null") && schema["nullable"] === true && !values.includes(null)
        ? [...values, null]
        : values,
    };
  }

  #fitObject(schema: JsonObject, fitted: JsonObject, path: Path): void {
    const { properties = {}, required = [], additionalProperties } = schema;
    if (!isJsonObject(properties) || !Array.isArray(required)) {
      block(path, "does not take this object", "properties");
    }
    const names = Object.keys(properties);
    if (additionalProperties !== false) {
      const at = [...path, "additionalProperties"];
      if (additionalProperties !== undefined || names.length === 0) {
        block(at, "enforces no objects with any properties");
      }
      this.#isNarrower = true;
      this.#lose(at, "allows no properties but those listed");
    } else if (!this.subset.wantsClosed) {
      this.#lose([...path, "additionalProperties"], "does not take additionalProperties");
    }
    const unknown = required.find((name) =>
      typeof name !== "string" || !Object.hasOwn(properties, name)
    );
    if (unknown !== undefined) {
      block([...path, "required"], `enforces no property without a schema: ${String(unknown)}`);
    }
    const optional = this.subset.wantsRequired
      ? names.filter((name) => !required.includes(name))
      : [];
    const children = names.map((name): [string, JsonObject] => {
      const child = this.#fit(properties[name], [...path, "properties", name], false);
      return [name, optional.includes(name) ? allowNull(child, this.subset) : child];
    });
    if (optional.length > 0) {
      this.#lose(
        [...path, "required"],
        `wants all properties; null stands for an absent ${optional.join(", ")}`,
      );
    }
    fitted["properties"] = Object.fromEntries(children);
    fitted["required"] = this.subset.wantsRequired ? names : required;
    if (this.subset.wantsClosed) fitted["additionalProperties"] = false;
  }

  #fitArray(schema: JsonObject, fitted: JsonObject, path: Path): void {
    const at = [...path, "items"];
    if (schema["items"] === undefined) block(at, "enforces no list of anything");
    if (Array.isArray(schema["items"])) {
      block(at, "takes no lists with a schema for each place");
    }
    fitted["items"] = this.#fit(schema["items"], at, false);
  }

  #narrow(schema: JsonObject, fitted: JsonObject, path: Path): void {
    for (const keyword of NARROWING) {
      const value = schema[keyword];
      if (value === undefined) continue;
      if (this.#isEnforced(keyword, value)) fitted[keyword] = value;
      else {
        const what = keyword === "format" ? `format ${String(value)}` : keyword;
        const note = keyword === "pattern" && this.subset.keywords.has(keyword)
          ? " of this kind"
          : "";
        this.#lose([...path, keyword], `does not enforce ${what}${note}`);
      }
    }
  }

  #isEnforced(keyword: string, value: JsonValue): boolean {
    if (!this.subset.keywords.has(keyword)) return false;
    if (keyword === "format") return typeof value === "string" && this.subset.formats.has(value);
    if (keyword === "pattern") return typeof value === "string" && isPlainPattern(value);
    return typeof value === "number" || typeof value === "bigint";
  }
}
