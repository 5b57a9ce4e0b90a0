import { nameContestant, parseContestant } from "../models/contestant.ts";
import type { CatalogueModel } from "./ports.ts";

/** A model with the chosen effort, or what the model takes instead. */
export type ChosenEffort =
  | { readonly model: CatalogueModel; readonly error: null }
  | { readonly model: null; readonly error: string };

/** Gives a model of the catalogue the id and name of a contestant, if it takes its effort. */
export function chooseEffort(id: string, model: CatalogueModel): ChosenEffort {
  const contestant = parseContestant(id);
  const { effort } = contestant;
  const { name, reasoning, reasoning_efforts: efforts } = model;
  if (effort === null || efforts.includes(effort)) {
    return { model: { ...model, id, name: nameContestant(name, contestant) }, error: null };
  }
  const error = reasoning === "none"
    ? `${name} does not think: choose ${model.id} without an effort.`
    : efforts.length === 0
    ? `${name} cannot be told how hard to think: choose ${model.id} without an effort.`
    : effort === "none"
    ? `${name} always thinks. It takes ${efforts.join(", ")}.`
    : `${name} does not take the effort ${effort}. It takes ${efforts.join(", ")}.`;
  return { model: null, error };
}
