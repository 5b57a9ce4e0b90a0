import assert from "node:assert/strict";
import { ApiError } from "./errors.ts";
import { readForm, sessionParams } from "./forms.ts";

const valid = "mode=payment&success_url=https%3A%2F%2Fa.test%2Fdone&metadata[report_id]=r1" +
  "&line_items[0][price_data][currency]=USD&line_items[0][price_data][unit_amount]=1900" +
  "&line_items[0][price_data][product_data][name]=Report&line_items[0][quantity]=2";

function errorOf(text: string): ApiError {
  try {
    readForm(text, sessionParams);
  } catch (error) {
    assert.ok(error instanceof ApiError);
    return error;
  }
  return assert.fail("was accepted");
}

Deno.test("nested form fields become typed parameters", () => {
  const params = readForm(valid, sessionParams);
  assert.equal(params.line_items[0]?.price_data.unit_amount, 1900);
  assert.equal(params.line_items[0]?.price_data.currency, "usd");
  assert.equal(params.line_items[0]?.quantity, 2);
  assert.deepEqual(params.metadata, { report_id: "r1" });
});

Deno.test("a parameter Stripe does not know is refused by its full name", () => {
  const error = errorOf(`${valid}&payment_intent_data[colour]=red`);
  assert.equal(error.details.code, "parameter_unknown");
  assert.equal(error.details.param, "payment_intent_data[colour]");
});

Deno.test("a missing or malformed parameter is named", () => {
  assert.deepEqual(errorOf("mode=payment&success_url=https%3A%2F%2Fa.test").details, {
    code: "parameter_missing",
    param: "line_items",
  });
  assert.equal(
    errorOf(valid.replace("=1900", "=19.5")).details.param,
    "line_items[0][price_data][unit_amount]",
  );
});
