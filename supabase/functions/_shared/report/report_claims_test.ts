import assert from "node:assert/strict";
import fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { mean, median, sampleStandardDeviation } from "simple-statistics";
import { PRIORITIES, type Priority } from "../benchmark/configuration.ts";
import type { ModelScores } from "../statistics/model_scores.ts";
import { sampleRun } from "../testing/report_samples.ts";
import { type Claim, claimReasons } from "./choice_claims.ts";
import { explainChoice, namesOf } from "./explain_choice.ts";
import { formatPoints, formatTime, formatUsd } from "./format_figures.ts";
import { claimMerits, generateRationale, type RationaleClaim } from "./generate_rationale.ts";
import type { Standing } from "./model_summary.ts";
import { chooseModel, criteriaOf } from "./recommend_model.ts";
import type { ReportRun } from "./report_run.ts";
import { type ReportData, transformRunsToReport } from "./transform_runs_to_report.ts";

interface DrawnModel {
  readonly skill: number;
  /** True if all answers have the same accuracy. */
  readonly isSteady: boolean;
  readonly usd: number | null;
  readonly milliseconds: number | null;
  /** Shares of the calls. */
  readonly outages: number;
  readonly faults: number;
  readonly unanswered: number;
  readonly rejected: number;
  /** Probability that another model answers a call, 0 to 1. */
  readonly byAnother: number;
  /** Index of the first image without runs, because a race or a ceiling stopped the model. */
  readonly end: { readonly image: number; readonly reason: "race" | "soft_ceiling" } | null;
}

interface DrawnReport {
  readonly seed: number;
  readonly images: number;
  readonly repeats: number;
  readonly priorities: readonly Priority[];
  readonly minimum: number;
  readonly models: readonly DrawnModel[];
}

const rarely = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(0.2, 0.6, 1));
const drawnModel: fc.Arbitrary<DrawnModel> = fc.record({
  skill: fc.constantFrom(0, 0.3, 0.5, 0.8, 0.93, 0.95, 0.97, 1),
  isSteady: fc.boolean(),
  usd: fc.constantFrom(null, 0, 0.00004, 0.0021, 0.0022, 0.02, 1.5),
  milliseconds: fc.constantFrom(null, 300, 1_900, 2_000, 60_000),
  outages: rarely,
  faults: rarely,
  unanswered: rarely,
  rejected: rarely,
  byAnother: rarely,
  end: fc.option(
    fc.record({
      image: fc.integer({ min: 1, max: 12 }),
      reason: fc.constantFrom("race" as const, "soft_ceiling" as const),
    }),
    { freq: 3 },
  ),
});
const drawnReport: fc.Arbitrary<DrawnReport> = fc.record({
  seed: fc.integer(),
  images: fc.integer({ min: 1, max: 24 }),
  repeats: fc.integer({ min: 1, max: 3 }),
  priorities: fc.shuffledSubarray([...PRIORITIES], { minLength: 3, maxLength: 3 }),
  minimum: fc.constantFrom(0, 50, 90, 100),
  models: fc.array(drawnModel, { minLength: 1, maxLength: 6 }),
});

function runsOf({ seed, images, repeats, models }: DrawnReport): ReportRun[] {
  const generator = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(generator);
  const runs: ReportRun[] = [];
  for (const [index, model] of models.entries()) {
    for (let image_index = 0; image_index < images; image_index++) {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const nothing = { image_index, field_accuracy: null, exact_match: null };
        const unmeasured = { ...nothing, response_time_ms: null, actual_cost: null };
        const served = uniform() < model.byAnother
          ? { served_model: "acme/new", served_other: true }
          : {};
        const add = (values: Partial<ReportRun>) =>
          runs.push(sampleRun(`m${index}`, { ...served, ...values }));
        const actual_cost = model.usd === null ? null : model.usd * (0.9 + 0.2 * uniform());
        const response_time_ms = model.milliseconds === null
          ? null
          : model.milliseconds * (0.8 + 0.4 * uniform());
        if (model.end !== null && image_index >= model.end.image) {
          add({ ...unmeasured, status: "skipped", skip_reason: model.end.reason });
        } else if (uniform() < model.outages) {
          add({ ...unmeasured, status: "failed", error_kind: "outage" });
        } else if (uniform() < model.faults) {
          add({ ...unmeasured, status: "failed", error_kind: "fault" });
        } else if (uniform() < model.rejected) {
          add({ ...unmeasured, field_accuracy: 0, error_kind: "rejected" });
        } else if (uniform() < model.unanswered) {
          add({
            image_index,
            field_accuracy: 0,
            error_kind: "no_json",
            actual_cost,
            response_time_ms,
          });
        } else {
          let right = model.isSteady ? Math.round(12 * model.skill) : 0;
          for (let field = 0; field < 12 && !model.isSteady; field++) {
            right += uniform() < model.skill ? 1 : 0;
          }
          add({ image_index, field_accuracy: (100 * right) / 12, actual_cost, response_time_ms });
        }
      }
    }
  }
  return runs;
}

/** Figures of a model, computed from its runs alone. */
interface Figures {
  readonly id: string;
  readonly accuracy: number | null;
  readonly usd: number | null;
  readonly milliseconds: number | null;
  readonly spread: number | null;
  readonly byImage: ReadonlyMap<number, number[]>;
  readonly attempted: number;
  readonly completed: number;
  readonly outages: number;
  /** True if every call that was not lost was rejected. */
  readonly isRejected: boolean;
  /** Number of calls that were completed and rejected. */
  readonly rejections: number;
  /** Calls that another model answered, and whether these are half of the answers or more. */
  readonly byAnother: number;
  readonly isByAnother: boolean;
  readonly isStopped: boolean;
}

function figuresOf(id: string, runs: readonly ReportRun[]): Figures {
  const own = runs.filter(({ model_id }) => model_id === id);
  const ended = own.filter(({ status }) => status === "complete");
  const byAnother = ended.filter(({ served_other }) => served_other);
  const answersOf = (isOther: boolean) =>
    ended.filter((run) => run.error_kind !== "rejected" && run.served_other === isOther).length;
  const isByAnother = answersOf(true) > 0 && answersOf(true) >= answersOf(false);
  const candidates = ended.filter(({ served_other }) => served_other === isByAnother);
  const isRejected = ended.length > 0 &&
    ended.every(({ error_kind }) => error_kind === "rejected");
  const completed = isRejected ? [] : candidates;
  const failed = own.filter(({ status }) => status === "failed");
  const accuracies = completed.map(({ field_accuracy }) => field_accuracy ?? 0);
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const over = (values: number[], statistic: (values: number[]) => number, least = 1) =>
    values.length < least ? null : statistic(values);
  const byImage = new Map<number, number[]>();
  for (const { image_index, field_accuracy } of completed) {
    byImage.set(image_index, [...byImage.get(image_index) ?? [], field_accuracy ?? 0]);
  }
  return {
    id,
    accuracy: over(accuracies, mean),
    usd: over(known(completed.map(({ actual_cost }) => actual_cost)), mean),
    milliseconds: over(known(completed.map(({ response_time_ms }) => response_time_ms)), median),
    spread: over(accuracies, sampleStandardDeviation, 2),
    byImage,
    attempted: ended.length + failed.length,
    completed: completed.length,
    outages: failed.filter(({ error_kind }) => error_kind === "outage").length,
    isRejected,
    rejections: ended.filter(({ error_kind }) => error_kind === "rejected").length,
    byAnother: byAnother.length,
    isByAnother,
    isStopped: own.some(({ skip_reason }) => skip_reason === "race"),
  };
}

/** Returns the points of `one` above `other`, by image, on the images that both read. */
function differencesOf(one: Figures, other: Figures): number[] {
  return [...one.byImage].flatMap(([image, values]) => {
    const others = other.byImage.get(image);
    return others === undefined ? [] : [mean(values) - mean(others)];
  });
}

const near = (one: number | null | undefined, other: number) =>
  one !== null && one !== undefined && Math.abs(one - other) < 1e-6;

function check(drawn: DrawnReport) {
  const runs = runsOf(drawn);
  const { minimum, priorities } = drawn;
  const images = new Set(
    runs.filter(({ skip_reason }) => skip_reason !== "race").map(({ image_index }) => image_index),
  ).size;
  const ids = drawn.models.map((_, index) => `m${index}`);
  const margin = [2, 11, 20][priorities.indexOf("accuracy")] ?? NaN;
  const data = transformRunsToReport({
    id: `r${drawn.seed}`,
    config_snapshot: {
      models: ids.map((id) => ({ id, name: `Model ${id}` } as never)),
      images: Array.from(
        { length: drawn.images },
        (_, index) => ({ path: `${index}`, expected: {} }),
      ),
      priorities: [...priorities],
      minimum_accuracy: minimum,
    },
  }, runs);
  const figures = new Map(ids.map((id) => [id, figuresOf(id, runs)]));
  const of = (id: string | null | undefined): Figures => {
    const found = figures.get(id ?? "");
    assert.ok(found !== undefined, `no such model: ${id}`);
    return found;
  };
  const standing = new Map(data.models.map(({ modelId, standing }) => [modelId, standing]));
  const having = (...standings: Standing[]) =>
    ids.map(of).filter(({ id }) => standings.includes(standing.get(id) ?? "not_measured"));
  const isAbove = ({ accuracy }: Figures) =>
    accuracy !== null && accuracy > 0 && (minimum === 100 ? accuracy === 100 : accuracy > minimum);

  // Who can be compared, and who is the best of them.
  for (const one of ids.map(of)) {
    assert.equal(standing.get(one.id) === "answered_by_another", one.isByAnother);
    assert.equal(standing.get(one.id) === "stopped", one.isStopped && !one.isByAnother);
    const isRanked = !one.isStopped && !one.isByAnother;
    assert.equal(standing.get(one.id) === "not_measured", isRanked && one.accuracy === null);
    const name = data.models.find(({ modelId }) => modelId === one.id)?.modelName;
    assert.equal(name, `Model ${one.id}${one.isByAnother ? " (answered by acme/new)" : ""}`);
  }
  const measured = ids.map(of).filter(({ isStopped, isByAnother, accuracy }) =>
    !isStopped && !isByAnother && accuracy !== null
  );
  const compared = measured.filter(({ id }) => standing.get(id) !== "not_comparable");
  const most = Math.max(0, ...measured.map(({ byImage }) => byImage.size));
  const covers = ({ byImage }: Figures) => 2 * byImage.size >= most;
  if (measured.filter(covers).some(isAbove)) assert.deepEqual(compared, measured.filter(covers));
  const best = compared.find(({ id }) => id === data.comparison.bestModelId);
  assert.equal(best === undefined, measured.length === 0);
  for (const { accuracy } of compared) {
    assert.ok((best?.accuracy ?? 0) >= (accuracy ?? 0) - 1e-9);
  }
  const goodEnough = having("best", "good_enough");
  for (const one of compared) {
    assert.equal(standing.get(one.id) === "below_minimum", !isAbove(one), one.id);
  }
  const gapOf = (one: Figures) => {
    if (best === undefined || one === best) return { points: 0, isPaired: true, images: 0 };
    const shared = differencesOf(one, best);
    const fewer = Math.min(one.byImage.size, best.byImage.size);
    return shared.length > 0 && 2 * shared.length >= fewer
      ? { points: mean(shared), isPaired: true, images: shared.length }
      : {
        points: (one.accuracy ?? 0) - (best.accuracy ?? 0),
        isPaired: false,
        images: shared.length,
      };
  };
  for (const one of having("good_enough", "within_margin_unproven")) {
    assert.ok(gapOf(one).points > -margin);
  }
  for (const one of having("worse")) assert.ok(gapOf(one).points <= -margin);

  // Nothing is recommended that another one beats in all.
  const chosenId = data.recommendedModelId;
  assert.equal(chosenId === null, !compared.some(isAbove));
  assert.equal(data.noRecommendation === null, chosenId !== null);
  for (const text of textsOf(data)) {
    assert.doesNotMatch(text, /NaN|undefined|null|Infinity| {2}/);
    assert.match(text, /^[A-Z0-9].*\.$/);
  }
  if (chosenId === null) {
    const highest = Math.max(...compared.map(({ accuracy }) => accuracy ?? 0));
    assert.equal(
      data.noRecommendation?.code,
      measured.length === 0 ? "nothing_measured" : "below_minimum",
    );
    assert.equal(data.noRecommendation?.text.includes("single field"), highest === 0);
    const none = ids.map(of).every(({ accuracy, isRejected }) => accuracy === null && !isRejected);
    const isUnranked = ids.map(of).some(({ isStopped }) => isStopped) || !none;
    if (measured.length === 0) {
      const { text = "" } = data.noRecommendation ?? {};
      assert.equal(text.startsWith("No call of any model was completed"), !isUnranked, text);
    }
    for (
      const said of [data.rationale, data.reason, data.higherAccuracy, data.outlook, data.doubt]
    ) {
      assert.equal(said, null);
    }
    checkPicks(data, of, goodEnough, compared);
    return;
  }
  const chosen = of(chosenId);
  assert.ok(goodEnough.includes(chosen));
  for (const other of compared.filter(isAbove)) {
    assert.ok(
      !(gapOf(other).points > gapOf(chosen).points + 1e-9 &&
        (other.usd ?? Infinity) < (chosen.usd ?? Infinity) &&
        (other.milliseconds ?? Infinity) < (chosen.milliseconds ?? Infinity)),
      `${other.id} beats ${chosenId} in everything`,
    );
  }

  // What is said follows from claims, and each claim is true.
  const scores: ModelScores[] = ids.map((modelId) => ({ modelId, byImage: of(modelId).byImage }));
  const choice = chooseModel(
    data.models,
    scores,
    criteriaOf({ priorities: [...priorities], minimum_accuracy: minimum }),
  );
  const claims = claimReasons(choice, data.models, data.comparison, images);
  assert.equal(data.reason, explainChoice(claims, choice, namesOf(data.models)));
  for (const claim of claims) checkReason(claim);
  const candidates = [...choice.goodEnough, ...choice.rated].map(({ model }) => model);
  const model = data.models.find(({ modelId }) => modelId === chosenId);
  assert.ok(model !== undefined);
  assert.equal(data.rationale, generateRationale(model, candidates, priorities));
  for (const claim of claimMerits(model, candidates, priorities)) checkMerit(claim);
  checkPicks(data, of, goodEnough, compared);

  if (data.higherAccuracy !== null) {
    assert.equal(data.higherAccuracy.modelId, best?.id);
    assert.ok(near(-gapOf(chosen).points, data.higherAccuracy.points));
    assert.ok(data.higherAccuracy.points > 0);
    assert.ok(data.higherAccuracy.text.includes(formatPoints(data.higherAccuracy.points)));
    const all = ids.map(of).every(({ accuracy }) =>
      (accuracy ?? 0) <= (best?.accuracy ?? 0) + 1e-9
    );
    assert.equal(data.higherAccuracy.text.includes("of the models compared"), !all);
  } else {
    assert.ok(gapOf(chosen).points >= -1e-9);
  }
  // What the e-mail says of doubts is what the report says, and leaves none out.
  const { mostAccurate } = data.picks;
  const isClose = data.higherAccuracy === null && mostAccurate?.certain === false;
  const doubts = [data.caution, data.higherAccuracy, isClose ? mostAccurate : null]
    .flatMap((said) => said === null ? [] : [said.text]);
  assert.equal(data.doubt ?? "", doubts.join(" "));
  if (data.outlook !== null) {
    const rival = data.outlook.rivalId === chosenId ? best : of(data.outlook.rivalId);
    assert.ok(rival !== undefined);
    if (data.outlook.text.includes("so alike")) {
      const tested = data.comparison.comparisons.find(({ modelId }) =>
        modelId === (chosen === best ? rival.id : chosen.id)
      );
      assert.ok((tested?.interval?.low ?? -99) >= -2 && (tested?.interval?.high ?? 99) <= 2);
    }
    if (data.outlook.text.includes("scored the same")) {
      assert.ok(differencesOf(chosen, rival).every((points) => near(points, 0)));
    }
  }
  if (data.caution !== null) {
    assert.ok(compared.length > 1);
    assert.equal(data.caution.images, Math.max(...compared.map(({ byImage }) => byImage.size)));
    assert.ok(data.doubt?.startsWith(data.caution.text));
    for (const { verdict } of data.comparison.comparisons) assert.notEqual(verdict, "worse");
  }

  function checkReason(claim: Claim) {
    switch (claim.kind) {
      case "alone":
        return assert.ok(
          ids.map(of).every((one) =>
            one === chosen || (one.accuracy === null && !one.isStopped && !one.isByAnother)
          ),
        );
      case "only_one":
        assert.equal(claim.modelId, chosenId);
        return assert.deepEqual(goodEnough, [chosen]);
      case "chosen":
        assert.deepEqual(new Set(claim.among), new Set(goodEnough.map(({ id }) => id)));
        for (const priority of PRIORITIES) {
          const isAhead = goodEnough.every((other) =>
            other === chosen || isBetter(priority, chosen, other)
          );
          assert.equal(claim.leadsIn.includes(priority), isAhead, priority);
        }
        if (claim.isShown) {
          for (const one of goodEnough) {
            if (one !== best) assert.ok(gapOf(one).images >= 6 && gapOf(one).isPaired);
          }
        }
        return;
      case "ahead_of_all":
        assert.equal(claim.modelId, chosenId);
        for (const other of compared) {
          if (other === chosen) continue;
          assert.ok(mean(differencesOf(chosen, other)) > 0);
        }
        return assert.ok(claim.pValue < 0.05);
      case "gap": {
        const gap = gapOf(chosen);
        assert.equal(claim.bestId, best?.id);
        assert.ok(near(claim.difference, gap.points));
        assert.equal(claim.isPaired, gap.isPaired);
        if (gap.isPaired) assert.equal(claim.images, gap.images);
        return assert.equal(claim.verdict === "too_few_images", !gap.isPaired || gap.images < 6);
      }
      case "unproven":
        assert.deepEqual(
          new Set(claim.modelIds),
          new Set(having("within_margin_unproven").map(({ id }) => id)),
        );
        if (claim.saving !== null) {
          const { usd } = of(claim.saving.modelId);
          assert.ok(near(100 * (1 - (usd ?? NaN) / (chosen.usd ?? NaN)), claim.saving.percent));
        }
        return;
      case "partly_measured": {
        const one = of(claim.modelId);
        assert.deepEqual(
          [claim.images, claim.ofImages, claim.callsAttempted, claim.callsLost],
          [one.byImage.size, images, one.attempted, one.outages],
        );
        assert.equal(claim.callsAnsweredByAnother, one.byAnother);
        return assert.equal(
          claim.callsLost + claim.callsCutByLimit + claim.callsAnsweredByAnother +
            claim.callsFailedOtherwise,
          one.attempted - one.completed,
        );
      }
      case "left_out":
        assert.equal(standing.get(claim.modelId), "not_comparable");
        assert.ok(near(of(claim.modelId).accuracy, claim.accuracy));
        assert.equal(claim.images, of(claim.modelId).byImage.size);
        return assert.ok(claim.accuracy > (chosen.accuracy ?? 0) && claim.images < images);
      case "too_few_images":
        for (const id of claim.modelIds) assert.equal(standing.get(id), "not_comparable");
        return;
      case "stopped":
        assert.deepEqual(new Set(claim.modelIds), new Set(having("stopped").map(({ id }) => id)));
        return assert.equal(claim.areAllOthers, claim.modelIds.length === ids.length - 1);
      case "answered_by_another":
        return assert.deepEqual(
          new Set(claim.modelIds),
          new Set(ids.filter((id) => of(id).isByAnother)),
        );
      case "not_measured":
        for (const id of claim.modelIds) {
          const one = of(id);
          assert.equal(standing.get(id), "not_measured");
          assert.equal(claim.because.includes("down"), one.outages > 0);
          assert.equal(claim.because.includes("rejected"), one.isRejected);
          assert.equal(
            claim.because.includes("fault of ours"),
            one.attempted > one.outages + (one.isRejected ? one.rejections : 0),
          );
        }
        return;
    }
  }

  function checkMerit(claim: RationaleClaim) {
    const first = priorities[0];
    switch (claim.kind) {
      case "accuracy":
        return assert.ok(near(chosen.accuracy, claim.percent));
      case "cost":
        assert.ok(first === "cost" || chosen.milliseconds === null);
        return assert.ok(near(chosen.usd, claim.usd));
      case "speed":
        assert.ok(first === "speed" || chosen.usd === null);
        return assert.ok(near(chosen.milliseconds, claim.milliseconds));
      case "saves_cost":
        checkRival(claim.rivalId);
        assert.ok(claim.percent > 10 && claim.percent < 100);
        return assert.ok(
          near(100 * (1 - (chosen.usd ?? NaN) / (of(claim.rivalId).usd ?? NaN)), claim.percent),
        );
      case "saves_time": {
        checkRival(claim.rivalId);
        assert.ok(claim.percent > 10);
        const other = of(claim.rivalId).milliseconds ?? NaN;
        return assert.ok(near(100 * (1 - (chosen.milliseconds ?? NaN) / other), claim.percent));
      }
      case "free":
        checkRival(claim.rivalId);
        assert.equal(chosen.usd, 0);
        return assert.ok(claim.rivalUsd > 0 && near(of(claim.rivalId).usd, claim.rivalUsd));
      case "consistent":
        assert.ok((chosen.accuracy ?? 0) >= 80 && isAbove(chosen) && chosen.byImage.size > 1);
        return assert.ok(claim.spread < 5 && near(chosen.spread, claim.spread));
    }
  }

  /** Asserts that the rival is the most accurate model or, if that is recommended, the next one. */
  function checkRival(id: string) {
    assert.ok(compared.includes(of(id)) && id !== chosenId);
    if ((best?.accuracy ?? 0) > (chosen.accuracy ?? 0)) {
      assert.ok(near(of(id).accuracy, best?.accuracy ?? NaN));
    } else if (goodEnough.length > 1) {
      assert.ok(goodEnough.includes(of(id)));
    }
  }
}

function isBetter(priority: Priority, one: Figures, other: Figures): boolean {
  if (priority === "accuracy") return (one.accuracy ?? 0) > (other.accuracy ?? 0);
  const [own, theirs] = priority === "cost"
    ? [one.usd, other.usd]
    : [one.milliseconds, other.milliseconds];
  return own !== null && theirs !== null && own < theirs;
}

function checkPicks(
  { picks }: ReportData,
  of: (id: string | null | undefined) => Figures,
  goodEnough: readonly Figures[],
  compared: readonly Figures[],
) {
  const { mostAccurate, cheapestGoodEnough, fastestGoodEnough } = picks;
  assert.equal(mostAccurate === null, compared.length === 0);
  if (mostAccurate !== null) {
    const first = of(mostAccurate.modelId);
    const others = compared.filter((one) => one !== first).map(({ accuracy }) => accuracy ?? 0);
    assert.ok(others.every((accuracy) => accuracy <= (first.accuracy ?? 0) + 1e-9));
    assert.equal(mostAccurate.runnerUpId === null, others.length === 0);
    if (mostAccurate.runnerUpId !== null) {
      assert.ok(near(of(mostAccurate.runnerUpId).accuracy, Math.max(...others)));
      if (mostAccurate.certain === true) {
        assert.ok(mean(differencesOf(first, of(mostAccurate.runnerUpId))) > 0);
      }
    }
  }
  for (
    const [pick, valueOf, format] of [
      [cheapestGoodEnough, ({ usd }: Figures) => usd, formatUsd],
      [fastestGoodEnough, ({ milliseconds }: Figures) => milliseconds, formatTime],
    ] as const
  ) {
    const values = goodEnough.map(valueOf).filter((value) => value !== null)
      .toSorted((one, other) => one - other);
    assert.equal(pick === null, values.length === 0);
    if (pick === null) continue;
    const own = valueOf(of(pick.modelId));
    assert.ok(near(own, values[0] ?? NaN) && pick.text.includes(format(own)));
    assert.equal(pick.runnerUpId === null, values.length === 1);
    assert.equal(pick.text.includes("not known"), values.length < goodEnough.length);
    if (pick.runnerUpId === null) continue;
    assert.ok(near(valueOf(of(pick.runnerUpId)), values[1] ?? NaN));
    assert.ok(near(pick.difference, (values[1] ?? NaN) - (values[0] ?? NaN)));
    assert.equal(/ (less|%) /.test(pick.text), pick.difference !== 0);
  }
}

function textsOf(data: ReportData): string[] {
  const { rationale, reason, higherAccuracy, outlook, noRecommendation, caution, doubt, picks } =
    data;
  return [
    rationale,
    reason,
    doubt,
    higherAccuracy?.text,
    outlook?.text,
    noRecommendation?.text,
    caution?.text,
    picks.mostAccurate?.text,
    picks.cheapestGoodEnough?.text,
    picks.fastestGoodEnough?.text,
  ].filter((text) => typeof text === "string");
}

Deno.test("whatever a report says of its models follows from its runs", () => {
  fc.assert(fc.property(drawnReport, check), { numRuns: 400 });
});
