import assert from "node:assert/strict";
import fc from "fast-check";
import { readAccess } from "./api.js";
import { FILES } from "./downloads.js";
import { REPORT_FORMATS } from "../../../supabase/functions/report/render_report.ts";
import {
  formatPercent,
  formatTime,
  formatUsd,
} from "../../../supabase/functions/_shared/report/format_figures.ts";
import {
  compareFields,
  errorsByField,
  fieldOf,
  frontier,
  groupByModel,
  leavesOf,
} from "./figures.js";
import { percent, plain, time, timeRange, usd } from "../shared/format.js";
import { parseJson } from "../shared/json.js";
import { listFields, readMatrix, splitDifference } from "./matrix.js";
import { placeLabels } from "./place_labels.js";
import { expectEnd, summarizeProgress } from "./progress.js";
import type { Run } from "./report_data.ts";

const TOKEN = "0123456789abcdef".repeat(4);

Deno.test("the token is read from the path or from behind the hash, and nothing else is one", () => {
  const shared = { token: TOKEN, isOwner: false };
  assert.deepEqual(readAccess({ pathname: `/report/${TOKEN}`, hash: "" }), shared);
  assert.deepEqual(readAccess({ pathname: "/any/page.html", hash: `#${TOKEN}` }), shared);
  const owner = { token: TOKEN, isOwner: true };
  assert.deepEqual(readAccess({ pathname: "/report/", hash: `#owner=${TOKEN}` }), owner);
  for (const part of ["", "x", TOKEN.slice(1), `${TOKEN}0`, TOKEN.toUpperCase()]) {
    assert.equal(readAccess({ pathname: `/report/${part}`, hash: "" }), null);
    assert.equal(readAccess({ pathname: "/", hash: `#${part}` }), null);
    assert.equal(readAccess({ pathname: "/", hash: `#owner=${part}` }), null);
  }
});

Deno.test("the download menu offers every format of the function", () => {
  const offered = FILES.map(({ query }) => new URLSearchParams(query).get("format"));
  for (const format of REPORT_FORMATS) assert.ok(offered.includes(format), `no ${format}`);
});

Deno.test("integers past 2^53 are shown with all digits, and two of them are two mistakes", () => {
  const [one, other] = ["9400111899223857264999", "9400111899223857264998"];
  const { runs } = parseJson(
    `{"runs": [${
      [one, other].map((actual) =>
        `{"model_id": "m", "status": "complete", "field_errors":
        [{"fieldPath": "n", "expected": 1, "actual": ${actual}}]}`
      )
    }]}`,
  );
  assert.equal(plain(runs[1].field_errors[0].actual), other);
  assert.equal(
    plain(parseJson(`{"a":[${one},0.1234567890123456789]}`)),
    `{"a":[${one},0.12345678901234568]}`,
  );
  assert.equal(errorsByField(runs)[0]?.commonest.occurrences, 1);
});

Deno.test("a range of times names its unit once, and twice where it has two", () => {
  assert.equal(timeRange({ low: 107, high: 260 }), "107 to 260 ms");
  assert.equal(timeRange({ low: 1_500, high: 2_250 }), "1.5 to 2.3 s");
  assert.equal(timeRange({ low: 900, high: 1_200 }), "900 ms to 1.2 s");
});

Deno.test("money, times and shares are written on the page as in the e-mail and the files", () => {
  const amount = fc.oneof(
    fc.double({ min: 0, max: 1e-5, noNaN: true }),
    fc.double({ min: 0, max: 100, noNaN: true }),
    fc.double({ min: 0, max: 200_000, noNaN: true }),
    fc.constantFrom(null, 999.4, 999.5, 999.6, 9_999, 10_000, 0.000999999, 0.9999),
  );
  fc.assert(fc.property(amount, (value) => {
    assert.equal(usd(value), formatUsd(value));
    assert.equal(time(value), formatTime(value));
    assert.equal(percent(value), formatPercent(value));
  }));
});

Deno.test("picks of one model are together, in the order of the first of each", () => {
  const picks = ["a", null, "b", "a"].map((modelId) => modelId === null ? null : { modelId });
  assert.deepEqual(
    groupByModel(picks).map((group) => group.map(({ modelId }) => modelId)),
    [["a", "a"], ["b"]],
  );
});

Deno.test("no model of the frontier is beaten, and every other is beaten by one of it", () => {
  const model = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }));
  fc.assert(fc.property(fc.array(model), (models) => {
    const best = frontier(models, (values) => values);
    const beats = (one: number[], other: number[]) =>
      one.every((value, at) => value >= (other[at] ?? 0)) &&
      one.some((value, at) => value > (other[at] ?? 0));
    for (const one of models) {
      assert.equal(best.includes(one), !models.some((other) => beats(other, one)));
      if (!best.includes(one)) assert.ok(best.some((other) => beats(other, one)));
    }
  }));
});

Deno.test("each field's share is over the model's completed runs, an element counting for its list", () => {
  const wrong = (path: string) => ({ fieldPath: path, expected: 1, actual: 2 });
  const run = (
    model_id: string,
    field_errors: Run["field_errors"],
    status: Run["status"] = "complete",
  ) => ({
    model_id,
    field_errors,
    status,
  });
  const fields = errorsByField([
    run("a", [wrong("items[0].price"), wrong("items[1].price"), wrong("total")]),
    run("a", []),
    run("b", [wrong("items[4].price")]),
    run("b", [wrong("total")], "failed"),
  ]);
  assert.deepEqual(fields.map(({ field, shares }) => [field, ...shares]), [
    ["items[].price", ["a", 0.5], ["b", 1]],
    ["total", ["a", 0.5]],
  ]);
  assert.equal(fields[0]?.commonest.occurrences, 3);
  assert.equal(fieldOf("a[12].b[3]"), "a[].b[]");
});

Deno.test("leaves are named as the comparison names them", () => {
  assert.deepEqual(leavesOf({ a: 1, b: { "odd key": [true, { c: null }] }, d: [], e: {} }), [
    { path: "a", value: 1 },
    { path: 'b["odd key"][0]', value: true },
    { path: 'b["odd key"][1].c', value: null },
    { path: "d", value: [] },
    { path: "e", value: {} },
  ]);
  assert.deepEqual(leavesOf("text"), [{ path: "$", value: "text" }]);
});

Deno.test("expected and actual stand side by side: right, wrong, missing and not asked for", () => {
  const rows = compareFields({
    total: 1234.5,
    tax: 2,
    items: [{ name: "x" }],
    vendor: { a: 1, b: 2 },
  }, {
    output_json: { total: "1,234.50", items: [{ name: "y" }], colour: "red" },
    field_errors: [
      { fieldPath: "tax", expected: 2 },
      { fieldPath: "items[0].name", expected: "x", actual: "y" },
      { fieldPath: "vendor", expected: { a: 1, b: 2 } },
      { fieldPath: "colour", actual: "red" },
    ],
  });
  assert.deepEqual(rows.map(({ path, actual, state }) => [path, actual, state]), [
    ["total", "1,234.50", "right"],
    ["tax", undefined, "missing"],
    ["items[0].name", "y", "wrong"],
    ["vendor", undefined, "missing"],
    ["colour", "red", "extra"],
  ]);
});

Deno.test("what is right but for its format is no mistake and stands apart", () => {
  const run: Pick<Run, "model_id" | "status" | "field_errors" | "output_json"> = {
    model_id: "a",
    status: "complete",
    field_errors: [{
      fieldPath: "date",
      expected: "2026-03-14",
      actual: "14 March 2026",
      formatOnly: true,
    }],
    output_json: {},
  };
  const [row] = compareFields({ date: "2026-03-14" }, run);
  assert.equal(row?.state, "format");
  const fields = errorsByField([run, {
    ...run,
    field_errors: [{ fieldPath: "date", expected: "2026-03-14" }],
  }]);
  assert.deepEqual(fields.map(({ isFormatOnly, shares }) => [isFormatOnly, shares.get("a")]), [
    [false, 0.5],
    [true, 0.5],
  ]);
});

Deno.test("every error of a run is shown exactly once, whatever was expected", () => {
  const json = fc.json({ maxDepth: 3 }).map(parseJson);
  fc.assert(fc.property(json, json, (expected, actual) => {
    const errors = [
      ...leavesOf(expected).map(({ path, value }) => ({ fieldPath: path, expected: value })),
      ...leavesOf(actual).map(({ path, value }) => ({ fieldPath: path, actual: value })),
    ];
    const rows = compareFields(expected, { output_json: actual, field_errors: errors });
    assert.equal(rows.length, errors.length);
    assert.ok(rows.every(({ state }) => state !== "right"));
  }));
});

Deno.test("progress counts what has ended, however it ended", () => {
  const figures = { accuracy: null, cost_per_run: null };
  const counts = [
    { model_id: "a", name: "A", queued: 1, running: 2, complete: 3, failed: 4, skipped: 5 },
    { model_id: "b", name: "B", queued: 0, running: 0, complete: 1, failed: 0, skipped: 0 },
  ];
  const news = { models: counts.map((model) => ({ ...model, ...figures })) };
  const { models, ...all } = summarizeProgress(news);
  assert.deepEqual(all, { ended: 13, total: 16, failed: 4 });
  assert.equal(models[0]?.ended, 12);
});

Deno.test("labels of dots apart from each other cover neither each other nor a dot", () => {
  const dots = [{ x: 100, y: 50, width: 80 }, { x: 130, y: 50, width: 80 }, {
    x: 115,
    y: 62,
    width: 80,
  }];
  const places = placeLabels(dots, { left: 0, right: 400 });
  assert.equal(new Set(places.map((place) => JSON.stringify(place))).size, 3);
  const [alone] = placeLabels([{ x: 390, y: 50, width: 80 }], { left: 0, right: 400 });
  assert.equal(alone?.textAnchor, "end");
});

/** A run that read an image with these mistakes. */
function aRun(image_index: number, model_id: string, accuracy: number, wrong: string[] = []): Run {
  return {
    model_id,
    image_index,
    status: "complete",
    served_other: false,
    field_accuracy: accuracy,
    field_errors: wrong.map((fieldPath) => ({ fieldPath, expected: 1, actual: 2 })),
  } as Run;
}

Deno.test("the matrix begins with the hardest image, and by a field it shows how often that was right", () => {
  const runs = [
    aRun(0, "a", 100),
    aRun(0, "b", 90, ["items[1].price"]),
    aRun(1, "a", 50, ["total"]),
    aRun(1, "a", 100),
    aRun(1, "b", 0, ["$"]),
    { ...aRun(0, "b", 0), status: "failed" },
    { ...aRun(0, "a", 0, ["total"]), served_other: true },
  ] as Run[];
  const shape = { models: ["a", "b"], images: 3, field: null };
  const table = (field: string | null) =>
    readMatrix(runs, { ...shape, field }).map(({ index, cells }) => [
      index,
      ...cells.map(({ value }) => value),
    ]);
  assert.deepEqual(table(null), [[1, 75, 0], [0, 100, 90], [2, null, null]]);
  assert.deepEqual(table("total"), [[1, 50, 0], [0, 100, 100], [2, null, null]]);
  assert.deepEqual(table("items[].price"), [[0, 100, 0], [1, 100, 0], [2, null, null]]);
  const [hard, easy] = readMatrix(runs, { ...shape, field: "vendor" });
  assert.deepEqual([hard?.index, hard?.hasMistake, easy?.hasMistake], [1, true, false]);
});

Deno.test("fields are offered in the order of the expected values, and only mistaken ones if these are withheld", () => {
  const runs = [aRun(0, "a", 0, ["items[3].price", "note"])];
  const expected = [{ vendor: "x", items: [{ price: 1 }], total: 2 }];
  const order = { prompt: "", json_schema: {}, expected, image_names: ["a.png"] };
  assert.deepEqual(listFields({ runs, order }), ["vendor", "items[].price", "total", "note"]);
  assert.deepEqual(listFields({ runs, order: null }), ["items[].price", "note"]);
});

Deno.test("what two texts share at both ends and what differs is each text again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      const { start, one, other, end } = splitDifference(a, b);
      assert.equal(start + one + end, a);
      assert.equal(start + other + end, b);
      if (a === b) assert.equal(one + other, "");
    }),
  );
  assert.deepEqual(splitDifference("1234.50", "1284.50"), {
    start: "12",
    one: "3",
    other: "8",
    end: "4.50",
  });
});

Deno.test("an end is expected at the speed so far, and not before a twentieth is done", () => {
  assert.equal(expectEnd(0, 1_000, { ended: 10, total: 40 }), 4_000);
  assert.equal(expectEnd(0, 1_000, { ended: 1, total: 40 }), null);
  assert.equal(expectEnd(0, 1_000, { ended: 0, total: 0 }), null);
});
