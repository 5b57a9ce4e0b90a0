import { z } from "zod";
import { dataOf } from "../chat_messages.ts";

const dataSchema = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.json())),
  rows_in_result: z.number(),
  is_cut: z.boolean(),
});
type Data = z.infer<typeof dataSchema>;

const MOST_ROWS = 5;

/** Returns the rows in a prompt; null if it has none. */
export function readData(prompt: string): Data | null {
  return dataSchema.safeParse(dataOf(prompt)).data ?? null;
}

/** Describes rows in words, and says who does so. Every figure comes from the rows. */
export function composeAnswer(data: Data): string {
  return `(Simulated answer) ${describeRows(data)}`;
}

function describeRows(data: Data): string {
  const names = data.columns.map((column) => column.split(" ", 1)[0] ?? column);
  const [first] = data.rows;
  if (first === undefined) return "There is no such data yet.";
  if (data.rows.length === 1) return `${describeRow(names, first)}.`;
  const shown = data.rows.slice(0, MOST_ROWS);
  const lines = shown.map((row, index) => `${index + 1}. ${describeRow(names, row)}`);
  return [
    `Of ${data.rows_in_result} rows, in order:`,
    ...lines,
    ...data.rows.length > shown.length ? ["The others stand in the table."] : [],
    ...data.is_cut ? ["The result was cut: these are its first rows only."] : [],
  ].join("\n");
}

function describeRow(names: readonly string[], row: readonly unknown[]): string {
  return row.map((value, index) => describeValue(names[index] ?? "", value)).join(", ");
}

function describeValue(name: string, value: unknown): string {
  const label = name.replace(/_(usd|ms|percent)$/, "").replaceAll("_", " ");
  if (value === null) return `${label} not measured`;
  if (typeof value !== "number") {
    return `${label} ${typeof value === "string" ? value : JSON.stringify(value)}`;
  }
  if (/usd|cost/.test(name)) return `${label} $${shorten(value, 6)}`;
  if (/_ms$|latency/.test(name)) return `${label} ${shorten(value, 0)} ms`;
  if (/accuracy|percent|rate/.test(name)) return `${label} ${shorten(value, 1)} %`;
  return `${label} ${shorten(value, 2)}`;
}

function shorten(value: number, decimals: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(decimals);
}
