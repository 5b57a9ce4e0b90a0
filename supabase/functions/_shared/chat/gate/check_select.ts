import type {
  Alias,
  JoinExpr,
  Node,
  RangeFunction,
  RangeVar,
  SelectStmt,
  WithClause,
} from "libpg-query";
import type { ChatSchema } from "../chat_schema.ts";
import { TABLE_FUNCTIONS } from "./allowed_names.ts";
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
import { quoteName, Refusal } from "./refusal.ts";
import { type CommonTables, expandStar, isBareStar, type Scope, type Source } from "./scope.ts";
import { SizeLimits } from "./size_limits.ts";

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
 * @param now milliseconds since 1970, for series that end today
 * @returns the names of the result's columns
 * @throws {Refusal} for an unknown name or one that is not allowed
 */
export function checkSelect(
  select: SelectStmt,
  schema: ChatSchema,
  now: number,
): readonly string[] {
  const columns = new SelectCheck(schema, new SizeLimits(now))
    .select(select, { commonTables: new Map(), parent: undefined });
  if (columns.length === 0) throw new Refusal("chat.form_refused", "Select at least one column.");
  return columns;
}

class SelectCheck {
  readonly #relations: ReadonlyMap<string, readonly string[]>;
  readonly #limits: SizeLimits;
  readonly #checks: ExpressionChecks;

  constructor(schema: ChatSchema, limits: SizeLimits) {
    this.#relations = new Map(
      schema.relations.map(({ name, columns }) => [name, columns.map((column) => column.name)]),
    );
    this.#limits = limits;
    this.#checks = {
      limits,
      checkSubquery: (select, scope) => {
        this.select(select, { commonTables: scope.commonTables, parent: scope });
      },
    };
  }

  /** Checks a select and returns the names of its columns. */
  select(select: SelectStmt, outer: Place): readonly string[] {
    this.#limits.addSelect();
    const place: Place = { ...outer, commonTables: this.#with(select.withClause, outer) };
    if (select.larg !== undefined || select.rarg !== undefined) {
      return this.#setOperation(select, place);
    }
    if (select.valuesLists !== undefined) return this.#values(select, place);

    const from = this.#from(select.fromClause ?? [], place);
    const scope: Scope = { ...place, sources: from.sources };
    const columns = this.#targets(select.targetList ?? [], scope, from);
    this.#expressions([select.whereClause, select.havingClause], scope);
    for (const item of select.groupClause ?? []) this.#outputOrExpression(item, scope, columns);
    for (const item of select.distinctClause ?? []) {
      // DISTINCT without ON is a list with one empty node.
      if (Object.keys(item).length > 0) this.#outputOrExpression(item, scope, columns);
    }
    for (const item of select.windowClause ?? []) {
      if ("WindowDef" in item) checkWindow(item.WindowDef, scope, this.#checks);
    }
    for (const item of select.sortClause ?? []) {
      this.#outputOrExpression(sortedNode(item), scope, columns);
    }
    return columns;
  }

  #with(clause: WithClause | undefined, outer: Place): CommonTables {
    const tables = new Map(outer.commonTables);
    const own = new Set<string>();
    for (const item of clause?.ctes ?? []) {
      if (!("CommonTableExpr" in item)) throw refuseSource();
      const { ctename = "", ctequery, aliascolnames } = item.CommonTableExpr;
      if (ctequery === undefined || !("SelectStmt" in ctequery)) throw refuseSource();
      if (own.has(ctename)) throw refuseTwice(ctename);
      own.add(ctename);
      const columns = this.select(ctequery.SelectStmt, { ...outer, commonTables: new Map(tables) });
      tables.set(ctename, rename(columns, aliascolnames));
    }
    return tables;
  }

  #setOperation(select: SelectStmt, place: Place): readonly string[] {
    const { larg, rarg } = select;
    if (larg === undefined || rarg === undefined) throw refuseSource();
    refuseBeside(select, ["targetList", "valuesLists"]);
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
    refuseBeside(select, ["targetList", "larg", "rarg"]);
    const scope: Scope = { ...place, sources: [] };
    const rows = (select.valuesLists ?? []).map((row) => "List" in row ? row.List.items ?? [] : []);
    for (const row of rows) this.#expressions(row, scope);
    const columns = (rows[0] ?? []).map((_, index) => `column${index + 1}`);
    for (const item of select.sortClause ?? []) {
      this.#outputOrExpression(sortedNode(item), scope, columns);
    }
    return columns;
  }

  #targets(targets: readonly Node[], scope: Scope, from: FromItem): readonly string[] {
    return targets.flatMap((target) => {
      if (!("ResTarget" in target) || target.ResTarget.val === undefined) throw refuseSource();
      const { name, val } = target.ResTarget;
      if ("ColumnRef" in val) {
        if (isBareStar(val.ColumnRef)) return from.columns;
        const columns = expandStar(val.ColumnRef, scope);
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
    const counter = { sources: 0 };
    for (const item of items) {
      const added = this.#fromItem(item, { ...place, sources: [...sources] }, counter);
      sources.push(...added.sources);
      columns.push(...added.columns);
    }
    this.#limits.addSources(counter.sources);
    const aliases = new Set<string>();
    for (const { alias } of sources) {
      if (alias === undefined) continue;
      if (aliases.has(alias)) throw refuseTwice(alias);
      aliases.add(alias);
    }
    return { sources, columns };
  }

  /** @param left sources to the left, which lateral items see */
  #fromItem(item: Node, left: Scope, counter: { sources: number }): FromItem {
    if ("JoinExpr" in item) return this.#join(item.JoinExpr, left, counter);
    counter.sources++;
    if ("RangeVar" in item) return this.#relation(item.RangeVar, left.commonTables);
    if ("RangeFunction" in item) return this.#function(item.RangeFunction, left);
    if (!("RangeSubselect" in item)) throw refuseSource();
    const { lateral, subquery, alias } = item.RangeSubselect;
    if (subquery === undefined || !("SelectStmt" in subquery)) throw refuseSource();
    const parent: Scope = lateral === true ? left : { ...left, sources: [] };
    const columns = this.select(subquery.SelectStmt, { commonTables: left.commonTables, parent });
    return one(alias?.aliasname, rename(columns, alias?.colnames));
  }

  #relation(relation: RangeVar, commonTables: CommonTables): FromItem {
    const { schemaname, relname = "", alias } = relation;
    const common = schemaname === undefined ? commonTables.get(relname) : undefined;
    const view = schemaname === undefined || schemaname === "chat"
      ? this.#relations.get(relname)
      : undefined;
    const columns = common ?? view;
    if (columns === undefined) {
      const name = schemaname === undefined ? relname : `${schemaname}.${relname}`;
      const known = [...this.#relations.keys()].join(", ");
      throw new Refusal(
        "chat.unknown_relation",
        `There is no relation ${quoteName(name)} to ask; there are: ${known}.`,
      );
    }
    return one(alias?.aliasname ?? relname, rename(columns, alias?.colnames), {
      isUnaliasedView: common === undefined && alias === undefined,
    });
  }

  #function({ functions, alias, coldeflist, ordinality }: RangeFunction, left: Scope): FromItem {
    const [list, ...others] = functions ?? [];
    const items = list !== undefined && "List" in list ? list.List.items ?? [] : [];
    const [call, definitions] = items;
    const isPlain = others.length === 0 && Object.keys(definitions ?? {}).length === 0;
    if (call === undefined || !("FuncCall" in call) || !isPlain) throw refuseSource();
    checkCall(call.FuncCall, left, this.#checks);
    const name = functionName(call.FuncCall);
    const table = TABLE_FUNCTIONS.get(name);
    if (table === undefined || (name === "unnest" && call.FuncCall.args?.length !== 1)) {
      throw new Refusal(
        "chat.function_refused",
        `The function ${quoteName(name)} is not allowed in FROM.`,
      );
    }
    const defined = (coldeflist ?? []).map((definition) => {
      if (!("ColumnDef" in definition)) throw refuseSource();
      checkType(definition.ColumnDef.typeName);
      return definition.ColumnDef.colname ?? "";
    });
    if ((defined.length > 0) !== (table.returns === "record")) throw refuseSource();
    const aliasname = alias?.aliasname ?? name;
    const columns = table.returns === "record"
      ? defined
      : table.returns === "row"
      ? table.columns
      : [table.column ?? aliasname];
    return one(
      aliasname,
      rename(ordinality === true ? [...columns, "ordinality"] : columns, alias?.colnames),
      { isValue: table.returns === "value" && ordinality !== true },
    );
  }

  #join(join: JoinExpr, left: Scope, counter: { sources: number }): FromItem {
    const { larg, rarg, quals, usingClause, isNatural, alias } = join;
    if (larg === undefined || rarg === undefined) throw refuseSource();
    const first = this.#fromItem(larg, left, counter);
    const second = this.#fromItem(
      rarg,
      { ...left, sources: [...left.sources, ...first.sources] },
      counter,
    );
    const sources = [...first.sources, ...second.sources];
    this.#expressions([quals], { ...left, sources });
    const merged = isNatural === true
      ? first.columns.filter((name) => second.columns.includes(name))
      : readNames(usingClause);
    for (const name of merged) {
      if (!first.columns.includes(name) || !second.columns.includes(name)) {
        throw new Refusal(
          "chat.unknown_column",
          `Both sides of the join must have the column ${quoteName(name)} that it uses.`,
        );
      }
    }
    const rest = (columns: readonly string[]) => columns.filter((name) => !merged.includes(name));
    const columns = [...merged, ...rest(first.columns), ...rest(second.columns)];
    return alias === undefined
      ? { sources, columns }
      : one(alias.aliasname, rename(columns, alias.colnames));
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

/** Renames columns by an alias's list, which may be shorter. */
function rename(columns: readonly string[], names: readonly Node[] | undefined): readonly string[] {
  const renamed = readNames(names);
  if (renamed.length > columns.length) {
    throw new Refusal("chat.unknown_column", "An alias names more columns than there are.");
  }
  return [...renamed, ...columns.slice(renamed.length)];
}

/** Refuses clauses beside a union or VALUES: the grammar allows none there, so none would be checked. */
function refuseBeside(select: SelectStmt, fields: readonly (keyof SelectStmt)[]): void {
  const others: readonly (keyof SelectStmt)[] = [
    "distinctClause",
    "fromClause",
    "whereClause",
    "groupClause",
    "havingClause",
    "windowClause",
  ];
  if ([...fields, ...others].some((field) => select[field] !== undefined)) throw refuseSource();
}

function refuseTwice(name: string): Refusal {
  return new Refusal("chat.form_refused", `The name ${quoteName(name)} is given twice.`);
}

function refuseSource(): Refusal {
  return new Refusal("chat.form_refused", "This form of FROM or WITH is not allowed.");
}
