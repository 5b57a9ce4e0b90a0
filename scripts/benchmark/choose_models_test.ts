import assert from "node:assert/strict";
import { chooseModels, type Model } from "./choose_models.ts";

function model(id: string, name: string, efforts: readonly string[] = []): Model {
  return { id, name, reasoning_efforts: [...efforts] };
}

const CATALOGUE = [
  model("openai/gpt-6-luna", "GPT-6 Luna", ["none", "low", "high"]),
  model("openai/gpt-5.6-luna", "GPT-5.6 Luna", ["none", "low", "high"]),
  model("google/gemini-3.5-flash", "Gemini 3.5 Flash", ["low", "high"]),
  model("mistral/gemini-3.5-flash", "Gemini 3.5 Flash"),
  model("local/paddleocr", "PaddleOCR"),
];

Deno.test("a model is found by id, by the end of its id and by name, whatever the case", () => {
  for (const name of ["openai/gpt-6-luna", "gpt-6-luna", "GPT-6 Luna", " gpt 6 luna"]) {
    assert.deepEqual(chooseModels([name], CATALOGUE).ids, ["openai/gpt-6-luna"], name);
  }
  const { ids } = chooseModels(
    ["gpt-6-luna#high", "gpt-6-luna#none", "gpt-6-luna#high"],
    CATALOGUE,
  );
  assert.deepEqual(ids, ["openai/gpt-6-luna#high", "openai/gpt-6-luna#none"]);
});

Deno.test("an effort for all models is left out where a model does not take it", () => {
  const { ids, notes } = chooseModels(
    ["gpt-6-luna", "paddleocr", "gpt-5.6-luna#low"],
    CATALOGUE,
    "high",
  );
  assert.deepEqual(ids, ["openai/gpt-6-luna#high", "local/paddleocr", "openai/gpt-5.6-luna#low"]);
  assert.deepEqual(notes, ["PaddleOCR takes no effort high, and runs with its own default."]);
});

Deno.test("a miss names the nearest models, and every name with a problem is told at once", () => {
  const names = ["gpt6-lunna", "luna", "gemini 3.5 flash", "gpt-6-luna#max", "paddleocr"];
  assert.throws(() => chooseModels(names, CATALOGUE), ({ message }: Error) => {
    const [head, ...lines] = message.split("\n");
    assert.equal(head, "These models cannot be used:");
    assert.match(lines[0] ?? "", /^- there is no model gpt6-lunna\. Near: openai\/gpt-6-luna, /);
    assert.match(
      lines[1] ?? "",
      /no model luna\. Near: openai\/gpt-6-luna, openai\/gpt-5\.6-luna,/,
    );
    assert.match(lines[2] ?? "", /may be google\/gemini-3\.5-flash or mistral\/gemini-3\.5-flash$/);
    assert.match(lines[3] ?? "", /takes no effort max: it takes none, low, high$/);
    assert.equal(lines.length, 4);
    return true;
  });
});
