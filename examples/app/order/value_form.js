import { el } from "../shared/dom.js";
import { parseJson, writeJson } from "../shared/json.js";
import { isObject } from "./infer_schema.js";

/** @import { JsonObject, JsonValue } from "./order_data.ts" */

/** Keywords with which a schema is more than the form can show: its part is typed as JSON. */
const BEYOND = ["$ref", "anyOf", "oneOf", "allOf", "prefixItems", "patternProperties"];

/**
 * Returns fields for a value of a schema. `onChange` gets the whole value; an empty optional field is
 * left out, an empty nullable one is null.
 *
 * @param {JsonObject} schema
 * @param {JsonValue} value
 * @param {(value: JsonValue) => void} onChange
 * @param {string} label
 * @returns {HTMLElement}
 */
export function valueForm(schema, value, onChange, label) {
  const types = typesOf(schema);
  const [type] = types.filter((name) => name !== "null");
  if (type === undefined || types.length > 2 || BEYOND.some((key) => key in schema)) {
    return jsonField(value, onChange, label);
  }
  if (type === "object") return objectForm(schema, isObject(value) ? value : {}, onChange, label);
  if (type === "array") {
    return listForm(schema, Array.isArray(value) ? value : [], onChange, label);
  }
  return scalarField(schema, type, value, onChange, label);
}

/** @param {JsonObject} schema */
function typesOf({ type, enum: choices }) {
  if (type === undefined) return Array.isArray(choices) ? ["string"] : [];
  return Array.isArray(type) ? type.map(String) : [String(type)];
}

/**
 * @param {JsonValue | undefined} schema
 * @returns {JsonObject}
 */
const asSchema = (schema) => isObject(schema ?? null) ? /** @type {JsonObject} */ (schema) : {};

/**
 * @param {JsonObject} schema
 * @param {JsonObject} value
 * @param {(value: JsonValue) => void} onChange
 * @param {string} label
 */
function objectForm(schema, value, onChange, label) {
  const current = { ...value };
  const properties = asSchema(schema["properties"]);
  const names = Object.keys(properties);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return el(
    "fieldset.object",
    el("legend", label),
    ...names.map((name) => {
      const part = asSchema(properties[name]);
      const changed = (/** @type {JsonValue | undefined} */ next) => {
        if (next === undefined) delete current[name];
        else current[name] = next;
        // What was left empty and may be null is null: a field that is required has to be there.
        for (const key of names) {
          const isNullable = typesOf(asSchema(properties[key])).includes("null");
          if (!(key in current) && required.includes(key) && isNullable) current[key] = null;
        }
        // In the schema's order, however they were typed.
        onChange(Object.fromEntries(
          [...new Set([...names, ...Object.keys(current)])]
            .filter((key) => key in current).map((key) => [key, current[key] ?? null]),
        ));
      };
      return valueForm(part, current[name] ?? null, changed, name);
    }),
  );
}

/**
 * @param {JsonObject} schema
 * @param {JsonValue[]} value
 * @param {(value: JsonValue) => void} onChange
 * @param {string} label
 */
function listForm(schema, value, onChange, label) {
  const items = asSchema(schema["items"]);
  const current = [...value];
  const rows = el("div.rows");
  const add = el("button.plain", { type: "button" }, `Add to ${label}`);
  const show = () =>
    rows.replaceChildren(...current.map((item, index) => {
      const remove = el(
        "button.plain",
        { type: "button", "aria-label": `Remove ${label} ${index + 1}` },
        "✕",
      );
      remove.addEventListener("click", () => {
        current.splice(index, 1);
        onChange([...current]);
        show();
        add.focus();
      });
      const form = valueForm(items, item, (next) => {
        current[index] = next ?? null;
        onChange([...current]);
      }, `${label} ${index + 1}`);
      return el("div.row", form, remove);
    }));
  add.addEventListener("click", () => {
    current.push(typesOf(items).includes("object") ? {} : "");
    onChange([...current]);
    show();
    const field = rows.lastElementChild?.querySelector("input, select, textarea");
    if (field instanceof HTMLElement) field.focus();
  });
  show();
  return el("fieldset.list", el("legend", label), rows, add);
}

/**
 * @param {JsonObject} schema
 * @param {string} type
 * @param {JsonValue} value
 * @param {(value: JsonValue) => void} onChange
 * @param {string} label
 */
function scalarField(schema, type, value, onChange, label) {
  const choices = type === "boolean" ? [true, false] : schema["enum"];
  if (Array.isArray(choices)) {
    const select = /** @type {HTMLSelectElement} */ (el(
      "select",
      el("option", { value: "" }, "–"),
      ...choices.map((choice, index) =>
        el("option", { value: index, selected: choice === value }, String(choice))
      ),
    ));
    select.addEventListener(
      "change",
      () => onChange(select.value === "" ? empty(schema) : choices[Number(select.value)] ?? null),
    );
    return el("label.field", el("span", label), select);
  }
  const isNumber = type === "number" || type === "integer";
  const field = /** @type {HTMLInputElement} */ (el("input", {
    type: "text",
    inputmode: isNumber ? "decimal" : null,
    value: value === null ? "" : String(value),
  }));
  field.addEventListener("input", () => {
    const text = field.value.trim();
    onChange(text === "" ? empty(schema) : isNumber ? readNumber(text) : field.value);
  });
  return el("label.field", el("span", label), field);
}

/**
 * Returns the value of an empty field.
 *
 * @param {JsonObject} schema
 * @returns {any} undefined to leave it out
 */
function empty(schema) {
  return typesOf(schema).includes("null") ? null : undefined;
}

/**
 * Returns a number with all its digits, or the text if it is none: then the check of the order names
 * the field.
 *
 * @param {string} text
 */
function readNumber(text) {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? parseJson(text) : text;
}

/**
 * @param {JsonValue} value
 * @param {(value: JsonValue) => void} onChange
 * @param {string} label
 */
export function jsonField(value, onChange, label) {
  const said = el("span.warning", { role: "alert", hidden: true });
  const area = /** @type {HTMLTextAreaElement} */ (el(
    "textarea",
    { rows: 10, spellcheck: "false" },
    value === null ? "" : writeJson(value, 2),
  ));
  area.addEventListener("input", () => {
    said.hidden = true;
    try {
      onChange(area.value.trim() === "" ? null : parseJson(area.value));
    } catch (error) {
      said.hidden = false;
      said.textContent = `That is no JSON yet: ${error instanceof Error ? error.message : error}`;
    }
  });
  return el("div", el("label.field", el("span", label), area), said);
}
