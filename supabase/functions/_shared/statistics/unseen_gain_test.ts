import assert from "node:assert/strict";
import { assertClose } from "../testing/assert_close.ts";
import { chanceUnseen, UNSEEN_BY_RACE, UNSEEN_BY_VERDICT, unseenGain } from "./unseen_gain.ts";

Deno.test("a kind that is missed with 5 % chance, where 70 points are gained, makes up for the others", () => {
  const gain = unseenGain(50, UNSEEN_BY_VERDICT);
  const share = gain / (70 + gain);
  assertClose((1 - share) ** 50, 0.05, 1e-9);
  assertClose(share * 70, (1 - share) * gain, 1e-9);
});

Deno.test("fewer images allow for more, up to the limit on the share, and a race for more than a verdict", () => {
  assertClose(unseenGain(6, UNSEEN_BY_VERDICT), 70 / 6, 1e-9);
  for (let images = 1; images < 100; images++) {
    assert.ok(unseenGain(images + 1, UNSEEN_BY_VERDICT) <= unseenGain(images, UNSEEN_BY_VERDICT));
    assert.ok(unseenGain(images, UNSEEN_BY_RACE) > unseenGain(images, UNSEEN_BY_VERDICT));
  }
});

Deno.test("the chance is below 5 % exactly beyond the gain", () => {
  for (let images = 6; images <= 60; images++) {
    const gain = unseenGain(images, UNSEEN_BY_VERDICT);
    assert.ok(chanceUnseen(images, gain + 1e-6, UNSEEN_BY_VERDICT) < 0.05);
    assert.ok(chanceUnseen(images, gain - 1e-6, UNSEEN_BY_VERDICT) > 0.05 - 1e-9);
  }
  assert.equal(chanceUnseen(12, 0, UNSEEN_BY_VERDICT), 1);
});
