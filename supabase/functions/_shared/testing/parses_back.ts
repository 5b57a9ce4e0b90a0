/**
 * For generators of tests: whether `JSON.parse` gives the value's keys back whatever was parsed before.
 * V8 takes an escaped key, such as `"\n"`, for one with a backslash that it saw in its place in an
 * earlier object (https://issues.chromium.org/issues/521080746).
 */
export function parsesBack(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(parsesBack);
  return Object.entries(value).every(([key, child]) => !key.includes("\\") && parsesBack(child));
}
