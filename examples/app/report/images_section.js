import { el, scrollingTable } from "../shared/dom.js";
import { percent, UNKNOWN } from "../shared/format.js";
import { listFields, readMatrix } from "./matrix.js";
import { readingDialog } from "./reading_dialog.js";

/** What a visitor is told whose link does not show the order. It is what the server withholds. */
const WITHHELD =
  "The owner keeps the images, their names, the prompt, the schema and all values, " +
  "expected and read, private. You see which fields were wrong, and every figure.";

/**
 * Returns the matrix of images and models. A cell opens the image with the expected and the read
 * values side by side.
 *
 * @param {import("./report_data.ts").ShownReport} data
 * @param {import("./api.js").Api} api
 * @returns {HTMLElement}
 */
export function imagesView(data, api) {
  const { report, runs, order, image_count: images } = data;
  const models = report.summary.models.filter(({ runsAttempted }) => runsAttempted > 0);
  const dialog = readingDialog(data, api);
  const table = el("div.matrix");
  const field = /** @type {HTMLSelectElement} */ (el(
    "select",
    { id: "matrix-field" },
    el("option", { value: "" }, "All fields"),
    ...listFields(data).map((path) => el("option", { value: path }, path)),
  ));
  const only = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox" }));
  const show = () => {
    const rows = readMatrix(runs, {
      models: models.map(({ modelId }) => modelId),
      images,
      field: field.value || null,
    }).filter(({ hasMistake }) => hasMistake || !only.checked);
    if (rows.length === 0) {
      table.replaceChildren(el("p.card", "No model made a mistake here."));
      return;
    }
    table.replaceChildren(scrollingTable(
      {
        selector: "table.cells",
        label: "Images and models",
        caption: "Percentage read right of each image by each model, the hardest image first",
      },
      ["Image", "All models", ...models.map(({ modelName }) => modelName)],
      rows.map((row) =>
        el(
          "tr",
          el("th", { scope: "row" }, dialog.nameOf(row.index)),
          el("td.quiet", percent(row.value)),
          ...row.cells.map((cell, place) =>
            matrixCell(cell, models[place]?.modelName ?? "", () => {
              dialog.open({ index: row.index, modelId: cell.modelId, onlyMistakes: only.checked });
            }, dialog.nameOf(row.index))
          ),
        )
      ),
    ));
  };
  field.addEventListener("change", show);
  only.addEventListener("change", show);
  show();
  return el(
    "div",
    order === null ? el("p.card.quiet.withheld", WITHHELD) : null,
    el(
      "p.picker",
      el("label", { for: "matrix-field" }, "Show"),
      field,
      el("label", only, " Only mistakes"),
    ),
    table,
    dialog.element,
  );
}

/**
 * @param {import("./matrix.js").Cell} cell
 * @param {string} model
 * @param {() => void} open
 * @param {string} image
 */
function matrixCell({ value, runs }, model, open, image) {
  if (runs.every(({ status }) => status === "skipped" || status === "queued")) {
    return el("td.quiet", { title: "not run" }, UNKNOWN);
  }
  const shown = value === null
    ? "failed"
    : value === 100
    ? "✓"
    : `${Math.min(99, Math.round(value))} %`;
  const button = el(
    "button",
    { type: "button", "aria-label": `${image}, ${model}: ${shown}` },
    shown,
  );
  button.addEventListener("click", open);
  const td = el(value === 100 ? "td.right" : "td.share", button);
  td.style.setProperty("--share", String(value === null ? 1 : 1 - value / 100));
  return td;
}
