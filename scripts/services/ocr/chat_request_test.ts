import assert from "node:assert/strict";
import { ApiError } from "./api_error.ts";
import { findSchema, parseChatRequest } from "./chat_request.ts";

const image = { type: "image_url", image_url: { url: "https://example.test/a.png" } };
const request = (changes: Record<string, unknown>) =>
  JSON.stringify({
    model: "local/tesseract-fast",
    messages: [{ role: "user", content: [{ type: "text", text: "Read it" }, image] }],
    ...changes,
  });

Deno.test("parseChatRequest() takes the schema of the response format before one in the prompt", () => {
  const schema = { type: "object", properties: { total: { type: "number" } } };
  const prompt = `Answer like {"type":"object","properties":{"tax":{"type":"number"}}}.`;
  const messages = [{ role: "user", content: [{ type: "text", text: prompt }, image] }];
  const format = { type: "json_schema", json_schema: { name: "r", strict: true, schema } };
  const both = parseChatRequest(request({ messages, response_format: format }));
  assert.deepEqual(both.schema, schema);
  const promptOnly = parseChatRequest(request({ messages }));
  assert.deepEqual(promptOnly.schema?.properties, { tax: { type: "number" } });
});

Deno.test("findSchema() skips braces that hold no schema", () => {
  const text = 'Return {"total": 1} or {x} but fit:\n```json\n{"properties": {"a{b": {}}}\n```';
  assert.deepEqual(findSchema(text), { properties: { "a{b": {} } });
  assert.equal(findSchema("no { schema } here"), null);
});

Deno.test("parseChatRequest() refuses with 400 what it cannot serve and names the parameter", () => {
  const text = [{ role: "user", content: "no image" }];
  const cases: [string, string | null][] = [
    ["{", null],
    [request({ model: 7 }), "model"],
    [request({ messages: [] }), "messages"],
    [request({ messages: text }), "messages"],
    [request({ stream: true }), "stream"],
    [request({ n: 2 }), "n"],
    [request({ response_format: { type: "json_schema" } }), "response_format.json_schema"],
  ];
  for (const [body, param] of cases) {
    assert.throws(() => parseChatRequest(body), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 400);
      assert.equal(error.details.param ?? null, param, body);
      return true;
    });
  }
});
