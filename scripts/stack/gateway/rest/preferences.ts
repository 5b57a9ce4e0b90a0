import { RestError } from "./rest_error.ts";

/** Preferences of a request's `Prefer` header that PostgREST knows. */
export interface Preferences {
  readonly return: "representation" | "headers-only" | "minimal" | undefined;
  readonly count: "exact" | "planned" | "estimated" | undefined;
  readonly resolution: "merge-duplicates" | "ignore-duplicates" | undefined;
  readonly missing: "default" | "null" | undefined;
  readonly handling: "strict" | "lenient" | undefined;
  readonly maxAffected: number | undefined;
  readonly timezone: string | undefined;
}

/** @throws {RestError} `PGRST122` for unknown preferences with `handling=strict`. */
export function parsePreferences(header: string | null): Preferences {
  const given = (header ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
  const unknown: string[] = [];
  const found = new Map<string, string>();
  for (const one of given) {
    const [name = "", value = ""] = one.split("=").map((part) => part.trim());
    const isKnown = name === "timezone" || (name === "max-affected" && /^\d+$/.test(value)) ||
      KNOWN[name]?.includes(value);
    if (!isKnown) unknown.push(one);
    // The first of several counts, as in PostgREST.
    else if (!found.has(name)) found.set(name, value);
  }
  if (found.get("handling") === "strict" && unknown.length > 0) {
    throw new RestError(
      400,
      "PGRST122",
      "Invalid preferences given with handling=strict",
      `Invalid preferences: ${unknown.join(", ")}`,
    );
  }
  const pick = <T extends string>(name: string, ...values: readonly T[]): T | undefined =>
    values.find((value) => value === found.get(name));
  const maxAffected = found.get("max-affected");
  return {
    return: pick("return", "representation", "headers-only", "minimal"),
    count: pick("count", "exact", "planned", "estimated"),
    resolution: pick("resolution", "merge-duplicates", "ignore-duplicates"),
    missing: pick("missing", "default", "null"),
    handling: pick("handling", "strict", "lenient"),
    maxAffected: maxAffected === undefined ? undefined : Number(maxAffected),
    timezone: found.get("timezone"),
  };
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  return: ["representation", "headers-only", "minimal"],
  count: ["exact", "planned", "estimated"],
  resolution: ["merge-duplicates", "ignore-duplicates"],
  missing: ["default", "null"],
  handling: ["strict", "lenient"],
  tx: ["commit", "rollback"],
};

/** Returns the value of `Preference-Applied`; undefined if no preference was applied. */
export function describeApplied(
  preferences: Preferences,
  applied: readonly (keyof Preferences)[],
): string | undefined {
  const parts = (["resolution", "missing", "return", "count", "handling", "timezone"] as const)
    .filter((name) => applied.includes(name) && preferences[name] !== undefined)
    .map((name) => `${name}=${preferences[name]}`);
  const { handling, maxAffected } = preferences;
  if (applied.includes("maxAffected") && handling === "strict" && maxAffected !== undefined) {
    parts.push(`max-affected=${maxAffected}`);
  }
  return parts.length === 0 ? undefined : parts.join(", ");
}
