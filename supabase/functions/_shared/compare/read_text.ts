import { readDateAs } from "./date_format.ts";
import { foldCase, foldMarks } from "./fold_text.ts";
import { type Amount, readAmount } from "./read_amount.ts";
import { lettersAndDigits, readCode } from "./read_code.ts";
import { readDate } from "./read_date.ts";
import { withoutFloatNoise } from "./read_decimal.ts";
import { joinUnits, type Measure, readMeasure } from "./read_measure.ts";
import { readTime } from "./read_time.ts";

/**
 * All that a text can be read as. Each reading is made when first asked for and kept: in search of
 * the best pairs each text is compared with many.
 */
export class TextReading {
  /** The text without what only concerns its typography, see {@link foldMarks}. */
  readonly marksFolded: string;
  readonly #caseFolded: string;
  /**
   * Without its case, the blanks before units and a sentence's full stop too: texts with the same
   * `folded` are the same.
   */
  readonly folded: string;
  /** No number, date, time or code is without a digit. */
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

  /** The amount, whose currency may be written in any case: the same for all texts of one `folded`. */
  get amountOfAnyCase(): Amount | null {
    if (this.amount !== null || !this.hasDigit) return this.amount;
    return withSteadyDecimal(readAmount(this.marksFolded, true));
  }

  /** True where the amount is no version or clause, as `1.10` might be: written as only numbers are. */
  get isEvidentlyAmount(): boolean {
    return isEvident(this.marksFolded);
  }

  get measure(): Measure | null {
    if (this.#measure === undefined) {
      this.#measure = this.hasDigit ? readMeasure(this.folded) : null;
    }
    return this.#measure;
  }

  /** True where the measure's number is written as only numbers are. */
  get isEvidentlyMeasure(): boolean {
    return this.measure !== null && isEvident(this.measure.number);
  }

  /** A date or a time of day. */
  get date(): string | null {
    if (this.#date === undefined) {
      this.#date = this.hasDigit ? readDate(this.#caseFolded) ?? readTime(this.#caseFolded) : null;
    }
    return this.#date;
  }

  /** The date in a declared format, else any date that is not in doubt. */
  dateBy(format: string | undefined): string | null {
    const declared = format === undefined ? null : readDateAs(this.marksFolded, format);
    return declared ?? this.date;
  }

  /** A telephone number or IBAN without its grouping. */
  get code(): string | null {
    return this.hasDigit ? readCode(this.#caseFolded) : null;
  }

  /** Letters and digits alone; all where there is neither. */
  get lettersAndDigits(): string {
    return lettersAndDigits(this.#caseFolded) || this.folded;
  }

  /** The text without its blanks, its case kept. */
  get identifier(): string {
    return this.marksFolded.replaceAll(" ", "");
  }
}

/** Leaves out a sentence's full stop: after three words or more, the last of them of three letters. */
function withoutFullStop(folded: string): string {
  if (!folded.endsWith(".")) return folded;
  const blank = folded.lastIndexOf(" ");
  const isSentence = folded.indexOf(" ") < blank &&
    /^[\p{L}\p{M}]{3,}\.$/u.test(folded.slice(blank + 1));
  return isSentence ? folded.slice(0, -1) : folded;
}

/** Digits alone, or with one dot, in parentheses or not, may be a version, a clause or a note. */
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

/** Returns the readings of `text`, from the last texts read where it is among them. */
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
