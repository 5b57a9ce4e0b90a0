import { createHash } from "node:crypto";
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
  readonly toolName: string;
  readonly errorClass: string | null;
  readonly errorMessage: string | null;
}): Fingerprint {
  const firstLine = maskedFirstLine(failure.errorMessage ?? "");
  const parts = [FINGERPRINT_VERSION, failure.toolName, failure.errorClass ?? "", firstLine];
  const fingerprint = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return { fingerprint, version: FINGERPRINT_VERSION, firstLine };
}
