/** One run of tests a, b and c: each passes, is skipped, is absent, or fails in one of two ways. */
export interface Run {
  readonly name: string;
  /** Days from today. The owner sets statuses on day 0. */
  readonly day: number;
  readonly branch: string;
  readonly did: Readonly<Record<string, "ok" | "skip" | "absent" | "red" | "blue">>;
  /** True if its results are sent in batches. */
  readonly inBatches: boolean;
}

/** History of a suite. */
export interface Histories {
  readonly runs: readonly Run[];
  /** Names of the runs that arrive before the owner sets statuses. */
  readonly early: ReadonlySet<string>;
  /** The statuses that the owner sets, issue by issue. */
  readonly words: readonly string[];
  /** Order of runs of the same time, by name: the lower number comes first. */
  readonly orders: readonly Readonly<Record<string, number>>[];
}

/** A status that the owner set, on the issue with this title at that time. */
export interface Word {
  readonly title: string;
  readonly status: string;
}

export interface Rules {
  readonly cleanRuns: number;
  readonly outageTests: number;
  readonly outageShare: number;
}

const OUTAGE_TITLE = "Most of a run failed at once";

/**
 * The issue detector once more, as plainly as can be: run after run, issue after issue, nothing
 * kept but what the rules speak of.
 */
export function replayHistory(runs: readonly Run[], words: readonly Word[], rules: Rules) {
  const issues = new Map<string, Issue>();
  /** Lists the tests of a run by what they failed with. */
  const hitsOf = (run: Run): Map<string, string[]> => {
    if (isOutage(run, rules)) return new Map([[OUTAGE_TITLE, []]]);
    const failed = Object.keys(run.did).filter((test) => /red|blue/.test(run.did[test] ?? ""));
    return Map.groupBy(failed, (test) => run.did[test] ?? "");
  };
  const speak = () => {
    for (const { title, status } of words) {
      // A late run may change the test and the number in the title, but the issue stays the same.
      const issue = issues.get(title.replace(/^\w: /, "").replace(/ -?\d+$/, ""));
      issue?.say(status);
    }
  };
  let hasSpoken = false;
  for (const run of runs) {
    if (run.day > 0 && !hasSpoken) {
      speak();
      hasSpoken = true;
    }
    const hits = hitsOf(run);
    for (const [key, tests] of hits) {
      const issue = issues.get(key) ?? new Issue(key, rules.cleanRuns);
      issues.set(key, issue);
      issue.hit(run, tests);
    }
    if (isOutage(run, rules)) continue;
    for (const [key, issue] of issues) if (!hits.has(key)) issue.miss(run, rules);
  }
  if (!hasSpoken) speak();
  return [...issues.values()].map((issue) => issue.end())
    .toSorted((a, b) => a.title < b.title ? -1 : a.title > b.title ? 1 : 0);
}

const ranIn = (run: Run) =>
  Object.values(run.did).filter((did) => did !== "skip" && did !== "absent");

function isOutage(run: Run, { outageTests, outageShare }: Rules): boolean {
  const ran = ranIn(run);
  const failed = ran.filter((did) => did !== "ok").length;
  return ran.length >= outageTests && failed >= outageShare * ran.length;
}

class Issue {
  #status = "";
  #trend = "";
  #resolved: { readonly by: string | null } | null = null;
  readonly #hits: { readonly run: Run; readonly tests: readonly string[] }[] = [];
  readonly #history: string[] = [];
  /** Number of clean runs so far, by branch with the issue. */
  readonly #open = new Map<string, number>();

  constructor(readonly key: string, readonly cleanRuns: number) {}

  hit(run: Run, tests: readonly string[]): void {
    this.#open.set(run.branch, 0);
    if (this.#hits.length === 0) this.#turn("OPEN", "new", run.name);
    else if (this.#status === "RESOLVED") this.#turn("OPEN", "regressed", run.name);
    else this.#trend = "recurring";
    this.#hits.push({ run, tests });
  }

  miss(run: Run, rules: Rules): void {
    const tests = this.#hits.filter((hit) => hit.run.branch === run.branch)
      .flatMap((hit) => hit.tests);
    const isClean = this.key === OUTAGE_TITLE
      ? ranIn(run).length >= rules.outageTests
      : tests.some((test) => run.did[test] === "ok");
    const clean = this.#open.get(run.branch);
    if (!isClean || clean === undefined) return;
    this.#open.set(run.branch, clean + 1);
    if (clean + 1 < this.cleanRuns) return;
    this.#open.delete(run.branch);
    if (this.#open.size > 0 || this.#status === "WONT_FIX") return;
    this.#turn("RESOLVED", "resolved", run.name);
    this.#resolved = { by: run.name };
  }

  say(status: string): void {
    if (status === this.#status) return;
    const before = this.#status;
    this.#status = status;
    this.#resolved = null;
    if (status === "RESOLVED") {
      this.#trend = "resolved";
      this.#resolved = { by: null };
      this.#open.clear();
    } else if (status !== "WONT_FIX") {
      if (before === "RESOLVED") this.#trend = "recurring";
      const last = this.#hits.at(-1);
      if (this.#open.size === 0 && last !== undefined) this.#open.set(last.run.branch, 0);
    }
  }

  #turn(status: string, trend: string, run: string): void {
    this.#status = status;
    this.#trend = trend;
    this.#resolved = null;
    this.#history.push(`${status} ${trend} ${run}`);
  }

  end() {
    const [first, last] = [this.#hits[0], this.#hits.at(-1)];
    const tests = this.#hits.flatMap((hit) => hit.tests);
    const about = first?.tests.length === 1 ? `${first.tests[0]}: ` : "";
    return {
      title: this.key === OUTAGE_TITLE ? this.key : `${about}${this.key} ${first?.run.day}`,
      status: this.#status,
      trend: this.#trend,
      tools: [...new Set(tests)].toSorted(),
      is_resolved: this.#resolved !== null,
      hits: this.key === OUTAGE_TITLE ? this.#hits.length : tests.length,
      runs: this.#hits.length,
      first: first?.run.name ?? null,
      last: last?.run.name ?? null,
      resolved: this.#resolved?.by ?? null,
      history: [...this.#history],
    };
  }
}
