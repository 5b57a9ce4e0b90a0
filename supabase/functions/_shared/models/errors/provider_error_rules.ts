import { splitWords } from "../../platform/split_words.ts";
import type { RefusedParameter, RejectionReason } from "../calls/model_call.ts";
import type { ErrorWords } from "./provider_error_words.ts";
import { findParameter, readNumber, roomForAnswer } from "./refused_parameter.ts";

/**
 * Rules that decide from the words of a provider's error what kind of error it is.
 *
 * To teach a new wording: add the provider's answer to `testing/provider_answers_sample.ts` (or its
 * sentence to `provider_error_rules_test.ts`), run the tests, and add its code or words to a rule
 * of {@link RULES}. The first rule that matches decides, so a rule that is more specific stands
 * earlier.
 */

/** Kind of error that a provider's wording means. */
export type ErrorKind =
  | { readonly is: "account" | "busy" | "server" | "timeout" }
  | { readonly is: Exclude<RejectionReason, "parameter_refused" | "cut_by_limit"> }
  | { readonly is: "parameter_refused"; readonly refused: RefusedParameter };

/** An error as the rules see it. */
interface Said {
  readonly words: ErrorWords;
  /** Sentences of the error, one a line. */
  readonly text: string;
  readonly status: number;
}

/** Wordings of one kind of error. */
interface Wording {
  readonly is: Exclude<ErrorKind["is"], "parameter_refused" | "timeout">;
  /** Codes that mean it, in lower case. */
  readonly codes?: readonly string[];
  /** Sentences that mean it. */
  readonly words?: readonly RegExp[];
  /** Sentences that show that it is another kind. They do not overrule a code. */
  readonly unless?: RegExp;
  /** True if it holds only for statuses below 500. */
  readonly isRefusal?: true;
}

/** A list of wordings, or a decision that reads numbers or the status as well. */
type Rule = Wording | ((said: Said) => ErrorKind | null);

/** Rules in order of precedence. */
const RULES: readonly Rule[] = [
  // The image could not be downloaded or read. First, because a failed download (401, "timed out",
  // "too many requests") is no trouble between us and the provider.
  {
    is: "image_unreadable",
    codes: splitWords(`
      invalid_image_url invalid_base64_image image_parse_error invalid_image invalid_image_format
      image_download_error failed_to_download_image image_fetch_error invalid_base64
    `),
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
      // The words of aiohttp, which vLLM passes on.
      /message='[^']*', url=/i,
    ],
    // The image was read, and is too large or of a kind that the model does not take.
    unless:
      /\b(image|picture|dimensions?)\b[^.\n]{0,60}\b((?<!deadline )exceed|too (large|big|small)|larger than|smaller than)|at most \d+ images?|too many images|image (input|content)s? (is|are) not supported|not a multimodal/i,
  },
  readAffordableLimit,
  // This model cannot be used with this key, in words that mean nothing else.
  {
    is: "unavailable",
    codes: splitWords(`
      model_not_found model_decommissioned model_deprecated model_retired model_not_available
      model_not_supported model_not_allowed model_terms_required model_permission_blocked_org
      model_permission_blocked_project model_access_denied invalid_model invalid_model_error
      unknown_model deploymentnotfound unsupported_country_region_territory
    `),
    words: [
      /model[^.\n]{0,40} requires terms/i,
      /is not a valid model( id)?\b/i,
      /user location is not supported|(country|region|territory|location)[^.\n]{0,40}not (supported|available)|not (supported|available) in your (country|region|location)/i,
      /no endpoints? (found|available)(?! that can handle the requested parameters)/i,
      /\b(matching|violates?) your (data|guardrail|privacy)/i,
      /not (yet )?available (for|on|with|to) (this|your) (subscription|plan|tier|account)|extra usage is required/i,
      /no allowed providers|meets your routing requirements/i,
    ],
  },
  {
    is: "unavailable",
    // Google's words for a tier without any quota for this model.
    words: [/quota exceeded[\s\S]*\blimit: 0\b/i],
  },
  ({ text }) => isBeyondTier(text) ? { is: "unavailable" } : null,
  {
    is: "busy",
    // OpenRouter's limits on free models. The message goes on to offer credits, as one about the
    // account.
    words: [/free-models-per-(day|min)/i],
  },
  {
    is: "account",
    codes: splitWords(`
      insufficient_quota insufficient_balance insufficient_credits insufficient_funds credit_limit
      credits_exhausted balance_depleted billing_hard_limit_reached billing_not_active billing_error
      billing_disabled payment_required arrearage budget_exceeded spend_limit_reached
      usage_limit_reached account_deactivated account_suspended account_disabled access_terminated
      access_terminated_error invalid_key expiredtokenexception unrecognizedclientexception
      organization_restricted organization_disabled organization_deactivated invalid_api_key
      wrong_api_key incorrect_api_key expired_api_key api_key_invalid api_key_expired
      api_key_service_blocked api_key_http_referrer_blocked api_key_ip_address_blocked
      authentication_error invalid_authentication invalid_authentication_error ip_not_authorized
      service_disabled consumer_suspended
    `),
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
  },
  judgeCurrentQuota,
  ({ words, status }) => words.isFlagged && status < 500 ? { is: "filtered" } : null,
  {
    is: "filtered",
    codes: splitWords(`
      content_filter content_filtered content_policy_violation moderation_blocked
      responsibleaipolicyviolation data_inspection_failed datainspectionfailed prohibited_content
      safety recitation blocklist sensitive_content
    `),
    words: [
      /content[ _](policy|filter|management|moderation)|usage polic|safety (system|filter|setting|guideline|polic)|prohibited content|sensitive (content|words)|content exists risk|inappropriate content/i,
      /\b(moderation|moderated|flagged|prohibited_content)\b/i,
      /(prompt|input|request|content|response|output|image)[^.\n]{0,40}\b(was|were|has been|is|been)? ?(blocked|rejected|refused|filtered)\b[^.\n]{0,40}\b(safety|guardrail|filter|polic|moderation|harm)/i,
      /violat\w+[^.\n]{0,60}(polic|terms of (use|service)|guideline)/i,
    ],
    isRefusal: true,
  },
  {
    is: "busy",
    codes: splitWords(`
      rate_limit_exceeded rate_limit_error rate_limited rate_limit ratelimitreached
      too_many_requests too_many_requests_error resource_exhausted service_tier_capacity_exceeded
      capacity_exceeded queue_exceeded request_quota_exceeded token_quota_exceeded tokens_exceeded
      throttlingexception throttling engine_overloaded engine_overloaded_error slow_down
    `),
    words: [
      /\brate[ _-]?limit(s|ed|ing)?\b|too many (concurrent )?requests|throttl|concurren(t|cy) (request )?limit|slow down|quota (was )?exceeded|exceeded (your|the)[^.\n]{0,30}quota|request rate|call rate limit/i,
      /(requests?|tokens?) per (second|minute|min|hour|day)/i,
      /capacity (limit )?(exceeded|reached|constraint)|(at|over|out of|insufficient|not enough) capacity|queue (is )?(full|exceeded)/i,
    ],
  },
  {
    is: "schema_refused",
    codes: ["invalid_json_schema", "json_schema_invalid", "schema_validation_error"],
    words: [
      /response[_ ]?format|json[_ ]?schema|response_?schema|structured[_ ]outputs?|guided_(json|grammar|decoding)|grammar\b|json mode|output_(config|format)|generation_config\.response|response_mime_type/i,
      /invalid schema|\bschema\b[^.\n]{0,60}\b(too|not supported|invalid|unsupported|exceeds|nesting|complex)|additionalproperties|too many states|unsupported (json )?(schema|keyword)|in context=\(/i,
      /no endpoints? found that can handle the requested parameters/i,
      /must contain the word ['"]?json/i,
    ],
  },
  ({ words }) => isAboutSchema(words) ? { is: "schema_refused" } : null,
  // The image itself exceeds what the model takes.
  {
    is: "unfit",
    codes: ["image_too_large", "request_too_large", "string_above_max_length"],
    words: [
      /\b(images?|picture|dimensions?|pixels|aspect ratio)\b[^.\n]{0,80}\b((?<!deadline )exceed|too (large|big|small)|larger than|smaller than|max(imum)? (allowed )?(size|dimension))/i,
      /at most \d+ images?|too many images/i,
    ],
  },
  judgeContext,
  judgeParameter,
  ({ text, status }) => CONTEXT.test(text) && status < 500 ? { is: "unfit" } : null,
  // The model is loading, was unloaded, has crashed or is overloaded.
  {
    is: "server",
    codes: ["overloaded_error", "api_error", "server_error", "internal_server_error", "internal"],
    words: [
      /model[^.\n]{0,60}(unloaded|not loaded|is (still |currently )?loading|being loaded|has crashed|crashed|overloaded|busy|starting)|failed to load model|out of memory|overloaded|temporarily (unavailable|down)/i,
      /just a moment|attention required|checking your browser/i,
    ],
  },
  {
    is: "unavailable",
    codes: ["not_found_error", "not_found", "model_not_active", "unknown_url"],
    words: [
      /(invalid|unknown|unsupported|no such|unrecognized) model\b|model (name |identifier |id )?(is )?invalid/i,
      /\bmodels?\b[^\n]{0,100}?\b(not (be )?found|(does|do) ?n[o']t exist|decommissioned|deprecated|retired|discontinued|no longer (available|supported|served|active)|not (currently |yet )?(available|supported|active|deployed|enabled|offered|served|allowed|permitted|accessible)|unavailable|is disabled|sunset|shut ?down|end[- ]of[- ]life|(been )?removed|not a chat model)/i,
      /(not|n[o']t) (have (permission|access)|been granted access)|unable to access|no access to|not authori[sz]ed to (access|use|invoke)|permission denied|access denied|not (allowed|permitted|entitled) to/i,
      /deployment[^.\n]{0,60}(does not exist|not found)|must be verified|verify organi[sz]ation|on-demand throughput|use case details|early access|waitlist|allow-?list/i,
      /(tier|plan|subscription)[^.\n]{0,40}(does not|not|n't|upgrade|required)|not available on (the|your)|requires? (a )?(paid|higher|pro|enterprise)/i,
      /(does|do|is|are) ?n[o']t (currently )?(support|accept|take|allow|have)\w*[^.\n]{0,30}\b(image|vision|visual|multi-?modal|picture)|not a (multimodal|vision|multi-modal)|image (input|content)s? (is|are) not supported|text[- ]only model|image_url is (only|not) supported|unknown variant .?image_url|only supports? text/i,
    ],
    isRefusal: true,
  },
  // The model is gone. Some providers report it with 5xx.
  {
    is: "unavailable",
    words: [
      /model[^\n]{0,80}(not found|does ?n[o']t exist|decommissioned|no longer (available|supported))|not a multimodal|does ?n[o']t support (images?|vision)/i,
    ],
  },
];

/** Longest text that is searched, in UTF-16 units: many times the length of any error. */
const MAX_READ = 16_000;

/** Judges an error by its words, whatever its status. Returns null if no rule matches. */
export function judgeWords(words: ErrorWords, status: number): ErrorKind | null {
  const text = words.messages.join("\n").slice(0, MAX_READ);
  const said: Said = { words, text, status };
  for (const rule of RULES) {
    const kind = typeof rule === "function" ? rule(said) : applyWording(rule, said);
    if (kind !== null) return kind;
  }
  return null;
}

/** Judges an error by its status alone. */
export function judgeStatus(status: number, isPage: boolean): ErrorKind["is"] {
  if (status === 401 || status === 402 || status === 407 || status === 412) return "account";
  if (status === 408 || status === 504 || status === 524) return "timeout";
  if (status === 429) return "busy";
  if (status === 409 || status === 425 || status === 498 || status >= 500) return "server";
  // A proxy's page is about the connection to the provider, not about the model.
  if (isPage) return "unavailable";
  return status === 400 || status === 413 || status === 415 || status === 422
    ? "unfit"
    : "unavailable";
}

function applyWording(
  { is, codes = [], words: patterns = [], unless, isRefusal }: Wording,
  { words, text, status }: Said,
): ErrorKind | null {
  if (isRefusal === true && status >= 500) return null;
  if (codes.some((code) => words.codes.has(code))) return { is };
  const matches = patterns.some((pattern) => pattern.test(text)) && unless?.test(text) !== true;
  return matches ? { is } : null;
}

/** Reads the token limit that our remaining credit still pays for. */
function readAffordableLimit({ text }: Said): ErrorKind | null {
  const affordable = readNumber(text, /can only afford (?:up to )?([\d,]+)/i);
  return affordable !== null && affordable > 0 ? refuseLimit(affordable) : null;
}

/**
 * Wording that two providers use for different errors: OpenAI for an account without credit, Google
 * for a rate limit that ends within a minute.
 */
const CURRENT_QUOTA =
  /exceeded your current quota|quota has been exhausted|check your plan and billing/i;

function judgeCurrentQuota({ words, text, status }: Said): ErrorKind | null {
  if (!CURRENT_QUOTA.test(text) || words.codes.has("insufficient_quota")) return null;
  const isPassing = words.waitMs !== null || words.codes.has("resource_exhausted");
  return { is: isPassing && status !== 402 ? "busy" : "account" };
}

/** Returns true if one request alone exceeds the rate limit of the account's tier. */
function isBeyondTier(text: string): boolean {
  if (!/per (min|minute|hour|day)|\bT?R?P[MDH]\b|rate[ _-]?limit|tier/i.test(text)) return false;
  const limit = readNumber(text, /\blimit:? ?~?([\d,]+)/i);
  const requested = readNumber(text, /\brequested:? ?~?([\d,]+)/i);
  return limit !== null && requested !== null && requested > limit;
}

function isAboutSchema({ parameters }: ErrorWords): boolean {
  return parameters.some((name) =>
    /^(response_format|text\.format|output_config|json_schema)/.test(name)
  );
}

const CONTEXT =
  /context[ _-]?(length|window|size|limit)|maximum (input |prompt )?(length|tokens)|(prompt|input)( length)?( is|s are)? too (long|many|large)|max_model_len|reduce the length|too many (input )?tokens|exceeds the (available|model'?s?|max\w*)|current length is|inputs?`? tokens \+|\binput token count\b/i;

/** Tokens below which nothing is an answer. */
const LEAST_ROOM = 16;

/** Judges a request that exceeds the context, if the provider counts its tokens. */
function judgeContext({ words, text }: Said): ErrorKind | null {
  if (!words.codes.has("context_length_exceeded") && !CONTEXT.test(text)) return null;
  const room = roomForAnswer(text);
  if (room === null) return null;
  return room >= LEAST_ROOM ? refuseLimit(room) : { is: "unfit" };
}

function judgeParameter({ words, text, status }: Said): ErrorKind | null {
  const refused = findParameter(words, text, status);
  return refused === null ? null : { is: "parameter_refused", refused };
}

function refuseLimit(atMost: number): ErrorKind {
  return { is: "parameter_refused", refused: { name: "max_tokens", atMost, instead: null } };
}
