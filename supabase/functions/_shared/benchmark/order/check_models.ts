import { refuseEffort } from "../../models/calls/refuse_effort.ts";
import { keepsDataPolicy } from "../../models/data_policy.ts";
import { nameContestant, parseContestant } from "../../models/contestant.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { CatalogueModel } from "./model_catalogue.ts";

/** Days within which the end of a model is a warning, since a choice should last longer. */
const NOTICE_DAYS = 60;

/**
 * Checks that a report can be ordered with each chosen model at its effort. Errors name the model
 * or effort to choose instead. Warnings are notices to read before paying.
 *
 * @param options.isConfigured Returns true if this deployment can call a provider (`base_url_key`).
 * @returns The models in the chosen order, without those that were refused.
 */
export function checkModels(
  ids: readonly string[],
  found: readonly CatalogueModel[],
  { isConfigured, now, hasDataPolicy = false }: {
    readonly isConfigured: (provider: string) => boolean;
    readonly now: Date;
    /** True if the order restricts what may happen to its data. */
    readonly hasDataPolicy?: boolean;
  },
) {
  const byId = new Map(found.map((model) => [model.id, model]));
  const errors: FieldError[] = [];
  const warnings: FieldError[] = [];
  const models = ids.flatMap((id, index): CatalogueModel[] => {
    const path = `model_ids.${index}`;
    const model = byId.get(parseContestant(id).modelId);
    if (model === undefined) {
      errors.push({ path, code: "not_found", message: `There is no model ${id}.` });
      return [];
    }
    const refusal = refuse(model, isConfigured);
    if (refusal !== null) {
      const [code, reason] = refusal;
      const instead = model.successor === null
        ? ""
        : ` Choose ${model.successor.name} (${model.successor.id}) instead.`;
      errors.push({ path, code, message: `${reason}${instead}` });
      return [];
    }
    if (hasDataPolicy && !keepsDataPolicy(model.base_url_key)) {
      errors.push({
        path,
        code: "data_policy",
        message: `${model.name} is called at ${model.base_url_key}, which takes neither ` +
          `data_collection nor zdr. Choose a model that OpenRouter serves.`,
      });
      return [];
    }
    if (endsSoon(model, now)) {
      warnings.push({ path, code: "ends_soon", message: describeEnding(model) });
    }
    const misfit = refuseEffort(id, model);
    if (misfit !== null) {
      errors.push({ path, code: "effort", message: misfit });
      return [];
    }
    return [{ ...model, id, name: nameContestant(model.name, parseContestant(id)) }];
  });
  return { errors, warnings, models };
}

/** Returns true if a model ends within 60 days. */
export function endsSoon({ retires_at }: CatalogueModel, now: Date): boolean {
  const last = new Date(now.getTime() + NOTICE_DAYS * 86_400_000).toISOString().slice(0, 10);
  return retires_at !== null && retires_at <= last;
}

function describeEnding({ name, retires_at, successor }: CatalogueModel): string {
  const next = successor === null ? "" : ` ${successor.name} follows it.`;
  return `${name} ends on ${retires_at}.${next}`;
}

/** Returns the code and the reason of a refusal; null if the model can be ordered. */
function refuse(
  model: CatalogueModel,
  isConfigured: (provider: string) => boolean,
): readonly [code: string, reason: string] | null {
  const { name, base_url_key, retires_at } = model;
  switch (model.hindrance) {
    case "inactive":
      return ["inactive", `${name} is not offered.`];
    case "no_vision":
      return ["no_vision", `${name} cannot see images.`];
    case "unlisted":
      return ["unlisted", `${name} is no longer in the list of models of ${base_url_key}.`];
    case "ending":
      return ["ending", `${name} ends on ${retires_at}, before the report can be done.`];
    case "no_key":
    case null:
      // The environment of the functions now counts, not the one when models-sync last ran.
      return isConfigured(base_url_key)
        ? null
        : ["no_key", `${name} cannot be called here: ${base_url_key} has no key.`];
  }
}
