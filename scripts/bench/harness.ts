import process from "node:process";
import Table from "cli-table3";
import { mean, median } from "simple-statistics";
import { wrap } from "../support/terminal.ts";

const NOTE_WIDTH = 100;

/**
 * Measures one round of a contender. Returns the values by metric. All contenders of a round get the
 * same seed, and another one in the next round.
 */
export type Measure<Metric extends string> = (
  seed: number,
) => Promise<Readonly<Record<Metric, number>>>;

/** Values of a contender, one per round. */
export type Series = readonly number[];

/** Goal for a median. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** Line of a printed table. */
export interface Row {
  readonly label: string;
  readonly values: Series;
  /** Ratio of our value to this line's, one per round. */
  readonly ratios?: Series | undefined;
  /** Goal for the ratios if there are any, otherwise for the values. */
  readonly goal?: Goal | undefined;
  /** Most that the platform allows, in the unit of the values. */
  readonly limit?: number;
}

/** Printed table. */
export interface Section {
  readonly title: string;
  /** Unit of the values, such as `jobs/s`. */
  readonly unit: string;
  /** Meaning of a ratio, such as `ours ÷ peer`. */
  readonly ratio?: string;
  readonly rows: readonly Row[];
  /** Facts that a reader needs to judge the figures. */
  readonly notes?: readonly string[];
}

/** One command of `deno task bench`, in a file of this folder. */
export interface Benchmark {
  /** Name on the command line. */
  readonly name: string;
  readonly summary: string;
  /** Yields each table as soon as it is measured. */
  run(options: BenchmarkOptions): AsyncIterable<Section>;
}

export interface BenchmarkOptions {
  /** Rounds that count. At least 5 for figures to be published. */
  readonly rounds: number;
  /** Length of a search, in minutes. 1 if undefined. */
  readonly minutes?: number;
  /** Reports progress. */
  readonly progress: (message: string) => void;
}

/** Results of {@link interleave}, by the names of the contenders. */
export interface Results<Metric extends string> {
  series(name: string, metric: Metric): Series;
  /** Returns the line of a contender, with its name as the label. */
  row(name: string, metric: Metric, options?: RowOptions): Row;
}

/** Options of a line. With `dividend` or `divisor`, the name of a contender, it has ratios. */
export interface RowOptions extends Pick<Row, "goal"> {
  readonly label?: string;
  readonly dividend?: string | undefined;
  readonly divisor?: string | undefined;
}

/**
 * Measures the contenders in turns, so that other load on the machine affects all of them alike.
 * The order changes from round to round. The first round warms up and does not count.
 */
export async function interleave<Metric extends string>(
  contenders: Readonly<Record<string, Measure<Metric>>>,
  { rounds, progress }: BenchmarkOptions,
): Promise<Results<Metric>> {
  const all = Object.entries(contenders);
  const results = new Map(all.map(([name]) => [name, [] as Readonly<Record<Metric, number>>[]]));
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    const first = round % all.length;
    for (const [name, measure] of [...all.slice(first), ...all.slice(0, first)]) {
      const measured = await measure(round + 1);
      if (round > 0) results.get(name)?.push(measured);
    }
  }
  const series = (name: string, metric: Metric) => {
    const measured = results.get(name);
    if (measured === undefined) throw new Error(`${name} was not measured`);
    return measured.map((values) => values[metric]);
  };
  const row = (name: string, metric: Metric, options: RowOptions = {}): Row => {
    const { label = name, goal, dividend = name, divisor = name } = options;
    const divided = ratios(series(dividend, metric), series(divisor, metric));
    const hasRatios = dividend !== divisor;
    return { label, values: series(name, metric), goal, ratios: hasRatios ? divided : undefined };
  };
  return { series, row };
}

/** Returns `dividends` divided by `divisors`, round by round. */
export function ratios(dividends: Series, divisors: Series): Series {
  return dividends.map((dividend, round) => dividend / (divisors[round] ?? NaN));
}

/** Returns the mean of each metric. */
export function average<Metric extends string>(
  items: readonly Readonly<Record<Metric, number>>[],
): Record<Metric, number> {
  const metrics = Object.keys(items[0] ?? {}) as Metric[];
  const means = metrics.map((metric) => [metric, mean(items.map((item) => item[metric]))]);
  return Object.fromEntries(means) as Record<Metric, number>;
}

/** Returns the milliseconds that work takes. */
export async function time(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Takes several measurements, one after the other. */
export async function repeat<Measured>(
  count: number,
  measure: (index: number) => Promise<Measured>,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let index = 0; index < count; index++) measured.push(await measure(index));
  return measured;
}

/** Returns the milliseconds of user and system time that this process uses during work. */
export async function timeCpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Returns whether the row's median reaches its goal; `undefined` if it has none. */
export function isMet({ values, ratios, goal }: Row): boolean | undefined {
  if (goal === undefined) return undefined;
  const reached = median(ratios ?? values);
  return "atLeast" in goal ? reached >= goal.atLeast : reached <= goal.atMost;
}

/** Formats a section as text: medians, ranges, ratios and whether the goals are met. */
export function renderSection({ title, unit, ratio, rows, notes = [] }: Section): string {
  const hasRatios = rows.some((row) => row.ratios !== undefined);
  const hasLimits = rows.some((row) => row.limit !== undefined);
  const hasGoals = rows.some((row) => row.goal !== undefined);
  const head = [
    "",
    `${unit}, median`,
    "range",
    ...hasRatios ? [ratio ?? "ratio", "range"] : [],
    ...hasLimits ? ["limit", ""] : [],
    ...hasGoals ? ["goal", ""] : [],
  ];
  const table = new Table({
    head,
    colAligns: head.map((_, column) => column === 0 ? "left" : "right"),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const met = isMet(row);
    table.push([
      row.label,
      show(median(row.values)),
      range(row.values, show),
      ...hasRatios
        ? row.ratios === undefined
          ? ["", ""]
          : [showRatio(median(row.ratios)), range(row.ratios, showRatio)]
        : [],
      ...hasLimits ? showLimit(row) : [],
      ...hasGoals ? [showGoal(row.goal), met === undefined ? "" : met ? "met" : "MISSED"] : [],
    ]);
  }
  const text = notes.map((note) => note.startsWith(" ") ? note : wrap(note, NOTE_WIDTH));
  return [`── ${title} ──`, table.toString(), ...text].join("\n");
}

function range(values: Series, format: (value: number) => string): string {
  return `${format(Math.min(...values))} – ${format(Math.max(...values))}`;
}

function showLimit({ values, limit }: Row): [string, string] {
  if (limit === undefined) return ["", ""];
  return [show(limit), median(values) <= limit ? "ok" : "OVER"];
}

function showGoal(goal: Goal | undefined): string {
  if (goal === undefined) return "";
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

function showRatio(ratio: number): string {
  return ratio.toFixed(2);
}

/** Formats a value with three significant digits, or with all digits before the decimal point. */
function show(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toLocaleString("en", {
    minimumFractionDigits: Math.min(decimals, 3),
    maximumFractionDigits: Math.min(decimals, 3),
  });
}
