// @ts-types="@types/qs"
import qs from "qs";
import { z } from "zod";
import { invalidRequest } from "./errors.ts";

const integer = z.string().regex(/^-?\d+$/).transform(Number);

/** Metadata within Stripe's limits: 50 keys of 40 characters, values of 500. */
const metadata = z.record(z.string().max(40), z.string().max(500))
  .refine((entries) => Object.keys(entries).length <= 50, "too many keys");

const lineItem = z.strictObject({
  quantity: integer.pipe(z.int().positive()).default(1),
  price_data: z.strictObject({
    currency: z.string().toLowerCase().length(3),
    unit_amount: integer.pipe(z.int().nonnegative()),
    product_data: z.strictObject({
      name: z.string().min(1),
      description: z.string().min(1).optional(),
      metadata: metadata.optional(),
    }),
  }),
});

const flag = z.enum(["true", "false"]).default("false").transform((text) => text === "true");

/** Parameters of `POST /v1/checkout/sessions` for a one-off payment on Stripe's own page. */
export const sessionParams = z.strictObject({
  mode: z.literal("payment"),
  success_url: z.url(),
  cancel_url: z.url().optional(),
  client_reference_id: z.string().max(200).optional(),
  customer: z.string().optional(),
  customer_email: z.email().optional(),
  expires_at: integer.optional(),
  /** Always off here. */
  adaptive_pricing: z.strictObject({ enabled: z.literal("false") }).optional(),
  /** Shown in the session's object. No tax is computed. */
  automatic_tax: z.strictObject({ enabled: flag }).default({ enabled: false }),
  allow_promotion_codes: flag,
  /** Ignored: the page asks for no address. */
  customer_update: z.strictObject({ address: z.enum(["auto", "never"]) }).optional(),
  /** Shown in the session's object. No invoice is written. */
  invoice_creation: z.strictObject({
    enabled: flag,
    invoice_data: z.strictObject({ metadata: metadata.optional() }).optional(),
  }).default({ enabled: false }),
  line_items: z.array(lineItem).min(1).max(100),
  locale: z.string().optional(),
  metadata: metadata.default({}),
  payment_intent_data: z.strictObject({
    description: z.string().optional(),
    metadata: metadata.default({}),
    receipt_email: z.email().optional(),
  }).default({ metadata: {} }),
  payment_method_types: z.array(z.string()).default(["card"]),
  submit_type: z.enum(["auto", "book", "donate", "pay"]).optional(),
  expand: z.array(z.string()).default([]),
});

/** Parameters of `POST /v1/customers`. */
export const customerParams = z.strictObject({
  name: z.string().max(256).optional(),
  email: z.email().optional(),
  description: z.string().optional(),
  metadata: metadata.default({}),
  expand: z.array(z.string()).default([]),
});

export type CustomerParams = z.infer<typeof customerParams>;

export type SessionParams = z.infer<typeof sessionParams>;

export const retrieveParams = z.strictObject({ expand: z.array(z.string()).default([]) });

/** Parameters of `GET /v1/events`; pages are cut by its caller. */
export const eventsParams = z.strictObject({
  types: z.array(z.string()).max(20).optional(),
  created: z.strictObject({ gte: integer }).default({ gte: 0 }),
  limit: z.string().optional(),
  starting_after: z.string().optional(),
});

export const refundParams = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  amount: integer.pipe(z.int().positive()).optional(),
  reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
  metadata: metadata.default({}),
  expand: z.array(z.string()).default([]),
});

/**
 * Parses a form-encoded body or query, with nested names such as `a[b][0]=c`.
 *
 * @throws {ApiError} 400 if it does not match `schema`.
 */
export function readForm<Output>(text: string, schema: z.ZodType<Output>): Output {
  const raw = qs.parse(text, { depth: 10, arrayLimit: 200, parameterLimit: 5000 });
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw result.error;
  const path = issue.code === "unrecognized_keys"
    ? [...issue.path, issue.keys[0] ?? ""]
    : issue.path;
  const [first = "", ...rest] = path.map(String);
  const param = first + rest.map((part) => `[${part}]`).join("");
  if (issue.code === "unrecognized_keys") {
    throw invalidRequest(`Received unknown parameter: ${param}`, param, "parameter_unknown");
  }
  const absent = issue.code === "invalid_type" && /received undefined/.test(issue.message);
  throw absent
    ? invalidRequest(`Missing required param: ${param}.`, param, "parameter_missing")
    : invalidRequest(`Invalid ${param}: ${issue.message}`, param);
}
