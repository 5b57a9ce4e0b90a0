import { quoteArray, quoteLiteral, quoteName } from "./quote.ts";
import { isToOne } from "./relationships.ts";
import { RestError } from "./rest_error.ts";
import { type Embed, findOrderJoin, type ReadPlan } from "./read_plan.ts";
import type { Table } from "./schema_cache.ts";
import type { Condition, Field, Operation, SelectField } from "./url_grammar.ts";

/** Rows whose columns an expression names. */
interface Scope {
  /** How the rows are named, quoted. */
  readonly rows: string;
  readonly table: Table | undefined;
}

/**
 * Writes the statement that reads a resource and what is embedded in it.
 *
 * @param joined conditions that relate the rows to those that they are embedded in.
 * @param junction further table of the `from` clause, after a comma.
 */
export function writeRead(plan: ReadPlan, joined: readonly string[] = [], junction = ""): string {
  const scope = { rows: qualify(plan), table: plan.table };
  const joins = plan.embeds.map((embed) => writeJoin(embed, plan)).join("");
  const selected = [
    ...plan.fields.map((field) => writeSelected(field, scope)),
    ...plan.embeds.flatMap(writeEmbedColumns),
  ];
  const conditions = [...plan.conditions.map((one) => writeCondition(one, scope, plan)), ...joined];
  const order = plan.order.map((term) => {
    const expression = term.relation === undefined
      ? writeField(term.field, scope)
      : writeField(term.field, {
        rows: quoteName(findOrderJoin(plan, term.relation).join),
        table: undefined,
      });
    return `${expression} ${term.direction}`.trimEnd();
  });
  return [
    `select ${selected.join(", ")} from ${writeFrom(plan)}${junction}${joins}`,
    conditions.length > 0 ? `where ${conditions.join(" and ")}` : "",
    order.length > 0 ? `order by ${order.join(", ")}` : "",
    plan.limit === undefined ? "" : `limit ${plan.limit}`,
    plan.offset === 0 ? "" : `offset ${plan.offset}`,
  ].filter((clause) => clause !== "").join(" ");
}

/** Writes the statement that counts a resource's rows without its limits. */
export function writeCount(plan: ReadPlan): string {
  return `select 1 from ${writeFrom(plan)}${writeCountWhere(plan, [])}`;
}

function writeCountWhere(plan: ReadPlan, extra: readonly string[]): string {
  const scope = { rows: qualify(plan), table: plan.table };
  const exists = (embed: Embed) =>
    `exists (select 1 from ${writeFrom(embed.plan)}${writeJunction(embed)}${
      writeCountWhere(embed.plan, writeJoinConditions(embed, plan))
    })`;
  const conditions = [
    ...plan.conditions.map((one) => writeCondition(one, scope, plan, exists)),
    ...plan.embeds.filter(({ selected }) => selected.isInner).map(exists),
    ...extra,
  ];
  return conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
}

function qualify(plan: ReadPlan): string {
  return plan.schema !== undefined && plan.alias === plan.name
    ? `${quoteName(plan.schema)}.${quoteName(plan.name)}`
    : quoteName(plan.alias);
}

function writeFrom({ schema, name, alias }: ReadPlan): string {
  const table = schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
  return alias === name ? table : `${table} as ${quoteName(alias)}`;
}

function writeJunction({ relationship: { junction } }: Embed): string {
  return junction === undefined
    ? ""
    : `, ${quoteName(junction.schema)}.${quoteName(junction.table)}`;
}

function writeJoinConditions({ relationship, plan }: Embed, parent: ReadPlan): string[] {
  const { junction, columns } = relationship;
  const between = junction && `${quoteName(junction.schema)}.${quoteName(junction.table)}`;
  const near = columns.map(([origin, other]) =>
    `${qualify(parent)}.${quoteName(origin)} = ${between ?? qualify(plan)}.${quoteName(other)}`
  );
  const far = junction?.columns.map(([other, foreign]) =>
    `${between}.${quoteName(other)} = ${qualify(plan)}.${quoteName(foreign)}`
  );
  return [...near, ...far ?? []];
}

function writeJoin(embed: Embed, parent: ReadPlan): string {
  const { selected, relationship, plan } = embed;
  const name = quoteName(embed.join);
  const rows = writeRead(plan, writeJoinConditions(embed, parent), writeJunction(embed));
  const kind = selected.isInner ? "inner" : "left";
  const isInner = selected.isInner ? `${name} is not null` : "true";
  if (isToOne(relationship)) return ` ${kind} join lateral (${rows}) as ${name} on true`;
  const spread = selected.isSpread
    ? namesOf(plan).map((column) => `, json_agg(${name}.${column})::jsonb as ${column}`).join("")
    : "";
  const list = `select json_agg(${name})::jsonb as ${name}${spread} from (${rows}) as ${name}`;
  return ` ${kind} join lateral (${list}) as ${name} on ${isInner}`;
}

function writeEmbedColumns({ selected, relationship, key, join, plan }: Embed): string[] {
  const name = quoteName(join);
  if (!selected.isSpread) {
    if (plan.fields.length === 0 && plan.embeds.length === 0) return [];
    return [
      isToOne(relationship)
        ? `row_to_json(${name}.*)::jsonb as ${quoteName(key)}`
        : `coalesce(${name}.${name}, '[]') as ${quoteName(key)}`,
    ];
  }
  if (isToOne(relationship)) return namesOf(plan).map((column) => `${name}.${column}`);
  return namesOf(plan).map((column) => `coalesce(${name}.${column}, '[]') as ${column}`);
}

/** Returns the quoted names of a resource's columns in the response. */
function namesOf(plan: ReadPlan): string[] {
  const fields = plan.fields.flatMap((one) => {
    if (one.field.name !== "*") return [nameOf(one)];
    return plan.table?.columns.map(({ name }) => name) ?? [];
  });
  const embeds = plan.embeds.flatMap((embed) =>
    embed.selected.isSpread ? namesOf(embed.plan) : [quoteName(embed.key)]
  );
  return [...fields.map(quoteName), ...embeds];
}

/** Returns a column's name in the response: its alias, its last key, or its name. */
function nameOf({ field, alias }: SelectField): string {
  if (alias !== undefined) return alias;
  return field.path.findLast(({ isIndex }) => !isIndex)?.key ?? field.name;
}

function writeSelected(selected: SelectField, scope: Scope): string {
  const { field, cast } = selected;
  if (field.name === "*") return `${scope.rows}.*`;
  const expression = writeField(field, scope);
  const value = cast === undefined ? expression : `cast(${expression} as ${cast})`;
  return `${value} as ${quoteName(nameOf(selected))}`;
}

function writeField({ name, path }: Field, { rows, table }: Scope): string {
  const column = `${rows}.${quoteName(name)}`;
  if (path.length === 0) return column;
  const isComposite = table?.columns.find((one) => one.name === name)?.isComposite ?? false;
  const steps = path.map(({ arrow, key, isIndex }) =>
    `${arrow}${isIndex ? `${quoteLiteral(key)}::int` : quoteLiteral(key)}`
  );
  return `${isComposite ? `to_jsonb(${column})` : column}${steps.join("")}`;
}

/**
 * Writes a condition.
 *
 * @param exists writes whether an embedded resource has rows, where it is not joined.
 */
export function writeCondition(
  condition: Condition,
  scope: Scope,
  plan: ReadPlan | undefined,
  exists?: (embed: Embed) => string,
): string {
  const not = condition.isNegated ? "not " : "";
  if (condition.kind === "logic") {
    const operands = condition.operands.map((one) => writeCondition(one, scope, plan, exists));
    return `${not}(${operands.join(` ${condition.operator} `)})`;
  }
  const { field, operation } = condition;
  const embed = plan?.embeds.find(({ key }) => key === field.name);
  if (embed !== undefined && field.path.length === 0) {
    if (operation.kind !== "is" || !operation.sql.endsWith("null")) {
      throw new RestError(
        400,
        "PGRST120",
        `Bad operator on the '${field.name}' embedded resource`,
        "Only is null or not is null filters are allowed on embedded resources",
      );
    }
    const isThere = condition.isNegated !== (operation.sql === "not null");
    if (exists !== undefined) return `${isThere ? "" : "not "}${exists(embed)}`;
    return `${quoteName(embed.join)} is ${isThere ? "distinct" : "not distinct"} from null`;
  }
  return `${not}${writeField(field, scope)} ${writeOperation(operation)}`;
}

function writeOperation(operation: Operation): string {
  switch (operation.kind) {
    case "compare": {
      const { value, isPattern, quantifier, sql } = operation;
      const literal = quoteLiteral(isPattern ? value.replaceAll("*", "%") : value);
      return `${sql} ${quantifier === "" ? literal : `${quantifier}(${literal})`}`;
    }
    case "in": {
      const { values } = operation;
      return values.length === 1 && values[0] === ""
        ? "= any('{}')"
        : `= any(${quoteArray(values)})`;
    }
    case "is":
      return `is ${operation.sql}`;
    case "distinct":
      return `is distinct from ${quoteLiteral(operation.value)}`;
    case "search": {
      const { language, value, sql } = operation;
      const prefix = language === undefined ? "" : `${quoteLiteral(language)}, `;
      return `${sql}(${prefix}${quoteLiteral(value)})`;
    }
  }
}
