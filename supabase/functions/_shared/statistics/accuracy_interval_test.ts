import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { accuracyInterval, rateInterval } from "./accuracy_interval.ts";

Deno.test("the interval of accuracy is the wider of t and Wilson's at each end, as computed with scipy", () => {
  // scipy 1.17: m = np.mean(y); se = stats.sem(y); t = stats.t.ppf(.975, len(y) - 1)
  // m - t*se; m + t*se; n = m*(1-m)/se**2; s = t*t/n; c = (m + s/2)/(1 + s)
  // h = t/(1 + s)*np.sqrt((m*(1-m) + s/4)/n); c - h; c + h
  // y = [1]*9 + [.8, .9, 0] -> 0.7090031, 1.0743302, 0.6042678364717453, 0.977957
  const rare = accuracyInterval([...Array<number[]>(9).fill([100, 100]), [80], [90], [0]]);
  const once = accuracyInterval([...Array<number[]>(9).fill([100]), [80], [90], [0]]);
  assertClose(once?.low, 60.42678364717453, 1e-6);
  assert.equal(once?.high, 100);
  assert.ok((rare?.low ?? NaN) > (once?.low ?? NaN), "the images that are right weigh more");
  // y = [.7, .6, .8, .75, .65, .7] -> 0.6257937, 0.7742063057389292, 0.6214594823514947, 0.7683198
  const even = accuracyInterval([[70], [60], [80], [75], [65], [70]]);
  assertClose(even?.low, 62.14594823514947, 1e-6);
  assertClose(even?.high, 77.42063057389292, 1e-6);
});

Deno.test("images that all have the same accuracy count once each, and one alone says little", () => {
  assert.deepEqual(accuracyInterval(Array<number[]>(12).fill([100, 100])), rateInterval(1, 12));
  assert.deepEqual(accuracyInterval([[80, 90]]), rateInterval(0.85, 1));
  assert.equal(accuracyInterval([[], []]), null);
});

Deno.test("an interval of accuracy holds the mean and stays within 0 and 100", () => {
  const accuracy = fc.double({ min: 0, max: 100, noNaN: true });
  const image = fc.array(accuracy, { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.array(image, { minLength: 1, maxLength: 20 }), (images) => {
    const all = images.flat();
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const { low, high } = accuracyInterval(images) ?? { low: NaN, high: NaN };
    assert.ok(0 <= low && low <= mean + 1e-9 && mean - 1e-9 <= high && high <= 100);
  }));
});
