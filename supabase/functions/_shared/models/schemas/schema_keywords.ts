import { splitWords } from "../../platform/split_words.ts";

/**
 * Keywords of JSON Schema by what fitting a schema to a provider does with them. Other keywords are
 * annotations. To support another keyword, add it to the list whose rule it follows; a provider
 * that enforces it names it in `keywords` of its `SchemaSubset`.
 */

/**
 * Keywords that define the parts of an answer. They cannot be left out without changing the
 * answers.
 */
export const STRUCTURE = new Set(splitWords(`
  type enum const nullable properties required additionalProperties patternProperties items
  prefixItems anyOf oneOf allOf $ref
`));

/** Keywords that narrow down what a type allows. Providers differ in those that they enforce. */
export const NARROWING = splitWords(`
  minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format
  minItems maxItems
`);
/**
 * Keywords that no provider enforces and that only forbid answers. They are left out, which allows
 * more answers.
 */
export const UNENFORCED = splitWords(`
  not if then else dependentRequired dependentSchemas dependencies propertyNames minProperties
  maxProperties uniqueItems contains minContains maxContains unevaluatedItems unevaluatedProperties
  additionalItems default
`);
/**
 * Keywords that no provider takes and that cannot be left out without changing what the rest means.
 */
export const UNEXPRESSED = ["patternProperties", "prefixItems", "$dynamicRef", "$recursiveRef"];
