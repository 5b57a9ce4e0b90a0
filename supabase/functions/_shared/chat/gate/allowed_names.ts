import { splitWords } from "../../platform/split_words.ts";

const words = (text: string): ReadonlySet<string> => new Set(splitWords(text));

/** Functions that may take a whole row: they return JSON or a number and show its columns alone. */
export const ROW_FUNCTIONS = words(`
  count to_json to_jsonb row_to_json json_agg jsonb_agg json_agg_strict jsonb_agg_strict
  json_build_object jsonb_build_object json_build_array jsonb_build_array
  json_object_agg jsonb_object_agg num_nulls num_nonnulls
`);

/** Operators that may compare two whole rows. IS DISTINCT FROM has the name `=`. */
export const ROW_OPERATORS = words("= <> < > <= >=");

/** Functions between bytes and text, whose format must be one that makes at most twice as much. */
export const BYTES_FUNCTIONS = words("encode decode");

/** Functions whose arguments may be named. All other checks find arguments by their position. */
export const NAMED_ARGUMENTS = words(
  "make_date make_time make_interval make_timestamp make_timestamptz",
);

/** Result of a function in FROM. */
export type TableFunction =
  | { readonly returns: "value"; readonly column?: string }
  | { readonly returns: "row"; readonly columns: readonly string[] }
  /** The statement itself lists columns and types after the alias. */
  | { readonly returns: "record" };

const each = (names: string, table: TableFunction) =>
  splitWords(names).map((name): [string, TableFunction] => [name, table]);

/** Functions that return several rows or columns in FROM. All others return one value there. */
export const TABLE_FUNCTIONS: ReadonlyMap<string, TableFunction> = new Map([
  ...each(
    `generate_series generate_subscripts unnest string_to_table regexp_split_to_table regexp_matches
    jsonb_path_query json_object_keys jsonb_object_keys`,
    { returns: "value" },
  ),
  ...each(
    `json_array_elements jsonb_array_elements
    json_array_elements_text jsonb_array_elements_text`,
    { returns: "value", column: "value" },
  ),
  ...each(
    "json_each jsonb_each json_each_text jsonb_each_text",
    { returns: "row", columns: ["key", "value"] },
  ),
  ...each(
    "json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset",
    { returns: "record" },
  ),
]);

/** Types that a value may be cast to, also as arrays. */
export const ALLOWED_TYPES = words(`
  bool int2 int4 int8 float4 float8 numeric text varchar bpchar
  date time timetz timestamp timestamptz interval uuid json jsonb
`);

/** Collations that a text may be compared by. */
export const ALLOWED_COLLATIONS = words("C POSIX default");
