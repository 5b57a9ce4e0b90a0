import { Problem } from "./problem.ts";

/**
 * Returns the header `Idempotency-Key`, or null if it is missing.
 *
 * @throws {Problem} `request.malformed` unless it is 1 to 255 visible ASCII characters.
 */
export function readIdempotencyKey(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key === null || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem("request.malformed", "The Idempotency-Key is not usable.", {
    errors: [{
      path: "Idempotency-Key",
      code: "invalid_format",
      message: "Send 1 to 255 visible ASCII characters.",
    }],
  });
}
