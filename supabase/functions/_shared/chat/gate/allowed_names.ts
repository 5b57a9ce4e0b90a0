import { splitWords } from "../../platform/split_words.ts";

const words = (text: string): ReadonlySet<string> => new Set(splitWords(text));

/**
 * Functions a statement may call, by the name that the parser gives them. Except for the clock and
 * `random`, they compute from their arguments alone: they change nothing, wait for nothing, read no
 * setting, catalog, file or row that is not an argument, and none takes SQL.
 */
export const ALLOWED_FUNCTIONS = words(`
  count sum avg min max stddev stddev_samp stddev_pop variance var_samp var_pop
  corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
  regr_sxx regr_sxy regr_syy
  bool_and bool_or every any_value mode percentile_cont percentile_disc
  array_agg string_agg json_agg jsonb_agg json_agg_strict jsonb_agg_strict
  json_object_agg jsonb_object_agg

  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value

  abs ceil ceiling floor round trunc sign sqrt cbrt power pow exp ln log log10 mod div width_bucket
  trim_scale scale gcd lcm pi degrees radians
  sin cos tan asin acos atan atan2 to_hex random

  lower upper initcap length char_length character_length octet_length btrim ltrim rtrim left right
  substring substr position strpos split_part replace translate ascii concat concat_ws format reverse starts_with
  lpad rpad repeat overlay bit_length chr md5 encode decode sha224 sha256 sha384 sha512
  like_escape similar_to_escape
  regexp_replace regexp_match regexp_matches regexp_count regexp_like regexp_substr regexp_instr
  regexp_split_to_array regexp_split_to_table string_to_array string_to_table
  to_char to_number to_date to_timestamp

  now statement_timestamp transaction_timestamp
  date date_trunc date_part date_bin date_add date_subtract extract age timezone overlaps isfinite
  justify_days justify_hours justify_interval make_date make_time make_interval make_timestamp
  make_timestamptz

  array_length array_upper array_lower array_ndims cardinality array_position array_positions
  array_append array_prepend array_cat array_remove array_to_string trim_array unnest generate_series
  generate_subscripts

  to_json to_jsonb row_to_json array_to_json jsonb_pretty jsonb_set jsonb_insert json_object jsonb_object
  json_build_object jsonb_build_object json_build_array jsonb_build_array
  json_array_length jsonb_array_length json_typeof jsonb_typeof json_extract_path jsonb_extract_path
  json_extract_path_text jsonb_extract_path_text json_strip_nulls jsonb_strip_nulls
  json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text
  json_each jsonb_each json_each_text jsonb_each_text json_object_keys jsonb_object_keys
  json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset
  jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists

  num_nulls num_nonnulls pg_typeof
`);

/** Functions of schema `chat`, which wrap those of the extension pg_trgm. */
export const EXTENSION_FUNCTIONS = words("similarity word_similarity strict_word_similarity");

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

/** Operators a statement may use. LIKE has the name that the parser gives it: `~~`. */
export const ALLOWED_OPERATORS = words(`
  = <> < > <= >= + - * / % ^ ||
  ~~ !~~ ~~* !~~* ~ !~ ~* !~*
  -> ->> #> #>> #- @> <@ ? ?| ?& && @?
`);

/** Operators whose right side is a regular expression. */
export const PATTERN_OPERATORS = words("~ !~ ~* !~*");

/** Types that a value may be cast to, also as arrays. */
export const ALLOWED_TYPES = words(`
  bool int2 int4 int8 float4 float8 numeric text varchar bpchar
  date time timetz timestamp timestamptz interval uuid json jsonb
`);

/** Collations that a text may be compared by. */
export const ALLOWED_COLLATIONS = words("C POSIX default");
