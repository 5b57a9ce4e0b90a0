import type { Node } from "libpg-query";
import { splitWords } from "../../platform/split_words.ts";

/** Rule for the value of a field of a node. */
export type FieldRule =
  /** Plain value: a name, a number or a flag. */
  | { readonly kind: "value" }
  /** One of these words or flags. */
  | { readonly kind: "word"; readonly words: readonly (string | boolean)[] }
  /** Node of this type that is not wrapped in its name. */
  | { readonly kind: "bare"; readonly type: string }
  /** Node of one of these types, wrapped in its name: `{"ColumnRef": {…}}`. */
  | { readonly kind: "node"; readonly types: readonly string[] }
  /** List of such nodes. If `none` is true, it may contain `{}`, which stands for no node. */
  | { readonly kind: "list"; readonly types: readonly string[]; readonly none: boolean };

const value: FieldRule = { kind: "value" };
const word = (words: string): FieldRule => ({ kind: "word", words: splitWords(words) });
const bare = (type: string): FieldRule => ({ kind: "bare", type });
const node = (...types: string[]): FieldRule => ({ kind: "node", types });
const list = (...types: string[]): FieldRule => ({ kind: "list", types, none: false });
const listOrNone = (...types: string[]): FieldRule => ({ kind: "list", types, none: true });

const EXPRESSION = splitWords(`
  A_ArrayExpr A_Const A_Expr A_Indirection BoolExpr BooleanTest CaseExpr CoalesceExpr CollateClause
  ColumnRef FuncCall GroupingFunc JsonFuncExpr JsonIsPredicate MinMaxExpr NullTest RowExpr
  SQLValueFunction SubLink TypeCast
`);
const SOURCE = ["JoinExpr", "RangeFunction", "RangeSubselect", "RangeVar"];

const expression = node(...EXPRESSION);
const expressions = list(...EXPRESSION);

/**
 * Types of nodes that a statement's tree may contain, with the fields that each may have. Any other
 * type or field refuses the statement, so whatever a later grammar adds is refused until it is listed
 * here. Left out on purpose, among others: `SelectStmt.intoClause` and `.lockingClause`,
 * `RangeVar.catalogname`, `RangeFunction.is_rowsfrom`, `FuncCall.func_variadic`, `TypeName.setof`,
 * `ParamRef`, `RangeTableSample`, XML, and of SQL/JSON the constructors, `JSON_TABLE` and `PASSING`.
 */
export const NODE_SHAPES: Readonly<Record<string, Readonly<Record<string, FieldRule>>>> = {
  SelectStmt: {
    withClause: bare("WithClause"),
    distinctClause: listOrNone(...EXPRESSION),
    targetList: list("ResTarget"),
    fromClause: list(...SOURCE),
    whereClause: expression,
    groupClause: list(...EXPRESSION, "GroupingSet"),
    groupDistinct: value,
    havingClause: expression,
    windowClause: list("WindowDef"),
    valuesLists: list("List"),
    sortClause: list("SortBy"),
    limitOffset: node("A_Const"),
    limitCount: node("A_Const"),
    limitOption: word("LIMIT_OPTION_DEFAULT LIMIT_OPTION_COUNT LIMIT_OPTION_WITH_TIES"),
    op: word("SETOP_NONE SETOP_UNION SETOP_INTERSECT SETOP_EXCEPT"),
    all: value,
    larg: bare("SelectStmt"),
    rarg: bare("SelectStmt"),
  },
  WithClause: {
    ctes: list("CommonTableExpr"),
    recursive: { kind: "word", words: [false] },
  },
  CommonTableExpr: {
    ctename: value,
    aliascolnames: list("String"),
    ctematerialized: value,
    ctequery: node("SelectStmt"),
  },
  ResTarget: { name: value, val: expression },
  SortBy: {
    node: expression,
    sortby_dir: word("SORTBY_DEFAULT SORTBY_ASC SORTBY_DESC"),
    sortby_nulls: value,
  },
  WindowDef: {
    name: value,
    refname: value,
    partitionClause: expressions,
    orderClause: list("SortBy"),
    frameOptions: value,
    startOffset: expression,
    endOffset: expression,
  },
  GroupingSet: { kind: value, content: list(...EXPRESSION, "GroupingSet") },

  RangeVar: {
    schemaname: value,
    relname: value,
    inh: { kind: "word", words: [true] },
    relpersistence: word("p"),
    alias: bare("Alias"),
  },
  RangeSubselect: { lateral: value, subquery: node("SelectStmt"), alias: bare("Alias") },
  RangeFunction: {
    lateral: value,
    ordinality: value,
    functions: list("List"),
    alias: bare("Alias"),
    coldeflist: list("ColumnDef"),
  },
  ColumnDef: { colname: value, typeName: bare("TypeName"), is_local: value },
  JoinExpr: {
    jointype: word("JOIN_INNER JOIN_LEFT JOIN_RIGHT JOIN_FULL"),
    isNatural: value,
    larg: node(...SOURCE),
    rarg: node(...SOURCE),
    usingClause: list("String"),
    quals: expression,
    alias: bare("Alias"),
  },
  Alias: { aliasname: value, colnames: list("String") },

  A_Const: {
    isnull: value,
    ival: bare("Integer"),
    fval: bare("Float"),
    sval: bare("String"),
    boolval: bare("Boolean"),
  },
  Integer: { ival: value },
  Float: { fval: value },
  String: { sval: value },
  Boolean: { boolval: value },
  // The fields that contain a list restrict its elements further: see below.
  List: { items: listOrNone(...EXPRESSION) },
  ColumnRef: { fields: list("String", "A_Star") },
  A_Star: {},
  A_Indirection: { arg: expression, indirection: list("A_Indices", "String") },
  A_Indices: { is_slice: value, lidx: expression, uidx: expression },
  A_ArrayExpr: { elements: expressions },
  A_Expr: {
    kind: word(`
      AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN
      AEXPR_LIKE AEXPR_ILIKE AEXPR_SIMILAR AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM
      AEXPR_NOT_BETWEEN_SYM
    `),
    name: list("String"),
    lexpr: expression,
    rexpr: node(...EXPRESSION, "List"),
  },
  BoolExpr: { boolop: value, args: expressions },
  NullTest: { arg: expression, nulltesttype: value },
  BooleanTest: { arg: expression, booltesttype: value },
  CaseExpr: { arg: expression, args: list("CaseWhen"), defresult: expression },
  CaseWhen: { expr: expression, result: expression },
  CoalesceExpr: { args: expressions },
  MinMaxExpr: { op: value, args: expressions },
  GroupingFunc: { args: expressions },
  RowExpr: { args: expressions, row_format: word("COERCE_IMPLICIT_CAST COERCE_EXPLICIT_CALL") },
  SQLValueFunction: {
    op: word(`
      SVFOP_CURRENT_DATE SVFOP_CURRENT_TIME SVFOP_CURRENT_TIME_N SVFOP_CURRENT_TIMESTAMP
      SVFOP_CURRENT_TIMESTAMP_N SVFOP_LOCALTIME SVFOP_LOCALTIME_N SVFOP_LOCALTIMESTAMP
      SVFOP_LOCALTIMESTAMP_N
    `),
    typmod: value,
  },
  SubLink: {
    subLinkType: word("EXISTS_SUBLINK ALL_SUBLINK ANY_SUBLINK EXPR_SUBLINK ARRAY_SUBLINK"),
    testexpr: expression,
    operName: list("String"),
    subselect: node("SelectStmt"),
  },
  CollateClause: { arg: expression, collname: list("String") },
  TypeCast: { arg: expression, typeName: bare("TypeName") },
  TypeName: {
    names: list("String"),
    typmods: list("A_Const"),
    typemod: value,
    arrayBounds: list("Integer"),
  },
  FuncCall: {
    funcname: list("String"),
    args: list(...EXPRESSION, "NamedArgExpr"),
    agg_order: list("SortBy"),
    agg_filter: expression,
    over: bare("WindowDef"),
    agg_within_group: value,
    agg_star: value,
    agg_distinct: value,
    funcformat: value,
  },
  NamedArgExpr: { arg: expression, name: value, argnumber: value },

  JsonFuncExpr: {
    op: word("JSON_EXISTS_OP JSON_QUERY_OP JSON_VALUE_OP"),
    context_item: bare("JsonValueExpr"),
    pathspec: expression,
    output: bare("JsonOutput"),
    on_empty: bare("JsonBehavior"),
    on_error: bare("JsonBehavior"),
    wrapper: word("JSW_UNSPEC JSW_NONE JSW_CONDITIONAL JSW_UNCONDITIONAL"),
    quotes: word("JS_QUOTES_UNSPEC JS_QUOTES_KEEP JS_QUOTES_OMIT"),
  },
  JsonValueExpr: { raw_expr: expression, format: bare("JsonFormat") },
  JsonFormat: { format_type: word("JS_FORMAT_DEFAULT"), encoding: word("JS_ENC_DEFAULT") },
  JsonOutput: { typeName: bare("TypeName"), returning: bare("JsonReturning") },
  JsonReturning: { format: bare("JsonFormat") },
  JsonBehavior: {
    btype: word(`
      JSON_BEHAVIOR_NULL JSON_BEHAVIOR_ERROR JSON_BEHAVIOR_EMPTY JSON_BEHAVIOR_TRUE
      JSON_BEHAVIOR_FALSE JSON_BEHAVIOR_UNKNOWN JSON_BEHAVIOR_EMPTY_ARRAY
      JSON_BEHAVIOR_EMPTY_OBJECT JSON_BEHAVIOR_DEFAULT
    `),
    expr: expression,
  },
  JsonIsPredicate: {
    expr: expression,
    format: bare("JsonFormat"),
    item_type: word("JS_TYPE_ANY JS_TYPE_OBJECT JS_TYPE_ARRAY JS_TYPE_SCALAR"),
    unique_keys: value,
  },
};

/** Fields that hold a node's location in the text. */
export const LOCATION_FIELDS: readonly string[] = ["location", "list_start", "list_end"];

/** Returns whether an object of the tree is an expression. */
export function isExpression(item: object): item is Node {
  const [type = "", ...others] = Object.keys(item);
  return others.length === 0 && EXPRESSION.includes(type);
}
