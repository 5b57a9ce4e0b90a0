import type {
  Alias,
  FuncCall,
  JoinExpr,
  Node,
  RangeFunction,
  RangeVar,
  SelectStmt,
  WithClause,
} from "libpg-query";
import type { ChatSchema } from "../chat_schema.ts";
import { ALLOWED_FUNCTIONS, EXTENSION_FUNCTIONS, TABLE_FUNCTIONS } from "./allowed_names.ts";
import {
  checkCall,
  checkExpression,
  checkSort,
  checkType,
  checkWindow,
  type ExpressionChecks,
  sortedNode,
} from "./check_expression.ts";
import { outputName } from "./output_name.ts";
import { functionName, readNames } from "./read_node.ts";
import { REFUSED_FORMS } from "./refused_forms.ts";
import { type Faults, quoteName, Refusal, refuseForm } from "./refusal.ts";
import {
  ANY_COLUMN,
  type CommonTables,
  expandStar,
  hasColumn,
  isBareStar,
  type Scope,
  type Source,
} from "./scope.ts";

/** Most columns of a select, which is also Postgres' limit. */
const MAX_COLUMNS = 1_664;

/** Sources that one item of a FROM makes visible, and the columns that `*` stands for. */
interface FromItem {
  readonly sources: readonly Source[];
  readonly columns: readonly string[];
}

/** Scope of a select before its own FROM. */
type Place = Omit<Scope, "sources">;

/**
 * Resolves every name in a select: relations and columns against `schema`, common table expressions,
 * aliases, the scopes of subqueries, and the functions, operators and types of expressions.
 *
 * @param select what `checkShape()` returned
 * @param faults receives every unknown name and every one that is not allowed
 * @returns the names of the result's columns, if nothing was refused
 */
export function checkSelect(
  select: SelectStmt,
  schema: ChatSchema,
  faults: Faults,
): readonly string[] {
  const columns = new SelectCheck(schema, faults, listCalls(select))
    .select(select, { commonTables: new Map(), parent: undefined });
  if (columns.length === 0) {
    faults.add(
      new Refusal(
        "chat.form_refused",
        "The statement selects no column.",
        "Select at least one column.",
      ),
    );
  }
  return columns;
}

/** Returns the calls that a select returns as they are. */
function listCalls({ targetList }: SelectStmt): ReadonlySet<FuncCall> {
  const calls = (targetList ?? []).flatMap((target) => {
    const value = "ResTarget" in target ? target.ResTarget.val : undefined;
    return value !== undefined && "FuncCall" in value ? [value.FuncCall] : [];
  });
  return new Set(calls);
}

class SelectCheck {
  readonly #relations: ReadonlyMap<string, readonly string[]>;
  readonly #faults: Faults;
  readonly #checks: ExpressionChecks;

  constructor(
    schema: ChatSchema,
    faults: Faults,
    outputs: ReadonlySet<FuncCall>,
  ) {
    this.#faults = faults;
    this.#relations = new Map(
      schema.relations.map(({ name, columns }) => [name, columns.map((column) => column.name)]),
    );
    this.#checks = {
      faults,
      outputs,
      checkSubquery: (select, scope) => {
        this.select(select, { commonTables: scope.commonTables, parent: scope });
      },
    };
  }

  /** Checks a select and returns the names of its columns. */
  select(select: SelectStmt, outer: Place): readonly string[] {
    const place: Place = { ...outer, commonTables: this.#with(select.withClause, outer) };
    if (select.larg !== undefined || select.rarg !== undefined) {
      return this.#setOperation(select, place);
    }
    if (select.valuesLists !== undefined) return this.#values(select, place);

    const from = this.#from(select.fromClause ?? [], place);
    const scope: Scope = { ...place, sources: from.sources };
    const columns = this.#targets(select.targetList ?? [], scope, from);
    if (columns.length > MAX_COLUMNS) {
      throw new Refusal(
        "chat.too_large",
        `A select has ${columns.length} columns, and at most ${MAX_COLUMNS} are allowed.`,
        "Name the columns instead of *.",
      );
    }
    this.#expressions([select.whereClause, select.havingClause], scope);
    for (const item of select.groupClause ?? []) this.#outputOrExpression(item, scope, columns);
    for (const item of select.distinctClause ?? []) {
      // DISTINCT without ON is a list with one empty node.
      if (Object.keys(item).length > 0) this.#outputOrExpression(item, scope, columns);
    }
    for (const item of select.windowClause ?? []) {
      if ("WindowDef" in item) checkWindow(item.WindowDef, scope, this.#checks);
    }
    this.#sort(select, scope, columns);
    return columns;
  }

  #sort({ sortClause }: SelectStmt, scope: Scope, columns: readonly string[]): void {
    for (const item of sortClause ?? []) {
      const node = sortedNode(item);
      if (node !== undefined) this.#outputOrExpression(node, scope, columns);
    }
  }

  #with(clause: WithClause | undefined, outer: Place): CommonTables {
    const tables = new Map(outer.commonTables);
    const own = new Set<string>();
    for (const item of clause?.ctes ?? []) {
      if (!("CommonTableExpr" in item)) {
        this.#faults.add(refuseForm());
        continue;
      }
      const { ctename = "", ctequery, aliascolnames } = item.CommonTableExpr;
      if (own.has(ctename)) this.#faults.add(refuseTwice(ctename));
      own.add(ctename);
      // A recursive one was refused, and knows itself.
      if (clause?.recursive === true) tables.set(ctename, this.#refused(refuseForm()));
      const columns = ctequery !== undefined && "SelectStmt" in ctequery
        ? this.select(ctequery.SelectStmt, { ...outer, commonTables: new Map(tables) })
        : this.#refused(refuseForm());
      tables.set(ctename, this.#rename(columns, aliascolnames));
    }
    return tables;
  }

  /** Adds a fault and returns columns for what was refused. */
  #refused(refusal: Refusal): readonly string[] {
    this.#faults.add(refusal);
    return [ANY_COLUMN];
  }

  #setOperation(select: SelectStmt, place: Place): readonly string[] {
    const { larg, rarg } = select;
    if (larg === undefined || rarg === undefined) return this.#refused(refuseForm());
    this.#refuseBeside(select, ["targetList", "valuesLists"]);
    const columns = this.select(larg, place);
    this.select(rarg, place);
    // A union can only be sorted by its own columns.
    const scope: Scope = {
      ...place,
      sources: one(undefined, columns).sources,
      parent: undefined,
    };
    checkSort(select.sortClause, scope, this.#checks);
    return columns;
  }

  #values(select: SelectStmt, place: Place): readonly string[] {
    this.#refuseBeside(select, ["targetList", "larg", "rarg"]);
    const scope: Scope = { ...place, sources: [] };
    const rows = (select.valuesLists ?? []).map((row) => "List" in row ? row.List.items ?? [] : []);
    for (const row of rows) this.#expressions(row, scope);
    const columns = (rows[0] ?? []).map((_, index) => `column${index + 1}`);
    this.#sort(select, scope, columns);
    return columns;
  }

  #targets(targets: readonly Node[], scope: Scope, from: FromItem): readonly string[] {
    return targets.flatMap((target) => {
      if (!("ResTarget" in target) || target.ResTarget.val === undefined) {
        return this.#refused(refuseForm());
      }
      const { name, val } = target.ResTarget;
      if ("ColumnRef" in val) {
        const { ColumnRef: reference } = val;
        if (isBareStar(reference)) return from.columns;
        const columns = this.#faults.collect(() => expandStar(reference, scope));
        if (columns !== undefined) return columns;
      }
      checkExpression(val, scope, this.#checks);
      return [name ?? outputName(val)];
    });
  }

  /** Checks an item of GROUP BY, ORDER BY or DISTINCT ON, which may be the name of a result's column. */
  #outputOrExpression(node: Node, scope: Scope, columns: readonly string[]): void {
    if ("GroupingSet" in node) {
      for (const item of node.GroupingSet.content ?? []) {
        this.#outputOrExpression(item, scope, columns);
      }
      return;
    }
    if ("ColumnRef" in node) {
      const names = readNames(node.ColumnRef.fields);
      const [name = ""] = names;
      if (names.length === 1 && name !== "" && columns.includes(name)) return;
    }
    checkExpression(node, scope, this.#checks);
  }

  #expressions(nodes: readonly (Node | undefined)[], scope: Scope): void {
    for (const node of nodes) {
      if (node !== undefined) checkExpression(node, scope, this.#checks);
    }
  }

  #from(items: readonly Node[], place: Place): FromItem {
    const sources: Source[] = [];
    const columns: string[] = [];
    for (const item of items) {
      const added = this.#fromItem(item, { ...place, sources: [...sources] });
      sources.push(...added.sources);
      columns.push(...added.columns);
    }
    const aliases = new Set<string>();
    for (const { alias } of sources) {
      if (alias === undefined) continue;
      if (aliases.has(alias)) this.#faults.add(refuseTwice(alias));
      aliases.add(alias);
    }
    return { sources, columns };
  }

  /** @param left sources to the left, which lateral items see */
  #fromItem(item: Node, left: Scope): FromItem {
    if ("JoinExpr" in item) return this.#join(item.JoinExpr, left);
    if ("RangeVar" in item) return this.#relation(item.RangeVar, left.commonTables);
    if ("RangeFunction" in item) return this.#function(item.RangeFunction, left);
    if (!("RangeSubselect" in item)) return one(undefined, this.#refused(refuseForm()));
    const { lateral, subquery, alias } = item.RangeSubselect;
    const parent: Scope = lateral === true ? left : { ...left, sources: [] };
    const columns = subquery !== undefined && "SelectStmt" in subquery
      ? this.select(subquery.SelectStmt, { commonTables: left.commonTables, parent })
      : this.#refused(refuseForm());
    return one(alias?.aliasname, this.#rename(columns, alias?.colnames));
  }

  #relation(relation: RangeVar, commonTables: CommonTables): FromItem {
    const { schemaname, relname = "", alias } = relation;
    const common = schemaname === undefined ? commonTables.get(relname) : undefined;
    const view = schemaname === undefined || schemaname === "chat"
      ? this.#relations.get(relname)
      : undefined;
    const columns = common ?? view ?? this.#refused(this.#unknownRelation(relation));
    return one(alias?.aliasname ?? relname, this.#rename(columns, alias?.colnames), {
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
      const columns = this.#refused(new Refusal("chat.form_refused", reason, hint));
      return one(alias?.aliasname, columns);
    }
    checkCall(call, left, this.#checks);
    const name = functionName(call);
    const table = TABLE_FUNCTIONS.get(name) ?? { returns: "value" };
    const aliasname = alias?.aliasname ?? name;
    const defined = (coldeflist ?? []).flatMap((definition) => {
      if (!("ColumnDef" in definition)) return [];
      this.#faults.collect(() => checkType(definition.ColumnDef.typeName));
      return definition.ColumnDef.colname ?? "";
    });
    if (!ALLOWED_FUNCTIONS.has(name) && !EXTENSION_FUNCTIONS.has(name)) {
      // Its call was refused.
      return one(aliasname, this.#refused(refuseForm()));
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
      return one(aliasname, this.#refused(refusal));
    }
    const count = name === "unnest" ? call.args?.length ?? 0 : 1;
    const columns = table.returns === "record"
      ? defined
      : table.returns === "row"
      ? table.columns
      : count === 1
      ? [table.column ?? aliasname]
      // Several arrays side by side.
      : Array<string>(count).fill(name);
    return one(
      aliasname,
      this.#rename(ordinality === true ? [...columns, "ordinality"] : columns, alias?.colnames),
      { isValue: table.returns === "value" && count === 1 && ordinality !== true },
    );
  }

  #join(join: JoinExpr, left: Scope): FromItem {
    const { larg, rarg, quals, usingClause, isNatural, alias } = join;
    if (larg === undefined || rarg === undefined) {
      return one(alias?.aliasname, this.#refused(refuseForm()));
    }
    const first = this.#fromItem(larg, left);
    const second = this.#fromItem(rarg, {
      ...left,
      sources: [...left.sources, ...first.sources],
    });
    const sources = [...first.sources, ...second.sources];
    this.#expressions([quals], { ...left, sources });
    const merged = isNatural === true
      ? first.columns.filter((name) => second.columns.includes(name))
      : readNames(usingClause);
    for (const name of merged) {
      if (!hasColumn(first.columns, name) || !hasColumn(second.columns, name)) {
        this.#faults.add(
          new Refusal(
            "chat.unknown_column",
            `Both sides of the join must have the column ${quoteName(name)} that it uses.`,
            "Write on a.x = b.y.",
          ),
        );
      }
    }
    const rest = (columns: readonly string[]) => columns.filter((name) => !merged.includes(name));
    const columns = [...merged, ...rest(first.columns), ...rest(second.columns)];
    return alias === undefined
      ? { sources, columns }
      : one(alias.aliasname, this.#rename(columns, alias.colnames));
  }

  /** Renames columns by an alias's list, which may be shorter. */
  #rename(columns: readonly string[], names: readonly Node[] | undefined): readonly string[] {
    const renamed = readNames(names);
    if (renamed.length > columns.length && !columns.includes(ANY_COLUMN)) {
      return this.#refused(
        new Refusal(
          "chat.unknown_column",
          `An alias names ${renamed.length} columns where there are ${columns.length}.`,
          "Name as many as there are, or leave the list out.",
        ),
      );
    }
    return [...renamed, ...columns.slice(renamed.length)];
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
    if (isBeside) this.#faults.add(refuseForm());
  }
}

function one(
  alias: Alias["aliasname"],
  columns: readonly string[],
  kind: Partial<Pick<Source, "isValue" | "isUnaliasedView">> = {},
): FromItem {
  const source: Source = { alias, columns, isValue: false, isUnaliasedView: false, ...kind };
  return { sources: [source], columns };
}

function refuseTwice(name: string): Refusal {
  return new Refusal(
    "chat.form_refused",
    `The name ${quoteName(name)} is given twice.`,
    "Give each its own alias.",
  );
}
