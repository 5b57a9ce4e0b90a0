import type { FieldError } from "../http/field_error.ts";
import type { CatalogueModel } from "./ports.ts";

/** What {@link checkModels} found. */
export interface CheckedModels {
  readonly errors: readonly FieldError[];
  /** In the order chosen, without those that were refused. */
  readonly models: readonly CatalogueModel[];
}

/** Checks that each chosen model is offered and sees images. */
export function checkModels(
  ids: readonly string[],
  found: readonly CatalogueModel[],
): CheckedModels {
  const byId = new Map(found.map((model) => [model.id, model]));
  const errors: FieldError[] = [];
  const models = ids.flatMap((id, index): CatalogueModel[] => {
    const fail = (code: string, message: string) => {
      errors.push({ path: `model_ids.${index}`, code, message });
      return [];
    };
    const model = byId.get(id);
    if (model === undefined) {
      return fail("not_found", `There is no model ${id}.`);
    }
    if (!model.active) {
      return fail("inactive", `${model.name} is no longer offered.`);
    }
    if (!model.supports_vision) {
      return fail("no_vision", `${model.name} cannot see images.`);
    }
    return [model];
  });
  return { errors, models };
}
