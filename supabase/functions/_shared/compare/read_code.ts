/** Telephone number with its country code, of 7 to 15 digits (ITU E.164). */
const PHONE = /^\+[1-9][\d ()./-]*\d$/;
const IBAN = /^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/;
const LONGEST_CODE = 60;

/**
 * Returns a code without its grouping, or null if `folded` is not certainly a telephone number with `+`
 * and country code, or an IBAN with valid check digits (ISO 13616).
 *
 * @example `readCode("ch93 0076 2011 6238 5295 7")` is `"CH9300762011623852957"`.
 */
export function readCode(folded: string): string | null {
  if (folded.length > LONGEST_CODE) return null;
  if (folded.startsWith("+")) {
    if (!PHONE.test(folded)) return null;
    // The 0 of national calls is left out after the country code.
    const digits = folded.replace("(0)", "").replace(/\D/g, "");
    return digits.length >= 7 && digits.length <= 15 ? `+${digits}` : null;
  }
  const compact = folded.replace(/[ -]/g, "").toUpperCase();
  return IBAN.test(compact) && isChecked(compact) ? compact : null;
}

/** Returns the letters and digits of a folded text, which are all that counts in a field of type `code`. */
export function lettersAndDigits(folded: string): string {
  return folded.replace(/[^\p{L}\p{M}\p{N}]/gu, "");
}

/** Tells whether the check digits of an IBAN are valid: the number it encodes is 1 modulo 97. */
function isChecked(iban: string): boolean {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
