import assert from "node:assert/strict";
import { fieldErrorsOf } from "./field_error.ts";
import {
  invalid,
  methodNotAllowed,
  Problem,
  renderProblem,
  toProblem,
  unavailable,
} from "./problem.ts";
import { z } from "zod";

const context = { requestId: "req-12345678", instance: "/checkout" };

Deno.test("renderProblem() writes the members of RFC 9457 and ours", async () => {
  const response = renderProblem(
    invalid([{ path: "draft_id", code: "not_found", message: "No such draft." }]),
    context,
  );
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(await response.json(), {
    type: "urn:modelpick:problem:request.invalid",
    title: "The request is invalid",
    status: 422,
    detail: "One field is invalid.",
    instance: "/checkout",
    code: "request.invalid",
    request_id: "req-12345678",
    errors: [{ path: "draft_id", code: "not_found", message: "No such draft." }],
  });
});

Deno.test("renderProblem() keeps the cause from the client", async () => {
  const problem = unavailable("payment.unavailable", new Error("sk_live_abc at 10.0.0.7"));
  const response = renderProblem(problem, context);
  assert.equal(response.headers.get("retry-after"), "2");
  assert.doesNotMatch(await response.text(), /sk_live|10\.0/);
});

Deno.test("members of a problem cannot displace its own", async () => {
  const problem = new Problem("checkout.over_budget", "Too dear.", {
    members: { status: 200, code: "fine", ceiling_usd: 7 },
  });
  const document = await renderProblem(problem, context).json();
  assert.equal(document.status, 422);
  assert.equal(document.code, "checkout.over_budget");
  assert.equal(document.ceiling_usd, 7);
});

Deno.test("toProblem() says nothing to the client about what nobody foresaw", () => {
  const cause = new TypeError("cannot read password of undefined");
  const problem = toProblem(cause);
  assert.equal(problem.status, 500);
  assert.doesNotMatch(problem.message, /password/);
  assert.equal(problem.cause, cause);
  assert.equal(toProblem(problem), problem);
});

Deno.test("a refused method is answered with those that are allowed", () => {
  const response = renderProblem(methodNotAllowed(["POST"]), context);
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "POST");
});

Deno.test("fieldErrorsOf() names every field that zod refused, the unknown ones too", () => {
  const schema = z.strictObject({
    images: z.array(z.object({ path: z.string() })).min(1),
    runs: z.int().max(10),
    even: z.number().refine((n) => n % 2 === 0, { error: "Odd.", params: { code: "odd" } }),
  });
  const parsed = schema.safeParse({ images: [{ path: 7 }], runs: 11, even: 3, image: [] });
  assert.ok(parsed.error);
  assert.deepEqual(
    fieldErrorsOf(parsed.error).map(({ path, code }) => [path, code]),
    [
      ["images.0.path", "invalid_type"],
      ["runs", "too_big"],
      ["even", "odd"],
      ["image", "unknown_field"],
    ],
  );
});
