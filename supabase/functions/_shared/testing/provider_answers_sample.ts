/** Recorded answer of a provider and the outcome expected for it. For tests. */
export interface ProviderAnswer {
  /** HTTP status. Default 200. */
  readonly status?: number;
  /** JSON, or with a `type` the text itself. */
  readonly body: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `answer <ending> <text> <USD>`; `<reason> <charge> <milliseconds to wait>` where it is tried again;
   * `<reason> [parameter] [<= limit] <charge>` where it is rejected; `fatal [when it ends]`.
   */
  readonly fair: string;
}

const GOOD = '{"total":1}';
const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

function error(status: number, body: unknown, fair: string, headers = {}): ProviderAnswer {
  return { status, body: { error: body }, fair, headers };
}
function bare(status: number, body: unknown, fair: string): ProviderAnswer {
  return { status, body, fair };
}
function page(status: number, html: string, fair: string): ProviderAnswer {
  return { status, body: html, type: "text/html", fair };
}
/** Returns an error of an upstream as OpenRouter passes it on. */
function relayed(status: number, company: string, raw: unknown, fair: string): ProviderAnswer {
  const text = typeof raw === "string" ? raw : JSON.stringify(raw);
  const metadata = { provider_name: company, raw: text };
  return error(status, { code: status, message: "Provider returned error", metadata }, fair);
}
function google(code: number, status: string, message: string, fair: string, details?: unknown) {
  const shown = details === undefined ? {} : { details };
  return bare(code, [{ error: { code, message, status, ...shown } }], fair);
}
function anthropic(status: number, type: string, message: string, fair: string): ProviderAnswer {
  return bare(status, { type: "error", error: { type, message }, request_id: "req_1" }, fair);
}
function mistral(status: number, type: string, message: unknown, fair: string, code = "3000") {
  return bare(status, { object: "error", message, type, param: null, code }, fair);
}
function vllm(status: number, message: string, fair: string): ProviderAnswer {
  return bare(status, { object: "error", message, type: "BadRequestError", code: status }, fair);
}
function says(
  message: unknown,
  finish: unknown,
  fair: string,
  usage: unknown = USAGE,
  more: Readonly<Record<string, unknown>> = {},
): ProviderAnswer {
  return {
    body: { id: "c-1", choices: [{ index: 0, finish_reason: finish, message }], usage, ...more },
    fair,
  };
}

const OK = `answer stop ${JSON.stringify(GOOD)}`;

/**
 * Answers as providers write them, put into words of our own after public reports and documentation,
 * none with a real key or id.
 */
export const PROVIDER_ANSWERS: Readonly<Record<string, ProviderAnswer>> = {
  // Account: credit, bills, spending limits, keys.
  "Anthropic's credit is used up, with 400": anthropic(
    400,
    "invalid_request_error",
    "Your credit balance is too low to access the API. Go to Plans & Billing to buy credits.",
    "fatal",
  ),
  "Anthropic's usage limit ends on a day": anthropic(
    400,
    "invalid_request_error",
    "You have reached your specified API usage limits. You will regain access on 2126-12-01 at 00:00 UTC.",
    "fatal 2126-12-01T00:00:00.000Z",
  ),
  "Anthropic does not know the key": anthropic(
    401,
    "authentication_error",
    "invalid x-api-key",
    "fatal",
  ),
  "Anthropic's organisation was disabled": anthropic(
    400,
    "invalid_request_error",
    "This organization has been disabled.",
    "fatal",
  ),
  "OpenAI's quota needs a payment": error(429, {
    message: "You exceeded your current quota, please check your plan and billing details.",
    type: "insufficient_quota",
    code: "insufficient_quota",
  }, "fatal"),
  "OpenAI's hard limit was reached": error(400, {
    message: "Billing hard limit has been reached",
    type: "invalid_request_error",
    code: "billing_hard_limit_reached",
  }, "fatal"),
  "OpenAI's account is not active": error(429, {
    message: "Your account is not active, please check your billing details on our website.",
    type: "billing_not_active",
    code: "billing_not_active",
  }, "fatal"),
  "xAI's team has no credits, in an error that is a string": bare(403, {
    code: "The caller does not have permission to execute the specified operation",
    error: "Your team 11111111-2222-4333-8444-555555555555 has either used all available credits " +
      "or reached its monthly spending limit.",
  }, "fatal"),
  "xAI's team has no credits, with 429": error(
    429,
    "Your team has used all available credits. Purchase more credits or raise your spending limit.",
    "fatal",
  ),
  "xAI does not know the key, with 400": bare(400, {
    code: "Client specified an invalid argument",
    error: "Incorrect API key provided: sk***00. You can obtain an API key from the console.",
  }, "fatal"),
  "DeepSeek's balance is used up": error(402, {
    message: "Insufficient Balance",
    type: "unknown_error",
    code: "invalid_request_error",
  }, "fatal"),
  "Together's credit limit is exceeded": error(402, {
    message: "Credit limit exceeded, please add a payment method.",
    type: "credit_limit",
    code: null,
  }, "fatal"),
  "Fireworks has suspended the account, with 412": error(412, {
    object: "error",
    message: "Account acme is suspended, possibly due to reaching the monthly spending limit.",
    code: "PRECONDITION_FAILED",
  }, "fatal"),
  "Google's key is not valid, in an array": google(
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    "fatal",
    [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }],
  ),
  "Google's key has leaked": google(
    403,
    "PERMISSION_DENIED",
    "Your API key was reported as leaked. Please use another API key.",
    "fatal",
  ),
  "Google's API is not enabled": google(
    403,
    "PERMISSION_DENIED",
    "Generative Language API has not been used in project 1 before or it is disabled.",
    "fatal",
    [{ reason: "SERVICE_DISABLED" }],
  ),
  "Groq's organisation was restricted": error(400, {
    message: "Organization has been restricted. Please reach out to support.",
    type: "invalid_request_error",
    code: "organization_restricted",
  }, "fatal"),
  "Mistral only says unauthorised": bare(401, { detail: "Unauthorized" }, "fatal"),
  "OpenRouter's account never had credits": error(
    402,
    { code: 402, message: "Insufficient credits. This account never purchased credits." },
    "fatal",
  ),
  "OpenRouter's key has reached its own limit": error(
    403,
    {
      code: 403,
      message: "Key limit exceeded (monthly limit). Manage it using the settings page.",
    },
    "fatal",
  ),
  "a LiteLLM proxy's budget is exceeded, with 400": error(400, {
    message: "Budget has been exceeded! Current cost: 10.01, Max budget: 10.0",
    type: "budget_exceeded",
    code: "400",
  }, "fatal"),
  "DashScope's bill is overdue, with 400": error(400, {
    message: "Access denied, please make sure your account is in good standing.",
    type: "Arrearage",
    code: "Arrearage",
  }, "fatal"),
  "Azure does not know the key": error(401, {
    code: "401",
    message: "Access denied due to invalid subscription key or wrong API endpoint.",
  }, "fatal"),
  "Azure's firewall blocks the call": error(403, {
    code: "403",
    message: "Access denied due to Virtual Network/Firewall rules.",
  }, "fatal"),
  "a lack of credit comes inside HTTP 200": error(
    200,
    { code: 402, message: "no credit" },
    "fatal",
  ),
  "one upstream of OpenRouter has no credit with our own key": relayed(
    400,
    "Anthropic",
    { type: "error", error: { message: "Your credit balance is too low to access the API." } },
    "unavailable none",
  ),

  // Too many requests or tokens, with any status.
  "Groq's tier allows fewer tokens a minute than the request needs, with 413": error(413, {
    message: "Request too large for model in service tier on_demand on tokens per minute (TPM): " +
      "Limit 8000, Requested 9050, please reduce your message size.",
    type: "tokens",
    code: "rate_limit_exceeded",
  }, "unavailable none"),
  "OpenAI's tier allows fewer tokens a minute than the request needs, with 429": error(429, {
    message: "Request too large for gpt-x on tokens per min (TPM): Limit 30000, Requested 34472.",
    type: "tokens",
    code: "rate_limit_exceeded",
  }, "unavailable none"),
  "Groq's tokens per minute are used up, with a wait in words": error(429, {
    message: "Rate limit reached for model on tokens per minute (TPM): Limit 6000, Used 5500, " +
      "Requested 900. Please try again in 4.25s. Need more tokens? Upgrade in the billing settings.",
    type: "tokens",
    code: "rate_limit_exceeded",
  }, "busy none 4250"),
  "Groq's flexible tier is full, with 498": error(498, {
    message: "Flex tier capacity exceeded",
    type: "capacity_exceeded",
    code: "capacity_exceeded",
  }, "busy none null"),
  "Google gives its wait in an array's details": google(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details. " +
      "Please retry in 33.4s.",
    "busy none 34000",
    [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34s" }],
  ),
  "Google's daily limit is used up, with a wait of seconds": google(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota. Please retry in 12s.",
    "busy none 3600000",
    [{ violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }] }],
  ),
  "Google's free tier has no quota for the model": google(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota. * Quota exceeded for metric: free_tier_requests, limit: 0, " +
      "model: gemini-x Please retry in 20s.",
    "unavailable none",
  ),
  "Mistral's tier is full": mistral(
    429,
    "service_tier_capacity_exceeded",
    "Service tier capacity exceeded for this model.",
    "busy none null",
    "3505",
  ),
  "Azure gives a long wait in words": error(429, {
    code: "429",
    message:
      "Requests to this operation have exceeded call rate limit of your current S0 pricing " +
      "tier. Please retry after 60 seconds.",
  }, "busy none 60000"),
  "Anthropic's limit comes with its header": {
    ...anthropic(
      429,
      "rate_limit_error",
      "This request would exceed your organization's rate limit of 30,000 input tokens per minute. " +
        "Reduce the prompt length or the maximum tokens requested, or try again later.",
      "busy none 17000",
    ),
    headers: { "retry-after": "17" },
  },
  "Cerebras gives its wait in seconds": error(429, {
    message: "Requests per second limit exceeded - too many requests sent.",
    type: "too_many_requests_error",
    param: "quota",
    code: "request_quota_exceeded",
  }, "busy none null"),
  "Cerebras's queue is full": error(429, {
    message: "We're experiencing high traffic right now! Please try again soon.",
    type: "too_many_requests_error",
    param: "queue",
    code: "queue_exceeded",
  }, "busy none null"),
  "an upstream of OpenRouter is busy": relayed(
    429,
    "BaseTen",
    "acme/model is temporarily rate-limited upstream. Please retry shortly.",
    "busy none null",
  ),
  "an upstream is busy inside HTTP 200, before it ran": error(
    200,
    { code: 429, message: "Rate limited upstream", metadata: { raw: "slow down" } },
    "busy none null",
  ),
  "Bedrock throttles with 400": bare(
    400,
    { __type: "ThrottlingException", message: "Too many tokens, please wait before trying again." },
    "busy none null",
  ),
  "a rate limit comes with 503": error(503, {
    message: "Rate limit exceeded, retry in 2 minutes.",
    type: "rate_limit",
  }, "busy none 120000"),

  // Failures of the provider.
  "Anthropic is overloaded": anthropic(529, "overloaded_error", "Overloaded", "server none null"),
  "Google is overloaded": google(
    503,
    "UNAVAILABLE",
    "The model is overloaded. Please try again later.",
    "server none null",
  ),
  "LM Studio has unloaded the model, in a string inside HTTP 200": {
    body: { error: "Model unloaded." },
    fair: "server unknown null",
  },
  "Ollama's model has crashed": bare(
    500,
    {
      error: { message: "model runner has unexpectedly stopped: out of memory", type: "api_error" },
    },
    "server none null",
  ),
  "Cloudflare answers with its error page": page(
    520,
    "<html><head><title>520: Web server is returning an unknown error</title></head></html>",
    "server none null",
  ),
  "Cloudflare checks for a robot": page(
    403,
    "<!DOCTYPE html><html><title>Just a moment...</title></html>",
    "server none null",
  ),
  "Cloudflare's wait timed out": page(
    524,
    "<title>524: A timeout occurred</title>",
    "timeout unknown null",
  ),
  "FastAPI answers 500": bare(500, { detail: "Internal Server Error" }, "server none null"),
  "a gateway times out in plain text": {
    status: 504,
    body: "upstream request timeout",
    type: "text/plain",
    fair: "timeout unknown null",
  },

  // The model is not open to us.
  "OpenRouter does not know the id": error(
    400,
    { code: 400, message: "vendor/gone-1 is not a valid model ID" },
    "unavailable none",
  ),
  "OpenRouter has no endpoint for the model": error(
    404,
    { code: 404, message: "No endpoints found for vendor/gone-1." },
    "unavailable none",
  ),
  "OpenRouter has no endpoint that our data policy allows": error(404, {
    code: 404,
    message: "No endpoints available matching your guardrail restrictions and data policy. " +
      "Configure: https://openrouter.ai/settings/privacy",
  }, "unavailable none"),
  "OpenRouter has no endpoint that reads images": error(
    404,
    { code: 404, message: "No endpoints found that support image input" },
    "unavailable none",
  ),
  "OpenRouter has no endpoint available now": error(503, {
    code: 503,
    message: "There is no available model provider that meets your routing requirements",
  }, "unavailable none"),
  "Groq has retired the model": error(400, {
    message: "The model `gone-1` has been decommissioned and is no longer supported.",
    type: "invalid_request_error",
    code: "model_decommissioned",
  }, "unavailable none"),
  "Groq wants the model's terms accepted": error(400, {
    message: "The model requires terms acceptance. Have the org admin accept the terms.",
    type: "invalid_request_error",
    code: "model_terms_required",
  }, "unavailable none"),
  "OpenAI does not offer the model to this project": error(403, {
    message: "Project `proj_1` does not have access to model `gpt-x`",
    type: "invalid_request_error",
    code: "model_not_found",
  }, "unavailable none"),
  "OpenAI requires a verified organisation": error(400, {
    message: "Your organization must be verified to use the model `gpt-x`.",
    type: "invalid_request_error",
    code: null,
  }, "unavailable none"),
  "OpenAI is not available in this country": error(403, {
    message: "Country, region, or territory not supported",
    type: "request_forbidden",
    code: "unsupported_country_region_territory",
  }, "unavailable none"),
  "Google is not available in this location": google(
    400,
    "FAILED_PRECONDITION",
    "User location is not supported for the API use.",
    "unavailable none",
  ),
  "Google does not know the model": google(
    404,
    "NOT_FOUND",
    "models/gemini-x is not found for API version v1main, or is not supported for generateContent.",
    "unavailable none",
  ),
  "Mistral does not know the model": mistral(
    400,
    "invalid_model",
    "Invalid model: gone-1",
    "unavailable none",
    "1500",
  ),
  "Anthropic does not know the model": anthropic(
    404,
    "not_found_error",
    "model: gone-1",
    "unavailable none",
  ),
  "Azure does not know the deployment": error(404, {
    code: "DeploymentNotFound",
    message: "The API deployment for this resource does not exist.",
  }, "unavailable none"),
  "Ollama has not pulled the model": bare(
    404,
    { error: "model 'x' not found, try pulling it first" },
    "unavailable none",
  ),
  "vLLM serves another model": bare(404, {
    object: "error",
    message: "The model `x` does not exist.",
    type: "NotFoundError",
    code: 404,
  }, "unavailable none"),
  "xAI does not offer the model to this team": bare(404, {
    code: "Some requested entity was not found",
    error: "The model grok-x does not exist or your team does not have access to it.",
  }, "unavailable none"),
  "vLLM's model reads no images": vllm(
    400,
    "acme/text-1 is not a multimodal model",
    "unavailable none",
  ),
  "LM Studio's model reads no images": bare(
    400,
    { error: "Model does not support images. Please use a model that does." },
    "unavailable none",
  ),
  "a web server is at the address": page(
    404,
    "<html>404 Not Found nginx</html>",
    "unavailable none",
  ),
  "a proxy asks to sign in, with 200": page(200, "<html>Please sign in</html>", "unavailable none"),
  "a proxy refuses a body of this size": page(
    413,
    "<html><head><title>413 Request Entity Too Large</title></head></html>",
    "unavailable none",
  ),

  // The image's address.
  "OpenAI's download timed out": error(400, {
    message: "Timeout while downloading https://x.supabase.co/storage/v1/object/sign/a.png.",
    type: "invalid_request_error",
    code: "invalid_image_url",
  }, "image_unreadable none"),
  "OpenAI's download was answered 401": error(400, {
    message: "Error while downloading https://x.supabase.co/a.png. Upstream status code: 401.",
    type: "invalid_request_error",
    code: null,
  }, "image_unreadable none"),
  "Anthropic could not download the image": anthropic(
    400,
    "invalid_request_error",
    "Unable to download the file. Please verify the URL and try again.",
    "image_unreadable none",
  ),
  "Anthropic obeys robots.txt": anthropic(
    400,
    "invalid_request_error",
    "This URL is disallowed by the website's robots.txt file so it cannot be accessed.",
    "image_unreadable none",
  ),
  "Google could not fetch the image": google(
    400,
    "INVALID_ARGUMENT",
    "Cannot fetch content from the provided URL. Please ensure the URL is valid.",
    "image_unreadable none",
  ),
  "Google could not process the image": google(
    400,
    "INVALID_ARGUMENT",
    "Unable to process input image. Please retry or report the problem.",
    "image_unreadable none",
  ),
  "Groq could not retrieve the image": error(400, {
    message: "failed to retrieve media: received status code: 403",
    type: "invalid_request_error",
  }, "image_unreadable none"),
  "Mistral could not load the image, with 500": mistral(
    500,
    "invalid_request_error",
    "Image https://x.supabase.co/a.png could not be loaded from url",
    "image_unreadable none",
  ),
  "vLLM could not load the image, with 500": bare(
    500,
    { object: "error", message: "Failed to load image: 404, url='https://x.supabase.co/a.png'" },
    "image_unreadable none",
  ),
  "LM Studio requires the image as bytes": bare(
    400,
    { error: "'url' field must be a base64 encoded image." },
    "image_unreadable none",
  ),
  "OpenRouter relays that OpenAI's download timed out": relayed(
    400,
    "OpenAI",
    { error: { message: "Timeout while downloading https://x/a.png", code: "invalid_image_url" } },
    "image_unreadable none",
  ),
  "xAI does not recognize the PNG": bare(
    400,
    { code: "Client specified an invalid argument", error: "Invalid PNG image." },
    "image_unreadable none",
  ),

  // The schema.
  "OpenAI does not take a format": error(400, {
    message: "Invalid schema for response_format 'extraction': In context=('properties', 'url'), " +
      "'uri' is not a valid format.",
    type: "invalid_request_error",
    param: "response_format",
    code: null,
  }, "schema_refused none"),
  "Google does not know a keyword": google(
    400,
    "INVALID_ARGUMENT",
    'Invalid JSON payload received. Unknown name "additionalProperties" at ' +
      "'generation_config.response_schema': Cannot find field.",
    "schema_refused none",
  ),
  "Google's automaton grows too large": google(
    400,
    "INVALID_ARGUMENT",
    "The specified schema produces a constraint that has too many states for serving.",
    "schema_refused none",
  ),
  "Groq's model takes no schema": error(400, {
    message: "This model does not support response format `json_schema`.",
    type: "invalid_request_error",
    param: "response_format",
  }, "schema_refused none"),
  "DeepSeek takes no schema": error(400, {
    message: "This response_format type is unavailable now",
    type: "invalid_request_error",
    code: "invalid_request_error",
  }, "schema_refused none"),
  "OpenRouter finds no endpoint that enforces a schema": error(404, {
    code: 404,
    message: "No endpoints found that can handle the requested parameters.",
  }, "schema_refused none"),
  "llama.cpp cannot make a grammar of it": error(400, {
    code: 400,
    message: "failed to parse grammar",
    type: "invalid_request_error",
  }, "schema_refused none"),

  // Parameters and limits.
  "OpenAI does not take a temperature of 0": error(400, {
    message: "Unsupported value: 'temperature' does not support 0 with this model. " +
      "Only the default (1) value is supported.",
    type: "invalid_request_error",
    param: "temperature",
    code: "unsupported_value",
  }, "parameter_refused temperature none"),
  "OpenAI requires the limit's other name": error(400, {
    message: "Unsupported parameter: 'max_tokens' is not supported with this model. " +
      "Use 'max_completion_tokens' instead.",
    type: "invalid_request_error",
    param: "max_tokens",
    code: "unsupported_parameter",
  }, "parameter_refused max_tokens use max_completion_tokens none"),
  "OpenAI's model allows fewer tokens": error(400, {
    message: "max_tokens is too large: 16384. This model supports at most 8192 completion tokens.",
    type: "invalid_request_error",
    param: "max_tokens",
    code: "invalid_value",
  }, "parameter_refused max_tokens <= 8192 none"),
  "Anthropic's model allows fewer tokens": anthropic(
    400,
    "invalid_request_error",
    "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for claude-x",
    "parameter_refused max_tokens <= 8192 none",
  ),
  "DeepSeek gives a range": error(400, {
    message: "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    type: "invalid_request_error",
  }, "parameter_refused max_tokens <= 8192 none"),
  "Google gives an open range": google(
    400,
    "INVALID_ARGUMENT",
    "Unable to submit request because it has a maxOutputTokens value of 16384 but the supported " +
      "range is from 1 (inclusive) to 8193 (exclusive).",
    "parameter_refused maxOutputTokens <= 8192 none",
  ),
  "Groq gives the model's maximum": error(400, {
    message:
      "`max_completion_tokens` must be less than or equal to `8192`, the maximum value for " +
      "this model",
    type: "invalid_request_error",
    param: "max_completion_tokens",
  }, "parameter_refused max_completion_tokens <= 8192 none"),
  "Mistral does not take a seed": mistral(
    422,
    "invalid_request_error",
    {
      detail: [{
        type: "extra_forbidden",
        loc: ["body", "seed"],
        msg: "Extra inputs are not permitted",
      }],
    },
    "parameter_refused seed none",
  ),
  "Cerebras does not know a property": error(400, {
    message: "property 'frequency_penalty' is unsupported",
    type: "invalid_request_error",
    param: "validation_error",
    code: "wrong_api_format",
  }, "parameter_refused frequency_penalty none"),
  "OpenRouter's credit covers fewer tokens": error(402, {
    code: 402,
    message: "This request requires more credits, or fewer max_tokens. " +
      "You requested up to 16384 tokens, but can only afford 9919.",
  }, "parameter_refused max_tokens <= 9919 none"),
  "vLLM's context leaves less room": vllm(
    400,
    "This model's maximum context length is 8192 tokens. However, you requested 2048 output tokens " +
      "and your prompt contains 7000",
    "parameter_refused max_tokens <= 1192 none",
  ),
  "OpenRouter's context leaves less room": error(400, {
    code: 400,
    message:
      "This endpoint's maximum context length is 8192 tokens. However, you requested about " +
      "9148 tokens (6000 of text input, 1100 of image input, 2048 in the output).",
  }, "parameter_refused max_tokens <= 1092 none"),

  // Requests that the model cannot take.
  "the prompt is longer than the context": anthropic(
    400,
    "invalid_request_error",
    "prompt is too long: 207368 tokens > 200000 maximum",
    "unfit none",
  ),
  "Anthropic takes images up to 5 MB": anthropic(
    400,
    "invalid_request_error",
    "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6300000 bytes",
    "unfit none",
  ),
  "Anthropic limits pixels": anthropic(
    400,
    "invalid_request_error",
    "At least one of the image dimensions exceed max allowed size: 8000 pixels",
    "unfit none",
  ),

  // Filters.
  "Azure's filter blocks the prompt": error(400, {
    message: "The response was filtered due to the prompt triggering content management policy.",
    code: "content_filter",
    status: 400,
    innererror: { code: "ResponsibleAIPolicyViolation" },
  }, "filtered none"),
  "OpenRouter relays Azure's filter": relayed(
    400,
    "Azure",
    { error: { message: "The response was filtered.", code: "content_filter" } },
    "filtered none",
  ),
  "OpenRouter's moderation blocks the image": error(403, {
    code: 403,
    message: "Input was flagged",
    metadata: { reasons: ["violence"], flagged_input: "…", provider_name: "OpenAI" },
  }, "filtered none"),
  "DeepSeek sees a content risk": error(400, {
    message: "Content Exists Risk",
    type: "invalid_request_error",
  }, "filtered none"),
  "DashScope's inspection blocks the content": error(400, {
    message: "Input data may contain inappropriate content.",
    code: "data_inspection_failed",
  }, "filtered none"),

  // Answers, and texts that are not.
  "Groq's failed generation is the answer": error(400, {
    message: "Failed to validate JSON. Please adjust your prompt. See 'failed_generation'.",
    type: "invalid_request_error",
    code: "json_validate_failed",
    failed_generation: GOOD,
  }, `${OK} null`),
  "Groq's failed generation was cut off": error(400, {
    message: "Failed to validate JSON. max completion tokens reached before a valid document",
    type: "invalid_request_error",
    code: "json_validate_failed",
    failed_generation: "",
  }, 'answer length "" null'),
  "OpenAI's limit was used up by thinking, in an error": error(400, {
    message: "Could not finish the message because max_tokens or model output limit was reached. " +
      "Please try again with higher max_tokens.",
    type: "invalid_request_error",
    param: null,
    code: null,
  }, 'answer length "" null'),
  "content is an array of parts that includes thinking": says(
    {
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
        { type: "text", text: GOOD },
      ],
    },
    "stop",
    `${OK} 0.004`,
  ),
  "the answer is in the field for thinking": says(
    { content: null, reasoning_content: GOOD },
    "stop",
    `${OK} 0.004`,
  ),
  "thinking alone is no answer": says(
    { content: "", reasoning_content: "The total is" },
    "stop",
    'answer stop "" 0.004',
  ),
  "all tokens were spent on thinking": says({ content: "" }, "length", 'answer length "" 0.02348', {
    prompt_tokens: 1000,
    completion_tokens: 2048,
    completion_tokens_details: { reasoning_tokens: 2048 },
  }),
  "Google counts no thinking as completion": says({}, "length", 'answer length "" 0.02348', {
    prompt_tokens: 1000,
    completion_tokens: 0,
    total_tokens: 3048,
  }),
  "the limit ends an answer, in Mistral's words": says(
    { content: '{"tot' },
    "model_length",
    'answer length "{\\"tot" 0.004',
  ),
  "the limit ends an answer, in Anthropic's words": says(
    { content: '{"tot' },
    "max_tokens",
    'answer length "{\\"tot" 0.004',
  ),
  "the limit ends an answer, in Google's words": says(
    { content: '{"tot' },
    "MAX_TOKENS",
    'answer length "{\\"tot" 0.004',
  ),
  "Google withholds the answer for safety": says({}, "SAFETY", 'answer filtered "" 0.003', {
    prompt_tokens: 1000,
    completion_tokens: 0,
    total_tokens: 1000,
  }),
  "Google withholds a recitation": says(
    { content: '{"total":' },
    "content_filter: RECITATION",
    'answer filtered "{\\"total\\":" 0.004',
  ),
  "Google's own reason comes with a normalised one": says(
    { content: "" },
    "stop",
    'answer filtered "" 0.003',
    { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 },
    {
      choices: [{ finish_reason: "stop", native_finish_reason: "PROHIBITED_CONTENT", message: {} }],
    },
  ),
  "Anthropic's model refuses": says({ content: "" }, "refusal", 'answer refusal "" 0.004'),
  "OpenAI's model refuses in a part of the content": says(
    { content: [{ type: "refusal", refusal: "I cannot." }] },
    "stop",
    'answer refusal "I cannot." 0.004',
  ),
  "DeepSeek's machines are out of resources": says(
    { content: '{"tot' },
    "insufficient_system_resource",
    "server unknown null",
  ),
  "SGLang aborts": says({ content: '{"tot' }, "abort", "server unknown null"),
  "Google's model makes a malformed function call": says(
    { content: "" },
    "error",
    "server none null",
    { prompt_tokens: 1000, completion_tokens: 0, cost: 0 },
    { native_finish_reason: "MALFORMED_RESPONSE" },
  ),
  "no reason is given and the answer is whole": says({ content: GOOD }, null, `${OK} 0.004`),
  "no reason is given and the answer breaks off": says(
    { content: '{"tot' },
    null,
    "server unknown null",
  ),
  "Google withholds the prompt without a choice": {
    body: { choices: [], usage: { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 } },
    fair: "filtered unknown",
  },
  "Google's answer has no choices": {
    body: { object: "chat.completion", usage: { prompt_tokens: 1000, total_tokens: 1000 } },
    fair: "filtered unknown",
  },
  "an upstream breaks off midway and states its cost": {
    body: {
      choices: [{
        finish_reason: "error",
        error: { code: 502, message: "Upstream broke" },
        message: { content: '{"to' },
      }],
      usage: { prompt_tokens: 1000, completion_tokens: 40, cost: 0.004 },
    },
    fair: "server unknown null",
  },
  "an empty error beside a good answer": says({ content: GOOD }, "stop", `${OK} 0.004`, USAGE, {
    error: {},
  }),
  "an empty string of an error beside a good answer": says(
    { content: GOOD },
    "stop",
    `${OK} 0.004`,
    USAGE,
    { error: "" },
  ),
  "Mistral's error comes with HTTP 200": {
    body: { object: "error", message: "Service unavailable", type: "internal_server_error" },
    fair: "server unknown null",
  },
  "JSON comes with the content type text": {
    body: `\n\n  ${
      JSON.stringify({
        choices: [{ finish_reason: "stop", message: { content: GOOD } }],
        usage: USAGE,
      })
    }`,
    type: "text/plain",
    fair: `${OK} 0.004`,
  },
  "a stream comes although none was requested": {
    body: [
      { model: "m", choices: [{ delta: { content: '{"tot' } }] },
      { choices: [{ delta: { content: 'al":1}' }, finish_reason: "stop" }] },
      { choices: [], usage: USAGE },
    ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") + "data: [DONE]\n\n",
    type: "text/event-stream",
    fair: `${OK} 0.004`,
  },
  "the body is not JSON": { body: "{oops", type: "application/json", fair: "garbled unknown null" },

  // Costs.
  "thinking is not in completion_tokens": says({ content: GOOD }, "stop", `${OK} 0.034`, {
    prompt_tokens: 1000,
    completion_tokens: 100,
    total_tokens: 4100,
  }),
  "xAI gives no total": says({ content: GOOD }, "stop", `${OK} 0.034`, {
    prompt_tokens: 1000,
    completion_tokens: 100,
    completion_tokens_details: { reasoning_tokens: 3000 },
  }),
  "completion_tokens are missing": says({ content: GOOD }, "stop", `${OK} 0.00705`, {
    prompt_tokens: 1000,
    total_tokens: 1405,
  }),
  "writing the cache costs a quarter more": says({ content: GOOD }, "stop", `${OK} 0.0470335`, {
    prompt_tokens: 18014,
    completion_tokens: 100,
    total_tokens: 18114,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 18011 },
  }),
  "Anthropic's cache is written and read": says({ content: GOOD }, "stop", `${OK} 0.0043`, {
    prompt_tokens: 1000,
    completion_tokens: 100,
    cache_creation_input_tokens: 800,
    cache_read_input_tokens: 100,
  }),
  "counts are null and a cost is stated": says({ content: GOOD }, "stop", `${OK} 0.0123`, {
    prompt_tokens: null,
    completion_tokens: null,
    total_tokens: "n/a",
    cost: 0.0123,
  }),
  "an unknown detail does not lose the cost": says({ content: GOOD }, "stop", `${OK} 0.02`, {
    prompt_tokens: -1,
    completion_tokens: {},
    prompt_tokens_details: "none",
    cost: "0.02",
  }),
  "the cost is an object": says({ content: GOOD }, "stop", `${OK} 0.01`, {
    prompt_tokens: 1000,
    completion_tokens: 100,
    cost: { input_tokens_cost: 0.004, total_cost: 0.01 },
  }),
  "our own key at an upstream without its price is not free": says(
    { content: GOOD },
    "stop",
    `${OK} null`,
    { ...USAGE, cost: 0, is_byok: true, cost_details: { upstream_inference_cost: null } },
  ),
  "our own key at an upstream with its price": says({ content: GOOD }, "stop", `${OK} 0.021`, {
    ...USAGE,
    cost: 0.001,
    is_byok: true,
    cost_details: { upstream_inference_cost: 0.02 },
  }),
};
