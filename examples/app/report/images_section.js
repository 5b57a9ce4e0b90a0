import { el, scrollingTable } from "../shared/dom.js";
import { compareFields } from "./figures.js";
import { percent, plain, time } from "../shared/format.js";

/** @typedef {import("./report_data.ts").Run} Run */

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
 * Returns a card for each image with the expected values and those that the chosen model read.
 *
 * @param {import("./report_data.ts").ShownReport} data
 * @param {import("./api.js").Api} api
 * @returns {HTMLElement}
 */
export function imagesView(data, api) {
  const { report, order, runs } = data;
  if (order === null) {
    const text = "The owner of this report keeps the images and the expected answers private.";
    return el("p.card.quiet", text);
  }
  const models = report.summary.models;
  const picker = el(
    "select",
    { id: "answers-of" },
    ...models.map(({ modelId, modelName }) =>
      el("option", { value: modelId, selected: modelId === report.recommended_model }, modelName)
    ),
  );
  const loadUrls = createUrls(api);
  const cards = order.expected.map((expected, index) => imageCard(index, expected, runs, loadUrls));
  const show = () => {
    const model = models.find(({ modelId }) =>
      modelId === /** @type {HTMLSelectElement} */ (picker).value
    );
    for (const card of cards) card.show(model?.modelId, model?.modelName);
  };
  picker.addEventListener("change", show);
  show();
  return el(
    "div",
    el("p.picker", el("label", { for: "answers-of" }, "Show the answers of"), picker),
    ...cards.map(({ element }) => element),
  );
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
 * @param {number} index
 * @param {import("./report_data.ts").JsonValue} expected
 * @param {Run[]} runs
 * @param {ReturnType<typeof createUrls>} urls
 */
function imageCard(index, expected, runs, urls) {
  const picture = el("div.picture");
  const answers = el("div.answers");
  void showPicture(picture, index, urls);
  return {
    element: el(
      "article.card.image",
      { "aria-labelledby": `image-${index}` },
      el("h3", { id: `image-${index}` }, `Image ${index + 1}`),
      el("div.beside", picture, answers),
    ),
    show: (/** @type {string | undefined} */ modelId, /** @type {string | undefined} */ name) => {
      const own = runs.filter((run) => run.model_id === modelId && run.image_index === index);
      answers.replaceChildren(answersOf(own, expected, index, name ?? "the model"));
    },
  };
}

/**
 * @param {HTMLElement} place
 * @param {number} index
 * @param {ReturnType<typeof createUrls>} urls
 */
async function showPicture(place, index, urls) {
  const missing = () => place.replaceChildren(el("p.quiet", "The image is not available."));
  try {
    const loading = urls.load();
    const url = (await loading)[index];
    if (!url) return missing();
    const image = el("img", { src: url, alt: `Image ${index + 1}` });
    image.addEventListener("error", async () => {
      const fresh = await urls.renew(loading).catch(() => []);
      image.addEventListener("error", missing, { once: true });
      if (fresh[index]) image.setAttribute("src", fresh[index]);
      else missing();
    }, { once: true });
    const link = el("a", { href: url, target: "_blank", rel: "noreferrer" }, image);
    place.replaceChildren(link);
  } catch {
    missing();
  }
}

/**
 * Returns one model's answers for an image: the first run, with buttons for the others.
 *
 * @param {Run[]} runs
 * @param {import("./report_data.ts").JsonValue} expected
 * @param {number} index
 * @param {string} name
 */
function answersOf(runs, expected, index, name) {
  const panel = el("div");
  const show = (/** @type {Run | undefined} */ run) =>
    panel.replaceChildren(answer(run, expected, index, name));
  show(runs[0]);
  if (runs.length < 2) return panel;
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
  const label = `Runs on image ${index + 1}`;
  return el("div", el("div.repeats", { role: "group", "aria-label": label }, ...buttons), panel);
}

/**
 * @param {Run | undefined} run
 * @param {import("./report_data.ts").JsonValue} expected
 * @param {number} index
 * @param {string} name
 */
function answer(run, expected, index, name) {
  if (run === undefined || run.status !== "complete") {
    const spared = SPARED[run?.skip_reason ?? ""];
    if (spared !== undefined) return el("p.quiet", `${name} ${spared}`);
    const why = run?.error_message ?? run?.skip_reason ?? "It was not run.";
    return el("p.warning", `${name} gave no answer: ${why}`);
  }
  const rows = compareFields(expected, run);
  const wrong = rows.filter(({ state }) => state !== "right" && state !== "format").length;
  return el(
    "div",
    el(
      "p.verdict",
      `${wrong === 0 ? "Every field right" : `${wrong} of ${rows.length} fields not right`}, ` +
        `${percent(run.field_accuracy)} in ${time(run.response_time_ms)}.`,
    ),
    run.error_message ? el("p.warning", run.error_message) : null,
    scrollingTable(
      {
        selector: "table.fields",
        label: `Image ${index + 1}, expected and actual`,
        caption: `Image ${index + 1}: expected, and read by ${name}`,
      },
      ["Field", "Expected", `Read by ${name}`],
      rows.map(({ path, expected: wanted, actual, state }) =>
        el(
          `tr.${state}`,
          el("th", { scope: "row" }, el("code", path)),
          el("td", plain(wanted)),
          el("td", plain(actual), el(MARKS[state].selector, ` ${MARKS[state].text}`)),
        )
      ),
    ),
  );
}
