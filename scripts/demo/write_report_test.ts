import assert from "node:assert/strict";
import type { Priority } from "../../supabase/functions/_shared/benchmark/configuration.ts";
import { concludeReport } from "../../supabase/functions/_shared/report/conclude_report.ts";
import {
  type CraftedModel,
  craftRow,
  craftRuns,
  free,
  large,
  medium,
  mini,
} from "../../supabase/functions/_shared/testing/crafted_report.ts";
import { finishedReportSchema } from "./watch_report.ts";
import { writeReport } from "./write_report.ts";

const COST: Priority[] = ["cost", "speed", "accuracy"];

function written(models: readonly CraftedModel[], images: number): string {
  const { config_snapshot: snapshot } = craftRow(models, images, COST);
  const conclusion = concludeReport(
    { reportId: "crafted", snapshot },
    craftRuns(models, images),
  );
  const { recommendedModelId, ...rest } = conclusion;
  const report = {
    ...rest,
    recommended_model: recommendedModelId,
    share_token: "token",
    total_api_cost: "1.5",
    partial_reason: null,
  };
  const text = writeReport(finishedReportSchema.parse(report), images);
  for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  return text;
}

const flat = (text: string) => text.replaceAll(/\s+/g, " ");

Deno.test("a printed report warns once before the recommendation and lists picks and standings", () => {
  const text = flat(written([large, medium, mini, free], 4));
  const order = [
    "4 images are too few",
    "★ Recommended: Mini. Mini costs",
    "Large measured the highest",
    "Most accurate: Large",
    "Cheapest good enough: Mini",
    "Fastest good enough: Mini",
    "Good enough means",
    "most accurate │",
    "★ Mini │",
    "Total API cost: $1.50",
  ].map((part) => text.indexOf(part));
  assert.ok(order.every((place) => place >= 0), text);
  assert.deepEqual(order, order.toSorted((one, other) => one - other));
  assert.equal(text.split("too few to tell").length, 2);
});

Deno.test("a printed report without a recommendation says why and shows all models", () => {
  const text = flat(written([{ ...large, skill: 0.4, isLost: (image) => image < 3 }, free], 12));
  assert.match(text, /No model can be recommended\. No model is good enough: none read more than/);
  assert.doesNotMatch(text, /★|Cheapest/);
  assert.match(text, /Runs lost to outages, excluded from all other figures: 6 of Large\./);
  assert.match(text, /below the minimum/);
});

Deno.test("a printed report of long names and stopped models stays within 80 columns", () => {
  const name = "acme/an-unusually-long-name-of-a-model-that-fits-no-terminal-at-all-instruct";
  const text = written(
    [{ ...large, name }, { ...mini, served: "mini-2" }, { ...medium, end: 8, isRaced: true }],
    20,
  );
  assert.match(flat(text), /Mini \(answered by mini-2\)/);
  assert.match(text, /stopped early after 8/);
  assert.match(flat(text), /24 of 120 calls saved by the race/);
});
