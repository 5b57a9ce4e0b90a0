import type {
  Alias,
  CommonTableExpr,
  FuncCall,
  JoinExpr,
  Node,
  RangeFunction,
  SelectStmt,
  WindowDef,
} from "libpg-query";
import { splitWords } from "../../../platform/split_words.ts";
import type { ChatSchema } from "../../chat_schema.ts";
import { PATTERN_OPERATORS, TABLE_FUNCTIONS } from "../allowed_names.ts";
import { outputName } from "../output_name.ts";
import { functionName, readArguments, readNames, readNumber } from "../read_node.ts";
import { quoteName } from "../refusal.ts";
import { compute } from "./arithmetic.ts";
import {
  COLLECTING,
  JSON_PARSED,
  likeWork,
  makeCall,
  pathWork,
  patternWork,
  tooLarge,
} from "./functions.ts";
import { cast, exponentOf, literal, literalNumber } from "./literals.ts";
import { childrenOf, describe, resultsOf } from "./nodes.ts";
import { seriesRows } from "./series.ts";
import {
  columnValue,
  FIXED,
  INTEGER,
  meanOf,
  oneOf,
  typeValue,
  type Value,
  withMean,
} from "./value.ts";

/**
 * Most that a statement may cost, in bytes. Costs are what no timeout ends: memory that planning takes,
 * and values that exist at the same time because one row is computed from them. What takes time without
 * looking for a cancellation counts as a byte for 16 ns, so a row takes at most a second. Everything else
 * is bounded by statement_timeout, and the settings of read_as_chat_reader().
 */
const BUDGET = 64_000_000;

/** Planning takes up to this much for each part of an expression: 16,384 conditions took 86 MB. */
const NODE = 2_500;
/** One relation of a FROM, with its part in the search for the order of joins. */
const SOURCE = 700_000;
/** A view is planned with the tables that it reads. */
const VIEW = 500_000;
const SELECT = 100_000;
/** Memory of a sort, or of rows that are kept, without their values. */
const SORT = 150_000;
/** Rows that a sort keeps: Postgres 17 counts 24 bytes a row for `work_mem`, which is 64 kB, and not its values. */
const SORTED_ROWS = 2_800;
/** Rows that aggregates can collect before the timeout. */
const COLLECTED_ROWS = 1_000_000;
/** One grouping set: cube of 12 columns took 33 MB. */
const GROUPING_SET = 10_000;

/** Most bytes of one value. An answer has 256 kB. */
const MAX_VALUE = 5_000_000;
/** Most rows of all series of a FROM, if they do not depend on data. More take seconds. */
const MAX_SERIES = 1_000_000;
/** Most relations of a FROM without a condition that compares two of them. */
const MAX_UNLINKED = 3;

/** Rows of a view and of a series, as the model assumes. Only values that keep rows depend on it. */
const VIEW_ROWS = 10_000;
const SERIES_ROWS = 10_000_000;
/** Rows that a function makes of a value in a row, as the model assumes: elements, words, subscripts. */
const ELEMENTS = 25;
/** Bytes that keeping a value takes beside it. */
const KEPT = 64;

const AGGREGATES: ReadonlySet<string> = new Set(splitWords(`
  count sum avg min max stddev stddev_samp stddev_pop variance var_samp var_pop corr covar_pop covar_samp
  regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope bool_and bool_or every any_value mode
  percentile_cont percentile_disc
`));
const LIKE = new Set(["~~", "!~~", "~~*", "!~~*"]);
const CONTAINMENT = new Set(["@>", "<@", "&&", "?|", "?&"]);
const ARITHMETIC = new Set(["+", "-", "*", "/", "%", "^"]);

/** Cost of computing an expression once. */
interface Cost {
  /** Parts that planning copies wherever the expression is named. */
  readonly nodes: number;
  readonly bytes: number;
}

interface Expression extends Cost {
  readonly value: Value;
  /** Sources that it reads. */
  readonly reads: readonly Source[];
}

interface Column {
  readonly name: string;
  readonly value: Value;
  /** Cost of naming the column: that of what it stands for, unless something computes it once. */
  readonly cost: Cost;
}

interface Source {
  readonly alias: string | undefined;
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** Sources that an item of a FROM makes visible, and the columns that `*` stands for. */
interface FromItem {
  readonly sources: readonly Source[];
  readonly columns: readonly Column[];
}

interface Selected {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Most different values of its first column: the rows of the sources that the column reads. */
  readonly distinct: number;
  /** Rows that its own FROM and conditions leave. LIMIT does not count, because EXISTS ignores it. */
  readonly combined: number;
  /** Cost in bytes. */
  readonly own: number;
}

interface CommonTable extends Selected {
  readonly node: CommonTableExpr;
  readonly isInlined: boolean;
}

/** What is counted of one select, beside the selects in it. */
interface Tally {
  /** Cost in bytes, of the selects in it too. */
  own: number;
  /** Comparisons by which rows of two relations are put together. */
  links: number;
  /** Those of two relations of its own FROM. */
  ownLinks: number;
  /** Rows of its series that do not depend on data. */
  series: number;
  aggregates: number;
  /** How often it sorts rows, and the columns in them. */
  sorts: number;
  read: Set<Column>;
  /** Rows that one value of its aggregates collects on average. */
  collected: number;
  /** Rows that a row of its largest relation is joined with, beyond those that a condition picks. */
  copies: number;
}

function newTally(): Tally {
  return {
    own: 0,
    links: 0,
    ownLinks: 0,
    series: 1,
    aggregates: 0,
    sorts: 0,
    read: new Set(),
    collected: 1,
    copies: 1,
  };
}

interface Scope {
  readonly sources: readonly Source[];
  readonly commonTables: ReadonlyMap<string, CommonTable>;
  readonly parent: Scope | undefined;
}

const ONCE: Cost = { nodes: 1, bytes: 0 };
const UNKNOWN: Column = { name: "", value: FIXED, cost: ONCE };

/**
 * Checks that a statement cannot take more memory, or longer without a pause, than {@link BUDGET} says.
 *
 * A column of a subquery costs what it stands for each time it is named, because Postgres replaces it
 * when it plans; LIMIT, OFFSET and materialised common table expressions compute it once. Names must
 * have been resolved: one that is unknown here counts as a short value.
 *
 * @throws {Refusal} if it may
 */
export function checkCost(select: SelectStmt, schema: ChatSchema): void {
  const references = new Map<CommonTableExpr, number>();
  // Whether a common table expression is computed once depends on how often the whole statement names it.
  new CostCheck(schema, undefined, references).select(select, NOWHERE);
  new CostCheck(schema, references, new Map()).select(select, NOWHERE);
}

const NOWHERE: Scope = { sources: [], commonTables: new Map(), parent: undefined };

class CostCheck {
  readonly #relations: ReadonlyMap<string, readonly Column[]>;
  /** What is counted of the select that is being checked. */
  #at = newTally();
  #largest = { what: "", bytes: 0 };

  /**
   * @param counted how often each common table expression is named; undefined to count and check nothing
   * @param counts where the names are counted
   */
  constructor(
    schema: ChatSchema,
    private readonly counted: ReadonlyMap<CommonTableExpr, number> | undefined,
    private readonly counts: Map<CommonTableExpr, number>,
  ) {
    this.#relations = new Map(schema.relations.map(({ name, columns }) => [
      name,
      columns.map((column) => ({
        name: column.name,
        value: columnValue(column.name, column.type),
        cost: ONCE,
      })),
    ]));
  }

  select(select: SelectStmt, outer: Scope): Selected {
    const outside = this.#at;
    this.#at = newTally();
    this.#spend(SELECT, "the number of subqueries");
    const place: Scope = { ...outer, commonTables: this.#with(select, outer) };
    const body = select.larg !== undefined && select.rarg !== undefined
      ? this.#setOperation(select, select.larg, select.rarg, place)
      : select.valuesLists !== undefined
      ? this.#values(select, place)
      : this.#plain(select, place);
    const limit = readNumber(select.limitCount);
    const isOnce = select.limitCount !== undefined || select.limitOffset !== undefined;
    const columns = isOnce
      ? body.columns.map((column) => ({ ...column, cost: ONCE }))
      : body.columns;
    const { own } = this.#at;
    this.#at = outside;
    const rows = Math.min(body.rows, limit ?? Infinity);
    return { ...body, columns, rows, distinct: Math.min(rows, body.distinct), own };
  }

  #plain(select: SelectStmt, place: Scope): Omit<Selected, "own"> {
    const from = this.#from(select.fromClause ?? [], place);
    const scope: Scope = { ...place, sources: from.sources };
    if (select.whereClause !== undefined) this.#evaluate(select.whereClause, scope);
    const rows = from.sources.reduce((product, source) => product * source.rows, 1);
    const linked = rows / VIEW_ROWS ** this.#at.links;
    const isSpread = select.groupClause !== undefined || this.#at.links > 0;
    this.#at.collected = Math.min(COLLECTED_ROWS, linked) / (isSpread ? SORTED_ROWS : 1);
    this.#at.copies = Math.max(
      1,
      linked / Math.max(1, ...from.sources.map((source) => source.rows)),
    );
    const { sorts: joins, read: joined } = this.#at;
    this.#at.sorts = 0;
    this.#at.read = new Set();
    const reads: (readonly Source[])[] = [];
    // Results that are there before rows are grouped, and may be what they are grouped by.
    const computed: Value[] = [];
    const columns = (select.targetList ?? []).flatMap((target): readonly Column[] => {
      const { name, val } = "ResTarget" in target ? target.ResTarget : {};
      if (val === undefined) return [];
      const star = this.#star(val, scope, from);
      if (star !== undefined) return star;
      const { aggregates } = this.#at;
      const made = this.#evaluate(val, scope);
      if (aggregates === this.#at.aggregates) computed.push(made.value);
      reads.push(made.reads);
      return [{ name: name ?? outputName(val), value: made.value, cost: made }];
    });
    const named = (node: Node) => this.#evaluateOrName(node, scope, columns);
    if (select.havingClause !== undefined) this.#evaluate(select.havingClause, scope);
    const sets = (select.groupClause ?? []).map((node) => this.#groupingSets(node, named));
    const distinct = (select.distinctClause ?? []).filter((node) => Object.keys(node).length > 0);
    distinct.forEach(named);
    for (const node of select.windowClause ?? []) {
      if ("WindowDef" in node) this.#window(node.WindowDef, scope);
    }
    this.#sort(select.sortClause, named);
    this.#at.sorts += [select.groupClause, select.distinctClause]
      .filter((clause) => clause !== undefined).length;
    const made = columns.map(({ value }) => value);
    const values = [...computed, ...valuesOf(this.#at.read)];
    const ordered = select.sortClause === undefined
      ? 0
      : Math.min(SORTED_ROWS, 2 * lastRow(select));
    this.#spend(
      SORT * (joins + this.#at.sorts) + ordered * widthOf(made, this.#at.copies) +
        SORTED_ROWS * this.#at.sorts * widthOf(values, this.#at.copies) +
        SORTED_ROWS * joins * widthOf([...values, ...valuesOf(joined)]),
      "sorting and joining",
    );
    const count = sets.reduce((product, set) => product * set, 1);
    this.#spend((count - 1) * (GROUPING_SET + widthOf(made)), "the number of grouping sets");
    const many = from.sources.filter((source) => source.rows > 1_000).length;
    if (many - this.#at.links > MAX_UNLINKED) {
      throw tooLarge(
        "Too many relations are combined row by row.",
        "Join them by conditions that compare their columns.",
      );
    }
    const isGrouped = select.groupClause !== undefined;
    const isOne = !isGrouped && this.#isAggregate(select);
    const [first = from.sources] = reads;
    return {
      columns,
      rows: isOne ? 1 : rows,
      combined: isOne ? 1 : rows / VIEW_ROWS ** this.#at.ownLinks,
      distinct: isOne ? 1 : first.reduce((product, source) => product * source.rows, 1),
    };
  }

  /** Returns whether a select's result has an aggregate, and so one row if it has no group. */
  #isAggregate({ targetList }: SelectStmt): boolean {
    return (targetList ?? []).some((target) => {
      const value = "ResTarget" in target ? target.ResTarget.val : undefined;
      return value !== undefined && "FuncCall" in value && value.FuncCall.over === undefined &&
        isAggregate(value.FuncCall);
    });
  }

  #with({ withClause }: SelectStmt, outer: Scope): ReadonlyMap<string, CommonTable> {
    const tables = new Map(outer.commonTables);
    for (const item of withClause?.ctes ?? []) {
      if (!("CommonTableExpr" in item)) continue;
      const node = item.CommonTableExpr;
      const query = node.ctequery !== undefined && "SelectStmt" in node.ctequery
        ? node.ctequery.SelectStmt
        : {};
      const selected = this.select(query, { ...outer, commonTables: new Map(tables) });
      const isInlined = node.ctematerialized === "CTEMaterializeNever" ||
        (node.ctematerialized !== "CTEMaterializeAlways" && this.counted?.get(node) === 1);
      if (!isInlined) this.#spend(selected.own + SORT, "common table expressions");
      tables.set(node.ctename ?? "", {
        ...selected,
        node,
        isInlined,
        columns: rename(selected.columns, node.aliascolnames)
          .map((column) => isInlined ? column : { ...column, cost: ONCE }),
      });
    }
    return tables;
  }

  #setOperation(
    select: SelectStmt,
    larg: SelectStmt,
    rarg: SelectStmt,
    place: Scope,
  ): Omit<Selected, "own"> {
    const [left, right] = [this.select(larg, place), this.select(rarg, place)];
    this.#spend(left.own + right.own, "the parts of the union");
    const columns = left.columns.map((column, index): Column => {
      const other = right.columns[index] ?? UNKNOWN;
      return {
        name: column.name,
        value: oneOf([column.value, other.value]),
        cost: add(column.cost, other.cost),
      };
    });
    if (select.all !== true || select.sortClause !== undefined) {
      this.#spend(
        SORT + SORTED_ROWS * widthOf(columns.map(({ value }) => value)),
        "sorting the union",
      );
    }
    this.#sort(select.sortClause, () => {});
    return {
      columns,
      rows: left.rows + right.rows,
      distinct: left.distinct + right.distinct,
      combined: left.combined + right.combined,
    };
  }

  #values(select: SelectStmt, place: Scope): Omit<Selected, "own"> {
    const rows = (select.valuesLists ?? []).map((row) =>
      ("List" in row ? row.List.items ?? [] : []).map((node) => this.#evaluate(node, place))
    );
    const columns = (rows[0] ?? []).map((_, index): Column => {
      const items = rows.map((row) => row[index] ?? { ...UNKNOWN, ...ONCE, reads: [] });
      return {
        name: `column${index + 1}`,
        value: oneOf(items.map(({ value }) => value)),
        // A single row is put in place of its names.
        cost: rows.length === 1 ? items.reduce<Cost>(add, ONCE) : ONCE,
      };
    });
    return { columns, rows: rows.length, distinct: rows.length, combined: rows.length };
  }

  #from(items: readonly Node[], place: Scope): FromItem {
    this.#at.sorts += Math.max(0, items.length - 1);
    return items.reduce<FromItem>((from, item) => {
      const added = this.#fromItem(item, { ...place, sources: from.sources });
      return {
        sources: [...from.sources, ...added.sources],
        columns: [...from.columns, ...added.columns],
      };
    }, { sources: [], columns: [] });
  }

  #fromItem(item: Node, left: Scope): FromItem {
    if ("JoinExpr" in item) return this.#join(item.JoinExpr, left);
    this.#spend(SOURCE, "the number of relations that it reads");
    if ("RangeFunction" in item) return this.#function(item.RangeFunction, left);
    if ("RangeVar" in item) {
      const { schemaname, relname = "", alias } = item.RangeVar;
      const common = schemaname === undefined ? left.commonTables.get(relname) : undefined;
      const name = alias?.aliasname ?? relname;
      if (common === undefined) {
        this.#spend(VIEW, "the number of views that it reads");
        return one(name, this.#relations.get(relname) ?? [], VIEW_ROWS, alias);
      }
      this.counts.set(common.node, (this.counts.get(common.node) ?? 0) + 1);
      if (common.isInlined) this.#spend(common.own, `the expression ${quoteName(relname)}`);
      return one(name, common.columns, common.rows, alias);
    }
    const { lateral, subquery, alias } = "RangeSubselect" in item
      ? item.RangeSubselect
      : { lateral: false, subquery: undefined, alias: undefined };
    const query = subquery !== undefined && "SelectStmt" in subquery ? subquery.SelectStmt : {};
    const selected = this.select(query, {
      commonTables: left.commonTables,
      sources: [],
      parent: lateral === true ? left : left.parent,
    });
    this.#spend(selected.own, `the subquery ${quoteName(alias?.aliasname ?? "")}`);
    return one(alias?.aliasname, selected.columns, selected.rows, alias);
  }

  #function({ functions, alias, coldeflist, ordinality }: RangeFunction, left: Scope): FromItem {
    const [list] = functions ?? [];
    const [node] = list !== undefined && "List" in list ? list.List.items ?? [] : [];
    const call = node !== undefined && "FuncCall" in node ? node.FuncCall : {};
    const name = functionName(call);
    const made = this.#evaluate({ FuncCall: call }, left);
    this.#spend(SORT + made.value.bytes, `${name}()`);
    const rows = made.reads.length > 0 ? ELEMENTS : rowsOf(call, made.value);
    const element = { ...made.value, mean: meanOf(made.value) / rows };
    const table = TABLE_FUNCTIONS.get(name);
    const aliasname = alias?.aliasname ?? name;
    const names = table?.returns === "record"
      ? (coldeflist ?? []).map((each) => "ColumnDef" in each ? each.ColumnDef.colname ?? "" : "")
      : table?.returns === "row"
      ? table.columns
      : name === "unnest" && call.args !== undefined && call.args.length > 1
      ? call.args.map(() => name)
      : [table?.column ?? aliasname];
    const values = (coldeflist ?? []).map((each) =>
      "ColumnDef" in each
        ? typeValue(readNames(each.ColumnDef.typeName?.names).at(-1) ?? "")
        : undefined
    );
    const columns = names.map((each, index): Column => ({
      name: each,
      value: values[index] ?? element,
      // A function without a table is evaluated where its result is named.
      cost: made,
    }));
    const numbered = ordinality === true
      ? [...columns, { name: "ordinality", value: INTEGER, cost: ONCE }]
      : columns;
    return one(aliasname, numbered, rows, alias);
  }

  #join({ larg, rarg, quals, usingClause, isNatural, alias }: JoinExpr, left: Scope): FromItem {
    if (larg === undefined || rarg === undefined) return { sources: [], columns: [] };
    const first = this.#fromItem(larg, left);
    const second = this.#fromItem(rarg, { ...left, sources: [...left.sources, ...first.sources] });
    const sources = [...first.sources, ...second.sources];
    this.#at.sorts++;
    if (isNatural === true || usingClause !== undefined) {
      this.#at.links++;
      this.#at.ownLinks++;
    }
    if (quals !== undefined) {
      this.#evaluate(quals, { ...left, sources: [...left.sources, ...sources] });
    }
    const has = (columns: readonly Column[], name: string) =>
      columns.some((each) => each.name === name);
    const merged = isNatural === true
      ? first.columns.map(({ name }) => name).filter((name) => has(second.columns, name))
      : readNames(usingClause);
    const rest = (columns: readonly Column[]) =>
      columns.filter(({ name }) => !merged.includes(name));
    const columns = [
      ...merged.map((name): Column => {
        const sides = [first, second].map((side) =>
          side.columns.find((each) => each.name === name) ?? UNKNOWN
        );
        return {
          name,
          value: oneOf(sides.map(({ value }) => value)),
          cost: sides.reduce<Cost>((sum, { cost }) => add(sum, cost), ONCE),
        };
      }),
      ...rest(first.columns),
      ...rest(second.columns),
    ];
    if (alias === undefined) return { sources, columns };
    return one(
      alias.aliasname,
      columns,
      sources.reduce((product, { rows }) => product * rows, 1),
      alias,
    );
  }

  #star(node: Node, scope: Scope, from: FromItem): readonly Column[] | undefined {
    if (!("ColumnRef" in node)) return undefined;
    const fields = node.ColumnRef.fields ?? [];
    const last = fields.at(-1);
    if (last === undefined || !("A_Star" in last)) return undefined;
    if (fields.length === 1) return from.columns;
    return findSource(readNames(fields).at(-2) ?? "", scope)?.columns ?? [];
  }

  /** Evaluates an item of GROUP BY, ORDER BY or DISTINCT ON, which may name a column of the result. */
  #evaluateOrName(node: Node, scope: Scope, columns: readonly Column[]): void {
    const names = "ColumnRef" in node ? readNames(node.ColumnRef.fields) : [];
    if (names.length === 1 && columns.some(({ name }) => name === names[0])) return;
    this.#evaluate(node, scope);
  }

  /** Evaluates an item of GROUP BY and returns the number of grouping sets that it makes. */
  #groupingSets(node: Node, evaluate: (node: Node) => void): number {
    if (!("GroupingSet" in node)) {
      evaluate(node);
      return 1;
    }
    const { kind, content = [] } = node.GroupingSet;
    const sets = content.map((item) => this.#groupingSets(item, evaluate));
    if (kind === "GROUPING_SET_CUBE") return 2 ** content.length;
    if (kind === "GROUPING_SET_ROLLUP") return content.length + 1;
    return Math.max(1, sets.reduce((sum, count) => sum + count, 0));
  }

  #sort(clause: readonly Node[] | undefined, evaluate: (node: Node) => void): void {
    for (const item of clause ?? []) {
      if ("SortBy" in item && item.SortBy.node !== undefined) evaluate(item.SortBy.node);
    }
  }

  #window({ partitionClause, orderClause, startOffset, endOffset }: WindowDef, scope: Scope): void {
    const evaluate = (node: Node) => void this.#evaluate(node, scope);
    partitionClause?.forEach(evaluate);
    this.#sort(orderClause, evaluate);
    for (const offset of [startOffset, endOffset]) if (offset !== undefined) evaluate(offset);
    this.#at.sorts++;
  }

  /** Evaluates an expression in its place, where it costs what it costs. */
  #evaluate(node: Node, scope: Scope): Expression {
    const made = this.#expression(node, scope);
    this.#spend(made.nodes * NODE + made.bytes, describe(node));
    return made;
  }

  #expression(node: Node, scope: Scope): Expression {
    if ("ColumnRef" in node) return this.#column(readNames(node.ColumnRef.fields), scope);
    if ("A_Const" in node) return { ...ONCE, value: literal(node), reads: [] };
    if ("SQLValueFunction" in node) return { ...ONCE, value: FIXED, reads: [] };
    if ("SubLink" in node) return this.#subquery(node.SubLink, scope);
    if ("FuncCall" in node) return this.#call(node.FuncCall, scope);

    const children = childrenOf(node).map((child) => this.#expression(child, scope));
    const values = children.map(({ value }) => value);
    const all = joinAll(children);
    const make = (value: Value, work = 0): Expression => {
      const bytes = this.#weigh(value, work, describe(node));
      return {
        ...all,
        nodes: all.nodes + 1,
        bytes: all.bytes + bytes,
        value: withMean(value, values),
      };
    };
    const [first = FIXED, second = FIXED] = values;
    if ("A_Expr" in node) {
      const { kind = "", name, lexpr, rexpr } = node.A_Expr;
      const operator = readNames(name).at(-1) ?? "";
      const [one, other] = children.map(({ reads }) => reads);
      const isLink = operator === "=" && one?.length !== 0 && other !== undefined &&
        other.length !== 0 && !other.some((source) => one?.includes(source));
      if (isLink) this.#at.links++;
      const isOwn = [...one ?? [], ...other ?? []].every((source) =>
        scope.sources.includes(source)
      );
      if (isLink && isOwn) this.#at.ownLinks++;
      // BETWEEN, IN and the like.
      if (kind === "AEXPR_NULLIF") return make(first);
      if (LIKE.has(operator)) return make(FIXED, likeWork(first, second));
      if (PATTERN_OPERATORS.has(operator)) return make(FIXED, patternWork(rexpr, first));
      if (CONTAINMENT.has(operator)) return make(FIXED, first.bytes * second.bytes / 64);
      if (operator === "@?") return make(FIXED, pathWork(rexpr, first));
      if (operator === "||") {
        return make({
          bytes: first.bytes + second.bytes,
          isText: first.isText === true || second.isText === true,
        });
      }
      if (/^(->>?|#>>?|#-)$/.test(operator)) {
        return make({
          bytes: first.bytes,
          isStored: first.isStored === true,
          isText: operator.endsWith(">>"),
        });
      }
      if (!ARITHMETIC.has(operator)) return make(FIXED);
      const number = readNumber(node);
      if (number !== undefined) return make(literalNumber(String(Math.abs(number))));
      if (lexpr === undefined) return make(first);
      const { value, work } = compute(operator, first, exponentOf(rexpr) ?? second);
      return make(value, work);
    }
    if ("TypeCast" in node) {
      const { names, typmods, arrayBounds } = node.TypeCast.typeName ?? {};
      const type = readNames(names).at(-1) ?? "";
      const [made, work] = cast(
        first,
        arrayBounds === undefined ? type : "array",
        (typmods ?? []).map(readNumber),
      );
      return make(made, work);
    }
    if ("CaseExpr" in node || "CoalesceExpr" in node || "MinMaxExpr" in node) {
      const isResult = resultsOf(node, children.length);
      return make(oneOf(values.filter((_, index) => isResult(index))));
    }
    if ("A_ArrayExpr" in node || "RowExpr" in node) {
      return make({ bytes: values.reduce((sum, { bytes }) => sum + bytes + 16, 64) });
    }
    if ("JsonFuncExpr" in node) {
      const { pathspec, output } = node.JsonFuncExpr;
      const type = readNames(output?.typeName?.names).at(-1) ?? "text";
      const [made, work = 0] = cast(first, type, []);
      const parsed = first.isText === true ? JSON_PARSED * first.bytes : 0;
      return make(made, work + parsed + pathWork(pathspec, first));
    }
    if ("JsonIsPredicate" in node) return make(FIXED, JSON_PARSED * first.bytes);
    if ("CollateClause" in node || "A_Indirection" in node) {
      const { literal: _, ...value } = first;
      return make(value);
    }
    // Planning rewrites conditions several times.
    if ("BoolExpr" in node) return { ...make(FIXED), nodes: all.nodes + 1 + children.length };
    if ("List" in node) return make({ bytes: Math.max(1, ...values.map(({ bytes }) => bytes)) });
    if ("NullTest" in node || "BooleanTest" in node || "GroupingFunc" in node) return make(FIXED);
    return make({ bytes: values.reduce((sum, { bytes }) => sum + bytes, 64) });
  }

  #column(names: readonly string[], scope: Scope): Expression {
    const name = names.at(-1) ?? "";
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      for (const source of at.sources) {
        if (names.length > 1 && source.alias !== names.at(-2)) continue;
        const column = source.columns.find((each) => each.name === name);
        if (column === undefined) continue;
        this.#at.read.add(column);
        return { ...add(ONCE, column.cost), value: column.value, reads: [source] };
      }
      const source = at.sources.find(({ alias }) => alias === (name === "" ? names.at(-2) : name));
      if (source === undefined) continue;
      // A whole row.
      const { columns } = source;
      return {
        ...columns.reduce<Cost>((sum, { cost }) => add(sum, cost), ONCE),
        value: columns.length === 1 ? columns[0]?.value ?? FIXED : withMean(
          { bytes: columns.reduce((sum, { value }) => sum + 8 + value.bytes, 64) },
          columns.map(({ value }) => value),
        ),
        reads: [source],
      };
    }
    return { ...ONCE, value: UNKNOWN.value, reads: [] };
  }

  #subquery(
    { subLinkType, testexpr, operName, subselect }: Extract<Node, { SubLink: unknown }>["SubLink"],
    scope: Scope,
  ): Expression {
    const tested = testexpr === undefined ? undefined : this.#expression(testexpr, scope);
    const query = subselect !== undefined && "SelectStmt" in subselect ? subselect.SelectStmt : {};
    const { columns, rows, distinct, combined, own } = this.select(query, {
      commonTables: scope.commonTables,
      sources: [],
      parent: scope,
    });
    const value = columns[0]?.value ?? FIXED;
    const mean = meanOf(value) + KEPT;
    const make = (made: Value, kept: number, hint: string): Expression => {
      if (!(kept <= BUDGET)) {
        throw tooLarge(
          `A subquery may put ${megabytes(kept)} into memory, and ${
            megabytes(BUDGET)
          } are allowed.`,
          hint,
        );
      }
      return {
        nodes: 1 + (tested?.nodes ?? 0),
        bytes: own + kept + made.bytes + (tested?.bytes ?? 0),
        value: made,
        reads: tested?.reads ?? [],
      };
    };
    if (subLinkType === "EXPR_SUBLINK") return make(value, 0, "");
    if (subLinkType === "ARRAY_SUBLINK") {
      const kept = rows * mean;
      return make({ bytes: kept }, kept, "Write (select array_agg(x) from t), or limit its rows.");
    }
    const operator = readNames(operName).at(-1) ?? "";
    if (PATTERN_OPERATORS.has(operator)) patternWork(undefined, value);
    if (LIKE.has(operator) && tested !== undefined) {
      this.#weigh(FIXED, likeWork(tested.value, value), "LIKE");
    }
    if (subLinkType === "EXISTS_SUBLINK") {
      // What is compared with the row outside may be kept, to be looked up for the next.
      return make(FIXED, combined * KEPT, "Compare with min and max, or limit the series.");
    }
    // Rows that are looked up are kept once each.
    return make(
      FIXED,
      distinct * mean,
      "Write exists (select 1 from t where t.x = y), or limit its rows.",
    );
  }

  #call(call: FuncCall, scope: Scope): Expression {
    const name = functionName(call);
    const nodes = readArguments(call);
    const sorted = (call.agg_order ?? []).flatMap((item) =>
      "SortBy" in item && item.SortBy.node !== undefined ? [item.SortBy.node] : []
    );
    const within = call.agg_within_group === true;
    const args = nodes.map((node) => this.#expression(node, scope));
    const others = [...sorted, ...(call.agg_filter === undefined ? [] : [call.agg_filter])]
      .map((node) => this.#expression(node, scope));
    // percentile_cont(0.5) within group (order by x) is made of x.
    const made = within ? others : args;
    if (COLLECTING.has(name) && readNames(call.funcname).length > 1) {
      throw tooLarge(`The function ${name} is named with a schema.`, `Write ${name} alone.`);
    }
    if (name === "generate_series") {
      this.#at.series *= seriesRows(nodes) ?? 1;
      if (this.#at.series > MAX_SERIES) {
        throw tooLarge(
          `The series of generate_series have more than ${MAX_SERIES} rows.`,
          "Write a larger step or nearer bounds.",
        );
      }
    }
    const parts = [...args, ...others].map((each) => each.value);
    const { value: most, work = 0 } = makeCall(
      name,
      made.map((each) => each.value),
      within ? sorted : nodes,
    );
    const bytes = this.#weigh(most, work, `${name}(…)`);
    const width = widthOf(parts);
    const isCollected = COLLECTING.has(name) && call.over === undefined;
    const value = isCollected
      ? { ...most, mean: Math.min(most.bytes, this.#at.collected * (width + 8)) }
      : withMean(most, parts);
    const all = joinAll([...args, ...others]);
    if (!isAggregate(call) && call.over === undefined) {
      return { ...all, nodes: all.nodes + 1, bytes: all.bytes + bytes, value };
    }
    if (call.over === undefined) this.#at.aggregates++;
    else this.#window(call.over, scope);
    const isSorted = sorted.length > 0 || call.agg_distinct === true;
    const sorts = isSorted ? SORT + SORTED_ROWS * widthOf(parts, this.#at.copies) : 0;
    // What an aggregate or window makes is made once, wherever it is named.
    this.#spend(all.bytes + bytes + sorts, `${name}(…)`);
    return { ...all, nodes: all.nodes + 1, bytes: 0, value };
  }

  /** Returns the cost of making a value. */
  #weigh(value: Value, work: number, what: string): number {
    const bytes = value.bytes + work;
    if (!(value.bytes <= MAX_VALUE)) this.#refuse(value.bytes, what, MAX_VALUE);
    if (!(bytes <= BUDGET)) this.#refuse(bytes, what);
    return bytes;
  }

  #spend(bytes: number, what: string): void {
    this.#at.own += bytes;
    if (bytes > this.#largest.bytes) this.#largest = { what, bytes };
    if (!(this.#at.own <= BUDGET)) this.#refuse(this.#at.own, undefined);
  }

  #refuse(bytes: number, what: string | undefined, limit = BUDGET): void {
    // Nothing is known of common table expressions while they are counted.
    if (this.counted === undefined) return;
    const size = Number.isFinite(bytes) ? megabytes(bytes) : "any amount";
    const excess = `${size}, and ${megabytes(limit)} are allowed`;
    throw what === undefined
      ? tooLarge(
        `The statement may take ${excess}; most is for ${this.#largest.what}.`,
        'Leave parts out, shorten texts by left(x, 500), cast numbers from JSON to double precision, or compute once in "with t as materialized (select ...)" what is named often.',
      )
      : tooLarge(
        `What ${what} makes may take ${excess}.`,
        "Shorten texts by left(x, 500), cast numbers from JSON to double precision, or write the length as a number.",
      );
  }
}

/** Returns the rows of a function in FROM. */
function rowsOf(call: FuncCall, value: Value): number {
  if (functionName(call) !== "generate_series") return 1 + value.bytes / 4;
  return seriesRows(readArguments(call)) ?? SERIES_ROWS;
}

function isAggregate(call: FuncCall): boolean {
  const name = functionName(call);
  return AGGREGATES.has(name) || COLLECTING.has(name);
}

function joinAll(parts: readonly Expression[]): Cost & Pick<Expression, "reads"> {
  return {
    ...parts.reduce<Cost>(add, { nodes: 0, bytes: 0 }),
    reads: [...new Set(parts.flatMap(({ reads }) => reads))],
  };
}

function add(a: Cost, b: Cost): Cost {
  return { nodes: a.nodes + b.nodes, bytes: a.bytes + b.bytes };
}

function findSource(alias: string, scope: Scope): Source | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.sources.find((source) => source.alias === alias);
    if (found !== undefined) return found;
  }
  return undefined;
}

function one(
  alias: string | undefined,
  columns: readonly Column[],
  rows: number,
  { colnames }: Alias = {},
): FromItem {
  const renamed = rename(columns, colnames);
  return { sources: [{ alias, columns: renamed, rows }], columns: renamed };
}

function rename(columns: readonly Column[], names: readonly Node[] | undefined): readonly Column[] {
  const renamed = readNames(names);
  return columns.map((column, index) => ({ ...column, name: renamed[index] ?? column.name }));
}

function valuesOf(columns: Iterable<Column>): readonly Value[] {
  return [...columns].map(({ value }) => value);
}

/** Returns the mean bytes of these values in one row, if each is in `copies` rows. */
function widthOf(values: readonly Value[], copies = 1): number {
  return values.reduce((sum, value) => sum + Math.min(value.bytes, copies * meanOf(value)), 0);
}

/** Returns the number of the last row that a select returns. */
function lastRow({ limitCount, limitOffset }: SelectStmt): number {
  return (readNumber(limitCount) ?? Infinity) + (readNumber(limitOffset) ?? 0);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000).toLocaleString("en")} MB`;
}
