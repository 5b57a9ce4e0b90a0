import assert from "node:assert/strict";
import { readServed } from "./served.ts";

Deno.test("the model is read from the answer, the request id from its headers first", () => {
  const headers = new Headers({ "x-request-id": "req-1", "cf-ray": "ray-1" });
  const body = { id: "gen-1", model: "acme/large", provider: "Acme" };
  assert.deepEqual(readServed(headers, body, "acme/large"), {
    model: "acme/large",
    provider: "Acme",
    requestId: "req-1",
    isOther: false,
  });
  assert.equal(readServed(new Headers(), body, "x").requestId, "gen-1");
  assert.equal(readServed(new Headers({ "cf-ray": "ray-1" }), "<html>", "x").requestId, "ray-1");
  assert.deepEqual(readServed(undefined, null, "x"), {
    model: null,
    provider: null,
    requestId: null,
    isOther: false,
  });
});
