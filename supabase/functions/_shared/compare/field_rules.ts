import { z } from "zod";
import type { FieldError } from "../platform/http/field_error.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { isDateFormat } from "./date_format.ts";
import { writeDecimal } from "./read_decimal.ts";

/** Keyword of a JSON schema that holds the rule by which a field is compared. */
const RULE_KEYWORD = "x-compare";

/** Kind of value that a scalar is read as in relaxed comparison. */
type FieldType = "text" | "number" | "date" | "identifier" | "code";

/** Way in which the elements of an array are paired. */
type ArrayOrder = "ordered" | "unordered" | { readonly key: string };

/** Comparison rule of one field. Absent settings have their defaults. */
export interface FieldRule {
  /** Default: a number, a date or a text, whichever both values can be read as unambiguously. */
  readonly type?: FieldType | undefined;
  /** True if the schema's own `type` allows numbers and no text. */
  readonly isNumber?: boolean | undefined;
  /** Values that are accepted besides the expected one. */
  readonly any?: readonly JsonValue[] | undefined;
  /** Largest difference of a number that counts as right, also in strict comparison. Default: 0. */
  readonly tolerance?: number | undefined;
  /** Format of a date that is not ISO, such as `DD/MM/YYYY`. */
  readonly format?: string | undefined;
  /**
   * Default: `ordered` for arrays of scalars, `unordered` for arrays that hold objects or arrays. If
   * the schema has `prefixItems`, the default is `ordered`, and elements are paired by index.
   */
  readonly array?: ArrayOrder | undefined;
  /** True if the field and everything in it is neither compared nor counted. */
  readonly ignore?: boolean | undefined;
}

/** Largest number of accepted values. Each costs a comparison if an answer is not the expected one. */
const MOST_ACCEPTED = 100;

const ruleSchema = z.strictObject({
  type: z.enum(["text", "number", "date", "identifier", "code"]).optional(),
  any: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()], {
    error: "Expected a text, a number, true, false or null.",
  })).min(1).max(MOST_ACCEPTED).optional(),
  tolerance: z.number().nonnegative().refine((tolerance) => writeDecimal(tolerance) !== null, {
    error: "The tolerance is too large or too small.",
  }).optional(),
  format: z.string().refine(isDateFormat, {
    error: "A date format holds YYYY or YY, MM or M, and DD or D once each, as DD/MM/YYYY.",
  }).optional(),
  array: z.union([
    z.enum(["ordered", "unordered"]),
    z.strictObject({ key: z.string().min(1) }),
  ], { error: 'Expected "ordered", "unordered" or {"key": "<property>"}.' }).optional(),
  ignore: z.boolean().optional(),
}).superRefine((rule, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (rule.tolerance !== undefined && rule.type !== "number") {
    refuse("tolerance", 'A tolerance needs "type": "number".');
  }
  if (rule.format !== undefined && rule.type !== "date") {
    refuse("format", 'A format needs "type": "date".');
  }
  if (rule.array !== undefined && (rule.type !== undefined || rule.any !== undefined)) {
    refuse("array", 'A field is either an array or has "type" or "any".');
  }
  if (rule.ignore === true && Object.keys(rule).length > 1) {
    refuse("ignore", "What is ignored needs no other rule.");
  }
});

const NO_RULE: FieldRule = {};
const NUMBER_RULE: FieldRule = { isNumber: true };

/**
 * Rules for a value, read from the {@link RULE_KEYWORD} keywords of a JSON schema. Followed are
 * `properties`, `additionalProperties`, `items`, `prefixItems`, `$ref` within the schema, and the
 * branches of `allOf`, `anyOf`, `oneOf`, `then` and `else`. The first branch with a rule counts.
 * Invalid rules (see {@link findRuleProblems}) are ignored.
 */
export class FieldRules {
  readonly rule: FieldRule;
  /** True for a tuple: an array in which each position has its own meaning. */
  readonly isTuple: boolean;
  /** Names of the declared properties, in the order of the schema. */
  readonly names: readonly string[];
  readonly #root: JsonObject;
  readonly #schemas: readonly JsonObject[];
  readonly #properties = new Map<string | null, FieldRules>();
  readonly #elements = new Map<number, FieldRules>();

  constructor(root: JsonObject, schemas: readonly (JsonValue | undefined)[]) {
    this.#root = root;
    this.#schemas = expandSchemas(root, schemas);
    this.rule = withDeclaredType(readFirstRule(this.#schemas), this.#schemas);
    this.names = [
      ...new Set(
        this.#schemas.flatMap(({ properties }) =>
          isJsonObject(properties) ? Object.keys(properties) : []
        ),
      ),
    ];
    this.isTuple = this.#schemas.some((schema) => Array.isArray(schema["prefixItems"]));
  }

  /** Returns the rules for an object's property. */
  property(name: string): FieldRules {
    if (this.#schemas.length === 0) return this;
    const isDeclared = this.#schemas.some(({ properties }) =>
      isJsonObject(properties) && Object.hasOwn(properties, name)
    );
    // All others share the rules of `additionalProperties`, because there may be any number of them.
    const key = isDeclared ? name : null;
    const rules = this.#properties.get(key) ??
      this.#below(({ properties, additionalProperties }) =>
        isJsonObject(properties) && Object.hasOwn(properties, name)
          ? properties[name]
          : additionalProperties
      );
    this.#properties.set(key, rules);
    return rules;
  }

  /** Returns the rules for an array's element. */
  element(index: number): FieldRules {
    if (this.#schemas.length === 0) return this;
    // Only the positions of a tuple have rules of their own.
    const place = this.isTuple ? index : 0;
    const rules = this.#elements.get(place) ??
      this.#below(({ prefixItems, items }) =>
        Array.isArray(prefixItems) && place < prefixItems.length ? prefixItems[place] : items
      );
    this.#elements.set(place, rules);
    return rules;
  }

  #below(read: (schema: JsonObject) => JsonValue | undefined): FieldRules {
    return new FieldRules(this.#root, this.#schemas.map(read));
  }
}

/** Rules of a schema without any rule. */
export const NO_RULES: FieldRules = new FieldRules({}, []);

/** Matches the words in a schema's text that affect the comparison. */
const TELLING = new RegExp(`"(?:${RULE_KEYWORD}|prefixItems|number|integer)"`);

/** Returns the rules that `schema` gives for the answers it describes. */
export function readRules(schema: JsonObject): FieldRules {
  return TELLING.test(writeJson(schema)) ? new FieldRules(schema, [schema]) : NO_RULES;
}

/** Returns the schema without the rules, for models: rules can give the answer away. */
export function withoutRules(schema: JsonObject): JsonObject {
  return writeJson(schema).includes(`"${RULE_KEYWORD}"`) ? strip(schema) : schema;
}

/** Tells whether `rules` leave nothing of `value` to compare. */
export function isAllIgnored(value: JsonValue, rules: FieldRules): boolean {
  if (rules.rule.ignore === true) return true;
  if (Array.isArray(value)) {
    return value.length > 0 &&
      value.every((element, index) => isAllIgnored(element, rules.element(index)));
  }
  if (!isJsonObject(value)) return false;
  const fields = Object.entries(value);
  return fields.length > 0 &&
    fields.every(([name, child]) => isAllIgnored(child, rules.property(name)));
}

/**
 * Returns every rule in `schema` that cannot be followed, in the order of the schema. Paths are as
 * `json_schema.properties.total.x-compare.tolerance`.
 */
export function findRuleProblems(schema: JsonObject): FieldError[] {
  const problems: FieldError[] = [];
  visitSchemas(schema, ["json_schema"], true, (found, path, isFollowed) => {
    if (!Object.hasOwn(found, RULE_KEYWORD)) return;
    const at = [...path, RULE_KEYWORD];
    const refuse = (message: string, below: readonly PropertyKey[] = []) =>
      problems.push({ path: [...at, ...below].join("."), code: "compare_rule_invalid", message });
    const parsed = ruleSchema.safeParse(found[RULE_KEYWORD]);
    if (!parsed.success) {
      for (const { message, path: below } of parsed.error.issues) refuse(message, below);
    } else if (!isFollowed) {
      refuse("A rule has no effect here.");
    } else {
      const misfit = findMisfit(found, parsed.data);
      if (misfit !== null) refuse(misfit);
    }
  });
  return problems;
}

/** Returns the reason why a rule does not fit the schema it stands in, or null. */
function findMisfit(schema: JsonObject, { type, array, any }: FieldRule): string | null {
  const types = declaredTypes(schema);
  const allows = (...names: string[]) =>
    types.length === 0 || names.some((name) => types.includes(name));
  if (array !== undefined && !allows("array")) return "The field is no array.";
  if (type !== undefined && !allows("string", "number", "integer")) {
    return "The field is neither text nor number.";
  }
  if (any !== undefined && !allows("string", "number", "integer", "boolean", "null")) {
    return "The field is an object or an array: give its fields or elements a rule each.";
  }
  if (typeof array === "object") {
    const { items } = schema;
    const properties = isJsonObject(items) ? items["properties"] : undefined;
    if (isJsonObject(properties) && !Object.hasOwn(properties, array.key)) {
      return `The elements have no property ${array.key}.`;
    }
  }
  return null;
}

function readFirstRule(schemas: readonly JsonObject[]): FieldRule {
  for (const schema of schemas) {
    if (!Object.hasOwn(schema, RULE_KEYWORD)) continue;
    const parsed = ruleSchema.safeParse(schema[RULE_KEYWORD]);
    if (parsed.success) return parsed.data;
  }
  return NO_RULE;
}

/** Adds `isNumber` from the schema's own `type`. If text is allowed too, digits may be a name. */
function withDeclaredType(rule: FieldRule, schemas: readonly JsonObject[]): FieldRule {
  const types = new Set(schemas.flatMap(declaredTypes));
  if (types.has("string") || (!types.has("number") && !types.has("integer"))) return rule;
  return rule === NO_RULE ? NUMBER_RULE : { ...rule, isNumber: true };
}

function declaredTypes({ type }: JsonObject): readonly JsonValue[] {
  if (Array.isArray(type)) return type;
  return typeof type === "string" ? [type] : [];
}

const BRANCHES = ["allOf", "anyOf", "oneOf"];

/** Returns the given schemas and all that apply to the same value through them, each once. */
export function expandSchemas(
  root: JsonObject,
  schemas: readonly (JsonValue | undefined)[],
): JsonObject[] {
  const found = new Set<JsonObject>();
  const expand = (schema: JsonValue | undefined) => {
    if (!isJsonObject(schema) || found.has(schema)) return;
    found.add(schema);
    const reference = schema["$ref"];
    if (typeof reference === "string") expand(resolve(root, reference));
    for (const keyword of BRANCHES) {
      const branches = schema[keyword];
      if (Array.isArray(branches)) branches.forEach(expand);
    }
    expand(schema["then"]);
    expand(schema["else"]);
  };
  schemas.forEach(expand);
  return [...found];
}

/** Follows a JSON pointer such as `#/$defs/amount`; undefined if it leads out of the schema. */
function resolve(root: JsonObject, reference: string): JsonValue | undefined {
  if (!reference.startsWith("#")) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of reference.slice(1).split("/").slice(1)) {
    const key = decodePointer(part);
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function decodePointer(part: string): string {
  const unescaped = part.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(unescaped);
  } catch {
    return unescaped;
  }
}

/** Keywords by the kind of their value. Rules below those in `followed` have an effect. */
const NAMED = { followed: ["properties", "$defs", "definitions"], other: ["patternProperties"] };
const SINGLE = {
  followed: ["items", "additionalProperties", "then", "else"],
  other: ["not", "if", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"],
};
const LISTED = { followed: [...BRANCHES, "prefixItems"], other: [] };

function visitSchemas(
  schema: JsonValue | undefined,
  path: readonly PropertyKey[],
  isFollowed: boolean,
  visit: (schema: JsonObject, path: readonly PropertyKey[], isFollowed: boolean) => void,
): void {
  if (!isJsonObject(schema)) return;
  visit(schema, path, isFollowed);
  for (const [keyword, value] of Object.entries(schema)) {
    const at = [...path, keyword];
    const descend = (kind: { readonly followed: string[]; readonly other: string[] }) => {
      if (kind.followed.includes(keyword)) return isFollowed;
      return kind.other.includes(keyword) ? false : null;
    };
    const named = descend(NAMED);
    const single = descend(SINGLE);
    const listed = descend(LISTED);
    if (named !== null && isJsonObject(value)) {
      for (const [name, child] of Object.entries(value)) {
        visitSchemas(child, [...at, name], named, visit);
      }
    } else if (single !== null) {
      visitSchemas(value, at, single, visit);
    } else if (listed !== null && Array.isArray(value)) {
      value.forEach((child, index) => visitSchemas(child, [...at, index], listed, visit));
    }
  }
}

function strip(schema: JsonObject): JsonObject {
  const copy: JsonObject = structuredClone(schema);
  visitSchemas(copy, [], true, (found) => {
    delete found[RULE_KEYWORD];
  });
  return copy;
}
