import { quoteArray, quoteLiteral, quoteName } from "./quote.ts";
import { RestError } from "./rest_error.ts";
import { findSimilar, type Parameter, type Routine, type SchemaCache } from "./schema_cache.ts";
import type { Payload } from "./payload.ts";
import { writeBody } from "./write_sql.ts";

/** Arguments of a function. */
export type Arguments =
  | { readonly kind: "url"; readonly pairs: readonly (readonly [string, string])[] }
  | { readonly kind: "json"; readonly payload: Payload }
  /** Body of another type than JSON, for a single unnamed parameter. */
  | { readonly kind: "raw"; readonly body: string; readonly type: "text" | "xml" | "bytea" };

/** Names of the arguments. */
export function argumentNames(args: Arguments): string[] {
  if (args.kind === "raw") return [];
  const names = args.kind === "url" ? args.pairs.map(([name]) => name) : args.payload.keys;
  return [...new Set(names)];
}

/**
 * Returns the function that takes the arguments.
 *
 * @throws {RestError} `PGRST202` if there is none, `PGRST203` if there are several.
 */
export function findRoutine(
  cache: SchemaCache,
  schema: string,
  name: string,
  args: Arguments,
): Routine {
  const named = cache.functions.filter((one) => one.schema === schema && one.name === name);
  const names = argumentNames(args);
  const matching = args.kind === "raw" ? [] : named.filter(({ params }) => matches(params, names));
  // A function with matching parameters is preferred to one that takes the whole body.
  const found = matching.length > 0
    ? matching
    : named.filter(({ params }) => takesBody(params, args));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  if (first !== undefined) {
    const described = found.map(({ params }) =>
      `${schema}.${name}(${params.map((param) => `${param.name} => ${param.type}`).join(", ")})`
    );
    throw new RestError(
      300,
      "PGRST203",
      `Could not choose the best candidate function between: ${described.join(", ")}`,
      null,
      "Try renaming the parameters or the function itself in the database so function overloading " +
        "can be resolved",
    );
  }
  throw notFound(cache, schema, name, args, names, named);
}

function matches(params: readonly Parameter[], names: readonly string[]): boolean {
  if (params.length === 1 && params[0]?.name === "") return false;
  return names.every((name) => params.some((param) => param.name === name)) &&
    params.every(({ name, isRequired }) => !isRequired || names.includes(name));
}

function takesBody(params: readonly Parameter[], args: Arguments): boolean {
  const [only] = params;
  if (only === undefined || params.length > 1 || only.name !== "" || args.kind === "url") {
    return false;
  }
  return args.kind === "json" ? /^jsonb?$/.test(only.type) : only.type === args.type;
}

function notFound(
  cache: SchemaCache,
  schema: string,
  name: string,
  args: Arguments,
  names: readonly string[],
  named: readonly Routine[],
): RestError {
  const list = names.join(", ");
  const without = " without parameters";
  const details = names.length === 0
    ? without
    : ` with parameter${names.length > 1 ? "s" : ""} ${list}`;
  const wanted = args.kind === "raw"
    ? ` with a single unnamed ${args.type} parameter`
    : args.kind === "json"
    ? `${details} or with a single unnamed json/jsonb parameter`
    : details;
  const suggestion = named.length === 0
    ? findSimilar(name, [
      ...new Set(cache.functions.filter((f) => f.schema === schema).map((f) => f.name)),
    ])
    : suggestOverload(name, names, named);
  const called = args.kind === "raw" ? "" : names.length === 0 ? without : `(${list})`;
  return new RestError(
    404,
    "PGRST202",
    `Could not find the function ${schema}.${name}${called} in the schema cache`,
    `Searched for the function ${schema}.${name}${wanted}, but no matches were found in the schema cache.`,
    suggestion === undefined || args.kind === "raw"
      ? null
      : `Perhaps you meant to call the function ${schema}.${suggestion}`,
  );
}

function suggestOverload(
  name: string,
  names: readonly string[],
  named: readonly Routine[],
): string | undefined {
  const signature = (list: readonly string[]) => `(${list.toSorted().join(", ")})`;
  const signatures = named.map(({ params }) => signature(params.map((param) => param.name)));
  const similar = names.length === 0 ? undefined : findSimilar(signature(names), signatures);
  return similar === undefined ? undefined : name + similar;
}

/** Writes the statement that calls a function. Single values are in the column `pgrst_scalar`. */
export function writeCall(routine: Routine, args: Arguments): string {
  const name = `${quoteName(routine.schema)}.${quoteName(routine.name)}`;
  const { before, list } = writeArguments(routine, args);
  const from = before === "" ? "" : `${before}lateral `;
  return routine.isComposite
    ? `select pgrst_call.* from ${from}${name}(${list}) pgrst_call`
    : `select pgrst_call.pgrst_scalar from ${from}(select ${name}(${list}) pgrst_scalar) pgrst_call`;
}

/** Writes the arguments, and the part of the `from` clause that they refer to. */
function writeArguments(routine: Routine, args: Arguments): { before: string; list: string } {
  const [only] = routine.params;
  if (only !== undefined && only.name === "" && routine.params.length === 1) {
    const body = args.kind === "raw" ? args.body : args.kind === "json" ? args.payload.json : "";
    return { before: "", list: `${quoteLiteral(body)}::${only.type}` };
  }
  const names = argumentNames(args);
  const params = routine.params.filter(({ name }) => names.includes(name));
  if (params.length === 0 || args.kind === "raw") return { before: "", list: "" };
  const assign = (param: Parameter, value: string) =>
    `${param.isVariadic ? "variadic " : ""}${quoteName(param.name)} := ${value}`;
  if (args.kind === "url") {
    const list = params.map((param) => {
      const values = args.pairs.filter(([name]) => name === param.name).map(([, value]) => value);
      const value = param.isVariadic ? quoteArray(values) : quoteLiteral(values.at(-1) ?? "");
      return assign(param, `${value}::${param.type}`);
    });
    return { before: "", list: list.join(", ") };
  }
  const columns = params.map(({ name, type }) => ({ name, nominalType: type, default: null }));
  return {
    before: `${writeBody(args.payload, columns, false, true).slice("from ".length)}, `,
    list: params.map((param) => assign(param, `pgrst_body.${quoteName(param.name)}`)).join(", "),
  };
}
