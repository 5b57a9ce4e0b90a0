import assert from "node:assert/strict";
import type { Configuration } from "../_shared/benchmark/configuration.ts";
import { type ConfigSnapshot, configSnapshotSchema } from "../_shared/benchmark/snapshot.ts";
import type { FitTarget, Fitting } from "../_shared/benchmark/order/fit_images.ts";
import type { StoredImage } from "../_shared/benchmark/order/image_store.ts";
import type { CatalogueModel } from "../_shared/benchmark/order/model_catalogue.ts";
import type { NewCustomer, PaymentGateway, PaymentOrder } from "../_shared/billing/stripe.ts";
import type { ClaimedCustomer, NewReport, ReportStore } from "../_shared/billing/store.ts";
import { unavailable } from "../_shared/platform/http/problem.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { NO_TEAMS } from "../_shared/testing/account_access_fake.ts";
import { createHandler } from "./handler.ts";

const ADA = "0a8f5a0e-5c0b-4a39-8d1e-6a4f5f0c1d11";
const BOB = "7d2c9a3f-1b1e-4b0a-9a55-2f0e3d4c5b66";
const DRAFT_ID = "3f0c5ad2-9f7e-4c55-b7de-6f1a2b3c4d5e";

const PNG = Uint8Array.from([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...[
    0,
    0,
    0,
    13,
    0x49,
    0x48,
    0x44,
    0x52,
    0,
    0,
    2,
    0,
    0,
    0,
    3,
    0,
    8,
    2,
    0,
    0,
    0,
  ],
]);

function model(
  id: string,
  overrides: Partial<CatalogueModel> = {},
): CatalogueModel {
  return {
    id,
    name: `Model ${id}`,
    provider: "Acme",
    tier: "budget",
    base_url_key: "openrouter",
    input_price: 1e-6,
    output_price: 2e-6,
    cached_input_price: 1e-7,
    image_price: 0,
    context_length: 128_000,
    supports_structured_output: true,
    hindrance: null,
    retires_at: null,
    successor: null,
    reasoning: "none",
    reasoning_efforts: [],
    max_output_tokens: null,
    ...overrides,
  };
}

function configuration(overrides: Partial<Configuration> = {}): Configuration {
  return {
    prompt: "Read the receipt.",
    json_schema: {
      type: "object",
      properties: { total: { type: "number" } },
      required: ["total"],
      additionalProperties: false,
    },
    images: [
      { path: `${ADA}/a.png`, expected: { total: 1 } },
      { path: `${ADA}/b.png`, expected: { total: 2.5 } },
    ],
    model_ids: ["acme/small", "acme/large"],
    priorities: ["accuracy", "cost", "speed"],
    runs_per_model: 3,
    strategy: "full",
    minimum_accuracy: 50,
    data_collection: "allow",
    zdr: false,
    ...overrides,
  };
}

function draftRow(
  content: Configuration,
  overrides: Record<string, unknown> = {},
) {
  return {
    id: DRAFT_ID,
    owner_id: ADA,
    name: content.name ?? "",
    upload_data: { images: content.images },
    prompt: content.prompt,
    json_schema: content.json_schema,
    model_ids: content.model_ids,
    priorities: content.priorities,
    runs_per_model: content.runs_per_model,
    strategy: content.strategy,
    minimum_accuracy: content.minimum_accuracy,
    data_collection: content.data_collection,
    zdr: content.zdr,
    ...overrides,
  };
}

interface StoredReport {
  readonly id: string;
  readonly order: NewReport;
  status: string;
  session: { id: string; url: string } | null;
}

/** In-memory `open_report`, `claim_customer`, `keep_customer` and `await_payment`. */
function createReports() {
  const credits = { left: 0 };
  const reports: StoredReport[] = [];
  const customers = new Map<string, ClaimedCustomer>();
  const keys = new Map<string, { hash: string; report: StoredReport }>();
  const store: ReportStore = {
    readLimits: () => Promise.resolve({ soft: 7, hard: 15, callsPerModel: 3, callsAtOnce: 10 }),
    readOffer: (_owner, priceId) =>
      Promise.resolve({
        credits: credits.left,
        offer: priceId === "five"
          ? { name: "Five reports", reports: 5, amount: 7900, currency: "eur" }
          : null,
      }),
    takeEstimate: () => Promise.resolve(null),
    findCheckout: (sessionId) => {
      const report = reports.find(({ session }) => session?.id === sessionId);
      return Promise.resolve(
        report === undefined ? null : {
          report_id: report.id,
          status: report.status,
          share_token: report.status === "paid" ? "token" : null,
        },
      );
    },
    openReport: (order) => {
      const key = `${order.ownerId} ${order.idempotencyKey}`;
      const known = order.idempotencyKey === null ? undefined : keys.get(key);
      if (known !== undefined && known.hash !== order.requestHash) {
        return Promise.resolve("conflict");
      }
      const isOpen = ({ status }: StoredReport) => ["draft", "awaiting_payment"].includes(status);
      const ofDraft = reports.filter((report) =>
        isOpen(report) && report.order.draftId === order.draftId
      );
      const found = known?.report ??
        ofDraft.find((report) => report.order.configHash === order.configHash);
      const superseded = found === undefined ? ofDraft : [];
      for (const report of superseded) report.status = "expired";
      const report = found ??
        { id: crypto.randomUUID(), order, status: "draft", session: null };
      if (found === undefined) reports.push(report);
      if (order.useCredit && order.price.reports === 1 && credits.left > 0) {
        credits.left--;
        report.status = "paid";
      }
      if (order.idempotencyKey !== null) {
        keys.set(key, { hash: order.requestHash, report });
      }
      return Promise.resolve({
        reportId: report.id,
        status: report.status,
        isNew: found === undefined,
        session: report.session,
        credit: report.status === "paid" ? { shareToken: "token", left: credits.left } : null,
        superseded: superseded.flatMap(({ id, session }) =>
          session === null ? [] : [{ reportId: id, sessionId: session.id }]
        ),
      });
    },
    claimCustomer: (accountId, _livemode, email, lost) => {
      const customer = customers.get(accountId) ??
        { customerId: null, name: "Personal", email, attempt: 1 };
      const isLost = lost !== null && customer.customerId === lost;
      const claimed = isLost
        ? { ...customer, customerId: null, attempt: customer.attempt + 1 }
        : customer;
      customers.set(accountId, claimed);
      return Promise.resolve(claimed);
    },
    keepCustomer: (accountId, _livemode, attempt, customerId) => {
      const customer = customers.get(accountId);
      assert.ok(customer?.attempt === attempt);
      customers.set(accountId, { ...customer, customerId });
      return Promise.resolve(customerId);
    },
    awaitPayment: (reportId, session) => {
      const report = reports.find(({ id }) => id === reportId);
      assert.ok(report);
      assert.ok(report.session === null || report.session.id === session.id);
      report.session = session;
      if (report.status === "draft") report.status = "awaiting_payment";
      return Promise.resolve();
    },
  };
  return { reports, store, credits };
}

/** Fake of Stripe: the same order gets the same session. It forgets customers on demand. */
function createPayments() {
  const orders: PaymentOrder[] = [];
  const customers: NewCustomer[] = [];
  const lost = new Set<string>();
  const expired: string[] = [];
  const gateway: Omit<PaymentGateway, "refundPayment"> = {
    isLive: false,
    createCustomer: (customer) => {
      customers.push(customer);
      return Promise.resolve(`cus_${customers.length}`);
    },
    createSession: (order) => {
      if (lost.has(order.customerId)) return Promise.resolve("unknown_customer");
      orders.push(order);
      const id = `cs_test_${order.reportId}`;
      return Promise.resolve({ id, url: `https://pay.example/${id}` });
    },
    expireSession: (sessionId) => {
      expired.push(sessionId);
      return Promise.resolve(true);
    },
  };
  return { orders, customers, lost, expired, gateway };
}

function setUp(options: {
  readonly models?: readonly CatalogueModel[];
  readonly images?: Readonly<Record<string, StoredImage>>;
  /** Hashes of whole images by path. Default: a hash of its own for each image. */
  readonly hashes?: Readonly<Record<string, string>>;
  readonly draft?: unknown;
  /** Result of each requested copy. Default: a JPEG of 2,500 x 1,250 pixels. */
  readonly fit?: (target: FitTarget) => Fitting;
} = {}) {
  const lines: string[] = [];
  const { reports, store, credits } = createReports();
  const payments = createPayments();
  const images = options.images ?? {
    [`${ADA}/a.png`]: { bytes: 1_000, header: PNG },
    [`${ADA}/b.png`]: { bytes: 1_000, header: PNG },
  };
  const drafts = new Map<string, unknown>([
    [`${DRAFT_ID} ${ADA}`, options.draft ?? draftRow(configuration())],
  ]);
  const inspected: string[] = [];
  const refreshed: string[] = [];
  const hashed: string[] = [];
  const targets: FitTarget[] = [];
  const fit = options.fit ?? (({ source }: FitTarget) => ({
    copy: {
      path: `${source.path}.fitted.jpg`,
      format: "jpeg" as const,
      bytes: 2_000,
      size: { width: 2_500, height: 1_250 },
    },
  }));
  const deps = {
    accounts: NO_TEAMS,
    lookUpUser: (token: string) =>
      Promise.resolve(
        token === "ada"
          ? { id: ADA, email: "ada@example.com" }
          : token === "bob"
          ? { id: BOB, email: undefined }
          : null,
      ),
    drafts: {
      findDraft: (id: string, ownerId: string) =>
        Promise.resolve(drafts.get(`${id} ${ownerId}`) ?? null),
      keepDraft: (id: string, ownerId: string, content: Configuration) => {
        drafts.set(
          `${id} ${ownerId}`,
          draftRow(content, { id, owner_id: ownerId }),
        );
        return Promise.resolve(true);
      },
    },
    models: {
      findModels: (ids: readonly string[]) =>
        Promise.resolve(
          (options.models ?? [model("acme/large"), model("acme/small")])
            .filter(({ id }) => ids.includes(id)),
        ),
    },
    endpoints: {
      isConfigured: (provider: string) => provider !== "nobody",
      refreshLists: (providers: readonly string[]) => {
        refreshed.push(...providers);
        return Promise.resolve(false);
      },
    },
    now: () => new Date("2026-11-30T12:00:00Z"),
    images: {
      inspectImages: (paths: readonly string[]) => {
        inspected.push(...paths);
        return Promise.resolve(paths.map((path) => images[path] ?? null));
      },
      hashImage: (path: string) => {
        hashed.push(path);
        return Promise.resolve(options.hashes?.[path] ?? path);
      },
    },
    fitter: {
      fitImages: (wanted: readonly FitTarget[]) => {
        targets.push(...wanted);
        return Promise.resolve(wanted.map(fit));
      },
    },
    reports: store,
    payments: payments.gateway,
    price: { amount: 1900, currency: "usd" },
    maxImageBytes: 5_000,
    siteUrl: "https://modelpick.example",
    origins: ["https://modelpick.example"],
    log: createLogger({ name: "checkout", write: (line) => lines.push(line) }),
  };
  const checkout = async (
    body: unknown,
    init: {
      readonly as?: string;
      readonly headers?: Record<string, string>;
      readonly deps?: Partial<typeof deps>;
      readonly path?: string;
    } = {},
  ) => {
    const response = await createHandler({ ...deps, ...init.deps })(
      new Request(`http://localhost${init.path ?? "/checkout"}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${init.as ?? "ada"}`,
          ...init.headers,
        },
      }),
    );
    return { status: response.status, response, body: await response.json() };
  };
  return {
    checkout,
    deps,
    drafts,
    reports,
    payments,
    credits,
    inspected,
    refreshed,
    hashed,
    targets,
    lines,
  };
}

function imagesNamed(names: readonly string[]): Configuration["images"] {
  return names.map((name) => ({ path: `${ADA}/${name}`, expected: { total: 1 } }));
}

/** All of one size, and with the same first bytes. */
function storedAlike(images: Configuration["images"], bytes = 1_000) {
  return Object.fromEntries(images.map(({ path }) => [path, { bytes, header: PNG }]));
}

const refusals = (body: { errors: { path: string; code: string }[] }) =>
  body.errors.map(({ path, code }) => `${path}: ${code}`);

Deno.test("a draft becomes a frozen report with a pay page and an estimate", async () => {
  const { checkout, reports, payments } = setUp();
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 200);
  const [report] = reports;
  assert.ok(report);
  assert.deepEqual(Object.keys(body).sort(), [
    "checkout_url",
    "estimate",
    "report_id",
    "warnings",
  ]);
  assert.deepEqual(body.warnings, []);
  assert.equal(body.report_id, report.id);
  assert.equal(body.checkout_url, report.session?.url);
  assert.equal(report.status, "awaiting_payment");
  assert.equal(body.estimate.runs_per_model, 3);
  assert.equal(body.estimate.requested_runs_per_model, 3);
  assert.equal(body.estimate.price_cents, 1900);
  assert.deepEqual(
    body.estimate.per_model.map((entry: { model_id: string }) => entry.model_id),
    ["acme/small", "acme/large"],
  );
  const sum = body.estimate.per_model
    .reduce(
      (total: number, entry: { total_usd: number }) => total + entry.total_usd,
      0,
    );
  assert.ok(body.estimate.total_usd > 0);
  assert.ok(Math.abs(body.estimate.total_usd - sum) < 1e-6);
  const snapshot: ConfigSnapshot = configSnapshotSchema.strict().parse(
    report.order.config,
  );
  assert.deepEqual(snapshot.images, configuration().images);
  assert.equal(snapshot.runs_per_model, 3);
  const { minimum_accuracy, accuracy_margin, accuracy_confidence } = snapshot;
  assert.deepEqual([minimum_accuracy, accuracy_margin, accuracy_confidence], [50, 2, 80]);
  for (const frozen of snapshot.models) {
    assert.ok(frozen.estimated_cost > 0);
    assert.ok(frozen.reserved_cost >= frozen.estimated_cost);
    assert.ok(!("active" in frozen));
    assert.equal(frozen.schema_regime, "strict");
  }
  assert.deepEqual(payments.orders, [{
    reportId: report.id,
    ownerId: ADA,
    customerId: "cus_1",
    price: { amount: 1900, currency: "usd" },
    product: "Vision model benchmark",
    description: "2 models, 2 images, 3 runs each",
    successUrl:
      `https://modelpick.example/checkout/success?report_id=${report.id}&session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `https://modelpick.example/checkout/cancelled?report_id=${report.id}`,
  }]);
});

Deno.test("an account has one customer for all of its orders, and a new one once Stripe does not know it", async () => {
  const { checkout, payments } = setUp();
  const order = async () =>
    (await checkout({ configuration: configuration({ name: crypto.randomUUID() }) })).status;
  assert.deepEqual([await order(), await order()], [200, 200]);
  const values = { accountId: ADA, name: "Personal", email: "ada@example.com" };
  assert.deepEqual(payments.customers, [{ ...values, attempt: 1 }]);
  payments.lost.add("cus_1");
  assert.deepEqual([await order(), await order()], [200, 200]);
  assert.deepEqual(payments.customers, [{ ...values, attempt: 1 }, { ...values, attempt: 2 }]);
  assert.deepEqual(
    payments.orders.map(({ customerId }) => customerId),
    ["cus_1", "cus_1", "cus_2", "cus_2"],
  );
});

Deno.test("the same draft twice gives the same order and page", async () => {
  const { checkout, reports, payments } = setUp();
  const first = await checkout({ draft_id: DRAFT_ID });
  const second = await checkout({ draft_id: DRAFT_ID });
  assert.deepEqual(second.body, first.body);
  assert.equal(reports.length, 1);
  assert.equal(payments.orders.length, 1);
});

Deno.test("the same configuration twice gives one draft, one order and one page", async () => {
  const { checkout, drafts, reports } = setUp();
  const first = await checkout({
    configuration: configuration({ name: "Receipts" }),
  });
  const second = await checkout({
    configuration: configuration({ name: "Receipts" }),
  });
  assert.equal(first.status, 200);
  assert.deepEqual(second.body, first.body);
  assert.equal(reports.length, 1);
  assert.equal(drafts.size, 2);
  assert.ok(drafts.has(`${reports[0]?.order.draftId} ${ADA}`));
});

Deno.test("the order of the schema's keys is ordered: another order of keys is another order", async () => {
  const properties = ["reasoning", "total", "vat", "a"];
  const schemaOf = (names: readonly string[]) => ({
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
  });
  const expected = { a: "b", vat: "2", total: "1", reasoning: "x" };
  const wanted = configuration({
    json_schema: schemaOf(properties),
    images: [{ path: `${ADA}/a.png`, expected }],
  });
  const { checkout, reports, drafts } = setUp();
  const first = await checkout({ configuration: wanted });
  const same = await checkout({ configuration: wanted });
  assert.equal(same.body.report_id, first.body.report_id);
  const { json_schema, images } = configSnapshotSchema.parse(reports[0]?.order.config);
  assert.equal(JSON.stringify(json_schema), JSON.stringify(wanted.json_schema));
  assert.deepEqual(Object.keys(images[0]?.expected ?? {}), properties);

  const turned = schemaOf(properties.toReversed());
  const other = await checkout({ configuration: { ...wanted, json_schema: turned } });
  assert.notEqual(other.body.report_id, first.body.report_id);
  assert.equal(drafts.size, 3, "and another draft");
});

Deno.test("a changed draft gives a new order and closes the page of the old one", async () => {
  const { checkout, drafts, reports, payments } = setUp();
  const first = await checkout({ draft_id: DRAFT_ID });
  drafts.set(
    `${DRAFT_ID} ${ADA}`,
    draftRow(configuration({ prompt: "Read it again." })),
  );
  const second = await checkout({ draft_id: DRAFT_ID });
  assert.notEqual(second.body.report_id, first.body.report_id);
  assert.deepEqual(reports.map(({ status }) => status), [
    "expired",
    "awaiting_payment",
  ]);
  assert.deepEqual(payments.expired, [`cs_test_${first.body.report_id}`]);
});

Deno.test("an order succeeds although the page of the old one cannot be closed", async () => {
  const { checkout, drafts, deps, lines } = setUp();
  await checkout({ draft_id: DRAFT_ID });
  drafts.set(
    `${DRAFT_ID} ${ADA}`,
    draftRow(configuration({ prompt: "Read it again." })),
  );
  const { status } = await checkout({ draft_id: DRAFT_ID }, {
    deps: {
      payments: {
        ...deps.payments,
        expireSession: () => Promise.reject(unavailable("payment.unavailable", "down")),
      },
    },
  });
  assert.equal(status, 200);
  assert.ok(lines.some((line) => line.includes("not closed")));
});

Deno.test("the next call completes an order whose session was not made or not recorded", async () => {
  for (const broken of ["createSession", "awaitPayment"] as const) {
    const { checkout, deps, reports } = setUp();
    const failure = unavailable(
      broken === "createSession" ? "payment.unavailable" : "database.unavailable",
      new Error("down"),
    );
    const crashed = await checkout({ draft_id: DRAFT_ID }, {
      deps: broken === "createSession"
        ? {
          payments: {
            ...deps.payments,
            createSession: () => Promise.reject(failure),
          },
        }
        : {
          reports: {
            ...deps.reports,
            awaitPayment: () => Promise.reject(failure),
          },
        },
    });
    assert.equal(crashed.status, broken === "createSession" ? 502 : 503);
    assert.ok(crashed.response.headers.has("retry-after"));
    const retried = await checkout({ draft_id: DRAFT_ID });
    assert.equal(retried.status, 200);
    assert.equal(reports.length, 1);
    assert.equal(retried.body.report_id, reports[0]?.id);
    assert.equal(reports[0]?.status, "awaiting_payment");
  }
});

Deno.test("an Idempotency-Key returns its order, and is refused with another request", async () => {
  const { checkout, drafts, reports } = setUp();
  const headers = { "idempotency-key": "order-1" };
  const first = await checkout({ draft_id: DRAFT_ID }, { headers });
  const again = await checkout({ draft_id: DRAFT_ID }, { headers });
  assert.deepEqual(again.body, first.body);
  const other = await checkout({
    configuration: configuration({ prompt: "Else" }),
  }, { headers });
  assert.equal(other.status, 422);
  assert.equal(other.body.code, "request.idempotency_conflict");
  assert.equal(reports.length, 1);
  drafts.set(
    `${DRAFT_ID} ${ADA}`,
    draftRow(configuration({ prompt: "Changed" })),
  );
  const changed = await checkout({ draft_id: DRAFT_ID }, { headers });
  assert.equal(changed.body.code, "request.idempotency_conflict");
});

Deno.test("an Idempotency-Key of an order that is no longer open is answered with its status and report", async () => {
  const { checkout, reports } = setUp();
  const headers = { "idempotency-key": "order-1" };
  const { body: { report_id } } = await checkout({ draft_id: DRAFT_ID }, {
    headers,
  });
  const [report] = reports;
  assert.ok(report);
  for (
    const [status, code] of [
      ["running", "checkout.already_paid"],
      ["complete", "checkout.already_paid"],
      ["expired", "resource.conflict"],
      ["refunded", "resource.conflict"],
    ] as const
  ) {
    report.status = status;
    const answer = await checkout({ draft_id: DRAFT_ID }, { headers });
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, code);
    assert.equal(answer.body.report_id, report_id);
  }
});

Deno.test("an Idempotency-Key that is empty, long or not visible ASCII is refused", async () => {
  const { checkout, reports } = setUp();
  for (const key of ["", "x".repeat(256), "with space", "\u00e9"]) {
    const { status, body } = await checkout({ draft_id: DRAFT_ID }, {
      headers: { "idempotency-key": key },
    });
    assert.equal(status, 400);
    assert.deepEqual(refusals(body), ["Idempotency-Key: invalid_format"]);
  }
  assert.equal(reports.length, 0);
});

Deno.test("runs per model are lowered until the estimate fits under the ceiling", async () => {
  const models = [
    model("acme/small"),
    model("acme/large", { image_price: 0.7 }),
  ];
  const { checkout, reports } = setUp({ models });
  const { status, body } = await checkout({
    configuration: configuration({ runs_per_model: 10 }),
  });
  assert.equal(status, 200);
  assert.equal(body.estimate.requested_runs_per_model, 10);
  assert.equal(body.estimate.runs_per_model, 4);
  assert.ok(body.estimate.total_usd <= body.estimate.ceiling_usd);
  assert.ok(body.estimate.requested_total_usd > body.estimate.ceiling_usd);
  assert.equal(reports[0]?.order.config.runs_per_model, 4);
});

Deno.test("a race is estimated as the full run that it may become, and its looks are frozen", async () => {
  const images = imagesNamed(Array.from({ length: 12 }, (_, index) => `${index}.png`));
  const order = async (overrides: Partial<Configuration>) => {
    const { checkout, reports, payments } = setUp({ images: storedAlike(images) });
    const { body } = await checkout({ configuration: configuration({ images, ...overrides }) });
    return {
      estimate: body.estimate,
      config: reports[0]?.order.config,
      description: payments.orders[0]?.description,
    };
  };
  const full = await order({});
  const race = await order({ strategy: "race" });
  assert.deepEqual([full.config?.strategy, full.config?.looks], ["full", []]);
  assert.deepEqual([race.config?.strategy, race.config?.looks], ["race", [8, 11]]);
  assert.equal(race.estimate.strategy, "race");
  assert.equal(race.estimate.total_usd, full.estimate.total_usd);
  assert.equal(race.description, "2 models, 12 images, up to 3 runs each");
  const alone = await order({ strategy: "race", model_ids: ["acme/small"] });
  assert.deepEqual(alone.config?.looks, [], "nobody to race against");
});

Deno.test("a benchmark that exceeds the ceiling at one run per model is refused with its costs", async () => {
  const models = [model("acme/small"), model("acme/large", { image_price: 4 })];
  const { checkout, reports, payments } = setUp({ models });
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 422);
  assert.equal(body.code, "checkout.over_budget");
  assert.deepEqual(refusals(body), ["configuration.model_ids: over_budget"]);
  assert.ok(body.estimate.minimum_total_usd > 8);
  assert.equal(body.estimate.ceiling_usd, 7);
  assert.equal(body.estimate.requested_runs_per_model, 3);
  assert.equal(body.estimate.per_model[0].model_id, "acme/large");
  assert.deepEqual([reports.length, payments.orders.length], [0, 0]);
});

Deno.test("a model is refused before payment if one run may exceed the hard ceiling", async () => {
  const models = [
    model("acme/small"),
    model("acme/large", { output_price: 0.05 }),
  ];
  const { checkout, reports } = setUp({ models });
  const { body } = await checkout({
    configuration: configuration({ runs_per_model: 1 }),
  });
  assert.equal(body.code, "checkout.over_budget");
  assert.deepEqual(refusals(body), ["configuration.model_ids.1: over_budget"]);
  assert.equal(reports.length, 0);
});

Deno.test("the same image under two paths is refused, and both are named", async () => {
  const images = imagesNamed(["a.png", "b.png", "c/first.png", "d.png", "again.png"]);
  const { checkout, reports, payments } = setUp({
    images: storedAlike(images),
    hashes: { [`${ADA}/c/first.png`]: "same", [`${ADA}/again.png`]: "same" },
  });
  const { status, body } = await checkout({ configuration: configuration({ images }) });
  assert.equal(status, 422);
  assert.deepEqual(refusals(body), ["configuration.images.4.path: same_image"]);
  assert.match(body.errors[0].message, /same bytes as images\.2 \(first\.png\)/);
  assert.deepEqual([reports.length, payments.orders.length], [0, 0]);

  const twice = await checkout({
    configuration: configuration({ images: imagesNamed(["a.png", "b.png", "a.png"]) }),
  });
  assert.deepEqual(refusals(twice.body), ["configuration.images.2.path: same_image"]);
});

Deno.test("only images with equal size and first bytes are read whole", async () => {
  const images = imagesNamed(["a.png", "b.png", "c.png", "small.png", "copy.png"]);
  const [a = "", b = "", c = "", small = "", copy = ""] = images.map(({ path }) => path);
  const { checkout, hashed } = setUp({
    images: {
      [a]: { bytes: 1_000, header: PNG },
      [b]: { bytes: 1_001, header: PNG },
      [c]: { bytes: 1_000, header: PNG.with(22, 9) },
      [small]: { bytes: PNG.byteLength, header: PNG },
      [copy]: { bytes: PNG.byteLength, header: PNG.slice() },
    },
  });
  const { body } = await checkout({ configuration: configuration({ images }) });
  assert.deepEqual(refusals(body), ["configuration.images.4.path: same_image"]);
  assert.deepEqual(hashed, []);
});

Deno.test("fifty copies of a large image are refused after a few of them are read", async () => {
  const images = imagesNamed(Array.from({ length: 50 }, (_, index) => `${index}.png`));
  const large = 10 * 1024 * 1024;
  const { checkout, deps, hashed } = setUp({
    images: storedAlike(images, large),
    hashes: Object.fromEntries(images.map(({ path }) => [path, "same"])),
  });
  const { body } = await checkout(
    { configuration: configuration({ images }) },
    { deps: { ...deps, maxImageBytes: large } },
  );
  assert.equal(body.errors[0].code, "same_image");
  assert.ok(hashed.length < 10, `${hashed.length} read`);
});

Deno.test("every wrong field of a configuration is named at once", async () => {
  const { checkout } = setUp();
  const { status, body } = await checkout({
    configuration: {
      ...configuration(),
      prompt: " ",
      images: [],
      model_ids: Array.from({ length: 13 }, (_, index) => `acme/${index}`),
      priorities: ["accuracy", "cost"],
      runs_per_model: 11,
      json_schema: [],
    },
  });
  assert.equal(status, 422);
  assert.equal(body.code, "request.invalid");
  assert.deepEqual(
    new Set(body.errors.map(({ path }: { path: string }) => path)),
    new Set(
      [
        "prompt",
        "images",
        "model_ids",
        "priorities",
        "runs_per_model",
        "json_schema",
      ].map(
        (field) => `configuration.${field}`,
      ),
    ),
  );
  for (const { message } of body.errors) assert.ok(message.length > 0);
});

Deno.test("a misspelt field of a configuration is refused by its name", async () => {
  const { checkout, reports } = setUp();
  const { images, ...rest } = configuration();
  const [image] = images;
  const { status, body } = await checkout({
    configuration: { ...rest, stategy: "race", images: [{ ...image, expect: {} }] },
  });
  assert.equal(status, 422);
  assert.deepEqual(refusals(body).sort(), [
    "configuration.images.0.expect: unknown_field",
    "configuration.stategy: unknown_field",
  ]);
  assert.equal(reports.length, 0);
});

Deno.test("the errors of a draft have the paths of a whole configuration", async () => {
  const draft = draftRow(configuration({ runs_per_model: 0, prompt: "" }));
  const { checkout } = setUp({ draft });
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 422);
  assert.deepEqual(
    body.errors.map(({ path }: { path: string }) => path).sort(),
    ["configuration.prompt", "configuration.runs_per_model"],
  );
});

Deno.test("a draft with malformed JSON in it is answered 422", async () => {
  const draft = draftRow(configuration(), {
    upload_data: { images: [1, { path: 7 }] },
  });
  const { checkout } = setUp({ draft });
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 422);
  assert.ok(refusals(body)[0]?.startsWith("configuration.images.0"));
});

Deno.test("all wrong models and images are named together", async () => {
  const models = [
    model("acme/blind", { hindrance: "no_vision" }),
    model("acme/old", { hindrance: "inactive" }),
    model("acme/small"),
  ];
  const images = {
    [`${ADA}/text.png`]: {
      bytes: 10,
      header: new TextEncoder().encode("<svg onload=alert(1)>"),
    },
    [`${ADA}/large.png`]: { bytes: 5_001, header: PNG },
    [`${ADA}/empty.png`]: { bytes: 0, header: new Uint8Array() },
    [`${ADA}/limit.png`]: { bytes: 5_000, header: PNG },
    [`${ADA}/cut.png`]: { bytes: 8, header: PNG.slice(0, 8) },
    [`${ADA}/claims.png`]: {
      bytes: 100,
      header: Uint8Array.from(PNG, (byte, index) => [0x7f, 0xff, 0xff, 0xff][index - 16] ?? byte),
    },
  };
  const { checkout, reports } = setUp({ models, images });
  const paths = [
    ...["text.png", "limit.png", "large.png", "gone.png", "empty.png", "cut.png", "claims.png"],
  ];
  const { status, body } = await checkout({
    configuration: configuration({
      model_ids: ["acme/none", "acme/small", "acme/old", "acme/blind"],
      images: paths.map((name, index) => ({
        path: `${ADA}/${name}`,
        expected: { total: index === 1 ? "three" : index },
      })),
    }),
  });
  assert.equal(status, 422);
  assert.deepEqual(refusals(body), [
    "configuration.model_ids.0: not_found",
    "configuration.model_ids.2: inactive",
    "configuration.model_ids.3: no_vision",
    "configuration.images.0.path: unsupported_format",
    "configuration.images.2.path: too_large",
    "configuration.images.3.path: not_found",
    "configuration.images.4.path: unsupported_format",
    "configuration.images.5.path: damaged",
    "configuration.images.6.path: too_large",
    "configuration.images.1.expected.total: schema_mismatch",
  ]);
  assert.equal(reports.length, 0);
});

Deno.test("a refused model is named with its reason and the model to choose instead", async () => {
  const successor = { id: "acme/new", name: "New" };
  const { checkout, refreshed } = setUp({
    models: [
      model("acme/old", { hindrance: "inactive", successor }),
      model("acme/gone", { hindrance: "unlisted", successor }),
      model("acme/ending", { hindrance: "ending", retires_at: "2026-12-01", successor }),
      model("acme/keyless", { base_url_key: "nobody" }),
    ],
  });
  const { status, body } = await checkout({
    configuration: configuration({
      model_ids: ["acme/old", "acme/gone", "acme/ending", "acme/keyless"],
    }),
  });
  assert.equal(status, 422);
  assert.deepEqual(
    body.errors.map(({ code, message }: Record<string, string>) => [code, message]),
    [
      ["inactive", "Model acme/old is not offered. Choose New (acme/new) instead."],
      [
        "unlisted",
        "Model acme/gone is no longer in the list of models of openrouter. Choose New (acme/new) instead.",
      ],
      [
        "ending",
        "Model acme/ending ends on 2026-12-01, before the report can be done. " +
        "Choose New (acme/new) instead.",
      ],
      ["no_key", "Model acme/keyless cannot be called here: nobody has no key."],
    ],
  );
  assert.deepEqual(refreshed, ["openrouter"], "lists are read of providers that can be called");
});

Deno.test("a model that ends within 60 days is ordered with a warning that its report keeps", async () => {
  const successor = { id: "acme/new", name: "New" };
  const { checkout, reports } = setUp({
    models: [
      model("acme/small", { retires_at: "2027-01-29", successor }),
      model("acme/large", { retires_at: "2027-01-30", successor }),
    ],
  });
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 200);
  assert.deepEqual(body.warnings, [{
    path: "configuration.model_ids.0",
    code: "ends_soon",
    message: "Model acme/small ends on 2027-01-29. New follows it.",
  }]);
  const frozen = configSnapshotSchema.parse(reports[0]?.order.config).models;
  assert.deepEqual(frozen.map(({ retires_at, successor }) => [retires_at, successor]), [
    ["2027-01-29", "New"],
    [undefined, undefined],
  ]);
});

Deno.test("another customer's images are refused without reading Storage", async () => {
  const { checkout, inspected } = setUp();
  for (
    const path of [`${BOB}/a.png`, `${ADA}x/a.png`, `${ADA}`, `x/${ADA}/a.png`]
  ) {
    const { status, body } = await checkout({
      configuration: configuration({
        images: [{ path, expected: { total: 1 } }],
      }),
    });
    assert.equal(status, 422);
    assert.deepEqual(refusals(body), [
      "configuration.images.0.path: not_owned",
    ]);
  }
  const climbing = await checkout({
    configuration: configuration({
      images: [{ path: `${ADA}/../${BOB}/a.png`, expected: { total: 1 } }],
    }),
  });
  assert.equal(climbing.status, 422);
  assert.deepEqual(inspected, []);
});

Deno.test("another customer's draft is answered like a missing one", async () => {
  const { checkout } = setUp();
  const stolen = await checkout({ draft_id: DRAFT_ID }, { as: "bob" });
  const missing = await checkout({ draft_id: crypto.randomUUID() }, {
    as: "bob",
  });
  assert.equal(stolen.status, 404);
  assert.equal(stolen.body.detail, missing.body.detail);
});

Deno.test("text that the database cannot store is refused with the name of its field", async () => {
  const { checkout } = setUp();
  const { status, body } = await checkout({
    configuration: configuration({ prompt: "Read\u0000this" }),
  });
  assert.equal(status, 422);
  assert.deepEqual(refusals(body), ["configuration.prompt: unstorable_text"]);
});

Deno.test("a body with both, neither or something else is refused", async () => {
  const { checkout } = setUp();
  for (
    const wrong of [
      {},
      { draft_id: DRAFT_ID, configuration: configuration() },
      { draft_id: "7" },
      { draft: DRAFT_ID },
      [],
      null,
    ]
  ) {
    const { status, body } = await checkout(wrong);
    assert.equal(status, 422);
    assert.ok(body.errors.length > 0);
  }
});

Deno.test("an order without a signed-in user is refused", async () => {
  const { checkout, reports } = setUp();
  const { status, body } = await checkout({ draft_id: DRAFT_ID }, {
    as: "mallory",
  });
  assert.equal(status, 401);
  assert.equal(body.code, "auth.invalid");
  assert.equal(reports.length, 0);
});

Deno.test("the log of an order carries its report and predicted cost, and not the customer's address", async () => {
  const { checkout, lines } = setUp();
  const { body } = await checkout({ draft_id: DRAFT_ID });
  const line = lines.find((candidate) => candidate.startsWith(`[benchmark:${body.report_id}] `));
  assert.match(line ?? "", /"predicted_usd":/);
  assert.doesNotMatch(lines.join(""), /ada@example/);
});

Deno.test("a schema that a provider does not enforce is ordered with a warning and frozen for its models", async () => {
  const { checkout, reports } = setUp();
  const { status, body } = await checkout({
    configuration: configuration({
      json_schema: {
        type: "object",
        properties: { total: { type: "number", default: 0 } },
        required: ["total"],
        additionalProperties: false,
      },
    }),
  });
  assert.equal(status, 200);
  assert.deepEqual(body.warnings, [{
    path: "configuration.json_schema.properties.total.default",
    code: "schema_not_enforced",
    message:
      "Model acme/small, Model acme/large: The provider does not enforce default. The prompt asks for it.",
  }]);
  const regimes = reports[0]?.order.config.models.map(({ schema_regime }) => schema_regime);
  assert.deepEqual(regimes, ["reduced", "reduced"]);
  assert.deepEqual(
    body.estimate.per_model.map((entry: { schema_regime: string }) => entry.schema_regime),
    regimes,
  );
});

Deno.test("a model at two efforts is two contestants, each with its name, limit, prediction and reservation", async () => {
  const models = [
    model("acme/thinker", { reasoning: "optional", reasoning_efforts: ["none", "low", "high"] }),
    model("acme/plain"),
  ];
  const { checkout, reports } = setUp({ models });
  const model_ids = ["acme/thinker#low", "acme/thinker#high", "acme/thinker#none", "acme/plain"];
  const { status, body } = await checkout({ configuration: configuration({ model_ids }) });
  assert.equal(status, 200, JSON.stringify(body));
  const frozen = reports[0]?.order.config.models ?? [];
  assert.deepEqual(frozen.map(({ id, name }) => [id, name]), [
    ["acme/thinker#low", "Model acme/thinker (low)"],
    ["acme/thinker#high", "Model acme/thinker (high)"],
    ["acme/thinker#none", "Model acme/thinker (no thinking)"],
    ["acme/plain", "Model acme/plain"],
  ]);
  const [low, high, none, plain] = frozen;
  assert.ok(low && high && none && plain);
  for (const read of ["output_limit", "estimated_cost", "reserved_cost"] as const) {
    assert.ok((low[read] ?? 0) < (high[read] ?? 0), read);
    assert.ok((none[read] ?? 0) < (low[read] ?? 0), read);
    assert.equal(none[read], plain[read], read);
  }
  assert.deepEqual(
    body.estimate.per_model.map((entry: { model_id: string }) => entry.model_id),
    model_ids,
  );
});

Deno.test("an effort that a model does not take is refused with the efforts that it takes", async () => {
  const models = [
    model("acme/plain"),
    model("acme/always", { reasoning: "mandatory", reasoning_efforts: ["low", "high"] }),
    model("acme/untold", { reasoning: "mandatory" }),
  ];
  const { checkout, reports } = setUp({ models });
  const { status, body } = await checkout({
    configuration: configuration({
      model_ids: [
        "acme/plain#low",
        "acme/always#none",
        "acme/always#max",
        "acme/untold#low",
        "acme/always#hard",
        "acme/always#high",
      ],
    }),
  });
  assert.equal(status, 422);
  assert.deepEqual(
    body.errors.map(({ path, code, message }: Record<string, string>) => [path, code, message]),
    [
      [0, "effort", "Model acme/plain does not think: choose acme/plain without an effort."],
      [1, "effort", "Model acme/always always thinks. It takes low, high."],
      [2, "effort", "Model acme/always does not take the effort max. It takes low, high."],
      [
        3,
        "effort",
        "Model acme/untold cannot be told how hard to think: choose acme/untold without an effort.",
      ],
      [4, "not_found", "There is no model acme/always#hard."],
    ].map(([index, ...rest]) => [`configuration.model_ids.${index}`, ...rest]),
  );
  assert.equal(reports.length, 0);
});

/** Claude Haiku takes at most 8,000 pixels a side. */
const limited = model("anthropic/claude-haiku-4.5", { name: "Haiku" });
const wide = pngOf(9_000, 4_500);

function pngOf(width: number, height: number): Uint8Array {
  const header = PNG.slice();
  new DataView(header.buffer).setUint32(16, width);
  new DataView(header.buffer).setUint32(20, height);
  return header;
}

function setUpWide(fit?: (target: FitTarget) => Fitting) {
  const wanted = configuration({ model_ids: ["acme/small", limited.id] });
  return {
    wanted,
    ...setUp({
      models: [model("acme/small"), limited],
      images: {
        [`${ADA}/a.png`]: { bytes: 1_000, header: wide, etag: "one" },
        [`${ADA}/b.png`]: { bytes: 1_000, header: PNG },
      },
      draft: draftRow(wanted),
      ...fit === undefined ? {} : { fit },
    }),
  };
}

Deno.test("an image that a model does not take is refused with the offer of a copy for all", async () => {
  const { checkout, reports, targets } = setUpWide();
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 422);
  assert.deepEqual(refusals(body), ["configuration.images.0.path: model_limit"]);
  assert.match(
    body.errors[0].message,
    /"fit_images": true.*a PNG of at most 2500 x 1250 pixels\.$/,
  );
  assert.equal(body.can_fit_images, true);
  assert.deepEqual([reports.length, targets.length], [0, 0]);
});

Deno.test("no copies are offered if other errors remain", async () => {
  const { checkout, wanted } = setUpWide();
  const images = [...wanted.images, ...imagesNamed(["gone.png"])];
  const { body } = await checkout({ configuration: { ...wanted, images }, fit_images: false });
  assert.deepEqual(refusals(body), [
    "configuration.images.2.path: not_found",
    "configuration.images.0.path: model_limit",
  ]);
  assert.equal("can_fit_images" in body, false);
});

Deno.test("with fit_images all models read the copy that the answer and snapshot describe", async () => {
  const { checkout, reports, targets, wanted } = setUpWide();
  const { status, body } = await checkout({ draft_id: DRAFT_ID, fit_images: true });
  assert.equal(status, 200);
  assert.deepEqual(body.warnings, [{
    path: "configuration.images.0.path",
    code: "image_fitted",
    message: "All models read the same copy of a.png: a JPEG of 2500 x 1250 pixels and 0.0 MB.",
  }]);
  assert.deepEqual(targets.map(({ source, edge }) => [source.path, source.etag, edge]), [
    [`${ADA}/a.png`, "one", 2_500],
  ]);
  const snapshot = configSnapshotSchema.parse(reports[0]?.order.config);
  assert.deepEqual(snapshot.images, [
    {
      path: `${ADA}/a.png.fitted.jpg`,
      expected: { total: 1 },
      fitted: {
        source_path: `${ADA}/a.png`,
        format: "jpeg",
        width: 2_500,
        height: 1_250,
        is_shrunk: true,
      },
    },
    wanted.images[1],
  ]);
  const again = await checkout({ draft_id: DRAFT_ID, fit_images: true });
  assert.equal(again.body.report_id, body.report_id);
  assert.equal(reports.length, 1);
});

Deno.test("an Idempotency-Key is refused if fit_images changes", async () => {
  const { checkout } = setUp();
  const headers = { "idempotency-key": "k" };
  assert.equal((await checkout({ draft_id: DRAFT_ID }, { headers })).status, 200);
  const other = await checkout({ draft_id: DRAFT_ID, fit_images: true }, { headers });
  assert.equal(other.body.code, "request.idempotency_conflict");
});

Deno.test("a copy that cannot be made is refused with the reason", async () => {
  const { checkout, reports } = setUpWide(() => ({ refused: "this project has none" }));
  const { status, body } = await checkout({ draft_id: DRAFT_ID, fit_images: true });
  assert.equal(status, 422);
  assert.deepEqual(refusals(body), ["configuration.images.0.path: model_limit"]);
  assert.match(body.errors[0].message, /A copy could not be made: this project has none\.$/);
  assert.equal(reports.length, 0);
});

Deno.test("an estimate is that of the order, and stores, copies and pays nothing", async () => {
  const { checkout, drafts, reports, payments, targets } = setUp();
  const body = { configuration: configuration() };
  const { status, body: asked } = await checkout(body, { path: "/checkout/estimate" });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(asked).sort(), ["credits", "estimate", "warnings"]);
  const { price_cents, currency, calls, duration_seconds, total_usd } = asked.estimate;
  // 2 models read 2 images 3 times; 3 calls of a model are made at once.
  assert.deepEqual([price_cents, currency, calls], [1900, "usd", 12]);
  assert.ok(total_usd > 0);
  // Short answers: a little over 2 s each, two rounds, and the overhead.
  assert.ok(duration_seconds >= 9 && duration_seconds <= 15, String(duration_seconds));
  assert.deepEqual(
    [drafts.size, reports, payments.orders, targets],
    [1, [], [], []],
    "only the draft of before",
  );
  assert.deepEqual(asked.estimate, (await checkout(body)).body.estimate);
  const ofDraft = await checkout({ draft_id: DRAFT_ID }, { path: "/checkout/estimate" });
  assert.deepEqual(ofDraft.body.estimate, asked.estimate);
});

Deno.test("an estimate counts the tokens of copies that it does not make", async () => {
  const { checkout, targets } = setUpWide();
  const path = "/checkout/estimate";
  const refused = await checkout({ draft_id: DRAFT_ID }, { path });
  assert.deepEqual([refused.status, refused.body.can_fit_images], [422, true]);
  const body = { draft_id: DRAFT_ID, fit_images: true };
  const asked = await checkout(body, { path });
  assert.deepEqual([asked.status, targets], [200, []]);
  assert.deepEqual(asked.body.estimate, (await checkout(body)).body.estimate);
});

Deno.test("an estimate names the fields that the order would be refused for", async () => {
  const { checkout } = setUp();
  const { status, body } = await checkout(
    { configuration: configuration({ model_ids: ["acme/gone"] }) },
    { path: "/checkout/estimate" },
  );
  assert.equal(status, 422);
  assert.deepEqual(refusals(body), ["configuration.model_ids.0: not_found"]);
});

Deno.test("too many estimates in a minute are answered with the time to wait", async () => {
  const { checkout, deps } = setUp();
  const { status, response, body } = await checkout({ draft_id: DRAFT_ID }, {
    path: "/checkout/estimate",
    deps: { reports: { ...deps.reports, takeEstimate: () => Promise.resolve(17) } },
  });
  assert.deepEqual([status, body.code], [429, "request.rate_limited"]);
  assert.equal(response.headers.get("retry-after"), "17");
});

Deno.test("the payer gets the link of the report by the session, without signing in", async () => {
  const { checkout, reports } = setUp();
  const { body: { report_id } } = await checkout({ draft_id: DRAFT_ID });
  const ask = async (session_id: string) => {
    const { status, body } = await checkout({ session_id }, {
      path: "/checkout/result",
      headers: { authorization: "" },
    });
    return status === 200 ? body : body.code;
  };
  const session = `cs_test_${report_id}`;
  const waiting = { report_id, status: "awaiting_payment", share_token: null };
  assert.deepEqual(await ask(session), waiting);
  const [report] = reports;
  assert.ok(report);
  report.status = "paid";
  assert.deepEqual(await ask(session), { report_id, status: "paid", share_token: "token" });
  assert.equal(await ask("cs_test_else"), "resource.not_found");
  assert.equal(await ask(""), "request.invalid");
});

Deno.test("a credit pays for an order, whose page is the live report", async () => {
  const { checkout, reports, payments, credits } = setUp();
  credits.left = 2;
  const { status, body } = await checkout({ draft_id: DRAFT_ID });
  assert.equal(status, 200);
  assert.deepEqual([body.checkout_url, body.credits_left], [
    "https://modelpick.example/report/token",
    1,
  ]);
  assert.deepEqual([reports[0]?.status, payments.orders], ["paid", []]);
  const paid = await checkout({ draft_id: DRAFT_ID, use_credit: false });
  assert.match(paid.body.checkout_url, /^https:\/\/pay\.example\//);
  assert.equal(credits.left, 1);
});

Deno.test("a pack is sold at its own price and currency, and an unknown one is refused", async () => {
  const { checkout, reports, payments, credits } = setUp();
  credits.left = 1;
  const { body } = await checkout({ draft_id: DRAFT_ID, price_id: "five" });
  assert.deepEqual([body.estimate.price_cents, body.estimate.currency], [7900, "eur"]);
  assert.deepEqual(payments.orders.map(({ price, product }) => ({ ...price, product })), [
    { amount: 7900, currency: "eur", product: "Five reports" },
  ]);
  assert.deepEqual([reports[0]?.order.price.reports, credits.left], [5, 1]);
  const unknown = await checkout({ draft_id: DRAFT_ID, price_id: "ten" });
  assert.equal(unknown.status, 422);
  assert.deepEqual(refusals(unknown.body), ["price_id: not_found"]);
});

Deno.test("a failed check of an image names its file", async () => {
  const { checkout } = setUp({ images: {} });
  const { body } = await checkout({ draft_id: DRAFT_ID });
  assert.deepEqual(
    body.errors.map(({ message }: { message: string }) => message),
    ["There is no image a.png.", "There is no image b.png."],
  );
});
