/** Largest saving, in percent, that is too small to be mentioned. */
export const NOTABLE_SAVING_PERCENT = 10;

/** Returns by how many percent `value` is below `other`; 0 if either is unknown. */
export function percentLess(value: number | null, other: number | null): number {
  return value === null || other === null || other === 0 ? 0 : 100 * (1 - value / other);
}

/** Formats a saving, rounded down because 99.97 % less is not free; below 1 %, `less than 1 %`. */
export function formatSavingPercent(percent: number): string {
  const whole = Math.floor(percent);
  return whole < 1 ? "less than 1 %" : `${whole} %`;
}
