import { el } from "../shared/dom.js";
import { list, time, usd } from "../shared/format.js";
import { chartView } from "./chart_view.js";
import { renderMarkdown } from "./markdown.js";
import { ratingForm } from "./rating_form.js";
import { rowsTable } from "./rows_table.js";

/** @typedef {import("./chat_data.ts").ChatStep} ChatStep */

/** @type {Record<ChatStep, string>} */
const STEPS = {
  understanding: "Understanding the question",
  looking_up: "Looking it up",
  response: "Writing the answer",
};

/**
 * Returns an empty answer and the functions that fill in its parts. Each has its place, in whatever
 * order they come.
 *
 * @param {{ rate: (message: string, rating: import("./chat_data.ts").Rating | null) => Promise<void>, ask: (question: string) => void }} actions
 */
export function answerView({ rate, ask }) {
  const status = el("p.status", { role: "status" });
  const text = el("div.prose");
  const problem = el("div");
  const chart = el("div");
  const rows = el("div");
  const sql = el("div");
  const facts = el("p.facts");
  const rating = el("div");
  const followUps = el("div");
  const element = el(
    "div.answer",
    status,
    text,
    problem,
    chart,
    rows,
    sql,
    facts,
    rating,
    followUps,
  );
  let written = "";
  let isPending = false;
  const render = () => {
    isPending = false;
    text.replaceChildren(renderMarkdown(written));
  };
  return {
    element,
    /** @param {ChatStep} step */
    showStep(step) {
      status.replaceChildren(el("span.spinner", { "aria-hidden": "true" }), `${STEPS[step]} …`);
    },
    /** @param {string} word what ended it, or nothing */
    end(word) {
      status.textContent = word;
      render();
    },
    /** @param {string} part */
    write(part) {
      written += part;
      // At most once a frame, however fast the parts come.
      if (!isPending) requestAnimationFrame(render);
      isPending = true;
    },
    /** Returns what was written so far. */
    text: () => written,
    /** Removes what an earlier attempt found. */
    clearRows() {
      for (const part of [chart, rows, sql]) part.replaceChildren();
    },
    /** @param {string} statement */
    showSql(statement) {
      const copy = el("button.small", { type: "button" }, "Copy");
      copy.addEventListener("click", async () => {
        await navigator.clipboard.writeText(statement);
        copy.textContent = "Copied";
      });
      sql.replaceChildren(
        el(
          "details.sql",
          el("summary", "SQL"),
          el("pre", { tabindex: 0, "aria-label": "SQL of the answer" }, el("code", statement)),
          copy,
        ),
      );
    },
    /** @param {import("./chat_data.ts").ShownResult} result */
    showRows(result) {
      // Answers from before there were charts have none.
      chart.replaceChildren(...result.chart ? [chartView(result.chart)] : []);
      rows.replaceChildren(rowsTable(result) ?? el("p.quiet.note", "The query found no rows."));
    },
    /** @param {import("./chat_data.ts").DoneData} done */
    showFacts({ cost_usd, timings, tokens, models, unsupported_figures }) {
      const counted = [tokens.sql, tokens.response].filter((step) => step !== null);
      const sum = counted.reduce((all, { input, output }) => all + input + output, 0);
      facts.textContent = [
        `Answered in ${time(timings.total_ms)}`,
        cost_usd === null ? "cost unknown" : usd(cost_usd),
        `${sum.toLocaleString("en")} tokens`,
        list([...new Set([models.sql, models.response])]),
      ].join(" · ");
      if (unsupported_figures.length === 0) return;
      const figures = list([...unsupported_figures]);
      facts.before(
        el("p.caution", `Check these figures, which are not among the rows: ${figures}.`),
      );
    },
    /** @param {unknown} cost USD, of a stored or failed answer; nothing is shown if it is unknown */
    showCost(cost) {
      if (typeof cost === "number") facts.textContent = usd(cost);
    },
    /** @param {import("../shared/session.js").Problem} shown */
    showProblem({ title, detail, code, request_id, errors = [], faults = [] }) {
      const reasons = [
        ...errors.map(({ message }) => el("li", message)),
        ...faults.map(({ code, reason, hint }) => el("li", `${reason} ${hint} `, el("code", code))),
      ];
      // The text that is stored for the model's memory says the same.
      if (written.endsWith(detail)) written = "";
      render();
      problem.replaceChildren(
        el(
          "div.problem",
          { role: "alert" },
          el("p", el("strong", title), " ", detail),
          reasons.length === 0 ? null : el("ul", ...reasons),
          el(
            "p.code",
            el("code", code),
            request_id === undefined ? null : ` · request ${request_id}`,
          ),
        ),
      );
    },
    /**
     * @param {string} message
     * @param {import("./chat_data.ts").Rating | null} given
     */
    showRating(message, given) {
      rating.replaceChildren(ratingForm(given, (next) => rate(message, next)));
    },
    /** @param {readonly string[]} questions */
    showFollowUps(questions) {
      followUps.replaceChildren(questionButtons("Ask next", questions, ask));
    },
    hideFollowUps: () => followUps.replaceChildren(),
  };
}

/**
 * Returns questions as buttons that ask them.
 *
 * @param {string} label
 * @param {readonly string[]} questions
 * @param {(question: string) => void} ask
 */
export function questionButtons(label, questions, ask) {
  const buttons = questions.map((question) => {
    const button = el("button.question-button", { type: "button" }, question);
    button.addEventListener("click", () => ask(question));
    return el("li", button);
  });
  return el("div.questions", el("p.quiet", label), el("ul", ...buttons));
}
