import Table from "cli-table3";

/** A cell. Numbers are aligned right; null is shown as a dash. */
export type Cell = string | number | null;

/** Formats a table for the terminal. */
export function formatTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) =>
      rows.some((row) => typeof row[column] === "number") ? "right" : "left"
    ),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(row.map((cell) => show(cell)));
  return table.toString();
}

function show(cell: Cell): string {
  if (cell === null) return "–";
  // `oneLine` removes escape sequences, which the terminal would execute.
  return typeof cell === "number" ? String(cell) : oneLine(cell, 80);
}

/** Returns a text's first line without control characters, cut to `length`. */
export function oneLine(text: string, length: number): string {
  const line = (text.split("\n", 1)[0] ?? "").replace(/\p{Cc}/gu, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** Formats a time to the minute, in UTC. */
export function formatTime(iso: string): string {
  return new Date(iso).toISOString().slice(0, 16).replace("T", " ");
}

/** Formats a change with its sign; null stays null. */
export function signed(value: number | null, digits = 0): string | null {
  if (value === null) return null;
  return `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
}
