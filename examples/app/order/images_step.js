import { announce, el, section } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { explain } from "../shared/session.js";
import { inferSchema } from "./infer_schema.js";
import { readFiles } from "./read_files.js";
import { jsonField, valueForm } from "./value_form.js";

/** @import { Draft, OrderImage } from "./order_data.ts" */

/**
 * Returns the step in which images are dropped and what should be read is typed or pasted.
 *
 * @param {Draft} draft
 * @param {import("./api.js").Api} api
 * @param {() => void} onChange
 */
export function imagesStep(draft, api, onChange) {
  const said = el("p.said", { role: "status" });
  const cards = el("ol.images");
  const input = /** @type {HTMLInputElement} */ (el("input", {
    type: "file",
    multiple: true,
    accept: "image/png,image/jpeg,image/webp,.json,.txt",
    id: "files",
  }));
  const zone = el(
    "div.drop",
    el("label", { for: "files" }, "Add images"),
    input,
    el(
      "p.quiet",
      "Drop them here or choose them: PNG, JPEG or WebP, 6 to 50 for a sure result. Files beside " +
        "them with the same name, such as invoice.json for invoice.png, are what a model should read; " +
        "schema.json and prompt.txt fill the next step.",
    ),
  );
  const show = () =>
    cards.replaceChildren(
      ...draft.images.map((image) =>
        imageCard(image, draft, onChange, () => {
          draft.images.splice(draft.images.indexOf(image), 1);
          show();
          onChange();
        })
      ),
    );
  const add = async (/** @type {Iterable<File>} */ files) => {
    const read = await readFiles(files);
    const problems = [...read.refused];
    if (read.prompt !== null) draft.prompt = read.prompt;
    if (read.schema !== null) draft.json_schema = read.schema;
    for (const image of draft.images) {
      image.expected = read.expectedOf(image.name) ?? image.expected;
    }
    for (const [index, file] of read.images.entries()) {
      said.textContent = `Uploading ${index + 1} of ${read.images.length}…`;
      try {
        const image = await api.upload(file);
        image.expected = read.expectedOf(file.name) ?? null;
        draft.images.push(image);
      } catch (error) {
        const { title, detail } = explain(error);
        problems.push(`${title}: ${detail}`);
      }
    }
    const known = draft.images.flatMap(({ expected }) => expected === null ? [] : [expected]);
    if (Object.keys(draft.json_schema).length === 0 && known.length > 0) {
      draft.json_schema = inferSchema(known);
    }
    said.textContent = [count(draft.images.length, "image"), ...problems].join(". ");
    announce(said.textContent);
    show();
    onChange();
  };
  input.addEventListener("change", () => {
    const files = [...input.files ?? []];
    input.value = "";
    void add(files);
  });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    void add([...event.dataTransfer?.files ?? []]);
  });
  show();
  return {
    element: section(
      "images",
      "Your images",
      "Documents like those that a model will read for you, with what should be read from each.",
      zone,
      said,
      cards,
    ),
    show,
  };
}

/**
 * @param {OrderImage} image
 * @param {Draft} draft
 * @param {() => void} onChange
 * @param {() => void} onRemove
 */
function imageCard(image, draft, onChange, onRemove) {
  const place = el("div");
  const state = el("span.badge");
  const changed = (/** @type {OrderImage["expected"]} */ value) => {
    image.expected = value;
    state.textContent = value === null ? "nothing expected yet" : "expected JSON given";
    onChange();
  };
  const showForm = () =>
    place.replaceChildren(
      valueForm(draft.json_schema, image.expected, changed, `Expected of ${image.name}`),
    );
  const showJson = () =>
    place.replaceChildren(jsonField(image.expected, changed, `Expected of ${image.name}, as JSON`));
  const modes = [
    { title: "Form", show: showForm },
    { title: "JSON", show: showJson },
  ].map(({ title, show }) => {
    const button = el("button.plain", { type: "button", "aria-pressed": "false" }, title);
    button.addEventListener("click", () => {
      for (const mode of modes) mode.setAttribute("aria-pressed", String(mode === button));
      show();
    });
    return button;
  });
  const remove = el("button.plain", { type: "button" }, `Remove ${image.name}`);
  remove.addEventListener("click", onRemove);
  state.textContent = image.expected === null ? "nothing expected yet" : "expected JSON given";
  const details = /** @type {HTMLDetailsElement} */ (el(
    "details",
    el("summary", el("strong", image.name), " ", state),
    el(
      "div.beside",
      image.url === undefined
        ? null
        : el("img", { src: image.url, alt: image.name, loading: "lazy" }),
      el("div", el("p.actions", ...modes, remove), place),
    ),
  ));
  details.addEventListener("toggle", () => {
    // The form follows the schema, which may have changed since the card was made.
    const hasFields = Object.keys(draft.json_schema).length > 0;
    if (details.open) modes[hasFields ? 0 : 1]?.click();
  });
  return el("li.card", details);
}
