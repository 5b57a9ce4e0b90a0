import type { Member } from "../../platform/http/authenticate_member.ts";
import { parseContestant } from "../../models/contestant.ts";
import { dataPolicyOf } from "../../models/data_policy.ts";
import { IMAGE_HEADER_BYTES } from "../../models/image.ts";
import { type FieldError, fieldErrorsOf } from "../../platform/http/field_error.ts";
import { invalid, notFound } from "../../platform/http/problem.ts";
import {
  type CheckoutRequest,
  type Configuration,
  configurationFromDraft,
  configurationSchema,
  draftRowSchema,
} from "../configuration.ts";
import { checkImageOwner, checkSameImages, checkStoredImages } from "./check_images.ts";
import { checkModels } from "./check_models.ts";
import type { DraftStore } from "./draft_store.ts";
import { findMisfits, offerCopy } from "./fit_images.ts";
import type { ImageStore } from "./image_store.ts";
import type { CatalogueModel, ModelCatalogue } from "./model_catalogue.ts";
import { planSchema } from "./plan_schema.ts";
import { validateExpected } from "./validate_expected.ts";

/** Sources that a configuration is checked against. */
export interface CheckDeps {
  readonly models: ModelCatalogue;
  readonly endpoints: ModelEndpoints;
  readonly images: ImageStore;
  readonly maxImageBytes: number;
}

/** Endpoints that models are called at. */
export interface ModelEndpoints {
  /** Returns true if the provider (`base_url_key`) has an address, and a key if it needs one. */
  isConfigured(provider: string): boolean;
  /**
   * Reads the providers' lists of models that are older than an hour, and updates the catalogue.
   * Returns true if there were any. A list that cannot be read changes nothing.
   */
  refreshLists(providers: readonly string[]): Promise<boolean>;
}

/** Largest number of errors or warnings in one answer. */
export const MOST_ERRORS = 100;

/**
 * Returns the configuration that a request orders: its own, or that of a draft, which may be
 * unfinished.
 *
 * @throws {Problem} `resource.not_found` if there is no such draft, `request.invalid` naming each
 * field.
 */
export async function readConfiguration(
  drafts: Pick<DraftStore, "findDraft">,
  body: CheckoutRequest,
  { accountId }: Member,
): Promise<Configuration> {
  if (!("draft_id" in body)) return body.configuration;
  const found = await drafts.findDraft(body.draft_id, accountId);
  if (found === null) throw notFound("The draft");
  const row = draftRowSchema.safeParse(found);
  if (!row.success) {
    throw invalid(
      fieldErrorsOf(row.error).map((error) =>
        placed({ ...error, path: error.path.replace(/^upload_data\./, "") })
      ),
    );
  }
  const parsed = configurationSchema.safeParse(configurationFromDraft(row.data));
  if (!parsed.success) throw invalid(fieldErrorsOf(parsed.error).map(placed));
  return parsed.data;
}

/**
 * Checks everything that the schema of the request cannot, and reports all errors at once.
 *
 * @returns The models in the chosen order, the images with those to replace by copies (`misfits`),
 * how the schema is enforced, and warnings.
 * @throws {Problem} `request.invalid` naming each field, with `can_fit_images: true` if copies of
 * the images would settle it; `storage.unavailable`, `database.unavailable`.
 */
export async function checkConfiguration(
  deps: CheckDeps,
  configuration: Configuration,
  { member, now, mayFitImages }: {
    readonly member: Member;
    readonly now: Date;
    readonly mayFitImages: boolean;
  },
) {
  const { images, model_ids, json_schema } = configuration;
  // Before Storage is read: its answers would show whether another customer's image exists.
  refuse([
    ...checkText(configuration, "configuration"),
    ...checkImageOwner(images, member.accountId).map(placed),
  ]);

  const [foundModels, stored] = await Promise.all([
    findModels(deps, [...new Set(model_ids.map((id) => parseContestant(id).modelId))]),
    deps.images.inspectImages(images.map(({ path }) => path), {
      headerBytes: IMAGE_HEADER_BYTES,
      maxBytes: deps.maxImageBytes,
    }),
  ]);
  const { isConfigured } = deps.endpoints;
  const hasDataPolicy = dataPolicyOf(configuration) !== undefined;
  const models = checkModels(model_ids, foundModels, { isConfigured, now, hasDataPolicy });
  const checked = checkStoredImages(images, stored, deps.maxImageBytes);
  const misfits = findMisfits(checked.images, models.models);
  const refused = mayFitImages ? misfits.filter(({ target }) => target === null) : misfits;
  const otherErrors = [
    ...models.errors,
    ...checked.errors,
    ...validateExpected(json_schema, images),
  ];
  const canFitImages = otherErrors.length === 0 && refused.every(({ target }) => target !== null);
  refuse(
    [...otherErrors, ...refused.map(offerCopy)].map(placed),
    canFitImages ? { can_fit_images: true } : {},
  );
  // Last, because it may have to read images whole.
  refuse((await checkSameImages(images, stored, deps.images)).map(placed));
  const schema = planSchema(configuration, models.models);
  return {
    models: models.models,
    images: checked.images,
    misfits,
    schema,
    warnings: [...models.warnings, ...schema.warnings].map(placed),
  };
}

/**
 * Finds models in the catalogue, after it was updated from the providers' lists if those are old.
 */
async function findModels(
  { models, endpoints }: CheckDeps,
  ids: readonly string[],
): Promise<readonly CatalogueModel[]> {
  const found = await models.findModels(ids);
  const providers = new Set(found.map(({ base_url_key }) => base_url_key));
  const changed = await endpoints.refreshLists([...providers].filter(endpoints.isConfigured));
  return changed ? await models.findModels(ids) : found;
}

/**
 * Refuses a request that has errors.
 *
 * @throws {Problem} `request.invalid` with at most 100 of them.
 */
export function refuse(
  errors: readonly FieldError[],
  members: Readonly<Record<string, unknown>> = {},
): void {
  if (errors.length > 0) throw invalid(errors.slice(0, MOST_ERRORS), undefined, members);
}

/**
 * Returns an error with its path in the request. A draft's path is that of a whole configuration.
 */
export function placed(error: FieldError): FieldError {
  const path = error.path === "" ? "configuration" : `configuration.${error.path}`;
  return { ...error, path };
}

/**
 * Finds text that Postgres cannot store although JSON can write it: the character U+0000, and
 * halves of surrogate pairs.
 *
 * @param path of `value` in the request.
 */
export function checkText(value: unknown, path: string): FieldError[] {
  if (typeof value === "string") {
    return isStorable(value) ? [] : [{
      path,
      code: "unstorable_text",
      message: "The text holds U+0000 or half of a surrogate pair.",
    }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    isStorable(key) ? checkText(member, `${path}.${key}`) : checkText(key, path)
  );
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
