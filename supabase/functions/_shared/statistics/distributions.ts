// @ts-types="./jstat.d.ts"
import jstat from "jstat";

/** Returns the value below which a standard normal variable lies with `probability`. */
export function normalQuantile(probability: number): number {
  return jstat.normal.inv(probability, 0, 1);
}

/** Returns the probability that a standard normal variable lies below `value`. */
export function normalProbability(value: number): number {
  return jstat.normal.cdf(value, 0, 1);
}

/** Returns the value below which Student's t lies with `probability`, accurate to eight digits. */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  return jstat.studentt.inv(probability, degreesOfFreedom);
}

/** Returns the probability that Student's t lies below `value`. */
export function tProbability(value: number, degreesOfFreedom: number): number {
  return jstat.studentt.cdf(value, degreesOfFreedom);
}
