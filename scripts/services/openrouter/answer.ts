import type { z } from "zod";

export type JsonValue = z.core.util.JSONType;

/** Returns a number in [0, 1) for a field. `salt` distinguishes the draws for one field. */
export type Draw = (path: string, salt: string) => number;

/** Share of a model's mistakes that are the same in every repeat. The others vary from call to call. */
const STEADY_SHARE = 0.7;

/**
 * Returns the expected JSON as a model with the given error rate would read it.
 *
 * Each leaf field is wrong with probability `rate`. `steady` draws what is the same in every repeat
 * on the image, `fleeting` what differs from call to call.
 */
export function misread(
  expected: JsonValue,
  rate: number,
  steady: Draw,
  fleeting: Draw,
): JsonValue {
  const steadyRate = rate * STEADY_SHARE;
  const fleetingRate = rate === 0 ? 0 : 1 - (1 - rate) / (1 - steadyRate);

  const read = (value: JsonValue, path: string): JsonValue | undefined => {
    if (Array.isArray(value)) {
      return value.map((item, index) => read(item, `${path}[${index}]`) ?? null);
    }
    if (value !== null && typeof value === "object") {
      const fields = Object.entries(value).flatMap(([key, item]) => {
        const answer = read(item, path === "" ? key : `${path}.${key}`);
        return answer === undefined ? [] : [[key, answer] as const];
      });
      return Object.fromEntries(fields);
    }
    const wrong = steady(path, "wrong") < steadyRate || fleeting(path, "wrong") < fleetingRate;
    return wrong ? mistake(value, path, steady) : value;
  };
  return read(expected, "") ?? null;
}

/** Returns a plausible wrong value, never the leaf itself. `undefined` leaves the field out. */
function mistake(
  value: null | boolean | number | string,
  path: string,
  draw: Draw,
): JsonValue | undefined {
  const kind = draw(path, "kind");
  if (value === null) return "N/A";
  if (kind < 0.08) return undefined;
  if (kind < 0.16) return null;
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") {
    const candidate = misreadNumber(value, kind, path, draw);
    if (!Object.is(candidate, value)) return candidate;
    return value === 0 ? 1 : -value;
  }
  if (kind < 0.3 && value !== value.toUpperCase()) return value.toUpperCase();
  const swapped = otherDigit(value, path, draw);
  if (swapped !== undefined && kind < 0.75) return swapped;
  return slip(value, path, draw);
}

function misreadNumber(value: number, kind: number, path: string, draw: Draw): number | string {
  if (kind < 0.3) return Number.isInteger(value) ? value * 10 : Math.trunc(value);
  if (kind < 0.4) return String(value);
  const other = otherDigit(String(value), path, draw);
  return other === undefined ? value + 1 : Number(other);
}

function otherDigit(text: string, path: string, draw: Draw): string | undefined {
  const places = [...text.matchAll(/\d/g)];
  const place = places[Math.floor(draw(path, "place") * places.length)];
  if (place === undefined) return undefined;
  const digit = (Number(place[0]) + 1 + Math.floor(draw(path, "digit") * 8)) % 10;
  return text.slice(0, place.index) + digit + text.slice(place.index + 1);
}

/** Drops or doubles one character, or replaces it with one that looks similar. */
function slip(text: string, path: string, draw: Draw): string {
  if (text === "") return "-";
  const place = Math.floor(draw(path, "place") * text.length);
  const character = text.charAt(place);
  const lookAlike = ["O0", "oc", "l1", "Il", "S5", "B8", "ec"]
    .find((pair) => pair.startsWith(character))?.[1];
  const replacement = lookAlike ?? (text.length > 1 ? "" : character + character);
  return text.slice(0, place) + replacement + text.slice(place + 1);
}
