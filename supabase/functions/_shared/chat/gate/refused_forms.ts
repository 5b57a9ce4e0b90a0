/** Words for a form of SQL that is refused: what is wrong, and what to write instead. */
type RefusedForm = readonly [reason: string, hint: string];

const XML: RefusedForm = [
  "XML is not allowed.",
  "Build JSON with jsonb_build_object and jsonb_agg.",
];
const JSON_CONSTRUCTOR: RefusedForm = [
  "The constructors JSON_OBJECT, JSON_ARRAY, JSON_OBJECTAGG, JSON_ARRAYAGG, JSON_SCALAR, JSON_SERIALIZE and JSON(...) are not allowed.",
  "Write jsonb_build_object, jsonb_build_array, jsonb_object_agg, jsonb_agg, to_jsonb or a cast to jsonb.",
];
const JSON_FORMAT: RefusedForm = [
  "FORMAT JSON and ENCODING are not allowed.",
  "Cast the text to jsonb instead.",
];
const ROWS_FROM: RefusedForm = [
  "ROWS FROM is not allowed.",
  "Call one function in FROM; unnest takes several arrays.",
];
const FIELD: RefusedForm = [
  "Only subscripts may follow an expression.",
  "Select a column by its alias, read JSON with -> and ->>, and call jsonb_each in FROM: cross join lateral jsonb_each(...) as e (key, value).",
];
const CURRENT_USER: RefusedForm = [
  "The current user, role, schema and catalog cannot be read.",
  "Leave it out: every relation holds the asking user's rows only.",
];

/** Forms of SQL that a model is likely to try, by field or type of the parser's nodes. */
export const REFUSED_FORMS: ReadonlyMap<string, RefusedForm> = new Map<string, RefusedForm>([
  ["SelectStmt.intoClause", ["SELECT INTO is not allowed.", "Leave INTO out."]],
  ["SelectStmt.lockingClause", ["Rows cannot be locked.", "Leave FOR UPDATE or FOR SHARE out."]],
  ["SelectStmt.limitCount", ["LIMIT takes a number.", "Write the number, such as limit 10."]],
  ["SelectStmt.limitOffset", ["OFFSET takes a number.", "Write the number, such as offset 10."]],
  ["WithClause.recursive", [
    "Recursive common table expressions are not allowed.",
    "Make days or numbers with generate_series, and leave RECURSIVE out.",
  ]],
  ["CommonTableExpr.ctequery", [
    "A common table expression can only be a SELECT.",
    "Only read: no INSERT, UPDATE, DELETE or MERGE.",
  ]],
  ["CommonTableExpr.search_clause", ["SEARCH is not allowed.", "Use ORDER BY."]],
  ["CommonTableExpr.cycle_clause", ["CYCLE is not allowed.", "Leave it out."]],
  ["RangeVar.catalogname", [
    "Relations are named without a database.",
    "Write the relation's name alone.",
  ]],
  ["RangeVar.inh", ["ONLY is not allowed.", "Write the relation's name alone."]],
  ["RangeFunction.is_rowsfrom", ROWS_FROM],
  ["RangeFunction.functions", [
    "Only a function may stand there in FROM.",
    "Put the expression into a subquery: from (select ... as name) t.",
  ]],
  ["JoinExpr.join_using_alias", [
    "An alias after USING is not allowed.",
    "Give both sides aliases of their own.",
  ]],
  ["A_Indirection.indirection", FIELD],
  ["ColumnRef.fields", FIELD],
  ["FuncCall.func_variadic", [
    "VARIADIC arguments are not allowed.",
    "Write the arguments one by one.",
  ]],
  ["SQLValueFunction.op", CURRENT_USER],
  ["SortBy.sortby_dir", ["ORDER BY ... USING is not allowed.", "Write asc or desc."]],
  ["SortBy.useOp", ["ORDER BY ... USING is not allowed.", "Write asc or desc."]],
  ["TypeName.setof", ["SETOF is not allowed.", "Name the type alone."]],
  ["TypeName.pct_type", ["A type cannot be taken from a column.", "Name the type."]],
  ["JsonFuncExpr.op", [
    "JSON_TABLE is not allowed.",
    "Write jsonb_to_recordset(...) as t (name type, ...) or jsonb_array_elements(...).",
  ]],
  ["JsonFuncExpr.passing", [
    "PASSING is not allowed.",
    "Write the value into the path, or compare outside of it.",
  ]],
  ["JsonTable", [
    "JSON_TABLE is not allowed.",
    "Write jsonb_to_recordset(...) as t (name type, ...) or jsonb_array_elements(...).",
  ]],
  ["JsonFormat.format_type", JSON_FORMAT],
  ["JsonFormat.encoding", JSON_FORMAT],
  ...["Object", "Array", "ArrayQuery"].map((kind): [string, RefusedForm] => [
    `Json${kind}Constructor`,
    JSON_CONSTRUCTOR,
  ]),
  ...["JsonObjectAgg", "JsonArrayAgg", "JsonScalarExpr", "JsonParseExpr", "JsonSerializeExpr"].map((
    type,
  ): [string, RefusedForm] => [type, JSON_CONSTRUCTOR]),
  ["XmlExpr", XML],
  ["XmlSerialize", XML],
  ["RangeTableFunc", XML],
  ["RangeTableSample", ["TABLESAMPLE is not allowed.", "Use ORDER BY random() and LIMIT."]],
  ["ParamRef", ["Parameters such as $1 are not allowed.", "Write the value."]],
  ["SetToDefault", ["DEFAULT is not allowed here.", "Write the value."]],
  ["BitString", ["Bit strings are not allowed.", "Write a number or a text."]],
]);
