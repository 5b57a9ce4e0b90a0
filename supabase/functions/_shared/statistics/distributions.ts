// @ts-types="./jstat.d.ts"
import jstat from "jstat";

/** The value below which a standard normal variable falls with `probability`. */
export function normalQuantile(probability: number): number {
  return jstat.normal.inv(probability, 0, 1);
}

/** The probability that a standard normal variable falls below `value`. */
export function normalProbability(value: number): number {
  return jstat.normal.cdf(value, 0, 1);
}

/** The same of Student's t; right to eight digits. */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  return jstat.studentt.inv(probability, degreesOfFreedom);
}

/** The probability that Student's t falls below `value`. */
export function tProbability(value: number, degreesOfFreedom: number): number {
  return jstat.studentt.cdf(value, degreesOfFreedom);
}
