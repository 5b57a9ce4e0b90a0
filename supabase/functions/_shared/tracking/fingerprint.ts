import { createHash } from "node:crypto";
import { FINGERPRINT_VERSION, maskedFirstLine } from "./mask_failure.ts";

/** A failure by its cause. */
export interface Fingerprint {
  /** SHA-256 in hexadecimal. */
  readonly fingerprint: string;
  readonly version: number;
  /** The masked line that went into it. */
  readonly firstLine: string;
}

/** Fingerprints a failure: version, tool, class of the error and its masked first line. */
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
