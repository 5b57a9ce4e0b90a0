import { el, section } from "../shared/dom.js";
import { usd } from "../shared/format.js";

/** @import { Draft, Estimate, OfferedModel } from "./order_data.ts" */

const MOST_MODELS = 12;

/**
 * Returns the step in which models are chosen. `price` shows what 1,000 documents would cost with each
 * chosen one.
 *
 * @param {Draft} draft
 * @param {OfferedModel[]} models
 * @param {() => void} onChange
 */
export function modelsStep(draft, models, onChange) {
  const find = /** @type {HTMLInputElement} */ (el("input", { type: "search", id: "find-model" }));
  const note = el("p.quiet", { role: "status" });
  const rows = models.map((model) =>
    modelRow(model, draft, () => {
      tell();
      onChange();
    })
  );
  const tell = () => {
    note.textContent = `${draft.model_ids.length} of at most ${MOST_MODELS} chosen.`;
    for (const { box } of rows) {
      box.disabled = !box.checked && draft.model_ids.length >= MOST_MODELS;
    }
  };
  find.addEventListener("input", () => {
    const word = find.value.trim().toLowerCase();
    for (const { element, text } of rows) element.hidden = !text.includes(word);
  });
  tell();
  return {
    element: section(
      "models",
      "Models",
      "Prices are the providers' own, in USD for a million tokens. What your documents cost shows " +
        "beside each chosen model.",
      el("p.actions", el("label", { for: "find-model" }, "Find"), find),
      el("ul.card.models", ...rows.map(({ element }) => element)),
      note,
    ),
    /** @param {Estimate | null} estimate */
    price(estimate) {
      const costs = new Map(estimate?.per_model.map((one) => [one.model_id, one.usd_per_run]));
      for (const { show, contestant } of rows) show(costs.get(contestant() ?? ""));
    },
  };
}

/**
 * @param {OfferedModel} model
 * @param {Draft} draft
 * @param {() => void} onChange
 */
function modelRow(
  { id, name, provider, tier, input_price, output_price, reasoning_efforts },
  draft,
  onChange,
) {
  const contestant = () => draft.model_ids.find((one) => one.split("#")[0] === id);
  const box = /** @type {HTMLInputElement} */ (el(
    "input",
    { type: "checkbox", checked: contestant() !== undefined },
  ));
  const effort = reasoning_efforts.length === 0 ? null : /** @type {HTMLSelectElement} */ (el(
    "select",
    { "aria-label": `Effort of ${name}` },
    el("option", { value: "" }, "usual effort"),
    ...reasoning_efforts.map((level) =>
      el("option", { value: level, selected: contestant() === `${id}#${level}` }, level)
    ),
  ));
  const cost = el("span.cost");
  const choose = () => {
    const chosen = effort === null || effort.value === "" ? id : `${id}#${effort.value}`;
    draft.model_ids = draft.model_ids.filter((one) => one.split("#")[0] !== id);
    if (box.checked) draft.model_ids.push(chosen);
    onChange();
  };
  box.addEventListener("change", choose);
  effort?.addEventListener("change", () => {
    if (box.checked) choose();
  });
  const million = (/** @type {number} */ price) => usd(price * 1e6);
  return {
    box,
    contestant,
    text: `${name} ${provider} ${id} ${tier}`.toLowerCase(),
    element: el(
      "li",
      el("label", box, " ", el("strong", name), el("span.quiet", ` ${provider} · ${tier}`)),
      el("span.quiet", `${million(input_price)} in, ${million(output_price)} out`),
      effort,
      cost,
    ),
    /** @param {number | undefined} perRun USD */
    show(perRun) {
      cost.textContent = perRun === undefined ? "" : `${usd(1000 * perRun)} per 1,000 documents`;
    },
  };
}
