import { el, section } from "../shared/dom.js";
import { jsonField } from "./value_form.js";
import { inferSchema, isObject } from "./infer_schema.js";

/** @import { Draft, Priority } from "./order_data.ts" */

/** @type {{ title: string, order: Priority[] }[]} */
const RANKINGS = [
  { title: "Accuracy, then cost, then speed", order: ["accuracy", "cost", "speed"] },
  { title: "Accuracy, then speed, then cost", order: ["accuracy", "speed", "cost"] },
  { title: "Cost, then accuracy, then speed", order: ["cost", "accuracy", "speed"] },
  { title: "Cost, then speed, then accuracy", order: ["cost", "speed", "accuracy"] },
  { title: "Speed, then accuracy, then cost", order: ["speed", "accuracy", "cost"] },
  { title: "Speed, then cost, then accuracy", order: ["speed", "cost", "accuracy"] },
];

/**
 * Returns the step with name, prompt, schema and criteria.
 *
 * @param {Draft} draft
 * @param {() => void} onChange
 */
export function taskStep(draft, onChange) {
  const fields = el("div.card.fields");
  const show = () => {
    const name =
      /** @type {HTMLInputElement} */ (el("input", { maxlength: 200, value: draft.name }));
    name.addEventListener("input", () => {
      draft.name = name.value;
      onChange();
    });
    const prompt = /** @type {HTMLTextAreaElement} */ (el(
      "textarea",
      { rows: 5, maxlength: 20000 },
      draft.prompt,
    ));
    prompt.addEventListener("input", () => {
      draft.prompt = prompt.value;
      onChange();
    });
    const schema = jsonField(
      Object.keys(draft.json_schema).length === 0 ? null : draft.json_schema,
      (value) => {
        if (value === null || isObject(value)) draft.json_schema = value ?? {};
        onChange();
      },
      "JSON schema of an answer",
    );
    const infer = el("button.plain", { type: "button" }, "Make the schema from the expected JSON");
    infer.addEventListener("click", () => {
      draft.json_schema = inferSchema(
        draft.images.flatMap(({ expected }) => expected === null ? [] : [expected]),
      );
      show();
      onChange();
    });
    fields.replaceChildren(
      el("label.field", el("span", "Name of the benchmark"), name),
      el("label.field", el("span", "Prompt"), prompt),
      schema,
      el("p.actions", infer),
      el(
        "div.columns",
        ranking(draft, onChange),
        repeats(draft, onChange),
        strategy(draft, onChange),
      ),
    );
  };
  show();
  return {
    element: section(
      "task",
      "What to read",
      "Every model gets the same prompt and schema.",
      fields,
    ),
    show,
  };
}

/**
 * @param {Draft} draft
 * @param {() => void} onChange
 */
function ranking(draft, onChange) {
  const select = /** @type {HTMLSelectElement} */ (el(
    "select",
    ...RANKINGS.map(({ title, order }, index) =>
      el("option", { value: index, selected: order.join() === draft.priorities.join() }, title)
    ),
  ));
  select.addEventListener("change", () => {
    draft.priorities = RANKINGS[Number(select.value)]?.order ?? draft.priorities;
    onChange();
  });
  return el("label.field", el("span", "What matters most"), select);
}

/**
 * @param {Draft} draft
 * @param {() => void} onChange
 */
function repeats(draft, onChange) {
  const field = /** @type {HTMLInputElement} */ (el("input", {
    type: "number",
    min: 1,
    max: 10,
    value: draft.runs_per_model,
  }));
  field.addEventListener("input", () => {
    if (!field.validity.valid || field.value === "") return;
    draft.runs_per_model = Number(field.value);
    onChange();
  });
  return el("label.field", el("span", "Times that each model reads each image"), field);
}

/**
 * @param {Draft} draft
 * @param {() => void} onChange
 */
function strategy(draft, onChange) {
  const box = /** @type {HTMLInputElement} */ (el(
    "input",
    { type: "checkbox", checked: draft.strategy === "race" },
  ));
  box.addEventListener("change", () => {
    draft.strategy = box.checked ? "race" : "full";
    onChange();
  });
  return el("label.check", box, " Race: stop models early that fall far behind");
}
