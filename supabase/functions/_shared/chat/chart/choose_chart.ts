import type { QueryResult } from "../query_result.ts";
import { type ChartColumn, type ChartValue, readChartColumns } from "./chart_columns.ts";
import { type Chart, type ChartDatum, type Drawing, writeVegaLite } from "./vega_lite.ts";

/** Higher numbers cannot be read: the highest values are kept, and the chart says so. */
const MOST = { lines: 8, bars: 20, groups: 12, barsOfGroup: 6 };
/** Two points show nothing about how two measures go together. */
const LEAST_POINTS = 3;

/**
 * Returns the chart that shows a result, chosen by the types of its columns; null if none does.
 *
 * 1. A time and a measure: a line, or one for each value of a category; points if a moment has
 *    several rows.
 * 2. A category and a measure: bars, sorted. A second category, or further measures of the same unit,
 *    make groups of bars.
 * 3. Two measures of different units: points.
 *
 * If there are more measures than a chart takes, it shows the one that the rows are sorted by, else
 * the first. Whole numbers without a unit, which say what the others rest on, come last.
 */
export function chooseChart(result: QueryResult): Chart | null {
  const columns = readChartColumns(result);
  const measures = chooseMeasures(columns);
  const [first] = measures;
  if (result.rows.length < 2 || first === undefined) return null;
  const names = columns.filter(({ kind }) => kind === "category" || kind === "ordinal");
  const time = columns.find(({ kind }) => kind === "time");
  const drawing = (time && drawTime(time, names, measures)) ?? drawBars(names, measures) ??
    drawPoints(names, measures);
  if (drawing === null || drawing.values.length < 2) return null;
  const notes = [
    ...drawing.note === null ? [] : [drawing.note],
    ...result.truncated ? [`Only the first ${result.row_count} rows: the result was cut.`] : [],
  ];
  return writeVegaLite({ ...drawing, note: notes.length === 0 ? null : notes.join(" ") });
}

type Measures = readonly ChartColumn[];

/** Returns the measures, the one that matters most first. */
function chooseMeasures(columns: readonly ChartColumn[]): Measures {
  const all = columns.filter(({ kind }) => kind === "measure");
  const isCount = ({ unit, values }: ChartColumn) => unit === null && values.every(isWhole);
  const quantities = all.filter((measure) => !isCount(measure));
  const kept = quantities.length > 0 ? quantities : all;
  const sorted = kept.find(({ values }) => isSorted(values));
  return sorted === undefined ? kept : [sorted, ...kept.filter((one) => one !== sorted)];
}

function isWhole(value: ChartValue): boolean {
  return value === null || Number.isInteger(value);
}

/** Tells whether values only rise or only fall, and are not all the same. */
function isSorted(values: readonly ChartValue[]): boolean {
  const known = values.filter((value) => value !== null).map(Number);
  const steps = known.slice(1).map((value, index) => value - (known[index] ?? value));
  return steps.some((step) => step !== 0) &&
    (steps.every((step) => step >= 0) || steps.every((step) => step <= 0));
}

function drawTime(time: ChartColumn, names: Measures, measures: Measures): Drawing | null {
  const rows = time.values.length;
  const series = names.find(({ values }) => new Set(values).size < rows) ?? null;
  // A list of things that each have a date is no course of time.
  if (series === null && names.length > 0) return null;
  const [y] = measures;
  if (y === undefined) return null;
  const folded = series === null ? foldMeasures(measures) : null;
  if (folded !== null) {
    return {
      ...folded,
      mark: "line",
      title: `${folded.y.title} by ${time.title}`,
      x: time,
      values: rowsOf(time, folded.columns),
      note: null,
    };
  }
  const { values, note } = keepHighestSeries(zip(time, y, series), series);
  const isLine = isUnique(values.map(({ x, series }) => JSON.stringify([x, series])));
  return {
    mark: isLine ? "line" : "point",
    title: `${y.title} by ${time.title}${series === null ? "" : ` and ${series.title}`}`,
    x: time,
    y,
    series,
    values,
    note,
  };
}

function drawBars(names: Measures, measures: Measures): Drawing | null {
  const [y, second] = measures;
  if (y === undefined) return null;
  const key = names.find(({ values }) => isUnique(values));
  const folded = foldMeasures(measures);
  if (key !== undefined && folded !== null) {
    const title = `${folded.y.title} by ${key.title}`;
    return {
      ...folded,
      ...keepHighestBars(rowsOf(key, folded.columns), key, MOST.groups),
      mark: "bar",
      title,
      x: key,
    };
  }
  if (key !== undefined) {
    if (second !== undefined && key.values.length >= LEAST_POINTS) return null;
    const title = `${y.title} by ${key.title}`;
    const kept = keepHighestBars(zip(key, y, null), key, MOST.bars);
    return { ...kept, mark: "bar", title, x: key, y, series: null };
  }
  const [x, series] = findPair(names) ?? [];
  if (x === undefined || series === undefined) return null;
  return {
    ...keepHighestBars(zip(x, y, series), x, MOST.groups),
    mark: "bar",
    title: `${y.title} by ${x.title} and ${series.title}`,
    x,
    y,
    series,
  };
}

/** Returns two columns that name each row together, the one with more values first. */
function findPair(names: Measures): readonly [ChartColumn, ChartColumn] | null {
  const count = ({ values }: ChartColumn) => new Set(values).size;
  for (const [index, one] of names.entries()) {
    for (const other of names.slice(index + 1)) {
      if (!isUnique(one.values.map((value, row) => JSON.stringify([value, other.values[row]])))) {
        continue;
      }
      const pair = count(one) >= count(other) ? [one, other] as const : [other, one] as const;
      if (count(pair[1]) <= MOST.barsOfGroup) return pair;
    }
  }
  return null;
}

function drawPoints(names: Measures, measures: Measures): Drawing | null {
  // The first measure is the one that matters: it goes up.
  const [y, x] = measures;
  if (x === undefined || y === undefined) return null;
  const series = names.find(({ values }) => isUnique(values)) ?? names[0] ?? null;
  const values = zip(x, y, series).filter(({ x }) => x !== null);
  if (values.length < LEAST_POINTS) return null;
  const title = `${y.title} and ${x.title}${series === null ? "" : ` by ${series.title}`}`;
  return { mark: "point", title, x, y, series, values, note: null };
}

/** Returns all measures as one, each a series, if they have the same unit. */
function foldMeasures(
  measures: Measures,
): Pick<Drawing, "y" | "series"> & { columns: Measures } | null {
  const [first] = measures;
  if (first === undefined || measures.length < 2 || measures.length > MOST.barsOfGroup) return null;
  if (measures.some(({ unit }) => unit !== first.unit)) return null;
  return {
    columns: measures,
    y: { kind: "measure", title: list(measures.map(({ title }) => title)) },
    series: { title: null },
  };
}

function rowsOf(x: ChartColumn, columns: Measures): readonly ChartDatum[] {
  return columns.flatMap((column) =>
    zip(x, column, null)
      .map((datum) => ({ ...datum, series: column.title }))
  );
}

/** Returns a mark for each row that has a value. */
function zip(x: ChartColumn, y: ChartColumn, series: ChartColumn | null): readonly ChartDatum[] {
  return y.values.flatMap((value, row) => {
    const place = x.values[row] ?? null;
    if (value === null || place === null && x.kind === "time") return [];
    const name = series === null ? {} : { series: nameOf(series.values[row] ?? null) };
    return [{
      x: x.kind === "measure" || x.kind === "time" ? place : nameOf(place),
      y: value,
      ...name,
    }];
  });
}

/** Names a missing value, and one that is empty: an axis would leave its label out. */
function nameOf(value: ChartValue): ChartValue {
  return value === null ? "(none)" : value === "" ? "(empty)" : value;
}

/** Sorts bars by their highest value, unless they are in order already, and keeps the highest. */
function keepHighestBars(
  values: readonly ChartDatum[],
  { kind, title }: ChartColumn,
  most: number,
): Pick<Drawing, "values" | "note"> {
  const tops = highest(values, ({ x }) => x);
  const names = [...tops.keys()];
  const kept = new Set(keepHighest(tops, most));
  const order = kind === "ordinal"
    ? names.sort((one, other) => Number(one) - Number(other))
    : isSorted([...tops.values()])
    ? names
    : names.sort((one, other) => (tops.get(other) ?? 0) - (tops.get(one) ?? 0));
  const place = new Map(order.map((name, index) => [name, index]));
  return {
    values: values.filter(({ x }) => kept.has(x))
      .toSorted((one, other) => (place.get(one.x) ?? 0) - (place.get(other.x) ?? 0)),
    note: noteOf(kept.size, tops.size, title),
  };
}

function keepHighestSeries(
  values: readonly ChartDatum[],
  series: ChartColumn | null,
): Pick<Drawing, "values" | "note"> {
  if (series === null) return { values, note: null };
  const tops = highest(values, ({ series = null }) => series);
  const kept = new Set(keepHighest(tops, MOST.lines));
  return {
    values: values.filter(({ series = null }) => kept.has(series)),
    note: noteOf(kept.size, tops.size, series.title),
  };
}

/** Returns the highest value of each name, the names as they came. */
function highest(
  values: readonly ChartDatum[],
  nameOf: (datum: ChartDatum) => ChartValue,
): Map<ChartValue, number> {
  const tops = new Map<ChartValue, number>();
  for (const datum of values) {
    const name = nameOf(datum);
    tops.set(name, Math.max(tops.get(name) ?? -Infinity, Number(datum.y)));
  }
  return tops;
}

function keepHighest(tops: ReadonlyMap<ChartValue, number>, most: number): ChartValue[] {
  return [...tops].sort(([, one], [, other]) => other - one).slice(0, most).map(([name]) => name);
}

function noteOf(kept: number, all: number, title: string): string | null {
  return kept === all ? null : `The ${kept} with the highest values, of ${all} (${title}).`;
}

function isUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

function list(words: readonly string[]): string {
  return words.length < 3
    ? words.join(" and ")
    : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
