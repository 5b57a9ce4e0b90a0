import { z } from "zod";
import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { isDateFormat } from "./date_format.ts";
import { writeDecimal } from "./read_decimal.ts";

/** The keyword of a JSON schema under which a field says how it is compared. */
const RULE_KEYWORD = "x-compare";

/** The kind of thing that a scalar is read as when it is compared relaxed. */
export type FieldType = "text" | "number" | "date" | "identifier" | "code";

/** The way in which the elements of an array find their counterparts. */
export type ArrayOrder = "ordered" | "unordered" | { readonly key: string };

/** The rule for one field. An absent setting is as for any other field. */
export interface FieldRule {
  /** Absent: a number, a date or a text, whichever both values can be read as without a guess. */
  readonly type?: FieldType | undefined;
  /** True where the schema's own `type` allows numbers and no text. */
  readonly isNumber?: boolean | undefined;
  /** Values that are as right as the expected one. */
  readonly any?: readonly JsonValue[] | undefined;
  /** Largest difference of a number that is still right, strictly too. Default 0. */
  readonly tolerance?: number | undefined;
  /** Format of a date that is not ISO, as `DD/MM/YYYY`. */
  readonly format?: string | undefined;
  /**
   * Default: `ordered` for arrays of scalars, `unordered` for those that hold objects or arrays. Where
   * the schema has `prefixItems` the default is `ordered`, and means place by place.
   */
  readonly array?: ArrayOrder | undefined;
  /** Neither it nor anything in it is compared or counted. */
  readonly ignore?: boolean | undefined;
}

/** A fault of a rule, and its place. */
export interface RuleProblem {
  /** As `json_schema.properties.total.x-compare.tolerance`. */
  readonly path: string;
  readonly code: "compare_rule_invalid";
  readonly message: string;
}

/** Each costs a comparison wherever an answer is not the expected one. */
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
 * Rules for a value, as a JSON schema gives them by {@link RULE_KEYWORD}. Followed are
 * `properties`, `additionalProperties`, `items`, `prefixItems`, `$ref` within the schema, and the
 * branches of `allOf`, `anyOf`, `oneOf`, `then` and `else`, of which the first that has a rule
 * counts. A rule that is invalid (see {@link findRuleProblems}) counts as none.
 */
export class FieldRules {
  readonly rule: FieldRule;
  /** True where an array's positions are places with a meaning of their own. */
  readonly isTuple: boolean;
  readonly #root: JsonObject;
  readonly #schemas: readonly JsonObject[];
  readonly #properties = new Map<string | null, FieldRules>();
  readonly #elements = new Map<number, FieldRules>();

  constructor(root: JsonObject, schemas: readonly (JsonValue | undefined)[]) {
    this.#root = root;
    this.#schemas = expandSchemas(root, schemas);
    this.rule = withDeclaredType(readFirstRule(this.#schemas), this.#schemas);
    this.isTuple = this.#schemas.some((schema) => Array.isArray(schema["prefixItems"]));
  }

  /** Returns the rules for an object's property. */
  property(name: string): FieldRules {
    if (this.#schemas.length === 0) return this;
    const isDeclared = this.#schemas.some(({ properties }) =>
      isJsonObject(properties) && Object.hasOwn(properties, name)
    );
    // All others share what `additionalProperties` says: there may be any number of them.
    const key = isDeclared ? name : null;
    let rules = this.#properties.get(key);
    if (rules === undefined) {
      rules = new FieldRules(
        this.#root,
        this.#schemas.map(({ properties, additionalProperties }) =>
          isJsonObject(properties) && Object.hasOwn(properties, name)
            ? properties[name]
            : additionalProperties
        ),
      );
      this.#properties.set(key, rules);
    }
    return rules;
  }

  /** Returns the rules for an array's element. */
  element(index: number): FieldRules {
    if (this.#schemas.length === 0) return this;
    // Only the places of a tuple are told apart.
    const place = this.isTuple ? index : 0;
    let rules = this.#elements.get(place);
    if (rules === undefined) {
      rules = new FieldRules(
        this.#root,
        this.#schemas.map(({ prefixItems, items }) =>
          Array.isArray(prefixItems) && place < prefixItems.length ? prefixItems[place] : items
        ),
      );
      this.#elements.set(place, rules);
    }
    return rules;
  }
}

/** No field has a rule of its own. */
export const NO_RULES: FieldRules = new FieldRules({}, []);

/** Finds in a schema's text the words that make a difference to the comparison. */
const TELLING = new RegExp(`"(?:${RULE_KEYWORD}|prefixItems|number|integer)"`);

/** Returns the rules that `schema` gives for the answers it describes. */
export function readRules(schema: JsonObject): FieldRules {
  return TELLING.test(writeJson(schema)) ? new FieldRules(schema, [schema]) : NO_RULES;
}

/** Returns the schema without the rules, as models are shown it: rules can give the answer away. */
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

/** Returns every rule in `schema` that cannot be followed, in the order of the schema. */
export function findRuleProblems(schema: JsonObject): RuleProblem[] {
  const problems: RuleProblem[] = [];
  visitSchemas(schema, ["json_schema"], true, (found, path, isFollowed) => {
    if (!Object.hasOwn(found, RULE_KEYWORD)) return;
    const at = [...path, RULE_KEYWORD];
    const refuse = (message: string, below: readonly PropertyKey[] = []) =>
      problems.push({
        path: [...at, ...below].join("."),
        code: "compare_rule_invalid",
        message,
      });
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

/** Adds what the schema's own `type` says. Where text is allowed too, digits may be a name. */
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

/** Follows a JSON pointer such as `#/$defs/amount`; what is not within the schema is nothing. */
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

/** Keywords by what they hold. Rules below the first of each pair of lists are followed. */
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
