import Table from "cli-table3";
import { replaceControlCharacters } from "../../supabase/functions/_shared/platform/control_characters.ts";

/** Columns of a table that fits every terminal. */
const USUAL_WIDTH = 80;
const LEAST_COLUMN = 6;
/** Text that is aligned to the right: numbers, with a unit or as a share. */
const NUMBER = /^[-+~]?\$?[\d.,]+(?: ± [\d.,]+)?(?: ?(?:%|ms|s))?(?:\/\d+)?$/;

/** Cell of a table. Null is shown as a dash. */
export type Cell = string | number | null;

/**
 * Returns a text that steers no terminal, whoever wrote it: escape sequences, links and marks of
 * direction lose the character that makes them act.
 */
export function toPrintable(text: string): string {
  return replaceControlCharacters(text.replaceAll("\r\n", "\n"), "\ufffd");
}

/** Prints lines to standard output, without what could steer the terminal. */
export function print(text: string): void {
  console.log(toPrintable(text));
}

/** Prints lines to standard error, without what could steer the terminal. */
export function printError(text: string): void {
  console.error(toPrintable(text));
}

/**
 * Prints data that programs read: to a terminal as {@link print} does, otherwise as it is. A line feed
 * is added if there is none at the end.
 */
export function printData(text: string): void {
  const lines = text.replace(/\n$/, "");
  console.log(Deno.stdout.isTerminal() ? toPrintable(lines) : lines);
}

/** Returns the columns of the terminal: `COLUMNS`, otherwise its size, otherwise 80. */
export function terminalWidth(): number {
  const columns = Number(Deno.env.get("COLUMNS"));
  if (Number.isInteger(columns) && columns >= 40) return columns;
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : USUAL_WIDTH;
}

/**
 * Formats a table that is at most `width` columns wide. The widest columns are wrapped if it does not
 * fit. Columns that contain only numbers are aligned to the right.
 *
 * @param options.hasRules `true` draws a line between rows, which helps if cells have several lines.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width = USUAL_WIDTH, hasRules = false }: {
    readonly width?: number;
    readonly hasRules?: boolean;
  } = {},
): string {
  const texts = rows.map((row) => row.map((cell) => cell === null ? "–" : clean(String(cell))));
  const columns = head.map((name, index) => [name, ...texts.map((row) => row[index] ?? "")]);
  const widths = fitColumns(columns, width - 3 * head.length - 1);
  const fit = (row: readonly string[]) =>
    row.map((text, index) => wrap(text, widths[index] ?? USUAL_WIDTH));
  const table = new Table({
    head: fit(head),
    colAligns: columns.map(([, ...cells]) =>
      cells.every((cell) => cell === "–" || cell.split("\n").every((line) => NUMBER.test(line)))
        ? "right"
        : "left"
    ),
    style: { head: [], border: [], compact: !hasRules },
  });
  table.push(...texts.map(fit));
  return table.toString();
}

/** Breaks lines between words. A word longer than a line is broken after `/`, `-` or `_`, or cut. */
export function wrap(text: string, width = USUAL_WIDTH): string {
  return text.split("\n").map((line) => {
    const lines = [""];
    const add = (part: string, separator: string) => {
      const last = lines.at(-1) ?? "";
      if (last === "") lines[lines.length - 1] = part;
      else if (last.length + separator.length + part.length <= width) {
        lines[lines.length - 1] = last + separator + part;
      } else lines.push(part);
    };
    for (const word of line.split(" ")) {
      if (word.length <= width) {
        add(word, " ");
        continue;
      }
      const pieces = word.split(/(?<=[/_-])/).flatMap((piece) =>
        piece.match(new RegExp(`.{1,${width}}`, "gsu")) ?? []
      );
      for (const [index, piece] of pieces.entries()) add(piece, index === 0 ? " " : "");
    }
    return lines.join("\n");
  }).join("\n");
}

/** Writer of streamed text that breaks lines between words. */
export class WordWrapper {
  #column = 0;
  #word = "";

  constructor(
    private readonly write: (text: string) => void,
    private readonly width: number,
  ) {}

  /** Writes all complete words. The last word is kept until more text or {@link flush} follows. */
  push(text: string): void {
    for (const character of text) {
      if (!/\s/.test(character)) {
        this.#word += character;
        continue;
      }
      this.flush();
      this.write(character);
      this.#column = character === "\n" ? 0 : this.#column + 1;
    }
  }

  /** Writes the rest of the text. */
  flush(): void {
    if (this.#column > 0 && this.#column + this.#word.length > this.width) {
      this.write("\n");
      this.#column = 0;
    }
    this.write(this.#word);
    this.#column += this.#word.length;
    this.#word = "";
  }
}

/** Returns the widths of columns whose sum is at most `room`, if that is possible. */
function fitColumns(columns: readonly (readonly string[])[], room: number): number[] {
  const longest = (texts: readonly string[], separator: RegExp) =>
    Math.max(0, ...texts.flatMap((text) => text.split(separator).map(({ length }) => length)));
  const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0);
  const natural = columns.map((texts) => longest(texts, /\n/));
  if (sum(natural) <= room) return natural;
  const widths = columns.map(([name = "", ...cells]) =>
    Math.max(longest([name], /\s/), longest(cells, /\n/))
  );
  while (sum(widths) > room) {
    const widest = Math.max(...widths);
    if (widest <= LEAST_COLUMN) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function clean(text: string): string {
  return toPrintable(text).replaceAll("\t", " ");
}
