import { el, scrollingTable } from "../shared/dom.js";
import { percent, plain, time } from "../shared/format.js";
import { compareFields } from "./figures.js";
import { splitDifference } from "./matrix.js";

/** @import { JsonValue, Run } from "./report_data.ts" */

/** Mark behind a value. */
const MARKS = {
  right: { selector: "span.unseen", text: "right" },
  wrong: { selector: "span.badge.bad", text: "wrong" },
  missing: { selector: "span.badge.bad", text: "missing" },
  extra: { selector: "span.badge.bad", text: "not asked for" },
  format: { selector: "span.badge", text: "format only" },
};

/**
 * Reasons why a race did not make a run.
 *
 * @type {Record<string, string | undefined>}
 */
const SPARED = {
  race: "did not read this image: the race stopped it early, as it was unlikely to catch up.",
  race_won: "did not read this image: no other model was left to race against.",
};

/**
 * Returns a dialog that shows one image beside what was expected and what a model read.
 *
 * @param {import("./report_data.ts").ShownReport} data
 * @param {import("./api.js").Api} api
 */
export function readingDialog({ report, order, runs }, api) {
  const models = report.summary.models;
  const nameOf = (/** @type {number} */ index) => order?.image_names[index] ?? `Image ${index + 1}`;
  const urls = createUrls(api);
  const title = el("h3", { id: "reading-title" });
  const body = el("div.beside");
  const close = el("button.plain", { type: "button", "aria-label": "Close" }, "✕");
  const element = /** @type {HTMLDialogElement} */ (el(
    "dialog.reading",
    { "aria-labelledby": "reading-title" },
    el("div.reading-head", title, close),
    body,
  ));
  close.addEventListener("click", () => element.close());
  // A click beside the dialog is one on the dialog itself.
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  return {
    element,
    nameOf,
    /** @param {{ index: number, modelId: string, onlyMistakes: boolean }} place */
    open({ index, modelId, onlyMistakes }) {
      const model = models.find((one) => one.modelId === modelId)?.modelName ?? modelId;
      title.textContent = `${nameOf(index)}, read by ${model}`;
      const own = runs.filter((run) => run.model_id === modelId && run.image_index === index);
      const answers = answersOf(own, {
        expected: order?.expected[index],
        image: nameOf(index),
        model,
        onlyMistakes,
      });
      if (order === null) body.replaceChildren(answers);
      else {
        const picture = el("div.picture");
        body.replaceChildren(picture, answers);
        void showPicture(picture, index, nameOf(index), urls);
      }
      element.showModal();
    },
  };
}

/**
 * Loads the image URLs, which expire soon. If one has expired, all are fetched again, once.
 *
 * @param {import("./api.js").Api} api
 */
function createUrls(api) {
  /** @type {Promise<(string | null)[]> | undefined} */
  let urls;
  return {
    load: () => urls ??= api.images(),
    renew: (/** @type {Promise<(string | null)[]>} */ ended) => {
      if (urls === ended) urls = undefined;
      return urls ??= api.images();
    },
  };
}

/**
 * @param {HTMLElement} place
 * @param {number} index
 * @param {string} name
 * @param {ReturnType<typeof createUrls>} urls
 */
async function showPicture(place, index, name, urls) {
  const missing = () => place.replaceChildren(el("p.quiet", "The image is not available."));
  try {
    const loading = urls.load();
    const url = (await loading)[index];
    if (!url) return missing();
    const image = el("img", { src: url, alt: name });
    image.addEventListener("error", async () => {
      const fresh = await urls.renew(loading).catch(() => []);
      image.addEventListener("error", missing, { once: true });
      if (fresh[index]) image.setAttribute("src", fresh[index]);
      else missing();
    }, { once: true });
    place.replaceChildren(el("a", { href: url, target: "_blank", rel: "noreferrer" }, image));
  } catch {
    missing();
  }
}

/**
 * What is shown beside an image. `expected` is undefined if it is withheld.
 *
 * @typedef {{ expected: JsonValue | undefined, image: string, model: string, onlyMistakes: boolean }} Reading
 */

/**
 * Returns one model's answers for an image: the first run, with buttons for the others.
 *
 * @param {Run[]} runs
 * @param {Reading} reading
 */
function answersOf(runs, reading) {
  const panel = el("div");
  const show = (/** @type {Run | undefined} */ run) => panel.replaceChildren(answer(run, reading));
  show(runs[0]);
  if (runs.length < 2) return el("div.answers", panel);
  const buttons = runs.map((run, position) => {
    const score = run.status === "complete" ? percent(run.field_accuracy) : run.status;
    const button = el(
      "button",
      { type: "button", "aria-pressed": String(position === 0) },
      `Run ${run.repeat_index + 1}: ${score}`,
    );
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      show(run);
    });
    return button;
  });
  const label = `Runs on ${reading.image}`;
  return el(
    "div.answers",
    el("div.repeats", { role: "group", "aria-label": label }, ...buttons),
    panel,
  );
}

/**
 * @param {Run | undefined} run
 * @param {Reading} reading
 */
function answer(run, { expected, image, model, onlyMistakes }) {
  if (run === undefined || run.status !== "complete") {
    const spared = SPARED[run?.skip_reason ?? ""];
    if (spared !== undefined) return el("p.quiet", `${model} ${spared}`);
    const kind = run?.error_kind?.replaceAll("_", " ");
    const why = run?.error_message ?? kind ?? run?.skip_reason ?? "It was not run.";
    return el("p.warning", `${model} gave no answer: ${why}`);
  }
  const isWithheld = expected === undefined;
  const all = isWithheld ? compareErrors(run) : compareFields(expected, run);
  const wrong = all.filter(({ state }) => state !== "right" && state !== "format").length;
  const rows = onlyMistakes ? all.filter(({ state }) => state !== "right") : all;
  const said = wrong === 0
    ? "Every field right"
    : isWithheld
    ? `${wrong} fields not right`
    : `${wrong} of ${all.length} fields not right`;
  const heads = isWithheld ? ["Field", "State"] : ["Field", "Expected", `Read by ${model}`];
  return el(
    "div",
    el("p.verdict", `${said}, ${percent(run.field_accuracy)} in ${time(run.response_time_ms)}.`),
    run.error_message ? el("p.warning", run.error_message) : null,
    rows.length === 0 ? null : scrollingTable(
      {
        selector: "table.fields",
        label: `${image}, expected and actual`,
        caption: `${image}: expected, and read by ${model}`,
      },
      heads,
      rows.map(({ path, expected: wanted, actual, state }) => {
        const mark = el(MARKS[state].selector, ` ${MARKS[state].text}`);
        const head = el("th", { scope: "row" }, el("code", path));
        if (isWithheld) return el(`tr.${state}`, head, el("td", mark));
        const [one, other] = markDifference(plain(wanted), plain(actual), state);
        return el(`tr.${state}`, head, el("td", ...one), el("td", ...other, mark));
      }),
    ),
  );
}

/**
 * Returns the fields of a run that are not right, without values.
 *
 * @param {Run} run
 */
function compareErrors(run) {
  return compareFields(null, run).filter(({ path, state }) => path !== "$" || state !== "right");
}

/**
 * Marks what differs in two values.
 *
 * @param {string} expected
 * @param {string} actual
 * @param {keyof typeof MARKS} state
 * @returns {[(string | HTMLElement)[], (string | HTMLElement)[]]}
 */
function markDifference(expected, actual, state) {
  if (state !== "wrong" && state !== "format") return [[expected], [actual]];
  const { start, one, other, end } = splitDifference(expected, actual);
  const marked = (/** @type {string} */ part) => [start, ...part ? [el("mark", part)] : [], end];
  return [marked(one), marked(other)];
}
