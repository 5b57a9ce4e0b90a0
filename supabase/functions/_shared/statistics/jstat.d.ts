/** Types of the functions of jstat that are used here. The package has no types. */
declare const jstat: {
  readonly normal: {
    cdf(x: number, mean: number, standardDeviation: number): number;
    inv(probability: number, mean: number, standardDeviation: number): number;
  };
  readonly studentt: {
    cdf(x: number, degreesOfFreedom: number): number;
    inv(probability: number, degreesOfFreedom: number): number;
  };
};
export default jstat;
