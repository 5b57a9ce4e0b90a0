/** Savings up to here, in percent, are not worth a word. */
export const NOTABLE_SAVING_PERCENT = 10;

/** Returns how many percent less than `other` the value is; 0 where either is not known. */
export function percentLess(value: number | null, other: number | null): number {
  return value === null || other === null || other === 0 ? 0 : 100 * (1 - value / other);
}

/** Writes a saving: rounded down, for 99.97 % less is not free; above 0, at least `less than 1 %`. */
export function formatSavingPercent(percent: number): string {
  const whole = Math.floor(percent);
  return whole < 1 ? "less than 1 %" : `${whole} %`;
}
