import type { RefusedParameter, RejectionReason } from "../calls/model_call.ts";
import type { ErrorWords } from "./provider_error_words.ts";

/** Kind of error that a provider's wording stands for. */
export type ErrorKind =
  | { readonly is: "account" | "busy" | "server" | "timeout" }
  | { readonly is: Exclude<RejectionReason, "parameter_refused" | "cut_by_limit"> }
  | { readonly is: "parameter_refused"; readonly refused: RefusedParameter };

/** One kind of trouble and how providers say it. */
interface Rule {
  readonly codes?: readonly string[];
  readonly words?: readonly RegExp[];
  /** Words that show that it is something else. */
  readonly unless?: RegExp;
  /** Statuses at which the words mean it; absent, all. */
  readonly at?: (status: number) => boolean;
}

const isRefusal = (status: number) => status < 500;

/**
 * The image could not be downloaded or read. Comes first: what the download met with (401, "timed
 * out", "too many requests") is no trouble between us and the provider.
 */
const IMAGE_RULE: Rule = {
  codes: [
    "invalid_image_url",
    "invalid_base64_image",
    "image_parse_error",
    "invalid_image",
    "invalid_image_format",
    "image_download_error",
    "failed_to_download_image",
    "image_fetch_error",
    "invalid_base64",
  ],
  words: [
    /(could ?n[o']t|can ?n[o']t|cannot|unable to|failed to|failure|error|errors|timeout|timed out)[^.\n]{0,40}\b(download|fetch|retriev|load|access|open|read|decod|pars|process|identify|resolv|reach)\w*\b[^.\n]{0,50}\b(image|media|multi-?modal|picture|file|url)/i,
    /\b(error|timeout|timed out|failed|failure|unable)\b[^.\n]{0,30}\bdownload\w* https?:/i,
    /\b(image|media|picture|file)s? (url )?(download|fetch|retrieval|loading|decoding|processing) (has )?(failed|error|timed out)/i,
    /\b(image|media|picture|file)s?\b[^.\n]{0,60}\b(could ?n[o']t|can ?n[o']t|cannot|unable to|failed to|is not) (be )?(download|fetch|retriev|load|access|open|read|decod|pars|process|identif|reach|valid)/i,
    /\b(invalid|corrupt(ed)?|malformed|broken|truncated|unsupported|illegal|bad|incorrect) (png|jpe?g|webp|gif|image|picture|base64|media)\b/i,
    /\bbase64\b[^.\n]{0,60}\b(decod|invalid|illegal|only|required|must|encoded image)/i,
    /\b(must|should|has to|needs to|only)\b[^.\n]{0,60}\b(base64|data ur[il])/i,
    /(external|remote|http|https|image)[- ]?(image )?urls?[^.\n]{0,30}(not|n't|un)[ -]?(yet )?(supported|allowed|accepted)/i,
    /does ?n[o']t support[^.\n]{0,30}\burls?\b/i,
    /only https urls/i,
    /disallowed by the website'?s robots|url_(roboted|rejected|error|unreachable|timeout)/i,
    /invalid image[_ ]?url|invalid url\b(?! \()/i,
    /\b(fetch|download|retriev|load|read|open|decod|pars)ing (the |an? )?(image|media|picture|file|url)/i,
    /\b(download|fetch|retriev)\w*\b[^.\n]{0,30}\b(image|media|multi-?modal|picture|file)s?\b[^.\n]{0,30}\b(timed? ?out|timeout|fail|error|denied|not found)/i,
    /\b(images?|media|file)(_url)?s?\b[^.\n]{0,60}\b(unreachable|inaccessible|not (be )?(found|accessible|reachable)|public(ly)? url)/i,
    /unsupported (mime|media|file|content)[ -]?type/i,
    // aiohttp's words, by way of vLLM.
    /message='[^']*', url=/i,
  ],
  // Read, and too large or of a kind that the model does not take.
  unless:
    /\b(image|picture|dimensions?)\b[^.\n]{0,60}\b((?<!deadline )exceed|too (large|big|small)|larger than|smaller than)|at most \d+ images?|too many images|image (input|content)s? (is|are) not supported|not a multimodal/i,
};

/** The image itself is beyond what the model takes. */
const IMAGE_SIZE_RULE: Rule = {
  codes: ["image_too_large", "request_too_large", "string_above_max_length"],
  words: [
    /\b(images?|picture|dimensions?|pixels|aspect ratio)\b[^.\n]{0,80}\b((?<!deadline )exceed|too (large|big|small)|larger than|smaller than|max(imum)? (allowed )?(size|dimension))/i,
    /at most \d+ images?|too many images/i,
  ],
};

/** This model is not to be had with this key, said so that no other kind is meant. */
const NAMED_MODEL_RULE: Rule = {
  codes: [
    "model_not_found",
    "model_decommissioned",
    "model_deprecated",
    "model_retired",
    "model_not_available",
    "model_not_supported",
    "model_not_allowed",
    "model_terms_required",
    "model_permission_blocked_org",
    "model_permission_blocked_project",
    "model_access_denied",
    "invalid_model",
    "invalid_model_error",
    "unknown_model",
    "deploymentnotfound",
    "unsupported_country_region_territory",
  ],
  words: [
    /model[^.\n]{0,40} requires terms/i,
    /is not a valid model( id)?\b/i,
    /user location is not supported|(country|region|territory|location)[^.\n]{0,40}not (supported|available)|not (supported|available) in your (country|region|location)/i,
    /no endpoints? (found|available)(?! that can handle the requested parameters)/i,
    /\b(matching|violates?) your (data|guardrail|privacy)/i,
    /not (yet )?available (for|on|with|to) (this|your) (subscription|plan|tier|account)|extra usage is required/i,
    /no allowed providers|meets your routing requirements/i,
  ],
};

/** Google's way of saying that our tier has nothing of this model. */
const LIMIT_ZERO = /quota exceeded[\s\S]*\blimit: 0\b/i;

/** OpenRouter's caps on free models; its words go on to offer credits. */
const FREE_CAP = /free-models-per-(day|min)/i;

const ACCOUNT_RULE: Rule = {
  codes: [
    "insufficient_quota",
    "insufficient_balance",
    "insufficient_credits",
    "insufficient_funds",
    "credit_limit",
    "credits_exhausted",
    "balance_depleted",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "billing_disabled",
    "payment_required",
    "arrearage",
    "budget_exceeded",
    "spend_limit_reached",
    "usage_limit_reached",
    "account_deactivated",
    "account_suspended",
    "account_disabled",
    "access_terminated",
    "access_terminated_error",
    "invalid_key",
    "expiredtokenexception",
    "unrecognizedclientexception",
    "organization_restricted",
    "organization_disabled",
    "organization_deactivated",
    "invalid_api_key",
    "wrong_api_key",
    "incorrect_api_key",
    "expired_api_key",
    "api_key_invalid",
    "api_key_expired",
    "api_key_service_blocked",
    "api_key_http_referrer_blocked",
    "api_key_ip_address_blocked",
    "authentication_error",
    "invalid_authentication",
    "invalid_authentication_error",
    "ip_not_authorized",
    "service_disabled",
    "consumer_suspended",
  ],
  words: [
    // Credit.
    /credit balance|(insufficient|not enough|out of|no (remaining|usable|more|available)|low on) (account )?(credits?|balance|funds)|(not|n't) have (enough|any|sufficient) (credits?|balance|funds|quota)/i,
    /(account|your|current) (credit )?balance[^.\n]{0,30}(low|insufficient|empty|negative|not enough|exhausted|depleted)|balance (is )?(depleted|exhausted|insufficient|too low|not enough)/i,
    /(requires?|purchase|buy|never purchased) (more |additional )?credits|top[ -]?up/i,
    /credits?( limit)? (has |have )?(been )?(exhausted|depleted|exceeded|used up|expired|r[au]n out)|used all (of )?(your |its |the )?(available |monthly )?(included )?credits|run out of credits?/i,
    /prepa(id|yment) credits?/i,
    // Bills.
    /trial (period )?(has |is )?(expired|ended|over)|(invalid|expired) subscription|renew your subscription|subscription (has )?(expired|ended|lapsed)/i,
    /billing (hard |soft )?(limit|account|is|has|status|issue|not active|inactive)|billing to be enabled|(enable|set ?up|activate|add) billing|billing must be/i,
    /\bcard (was |has been )?declined|payment (is )?required|(add|valid|update|missing|no) (a |your )?(valid )?payment method|unpaid|past due|overdue|outstanding (balance|invoice)|delinquent|arrears/i,
    // Limits on what may be spent.
    /spend(ing)?[ _-]*(limit|cap|budget)|usage[ _-]limits?|(monthly|weekly|annual) (spend|budget|usage|quota|limit|allowance)|budget (has been |was |is )?(exceeded|exhausted|reached)|exceeded (your|the|its) (monthly |daily )?budget|key limit exceeded/i,
    // Keys.
    /api[ _-]?key[^.\n]{0,40}(not valid|invalid|expired|leaked|revoked|disabled|deleted|suspended|not found|missing|required|blocked|deactivated|incorrect|does not exist)/i,
    /(invalid|incorrect|wrong|expired|revoked|missing|bad|unknown|malformed|no) (or (missing|expired|invalid) )?(x-)?(api|access|auth\w*|subscription|bearer)[ _-]?(key|token|credentials?|header)/i,
    /authentication (fails|failed|error|required|credentials)|did ?n[o']t provide an api key|no (cookie )?auth credentials|multiple authentication credentials|credentials[^.\n]{0,20}(missing|invalid|expired|not valid)/i,
    /requests from\b[^.\n]{0,60}\bare blocked/i,
    /\bkey (is )?not (allowed|authori[sz]ed|permitted|valid)|unregistered callers|(security|session|bearer|access|auth\w*) token[^.\n]{0,40}(expired|invalid|not valid|revoked)/i,
    // Account, organisation, project.
    /\b(your|the) access (was|has been|is) (terminat|revok|suspend|disabl)/i,
    /(organi[sz]ation|account|project|team|workspace|subscription|tenant|consumer)\b[^.\n]{0,60}\b(suspend|deactivat|disabled|restricted|blocked|banned|terminat|closed|inactive|not active|locked|on hold|denied access|frozen)/i,
    /(suspend|deactivat|disabled|restricted|banned|terminat|frozen)\w*\b[^.\n]{0,30}\b(organi[sz]ation|account)\b/i,
    /(api|service)[^.\n]{0,60}has not been used in project|virtual network|firewall rules|\bip( address)?\b[^.\n]{0,40}(not (allowed|authori[sz]ed|permitted|whitelisted)|blocked)/i,
    /(accept|agree to)\b[^.\n]{0,30}\bterms/i,
  ],
};

/**
 * Wording that two providers use for different errors: OpenAI for an account without credit, Google
 * for a rate limit that ends within a minute.
 */
const CURRENT_QUOTA =
  /exceeded your current quota|quota has been exhausted|check your plan and billing/i;

const FILTER_RULE: Rule = {
  codes: [
    "content_filter",
    "content_filtered",
    "content_policy_violation",
    "moderation_blocked",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "datainspectionfailed",
    "prohibited_content",
    "safety",
    "recitation",
    "blocklist",
    "sensitive_content",
  ],
  words: [
    /content[ _](policy|filter|management|moderation)|usage polic|safety (system|filter|setting|guideline|polic)|prohibited content|sensitive (content|words)|content exists risk|inappropriate content/i,
    /\b(moderation|moderated|flagged|prohibited_content)\b/i,
    /(prompt|input|request|content|response|output|image)[^.\n]{0,40}\b(was|were|has been|is|been)? ?(blocked|rejected|refused|filtered)\b[^.\n]{0,40}\b(safety|guardrail|filter|polic|moderation|harm)/i,
    /violat\w+[^.\n]{0,60}(polic|terms of (use|service)|guideline)/i,
  ],
  at: isRefusal,
};

const BUSY_RULE: Rule = {
  codes: [
    "rate_limit_exceeded",
    "rate_limit_error",
    "rate_limited",
    "rate_limit",
    "ratelimitreached",
    "too_many_requests",
    "too_many_requests_error",
    "resource_exhausted",
    "service_tier_capacity_exceeded",
    "capacity_exceeded",
    "queue_exceeded",
    "request_quota_exceeded",
    "token_quota_exceeded",
    "tokens_exceeded",
    "throttlingexception",
    "throttling",
    "engine_overloaded",
    "engine_overloaded_error",
    "slow_down",
  ],
  words: [
    /\brate[ _-]?limit(s|ed|ing)?\b|too many (concurrent )?requests|throttl|concurren(t|cy) (request )?limit|slow down|quota (was )?exceeded|exceeded (your|the)[^.\n]{0,30}quota|request rate|call rate limit/i,
    /(requests?|tokens?) per (second|minute|min|hour|day)/i,
    /capacity (limit )?(exceeded|reached|constraint)|(at|over|out of|insufficient|not enough) capacity|queue (is )?(full|exceeded)/i,
  ],
};

/** The request waits for a model that is loading or was unloaded, crashed or is overrun. */
const SERVER_RULE: Rule = {
  codes: ["overloaded_error", "api_error", "server_error", "internal_server_error", "internal"],
  words: [
    /model[^.\n]{0,60}(unloaded|not loaded|is (still |currently )?loading|being loaded|has crashed|crashed|overloaded|busy|starting)|failed to load model|out of memory|overloaded|temporarily (unavailable|down)/i,
    /just a moment|attention required|checking your browser/i,
  ],
};

const SCHEMA_RULE: Rule = {
  codes: ["invalid_json_schema", "json_schema_invalid", "schema_validation_error"],
  words: [
    /response[_ ]?format|json[_ ]?schema|response_?schema|structured[_ ]outputs?|guided_(json|grammar|decoding)|grammar\b|json mode|output_(config|format)|generation_config\.response|response_mime_type/i,
    /invalid schema|\bschema\b[^.\n]{0,60}\b(too|not supported|invalid|unsupported|exceeds|nesting|complex)|additionalproperties|too many states|unsupported (json )?(schema|keyword)|in context=\(/i,
    /no endpoints? found that can handle the requested parameters/i,
    /must contain the word ['"]?json/i,
  ],
};

const MODEL_RULE: Rule = {
  codes: ["not_found_error", "not_found", "model_not_active", "unknown_url"],
  words: [
    /(invalid|unknown|unsupported|no such|unrecognized) model\b|model (name |identifier |id )?(is )?invalid/i,
    /\bmodels?\b[^\n]{0,100}?\b(not (be )?found|(does|do) ?n[o']t exist|decommissioned|deprecated|retired|discontinued|no longer (available|supported|served|active)|not (currently |yet )?(available|supported|active|deployed|enabled|offered|served|allowed|permitted|accessible)|unavailable|is disabled|sunset|shut ?down|end[- ]of[- ]life|(been )?removed|not a chat model)/i,
    /(not|n[o']t) (have (permission|access)|been granted access)|unable to access|no access to|not authori[sz]ed to (access|use|invoke)|permission denied|access denied|not (allowed|permitted|entitled) to/i,
    /deployment[^.\n]{0,60}(does not exist|not found)|must be verified|verify organi[sz]ation|on-demand throughput|use case details|early access|waitlist|allow-?list/i,
    /(tier|plan|subscription)[^.\n]{0,40}(does not|not|n't|upgrade|required)|not available on (the|your)|requires? (a )?(paid|higher|pro|enterprise)/i,
    /(does|do|is|are) ?n[o']t (currently )?(support|accept|take|allow|have)\w*[^.\n]{0,30}\b(image|vision|visual|multi-?modal|picture)|not a (multimodal|vision|multi-modal)|image (input|content)s? (is|are) not supported|text[- ]only model|image_url is (only|not) supported|unknown variant .?image_url|only supports? text/i,
  ],
  at: isRefusal,
};

/** Rule for a model that is gone. It holds at any status: some providers report it with 5xx. */
const LOST_MODEL_RULE: Rule = {
  words: [
    /model[^\n]{0,80}(not found|does ?n[o']t exist|decommissioned|no longer (available|supported))|not a multimodal|does ?n[o']t support (images?|vision)/i,
  ],
};

const CONTEXT =
  /context[ _-]?(length|window|size|limit)|maximum (input |prompt )?(length|tokens)|(prompt|input)( length)?( is|s are)? too (long|many|large)|max_model_len|reduce the length|too many (input )?tokens|exceeds the (available|model'?s?|max\w*)|current length is|inputs?`? tokens \+|\binput token count\b/i;

/** Parameters of ours that a provider may refuse. */
const PARAMETERS = [
  "max_completion_tokens",
  "max_output_tokens",
  "max_new_tokens",
  "max_tokens",
  "maxOutputTokens",
  "temperature",
  "top_p",
  "top_k",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "stop",
  "logprobs",
  "reasoning_effort",
  "reasoning",
  "verbosity",
  "stream_options",
  "usage",
  "provider",
] as const;
const NAMED_PARAMETER = new RegExp(String.raw`(?<![\w])(${PARAMETERS.join("|")})(?![\w])`, "i");
const LIMITS_OF_TOKENS = /^max_?(completion|output|new)?_?tokens$/i;
const WORDS_FOR_LIMIT = /max(imum)? tokens you requested|\b(output|completion|generated) tokens/i;
const PARAMETER_CODES = [
  "unsupported_parameter",
  "unsupported_value",
  "unknown_parameter",
  "unrecognized_parameter",
  "extra_forbidden",
  "invalid_value",
  "integer_above_max_value",
  "integer_below_min_value",
  "decimal_above_max_value",
  "decimal_below_min_value",
  "invalid_type",
  "wrong_api_format",
  "less_than_equal",
  "greater_than_equal",
];
const PARAMETER_WORDS =
  /(unsupported|unknown|unrecognized|unexpected|invalid|extra) (parameter|value|argument|name|field|inputs?|keyword|request argument|property|key)|not permitted|(not|n't|un)[ -]?supported|does ?n[o']t support|argument not supported|too (large|high|big)|at most|up to|can only|should be|exceeds|less than or equal|maximum|greater than|valid range|must be|out of range|deprecated|inclusive|mutually exclusive|cannot (both )?be (used|specified)|use '?max_/i;

/** Longest text that is looked through, in UTF-16 units: many times what any error says. */
const MAX_READ = 16_000;

/** Judges an error by what it says, whatever its status; null where its words tell nothing. */
export function judgeWords(words: ErrorWords, status: number): ErrorKind | null {
  const text = words.messages.join("\n").slice(0, MAX_READ);
  const says = (rule: Rule) => matches(rule, words, text, status);
  const afford = readNumber(/can only afford (?:up to )?([\d,]+)/i, text);
  const current = CURRENT_QUOTA.test(text) && !words.codes.has("insufficient_quota");

  if (says(IMAGE_RULE)) return { is: "image_unreadable" };
  if (afford !== null && afford > 0) return refuse("max_tokens", afford, null);
  if (says(NAMED_MODEL_RULE) || LIMIT_ZERO.test(text) || isBeyondTier(text)) {
    return { is: "unavailable" };
  }
  if (FREE_CAP.test(text)) return { is: "busy" };
  if (says(ACCOUNT_RULE)) return { is: "account" };
  if (current) {
    const passes = words.waitMs !== null || words.codes.has("resource_exhausted");
    return { is: passes && status !== 402 ? "busy" : "account" };
  }
  if ((words.isFlagged && isRefusal(status)) || says(FILTER_RULE)) return { is: "filtered" };
  if (says(BUSY_RULE)) return { is: "busy" };
  if (says(SCHEMA_RULE) || isSchema(words)) return { is: "schema_refused" };
  if (says(IMAGE_SIZE_RULE)) return { is: "unfit" };
  if (words.codes.has("context_length_exceeded") || CONTEXT.test(text)) {
    const room = roomForAnswer(text);
    if (room !== null) {
      return room >= LEAST_ROOM ? refuse("max_tokens", room, null) : { is: "unfit" };
    }
  }
  const refused = findParameter(words, text, status);
  if (refused !== null) return { is: "parameter_refused", refused };
  if (CONTEXT.test(text) && isRefusal(status)) return { is: "unfit" };
  if (says(SERVER_RULE)) return { is: "server" };
  if (says(MODEL_RULE) || says(LOST_MODEL_RULE)) return { is: "unavailable" };
  return null;
}

/** Judges an error by its status alone. */
export function judgeStatus(status: number, isPage: boolean): ErrorKind["is"] {
  if (status === 401 || status === 402 || status === 407 || status === 412) return "account";
  if (status === 408 || status === 504 || status === 524) return "timeout";
  if (status === 429) return "busy";
  if (status === 409 || status === 425 || status === 498 || status >= 500) return "server";
  // A proxy's page speaks of the way to the provider, not of the model.
  if (isPage) return "unavailable";
  return status === 400 || status === 413 || status === 415 || status === 422
    ? "unfit"
    : "unavailable";
}

function matches(rule: Rule, { codes }: ErrorWords, text: string, status: number): boolean {
  if (rule.at?.(status) === false) return false;
  if (rule.codes?.some((code) => codes.has(code)) === true) return true;
  if (rule.words?.some((pattern) => pattern.test(text)) !== true) return false;
  return rule.unless?.test(text) !== true;
}

/** Returns true if one request alone exceeds the rate limit of the account's tier. */
function isBeyondTier(text: string): boolean {
  if (!/per (min|minute|hour|day)|\bT?R?P[MDH]\b|rate[ _-]?limit|tier/i.test(text)) return false;
  const limit = readNumber(/\blimit:? ?~?([\d,]+)/i, text);
  const requested = readNumber(/\brequested:? ?~?([\d,]+)/i, text);
  return limit !== null && requested !== null && requested > limit;
}

function isSchema({ parameters }: ErrorWords): boolean {
  return parameters.some((name) =>
    /^(response_format|text\.format|output_config|json_schema)/.test(name)
  );
}

/** Tokens below which nothing is an answer. */
const LEAST_ROOM = 16;

/** Tokens that the context leaves for an answer, where the provider counts both; zero is none. */
function roomForAnswer(text: string): number | null {
  const context = readNumber(/\+ ?[\d,]+ ?> ?([\d,]+)/, text) ?? readNumber(
    /context (?:length|window|limit)(?: of (?:this|the) model)?(?: is|:| of)?(?: only)? ?([\d,]+)/i,
    text,
  ) ?? readNumber(/must be (?:<=|less than or equal to) ?([\d,]+)/i, text);
  const prompt = readNumber(
    /(?:prompt|request|input)s?[^.\n\d]{0,30}?(?:contains?|has|have)(?: at least)? ([\d,]+)/i,
    text,
  ) ??
    readNumber(/([\d,]+) (?:in the messages|`?inputs?`? tokens|tokens? from the input)/i, text) ??
    readNumber(/limit: ?([\d,]+) ?\+/i, text) ?? sumOfInputs(text);
  if (context === null || prompt === null) return null;
  return Math.max(0, context - prompt);
}

/** OpenRouter counts text and images apart: `(7000 of text input, 900 of image input, …)`. */
function sumOfInputs(text: string): number | null {
  const parts = [...text.matchAll(/([\d,]+) of \w+ input/gi)];
  return parts.length === 0
    ? null
    : parts.reduce((sum, [, count = ""]) => sum + Number(count.replaceAll(",", "")), 0);
}

function findParameter(
  { codes, parameters }: ErrorWords,
  text: string,
  status: number,
): RefusedParameter | null {
  const isCoded = PARAMETER_CODES.some((code) => codes.has(code));
  if (!isCoded && !PARAMETER_WORDS.test(text)) return null;
  const given = parameters.find((name) => NAMED_PARAMETER.test(name));
  const name = given ?? quotedParameter(text);
  if (name === null) {
    // Not one that we know, and not what is asked: still a parameter.
    const other = parameters.find((one) =>
      !/^(model|messages?|contents?|input|prompt)\b/.test(one)
    );
    if (other === undefined || !isCoded || !isRefusal(status)) return null;
    return { name: other, atMost: null, instead: null };
  }
  const [, instead = null] = /use ['"`]?(max_\w+)/i.exec(text) ?? [];
  return { name, atMost: readLimit(name, text), instead };
}

function quotedParameter(text: string): string | null {
  for (const [, quoted = ""] of text.matchAll(/['"`]([\w.]+)['"`]/g)) {
    if (NAMED_PARAMETER.test(quoted)) return quoted;
  }
  const [, given] =
    /\b(?:argument|parameter|property|field)s? [^:\n]{0,40}: ?['"`]?(\w+)/i.exec(text) ??
      /\b(?:argument|parameter|property|field)s? ['"`]?([a-z]+_[a-z_]+)/i.exec(text) ??
      /^(?!.*\b(?:image|vision|audio|video|multi-?modal|model)s?\b.* not supported)(?:the )?([\w -]{2,40}) (?:is|are) not supported (?:with|for|by|on) this model/im
        .exec(text) ??
      [];
  if (given !== undefined) return given;
  if (WORDS_FOR_LIMIT.test(text)) return NAMED_PARAMETER.exec(text)?.[1] ?? "max_tokens";
  const [, named] = NAMED_PARAMETER.exec(text) ?? [];
  // "reasoning", "stop", "usage" and "provider" are words of the language, too.
  if (named === undefined || /^(reasoning|stop|usage|provider)$/i.test(named)) return null;
  return named;
}

function readLimit(name: string, text: string): number | null {
  if (!LIMITS_OF_TOKENS.test(name)) {
    return readNumber(
      /(?:<=|at most|less than or equal to|maximum of) ?['"`]?([\d,.]+\d|\d)/i,
      text,
    );
  }
  const open = readNumber(/to ([\d,]+) \(exclusive\)/i, text);
  if (open !== null) return open - 1;
  return readNumber(/at most ['"`]?([\d,]+)/i, text) ??
    readNumber(/(?:less than or equal to|<=|≤) ?['"`]?([\d,]+)/i, text) ??
    readNumber(/range[^[\n]{0,40}\[ ?\d+ ?, ?([\d,]+) ?\]/i, text) ??
    readNumber(/\d ?> ?([\d,]+)/, text) ??
    readNumber(/only (?:generate|produce|write|support)s?[^\d\n]{0,30}?([\d,]{2,})/i, text) ??
    readNumber(/\bmaximum\b[^\d\n]{0,60}?([\d,]{2,})/i, text) ??
    readNumber(/\b(?:limit|up to|below|exceeds?)[^\d\n]{0,60}?([\d,]{2,})/i, text);
}

function readNumber(pattern: RegExp, text: string): number | null {
  const [, digits] = pattern.exec(text) ?? [];
  if (digits === undefined) return null;
  const number = Number(digits.replaceAll(",", ""));
  return Number.isFinite(number) ? number : null;
}

function refuse(name: string, atMost: number | null, instead: string | null): ErrorKind {
  return { is: "parameter_refused", refused: { name, atMost, instead } };
}
