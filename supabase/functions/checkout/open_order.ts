import {
  type CheckoutRequest,
  type Configuration,
  configurationFromDraft,
  configurationSchema,
  draftRowSchema,
} from "../_shared/benchmark/config.ts";
import {
  findMisfits,
  type Misfit,
  offerCopy,
} from "../_shared/benchmark/order/check_image_limits.ts";
import { checkImageOwner, checkStoredImages } from "../_shared/benchmark/order/check_images.ts";
import { checkModels } from "../_shared/benchmark/order/check_models.ts";
import { checkSameImages } from "../_shared/benchmark/order/check_same_images.ts";
import { checkText } from "../_shared/benchmark/order/check_text.ts";
import type { DraftStore } from "../_shared/benchmark/order/draft_store.ts";
import { fitImages } from "../_shared/benchmark/order/fit_images.ts";
import type { CheckedImage, ImageFitter } from "../_shared/benchmark/order/fitted_copy.ts";
import type { ImageStore } from "../_shared/benchmark/order/image_store.ts";
import type { CatalogueModel, ModelCatalogue } from "../_shared/benchmark/order/model_catalogue.ts";
import {
  type Estimate,
  type Plan,
  planBenchmark,
} from "../_shared/benchmark/order/plan_benchmark.ts";
import { planSchema, type SchemaPlan } from "../_shared/benchmark/order/plan_schema.ts";
import { validateExpected } from "../_shared/benchmark/order/validate_expected.ts";
import type { PaymentGateway, PaymentSession } from "../_shared/billing/payment_gateway.ts";
import type { OpenedReport, ReportStore } from "../_shared/billing/store.ts";
import type { ModelEndpoints } from "../_shared/models/catalogue/model_sync.ts";
import { parseContestant } from "../_shared/models/contestant.ts";
import { IMAGE_HEADER_BYTES } from "../_shared/models/image.ts";
import type { User } from "../_shared/platform/http/authenticate_user.ts";
import { type FieldError, fieldErrorsOf } from "../_shared/platform/http/field_error.ts";
import type { RequestContext } from "../_shared/platform/http/pipeline.ts";
import {
  idempotencyConflict,
  invalid,
  notFound,
  Problem,
} from "../_shared/platform/http/problem.ts";
import { hashJson, uuidOfJson } from "../_shared/platform/json/hash_json.ts";
import type { JsonObject } from "../_shared/platform/json/json_value.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What an order is opened with. */
export interface OrderDeps {
  readonly drafts: DraftStore;
  readonly models: ModelCatalogue;
  readonly endpoints: ModelEndpoints;
  readonly now: () => Date;
  readonly images: ImageStore;
  readonly fitter: ImageFitter;
  readonly reports: ReportStore;
  readonly payments: PaymentGateway;
  readonly priceCents: number;
  readonly maxImageBytes: number;
  /** Where the customer returns to after paying, without a trailing slash. */
  readonly siteUrl: string;
}

/** Who orders what. */
export interface OrderRequest {
  readonly user: User;
  readonly body: CheckoutRequest;
  /** Of the header `Idempotency-Key`. */
  readonly idempotencyKey: string | null;
}

/** An order that waits for its payment. */
export interface Order {
  readonly report_id: string;
  readonly checkout_url: string;
  readonly estimate: Estimate;
  /** Facts to know before paying, which need no change. They have the shape of errors. */
  readonly warnings: readonly FieldError[];
}

const MOST_ERRORS = 100;

/**
 * Checks what a customer wants to order, and opens the order and the page to pay it on.
 *
 * There are five writes, and a crash after any of them leaves nothing that the next call with the
 * same draft does not take up:
 * 1. Copies of images, with `fit_images`: named by a hash of source and target, so a repetition finds
 *    those that it made.
 * 2. `keepDraft` (whole configurations only): its id is a hash of owner and content, so a
 *    repetition finds the draft it made.
 * 3. `open_report`, one transaction: makes the report as `draft`, closes orders that it replaces
 *    and binds the Idempotency-Key; a repetition finds the open report by draft and config hash.
 * 4. Stripe's session: its idempotency key is the report's, so a repetition is answered with the
 *    same session. One that was made and never noted down is unreachable and expires by itself.
 * 5. `await_payment`, one transaction: notes the session. A payment that overtakes it is applied
 *    all the same, since the notification carries the report's id.
 *
 * @throws {Problem} saying which fields are wrong, what it would cost, or what cannot be reached.
 */
export async function openOrder(
  deps: OrderDeps,
  request: OrderRequest,
  { log, note }: Pick<RequestContext<User>, "log" | "note">,
): Promise<Order> {
  const { user, body, idempotencyKey } = request;
  const configuration = "draft_id" in body
    ? await readDraft(deps.drafts, body.draft_id, user)
    : body.configuration;
  const now = deps.now();
  const [{ models, images, misfits, schema, warnings }, ceilings] = await Promise.all([
    checkConfiguration(deps, configuration, { user, now, mayFitImages: body.fit_images }),
    deps.reports.readCeilings(),
  ]);
  const { priceCents } = deps;
  const fitted = await fitImages(deps.fitter, configuration.images, images, misfits);
  refuse(fitted.errors.map(placed));
  const final = { ...configuration, images: fitted.images };
  const plan = planBenchmark(final, models, fitted.sizes, {
    priceCents,
    ceilings,
    regimes: schema.regimes,
    now,
  });

  const draftId = "draft_id" in body
    ? body.draft_id
    : await keepDraft(deps.drafts, configuration, user);
  const opened = await deps.reports.openReport({
    ownerId: user.id,
    draftId,
    config: plan.snapshot,
    configHash: await hashJson({ ...plan.snapshot }),
    estimateUsd: plan.estimate.total_usd,
    idempotencyKey,
    // What the draft holds is part of the request: a key must not bring back an order of what was
    // changed since.
    requestHash: await hashJson({
      draft_id: draftId,
      ...body.fit_images ? { fit_images: true } : {},
      ...toJson(configuration),
    }),
  });
  if (opened === "conflict") throw idempotencyConflict();
  const about = { report_id: opened.reportId };
  note(about);
  const orderLog = log.with(about);
  refuseUnlessOpen(opened);

  const [session] = await Promise.all([
    opened.session ?? openSession(deps, opened.reportId, plan, user),
    closeReplaced(deps.payments, opened, orderLog),
  ]);
  orderLog.info(opened.isNew ? "order opened" : "order found open", {
    draft_id: draftId,
    session_id: session.id,
    predicted_usd: plan.estimate.total_usd,
    runs_per_model: plan.estimate.runs_per_model,
    requested_runs_per_model: plan.estimate.requested_runs_per_model,
    models: models.length,
    images: images.length,
    fitted_images: misfits.length,
  });
  return {
    report_id: opened.reportId,
    checkout_url: session.url,
    estimate: plan.estimate,
    warnings: [...fitted.notes.map(placed), ...warnings].slice(0, MOST_ERRORS),
  };
}

/** The configuration that a draft holds, which may be unfinished. */
async function readDraft(
  drafts: DraftStore,
  draftId: string,
  user: User,
): Promise<Configuration> {
  const found = await drafts.findDraft(draftId, user.id);
  if (found === null) throw notFound("The draft");
  const row = draftRowSchema.safeParse(found);
  if (!row.success) {
    throw invalid(
      fieldErrorsOf(row.error).map((error) => ({
        ...error,
        path: inConfiguration(error.path.replace(/^upload_data\./, "")),
      })),
    );
  }
  const parsed = configurationSchema.safeParse(
    configurationFromDraft(row.data),
  );
  if (!parsed.success) throw invalid(fieldErrorsOf(parsed.error).map(placed));
  return parsed.data;
}

/** Checks all that the schema alone cannot, and reports all of it at once. */
async function checkConfiguration(
  deps: OrderDeps,
  configuration: Configuration,
  { user, now, mayFitImages }: {
    readonly user: User;
    readonly now: Date;
    readonly mayFitImages: boolean;
  },
): Promise<
  {
    readonly models: readonly CatalogueModel[];
    readonly warnings: readonly FieldError[];
    readonly images: readonly (CheckedImage | null)[];
    /** Images to replace by copies. */
    readonly misfits: readonly Misfit[];
    readonly schema: SchemaPlan;
  }
> {
  const { images, model_ids, json_schema } = configuration;
  // Before any look into Storage, which would tell whether another's image exists.
  const early = [
    ...checkText(configuration, "configuration"),
    ...checkImageOwner(images, user.id).map(placed),
  ];
  refuse(early);

  const [foundModels, stored] = await Promise.all([
    findModels(deps, [...new Set(model_ids.map((id) => parseContestant(id).modelId))]),
    deps.images.inspectImages(images.map(({ path }) => path), {
      headerBytes: IMAGE_HEADER_BYTES,
      maxBytes: deps.maxImageBytes,
    }),
  ]);
  const { isConfigured } = deps.endpoints;
  const models = checkModels(model_ids, foundModels, { isConfigured, now });
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

/** Looks models up, after their providers' lists were read where they are old. */
async function findModels(
  { models, endpoints }: OrderDeps,
  ids: readonly string[],
): Promise<readonly CatalogueModel[]> {
  const found = await models.findModels(ids);
  const providers = new Set(found.map(({ base_url_key }) => base_url_key));
  const changed = await endpoints.refreshLists([...providers].filter(endpoints.isConfigured));
  return changed ? await models.findModels(ids) : found;
}

function refuse(
  errors: readonly FieldError[],
  members: Readonly<Record<string, unknown>> = {},
): void {
  if (errors.length > 0) throw invalid(errors.slice(0, MOST_ERRORS), undefined, members);
}

/** Paths are those of the request, and for a draft those it would have if it were sent whole. */
function placed(error: FieldError): FieldError {
  return { ...error, path: inConfiguration(error.path) };
}

function inConfiguration(path: string): string {
  return path === "" ? "configuration" : `configuration.${path}`;
}

/** Every order has a draft, so that the customer finds what was ordered and can change it. */
async function keepDraft(
  drafts: DraftStore,
  configuration: Configuration,
  user: User,
): Promise<string> {
  const id = await uuidOfJson({ owner: user.id, ...toJson(configuration) });
  if (await drafts.keepDraft(id, user.id, configuration)) return id;
  throw new Problem(
    "resource.conflict",
    "Save the configuration as a draft and send its id.",
  );
}

async function openSession(
  deps: OrderDeps,
  reportId: string,
  plan: Plan,
  user: User,
): Promise<PaymentSession> {
  const { models, images, runs_per_model, looks } = plan.snapshot;
  const query = `report_id=${reportId}`;
  const session = await deps.payments.createSession({
    reportId,
    ownerId: user.id,
    email: user.email,
    priceCents: deps.priceCents,
    description: `${count(models.length, "model")}, ${count(images.length, "image")}, ` +
      `${looks.length > 0 ? "up to " : ""}${count(runs_per_model, "run")} each`,
    successUrl: `${deps.siteUrl}/checkout/success?${query}&session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${deps.siteUrl}/checkout/cancelled?${query}`,
  });
  await deps.reports.awaitPayment(reportId, session);
  return session;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** An order found by its Idempotency-Key may have gone on since. */
function refuseUnlessOpen({ reportId, status }: OpenedReport): void {
  const members = { report_id: reportId, status };
  switch (status) {
    case "draft":
    case "awaiting_payment":
      return;
    case "paid":
    case "running":
    case "complete":
      throw new Problem("checkout.already_paid", "This order has been paid.", {
        members,
      });
    default:
      throw new Problem(
        "resource.conflict",
        `This order is ${status}. Send a new Idempotency-Key to order again.`,
        { members },
      );
  }
}

/**
 * Closes the pages of orders that this one replaces. What cannot be closed expires by itself; if it
 * is paid before that, the payment counts, so a failure here costs nobody anything.
 */
async function closeReplaced(
  payments: PaymentGateway,
  opened: OpenedReport,
  log: Logger,
): Promise<void> {
  await Promise.all(opened.superseded.map(async ({ reportId, sessionId }) => {
    const fields = { replaced_report_id: reportId, session_id: sessionId };
    try {
      const closed = await payments.expireSession(sessionId);
      log.info(
        closed ? "replaced session closed" : "replaced session was no longer open",
        fields,
      );
    } catch (error) {
      log.warn("replaced session not closed", { ...fields, error });
    }
  }));
}

function toJson({ name, ...rest }: Configuration): JsonObject {
  return name === undefined ? rest : { name, ...rest };
}
