import type {
  Alias,
  CommonTableExpr,
  FuncCall,
  JoinExpr,
  Node,
  RangeFunction,
  RangeVar,
  SelectStmt,
} from "libpg-query";
import type { ChatSchema } from "../chat_schema.ts";
import { TABLE_FUNCTIONS } from "./allowed_names.ts";
import { checkType, ExpressionCheck, rowsOfCall } from "./check_expression.ts";
import { ALLOWED_FUNCTIONS, EXTENSION_FUNCTIONS } from "./cost/rules.ts";
import {
  ANY_COLUMN,
  type Column,
  NO_SOURCE,
  type Rows,
  type Source,
  UNKNOWN,
} from "./cost/sources.ts";
import {
  CATALOGUE_ROWS,
  NODE,
  rowsOf,
  SORT,
  SOURCE,
  Tally,
  VIEW,
  VIEW_ROWS,
} from "./cost/tally.ts";
import { cast, columnValue, INTEGER, oneOf } from "./cost/value.ts";
import { outputName } from "./output_name.ts";
import { functionName, readNames, readNumber } from "./read_node.ts";
import { REFUSED_FORMS } from "./refused_forms.ts";
import { type Faults, quoteName, Refusal, refuseForm } from "./refusal.ts";
import { findColumn, isStar, resolve, type Scope } from "./scope.ts";

/** Most columns of a select, which is also Postgres' limit. */
const MAX_COLUMNS = 1_664;

/** Sources that one item of a FROM makes visible, and the columns that `*` stands for. */
interface FromItem {
  readonly sources: readonly Source[];
  readonly columns: readonly Column[];
}

/** Result of a select before LIMIT. */
type Result = Pick<Rows, "columns" | "rows">;

/**
 * Resolves every name in a select: relations and columns against `schema`, common table expressions,
 * aliases, the scopes of subqueries, and the functions, operators and types of expressions. Adds up what
 * the statement may cost.
 *
 * A column of a subquery costs what it stands for each time it is named, because Postgres replaces it
 * when it plans; LIMIT, OFFSET and materialised common table expressions compute it once.
 *
 * @param select what `checkShape()` returned
 * @param faults receives every unknown name, every one that is not allowed, and what may be too large
 * @returns the names of the result's columns, if nothing was refused
 */
export function checkSelect(
  select: SelectStmt,
  schema: ChatSchema,
  faults: Faults,
): readonly string[] {
  const tally = new Tally();
  const { columns, own } = new SelectCheck(select, schema, faults).check(tally);
  if (columns.length === 0) {
    faults.add(
      new Refusal(
        "chat.form_refused",
        "The statement selects no column.",
        "Select at least one column.",
      ),
    );
  }
  const refusal = tally.refuse(own);
  if (refusal !== undefined) faults.add(refusal);
  return columns.map(({ name }) => name);
}

/** Returns the calls that a select returns as they are. */
function listCalls({ targetList }: SelectStmt): ReadonlySet<FuncCall> {
  const calls = (targetList ?? []).flatMap((target) => {
    const value = "ResTarget" in target ? target.ResTarget.val : undefined;
    return value !== undefined && "FuncCall" in value ? [value.FuncCall] : [];
  });
  return new Set(calls);
}

const NOTHING: Rows = { columns: [], rows: 1, own: 0, reads: [], keys: [] };

class SelectCheck {
  readonly #relations: ReadonlyMap<string, readonly Column[]>;
  readonly #expressions: ExpressionCheck;
  readonly #text: string;

  constructor(
    private readonly statement: SelectStmt,
    schema: ChatSchema,
    private readonly faults: Faults,
  ) {
    this.#text = JSON.stringify(statement);
    this.#relations = new Map(schema.relations.map(({ name, columns }) => [
      name,
      columns.map(({ name, type }): Column => ({
        name,
        value: columnValue(name, type),
        cost: NODE,
        reads: [],
      })),
    ]));
    this.#expressions = new ExpressionCheck(
      faults,
      listCalls(statement),
      (select, scope) => this.#select(select, { ...scope, sources: [], parent: scope }),
    );
  }

  check(tally: Tally): Rows {
    return this.#select(this.statement, {
      sources: [],
      commonTables: new Map(),
      parent: undefined,
      tally,
    });
  }

  /** @param outer scope of the select before its own FROM */
  #select(select: SelectStmt, outer: Scope): Rows {
    const tally = outer.tally.inner();
    const scope = this.#with(select, { ...outer, tally });
    const { columns, rows } = select.larg !== undefined || select.rarg !== undefined
      ? this.#setOperation(select, scope)
      : select.valuesLists !== undefined
      ? this.#values(select, scope)
      : this.#plain(select, scope);
    outer.tally.note(tally.outer, outer.parent?.tally === outer.tally ? outer.parent.sources : []);
    const isOnce = select.limitCount !== undefined || select.limitOffset !== undefined;
    return {
      columns: isOnce ? columns.map(once) : columns,
      rows: Math.min(rows, readNumber(select.limitCount) ?? Infinity),
      own: tally.own,
      reads: [...tally.outer],
      keys: tally.keys,
    };
  }

  #plain(select: SelectStmt, outer: Scope): Result {
    const { tally } = outer;
    const from = this.#from(select.fromClause ?? [], outer);
    const scope: Scope = { ...outer, sources: from.sources };
    this.#expressions.evaluate(select.whereClause, scope);
    const isGrouped = select.groupClause !== undefined;
    this.faults.collect(() => tally.combine(from.sources, isGrouped));
    const columns = this.#targets(select.targetList ?? [], scope, from);
    if (columns.length > MAX_COLUMNS) {
      throw new Refusal(
        "chat.too_large",
        `A select has ${columns.length} columns, and at most ${MAX_COLUMNS} are allowed.`,
        "Name the columns instead of *.",
      );
    }
    this.#expressions.evaluate(select.havingClause, scope);
    const sets = (select.groupClause ?? [])
      .map((item) => this.#outputOrExpression(item, scope, columns));
    // DISTINCT without ON is a list with one empty node.
    for (const item of select.distinctClause ?? []) this.#outputOrExpression(item, scope, columns);
    for (const item of select.windowClause ?? []) {
      this.#expressions.evaluateAll(item, scope);
      tally.sorts++;
    }
    this.#sort(select, scope, columns);
    tally.sorts += [select.groupClause, select.distinctClause]
      .filter((clause) => clause !== undefined).length;
    tally.keep(sets.reduce((product, count) => product * count, 1), columns);
    if (select.sortClause !== undefined) tally.sort(columns, 1, 2 * lastRow(select));
    const sources = tally.aggregates > 0 && !isGrouped ? [] : from.sources;
    return { columns, rows: rowsOf([...sources, ...tally.unnested]) };
  }

  #sort({ sortClause }: SelectStmt, scope: Scope, columns: readonly Column[]): void {
    for (const item of sortClause ?? []) {
      const node = "SortBy" in item ? item.SortBy.node : undefined;
      if (node !== undefined) this.#outputOrExpression(node, scope, columns);
    }
  }

  #with({ withClause }: SelectStmt, outer: Scope): Scope {
    const commonTables = new Map(outer.commonTables);
    const own = new Set<string>();
    for (const item of withClause?.ctes ?? []) {
      if (!("CommonTableExpr" in item)) {
        this.faults.add(refuseForm());
        continue;
      }
      const { ctename = "", ctequery, aliascolnames } = item.CommonTableExpr;
      if (own.has(ctename)) this.faults.add(refuseTwice(ctename));
      own.add(ctename);
      // A recursive one was refused, and knows itself.
      if (withClause?.recursive === true) commonTables.set(ctename, this.#refused(refuseForm()));
      const selected = this.#subselect(ctequery, {
        ...outer,
        commonTables: new Map(commonTables),
      });
      const columns = this.#rename(selected.columns, aliascolnames);
      const isOnce = this.#isOnce(item.CommonTableExpr);
      if (isOnce) outer.tally.spend(selected.own + SORT, "common table expressions");
      commonTables.set(ctename, {
        ...selected,
        ...isOnce ? { own: 0, columns: columns.map(once) } : { columns },
      });
    }
    return { ...outer, commonTables };
  }

  /**
   * Returns whether Postgres computes a common table expression once. It replaces one that is named once
   * by its query. Where several things have the name, it counts as replaced.
   */
  #isOnce({ ctename = "", ctematerialized }: CommonTableExpr): boolean {
    const count = (field: string) =>
      this.#text.split(`"${field}":${JSON.stringify(ctename)}`).length - 1;
    if (ctematerialized !== "CTEMaterializeDefault") {
      return ctematerialized === "CTEMaterializeAlways";
    }
    return !this.#relations.has(ctename) && count("ctename") === 1 && count("relname") !== 1;
  }

  #subselect(query: Node | undefined, outer: Scope): Rows {
    return query !== undefined && "SelectStmt" in query
      ? this.#select(query.SelectStmt, outer)
      : this.#refused(refuseForm());
  }

  /** Adds a fault and returns columns for what was refused. */
  #refused(refusal: Refusal): Rows {
    this.faults.add(refusal);
    return { ...NOTHING, columns: [ANY_COLUMN] };
  }

  #setOperation(select: SelectStmt, scope: Scope): Result {
    const { larg, rarg } = select;
    if (larg === undefined || rarg === undefined) return this.#refused(refuseForm());
    this.#refuseBeside(select, ["targetList", "valuesLists"]);
    const [left, right] = [this.#select(larg, scope), this.#select(rarg, scope)];
    scope.tally.spend(left.own + right.own, "the parts of the union");
    const columns = left.columns.map((column, index) =>
      column === ANY_COLUMN ? column : merge(column.name, [column, right.columns[index] ?? UNKNOWN])
    );
    const result = { columns, rows: left.rows + right.rows };
    // A union can only be sorted by its own columns.
    const { sources } = this.#source({}, result);
    this.#sort(select, { ...scope, sources, parent: undefined }, []);
    if (select.all !== true || select.sortClause !== undefined) scope.tally.sort(columns);
    return result;
  }

  #values(select: SelectStmt, scope: Scope): Result {
    this.#refuseBeside(select, ["targetList", "larg", "rarg"]);
    const rows = (select.valuesLists ?? []).map((row) =>
      ("List" in row ? row.List.items ?? [] : [])
        .map((node) => this.#expressions.evaluate(node, scope))
    );
    const columns = (rows[0] ?? []).map((_, index) => {
      const column = merge(`column${index + 1}`, rows.map((row) => row[index] ?? UNKNOWN));
      // A single row is put in place of its names.
      return rows.length === 1 ? column : once(column);
    });
    this.#sort(select, scope, columns);
    return { columns, rows: rows.length };
  }

  #targets(targets: readonly Node[], scope: Scope, from: FromItem): readonly Column[] {
    return targets.flatMap((target) => {
      if (!("ResTarget" in target) || target.ResTarget.val === undefined) {
        return this.#refused(refuseForm()).columns;
      }
      const { name, val } = target.ResTarget;
      if ("ColumnRef" in val && isStar(val.ColumnRef)) {
        const reference = val.ColumnRef;
        const found = reference.fields?.length === 1
          ? { columns: from.columns, reads: from.sources }
          : this.faults.collect(() => resolve(reference, scope, true));
        const { columns, reads } = found ?? { columns: [ANY_COLUMN], reads: [] };
        scope.tally.note(reads, scope.sources);
        for (const column of columns) scope.tally.read.add(column);
        return columns.map((column) => column === ANY_COLUMN ? column : { ...column, reads });
      }
      const { aggregates } = scope.tally;
      const made = this.#expressions.evaluate(val, scope);
      const column = { ...made, name: name ?? outputName(val) };
      // What is there before rows are grouped.
      if (aggregates === scope.tally.aggregates) scope.tally.read.add(column);
      return [column];
    });
  }

  /**
   * Checks an item of GROUP BY, ORDER BY or DISTINCT ON, which may be the name of a result's column.
   * Returns the number of grouping sets that it makes.
   */
  #outputOrExpression(node: Node, scope: Scope, columns: readonly Column[]): number {
    if ("GroupingSet" in node) {
      const { kind, content = [] } = node.GroupingSet;
      const sets = content.map((item) => this.#outputOrExpression(item, scope, columns));
      if (kind === "GROUPING_SET_CUBE") return 2 ** content.length;
      if (kind === "GROUPING_SET_ROLLUP") return content.length + 1;
      return Math.max(1, sets.reduce((sum, count) => sum + count, 0));
    }
    const names = "ColumnRef" in node ? readNames(node.ColumnRef.fields) : [];
    const [name = ""] = names;
    const isOutput = names.length === 1 && name !== "" &&
      columns.some((column) => column.name === name);
    if (!isOutput) this.#expressions.evaluate(node, scope);
    return 1;
  }

  #from(items: readonly Node[], scope: Scope): FromItem {
    scope.tally.sorts += Math.max(0, items.length - 1);
    const from = items.reduce<FromItem>(
      (left, item) => beside(left, this.#fromItem(item, { ...scope, sources: left.sources })),
      { sources: [], columns: [] },
    );
    const aliases = from.sources.flatMap(({ alias }) => alias ?? []);
    for (const [index, alias] of aliases.entries()) {
      if (aliases.indexOf(alias) < index) this.faults.add(refuseTwice(alias));
    }
    return from;
  }

  /** @param left sources to the left, which lateral items see */
  #fromItem(item: Node, left: Scope): FromItem {
    if ("JoinExpr" in item) return this.#join(item.JoinExpr, left);
    left.tally.spend(SOURCE, "the number of relations that it reads");
    if ("RangeVar" in item) return this.#relation(item.RangeVar, left);
    if ("RangeFunction" in item) return this.#function(item.RangeFunction, left);
    if (!("RangeSubselect" in item)) return this.#source({}, this.#refused(refuseForm()));
    const { lateral, subquery, alias } = item.RangeSubselect;
    const parent: Scope = lateral === true ? left : { ...left, sources: [] };
    const selected = this.#subselect(subquery, { ...left, sources: [], parent });
    left.tally.spend(selected.own, `the subquery ${quoteName(alias?.aliasname ?? "")}`);
    return this.#source(alias ?? {}, selected, { reads: selected.reads });
  }

  #relation(relation: RangeVar, { commonTables, tally }: Scope): FromItem {
    const { schemaname, relname = "", alias } = relation;
    const common = schemaname === undefined ? commonTables.get(relname) : undefined;
    const columns = schemaname === undefined || schemaname === "chat"
      ? this.#relations.get(relname)
      : undefined;
    const view = columns === undefined ? undefined : {
      columns,
      rows: relname === "models" ? CATALOGUE_ROWS : VIEW_ROWS,
      reads: [],
      own: VIEW,
    };
    const found = common ?? view ?? this.#refused(this.#unknownRelation(relation));
    tally.spend(found.own, quoteName(relname));
    return this.#source({ aliasname: relname, ...alias }, found, {
      reads: found.reads,
      isUnaliasedView: common === undefined && alias === undefined,
    });
  }

  #unknownRelation({ schemaname, relname = "" }: RangeVar): Refusal {
    const name = schemaname === undefined ? relname : `${schemaname}.${relname}`;
    const known = [...this.#relations.keys()].join(", ");
    return new Refusal(
      "chat.unknown_relation",
      `There is no relation ${quoteName(name)} to ask.`,
      `There are: ${known}.`,
    );
  }

  #function({ functions, alias, coldeflist, ordinality }: RangeFunction, left: Scope): FromItem {
    const [list] = functions ?? [];
    const [item] = list !== undefined && "List" in list ? list.List.items ?? [] : [];
    const call = item !== undefined && "FuncCall" in item ? item.FuncCall : undefined;
    if (functions?.length !== 1 || call === undefined) {
      const [reason = "", hint] = REFUSED_FORMS.get("RangeFunction.functions") ?? [];
      return this.#source(
        alias ?? {},
        this.#refused(new Refusal("chat.form_refused", reason, hint)),
      );
    }
    const name = functionName(call);
    const made = this.#expressions.call(call, left, "from");
    left.tally.spend(made.cost + SORT + made.value.bytes, `${name}()`);
    const table = TABLE_FUNCTIONS.get(name) ?? { returns: "value" };
    const named = { aliasname: name, ...alias };
    const defined = (coldeflist ?? []).flatMap((definition) => {
      if (!("ColumnDef" in definition)) return [];
      this.faults.collect(() => checkType(definition.ColumnDef.typeName));
      return definition.ColumnDef;
    });
    if (!ALLOWED_FUNCTIONS.has(name) && !EXTENSION_FUNCTIONS.has(name)) {
      // Its call was refused.
      return this.#source(named, this.#refused(refuseForm()));
    }
    if ((defined.length > 0) !== (table.returns === "record")) {
      const refusal = new Refusal(
        "chat.form_refused",
        `The columns of ${quoteName(name)} ${
          table.returns === "record" ? "must be listed with their types" : "have types already"
        }.`,
        table.returns === "record"
          ? `Write ${name}(x) as t (name text, price numeric).`
          : `Write ${name}(x) as t (name).`,
      );
      return this.#source(named, this.#refused(refusal));
    }
    const rows = rowsOfCall(name, made);
    const count = name === "unnest" ? call.args?.length ?? 0 : 1;
    // A function without a table is evaluated where its result is named.
    const column = (name: string): Column => ({ ...made, name });
    const columns = table.returns === "record"
      ? defined.map(({ colname = "", typeName }) => ({
        ...column(colname),
        value: cast(made.value, readNames(typeName?.names).at(-1) ?? ""),
      }))
      : table.returns === "row"
      ? table.columns.map(column)
      : count === 1
      ? [column(table.column ?? named.aliasname)]
      // Several arrays side by side.
      : Array.from({ length: count }, () => column(name));
    const numbered = { ...UNKNOWN, value: INTEGER, cost: NODE, name: "ordinality" };
    return this.#source(named, {
      columns: ordinality === true ? [...columns, numbered] : columns,
      rows,
    }, {
      isValue: table.returns === "value" && count === 1 && ordinality !== true,
      reads: made.reads,
    });
  }

  #join(join: JoinExpr, left: Scope): FromItem {
    const { larg, rarg, quals, usingClause, isNatural, alias } = join;
    if (larg === undefined || rarg === undefined) {
      return this.#source(alias ?? {}, this.#refused(refuseForm()));
    }
    const first = this.#fromItem(larg, left);
    const second = this.#fromItem(rarg, {
      ...left,
      sources: [...left.sources, ...first.sources],
    });
    const { sources } = beside(first, second);
    left.tally.sorts++;
    this.#expressions.evaluate(quals, { ...left, sources });
    const merged = isNatural === true
      ? first.columns.map(({ name }) => name)
        .filter((name) => second.columns.some((column) => column.name === name))
      : readNames(usingClause);
    if (merged.length > 0) left.tally.links++;
    const both = merged.map((name) => {
      const sides = [first, second].map((side) => findColumn(side.columns, name));
      if (sides.includes(undefined)) {
        this.faults.add(
          new Refusal(
            "chat.unknown_column",
            `Both sides of the join must have the column ${quoteName(name)} that it uses.`,
            "Write on a.x = b.y.",
          ),
        );
      }
      return merge(name, sides.map((side) => side ?? UNKNOWN));
    });
    const rest = [...first.columns, ...second.columns]
      .filter(({ name }) => !merged.includes(name));
    const columns = [...both, ...rest];
    return alias === undefined
      ? { sources, columns }
      : this.#source(alias, { columns, rows: rowsOf(sources) });
  }

  /** Returns what an item of a FROM is under its alias. */
  #source({ aliasname, colnames }: Alias, result: Result, more: Partial<Source> = {}): FromItem {
    const columns = this.#rename(result.columns, colnames);
    const source = { ...NO_SOURCE, alias: aliasname, columns, rows: result.rows, ...more };
    return { sources: [source], columns };
  }

  /** Renames columns by an alias's list, which may be shorter. */
  #rename(columns: readonly Column[], names: readonly Node[] | undefined): readonly Column[] {
    const renamed = readNames(names);
    if (renamed.length === 0 || columns.includes(ANY_COLUMN)) return columns;
    if (renamed.length > columns.length) {
      return this.#refused(
        new Refusal(
          "chat.unknown_column",
          `An alias names ${renamed.length} columns where there are ${columns.length}.`,
          "Name as many as there are, or leave the list out.",
        ),
      ).columns;
    }
    return columns.map((column, index) => ({ ...column, name: renamed[index] ?? column.name }));
  }

  /** Refuses clauses beside a union or VALUES: the grammar allows none there, so none would be checked. */
  #refuseBeside(select: SelectStmt, fields: readonly (keyof SelectStmt)[]): void {
    const others: readonly (keyof SelectStmt)[] = [
      "distinctClause",
      "fromClause",
      "whereClause",
      "groupClause",
      "havingClause",
      "windowClause",
    ];
    const isBeside = [...fields, ...others].some((field) => select[field] !== undefined);
    if (isBeside) this.faults.add(refuseForm());
  }
}

/** Returns the number of the last row that a select returns. */
function lastRow({ limitCount, limitOffset }: SelectStmt): number {
  return (readNumber(limitCount) ?? Infinity) + (readNumber(limitOffset) ?? 0);
}

function beside(left: FromItem, right: FromItem): FromItem {
  return {
    sources: [...left.sources, ...right.sources],
    columns: [...left.columns, ...right.columns],
  };
}

/** Returns a column that something computes once, wherever it is named. */
function once(column: Column): Column {
  return { ...column, cost: NODE };
}

/** Returns a column that is one of several, each of which it costs. */
function merge(name: string, parts: readonly Omit<Column, "name">[]): Column {
  return {
    name,
    value: oneOf(parts.map(({ value }) => value)),
    cost: parts.reduce((sum, { cost }) => sum + cost, 0),
    reads: parts.flatMap(({ reads }) => reads),
  };
}

function refuseTwice(name: string): Refusal {
  return new Refusal(
    "chat.form_refused",
    `The name ${quoteName(name)} is given twice.`,
    "Give each its own alias.",
  );
}
