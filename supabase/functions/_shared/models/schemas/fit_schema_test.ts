import assert from "node:assert/strict";
import fc from "fast-check";
import { toStrictJsonSchema } from "openai/lib/transform";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { fitSchema } from "./fit_schema.ts";
import { type SchemaSupport, schemaSupportOf } from "./schema_subset.ts";

const openai = schemaSupportOf({ provider: "openai", model: "gpt-4o" });
const google = schemaSupportOf({ provider: "openrouter", model: "google/gemini-3.5-flash" });
const anthropic = schemaSupportOf({ provider: "openrouter", model: "anthropic/claude-haiku-4.5" });
const cerebras = schemaSupportOf({ provider: "cerebras", model: "gpt-oss-120b" });

function closed(properties: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
    ...more,
  };
}

/**
 * OpenAI's documented rules for strict schemas, written down a second time. Returns the first that is
 * broken, or null.
 */
function breachOfOpenAi(root: JsonValue): string | null {
  const formats = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
  ];
  const known = new Set([
    ...["$ref", "$defs", "anyOf", "type", "description", "enum", "const", "properties", "required"],
    ...["additionalProperties", "items", "pattern", "format", "multipleOf", "minimum", "maximum"],
    ...["exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems"],
  ]);
  const check = (schema: JsonValue | undefined, depth: number): string | null => {
    if (!isJsonObject(schema)) return "not a schema";
    const unknown = Object.keys(schema).find((keyword) => !known.has(keyword));
    if (unknown !== undefined) return `keyword ${unknown}`;
    if (typeof (schema["description"] ?? "") !== "string") return "description";
    const { $ref, anyOf, type, properties, required, items, format, pattern, $defs } = schema;
    if ($ref !== undefined) {
      if (Object.keys(schema).some((keyword) => keyword !== "$ref")) return "beside $ref";
      return /^#(\/\$defs\/[^/]+)?$/.test(String($ref)) ? null : `$ref ${String($ref)}`;
    }
    if (type === undefined && anyOf === undefined) return "no type";
    if (depth > 10) return "too deep";
    if (format !== undefined && !formats.includes(String(format))) {
      return `format ${String(format)}`;
    }
    if (/\(\?[=!<]/.test(String(pattern ?? ""))) return "look-around";
    if ([type].flat().includes("array") && items === undefined) return "no items";
    if ([type].flat().includes("object")) {
      if (schema["additionalProperties"] !== false) return "open object";
      if (!isJsonObject(properties) || !Array.isArray(required)) return "no properties";
      if (Object.keys(properties).sort().join() !== required.map(String).sort().join()) {
        return "required is not properties";
      }
    }
    const children: [JsonValue | undefined, number][] = [
      ...Object.values(isJsonObject(properties) ? properties : {}).map((
        child,
      ): [JsonValue, number] => [child, depth + 1]),
      ...Object.values(isJsonObject($defs) ? $defs : {}).map((
        child,
      ): [JsonValue, number] => [child, depth + 1]),
      ...items === undefined ? [] : [[items, depth + 1] as [JsonValue, number]],
      ...Array.isArray(anyOf) ? anyOf.map((child): [JsonValue, number] => [child, depth]) : [],
    ];
    for (const [child, level] of children) {
      const breach = check(child, level);
      if (breach !== null) return breach;
    }
    return null;
  };
  if (!isJsonObject(root) || root["type"] !== "object" || root["anyOf"] !== undefined) {
    return "root";
  }
  return check(root, 1);
}

const scalar = fc.constantFrom<JsonValue>("a", "EUR", 1, 1.5, true, null);
const keyword: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean", "null", "x") }),
  fc.record({
    type: fc.constantFrom<JsonValue>(["string", "null"], ["number"], ["object", "null"]),
  }),
  fc.record({ enum: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ const: scalar }),
  fc.record({ nullable: fc.boolean() }),
  fc.record({ format: fc.constantFrom("date", "uri", "decimal", 7) }),
  fc.record({ pattern: fc.constantFrom("^a$", "^(?!0)\\d+$", "(", "(a)\\1", "(?<x>a)\\k<x>") }),
  fc.record({ minLength: fc.constant(1), minimum: fc.constantFrom<JsonValue>(0, "0") }),
  fc.constant<JsonObject>({ default: 1, title: "T", examples: [1], "x-ui": 1, $comment: "c" }),
  fc.constantFrom<JsonObject>({ description: "d" }, { description: 1 }),
  fc.constant<JsonObject>({ uniqueItems: true, minItems: 1, contains: {} }),
  fc.constant<JsonObject>({ not: {}, if: {}, then: {}, propertyNames: {}, dependentRequired: {} }),
  fc.constantFrom<JsonObject>({ patternProperties: {} }, { prefixItems: [{}] }, {
    additionalItems: true,
  }),
  fc.record({
    $ref: fc.constantFrom("#", "#/$defs/a", "#/definitions/b", "#/$defs/none", "http://x/y", "#a"),
  }),
);
const names = fc.constantFrom("a", "b", "__proto__", "a b");
const { schema: anySchema } = fc.letrec<{ schema: JsonValue; child: JsonValue }>((tie) => ({
  child: fc.oneof({ depthSize: "small", withCrossShrink: true }, keyword, tie("schema")),
  schema: fc.tuple(
    fc.array(keyword, { maxLength: 2 }),
    fc.oneof(
      fc.record({
        type: fc.constantFrom<JsonValue>("object", ["object", "null"]),
        properties: fc.dictionary(names, tie("child"), { maxKeys: 3 }),
        required: fc.array(names, { maxLength: 3 }),
        additionalProperties: fc.constantFrom<JsonValue>(false, true, {}),
      }, { requiredKeys: ["properties"] }),
      fc.record({ type: fc.constant("array"), items: tie("child") }, { requiredKeys: [] }),
      fc.record({ anyOf: fc.array(tie("child"), { maxLength: 2 }) }),
      fc.record({ oneOf: fc.array(tie("child"), { maxLength: 2 }) }),
      fc.record({ allOf: fc.array(tie("child"), { maxLength: 2 }) }),
      fc.constantFrom<JsonValue>(true, false),
    ),
  ).map(([keywords, shape]): JsonValue =>
    isJsonObject(shape) ? Object.assign({}, shape, ...keywords) : shape
  ),
}));
/** Mostly objects, since all else is asked for in the prompt. */
const anyRoot = fc.tuple(
  fc.dictionary(names, anySchema, { maxKeys: 3 }),
  fc.array(keyword, { maxLength: 1 }),
  fc.dictionary(fc.constantFrom("a", "b"), anySchema, { maxKeys: 2 }),
  fc.boolean(),
).map(([properties, keywords, definitions, isClosed]): JsonObject => ({
  ...closed(properties),
  ...isClosed ? {} : { additionalProperties: undefined },
  ...Object.assign({}, ...keywords),
  $defs: definitions,
  definitions,
})).map((schema): JsonObject => JSON.parse(JSON.stringify(schema)));

Deno.test("every schema sent to OpenAI follows its documented rules and passes its own package unchanged", () => {
  let sent = 0;
  fc.assert(
    fc.property(anyRoot, (root) => {
      const { regime, schema, losses } = fitSchema(root, openai);
      assert.equal(regime === "prompt", schema === null);
      if (schema === null) return;
      sent++;
      assert.equal(breachOfOpenAi(schema), null, JSON.stringify(schema));
      assert.deepEqual(JSON.parse(JSON.stringify(toStrictJsonSchema(schema))), schema);
      assert.equal(regime === "strict", losses.length === 0);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(sent > 100, `${sent} schemas were sent`);
});

Deno.test("a schema that OpenAI supports is sent whole, without annotations", () => {
  const schema = closed({
    date: { type: "string", format: "date", description: "when" },
    total: { type: ["number", "null"], minimum: 0 },
    items: { type: "array", minItems: 1, items: { $ref: "#/$defs/item" } },
  }, { $defs: { item: closed({ name: { type: "string", minLength: 1 } }) } });
  assert.deepEqual(fitSchema(schema, openai), {
    regime: "strict",
    schema,
    losses: [],
    isNarrower: false,
  });
  const described = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "R",
    ...closed({ a: { type: "string", examples: ["x"], "x-ui": "wide" } }),
  };
  const fitted = fitSchema(described, openai);
  assert.equal(fitted.regime, "strict");
  assert.deepEqual(fitted.schema, closed({ a: { type: "string" } }));
});

function reduced(schema: JsonObject, support: SchemaSupport = openai) {
  const { regime, schema: sent, losses } = fitSchema(schema, support);
  assert.equal(regime, "reduced");
  return { sent, paths: losses.map(({ path }) => path) };
}

const REDUCED: readonly [string, JsonObject, JsonObject, readonly string[]][] = [
  [
    "a format that is not enforced",
    closed({ url: { type: "string", format: "uri" } }),
    closed({ url: { type: "string" } }),
    ["json_schema.properties.url.format"],
  ],
  [
    "a default",
    closed({ a: { type: "string", default: "EUR" } }),
    closed({ a: { type: "string" } }),
    ["json_schema.properties.a.default"],
  ],
  [
    "a pattern with look-ahead",
    closed({ id: { type: "string", pattern: "^(?!0)\\d+$" } }),
    closed({ id: { type: "string" } }),
    ["json_schema.properties.id.pattern"],
  ],
  [
    "an open object with an optional property",
    {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" } },
      required: ["a"],
    },
    closed({ a: { type: "string" }, b: { type: ["string", "null"] } }),
    ["json_schema.additionalProperties", "json_schema.required"],
  ],
  [
    "an optional enum",
    closed({ a: { type: "string", enum: ["x"] } }, { required: [] }),
    closed({ a: { type: ["string", "null"], enum: ["x", null] } }),
    ["json_schema.required"],
  ],
  [
    "an optional reference",
    {
      ...closed({ a: { $ref: "#/definitions/p" } }, { required: [] }),
      definitions: { p: closed({}) },
    },
    {
      ...closed({ a: { anyOf: [{ $ref: "#/$defs/p" }, { type: "null" }] } }),
      $defs: { p: closed({}) },
    },
    ["json_schema.required"],
  ],
  [
    "nullable of OpenAPI",
    closed({ a: { type: "string", nullable: true, enum: ["x"] } }),
    closed({ a: { type: ["string", "null"], enum: ["x", null] } }),
    ["json_schema.properties.a.nullable"],
  ],
  [
    "values without a type",
    closed({ a: { enum: ["x", 1, null] }, b: { const: true } }),
    closed({
      a: { type: ["string", "number", "null"], enum: ["x", 1, null] },
      b: { type: "boolean", const: true },
    }),
    ["json_schema.properties.a.type", "json_schema.properties.b.type"],
  ],
  [
    "a description beside a reference",
    { ...closed({ a: { $ref: "#/$defs/p", description: "who" } }), $defs: { p: closed({}) } },
    { ...closed({ a: { $ref: "#/$defs/p" } }), $defs: { p: closed({}) } },
    ["json_schema.properties.a.description"],
  ],
  [
    "a root that is a reference",
    { $ref: "#/$defs/R", $defs: { R: closed({ a: { type: "string" } }) } },
    closed({ a: { type: "string" } }),
    ["json_schema.$ref", "json_schema.$defs.R"],
  ],
  [
    "one of several shapes",
    closed({ a: { oneOf: [{ type: "string" }, closed({})] } }),
    closed({ a: { anyOf: [{ type: "string" }, closed({})] } }),
    ["json_schema.properties.a.oneOf"],
  ],
  [
    "shapes that all apply",
    closed({
      a: {
        allOf: [{ $ref: "#/$defs/p" }, { properties: { y: { type: "number" } }, required: ["y"] }],
      },
    }, {
      $defs: { p: { type: "object", properties: { x: { type: "string" } }, required: ["x"] } },
    }),
    closed({ a: closed({ x: { type: "string" }, y: { type: "number" } }) }),
    [
      "json_schema.properties.a.allOf",
      "json_schema.properties.a.additionalProperties",
      "json_schema.$defs.p",
    ],
  ],
];
for (const [what, schema, expected, paths] of REDUCED) {
  Deno.test(`OpenAI is sent ${what} as far as it enforces it, and each loss is named by its path`, () => {
    assert.deepEqual(reduced(schema), { sent: expected, paths });
  });
}

const IN_PROMPT: readonly [string, JsonObject][] = [
  ["a place where anything is right", closed({ a: {} })],
  ["a place with a description alone", closed({ a: { description: "d" } })],
  ["a list of anything", closed({ a: { type: "array" } })],
  ["an object with any properties", closed({ a: { type: "object" } })],
  [
    "an object that is said to be open",
    closed({ a: { type: "string" } }, { additionalProperties: true }),
  ],
  ["properties by pattern", closed({}, { patternProperties: { "^a": {} } })],
  [
    "a required property without a schema",
    closed({ a: { type: "string" } }, { required: ["a", "b"] }),
  ],
  [
    "a list with a schema for each place",
    closed({ a: { type: "array", prefixItems: [{}], items: false } }),
  ],
  ["a root that may be null", { ...closed({}), type: ["object", "null"] }],
  ["a root that is a list", { type: "array", items: { type: "string" } }],
  ["alternatives that add properties", {
    ...closed({}),
    anyOf: [closed({ a: { type: "string" } })],
  }],
  ["properties beside a reference", {
    ...closed({ a: { $ref: "#/$defs/p", properties: { y: {} } } }),
    $defs: { p: closed({}) },
  }],
  ["a reference to another document", closed({ a: { $ref: "https://example.com/s" } })],
  ["a reference to itself at the root", { $ref: "#" }],
  ["11 levels", nest(10)],
  [
    "1,001 values",
    closed({ a: { type: "string", enum: Array.from({ length: 1_001 }, (_, i) => `v${i}`) } }),
  ],
  [
    "5,001 properties",
    closed(
      Object.fromEntries(Array.from({ length: 5_001 }, (_, i) => [`p${i}`, { type: "null" }])),
    ),
  ],
  ["names of more than 120,000 characters", closed({ ["n".repeat(120_001)]: { type: "null" } })],
  [
    "long values in a long enum",
    closed({
      a: { type: "string", enum: Array.from({ length: 251 }, (_, i) => `${i}`.padEnd(60)) },
    }),
  ],
];
for (const [what, schema] of IN_PROMPT) {
  Deno.test(`a schema with ${what} is left to the prompt with the reason`, () => {
    const { regime, losses } = fitSchema(schema, openai);
    assert.equal(regime, "prompt");
    assert.equal(losses.length, 1);
    assert.match(losses[0]?.path ?? "", /^json_schema/);
  });
}

function nest(levels: number): JsonObject {
  return levels === 0 ? { type: "string" } : closed({ a: nest(levels - 1) });
}

Deno.test("ten levels and a list that refers to itself are enforced", () => {
  assert.equal(fitSchema(nest(9), openai).regime, "strict");
  const tree = closed({ children: { type: "array", items: { $ref: "#" } } });
  assert.equal(fitSchema(tree, openai).regime, "strict");
  assert.equal(fitSchema(tree, anthropic).regime, "prompt");
});

Deno.test("Google gets no additionalProperties, enum instead of const, and optional fields as they are", () => {
  const schema = closed(
    { a: { const: "x", type: "string" }, b: { type: "string", pattern: "a" } },
    {
      required: ["a"],
    },
  );
  assert.deepEqual(reduced(schema, google).sent, {
    type: "object",
    properties: { a: { type: "string", enum: ["x"] }, b: { type: "string" } },
    required: ["a"],
  });
});

Deno.test("Cerebras gets one type per schema", () => {
  const schema = closed({ a: { type: ["string", "null"], description: "d" } });
  assert.deepEqual(
    fitSchema(schema, cerebras).schema,
    closed({ a: { description: "d", anyOf: [{ type: "string" }, { type: "null" }] } }),
  );
  const values = closed({
    a: { type: ["string", "null"], const: "x" },
    b: { type: ["integer", "null"], enum: [1, null] },
    c: { type: ["array", "null"], items: { type: "string" } },
  });
  assert.deepEqual(
    fitSchema(values, cerebras).schema,
    closed({
      a: { anyOf: [{ type: "string", enum: ["x"] }] },
      b: { anyOf: [{ type: "integer", enum: [1] }, { type: "null", enum: [null] }] },
      c: { anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }] },
    }),
  );
});

Deno.test("Anthropic's compatible endpoint gets no schema, and a provider that tries is reported as such", () => {
  const schema = closed({ a: { type: "string" } });
  const ignored = schemaSupportOf({ provider: "anthropic", model: "claude-haiku-4-5" });
  assert.equal(fitSchema(schema, ignored).regime, "prompt");
  const tried = schemaSupportOf({ provider: "groq", model: "meta-llama/llama-4-scout" });
  assert.deepEqual(fitSchema(schema, tried).schema, schema);
  assert.equal(fitSchema(schema, tried).regime, "reduced");
});
