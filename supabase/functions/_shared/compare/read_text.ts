import { readDateAs } from "./date_format.ts";
import { foldCase, foldMarks } from "./fold_text.ts";
import { type Amount, readAmount } from "./read_amount.ts";
import { lettersAndDigits, readCode } from "./read_code.ts";
import { readDate } from "./read_date.ts";
import { withoutFloatNoise } from "./read_decimal.ts";
import { joinUnits, type Measure, readMeasure } from "./read_measure.ts";
import { readTime } from "./read_time.ts";

/**
 * The values that a text can be read as. Each is computed on first use and kept, because the search for
 * the best pairs compares each text with many others.
 */
export class TextReading {
  /** Text without differences of typography, see {@link foldMarks}. */
  readonly marksFolded: string;
  readonly #caseFolded: string;
  /**
   * Text also without its case, blanks before units and a sentence's full stop. Texts with the same
   * `folded` are the same.
   */
  readonly folded: string;
  /** True if the text has a digit, as every number, date, time and code has. */
  readonly hasDigit: boolean;
  #amount: Amount | null | undefined;
  #measure: Measure | null | undefined;
  #date: string | null | undefined;

  constructor(text: string) {
    this.marksFolded = foldMarks(text);
    this.#caseFolded = foldCase(this.marksFolded);
    this.folded = withoutFullStop(joinUnits(this.#caseFolded));
    this.hasDigit = /\d/.test(this.folded);
  }

  get amount(): Amount | null {
    if (this.#amount === undefined) {
      this.#amount = this.hasDigit ? withSteadyDecimal(readAmount(this.marksFolded)) : null;
    }
    return this.#amount;
  }

  /** Amount with its currency in any case, the same for all texts with the same `folded`. */
  get amountOfAnyCase(): Amount | null {
    if (this.amount !== null || !this.hasDigit) return this.amount;
    return withSteadyDecimal(readAmount(this.marksFolded, true));
  }

  /** True if the amount is written as only numbers are, and cannot be a version or clause like `1.10`. */
  get isEvidentlyAmount(): boolean {
    return isEvident(this.marksFolded);
  }

  get measure(): Measure | null {
    if (this.#measure === undefined) {
      this.#measure = this.hasDigit ? readMeasure(this.folded) : null;
    }
    return this.#measure;
  }

  /** True if the measure's number is written as only numbers are. */
  get isEvidentlyMeasure(): boolean {
    return this.measure !== null && isEvident(this.measure.number);
  }

  /** Date or time of day. */
  get date(): string | null {
    if (this.#date === undefined) {
      this.#date = this.hasDigit ? readDate(this.#caseFolded) ?? readTime(this.#caseFolded) : null;
    }
    return this.#date;
  }

  /** Reads the date in a declared format, otherwise any date that is unambiguous. */
  dateBy(format: string | undefined): string | null {
    const declared = format === undefined ? null : readDateAs(this.marksFolded, format);
    return declared ?? this.date;
  }

  /** Telephone number or IBAN without its grouping. */
  get code(): string | null {
    return this.hasDigit ? readCode(this.#caseFolded) : null;
  }

  /** Letters and digits only; the whole text if there are none. */
  get lettersAndDigits(): string {
    return lettersAndDigits(this.#caseFolded) || this.folded;
  }

  /** Text without its blanks, with its case. */
  get identifier(): string {
    return this.marksFolded.replaceAll(" ", "");
  }
}

/** Removes a full stop after at least three words, of which the last has at least three letters. */
function withoutFullStop(folded: string): string {
  if (!folded.endsWith(".")) return folded;
  const blank = folded.lastIndexOf(" ");
  const isSentence = folded.indexOf(" ") < blank &&
    /^[\p{L}\p{M}]{3,}\.$/u.test(folded.slice(blank + 1));
  return isSentence ? folded.slice(0, -1) : folded;
}

/**
 * Tells whether a text is written as only numbers are. Digits with at most one dot, in parentheses or
 * not, may be a version, a clause or a note.
 */
function isEvident(number: string): boolean {
  return !/^\(?\d*\.?\d*\)?$/.test(number);
}

function withSteadyDecimal(amount: Amount | null): Amount | null {
  return amount === null ? null : { ...amount, decimal: withoutFloatNoise(amount.decimal) };
}

const readings = new Map<string, TextReading>();
const MOST_READINGS = 20_000;
/**
 * Largest total length of the cached texts, in UTF-16 units. With their readings they take at most
 * 16 MB.
 */
const MOST_CHARACTERS = 2_000_000;
let characters = 0;

/** Returns the readings of `text`, from a cache of the texts read last. */
export function readText(text: string): TextReading {
  const known = readings.get(text);
  if (known !== undefined) return known;
  const reading = new TextReading(text);
  characters += text.length;
  if (readings.size === MOST_READINGS || characters > MOST_CHARACTERS) {
    readings.clear();
    characters = text.length;
  }
  readings.set(text, reading);
  return reading;
}
