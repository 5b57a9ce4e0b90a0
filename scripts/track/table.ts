import Table from "cli-table3";
import type { Cell } from "../support/terminal.ts";

/**
 * Formats a table for the terminal. Each row has its cells by their columns' heads. Numbers are aligned
 * to the right.
 */
export function formatTable(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const head = Object.keys(rows[0] ?? {});
  const table = new Table({
    head,
    colAligns: head.map((name) =>
      rows.some((row) => typeof row[name] === "number") ? "right" : "left"
    ),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(Object.values(row).map(show));
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
