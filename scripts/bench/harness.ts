import Table from "cli-table3";
import { median } from "simple-statistics";

/** One thing under measurement. */
export interface Contender<Metric extends string> {
  readonly name: string;
  /** One round: what was measured, by metric. */
  measure(): Promise<Readonly<Record<Metric, number>>>;
}

/** A contender's values, one a round. */
export type Series = readonly number[];

/** What a median has to reach. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** One line of a printed table. */
export interface Row {
  readonly label: string;
  readonly values: Series;
  /** Ours in relation to this line, a value for each round. */
  readonly ratios?: Series;
  /** For the ratios where there are any, otherwise for the values. */
  readonly goal?: Goal;
}

/** A printed table. */
export interface Section {
  readonly title: string;
  /** What the values are in, such as `jobs/s`. */
  readonly unit: string;
  /** What a ratio means, such as `ours ÷ peer`. */
  readonly ratio?: string;
  readonly rows: readonly Row[];
  /** What a reader needs to judge the figures by. */
  readonly notes?: readonly string[];
}

/** One file of this folder. */
export interface Benchmark {
  /** As on the command line. */
  readonly name: string;
  readonly summary: string;
  /** Yields each table as soon as it is measured. */
  run(options: BenchmarkOptions): AsyncIterable<Section>;
}

export interface BenchmarkOptions {
  /** At least 5 for figures to be quoted. */
  readonly rounds: number;
  /** Says what is going on. */
  readonly progress: (message: string) => void;
}

/**
 * Measures the contenders in turns, so that whatever else the machine does falls on all of them
 * alike. Who begins changes from round to round; the first round warms up and does not count.
 */
export async function interleave<Metric extends string>(
  contenders: readonly Contender<Metric>[],
  { rounds, progress }: BenchmarkOptions,
): Promise<Map<string, Readonly<Record<Metric, number>>[]>> {
  const results = new Map(
    contenders.map(({ name }) => [name, [] as Readonly<Record<Metric, number>>[]]),
  );
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    const first = round % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const measured = await contender.measure();
      if (round > 0) results.get(contender.name)?.push(measured);
    }
  }
  return results;
}

/** One metric of one contender out of what {@link interleave} returned. */
export function seriesOf<Metric extends string>(
  results: ReadonlyMap<string, readonly Readonly<Record<Metric, number>>[]>,
  name: string,
  metric: Metric,
): Series {
  const measured = results.get(name);
  if (measured === undefined) throw new Error(`${name} was not measured`);
  return measured.map((values) => values[metric]);
}

/** `dividends` by `divisors`, round by round. */
export function ratios(dividends: Series, divisors: Series): Series {
  return dividends.map((dividend, round) => dividend / (divisors[round] ?? NaN));
}

/** Draws the same latencies for every contender of a round, and others in the next. */
export function seeded<T>(measure: (seed: number) => Promise<T>): () => Promise<T> {
  let seed = 0;
  return () => measure(++seed);
}

/** Whether the row's median reaches its goal; `undefined` where it has none. */
export function isMet({ values, ratios, goal }: Row): boolean | undefined {
  if (goal === undefined) return undefined;
  const reached = median(ratios ?? values);
  return "atLeast" in goal ? reached >= goal.atLeast : reached <= goal.atMost;
}

/** A section as text: medians, ranges, ratios and whether the goals are met. */
export function renderSection({ title, unit, ratio, rows, notes = [] }: Section): string {
  const hasRatios = rows.some((row) => row.ratios !== undefined);
  const hasGoals = rows.some((row) => row.goal !== undefined);
  const head = [
    "",
    `${unit}, median`,
    "range",
    ...hasRatios ? [ratio ?? "ratio", "range"] : [],
    ...hasGoals ? ["goal", ""] : [],
  ];
  const table = new Table({
    head,
    colAligns: head.map((_, column) => column === 0 ? "left" : "right"),
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const met = isMet(row);
    table.push([
      row.label,
      show(median(row.values)),
      range(row.values),
      ...hasRatios
        ? row.ratios === undefined ? ["", ""] : [showRatio(median(row.ratios)), rangeOf(row.ratios)]
        : [],
      ...hasGoals ? [showGoal(row.goal), met === undefined ? "" : met ? "met" : "MISSED"] : [],
    ]);
  }
  return [`── ${title} ──`, table.toString(), ...notes].join("\n");
}

function range(values: Series): string {
  return `${show(Math.min(...values))} – ${show(Math.max(...values))}`;
}

function rangeOf(ratios: Series): string {
  return `${showRatio(Math.min(...ratios))} – ${showRatio(Math.max(...ratios))}`;
}

function showGoal(goal: Goal | undefined): string {
  if (goal === undefined) return "";
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

function showRatio(ratio: number): string {
  return ratio.toFixed(2);
}

/** Three digits or all before the point. */
function show(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toLocaleString("en", {
    minimumFractionDigits: Math.min(decimals, 3),
    maximumFractionDigits: Math.min(decimals, 3),
  });
}
