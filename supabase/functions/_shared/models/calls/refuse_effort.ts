import { type Effort, parseContestant } from "../contestant.ts";
import type { Reasoning } from "./reasoning.ts";

/** Properties of a model that determine which efforts it takes. */
export interface EffortTaker {
  readonly id: string;
  readonly name: string;
  readonly reasoning: Reasoning;
  /** Efforts that it takes, in any order. */
  readonly reasoning_efforts: readonly Effort[];
}

/**
 * Returns the reason why a model does not take a contestant's effort, and those it takes. Null if
 * it does.
 */
export function refuseEffort(contestantId: string, model: EffortTaker): string | null {
  const { effort } = parseContestant(contestantId);
  const { id, name, reasoning, reasoning_efforts: efforts } = model;
  if (effort === null || efforts.includes(effort)) return null;
  if (reasoning === "none") return `${name} does not think: choose ${id} without an effort.`;
  if (efforts.length === 0) {
    return `${name} cannot be told how hard to think: choose ${id} without an effort.`;
  }
  const fault = effort === "none" && reasoning === "mandatory"
    ? "always thinks"
    : `does not take the effort ${effort}`;
  return `${name} ${fault}. It takes ${efforts.join(", ")}.`;
}
