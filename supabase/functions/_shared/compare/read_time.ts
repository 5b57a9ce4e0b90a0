const TIME = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?([ap])\.?m\.?)?$/;

/**
 * Reads the time of day of a folded text into the form `10:30:00.`; null if it is none. Seconds may be
 * left out. The hour 12 with `am` or `pm` is not read, because its meaning is disputed.
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
