import assert from "node:assert/strict";
import { textModels, unlistedModel } from "./catalogue.ts";
import { answerText, type TextTruth } from "./text.ts";

const CLASSES = ["billing", "shipping", "returns"];
const TRUTHS: TextTruth[] = Array.from(
  { length: 300 },
  (_, index) => [`message number ${index}.`, CLASSES[index % 3] ?? ""],
);

Deno.test("a model classifies better, and reproducibly, when the prompt names the classes", () => {
  const [weak = unlistedModel("x"), strong = unlistedModel("y")] = textModels;
  const right = (prompt: string, model = weak) =>
    TRUTHS.filter(([text, name]) => answerText(`${prompt}\n${text}`, model, TRUTHS, 1) === name)
      .length;
  const [untold, told] = [right("Sort."), right(`One of ${CLASSES.join(", ")}.`)];
  assert.ok(untold < 0.65 * 300 && told > 0.75 * 300 && told < 300, `${untold} ${told}`);
  assert.equal(right("Sort."), untold);
  assert.ok(right(`One of ${CLASSES.join(", ")}.`, strong) > told);
});

Deno.test("a prompt that asks for a <response> gets a grade of the answer", () => {
  const grade = (answer: string) =>
    answerText(
      `Right category: billing\nThe answer: ${answer}\nWrite <response>.`,
      unlistedModel("x"),
      TRUTHS,
      1,
    );
  assert.match(grade("Billing"), /^<response>\{"score":1,/);
  assert.match(grade("a billing question"), /"score":0\.5,/);
  assert.match(grade("shipping"), /"score":0,/);
});

Deno.test("any other prompt is answered with its last line", () => {
  assert.equal(answerText("Say:\n  blue \n", unlistedModel("x"), TRUTHS, 1), "blue");
});
