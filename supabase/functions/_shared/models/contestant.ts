/** Reasoning efforts that a model can be asked for, in ascending order. */
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

/** A model in a comparison, with the reasoning effort that it is asked for. */
export interface Contestant {
  /** Id in the catalogue, or the provider's own name. */
  readonly modelId: string;
  /** Null if none is sent, so that the provider's default applies. */
  readonly effort: Effort | null;
}

/**
 * Reads a contestant's id: a model's id, optionally followed by `#` and an effort. Model names
 * contain no `#`. If the text after the last one is not an effort, the whole text is the model's
 * id.
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

/** Returns a contestant's name for people: `GPT-6 Luna (high)`. */
export function nameContestant(name: string, { effort }: Contestant): string {
  if (effort === null) return name;
  return `${name} (${effort === "none" ? "no thinking" : effort})`;
}
