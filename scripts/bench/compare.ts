import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { scoreOutput } from "../../supabase/functions/_shared/compare/compare.ts";
import { NO_RULES } from "../../supabase/functions/_shared/compare/field_rules.ts";
import { walkLeaves } from "../../supabase/functions/_shared/compare/walk_leaves.ts";
import type {
  JsonObject,
  JsonValue,
} from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { type Benchmark, interleave, type Measure, ratios, type Row, timeCpu } from "./harness.ts";

const ROWS = [100, 300, 1_000, 3_000, 5_000];
const REFERENCE_ROWS = 1_000;
const MOST_ROWS = 5_000;
/** CPU limit of a hosted function for one request, in milliseconds. */
const MOST_CPU_MS = 2_000;

interface Kind {
  readonly label: string;
  /** Returns a line as read. `alter` takes one field's value from another line. */
  misread(
    row: JsonObject,
    alter: (row: JsonObject) => JsonObject,
    draw: (below: number) => number,
  ): JsonObject;
  /** Largest allowed ratio of CPU time per row: 5,000 rows to the reference of 1,000 rows. */
  readonly mostGrowth: number;
}

const KINDS: readonly Kind[] = [
  { label: "all right", misread: (row) => row, mostGrowth: 2 },
  {
    label: "3 of 10 rows misread in one field",
    misread: (row, alter, draw) => draw(10) < 3 ? alter(row) : row,
    mostGrowth: 2,
  },
  {
    label: "every row misread in three fields",
    misread: (row, alter) => alter(alter(alter(row))),
    mostGrowth: 4,
  },
];

/** Benchmark of the CPU time for scoring a long list in any order, by kind of error. */
export const compare: Benchmark = {
  name: "compare",
  summary: "CPU time of scoring lists of 100 to 5,000 rows in any order",
  async *run(options) {
    const longest: Row[] = [];
    let bound: Row[] = [];
    for (const { label, misread, mostGrowth } of KINDS) {
      options.progress(label);
      const accuracies: string[] = [];
      const contenders: Record<string, Measure<"cpu">> = {};
      for (const rows of ROWS) {
        const { truth, answer } = drawLists(rows, misread);
        accuracies.push(scoreOutput(truth, answer).fieldAccuracy.toFixed(2));
        contenders[rows] = measured(() => scoreOutput(truth, answer));
      }
      const { truth, inOrder } = drawLists(MOST_ROWS, misread);
      contenders[BOUND] = measured(() => walkInOrder(truth, inOrder));
      const results = await interleave(contenders, options);
      const perRow = (rows: number) =>
        results.series(`${rows}`, "cpu").map((ms) => (1_000 * ms) / rows);
      yield {
        title: `Scoring a list in any order, 10 fields per row: ${label}`,
        unit: "µs CPU a row",
        ratio: `÷ at ${REFERENCE_ROWS.toLocaleString("en")} rows`,
        rows: ROWS.map((rows) => ({
          label: `${rows.toLocaleString("en")} rows`,
          values: perRow(rows),
          ratios: ratios(perRow(rows), perRow(REFERENCE_ROWS)),
          goal: rows === MOST_ROWS ? { atMost: mostGrowth } : undefined,
        })),
        notes: [`Accuracy: ${accuracies.join(", ")} %.`],
      };
      longest.push(results.row(`${MOST_ROWS}`, "cpu", { label, goal: { atMost: MOST_CPU_MS } }));
      bound = [results.row(BOUND, "cpu")];
    }
    yield {
      title: `Scoring ${MOST_ROWS.toLocaleString("en")} rows in any order, 10 fields per row`,
      unit: "ms CPU",
      rows: [...longest, ...bound],
      notes: [
        "Complete score: both comparisons, field errors and ANLS*. The last line only compares each row with its known counterpart, which is a lower bound for any method.",
        "The goal is the CPU limit of one request to a hosted function.",
      ],
    };
  },
};

const BOUND = "pairs known, counted only";

function measured(work: () => void): Measure<"cpu"> {
  return async () => ({ cpu: await timeCpu(work) });
}

function walkInOrder(truth: readonly JsonValue[], answer: readonly JsonValue[]): void {
  for (const [index, row] of truth.entries()) {
    walkLeaves(row, answer[index], NO_RULES, { wantsPaths: false, visit: () => {} });
  }
}

/**
 * Draws the lines of a statement, with few distinct values in most fields, and two amounts. Returns
 * the truth, an answer in any order, and the same answer with each row in its place.
 */
function drawLists(rows: number, misread: Kind["misread"]) {
  const random = xoroshiro128plus(11);
  const draw = (below: number) => uniformInt(random, 0, below - 1);
  const makeRow = (index: number): JsonObject => ({
    booked: `2026-03-${String(1 + Math.floor((index * 28) / rows)).padStart(2, "0")}`,
    reference: `R-${index}`,
    text: ["Transfer", "Card", "Fee"][draw(3)] ?? null,
    branch: ["Basel", "Bern"][draw(2)] ?? null,
    kind: draw(10),
    amount: draw(500_000) / 100,
    balance: draw(5_000_000) / 100,
    currency: "EUR",
    rate: [0, 2.6, 8.1][draw(3)] ?? null,
    page: 1 + Math.floor(index / 40),
  });
  const alter = (row: JsonObject): JsonObject => {
    const other = Object.entries(rewrite(makeRow(draw(rows))));
    const [field, value] = other[draw(other.length)] ?? ["", null];
    return { ...row, [field]: value };
  };
  const truth = Array.from({ length: rows }, (_, index) => makeRow(index));
  const inOrder = truth.map((row) => misread(rewrite(row), alter, draw));
  const answer = inOrder
    .map((row) => ({ row, key: draw(2 ** 31) }))
    .sort((one, other) => one.key - other.key)
    .map(({ row }) => row);
  return { truth, answer, inOrder };
}

/** Returns the same line as printed on paper. */
function rewrite(row: JsonObject): JsonObject {
  const grouped = (value: JsonValue | undefined) =>
    Number(value).toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return {
    ...row,
    booked: `${String(row["booked"]).slice(-2)} March 2026`,
    amount: grouped(row["amount"]),
    balance: grouped(row["balance"]),
  };
}
