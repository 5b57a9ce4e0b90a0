import { hashText } from "../platform/json/hash_json.ts";
import { FINGERPRINT_VERSION, maskedFirstLine } from "./mask_failure.ts";

/** Identifies failures that have the same cause. */
export interface Fingerprint {
  /** SHA-256 in hexadecimal. */
  readonly fingerprint: string;
  readonly version: number;
  /** First line of the message, masked. */
  readonly firstLine: string;
}

/** Hashes the version of the rules, the tool, the error class and the masked first line of a failure. */
export function fingerprintFailure(failure: {
  readonly tool_name: string;
  readonly error_class: string | null;
  readonly error_message: string | null;
}): Fingerprint {
  const firstLine = maskedFirstLine(failure.error_message ?? "");
  const parts = [FINGERPRINT_VERSION, failure.tool_name, failure.error_class ?? "", firstLine];
  const fingerprint = hashText(JSON.stringify(parts));
  return { fingerprint, version: FINGERPRINT_VERSION, firstLine };
}
