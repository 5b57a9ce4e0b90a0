/** Reasoning efforts that a model can be asked for, in ascending order. */
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

/** A model in a comparison, with the reasoning effort that it is asked for. */
export interface Contestant {
  /** As in the catalogue, or a provider's own name. */
  readonly modelId: string;
  /** Null if none is sent, so that the provider's default applies. */
  readonly effort: Effort | null;
}

/**
 * Reads a contestant's id: a model's, or a model's, `#` and an effort. No model's name holds a `#`, so
 * what stands behind the last one and is no effort makes the whole text a model that nobody knows.
 *
 * @example
 * parseContestant("openai/gpt-6-luna#high"); // { modelId: "openai/gpt-6-luna", effort: "high" }
 */
export function parseContestant(id: string): Contestant {
  const at = id.lastIndexOf("#");
  const effort = EFFORTS.find((known) => known === id.slice(at + 1));
  return at < 1 || effort === undefined
    ? { modelId: id, effort: null }
    : { modelId: id.slice(0, at), effort };
}

/** Writes what {@link parseContestant} reads. */
export function writeContestant({ modelId, effort }: Contestant): string {
  return effort === null ? modelId : `${modelId}#${effort}`;
}

/** Returns a contestant's name for people: `GPT-6 Luna (high)`. Sentences list names with commas. */
export function nameContestant(name: string, { effort }: Contestant): string {
  if (effort === null) return name;
  return `${name} (${effort === "none" ? "no thinking" : effort})`;
}
