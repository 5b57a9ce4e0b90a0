import assert from "node:assert/strict";
import { type ErrorKind, judgeStatus, judgeWords } from "./provider_error_rules.ts";
import { readErrorWords } from "./provider_error_words.ts";

/** Error messages of providers by expected kind. A tuple begins with the status; default 400. */
const SAID: Readonly<
  Record<Exclude<ErrorKind["is"], "timeout">, readonly (string | [number, string])[]>
> = {
  account: [
    "Your account has insufficient funds.",
    "Your account does not have enough credits to run this request",
    "Your plan's included credits have run out",
    "Insufficient balance or no resource package. Please recharge.",
    "Your prepayment credits are depleted.",
    "Your project has exceeded its monthly spending cap.",
    "Usage limit reached. Try again in 3 hours",
    "Monthly limit exceeded for this key.",
    "Billing account for project is disabled in state absent",
    "This API method requires billing to be enabled.",
    "Your card was declined.",
    "Free trial expired, please upgrade your plan",
    "The project has been suspended due to non-payment",
    "Your access was terminated due to violation of our policies.",
    "Your project has been denied access. Please contact support.",
    "Consumer 'api_key:x' has been suspended.",
    "API Key not found. Please pass a valid API key.",
    "This API key has been disabled.",
    "No cookie auth credentials found",
    "The security token included in the request is expired",
    "Requests from referer <empty> are blocked.",
    "Please accept the terms of service in your console before using the API.",
    [429, "You exceeded your current quota, please check your plan and billing details."],
  ],
  busy: [
    "Too many requests, slow down",
    "Request rate too high: 60 requests per minute allowed",
    "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 a day",
    "Concurrency limit reached for requests",
    "Throttled",
    [503, "The service is currently at capacity, please retry"],
    [403, "Rate limit reached for requests"],
    [413, "Request too large: tokens per day (TPD): Limit 100000, Used 99000, Requested 2000."],
  ],
  server: [
    "Model is loading",
    [500, "CUDA out of memory"],
    [503, "Model is currently loading"],
    [403, "Attention Required! | Cloudflare"],
    [429, "Server overloaded, please retry"],
  ],
  unavailable: [
    "Unsupported model: foo",
    "x is not a valid model",
    "The provided model identifier is invalid.",
    "Model x was shut down on 2026-11-01",
    "This model is in preview and not available to your account",
    "Unable to access model acme/x.",
    "Invocation of model ID x with on-demand throughput isn't supported.",
    "Gemini API is not available in your country",
    "unknown variant `image_url`, expected `text`",
    "Invalid content type. image_url is only supported by certain models.",
    [403, "You have not been granted access to this model"],
    [403, "Permission denied on resource project x"],
    [404, "No endpoints found that match your privacy settings"],
    [429, "The long context beta is not yet available for this subscription."],
    [413, "Request too large on tokens per minute (TPM): Limit 6,000, Requested 7,500"],
    [500, "model 'x' not found"],
  ],
  image_unreadable: [
    "Failed to download image: 403 Forbidden",
    "Failed to fetch image: HTTP 429 Too Many Requests",
    "Image download failed: timeout",
    "fetching image from url: context deadline exceeded",
    "The requested image was not found at the provided URL",
    "The image at the specified URL is not accessible",
    "illegal base64 data at input byte 4",
    "cannot identify image file <_io.BytesIO object>",
    "image_url must be a base64 data URL; remote URLs are not supported",
    "Only HTTPS URLs are supported.",
    "Could not process image",
    "Unsupported MIME type: application/octet-stream",
    "Download multimodal file timed out",
    [500, "400, message='Bad Request', url='x'"],
  ],
  schema_refused: [
    "'json_schema' is not supported by this endpoint",
    "output_format.schema: 'additionalProperties' must be explicitly set to false",
    "Schema is too complex: maximum nesting depth exceeded",
    "model features structured outputs not support",
    "JSON mode is not supported for this model",
    "A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.",
    [500, "xgrammar failed to compile"],
  ],
  parameter_refused: [
    "`temperature` and `top_p` cannot both be specified for this model.",
    "Model grok-4 does not support parameter reasoning_effort.",
    "Unrecognized request argument supplied: reasoning_effort",
    "Argument not supported on this model: stop",
    "Thinking budget is not supported for this model",
    "Range of max_tokens should be [1, 8192]",
    "This model only supports up to 4096 completion tokens",
  ],
  unfit: [
    "image exceeds 5 MB maximum: 5339500 bytes > 5242880 bytes",
    "Image size is 24 megapixels and too large",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  ],
  filtered: [
    "Your request was rejected as a result of our safety system.",
    "Output blocked by content filtering policy",
    "Prompt blocked due to PROHIBITED_CONTENT",
    "Your prompt was flagged as potentially violating our usage policy.",
    [403, "Request blocked by guardrail: pii"],
  ],
};

for (const [kind, sentences] of Object.entries(SAID)) {
  Deno.test(`the wordings of providers for ${kind} are recognized`, () => {
    for (const said of sentences) {
      const [status, message] = typeof said === "string" ? [400, said] as const : said;
      const words = readErrorWords({ error: { message } }, 0);
      assert.equal(judgeWords(words, status)?.is, kind, message);
    }
  });
}

Deno.test("the highest value that a provider takes is read from its message", () => {
  const limits: [string, number][] = [
    ["max_tokens must be at most 4096", 4_096],
    ["max_tokens (16384) exceeds model's maximum output tokens (8192)", 8_192],
    ["max_completion_tokens is too large. Maximum: 32768", 32_768],
    ["max_tokens: 4097 is greater than the maximum 4096", 4_096],
    ["You requested up to 4096 tokens, but can only afford 1,203.", 1_203],
    ["requested 20000 output tokens, but the model can only generate 8192", 8_192],
    ["input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", 10_000],
    ["`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 7000 `inputs` tokens", 1_193],
    ["maximum context length is 32768 tokens. You requested (30000 in the messages, 3000)", 2_768],
    ["temperature: Input should be less than or equal to 1", 1],
  ];
  for (const [message, atMost] of limits) {
    const kind = judgeWords(readErrorWords(message, 0), 400);
    assert.ok(kind?.is === "parameter_refused", message);
    assert.equal(kind.refused.atMost, atMost, message);
  }
});

Deno.test("an error without a known wording is judged by its status", () => {
  for (
    const message of [
      "Bad request.",
      "Provider returned error",
      "Request contains an invalid argument.",
    ]
  ) {
    assert.equal(judgeWords(readErrorWords({ error: { message } }, 0), 400), null, message);
  }
  assert.equal(judgeStatus(400, false), "unfit");
  assert.equal(judgeStatus(400, true), "unavailable");
});
