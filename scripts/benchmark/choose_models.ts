import { distance } from "fastest-levenshtein";
import { z } from "zod";

/**
 * Columns of a model of the catalogue. Whether it can be ordered now checkout decides: the catalogue
 * says so as of the last run of models-sync, which may be before a key was set.
 */
export const modelSchema = z.object({
  id: z.string(),
  name: z.string(),
  reasoning_efforts: z.array(z.string()),
});
export type Model = z.infer<typeof modelSchema>;

/** Models to run, as checkout takes them. */
export interface Choice {
  readonly ids: readonly string[];
  /** Remarks for the person who chose. */
  readonly notes: readonly string[];
}

/** Error of names that choose no model. Its message has a line for each name. */
export class ModelNameError extends Error {
  override readonly name = "ModelNameError";
}

const MOST_SUGGESTIONS = 3;

/**
 * Finds models by id or name, whatever the case and punctuation: `openai/gpt-6-luna`, `gpt-6-luna`,
 * `GPT-6 Luna`, each with or without `#<effort>`.
 *
 * @param effort effort of the models that are named without one and take it.
 * @throws {ModelNameError} that names every miss with the nearest models, or the models it may mean.
 */
export function chooseModels(
  names: readonly string[],
  catalogue: readonly Model[],
  effort?: string,
): Choice {
  const problems: string[] = [];
  const notes: string[] = [];
  const ids: string[] = [];
  for (const name of names) {
    const [base = "", own] = name.split("#");
    const [model, ...others] = findModels(base, catalogue);
    if (model === undefined) {
      problems.push(`there is no model ${base}. Near: ${suggest(base, catalogue).join(", ")}`);
    } else if (others.length > 0) {
      const all = [model, ...others].map(({ id }) => id);
      problems.push(`${base} may be ${all.join(" or ")}`);
    } else {
      const wanted = own ?? effort;
      const isTaken = wanted === undefined || model.reasoning_efforts.includes(wanted);
      const taken = model.reasoning_efforts.join(", ") || "none";
      if (!isTaken && own !== undefined) {
        problems.push(`${model.id} takes no effort ${own}: it takes ${taken}`);
      } else if (!isTaken) {
        notes.push(`${model.name} takes no effort ${wanted}, and runs with its own default.`);
      }
      ids.push(wanted === undefined || !isTaken ? model.id : `${model.id}#${wanted}`);
    }
  }
  if (problems.length === 0) return { ids: [...new Set(ids)], notes };
  const list = problems.map((text) => `- ${text}`).join("\n");
  throw new ModelNameError(`These models cannot be used:\n${list}`);
}

function findModels(name: string, catalogue: readonly Model[]): Model[] {
  const exact = catalogue.filter(({ id }) => id === name.trim());
  if (exact.length > 0) return exact;
  return catalogue.filter((model) => keysOf(model).includes(normalize(name)));
}

/** Returns the ids of the models whose names resemble one most. */
function suggest(name: string, catalogue: readonly Model[]): string[] {
  const wanted = normalize(name);
  const distanceTo = (model: Model) =>
    Math.min(
      ...keysOf(model).map((key) => {
        // A part of a name is nearer than a name with other letters.
        if (wanted !== "" && key.includes(wanted)) return (key.length - wanted.length) / 100;
        return distance(key, wanted);
      }),
    );
  return catalogue
    .map((model) => ({ id: model.id, far: distanceTo(model) }))
    .sort((one, other) => one.far - other.far || one.id.localeCompare(other.id))
    .slice(0, MOST_SUGGESTIONS).map(({ id }) => id);
}

function keysOf({ id, name }: Model): string[] {
  return [id, id.split("/").at(-1) ?? id, name].map(normalize);
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
