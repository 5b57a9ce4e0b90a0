import { hashText } from "../platform/json/hash_json.ts";
import { FINGERPRINT_VERSION, maskFailure } from "./mask_failure.ts";
import { Cause, isWrapper } from "./read_cause.ts";

/** Identifies failures that have the same cause. */
export interface Fingerprint {
  /** SHA-256 in hexadecimal. */
  readonly fingerprint: string;
  readonly version: number;
}

/** What is known of a failure. The name of its test is masked: it is not part of its cause. */
export interface Failure {
  readonly tool_name: string;
  readonly error_class: string | null;
  readonly error_message: string | null;
  readonly file_path?: string | null;
  readonly class_name?: string;
}

/** Words of messages that compare values, whatever the test is about. */
const COMPARISON = new Set(
  `a absent actual actually an and any are argument array arrays as assert asserted asserting assertion at be been boolean but by
  call called calls check code comparison condition contain contained contains count deep deeply defined dict dicts did
  diff differ different does element elements empty equal equality equals error evaluated exact exactly exception exist
  exists expect expectation expected expecting expression fail failed failure failures fails false falsy first fn
  following for found from get given gives got greater had has have identical in input instance int integer is it item
  items jest key keys left length less list lists loosely match matched matches matching message mismatch missing mock
  more must negative nil no none not nothing null number numbers object objects of on one or output outputs positive
  present raise raised received result results return returned right same satisfied second sets should size spy strict
  strictly string strings than that the these this throw throwable thrown throws times to true truthy tuples two type
  undefined unequal unexpected unexpectedly value values vs want wanted was were which with wrong`
    .split(/\s+/),
);

/** Names of assertions and matchers. */
const MATCHER =
  /^(?:(?:to|be|is|are|has|have|not|equal)[A-Z]\w+|(?:Are|Is|Has|Have|Equal|Contains|Not)[A-Z]\w+|(?:XCT)?[Aa]ssert\w+|ASSERT_\w+|EXPECT_\w+|EqualTo)$/;

const MASK =
  /<(?:date|duration|email|hash|hex|home|host|id|n|name|size|test|tmp|token|url|uuid|value|version)>/g;

/** Errors of the language that any code may have. Only their place tells one cause from another. */
const ANYWHERE =
  /cannot (?:read|set) propert|undefined is not|null ?pointer|null ?reference|object reference not set|nil pointer|invalid memory address|'NoneType' object|index (?:<n>.*)?out of (?:range|bounds)|out of bounds for length|undefined method .* for nil|(?:member function|property|offset) .*on null|`Option::(?:unwrap|expect)|divi(?:de|sion) by zero|with overflow|maximum recursion|call stack size|stack ?overflow|no value present|(?:empty|no) (?:collection|sequence|elements)|explicit panic|entered unreachable code|data race/i;

/**
 * Hashes what a failure says of its cause: the version of the rules, the class, the masked headline and the
 * innermost cause. Where these say only that values differ, the values, the asserted expression or the place
 * of the failure follow; after errors that any code may have, the place.
 */
export function fingerprintFailure(failure: Failure): Fingerprint {
  const { tool_name, error_message } = failure;
  const message = error_message ?? "";
  const cause = new Cause(
    /test/i.test(tool_name) && tool_name.length > 6
      ? message.replaceAll(tool_name, "<test>")
      : message,
  );
  const said = cause.errorClass ?? failure.error_class ?? "";
  const errorClass = isWrapper(said) ? "" : said.split(/[.\\]|::/).at(-1) ?? "";
  // Spring names the class of the test in brackets.
  const headline = mask(
    cause.root === null ? cause.headline : cause.headline.replace(/\[[^\]]*\]/g, ""),
  );
  const parts = [errorClass, headline, cause.root === null ? "" : mask(cause.root)];
  if (parts.every(saysLittle)) {
    parts.push(mask([cause.headline, ...cause.readDetails()].join("; ")));
  }
  if (parts.every(saysLittle)) {
    const source = mask(cause.readSource() ?? "");
    parts.push(saysLittle(source) ? `${source} ${cause.readPlace() ?? fileOf(failure)}` : source);
  } else if (ANYWHERE.test(`${errorClass} ${headline}`)) parts.push(cause.readPlace() ?? "");
  const fingerprint = hashText(JSON.stringify([FINGERPRINT_VERSION, ...parts]));
  return { fingerprint, version: FINGERPRINT_VERSION };
}

function mask(line: string): string {
  return maskFailure(line.slice(0, 2000)).replace(/\s+/g, " ").trim();
}

/** Tells a text of which nothing but words of comparisons is left. A kept code says something. */
function saysLittle(masked: string): boolean {
  const words = masked.replace(MASK, "");
  if (/\d|(["'`])[^"'`]*\p{L}[^"'`]*\1/u.test(words)) return false;
  return (words.match(/[\p{L}_$]{2,}/gu) ?? []).every((word) =>
    COMPARISON.has(word.toLowerCase()) || MATCHER.test(word)
  );
}

/** Returns the file of a failure's test, or its class, where that is not the name of the test. */
function fileOf({ file_path, class_name }: Failure): string {
  return file_path ?? class_name ?? "";
}
