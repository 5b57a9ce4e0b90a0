/** What stands for a number that is not known. */
export const UNKNOWN = "–";

/** `97.3 %` */
export function formatPercent(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(1)} %`;
}

/** US dollars to three significant digits and at least two decimals: `$0.00421`, `$1.25`, `$0`. */
export function formatUsd(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return "$0";
  const decimals = Math.min(10, Math.max(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return `$${value.toFixed(decimals).replace(/(\.\d\d+?)0+$/, "$1")}`;
}

/** `6.2 points`, `1 point`; below a tenth of a point, `less than 0.1 points`. */
export function formatPoints(points: number): string {
  if (points > 0 && points < 0.05) return "less than 0.1 points";
  return points.toFixed(1) === "1.0" ? "1 point" : `${points.toFixed(1)} points`;
}

/** `1 image`, `20 images` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `A`, `A and B`, `A, B and C` */
export function listNames(names: readonly string[]): string {
  const [last = "", ...before] = names.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`;
}

const STANDINGS: Readonly<Record<string, string | undefined>> = {
  best: "most accurate",
  good_enough: "good enough",
  within_margin_unproven: "close, not proven",
  worse: "too far behind",
  below_minimum: "below the minimum",
  not_comparable: "not comparable",
  not_measured: "not measured",
  answered_by_another: "answered by another",
};

/**
 * Formats a model's standing, such as `good enough`. For a model that a race stopped it is
 * `stopped early after 8 images`. An unknown standing is `–`.
 */
export function formatStanding(
  { standing, stoppedAfterImages }: {
    readonly standing: string | null;
    readonly stoppedAfterImages: number | null;
  },
): string {
  return stoppedAfterImages === null
    ? STANDINGS[standing ?? ""] ?? UNKNOWN
    : `stopped early after ${count(stoppedAfterImages, "image")}`;
}

/** What a race has spared: `6 of 42 calls spared by the race, about $0.0031`. */
export function formatSaving(
  { savedCalls, allCalls, savedUsd }: { savedCalls: number; allCalls: number; savedUsd: number },
): string {
  return `${savedCalls} of ${allCalls} calls spared by the race, about ${formatUsd(savedUsd)}`;
}

/** Milliseconds below a second, else seconds: `830 ms`, `2.4 s`. */
export function formatTime(milliseconds: number | null): string {
  if (milliseconds === null) return UNKNOWN;
  return Math.round(milliseconds) < 1_000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`;
}
