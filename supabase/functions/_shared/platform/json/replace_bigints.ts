import { isJsonObject, type JsonObject, type JsonValue } from "./json_value.ts";

/** The double that stands for each `bigint` of some values. */
export type StandIns = ReadonlyMap<bigint, number>;

/**
 * Chooses for each `bigint` in `values` a double near it that stands nowhere else in them, so that
 * with {@link replaceBigints} code that knows no `bigint` takes no two different integers for equal.
 */
export function chooseStandIns(values: readonly JsonValue[]): StandIns {
  const taken = new Set<number>();
  const bigints = new Set<bigint>();
  const pending = [...values];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "bigint") bigints.add(next);
    else if (typeof next === "number") taken.add(next);
    else if (typeof next === "object" && next !== null) pending.push(...Object.values(next));
  }
  const standIns = new Map<bigint, number>();
  for (const bigint of bigints) {
    let double = Number(bigint);
    while (taken.has(double)) double += double * Number.EPSILON;
    taken.add(double);
    standIns.set(bigint, double);
  }
  return standIns;
}

/** Returns a copy of `object` with doubles in place of its `bigint`s; itself if it has none. */
export function replaceBigints(object: JsonObject, standIns: StandIns): JsonObject {
  if (standIns.size === 0) return object;
  return Object.fromEntries(
    Object.entries(object).map(([name, member]) => [name, replaceBigint(member, standIns)]),
  );
}

/** Does the same as {@link replaceBigints} for a value of any type. */
export function replaceBigint(value: JsonValue, standIns: StandIns): JsonValue {
  if (typeof value === "bigint") return standIns.get(value) ?? Number(value);
  if (standIns.size === 0) return value;
  if (Array.isArray(value)) return value.map((element) => replaceBigint(element, standIns));
  return isJsonObject(value) ? replaceBigints(value, standIns) : value;
}
