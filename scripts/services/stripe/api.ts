import { type Context, Hono } from "hono";
import type { Account } from "./account.ts";
import type { ApiFault } from "./control.ts";
import { ApiError, invalidRequest, missing } from "./errors.ts";
import {
  customerParams,
  eventsParams,
  readForm,
  refundParams,
  retrieveParams,
  sessionParams,
} from "./forms.ts";
import { newId } from "./ids.ts";
import { checkKey } from "./ledger.ts";

export interface ApiOptions {
  readonly account: Account;
  /** Returns the origin of the payment page. */
  readonly pageOrigin: () => string;
  readonly secretKey: string | undefined;
  /** Faults of the next requests, in order. */
  readonly faults: ApiFault[];
}

/** Returns the part of Stripe's REST API that a one-off payment through Checkout needs, with its customer. */
export function createApi({ account, pageOrigin, secretKey, faults }: ApiOptions): Hono {
  const api = new Hono();
  const { ledger } = account;

  api.use("*", async (context, next) => {
    context.header("request-id", newId("req", 14));
    const version = context.req.header("stripe-version");
    if (version !== undefined) context.header("stripe-version", version);
    checkKey(context.req.header("authorization"), secretKey);
    const fault = faults.shift();
    if (fault !== undefined) {
      if (fault.retryAfterSeconds !== undefined) {
        context.header("retry-after", String(fault.retryAfterSeconds));
      }
      if (fault.status === 429) {
        const message = "Too many requests hit the API too quickly.";
        throw new ApiError(429, "invalid_request_error", message, { code: "rate_limit" });
      }
      const type = fault.status < 500 ? "invalid_request_error" : "api_error";
      throw new ApiError(fault.status, type, "Something went wrong.");
    }
    await next();
  });

  api.post("/customers", (context) =>
    change(context, account, (form) => {
      const params = readForm(form, customerParams);
      return expanded(account, ledger.createCustomer(params), params.expand);
    }));
  api.get("/customers/:id", (context) => context.json(ledger.customer(context.req.param("id"))));
  api.delete(
    "/customers/:id",
    (context) => change(context, account, () => ledger.deleteCustomer(context.req.param("id"))),
  );

  api.post("/checkout/sessions", (context) =>
    change(context, account, (form) => {
      const params = readForm(form, sessionParams);
      const session = ledger.createSession(params, pageOrigin());
      return expanded(account, session, params.expand);
    }));
  api.get("/checkout/sessions/:id", (context) => {
    const { session } = ledger.session(context.req.param("id"));
    return context.json(expanded(account, session, expandOf(context)));
  });
  api.post("/checkout/sessions/:id/expire", (context) =>
    change(context, account, (form) => {
      const { expand } = readForm(form, retrieveParams);
      return expanded(account, ledger.expireSession(context.req.param("id")), expand);
    }));

  api.get("/payment_intents/:id", (context) => {
    const intent = ledger.intent(context.req.param("id"));
    return context.json(expanded(account, intent, expandOf(context)));
  });

  api.post("/refunds", (context) =>
    change(context, account, (form) => {
      const { payment_intent, charge, amount, reason, metadata } = readForm(form, refundParams);
      const chargeId = charge ??
        (payment_intent === undefined ? undefined : ledger.chargeOf(payment_intent).id);
      if (chargeId === undefined) {
        throw invalidRequest(
          "One of the following params should be provided for this request: payment_intent or charge.",
        );
      }
      return ledger.createRefund({ chargeId, amount, reason, metadata });
    }));

  api.get("/events", (context) => {
    const { types, created } = readForm(new URL(context.req.url).search.slice(1), eventsParams);
    const wanted = ledger.state.events.filter((event) =>
      (types === undefined || types.includes(event.type)) && event.created >= created.gte
    );
    return context.json(list(context, wanted.toReversed()));
  });

  api.all("*", (context) => {
    const url = `${context.req.method}: ${context.req.path}`;
    throw new ApiError(404, "invalid_request_error", `Unrecognized request URL (${url}).`);
  });
  return api;
}

/** Runs a request once per `Idempotency-Key`. A refused one may be corrected and sent again. */
async function change(
  context: Context,
  account: Account,
  action: (form: string) => object,
): Promise<Response> {
  const form = await context.req.text();
  const key = context.req.header("idempotency-key");
  if (key === undefined) return context.json(account.change(() => action(form)).result);

  context.header("idempotency-key", key);
  const fingerprint = `${context.req.method} ${context.req.path} ${form}`;
  const before = account.findAnswer(key, fingerprint);
  if (before !== undefined) {
    context.header("idempotent-replayed", "true");
    context.header("original-request", before.requestId);
    return context.body(before.body, 200, { "content-type": "application/json" });
  }
  const { result: body } = account.change(() => {
    const text = JSON.stringify(action(form));
    const requestId = context.res.headers.get("request-id") ?? "";
    account.answers.set(key, { fingerprint, body: text, requestId });
    return text;
  });
  return context.body(body, 200, { "content-type": "application/json" });
}

function expandOf(context: Context): string[] {
  return readForm(new URL(context.req.url).search.slice(1), retrieveParams).expand;
}

/** Returns a copy in which the named ids are replaced by their objects. */
function expanded(
  account: Account,
  object: { object: string; id: string },
  expand: readonly string[],
): object {
  const { ledger } = account;
  const copy: Record<string, unknown> = { ...object };
  for (const field of expand) {
    const value = copy[field];
    if (field === "line_items" && object.object === "checkout.session") {
      copy[field] = page(
        ledger.session(object.id).lineItems,
        `/v1/checkout/sessions/${object.id}/line_items`,
      );
    } else if (field === "payment_intent" && typeof value === "string") {
      copy[field] = ledger.intent(value);
    } else if (field === "latest_charge" && typeof value === "string") {
      copy[field] = ledger.charge(value);
    } else if (value === undefined) {
      throw invalidRequest(`This property cannot be expanded (${field}).`);
    }
  }
  return copy;
}

/** Returns one page of a list, according to `limit` and `starting_after`. */
function list<Item extends { id: string }>(context: Context, items: readonly Item[]): object {
  const limit = Number(context.req.query("limit") ?? 10);
  const after = context.req.query("starting_after");
  const start = after === undefined ? 0 : items.findIndex((item) => item.id === after) + 1;
  if (after !== undefined && start === 0) throw missing("object", after);
  const data = items.slice(start, start + limit);
  return { ...page(data, context.req.path), has_more: start + limit < items.length };
}

function page(data: readonly object[], url: string): object {
  return { object: "list", data, has_more: false, url };
}
