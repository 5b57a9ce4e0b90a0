import type { ChartColumn, ChartValue } from "./chart_columns.ts";

/** Specification of a chart in Vega-Lite 6. It holds its data, so any Vega-Lite viewer can draw it. */
export interface Chart {
  readonly $schema: typeof SCHEMA;
  readonly title: { readonly text: string; readonly subtitle?: string };
  /** The chart in one sentence, for those who do not see it. */
  readonly description: string;
  readonly width: "container";
  readonly height: number | { readonly step: number };
  readonly data: { readonly values: readonly ChartDatum[] };
  readonly mark: Readonly<Record<string, boolean | number | string>>;
  readonly encoding: Readonly<Record<string, Channel | readonly Channel[]>>;
}

/**
 * One mark. The fields have names of their own, so that no column's name needs escaping: the names
 * are the titles.
 */
export interface ChartDatum {
  readonly x: ChartValue;
  readonly y: ChartValue;
  /** Line, group of bars, or name of a point. */
  readonly series?: ChartValue;
}

type Channel = Readonly<Record<string, unknown>>;

/** Column that gives an axis. */
export type Scale = Pick<ChartColumn, "kind" | "title">;

/** What a chart shows. */
export interface Drawing {
  readonly mark: "line" | "point" | "bar";
  readonly title: string;
  readonly x: Scale;
  readonly y: Scale;
  /** Null if all marks have one colour. Its title is null if the series are measures. */
  readonly series: { readonly title: string | null } | null;
  readonly values: readonly ChartDatum[];
  /** What was left out, as a sentence. */
  readonly note: string | null;
}

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";
const HEIGHT = 280;
const BAR_STEP = 26;
const GROUP_STEP = 16;
/** Longest label and highest number of bars that stand side by side. */
const UPRIGHT = { label: 12, bars: 8 };
/** More colours cannot be told apart. */
const MAX_COLOURS = 10;
/** Highest number of marks of a line that are drawn as dots as well. */
const MAX_DOTS = 60;
const NUMBER_FORMAT = ",.6~r";
const MAX_TICKS = 6;
const DAY_MS = 86_400_000;

/** Writes a chart as a Vega-Lite specification. */
export function writeVegaLite(drawing: Drawing): Chart {
  const { mark, x, y, series, values, note } = drawing;
  const text = capitalise(drawing.title);
  const common = {
    $schema: SCHEMA,
    title: note === null ? { text } : { text, subtitle: note },
    description: `${text}. ${describe(drawing)}`,
    width: "container",
    data: { values },
  } as const;
  const names = [...new Set(values.map(({ x }) => x))];
  const isSideways = mark === "bar" && (names.length > UPRIGHT.bars ||
    names.some((name) => String(name ?? "").length > UPRIGHT.label));
  const colours = new Set(values.map(({ series }) => series)).size;
  const encoding = {
    [isSideways ? "y" : "x"]: x.kind === "time" ? timeAxis(x, names) : axis("x", x, mark),
    [isSideways ? "x" : "y"]: axis("y", y, mark),
    ...series !== null && colours <= MAX_COLOURS
      ? {
        color: {
          field: "series",
          type: "nominal",
          title: series.title === null ? null : capitalise(series.title),
          sort: null,
          legend: { orient: "top" },
        },
      }
      : {},
    ...series !== null && mark === "bar"
      ? { [isSideways ? "yOffset" : "xOffset"]: { field: "series", type: "nominal", sort: null } }
      : {},
    tooltip: [
      x.kind === "time" ? { ...tip("x", x), ...timeTip(names) } : tip("x", x),
      ...series === null
        ? []
        : [tip("series", { kind: "category", title: series.title ?? "measure" })],
      tip("y", y),
    ],
  };
  if (mark !== "bar") {
    const look: Chart["mark"] = mark === "line"
      ? { type: "line", point: values.length <= MAX_DOTS }
      : { type: "point", filled: true, size: 80 };
    return { ...common, height: HEIGHT, mark: look, encoding };
  }
  const step = series === null ? BAR_STEP : GROUP_STEP * colours;
  return {
    ...common,
    height: isSideways ? { step } : HEIGHT,
    mark: { type: "bar", cornerRadiusEnd: 2 },
    encoding,
  };
}

function axis(field: "x" | "y", { kind, title }: Scale, mark: Drawing["mark"]): Channel {
  const channel = { field, title: capitalise(title) };
  if (kind !== "measure") {
    // The bars' names say what they are, and the chart's title says it again.
    return {
      field,
      title: null,
      type: kind === "ordinal" ? "ordinal" : "nominal",
      sort: null,
      axis: { labelLimit: 240, labelAngle: 0 },
    };
  }
  // A bar's length is read against zero. Of lines and points the differences are what is read.
  const scale = { zero: mark === "bar", nice: true };
  return { ...channel, type: "quantitative", scale, axis: { format: NUMBER_FORMAT, tickCount: 5 } };
}

/** Returns the axis of times. Without the step, Vega writes days that are a few pixels apart twice. */
function timeAxis({ title }: Scale, times: readonly ChartValue[]): Channel {
  const axis = { field: "x", type: "temporal", scale: { type: "utc" } };
  if (!times.every(isDay)) return { ...axis, title: `${capitalise(title)} (UTC)` };
  const moments = times.map((time) => Date.parse(String(time)));
  const days = (Math.max(...moments) - Math.min(...moments)) / DAY_MS;
  const [interval, length, format] = times.every((time) => String(time).slice(8, 10) === "01")
    ? ["month", 30, "%b"] as const
    : ["day", 1, "%-d %b"] as const;
  const step = Math.max(1, Math.ceil(days / length / MAX_TICKS));
  const [year, ...years] = new Set(times.map((time) => String(time).slice(0, 4)));
  const isOneYear = years.length === 0;
  return {
    ...axis,
    title: capitalise(isOneYear ? `${title}, ${year}` : title),
    axis: { format: isOneYear ? format : `${format} %Y`, tickCount: { interval, step } },
  };
}

function timeTip(times: readonly ChartValue[]): Channel {
  return { format: times.every(isDay) ? "%Y-%m-%d" : "%Y-%m-%d %H:%M", formatType: "utc" };
}

function isDay(time: ChartValue): boolean {
  return String(time).endsWith("T00:00:00.000Z");
}

function tip(field: "x" | "y" | "series", { kind, title }: Scale): Channel {
  const channel = { field, title: capitalise(title) };
  if (kind === "measure") return { ...channel, type: "quantitative", format: NUMBER_FORMAT };
  return { ...channel, type: kind === "time" ? "temporal" : "nominal" };
}

/** Returns the number of marks, and the smallest and the largest value with their places. */
function describe({ mark, x, values }: Drawing): string {
  const name = ({ x: value, series }: ChartDatum) =>
    [series, x.kind === "time" ? String(value).slice(0, 10) : value]
      .filter((part) => part !== undefined && part !== null).join(", ");
  const [first, ...rest] = values;
  if (first === undefined) return "";
  let [least, most] = [first, first];
  for (const datum of rest) {
    if (Number(datum.y) < Number(least.y)) least = datum;
    if (Number(datum.y) > Number(most.y)) most = datum;
  }
  const marks = mark === "bar" ? "bars" : "points";
  return `${values.length} ${marks}, from ${least.y} (${name(least)}) to ${most.y} (${
    name(most)
  }).`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
