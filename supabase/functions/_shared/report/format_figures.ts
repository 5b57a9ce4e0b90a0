import type { ReportModel, Standing } from "./model_summary.ts";
import type { RaceSaving } from "./report_summary.ts";

/** Shown in place of an unknown number. */
export const UNKNOWN = "–";

/** Formats a percentage with one decimal: `97.3 %`. */
export function formatPercent(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(1)} %`;
}

/** Formats US dollars to three significant digits and at least two decimals: `$0.00421`, `$1.25`, `$0`. */
export function formatUsd(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return "$0";
  const decimals = Math.min(10, Math.max(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return `$${value.toFixed(decimals).replace(/(\.\d\d+?)0+$/, "$1")}`;
}

/** Formats an amount in the smallest unit of its currency: `$19.00`, `¥1,900`. */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Formats points: `6.2 points`, `1 point`. Below 0.05 it is `less than 0.1 points`. */
export function formatPoints(points: number): string {
  if (points > 0 && points < 0.05) return "less than 0.1 points";
  return points.toFixed(1) === "1.0" ? "1 point" : `${points.toFixed(1)} points`;
}

/** Writes a number with its noun: `1 image`, `20 images`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Writes on which images two models were compared: `on the 20 images that both read`. */
export function onCommonImages(images: number): string {
  return `on the ${images === 1 ? "image" : count(images, "image")} that both read`;
}

/** Joins names: `A`, `A and B`, `A, B and C`. */
export function listNames(names: readonly string[]): string {
  const [last = "", ...before] = names.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`;
}

const STANDINGS: Readonly<Record<Exclude<Standing, "stopped">, string>> = {
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
 * `stopped early after 8 images`, and `–` if the report has not ended.
 */
export function formatStanding(
  { standing, stoppedAfterImages }: Pick<ReportModel, "standing" | "stoppedAfterImages">,
): string {
  if (stoppedAfterImages !== null) {
    return `stopped early after ${count(stoppedAfterImages, "image")}`;
  }
  return standing === null || standing === "stopped" ? UNKNOWN : STANDINGS[standing];
}

/** Formats what a race saved: `6 of 42 calls saved by the race, about $0.0031`. */
export function formatSaving({ savedCalls, allCalls, savedUsd }: RaceSaving): string {
  return `${savedCalls} of ${allCalls} calls saved by the race, about ${formatUsd(savedUsd)}`;
}

/** Formats a time in milliseconds below one second, otherwise in seconds: `830 ms`, `2.4 s`. */
export function formatTime(milliseconds: number | null): string {
  if (milliseconds === null) return UNKNOWN;
  return Math.round(milliseconds) < 1_000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`;
}
