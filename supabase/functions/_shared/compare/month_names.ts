import { foldCase, foldMarks } from "./fold_text.ts";

/** Names of months and weekdays, folded, in one or more languages. */
export interface CalendarNames {
  /** Months (1 to 12) that a word names. There are two if languages differ, as with `listopad`. */
  readonly months: ReadonlyMap<string, ReadonlySet<number>>;
  /** Weekdays (0 is Sunday) whose name is the word or contains it. */
  readonly weekdays: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Words between or after the parts of a date: `3 de marzo de 2024`, `3 марта 2024 г.` */
const FILLERS: ReadonlySet<string> = new Set(
  "of the de del den do le il г год года р року рік r gada g m d".split(" "),
);

/** Regions whose names differ from those of their language. */
const REGIONS = ["en-GB", "de-AT", "pt-PT", "fr-CA", "es-MX", "fil", "zh-Hant"];

let english: CalendarNames | null = null;
let all: CalendarNames | null = null;

/** Returns the English names. */
export function englishNames(): CalendarNames {
  return english ??= collectNames(["en", "en-GB"]);
}

/** Returns the names of all languages with two-letter codes that `Intl` knows. Takes 0.1 s once. */
export function allNames(): CalendarNames {
  return all ??= collectNames(
    Intl.DateTimeFormat.supportedLocalesOf([...twoLetters(), ...REGIONS]),
  );
}

/** Tells whether `word` only joins the parts of a date. */
export function isFiller(word: string): boolean {
  return FILLERS.has(word);
}

/** Returns the words of a folded text, without dots (`мар.`, `มี.ค.`) and without an elided `d'`. */
export function wordsOf(folded: string): string[] {
  const words = folded.match(/[\p{L}\p{M}]+(?:[.'][\p{L}\p{M}]+)*/gu) ?? [];
  return words.map((word) => word.replaceAll(".", "").replace(/^d'/, ""));
}

function* twoLetters(): Generator<string> {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  for (const first of letters) for (const second of letters) yield first + second;
}

function collectNames(locales: readonly string[]): CalendarNames {
  const months = new Map<string, Set<number>>();
  const weekdays = new Map<string, Set<number>>();
  for (const locale of locales) {
    const formats = (options: readonly Intl.DateTimeFormatOptions[]) =>
      options.map((option) =>
        new Intl.DateTimeFormat(`${locale}-u-ca-gregory-nu-latn`, { ...option, timeZone: "UTC" })
      );
    // Many languages inflect the month in a date.
    const ofMonth = formats([
      { month: "long" },
      { month: "short" },
      { day: "numeric", month: "long", year: "numeric" },
      { day: "numeric", month: "short", year: "numeric" },
    ]);
    for (let month = 1; month <= 12; month++) {
      for (const format of ofMonth) addMonth(months, format, month);
    }
    const ofWeekday = formats([{ weekday: "long" }, { weekday: "short" }]);
    for (let day = 0; day < 7; day++) {
      for (const format of ofWeekday) {
        // 7 January 2024 was a Sunday.
        for (const word of wordsOf(fold(format.format(Date.UTC(2024, 0, 7 + day))))) {
          add(weekdays, word, day);
        }
      }
    }
  }
  return { months, weekdays };
}

function addMonth(
  months: Map<string, Set<number>>,
  format: Intl.DateTimeFormat,
  month: number,
): void {
  const parts = format.formatToParts(Date.UTC(2024, month - 1, 15));
  const at = parts.findIndex(({ type }) => type === "month");
  // Hebrew joins a preposition to the name.
  const joined = at > 0 ? /\S*$/.exec(parts[at - 1]?.value ?? "")?.[0] ?? "" : "";
  const name = fold(`${joined}${parts[at]?.value ?? ""}`);
  const words = wordsOf(name).filter((word) => !isFiller(word));
  const [word] = words;
  if (word === undefined || words.length > 1 || /\d/.test(name)) return;
  add(months, word, month);
  // Capitals are often without accents: `3 AOUT 2024`.
  if (/^[\p{Script=Latin}\p{Script=Greek}]+$/u.test(word)) {
    add(months, word.normalize("NFD").replace(/\p{M}/gu, ""), month);
  }
}

function add(names: Map<string, Set<number>>, word: string, meaning: number): void {
  names.set(word, (names.get(word) ?? new Set()).add(meaning));
}

function fold(text: string): string {
  return foldCase(foldMarks(text));
}
