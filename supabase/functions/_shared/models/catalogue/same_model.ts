/** A release's date, version or channel at the end of a model's name. */
const RELEASE =
  /(?:[-@:](?:latest|preview|exp|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|\d{3}|v\d+(?::\d+)?))+$/;

/** Suffixes by which OpenRouter routes to the same model. */
const VARIANT = /:(free|nitro|floor|online|extended|beta|exacto|thinking|latest)$/;

/**
 * Returns true if two names mean the same model. Vendor, variant, and the order and separators of
 * the parts make no difference. A name without a date or version matches all of them.
 *
 * @example
 * isSameModel("openai/gpt-4o", "gpt-4o-2024-08-06"); // true
 * isSameModel("google/gemini-2.5-pro", "google/gemini-2.5-flash"); // false
 */
export function isSameModel(asked: string, answered: string): boolean {
  if (asked === answered) return true;
  const [one, other] = [readName(asked), readName(answered)];
  if (one.base === "auto") return true;
  return one.base === other.base &&
    (one.release === "" || other.release === "" || one.release === other.release);
}

function readName(full: string): { readonly base: string; readonly release: string } {
  const bare = full.trim().toLowerCase().split(/[/\\]/).at(-1) ?? "";
  const named = bare.replace(VARIANT, "").replace(/\.gguf$/, "")
    .replace(/[-._](?:i?q\d(?:_\w+)?|f16|bf16|fp8)$/, "")
    // Bedrock: `us.anthropic.claude-…`.
    .replace(/^(?:[a-z]+\.)+(?=[a-z])/, "");
  const [release = ""] = RELEASE.exec(named) ?? [];
  const base = named.slice(0, named.length - release.length);
  return {
    base: base.split(/[-_.\s]+/).sort().join("-"),
    release: (release.match(/\d+/g) ?? []).join(""),
  };
}
