import {
  checkConfiguration,
  type CheckDeps,
  MOST_ERRORS,
  placed,
  readConfiguration,
  refuse,
} from "../_shared/benchmark/order/check_configuration.ts";
import type { CheckoutRequest, Configuration } from "../_shared/benchmark/configuration.ts";
import type { DraftStore } from "../_shared/benchmark/order/draft_store.ts";
import {
  fitImages,
  type ImageFitter,
  predictSizes,
} from "../_shared/benchmark/order/fit_images.ts";
import {
  type Estimate,
  type Plan,
  planBenchmark,
} from "../_shared/benchmark/order/plan_benchmark.ts";
import { findCustomer } from "../_shared/billing/find_customer.ts";
import type { Offer, OpenedReport, ReportStore } from "../_shared/billing/store.ts";
import type { PaymentGateway, PaymentSession, Price } from "../_shared/billing/stripe.ts";
import type { Member } from "../_shared/platform/http/authenticate_member.ts";
import type { FieldError } from "../_shared/platform/http/field_error.ts";
import type { RequestContext } from "../_shared/platform/http/pipeline.ts";
import { idempotencyConflict, Problem, rateLimited } from "../_shared/platform/http/problem.ts";
import { hashJson, uuidOfJson } from "../_shared/platform/json/hash_json.ts";
import type { JsonObject } from "../_shared/platform/json/json_value.ts";
import { writeJson } from "../_shared/platform/json/lossless_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { count } from "../_shared/report/format_figures.ts";

/** Dependencies of {@link openOrder}. */
export interface OrderDeps extends CheckDeps {
  readonly drafts: DraftStore;
  readonly now: () => Date;
  readonly fitter: ImageFitter;
  readonly reports: ReportStore;
  readonly payments: Omit<PaymentGateway, "refundPayment">;
  /** Price of one report where the table `prices` has none. */
  readonly price: Price;
  /** Site that the customer returns to after paying, without a trailing slash. */
  readonly siteUrl: string;
}

/** An order that awaits its payment. */
export interface Order {
  readonly report_id: string;
  /** Page on which it is paid; the live report if a credit has paid for it. */
  readonly checkout_url: string;
  readonly estimate: Estimate;
  /** Notices to read before paying. They have the shape of errors and need no change. */
  readonly warnings: readonly FieldError[];
  /** Credits that the account has left. Present only if one of them paid for this order. */
  readonly credits_left?: number;
}

/**
 * Checks a customer's order, and opens it together with the page to pay for it.
 *
 * If the account has a credit, `open_report` pays with it and starts the report in the same
 * transaction, and Stripe is not asked.
 *
 * There are six writes. After a crash between any two, the next call with the same draft
 * continues:
 * 1. Copies of images, with `fit_images`. They are named by a hash of source and target, so a
 *    repetition finds the copies that were made.
 * 2. `keepDraft`, for whole configurations only. The draft's id is a hash of owner and content, so
 *    a repetition finds the draft.
 * 3. `open_report`, one transaction: creates the report as `draft`, closes orders that it replaces
 *    and binds the Idempotency-Key. A repetition finds the open report by draft, config hash and price.
 * 4. The account's customer at Stripe, for its first order, see {@link findCustomer}.
 * 5. Stripe's session. Its idempotency key is the report's, so a repetition gets the same session.
 *    A session that was made and not recorded is unreachable and expires by itself.
 * 6. `await_payment`, one transaction: records the session. A payment that arrives first is applied
 *    all the same, since Stripe's event carries the report's id.
 *
 * @throws {Problem} that names the wrong fields, the cost, or the service that cannot be reached.
 */
export async function openOrder(
  deps: OrderDeps,
  { member, body, idempotencyKey }: {
    readonly member: Member;
    readonly body: CheckoutRequest;
    /** Value of the header `Idempotency-Key`. */
    readonly idempotencyKey: string | null;
  },
  { log, note }: Pick<RequestContext<Member>, "log" | "note">,
): Promise<Order> {
  const checked = await checkOrder(deps, body, member);
  const { configuration, models, images, misfits, warnings, offer } = checked;
  const fitted = await fitImages(deps.fitter, configuration.images, images, misfits);
  refuse(fitted.errors.map(placed));
  const plan = planOrder(checked, fitted);

  const draftId = "draft_id" in body
    ? body.draft_id
    : await keepDraft(deps.drafts, configuration, member);
  const opened = await deps.reports.openReport({
    ownerId: member.accountId,
    orderedBy: member.userId,
    draftId,
    config: plan.snapshot,
    configHash: hashJson({ ...plan.snapshot, schema_text: writeJson(plan.snapshot.json_schema) }),
    estimateUsd: plan.estimate.total_usd,
    price: offer,
    useCredit: body.use_credit,
    livemode: deps.payments.isLive,
    idempotencyKey,
    // The draft's content is part of the request: a key must not return the order of an older
    // content.
    requestHash: await hashJson({
      draft_id: draftId,
      ...body.fit_images ? { fit_images: true } : {},
      ...body.price_id === undefined ? {} : { price_id: body.price_id },
      ...body.use_credit ? {} : { use_credit: false },
      ...toJson(configuration),
    }),
  });
  if (opened === "conflict") throw idempotencyConflict();
  const about = { report_id: opened.reportId };
  note(about);
  const orderLog = log.with(about);
  const { credit } = opened;
  if (credit === null) refuseUnlessOpen(opened);

  const [session] = await Promise.all([
    opened.session ??
      (credit === null ? openSession(deps, opened.reportId, plan, offer, member) : null),
    closeReplaced(deps.payments, opened, orderLog),
  ]);
  orderLog.info(opened.isNew ? "order opened" : "order found open", {
    draft_id: draftId,
    session_id: session?.id ?? null,
    is_paid_by_credit: credit !== null,
    predicted_usd: plan.estimate.total_usd,
    runs_per_model: plan.estimate.runs_per_model,
    requested_runs_per_model: plan.estimate.requested_runs_per_model,
    models: models.length,
    images: images.length,
    fitted_images: misfits.length,
  });
  return {
    report_id: opened.reportId,
    checkout_url: credit === null && session !== null
      ? session.url
      : `${deps.siteUrl}/report/${credit?.shareToken}`,
    estimate: plan.estimate,
    warnings: [...fitted.notes.map(placed), ...warnings].slice(0, MOST_ERRORS),
    ...credit === null ? {} : { credits_left: credit.left },
  };
}

/** Predicted cost of an order, and notices to read before paying. */
export interface OrderEstimate extends Pick<Order, "estimate" | "warnings"> {
  /** Reports that the account may order without paying. */
  readonly credits: number;
}

/**
 * Checks a customer's order as {@link openOrder} does, and predicts its price, cost, calls and time.
 * Stores nothing, makes no copies of images and does not ask Stripe.
 *
 * @throws {Problem} as `openOrder`; `request.rate_limited`.
 */
export async function estimateOrder(
  deps: OrderDeps,
  { member, body }: { readonly member: Member; readonly body: CheckoutRequest },
): Promise<OrderEstimate> {
  const wait = await deps.reports.takeEstimate(member.accountId);
  if (wait !== null) throw rateLimited(wait);
  const checked = await checkOrder(deps, body, member);
  const { configuration: { images }, misfits, warnings, credits } = checked;
  const { estimate } = planOrder(checked, {
    images,
    sizes: predictSizes(checked.images, misfits),
  });
  return { estimate, credits, warnings: warnings.slice(0, MOST_ERRORS) };
}

async function checkOrder(deps: OrderDeps, body: CheckoutRequest, member: Member) {
  const configuration = await readConfiguration(deps.drafts, body, member);
  const now = deps.now();
  const [checked, limits, { offer, credits }] = await Promise.all([
    checkConfiguration(deps, configuration, { member, now, mayFitImages: body.fit_images }),
    deps.reports.readLimits(),
    deps.reports.readOffer(member.accountId, body.price_id),
  ]);
  if (offer === null && body.price_id !== undefined) {
    refuse([{ path: "price_id", code: "not_found", message: "There is no such price." }]);
  }
  const usual: Offer = { ...deps.price, name: "Vision model benchmark", reports: 1 };
  return { configuration, now, limits, offer: offer ?? usual, credits, ...checked };
}

function planOrder(
  { configuration, models, schema, limits, offer, now }: Awaited<ReturnType<typeof checkOrder>>,
  { images, sizes }: Pick<Awaited<ReturnType<typeof fitImages>>, "images" | "sizes">,
): Plan {
  const { regimes } = schema;
  return planBenchmark({ ...configuration, images }, models, sizes, {
    price: offer,
    limits,
    regimes,
    now,
  });
}

/** Stores a configuration as a draft, so that the customer can find and change what was ordered. */
async function keepDraft(
  drafts: DraftStore,
  configuration: Configuration,
  { accountId }: Member,
): Promise<string> {
  const id = await uuidOfJson({ owner: accountId, ...toJson(configuration) });
  if (await drafts.keepDraft(id, accountId, configuration)) return id;
  throw new Problem("resource.conflict", "Save the configuration as a draft and send its id.");
}

/** Opens the page on which an order is paid, and records it. */
async function openSession(
  deps: OrderDeps,
  reportId: string,
  plan: Plan,
  offer: Offer,
  member: Member,
): Promise<PaymentSession> {
  const { models, images, runs_per_model, looks } = plan.snapshot;
  const query = `report_id=${reportId}`;
  const order = {
    reportId,
    ownerId: member.accountId,
    price: { amount: offer.amount, currency: offer.currency },
    product: offer.name,
    description: `${count(models.length, "model")}, ${count(images.length, "image")}, ` +
      `${looks.length > 0 ? "up to " : ""}${count(runs_per_model, "run")} each`,
    successUrl: `${deps.siteUrl}/checkout/success?${query}&session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${deps.siteUrl}/checkout/cancelled?${query}`,
  };
  const customerId = await findCustomer(deps, member);
  let session = await deps.payments.createSession({ ...order, customerId });
  if (session === "unknown_customer") {
    // It was deleted at Stripe, or the key is now of another account of Stripe.
    const replacement = await findCustomer(deps, member, customerId);
    session = await deps.payments.createSession({ ...order, customerId: replacement });
  }
  if (session === "unknown_customer") throw new Error("Stripe does not know its new customer");
  await deps.reports.awaitPayment(reportId, session);
  return session;
}

/** Refuses an order that was found by its Idempotency-Key and is no longer open. */
function refuseUnlessOpen({ reportId, status }: OpenedReport): void {
  const members = { report_id: reportId, status };
  switch (status) {
    case "draft":
    case "awaiting_payment":
      return;
    case "paid":
    case "running":
    case "complete":
      throw new Problem("checkout.already_paid", "This order has been paid.", { members });
    default:
      throw new Problem(
        "resource.conflict",
        `This order is ${status}. Send a new Idempotency-Key to order again.`,
        { members },
      );
  }
}

/**
 * Closes the pay pages of orders that this one replaces. A page that cannot be closed expires by
 * itself. If it is paid before that, the payment counts, so a failure here costs nobody anything.
 */
async function closeReplaced(
  payments: OrderDeps["payments"],
  opened: OpenedReport,
  log: Logger,
): Promise<void> {
  await Promise.all(opened.superseded.map(async ({ reportId, sessionId }) => {
    const fields = { replaced_report_id: reportId, session_id: sessionId };
    try {
      const closed = await payments.expireSession(sessionId);
      log.info(
        closed
          ? "pay page of a replaced order closed"
          : "pay page of a replaced order was not open",
        fields,
      );
    } catch (error) {
      log.warn(
        "pay page of a replaced order not closed: it expires by itself",
        { ...fields, error },
      );
    }
  }));
}

/** Returns what identifies a configuration. The order of the schema's keys does, too. */
function toJson({ name, ...rest }: Configuration): JsonObject {
  return {
    ...name === undefined ? {} : { name },
    ...rest,
    schema_text: writeJson(rest.json_schema),
  };
}
