const TIME = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?([ap])\.?m\.?)?$/;

/**
 * Returns the time of day that a folded text writes, as `10:30:00.`, or null where it writes none.
 * Seconds may be left out where they are 0. Of the 12-hour clock all is read but the hour 12, which
 * not everyone takes for the same with `am`.
 */
export function readTime(folded: string): string | null {
  const match = TIME.exec(folded);
  if (match === null) return null;
  const [, hours = "", minute = "", second = "00", fraction = "", half] = match;
  if (half !== undefined && (Number(hours) < 1 || Number(hours) > 11)) return null;
  const hour = Number(hours) + (half === "p" ? 12 : 0);
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  return `${String(hour).padStart(2, "0")}:${minute}:${second}.${fraction.replace(/0+$/, "")}`;
}
